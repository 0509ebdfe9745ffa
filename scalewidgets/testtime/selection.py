"""Votes with weights, by score or after a filter; and votes that stop when they are decided."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from scalewidgets.errors import QuantityError

from .checks import Array, numbers, shares, whole
from .gammas import log_binomial_pmf
from .votes import majority_vote

_SUBSETS = 4000  # up to which all are visited


def weighted_vote_at_k(
    answers: Sequence[Hashable],
    correct: Hashable,
    k: int,
    *,
    weights: ArrayLike | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Accuracy of a vote among k of the recorded answers of a problem, each with its weight.

    Parameters
    ----------
    answers : sequence
        Recorded answers; None for one that could not be read, which does not vote.
    correct : hashable
        The right one.
    k : int
        Answers drawn without replacement, 1 to their number.
    weights : array_like, optional
        Of each answer, 0 or more, such as the score of a reward model, or 0 and 1 of a filter. Where all of
        a draw weigh nothing, each counts one: the plain vote.
    draws, seed : int
        Subsets drawn where there are more than 4,000.

    Returns
    -------
    accuracy, standard_error : float
        The error of drawing; 0 where all subsets were visited. Ties are shared.

    Raises
    ------
    QuantityError
        For k above the number of answers, or weights that are negative or too few.

    Notes
    -----
    arXiv:2407.21787, section 4.1, averages over 100 subsets. Filter-vote as in arXiv:2403.02419 spends half
    of its calls on the filter: compare it at k/2.
    """
    count = int(whole("k", k, least=1))
    n = len(answers)
    if count > n:
        raise QuantityError(
            f"k = {count} is more than the {n} recorded answers.", remedy=f"Ask for up to {n}."
        )
    weight = np.ones(n) if weights is None else numbers("The weight", weights).ravel()
    if weight.size != n or (weight < 0).any():
        raise QuantityError("The weights are not one number of 0 or more for each answer.")
    names = {name: place for place, name in enumerate(dict.fromkeys(a for a in answers if a is not None))}
    if correct not in names:
        return 0.0, 0.0
    which = np.array([-1 if a is None else names[a] for a in answers])
    whole_set = comb(n, count) <= _SUBSETS
    if whole_set:
        picks = np.array(list(combinations(range(n), count)))
    else:
        rng = np.random.default_rng(seed)
        picks = np.argpartition(rng.random((draws, n)), count - 1, axis=1)[:, :count]
    drawn, weighs = which[picks], weight[picks] * (which[picks] >= 0)
    weighs = np.where(weighs.sum(axis=1, keepdims=True) > 0, weighs, drawn >= 0)
    total = np.zeros((len(picks), len(names)))
    for slot in range(count):
        seen = drawn[:, slot] >= 0
        np.add.at(total, (np.flatnonzero(seen), drawn[seen, slot]), weighs[seen, slot])
    top = total >= total.max(axis=1, keepdims=True) * (1 - 1e-12)
    won = np.where(total.max(axis=1) > 0, top[:, names[correct]] / top.sum(axis=1), 0.0)
    error = 0.0 if whole_set else float(won.std(ddof=1) / np.sqrt(len(won)))
    return float(won.mean()), error


def weighted_vote_limit(chances: ArrayLike, mean_scores: ArrayLike, *, correct: int = 0) -> float:
    """Accuracy of a weighted vote without end: whether the right answer has the most weight.

    Raises
    ------
    QuantityError
        For chances outside 0 to 1 or scores of another number.

    Notes
    -----
    Wu et al. 2024, arXiv:2408.00724; a set of problems has the mean.
    """
    mass = shares("The chance of an answer", chances).ravel() * numbers("The mean score", mean_scores).ravel()
    top = mass >= mass.max() * (1 - 1e-12)
    return float(top[correct] / top.sum())


def filter_vote(chances: ArrayLike, kept: ArrayLike, votes: int, *, correct: int = 0) -> float:
    """Accuracy of a vote among the candidates that a filter keeps; if it keeps none, among all of them.

    Parameters
    ----------
    chances, kept : array_like, shape (A,)
        Chance of each answer, and that the filter keeps it.
    votes : int
        Candidates before the filter; each costs a sample and a check.
    correct : int

    Raises
    ------
    QuantityError
        As :func:`majority_vote`.

    Notes
    -----
    Released code of arXiv:2403.02419, but for the fallback, where it takes an arbitrary answer.
    """
    each, keep = (
        shares("The chance of an answer", chances).ravel(),
        shares("The chance to keep", kept).ravel(),
    )
    count = int(whole("The number of votes", votes, least=1))
    passed = float(each @ keep)
    if passed >= 1 - 1e-15:
        return float(majority_vote(each, count, correct=correct))
    left = each * (1 - keep) / (1 - passed)
    total = (1 - passed) ** count * float(majority_vote(left / left.sum(), count, correct=correct))
    if passed > 0:
        inside = each * keep / passed
        many = np.arange(1.0, count + 1)
        weight = np.exp(log_binomial_pmf(many, count, passed))
        total += float(weight @ majority_vote(inside / inside.sum(), many, correct=correct))
    return total


# -- votes that stop ---------------------------------------------------------------------------------


def leader_stays(first: ArrayLike, second: ArrayLike) -> Array:
    """Chance that the leader of a vote is ahead of the runner-up in truth: ``1 - I_1/2(v1+1, v2+1)``.

    Parameters
    ----------
    first, second : array_like
        Votes of the two most frequent answers.

    Raises
    ------
    QuantityError
        For votes that are not whole.

    Notes
    -----
    Aggarwal et al. 2023 (Adaptive-Consistency), arXiv:2305.11860: a Beta posterior over the two.
    """
    one, two = whole("The votes of the leader", first), whole("The votes of the runner-up", second)
    return np.asarray(1 - special.betainc(one + 1, two + 1, 0.5))


def adaptive_vote(p: float, threshold: float, cap: int) -> tuple[float, float]:
    """Accuracy and mean votes when voting stops once :func:`leader_stays` reaches a threshold.

    Parameters
    ----------
    p : float
        Chance of a right vote, against one wrong answer.
    threshold : float
        Strictly between 0 and 1. There is no default.
    cap : int
        Most votes; a tie at the cap is broken at random.

    Returns
    -------
    accuracy, votes : float
        Exact, over all orders of votes.

    Raises
    ------
    QuantityError
        For arguments that cannot be.
    """
    rate = float(shares("The chance of a right vote", p))
    bar = float(shares("The threshold", threshold, open_ends=True))
    most = int(whole("The cap", cap, least=1))
    going = np.array([1.0])  # by number of right votes
    right = spent = 0.0
    for cast in range(1, most + 1):
        spent += float(going.sum())
        going = np.append(going * (1 - rate), 0.0) + np.append(0.0, going * rate)
        ahead = np.arange(cast + 1)
        top, low = np.maximum(ahead, cast - ahead), np.minimum(ahead, cast - ahead)
        done = leader_stays(top, low) >= bar if cast < most else np.ones(cast + 1, dtype=bool)
        wins = np.where(2 * ahead == cast, 0.5, 2 * ahead > cast)
        right += float((going * wins)[done].sum())
        going = np.where(done, 0.0, going)
    return right, spent


def adaptive_vote_recorded(answers: Sequence[Hashable], threshold: float) -> tuple[Hashable, int]:
    """Answer and number of votes when recorded answers are taken in order until the leader is safe.

    Raises
    ------
    QuantityError
        For no answers, or a threshold that is not strictly between 0 and 1.
    """
    bar = float(shares("The threshold", threshold, open_ends=True))
    if not answers:
        raise QuantityError("There are no answers to vote.", remedy="Give one or more.")
    tally: dict[Hashable, int] = {}
    cast = 0
    for answer in answers:
        cast += 1
        if answer is not None:
            tally[answer] = tally.get(answer, 0) + 1
        top = sorted(tally.values(), reverse=True)[:2]
        if top and float(leader_stays(top[0], top[1] if len(top) > 1 else 0)) >= bar:
            break
    best: Hashable = max(tally, key=lambda name: tally[name]) if tally else None
    return best, cast
