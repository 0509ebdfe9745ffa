"""What a reader should know about their table: findings, and the way a refusal is worded.

An *error* stops the reading and is raised as a :class:`~scalewidgets.errors.TableError`; *warnings*
and *notes* travel with the table in ``.attrs["findings"]``.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from scalewidgets.errors import TableError
from scalewidgets.units import format_quantity

Level = Literal["error", "warning", "note"]

LEVELS: tuple[Level, ...] = ("error", "warning", "note")
"""Worst first."""


class Finding(NamedTuple):
    """One thing to know about a table.

    A plain tuple, so that pandas can copy, compare and store the ``attrs`` that hold it.
    """

    level: Level
    message: str
    remedy: str = ""
    file: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


@dataclass(frozen=True)
class Source:
    """Where a table came from, and how its rows are counted by the person who has it.

    Attributes
    ----------
    name : str
        What to call it in a sentence: the file name, or "The table".
    path : str or None
        The file as it was given.
    first_row : int or None
        Row, in the file, of the index label 0 (2 under a header line). ``None`` for a DataFrame,
        whose rows are known by their index labels.
    """

    name: str
    path: str | None = None
    first_row: int | None = None

    def row(self, label: Hashable) -> int | None:
        """Row number as the person counts, where it is a number."""
        if not isinstance(label, int | np.integer):
            return None
        return int(label) + (self.first_row or 0)

    def row_word(self, label: Hashable) -> str:
        """``row 41``; the index label itself where rows have names."""
        row = self.row(label)
        return f"row {label!r}" if row is None else f"row {row}"

    def place(self, label: Hashable | None = None, column: str | None = None) -> str:
        """``runs.csv, row 41, column loss``."""
        parts = [self.name]
        if label is not None:
            parts.append(self.row_word(label))
        if column is not None:
            parts.append(f"column {column}")
        return ", ".join(parts)

    def refusal(
        self,
        what: str,
        remedy: str,
        *,
        label: Hashable | None = None,
        column: str | None = None,
        repairs: Sequence[dict[str, Any]] = (),
    ) -> TableError:
        """Build the error that says where, what and what to do."""
        error = TableError(
            f"{self.place(label, column)}: {what}",
            file=self.path,
            row=None if label is None else self.row(label),
            column=column,
            remedy=remedy,
        )
        error.repairs = tuple(repairs)
        return error

    def finding(
        self,
        level: Level,
        what: str,
        remedy: str = "",
        *,
        column: str | None = None,
        label: Hashable | None = None,
    ) -> Finding:
        """Build a warning or note about the whole table, one column or one row."""
        return Finding(level, what, remedy, self.path, None if label is None else self.row(label), column)


def as_error(error: TableError) -> Finding:
    """Turn a refusal into a finding, for a list of all that is known about a table."""
    column = None if error.column is None else str(error.column)
    return Finding("error", error.message, error.remedy or "", error.file, error.row, column)


def several(count: int, noun: str, one: str = "", many: str = "") -> str:
    """``1 row repeats``, ``3 rows repeat``: a number, its noun and the verb behind it."""
    words = f"{count:,} {noun}{'' if count == 1 else 's'}"
    return f"{words} {one if count == 1 else many}".strip()


def number(value: float, kind: str = "plain") -> str:
    """Write a number in a sentence, three digits and with a unit where it has one."""
    if not np.isfinite(value) or (kind == "plain" and (value == 0 or abs(value) < 1000)):
        return f"{value:.3g}"
    return format_quantity(value, kind)
