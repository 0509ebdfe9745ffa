"""A look at the whole range of exponents for every resample: where its profile has valleys.

The amplitudes are projected out on a coarse grid, for all resamples in one matrix product with their weights,
a fifth of what refitting them costs. A resample with a second valley is refitted from there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .model import General, LogAffine
from .objective import Objective
from .problem import Problem
from .projection import Grid, basins_of, project, sums_of, sums_of_made
from .screen import ENOUGH, grid_points
from .starts import natural_to_variables

Array: TypeAlias = NDArray[np.float64]

MOST = 3
"""Valleys of a resample that are descended into, the deepest first."""
_STEP = 3
"""Of the values of an exponent that a fit is screened at every third is taken, where two span the grid: 1.6
times as large from one to the next."""


def screens(model: LogAffine | General, problem: Problem, fixed: Mapping[str, float]) -> bool:
    """Whether resamples of runs can be looked at on a grid of exponents, and cheaply."""
    law = problem.law
    return (
        type(model) is LogAffine
        and model.loss.ndim == 1
        and problem.n <= ENOUGH
        and 1 <= len(law.nonlinear) <= 2
        and not any(name in fixed for name in law.linear)
    )


def valleys_of(
    model: LogAffine, problem: Problem, objective: Objective, fixed: Mapping[str, float], weights: Array
) -> tuple[NDArray[np.intp], Array]:
    """Valleys of the profile of each resample, and where to descend into them.

    Parameters
    ----------
    model : LogAffine
        Of losses of shape (n,), or (B, n) where each resample has its own.
    weights : ndarray, shape (B, n) or (1, n)

    Returns
    -------
    count : ndarray of int, shape (B,)
        Local minima among the cells whose amplitudes are all above zero.
    starts : ndarray, shape (MOST, B, p)
        Variables at the deepest; NaN where there are no more.
    """
    law = problem.law
    axes, _ = grid_points(law, dict(fixed))
    axes = tuple(axis[::_STEP] if len(axes) == 2 else axis for axis in axes)
    points = np.stack([part.ravel() for part in np.meshgrid(*axes, indexing="ij")], axis=-1)
    grid = Grid(axes, points, gridded=True)
    counts = weights if model.tilt is None else weights * model.tilt**2
    made = model.loss.ndim > 1
    sums = (sums_of_made if made else sums_of)(law, problem.inputs, model.loss, objective, grid, counts)
    amplitudes, profile = project(sums)
    positive = np.isfinite(profile)
    for part in amplitudes:
        positive &= part > 0
    profile = np.where(positive, profile, np.inf)
    valleys = basins_of(grid, profile) & positive
    heights = np.where(valleys, profile, np.inf)
    total = profile.shape[1]
    batch = np.arange(total)
    starts = np.full((MOST, total, model.p), np.nan)
    for k, cells in enumerate(np.argsort(heights, axis=0, kind="stable")[:MOST]):
        there = batch[np.isfinite(heights[cells, batch])]
        linear = np.stack([part[cells[there], there] for part in amplitudes], axis=1)
        found = natural_to_variables(model, linear, points[cells[there]])
        starts[k, there] = np.clip(found, model.low, model.high)
    return valleys.sum(axis=0), starts
