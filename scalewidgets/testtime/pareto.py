"""Which points no other point beats: cost to be small, value to be large. Plain functions on arrays.

A point dominates another if it costs no more and is worth no less, and one of the two strictly. All functions
take ``cost`` and ``value`` as rows of finite numbers and return positions in them.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import QuantityError

from .checks import Array, numbers, positive

Places: TypeAlias = NDArray[np.intp]

_SAMPLE = 2048
_PIVOTS = 24
_SMALL = 8192


def points(cost: ArrayLike, value: ArrayLike) -> tuple[Array, Array]:
    """Return cost and value as two rows of finite numbers of one length.

    Raises
    ------
    QuantityError
        For what is not.
    """
    c, v = numbers("The cost", cost), numbers("The value", value)
    if c.ndim != 1 or c.shape != v.shape:
        raise QuantityError(
            f"Cost has the shape {c.shape} and value {v.shape}.", remedy="Give one of each for every point."
        )
    return c, v


def pareto_front(cost: ArrayLike, value: ArrayLike) -> Places:
    """Positions of the points that no other dominates, by rising cost.

    Of points that agree in both, the first is kept; :func:`ties_of` finds the others.

    Raises
    ------
    QuantityError
        For rows that are not finite numbers of one length.

    Notes
    -----
    Points beaten by a few pivots of a sample's front are dropped by linear passes; what is left is sorted and
    swept.
    """
    c, v = points(cost, value)
    if not c.size:
        return np.empty(0, dtype=np.intp)
    left = _pruned(c, v)
    if left is None:
        return _sweep(c, v)
    return left[_sweep(c[left], v[left])]


def _sweep(c: Array, v: Array) -> Places:
    """Sort by cost; of equal costs only the first with the best value can stay."""
    order = _by_size(c)
    sorted_c, sorted_v = c.take(order), v.take(order)
    new = np.empty(c.size, dtype=bool)
    new[0] = True
    np.not_equal(sorted_c[1:], sorted_c[:-1], out=new[1:])
    if not new.all():  # only here does it matter which of two equals comes first
        order = np.lexsort((np.arange(c.size), -v, c))
        sorted_v = v[order]
    best = np.maximum.accumulate(sorted_v)
    kept = np.empty(c.size, dtype=bool)
    kept[0] = True
    np.greater(sorted_v[1:], best[:-1], out=kept[1:])
    return order if kept.all() else order[kept]


def _by_size(c: Array) -> Places:
    """Positions by rising cost, equal costs in any order: ``argsort``, in two thirds of its time if large.

    Whole numbers that hold the leading bits of a cost and, behind them, its position are sorted as they are;
    the few that agree in the leading bits are put in order afterwards.
    """
    if c.size < _SMALL:
        return np.argsort(c)
    bits: NDArray[np.int64] = np.ascontiguousarray(c).view(np.int64)
    places = np.int64((1 << int(c.size - 1).bit_length()) - 1)
    key = bits ^ ((bits >> np.int64(63)) & np.int64(2**63 - 1))  # rises with the number, also below zero
    key &= ~places
    key |= np.arange(c.size)
    key.sort()
    order: Places = key & places
    key >>= np.int64(int(places).bit_length())
    alike = np.flatnonzero(key[1:] == key[:-1])
    if alike.size > c.size // 8:
        return np.argsort(c)
    if alike.size:
        some = np.union1d(alike, alike + 1)
        order[some] = order[some][np.lexsort((c[order[some]], key[some]))]
    return order


def _pruned(c: Array, v: Array) -> Places | None:
    """Positions that a few good points do not dominate; None where dropping would not pay."""
    left: Places | None = None
    while c.size > _SMALL:
        sample = slice(None, None, max(1, c.size // _SAMPLE))
        kept = _undominated(c, v, *_pivots(c[sample], v[sample]))
        if kept.size > 0.7 * c.size:
            break
        left = kept if left is None else left[kept]
        c, v = c[kept], v[kept]
    return left


def _pivots(c: Array, v: Array) -> tuple[Array, Array]:
    """Points of a sample's front that dominate most of the rest of it, the most telling first."""
    front = _sweep(c, v)
    if front.size > 4 * _PIVOTS:
        front = front[np.linspace(0, front.size - 1, 4 * _PIVOTS).astype(np.intp)]
    beats = (c >= c[front, None]) & (v <= v[front, None])
    chosen = []
    for _ in range(min(_PIVOTS, front.size)):
        count = beats.sum(axis=1)
        best = int(np.argmax(count))
        if count[best] <= 1:
            break
        chosen.append(front[best])
        beats &= ~beats[best]
    return c[chosen], v[chosen]


def _undominated(c: Array, v: Array, pivot_c: Array, pivot_v: Array) -> Places:
    left = np.arange(c.size)
    for cost, value in zip(pivot_c, pivot_v, strict=True):
        # Points of the pivot's own value stay, the pivot among them: the sweep decides on those.
        kept = np.flatnonzero((c < cost) | (v >= value))
        left, c, v = left[kept], c[kept], v[kept]
    return left


def ties_of(cost: ArrayLike, value: ArrayLike, front: ArrayLike) -> dict[int, tuple[int, ...]]:
    """Points that agree with a point of the front in cost and value, by position of the latter."""
    c, v = points(cost, value)
    chosen = np.asarray(front, dtype=np.intp)
    order = np.lexsort((v, c))
    # Equal points stand side by side in this order: each run of them is one group.
    new = np.r_[True, (np.diff(c[order]) != 0) | (np.diff(v[order]) != 0)] if c.size else np.empty(0, bool)
    group = np.empty(c.size, dtype=np.intp)
    group[order] = np.cumsum(new) - 1
    size = np.bincount(group) if c.size else np.empty(0, np.intp)
    out = {}
    for place in chosen[size[group[chosen]] > 1]:
        same = np.flatnonzero(group == group[place])
        out[int(place)] = tuple(int(other) for other in same if other != place)
    return out


def dominator(cost: ArrayLike, value: ArrayLike) -> Places:
    """For each point, the front point worth most at its cost, if it dominates it; -1 if none does."""
    c, v = points(cost, value)
    front = pareto_front(c, v)
    at = np.searchsorted(c[front], c, side="right") - 1
    best = front[np.maximum(at, 0)]
    beaten = (at >= 0) & (v[best] >= v) & ((c[best] < c) | (v[best] > v))
    return np.where(beaten, best, -1)


def convex_front(cost: ArrayLike, value: ArrayLike) -> Places:
    """Positions of the front that mixing two others at random does not beat: its upper hull, by rising cost.

    Notes
    -----
    Sending a share of the problems to one configuration and the rest to another reaches every point between.
    """
    c, v = points(cost, value)
    hull: list[int] = []
    for place in pareto_front(c, v):
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            if (v[b] - v[a]) * (c[place] - c[a]) > (v[place] - v[a]) * (c[b] - c[a]):
                break
            hull.pop()
        hull.append(int(place))
    return np.array(hull, dtype=np.intp)


def mixture_at(cost: ArrayLike, value: ArrayLike, budget: float) -> tuple[int, int, float, float]:
    """Two configurations, the share of problems for the second, and the value that they reach at a budget.

    Returns
    -------
    cheap, dear : int
        Positions; the same where no mixing is needed. -1 for both if nothing is as cheap as the budget.
    share, value : float

    Raises
    ------
    QuantityError
        For rows that are not finite numbers of one length.
    """
    c, v = points(cost, value)
    hull = convex_front(c, v)
    if not hull.size or budget < c[hull[0]]:
        return -1, -1, float("nan"), float("nan")
    at = int(np.searchsorted(c[hull], budget, side="right")) - 1
    low = int(hull[at])
    if at == hull.size - 1 or c[low] == budget:
        return low, low, 0.0, float(v[low])
    high = int(hull[at + 1])
    share = float((budget - c[low]) / (c[high] - c[low]))
    return low, high, share, float(v[low] + share * (v[high] - v[low]))


def hypervolume_2d(cost: ArrayLike, value: ArrayLike, cost_ref: float, value_ref: float) -> float:
    """Area between the front and a reference point that is dearer and worth less.

    Points beyond the reference add nothing. It changes with the axes: say whether cost is logarithmic.

    Raises
    ------
    QuantityError
        For rows that are not finite numbers of one length.
    """
    c, v = points(cost, value)
    inside = (c < cost_ref) & (v > value_ref)
    c, v = c[inside], v[inside]
    front = pareto_front(c, v)
    ends = np.append(c[front][1:], cost_ref)
    return float(((ends - c[front]) * (v[front] - value_ref)).sum())


def eps_dominates(
    cost: ArrayLike, value: ArrayLike, by_cost: float, by_value: float, *, eps_cost: float = 0.0,
    eps_value: float = 0.0, multiplicative: bool = True,
) -> NDArray[np.bool_]:  # fmt: skip
    """Whether a point dominates others within a tolerance.

    Parameters
    ----------
    cost, value : array_like
        The others.
    by_cost, by_value : float
        The point.
    eps_cost, eps_value : float
        Tolerances; of the cost as a share of it if ``multiplicative``.
    multiplicative : bool

    Raises
    ------
    QuantityError
        For rows that are not finite numbers of one length.
    """
    c, v = points(cost, value)
    reach = c * (1 + eps_cost) if multiplicative else c + eps_cost
    return np.asarray((by_cost <= reach) & (by_value >= v - eps_value))


def eps_front(cost: ArrayLike, value: ArrayLike, *, eps_cost: float = 0.1, eps_value: float = 0.01) -> Places:
    """Short menu: front points such that every point is beaten within tolerances by one of them.

    Parameters
    ----------
    cost, value : array_like
        Costs above zero.
    eps_cost : float
        Tolerated factor of the cost, less one.
    eps_value : float
        Tolerated loss of value.

    Raises
    ------
    QuantityError
        For costs that are not above zero.

    Notes
    -----
    Greedy from the cheap end: the dearest front point still within ``eps_cost`` of the first one uncovered,
    and so on. No smaller menu from the front leaves fewer gaps in a row of points.
    """
    c, v = points(cost, value)
    positive("The cost", c)
    front = pareto_front(c, v)
    menu: list[int] = []
    at = 0
    while at < front.size:
        # The last front point that may stand for this one: it is worth more, and costs a little more.
        stands = int(np.searchsorted(c[front], c[front[at]] * (1 + eps_cost), side="right")) - 1
        chosen = int(front[stands])
        menu.append(chosen)
        at = stands + 1
        while at < front.size and v[front[at]] - eps_value <= v[chosen]:
            at += 1
    return np.array(menu, dtype=np.intp)


def knee(cost: ArrayLike, value: ArrayLike) -> int:
    """Position of the front point farthest above the chord of its ends, in log cost; -1 for fewer than three.

    Raises
    ------
    QuantityError
        For costs that are not above zero.
    """
    c, v = points(cost, value)
    front = pareto_front(positive("The cost", c), v)
    if front.size < 3:
        return -1
    x, y = np.log(c[front]), v[front]
    above = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    return int(front[int(np.argmax(above))])


def best_within(cost: ArrayLike, value: ArrayLike, budget: float) -> int:
    """Position of the most valuable point at or below a cost; -1 if there is none."""
    c, v = points(cost, value)
    front = pareto_front(c, v)
    at = int(np.searchsorted(c[front], budget, side="right")) - 1
    return int(front[at]) if at >= 0 else -1


def cheapest_for(cost: ArrayLike, value: ArrayLike, least: float) -> int:
    """Position of the cheapest point worth at least ``least``; -1 if there is none."""
    c, v = points(cost, value)
    front = pareto_front(c, v)
    at = int(np.searchsorted(v[front], least, side="left"))
    return int(front[at]) if at < front.size else -1
