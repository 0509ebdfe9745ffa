"""The lowest point on each of many lines: a grid, then golden section.

No derivative is needed, the bracket is never left, and a law may have kinks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

CELLS = 64
"""Points of the grid on each line."""
HALVINGS = 42
"""Golden steps; the bracket of two cells shrinks to 1e-9 of its width."""
_RATIO = (np.sqrt(5.0) - 1) / 2


def lowest(value: Callable[[Array], Array], low: Array, high: Array) -> tuple[Array, Array, NDArray[np.int8]]:
    """Find the lowest point between two ends, for each line.

    Parameters
    ----------
    value : callable
        Takes places of shape (lines, k) and returns the values there; what is not finite counts as high.
    low, high : ndarray, shape (lines,)

    Returns
    -------
    place, value : ndarray, shape (lines,)
    side : ndarray of int8, shape (lines,)
        0 inside; -1 or 1 where the values still fall at the low or the high end, which then is the place;
        2 where no value is finite.
    """

    def at(x: Array) -> Array:
        with np.errstate(all="ignore"):
            found = np.asarray(value(x), dtype=np.float64)
        return np.where(np.isfinite(found), found, np.inf)

    width = (high - low) / (CELLS - 1)
    grid = at(low[:, None] + width[:, None] * np.arange(CELLS))
    best = np.argmin(grid, axis=1)
    side = np.where(best == 0, -1, np.where(best == CELLS - 1, 1, 0)).astype(np.int8)
    start, end = low + width * np.maximum(best - 1, 0), low + width * np.minimum(best + 1, CELLS - 1)
    left, right = end - _RATIO * (end - start), start + _RATIO * (end - start)
    at_left, at_right = at(left[:, None])[:, 0], at(right[:, None])[:, 0]
    for _ in range(HALVINGS):
        lower = at_left < at_right
        end, start = np.where(lower, right, end), np.where(lower, start, left)
        probe = np.where(lower, end - _RATIO * (end - start), start + _RATIO * (end - start))
        seen = at(probe[:, None])[:, 0]
        left, right = np.where(lower, probe, right), np.where(lower, left, probe)
        at_left, at_right = np.where(lower, seen, at_right), np.where(lower, at_left, seen)
    place = (start + end) / 2
    found = at(place[:, None])[:, 0]
    # An end of the line is a candidate of its own: the middle of the last bracket never reaches it.
    edge = np.where(side < 0, low, high)
    at_edge = grid[np.arange(len(best)), np.where(side < 0, 0, CELLS - 1)]
    outer = (side != 0) & (at_edge <= found)
    side = np.where((side != 0) & ~outer, 0, side).astype(np.int8)
    place, found = np.where(outer, edge, place), np.where(outer, at_edge, found)
    side[~np.isfinite(found)] = 2
    return place, found, side
