"""Columns of what no slider moves: coverage of every model, counted and fitted, and its bands."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from ...testtime.coverage import pass_at_k
from ...testtime.solved import fitted_solved
from ..plots import even_ticks
from .view import Array, View

POINTS, BEYOND_POINTS = 33, 13
AXIS_PIXELS = 388.0
"""Height of the frame of the main figure, about: names at its right keep so far apart."""

Columns: TypeAlias = dict[str, dict[str, Any]]


def grid_inside(view: View, model: int) -> Array:
    """Numbers of samples at which a curve is drawn, up to those that are counted."""
    last = float(view.tally.least[model])
    return np.unique(np.floor(np.geomspace(1.0, last, POINTS) + 0.5))


def main_range(view: View) -> tuple[float, float]:
    """Samples on the axis: to the end of a decade, well beyond what is counted."""
    most = float(view.tally.least.max())
    return 1.0, float(10.0 ** np.ceil(np.log10(3 * most)))


@lru_cache(maxsize=8)
def _coverage(counts: Any) -> tuple[tuple[Array, Array, Array, Array], ...]:
    """Of each model: k, coverage, and its interval over resampled problems."""
    out = []
    for m in range(len(counts.models)):
        k = np.unique(np.floor(np.geomspace(1.0, float(counts.least[m]), POINTS) + 0.5))
        each = pass_at_k(counts.n[m], counts.c[m], k)
        rows = counts.weights @ each / len(counts.problems)
        low, high = np.quantile(rows, [0.025, 0.975], axis=0)
        out.append((k, each.mean(axis=0), low, high))
    return tuple(out)


def bands(view: View) -> list[tuple[Array, Array]]:
    """Interval of the coverage of each model on its grid."""
    return [(low, high) for _, _, low, high in _coverage(view.tally)]


def beyond_of(view: View, model: int) -> tuple[Array, Array]:
    """The fitted curve of a model beyond its counts: its own, not moved to meet them."""
    k = np.geomspace(float(view.tally.least[model]), main_range(view)[1], BEYOND_POINTS)
    a, b = view.tally.shapes[model, 0]
    return k, np.array([fitted_solved(a, b, float(x), None) for x in k])


def main_top(view: View) -> float:
    """Top of the axis of shares: 100 %, or a round share where all curves stay low."""
    ends = []
    for m in range(len(view.tally.models)):
        _, y = beyond_of(view, m)
        ends += [float(_coverage(view.tally)[m][3].max()), float(np.nanmax(y, initial=0.0))]
    most = max(ends)
    if most > 0.5:
        return 1.0
    step = even_ticks(0.0, max(most, 0.01) * 1.1, 4)[1]
    return float(step * np.ceil(max(most, 0.01) * 1.1 / step - 1e-9))


def share_ticks(low: float, high: float, count: int = 5) -> dict[float, str]:
    """Round shares on an axis."""
    found = even_ticks(low, high, count)
    digits = max(0, int(np.ceil(-np.log10((found[1] - found[0]) * 100)))) if len(found) > 1 else 0
    return {t: f"{100 * t:.{digits}f} %" for t in found}


def standing(view: View) -> Columns:
    """Curves of all models behind a perfect verifier, counted, and fitted beyond."""
    inside: dict[str, list[Any]] = {"xs": [], "ys": [], "size": []}
    dashed: dict[str, list[Any]] = {"xs": [], "ys": [], "size": []}
    for m, (k, value, _, _) in enumerate(_coverage(view.tally)):
        size = float(view.sizes[m])
        inside["xs"].append(k)
        inside["ys"].append(value)
        inside["size"].append(size)
        far, fitted = beyond_of(view, m)
        if np.isfinite(fitted).all():
            dashed["xs"].append(far)
            dashed["ys"].append(fitted)
            dashed["size"].append(size)
    return {"cov-curves": inside, "cov-beyond": dashed}
