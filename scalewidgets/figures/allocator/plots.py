"""The map, the budgets, the growth of the optimum and the price of being wrong, as Bokeh plots."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, LogColorMapper

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
from .columns import standing
from .following import WASTE_TOP, moving, waste_range, waste_ticks
from .view import View

DOTTED = (1, 4)
Sources = dict[str, ColumnDataSource]


def allocator_plots(view: View, palette: Palette) -> list[Any]:
    """All figures; they share their sources."""
    drawn = {**standing(view), **moving(view)}
    sources = {name: source(name, data) for name, data in drawn.items()}
    runs = {name: view.runs[name].to_numpy() for name in ("params", "tokens", "loss")}
    sources["runs"] = source("runs", runs, browser=False)
    return [
        _map(view, palette, sources),
        _budgets(view, palette, sources),
        _growth(view, palette, sources),
        _waste(view, palette, sources),
    ]


def _plan(plot: Any, data: ColumnDataSource, palette: Palette) -> None:
    dots(plot, data, "x", "y", marker="square", size=12, fill=palette.plan, line=palette.surface, width=1.5)


def _map(view: View, palette: Palette, sources: Sources) -> Any:
    plot = size_map(
        "main",
        palette,
        view.params,
        view.tokens,
        amounts(*view.params, "params"),
        amounts(*view.tokens, "tokens"),
        (4, 40, 0, 52),
    )
    loss_ground(plot, sources, palette)
    curves(plot, sources["cost-lines"], palette.axis, 1, DOTTED)
    dots(plot, sources["runs"], "params", "tokens", fill=palette.quiet, size=4.2, alpha=0.65, name="runs")
    frontier(plot, sources, palette, 0.18)
    curve(plot, sources["budget-line"], palette.strong, 1.8)
    for name in ("wall-memory", "wall-days"):
        area(plot, sources[name], palette.strong, 0.1)
    curve(plot, sources["wall-unique"], palette.tokens, 1.5, (6, 3))
    curve(plot, sources["budget-bar"], palette.answer, 5)
    words(plot, sources["contour-labels"], palette.quiet, dx=6)
    words(plot, sources["cost-labels"], palette.quiet, align="center", angle="angle", ground=palette.surface)
    words(plot, sources["wall-days-label"], palette.strong, align="center", baseline="bottom", angle="angle",
          ground=palette.surface)  # fmt: skip
    words(plot, sources["wall-memory-label"], palette.strong, dx=5, dy=-10, ground=palette.surface)
    words(plot, sources["wall-unique-label"], palette.recipe_b, dx=5, dy=11, ground=palette.surface)
    words(plot, sources["frontier-label"], palette.answer_text, size=12, bold=True, align="right", dx=-12,
          dy=-16, ground=palette.surface)  # fmt: skip
    words(plot, sources["budget-label"], palette.strong, size=12, bold=True, align="center",
          baseline="bottom", angle="angle", ground=palette.surface)  # fmt: skip
    diamonds(plot, sources["optimum"], palette)
    _plan(plot, sources["plan"], palette)
    _said(plot, sources, palette, "optimum", palette.answer_text)
    _said(plot, sources, palette, "plan", palette.plan_text)
    return plot


def _said(plot: Any, sources: Sources, palette: Palette, name: str, colour: str) -> None:
    """A mark's name in its colour, and its numbers below in body ink, on a ground of their own."""
    for part, ink, bold in (("lines", palette.text, False), ("head", colour, True)):
        words(plot, sources[f"{name}-{part}"], ink, size=12 if bold else 11, bold=bold, align="align",
              dx="dx", dy="dy", baseline="top", ground=palette.surface)  # fmt: skip


def _budgets(view: View, palette: Palette, sources: Sources) -> Any:
    xs = np.concatenate([np.asarray(x) for x in sources["iso-curves"].data["xs"]])
    last = np.asarray(sources["iso-beyond"].data["y"])[-1]
    band = float(np.min(sources["iso-band"].data["low"]))
    low = min(float(last), max(band, float(last) * 0.85)) * 0.985
    high = float(max(np.asarray(sources["iso-labels"].data["y"]))) * 1.02
    x = float(xs.min()) / 1.2, float(view.params[1])
    mapper = LogColorMapper(palette=list(palette.size), low=min(view.budgets), high=max(view.budgets))
    colour = {"field": "flops", "transform": mapper}
    plot = bare_plot(
        "iso",
        palette,
        x=x,
        y=(low, high),
        y_type="log",
        x_title="Parameters",
        y_title="Loss (nats per token)",
        x_ticks=amounts(*x, "params"),
        y_ticks=nice_losses(low, high),
        borders=(4, 24, 0, 42),
    )
    area(plot, sources["iso-band"], palette.strong, 0.12)
    curves(plot, sources["iso-curves"], colour, 1.5)
    dots(plot, sources["iso-runs"], "params", "loss", fill=colour, line=palette.surface, width=0.7, size=6)
    extended(plot, sources["iso-inside"], sources["iso-beyond"], palette.answer, 1.5)
    curve(plot, sources["iso-budget"], palette.strong, 2, (5, 3))
    strokes(plot, sources["iso-bar"], ("x", "y", "x1", "y"), palette.answer, 4)
    diamonds(plot, sources["iso-optima"], palette, 11)
    diamonds(plot, sources["iso-answer"], palette)
    _plan(plot, sources["iso-plan"], palette)
    words(plot, sources["iso-labels"], palette.quiet, dx=5)
    words(plot, sources["iso-name"], palette.answer_text, baseline="bottom", dx=8, dy=-6)
    words(plot, sources["iso-budget-label"], palette.strong, bold=True, align="align", dx="dx", dy="dy")
    return plot


def _growth(view: View, palette: Palette, sources: Sources) -> Any:
    low, high = view.growth
    every = int(np.ceil(np.log10(view.reach[1] / view.reach[0]) / 4))
    ticks = {v: t for v, t in decades(*view.reach).items() if round(np.log10(v)) % every == 1 % every}
    plot = bare_plot(
        "growth",
        palette,
        x=view.reach,
        y=(low, high),
        y_type="log",
        x_title="Training compute (FLOP)",
        x_ticks=ticks,
        y_ticks=amounts(low, high, "tokens", every=2),
        borders=(4, 92, 0, 46),
    )
    beyond(plot, palette, view.edge, "growth-ground")
    strokes(plot, sources["grow-edge"], ("x", "y", "x", "y1"), palette.axis, 1)
    strokes(plot, sources["grow-budget"], ("x", "y", "x", "y1"), palette.strong, 1.2)
    for name, line, ink in (
        ("tokens", palette.tokens, palette.recipe_b),
        ("params", palette.answer, palette.answer_text),
    ):
        area(plot, sources[f"grow-{name}-band"], line, 0.18)
        extended(plot, sources[f"grow-{name}-inside"], sources[f"grow-{name}-beyond"], line, 2)
        label = sources[f"grow-{name}-label"]
        words(plot, label, ink, size=12, bold=True, dx=7, dy="dy")
        words(plot, label, palette.quiet, dx=7, dy="below", field="detail", baseline="top")
        dots(
            plot,
            sources[f"grow-{name}"],
            "x",
            "y",
            marker="diamond",
            size=12,
            fill=line,
            line=palette.surface,
        )
    return plot


def _waste(view: View, palette: Palette, sources: Sources) -> Any:
    best = float(sources["waste-answer"].data["x"][0])
    plot = bare_plot(
        "waste",
        palette,
        x=waste_range(view, best),
        y=(-0.025, WASTE_TOP),
        x_title="Parameters trained for the budget",
        x_ticks=amounts(view.params[0] / 100, view.params[1] * 100, "params", (1, 3)),
        y_ticks=waste_ticks(view),
        borders=(4, 16, 0, 50),
    )
    plot.yaxis[0].name, plot.yaxis[0].tags = "waste-dollars", [BROWSER]
    area(plot, sources["waste-strip"], palette.answer, 0.12)
    area(plot, sources["waste-band"], palette.strong, 0.12)
    curve(plot, sources["waste-curve"], palette.strong, 2)
    words(plot, sources["waste-strip-label"], palette.answer_text, align="center", baseline="top", dy=3)
    diamonds(plot, sources["waste-answer"], palette)
    _plan(plot, sources["waste-plan"], palette)
    dots(
        plot, sources["waste-over"], "x", "y", marker="triangle", size=11, fill=palette.plan, level="overlay"
    )
    for part, ink, bold in (("head", palette.plan_text, True), ("value", palette.strong, True),
                            ("lines", palette.quiet, False)):  # fmt: skip
        words(plot, sources[f"waste-{part}"], ink, size=12 if part == "head" else 11, bold=bold,
              align="align", dx="dx", dy="dy", ground=palette.surface)  # fmt: skip
    return plot
