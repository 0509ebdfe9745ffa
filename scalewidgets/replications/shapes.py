"""The law of parameters and tokens that the Gemstones give at constant learning rate (arXiv:2502.06857)."""

from __future__ import annotations

import numpy as np

from scalewidgets.data import load
from scalewidgets.fitting import fit, objective_value

from .declare import Figure, Study

RELEASED = {
    "A": float(np.exp(5.4574988414)), "B": float(np.exp(14.9719740349)), "E": float(np.exp(0.7663168139)),
    "alpha": 0.2989180518, "beta": 0.6928331414,
}  # fmt: skip
"""Coefficients of the released fit with delta 1e-4."""


def compute() -> dict[str, float]:
    """Fit the hot checkpoints with both thresholds of the authors."""
    runs = load("gemstones")
    runs = runs[runs["family"] == "hot, to 100B"]
    wide = fit(runs, delta=1e-3, resamples=0, starts=16)
    narrow = fit(runs, delta=1e-4, resamples=0, starts=16)
    return {
        "wide-objective": wide.objective,
        "wide-alpha": wide.coefficients["alpha"],
        "wide-beta": wide.coefficients["beta"],
        "released-objective": objective_value("chinchilla", RELEASED, runs, delta=1e-4),
        "narrow-objective": narrow.objective,
        "narrow-alpha": narrow.coefficients["alpha"],
        "narrow-beta": narrow.coefficients["beta"],
    }


_WIDE = "parameters_delta-3, hot"
_NARROW = "parameters_delta-4, hot"
_FLAT = "their optimiser ends where the objective agrees in the eight digits released; ours goes on"
_STOPPED = (
    "The released fit is not at the optimum: its stopping rule is absolute, the objective is near 2e-4, and "
    "it ends 0.05 % above ours. At the released coefficients the objective is the released one."
)

STUDY = Study(
    name="shapes",
    title="Gemstones, hot",
    citation="McLeish et al. 2025, arXiv:2502.06857, and github.com/mcleish7/gemstone-scaling-laws",
    tables=("gemstones",),
    rows="220 checkpoints of 22 models at constant learning rate up to 100 billion tokens; N with "
    "embeddings. Huber penalties of log losses, summed, with the threshold delta as said.",
    compute=compute,
    figures=(
        Figure("wide-objective", "sum of penalties, delta 1e-3", "0.0019816129", _WIDE, 2e-10, _FLAT),
        Figure("wide-alpha", "exponent of N, delta 1e-3", "0.2929", _WIDE),
        Figure("wide-beta", "exponent of D, delta 1e-3", "0.7129", _WIDE, 2e-4, _FLAT),
        Figure("released-objective", "sum at the released coefficients, delta 1e-4", "0.0002076018", _NARROW),
        Figure(
            "narrow-objective", "sum of penalties, delta 1e-4", "0.0002076018", _NARROW, side="at most",
            why="the same objective on the same checkpoints: a better optimum is lower",
        ),
        Figure("narrow-alpha", "exponent of N, delta 1e-4", "0.2989", _NARROW, missed=_STOPPED),
        Figure("narrow-beta", "exponent of D, delta 1e-4", "0.6928", _NARROW, missed=_STOPPED),
    ),
)  # fmt: skip
