"""Resamples that start at one place: a first step of all of them, from one evaluation.

At the optimum of all runs a run adds the same to the gradient of every resample, and their Hessians differ
little: a step costs a product with the weights and no exponential. Where the penalty is straight away from
zero, the Hessian hangs on the few runs that happen to lie within delta. Curved over a typical residual
instead, one for all tells where a resample ends better than its own would: 6.5 evaluations are left of 7.5
on the 240 runs of arXiv:2404.10102.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from .arithmetic import dot, plain, summing
from .descent import at_bounds, paces, solve
from .evaluate import EXACT, clear, evaluate
from .moments import moments

MANY = 16
"""Rows from which on it pays."""
FEW = 64
"""Rows whose weights tell those of a typical resample."""
TYPICAL = 0.6931471805599453
"""Of the mean absolute residual: their median, if they are Laplace's."""
FAR = 0.2
"""Share of the objective that a step may promise. From further away the sums at the start say little."""


@plain
def alike(u):
    """Whether all rows are the same."""
    for b in range(1, len(u)):
        for j in range(u.shape[1]):
            if u[b, j] != u[0, j]:
                return False
    return True


@plain
def _copy(columns, offsets, target, tilt, copies):
    """Copy all runs, each of weight one, and fill up with runs of weight zero; how many they are then."""
    columns_, offsets_, target_, tilt_, weight_, _ = copies
    n, padded = len(target), len(target_)
    for i in range(padded):
        place = min(i, n - 1)
        target_[i], tilt_[i], weight_[i] = target[place], tilt[place], 1.0 if i < n else 0.0
        for j in range(len(columns)):
            columns_[j, i] = columns[j, place]
        for j in range(len(offsets)):
            offsets_[j, i] = offsets[j, place]
    return padded


@summing
def _mean_size(residual, n):
    out = 0.0
    for i in range(n):
        out += abs(residual[i])
    return out / n


@plain
def _bent(residual, tilt, weights, penalty, n, one, two):
    """Make the factors of derivatives those of a typical resample, curved over a typical residual."""
    delta, up, down, log = penalty
    width = max(delta, TYPICAL * _mean_size(residual, n))
    share = delta / width if width < math.inf else 1.0
    rows = min(len(weights), FEW)
    for i in range(n):
        weight = 0.0
        for b in range(rows):
            weight += weights[b, i]
        weight /= rows
        one[i] *= weight
        bend = weight * (down if residual[i] < 0.0 else up) * share if abs(residual[i]) <= width else 0.0
        two[i] = bend * tilt[i] * tilt[i] + (one[i] if log else 0.0)


@plain
def prepare(shape, u, tables, target, tilt, weights, copies, plan, penalty, limits, work, room, first):
    """Whether rows may step from ``u`` together; what each run pulls (p, n) and a matrix (p, p) are written.

    Also gives the objective of all runs there, each of weight one.
    """
    columns, offsets = tables
    pulls, inverse = first
    gradient, hessian, pace, _, matrix, step, _, _, unit, stuck = room
    p, n, number = len(shape), len(target), len(plan[0]) - 1
    count = _copy(columns, offsets, target, tilt, copies)
    runs = (count, copies[0], copies[1], copies[2], copies[3], copies[4])
    value = evaluate(shape, u, runs, plan, penalty, work, EXACT, gradient, hessian)
    at_bounds(shape, u, gradient, limits, stuck)
    for j in range(p):
        if stuck[j] and not limits[2][j]:
            return False, value
    if not (0.0 < value < math.inf):
        return False, value
    residual, one, two = work[number], work[number + 1], work[number + 2]
    for j in range(p):
        for i in range(n):
            pulls[j, i] = 0.0
    for k in range(number):
        for i in range(n):
            pulls[k, i] = one[i] * work[k, i]
        for j in range(plan[0][k], plan[0][k + 1]):
            # Two terms may share an exponent.
            for i in range(n):
                pulls[plan[1][j], i] += pulls[k, i] * columns[j, i]
    _bent(residual, tilt, weights, penalty, n, one, two)
    clear(shape, gradient, hessian)
    moments(copies[0], plan, np.int64(0), count, work, gradient, hessian)
    paces(shape, hessian, pace)
    for j in range(p):
        for i in range(p):
            unit[i] = -1.0 if i == j else 0.0
        if not solve(shape, unit, hessian, pace, 0.0, stuck, matrix, step):
            return False, value
        for i in range(p):
            inverse[j, i] = 0.0 if stuck[j] else step[i]
    return True, value


@plain
def leap(shape, u, weight, value, limits, first, slope):
    """Take the step of a resample, in place, unless it leads far."""
    low, high, held = limits
    pulls, inverse = first
    n, p = len(weight), len(shape)
    for j in range(p):
        slope[j] = 0.0 if held[j] else dot(pulls[j], weight, n)
    promise = 0.0
    for j in range(p):
        for i in range(p):
            promise += 0.5 * slope[j] * inverse[j, i] * slope[i]
    if not promise <= FAR * value:
        return
    for j in range(p):
        step = 0.0
        for i in range(p):
            step += inverse[i, j] * slope[i]
        if not held[j]:
            u[j] = min(max(u[j] + step, low[j]), high[j])
