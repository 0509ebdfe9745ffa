"""One evaluation: the objective of a law on some runs, with gradient and Hessian where they are wanted.

A few short passes over the runs, each with few enough sums that the compiler keeps them in registers.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from . import two_lines
from .arithmetic import exact, exp, log_and_inverse, plain, summing
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


@summing
def _own_0(one, two, s, count):
    """Sums for the derivatives within a term without features."""
    g = q = 0.0
    for i in range(count):
        a = one[i] * s[i]
        g += a
        q += two[i] * s[i] * s[i] - a
    return g, q


@summing
def _own_1(one, two, s, x, count):
    """Sums for the derivatives within a term that has one feature."""
    g = gx = q = qx = qxx = 0.0
    for i in range(count):
        a = one[i] * s[i]
        b = two[i] * s[i] * s[i] - a
        bx = b * x[i]
        g += a
        gx += a * x[i]
        q += b
        qx += bx
        qxx += bx * x[i]
    return g, gx, q, qx, qxx


@summing
def _cross_0(two, s, t, x, count):
    """Sums for the second derivatives between a term with one feature and one without."""
    v = vx = 0.0
    for i in range(count):
        a = two[i] * s[i] * t[i]
        v += a
        vx += a * x[i]
    return v, vx


@summing
def _cross_1(two, s, t, x, y, count):
    """Sums for the second derivatives between two terms that have one feature each."""
    v = vx = vy = vxy = 0.0
    for i in range(count):
        a = two[i] * s[i] * t[i]
        ax = a * x[i]
        v += a
        vx += ax
        vy += a * y[i]
        vxy += ax * y[i]
    return v, vx, vy, vxy


@summing
def _sum_1(v, count):
    out = 0.0
    for i in range(count):
        out += v[i]
    return out


@summing
def _sum_2(v, x, count):
    out = 0.0
    for i in range(count):
        out += v[i] * x[i]
    return out


@summing
def _sum_3(v, x, y, count):
    out = 0.0
    for i in range(count):
        out += v[i] * x[i] * y[i]
    return out


@plain
def _product(two, s, t, count, out):
    for i in range(count):
        out[i] = two[i] * s[i] * t[i]


@plain
def _own_product(one, two, s, count, first, out):
    for i in range(count):
        a = one[i] * s[i]
        first[i] = a
        out[i] = two[i] * s[i] * s[i] - a


@plain
def _own(columns, low, features, variable, k, start, count, s, one, two, spare, more, gradient, hessian):
    """Add gradient and Hessian within term k."""
    if features == 0:
        g, q = _own_0(one, two, s, count)
        gradient[k] -= g
        hessian[k, k] += q
    elif features == 1:
        a = variable[low]
        g, gx, q, qx, qxx = _own_1(one, two, s, columns[low, start:], count)
        gradient[k] -= g
        gradient[a] -= gx
        hessian[k, k] += q
        hessian[k, a] += qx
        hessian[a, k] += qx
        hessian[a, a] += qxx
    else:
        _own_product(one, two, s, count, more, spare)
        gradient[k] -= _sum_1(more, count)
        hessian[k, k] += _sum_1(spare, count)
        for i in range(low, low + features):
            a, x = variable[i], columns[i, start:]
            gradient[a] -= _sum_2(more, x, count)
            qx = _sum_2(spare, x, count)
            hessian[k, a] += qx
            hessian[a, k] += qx
            for j in range(low, low + features):
                hessian[a, variable[j]] += _sum_3(spare, x, columns[j, start:], count)


@plain
def moments(columns, plan, start, count, work, gradient, hessian):
    """Add these runs' part of gradient and Hessian, from what an evaluation left in ``work``."""
    first, variable, _, constant = plan
    if constant != OTHER:
        two_lines.moments(constant, columns, first, variable, start, count, work, gradient, hessian)
        return
    number = len(first) - 1
    one, two, spare, more = work[number + 1], work[number + 2], work[number + 3], work[number + 4]
    for k in range(number):
        low, features = first[k], first[k + 1] - first[k]
        s = work[k]
        _own(columns, low, features, variable, k, start, count, s, one, two, spare, more, gradient, hessian)
        for m in range(k + 1, number):
            bottom, others = first[m], first[m + 1] - first[m]
            t = work[m]
            if features <= 1 and others <= 1 and features + others > 0:
                # With a feature first, if only one of the two has any.
                x = columns[low if features else bottom, start:]
                a, c = (variable[low], m) if features else (variable[bottom], k)
                if features + others == 1:
                    v, vx = _cross_0(two, s, t, x, count)
                else:
                    b = variable[bottom]
                    v, vx, vy, vxy = _cross_1(two, s, t, x, columns[bottom, start:], count)
                    _both(hessian, k, b, vy)
                    _both(hessian, a, b, vxy)
                _both(hessian, k, m, v)
                _both(hessian, a, c, vx)
                continue
            _product(two, s, t, count, spare)
            _both(hessian, k, m, _sum_1(spare, count))
            for i in range(low, low + features):
                _both(hessian, variable[i], m, _sum_2(spare, columns[i, start:], count))
            for j in range(bottom, bottom + others):
                y, b = columns[j, start:], variable[j]
                _both(hessian, k, b, _sum_2(spare, y, count))
                for i in range(low, low + features):
                    _both(hessian, variable[i], b, _sum_3(spare, columns[i, start:], y, count))


@summing
def _slope_1(one, s, x, count):
    """Sums for the first derivatives within a term that has one feature."""
    g = gx = 0.0
    for i in range(count):
        a = one[i] * s[i]
        g += a
        gx += a * x[i]
    return g, gx


@plain
def slopes(columns, plan, count, work, gradient):
    """Write the gradient alone, from what an evaluation of one block left in ``work``."""
    first, variable, _, _ = plan
    number = len(first) - 1
    one, spare = work[number + 1], work[number + 3]
    for i in range(len(gradient)):
        gradient[i] = 0.0
    for k in range(number):
        low, high = first[k], first[k + 1]
        s = work[k]
        if high == low + 1:
            g, gx = _slope_1(one, s, columns[low], count)
            gradient[k] -= g
            gradient[variable[low]] -= gx
            continue
        gradient[k] -= _sum_2(one, s, count)
        for i in range(count):
            spare[i] = one[i] * s[i]
        for i in range(low, high):
            gradient[variable[i]] -= _sum_2(spare, columns[i], count)


@plain
def _both(hessian, i, j, value):
    hessian[i, j] += value
    hessian[j, i] += value


@plain
def clear(gradient, hessian):
    """Set both to zero."""
    for i in range(len(gradient)):
        gradient[i] = 0.0
        for j in range(len(gradient)):
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
def evaluate(u, runs, plan, penalty, work, mode, gradient, hessian):
    """Objective at ``u``, and with it gradient and Hessian unless ``mode`` is ``VALUE``."""
    count, columns, _, _, tilt, weight = runs
    number = len(plan[0]) - 1
    if mode != VALUE:
        clear(gradient, hessian)
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
