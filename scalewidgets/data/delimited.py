"""Tables whose cells are separated by commas, semicolons, tabs or bars."""

from __future__ import annotations

import csv
import io
import re
import warnings
from typing import Any

import pandas as pd

from scalewidgets.errors import TableError

from .findings import Source
from .recognise import is_header, is_unit, names_nothing
from .texts import MAX_LINE, SAVE_AS_CSV

MAX_COLUMNS = 20_000
"""More columns than this are a file with its rows and columns swapped, or no table."""

TITLE_ROWS = 20
"""Rows among which a header is looked for below a title."""
MAX_TITLE = 20_000

_BY_SUFFIX = {".tsv": "\t", ".tab": "\t"}


def delimited(source: Source, text: str, suffix: str = "") -> tuple[pd.DataFrame, Source, list[str]]:
    """Read a text as a table.

    Returns
    -------
    frame, source, remarks
        Cells under the names of the header, where the rows are now counted from, and what was done
        besides. ``frame.attrs`` says ``decimal_comma`` and ``units`` (column to unit) where they apply.

    Raises
    ------
    TableError
        There is no header, or the rows do not fit it.
    """
    remarks: list[str] = []
    lines = text[: 3 * MAX_LINE].splitlines()  # header and the row below it are whole in this
    separator = _BY_SUFFIX.get(suffix)
    above = _first(lines, 0)
    if above is not None and (said := re.fullmatch(r'"?sep=(.)"?', lines[above].strip())):
        separator, above = said[1], _first(lines, above + 1)  # what Excel writes for itself
    first_comment = above
    while above is not None and _is_comment(lines, above):
        above = _first(lines, above + 1)
    if above is None:
        raise source.refusal("the file holds no header.", "Start with a row of column names.")
    if above != first_comment:
        remarks.append(f"Lines above row {above + 1} begin with # and are left out.")
    if separator is None or separator not in lines[above]:
        separator = _separator(lines[above])
    header = _split(lines[above].removeprefix("#"), separator)
    below_title = _below_a_title(lines, above, suffix)
    if below_title is not None:
        above, separator = below_title
        header = _split(lines[above], separator)
        remarks.append(f"Rows above row {above + 1} hold no names of columns and are left out.")
    if len(header) > MAX_COLUMNS:
        raise source.refusal(
            f"the header has {len(header):,} columns, which no table of runs has.",
            "Check that the file has one line per run.",
        )
    units: dict[str, str] = {}
    skip = above + 1
    below = _split(lines[skip], separator) if skip < len(lines) else []
    if len(below) == len(header) and _are_units(below):
        units = {name: unit for name, unit in zip(header, below, strict=True) if unit}
        remarks.append(f"Row {skip + 1} holds units ({', '.join(units.values())}) and is read as such.")
        skip += 1
    source = Source(source.name, source.path, skip + 1)
    frame = _cells(source, text, separator, skip, len(header))
    frame.columns = pd.Index(header, dtype="object")
    empty = frame.isna().all(axis=1)
    if empty.any():
        frame = frame[~empty]
    if separator == ";":
        frame.attrs["decimal_comma"] = True
    if units:
        frame.attrs["units"] = units
    return frame, source, remarks


def _separator(line: str) -> str:
    return max(",;\t|", key=lambda candidate: (line.count(candidate), candidate == ","))


def _below_a_title(lines: list[str], first: int, suffix: str) -> tuple[int, str] | None:
    """Where the header stands, if what stands first is a title: its row and its separator."""
    own = _BY_SUFFIX.get(suffix)
    for at in range(first, min(first + TITLE_ROWS, len(lines))):
        separator = own if own is not None and own in lines[at] else _separator(lines[at])
        cells = _split(lines[at][:MAX_TITLE], separator)
        if at > first and is_header(cells):
            return at, separator
        if at == first and not names_nothing(cells):
            return None
    return None


def _first(lines: list[str], start: int) -> int | None:
    return next((at for at in range(start, len(lines)) if lines[at].strip(" \t,;|")), None)


def _is_comment(lines: list[str], at: int) -> bool:
    """A line of remarks above the header; NumPy writes the header itself behind a #."""
    if not lines[at].lstrip().startswith("#"):
        return False
    below = _first(lines, at + 1)
    return below is not None and not re.match(r'\s*["\']?[-+.\d]', lines[below])


def _split(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]


def _are_units(cells: list[str]) -> bool:
    said = [cell for cell in cells if cell not in ("", "-")]
    return bool(said) and all(is_unit(cell) for cell in said)


def _cells(source: Source, text: str, separator: str, skip: int, width: int) -> pd.DataFrame:
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
                skiprows=skip,
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
    return source.refusal("the file could not be read as a table.", SAVE_AS_CSV)
