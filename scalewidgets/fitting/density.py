"""The density of residuals that an objective stands for: ``exp(-penalty / s) / Z(s)``, with scale s.

Gaussian for squares (s is the variance), Laplace for absolute values (s is the mean deviation), Huber's in
between: Gaussian up to delta, then exponential (Huber 1964, Ann. Math. Stat. 35, 73). A penalty that counts
the two sides differently stands for a density of two pieces that meet at zero: the asymmetric Laplace for
quantiles (Koenker and Machado 1999, JASA 94, 1296; Yu and Moyeed 2001, Stat. Probab. Lett. 54, 437), of
which a share tau lies below zero, and Huber's in two widths for ``asymmetric``, the two-piece normal where
delta is large. It is what turns a rise of a sum of penalties into a likelihood ratio, what weighs a prior
against it, and what a parametric bootstrap draws from.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .objective import Objective
from .student import best_nu, log_scale

Array: TypeAlias = NDArray[np.float64]

DRAWN = 2**15
"""Draws that stand in for a distribution function."""


def deviance(objective: Objective, value: Array, lowest: float, weight: float) -> Array:
    """Twice the log of the likelihood ratio, the scale of the residuals fitted along."""
    tiny = np.finfo(float).tiny
    value, best = np.maximum(np.asarray(value, dtype=float), tiny), max(lowest, tiny)
    if objective.square or objective.nu is not None:
        return np.asarray(weight * np.log(value / best))
    both = np.append(value, best)
    scale = best_scale(objective, both, weight)
    likelihood = weight * _log_norm(objective, scale) + both / scale
    return np.asarray(2 * (likelihood[:-1] - likelihood[-1]))


def best_scale(objective: Objective, value: Array, weight: float) -> Array:
    """Scale s at which residuals with this sum of penalties are most likely.

    Parameters
    ----------
    objective : Objective
        Not a likelihood.
    value : ndarray
        Sum of penalties; any shape.
    weight : float
        Number of runs.
    """
    value = np.maximum(np.asarray(value, dtype=float), np.finfo(float).tiny)
    if objective.square:
        return 2 * value / weight
    if objective.sharp:
        return value / weight
    # With h the slope of log Z by log s, between 1/2 (Gauss) and 1 (Laplace), s is value / (weight h(s)).
    low, high = value / weight, 2 * value / weight
    for _ in range(55):
        middle = 0.5 * (low + high)
        square, straight = _integrals(objective, middle)
        over = middle * weight * (0.5 * square + straight) > value * (square + straight)
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return np.asarray(0.5 * (low + high))


def drawn(
    rng: np.random.Generator, shape: tuple[int, int], residuals: Array, weight: Array, objective: Objective
) -> Array:
    """Residuals drawn from the density an objective stands for, at the most likely scale.

    Parameters
    ----------
    shape : (int, int)
        Of what is returned.
    residuals, weight : ndarray, shape (n,)
        What tells the scale, and for Student's t the degrees of freedom where they are free.
    objective : Objective
    """
    if objective.nu is not None:
        nu, squares = objective.nu, residuals[None] ** 2
        log2 = log_scale(squares, weight[None], nu)
        if objective.free:
            degrees, log2 = best_nu(squares, weight[None])
            nu = float(degrees[0])
        return np.asarray(np.exp(0.5 * log2[0]) * rng.standard_t(nu, shape))
    value = np.array(objective.values(residuals[None], weight[None])[0])
    scale = float(best_scale(objective, value, float(weight.sum())))
    if objective.square:
        return rng.normal(0.0, np.sqrt(scale), shape)
    up, down = (_pieces(objective, np.array(scale / side)) for side in (objective.up, objective.down))
    above = rng.random(shape) * (sum(up) + sum(down)) < sum(up)
    out = np.empty(shape)
    for chosen, side, pieces, sign in (
        (above, objective.up, up, 1.0),
        (~above, objective.down, down, -1.0),
    ):
        count = int(np.count_nonzero(chosen))
        out[chosen] = sign * _one_side(rng, count, objective.delta, scale / side, *map(float, pieces))
    return out


def _one_side(
    rng: np.random.Generator, count: int, delta: float | None, scale: float, square: float, straight: float
) -> Array:
    """Sizes of residuals on one side: half a Gaussian cut off at delta, and an exponential from there on."""
    if delta is None:
        return rng.exponential(scale, count)
    from scipy.special import erf, erfinv

    out = delta + rng.exponential(scale / delta, count)
    inner = rng.random(count) * (square + straight) < square
    share = rng.random(int(np.count_nonzero(inner))) * erf(delta / np.sqrt(2.0 * scale))
    out[inner] = np.minimum(np.sqrt(2.0 * scale) * erfinv(share), delta)
    return out


def distance(residuals: Array, weight: Array, objective: Objective, seed: int = 0) -> float:
    """Largest difference between the distribution function of residuals and that of the density.

    That of the density is the one of many draws, itself off by 0.005 or so.
    """
    many = np.sort(drawn(np.random.default_rng([seed, 9]), (1, DRAWN), residuals, weight, objective)[0])
    order = np.argsort(residuals)
    share = np.cumsum(weight[order]) / weight.sum()
    expected = np.searchsorted(many, residuals[order], side="right") / DRAWN
    return float(max(np.max(share - expected), np.max(expected - share + weight[order] / weight.sum())))


def _pieces(objective: Objective, scale: Array) -> tuple[Array, Array]:
    """Integrals of ``exp(-penalty / scale)`` over the square part of one side, and over the straight one."""
    from scipy.special import erf

    if objective.delta is None:
        return np.zeros_like(scale), scale
    root, delta = np.sqrt(scale), objective.delta
    square = np.sqrt(np.pi * scale / 2) * erf(delta / root / np.sqrt(2.0))
    return square, scale / delta * np.exp(-0.5 * delta * delta / scale)


def _integrals(objective: Objective, scale: Array) -> tuple[Array, Array]:
    """Those of both sides together."""
    up, down = (_pieces(objective, scale / side) for side in (objective.up, objective.down))
    return up[0] + down[0], up[1] + down[1]


def _log_norm(objective: Objective, scale: Array) -> Array:
    """Log of the integral of ``exp(-penalty / scale)``."""
    return np.asarray(np.log(sum(_integrals(objective, scale))))
