"""The search for better optima of resamples, until there are none to be found.

A resample that is refitted from the optimum of all runs may end beside its best optimum: where runs hardly
determine a coefficient there is a ridge, and a penalty that is nearly an absolute deviation has a small
minimum at every other kink along it. To come down slowly from a smoother objective does not help: all starts
then go one way, and end at one place. So whoever may be concerned is started, at the objective itself, from
where others ended (:mod:`.rivals`), from the valleys of its profile, and from all over the range; and again
until nothing better turns up. Where nothing speaks against an optimum, a pilot of the resamples is treated
like that, and the others once a single one of the pilot had a better optimum.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .continuation import continuation
from .extended import Extended
from .model import LogAffine
from .newton import Minimum
from .progress import Progress, quiet
from .rivals import LOWEST, NEXT, Rivals, values_of
from .solve import descend_steps, nearby

if TYPE_CHECKING:
    from .resampling import Resampling

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

PILOT, SLOWER = 128, 2
"""Resamples that look for a better optimum where nothing speaks against any; the factor by which it is
smaller for a law that costs more."""
WIDE = 16
"""Of them those that look all over the range."""
TURNS, PATIENCE = 12, 2
"""Most turns of looking, and turns without a find after which a resample has its best optimum."""
MANY = 5e-3
"""Share of all resamples from which on finds among the suspects make suspects of all."""
WIDESPREAD = 0.05
"""Share of suspects from which on all are."""
FEW = 20
"""Runs for each coefficient up to which a penalty with kinks has many optima, and looking is cheap: one turn
more, and two all over the range."""
HOPEFUL = 1e-2
"""Share of its objective by which a start that crawls may lie above the best optimum so far to be kept on."""
FAINT = 7.0
"""Below the typical loss, in logarithms, an amplitude is tried at its bound: to vanish takes many steps."""
ALIKE = 1e-10
"""Relative difference of two objectives up to which they are of one optimum."""
BLOCK = 2**21
"""Weights (starts times runs) held at once."""


class Settling:
    """One search, in turns.

    Parameters
    ----------
    sampling : Resampling
        Whose draws, values and convergence are brought up to date.
    suspects : ndarray of bool, shape (R,)
        Resamples that something speaks against.
    valleys : ndarray, shape (k, R, p)
        Starts in the valleys of the profile of each, NaN where there are no more.

    Attributes
    ----------
    chosen : ndarray of bool, shape (R,)
        Resamples that were looked at.
    rivals : Rivals
    """

    def __init__(self, sampling: Resampling, suspects: Mask, valleys: Array) -> None:
        self.sampling, self.valleys = sampling, valleys
        total, (n, p) = len(sampling.draws), (sampling.problem.n, sampling.model.p)
        self.rng = np.random.default_rng([sampling.seed, 8])
        self.scale = nearby(sampling.objective, sampling.scale)
        kinks = sampling.objective.delta is not None or sampling.objective.sharp
        self.few = kinks and n <= FEW * p
        self.patience = PATIENCE + self.few
        staged = len(continuation(sampling.objective, sampling.scale)) > 1
        self.suspects = suspects | staged | self.few
        pilot = self.rng.permutation(total)[: PILOT if sampling.one_start else PILOT // SLOWER]
        self.chosen, self.wide = self.suspects.copy(), self.suspects.copy()
        self.chosen[pilot] = True
        self.wide[pilot[:WIDE]] = True
        # Those that nothing speaks against look once.
        self.left = np.where(self.suspects, self.patience, 1)
        self.rivals = Rivals(sampling.draws, n, sampling.made, self.rng)

    @property
    def open(self) -> Mask:
        """Resamples (R,) that are looked at: after the search, those that found something to the last."""
        out: Mask = self.chosen & (self.left > 0)
        return out

    def run(self) -> Generator[Progress, None, None]:
        """Look, in turns, as long as any resample is open."""
        for turn in range(TURNS):
            if not self.open.any():
                return
            helped = yield from self._turn(turn)
            self.left[self.open] -= 1
            self.left[helped] = self.patience
            if turn or not self.few:
                self.wide[:] = helped
            if np.any(helped & ~self.suspects) or np.mean(helped) >= MANY:
                new = ~self.suspects
                self.chosen[:] = self.suspects[:] = True
                self.left[new], self.wide[new] = self.patience, True

    def _starts(self, turn: int) -> Array:
        """Starts of every resample beside rivals, (k, R, p); NaN where there are none."""
        sampling, model, total = self.sampling, self.sampling.model, len(self.chosen)
        starts = [np.where(self.wide[:, None], sampling.draws[self.rng.permutation(total)], np.nan)]
        if isinstance(model, LogAffine) and not isinstance(model, Extended):
            if model.law.linear and self.wide.any():
                places = sampling.places(total, sampling.seed + 100 + turn)
                starts.append(np.where(self.wide[:, None], places, np.nan))
            amplitudes = sampling.free.copy()
            amplitudes[len(model.level) :] = False
            small = (sampling.draws > model.low) & (sampling.draws < model.size - FAINT)
            faint: Mask = np.asarray(small & amplitudes)
            ends = np.where(faint, model.low, sampling.draws)
            starts.append(np.where(np.any(faint, axis=1, keepdims=True), ends, np.nan))
        elif self.wide.any():
            # What such a law can be is not known all over; the optima tell how far to look around them.
            around = sampling.draws + self.rng.normal(size=sampling.draws.shape) * sampling.draws.std(axis=0)
            around = np.where(sampling.free, np.clip(around, model.low, model.high), sampling.draws)
            starts.append(np.where(self.wide[:, None], around, np.nan))
        return np.stack([*starts, *(self.valleys if turn == 0 else ())])

    def _turn(self, turn: int) -> Generator[Progress, None, Mask]:
        """Refit those that are open from all their starts; which of all resamples that helped (R,)."""
        sampling, n = self.sampling, self.sampling.problem.n
        chosen, more = np.flatnonzero(self.open), self._starts(turn)
        axis, places = self.rivals.axis(turn), self.rivals.places
        helped = np.zeros(len(self.chosen), dtype=bool)
        found, news = [], []
        first = 0
        for count, model, weights in sampling.blocks():
            rows = chosen[(chosen >= first) & (chosen < first + count)]
            at_once = max(1, BLOCK // (n * (len(more) + LOWEST + NEXT)))
            for k in range(0, len(rows), at_once):
                part = rows[k : k + at_once]
                state = Progress(int(part[0]), len(self.chosen), "verify")
                yield state
                here = model.take(part - first)
                counts = weights if len(weights) == 1 else weights[part - first]
                picks = self.rivals.starts_for(
                    part, values_of(here, sampling.objective, counts, places), axis
                )
                picks[~self.suspects[part], LOWEST:] = -1
                starts = np.concatenate([places[picks], more[:, part].transpose(1, 0, 2)], axis=1)
                there = np.isfinite(starts).all(axis=2)
                there[:, : picks.shape[1]] &= picks >= 0
                of, which = np.nonzero(there)
                steps = descend_steps(
                    here.take(of), sampling.objective, starts[of, which],
                    counts if len(counts) == 1 else counts[of], sampling.free, self.scale, sampling.window,
                    sampling.values[part[of]] * (1.0 + HOPEFUL) + sampling.floor,
                )  # fmt: skip
                ends: Minimum = yield from quiet(steps, state)
                better = self._take(part[of], ends)
                helped[part[of[better]]] = True
                found.append(ends.variables)
                news.append(better)
            first += count
        if found:
            self.rivals.add(np.concatenate(found), np.concatenate(news))
        return helped

    def _take(self, owner: NDArray[np.intp], ends: Minimum) -> Mask:
        """Give each resample the best of its ends, where that is better; which ends are new optima (k,)."""
        sampling, out = self.sampling, np.zeros(len(owner), dtype=bool)
        if not len(owner):
            return out
        order = np.lexsort((ends.value, owner))
        lowest = order[np.unique(owner[order], return_index=True)[1]]
        row, value = owner[lowest], ends.value[lowest]
        own = sampling.values[row]
        out[lowest[value < own * (1 - ALIKE) - sampling.floor]] = True
        # As good, and arrived: the same place, of which more is known.
        better = (value < own) | ((value == own) & ends.converged[lowest])
        won, by = row[better], lowest[better]
        sampling.draws[won], sampling.values[won] = ends.variables[by], ends.value[by]
        sampling.converged[won] = ends.converged[by]
        return out
