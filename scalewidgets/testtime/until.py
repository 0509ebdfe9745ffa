"""Sampling that goes on until a success: rates and pass@k without the bias of where it stopped."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalewidgets.data.stopping import stopping_of
from scalewidgets.errors import QuantityError

from .checks import Array, counts, outer, shares, whole
from .gammas import log_miss


def pass_until(draws: ArrayLike, successes: ArrayLike, *, unbiased: bool = False) -> Array:
    """Success rate where sampling went on until ``successes`` of them: ``r/K``, or ``(r-1)/(K-1)``.

    Parameters
    ----------
    draws : array_like
        Samples drawn, K, the last of which is a success (0 successes: given up after K).
    successes : array_like
        Successes asked for, r.
    unbiased : bool
        The second form, which needs two successes. Its relative standard error is about
        ``sqrt((1-p)/r)``.

    Raises
    ------
    QuantityError
        For counts that cannot be, or fewer than two successes where two are needed.

    Notes
    -----
    arXiv:2310.03262, Eq. 2: the most likely rate, ``r/K``, is biased upwards, because sampling stops on a
    success.
    """
    drawn, solved = counts(draws, successes)
    if not unbiased:
        return np.asarray(solved / drawn)
    if (solved < 2).any():
        raise QuantityError(
            "An unbiased rate needs two successes in every row.",
            remedy="Sample on, or leave unbiased=False and say that r/K is biased upwards.",
        )
    return np.asarray((solved - 1) / (drawn - 1))


def pass_at_k_until(draws: ArrayLike, successes: ArrayLike, k: ArrayLike) -> Array:
    """Unbiased pass@k where sampling stopped at success number r: ``1 - C(K-1-k, r-1) / C(K-1, r-1)``.

    Parameters
    ----------
    draws : array_like
        Samples drawn, K, the last of them a success.
    successes : array_like
        r, 1 or more.
    k : array_like
        Any whole number of 1 or more.

    Returns
    -------
    ndarray, shape draws.shape + k.shape

    Raises
    ------
    QuantityError
        For counts that cannot be, or a row without success.

    Notes
    -----
    Given K, the places of the first r - 1 successes among the first K - 1 samples are equally likely: this is
    the share of them in which the first k all fail. ``1 - C(K-r, k)/C(K, k)`` of the same counts is biased
    upwards.
    """
    drawn, solved = counts(draws, successes)
    if (solved < 1).any():
        raise QuantityError(
            "A row without success was given up, not stopped at a success.",
            remedy="Leave such rows to a fit: testtime.fit_beta_binomial takes them.",
        )
    asked = whole("The number of samples k", k, least=1)
    before, hits, ask = np.broadcast_arrays(outer(drawn - 1, asked), outer(solved - 1, asked), asked)
    sure = ask > before - hits
    miss = np.exp(log_miss(before, hits, np.where(sure, 0.0, ask)))
    return np.asarray(np.where(sure, 1.0, 1.0 - miss.reshape(sure.shape)))


def relative_error_until(p: ArrayLike, successes: ArrayLike) -> Array:
    """Relative standard error of :func:`pass_until`, about ``sqrt((1-p)/r)``.

    Raises
    ------
    QuantityError
        For a rate outside 0 to 1, or no successes.
    """
    wanted = whole("The number of successes r", successes, least=1)
    return np.asarray(np.sqrt((1 - shares("The success rate p", p)) / wanted))


def sampling_of(n: ArrayLike, c: ArrayLike) -> str:
    """How the samples seem to have been drawn: ``"fixed"``, ``"unequal"`` or ``"until success"``.

    ``"until success"`` is said where problems differ in n and n rises as successes get rarer far more than
    chance allows (rank correlation of n and c/n below -0.5 and four standard errors), or where every solved
    problem stopped at the same few successes. There ``c/n`` is biased upwards.

    Raises
    ------
    QuantityError
        For counts that cannot be.
    """
    drawn, solved = (part.ravel() for part in counts(n, c))
    if drawn.size < 2 or drawn.min() == drawn.max():
        return "fixed"
    return "until success" if stopping_of(drawn, solved) else "unequal"
