"""Axes and grids."""

from __future__ import annotations

import math
from typing import Any

from .formats import format_ticks
from .paints import check_hatch, fill_paint, line_paint, of
from .scales import Box, Scale
from .stage import Stage
from .svg import Node, group, pair
from .text import TextBox, plain, text_style
from .ticks import get_ticks

_QUARTER = math.pi / 2
_TURNS = {
    "above": {"parallel": 0.0, "normal": -_QUARTER, "horizontal": 0.0, "vertical": -_QUARTER},
    "below": {"parallel": 0.0, "normal": _QUARTER, "horizontal": 0.0, "vertical": _QUARTER},
    "left": {"parallel": -_QUARTER, "normal": 0.0, "horizontal": 0.0, "vertical": -_QUARTER},
    "right": {"parallel": _QUARTER, "normal": 0.0, "horizontal": 0.0, "vertical": _QUARTER},
}
# (horizontal, vertical) anchor of a label on each side.
_ANCHORS = {
    "above": {"parallel": ("center", "bottom"), "normal": ("left", "center")},
    "below": {"parallel": ("center", "top"), "normal": ("left", "center")},
    "left": {"parallel": ("center", "bottom"), "normal": ("right", "center")},
    "right": {"parallel": ("center", "bottom"), "normal": ("left", "center")},
}
_SLANTED = {
    "above": ("right", "left"),
    "below": ("left", "right"),
    "left": ("right", "right"),
    "right": ("left", "left"),
}
_GAP = 3.0  # px that Bokeh keeps outside labels and titles of axes


def js_round(value: float) -> float:
    """``Math.round``: halves go up."""
    return float(math.floor(value + 0.5))


def turn_of(side: str, orientation: Any) -> float:
    """Return the angle of a label by side and orientation."""
    return _TURNS[side][orientation] if isinstance(orientation, str) else -float(orientation)


def anchors_of(side: str, orientation: Any) -> tuple[str, str]:
    """Return the (horizontal, vertical) anchor of a label by side and orientation."""
    if isinstance(orientation, str) or orientation == 0:
        name = orientation if isinstance(orientation, str) else "horizontal"
        upright = side in ("above", "below")
        if name == "horizontal":
            name = "parallel" if upright else "normal"
        elif name == "vertical":
            name = "normal" if upright else "parallel"
        return _ANCHORS[side][name]
    negative, positive = _SLANTED[side]
    return (negative if orientation < 0 else positive), "center"


class Axis:
    """One axis on one side of a stage."""

    def __init__(self, model: Any, side: str, stage: Stage) -> None:
        self.model = model
        self.stage = stage
        self.dimension = 0 if side in ("above", "below") else 1
        face = (
            model.face
            if getattr(model, "face", "auto") != "auto"
            else ("front" if side in ("left", "above") else "back")
        )
        self.front = face == "front"
        self.side = {0: ("below", "above"), 1: ("right", "left")}[self.dimension][self.front]
        self.panel = side
        scales = stage.scales(model)
        self.scale, self.cross = scales[self.dimension], scales[1 - self.dimension]
        self.fixed = model.fixed_location
        self.ok = self.scale.valid and self.cross.valid
        self.major, self.minor = self._ticks() if self.ok else ([], [])
        self.labels = self._labels()

    def _bounds(self) -> tuple[float, float]:
        low, high = self.scale.low, self.scale.high
        given = self.model.bounds
        if given == "auto" or given is None:
            return low, high
        start, end = sorted(float(v) for v in given)
        return (max(start, low), min(end, high)) if end - start > high - low else (start, end)

    def _ticks(self) -> tuple[list[Any], list[float]]:
        scale = self.scale
        if scale.factors:
            return [f for f in scale.factors if scale.low < scale.number(f) < scale.high], []
        major, minor = get_ticks(self.model.ticker, *self._bounds(), self.stage.report)
        low, high = scale.low, scale.high
        return [t for t in major if low <= t <= high], [t for t in minor if low <= t <= high]

    def _labels(self) -> list[TextBox]:
        model = self.model
        style = text_style(of(model), "major_label_text_")
        base = float(getattr(model.ticker, "base", 10.0) or 10.0)
        texts = format_ticks(model.formatter, self.major, base, self.stage.report)
        boxes = []
        for tick, (text, exponent) in zip(self.major, texts, strict=True):
            override = _override(model.major_label_overrides, tick)
            if override is not None:
                (text, tex), exponent = plain(override), ""
                if tex:
                    self.stage.report("TeX")
            boxes.append(TextBox(text, style, exponent))
        return boxes

    @property
    def _tick_extent(self) -> float:
        out = self.model.major_tick_out if self.major else 0
        return float(max(out, self.model.minor_tick_out if self.minor else 0))

    @property
    def _label_extent(self) -> float:
        if not self.labels or self.labels[0].style.fill is None:
            return 0.0
        angle = turn_of(self.side, self.model.major_label_orientation)
        extent = max(box.turned_size(angle)[1 - self.dimension] for box in self.labels)
        return float(self.model.major_label_standoff) + extent + _GAP if extent > 0 else 0.0

    def _title(self) -> TextBox | None:
        words, tex = plain(self.model.axis_label)
        if tex:
            self.stage.report("TeX")
        return TextBox(words, text_style(of(self.model), "axis_label_text_")) if words else None

    @property
    def _title_extent(self) -> float:
        box = self._title()
        if box is None:
            return 0.0
        extent = box.turned_size(turn_of(self.side, self.model.axis_label_orientation))[1 - self.dimension]
        standoff = float(self.model.axis_label_standoff)
        if getattr(self.model, "axis_label_standoff_mode", "tick_labels") == "axis":
            standoff -= self._label_extent + self._tick_extent
        return standoff + extent + _GAP if extent > 0 else 0.0

    def depth(self) -> float:
        """Return the room in px that the axis takes beside the frame."""
        if not self.model.visible or self.fixed is not None or not self.ok:
            return 0.0
        return js_round(self._tick_extent + self._label_extent + self._title_extent)

    def draw(self, box: Box) -> list[Node]:
        """Draw the axis in the room given to it."""
        if not self.ok:
            return []
        sign = -1.0 if self.front else 1.0
        nx, ny = (0.0, sign) if self.dimension == 0 else (sign, 0.0)
        base = self._base(box)
        if not math.isfinite(base):
            return []

        def at(pixel: float) -> tuple[float, float]:
            return (pixel, base) if self.dimension == 0 else (base, pixel)

        nodes: list[Node] = []
        check_hatch(of(self.model), self.stage.report, "background_")
        if self.fixed is None and "background_fill_color" in self.model.properties():
            fill = fill_paint(of(self.model), "background_")
            if fill:
                corner = (("x", box.left), ("y", box.top), ("width", box.width), ("height", box.height))
                nodes.append(Node("rect", (*corner, *fill)))
        low, high = self._bounds()
        ends = [at(self.scale.compute(v)) for v in (max(low, self.scale.low), min(high, self.scale.high))]
        rule = line_paint(of(self.model), "axis_")
        if rule:
            (x0, y0), (x1, y1) = ((js_round(x), js_round(y)) for x, y in ends)
            nodes.append(Node("path", (("d", f"M{pair(x0, y0)}L{pair(x1, y1)}"), *rule)))
        for name, ticks in (("major", self.major), ("minor", self.minor)):
            style = line_paint(of(self.model), name + "_tick_")
            inner, outer = getattr(self.model, name + "_tick_in"), getattr(self.model, name + "_tick_out")
            data = ""
            for tick in ticks:
                x, y = at(self.scale.compute(tick))
                first = pair(js_round(x + nx * outer), js_round(y + ny * outer))
                data += f"M{first}L{pair(js_round(x - nx * inner), js_round(y - ny * inner))}"
            if style and data:
                nodes.append(Node("path", (("d", data), *style)))
        nodes += self._draw_labels([at(self.scale.compute(t)) for t in self.major], nx, ny)
        title = self._draw_title(box, nx, ny)
        return [*nodes, title] if title is not None else nodes

    def _base(self, box: Box) -> float:
        if self.fixed is not None:
            return self.cross.compute(self.fixed)
        if self.dimension == 0:
            return box.bottom if self.front else box.top
        return box.right if self.front else box.left

    def _draw_labels(self, points: list[tuple[float, float]], nx: float, ny: float) -> list[Node]:
        orientation = self.model.major_label_orientation
        angle, (x_anchor, y_anchor) = turn_of(self.side, orientation), anchors_of(self.side, orientation)
        standoff = self._tick_extent + float(self.model.major_label_standoff)
        placed = [
            (box, x + nx * standoff, y + ny * standoff)
            for box, (x, y) in zip(self.labels, points, strict=True)
        ]
        placed = self._spaced(placed, angle)
        if placed:  # Bokeh moves the outermost labels back onto the canvas
            for i in {0, len(placed) - 1}:
                placed[i] = self._kept_on_canvas(*placed[i], angle, x_anchor, y_anchor)
        drawn = (
            box.draw(x, y, x_anchor, y_anchor, angle=angle, align="auto" if box.exponent else x_anchor)
            for box, x, y in placed
        )
        joined = group([node for node in drawn if node is not None])
        return [joined] if joined is not None else []

    def _spaced(
        self, placed: list[tuple[TextBox, float, float]], angle: float
    ) -> list[tuple[TextBox, float, float]]:
        policy = self.model.major_label_policy
        if type(policy).__name__ == "AllLabels":
            return placed
        if type(policy).__name__ != "NoOverlap":
            self.stage.report(type(policy).__name__)
            return placed
        kept: list[tuple[TextBox, float, float]] = []
        for item in placed:
            if kept:
                i = self.dimension
                here, before = item[1:], kept[-1][1:]
                gap = abs(here[i] - before[i])
                gap -= (item[0].turned_size(angle)[i] + kept[-1][0].turned_size(angle)[i]) / 2
                if gap < policy.min_distance:
                    continue
            kept.append(item)
        return kept

    def _kept_on_canvas(
        self, box: TextBox, x: float, y: float, angle: float, x_anchor: str, y_anchor: str
    ) -> tuple[TextBox, float, float]:
        if angle:
            return box, x, y
        left, top = box.corner(x, y, x_anchor, y_anchor)
        width, height = box.size
        canvas = self.stage.canvas
        if self.dimension == 0:
            x += max(0.0, canvas.left - left) or min(0.0, canvas.right - left - width)
        else:
            y += max(0.0, canvas.top - top) or min(0.0, canvas.bottom - top - height)
        return box, x, y

    def _draw_title(self, box: Box, nx: float, ny: float) -> Node | None:
        title = self._title()
        if title is None:
            return None
        share = {"start": 0.0, "center": 0.5, "end": 1.0}[getattr(self.model, "axis_label_align", "center")]
        if self.scale.start > self.scale.end:
            share = 1 - share
        mode = getattr(self.model, "axis_label_standoff_mode", "tick_labels")
        standoff = float(self.model.axis_label_standoff)
        standoff += self._tick_extent + self._label_extent if mode == "tick_labels" else 0.0
        if self.dimension == 0:
            x, y = box.left + share * box.width, box.bottom if self.front else box.top
        else:
            x, y = (box.right if self.front else box.left), box.bottom - share * box.height
        orientation = self.model.axis_label_orientation
        x_anchor, y_anchor = anchors_of(self.side, orientation)
        angle = turn_of(self.side, orientation)
        return title.draw(
            x + nx * standoff, y + ny * standoff, x_anchor, y_anchor, angle=angle, align=x_anchor
        )


def _override(overrides: dict[Any, Any], tick: Any) -> Any:
    for key, label in overrides.items():
        if isinstance(key, str) == isinstance(tick, str) and key == tick:
            return label
    return None


def grid_nodes(model: Any, stage: Stage) -> list[Node]:
    """Draw a grid: shaded bands, minor lines, major lines."""
    axis = model.axis
    ticker = model.ticker if model.ticker is not None else getattr(axis, "ticker", None)
    scales = stage.scales(model)
    scale, cross = scales[model.dimension], scales[1 - model.dimension]
    if ticker is None or not (scale.valid and cross.valid):
        return []
    low, high = scale.low, scale.high
    if model.bounds != "auto":
        low, high = max(low, min(model.bounds)), min(high, max(model.bounds))
    elif axis is not None and axis.bounds not in ("auto", None):
        low, high = max(low, min(axis.bounds)), min(high, max(axis.bounds))
    if scale.factors:
        major: list[Any] = [f for f in scale.factors if scale.low < scale.number(f) < scale.high]
        minor: list[float] = []
    else:
        major, minor = get_ticks(ticker, low, high, stage.report)
    across = (cross.low, cross.high) if model.cross_bounds == "auto" else tuple(model.cross_bounds)
    ends = [cross.compute(v) for v in across]
    check_hatch(of(model), stage.report, "band_")
    nodes = _bands(model, scale, major, ends)
    for ticks, prefix in ((minor, "minor_grid_"), (major, "grid_")):
        style = line_paint(of(model), prefix)
        if style is None:
            continue
        data = ""
        for tick in ticks:
            place = scale.compute(tick)
            if tick in (scale.low, scale.high) or not math.isfinite(place):
                continue
            points = [
                (js_round(place), js_round(e)) if model.dimension == 0 else (js_round(e), js_round(place))
                for e in ends
            ]
            data += f"M{pair(*points[0])}L{pair(*points[1])}"
        if data:
            nodes.append(Node("path", (("d", data), *style)))
    return nodes


def _bands(model: Any, scale: Scale, major: list[Any], ends: list[float]) -> list[Node]:
    style = fill_paint(of(model), "band_")
    if style is None or scale.factors:
        return []
    ticks = sorted({scale.low, *major, scale.high})
    nodes = []
    for i in range(1, len(ticks) - 1, 2):
        along = sorted(scale.compute(t) for t in ticks[i : i + 2])
        x, y = (along, sorted(ends)) if model.dimension == 0 else (sorted(ends), along)
        shape = (("x", x[0]), ("y", y[0]), ("width", x[1] - x[0]), ("height", y[1] - y[0]))
        nodes.append(Node("rect", (*shape, *style)))
    return nodes
