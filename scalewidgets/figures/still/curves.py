"""Polylines with no more points than one can see."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from .paints import limit
from .svg import path_data
from .values import Floats

#: Largest distance in px between a curve and its thinned copy: a twentieth of a pixel is invisible.
TOLERANCE = 0.05


def pieces(sx: Floats, sy: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Yield the stretches between gaps (points that are not finite)."""
    good = np.isfinite(sx) & np.isfinite(sy)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], good, [False])).astype(np.int8)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        yield sx[first:last], sy[first:last]


def polyline(sx: Floats, sy: Floats, *, close: bool = False) -> str:
    """Path data of a polyline: gaps kept, invisible detail dropped, single points left out."""
    parts = []
    for x, y in pieces(sx, sy):
        if len(x) > 1:
            kept_x, kept_y = thin(x, y)
            parts.append(
                path_data([(limit(a), limit(b)) for a, b in zip(kept_x, kept_y, strict=True)], close=close)
            )
    return "".join(parts)


def thin(sx: Floats, sy: Floats) -> tuple[Floats, Floats]:
    """Drop points that no reader could tell from their neighbours' line.

    More than two points a pixel column are first reduced to the column's first, lowest, highest and last;
    then points nearer than :data:`TOLERANCE` to the line through those kept go (Douglas and Peucker).
    """
    if len(sx) > 2 * (float(np.ptp(sx)) + float(np.ptp(sy)) + 1) and bool(np.all(np.diff(sx) >= 0)):
        chosen = _columns(sx, sy)
        sx, sy = sx[chosen], sy[chosen]
    if len(sx) < 3:
        return sx, sy
    keep = _douglas_peucker(sx, sy)
    return sx[keep], sy[keep]


def _columns(sx: Floats, sy: Floats) -> list[int]:
    starts = np.flatnonzero(np.concatenate(([True], np.diff(np.floor(sx)) != 0)))
    ends = np.concatenate((starts[1:], [len(sx)]))
    chosen: set[int] = set()
    for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
        stretch = sy[first:last]
        chosen |= {first, first + int(stretch.argmin()), first + int(stretch.argmax()), last - 1}
    return sorted(chosen)


def _douglas_peucker(sx: Floats, sy: Floats) -> npt.NDArray[np.bool_]:
    keep = np.zeros(len(sx), dtype=bool)
    keep[0] = keep[-1] = True
    stack = [(0, len(sx) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        x, y = sx[first + 1 : last] - sx[first], sy[first + 1 : last] - sy[first]
        dx, dy = sx[last] - sx[first], sy[last] - sy[first]
        length = float(dx * dx + dy * dy)
        # Distance to the segment, not to its line: a curve may turn back on itself.
        share = np.clip((x * dx + y * dy) / length, 0, 1) if length > 0 else np.zeros_like(x)
        distance = np.hypot(x - share * dx, y - share * dy)
        worst = int(distance.argmax())
        if distance[worst] > TOLERANCE:
            middle = first + 1 + worst
            keep[middle] = True
            stack += [(first, middle), (middle, last)]
    return keep
