"""A constant and two terms of one feature each, the shape of ``E + A / N**alpha + B / D**beta``.

What :mod:`.evaluate` does for every law in a pass for each term and each pair of terms, here in two passes
over the runs: one that needs the exponentials, one that sums.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

import numpy as np

from .arithmetic import exact, exp, log_and_inverse, plain, summing

OTHER = np.int64(-1)
"""Said of a law of another shape."""
FIVE = (0, 0, 0, 0, 0)
"""As many as there are variables: of a tuple the compiler knows the length, and writes short loops out."""


@plain
def constant_of(first, offset_of, log):
    """Which of the three terms is the constant, or :data:`OTHER`; only logarithmic residuals are served."""
    if len(first) != 4 or first[3] != 2 or not log:
        return OTHER
    constant = OTHER
    for k in range(3):
        if offset_of[k] >= 0 or first[k + 1] - first[k] > 1:
            return OTHER
        if first[k + 1] == first[k]:
            constant = np.int64(k)
    return constant


@plain
def others(constant):
    """Return the two terms that are not the constant."""
    return np.int64(1 if constant == 0 else 0), np.int64(1 if constant == 2 else 2)


@exact
def shares(levels, slopes, x, y, target, tilt, count, c, s, t, residual):
    """Write the share of each term in the fitted loss, and the residuals of its logarithm.

    Two loops, as the processor looks only so far ahead: in one of both lengths it waits for each logarithm.
    """
    same = exp(levels[0])
    for i in range(count):
        s[i], t[i] = exp(levels[1] + slopes[0] * x[i]), exp(levels[2] + slopes[1] * y[i])
    for i in range(count):
        logarithm, inverse = log_and_inverse(same + s[i] + t[i])
        c[i], s[i], t[i] = same * inverse, s[i] * inverse, t[i] * inverse
        residual[i] = (target[i] - logarithm) * tilt[i]


@summing
def _sums(x, y, count, c, s, t, one, two):
    """Sums for gradient and Hessian: each number is read once."""
    g = h = hx = k = ky = 0.0
    gg = gh = ghx = gk = gky = 0.0
    hh = hhx = hhxx = hk = hkx = hky = hkxy = 0.0
    kk = kky = kkyy = 0.0
    for i in range(count):
        p = one[i] * c[i]
        q = two[i] * c[i]
        g += p
        gg += q * c[i] - p
        v = q * s[i]
        gh += v
        ghx += v * x[i]
        v = q * t[i]
        gk += v
        gky += v * y[i]
        p = one[i] * s[i]
        q = two[i] * s[i]
        h += p
        hx += p * x[i]
        v = q * s[i] - p
        vx = v * x[i]
        hh += v
        hhx += vx
        hhxx += vx * x[i]
        v = q * t[i]
        vx = v * x[i]
        hk += v
        hkx += vx
        hky += v * y[i]
        hkxy += vx * y[i]
        p = one[i] * t[i]
        k += p
        ky += p * y[i]
        v = two[i] * t[i] * t[i] - p
        vy = v * y[i]
        kk += v
        kky += vy
        kkyy += vy * y[i]
    return (g, h, hx, k, ky), (gg, gh, ghx, gk, gky, hh, hhx, hhxx, hk, hkx, hky, hkxy, kk, kky, kkyy)


@plain
def both(hessian, i, j, value):
    """Add to an entry of a Hessian and to its mirror image."""
    hessian[i, j] += value
    hessian[j, i] += value


@plain
def moments(constant, columns, first, variable, start, count, work, gradient, hessian):
    """Add these runs' part of gradient and Hessian, from what an evaluation left in ``work``."""
    j, k = others(constant)
    a, b = variable[first[j]], variable[first[k]]
    x, y = columns[first[j], start:], columns[first[k], start:]
    slope, bend = _sums(x, y, count, work[constant], work[j], work[k], work[4], work[5])
    gradient[constant] -= slope[0]
    gradient[j] -= slope[1]
    gradient[a] -= slope[2]
    gradient[k] -= slope[3]
    gradient[b] -= slope[4]
    hessian[constant, constant] += bend[0]
    hessian[j, j] += bend[5]
    hessian[a, a] += bend[7]
    hessian[k, k] += bend[12]
    hessian[b, b] += bend[14]
    both(hessian, constant, j, bend[1])
    both(hessian, constant, a, bend[2])
    both(hessian, constant, k, bend[3])
    both(hessian, constant, b, bend[4])
    both(hessian, j, a, bend[6])
    both(hessian, j, k, bend[8])
    both(hessian, a, k, bend[9])
    both(hessian, j, b, bend[10])
    both(hessian, a, b, bend[11])
    both(hessian, k, b, bend[13])
