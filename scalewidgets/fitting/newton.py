"""Damped Newton for many small problems at once.

One routine serves starts, resamples, folds and profile points: rows of variables, each with its own
weights over the same runs. Exact Hessian, Marquardt scaling, monotone acceptance, bounds by projection,
and stopping rules that are *relative*, because a sum of Huber penalties is about 1e-3 and an absolute
tolerance stops far from the optimum (arXiv:2404.10102 found the published coefficients to be
just that).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .algebra import DENSE, Algebra
from .compiled import bridge
from .logaffine import LogAffine
from .model import Model
from .objective import Objective
from .single import DAMPING, FAINT, LEAP, NEAR, POLISH, SHARES, SHORTER, minimise_rows, takes_rows
from .steps import drained
from .together import together

Array: TypeAlias = NDArray[np.float64]

RELATIVE_DECREASE = 1e-14
"""Default of the stopping rule; a sum of a few hundred terms shows no finer."""
EPSILON = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Minimum:
    """Where the rows ended.

    Attributes
    ----------
    variables : ndarray, shape (B, p)
    value : ndarray, shape (B,)
    converged : ndarray of bool, shape (B,)
    iterations : ndarray of int, shape (B,)
        Evaluations of value, gradient and Hessian.
    """

    variables: Array
    value: Array
    converged: NDArray[np.bool_]
    iterations: NDArray[np.int64]


def minimise_steps(
    model: Model,
    objective: Objective,
    start: Array,
    weights: Array,
    free: NDArray[np.bool_] | None = None,
    *,
    tolerance: float = RELATIVE_DECREASE,
    limit: int = 100,
    window: int | None = None,
) -> Generator[float, None, Minimum]:
    """Minimise a weighted objective from each row of ``start``.

    Yields the share of the rows that are done, after each evaluation.

    Parameters
    ----------
    model : Model
    objective : Objective
        Must have curvature (not ``absolute_log``).
    start : ndarray, shape (B, p)
    weights : ndarray, shape (B, n) or (1, n)
        Integer counts of a resample, or ones. Rows of the table are never copied.
    free : ndarray of bool, shape (p,), optional
        Variables that may move.
    tolerance : float
        A row is done when the model promises less than this share of its objective.
    limit : int
        Most evaluations per row.
    window : int, optional
        Rows that are handled at once; by default all.
    """
    low, high = model.low, model.high
    held = np.zeros(start.shape[1], dtype=bool) if free is None else ~free
    if isinstance(model, LogAffine) and bridge.serves(model, objective):
        return Minimum(
            *(yield from bridge.descend(model, objective, start, weights, held, tolerance, POLISH, limit))
        )
    u = np.where(held, start, np.clip(start, low, high))
    batch, p = u.shape
    shared = len(weights) == 1
    floor = np.broadcast_to(rounding_floor(model, objective, weights), (batch,))
    if isinstance(model, LogAffine) and takes_rows(model, objective, batch):
        return Minimum(
            *(yield from minimise_rows(model, objective, u, weights, free, floor, tolerance, limit))
        )
    algebra, common = model.algebra, together(model, objective, u, weights)
    value, gradient = np.full(batch, np.inf), np.zeros((batch, p))
    hessian = np.zeros((batch, *algebra.shape(p)))
    scale = np.ones((batch, p))
    damping = np.full(batch, DAMPING)
    way, again = np.zeros((batch, p)), np.zeros(batch, dtype=bool)
    converged = np.zeros(batch, dtype=bool)
    iterations = np.zeros(batch, dtype=np.int64)
    rejected = np.zeros(batch, dtype=np.int64)

    def stuck_at(at: Array, slope: Array) -> NDArray[np.bool_]:
        """Variables that stay: held ones, and those that are pulled over an end of their range."""
        return held | ((at <= low) & (slope > 0)) | ((at >= high) & (slope < 0))

    # Warnings are muted around the arithmetic only: a generator must not mute its caller's in between.
    @np.errstate(all="ignore")
    def begin(rows: NDArray[np.intp]) -> NDArray[np.intp]:
        whole = len(rows) == batch
        part, w = (model, weights) if whole else (model.take(rows), weights if shared else weights[rows])
        if common is not None:
            value[rows], gradient[rows], hessian[rows], size = common.derivatives(w)
        else:
            value[rows], gradient[rows], hessian[rows] = part.derivatives(u[rows], w, objective)
        iterations[rows] = 1
        scale[rows] = _pace(np.abs(algebra.diagonal(hessian[rows])))
        # Near its optimum a row needs neither damping, which each step would have to take back, nor the
        # reweighted matrix: its own one is positive.
        stuck = stuck_at(u[rows], gradient[rows])
        step, near = algebra.step(gradient[rows], hessian[rows], scale[rows], np.zeros(len(rows)), stuck)
        near &= _promise(gradient[rows], step, stuck) <= NEAR * value[rows]
        damping[rows[near]] = 0.0
        far = np.flatnonzero(~near)
        if len(far) and common is not None:
            scale[rows[far]] = _pace(size[far])
        elif len(far):
            soft = part.take(far).robust_hessian(u[rows[far]], w if shared else w[far], objective)
            scale[rows[far]] = _pace(algebra.diagonal(soft))
        return np.asarray(rows[np.isfinite(value[rows])])

    @np.errstate(all="ignore")
    def step_on(live: NDArray[np.intp]) -> NDArray[np.intp]:
        w = weights if shared else (weights if len(live) == batch else weights[live])
        at, part = u[live], model.take(live)
        slope, bend, pace = gradient[live], hessian[live], scale[live]
        stuck = stuck_at(at, slope)
        step, definite = algebra.step(slope, bend, pace, damping[live], stuck)
        # A step that was refused a moment ago is tried again, shorter.
        back = again[live]
        step[back] = way[live[back]]
        if not (definite | back).all():
            bad = np.flatnonzero(~definite & ~back)
            soft = part.take(bad).robust_hessian(at[bad], w if shared else w[bad], objective)
            pull = np.maximum(damping[live[bad]], 1e-9)
            # A step that cannot be solved for is zero: no sign of being done either.
            step[bad], definite[bad] = algebra.step(slope[bad], soft, pace[bad], pull, stuck[bad])
        trial = np.clip(at + step, low, high)
        trial = np.where(stuck, at, trial)
        # Of the step as solved, not as clipped: a bound in the way is no sign of being done.
        promise = _promise(slope, step, stuck)
        enough = tolerance * value[live] + floor[live]
        settled = definite & ~back & (promise <= enough) & (damping[live] <= 1e-2)
        faint = settled & (promise <= FAINT * value[live])
        if faint.any():
            converged[live[faint]] = True
            left = ~faint
            live, part, w = live[left], part.take(left), w if shared else w[left]
            trial, step = trial[left], step[left]
            promise, definite, settled = promise[left], definite[left], settled[left]
            if not len(live):
                return live
        new_value, new_gradient, new_hessian = part.derivatives(trial, w, objective)
        better = new_value < value[live]
        iterations[live] += 1
        won = live[better]
        u[won], value[won] = trial[better], new_value[better]
        gradient[won], hessian[won] = new_gradient[better], new_hessian[better]
        damping[won] *= 0.1
        damping[won[damping[won] < 1e-9]] = 0.0
        rejected[won] = 0
        again[won] = False
        lost = live[~better]
        if len(lost):
            moved = trial[~better] - u[lost]
            share = _lowest(value[lost], gradient[lost], new_value[~better], new_gradient[~better], moved)
            way[lost] = share[:, None] * moved
            rejected[lost] += 1
            # What was cut at a bound need not lead down.
            cut = np.any(trial[~better] != u[lost] + step[~better], axis=1)
            again[lost] = ~cut & (rejected[lost] <= SHORTER)
            worse = lost[~again[lost]]
            damping[worse] = np.maximum(damping[worse] * 8.0, 1e-4)
        # Out of digits: the step promises something that the sum of n rounded numbers cannot show.
        exhausted = definite & ~better & (promise <= 1e-12 * value[live] + floor[live])
        converged[live[settled | exhausted]] = True
        return np.asarray(live[~(settled | exhausted) & (rejected[live] < 25) & (iterations[live] <= limit)])

    width, waiting = batch if window is None else max(1, window), 0
    live = np.empty(0, dtype=np.intp)
    while len(live) or waiting < batch:
        # Rows that are done make room for others, so that a few slow ones do not cost a pass each.
        if waiting < batch and len(live) <= width // 2:
            last = min(batch, waiting + width - len(live))
            live = np.concatenate([live, begin(np.arange(waiting, last))])
            waiting = last
        if len(live):
            live = step_on(live)
        yield (waiting - len(live)) / batch
    with np.errstate(all="ignore"):
        stuck = stuck_at(u, gradient)
        step, definite = algebra.step(gradient, hessian, scale, np.zeros(batch), stuck)
        promise = _promise(gradient, step, stuck)
        sound = converged & definite & (promise <= POLISH * value + floor)
        sound &= np.abs(np.where(stuck, 0.0, step)).max(axis=1, initial=0.0) <= LEAP
        u = np.where(sound[:, None] & ~stuck, np.clip(u + step, low, high), u)
    return Minimum(u, value, converged, iterations)


def minimise(
    model: Model,
    objective: Objective,
    start: Array,
    weights: Array,
    free: NDArray[np.bool_] | None = None,
    *,
    tolerance: float = RELATIVE_DECREASE,
    limit: int = 100,
) -> Minimum:
    """Drain :func:`minimise_steps`."""
    if (
        isinstance(model, LogAffine)
        and bridge.is_one(model, start, weights)
        and bridge.serves(model, objective)
    ):
        # Steps of a single refit would take longer than the refit.
        held = np.zeros(model.p, dtype=bool) if free is None else ~free
        return Minimum(*bridge.one(model, objective, start, weights, held, tolerance, POLISH, limit))
    return drained(minimise_steps(model, objective, start, weights, free, tolerance=tolerance, limit=limit))


def newton_step(
    gradient: Array, hessian: Array, held: NDArray[np.bool_], algebra: Algebra = DENSE
) -> tuple[Array, NDArray[np.bool_]]:
    """Plain Newton steps (B, p), and which matrices were positive definite; ``held`` (p,) stays."""
    stuck = np.broadcast_to(held, gradient.shape)
    pace = _pace(np.abs(algebra.diagonal(hessian)))
    return algebra.step(gradient, hessian, pace, np.zeros(len(gradient)), stuck)


def rounding_floor(model: Model, objective: Objective, weights: Array) -> Array:
    """Objective of each row that rounding of the residuals alone would give: noiseless data stop here."""
    if not objective.log:
        size = np.abs(model.loss)
    else:
        size = np.abs(model.log_loss if isinstance(model, LogAffine) else np.log(model.loss)) + 1.0
    size = size * (2.0 * EPSILON)
    size *= size
    if size.ndim == 1:
        return np.asarray(weights @ size)
    return np.asarray(np.einsum("bn,bn->b", *np.broadcast_arrays(weights, size)))


def _lowest(value: Array, slope: Array, beyond: Array, slope_there: Array, step: Array) -> Array:
    """Share of each refused step (B,) at which the cubic through both of its ends is lowest.

    A Newton step across kinks is too long by a factor that damping finds in three or four trials; the values
    and slopes at its ends tell it in one.
    """
    first, last = (np.einsum("bi,bi->b", v, step) for v in (slope, slope_there))
    middle = first + last - 3.0 * (beyond - value)
    root = np.sqrt(np.maximum(middle * middle - first * last, 0.0))
    share = 1.0 - (last + root - middle) / (last - first + 2.0 * root)
    return np.asarray(np.clip(np.where(np.isfinite(share), share, 0.0), *SHARES))


def _promise(slope: Array, step: Array, stuck: NDArray[np.bool_]) -> Array:
    """Half of what each step takes off the objective's model, along the slope (B,)."""
    return np.asarray(-0.5 * np.einsum("bi,bi->b", np.where(stuck, 0.0, slope), step))


def _pace(diagonal: Array) -> Array:
    """Marquardt's scaling: the diagonal, kept away from zero."""
    least = 1e-12 * diagonal.max(axis=1, keepdims=True) + np.finfo(float).tiny
    return np.asarray(np.maximum(diagonal, least))
