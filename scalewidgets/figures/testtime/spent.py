"""What accuracy costs, from the samples themselves: every model's curve against money, tokens or seconds.

Drawn where no systems stand beside the samples; the twin of the browser's ``testtime-spent.ts``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...testtime.menu import Menu
from ...testtime.solved import each_solved
from ...units import format_quantity
from .standing import grid_inside
from .view import PER_PROBLEMS, Array, View, budget_of, costs

TITLES = {
    "dollars": "Dollars per 1,000 problems",
    "tokens": "Tokens per problem",
    "seconds": "GPU-seconds per problem",
}


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
    """Curves of the models behind the user's verifier, their frontier, the budget and the advice."""
    counts, rates = view.tally, view.held.rates
    each = costs(view)[view.held.unit] * _scale(view)
    xs: list[Array] = []
    ys: list[Array] = []
    for m in range(len(counts.models)):
        k = grid_inside(view, m)
        xs.append(k * each[m])
        ys.append(np.array([float(each_solved(counts, m, int(x), rates).mean()) for x in k]))
    of = np.concatenate([np.full(len(x), m) for m, x in enumerate(xs)])
    x, y = np.concatenate(xs), np.concatenate(ys)
    order = np.lexsort((-y, x))
    best = np.maximum.accumulate(y[order])
    front = order[np.concatenate([[True], best[1:] > best[:-1]])]
    budget = budget_of(view.held) * _scale(view)
    seen = found.best >= 0
    return {
        "spent-curves": {"xs": xs, "ys": ys, "size": [float(s) for s in view.sizes]},
        "spent-front": {"x": x[front], "y": y[front]},
        "spent-budget": {"x": [budget], "y": [0.0], "y1": [float(y.max())]},
        "spent-answer": {
            "x": [float(found.samples[found.best] * each[found.best])] * seen,
            "y": [float(found.solved[found.best])] * seen,
        },
        "spent-names": _names(view, of[front], x[front], y[front]),
    }


def _names(view: View, of: Any, x: Array, y: Array) -> dict[str, Any]:
    """The model of each part of the frontier, at its middle."""
    out: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    begin = 0
    for i in range(1, len(of) + 1):
        if i == len(of) or of[i] != of[begin]:
            if i - begin > 2:
                middle = (begin + i) // 2
                out["x"].append(float(x[middle]))
                out["y"].append(float(y[middle]))
                out["text"].append(view.labels[int(of[begin])])
            begin = i
    return out


def _scale(view: View) -> float:
    return float(PER_PROBLEMS) if view.held.unit == "dollars" else 1.0
