"""The fit of several families with coefficients in common: search, check, resample, family by family."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

from . import likelihoods
from .bootstrap import unlike
from .density import best_scale
from .family_starts import joint_places
from .job import Job, fitted_model
from .joint import Joint
from .model import General, LogAffine
from .newton import rounding_floor
from .objective import Objective
from .penalty import Priors
from .priors import Prior
from .problem import Problem, data_hash
from .progress import Progress
from .resampling import Resampling
from .solve import (
    Solution,
    best_of,
    descend,
    descend_steps,
    solve,
    typical_residual,
    value_at,
)
from .starts import screened_starts
from .steps import turns

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
        scale: str | None = None,
    ) -> None:
        self.problems, self.shared = problems, shared
        super().__init__(
            whole, objective, fixed, seed, bounds=bounds, ties=ties, law=full or law, kind=kind, priors=priors
        )
        self.separate = {
            name: Job(problem, objective, fixed, seed, bounds=bounds, law=law, kind=kind)
            for name, problem in problems.items()
            if name in alone
        }
        self.scale = scale
        self.model = self._joint(shared)
        self.degrees_of: dict[str, tuple[float, Array]] = {}
        """Degrees of freedom of each family and of its resamples, where they are free and its own."""
        self.apart: float | None = None
        """Objective of all families, each with coefficients of its own, where that is no sum over them."""
        self.engine, self.free, self.draws = "numpy", self.model.is_free(fixed), np.empty((0, self.model.p))
        self.floor = float(rounding_floor(self.model, self.objective, self.model.weight[None])[0])

    def _joint(self, shared: tuple[str, ...]) -> Joint:
        law = self.problem.law
        tails = likelihoods.tails(self.scale, self.goal, bool(self.given))
        model = Joint(law, self.problems, shared, {**self.fixed, **self.bounds}, self.scale, tails)
        model.bound(self.bounds)
        return model

    def solve(self) -> Generator[Progress, None, None]:
        """Find the optimum; that without priors first, as it says how much a prior counts."""
        yield Progress(0, 1, "fit")
        yield from self._search()
        if self.scale is not None and self.model.m and len(self.separate) == len(self.problems):
            yield from self._search_apart()
        if not self.given:
            return
        self.bare, scale = self.solution, None
        if not self.goal.likelihood:
            value = max(self.bare.value, self.floor)
            scale = float(best_scale(self.objective, np.array(value), float(self.model.weight.sum())))
        self.priors = Priors(self.given, scale, self.objective)
        self.model = self.model.known(self.priors)
        here = self.bare.variables[None]
        starts = np.vstack([here, self.model.placed(here)])
        down = descend_steps(self.model, self.objective, starts, self.model.weight[None], self.free)
        ends = yield from turns(down, Progress(1, 1, "fit"))
        self.solution = best_of(self.model, self.objective, ends)

    def _search_apart(self) -> Generator[Progress, None, None]:
        """Fit families that share nothing but the scale of their residuals, or not even that."""
        model = self._joint(())
        ends = [self._variables(f, job) for f, job in enumerate(self.separate.values())]
        joint = [self.model.part(self.solution.variables[None], f) for f in range(len(ends))]
        starts = np.vstack([model.whole(np.empty((1, 0)), rows) for rows in (ends, joint)])
        free = model.is_free(self.fixed)
        down = descend_steps(model, self.objective, starts, model.weight[None], free)
        found = yield from turns(down, Progress(1, 1, "fit"))
        self.apart = best_of(model, self.objective, found).value

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
        if not self.model.m and self.scale != "all":
            rows = self.model.whole(np.empty((1, 0)), ends)
            steps = max(job.solution.iterations for job in self.separate.values())
            done = all(job.solution.converged for job in self.separate.values())
            self.solution = Solution(rows[0], value_at(self.model, self.objective, rows[0]), done, steps)
            return
        if self.model.m:
            starts = yield from self._starts(ends, pools)
        else:
            starts = self.model.whole(np.empty((1, 0)), ends)
        ones = self.model.weight[None]
        down = descend_steps(self.model, self.objective, starts, ones, self.free)
        found = yield from turns(down, Progress(count, count, "fit"))
        self.solution = best_of(self.model, self.objective, found)
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
        found = yield from turns(search, Progress(count, count, "fit"))
        natural = pooled.coefficients(found.variables[None])
        return [self._placed(part, natural.copy()) for part in self.model.models]

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
            reached = given.value
            if self.scale == "family":  # a product, not a sum
                reached = part.weight.sum() * np.log(np.maximum(reached, np.finfo(float).tiny))
            value += np.where(np.isfinite(reached), reached, np.inf)
        best = np.argsort(value, kind="stable")
        # The three ways to one trial usually meet.
        best = best[np.append(True, np.abs(np.diff(value[best])) > 1e-9 * np.abs(value[best][1:]))][:STARTS]
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
        if self.apart is not None:
            return self.apart
        return float(sum(job.solution.value for job in self.separate.values()))

    def degrees(self) -> Generator[Progress, None, None]:
        """Degrees of freedom, of all families or of each, and of every resample."""
        if self.scale == "all":
            yield from super().degrees()
            return
        optimum, here = self.solution.variables[None], self.model.weight[None]
        found: list[list[Array]] = [[] for _ in self.problems]
        first = 0
        for count, model, weights in self.resampling.blocks() if len(self.draws) else ():
            yield Progress(first, len(self.draws), "resample")
            residuals = model.residuals(self.draws[first : first + count], self.objective)
            scales = likelihoods.log_scales(self.model, residuals, weights, self.objective)
            for each, (_, nus) in zip(found, scales, strict=True):
                each.append(nus)
            first += count
        seen = likelihoods.log_scales(
            self.model, self.model.residuals(optimum, self.objective), here, self.objective
        )
        for name, (_, nu), each in zip(self.problems, seen, found, strict=True):
            self.degrees_of[name] = float(nu[0]), np.concatenate([np.empty(0), *each])
        self.nu = None

    def _places(self, count: int) -> Array:
        scale = typical_residual(self.model, self.solution.variables[None])
        return joint_places(self.model, self.problems, self.objective, self.fixed, count, self.seed, scale)

    def _off(self) -> list[tuple[str, float]]:
        if self.scale == "all":
            return super()._off()
        parts = [self.model.part(self.solution.variables[None], f)[0] for f in range(len(self.problems))]
        seen = [
            (name, unlike(model, self.objective, part))
            for name, model, part in zip(self.problems, self.model.models, parts, strict=True)
        ]
        return [(name, off) for name, off in seen if off is not None]

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
        # Heavy tails have several optima: what is an outlier in one is none in the other.
        self.one_start = job.model.affine and job.objective.nu is None

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
