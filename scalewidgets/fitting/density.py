"""The density of residuals that an objective stands for: ``exp(-penalty / s) / Z(s)``, with scale s.

Gaussian for squares (s is the variance), Laplace for absolute values (s is the mean deviation), Huber's in
between. It is what turns a rise of a sum of penalties into a likelihood ratio, and what weighs a prior
against it.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .objective import Objective

Array: TypeAlias = NDArray[np.float64]


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
    # The scale lies between that of Laplace and that of Gauss.
    side = max(objective.up, objective.down)
    low, high = np.log(value / weight) - 1.0, np.log(2 * value / weight) + 1.0 + np.log(max(side, 1.0))
    golden = 0.5 * (np.sqrt(5.0) - 1.0)

    def cost(log_scale: Array) -> Array:
        return np.asarray(weight * _log_norm(objective, np.exp(log_scale)) + value / np.exp(log_scale))

    for _ in range(80):
        left, right = high - golden * (high - low), low + golden * (high - low)
        down = cost(left) < cost(right)
        low, high = np.where(down, low, left), np.where(down, right, high)
    return np.asarray(np.exp(0.5 * (low + high)))


def _log_norm(objective: Objective, scale: Array) -> Array:
    """Log of the integral of ``exp(-penalty / scale)``."""
    from scipy.special import erf

    total = np.zeros_like(scale)
    for side in (objective.up, objective.down):
        s = scale / side
        if objective.delta is None:
            total += s
        else:
            root, delta = np.sqrt(s), objective.delta
            total += np.sqrt(np.pi * s / 2) * erf(delta / root / np.sqrt(2.0))
            total += s / delta * np.exp(-0.5 * delta * delta / s)
    return np.asarray(np.log(total))
