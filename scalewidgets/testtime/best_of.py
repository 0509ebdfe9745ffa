"""The best or worst of k by a score: exact from recorded samples, and a model of how good the score is."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from scalewidgets.errors import QuantityError, UnknownNameError

from .checks import Array, numbers, positive, samples, shares, whole
from .gammas import log_miss, tanh_sinh


def best_of_k(scores: ArrayLike, values: ArrayLike, k: ArrayLike) -> Array:
    """Value of the sample with the best score among k of the recorded ones: exact over all subsets.

    Parameters
    ----------
    scores : array_like, shape (..., n)
        Score of each sample of a problem; ties are broken at random.
    values : array_like, shape (..., n)
        What the sample is worth: 1 and 0 for right and wrong, or any grade. The scores themselves give
        the expected best of k.
    k : array_like
        Samples drawn without replacement, 1 to n.

    Returns
    -------
    ndarray, shape (...) + k.shape

    Raises
    ------
    QuantityError
        For shapes that differ, values that are not finite, or k above n.

    Notes
    -----
    Blocks of equal score g from low to high, with mean value m_g and N_g samples up to them:
    ``sum m_g [C(N_g, k) - C(N_(g-1), k)] / C(n, k)``.
    """
    score, value = numbers("The score", scores), numbers("The value", values)
    if score.shape != value.shape or not score.ndim:
        raise QuantityError(
            f"Scores have the shape {score.shape} and values {value.shape}.",
            remedy="Give one of each for every sample, samples on the last axis.",
        )
    n = score.shape[-1]
    asked = samples(k, np.asarray(float(n)))
    order = np.argsort(score, axis=-1, kind="stable")
    score, value = np.take_along_axis(score, order, -1), np.take_along_axis(value, order, -1)
    upto = np.arange(0.0, n + 1)
    weight = np.diff(np.exp(log_miss(n, n - upto, np.atleast_1d(asked.ravel())[:, None])), axis=-1)
    out = np.empty((*score.shape[:-1], asked.size))
    for place in np.ndindex(score.shape[:-1]):
        starts = np.flatnonzero(np.r_[True, np.diff(score[place]) > 0])
        size = np.diff(np.r_[starts, n])
        means = np.repeat(np.add.reduceat(value[place], starts) / size, size)
        out[place] = weight @ means
    return out.reshape(score.shape[:-1] + asked.shape)


def worst_of_k(values: ArrayLike, k: ArrayLike) -> Array:
    """Expected smallest of k of the recorded values, without replacement.

    For 0 and 1 it is pass^k (:func:`pass_all_k`); for grades it is the minimum.

    Raises
    ------
    QuantityError
        As :func:`best_of_k`.
    """
    value = numbers("The value", values)
    return best_of_k(-value, value, k)


def longest_of_k(lengths: ArrayLike, k: ArrayLike) -> Array:
    """Expected longest of k recorded lengths, which parallel samples wait for.

    Raises
    ------
    QuantityError
        As :func:`best_of_k`.
    """
    return best_of_k(lengths, lengths, k)


class _Scores(Protocol):
    """What is needed of a distribution of scores; those of ``scipy.stats`` have it."""

    def pdf(self, x: Array, /) -> Array: ...

    def sf(self, x: Array, /) -> Array: ...

    def isf(self, q: Array, /) -> Array: ...


TAILS = ("gaussian", "student")


def best_of_k_model(
    p: float,
    separation: float,
    k: ArrayLike,
    *,
    tail: str = "gaussian",
    freedom: float = 3.0,
    right: _Scores | None = None,
    wrong: _Scores | None = None,
) -> Array:
    """Accuracy of best-of-k when right samples score N(separation, 1) and wrong ones N(0, 1).

    Parameters
    ----------
    p : float
        Chance that a sample is right.
    separation : float
        Distance of the two means; the AUC of the score is :func:`auc_of_separation`.
    k : array_like
        Samples, 1 or more.
    tail : {"gaussian", "student"}
        Upper tail of the scores of wrong samples. ``"student"``: a t distribution with ``freedom``
        degrees, under which the limit is 0: a wrong answer scores best in the end.
    freedom : float
    right, wrong : distribution, optional
        Scores of any other kind (frozen distributions of ``scipy.stats``) instead.

    Returns
    -------
    ndarray, shape of ``k``

    Raises
    ------
    QuantityError
        For p outside 0 to 1, or k that is not whole.

    Notes
    -----
    ``k p E[G(x)**(k-1)]`` over right scores x, G the distribution of all: evaluated as the mean precision
    at the score of the best, ``integral of pi(G^-1(w**(1/k))) dw``.
    """
    rate = float(shares("The success rate p", p))
    asked = whole("The number of samples k", k, least=1)
    if tail not in TAILS:
        raise UnknownNameError.of("a tail", tail, TAILS)
    from scipy import stats  # takes half a second, and only this function has a use for it

    good: _Scores = stats.norm(float(numbers("The separation", separation))) if right is None else right
    bad: _Scores = wrong if wrong is not None else stats.norm() if tail == "gaussian" else stats.t(freedom)
    if rate in (0.0, 1.0):
        return np.full(asked.shape, rate)
    below, above, weight = tanh_sinh()
    log_w = np.where(below < 0.5, np.log(below), np.log1p(-np.minimum(above, 0.5)))
    out = np.empty(asked.shape)
    for place in np.ndindex(asked.shape):
        beyond = -np.expm1(log_w / asked[place])  # share of samples above the best score
        x = _quantile(good, bad, rate, np.clip(beyond, 1e-300, 1 - 1e-16))
        one, two = rate * good.pdf(x), (1 - rate) * bad.pdf(x)
        total = one + two
        out[place] = weight @ np.where(total > 0, one / np.where(total > 0, total, 1.0), 0.0)
    return out


def _quantile(good: _Scores, bad: _Scores, p: float, beyond: Array) -> Array:
    """Score that a share ``beyond`` of all samples exceeds."""
    ends = np.stack([good.isf(beyond), bad.isf(beyond)])
    low, high = ends.min(axis=0), ends.max(axis=0)
    for _ in range(90):
        middle = (low + high) / 2
        more = p * good.sf(middle) + (1 - p) * bad.sf(middle) > beyond
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return np.asarray((low + high) / 2)


def auc_of_separation(separation: ArrayLike) -> Array:
    """Chance that a right sample outscores a wrong one, ``Phi(mu / sqrt 2)``, of two unit normals.

    Raises
    ------
    QuantityError
        For what is not a finite number.
    """
    return np.asarray(ndtr(numbers("The separation", separation) / np.sqrt(2)))


def separation_of_auc(auc: ArrayLike) -> Array:
    """Distance of two unit normals with this AUC.

    Raises
    ------
    QuantityError
        For an AUC that is not strictly between 0 and 1.
    """
    return np.asarray(np.sqrt(2) * ndtri(shares("The AUC", auc, open_ends=True)))


def samples_for_score(below: ArrayLike, chance: ArrayLike) -> Array:
    """Samples whose best exceeds a score with a given chance: ``ln(1-chance) / ln F(s)``, rounded up.

    Parameters
    ----------
    below : array_like
        Share of samples below the score, F(s).
    chance : array_like

    Raises
    ------
    QuantityError
        For shares that are not strictly between 0 and 1.
    """
    share = shares("The share below the score", below, open_ends=True)
    goal = shares("The chance", chance, open_ends=True)
    return np.asarray(np.maximum(np.ceil(np.log1p(-goal) / np.log(share) - 1e-9), 1.0))


def best_of_n_kl(n: ArrayLike) -> Array:
    """KL divergence of best-of-n from the model it samples, ``ln n - (n-1)/n`` nats.

    Raises
    ------
    QuantityError
        For n that is not above zero.

    Notes
    -----
    Gao et al. 2022, arXiv:2210.10760; exact for distinct samples, an upper bound otherwise.
    """
    count = positive("n", n)
    return np.asarray(np.log(count) - (count - 1) / count)
