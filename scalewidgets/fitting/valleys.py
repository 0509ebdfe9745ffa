"""Where a better optimum may lie than the one that a descent has found."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .model import General, LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

WINDING = 100
"""Evaluations from which on a way counts as long."""
RISES = (1e-4, 1e-3, 1e-2)
"""How far up a valley is walked, as a share of the objective."""


def doubtful(
    model: LogAffine | General, place: Array, converged: bool, evaluations: int, free: NDArray[np.bool_]
) -> bool:
    """Whether there may be a better optimum: at the end of a range or of a long way there are several."""
    if not converged or evaluations > WINDING:
        return True
    # For a handful of numbers plain ones take a third of the time.
    ranges = zip(free.tolist(), place.tolist(), model.low.tolist(), model.high.tolist(), strict=True)
    return any(moves and not low < at < high for moves, at, low, high in ranges)


def along_valleys(
    model: LogAffine | General,
    objective: Objective,
    place: Array,
    value: float,
    ones: Array,
    free: NDArray[np.bool_],
) -> Array:
    """Places up and down the flattest directions at an optimum: kinks leave small minima along a valley."""
    moves = np.flatnonzero(free & (place > model.low) & (place < model.high))
    if not len(moves):
        return place[None]
    with np.errstate(all="ignore"):
        hessian = model.algebra.full(model.robust_hessian(place[None], ones, objective))[0]
    inner = np.nan_to_num(hessian[np.ix_(moves, moves)])
    root = np.sqrt(np.maximum(np.diag(inner), 1e-12 * inner.max() + np.finfo(float).tiny))
    sizes, directions = np.linalg.eigh(inner / np.outer(root, root))
    out = []
    for k in range(min(2, len(moves))):
        reach = np.sqrt(2 * max(value, 1e-300) / max(float(sizes[k]), 1e-10))
        for rise in RISES:
            step = np.clip(np.sqrt(rise) * reach * directions[:, k] / root, -2.0, 2.0)
            for side in (-1.0, 1.0):
                row = place.copy()
                row[moves] += side * step
                out.append(row)
    return np.asarray(np.clip(np.array(out), model.low, model.high))
