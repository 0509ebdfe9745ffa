"""Majority vote: exact chances with ties broken at random, from success rates or from recorded answers.

Answers that cannot be read are left out of the vote before it comes here; they still cost what they cost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from scalewidgets.errors import QuantityError

from .checks import Array, numbers, shares, whole
from .gammas import log_binomial_pmf

MOST_VOTES, MOST_ANSWERS = 200, 20
"""Beyond these an exact vote over several answers is refused: :func:`majority_sampled` draws instead."""


def majority_binary(p: ArrayLike, votes: ArrayLike) -> Array:
    """Accuracy of a vote between the right answer and one wrong answer, ties broken at random.

    Parameters
    ----------
    p : array_like
        Chance that one vote is right.
    votes : array_like
        1 or more; an even number does as well as one vote less.

    Raises
    ------
    QuantityError
        For p outside 0 to 1, or votes that are not whole.

    Notes
    -----
    Odd K: ``I_p((K+1)/2, (K+1)/2)``, the regularised incomplete Beta function.
    """
    rate, count = shares("The chance of a right vote", p), whole("The number of votes", votes, least=1)
    half = np.floor((count + 1) / 2)
    return np.asarray(special.betainc(half, half, rate))


def votes_needed(p: ArrayLike, target: float) -> Array:
    """Smallest odd number of votes, right answer against one wrong, that reaches an accuracy.

    Returns
    -------
    ndarray
        Infinity where p is a half or below and one vote does not do. The bound
        ``2 ln(1/delta) / (2p-1)**2`` of :func:`votes_sufficient` is loose.

    Raises
    ------
    QuantityError
        For p outside 0 to 1, or a target that is not strictly between.
    """
    rate = shares("The chance of a right vote", p)
    goal = float(shares("The target accuracy", target, open_ends=True))
    out = np.empty(rate.shape)
    for place in np.ndindex(rate.shape):
        out[place] = _first_odd(float(rate[place]), goal)
    return out


def _first_odd(p: float, goal: float) -> float:
    if p >= goal:
        return 1.0
    if p <= 0.5:
        return float("inf")
    high = 1
    while majority_binary(p, 2 * high + 1) < goal:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if majority_binary(p, 2 * middle + 1) >= goal else (middle, high)
    return 2.0 * high + 1


def votes_sufficient(p: ArrayLike, failure: ArrayLike) -> Array:
    """Votes that suffice for a chance of failure by Hoeffding's bound, ``2 ln(1/delta) / (2p-1)**2``.

    Raises
    ------
    QuantityError
        For p that is not above a half, or a chance that is not strictly between 0 and 1.
    """
    rate = shares("The chance of a right vote", p)
    if (rate <= 0.5).any():
        raise QuantityError(
            "At p of a half or below no number of votes suffices.", remedy="Give p above 0.5."
        )
    chance = shares("The chance of failure", failure, open_ends=True)
    return np.asarray(2 * np.log(1 / chance) / (2 * rate - 1) ** 2)


def majority_vote(chances: ArrayLike, votes: ArrayLike, *, correct: int = 0) -> Array:
    """Accuracy of a vote among several answers whose chances are known, ties broken at random.

    Parameters
    ----------
    chances : array_like, shape (A,)
        Of each answer; they sum to 1.
    votes : array_like
        1 to 200.
    correct : int
        Position of the right answer.

    Returns
    -------
    ndarray, shape of ``votes``

    Raises
    ------
    QuantityError
        For chances that do not sum to 1, or more than 200 votes or 20 answers.

    Notes
    -----
    Sum over j and t of the chance that the right answer has j votes, no wrong one more, and exactly t as
    many, over t + 1. Counts of answers are independent Poisson variables given their sum, so truncated series
    are convolved answer by answer, with t carried along: all terms are positive.
    """
    each = shares("The chance of an answer", chances).ravel()
    if abs(each.sum() - 1) > 1e-9:
        raise QuantityError("The chances of the answers do not sum to 1.", remedy="Divide by their sum.")
    _check_correct(correct, each.size)
    asked = whole("The number of votes", votes, least=1)
    out = np.empty(asked.shape)
    for place in np.ndindex(asked.shape):
        k = int(asked[place])
        x = np.arange(k + 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_pmf = np.where(
                each[:, None] > 0,
                x * np.log(k * each[:, None]) - k * each[:, None] - special.gammaln(x + 1),
                -np.inf,
            )
        log_pmf[:, 0] = -k * each
        total = k * np.log(k) - k - special.gammaln(k + 1)
        out[place] = _vote(np.exp(log_pmf), k, correct) / np.exp(total)
    return np.asarray(np.minimum(out, 1.0))


def majority_at_k(tally: ArrayLike, votes: ArrayLike, *, correct: int | None = 0, blank: int = 0) -> Array:
    """Unbiased accuracy of a vote among k of the recorded answers of a problem (maj@k).

    Parameters
    ----------
    tally : array_like, shape (A,)
        How often each distinct answer was recorded.
    votes : array_like
        Number of answers that vote, drawn without replacement: 1 to their number, at most 200.
    correct : int or None
        Position of the right answer; None if it was never given.
    blank : int
        Recorded samples whose answer could not be read: they are drawn like the others, and do not vote.

    Returns
    -------
    ndarray, shape of ``votes``
        Exact over all subsets and ties.

    Raises
    ------
    QuantityError
        For more votes than answers, or sizes beyond those of an exact vote.
    """
    number = whole("The tally of an answer", tally).ravel()
    empty = float(whole("The number of blank answers", blank))
    n = number.sum() + empty
    asked = whole("The number of votes", votes, least=1)
    if asked.size and asked.max() > n:
        raise QuantityError(
            f"{asked.max():,.0f} votes are more than the {n:,.0f} recorded answers.",
            remedy=f"Ask for up to {n:,.0f}; a model of chances goes further (testtime.majority_vote).",
        )
    if correct is None:
        return np.zeros(asked.shape)
    _check_correct(correct, number.size)
    place_of = int(np.count_nonzero(number[:correct] > 0))
    if number[correct] == 0:
        return np.zeros(asked.shape)
    number = number[number > 0]
    out = np.empty(asked.shape)
    for place in np.ndindex(asked.shape):
        k = int(asked[place])
        if k == n:
            top = number.max()
            out[place] = (number[place_of] == top) / np.count_nonzero(number == top)
            continue
        # Binomials of one chance, given their sum, are the draw without replacement.
        chance = k / n
        pmf = np.exp(log_binomial_pmf(np.arange(k + 1.0), number[:, None], chance))
        silent = np.exp(log_binomial_pmf(np.arange(k + 1.0), empty, chance))
        out[place] = _vote(pmf, k, place_of, silent) / np.exp(log_binomial_pmf(k, n, chance))[0]
    return np.asarray(np.minimum(out, 1.0))


def _vote(pmf: Array, votes: int, correct: int, silent: Array | None = None) -> float:
    """Chance that the correct answer wins and all counts sum to ``votes``; pmf (answers, votes + 1)."""
    answers = len(pmf)
    if votes > MOST_VOTES or answers > MOST_ANSWERS:
        raise QuantityError(
            f"An exact vote of {votes:,} among {answers} answers is too large: at most {MOST_VOTES} votes "
            f"and {MOST_ANSWERS} answers.",
            remedy="Use testtime.majority_sampled, which draws votes and says its error.",
        )
    tops = np.arange(1, votes + 1)
    wrong = [row for place, row in enumerate(pmf) if place != correct]
    # state[j, t, v]: the correct answer has j votes, t wrong ones as many, v votes are cast.
    state = np.zeros((votes, len(wrong) + 1, votes + 1))
    state[tops - 1, 0, tops] = pmf[correct, tops]
    for row in wrong:
        after = np.zeros_like(state)
        for x in range(votes + 1):
            if row[x] == 0:
                continue
            # Fewer than j votes: no new tie. As many: one tie more.
            after[x:, :, x:] += row[x] * state[x:, :, : votes + 1 - x]
            if x >= 1:
                after[x - 1, 1:, x:] += row[x] * state[x - 1, :-1, : votes + 1 - x]
        state = after
    won = (state.sum(axis=0) / np.arange(1, len(wrong) + 2)[:, None]).sum(axis=0)
    return float(won[votes] if silent is None else won @ silent[::-1])


def majority_sampled(
    chances: ArrayLike, votes: int, *, correct: int = 0, draws: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """Accuracy of a vote by drawing, for sizes that the exact functions refuse.

    Parameters
    ----------
    chances : array_like, shape (A,)
        Chances of the answers that sum to 1, or a tally of recorded answers (whole numbers): those are
        drawn without replacement.
    votes, correct
        As in :func:`majority_vote`.
    draws, seed : int

    Returns
    -------
    accuracy, standard_error : float
        The error is that of drawing, ``sqrt(A(1-A)/draws)`` or less.

    Raises
    ------
    QuantityError
        For more votes than recorded answers.
    """
    weight = numbers("The answers", chances).ravel()
    _check_correct(correct, weight.size)
    count = int(whole("The number of votes", votes, least=1))
    rng = np.random.default_rng(seed)
    if abs(weight.sum() - 1) < 1e-9 and (weight >= 0).all():
        cast = rng.multinomial(count, weight / weight.sum(), size=draws)
    else:
        number = whole("The tally of an answer", weight).astype(int)
        if count > number.sum():
            raise QuantityError("There are more votes than recorded answers.", remedy="Ask for fewer votes.")
        cast = rng.multivariate_hypergeometric(number, count, size=draws)
    top = cast.max(axis=1)
    won = (cast[:, correct] == top) / (cast == top[:, None]).sum(axis=1)
    return float(won.mean()), float(won.std(ddof=1) / np.sqrt(draws))


def majority_limit(chances: ArrayLike, *, correct: int = 0) -> float:
    """Accuracy of a vote without end: 1 if the right answer is the most frequent, shared among ties, else 0.

    Raises
    ------
    QuantityError
        For chances outside 0 to 1.

    Notes
    -----
    Wu et al. 2024, arXiv:2408.00724. A set of problems has the mean; it is approached geometrically.
    """
    each = shares("The chance of an answer", chances).ravel()
    _check_correct(correct, each.size)
    top = each >= each.max() * (1 - 1e-12)
    return float(top[correct] / top.sum())


def vote_failure_bound(p_right: ArrayLike, p_wrong: ArrayLike, votes: ArrayLike, wrong: int = 1) -> Array:
    """Bound on the chance that a wrong answer beats the right one: ``(1 - (sqrt p1 - sqrt p2)**2)**K``.

    Parameters
    ----------
    p_right, p_wrong : array_like
        Chances of the right and of the most frequent wrong answer.
    votes : array_like
    wrong : int
        Number of wrong answers, a factor on the bound.

    Raises
    ------
    QuantityError
        For shares outside 0 to 1.
    """
    apart = np.sqrt(shares("p1", p_right)) - np.sqrt(shares("p2", p_wrong))
    base = 1 - np.maximum(apart, 0.0) ** 2
    return np.asarray(np.minimum(wrong * base ** whole("The number of votes", votes), 1.0))


def _check_correct(correct: int, answers: int) -> None:
    if not 0 <= correct < answers:
        raise QuantityError(f"correct={correct} is none of the {answers} answers.", remedy="Count from 0.")
