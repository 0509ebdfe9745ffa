"""A long table is fitted through samples of itself.

The optimum of a sample lies close to that of the table and costs next to nothing. From there Newton's method
needs four looks at the whole table, not nine.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .logaffine import LogAffine
from .newton import minimise_steps
from .objective import Objective
from .steps import drained

Array: TypeAlias = NDArray[np.float64]

SMALLEST, FACTOR = 5_000, 12
"""Runs of the first sample, and how many times as long each next one is."""
ROUGH = 1e-9
"""Relative decrease at which a sample is done: its optimum is not the table's anyway."""


def samples(model: LogAffine, seed: int) -> list[LogAffine]:
    """Models of ever larger samples of the runs, smallest first; none for a short table.

    The samples are drawn, not taken at a stride: rows of a table come sorted, and checkpoints in periods.
    """
    models: list[LogAffine] = []
    size = SMALLEST
    if size * FACTOR > model.n:
        return models
    rng = np.random.default_rng([seed, 5])
    while size * FACTOR <= model.n:
        models.append(model.some_runs(np.sort(rng.choice(model.n, size, replace=False, shuffle=False))))
        size *= FACTOR
    return models


def nearer(
    model: LogAffine, objective: Objective, starts: Array, free: NDArray[np.bool_], seed: int
) -> Array:
    """Move starts to the optimum of the largest sample, by way of the smaller ones.

    Starts that end in one place are one start from there on: what remains is shape (B, p) with B at most that
    of `starts`.
    """
    for sample in samples(model, seed):
        steps = minimise_steps(sample, objective, starts, sample.weight[None], free, tolerance=ROUGH)
        found = drained(steps)
        starts = _distinct(found.variables, found.value)
    return starts


def _distinct(variables: Array, value: Array) -> Array:
    """Rows in order of their objective, without those that repeat a better one."""
    order = np.argsort(np.where(np.isfinite(value), value, np.inf), kind="stable")
    kept: list[int] = []
    for row in order:
        if not any(np.allclose(variables[row], variables[k], rtol=1e-4, atol=1e-4) for k in kept):
            kept.append(int(row))
    return variables[kept]
