"""One Bokeh plot as SVG: its layout, its scales, its renderers in Bokeh's order."""

from __future__ import annotations

import math
from typing import Any

from .annotations import PAINTERS as ANNOTATIONS
from .bounds import extents
from .glyphs import Place, draw_glyph
from .guides import Axis, grid_nodes, js_round
from .keys import ColourBar, LegendKey
from .metrics import STACK
from .paints import boxed_text, check_hatch, fill_paint, ground_paint, line_paint, of, padding
from .ranges import ends
from .scales import Box, Scale, make_scale
from .stage import Stage
from .svg import Node, group, num
from .text import TextBox, box_anchor, plain, text_style
from .values import Reader, Report, rows

_LEVELS = ("image", "underlay", "glyph", "guide", "annotation", "overlay")
_SIDES = ("above", "below", "left", "right")
_TOOLBAR = 30.0  # px that BokehJS keeps for a toolbar outside the frame, shown or not
_AXES = ("LinearAxis", "LogAxis", "CategoricalAxis")
_SCALES = ("LinearScale", "LogScale", "CategoricalScale")


def frame_of(plot: Any, width: float, height: float) -> Box:
    """Return where the frame of a plot lies within a canvas of the given size, in px."""
    return _Drawing(plot, width, height, lambda name: None).stage.frame


def plot_node(plot: Any, width: float, height: float, report: Report) -> Node:
    """Draw a plot on a canvas of the given size; ``report`` hears of what is left out."""
    return _Drawing(plot, width, height, report).draw()


def plot_svg(plot: Any, width: float, height: float) -> str:
    """Draw one Bokeh figure as an SVG document.

    Parameters
    ----------
    plot
        A ``bokeh.plotting.figure`` or any other ``bokeh.models.Plot``.
    width, height
        Size of the whole picture in px; the plot's own size does not matter.

    Returns
    -------
    str
        The document, the same bytes for the same figure whenever it is built.
    """
    root = Node(
        "svg",
        (
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("width", width),
            ("height", height),
            ("viewBox", f"0 0 {num(width)} {num(height)}"),
            ("role", "img"),
            ("font-family", STACK),
        ),
    )
    return str(root.add(plot_node(plot, width, height, lambda name: None)))


class _Drawing:
    def __init__(self, plot: Any, width: float, height: float, report: Report) -> None:
        self.plot = plot
        self.report = report
        self.canvas = Box(0, 0, width, height)
        self.xs = self._intervals("x")
        self.ys = self._intervals("y")
        # Depths depend on the data intervals only, so they are measured before the frame is known.
        self.stage = Stage(
            plot, self.canvas, self.canvas, self._scales(self.xs, 0, 1), self._scales(self.ys, 1, 0), report
        )
        self.panels = {side: self._panels(side) for side in _SIDES}
        self.depths = {side: [self._depth(panel, side) for panel in self.panels[side]] for side in _SIDES}
        self.stage = self._final_stage()

    # --- scales -------------------------------------------------------------------------------

    def _intervals(self, dimension: str) -> dict[str, tuple[Any, Any, float, float]]:
        """Range model, scale model and resolved ends by range name."""
        plot = self.plot
        named = {"default": (getattr(plot, dimension + "_range"), getattr(plot, dimension + "_scale"))}
        scales = getattr(plot, f"extra_{dimension}_scales")
        for name, model in getattr(plot, f"extra_{dimension}_ranges").items():
            named[name] = (model, scales.get(name, getattr(plot, dimension + "_scale")))
        found = {}
        for name, (model, scale) in named.items():
            if type(scale).__name__ not in _SCALES:
                self.report(type(scale).__name__)
            if any(isinstance(f, (list, tuple)) for f in getattr(model, "factors", None) or ()):
                self.report("nested factors")
            log = type(scale).__name__ == "LogScale"
            seen = self._seen(dimension, log) if type(model).__name__ == "DataRange1d" else []
            found[name] = (model, scale, *ends(model, seen, log=log))
        return found

    def _seen(self, dimension: str, log: bool) -> list[tuple[Any, tuple[float, float]]]:
        plot = self.plot
        x = make_scale(plot.x_scale, 0, 1, plot.x_range, 0, 1)
        y = make_scale(plot.y_scale, 0, 1, plot.y_range, 0, 1)
        index = 0 if dimension == "x" else 1
        return [
            (renderer, extents(renderer, x, y, log=(log, log), report=self.report)[index])
            for renderer in [*plot.renderers, *plot.center]
        ]

    def _scales(
        self, intervals: dict[str, tuple[Any, Any, float, float]], first: float, last: float
    ) -> dict[str, Scale]:
        return {
            name: make_scale(scale, start, end, model, first, last)
            for name, (model, scale, start, end) in intervals.items()
        }

    # --- layout -------------------------------------------------------------------------------

    def _panels(self, side: str) -> list[Any]:
        """Everything on one side, from the frame outwards."""
        panels = list(getattr(self.plot, side))
        titled = self.plot.title is not None and self.plot.title_location == side
        if titled:
            panels.append(self.plot.title)
        return panels

    def _depth(self, panel: Any, side: str) -> float:
        kind = type(panel).__name__
        if not panel.visible:
            return 0.0
        if kind in _AXES:
            return Axis(panel, side, self.stage).depth()
        if kind == "Title":
            words, tex = plain(panel.text)
            style = text_style(of(panel))
            if not words or style.fill is None:
                return 0.0
            if tex:
                self.report("TeX")
            left, right, top, bottom = padding(getattr(panel, "padding", 0))
            _, height = TextBox(words, style).size
            return js_round(
                height + (top + bottom if side in ("above", "below") else left + right) + panel.standoff
            )
        if kind == "Legend":
            key = LegendKey(panel, self.stage)
            size = key.size()[0 if side in ("left", "right") else 1] + 2 * panel.margin if key.shown else 0.0
            return js_round(size)
        if kind == "ColorBar":
            bar = ColourBar(panel, side, self.stage)
            return bar.depth() if bar.shown else 0.0
        self.report(kind)
        return 0.0

    def _toolbar_depth(self, side: str) -> float:
        plot = self.plot
        toolbar = plot.toolbar
        if plot.toolbar_location != side or plot.toolbar_inner or toolbar is None or not toolbar.visible:
            return 0.0
        if not plot.toolbar_sticky:
            return _TOOLBAR
        for panel, depth in zip(self.panels[side], self.depths[side], strict=True):
            if type(panel).__name__ == "Title":  # they share one row
                return max(0.0, _TOOLBAR - depth)
        return _TOOLBAR

    def _final_stage(self) -> Stage:
        plot, canvas = self.plot, self.canvas
        room = {side: sum(self.depths[side]) + self._toolbar_depth(side) for side in _SIDES}
        least = {
            "above": plot.min_border_top,
            "below": plot.min_border_bottom,
            "left": plot.min_border_left,
            "right": plot.min_border_right,
        }
        common = plot.min_border or 0
        border = {side: max(room[side], common if least[side] is None else least[side]) for side in _SIDES}
        left, top = canvas.left + border["left"], canvas.top + border["above"]
        right, bottom = canvas.right - border["right"], canvas.bottom - border["below"]
        if plot.frame_width is not None:
            right = left + plot.frame_width
        if plot.frame_height is not None:
            bottom = top + plot.frame_height
        frame = Box(left, top, max(left + 1, right), max(top + 1, bottom))
        xs, ys = (
            self._scales(self.xs, frame.left, frame.right),
            self._scales(self.ys, frame.bottom, frame.top),
        )
        return Stage(plot, canvas, frame, xs, ys, self.report)

    def _rooms(self) -> list[tuple[Any, str, Box]]:
        """Return each side panel with its side and the room it was given."""
        frame = self.stage.frame
        rooms = []
        for side in _SIDES:
            offset = 0.0
            for panel, depth in zip(self.panels[side], self.depths[side], strict=True):
                shared = (
                    self._toolbar_depth(side)
                    if type(panel).__name__ == "Title" and self.plot.toolbar_sticky
                    else 0.0
                )
                depth += shared
                near, far = offset, offset + depth
                offset = far
                box = {
                    "above": Box(frame.left, frame.top - far, frame.right, frame.top - near),
                    "below": Box(frame.left, frame.bottom + near, frame.right, frame.bottom + far),
                    "left": Box(frame.left - far, frame.top, frame.left - near, frame.bottom),
                    "right": Box(frame.right + near, frame.top, frame.right + far, frame.bottom),
                }[side]
                rooms.append((panel, side, box))
        return rooms

    # --- painting -----------------------------------------------------------------------------

    def draw(self) -> Node:
        # A Bokeh canvas is moved by half a pixel, so that lines on whole numbers are crisp.
        root = Node("g", (("transform", "translate(.5 .5)"), ("fill", "none"), ("stroke-linejoin", "bevel")))
        root.add(*self._grounds())
        painted = self._painted()
        clip: Node | None = None
        for level in _LEVELS:
            for model_level, clipped, nodes in painted:
                joined = group(nodes) if model_level == level else None
                if joined is None:
                    continue
                if not clipped and level not in ("image", "underlay", "glyph"):
                    root.add(joined)
                    clip = None
                    continue
                if clip is None:
                    clip = self._clip()
                    root.add(clip)
                clip.add(joined)
        return root

    def _clip(self) -> Node:
        """Return a viewport with the frame's own coordinates: it cuts without an id to refer to."""
        frame = self.stage.frame
        place = (("x", frame.left), ("y", frame.top), ("width", frame.width), ("height", frame.height))
        box = " ".join(num(v) for v in (frame.left, frame.top, frame.width, frame.height))
        return Node("svg", (*place, ("viewBox", box), ("preserveAspectRatio", "none")))

    def _grounds(self) -> list[Node]:
        plot, canvas, frame = self.plot, self.canvas, self.stage.frame
        nodes: list[Node] = []
        border = fill_paint(of(plot), "border_")
        if border:  # everything but the frame
            c, f = canvas, frame
            outer = f"M{num(c.left)} {num(c.top)}H{num(c.right)}V{num(c.bottom)}H{num(c.left)}Z"
            inner = f"M{num(f.left)} {num(f.top)}V{num(f.bottom)}H{num(f.right)}V{num(f.top)}Z"
            nodes.append(Node("path", (("d", outer + inner), *border)))
        corner = (("x", frame.left), ("y", frame.top), ("width", frame.width), ("height", frame.height))
        background = fill_paint(of(plot), "background_")
        if background:
            nodes.append(Node("rect", (*corner, *background)))
        for prefix in ("border_", "background_"):
            check_hatch(of(plot), self.report, prefix)
        outline = line_paint(of(plot), "outline_")
        if outline:
            nodes.append(Node("rect", (*corner, *outline)))
        return nodes

    def _painted(self) -> list[tuple[str, bool, list[Node]]]:
        """Level, clipped or not, and elements of every renderer, in Bokeh's order within a level."""
        plot = self.plot
        painted = [(r.level, *self._renderer(r)) for r in plot.renderers if r.visible]
        rooms = self._rooms()
        for panel, side, box in rooms:
            if panel.visible and panel is not plot.title:
                painted.append((panel.level, *self._panel(panel, side, box)))
        painted += [(model.level, *self._renderer(model)) for model in plot.center if model.visible]
        for panel, side, box in rooms:
            if panel.visible and panel is plot.title:
                painted.append((panel.level, *self._panel(panel, side, box)))
        return painted

    def _renderer(self, model: Any) -> tuple[bool, list[Node]]:
        kind = type(model).__name__
        stage = self.stage
        if kind == "GlyphRenderer":
            visible = rows(model.view, model.data_source, self.report)
            values = Reader(model.glyph, model.data_source, visible, self.report)
            x, y = stage.scales(model)
            return False, draw_glyph(Place(values, x, y, stage.frame, self.report))
        if kind == "Grid":
            return False, grid_nodes(model, stage)
        if kind in _AXES:
            side = "below" if model.dimension in (0, "auto") else "left"
            return True, Axis(model, side, stage).draw(stage.frame)
        if kind == "Legend":
            return False, LegendKey(model, stage).draw(stage.frame)
        if kind == "ColorBar":
            return False, ColourBar(model, None, stage).draw(stage.frame)
        if kind in ANNOTATIONS:
            return True, ANNOTATIONS[kind](model, stage)
        self.report(kind)
        return False, []

    def _panel(self, panel: Any, side: str, box: Box) -> tuple[bool, list[Node]]:
        kind = type(panel).__name__
        if kind in _AXES:
            axis = Axis(panel, side, self.stage)
            return axis.fixed is not None, axis.draw(box)
        if kind == "Title":
            return False, self._title(panel, side, box)
        if kind == "Legend":
            return False, LegendKey(panel, self.stage).draw(box)
        if kind == "ColorBar":
            return False, ColourBar(panel, side, self.stage).draw(box)
        return False, []

    def _title(self, model: Any, side: str, box: Box) -> list[Node]:
        words, _ = plain(model.text)
        style = text_style(of(model))
        if not words or style.fill is None:
            return []
        gap, along = model.standoff / 2, float(model.offset)
        share = {"left": 0.0, "center": 0.5, "right": 1.0}[model.align]
        rise = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[model.vertical_align]
        push = along * (1 - 2 * share)
        if side in ("above", "below"):
            x, angle = box.left + share * box.width + push, 0.0
            y = box.top + rise * box.height + gap * (1 - 2 * rise)
        elif side == "left":
            y, angle = box.bottom - share * box.height - push, -math.pi / 2
            x = box.left + rise * box.width + gap * (1 - 2 * rise)
        else:
            y, angle = box.top + share * box.height + push, math.pi / 2
            x = box.right - rise * box.width - gap * (1 - 2 * rise)
        anchor = box_anchor("auto", model.align, model.vertical_align)
        pad, radius = padding(getattr(model, "padding", 0)), getattr(model, "border_radius", 0)
        return boxed_text(words, style, (x, y), anchor, angle, pad, radius, ground_paint(of(model)))
