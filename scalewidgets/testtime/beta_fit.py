"""Difficulty fitted to counts: a Beta distribution of success rates, by likelihood.

The likelihood of counts does not depend on why sampling stopped, so unequal and adaptive numbers of samples
are welcome, and so are problems without success. The coverage that follows is a closed form for any k.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from scalewidgets.errors import QuantityError
from scalewidgets.fitting import Status

from .checks import Array, counts, shares
from .gammas import log_beta_ratio, log_binomial_pmf
from .mixtures import coverage_beta, local_exponent_beta
from .results import Value, table

_LOW, _HIGH = np.log(1e-6), np.log(1e7)
_STEPS = 200


@dataclass(frozen=True, eq=False, repr=False)
class BetaFit(Value):
    """Beta distribution of success rates over problems.

    Attributes
    ----------
    a, b : float
        Shapes; ``a`` is the exponent of the tail of failures.
    scale : float
        Largest success rate; 1 unless asked for.
    unsolvable : float
        Share of problems with success rate 0; 0 unless asked for.
    mean_nll : float
        Minus the log-likelihood of a problem on average.
    aic : float
        Of all problems.
    covariance : ndarray, shape (2, 2)
        Of ln a and ln b, from the curvature of the likelihood; NaN where it has none.
    problems, unsolved : int
    status : Status
    reason : str
    """

    a: float
    b: float
    scale: float
    unsolvable: float
    mean_nll: float
    aic: float
    covariance: Array
    problems: int
    unsolved: int
    status: Status
    reason: str

    def coverage(self, k: ArrayLike) -> Array:
        """Coverage at k, counted or extrapolated (:func:`coverage_beta`); NaN if the fit was refused."""
        if self.status is Status.REFUSED:
            return np.full(np.shape(k), np.nan)
        return coverage_beta(self.a, self.b, k, scale=self.scale, unsolvable=self.unsolvable)

    def local_exponent(self, k: ArrayLike) -> Array:
        """Slope of ``-ln C`` in log k at k (:func:`local_exponent_beta`); only for the two-parameter form.

        Raises
        ------
        QuantityError
            For a scaled fit, or one with unsolvable problems.
        """
        if self.scale != 1 or self.unsolvable != 0:
            raise QuantityError("The slope is known in closed form only without scale and unsolvable share.")
        return local_exponent_beta(self.a, self.b, k)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        if self.status is Status.REFUSED:
            return (self.reason,)
        shape = f"Success rates of {self.problems:,} problems: Beta({self.a:.4g}, {self.b:.4g})"
        if self.scale < 1:
            shape += f" times {self.scale:.3g}"
        if self.unsolvable:
            shape += f", and {100 * self.unsolvable:.3g} % of the problems at 0"
        return (
            f"{shape}; {self.unsolved:,} without success. {self.status.value}: {self.reason}",
            f"Failures fall as k^-{self.a:.3g} in the end, and faster at any k that anyone draws.",
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each coefficient."""
        errors = np.sqrt(np.diag(self.covariance))
        return table(
            {
                "coefficient": ["a", "b", "scale", "unsolvable"],
                "value": [self.a, self.b, self.scale, self.unsolvable],
                "standard_error": [self.a * errors[0], self.b * errors[1], np.nan, np.nan],
            },
            "coefficient",
        )


def fit_beta_binomial(
    n: ArrayLike, c: ArrayLike, *, scale: float | str = 1.0, unsolvable: bool = False
) -> BetaFit:
    """Fit a Beta distribution of success rates to counts.

    Parameters
    ----------
    n, c : array_like
        Samples and successes of each problem.
    scale : float or "observed"
        Largest success rate. ``"observed"`` is ``min(1, (M+1)/M max(c/n))``, as released with
        arXiv:2502.17578; arXiv:2510.05197 found no help from it.
    unsolvable : bool
        Fit a share of problems with success rate 0, whose coverage never comes.

    Returns
    -------
    BetaFit
        ``status`` says whether the likelihood has a maximum inside; a fit that cannot be made is a value too.

    Raises
    ------
    QuantityError
        For counts that cannot be, or a scale outside 0 to 1.

    Notes
    -----
    Maximum likelihood of the beta-binomial, arXiv:2510.05197, Eq. 15-17. Scaled:
    ``P(c|n) = C(n,c) u**c B(c+a,b)/B(a,b) 2F1(-(n-c), c+a; c+a+b; u)`` (arXiv:2502.17578, released code),
    summed over a binomial thinning.
    """
    drawn, solved = (part.ravel() for part in counts(n, c))
    if not drawn.size or not solved.any():
        words = (
            "There are no problems." if not drawn.size else "No problem has a success, so a Beta has no tail."
        )
        return _refused(drawn.size, words)
    pairs, weight = np.unique(np.stack([drawn, solved]), axis=1, return_counts=True)
    rows, hits = pairs
    top = _scale(scale, drawn, solved)
    if top == 1.0 and not unsolvable:
        shapes, done = newton(rows, hits, weight[None, :].astype(float))
        u, converged, lost = shapes[0], bool(done[0]), 0.0
    else:
        u, lost, converged = _general(rows, hits, weight.astype(float), top, unsolvable)
    value = float(weight @ _log_likelihood(u, rows, hits, _thinning(rows, hits, top), lost))
    total = int(weight.sum())
    status, reason = _judge(u, converged, float(rows.max()))
    parameters = 2 + unsolvable
    return BetaFit(
        float(np.exp(u[0])), float(np.exp(u[1])), top, lost, -value / total, 2 * parameters - 2 * value,
        _covariance(u, rows, hits, weight.astype(float), top, lost), total, int(weight[hits == 0].sum()),
        status, reason,
    )  # fmt: skip


def newton(n: Array, c: Array, weights: Array, start: Array | None = None) -> tuple[Array, Any]:
    """Fit many tallies of the same pairs (n, c) at once, by damped Newton steps in ln a and ln b.

    Parameters
    ----------
    n, c : ndarray, shape (U,)
    weights : ndarray, shape (R, U)
        How often each pair counts in each tally.
    start : ndarray, shape (2,), optional
        ln a and ln b.

    Returns
    -------
    shapes : ndarray, shape (R, 2)
        ln a and ln b.
    converged : ndarray of bool, shape (R,)
    """
    total = np.maximum(weights.sum(axis=1), 1e-300)
    if start is None:
        mean = np.clip((weights @ (c / n)) / total, 1e-8, 1 - 1e-8)
        u = np.stack([np.log(np.full_like(mean, 0.5)), np.log(0.5 * (1 - mean) / mean)], axis=1)
    else:
        u = np.tile(np.asarray(start, dtype=np.float64), (len(weights), 1))
    damping = np.full(len(u), 1e-6)
    value = _total(u, n, c, weights)
    done = np.zeros(len(u), dtype=bool)
    for _ in range(_STEPS):
        live = np.flatnonzero(~done)
        if not live.size:
            break
        slope, curve = _derivatives(u[live], n, c, weights[live])
        size = total[live]
        lift = np.maximum(-np.linalg.eigvalsh(-curve)[:, 0], 0) + damping[live] * size
        step = np.linalg.solve(-curve + lift[:, None, None] * np.eye(2), slope[..., None])[..., 0]
        step = np.clip(step, -2, 2)
        trial = np.clip(u[live] + step, _LOW, _HIGH)
        reached = _total(trial, n, c, weights[live])
        better = reached >= value[live] - 1e-12 * np.abs(value[live])
        moved = np.abs(trial - u[live]).max(axis=1)
        u[live[better]], value[live[better]] = trial[better], reached[better]
        # Never to nothing: where problems do not differ in difficulty the likelihood is flat.
        eased = np.maximum(damping[live] * 0.1, 1e-12)
        damping[live] = np.where(better, eased, np.maximum(damping[live] * 10, 1e-6))
        done[live] = (better & (moved < 1e-9)) | (damping[live] > 1e12)
    return u, done


def _total(u: Array, n: Array, c: Array, weights: Array) -> Array:
    a, b = np.exp(u[:, :1]), np.exp(u[:, 1:])
    return np.asarray((weights * (special.betaln(c + a, n - c + b) - special.betaln(a, b))).sum(axis=1))


def _derivatives(u: Array, n: Array, c: Array, weights: Array) -> tuple[Array, Array]:
    a, b = np.exp(u[:, :1]), np.exp(u[:, 1:])
    psi = special.digamma
    both = psi(a + b) - psi(n + a + b)
    slope_a = a * (weights * (psi(c + a) - psi(a) + both)).sum(axis=1, keepdims=True)
    slope_b = b * (weights * (psi(n - c + b) - psi(b) + both)).sum(axis=1, keepdims=True)

    def tri(x: Array) -> Array:
        return np.asarray(special.polygamma(1, x))

    common = tri(a + b) - tri(n + a + b)
    curve_a = a * a * (weights * (tri(c + a) - tri(a) + common)).sum(axis=1, keepdims=True) + slope_a
    curve_b = b * b * (weights * (tri(n - c + b) - tri(b) + common)).sum(axis=1, keepdims=True) + slope_b
    cross = a * b * (weights * common).sum(axis=1, keepdims=True)
    curve = np.stack([np.hstack([curve_a, cross]), np.hstack([cross, curve_b])], axis=1)
    return np.hstack([slope_a, slope_b]), curve


def _general(n: Array, c: Array, weight: Array, top: float, unsolvable: bool) -> tuple[Array, float, bool]:
    """Fit scaled or with an unsolvable share, from several starts."""
    start, _ = newton(n, c, weight[None, :])
    thinned = _thinning(n, c, top)

    def objective(z: Array) -> float:
        lost = float(special.expit(z[2])) if unsolvable else 0.0
        return float(-(weight @ _log_likelihood(z[:2], n, c, thinned, lost)))

    empty = float(weight[c == 0].sum() / weight.sum())
    starts = [[*start[0]], [np.log(0.5), np.log(5.0)]]
    if unsolvable:
        starts = [
            [*s, special.logit(np.clip(share, 1e-3, 0.99))] for s in starts for share in (0.5 * empty, 0.05)
        ]
    ends = [(_LOW, _HIGH), (_LOW, _HIGH), *([(-14.0, 14.0)] if unsolvable else [])]
    found = [
        optimize.minimize(
            objective, s, method="L-BFGS-B", bounds=ends, options={"maxiter": 500, "ftol": 1e-13}
        )
        for s in starts
    ]
    best = min(found, key=lambda one: float(one.fun))
    without = -float(weight @ _log_likelihood(start[0], n, c, None, 0.0))
    if top == 1.0 and without <= best.fun + 1e-4:
        return start[0], 0.0, True  # no share of unsolvable problems is called for
    lost = float(special.expit(best.x[2])) if unsolvable else 0.0
    return np.asarray(best.x[:2]), lost, bool(best.success)


@dataclass(frozen=True, eq=False)
class _Thinning:
    """Binomial thinning of the failures of each pair: terms of all pairs in a row, and where each begins."""

    scale: float
    j: Array
    log_weight: Array
    pair: Array
    begins: NDArray[np.intp]


def _thinning(n: Array, c: Array, u: float) -> _Thinning | None:
    """Terms of ``2F1(-(n-c), c+a; c+a+b; u)`` that do not depend on a and b; None without a scale."""
    if u == 1.0:
        return None
    terms, weights, pair = [], [], []
    for place, failures in enumerate(n - c):
        # From 0: where successes are many, few thinned failures carry the sum, however rare they are.
        most = failures * u + 9 * np.sqrt(failures * u * (1 - u)) + 40
        j = np.arange(min(failures, np.ceil(most)) + 1)
        terms.append(j)
        weights.append(log_binomial_pmf(j, failures, u) if failures else np.zeros(1))
        pair.append(np.full(j.size, place))
    begins = np.cumsum([0, *(part.size for part in terms)])[:-1].astype(np.intp)
    return _Thinning(u, np.concatenate(terms), np.concatenate(weights), np.concatenate(pair), begins)


def _log_likelihood(u: Array, n: Array, c: Array, thinned: _Thinning | None, lost: float) -> Array:
    """Log-likelihood of each pair, binomial coefficient included."""
    a, b = float(np.exp(u[0])), float(np.exp(u[1]))
    choose = special.gammaln(n + 1) - special.gammaln(c + 1) - special.gammaln(n - c + 1)
    if thinned is None:
        each = choose + special.betaln(c + a, n - c + b) - special.betaln(a, b)
    else:
        logs = thinned.log_weight + log_beta_ratio(b, c[thinned.pair] + a, thinned.j)
        failed = np.logaddexp.reduceat(logs, thinned.begins)
        each = choose + c * np.log(thinned.scale) + special.betaln(c + a, b) - special.betaln(a, b) + failed
    if lost == 0.0:
        return np.asarray(each)
    each = each + np.log1p(-lost)
    return np.asarray(np.where(c == 0, np.logaddexp(each, np.log(lost)), each))


def _covariance(u: Array, n: Array, c: Array, weight: Array, top: float, lost: float) -> Array:
    if top != 1.0 or lost != 0.0:
        return np.full((2, 2), np.nan)
    _, curve = _derivatives(u[None, :], n, c, weight[None, :])
    try:
        found = np.linalg.inv(-curve[0])
    except np.linalg.LinAlgError:
        return np.full((2, 2), np.nan)
    return np.asarray(found if (np.diag(found) > 0).all() else np.full((2, 2), np.nan))


def _judge(u: Array, converged: bool, most: float) -> tuple[Status, str]:
    # Samples of one problem are alike by 1/(a+b+1): with n of them that must show in the spread of counts.
    if (most - 1) / (np.exp(u).sum() + 1) < 1e-2 or max(u) > _HIGH - 1e-6:
        return (
            Status.ON_BOUND,
            "problems do not differ measurably in difficulty: one success rate says as much.",
        )
    if u[0] < _LOW + 1e-6 or u[1] < _LOW + 1e-6:
        return Status.ON_BOUND, "a shape has run to 0: problems are all or nothing."
    if not converged:
        return Status.NOT_CONVERGED, "the search did not settle."
    return Status.CONVERGED, "the likelihood has a maximum inside."


def _scale(scale: float | str, n: Array, c: Array) -> float:
    if scale == "observed":
        return float(min(1.0, (n.size + 1) / n.size * (c / n).max()))
    if isinstance(scale, str):
        raise QuantityError(f'scale="{scale}" is neither a number nor "observed".')
    return float(shares("The scale", scale))


def _refused(problems: int, reason: str) -> BetaFit:
    nan = float("nan")
    empty = np.full((2, 2), nan)
    return BetaFit(nan, nan, 1.0, 0.0, nan, nan, empty, problems, problems, Status.REFUSED, reason)
