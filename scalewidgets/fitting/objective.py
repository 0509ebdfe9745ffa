"""What a fit minimises: a sum over runs of a penalty on one residual per run.

The residual is ``log(loss) - log(fitted)`` for all objectives but ``squared_raw``, which takes
``loss - fitted``. Penalties are summed, never averaged: the scale changes where an
optimiser with absolute tolerances stops (arXiv:2404.10102, appendix), so it is part of the claim.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted

from . import student

Array: TypeAlias = NDArray[np.float64]

OBJECTIVES: dict[str, str] = {
    "huber_log": "sum of Huber penalties of the log residuals",
    "squared_log": "sum of half the squared log residuals",
    "squared_raw": "sum of half the squared loss residuals",
    "absolute_log": "sum of the absolute log residuals",
    "quantile": "sum of the quantile (pinball) penalties of the log residuals",
    "asymmetric": "sum of Huber penalties of the log residuals, over-predictions counting more",
    "gaussian_log": "negative log-likelihood of Gaussian log residuals, scale free",
    "student_t": "negative log-likelihood of Student-t log residuals, scale free",
}
"""Names of the objectives, and what each one is."""

TAU, FACTOR, NU = 0.5, 10.0, 4.0
"""Defaults of ``quantile``, ``asymmetric`` and ``student_t``."""

BLOCK = 8192
"""Numbers that are summed exactly one by one: it takes 70 ns each."""
_WORKING = "student_scale"
"""What is minimised for ``student_t``: ``W exp(2 nll / W)``, which for large nu is the sum of squares."""


@dataclass(frozen=True)
class Objective:
    """A penalty with its derivatives.

    Parameters
    ----------
    name : str
        One of :data:`OBJECTIVES`.
    delta : float or None
        Residual at which the Huber penalty turns from square to straight; ``None`` for the others.
    up, down : float
        Factors on the penalty of runs above the fit and below it. A run below the fit is over-predicted.
    nu : float or None
        Degrees of freedom of Student's t.
    free : bool
        Whether these are fitted along, between :data:`student.LEAST_NU` and :data:`student.MOST_NU`.
    """

    name: str
    delta: float | None = None
    up: float = 1.0
    down: float = 1.0
    nu: float | None = None
    free: bool = False

    @property
    def log(self) -> bool:
        """Whether residuals are differences of logarithms."""
        return self.name != "squared_raw"

    @property
    def square(self) -> bool:
        """Whether the best coefficients are those of least squares."""
        return self.name in ("squared_log", "squared_raw", "gaussian_log")

    @property
    def sharp(self) -> bool:
        """Whether the penalty has a kink, so that it is never minimised directly (:mod:`.continuation`)."""
        return self.name in ("absolute_log", "quantile")

    @property
    def likelihood(self) -> bool:
        """Whether it is the negative logarithm of a likelihood, the scale of the residuals fitted along."""
        return self.name in ("gaussian_log", "student_t")

    @property
    def additive(self) -> bool:
        """Whether the solver's objective is the weighted sum of :meth:`penalty`."""
        return self.name != _WORKING

    @property
    def symmetric(self) -> bool:
        """Whether a run above the fit counts like one below."""
        return self.up == self.down == 1.0

    @property
    def working(self) -> Objective:
        """What the solver sees: the same optimum, positive, and a share of it means something."""
        if self.name == "gaussian_log":
            return Objective("squared_log")
        return replace(self, name=_WORKING) if self.name == "student_t" else self

    @property
    def description(self) -> str:
        """The objective in words, convention included."""
        words = OBJECTIVES[self.name]
        if self.name == "quantile":
            words += f", tau = {self.up:g}"
        if self.name == "asymmetric":
            words += f" (factor {self.down:g})"
        if self.free:
            words += f", nu free between {student.LEAST_NU:g} and {student.MOST_NU:g}"
        elif self.nu is not None:
            words += f", nu = {self.nu:g}"
        return words if self.delta is None else f"{words}, delta = {self.delta:g}"

    def part(self, rows: slice) -> Objective:
        """Return the objective of some runs, where it knows runs apart."""
        return self

    def residuals(self, loss: Array, fitted: Array) -> Array:
        """Residual of each run; NaN where the fitted loss is not positive and a logarithm is due."""
        if not self.log:
            return loss - fitted
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.log(loss) - np.log(fitted))

    def penalty(self, residuals: Array) -> Array:
        """Penalty of each residual (of the solver's objective, for a likelihood)."""
        size = np.abs(residuals)
        if self.sharp:
            out = size
        elif self.delta is None:
            out = 0.5 * residuals * residuals
        else:
            inner = np.minimum(size, self.delta)
            out = inner * (size - 0.5 * inner)
        return out if self.symmetric else out * self._side(residuals)

    def _side(self, residuals: Array) -> Array:
        return np.where(residuals < 0, self.down, self.up)

    def derivatives(self, residuals: Array) -> tuple[Array, Array, Array]:
        """Penalty, its slope, and its curvature, by residual.

        The curvature of Huber is the indicator of the square zone. The absolute value has none, so it
        is never minimised directly: see :mod:`.continuation`.
        """
        if self.delta is None:
            if self.sharp:
                raise NotImplementedError("the absolute value is reached through Huber penalties")
            penalty, slope, curvature = 0.5 * residuals * residuals, residuals, np.ones_like(residuals)
        else:
            # One clip gives all three: inside it is r itself, outside it is +-delta.
            slope = np.minimum(np.maximum(residuals, -self.delta), self.delta)
            penalty = slope * (residuals - 0.5 * slope)
            curvature = (slope == residuals).astype(np.float64)
        if self.symmetric:
            return penalty, slope, curvature
        side = self._side(residuals)
        return penalty * side, slope * side, curvature * side

    def weighted(
        self, residuals: Array, weights: Array, room: Iterator[Array] | None = None
    ) -> tuple[Array, Array, Array, student.Bend | None]:
        """Value of each row (B,), weighted slopes and curvatures (B, n), and what a free scale adds.

        ``room`` may give arrays (B, n) to put slopes and curvatures into.
        """
        if self.name == _WORKING:
            return student.parts(residuals, weights, self._nu, free=self.free)
        if self.delta is None or not self.symmetric:
            penalty, slope, curvature = self.derivatives(residuals)
            return weighted_sum(penalty, weights), slope * weights, curvature * weights, None
        # The same in fewer passes over arrays, each of which is a thirtieth of an evaluation.
        one, other = (None, None) if room is None else (next(room), next(room))
        slope = np.clip(residuals, -self.delta, self.delta, out=one)
        first = np.multiply(slope, weights, out=other)
        value = np.einsum("bn,bn->b", first, residuals) - 0.5 * np.einsum("bn,bn->b", first, slope)
        return finite_or_worst(value), first, np.multiply(weights, slope == residuals, out=one), None

    def values(self, residuals: Array, weights: Array) -> Array:
        """Objective of each row (B,)."""
        if self.name == _WORKING:
            return student.parts(residuals, weights, self._nu, free=self.free)[0]
        return weighted_sum(self.penalty(residuals), weights)

    @property
    def _nu(self) -> float:
        return NU if self.nu is None else self.nu

    def robust_weight(self, residuals: Array) -> Array:
        """Slope over residual: the weight of iteratively reweighted least squares, always positive."""
        if self.name == _WORKING:
            scale = np.median(np.abs(residuals), axis=-1, keepdims=True) + np.finfo(float).tiny
            return np.asarray(1.0 / (1.0 + residuals * residuals / (self._nu * scale * scale)))
        out = (
            np.ones_like(residuals)
            if self.delta is None
            else self.delta / np.maximum(np.abs(residuals), self.delta)
        )
        return out if self.symmetric else out * self._side(residuals)

    def total(self, residuals: Array, weights: Array | None = None) -> float:
        """Sum of the penalties, or the negative log-likelihood.

        Exact to the last bit or so: two coefficient sets are compared at 1e-10.
        """
        if self.name in ("student_t", _WORKING):
            count = np.ones_like(residuals) if weights is None else weights
            working = self.name == _WORKING
            return student.total(residuals, count, self._nu, working=working, free=self.free)
        penalties = self.penalty(residuals)
        summed = exact_sum(penalties if weights is None else penalties * weights)
        if self.name != "gaussian_log":
            return summed
        count_ = float(len(residuals)) if weights is None else math.fsum(weights)
        return 0.5 * count_ * (math.log(max(4 * math.pi * summed / count_, 1e-300)) + 1.0)


def exact_sum(values: Array) -> float:
    """Sum of numbers to the last bit; of very many, in blocks whose own sums NumPy takes pairwise."""
    if len(values) <= BLOCK:
        return math.fsum(values)
    return math.fsum(float(values[k : k + BLOCK].sum()) for k in range(0, len(values), BLOCK))


def make_objective(
    name: str,
    delta: float | None,
    tau: float | None = None,
    factor: float | None = None,
    nu: float | str | None = None,
) -> Objective:
    """Check the name and the parameters of an objective.

    Raises
    ------
    FitError
        Unknown name (with the names that come close), a delta, factor or nu that is not a positive
        number, a tau outside 0 to 1, or one that belongs to another objective.
    """
    if not isinstance(name, str) or name not in OBJECTIVES:
        matches = close_matches(str(name), OBJECTIVES)
        raise FitError(
            f"{quoted(name)} is not an objective.",
            remedy=f"Did you mean {either(matches)}?" if matches else f"Choose one of {either(OBJECTIVES)}.",
        )
    for word, value, owner in (
        ("tau", tau, "quantile"),
        ("factor", factor, "asymmetric"),
        ("nu", nu, "student_t"),
    ):
        if value is not None and name != owner:
            raise FitError(
                f"{word}= belongs to the objective {owner}, not to {name}.", remedy=f"Leave {word}= out."
            )
    if name == "quantile":
        share = _positive("tau", TAU if tau is None else tau, "the share of runs below the fit", "0.1")
        if share >= 1:
            raise FitError(f"tau={tau} is not a share.", remedy="Give a number between 0 and 1, such as 0.1.")
        return Objective(name, None, share, 1.0 - share)
    if name == "student_t" and isinstance(nu, str):
        if nu != "free":
            near = f" Did you mean {quoted('free')}?" if close_matches(nu, ["free"]) else ""
            raise FitError(
                f"nu={quoted(nu)} is neither a number nor {quoted('free')}.{near}",
                remedy="Give a positive number, such as 4, or have it fitted.",
            )
        return Objective(name, nu=NU, free=True)
    if name == "student_t":
        return Objective(name, nu=_positive("nu", NU if nu is None else nu, "the degrees of freedom", "4"))
    if name not in ("huber_log", "asymmetric"):
        return Objective(name)
    turn = _positive("Delta", delta, "the log residual at which the Huber penalty turns straight", "1e-3")
    if name == "huber_log":
        return Objective(name, turn)
    what = "how many times more a run below the fit counts"
    return Objective(name, turn, 1.0, _positive("factor", FACTOR if factor is None else factor, what, "10"))


def _positive(word: str, value: object, meaning: str, example: str) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not (0 < number < math.inf):
        raise FitError(
            f"{word} is {quoted(value)}; it is {meaning}.",
            remedy=f"Give a positive number, such as {example}.",
        )
    return number


def weighted_sum(penalty: Array, weights: Array) -> Array:
    """Weighted sum of each row; NaN (outside the law's domain) counts as infinitely bad."""
    return finite_or_worst(np.einsum("bn,bn->b", penalty, np.broadcast_to(weights, penalty.shape)))


def finite_or_worst(value: Array) -> Array:
    """Return the objective of each row, infinite where it is not a number."""
    return np.where(np.isfinite(value), value, np.inf)
