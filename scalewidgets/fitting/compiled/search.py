"""Screen and descents in one call: from a model to its optimum."""

from __future__ import annotations

import math
import threading
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
from ..starts import importance
from . import machine
from .bridge import LIMIT, Frame, address, cut, serves, tables

Array: TypeAlias = NDArray[np.float64]

KEPT = 500_000
"""Numbers that a thread keeps room for, 4 MB."""
STARTS, RUNS, SOME = 7, 256, 112
"""Of the kernel: most starts, and runs and cells of the screen that are handled at once."""


def search(model: object, objective: Objective, fixed: Mapping[str, float]) -> Solution | None:
    """Best coefficients, as :func:`scalewidgets.fitting.solve.solve` finds them.

    ``None`` where the objective is too sharp to be minimised directly, an amplitude is fixed, or the
    table is long: the way is then the general one, its descents compiled.
    """
    if not isinstance(model, LogAffine) or not serves(model, objective) or model.n > ENOUGH:
        return None
    law = model.law
    if any(name in fixed for name in law.linear) or len(fixed) == model.p:
        return None
    held = tuple((name, float(value)) for name, value in fixed.items())
    made, known, wide = _grid(law, held, tuple(tables(model)[0]))
    terms, cells = made[1].shape
    settings, exponents = made[2].shape
    frame = Frame(model, objective, ~model.is_free(fixed), RELATIVE_DECREASE, POLISH, LIMIT)
    weight = np.ascontiguousarray(model.weight, dtype=float)
    spread = importance(model)
    aim = weight if spread is None else np.sqrt(spread)
    size = aim / model.loss if objective.log else aim
    aim = aim if objective.log else aim * model.loss
    ends = np.empty(STARTS * (model.p + 3))
    u, out = ends[: STARTS * model.p].reshape(STARTS, -1), ends[STARTS * model.p :].reshape(STARTS, -1)
    shape = np.array([cells, settings, exponents, wide, 0, 0] + [0] * STARTS, dtype=np.int64)
    pairs = terms * (terms + 1) // 2
    rooms = [settings * RUNS, (pairs + 1) * max(cells, settings), (terms + 2) * cells]
    rooms += [(3 * terms + 2) * SOME, terms * terms * SOME, terms * terms * SOME]
    space = _space(sum(rooms))
    places, starts = address(shape), address(ends)
    machine.kernel().search(
        *frame.addresses, address(frame.targets), address(weight), starts, starts + 8 * STARTS * model.p,
        places, *known, address(size), address(aim), model.size - 7.0, *cut(space, rooms), places + 48,
    )  # fmt: skip
    found, through = shape[4:6].tolist()
    reached = [(value, b) for b, value in enumerate(out[:found, 0].tolist()) if math.isfinite(value)]
    if not through or not reached:
        return None
    value, best = min(reached)
    return Solution(u[best].copy(), value, bool(out[best, 1]), int(out[best, 2]))


_kept = threading.local()


def _space(size: int) -> Array:
    """Room to work in, kept by each thread: fresh memory of this size costs as much as half a search."""
    space: Array | None = getattr(_kept, "space", None)
    if space is None or len(space) < size:
        space = np.empty(size)
        _kept.space = space if size <= KEPT else None
    return space


@lru_cache(maxsize=64)
def _grid(
    law: Law, fixed: tuple[tuple[str, float], ...], plan: tuple[int, ...]
) -> tuple[tuple[NDArray[Any], NDArray[Any], Array, Array], list[int], int]:
    """Cells of the screen, and the settings of exponents that each term has among them.

    Returns
    -------
    begin : ndarray of int64, shape (terms + 1,)
        Settings of term k are ``begin[k]`` to ``begin[k + 1]``.
    which : ndarray of int64, shape (terms, cells)
        Setting of a term in a cell.
    slopes : ndarray, shape (settings, q)
    points : ndarray, shape (cells, q)
    places : list of int
        Addresses of the four.
    wide : int
        Length of the last axis of the grid, 0 where cells are scattered.
    """
    axes, points = grid_points(law, dict(fixed))
    terms, cells = len(law.linear), len(points)
    first, variable = plan[: terms + 1], plan[terms + 1 :]
    points = np.ascontiguousarray(points)
    begin, which, slopes = [0], [], []
    for k in range(terms):
        own = [j - terms for j in variable[first[k] : first[k + 1]]]
        settings, inverse = np.unique(points[:, own], axis=0, return_inverse=True)
        rows = np.zeros((len(settings), points.shape[1]))
        rows[:, own] = settings
        slopes.append(rows)
        which.append(begin[-1] + inverse.reshape(cells))
        begin.append(begin[-1] + len(settings))
    wide = len(axes[-1]) if axes else 0
    made = (np.array(begin, np.int64), np.array(which, np.int64), np.concatenate(slopes), points)
    return made, [address(array) for array in made], wide
