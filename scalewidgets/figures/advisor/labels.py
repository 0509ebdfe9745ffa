"""Where words have room on the figures of the advisor."""

from __future__ import annotations

import numpy as np

from .view import Array, View

LABEL_WIDTH, LABEL_HEIGHT = 0.22, 0.04
"""Room for the words beside a diamond, as a share of the map."""
MAP_PIXELS, WORDS_PIXELS = 376.0, 33.0
"""Height of the map, and of the two lines of words beside a diamond."""


def room_right(marks: Array, others: Array, across: float, up: float) -> bool:
    """Whether the words of a diamond cover fewer marks at its right than at its left, or another's words."""
    if across > 1 - LABEL_WIDTH or across < LABEL_WIDTH:
        return across < 0.5

    def balance(of: Array, width: float, height: float) -> int:
        away = of[np.abs(of[:, 1] - up) < height, 0] - across
        right, left = (away > 0.005) & (away < width), (away < -0.005) & (away > -width)
        return int(right.sum()) - int(left.sum())

    beside = balance(others, 2 * LABEL_WIDTH, 2 * LABEL_HEIGHT)
    return balance(marks, LABEL_WIDTH, LABEL_HEIGHT) <= 0 if beside == 0 else beside < 0


def words_apart(right: list[bool], here: Array) -> list[float]:
    """Pixels by which the words of each diamond move down, so that those on one side do not touch."""
    out = [0.0] * len(right)
    order = sorted(range(len(right)), key=lambda k: (-here[k, 1], k))
    for i, upper in enumerate(order):
        for lower in order[i + 1 :]:
            side = right[upper] == right[lower]
            if not side or abs(here[upper, 0] - here[lower, 0]) >= LABEL_WIDTH:
                continue
            rest = (here[upper, 1] - here[lower, 1]) * MAP_PIXELS + out[lower] - out[upper]
            if rest < WORDS_PIXELS:
                out[upper] -= (WORDS_PIXELS - rest) / 2
                out[lower] += (WORDS_PIXELS - rest) / 2
    return out


def quiet_place(view: View, product: float) -> tuple[float, float] | None:
    """Where on a line of equal price a label covers the fewest marks, away from the words of the batch."""
    (left, right), (bottom, top) = view.params, view.tokens
    ends = max(left, product / top), min(right, product / bottom)
    if ends[1] < ends[0] * (right / left) ** 0.08:
        return None
    x = np.geomspace(ends[0], ends[1], 25)[2:-2]
    y = product / x
    across, up = np.log(x / left) / np.log(right / left), np.log(y / bottom) / np.log(top / bottom)
    marks = view.marks
    runs = np.array(view.batch)
    batch = np.column_stack(
        [np.log(runs[:, 0] / left) / np.log(right / left), np.log(runs[:, 1] / bottom) / np.log(top / bottom)]
    )
    near = (np.abs(marks[:, 0] - across[:, None]) < 0.05) & (np.abs(marks[:, 1] - up[:, None]) < 0.035)
    words = (np.abs(batch[:, 0] - across[:, None]) < 0.28) & (np.abs(batch[:, 1] - up[:, None]) < 0.09)
    edge = (np.minimum(across, 1 - across) < 0.06) | (np.minimum(up, 1 - up) < 0.06)
    cost = near.sum(axis=1) + 50 * words.sum(axis=1) + 20 * edge
    best = int(np.argmin(cost))
    return float(x[best]), float(y[best])


def apart(heights: list[float], least: float = 0.11) -> list[float]:
    """Heights of labels, moved down where two would touch."""
    out = list(heights)
    above = 1.03 + least
    for k in sorted(range(len(out)), key=lambda k: -out[k] if np.isfinite(out[k]) else np.inf):
        if np.isfinite(out[k]):
            above = out[k] = min(out[k], above - least)
    return out
