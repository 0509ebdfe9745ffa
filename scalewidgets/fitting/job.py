"""One fit under way: search, check, resample, verify, judge, each in small steps."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import bootstrap, design
from .certificate import Certificate, Status
from .check import SAME, Agreement, Ending, agreement, least_squares_steps
from .model import General, LogAffine, make_model
from .newton import Minimum, rounding_floor
from .objective import Objective, continuation
from .problem import Problem
from .result import Fit
from .solve import Solution, best_of, descend, model_chunk, random_starts, solve, typical_residual, value_at

Array: TypeAlias = NDArray[np.float64]

CHECKED_RESAMPLES = 8
WIDER = 2
"""Further passes over the resamples, from one another's optima, where one start is not enough."""
STOPPED = "the next step promised less than 1e-14 of the objective"


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

    def __init__(self, problem: Problem, objective: Objective, fixed: Mapping[str, float], seed: int) -> None:
        self.problem, self.objective, self.fixed, self.seed = problem, objective, fixed, seed
        self.model: LogAffine | General = make_model(problem.law, problem.inputs, problem.loss, fixed)
        self.free = self.model.is_free(fixed)
        self.floor = float(rounding_floor(self.model, objective, np.ones((1, problem.n)))[0])
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
        endings = []
        for k, place in enumerate(places):
            yield Progress(k, count, "check")
            steps = least_squares_steps(self.model, self.objective, place, self.free)
            endings.append((yield from _quiet(steps, Progress(k, count, "check"))))
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
        ones = np.ones((1, self.problem.n))
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
        block = model_chunk(self.model, self.objective)
        first = 0
        for weights in bootstrap.counts(self.problem.n, total, block, self.seed):
            rows = slice(first, first + len(weights))
            shown = Progress((done * total + first) // passes, total, "resample")
            yield shown
            steps = bootstrap.refit(
                self.model, self.objective, starts[rows], self.free, weights, self.solution.variables
            )
            while True:
                try:
                    next(steps)
                except StopIteration as stop:
                    ends: Minimum = stop.value
                    break
                yield shown
            better = ends.value < self.values[rows]
            self.draws[rows] = np.where(better[:, None], ends.variables, self.draws[rows])
            self.values[rows] = np.where(better, ends.value, self.values[rows])
            self.draws_converged[rows] = np.where(better, ends.converged, self.draws_converged[rows])
            first += len(weights)

    def verify(self, count: int) -> Generator[Progress, None, None]:
        """Refit a random sample of the resamples with the independent solver, from other starts."""
        total = len(self.draws)
        rng = np.random.default_rng([self.seed, 4])
        chosen = np.sort(rng.choice(total, count, replace=False))
        places = random_starts(self.model, self.problem, self.objective, self.fixed, count, self.seed + 5)
        seen = np.empty(count)
        first = k = 0
        block = model_chunk(self.model, self.objective)
        for weights in bootstrap.counts(self.problem.n, total, block, self.seed):
            for row in chosen[(chosen >= first) & (chosen < first + len(weights))]:
                yield Progress(k, count, "verify")
                steps = least_squares_steps(
                    self.model, self.objective, places[k], self.free, weights[row - first]
                )
                seen[k] = (yield from _quiet(steps, Progress(k, count, "verify"))).value
                k += 1
            first += len(weights)
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

    def result(self, level: float) -> Fit:
        """Put everything together."""
        problem, model, law = self.problem, self.model, self.problem.law
        names = law.coefficient_names
        variables = self.solution.variables
        coefficients = dict(zip(names, map(float, model.coefficients(variables[None])[0]), strict=True))
        coefficients.update(self.fixed)
        draws = model.coefficients(self.draws) if len(self.draws) else np.empty((0, len(names)))
        for name, value in self.fixed.items():
            draws[:, names.index(name)] = value
        fitted = law.value(problem.inputs, coefficients)
        residuals = np.log(problem.loss) - np.log(fitted)
        on_bound = self._on_bound()
        loose = self.free & ~np.isin(design.variable_names(model), list(on_bound))
        seen = design.identifiability(model, self.objective, variables, loose)
        intervals = {
            name: tuple(map(float, np.quantile(draws[:, j], (0.025, 0.975))))
            for j, name in enumerate(names)
            if len(draws) and name not in self.fixed
        }
        status, reason = self._judge(on_bound, seen, coefficients, intervals)
        certificate = _certificate(problem, self.objective, self.fixed, self.seed)
        certificate = replace(
            certificate,
            gap=self.gap,
            starts=self.agreement.starts if self.agreement else 0,
            agreeing=self.agreement.agreeing if self.agreement else 0,
            basins=self.agreement.basins if self.agreement else 0,
            iterations=self.solution.iterations,
            stopping=STOPPED if self.solution.converged else "no step lowered the objective any further",
            condition=seen.condition,
            exponent_errors=dict(seen.errors),
            resamples=len(draws),
            resamples_converged=int(self.draws_converged.sum()),
            resamples_checked=self.verified,
            resample_gap=self.resample_gap,
            notes=tuple(self.notes),
        )
        noise = bootstrap.residual_noise(residuals, len(draws), self.seed)
        labels = np.argsort(problem.order)
        series = pd.Series(
            residuals[labels], index=problem.runs.index[problem.used], name="residual", dtype=float
        )
        reach = {name: (float(v.min()), float(v.max())) for name, v in problem.inputs.items()}
        if problem.flops is not None and np.isfinite(problem.flops).all():
            reach["C"] = (float(problem.flops.min()), float(problem.flops.max()))
        for array in (draws, noise, problem.used):
            array.setflags(write=False)
        return Fit(
            law, coefficients, self.objective.total(self.objective.residuals(problem.loss, fitted)),
            status, reason, certificate, draws, noise, series, problem.used, problem.runs, level, reach,
        )  # fmt: skip

    def _on_bound(self) -> dict[str, str]:
        """Coefficients that ended where their range does, each with a sentence."""
        model, law = self.model, self.problem.law
        variables = self.solution.variables
        names = design.variable_names(model)
        found: dict[str, str] = {}
        if isinstance(model, LogAffine):
            shares = model.shares(variables[None])[0]
            for name, share in zip(law.linear, shares, strict=True):
                if share < 1e-6 and name not in self.fixed:
                    found[name] = f"{name} has gone to zero: the law without its term fits as well"
        near = 1e-6 * np.maximum(1.0, np.abs(variables))
        for j in np.flatnonzero(self.free):
            for bound, word in ((model.low[j], "lower"), (model.high[j], "upper")):
                if abs(variables[j] - bound) <= near[j] and names[j] not in found:
                    found[names[j]] = f"{names[j]} stands at the {word} end of its range"
        return found

    def _judge(
        self,
        on_bound: Mapping[str, str],
        seen: design.Identifiability,
        coefficients: Mapping[str, float],
        intervals: Mapping[str, Any],
    ) -> tuple[Status, str]:
        refusal = design.not_identified(self.problem, seen, coefficients, intervals)
        if refusal is not None:
            return Status.NOT_IDENTIFIED, str(refusal)
        if not self.solution.converged and (self.gap is None or self.gap > SAME):
            return Status.NOT_CONVERGED, (
                "The solver stopped before it reached an optimum. Fix a coefficient, or choose a simpler law."
            )
        if on_bound:
            text = "; ".join(on_bound.values())
            return Status.ON_BOUND, f"{text}. Intervals do not mean much there; choose a law without it."
        basins = self.agreement.basins if self.agreement else 0
        if basins > 1 and self.agreement is not None:
            return Status.CONVERGED, (
                f"The best of {basins} optima; {self.agreement.agreeing} of {self.agreement.starts} "
                "independent starts end there."
            )
        return Status.CONVERGED, "The optimum was found and every coefficient is determined."


def _certificate(
    problem: Problem, objective: Objective, fixed: Mapping[str, float], seed: int
) -> Certificate:
    used = {name: problem.columns[name] for name in problem.columns if name in ("N", "D", "C", "L")}
    used |= {name: problem.columns[name] for name in problem.inputs}
    return Certificate(
        objective=objective.name, delta=objective.delta, description=objective.description,
        convention=problem.convention, counted=problem.counted, rule=problem.rule, gap=None, starts=0,
        agreeing=0, basins=0, iterations=0, stopping="nothing was fitted", condition=float("nan"),
        exponent_errors={}, n_runs=problem.n, n_excluded=len(problem.exclusions),
        exclusions=problem.exclusions, data_hash=problem.data_hash, columns=used, fixed=dict(fixed),
        seed=seed, resamples=0, resamples_converged=0, resamples_checked=0, resample_gap=None,
        notes=problem.notes,
    )  # fmt: skip


def refused(
    problem: Problem, objective: Objective, fixed: Mapping[str, float], seed: int, level: float, reason: str
) -> Fit:
    """Make the result that says why there is none."""
    names = problem.law.coefficient_names
    return Fit(
        problem.law, dict.fromkeys(names, float("nan")), float("nan"), Status.REFUSED, reason,
        _certificate(problem, objective, fixed, seed), np.empty((0, len(names))), np.empty(0),
        pd.Series([], dtype=float, name="residual"), problem.used, problem.runs, level,
    )  # fmt: skip


def _quiet(steps: Generator[None, None, Ending], state: Progress) -> Generator[Progress, None, Ending]:
    """Run the stages of one independent start; the count does not move meanwhile."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            ending: Ending = stop.value
            return ending
        yield state
