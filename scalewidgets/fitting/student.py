"""Student's t with a scale that is fitted along, and the degrees of freedom too where they are free.

For each row of residuals the scale is solved for (one equation in one unknown, or two in two), so the solver
sees coefficients alone; the Hessian carries what scale and degrees of freedom give way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

LEAST_NU, MOST_NU = 1.0, 100.0
"""Range of free degrees of freedom: from Cauchy's tails to what no table tells from Gauss's."""

_SMALLEST = 1e-200
_NODES = (LEAST_NU, 3.0, 12.0, MOST_NU)
_ROUNDS = 60


@dataclass(frozen=True)
class Bend:
    """Rank-one parts of the Hessian: ``- cross cross' * give`` for each, ``+ gradient gradient' / value``.

    Attributes
    ----------
    crosses : tuple of ndarray, shape (B, n)
        Weighted second derivative by a residual and the logarithm of the squared scale; then, for free
        degrees of freedom, by a residual and what of their logarithm is not undone by the scale.
    gives : tuple of ndarray, shape (B,)
    value : ndarray, shape (B,)
    """

    crosses: tuple[Array, ...]
    gives: tuple[Array, ...]
    value: Array

    def apply(self, hessian: Array, gradient: Array, pulls: list[Array]) -> None:
        """Add to a Hessian (B, p, p); ``pulls`` are the crosses summed over runs, shape (B, p)."""
        for give, pull in zip(self.gives, pulls, strict=True):
            hessian -= give[:, None, None] * pull[:, :, None] * pull[:, None, :]
        hessian += gradient[:, :, None] * gradient[:, None, :] / self.value[:, None, None]


def log_scale(squares: Array, weights: Array, nu: float | Array, start: Array | None = None) -> Array:
    """Logarithm of the squared scale at which the likelihood is largest, shape (B,)."""
    weights = np.broadcast_to(weights, squares.shape)
    total = weights.sum(axis=-1)
    if start is None:
        mean = np.einsum("bn,bn->b", squares, weights) / total
        start = np.log(np.maximum(mean, _SMALLEST))
    out, more = start, nu + 1
    wide = np.asarray(nu, dtype=float).reshape(-1, 1)
    for _ in range(100):
        share = squares / (wide * np.exp(out)[:, None] + squares)
        over = more * np.einsum("bn,bn->b", share, weights) - total
        pull = more * np.einsum("bn,bn,bn->b", share, 1 - share, weights)
        step = np.clip(over / np.maximum(pull, _SMALLEST), -2.0, 2.0)
        step = np.where(np.isfinite(step) & (out > math.log(_SMALLEST)), step, 0.0)
        out = out + step
        if np.all(np.abs(step) < 1e-14 * (1 + np.abs(out))):
            break
    return np.asarray(np.maximum(out, math.log(_SMALLEST)))


@np.errstate(all="ignore")
def best_nu(squares: Array, weights: Array) -> tuple[Array, Array]:
    """Degrees of freedom between :data:`LEAST_NU` and :data:`MOST_NU`, and log squared scale, each (B,).

    The likelihood, with the best scale of each nu, is looked at in four places; between the best one
    and its lower neighbour a Newton step that leaves the bracket is a bisection.
    """
    weights = np.broadcast_to(weights, squares.shape)
    batch = len(squares)
    heights: list[Array] = []
    slopes: list[Array] = []
    scales: list[Array] = []
    scale: Array | None = None
    for node in reversed(_NODES):
        scale = log_scale(squares, weights, np.full(batch, node), scale)
        height, slope, _ = _by_nu(squares, weights, np.full(batch, node), scale)
        heights.insert(0, height)
        slopes.insert(0, slope)
        scales.insert(0, scale)
    every = np.arange(batch)
    best = np.argmin(np.where(np.isfinite(heights), heights, np.inf), axis=0)
    up = np.array(slopes)[best, every] < 0
    logs = np.log(_NODES)
    last = len(_NODES) - 1
    low = logs[np.where(up, best, np.maximum(best - 1, 0))]
    high = logs[np.where(up, np.minimum(best + 1, last), best)]
    place, scale = logs[best].copy(), np.array(scales)[best, every]
    for _ in range(_ROUNDS):
        scale = log_scale(squares, weights, np.exp(place), scale)
        _, slope, bend = _by_nu(squares, weights, np.exp(place), scale)
        low = np.where(slope < 0, np.maximum(low, place), low)
        high = np.where(slope > 0, np.minimum(high, place), high)
        trial = place - slope / bend
        sound = (bend > 0) & (trial > low) & (trial < high)
        trial = np.where(sound, trial, 0.5 * (low + high))
        trial = np.where(np.isfinite(trial) & (slope != 0), trial, place)
        moved, place = np.abs(trial - place), trial
        if np.all((moved < 1e-13) | (high - low < 1e-13)):
            break
    # An end that is the best of its bracket is the end itself.
    place = np.where(high - logs[0] < 1e-9, logs[0], np.where(logs[-1] - low < 1e-9, logs[-1], place))
    nu = np.exp(place)
    nu = np.where(place == logs[0], LEAST_NU, np.where(place == logs[-1], MOST_NU, nu))
    return nu, log_scale(squares, weights, nu, scale)


def _by_nu(squares: Array, weights: Array, nu: Array, scale: Array) -> tuple[Array, Array, Array]:
    """Negative log-likelihood with the best scale, its slope and its curvature by log nu, each (B,)."""
    total = weights.sum(axis=-1)
    ratio = squares / (nu * np.exp(scale))[:, None]
    grown, share = np.log1p(ratio), ratio / (1 + ratio)
    logs = np.einsum("bn,bn->b", grown, weights)
    shares = np.einsum("bn,bn->b", share, weights)
    pull = np.einsum("bn,bn,bn->b", share, 1 - share, weights)
    c, c1, c2 = _constant(nu)
    height = 0.5 * (nu + 1) * logs + 0.5 * total * scale + total * c
    slope = 0.5 * nu * logs - 0.5 * (nu + 1) * shares + total * nu * c1
    bend = nu * (0.5 * logs - shares + 0.5 * (nu + 1) / nu * pull + total * (c1 + nu * c2))
    mixed = -0.5 * nu * shares + 0.5 * (nu + 1) * pull
    stiff = 0.5 * (nu + 1) * pull
    return height, slope, bend - mixed * mixed / np.maximum(stiff, _SMALLEST)


def _constant(nu: Array) -> tuple[Array, Array, Array]:
    """Constant of the density at unit scale (minus its logarithm), and two derivatives by nu."""
    from scipy.special import gammaln, polygamma, psi

    half, next_ = 0.5 * nu, 0.5 * (nu + 1)
    value = gammaln(half) - gammaln(next_) + 0.5 * np.log(nu * np.pi)
    first = 0.5 * (psi(half) - psi(next_)) + 0.5 / nu
    second = 0.25 * (polygamma(1, half) - polygamma(1, next_)) - 0.5 / (nu * nu)
    return value, first, second


@np.errstate(all="ignore")
def parts(
    residuals: Array, weights: Array, nu: float, *, free: bool = False
) -> tuple[Array, Array, Array, Bend]:
    """Value ``W exp(2 nll / W)`` of each row, weighted slopes and curvatures by residual, and the rest.

    Free degrees of freedom are at their best in each row; the constant of the density counts then.
    """
    weights = np.broadcast_to(weights, residuals.shape)
    squares = residuals * residuals
    total = weights.sum(axis=1)
    degrees, log2 = best_nu(squares, weights) if free else (np.full(len(squares), nu), None)
    if log2 is None:
        log2 = log_scale(squares, weights, nu)
    more, unit_scale = (degrees + 1)[:, None], np.exp(log2)[:, None]
    wide = degrees[:, None] * unit_scale
    below = wide + squares
    each = more * np.log1p(squares / wide)
    constant = 2 * _constant(degrees)[0] if free else 0.0
    value = total * np.exp(np.einsum("bn,bn->b", each, weights) / total + log2 + constant)
    unit = (2 * value / total)[:, None]
    slope = more * residuals / below * weights * unit
    curvature = more * (wide - squares) / (below * below) * weights * unit
    cross = -more * residuals * wide / (below * below) * weights
    share = squares / below
    pull = 0.5 * more[:, 0] * np.einsum("bn,bn,bn->b", share, 1 - share, weights)
    stiff = np.maximum(pull, _SMALLEST)
    crosses: tuple[Array, ...] = (cross,)
    gives: tuple[Array, ...] = (unit[:, 0] / stiff,)
    if free:
        # What is left of log nu once the scale has given way.
        mixed = -0.5 * degrees * np.einsum("bn,bn->b", share, weights) + pull
        other = degrees[:, None] * residuals * (squares - unit_scale) / (below * below) * weights
        left = _by_nu(squares, weights, degrees, log2)[2]
        inside = (degrees > LEAST_NU) & (degrees < MOST_NU) & (left > 0)
        crosses = (cross, other - (mixed / stiff)[:, None] * cross)
        gives = (gives[0], np.where(inside, unit[:, 0] / np.where(inside, left, 1.0), 0.0))
    bad = ~np.isfinite(value)
    return np.where(bad, np.inf, value), slope, curvature, Bend(crosses, gives, value)


def total(residuals: Array, weights: Array, nu: float, *, working: bool, free: bool = False) -> float:
    """Negative log-likelihood, or what the solver sees of it, summed exactly."""
    count = math.fsum(weights)
    squares = residuals * residuals
    rows = np.asarray(weights, dtype=float)[None]
    if free:
        degrees, scales = best_nu(squares[None], rows)
        nu, log2 = float(degrees[0]), float(scales[0])
    else:
        log2 = float(log_scale(squares[None], rows, nu)[0])
    each = np.log1p(squares / (nu * math.exp(log2))) * weights
    inner = 0.5 * (nu + 1) * math.fsum(each) + 0.5 * count * log2
    constant = math.lgamma(0.5 * nu) - math.lgamma(0.5 * (nu + 1)) + 0.5 * math.log(nu * math.pi)
    if working:
        return count * math.exp(2 * (inner + (count * constant if free else 0.0)) / count)
    return inner + count * constant
