"""The map, the designs, the money and the coefficients, as Bokeh plots."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, LogColorMapper, Patches, Span, Title

from ...units import format_quantity
from ..palette import Palette
from ..plots import (
    BROWSER,
    area,
    bare_plot,
    curve,
    curves,
    diamonds,
    dots,
    source,
    strokes,
    words,
)
from ..sizes import amounts, size_map
from .columns import CHECKS, design_range, design_ticks, moving, pinned_names, places, standing
from .numbers import seen
from .shades import SHADE
from .view import View

DOTTED, DASHED = (1, 4), (6, 3)
COLOURS = (1e-3, 0.5)
"""Candidates outside these shares for a hundred dollars take the colour of the end."""
NAMES_WIDTH, VALUES_WIDTH = 142, 132
Sources = dict[str, ColumnDataSource]


def advisor_plots(view: View, palette: Palette) -> list[Any]:
    """All figures; they share their sources."""
    drawn = {**standing(view), **moving(view)}
    sources = {name: source(name, data) for name, data in drawn.items()}
    return [
        _map(view, palette, sources),
        _designs(view, palette, sources),
        _money(view, palette, sources),
        _pins(view, palette, sources),
    ]


def _map(view: View, palette: Palette, sources: Sources) -> Any:
    plot = size_map(
        "main",
        palette,
        view.params,
        view.tokens,
        amounts(*view.params, "params", inside=True),
        amounts(*view.tokens, "tokens", inside=True),
        (4, 14, 0, 48),
    )
    ground = Patches(xs="xs", ys="ys", fill_color=palette.control, fill_alpha=SHADE, line_color=None)
    plot.add_glyph(sources["shade"], ground)
    curves(plot, sources["shade-lines"], palette.control, 1).glyph.line_alpha = 0.6
    curves(plot, sources["price-lines"], palette.axis, 1, DOTTED)
    curve(plot, sources["frontier"], palette.quiet, 1.5, DASHED)
    mapper = LogColorMapper(palette=list(palette.size), low=COLOURS[0], high=COLOURS[1])
    colour = {"field": "value", "transform": mapper}
    offered = sources["candidates"]
    dots(plot, offered, "x", "y", fill=colour, line=palette.surface, width=0.7, size=7)
    done = sources["done"]
    dots(plot, done, "x", "y", marker="square", fill=palette.surface, line=palette.strong, width=1.3, size=7)
    words(plot, sources["price-labels"], palette.quiet, align="center", ground=palette.surface)
    words(plot, sources["shade-labels"], palette.control, align="center", ground=palette.surface)
    label = words(plot, sources["frontier-label"], palette.quiet, align="center", dy=-11,
                  ground=palette.surface)  # fmt: skip
    label.glyph.angle = "angle"
    diamonds(plot, sources["batch"], palette, 17)
    for part, ink, bold in (("lines", palette.text, False), ("heads", palette.answer_text, True)):
        words(plot, sources[f"batch-{part}"], ink, size=12 if bold else 11, bold=bold, align="align",
              dx="dx", dy="dy", ground=palette.surface)  # fmt: skip
    return plot


def _designs(view: View, palette: Palette, sources: Sources) -> Any:
    found = seen(view)
    at = places(view, found)
    low, high = design_range(found)
    kind = view.held.answer
    ticks = design_ticks(low, high, kind)
    plot = bare_plot(
        "designs",
        palette,
        x=(low, high),
        y=(min(at.values()) - 0.6, 0.6),
        x_title=axis_title(kind),
        x_ticks=ticks,
        y_ticks={},
        borders=(4, VALUES_WIDTH, 0, NAMES_WIDTH),
    )
    plot.xaxis[0].name, plot.xaxis[0].tags = "designs-axis", [BROWSER]
    plot.xaxis[0].ticker = plot.xgrid[0].ticker = FixedTicker(
        ticks=list(ticks), minor_ticks=[], name="designs-ticker", tags=[BROWSER]
    )
    title = next(t for t in plot.below if isinstance(t, Title))
    title.name, title.tags = "designs-title", [BROWSER]
    area(plot, sources["design-strip"], palette.answer, 0.08)
    bars = (("now", palette.strong, 0.5), ("others", palette.axis, 0.6), ("checks", palette.axis, 0.6))
    for name, colour, alpha in bars:
        strokes(plot, sources[f"design-{name}"], ("x", "y", "x1", "y"), colour, 4, alpha=alpha)
    strokes(plot, sources["design-answer"], ("x", "y", "x1", "y"), palette.answer, 5, alpha=0.5)
    dots(plot, sources["design-lucky"], "x", "y", marker="dash", angle=np.pi / 2, size=11, fill=None,
         line=palette.axis, width=1.4)  # fmt: skip
    for name, colour in (("now", palette.strong), ("others", palette.quiet)):
        dots(plot, sources[f"design-{name}"], "middle", "y", size=8, fill=colour, line=palette.surface)
    check = sources["design-checks"]
    dots(plot, check, "middle", "y", size=9, fill=palette.surface, line=palette.strong, width=1.6)
    diamonds(plot, sources["design-answer"], palette, 15, x="middle")
    names = sources["design-names"]
    left = 4 - NAMES_WIDTH
    words(plot, names, palette.text, size=12, dx=left, dy=-8)
    words(plot, names, palette.quiet, dx=left, dy=8, field="detail")
    own = sources["design-answer-name"]
    words(plot, own, palette.answer_text, size=12, bold=True, dx=left, dy=-8)
    words(plot, own, palette.quiet, dx=left, dy=8, field="detail")
    right = VALUES_WIDTH - 86
    words(plot, sources["design-values"], palette.strong, size=12, bold=True, align="right", dx=right)
    words(plot, sources["design-intervals"], palette.quiet, size=12, dx=right + 8)
    words(plot, sources["design-after"], palette.answer_text, size=12, bold=True, dx=right + 8)
    if any(name in at for name in CHECKS):
        y = max(at[name] for name in CHECKS if name in at) + 0.62
        head = {"x": [low], "y": [y], "text": ["Check: these runs exist"]}
        words(plot, source("check-head", head), palette.quiet, bold=True, dx=left)
    return plot


def axis_title(kind: str) -> str:
    """What the axis of the answers says."""
    return {
        "params": "Parameters to train",
        "tokens": "Tokens to train on",
        "loss": "Loss of the best model (nats per token)",
    }[kind]


def _money(view: View, palette: Palette, sources: Sources) -> Any:
    money = view.money
    low, high = float(money["dollars"].iloc[0]), float(money["dollars"].iloc[-1])
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    ticks = [float(f"{m}e{p}") for p in range(first, last + 1) for m in (1, 2, 5)]
    inside = [t for t in ticks if low <= t <= high]
    while len(inside) > 5:
        inside = inside[::2]
    plot = bare_plot(
        "money",
        palette,
        x=(low, high * 1.12),
        y=(0, 1.1),
        x_title=f"Spent on {'one run' if len(view.advice.batch) == 1 else 'the batch'}",
        x_ticks={t: format_quantity(t, "dollars") for t in inside},
        y_ticks={0.0: "0", 0.25: "25 %", 0.5: "50 %", 0.75: "75 %", 1.0: "now"},
        borders=(4, 84, 0, 40),
    )
    area(plot, sources["money-band"], palette.axis, 0.2)
    curve(plot, sources["money-random"], palette.quiet, 1.5, DASHED)
    curve(plot, sources["money-frontier"], palette.strong, 1.5, (2, 3))
    curve(plot, sources["money-best"], palette.answer, 2.25)
    diamonds(plot, sources["money-answer"], palette)
    for name, ink, bold in (("random", palette.quiet, False), ("frontier", palette.text, False),
                            ("best", palette.answer_text, True)):  # fmt: skip
        words(plot, sources[f"money-{name}-label"], ink, size=12 if bold else 11, bold=bold, dx=14)
    return plot


def _pins(view: View, palette: Palette, sources: Sources) -> Any:
    names = pinned_names(view)
    law, known = view.advice.known.law, view.advice.known
    labels = {-float(k): law.symbol(known.names[c]).label for k, c in enumerate(names)}
    plot = bare_plot(
        "pins",
        palette,
        x=(-1.05, 1.05),
        y=(0.6 - len(names), 0.6),
        x_type="linear",
        x_ticks={},
        y_ticks={k: _letter(label) for k, label in labels.items()},
        borders=(4, 104, 8, 34),
    )
    plot.xaxis[0].visible = False
    plot.ygrid[0].grid_line_color = None
    axis = plot.yaxis[0]
    axis.major_label_text_font, axis.major_label_text_font_size = "Georgia, serif", "15px"
    axis.major_label_text_font_style, axis.major_label_text_color = "italic", palette.strong
    middle = Span(location=0, dimension="height", line_color=palette.grid, line_width=1, level="underlay")
    plot.add_layout(middle)
    strokes(plot, sources["pin-now"], ("x", "y", "x1", "y"), palette.strong, 4, alpha=0.4)
    strokes(plot, sources["pin-after"], ("x", "y", "x1", "y"), palette.answer, 4, alpha=0.5)
    dots(plot, sources["pin-now"], "middle", "y", size=7, fill=palette.strong, line=palette.surface)
    diamonds(plot, sources["pin-after"], palette, 11, x="middle")
    words(plot, sources["pin-now-words"], palette.text, align="right", dx=98)
    words(plot, sources["pin-after-words"], palette.answer_text, bold=True, align="right", dx=98)
    return plot


GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "lambda": "λ", "mu": "μ", "eta": "η"}


def _letter(label: str) -> str:
    return GREEK.get(label, label)
