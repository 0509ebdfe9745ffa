"""Columns of every source of the screen: the twin of ``advisor-columns.ts``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...units import format_quantity
from ..plots import even_ticks
from .labels import apart, quiet_place, room_right, words_apart
from .numbers import (
    BATCH,
    EVERY,
    FRONTIER,
    LARGE,
    NOW,
    RANDOM,
    TRAINED,
    Seen,
    counted,
    middle_said,
    money,
    price_of,
    said,
    seen,
)
from .shades import shades
from .view import SIX, View, frontier_line

Columns = dict[str, dict[str, Any]]

ORDER = (NOW, BATCH, RANDOM, FRONTIER, LARGE)
CHECKS = (TRAINED, EVERY)
MOST_PINNED = 4


def standing(view: View) -> Columns:
    """What only another search or another table changes."""
    x, y = frontier_line(view)
    money = view.money
    known = np.isfinite(money["low"].to_numpy())
    dollars = money["dollars"].to_numpy()
    fine = np.isfinite(money["frontier"].to_numpy())
    last = money.iloc[-1]
    top = float(dollars[-1])
    names = {"best": f"best {count_name(view)}", "random": "random, 95 %", "frontier": "on frontier"}
    heights = apart(
        [
            float(last["best"]),
            float(last["middle"]) if known[-1] else np.nan,
            float(last["frontier"]) if fine[-1] else np.nan,
        ]
    )
    out: Columns = {
        "done": {"x": view.runs["params"].to_numpy(), "y": view.runs["tokens"].to_numpy()},
        "frontier": {"x": x, "y": y},
        "frontier-label": _frontier_label(view, x, y),
        **_price_lines(view),
        "money-best": {"x": dollars, "y": money["best"].to_numpy()},
        "money-band": {
            "x": dollars[known],
            "low": money["low"].to_numpy()[known],
            "high": money["high"].to_numpy()[known],
        },
        "money-random": {"x": dollars[known], "y": money["middle"].to_numpy()[known]},
        "money-frontier": {"x": dollars[fine], "y": money["frontier"].to_numpy()[fine]},
    }
    for name, height in zip(("best", "random", "frontier"), heights, strict=True):
        shown = int(np.isfinite(height))
        out[f"money-{name}-label"] = {
            "x": [top] * shown,
            "y": [height] * shown,
            "text": [names[name]] * shown,
        }
    return out


def count_name(view: View) -> str:
    """The batch by its number of runs."""
    return counted(len(view.advice.batch))


def _frontier_label(view: View, x: Any, y: Any) -> dict[str, Any]:
    if len(x) < 8:
        return {"x": [], "y": [], "text": [], "angle": []}
    k = int(0.8 * len(x))
    (left, right), (bottom, top) = view.params, view.tokens
    # The map is about as tall as two thirds of its width.
    rise = np.log(y[k] / y[k - 4]) / np.log(top / bottom) * 0.72
    run = np.log(x[k] / x[k - 4]) / np.log(right / left)
    return {"x": [x[k]], "y": [y[k]], "text": ["frontier"], "angle": [float(np.arctan2(rise, run))]}


def _price_lines(view: View) -> Columns:
    """Lines of equal training cost, one a decade of dollars, labelled where they leave the map."""
    (left, right), (bottom, top) = view.params, view.tokens
    per = view.per["dollars"]
    first, last = (int(np.ceil(np.log10(SIX * n * d / per))) for n, d in ((left, bottom), (right, top)))
    xs, ys = [], []
    label: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    for power in range(first, last):
        dollars = float(f"1e{power}")
        product = dollars * per / SIX
        xs.append([left, right])
        ys.append([product / left, product / right])
        place = quiet_place(view, product)
        if place is not None:
            label["x"].append(place[0])
            label["y"].append(place[1])
            label["text"].append(format_quantity(dollars, "dollars"))
    return {"price-lines": {"xs": xs, "ys": ys}, "price-labels": label}


def moving(view: View) -> Columns:
    """What follows the question, the prices and the batch."""
    found = seen(view)
    return {
        **shades(view),
        "candidates": candidates(view),
        **batch_marks(view),
        **design_rows(view, found),
        **pinned(view, found),
        "money-answer": {
            "x": [price_of(view)],
            "y": [1 - found.narrower],
        },
    }


def candidates(view: View) -> dict[str, Any]:
    """Candidates by how much each alone narrows the interval for every hundred dollars."""
    relation = view.advice.relation
    alone = np.minimum(relation.pull**2 / np.diag(relation.shared) / relation.variance, 1.0)
    price = relation.price
    share = 1 - np.sqrt(1 - alone)
    with np.errstate(divide="ignore"):
        per = -np.expm1(np.log1p(-np.minimum(share, 1 - 1e-12)) * 100 / price)
    offered, shown = view.advice.candidates, view.offered
    return {
        "x": offered["params"].to_numpy(dtype=float)[shown],
        "y": offered["tokens"].to_numpy(dtype=float)[shown],
        "value": np.maximum(per, 1e-6)[shown],
    }


def batch_marks(view: View) -> Columns:
    """Diamonds, with a name, a price and a size beside each."""
    runs = view.batch
    left, right = view.params
    bottom, top = view.tokens
    across = [np.log(n / left) / np.log(right / left) for n, _ in runs]
    up = [np.log(d / bottom) / np.log(top / bottom) for _, d in runs]
    marks = view.marks
    here = np.column_stack([across, up])
    roomy = [room_right(marks, np.delete(here, k, axis=0), *here[k]) for k in range(len(runs))]
    align = ["left" if fine else "right" for fine in roomy]
    dx = [13.0 if fine else -13.0 for fine in roomy]
    heads = [f"Run {k + 1}, {money(view.price(n, d))}" for k, (n, d) in enumerate(runs)]
    lines = [f"{format_quantity(n, 'params', 3)} on {format_quantity(d, 'tokens', 3)}" for n, d in runs]
    x, y = [n for n, _ in runs], [d for _, d in runs]
    mark = {"x": x, "y": y, "align": align, "dx": dx}
    push = words_apart(roomy, here)
    return {
        "batch": {"x": x, "y": y},
        "batch-heads": {**mark, "text": heads, "dy": [dy - 8.0 for dy in push]},
        "batch-lines": {**mark, "text": lines, "dy": [dy + 7.0 for dy in push]},
    }


def places(view: View, found: Seen) -> dict[str, float]:
    """Where each design stands, from the top down."""
    shown = [name for name in ORDER if name in found.rows]
    out = {name: -float(k) for k, name in enumerate(shown)}
    for k, name in enumerate(name for name in CHECKS if name in found.rows):
        out[name] = -(len(shown) + 0.75 + k)
    return out


def design_range(found: Seen) -> tuple[float, float]:
    """Range of the answer on the axis of the designs."""
    low = min(row.low for row in found.rows.values())
    high = max(row.high for row in found.rows.values())
    room = (high / low) ** 0.06
    return low / room, high * room


def design_ticks(low: float, high: float, kind: str) -> dict[float, str]:
    """Round values of the answer."""
    if high / low < 1.8:
        digits = 2 if kind != "loss" else 3 if high - low > 0.1 else 4
        return {t: format_quantity(t, kind, digits) for t in even_ticks(low, high, 3) if low <= t <= high}
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    inside: list[float] = []
    for steps in ((1,), (1, 2, 5), (1, 2, 3, 5, 7)):
        ticks = [float(f"{m}e{p}") for p in range(first, last + 1) for m in steps]
        inside = [t for t in ticks if low <= t <= high]
        if len(inside) >= 2:
            break
    while len(inside) > 4:
        inside = inside[::2]
    return {t: format_quantity(t, kind, 1) for t in inside}


def design_rows(view: View, found: Seen) -> Columns:
    """Intervals of the answer under each design, on one axis."""
    kind, at = view.held.answer, places(view, found)
    low, high = design_range(found)

    def bars(*names: str) -> dict[str, Any]:
        here = [name for name in names if name in at]
        rows = [found.rows[name] for name in here]
        return {
            "x": [r.low for r in rows],
            "x1": [r.high for r in rows],
            "middle": [r.value for r in rows],
            "y": [at[name] for name in here],
        }

    shown = {name: row for name, row in found.rows.items() if name in at}
    y = [at[name] for name in shown]
    quiet = [name for name in shown if name != BATCH]
    ticks = [] if found.lucky is None else [e for row in found.lucky for e in (row.low, row.high)]
    answer = found.rows[BATCH]
    bottom = min(at.values()) - 0.6
    return {
        "design-strip": {"x": [answer.low, answer.high], "low": [bottom] * 2, "high": [0.6] * 2},
        "design-now": bars(NOW),
        "design-answer": bars(BATCH),
        "design-others": bars(RANDOM, FRONTIER, LARGE),
        "design-checks": bars(*CHECKS),
        "design-lucky": {"x": ticks, "y": [at.get(RANDOM, 0.0)] * len(ticks)},
        "design-values": {
            "x": [high] * len(shown),
            "y": y,
            "text": [middle_said(found, row, kind) for row in shown.values()],
        },
        "design-intervals": {
            "x": [high] * len(quiet),
            "y": [at[name] for name in quiet],
            "text": [said(found, shown[name], kind) for name in quiet],
        },
        "design-after": {"x": [high], "y": [at[BATCH]], "text": [said(found, answer, kind)]},
        "design-names": _names(view, found, at, low),
        "design-answer-name": {
            "x": [low],
            "y": [at[BATCH]],
            "text": [_batch_name(view)],
            "detail": [f"{money(price_of(view))}, predicted"],
        },
    }


def _batch_name(view: View) -> str:
    count = len(view.batch)
    if view.own:
        return "Your run" if count == 1 else f"Your {count} runs"
    return "This run" if count == 1 else f"These {count} runs"


def _names(view: View, found: Seen, at: dict[str, float], low: float) -> dict[str, Any]:
    """Names of the designs but the batch's own, each with what is to be known about it."""
    count, advice = len(view.advice.batch), view.advice
    made = {name: len(advice.drawn.get(name, ())) for name in ORDER}
    large = advice.designs["dollars"].get(LARGE, 0.0)
    behind = {} if view.check is None else {str(k): int(v) for k, v in view.check["runs"].items()}
    trained, every = behind.get("batch", 0), behind.get("all", 0)
    words = {
        NOW: ("Now", f"{view.count:,} runs done"),
        RANDOM: (f"Random {count}", f"median of {made[RANDOM]:,} designs"),
        FRONTIER: (f"{count} on the frontier", f"median of {made[FRONTIER]:,} designs"),
        LARGE: ("1 large on the frontier", money(float(large))),
        TRAINED: (f"{'This run' if count == 1 else f'These {count}'}, trained", f"fit on {trained:,} losses"),
        EVERY: (f"All {every:,} runs", "what the full table says"),
    }
    here = [name for name in at if name != BATCH]
    return {
        "x": [low] * len(here),
        "y": [at[name] for name in here],
        "text": [words[name][0] for name in here],
        "detail": [words[name][1] for name in here],
    }


def pinned_names(view: View) -> list[int]:
    """Places of the coefficients that are shown: the floor and the exponents."""
    known = view.advice.known
    law = known.law
    exponents = [k for k, n in enumerate(known.names) if law.symbol(n).kind == "exponent"]
    floors = [k for k, n in enumerate(known.names) if law.symbol(n).kind == "loss" or n == "E"]
    chosen = [*floors, *exponents] if exponents else list(range(len(known.names)))
    return chosen[:MOST_PINNED]


def pinned(view: View, found: Seen) -> Columns:
    """Coefficients before and after, each as wide as it is now."""
    known = view.advice.known
    chosen = pinned_names(view)
    rows = -np.arange(len(chosen), dtype=float)
    before, after = found.spread_now[chosen], found.spread_after[chosen]
    share = after / before
    now_words, after_words = [], []
    for k, a, b in zip(chosen, before, after, strict=True):
        value = known.centre[known.names[k]]
        unit = abs(value) if known.logged[k] else 1.0
        kind = "exponent" if known.law.symbol(known.names[k]).kind == "exponent" else "plain"
        digits = 3 if kind == "exponent" else 2
        now_words.append(
            f"{format_quantity(value, kind, 3)} ± {format_quantity(view.z * a * unit, kind, digits)}"
        )
        after_words.append(f"± {format_quantity(view.z * b * unit, kind, digits)}")
    return {
        "pin-now": {"x": -np.ones(len(rows)), "x1": np.ones(len(rows)), "middle": 0 * rows, "y": rows + 0.14},
        "pin-after": {"x": -share, "x1": share, "middle": 0 * rows, "y": rows - 0.14},
        "pin-now-words": {"x": np.ones(len(rows)), "y": rows + 0.14, "text": now_words},
        "pin-after-words": {"x": np.ones(len(rows)), "y": rows - 0.14, "text": after_words},
    }
