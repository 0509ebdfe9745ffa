"""The cheapest way to an accuracy: where curves of cost and value cross it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalewidgets.errors import QuantityError

from .checks import Array, numbers, positive


def iso_accuracy(cost: ArrayLike, value: ArrayLike, target: float) -> tuple[Array, int]:
    """Cost at which each of several curves reaches a value, and the cheapest of them.

    Parameters
    ----------
    cost, value : array_like, shape (curves, points)
        Such as one curve for each model size over numbers of samples; cost rises along a row.
    target : float

    Returns
    -------
    cost : ndarray, shape (curves,)
        First crossing, linear in log cost between points; infinity where it is never reached.
    cheapest : int
        -1 if no curve reaches it.

    Raises
    ------
    QuantityError
        For costs that are not above zero or do not rise.
    """
    c, v = np.atleast_2d(positive("The cost", cost)), np.atleast_2d(numbers("The value", value))
    if c.shape != v.shape or (np.diff(c, axis=1) <= 0).any():
        raise QuantityError("Costs do not rise along each curve.", remedy="Give one row for each curve.")
    out = np.full(len(c), np.inf)
    for row, (x, y) in enumerate(zip(np.log(c), v, strict=True)):
        reached = np.flatnonzero(y >= target)
        if reached.size:
            j = int(reached[0])
            share = 1.0 if j == 0 else (target - y[j - 1]) / (y[j] - y[j - 1])
            out[row] = np.exp(x[j] if j == 0 else x[j - 1] + share * (x[j] - x[j - 1]))
    return out, int(np.argmin(out)) if np.isfinite(out).any() else -1
