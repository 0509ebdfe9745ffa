"""Samples behind a verifier that accepts or rejects, and errs: accuracy, ceiling, what it would have to be.

``t`` is the share of right samples that it accepts, ``f`` the share of wrong ones, the same on every sample.
All closed forms of one problem; a set of problems has the mean.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalewidgets.errors import QuantityError

from .checks import Array, counts, outer, samples, shares, whole
from .gammas import log_miss
from .single import expected_attempts, success_within


def _rates(p: ArrayLike, t: ArrayLike, f: ArrayLike) -> tuple[Array, Array, Array, Array]:
    rate = shares("The success rate p", p)
    right, wrong = shares("The true-positive rate t", t), shares("The false-positive rate f", f)
    # p t + (1-p) f may pass 1 by rounding.
    return rate, right, wrong, np.asarray(np.minimum(rate * right + (1 - rate) * wrong, 1.0))


def verifier_accuracy(
    p: ArrayLike, t: ArrayLike, f: ArrayLike, n: ArrayLike, *, fallback: bool = False
) -> Array:
    """Chance of a right answer with n samples behind a verifier: ``pi (1 - (1-s)**n)``.

    Parameters
    ----------
    p : array_like
        Success rate of one sample.
    t, f : array_like
        Chance that the verifier accepts a right and a wrong sample.
    n : array_like
        Samples, 0 or more; all broadcast.
    fallback : bool
        Whether a random rejected sample is answered where none is accepted, instead of nothing; it adds
        ``(1-s)**n p (1-t)/(1-s)``.

    Returns
    -------
    ndarray
        With ``s = p t + (1-p) f``, accepted samples, and ``pi = p t / s``, the precision. Sampling until
        the first acceptance has the same accuracy.

    Raises
    ------
    QuantityError
        For shares outside 0 to 1, or samples that are not whole.
    """
    rate, right, _, accepted = _rates(p, t, f)
    count = whole("The number of samples n", n)
    found = rate * right * expected_attempts(accepted, count)
    if fallback:
        # (1-s)**n / (1-s) is (1-s)**(n-1); without samples there is no answer.
        left = (1 - accepted) ** np.maximum(count - 1, 0) * rate * (1 - right)
        found = found + np.where(count > 0, left, 0.0)
    return np.asarray(found)


def verifier_wrong(p: ArrayLike, t: ArrayLike, f: ArrayLike, n: ArrayLike) -> Array:
    """Chance that a *wrong* answer is accepted and given, ``(1-pi)(1 - (1-s)**n)``.

    Raises
    ------
    QuantityError
        As :func:`verifier_accuracy`.
    """
    rate, _, wrong, accepted = _rates(p, t, f)
    return np.asarray((1 - rate) * wrong * expected_attempts(accepted, n))


def verifier_samples(p: ArrayLike, t: ArrayLike, f: ArrayLike, n: ArrayLike) -> Array:
    """Samples on average when stopping at the first acceptance, n at most: ``(1 - (1-s)**n) / s``.

    Raises
    ------
    QuantityError
        As :func:`verifier_accuracy`.
    """
    return expected_attempts(_rates(p, t, f)[3], n)


def verifier_ceiling(p: ArrayLike, t: ArrayLike, f: ArrayLike) -> Array:
    """Accuracy that no number of samples passes: the precision ``p t / (p t + (1-p) f)``.

    Returns
    -------
    ndarray
        0 where nothing is ever accepted. A problem that is never solved, behind a verifier that accepts
        wrong samples, ends in a wrong answer.

    Raises
    ------
    QuantityError
        For shares outside 0 to 1.
    """
    rate, right, _, accepted = _rates(p, t, f)
    return np.asarray(np.where(accepted > 0, rate * right / np.where(accepted > 0, accepted, 1.0), 0.0))


def verifier_odds(p: ArrayLike, t: ArrayLike, f: ArrayLike) -> Array:
    """Odds that an accepted sample is right: the odds of p times the likelihood ratio ``t / f``.

    Raises
    ------
    QuantityError
        For shares outside 0 to 1.
    """
    rate, right, wrong, _ = _rates(p, t, f)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(rate * right / ((1 - rate) * wrong))


def verifier_requirement(p: ArrayLike, target: ArrayLike) -> Array:
    """Largest ``f / t`` whose ceiling reaches a target: ``p (1-A) / ((1-p) A)``.

    Returns
    -------
    ndarray
        0 where p is 0 (no verifier does), infinity where p is 1.

    Raises
    ------
    QuantityError
        For p outside 0 to 1, or a target that is not strictly between.
    """
    rate = shares("The success rate p", p)
    goal = shares("The target accuracy", target, open_ends=True)
    with np.errstate(divide="ignore"):
        return np.asarray(rate * (1 - goal) / ((1 - rate) * goal))


def break_even_false_positives(p: float, t: float, n: int, target: float, *, fallback: bool = False) -> float:
    """Largest false-positive rate at which n samples behind the verifier still reach a target accuracy.

    Parameters
    ----------
    p, t, n, fallback
        As in :func:`verifier_accuracy`, single numbers.
    target : float
        Such as the accuracy of a larger model asked once.

    Returns
    -------
    float
        1 if even a verifier that accepts everything reaches it; NaN if not even one that accepts
        no wrong sample does.

    Raises
    ------
    QuantityError
        As :func:`verifier_accuracy`.
    """
    goal = float(shares("The target accuracy", target))

    def accuracy(f: float) -> float:
        return float(verifier_accuracy(p, t, f, n, fallback=fallback))

    if accuracy(0.0) < goal:
        return float("nan")
    if accuracy(1.0) >= goal:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(100):  # accuracy falls as f rises
        middle = (low + high) / 2
        low, high = (middle, high) if accuracy(middle) >= goal else (low, middle)
    return low


def verified_at_k(n: ArrayLike, accepted_right: ArrayLike, accepted_wrong: ArrayLike, k: ArrayLike) -> Array:
    """Unbiased accuracy behind a recorded verifier, from counts: ``a/(a+w) (1 - C(n-a-w, k)/C(n, k))``.

    Parameters
    ----------
    n : array_like
        Samples of each problem.
    accepted_right, accepted_wrong : array_like
        Those accepted and right, a, and accepted and wrong, w; the rest is rejected.
    k : array_like
        Samples asked for, 1 to n.

    Returns
    -------
    ndarray, shape n.shape + k.shape
        Nothing is answered where no sample is accepted. At k = n it is the precision of what was
        accepted. Exact: no permutations are drawn.

    Raises
    ------
    QuantityError
        For counts that cannot be, or k above n.
    """
    drawn, right = counts(n, accepted_right)
    drawn, right, wrong = np.broadcast_arrays(
        drawn, right, whole("The number of wrong samples accepted", accepted_wrong)
    )
    passed = np.asarray(right + wrong)
    if (passed > drawn).any():
        raise QuantityError(
            "More samples are accepted than were drawn.", remedy="Give n, accepted right, accepted wrong."
        )
    asked = samples(k, drawn)
    some = -np.expm1(log_miss(outer(drawn, asked), outer(passed, asked), asked))
    precision = right / np.maximum(passed, 1.0)
    return np.asarray(outer(precision, asked) * some.reshape(drawn.shape + asked.shape))


def verifier_rates(
    n: ArrayLike, c: ArrayLike, accepted_right: ArrayLike, accepted_wrong: ArrayLike
) -> tuple[float, float]:
    """True- and false-positive rate of a verifier over all recorded samples of all problems.

    Raises
    ------
    QuantityError
        For counts that cannot be, or where there is no right or no wrong sample to judge it by.

    Notes
    -----
    Rates measured on one generator rarely hold for another: weaker models pass more wrong samples
    (arXiv:2411.17501).
    """
    drawn, solved = counts(n, c)
    right = whole("The number of right samples accepted", accepted_right)
    wrong = whole("The number of wrong samples accepted", accepted_wrong)
    if (right > solved).any() or (wrong > drawn - solved).any():
        raise QuantityError(
            "More samples are accepted than there are.", remedy="Give n, c, a and w in this order."
        )
    good, bad = float(solved.sum()), float((drawn - solved).sum())
    if good == 0 or bad == 0:
        raise QuantityError(
            f"There is no {'right' if good == 0 else 'wrong'} sample, so one of the two rates is not known."
        )
    return float(np.sum(right)) / good, float(np.sum(wrong)) / bad


def cascade(
    p: ArrayLike,
    t: ArrayLike,
    f: ArrayLike,
    n: ArrayLike,
    *,
    small_cost: ArrayLike,
    large_cost: ArrayLike,
    large_accuracy: ArrayLike,
) -> tuple[Array, Array]:
    """Cost and accuracy of up to n tries of a cheap model behind a verifier, then one of a large model.

    Parameters
    ----------
    p, t, f, n : array_like
        As in :func:`verifier_accuracy`.
    small_cost, large_cost : array_like
        Of one sample with its check, and of one answer of the large model.
    large_accuracy : array_like
        Of the large model on problems where the cheap one *failed*: lower than on all problems.

    Returns
    -------
    cost, accuracy : ndarray
        Means over problems of this kind.

    Raises
    ------
    QuantityError
        For shares outside 0 to 1, samples that are not whole, or negative costs.
    """
    rate, right, wrong, accepted = _rates(p, t, f)
    small = _costs("The cost of a sample", small_cost)
    large = _costs("The cost of the large model", large_cost)
    after = shares("The accuracy of the large model", large_accuracy)
    left = 1 - success_within(accepted, n)
    cost = small * expected_attempts(accepted, n) + left * large
    return np.asarray(cost), np.asarray(verifier_accuracy(rate, right, wrong, n) + left * after)


def _costs(name: str, value: ArrayLike) -> Array:
    found = np.asarray(value, dtype=np.float64)
    if not (np.isfinite(found) & (found >= 0)).all():
        raise QuantityError(f"{name} is not a finite number of 0 or more.", remedy="Give it in dollars.")
    return found
