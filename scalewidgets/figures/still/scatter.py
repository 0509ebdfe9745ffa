"""Scatter markers, each drawn as Bokeh draws it and written as briefly as that allows."""

from __future__ import annotations

from .markers import KNOWN, LINE_ONLY, disc, has_dot, outline
from .paints import Attributes, fill_paint, finite, line_paint, radians
from .svg import Node
from .values import Floats, Reader, Report


def scatter(
    values: Reader, sx: Floats, sy: Floats, sizes: Floats, report: Report, *, marker: str | None = None
) -> list[Node]:
    """Draw one marker a row at (sx, sy) with a diameter in px.

    Markers lie over one another in the order of the rows, so a run of them becomes one path only where
    this cannot be seen: lines alone, or faces without lines, and opaque.
    """
    nodes: list[Node] = []
    previous: tuple[Attributes, bool] | None = None
    angles = values.numbers("angle") if values.has("angle") else sizes * 0
    for i in range(len(sx)):
        if not finite(sx[i], sy[i], sizes[i], angles[i]) or sizes[i] < 0:
            continue
        name = marker or str(values.each("marker", i))
        if name not in KNOWN:
            report(f"marker {name}")
            name = "circle"
        get = values.getter(i)
        fill = None if name in LINE_ONLY else fill_paint(get)
        line = line_paint(get)
        turn = radians(angles[i], values.model.angle_units) if angles[i] else 0.0
        radius = sizes[i] / 2
        styles: Attributes = (*(fill or ()), *(line or ()))
        if styles and name == "circle":
            nodes.append(Node("circle", (("cx", sx[i]), ("cy", sy[i]), ("r", radius), *styles)))
            previous = None
        elif styles and name != "dot":
            data = outline(name, sx[i], sy[i], radius, turn)
            joins = _full(styles) and (fill is None or line is None)
            if previous == (styles, True) and joins:
                nodes[-1].attributes["d"] += data
            else:
                nodes.append(Node("path", (("d", data), *styles)))
            previous = (styles, joins)
        if has_dot(name) and line is not None:
            colour = {key.replace("stroke", "fill"): value for key, value in line[:2]}
            nodes.append(Node("path", (("d", disc(sx[i], sy[i], radius / 4)), *colour.items())))
            previous = None
    return nodes


def _full(styles: Attributes) -> bool:
    return all(value is None for key, value in styles if key.endswith("-opacity"))
