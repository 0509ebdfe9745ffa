"""What an automatic range sees of a renderer: the smallest and largest coordinates it draws."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .ranges import Extent
from .scales import Scale
from .values import Floats, Reader, Report, rows

Rectangles = tuple[Floats, Floats, Floats, Floats]  # x low, x high, y low, y high

_NOTHING = (math.nan, math.nan)


def extents(
    renderer: Any, x: Scale, y: Scale, *, log: tuple[bool, bool], report: Report
) -> tuple[Extent, Extent]:
    """Return (low, high) in x and in y; NaN where the renderer has nothing to say.

    Parameters
    ----------
    renderer
        A glyph renderer or a box annotation.
    x, y
        Scales that turn factors into numbers; their ends do not matter.
    log
        Whether the x and the y range lie on log scales, where only positive coordinates count.
    report
        Receives the names of what is not understood.
    """
    if type(renderer).__name__ == "BoxAnnotation":
        return _NOTHING if log[0] else _box(renderer, x, "left", "right"), _NOTHING if log[1] else _box(
            renderer, y, "bottom", "top"
        )
    glyph = getattr(renderer, "glyph", None)
    shape = _SHAPES.get(type(glyph).__name__)
    if shape is None:
        return _NOTHING, _NOTHING
    visible = rows(renderer.view, renderer.data_source, report)
    values = Reader(glyph, renderer.data_source, visible, report)

    def read(name: str) -> Floats:
        scale = x if name.startswith(("x", "left", "right")) else y
        return np.array([scale.number(v) for v in values.raw(name)], dtype=float)

    x0, x1, y0, y1 = shape(read, values)
    usable = np.ones(max(len(x0), len(y0)), dtype=bool)
    for edge in (x0, x1, y0, y1):
        if len(edge) == len(usable):
            usable &= ~np.isnan(edge)

    def ends(low: Floats, high: Floats, positive: bool) -> Extent:
        if len(low) != len(usable):
            return _NOTHING
        both = np.concatenate((low[usable], high[usable]))
        both = both[np.isfinite(both)]
        if positive:
            both = both[both > 0]
        return (float(both.min()), float(both.max())) if both.size else _NOTHING

    return ends(x0, x1, log[0]), ends(y0, y1, log[1])


def _box(model: Any, scale: Scale, first: str, second: str) -> Extent:
    found = []
    for name in (first, second):
        value = getattr(model, name)
        if value is None or getattr(model, name + "_units") != "data" or type(value).__name__ == "Node":
            continue
        number = scale.number(value)
        if math.isfinite(number):
            found.append(number)
    return (min(found), max(found)) if found else _NOTHING


Read = Callable[[str], Floats]
_EMPTY = np.array([])


def _sorted(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    return np.minimum(a, b), np.maximum(a, b)


def _points(read: Read, values: Reader) -> Rectangles:
    x, y = read("x"), read("y")
    return x, x, y, y


def _circles(read: Read, values: Reader) -> Rectangles:
    x, y = read("x"), read("y")
    radius = values.numbers("radius") if values.model.radius_units == "data" else x * 0
    return x - radius, x + radius, y - radius, y + radius


def _lists(read: Read, values: Reader) -> Rectangles:
    rows_x, rows_y = values.lists("xs"), values.lists("ys")
    x = np.array([v for row in rows_x for v in row], dtype=float)
    y = np.array([v for row in rows_y for v in row], dtype=float)
    count = min(len(x), len(y))
    return x[:count], x[:count], y[:count], y[:count]


def _segments(read: Read, values: Reader) -> Rectangles:
    return *_sorted(read("x0"), read("x1")), *_sorted(read("y0"), read("y1"))


def _upright(read: Read, values: Reader) -> Rectangles:
    return read("x"), read("x"), *_sorted(read("y1"), read("y2"))


def _lying(read: Read, values: Reader) -> Rectangles:
    return *_sorted(read("x1"), read("x2")), read("y"), read("y")


def _quads(read: Read, values: Reader) -> Rectangles:
    return *_sorted(read("left"), read("right")), *_sorted(read("bottom"), read("top"))


def _half(values: Reader, name: str) -> Floats:
    screen = values.has(name + "_units") and getattr(values.model, name + "_units") == "screen"
    return values.numbers(name) * (0 if screen else 0.5)


def _vbars(read: Read, values: Reader) -> Rectangles:
    x, half = read("x"), _half(values, "width")
    return x - half, x + half, *_sorted(read("bottom"), read("top"))


def _hbars(read: Read, values: Reader) -> Rectangles:
    y, half = read("y"), _half(values, "height")
    return *_sorted(read("left"), read("right")), y - half, y + half


def _rects(read: Read, values: Reader) -> Rectangles:
    x, y, w, h = read("x"), read("y"), _half(values, "width"), _half(values, "height")
    return x - w, x + w, y - h, y + h


def _images(read: Read, values: Reader) -> Rectangles:
    x, y = read("x"), read("y")
    return *_sorted(x, x + values.numbers("dw")), *_sorted(y, y + values.numbers("dh"))


_SHAPES: dict[str, Callable[[Read, Reader], Rectangles]] = {
    **dict.fromkeys(("Scatter", "Line", "Step", "Patch", "Text"), _points),
    "Circle": _circles,
    "MultiLine": _lists,
    "Patches": _lists,
    "Segment": _segments,
    "VArea": _upright,
    "HArea": _lying,
    "Quad": _quads,
    "VBar": _vbars,
    "HBar": _hbars,
    "Rect": _rects,
    "Image": _images,
    "ImageRGBA": _images,
    "VSpan": lambda read, values: (read("x"), read("x"), _EMPTY, _EMPTY),
    "HSpan": lambda read, values: (_EMPTY, _EMPTY, read("y"), read("y")),
    "VStrip": lambda read, values: (*_sorted(read("x0"), read("x1")), _EMPTY, _EMPTY),
    "HStrip": lambda read, values: (_EMPTY, _EMPTY, *_sorted(read("y0"), read("y1"))),
}
