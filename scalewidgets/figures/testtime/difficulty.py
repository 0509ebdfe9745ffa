"""How hard the problems are: counts of problems by success rate, against the fitted beta-binomial."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ...testtime.tally import Tally
from ...units import format_interval, format_quantity
from ..plots import even_ticks

Array: TypeAlias = NDArray[np.float64]

PER_DECADE = 2
FIRST_BIN = 2.0
"""Where the bin of the smallest rates stands; problems that were never solved stand at 0."""
BAR = 0.92
WHOLE = 60
"""Counts of a bin that are summed one by one; more of them are integrated."""


def bin_edges(counts: Tally) -> Array:
    """Edges of the bins of success rates, half a decade wide, from one success in all samples to 1."""
    first = np.floor(PER_DECADE * np.log10(1 / counts.n.max()) + 1e-9)
    return np.asarray(10.0 ** (np.arange(first, 1) / PER_DECADE))


def bin_ticks(counts: Tally) -> dict[float, str]:
    """Never, and every decade of the success rate."""
    edges = bin_edges(counts)
    out = {0.0: "never"}
    for place, edge in enumerate(edges):
        power = np.log10(edge)
        if abs(power - round(power)) < 1e-6:
            words = f"{edge:.{max(0, -round(power))}f}"
            out[FIRST_BIN - 0.5 + place] = words.removeprefix("0") if edge < 1 else words
    return out


def counted(counts: Tally, model: int) -> Array:
    """Problems that were never solved, and those of every bin."""
    n, c = counts.n[model], counts.c[model]
    edges = bin_edges(counts)
    solved = c > 0
    place = np.searchsorted(edges, c[solved] / n[solved] * (1 + 1e-12), side="right") - 1
    found = np.bincount(np.clip(place, 0, len(edges) - 2), minlength=len(edges) - 1)
    return np.concatenate([[float((~solved).sum())], found.astype(float)])


def expected(counts: Tally, model: int, a: Array, b: Array) -> Array:
    """Problems of every bin that Beta(a, b) leads to expect, shape (fits, 1 + bins)."""
    edges = bin_edges(counts)
    out = np.zeros((len(a), len(edges)))
    sizes, problems = np.unique(counts.n[model], return_counts=True)
    for n, times in zip(sizes, problems, strict=True):
        out[:, 0] += times * np.exp(special.betaln(a, n + b) - special.betaln(a, b))
        for place in range(len(edges) - 1):
            first = max(1.0, np.ceil(n * edges[place] * (1 - 1e-12)))
            last = n if place == len(edges) - 2 else np.ceil(n * edges[place + 1] * (1 - 1e-12)) - 1
            if last >= first:
                out[:, 1 + place] += times * _mass(a, b, n, first, last)
    return out


def _mass(a: Array, b: Array, n: float, first: float, last: float) -> Array:
    """Chance of a count from `first` to `last` of n, of many shapes at once."""
    if last - first < WHOLE:
        c, weight = np.arange(first, last + 1), np.ones(int(last - first) + 1)
    else:
        # The sum of a smooth summand is its integral half a step beyond both ends.
        nodes, weight = np.polynomial.legendre.leggauss(16)
        low, high = np.log(first - 0.5), np.log(min(last + 0.5, n))
        c = np.exp((low + high) / 2 + (high - low) / 2 * nodes)
        weight = weight * (high - low) / 2 * c
    shape_a, shape_b = a[:, None], b[:, None]
    choose = special.gammaln(n + 1) - special.gammaln(c + 1) - special.gammaln(n - c + 1)
    logs = choose + special.betaln(c + shape_a, n - c + shape_b) - special.betaln(shape_a, shape_b)
    return np.asarray(np.exp(logs) @ weight)


@lru_cache(maxsize=64)
def difficulty(counts: Tally, model: int, level: float) -> dict[str, Any]:
    """Columns and words of the figure for one model: sources by name, and what is written on it."""
    bars = counted(counts, model)
    at = np.concatenate([[0.0], FIRST_BIN + np.arange(len(bars) - 1)])
    columns: dict[str, dict[str, Any]] = {
        "hard-bars": {"x": at, "top": bars, "size": np.full(len(bars), float(model))},
        "hard-fit": {"x": [], "y": []},
        "hard-range": {"x": [], "low": [], "high": []},
        "hard-line": {"x": [], "y": []},
        "hard-shape": {"x": [], "y": [], "text": []},
        "hard-shape-range": {"x": [], "y": [], "text": []},
    }
    shapes = counts.shapes[model]
    if not np.isfinite(shapes[0, 0]):
        return {"columns": columns, "beta": "", "range": ""}
    fine = shapes[1:][np.isfinite(shapes[1:, 0])]
    point = expected(counts, model, shapes[:1, 0], shapes[:1, 1])[0]
    side = (1 - level) / 2
    low, high = np.quantile(expected(counts, model, fine[:, 0], fine[:, 1]), [side, 1 - side], axis=0)
    (a_low, b_low), (a_high, b_high) = np.quantile(fine, [side, 1 - side], axis=0)
    a, b = shapes[0]
    columns |= {
        "hard-fit": {"x": at, "y": point},
        "hard-range": {"x": at, "low": low, "high": high},
        "hard-line": {"x": at[1:], "y": point[1:]},
    }
    said = f"Beta({format_quantity(float(a), 'exponent', 2)}, {format_quantity(float(b), 'plain', 3)})"
    ranges = (
        f"a {format_interval(float(a_low), float(a_high), 'exponent', 2)}, "
        f"b {format_interval(float(b_low), float(b_high), 'plain', 2)}"
    )
    right, top = float(at[-1]) + 0.5, difficulty_top(counts, model)
    columns["hard-shape"] = {"x": [right], "y": [top], "text": [said]}
    columns["hard-shape-range"] = {"x": [right], "y": [top], "text": [ranges]}
    return {"columns": columns, "beta": said, "range": ranges}


def difficulty_top(counts: Tally, model: int) -> float:
    """Top of the axis of problems: room for the bars, and for the words above them."""
    return 1.4 * max(1.0, float(counted(counts, model).max()))


def problem_ticks(counts: Tally, model: int) -> dict[float, str]:
    """Whole numbers of problems."""
    most = difficulty_top(counts, model) / 1.3
    return {t: f"{t:,.0f}" for t in even_ticks(0.0, most, 3) if t == round(t)}
