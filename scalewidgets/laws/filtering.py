"""Filtered data: what pools of different quality are worth when they are repeated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FormulaError

from .core import Law
from .registry import register
from .symbols import Symbol
from .terms import signed

__all__ = ["best_pools", "data_filtering_qqt", "effective_samples"]

_GOYAL = "Goyal et al. 2024, arXiv:2404.07177"
_NOTHING = 1e-18

register(
    Law(
        "a * n**b + d",
        inputs=[Symbol("n", "samples seen, all for the first time", "samples", start=(1e4, 1e10))],
        name="data_filtering_pass",
        title="Filtered data, first pass",
        theme="data",
        output="error",
        cite=f"{_GOYAL}, Eq. 2",
        mark="S",
        summary="Error from samples of one pool: the exponent b, below zero, is the utility of the pool. "
        "Later passes are worth less: laws.data_filtering_qqt.",
        coefficients=[
            Symbol("a", "amplitude", start=(0.1, 10.0)),
            signed("b", "utility of the pool", (-0.5, -0.005), high=0.0),
            Symbol("d", "irreducible error", start=(0.01, 0.5)),
        ],
    )
)


def data_filtering_qqt(
    samples_seen: ArrayLike,
    pool: float,
    *,
    a: float,
    b: float | Sequence[float],
    tau: float | Sequence[float],
    d: float,
) -> NDArray[np.float64]:
    """Error after training on filtered pools, several passes if need be.

    With ``n_j`` samples seen after pass j, the utility b of a pool halves every ``tau`` passes:
    ``y = a n_1^b_1 prod_j (n_j / n_(j-1))^b_j + d``, ``b_j = b (1/2)^((j-1)/tau)``. In a mixture of p
    equal pools each is repeated p times less often: tau becomes p tau, and utilities are averaged.

    Parameters
    ----------
    samples_seen : array_like
        Samples trained on, repetitions counted; above zero. The last pass may be a part.
    pool : float
        Samples in each pool.
    a, d : float
        Amplitude and irreducible error.
    b : float or sequence of float
        Utility of each pool, below zero.
    tau : float or sequence of float
        Passes after which the utility of a pool is halved, above zero; one for all, or one each.

    Returns
    -------
    ndarray of float64, shape of ``samples_seen``

    Raises
    ------
    FormulaError
        If a value is outside its range, or there is not one tau for each utility.

    Notes
    -----
    Goyal et al. 2024, arXiv:2404.07177, Eq. 2-3 and Theorem 1, as printed. The released code adds d before
    the factors of later passes.
    """
    seen, size, utility, half = _pools(samples_seen, pool, b, tau)
    log_y = np.zeros(seen.shape)
    for j, weight in _passes(seen, size, half):
        before = (j - 1) * size
        grown = np.clip(seen, before, j * size) / before if j > 1 else np.minimum(seen, size)
        log_y += float(np.mean(utility * weight)) * np.log(grown)
    return np.asarray(a * np.exp(log_y) + d)


def effective_samples(samples_seen: ArrayLike, pool: float, tau: float) -> NDArray[np.float64]:
    """Fresh samples that repeated ones are worth when each pass counts ``(1/2)^((j-1)/tau)``.

    The other reading of repetition in the released code of Goyal et al. 2024, arXiv:2404.07177: samples, not
    utility, decay.

    Parameters
    ----------
    samples_seen : array_like
        Repetitions counted.
    pool : float
        Samples in the pool.
    tau : float
        Passes after which a sample counts half.

    Returns
    -------
    ndarray of float64, shape of ``samples_seen``
    """
    seen, size, _, half = _pools(samples_seen, pool, -1.0, tau)
    worth = np.zeros(seen.shape)
    for j, weight in _passes(seen, size, half):
        worth += float(weight[0]) * np.clip(seen - (j - 1) * size, 0.0, size)
    return worth


def best_pools(
    samples_seen: float,
    pool: float,
    *,
    a: float,
    b: Sequence[float],
    tau: float | Sequence[float],
    d: float,
) -> tuple[int, NDArray[np.float64]]:
    """Return how many of the best pools to train on, so that the error is least.

    The more compute, the less it pays to filter hard: good pools are worn out.

    Parameters
    ----------
    samples_seen, pool, a, b, tau, d
        As in :func:`data_filtering_qqt`; pools are taken by utility, the most negative first.

    Returns
    -------
    count : int
    errors : ndarray, shape (len(b),)
        Error with the best 1, 2, ... pools.
    """
    _, _, utility, half = _pools(samples_seen, pool, b, tau, mixed=False)
    order = np.argsort(utility, kind="stable")
    errors = np.array(
        [
            float(
                data_filtering_qqt(
                    samples_seen, pool, a=a, b=list(utility[order[:p]]), tau=list(half[order[:p]]), d=d
                )
            )
            for p in range(1, len(order) + 1)
        ]
    )
    return int(np.argmin(errors)) + 1, errors


def _pools(
    samples_seen: ArrayLike,
    pool: float,
    b: float | Sequence[float],
    tau: float | Sequence[float],
    *,
    mixed: bool = True,
) -> tuple[NDArray[np.float64], float, NDArray[np.float64], NDArray[np.float64]]:
    """Samples seen, samples of the mixture, utilities and halving passes, checked."""
    seen = np.asarray(samples_seen, dtype=np.float64)
    utility, half = np.atleast_1d(np.asarray(b, dtype=np.float64)), np.atleast_1d(np.asarray(tau, np.float64))
    if half.size == 1:
        half = np.repeat(half, utility.size)
    for wrong, says in (
        (np.any(~(seen > 0)), "samples_seen is above zero"),
        (not pool > 0, "pool is above zero"),
        (np.any(~(utility < 0)), "the utility b of a pool is below zero"),
        (np.any(~(half > 0)), "tau is above zero"),
        (half.size != utility.size, "there is one tau for all pools, or one for each"),
    ):
        if wrong:
            raise FormulaError(f"In data filtering {says}.")
    count = utility.size if mixed else 1
    return seen, float(pool) * count, utility, half * count


def _passes(
    seen: NDArray[np.float64], size: float, half: NDArray[np.float64]
) -> list[tuple[int, NDArray[np.float64]]]:
    """Number and weight of each pass, until there are no more or they are worth nothing."""
    last = int(np.ceil(np.max(seen, initial=0.0) / size))
    weighed = []
    for j in range(1, last + 1):
        weight = 0.5 ** ((j - 1) / half)
        if weight.max() < _NOTHING:
            break
        weighed.append((j, weight))
    return weighed
