"""JSON lines with the same names in every line, read column by column.

A log of a million steps is a million small objects. Where they are alike, names and values go straight into
columns, a thousand lines at a time; anything else is for :mod:`.json_tables`, which is slower and knows
what to say about a line that is wrong.
"""

from __future__ import annotations

import json
from itertools import chain
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Column: TypeAlias = npt.NDArray[Any]

BATCH = 512
"""Lines that are taken apart together."""
MOST = 1000
"""Names up to which objects count as alike: a batch of wider ones is large."""

_NAME, _VALUE = itemgetter(0), itemgetter(1)

# An object becomes a tuple of pairs, a list stays a list: so that nested ones, and names that stand twice,
# are seen.
_DECODER: Any = json.JSONDecoder(object_pairs_hook=tuple)
_SCAN = _DECODER.scan_once


def alike(text: str) -> tuple[npt.NDArray[np.int64], dict[str, Column]] | None:
    """Return the number of the line of each object, and the columns; ``None`` if objects are not alike.

    They are alike if every line that is not empty is one flat object, with the same names in the same order,
    and numbers in the same columns.
    """
    labels: list[int] = []
    rows: list[tuple[tuple[str, Any], ...]] = []
    table = _Columns()
    place, label, length = 0, 0, len(text)
    while place < length:
        end = text.find("\n", place)
        end = length if end < 0 else end
        if text[place] == "{":
            try:
                row, after = _SCAN(text, place)
            except (StopIteration, ValueError, RecursionError):
                return None
            # An object may go on in the next line, or something follow it: neither is a line of JSON lines.
            if after != end and (after > end or text[after:end].strip()):
                return None
            rows.append(row)
            labels.append(label)
            if len(rows) == BATCH:
                if not table.add(rows):
                    return None
                rows = []
        elif text[place:end].strip():
            return None
        place, label = end + 1, label + 1
    if (rows and not table.add(rows)) or not labels:
        return None
    return np.array(labels, dtype=np.int64), table.whole()


class _Columns:
    """Columns that grow by a batch of rows at a time."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.numeric: list[bool | None] = []
        self.parts: list[list[Column]] = []

    def add(self, rows: list[tuple[tuple[str, Any], ...]]) -> bool:
        """Add rows; False if they are not like those before."""
        if not self.parts:
            self.names = tuple(name for name, _ in rows[0])
            self.numeric = [None] * len(self.names)
            self.parts = [[] for _ in self.names]
            if not 0 < len(set(self.names)) == len(self.names) <= MOST:
                return False
        width = len(self.names)
        if set(map(len, rows)) != {width}:
            return False
        pairs = list(chain.from_iterable(rows))
        if list(map(_NAME, pairs)) != list(self.names) * len(rows):
            return False
        values = list(map(_VALUE, pairs))
        return all(self._grow(j, values[j::width]) for j in range(width))

    def _grow(self, j: int, values: list[Any]) -> bool:
        kinds = set(map(type, values))
        if tuple in kinds or list in kinds:
            return False
        empty = kinds == {type(None)}
        numeric = not empty and kinds <= {int, float, type(None)}
        if empty:
            numeric = bool(self.numeric[j])
        elif self.numeric[j] not in (None, numeric):
            # Numbers above, words below: which digits stood there matters now.
            return False
        elif self.numeric[j] is None and numeric:
            # Nothing but gaps so far.
            self.parts[j] = [part.astype(np.float64) for part in self.parts[j]]
        if not empty:
            self.numeric[j] = numeric
        try:
            # float64 throughout: whole numbers of JSON may exceed 64 bits.
            part = np.array(values, dtype=np.float64 if numeric else object)
        except OverflowError:
            return False
        self.parts[j].append(part)
        return True

    def whole(self) -> dict[str, Column]:
        return {
            name: np.concatenate(parts)
            if numeric
            else pd.Series(np.concatenate(parts), dtype=object).to_numpy()
            for name, parts, numeric in zip(self.names, self.parts, self.numeric, strict=True)
        }
