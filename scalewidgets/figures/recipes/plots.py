"""Both recipes at their best size, who is likely better, by how much, and what that is worth."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Span

from ..palette import Palette
from ..plots import (
    area,
    bare_plot,
    beyond,
    curve,
    decades,
    diamonds,
    dots,
    even_ticks,
    extended,
    nice_losses,
    source,
    strokes,
    words,
)
from .columns import Columns, judged_range, moving, standing
from .view import MARKS, View

DOTTED = (2, 4)
COMPUTE = "Training compute (FLOP)"

MOST_GAP = 4
"""How many times the height of the curve the interval of the answer may take on either side of it."""

Sources = dict[str, ColumnDataSource]


def recipe_plots(view: View, palette: Palette) -> tuple[list[Any], dict[str, Any]]:
    """All figures, which share their sources, and the state that belongs to the budget."""
    worth = worth_range(view)
    fixed = standing(view)
    gap = gap_range(view, fixed)
    followed, state = moving(view, worth, gap)
    sources = {name: source(name, data) for name, data in {**fixed, **followed}.items()}
    for i, runs in enumerate(view.runs):
        columns = {name: runs[name].to_numpy() for name in ("run", "params", "flops", "loss")}
        sources[f"runs-{i}"] = source(f"runs-{i}", columns, browser=False)
    plots = [
        _main(view, palette, sources),
        _chance(view, palette, sources),
        _gap(view, palette, sources, gap),
        _worth(view, palette, sources, worth),
    ]
    if view.others:
        plots.append(_judged(view, palette, sources))
    return plots, state


def _ticks(view: View, most: int) -> dict[float, str]:
    """Decades, every second or third where the picture has more of them than there is room for."""
    every = int(np.ceil(np.log10(view.x[1] / view.x[0]) / most))
    known = decades(view.x[0] / 1e3, view.x[1] * 1e6)
    return {v: t for v, t in known.items() if round(np.log10(v)) % every == 0}


def _ground(plot: Any, view: View, palette: Palette, name: str) -> None:
    beyond(plot, palette, view.edge, f"{name}-beyond")
    plot.add_layout(Span(location=view.edge, dimension="height", line_color=palette.axis, line_width=1))


def _head(plot: Any, sources: Sources, palette: Palette, name: str, dy: float | str = -9) -> None:
    """The answer's number in its own colour, and what belongs to it below, in quiet ink."""
    for part, colour, bold, shift in (
        ("head", palette.answer_text, True, dy),
        ("lines", palette.quiet, False, "dy" if dy == "dy" else float(dy) + 15),
    ):
        words(
            plot,
            sources[f"{name}-{part}"],
            colour,
            size=12 if bold else 11,
            bold=bold,
            align="align",
            dx="dx",
            dy=shift,
            ground=palette.surface,
        )


def _arrows(plot: Any, data: ColumnDataSource, palette: Palette) -> None:
    """Where an interval leaves the axis."""
    colour = palette.answer
    dots(plot, data, "x", "y", marker="triangle", angle="angle", size=10, fill=colour, level="overlay")


def _main(view: View, palette: Palette, sources: Sources) -> Any:
    plot = bare_plot(
        "main",
        palette,
        x=view.x,
        y=view.y,
        y_type="log",
        x_title=COMPUTE,
        y_title=f"{view.yardstick.label} (nats per token)",
        x_ticks=_ticks(view, 9),
        y_ticks=nice_losses(*view.y),
        borders=(4, 18 + 7 * max(len(r.name) for r in view.recipes), 0, 42),
    )
    _ground(plot, view, palette, "main")
    for i in range(len(view.recipes)):
        area(plot, sources[f"band-{i}"], palette.recipes[i], 0.16)
    for i, colour in enumerate(palette.recipes[: len(view.recipes)]):
        dots(
            plot,
            sources[f"runs-{i}"],
            "flops",
            "loss",
            marker=MARKS[i],
            size=4.6,
            fill=colour,
            alpha=0.8,
            name=f"runs-{i}",
        )
    for i, colour in enumerate(palette.recipes[: len(view.recipes)]):
        extended(plot, sources[f"inside-{i}"], sources[f"beyond-{i}"], colour, 2)
        ends = sources[f"end-{i}"]
        words(plot, ends, colour, size=11, bold=True, dx=9, dy="dy")
    strokes(plot, sources["answer"], ("x", "floor", "x", "y"), palette.answer, dash=DOTTED)
    strokes(plot, sources["answer"], ("x", "y", "x", "label"), palette.quiet, 0.8)
    strokes(plot, sources["crossing-drop"], ("x", "y", "x", "y1"), palette.quiet, dash=DOTTED)
    strokes(plot, sources["crossing-bar"], ("x", "y", "x1", "y"), palette.axis, 3)
    heads = sources["crossing-arrows"]
    dots(
        plot, heads, "x", "y", marker="triangle", angle="angle", size=9, fill=palette.strong, level="overlay"
    )
    ring = sources["crossing-ring"]
    dots(plot, ring, "x", "y", size=9, fill=palette.surface, line=palette.strong, width=1.8)
    words(plot, sources["crossing-label"], palette.strong, bold=True, dx=8, dy=-6, baseline="bottom")
    words(plot, sources["crossing-range"], palette.quiet, align="align", dx="dx", dy="dy")
    diamonds(plot, sources["answer"], palette)
    _head(plot, sources, palette, "answer", "dy")
    edge = source("edge", {"x": [view.edge] * 2, "y": [view.y[1]] * 2, "text": _edge_words(view),
                           "align": ["right", "left"], "dx": [-6.0, 6.0]})  # fmt: skip
    words(plot, edge, palette.quiet, align="align", dx="dx", dy=4, baseline="top")
    return plot


def _edge_words(view: View) -> list[str]:
    return [f"{sum(view.counts):,} runs", "beyond every run"]


def _chance(view: View, palette: Palette, sources: Sources) -> Any:
    plot = bare_plot(
        "chance",
        palette,
        x=view.x,
        y=(0, 100),
        x_title=COMPUTE,
        y_title="Probability",
        x_ticks=_ticks(view, 7),
        y_ticks={v: f"{v:.0f} %" for v in (0, 25, 50, 75, 100)},
        borders=(4, 20, 0, 42),
    )
    a, b = (palette.recipes[i] for i in view.pair)
    area(plot, sources["chance-a"], a, 0.13)
    area(plot, sources["chance-b"], b, 0.13)
    plot.add_layout(Span(location=view.edge, dimension="height", line_color=palette.axis, line_width=1))
    plot.add_layout(
        Span(location=50, dimension="width", line_color=palette.quiet, line_width=1, line_dash=[6, 3])
    )
    strokes(plot, sources["sure"], ("x", "y", "x", "y1"), palette.text, dash=DOTTED)
    curve(plot, sources["chance"], palette.strong, 2)
    words(plot, sources["side-a"], a, bold=True, align="align", dx="dx")
    words(plot, sources["side-b"], b, bold=True, align="align", dx="dx")
    words(plot, sources["toss-label"], palette.text, align="right", baseline="bottom", dx=-4, dy=-3)
    words(plot, sources["sure-label"], palette.text, baseline="bottom", dx=7)
    diamonds(plot, sources["chance-answer"], palette)
    _head(plot, sources, palette, "chance")
    return plot


def _gap(view: View, palette: Palette, sources: Sources, y: tuple[float, float]) -> Any:
    low, high = y
    plot = bare_plot(
        "gap",
        palette,
        x=view.x,
        y=(low, high),
        x_title=COMPUTE,
        x_ticks=_ticks(view, 4),
        y_ticks=signed_ticks(low, high),
        borders=(4, 20, 0, 44),
    )
    beyond(plot, palette, view.edge, "gap-beyond")
    area(plot, sources["gap-band"], palette.strong, 0.14)
    plot.add_layout(Span(location=0, dimension="width", line_color=palette.axis, line_width=1.2))
    extended(plot, sources["gap-inside"], sources["gap-beyond"], palette.strong, 2)
    strokes(plot, sources["gap-answer"], ("x", "low", "x", "high"), palette.answer, 3.5)
    ring = sources["gap-ring"]
    dots(plot, ring, "x", "y", size=9, fill=palette.surface, line=palette.strong, width=1.8)
    _arrows(plot, sources["gap-ends"], palette)
    diamonds(plot, sources["gap-answer"], palette)
    _head(plot, sources, palette, "gap", 14)
    a, b = (palette.recipes[i] for i in view.pair)
    for name, colour, text, level, baseline, dy in (
        ("gap-b", b, f"{view.b.name} better", high, "top", 4),
        ("gap-a", a, f"{view.a.name} better", low, "bottom", -4),
    ):
        if low < 0 < high:
            # At the left, where the runs are: the answer's bar stands at the right.
            place = {"x": [view.x[0]], "y": [level], "text": [text]}
            words(plot, source(name, place), colour, bold=True, baseline=baseline, dx=6, dy=dy)
    return plot


def gap_range(view: View, fixed: Columns) -> tuple[float, float]:
    """Differences that the figure shows: curve and answer whole, the band as far as it says something."""
    inside, outside = (np.asarray(fixed[f"gap-{part}"]["y"]) for part in ("inside", "beyond"))
    band = fixed["gap-band"]
    curve_low = float(np.nanmin(np.concatenate([inside, outside, [0.0]])))
    curve_high = float(np.nanmax(np.concatenate([inside, outside, [0.0]])))
    size = max(curve_high - curve_low, 1e-4)
    low = min(curve_low, max(float(np.nanmin(np.append(band["low"], curve_low))), curve_low - 0.5 * size))
    high = max(
        curve_high, min(float(np.nanmax(np.append(band["high"], curve_high))), curve_high + 0.5 * size)
    )
    # An answer that says next to nothing must not flatten the curve: it gets arrows.
    _, least, most = (float(v[0]) for v in view.twins.difference(np.array([view.budget])))
    low = np.fmin(low, max(least, curve_low - MOST_GAP * size))
    high = np.fmax(high, min(most, curve_high + MOST_GAP * size))
    pad = 0.06 * (high - low)
    return float(low - pad), float(high + pad)


def signed_ticks(low: float, high: float) -> dict[float, str]:
    """Ticks of differences, with their sign."""
    ticks = even_ticks(low, high, 5)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else abs(high - low)
    digits = max(0, int(np.ceil(-np.log10(step) - 1e-9)))
    return {t: "0" if abs(t) < 1e-12 else f"{'+' if t > 0 else '−'}{abs(t):.{digits}f}" for t in ticks}


def worth_range(view: View) -> tuple[float, float]:
    """Multiples that the figure shows: those of the curve inside the runs and around the budget."""
    at = np.geomspace(view.x[0], max(view.budget * 10, view.edge), 40)
    ends = [v[np.isfinite(v)] for of_a in (True, False) for v in view.twins.worth(at, of_a=of_a)[:1]]
    known = np.concatenate([*ends, [1.0]])
    reach = float(np.clip(np.max(np.maximum(known, 1 / known)) * 2, 8, 1e3))
    return 1 / min(reach, 8), reach


def _worth(view: View, palette: Palette, sources: Sources, y: tuple[float, float]) -> Any:
    steps = 1 if y[1] <= 16 else 2 if y[1] <= 128 else 3
    powers = range(-6, 11, steps) if steps < 3 else range(-9, 12, 3)
    ticks = {2.0**p: "equal" if p == 0 else f"× {2**p}" if p > 0 else f"÷ {2**-p}" for p in powers}
    plot = bare_plot(
        "worth",
        palette,
        x=view.x,
        y=y,
        y_type="log",
        x_title=COMPUTE,
        x_ticks=_ticks(view, 4),
        y_ticks={v: t for v, t in ticks.items() if y[0] <= v <= y[1] * 1.0001},
        borders=(4, 20, 0, 44),
    )
    beyond(plot, palette, view.edge, "worth-beyond-ground")
    area(plot, sources["worth-band"], palette.strong, 0.14)
    plot.add_layout(Span(location=1, dimension="width", line_color=palette.axis, line_width=1.2))
    extended(plot, sources["worth-inside"], sources["worth-beyond"], palette.strong, 2)
    strokes(plot, sources["worth-answer"], ("x", "low", "x", "high"), palette.answer, 3.5)
    _arrows(plot, sources["worth-ends"], palette)
    diamonds(plot, sources["worth-answer"], palette)
    _head(plot, sources, palette, "worth", -28)
    return plot


def _judged(view: View, palette: Palette, sources: Sources) -> Any:
    reach = judged_range(view)
    rows = 1 + len(view.others)
    names = [view.yardstick.label, *(other.label for other in view.others)]
    ticks = even_ticks(*reach, 3)
    plot = bare_plot(
        "judged",
        palette,
        x=reach,
        y=(-rows + 0.45, 0.55),
        x_type="linear",
        x_ticks={t: "0" if abs(t) < 1e-12 else f"{'+' if t > 0 else '−'}{abs(t):g}" for t in ticks},
        y_ticks={-float(k): name for k, name in enumerate(names)},
        borders=(4, 26 + 7 * max(len(f"{r.name} > 99 %") for r in (view.a, view.b)), 0, 60),
    )
    plot.ygrid[0].grid_line_color = None
    plot.yaxis[0].major_label_text_color = palette.strong
    plot.add_layout(Span(location=0, dimension="height", line_color=palette.axis, line_width=1.2))
    a, b = (palette.recipes[i] for i in view.pair)
    for name, colour, mark in (
        ("judged-a", a, MARKS[view.pair[0]]),
        ("judged-b", b, MARKS[view.pair[1]]),
        ("judged-answer", palette.answer, "diamond"),
    ):
        data = sources[name]
        strokes(plot, data, ("low", "y", "high", "y"), colour, 4)
        size = 15 if mark == "diamond" else 8
        dots(plot, data, "x", "y", marker=mark, size=size, fill=colour, line=palette.surface)
        text = palette.answer_text if name == "judged-answer" else colour
        words(plot, data, text, bold=True, dx=12, x="edge")
    return plot
