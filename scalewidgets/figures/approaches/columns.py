"""Columns of what depends on the runs alone; names of sources are the contract."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...allocation.kaplan_path import KAPLAN_TO_CHINCHILLA
from ...fitting.problem import FLOPS_PER_PARAM_TOKEN as SIX
from ...units import format_quantity
from ..allocator.columns import band_of, contours, first_row, frontier
from ..allocator.view import Array
from ..spending import compute
from .view import View

Columns = dict[str, dict[str, Any]]

POINTS, BAND_POINTS = 25, 61
FAR = 1e6
"""How far beyond the slider lines are drawn, for a budget that is typed."""
PICTURE_PIXELS, LINE_PIXELS, NAME_PIXELS = 190.0, 13.0, 26.0
"""Sides of the picture of an approach, about, height of a line of its text, and width of a budget's name."""
BOX = (-0.36, -0.12)
"""Where the boxes of the steps stand below the exponents, as a share of their range."""


def standing(view: View) -> Columns:
    """The pictures of the three approaches, the ratios with their bands, the bias, and the path."""
    return {
        **envelope(view),
        **sweeps(view),
        **law(view),
        **ratios(view),
        **bias(view),
        **path(view),
    }


# -- what each approach does -----------------------------------------------------------------------


def envelope(view: View) -> Columns:
    """Approach 1: winners among the runs, and the ends of the bins."""
    lines = view.lines
    low, high = loss_range(view)
    points = lines.first
    winners = np.empty(0, dtype=int)
    if points is not None:
        away = np.abs(np.log(lines.flops)[None, :] - points.log_flops[0][:, None])
        away += np.abs(np.log(lines.params)[None, :] - points.log_params[0][:, None])
        winners = np.argmin(away, axis=1)
    edges = lines.edges
    count = len(edges) - 1
    said = f"{len(winners)} of {count} bins have a winner" if points is not None else ""
    return {
        "winners": {"x": lines.flops[winners], "y": lines.loss[winners]},
        "bins": {
            "x": edges,
            "y": np.full(len(edges), low),
            "y1": np.full(len(edges), low * (high / low) ** 0.035),
        },
        "bins-label": {"x": [float(flops_range(view)[1])], "y": [high], "text": [said]},
    }


def flops_range(view: View) -> tuple[float, float]:
    """Compute of the runs, with room."""
    flops = view.lines.flops
    return float(flops.min() / 1.6), float(flops.max() * 1.6)


def loss_range(view: View) -> tuple[float, float]:
    """Losses of the runs, with room."""
    loss = view.lines.loss
    return float(loss.min() * 0.985), float(loss.max() * 1.02)


def sweeps(view: View) -> Columns:
    """Approach 2: runs near each budget, their parabola, its lowest point, and the law at the same budget."""
    lines = view.lines
    curves: dict[str, list[Any]] = {"xs": [], "ys": [], "flops": []}
    laws: dict[str, list[Any]] = {"xs": [], "ys": []}
    runs: list[Array] = []
    rings: dict[str, list[Any]] = {"x": [], "y": []}
    bars: dict[str, list[Any]] = {"x": [], "x1": [], "y": []}
    centre = first_row(view.map.surface)
    points = lines.second
    for k, budget in enumerate([] if points is None else points.flops):
        assert points is not None
        inside = np.abs(np.log(lines.flops / budget)) <= np.log1p(lines.tolerance)
        x, y = np.log(lines.params[inside]), lines.loss[inside]
        runs.append(np.stack([lines.params[inside], y, np.full(int(inside.sum()), budget)], axis=1))
        middle = x.mean()
        parabola = np.polynomial.Polynomial.fit(x - middle, y, 2)
        at = np.linspace(x.min(), x.max(), POINTS)
        curves["xs"].append(np.exp(at))
        curves["ys"].append(parabola(at - middle))
        curves["flops"].append(float(budget))
        laws["xs"].append(np.exp(at))
        laws["ys"].append(centre.loss(np.exp(at)[None], (budget / (SIX * np.exp(at)))[None])[0])
        lowest = points.log_params[:, k]
        if np.isfinite(lowest[0]):
            height = float(parabola(lowest[0] - middle))
            rings["x"].append(float(np.exp(lowest[0])))
            rings["y"].append(height)
            sure = lowest[np.isfinite(lowest)]
            if len(sure) > 1:
                low, high = band_of(np.exp(sure)[:, None], view.level)
                bars["x"].append(float(low[0]))
                bars["x1"].append(float(high[0]))
                bars["y"].append(height)
    every = np.concatenate(runs) if runs else np.empty((0, 3))
    return {
        "sweep-curves": curves,
        "sweep-laws": laws,
        "sweep-runs": {"params": every[:, 0], "loss": every[:, 1], "flops": every[:, 2]},
        "sweep-rings": rings,
        "sweep-bars": bars,
        "sweep-labels": _thinned(curves, view),
    }


def sweep_range(view: View) -> tuple[float, float]:
    """Losses of the runs near the budgets; far from the best size they may be cut."""
    lines = view.lines
    if lines.second is None:
        return loss_range(view)
    near = np.abs(np.log(lines.flops[:, None] / lines.second.flops[None, :])) <= np.log1p(lines.tolerance)
    loss = lines.loss[near.any(axis=1)]
    return float(loss.min() * 0.985), float(loss.max() * 1.02)


def _thinned(curves: dict[str, list[Any]], view: View) -> dict[str, list[Any]]:
    """Names of curves at their right end or else their left one, from the lowest up, as many as have room."""
    out: dict[str, list[Any]] = {"x": [], "y": [], "text": [], "align": [], "dx": []}
    if not curves["xs"]:
        return out
    low, high = sweep_range(view)
    sizes = np.concatenate([*curves["xs"], view.lines.params])
    left, right = float(sizes.min()), float(sizes.max())

    def pixels(x: Array, y: Array) -> Array:
        across = np.log(x / left) / np.log(right / left) * PICTURE_PIXELS
        return np.stack([across, np.log(y / low) / np.log(high / low) * PICTURE_PIXELS], axis=-1)

    drawn = [pixels(x, y) for x, y in zip(curves["xs"], curves["ys"], strict=True)]
    taken: list[Array] = []
    for k in sorted(range(len(drawn)), key=lambda k: float(drawn[k][-1, 1])):
        ink = np.concatenate([path for other, path in enumerate(drawn) if other != k] or [np.empty((0, 2))])
        for end, side in ((-1, 1), (0, -1)):
            middle = drawn[k][end] + (side * (4 + NAME_PIXELS / 2), 0.0)
            covered = (np.abs(ink - middle) < (NAME_PIXELS / 2, LINE_PIXELS / 2)).all(axis=1).any()
            # Left of the frame stand the numbers of its axis.
            covered = covered or (side < 0 and middle[0] < NAME_PIXELS / 2)
            close = any((np.abs(at - middle) < (NAME_PIXELS, LINE_PIXELS)).all() for at in taken)
            if not (covered or close):
                taken.append(middle)
                out["x"].append(float(curves["xs"][k][end]))
                out["y"].append(float(curves["ys"][k][end]))
                out["text"].append(compute(curves["flops"][k]).removesuffix(" FLOP"))
                out["align"].append("left" if side > 0 else "right")
                out["dx"].append(5.0 * side)
                break
    return out


def law(view: View) -> Columns:
    """Approach 3: contours of the loss and the frontier with its band."""
    (left, right), (bottom, top) = view.map.params, view.map.tokens
    drawn = {**contours(view.map), **frontier(view.map)}
    # Its name stands on empty ground: where the frontier leaves the picture.
    inside = drawn["frontier-inside"], drawn["frontier-beyond"]
    size = np.concatenate([part["x"] for part in inside])
    data = np.concatenate([part["y"] for part in inside])
    at = np.exp(0.25 * np.log(left) + 0.75 * np.log(right))
    height = np.exp(np.interp(np.log(at), np.log(size), np.log(data)))
    drawn["frontier-label"] = {"x": [at], "y": [min(height, top / 1.3)], "text": ["frontier"]}
    return {name: data for name, data in drawn.items() if name != "contour-labels"} | {
        "map-corner": {"x": [left], "y": [bottom]}
    }


# -- what they say of each other -------------------------------------------------------------------


def ratios(view: View) -> Columns:
    """Best sizes over that of approach 3, with bands; rings: the lowest points of the parabolas."""
    flops = np.geomspace(view.reach[0], view.reach[1] * FAR, BAND_POINTS)
    best = view.best(flops)
    _, big_a, alpha, big_b, beta = (column[:, None] for column in view.law.T)
    scale = (alpha * big_a / (beta * big_b)) ** (1 / (alpha + beta))
    third = scale * (flops[None] / SIX) ** (beta / (alpha + beta))
    tables = [None if rows is None else _sizes(rows, flops) for rows in view.powers]
    out: Columns = {}
    for name, table in zip(("one", "two", "three"), (*tables, third), strict=True):
        out[f"ratio-band-{name}"] = {"x": [], "low": [], "high": []}
        out[f"ratio-line-{name}"] = {"x": [], "y": []}
        if table is None:
            continue
        if name != "three":
            # Where a resample has no line it is left out; how many is said in the trust line.
            table = table[np.isfinite(table[:, 0])]
        low, high = band_of(table / best, view.level)
        if len(table) > 1:
            out[f"ratio-band-{name}"] = {"x": flops, "low": low, "high": high}
        out[f"ratio-line-{name}"] = {"x": flops, "y": table[0] / best}
    both = out["ratio-band-two"]
    edges = {"xs": [], "ys": []} if not len(both["x"]) else {
        "xs": [flops, flops], "ys": [both["low"], both["high"]]
    }  # fmt: skip
    points = view.lines.second
    rings: dict[str, Any] = {"x": [], "y": []}
    if points is not None:
        found = np.isfinite(points.log_params[0])
        c = points.flops[found]
        rings = {"x": c, "y": np.exp(points.log_params[0][found]) / view.best(c)}
    return {**out, "ratio-edges-two": edges, "ratio-rings": rings}


def _sizes(rows: Array, flops: Array) -> Array:
    return np.asarray(np.exp(rows[:, 1:] + rows[:, :1] * np.log(flops)[None]))


def bias(view: View) -> Columns:
    """What the parabola adds: without noise filled with stems, with it hollow, and the line of the former."""
    clean, noisy = view.lines.clean, view.lines.second
    out: Columns = {
        "bias-dots": {"x": [], "y": [], "zero": []},
        "bias-rings": {"x": [], "y": []},
        "bias-inside": {"x": [], "y": []},
        "bias-beyond": {"x": [], "y": []},
    }
    for name, points in (("bias-dots", clean), ("bias-rings", noisy)):
        if points is not None:
            found = np.isfinite(points.log_params[0])
            c = points.flops[found]
            out[name] = {"x": c, "y": np.exp(points.log_params[0][found]) / view.best(c) - 1}
    out["bias-dots"]["zero"] = np.zeros(len(out["bias-dots"]["x"]))
    if view.clean is not None:
        slope, intercept = view.clean
        for name, low, high in (
            ("bias-inside", view.reach[0], view.edge),
            ("bias-beyond", view.edge, view.reach[1] * FAR),
        ):
            c = np.geomspace(low, high, POINTS)
            out[name] = {"x": c, "y": np.exp(intercept + slope * np.log(c)) / view.best(c) - 1}
    return out


# -- from Kaplan to Chinchilla ---------------------------------------------------------------------


def path_range(view: View) -> tuple[float, float]:
    """Exponents of the path and of approach 3."""
    own = view.law[:, 4] / (view.law[:, 2] + view.law[:, 4])
    low, high = band_of(own[:, None], view.level)
    return (
        min(0.44, *(step.low - 0.05 for step in KAPLAN_TO_CHINCHILLA), float(low[0]) - 0.03),
        max(0.9, float(high[0]) + 0.03),
    )


def path(view: View) -> Columns:
    """Exponents of the five steps, the falls between them, their boxes, and the exponent of approach 3."""
    steps = KAPLAN_TO_CHINCHILLA
    k = np.arange(len(steps), dtype=float)
    a = np.array([step.exponent for step in steps])
    bottom, top = path_range(view)
    span = top - bottom
    ends = bottom + BOX[0] * span, bottom + BOX[1] * span
    own = view.law[:, 4] / (view.law[:, 2] + view.law[:, 4])
    low, high = band_of(own[:, None], view.level)
    x = np.array([-0.5, len(steps) - 0.5])
    room = 0.03 * span
    falls = [f"−{format_quantity(float(v), 'exponent')}" for v in a[:-1] - a[1:]]
    named = [format_quantity(float(v), "exponent") for v in a]
    first, last = 0, len(steps) - 1
    return {
        "path-band": {"x": x, "low": np.full(2, float(low[0])), "high": np.full(2, float(high[0]))},
        "path-own": {"x": x, "y": np.full(2, float(own[0]))},
        "path-own-label": {
            "x": [-0.46], "y": [float(low[0])], "text": ["these runs, approach 3"],
        },
        "path-bars": {
            "x": k, "low": [step.low for step in steps], "high": [step.high for step in steps],
        },
        "path-dots": {"x": k, "y": a},
        "path-across": {"x": k[:-1] + 0.15, "x1": k[1:], "y": a[:-1]},
        "path-down": {"x": k[1:], "y": a[:-1], "y1": a[1:] + room},
        "path-heads": {"x": k[1:], "y": a[1:] + 1.3 * room, "angle": np.full(last, np.pi)},
        "path-falls": {
            "x": k[1:], "y": (a[:-1] + a[1:]) / 2 + 0.3 * room, "text": falls,
            "align": ["left"] * (last - 1) + ["right"],
            "dx": [6.0] * (last - 1) + [-7.0],
        },
        "path-names": {
            "x": k, "y": a, "text": named,
            "align": ["left" if i == first else "right" for i in range(last)] + ["center"],
            "dx": [12.0 if i == first else -13.0 for i in range(last)] + [0.0],
            "dy": [-9.0 if i == first else 0.0 for i in range(last)] + [18.0],
        },
        "path-boxes": {"x": k, "y": np.full(last + 1, (ends[0] + ends[1]) / 2)},
        "path-words": {
            "x": k, "y": np.full(last + 1, (ends[0] + ends[1]) / 2),
            "text": [_two_lines(step.short) for step in steps],
        },
    }  # fmt: skip


def _two_lines(words: str) -> str:
    first, _, rest = words.partition(" ")
    second, _, third = rest.partition(" ")
    return f"{first}\n{rest}" if not third else f"{first} {second}\n{third}"
