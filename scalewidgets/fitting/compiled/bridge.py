"""The way from a model's arrays into the kernel and back."""

from __future__ import annotations

import math
import threading
from collections.abc import Generator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..logaffine import LogAffine
from ..objective import Objective
from . import machine

Array: TypeAlias = NDArray[np.float64]

LIMIT = 100
"""Most evaluations of a descent."""
LANES, BLOCK, EXTRA = 16, 1024, 5
"""Of the kernel: runs are padded to, runs in one pass, arrays of an evaluation beside the terms."""
HEAD, PLACES, OPTIONS, STARTS = 18, 10, 6, 7
"""Of the kernel: sizes, addresses, options, and most starts of a search."""
KEPT, SPARE = 500_000, 2
"""Numbers (4 MB) up to which a room is kept, and how many rooms a thread or a model keeps."""
SMALL = 50_000
"""Numbers up to which a model keeps its own room, filled: refits one by one wait for nothing else."""
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


def tally(drawn: NDArray[np.uint32], out: Array) -> None:
    """Write how often each of n places was drawn, for rows of n draws; both are C-contiguous (rows, n)."""
    sizes = np.array(out.shape, dtype=np.int64)
    machine.kernel().tally(address(sizes), address(drawn), address(out))


class Room:
    """An array of whole and one of real numbers for the kernel to work in, and where they lie."""

    def __init__(self, ints: int, reals: int) -> None:
        self.ints, self.reals = np.empty(ints, dtype=np.int64), np.empty(reals)
        self.at = (address(self.ints), address(self.reals))


_idle = threading.local()


def take(ints: int, reals: int) -> Room:
    """Room of at least these sizes, best one that was used before: fresh memory costs as much as half a fit.

    Nobody else has it until it is given back: a fit that waits for its caller keeps its own.
    """
    rooms: list[Room] = getattr(_idle, "rooms", [])
    for k, room in enumerate(rooms):
        if len(room.ints) >= ints and len(room.reals) >= reals:
            return rooms.pop(k)
    return Room(ints, reals)


def give(room: Room) -> None:
    """Let the next call have a room."""
    if len(room.reals) + len(room.ints) > KEPT:
        return
    rooms: list[Room] = getattr(_idle, "rooms", [])
    rooms.append(room)
    _idle.rooms = sorted(rooms, key=lambda one: len(one.reals))[-SPARE:]


class Frame:
    """A room filled with what every call of the kernel for a model has in common.

    Not to be shared by threads: the kernel works in it without holding them up.

    Parameters
    ----------
    model, objective, held, tolerance, polish, limit
        As for :func:`descend`.
    sizes : sequence of int
        Of a search: cells, settings, exponents, length of the last axis.
    more : int
        Real numbers that a search needs to work in.
    """

    def __init__(
        self,
        model: LogAffine,
        objective: Objective,
        held: NDArray[np.bool_],
        tolerance: float,
        polish: float,
        limit: int,
        sizes: tuple[int, int, int, int] = (0, 0, 0, 0),
        more: int = 0,
    ) -> None:
        plan, columns, offsets, tilt, places = tables(model)
        n, p, terms, features, others = model.n, model.p, len(model.level), len(columns), len(offsets)
        padded = -(-n // LANES) * LANES
        block = min(padded, BLOCK)
        delta = math.inf if objective.delta is None else objective.delta
        head = [n, p, terms, features, others, padded, block, 1, 1, 1, limit, objective.log, *sizes, 0, 0]
        options = [delta, objective.up, objective.down, tolerance, polish, model.size - 7.0]
        options += [*model.low.tolist(), *model.high.tolist()]
        self.ends = len(options)
        """Where in the real numbers the ends of a search begin."""
        work = (terms + EXTRA) * block + 6 * p + 3 * p * p + (features + others + 3) * padded
        work += p * padded + p * p if padded <= block else p * p
        room = self.room = take(
            HEAD + PLACES + len(plan) + 2 * p + STARTS + padded + 1,
            self.ends + STARTS * (p + 3) + work + more,
        )
        self.sizes, self.places, self.reals = room.ints[:HEAD], room.ints[HEAD : HEAD + PLACES], room.reals
        self.sizes[:] = head
        self.places[:4] = room.at[1], *places
        at = HEAD + PLACES + len(plan)
        room.ints[at - len(plan) : at] = plan
        room.ints[at : at + p] = held
        self.reals[: self.ends] = options
        self.at = room.at[0]
        """What the kernel is given."""
        self._kept = (columns, offsets, tilt)
        self._aimed: tuple[Array, Array, int] | None = None
        self._row: tuple[Array, Array, Array] | None = None

    def aim(self, model: LogAffine, log: bool) -> tuple[Array, int]:
        """Targets of the fit, shape (B, n) or (1, n), and where they lie."""
        target = model.log_loss if log else model.loss
        if self._aimed is None or self._aimed[0] is not target:
            rows = np.ascontiguousarray(target if target.ndim == 2 else target[None], dtype=float)
            self._aimed = target, rows, address(rows)
            self._row = None
        return self._aimed[1:]

    def row(self, model: LogAffine, log: bool) -> tuple[Array, Array, Array]:
        """Weights (n,), variables (p,) and outcome (3,) of one row, where the kernel reads and writes them.

        Kept as long as only single rows are minimised: writing down where things lie takes as long as an
        evaluation.
        """
        target = self.aim(model, log)[1]
        if self._row is None:
            n, p = model.n, model.p
            own = np.empty(n + p + 3)
            self.sizes[7:10] = 1
            at = address(own)
            self.places[4:8] = target, at, at + 8 * n, at + 8 * (n + p)
            self._row = own[:n], own[n : n + p], own[n + p :]
        return self._row

    def several(self, *places: int) -> None:
        """Say where targets, weights, variables and outcome of more rows lie."""
        self._row = None
        self.places[4:8] = places

    def forget(self) -> None:
        """Let go of the targets: a block of made-up losses is large."""
        self._aimed = None


def frame_for(
    model: LogAffine,
    objective: Objective,
    held: NDArray[np.bool_],
    tolerance: float,
    polish: float,
    limit: int,
) -> tuple[Frame, dict[Any, Frame], Any]:
    """A frame, the one that was used for the same before if nobody has it; where it belongs, by which key."""
    idle: dict[Any, Frame] = model._made.setdefault("frames", {})
    ranges = held.tobytes() + model.low.tobytes() + model.high.tobytes()
    key = (objective, tolerance, polish, limit, ranges)
    # Taking it out leaves it to nobody else, another thread least of all.
    frame = idle.pop(key, None)
    return frame or Frame(model, objective, held, tolerance, polish, limit), idle, key


def keep(frame: Frame, idle: dict[Any, Frame], key: Any) -> None:
    """Put a frame back where it was taken from, or let others have its room."""
    if len(frame.reals) <= SMALL and len(idle) < SPARE:
        idle[key] = frame
    else:
        give(frame.room)


def tables(model: LogAffine) -> tuple[tuple[int, ...], Array, Array, Array, tuple[int, ...]]:
    """Features of the terms the way the kernel wants them; made once for a model and those of other losses.

    Returns
    -------
    plan : tuple of int
        Features of term k are ``first[k]`` to ``first[k + 1]``; then what variable multiplies each one; then
        for each term the row of ``offsets`` that belongs to it, or -1.
    columns, offsets : ndarray, shape (c, n), (o, n)
    tilt : ndarray, shape (n,)
    places : tuple of int
        Addresses of the three.
    """
    made: dict[str, Any] = model._made
    if "kernel" not in made:
        n = model.n
        first, variable, offset_of = [0], list[int](), list[int]()
        lines, extra = list[Array](), list[Array]()
        for used, features, offset in model.parts():
            variable += used
            lines += [] if features is None else list(features.T)
            first.append(len(variable))
            offset_of.append(-1 if offset is None else len(extra))
            extra += [] if offset is None else [offset]
        # One array: finding out where an array lies takes a microsecond.
        rows = len(lines) + len(extra)
        whole = np.empty((rows + 1, n))
        for k, line in enumerate((*lines, *extra)):
            whole[k] = line
        whole[rows] = 1.0 if model.tilt is None else model.tilt
        at = address(whole)
        made["kernel"] = (
            (*first, *variable, *offset_of), whole[: len(lines)], whole[len(lines) : rows], whole[rows],
            (at, at + 8 * n * len(lines), at + 8 * n * rows),
        )  # fmt: skip
    found: tuple[tuple[int, ...], Array, Array, Array, tuple[int, ...]] = made["kernel"]
    return found


def is_one(model: LogAffine, start: Array, weights: Array) -> bool:
    """Whether there is one row, and so short that nobody waits for their turn."""
    return len(start) == 1 and len(weights) == 1 and model.loss.ndim == 1 and model.n <= AT_ONCE


def one(
    model: LogAffine,
    objective: Objective,
    start: Array,
    weights: Array,
    held: NDArray[np.bool_],
    tolerance: float,
    polish: float,
    limit: int,
) -> tuple[Array, Array, NDArray[np.bool_], NDArray[np.int64]]:
    """Do what :func:`descend` does for one row: what a click on a run waits for."""
    frame, idle, key = frame_for(model, objective, held, tolerance, polish, limit)
    counts, u, out = frame.row(model, objective.log)
    counts[:], u[:] = weights[0], start[0]
    machine.kernel().run(frame.at)
    value, converged, evaluations = out.tolist()
    ends = u[None].copy()
    keep(frame, idle, key)
    return ends, np.array([value]), np.array([converged == 1.0]), np.array([int(evaluations)])


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
    run = machine.kernel().run
    frame, idle, key = frame_for(model, objective, held, tolerance, polish, limit)
    batch, p, n = len(start), model.p, model.n
    ends = np.empty(batch * (p + 3))
    u, out = ends[: batch * p].reshape(batch, p), ends[batch * p :].reshape(batch, 3)
    u[:] = start
    counts = np.ascontiguousarray(weights, dtype=float)
    targets, target = frame.aim(model, objective.log)
    losses, weighed = len(targets) > 1, len(counts) > 1
    at, weight = address(ends), address(counts)
    rows = max(1, AT_ONCE // n)
    try:
        for first in range(0, batch, rows):
            some, run_by = min(rows, batch - first), 8 * n * first
            frame.sizes[7:10] = some, some if losses else 1, some if weighed else 1
            frame.several(
                target + run_by * losses, weight + run_by * weighed, at + 8 * p * first,
                at + 8 * (p * batch + 3 * first),
            )  # fmt: skip
            run(frame.at)
            yield (first + some) / batch
    finally:
        if losses:
            frame.forget()
        keep(frame, idle, key)
    return u, out[:, 0].copy(), out[:, 1] == 1.0, out[:, 2].astype(np.int64)
