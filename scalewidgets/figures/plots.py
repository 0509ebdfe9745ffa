"""Parts of figures that every screen draws alike: a bare plot, axes that a person reads, labels on lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.core.property.vectorization import Value
from bokeh.models import (
    BoxAnnotation,
    ColumnDataSource,
    FixedTicker,
    GlyphRenderer,
    HoverTool,
    LassoSelectTool,
    Line,
    MultiLine,
    Range1d,
    Scatter,
    Segment,
    Text,
    Title,
    VArea,
)
from bokeh.plotting import figure

from .palette import Palette

Colour = str | None | Mapping[str, Any]
"""A colour, none, or a column with its colour map."""

FONT = "Inter, system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"
BROWSER = "browser"
"""Tag of models that a behaviour moves: their changes stay in the browser."""
BEYOND = (2, 5)
"""Dashes of what lies beyond the data."""


def source(name: str, data: Mapping[str, Any], *, browser: bool = True) -> ColumnDataSource:
    """A named column source; behaviours and refits find it by this name."""
    columns = {key: np.asarray(v) if not isinstance(v, list) else v for key, v in data.items()}
    return ColumnDataSource(data=columns, name=name, tags=[BROWSER] if browser else [])


def bare_plot(
    name: str,
    palette: Palette,
    *,
    x: tuple[float, float],
    y: tuple[float, float],
    x_type: str = "log",
    y_type: str = "linear",
    x_title: str = "",
    y_title: str = "",
    x_ticks: Mapping[float, str],
    y_ticks: Mapping[float, str],
    borders: tuple[int, int, int, int] = (4, 16, 0, 0),
) -> Any:
    """A plot with grid lines at labelled ticks only, no box, and axis titles at the ends of the axes.

    Parameters
    ----------
    x, y : (float, float)
        Ranges in data units. The range models are called ``{name}-x`` and ``{name}-y``.
    x_ticks, y_ticks : mapping of float to str
        Where ticks stand and what they say.
    borders : (top, right, bottom, left)
        Smallest borders in pixels.
    """
    plot = figure(
        name=name,
        x_axis_type=x_type,
        y_axis_type=y_type,
        x_range=Range1d(*x, name=f"{name}-x", tags=[BROWSER]),
        y_range=Range1d(*y, name=f"{name}-y", tags=[BROWSER]),
        tools="",
        toolbar_location=None,
        sizing_mode="stretch_both",
        outline_line_color=None,
        background_fill_color=palette.surface,
        border_fill_color=palette.surface,
        min_border_top=borders[0],
        min_border_right=borders[1],
        min_border_bottom=borders[2],
        min_border_left=borders[3],
        output_backend="canvas",
    )
    plot.toolbar.logo = None
    for axis, grid, ticks in (
        (plot.xaxis[0], plot.xgrid[0], x_ticks),
        (plot.yaxis[0], plot.ygrid[0], y_ticks),
    ):
        ticker = FixedTicker(ticks=list(ticks), minor_ticks=[])
        axis.ticker = ticker
        axis.major_label_overrides = dict(ticks)
        axis.axis_line_color = palette.axis
        axis.major_tick_line_color = palette.axis
        axis.major_tick_in = 0
        axis.major_tick_out = 5
        axis.minor_tick_line_color = None
        axis.major_label_text_color = palette.quiet
        axis.major_label_text_font_size = "11px"
        axis.major_label_text_font = FONT
        axis.major_label_standoff = 5
        grid.ticker = ticker
        grid.grid_line_color = palette.grid
    plot.yaxis[0].axis_line_color = None
    plot.yaxis[0].major_tick_line_color = None
    style: dict[str, Any] = {
        "text_color": palette.quiet,
        "text_font": FONT,
        "text_font_size": "11px",
        "text_font_style": "normal",
        "standoff": 6,
    }
    if y_title:
        plot.add_layout(Title(text=y_title, align="left", **style), "above")
    if x_title:
        plot.add_layout(Title(text=x_title, align="right", **{**style, "standoff": 2}), "below")
    return plot


def decades(low: float, high: float) -> dict[float, str]:
    """Every decade from `low` to `high` as ``1e21``."""
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    return {float(f"1e{p}"): f"1e{p}" for p in range(first, last + 1)}


def nice_losses(low: float, high: float) -> dict[float, str]:
    """Ticks for a loss axis: round losses, closer together where losses are small."""
    steps: list[float] = [
        *(round(0.1 * k, 1) for k in range(1, 11)),
        1.25,
        1.5,
        1.75,
        2.0,
        2.25,
        2.5,
        3.0,
        3.5,
        4.0,
        5.0,
        6.0,
        8.0,
        10.0,
        12.0,
    ]
    inside = [s for s in steps if low <= s <= high]
    if len(inside) < 3:
        inside = list(even_ticks(low, high, 4))
        return {t: _decimal(t, high - low) for t in inside}
    return {float(s): f"{s:.2f}" for s in inside}


def even_ticks(low: float, high: float, count: int) -> list[float]:
    """About `count` ticks at 1, 2 or 5 times a power of ten."""
    raw = (high - low) / max(count, 1)
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw * 0.999)
    first = np.ceil(low / step - 1e-9) * step
    # Adding zero makes a plain zero of a negative one.
    return [float(round(v, 12)) + 0.0 for v in np.arange(first, high + step * 1e-6, step)]


def _decimal(value: float, span: float) -> str:
    digits = max(0, int(np.ceil(-np.log10(span))) + 1)
    return f"{value:.{digits}f}"


def beyond(plot: Any, palette: Palette, left: float, name: str) -> BoxAnnotation:
    """The ground of extrapolation: faintly shaded from the largest run on."""
    box = BoxAnnotation(
        name=name,
        left=left,
        fill_color=palette.beyond,
        fill_alpha=palette.beyond_alpha,
        line_color=None,
        level="underlay",
        tags=[BROWSER],
    )
    plot.add_layout(box)
    return box


# Glyphs are added whole, with `add_glyph`: the shorthand of Bokeh's `figure` makes four of each, and a
# refit that rebuilds its figures would be slow.


def dots(
    plot: Any,
    data: ColumnDataSource,
    x: str,
    y: str,
    *,
    fill: Colour,
    line: Colour = None,
    width: float = 1.0,
    size: float = 7,
    alpha: float = 1.0,
    marker: str = "circle",
    angle: str | float = 0.0,
    name: str | None = None,
    level: str = "glyph",
) -> GlyphRenderer:
    """Marks at columns `x` and `y`."""
    glyph = Scatter(
        x=x,
        y=y,
        size=size,
        marker=Value(marker),
        angle=angle,
        fill_color=fill,
        fill_alpha=alpha,
        line_color=line,
        line_width=width,
    )
    return plot.add_glyph(data, glyph, name=name, level=level)


def diamonds(
    plot: Any, data: ColumnDataSource, palette: Palette, size: float = 15, x: str = "x", width: float = 1.0
) -> GlyphRenderer:
    """The answer: diamonds in its colour, at columns `x` and y."""
    return dots(
        plot,
        data,
        x,
        "y",
        marker="diamond",
        size=size,
        fill=palette.answer,
        line=palette.surface,
        width=width,
    )


def curve(
    plot: Any, data: ColumnDataSource, colour: str, width: float, dash: Sequence[int] = (), cap: str = "butt"
) -> GlyphRenderer:
    """One line through columns x and y."""
    glyph = Line(x="x", y="y", line_color=colour, line_width=width, line_dash=list(dash), line_cap=cap)
    return plot.add_glyph(data, glyph)


def extended(
    plot: Any, inside: ColumnDataSource, beyond: ColumnDataSource, colour: str, width: float
) -> None:
    """One line through columns x and y, dashed where it goes beyond the data."""
    curve(plot, inside, colour, width)
    curve(plot, beyond, colour, width, BEYOND, "round")


def curves(
    plot: Any, data: ColumnDataSource, colour: Colour, width: float, dash: Sequence[int] = ()
) -> GlyphRenderer:
    """Many lines, from columns xs and ys."""
    glyph = MultiLine(xs="xs", ys="ys", line_color=colour, line_width=width, line_dash=list(dash))
    return plot.add_glyph(data, glyph)


def area(plot: Any, data: ColumnDataSource, colour: str, alpha: float) -> GlyphRenderer:
    """The ground between columns low and high."""
    glyph = VArea(x="x", y1="low", y2="high", fill_color=colour, fill_alpha=alpha)
    return plot.add_glyph(data, glyph)


def strokes(
    plot: Any,
    data: ColumnDataSource,
    ends: tuple[str, str, str, str],
    colour: str,
    width: float = 1,
    dash: Sequence[int] = (),
    alpha: float = 1.0,
) -> GlyphRenderer:
    """Straight strokes between columns (x0, y0, x1, y1)."""
    x0, y0, x1, y1 = ends
    glyph = Segment(x0=x0, y0=y0, x1=x1, y1=y1, line_color=colour, line_width=width, line_dash=list(dash))
    glyph.line_alpha = alpha
    return plot.add_glyph(data, glyph)


def words(
    plot: Any,
    data: ColumnDataSource,
    colour: str,
    *,
    size: int = 11,
    bold: bool = False,
    align: str = "left",
    baseline: str = "middle",
    dx: float | str = 0,
    dy: float | str = 0,
    field: str = "text",
    ground: str | None = None,
    x: str = "x",
    angle: float | str = 0.0,
) -> GlyphRenderer:
    """Labels from a source with columns x, y and text, drawn over everything else."""
    glyph = Text(
        x=x,
        y="y",
        text=field,
        text_color=colour,
        text_font=Value(FONT),
        text_font_size=Value(f"{size}px"),
        text_font_style="bold" if bold else "normal",
        text_align=align,
        text_baseline=baseline,
        x_offset=dx,
        y_offset=dy,
        angle=angle,
    )
    if ground is not None:
        glyph.update(background_fill_color=ground, background_fill_alpha=0.85, padding=1)
    return plot.add_glyph(data, glyph, level="overlay")


def link_hover_and_selection(plot: Any, renderers: Iterable[GlyphRenderer]) -> None:
    """Hover and lasso on these renderers.

    What is drawn for a hover is a behaviour, not a template; so is what a click does, since a selection
    would be painted before it is obeyed.
    """
    rendered = list(renderers)
    hover = HoverTool(renderers=rendered, tooltips=None, mode="mouse")
    lasso = LassoSelectTool(renderers=rendered, continuous=False)
    plot.add_tools(hover, lasso)
    plot.toolbar.active_drag = lasso
    plot.toolbar.active_inspect = [hover]


def spread(values: Sequence[float] | np.ndarray[Any, Any], count: int) -> list[float]:
    """`count` values spread over the distinct values of a positive quantity, evenly in the logarithm."""
    distinct = np.unique(np.asarray(values, dtype=float))
    if len(distinct) <= count:
        return [float(v) for v in distinct]
    wanted = np.geomspace(distinct[0], distinct[-1], count)
    chosen = {float(distinct[np.argmin(np.abs(np.log(distinct / w)))]) for w in wanted}
    return sorted(chosen)
