"""Best learning rate and batch size by size and data (arXiv:2503.04715)."""

from __future__ import annotations

import numpy as np

from scalewidgets.data import load

from .declare import Figure, Study


def compute() -> dict[str, float]:
    """Means over the authors' resamples; a factor is the exponential of the mean logarithm."""
    means = load("step_law_resamples").groupby(["family", "coefficient"])["value"].mean()
    return {
        "lr-factor": float(np.exp(means["learning rate", "log_factor"])),
        "lr-N": float(means["learning rate", "exponent_N"]),
        "lr-D": float(means["learning rate", "exponent_D"]),
        "batch-factor": float(np.exp(means["batch size", "log_factor"])),
        "batch-D": float(means["batch size", "exponent_D"]),
    }


_CUT = "one unit of the last digit printed: the digits are cut off and not rounded"

STUDY = Study(
    name="step-law",
    title="Step law",
    citation="Li et al. 2025, arXiv:2503.04715, and github.com/step-law/steplaw",
    tables=("step_law_resamples",),
    rows="Means of the five coefficients over all 1,000 released bootstrap fits. The sweeps that they were "
    "fitted to are not bundled: this checks the printed law against the authors' fits, not against runs.",
    compute=compute,
    figures=(
        Figure("lr-factor", "factor of the best learning rate", "1.79", "equation of the law", 0.01, _CUT),
        Figure("lr-N", "its exponent of N", "-0.713", "equation of the law"),
        Figure("lr-D", "its exponent of D", "0.307", "equation of the law"),
        Figure("batch-factor", "factor of the best batch size in tokens", "0.58", "equation of the law"),
        Figure("batch-D", "its exponent of D", "0.571", "equation of the law"),
    ),
)
