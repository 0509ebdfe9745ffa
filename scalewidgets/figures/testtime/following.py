"""What follows the sliders, in columns: the twin of the browser's ``testtime-columns.ts``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...testtime.menu import Menu
from ...testtime.solved import IN_BANDS, each_solved, mean_solved
from ...units import format_quantity
from ..recipes.columns import apart
from .spent import spent_columns
from .standing import (
    AXIS_PIXELS,
    Columns,
    bands,
    grid_inside,
    main_range,
    main_top,
)
from .view import Array, View, advice, budget_of, costs
from .winners import map_columns

BEYOND_POINTS = 9
NAME_ROOM = 14.0


def moving(view: View) -> Columns:
    """Everything that a slider moves."""
    found = advice(view)
    own = spent_columns(view, found) if view.systems is None else {}
    return {**coverage_columns(view, found), **map_columns(view, found), **own}


def share(value: float) -> str:
    """A share solved as a person says it."""
    return "–" if not np.isfinite(value) else format_quantity(value, "percent", share_digits(value))


def share_digits(value: float) -> int:
    """Digits of a share: whole per cents, two digits below one."""
    return 1 if 0.00995 <= value < 0.0995 else 2


def between(low: float, high: float) -> str:
    """Its interval, without the unit."""
    ends = [share(end).removesuffix(" %") for end in (low, high)]
    return f"[{ends[0]}, {ends[1]}]" if np.isfinite(low) else ""


def samples_words(count: float) -> str:
    """A number of samples."""
    return f"{count:,.0f} sample" if count == 1 else f"{count:,.0f} samples"


def coverage_columns(view: View, found: Menu) -> Columns:
    """The advised model behind the user's verifier, its ceiling and saturation, and what the budget buys."""
    out = _empty()
    best = found.best
    top, (left, right) = main_top(view), main_range(view)
    out |= _ends(view, found, best)
    if best < 0:
        return out
    size = float(view.sizes[best])
    k = grid_inside(view, best)
    curve = coverage_of(view, best, k)
    band = bands(view)[best]
    out["cov-advised"] = {"xs": [k], "ys": [curve], "size": [size]}
    out["cov-advised-band"] = {
        "xs": [np.concatenate([k, k[::-1]])],
        "ys": [np.concatenate([band[0], band[1][::-1]])],
        "size": [size],
    }
    out |= _verified(view, found, best, k, curve)
    out |= _bought(view, found, best, top, left, right)
    out |= _saturation(view, found, best, top, left, right)
    return out


def coverage_of(view: View, model: int, k: Array) -> Array:
    """Coverage at counted numbers of samples."""
    counts = view.tally
    return np.array([float(each_solved(counts, model, int(x), None).mean()) for x in k])


def _empty() -> Columns:
    none: dict[str, list[Any]] = {"x": [], "y": []}
    said: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    return {
        "cov-advised": {"xs": [], "ys": [], "size": []},
        "cov-advised-band": {"xs": [], "ys": [], "size": []},
        "cov-verified": dict(none),
        "cov-verified-beyond": dict(none),
        "cov-verified-band": {"x": [], "low": [], "high": []},
        "cov-ceiling": dict(none),
        "cov-ceiling-label": {**said, "dy": []},
        "cov-ceiling-note": dict(said),
        "cov-rings": dict(none),
        "cov-answer": dict(none),
        "cov-buys-line": {"x": [], "y": [], "y1": []},
        "cov-buys": {**said, "align": [], "dx": []},
        "cov-buys-note": {**said, "align": [], "dx": []},
        "cov-saturation": dict(none),
        "cov-saturation-drop": {"x": [], "y": [], "y1": []},
        "cov-saturation-bar": {"x": [], "y": [], "x1": []},
        "cov-saturation-label": {**said, "align": [], "dx": []},
        "cov-saturation-note": {**said, "align": [], "dx": []},
    }


def _verified(view: View, found: Menu, best: int, k: Array, curve: Array) -> Columns:
    """The curve behind the verifier; a perfect one gives coverage itself, and no ceiling."""
    counts, rates = view.tally, view.held.rates
    left, right = main_range(view)
    far = np.geomspace(k[-1], right, BEYOND_POINTS)
    beyond = np.array([mean_solved(counts, best, int(np.floor(x + 0.5)), rates) for x in far[1:]])
    out: Columns = {}
    if rates is None:
        inside, band = curve, bands(view)[best]
    else:
        each = np.stack([each_solved(counts, best, int(x), rates) for x in k])
        inside = each.mean(axis=1)
        rows = counts.weights[:IN_BANDS] @ each.T / len(counts.problems)
        side = (1 - view.level) / 2
        band = np.quantile(rows, [side, 1 - side], axis=0)
        ceiling = float(found.ceiling[best])
        top = main_top(view)
        out["cov-ceiling"] = {"x": [left, right], "y": [ceiling, ceiling]}
        high = ceiling > 0.93 * top
        words = f"Ceiling {share(ceiling)}"
        label = {"x": [left], "y": [ceiling], "text": [words], "dy": [11.0 if high else -10.0]}
        out["cov-ceiling-label"] = label
        low = ceiling < 0.13 * top or high
        out["cov-ceiling-note"] = {
            "x": [left] * (not low), "y": [ceiling] * (not low), "text": ["at any budget"] * (not low)
        }  # fmt: skip
    fine = np.isfinite(beyond)
    return out | {
        "cov-verified": {"x": k, "y": inside},
        "cov-verified-beyond": {"x": far[1:][fine], "y": beyond[fine]},
        "cov-verified-band": {"x": k, "low": band[0], "high": band[1]},
    }


def _bought(view: View, found: Menu, best: int, top: float, left: float, right: float) -> Columns:
    """What the same money buys from each model behind a perfect verifier."""
    counts = view.tally
    places = [m for m in range(len(counts.models)) if found.samples[m] > 0]
    x = np.array([float(found.samples[m]) for m in places])
    y = np.array([mean_solved(counts, m, int(found.samples[m]), None) for m in places])
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    seen = np.isfinite(y) & (x <= right)
    k = float(found.samples[best])
    out: Columns = {"cov-rings": {"x": x[seen], "y": y[seen]}}
    if k > right:
        return out
    out["cov-answer"] = {"x": [k], "y": [float(found.solved[best])]}
    highest = max(float(curve) for curve in _heights(view, k)) / top
    above = highest < 0.72
    at = (max(highest, 0.3) + 0.13 if above else max(0.2, 0.45 * float(found.solved[best]))) * top
    ring = float(mean_solved(counts, best, int(k), None))
    # Left of the mark the curves are lower, and below them there is room at its right.
    room = above and np.log(k / left) > 0.3 * np.log(right / left)
    align, dx = ("right", 4.0) if room else ("left", -4.0 if above else 7.0)
    words = budget_words(view)
    return out | {
        "cov-buys-line": {"x": [k], "y": [ring], "y1": [at]},
        "cov-buys": {"x": [k], "y": [at], "text": [f"What {words[0]}"], "align": [align], "dx": [dx]},
        "cov-buys-note": {
            "x": [k], "y": [at], "text": [f"{words[1]} buys from each"], "align": [align], "dx": [dx],
        },
    }  # fmt: skip


def _heights(view: View, k: float) -> list[float]:
    """Coverage of every model at a number of samples, on the drawn curves."""
    out = []
    for m in range(len(view.tally.models)):
        value = mean_solved(view.tally, m, int(k), None)
        out.append(value if np.isfinite(value) else 0.0)
    return out


def budget_words(view: View) -> tuple[str, str]:
    """The budget in two parts: its amount, and for what."""
    held = view.held
    if held.unit == "dollars":
        return f"{format_quantity(held.dollars, 'dollars', 2)} per 1,000", "problems"
    if held.unit == "tokens":
        return f"{format_quantity(held.tokens, 'tokens', 2)} tokens", "per problem"
    return f"{format_quantity(held.seconds, 'plain', 2)} GPU-seconds", "per problem"


def _saturation(view: View, found: Menu, best: int, top: float, left: float, right: float) -> Columns:
    """Where the next sample earns less than it costs, with its interval on the axis."""
    at = found.saturation
    if not np.isfinite(at) or at < 1:
        return {}
    height = mean_solved(view.tally, best, int(at), view.held.rates)
    known = bool(np.isfinite(found.saturation_low))
    # Above the curve where that lies too low for words below it.
    lift = height + 0.025 * top if height < 0.17 * top else 0.0
    away = np.log(at / left) > 0.55 * np.log(right / left)
    align, dx = ("right", -8.0) if away else ("left", 8.0)
    ends = f"[{found.saturation_low:,.0f}, {found.saturation_high:,.0f}], " if known else ""
    said = {"x": [at], "align": [align], "dx": [dx]}
    return {
        "cov-saturation": {"x": [at], "y": [height]},
        "cov-saturation-drop": {"x": [at], "y": [0.0], "y1": [height]},
        "cov-saturation-bar": {
            "x": [max(found.saturation_low, left)] * known,
            "y": [0.0] * known,
            "x1": [found.saturation_high] * known,
        },
        "cov-saturation-label": {
            **said, "y": [lift + 0.072 * top], "text": [f"Saturates at {samples_words(at)}"],
        },
        "cov-saturation-note": {
            **said, "y": [lift + 0.03 * top], "text": [f"{ends}the next earns less than it costs"],
        },
    }  # fmt: skip


def _ends(view: View, found: Menu, best: int) -> Columns:
    """Names at the right end of the curves, with the share solved at the last counted number of samples."""
    counts, right = view.tally, main_range(view)[1]
    heights: list[float] = []
    rows: list[tuple[str, str, str, float, bool]] = []
    for m in range(len(counts.models)):
        k = grid_inside(view, m)
        value, band = float(coverage_of(view, m, k[-1:])[0]), bands(view)[m]
        far = mean_solved(counts, m, int(right), None)
        heights.append(far if np.isfinite(far) else value)
        rows.append(
            (view.labels[m], share(value), between(band[0][-1], band[1][-1]), float(view.sizes[m]), m == best)
        )
    extra = best >= 0 and view.held.rates is not None
    if extra:
        k = grid_inside(view, best)
        last = each_solved(counts, best, int(k[-1]), view.held.rates)
        far = mean_solved(counts, best, int(right), view.held.rates)
        heights.append(far if np.isfinite(far) else float(last.mean()))
        drawn = counts.weights @ last / len(counts.problems)
        low, high = np.quantile(drawn, [(1 - view.level) / 2, (1 + view.level) / 2])
        rows.append(("verified", share(float(last.mean())), between(float(low), float(high)), 0.0, True))
    pixels = [-h / main_top(view) * AXIS_PIXELS for h in heights]
    moved = apart(pixels, NAME_ROOM)
    # The lowest name must not run below the axis.
    over = max([p + d for p, d in zip(pixels, moved, strict=True)], default=0.0) + 4.0
    moved = [d - max(over, 0.0) for d in moved]
    models = len(counts.models)
    chosen = [i for i in range(models) if rows[i][4]]
    others = [i for i in range(models) if not rows[i][4]]
    last_row = [models] if extra else []

    def part(places: list[int]) -> dict[str, Any]:
        return {
            "x": [right] * len(places),
            "y": [heights[i] for i in places],
            "dy": [moved[i] for i in places],
            "text": [rows[i][0] for i in places],
            "value": [rows[i][1] for i in places],
            "range": [rows[i][2] for i in places],
        }

    shift = [heights[i] - moved[i] * main_top(view) / AXIS_PIXELS for i in range(models)]
    return {
        "cov-dots": {"x": [right] * models, "y": shift, "size": [rows[i][3] for i in range(models)]},
        "cov-names": part(others),
        "cov-name-advised": part(chosen),
        "cov-name-verified": part(last_row),
    }


__all__ = ["Columns", "budget_of", "costs", "moving"]
