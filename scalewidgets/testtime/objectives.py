"""Three and more objectives: cost, time, accuracy and whatever else is to be small or large."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import QuantityError

from .checks import Array, numbers
from .pareto import Places


def pareto_many(objectives: ArrayLike, *, largest: ArrayLike | None = None) -> NDArray[np.bool_]:
    """Which points of several objectives no other dominates, by comparing all pairs.

    Parameters
    ----------
    objectives : array_like, shape (n, m)
    largest : array_like of bool, shape (m,), optional
        Objectives to be large; the others, by default all, to be small.

    Raises
    ------
    QuantityError
        For what is not finite numbers, or more than 20,000 points.
    """
    table = _to_be_small(objectives, largest)
    if len(table) > 20_000:
        raise QuantityError("Pairs of more than 20,000 points are too many.", remedy="Leave some out first.")
    kept = np.ones(len(table), dtype=bool)
    for place, row in enumerate(table):
        if kept[place]:
            kept &= ~(np.all(table >= row, axis=1) & np.any(table > row, axis=1))
    return kept


def objective_winners(objectives: ArrayLike, *, largest: ArrayLike | None = None) -> tuple[Places, ...]:
    """For each objective, the points that no other beats in it, and so what each point is kept for.

    Parameters
    ----------
    objectives, largest
        As in :func:`pareto_many`.

    Returns
    -------
    tuple of ndarray of int
        Positions, several where points agree; empty without points. A point of the front that wins nothing is
        a compromise.

    Raises
    ------
    QuantityError
        For what is not finite numbers.
    """
    table = _to_be_small(objectives, largest)
    if not len(table):
        return tuple(np.empty(0, dtype=np.intp) for _ in range(table.shape[1]))
    return tuple(np.flatnonzero(column == column.min()) for column in table.T)


def _to_be_small(objectives: ArrayLike, largest: ArrayLike | None) -> Array:
    table: Array = np.atleast_2d(numbers("An objective", objectives)).copy()
    if largest is not None:
        table[:, np.asarray(largest, dtype=bool)] *= -1
    return table
