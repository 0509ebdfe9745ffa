"""Reading a Bokeh model: constants, columns, transforms and the rows that a view lets through."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .mappers import MAPPERS, map_values

Floats = npt.NDArray[np.float64]
Report = Callable[[str], None]


def column(source: Any, name: str) -> Sequence[Any]:
    """Return one column of a data source as a sequence, empty when there is none."""
    data = getattr(source, "data", {})
    if name not in data:
        return []
    values = data[name]
    if isinstance(values, (list, tuple)):
        return values
    return list(np.asarray(values, dtype=object)) if getattr(values, "ndim", 1) != 1 else np.asarray(values)  # type: ignore[return-value]


def row_count(source: Any) -> int | None:
    """Return how many rows a source has; None where it has no column at all."""
    data = getattr(source, "data", {})
    lengths = [len(data[name]) for name in sorted(data)]
    return min(lengths) if lengths else None


def rows(view: Any, source: Any, report: Report) -> list[int]:
    """Return the indices that a ``CDSView`` lets through, in order."""
    count = row_count(source)
    everything = range(1 if count is None else count)
    chosen = _filter(getattr(view, "filter", None), source, set(everything), report)
    return [i for i in everything if i in chosen]


def _filter(model: Any, source: Any, everything: set[int], report: Report) -> set[int]:
    kind = type(model).__name__
    if model is None or kind == "AllIndices":
        return everything
    if kind == "BooleanFilter":
        flags = model.booleans
        return everything if flags is None else {i for i, keep in enumerate(flags) if keep} & everything
    if kind == "IndexFilter":
        return everything if model.indices is None else {int(i) for i in model.indices} & everything
    if kind == "GroupFilter":
        return {i for i, value in enumerate(column(source, model.column_name)) if value == model.group}
    if kind == "InversionFilter":
        return everything - _filter(model.operand, source, everything, report)
    if kind in ("IntersectionFilter", "UnionFilter", "DifferenceFilter", "SymmetricDifferenceFilter"):
        operands = [_filter(operand, source, everything, report) for operand in model.operands]
        if not operands:
            return everything
        result = operands[0]
        for operand in operands[1:]:
            if kind == "IntersectionFilter":
                result = result & operand
            elif kind == "UnionFilter":
                result = result | operand
            elif kind == "DifferenceFilter":
                result = result - operand
            else:
                result = result ^ operand
        return result
    report(kind)
    return everything


class Reader:
    """The properties of one model over the visible rows of its source."""

    def __init__(self, model: Any, source: Any, indices: Sequence[int], report: Report) -> None:
        self.model = model
        self.source = source
        self.indices = list(indices)
        self.report = report
        self._cache: dict[str, tuple[bool, Any]] = {}

    def __len__(self) -> int:
        return len(self.indices)

    def has(self, name: str) -> bool:
        """Tell whether the model has such a property."""
        return name in self.model.properties()

    def _read(self, name: str) -> tuple[bool, Any]:
        """Return (is a vector, the value or the values of the visible rows)."""
        if name not in self._cache:
            self._cache[name] = self._resolve(name)
        return self._cache[name]

    def _resolve(self, name: str) -> tuple[bool, Any]:
        descriptor = self.model.lookup(name)
        spec = (
            descriptor.get_value(self.model)
            if hasattr(descriptor, "get_value")
            else getattr(self.model, name)
        )
        kind = type(spec).__name__
        if kind == "Value":
            transform = _set(spec.transform)
            value = spec.value
            return False, (self._transformed([value], transform)[0] if transform is not None else value)
        if kind == "Field":
            values = column(self.source, spec.field)
            chosen = [values[i] if i < len(values) else math.nan for i in self.indices]
            transform = _set(spec.transform)
            return True, (self._transformed(chosen, transform, values) if transform is not None else chosen)
        if kind == "Expr":
            self.report(type(spec.expr).__name__)
            return False, None
        return False, spec

    def _transformed(
        self, values: list[Any], transform: Any, everything: Sequence[Any] | None = None
    ) -> list[Any]:
        kind = type(transform).__name__
        if kind in MAPPERS:
            return map_values(transform, values, values if everything is None else everything)
        if kind == "Dodge":
            return [float(value) + transform.value for value in values]
        self.report(kind)
        return values

    def is_vector(self, name: str) -> bool:
        """Tell whether the property differs from row to row."""
        return self._read(name)[0]

    def each(self, name: str, i: int) -> Any:
        """Return the property of the i-th visible row."""
        vector, value = self._read(name)
        return value[i] if vector else value

    def one(self, name: str) -> Any:
        """Return the property as a constant (of the first row, where it is a column)."""
        vector, value = self._read(name)
        if not vector:
            return value
        return value[0] if len(value) else None

    def getter(self, i: int) -> Callable[[str], Any]:
        """Return ``get(name)`` for the i-th visible row."""
        return lambda name: self.each(name, i)

    def raw(self, name: str) -> list[Any]:
        """Return the property for every visible row."""
        vector, value = self._read(name)
        return list(value) if vector else [value] * len(self.indices)

    def numbers(self, name: str) -> Floats:
        """Return the property for every visible row as floats, NaN for what is no number."""
        vector, value = self._read(name)
        values = value if vector else [value] * len(self.indices)
        return np.array([as_float(v) for v in values], dtype=float)

    def lists(self, name: str) -> list[list[float]]:
        """Return a property whose every row is a list of numbers (``xs`` of lines and patches)."""
        return [[as_float(v) for v in (row if row is not None else [])] for row in self.raw(name)]


def as_float(value: Any) -> float:
    """Return a float, NaN for None and for what is no number."""
    if value is None or isinstance(value, (str, bytes)):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _set(value: Any) -> Any:
    """None for what Bokeh calls Unspecified."""
    return (
        None
        if type(value).__name__ in ("UnspecifiedType", "_UnspecifiedType", "NoneType") or value is None
        else value
    )
