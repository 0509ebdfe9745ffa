"""What is called from outside, as C functions of pointers: :mod:`.machine` compiles them and keeps the code.

Arrays are C-contiguous. What a call needs beside the runs lies in two rooms, of int64 and of float64, one
piece after the other (:class:`.bridge.Frame` fills them):

- whole numbers: :data:`HEAD` sizes; the first feature of each term, and where the last one ends; the variable
  of each feature; the offset of each term, or -1; which variables are held; which are stuck; cells of the
  starts; places of the runs that count.
- real ones: delta, factors up and down, tolerance, polish; low and high ends of the variables; ends of a
  search, variables and what came of them; then room to work in.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

import math

from numba import carray, types

from .arithmetic import ahead, log_and_inverse, plain, root
from .descent import EXTRA, gather, newton, rounding_floor
from .evaluate import share_within
from .projection import RUNS, SOME, STARTS, project
from .two_lines import constant_of

INT, REAL, PLACE = (types.CPointer(kind) for kind in (types.int64, types.float64, types.uint32))

HEAD, OPTIONS = 18, 5
"""Sizes: n, p, terms, features, offsets, padded n, length of a block, rows of variables, of targets, of
weights, most evaluations, whether residuals are logarithmic; cells, settings, exponents, length of the last
axis (0: scattered); then written: number of starts, and whether they were minimised from."""


@plain
def _rooms(sizes, ints, reals):
    """Everything that the two rooms hold, and what is left of the real one."""
    p, terms, features, others = sizes[1], sizes[2], sizes[3], sizes[4]
    padded, block = sizes[5], sizes[6]
    at = ahead(ints, HEAD)
    first = carray(at, (terms + 1,))
    at = ahead(at, terms + 1)
    offset_of = carray(ahead(at, features), (terms,))
    plan = (first, carray(at, (features,)), offset_of, constant_of(first, offset_of, sizes[11]))
    at = ahead(at, features + terms)
    held, stuck = carray(at, (p,)), carray(ahead(at, p), (p,))
    chosen, places = carray(ahead(at, 2 * p), (STARTS,)), carray(ahead(at, 2 * p + STARTS), (padded + 1,))
    options = carray(reals, (OPTIONS,))
    to = ahead(reals, OPTIONS)
    limits = (carray(to, (p,)), carray(ahead(to, p), (p,)), held)
    to = ahead(to, 2 * p)
    ends = (carray(to, (STARTS, p)), carray(ahead(to, STARTS * p), (STARTS, 3)))
    to = ahead(to, STARTS * (p + 3))
    work = carray(to, (terms + EXTRA, block))
    to = ahead(to, (terms + EXTRA) * block)
    vectors, matrices = carray(to, (6, p)), carray(ahead(to, 6 * p), (3, p, p))
    to = ahead(to, 6 * p + 3 * p * p)
    columns, offsets = carray(to, (features, padded)), carray(ahead(to, features * padded), (others, padded))
    to = ahead(to, (features + others) * padded)
    three = carray(to, (3, padded))
    copies = (columns, offsets, three[0], three[1], three[2], places)
    room = (
        vectors[0], matrices[0], vectors[1], matrices[1], matrices[2], vectors[2], vectors[3], vectors[4],
        vectors[5], stuck,
    )  # fmt: skip
    return plan, chosen, options, limits, ends, work, room, copies, ahead(to, 3 * padded)


@plain
def _descend_rows(u, out, tables, targets, weights, tilt, copies, plan, options, sizes, limits, work, room):
    columns, offsets = tables
    shared = len(weights) == 1 and len(targets) == 1
    penalty, stopping = (options[0], options[1], options[2], sizes[11]), (options[3], sizes[10], options[4])
    count, floor = 0, 0.0
    for b in range(len(u)):
        if b == 0 or not shared:
            target = targets[b if len(targets) > 1 else 0]
            weight = weights[b if len(weights) > 1 else 0]
            count = gather(columns, offsets, target, tilt, weight, copies)
            floor = rounding_floor(copies[2], copies[4], count, float(sizes[11]))
        runs = (count, copies[0], copies[1], copies[2], copies[3], copies[4])
        value, done, evaluations = newton(u[b], runs, plan, penalty, limits, stopping, floor, work, room)
        out[b, 0], out[b, 1], out[b, 2] = value, 1.0 if done else 0.0, float(evaluations)


def descend(ints, reals, columns_, offsets_, tilt_, targets_, weights_, u_, out_):
    """Minimise from each row of ``u`` (B, p), which is overwritten.

    ``targets`` and ``weights`` have one row, or one for each of ``u``. ``out`` (B, 3) is objective, whether
    it converged, evaluations.
    """
    sizes = carray(ints, (HEAD,))
    n, p, features, others, batch = sizes[0], sizes[1], sizes[3], sizes[4], sizes[7]
    plan, _, options, limits, _, work, room, copies, _ = _rooms(sizes, ints, reals)
    _descend_rows(
        carray(u_, (batch, p)), carray(out_, (batch, 3)),
        (carray(columns_, (features, n)), carray(offsets_, (others, n))), carray(targets_, (sizes[8], n)),
        carray(weights_, (sizes[9], n)), carray(tilt_, (n,)), copies, plan, options, sizes, limits, work,
        room,
    )  # fmt: skip


@plain
def _aims(loss, weight, tilt, log, size, aim):
    """Factor on columns of least squares, and their target: log residuals are close to relative ones."""
    for i in range(len(loss)):
        counted = root(weight[i] * (tilt[i] * tilt[i]))
        size[i] = counted / loss[i] if log else counted
        aim[i] = counted if log else counted * loss[i]


def search(
    ints, reals, columns_, offsets_, tilt_, target_, weight_, loss_, small, begin_, slopes_,
):  # fmt: skip
    """Find starts on a grid of exponents, and minimise from each unless the objective is too sharp there.

    ``begin`` is followed by the setting of each term in each cell, and by the place of each pair's product;
    ``slopes`` by the exponents of each cell. The ends of the search are left in the room of real numbers, in
    the sizes how many there are.
    """
    sizes = carray(ints, (HEAD,))
    n, p, terms, features, others = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]
    cells, settings, exponents = sizes[12], sizes[13], sizes[14]
    plan, chosen, options, limits, ends, work, room, copies, to = _rooms(sizes, ints, reals)
    low, high, held = limits
    u, out = ends
    columns, offsets = carray(columns_, (features, n)), carray(offsets_, (others, n))
    weights, targets, tilt = carray(weight_, (1, n)), carray(target_, (1, n)), carray(tilt_, (n,))
    pairs, most = terms * (terms + 1) // 2, max(cells, settings)
    size, aim = carray(to, (n,)), carray(ahead(to, n), (n,))
    to = ahead(to, 2 * n)
    basis, sums = carray(to, (settings, RUNS)), carray(ahead(to, settings * RUNS), (pairs + 1, most))
    to = ahead(to, settings * RUNS + (pairs + 1) * most)
    at = carray(to, (terms + 3, cells))
    to = ahead(to, (terms + 3) * cells)
    matrix, inverse = carray(to, (terms, terms, SOME)), carray(ahead(to, terms * terms * SOME), (terms, SOME))
    linear = at[:terms]
    _aims(carray(loss_, (n,)), weights[0], tilt, sizes[11], size, aim)
    found = project(
        plan, (columns, offsets, size, aim, n),
        (carray(begin_, (terms + 1,)), carray(ahead(begin_, terms + 1), (terms, cells)),
         carray(ahead(begin_, terms + 1 + terms * cells), (pairs, cells)),
         carray(slopes_, (settings, exponents)), sizes[15]),
        (basis, sums[pairs], sums[:pairs], matrix, inverse, linear, at[terms], at[terms + 1], at[terms + 2]),
        chosen,
    )  # fmt: skip
    points = carray(ahead(slopes_, settings * exponents), (cells, exponents))
    for b in range(found):
        for k in range(terms):
            amplitude = linear[k, chosen[b]]
            u[b, k] = log_and_inverse(amplitude)[0] if amplitude > 0.0 and math.isfinite(amplitude) else small
        for j in range(exponents):
            u[b, terms + j] = points[chosen[b], j]
        for j in range(p):
            if not held[j]:
                u[b, j] = min(max(u[b, j], low[j]), high[j])
    sizes[16], sizes[17] = found, 1
    if options[0] < math.inf:
        count = gather(columns, offsets, targets[0], tilt, weights[0], copies)
        runs = (count, copies[0], copies[1], copies[2], copies[3], copies[4])
        penalty = (options[0], options[1], options[2], sizes[11])
        share = 0.0
        for b in range(found):
            share = max(share, share_within(u[b], runs, plan, penalty, work, 10.0 * options[0]))
        if share < 0.5:
            sizes[17] = 0
            return
    _descend_rows(
        u[:found], out[:found], (columns, offsets), targets, weights, tilt, copies, plan, options, sizes,
        limits, work, room,
    )  # fmt: skip


def tally(ints, drawn_, out_):
    """Count what was drawn: ``drawn`` (rows, n) are places, ``out`` (rows, n) how often each one came."""
    sizes = carray(ints, (2,))
    rows, n = sizes[0], sizes[1]
    drawn, out = carray(drawn_, (rows, n)), carray(out_, (rows, n))
    for b in range(rows):
        for i in range(n):
            out[b, i] = 0.0
        for i in range(n):
            out[b, drawn[b, i]] += 1.0


ENTRIES = {
    "descend": (descend, types.void(INT, *[REAL] * 8)),
    "tally": (tally, types.void(INT, PLACE, REAL)),
    "search": (search, types.void(INT, *[REAL] * 7, types.float64, INT, REAL)),
}
"""C functions by name, each with its signature."""
