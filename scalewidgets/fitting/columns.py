"""Which column of a table stands behind each symbol of a law, its output included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted
from scalewidgets.laws import Law, Symbol

Array: TypeAlias = NDArray[np.float64]

COLUMNS: Mapping[str, str] = {
    "N": "params", "D": "tokens", "C": "flops", "U": "unique_tokens", "S": "step", "L": "loss",
}  # fmt: skip
"""Column behind each symbol, unless the caller says otherwise; ``L`` is the loss."""

LIKE_LOSS = ("loss", "error", "metric", "task loss", "1 - score", "bits per character")
"""Outputs that the column ``loss`` may hold where the table has no column of their own name."""


def output_key(law: Law) -> str:
    """Key of the output among the columns: ``L``, or the name of the output where an input is called L."""
    return law.output if "L" in law.input_names else "L"


def column_names(law: Law, columns: Mapping[str, str] | None, table: pd.DataFrame) -> dict[str, str]:
    """Column behind each symbol; the output under its key, see :func:`output_key`.

    Raises
    ------
    FitError
        If a key of ``columns`` is not a symbol of the law, or its column is not there; or if the output is
        not the loss, none of the columns bears its name, and the caller does not name one.
    """
    key = output_key(law)
    names = dict(COLUMNS) | {symbol.name: _usual(symbol) for symbol in law.inputs}
    own = [law.output, law.output.replace(" ", "_")]
    words = {law.output, law.output_label} | (set() if "L" in law.input_names else {"L", "loss"})
    given = {key if symbol in words else symbol: column for symbol, column in (columns or {}).items()}
    for symbol in given:
        if symbol not in names and symbol != key:
            known = [*names, law.output]
            matches = close_matches(str(symbol), known)
            raise FitError(
                f"{quoted(symbol)} in columns= is not a symbol of {law.name}.",
                remedy=f"Did you mean {either(matches)}?" if matches else f"Its inputs are {either(names)}.",
            )
    names |= given
    if key not in given:
        taken = {names[symbol.name] for symbol in law.inputs}
        there = [name for name in own if name in table.columns and name not in taken]
        if there:
            names[key] = there[0]
        elif key != "L" or law.output not in LIKE_LOSS:
            raise _unsaid(law, names, table)
    for symbol in given:
        present(table, names[symbol], symbol, key)
    return names


def _usual(symbol: Symbol) -> str:
    """Column of an input by its symbol; S is a step only where it counts steps."""
    if symbol.name == "S" and symbol.unit != "steps":
        return symbol.name
    return COLUMNS.get(symbol.name, symbol.name)


def _unsaid(law: Law, names: Mapping[str, str], table: pd.DataFrame) -> FitError:
    taken = {names[symbol.name] for symbol in law.inputs}
    free = [str(name) for name in table.columns if name not in taken][:12]
    more = f", and its input L is the {law.symbol('L').meaning}" if "L" in law.input_names else ""
    return FitError(
        f"{law.name} gives {quoted(law.output)}{more}; the table has no column {quoted(law.output)}.",
        column=law.output,
        remedy=f"Say which column it is: columns={{{law.output!r}: ...}}"
        + (f", one of {', '.join(free)}." if free else "."),
    )


def present(table: pd.DataFrame, column: str, symbol: str, key: str = "L") -> str:
    """Check that the table has a column; ``key`` is that of the output."""
    if column in table.columns:
        return column
    what = f"The input {symbol}"
    if symbol == key:
        what = "The loss" if key == "L" else f"The output, {symbol},"
    matches = close_matches(column, [str(name) for name in table.columns])
    known = ", ".join(str(name) for name in list(table.columns)[:12])
    raise FitError(
        f"{what} is read from the column {quoted(column)}, which the table does not have.",
        column=column,
        remedy=f"Did you mean {either(matches)}? Say so by columns={{{symbol!r}: {matches[0]!r}}}."
        if matches
        else f"Its columns are {known}; say which by columns={{{symbol!r}: ...}}.",
    )


def numbers(table: pd.DataFrame, column: str) -> Array:
    """One column as float64: integers of 1e21 FLOP do not fit 64 bits."""
    if not table.columns.is_unique and (table.columns == column).sum() > 1:
        raise FitError(
            f"The table has {(table.columns == column).sum()} columns called {quoted(column)}.",
            column=column,
            remedy="Give each a name of its own, or drop all but one.",
        )
    try:
        return np.asarray(table[column].to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
    except (TypeError, ValueError):
        raise FitError(
            f"The column {quoted(column)} is not numbers.",
            column=column,
            remedy="Read the file with sw.read_runs, which says where.",
        ) from None
