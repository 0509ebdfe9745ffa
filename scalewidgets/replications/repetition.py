"""What a repeated token is worth: the fits of the data-constrained law (arXiv:2305.16264)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from scalewidgets.data import load
from scalewidgets.fitting import fit
from scalewidgets.fitting.scores import r2
from scalewidgets.laws import law

from .declare import Figure, Study

Array: TypeAlias = NDArray[np.float64]

BASE = {
    "A": float(np.exp(6.255414)), "B": float(np.exp(7.3049974)), "E": float(np.exp(0.6254804)),
    "alpha": 0.3526596, "beta": 0.3526596,
}  # fmt: skip
"""Single-epoch coefficients, held fixed; their 54 runs are not in the bundled table."""
R_D, R_N = 15.387756, 5.309743
NEVER = 1e12
"""A decay constant so large that nothing decays."""
DELTA = 1e-3


def compute() -> dict[str, float]:
    """Evaluate the law at the published constants, and fit the constants."""
    runs = load("repetition")
    runs = runs[runs["note"].str.contains("in_the_published_fit")]
    columns = {"N": "params", "D": "tokens", "U": "unique_tokens"}
    inputs = {symbol: runs[column].to_numpy() for symbol, column in columns.items()}
    loss = runs["loss"].to_numpy()
    form = law("data_constrained")

    def said(data: float, size: float) -> Array:
        return form.value(inputs, {**BASE, "R_D_star": data, "R_N_star": size})

    def objective(data: float, size: float) -> float:
        off = np.abs(np.log(said(data, size)) - np.log(loss))
        return float(np.where(off <= DELTA, off**2 / 2, DELTA * (off - DELTA / 2)).sum())

    def near(logs: Array) -> float:
        return 1e6 * objective(float(np.exp(logs[0])), float(np.exp(logs[1])))

    nearby = minimize(near, np.log([R_D, R_N]), method="Nelder-Mead", tol=1e-10)
    best = fit(runs, law=form, fixed=BASE, resamples=0, starts=0)
    alone_data = _lowest(lambda value: objective(value, NEVER))
    alone_size = _lowest(lambda value: objective(NEVER, value))
    return {
        "objective": objective(R_D, R_N),
        "r2": r2(loss, said(R_D, R_N)),
        "r2-neither": r2(loss, said(NEVER, NEVER)),
        "r2-data": r2(loss, said(alone_data, NEVER)),
        "r2-size": r2(loss, said(NEVER, alone_size)),
        "optimum": best.objective,
        "R_D-near": float(np.exp(nearby.x[0])),
        "R_N-near": float(np.exp(nearby.x[1])),
        "R_D": best.coefficients["R_D_star"],
        "R_N": best.coefficients["R_N_star"],
    }


def _lowest(of: Callable[[float], float]) -> float:
    """The constant of lowest objective: a grid over its logarithm, then the minimum between neighbours."""
    grid = np.linspace(-2.0, 8.0, 401)
    values = [of(float(np.exp(at))) for at in grid]
    at = int(np.clip(np.argmin(values), 1, len(grid) - 2))
    ends = (float(grid[at - 1]), float(grid[at + 1]))
    done = minimize_scalar(
        lambda x: of(float(np.exp(x))), bounds=ends, method="bounded", options={"xatol": 1e-9}
    )
    return float(np.exp(done.x))


_NOTEBOOK = "output of the released notebook"
_LOCAL = (
    "The published pair is a local optimum: the same objective on the same runs is lower at 52.2 and 2.2, by "
    "0.11 %. The 182 runs hardly tell the two constants apart."
)
_BASE = "The 54 single-epoch runs that it was fitted to are not in the bundled table; it is taken as given."
_SINGLE = (
    "their optimiser works in single precision, where it cannot see that the sum falls by another 3e-9 from "
    "their constants to these"
)

STUDY = Study(
    name="repetition",
    title="Repeated data",
    citation="Muennighoff et al. 2023, arXiv:2305.16264, and github.com/huggingface/datablations",
    tables=("repetition",),
    rows="182 of 296 runs: those marked in_the_published_fit, which the released notebook lists as its data "
    "with outliers removed. Single-epoch coefficients as published; Huber penalties, delta 1e-3, summed; R2 "
    "of the losses, not of their logarithms.",
    compute=compute,
    figures=(
        Figure("objective", "sum of penalties at the published constants", "0.0158259", _NOTEBOOK),
        Figure("r2", "R2 with both constants", "0.772", _NOTEBOOK),
        Figure("r2-neither", "R2 with no decay", "0.445", _NOTEBOOK),
        Figure("r2-data", "R2 with repeated data decaying alone", "0.735", _NOTEBOOK),
        Figure(
            "r2-size",
            "R2 with excess parameters decaying alone",
            "0.449",
            _NOTEBOOK,
            missed="The optimum of that objective has a constant of 0.74 and this R2. The published value is "
            "close to that of no decay at all, where the objective is flat.",
        ),
        Figure(
            "optimum", "lowest sum of penalties", "0.0158259", _NOTEBOOK, side="at most",
            why="the same objective on the same runs: a better optimum is lower",
        ),
        Figure("R_D-near", "decay of repeated data, R_D*, nearest", "15.387756", _NOTEBOOK, 0.02, _SINGLE),
        Figure("R_N-near", "decay of excess parameters, R_N*, nearest", "5.309743", _NOTEBOOK, 0.01, _SINGLE),
        Figure("base-alpha", "exponent of a single epoch", "0.3526596", _NOTEBOOK, missed=_BASE),
        Figure("R_D", "R_D*, lowest optimum", "15.387756", _NOTEBOOK, missed=_LOCAL),
        Figure("R_N", "R_N*, lowest optimum", "5.309743", _NOTEBOOK, missed=_LOCAL),
    ),
)  # fmt: skip
