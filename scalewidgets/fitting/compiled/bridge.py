"""The way from a model's arrays into the kernel and back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Iterable
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..logaffine import LogAffine
from ..objective import Objective
from . import machine

Array: TypeAlias = NDArray[np.float64]
T = TypeVar("T")

LIMIT = 100
"""Most evaluations of a descent."""
LANES, BLOCK, EXTRA = 16, 1024, 5
"""Of the kernel: runs are padded to, runs in one pass, arrays of an evaluation beside the terms."""
HEAD, OPTIONS = 12, 5
"""Of the kernel: sizes, and options."""
AT_ONCE = 150_000
"""Rows times runs of one call: a caller gets its turn after a few milliseconds."""


def serves(model: object, objective: Objective) -> bool:
    """Whether the kernel minimises this objective of this model."""
    return (
        type(model) is LogAffine
        and model.engine == "compiled"
        and type(objective) is Objective
        and objective.nu is None
        and not objective.sharp
    )


def address(array: NDArray[Any]) -> int:
    """Where the first number of an array lies."""
    place: int = array.__array_interface__["data"][0]
    return place


class Frame:
    """Arguments that every call of the kernel for a model has in common, and room to work in.

    Not to be shared by threads: the kernel works in it without holding them up.
    """

    def __init__(
        self,
        model: LogAffine,
        objective: Objective,
        held: NDArray[np.bool_],
        tolerance: float,
        polish: float,
        limit: int,
    ) -> None:
        plan, columns, offsets, tilt, fixed_places = tables(model)
        n, p, terms, features, others = model.n, model.p, len(model.level), len(columns), len(offsets)
        padded = -(-n // LANES) * LANES
        block = min(padded, BLOCK)
        log = objective.log
        delta = math.inf if objective.delta is None else objective.delta
        # Few arrays, cut into pieces: making one costs as much as an evaluation.
        head = [n, p, terms, features, others, padded, block, 1, 1, 1, limit, int(log), *plan]
        self.sizes = np.empty(len(head) + padded + 1, dtype=np.int64)
        self.sizes[: len(head)] = head
        self.options = np.array(
            [delta, objective.up, objective.down, tolerance, polish, *model.low, *model.high]
        )
        self.bytes = np.array([held, held], dtype=np.uint8)
        target = model.log_loss if log else model.loss
        self.targets = np.ascontiguousarray(target if target.ndim == 2 else target[None], dtype=float)
        rooms = [(terms + EXTRA) * block, 6 * p, 3 * p * p, features * padded, others * padded, 3 * padded]
        space = np.empty(sum(rooms))
        work, vectors, matrices, kept, beside, three = cut(space, rooms)
        sizes, options = address(self.sizes), address(self.options)
        first = sizes + 8 * HEAD
        variable, offset_of = first + 8 * (terms + 1), first + 8 * (terms + 1 + features)
        places, limits = sizes + 8 * len(head), options + 8 * OPTIONS
        self._kept = (columns, offsets, tilt, space)
        stuck = address(self.bytes)
        self.addresses = [
            sizes, first, variable, offset_of, *fixed_places, limits, stuck + p, options, work, vectors,
            matrices, stuck, kept, beside, three, places,
        ]  # fmt: skip


def cut(space: NDArray[Any], rooms: Iterable[int]) -> list[int]:
    """Addresses of consecutive rooms in an array."""
    at = address(space)
    return [at + 8 * before for before in itertools.accumulate(rooms, initial=0)][:-1]


def tables(model: LogAffine) -> tuple[list[int], Array, Array, Array, list[int]]:
    """Features of the terms the way the kernel wants them; made once for a model and those of other losses.

    Returns
    -------
    plan : list of int
        Features of term k are ``first[k]`` to ``first[k + 1]``; then what variable multiplies each one; then
        for each term the row of ``offsets`` that belongs to it, or -1.
    columns, offsets : ndarray, shape (c, n), (o, n)
    tilt : ndarray, shape (n,)
    places : list of int
        Addresses of the three.
    """
    made: dict[str, Any] = model._made
    if "kernel" not in made:
        n, parts = model.n, model.parts()
        first, variable, offset_of = [0], list[int](), list[int]()
        lines, extra = list[Array](), list[Array]()
        for used, features, offset in parts:
            variable += used
            lines += [] if features is None else list(features.T)
            first.append(len(variable))
            offset_of.append(-1 if offset is None else len(extra))
            extra += [] if offset is None else [offset]
        plan = [*first, *variable, *offset_of]
        columns, offsets = (np.array(rows, dtype=float).reshape(-1, n) for rows in (lines, extra))
        tilt = np.ones(n) if model.tilt is None else np.ascontiguousarray(model.tilt, dtype=float)
        made["kernel"] = (plan, columns, offsets, tilt, [address(v) for v in (columns, offsets, tilt)])
    found: tuple[list[int], Array, Array, Array, list[int]] = made["kernel"]
    return found


def descend(
    model: LogAffine,
    objective: Objective,
    start: Array,
    weights: Array,
    held: NDArray[np.bool_],
    tolerance: float,
    polish: float,
    limit: int,
) -> Generator[float, None, tuple[Array, Array, NDArray[np.bool_], NDArray[np.int64]]]:
    """Do what ``newton.minimise_steps`` does; yields the share of the rows that are done."""
    run = machine.kernel().descend
    frame = Frame(model, objective, held, tolerance, polish, limit)
    u = np.array(start, dtype=float, order="C")
    counts = np.ascontiguousarray(weights, dtype=float)
    targets, sizes = frame.targets, frame.sizes
    batch, out = len(u), np.empty((len(u), 3))
    rows = max(1, AT_ONCE // model.n)
    for first in range(0, batch, rows):
        part = slice(first, min(first + rows, batch))
        some = [v if len(v) == 1 else v[part] for v in (targets, counts)]
        sizes[7:10] = part.stop - first, len(some[0]), len(some[1])
        run(*frame.addresses, *(address(v) for v in (*some, u[part], out[part])))
        yield part.stop / batch
    return u, np.ascontiguousarray(out[:, 0]), out[:, 1] == 1.0, out[:, 2].astype(np.int64)
