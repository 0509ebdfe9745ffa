"""One fit under way: search, check, resample, verify, judge, each in small steps."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

from . import bootstrap, design
from .check import SAME, Agreement, Ending, agreement, finish_best, quasi_newton_steps
from .model import General, LogAffine, make_model
from .newton import Minimum, rounding_floor
from .objective import Objective, continuation
from .problem import Problem
from .solve import Solution, best_of, descend, model_chunk, random_starts, solve, typical_residual, value_at
from .squares import least_squares_steps

Array: TypeAlias = NDArray[np.float64]
T = TypeVar("T")

CHECKED_RESAMPLES = 8
WIDER = 2
"""Further passes over the resamples, from one another's optima, where one start is not enough."""
PACE = 0.008
"""Seconds of work after which a caller gets its turn."""


@dataclass(frozen=True)
class Progress:
    """Where a fit stands.

    Attributes
    ----------
    done, total : int
        Units of the phase: starts, resamples, checks.
    phase : str
        ``"fit"``, ``"check"``, ``"resample"`` or ``"verify"``.
    label : str
        The same as a reader sees it.
    """

    done: int
    total: int
    phase: str

    @property
    def label(self) -> str:
        """The state in words: ``250 of 1,000 resamples``."""
        what = {
            "fit": "starts",
            "check": "starts checked",
            "resample": "resamples",
            "verify": "resamples checked",
        }
        return f"{self.done:,} of {self.total:,} {what[self.phase]}"


class Job:
    """One fit under way: each phase is a generator that yields progress."""

    def __init__(
        self,
        problem: Problem,
        objective: Objective,
        fixed: Mapping[str, float],
        seed: int,
        *,
        bounds: Mapping[str, tuple[float, float]] | None = None,
        ties: Mapping[str, str] | None = None,
        law: Law | None = None,
        kind: str = "rows",
    ) -> None:
        self.problem, self.goal, self.objective = problem, objective, objective.working
        self.fixed, self.seed, self.kind = fixed, seed, kind
        self.bounds, self.ties, self.law = dict(bounds or {}), dict(ties or {}), law or problem.law
        self.model: LogAffine | General = fitted_model(problem, fixed, self.bounds)
        self.free = self.model.is_free(fixed)
        self.floor = float(rounding_floor(self.model, self.objective, self.model.weight[None])[0])
        self.solution: Solution
        self.agreement: Agreement | None = None
        self.gap: float | None = None
        self.draws = np.empty((0, self.model.p))
        self.values = np.empty(0)
        self.draws_converged = np.empty(0, dtype=bool)
        self.verified = 0
        self.resample_gap: float | None = None
        self.notes = [*problem.notes, *design.remarks(problem)]

    def solve(self) -> Generator[Progress, None, None]:
        """Find the optimum."""
        yield Progress(0, 1, "fit")
        search = solve(self.model, self.problem, self.objective, self.fixed, self.seed)
        while True:
            try:
                yield Progress(*next(search), "fit")
            except StopIteration as stop:
                self.solution = stop.value
                return

    def check(self, starts: int) -> Generator[Progress, None, None]:
        """Ask an independent solver, and take its answer where it is better."""
        staged = (
            len(continuation(self.objective, typical_residual(self.model, self.solution.variables[None]))) > 1
        )
        most = 8 if staged else 64
        count = int(np.clip(min(starts, most * 5000 // self.problem.n), min(starts, 4), starts))
        count = min(count, most) if staged else count
        places = random_starts(self.model, self.problem, self.objective, self.fixed, count, self.seed)
        endings: list[Ending] = []
        ones = self.model.weight[None]
        block = 1 if staged else model_chunk(self.model, self.objective)
        for k in range(0, count, block):
            state = Progress(k, count, "check")
            yield state
            if staged:
                one = least_squares_steps(self.model, self.objective, places[k], self.free)
                endings.append((yield from _quiet(one, state)))
                continue
            rows = quasi_newton_steps(self.model, self.objective, places[k : k + block], ones, self.free)
            endings += yield from _quiet(rows, state)
        if not staged:
            last = finish_best(self.model, self.objective, endings, ones, self.free)
            endings = yield from _quiet(last, Progress(count, count, "check"))
        seen = agreement(endings, self.solution.value, self.floor)
        if seen.best.value < self.solution.value * (1 - 1e-12) - self.floor:
            before = self.solution.value
            self._adopt(seen.best.variables)
            if before > self.solution.value * (1 + SAME) + self.floor:
                self.notes.append(
                    "The independent check found a better optimum than the search; it was taken."
                )
            seen = agreement(endings, self.solution.value, self.floor)
        self.agreement = seen
        best = max(seen.best.value, 0.0)
        difference = self.solution.value - best
        self.gap = 0.0 if abs(difference) <= self.floor else difference / max(best, self.floor)

    def _adopt(self, variables: Array) -> None:
        ones = self.model.weight[None]
        polished = descend(self.model, self.objective, variables[None], ones, self.free)
        better = best_of(self.model, self.objective, polished)
        if better.value > value_at(self.model, self.objective, variables):
            better = Solution(
                variables, value_at(self.model, self.objective, variables), True, better.iterations
            )
        if better.value < self.solution.value:
            self.solution = better

    def resample(self, total: int) -> Generator[Progress, None, None]:
        """Refit resampled runs, each from the optimum of all."""
        self.draws = np.repeat(self.solution.variables[None], total, axis=0)
        self.values = np.full(total, np.inf)
        self.draws_converged = np.zeros(total, dtype=bool)
        yield from self._pass(np.arange(total), 0, 1 if isinstance(self.model, LogAffine) else 1 + WIDER)
        if not isinstance(self.model, LogAffine):
            for k in range(1, 1 + WIDER):
                yield from self._pass(self._shuffled(k), k, 1 + WIDER)
        if np.mean(np.all(self.draws == self.solution.variables, axis=1)) > 0.01:
            self.notes.append("More than 1 % of the resamples did not move from their start.")

    def _shuffled(self, k: int) -> NDArray[np.intp]:
        return np.random.default_rng([self.seed, 6, k]).permutation(len(self.draws))

    def _pass(self, origin: NDArray[np.intp], done: int, passes: int) -> Generator[Progress, None, None]:
        """Refit all resamples from the given rows of ``draws``; keep what is better."""
        total = len(self.draws)
        starts = self.draws[origin]
        first = 0
        for count, model, weights in self._blocks(total):
            rows = slice(first, first + count)
            shown = Progress((done * total + first) // passes, total, "resample")
            yield shown
            steps = bootstrap.refit(
                model, self.model, self.objective, starts[rows], self.free, weights, self.solution.variables
            )
            ends: Minimum = yield from _quiet(steps, shown)
            better = ends.value < self.values[rows]
            self.draws[rows] = np.where(better[:, None], ends.variables, self.draws[rows])
            self.values[rows] = np.where(better, ends.value, self.values[rows])
            self.draws_converged[rows] = np.where(better, ends.converged, self.draws_converged[rows])
            first += count

    def _blocks(self, total: int) -> Iterator[tuple[int, LogAffine | General, Array]]:
        block = model_chunk(self.model, self.objective)
        return bootstrap.resampled(
            self.kind, self.model, self.objective, self.solution.variables, self.problem.rows.cluster, total,
            block, self.seed,
        )  # fmt: skip

    def verify(self, count: int) -> Generator[Progress, None, None]:
        """Refit a random sample of the resamples with the independent solver, from other starts."""
        total = len(self.draws)
        rng = np.random.default_rng([self.seed, 4])
        chosen = np.sort(rng.choice(total, count, replace=False))
        places = random_starts(self.model, self.problem, self.objective, self.fixed, count, self.seed + 5)
        seen = np.empty(count)
        first = k = 0
        staged = len(
            continuation(self.objective, typical_residual(self.model, self.solution.variables[None]))
        )
        for length, model, weights in self._blocks(total):
            rows = chosen[(chosen >= first) & (chosen < first + length)] - first
            first += length
            if not len(rows):
                continue
            part, mine = model.take(rows), weights if len(weights) == 1 else weights[rows]
            here, state = places[k : k + len(rows)], Progress(k, count, "verify")
            yield state
            if staged == 1:
                several = quasi_newton_steps(part, self.objective, here, mine, self.free)
                endings = yield from _quiet(several, state)
            else:
                endings = []
                for i, place in enumerate(here):
                    one = part.take(np.array([i])) if part is not self.model else part
                    row = mine[0] if len(mine) == 1 else mine[i]
                    steps = least_squares_steps(one, self.objective, place, self.free, row)
                    endings.append((yield from _quiet(steps, state)))
            seen[k : k + len(rows)] = [ending.value for ending in endings]
            k += len(rows)
        gaps = self._gaps(self.values[chosen], seen)
        if gaps.max() > SAME:
            # Some resamples have their best optimum away from that of all runs: start them elsewhere too.
            for extra in range(WIDER):
                yield from self._pass(self._shuffled(10 + extra), extra, WIDER)
            gaps = self._gaps(self.values[chosen], seen)
        self.verified = count
        self.resample_gap = float(gaps.max())
        if self.resample_gap > 1e-6:
            bad = int(np.sum(gaps > 1e-6))
            self.notes.append(
                f"Of {count} resamples that were checked, {bad} had a better optimum elsewhere: "
                "intervals may be a little off."
            )

    def _gaps(self, ours: Array, theirs: Array) -> Array:
        difference = ours - theirs
        return np.asarray(
            np.where(np.abs(difference) <= self.floor, 0.0, difference / np.maximum(theirs, self.floor))
        )


def _quiet(steps: Generator[None, None, T], state: Progress) -> Generator[Progress, None, T]:
    """Run the stages of independent starts; the count does not move meanwhile."""
    begun = time.perf_counter()
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            ending: T = stop.value
            return ending
        if time.perf_counter() - begun > PACE:
            yield state
            begun = time.perf_counter()


def fitted_model(
    problem: Problem, fixed: Mapping[str, float], bounds: Mapping[str, tuple[float, float]]
) -> LogAffine | General:
    """Model of a problem with its weights, and its ranges narrowed to bounds."""
    rows = problem.rows
    model = make_model(problem.law, problem.inputs, problem.loss, {**fixed, **bounds}, rows.weight, rows.tilt)
    model.bound(bounds)
    return model
