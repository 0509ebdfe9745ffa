"""Damped Newton for one row of variables at a time.

The steps, damping and stopping rules are those of :mod:`~scalewidgets.fitting.newton`. On a few hundred runs
calls into NumPy cost more than the arithmetic, and one row without the book-keeping of a batch takes a third
of the time: that is what a refit after one run changed waits for. On many thousand runs a batch does not fit
the caches; one row, run through in blocks that do, takes a third of the time again and next to no memory.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .logaffine import LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

BLOCK = 4096
"""Runs in one pass: the dozen arrays of this length stay in the second cache."""
DAMPING = 3e-3
"""Damping to begin with."""
NEAR = 1e-2
"""Share of its objective that a Newton step may promise to be taken whole from the start."""
SHORTER, SHARES = 3, (0.1, 0.7)
"""Times that a refused step is tried again, shorter, before damping goes up; and by how much shorter."""
FAINT = 1e-16
"""Share of its objective below which a step is not looked at: no sum shows it, and the last one takes it."""
POLISH = 1e-12
"""Share of its objective up to which a row that is done takes one more step, without damping.

Along a flat valley the stopping rule leaves 1e-7 of the coefficients open; that step settles them.
"""
LONG = 2000
"""Runs from which on a batch is slower than its rows one by one."""


def takes_rows(model: object, objective: Objective, batch: int) -> bool:
    """Whether rows one by one are possible and the better way."""
    return (
        type(model) is LogAffine
        and model.loss.ndim == 1
        and objective.nu is None
        and not objective.sharp
        and (batch == 1 or model.n >= LONG)
    )


def minimise_rows(
    model: LogAffine,
    objective: Objective,
    start: Array,
    weights: Array,
    free: NDArray[np.bool_] | None,
    floor: Array,
    tolerance: float,
    limit: int,
) -> Generator[float, None, tuple[Array, Array, NDArray[np.bool_], NDArray[np.int64]]]:
    """Minimise from each row of ``start``, one after the other.

    Yields the share of the rows that are done, after each evaluation. Returns variables, objectives, whether
    each converged, and the number of evaluations.
    """
    batch = len(start)
    u, value = start.copy(), np.empty(batch)
    converged, iterations = np.zeros(batch, dtype=bool), np.zeros(batch, dtype=np.int64)
    for k in range(batch):
        weight = weights[0 if len(weights) == 1 else k]
        steps = _minimise(model, objective, start[k], weight, free, float(floor[k]), tolerance, limit)
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                u[k], value[k], converged[k], iterations[k] = stop.value
                break
            yield k / batch
    return u, value, converged, iterations


class _Row:
    """Objective, gradient and Hessian at one row of variables, in blocks of runs."""

    def __init__(self, model: LogAffine, objective: Objective, weight: Array) -> None:
        self.objective = objective
        self.p, self.terms = model.p, len(model.level)
        self.log = objective.log
        target = model.log_loss if self.log else model.loss
        lines, offsets = model.lines()
        tilt = model.tilt
        if len(weight) >= LONG and np.count_nonzero(weight) < 0.9 * len(weight):
            # A resample lacks 37 % of the runs.
            there = np.flatnonzero(weight)
            target, weight = target[there], weight[there]
            lines = [(j, k, line[there]) for j, k, line in lines]
            offsets = [(k, offset[there]) for k, offset in offsets]
            tilt = None if tilt is None else tilt[there]
        self.target, self.weight, self.tilt = target, weight, tilt
        self.lines, self.offsets = lines, offsets
        self.n = len(target)
        self.blocks = [slice(k, min(k + BLOCK, self.n)) for k in range(0, self.n, BLOCK)]
        self.features = np.zeros((self.p, self.terms, min(BLOCK, self.n)))
        self.features[np.arange(self.terms), np.arange(self.terms)] = 1.0
        self.loaded: slice | None = None

    def derivatives(self, u: Array) -> tuple[float, Array, Array]:
        """Objective, gradient (p,) and exact Hessian (p, p)."""
        value, gradient, hessian = 0.0, np.zeros(self.p), np.zeros((self.p, self.p))
        for rows in self.blocks:
            terms, residuals = self._split(u, rows)
            weight = self.weight[rows]
            penalty, first, second = self.objective.derivatives(residuals)
            value += float(penalty @ weight)
            first, second = first * weight, second * weight
            if self.tilt is not None:
                tilt = self.tilt[rows]
                first, second = first * tilt, second * (tilt * tilt)
            if self.log:
                second += first
            moments = self._sparse if self.n >= LONG else self._dense
            moments(rows, terms, first, second, gradient, hessian)
        return (value if value < np.inf else np.inf), gradient, hessian

    def _dense(
        self, rows: slice, terms: Array, first: Array, second: Array, gradient: Array, hessian: Array
    ) -> None:
        """Add a block to gradient and Hessian in few calls, zeros included: best for a few hundred runs."""
        features = self._features(rows)
        split = features * terms
        slopes = split.sum(axis=1)
        gradient -= slopes @ first
        hessian += (slopes * second) @ slopes.T
        split *= first
        hessian -= split.reshape(self.p, -1) @ features.reshape(self.p, -1).T

    def _sparse(
        self, rows: slice, terms: Array, first: Array, second: Array, gradient: Array, hessian: Array
    ) -> None:
        """Add a block without the zeros, which are two thirds of the features of two power laws."""
        slopes = np.zeros((self.p, len(first)))
        slopes[: self.terms] = terms
        pulled = terms * first
        hessian.flat[: self.terms * (self.p + 1) : self.p + 1] -= pulled.sum(axis=1)
        for j, k, line in self.lines:
            here = line[rows]
            slopes[j] += here * terms[k]
            bent = here * pulled[k]
            total = bent.sum()
            hessian[j, k] -= total
            hessian[k, j] -= total
            for other, same, beside in self.lines:
                if same == k:
                    hessian[j, other] -= bent @ beside[rows]
        gradient -= slopes @ first
        hessian += (slopes * second) @ slopes.T

    def robust(self, u: Array) -> Array:
        """Reweighted Gauss-Newton matrix (p, p), positive semi-definite."""
        hessian = np.zeros((self.p, self.p))
        for rows in self.blocks:
            terms, residuals = self._split(u, rows)
            weight = self.objective.robust_weight(residuals) * self.weight[rows]
            if self.tilt is not None:
                weight = weight * self.tilt[rows] ** 2
            slopes = (self._features(rows) * terms).sum(axis=1)
            hessian += (slopes * weight) @ slopes.T
        return hessian

    def _features(self, rows: slice) -> Array:
        """Derivatives of every term's exponent, shape (p, terms, block)."""
        size = rows.stop - rows.start
        if rows != self.loaded:
            for j, k, line in self.lines:
                self.features[j, k, :size] = line[rows]
            self.loaded = rows
        return (
            self.features
            if size == self.features.shape[2]
            else np.ascontiguousarray(self.features[:, :, :size])
        )

    def _split(self, u: Array, rows: slice) -> tuple[Array, Array]:
        """Derivatives of the fitted quantity by each term's exponent (terms, block), and the residuals."""
        features = self._features(rows)
        terms = (u @ features.reshape(self.p, -1)).reshape(self.terms, -1)
        for k, offset in self.offsets:
            terms[k] += offset[rows]
        np.exp(terms, out=terms)
        total = terms.sum(axis=0)
        if self.log:
            terms /= total
            np.log(total, out=total)
        residuals = self.target[rows] - total
        return terms, residuals if self.tilt is None else residuals * self.tilt[rows]


def _minimise(
    model: LogAffine,
    objective: Objective,
    start: Array,
    weight: Array,
    free: NDArray[np.bool_] | None,
    floor: float,
    tolerance: float,
    limit: int,
) -> Generator[None, None, tuple[Array, float, bool, int]]:
    low, high = model.low, model.high
    held = np.zeros(len(start), dtype=bool) if free is None else ~free
    ends = list(zip(low.tolist(), high.tolist(), strict=True))

    def inside(place: Array) -> bool:
        # Most places are, and need no look at what is stuck: a tenth of the time on a few hundred runs.
        return all(a < x < b for x, (a, b) in zip(place.tolist(), ends, strict=True))

    def stuck_at(place: Array, slope: Array) -> NDArray[np.bool_]:
        if inside(place):
            return held
        stuck: NDArray[np.bool_] = held | ((place <= low) & (slope > 0)) | ((place >= high) & (slope < 0))
        return stuck

    u = np.where(held, start, np.clip(start, low, high))
    # Warnings are muted around the arithmetic only: a generator must not mute its caller's in between.
    with np.errstate(all="ignore"):
        row = _Row(model, objective, weight)
        value, gradient, hessian = row.derivatives(u)
    if not value < np.inf:
        return u, value, False, 1
    with np.errstate(all="ignore"):
        stuck = stuck_at(u, gradient)
        # Near an optimum: damping that has to be taken back costs a look at the table each time.
        root, damping = _root(np.abs(np.diag(hessian))), 0.0
        step = _step(gradient, hessian, root, damping, stuck)
        if step is None or -0.5 * float(gradient @ step) > NEAR * value:
            root, damping = _root(np.diag(row.robust(u))), DAMPING
    rejected, evaluations, way = 0, 1, None
    while rejected < 25 and evaluations <= limit:
        with np.errstate(all="ignore"):
            stuck = stuck_at(u, gradient)
            # A step that was refused a moment ago is tried again, shorter.
            step = way if way is not None else _step(gradient, hessian, root, damping, stuck)
            if step is None:
                step = _step(gradient, row.robust(u), root, max(damping, 1e-9), stuck)
            # A step that cannot be solved for is zero: no sign of being done either.
            definite = step is not None
            step = np.zeros_like(u) if step is None else step
            trial = u + step
            cut = not inside(trial)
            if cut:
                trial = np.where(stuck, u, np.minimum(np.maximum(trial, low), high))
                cut = bool(np.any(trial != u + step))
            # Of the step as solved, not as clipped: a bound in the way is no sign of being done.
            promise = -0.5 * float(gradient @ step)
            settled = way is None and definite and promise <= tolerance * value + floor and damping <= 1e-2
            if settled and promise <= FAINT * value:
                break
            # Out of digits: the step promises something that a sum of n rounded numbers cannot show.
            exhausted = definite and promise <= 1e-12 * value + floor
            new = row.derivatives(trial)
        evaluations += 1
        if new[0] < value:
            u, (value, gradient, hessian), way = trial, new, None
            damping = damping * 0.1 if damping * 0.1 >= 1e-9 else 0.0
            rejected, exhausted = 0, False
        else:
            rejected += 1
            # What was cut at a bound need not lead down.
            again = not cut and rejected <= SHORTER
            way = lowest(value, gradient, new[0], new[1], trial - u) if again else None
            damping = damping if again else max(damping * 8.0, 1e-4)
        if settled or exhausted:
            break
        yield
    else:
        return u, value, False, evaluations
    with np.errstate(all="ignore"):
        # Once more without damping, if it changes digits of the coefficients alone.
        stuck = stuck_at(u, gradient)
        step = _step(gradient, hessian, root, 0.0, stuck)
        if step is not None and -0.5 * float(gradient @ step) <= POLISH * value + floor:
            u = np.where(stuck, u, np.minimum(np.maximum(u + step, low), high))
    return u, value, True, evaluations


def lowest(value: float, slope: Array, beyond: float, slope_there: Array, step: Array) -> Array:
    """Shorten a refused step to where the cubic through both of its ends is lowest.

    A Newton step across kinks is too long by a factor that damping finds in three or four trials; the values
    and slopes at its ends tell it in one.
    """
    first, last = float(slope @ step), float(slope_there @ step)
    middle = first + last - 3.0 * (beyond - value)
    with np.errstate(all="ignore"):
        root = np.sqrt(max(middle * middle - first * last, 0.0))
        share = 1.0 - (last + root - middle) / np.float64(last - first + 2.0 * root)
    return float(np.clip(share if np.isfinite(share) else 0.0, *SHARES)) * step


def _root(diagonal: Array) -> Array:
    """Marquardt's scaling: the root of the diagonal, kept away from zero."""
    return np.asarray(np.sqrt(np.maximum(diagonal, 1e-12 * diagonal.max() + np.finfo(float).tiny)))


def _step(
    gradient: Array, hessian: Array, root: Array, damping: float, stuck: NDArray[np.bool_]
) -> Array | None:
    """Solve ``(H + damping * diag(root^2)) step = -gradient``; ``None`` if that is not positive definite."""
    matrix = hessian / (root[:, None] * root)
    right = -gradient / root
    if True in stuck.tolist():
        matrix[stuck] = 0.0
        matrix[:, stuck] = 0.0
        right[stuck] = 0.0
        matrix[stuck, stuck] = 1.0
    if damping:
        matrix.flat[:: len(root) + 1] += damping
    try:
        np.linalg.cholesky(matrix)
        step = np.linalg.solve(matrix, right) / root
    except np.linalg.LinAlgError:
        return None
    return step if all(map(math.isfinite, step.tolist())) else None
