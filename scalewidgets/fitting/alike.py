"""Fits that are equally good: what runs that leave a coefficient open do not decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law, Symbol

from .objective import Objective
from .projection import grid_of, project, sums_at

Array: TypeAlias = NDArray[np.float64]

EQUAL = 1e-6
"""Relative difference of objectives below which two fits are equally good."""


def equally_good(
    law: Law,
    inputs: Mapping[str, Array],
    loss: Array,
    weights: Array,
    objective: Objective,
    best: Array,
    toward: Mapping[str, float] | None = None,
) -> list[Array]:
    """For each fit the coefficients (k, p) that are as good as ``best`` (B, p), one exponent moved at a time.

    The first row is the one that stands for all: its exponents are nearest to those of ``toward`` (by default
    the middle of the law's starting ranges), so that it does not depend on the way an optimiser came.
    For objectives of squares and laws whose amplitudes can be projected out; otherwise only the best.
    """
    if not law.linear or not objective.square or not len(best):
        return [row[None] for row in best]
    names = list(law.coefficient_names)
    own = best[:, [names.index(name) for name in law.nonlinear]]
    aim = np.array([middle(law.symbol(name), toward) for name in law.nonlinear])
    grid = grid_of(law)
    places = [own]
    for j in range(own.shape[1]):
        for value in (aim[j], *grid.values(j)):
            moved = own.copy()
            moved[:, j] = value
            places.append(moved)
    points = np.array(places)
    # The rows of each fit, side by side: a fit of few models has a small part of the table.
    rows = np.argsort(weights <= 0, axis=1, kind="stable")[:, : int((weights > 0).sum(axis=1).max())]
    mine = np.take_along_axis(weights, rows, axis=1)
    own_inputs = {name: values[rows] for name, values in inputs.items()}
    sums = sums_at(law, own_inputs, loss[rows], objective, points, mine)
    amplitudes, left = project(sums)
    linear = np.stack(amplitudes, axis=2)
    # The first row is the best itself: its own projection says how exactly this can be known.
    good = np.all(linear > 0, axis=2) & (left <= left[0] * (1 + EQUAL) + 1e-14 * sums.square[0])
    off = np.abs(points / aim - 1.0).sum(axis=2)
    both = np.concatenate([linear, points], axis=2)
    order = [(*law.linear, *law.nonlinear).index(name) for name in names]
    out = []
    for b, coefficients in enumerate(best):
        found = np.flatnonzero(good[:, b])
        found = found[np.argsort(off[found, b], kind="stable")]
        out.append(both[found, b][:, order] if len(found) else coefficients[None])
    return out


def middle(symbol: Symbol, toward: Mapping[str, float] | None) -> float:
    """Where an exponent that is open is held: as in ``toward``, or in the middle of its starting range."""
    if toward is not None and symbol.name in toward:
        return float(toward[symbol.name])
    first, last = symbol.start or (0.05, 2.0)
    return float(np.sqrt(first * last)) if first > 0 else last
