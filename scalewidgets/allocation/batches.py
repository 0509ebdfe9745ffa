"""Search for the batch of runs that takes the most off an interval, within a spending limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .information import Candidates

Array: TypeAlias = NDArray[np.float64]

MOST_COMPARED = 2_000_000
"""Batches up to which all are compared; beyond, a greedy batch is improved by exchange."""
_BLOCK = 50_000


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
    count = sum(comb(len(affordable), k) for k in range(1, sizes + 1))
    if count <= MOST_COMPARED:
        return _all(candidates, affordable, sizes, spend, count)
    return exchanged(candidates, sizes, spend)


def _all(candidates: Candidates, among: NDArray[np.intp], sizes: int, spend: float, count: int) -> Found:
    best, gain, compared = np.empty(0, dtype=np.intp), 0.0, 0
    for size in range(1, sizes + 1):
        for block in _blocks(among, size):
            block = block[candidates.price[block].sum(axis=1) <= spend]
            if not len(block):
                continue
            compared += len(block)
            gains = candidates.gains(block)
            top = int(np.argmax(gains))
            if gains[top] > gain:
                best, gain = block[top], float(gains[top])
    return Found(best, gain, compared, True)


def _blocks(among: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
    rows: list[tuple[int, ...]] = []
    for chosen in combinations(among.tolist(), size):
        rows.append(chosen)
        if len(rows) == _BLOCK:
            yield np.array(rows, dtype=np.intp)
            rows = []
    if rows:
        yield np.array(rows, dtype=np.intp)


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
    candidates: Candidates,
    most: int,
    spend: float,
    count: int,
    seed: int,
    among: NDArray[np.intp] | None = None,
) -> Array:
    """Gains of at most ``count`` random batches that spend three quarters of the limit or more.

    Where hardly any batch spends so much, those that spend the most of what was drawn.
    """
    pool = np.arange(len(candidates.price)) if among is None else among
    pool = pool[candidates.price[pool] <= spend]
    size = min(most, len(pool))
    if size == 0:
        return np.empty(0)
    rng = np.random.default_rng([seed, 21])
    drawn = np.array([rng.choice(pool, size, replace=False) for _ in range(20 * count)], dtype=np.intp)
    price = candidates.price[drawn].sum(axis=1)
    fine = drawn[price <= spend]
    if not len(fine):
        return np.empty(0)
    spent = candidates.price[fine].sum(axis=1)
    enough = fine[spent >= 0.75 * spend]
    chosen = enough[:count] if len(enough) >= min(count, 20) else fine[np.argsort(-spent)][:count]
    return candidates.gains(chosen)
