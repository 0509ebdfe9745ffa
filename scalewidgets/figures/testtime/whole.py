"""Systems alone: accuracy against cost, which system a budget buys, and what a mix of two would reach.

The browser's twin is ``testtime-systems.ts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...testtime.frontiers import Frontier
from ...units import format_quantity
from ..frame import STILL_WIDTH, line, render_text, still_picture, text, value
from ..palette import LIGHT, Palette
from ..plots import diamonds, source, strokes, words
from ..scene import Behaviour, Scene, document_of, theme_entries
from .plots import systems_plot
from .ranked import amount, ends, ranked, ranked_table, share
from .side import sections
from .system_columns import ALONE, axis_options, system_columns, value_range
from .systems import Axis, SystemsView, runs_words, short
from .view import UNITS, Held, View

KIND = "test-time"
LABEL = "Systems"
NEEDS = (
    "Coverage, difficulty and verifiers need how many samples of each problem were right: sw.read_samples."
)


def systems_scene(
    view: View, mode: str, known: Mapping[str, str], chosen: str, code_of: str = "systems"
) -> Scene:
    """The screen of a table of systems.

    Parameters
    ----------
    view : View
        Without counts.
    mode : {"compact", "full"}
    known : mapping of str to str
        Tables that the menu offers.
    chosen : str
        The one on screen.
    code_of : str
        Python for the table on screen.
    """
    shown = view.systems
    assert shown is not None
    document = document_of([_plot(view, shown, LIGHT)], KIND)
    state = {**state_of(shown, view.held), **_held_state(view.held), "systems": chosen}
    frame: dict[str, Any] = {
        "label": LABEL,
        "mode": mode,
        "phase": "ready",
        "sentence": _sentence(),
        "second": [line(value("answer.sure"), text(" "), value("answer.change"))],
        "conventions": [_noise_words(_axis(shown, view.held)), "cost of 0 or unknown: left out"],
        "sections": sections(view, {}, known),
        "figures": _places(view, shown),
        "trust": _trust(shown),
        "notice": None,
        "code": _code(shown, code_of),
    }
    frame["still"] = still_picture(frame, state, [("systems", 0, 0, STILL_WIDTH, 520)])
    said = (render_text(frame["sentence"], state), render_text(frame["second"], state))
    return Scene(
        kind=KIND,
        document=document,
        frame=frame,
        state=state,
        behaviours=(Behaviour("test-time-systems", behaviour_options(shown)),),
        summary=" ".join(words for words in said if words),
        table=_table(shown),
        themes=theme_entries(document),
    )


def _axis(shown: SystemsView, held: Held) -> Axis:
    return shown.axes.get(held.unit) or next(iter(shown.axes.values()))


def called(name: str) -> str:
    """A system inside a sentence."""
    return short(name, 60)


def state_of(shown: SystemsView, held: Held) -> dict[str, Any]:
    """The best system within the budget, how sure it is, and what more or a mix would bring."""
    axis = _axis(shown, held)
    return {**_bought(shown, axis, _budget(held)), **ranked(shown, axis)}


def _bought(shown: SystemsView, axis: Axis, budget: float) -> dict[str, Any]:
    front = axis.front
    cost, each = front.cost * axis.factor, shown.each
    said = amount(axis.unit, budget, each)
    on = front.front
    bought = on[cost[on] <= budget * (1 + 1e-12)]
    if not len(bought):
        first = int(on[0])
        cheapest = amount(axis.unit, float(cost[first]), each)
        return {
            "answer.budget": said,
            "answer.paid": False,
            "answer.system": "",
            "answer.solved": "",
            "answer.range": "",
            "answer.sure": f"The cheapest, {called(front.names[first])}, takes {cheapest}.",
            "answer.change": "",
        }
    best = int(bought[-1])
    chance = float(front.probability[best])
    sure = (
        f"On the frontier in {format_quantity(chance, 'percent', 2)} of {front.draws:,} resamples."
        if np.isfinite(chance)
        else "Nothing says how noisy these values are."
    )
    return {
        "answer.budget": said,
        "answer.paid": True,
        "answer.system": called(front.names[best]),
        "answer.solved": share(float(front.value[best])),
        "answer.range": ends(float(front.low[best]), float(front.high[best])),
        "answer.sure": sure,
        "answer.change": _change(axis, best, budget, each),
    }


def _change(axis: Axis, best: int, budget: float, each: bool) -> str:
    front = axis.front
    cost = front.cost * axis.factor
    later = front.front[np.flatnonzero(front.front == best)[0] + 1 :]
    if not len(later):
        return "No system here reaches more at any price."
    after = int(later[0])
    said = (
        f"From {amount(axis.unit, float(cost[after]), each)} on, {called(front.names[after])} reaches "
        f"{share(float(front.value[after]))}."
    )
    mixed = mixture(axis, budget)
    if mixed is not None and mixed[3] > float(front.value[best]) + 5e-4:
        _, dear, part, reached = mixed
        said += (
            f" Sending {format_quantity(part, 'percent', 2)} of the problems to {called(front.names[dear])} "
            f"mixes to {share(reached)}."
        )
    return said


def mixture(axis: Axis, budget: float) -> tuple[int, int, float, float] | None:
    """Two systems of the hull, the share of problems for the dearer, and what they reach together."""
    front = axis.front
    hull = front.convex
    cost = front.cost * axis.factor
    at = int(np.searchsorted(cost[hull], budget, side="right")) - 1
    if at < 0 or at >= len(hull) - 1:
        return None
    low, high = int(hull[at]), int(hull[at + 1])
    part = float((budget - cost[low]) / (cost[high] - cost[low]))
    return low, high, part, float(front.value[low] + part * (front.value[high] - front.value[low]))


def moving(shown: SystemsView, held: Held) -> dict[str, dict[str, Any]]:
    """The budget and the system that it buys."""
    axis = _axis(shown, held)
    front, budget = axis.front, _budget(held)
    cost = front.cost * axis.factor
    bought = front.front[cost[front.front] <= budget * (1 + 1e-12)]
    low, high = value_range(axis)
    best = [int(bought[-1])] if len(bought) else []
    return {
        "sys-budget": {"x": [budget], "y": [low], "y1": [high]},
        "sys-budget-label": {"x": [budget], "y": [low], "text": ["budget"]},
        "sys-answer": {"x": [float(cost[i]) for i in best], "y": [float(front.value[i]) for i in best]},
    }


def _budget(held: Held) -> float:
    amounts = {"dollars": held.dollars, "tokens": held.tokens, "seconds": held.seconds}
    return amounts[held.unit]


def _held_state(held: Held) -> dict[str, Any]:
    return {
        "budget.unit": held.unit,
        "budget.dollars": held.dollars,
        "budget.tokens": held.tokens,
        "budget.seconds": held.seconds,
    }


def _plot(view: View, shown: SystemsView, palette: Palette) -> Any:
    axis = _axis(shown, view.held)
    drawn = {**system_columns(axis, ALONE), **moving(shown, view.held)}
    sources = {name: source(name, data) for name, data in drawn.items()}
    plot = systems_plot(axis, view, palette, sources)
    strokes(plot, sources["sys-budget"], ("x", "y", "x", "y1"), palette.strong, 1.2, (4, 3))
    words(plot, sources["sys-budget-label"], palette.strong, bold=True, size=12, dx=6, dy=-9,
          ground=palette.surface)  # fmt: skip
    diamonds(plot, sources["sys-answer"], palette, 16, width=1.4)
    return plot


def behaviour_options(shown: SystemsView) -> dict[str, Any]:
    """What the browser needs to follow the budget."""
    axes = {}
    for unit, axis in shown.axes.items():
        front = axis.front
        axes[unit] = {
            **axis_options(axis, ALONE),
            "names": [called(name) for name in front.names],
            "cost": front.cost * axis.factor,
            "value": front.value,
            "low": front.low,
            "high": front.high,
            "probability": front.probability,
            "front": front.front.tolist(),
            "hull": front.convex.tolist(),
            "draws": front.draws,
            "values": list(value_range(axis)),
            "ranked": ranked(shown, axis),
        }
    return {"axes": axes, "each": shown.each}


def _sentence() -> list[dict[str, Any]]:
    return [
        line(
            text("With "),
            value("answer.budget"),
            text(", take "),
            value("answer.system"),
            text(": "),
            value("answer.solved", role="answer"),
            value("answer.range", role="quiet"),
            text(" solved."),
            when={"answer.paid": True},
        ),
        line(value("answer.budget"), text(" does not pay any of these systems.")),
    ]


def _noise_words(axis: Axis) -> str:
    draws = axis.front.draws
    return f"95 % intervals, {draws:,} resamples" if draws else "No intervals: one run each, no error known"


def _places(view: View, shown: SystemsView) -> list[dict[str, Any]]:
    where = f" on {shown.benchmark}" if shown.benchmark else ""
    note = f"{shown.count} systems{where}{runs_words(shown.repeats)}. {shown.noise}"
    return [
        {
            "root": "systems",
            "place": "main",
            "height": 520,
            "title": [line(text("What accuracy costs"))],
            "note": [line(text(f"{note} Open: beaten by another."))],
        },
        {
            "root": "menu",
            "place": "small",
            "height": 214,
            "title": [line(text("Systems, best first"))],
            "note": [
                line(
                    text(f"{axis.title}. Frontier in: share of the resamples. Strong: on it"),
                    when={"budget.unit": unit},
                )
                for unit, axis in shown.axes.items()
            ],
            "folded": [line(value("answer.system"), text(", "), value("answer.solved"))],
            "table": ranked_table(shown),
        },
    ]


def _trust(shown: SystemsView) -> list[dict[str, Any]]:
    items = []
    first = next(iter(shown.axes.values())).front
    if first.draws:
        items.append(
            line(text(f"{shown.rows:,} runs, {shown.noise[0].lower()}{shown.noise[1:-1]}"), level="fine")
        )
    else:
        items.append(line(text("No intervals: nothing says how noisy these are"), level="warning"))
    if shown.left_out:
        reasons = sorted(set(shown.left_out.values()))
        count = len(shown.left_out)
        items.append(
            line(
                text(f"{count:,} left out: {'; '.join(reasons)}"), level="warning", short=f"{count} left out"
            )
        )
    if shown.dated:
        items.append(line(text(f"Prices of {shown.dated}"), level="warning", short="Old prices"))
    if shown.absent:
        items.append(line(text(f"No {shown.absent} recorded"), level="warning"))
    items.append(line(text(NEEDS), level="waiting", short="Needs samples"))
    return items


def _code(shown: SystemsView, code_of: str) -> list[dict[str, Any]]:
    lines = [line(text("import scalewidgets as sw")), line(text("")), line(text(f"systems = {code_of}"))]
    for unit in UNITS:
        if unit in shown.axes:
            words = f'frontier = sw.frontier(systems, cost="{unit}")'
            lines.append(line(text(words), when={"budget.unit": unit}))
    return [*lines, line(text("frontier.to_frame()"))]


def _table(shown: SystemsView) -> pd.DataFrame:
    frames = []
    for unit, axis in shown.axes.items():
        front: Frontier = axis.front
        frame = front.to_frame().reset_index()
        frame.insert(1, "unit", axis.title)
        frame["cost"] = frame["cost"] * axis.factor
        frames.append(frame.assign(kind=unit))
    out: pd.DataFrame = pd.concat(frames, ignore_index=True)
    return out
