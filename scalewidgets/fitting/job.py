"""One fit under way: search, check, resample, verify, judge, each in small steps."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

from .bootstrap import unlike
from .check import SAME, Agreement, Ending, agreement, finish_best, quasi_newton_steps
from .compiled.choice import choose
from .compiled.search import search as compiled_search
from .continuation import continuation
from .density import best_scale
from .model import General, LogAffine, make_model
from .newton import rounding_floor
from .objective import Objective
from .penalty import Priors, penalised
from .priors import Prior
from .problem import Problem
from .progress import Progress, quiet
from .resampling import Resampling
from .solve import Solution, best_of, descend, model_chunk, solve, typical_residual, value_at
from .squares import least_squares_steps
from .starts import random_starts
from .steps import retold
from .student import best_nu
from .valleys import doubtful

Array: TypeAlias = NDArray[np.float64]

__all__ = ["CHECKED_RESAMPLES", "Job", "Progress", "fitted_model"]

CHECKED_RESAMPLES = 8


class Job:
    """One fit under way: each phase is a generator that yields progress."""

    staged_starts = 8
    """Starts, at most, of the independent solver where it goes one by one through easier objectives."""

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
        priors: Mapping[str, Prior] | None = None,
        engine: str = "numpy",
        refits: int = 0,
    ) -> None:
        self.problem, self.goal, self.objective = problem, objective, objective.working
        self.fixed, self.seed, self.kind = fixed, seed, kind
        self.bounds, self.ties, self.law = dict(bounds or {}), dict(ties or {}), law or problem.law
        self.model: LogAffine | General = fitted_model(problem, fixed, self.bounds)
        self.free = self.model.is_free(fixed)
        self._bare_model = self.model
        self.given = dict(priors or {})
        self.priors: Priors | None = None
        self.bare: Solution | None = None
        """Optimum without the priors, where there are any."""
        self.solution: Solution
        self.agreement: Agreement | None = None
        self.gap: float | None = None
        self.draws = np.empty((0, self.model.p))
        self.draws_converged = np.empty(0, dtype=bool)
        self.nu: float | None = self.objective.nu
        self.nus = np.empty(0)
        self.verified = self.rivals = self.screened = self.several = self.searched = self.unsettled = 0
        self.resample_gap: float | None = None
        self.notes: list[str] = []
        self.engine, note = choose(engine, self.model, self.objective, bool(priors), refits)
        if isinstance(self.model, LogAffine):
            self.model.engine = self.engine
        self.notes += [] if note is None else [note]

    @cached_property
    def floor(self) -> float:
        """Objective that rounding of the residuals alone would give; asked for by checks and resamples."""
        model = self._bare_model
        return float(rounding_floor(model, self.objective, model.weight[None])[0])

    def solve(self) -> Generator[Progress, None, None]:
        """Find the optimum; that without priors first, as it says how much a prior counts."""
        yield Progress(0, 1, "fit")
        if self.given:
            yield from self._search()
            self.bare, scale = self.solution, None
            if not self.goal.likelihood:
                value = max(self.bare.value, self.floor)
                scale = float(best_scale(self.objective, np.array(value), float(self.model.weight.sum())))
            self.priors = Priors(self.given, scale, self.objective)
            self.model = penalised(self.model, self.priors)
        yield from self._search()

    def _search(self) -> Generator[Progress, None, None]:
        found = compiled_search(self.model, self.objective, self.fixed) if self.engine == "compiled" else None
        if found is not None:
            self.solution = found
            if not doubtful(self.model, found.variables, found.converged, found.iterations, self.free):
                return
        search = solve(self.model, self.problem, self.objective, self.fixed, self.seed)
        self.solution = yield from retold(search, lambda at: Progress(*at, "fit"))

    def check(self, starts: int) -> Generator[Progress, None, None]:
        """Ask an independent solver, and take its answer where it is better."""
        staged = self.staged
        most = self.staged_starts if staged else 64
        count = int(np.clip(min(starts, most * 5000 // self.problem.n), min(starts, 4), starts))
        count = min(count, most) if staged else count
        places = self._places(count)
        endings: list[Ending] = []
        ones = self.model.weight[None]
        block = 1 if staged else model_chunk(self.model, self.objective)
        for k in range(0, count, block):
            state = Progress(k, count, "check")
            yield state
            if staged:
                one = least_squares_steps(self.model, self.objective, places[k], self.free)
                endings.append((yield from quiet(one, state)))
                continue
            rows = quasi_newton_steps(self.model, self.objective, places[k : k + block], ones, self.free)
            endings += yield from quiet(rows, state)
        if not staged:
            last = finish_best(self.model, self.objective, endings, ones, self.free)
            endings = yield from quiet(last, Progress(count, count, "check"))
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

    @property
    def staged(self) -> bool:
        """Whether the objective is so sharp, beside the residuals, that it is reached in stages."""
        scale = typical_residual(self.model, self.solution.variables[None])
        return len(continuation(self.objective, scale)) > 1

    def _places(self, count: int) -> Array:
        """Starts of the independent solver, which know nothing of the fit."""
        return random_starts(self.model, self.problem, self.objective, self.fixed, count, self.seed)

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
        self.resampling = self._resampling()
        yield from self.resampling.run(total)
        self._keep(self.resampling)
        if self.kind == "parametric":
            self.notes += self._unlike()

    def _unlike(self) -> list[str]:
        """Say where residuals are not those that parametric resamples are drawn from."""
        pieces = [(f"The residuals of {name}" if name else "The residuals", off) for name, off in self._off()]
        return [
            f"{who} are not distributed as {self.goal.name} takes them to be (their distribution functions "
            f'differ by up to {off:.2f}), as bootstrap="parametric" draws them: intervals may be too short '
            'or too long. bootstrap="residuals" or "rows" takes no distribution for granted.'
            for who, off in pieces
        ]

    def _off(self) -> list[tuple[str, float]]:
        """Whose residuals are unlike the density, and by how much."""
        if self.solution.value <= self.floor:
            return []
        off = unlike(self.model, self.objective, self.solution.variables)
        return [] if off is None else [("", off)]

    def _resampling(self) -> Resampling:
        return Resampling(
            self.model, self.problem, self.objective, dict(self.fixed), self.solution.variables, self.kind,
            self.seed, self.floor,
        )  # fmt: skip

    def verify(self, count: int) -> Generator[Progress, None, None]:
        """Refit a random sample of the resamples with the independent solver, from other starts."""
        self.resample_gap = yield from self.resampling.verify(count)
        self.verified, self.rivals = count, self.resampling.rivals
        self.screened, self.several = self.resampling.screened, self.resampling.several
        self.searched, self.unsettled = self.resampling.searched, self.resampling.unsettled
        self._keep(self.resampling)

    def degrees(self) -> Generator[Progress, None, None]:
        """Degrees of freedom of the fit, and of each resample, where they are free."""
        squares = self.model.residuals(self.solution.variables[None], self.objective) ** 2
        self.nu = float(best_nu(squares, self.model.weight[None])[0][0])
        found = []
        first = 0
        for count, model, weights in self.resampling.blocks() if len(self.draws) else ():
            yield Progress(first, len(self.draws), "resample")
            squares = model.residuals(self.draws[first : first + count], self.objective) ** 2
            found.append(best_nu(squares, weights)[0])
            first += count
        self.nus = np.concatenate(found) if found else self.nus

    def _keep(self, done: Resampling) -> None:
        self.draws, self.draws_converged = done.draws, done.converged
        self.notes += done.notes
        done.notes = []


def fitted_model(
    problem: Problem,
    fixed: Mapping[str, float],
    bounds: Mapping[str, tuple[float, float]],
    priors: Priors | None = None,
) -> LogAffine | General:
    """Model of a problem with its weights and priors, and its ranges narrowed to bounds."""
    rows = problem.rows
    model = make_model(problem.law, problem.inputs, problem.loss, {**fixed, **bounds}, rows.weight, rows.tilt)
    model.bound(bounds)
    return model if priors is None else penalised(model, priors)
