"""What a law is given: names that it knows, numbers as float64, shapes that broadcast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FormulaError, close_matches, either, quoted

Array: TypeAlias = NDArray[np.float64]
Values: TypeAlias = Mapping[str, ArrayLike]


def refuse_unknown(given: Iterable[str], known: tuple[str, ...], what: str) -> None:
    """Refuse the first name that is not known; ``what`` completes "is not ..."."""
    for name in given:
        if name not in known:
            raise unknown(name, known, what)


def unknown(name: object, known: tuple[str, ...], what: str) -> FormulaError:
    """Error for a name that is not known, with those that come close."""
    matches = close_matches(str(name), known)
    remedy = f"Did you mean {either(matches)}?" if matches else f"Known names: {', '.join(known) or 'none'}."
    return FormulaError(f"{quoted(name)} is not {what}.", remedy=remedy)


def float64(name: str, value: ArrayLike) -> Array:
    """Turn values into float64 before any arithmetic: 6 N D overflows as an integer."""
    try:
        if np.iscomplexobj(value):
            raise TypeError
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise FormulaError(f"The values of {name} are not numbers.") from None


def common_shape(values: Mapping[str, Array]) -> tuple[int, ...]:
    """Shape that the arrays broadcast to; refuse those that do not."""
    try:
        return np.broadcast_shapes(*(array.shape for array in values.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in values.items() if array.ndim)
        raise FormulaError(f"The shapes of the values do not broadcast: {shapes}.") from None


def full(value: Any, shape: tuple[int, ...]) -> Array:
    """Give a result the full shape; a constant entry comes from the compiled code as a scalar."""
    array = np.asarray(value, dtype=np.float64)
    return array if array.shape == shape else np.broadcast_to(array, shape).copy()
