"""The best size by looking at runs, not through a law: winners of compute bins, and parabolas at a budget.

Both are weighted, so that resamples are rows of counts over one table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import QuantityError

Array: TypeAlias = NDArray[np.float64]

FEWEST_IN_BIN, FEWEST_IN_BUDGET = 3, 5
"""Runs that a bin or a budget must hold to say anything."""
FULL_ENOUGH = 0.375
"""Sizes at a budget, as a share of those at the one where most were tried."""
NEARLY = 0.85
"""Share of the runs near budgets that round ones must hold to be taken for the plan of a sweep."""
FEWEST_POINTS = 3
"""Bins or budgets that a line through their optima needs."""


@dataclass(frozen=True)
class Points:
    """Best sizes at some computes, for each row of counts.

    Attributes
    ----------
    log_flops : ndarray, shape (rows, k)
        Logarithms of the computes.
    log_params : ndarray, shape (rows, k)
        Logarithms of the best sizes; NaN where a row has none.
    runs : ndarray of int, shape (k,)
        Runs behind each, in the table itself.
    """

    log_flops: Array
    log_params: Array
    runs: NDArray[np.int64]

    @property
    def flops(self) -> Array:
        """Computes in the table itself, shape (k,)."""
        return np.asarray(np.exp(self.log_flops[0]))

    def line(self) -> tuple[Array, Array]:
        """Exponent and intercept of ``log N* = a log C + b``, shape (rows,); NaN below three points."""
        x = self.log_flops
        there = np.isfinite(self.log_params) & np.isfinite(x)
        count = there.sum(axis=1)
        with np.errstate(all="ignore"):
            mx = np.where(there, x, 0.0).sum(axis=1) / count
            my = np.where(there, self.log_params, 0.0).sum(axis=1) / count
            dx = np.where(there, x - mx[:, None], 0.0)
            slope = (dx * np.where(there, self.log_params, 0.0)).sum(axis=1) / (dx**2).sum(axis=1)
        fine = (count >= FEWEST_POINTS) & np.isfinite(slope)
        return np.where(fine, slope, np.nan), np.where(fine, my - slope * mx, np.nan)


def winners(
    params: Array, flops: Array, loss: Array, counts: Array, bins: int | Sequence[float], slope: float
) -> Points:
    """Approach 1: the run of the lowest loss in each bin of compute.

    Parameters
    ----------
    params, flops, loss : ndarray, shape (n,)
    counts : ndarray, shape (rows, n)
    bins : int or sequence of float
        Evenly spaced in log compute from the smallest to the largest run; or the ends of the bins.
    slope : float
        Fall of log loss per log compute by which losses are moved to the middle of their bin.

    Notes
    -----
    arXiv:2203.15556, section 3.1, with finished runs in place of points along curves. Taking the lowest of
    noisy losses favours lucky runs.
    """
    edges = edges_of(flops, bins)
    count = len(edges) - 1
    middle = np.sqrt(edges[:-1] * edges[1:])
    place = np.searchsorted(edges, flops, side="right") - 1
    at, found, size = [], [], []
    for b in range(count):
        inside = np.flatnonzero(place == b)
        if len(inside) < FEWEST_IN_BIN:
            continue
        moved = loss[inside] * (flops[inside] / middle[b]) ** slope
        order = inside[np.argsort(moved, kind="stable")]
        drawn = counts[:, order] > 0
        first = np.argmax(drawn, axis=1)
        some = drawn.any(axis=1)
        # The size is that of the winner's own compute, not of the middle of its bin.
        found.append(np.where(some, np.log(params[order[first]]), np.nan))
        at.append(np.where(some, np.log(flops[order[first]]), np.nan))
        size.append(len(inside))
    _enough(len(at), f"{_of(len(at), 'bin', count)} {FEWEST_IN_BIN} runs", "Take fewer bins.")
    return Points(np.stack(at, axis=1), np.stack(found, axis=1), np.array(size))


def edges_of(flops: Array, bins: int | Sequence[float]) -> Array:
    """Ends of the bins of compute, from their number or as they are given."""
    if isinstance(bins, int):
        return np.geomspace(flops.min(), flops.max() * (1 + 1e-12), bins + 1)
    return np.sort(np.asarray(bins, dtype=float))


def parabolas(
    params: Array,
    flops: Array,
    loss: Array,
    counts: Array,
    budgets: Sequence[float] | Array,
    tolerance: float,
) -> Points:
    """Approach 2: a parabola in log N through the runs at each budget.

    Parameters
    ----------
    params, flops, loss : ndarray, shape (n,)
    counts : ndarray, shape (rows, n)
    budgets : sequence of float
    tolerance : float
        Runs within this share of a budget belong to it, 0.12 for 12 %.

    Notes
    -----
    arXiv:2203.15556, section 3.2. A parabola that opens downwards, or whose lowest point lies outside the
    sizes that were tried, says nothing and is left out.
    """
    at, found, size = [], [], []
    for budget in np.asarray(budgets, dtype=float):
        inside = np.flatnonzero(np.abs(np.log(flops / budget)) <= np.log1p(tolerance))
        if len(inside) < FEWEST_IN_BUDGET or len(np.unique(params[inside])) < 4:
            continue
        found.append(_vertices(np.log(params[inside]), loss[inside], counts[:, inside]))
        at.append(budget)
        size.append(len(inside))
    _enough(
        len(at), f"{_of(len(at), 'budget')} {FEWEST_IN_BUDGET} runs of four sizes",
        "Give budgets at which sizes were varied, or a wider tolerance.",
    )  # fmt: skip
    computes = np.repeat(np.log(at)[None], len(counts), axis=0)
    return Points(computes, np.stack(found, axis=1), np.array(size))


def _vertices(x: Array, y: Array, weights: Array) -> Array:
    """Place of the lowest point of weighted parabolas, shape (rows,)."""
    centre, scale = x.mean(), max(np.ptp(x) / 2, 1e-9)
    u = (x - centre) / scale
    basis = np.stack([np.ones_like(u), u, u**2], axis=1)
    gram = np.einsum("rn,ni,nj->rij", weights, basis, basis)
    right = np.einsum("rn,ni,n->ri", weights, basis, y)
    sizes = np.array([len(np.unique(x[row > 0])) for row in weights])
    gram[sizes < 3] = np.eye(3)
    with np.errstate(all="ignore"):
        coefficients = np.linalg.solve(gram + 1e-14 * np.eye(3), right[..., None])[..., 0]
        vertex = -coefficients[:, 1] / (2 * coefficients[:, 2])
    fine = (sizes >= 3) & (coefficients[:, 2] > 0) & (np.abs(vertex) <= 1 + 1e-9)
    return np.where(fine, centre + scale * vertex, np.nan)


def budgets_of(flops: Array, params: Array, tolerance: float, count: int | None = None) -> Array:
    """Budgets at which sizes were varied: windows of compute that hold many sizes, none overlapping.

    Parameters
    ----------
    flops, params : ndarray, shape (n,)
    tolerance : float
        Runs within this share of a budget belong to it.
    count : int, optional
        How many, the fullest first; by default those with three eighths of the sizes of the fullest one,
        since runs in between belong to others.

    Returns
    -------
    ndarray
        Ascending. Round budgets (1, 2, 3 and 6 times a power of ten) where they hold nearly as many runs as
        any: sweeps are planned at those. In the runs of arXiv:2203.15556 they are the nine of section 3.2.
    """
    logs = np.log(flops)
    powers = range(int(np.floor(np.log10(flops.min()))), int(np.ceil(np.log10(flops.max()))) + 1)
    rounds = np.log([float(f"{lead}e{power}") for power in powers for lead in (1, 2, 3, 6)])
    planned = _fullest(logs, params, tolerance, count, rounds)
    seen = _fullest(logs, params, tolerance, count, None)
    most = min(len(planned), len(seen))
    inside = [sum(runs for _, runs in found[:most]) for found in (planned, seen)]
    chosen = planned if len(planned) >= len(seen) and inside[0] >= NEARLY * inside[1] else seen
    return np.sort(np.array([budget for budget, _ in chosen]))


def _fullest(
    logs: Array, params: Array, tolerance: float, count: int | None, centres: Array | None
) -> list[tuple[float, int]]:
    """Windows around these centres, or around runs, that do not overlap: budget and runs, fullest first."""
    width = np.log1p(tolerance)
    free = np.ones(len(logs), dtype=bool)
    found: list[tuple[float, int]] = []
    least = FEWEST_IN_BUDGET
    middles = logs if centres is None else centres
    while count is None or len(found) < count:
        near = (np.abs(middles[:, None] - logs[None, :]) <= width) & free[None, :]
        sizes = np.array([len(np.unique(params[row])) if row.any() else 0 for row in near])
        best = int(np.argmax(sizes))
        if sizes[best] < least:
            break
        if not found and count is None:
            least = max(least, int(np.ceil(FULL_ENOUGH * sizes[best])))
        middle = float(np.median(logs[near[best]])) if centres is None else float(middles[best])
        found.append((float(np.exp(middle)), int(near[best].sum())))
        # Runs of windows that would reach into this one are taken, those of its neighbours are not.
        free &= np.abs(logs - middle) > (2 * width if centres is None else width)
    return found


def _of(held: int, noun: str, count: int | None = None) -> str:
    """How many bins or budgets hold runs."""
    verb = "holds" if held == 1 else "hold"
    number = "No" if held == 0 else f"{held}"
    if count is None:
        return f"{number} {noun}{'' if held == 1 else 's'} {verb}"
    return f"{number} of {count:,} {noun}s of compute {verb}"


def _enough(count: int, said: str, remedy: str) -> None:
    if count < FEWEST_POINTS:
        raise QuantityError(f"{said}, too few for a line through their best sizes.", remedy=remedy)
