"""The map of cells, the held-out run, every choice of models, and all families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Quad, Rect, Span

from ...units import format_quantity
from ..palette import Palette
from ..plots import area, bare_plot, beyond, curve, diamonds, dots, source, strokes, words
from .columns import columns, loss_range, loss_ticks, luck_range
from .view import POOR, StudyView, error, percent, share

GUIDE = 0.04
"""Size of effect that the guide names as what methods differ by (arXiv:2410.11840)."""
STRONGEST = 0.55
"""Opacity of the best cell: words in the strong ink stay readable on it in both themes."""
BEST, WORST = 0.005, 0.3
COUNT = 14
"""Pixels between the name of a family and the plot, for the number of its models."""

Sources = dict[str, ColumnDataSource]


def study_plots(view: StudyView, palette: Palette) -> list[Any]:
    """All figures; what the chosen cell moves is shared by them."""
    sources = {name: source(name, data) for name, data in columns(view, view.chosen).items()}
    return [_map(view, palette, sources), _families(view, palette), _against(view, palette, sources),
            _luck(view, palette, sources)]  # fmt: skip


def opacity(value: float) -> float:
    """How blue a cell is: bluer is better, evenly in the logarithm of the error."""
    if not np.isfinite(value):
        return 0.0
    at = np.log(max(value, BEST) / BEST) / np.log(WORST / BEST)
    return STRONGEST * float(np.clip(1 - at, 0.0, 1.0))


def _map(view: StudyView, palette: Palette, sources: Sources) -> Any:
    rows, shares = len(view.counts), len(view.fractions)
    order = "every choice" if view.every else f"{_order(view)} first"
    plot = bare_plot(
        "main", palette, x=(-0.5, shares - 0.5), y=(-0.5, rows - 0.5), x_type="linear",
        x_title="Share of the run seen", y_title=f"Models used, {order}",
        x_ticks={float(k): share(f) for k, f in enumerate(view.fractions)},
        y_ticks={float(k): f"{count}" for k, count in enumerate(view.counts)},
        borders=(4, 8, 0, 30),
    )  # fmt: skip
    plot.xgrid[0].grid_line_color = None
    plot.ygrid[0].grid_line_color = None
    plot.xaxis[0].axis_line_color = None
    plot.xaxis[0].major_tick_line_color = None
    cells = source("cells", map_columns(view), browser=False)
    glyph = Rect(x="x", y="y", width=0.95, height=0.93, fill_color=palette.control, fill_alpha="alpha")
    glyph.update(line_color=palette.hairline, line_width=1)
    plot.add_glyph(cells, glyph)
    frame = Rect(
        x="x", y="y", width=0.95, height=0.93, fill_color=None, line_color=palette.answer, line_width=3
    )
    plot.add_glyph(sources["chosen"], frame)
    words(plot, cells, palette.strong, size=13, align="center")
    return plot


def _order(view: StudyView) -> str:
    return "nearest" if view.study.protocol.choices == "nearest" else "smallest"


def map_columns(
    view: StudyView, arrived: Mapping[tuple[int, float], float] | None = None
) -> dict[str, list[Any]]:
    """Cells of the map; with ``arrived``, those errors in the place of what the view holds."""
    said = {(a.models, a.fraction): a.are for a in view.answers} if arrived is None else arrived
    places = [(a.models, a.fraction) for a in view.answers]
    known = [said.get(place) for place in places]
    return {
        "x": [float(view.fractions.index(fraction)) for _, fraction in places],
        "y": [float(view.counts.index(models)) for models, _ in places],
        "alpha": [0.0 if value is None else opacity(value) for value in known],
        "text": ["" if value is None else error(value) for value in known],
    }


def _against(view: StudyView, palette: Palette, sources: Sources) -> Any:
    card = view.card
    last = float(card.band["tokens"][-1])
    first = float(card.band["tokens"][0])
    low, high = loss_range(view)
    marks = np.linspace(first, last, 4)[1:] if last / first < 4 else np.geomspace(first, last, 4)[1:]
    plot = bare_plot(
        "against", palette, x=(first, last), y=(low, high), x_type="linear",
        x_title=f"Tokens seen by the {card.labels[card.target]} model",
        x_ticks={float(m): format_quantity(float(m), "tokens") for m in marks},
        y_ticks=loss_ticks(view), borders=(4, 108, 0, 36),
    )  # fmt: skip
    beyond(plot, palette, (1 - view.study.protocol.scored) * last, "scored")
    area(plot, sources["said-band"], palette.answer, 0.18)
    step = max(1, len(card.tokens) // 120)
    actual = {"x": card.tokens[::step], "y": card.loss[::step]}
    for k in range(2):
        curve(plot, sources[f"rival-{k}"], palette.quiet, 1.5, (6, 3))
    dots(plot, source("actual", actual, browser=False), "x", "y", size=3.4, fill=palette.strong, alpha=0.7)
    curve(plot, sources["said"], palette.answer, 2.25, (2, 5), "round")
    words(plot, sources["rival-labels"], palette.quiet, dx=8, dy="dy")
    words(plot, sources["actual-label"], palette.strong, bold=True, dx=8, dy="dy")
    words(plot, sources["said-label"], palette.answer_text, size=12, bold=True, dx=8, dy="dy")
    scored = {"x": [(1 - 0.98 * view.study.protocol.scored) * last], "y": [high], "text": ["scored here"]}
    words(plot, source("scored-label", scored), palette.quiet, baseline="top", dy=2)
    return plot


def _luck(view: StudyView, palette: Palette, sources: Sources) -> Any:
    low, high = luck_range(view)
    steps = (
        (0.01, 0.1, 1.0, 10.0, 100.0) if high > 50 * low else (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
    )
    ticks = {v: f"{v:g} %" for v in steps if low <= v <= high}
    plot = bare_plot(
        "luck", palette, x=(-0.5, len(view.counts) - 0.5), y=(low, high), x_type="linear", y_type="log",
        x_title="Siblings used, every choice of them",
        x_ticks={float(k): f"{count}" for k, count in enumerate(view.counts)}, y_ticks=ticks,
        borders=(4, 94, 0, 40),
    )  # fmt: skip
    plot.xgrid[0].grid_line_color = None
    every: dict[str, list[float]] = {"x": [], "y": []}
    middle: dict[str, list[float]] = {"x": [], "x1": [], "y": []}
    rings: dict[str, list[float]] = {"x": [], "y": []}
    if view.luck is not None:
        for k, count in enumerate(view.counts):
            errors = view.luck.errors.get(count, np.empty(0))
            # Side by side in a fixed pattern: a jitter by chance would differ from one drawing to the next.
            every["x"] += [
                k + 0.26 * (((7 * i) % 11) / 5 - 1) if len(errors) > 1 else float(k)
                for i in range(len(errors))
            ]
            every["y"] += [100 * float(e) for e in errors]
            if len(errors) > 1:
                middle["x"].append(k - 0.32)
                middle["x1"].append(k + 0.32)
                middle["y"].append(100 * float(np.median(errors)))
            first = view.at(count, view.luck.fraction)
            if first.known:
                rings["x"].append(float(k))
                rings["y"].append(100 * first.are)
    dots(plot, source("luck-all", every, browser=False), "x", "y", size=5, fill=palette.quiet, alpha=0.5)
    strokes(plot, source("luck-median", middle, browser=False), ("x", "y", "x1", "y"), palette.strong, 2)
    ring = source("luck-first", rings, browser=False)
    dots(plot, ring, "x", "y", size=9, fill=palette.surface, line=palette.strong, width=1.6)
    answer = sources["luck-answer"]
    diamonds(plot, answer, palette)
    words(plot, sources["luck-median-label"], palette.quiet, dx=8, dy="dy")
    words(plot, sources["luck-answer-label"], palette.answer_text, size=12, bold=True, dx=8, dy="dy")
    return plot


def _families(view: StudyView, palette: Palette) -> Any:
    table = view.study.families_frame()
    part, whole = share_columns(view)
    rows = len(table)
    errors = table[[f"are@{part:g}", f"are@{whole:g}"]].to_numpy(dtype=float)
    known = 100 * errors[np.isfinite(errors)]
    low = max(0.7 * float(known.min()), 0.005) if len(known) else 0.1
    high = 1.5 * float(known.max()) if len(known) else 100.0
    ticks = {v: f"{v:g} %" for v in (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0) if low <= v <= high}
    names = [str(title) for title in table["title"]]
    plot = bare_plot(
        "families", palette, x=(low, high), y=(-rows + 0.5, 1.2), x_title="Error on the predicted model",
        x_ticks=ticks, y_ticks={-float(k): name for k, name in enumerate(names)},
        borders=(4, 108 if part != whole else 56, 0, 118),
    )  # fmt: skip
    plot.ygrid[0].grid_line_color = None
    plot.yaxis[0].major_label_text_color = palette.text
    plot.yaxis[0].major_label_standoff = COUNT + 8
    here = list(table.index).index(view.card.name)
    row = {"low": [low], "high": [high], "top": [0.46 - here], "bottom": [-0.46 - here]}
    ground = Quad(left="low", right="high", top="top", bottom="bottom", line_color=None)
    ground.update(fill_color=palette.control, fill_alpha=0.14)
    plot.add_glyph(source("row", row, browser=False), ground)
    effect = Span(location=100 * GUIDE, dimension="height", line_color=palette.quiet, line_width=1)
    effect.line_dash = [2, 3]
    plot.add_layout(effect)
    y = -np.arange(rows, dtype=float)
    ends = {
        "low": 100 * table[f"low@{whole:g}"].to_numpy(dtype=float),
        "high": 100 * table[f"high@{whole:g}"].to_numpy(dtype=float),
    }
    sure = np.isfinite(ends["low"] + ends["high"])
    bars = {
        "low": np.maximum(ends["low"][sure], low),
        "high": np.minimum(ends["high"][sure], high),
        "y": y[sure],
    }
    strokes(plot, source("family-bars", bars, browser=False), ("low", "y", "high", "y"), palette.axis, 3)
    at = 100 * errors[:, 1]
    good = np.isfinite(at)
    filled = source("family-whole", {"x": at[good], "y": y[good]}, browser=False)
    dots(plot, filled, "x", "y", size=7, fill=palette.strong, line=palette.surface)
    models = {"x": np.full(rows, low), "y": y, "text": [str(count) for count in table["models"]]}
    words(plot, source("family-models", models, browser=False), palette.quiet, dx=-6, align="right")
    right = {"x": np.full(rows, high), "y": y, "text": [percent(v / 100) for v in at]}
    words(
        plot, source("family-errors", right, browser=False), palette.strong, bold=True, dx=44, align="right"
    )
    if part != whole:
        early = 100 * errors[:, 0]
        for name, keep, colour in (
            ("family-part", early < 100 * POOR, palette.quiet),
            ("family-poor", early >= 100 * POOR, palette.warning),
        ):
            ring = source(name, {"x": early[keep], "y": y[keep]}, browser=False)
            dots(plot, ring, "x", "y", size=7, fill=None, line=colour, width=1.6)
            text = {
                "x": np.full(int(keep.sum()), high),
                "y": y[keep],
                "text": [percent(v / 100) for v in early[keep]],
            }
            words(plot, source(f"{name}-errors", text, browser=False), colour, dx=100, align="right")
    all_of_it = "whole run" if whole == 1 else f"{share(whole)} of it"
    heads = [
        ("guide", 100 * GUIDE, "guide: 4 %", 0, "center"),
        ("models", low, "models", -6, "right"),
        ("whole", high, all_of_it, 44, "right"),
    ]
    if part != whole:
        heads.append(("part", high, f"{share(part)} of it", 100, "right"))
    for name, x, said, dx, align in heads:
        head = source(f"{name}-head", {"x": [x], "y": [0.55], "text": [said]}, browser=False)
        words(plot, head, palette.quiet, size=10, baseline="bottom", dx=dx, align=align)
    return plot


def share_columns(view: StudyView) -> tuple[float, float]:
    """Shares of the run at which families are compared: about 40 %, and the largest."""
    known = view.study.protocol.fractions
    return next((f for f in known if f >= 0.4 - 1e-9), known[-1]), known[-1]
