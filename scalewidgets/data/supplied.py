"""What ``columns=`` gives as numbers instead of naming a column: one for all rows, or one for each run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalewidgets.errors import either, quoted

from .findings import Finding, Source
from .recognise import read_name


def supplied(
    source: Source, frame: pd.DataFrame, columns: Mapping[str, object] | None
) -> tuple[pd.DataFrame, Mapping[str, object] | None, list[Finding]]:
    """Make columns of numbers that were given.

    Parameters
    ----------
    source : Source
        For the sentences.
    frame : DataFrame
    columns : mapping, optional
        As in :func:`~scalewidgets.read_runs`.

    Returns
    -------
    frame, columns, findings
        A new frame if anything was given, and ``columns`` naming what was added to it.

    Raises
    ------
    TableError
        Numbers are given by run and there is no column of runs, or a run has no number.
    """
    if columns is None:
        return frame, columns, []
    if not isinstance(columns, Mapping):
        raise source.refusal(
            f"columns= is {type(columns).__name__}, which does not say which column is which.",
            'Write columns={"loss": "val/ce"}.',
        )
    named = dict(columns)
    found: list[Finding] = []
    for name, value in columns.items():
        if isinstance(value, Mapping):
            values, said = _by_run(source, frame, columns, name, value)
        elif isinstance(value, int | float | np.number) and not isinstance(value, bool):
            if value in frame.columns:
                continue  # columns of a frame may be called by numbers
            values, said = np.full(len(frame), float(value)), f"{value:g} for every row"
        else:
            continue
        named[name] = f"{name} (given)"
        frame = frame.assign(**{f"{name} (given)": values})
        found.append(source.finding("note", f"{name} is as given: {said}."))
    return frame, named, found


def _by_run(
    source: Source,
    frame: pd.DataFrame,
    columns: Mapping[str, object],
    name: str,
    values: Mapping[object, object],
) -> tuple[Any, str]:
    given = [columns[key] for key in ("run", "model") if isinstance(columns.get(key), str)]
    read = {column: read_name(str(column)) for column in frame.columns}
    named = [
        column
        for wanted in ("run", "model")
        for column, reading in read.items()
        if reading is not None and reading.name == wanted
    ]
    candidates = [column for column in [*given, *named] if column in frame.columns]
    if not candidates:
        raise source.refusal(
            f"columns= gives {name} by run, and no column holds the names of runs.",
            f'Say which does: columns={{"run": "...", "{name}": {{...}}}}.',
        )
    keys = frame[candidates[0]]
    known = {str(key): value for key, value in values.items()}
    lacking = [str(key) for key in keys.unique() if str(key) not in known]
    if lacking:
        raise source.refusal(
            f"columns= gives {name} by run, but not for {either([quoted(key) for key in lacking[:3]])}"
            + (f" and {len(lacking) - 3:,} more." if len(lacking) > 3 else "."),
            "Give a number for every run, or exclude those rows.",
            column=str(candidates[0]),
        )
    return keys.astype(str).map(known).to_numpy(), f"{len(known):,} numbers by {candidates[0]}"
