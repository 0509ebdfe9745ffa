"""Difficulty fitted to counts: a Kumaraswamy distribution of success rates, by likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special

from scalewidgets.fitting import Status

from .beta_fit import fit_beta_binomial
from .checks import Array, counts
from .mixtures import coverage_kumaraswamy
from .results import Value, table

__all__ = ["KumaraswamyFit", "fit_kumaraswamy"]

_LOW, _HIGH = np.log(0.02), np.log(1e6)
_REACH, _STEP = 8.0, 1 / 16  # of the quadrature: enough for a down to its end


@dataclass(frozen=True, eq=False, repr=False)
class KumaraswamyFit(Value):
    """Kumaraswamy distribution of success rates over problems: ``P(p < x) = 1 - (1 - x**a)**b``.

    Attributes
    ----------
    a, b : float
        Shapes; ``a`` is the exponent of the tail of failures, as with a Beta distribution.
    mean_nll : float
        Minus the log-likelihood of a problem on average.
    aic : float
        Of all problems.
    problems, unsolved : int
    status : Status
    reason : str
    """

    a: float
    b: float
    mean_nll: float
    aic: float
    problems: int
    unsolved: int
    status: Status
    reason: str

    def coverage(self, k: ArrayLike) -> Array:
        """Coverage at k, counted or extrapolated (:func:`coverage_kumaraswamy`); NaN if refused."""
        if self.status is Status.REFUSED:
            return np.full(np.shape(k), np.nan)
        return coverage_kumaraswamy(self.a, self.b, k)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        if self.status is Status.REFUSED:
            return (self.reason,)
        return (
            f"Success rates of {self.problems:,} problems: Kumaraswamy({self.a:.4g}, {self.b:.4g}); "
            f"{self.unsolved:,} without success. {self.status.value}: {self.reason}",
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each coefficient."""
        return table({"coefficient": ["a", "b"], "value": [self.a, self.b]}, "coefficient")


def fit_kumaraswamy(n: ArrayLike, c: ArrayLike) -> KumaraswamyFit:
    """Fit a Kumaraswamy distribution of success rates to counts.

    Parameters
    ----------
    n, c : array_like
        Samples and successes of each problem; numbers of samples may differ, and depend on what came before.

    Returns
    -------
    KumaraswamyFit
        A fit that cannot be made is a value with a reason.

    Raises
    ------
    QuantityError
        For counts that cannot be.

    Notes
    -----
    The family of arXiv:2502.17578 beside the Beta distribution. The likelihood of a problem is an integral
    over its success rate, by double-exponential quadrature whose nodes depend on the counts alone.
    """
    drawn, solved = (part.ravel() for part in counts(n, c))
    size, unsolved = int(drawn.size), int((solved == 0).sum())
    if not size or not solved.any():
        words = "No problem has a success, so the tail has no end." if size else "There are no problems."
        return _refused(size, unsolved, words)
    pairs, weight = np.unique(np.stack([drawn, solved]), axis=1, return_counts=True)
    log_p, log_weight = _nodes(*pairs)

    def cost(u: Array) -> float:
        a, b = np.exp(np.clip(u, _LOW, _HIGH))
        log_left = np.log(-np.expm1(a * log_p))
        density = np.log(a * b) + (a - 1) * log_p + (b - 1) * log_left
        return -float(weight @ special.logsumexp(density + log_weight, axis=1)) / size

    beta = fit_beta_binomial(drawn, solved)
    start = np.log([np.clip(beta.a, 1e-2, 50), np.clip(beta.b, 0.1, 1e4)])
    ends = [(_LOW, _HIGH)] * 2
    found = optimize.minimize(cost, start, method="L-BFGS-B", bounds=ends, options={"ftol": 1e-14})
    polished = optimize.minimize(
        cost, found.x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 2000}
    )
    u = polished.x if polished.fun <= found.fun else found.x
    nll = float(min(polished.fun, found.fun))
    inside = bool(((u > _LOW + 1e-6) & (u < _HIGH - 1e-6)).all())
    status = Status.ON_BOUND if not inside else Status.CONVERGED if polished.success else Status.NOT_CONVERGED
    reason = {
        Status.ON_BOUND: "a shape has run to the end of its range.",
        Status.CONVERGED: "the likelihood has a maximum inside.",
        Status.NOT_CONVERGED: "the search did not settle.",
    }[status]
    return KumaraswamyFit(
        float(np.exp(u[0])), float(np.exp(u[1])), nll, 4 + 2 * size * nll, size, unsolved, status, reason
    )


def _nodes(n: Array, c: Array) -> tuple[Array, Array]:
    """``ln p`` and log weights, shape (U, nodes): a sum of any density over them is the likelihood under it.

    The trapezoidal rule in t, where ``logit p = centre + width sinh t``: wherever the counts leave room,
    tails that fall as a power of p fall doubly exponentially in t.
    """
    t = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    one, two = c[:, None] + 0.5, n[:, None] - c[:, None] + 0.5
    width = np.sqrt(1 / one + 1 / two)
    z = np.log(one / two) + width * np.sinh(t)
    log_p = np.minimum(-np.logaddexp(0.0, -z), -1e-300)
    log_rest = -np.logaddexp(0.0, z)
    choose = special.gammaln(n + 1) - special.gammaln(c + 1) - special.gammaln(n - c + 1)
    weights = choose[:, None] + (one + 0.5) * log_p + (two + 0.5) * log_rest
    return log_p, np.asarray(weights + np.log(_STEP * width * np.cosh(t)))


def _refused(problems: int, unsolved: int, reason: str) -> KumaraswamyFit:
    nothing = float("nan")
    return KumaraswamyFit(nothing, nothing, nothing, nothing, problems, unsolved, Status.REFUSED, reason)
