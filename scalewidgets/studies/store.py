"""The file of a study: a line that says what it is, then a line for each part that is done.

Lines are appended as parts are done, so that a study that was stopped, by a person or a power cut, goes on
where it was. A line that was cut off in the middle is forgotten. Numbers are written so that they read back
as the same bits.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from scalewidgets.errors import StudyError

from .plan import Cell
from .work import Record

SCHEMA = "scalewidgets.study/1"


Place: TypeAlias = tuple[str, float, tuple[int, ...]]
"""Family, share of the run and chosen models: what a record is found by."""
Cells: TypeAlias = dict[Place, tuple[Cell, Record]]


class Store:
    """An open study file.

    Parameters
    ----------
    path : path-like
    header : mapping
        What the study is. A file that is already there must hold the same.

    Attributes
    ----------
    done : dict
        Cells that are in the file.
    """

    def __init__(self, path: str | PathLike[str], header: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.done: Cells = {}
        self._file: BinaryIO
        if self.path.exists() and self.path.stat().st_size:
            found, self.done, intact = read(self.path)
            _same(found, header, self.path)
            self._file = self.path.open("r+b")
            self._file.truncate(intact)
            self._file.seek(intact)
            return
        try:
            self._file = self.path.open("wb")
        except OSError as problem:
            reason = (problem.strerror or "unknown").lower()
            raise StudyError(
                f"The file {self.path} cannot be written ({reason}).", remedy="Check the folder."
            ) from problem
        self._write(header)

    def add(self, family: str, cells: Iterable[Cell], records: Iterable[Record]) -> None:
        """Keep what came out of some cells; what is known of them already is added to."""
        said = []
        for cell, record in zip(cells, records, strict=True):
            place = (family, cell.fraction, cell.chosen)
            self.done[place] = cell, {**self.done.get(place, (cell, {}))[1], **record}
            said.append(
                {"fraction": cell.fraction, "chosen": list(cell.chosen), "first": cell.first, **record}
            )
        self._write({"family": family, "cells": said})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, what: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(what, ensure_ascii=False, allow_nan=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def write(
    path: str | PathLike[str],
    header: Mapping[str, Any],
    parts: Iterable[tuple[str, Iterable[Cell], Iterable[Record]]],
) -> None:
    """Write a whole study beside ``path``, then put it in its place: a full disk costs nothing.

    Raises
    ------
    StudyError
        If it cannot be written.
    """
    if not Path(path).parent.is_dir():
        raise StudyError(f"There is no folder {Path(path).parent}.", remedy="Check the path.")
    beside = Path(path).with_name(f".{Path(path).name}.part")
    try:
        beside.unlink(missing_ok=True)
        kept = Store(beside, header)
        try:
            for family, cells, records in parts:
                kept.add(family, cells, records)
        finally:
            kept.close()
        beside.replace(path)
    except OSError as problem:
        raise _unwritable(path, problem) from problem
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _unwritable(path: str | PathLike[str], problem: OSError) -> StudyError:
    reason = (problem.strerror or "unknown").lower()
    return StudyError(f"The file {path} cannot be written ({reason}).", remedy="Check the folder.")


def read(path: str | PathLike[str]) -> tuple[dict[str, Any], Cells, int]:
    """Read a study file, finished or not: header, cells, and the length of what is intact.

    Raises
    ------
    StudyError
        If it is not a study file.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as problem:
        raise StudyError(
            f"The file {path} cannot be read ({(problem.strerror or 'unknown').lower()}).",
            remedy="Check the path.",
        ) from problem
    header: dict[str, Any] = {}
    cells: Cells = {}
    intact = 0
    for k, line in enumerate(content.split(b"\n")[:-1]):  # what follows the last line end was cut off
        try:
            said = json.loads(line)
            if k == 0:
                header = dict(said)
            else:
                _take(said, cells)
        except (ValueError, KeyError, TypeError):
            if k == 0:
                break
            raise StudyError(
                f"Line {k + 1} of {path} is damaged.", remedy="Delete it and the lines below, and go on."
            ) from None
        intact += len(line) + 1
    if header.get("schema") != SCHEMA:
        raise StudyError(
            f"The file {path} is not a study.",
            remedy="Give a file that sw.study(..., file=...) or Study.save wrote, or a new name.",
        )
    return header, cells, intact


def _take(said: Mapping[str, Any], cells: Cells) -> None:
    for one in said["cells"]:
        record = dict(one)
        cell = Cell(record.pop("fraction"), tuple(record.pop("chosen")), record.pop("first"))
        place = (said["family"], cell.fraction, cell.chosen)
        cells[place] = cell, {**cells.get(place, (cell, {}))[1], **record}


def _same(found: Mapping[str, Any], asked: Mapping[str, Any], path: Path) -> None:
    if found["data_hash"] != asked["data_hash"]:
        raise StudyError(
            f"The file {path} holds a study of other runs.", remedy="Give the same table, or a new file."
        )
    mine, theirs = asked["protocol"], found["protocol"]
    other = [name for name in mine if mine[name] != theirs.get(name)]
    if asked["law"]["formula"] != found["law"]["formula"]:
        other.insert(0, "law")
    if other:
        raise StudyError(
            f"The file {path} holds another study: {', '.join(other)} differ.",
            remedy="Ask for the same settings to go on with it, or give a new file.",
        )
