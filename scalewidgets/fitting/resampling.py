"""All resamples of a fit: refitted, helped by one another where a law has several optima, and checked."""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import bootstrap
from .basins import MOST, screens, valleys_of
from .check import SAME, quasi_newton_steps
from .compiled import bridge
from .continuation import continuation
from .extended import Extended
from .model import General, LogAffine
from .newton import Minimum, minimise_steps
from .objective import Objective
from .problem import Problem
from .progress import Progress, quiet
from .rivals import PAIRS, values_of
from .settling import ALIKE, MANY, WIDESPREAD, Settling
from .solve import descend_steps, model_chunk, nearby, typical_residual
from .squares import least_squares_steps
from .starts import random_starts

Array: TypeAlias = NDArray[np.float64]

WIDER = 2
"""Further passes over the resamples, from one another's optima, where one start is not enough."""
BLOCK = 2**21
"""Weights (resamples times runs) held at once: 16 MB, however many rows the table has."""
CACHED, FEWEST = 2**17, 16
"""The same for the compiled engine, which has no use for a long batch, and its least resamples at once."""


class Resampling:
    """Refits of resampled runs, each from the optimum of all.

    Parameters
    ----------
    model : LogAffine or General
    problem : Problem
    objective : Objective
    fixed : mapping of str to float
    optimum : ndarray, shape (p,)
        Variables at the optimum of all runs.
    kind : str
        A name of :data:`~scalewidgets.fitting.bootstrap.KINDS`.
    seed : int
    floor : float
        Objective that rounding alone gives.

    Attributes
    ----------
    draws : ndarray, shape (R, p)
        Variables of each resample.
    values : ndarray, shape (R,)
    converged : ndarray of bool, shape (R,)
    notes : list of str
        What a reader of the certificate must know.
    rivals : int
        Optima of others that every resample was compared with.
    screened : int
        Resamples whose profile over the whole range of exponents was looked at.
    several : int
        Those of them with more than one valley; each was refitted from there as well.
    searched : int
        Resamples that were refitted from rivals and from all over the range until nothing better was found.
    unsettled : int
        Those where something still was when the search ended, or whose refit did not converge.
    """

    def __init__(
        self,
        model: LogAffine | General,
        problem: Problem,
        objective: Objective,
        fixed: dict[str, float],
        optimum: Array,
        kind: str,
        seed: int,
        floor: float,
    ) -> None:
        self.model, self.problem, self.objective, self.fixed = model, problem, objective, fixed
        self.optimum, self.kind, self.seed, self.floor = optimum, kind, seed, floor
        self.free = model.is_free(fixed)
        self.draws = np.empty((0, model.p))
        self.values = np.empty(0)
        self.converged = np.empty(0, dtype=bool)
        self.notes: list[str] = []
        self.rivals = 0
        self.screened = self.several = self.searched = self.unsettled = 0
        self.window = model_chunk(model, objective)
        self.made = kind in ("residuals", "parametric")
        self.scale = typical_residual(model, optimum[None])
        self.one_start = isinstance(model, LogAffine)
        """Whether the optimum of all runs is start enough for a resample."""

    def run(self, total: int) -> Generator[Progress, None, None]:
        """Refit ``total`` resamples."""
        self.draws = np.repeat(self.optimum[None], total, axis=0)
        self.values = np.full(total, np.inf)
        self.converged = np.zeros(total, dtype=bool)
        yield from self._pass(self.draws)
        if not self.one_start:
            yield from self._wander()
        if np.mean(np.all(self.draws == self.optimum, axis=1)) > 0.01:
            self.notes.append("More than 1 % of the resamples did not move from their start.")

    def _wander(self) -> Generator[Progress, None, None]:
        """Ways to the optimum of a resample of a law that may have several."""
        if self.objective.delta is not None or self.objective.nu is not None:
            # A smoother objective has fewer optima; from its own each one is looked at again.
            smooth = Objective("huber_log", self.scale, self.objective.up, self.objective.down)
            yield from self._pass(np.repeat(self.optimum[None], len(self.draws), axis=0), through=smooth)
        for _ in range(WIDER):
            starts, better = self._swaps()
            if not better.any():
                break
            yield from self._pass(starts, better)
        lost = ~self.converged
        if lost.any() and self.objective.delta is not None:
            # Between kinks that are close together Newton may go back and forth: come down to them slowly.
            delta = self.scale
            while delta > self.objective.delta:
                smooth = replace(self.objective, delta=delta)
                yield from self._pass(self.draws, lost, smooth)
                delta /= 2

    def _pass(
        self,
        starts: Array,
        chosen: NDArray[np.bool_] | None = None,
        through: Objective | None = None,
        near: bool = False,
    ) -> Generator[Progress, None, None]:
        """Refit resamples, all or some, from the given rows; keep what is better.

        With ``through``, from the optimum of that objective; ``near``, from places that are to be kept in
        mind (:func:`~.solve.nearby`).
        """
        total = len(self.draws)
        first = 0
        for count, model, weights in self.blocks():
            rows = np.arange(first, first + count)
            first += count
            if chosen is not None:
                some = np.flatnonzero(chosen[rows])
                if not len(some):
                    continue
                model, weights = model.take(some), weights if len(weights) == 1 else weights[some]
                rows = rows[some]
            state = Progress(int(rows[0]) if chosen is None else total, total, "resample")
            yield state
            places = starts[rows]
            if through is not None:
                way = minimise_steps(
                    model, through, places, weights, self.free, tolerance=1e-8, window=self.window
                )
                places = (yield from quiet(way, state)).variables
            scale = nearby(self.objective, self.scale) if near else self.scale
            steps = descend_steps(model, self.objective, places, weights, self.free, scale, self.window)
            ends: Minimum = yield from quiet(steps, state, 0 if chosen is not None else len(rows))
            better = ends.value < self.values[rows]
            self.draws[rows] = np.where(better[:, None], ends.variables, self.draws[rows])
            self.values[rows] = np.where(better, ends.value, self.values[rows])
            self.converged[rows] = np.where(better, ends.converged, self.converged[rows])

    def blocks(self) -> Iterator[tuple[int, LogAffine | General, Array]]:
        """Resamples: how many at a time, the model to fit, and weights, the same in every pass."""
        block = max(self.window, BLOCK // self.problem.n)
        if bridge.serves(self.model, self.objective):
            block = min(block, max(FEWEST, CACHED // self.problem.n))
        return bootstrap.resampled(
            self.kind, self.model, self.objective, self.optimum, self.problem.rows.cluster, len(self.draws),
            min(block, len(self.draws)), self.seed,
        )  # fmt: skip

    def _swaps(self) -> tuple[Array, NDArray[np.bool_]]:
        """For each resample the draw whose coefficients suit it best, and where they beat its own."""
        total = len(self.draws)
        starts, better = self.draws.copy(), np.zeros(total, dtype=bool)
        tried = np.arange(total)
        most = int(max(16, PAIRS / (total * self.problem.n)))
        if most < total:
            tried = np.sort(np.random.default_rng([self.seed, 6]).choice(total, most, replace=False))
        first = 0
        for count, model, weights in self.blocks():
            rows = np.arange(first, first + count)
            first += count
            made = model.loss.ndim > 1
            values = None if made else values_of(model, self.objective, weights, self.draws[tried])
            if values is None:
                return starts, better
            best = np.argmin(values, axis=1)
            lower = values[np.arange(count), best]
            better[rows] = lower < self.values[rows] * (1 - 1e-9) - self.floor
            starts[rows] = self.draws[tried[best]]
        self.rivals = len(tried)
        return starts, better

    def verify(self, count: int) -> Generator[Progress, None, float]:
        """Look for better optima of the resamples; refit some by the independent solver.

        Every resample is compared with the optima of others, and looked at over the whole range of exponents;
        see :mod:`.settling`. A random sample is refitted from other starts. Returns the largest relative gap
        between the two.
        """
        yield from self._settle()
        chosen, seen, ends = yield from self._independent(count, 0)
        gaps = self._gaps(self.values[chosen], seen)
        if gaps.max() > SAME:
            # Some have their best optimum away from that of all runs: what was found there is tried on all,
            # and others are drawn to be checked, since these have been helped.
            better = ends[np.flatnonzero(gaps > SAME)]
            starts = better[np.random.default_rng([self.seed, 7]).integers(0, len(better), len(self.draws))]
            starts[chosen] = ends
            yield from self._pass(starts, near=True)
            chosen, seen, _ = yield from self._independent(count, 1)
            gaps = self._gaps(self.values[chosen], seen)
        largest = float(gaps.max())
        if self.unsettled:
            self.notes.append(
                f"Of {len(self.draws):,} resamples {self.unsettled:,} still found a better optimum when the "
                "search ended, or did not converge: intervals may be a little off."
            )
        if largest > 1e-6:
            self.notes.append(
                f"Of {count} resamples that were checked, {int(np.sum(gaps > 1e-6))} had a better optimum "
                "elsewhere: intervals may be a little off."
            )
        return largest

    def _settle(self) -> Generator[Progress, None, None]:
        """Look for better optima as long as there are any."""
        if not self.free.any():
            return
        count, valleys = self._valleys()
        starts, lower = self._swaps()
        if lower.any():
            yield from self._pass(starts, lower, near=True)
        at_end = (self.draws <= self.model.low) | (self.draws >= self.model.high)
        suspects = (count > 1) | lower | ~self.converged | np.any(at_end & self.free, axis=1)
        # Where many end at a bound all lie on one ridge, those too that do not reach its end.
        everyone = np.mean(lower) >= MANY or np.mean(suspects) >= WIDESPREAD
        search = Settling(self, suspects | everyone, valleys)
        yield from search.run()
        yield from self._hold(search.chosen)
        self.searched = int(search.chosen.sum())
        self.unsettled = int(np.sum(search.open | ~self.converged))

    def _hold(self, chosen: NDArray[np.bool_]) -> Generator[Progress, None, None]:
        """Bring draws back that a last step took to where the objective is not what it was.

        Where runs do not see a direction at all, its last digits are no digits.
        """
        first = 0
        for count, model, weights in self.blocks():
            rows = first + np.flatnonzero(chosen[first : first + count])
            part, first = rows - first, first + count
            if not len(rows) or isinstance(model, Extended):
                continue
            here, counts = model.take(part), weights if len(weights) == 1 else weights[part]
            with np.errstate(all="ignore"):
                seen = self.objective.values(here.residuals(self.draws[rows], self.objective), counts)
            off = np.flatnonzero(seen > self.values[rows] * (1 + ALIKE) + self.floor)
            if not len(off):
                continue
            plain = copy.copy(here.take(off))
            if isinstance(plain, LogAffine):
                plain.engine = "numpy"
            counts = counts if len(counts) == 1 else counts[off]
            scale = nearby(self.objective, self.scale)
            steps = descend_steps(plain, self.objective, self.draws[rows[off]], counts, self.free, scale)
            ends: Minimum = yield from quiet(steps, Progress(int(rows[0]), len(self.draws), "verify"))
            self.draws[rows[off]], self.values[rows[off]] = ends.variables, ends.value
            self.converged[rows[off]] = ends.converged

    def _valleys(self) -> tuple[NDArray[np.intp], Array]:
        """Valleys of each resample (R,), and where to descend into them (valleys, R, p), as far as known."""
        total = len(self.draws)
        count, places = np.zeros(total, dtype=np.intp), np.full((MOST, *self.draws.shape), np.nan)
        if not screens(self.model, self.problem, self.fixed):
            return count, places
        first = 0
        for length, model, weights in self.blocks():
            assert isinstance(model, LogAffine)
            rows = slice(first, first + length)
            first += length
            count[rows], places[:, rows] = valleys_of(
                model, self.problem, self.objective, self.fixed, weights
            )
        self.screened, self.several = total, int(np.sum(count > 1))
        return count, places

    def _independent(
        self, count: int, turn: int
    ) -> Generator[Progress, None, tuple[NDArray[np.intp], Array, Array]]:
        """Resamples drawn at random, and objective and variables that the independent solver reaches."""
        total = len(self.draws)
        rng = np.random.default_rng([self.seed, 4, turn] if turn else [self.seed, 4])
        chosen = np.sort(rng.choice(total, count, replace=False))
        seed = self.seed + 5 + turn
        places = self.places(count, seed)
        seen, ends = np.empty(count), places.copy()
        first = k = 0
        staged = len(continuation(self.objective, self.scale))
        for length, model, weights in self.blocks():
            rows = chosen[(chosen >= first) & (chosen < first + length)] - first
            first += length
            if not len(rows):
                continue
            part, mine = model.take(rows), weights if len(weights) == 1 else weights[rows]
            here, state = places[k : k + len(rows)], Progress(k, count, "verify")
            yield state
            if staged == 1:
                several = quasi_newton_steps(part, self.objective, here, mine, self.free)
                endings = yield from quiet(several, state)
            else:
                endings = []
                for i, place in enumerate(here):
                    one = part.take(np.array([i])) if part is not self.model else part
                    row = mine[0] if len(mine) == 1 else mine[i]
                    steps = least_squares_steps(one, self.objective, place, self.free, row)
                    endings.append((yield from quiet(steps, state)))
            seen[k : k + len(rows)] = [ending.value for ending in endings]
            ends[k : k + len(rows)] = [ending.variables for ending in endings]
            k += len(rows)
        return chosen, seen, ends

    def places(self, count: int, seed: int) -> Array:
        """Starts of the independent solver."""
        return random_starts(self.model, self.problem, self.objective, self.fixed, count, seed)

    def _gaps(self, ours: Array, theirs: Array) -> Array:
        difference = ours - theirs
        return np.asarray(
            np.where(np.abs(difference) <= self.floor, 0.0, difference / np.maximum(theirs, self.floor))
        )
