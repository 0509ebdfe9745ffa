"""``sw.fit``: one call from a table of runs to a fitted law, and its step-by-step twin."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted
from scalewidgets.laws import Law
from scalewidgets.laws import law as find_law

from . import bootstrap, design
from .certificate import Certificate, Status
from .check import SAME, Agreement, agreement, least_squares_from
from .model import General, LogAffine, make_model
from .newton import rounding_floor
from .objective import Objective, continuation, make_objective
from .problem import Problem, read_problem
from .result import Fit
from .solve import Solution, best_of, descend, random_starts, solve, typical_residual, value_at

Array: TypeAlias = NDArray[np.float64]
Runs: TypeAlias = pd.DataFrame | Mapping[str, Any]

CHECKED_RESAMPLES = 8
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


def fit(
    runs: Runs,
    law: str | Law = "chinchilla",
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    resamples: int = 1000,
    *,
    exclude: str | Iterable[Hashable] | None = "default",
    fixed: Mapping[str, float] | None = None,
    columns: Mapping[str, str] | None = None,
    starts: int = 64,
    seed: int = 0,
    level: float = 0.95,
    progress: Callable[[Progress], object] | None = None,
) -> Fit:
    """Fit a scaling law to runs.

    Parameters
    ----------
    runs : DataFrame or mapping of str to array
        One row a run, with ``params`` (N), ``tokens`` (D) and ``loss`` (nats per token), or ``flops``
        (C) in place of ``tokens``: then D = C / 6N.
    law : str or Law
        A name of ``sw.catalogue()``, or a law of one's own.
    objective : {"huber_log", "squared_log", "squared_raw", "absolute_log"}
        Penalty on the residuals, *summed* over runs.
    delta : float
        For ``huber_log``: the log residual at which the penalty turns from square to straight.
    resamples : int
        Bootstrap refits that intervals rest on; 0 for none.
    exclude : "default", None or index labels
        Runs to leave out; by default those that the literature leaves out of a bundled table.
    fixed : mapping of str to float, optional
        Coefficients to hold at a value.
    columns : mapping of str to str, optional
        Column of an input where its name is another: ``{"N": "params_non_embed"}``; ``L`` is the loss.
    starts : int
        Independent starts that the optimum is checked from; 0 for no check. Fewer are taken
        for tables of many thousand runs.
    seed : int
        Of everything random; the same seed gives the same numbers.
    level : float
        Default level of intervals.
    progress : callable, optional
        Called with a :class:`Progress` between chunks of work.

    Returns
    -------
    Fit
        Also when no fit can be made: see its ``status`` and ``reason``.

    Raises
    ------
    FitError
        If the arguments make no sense: an unknown objective, a missing column.
    UnknownNameError
        If there is no such law.

    Notes
    -----
    Amplitudes are profiled out on a grid of the exponents, and the local minima refined by damped
    Newton with the exact Hessian and relative stopping rules. On the 240 points of arXiv:2404.10102 this
    gives the sum of Huber penalties 0.0010182740178006, below that of the published coefficients
    of arXiv:2203.15556 (0.00123) and of the replication (0.00102 for a fit of another objective).

    Examples
    --------
    >>> import scalewidgets as sw
    >>> result = sw.fit(sw.load("chinchilla"), resamples=0, starts=0)
    >>> round(result.coefficients["alpha"], 4)
    0.3473
    """
    steps = fit_steps(
        runs, law, objective, delta, resamples, exclude=exclude, fixed=fixed, columns=columns,
        starts=starts, seed=seed, level=level,
    )  # fmt: skip
    while True:
        try:
            state = next(steps)
        except StopIteration as stop:
            result: Fit = stop.value
            return result
        if progress is not None:
            progress(state)


def fit_steps(
    runs: Runs,
    law: str | Law = "chinchilla",
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    resamples: int = 1000,
    *,
    exclude: str | Iterable[Hashable] | None = "default",
    fixed: Mapping[str, float] | None = None,
    columns: Mapping[str, str] | None = None,
    starts: int = 64,
    seed: int = 0,
    level: float = 0.95,
) -> Generator[Progress, None, Fit]:
    """Fit step by step, for a caller with other things to do in between.

    Parameters are those of :func:`fit`. Yields a :class:`Progress` about every 15 ms (for tables of a
    few hundred runs) and returns the :class:`Fit`; closing the generator cancels the fit.
    Arguments are checked at the first step.
    """
    goal = make_objective(objective, delta)
    found = find_law(law)
    held = _fixed(found, fixed)
    resamples, starts = _count("resamples", resamples), _count("starts", starts)
    seed = _count("seed", seed)
    if not (isinstance(level, int | float) and 0 < level < 1):
        raise FitError("The level of an interval lies between 0 and 1.", remedy="0.95 is 95 %.")
    problem = read_problem(runs, found, exclude, columns)
    refusal = design.check_design(problem, len(found.coefficients) - len(held))
    if refusal is not None:
        return _refused(problem, goal, held, seed, level, str(refusal))
    job = _Job(problem, goal, held, seed)
    yield from job.solve()
    if starts:
        yield from job.check(starts)
    if resamples and job.free.any():
        yield from job.resample(resamples)
        if starts:
            yield from job.verify(min(CHECKED_RESAMPLES, resamples))
    return job.result(float(level))


def objective_value(
    law: str | Law,
    coefficients: Mapping[str, float],
    runs: Runs,
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    *,
    exclude: str | Iterable[Hashable] | None = "default",
    columns: Mapping[str, str] | None = None,
) -> float:
    """Objective of given coefficients on runs; parameters as in :func:`fit`.

    Two coefficient sets that look different may fit equally well: compare this, not them.
    """
    goal = make_objective(objective, delta)
    found = find_law(law)
    problem = read_problem(runs, found, exclude, columns)
    return goal.total(goal.residuals(problem.loss, found.value(problem.inputs, coefficients)))


class _Job:
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
        self.notes = list(problem.notes)

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
            endings.append(least_squares_from(self.model, self.objective, place, self.free))
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
        """Refit resampled runs."""
        yield Progress(0, total, "resample")
        draws, values, converged = [], [], []
        done = 0
        for weights in bootstrap.counts(self.problem.n, total, self.seed):
            block = bootstrap.refit(self.model, self.objective, self.solution.variables, self.free, weights)
            draws.append(block.variables)
            values.append(block.value)
            converged.append(block.converged)
            done += len(weights)
            yield Progress(done, total, "resample")
        self.draws, self.values = np.vstack(draws), np.concatenate(values)
        self.draws_converged = np.concatenate(converged)
        if np.mean(np.all(self.draws == self.solution.variables, axis=1)) > 0.01:
            self.notes.append("More than 1 % of the resamples did not move from their start.")

    def verify(self, count: int) -> Generator[Progress, None, None]:
        """Refit a random sample of the resamples with the independent solver, from other starts."""
        total = len(self.draws)
        rng = np.random.default_rng([self.seed, 4])
        chosen = np.sort(rng.choice(total, count, replace=False))
        places = random_starts(self.model, self.problem, self.objective, self.fixed, count, self.seed + 5)
        gaps: list[float] = []
        first = 0
        for weights in bootstrap.counts(self.problem.n, total, self.seed):
            for k in chosen[(chosen >= first) & (chosen < first + len(weights))]:
                yield Progress(len(gaps), count, "verify")
                ending = least_squares_from(
                    self.model, self.objective, places[len(gaps)], self.free, weights[k - first]
                )
                difference = self.values[k] - ending.value
                gaps.append(
                    0.0 if abs(difference) <= self.floor else difference / max(ending.value, self.floor)
                )
            first += len(weights)
        self.verified = count
        self.resample_gap = float(max(gaps))
        if self.resample_gap > 1e-6:
            bad = sum(gap > 1e-6 for gap in gaps)
            self.notes.append(
                f"{bad} of {count} resamples that were checked have a better optimum elsewhere: "
                "intervals may be too narrow."
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


def _refused(
    problem: Problem, objective: Objective, fixed: Mapping[str, float], seed: int, level: float, reason: str
) -> Fit:
    names = problem.law.coefficient_names
    return Fit(
        problem.law, dict.fromkeys(names, float("nan")), float("nan"), Status.REFUSED, reason,
        _certificate(problem, objective, fixed, seed), np.empty((0, len(names))), np.empty(0),
        pd.Series([], dtype=float, name="residual"), problem.used, problem.runs, level,
    )  # fmt: skip


def _fixed(law: Law, fixed: Mapping[str, float] | None) -> dict[str, float]:
    held: dict[str, float] = {}
    for name, value in (fixed or {}).items():
        if name not in law.coefficient_names:
            matches = close_matches(str(name), law.coefficient_names)
            raise FitError(
                f"{quoted(name)} in fixed= is not a coefficient of {law.name}.",
                remedy=f"Did you mean {either(matches)}?"
                if matches
                else f"It has {either(law.coefficient_names)}.",
            )
        number = float("nan")
        with contextlib.suppress(TypeError, ValueError):
            number = float(value)
        if not np.isfinite(number) or (law.symbol(name).positive and number <= 0):
            kind = "positive number" if law.symbol(name).positive else "finite number"
            raise FitError(f"fixed={{{name!r}: {quoted(value)}}} is not a {kind}.")
        held[name] = number
    return held


def _count(name: str, value: object) -> int:
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 0:
        return int(value)
    raise FitError(f"{name}={quoted(value)} is not a whole number of at least 0.")
