"""Accuracy against cost of whole systems: the frontier, how sure it is, and mixing, for each unit of cost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ScaleWidgetsError, TableError
from ...testtime.frontiers import Frontier, frontier
from ...testtime.pareto import mixture_at
from ...units import format_quantity

Array: TypeAlias = NDArray[np.float64]

DRAWS = 1000
MIX_POINTS = 24
NAME_LENGTH = 27
MOST_NAMED = 16
"""Dominated systems that are named, at most: beyond it names would hide the marks."""
PLOT = (360.0, 372.0)
"""Width and height of the frame of the figure, about, for which labels are placed."""
ROW, LETTER = 13.0, 5.7
_DATE = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4})(?![\d.])")
_COUNT = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Axis:
    """The systems against one kind of cost, for one problem or, in dollars, a thousand."""

    unit: str
    front: Frontier
    factor: float
    title: str


@dataclass(frozen=True)
class SystemsView:
    """Systems of one benchmark with the units in which their costs are known."""

    title: str
    benchmark: str
    axes: dict[str, Axis]
    rows: int
    repeats: int
    noise: str
    dated: str
    absent: str
    left_out: dict[str, str]

    @property
    def count(self) -> int:
        """Systems that are compared."""
        return len(next(iter(self.axes.values())).front.names)

    def first(self) -> dict[str, float]:
        """A budget to begin with: between the cheapest and the dearest of the frontier."""
        out = {}
        for unit, axis in self.axes.items():
            cost = axis.front.cost[axis.front.front] * axis.factor
            out[unit] = float(f"{np.sqrt(cost[0] * cost[-1]):.1e}")
        return out


def read_systems_view(systems: pd.DataFrame, level: float = 0.95) -> SystemsView:
    """Frontiers of a table of systems, one for each kind of cost that it knows.

    Parameters
    ----------
    systems : DataFrame
        ``systems`` layout: ``system`` (or ``model``), ``accuracy``, ``cost_usd`` or ``dollars``, tokens,
        seconds; ``n_tasks`` where costs are those of all tasks together.
    level : float

    Raises
    ------
    TableError
        If no cost is known, accuracies are no shares, or units are mixed.

    Notes
    -----
    Where every system was run three times or more, intervals and shares are over runs, on the same problems;
    otherwise over the error that the table states, or that of its number of problems.
    """
    key = next((name for name in ("system", "configuration", "model") if name in systems.columns), None)
    repeats = 1 if key is None else int(systems.groupby(key).size().min())
    told = systems
    if repeats > 2:
        told = systems.drop(columns=[name for name in ("accuracy_se",) if name in systems.columns])
    tasks = _tasks(systems)
    if repeats > 2 and tasks is not None:
        told = told.drop(columns="n_tasks")
    axes: dict[str, Axis] = {}
    failed: ScaleWidgetsError | None = None
    for unit in ("dollars", "tokens", "seconds"):
        try:
            front = frontier(told, cost=unit, level=level, draws=DRAWS)
        except ScaleWidgetsError as error:
            failed = failed or error
            if isinstance(error, TableError) and getattr(error, "column", None) == unit:
                continue
            raise
        if not front.names:
            continue
        each = 1.0 if tasks is None else 1.0 / tasks
        titles = {
            "dollars": "Dollars" if tasks is None else "Dollars per 1,000 problems",
            "tokens": "Tokens, prompts included" if tasks is None else "Tokens per problem, prompts included",
            "seconds": "Seconds" if tasks is None else "Seconds per problem",
        }
        factor = each * (1000.0 if unit == "dollars" and tasks is not None else 1.0)
        axes[unit] = Axis(unit, front, factor, titles[unit])
    if not axes:
        if failed is not None:
            raise failed
        raise TableError(
            "No system has a known cost.", remedy="Give cost_usd, tokens or seconds above zero for each."
        )
    first = next(iter(axes.values())).front
    missing = [name for name in ("dollars", "tokens", "seconds") if name not in axes]
    dates = sorted({str(day) for day in systems["date"].dropna()}) if "date" in systems.columns else []
    return SystemsView(
        title=str(systems.attrs.get("title") or systems.attrs.get("source_name") or "Your systems"),
        benchmark=_benchmark(systems),
        axes=axes,
        rows=len(systems),
        repeats=repeats,
        noise=_noise(first, repeats),
        dated="" if not dates else dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}",
        absent=", ".join(missing),
        left_out=dict(first.left_out),
    )


def _tasks(systems: pd.DataFrame) -> float | None:
    if "n_tasks" not in systems.columns:
        return None
    seen = systems["n_tasks"].dropna().unique()
    return float(seen[0]) if len(seen) == 1 and seen[0] > 0 else None


def _benchmark(systems: pd.DataFrame) -> str:
    if "benchmark" not in systems.columns:
        return ""
    seen = systems["benchmark"].dropna().unique()
    return str(seen[0]) if len(seen) == 1 else ""


def _noise(front: Frontier, repeats: int) -> str:
    if not front.draws:
        return "Nothing says how noisy they are, so no intervals."
    if repeats > 2:
        return "Bars: 95 % over runs."
    return "Bars: 95 % over problems."


def runs_words(count: int) -> str:
    """How often each system was run, in words; nothing where once."""
    if count < 2:
        return ""
    return f", {_COUNT[count] if count < len(_COUNT) else f'{count:,}'} runs each"


def short(name: str) -> str:
    """A system's name without the dates of its models, cut where it is long."""
    words = _DATE.sub("", name)
    return words if len(words) <= NAME_LENGTH else f"{words[: NAME_LENGTH - 1].rstrip(' ,-')}…"


# -- columns ------------------------------------------------------------------------------------------


def system_columns(axis: Axis | None) -> dict[str, dict[str, Any]]:
    """Marks, bars, steps, mixtures and names of one unit; empty columns where the unit is not known."""
    none: dict[str, dict[str, Any]] = {
        "sys-on": {"x": [], "y": []},
        "sys-off": {"x": [], "y": []},
        "sys-bars": {"x": [], "low": [], "high": []},
        "sys-off-bars": {"x": [], "low": [], "high": []},
        "sys-steps": {"x": [], "y": []},
        "sys-mix": {"xs": [], "ys": []},
        "sys-names": _labels_of([], "text"),
        "sys-shares": _labels_of([], "text"),
        "sys-off-names": _labels_of([], "text"),
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
    return out | _names(axis, on, off)


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
    return max(float(low.min()) - 0.08 * span, -0.01), min(float(high.max()) + 0.1 * span, 1.02)


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


def _labels_of(rows: list[tuple[float, float, str, str, float, float]], field: str) -> dict[str, Any]:
    columns: list[list[Any]] = (
        [list(part) for part in zip(*rows, strict=True)] if rows else [[] for _ in range(6)]
    )
    return dict(zip(("x", "y", field, "align", "dx", "dy"), columns, strict=True))


def _names(axis: Axis, on: NDArray[np.intp], off: NDArray[np.intp]) -> dict[str, Any]:
    """Names beside their marks, on ground that no mark, bar or other name needs."""
    front = axis.front
    width, height = PLOT
    left, right = np.log(cost_range(axis))
    bottom, top = value_range(axis)
    px = (np.log(front.cost * axis.factor) - left) / (right - left) * width
    py = (top - front.value) / (top - bottom) * height
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in zip(px, py, strict=True)]
    for i in range(len(px)):
        if np.isfinite(front.low[i]):
            ends = [(top - v) / (top - bottom) * height for v in (front.high[i], front.low[i])]
            taken.append((px[i] - 2, ends[0], px[i] + 2, ends[1]))
    # The steps are lines too: names must not lie on them.
    for here, following in zip(on, [*on[1:], -1], strict=True):
        end = width if following < 0 else px[following]
        taken.append((px[here], py[here] - 1, end, py[here] + 1))
        if following >= 0:
            taken.append((end - 1, py[following], end + 1, py[here]))
    names: list[tuple[float, float, str, str, float, float]] = []
    shares: list[tuple[float, float, str, str, float, float]] = []
    others: list[tuple[float, float, str, str, float, float]] = []
    for place in on:
        chance = front.probability[place]
        said = "" if not np.isfinite(chance) else f"on the frontier in {100 * chance:.0f} %"
        name = short(front.names[place])
        found = _room(px[place], py[place], [name, said] if said else [name], taken, far=True)
        if found is None:
            continue
        align, dx, dy = found
        x, y = float(front.cost[place] * axis.factor), float(front.value[place])
        names.append((x, y, name, align, dx, dy))
        if said:
            shares.append((x, y, said, align, dx, dy + ROW))
    for place in off[:MOST_NAMED]:
        name = short(front.names[place])
        found = _room(px[place], py[place], [name], taken)
        if found is not None:
            x, y = float(front.cost[place] * axis.factor), float(front.value[place])
            others.append((x, y, name, *found))
    return {
        "sys-names": _labels_of(names, "text"),
        "sys-shares": _labels_of(shares, "text"),
        "sys-off-names": _labels_of(others, "text"),
    }


def _room(
    x: float, y: float, lines: list[str], taken: list[tuple[float, float, float, float]], far: bool = False
) -> tuple[str, float, float] | None:
    """Free ground for lines of words beside a mark: (align, dx, dy) of the first line's middle."""
    wide, tall = max(len(words) for words in lines) * LETTER + 4, ROW * len(lines)
    width, height = PLOT
    near = [("left", 9.0, 0.0), ("right", -9.0, 0.0)]
    tries = [(a, dx, dy) for a, dx, _ in near for dy in (-tall + ROW, 0.0, -ROW, ROW)]
    if far:
        tries += [
            (a, dx, dy) for a, dx, _ in near for dy in (-2 * tall, 1.5 * ROW, 2.5 * ROW, -3 * tall, 4 * ROW)
        ]
    for align, dx, dy in tries:
        start = x + dx if align == "left" else x + dx - wide
        box = (start, y + dy - ROW / 2, start + wide, y + dy - ROW / 2 + tall)
        inside = box[0] >= -2 and box[2] <= width + 14 and box[1] >= -4 and box[3] <= height + 2
        if inside and not any(_meet(box, other) for other in taken):
            taken.append(box)
            return align, dx, dy
    return None


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
