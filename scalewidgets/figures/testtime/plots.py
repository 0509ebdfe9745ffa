"""Coverage, cost, difficulty and the verifier's plane, as Bokeh plots."""

from __future__ import annotations

from typing import Any

from bokeh.models import ColumnDataSource, LogColorMapper, Patches, Segment, VBar

from ...units import format_quantity
from ..palette import Palette
from ..plots import (
    BEYOND,
    BROWSER,
    area,
    bare_plot,
    beyond,
    curve,
    curves,
    diamonds,
    dots,
    extended,
    source,
    strokes,
    words,
)
from .difficulty import (
    BAR,
    FIRST_BIN,
    bin_edges,
    bin_ticks,
    difficulty,
    difficulty_top,
    problem_ticks,
)
from .following import moving
from .selected import WAYS, selected_columns
from .spent import TITLES, spent_range, spent_ticks
from .standing import main_range, main_top, share_ticks, standing
from .system_columns import cost_range, cost_ticks, system_columns, value_range
from .systems import Axis
from .view import RIGHT_RANGE, WRONG_RANGE, View, advice

DOTTED, RIVAL = (1, 3), (4, 3)
Sources = dict[str, ColumnDataSource]
LETTER = 6.2


def sampling_plots(view: View, palette: Palette) -> list[Any]:
    """All figures of a screen with counts; they share their sources."""
    drawn = {**standing(view), **moving(view), **hard_columns(view)}
    drawn |= selected_columns(view, advice(view))
    axis = axis_of(view)
    drawn |= system_columns(axis)
    sources = {name: source(name, data) for name, data in drawn.items()}
    out = [_coverage(view, palette, sources)]
    if view.systems is not None:
        out.append(systems_plot(axis or next(iter(view.systems.axes.values())), view, palette, sources))
    else:
        out.append(_spent(view, palette, sources))
    return [*out, _hard(view, palette, sources), _verifiers(view, palette, sources)]


def axis_of(view: View) -> Axis | None:
    """The systems against the cost that is chosen."""
    return None if view.systems is None else view.systems.axes.get(view.held.unit)


def hard_columns(view: View) -> dict[str, dict[str, Any]]:
    """Difficulty for the advised model; its colour is that of its size."""
    best = max(advice(view).best, 0)
    columns: dict[str, dict[str, Any]] = difficulty(view.tally, best, view.level)["columns"]
    bars = columns["hard-bars"]
    return {**columns, "hard-bars": {**bars, "size": bars["size"] * 0 + float(view.sizes[best])}}


def _colour(view: View, palette: Palette) -> dict[str, Any]:
    """Colour by size; one mapper for each plot, so that a plot stands alone."""
    low, high = float(view.sizes.min()), float(view.sizes.max())
    if low == high:
        low /= 2
    return {"field": "size", "transform": LogColorMapper(palette=list(palette.size), low=low, high=high)}


def _coverage(view: View, palette: Palette, sources: Sources) -> Any:
    top, x = main_top(view), main_range(view)
    longest = max(len(name) for name in (*view.labels, "verified"))
    at_value = 18 + LETTER * longest + 40
    plot = bare_plot(
        "main",
        palette,
        x=x,
        y=(0.0, top),
        x_title="Samples per problem",
        y_title="Problems solved",
        x_ticks=_samples_ticks(x[1]),
        y_ticks=share_ticks(0.0, top),
        borders=(4, int(at_value + 68), 0, 42),
    )
    size = _colour(view, palette)
    beyond(plot, palette, view.edge, "cov-ground")
    patches = Patches(xs="xs", ys="ys", fill_color=size, fill_alpha=0.15, line_color=None)
    plot.add_glyph(sources["cov-advised-band"], patches)
    area(plot, sources["cov-verified-band"], palette.answer, 0.18)
    curves(plot, sources["cov-curves"], size, 1.5)
    renderer = curves(plot, sources["cov-beyond"], size, 1.5, BEYOND)
    renderer.glyph.line_cap = "round"
    curves(plot, sources["cov-advised"], size, 2.25)
    curve(plot, sources["cov-ceiling"], palette.answer, 1, DOTTED)
    extended(plot, sources["cov-verified"], sources["cov-verified-beyond"], palette.answer, 2.25)
    for way, dash in zip(WAYS, ((7, 3), (7, 3, 2, 3), (3, 3)), strict=True):
        curve(plot, sources[f"cov-{way}"], palette.strong, 1.6, dash)
        words(plot, sources[f"cov-{way}-label"], palette.strong, dx=6, ground=palette.surface)
    drop = sources["cov-saturation-drop"]
    strokes(plot, drop, ("x", "y", "x", "y1"), palette.answer, 1, (2, 2))
    strokes(plot, sources["cov-saturation-bar"], ("x", "y", "x1", "y"), palette.answer, 5, alpha=0.7)
    strokes(plot, sources["cov-buys-line"], ("x", "y", "x", "y1"), palette.strong, 1)
    curve(plot, sources["cov-rings"], palette.strong, 1, RIVAL)
    dots(plot, sources["cov-rings"], "x", "y", fill=palette.surface, line=palette.strong, width=1.4, size=8)
    dots(
        plot,
        sources["cov-saturation"],
        "x",
        "y",
        fill=palette.surface,
        line=palette.answer,
        width=1.8,
        size=9,
    )
    diamonds(plot, sources["cov-answer"], palette, 14)
    ground = palette.surface
    label = sources["cov-ceiling-label"]
    words(plot, label, palette.answer_text, size=12, bold=True, dx=6, dy="dy", ground=ground)
    words(plot, sources["cov-ceiling-note"], palette.quiet, dx=6, dy=11, ground=ground)
    for part, ink, bold, dy in (
        ("cov-buys", palette.strong, True, -20),
        ("cov-buys-note", palette.quiet, False, -6),
    ):
        words(plot, sources[part], ink, size=12 if bold else 11, bold=bold, align="align", dx="dx", dy=dy,
              ground=ground)  # fmt: skip
    for part, ink, bold in (("label", palette.answer_text, True), ("note", palette.quiet, False)):
        words(plot, sources[f"cov-saturation-{part}"], ink, size=12 if bold else 11, bold=bold, align="align",
              dx="dx", ground=ground)  # fmt: skip
    _right_names(view, plot, palette, sources, size, at_value)
    return plot


def _right_names(
    view: View, plot: Any, palette: Palette, sources: Sources, size: dict[str, Any], at_value: float
) -> None:
    """Names where curves end, with the share solved at the last counted number of samples."""
    dots(plot, sources["cov-dots"], "x", "y", fill=size, size=8, level="overlay")
    for name, ink, bold in (
        ("cov-names", palette.text, False),
        ("cov-name-advised", palette.strong, True),
        ("cov-name-verified", palette.answer_text, True),
    ):
        data, size_px = sources[name], 12 if bold else 11
        words(plot, data, ink, size=size_px, bold=bold, dx=18, dy="dy")
        words(plot, data, ink, size=size_px, bold=bold, align="right", dx=at_value, dy="dy", field="value")
        words(plot, data, palette.quiet, dx=at_value + 5, dy="dy", field="range")


def _samples_ticks(last: float) -> dict[float, str]:
    out, power = {}, 0
    while 10**power <= last * 1.0001:
        out[float(10**power)] = f"{10**power:,}" if power < 6 else format_quantity(10.0**power, "tokens", 1)
        power += 1
    return out


def systems_plot(axis: Axis, view: View, palette: Palette, sources: Sources, name: str = "systems") -> Any:
    """Accuracy against cost: frontier, intervals, mixtures, names."""
    low, high = value_range(axis)
    benchmark = "" if view.systems is None else view.systems.benchmark
    plot = bare_plot(
        name,
        palette,
        x=cost_range(axis),
        y=(low, high),
        x_title=axis.title,
        y_title=f"{benchmark} solved" if benchmark else "Solved",
        x_ticks=cost_ticks(axis),
        y_ticks=share_ticks(low, high),
        borders=(4, 16, 0, 44),
    )
    plot.xaxis[0].name, plot.xaxis[0].tags = f"{name}-cost-axis", [BROWSER]
    plot.below[-1].name, plot.below[-1].tags = f"{name}-cost-title", [BROWSER]
    strokes(plot, sources["sys-off-bars"], ("x", "low", "x", "high"), palette.axis, 1.2)
    strokes(plot, sources["sys-bars"], ("x", "low", "x", "high"), palette.answer, 1.6)
    curves(plot, sources["sys-mix"], palette.answer, 1.2, DOTTED)
    curve(plot, sources["sys-steps"], palette.answer, 2)
    off, surface = sources["sys-off"], palette.surface
    dots(plot, off, "x", "y", marker="square", size=7, fill=surface, line=palette.quiet, width=1.4)
    dots(plot, sources["sys-on"], "x", "y", fill=palette.answer, line=palette.surface, size=9)
    words(plot, sources["sys-mix-label"], palette.answer_text, align="right", dx=-7, dy=-8)
    strokes(plot, sources["sys-leaders"], ("x", "y", "x1", "y1"), palette.axis, 0.8)
    words(plot, sources["sys-names"], palette.text, align="align", ground=surface)
    words(plot, sources["sys-shares"], palette.quiet, align="align", ground=surface)
    words(plot, sources["sys-off-names"], palette.quiet, align="align", ground=surface)
    return plot


def _spent(view: View, palette: Palette, sources: Sources) -> Any:
    """The models against cost, where no systems stand beside them."""
    top = main_top(view)
    plot = bare_plot(
        "systems",
        palette,
        x=spent_range(view),
        y=(0.0, top),
        x_title=TITLES[view.held.unit],
        y_title="Problems solved",
        x_ticks=spent_ticks(view),
        y_ticks=share_ticks(0.0, top),
        borders=(4, 16, 0, 44),
    )
    plot.xaxis[0].name, plot.xaxis[0].tags = "systems-cost-axis", [BROWSER]
    plot.below[-1].name, plot.below[-1].tags = "systems-cost-title", [BROWSER]
    area(plot, sources["spent-band"], palette.answer, 0.16)
    curve(plot, sources["spent-front"], palette.answer, 5).glyph.line_alpha = 0.3
    curves(plot, sources["spent-curves"], _colour(view, palette), 1.5)
    curves(plot, sources["spent-mix"], palette.answer, 1.2, DOTTED)
    strokes(plot, sources["spent-budget"], ("x", "y", "x", "y1"), palette.strong, 1, RIVAL)
    words(plot, sources["spent-budget"], palette.strong, dx=6, dy=-9, ground=palette.surface)
    diamonds(plot, sources["spent-answer"], palette, 14)
    marks = sources["spent-marks"]
    strokes(plot, marks, ("x", "low", "x", "high"), palette.answer, 1.6)
    dots(plot, marks, "x", "y", fill=palette.answer, line=palette.surface, size=8)
    words(plot, sources["spent-names"], palette.text, align="right", dx=-8, dy=-21, ground=palette.surface)
    words(plot, sources["spent-shares"], palette.quiet, align="right", dx=-8, dy=-7, ground=palette.surface)
    return plot


def _hard(view: View, palette: Palette, sources: Sources) -> Any:
    counts = view.tally
    bins = len(bin_edges(counts)) - 1
    best = max(advice(view).best, 0)
    plot = bare_plot(
        "hard",
        palette,
        x=(-0.7, FIRST_BIN + bins - 0.4),
        y=(0.0, difficulty_top(counts, best)),
        x_type="linear",
        x_title="Chance that one sample is right",
        y_title="Problems",
        x_ticks=bin_ticks(counts),
        y_ticks=problem_ticks(counts, best),
        borders=(4, 8, 0, 34),
    )
    plot.yaxis[0].name, plot.yaxis[0].tags = "hard-problems", [BROWSER]
    plot.xgrid[0].grid_line_color = None
    bars = VBar(
        x="x", top="top", width=BAR, fill_color=_colour(view, palette), fill_alpha=0.55, line_color=None
    )
    plot.add_glyph(sources["hard-bars"], bars)
    curve(plot, sources["hard-line"], palette.text, 1)
    strokes(plot, sources["hard-range"], ("x", "low", "x", "high"), palette.text, 1.5)
    dots(plot, sources["hard-fit"], "x", "y", fill=palette.surface, line=palette.text, width=1.4, size=7)
    for name, ink, bold, dy in (
        ("hard-shape", palette.strong, True, 8),
        ("hard-shape-range", palette.quiet, False, 23),
    ):
        words(plot, sources[name], ink, size=12 if bold else 11, bold=bold, align="right", dy=dy)
    return plot


def _verifiers(view: View, palette: Palette, sources: Sources) -> Any:
    left, right = WRONG_RANGE
    x_ticks = {1e-4: "0.01 %", 1e-3: "0.1 %", 1e-2: "1 %", 0.1: "10 %", 0.5: "50 %"}
    plot = bare_plot(
        "verifiers",
        palette,
        x=(left, right),
        y=RIGHT_RANGE,
        x_title="Wrong answers accepted",
        y_title="Right answers accepted",
        x_ticks={k: v for k, v in x_ticks.items() if left <= k <= right},
        y_ticks={k: f"{100 * k:.0f} %" for k in (0.4, 0.6, 0.8, 1.0)},
        borders=(4, 18, 0, 42),
    )
    plot.xgrid[0].grid_line_color = plot.ygrid[0].grid_line_color = None
    patches = Patches(xs="xs", ys="ys", fill_color=_colour(view, palette), fill_alpha=0.45, line_color=None)
    plot.add_glyph(sources["map-areas"], patches)
    edges = Patches(xs="xs", ys="ys", fill_color=None, line_color=palette.surface, line_width=1.6)
    plot.add_glyph(sources["map-edges"], edges)
    curves(plot, sources["map-lines"], palette.text, 0.8).glyph.line_alpha = 0.7
    cross = Segment(
        x0="x", y0="y", x1="x1", y1="y1", line_color=palette.strong, line_width=1, line_dash=[1, 3]
    )
    plot.add_glyph(sources["map-cross"], cross)
    ground = palette.surface
    words(plot, sources["map-line-labels"], palette.quiet, align="center", ground=ground)
    words(plot, sources["map-names"], palette.strong, size=12, bold=True, align="center", ground=ground)
    diamonds(plot, sources["map-user"], palette, width=1.4)
    words(plot, sources["map-user-label"], palette.answer_text, size=12, bold=True, align="align", dx="dx",
          dy="dy", ground=ground)  # fmt: skip
    return plot
