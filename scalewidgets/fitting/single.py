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

from .evaluation import LONG, Row
from .logaffine import LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

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
LEAP = 1e-2
"""Change of a variable that is more than digits: along a line that runs do not see a step leads nowhere,
and is not taken."""
PATIENT = 16
"""Evaluations of fewer runs than that between which a caller gets its turn: a millisecond."""
FEW = 8
"""Variables up to which a system is solved in plain numbers."""
TINY = float(np.finfo(float).tiny)


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
    held = None if free is None or free.all() else ~free
    ends = list(zip(low.tolist(), high.tolist(), strict=True))

    def is_inside(place: Array) -> bool:
        return all(a < x < b for x, (a, b) in zip(place.tolist(), ends, strict=True))

    def stuck_at(place: Array, slope: Array) -> Mask | None:
        # Most places are inside, and what is stuck need not be looked for: a tenth of the time on a few
        # hundred runs.
        if inside:
            return held
        stuck: Mask = ((place <= low) & (slope > 0)) | ((place >= high) & (slope < 0))
        return stuck if held is None else held | stuck

    u = np.minimum(np.maximum(start, low), high)
    u = u if held is None else np.where(held, start, u)
    # Warnings are muted around the arithmetic only: a generator must not mute its caller's in between.
    with np.errstate(all="ignore"):
        row = Row(model, objective, weight)
        value, gradient, hessian = row.derivatives(u)
    if not value < np.inf:
        return u, value, False, 1
    inside = is_inside(u)
    with np.errstate(all="ignore"):
        stuck = stuck_at(u, gradient)
        # Near an optimum: damping that has to be taken back costs a look at the table each time.
        root, damping = _root(np.abs(hessian.diagonal())), 0.0
        step = _step(gradient, hessian, root, damping, stuck)
        if step is None or -0.5 * float(gradient @ step) > NEAR * value:
            root, damping = _root(row.robust(u).diagonal()), DAMPING
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
            whole = trial = u + step
            # Of the step as solved, not as clipped: a bound in the way is no sign of being done.
            promise = -0.5 * float(gradient @ step)
            settled = way is None and definite and promise <= tolerance * value + floor and damping <= 1e-2
            if settled and promise <= FAINT * value:
                break
            there = is_inside(trial)
            if not there:
                trial = np.minimum(np.maximum(trial, low), high)
                trial = trial if stuck is None else np.where(stuck, u, trial)
            # Out of digits: the step promises something that a sum of n rounded numbers cannot show.
            exhausted = definite and promise <= 1e-12 * value + floor
            new = row.derivatives(trial)
        evaluations += 1
        if new[0] < value:
            u, (value, gradient, hessian), inside, way = trial, new, there, None
            damping = damping * 0.1 if damping * 0.1 >= 1e-9 else 0.0
            rejected, exhausted = 0, False
        else:
            rejected += 1
            # What was cut at a bound need not lead down.
            again = rejected <= SHORTER and (there or not np.any(trial != whole))
            way = lowest(value, gradient, new[0], new[1], trial - u) if again else None
            damping = damping if again else max(damping * 8.0, 1e-4)
        if settled or exhausted:
            break
        if row.n >= LONG or evaluations % PATIENT == 0:
            yield
    else:
        return u, value, False, evaluations
    with np.errstate(all="ignore"):
        # Once more without damping, if it changes digits of the coefficients alone.
        stuck = stuck_at(u, gradient)
        step = _step(gradient, hessian, root, 0.0, stuck)
        small = step is not None and bool(np.all(np.abs(step) <= LEAP))
        if step is not None and small and -0.5 * float(gradient @ step) <= POLISH * value + floor:
            last = np.minimum(np.maximum(u + step, low), high)
            u = last if stuck is None else np.where(stuck, u, last)
    return u, value, True, evaluations


def lowest(value: float, slope: Array, beyond: float, slope_there: Array, step: Array) -> Array:
    """Shorten a refused step to where the cubic through both of its ends is lowest.

    A Newton step across kinks is too long by a factor that damping finds in three or four trials; the values
    and slopes at its ends tell it in one.
    """
    first, last = float(slope @ step), float(slope_there @ step)
    middle = first + last - 3.0 * (beyond - value)
    root = math.sqrt(max(middle * middle - first * last, 0.0))
    bottom = last - first + 2.0 * root
    share = 1.0 - (last + root - middle) / bottom if bottom else math.inf
    return min(max(share if math.isfinite(share) else 0.0, SHARES[0]), SHARES[1]) * step


def _root(diagonal: Array) -> Array:
    """Marquardt's scaling: the root of the diagonal, kept away from zero."""
    return np.asarray(np.sqrt(np.maximum(diagonal, 1e-12 * diagonal.max() + TINY)))


def _step(gradient: Array, hessian: Array, root: Array, damping: float, stuck: Mask | None) -> Array | None:
    """Solve ``(H + damping * diag(root^2)) step = -gradient``; ``None`` if that is not positive definite."""
    matrix = hessian / (root[:, None] * root)
    right = gradient / root
    if stuck is not None and stuck.any():
        matrix[stuck] = 0.0
        matrix[:, stuck] = 0.0
        right[stuck] = 0.0
        matrix[stuck, stuck] = 1.0
    if damping:
        matrix.ravel()[:: len(root) + 1] += damping
    step = _eliminated(matrix.tolist(), right.tolist()) if len(root) <= FEW else _by_lapack(matrix, right)
    return None if step is None or not all(map(math.isfinite, step)) else np.array(step) / -root


def _eliminated(rows: list[list[float]], right: list[float]) -> list[float] | None:
    """Solve a symmetric system; both are used up. ``None`` if the matrix is not positive definite.

    For a handful of variables plain numbers take two thirds of the time of two calls into LAPACK.
    """
    count = len(right)
    for j, row in enumerate(rows):
        pivot, value = row[j], right[j]
        if not pivot > 0.0:
            return None
        for k in range(j + 1, count):
            factor, other = row[k] / pivot, rows[k]
            for m in range(k, count):
                other[m] -= factor * row[m]
            right[k] -= factor * value
    for j in range(count - 1, -1, -1):
        row, value = rows[j], right[j]
        for k in range(j + 1, count):
            value -= row[k] * right[k]
        right[j] = value / row[j]
    return right


def _by_lapack(matrix: Array, right: Array) -> list[float] | None:
    try:
        np.linalg.cholesky(matrix)
        step: list[float] = np.linalg.solve(matrix, right).tolist()
    except np.linalg.LinAlgError:
        return None
    return step
