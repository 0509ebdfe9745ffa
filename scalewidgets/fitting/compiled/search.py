"""Screen and descents in one call: from a model to its optimum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

from ..logaffine import LogAffine
from ..newton import RELATIVE_DECREASE
from ..objective import Objective
from ..screen import ENOUGH, grid_points
from ..single import POLISH
from ..solve import Solution
from . import machine
from .bridge import LIMIT, STARTS, Frame, address, give, serves, tables

Array: TypeAlias = NDArray[np.float64]

RUNS, SOME = 256, 196
"""Of the kernel: runs and cells of the screen that are handled at once."""
FOUND, THROUGH = 16, 17
"""Of its sizes: number of starts, and whether they were minimised from."""


def search(model: object, objective: Objective, fixed: Mapping[str, float]) -> Solution | None:
    """Best coefficients, as :func:`scalewidgets.fitting.solve.solve` finds them.

    ``None`` where the objective is too sharp to be minimised directly, an amplitude is fixed, or the
    table is long: the way is then the general one, its descents compiled.
    """
    if not isinstance(model, LogAffine) or not serves(model, objective) or model.n > ENOUGH:
        return None
    law, p = model.law, model.p
    if len(fixed) == p or any(name in fixed for name in law.linear):
        return None
    held = tuple((name, float(value)) for name, value in fixed.items()) if fixed else ()
    sizes, _, places = _grid(law, held, tables(model)[0])
    cells, settings, _, _ = sizes
    terms, n = len(model.level), model.n
    pairs = terms * (terms + 1) // 2
    more = 2 * n + settings * RUNS + (pairs + 1) * max(cells, settings) + (terms + 3) * cells
    more += (terms + 1) * terms * SOME
    frame = Frame(model, objective, ~model.is_free(fixed), RELATIVE_DECREASE, POLISH, LIMIT, sizes, more)
    given = [np.ascontiguousarray(v, dtype=float) for v in (model.weight, model.loss)]
    try:
        weight, losses = map(address, given)
        _, target = frame.aim(model, objective.log)
        frame.places[4:] = target, weight, losses, 0, *places
        machine.kernel().run(frame.at)
        found, through = frame.sizes[FOUND : THROUGH + 1].tolist()
        ends = frame.ends + STARTS * p
        u = frame.reals[frame.ends : ends].reshape(STARTS, p)
        out = frame.reals[ends : ends + 3 * found].tolist()
        reached = [(out[3 * b], b) for b in range(found) if math.isfinite(out[3 * b])]
        if not through or not reached:
            return None
        value, best = min(reached)
        return Solution(u[best].copy(), value, out[3 * best + 1] == 1.0, int(out[3 * best + 2]))
    finally:
        give(frame.room)


@lru_cache(maxsize=64)
def _grid(
    law: Law, fixed: tuple[tuple[str, float], ...], plan: tuple[int, ...]
) -> tuple[tuple[int, int, int, int], tuple[NDArray[Any], Array], tuple[int, int]]:
    """Cells of the screen, and the settings of exponents that each term has among them.

    Returns
    -------
    sizes : tuple of int
        Cells; settings; exponents; length of the last axis of the grid, 0 where cells are scattered.
    arrays : tuple of ndarray
        Of int64: settings of term k are ``begin[k]`` to ``begin[k + 1]``; the setting of each term in each
        cell; for each pair of terms the place of a cell's product in the table of all settings, or the cell
        if there are fewer of these. Of float64: exponents of each setting, then of each cell.
    places : tuple of int
        Addresses of the two.
    """
    axes, points = grid_points(law, dict(fixed))
    terms, (cells, exponents) = len(law.linear), points.shape
    first, variable = plan[: terms + 1], plan[terms + 1 :]
    begin, which, slopes = [0], [], []
    for k in range(terms):
        own = [j - terms for j in variable[first[k] : first[k + 1]]]
        settings, inverse = np.unique(points[:, own], axis=0, return_inverse=True)
        rows = np.zeros((len(settings), exponents))
        rows[:, own] = settings
        slopes.append(rows)
        which.append(inverse.reshape(cells))
        begin.append(begin[-1] + len(settings))
    most = max(cells, begin[-1])
    place = []
    for k in range(terms):
        place.append(which[k])
        for m in range(k + 1, terms):
            tabled = len(slopes[k]) * len(slopes[m]) <= most
            place.append(which[k] * len(slopes[m]) + which[m] if tabled else np.arange(cells))
    wide = len(axes[-1]) if axes else 0
    where = [w + begin[k] for k, w in enumerate(which)]
    whole = np.concatenate([begin, *where, *place]).astype(np.int64)
    real = np.concatenate([*(rows.ravel() for rows in slopes), points.ravel()])
    return (cells, begin[-1], exponents, wide), (whole, real), (address(whole), address(real))
