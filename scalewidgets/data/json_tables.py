"""Tables written as JSON lines, as one JSON document, or as the log of an evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from . import harnesses
from .containers import members_of
from .delimited import MAX_COLUMNS
from .findings import Source
from .json_rows import alike
from .texts import text_of

MAX_DEPTH = 6
"""Objects nested deeper than this stay text."""

Record = dict[str, Any]


def json_table(source: Source, text: str, suffix: str) -> tuple[pd.DataFrame, Source, list[str]]:
    """Read JSON as a table, one row an object; nested objects become columns with dots in their names.

    Parameters
    ----------
    source : Source
        For the sentences.
    text : str
        JSON lines (``.jsonl``, ``.ndjson``), or one document: a list of objects, an object of
        columns, an object that holds one list of objects, or a log of an evaluation.
    suffix : str
        Of the file: decides where both could be meant.

    Returns
    -------
    frame, source, remarks
        Index label 0 is the first line, or the first object.

    Raises
    ------
    TableError
        A line is not JSON, the file is cut short, or there are no objects in it.
    """
    source = Source(source.name, source.path, 1)
    remarks: list[str] = []
    if suffix in (".jsonl", ".ndjson") or (suffix != ".json" and _looks_like_lines(text)):
        found = alike(text)
        if found is not None and not harnesses.is_event(found[1]):
            frame = pd.DataFrame(found[1], index=pd.Index(found[0], dtype="int64"))
            return frame, source, remarks
        labels, records = _lines(source, text)
    else:
        records = _records(source, _parsed(source, text, None))
        labels = list(range(len(records)))
    labels, records, said = harnesses.flat(source, labels, records)
    remarks += said
    if not records:
        raise source.refusal("there is no row in the file.", "Give one object per run.")
    return _frame(source, labels, records), source, remarks


def eval_log(source: Source, data: bytes) -> tuple[pd.DataFrame, Source, list[str]]:
    """Read a ``.eval`` archive of Inspect: ``header.json`` and one file a sample."""
    source = Source(source.name, source.path, 1)
    header = _member(source, members_of(source, data, "header.json").get("header.json", b""))
    samples = [_member(source, content) for content in members_of(source, data, "samples/").values()]
    if not isinstance(header, dict) or not samples:
        raise source.refusal("the evaluation log holds no samples.", "Check that the run ended.")
    records, remarks = harnesses.inspect_samples({**header, "samples": samples})
    return _frame(source, list(range(len(records))), records), source, remarks


def _member(source: Source, content: bytes) -> Any:
    return _parsed(source, text_of(source, content, long_lines=True)[0], None)


def _looks_like_lines(text: str) -> bool:
    first, _, rest = text.lstrip().partition("\n")
    return first.startswith("{") and first.rstrip().endswith("}") and rest.lstrip().startswith("{")


def _lines(source: Source, text: str) -> tuple[list[int], list[Record]]:
    labels, records = [], []
    # Not splitlines: a string in JSON may hold the other characters that it splits at.
    for label, line in enumerate(text.split("\n")):
        if not line.strip():
            continue
        try:
            record, after = _DECODER.scan_once(line, 0)
        except (_Twice, StopIteration, ValueError, RecursionError):
            after = 0
        if after != len(line):
            # Spaces around it, or something that needs a sentence.
            record = _parsed(source, line, label)
        if not isinstance(record, dict):
            raise source.refusal(
                f"this is {_kind(record)}, not an object with names and values.",
                'Write {"params": ..., "tokens": ..., "loss": ...} in every line.',
                label=label,
            )
        labels.append(label)
        records.append(record)
    return labels, records


def _parsed(source: Source, text: str, label: int | None) -> Any:
    try:
        return _DECODER.decode(text)
    except _Twice as problem:
        raise source.refusal(
            f"the name {problem} stands twice in one object.",
            "Rename one of them, so that it is clear which is meant.",
            label=label,
        ) from None
    except json.JSONDecodeError as problem:
        at = problem.pos
        ended = at >= len(text.rstrip()) or problem.msg.startswith("Unterminated")
        where = f"at character {at + 1:,}" if label is not None else f"in line {problem.lineno:,}"
        what = (
            "the JSON ends in the middle" if ended else f"this is not JSON ({problem.msg.lower()}, {where})"
        )
        remedy = "The file may be cut short: save it again." if ended else "Correct it there."
        raise source.refusal(f"{what}.", remedy, label=label) from None
    except RecursionError:
        raise source.refusal(
            "the JSON is nested too deeply for a table.", "Give one flat object per run.", label=label
        ) from None
    except ValueError:  # whole numbers of thousands of digits
        raise source.refusal("a number has too many digits.", "Correct it.", label=label) from None


class _Twice(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> Record:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


_DECODER: Any = json.JSONDecoder(
    object_pairs_hook=_once
)  # one for all lines: making it costs more than using it


def _records(source: Source, document: Any) -> list[Record]:
    """Find the rows in a document."""
    if isinstance(document, list):
        if all(isinstance(entry, dict) for entry in document):
            return document
        at = next(place for place, entry in enumerate(document) if not isinstance(entry, dict))
        raise source.refusal(
            f"entry {at + 1} of the list is {_kind(document[at])}, not an object with names and values.",
            'Write {"params": ..., "tokens": ..., "loss": ...} for every run.',
        )
    if not isinstance(document, dict):
        raise source.refusal(f"the file holds {_kind(document)}, not a table.", "Give a list of objects.")
    if harnesses.is_inspect(document) or harnesses.is_code_eval(document):
        return [document]
    lists = {name: value for name, value in document.items() if isinstance(value, list)}
    tables = [value for value in lists.values() if value and all(isinstance(row, dict) for row in value)]
    if len(tables) == 1:
        return list(tables[0])
    if document and len(lists) == len(document) and len({len(value) for value in lists.values()}) == 1:
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    if document and all(isinstance(value, dict) for value in document.values()):
        return _by_name(document)
    return [document]


def _by_name(document: Mapping[str, Record]) -> list[Record]:
    """Columns by row number, as pandas writes a frame, or objects by their name."""
    inner = list(next(iter(document.values())))
    if inner and all(str(name).isdigit() for name in inner):
        return [{name: column.get(row) for name, column in document.items()} for row in inner]
    return [{"name": name, **record} if "name" not in record else record for name, record in document.items()]


def _frame(source: Source, labels: list[int], records: Sequence[Record]) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {}
    for position, record in enumerate(records):
        for name, value in _flat(record):
            if name not in columns:
                if len(columns) >= MAX_COLUMNS:
                    raise source.refusal(
                        f"the objects have more than {MAX_COLUMNS:,} names among them.",
                        "Give every run the same names.",
                    )
                columns[name] = [None] * len(records)
            columns[name][position] = value
    frame: pd.DataFrame = pd.DataFrame(
        {name: _column(values) for name, values in columns.items()},
        index=pd.Index(labels, dtype="int64"),
    )
    return frame


def _flat(record: Record) -> Iterable[tuple[str, Any]]:
    if not any(isinstance(value, dict | list) for value in record.values()):
        return record.items()
    found: list[tuple[str, Any]] = []
    stack: list[tuple[str, Any, int]] = [(str(name), value, 1) for name, value in reversed(record.items())]
    while stack:
        name, value, depth = stack.pop()
        if isinstance(value, dict) and value and depth < MAX_DEPTH:
            stack += [(f"{name}.{key}", inner, depth + 1) for key, inner in reversed(value.items())]
        elif isinstance(value, list | dict):
            found.append((name, json.dumps(value, ensure_ascii=False)))
        else:
            found.append((name, value))
    return found


def _column(values: list[Any]) -> Any:
    """Numbers as numbers, truth values as truth values, all else as it is."""
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int, float}:
        # float64 throughout: whole numbers of JSON may exceed 64 bits.
        try:
            return np.array([np.nan if value is None else float(value) for value in values])
        except OverflowError:
            pass
    return pd.Series(values, dtype="object").to_numpy()


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    words = {bool: "a truth value", str: "a text", int: "a number", float: "a number", list: "a list"}
    return words.get(type(value), "something else")
