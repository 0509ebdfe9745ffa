"""Legends and colour bars: simple ones, laid out as the browser lays them out."""

from __future__ import annotations

import base64
import math
from dataclasses import replace
from typing import Any

import numpy as np
from bokeh.models import (
    BasicTicker,
    BasicTickFormatter,
    LinearAxis,
    LogAxis,
    LogTicker,
    LogTickFormatter,
    NoOverlap,
)

from .colours import rgba
from .guides import Axis
from .mappers import limits
from .paints import Attributes, fill_paint, ground_paint, line_paint, of, padding, rectangle
from .picture import png
from .scales import Box, Scale
from .scatter import scatter
from .stage import Stage
from .svg import Node
from .text import TextBox, plain, text_style
from .values import Reader, column, rows

_LINES = frozenset({"Line", "Step", "MultiLine", "Segment", "VSpan", "HSpan"})
_AREAS = frozenset({"VArea", "HArea", "Patch", "Patches", "Quad", "Rect", "VBar", "HBar", "VStrip", "HStrip"})
_MINOR = 25.0  # px that a colour bar is thick unless it says otherwise

Entry = tuple[Any, str, int]


class LegendKey:
    """One legend: its entries, its size, its picture."""

    def __init__(self, model: Any, stage: Stage) -> None:
        self.model = model
        self.stage = stage
        self.entries = [entry for item in model.items if item.visible for entry in _entries(item)]
        self.labels = [TextBox(text, text_style(of(model), "label_text_")) for _, text, _ in self.entries]
        words, _ = plain(model.title)
        self.title = TextBox(words, text_style(of(model), "title_text_")) if words else None

    @property
    def shown(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.model.visible and self.entries)

    def _item(self, label: TextBox) -> tuple[float, float]:
        m = self.model
        line = label.style.font.ascent + label.style.font.descent
        width = m.glyph_width + m.label_standoff + max(label.size[0], _number(m.label_width))
        return float(width), float(max(m.glyph_height, _number(m.label_height), line))

    def _cells(self) -> list[tuple[int, int]]:
        count = len(self.entries)
        across, down = (_number(getattr(self.model, name, 0)) for name in ("ncols", "nrows"))
        if self.model.orientation == "vertical":
            tall = int(down or (math.ceil(count / across) if across else count))
            return [(i % tall, i // tall) for i in range(count)]
        wide = int(across or (math.ceil(count / down) if down else count))
        return [(i // wide, i % wide) for i in range(count)]

    def _tracks(self) -> tuple[list[float], list[float]]:
        cells = self._cells()
        sizes = [self._item(label) for label in self.labels]
        across = [
            max(s[0] for s, c in zip(sizes, cells, strict=True) if c[1] == k)
            for k in range(max(c[1] for c in cells) + 1)
        ]
        down = [
            max(s[1] for s, c in zip(sizes, cells, strict=True) if c[0] == k)
            for k in range(max(c[0] for c in cells) + 1)
        ]
        return across, down

    @property
    def _padding(self) -> tuple[float, float, float, float]:
        return padding(self.model.padding if self.model.border_line_color is not None else 0)

    def size(self) -> tuple[float, float]:
        """Return width and height in px without the margin."""
        across, down = self._tracks()
        left, right, top, bottom = self._padding
        width = sum(across) + self.model.spacing * (len(across) - 1)
        height = sum(down) + self.model.spacing * (len(down) - 1)
        if self.title is not None:
            face = self.title.style.font
            width = max(width, self.title.size[0])
            height += face.ascent + face.descent + self.model.title_standoff
        return width + left + right, height + top + bottom

    def draw(self, room: Box) -> list[Node]:
        """Draw the legend where its location says within ``room``."""
        if not self.shown:
            return []
        model = self.model
        width, height = self.size()
        left, top = _located(model.location, room, width, height, float(model.margin))
        pad = self._padding
        ground = ground_paint(of(model))
        nodes = (
            [rectangle(left, top, width, height, getattr(model, "border_radius", 0), ground)]
            if ground
            else []
        )
        x, y = left + pad[0], top + pad[2]
        if self.title is not None:
            face = self.title.style.font
            words = self.title.draw(x, y, "left", "top")
            nodes += [words] if words is not None else []
            y += face.ascent + face.descent + model.title_standoff
        across, down = self._tracks()
        for entry, label, (row, col) in zip(self.entries, self.labels, self._cells(), strict=True):
            item_x = x + sum(across[:col]) + col * model.spacing
            item_y = y + sum(down[:row]) + row * model.spacing
            middle = item_y + down[row] / 2
            box = Box(
                item_x,
                middle - model.glyph_height / 2,
                item_x + model.glyph_width,
                middle + model.glyph_height / 2,
            )
            nodes += _sample(entry, box, self.stage)
            words = label.draw(box.right + model.label_standoff, middle, "left", "center")
            nodes += [words] if words is not None else []
        return nodes


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _entries(item: Any) -> list[Entry]:
    label = item.lookup("label").get_value(item)
    kind = type(label).__name__
    if kind == "Value":
        return [] if label.value is None else [(item, str(label.value), item.index or 0)]
    if kind != "Field" or not item.renderers:
        return []
    values = list(column(item.renderers[0].data_source, label.field))
    return [(item, str(value), values.index(value)) for value in dict.fromkeys(values)]


def _sample(entry: Entry, box: Box, stage: Stage) -> list[Node]:
    """Draw the small picture of a glyph beside its name."""
    item, _, index = entry
    nodes: list[Node] = []
    middle = (box.top + box.bottom) / 2
    for renderer in item.renderers:
        glyph = getattr(renderer, "glyph", None)
        kind = type(glyph).__name__
        visible = rows(renderer.view, renderer.data_source, stage.report)
        if index not in visible:
            continue
        values = Reader(glyph, renderer.data_source, [index], stage.report)
        if kind in _LINES:
            style = line_paint(values.getter(0))
            ends = (("x1", box.left), ("y1", middle), ("x2", box.right), ("y2", middle))
            nodes += [Node("line", (*ends, *style))] if style else []
        elif kind in _AREAS:
            get = values.getter(0)
            edge = line_paint(get) if values.has("line_color") else None
            styles: Attributes = (*(fill_paint(get) or ()), *(edge or ()))
            inset_x, inset_y = box.width * 0.1, box.height * 0.1
            if styles:
                size = (box.width - 2 * inset_x, box.height - 2 * inset_y)
                nodes.append(rectangle(box.left + inset_x, box.top + inset_y, *size, 0, styles))
        elif kind in ("Scatter", "Circle"):
            centre = np.array([(box.left + box.right) / 2]), np.array([middle])
            size_ = np.array([min(box.width, box.height) * 0.4])
            nodes += scatter(
                values, *centre, size_, stage.report, marker="circle" if kind == "Circle" else None
            )
        else:
            stage.report(f"legend of {kind}")
    return nodes


def _located(location: Any, room: Box, width: float, height: float, margin: float) -> tuple[float, float]:
    if not isinstance(location, str):
        x, y = location
        return room.left + float(x), room.bottom - float(y) - height
    name = {"top": "top_center", "bottom": "bottom_center", "left": "center_left", "right": "center_right"}
    vertical, _, horizontal = name.get(location, location).partition("_")
    horizontal = horizontal or "center"
    left = {
        "left": room.left + margin,
        "center": (room.left + room.right - width) / 2,
        "right": room.right - margin - width,
    }[horizontal]
    top = {
        "top": room.top + margin,
        "center": (room.top + room.bottom - height) / 2,
        "bottom": room.bottom - margin - height,
    }[vertical]
    return left, top


class ColourBar:
    """A colour bar in a side panel or inside the frame."""

    def __init__(self, model: Any, side: str | None, stage: Stage) -> None:
        self.model = model
        self.side = side
        self.stage = stage
        self.known = type(model.color_mapper).__name__ in ("LinearColorMapper", "LogColorMapper")
        if not self.known:
            stage.report("ColorBar of " + type(model.color_mapper).__name__)
        self.log = type(model.color_mapper).__name__ == "LogColorMapper"
        upright = str(model.location).endswith(("left", "right")) or model.location == "center"
        if model.orientation != "auto":
            self.horizontal = model.orientation == "horizontal"
        else:
            self.horizontal = side in ("above", "below") if side is not None else not upright
        words, _ = plain(model.title)
        self.title = TextBox(words, text_style(of(model), "title_text_")) if words else None
        self.low, self.high = limits(model.color_mapper, []) if self.known else (math.nan, math.nan)

    @property
    def shown(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.model.visible and self.known and math.isfinite(self.low))

    def _axis(self, first: float, last: float) -> Axis:
        m = self.model
        ticker = m.ticker if m.ticker != "auto" else (LogTicker() if self.log else BasicTicker())
        log_labels = type(ticker).__name__ == "LogTicker"
        formatter = (
            m.formatter
            if m.formatter != "auto"
            else (LogTickFormatter() if log_labels else BasicTickFormatter())
        )
        axis = (LogAxis if self.log else LinearAxis)(ticker=ticker, formatter=formatter, axis_line_color=None)
        axis.major_label_standoff = int(m.label_standoff)
        axis.major_label_overrides = m.major_label_overrides
        axis.major_label_policy = m.major_label_policy if m.major_label_policy is not None else NoOverlap()
        for name in m.properties():
            if (
                name.startswith(("major_tick_", "minor_tick_", "major_label_text_"))
                and name in axis.properties()
            ):
                setattr(axis, name, getattr(m, name))
        along = Scale(self.low, self.high, first, last, log=self.log)
        other = Scale(0.0, 1.0, 0.0, 1.0)
        x, y = (along, other) if self.horizontal else (other, along)
        side = (
            self.side if self.side in (("above", "below") if self.horizontal else ("left", "right")) else None
        )
        stage = replace(self.stage, xs={"default": x}, ys={"default": y})
        return Axis(axis, side or ("below" if self.horizontal else "right"), stage)

    def _title_room(self) -> float:
        return self.title.size[1] + self.model.title_standoff if self.title is not None else 0.0

    def depth(self) -> float:
        """Return the room in px across the bar: bar, labels, title, padding."""
        given = self.model.height if self.horizontal else self.model.width
        thick = _MINOR if given == "auto" else float(given)
        room = thick + self._axis(0, 100).depth() + self._title_room() + 2 * float(self.model.padding)
        return float(round(room))

    def _length(self, room: Box) -> float:
        given = self.model.width if self.horizontal else self.model.height
        whole = room.width if self.horizontal else room.height
        if given != "auto":
            return float(given) + 2 * float(self.model.padding)
        if self.side is not None:
            return whole
        natural = float(len(self.model.color_mapper.palette) * _MINOR)
        return min(0.8 * whole, max(0.3 * whole, natural))

    def draw(self, room: Box) -> list[Node]:
        """Draw the bar in its side panel, or within the frame where its location says."""
        if not self.shown:
            return []
        m, pad = self.model, float(self.model.padding)
        length, depth = self._length(room), self.depth()
        width, height = (length, depth) if self.horizontal else (depth, length)
        margin = float(m.margin) if self.side is None else 0.0
        left, top = _located(m.location, room, width, height, margin)
        if self.side is not None:
            left, top = (left, room.top) if self.horizontal else (room.left, top)
        ground = ground_paint(of(m))
        nodes = [rectangle(left, top, width, height, 0, ground)] if ground else []
        probe = self._axis(0, 100)
        axis_room, title_room = probe.depth(), self._title_room()
        bar = Box(left + pad, top + pad, left + width - pad, top + height - pad)
        first_side = probe.panel in ("above", "left")
        before = title_room + (axis_room if first_side else 0)
        after = 0 if first_side else axis_room
        if self.horizontal:
            bar = Box(bar.left, bar.top + before, bar.right, bar.bottom - after)
        else:
            bar = Box(bar.left + before, bar.top, bar.right - after, bar.bottom)
        nodes += self._stripe(bar)
        axis = self._axis(bar.left, bar.right) if self.horizontal else self._axis(bar.bottom, bar.top)
        beside = {
            "above": Box(bar.left, bar.top - axis_room, bar.right, bar.top),
            "below": Box(bar.left, bar.bottom, bar.right, bar.bottom + axis_room),
            "left": Box(bar.left - axis_room, bar.top, bar.left, bar.bottom),
            "right": Box(bar.right, bar.top, bar.right + axis_room, bar.bottom),
        }[axis.panel]
        nodes += axis.draw(beside)
        if self.title is not None:
            angle = 0.0 if self.horizontal else -math.pi / 2
            at = (left + pad, top + pad) if self.horizontal else (left + pad, bar.bottom)
            words = self.title.draw(*at, "left", "top", angle=angle)
            nodes += [words] if words is not None else []
        return nodes

    def _stripe(self, bar: Box) -> list[Node]:
        palette = [rgba(colour) for colour in self.model.color_mapper.palette]
        pixels = np.array([palette] if self.horizontal else [[c] for c in reversed(palette)], dtype=np.uint8)
        alpha = float(self.model.scale_alpha)
        nodes = [
            Node(
                "image",
                (
                    ("x", bar.left),
                    ("y", bar.top),
                    ("width", bar.width),
                    ("height", bar.height),
                    ("preserveAspectRatio", "none"),
                    ("opacity", None if alpha >= 1 else f"{alpha:.3g}"),
                    ("style", "image-rendering:pixelated"),
                    ("href", "data:image/png;base64," + base64.b64encode(png(pixels)).decode("ascii")),
                ),
            )
        ]
        edge = line_paint(of(self.model), "bar_")
        return nodes + ([rectangle(bar.left, bar.top, bar.width, bar.height, 0, edge)] if edge else [])
