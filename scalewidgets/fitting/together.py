"""Rows of variables that start at one place: resamples, at the optimum of all runs.

There a run adds the same to the sums of every resample, so that the first evaluation of all of them is one
product of their weights with what each run adds. It was an eighth of the work.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .logaffine import LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

FEW = 2
"""Rows up to which nothing is gained."""
SINGLE = 2**18
"""Multiplications up to which BLAS starts no threads, which would cost more than they save."""


class Together:
    """What each run adds at one place to objective, gradient and Hessian.

    Parameters
    ----------
    model : LogAffine
    objective : Objective
        A sum over runs.
    place : ndarray, shape (p,)
    """

    def __init__(self, model: LogAffine, objective: Objective, place: Array) -> None:
        self.p = model.p
        fitted, slopes = model.jacobian(place)
        bends = model.moments.bends(model.terms(place[None]))
        residuals = model.residuals(place[None], objective)
        penalty, first, second = (part[0] for part in objective.derivatives(residuals))
        robust = objective.robust_weight(residuals[0])
        if model.tilt is not None:
            first, second, robust = (v * model.tilt**k for k, v in ((1, first), (2, second), (2, robust)))
        if objective.log:
            second = second + first
            slopes, bends = slopes / fitted[:, None], bends / fitted[:, None, None]
        hessian = second[:, None, None] * slopes[:, :, None] * slopes[:, None, :]
        hessian -= first[:, None, None] * bends
        self._each = np.hstack(
            [
                penalty[:, None], -first[:, None] * slopes, robust[:, None] * slopes**2,
                hessian.reshape(len(hessian), -1),
            ]
        )  # fmt: skip

    def derivatives(self, weights: Array) -> tuple[Array, Array, Array, Array]:
        """Objective (B,), gradient (B, p), Hessian (B, p, p), and the reweighted matrix's diagonal (B, p)."""
        rows, p = max(1, SINGLE // self._each.size), self.p
        sums = np.vstack([weights[k : k + rows] @ self._each for k in range(0, len(weights), rows)])
        hessian = sums[:, 1 + 2 * p :].reshape(-1, p, p)
        return sums[:, 0], sums[:, 1 : p + 1], hessian, sums[:, p + 1 : 2 * p + 1]


def together(model: object, objective: Objective, starts: Array, weights: Array) -> Together | None:
    """Make this where rows do start at one place and their objective is a sum over the same runs."""
    if type(model) is not LogAffine or model.loss.ndim > 1 or type(objective) is not Objective:
        return None
    if not objective.additive or objective.sharp or len(weights) == 1 or len(starts) <= FEW:
        return None
    return Together(model, objective, starts[0]) if np.all(starts == starts[0]) else None
