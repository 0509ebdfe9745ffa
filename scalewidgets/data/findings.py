"""What a reader should know about their table: findings, and the way a refusal is worded.

An *error* stops the reading and is raised as a :class:`~scalewidgets.errors.TableError`; *warnings*
and *notes* travel with the table in ``.attrs["findings"]``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from scalewidgets.errors import TableError
from scalewidgets.units import format_quantity

Level = Literal["error", "warning", "note"]


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

    def finding(self, level: Level, what: str, remedy: str = "", *, column: str | None = None) -> Finding:
        """Build a warning or note about the whole table or one column."""
        return Finding(level, what, remedy, self.path, None, column)


def as_error(error: TableError) -> Finding:
    """Turn a refusal into a finding, for a list of all that is known about a table."""
    column = None if error.column is None else str(error.column)
    return Finding("error", error.message, error.remedy or "", error.file, error.row, column)


def as_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """One row a finding, worst first."""
    rank = {"error": 0, "warning": 1, "note": 2}
    ordered = sorted(findings, key=lambda finding: rank[finding.level])
    columns = ["level", "file", "row", "column", "message", "remedy"]
    table: pd.DataFrame = pd.DataFrame([finding._asdict() for finding in ordered], columns=columns)
    # A row number stays a whole number beside findings that have none.
    table["row"] = table["row"].astype("Int64")
    return table


def number(value: float, kind: str = "plain") -> str:
    """Write a number in a sentence, three digits and with a unit where it has one."""
    if not np.isfinite(value) or (kind == "plain" and (value == 0 or abs(value) < 1000)):
        return f"{value:.3g}"
    return format_quantity(value, kind)


def doubts(source: Source, runs: pd.DataFrame, names: dict[str, str]) -> list[Finding]:
    """Find what does not stop a fit but should be known before one believes it.

    Parameters
    ----------
    source : Source
        Where the table came from.
    runs : DataFrame
        Tidy and checked: numbers are finite and positive.
    names : dict
        Tidy name to the reader's own column name.
    """
    found: list[Finding] = []
    loss, params, tokens = runs["loss"], runs["params"], runs["tokens"]
    if loss.min() > 5:
        found.append(
            source.finding(
                "warning",
                f"Every loss lies above {number(loss.min())}, which is high for nats per token.",
                "If these are perplexities, take their logarithm; if bits, multiply by ln 2.",
                column=names.get("loss", "loss"),
            )
        )
    for tidy_name, values in (("params", params), ("tokens", tokens)):
        if tidy_name in names and values.max() < 1e5:
            found.append(
                source.finding(
                    "warning",
                    f"{names[tidy_name]} runs from {number(values.min())} to {number(values.max())} and is "
                    f"taken as plain {tidy_name}.",
                    f'If these are billions, say so: columns={{"{tidy_name}": ("{names[tidy_name]}", "B")}}.',
                    column=names[tidy_name],
                )
            )
    if {"params", "tokens", "flops"} <= names.keys():
        ratio = float((runs["flops"] / (6.0 * params * tokens)).median())
        if not 0.5 <= ratio <= 2:
            found.append(
                source.finding(
                    "warning",
                    f"{names['flops']} is {number(ratio)} times 6ND at the median run.",
                    "Check the units of params, tokens and flops.",
                    column=names["flops"],
                )
            )
    per_param = tokens / params
    if len(runs) >= 3 and per_param.max() < 3 * per_param.min():
        found.append(
            source.finding(
                "warning",
                f"All runs have about {number(per_param.median())} tokens per parameter (at most a factor "
                "of 3 apart), so size and data are hard to tell apart.",
                "Add runs off this line, on both sides of it.",
            )
        )
    if len(runs) < 10:
        found.append(
            source.finding(
                "warning",
                f"{len(runs)} runs are few for a law with five coefficients.",
                "Expect wide intervals, or fix some coefficients.",
            )
        )
    twice = int(runs.duplicated(["params", "tokens", "loss"]).sum())
    if twice:
        found.append(
            source.finding(
                "note", f"{twice:,} rows repeat the parameters, tokens and loss of an earlier row.", ""
            )
        )
    return found
