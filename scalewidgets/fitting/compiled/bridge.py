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
        first, variable, offset_of, columns, offsets, tilt = tables(model)
        n, p, terms, features, others = model.n, model.p, len(first) - 1, len(columns), len(offsets)
        padded = -(-n // LANES) * LANES
        block = min(padded, BLOCK)
        log = objective.log
        delta = math.inf if objective.delta is None else objective.delta
        sizes = [n, p, terms, features, others, padded, block, 1, 1, 1, limit, int(log)]
        self.sizes = np.array(sizes, dtype=np.int64)
        self.options = np.array([delta, objective.up, objective.down, tolerance, polish])
        self.limits = np.array([model.low, model.high])
        self.bytes = np.array([held, held], dtype=np.uint8)
        self.targets = np.ascontiguousarray(np.atleast_2d(model.log_loss if log else model.loss), dtype=float)
        rooms = [(terms + EXTRA) * block, 4 * p, 3 * p * p, features * padded, others * padded, 3 * padded]
        space, places = np.empty(sum(rooms)), np.empty(padded + 1, dtype=np.int64)
        work, vectors, matrices, kept, beside, three = cut(space, rooms)
        self._kept = (first, variable, offset_of, columns, offsets, tilt, space, places)
        stuck = address(self.bytes)
        self.addresses = [
            *(address(v) for v in (self.sizes, first, variable, offset_of, columns, offsets, tilt)),
            address(self.limits), stuck + p, address(self.options), work, vectors, matrices, stuck, kept,
            beside, three, address(places),
        ]  # fmt: skip


def cut(space: Array, rooms: Iterable[int]) -> list[int]:
    """Addresses of consecutive rooms in an array."""
    at = address(space)
    return [at + 8 * before for before in itertools.accumulate(rooms, initial=0)][:-1]


def drained(steps: Generator[object, None, T]) -> T:
    """What a generator returns in the end."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            ending: T = stop.value
            return ending


def tables(model: LogAffine) -> tuple[NDArray[Any], ...]:
    """Features of the terms the way the kernel wants them; made once for a model and those of other losses.

    Returns
    -------
    first, variable, offset_of : ndarray of int64
        Features of term k are ``first[k]`` to ``first[k + 1]``; ``variable`` is what each one multiplies,
        ``offset_of`` the row of ``offsets`` that belongs to a term, or -1.
    columns, offsets : ndarray, shape (c, n), (o, n)
    tilt : ndarray, shape (n,)
    """
    made: dict[str, Any] = model._made
    if "kernel" not in made:
        lines, offsets = model.lines()
        terms, n = len(model.level), model.n
        counts = [sum(term == k for _, term, _ in lines) for k in range(terms)]
        place = {k: row for row, (k, _) in enumerate(offsets)}
        made["kernel"] = (
            np.array(list(itertools.accumulate(counts, initial=0)), dtype=np.int64),
            np.array([j for j, _, _ in lines], dtype=np.int64),
            np.array([place.get(k, -1) for k in range(terms)], dtype=np.int64),
            np.array([line for _, _, line in lines], dtype=float).reshape(len(lines), n),
            np.array([offset for _, offset in offsets], dtype=float).reshape(len(offsets), n),
            np.ones(n) if model.tilt is None else np.ascontiguousarray(model.tilt, dtype=float),
        )
    return tuple(made["kernel"])


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
