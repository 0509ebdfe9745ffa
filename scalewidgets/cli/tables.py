"""The table that a command line names, and the rows of it to leave out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ScaleWidgetsError, UnknownNameError

if TYPE_CHECKING:
    import argparse

    import pandas as pd


def table_of(asked: argparse.Namespace) -> pd.DataFrame:
    """Load the table that was asked for."""
    if (asked.table is None) == (asked.dataset is None):
        raise ScaleWidgetsError(
            "Exactly one table is needed.",
            remedy="Name a FILE or a --dataset; `scalewidgets datasets` lists them.",
        )
    if asked.dataset is not None:
        if asked.columns:
            raise ScaleWidgetsError("--columns is for a FILE; the columns of a bundled table are known.")
        from ..data import load

        runs: pd.DataFrame = load(asked.dataset)
    else:
        from ..data import read_runs

        runs = read_runs(asked.table, columns=columns_of(asked.columns) or None)
    return runs


def log_of(asked: argparse.Namespace, reader: str) -> pd.DataFrame:
    """Load a table of samples or systems; doubts about a file go to the error stream."""
    if asked.dataset is not None or asked.table is None:
        return table_of(asked)
    from .. import data

    found: pd.DataFrame = getattr(data, reader)(asked.table, columns=columns_of(asked.columns) or None)
    if not asked.json:
        for finding in found.attrs.get("findings", ()):
            if finding.level != "note":
                print(f"scalewidgets: warning: {finding}", file=sys.stderr)
    return found


def runs_of(asked: argparse.Namespace) -> pd.DataFrame:
    """Load the table that was asked for, narrowed to one family where it has several."""
    runs = table_of(asked)
    families = list(runs["family"].dropna().unique())
    if asked.family is not None:
        if asked.family not in families:
            raise UnknownNameError.of("a family of this table", asked.family, families)
        attributes, runs = runs.attrs, runs[runs["family"] == asked.family]
        runs.attrs.update(attributes)
    elif asked.dataset is not None and len(families) > 1:
        shown = ", ".join(families[:8]) + (", ..." if len(families) > 8 else "")
        raise ScaleWidgetsError(
            f"{asked.dataset} holds {len(families)} families, and a law is fitted to one.",
            remedy=f"Choose one with --family: {shown}.",
        )
    return runs


def columns_of(words: Sequence[str]) -> dict[str, object]:
    """Turn ``--columns`` into what the readers take."""
    from ..data.recognise import unit_factor

    given: dict[str, object] = {}
    for word in words:
        name, equals, column = word.partition("=")
        if not (name and equals and column):
            raise ScaleWidgetsError(f"--columns {word!r} is not NAME=COLUMN.", remedy="Write params=size:B.")
        before, _, unit = column.rpartition(":")
        # A colon may also belong to the name of the column, as in eval:loss.
        given[name] = (before, unit) if before and unit_factor(unit) is not None else column
    return given


def exclusions(text: str, runs: pd.DataFrame) -> str | list[Any] | None:
    """Turn ``--exclude`` into what :func:`scalewidgets.fit` takes; rows count as the reader counts."""
    if text == "default":
        return text
    if text == "none":
        return None
    from ..data.files import source_of

    first = source_of(runs).first_row or 0
    labels = []
    for word in text.split(","):
        try:
            row = int(word)
        except ValueError:
            raise ScaleWidgetsError(
                f"--exclude {word.strip()!r} is not a row number.", remedy="Write default, none, or 41,52."
            ) from None
        if row - first not in runs.index:
            raise ScaleWidgetsError(f"--exclude names row {row}, which the table does not have.")
        labels.append(row - first)
    return labels
