"""Estimators from counts of successes: pass@k and its variance, pass^k, G-Pass.

``n`` samples and ``c`` successes are given for each problem and broadcast together; the axes of ``k`` come
behind theirs, so 1,000 problems and 50 values of k give an array of shape (1000, 50). A k above n is refused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from scalewidgets.errors import QuantityError

from .checks import Array, counts, level_of, outer, samples, shares, whole
from .gammas import log_beta_ratio, log_hypergeometric_pmf, log_miss


def pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Array:
    """Unbiased estimate of the chance that one of k samples succeeds, ``1 - C(n-c, k) / C(n, k)``.

    Parameters
    ----------
    n, c : array_like
        Samples and successes of each problem.
    k : array_like
        Samples asked for, 1 to n.

    Returns
    -------
    ndarray, shape n.shape + k.shape
        Relative accuracy of some 1e-13 up to millions of samples.

    Raises
    ------
    QuantityError
        For counts that cannot be, or k above n.

    Notes
    -----
    Chen et al. 2021, arXiv:2107.03374, Eq. 1. Valid for a number of samples fixed beforehand; where sampling
    stops at a number of successes, see :func:`~scalewidgets.testtime.pass_at_k_until`. Closed form in
    logarithms.

    Examples
    --------
    >>> pass_at_k(10, 3, [1, 5]).round(4).tolist()
    [0.3, 0.9167]
    """
    drawn, solved = counts(n, c)
    asked = samples(k, drawn)
    return _estimate(drawn, solved, asked)


def _estimate(n: Array, c: Array, k: Array) -> Array:
    shape = n.shape + k.shape
    return np.asarray(-np.expm1(log_miss(outer(n, k), outer(c, k), k))).reshape(shape)


def pass_at_k_plugin(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Array:
    """``1 - (1 - c/n)**k``: biased low, kept to show why it should not be used (arXiv:2107.03374, App. A).

    Raises
    ------
    QuantityError
        As :func:`pass_at_k`.
    """
    drawn, solved = counts(n, c)
    asked = samples(k, drawn)
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(asked * outer(np.log1p(-solved / drawn), asked)))


def pass_at_k_variance(n: ArrayLike, p: ArrayLike, k: ArrayLike) -> Array:
    """Exact variance of :func:`pass_at_k` on one problem whose success rate is known.

    Parameters
    ----------
    n, k : array_like
        Samples drawn and asked for, k at most n.
    p : array_like
        Success rate; all three broadcast.

    Returns
    -------
    ndarray

    Raises
    ------
    QuantityError
        For counts that cannot be, a rate outside 0 to 1, or k above n.

    Notes
    -----
    The estimator is a U-statistic whose kernel is "all k fail":
    ``q**(2k) (E[q**-J] - 1)`` with J hypergeometric, the overlap of two draws of k. Near
    ``(k**2/n) p q**(2k-1)`` for n far above k.
    """
    drawn = whole("The number of samples n", n, least=1)
    rate = shares("The success rate p", p)
    asked = whole("The number of samples k", k, least=1)
    drawn, rate, asked = np.broadcast_arrays(drawn, rate, asked)
    if (asked > drawn).any():
        raise QuantityError("k is more than n: the estimator is not defined.", remedy="Give k up to n.")
    out = np.empty(drawn.shape)
    for place in np.ndindex(drawn.shape):
        out[place] = _variance(float(drawn[place]), float(rate[place]), float(asked[place]))
    return out


def _variance(n: float, p: float, k: float) -> float:
    if p in (0.0, 1.0):
        return 0.0
    log_q = np.log1p(-p)
    if k == n:
        return float(np.exp(n * log_q) * -np.expm1(n * log_q))
    overlap = np.arange(max(1.0, 2 * k - n), k + 1)
    log_weight = log_hypergeometric_pmf(overlap, n, k, k)
    # q**(2k-J) - q**2k without subtracting two numbers that are nearly one.
    return float(np.sum(np.exp(log_weight + (2 * k - overlap) * log_q) * -np.expm1(overlap * log_q)))


def pass_at_k_variance_estimate(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Array:
    """Unbiased estimate of the variance of :func:`pass_at_k`, from the same counts.

    Returns
    -------
    ndarray, shape n.shape + k.shape
        Never below zero; NaN where n is below 2k, which has no unbiased estimate.

    Raises
    ------
    QuantityError
        As :func:`pass_at_k`.

    Notes
    -----
    ``(C(n-c,k)/C(n,k))**2 - C(n-c,2k)/C(n,2k)``.
    """
    drawn, solved = counts(n, c)
    asked = samples(k, drawn)
    rows, hits = outer(drawn, asked), outer(solved, asked)
    enough = rows >= 2 * asked
    twice = np.where(enough, 2 * asked, 1.0)
    found = unbiased_variance(log_miss(rows, hits, asked), log_miss(rows, hits, twice))
    shape = drawn.shape + asked.shape
    return np.asarray(np.where(enough, found.reshape(shape), np.nan)).reshape(shape)


def unbiased_variance(once: Array, twice: Array) -> Array:
    """``exp(once)**2 - exp(twice)`` from the log chances that k and 2k samples all miss, never below 0."""
    double = 2 * once
    gone = np.isneginf(double) if double.size and np.isneginf(double.min()) else None
    if gone is not None:
        double[gone] = 0.0
    shared = np.asarray(np.expm1(twice - double))
    np.exp(double, out=double)
    double *= np.negative(shared, out=shared)
    if gone is not None:
        double[gone] = 0.0
    return np.asarray(np.maximum(double, 0.0, out=double))


def posterior_variance(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Array:
    """Variance of ``1 - (1-p)**k`` under the Jeffreys posterior ``p ~ Beta(c + 1/2, n - c + 1/2)``.

    Defined for any k, also where :func:`pass_at_k_variance_estimate` is not.

    Raises
    ------
    QuantityError
        For counts that cannot be.
    """
    drawn, solved = counts(n, c)
    asked = whole("The number of samples k", k)
    spread = beta_variance(outer(drawn, asked), outer(solved, asked), asked)
    return spread.reshape(drawn.shape + asked.shape)


def beta_variance(n: Array, c: Array, k: Array) -> Array:
    """Variance of ``1 - (1-p)**k`` under Jeffreys' posterior; all three broadcast."""
    a, b = c + 0.5, n - c + 0.5
    once, both = log_beta_ratio(b, a, k), log_beta_ratio(b, a, 2 * k)
    shared = np.asarray(np.expm1(2 * once - both))
    np.exp(both, out=both)
    both *= np.negative(shared, out=shared)
    return np.asarray(np.maximum(both, 0.0, out=both))


def pass_at_k_interval(n: ArrayLike, c: ArrayLike, k: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Interval of pass@k of each problem: quantiles of the Jeffreys posterior of p through ``1 - (1-p)**k``.

    Returns
    -------
    low, high : ndarray, shape n.shape + k.shape
        From 0 for a problem without success, to 1 for one without failure.

    Raises
    ------
    QuantityError
        As :func:`pass_at_k`, or for a level outside 0 to 1.
    """
    drawn, solved = counts(n, c)
    asked = samples(k, drawn)
    side = (1 - level_of(level)) / 2
    low = np.where(solved == 0, 0.0, special.betaincinv(solved + 0.5, drawn - solved + 0.5, side))
    high = np.where(solved == drawn, 1.0, special.betaincinv(solved + 0.5, drawn - solved + 0.5, 1 - side))
    with np.errstate(divide="ignore"):
        ends = [np.asarray(-np.expm1(asked * outer(np.log1p(-end), asked))) for end in (low, high)]
    return ends[0], ends[1]


def pass_all_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Array:
    """Unbiased estimate of the chance that all of k samples succeed, ``C(c, k) / C(n, k)`` (pass^k).

    The same as the worst of k for scores of 0 and 1; the worst of graded scores is :func:`worst_of_k`.

    Raises
    ------
    QuantityError
        As :func:`pass_at_k`.
    """
    drawn, solved = counts(n, c)
    asked = samples(k, drawn)
    found = np.exp(log_miss(outer(drawn, asked), outer(drawn - solved, asked), asked))
    return np.asarray(found).reshape(drawn.shape + asked.shape)


def g_pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike, tau: ArrayLike) -> Array:
    """Unbiased estimate of the chance that at least ``ceil(tau k)`` of k samples succeed.

    Parameters
    ----------
    n, c, k : array_like
        As in :func:`pass_at_k`.
    tau : array_like
        Share of the k, 0 to 1; broadcast with k. Near 0 it is pass@k, at 1 it is pass^k.

    Returns
    -------
    ndarray, shape n.shape + broadcast shape of k and tau

    Raises
    ------
    QuantityError
        As :func:`pass_at_k`, or for tau outside 0 to 1.

    Notes
    -----
    arXiv:2412.13147, Theorem 2.1: the upper tail of a hypergeometric count.
    """
    drawn, solved = counts(n, c)
    share = shares("The share tau", tau)
    asked, share = np.broadcast_arrays(samples(k, drawn), share)
    # 0.07 * 100 is 7.000000000000001: the ceiling is of what was meant.
    least = np.maximum(1.0, np.ceil(asked * share - 1e-9))
    out = np.empty(drawn.shape + asked.shape)
    for place in np.ndindex(drawn.shape):
        for ask in np.ndindex(asked.shape):
            out[place + ask] = _upper_tail(
                float(drawn[place]), float(solved[place]), float(asked[ask]), float(least[ask])
            )
    return out


def _upper_tail(n: float, c: float, k: float, least: float) -> float:
    most = min(c, k)
    if least > most:
        return 0.0
    if k == n:
        return 1.0
    inside = np.arange(max(least, k - (n - c)), most + 1)
    return float(min(1.0, np.exp(log_hypergeometric_pmf(inside, n, c, k)).sum()))
