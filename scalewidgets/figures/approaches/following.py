"""What follows budget and chosen step, in columns: the twin of the browser's ``approaches-columns.ts``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...allocation.kaplan_path import KAPLAN_TO_CHINCHILLA
from ...fitting.problem import FLOPS_PER_PARAM_TOKEN as SIX
from ...units import format_quantity
from ..allocator.numbers import ends, ranged
from ..recipes.columns import apart
from .columns import Columns, path_range
from .numbers import Answer, answer, step_range
from .view import View

RATIOS: dict[float, tuple[float, ...]] = {
    1.5: (1.25, 1.5), 2.0: (1.4, 2.0), 3.0: (1.7, 3.0), 5.0: (2.0, 5.0), 10.0: (3.0, 10.0),
    30.0: (5.0, 30.0), 100.0: (10.0, 100.0),
}  # fmt: skip
"""How far the axis of ratios reaches, and its ticks on either side of "same"."""
SHARES: dict[float, tuple[float, ...]] = {
    0.02: (0.01, 0.02), 0.05: (0.025, 0.05), 0.1: (0.05, 0.1), 0.2: (0.1, 0.2), 0.5: (0.25, 0.5),
    1.0: (0.5, 1.0), 3.0: (1.5, 3.0), 10.0: (5.0, 10.0), 30.0: (15.0, 30.0),
}  # fmt: skip
"""How far the axis of the bias reaches, and its ticks on either side of "exact"."""
MARGIN, EDGE = 1.12, 0.03
BESIDE = 24.0
"""Pixels that the bias at the budget takes, beside its mark."""
LABEL_AT = 0.3
"""How far along the frontier of a step its name stands."""
RATIO_PIXELS, RATIO_ROOM = 220.0, 34.0
"""Height of the figure of ratios, about, and of a name with its size and interval."""


@dataclass(frozen=True)
class Axes:
    """Ranges and ticks that follow the budget."""

    x: tuple[float, float]
    ratio: tuple[float, float]
    ratio_ticks: dict[float, str]
    bias: tuple[float, float]
    bias_ticks: dict[float, str]


def moving(view: View) -> tuple[Columns, Axes]:
    """The budget, its best sizes and the chosen step, in every figure; and the axes that show them."""
    found = answer(view)
    axes = axes_of(view, found)
    return {**compared(view, found, axes), **biased(view, found, axes), **chosen(view)}, axes


def axes_of(view: View, found: Answer) -> Axes:
    """Axes on which all bands at the budget, and all lowest points of parabolas, are seen."""
    low = float(view.lines.flops.min())
    right = max(view.held.budget, view.edge)
    # Marks at the budget are not cut by the frame.
    right *= (right / low) ** EDGE
    at = view.held.budget
    best = float(view.best(np.array([at]))[0])
    seen = [1.0]
    for column in found.columns:
        if column is not None:
            seen += [float(column.params[0]) / best, *(e / best for e in ends(column.params, view.level))]
    points = view.lines.second
    shares = [found.bias]
    for sweep in (points, view.lines.clean):
        if sweep is not None:
            off = np.exp(sweep.log_params[0]) / view.best(sweep.flops)
            shares += [float(v) - 1 for v in off]
            seen += [float(v) for v in off] if sweep is points else []
    reach = max(max(v, 1 / v) for v in seen if np.isfinite(v) and v > 0)
    ratio = next((r for r in RATIOS if r >= reach / 1.02), 100.0)
    share = max((abs(v) for v in shares if np.isfinite(v)), default=0.0)
    bias = next((s for s in SHARES if s >= share / 1.1), 30.0)
    ticks = {1.0: "same"}
    for tick in RATIOS[ratio]:
        said = format_quantity(tick, "ratio")
        ticks |= {tick: f"× {said}", 1 / tick: f"÷ {said}"}
    bias_ticks = {0.0: "exact"}
    for tick in SHARES[bias]:
        bias_ticks |= {sign * tick: format_quantity(sign * tick, "signed-percent") for sign in (1, -1)}
    roof = ratio**MARGIN
    return Axes(
        x=(low, right),
        ratio=(1 / roof, roof),
        ratio_ticks=ticks,
        bias=(-bias * MARGIN**2, bias * MARGIN**2),
        bias_ticks=bias_ticks,
    )


def compared(view: View, found: Answer, axes: Axes) -> Columns:
    """The budget on the figure of ratios, names where lines end, and the line of the chosen step."""
    budget, right = view.held.budget, axes.x[1]
    low, high = axes.ratio
    best_right = float(view.best(np.array([right]))[0])
    names, heights, details = [], [], []
    for k, column in enumerate(found.columns):
        names.append(f"Approach {k + 1}" if column is not None else "")
        rows = None if k == 2 else view.powers[k]
        size = best_right if rows is None else float(np.exp(rows[0, 1] + rows[0, 0] * np.log(right)))
        heights.append(min(max(size / best_right, low), high))
        words = "" if column is None else "".join(ranged(column.params, "params", view.level))
        details.append(words)
    step = view.step
    ratios = [float(step.params(c)) / float(view.best(np.array([c]))[0]) for c in axes.x]
    times = float(step.params(budget)) / float(view.best(np.array([budget]))[0])
    names.append(step.short)
    heights.append(min(max(ratios[1], low), high))
    arrow = "↑ " if ratios[1] > high else "↓ " if ratios[1] < low else ""
    details.append(f"{arrow}× {format_quantity(times, 'plain', 2)}")
    there = [k for k, name in enumerate(names) if name]
    pixels = [float(np.log(high / heights[k])) * RATIO_PIXELS / np.log(high / low) for k in there]
    moved = dict(zip(there, inside(pixels, RATIO_ROOM, RATIO_PIXELS), strict=True))
    out: Columns = {
        "ratio-answer": {"x": [budget], "y": [1.0]},
        "ratio-step": clipped(axes.x, (ratios[0], ratios[1]), axes.ratio),
    }
    for k, key in enumerate(("one", "two", "three", "step")):
        known = [k] if names[k] else []
        out[f"ratio-name-{key}"] = {
            "x": [right for _ in known],
            "y": [heights[k] for _ in known],
            "text": [names[k] for _ in known],
            "detail": [details[k] for _ in known],
            "dy": [moved[k] - 7.0 for _ in known],
            "below": [moved[k] + 7.0 for _ in known],
        }
    return out


def inside(at: list[float], room: float, height: float) -> list[float]:
    """Pixels by which labels at these places move so that each has room, none above or below the frame."""
    moved = apart(at, room)
    order = sorted(range(len(at)), key=lambda k: at[k] + moved[k])
    places = [at[k] + moved[k] for k in order]
    for i in range(len(places)):
        places[i] = max(places[i], places[i - 1] + room if i else room / 4)
    for i in reversed(range(len(places))):
        places[i] = min(places[i], places[i + 1] - room if i + 1 < len(places) else height - room / 4)
    out = [0.0] * len(at)
    for k, place in zip(order, places, strict=True):
        out[k] = place - at[k]
    return out


def clipped(
    x: tuple[float, float], y: tuple[float, float], frame: tuple[float, float]
) -> dict[str, list[float]]:
    """A straight line in the logarithms, as far as it lies inside the frame."""
    u, v = np.log(x), np.log(y)
    low, high = np.log(frame)
    slope = (v[1] - v[0]) / (u[1] - u[0])
    first, last = 0.0, 1.0
    if slope:
        at = sorted(((low - v[0]) / slope, (high - v[0]) / slope))
        first, last = max(first, at[0] / (u[1] - u[0])), min(last, at[1] / (u[1] - u[0]))
    elif not low <= v[0] <= high:
        return {"x": [], "y": []}
    if first >= last:
        return {"x": [], "y": []}
    ends_ = [u[0] + t * (u[1] - u[0]) for t in (first, last)]
    return {
        "x": [float(np.exp(e)) for e in ends_],
        "y": [float(np.exp(v[0] + slope * (e - u[0]))) for e in ends_],
    }


def biased(view: View, found: Answer, axes: Axes) -> Columns:
    """What the parabola alone does at the budget."""
    known = [found.bias] if np.isfinite(found.bias) else []
    # The name of the law gives way to the number beside it.
    pixels = (found.bias if known else 0.0) / (axes.bias[1] - axes.bias[0]) * RATIO_PIXELS
    way = max(0.0, BESIDE - abs(pixels)) if known else 0.0
    size = (1 + found.bias) * float(found.third.params[0]) if known else 0.0
    return {
        "bias-answer": {"x": [view.held.budget for _ in known], "y": known},
        "bias-label": {
            "x": [axes.x[1] for _ in known],
            "y": known,
            "text": [format_quantity(found.bias, "signed-percent", 2) for _ in known],
            "detail": [format_quantity(size, "params") for _ in known],
        },
        "bias-law": {"x": [axes.x[1]], "y": [0.0], "text": ["law"], "dy": [way if pixels >= 0 else -way]},
    }


def chosen(view: View) -> Columns:
    """The ring of the chosen step, its box, sizes below all boxes, and its frontier on the map."""
    held, steps = view.held, KAPLAN_TO_CHINCHILLA
    bottom, top = path_range(view)
    span = top - bottom
    sizes = [format_quantity(float(step.params(held.budget)), "params") for step in steps]
    ranges = [step_range(step, held.budget) for step in steps]
    k = [float(i) for i in range(len(steps))]
    (left, right), (floor, roof) = view.map.params, view.map.tokens
    step = view.step
    # From N = c C^a with C = 6ND: D = (N/c)^(1/a) / 6N.
    data = [(n / step.coefficient) ** (1 / step.exponent) / (SIX * n) for n in (left, right)]
    line = clipped((left, right), (data[0], data[1]), (floor, roof))
    return {
        "path-ring": {"x": [float(held.step)], "y": [step.exponent]},
        "path-box": {"x": [float(held.step)], "y": [bottom - 0.24 * span]},
        "path-sizes": {"x": k, "y": [bottom - 0.43 * span for _ in k], "text": sizes, "detail": ranges},
        "map-step": line,
        "map-step-label": {
            "x": [_along(line["x"], LABEL_AT) for _ in line["x"][-1:]],
            "y": [_along(line["y"], LABEL_AT) for _ in line["x"][-1:]],
            "text": [step.short for _ in line["x"][-1:]],
        },
    }  # fmt: skip


def _along(ends: list[float], share: float) -> float:
    """A point between two, in the logarithm."""
    return float(ends[0] ** (1 - share) * ends[1] ** share)
