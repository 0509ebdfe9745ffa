"""What accuracy costs, from the samples themselves: every model's curve against money, tokens or seconds.

Drawn where no systems stand beside the samples; the twin of the browser's ``testtime-spent.ts``.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from ...testtime.menu import Menu
from ...testtime.pareto import convex_front
from ...testtime.solved import IN_BANDS, Verifier, each_solved
from ...testtime.tally import Tally
from ...units import format_quantity
from .standing import grid_inside, main_top
from .system_columns import PLOT
from .view import PER_PROBLEMS, Array, View, budget_of, costs

TITLES = {
    "dollars": "Dollars per 1,000 problems",
    "tokens": "Tokens per problem",
    "seconds": "GPU-seconds per problem",
}

MIX_POINTS = 24
MOST_PRODUCTS, FEWEST_DRAWN = 40_000_000, 100
SAME = 1e-10
"""Shares closer than this are the same: sums of the two twins differ in their last digits."""
APART = (96.0, 30.0)
"""Pixels between names, across or up, about."""


def spent_range(view: View) -> tuple[float, float]:
    """Costs from one sample of the cheapest model to all samples of the dearest."""
    each = costs(view)[view.held.unit] * _scale(view)
    return float(each.min()) / 1.5, float((each * view.tally.least).max()) * 1.5


def spent_ticks(view: View) -> dict[float, str]:
    """Decades of cost, as a person says them."""
    left, right = spent_range(view)
    first, last = int(np.ceil(np.log10(left))), int(np.floor(np.log10(right)))
    every = max(1, int(np.ceil((last - first + 1) / 5)))
    kind = {"dollars": "dollars", "tokens": "tokens"}.get(view.held.unit, "plain")
    return {float(f"1e{p}"): format_quantity(float(f"1e{p}"), kind, 1) for p in range(first, last + 1, every)}


def spent_columns(view: View, found: Menu) -> dict[str, dict[str, Any]]:
    """Curves of the models behind the user's verifier, their frontier, the budget and the advice.

    The frontier has its interval over resampled problems, the share of them in which a named point stays on
    it, and what a mix of two of its points reaches where that is more.
    """
    counts, rates = view.tally, view.held.rates
    each = costs(view)[view.held.unit] * _scale(view)
    grids = [grid_inside(view, m) for m in range(len(counts.models))]
    drawn = _drawn(counts, rates, tuple(tuple(k) for k in grids))
    xs = [k * each[m] for m, k in enumerate(grids)]
    ends = np.cumsum([len(k) for k in grids])[:-1]
    of = np.concatenate([np.full(len(x), m) for m, x in enumerate(xs)])
    x, y = np.concatenate(xs), drawn[0]
    front = _front(x, y)
    low, high = np.quantile(drawn[1][:, front], [(1 - view.level) / 2, (1 + view.level) / 2], axis=0)
    budget = budget_of(view.held) * _scale(view)
    seen = found.best >= 0
    return {
        "spent-curves": {"xs": xs, "ys": np.split(y, ends), "size": [float(s) for s in view.sizes]},
        "spent-front": {"x": x[front], "y": y[front]},
        "spent-band": {"x": x[front], "low": low, "high": high},
        "spent-mix": _mixes(of[front], x[front], y[front]),
        "spent-budget": {"x": [budget], "y": [0.0], "y1": [float(y.max())], "text": ["budget"]},
        "spent-answer": {
            "x": [float(found.samples[found.best] * each[found.best])] * seen,
            "y": [float(found.solved[found.best])] * seen,
        },
        **_named(view, of[front], x[front], y[front], low, high, _stay(x, drawn[1])[front]),
    }


@lru_cache(maxsize=4)
def _drawn(counts: Tally, rates: Verifier, grids: tuple[tuple[float, ...], ...]) -> tuple[Array, Array]:
    """Share solved at every point of every curve, shape (P,), and in resamples of the problems, (R, P)."""
    each = np.stack([each_solved(counts, m, int(k), rates) for m, ks in enumerate(grids) for k in ks])
    # A screen draws these anew in every frame: with very many problems there are fewer resamples.
    most = max(FEWEST_DRAWN, MOST_PRODUCTS // each.size)
    weights = counts.weights[: min(IN_BANDS, len(counts.weights), most)]
    return each.mean(axis=1), weights @ each.T / len(counts.problems)


def _front(x: Array, y: Array) -> Any:
    """Places on the frontier, by rising cost; what gains less than the last digits of a sum is left out."""
    kept, most = [], -np.inf
    for place in np.lexsort((-y, x)):
        if y[place] > most + SAME:
            kept.append(place)
            most = y[place]
    return np.array(kept, dtype=np.intp)


def _stay(x: Array, rows: Array) -> Array:
    """Share of the resamples in which each point is beaten by none that costs no more."""
    order = np.argsort(x, kind="stable")
    begin = np.flatnonzero(np.concatenate([[True], np.diff(x[order]) > 0]))
    group = np.repeat(np.arange(len(begin)), np.diff([*begin, len(x)]))
    top = np.maximum.reduceat(rows[:, order], begin, axis=1)
    before = np.maximum.accumulate(top, axis=1)
    before = np.concatenate([np.full((len(rows), 1), -1.0), before[:, :-1]], axis=1)
    kept = (rows[:, order] >= top[:, group] - SAME) & (rows[:, order] > before[:, group] + SAME)
    out = np.empty(len(x))
    out[order] = kept.mean(axis=0)
    return out


def _mixes(of: Any, x: Array, y: Array) -> dict[str, Any]:
    """What sending a share of the problems to each of two points reaches, where it beats those between."""
    xs, ys = [], []
    for a, b in pairwise(convex_front(x, y).tolist()):
        if b - a > 1 or of[a] != of[b]:
            cost = np.geomspace(x[a], x[b], MIX_POINTS)
            xs.append(cost)
            ys.append(y[a] + (cost - x[a]) / (x[b] - x[a]) * (y[b] - y[a]))
    return {"xs": xs, "ys": ys}


def _named(
    view: View, of: Any, x: Array, y: Array, low: Array, high: Array, stay: Array
) -> dict[str, dict[str, Any]]:
    """The model of each part of the frontier at its middle, and how often that point stays on it."""
    left, right = spent_range(view)
    marks: dict[str, list[Any]] = {"x": [], "y": [], "low": [], "high": []}
    names: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    said: list[str] = []
    last = (-np.inf, -np.inf)
    begin = 0
    for i in range(1, len(of) + 1):
        if i == len(of) or of[i] != of[begin]:
            if i - begin > 2:
                at = (begin + i) // 2
                for key, column in (("x", x), ("y", y), ("low", low), ("high", high)):
                    marks[key].append(float(column[at]))
                px = float(np.log(x[at] / left) / np.log(right / left) * PLOT[0])
                py = float(y[at] / main_top(view) * PLOT[1])
                # A name that would lie on the one before it is left out: its mark stays.
                if px - last[0] > APART[0] or py - last[1] > APART[1]:
                    last = (px, py)
                    names["x"].append(float(x[at]))
                    names["y"].append(float(y[at]))
                    names["text"].append(view.labels[int(of[at])])
                    said.append(f"frontier in {format_quantity(float(stay[at]), 'percent', 2)}")
            begin = i
    return {"spent-marks": marks, "spent-names": names, "spent-shares": {**names, "text": said}}


def _scale(view: View) -> float:
    return float(PER_PROBLEMS) if view.held.unit == "dollars" else 1.0
