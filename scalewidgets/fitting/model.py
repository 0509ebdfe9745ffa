"""A law on one table of runs, in the variables the solver works in.

Two kinds, one interface. :class:`LogAffine` is for sums of terms whose logarithm is a straight line
in the variables (``E + A / N**alpha + B / D**beta`` and its kin): amplitudes enter by their logarithm,
the features of each term are centred, and all second derivatives are small matrix products.
:class:`General` takes any law through the derivatives SymPy gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law, Symbol

from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

SMALLEST_EXPONENT, LARGEST_EXPONENT = 1e-4, 8.0


class Model(Protocol):
    """What the solver needs to know of a law on a table of ``n`` runs.

    Variables are rows of an array of shape (B, p): one row for each start, resample or fold.
    """

    loss: Array
    low: Array
    high: Array

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

    def coefficients(self, variables: Array) -> Array:
        """Natural scale, in the law's order, shape (B, p)."""

    def variables(self, coefficients: Array) -> Array:
        """Inverse of :meth:`coefficients`."""


def make_model(
    law: Law, inputs: Mapping[str, Array], loss: Array, fixed: Iterable[str] = ()
) -> LogAffine | General:
    """Choose the model for a law: the fast one where the law's structure allows it.

    Parameters
    ----------
    law : Law
    inputs : mapping of str to ndarray, shape (n,)
    loss : ndarray, shape (n,)
    fixed : iterable of str
        Coefficients that will not move.
    """
    features = log_affine_features(law, inputs)
    if features is None:
        return General(law, inputs, loss)
    return LogAffine(law, features, loss, fixed)


def log_affine_features(law: Law, inputs: Mapping[str, Array]) -> list[tuple[Array, Array]] | None:
    """Find the straight lines that the logarithms of a law's terms are, if they are.

    Returns
    -------
    list of (intercept (n,), slopes (n, q)) or None
        For each linear coefficient, the logarithm of its basis function at exponent zero and its slope
        in each nonlinear coefficient. ``None`` if the law has another structure.

    Notes
    -----
    Found by evaluating, not by symbolic algebra: slopes are differences between unit vectors and
    zero, and the law qualifies only if random points are predicted to rounding.
    """
    if not law.linear or not all(law.symbol(name).positive for name in law.linear):
        return None
    nonlinear = law.nonlinear
    columns = [np.atleast_1d(inputs[name]) for name in law.input_names]
    n = len(columns[0])
    rng = np.random.default_rng(7)
    points = [np.zeros(len(nonlinear)), *np.eye(len(nonlinear)), *rng.uniform(0.05, 1.5, (3, len(nonlinear)))]
    logs = []
    with np.errstate(all="ignore"):
        for point in points:
            basis, rest = law.compiled.basis(*columns, *(np.float64(x) for x in point))
            if not np.all(rest == 0):
                return None
            logs.append([np.log(np.broadcast_to(np.asarray(column, dtype=float), (n,))) for column in basis])
    features = []
    for k in range(len(law.linear)):
        intercept = logs[0][k]
        slopes = (
            np.stack([logs[1 + j][k] - intercept for j in range(len(nonlinear))], axis=-1)
            if nonlinear
            else np.zeros((n, 0))
        )
        for point, seen in zip(points[-3:], logs[-3:], strict=True):
            said = intercept + slopes @ point
            if not np.all(np.abs(said - seen[k]) <= 1e-11 * (1 + np.abs(seen[k]))):
                return None
        features.append((intercept, slopes))
    return features


def exponent_range(symbol: Symbol) -> tuple[float, float]:
    """Range within which a nonlinear coefficient of a log-affine law may move."""
    if symbol.kind != "exponent":
        return symbol.low, symbol.high
    return max(symbol.low, SMALLEST_EXPONENT), min(symbol.high, LARGEST_EXPONENT)


class LogAffine:
    """Sum of terms ``exp(a_k + sum_j g_kj u_j)``, with ``g_kj`` known features of each run.

    The variables are the logarithms of the amplitudes at the centre of the data, then the nonlinear
    coefficients as they are. Centring takes the condition of the Jacobian's square on the Chinchilla
    points from 4e6 to 4e3.
    """

    def __init__(
        self, law: Law, features: list[tuple[Array, Array]], loss: Array, fixed: Iterable[str] = ()
    ) -> None:
        self.law = law
        self.loss = loss
        self.log_loss = np.log(loss)
        terms = len(features)
        q = len(law.nonlinear)
        self.p = terms + q
        self._order = [(*law.linear, *law.nonlinear).index(name) for name in law.coefficient_names]
        self._inverse = np.argsort(self._order)
        self.centre = np.stack([slopes.mean(axis=0) for _, slopes in features])
        self.level = np.array([intercept.mean() for intercept, _ in features])
        # A fixed amplitude is a number at the origin, not at the centre of the data.
        for k, name in enumerate(law.linear):
            if name in set(fixed):
                self.centre[k], self.level[k] = 0.0, 0.0
        self._index: list[NDArray[np.intp]] = []
        self._features: list[Array | None] = []
        self._offset: list[Array | None] = []
        for k, (intercept, slopes) in enumerate(features):
            centred = slopes - self.centre[k]
            used = [j for j in range(q) if np.any(np.abs(slopes[:, j]) > 0)]
            self._index.append(np.array([k, *(terms + j for j in used)]))
            self._features.append(centred[:, used] if used else None)
            offset = intercept - self.level[k]
            self._offset.append(offset if np.any(offset != 0) else None)
        n = len(loss)
        ones = np.ones((n, 1))
        self._columns = [ones if f is None else np.hstack([ones, f]) for f in self._features]
        # Products of features, for the second moments: row-wise outer products, flattened.
        self._products = {
            (k, l): (self._columns[k][:, :, None] * self._columns[l][:, None, :]).reshape(n, -1)
            for k in range(terms)
            for l in range(k, terms)
        }
        size = np.log(np.median(loss))
        exponents = [exponent_range(law.symbol(name)) for name in law.nonlinear]
        # A term 1e-12 of the loss is zero; one 1e8 of it is cancelled by nothing, as all are positive.
        self.low = np.array([size - 28.0] * terms + [e[0] for e in exponents])
        self.high = np.array([size + 19.0] * terms + [e[1] for e in exponents])

    # -- variables -----------------------------------------------------------------------------

    def coefficients(self, variables: Array) -> Array:
        """Natural scale, in the law's order."""
        terms = len(self.level)
        nonlinear = variables[:, terms:]
        amplitudes = np.exp(variables[:, :terms] - self.level - nonlinear @ self.centre.T)
        return np.hstack([amplitudes, nonlinear])[:, self._order]

    def variables(self, coefficients: Array) -> Array:
        """Inverse of :meth:`coefficients`."""
        terms = len(self.level)
        inner = np.asarray(coefficients, dtype=float)[:, self._inverse]
        nonlinear = inner[:, terms:]
        return np.hstack([np.log(inner[:, :terms]) + self.level + nonlinear @ self.centre.T, nonlinear])

    def is_free(self, fixed: Mapping[str, float]) -> NDArray[np.bool_]:
        """Which variables may move when these coefficients are fixed (see :meth:`pin`)."""
        return np.array([name not in fixed for name in (*self.law.linear, *self.law.nonlinear)])

    # -- values --------------------------------------------------------------------------------

    def terms(self, variables: Array) -> list[Array]:
        """Terms of the sum, each (B, n), or (B, 1) for one that is the same for all runs."""
        out = []
        for index, features, offset in zip(self._index, self._features, self._offset, strict=True):
            exponent = variables[:, index[:1]]
            if features is not None:
                exponent = exponent + variables[:, index[1:]] @ features.T
            if offset is not None:
                exponent = exponent + offset
            out.append(np.exp(exponent))
        return out

    def value(self, variables: Array) -> Array:
        """Fitted loss, shape (B, n)."""
        total: Array = sum(self.terms(variables), np.zeros((1, len(self.loss))))
        return total

    def jacobian(self, variables: Array) -> tuple[Array, Array]:
        """Fitted loss (n,) and its derivatives (n, p) at one row of variables."""
        n = len(self.loss)
        terms = self.terms(np.atleast_2d(variables))
        jacobian = np.zeros((n, self.p))
        for term, index, columns in zip(terms, self._index, self._columns, strict=True):
            jacobian[:, index] += np.broadcast_to(term[0], (n,))[:, None] * columns
        fitted: Array = np.broadcast_to(sum(terms)[0], (n,))
        return fitted, jacobian

    def shares(self, variables: Array) -> Array:
        """Largest share of each term in the fitted loss of any run, shape (B, terms)."""
        terms = self.terms(variables)
        total = sum(terms)
        return np.stack([np.max(term / total, axis=1) for term in terms], axis=1)

    def derivatives(
        self, variables: Array, weights: Array, objective: Objective
    ) -> tuple[Array, Array, Array]:
        """Objective (B,), gradient (B, p) and exact Hessian (B, p, p)."""
        shares, residuals = self._split(variables, objective)
        penalty, slope, curvature = objective.derivatives(residuals)
        value = _rowsum(penalty, weights)
        first = slope * weights
        second = curvature * weights
        if objective.log:
            second += first
        batch = len(variables)
        gradient = np.zeros((batch, self.p))
        hessian = self._outer(shares, second)
        for k, share in enumerate(shares):
            index = self._index[k]
            m = len(index)
            moments = ((first * share) @ self._products[k, k]).reshape(batch, m, m)
            gradient[:, index] -= moments[:, 0, :]
            hessian[:, index[:, None], index] -= moments
        return value, gradient, hessian

    def robust_hessian(self, variables: Array, weights: Array, objective: Objective) -> Array:
        """Reweighted Gauss-Newton matrix, positive semi-definite."""
        shares, residuals = self._split(variables, objective)
        return self._outer(shares, objective.robust_weight(residuals) * weights)

    def _split(self, variables: Array, objective: Objective) -> tuple[list[Array], Array]:
        """Derivatives of the fitted quantity by each term's exponent, and the residuals."""
        terms = self.terms(variables)
        total: Array = sum(terms[1:], terms[0])
        if not objective.log:
            return terms, self.loss - total
        with np.errstate(all="ignore"):
            shares = [term / total for term in terms]
            return shares, self.log_loss - np.log(total)

    def _outer(self, shares: list[Array], second: Array) -> Array:
        batch = len(second)
        hessian = np.zeros((batch, self.p, self.p))
        for k, share in enumerate(shares):
            left = second * share
            a = self._index[k]
            for l in range(k, len(shares)):
                b = self._index[l]
                block = ((left * shares[l]) @ self._products[k, l]).reshape(batch, len(a), len(b))
                hessian[:, a[:, None], b] += block
                if l != k:
                    hessian[:, b[:, None], a] += block.transpose(0, 2, 1)
        return hessian


class General:
    """Any law: positive coefficients by their logarithm, the others as they are."""

    def __init__(self, law: Law, inputs: Mapping[str, Array], loss: Array) -> None:
        self.law = law
        self.loss = loss
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
            residuals = objective.residuals(self.loss, fitted)
            penalty, slope, curvature = objective.derivatives(residuals)
            total = _rowsum(penalty, weights)
            first, second = slope * weights, curvature * weights
            if objective.log:
                second = second + first
                first = first / fitted
                second = second / (fitted * fitted)
            scale = np.where(self.logged, self.coefficients(variables), 1.0)
            columns = [self._full(entry, batch) for entry in gradient]
            slopes = np.stack([np.einsum("bn,bn->b", first, column) for column in columns], axis=1) * scale
            hessian = np.empty((batch, self.p, self.p))
            for (i, j), entry in zip(self.law.compiled.pairs, entries, strict=True):
                both = np.einsum("bn,bn,bn->b", second, columns[i], columns[j])
                both -= np.einsum("bn,bn->b", first, self._full(entry, batch))
                hessian[:, i, j] = hessian[:, j, i] = both * scale[:, i] * scale[:, j]
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
            weight = objective.robust_weight(objective.residuals(self.loss, fitted)) * weights
            if objective.log:
                weight = weight / (fitted * fitted)
            scale = np.where(self.logged, self.coefficients(variables), 1.0)
            columns = np.stack([self._full(entry, batch) for entry in gradient], axis=1) * scale[:, :, None]
            return np.asarray(np.einsum("bn,bin,bjn->bij", weight, columns, columns, optimize=True))

    def _full(self, value: Array, batch: int) -> Array:
        return np.broadcast_to(np.asarray(value, dtype=float), (batch, len(self.loss)))


def _rowsum(penalty: Array, weights: Array) -> Array:
    """Weighted sum of each row; NaN (outside the law's domain) counts as infinitely bad."""
    total = np.einsum("bn,bn->b", penalty, np.broadcast_to(weights, penalty.shape))
    return np.where(np.isfinite(total), total, np.inf)
