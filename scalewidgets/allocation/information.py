"""What runs tell about a law: information, and how a further run narrows an interval.

Everything is linear in the coefficients around the fit, with equal scatter of the log losses: the inverse of
the information of the runs is the covariance of ``(log A, log B, log E, alpha, beta)`` and their kin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FitError
from scalewidgets.fitting import Fit
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN
from scalewidgets.laws import Law

from .runs import fitted_runs
from .surface import Surface

Array: TypeAlias = NDArray[np.float64]

_STEP = 1e-4
"""Relative step of the central differences of an answer by the coefficients."""
_SINGULAR = 1e-12


def law_inputs(law: Law, params: Array, tokens: Array) -> dict[str, Array]:
    """Inputs of a law of params and tokens under C = 6ND."""
    known = {"N": params, "D": tokens, "C": FLOPS_PER_PARAM_TOKEN * params * tokens}
    return {name: known[name] for name in law.input_names}


@dataclass(frozen=True)
class Information:
    """Information of the runs of a fit on its free coefficients.

    Attributes
    ----------
    law : Law
    names : tuple of str
        Free coefficients; those that cannot be zero by their logarithm.
    logged : ndarray of bool, shape (q,)
    centre : dict of str to float
        All coefficients of the fit.
    inverse : ndarray, shape (q, q)
        Covariance of the free coefficients.
    scatter : float
        Standard deviation of the log losses about the fit.
    """

    law: Law
    names: tuple[str, ...]
    logged: NDArray[np.bool_]
    centre: dict[str, float]
    inverse: Array
    scatter: float

    @classmethod
    def of(cls, fit: Fit) -> Information:
        """Information of the runs that a fit used.

        Raises
        ------
        FitError
            If the runs leave a direction of the coefficients open, or scatter not at all, or the law has
            inputs besides parameters, tokens and compute.
        """
        law, centre = fit.law, dict(fit.coefficients)
        others = sorted(set(law.input_names) - {"N", "D", "C"})
        if others:
            raise FitError(
                f"The {law.title} law also asks for {', '.join(others)}, which no run to come has yet.",
                remedy='Fit a law of parameters and tokens alone, such as law="chinchilla".',
            )
        names = tuple(name for name in law.coefficient_names if name not in fit.certificate.fixed)
        logged = np.array([law.symbol(n).kind != "exponent" and centre[n] > 0 for n in names])
        params, tokens, _ = fitted_runs(fit)
        residuals = fit.residuals.to_numpy(dtype=float)
        spare = len(residuals) - len(names)
        if spare < 1:
            raise FitError(
                f"{len(residuals)} runs fit {len(names)} coefficients exactly, so their scatter is unknown.",
                remedy="Add a run before asking for the next ones, or give scatter=.",
            )
        scatter = float(np.sqrt(np.sum(residuals**2) / spare))
        if not scatter > 0:
            raise FitError("The runs do not scatter about the fit.", remedy="Give scatter=, such as 0.005.")
        empty = cls(law, names, logged, centre, np.zeros((len(names),) * 2), scatter)
        slopes = empty.sensitivity(params, tokens)
        root = np.sqrt(np.sum(slopes**2, axis=0))
        values, vectors = np.linalg.eigh((slopes / root).T @ (slopes / root))
        if values[0] < _SINGULAR * values[-1]:
            raise FitError(
                "The runs leave a direction of the coefficients open, so no interval can be predicted.",
                remedy="Add runs at other tokens per parameter, or fix a coefficient.",
            )
        inverse = (vectors / values) @ vectors.T * scatter**2 / np.outer(root, root)
        return cls(law, names, logged, centre, inverse, scatter)

    def with_scatter(self, scatter: float) -> Information:
        """Return the same runs with another scatter of the log losses."""
        factor = (scatter / self.scatter) ** 2
        return replace(self, inverse=self.inverse * factor, scatter=scatter)

    def with_runs(self, params: Array, tokens: Array) -> Information:
        """Return what is known once these runs have been made, a rank-one change of the covariance each."""
        inverse = self.inverse
        for line in self.sensitivity(params, tokens):
            pull = inverse @ line
            inverse = inverse - np.outer(pull, pull) / (self.scatter**2 + line @ pull)
        return replace(self, inverse=inverse)

    def sensitivity(self, params: Array, tokens: Array) -> Array:
        """Derivatives of the log loss by the free coefficients, shape (runs, q)."""
        inputs = law_inputs(self.law, np.asarray(params, dtype=float), np.asarray(tokens, dtype=float))
        loss = self.law.value(inputs, self.centre)
        gradient = self.law.gradient(inputs, self.centre)
        columns = [
            gradient[name] * (self.centre[name] if log else 1.0) / loss
            for name, log in zip(self.names, self.logged, strict=True)
        ]
        return np.stack(columns, axis=-1)

    def moved(self, steps: Array) -> dict[str, Array]:
        """Coefficients at some steps of the free ones, shape (rows, 1) each."""
        out = {name: np.full((len(steps), 1), value) for name, value in self.centre.items()}
        for j, (name, log) in enumerate(zip(self.names, self.logged, strict=True)):
            step = steps[:, j : j + 1]
            out[name] = out[name] * np.exp(step) if log else out[name] + step
        return out

    def slope_of(self, answer: str, flops: float) -> tuple[float, Array]:
        """Logarithm of an answer at a budget and its derivatives by the free coefficients.

        Parameters
        ----------
        answer : {"params", "tokens", "loss"}
            N*, D* or L* of the best model.
        flops : float
        """
        table = self.slopes_of(np.array([flops]))[answer][0]
        if not np.all(np.isfinite(table)):
            raise FitError(
                "The law has no best size at this budget.", remedy="Give another budget, or fit another law."
            )
        return float(table[0]), table[1:]

    def slopes_of(self, flops: Array) -> dict[str, Array]:
        """Logarithms of all answers at many budgets and their derivatives by the free coefficients.

        Parameters
        ----------
        flops : ndarray, shape (k,)

        Returns
        -------
        dict of str to ndarray, shape (k, 1 + q)
            The logarithm first; NaN where the law has no best size.
        """
        q = len(self.names)
        size = np.where(
            self.logged, _STEP, _STEP * np.maximum(np.abs([self.centre[n] for n in self.names]), 0.1)
        )
        steps = np.vstack([np.zeros(q), np.diag(size), -np.diag(size)])
        many = np.tile(steps, (len(flops), 1))
        best = Surface(self.law, self.moved(many)).best(np.repeat(flops, len(steps)))
        out = {}
        for answer in ("params", "tokens", "loss"):
            with np.errstate(all="ignore"):
                found = np.log(getattr(best, answer)).reshape(len(flops), len(steps))
            slopes = (found[:, 1 : q + 1] - found[:, q + 1 :]) / (2 * size)
            out[answer] = np.column_stack([found[:, 0], slopes])
        return out


@dataclass(frozen=True)
class Candidates:
    """Runs that could be made, and what each tells about an answer.

    Attributes
    ----------
    pull : ndarray, shape (n,)
        Covariance of the run's log loss with the answer.
    shared : ndarray, shape (n, n)
        Covariance of the log losses of the runs, scatter on the diagonal included.
    variance : float
        Of the answer before any of them.
    price : ndarray, shape (n,)
    """

    pull: Array
    shared: Array
    variance: float
    price: Array

    @classmethod
    def of(cls, known: Information, slope: Array, params: Array, tokens: Array, price: Array) -> Candidates:
        """Relate runs to an answer whose derivatives by the coefficients are ``slope``."""
        lines = known.sensitivity(params, tokens)
        shared = lines @ known.inverse @ lines.T
        shared[np.diag_indices_from(shared)] += known.scatter**2
        return cls(
            lines @ known.inverse @ slope, shared, float(slope @ known.inverse @ slope), np.asarray(price)
        )

    def gain(self, batch: NDArray[np.intp]) -> float:
        """Variance of the answer that a batch takes away."""
        chosen = np.asarray(batch)
        if not len(chosen):
            return 0.0
        pull = self.pull[chosen]
        return float(pull @ np.linalg.solve(self.shared[np.ix_(chosen, chosen)], pull))

    def gains(self, batches: NDArray[np.intp]) -> Array:
        """Gain of each of many batches of one size, shape (batches, runs)."""
        pull = self.pull[batches]
        shared = self.shared[batches[:, :, None], batches[:, None, :]]
        return np.asarray(np.einsum("bi,bi->b", pull, np.linalg.solve(shared, pull[..., None])[..., 0]))
