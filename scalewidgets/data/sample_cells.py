"""Cells of evaluation logs: verdicts and counts, read or refused with a place, a remedy and a repair."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from scalewidgets.errors import quoted

from . import repairs
from .findings import Finding, Source, number
from .recognise import Match
from .values import numbers
from .verdicts import tallies, verdicts

MEANS = (
    "params",
    "train_tokens",
    "flops_per_sample",
    "prompt_tokens",
    "completion_tokens",
    "cost_usd",
    "seconds",
)
"""Columns that are averaged over the samples of a problem."""


def _frame(like: pd.DataFrame, columns: Mapping[str, npt.NDArray[np.float64]]) -> pd.DataFrame:
    table: pd.DataFrame = pd.DataFrame(dict(columns), index=like.index)
    return table


def read_verdicts(
    source: Source, frame: pd.DataFrame, matches: Mapping[str, Match], found: list[Finding]
) -> pd.DataFrame:
    """Read which samples are right; a sample without a verdict is a refusal with two ways out."""
    column = str(matches["correct"].column)
    cells = frame[matches["correct"].column]
    read = verdicts(cells)
    silent = np.isnan(read.judged)
    if silent.any():
        first = int(np.argmax(read.unread if read.unread.any() else silent))
        label, row = cells.index[first], source.row(cells.index[first])
        labels = list(cells.index[silent])
        what = (
            f"{quoted(cells.iloc[first])} says neither right nor wrong"
            if read.unread[first]
            else "the cell is empty, so nobody knows whether the sample is right"
        )
        many = f" (the first of {len(labels):,} such rows)" if len(labels) > 1 else ""
        offered = [repairs.count_as_wrong(column, labels, row)]
        offered += [] if len(labels) == len(cells) else [repairs.exclude(labels, row)]
        raise source.refusal(
            f"{what}{many}.",
            f"Give 0 or 1, {' or '.join(repair['label'].lower() for repair in offered)}.",
            label=label,
            column=column,
            repairs=offered,
        )
    if read.partial:
        found.append(
            source.finding(
                "note", f"{read.partial:,} samples are partly right and count as wrong.", column=column
            )
        )
    right = read.judged
    return _frame(frame, {"correct": right, "n_samples": np.ones(len(right)), "n_correct": right})


def read_counts(source: Source, frame: pd.DataFrame, matches: dict[str, Match]) -> pd.DataFrame:
    """Read samples and successes of each problem, checked against each other."""
    if "correct" in matches and (listed := tallies(frame[matches["correct"].column])) is not None:
        matches.pop("n_samples", None)
        matches.pop("n_correct", None)
        return _frame(frame, {"n_samples": listed[0], "n_correct": listed[1]})
    read: dict[str, npt.NDArray[np.float64]] = {}
    for name in ("n_samples", "n_correct"):
        if name not in matches:
            continue
        cells = frame[matches[name].column]
        values = numbers(cells, suffixes=True, decimal_comma=bool(frame.attrs.get("decimal_comma")))
        read[name] = values.floats * matches[name].factor
        least = 1 if name == "n_samples" else 0
        bad = ~((read[name] >= least) & (read[name] <= 1e12) & (np.floor(read[name]) == read[name]))
        _refuse(source, frame, bad, matches[name], f"must be a whole number, {least} or more")
    if "n_correct" not in read:
        cells = frame[matches["correct"].column]
        values = numbers(cells, suffixes=False, percent=True)
        share = values.floats
        solved = share * read["n_samples"]
        within = (share >= 0) & (share <= 1)
        solved = np.where(within, solved, 0.0)  # infinite ones have no fraction
        bad = ~(within & (np.abs(solved - np.round(solved)) < 0.02))
        _refuse(source, frame, bad, matches["correct"], "is not the share of a whole number of samples")
        read["n_correct"] = np.round(solved)
    over = read["n_correct"] > read["n_samples"]
    if over.any():
        at = int(np.argmax(over))
        label = frame.index[at]
        offered = [] if over.all() else [repairs.exclude(list(frame.index[over]), source.row(label))]
        raise source.refusal(
            f"{number(read['n_correct'][at])} successes of {number(read['n_samples'][at])} samples cannot be"
            + (f" (the first of {int(over.sum()):,} such rows)." if over.sum() > 1 else "."),
            "Check which column is which" + (f", or {offered[0]['label'].lower()}." if offered else "."),
            label=label,
            column=str(matches["n_correct"].column) if "n_correct" in matches else None,
            repairs=offered,
        )
    return _frame(frame, read)


def _refuse(source: Source, frame: pd.DataFrame, bad: npt.NDArray[np.bool_], match: Match, rule: str) -> None:
    if not bad.any():
        return
    label = frame.index[int(np.argmax(bad))]
    labels = list(frame.index[bad])
    offered = [] if bad.all() else [repairs.exclude(labels, source.row(label))]
    cell = frame[match.column].loc[label]
    many = f" (the first of {len(labels):,} such rows)" if len(labels) > 1 else ""
    raise source.refusal(
        f"{quoted(cell) if isinstance(cell, str) else f'{cell:g}'} {rule}{many}.",
        "Correct it" + (f", or {offered[0]['label'].lower()}." if offered else "."),
        label=label,
        column=str(match.column),
        repairs=offered,
    )


def refuse_negative(source: Source, read: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Refuse tokens, prices and times below zero or without end."""
    for name in MEANS:
        if name not in read:
            continue
        bad = (read[name] < 0) | np.isinf(read[name])
        if not bad.any():
            continue
        label = read.index[int(np.argmax(bad.to_numpy()))]
        offered = [] if bad.all() else [repairs.exclude(list(read.index[bad]), source.row(label))]
        value = float(read[name][label])
        raise source.refusal(
            "the value is infinite." if np.isinf(value) else f"{number(value)} is below zero.",
            "Correct it, or leave it empty" + (f", or {offered[0]['label'].lower()}." if offered else "."),
            label=label,
            column=names.get(name, name),
            repairs=offered,
        )
