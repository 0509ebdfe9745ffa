"""Columns of what does not depend on budget, machine or plan; names of sources are the contract."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...allocation import Surface
from ...fitting.optimum import chinchilla_form
from ...units import format_interval, format_quantity
from ..recipes.columns import apart
from ..spending import compute
from .numbers import SIX, ends
from .view import NEAR, Array, View

POINTS, BAND_POINTS = 80, 49
CONTOURS = 13
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
    """Lines of equal loss, ``D = (B / (L - E - A N**-alpha))**(1/beta)``, and what they say at the edge."""
    (left, right), (bottom, top) = view.params, view.tokens
    first = first_row(view.surface)
    corners = first.loss(np.array([[left, right]]), np.array([[bottom, top]]))[0]
    floor, big_a, alpha, big_b, beta = (float(v[0, 0]) for v in _coefficients(first))
    high, low = corners - floor
    levels = sorted({round(floor + r, 2) for r in np.geomspace(low, high, CONTOURS)[1:-1]})
    size = np.geomspace(left, right, POINTS)
    xs: list[Array] = []
    ys: list[Array] = []
    labels: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    out: Columns = {}
    before = np.inf
    for k, level in enumerate(levels):
        over = level - floor - big_a * size**-alpha
        with np.errstate(all="ignore"):
            data = np.where(over > 0, (big_b / over) ** (1 / beta), np.inf)
        seen = (data < top) & (data > bottom / 30)
        out[f"ground-{k}"] = {
            "x": size[data < top],
            "low": np.maximum(data[data < top], bottom),
            "high": np.full(int((data < top).sum()), top),
        }
        if seen.sum() > 1:
            # The line rises without end at its smallest size: its first point is that at the top.
            start = level - floor - big_b * top**-beta
            first_size = (big_a / start) ** (1 / alpha) if start > 0 else size[seen][-1]
            head = first_size < size[seen][0]
            xs.append(np.append([first_size], size[seen]) if head else size[seen])
            ys.append(np.append([top], data[seen]) if head else data[seen])
        at = float(data[-1])
        room = (top / bottom) ** 0.045
        if bottom * 1.05 < at < top / 1.05 and at < before / room:
            labels["x"].append(right)
            labels["y"].append(at)
            labels["text"].append(f"{level:.2f}")
            before = at
    return {**out, "contours": {"xs": xs, "ys": ys}, "contour-labels": labels}


def first_row(surface: Surface) -> Surface:
    """The fit itself, without its resamples."""
    return Surface(surface.law, {name: v[:1] for name, v in surface.coefficients.items()})


def _coefficients(surface: Surface) -> tuple[Array, Array, Array, Array, Array]:
    """Floor, A, alpha, B and beta of every row, shape (rows, 1)."""
    form = chinchilla_form(surface.law)
    assert form is not None
    floor, *rest = (None if name is None else surface.coefficients[name] for name in form)
    big_a, alpha, big_b, beta = (v for v in rest if v is not None)
    return np.zeros_like(big_a) if floor is None else floor, big_a, alpha, big_b, beta


def rows_of(surface: Surface) -> Array:
    """The same as one table, shape (rows, 5): what travels."""
    return np.ascontiguousarray(np.concatenate(_coefficients(surface), axis=1))


def frontier(view: View) -> Columns:
    """The best split of every compute, and its band: the best tokens of each size over the resamples.

    At the best split the gains are equal, ``alpha A N**-alpha = beta B D**-beta``
    (arXiv:2203.15556, Eq. 4).
    """
    out: Columns = {}
    for name, low, high in (("inside", view.reach[0], view.edge), ("beyond", view.edge, view.reach[1] * 100)):
        flops = np.geomspace(low, high, 3)
        best = bests(first_row(view.surface), flops)
        out[f"frontier-{name}"] = {"x": best[0][0], "y": best[1][0]}
    _, big_a, alpha, big_b, beta = _coefficients(view.surface)
    size = np.geomspace(*view.params, BAND_POINTS)
    data = (beta * big_b / (alpha * big_a)) ** (1 / beta) * size[None, :] ** (alpha / beta)
    lower, upper = band_of(data, view.level)
    out["frontier-band"] = {"x": size, "low": lower, "high": upper}
    at = np.sqrt(view.reach[0] * view.edge)
    best = bests(first_row(view.surface), np.array([at]))
    out["frontier-label"] = {"x": [best[0][0, 0]], "y": [best[1][0, 0]], "text": ["efficient frontier"]}
    return out


def bests(surface: Surface, flops: Array) -> tuple[Array, Array, Array]:
    """Best sizes, tokens and losses of many budgets, shape (rows, k)."""
    found = [surface.best(np.array([c])) for c in flops]
    parts = (np.stack([getattr(f, name) for f in found], axis=1) for name in ("params", "tokens", "loss"))
    size, data, loss = parts
    return size, data, loss


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
    best = bests(first, np.array(view.budgets))
    near: list[Array] = []
    for k, budget in enumerate(view.budgets):
        size = best[0][0, k] * np.geomspace(1 / AROUND, AROUND, POINTS // 2 + 1)
        loss = first.loss(size[None, :], budget / (SIX * size[None, :]))[0]
        curves["xs"].append(size)
        curves["ys"].append(loss)
        curves["flops"].append(budget)
        label["x"].append(size[-1])
        label["y"].append(loss[-1])
        label["text"].append(compute(budget).removesuffix(" FLOP"))
        close = np.abs(np.log(view.runs["flops"].to_numpy() / budget)) <= NEAR
        near.append(view.runs.loc[close, ["params", "loss"]].assign(flops=budget).to_numpy(dtype=float))
    runs = np.concatenate(near) if near else np.empty((0, 3))
    flops = np.geomspace(view.reach[0], view.edge, 20), np.geomspace(view.edge, view.reach[1], 20)
    lines = [bests(first, c) for c in flops]
    return {
        "iso-curves": curves,
        "iso-labels": label,
        "iso-runs": {"params": runs[:, 0], "loss": runs[:, 1], "flops": runs[:, 2]},
        "iso-optima": {"x": best[0][0], "y": best[2][0]},
        "iso-inside": {"x": lines[0][0][0], "y": lines[0][2][0]},
        "iso-beyond": {"x": lines[1][0][0], "y": lines[1][2][0]},
        "iso-name": {"x": [lines[1][0][0, 3]], "y": [lines[1][2][0, 3]], "text": ["optimal size"]},
    }


def growth(view: View) -> Columns:
    """Best parameters and tokens over compute, with bands, names and exponents."""
    low, high = view.reach
    flops = np.geomspace(low, high, BAND_POINTS)
    rows = bests(view.rough, flops)
    _, _, alpha, _, beta = _coefficients(view.surface)
    share = (beta / (alpha + beta))[:, 0]
    out: Columns = {}
    for name, word, values, power in (
        ("params", "Parameters", rows[0], share),
        ("tokens", "Tokens", rows[1], 1 - share),
    ):
        bottom, top = band_of(values, view.level)
        out[f"grow-{name}-band"] = {"x": flops, "low": bottom, "high": top}
        inside = [np.array([low, view.edge]), np.array([view.edge, high])]
        for part, at in zip(("inside", "beyond"), inside, strict=True):
            y = np.exp(np.interp(np.log(at), np.log(flops), np.log(values[0])))
            out[f"grow-{name}-{part}"] = {"x": at, "y": y}
        said = format_quantity(float(power[0]), "exponent", 2)
        first, last = ends(power, view.level)
        ranges = "" if np.isnan(first) else format_interval(first, last, "exponent", 2)
        out[f"grow-{name}-label"] = {
            "x": [high],
            "y": [float(values[0, -1])],
            "text": [word],
            "detail": [f"grow as C^{said}\n{ranges}".rstrip()],
        }
    floor, roof = growth_range(view)
    names = ("tokens", "params")
    heights = [float(out[f"grow-{name}-label"]["y"][0]) for name in names]
    # Three lines of text each: the lower gives way where the curves end close to each other.
    moved = apart([-np.log(y) * GROWTH_PIXELS / np.log(roof / floor) for y in heights], LABEL_ROOM)
    for name, shift in zip(names, moved, strict=True):
        down = shift + max(0.0, -moved[0])
        out[f"grow-{name}-label"] |= {"dy": [down - 8.0], "below": [down + 1.0]}
    return out


def growth_range(view: View) -> tuple[float, float]:
    """Parameters and tokens on one axis."""
    first = first_row(view.surface)
    size, data, _ = bests(first, np.array(view.reach))
    return float(min(size.min(), data.min()) / 2), float(max(size.max(), data.max()) * 2)
