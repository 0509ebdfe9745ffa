"""Optima of some resamples as starts for the others.

A penalty that is nearly an absolute deviation pulls the curve through about as many runs as there are
coefficients. Where the curve goes then hangs on the runs alone: resamples share their local optima, as they
share the corners of the polyhedron whose lowest one the optimum of absolute deviations is (Bloomfield and
Steiger 1983, Least Absolute Deviations), and differ in which of them is lowest. What any descent of any
resample has found is therefore worth knowing for all, and the objective of all of it on every resample is
one product of matrices.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .extended import Extended
from .model import General, LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

MOST = 1024
"""Optima that are remembered."""
PAIRS = 3e8
"""Products spent on looking whether a resample would rather have the optimum of another."""
MADE = 8
"""Times as much that a product costs where every resample has losses of its own."""
NEXT = 4
"""Further ones: of all that are left those of the lowest objective. The optimum may be one kink away."""
LOWEST, BINS = 2, 40
"""Starts of a resample in one turn that are bottoms of the valleys of the profile along a direction in which
the optima are spread; and places along it."""
CLOSE = 1e-5
"""Difference in every variable up to which two optima are one."""
BLOCK = 2**21


def values_of(
    model: LogAffine | General, objective: Objective, weights: Array, places: Array
) -> Array | None:
    """Objective (B, P) of places (P, p) on resamples; ``None`` where that is no sum over runs.

    Parameters
    ----------
    model : LogAffine or General
        Of losses of shape (n,), or (B, n) where each resample has its own.
    weights : ndarray, shape (B, n) or (1, n)
    """
    if not objective.additive or isinstance(model, Extended):
        return None
    with np.errstate(all="ignore"):
        if model.loss.ndim == 1:
            parts = max(1, BLOCK // model.n)
            columns = [
                objective.penalty(model.residuals(places[k : k + parts], objective))
                for k in range(0, len(places), parts)
            ]
            penalty = np.concatenate(columns)
            values = weights @ np.where(np.isfinite(penalty), penalty, 1e300).T
            return np.broadcast_to(values, (len(weights), len(places)))
        fitted = model.value(places)
        values = np.empty((len(model.loss), len(places)))
        given = np.log(model.loss) if objective.log else model.loss
        fitted = np.log(fitted) if objective.log else fitted
        for k, one in enumerate(np.broadcast_to(fitted, (len(places), model.n))):
            residuals = given - one
            residuals = residuals if model.tilt is None else residuals * model.tilt
            values[:, k] = np.einsum(
                "bn,bn->b", objective.penalty(residuals), np.broadcast_to(weights, residuals.shape)
            )
        return np.where(np.isfinite(values), values, np.inf)


class Rivals:
    """Optima that were found, and which of them each resample has been started from.

    Parameters
    ----------
    optima : ndarray, shape (R, p)
        Of all resamples.
    n : int
        Runs.
    made : bool
        Whether each resample has losses of its own.
    rng : numpy.random.Generator

    Attributes
    ----------
    places : ndarray, shape (P, p)
    """

    def __init__(self, optima: Array, n: int, made: bool, rng: np.random.Generator) -> None:
        total = len(optima)
        self.rng = rng
        self.most = int(np.clip(PAIRS / (total * n * (MADE if made else 1)), 16, MOST))
        self.places = np.empty((0, optima.shape[1]))
        self.tried = np.zeros((total, self.most), dtype=bool)
        self.add(optima[rng.permutation(total)])

    def add(self, ends: Array, better: NDArray[np.bool_] | None = None) -> None:
        """Remember places (k, p) that are new; those that helped a resample whether there is room or not."""
        sound = np.isfinite(ends).all(axis=1)
        first = np.zeros(len(ends), dtype=bool) if better is None else better
        ends = np.concatenate([ends[sound & first], ends[sound & ~first]])
        needed = int(np.sum(sound & first))
        known = {row.tobytes() for row in np.round(self.places / CLOSE)}
        fresh: list[int] = []
        for k, row in enumerate(np.round(ends / CLOSE)):
            if len(self.places) + len(fresh) >= self.most and k >= needed:
                break
            key = row.tobytes()
            if key not in known:
                known.add(key)
                fresh.append(k)
        new = ends[fresh[: self.most]]
        room = min(self.most - len(self.places), len(new))
        self.places = np.concatenate([self.places, new[:room]])
        slots = self.rng.permutation(self.most)[: len(new) - room]
        self.places[slots] = new[room:]
        self.tried[:, slots] = False

    def starts_for(self, rows: NDArray[np.intp], values: Array | None, axis: Array) -> NDArray[np.intp]:
        """Rivals to start from: (b, k) of some resamples, -1 where there are no more.

        Parameters
        ----------
        values : ndarray, shape (b, P), optional
            Objective of each rival; without it any will do.
        axis : ndarray, shape (P,)
            Where the rivals lie along a direction.
        """
        count = len(self.places)
        if values is None:
            chosen = self.rng.integers(0, count, (len(rows), min(LOWEST + NEXT, count)))
        else:
            bins = np.array_split(np.argsort(axis, kind="stable"), min(BINS, count))
            lowest = np.stack([part[np.argmin(values[:, part], axis=1)] for part in bins], axis=1)
            profile = np.take_along_axis(values, lowest, axis=1)
            beside = np.pad(profile, ((0, 0), (1, 1)), constant_values=np.inf)
            valley = (profile <= beside[:, :-2]) & (profile <= beside[:, 2:])
            of_valleys = np.full((len(rows), count), np.inf)
            np.put_along_axis(of_valleys, lowest, np.where(valley, profile, np.inf), axis=1)
            tried = self.tried[rows, :count]
            of_valleys[tried] = np.inf
            values = np.where(tried, np.inf, values)
            chosen = _first(of_valleys, LOWEST)
            sound = chosen >= 0
            values[np.nonzero(sound)[0], chosen[sound]] = np.inf
            chosen = np.concatenate([chosen, _first(values, NEXT)], axis=1)
        there = chosen >= 0
        self.tried[np.repeat(rows, chosen.shape[1])[there.ravel()], chosen[there]] = True
        return chosen

    def axis(self, turn: int) -> Array:
        """Where the rivals lie along the direction in which they spread most, then along random ones."""
        spread = self.places - self.places.mean(axis=0)
        size = spread.std(axis=0)
        spread = spread / np.where(size > 0, size, 1.0)
        way = np.linalg.svd(spread, full_matrices=False)[2][0]
        return np.asarray(spread @ (self.rng.normal(size=len(way)) if turn else way))


def _first(values: Array, most: int) -> NDArray[np.intp]:
    """Places of the lowest finite numbers of each row (b, most), -1 where there are no more."""
    most = min(most, values.shape[1])
    found = np.argpartition(values, most - 1, axis=1)[:, :most]
    return np.where(np.isfinite(np.take_along_axis(values, found, axis=1)), found, -1)
