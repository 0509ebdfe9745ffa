"""Numbers as people write them: 2.8B, 1.4 T, 1,400,000 and 1e21."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

_POWERS = {"k": 3, "m": 6, "b": 9, "bn": 9, "t": 12}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:e([+-]?\d{1,3}))?\s*(bn|[kmbt])?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_DECIMAL_COMMA = re.compile(r"([+-]?\d*),(\d+)")


def parse(text: str, *, suffixes: bool, decimal_comma: bool = False) -> float | None:
    """Read one number; ``None`` if it is not one.

    Parameters
    ----------
    text : str
        What stands in the cell.
    suffixes : bool
        Whether k, M, B and T may follow: for sizes and tokens, not for a loss.
    decimal_comma : bool
        Whether ``2,83`` is a number: where cells are not separated by commas.
    """
    text = text.strip()[:400]
    try:
        return float(text)
    except ValueError:
        pass
    if decimal_comma and (comma := _DECIMAL_COMMA.match(text)):
        text = f"{comma[1]}.{comma[2]}{text[comma.end() :]}"
    elif _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    match = _NUMBER.fullmatch(text)
    if match is None or (match[3] and not suffixes):
        return None
    # The power is added in the text: 2.8B is then exactly 2800000000.
    power = int(match[2] or 0) + (_POWERS[match[3].lower()] if match[3] else 0)
    return float(f"{match[1]}e{power}")


def numbers(
    column: pd.Series, *, suffixes: bool, decimal_comma: bool = False
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Read a column of numbers.

    Returns
    -------
    values, is_text : arrays
        Numbers, NaN for an empty cell, and which cells hold something that is not a number
        (their value is NaN as well).
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        return np.full(len(column), np.nan), np.ones(len(column), bool)
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return values, np.zeros(len(column), bool)
    # A size is repeated in every checkpoint: each spelling is read once.
    codes, spellings = pd.factorize(column.to_numpy(dtype=object))
    read = np.full(len(spellings) + 1, np.nan)  # the last one stands for an empty cell, code -1
    is_text = np.zeros(len(spellings) + 1, bool)
    for position, cell in enumerate(spellings):
        value = _cell(cell, suffixes, decimal_comma)
        is_text[position] = value is None
        read[position] = np.nan if value is None else value
    return read[codes], is_text[codes]


def _cell(cell: object, suffixes: bool, decimal_comma: bool) -> float | None:
    if isinstance(cell, str):
        if not cell.strip():
            return float("nan")
        return parse(cell, suffixes=suffixes, decimal_comma=decimal_comma)
    if isinstance(cell, bool | np.bool_):
        return None
    try:
        return float(cell)  # type: ignore[arg-type]  # whatever else a DataFrame may hold
    except (TypeError, ValueError, OverflowError):
        return None
