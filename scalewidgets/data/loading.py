"""Loading a bundled table of figures into a tidy DataFrame."""

from __future__ import annotations

import gzip
import hashlib
import io

import pandas as pd

from scalewidgets.errors import TableError

from .columns import Column, tidy
from .registry import SUMMARY, TABLES_FOLDER, Dataset, dataset, registry
from .remotes import Remote, remotes


def load(name: str) -> pd.DataFrame:
    """Load a bundled table of figures.

    Parameters
    ----------
    name : str
        One of :func:`datasets`.

    Returns
    -------
    DataFrame
        The tidy columns of the table's kind (:data:`scalewidgets.data.columns.LAYOUTS`): ``runs``, one
        row for each run and checkpoint; ``samples``, one for each model and problem; ``systems``, one
        for each configuration and repetition. Behind them come columns that only this table has; they
        are described in its page. ``.attrs`` holds ``name``, ``title``, ``kind``,
        ``source_name``, ``licence``, ``citation``,
        ``url``, ``description``, ``notes``, ``left_out`` and, where the literature leaves rows out
        of its fit, ``default_exclusions`` (``{"index": [labels], "reason": sentence}``); every row
        is loaded all the same.

    Raises
    ------
    UnknownNameError
        There is no such table.
    TableError
        The installed file is damaged.

    Examples
    --------
    >>> runs = load("chinchilla")
    >>> len(runs)
    245
    """
    entry = dataset(name)
    compressed = (TABLES_FOLDER / entry.file).read_bytes()
    if hashlib.sha256(compressed).hexdigest() != entry.sha256:
        raise TableError(
            f"The bundled table {entry.file} is not the one this version was built with.",
            file=entry.file,
            remedy="Install scalewidgets again.",
        )
    columns = entry.layout
    frame = tidy(_parse(gzip.decompress(compressed), columns), columns)
    frame.attrs.update(_attributes(entry))
    return frame


def datasets(*, bundled: bool = True) -> pd.DataFrame:
    """List the tables that come with the package, or those that can be downloaded.

    Parameters
    ----------
    bundled : bool
        Whether to list what :func:`load` knows; otherwise what :func:`fetch` does.

    Returns
    -------
    DataFrame
        One row a table: name, title, kind, rows, families, models, bytes (compressed, or to be downloaded),
        licence, citation.
    """
    entries: list[Dataset] | list[Remote] = list(registry().values()) if bundled else list(remotes().values())
    rows = [{name: getattr(entry, name) for name in SUMMARY} for entry in entries]
    table: pd.DataFrame = pd.DataFrame(rows, columns=list(SUMMARY))
    return table


def _parse(content: bytes, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Read a compiled table; numbers come back to the last bit."""
    # As text first: pandas' own float parser is off by one bit here and there before version 3.
    written: pd.DataFrame = pd.read_csv(
        io.BytesIO(content), dtype="str", keep_default_na=False, na_values=[""]
    )
    for column in columns:
        if column.name not in written.columns or column.kind == "text":
            continue
        values = written[column.name]
        if column.kind == "flag":
            written[column.name] = values == "True"
        else:
            written[column.name] = values.to_numpy(dtype=object, na_value="nan").astype(float)
    return written


def facts_of(entry: Dataset | Remote) -> dict[str, object]:
    """Plain, copyable, JSON-able facts: pandas copies and compares attrs."""
    return {
        "name": entry.name,
        "title": entry.title,
        "kind": entry.kind,
        "source_name": entry.title,
        "licence": entry.licence,
        "citation": entry.citation,
        "url": entry.url,
        "description": entry.description,
        "notes": list(entry.notes),
        "left_out": list(entry.left_out),
    }


def _attributes(entry: Dataset) -> dict[str, object]:
    facts = facts_of(entry)
    if entry.default_exclusions:
        facts["default_exclusions"] = {
            "index": list(entry.default_exclusions["index"]),
            "reason": entry.default_exclusions["reason"],
        }
    return facts
