"""Gradient and Hessian from what an evaluation left: sums over runs, for each term and each pair of terms.

Short passes, each with few enough sums that the compiler keeps them in registers.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

from . import two_lines
from .arithmetic import dot, plain, summing
from .two_lines import OTHER, both


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
            gradient[a] -= dot(more, x, count)
            qx = dot(spare, x, count)
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
                    both(hessian, k, b, vy)
                    both(hessian, a, b, vxy)
                both(hessian, k, m, v)
                both(hessian, a, c, vx)
                continue
            _product(two, s, t, count, spare)
            both(hessian, k, m, _sum_1(spare, count))
            for i in range(low, low + features):
                both(hessian, variable[i], m, dot(spare, columns[i, start:], count))
            for j in range(bottom, bottom + others):
                y, b = columns[j, start:], variable[j]
                both(hessian, k, b, dot(spare, y, count))
                for i in range(low, low + features):
                    both(hessian, variable[i], b, _sum_3(spare, columns[i, start:], y, count))


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
        gradient[k] -= dot(one, s, count)
        for i in range(count):
            spare[i] = one[i] * s[i]
        for i in range(low, high):
            gradient[variable[i]] -= dot(spare, columns[i], count)
