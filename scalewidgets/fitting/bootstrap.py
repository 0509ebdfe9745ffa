"""Uncertainty by refitting resampled runs.

Runs are drawn with replacement (arXiv:2404.10102 draws 4,000 times); a resample is a row of integer
weights, so the table is never copied. Every resample is refitted from the optimum of all runs, and a
random sample of them is checked from independent starts, because intervals of resamples that never left
their start look splendid.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .model import General, LogAffine
from .newton import Minimum
from .objective import Objective
from .solve import chunk_size, descend, typical_residual

Array: TypeAlias = NDArray[np.float64]


def counts(n: int, resamples: int, seed: int) -> Iterator[Array]:
    """Blocks of integer weights, shape (b, n) each, ``resamples`` rows in all.

    The stream depends on the seed and on n alone, not on how it is cut into blocks.
    """
    rng = np.random.default_rng([seed, 0])
    block = chunk_size(n)
    for first in range(0, resamples, block):
        rows = min(block, resamples - first)
        drawn = rng.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def refit(
    model: LogAffine | General,
    objective: Objective,
    optimum: Array,
    free: NDArray[np.bool_],
    weights: Array,
) -> Minimum:
    """Fit one block of resamples from the optimum of all runs."""
    starts = np.repeat(optimum[None], len(weights), axis=0)
    return descend(model, objective, starts, weights, free, typical_residual(model, optimum[None]))


def residual_noise(residuals: Array, resamples: int, seed: int) -> Array:
    """One log residual for each resample, drawn with replacement: the scatter of a single run."""
    return np.asarray(np.random.default_rng([seed, 1]).choice(residuals, resamples))
