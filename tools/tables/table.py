"""What a table module declares, and how a table becomes bytes that never change by themselves."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from scalewidgets.data.columns import LAYOUTS, Column


@dataclass(frozen=True)
class Table:
    """Everything about one bundled table that is not a number in it.

    ``description`` may use ``{rows}``, ``{families}``, ``{models}``, ``{runs}``, ``{systems}`` and
    ``{problems}``: they are counted in the compiled table, so the sentence cannot promise more than
    the file holds.
    """

    name: str
    title: str
    licence: str
    citation: str
    url: str
    sources: tuple[str, ...]  # repository@commit : path, of every raw file
    description: str
    notes: tuple[str, ...]  # quirks of the source that were corrected
    left_out: tuple[str, ...]
    compile: Callable[[Path], pd.DataFrame]  # raw folder -> tidy columns (those that are known)
    exclude: Callable[[pd.DataFrame], dict[str, Any]] | None = None  # rows the literature leaves out
    kind: str = "runs"
    own: tuple[Column, ...] = ()  # columns that the layout of the kind does not have

    @property
    def layout(self) -> tuple[Column, ...]:
        """Columns of the kind, then the table's own."""
        return (*LAYOUTS[self.kind], *self.own)

    def to_bytes(self, frame: pd.DataFrame) -> bytes:
        """Write the compiled table."""
        return to_bytes(frame, self.layout, self.kind)

    def entry(self, frame: pd.DataFrame, content: bytes) -> dict[str, Any]:
        """Build the manifest entry of the compiled table."""
        counts = {"rows": len(frame)}
        for what, columns in COUNTED.items():
            column = next((column for column in columns if column in frame.columns), None)
            if column is not None:
                counts[what] = int(frame[column].nunique())
        return {
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            "rows": counts["rows"],
            "families": counts["families"],
            "models": counts["models"],
            "columns": [column.name for column in filled(frame, self.layout)],
            "own": [column._asdict() for column in self.own],
            "licence": self.licence,
            "citation": self.citation,
            "url": self.url,
            "description": self.description.format_map({k: f"{v:,}" for k, v in counts.items()}),
            "notes": list(self.notes),
            "left_out": list(self.left_out),
            "sources": list(self.sources),
            "file": f"{self.name}.csv.gz",
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "default_exclusions": {} if self.exclude is None else self.exclude(frame),
            "codes": _codes(frame),
        }


COUNTED = {
    "families": ("family", "benchmark"),
    "models": ("model", "base_model"),
    "runs": ("run",),
    "systems": ("system",),
    "problems": ("problem_id",),
}
"""What is counted in a table, and in which column: the first that it has."""


def filled(frame: pd.DataFrame, layout: tuple[Column, ...]) -> list[Column]:
    """Columns of a layout that hold anything."""
    return [column for column in layout if column.name in frame.columns and frame[column.name].notna().any()]


def to_bytes(frame: pd.DataFrame, layout: tuple[Column, ...] = LAYOUTS["runs"], kind: str = "runs") -> bytes:
    """Write a tidy table as compressed CSV, the same bytes on every machine and every day.

    Numbers are written with the fewest digits that read back to the same double (what ``repr``
    gives), whole numbers without a point. Columns without any value are left out.
    """
    unknown = set(frame.columns) - {column.name for column in layout}
    if unknown:
        raise ValueError(f"not columns of a {kind} table: {sorted(unknown)}")
    written = pd.DataFrame({column.name: _as_text(frame[column.name]) for column in filled(frame, layout)})
    text = written.to_csv(index=False, lineterminator="\n")
    # No time stamp, file name or system in the header: only the content decides the checksum.
    # (``gzip.compress`` writes a header that depends on the version of Python.)
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as out:
        out.write(text.encode("utf-8"))
    return buffer.getvalue()


def _codes(frame: pd.DataFrame) -> dict[str, int]:
    """How many rows carry each code of the column note."""
    notes = frame["note"].dropna() if "note" in frame.columns else pd.Series(dtype="object")
    codes = notes.str.split(";").explode()
    return {
        code: int(rows) for code, rows in codes[codes != ""].value_counts(sort=False).sort_index().items()
    }


def _as_text(column: pd.Series) -> list[str]:
    if column.dtype == bool:
        return ["True" if value else "False" for value in column]
    if column.dtype.kind in "if":
        return [_number(float(value)) for value in column]
    return ["" if pd.isna(value) else str(value) for value in column]


def _number(value: float) -> str:
    if value != value:
        return ""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
