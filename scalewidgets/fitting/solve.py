"""The best coefficients: starts, descent, and the same again for every resample."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from .continuation import LEAP, STEP, continuation, predicted
from .extended import Extended
from .model import General, LogAffine
from .moments import median
from .newton import Minimum, minimise_steps
from .objective import Objective
from .problem import Problem
from .squares import least_squares_steps
from .starts import declared_starts, random_starts, screened_starts
from .steps import drained, retold, turns
from .thinning import nearer
from .valleys import along_valleys, doubtful

Array: TypeAlias = NDArray[np.float64]
T = TypeVar("T")

NEWTON_STARTS, TRUSTED_STARTS, MEETING = 48, 8, 12
"""Starts for a law that cannot be screened: by Newton, and by SciPy's trust region unless so many meet."""
ROUGH = 1e-12
"""Relative decrease at which an objective on the way is good enough. Landing roughly (1e-6) loses the way."""
LOOKED_AT = 20_000
"""Runs that tell how large a typical residual is."""
FURTHER, POLISHED = 24, 3
"""Starts that are tried besides where an optimum is in doubt, and how many of their ends are refined."""
PATIENCE = 1000
"""Evaluations for rows that have not arrived after the usual number."""
NEARER = 30.0
"""By how much the first penalty is sharper for a start that is near, where the last one has a kink."""
CHUNK = 30_000
"""Rows times runs handled at once: stays in cache, below BLAS's threading, and near 15 ms.

That is why no library limits the threads: on two cores 4,000 resamples of 240 runs take a tenth more CPU with
BLAS left alone than with one thread; a resample of 1e5 runs takes 12.5 to 13.4 ms either way.
"""
WIDER = 8
"""Times as many for a model that evaluates its rows in blocks itself: an evaluation of these takes 4 ms, and
what is done to all rows around it is done less often."""


@dataclass(frozen=True)
class Solution:
    """Best row of variables, its objective, and how it was reached."""

    variables: Array
    value: float
    converged: bool
    iterations: int


def solve(
    model: LogAffine | General, problem: Problem, objective: Objective, fixed: Mapping[str, float], seed: int
) -> Generator[tuple[int, int], None, Solution]:
    """Search globally and refine. Yields ``(done, total)`` between chunks of work."""
    free = model.is_free(fixed)
    ones = model.weight[None]
    scale = None
    if model.law.linear:
        starts = screened_starts(model, problem, objective, fixed)
        if type(model) is LogAffine:
            scale = typical_residual(model, starts)
            if len(continuation(objective, scale)) == 1:
                closer = nearer(model, objective, starts, free, seed)
                starts, scale = closer, scale if closer is starts else None
    else:
        starts = yield from _multistart(model, objective, fixed, seed)
    best = yield from _lowest(model, objective, starts, ones, free, scale)
    if model.law.linear and doubtful(model, best.variables, best.converged, best.iterations, free):
        count = int(np.clip(FURTHER * 5000 // problem.n, 4, FURTHER))
        further = random_starts(model, problem, objective, fixed, count, seed)
        sketch = minimise_steps(model, objective, further, ones, free, tolerance=1e-6, limit=60)
        if not objective.sharp:
            ends = yield from turns(sketch, (0, 1))
            further = ends.variables[np.argsort(ends.value, kind="stable")]
        around = along_valleys(model, objective, best.variables, best.value, ones, free)
        other = yield from _lowest(model, objective, np.vstack([further[:POLISHED], around]), ones, free)
        if other.value < best.value * (1 - 1e-13):
            best = other
    return best


def _lowest(
    model: LogAffine | General,
    objective: Objective,
    starts: Array,
    ones: Array,
    free: NDArray[np.bool_],
    scale: float | None = None,
) -> Generator[tuple[int, int], None, Solution]:
    steps = descend_steps(model, objective, starts, ones, free, scale)
    ends = yield from turns(steps, (0, 1))
    return best_of(model, objective, ends)


def _multistart(
    model: LogAffine | General, objective: Objective, fixed: Mapping[str, float], seed: int
) -> Generator[tuple[int, int], None, Array]:
    """Descend from all over the declared starting ranges; give the best few ends."""
    free = model.is_free(fixed)
    total = NEWTON_STARTS + TRUSTED_STARTS
    starts = declared_starts(model, fixed, total, seed)
    # Newton on the smoothest member of the family: the last objective is for the few that are left.
    size = typical_residual(model, starts)
    first = continuation(objective, size)[0]
    if first.nu is not None:
        first = Objective("huber_log", size)
    ends = []
    block = min(24, model_chunk(model, objective))
    for k in range(0, NEWTON_STARTS, block):
        yield k, total
        part = starts[k : min(k + block, NEWTON_STARTS)]
        descent = minimise_steps(model, first, part, model.weight[None], free)
        ends.append((yield from turns(descent, (k, total))).variables)
    reached = np.array([value_at(model, first, row) for row in np.vstack(ends)])
    alike = np.count_nonzero(reached <= np.nanmin(reached) * (1 + 1e-8))
    # Where many starts meet at the best place, the slower way has nothing to add.
    for k in range(NEWTON_STARTS, NEWTON_STARTS if alike >= MEETING else total):
        steps = least_squares_steps(model, first, starts[k], free)
        yield k, total
        ends.append((yield from turns(steps, (k, total))).variables[None])
    found = np.vstack(ends)
    values = np.array([value_at(model, objective, row) for row in found])
    return found[np.argsort(np.where(np.isfinite(values), values, np.inf), kind="stable")[:4]]


def best_of(model: LogAffine | General, objective: Objective, minimum: Minimum) -> Solution:
    """Pick the best row, by the objective summed exactly."""
    values = [value_at(model, objective, row) for row in minimum.variables]
    best = int(np.argmin(np.where(np.isfinite(values), values, np.inf)))
    return Solution(
        minimum.variables[best], values[best], bool(minimum.converged[best]), int(minimum.iterations[best])
    )


def value_at(model: LogAffine | General, objective: Objective, variables: Array) -> float:
    """Objective at one row of variables."""
    if isinstance(model, Extended):
        return model.exact(variables, objective)
    with np.errstate(all="ignore"):
        residuals = model.residuals(variables[None], objective)[0]
    return objective.total(residuals, model.weight) if np.all(np.isfinite(residuals)) else np.inf


def descend_steps(
    model: LogAffine | General,
    objective: Objective,
    starts: Array,
    weights: Array,
    free: NDArray[np.bool_],
    scale: float | None = None,
    window: int | None = None,
    hopeful: Array | None = None,
) -> Generator[float, None, Minimum]:
    """Refine rows of variables; through easier objectives first where the last one is too sharp.

    Yields the share that is done, after each evaluation.

    Parameters
    ----------
    scale : float, optional
        Typical log residual; by default that of the best start.
    window : int, optional
        Rows that are handled at once; by default all.
    hopeful : ndarray, shape (B,), optional
        Objectives above which a row that ran out of steps is left where it is.
    """
    if not free.any():
        values = np.array([value_at(model, objective, row) for row in starts])
        return Minimum(starts, values, np.ones(len(starts), dtype=bool), np.ones(len(starts), dtype=np.int64))
    scale = typical_residual(model, starts) if scale is None else scale
    if len(continuation(objective, scale)) == 1:
        minimum = yield from minimise_steps(model, objective, starts, weights, free, window=window)
        yield from _persist(model, objective, minimum, weights, free, window, hopeful)
        return minimum
    minimum = yield from _staged(model, objective, starts, weights, free, scale, window, LEAP)
    lost = np.flatnonzero(~minimum.converged)
    if len(lost):
        # A path with a sharp turn: once more in small steps.
        part, w = model.take(lost), weights if len(weights) == 1 else weights[lost]
        again = yield from _staged(part, objective, starts[lost], w, free, scale, window, STEP)
        better = again.value < minimum.value[lost]
        won = lost[better]
        minimum.variables[won], minimum.value[won] = again.variables[better], again.value[better]
        minimum.converged[lost] = again.converged
        minimum.iterations[lost] += again.iterations
        if not objective.sharp:
            yield from _persist(model, objective, minimum, weights, free, window, hopeful)
    return minimum


def nearby(objective: Objective, scale: float) -> float:
    """Typical residual to state for starts near an optimum, so that :func:`descend_steps` keeps them.

    Through the easiest objectives all starts end at one place: what was known of the last one is lost.
    """
    if objective.sharp:
        return scale / NEARER
    return scale if objective.delta is None else min(scale, 5.0 * objective.delta)


def _persist(
    model: LogAffine | General,
    objective: Objective,
    minimum: Minimum,
    weights: Array,
    free: NDArray[np.bool_],
    window: int | None,
    hopeful: Array | None = None,
) -> Generator[float, None, None]:
    """Go on where rows ran out of steps: along a valley to a bound each step is cut short by a kink."""
    lost = np.flatnonzero(~minimum.converged & (minimum.value < (np.inf if hopeful is None else hopeful)))
    if not len(lost):
        return
    part, w = model.take(lost), weights if len(weights) == 1 else weights[lost]
    steps = minimise_steps(part, objective, minimum.variables[lost], w, free, limit=PATIENCE, window=window)
    again = yield from shares(steps, 0, 1)
    better = again.value <= minimum.value[lost]
    won = lost[better]
    minimum.variables[won], minimum.value[won] = again.variables[better], again.value[better]
    minimum.converged[won] = again.converged[better]
    minimum.iterations[lost] += again.iterations


def _staged(
    model: LogAffine | General,
    objective: Objective,
    starts: Array,
    weights: Array,
    free: NDArray[np.bool_],
    scale: float,
    window: int | None,
    factor: float,
) -> Generator[float, None, Minimum]:
    """Descend through all the stages, delta falling by a factor each time."""
    stages = continuation(objective, scale, factor)
    variables, iterations = starts, np.zeros(len(starts), dtype=np.int64)
    for k, stage in enumerate(stages[:-1]):
        # Only the way there: a rough landing is enough to start the next one from.
        steps = minimise_steps(model, stage, variables, weights, free, tolerance=ROUGH, window=window)
        minimum = yield from shares(steps, k, len(stages))
        variables, iterations = minimum.variables, iterations + minimum.iterations
        if factor > STEP:
            ahead = predicted(model, stage, stages[k + 1], variables, weights, free, window)
            variables = yield from shares(ahead, k, len(stages))
    steps = minimise_steps(model, stages[-1], variables, weights, free, window=window)
    minimum = yield from shares(steps, len(stages) - 1, len(stages))
    iterations += minimum.iterations
    # The last stage stands in for the objective: take the value of what was asked for.
    if isinstance(model, Extended):
        values = model.values(minimum.variables, weights, objective)
    else:
        values = objective.values(model.residuals(minimum.variables, objective), weights)
    return Minimum(minimum.variables, values, minimum.converged, iterations)


def shares(steps: Generator[float | None, None, T], k: int, stages: int) -> Generator[float, None, T]:
    """Pass on the share that is done of stage ``k`` as a share of all stages."""
    return (yield from retold(steps, lambda share: (k + (share or 0.0)) / stages))


def descend(
    model: LogAffine | General,
    objective: Objective,
    starts: Array,
    weights: Array,
    free: NDArray[np.bool_],
) -> Minimum:
    """Drain :func:`descend_steps`."""
    return drained(descend_steps(model, objective, starts, weights, free))


def typical_residual(model: LogAffine | General, starts: Array) -> float:
    """Median absolute log residual of the best of some starts."""
    if isinstance(model, LogAffine) and model.loss.ndim == 1 and model.n > LOOKED_AT:
        model = model.some_runs(np.arange(0, model.n, 1 + model.n // LOOKED_AT))
    with np.errstate(all="ignore"):
        log_loss = model.log_loss if isinstance(model, LogAffine) else np.log(model.loss)
        left = np.abs(log_loss - np.log(model.value(starts)))
    sizes = [size for size in map(median, left) if math.isfinite(size)]
    return max(min(sizes), 1e-9) if sizes else 1e-2


def model_chunk(model: LogAffine | General, objective: Objective) -> int:
    """Rows of variables to handle at once: a general law costs more, a sharp objective takes longer."""
    size = CHUNK if isinstance(model, LogAffine) else CHUNK // 2
    size *= WIDER if type(model) is LogAffine else 1
    if objective.sharp or objective.nu is not None or (objective.delta or 1.0) < 3e-4:
        size //= 4
    # Families are handled one by one.
    return max(1, size // getattr(model, "typical_n", len(model.loss)))
