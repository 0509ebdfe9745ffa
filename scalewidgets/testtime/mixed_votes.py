"""Votes over easy and hard problems together: more of them can hurt (Chen et al. 2024, arXiv:2403.02419)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalewidgets.errors import QuantityError

from .checks import Array, shares, whole
from .votes import majority_binary


def vote_mixture(share: ArrayLike, rates: ArrayLike, votes: ArrayLike) -> Array:
    """Accuracy of a vote over problems of several kinds, each between the right and one wrong answer.

    Parameters
    ----------
    share, rates : array_like, shape (J,)
        Share of each kind, and its chance of a right vote.
    votes : array_like

    Returns
    -------
    ndarray, shape of ``votes``
        Need not rise with votes: hard problems get worse (Chen et al. 2024, arXiv:2403.02419).

    Raises
    ------
    QuantityError
        For shares that do not sum to 1.
    """
    weight, rate = shares("The share of a kind", share).ravel(), shares("The rate of a kind", rates).ravel()
    if weight.size != rate.size or abs(weight.sum() - 1) > 1e-9:
        raise QuantityError("The shares of the kinds do not sum to 1.", remedy="Give one for each rate.")
    count = whole("The number of votes", votes, least=1)
    return np.asarray((weight * majority_binary(rate, count[..., None])).sum(axis=-1))


def turning_point(share: float, p_easy: float, p_hard: float) -> tuple[float, float, str]:
    """Where the vote over easy and hard problems turns.

    Parameters
    ----------
    share : float
        Share of easy problems.
    p_easy, p_hard : float
        Chance of a right vote on them, above and below a half.

    Returns
    -------
    m : float
        Solution of the step condition, not rounded.
    votes : float
        Best odd number of votes: ``2 floor(m) + 1`` at a maximum, infinity where votes always help.
    shape : str
        ``"maximum"``, ``"minimum"``, ``"rises"`` or ``"falls"``.

    Raises
    ------
    QuantityError
        For rates that are not on their sides of a half.

    Notes
    -----
    From the step ``A_(2m+1) - A_(2m-1) = (2p-1) C(2m-1, m) (pq)**m``. The closed form printed in
    arXiv:2403.02419 is not quoted here.
    """
    a, p1, p2 = (float(shares("A share", v, open_ends=True)) for v in (share, p_easy, p_hard))
    if not p1 > 0.5 > p2:
        raise QuantityError(
            "Easy means a rate above a half, hard one below.", remedy="Give p_easy > 0.5 > p_hard."
        )
    ratio = a * (2 * p1 - 1) / ((1 - a) * (1 - 2 * p2))
    slow = p2 * (1 - p2) / (p1 * (1 - p1))
    if abs(np.log(slow)) < 1e-12:
        return float("nan"), (float("inf") if ratio > 1 else 1.0), "rises" if ratio > 1 else "falls"
    m = float(np.log(ratio) / np.log(slow))
    if slow > 1:  # hard problems decay slower: they win in the end
        return m, 2.0 * max(np.floor(m), 0.0) + 1, "maximum" if m >= 1 else "falls"
    # Easy problems win in the end: the limit is the share of the easy ones.
    start = a * p1 + (1 - a) * p2
    return m, (float("inf") if a >= start else 1.0), "rises" if m < 1 else "minimum"
