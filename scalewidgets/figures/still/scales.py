"""Data to pixels: Bokeh's linear, logarithmic and (one-level) categorical scales."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .values import Floats, as_float


@dataclass(frozen=True)
class Box:
    """A rectangle in px, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in px."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in px."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Scale:
    """One axis: the data interval [start, end] on the pixels [first, last].

    ``start`` may exceed ``end`` (a turned axis); a log scale maps what is not positive to NaN.
    """

    start: float
    end: float
    first: float
    last: float
    log: bool = False
    factors: tuple[Any, ...] = field(default=())
    padding: float = 0.0

    @property
    def low(self) -> float:
        """The smaller end of the data interval."""
        return min(self.start, self.end)

    @property
    def high(self) -> float:
        """The larger end of the data interval."""
        return max(self.start, self.end)

    @property
    def valid(self) -> bool:
        """Whether anything can be placed on it."""
        usable = math.isfinite(self.start) and math.isfinite(self.end) and self.start != self.end
        return usable and not (self.log and self.low <= 0)

    def number(self, value: Any) -> float:
        """Return a coordinate as a number: factors become their place, everything else a float."""
        if not self.factors:
            return as_float(value)
        offset = 0.0
        if (
            isinstance(value, (list, tuple))
            and len(value) == 2
            and value[0] in self.factors
            and as_float(value[1]) == value[1]
        ):
            value, offset = value[0], float(value[1])
        if value in self.factors:
            return 0.5 + self.factors.index(value) * (1 + self.padding) + offset
        return as_float(value)

    def compute(self, value: Any) -> float:
        """Return the pixel of one coordinate."""
        return float(self.screen(np.array([self.number(value)]))[0])

    def screen(self, values: Floats) -> Floats:
        """Return the pixels of an array of numbers."""
        if not self.valid:
            return np.full(len(values), math.nan)
        if not self.log:
            factor = (self.last - self.first) / (self.end - self.start)
            with np.errstate(invalid="ignore", over="ignore"):
                return factor * (values - self.start) + self.first
        logs = np.full(len(values), math.nan)
        np.log(values, out=logs, where=values > 0)
        factor = (self.last - self.first) / (math.log(self.end) - math.log(self.start))
        with np.errstate(invalid="ignore"):
            return factor * (logs - math.log(self.start)) + self.first

    def invert(self, pixel: float) -> float:
        """Return the coordinate at a pixel."""
        share = (pixel - self.first) / (self.last - self.first)
        if self.log:
            return math.exp(math.log(self.start) + share * (math.log(self.end) - math.log(self.start)))
        return self.start + share * (self.end - self.start)


def make_scale(
    scale_model: Any, start: float, end: float, range_model: Any, first: float, last: float
) -> Scale:
    """Build the scale of one dimension from a scale model and the resolved ends of its range."""
    factors = tuple(
        tuple(f) if isinstance(f, (list, tuple)) else f for f in getattr(range_model, "factors", None) or ()
    )
    return Scale(
        start,
        end,
        first,
        last,
        log=type(scale_model).__name__ == "LogScale",
        factors=factors,
        padding=float(getattr(range_model, "factor_padding", 0.0)) if factors else 0.0,
    )
