"""An independent second opinion: SciPy's least squares from many starts.

Shares nothing with the engine but the formula: another algorithm (dogleg in a trust region with a robust
loss), other starts, other stopping rules. A fit is as good as its gap to the best of these.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .model import General, LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

PARTS, EVALUATIONS = 5, 80
SAME = 1e-8
"""Relative difference of two objectives up to which two starts have ended at the same optimum."""


@dataclass(frozen=True)
class Ending:
    """Where one start ended."""

    variables: Array
    value: float
    success: bool


@dataclass(frozen=True)
class Agreement:
    """What all starts say together.

    Attributes
    ----------
    best : Ending
    starts, agreeing, basins : int
        Starts; those that ended at the best objective; distinct objectives reached with success.
    """

    best: Ending
    starts: int
    agreeing: int
    basins: int


def agreement(endings: list[Ending], reference: float, floor: float) -> Agreement:
    """Count starts that agree.

    Parameters
    ----------
    endings : list of Ending
    reference : float
        Objective of the fit that is checked; counts as an optimum too.
    floor : float
        Objective that rounding alone gives: differences below it mean nothing.
    """
    best = min(endings, key=lambda ending: ending.value)
    lowest = min(best.value, reference)
    agreeing = sum(ending.value <= lowest * (1 + SAME) + floor for ending in endings)
    others = sorted(
        ending.value for ending in endings if ending.success and ending.value > lowest * (1 + SAME) + floor
    )
    basins, last = 1, lowest
    for value in others:
        # Looser among the losers: slow starts of one basin stop at slightly different heights.
        if value > last * (1 + 1e-4) + floor:
            basins += 1
        last = value
    return Agreement(best, len(endings), agreeing, basins)


def least_squares_steps(
    model: LogAffine | General,
    objective: Objective,
    start: Array,
    free: NDArray[np.bool_],
    counts: Array | None = None,
) -> Generator[None, None, Ending]:
    """Minimise with :func:`scipy.optimize.least_squares` from one start.

    Yields between the stages that approach a sharp objective.

    Parameters
    ----------
    model : LogAffine or General
    objective : Objective
    start : ndarray, shape (p,)
    free : ndarray of bool, shape (p,)
    counts : ndarray of int, shape (n,), optional
        How often each run stands in a resample; the rows are really copied here.
    """
    # Here, not above: a prediction from a stored fit need not wait for SciPy.
    from scipy.optimize import least_squares

    rows = slice(None) if counts is None else np.repeat(np.arange(len(model.loss)), counts.astype(int))
    log_loss, whole = np.log(model.loss), np.array(start, dtype=np.float64)
    low, high = model.low[free], model.high[free]

    def at(variables: Array) -> Array:
        whole[free] = variables
        return whole

    @np.errstate(all="ignore")
    def residuals(variables: Array) -> Array:
        fitted = model.value(at(variables)[None])[0]
        out = log_loss - np.log(fitted) if objective.log else model.loss - fitted
        return np.asarray(np.nan_to_num(out[rows], nan=1e6, posinf=1e6, neginf=-1e6))

    @np.errstate(all="ignore")
    def jacobian(variables: Array) -> Array:
        fitted, slopes = model.jacobian(at(variables))
        out = -slopes[:, free] / fitted[:, None] if objective.log else -slopes[:, free]
        return np.asarray(np.nan_to_num(out[rows], nan=0.0, posinf=0.0, neginf=0.0))

    place = np.clip(start[free], low, high)
    success = True
    stages = _losses(objective, residuals(place))
    # Long descents are cut and taken up again, so that a caller gets its turn.
    for k, (loss, part) in enumerate((loss, part) for loss in stages for part in range(PARTS)):
        if part and success:
            continue
        if k:
            yield
        try:
            with np.errstate(all="ignore"):
                result: Any = least_squares(
                    residuals,
                    place,
                    jac=jacobian,
                    bounds=(low, high),
                    method="dogbox",
                    tr_solver="exact",
                    ftol=1e-15,
                    xtol=1e-15,
                    gtol=1e-15,
                    max_nfev=EVALUATIONS,
                    **loss,
                )
        except (ValueError, np.linalg.LinAlgError):
            return Ending(start, np.inf, False)
        place, success = result.x, bool(result.success)
    value = objective.total(residuals(place))
    return Ending(at(place).copy(), value if np.isfinite(value) else np.inf, success)


def _losses(objective: Objective, residuals: Array) -> list[dict[str, Any]]:
    """SciPy's names for the objective; the absolute value is approached in decades."""
    if objective.name.startswith("squared"):
        return [{"loss": "linear"}]
    size = max(float(np.median(np.abs(residuals))), 1e-9)
    last = objective.delta if objective.delta is not None else 1e-7 * size
    scales = [last]
    while scales[-1] < 0.1 * size:
        scales.append(10 * scales[-1])
    return [{"loss": "huber", "f_scale": scale} for scale in reversed(scales)]
