"""Tables in Excel workbooks and Parquet files, read by libraries that are optional."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Sequence
from importlib import import_module
from typing import Any, TypeAlias

import pandas as pd

from scalewidgets.errors import close_matches, either, quoted

from .delimited import MAX_COLUMNS, TITLE_ROWS
from .findings import Source, several
from .recognise import is_header, is_unit, names_nothing

MAX_CELLS = 100_000_000
"""Most cells of a Parquet file: a kilobyte of it can stand for billions."""

MAX_SHEETS = 50
"""Sheets among which a table is looked for."""

Rows: TypeAlias = list[tuple[int, tuple[Any, ...]]]
"""Rows of a sheet that hold anything, with their numbers."""

_REMEDY = "Save the file again, or save it as CSV."


def _library(source: Source, name: str, what: str) -> Any:
    try:
        return import_module(name)
    except ImportError as problem:
        raise source.refusal(
            f"reading {what} needs {name}, which is not installed.",
            f'Install it with: pip install "scalewidgets[tables]" (or {name}), or save the table as CSV.',
        ) from problem


def workbook(source: Source, data: bytes, sheet: str | None = None) -> tuple[pd.DataFrame, Source, list[str]]:
    """Read one sheet of an Excel workbook.

    Parameters
    ----------
    source : Source
        For the sentences.
    data : bytes
        The file.
    sheet : str, optional
        Which sheet; by default the first with names of columns that are known, or else the first that
        holds anything; hidden ones are passed over.

    Returns
    -------
    frame, source, remarks
        Rows are counted as the spreadsheet does. A formula counts as the result that was stored with
        it; one without a stored result stays a text and is nowhere computed.

    Raises
    ------
    TableError
        openpyxl is not installed, the file is damaged, or there is no such sheet.
    """
    openpyxl = _library(source, "openpyxl", "an Excel workbook")
    remarks: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and validations that are not kept do not matter here
            formulas = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
            results = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            names = [one.title for one in results.worksheets if one.sheet_state == "visible"]
            if sheet is not None and sheet not in results.sheetnames:
                near = close_matches(sheet, results.sheetnames)
                raise source.refusal(
                    f"there is no sheet {quoted(sheet)}.",
                    f"Did you mean {either(near)}?" if near else f"The sheets are: {', '.join(names[:12])}.",
                )
            name, values = _chosen(source, results, [sheet] if sheet is not None else names)
            written = _rows(formulas[name])
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        OSError,
        SyntaxError,
        AttributeError,
    ) as problem:
        if hasattr(problem, "repairs"):
            raise
        raise source.refusal("the workbook is damaged.", _REMEDY) from problem
    others = [other for other in names if other != name]
    if others:
        remarks.append(
            f"The sheet {name} is read; {', '.join(others[:6])} {'is' if len(others) == 1 else 'are'} not "
            "(choose with sheet=)."
        )
    return (*_sheet_table(source, values, written, remarks), remarks)


def _chosen(source: Source, results: Any, names: Sequence[str]) -> tuple[str, Rows]:
    """The first sheet with a header that is known; else the first that holds anything."""
    held: list[tuple[str, Rows]] = []
    for name in names[:MAX_SHEETS]:
        values = _rows(results[name])
        if values and (len(names) == 1 or _header_at(values) is not None):
            return name, values
        if values and not held:
            held.append((name, values))
    if not held:
        raise source.refusal("the workbook holds no table.", "Give one row per run.")
    return held[0]


def _header_at(values: Rows) -> int | None:
    """Which of the first rows holds names of columns; ``None`` if none does."""
    some = [[str(cell).strip() for cell in row if cell is not None] for _, row in values[:TITLE_ROWS]]
    return next((at for at, cells in enumerate(some) if is_header(cells)), None)


def _rows(sheet: Any) -> Rows:
    """Rows that hold anything, with their numbers; the size that a sheet states is not believed."""
    sheet.reset_dimensions()
    return [
        (number, row)
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)
        if any(cell is not None and str(cell).strip() for cell in row)
    ]


def _sheet_table(
    source: Source,
    values: Rows,
    written: Rows,
    remarks: list[str],
) -> tuple[pd.DataFrame, Source]:
    first = [str(cell).strip() for cell in values[0][1] if cell is not None]
    at = _header_at(values) if names_nothing(first) else None
    if at:
        values = values[at:]
        remarks.append(f"Rows above row {values[0][0]} hold no names of columns and are left out.")
    above, head = values[0]
    while head and head[-1] is None:
        head = head[:-1]
    if len(head) > MAX_COLUMNS:
        raise source.refusal(f"the header has {len(head):,} columns.", "Keep one row per run.")
    header = ["" if cell is None else str(cell).strip() for cell in head]
    texts = dict(written)
    source = Source(source.name, source.path, above + 1)
    labels: list[int] = []
    rows: list[list[Any]] = []
    units: dict[str, str] = {}
    stored = lost = 0
    for number, row in values[1:]:
        cells = list(row[: len(header)]) + [None] * (len(header) - len(row))
        if len(row) > len(header) and any(cell is not None for cell in row[len(header) :]):
            raise source.refusal(
                f"row {number} holds {len(row)} cells, the header {len(header)}.",
                "Give every column a name, or clear the extra cells.",
            )
        if not rows and not units and _are_units(cells):
            units = {name: str(cell) for name, cell in zip(header, cells, strict=True) if cell}
            remarks.append(f"Row {number} holds units ({', '.join(units.values())}) and is read as such.")
            continue
        for at, text in enumerate(texts.get(number, ())[: len(header)]):
            if isinstance(text, str) and text.startswith("="):
                stored += cells[at] is not None
                lost += cells[at] is None
                cells[at] = text if cells[at] is None else cells[at]
        labels.append(number - above - 1)
        rows.append(cells)
    if stored:
        remarks.append(f"{several(stored, 'formula')} in cells: the stored results are read.")
    if lost:
        remarks.append(f"{several(lost, 'formula')} without a stored result: nothing is computed here.")
    frame: pd.DataFrame = pd.DataFrame(
        rows, index=pd.Index(labels, dtype="int64"), columns=range(len(header))
    )
    frame = frame.infer_objects()
    frame.columns = pd.Index(header, dtype="object")
    if units:
        frame.attrs["units"] = units
    return frame, source


def _are_units(cells: Sequence[Any]) -> bool:
    said = [cell for cell in cells if cell not in (None, "", "-")]
    return bool(said) and all(isinstance(cell, str) and is_unit(cell) for cell in said)


def parquet(source: Source, data: bytes) -> tuple[pd.DataFrame, Source, list[str]]:
    """Read a Parquet file; rows are counted from 1.

    Raises
    ------
    TableError
        pyarrow is not installed, or the file is damaged or too large.
    """
    _library(source, "pyarrow", "a Parquet file")
    pyarrow, files = import_module("pyarrow"), import_module("pyarrow.parquet")
    source = Source(source.name, source.path, 1)
    try:
        file = files.ParquetFile(io.BytesIO(data))
        shape = (file.metadata.num_rows, file.metadata.num_columns)
        if shape[1] > MAX_COLUMNS or shape[0] * shape[1] > MAX_CELLS:
            raise source.refusal(
                f"the table has {shape[0]:,} rows and {shape[1]:,} columns, over {MAX_CELLS:,} cells.",
                "Keep the columns that are needed: params, tokens or flops, and loss.",
            )
        table = file.read()
        for _ in range(4):  # nested columns become columns with dots in their names
            if not any(pyarrow.types.is_struct(field.type) for field in table.schema):
                break
            table = table.flatten()
        frame: pd.DataFrame = table.to_pandas()
    except (pyarrow.ArrowException, OSError, ValueError, MemoryError) as problem:
        if hasattr(problem, "repairs"):
            raise
        raise source.refusal("the Parquet file is damaged.", _REMEDY) from problem
    remarks: list[str] = []
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    frame.attrs = {}
    return frame.reset_index(drop=True), source, remarks
