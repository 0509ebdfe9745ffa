"""One evaluation: the objective of a law on some runs, with gradient and Hessian where they are wanted.

A few short passes over the runs, each with few enough sums that the compiler keeps them in registers.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from . import two_lines
from .arithmetic import exact, exp, log_and_inverse, plain, summing
from .moments import moments
from .two_lines import OTHER

BLOCK = 1024
"""Runs in one pass: a handful of arrays of this length stays in the nearest caches."""


@plain
def _terms(u, columns, first, variable, offsets, offset_of, start, count, terms, total):
    """Write the terms of the sum for ``count`` runs from ``start`` on, and the sum."""
    same = 0.0
    for k in range(len(first) - 1):
        if offset_of[k] < 0 and first[k] == first[k + 1]:
            same += exp(u[k])
    for i in range(count):
        total[i] = same
    for k in range(len(first) - 1):
        low, high, o = first[k], first[k + 1], offset_of[k]
        term = terms[k]
        if o < 0 and low == high:
            same = exp(u[k])
            for i in range(count):
                term[i] = same
        elif o < 0 and high == low + 1:
            _line(u[k], u[variable[low]], columns[low, start:], count, term, total)
        else:
            for i in range(count):
                term[i] = u[k]
            for j in range(low, high):
                _add_to(u[variable[j]], columns[j, start:], count, term)
            if o >= 0:
                _add_to(1.0, offsets[o, start:], count, term)
            _raised(count, term, total)


@exact
def _line(level, slope, x, count, out, total):
    for i in range(count):
        term = exp(level + slope * x[i])
        out[i] = term
        total[i] += term


@exact
def _raised(count, out, total):
    for i in range(count):
        term = exp(out[i])
        out[i] = term
        total[i] += term


@exact
def _add_to(slope, x, count, out):
    for i in range(count):
        out[i] += slope * x[i]


@exact
def _times(factor, count, out):
    for i in range(count):
        out[i] *= factor[i]


@plain
def _penalties(target, tilt, weight, penalty, count, terms, residual, one, two, total):
    """Objective of these runs; leaves what derives the fit in ``terms``, and the factors of derivatives."""
    delta, up, down, log = penalty
    if not log:
        for i in range(count):
            residual[i] = (target[i] - total[i]) * tilt[i]
        return _weighted(residual, tilt, weight, delta, up, down, 0.0, count, one, two)
    _log_residuals(target, tilt, count, residual, total)
    for k in range(len(terms)):
        _times(total, count, terms[k])
    return _weighted(residual, tilt, weight, delta, up, down, 1.0, count, one, two)


@exact
def _log_residuals(target, tilt, count, residual, total):
    """Residuals of the logarithm; ``total`` is overwritten by its inverse."""
    for i in range(count):
        logarithm, total[i] = log_and_inverse(total[i])
        residual[i] = (target[i] - logarithm) * tilt[i]


@summing
def _weighted(residual, tilt, weight, delta, up, down, curved, count, one, two):
    """Sum of the penalties; slope and curvature of each by the fit (its logarithm, if ``curved``)."""
    value = 0.0
    for i in range(count):
        r, lean = residual[i], tilt[i]
        slope = min(max(r, -delta), delta)
        w = weight[i] * (down if r < 0.0 else up)
        pull = slope * w * lean
        one[i] = pull
        two[i] = (w if slope == r else 0.0) * lean * lean + curved * pull
        value += w * (slope * (r - 0.5 * slope))
    return value


@plain
def reweigh(tilt, weight, penalty, count, work, number):
    """Put what multiplies the reweighted Gauss-Newton matrix in place of the exact factors."""
    delta, up, down, _ = penalty
    residual, one, two = work[number], work[number + 1], work[number + 2]
    for i in range(count):
        r = residual[i]
        size = max(abs(r), delta)
        pull = delta / size if delta < math.inf else 1.0
        one[i] = 0.0
        two[i] = pull * weight[i] * (down if r < 0.0 else up) * tilt[i] * tilt[i]


@plain
def clear(shape, gradient, hessian):
    """Set both to zero."""
    for i in range(len(shape)):
        gradient[i] = 0.0
        for j in range(len(shape)):
            hessian[i, j] = 0.0


VALUE, EXACT, ROBUST = np.int64(0), np.int64(1), np.int64(2)  # plain ones would make a version for each


@plain
def _part(u, runs, plan, penalty, work, start, part):
    """Objective of ``part`` runs from ``start`` on; leaves in ``work`` what its derivatives are made of."""
    _, columns, offsets, target, tilt, weight = runs
    first, variable, offset_of, constant = plan
    number = len(first) - 1
    residual, one, two, spare = work[number], work[number + 1], work[number + 2], work[number + 3]
    if constant != OTHER:
        j, k = two_lines.others(constant)
        two_lines.shares(
            (u[constant], u[j], u[k]), (u[variable[first[j]]], u[variable[first[k]]]),
            columns[first[j], start:], columns[first[k], start:], target[start:], tilt[start:], part,
            work[constant], work[j], work[k], residual,
        )  # fmt: skip
        delta, up, down, _ = penalty
        return _weighted(residual, tilt[start:], weight[start:], delta, up, down, 1.0, part, one, two)
    _terms(u, columns, first, variable, offsets, offset_of, start, part, work[:number], spare)
    return _penalties(
        target[start:], tilt[start:], weight[start:], penalty, part, work[:number], residual, one, two, spare,
    )  # fmt: skip


@plain
def evaluate(shape, u, runs, plan, penalty, work, mode, gradient, hessian):
    """Objective at ``u``, and with it gradient and Hessian unless ``mode`` is ``VALUE``."""
    count, columns, _, _, tilt, weight = runs
    number = len(plan[0]) - 1
    if mode != VALUE:
        clear(shape, gradient, hessian)
    value = 0.0
    for start in range(0, count, BLOCK):
        part = min(BLOCK, count - start)
        value += _part(u, runs, plan, penalty, work, start, part)
        if mode == ROBUST:
            reweigh(tilt[start:], weight[start:], penalty, part, work, number)
        if mode != VALUE:
            moments(columns, plan, start, part, work, gradient, hessian)
    return value


@plain
def share_within(u, runs, plan, penalty, work, bound):
    """Share of the runs whose residual is at most ``bound``."""
    count, _, _, _, tilt, weight = runs
    residual = work[len(plan[0]) - 1]
    inside = every = 0
    for start in range(0, count, BLOCK):
        part = min(BLOCK, count - start)
        _part(u, runs, plan, penalty, work, start, part)
        for i in range(part):
            if weight[start + i] != 0.0:
                every += 1
                inside += 1 if abs(residual[i]) <= bound * tilt[start + i] else 0
    return inside / every
