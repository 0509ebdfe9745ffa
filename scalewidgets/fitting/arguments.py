"""Arguments that every kind of fit has, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scalewidgets.errors import FitError, quoted
from scalewidgets.laws import Law

from .limits import Bounds, read_bounds, read_fixed
from .objective import Objective, make_objective
from .rows import PerRow


@dataclass(frozen=True)
class Arguments:
    """What was asked for, as the engine takes it."""

    goal: Objective
    fixed: dict[str, float]
    bounds: dict[str, tuple[float, float]]
    resamples: int
    starts: int
    seed: int
    level: float


def read_arguments(
    law: Law,
    objective: str,
    delta: float | None,
    tau: float | None,
    factor: float | None,
    nu: float | str | None,
    *,
    fixed: Mapping[str, float] | None,
    bounds: Bounds | None,
    sd: PerRow,
    resamples: int,
    starts: int,
    seed: int,
    level: float,
) -> Arguments:
    """Check arguments of a fit.

    Raises
    ------
    FitError
        If one makes no sense, with what would.
    """
    goal = make_objective(objective, delta, tau, factor, nu)
    held = read_fixed(law, fixed)
    limits = read_bounds(law, bounds, held)
    if sd is not None and not goal.log:
        raise FitError(
            f"sd= is the standard deviation of the log loss; {goal.name} takes residuals of the loss itself.",
            remedy="Choose an objective of log residuals, or give weight=.",
        )
    resamples, starts = _count("resamples", resamples), _count("starts", starts)
    seed = _count("seed", seed)
    if not (isinstance(level, int | float) and 0 < level < 1):
        raise FitError("The level of an interval lies between 0 and 1.", remedy="0.95 is 95 %.")
    return Arguments(goal, held, limits, resamples, starts, seed, float(level))


def _count(name: str, value: object) -> int:
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 0:
        return int(value)
    raise FitError(f"{name}={quoted(value)} is not a whole number of at least 0.")
