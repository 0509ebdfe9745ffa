"""Where more samples or more rounds stop paying: the saturating curve of one success rate, and its relatives.

``F(N) = F_max (1 - (1-p)**N)`` holds for N parallel samples and for N sequential rounds alike (TTSPM,
arXiv:2505.20522; the product of ceiling and bracket is put together from both). All closed forms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalewidgets.errors import QuantityError, quoted

from .checks import Array, numbers, positive, shares, whole
from .single import success_within

CONVENTIONS = ("next gain", "last gain", "derivative")


def saturation_curve(ceiling: ArrayLike, p: ArrayLike, n: ArrayLike, *, baseline: ArrayLike = 0.0) -> Array:
    """Accuracy after n samples or rounds, ``F_0 + (F_max - F_0) (1 - (1-p)**n)``.

    Parameters
    ----------
    ceiling, baseline : array_like
        F_max and F_0, 0 to 1.
    p : array_like
        Chance of one sample (parallel) or of one round (sequential).
    n : array_like
        Samples or rounds, 0 or more.

    Raises
    ------
    QuantityError
        For shares outside 0 to 1, or n that is not whole.

    Notes
    -----
    arXiv:2505.20522; with a baseline by algebra.
    """
    top, start = shares("The ceiling F_max", ceiling), shares("The baseline F_0", baseline)
    return np.asarray(start + (top - start) * success_within(p, n))


def saturation_point(
    ceiling: ArrayLike,
    p: ArrayLike,
    eps: ArrayLike,
    *,
    baseline: ArrayLike = 0.0,
    convention: str = "next gain",
) -> Array:
    """Samples or rounds from which one more gains at most ``eps``.

    Parameters
    ----------
    ceiling, p, baseline : array_like
        As in :func:`saturation_curve`.
    eps : array_like
        Accuracy for one more sample or round, above 0. Its price over the value of a right answer makes
        the point cost-aware.
    convention : {"next gain", "last gain", "derivative"}
        ``"next gain"``: the smallest N with ``F(N+1) - F(N) <= eps``. ``"last gain"``: the smallest N with
        ``F(N) - F(N-1) <= eps``, one more. ``"derivative"``: where ``dF/dN = eps``, not rounded.

    Returns
    -------
    ndarray
        0 if even the first sample gains no more than eps.

    Raises
    ------
    QuantityError
        For shares outside 0 to 1, eps that is not above 0, a p of 0 or 1, or an unknown convention.

    Notes
    -----
    ``N* = ceil(ln(eps / (F_max p)) / ln(1-p))``, derived from the curve: how the paper rounds, and which gain
    it means, is not known here. The same rule shares a budget over problems (:func:`allocate`), eps the
    price.
    """
    if convention not in CONVENTIONS:
        raise QuantityError(
            f"convention={quoted(convention)} is none of {', '.join(CONVENTIONS)}.",
            remedy='Leave it at "next gain".',
        )
    rise = shares("The ceiling F_max", ceiling) - shares("The baseline F_0", baseline)
    rate = shares("The success rate p", p, open_ends=True)
    least = positive("The gain eps", eps)
    log_q = np.log1p(-rate)
    if convention == "derivative":
        with np.errstate(divide="ignore"):
            found = np.log(least / (np.maximum(rise, 0.0) * -log_q)) / log_q
        return np.asarray(np.maximum(found, 0.0))
    with np.errstate(divide="ignore"):
        exact = np.log(least / (np.maximum(rise, 0.0) * rate)) / log_q
    found = np.maximum(np.ceil(exact - 1e-9), 0.0)
    return np.asarray(found + (convention == "last gain"))


def samples_for_share(p: ArrayLike, share: ArrayLike = 0.95) -> Array:
    """Samples or rounds that reach a share of the ceiling, ``ln(1-share) / ln(1-p)``, not rounded.

    Near ``3/p`` for 95 % and a small p.

    Raises
    ------
    QuantityError
        For a share or p that is not strictly between 0 and 1.
    """
    rate = shares("The success rate p", p, open_ends=True)
    goal = shares("The share of the ceiling", share, open_ends=True)
    return np.asarray(np.log1p(-goal) / np.log1p(-rate))


def overthinking(start: ArrayLike, p: ArrayLike, r: ArrayLike, rounds: ArrayLike) -> Array:
    """Accuracy where a round corrects a wrong answer with chance p and spoils a right one with r.

    Parameters
    ----------
    start : array_like
        Accuracy before the first round, F_0.
    p, r : array_like
    rounds : array_like
        0 or more.

    Returns
    -------
    ndarray
        ``p/(p+r) + (F_0 - p/(p+r)) (1-p-r)**t``: it falls where F_0 is above ``p/(p+r)``.

    Raises
    ------
    QuantityError
        For shares outside 0 to 1, or rounds that are not whole.
    """
    first, up, down = shares("The start F_0", start), shares("p", p), shares("r", r)
    count = whole("The number of rounds", rounds)
    total = up + down
    limit = np.where(total > 0, up / np.where(total > 0, total, 1.0), first)
    return np.asarray(limit + (first - limit) * (1 - total) ** count)


def hybrid(hazards: ArrayLike, budget: ArrayLike) -> Array:
    """Success of a budget split into chains of R rounds each, for every R.

    Parameters
    ----------
    hazards : array_like, shape (R,)
        Chance that round 1, 2, ... of a chain succeeds if those before failed.
    budget : array_like
        Rounds in all, N.

    Returns
    -------
    ndarray, shape budget.shape + (R,)
        ``1 - exp(-(N/R) sum of -ln(1-h_t) over t <= R)``; N/R need not be whole.

    Raises
    ------
    QuantityError
        For hazards outside 0 to 1 or a budget that is not above zero.

    Notes
    -----
    By algebra: the best R has the largest mean of ``-ln(1-h)``, whatever the budget, so go on with a chain
    while the next round's exceeds the mean so far (:func:`best_chain`).
    """
    rounds = positive("The budget", budget)
    mean = _mean_hazard(hazards)
    return np.asarray(-np.expm1(-rounds[..., None] * mean))


def best_chain(hazards: ArrayLike) -> int:
    """Rounds of the chain with the largest mean of ``-ln(1-h)``: see :func:`hybrid`.

    Raises
    ------
    QuantityError
        For hazards outside 0 to 1, or none.
    """
    return int(np.argmax(_mean_hazard(hazards))) + 1


def _mean_hazard(hazards: ArrayLike) -> Array:
    each = np.atleast_1d(shares("The hazard of a round", hazards))
    if each.ndim != 1 or not each.size:
        raise QuantityError("The hazards are not a row of shares.", remedy="Give one for each round.")
    with np.errstate(divide="ignore"):
        return np.asarray(np.cumsum(-np.log1p(-each)) / np.arange(1, each.size + 1))


def token_budget(length: ArrayLike, tokens: ArrayLike) -> Array:
    """Samples or rounds that fit into a budget of tokens: whole ones only.

    Parameters
    ----------
    length : array_like
        Tokens of one sample, or of each round one after the other on the last axis if rounds grow.
    tokens : array_like
        Budget; broadcasts with ``length`` (without its last axis if that holds rounds).

    Raises
    ------
    QuantityError
        For tokens that are not above zero.
    """
    each, most = positive("The tokens of a sample", length), positive("The budget of tokens", tokens)
    if each.ndim == 0:
        return np.asarray(np.floor(most / each * (1 + 1e-12)))
    spent = np.cumsum(each, axis=-1)
    return np.asarray((spent <= most[..., None] * (1 + 1e-12)).sum(axis=-1), dtype=np.float64)


def accuracy_at_tokens(ceiling: ArrayLike, p: ArrayLike, length: ArrayLike, tokens: ArrayLike) -> Array:
    """Accuracy within a budget of tokens, by the saturating curve of the samples or rounds that fit into it.

    Parameters
    ----------
    ceiling, p : array_like
        As in :func:`saturation_curve`.
    length, tokens : array_like
        As in :func:`token_budget`: rounds that grow longer fit fewer times, which is why parallel samples and
        sequential rounds are compared at equal tokens and not at equal n.

    Raises
    ------
    QuantityError
        For shares outside 0 to 1, or tokens that are not above zero.
    """
    return saturation_curve(ceiling, p, token_budget(length, tokens))


def forced_length_checks(tokens: ArrayLike, asked: ArrayLike, accuracy: ArrayLike) -> dict[str, float]:
    """Control, scaling and performance of a method that is told how many tokens to think.

    Parameters
    ----------
    tokens : array_like, shape (K,)
        Tokens used on average at each setting.
    asked : array_like, shape (K, 2)
        Range of tokens asked for at each setting.
    accuracy : array_like, shape (K,)

    Returns
    -------
    dict
        ``control``, share of settings inside their range; ``scaling``, mean slope of accuracy between all
        pairs of settings, for one token; ``performance``, the best accuracy.

    Raises
    ------
    QuantityError
        For fewer than two settings with different tokens.

    Notes
    -----
    Muennighoff et al. 2025 (s1), arXiv:2501.19393.
    """
    used, value = positive("The tokens used", tokens).ravel(), shares("The accuracy", accuracy).ravel()
    ranges = numbers("The range asked for", asked).reshape(-1, 2)
    i, j = np.triu_indices(used.size, 1)
    apart = used[j] - used[i]
    kept = apart != 0
    if not kept.any() or used.size != value.size or len(ranges) != used.size:
        raise QuantityError(
            "A slope needs two settings that use different numbers of tokens.",
            remedy="Give tokens, range and accuracy of each setting.",
        )
    slopes = (value[j] - value[i])[kept] / apart[kept]
    inside = (used >= ranges[:, 0]) & (used <= ranges[:, 1])
    return {
        "control": float(inside.mean()),
        "scaling": float(slopes.mean()),
        "performance": float(value.max()),
    }
