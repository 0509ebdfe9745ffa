"""Variable projection on a grid of exponents: :mod:`scalewidgets.fitting.screen`, for log-affine laws.

Amplitudes are those at the centre of the data, which the solver works with. On a grid a term has as many
different columns as there are values of the exponents in it, so that 28 by 28 cells need 28 + 28
exponentials a run.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

import math

from .arithmetic import dot, exact, exp, plain, summing

STARTS = 7
"""Most starts: six local minima, and the lowest cell of all."""
RUNS = 256
"""Runs in one pass."""
SOME = 196
"""Cells that are solved at once: what they need stays in the nearest cache."""
RIDGE, LEAST = 1.0 + 1e-13, 2.2250738585072014e-308
"""Factor on the squares of columns, and least square of one."""


@exact
def _plain_column(size, count, out):
    for i in range(count):
        out[i] = size[i]


@exact
def _bent_column(slope, x, size, count, out):
    for i in range(count):
        out[i] = exp(slope * x[i]) * size[i]


@exact
def _add_line(slope, x, count, out):
    for i in range(count):
        out[i] += slope * x[i]


@exact
def _raise(size, count, out):
    for i in range(count):
        out[i] = exp(out[i]) * size[i]


@summing
def _two_dots(a, b, count):
    """Products of a column with itself and with another."""
    aa = ab = 0.0
    for i in range(count):
        aa += a[i] * a[i]
        ab += a[i] * b[i]
    return aa, ab


@summing
def _eight_dots(a, b, c, d, e, f, count):
    """Products of two columns with four others: each number is read once."""
    ac = ad = ae = af = bc = bd = be = bf = 0.0
    for i in range(count):
        ac += a[i] * c[i]
        ad += a[i] * d[i]
        ae += a[i] * e[i]
        af += a[i] * f[i]
        bc += b[i] * c[i]
        bd += b[i] * d[i]
        be += b[i] * e[i]
        bf += b[i] * f[i]
    return ac, ad, ae, af, bc, bd, be, bf


@plain
def _table(one, other, count, out):
    """Add the products of every column of one term with every column of another."""
    tall, wide = len(one), len(other)
    for i in range(0, tall, 2):
        more = min(i + 1, tall - 1)
        for j in range(0, wide, 4):
            if j + 3 < wide:
                sums = _eight_dots(
                    one[i], one[more], other[j], other[j + 1], other[j + 2], other[j + 3], count
                )  # fmt: skip
                at = i * wide + j
                out[at] += sums[0]
                out[at + 1] += sums[1]
                out[at + 2] += sums[2]
                out[at + 3] += sums[3]
                if more > i:
                    out[at + wide] += sums[4]
                    out[at + wide + 1] += sums[5]
                    out[at + wide + 2] += sums[6]
                    out[at + wide + 3] += sums[7]
            else:
                for m in range(i, more + 1):
                    for q in range(j, wide):
                        out[m * wide + q] += dot(one[m], other[q], count)


@plain
def _basis(plan, columns, offsets, begin, slopes, size, start, count, basis):
    """Columns of all terms at all their settings, for ``count`` runs from ``start`` on."""
    first, variable, offset_of, _ = plan
    terms = len(first) - 1
    for k in range(terms):
        low, high, o = first[k], first[k + 1], offset_of[k]
        for row in range(begin[k], begin[k + 1]):
            out = basis[row]
            if o < 0 and low == high:
                _plain_column(size[start:], count, out)
            elif o < 0 and high == low + 1:
                _bent_column(
                    slopes[row, variable[low] - terms], columns[low, start:], size[start:], count, out
                )
            else:
                for i in range(count):
                    out[i] = offsets[o, start + i] if o >= 0 else 0.0
                for j in range(low, high):
                    _add_line(slopes[row, variable[j] - terms], columns[j, start:], count, out)
                _raise(size[start:], count, out)


@plain
def _sums(plan, columns, offsets, begin, which, slopes, size, aim, n, basis, right, gram):
    """Right-hand sides by setting; products of two terms for all settings, or by cell if these are fewer."""
    terms, cells = which.shape
    right[:] = 0.0
    gram[:, :] = 0.0
    square = 0.0
    for start in range(0, n, RUNS):
        count = min(RUNS, n - start)
        _basis(plan, columns, offsets, begin, slopes, size, start, count, basis)
        target = aim[start:]
        square += dot(target, target, count)
        pair = 0
        for k in range(terms):
            for row in range(begin[k], begin[k + 1]):
                square_, product = _two_dots(basis[row], target, count)
                gram[pair, row - begin[k]] += square_
                right[row] += product
            pair += 1
            for m in range(k + 1, terms):
                if (begin[k + 1] - begin[k]) * (begin[m + 1] - begin[m]) <= gram.shape[1]:
                    _table(basis[begin[k] : begin[k + 1]], basis[begin[m] : begin[m + 1]], count, gram[pair])
                else:
                    for cell in range(cells):
                        gram[pair, cell] += dot(basis[which[k, cell]], basis[which[m, cell]], count)
                pair += 1
    return square


@plain
def _spread(which, place, right, gram, start, count, side, matrix):
    """Give ``count`` cells from ``start`` on their own sums."""
    terms = len(which)
    pair = 0
    for k in range(terms):
        _pick(right, which[k, start:], count, side[k])
        for m in range(k, terms):
            _pick(gram[pair], place[pair, start:], count, matrix[k, m])
            pair += 1


@exact
def _pick(values, places, count, out):
    for c in range(count):
        out[c] = values[places[c]]


@plain
def _eliminate(matrix, side, square, count, inverse, profile):
    """Solve the normal equations of ``count`` cells, with a breath of ridge; overwrite ``side``.

    Flat exponents make columns equal, and a singular cell is no catastrophe. What each pivot takes off the
    squares is known on the way: ``profile`` is half of what is left.
    """
    terms = len(side)
    for c in range(count):
        profile[c] = 0.5 * square
    for j in range(terms):
        _pivot(matrix[j, j], side[j], count, inverse[j], profile)
        for i in range(j + 1, terms):
            ratio = matrix[i, j]
            _ratio(matrix[j, i], inverse[j], count, ratio)
            _less(ratio, side[j], count, side[i])
            for m in range(i, terms):
                _less(ratio, matrix[j, m], count, matrix[i, m])
    for j in range(terms - 1, -1, -1):
        _ratio(side[j], inverse[j], count, side[j])
        for i in range(j + 1, terms):
            _less(matrix[i, j], side[i], count, side[j])


@exact
def _pivot(square, side, count, inverse, profile):
    for c in range(count):
        one = 1.0 / max(square[c] * RIDGE, LEAST)
        inverse[c] = one
        profile[c] -= 0.5 * (side[c] * (side[c] * one))


@exact
def _ratio(above, inverse, count, out):
    for c in range(count):
        out[c] = above[c] * inverse[c]


@exact
def _less(factor, x, count, out):
    for c in range(count):
        out[c] -= factor[c] * x[c]


@exact
def _barred(linear, count, value):
    """Infinite where an amplitude is not above zero."""
    for c in range(count):
        value[c] = value[c] if linear[c] > 0.0 else math.inf


@exact
def _copied(profile, count, value):
    """Profile, infinite where it is not a number."""
    for c in range(count):
        value[c] = profile[c] if profile[c] < math.inf else math.inf


@exact
def _below(value, other, count, mark):
    """Bar what a neighbour is lower than: ``mark`` becomes infinite there."""
    for c in range(count):
        mark[c] = mark[c] if value[c] <= other[c] else math.inf


@summing
def _lower(profile, bound, count):
    """How many cells are lower than a bound."""
    out = 0.0
    for c in range(count):
        out += 1.0 if profile[c] < bound else 0.0
    return out


@plain
def _minima(profile, linear, wide, value, mark, chosen):
    """Lowest local minima among cells of positive amplitudes; and the lowest cell if it is lower by far.

    ``wide`` is the length of the last axis of the grid, or 0 where cells are scattered; ``value`` and
    ``mark`` are written.
    """
    terms, cells = linear.shape
    _copied(profile, cells, value)
    for k in range(terms):
        _barred(linear[k], cells, value)
    for c in range(cells):
        mark[c] = value[c]
    if 0 < wide < cells:
        _below(value[wide:], value, cells - wide, mark[wide:])
        _below(value, value[wide:], cells - wide, mark)
    found = 0
    for c in range(cells):
        here = mark[c]
        if here == math.inf:
            continue
        if wide > 0:
            column = c % wide
            if (column > 0 and value[c - 1] < here) or (column < wide - 1 and value[c + 1] < here):
                continue
        place = min(found, STARTS - 2)
        if found == STARTS - 1 and not here < profile[chosen[place]]:
            continue
        while place > 0 and here < profile[chosen[place - 1]]:
            chosen[place] = chosen[place - 1]
            place -= 1
        chosen[place] = c
        found = min(found + 1, STARTS - 1)
    if found == 0 or _lower(profile, 0.98 * profile[chosen[0]], cells) > 0.0:
        lowest, best = 0, math.inf
        for c in range(cells):
            if profile[c] < best and math.isfinite(profile[c]):
                lowest, best = c, profile[c]
        if found == 0 or best < 0.98 * profile[chosen[0]]:
            chosen[found] = lowest
            found += 1
    return found


@plain
def project(plan, data, grid, room, chosen):
    """Number of starts, their cells in ``chosen``; amplitudes of all cells are left in ``room``."""
    columns, offsets, size, aim, n = data
    begin, which, place, slopes, wide = grid
    basis, right, gram, matrix, inverse, linear, profile, value, mark = room
    square = _sums(plan, columns, offsets, begin, which, slopes, size, aim, n, basis, right, gram)
    cells = which.shape[1]
    for start in range(0, cells, SOME):
        count = min(SOME, cells - start)
        side = linear[:, start:]
        _spread(which, place, right, gram, start, count, side, matrix)
        _eliminate(matrix, side, square, count, inverse, profile[start:])
    return _minima(profile, linear, wide, value, mark, chosen)
