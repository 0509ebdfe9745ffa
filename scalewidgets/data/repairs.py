"""Changes that a refusal offers: what a button does to the reader's table."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scalewidgets.errors import TableError, UnknownNameError

from .files import source_of
from .wandb import unpivoted

Repair = dict[str, Any]
"""``label`` for the button, ``action`` (replace, exclude, ln or drop), ``index`` (the labels of the rows
in the frame), ``row`` (the first of them as the reader counts), ``column`` and ``value``."""

ACTIONS = ("replace", "exclude", "ln", "drop")


def exclude(labels: Sequence[Hashable], row: int | None, button: str | None = None) -> Repair:
    """Offer to leave rows out."""
    button = button or ("Exclude the row" if len(labels) == 1 else f"Exclude the {len(labels):,} rows")
    return {
        "label": button,
        "action": "exclude",
        "index": list(labels),
        "row": row,
        "column": None,
        "value": None,
    }


def take_logarithm(
    button: str, column: str, labels: Sequence[Hashable], row: int | None, value: float | None = None
) -> Repair:
    """Offer to turn perplexities into nats: one cell by its new value, several by their logarithm."""
    action = "ln" if value is None else "replace"
    return {
        "label": button,
        "action": action,
        "index": list(labels),
        "row": row,
        "column": column,
        "value": value,
    }


def drop_column(button: str, column: str) -> Repair:
    """Offer to do without a column."""
    return {
        "label": button,
        "action": "drop",
        "index": [],
        "row": None,
        "column": column,
        "value": None,
    }


def count_as_wrong(column: str, labels: Sequence[Hashable], row: int | None) -> Repair:
    """Offer to count samples without a verdict as wrong, as a crash or a timeout is."""
    return {
        "label": "Count it as wrong" if len(labels) == 1 else f"Count the {len(labels):,} as wrong",
        "action": "replace",
        "index": list(labels),
        "row": row,
        "column": column,
        "value": 0.0,
    }


def replace_cell(button: str, column: str, label: Hashable, row: int | None, value: float) -> Repair:
    """Offer to put another number into one cell."""
    return {
        "label": button,
        "action": "replace",
        "index": [label],
        "row": row,
        "column": column,
        "value": value,
    }


def apply_repair(frame: pd.DataFrame, repair: Mapping[str, Any]) -> pd.DataFrame:
    """Return the table with one repair made.

    Parameters
    ----------
    frame : DataFrame
        The table that was refused: :func:`read_table` of the file, or the reader's own frame.
    repair : mapping
        One of the ``repairs`` of the :class:`~scalewidgets.errors.TableError`.

    Returns
    -------
    DataFrame
        A new frame; ``frame`` is left as it is, and row labels keep their meaning.

    Raises
    ------
    TableError
        The repair is for another table.
    UnknownNameError
        The action is unknown.
    """
    action = repair.get("action")
    if action not in ACTIONS:
        raise UnknownNameError.of("a repair", action, ACTIONS)
    frame, _ = unpivoted(source_of(frame), frame)  # the rows of a chart export are those of its runs
    labels = list(repair["index"])
    column = repair.get("column")
    if not set(labels) <= set(frame.index) or (action != "exclude" and column not in frame.columns):
        raise TableError(
            "The repair names a row or a column that this table does not have.",
            remedy="Apply it to the table that was refused.",
        )
    if action == "drop":
        less: pd.DataFrame = frame.drop(columns=column)
        return less
    if action == "exclude":
        kept: pd.DataFrame = frame.drop(index=labels)
        return kept
    repaired: pd.DataFrame = frame.copy()
    cells = frame.index.isin(labels)
    if action == "replace":
        new = np.full(int(cells.sum()), float(repair["value"]))
    else:
        new = np.log(frame.loc[cells, column].astype(float).to_numpy())
    values = frame[column].to_numpy(dtype=object, copy=True)
    values[cells] = new
    numeric = pd.api.types.is_numeric_dtype(frame[column].dtype)
    repaired[column] = pd.Series(values, frame.index).astype(float) if numeric else values
    return repaired
