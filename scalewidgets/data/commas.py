"""Whether a comma stands before decimals or between thousands: decided once for a table, not cell by cell.

``1,500`` alone is either. What decides is what stands beside it: ``3,65`` in another column, or a loss of
``3,651``, which as three thousand nats is none.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

import pandas as pd

from .findings import Finding, Source
from .guesses import LOOKED_AT
from .values import PLAINLY_DECIMAL, THOUSANDS

_NUMERIC = re.compile(r"[+-]?[\d.,]*\d[\d.,]*(?:e[+-]?\d+)?\s*(?:bn|[kmbt%])?", re.IGNORECASE)
_SMALL = re.compile(r"\d{1,2},\d{3}")


def _texts(cells: object) -> list[str]:
    """Some of the cells of a column of texts; none of any other."""
    if not isinstance(cells, pd.Series) or pd.api.types.is_numeric_dtype(cells.dtype):
        return []
    some = cells.iloc[:: max(1, len(cells) // LOOKED_AT)]
    return [cell.strip() for cell in some if isinstance(cell, str) and cell.strip()]


def with_commas_read(frame: pd.DataFrame) -> pd.DataFrame:
    """Mark a table as written with decimal commas where one of its columns can be read in no other way."""
    if frame.attrs.get("decimal_comma"):
        return frame
    for at in range(frame.shape[1]):
        texts = _texts(frame.iloc[:, at])
        if (
            any(PLAINLY_DECIMAL.match(text) for text in texts)
            and not any(THOUSANDS.fullmatch(text) for text in texts)
            and all(_NUMERIC.fullmatch(text) for text in texts)
        ):
            return _marked(frame)
    return frame


def with_loss_read(
    source: Source, frame: pd.DataFrame, columns: Sequence[Hashable]
) -> tuple[pd.DataFrame, list[Finding]]:
    """Mark it also where every cell of a column of losses is like ``3,651``."""
    if frame.attrs.get("decimal_comma"):
        return frame, []
    for column in columns:
        texts = _texts(frame[column])
        if texts and all(_SMALL.fullmatch(text) for text in texts):
            meant = texts[0].replace(",", ".")
            said = source.finding(
                "warning",
                f"{column} is read with decimal commas ({texts[0]} is {meant}), and so is all else: as"
                " thousands it would be no loss.",
                "If commas stand between thousands elsewhere, remove them.",
                column=str(column),
            )
            return _marked(frame), [said]
    return frame, []


def _marked(frame: pd.DataFrame) -> pd.DataFrame:
    marked: pd.DataFrame = frame.copy(deep=False)
    marked.attrs["decimal_comma"] = True
    return marked
