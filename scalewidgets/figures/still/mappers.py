"""Values to colours (and markers), by the arithmetic of BokehJS, edge cases included."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

#: Mapper models that are understood.
MAPPERS = frozenset(
    {"LinearColorMapper", "LogColorMapper", "CategoricalColorMapper", "CategoricalMarkerMapper"}
)


def map_values(mapper: Any, values: Sequence[Any], everything: Iterable[Any] | None = None) -> list[Any]:
    """Colours (as given in the palette) or marker names of ``values``.

    Parameters
    ----------
    mapper
        One of :data:`MAPPERS`.
    values
        What to map.
    everything
        The whole column, whose extremes stand in for a missing ``low`` or ``high``.
    """
    kind = type(mapper).__name__
    if kind == "CategoricalColorMapper":
        return [_categorical(value, mapper, mapper.palette, mapper.nan_color) for value in values]
    if kind == "CategoricalMarkerMapper":
        return [_categorical(value, mapper, mapper.markers, mapper.default_value) for value in values]
    low, high = limits(mapper, values if everything is None else everything)
    palette = mapper.palette
    below = palette[0] if mapper.low_color is None else mapper.low_color
    above = palette[-1] if mapper.high_color is None else mapper.high_color
    colours: list[Any] = []
    for value in values:
        number = _number(value)
        if math.isnan(number):
            colours.append(mapper.nan_color)
            continue
        index = palette_index(kind, number, low, high, len(palette))
        colours.append(below if index < 0 else above if index >= len(palette) else palette[index])
    return colours


def limits(mapper: Any, values: Iterable[Any]) -> tuple[float, float]:
    """Return the mapper's ends; what is not set comes from the values."""
    if mapper.low is not None and mapper.high is not None:
        return float(mapper.low), float(mapper.high)
    numbers = np.array([_number(v) for v in values], dtype=float)
    numbers = numbers[~np.isnan(numbers)]
    if not numbers.size:
        return math.nan, math.nan
    return (
        float(numbers.min() if mapper.low is None else mapper.low),
        float(numbers.max() if mapper.high is None else mapper.high),
    )


def palette_index(kind: str, value: float, low: float, high: float, size: int) -> int:
    """Return the palette's index, -1 below the low end and ``size`` above the high end."""
    if value == high:  # the top of the range belongs to the last colour
        return size - 1
    if kind == "LogColorMapper":
        if high < low:
            if value > low:
                return -1
            if value < high:
                return size
        elif value > high:
            return size
        elif value < low:
            return -1
        if value <= 0 or low <= 0 or high / low == 1 or math.isnan(low):
            return -1
        position = abs(math.floor(math.log(value / low) * (size / math.log(high / low))))
    else:
        if high == low or math.isnan(low):
            return -1 if value < low else size
        scaled = (value - low) * (1 / (high - low)) / (1 / size)
        position = math.floor(scaled) if math.isfinite(scaled) else (size if scaled > 0 else -1)
    return min(size, max(-1, position))


def _categorical(value: Any, mapper: Any, targets: Sequence[Any], otherwise: Any) -> Any:
    if isinstance(value, (list, tuple)):
        end = getattr(mapper, "end", None)
        value = tuple(value)[mapper.start : end]
        value = value[0] if len(value) == 1 else value
    factors = [tuple(factor) if isinstance(factor, (list, tuple)) else factor for factor in mapper.factors]
    try:
        position = factors.index(value)
    except ValueError:
        return otherwise
    return targets[position] if position < len(targets) else otherwise


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
