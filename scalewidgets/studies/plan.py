"""Which laws a study fits: one cell for each family, choice of models and share of the run."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .families import Family
from .protocol import Protocol

MOST_CHOICES = 400
"""Choices of as many siblings that are all tried; of more, this many are drawn."""
TOGETHER, FEW = 128, 64
"""Cells that one task fits at once, and up to which it takes those of several shares of the run."""
INTERVALS = 4
"""Cells that one task takes intervals of."""


@dataclass(frozen=True)
class Cell:
    """One law of a study.

    Attributes
    ----------
    fraction : float
    chosen : tuple of int
        Positions of the models it is fitted to, smallest first.
    first : bool
        Whether it is the one that the protocol takes for this count (smallest or nearest first).
    """

    fraction: float
    chosen: tuple[int, ...]
    first: bool


def predicted(family: Family, protocol: Protocol) -> int:
    """Position of the model that is predicted."""
    return len(family.models) - 1 if protocol.target == "largest" else 0


def siblings(family: Family, protocol: Protocol) -> list[int]:
    """Positions of the others, in the order in which the protocol takes them."""
    target = predicted(family, protocol)
    others = [k for k in range(len(family.models)) if k != target]
    if protocol.choices == "nearest":
        size = family.models[target].size
        others.sort(key=lambda k: (abs(math.log(family.models[k].size / size)), k))
    return others


def counts(family: Family, protocol: Protocol) -> list[int]:
    """Numbers of siblings to fit: those asked for, or 2 to all (in steps for large families)."""
    total = len(family.models) - 1
    if protocol.model_counts is not None:
        return [count for count in protocol.model_counts if count <= total]
    step = 10 if total > 60 else total // 5 if total > 20 else 1
    return sorted({*range(2, total + 1, step), total})


def cells(family: Family, protocol: Protocol) -> list[Cell]:
    """All cells of a family: by share of the run, then count, then choice."""
    others = siblings(family, protocol)
    every = protocol.choices == "every"
    picks = []
    for count in counts(family, protocol):
        first = tuple(sorted(others[:count]))
        picks.append((first, True))
        if every:
            picks += [(pick, False) for pick in _choices(others, count, protocol.seed) if pick != first]
    return [Cell(fraction, pick, first) for fraction in protocol.fractions for pick, first in picks]


def tasks(family: Family, protocol: Protocol) -> Iterator[tuple[Cell, ...]]:
    """Cells in portions that are fitted together; a portion never depends on who works on it.

    Cells of one share of the run draw from the same checkpoints, and a map fills in share by share; so shares
    are only put together where each has next to nothing.
    """
    portion: list[Cell] = []
    few = FEW if protocol.choices == "every" else 0
    for _, group in itertools.groupby(cells(family, protocol), key=lambda cell: cell.fraction):
        share = list(group)
        if portion and len(portion) + len(share) > few and len(share) > 1:
            yield tuple(portion)
            portion = []
        portion += share
        while len(portion) > TOGETHER:
            yield tuple(portion[:TOGETHER])
            portion = portion[TOGETHER:]
    if portion:
        yield tuple(portion)


def _choices(others: list[int], count: int, seed: int) -> list[tuple[int, ...]]:
    total = math.comb(len(others), count)
    if total <= MOST_CHOICES:
        return [tuple(sorted(pick)) for pick in itertools.combinations(others, count)]
    rng = np.random.default_rng([seed, len(others), count])
    found: dict[tuple[int, ...], None] = {}
    while len(found) < MOST_CHOICES:
        found[tuple(sorted(int(k) for k in rng.choice(others, count, replace=False)))] = None
    return list(found)
