"""Laws whose terms are straight lines in the logarithm: the fast model.

``E + A / N**alpha + B / D**beta`` and its kin: amplitudes enter by their logarithm, the features of each
term are centred, and all second derivatives are small matrix products.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law, Symbol

from .algebra import DENSE, Algebra
from .features import term_of
from .moments import Moments, median
from .objective import Objective
from .powers import Powers
from .rooms import rooms

Array: TypeAlias = NDArray[np.float64]

SMALLEST_EXPONENT, LARGEST_EXPONENT = 1e-4, 8.0
ROOM = 5
"""Arrays of an evaluation beside one for each term."""
CACHED = 2**15
"""Rows times runs that are evaluated in one go."""
FAR = (-60.0, 120.0)
"""Logarithms of an amplitude at the origin that are never left."""


def exponent_range(symbol: Symbol) -> tuple[float, float]:
    """Range within which a nonlinear coefficient of a log-affine law may move."""
    if symbol.kind != "exponent":
        return symbol.low, symbol.high
    return max(symbol.low, SMALLEST_EXPONENT), min(symbol.high, LARGEST_EXPONENT)


@lru_cache(maxsize=256)
def _order(law: Law) -> tuple[list[int], list[int], list[float], list[float]]:
    """Place of each coefficient among the variables, the inverse, and ends of the nonlinear ones."""
    inner = (*law.linear, *law.nonlinear)
    order = [inner.index(name) for name in law.coefficient_names]
    ends = [exponent_range(law.symbol(name)) for name in law.nonlinear]
    return order, [order.index(j) for j in range(len(order))], [e[0] for e in ends], [e[1] for e in ends]


class LogAffine:
    """Sum of terms ``exp(a_k + sum_j g_kj u_j)``, with ``g_kj`` known features of each run.

    The variables are the logarithms of the amplitudes at the centre of the data, then the nonlinear
    coefficients as they are. Centring takes the condition of the Jacobian's square on the Chinchilla
    points from 4e6 to 4e3.

    ``centres`` gives other places to some amplitudes: the values of the slopes there, and the intercept. Two
    tables whose amplitude is one and the same then have one and the same variable for it.
    """

    algebra: Algebra = DENSE
    engine = "numpy"
    """What descends: ``"compiled"`` where the fit was given to the compiled engine."""

    def __init__(
        self,
        law: Law,
        features: Powers | list[tuple[Array, Array]],
        loss: Array,
        fixed: Iterable[str] = (),
        weight: Array | None = None,
        tilt: Array | None = None,
        centres: Mapping[str, tuple[Array, float]] | None = None,
    ) -> None:
        self.law = law
        self.loss = loss
        n = self.n = len(loss)
        self.weight = np.full(n, 1.0) if weight is None else weight
        self.tilt = tilt
        self.log_loss = np.log(loss)
        linear = law.linear
        terms, q = len(linear), len(law.nonlinear)
        self.p = terms + q
        self._order, self._inverse, lowest, highest = _order(law)
        # A fixed amplitude is a number at the origin, not at the centre of the data.
        held, placed = set(fixed), dict(centres or {})
        if isinstance(features, Powers) and not placed:
            made = [features.term(k, centred=name not in held) for k, name in enumerate(linear)]
        else:
            lines = features.lines() if isinstance(features, Powers) else features
            made = [
                features.term(k, centred=name not in held)
                if isinstance(features, Powers) and name not in placed
                else term_of(*lines[k], centred=name not in held, at=placed.get(name))
                for k, name in enumerate(linear)
            ]
        centres_, levels, self._used, self._features, self._offset = map(list, zip(*made, strict=True))
        self.centre, self.level = np.array(centres_, dtype=float).reshape(terms, q), np.array(levels)
        # Made when asked for, and shared by models of other losses.
        self._made: dict[str, Any] = {}
        self.size = size = float(np.log(median(loss)))
        # A term 1e-12 of the loss is zero; one 1e8 of it is cancelled by nothing, as all are positive.
        self.low = np.array([size - 28.0] * terms + lowest)
        self.high = np.array([size + 19.0] * terms + highest)
        for name in placed:  # away from the runs, where these ends say nothing
            self.low[linear.index(name)], self.high[linear.index(name)] = FAR

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
        if not fixed:
            return np.ones(self.p, dtype=bool)
        return np.array([name not in fixed for name in (*self.law.linear, *self.law.nonlinear)])

    def bound(self, bounds: Mapping[str, tuple[float, float]]) -> None:
        """Keep coefficients within bounds; an amplitude's must have been announced as fixed."""
        names = (*self.law.linear, *self.law.nonlinear)
        for name, (low, high) in bounds.items():
            j = names.index(name)
            logged = j < len(self.level)
            with np.errstate(divide="ignore"):
                low, high = (float(np.log(low)), float(np.log(high))) if logged else (low, high)
            if logged:  # at the origin, where the range of the centred one says nothing
                self.low[j], self.high[j] = max(low, FAR[0]), min(high, FAR[1])
            else:
                self.low[j], self.high[j] = max(low, self.low[j]), min(high, self.high[j])

    def with_loss(self, loss: Array) -> LogAffine:
        """Return the model with other losses: one row of them, or one for each row of variables."""
        other = copy.copy(self)
        other.loss = loss
        with np.errstate(all="ignore"):
            other.log_loss = np.log(loss)
        return other

    def some_runs(self, rows: NDArray[np.intp] | slice) -> LogAffine:
        """Return the model of some of the runs; centre and bounds stay, so variables mean the same."""
        other = self.with_loss(self.loss[rows])
        other.weight, other.n = self.weight[rows], len(other.loss)
        other.tilt = None if self.tilt is None else self.tilt[rows]
        other._features = [None if f is None else f[rows] for f in self._features]
        other._offset = [None if o is None else o[rows] for o in self._offset]
        other._made = {}
        return other

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> LogAffine:
        """Return the model of some rows of variables, where each has losses of its own."""
        return self if self.loss.ndim == 1 else self.with_loss(self.loss[rows])

    def parts(self) -> Iterator[tuple[list[int], Array | None, Array | None]]:
        """Give each term's nonlinear variables, their slopes (n, m), and what else is known of it (n,)."""
        terms = len(self.level)
        for used, features, offset in zip(self._used, self._features, self._offset, strict=True):
            yield [terms + j for j in used], features, offset

    def lines(self) -> tuple[list[tuple[int, int, Array]], list[tuple[int, Array]]]:
        """Derivative of a term's exponent by a nonlinear variable, where it is not zero, and offsets.

        Returns
        -------
        list of (variable, term, ndarray (n,))
        list of (term, ndarray (n,))
        """
        if "lines" not in self._made:
            self._made["lines"] = [
                (int(j), k, np.ascontiguousarray(column))
                for k, (index, features) in enumerate(zip(self._index, self._features, strict=True))
                if features is not None
                for j, column in zip(index[1:], features.T, strict=True)
            ]
        return self._made["lines"], [(k, o) for k, o in enumerate(self._offset) if o is not None]

    @property
    def _index(self) -> list[NDArray[np.intp]]:
        """Variables of each term: the amplitude, then the nonlinear ones."""
        if "index" not in self._made:
            terms = len(self.level)
            self._made["index"] = [
                np.array([k, *(terms + j for j in used)]) for k, used in enumerate(self._used)
            ]
        found: list[NDArray[np.intp]] = self._made["index"]
        return found

    @property
    def _columns(self) -> list[Array]:
        """Derivatives of each term's exponent by the variables in it, shape (n, m)."""
        if "columns" not in self._made:
            ones = np.ones((self.n, 1))
            self._made["columns"] = [ones if f is None else np.hstack([ones, f]) for f in self._features]
        return list(self._made["columns"])

    @property
    def moments(self) -> Moments:
        """Sums over runs that gradient and Hessian are made of."""
        if "moments" not in self._made:
            self._made["moments"] = Moments(self._index, self._columns, self.p)
        found: Moments = self._made["moments"]
        return found

    # -- values --------------------------------------------------------------------------------

    @np.errstate(over="ignore")
    def terms(self, variables: Array, room: Iterator[Array] | None = None) -> list[Array]:
        """Terms of the sum, each (B, n), or (B, 1) for one that is the same for all runs.

        Parameters
        ----------
        variables : ndarray, shape (B, p)
        room : iterator of ndarray, optional
            Arrays (B, n) to put them into.
        """
        out = []
        for index, columns, features, offset in zip(
            self._index, self._columns, self._features, self._offset, strict=True
        ):
            if features is None:
                exponent = variables[:, index[:1]]
            else:
                place = None if room is None else next(room)
                exponent = np.matmul(variables[:, index], columns.T, out=place)
            if offset is not None:
                exponent = exponent + offset
            out.append(np.exp(exponent, out=exponent))
        return out

    def value(self, variables: Array) -> Array:
        """Fitted loss, shape (B, n)."""
        total: Array = sum(self.terms(variables), np.zeros((1, self.n)))
        return total

    def jacobian(self, variables: Array) -> tuple[Array, Array]:
        """Fitted loss (n,) and its derivatives (n, p) at one row of variables."""
        terms = [np.broadcast_to(term[0], (self.n,)) for term in self.terms(np.atleast_2d(variables))]
        slopes = np.zeros((self.p, self.n))
        slopes[: len(terms)] = terms
        for j, k, line in self.lines()[0]:
            slopes[j] += line * terms[k]
        fitted: Array = sum(terms[1:], terms[0])
        return fitted, slopes.T

    def shares(self, variables: Array) -> Array:
        """Largest share of each term in the fitted loss of any run, shape (B, terms)."""
        terms = self.terms(variables)
        total: Array = sum(terms[1:], terms[0])
        return np.stack([np.max(term / total, axis=1) for term in terms], axis=1)

    def derivatives(
        self, variables: Array, weights: Array, objective: Objective
    ) -> tuple[Array, Array, Array]:
        """Objective (B,), gradient (B, p) and exact Hessian (B, p, p)."""
        batch, p = len(variables), self.p
        value, gradient, hessian = np.empty(batch), np.empty((batch, p)), np.empty((batch, p, p))
        for rows, model, w in self._blocks(batch, weights, objective):
            shares, residuals, room = model._split(variables[rows], objective)
            value[rows], first, second, bend = objective.weighted(residuals, w, room)
            if self.tilt is not None:
                first, second = first * self.tilt, second * self.tilt**2
            if objective.log:
                second += first
            spare = next(room)
            slopes, own = self.moments.within(shares, first, spare)
            gradient[rows] = -slopes
            hessian[rows] = self.moments.between(shares, second, spare, first) - own
            if bend is not None:
                bend.apply(hessian[rows], gradient[rows], [model._pull(shares, v) for v in bend.crosses])
        return value, gradient, hessian

    def robust_hessian(self, variables: Array, weights: Array, objective: Objective) -> Array:
        """Reweighted Gauss-Newton matrix, positive semi-definite."""
        hessian = np.empty((len(variables), self.p, self.p))
        for rows, model, w in self._blocks(len(variables), weights, objective):
            shares, residuals, room = model._split(variables[rows], objective)
            second = objective.robust_weight(residuals) * w
            second = second if self.tilt is None else second * self.tilt**2
            hessian[rows] = self.moments.between(shares, second, next(room), next(room))
        return hessian

    def gradient(self, variables: Array, weights: Array, objective: Objective) -> tuple[Array, Array]:
        """Objective (B,) and gradient (B, p), for solvers that take no Hessian."""
        value, gradient = np.empty(len(variables)), np.empty((len(variables), self.p))
        for rows, model, w in self._blocks(len(variables), weights, objective):
            shares, residuals, _ = model._split(variables[rows], objective)
            value[rows], first, _, _ = objective.weighted(residuals, w)
            gradient[rows] = -model._pull(shares, first)
        return value, gradient

    def _blocks(
        self, batch: int, weights: Array, objective: Objective
    ) -> Iterator[tuple[slice, LogAffine, Array]]:
        """Rows to evaluate in one go, the model of their losses, and their weights.

        The dozen arrays of a block stay in the second cache: a thousand rows of 240 runs cost 3.6 us each, 11
        without blocks. A penalty that knows rows apart is evaluated as it is.
        """
        size = max(1, CACHED // self.n) if type(objective) is Objective else batch
        for first in range(0, batch, size):
            rows = slice(first, min(first + size, batch))
            model = self if self.loss.ndim == 1 else self.with_loss(self.loss[rows])
            yield rows, model, weights if len(weights) == 1 else weights[rows]

    def residuals(self, variables: Array, objective: Objective) -> Array:
        """Residuals in units of a typical run's scatter, shape (B, n)."""
        out = objective.residuals(self.loss, self.value(variables))
        return out if self.tilt is None else out * self.tilt

    def _pull(self, shares: list[Array], first: Array) -> Array:
        """Sum over runs of ``first`` times the derivatives of the fitted quantity, shape (B, p)."""
        return self.moments.pull(shares, first if self.tilt is None else first * self.tilt)

    def _split(self, variables: Array, objective: Objective) -> tuple[list[Array], Array, Iterator[Array]]:
        """Derivatives of the fitted quantity by each term's exponent, the residuals, and room for more.

        The arrays last until the next call.
        """
        room = rooms(len(self.level) + ROOM, len(variables), self.n)
        terms = self.terms(variables, room)
        total = next(room)
        total[:] = 0.0
        for term in terms:
            total += term
        if objective.log:
            inverse = np.divide(1.0, total, out=next(room))
            terms = [
                np.multiply(term, inverse, out=term if term.shape == total.shape else next(room))
                for term in terms
            ]
            np.log(total, out=total)
        residuals = np.subtract(self.log_loss if objective.log else self.loss, total, out=total)
        if self.tilt is not None:
            residuals *= self.tilt
        return terms, residuals, room
