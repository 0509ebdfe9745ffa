"""What is called from outside, as C functions of pointers: :mod:`.machine` compiles them and keeps the code.

Arrays are C-contiguous, float64 unless said otherwise. ``sizes`` begins with n, p, number of terms, of
features, of offsets, padded n, length of a block; ``options`` is delta, up, down, tolerance, polish.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

import math

from numba import carray, types

from .arithmetic import log_and_inverse, plain
from .descent import EXTRA, gather, newton, rounding_floor
from .evaluate import share_within
from .projection import RUNS, SOME, STARTS, project

INT, REAL, BYTE = (types.CPointer(kind) for kind in (types.int64, types.float64, types.uint8))


@plain
def _room(p, vectors, matrices, stuck):
    gradient, pace, step, trial = vectors[0], vectors[1], vectors[2], vectors[3]
    way, there = vectors[4], vectors[5]
    return gradient, matrices[0], pace, matrices[1], matrices[2], step, trial, way, there, stuck


@plain
def _descend_rows(
    u, out, tables, targets, weights, tilt, copies, plan, penalty, limits, stopping, work, room
):
    columns, offsets = tables
    shared = len(weights) == 1 and len(targets) == 1
    count, floor = 0, 0.0
    for b in range(len(u)):
        if b == 0 or not shared:
            target = targets[b if len(targets) > 1 else 0]
            weight = weights[b if len(weights) > 1 else 0]
            count = gather(columns, offsets, target, tilt, weight, copies)
            floor = rounding_floor(copies[2], copies[4], count, float(penalty[3]))
        runs = (count, copies[0], copies[1], copies[2], copies[3], copies[4])
        value, done, evaluations = newton(
            u[b], runs, plan, penalty, limits, stopping, floor, work, room
        )  # fmt: skip
        out[b, 0], out[b, 1], out[b, 2] = value, 1.0 if done else 0.0, float(evaluations)
    return count


def descend(
    sizes_, first_, variable_, offset_of_, columns_, offsets_, tilt_, limits_, held_, options_,
    work_, vectors_, matrices_, stuck_, columns2_, offsets2_, three_, places_, targets_, weights_, u_, out_,
):  # fmt: skip
    """Minimise from each row of ``u`` (B, p), which is overwritten.

    ``sizes`` goes on with B, rows of ``targets`` (1 or B), rows of ``weights`` (1 or B), most evaluations,
    and whether residuals are logarithmic. ``out`` (B, 3) is objective, whether it converged, evaluations.
    """
    sizes = carray(sizes_, (12,))
    n, p, terms, features, others = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]
    padded, block, batch = sizes[5], sizes[6], sizes[7]
    options = carray(options_, (5,))
    limits = carray(limits_, (2, p))
    three = carray(three_, (3, padded))
    plan = (carray(first_, (terms + 1,)), carray(variable_, (features,)), carray(offset_of_, (terms,)))
    copies = (
        carray(columns2_, (features, padded)), carray(offsets2_, (others, padded)), three[0], three[1],
        three[2], carray(places_, (padded + 1,)),
    )  # fmt: skip
    room = _room(p, carray(vectors_, (6, p)), carray(matrices_, (3, p, p)), carray(stuck_, (p,)))
    _descend_rows(
        carray(u_, (batch, p)), carray(out_, (batch, 3)),
        (carray(columns_, (features, n)), carray(offsets_, (others, n))),
        carray(targets_, (sizes[8], n)), carray(weights_, (sizes[9], n)), carray(tilt_, (n,)), copies, plan,
        (options[0], options[1], options[2], sizes[11]), (limits[0], limits[1], carray(held_, (p,))),
        (options[3], sizes[10], options[4]), carray(work_, (terms + EXTRA, block)), room,
    )  # fmt: skip


def search(
    sizes_, first_, variable_, offset_of_, columns_, offsets_, tilt_, limits_, held_, options_,
    work_, vectors_, matrices_, stuck_, columns2_, offsets2_, three_, places_, targets_, weights_, u_, out_,
    shape_, begin_, which_, slopes_, points_, size_, aim_, small, basis_, sums_, cells_, some_, matrix_,
    factor_, chosen_,
):  # fmt: skip
    """Find starts on a grid of exponents, and minimise from each unless the objective is too sharp there.

    ``shape`` is cells, settings, exponents, length of the last axis (0: scattered), and takes the number of
    starts and whether they were minimised from. ``u`` (7, p) and ``out`` (7, 3) are written.
    """
    sizes = carray(sizes_, (12,))
    n, p, terms, features, others = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]
    padded, block = sizes[5], sizes[6]
    options = carray(options_, (5,))
    limits = carray(limits_, (2, p))
    low, high, held = limits[0], limits[1], carray(held_, (p,))
    three = carray(three_, (3, padded))
    plan = (carray(first_, (terms + 1,)), carray(variable_, (features,)), carray(offset_of_, (terms,)))
    columns, offsets = carray(columns_, (features, n)), carray(offsets_, (others, n))
    shape = carray(shape_, (6,))
    cells, settings, exponents = shape[0], shape[1], shape[2]
    pairs = terms * (terms + 1) // 2
    u, out, chosen = carray(u_, (STARTS, p)), carray(out_, (STARTS, 3)), carray(chosen_, (STARTS,))
    sums = carray(sums_, (pairs + 1, max(cells, settings)))
    at = carray(cells_, (terms + 2, cells))
    linear = at[:terms]
    some = carray(some_, (3 * terms + 2, SOME))
    matrix, factor = carray(matrix_, (terms, terms, SOME)), carray(factor_, (terms, terms, SOME))
    found = project(
        plan, (columns, offsets, carray(size_, (n,)), carray(aim_, (n,)), n),
        (carray(begin_, (terms + 1,)), carray(which_, (terms, cells)), carray(slopes_, (settings, exponents)),
         shape[3]),
        (carray(basis_, (settings, RUNS)), sums[pairs], sums[:pairs], some[:terms], some[terms : 2 * terms],
         some[2 * terms : 3 * terms], matrix, factor, some[3 * terms :], linear, at[terms], at[terms + 1]),
        chosen,
    )  # fmt: skip
    points = carray(points_, (cells, exponents))
    for b in range(found):
        for k in range(terms):
            amplitude = linear[k, chosen[b]]
            u[b, k] = log_and_inverse(amplitude)[0] if amplitude > 0.0 and math.isfinite(amplitude) else small
        for j in range(exponents):
            u[b, terms + j] = points[chosen[b], j]
        for j in range(p):
            if not held[j]:
                u[b, j] = min(max(u[b, j], low[j]), high[j])
    penalty = (options[0], options[1], options[2], sizes[11])
    weights, targets, tilt = carray(weights_, (1, n)), carray(targets_, (1, n)), carray(tilt_, (n,))
    copies = (
        carray(columns2_, (features, padded)), carray(offsets2_, (others, padded)), three[0], three[1],
        three[2], carray(places_, (padded + 1,)),
    )  # fmt: skip
    work = carray(work_, (terms + EXTRA, block))
    room = _room(p, carray(vectors_, (6, p)), carray(matrices_, (3, p, p)), carray(stuck_, (p,)))
    shape[4], shape[5] = found, 1
    if options[0] < math.inf:
        count = gather(columns, offsets, targets[0], tilt, weights[0], copies)
        runs = (count, copies[0], copies[1], copies[2], copies[3], copies[4])
        share = 0.0
        for b in range(found):
            share = max(share, share_within(u[b], runs, plan, penalty, work, 10.0 * options[0]))
        if share < 0.5:
            shape[5] = 0
            return
    _descend_rows(
        u[:found], out[:found], (columns, offsets), targets, weights, tilt, copies, plan, penalty,
        (low, high, held), (options[3], sizes[10], options[4]), work, room,
    )  # fmt: skip


_COMMON = (*[INT] * 4, *[REAL] * 4, BYTE, *[REAL] * 4, BYTE, *[REAL] * 3, INT, *[REAL] * 4)
_MORE = (*[INT] * 3, *[REAL] * 4, types.float64, *[REAL] * 6, INT)
ENTRIES = {"descend": (descend, types.void(*_COMMON)), "search": (search, types.void(*_COMMON, *_MORE))}
"""C functions by name, each with its signature."""
