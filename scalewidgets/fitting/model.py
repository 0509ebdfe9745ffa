"""A law on one table of runs, in the variables the solver works in.

Two kinds, one interface: :class:`~scalewidgets.fitting.logaffine.LogAffine` where the law's structure
allows it, and :class:`General` for any law, through the derivatives SymPy gives.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

from .algebra import DENSE, Algebra
from .features import known_lines
from .logaffine import LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]
M = TypeVar("M", bound="Model")

__all__ = ["General", "LogAffine", "Model", "make_model"]


class Model(Protocol):
    """What the solver needs to know of a law on a table of ``n`` runs.

    Variables are rows of an array of shape (B, p): one row for each start, resample or fold.
    """

    loss: Array
    weight: Array
    low: Array
    high: Array
    algebra: Algebra

    def value(self, variables: Array) -> Array:
        """Fitted loss, shape (B, n)."""

    def jacobian(self, variables: Array) -> tuple[Array, Array]:
        """Fitted loss (n,) and its derivatives (n, p) at one row of variables."""

    def derivatives(
        self, variables: Array, weights: Array, objective: Objective
    ) -> tuple[Array, Array, Array]:
        """Objective (B,), gradient (B, p) and exact Hessian (B, p, p)."""

    def robust_hessian(self, variables: Array, weights: Array, objective: Objective) -> Array:
        """Positive semi-definite stand-in for the Hessian (B, p, p): reweighted Gauss-Newton."""

    def gradient(self, variables: Array, weights: Array, objective: Objective) -> tuple[Array, Array]:
        """Objective (B,) and gradient (B, p)."""

    def residuals(self, variables: Array, objective: Objective) -> Array:
        """Residuals, in units of a typical run's scatter where each run has its own, shape (B, n)."""

    def take(self: M, rows: NDArray[np.intp] | NDArray[np.bool_]) -> M:
        """Return the model of some rows of variables, where each has losses of its own."""

    def coefficients(self, variables: Array) -> Array:
        """Natural scale, in the law's order, shape (B, p)."""

    def variables(self, coefficients: Array) -> Array:
        """Inverse of :meth:`coefficients`."""


def make_model(
    law: Law,
    inputs: Mapping[str, Array],
    loss: Array,
    fixed: Iterable[str] = (),
    weight: Array | None = None,
    tilt: Array | None = None,
    centres: Mapping[str, tuple[Array, float]] | None = None,
) -> LogAffine | General:
    """Choose the model for a law: the fast one where the law's structure allows it.

    Parameters
    ----------
    law : Law
    inputs : mapping of str to ndarray, shape (n,)
    loss : ndarray, shape (n,)
    fixed : iterable of str
        Coefficients that will not move, or not beyond bounds of the caller's.
    weight : ndarray, shape (n,), optional
        Factor on the penalty of each run.
    tilt : ndarray, shape (n,), optional
        Factor on the residual of each run: a typical standard deviation over its own.
    centres : mapping of str to (ndarray (q,), float), optional
        Where amplitudes have their logarithm taken, instead of the centre of the runs; see
        :class:`LogAffine`.
    """
    features = known_lines(law, inputs)
    if features is None:
        return General(law, inputs, loss, weight, tilt)
    return LogAffine(law, features, loss, fixed, weight, tilt, centres)


class General:
    """Any law: positive coefficients by their logarithm, the others as they are."""

    algebra: Algebra = DENSE

    def __init__(
        self,
        law: Law,
        inputs: Mapping[str, Array],
        loss: Array,
        weight: Array | None = None,
        tilt: Array | None = None,
    ) -> None:
        self.law = law
        self.loss = loss
        self.n = len(loss)
        self.weight = np.ones(self.n) if weight is None else weight
        self.tilt = tilt
        self.inputs = [np.atleast_1d(inputs[name]) for name in law.input_names]
        self.p = len(law.coefficients)
        self.logged = np.array([symbol.positive for symbol in law.coefficients])
        low, high = [], []
        for symbol in law.coefficients:
            if symbol.positive:
                wide = 1e6 if symbol.kind != "exponent" else 1e3
                start = symbol.start or (1e-3, 1e3)
                low.append(np.log(max(symbol.low, start[0] / wide)))
                high.append(np.log(min(symbol.high, start[1] * wide)))
            else:
                low.append(symbol.low)
                high.append(symbol.high)
        self.low, self.high = np.array(low), np.array(high)

    def coefficients(self, variables: Array) -> Array:
        """Natural scale, in the law's order."""
        return np.where(self.logged, np.exp(np.where(self.logged, variables, 0.0)), variables)

    def variables(self, coefficients: Array) -> Array:
        """Inverse of :meth:`coefficients`."""
        given = np.asarray(coefficients, dtype=float)
        return np.where(self.logged, np.log(np.where(self.logged, given, 1.0)), given)

    def is_free(self, fixed: Mapping[str, float]) -> NDArray[np.bool_]:
        """Which variables may move when these coefficients are fixed."""
        return np.array([name not in fixed for name in self.law.coefficient_names])

    def bound(self, bounds: Mapping[str, tuple[float, float]]) -> None:
        """Keep coefficients within bounds; an amplitude's must have been announced as fixed."""
        names = self.law.coefficient_names
        for name, (low, high) in bounds.items():
            j = names.index(name)
            logged = self.logged[j]
            with np.errstate(divide="ignore"):
                low, high = (float(np.log(low)), float(np.log(high))) if logged else (low, high)
            self.low[j] = low if np.isfinite(low) else self.low[j]
            self.high[j] = high if np.isfinite(high) else self.high[j]

    def with_loss(self, loss: Array) -> General:
        """Return the model with other losses: one row of them, or one for each row of variables."""
        other = copy.copy(self)
        other.loss = loss
        return other

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> General:
        """Return the model of some rows of variables, where each has losses of its own."""
        return self if self.loss.ndim == 1 else self.with_loss(self.loss[rows])

    def _columns(self, variables: Array) -> list[Array]:
        return list(self.coefficients(variables).T[:, :, None])

    def value(self, variables: Array) -> Array:
        """Fitted loss, shape (B, n)."""
        with np.errstate(all="ignore"):
            value, _ = self.law.compiled.value_and_gradient(*self.inputs, *self._columns(variables))
        return self._full(value, len(variables))

    def jacobian(self, variables: Array) -> tuple[Array, Array]:
        """Fitted loss (n,) and its derivatives (n, p) at one row of variables."""
        row = np.atleast_2d(variables)
        coefficients = self._columns(row)
        with np.errstate(all="ignore"):
            value, gradient = self.law.compiled.value_and_gradient(*self.inputs, *coefficients)
        scale = np.where(self.logged, self.coefficients(row)[0], 1.0)
        return self._full(value, 1)[0], np.stack([self._full(g, 1)[0] for g in gradient], axis=1) * scale

    def derivatives(
        self, variables: Array, weights: Array, objective: Objective
    ) -> tuple[Array, Array, Array]:
        """Objective (B,), gradient (B, p) and exact Hessian (B, p, p)."""
        batch = len(variables)
        with np.errstate(all="ignore"):
            value, gradient, entries = self.law.compiled.value_gradient_hessian(
                *self.inputs, *self._columns(variables)
            )
            fitted = self._full(value, batch)
            total, first, second, bend = objective.weighted(self._tilted(fitted, objective), weights)
            if self.tilt is not None:
                first, second = first * self.tilt, second * self.tilt**2
            if objective.log:
                second = second + first
                first = first / fitted
                second = second / (fitted * fitted)
            scale = np.where(self.logged, self.coefficients(variables), 1.0)
            columns = self._stacked(gradient, batch)
            slopes = _against(columns, first) * scale
            hessian = (columns * second[:, None, :]) @ columns.transpose(0, 2, 1)
            for (i, j), entry in zip(self.law.compiled.pairs, entries, strict=True):
                turned = self._summed(first, entry, batch)
                hessian[:, i, j] -= turned
                if i != j:
                    hessian[:, j, i] -= turned
            hessian *= scale[:, :, None] * scale[:, None, :]
            if bend is not None:
                turn = (1.0 if self.tilt is None else self.tilt) / (fitted if objective.log else 1.0)
                pulls = [_against(columns, cross * turn) * scale for cross in bend.crosses]
                bend.apply(hessian, -slopes, pulls)
        # Second derivative of exp(u) itself.
        diagonal = np.arange(self.p)
        hessian[:, diagonal, diagonal] -= np.where(self.logged, slopes, 0.0)
        return total, -slopes, hessian

    def robust_hessian(self, variables: Array, weights: Array, objective: Objective) -> Array:
        """Reweighted Gauss-Newton matrix, positive semi-definite."""
        batch = len(variables)
        with np.errstate(all="ignore"):
            value, gradient = self.law.compiled.value_and_gradient(*self.inputs, *self._columns(variables))
            fitted = self._full(value, batch)
            weight = objective.robust_weight(self._tilted(fitted, objective)) * weights
            if self.tilt is not None:
                weight = weight * self.tilt**2
            if objective.log:
                weight = weight / (fitted * fitted)
            scale = np.where(self.logged, self.coefficients(variables), 1.0)
            columns = self._stacked(gradient, batch)
            matrix = (columns * weight[:, None, :]) @ columns.transpose(0, 2, 1)
            return np.asarray(matrix * (scale[:, :, None] * scale[:, None, :]))

    def gradient(self, variables: Array, weights: Array, objective: Objective) -> tuple[Array, Array]:
        """Objective (B,) and gradient (B, p), for solvers that take no Hessian."""
        batch = len(variables)
        with np.errstate(all="ignore"):
            value, gradient = self.law.compiled.value_and_gradient(*self.inputs, *self._columns(variables))
            fitted = self._full(value, batch)
            total, first, _, _ = objective.weighted(self._tilted(fitted, objective), weights)
            first = first / fitted if objective.log else first
            first = first if self.tilt is None else first * self.tilt
            scale = np.where(self.logged, self.coefficients(variables), 1.0)
            return total, -_against(self._stacked(gradient, batch), first) * scale

    def residuals(self, variables: Array, objective: Objective) -> Array:
        """Residuals in units of a typical run's scatter, shape (B, n)."""
        return self._tilted(self.value(variables), objective)

    def _tilted(self, fitted: Array, objective: Objective) -> Array:
        out = objective.residuals(self.loss, fitted)
        return out if self.tilt is None else out * self.tilt

    def _full(self, value: Array, batch: int) -> Array:
        return np.broadcast_to(np.asarray(value, dtype=float), (batch, self.n))

    def _stacked(self, entries: Sequence[Any], batch: int) -> Array:
        """Derivatives by each coefficient, shape (B, p, n)."""
        out = np.empty((batch, len(entries), self.n))
        for j, entry in enumerate(entries):
            out[:, j] = entry
        return out

    def _summed(self, factor: Array, entry: Any, batch: int) -> Array | float:
        """Sums over the runs (B,) of a factor (B, n) times an entry of the Hessian, which is often zero."""
        if np.ndim(entry) == 0 and entry == 0:
            return 0.0
        return np.asarray(np.einsum("bn,bn->b", factor, self._full(entry, batch)))


def _against(columns: Array, factor: Array) -> Array:
    """Sums over the runs of columns (B, p, n) times a factor (B, n), shape (B, p)."""
    return np.asarray((columns @ factor[:, :, None])[:, :, 0])
