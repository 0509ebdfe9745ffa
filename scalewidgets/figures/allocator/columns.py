"""Columns of what follows the rule of counting and the unique tokens; names of sources are the contract.

The twin of the browser's ``allocator-standing.ts``: budget, machine and plan do not move these.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...units import format_interval, format_quantity
from ..recipes.columns import apart
from ..spending import compute
from .numbers import ends
from .split import HALVINGS, Split
from .view import NEAR, Array, View

POINTS, BAND_POINTS, LINE_POINTS = 80, 49, 25
CONTOURS = 13
GROUNDS = CONTOURS - 2
"""Lines of equal loss at most, and the grounds above them."""
AROUND = 8.0
"""How far around the best size the figures of one budget reach."""
GROWTH_PIXELS, LABEL_ROOM = 140.0, 52.0
"""Height of the figure of growth, about, and of a name with its exponent and interval."""

Columns = dict[str, dict[str, Any]]


def standing(view: View) -> Columns:
    """The map of losses, the frontier, the budgets of the runs, and how the optimum grows."""
    return {**contours(view), **frontier(view), **budgets(view), **growth(view)}


# -- the map ---------------------------------------------------------------------------------------


def contours(view: View) -> Columns:
    """Lines of equal loss, and what they say at the edge."""
    (left, right), (bottom, top) = view.params, view.tokens
    first = first_row(view.surface)
    floor = float(first.table[0, 0])
    corners = first.loss(np.array([[left, right]]), np.array([[bottom, top]]))[0]
    high, low = corners - floor
    between = floor + np.exp(np.linspace(np.log(high), np.log(low), CONTOURS)[1:-1])
    levels = sorted({float(np.floor(100 * level + 0.5) / 100) for level in between})
    size = np.geomspace(left, right, POINTS)
    xs: list[Array] = []
    ys: list[Array] = []
    labels: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    out: Columns = {f"ground-{k}": {"x": [], "low": [], "high": []} for k in range(GROUNDS)}
    before = np.inf
    for k, level in enumerate(levels):
        data = first.level_tokens(level, size, top * 2)
        inside = data < top
        out[f"ground-{k}"] = {
            "x": size[inside],
            "low": np.maximum(data[inside], bottom),
            "high": np.full(int(inside.sum()), top),
        }
        seen = inside & (data > bottom / 30)
        if seen.sum() > 1:
            # The line rises without end at its smallest size: its first point is that at the top.
            at = int(np.flatnonzero(seen)[0])
            head = _size_with(first, level, top, size[at - 1], size[at]) if at else size[0]
            xs.append(np.append([head], size[seen]) if at else size[seen])
            ys.append(np.append([top], data[seen]) if at else data[seen])
        at_right = float(data[-1])
        room = (top / bottom) ** 0.045
        if bottom * 1.05 < at_right < top / 1.05 and at_right < before / room:
            labels["x"].append(right)
            labels["y"].append(at_right)
            labels["text"].append(f"{level:.2f}")
            before = at_right
    return {**out, "contours": {"xs": xs, "ys": ys}, "contour-labels": labels}


def _size_with(first: Split, level: float, data: float, low: float, high: float) -> float:
    """Size between two that has a loss at these tokens."""
    start, end = np.log(low), np.log(high)
    for _ in range(HALVINGS):
        middle = (start + end) / 2
        worse = float(first.loss(np.array([[np.exp(middle)]]), np.array([[data]]))[0, 0]) > level
        start, end = (middle, end) if worse else (start, middle)
    return float(np.exp((start + end) / 2))


def first_row(split: Split) -> Split:
    """The fit itself, without its resamples."""
    return split.part(np.array([0]))


def frontier(view: View) -> Columns:
    """The best split of every compute, and its band: the best tokens of each size over the resamples."""
    out: Columns = {}
    first = first_row(view.surface)
    for name, low, high in (("inside", view.reach[0], view.edge), ("beyond", view.edge, view.reach[1] * 100)):
        best = first.best(np.geomspace(low, high, LINE_POINTS)[None, :])
        out[f"frontier-{name}"] = {"x": best.params[0], "y": best.tokens[0]}
    size = np.geomspace(*view.params, BAND_POINTS)
    lower, upper = band_of(view.rough.frontier_tokens(size), view.level)
    out["frontier-band"] = {"x": size, "low": lower, "high": upper}
    at = first.best(np.array([[np.sqrt(view.reach[0] * view.edge)]]))
    out["frontier-label"] = {"x": at.params[0], "y": at.tokens[0], "text": ["efficient frontier"]}
    return out


def band_of(values: Array, level: float) -> tuple[Array, Array]:
    """Percentiles of the rows after the first, column by column."""
    if len(values) < 2:
        return values[0], values[0]
    tail = (1 - level) / 2
    low, high = np.quantile(values[1:], [tail, 1 - tail], axis=0)
    return low, high


def budgets(view: View) -> Columns:
    """Loss over size at the budgets that runs were made at, with these runs and the best size of each."""
    first = first_row(view.surface)
    curves: dict[str, list[Any]] = {"xs": [], "ys": [], "flops": []}
    label: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    best = first.best(np.array([view.budgets]))
    params, tokens, losses = view.used
    flops = first.flops(params, tokens)
    near: list[Array] = []
    for k, budget in enumerate(view.budgets):
        size = best.params[0, k] * np.geomspace(1 / AROUND, AROUND, POINTS // 2 + 1)
        loss = first.loss(size[None, :], first.tokens(np.array(budget), size)[None, :])[0]
        curves["xs"].append(size)
        curves["ys"].append(loss)
        curves["flops"].append(budget)
        label["x"].append(size[-1])
        label["y"].append(loss[-1])
        label["text"].append(compute(budget).removesuffix(" FLOP"))
        close = np.abs(np.log(flops / budget)) <= NEAR
        near.append(np.array([params[close], losses[close], np.full(int(close.sum()), budget)]))
    runs = np.concatenate(near, axis=1)
    inside, beyond = (
        first.best(np.geomspace(*pair, LINE_POINTS)[None, :])
        for pair in ((view.reach[0], view.edge), (view.edge, view.reach[1]))
    )
    return {
        "iso-curves": curves,
        "iso-labels": label,
        "iso-runs": {"params": runs[0], "loss": runs[1], "flops": runs[2]},
        "iso-optima": {"x": best.params[0], "y": best.loss[0]},
        "iso-inside": {"x": inside.params[0], "y": inside.loss[0]},
        "iso-beyond": {"x": beyond.params[0], "y": beyond.loss[0]},
        "iso-name": {"x": beyond.params[0, [4]], "y": beyond.loss[0, [4]], "text": ["optimal size"]},
    }


def growth(view: View) -> Columns:
    """Best parameters and tokens over compute, with bands, names and exponents beyond the runs."""
    low, high = view.reach
    flops = np.geomspace(low, high, BAND_POINTS)
    rough = view.rough
    rows = rough.best(np.broadcast_to(flops, (rough.rows, BAND_POINTS)))
    edge, far = (view.surface.best(np.array([c])) for c in (view.edge, high))
    span = float(np.log(high / view.edge))
    first = first_row(view.surface)
    parts = [
        first.best(np.geomspace(*pair, LINE_POINTS)[None, :])
        for pair in ((low, view.edge), (view.edge, high))
    ]
    spans = [np.geomspace(low, view.edge, LINE_POINTS), np.geomspace(view.edge, high, LINE_POINTS)]
    bottom, roof = view.growth
    highest_label = roof * (bottom / roof) ** 0.1
    out: Columns = {"grow-edge": {"x": [view.edge], "y": [bottom], "y1": [roof]}}
    for name, word, values, share in (
        ("params", "Parameters", rows.params, np.log(far.params / edge.params) / span),
        ("tokens", "Tokens", rows.tokens, np.log(far.tokens / edge.tokens) / span),
    ):
        below, above = band_of(values, view.level)
        out[f"grow-{name}-band"] = {"x": flops, "low": below, "high": above}
        for part, at, line in zip(("inside", "beyond"), spans, parts, strict=True):
            out[f"grow-{name}-{part}"] = {"x": at, "y": getattr(line, name)[0]}
        said = format_quantity(float(share[0]), "exponent", 2)
        lowest, highest = ends(share, view.level)
        ranges = "" if np.isnan(lowest) else format_interval(lowest, highest, "exponent", 2)
        out[f"grow-{name}-label"] = {
            "x": [high],
            "y": [min(float(values[0, -1]), highest_label)],
            "text": [word],
            "detail": [f"grow as C^{said}\n{ranges}".rstrip()],
        }
    names = ("tokens", "params")
    heights = [float(out[f"grow-{name}-label"]["y"][0]) for name in names]
    # Three lines of text each: the lower gives way where the curves end close to each other.
    moved = apart([-np.log(y) * GROWTH_PIXELS / np.log(roof / bottom) for y in heights], LABEL_ROOM)
    for name, shift in zip(names, moved, strict=True):
        down = shift + max(0.0, -moved[0])
        out[f"grow-{name}-label"] |= {"dy": [down - 8.0], "below": [down + 1.0]}
    return out
