"""What a fit minimises: a sum over runs of a penalty on one residual per run.

The residual is ``log(loss) - log(fitted)`` for the objectives that end in ``_log`` and
``loss - fitted`` for ``squared_raw``. Penalties are summed, never averaged: the scale changes where an
optimiser with absolute tolerances stops (arXiv:2404.10102, appendix), so it is part of the claim.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted

Array: TypeAlias = NDArray[np.float64]

OBJECTIVES: dict[str, str] = {
    "huber_log": "sum of Huber penalties of the log residuals",
    "squared_log": "sum of half the squared log residuals",
    "squared_raw": "sum of half the squared loss residuals",
    "absolute_log": "sum of the absolute log residuals",
}
"""Names of the objectives, and what each one is."""


@dataclass(frozen=True)
class Objective:
    """A penalty with its derivatives.

    Parameters
    ----------
    name : str
        One of :data:`OBJECTIVES`.
    delta : float or None
        Residual at which the Huber penalty turns from square to straight; ``None`` for the others.
    """

    name: str
    delta: float | None = None

    @property
    def log(self) -> bool:
        """Whether residuals are differences of logarithms."""
        return self.name != "squared_raw"

    @property
    def description(self) -> str:
        """The objective in words, convention included."""
        words = OBJECTIVES[self.name]
        return words if self.delta is None else f"{words}, delta = {self.delta:g}"

    def residuals(self, loss: Array, fitted: Array) -> Array:
        """Residual of each run; NaN where the fitted loss is not positive and a logarithm is due."""
        if not self.log:
            return loss - fitted
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.log(loss) - np.log(fitted))

    def penalty(self, residuals: Array) -> Array:
        """Penalty of each residual."""
        size = np.abs(residuals)
        if self.name == "absolute_log":
            return size
        if self.delta is None:
            return 0.5 * residuals * residuals
        inner = np.minimum(size, self.delta)
        return inner * (size - 0.5 * inner)

    def derivatives(self, residuals: Array) -> tuple[Array, Array, Array]:
        """Penalty, its slope, and its curvature, by residual.

        The curvature of Huber is the indicator of the square zone. The absolute value has none, so it
        is never minimised directly: see :func:`continuation`.
        """
        if self.delta is None:
            if self.name == "absolute_log":
                raise NotImplementedError("the absolute value is reached through Huber penalties")
            return 0.5 * residuals * residuals, residuals, np.ones_like(residuals)
        # One clip gives all three: inside it is r itself, outside it is +-delta.
        slope = np.clip(residuals, -self.delta, self.delta)
        penalty = slope * (residuals - 0.5 * slope)
        return penalty, slope, (slope == residuals).astype(np.float64)

    def robust_weight(self, residuals: Array) -> Array:
        """Slope over residual: the weight of iteratively reweighted least squares, always positive."""
        if self.delta is None:
            return np.ones_like(residuals)
        return self.delta / np.maximum(np.abs(residuals), self.delta)

    def total(self, residuals: Array, weights: Array | None = None) -> float:
        """Sum of the penalties.

        Exact to the last bit or so (``math.fsum``): two coefficient sets are compared at 1e-10.
        """
        penalties = self.penalty(residuals)
        return math.fsum(penalties if weights is None else penalties * weights)


def make_objective(name: str, delta: float | None) -> Objective:
    """Check the name and delta of an objective.

    Raises
    ------
    FitError
        Unknown name (with the names that come close), or a delta that is not a positive number.
    """
    if not isinstance(name, str) or name not in OBJECTIVES:
        matches = close_matches(str(name), OBJECTIVES)
        raise FitError(
            f"{quoted(name)} is not an objective.",
            remedy=f"Did you mean {either(matches)}?" if matches else f"Choose one of {either(OBJECTIVES)}.",
        )
    if name != "huber_log":
        return Objective(name)
    try:
        number = float(delta)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not (0 < number < math.inf):
        raise FitError(
            f"Delta is {quoted(delta)}; it is the log residual at which the Huber penalty turns straight.",
            remedy="Give a positive number, such as 1e-3.",
        )
    return Objective(name, number)


def weighted_sum(penalty: Array, weights: Array) -> Array:
    """Weighted sum of each row; NaN (outside the law's domain) counts as infinitely bad."""
    total = np.einsum("bn,bn->b", penalty, np.broadcast_to(weights, penalty.shape))
    return np.where(np.isfinite(total), total, np.inf)


def continuation(objective: Objective, scale: float) -> tuple[Objective, ...]:
    """Easier objectives to pass through on the way, the last one being what is really minimised.

    With delta far below the residuals hardly any run has curvature, and a Newton step from afar
    stalls at a wrong point. Halving delta with warm starts follows the optimum down instead.

    Parameters
    ----------
    objective : Objective
    scale : float
        Typical size of a residual at the start.
    """
    if objective.name == "absolute_log":
        # From here on the Huber and the absolute optimum agree to about ten digits.
        last = max(1e-7 * scale, 1e-14)
    elif objective.delta is not None and objective.delta < 0.1 * scale:
        last = objective.delta
    else:
        return (objective,)
    steps = []
    delta = scale
    while delta > 1.5 * last:
        steps.append(delta)
        delta /= 2
    return tuple(Objective("huber_log", step) for step in (*steps, last))
