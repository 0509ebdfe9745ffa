"""Which exponents fit: the profile of the objective as a map (or, for one exponent, as a curve).

The browser moves the diamond and evaluates a click (``pick-exponents``): the best amplitudes of every cell
travel with the figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import Patches
from contourpy import ContourGenerator, LineType, contour_generator

from ...fitting import ExponentMap, exponents_of
from ...units import format_quantity
from ..curves import Floats
from ..frame import line, text
from ..palette import Palette
from ..plots import area, bare_plot, curve, curves, diamonds, dots, even_ticks, source, strokes, words
from ..scene import Behaviour
from .view import View

ROOT = "exponents"
DOTS = 300
"""Resamples that are drawn; more hide the map."""
FINE = 4
"""Points of a contour for each cell: the profile is smooth, a polygon of cells is not."""
SHADES = ((None, 0.06), (1.0, 0.074), (0.3, 0.095), (0.1, 0.11), (0.03, 0.17))
"""Rise (as a share of the outer contour) below which the ground is a step bluer, and the step's opacity."""
LABELLED = (1.0, 0.1)
"""Contours that are drawn and labelled, as shares of the outer one."""
DASHED = (4, 3)


@dataclass(frozen=True)
class _Sheet:
    """The map on a finer grid, for contours."""

    x: Floats
    y: Floats
    rise: Floats
    outer: float


def exponent_plot(view: View, seen: ExponentMap, palette: Palette) -> Any:
    """The map of two exponents, or the profile of one."""
    return _curve_plot(view, seen, palette) if len(seen.names) == 1 else _map_plot(view, seen, palette)


def exponent_place(seen: ExponentMap, draws: int) -> dict[str, Any]:
    """Title and reading line."""
    shown = min(DOTS, draws)
    dotted = f" Dots: {shown:,} resamples." if shown else ""
    if len(seen.names) == 1:
        title, how = "Which exponent fits?", f"Lower is better.{dotted.replace('Dots', 'Ticks')} Click to try"
    else:
        title, how = "Which exponents fit?", f"Bluer is better.{dotted} Click to try"
    best = ", ".join(format_quantity(seen.best[name], "exponent") for name in seen.names)
    return {
        "root": ROOT,
        "place": "small",
        "height": 210,
        "title": [line(text(title))],
        "note": [line(text(how))],
        "folded": [line(text(f"{best} fit best"))],
    }


def waiting_plot(view: View, palette: Palette) -> Any:
    """Resampled exponents, before there is a map under them."""
    names = exponents_of(view.fit.law, view.fit.certificate.fixed)
    best = [view.held[name] for name in names]
    drawn = [np.asarray(view.cloud.draws[name], dtype=float)[:DOTS] for name in names]
    ends = [_reach(draws, at) for draws, at in zip(drawn, best, strict=True)]
    flat = len(names) == 1
    x, y = ends[0], (0.0, 1.0) if flat else ends[1]
    plot = bare_plot(
        ROOT,
        palette,
        x=x,
        y=y,
        x_type="linear",
        x_title=_axis_words(view, names[0]),
        x_ticks=_ticks(*x, 6),
        y_ticks={} if flat else _ticks(*y, 8),
        borders=(4, 8, 0, 34),
    )
    if not flat:
        cloud = source("exponent-cloud", {"x": drawn[0], "y": drawn[1]})
        dots(plot, cloud, "x", "y", size=3.4, fill=palette.strong, alpha=0.42)
        here = source("exponent-here", {"x": best[:1], "y": best[1:]})
        diamonds(plot, here, palette)
    return plot


def _reach(draws: Floats, best: float) -> tuple[float, float]:
    low, high = (float(np.min(draws)), float(np.max(draws))) if len(draws) else (best, best)
    wide = max(high - low, 0.02 * abs(best) + 1e-4)
    return min(low, best) - 0.3 * wide, max(high, best) + 0.3 * wide


def waiting_place(view: View) -> dict[str, Any]:
    """Title and reading line of the exponents before there is a map."""
    count = min(DOTS, len(view.cloud.noise))
    place = {"root": ROOT, "place": "small", "height": 210, "title": [line(text("Which exponents fit?"))]}
    said = "The map follows"
    return {
        **place,
        "note": [line(text(f"Dots: {count:,} resamples. {said}"))],
        "folded": [line(text(said))],
    }


def exponent_behaviour(seen: ExponentMap) -> Behaviour:
    """A click on the map sets all coefficients to the best with these exponents."""
    return Behaviour(
        "pick-exponents",
        {
            "figure": ROOT,
            "names": list(seen.names),
            "coefficients": list(seen.coefficients),
            "fit": dict(seen.best),
            "here": "exponent-here",
            "label": "exponent-label",
        },
    )


def exponent_arrays(seen: ExponentMap) -> dict[str, Floats]:
    """Axes of the map and the best coefficients of its cells, for the browser."""
    axes = {f"map.axis.{i}": axis for i, axis in enumerate(seen.axes)}
    others = {name: v.ravel() for name, v in seen.coefficients.items() if name not in seen.names}
    rise = {"map.rise": seen.rise.ravel()} if len(seen.names) == 1 else {}
    return {**axes, **rise, **{f"map.{name}": np.ascontiguousarray(v) for name, v in others.items()}}


# ---- two exponents ----


def _map_plot(view: View, seen: ExponentMap, palette: Palette) -> Any:
    first, second = seen.names
    sheet = _sheet(seen)
    x, y = (float(sheet.x[0]), float(sheet.x[-1])), (float(sheet.y[0]), float(sheet.y[-1]))
    labels = {s.name: s.label for s in view.fit.law.coefficients}
    plot = bare_plot(
        ROOT,
        palette,
        x=x,
        y=y,
        x_type="linear",
        x_title=_axis_words(view, first),
        x_ticks=_ticks(*x, 6),
        y_ticks=_ticks(*y, 8),
        borders=(4, 8, 0, 34),
    )
    plot.xgrid[0].grid_line_color = plot.ygrid[0].grid_line_color = None
    plot.background_fill_color, plot.background_fill_alpha = palette.control, SHADES[0][1]
    shades = source("exponent-shades", _shades(sheet))
    plot.add_glyph(
        shades, Patches(xs="xs", ys="ys", fill_color=palette.control, fill_alpha="alpha", line_color=None)
    )
    lines, marks = _contours(sheet)
    curves(plot, source("exponent-lines", lines), palette.control, 1)
    dots(
        plot,
        source("exponent-cloud", _cloud(view, seen)),
        "x",
        "y",
        size=3.4,
        fill=palette.strong,
        alpha=0.42,
    )
    equal, said = _diagonal(x, y, labels[first], labels[second])
    strokes(plot, source("exponent-equal", equal), ("x0", "y0", "x1", "y1"), palette.quiet, dash=DASHED)
    words(plot, source("exponent-equal-label", said), palette.quiet, align="right", ground=palette.surface)
    words(plot, source("exponent-marks", marks), palette.text, align="center", ground=palette.surface)
    title = {"x": [x[0]], "y": [y[1]], "text": [_axis_words(view, second)]}
    words(
        plot,
        source("exponent-title", title),
        palette.quiet,
        baseline="top",
        dx=6,
        dy=6,
        ground=palette.surface,
    )
    _diamonds(plot, view, seen, palette, [seen.best[second]], [view.held[second]])
    return plot


def _sheet(seen: ExponentMap) -> _Sheet:
    from scipy.interpolate import RectBivariateSpline  # the first figure of a large table has no map

    a, b = seen.axes
    x, y = (np.linspace(axis[0], axis[-1], FINE * (len(axis) - 1) + 1) for axis in (a, b))
    smooth = RectBivariateSpline(a, b, seen.rise, kx=min(3, len(a) - 1), ky=min(3, len(b) - 1))
    # A spline dips below zero beside the bottom of the valley, which the objective does not.
    rise = np.maximum(smooth(x, y), 0.0)
    edge = np.concatenate([rise[0], rise[-1], rise[:, 0], rise[:, -1]])
    return _Sheet(x, y, rise, _outer(float(np.median(edge))))


def _outer(edge: float) -> float:
    """The outer contour: a power of ten that the edge of the map passes, at most ten times as bad."""
    if not edge > 0:
        return 0.1
    return float(10.0 ** np.clip(np.floor(np.log10(edge)), -4, 1))


def _shades(sheet: _Sheet) -> dict[str, Any]:
    """Grounds below each level, as one polygon of several parts each: the bluer, the better."""
    # A border of bad cells closes the polygons that run out of the map.
    worst = float(sheet.rise.max()) + sheet.outer
    x = np.concatenate([[2 * sheet.x[0] - sheet.x[1]], sheet.x, [2 * sheet.x[-1] - sheet.x[-2]]])
    y = np.concatenate([[2 * sheet.y[0] - sheet.y[1]], sheet.y, [2 * sheet.y[-1] - sheet.y[-2]]])
    padded = np.pad(sheet.rise, 1, mode="edge")
    padded[0], padded[-1], padded[:, 0], padded[:, -1] = worst, worst, worst, worst
    drawn = contour_generator(x, y, padded.T, line_type=LineType.Separate)  # rows are along y
    columns: dict[str, Any] = {"xs": [], "ys": [], "alpha": []}
    for share, alpha in SHADES[1:]:
        parts = _lines(drawn, (share or 1.0) * sheet.outer)
        if parts:
            columns["xs"].append(_joined([p[:, 0] for p in parts]))
            columns["ys"].append(_joined([p[:, 1] for p in parts]))
            columns["alpha"].append(alpha)
    return columns


def _lines(drawn: ContourGenerator, level: float) -> list[Floats]:
    """Lines of one level, each (points, 2)."""
    return [np.asarray(part, dtype=float) for part in drawn.lines(level)]


def _joined(parts: Sequence[Floats]) -> list[float]:
    """Several lines as one column with gaps between them."""
    joined: list[float] = []
    for part in parts:
        joined += ([float("nan")] if joined else []) + _short(part)
    return joined


def _short(values: Floats) -> list[float]:
    """Numbers as they are drawn: a hundredth of a pixel is enough, and a file stays small."""
    return [float(f"{v:.5g}") for v in values]


def _contours(sheet: _Sheet) -> tuple[dict[str, Any], dict[str, Any]]:
    """Labelled contours, and where their labels stand: towards the lower right, on the line."""
    lines: dict[str, Any] = {"xs": [], "ys": []}
    marks: dict[str, Any] = {"x": [], "y": [], "text": []}
    drawn = contour_generator(sheet.x, sheet.y, sheet.rise.T, line_type=LineType.Separate)
    for share in LABELLED:
        parts = _lines(drawn, share * sheet.outer)
        for part in parts:
            lines["xs"].append(_short(part[:, 0]))
            lines["ys"].append(_short(part[:, 1]))
        place = _label_place(sheet, np.concatenate(parts)) if parts else None
        if place is not None:
            marks["x"].append(place[0])
            marks["y"].append(place[1])
            marks["text"].append(f"+{100 * share * sheet.outer:g} %")
    return lines, marks


def _label_place(sheet: _Sheet, points: Floats) -> tuple[float, float] | None:
    across = (points[:, 0] - sheet.x[0]) / (sheet.x[-1] - sheet.x[0])
    up = (points[:, 1] - sheet.y[0]) / (sheet.y[-1] - sheet.y[0])
    inside = (across > 0.08) & (across < 0.93) & (up > 0.06) & (up < 0.82)
    if not inside.any():
        return None
    best = np.flatnonzero(inside)[int(np.argmax((across - up)[inside]))]
    return float(points[best, 0]), float(points[best, 1])


def _cloud(view: View, seen: ExponentMap) -> dict[str, Any]:
    """A share of the resamples, as they come; those off the map are not drawn."""
    first, second = (np.asarray(view.cloud.draws[name])[:DOTS] for name in seen.names)
    (a0, a1), (b0, b1) = ((axis[0], axis[-1]) for axis in seen.axes)
    there = (first >= a0) & (first <= a1) & (second >= b0) & (second <= b1)
    return {"x": _short(first[there]), "y": _short(second[there])}


def _diagonal(
    x: tuple[float, float], y: tuple[float, float], first: str, second: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where the two exponents are equal, if that is on the map."""
    low, high = max(x[0], y[0]), min(x[1], y[1])
    if not low < high:
        return {"x0": [], "y0": [], "x1": [], "y1": []}, {"x": [], "y": [], "text": []}
    ends = {"x0": [low], "y0": [low], "x1": [high], "y1": [high]}
    at = min(x[1] - 0.02 * (x[1] - x[0]), y[1] - 0.06 * (y[1] - y[0]))
    return ends, {"x": [at], "y": [at], "text": [f"{first} = {second}"]}


# ---- one exponent ----


def _curve_plot(view: View, seen: ExponentMap, palette: Palette) -> Any:
    (name,), (axis,) = seen.names, seen.axes
    top = float(min(max(np.quantile(seen.rise, 0.9), 1e-6), 10.0))
    x, y = (float(axis[0]), float(axis[-1])), (-0.04 * 100 * top, 100 * top)
    plot = bare_plot(
        ROOT,
        palette,
        x=x,
        y=y,
        x_type="linear",
        x_title=_axis_words(view, name),
        x_ticks=_ticks(*x, 6),
        y_ticks={t: f"+{t:g} %" for t in even_ticks(0.0, y[1], 4)},
        borders=(4, 8, 0, 46),
    )
    rise = 100 * seen.rise
    below = source("exponent-profile", {"x": axis, "y": rise, "low": rise, "high": np.full(len(axis), 1e4)})
    area(plot, below, palette.control, 0.13)
    curve(plot, below, palette.control, 1.5)
    drawn = np.asarray(view.cloud.draws[name])[:DOTS]
    drawn = drawn[(drawn >= x[0]) & (drawn <= x[1])]
    ends = {"x": _short(drawn), "y0": [y[0]] * len(drawn), "y1": [0.0] * len(drawn)}
    strokes(plot, source("exponent-cloud", ends), ("x", "y0", "x", "y1"), palette.quiet, 0.5)
    title = {"x": [x[0]], "y": [y[1]], "text": ["objective above the fit's"]}
    words(
        plot,
        source("exponent-title", title),
        palette.quiet,
        baseline="top",
        dx=6,
        dy=4,
        ground=palette.surface,
    )
    here = float(np.interp(view.held[name], axis, rise))
    _diamonds(plot, view, seen, palette, [0.0], [here])
    return plot


# ---- both ----


def _diamonds(
    plot: Any, view: View, seen: ExponentMap, palette: Palette, fit_y: list[float], here_y: list[float]
) -> None:
    """The fit stays as a hollow diamond; what the sentence rests on is the full one, with its values."""
    first = seen.names[0]
    dots(
        plot,
        source("exponent-fit", {"x": [seen.best[first]], "y": fit_y}),
        "x",
        "y",
        marker="diamond",
        size=12,
        fill=palette.surface,
        line=palette.quiet,
        width=1.2,
    )
    here = {"x": [view.held[first]], "y": here_y}
    diamonds(plot, source("exponent-here", here), palette)
    said = ", ".join(format_quantity(view.held[name], "exponent") for name in seen.names)
    words(
        plot, source("exponent-label", {**here, "text": [said]}), palette.answer_text, size=12, bold=True,
        baseline="bottom", dx=12, dy=-6, ground=palette.surface,
    )  # fmt: skip


def _axis_words(view: View, name: str) -> str:
    symbol = view.fit.law.symbol(name)
    return f"{symbol.label}, {symbol.meaning}" if symbol.meaning else symbol.label


def _ticks(low: float, high: float, count: int) -> dict[float, str]:
    """Exponents at 1, 2 or 5 times a power of ten, as they are read: .34."""
    raw = (high - low) / count
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(s * power for s in (1.0, 2.0, 5.0, 10.0) if s * power >= 0.999 * raw)
    digits = max(2, int(np.ceil(-np.log10(step) - 1e-9)))
    first = int(np.ceil(low / step - 1e-9))
    ticks = [round(k * step, 12) for k in range(first, int(np.floor(high / step + 1e-9)) + 1)]
    return {t: f"{t:.{digits}f}".replace("0.", ".", 1) for t in ticks}
