"""Tables that a person gives to a widget, under the names by which a screen speaks of them."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pandas as pd

from ..data import datasets, load, read_runs

Steps = Generator[tuple[float, float, str], None, Any]
"""Work in steps that yield (done, total, label)."""


def drain(steps: Steps) -> Any:
    """Run a generator of progress to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def named_table(runs: pd.DataFrame | str | Path) -> tuple[pd.DataFrame, str, str, str]:
    """(table, source, title, code) of whatever was given as runs."""
    if isinstance(runs, pd.DataFrame):
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
        return read_runs(runs), "own", "Your table", "runs  # your table"
    if isinstance(runs, str) and runs in set(datasets()["name"]):
        return named_table(load(runs))
    return read_runs(runs), "own", Path(runs).name, f"sw.read_runs({str(runs)!r})"
