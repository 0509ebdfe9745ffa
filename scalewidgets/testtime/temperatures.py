"""Samples of several temperatures: different ones solve different problems (arXiv:2510.02611)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from scalewidgets.errors import QuantityError

from .checks import Array, shares, whole
from .gammas import log_miss


def union_coverage(p: ArrayLike, k: ArrayLike) -> Array:
    """Coverage of a problem by samples of several temperatures: ``1 - prod (1 - p_t)**k_t``.

    Parameters
    ----------
    p : array_like, shape (..., T)
        Success rate at each temperature.
    k : array_like, shape (T,)
        Samples at each.

    Raises
    ------
    QuantityError
        For rates outside 0 to 1, or samples that are not whole.
    """
    rate, count = shares("The success rate p", p), whole("The number of samples", k)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(count == 0, 0.0, count * np.log1p(-rate))
    return np.asarray(-np.expm1(each.sum(axis=-1)))


def union_pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Array:
    """Unbiased coverage by ``k_t`` samples at each temperature: ``1 - prod C(n_t-c_t, k_t)/C(n_t, k_t)``.

    Parameters
    ----------
    n, c : array_like, shape (..., T)
        Samples and successes at each temperature.
    k : array_like, shape (T,)
        0 or more, at most n.

    Raises
    ------
    QuantityError
        For counts that cannot be, or k above n.
    """
    drawn, solved = np.broadcast_arrays(whole("n", n), whole("c", c))
    asked = np.broadcast_to(whole("k", k), drawn.shape)
    if (solved > drawn).any() or (asked > drawn).any():
        raise QuantityError("c or k is above n at one temperature.", remedy="Give k up to n at each.")
    return np.asarray(-np.expm1(log_miss(drawn, solved, asked).reshape(drawn.shape).sum(axis=-1)))


def split_over_temperatures(p: ArrayLike, k: int) -> Array:
    """Split of k samples over temperatures with the largest mean coverage, found greedily.

    Parameters
    ----------
    p : array_like, shape (M, T)
        Success rate of each problem at each temperature.
    k : int

    Returns
    -------
    ndarray, shape (T,)
        Whole numbers that sum to k. Mixing insures across problems that different temperatures solve; on
        one problem the best temperature alone is best.

    Raises
    ------
    QuantityError
        For rates outside 0 to 1.

    Notes
    -----
    Coverage has diminishing returns in the samples, so greedy steps lose at most 1/e of the best; see
    arXiv:2510.02611 for what several temperatures bring.
    """
    rate = np.atleast_2d(shares("The success rate p", p))
    count = np.zeros(rate.shape[1])
    left = np.ones(len(rate))
    for _ in range(int(whole("k", k))):
        best = int(np.argmax(left @ rate))
        count[best] += 1
        left = left * (1 - rate[:, best])
    return count


def temperature_vote(
    answers: Sequence[Sequence[Hashable]], *, agree: float | None = None
) -> tuple[Hashable, int]:
    """Vote within each temperature, then among the winners; stop early where the first ones agree.

    Parameters
    ----------
    answers : sequence of sequences
        Recorded answers of each temperature, in the order in which they are tried.
    agree : float, optional
        Share of a temperature's answers that its winner needs for everything to stop there. Without it all
        are asked.

    Returns
    -------
    answer : hashable
        Winner over temperatures; ties go to the answer with more votes in all.
    samples : int
        Answers used.

    Raises
    ------
    QuantityError
        For no answers.

    Notes
    -----
    After arXiv:2510.02611: votes within, then across temperatures, easy questions leaving early.
    """
    winners: list[Hashable] = []
    total: dict[Hashable, int] = {}
    used = 0
    for group in answers:
        used += len(group)
        tally: dict[Hashable, int] = {}
        for answer in group:
            if answer is not None:
                tally[answer] = tally.get(answer, 0) + 1
                total[answer] = total.get(answer, 0) + 1
        if not tally:
            continue
        best = max(tally, key=lambda name: tally[name])
        winners.append(best)
        if agree is not None and tally[best] >= agree * len(group):
            return best, used
    if not winners:
        raise QuantityError("There are no answers to vote.", remedy="Give one or more.")
    return max(dict.fromkeys(winners), key=lambda name: (winners.count(name), total[name])), used
