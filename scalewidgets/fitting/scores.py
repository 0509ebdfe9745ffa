"""Scores of predicted against observed losses, as plain functions, and what evidence weighs.

``loss`` is what was observed, ``predicted`` what a law says; both broadcast to one dimension of runs.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import student
from .objective import NU, Objective

Array: TypeAlias = NDArray[np.float64]

DISTINGUISHABLE = 2.0
"""Difference of AICc below which two laws are not told apart by the runs."""

LIKELIHOODS: dict[str, str] = {
    "huber": "likelihood exp(-t Huber) of the log residuals, scale t free",
    "laplace": "Laplace likelihood of the log residuals, scale free",
    "gaussian": "Gaussian likelihood of the log residuals, scale free",
    "student": "Student-t likelihood of the log residuals, scale free",
}
"""Names of the likelihoods behind AICc and BIC, and what each one is."""


def are(loss: ArrayLike, predicted: ArrayLike) -> Array:
    """Absolute relative error of each run: ``|predicted - loss| / loss`` (arXiv:2410.11840, section 3)."""
    observed, said = _pair(loss, predicted)
    return np.asarray(np.abs(said - observed) / np.abs(observed))


def mape(loss: ArrayLike, predicted: ArrayLike) -> float:
    """Mean of :func:`are` over runs, as a share (0.01 is 1 %); NaN without runs."""
    return _mean(are(loss, predicted))


def nmse(loss: ArrayLike, predicted: ArrayLike) -> float:
    """Mean squared error over the population variance of the losses: 0 is perfect, 1 as good as the mean.

    NaN for fewer than two different losses.
    """
    observed, said = _pair(loss, predicted)
    spread = float(np.var(observed)) if len(observed) else 0.0
    return float(np.mean((said - observed) ** 2) / spread) if spread > 0 else math.nan


def r2(loss: ArrayLike, predicted: ArrayLike) -> float:
    """Share of the variance explained: ``1 - nmse``; negative if the mean predicts better."""
    return 1.0 - nmse(loss, predicted)


def nmae(loss: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute error over the mean distance of the losses from their mean; NaN without spread."""
    observed, said = _pair(loss, predicted)
    spread = _mean(np.abs(observed - np.mean(observed))) if len(observed) else 0.0
    return _mean(np.abs(said - observed)) / spread if spread > 0 else math.nan


def metrics(loss: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """Scores of the evaluators of symbolic scaling laws, by name.

    Returns
    -------
    dict
        ``mse``, mean squared error; ``nmse``, ``r2`` and ``nmae`` as the functions of those names; ``are``,
        the mean of :func:`are`; ``combined``, ``1 / (1 + nmse)``: 1 is perfect.

    Notes
    -----
    Definitions of SLDBench; the mean absolute relative error is that of arXiv:2410.11840.
    """
    observed, said = _pair(loss, predicted)
    squared = nmse(observed, said)
    return {
        "mse": _mean((said - observed) ** 2),
        "nmse": squared,
        "r2": r2(observed, said),
        "nmae": nmae(observed, said),
        "are": mape(observed, said),
        "combined": 1.0 / (1.0 + squared),
    }


def rmse_log(loss: ArrayLike, predicted: ArrayLike) -> float:
    """Root mean squared difference of log losses: a relative error that outliers dominate."""
    observed, said = _pair(loss, predicted)
    return math.sqrt(_mean((np.log(said) - np.log(observed)) ** 2))


def scores(loss: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """All scores by name: ``are`` (its mean), ``median_are``, ``r2``, ``nmse``, ``rmse_log``, ``bias``.

    ``bias`` is the mean log ratio of predicted to observed: negative where the law promises too much.
    """
    observed, said = _pair(loss, predicted)
    each = are(observed, said)
    return {
        "are": _mean(each),
        "median_are": float(np.median(each)) if len(each) else math.nan,
        "r2": r2(observed, said),
        "nmse": nmse(observed, said),
        "rmse_log": rmse_log(observed, said),
        "bias": _mean(np.log(said) - np.log(observed)),
    }


def log_likelihood(
    residuals: ArrayLike,
    likelihood: str = "laplace",
    delta: float | None = None,
    nu: float | str | None = None,
) -> float:
    """Log likelihood of log residuals at the best scale.

    Parameters
    ----------
    residuals : array_like, shape (n,)
        Log loss minus log fitted loss.
    likelihood : {"laplace", "gaussian", "huber", "student"}
        Laplace: ``-n (log 2s + 1)`` with s the mean absolute residual. Gaussian:
        ``-n/2 (log 2 pi s^2 + 1)`` with s^2 the mean squared residual. Huber: the density
        ``exp(-t H(r)) / Z(t)`` with H the Huber penalty of this delta and t the scale that makes the
        residuals most likely; the minimum of the sum of H is then the most likely set of coefficients.
    delta : float, optional
        Of the Huber penalty.
    nu : float or "free", optional
        Degrees of freedom of Student's t, by default 4; ``"free"`` for the most likely ones.
    """
    values = np.asarray(residuals, dtype=np.float64)
    n = len(values)
    if n == 0 or not np.isfinite(values).all():
        return math.nan
    if likelihood == "student":
        free = nu == "free"
        degrees = NU if nu is None or isinstance(nu, str) else nu
        return -student.total(values, np.ones(n), degrees, working=False, free=free)
    if likelihood == "huber":
        return _huber(values, 1e-3 if delta is None else delta)
    with np.errstate(divide="ignore"):
        if likelihood == "gaussian":
            return float(-0.5 * n * (np.log(2 * np.pi * np.mean(values**2)) + 1))
        return float(-n * (np.log(2 * np.mean(np.abs(values))) + 1))


def huber(residuals: ArrayLike, delta: float = 1e-3) -> Array:
    """Huber penalty: half the square up to ``delta``, straight beyond (arXiv:2203.15556, Eq. 3)."""
    return Objective("huber_log", delta).penalty(np.asarray(residuals, dtype=np.float64))


def huber_likelihood(delta: float, t: float = 1.0) -> float:
    """Integral of ``exp(-t huber(r))`` over all r: what makes the Huber penalty a likelihood.

    Parameters
    ----------
    delta : float
        Of the penalty.
    t : float
        Scale.

    Returns
    -------
    float
        For ``t = 1`` it is ``sqrt(2 pi) (1 - 2 Q(delta)) + 2 exp(-delta^2 / 2) / delta``, as in the
        notebook released with arXiv:2404.10102.
    """
    inside = math.sqrt(2 * math.pi / t) * math.erf(delta * math.sqrt(t / 2))
    outside = 2 / (t * delta) * math.exp(-t * delta * delta / 2)
    return inside + outside


def _huber(values: Array, delta: float) -> float:
    from scipy.optimize import minimize_scalar

    total = float(np.sum(huber(values, delta)))
    n = len(values)
    if total == 0:
        return math.inf

    def negative(log_t: float) -> float:
        t = math.exp(log_t)
        return t * total + n * math.log(huber_likelihood(delta, t))

    # Between the Gaussian (n / 2 total) and the Laplace (n / total) answer.
    ends = (math.log(n / (2 * total)) - 2, math.log(n / total) + 2)
    return -float(minimize_scalar(negative, bounds=ends, method="bounded", options={"xatol": 1e-10}).fun)


def information(
    residuals: ArrayLike,
    coefficients: int,
    likelihood: str = "laplace",
    delta: float | None = None,
    nu: float | str | None = None,
) -> dict[str, float]:
    """AIC, AICc and BIC; smaller is better, only differences over the same runs mean anything.

    Parameters
    ----------
    residuals : array_like, shape (n,)
        Log residuals.
    coefficients : int
        Fitted coefficients of the law; the scale of the likelihood is counted on top, and so are degrees of
        freedom that are free.
    likelihood, delta, nu
        As in :func:`log_likelihood`.

    Notes
    -----
    ``AIC = 2k - 2 log L``, ``AICc = AIC + 2k(k+1)/(n-k-1)``, ``BIC = k log n - 2 log L`` with
    k one more than the coefficients, and two more with free degrees of freedom. AICc is infinite for
    ``n <= k + 1``.
    """
    twice = -2 * log_likelihood(residuals, likelihood, delta, nu)
    counted = coefficients + 1 + (likelihood == "student" and nu == "free")
    return criteria(twice, len(np.asarray(residuals)), counted)


def information_criteria(rss: float, runs: int, coefficients: int) -> dict[str, float]:
    """AIC, AICc and BIC of a least-squares fit from its residual sum of squares alone.

    Parameters
    ----------
    rss : float
        Sum of squared residuals.
    runs, coefficients : int
        n and k; the scale is *not* counted, and constants of the likelihood are left out, as is usual for
        ``n log(rss / n) + 2k``. Not to be compared with :func:`information`, which counts both.

    Returns
    -------
    dict
        ``aic``, ``aicc`` and ``bic``.
    """
    with np.errstate(divide="ignore"):
        return criteria(float(runs * np.log(rss / runs)) if runs else math.nan, runs, coefficients)


def criteria(twice: float, n: int, k: int) -> dict[str, float]:
    """AIC, AICc and BIC from minus twice the log likelihood, runs and coefficients."""
    aic = 2 * k + twice
    aicc = aic + 2 * k * (k + 1) / (n - k - 1) if n > k + 1 else math.inf
    return {"aic": aic, "aicc": aicc, "bic": k * math.log(n) + twice if n else math.nan}


def akaike_weights(aicc: ArrayLike) -> Array:
    """Share of the evidence for each law: ``exp(-difference / 2)``, summed to 1; NaN counts as none."""
    values = np.asarray(aicc, dtype=np.float64)
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(values), np.nan)
    raw = np.where(known, np.exp(-0.5 * (np.where(known, values, 0.0) - values[known].min())), 0.0)
    return np.asarray(raw / raw.sum())


def _pair(loss: ArrayLike, predicted: ArrayLike) -> tuple[Array, Array]:
    observed, said = np.broadcast_arrays(
        np.atleast_1d(np.asarray(loss, dtype=np.float64)),
        np.atleast_1d(np.asarray(predicted, dtype=np.float64)),
    )
    return observed, said


def _mean(values: Array) -> float:
    return float(np.mean(values)) if len(values) else math.nan
