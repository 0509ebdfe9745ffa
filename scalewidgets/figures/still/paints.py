"""Bokeh's line, fill and box properties as SVG attributes and shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .colours import paint
from .svg import Node, num, pair
from .text import TextBox, TextStyle
from .values import Report

Attributes = tuple[tuple[str, "str | float | None"], ...]
Get = Callable[[str], Any]

# What BokehJS makes of the names; Python itself sends most of them as lists already.
_DASHES: dict[str, list[float]] = {
    "solid": [],
    "dashed": [3, 2],
    "dotted": [2, 1],
    "dotdash": [2, 4, 6, 4],
    "dashdot": [6, 4, 2, 4],
}
_FAR = 20_000.0


def of(model: Any) -> Get:
    """Return ``get(name)`` of a model without columns."""
    return lambda name: getattr(model, name)


def line_paint(get: Get, prefix: str = "") -> Attributes | None:
    """Stroke attributes, or None where no line would show."""
    width = get(prefix + "line_width")
    stroke = paint("stroke", get(prefix + "line_color"), _one_if_none(get(prefix + "line_alpha")))
    if stroke is None or width is None or not float(width) > 0:
        return None
    cap, join = get(prefix + "line_cap"), get(prefix + "line_join")
    dash = _dash(get(prefix + "line_dash"))
    offset = float(get(prefix + "line_dash_offset") or 0)
    return (
        *stroke,
        ("stroke-width", None if float(width) == 1 else float(width)),
        ("stroke-linecap", None if cap in (None, "butt") else str(cap)),
        ("stroke-linejoin", None if join in (None, "bevel") else str(join)),
        ("stroke-dasharray", " ".join(num(d) for d in dash) if dash else None),
        ("stroke-dashoffset", offset if dash and offset else None),
    )


def fill_paint(get: Get, prefix: str = "") -> Attributes | None:
    """Fill attributes, or None where nothing would show."""
    return paint("fill", get(prefix + "fill_color"), _one_if_none(get(prefix + "fill_alpha")))


def check_hatch(get: Get, report: Report, prefix: str = "") -> None:
    """Report a hatch: it is left out of the picture."""
    try:
        pattern = get(prefix + "hatch_pattern")
    except (AttributeError, KeyError):
        return
    if pattern not in (None, "blank", " "):
        report("hatch")


def _one_if_none(value: Any) -> float:
    return 1.0 if value is None else float(value)


def _dash(value: Any) -> Sequence[float]:
    if isinstance(value, str):
        named = _DASHES.get(value)
        return named if named is not None else [float(part) for part in value.split()]
    return [float(part) for part in value or []]


def limit(value: float) -> float:
    """Bring a pixel that is far outside any picture within what every renderer can handle."""
    return min(_FAR, max(-_FAR, value))


def finite(*values: float) -> bool:
    """Tell whether all numbers are finite."""
    return all(math.isfinite(v) for v in values)


def rectangle(left: float, top: float, width: float, height: float, radius: Any, styles: Attributes) -> Node:
    """Return a rectangle with Bokeh's ``border_radius``."""
    corners = _radii(radius)
    if max(corners) > 0:
        # Like a canvas: corners that do not fit shrink together.
        fit = min(1.0, *(side / total for side, total in _sides(width, height, corners) if total > 0))
        corners = (corners[0] * fit, corners[1] * fit, corners[2] * fit, corners[3] * fit)
    if len(set(corners)) > 1:
        return Node("path", (("d", _rounded(left, top, width, height, corners)), *styles))
    return Node(
        "rect",
        (("x", left), ("y", top), ("width", width), ("height", height), ("rx", corners[0] or None), *styles),
    )


def _sides(
    width: float, height: float, c: tuple[float, float, float, float]
) -> tuple[tuple[float, float], ...]:
    return (width, c[0] + c[1]), (height, c[1] + c[2]), (width, c[2] + c[3]), (height, c[3] + c[0])


def _radii(radius: Any) -> tuple[float, float, float, float]:
    if isinstance(radius, (int, float)):
        return (float(radius),) * 4
    names = ("top_left", "top_right", "bottom_right", "bottom_left")
    if isinstance(radius, dict):
        return tuple(float(radius.get(name, 0)) for name in names)  # type: ignore[return-value]
    values = [float(r) for r in radius or ()]
    return (values[0], values[1], values[2], values[3]) if len(values) == 4 else (0.0, 0.0, 0.0, 0.0)


def _rounded(
    left: float, top: float, width: float, height: float, radii: tuple[float, float, float, float]
) -> str:
    right, bottom = left + width, top + height
    tl, tr, br, bl = radii

    def arc(radius: float, x: float, y: float) -> str:
        return f"A{num(radius)} {num(radius)} 0 0 1 {pair(x, y)}" if radius else ""

    return (
        f"M{pair(left + tl, top)}H{num(right - tr)}{arc(tr, right, top + tr)}V{num(bottom - br)}"
        f"{arc(br, right - br, bottom)}H{num(left + bl)}{arc(bl, left, bottom - bl)}"
        f"V{num(top + tl)}{arc(tl, left + tl, top)}Z"
    )


def padding(value: Any) -> tuple[float, float, float, float]:
    """Bokeh's ``padding`` as (left, right, top, bottom)."""
    if isinstance(value, (int, float)):
        return (float(value),) * 4
    if isinstance(value, dict):
        if "x" in value or "y" in value:
            x, y = float(value.get("x", 0)), float(value.get("y", 0))
            return x, x, y, y
        return tuple(float(value.get(side, 0)) for side in ("left", "right", "top", "bottom"))  # type: ignore[return-value]
    numbers = [float(v) for v in value or ()]
    if len(numbers) == 2:
        return numbers[0], numbers[0], numbers[1], numbers[1]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == 4 else (0.0, 0.0, 0.0, 0.0)


def boxed_text(
    text: str,
    style: TextStyle,
    at: tuple[float, float],
    anchor: tuple[float, float],
    angle: float,
    pad: tuple[float, float, float, float],
    radius: Any,
    ground: Attributes,
) -> list[Node]:
    """Return a text on a ground of its own, turned about its anchor."""
    box = TextBox(text, style)
    (x, y), (ax, ay) = at, anchor
    inner_width, inner_height = box.size
    left, right, top, bottom = pad
    width, height = inner_width + left + right, inner_height + top + bottom
    corner_x, corner_y = x - ax * width, y - ay * height
    nodes: list[Node] = []
    if ground:
        shape = rectangle(corner_x, corner_y, width, height, radius, ground)
        if angle:
            shape.attributes["transform"] = f"rotate({num(math.degrees(angle))} {num(x)} {num(y)})"
        nodes.append(shape)
    words = box.draw(corner_x + left + ax * inner_width, corner_y + top, ax, "top", angle=angle, pivot=(x, y))
    return nodes + ([words] if words is not None else [])


def ground_paint(get: Get, *, shown: bool = True) -> Attributes:
    """Fill and edge of a text's ground, empty when there is neither."""
    if not shown:
        return ()
    return (*(fill_paint(get, "background_") or ()), *(line_paint(get, "border_") or ()))


def radians(value: float, units: str, *, clockwise: bool = False) -> float:
    """Return a Bokeh angle as a turn on the screen, where y points down."""
    factor = {"deg": math.pi / 180, "rad": 1.0, "grad": math.pi / 200, "turn": 2 * math.pi}[units]
    return value * factor * (1 if clockwise else -1)
