"""Loss curves under six learning-rate schedules that a law has not seen (arXiv:2503.12811)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from scalewidgets.data import load
from scalewidgets.fitting import Curve, curves_of, fit_curves
from scalewidgets.fitting.scores import r2
from scalewidgets.laws.schedules import sequence_law

from .declare import Figure, Study

TRAINED_ON = ("cosine_24000", "constant_24000", "wsdcon_9")
SIZES = ("25M", "100M")


def split(curves: Iterable[Curve], size: str) -> tuple[list[Curve], list[Curve]]:
    """Curves of a model size: the three that the paper fits, the six that it predicts."""
    own = [curve for curve in curves if curve.name.startswith(f"{size} ")]
    names = {f"{size} {name}" for name in TRAINED_ON}
    return [c for c in own if c.name in names], [c for c in own if c.name not in names]


def compute() -> dict[str, float]:
    """Mean R2 over unseen curves: of the released coefficients, and of a fit of ours."""
    law = sequence_law("multi_power_law")
    curves = curves_of(load("multi_power_curves")).values()
    found = {}
    for size in SIZES:
        trained, unseen = split(curves, size)
        released = next(known.values for known in law.published if known.label == f"{size} model")
        scores = [r2(c.loss, law.value(c.schedule, c.steps, released)) for c in unseen]
        found[f"released-{size}"] = float(np.mean(scores))
        found[f"fitted-{size}"] = float(fit_curves(trained, starts=2).scores(unseen)["r2"].mean())
    return found


_WHERE = "table of the 25M and 100M models"
_FITTED = (
    "fitted anew, with a prior whose spread was chosen by leaving out one of the training curves at a time; "
    "as good as published means within 0.001"
)

STUDY = Study(
    name="schedules",
    title="Multi-power law",
    citation="Luo et al. 2025, arXiv:2503.12811, and github.com/thu-yao-01-luo/MultiPowerLaw",
    tables=("multi_power_curves",),
    rows="Two model sizes. Fitted: cosine and constant, 24,000 steps, and two-stage to 9e-5; the mean R2 is "
    "over the other six schedules.",
    compute=compute,
    figures=(
        Figure("released-25M", "mean R2 of the released coefficients, 25M", "0.9988", _WHERE),
        Figure("released-100M", "mean R2 of the released coefficients, 100M", "0.9983", _WHERE),
        Figure("fitted-25M", "mean R2 of our fit, 25M", "0.9988", _WHERE, 1e-3, _FITTED, "at least"),
        Figure("fitted-100M", "mean R2 of our fit, 100M", "0.9983", _WHERE, 1e-3, _FITTED, "at least"),
    ),
)
