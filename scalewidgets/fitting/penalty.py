"""A prior as part of what the solver minimises.

Each prior adds half a squared distance ``z`` from its centre, in its own standard deviations. How much that
counts against the runs follows from the density the objective stands for (:mod:`.density`):

* for a likelihood (``gaussian_log``, ``student_t``) the sum ``nll + P``, with P the sum of ``z^2 / 2``, is
  the negative log posterior, the scale of the residuals fitted along. The solver sees ``W exp(2 nll / W)``
  of it (W runs), which the priors multiply by ``exp(2 P / W)``;
* for any other objective a sum T of penalties is ``s`` times a negative log-likelihood, so the priors
  add ``s P``. The scale s is that of the fit without priors, and is held.

The distance is a function of one coefficient, and the coefficient (or its logarithm) a linear function of
the solver's variables, so that all derivatives are exact on either path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .extended import Extended
from .model import General, LogAffine
from .objective import Objective
from .priors import Prior

Array: TypeAlias = NDArray[np.float64]

NEAR = 3.0
"""Standard deviations from the centre of a prior within which a search starts."""


@dataclass(frozen=True)
class Priors:
    """Priors of the coefficients of a fit, with their weight.

    Attributes
    ----------
    each : mapping of str to Prior
    scale : float or None
        s in ``s P``; ``None`` where the objective is a likelihood.
    target : Objective
        The solver's objective that the scale belongs to.
    """

    each: Mapping[str, Prior]
    scale: float | None
    target: Objective


@dataclass(frozen=True)
class Penalty:
    """Priors in the variables of a model: coefficient j is ``rows[j] @ u + offset[j]``, or the exponential.

    Attributes
    ----------
    rows : ndarray, shape (k, p)
    offset : ndarray, shape (k,)
    exponential : ndarray of bool, shape (k,)
        Whether the coefficient is the exponential of the linear function.
    log : ndarray of bool, shape (k,)
        Whether the prior is one of the logarithm.
    centre : ndarray, shape (k,) or (B, k)
        One, or one for each row of variables.
    sd : ndarray, shape (k,)
    priors : Priors
    """

    rows: Array
    offset: Array
    exponential: NDArray[np.bool_]
    log: NDArray[np.bool_]
    centre: Array
    sd: Array
    priors: Priors

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Penalty:
        """Return that of some rows of variables."""
        return self if self.centre.ndim == 1 else replace(self, centre=self.centre[rows])

    def strength(self, objective: Objective) -> float | None:
        """Scale s for an objective on the way to the one that is meant (see ``continuation``)."""
        target, scale = self.priors.target, self.priors.scale
        if scale is None or objective.delta is None or not (target.sharp or target.delta is not None):
            return scale
        # A Huber penalty far out is delta times the absolute value.
        return scale * objective.delta / (1.0 if target.delta is None else target.delta)

    def _scaled(self, variables: Array) -> tuple[Array, Array, Array]:
        """Distance z (B, k) from the centres, its slope and its bend by the linear function."""
        linear = variables @ self.rows.T + self.offset
        with np.errstate(all="ignore"):
            natural = self.exponential & ~self.log
            logarithm = self.log & ~self.exponential
            grown = np.exp(np.where(natural, linear, 0.0))
            inverse = 1.0 / np.where(logarithm, linear, 1.0)
            here = np.where(natural, grown, linear)
            here = np.where(logarithm, np.log(np.where(logarithm, linear, 1.0)), here)
            slope = np.where(natural, grown, np.where(logarithm, inverse, 1.0))
            bend = np.where(natural, grown, np.where(logarithm, -inverse * inverse, 0.0))
            return (here - self.centre) / self.sd, slope / self.sd, bend / self.sd

    def value(self, variables: Array) -> Array:
        """P of each row (B,)."""
        distance = self._scaled(variables)[0]
        total = 0.5 * np.einsum("bk,bk->b", distance, distance)
        return np.where(np.isfinite(total), total, np.inf)

    def distances(self, variables: Array) -> Array:
        """Distances at one row of variables, shape (k,)."""
        return np.asarray(self._scaled(variables[None])[0][0])

    def slopes(self, variables: Array) -> Array:
        """Derivatives of the distances at one row of variables, shape (k, p)."""
        return np.asarray(self._scaled(variables[None])[1][0][:, None] * self.rows)

    def parts(self, variables: Array) -> tuple[Array, Array, Array]:
        """P (B,), its gradient (B, p) and Hessian (B, p, p)."""
        distance, slope, bend = self._scaled(variables)
        total = 0.5 * np.einsum("bk,bk->b", distance, distance)
        gradient = (distance * slope) @ self.rows
        hessian = np.einsum("bk,ki,kj->bij", slope * slope + distance * bend, self.rows, self.rows)
        return np.where(np.isfinite(total), total, np.inf), gradient, hessian

    def square(self, variables: Array) -> Array:
        """Part of the Hessian of P (B, p, p) that is positive semi-definite wherever one stands."""
        slope = self._scaled(variables)[1]
        return np.asarray(np.einsum("bk,ki,kj->bij", slope * slope, self.rows, self.rows))

    def add_value(self, value: Array, variables: Array, weights: Array, objective: Objective) -> Array:
        """Objective of each row, from that of the runs."""
        scale, extra = self.strength(objective), self.value(variables)
        with np.errstate(all="ignore"):
            out = value + scale * extra if scale is not None else value * np.exp(2 * extra / _runs(weights))
        return np.where(np.isfinite(out), out, np.inf)

    def add_gradient(
        self, runs: tuple[Array, Array], variables: Array, weights: Array, objective: Objective
    ) -> tuple[Array, Array]:
        """Objective and gradient, from those of the runs."""
        value, gradient = runs
        scale = self.strength(objective)
        extra, pull, _ = self.parts(variables)
        with np.errstate(all="ignore"):
            if scale is not None:
                return value + scale * extra, gradient + scale * pull
            share = 2.0 / _runs(weights)
            factor = np.exp(share * extra)
            return value * factor, factor[:, None] * (gradient + (value * share)[:, None] * pull)

    def add_derivatives(
        self, runs: tuple[Array, Array, Array], variables: Array, weights: Array, objective: Objective
    ) -> tuple[Array, Array, Array]:
        """Objective, gradient and Hessian, from those of the runs."""
        value, gradient, hessian = runs
        scale = self.strength(objective)
        extra, pull, bend = self.parts(variables)
        with np.errstate(all="ignore"):
            if scale is not None:
                return value + scale * extra, gradient + scale * pull, hessian + scale * bend
            share = 2.0 / _runs(weights) * np.ones(len(variables))
            factor = np.exp(share * extra)
            each = (value * share)[:, None]
            cross = share[:, None, None] * gradient[:, :, None] * pull[:, None, :]
            square = (each * share[:, None] * pull)[:, :, None] * pull[:, None, :]
            whole = hessian + cross + cross.transpose(0, 2, 1) + each[:, :, None] * bend + square
            return (
                value * factor,
                factor[:, None] * (gradient + each * pull),
                factor[:, None, None] * whole,
            )

    def add_robust(
        self, hessian: Array, value: Array, variables: Array, weights: Array, objective: Objective
    ) -> Array:
        """Positive semi-definite stand-in for the Hessian."""
        scale, square = self.strength(objective), self.square(variables)
        with np.errstate(all="ignore"):
            if scale is not None:
                return np.asarray(hessian + scale * square)
            share = 2.0 / _runs(weights)
            factor = np.exp(share * self.value(variables))
            return np.asarray(factor[:, None, None] * (hessian + (value * share)[:, None, None] * square))


def _runs(weights: Array) -> Array:
    return np.asarray(weights.sum(axis=1))


class _Penalised(Extended):
    """The methods of a model that a prior changes."""

    _kind: ClassVar[Any]
    penalty: Penalty
    weight: Array

    def derivatives(
        self, variables: Array, weights: Array, objective: Objective
    ) -> tuple[Array, Array, Array]:
        """Objective (B,), gradient (B, p) and exact Hessian (B, p, p)."""
        runs = self._kind.derivatives(self, variables, weights, objective)
        return self.penalty.add_derivatives(runs, variables, weights, objective)

    def robust_hessian(self, variables: Array, weights: Array, objective: Objective) -> Array:
        """Positive semi-definite stand-in for the Hessian (B, p, p)."""
        runs = self._kind.robust_hessian(self, variables, weights, objective)
        value = np.zeros(len(variables))
        if self.penalty.priors.scale is None:
            value = objective.values(self._kind.residuals(self, variables, objective), weights)
        return self.penalty.add_robust(runs, value, variables, weights, objective)

    def gradient(self, variables: Array, weights: Array, objective: Objective) -> tuple[Array, Array]:
        """Objective (B,) and gradient (B, p)."""
        runs = self._kind.gradient(self, variables, weights, objective)
        return self.penalty.add_gradient(runs, variables, weights, objective)

    def values(self, variables: Array, weights: Array, objective: Objective) -> Array:
        """Objective of each row (B,)."""
        value = objective.values(self._kind.residuals(self, variables, objective), weights)
        return self.penalty.add_value(value, variables, weights, objective)

    def exact(self, variables: Array, objective: Objective) -> float:
        """Objective at one row of variables (p,), the part of the runs summed exactly."""
        residuals = self._kind.residuals(self, variables[None], objective)[0]
        if not np.all(np.isfinite(residuals)):
            return float("inf")
        value = np.array([objective.total(residuals, self.weight)])
        return float(self.penalty.add_value(value, variables[None], self.weight[None], objective)[0])

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Any:
        """Return the model of some rows of variables."""
        other = self._kind.take(self, rows)
        if self.penalty.centre.ndim == 1:
            return other
        return with_penalty(other, self.penalty.take(rows))

    def placed(self, starts: Array) -> Array:
        """Starts moved to within a few standard deviations of every prior."""
        given = self.penalty
        out: Array = starts.copy()
        # Exponents first: an amplitude hangs on them.
        for j in np.argsort(given.exponential, kind="stable"):
            linear = out @ given.rows[j] + given.offset[j]
            centre = given.centre if given.centre.ndim == 1 else given.centre.mean(axis=0)
            ends = centre[j] + NEAR * given.sd[j] * np.array([-1.0, 1.0])
            with np.errstate(all="ignore"):
                if given.exponential[j] and not given.log[j]:
                    ends = np.log(np.maximum(ends, 1e-3 * centre[j]))
                elif given.log[j] and not given.exponential[j]:
                    ends = np.exp(ends)
            own = int(np.argmax(np.abs(given.rows[j]) == 1.0))
            out[:, own] += np.clip(linear, *ends) - linear
        return out

    def known_distances(self, variables: Array) -> Array:
        """Distances from the centres (k,), in standard deviations."""
        return self.penalty.distances(variables)

    def known_weight(self, objective: Objective, value: float) -> float:
        """Factor on half the squared distances."""
        scale = self.penalty.strength(objective)
        return 2 * value / float(self.weight.sum()) if scale is None else scale

    def known_slopes(self, variables: Array) -> Array:
        """Derivatives of the distances from the centres (k, p)."""
        return self.penalty.slopes(variables)

    def redrawn(
        self, blocks: Iterator[tuple[int, Any, Array]], resamples: int, seed: int
    ) -> Iterator[tuple[int, Any, Array]]:
        """Blocks of resamples, the centre of each prior drawn from the prior in each.

        A prior is one more observation. Were its centre kept, a coefficient that the runs say nothing of
        would be the same in all resamples, and look certain.
        """
        given, first = self.penalty, 0
        noise = np.random.default_rng([seed, 9]).standard_normal((resamples, len(given.sd)))
        for count, model, weights in blocks:
            centre = given.centre + given.sd * noise[first : first + count]
            first += count
            yield count, with_penalty(model, replace(given, centre=centre)), weights


class PenalisedLogAffine(_Penalised, LogAffine):
    """A law of the fast kind, with priors."""

    _kind = LogAffine


class PenalisedGeneral(_Penalised, General):
    """A law of any kind, with priors."""

    _kind = General


def with_penalty(model: LogAffine | General, penalty: Penalty) -> PenalisedLogAffine | PenalisedGeneral:
    """Return the model with a penalty."""
    kind: type[PenalisedLogAffine | PenalisedGeneral] = (
        PenalisedLogAffine if isinstance(model, LogAffine) else PenalisedGeneral
    )
    other = object.__new__(kind)
    other.__dict__.update(model.__dict__)
    other.penalty = penalty
    return other


def penalised(model: LogAffine | General, priors: Priors) -> PenalisedLogAffine | PenalisedGeneral:
    """Return the model with priors."""
    names = tuple(priors.each)
    rows, offset, exponential = linear_functions(model, names)
    each = [priors.each[name] for name in names]
    return with_penalty(
        model,
        Penalty(
            rows, offset, exponential, np.array([prior.log for prior in each]),
            np.array([prior.location for prior in each]), np.array([prior.sd for prior in each]), priors,
        ),
    )  # fmt: skip


def linear_functions(
    model: LogAffine | General, names: tuple[str, ...]
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Coefficients as functions of the variables: ``rows @ u + offset``, or the exponential of it."""
    law = model.law
    rows, offset = np.zeros((len(names), model.p)), np.zeros(len(names))
    exponential = np.zeros(len(names), dtype=bool)
    for i, name in enumerate(names):
        if isinstance(model, LogAffine):
            order = (*law.linear, *law.nonlinear)
            j, terms = order.index(name), len(law.linear)
            rows[i, j] = 1.0
            if j < terms:
                rows[i, terms:] = -model.centre[j]
                offset[i], exponential[i] = -model.level[j], True
        else:
            j = law.coefficient_names.index(name)
            rows[i, j], exponential[i] = 1.0, bool(model.logged[j])
    return rows, offset, exponential
