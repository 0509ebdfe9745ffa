"""Damped Newton for one row of variables, where the calls into NumPy cost more than the arithmetic.

The steps, damping and stopping rules are those of :mod:`~scalewidgets.fitting.newton`; a row at a time they
take a third of the time of a batch of one, which is what a refit after one run changed waits for.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .logaffine import LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

LARGEST = 2**17
"""Numbers in the stacked features from which on the batch routine is as fast, and leaner."""


def takes_one(model: LogAffine, objective: Objective) -> bool:
    """Whether this routine takes the model: terms on straight lines, one row of losses, a plain penalty."""
    return (
        model.loss.ndim == 1
        and objective.nu is None
        and not objective.sharp
        and model.n * len(model.level) * model.p <= LARGEST
    )


class _Row:
    """Objective, gradient and Hessian at one row of variables, over features stacked as (p, terms * n)."""

    def __init__(self, model: LogAffine, objective: Objective, weight: Array) -> None:
        self.objective, self.weight, self.tilt = objective, weight, model.tilt
        self.features, self.offset = model.stacked()
        self.p, self.n = model.p, model.n
        self.log = objective.log
        self.target = model.log_loss if self.log else model.loss

    def derivatives(self, u: Array) -> tuple[float, Array, Array]:
        """Objective, gradient (p,) and exact Hessian (p, p)."""
        slopes, split, first, second, value = self._split(u)
        gradient = -(slopes @ first)
        hessian = (slopes * second) @ slopes.T
        hessian -= (split * first).reshape(self.p, -1) @ self.features.T
        return value, gradient, hessian

    def scale(self, u: Array) -> Array:
        """Diagonal of the reweighted Gauss-Newton matrix (p,)."""
        weight = self.objective.robust_weight(self._residuals(u)[2]) * self.weight
        if self.tilt is not None:
            weight = weight * self.tilt**2
        slopes = self._split(u)[0]
        return np.asarray((slopes * slopes) @ weight)

    def _residuals(self, u: Array) -> tuple[Array, Array, Array]:
        exponents = u @ self.features
        if self.offset is not None:
            exponents += self.offset
        terms = np.exp(exponents, out=exponents).reshape(-1, self.n)
        total = terms.sum(axis=0)
        residuals = self.target - (np.log(total) if self.log else total)
        return terms, total, residuals if self.tilt is None else residuals * self.tilt

    def _split(self, u: Array) -> tuple[Array, Array, Array, Array, float]:
        """Slopes of the fitted quantity (p, n), the same by term (p, terms, n), and the penalty's."""
        terms, total, residuals = self._residuals(u)
        penalty, first, second = self.objective.derivatives(residuals)
        value = float(penalty @ self.weight)
        first, second = first * self.weight, second * self.weight
        if self.tilt is not None:
            first, second = first * self.tilt, second * self.tilt**2
        if self.log:
            second = second + first
            terms = terms / total
        split = (self.features * terms.reshape(-1)).reshape(self.p, -1, self.n)
        return split.sum(axis=1), split, first, second, value if value < np.inf else np.inf


def minimise_row(
    model: LogAffine,
    objective: Objective,
    start: Array,
    weight: Array,
    free: NDArray[np.bool_] | None = None,
    *,
    tolerance: float,
    floor: float,
    limit: int,
) -> Generator[float, None, tuple[Array, float, bool, int]]:
    """Minimise from one row of variables; yields after each evaluation.

    Returns
    -------
    variables (p,), objective, whether it converged, number of evaluations
    """
    low, high = model.low, model.high
    held = np.zeros(len(start), dtype=bool) if free is None else ~free
    u = np.where(held, start, np.clip(start, low, high))
    with np.errstate(all="ignore"):
        row = _Row(model, objective, weight)
        value, gradient, hessian = row.derivatives(u)
        diagonal = row.scale(u)
    if not value < np.inf:
        return u, value, False, 1
    root = np.sqrt(np.maximum(diagonal, 1e-12 * diagonal.max() + np.finfo(float).tiny))
    damping, rejected = 1e-3, 0
    for evaluations in range(2, limit + 2):
        with np.errstate(all="ignore"):
            stuck = held | ((u <= low) & (gradient > 0)) | ((u >= high) & (gradient < 0))
            step = _step(gradient, hessian, root, damping, stuck)
            definite = step is not None
            if step is None:
                soft = _soft(row, u)
                step = _step(gradient, soft, root, max(damping, 1e-9), stuck)
                definite = step is not None
                step = np.zeros_like(u) if step is None else step
            trial = np.where(stuck, u, np.minimum(np.maximum(u + step, low), high))
            promise = -0.5 * float(gradient @ step)
            enough = tolerance * value + floor
            settled = definite and promise <= enough and damping <= 1e-2
            new_value, new_gradient, new_hessian = row.derivatives(trial)
        better = new_value < value
        exhausted = definite and not better and promise <= 1e-12 * value + floor
        if better:
            u, value, gradient, hessian = trial, new_value, new_gradient, new_hessian
            damping = damping * 0.1 if damping * 0.1 >= 1e-9 else 0.0
            rejected = 0
        else:
            damping, rejected = max(damping * 8.0, 1e-4), rejected + 1
        if settled or exhausted:
            return u, value, True, evaluations
        if rejected >= 25:
            break
        yield 0.0
    return u, value, False, evaluations


def _soft(row: _Row, u: Array) -> Array:
    """Reweighted Gauss-Newton matrix (p, p), positive semi-definite."""
    residuals = row._residuals(u)[2]
    weight = row.objective.robust_weight(residuals) * row.weight
    if row.tilt is not None:
        weight = weight * row.tilt**2
    slopes = row._split(u)[0]
    return np.asarray((slopes * weight) @ slopes.T)


def _step(
    gradient: Array, hessian: Array, root: Array, damping: float, stuck: NDArray[np.bool_]
) -> Array | None:
    """Solve ``(H + damping * diag(root^2)) step = -gradient``; ``None`` if that is not positive definite."""
    matrix = hessian / (root[:, None] * root)
    right = -gradient / root
    if stuck.any():
        matrix[stuck] = 0.0
        matrix[:, stuck] = 0.0
        right[stuck] = 0.0
        matrix[stuck, stuck] = 1.0
    matrix.flat[:: len(root) + 1] += damping
    try:
        np.linalg.cholesky(matrix)
        step = np.linalg.solve(matrix, right) / root
    except np.linalg.LinAlgError:
        return None
    return step if np.isfinite(step).all() else None
