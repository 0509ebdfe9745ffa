"""Curves of the best loss by compute: where two cross, and the compute at which one reaches a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .optimum import best_loss
from .result import Fit

Array: TypeAlias = NDArray[np.float64]
Curve: TypeAlias = Callable[[Array], Array]

NEVER = float("inf")
"""Crossover of a resample whose curves do not cross in the range."""
BEFORE = 0.0
"""Crossover of a resample in which the later winner is ahead from the start."""

_POINTS_PER_DECADE = 12
_BISECTIONS = 40
_WIDE = 30.0
"""Decades to either side within which the compute that reaches a loss is looked for."""


def curves(fit: Fit, ratio: float | None, rows: NDArray[np.intp]) -> tuple[Curve, Curve]:
    """Loss of the best model by compute: of the fit, (M,) to (M,), and of its resamples, to (R, M)."""
    names = fit.law.coefficient_names
    columns = {name: fit.resamples[rows, j, None] for j, name in enumerate(names)}

    def central(compute: Array) -> Array:
        return best_loss(fit.law, fit.coefficients, compute, ratio)

    def resampled(compute: Array) -> Array:
        if not len(rows):
            return np.empty((0, compute.shape[-1]))
        return best_loss(fit.law, columns, compute, ratio)

    return central, resampled


def last_crossings(gap: Curve, grid: Array, rows: int, ahead: float, turned: int) -> Array:
    """Last crossing of each resample; ``BEFORE`` or ``NEVER`` where there is none in the range."""
    values = gap(grid)
    change = np.sign(values[:, :-1]) * np.sign(values[:, 1:]) < 0
    any_change = change.any(axis=1)
    last = change.shape[1] - 1 - np.argmax(change[:, ::-1], axis=1)
    found = bisect(lambda x: gap(x[:, None])[:, 0], grid[last], grid[last + 1])
    # The same winner all through: the crossing is still to come, unless it is the one who wins in the end.
    early = (np.sign(values[:, 0]) != ahead) & bool(turned)
    return np.asarray(np.where(any_change, found, np.where(early, BEFORE, NEVER)))


def bisect(gap: Curve, low: Array, high: Array) -> Array:
    """Compute at which the sign changes, by halving in the logarithm."""
    low, high = np.log(low), np.log(high)
    first = np.sign(gap(np.exp(low)))
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        same = np.sign(gap(np.exp(middle))) == first
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return np.asarray(np.exp((low + high) / 2))


def compute_for(curve: Curve, loss: Array, compute: Array) -> Array:
    """Compute (R, M) at which falling curves reach losses (R, M); infinite where they never do."""
    low = np.broadcast_to(np.log(compute) - _WIDE * np.log(10), loss.shape).copy()
    high = np.broadcast_to(np.log(compute) + _WIDE * np.log(10), loss.shape).copy()
    if not loss.size:
        return np.empty(loss.shape)
    out = np.empty(loss.shape)
    for j in range(loss.shape[1]):
        left, right, goal = low[:, j], high[:, j], loss[:, j]
        never = ~(curve(np.exp(right)[:, None])[:, 0] <= goal)
        for _ in range(_BISECTIONS + 12):
            middle = (left + right) / 2
            above = curve(np.exp(middle)[:, None])[:, 0] > goal
            left, right = np.where(above, middle, left), np.where(above, right, middle)
        out[:, j] = np.where(never, NEVER, np.exp((left + right) / 2))
    return out


def interval(draws: Array, level: float) -> tuple[float, float]:
    """Percentiles that may be infinite: by order statistics, never between a number and infinity."""
    if not len(draws):
        return float("nan"), float("nan")
    ordered = np.sort(draws)
    tail = (1 - level) / 2
    low = ordered[int(np.floor(tail * (len(ordered) - 1)))]
    high = ordered[int(np.ceil((1 - tail) * (len(ordered) - 1)))]
    return float(low), float(high)


def median(draws: Array) -> float:
    """Median that may be infinite: the upper one of two, so that half of the draws reach it."""
    return float(np.sort(draws)[len(draws) // 2]) if len(draws) else float("nan")


def grid_of(low: float, high: float) -> Array:
    """Compute from low to high, a dozen points a decade."""
    return np.geomspace(low, high, max(16, int(_POINTS_PER_DECADE * np.log10(high / low)) + 1))
