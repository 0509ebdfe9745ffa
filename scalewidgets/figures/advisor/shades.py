"""Where a run would teach most: grounds and lines of how much one run alone narrows the interval."""

from __future__ import annotations

from typing import Any

import numpy as np
from contourpy import ContourGenerator, LineType, contour_generator

from .view import Array, View

COLUMNS, ROWS = 64, 52
"""Points of the grid behind the shades, evenly in the logarithms."""
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Steps between two shades, as a share of the interval's width."""
MOST_STEPS = 4
WORDS = (0.27, 0.07)
"""Room that the words of a diamond take around it, as a share of the map."""
MARK = (0.045, 0.03)
"""Room that a label takes from a dot."""
SHADE = 0.085
"""Opacity of a step."""


def grid_of(view: View) -> tuple[Array, Array]:
    """Parameters and tokens of the grid."""
    return np.geomspace(*view.params, COLUMNS), np.geomspace(*view.tokens, ROWS)


def lines_of(view: View) -> Array:
    """Derivatives of the log loss by the free coefficients at every point of the grid, (rows, columns, q)."""
    x, y = grid_of(view)
    n, d = np.meshgrid(x, y)
    lines = view.advice.known.sensitivity(n.ravel(), d.ravel())
    return lines.reshape(ROWS, COLUMNS, -1)


def narrowing(view: View, lines: Array) -> Array:
    """Share of the interval's width that a run with these derivatives alone takes off."""
    known, slope = view.advice.known, view.advice.slope
    through = lines @ known.inverse
    pull, own = through @ slope, np.sum(through * lines, axis=-1) + known.scatter**2
    variance = slope @ known.inverse @ slope
    return np.asarray(1 - np.sqrt(np.maximum(1 - pull**2 / own / variance, 0.0)))


def levels_of(highest: float) -> list[float]:
    """Round levels below the highest, at most :data:`MOST_STEPS`."""
    step = next((s for s in STEPS if highest / s <= MOST_STEPS + 1), STEPS[-1])
    return [round(step * k, 4) for k in range(1, MOST_STEPS + 1) if step * k < highest * 0.995]


def shades(view: View) -> dict[str, dict[str, Any]]:
    """Columns of the grounds, the lines and their labels."""
    x, y = grid_of(view)
    lx, ly = np.log(x), np.log(y)
    height = narrowing(view, lines_of(view))
    levels = levels_of(float(height.max()))
    # A border of nothing closes the grounds that run out of the map.
    padded = np.pad(height, 1, mode="constant", constant_values=-1.0)
    px, py = (np.concatenate([[a[0] - 1e-9], a, [a[-1] + 1e-9]]) for a in (lx, ly))
    grounds = contour_generator(px, py, padded, line_type=LineType.Separate)
    drawn = contour_generator(lx, ly, height, line_type=LineType.Separate)
    ground: dict[str, Any] = {"xs": [], "ys": []}
    lines: dict[str, Any] = {"xs": [], "ys": []}
    labels: dict[str, Any] = {"x": [], "y": [], "text": []}
    for level in levels:
        loops = _lines(grounds, level)
        if loops:
            path = joined(loops)
            ground["xs"].append(_short(path[:, 0]))
            ground["ys"].append(_short(path[:, 1]))
        parts = _lines(drawn, level)
        for part in parts:
            lines["xs"].append(_short(part[:, 0]))
            lines["ys"].append(_short(part[:, 1]))
        place = label_place(view, np.concatenate(parts)) if parts else None
        if place is not None:
            labels["x"].append(float(np.exp(place[0])))
            labels["y"].append(float(np.exp(place[1])))
            labels["text"].append(f"{round(100 * level)} %")
    return {"shade": ground, "shade-lines": lines, "shade-labels": labels}


def joined(loops: list[Array]) -> Array:
    """Loops as one polygon, joined by bridges without width: a hole runs the other way and stays empty."""
    first = loops[0][:1]
    return np.concatenate([part for loop in loops for part in (loop, loop[:1], first)])


def label_place(view: View, points: Array) -> tuple[float, float] | None:
    """Where a line is labelled: towards the lower right, away from the edges and from the batch."""
    (left, right), (bottom, top) = np.log(view.params), np.log(view.tokens)
    across, up = (points[:, 0] - left) / (right - left), (points[:, 1] - bottom) / (top - bottom)
    inside = (across > 0.06) & (across < 0.94) & (up > 0.05) & (up < 0.95)
    for n, d in view.batch:
        x, y = (np.log(n) - left) / (right - left), (np.log(d) - bottom) / (top - bottom)
        inside &= (np.abs(across - x) > WORDS[0]) | (np.abs(up - y) > WORDS[1])
    for x, y in view.marks:
        inside &= (np.abs(across - x) > MARK[0]) | (np.abs(up - y) > MARK[1])
    if not inside.any():
        return None
    best = np.flatnonzero(inside)[int(np.argmax((across - 0.7 * up)[inside]))]
    return float(points[best, 0]), float(points[best, 1])


def _lines(drawn: ContourGenerator, level: float) -> list[Array]:
    return [np.asarray(part, dtype=float) for part in drawn.lines(level)]


def _short(values: Array) -> list[float]:
    """Numbers as they are drawn: a file stays small."""
    return [float(f"{v:.4g}") for v in np.exp(values)]
