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
from ..solve import Solution, importance
from . import machine
from .bridge import LIMIT, Frame, address, cut, serves, tables

Array: TypeAlias = NDArray[np.float64]

STARTS, RUNS = 7, 256
"""Of the kernel: most starts, and runs in one pass of the screen."""


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
    first, variable, *_ = tables(model)
    held = tuple((name, float(value)) for name, value in fixed.items())
    begin, which, slopes, points, wide = _grid(law, held, tuple(first.tolist()), tuple(variable.tolist()))
    terms, cells = which.shape
    settings, exponents = slopes.shape
    frame = Frame(model, objective, ~model.is_free(fixed), RELATIVE_DECREASE, POLISH, LIMIT)
    weight = np.ascontiguousarray(model.weight, dtype=float)
    spread = importance(model)
    aim = np.ones(model.n) if spread is None else np.sqrt(spread)
    size = aim / model.loss if objective.log else aim
    aim = aim if objective.log else aim * model.loss
    u, out = np.empty((STARTS, model.p)), np.empty((STARTS, 3))
    shape = np.array([cells, settings, exponents, wide, 0, 0], dtype=np.int64)
    pairs = terms * (terms + 1) // 2
    rooms = [settings * RUNS, (pairs + 1) * max(cells, settings), (3 * terms + 2) * cells]
    rooms += [terms * terms * cells] * 2
    space = np.empty(sum(rooms))
    chosen = np.empty(STARTS, dtype=np.int64)
    machine.kernel().search(
        *frame.addresses, *(address(v) for v in (frame.targets, weight, u, out)),
        *(address(v) for v in (shape, begin, which, slopes, points, size, aim)), model.size - 7.0,
        *cut(space, rooms), address(chosen),
    )  # fmt: skip
    found, through = shape[4:].tolist()
    ends = [(value, b) for b, value in enumerate(out[:found, 0].tolist()) if math.isfinite(value)]
    if not through or not ends:
        return None
    value, best = min(ends)
    return Solution(u[best].copy(), value, bool(out[best, 1]), int(out[best, 2]))


@lru_cache(maxsize=64)
def _grid(
    law: Law, fixed: tuple[tuple[str, float], ...], first: tuple[int, ...], variable: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any], Array, Array, int]:
    """Cells of the screen, and the settings of exponents that each term has among them.

    Returns
    -------
    begin : ndarray of int64, shape (terms + 1,)
        Settings of term k are ``begin[k]`` to ``begin[k + 1]``.
    which : ndarray of int64, shape (terms, cells)
        Setting of a term in a cell.
    slopes : ndarray, shape (settings, q)
    points : ndarray, shape (cells, q)
    wide : int
        Length of the last axis of the grid, 0 where cells are scattered.
    """
    axes, points = grid_points(law, dict(fixed))
    terms, cells = len(first) - 1, len(points)
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
    return np.array(begin, np.int64), np.array(which, np.int64), np.concatenate(slopes), points, wide
