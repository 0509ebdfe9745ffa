"""How well the rectified law follows thirty models through fine-tuning (arXiv:2402.02314)."""

from __future__ import annotations

import numpy as np

from scalewidgets.data import load
from scalewidgets.fitting import fit

from .declare import Figure, Study


def compute() -> dict[str, float]:
    """Mean over models of the root mean squared log residual, for each task."""
    runs = load("fine_tuning")
    runs = runs[runs["samples"] > 0]
    found = {}
    for task, rows in runs.groupby("family"):
        errors = []
        for _, model in rows.groupby("model"):
            fitted = fit(
                model,
                law="rectified_ft",
                objective="squared_log",
                columns={"D_f": "samples"},
                resamples=0,
                starts=0,
            )
            errors.append(float(np.sqrt(np.mean(fitted.residuals**2))))
        found[str(task)] = float(np.mean(errors))
    return found


_OPTIMUM = (
    "an optimum of the same objective on the same losses can only be lower; the released fits are made in "
    "two stages and end above it"
)
_WHERE = "results/rmsd.csv"

STUDY = Study(
    name="finetuning",
    title="Rectified law",
    citation="Lin et al. 2024, arXiv:2402.02314, and github.com/linhaowei1/Fine-tuning-Scaling-Law",
    tables=("fine_tuning",),
    rows="Thirty models on each task, 14 losses each: without the loss before fine-tuning, as in the paper. "
    "Least squares of log losses, one fit a model; the mean of the root mean squared log residuals.",
    compute=compute,
    figures=(
        Figure("FLAN", "mean RMSD of log loss on FLAN", "0.00648", _WHERE, None, _OPTIMUM, "at most"),
        Figure("WMT19", "mean RMSD of log loss on WMT19", "0.01228", _WHERE, None, _OPTIMUM, "at most"),
    ),
)
