"""Columns of the sources that are drawn: the twin of the browser's ``recipe-curves.ts``.

Names of sources are the contract. ``standing`` does not depend on the budget; ``moving`` follows it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..curves import grid
from ..spending import compute
from .model import Array
from .verdict import losses, percent, signed, times, verdict
from .view import View

POINTS = 120
FAR = 1e12
"""What stands on an axis of multiples for a match that no compute reaches: far above the frame."""

Columns = dict[str, dict[str, Any]]


def standing(view: View) -> Columns:
    """Curves of the recipes, the probability, the difference, and where the curves cross."""
    low, high = view.x
    x = grid(low, high, POINTS)
    out: Columns = {}
    for i in range(len(view.recipes)):
        value, bottom, top = view.band(i, x)
        inside = x <= view.edge
        out[f"inside-{i}"] = _line(x, value, inside, view.edge, log=True)
        out[f"beyond-{i}"] = _line(x, value, ~inside, view.edge, log=True)
        out[f"band-{i}"] = {"x": x, "low": bottom, "high": top}
    share = 100 * view.twins.probability(x)
    out["chance"] = {"x": x, "y": share}
    out["chance-a"] = {"x": x, "low": np.zeros(len(x)), "high": np.nan_to_num(share, nan=0)}
    out["chance-b"] = {"x": x, "low": np.nan_to_num(share, nan=0), "high": np.full(len(x), 100.0)}
    gap, gap_low, gap_high = view.twins.difference(x)
    out["gap-inside"] = _line(x, gap, x <= view.edge, view.edge)
    out["gap-beyond"] = _line(x, gap, x > view.edge, view.edge)
    out["gap-band"] = {"x": x, "low": gap_low, "high": gap_high}
    return {**out, **ends(view), **crossing(view), **sides(view, x, share)}


def _line(x: Array, y: Array, keep: np.ndarray[Any, Any], edge: float, log: bool = False) -> dict[str, Any]:
    """The part of a curve on one side of the edge, the edge itself included, so that both parts meet."""
    scale = np.log if log else np.asarray
    back = np.exp if log else np.asarray
    at_edge = float(back(np.interp(np.log(edge), np.log(x), scale(y))))
    before = bool(keep[0])
    return {
        "x": np.concatenate([x[keep], [edge]] if before else [[edge], x[keep]]),
        "y": np.concatenate([y[keep], [at_edge]] if before else [[at_edge], y[keep]]),
    }


def ends(view: View) -> Columns:
    """Names where the curves end, moved apart where they would stand on each other."""
    last = np.array([view.x[1]])
    y = [float(view.curves[i].at(last)[0, 0]) for i in range(len(view.recipes))]
    moved = apart([-np.log(v) * 350 / np.log(view.y[1] / view.y[0]) for v in y], 17)
    return {
        f"end-{i}": {"x": [view.x[1]], "y": [y[i]], "text": [recipe.name], "dy": [moved[i]]}
        for i, recipe in enumerate(view.recipes)
    }


def apart(at: list[float], room: float) -> list[float]:
    """Pixels by which labels at these heights move so that each has room."""
    placed: list[tuple[int, float]] = []
    for i in sorted(range(len(at)), key=lambda k: at[k]):
        place = at[i] if not placed else max(at[i], placed[-1][1] + room)
        placed.append((i, place))
    if len(placed) > 1:
        # Centred: neighbours give way to both sides.
        shift = float(np.mean([place - at[i] for i, place in placed]))
        placed = [(i, place - shift) for i, place in placed]
    moved = [0.0] * len(at)
    for i, place in placed:
        moved[i] = float(place - at[i])
    return moved


def crossing(view: View) -> Columns:
    """Where the two curves cross: a ring, its interval as a bar, an arrow where that has no end."""
    known = view.comparison
    low, high = view.x
    bottom, top = view.y
    height = bottom * (top / bottom) ** 0.05
    out: Columns = {name: {"x": [], "x1": [], "y": []} for name in ("crossing-bar", "crossing-drop")} | {
        "crossing-ring": {"x": [], "y": []},
        "crossing-arrows": {"x": [], "y": [], "angle": []},
        "crossing-label": {"x": [], "y": [], "text": []},
        "crossing-range": {"x": [], "y": [], "text": [], "align": [], "dx": [], "dy": []},
        "gap-ring": {"x": [], "y": []},
    }
    out["crossing-drop"] = {"x": [], "y": [], "y1": []}
    turn = known.crossover
    seen = np.isfinite(turn) and low < turn < high
    if seen:
        there = float(view.curves[view.pair[0]].at(np.array([turn]))[0, 0])
        out["crossing-ring"] = {"x": [turn], "y": [height]}
        out["crossing-drop"] = {"x": [turn], "y": [height], "y1": [there]}
        out["crossing-label"] = {
            "x": [turn],
            "y": [height],
            "text": [f"curves cross at {compute(turn, 1).removesuffix(' FLOP')}"],
        }
        out["gap-ring"] = {"x": [turn], "y": [0.0]}
    if len(known.draws) and not (np.isinf(known.crossover_low) or known.crossover_high == 0):
        left, right = max(known.crossover_low, low), min(known.crossover_high, high)
        if left < right:
            out["crossing-bar"] = {"x": [left], "x1": [right], "y": [height]}
            heads = [(right, -np.pi / 2)] * (known.crossover_high > high)
            heads += [(left, np.pi / 2)] * (known.crossover_low < low)
            out["crossing-arrows"] = {
                "x": [x for x, _ in heads],
                "y": [height] * len(heads),
                "angle": [angle for _, angle in heads],
            }
            words = " to ".join(_end(v) for v in (known.crossover_low, known.crossover_high))
            said = f"{'' if seen else 'crossing, '}{100 * view.level:g} %: {words}"
            # Left of the bar where there is room, else on top of it.
            roomy = left > low * (high / low) ** 0.3
            out["crossing-range"] = {
                "x": [left],
                "y": [height],
                "text": [said],
                "align": ["right" if roomy else "left"],
                "dx": [-8.0 if roomy else 4.0],
                "dy": [0.0 if roomy else -12.0],
            }
    return out


def _end(value: float) -> str:
    if np.isinf(value):
        return "never"
    return "before" if value == 0 else compute(value, 1).removesuffix(" FLOP")


def sides(view: View, x: Array, share: Array) -> Columns:
    """Names of the two sides of the probability, where each has room, and up to where the verdict is sure."""
    out: Columns = {
        name: {"x": [], "y": [], "text": [], "align": [], "dx": []}
        for name in ("side-a", "side-b", "sure-label", "toss-label")
    }
    out["sure"] = {"x": [], "y": [], "y1": []}
    if np.isnan(share).all():
        return out
    out["toss-label"] = {"x": [view.x[1]], "y": [50.0], "text": ["toss-up"]}
    # Below the curve the first recipe is better, above it the second: a corner of each takes the name, or
    # the ground above the frame where the curve leaves no corner free.
    for name, room, height, text in (
        ("side-a", share, 13.0, f"{view.a.name} better"),
        ("side-b", 100 - share, 95.0, f"{view.b.name} better"),
    ):
        covered = max(1, round(len(x) * min(1.0, 0.024 * len(text))))
        first, last = float(np.nanmin(room[:covered])), float(np.nanmin(room[-covered:]))
        left = first > last
        end = view.x[0] if left else view.x[1]
        if max(first, last) > 15:
            out[name] = label(end, height, [text], ("left", 10.0) if left else ("right", -6.0))
        elif float(np.nanmax(room)) > 5 and name == "side-b":
            out[name] = label(view.x[1], 102.6, [f"above the line: {text}"], ("right", 0.0))
    sure = view.comparison.sure_until
    if np.isfinite(sure) and view.x[0] < sure < view.x[1]:
        out["sure"] = {"x": [sure], "y": [0.0], "y1": [100.0]}
        words = f"97.5 %\nup to {compute(sure, 1).removesuffix(' FLOP')}"
        out["sure-label"] = {"x": [sure], "y": [1.5], "text": [words]}
    return out


def worth_columns(view: View, of_a: bool) -> Columns:
    """What the better recipe is worth, over compute."""
    x = grid(*view.x, POINTS)
    value, low, high = (np.minimum(v, FAR) for v in view.twins.worth(x, of_a=of_a))
    return {
        "worth-inside": _line(x, value, x <= view.edge, view.edge, log=True),
        "worth-beyond": _line(x, value, x > view.edge, view.edge, log=True),
        "worth-band": {"x": x, "low": low, "high": high},
    }


def moving(
    view: View, worth: tuple[float, float], gap: tuple[float, float]
) -> tuple[Columns, dict[str, Any]]:
    """What follows the budget: marks, labels and the state; `worth` and `gap` are ranges of their axes."""
    state = verdict(view, view.budget)
    budget, (bottom, top) = view.budget, view.y
    best = min(state[f"loss.{i}"] for i in view.pair)
    chance = 100 * state["answer.chance"]
    said = [
        f"{recipe.name} {losses(state[f'loss.{i}'], state[f'loss.{i}.low'], state[f'loss.{i}.high'])}"
        for i, recipe in enumerate(view.recipes)
    ]
    count = len(said)
    label_y = min(best * (top / bottom) ** 0.2, top)
    main, small = side_of(view, budget, 0.72), side_of(view, budget, 0.7)
    worth_y = min(max(state["answer.worth_value"], worth[0]), worth[1])
    out: Columns = {
        "answer": {"x": [budget], "y": [best], "floor": [bottom], "label": [label_y]},
        "answer-head": label(budget, label_y, [f"Your budget, {compute(budget)}"], main, dy=[-15.0 * count]),
        "answer-lines": label(
            budget, label_y, said, main, dy=[-15.0 * (count - 1 - k) for k in range(count)]
        ),
        "chance-answer": {"x": [budget], "y": [chance]},
        "chance-head": label(budget, chance, [percent(state["answer.share"])], small),
        "chance-lines": label(budget, chance, [f"{state['answer.winner']} at your budget"], small),
        "gap-answer": {
            "x": [budget],
            "y": [state["answer.gap"]],
            "low": [state["answer.gap_low"]],
            "high": [state["answer.gap_high"]],
        },
        "gap-ends": beyond_axis(budget, state["answer.gap_low"], state["answer.gap_high"], gap),
        "gap-head": label(budget, state["answer.gap"], [signed(state["answer.gap"])], small),
        "gap-lines": label(
            budget,
            state["answer.gap"],
            [f"[{signed(state['answer.gap_low'])}, {signed(state['answer.gap_high'])}]"],
            small,
        ),
        "worth-answer": {
            "x": [budget],
            "y": [min(state["answer.worth_value"], FAR)],
            "low": [min(state["answer.worth_low"], FAR)],
            "high": [min(state["answer.worth_high"], FAR)],
        },
        "worth-ends": beyond_axis(budget, state["answer.worth_low"], state["answer.worth_high"], worth),
        "worth-head": label(budget, worth_y, [times(state["answer.worth_value"])], small),
        "worth-lines": label(
            budget,
            worth_y,
            [state["answer.worth_range"].strip()],
            small,
        ),
        **judged(view, state),
        **worth_columns(view, state["answer.a_wins"]),
    }
    return out, state


def beyond_axis(x: float, low: float, high: float, ends: tuple[float, float]) -> dict[str, Any]:
    """Arrows where an interval leaves the axis: it is never cut in silence."""
    heads = [(ends[1], 0.0)] * (high > ends[1]) + [(ends[0], float(np.pi))] * (low < ends[0])
    return {"x": [x] * len(heads), "y": [y for y, _ in heads], "angle": [angle for _, angle in heads]}


def side_of(view: View, budget: float, share: float) -> tuple[str, float]:
    """On which side of a mark its label has room: alignment and distance in pixels."""
    at = np.log(budget / view.x[0]) / np.log(view.x[1] / view.x[0])
    return ("left", 12.0) if at < share else ("right", -12.0)


def label(x: float, y: float, text: list[str], side: tuple[str, float], **more: Any) -> dict[str, Any]:
    """Lines of text beside a mark."""
    n = len(text)
    return {"x": [x] * n, "y": [y] * n, "text": text, "align": [side[0]] * n, "dx": [side[1]] * n, **more}


def judged(view: View, state: dict[str, Any]) -> Columns:
    """The difference judged by each text, and who wins there: the chosen text first."""
    rows: list[tuple[float, float, float, float]] = [
        (state["answer.gap"], state["answer.gap_low"], state["answer.gap_high"], state["answer.chance"])
    ]
    for twins in view.other_twins:
        value, low, high = (float(v[0]) for v in twins.difference(np.array([view.budget])))
        rows.append((value, low, high, float(twins.probability(np.array([view.budget]))[0])))
    places = [-float(k) for k in range(len(rows))]
    texts = [winner(view, gap, chance) for gap, _, _, chance in rows]
    out: Columns = {}
    edge = judged_range(view)[1]
    for name, who in (("judged-a", True), ("judged-b", False)):
        mine = [k for k in range(1, len(rows)) if (rows[k][3] >= 0.5) == who]
        out[name] = {
            "x": [rows[k][0] for k in mine],
            "low": [rows[k][1] for k in mine],
            "high": [rows[k][2] for k in mine],
            "y": [places[k] for k in mine],
            "text": [texts[k] for k in mine],
            "edge": [edge] * len(mine),
        }
    gap, low, high, _ = rows[0]
    out["judged-answer"] = {"x": [gap], "low": [low], "high": [high], "y": [0.0], "text": texts[:1]}
    out["judged-answer"]["edge"] = [edge]
    return out


def winner(view: View, gap: float, chance: float) -> str:
    """Who wins on a text, and how surely."""
    if np.isnan(chance):
        return view.a.name if gap <= 0 else view.b.name
    return f"{view.a.name} {percent(chance)}" if chance >= 0.5 else f"{view.b.name} {percent(1 - chance)}"


def judged_range(view: View) -> tuple[float, float]:
    """Differences that hold every text's verdict between the edge of the runs and ten times the budget."""
    at = np.geomspace(view.edge, max(view.budget, view.edge) * 10, 8)
    found = [view.twins.difference(at)[0], *(twins.difference(at)[0] for twins in view.other_twins)]
    reach = 1.25 * float(np.nanmax(np.abs(np.concatenate(found))))
    return -max(reach, 1e-3), max(reach, 1e-3)
