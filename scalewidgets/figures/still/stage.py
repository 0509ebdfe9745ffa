"""What every renderer of one plot shares: the canvas, the frame, the scales, the list of what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .scales import Box, Scale
from .values import Report

#: Where a model says its coordinates are counted from.
UNITS = ("data", "screen", "canvas")


@dataclass(frozen=True)
class Stage:
    """One plot while it is drawn; all boxes in px of its canvas."""

    plot: Any
    canvas: Box
    frame: Box
    xs: dict[str, Scale]
    ys: dict[str, Scale]
    report: Report

    def scales(self, model: Any) -> tuple[Scale, Scale]:
        """Return the two scales that a renderer names."""
        x = getattr(model, "x_range_name", "default")
        y = getattr(model, "y_range_name", "default")
        if getattr(model, "coordinates", None) is not None:
            self.report(type(model.coordinates).__name__)
        return self.xs.get(x, self.xs["default"]), self.ys.get(y, self.ys["default"])

    def place(self, model: Any, dimension: int, value: Any, units: str) -> float:
        """Return the pixel of a coordinate given in data, frame or canvas units, or as a Bokeh node."""
        if type(value).__name__ == "Node":
            return self._node(value)
        scale = self.scales(model)[dimension]
        if units == "data":
            return scale.compute(value)
        box = self.frame if units == "screen" else self.canvas
        number = scale.number(value) if isinstance(value, (int, float)) else float(value)
        return box.left + number if dimension == 0 else box.bottom - number

    def _node(self, value: Any) -> float:
        box = self.frame if value.target in ("frame",) else self.canvas
        if value.target not in ("frame", "canvas", "plot", "parent"):
            self.report("Node")
        vertical, _, horizontal = str(value.symbol).rpartition("_")
        symbol = horizontal or vertical
        places = {
            "left": box.left,
            "right": box.right,
            "top": box.top,
            "bottom": box.bottom,
            "hcenter": (box.left + box.right) / 2,
            "vcenter": (box.top + box.bottom) / 2,
            "width": box.width,
            "height": box.height,
        }
        if symbol not in places:
            self.report("Node")
        return places.get(symbol, box.left) + float(value.offset)
