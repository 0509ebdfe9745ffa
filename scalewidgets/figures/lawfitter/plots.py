"""Loss against compute, the magnified curve and the residuals, as Bokeh plots that share sources."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
from bokeh.models import BoxAnnotation, ColumnDataSource, GlyphRenderer, LogColorMapper, Span

from ...units import format_quantity
from ..palette import Palette
from ..plots import (
    area,
    bare_plot,
    beyond,
    curves,
    decades,
    diamonds,
    dots,
    even_ticks,
    extended,
    link_hover_and_selection,
    nice_losses,
    source,
    strokes,
    words,
)
from .columns import inset_ranges, remarks, size_curves, target_columns
from .exponents import exponent_plot, waiting_plot
from .extras import NOTHING, Extras
from .others import draw_rival, law_plot, rival_columns
from .view import View

DASHED, DOTTED = (5, 3), (2, 4)


KERNEL = frozenset({"runs", "blind", "excluded"})
"""Sources that only the kernel changes; behaviours move the others."""


def run_columns(view: View) -> dict[str, Mapping[str, Any]]:
    """Columns of the sources that hold runs, and of what is said about them: all that no behaviour draws."""
    held_out = view.held_out
    return {
        "runs": {c: view.runs[c].to_numpy() for c in view.runs.columns},
        "blind": {c: held_out[c].to_numpy() for c in held_out.columns},
        "excluded": {c: view.excluded[c].to_numpy() for c in ("run", "flops", "loss")},
        **remarks(view),
    }


def figure_columns(view: View, more: Extras = NOTHING) -> dict[str, Mapping[str, Any]]:
    """Columns of every data source that the main figure, the inset and the residuals share, by name."""
    columns: dict[str, Mapping[str, Any]] = {
        **run_columns(view),
        "hover": {"flops": [], "loss": [], "params": [], "residual": []},
        **target_columns(view),
        **rival_columns(view, more.laws),
    }
    curves = dict(zip(("size-curves", "size-beyond", "size-labels"), size_curves(view), strict=True))
    return columns | curves


def plot_steps(view: View, palette: Palette, more: Extras = NOTHING) -> Generator[None, None, list[Any]]:
    """Build the plots one after the other, the caller's turn in between.

    Main figure, inset and residuals share their sources, so hover and selection are one. The map of the
    exponents and the other laws stand beside them where there are such.
    """
    mapper = LogColorMapper(
        palette=list(palette.size), low=view.size_range[0], high=view.size_range[1], name="size-colours"
    )
    sources = {
        name: source(name, data, browser=name not in KERNEL)
        for name, data in figure_columns(view, more).items()
    }
    yield
    roots = [_main(view, palette, mapper, sources)]
    yield
    roots.append(_inset(view, palette, mapper, sources, more))
    yield
    roots.append(_residuals(view, palette, mapper, sources))
    yield
    if more.exponents is not None:
        roots.append(exponent_plot(view, more.exponents, palette))
        yield
    elif more.mapping:
        roots.append(waiting_plot(view, palette))
    if more.laws is not None:
        roots.append(law_plot(view, more.laws, palette))
        yield
    return roots


def _main(view: View, palette: Palette, mapper: LogColorMapper, sources: dict[str, ColumnDataSource]) -> Any:
    plot = bare_plot(
        "main",
        palette,
        x=view.x,
        y=view.y,
        y_type="log",
        x_title="Training compute (FLOP)",
        y_title="Loss (nats per token)",
        x_ticks=decades(view.x[0] / 1e3, view.x[1] * 1e3),
        y_ticks=nice_losses(*view.y),
        borders=(4, 22, 0, 42),
    )
    beyond(plot, palette, view.inside, "main-beyond")
    plot.add_layout(
        Span(
            name="main-edge", location=view.inside, dimension="height", line_color=palette.axis, line_width=1
        )
    )
    colour = {"field": "params", "transform": mapper}
    area(plot, sources["band"], palette.answer, 0.2)
    curves(plot, sources["size-curves"], colour, 1.5)
    curves(plot, sources["size-beyond"], colour, 1.2, DASHED)
    points = _runs(plot, palette, mapper, sources, "flops", "loss", "points")
    excluded = palette.excluded
    dots(plot, sources["excluded"], "flops", "loss", marker="x", fill=None, line=excluded, width=1.5)
    _target_curve(plot, palette, sources)
    strokes(plot, sources["target"], ("x", "floor", "x", "y"), palette.answer, dash=DOTTED)
    diamonds(plot, sources["target"], palette)
    strokes(plot, sources["reach"], ("x", "y", "x1", "y"), palette.quiet)
    dots(plot, sources["reach-ends"], "x", "y", marker="triangle", angle="angle", size=6, fill=palette.quiet)
    words(plot, sources["excluded-label"], palette.quiet, dx=8)
    words(plot, sources["reach-label"], palette.text, align="center", baseline="bottom", dy=-3)
    words(plot, sources["size-labels"], palette.quiet, dx=6, dy="dy")
    words(
        plot,
        sources["size-name"],
        palette.answer_text,
        size=12,
        bold=True,
        align="center",
        baseline="bottom",
        dy=-4,
        ground=palette.surface,
    )
    target, ground = sources["target-label"], palette.surface
    words(plot, target, palette.quiet, dx=14, dy=8, field="detail", ground=ground)
    words(plot, target, palette.answer_text, size=12, bold=True, dx=14, dy=-8, ground=ground)
    _ring(plot, palette, sources, "flops", "loss")
    link_hover_and_selection(plot, [points])
    return plot


def _runs(
    plot: Any,
    palette: Palette,
    mapper: LogColorMapper,
    sources: dict[str, ColumnDataSource],
    x: str,
    y: str,
    name: str | None = None,
) -> GlyphRenderer:
    size = {"field": "params", "transform": mapper}
    drawn = dots(plot, sources["runs"], x, y, fill=size, line=palette.surface, width=0.7, name=name)
    dots(plot, sources["blind"], x, y, fill=palette.surface, line=size, width=1.6, size=6.4)
    return drawn


def _target_curve(plot: Any, palette: Palette, sources: dict[str, ColumnDataSource]) -> None:
    extended(plot, sources["target-curve"], sources["target-beyond"], palette.answer, 2.25)


def _ring(plot: Any, palette: Palette, sources: dict[str, ColumnDataSource], x: str, y: str) -> None:
    hovered = sources["hover"]
    dots(plot, hovered, x, y, size=15, fill=None, line=palette.strong, width=1.8, level="overlay")


def _inset(
    view: View,
    palette: Palette,
    mapper: LogColorMapper,
    sources: dict[str, ColumnDataSource],
    more: Extras,
) -> Any:
    x, y = inset_ranges(view)
    span = y[1] - y[0]
    digits = 2 if span > 0.04 else 3
    plot = bare_plot(
        "inset",
        palette,
        x=x,
        y=y,
        x_ticks=decades(view.x[0] / 1e3, view.x[1] * 1e3),
        y_ticks={t: f"{t:.{digits}f}" for t in even_ticks(y[0] - 3 * span, y[1] + 3 * span, 28)},
        borders=(2, 8 if more.laws is None else 56, 0, 34),
    )
    beyond(plot, palette, view.inside, "inset-beyond")
    area(plot, sources["run-band"], palette.answer, 0.1)
    area(plot, sources["band"], palette.answer, 0.24)
    draw_rival(plot, sources, palette)
    _target_curve(plot, palette, sources)
    _runs(plot, palette, mapper, sources, "flops", "loss")
    strokes(plot, sources["target"], ("x", "run_low", "x", "run_high"), palette.answer, 1.5)
    strokes(plot, sources["target"], ("x", "low", "x", "high"), palette.answer, 4)
    diamonds(plot, sources["target"], palette)
    words(plot, sources["largest-label"], palette.quiet, align="center", baseline="top", dy=6)
    return plot


def _residuals(
    view: View, palette: Palette, mapper: LogColorMapper, sources: dict[str, ColumnDataSource]
) -> Any:
    values = view.runs["residual"].to_numpy()
    reach = float(np.max(np.abs(values))) if len(values) else 1.0
    high = max(float(values.max()), 0.1 * reach) * 1.1
    low = min(float(values.min()), -0.1 * reach) * 1.1
    first, last = view.size_range
    x = (first / 1.35, last * 1.35)
    ticks = even_ticks(low, high, 4)
    delta = view.fit.certificate.delta
    plot = bare_plot(
        "residuals",
        palette,
        x=x,
        y=(low, high),
        x_title="Parameters",
        x_ticks={v: format_quantity(v, "params").replace(".0 ", " ") for v in decades(*x)},
        y_ticks={t: "0 %" if t == 0 else format_quantity(t / 100, "percent", signed=True) for t in ticks},
        borders=(4, 8, 0, 42),
    )
    if delta is not None:
        plot.add_layout(
            BoxAnnotation(
                name="huber-zone",
                bottom=-100 * delta,
                top=100 * delta,
                fill_color=palette.control,
                fill_alpha=0.18,
                line_color=None,
                level="underlay",
            )
        )
    plot.add_layout(
        Span(location=0, dimension="width", line_color=palette.control, line_width=1.2, line_alpha=0.7)
    )
    points = _runs(plot, palette, mapper, sources, "params", "residual", "residual-points")
    _ring(plot, palette, sources, "params", "residual")
    link_hover_and_selection(plot, [points])
    return plot
