"""Systems as columns of a figure: marks, bars, the steps of the frontier, mixtures and names."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...testtime.frontiers import Frontier
from ...testtime.pareto import mixture_at
from ...units import format_quantity
from .placing import LETTER, ROW, Box, Frame, room
from .systems import Axis, short

Array: TypeAlias = NDArray[np.float64]

MIX_POINTS = 24
MIX_WORDS = "a mix of two"
MOST_NAMED = 16
"""Dominated systems that are named, at most: beyond it names would hide the marks."""
PLOT, ALONE = (350.0, 388.0), (600.0, 440.0)
"""Width and height of the frame of the figure beside another and alone, about, for which names are placed."""


def axis_options(axis: Axis, plot: tuple[float, float] = PLOT) -> dict[str, Any]:
    """What the browser needs to show the systems against this cost."""
    return {
        "columns": system_columns(axis, plot),
        "range": list(cost_range(axis)),
        "ticks": {str(k): v for k, v in cost_ticks(axis).items()},
        "title": axis.title,
    }


def system_columns(axis: Axis | None, plot: tuple[float, float] = PLOT) -> dict[str, dict[str, Any]]:
    """Marks, bars, steps, mixtures and names of one unit; empty columns where the unit is not known."""
    none: dict[str, dict[str, Any]] = {
        "sys-on": {"x": [], "y": []},
        "sys-off": {"x": [], "y": []},
        "sys-bars": {"x": [], "low": [], "high": []},
        "sys-off-bars": {"x": [], "low": [], "high": []},
        "sys-steps": {"x": [], "y": []},
        "sys-mix": {"xs": [], "ys": []},
        "sys-mix-label": {"x": [], "y": [], "text": []},
        "sys-leaders": {"x": [], "y": [], "x1": [], "y1": []},
        "sys-names": {"x": [], "y": [], "text": [], "align": []},
        "sys-shares": {"x": [], "y": [], "text": [], "align": []},
        "sys-off-names": {"x": [], "y": [], "text": [], "align": []},
    }
    if axis is None:
        return none
    front = axis.front
    cost, value = front.cost * axis.factor, front.value
    on = front.front
    off = np.array([i for i in range(len(cost)) if i not in set(on.tolist())], dtype=np.intp)
    right = cost_range(axis)[1]
    steps_x, steps_y = [], []
    for place, nxt in zip(on, [*on[1:], -1], strict=True):
        steps_x += [cost[place], cost[nxt] if nxt >= 0 else right]
        steps_y += [value[place], value[place]]
    # A step up stands at the cost of the next system.
    x, y = [], []
    for k in range(0, len(steps_x), 2):
        if k:
            x.append(steps_x[k])
            y.append(steps_y[k - 1])
        x += steps_x[k : k + 2]
        y += steps_y[k : k + 2]
    mixes = _mixes(front, axis.factor)
    out = none | {
        "sys-on": {"x": cost[on], "y": value[on]},
        "sys-off": {"x": cost[off], "y": value[off]},
        "sys-bars": _bars(front, on, axis.factor),
        "sys-off-bars": _bars(front, off, axis.factor),
        "sys-steps": {"x": x, "y": y},
        "sys-mix": mixes,
    }
    return out | _names(axis, on, off, plot)


def _bars(front: Frontier, places: NDArray[np.intp], factor: float) -> dict[str, Any]:
    known = places[np.isfinite(front.low[places])] if places.size else places
    return {"x": front.cost[known] * factor, "low": front.low[known], "high": front.high[known]}


def _mixes(front: Frontier, factor: float) -> dict[str, Any]:
    """What sending a share of the problems to each of two neighbours of the hull reaches."""
    xs, ys = [], []
    hull = front.convex
    for low, high in pairwise(hull):
        costs = np.geomspace(front.cost[low], front.cost[high], MIX_POINTS)
        ys.append(np.array([mixture_at(front.cost, front.value, c)[3] for c in costs]))
        xs.append(costs * factor)
    return {"xs": xs, "ys": ys}


def cost_range(axis: Axis) -> tuple[float, float]:
    """Room for all systems."""
    cost = axis.front.cost * axis.factor
    return float(cost.min()) / 1.7, float(cost.max()) * 1.9


def value_range(axis: Axis) -> tuple[float, float]:
    """Room for all bars."""
    low = np.where(np.isfinite(axis.front.low), axis.front.low, axis.front.value)
    high = np.where(np.isfinite(axis.front.high), axis.front.high, axis.front.value)
    span = max(float(high.max() - low.min()), 0.02)
    return max(float(low.min()) - 0.08 * span, -0.01), min(float(high.max()) + 0.16 * span, 1.04)


def cost_ticks(axis: Axis) -> dict[float, str]:
    """Decades of cost, as a person says them."""
    left, right = cost_range(axis)
    first, last = int(np.ceil(np.log10(left))), int(np.floor(np.log10(right)))
    every = max(1, int(np.ceil((last - first + 1) / 5)))
    kind = {"dollars": "dollars", "tokens": "tokens"}.get(axis.unit, "plain")
    ticks = {
        float(f"1e{p}"): format_quantity(float(f"1e{p}"), kind, 1) for p in range(first, last + 1, every)
    }
    return ticks or {left * 1.7: format_quantity(left * 1.7, kind, 2)}


def _names(
    axis: Axis, on: NDArray[np.intp], off: NDArray[np.intp], plot: tuple[float, float]
) -> dict[str, Any]:
    """Names near their marks, on ground that no mark, bar or other name needs, with a leader where far."""
    front = axis.front
    left, right = (float(np.log(end)) for end in cost_range(axis))
    frame = Frame(left, right, *value_range(axis), plot)
    px, py = frame.pixels(front.cost * axis.factor, front.value)
    taken = _taken(axis, frame, on, px, py)
    mixed = _mix_label(axis, frame, taken)
    out: dict[str, dict[str, list[Any]]] = {
        name: {"x": [], "y": [], "text": [], "align": []}
        for name in ("sys-names", "sys-shares", "sys-off-names")
    }
    leaders: dict[str, list[float]] = {"x": [], "y": [], "x1": [], "y1": []}
    # Those that have least room, high up and to the right, choose first.
    for place in [*on[::-1], *off[:MOST_NAMED]]:
        best = place in on
        chance = front.probability[place]
        said = f"frontier in {100 * chance:.0f} %" if best and np.isfinite(chance) else ""
        name = short(front.names[place])
        found = room(
            px[place], py[place], [name, said] if said else [name], taken, 110.0 if best else 16.0, plot
        )
        if found is None:
            continue
        align, x, y = found
        cost, value = frame.data(x, y)
        parts = [("sys-names" if best else "sys-off-names", name, value)]
        if said:
            parts.append(("sys-shares", said, frame.data(x, y + ROW)[1]))
        for key, words, height in parts:
            for column, item in (("x", cost), ("y", height), ("text", words), ("align", align)):
                out[key][column].append(item)
        if abs(x - px[place]) > 13 or abs(y - py[place]) > 15:
            start, end = (float(front.cost[place] * axis.factor), float(front.value[place])), (cost, value)
            for column, item in zip(leaders, (*start, *end), strict=True):
                leaders[column].append(item)
    return {**out, "sys-leaders": leaders, "sys-mix-label": mixed}


def _mix_label(axis: Axis, frame: Frame, taken: list[Box]) -> dict[str, Any]:
    """What the widest dotted line is, at its left in the middle, where there is room."""
    front = axis.front
    pairs = sorted(pairwise(front.convex.tolist()), key=lambda two: -front.cost[two[1]] / front.cost[two[0]])
    none: dict[str, Any] = {"x": [], "y": [], "text": []}
    if not pairs:
        return none
    low, high = pairs[0]
    cost = float(np.exp(0.35 * np.log(front.cost[low]) + 0.65 * np.log(front.cost[high])))
    value = float(mixture_at(front.cost, front.value, cost)[3])
    x, y = (float(v[0]) for v in frame.pixels(np.array([cost * axis.factor]), np.array([value])))
    wide = LETTER * len(MIX_WORDS) + 12
    box = (x - wide, y - 8 - ROW / 2, x - 4, y - 8 + ROW / 2)
    if box[0] < 0:
        return none
    taken.append(box)
    return {"x": [cost * axis.factor], "y": [value], "text": [MIX_WORDS]}


def _taken(axis: Axis, frame: Frame, on: NDArray[np.intp], px: Array, py: Array) -> list[Box]:
    """Ground that marks, bars and the steps of the frontier need."""
    front, width = axis.front, frame.size[0]
    taken: list[Box] = [(x - 6, y - 6, x + 6, y + 6) for x, y in zip(px, py, strict=True)]
    cost = front.cost * axis.factor
    _, tops = frame.pixels(cost, front.high)
    _, lows = frame.pixels(cost, front.low)
    taken += [(x - 2, a, x + 2, b) for x, a, b in zip(px, tops, lows, strict=True) if np.isfinite(a)]
    for here, following in zip(on, [*on[1:], -1], strict=True):
        end = width if following < 0 else px[following]
        taken.append((px[here], py[here] - 1, end, py[here] + 1))
        if following >= 0:
            taken.append((end - 1, py[following], end + 1, py[here]))
    return taken
