"""The pictures of the three approaches, their ratios, the parabola's bias and the path, as Bokeh plots."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, LogColorMapper, Rect

from ...allocation.kaplan_path import KAPLAN_TO_CHINCHILLA
from ...units import format_quantity
from ..palette import Palette
from ..plots import (
    BROWSER,
    area,
    bare_plot,
    beyond,
    curve,
    curves,
    decades,
    diamonds,
    dots,
    extended,
    nice_losses,
    source,
    strokes,
    words,
)
from ..sizes import amounts, frontier, loss_ground, size_map
from .columns import BOX, flops_range, loss_range, path_range, standing, sweep_range
from .following import Axes, moving
from .view import View

DASHED, DOTTED = (6, 3), (1, 3)
COMPUTE = "Training compute (FLOP)"
Sources = dict[str, ColumnDataSource]


def approach_plots(view: View, palette: Palette) -> list[Any]:
    """All figures; they share their sources."""
    moved, axes = moving(view)
    drawn = {**standing(view), **moved}
    sources = {name: source(name, data) for name, data in drawn.items()}
    runs = {name: view.runs[name].to_numpy() for name in ("params", "tokens", "loss", "flops")}
    sources["runs"] = source("runs", runs, browser=False)
    return [
        _envelope(view, palette, sources),
        _sweeps(view, palette, sources),
        _law(view, palette, sources),
        _ratio(view, palette, sources, axes),
        _bias(view, palette, sources, axes),
        _path(view, palette, sources),
    ]


def _every(low: float, high: float, most: int) -> dict[float, str]:
    """Decades, every so many that at most so many are named."""
    inside = {v: t for v, t in decades(low, high).items() if low <= v <= high}
    step = max(1, int(np.ceil(len(inside) / most)))
    return {v: t for k, (v, t) in enumerate(inside.items()) if k % step == 0}


def _envelope(view: View, palette: Palette, sources: Sources) -> Any:
    x, y = flops_range(view), loss_range(view)
    plot = bare_plot(
        "envelope", palette, x=x, y=y, y_type="log", x_title=COMPUTE, y_title="Loss (nats per token)",
        x_ticks=_every(*x, 5), y_ticks=_few(nice_losses(*y)), borders=(4, 10, 0, 36),
    )  # fmt: skip
    params = view.runs["params"]
    mapper = LogColorMapper(palette=list(palette.size), low=float(params.min()), high=float(params.max()))
    colour = {"field": "params", "transform": mapper}
    dots(plot, sources["runs"], "flops", "loss", fill=colour, size=5, alpha=0.6, name="envelope-runs")
    strokes(plot, sources["bins"], ("x", "y", "x", "y1"), palette.quiet, 1)
    dots(plot, sources["winners"], "x", "y", fill=None, line=palette.strong, width=1.7, size=10)
    words(plot, sources["bins-label"], palette.quiet, align="right", baseline="top", dy=2,
          ground=palette.surface)  # fmt: skip
    return plot


def _few(ticks: dict[float, str], most: int = 6) -> dict[float, str]:
    """At most so many ticks, evenly chosen."""
    step = max(1, int(np.ceil(len(ticks) / most)))
    return {v: t for k, (v, t) in enumerate(ticks.items()) if k % step == 0}


def _sizes(low: float, high: float) -> dict[float, str]:
    return amounts(low, high, "params", (1,) if high / low > 300 else (1, 3), inside=True)


def _sweeps(view: View, palette: Palette, sources: Sources) -> Any:
    y = sweep_range(view)
    runs = sources["sweep-runs"].data["params"]
    known = np.asarray(runs if len(runs) else view.lines.params, dtype=float)
    x = float(known.min() / 1.4), float(known.max() * 1.4)
    plot = bare_plot(
        "sweeps", palette, x=x, y=y, y_type="log", x_title="Parameters", y_title="Loss (nats per token)",
        x_ticks=_sizes(*x), y_ticks=_few(nice_losses(*y)), borders=(4, 34, 0, 36),
    )  # fmt: skip
    if view.lines.second is None:
        dots(plot, sources["runs"], "params", "loss", fill=palette.quiet, size=5, alpha=0.5)
        return plot
    budgets = view.lines.second.flops
    mapper = LogColorMapper(palette=list(palette.size), low=float(budgets.min()), high=float(budgets.max()))
    colour = {"field": "flops", "transform": mapper}
    curves(plot, sources["sweep-laws"], palette.quiet, 1, (3, 3))
    curves(plot, sources["sweep-curves"], colour, 1.5)
    dots(plot, sources["sweep-runs"], "params", "loss", fill=colour, size=5, alpha=0.85)
    strokes(plot, sources["sweep-bars"], ("x", "y", "x1", "y"), palette.quiet, 3.5, alpha=0.45)
    dots(plot, sources["sweep-rings"], "x", "y", fill=palette.surface, line=palette.strong, width=1.7, size=8)
    words(plot, sources["sweep-labels"], palette.quiet, align="align", dx="dx", ground=palette.surface)
    return plot


def _law(view: View, palette: Palette, sources: Sources) -> Any:
    x, y = view.map.params, view.map.tokens
    plot = size_map("law", palette, x, y, _sizes(*x), _tokens(*y), (4, 10, 0, 44))
    loss_ground(plot, sources, palette)
    dots(plot, sources["runs"], "params", "tokens", fill=palette.quiet, size=4, alpha=0.65, name="law-runs")
    frontier(plot, sources, palette, 0.2)
    curve(plot, sources["map-step"], palette.plan, 1.5, DASHED)
    words(plot, sources["map-step-label"], palette.plan_text, baseline="top", dx=8, dy=5,
          ground=palette.surface)  # fmt: skip
    words(plot, sources["frontier-label"], palette.answer_text, size=12, bold=True, align="right", dx=-10,
          dy=-10, ground=palette.surface)  # fmt: skip
    return plot


def _tokens(low: float, high: float) -> dict[float, str]:
    return amounts(low, high, "tokens", (1,) if high / low > 30 else (1, 3), inside=True)


def _followed(plot: Any, name: str) -> None:
    """The axis of y follows the budget: its ticks are found by name."""
    plot.yaxis[0].name, plot.yaxis[0].tags = f"{name}-axis", [BROWSER]
    plot.yaxis[0].ticker.name, plot.yaxis[0].ticker.tags = f"{name}-ticks", [BROWSER]


def _ratio(view: View, palette: Palette, sources: Sources, axes: Axes) -> Any:
    plot = bare_plot(
        "ratio", palette, x=axes.x, y=axes.ratio, y_type="log", x_title=COMPUTE,
        x_ticks=_every(view.reach[0], view.reach[1] * 1e3, 8), y_ticks=axes.ratio_ticks,
        borders=(10, 112, 0, 40),
    )  # fmt: skip
    _followed(plot, "ratio")
    beyond(plot, palette, view.edge, "ratio-ground")
    area(plot, sources["ratio-band-one"], palette.quiet, 0.16)
    area(plot, sources["ratio-band-three"], palette.answer, 0.2)
    curves(plot, sources["ratio-edges-two"], palette.recipe_a, 1, (3, 3))
    curve(plot, sources["ratio-line-one"], palette.strong, 1.5, DASHED)
    curve(plot, sources["ratio-line-three"], palette.answer, 2.25)
    curve(plot, sources["ratio-line-two"], palette.recipe_a, 1.5, DASHED)
    curve(plot, sources["ratio-step"], palette.plan, 1.5, DASHED)
    dots(
        plot,
        sources["ratio-rings"],
        "x",
        "y",
        fill=palette.surface,
        line=palette.recipe_a,
        width=1.5,
        size=6.5,
    )
    diamonds(plot, sources["ratio-answer"], palette, 14)
    for name, ink in (
        ("one", palette.strong), ("two", palette.recipe_a), ("three", palette.answer_text),
        ("step", palette.plan_text),
    ):  # fmt: skip
        label = sources[f"ratio-name-{name}"]
        words(plot, label, ink, bold=True, size=12 if name == "three" else 11, dx=10, dy="dy")
        words(plot, label, palette.quiet, dx=10, dy="below", field="detail")
    return plot


def _bias(view: View, palette: Palette, sources: Sources, axes: Axes) -> Any:
    plot = bare_plot(
        "bias", palette, x=axes.x, y=axes.bias, x_title=COMPUTE,
        x_ticks=_every(view.reach[0], view.reach[1] * 1e3, 8), y_ticks=axes.bias_ticks,
        borders=(10, 56, 0, 44),
    )  # fmt: skip
    _followed(plot, "bias")
    beyond(plot, palette, view.edge, "bias-ground")
    law = source("bias-zero", {"x": [1.0, 1e40], "y": [0.0, 0.0]}, browser=False)
    curve(plot, law, palette.answer, 2)
    strokes(plot, sources["bias-dots"], ("x", "zero", "x", "y"), palette.recipe_a, 1.5)
    extended(plot, sources["bias-inside"], sources["bias-beyond"], palette.recipe_a, 1.5)
    dots(plot, sources["bias-rings"], "x", "y", fill=palette.surface, line=palette.quiet, width=1.5, size=6.5)
    dots(
        plot, sources["bias-dots"], "x", "y", fill=palette.recipe_a, line=palette.surface, width=0.7, size=7.5
    )
    at = sources["bias-answer"]
    dots(plot, at, "x", "y", marker="square", size=9, fill=palette.recipe_a, line=palette.surface)
    words(plot, sources["bias-label"], palette.recipe_a, bold=True, size=12, dx=9, dy=-6)
    words(plot, sources["bias-label"], palette.quiet, dx=9, dy=8, field="detail")
    words(plot, sources["bias-law"], palette.answer_text, bold=True, dx=9, dy="dy")
    return plot


def _path(view: View, palette: Palette, sources: Sources) -> Any:
    steps = len(KAPLAN_TO_CHINCHILLA)
    bottom, top = path_range(view)
    span = top - bottom
    ticks = {round(v, 1): format_quantity(round(v, 1), "exponent", 2) for v in np.arange(0.1, 1.05, 0.1)}
    ticks = {v: t for v, t in ticks.items() if bottom <= v <= top}
    plot = bare_plot(
        "path", palette, x=(-0.5, steps - 0.5), y=(bottom - 0.56 * span, top + 0.02 * span),
        x_type="linear", y_title="Exponent of N*", x_ticks={}, y_ticks=ticks, borders=(4, 6, 2, 30),
    )  # fmt: skip
    plot.xaxis[0].axis_line_color = None
    area(plot, sources["path-band"], palette.answer, 0.14)
    curve(plot, sources["path-own"], palette.answer, 1.5, DOTTED)
    words(plot, sources["path-own-label"], palette.answer_text, baseline="top", dy=3)
    strokes(plot, sources["path-across"], ("x", "y", "x1", "y"), palette.axis, 1.2)
    strokes(plot, sources["path-down"], ("x", "y", "x", "y1"), palette.axis, 1.2)
    dots(plot, sources["path-heads"], "x", "y", marker="triangle", angle="angle", size=6, fill=palette.axis)
    strokes(plot, sources["path-bars"], ("x", "low", "x", "high"), palette.quiet, 3, alpha=0.6)
    ring = sources["path-ring"]
    dots(plot, ring, "x", "y", fill=palette.surface, line=palette.plan, width=2, size=17)
    dots(plot, sources["path-dots"], "x", "y", fill=palette.strong, line=palette.surface, width=0.7, size=9)
    dots(plot, ring, "x", "y", fill=palette.plan, line=None, size=8)
    words(plot, sources["path-falls"], palette.quiet, align="align", dx="dx", ground=palette.surface)
    words(plot, sources["path-names"], palette.strong, bold=True, align="align", dx="dx", dy="dy")
    height = (BOX[1] - BOX[0]) * span
    for name, fill, line, width in (
        ("path-boxes", palette.surface, palette.axis, 1.0),
        ("path-box", palette.plan, palette.plan, 1.8),
    ):
        box = Rect(
            x="x", y="y", width=0.94, height=height, line_color=line, line_width=width, fill_color=fill
        )
        box.update(fill_alpha=1.0 if name == "path-boxes" else 0.12, border_radius=3)
        plot.add_glyph(sources[name], box)
    words(plot, sources["path-words"], palette.text, align="center", size=10)
    words(plot, sources["path-sizes"], palette.strong, bold=True, align="center")
    words(plot, sources["path-sizes"], palette.quiet, align="center", size=10, dy=14, field="detail")
    return plot
