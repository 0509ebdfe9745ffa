"""Uncertainty by refitting resampled runs.

Runs are drawn with replacement (arXiv:2404.10102 draws 4,000 times); a resample is a row of integer
weights, so the table is never copied. Every resample is refitted from the optimum of all runs, and a
random sample of them is checked from independent starts, because intervals of resamples that never left
their start look splendid.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .model import General, LogAffine
from .newton import Minimum
from .objective import Objective
from .solve import descend_steps, typical_residual

Array: TypeAlias = NDArray[np.float64]


def counts(n: int, resamples: int, block: int, seed: int) -> Iterator[Array]:
    """Blocks of integer weights, shape (block, n) each, ``resamples`` rows in all.

    The stream depends on the seed and on n alone, not on how it is cut into blocks.
    """
    rng = np.random.default_rng([seed, 0])
    for first in range(0, resamples, block):
        rows = min(block, resamples - first)
        drawn = rng.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def refit(
    model: LogAffine | General,
    objective: Objective,
    starts: Array,
    free: NDArray[np.bool_],
    weights: Array,
    optimum: Array,
) -> Generator[None, None, Minimum]:
    """Fit one block of resamples; yields between the stages of a continuation."""
    scale = typical_residual(model, optimum[None])
    return (yield from descend_steps(model, objective, starts, weights, free, scale))


def residual_noise(residuals: Array, resamples: int, seed: int) -> Array:
    """One log residual for each resample, drawn with replacement: the scatter of a single run."""
    return np.asarray(np.random.default_rng([seed, 1]).choice(residuals, resamples))
