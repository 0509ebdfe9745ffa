"""Columns of the sources that follow the target: the twin of the browser's ``law-curves``.

The browser computes the same columns when a slider moves; names of sources are the contract.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...units import format_interval, format_quantity
from ..curves import Floats, band, grid, law_inputs
from .view import View

CURVE_POINTS = 160
BAND_POINTS = 64
INSET = (0.57, 0.0, 1.0, 0.44)
"""Part of the main figure that the magnified curve covers: left, top, right, bottom."""
NAME = 0.075
"""Share of the width that the name of a size takes in a narrow picture."""
OFF_CURVE = 3.0
"""A largest run further off than this many median misses is said aloud: the answer leans on it most."""


def size_curves(view: View) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Curves of the law at the sizes that were trained: inside the runs, beyond them, and their labels."""
    inside: dict[str, Any] = {"xs": [], "ys": [], "params": []}
    outside: dict[str, Any] = {"xs": [], "ys": [], "params": []}
    labels: dict[str, Any] = {"x": [], "y": [], "text": []}
    params, flops = view.runs["params"].to_numpy(), view.runs["flops"].to_numpy()
    room = (view.x[1] / view.x[0]) ** NAME
    for size in view.sizes:
        near = np.abs(np.log(params / size)) < 0.35
        first, last = float(flops[near].min()), float(flops[near].max())
        start = max(view.x[0], first / 2)
        # Names of sizes keep clear of the edge of the data and of the target beyond it.
        stop = max(min(last * 14, view.inside / room), last * 1.05)
        end = float(_curve(view, size, np.array([stop]))[0])
        if np.log(end / view.y[0]) > (1 - INSET[3] - 0.05) * np.log(view.y[1] / view.y[0]):
            # Nor do they reach below what is magnified.
            stop = max(min(stop, view.x[0] * (view.x[1] / view.x[0]) ** (INSET[0] - NAME)), last * 1.05)
        for into, a, b in ((inside, start, last), (outside, last, stop)):
            x = grid(a, b, 40)
            into["xs"].append(x.tolist())
            into["ys"].append(_curve(view, size, x).tolist())
            into["params"].append(size)
        labels["x"].append(stop)
        end = float(_curve(view, size, np.array([stop]))[0])
        labels["y"].append(end if view.y[0] < end < view.y[1] else np.nan)
        labels["text"].append(format_quantity(size, "params"))
    labels["dy"] = _apart(view, labels["x"], labels["y"])
    return inside, outside, labels


def _apart(view: View, x: list[float], y: list[float]) -> list[float]:
    """Pixels by which labels move up or down so that neighbours do not stand on each other.

    Reckoned for a figure of about 650 by 350 pixels; on a larger one there is more room, not less.
    """
    height, width, line_height, reach = 350.0, 650.0, 12.0, 40.0
    up = height / np.log(view.y[1] / view.y[0])
    right = width / np.log(view.x[1] / view.x[0])
    placed: list[tuple[float, float]] = []
    moved = [0.0] * len(x)
    for i in sorted(range(len(x)), key=lambda k: -y[k] if np.isfinite(y[k]) else np.inf):
        if not np.isfinite(y[i]):
            continue
        across, down = np.log(x[i]) * right, -np.log(y[i]) * up
        start = down
        for other_across, other_down in placed:
            if abs(across - other_across) < reach and down - other_down < line_height:
                down = other_down + line_height
        if i == len(x) - 1:
            down += line_height  # the largest size runs close to the target's curve, which must stay free
        placed.append((across, down))
        moved[i] = float(down - start)
    return moved


def covers_runs(view: View) -> bool:
    """Whether runs lie where the magnified curve would stand: then it must not hide them."""
    for runs in (view.runs, view.excluded):
        across = np.log(runs["flops"].to_numpy() / view.x[0]) / np.log(view.x[1] / view.x[0])
        up = np.log(runs["loss"].to_numpy() / view.y[0]) / np.log(view.y[1] / view.y[0])
        if bool(((across > INSET[0]) & (up > 1 - INSET[3]) & (up < 1)).any()):
            return True
    return False


def remarks(view: View) -> dict[str, dict[str, Any]]:
    """Awkward facts beside the marks that they are about: runs left out, and a largest run off the curve."""
    columns: dict[str, dict[str, Any]] = {
        name: {"x": [], "y": [], "text": []} for name in ("excluded-label", "largest-label")
    }
    flops, losses = (view.excluded[name].to_numpy() for name in ("flops", "loss"))
    seen = (losses < view.y[1]) & (losses > view.y[0])
    if seen.any():
        hidden = len(losses) - int(seen.sum())
        highest = int(np.argmax(np.where(seen, losses, -np.inf)))
        more = f", and {hidden} above" if hidden else ""
        columns["excluded-label"] = {
            "x": [float(flops[highest])],
            "y": [float(losses[highest])],
            "text": [f"excluded{more}"],
        }
    off = view.fit.largest_run_residual or 0.0
    if abs(off) > OFF_CURVE * view.fit.median_miss:
        compute = view.runs["flops"].to_numpy()
        largest = int(np.argmax(compute))
        side = "below" if off < 0 else "above"
        columns["largest-label"] = {
            "x": [float(compute[largest])],
            "y": [float(view.runs["loss"].to_numpy()[largest])],
            "text": [f"largest run,\n{format_quantity(abs(float(np.expm1(off))), 'percent', 2)} {side}"],
        }
    return columns


def _curve(view: View, size: float, flops: Floats) -> Floats:
    values = view.fit.law.value(law_inputs(view.fit.law, size, flops), view.held)
    return np.asarray(values, dtype=float) * np.ones(len(flops))


def target_columns(view: View) -> dict[str, dict[str, Any]]:
    """Sources that follow the target: its curve, bands, diamond, labels and the distance to the data."""
    size, flops = view.target.params, view.target.flops
    start = _start(view)
    last = view.x[1]
    middle = min(max(view.inside, start), last)
    whole = grid(start, last, BAND_POINTS)
    low, high, run_low, run_high = band(view.fit.law, view.cloud, law_inputs(view.fit.law, size, whole))
    at = float(_curve(view, size, np.array([flops]))[0])
    edges = [float(v[0]) for v in band(view.fit.law, view.cloud, law_inputs(view.fit.law, size, flops))]
    said = "by hand" if view.by_hand else format_interval(edges[0], edges[1], "loss")
    inside, outside = grid(start, middle, CURVE_POINTS // 2), grid(middle, last, CURVE_POINTS // 2)
    distance = np.log10(flops / view.inside)
    arrow_y = view.y[0] * (view.y[1] / view.y[0]) ** 0.025
    head = [view.inside, flops] if distance > 0.02 else []
    return {
        "target-curve": {"x": inside, "y": _curve(view, size, inside)},
        "target-beyond": {"x": outside, "y": _curve(view, size, outside)},
        "band": {"x": whole, "low": low, "high": high},
        "run-band": {"x": whole, "low": run_low, "high": run_high},
        "target": {
            "x": [flops],
            "y": [at],
            "low": [edges[0]],
            "high": [edges[1]],
            "run_low": [edges[2]],
            "run_high": [edges[3]],
            "floor": [view.y[0]],
        },
        "target-label": {
            "x": [flops],
            "y": [at * (view.y[1] / view.y[0]) ** 0.09],
            "text": ["Your target"],
            "detail": [f"{format_quantity(at, 'loss')} {said}"],
        },
        "size-name": {
            "x": [start],
            "y": [float(_curve(view, size, np.array([start]))[0])],
            "text": [format_quantity(size, "params")],
        },
        "reach": {"x": head[:1], "x1": head[1:], "y": [arrow_y] * len(head[:1])},
        "reach-ends": {"x": head, "y": [arrow_y] * len(head), "angle": [np.pi / 2, -np.pi / 2][: len(head)]},
        "reach-label": {
            "x": [float(np.sqrt(view.inside * flops))] if head else [],
            "y": [arrow_y] if head else [],
            "text": [f"{distance:.1f} decades"] if head else [],
        },
    }


def _start(view: View) -> float:
    """Where the target's curve begins: where it enters the picture from above."""
    x = grid(view.x[0], view.x[1], 240)
    y = _curve(view, view.target.params, x)
    seen = x[y <= view.y[0] * (view.y[1] / view.y[0]) ** 0.62]
    return float(seen[0]) if len(seen) else float(view.x[0])


def inset_ranges(view: View) -> tuple[tuple[float, float], tuple[float, float]]:
    """What the inset magnifies: the end of the data and the target, with the band filling the height."""
    left = min(view.inside, view.target.flops) / 3.5
    right = min(max(view.inside, view.target.flops) * 10, view.x[1])
    x = grid(left, right, 24)
    _, _, low, high = band(view.fit.law, view.cloud, law_inputs(view.fit.law, view.target.params, x))
    bottom, top = float(low[-1]), float(high[0])
    pad = 0.08 * (top - bottom)
    return (left, right), (bottom - pad, top + pad)
