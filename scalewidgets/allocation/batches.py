"""Search for the batch of runs that takes the most off an interval, within a spending limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .information import Candidates

Array: TypeAlias = NDArray[np.float64]

MOST_COMPARED = 2_000_000
"""Batches up to which all are compared; beyond, a greedy batch is improved by exchange."""
DRAWN = 20_000
"""Random batches that are drawn before those that spend enough are chosen."""


@dataclass(frozen=True)
class Found:
    """A batch, its gain in variance, and how many batches were compared to find it."""

    batch: NDArray[np.intp]
    gain: float
    compared: int
    exhaustive: bool


def best_batch(candidates: Candidates, most: int, spend: float) -> Found:
    """Find the batch of up to ``most`` runs within ``spend`` that gains the most.

    A further run never loses, so that only batches matter to which no affordable run could be added; runs may
    be repeated nowhere: twice the same run is two candidates.
    """
    affordable = np.flatnonzero(candidates.price <= spend)
    sizes = min(most, len(affordable))
    if sizes and _few(len(affordable), most):
        return _all(candidates, affordable, sizes, spend)
    return exchanged(candidates, sizes, spend)


def _all(candidates: Candidates, among: NDArray[np.intp], sizes: int, spend: float) -> Found:
    best, gain, compared = np.empty(0, dtype=np.intp), 0.0, 0
    for chosen, places, gains, prices in _every(candidates, among, sizes):
        fine = prices <= spend
        compared += int(fine.sum())
        gains = np.where(fine, gains, -1.0)
        top = np.unravel_index(int(np.argmax(gains)), gains.shape)
        if gains[top] > gain:
            last = places if places.ndim == 1 else places[top[0]]
            best, gain = np.append(chosen, last[top[0]] if places.ndim == 1 else last), float(gains[top])
    return Found(best.astype(np.intp), gain, compared, True)


def _every(
    candidates: Candidates, among: NDArray[np.intp], sizes: int
) -> Iterator[tuple[list[int], NDArray[np.intp], Array, Array]]:
    """Gains and prices of every batch of up to ``sizes``, in blocks of those that begin with the same runs.

    Given some runs, the others are conditioned on them (a rank-one change of their covariance), so that the
    gain of two more runs is arithmetic on matrices of candidates.
    """
    pull, shared = candidates.pull[among], candidates.shared[np.ix_(among, among)]
    price = candidates.price[among]
    yield [], among, pull**2 / np.diag(shared), price
    stack: list[tuple[list[int], int, Array, Array, float, float]] = [([], 0, pull, shared, 0.0, 0.0)]
    while stack:
        chosen, first, pull, shared, gain, paid = stack.pop()
        diagonal = np.diag(shared)
        alone = gain + pull**2 / diagonal
        left = sizes - len(chosen)
        if left < 2 or len(pull) < 2:
            continue
        i, j = np.triu_indices(len(pull), 1)
        rest = pull[j] - shared[i, j] * pull[i] / diagonal[i]
        own = diagonal[j] - shared[i, j] ** 2 / diagonal[i]
        pairs = np.column_stack([among[first + i], among[first + j]])
        offset = price[first:]
        yield chosen, pairs, alone[i] + rest**2 / own, paid + offset[i] + offset[j]
        if left < 3:
            continue
        for k in range(len(pull) - 2):
            column = shared[k + 1 :, k]
            stack.append(
                (
                    [*chosen, int(among[first + k])],
                    first + k + 1,
                    pull[k + 1 :] - column * (pull[k] / diagonal[k]),
                    shared[k + 1 :, k + 1 :] - np.outer(column, column / diagonal[k]),
                    float(alone[k]),
                    paid + float(offset[k]),
                )
            )


def best_gains(candidates: Candidates, most: int, limits: Array) -> Array:
    """Gain of the best batch of up to ``most`` runs within each of some ascending spending limits."""
    affordable = np.flatnonzero(candidates.price <= limits[-1])
    if not _few(len(affordable), most):
        found = np.array([exchanged(candidates, most, float(limit)).gain for limit in limits])
        return np.maximum.accumulate(found)
    best = np.zeros(len(limits) + 1)
    for _, _, gains, prices in _every(candidates, affordable, min(most, len(affordable))):
        np.maximum.at(best, np.searchsorted(limits, prices), gains)
    return np.maximum.accumulate(best[:-1])


def _few(count: int, most: int) -> bool:
    """Whether so few candidates allow every batch to be compared."""
    return sum(comb(count, k) for k in range(1, min(most, count) + 1)) <= MOST_COMPARED


def exchanged(candidates: Candidates, sizes: int, spend: float) -> Found:
    """Greedy by gain and by gain per price, each improved by exchanging one run at a time."""
    among = np.flatnonzero(candidates.price <= spend)
    best, compared = Found(np.empty(0, dtype=np.intp), 0.0, 0, False), 0
    for per_price in (False, True):
        batch, seen = _greedy(candidates, among, sizes, spend, per_price)
        compared += seen
        improved = True
        while improved:
            improved = False
            for place in range(len(batch)):
                others = np.delete(batch, place)
                gains, tried = _one_more(candidates, others, among, spend)
                compared += len(tried)
                if len(tried) and gains.max() > candidates.gain(batch) * (1 + 1e-12):
                    batch = np.append(others, tried[int(np.argmax(gains))])
                    improved = True
        gain = candidates.gain(batch)
        if gain > best.gain:
            best = Found(batch, gain, compared, False)
    return Found(np.sort(best.batch), best.gain, compared, False)


def _greedy(
    candidates: Candidates, among: NDArray[np.intp], sizes: int, spend: float, per_price: bool
) -> tuple[NDArray[np.intp], int]:
    batch, seen = np.empty(0, dtype=np.intp), 0
    while len(batch) < sizes:
        gains, tried = _one_more(candidates, batch, among, spend)
        seen += len(tried)
        if not len(tried):
            break
        score = gains - candidates.gain(batch)
        if per_price:
            score = score / candidates.price[tried]
        batch = np.append(batch, tried[int(np.argmax(score))])
    return batch, seen


def _one_more(
    candidates: Candidates, batch: NDArray[np.intp], among: NDArray[np.intp], spend: float
) -> tuple[Array, NDArray[np.intp]]:
    """Gains of a batch with each run that could be added to it."""
    left = spend - candidates.price[batch].sum()
    tried = np.setdiff1d(among[candidates.price[among] <= left], batch)
    if not len(tried):
        return np.empty(0), tried
    rows = np.column_stack([np.repeat(batch[None], len(tried), axis=0), tried]).astype(np.intp)
    return candidates.gains(rows), tried


def random_batches(
    candidates: Candidates, most: int, seed: int, among: NDArray[np.intp] | None = None
) -> NDArray[np.intp]:
    """Batches drawn at random, each of different runs, shape (:data:`DRAWN`, runs)."""
    pool = np.arange(len(candidates.price)) if among is None else np.asarray(among)
    size = min(most, len(pool))
    if size == 0:
        return np.empty((0, 0), dtype=np.intp)
    rng = np.random.default_rng([seed, 21])
    if 3 * size > len(pool):
        return np.array([rng.choice(pool, size, replace=False) for _ in range(DRAWN // 4)], dtype=np.intp)
    drawn = np.sort(rng.integers(0, len(pool), (DRAWN, size)), axis=1)
    twice = (np.diff(drawn, axis=1) == 0).any(axis=1)
    return np.asarray(pool[drawn[~twice]], dtype=np.intp)


def well_spent(candidates: Candidates, drawn: NDArray[np.intp], spend: float, count: int) -> NDArray[np.intp]:
    """At most ``count`` of some batches within a limit, of those that spend three quarters of it or more.

    Where hardly any batch spends so much, those that spend the most.
    """
    spent = candidates.price[drawn].sum(axis=1)
    fine = spent <= spend
    drawn, spent = drawn[fine], spent[fine]
    enough = drawn[spent >= 0.75 * spend]
    if len(enough) >= min(count, 20):
        return np.asarray(enough[:count])
    return np.asarray(drawn[np.argsort(-spent, kind="stable")][:count])
