"""Student's t with a scale that is fitted along: the likelihood of residuals with heavy tails.

For each row of residuals the scale is solved for (one equation in one unknown), so the solver sees
coefficients alone; the Hessian carries what the scale gives way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

_SMALLEST = 1e-200


@dataclass(frozen=True)
class Bend:
    """Rank-one parts of the Hessian: ``- cross cross' * give + gradient gradient' / value``.

    Attributes
    ----------
    cross : ndarray, shape (B, n)
        Weighted second derivative by a residual and the logarithm of the squared scale.
    give : ndarray, shape (B,)
    value : ndarray, shape (B,)
    """

    cross: Array
    give: Array
    value: Array

    def apply(self, hessian: Array, gradient: Array, cross: Array) -> None:
        """Add to a Hessian (B, p, p); ``cross`` is summed over runs, shape (B, p)."""
        hessian -= self.give[:, None, None] * cross[:, :, None] * cross[:, None, :]
        hessian += gradient[:, :, None] * gradient[:, None, :] / self.value[:, None, None]


def log_scale(squares: Array, weights: Array, nu: float) -> Array:
    """Logarithm of the squared scale at which the likelihood is largest, shape (B,)."""
    total = weights.sum(axis=-1)
    mean = np.einsum("bn,bn->b", squares, np.broadcast_to(weights, squares.shape)) / total
    out = np.log(np.maximum(mean, _SMALLEST))
    for _ in range(100):
        share = squares / (nu * np.exp(out)[:, None] + squares)
        over = (nu + 1) * np.einsum("bn,bn->b", share, np.broadcast_to(weights, share.shape)) - total
        pull = (nu + 1) * np.einsum("bn,bn,bn->b", share, 1 - share, np.broadcast_to(weights, share.shape))
        step = np.clip(over / np.maximum(pull, _SMALLEST), -2.0, 2.0)
        step = np.where(np.isfinite(step) & (out > math.log(_SMALLEST)), step, 0.0)
        out = out + step
        if np.all(np.abs(step) < 1e-14 * (1 + np.abs(out))):
            break
    return np.asarray(np.maximum(out, math.log(_SMALLEST)))


@np.errstate(all="ignore")
def parts(residuals: Array, weights: Array, nu: float) -> tuple[Array, Array, Array, Bend]:
    """Value ``W exp(2 nll / W)`` of each row, weighted slopes and curvatures by residual, and the rest."""
    weights = np.broadcast_to(weights, residuals.shape)
    squares = residuals * residuals
    total = weights.sum(axis=1)
    log2 = log_scale(squares, weights, nu)
    wide = nu * np.exp(log2)[:, None]
    below = wide + squares
    each = (nu + 1) * np.log1p(squares / wide)
    value = total * np.exp(np.einsum("bn,bn->b", each, weights) / total + log2)
    unit = (2 * value / total)[:, None]
    slope = (nu + 1) * residuals / below * weights * unit
    curvature = (nu + 1) * (wide - squares) / (below * below) * weights * unit
    cross = -(nu + 1) * residuals * wide / (below * below) * weights
    share = squares / below
    pull = 0.5 * (nu + 1) * np.einsum("bn,bn,bn->b", share, 1 - share, weights)
    give = unit[:, 0] / np.maximum(pull, _SMALLEST)
    bad = ~np.isfinite(value)
    return np.where(bad, np.inf, value), slope, curvature, Bend(cross, give, value)


def total(residuals: Array, weights: Array, nu: float, *, working: bool) -> float:
    """Negative log-likelihood, or what the solver sees of it, summed exactly."""
    count = math.fsum(weights)
    squares = residuals * residuals
    log2 = float(log_scale(squares[None], np.asarray(weights, dtype=float)[None], nu)[0])
    each = np.log1p(squares / (nu * math.exp(log2))) * weights
    inner = 0.5 * (nu + 1) * math.fsum(each) + 0.5 * count * log2
    if working:
        return count * math.exp(2 * inner / count)
    constant = math.lgamma(0.5 * nu) - math.lgamma(0.5 * (nu + 1)) + 0.5 * math.log(nu * math.pi)
    return inner + count * constant
