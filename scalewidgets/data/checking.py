"""All that is known about a table, as a list that a person reads."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from importlib import import_module
from os import PathLike
from typing import Any

import pandas as pd

from scalewidgets.errors import TableError, UnknownNameError

from .columns import LAYOUTS, RUNS
from .files import as_it_was_read, read_table, source_of
from .findings import LEVELS, Finding, as_error
from .recognise import kinds_recognised
from .repairs import apply_repair

MOST_REFUSALS = 20
"""Rows are set aside one refusal after another, so that one reading finds them all; up to this many."""

_MARK = {"error": "✕", "warning": "!", "note": "i"}
_COLOUR = {
    "error": "var(--jp-error-color1, #c62828)",
    "warning": "var(--jp-warn-color1, #b26a00)",
    "note": "var(--jp-ui-font-color2, #757575)",
}


class Findings(pd.DataFrame):
    """Findings about one table, worst first; shows itself as sentences.

    One row a finding: level (error, warning, note), file, row, column, message, remedy. ``attrs`` holds
    ``source_name`` and ``columns``, what was recognised.
    """

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame  # a part of it is a plain table

    @property
    def summary(self) -> str:
        """``runs.csv: 1 error, 2 warnings, 3 notes``."""
        counts = self["level"].value_counts()
        said = [
            f"{counts[level]} {level}{'s' if counts[level] > 1 else ''}"
            for level in LEVELS
            if level in counts
        ]
        return f"{self.attrs.get('source_name', 'The table')}: {', '.join(said) or 'nothing to remark'}"

    @property
    def read_as(self) -> pd.DataFrame:
        """What was recognised, one row a column: the name here, the name there, and the unit."""
        kind = str(self.attrs.get("kind", "runs"))
        units = {column.name: column.unit for column in LAYOUTS.get(kind, LAYOUTS["runs"])}
        units["loss"] = str(self.attrs.get("loss_unit", units.get("loss", "")))
        known: Mapping[str, str] = self.attrs.get("columns", {})
        rows = [(name, column, units.get(name, "")) for name, column in known.items()]
        table: pd.DataFrame = pd.DataFrame(rows, columns=["name", "column", "unit"])
        return table

    def report(self) -> str:
        """Everything in plain words, a finding a line."""
        lines = [self.summary]
        known = self.attrs.get("columns", {})
        if known:
            # The unit of the loss is what nobody sees from the numbers.
            unit = {"loss": f" ({self.read_as.set_index('name')['unit'].get('loss', '')})"}
            lines.append(
                "read as: "
                + ", ".join(f"{name}{unit.get(name, '')} from {column}" for name, column in known.items())
            )
        name = str(self.attrs.get("source_name", "The table"))
        lines += [f"{row.level}{_place(row)}: {_sentence(row, name)}" for row in self.itertuples()]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.report()

    def __repr__(self) -> str:
        return self.report()

    def _repr_html_(self) -> str:
        known = self.read_as
        cells = "".join(
            f"<tr><td>{_escaped(row.name)}</td><td><code>{_escaped(row.column)}</code></td>"
            f"<td>{_escaped(row.unit)}</td></tr>"
            for row in known.itertuples(index=False)
        )
        head = "<tr><th>read as</th><th>your column</th><th>unit</th></tr>"
        name = str(self.attrs.get("source_name", "The table"))
        items = "".join(_item(str(row.level), row, name) for row in self.itertuples())
        return (
            f"<div><p><b>{_escaped(self.summary)}</b></p>"
            + (f"<table><thead>{head}</thead><tbody>{cells}</tbody></table>" if cells else "")
            + f'<ul style="list-style:none;padding-left:0">{items}</ul></div>'
        )


def _item(level: str, row: Any, name: str) -> str:
    return (
        f'<li style="margin:.35em 0"><b style="color:{_COLOUR[level]}">{_MARK[level]} {level}</b>'
        f"{_escaped(_place(row))}: {_escaped(_sentence(row, name))}</li>"
    )


def _escaped(text: object) -> str:
    return html.escape(str(text)[:400])


def _place(row: Any) -> str:
    parts = [] if pd.isna(row.row) else [f"row {row.row}"]
    if isinstance(row.column, str):
        parts.append(f"column {row.column}")
    return f" ({', '.join(parts)})" if parts else ""


def _sentence(row: Any, name: str) -> str:
    """Message and remedy; the place that a refusal begins with is said already."""
    message = str(row.message)
    place, _, rest = message.partition(": ")
    if row.level == "error" and rest and place.startswith(name):
        message = rest[0].upper() + rest[1:]
    remedy = row.remedy if row.remedy and row.remedy not in message else ""
    return f"{message} {remedy}".strip()


def as_table(findings: Iterable[Finding], attrs: Mapping[str, Any] | None = None) -> Findings:
    """One row a finding, worst first."""
    ordered = sorted(
        findings,
        key=lambda finding: (
            LEVELS.index(finding.level),
            (finding.row or 0) if finding.level == "error" else 0,
        ),
    )
    columns = ["level", "file", "row", "column", "message", "remedy"]
    table: Findings = Findings([finding._asdict() for finding in ordered], columns=columns)
    # A row number stays a whole number beside findings that have none.
    table["row"] = table["row"].astype("Int64")
    for name in ("source_name", "columns", "kind", "loss_unit"):
        if attrs and name in attrs:
            table.attrs[name] = attrs[name]
    return table


def _named(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in attrs.items()}


def check(
    table: str | PathLike[str] | pd.DataFrame,
    kind: str | None = None,
    *,
    columns: Mapping[str, object] | None = None,
) -> Findings:
    """List what there is to know about a table.

    Parameters
    ----------
    table : path-like or DataFrame
        A file, a frame, or what :func:`read_runs`, :func:`read_samples` or :func:`read_systems`
        returned.
    kind : {"runs", "samples", "systems"}, optional
        What the table is meant to be; by default what it was read as, or what its columns say.
    columns : mapping, optional
        Which column is which, as for the reading functions.

    Returns
    -------
    Findings
        A DataFrame with one row a finding, worst first: level (error, warning, note), file, row,
        column, message, remedy. Rows that would be refused are all listed, each as an error.
    """
    changed: list[Finding] = []
    if isinstance(table, pd.DataFrame):
        known = table.attrs.get("findings")
        if known is not None and columns is None and kind in (None, table.attrs.get("kind", "runs")):
            if as_it_was_read(table):
                return as_table([Finding(*entry) for entry in known], _named(table.attrs))
            changed = [
                source_of(table).finding(
                    "note",
                    "The table is not as it was read: it is checked as it is now, in its tidy columns.",
                )
            ]
    refusals: list[Finding] = changed
    attrs: Mapping[str, Any] = {}
    try:
        frame = table if isinstance(table, pd.DataFrame) else read_table(table)
        attrs = {"source_name": frame.attrs.get("source_name", "The table")}
        reader = _reader(frame, kind)
        while True:
            try:
                read = reader(frame, columns=columns)
                return as_table([*refusals, *read.attrs["findings"]], _named(read.attrs))
            except TableError as refusal:
                refusals.append(as_error(refusal))
                aside = [repair for repair in refusal.repairs if repair.get("action") in ("exclude", "drop")]
                if not aside or len(refusals) >= MOST_REFUSALS:
                    return as_table(refusals, attrs)
                frame = apply_repair(frame, aside[-1])
    except TableError as refusal:
        return as_table([*refusals, as_error(refusal)], attrs)


def _reader(frame: pd.DataFrame, kind: str | None) -> Any:
    readers = {"runs": "reader", "samples": "samples", "systems": "systems"}
    if kind is None:
        kind = str(frame.attrs.get("kind", "")) or kind_of(frame)
    kind = {"attempts": "samples"}.get(kind, kind)
    if LAYOUTS.get(kind, ())[: len(RUNS)] == RUNS:  # scores, mixtures and the like are runs with more columns
        kind = "runs"
    if kind not in readers:
        raise UnknownNameError.of("a kind of table", kind, readers)
    return getattr(import_module(f".{readers[kind]}", __package__), f"read_{kind}")


def kind_of(frame: pd.DataFrame) -> str:
    """Whether the columns of a frame say runs, samples or systems; runs where they say nothing."""
    return kinds_recognised(list(frame.columns))
