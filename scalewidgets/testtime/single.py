"""One problem whose success rate is known: what more samples bring, and what they cost.

All are closed forms of ``log1p`` and ``expm1``, so a browser evaluates the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, shares, whole


def _log_failure(p: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log1p(-p))


def _power(log_failure: Array, k: Array) -> Array:
    """``k ln q`` with zero samples failing for sure, whatever q is."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(k == 0, 0.0, k * log_failure))


def success_within(p: ArrayLike, k: ArrayLike) -> Array:
    """Chance that at least one of k samples succeeds, ``1 - (1-p)**k``.

    Parameters
    ----------
    p : array_like
        Success rate of one sample.
    k : array_like
        Samples, 0 or more; broadcast with ``p``.

    Raises
    ------
    QuantityError
        For a rate outside 0 to 1, or samples that are not whole.
    """
    rate, count = shares("The success rate p", p), whole("The number of samples k", k)
    return np.asarray(-np.expm1(_power(_log_failure(rate), count)))


def all_succeed(p: ArrayLike, k: ArrayLike) -> Array:
    """Chance that all of k samples succeed, ``p**k`` (pass^k).

    Raises
    ------
    QuantityError
        As :func:`success_within`.
    """
    rate, count = shares("The success rate p", p), whole("The number of samples k", k)
    return np.asarray(rate**count)


def samples_needed(p: ArrayLike, target: ArrayLike) -> Array:
    """Fewest samples whose coverage reaches a target, ``ceil(ln(1-A) / ln(1-p))``.

    Parameters
    ----------
    p : array_like
    target : array_like
        Share strictly between 0 and 1.

    Returns
    -------
    ndarray
        Infinity where p is 0.

    Raises
    ------
    QuantityError
        For a rate outside 0 to 1, or a target that is not strictly between.
    """
    rate = shares("The success rate p", p)
    goal = shares("The target coverage", target, open_ends=True)
    with np.errstate(divide="ignore"):
        exact = np.log1p(-goal) / _log_failure(rate)
    found = np.ceil(exact - 1e-9)  # 1-(1-0.5)^2 is 0.75: the target itself, in spite of rounding
    return np.asarray(np.where(rate == 0, np.inf, np.maximum(found, 1.0)))


def next_sample_gain(p: ArrayLike, k: ArrayLike) -> Array:
    """Coverage that sample k + 1 adds, ``p (1-p)**k``.

    Raises
    ------
    QuantityError
        As :func:`success_within`.
    """
    rate, count = shares("The success rate p", p), whole("The number of samples k", k)
    return np.asarray(rate * np.exp(_power(_log_failure(rate), count)))


def expected_attempts(p: ArrayLike, k: ArrayLike) -> Array:
    """Attempts on average when stopping at the first success, k at most: ``(1 - (1-p)**k) / p``.

    Returns
    -------
    ndarray
        k where p is 0.

    Raises
    ------
    QuantityError
        As :func:`success_within`.
    """
    rate, count = shares("The success rate p", p), whole("The number of samples k", k)
    safe = np.where(rate > 0, rate, 1.0)
    return np.asarray(np.where(rate > 0, success_within(rate, count) / safe, count))


def guessing_floor(choices: ArrayLike, k: ArrayLike) -> Array:
    """Coverage that guessing alone reaches with ``choices`` answers, ``1 - (1 - 1/m)**k``.

    Multiple-choice tasks tend to full coverage without any skill: show this beside it.

    Raises
    ------
    QuantityError
        For choices or samples that are not whole numbers.
    """
    return success_within(1.0 / whole("The number of choices", choices, least=1), k)
