"""Lines of the map with their names: equal cost, and what limits leave out of reach.

The twin of the browser's ``allocator-lines.ts``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...units import format_quantity
from .columns import BAND_POINTS, LINE_POINTS, Columns
from .view import View

SHORT = 4.0
"""A line of which less is seen, as a factor of size, has no room for its name."""
MAP_PIXELS = (548.0, 402.0)
"""Frame of the map in the still picture, which turned names follow; the browser knows its own."""


def cost_lines(view: View, per: float) -> Columns:
    """Lines of equal training cost, every decade of dollars, named along the line."""
    (left, right), (bottom, top) = view.params, view.tokens
    split = view.surface
    ends_ = [float(split.flops(np.array(x), np.array(y))) for x, y in ((left, bottom), (right, top))]
    first, last = (int(np.ceil(np.log10(c / per))) for c in ends_)
    every = max(1, int(np.ceil((last - first) / 8)))
    line = np.geomspace(left, right, LINE_POINTS)
    xs, ys = [], []
    label: dict[str, list[Any]] = {"x": [], "y": [], "text": [], "angle": []}
    for power in range(first, last):
        if power % every:
            continue
        dollars = float(f"1e{power}")
        xs.append(line)
        ys.append(split.tokens(np.array(dollars * per), line))
        # The budget's own line has a label already.
        if abs(np.log10(view.held.budget / per / dollars)) < 0.35:
            continue
        at = along(view, dollars * per, format_quantity(dollars, "dollars"), 0.82)
        for name, values in label.items():
            values += at[name]
    return {"cost-lines": {"xs": xs, "ys": ys}, "cost-labels": label}


def along(view: View, flops: float, text: str, share: float) -> dict[str, list[Any]]:
    """A name on the line of a compute, turned with it, at a share of the part of the line that is seen."""
    (left, right), (bottom, top) = view.params, view.tokens
    split = view.surface
    first = max(left, split.rule.size(flops / top))
    last = min(right, split.rule.size(flops / bottom))
    if last < first * SHORT:
        return {"x": [], "y": [], "text": [], "angle": []}
    x = first * (last / first) ** share
    slope = -float(split.rule.elasticity(np.array(x)))
    width, height = MAP_PIXELS
    angle = np.arctan2(slope * height / np.log(top / bottom), width / np.log(right / left))
    return {
        "x": [x],
        "y": [flops / float(split.rule.per_token(np.array(x)))],
        "text": [text],
        "angle": [float(angle)],
    }


def walls(view: View) -> Columns:
    """What memory, deadline and unique tokens leave out of reach, with a name each."""
    held, (left, right), (bottom, top) = view.held, view.params, view.tokens
    most, unique = held.most_params, held.unique.at
    full = left < most < right
    out: Columns = {
        "wall-memory": {
            "x": [max(most, left), right] * (most < right),
            "low": [bottom] * 2 * (most < right),
            "high": [top] * 2 * (most < right),
        },
        "wall-memory-label": {
            "x": [most] * full,
            "y": [bottom] * full,
            "text": [f"over {format_quantity(held.memory.at, 'ratio')} GB a GPU"] * full,
        },
        "wall-unique": {"x": [left, right] * held.unique.on, "y": [unique, unique] * held.unique.on},
        "wall-unique-label": {
            "x": [left] * held.unique.on,
            "y": [unique] * held.unique.on,
            "text": [f"{format_quantity(unique, 'tokens')} unique tokens"] * held.unique.on,
        },
        "wall-days": {"x": [], "low": [], "high": []},
        "wall-days-label": {"x": [], "y": [], "text": [], "angle": []},
    }
    if held.deadline.on:
        line = np.geomspace(left, right, BAND_POINTS)
        data = view.surface.tokens(np.array(held.most_flops), line)
        seen = data < top
        out["wall-days"] = {
            "x": line[seen],
            "low": np.maximum(data[seen], bottom),
            "high": np.full(int(seen.sum()), top),
        }
        days = f"{format_quantity(held.deadline.at, 'ratio')} days"
        out["wall-days-label"] = along(view, held.most_flops, days, 0.12)
    return out


def beside(x: float, y: float, text: str, align: str, dx: float, dy: float) -> dict[str, list[Any]]:
    """Words beside a mark."""
    return {"x": [x], "y": [y], "text": [text], "align": [align], "dx": [dx], "dy": [dy]}
