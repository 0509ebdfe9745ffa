"""The user's own evaluation logs: one row a sample or one a problem, brought to counts or to attempts."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike

import numpy as np
import pandas as pd

from scalewidgets.errors import TableError, quoted

from . import recognise, repairs
from .aliases import SAMPLES_WORDS
from .cells import take_over
from .columns import ATTEMPTS, SAMPLES, Column, tidy
from .files import INTERNAL, opened, remember_numbers, remember_source, source_of
from .findings import Finding, Source, several
from .recognise import Match
from .sample_cells import MEANS, read_counts, read_verdicts, refuse_negative
from .sample_doubts import sample_doubts
from .supplied import supplied
from .verdicts import tallies, verdicts

KEYS = ("source", "model", "benchmark", "problem_id")
"""Samples that agree in these are of one problem."""


def read_samples(
    path_or_frame: str | PathLike[str] | pd.DataFrame,
    columns: Mapping[str, object] | None = None,
    *,
    per: str = "problem",
    sheet: str | None = None,
) -> pd.DataFrame:
    """Read an evaluation log: which problems were solved, by how many of how many samples.

    Parameters
    ----------
    path_or_frame : path-like or DataFrame
        One row a sample (a problem and a verdict) or one a problem (its samples and successes), in any
        format of :func:`read_runs`. Logs of lm-evaluation-harness (samples), HumanEval-style results,
        ``code_eval`` of the BigCode harness, EvalPlus, BigCodeBench, LiveCodeBench, HELM (instances), OpenAI
        evals and Inspect (``.json``, ``.eval``) are recognised.
    columns : mapping, optional
        Which column is which: tidy name to a column name, ``(column name, unit)`` or a number for all
        rows. ``correct`` takes truth values, 0 and 1, C and I, passed and failed.
    per : {"problem", "sample"}
        What a row of the result is.
    sheet : str, optional
        Which sheet of a workbook.

    Returns
    -------
    DataFrame
        ``per="problem"``: tidy ``samples`` (:data:`scalewidgets.data.columns.SAMPLES`), tokens, cost and
        seconds being means of the samples, and ``sampling`` said where the counts tell. ``per="sample"``:
        ``attempts``, with answers and scores. ``.attrs`` holds ``kind``, ``columns`` and ``findings``.

    Raises
    ------
    TableError
        The table cannot be used; the sentence says file, row, column and remedy.
    """
    if per not in ("problem", "sample"):
        raise TableError(f"per is {quoted(per)}.", remedy='Use "problem" or "sample".')
    frame, source, found = opened(path_or_frame, sheet)
    frame, columns, said = supplied(source, frame, columns)
    found += said
    matches, remarks = recognise.recognise(
        source, list(frame.columns), columns, SAMPLES_WORDS, frame.attrs.get("units")
    )
    found += [source.finding("note", remark) for remark in remarks]
    counted = _counted(source, frame, matches)
    if frame.empty:
        raise source.refusal("there is a header but no row below it.", "Give one row per sample or problem.")
    frame = _one_filter(source, frame, matches, found)
    problems = _problems(source, frame, matches)
    names = {name: str(match.column) for name, match in matches.items()}
    if counted:
        if per == "sample":
            raise source.refusal(
                "there is one row a problem, and its samples are not told apart.",
                'Give one row per sample, or read it with per="problem".',
            )
        read = read_counts(source, frame, matches)
    else:
        read = read_verdicts(source, frame, matches, found)
    rest: dict[str, Match] = {name: match for name, match in matches.items() if name not in ("correct",)}
    take_over(source, frame, rest, read, found, SAMPLES_WORDS)
    read["problem_id"] = problems
    refuse_negative(source, read, names)
    if per == "sample":
        result = tidy(_only(read, ATTEMPTS), ATTEMPTS)
    else:
        result = _by_problem(source, tidy(_only(read, SAMPLES), SAMPLES), counted, found)
    if counted or per == "sample":  # what else stands beside a problem or a sample is kept behind
        used = {match.column for match in matches.values()} | set(result.columns)
        others = frame.loc[result.index, [column not in used for column in frame.columns]]
        result = pd.concat([result, others], axis=1)
    found += sample_doubts(source, result, read if not counted else None)
    result.attrs = {str(key): value for key, value in frame.attrs.items() if key not in INTERNAL}
    remember_source(result, source)
    result.attrs.update(kind="samples" if per == "problem" else "attempts", columns=names, findings=found)
    remember_numbers(result)
    return result


def _only(read: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    part: pd.DataFrame = read[[column.name for column in columns if column.name in read]]
    return part


def count_samples(attempts: pd.DataFrame) -> pd.DataFrame:
    """Count a table of attempts by problem: tidy ``samples``.

    Parameters
    ----------
    attempts : DataFrame
        From :func:`read_samples` with ``per="sample"``.
    """
    source = source_of(attempts)
    read = attempts.assign(n_samples=1.0, n_correct=attempts["correct"])
    counts = _by_problem(source, tidy(_only(read, SAMPLES), SAMPLES), False, [])
    counts.attrs = {**attempts.attrs, "kind": "samples"}
    return counts


def _counted(source: Source, frame: pd.DataFrame, matches: dict[str, Match]) -> bool:
    """Whether rows are counts; refuse a table that says neither counts nor verdicts."""
    if {"n_samples", "n_correct"} <= matches.keys():
        matches.pop("correct", None)
        return True
    if "correct" in matches and len(frame) and tallies(frame[matches["correct"].column]) is not None:
        return True
    if "correct" in matches:
        share = "n_samples" in matches
        for name in ("n_samples", "n_correct"):
            if not share:
                matches.pop(name, None)
        return share
    if "score" in matches and len(frame) and set(frame[matches["score"].column].dropna().unique()) <= {0, 1}:
        matches["correct"] = matches.pop("score")
        return False
    taken = {match.column for match in matches.values()}
    unread = [c for c in frame.columns if c not in taken and list(frame.columns).count(c) == 1]
    by_value = [
        column
        for column in unread
        if len(frame)
        and not pd.api.types.is_numeric_dtype(frame[column].dtype) | frame[column].isna().any()
        and not np.isnan((said := verdicts(frame[column])).judged).any()
        and not said.unread.any()
    ]
    by_value += [
        column for column in unread if len(frame) and pd.api.types.is_bool_dtype(frame[column].dtype)
    ]
    by_value = list(dict.fromkeys(by_value))
    if len(by_value) == 1:
        matches["correct"] = Match(by_value[0])
        return False
    shown = ", ".join(str(column)[:40] for column in frame.columns[:12])
    raise source.refusal(
        f"no column says whether a sample is right, nor how many of how many are. Found: {shown}.",
        'Say which does: columns={"correct": "..."} for one row a sample, columns={"n_samples": "...", '
        '"n_correct": "..."} for one row a problem.',
    )


def _one_filter(
    source: Source, frame: pd.DataFrame, matches: Mapping[str, Match], found: list[Finding]
) -> pd.DataFrame:
    """Keep one of the answer filters of lm-evaluation-harness: each logs every sample once more."""
    if "filter" not in frame.columns or "doc_id" not in frame.columns:
        return frame
    filters = list(frame["filter"].dropna().unique())
    if len(filters) < 2:
        return frame
    found.append(
        source.finding(
            "warning",
            f"Every sample stands {len(filters)} times, once for each filter "
            f"({', '.join(map(str, filters))}); only {filters[0]} is read.",
            'For another, pass the rows of it: frame[frame["filter"] == "..."].',
            column="filter",
        )
    )
    kept: pd.DataFrame = frame[frame["filter"] == filters[0]]
    return kept


def _problems(source: Source, frame: pd.DataFrame, matches: Mapping[str, Match]) -> pd.Series:
    if "problem_id" not in matches:
        shown = ", ".join(str(column)[:40] for column in frame.columns[:12])
        raise source.refusal(
            f"no column says which problem a row is about. Found: {shown}.",
            'Say which does: columns={"problem_id": "..."}.',
        )
    column = matches["problem_id"].column
    cells = frame[column]
    empty = cells.isna()
    if empty.any():
        label = cells.index[int(np.argmax(empty.to_numpy()))]
        offered = [] if empty.all() else [repairs.exclude(list(cells.index[empty]), source.row(label))]
        raise source.refusal(
            "the cell is empty, so nobody knows which problem this is.",
            "Fill it in" + (f", or {offered[0]['label'].lower()}." if offered else "."),
            label=label,
            column=str(column),
            repairs=offered,
        )
    if pd.api.types.is_float_dtype(cells.dtype) and (cells % 1 == 0).all():
        cells = cells.astype("int64")
    texts: pd.Series = cells.astype(str).astype("object")
    return texts


def _by_problem(source: Source, read: pd.DataFrame, counted: bool, found: list[Finding]) -> pd.DataFrame:
    """One row for each model and problem: counts added, the rest averaged over the samples."""
    keys = [name for name in KEYS if read[name].notna().any()]
    again = read.duplicated(keys)
    if counted and not again.any():
        return read
    if counted:
        label = read.index[int(np.argmax(again.to_numpy()))]
        found.append(
            source.finding(
                "warning",
                f"{several(int(again.sum()), 'row', 'repeats', 'repeat')} a model and problem "
                f"({source.row_word(label)} is the first); their counts are added.",
                "Exclude them if they are the same samples.",
                label=label,
            )
        )
    groups = read.groupby(keys, sort=False, dropna=False)
    result: pd.DataFrame = read[~again].copy()
    place = groups.ngroup().to_numpy()  # numbered as they come
    weights = read["n_samples"].to_numpy()
    size = int(place.max()) + 1
    for name in ("n_samples", "n_correct"):
        result[name] = np.bincount(place, read[name].to_numpy(), size)
    for name in MEANS:
        values = read[name].to_numpy()
        there = ~np.isnan(values)
        total = np.bincount(place[there], weights[there], size)
        with np.errstate(invalid="ignore"):
            result[name] = np.bincount(place[there], (values * weights)[there], size) / total
    return result
