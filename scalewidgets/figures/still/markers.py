"""Outlines of Bokeh's scatter markers, as lists of path pieces around the origin."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from .svg import num, pair

_SQ3 = math.sqrt(3)
_SQ5 = math.sqrt(5)
_C36, _S36 = (_SQ5 + 1) / 4, math.sqrt((5 - _SQ5) / 8)
_C72, _S72 = (_SQ5 - 1) / 4, math.sqrt((5 + _SQ5) / 8)

Point = tuple[float, float]


def _polygon(points: list[Point]) -> list[tuple[list[Point], bool]]:
    return [(points, True)]


def _strokes(*lines: tuple[Point, Point]) -> list[tuple[list[Point], bool]]:
    return [(list(line), False) for line in lines]


def _diamond(r: float) -> list[Point]:
    return [(0, r), (r / 1.5, 0), (0, -r), (-r / 1.5, 0)]


def _square(r: float) -> list[Point]:
    return [(-r, -r), (r, -r), (r, r), (-r, r)]


def _triangle(r: float) -> list[Point]:
    h = r * _SQ3
    return [(-r, h / 3), (r, h / 3), (0, h / 3 - h)]


def _hex(r: float) -> list[Point]:
    h = _SQ3 * r / 2
    return [(r, 0), (r / 2, -h), (-r / 2, -h), (-r, 0), (-r / 2, h), (r / 2, h)]


def _star(r: float) -> list[Point]:
    a = math.sqrt(5 - 2 * _SQ5) * r
    right = [
        (a * _C72, -r + a * _S72),
        (a * (1 + _C72), -r + a * _S72),
        (a * (1 + _C72 - _C36), -r + a * (_S72 + _S36)),
        (a * (1 + 2 * _C72 - _C36), -r + a * (2 * _S72 + _S36)),
    ]
    return [(0, -r), *right, (0, -r + a * 2 * _S72), *[(-x, y) for x, y in reversed(right)]]


def _plus(r: float) -> list[Point]:
    a, b = 3 * r / 8, r
    return [
        (a, b),
        (a, a),
        (b, a),
        (b, -a),
        (a, -a),
        (a, -b),
        (-a, -b),
        (-a, -a),
        (-b, -a),
        (-b, a),
        (-a, a),
        (-a, b),
    ]


def _cross(r: float) -> list[tuple[list[Point], bool]]:
    return _strokes(((0, r), (0, -r)), ((-r, 0), (r, 0)))


def _x(r: float) -> list[tuple[list[Point], bool]]:
    d = r * math.sqrt(0.5)
    return _strokes(((-d, d), (d, -d)), ((-d, -d), (d, d)))


def _y(r: float) -> list[tuple[list[Point], bool]]:
    h = r * _SQ3
    return [([(-h / 2, -h / 3), (0, 0), (h / 2, -h / 3)], False), ([(0, 0), (0, r)], False)]


_FILLED: dict[str, Callable[[float], list[Point]]] = {
    "diamond": _diamond,
    "square": _square,
    "triangle": _triangle,
    "inverted_triangle": lambda r: [(-x, -y) for x, y in _triangle(r)],
    "hex": _hex,
    "star": _star,
    "plus": _plus,
}
_LINES: dict[str, Callable[[float], list[tuple[list[Point], bool]]]] = {
    "cross": _cross,
    "x": _x,
    "y": _y,
    "asterisk": lambda r: _cross(r) + _x(r),
    "dash": lambda r: _strokes(((-r, 0), (r, 0))),
}


def _square_x(r: float) -> list[tuple[list[Point], bool]]:
    return _strokes(((-r, r), (r, -r)), ((-r, -r), (r, r)))


def _diamond_cross(r: float) -> list[tuple[list[Point], bool]]:
    return _strokes(((0, r), (0, -r)), ((-r / 1.5, 0), (r / 1.5, 0)))


#: Marker names that are drawn; the rest is reported.
KNOWN = frozenset(
    {*_FILLED, *_LINES, "circle", "circle_cross", "circle_x", "circle_y", "circle_dot", "dot", "square_cross"}
    | {"square_x", "square_dot", "diamond_cross", "diamond_dot", "hex_dot", "star_dot", "triangle_dot"}
)
#: Markers without a face.
LINE_ONLY = frozenset(_LINES)


def has_dot(marker: str) -> bool:
    """Tell whether the marker carries a dot in its line colour."""
    return marker == "dot" or marker.endswith("_dot")


def outline(marker: str, x: float, y: float, r: float, angle: float = 0.0) -> str:
    """Path data of a marker of radius ``r`` at (x, y), without its dot."""
    base, _, extra = marker.partition("_")
    if marker in _FILLED or marker in _LINES:
        base, extra = marker, ""
    if base == "dot":
        return ""
    pieces: list[tuple[list[Point], bool]] = []
    head = ""
    if base == "circle":
        head = disc(x, y, r)
    elif base in _FILLED:
        pieces += _polygon(_FILLED[base](r))
    else:
        pieces += _LINES[base](r)
    if extra == "cross":
        pieces += _diamond_cross(r) if base == "diamond" else _cross(r)
    elif extra == "x":
        pieces += _square_x(r) if base == "square" else _x(r)
    elif extra == "y":
        pieces += _y(r)
    c, s = math.cos(angle), math.sin(angle)
    return head + "".join(
        _relative([(x + c * a - s * b, y + s * a + c * b) for a, b in p], close) for p, close in pieces
    )


def disc(x: float, y: float, r: float) -> str:
    """Path data of a full circle."""
    radius, size = num(r), num(2 * r)
    return f"M{pair(x - r, y)}a{radius} {radius} 0 1 0 {size} 0a{radius} {radius} 0 1 0-{size} 0Z"


def _relative(points: list[Point], close: bool) -> str:
    """Small outlines are shortest in relative coordinates."""
    parts = [f"M{pair(*points[0])}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        parts.append("l" + pair(x1 - x0, y1 - y0))
    return "".join(parts) + ("Z" if close else "")
