"""Bokeh's annotations inside the frame: spans, boxes, labels, arrows, whiskers, bands, slopes."""

from __future__ import annotations

import math
from collections.abc import Callable
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
    of,
    padding,
    radians,
    rectangle,
)
from .stage import Stage
from .svg import Node, num, pair
from .text import box_anchor, plain, text_style
from .values import Floats, Reader, row_count

_HEADS = ("OpenHead", "NormalHead", "VeeHead", "TeeHead")


def _span(model: Any, stage: Stage) -> list[Node]:
    style = line_paint(of(model))
    if model.location is None or style is None:
        return []
    frame = stage.frame
    upright = model.dimension == "height"
    at = stage.place(model, 0 if upright else 1, model.location, model.location_units)
    if not finite(at):
        return []
    x1, y1, x2, y2 = (at, frame.top, at, frame.bottom) if upright else (frame.left, at, frame.right, at)
    return [Node("line", (("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2), *style))]


def _box(model: Any, stage: Stage) -> list[Node]:
    styles: Attributes = (*(fill_paint(of(model)) or ()), *(line_paint(of(model)) or ()))
    check_hatch(of(model), stage.report)
    frame = stage.frame
    edges = []
    for name, dimension, missing in (
        ("left", 0, frame.left),
        ("right", 0, frame.right),
        ("top", 1, frame.top),
        ("bottom", 1, frame.bottom),
    ):
        value = getattr(model, name)
        edges.append(
            missing
            if value is None
            else stage.place(model, dimension, value, getattr(model, name + "_units"))
        )
    if not styles or not finite(*edges):
        return []
    x0, x1 = sorted(limit(v) for v in edges[:2])
    y0, y1 = sorted(limit(v) for v in edges[2:])
    return [rectangle(x0, y0, x1 - x0, y1 - y0, getattr(model, "border_radius", 0), styles)]


def _label(model: Any, stage: Stage) -> list[Node]:
    text, tex = plain(model.text)
    if tex:
        stage.report("TeX")
    x = stage.place(model, 0, model.x, model.x_units) + model.x_offset
    y = stage.place(model, 1, model.y, model.y_units) - model.y_offset
    if not text or not finite(x, y):
        return []
    style = text_style(of(model))
    check_hatch(of(model), stage.report, "background_")
    anchor = box_anchor(getattr(model, "anchor", "auto"), style.align, style.baseline)
    clockwise = getattr(model, "direction", "anticlock") == "clock"
    angle = radians(model.angle, model.angle_units, clockwise=clockwise)
    pad = padding(getattr(model, "padding", 0))
    return boxed_text(
        text, style, (x, y), anchor, angle, pad, getattr(model, "border_radius", 0), ground_paint(of(model))
    )


def _reader(model: Any, stage: Stage) -> Reader:
    count = row_count(model.source)
    return Reader(model, model.source, range(1 if count is None else count), stage.report)


def _coordinates(values: Reader, stage: Stage, name: str, dimension: int, units: str) -> Floats:
    raw = values.raw(name)
    return np.array(
        [stage.place(values.model, dimension, v, units) if v is not None else math.nan for v in raw]
    )


def _label_set(model: Any, stage: Stage) -> list[Node]:
    values = _reader(model, stage)
    sx = _coordinates(values, stage, "x", 0, model.x_units) + values.numbers("x_offset")
    sy = _coordinates(values, stage, "y", 1, model.y_units) - values.numbers("y_offset")
    angles = values.numbers("angle")
    nodes: list[Node] = []
    for i, text in enumerate(values.raw("text")):
        if text is None or not finite(sx[i], sy[i], angles[i]):
            continue
        style = text_style(values.getter(i))
        anchor = box_anchor("auto", style.align, style.baseline)
        turn = radians(angles[i], model.angle_units)
        ground = ground_paint(values.getter(i))
        nodes += boxed_text(str(text), style, (sx[i], sy[i]), anchor, turn, (0.0,) * 4, 0, ground)
    return nodes


def _head(head: Any, values: Reader, i: int, x: float, y: float, angle: float, stage: Stage) -> list[Node]:
    """Return the head of an arrow with its tip at (x, y); at angle 0 it points up."""
    kind = type(head).__name__
    if kind not in _HEADS:
        stage.report(kind)
        return []
    size = float(values.each("size", i))
    half = size / 2
    points = {
        "OpenHead": [(half, size), (0.0, 0.0), (-half, size)],
        "NormalHead": [(half, size), (0.0, 0.0), (-half, size)],
        "VeeHead": [(half, size), (0.0, 0.0), (-half, size), (0.0, half)],
        "TeeHead": [(half, 0.0), (-half, 0.0)],
    }[kind]
    c, s = math.cos(angle), math.sin(angle)
    turned = [(x + c * px - s * py, y + s * px + c * py) for px, py in points]
    closed = kind in ("NormalHead", "VeeHead")
    get = values.getter(i)
    styles: Attributes = (*((fill_paint(get) if closed else None) or ()), *(line_paint(get) or ()))
    data = "M" + "L".join(pair(*p) for p in turned) + ("Z" if closed else "")
    return [Node("path", (("d", data), *styles))] if styles else []


def _head_reader(head: Any, values: Reader, stage: Stage) -> Reader | None:
    return None if head is None else Reader(head, values.source, values.indices, stage.report)


def _inset(head: Any, values: Reader | None, i: int) -> float:
    """Return how far from its tip a head covers the line."""
    share = {"NormalHead": 1.0, "VeeHead": 0.5}.get(type(head).__name__, 0.0)
    return share * float(values.each("size", i)) if values is not None and share else 0.0


def _arrow(model: Any, stage: Stage) -> list[Node]:
    values = _reader(model, stage)
    x0 = _coordinates(values, stage, "x_start", 0, model.start_units)
    y0 = _coordinates(values, stage, "y_start", 1, model.start_units)
    x1 = _coordinates(values, stage, "x_end", 0, model.end_units)
    y1 = _coordinates(values, stage, "y_end", 1, model.end_units)
    start, end = _head_reader(model.start, values, stage), _head_reader(model.end, values, stage)
    nodes: list[Node] = []
    for i in range(len(x0)):
        if not finite(x0[i], y0[i], x1[i], y1[i]):
            continue
        dx, dy = x1[i] - x0[i], y1[i] - y0[i]
        length, angle = math.hypot(dx, dy), math.atan2(dy, dx) + math.pi / 2
        if end is not None:
            nodes += _head(model.end, end, i, x1[i], y1[i], angle, stage)
        if start is not None:
            nodes += _head(model.start, start, i, x0[i], y0[i], angle + math.pi, stage)
        style = line_paint(values.getter(i))
        first, last = _inset(model.start, start, i), length - _inset(model.end, end, i)
        if style and length > 0 and first < last:
            ux, uy = dx / length, dy / length
            ends = (x0[i] + ux * first, y0[i] + uy * first, x0[i] + ux * last, y0[i] + uy * last)
            nodes.append(Node("line", (*zip(("x1", "y1", "x2", "y2"), ends, strict=True), *style)))
    return nodes


def _limits(model: Any, stage: Stage, values: Reader) -> tuple[Floats, Floats, Floats, Floats]:
    """Return x and y in px of the lower and the upper ends of a band or whisker."""
    upright = model.dimension == "height"
    along, across = (0, 1) if upright else (1, 0)

    def read(name: str, dimension: int) -> Floats:
        return _coordinates(values, stage, name, dimension, getattr(model, name + "_units", "data"))

    base, lower, upper = read("base", along), read("lower", across), read("upper", across)
    return (base, lower, base, upper) if upright else (lower, base, upper, base)


def _whisker(model: Any, stage: Stage) -> list[Node]:
    values = _reader(model, stage)
    lower_x, lower_y, upper_x, upper_y = _limits(model, stage, values)
    lower, upper = (
        _head_reader(model.lower_head, values, stage),
        _head_reader(model.upper_head, values, stage),
    )
    turn = 0.0 if model.dimension == "height" else math.pi / 2
    stems: list[Node] = []
    heads: list[Node] = []
    for i in range(len(lower_x)):
        if not finite(lower_x[i], lower_y[i], upper_x[i], upper_y[i]):
            continue
        style = line_paint(values.getter(i))
        ends = (limit(lower_x[i]), limit(lower_y[i]), limit(upper_x[i]), limit(upper_y[i]))
        if style:
            stems.append(Node("line", (*zip(("x1", "y1", "x2", "y2"), ends, strict=True), *style)))
        if lower is not None:
            heads += _head(model.lower_head, lower, i, lower_x[i], lower_y[i], turn + math.pi, stage)
        if upper is not None:
            heads += _head(model.upper_head, upper, i, upper_x[i], upper_y[i], turn, stage)
    return stems + heads


def _band(model: Any, stage: Stage) -> list[Node]:
    values = _reader(model, stage)
    lower_x, lower_y, upper_x, upper_y = _limits(model, stage, values)
    xs, ys = np.concatenate((lower_x, upper_x[::-1])), np.concatenate((lower_y, upper_y[::-1]))
    good = np.isfinite(xs) & np.isfinite(ys)
    nodes = []
    fill, line = fill_paint(of(model)), line_paint(of(model))
    check_hatch(of(model), stage.report)
    if fill and (area := polyline(xs[good], ys[good], close=True)):
        nodes.append(Node("path", (("d", area), *fill)))
    for x, y in ((lower_x, lower_y), (upper_x, upper_y)):
        if line and (data := polyline(x, y)):
            nodes.append(Node("path", (("d", data), *line)))
    return nodes


def _slope(model: Any, stage: Stage) -> list[Node]:
    if model.gradient is None or model.y_intercept is None:
        return []
    x_scale, y_scale = stage.scales(model)
    frame = stage.frame
    if model.gradient == 0:
        y = y_scale.compute(model.y_intercept)
        ends = (frame.left, y, frame.right, y)
    else:
        top, bottom = (
            (y_scale.invert(v) - model.y_intercept) / model.gradient for v in (frame.top, frame.bottom)
        )
        ends = (x_scale.compute(top), frame.top, x_scale.compute(bottom), frame.bottom)
    if not finite(*ends):
        return []
    for prefix in ("above_", "below_"):
        if prefix + "fill_color" in model.properties() and fill_paint(of(model), prefix):
            stage.report("Slope." + prefix + "fill_color")
    style = line_paint(of(model))
    data = f"M{num(limit(ends[0]))} {num(ends[1])}L{num(limit(ends[2]))} {num(ends[3])}"
    return [Node("path", (("d", data), *style))] if style else []


#: Every annotation that is drawn inside the frame.
PAINTERS: dict[str, Callable[[Any, Stage], list[Node]]] = {
    "Span": _span,
    "BoxAnnotation": _box,
    "Label": _label,
    "LabelSet": _label_set,
    "Arrow": _arrow,
    "Whisker": _whisker,
    "Band": _band,
    "Slope": _slope,
}
