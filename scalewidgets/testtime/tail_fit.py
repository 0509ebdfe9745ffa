"""Difficulty fitted to what sets the exponent: the share of problems that no sample solved."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from scalewidgets.errors import QuantityError
from scalewidgets.fitting import Status

from .beta_fit import BetaFit
from .checks import Array, counts

__all__ = ["fit_tail_mass"]

_A = np.log(1e-3), np.log(1e2)
_B = np.log(1e-3), np.log(1e9)


def fit_tail_mass(n: ArrayLike, c: ArrayLike) -> BetaFit:
    """Fit a Beta distribution of success rates whose mass below 1/n is the share of unsolved problems.

    Parameters
    ----------
    n, c : array_like
        Samples, the same number for each problem, and successes.

    Returns
    -------
    BetaFit
        The most likely of the distributions with that mass. ``aic`` counts one coefficient, the other is
        tied; there is no covariance. A fit that cannot be made is a value with a reason.

    Raises
    ------
    QuantityError
        For counts that cannot be, or unequal numbers of samples.

    Notes
    -----
    After arXiv:2502.17578, section 5: the exponent of coverage is set by the left tail alone, so the fit is
    made to agree with the data there. A problem with a rate above 1/n may be unsolved by chance, which makes
    the tail heavier than it is; :func:`fit_beta_binomial` knows that.
    """
    drawn, solved = (part.ravel() for part in counts(n, c))
    if not drawn.size:
        return _refused(0, 0, "There are no problems.")
    if np.ptp(drawn) > 0:
        raise QuantityError(
            "The problems have different numbers of samples, so there is no one bucket below 1/n.",
            remedy="Use fit_beta_binomial, whose likelihood takes them as they are.",
        )
    total, size = float(drawn[0]), int(drawn.size)
    unsolved = int((solved == 0).sum())
    if not 0 < unsolved < size:
        which = "Every problem is" if unsolved == 0 else "No problem is"
        return _refused(size, unsolved, f"{which} solved, so the tail has no mass that can be matched.")
    edge, mass = 1 / total, unsolved / size
    values, times = np.unique(solved, return_counts=True)

    def second(log_a: float) -> float:
        """``ln b`` at which Beta(a, b) has the mass below the edge; it rises with b."""
        a = float(np.exp(log_a))

        def over(log_b: float) -> float:
            return float(special.betainc(a, np.exp(log_b), edge)) - mass

        if over(_B[0]) >= 0 or over(_B[1]) <= 0:
            return float("nan")
        return float(optimize.brentq(over, *_B, xtol=1e-12))

    def cost(log_a: float) -> float:
        log_b = second(float(log_a))
        if np.isnan(log_b):
            return 1e300
        return -float(times @ _log_likelihood(values, total, np.exp(log_a), np.exp(log_b))) / size

    grid = np.linspace(*_A, 93)
    seen = np.array([cost(point) for point in grid])
    at = int(np.argmin(seen))
    if seen[at] >= 1e300:
        return _refused(size, unsolved, "No Beta distribution has the observed mass below 1/n.")
    inside = 0 < at < grid.size - 1
    step = grid[1] - grid[0]
    found = optimize.minimize_scalar(
        cost, bounds=(grid[at] - step, grid[at] + step), method="bounded", options={"xatol": 1e-10}
    )
    log_a, nll = float(found.x), float(found.fun)
    status, reason = Status.CONVERGED, f"mass below 1/{total:,.0f} is {mass:.4g}, as observed."
    if not inside:
        status, reason = Status.ON_BOUND, "the exponent is at the end of the range that is searched."
    return BetaFit(
        float(np.exp(log_a)), float(np.exp(second(log_a))), 1.0, 0.0, nll, 2 + 2 * size * nll,
        np.full((2, 2), np.nan), size, unsolved, status, reason,
    )  # fmt: skip


def _log_likelihood(c: Array, n: float, a: float, b: float) -> Array:
    """Log of the beta-binomial probability of c successes in n."""
    choose = special.gammaln(n + 1) - special.gammaln(c + 1) - special.gammaln(n - c + 1)
    return np.asarray(choose + special.betaln(c + a, n - c + b) - special.betaln(a, b))


def _refused(problems: int, unsolved: int, reason: str) -> BetaFit:
    nothing = float("nan")
    return BetaFit(
        nothing, nothing, 1.0, 0.0, nothing, nothing, np.full((2, 2), np.nan), problems, unsolved,
        Status.REFUSED, reason,
    )  # fmt: skip
