"""Variable projection on a grid of exponents: :mod:`scalewidgets.fitting.screen`, for log-affine laws.

Amplitudes are those at the centre of the data, which the solver works with. On a grid a term has as many
different columns as there are values of the exponents in it, so that 28 by 28 cells need 28 + 28
exponentials a run.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

import math

from .arithmetic import exact, exp, plain, root, summing

STARTS = 7
"""Most starts: six local minima, and the lowest cell of all."""
RUNS = 256
"""Runs in one pass."""
SOME = 112
"""Cells that are solved at once: what they need stays in the nearest cache."""
RIDGE = 1e-13


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
def _dot(a, b, count):
    out = 0.0
    for i in range(count):
        out += a[i] * b[i]
    return out


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
    wide = len(other)
    for i in range(0, len(one), 2):
        for j in range(0, wide, 4):
            if i + 1 < len(one) and j + 3 < wide:
                sums = _eight_dots(
                    one[i], one[i + 1], other[j], other[j + 1], other[j + 2], other[j + 3], count
                )  # fmt: skip
                at = i * wide + j
                out[at] += sums[0]
                out[at + 1] += sums[1]
                out[at + 2] += sums[2]
                out[at + 3] += sums[3]
                out[at + wide] += sums[4]
                out[at + wide + 1] += sums[5]
                out[at + wide + 2] += sums[6]
                out[at + wide + 3] += sums[7]
            else:
                for m in range(i, min(i + 2, len(one))):
                    for q in range(j, min(j + 4, wide)):
                        out[m * wide + q] += _dot(one[m], other[q], count)


@plain
def _basis(plan, columns, offsets, begin, slopes, size, start, count, basis):
    """Columns of all terms at all their settings, for ``count`` runs from ``start`` on."""
    first, variable, offset_of = plan
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
        square += _dot(target, target, count)
        pair = 0
        for k in range(terms):
            for row in range(begin[k], begin[k + 1]):
                right[row] += _dot(basis[row], target, count)
                gram[pair, row - begin[k]] += _dot(basis[row], basis[row], count)
            pair += 1
            for m in range(k + 1, terms):
                if (begin[k + 1] - begin[k]) * (begin[m + 1] - begin[m]) <= gram.shape[1]:
                    _table(basis[begin[k] : begin[k + 1]], basis[begin[m] : begin[m + 1]], count, gram[pair])
                else:
                    for cell in range(cells):
                        gram[pair, cell] += _dot(basis[which[k, cell]], basis[which[m, cell]], count)
                pair += 1
    return square


@plain
def _spread(begin, which, right, gram, start, side, matrix):
    """Give the cells from ``start`` on their own sums; beyond the last one it is repeated."""
    terms, cells = which.shape
    count = side.shape[1]
    pair = 0
    for k in range(terms):
        for c in range(count):
            row = which[k, min(start + c, cells - 1)]
            side[k, c] = right[row]
            matrix[k, k, c] = gram[pair, row - begin[k]]
        pair += 1
        for m in range(k + 1, terms):
            wide = begin[m + 1] - begin[m]
            tabled = (begin[k + 1] - begin[k]) * wide <= gram.shape[1]
            for c in range(count):
                cell = min(start + c, cells - 1)
                place = (which[k, cell] - begin[k]) * wide + which[m, cell] - begin[m] if tabled else cell
                matrix[k, m, c] = gram[pair, place]
            pair += 1


@plain
def _eliminate(matrix, side, scale, factor, linear, spare):
    """Solve the normal equations of every cell, columns scaled to one length, with a breath of ridge.

    Flat exponents make columns equal, and a singular cell is no catastrophe.
    """
    terms = len(scale)
    for k in range(terms):
        _lengths(matrix[k, k], side[k], scale[k], linear[k])
    for k in range(terms):
        for m in range(k, terms):
            _scaled(matrix[k, m], scale[k], scale[m], RIDGE if k == m else 0.0, factor[k, m])
    for j in range(terms):
        for i in range(j + 1, terms):
            _ratio(factor[j, i], factor[j, j], spare)
            _less(spare, linear[j], linear[i])
            for m in range(i, terms):
                _less(spare, factor[j, m], factor[i, m])
    for j in range(terms - 1, -1, -1):
        for i in range(j + 1, terms):
            _less(factor[j, i], linear[i], linear[j])
        _ratio(linear[j], factor[j, j], linear[j])
    for k in range(terms):
        _times(scale[k], linear[k])


@exact
def _lengths(square, side, scale, out):
    for c in range(len(out)):
        scale[c] = 1.0 / root(max(square[c], 2.2250738585072014e-308))
        out[c] = side[c] * scale[c]


@exact
def _scaled(product, one, other, ridge, out):
    for c in range(len(out)):
        out[c] = product[c] * one[c] * other[c] + ridge


@exact
def _ratio(above, below, out):
    for c in range(len(out)):
        out[c] = above[c] / below[c]


@exact
def _less(factor, x, out):
    for c in range(len(out)):
        out[c] -= factor[c] * x[c]


@exact
def _times(factor, out):
    for c in range(len(out)):
        out[c] *= factor[c]


@exact
def _add_product(factor, x, y, z, out):
    for c in range(len(out)):
        out[c] += factor * x[c] * y[c] * z[c]


@plain
def _profile(matrix, side, linear, square, ones, profile):
    """Half the sum of squares that is left in every cell."""
    ones[:] = 1.0
    profile[:] = 0.5 * square
    terms = len(linear)
    for k in range(terms):
        _add_product(-1.0, side[k], linear[k], ones, profile)
        for m in range(k, terms):
            _add_product(0.5 if k == m else 1.0, matrix[k, m], linear[k], linear[m], profile)


@plain
def _minima(profile, linear, wide, good, chosen):
    """Lowest local minima among cells of positive amplitudes; and the lowest cell if it is lower by far.

    ``wide`` is the length of the last axis of the grid, or 0 where cells are scattered; ``good`` is written.
    """
    terms, cells = linear.shape
    lowest, best = 0, math.inf
    for c in range(cells):
        positive = math.isfinite(profile[c])
        if positive and profile[c] < best:
            lowest, best = c, profile[c]
        for k in range(terms):
            positive = positive and linear[k, c] > 0.0
        good[c] = 1.0 if positive else 0.0
    found = 0
    for c in range(cells):
        if good[c] == 0.0:
            continue
        here = profile[c]
        if wide > 0:
            row, column = c // wide, c % wide
            if column > 0 and good[c - 1] > 0.0 and profile[c - 1] < here:
                continue
            if column < wide - 1 and good[c + 1] > 0.0 and profile[c + 1] < here:
                continue
            if row > 0 and good[c - wide] > 0.0 and profile[c - wide] < here:
                continue
            if c + wide < cells and good[c + wide] > 0.0 and profile[c + wide] < here:
                continue
        place = min(found, STARTS - 2)
        if found == STARTS - 1 and not here < profile[chosen[place]]:
            continue
        while place > 0 and here < profile[chosen[place - 1]]:
            chosen[place] = chosen[place - 1]
            place -= 1
        chosen[place] = c
        found = min(found + 1, STARTS - 1)
    if found == 0 or profile[lowest] < 0.98 * profile[chosen[0]]:
        chosen[found] = lowest
        found += 1
    return found


@plain
def project(plan, data, grid, room, chosen):
    """Number of starts, their cells in ``chosen``; amplitudes of all cells are left in ``room``."""
    columns, offsets, size, aim, n = data
    begin, which, slopes, wide = grid
    basis, right, gram, side, scale, some, matrix, factor, rest, linear, good, profile = room
    square = _sums(plan, columns, offsets, begin, which, slopes, size, aim, n, basis, right, gram)
    terms, cells = which.shape
    for start in range(0, cells, SOME):
        _spread(begin, which, right, gram, start, side, matrix)
        _eliminate(matrix, side, scale, factor, some, rest[0])
        _profile(matrix, side, some, square, rest[0], rest[1])
        for c in range(min(SOME, cells - start)):
            profile[start + c] = rest[1, c]
        for k in range(terms):
            for c in range(min(SOME, cells - start)):
                linear[k, start + c] = some[k, c]
    return _minima(profile, linear, wide, good, chosen)
