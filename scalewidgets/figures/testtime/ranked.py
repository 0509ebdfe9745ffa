"""Systems in a table, best first: its words follow the unit of the budget."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...units import format_quantity
from ..frame import line, value
from .systems import Axis, SystemsView, short

MOST_ROWS = 14


def amount(unit: str, cost: float, each: bool) -> str:
    """A cost in words."""
    if unit == "dollars":
        return f"{format_quantity(cost, 'dollars', 2)}{' per 1,000 problems' if each else ''}"
    if unit == "tokens":
        return f"{format_quantity(cost, 'tokens', 2)} tokens{' per problem' if each else ''}"
    return f"{format_quantity(cost, 'plain', 2)} seconds{' per problem' if each else ''}"


def share(part: float) -> str:
    """A share solved in words."""
    return format_quantity(part, "percent", 3)


def ranked_table(shown: SystemsView) -> dict[str, Any]:
    """The systems by what they reach; its words follow the unit of the budget."""
    rows = []
    for row in range(_rows(shown)):
        key = f"rank.{row}"
        rows.append(
            {
                "label": [
                    line(value(f"{key}.name", role="strong"), when={f"{key}.on": True}),
                    line(value(f"{key}.name")),
                ],
                "cells": [
                    [line(value(f"{key}.cost"))],
                    [line(value(f"{key}.solved"), value(f"{key}.range", role="quiet"))],
                    [line(value(f"{key}.chance"))],
                    [line(value(f"{key}.over", role="quiet"))],
                ],
            }
        )
    return {
        "label": "Systems, best first",
        "corner": "System",
        "columns": [{"label": name} for name in ("Cost", "Solved", "Frontier in", "Beaten by")],
        "rows": rows,
    }


def _rows(shown: SystemsView) -> int:
    return max(min(len(axis.front.names), MOST_ROWS) for axis in shown.axes.values())


def ranked(shown: SystemsView, axis: Axis) -> dict[str, Any]:
    """Words of the table of systems against one kind of cost, by flat key; rows it has not are empty."""
    front = axis.front
    order = np.lexsort((front.cost, -front.value))[:MOST_ROWS].tolist()
    on = set(front.front.tolist())
    out: dict[str, Any] = {}
    for row in range(_rows(shown)):
        words: dict[str, Any] = dict.fromkeys(("name", "cost", "solved", "range", "chance", "over"), "")
        words["on"] = False
        if row < len(order):
            place = order[row]
            low, high = float(front.low[place]), float(front.high[place])
            chance, over = float(front.probability[place]), front.dominated_by[place]
            words = {
                "name": short(front.names[place]),
                "cost": amount(axis.unit, float(front.cost[place] * axis.factor), False),
                "solved": share(float(front.value[place])),
                "range": ends(low, high),
                "chance": format_quantity(chance, "percent", 2) if np.isfinite(chance) else "–",
                "over": "" if over is None else short(over),
                "on": place in on,
            }
        out |= {f"rank.{row}.{name}": said for name, said in words.items()}
    return out


def ends(low: float, high: float) -> str:
    """An interval of shares behind a share; nothing where it is not known."""
    if not np.isfinite(low):
        return ""
    return f" [{share(low).removesuffix(' %')}, {share(high).removesuffix(' %')}]"
