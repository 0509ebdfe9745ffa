"""Accuracy against cost of whole systems: the frontier and how sure it is, for each unit of cost."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import ScaleWidgetsError, TableError
from ...testtime.frontiers import Frontier, frontier

DRAWS = 1000
NAME_LENGTH = 27
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
    each: bool = True
    """Whether costs are said for one problem (in dollars, a thousand), not for all together."""

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
        each=tasks is not None,
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


def short(name: str, most: int = NAME_LENGTH) -> str:
    """A system's name without the dates of its models, cut where it is long."""
    words = _DATE.sub("", name)
    return words if len(words) <= most else f"{words[: most - 1].rstrip(' ,-')}…"
