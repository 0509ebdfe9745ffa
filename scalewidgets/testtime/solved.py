"""What k samples of each problem solve, by counts or by a fit, and where one more is not worth its price.

The twin of the browser's ``testtime-counts.ts``.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array
from .coverage import pass_at_k
from .gammas import log_beta_ratio, log_miss, tanh_sinh
from .single import expected_attempts
from .tally import Tally

__all__: list[str] = []

Verifier: TypeAlias = tuple[float, float] | None
"""Shares of right and of wrong answers that are accepted; None for a perfect verifier."""
PEAKED = 20.0
"""Shapes of a Beta above which its peak is narrow: nodes are then laid around it, evenly in the logit."""
IN_BANDS = 400
"""Resamples behind the interval of the saturation point, at most: a screen follows it in every frame."""
AROUND, AROUND_POINTS = 4.0, 17
"""Numbers of samples around the saturation point at which its resamples are interpolated."""


# -- what k samples solve ---------------------------------------------------------------------------


def each_solved(counts: Tally, model: int, k: int, rates: Verifier) -> Array:
    """Share solved of each problem with k samples, k at most those counted; shape (M,)."""
    if k < 1:
        return np.zeros(len(counts.problems))
    if rates is None:
        return pass_at_k(counts.n[model], counts.c[model], k)
    return behind(counts.rates[model], k, *rates)


def behind(p: Array, k: ArrayLike, t: float | Array, f: float | Array) -> Array:
    """``p t (1 - (1-s)**k) / s`` with ``s = p t + (1-p) f``."""
    accepted = np.minimum(p * t + (1 - p) * f, 1.0)
    return np.asarray(p * t * expected_attempts(accepted, k))


def fitted_solved(a: float, b: float, k: float, rates: Verifier) -> float:
    """Share solved by k samples of problems whose success rates are Beta(a, b); NaN without a fit."""
    if not np.isfinite(a):
        return float("nan")
    if rates is None:
        return float(-np.expm1(log_beta_ratio(b, a, k))[0])
    p, weight = _beta_nodes(a, b)
    return float(weight @ behind(p, k, *rates))


def _beta_nodes(a: float, b: float) -> tuple[Array, Array]:
    """Success rates and their weights under Beta(a, b): double-exponential, or around a narrow peak."""
    if min(a, b) > PEAKED:
        z = np.log(a / b) + np.sqrt((a + b) / (a * b)) * np.linspace(-12.0, 12.0, 241)
        p, rest = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(z))
        log_density, weight = a * np.log(p) + b * np.log(rest), np.ones_like(z)
    else:
        p, rest, weight = tanh_sinh()
        log_density = (a - 1) * np.log(p) + (b - 1) * np.log(rest)
    raw = weight * np.exp(log_density - log_density.max())
    return p, np.asarray(raw / raw.sum())


def mean_solved(counts: Tally, model: int, k: int, rates: Verifier) -> float:
    """Share of problems solved with k samples; beyond those counted, that of the fit."""
    if k <= counts.least[model]:
        return float(each_solved(counts, model, k, rates).mean())
    a, b = counts.shapes[model, 0]
    return fitted_solved(float(a), float(b), k, rates)


# -- where one more sample is not worth it ----------------------------------------------------------


def gains(counts: Tally, model: int, k: ArrayLike, rates: Verifier) -> Array:
    """What sample k + 1 adds to each problem, shape (K, M); k below the samples counted."""
    asked = np.asarray(k, dtype=np.float64)[:, None]
    n, c = counts.n[model], counts.c[model]
    if rates is None:
        left = np.exp(log_miss(n[None, :], c[None, :], np.minimum(asked, n[None, :])))
        return np.asarray(left * c / np.maximum(n - asked, 1.0))
    t, f = rates
    p = counts.rates[model]
    accepted = np.minimum(p * t + (1 - p) * f, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(asked == 0, 1.0, np.exp(asked * np.log1p(-accepted)))
    return np.asarray(p * t * left)


def saturation(
    counts: Tally, model: int, least: float, rates: Verifier, level: float
) -> tuple[float, float, float]:
    """Fewest samples after which one more gains at most `least`, with its interval over problems.

    NaN where gains are still larger at the last sample that was counted. The interval interpolates the
    resampled gains between numbers of samples around the point.
    """
    last = int(counts.least[model]) - 1

    def gain(k: int) -> float:
        return float(gains(counts, model, np.array([k]), rates).mean())

    if gain(0) <= least:
        return 0.0, np.nan, np.nan
    if last < 1 or gain(last) > least:
        return np.nan, np.nan, np.nan
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if gain(middle) <= least else (middle, high)
    grid = np.minimum(high * np.geomspace(1 / AROUND, AROUND, AROUND_POINTS), last)
    seen = counts.weights[:IN_BANDS] @ gains(counts, model, grid, rates).T / len(counts.problems)
    found = np.array([_crossing(grid, row, least) for row in seen])
    side = (1 - level) / 2
    ends = np.quantile(found, [side, 1 - side])
    return float(high), float(np.floor(ends[0] + 0.5)), float(np.floor(ends[1] + 0.5))


def _crossing(grid: Array, gain: Array, least: float) -> float:
    """Where falling gains pass `least`, between neighbours straight in the logarithm of the gain."""
    below = np.flatnonzero(gain <= least)
    if not below.size:
        return float(grid[-1])
    at = int(below[0])
    if at == 0:
        return float(grid[0])
    before, after = np.log(gain[at - 1]), np.log(max(gain[at], 1e-300))
    share = (before - np.log(least)) / (before - after)
    return float(grid[at - 1] + share * (grid[at] - grid[at - 1]))
