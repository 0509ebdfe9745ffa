"""Who wins behind which verifier: areas of the models over its two rates, and lines of equal share solved."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...testtime.menu import Menu
from ...testtime.solved import behind, fitted_solved
from ..plots import even_ticks
from .view import RIGHT_RANGE, WRONG_RANGE, Array, View

ROWS, ACROSS = 17, 31
"""Right answers accepted, evenly; wrong answers accepted, evenly in the logarithm."""
PIXELS = (262.0, 150.0)
"""Width and height of the frame, about, for the room that names take."""
NAME_ROW, LINE_ROW = 0.42, 0.14
"""Heights at which names and shares are written, as a fraction of the axis."""

Run = tuple[int, float, float]


def map_columns(view: View, found: Menu) -> dict[str, dict[str, Any]]:
    """Areas, lines, names and the user's verifier."""
    held = view.held
    out: dict[str, dict[str, Any]] = {
        "map-areas": {"xs": [], "ys": [], "size": []},
        "map-edges": {"xs": [], "ys": []},
        "map-lines": {"xs": [], "ys": []},
        "map-line-labels": {"x": [], "y": [], "text": []},
        "map-names": {"x": [], "y": [], "text": []},
        "map-user": {"x": [], "y": []},
        "map-cross": {"x": [], "y": [], "x1": [], "y1": []},
        "map-user-label": {"x": [], "y": [], "text": [], "align": [], "dx": [], "dy": []},
    }
    if found.best >= 0:
        out |= areas(view, found)
    if held.verifier == "noisy":
        x, y = np.clip(held.wrong, *WRONG_RANGE), np.clip(held.right, *RIGHT_RANGE)
        left, right = np.log(WRONG_RANGE)
        at, low = (np.log(x) - left) / (right - left), y < RIGHT_RANGE[1] - 0.12
        out["map-user"] = {"x": [x], "y": [y]}
        out["map-cross"] = {
            "x": [WRONG_RANGE[0], x], "y": [y, RIGHT_RANGE[0]],
            "x1": [WRONG_RANGE[1], x], "y1": [y, RIGHT_RANGE[1]],
        }  # fmt: skip
        align = "left" if at < 0.62 else "right"
        out["map-user-label"] = {
            "x": [x], "y": [y], "text": ["your verifier"], "align": [align],
            "dx": [9.0 if align == "left" else -9.0], "dy": [-9.0 if low else 11.0],
        }  # fmt: skip
    return out


def surface(view: View, found: Menu) -> tuple[Array, Array, Array]:
    """Wrong and right shares of the grid, and the share solved by each model, shape (m, rows, across)."""
    counts = view.tally
    wrong, right = np.geomspace(*WRONG_RANGE, ACROSS), np.linspace(*RIGHT_RANGE, ROWS)
    out = np.full((len(counts.models), ROWS, ACROSS), -1.0)
    t, f = right[:, None, None], wrong[None, :, None]
    for m, k in enumerate(found.samples):
        if k < 1:
            continue
        if found.fitted[m]:
            a, b = counts.shapes[m, 0]
            flat = [fitted_solved(a, b, int(k), (float(y), float(x))) for y in right for x in wrong]
            out[m] = np.nan_to_num(np.reshape(flat, (ROWS, ACROSS)), nan=-1.0)
            continue
        rates = counts.rates[m]
        seen, times = np.unique(rates[rates > 0], return_counts=True)
        out[m] = behind(seen, int(k), t, f) @ times / len(rates)
    return wrong, right, out


def areas(view: View, found: Menu) -> dict[str, dict[str, Any]]:
    """Polygons of the winners, their edges, names, and lines of the best share solved."""
    wrong, right, values = surface(view, found)
    rows = [_runs(wrong, values[:, i, :]) for i in range(ROWS)]
    polygons = _polygons(right, rows)
    best = values.max(axis=0)
    names = _names(view, right, rows)
    lines = _lines(wrong, right, best)
    return {
        "map-areas": {
            "xs": [xs for _, xs, _ in polygons],
            "ys": [ys for _, _, ys in polygons],
            "size": [float(view.sizes[m]) for m, _, _ in polygons],
        },
        "map-edges": {"xs": [xs for _, xs, _ in polygons], "ys": [ys for _, _, ys in polygons]},
        "map-names": names,
        **lines,
    }


def _runs(wrong: Array, values: Array) -> list[Run]:
    """Winners along one row, each from where to where."""
    winner = np.argmax(values, axis=0)
    logs = np.log(wrong)
    out: list[Run] = []
    start = float(wrong[0])
    for j in range(len(wrong) - 1):
        a, b = int(winner[j]), int(winner[j + 1])
        if a != b:
            before, after = values[a, j] - values[b, j], values[a, j + 1] - values[b, j + 1]
            share = before / (before - after) if before > after else 0.5
            at = float(np.exp(logs[j] + share * (logs[j + 1] - logs[j])))
            out.append((a, start, at))
            start = at
    out.append((int(winner[-1]), start, float(wrong[-1])))
    return out


def _polygons(right: Array, rows: list[list[Run]]) -> list[tuple[int, Array, Array]]:
    """Runs of one model in neighbouring rows joined to polygons."""
    half = float(right[1] - right[0]) / 2
    bottom, top = float(right[0]), float(right[-1])
    open_chains: list[tuple[int, list[tuple[float, float, float]]]] = []
    done: list[tuple[int, list[tuple[float, float, float]]]] = []
    for i, row in enumerate(rows):
        y = float(right[i])
        following: list[tuple[int, list[tuple[float, float, float]]]] = []
        for model, left, end in row:
            place = next(
                (c for c, chain in enumerate(open_chains)
                 if chain[0] == model and chain[1][-1][1] < end and left < chain[1][-1][2]),
                None,
            )  # fmt: skip
            if place is None:
                below = max(bottom, y - half)
                following.append((model, [(below, left, end)] + ([(y, left, end)] if below < y else [])))
            else:
                chain = open_chains.pop(place)
                chain[1].append((y, left, end))
                following.append(chain)
        done += [_closed(chain, min(top, chain[1][-1][0] + half)) for chain in open_chains]
        open_chains = following
    done += [_closed(chain, min(top, chain[1][-1][0] + half)) for chain in open_chains]
    out = []
    for model, points in done:
        ys = np.array([p[0] for p in points])
        lefts, rights = np.array([p[1] for p in points]), np.array([p[2] for p in points])
        out.append((model, np.concatenate([lefts, rights[::-1]]), np.concatenate([ys, ys[::-1]])))
    return out


def _closed(
    chain: tuple[int, list[tuple[float, float, float]]], top: float
) -> tuple[int, list[tuple[float, float, float]]]:
    last = chain[1][-1]
    if top > last[0]:
        chain[1].append((top, last[1], last[2]))
    return chain


def _names(view: View, right: Array, rows: list[list[Run]]) -> dict[str, list[Any]]:
    """Names inside the areas that have room for them."""
    out: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    span = np.log(WRONG_RANGE[1] / WRONG_RANGE[0])
    first = int(NAME_ROW * (len(rows) - 1))
    order = sorted(range(len(rows)), key=lambda i: (abs(i - first), i))
    named: set[int] = set()
    for i in order:
        if not 1 < i < len(rows) - 2:
            continue
        for model, left, end in rows[i]:
            words = view.labels[model]
            wide = np.log(end / left) / span * PIXELS[0]
            if model not in named and wide > 6.6 * len(words) + 6:
                named.add(model)
                out["x"].append(float(np.sqrt(left * end)))
                out["y"].append(float(right[i]))
                out["text"].append(words)
    return out


def _lines(wrong: Array, right: Array, best: Array) -> dict[str, dict[str, Any]]:
    """Lines of equal share solved: along every row the share falls, so each level is passed once."""
    least, most = float(best.min()), float(best.max())
    levels = [v for v in even_ticks(least, most, 5) if least < v < most] if most > least else []
    logs = np.log(wrong)
    xs: list[Array] = []
    ys: list[Array] = []
    label: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    wanted = int(LINE_ROW * (len(right) - 1))
    for level in levels:
        x, y = [], []
        for i in range(len(right)):
            row = best[i]
            j = int(np.searchsorted(-row, -level))
            if 0 < j < len(row):
                share = (row[j - 1] - level) / (row[j - 1] - row[j])
                x.append(float(np.exp(logs[j - 1] + share * (logs[j] - logs[j - 1]))))
                y.append(float(right[i]))
        if len(x) < 2:
            continue
        xs.append(np.array(x))
        ys.append(np.array(y))
        at = min(range(len(y)), key=lambda i: abs(y[i] - right[wanted]))
        if WRONG_RANGE[0] * 1.5 < x[at] < WRONG_RANGE[1] / 1.5 and y[at] < right[-1] - 0.08:
            digits = max(0, int(np.ceil(-np.log10(100 * levels[0])))) if levels[0] < 0.01 else 0
            label["x"].append(x[at])
            label["y"].append(y[at])
            label["text"].append(f"{100 * level:.{digits}f} %")
    return {"map-lines": {"xs": xs, "ys": ys}, "map-line-labels": label}
