"""From a file of a stranger to a frame of cells, or to a sentence that says why not.

Nothing is guessed about the meaning of columns here; the one promise is that index label ``i`` of
the frame is a row that its owner can find again.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import warnings
import zlib
from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scalewidgets.errors import TableError, close_matches, either

from .findings import Source

MAX_BYTES = 500_000_000
"""Largest content of a table, after decompression."""

MAX_LINE = 1_000_000
"""Longest line of a text table, in bytes: more is not a table but something else in one line."""

_SOURCE = "source"
_SEPARATORS = {".tsv": "\t", ".tab": "\t"}
_SIGNATURES = {
    b"PK\x03\x04": "an Excel workbook or another zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"\x89PNG": "a picture",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip file inside a gzip file",
    b"\x89HDF": "an HDF5 file",
}
_SAVE_AS_CSV = "Save it as CSV (UTF-8), or read it with pandas and pass the DataFrame."


def read_table(path: str | PathLike[str]) -> pd.DataFrame:
    """Read the cells of a CSV or TSV file, plain or gzipped.

    Parameters
    ----------
    path : path-like
        The file. Commas, semicolons, tabs and bars are told apart by the header line.

    Returns
    -------
    DataFrame
        The columns under their own names. Columns of plain numbers are numbers, all others text.
        Index labels count the rows below the header, empty lines included, and are what
        ``repairs`` of a :class:`~scalewidgets.errors.TableError` refer to.

    Raises
    ------
    TableError
        There is no such file, or it is not a table.
    """
    given = fspath(path)
    source = Source(Path(given).name or given, given)
    try:
        content = _content(source, Path(given))
    except TableError:
        raise
    except (OSError, ValueError) as problem:  # a path with a zero byte is a ValueError
        raise _unreadable(source, Path(given), problem) from problem
    text = _text(source, content)
    suffixes = [suffix.lower() for suffix in Path(given).suffixes if suffix.lower() != ".gz"]
    reader = _READERS.get(suffixes[-1] if suffixes else "", _delimited)
    return reader(source, text, _SEPARATORS.get(suffixes[-1] if suffixes else ""))


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


def _content(source: Source, path: Path) -> bytes:
    if path.is_dir():
        tables = sorted(entry.name for entry in path.iterdir() if entry.suffix.lower() in _READERS)[:3]
        raise source.refusal(
            "this is a folder, not a file.",
            f"Name a table in it, such as {either(tables)}." if tables else "Name a CSV or TSV file.",
        )
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            content = gzip.GzipFile(fileobj=file).read(MAX_BYTES + 1) if zipped else file.read(MAX_BYTES + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            raise source.refusal("the compressed file is damaged.", "Download or save it again.") from problem
    if len(content) > MAX_BYTES:
        raise source.refusal(
            f"the table is larger than {MAX_BYTES / 1e6:.0f} MB.",
            "Keep the columns that are needed: params, tokens or flops, and loss.",
        )
    return content


def _unreadable(source: Source, path: Path, problem: OSError | ValueError) -> TableError:
    if isinstance(problem, PermissionError):
        return source.refusal("the file may not be read.", "Check its permissions.")
    if not isinstance(problem, FileNotFoundError):
        reason = (getattr(problem, "strerror", None) or str(problem)).lower()
        return source.refusal(f"the file could not be read ({reason}).", "Check the path and try again.")
    folder = path.parent
    if not folder.is_dir():
        return source.refusal(f"there is no folder {folder}.", "Check the path.")
    names = [entry.name for _, entry in zip(range(2000), folder.iterdir(), strict=False)]
    near = close_matches(path.name, names)
    where = "the current folder" if str(folder) == "." else str(folder)
    return source.refusal(
        f"there is no such file in {where}.",
        f"Did you mean {either(near)}?" if near else "Check the name and the folder.",
    )


def _text(source: Source, content: bytes) -> str:
    """Decode, after the checks that keep a file that is no table from costing time."""
    if not content.strip():
        raise source.refusal("the file is empty.", "Give one row per run: params, tokens or flops, and loss.")
    for signature, what in _SIGNATURES.items():
        if content.startswith(signature):
            raise source.refusal(f"this is {what}, not a CSV or TSV file.", _SAVE_AS_CSV)
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not wide:
        _check_lines(source, content)
        null = content.find(b"\x00")
        if null >= 0:
            line = content.count(b"\n", 0, null) + 1
            raise source.refusal(f"line {line} holds a zero byte, so this is not a text file.", _SAVE_AS_CSV)
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise source.refusal(
            f"line {line} is not UTF-8 text (byte {content[problem.start]:#04x}).",
            "Save the file with the encoding UTF-8, or read it with pandas and pass the DataFrame.",
        ) from problem


def _check_lines(source: Source, content: bytes) -> None:
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n"))
    lengths = np.diff(ends, prepend=-1, append=len(content))
    longest = int(np.argmax(lengths))
    if lengths[longest] > MAX_LINE:
        raise source.refusal(
            f"line {longest + 1} is {int(lengths[longest]):,} characters long, which no table of runs is.",
            "Check that the file has one line per run.",
        )


def _delimited(source: Source, text: str, separator: str | None) -> pd.DataFrame:
    """Read text whose cells are separated by commas, semicolons, tabs or bars."""
    lines = text.splitlines() if len(text) < 100_000 else text[:100_000].splitlines()
    above = next((number for number, line in enumerate(lines) if line.strip(" \t,;|")), None)
    if above is None:
        raise source.refusal("the file holds no header.", "Start with a row of column names.")
    if separator is None:
        separator = max(",;\t|", key=lambda candidate: (lines[above].count(candidate), candidate == ","))
    header = [name.strip() for name in next(csv.reader([lines[above]], delimiter=separator))]
    source = Source(source.name, source.path, above + 2)
    frame = _cells(source, text, separator, above, len(header))
    frame.columns = pd.Index(header, dtype="object")
    empty = frame.isna().all(axis=1)
    if empty.any():
        frame = frame[~empty]
    remember_source(frame, source)
    if separator == ";":
        frame.attrs["decimal_comma"] = True
    return frame


def _cells(source: Source, text: str, separator: str, above: int, width: int) -> pd.DataFrame:
    options: dict[str, Any] = {}
    if int(pd.__version__.split(".")[0]) < 3:
        options["float_precision"] = "round_trip"  # what later versions always do
    try:
        with warnings.catch_warnings():
            # Rows longer than the header would otherwise be cut short without a word.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(
                io.StringIO(text),
                sep=separator,
                header=None,
                names=list(range(width)),
                skiprows=above + 1,
                index_col=False,
                skip_blank_lines=False,
                skipinitialspace=True,
                keep_default_na=False,
                na_values=[""],
                low_memory=False,
                **options,
            )
    except pd.errors.EmptyDataError:
        frame = pd.DataFrame(columns=list(range(width)))
    except pd.errors.ParserError as problem:
        raise _malformed(source, str(problem), width) from problem
    except pd.errors.ParserWarning as problem:
        raise source.refusal(
            f"rows hold more cells than the header, which has {width}.",
            "Give every column a name, or remove separators at the ends of the lines.",
        ) from problem
    return frame


def _malformed(source: Source, problem: str, width: int) -> TableError:
    ragged = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", problem)
    if ragged:
        return source.refusal(
            f"row {ragged[2]} holds {ragged[3]} cells, the header {width}.",
            "Remove the extra separators, or put quotes around text that contains one.",
        )
    if "EOF inside string" in problem:
        return source.refusal("a quotation mark is opened and never closed.", "Close it, or remove it.")
    return source.refusal("the file could not be read as a table.", _SAVE_AS_CSV)


_READERS: dict[str, Callable[[Source, str, str | None], pd.DataFrame]] = {
    ".csv": _delimited,
    ".tsv": _delimited,
    ".tab": _delimited,
    ".txt": _delimited,
}
"""Suffix to reader; a new text format is one more line."""
