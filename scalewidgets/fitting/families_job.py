"""The fit of several families with coefficients in common: search, check, resample, family by family."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

from .check import quasi_newton_steps
from .density import best_scale
from .job import Job, fitted_model
from .joint import Joint, family_seed
from .model import General, LogAffine
from .newton import rounding_floor
from .objective import Objective
from .penalty import Priors
from .priors import Prior
from .problem import Problem, data_hash
from .resampling import Progress, Resampling
from .solve import (
    Solution,
    best_of,
    descend,
    descend_steps,
    solve,
    typical_residual,
    value_at,
)
from .starts import random_starts, screened_starts
from .steps import drained

Array: TypeAlias = NDArray[np.float64]

STARTS = 4
"""Starts from which all families go down together: the best of what single families and the pool suggest."""
LARGEST = 6
"""Families, the largest ones, whose own answer is tried on all."""


class FamiliesJob(Job):
    """One joint fit under way; each phase is a generator that yields progress.

    Attributes
    ----------
    separate : dict of str to Job
        The same fit of each family that can be fitted alone.
    """

    model: Joint
    staged_starts = 3

    def __init__(
        self,
        whole: Problem,
        problems: Mapping[str, Problem],
        shared: tuple[str, ...],
        objective: Objective,
        fixed: Mapping[str, float],
        seed: int,
        *,
        bounds: Mapping[str, tuple[float, float]],
        law: Law,
        kind: str,
        alone: frozenset[str],
        full: Law | None = None,
        ties: Mapping[str, str] | None = None,
        priors: Mapping[str, Prior] | None = None,
    ) -> None:
        super().__init__(
            whole, objective, fixed, seed, bounds=bounds, ties=ties, law=full or law, kind=kind, priors=priors
        )
        self.problems, self.shared = problems, shared
        self.separate = {
            name: Job(problem, objective, fixed, seed, bounds=bounds, law=law, kind=kind)
            for name, problem in problems.items()
            if name in alone
        }
        self.model = Joint(law, problems, shared, {**fixed, **self.bounds})
        self.model.bound(self.bounds)
        self.engine, self.free, self.draws = "numpy", self.model.is_free(fixed), np.empty((0, self.model.p))
        self.floor = float(rounding_floor(self.model, self.objective, self.model.weight[None])[0])

    def solve(self) -> Generator[Progress, None, None]:
        """Find the optimum; that without priors first, as it says how much a prior counts."""
        yield Progress(0, 1, "fit")
        yield from self._search()
        if not self.given:
            return
        self.bare = self.solution
        value = max(self.bare.value, self.floor)
        scale = float(best_scale(self.objective, np.array(value), float(self.model.weight.sum())))
        self.priors = Priors(self.given, scale, self.objective)
        self.model = self.model.known(self.priors)
        here = self.bare.variables[None]
        starts = np.vstack([here, self.model.placed(here)])
        down = descend_steps(self.model, self.objective, starts, self.model.weight[None], self.free)
        while True:
            try:
                next(down)
            except StopIteration as stop:
                self.solution = best_of(self.model, self.objective, stop.value)
                return
            yield Progress(1, 1, "fit")

    @property
    def unweighed(self) -> Solution:
        """The optimum that no prior has moved."""
        return self.solution if self.bare is None else self.bare

    def _search(self) -> Generator[Progress, None, None]:
        """Each family for itself, then all together from what they suggest."""
        count = len(self.problems)
        for k, job in enumerate(self.separate.values()):
            for _ in job.solve():
                yield Progress(k, count, "fit")
        pools = [] if not self.model.m else (yield from self._pool())
        ends = [
            self._variables(f, self.separate[name]) if name in self.separate else pools[f]
            for f, name in enumerate(self.problems)
        ]
        if not self.model.m:
            rows = self.model.whole(np.empty((1, 0)), ends)
            steps = max(job.solution.iterations for job in self.separate.values())
            done = all(job.solution.converged for job in self.separate.values())
            self.solution = Solution(rows[0], value_at(self.model, self.objective, rows[0]), done, steps)
            return
        starts = yield from self._starts(ends, pools)
        ones = self.model.weight[None]
        down = descend_steps(self.model, self.objective, starts, ones, self.free)
        while True:
            try:
                next(down)
            except StopIteration as stop:
                self.solution = best_of(self.model, self.objective, stop.value)
                break
            yield Progress(count, count, "fit")
        self._mend()

    def _variables(self, family: int, job: Job) -> Array:
        """Solution of one family in the joint model's variables of it, shape (1, k)."""
        natural = job.model.coefficients(job.solution.variables[None])
        return self._placed(self.model.models[family], natural)

    def _placed(self, model: LogAffine | General, natural: Array) -> Array:
        for name, value in self.fixed.items():
            natural[:, model.law.coefficient_names.index(name)] = value
        with np.errstate(all="ignore"):
            found = model.variables(natural)
        return np.clip(np.where(np.isfinite(found), found, model.low), model.low, model.high)

    def _pool(self) -> Generator[Progress, None, list[Array]]:
        """Fit all runs as one family; in the variables of each."""
        count = len(self.problems)
        pooled = fitted_model(self.problem, self.fixed, self.bounds)
        search = solve(pooled, self.problem, self.objective, self.fixed, self.seed)
        while True:
            try:
                next(search)
            except StopIteration as stop:
                natural = pooled.coefficients(stop.value.variables[None])
                return [self._placed(part, natural.copy()) for part in self.model.models]
            yield Progress(count, count, "fit")

    def _starts(self, ends: list[Array], pools: list[Array]) -> Generator[Progress, None, Array]:
        """Try shared coefficients of the pool, of single families, and their middle, on every family."""
        model, count = self.model, len(self.problems)
        shares = np.vstack([model.shared_of(row) for row in ends])
        sizes = np.array([problem.n for problem in self.problems.values()])
        largest = np.argsort(-sizes, kind="stable")[:LARGEST]
        tried = np.vstack([model.shared_of(pools[0]), np.median(shares, axis=0), shares[largest]])
        tried = np.clip(tried, model.low[: model.m], model.high[: model.m])
        # Own coefficients give way to each trial: from where they are alone, where the pool has them, and
        # where the screen would have them, as an amplitude that is zero in the others would stay there.
        trials, k = np.repeat(tried, 3, axis=0), len(tried)
        value, parts = np.zeros(3 * k), []
        for f, (part, problem) in enumerate(zip(model.models, self.problems.values(), strict=True)):
            rows = np.tile(np.vstack([ends[f], pools[f], pools[f]]), (k, 1))
            rows[:, model.shared_index] = trials
            free = part.is_free({**self.fixed, **dict.fromkeys(self.shared, 0.0)})
            natural = part.coefficients(rows)
            for row in range(2, 3 * k, 3) if part.law.linear and free.any() else ():
                yield Progress(f, count, "fit")
                held = {part.law.coefficient_names[j]: float(natural[row, j]) for j in model.shared_places}
                seen = screened_starts(part, problem, self.objective, {**self.fixed, **held})[0]
                rows[row] = np.where(free, seen, rows[row])
            given = descend(part, self.objective, rows, part.weight[None], free)
            parts.append(given.variables)
            value += np.where(np.isfinite(given.value), given.value, np.inf)
        best = np.argsort(value, kind="stable")
        # The three ways to one trial usually meet.
        best = best[np.append(True, np.abs(np.diff(value[best])) > 1e-9 * value[best][1:])][:STARTS]
        return model.whole(trials[best], [part[best] for part in parts])

    def _mend(self) -> None:
        """No family does worse alone than together: where it seems to, its own search missed the optimum."""
        for f, name in enumerate(self.problems):
            if name not in self.separate:
                continue
            job, part = self.separate[name], self.model.models[f]
            natural = part.coefficients(self.model.part(self.solution.variables[None], f))
            start = self._placed(job.model, natural)
            here = value_at(job.model, job.objective, start[0])
            if here < job.solution.value * (1 - 1e-12) - job.floor:
                found = descend(job.model, job.objective, start, job.model.weight[None], job.free)
                better = best_of(job.model, job.objective, found)
                if better.value < job.solution.value:
                    job.solution = better

    @property
    def separate_value(self) -> float:
        """Objective of all families, each fitted for itself."""
        return float(sum(job.solution.value for job in self.separate.values()))

    def _places(self, count: int) -> Array:
        scale = typical_residual(self.model, self.solution.variables[None])
        return joint_places(self.model, self.problems, self.objective, self.fixed, count, self.seed, scale)

    def _resampling(self) -> Resampling:
        return FamiliesResampling(self)


class FamiliesResampling(Resampling):
    """Resamples of every family, fitted together."""

    def __init__(self, job: FamiliesJob) -> None:
        self.joint, self.problems = job.model, job.problems
        super().__init__(
            job.model, job.problem, job.objective, dict(job.fixed), job.solution.variables, job.kind,
            job.seed, job.floor,
        )  # fmt: skip
        self.one_start = job.model.affine

    def blocks(self) -> Iterator[tuple[int, LogAffine | General, Array]]:
        """Resamples, each with as many runs of every family as it has."""
        total = len(self.draws)
        block = min(max(self.window, 2**21 // self.problem.n), total)
        clusters = [problem.rows.cluster for problem in self.problems.values()]
        yield from self.joint.resampled(
            self.kind, self.objective, self.optimum, clusters, total, block, self.seed
        )

    def places(self, count: int, seed: int) -> Array:
        """Starts of the independent solver."""
        scale = typical_residual(self.joint, self.optimum[None])
        return joint_places(self.joint, self.problems, self.objective, self.fixed, count, seed, scale)


def joint_places(
    model: Joint,
    problems: Mapping[str, Problem],
    objective: Objective,
    fixed: Mapping[str, float],
    count: int,
    seed: int,
    scale: float,
) -> Array:
    """Starts for an independent check, by the same independent solver.

    Each family goes down from random places of its own, all its coefficients free; then, the shared ones held
    at what the families make of them, its own ones again. Best ends go with best ends.
    """
    loose, own = model.models[0].is_free(fixed), model.models[0].is_free(fixed)
    own[model.shared_index] = False
    smooth = objective
    if objective.delta is not None or objective.sharp:
        smooth = Objective("huber_log", max(scale, objective.delta or 0.0), objective.up, objective.down)
    ends = []
    for part, (name, problem) in zip(model.models, problems.items(), strict=True):
        rows = random_starts(part, problem, objective, fixed, count, family_seed(seed, name))
        ends.append(_down(part, smooth, rows, loose))
    if not model.m:
        return model.whole(np.empty((count, 0)), ends)
    shares = np.stack([model.shared_of(rows) for rows in ends])
    shared = np.median(shares, axis=0)
    # Half of the starts have the middle of all families, half what one of them would have.
    picked = np.random.default_rng([seed, 10]).integers(0, len(shares), count)
    odd = np.arange(count) % 2 == 1
    shared[odd] = shares[picked[odd], 0]
    names = model.law.coefficient_names
    for f, (part, (name, problem)) in enumerate(zip(model.models, problems.items(), strict=True)):
        ends[f][:, model.shared_index] = shared
        natural = part.coefficients(ends[f])
        for k in range(count):
            # An amplitude that has gone to zero where the family was free would not come back.
            held = {**fixed, **{names[j]: float(natural[k, j]) for j in model.shared_places}}
            start = random_starts(part, problem, objective, held, 1, family_seed(seed + k, name))[0]
            ends[f][k] = np.where(own, start, ends[f][k])
        ends[f] = _down(part, smooth, ends[f], own)
    return model.whole(shared, ends)


def _down(part: LogAffine | General, objective: Objective, rows: Array, free: NDArray[np.bool_]) -> Array:
    """Where quasi-Newton takes rows of variables of one family, the best first."""
    if not free.any():
        return rows
    steps = quasi_newton_steps(part, objective, rows, part.weight[None], free)
    best_first = sorted(drained(steps), key=lambda end: end.value)
    return np.stack([end.variables for end in best_first])


def family_problem(whole: Problem, members: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Problem:
    """Problem of one family out of that of all.

    Parameters
    ----------
    whole : Problem
    members : ndarray of bool, shape (len(whole.runs),)
        Rows of the table that belong to the family.
    rows : ndarray of bool, shape (whole.n,)
        The same of the arrays.
    """
    given = whole.rows
    cluster = None
    if given.cluster is not None:
        cluster = np.unique(given.cluster[rows], return_inverse=True)[1].astype(np.intp)
    part = replace(
        given,
        weight=given.weight[rows],
        tilt=None if given.tilt is None else given.tilt[rows],
        cluster=cluster,
    )
    inputs = {name: values[rows] for name, values in whole.inputs.items()}
    said = {} if np.all(part.weight == 1.0) else {"weight": part.weight}
    said |= {} if part.tilt is None else {"sd": 1.0 / part.tilt}
    runs = whole.runs[members]
    place = np.cumsum(members) - 1
    return replace(
        whole,
        runs=runs,
        used=whole.used[members],
        order=place[whole.order[rows]],
        inputs=inputs,
        loss=whole.loss[rows],
        flops=None if whole.flops is None else whole.flops[rows],
        exclusions=tuple((label, why) for label, why in whole.exclusions if label in runs.index),
        data_hash=data_hash({**inputs, **said}, whole.loss[rows]),
        notes=(),
        rows=part,
    )
