"""From a file of a stranger to a frame of cells, or to a sentence that says why not.

Nothing is guessed about the meaning of columns here; the one promise is that index label ``i`` of
the frame is a row that its owner can find again.
"""

from __future__ import annotations

import json
import zlib
from os import PathLike, fspath
from pathlib import Path

import numpy as np
import pandas as pd

from scalewidgets.errors import TableError

from . import wandb
from .commas import with_commas_read
from .containers import PACKED, content_of
from .findings import Finding, Source
from .texts import text_of

READABLE = (".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson", ".json", ".parquet", ".pq", ".xlsx", ".xlsm")
"""Suffixes of tables. What a file holds decides how it is read; the suffix only where both could be."""

INTERNAL = ("decimal_comma", "units", "reading", "wandb", "numbers")
"""Attributes of cells that were read, which a tidy table has no use for."""

_SOURCE = "source"
_READING = "reading"
_NUMBERS = "numbers"


def read_table(path: str | PathLike[str], *, sheet: str | None = None) -> pd.DataFrame:
    """Read the cells of a table as they are.

    Parameters
    ----------
    path : path-like
        CSV or TSV (commas, semicolons, tabs and bars are told apart by the header line), JSON lines
        or JSON, Parquet, an Excel workbook; plain, or packed with gzip, bzip2, xz or zip.
    sheet : str, optional
        Which sheet of a workbook; by default the first with column names that are known.

    Returns
    -------
    DataFrame
        The columns under their own names. Columns of plain numbers are numbers, all others text.
        Index labels count the rows below the header, empty lines included, and are what
        ``repairs`` of a :class:`~scalewidgets.errors.TableError` refer to. A chart exported from
        Weights & Biases, one column a run, becomes one row a run and step.

    Raises
    ------
    TableError
        There is no such file, or it is not a table.
    """
    if not isinstance(path, str | PathLike) or not isinstance(fspath(path), str):
        raise TableError(
            f"A table is a file or a DataFrame, not {type(path).__name__}.",
            remedy="Give its path, or make a frame of it first: pandas.DataFrame(...).",
        )
    given = fspath(path)
    source = Source(Path(given).name or given, given)
    content = content_of(source, given, (*READABLE, *PACKED))
    remarks: list[str] = []
    if content.inner is not None:
        remarks.append(f"The file {content.inner} of the archive is read.")
    found: list[Finding] = []
    if content.data.startswith(b"PAR1"):
        from .workbooks import parquet

        frame, source, said = parquet(source, content.data)
    elif content.suffix in (".xlsx", ".xlsm", ".eval") and content.data.startswith(b"PK\x03\x04"):
        if content.suffix == ".eval":
            from .json_tables import eval_log

            frame, source, said = eval_log(source, content.data)
        else:
            from .workbooks import workbook

            frame, source, said = workbook(source, content.data, sheet)
    else:
        start = content.data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
        is_json = content.suffix in (".jsonl", ".ndjson", ".json") or start[:1] in (b"{", b"[")
        text, found = text_of(source, content.data, long_lines=is_json)
        if is_json:
            from .json_tables import json_table

            frame, source, said = json_table(source, text, content.suffix)
        else:
            from .delimited import delimited

            frame, source, said = delimited(source, text, content.suffix)
    remember_source(frame, source)
    found += [source.finding("note", remark) for remark in (*remarks, *said)]
    frame, unpivoted = wandb.unpivoted(source, frame)
    remember_reading(frame, [*found, *unpivoted])
    return frame


def opened(
    path_or_frame: str | PathLike[str] | pd.DataFrame, sheet: str | None
) -> tuple[pd.DataFrame, Source, list[Finding]]:
    """Cells, where they came from, and what was found so far: how every reader of a table begins.

    Cells that hold lists or objects become their text, and index labels are unique afterwards.
    """
    frame = (
        path_or_frame if isinstance(path_or_frame, pd.DataFrame) else read_table(path_or_frame, sheet=sheet)
    )
    frame = with_commas_read(frame)
    source = source_of(frame)
    found = reading_of(frame)
    if not frame.index.is_unique:
        frame = frame.reset_index(drop=True)
        found.append(source.finding("note", "Index labels repeat, so rows are counted from 0."))
    nested = [at for at in range(frame.shape[1]) if _holds_objects(frame.iloc[:, at])]
    if nested:
        frame = frame.copy()
        for at in nested:
            frame.isetitem(at, frame.iloc[:, at].map(_as_text))
    return frame, source, found


_NESTED = (list, tuple, dict, set, frozenset, np.ndarray, pd.Series)


def _holds_objects(cells: pd.Series) -> bool:
    return cells.dtype == object and any(isinstance(cell, _NESTED) for cell in cells)


def _as_text(cell: object) -> object:
    if isinstance(cell, np.ndarray | pd.Series):
        cell = cell.tolist()
    return json.dumps(cell, ensure_ascii=False, default=str) if isinstance(cell, _NESTED) else cell


def source_of(frame: pd.DataFrame) -> Source:
    """Where a frame came from; a frame of unknown origin is called "The table"."""
    remembered = frame.attrs.get(_SOURCE)
    if isinstance(remembered, dict):
        return Source(**remembered)
    return Source(str(frame.attrs.get("source_name", "The table")))


def remember_source(frame: pd.DataFrame, source: Source) -> None:
    """Let a frame know where it came from, in words that survive copying and storing."""
    frame.attrs["source_name"] = source.name
    frame.attrs[_SOURCE] = {"name": source.name, "path": source.path, "first_row": source.first_row}


def remember_numbers(frame: pd.DataFrame) -> None:
    """Let a table that was read know its numbers, so that findings are not believed of another."""
    frame.attrs[_NUMBERS] = _digest(frame)


def as_it_was_read(frame: pd.DataFrame) -> bool:
    """Whether a table still holds the numbers that its findings are about."""
    return _NUMBERS in frame.attrs and frame.attrs[_NUMBERS] == _digest(frame)


def _digest(frame: pd.DataFrame) -> list[int]:
    columns = (frame.iloc[:, at] for at in range(frame.shape[1]))
    plain = [column.to_numpy() for column in columns if column.dtype == np.float64]
    return [len(frame), *(zlib.adler32(values.tobytes()) for values in plain)]


def remember_reading(frame: pd.DataFrame, found: list[Finding]) -> None:
    """Let a frame carry what was found while its cells were read."""
    if found:
        frame.attrs[_READING] = found


def reading_of(frame: pd.DataFrame) -> list[Finding]:
    """What was found while the cells of a frame were read."""
    return [Finding(*entry) for entry in frame.attrs.get(_READING, ())]
