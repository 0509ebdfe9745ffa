"""Names beside marks: the nearest ground that nothing else needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

ROW, LETTER = 13.0, 5.7
"""Pixels of a line of words and of a letter, about."""

Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """Pixels of a figure, about, and back."""

    left: float
    right: float
    bottom: float
    top: float
    size: tuple[float, float]

    def pixels(self, cost: Array, value: Array) -> tuple[Array, Array]:
        """Where costs and values stand, from the left and from the top."""
        width, height = self.size
        x = (np.log(cost) - self.left) / (self.right - self.left) * width
        return x, (self.top - value) / (self.top - self.bottom) * height

    def data(self, x: float, y: float) -> tuple[float, float]:
        """Cost and value of a place in pixels."""
        width, height = self.size
        cost = np.exp(self.left + x / width * (self.right - self.left))
        return float(cost), float(self.top - y / height * (self.top - self.bottom))


def room(
    x: float, y: float, lines: list[str], taken: list[Box], far: float, plot: tuple[float, float]
) -> tuple[str, float, float] | None:
    """Nearest free ground for lines of words: (align, x, y) of the first line's middle."""
    wide, tall = max(len(words) for words in lines) * LETTER + 4, ROW * len(lines)
    width, height = plot
    tries = []
    for dx in (9.0, 24.0, 44.0, 70.0):
        for dy in np.arange(-far, far + 1, ROW / 2):
            for align, side in (("left", 1), ("right", -1)):
                tries.append((dx + abs(dy) * 0.8 + (0.1 if side < 0 else 0.0), align, side * dx, float(dy)))
    for distance, align, dx, dy in sorted(tries):
        if distance > far + 10:
            break
        start = x + dx if align == "left" else x + dx - wide
        box = (start, y + dy - ROW / 2, start + wide, y + dy - ROW / 2 + tall)
        inside = box[0] >= -4 and box[2] <= width + 12 and box[1] >= -4 and box[3] <= height
        if inside and not any(meet(box, other) for other in taken):
            taken.append(box)
            return align, x + dx, y + dy
    return None


def meet(a: Box, b: Box) -> bool:
    """Whether two boxes share ground."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
