"""Numbers as people write them: 2.8B, 1.4 T, 1,400,000 and 1e21."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

_POWERS = {"k": 3, "m": 6, "b": 9, "bn": 9, "t": 12}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:e([+-]?\d{1,3}))?\s*(bn|[kmbt])?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_DECIMAL_COMMA = re.compile(r"([+-]?\d*),(\d+)")
_SPACED = re.compile(r"[+-]?\d{1,3}(?:[ '\u00a0\u2009\u202f\u2019]\d{3})+(?:[.,]\d*)?")
_DOTTED = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?")
_TIMES_TEN = re.compile(r"\s*[x×*·]\s*10\s*(?:\^|\*\*)?\s*([+-]?\d{1,3})$", re.IGNORECASE)
PLAINLY_DECIMAL = re.compile(r"[+-]?(?:0\d*|\d+|),(?:\d{1,2}|\d{4,})(?![\d,])|[+-]?0?,\d+")
"""A comma that can only stand before decimals."""
THOUSANDS = re.compile(
    r"[+-]?\d{1,3}(?:(?:,\d{3}){2,}(?:\.\d*)?|(?:,\d{3})+\.\d*)\s*(?:bn|[kmbt])?", re.IGNORECASE
)
"""Commas that can only stand between thousands."""


_PLAIN_DECIMAL = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_PLAIN_GROUPED = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?")
MANY = 1000
"""Spellings from which on it pays to see whether all are alike."""


class Numbers(NamedTuple):
    """A column that was read.

    Attributes
    ----------
    floats : ndarray of float
        Numbers, NaN for an empty cell and for one that holds something else.
    is_text : ndarray of bool
        Which cells hold something that is not a number.
    has_unit : ndarray of bool
        Which cells say their own unit, as ``2.8B`` or ``35 %`` do.
    """

    floats: npt.NDArray[np.float64]
    is_text: npt.NDArray[np.bool_]
    has_unit: npt.NDArray[np.bool_]


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
    text = _TIMES_TEN.sub(r"e\1", text.replace("\u2212", "-"))
    if _SPACED.fullmatch(text):
        text = re.sub(r"[^\d.,+-]", "", text)
    if decimal_comma and _DOTTED.fullmatch(text) and ("," in text or text.count(".") > 1):
        text = text.replace(".", "")
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
    column: pd.Series, *, suffixes: bool, decimal_comma: bool = False, percent: bool = False
) -> Numbers:
    """Read a column of numbers.

    Parameters
    ----------
    column : Series
        Numbers, or texts that spell them.
    suffixes : bool
        Whether k, M, B and T may follow.
    decimal_comma : bool
        Whether the table writes ``2,83``. A column that can be meant in no other way is read so
        wherever it stands, and ``75,000,000`` is one number in any.
    percent : bool
        Whether ``35 %`` stands for .35: for shares.
    """
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_complex_dtype(column.dtype):
        return Numbers(np.full(len(column), np.nan), np.ones(len(column), bool), np.zeros(len(column), bool))
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return Numbers(values, np.zeros(len(column), bool), np.zeros(len(column), bool))
    # A size is repeated in every checkpoint: each spelling is read once.
    codes, spellings = pd.factorize(column.to_numpy(dtype=object))
    texts = [cell for cell in spellings if isinstance(cell, str)]
    decimal_comma = decimal_comma or any(PLAINLY_DECIMAL.match(cell.strip()) for cell in texts)
    if decimal_comma and any(THOUSANDS.fullmatch(cell.strip()) for cell in texts):
        decimal_comma = False
    read = np.full(len(spellings) + 1, np.nan)  # the last one stands for an empty cell, code -1
    is_text = np.zeros(len(spellings) + 1, bool)
    has_unit = np.zeros(len(spellings) + 1, bool)
    at_once = _at_once(texts, decimal_comma) if len(texts) == len(spellings) and not percent else None
    if at_once is not None:
        read[:-1] = at_once
        return Numbers(read[codes], is_text[codes], has_unit[codes])
    for position, cell in enumerate(spellings):
        if percent and isinstance(cell, str) and cell.rstrip().endswith("%"):
            value = _cell(cell.rstrip()[:-1], False, decimal_comma)
            value, has_unit[position] = None if value is None else value / 100.0, True
        else:
            value = _cell(cell, suffixes, decimal_comma)
            has_unit[position] = isinstance(cell, str) and cell.rstrip()[-1:].isalpha()
        is_text[position] = value is None
        read[position] = np.nan if value is None else value
    return Numbers(read[codes], is_text[codes], has_unit[codes] & ~is_text[codes])


def _at_once(texts: list[str], decimal_comma: bool) -> npt.NDArray[np.float64] | None:
    """Read many spellings together where all are plain but for their commas; ``None`` if one is not."""
    if len(texts) < MANY:
        return None
    plain, becomes = (_PLAIN_DECIMAL, ".") if decimal_comma else (_PLAIN_GROUPED, "")
    if not all(map(plain.fullmatch, texts)):
        return None
    return np.array([float(text.replace(",", becomes)) for text in texts])


def last_number(cell: object) -> object:
    """Return the last number of a cell that lists some, ``[3.9, 3.4]``; any other cell as it is."""
    if not (isinstance(cell, str) and cell.startswith("[") and cell.rstrip().endswith("]")):
        return cell
    return cell.rstrip()[1:-1].rsplit(",", 1)[-1].strip()


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
