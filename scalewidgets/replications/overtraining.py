"""Losses of models thirty times larger in compute, predicted from five small ones (arXiv:2403.08540)."""

from __future__ import annotations

import numpy as np

from scalewidgets.data import load
from scalewidgets.fitting import fit

from .declare import Figure, Study


def compute() -> dict[str, float]:
    """Fit five small models on RedPajama and predict two large ones."""
    runs = load("overtraining")
    runs = runs[runs["family"] == "RedPajama"]
    ratio = (runs["tokens"] / runs["params"]).rename("tokens_per_param")
    smallest, largest = runs["params"].min(), runs["params"].max()
    small = runs["params"] < 1e9
    chosen = (small & np.isclose(ratio, 20)) | ((runs["params"] == smallest) & np.isclose(ratio, 320))
    table = runs.assign(tokens_per_param=ratio)
    found = fit(
        table[chosen],
        law="gadre_overtrain",
        objective="squared_raw",
        columns={"C": "flops", "M": "tokens_per_param"},
        resamples=0,
        starts=16,
    )

    def missed(rows: np.ndarray) -> float:
        run = table[rows].iloc[0]
        inputs = {"C": run["flops"], "M": run["tokens_per_param"]}
        said = float(found.law.value(inputs, found.coefficients))
        return 100 * abs(said - float(run["loss"])) / float(run["loss"])

    return {
        "1.4B": missed((~small & (runs["params"] < largest) & np.isclose(ratio, 640)).to_numpy()),
        "6.9B": missed(((runs["params"] == largest) & np.isclose(ratio, 20)).to_numpy()),
    }


_WHERE = "released results"
_TASKS = "The scores on the tasks are not in the bundled table, which has losses alone."

STUDY = Study(
    name="overtraining",
    title="Over-training",
    citation="Gadre et al. 2024, arXiv:2403.08540, and github.com/mlfoundations/scaling",
    tables=("overtraining",),
    rows="RedPajama runs, loss on the C4 evaluation set. Fitted: five models, those of 11M to 412M "
    "parameters at 20 tokens per parameter and that of 11M at 320; least squares of the losses. Predicted: "
    "two others.",
    compute=compute,
    figures=(
        Figure("1.4B", "error of the loss of 1.4B parameters, 640 tokens each, %", "0.7103", _WHERE),
        Figure("6.9B", "error of the loss of 6.9B parameters, 20 tokens each, %", "0.7320", _WHERE),
        Figure("1.4B-tasks", "error of the mean error on 17 tasks, 1.4B, %", "3.64", _WHERE, missed=_TASKS),
        Figure("6.9B-tasks", "error of the mean error on 17 tasks, 6.9B, %", "0.05", _WHERE, missed=_TASKS),
    ),
)
