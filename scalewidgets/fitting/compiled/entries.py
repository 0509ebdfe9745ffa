"""What is called from outside, as C functions: :mod:`.machine` compiles them and keeps the code.

Arrays are C-contiguous. What a call needs lies in two rooms, of int64 and of float64, one piece after the
other (:class:`.bridge.Frame` fills them), and the only argument is where the first one lies: a call that has
ten of them spends as long on these as on a refit's evaluation.

- whole numbers: :data:`HEAD` sizes; :data:`PLACES` addresses; the first feature of each term, and where the
  last one ends; the variable of each feature; the offset of each term, or -1; which variables are held; which
  are stuck; cells of the starts; places of the runs that count.
- real ones: delta, factors up and down, tolerance, polish, logarithm of an amplitude that is as good as none;
  low and high ends of the variables; ends of a search, variables and what came of them; then room to work in.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

import math

from numba import carray, types

from .arithmetic import ahead, log_and_inverse, plain, reals_at, root, whole_at, written
from .descent import EXTRA, gather, newton, rounding_floor
from .evaluate import share_within
from .projection import RUNS, SOME, STARTS, project
from .together import MANY, alike, leap, prepare
from .two_lines import FIVE, OTHER, constant_of

INT, REAL, PLACE = (types.CPointer(kind) for kind in (types.int64, types.float64, types.uint32))

HEAD, PLACES, OPTIONS = 18, 10, 6
"""Sizes: n, p, terms, features, offsets, padded n, length of a block, rows of variables, of targets, of
weights, most evaluations, whether residuals are logarithmic; cells (0: no search), settings, exponents,
length of the last axis (0: scattered); then written: number of starts, and whether they were minimised from.

Places: the room of real numbers; columns, offsets and tilt of the runs; targets; weights; of descents the
variables and what came of them, of a search the losses and its cells; then the exponents of the cells."""


@plain
def _rooms(sizes, ints, reals):
    """Everything that the two rooms hold, and what is left of the real one."""
    p, terms, features, others = sizes[1], sizes[2], sizes[3], sizes[4]
    padded, block = sizes[5], sizes[6]
    at = ahead(ints, HEAD + PLACES)
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
    to = ahead(to, 3 * padded)
    # Only what fits into one block steps together.
    wide = padded if padded <= block else 0
    together = (carray(to, (p, wide)), carray(ahead(to, p * wide), (p, p)))
    copies = (columns, offsets, three[0], three[1], three[2], places)
    room = (
        vectors[0], matrices[0], vectors[1], matrices[1], matrices[2], vectors[2], vectors[3], vectors[4],
        vectors[5], stuck,
    )  # fmt: skip
    return plan, chosen, options, limits, ends, work, room, copies, together, ahead(to, p * wide + p * p)


@written
def _minimise(u, runs, plan, penalty, limits, stopping, floor, work, room):
    """One row, by the code that was made for its number of variables if there is one."""
    if plan[3] != OTHER and len(u) == len(FIVE):  # four, if the two exponents are tied
        return newton(FIVE, u, runs, plan, penalty, limits, stopping, floor, work, room)
    return newton(u, u, runs, plan, penalty, limits, stopping, floor, work, room)


@written
def _descend_rows(
    u, out, tables, targets, weights, tilt, copies, plan, options, sizes, limits, work, room, together
):  # fmt: skip
    columns, offsets = tables
    shared = len(weights) == 1 and len(targets) == 1
    penalty, stopping = (options[0], options[1], options[2], sizes[11]), (options[3], sizes[10], options[4])
    count, floor, common = 0, 0.0, 0.0
    joined = len(u) >= MANY and len(weights) > 1 and len(targets) == 1 and sizes[5] <= sizes[6] and alike(u)
    if joined:
        joined, common = prepare(
            u[0], u[0], tables, targets[0], tilt, weights, copies, plan, penalty, limits, work, room, together
        )
    for b in range(len(u)):
        if b == 0 or not shared:
            target = targets[b if len(targets) > 1 else 0]
            weight = weights[b if len(weights) > 1 else 0]
            count = gather(columns, offsets, target, tilt, weight, copies)
            floor = rounding_floor(copies[2], copies[4], count, float(sizes[11]))
        runs = (count, copies[0], copies[1], copies[2], copies[3], copies[4])
        if joined:
            leap(u[b], u[b], weight, common, limits, together, room[5])
        value, done, evaluations = _minimise(u[b], runs, plan, penalty, limits, stopping, floor, work, room)
        out[b, 0], out[b, 1], out[b, 2] = value, 1.0 if done else 0.0, float(evaluations)


@plain
def _aims(loss, weight, tilt, log, size, aim):
    """Factor on columns of least squares, and their target: log residuals are close to relative ones."""
    for i in range(len(loss)):
        counted = root(weight[i] * (tilt[i] * tilt[i]))
        size[i] = counted / loss[i] if log else counted
        aim[i] = counted if log else counted * loss[i]


@plain
def _starts(sizes, places, plan, chosen, options, limits, tables, tilt, target, weight, copies, work, u, to):
    """Find starts on a grid of exponents; how many to minimise from: none if the objective is too sharp.

    Of the cells are told the first setting of each term, then the setting of each term in each cell, then the
    place of each pair's product. How many were found is left in the sizes.
    """
    n, terms, (low, high, held) = sizes[0], sizes[2], limits
    cells, settings, exponents = sizes[12], sizes[13], sizes[14]
    columns, offsets = tables
    begin_, slopes_ = whole_at(places[8]), reals_at(places[9])
    pairs, most = terms * (terms + 1) // 2, max(cells, settings)
    size, aim = carray(to, (n,)), carray(ahead(to, n), (n,))
    to = ahead(to, 2 * n)
    basis, sums = carray(to, (settings, RUNS)), carray(ahead(to, settings * RUNS), (pairs + 1, most))
    to = ahead(to, settings * RUNS + (pairs + 1) * most)
    at = carray(to, (terms + 3, cells))
    to = ahead(to, (terms + 3) * cells)
    matrix, inverse = carray(to, (terms, terms, SOME)), carray(ahead(to, terms * terms * SOME), (terms, SOME))
    linear = at[:terms]
    _aims(carray(reals_at(places[6]), (n,)), weight, tilt, sizes[11], size, aim)
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
            there = amplitude > 0.0 and math.isfinite(amplitude)
            u[b, k] = log_and_inverse(amplitude)[0] if there else options[5]
        for j in range(exponents):
            u[b, terms + j] = points[chosen[b], j]
        for j in range(len(low)):
            if not held[j]:
                u[b, j] = min(max(u[b, j], low[j]), high[j])
    sizes[16], sizes[17] = found, 1
    if options[0] < math.inf:
        count = gather(columns, offsets, target, tilt, weight, copies)
        runs = (count, copies[0], copies[1], copies[2], copies[3], copies[4])
        penalty = (options[0], options[1], options[2], sizes[11])
        share = 0.0
        for b in range(found):
            share = max(share, share_within(u[b], runs, plan, penalty, work, 10.0 * options[0]))
        if share < 0.5:
            sizes[17] = 0
            return 0
    return found


def run(ints):
    """Minimise from each row of the variables (B, p), which are overwritten; or search, if there are cells.

    Targets and weights have one row, or one for each. What comes of it (B, 3) is objective, whether it
    converged, evaluations. The ends of a search are left in the room of real numbers.
    """
    sizes, places = carray(ints, (HEAD,)), carray(ahead(ints, HEAD), (PLACES,))
    n, p, features, others = sizes[0], sizes[1], sizes[3], sizes[4]
    plan, chosen, options, limits, ends, work, room, copies, together, to = _rooms(
        sizes, ints, reals_at(places[0])
    )
    tables = carray(reals_at(places[1]), (features, n)), carray(reals_at(places[2]), (others, n))
    tilt = carray(reals_at(places[3]), (n,))
    targets, weights = carray(reals_at(places[4]), (sizes[8], n)), carray(reals_at(places[5]), (sizes[9], n))
    u, out = ends
    if sizes[12] > 0:
        rows = _starts(
            sizes, places, plan, chosen, options, limits, tables, tilt, targets[0], weights[0], copies, work,
            u, to,
        )  # fmt: skip
    else:
        rows = sizes[7]
        u, out = carray(reals_at(places[6]), (rows, p)), carray(reals_at(places[7]), (rows, 3))
    _descend_rows(
        u[:rows], out[:rows], tables, targets, weights, tilt, copies, plan, options, sizes, limits, work,
        room, together,
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
    "run": (run, types.void(INT)),
    "tally": (tally, types.void(INT, PLACE, REAL)),
}
"""C functions by name, each with its signature."""
