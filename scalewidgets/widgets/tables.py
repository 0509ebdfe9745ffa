"""Tables that a person gives to a widget, under the names by which a screen speaks of them."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from ..data import datasets, load, read_runs, read_table
from ..data.aliases import ALIASES, SAMPLES_ALIASES
from ..data.pages import KINDS
from ..errors import TableError, quoted
from ..pane.asks import Rest

Steps = Generator[tuple[float, float, str] | Rest, None, Any]
"""Work in steps that yield (done, total, label), or a rest."""


@cache
def tables_of_runs() -> Mapping[str, str]:
    """Names and titles of the bundled tables that a law of size and tokens can be fitted to."""
    # Curves under schedules and scores are for other laws.
    known = datasets().query("kind == 'runs'")
    return {str(row["name"]): str(row["title"]) for _, row in known.iterrows()}


def refuse_other_kinds(table: pd.DataFrame) -> None:
    """Refuse a public table that holds something else than runs a law is fitted to.

    Raises
    ------
    TableError
        Rows lack parameters, tokens or a loss.
    """
    kind = str(table.attrs.get("kind", "runs"))
    if kind == "runs":  # its families that lack one are told apart by the reader of the runs
        return
    needed = table.reindex(columns=["params", "tokens", "loss"])
    lacking = int(needed.isna().any(axis=1).sum())
    if lacking:
        known = datasets().query("kind == 'runs'")["name"]
        rows = "No row has" if lacking == len(table) else f"{lacking:,} of {len(table):,} rows lack"
        raise TableError(
            f"{quoted(table.attrs.get('title', 'The table'))} is a table of {KINDS.get(kind, kind)}. "
            f"{rows} parameters, tokens and a loss.",
            remedy=f"Tables of runs are {', '.join(known)}.",
        )


def refuse_outcomes(table: pd.DataFrame) -> None:
    """Refuse rows that each say "solved" or "not": a law of a loss has nothing to take a logarithm of.

    Raises
    ------
    TableError
        The loss is 0 or 1 in every row, or there is no loss but such a column.
    """
    names = {str(name).strip().lower(): name for name in table.columns}
    losses = [name for name in ALIASES["loss"] if name in names]
    for name in (losses or [name for name in SAMPLES_ALIASES["correct"] if name in names])[:1]:
        values = table[names[name]].dropna()
        if len(values) < 2 or not values.isin([0, 1, True, False]).all() or values.nunique() < 2:
            continue
        raise TableError(
            f"The column {quoted(names[name])} says 0 or 1 in every row: outcomes, not losses.",
            column=str(names[name]),
            remedy="Average them over each model, and fit a law of scores to the shares: "
            'sw.fit(shares, law="sigmoid_C"), with columns flops and score.',
        )


def named_table(runs: pd.DataFrame | str | Path) -> tuple[pd.DataFrame, str, str, str]:
    """(table, source, title, code) of whatever was given as runs."""
    if isinstance(runs, pd.DataFrame):
        refuse_other_kinds(runs)
        name = runs.attrs.get("name")
        title = str(runs.attrs.get("title", name))
        if runs.attrs.get("fetched"):
            return runs, "own", title, f"sw.fetch({name!r})  # or your part of it"
        if name is not None and runs.equals(load(str(name))):
            return runs, str(name), title, f"sw.load({str(name)!r})"
        if name is not None:
            # A part of a bundled table keeps its attributes, but it is the reader's own choice of rows.
            return runs, "own", f"{title}, {len(runs):,} rows of it", "runs  # your part of the table"
        file = runs.attrs.get("source_name")
        if file is not None:
            return runs, "own", str(file), f"sw.read_runs({str(file)!r})"
        refuse_outcomes(runs)
        return read_runs(runs), "own", "Your table", "runs  # your table"
    if isinstance(runs, str) and runs in set(datasets()["name"]):
        return named_table(load(runs))
    return read_runs(runs), "own", Path(runs).name, f"sw.read_runs({str(runs)!r})"


@contextmanager
def sent_file(args: Mapping[str, Any]) -> Iterator[Path]:
    """The file that a browser sent, its ``name`` and ``text``, for as long as it is read."""
    name = Path(str(args["name"])).name or "table.csv"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(str(args["text"]), encoding="utf-8")
        yield path


def dropped_table(args: Mapping[str, Any]) -> tuple[pd.DataFrame, str]:
    """Read the cells of a file that a browser sent, and its bare name.

    Raises
    ------
    TableError
        If it is no table.
    """
    with sent_file(args) as path:
        return read_table(path), path.name


def sent_table(args: Mapping[str, Any]) -> pd.DataFrame:
    """Read the runs of a file that a browser sent.

    Raises
    ------
    TableError
        If it is no table of runs.
    """
    return read_runs(dropped_table(args)[0])
