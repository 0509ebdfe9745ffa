"""Where a descent starts: from the screen, or from all over the declared ranges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .extended import Extended
from .model import General, LogAffine
from .objective import Objective
from .problem import Problem
from .screen import screen

Array: TypeAlias = NDArray[np.float64]


def screened_starts(
    model: LogAffine | General, problem: Problem, objective: Objective, fixed: Mapping[str, float]
) -> Array:
    """Local minima of the projected profile, and its lowest cell even if an amplitude is negative there."""
    profile = screen(model, problem.inputs, objective, fixed, importance(model))
    cells = list(profile.minima())
    lowest = int(np.argmin(profile.profile))
    if not cells or profile.profile[lowest] < 0.98 * profile.profile[cells[0]]:
        cells.append(lowest)
    return natural_to_variables(model, profile.linear[cells], profile.points[cells])


def importance(model: LogAffine | General) -> Array | None:
    """Weight of each run in least squares; ``None`` where all count the same."""
    if model.tilt is None:
        return None if np.logical_and.reduce(model.weight == 1.0) else model.weight
    return np.asarray(model.weight * model.tilt**2)


def natural_to_variables(model: LogAffine | General, linear: Array, nonlinear: Array) -> Array:
    """Variables for given linear and nonlinear coefficients; an amplitude below zero becomes small."""
    law = model.law
    both = np.hstack([linear, nonlinear])
    order = [(*law.linear, *law.nonlinear).index(name) for name in law.coefficient_names]
    with np.errstate(all="ignore"):
        variables = model.variables(both[:, order])
    if isinstance(model, LogAffine):
        small = model.size - 7.0
        starts = np.where(np.isfinite(variables), variables, small)
    else:
        starts = np.where(np.isfinite(variables), variables, np.maximum(model.low, -10.0) + 1.0)
    return model.placed(starts) if isinstance(model, Extended) else starts


def declared_starts(model: LogAffine | General, fixed: Mapping[str, float], count: int, seed: int) -> Array:
    """Latin hypercube over the declared starting ranges, in the solver's variables."""
    law = model.law
    rng = np.random.default_rng([seed, 3])
    rows = np.empty((count, len(law.coefficients)))
    for j, symbol in enumerate(law.coefficients):
        if symbol.name in fixed:
            rows[:, j] = fixed[symbol.name]
            continue
        first, last = symbol.start or (1e-3, 1e3)
        place = (rng.permutation(count) + rng.random(count)) / count
        rows[:, j] = first * (last / first) ** place if first > 0 else first + (last - first) * place
    starts = model.variables(rows)
    return model.placed(starts) if isinstance(model, Extended) else starts


def random_starts(
    model: LogAffine | General,
    problem: Problem,
    objective: Objective,
    fixed: Mapping[str, float],
    count: int,
    seed: int,
) -> Array:
    """Starts for an independent check: random cells of the screen, or the declared ranges."""
    if not model.law.linear:
        return declared_starts(model, fixed, count, seed + 1)
    profile = screen(model, problem.inputs, objective, fixed, importance(model))
    cells = np.flatnonzero(profile.positive)
    if not len(cells):
        cells = np.flatnonzero(np.isfinite(profile.profile))
    rng = np.random.default_rng([seed, 2])
    chosen = rng.choice(cells, count, replace=len(cells) < count)
    return natural_to_variables(model, profile.linear[chosen], profile.points[chosen])
