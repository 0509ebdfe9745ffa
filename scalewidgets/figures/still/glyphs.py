"""Bokeh's glyphs as SVG elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .curves import polyline
from .paints import (
    Attributes,
    boxed_text,
    check_hatch,
    fill_paint,
    finite,
    ground_paint,
    limit,
    line_paint,
    padding,
    radians,
    rectangle,
)
from .picture import image_nodes
from .scales import Box, Scale
from .scatter import scatter
from .svg import Node, num
from .text import box_anchor, text_style
from .values import Floats, Reader, Report


@dataclass(frozen=True)
class Place:
    """Where a glyph is drawn: its values, its two scales, the frame."""

    values: Reader
    x: Scale
    y: Scale
    frame: Box
    report: Report

    def sx(self, name: str) -> Floats:
        """Return the pixels of a horizontal coordinate."""
        return self.x.screen(np.array([self.x.number(v) for v in self.values.raw(name)], dtype=float))

    def sy(self, name: str) -> Floats:
        """Return the pixels of a vertical coordinate."""
        return self.y.screen(np.array([self.y.number(v) for v in self.values.raw(name)], dtype=float))

    def span(self, scale: Scale, centre: str, size: str) -> tuple[Floats, Floats]:
        """Return both edges in px of bars of a size about a centre."""
        middle = np.array([scale.number(v) for v in self.values.raw(centre)], dtype=float)
        extent = self.values.numbers(size)
        if self.values.has(size + "_units") and getattr(self.values.model, size + "_units") == "screen":
            pixels = scale.screen(middle)
            return pixels - extent / 2, pixels + extent / 2
        return scale.screen(middle - extent / 2), scale.screen(middle + extent / 2)


def draw_glyph(place: Place) -> list[Node]:
    """Draw a glyph; a type that is not known is reported and left out."""
    model = place.values.model
    painter = PAINTERS.get(type(model).__name__)
    if painter is None:
        place.report(type(model).__name__)
        return []
    if not len(place.values):
        return []
    check_hatch(lambda name: getattr(model, name), place.report)
    if getattr(model, "decorations", None):
        place.report("Decoration")
    return painter(place)


def _line(place: Place) -> list[Node]:
    return _stroke(place, place.sx("x"), place.sy("y"))


def _stroke(place: Place, sx: Floats, sy: Floats) -> list[Node]:
    styles = line_paint(place.values.one)
    # A view that leaves rows out interrupts the line there.
    skipped = np.flatnonzero(np.diff(place.values.indices) != 1) + 1
    data = polyline(np.insert(sx, skipped, math.nan), np.insert(sy, skipped, math.nan))
    return [Node("path", (("d", data), *styles))] if styles and data else []


def _step(place: Place) -> list[Node]:
    sx, sy, mode = place.sx("x"), place.sy("y"), place.values.one("mode")
    xs: list[float] = []
    ys: list[float] = []
    for i in range(len(sx)):
        if i and mode == "before":
            xs, ys = [*xs, sx[i - 1]], [*ys, sy[i]]
        elif i and mode == "after":
            xs, ys = [*xs, sx[i]], [*ys, sy[i - 1]]
        elif i:
            middle = (sx[i - 1] + sx[i]) / 2
            xs, ys = [*xs, middle, middle], [*ys, sy[i - 1], sy[i]]
        xs, ys = [*xs, sx[i]], [*ys, sy[i]]
    styles = line_paint(place.values.one)
    data = polyline(np.array(xs), np.array(ys))
    return [Node("path", (("d", data), *styles))] if styles and data else []


def _multi_line(place: Place) -> list[Node]:
    nodes = []
    for i, (xs, ys) in enumerate(zip(place.values.lists("xs"), place.values.lists("ys"), strict=True)):
        count = min(len(xs), len(ys))
        data = polyline(place.x.screen(np.array(xs[:count])), place.y.screen(np.array(ys[:count])))
        styles = line_paint(place.values.getter(i))
        if styles and data:
            nodes.append(Node("path", (("d", data), *styles)))
    return nodes


def _segment(place: Place) -> list[Node]:
    x0, y0, x1, y1 = place.sx("x0"), place.sy("y0"), place.sx("x1"), place.sy("y1")
    nodes = []
    for i in range(len(x0)):
        if finite(x0[i], y0[i], x1[i], y1[i]) and (styles := line_paint(place.values.getter(i))):
            ends = (("x1", limit(x0[i])), ("y1", limit(y0[i])), ("x2", limit(x1[i])), ("y2", limit(y1[i])))
            nodes.append(Node("line", (*ends, *styles)))
    return nodes


def _filled(get: Callable[[str], Any], data: str, *, edged: bool = True) -> list[Node]:
    fill = fill_paint(get)
    line = line_paint(get) if edged else None
    if not data or not (fill or line):
        return []
    return [Node("path", (("d", data), *(fill or ()), *(line or ())))]


def _area(place: Place, sx: Floats, sy: Floats) -> list[Node]:
    good = np.isfinite(sx) & np.isfinite(sy)  # like a canvas: points that are not finite are passed over
    return _filled(place.values.one, polyline(sx[good], sy[good], close=True), edged=False)


def _varea(place: Place) -> list[Node]:
    sx, below, above = place.sx("x"), place.sy("y1"), place.sy("y2")
    return _area(place, np.concatenate((sx, sx[::-1])), np.concatenate((below, above[::-1])))


def _harea(place: Place) -> list[Node]:
    sy, left, right = place.sy("y"), place.sx("x1"), place.sx("x2")
    return _area(place, np.concatenate((left, right[::-1])), np.concatenate((sy, sy[::-1])))


def _patch(place: Place) -> list[Node]:
    return _filled(place.values.one, polyline(place.sx("x"), place.sy("y"), close=True))


def _patches(place: Place) -> list[Node]:
    nodes = []
    for i, (xs, ys) in enumerate(zip(place.values.lists("xs"), place.values.lists("ys"), strict=True)):
        count = min(len(xs), len(ys))
        data = polyline(
            place.x.screen(np.array(xs[:count])), place.y.screen(np.array(ys[:count])), close=True
        )
        nodes += _filled(place.values.getter(i), data)
    return nodes


def _boxes(place: Place, left: Floats, right: Floats, top: Floats, bottom: Floats) -> list[Node]:
    radius = getattr(place.values.model, "border_radius", 0)
    nodes = []
    for i in range(len(left)):
        if not finite(left[i], right[i], top[i], bottom[i]):
            continue
        get = place.values.getter(i)
        styles: Attributes = (*(fill_paint(get) or ()), *(line_paint(get) or ()))
        x0, x1 = sorted((limit(left[i]), limit(right[i])))
        y0, y1 = sorted((limit(top[i]), limit(bottom[i])))
        if styles:
            nodes.append(rectangle(x0, y0, x1 - x0, y1 - y0, radius, styles))
    return nodes


def _quad(place: Place) -> list[Node]:
    return _boxes(place, place.sx("left"), place.sx("right"), place.sy("top"), place.sy("bottom"))


def _vbar(place: Place) -> list[Node]:
    left, right = place.span(place.x, "x", "width")
    return _boxes(place, left, right, place.sy("top"), place.sy("bottom"))


def _hbar(place: Place) -> list[Node]:
    top, bottom = place.span(place.y, "y", "height")
    return _boxes(place, place.sx("left"), place.sx("right"), top, bottom)


def _rect(place: Place) -> list[Node]:
    left, right = place.span(place.x, "x", "width")
    top, bottom = place.span(place.y, "y", "height")
    nodes = _boxes(place, left, right, top, bottom)
    angles = place.values.numbers("angle")
    if len(nodes) == len(angles):
        for shape, angle, x, y in zip(nodes, angles, (left + right) / 2, (top + bottom) / 2, strict=True):
            if angle:
                turn = math.degrees(radians(angle, place.values.model.angle_units))
                shape.attributes["transform"] = f"rotate({num(turn)} {num(x)} {num(y)})"
    return nodes


def _spans(place: Place, ends: Sequence[tuple[float, float, float, float]]) -> list[Node]:
    nodes = []
    for i, (x1, y1, x2, y2) in enumerate(ends):
        if finite(x1, y1, x2, y2) and (styles := line_paint(place.values.getter(i))):
            nodes.append(Node("line", (("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2), *styles)))
    return nodes


def _vspan(place: Place) -> list[Node]:
    return _spans(place, [(_round(x), place.frame.top, _round(x), place.frame.bottom) for x in place.sx("x")])


def _hspan(place: Place) -> list[Node]:
    return _spans(place, [(place.frame.left, _round(y), place.frame.right, _round(y)) for y in place.sy("y")])


def _vstrip(place: Place) -> list[Node]:
    whole = np.ones(len(place.values))
    left, right = (np.array([_round(v) for v in place.sx(name)]) for name in ("x0", "x1"))
    return _boxes(place, left, right, whole * place.frame.top, whole * place.frame.bottom)


def _hstrip(place: Place) -> list[Node]:
    whole = np.ones(len(place.values))
    top, bottom = (np.array([_round(v) for v in place.sy(name)]) for name in ("y0", "y1"))
    return _boxes(place, whole * place.frame.left, whole * place.frame.right, top, bottom)


def _round(value: float) -> float:
    return math.floor(value + 0.5) if math.isfinite(value) else value


def _circle(place: Place) -> list[Node]:
    model = place.values.model
    radius = place.values.numbers("radius")
    if getattr(model, "radius_units", "data") == "data":
        across = np.abs(place.x.screen(place.values.numbers("x") + radius) - place.sx("x"))
        upright = np.abs(place.y.screen(place.values.numbers("y") + radius) - place.sy("y"))
        both = {"min": np.minimum(across, upright), "max": np.maximum(across, upright)}
        radius = {"x": across, "y": upright, **both}[model.radius_dimension]
    return scatter(place.values, place.sx("x"), place.sy("y"), 2 * radius, place.report, marker="circle")


def _scatter(place: Place) -> list[Node]:
    return scatter(place.values, place.sx("x"), place.sy("y"), place.values.numbers("size"), place.report)


def _text(place: Place) -> list[Node]:
    values, model = place.values, place.values.model
    sx = place.sx("x") + values.numbers("x_offset")
    sy = place.sy("y") + values.numbers("y_offset")
    angles = values.numbers("angle")
    pad = padding(getattr(model, "padding", 0))
    nodes: list[Node] = []
    for i, text in enumerate(values.raw("text")):
        if text is None or not finite(sx[i], sy[i], angles[i]):
            continue
        get = values.getter(i)
        style = text_style(get)
        shape = get("outline_shape") if values.has("outline_shape") else "box"
        if shape not in ("none", "box", "rectangle"):
            place.report(f"Text.outline_shape={shape}")
        anchor = box_anchor(get("anchor") if values.has("anchor") else "auto", style.align, style.baseline)
        ground = ground_paint(get, shown=shape != "none" and values.has("background_fill_color"))
        turn = radians(angles[i], model.angle_units)
        radius = getattr(model, "border_radius", 0)
        nodes += boxed_text(str(text), style, (sx[i], sy[i]), anchor, turn, pad, radius, ground)
    return nodes


def _image(place: Place) -> list[Node]:
    return image_nodes(place.values, place.x, place.y, place.report)


#: Every glyph that is drawn.
PAINTERS: dict[str, Callable[[Place], list[Node]]] = {
    "Scatter": _scatter,
    "Circle": _circle,
    "Line": _line,
    "Step": _step,
    "MultiLine": _multi_line,
    "Segment": _segment,
    "VArea": _varea,
    "HArea": _harea,
    "Patch": _patch,
    "Patches": _patches,
    "Quad": _quad,
    "Rect": _rect,
    "VBar": _vbar,
    "HBar": _hbar,
    "VSpan": _vspan,
    "HSpan": _hspan,
    "VStrip": _vstrip,
    "HStrip": _hstrip,
    "Text": _text,
    "Image": _image,
    "ImageRGBA": _image,
}
