"""Charts exported from Weights & Biases: one column a run, brought to one row a run and step.

Such a file has a first column for the step and, for every run, a column ``run - metric`` with
``run - metric__MIN`` and ``run - metric__MAX`` beside it; a cell is empty where the run has no value.
"""

from __future__ import annotations

import re
from collections.abc import Hashable

import numpy as np
import pandas as pd

from .findings import Finding, Source

STEPS = ("step", "_step", "trainer/global_step", "global_step", "train/global_step")
"""Names of the first column where it counts optimiser steps."""

_EXTREMES = re.compile(r"__(?:MIN|MAX)$")
_RUN_METRIC = re.compile(r"^(.*\S) - (\S.*)$")
_OTHER_AXES = re.compile(
    r"relative time|wall time|_runtime|_timestamp|epoch|tokens|flop|examples|samples", re.I
)


def is_wide(frame: pd.DataFrame) -> bool:
    """Whether a frame is such an export, by its column names alone."""
    names = [str(name) for name in frame.columns]
    metrics = [name for name in names[1:] if _RUN_METRIC.match(name)]
    if not names or not metrics:
        return False
    first = names[_axis(frame)]
    axis = first.strip().casefold() in STEPS or bool(_OTHER_AXES.search(first))
    extremes = sum(1 for name in metrics if _EXTREMES.search(name))
    return (axis or extremes > 0) and len(metrics) >= 0.6 * (len(names) - 1)


def _axis(frame: pd.DataFrame) -> int:
    """Where the axis stands: the first column that counts steps, or the first of all."""
    names = [str(name).strip().casefold() for name in frame.columns]
    return next((at for at, name in enumerate(names) if name in STEPS), 0)


def unpivoted(source: Source, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Give a chart export one row for each run and step; any other frame comes back as it is.

    Parameters
    ----------
    source : Source
        For the findings.
    frame : DataFrame
        The columns as they are in the file.

    Returns
    -------
    frame, findings
        Columns ``run``, the axis, and each metric; index labels name run and step, as rows of several
        runs come from one row of the file. Findings say what was left out.
    """
    if not is_wide(frame):
        return frame, []
    place = _axis(frame)
    axis = frame.columns[place]
    extremes: list[Hashable] = []
    own_axis: list[Hashable] = []
    others: list[Hashable] = []
    metrics: dict[str, dict[str, int]] = {}
    for at, column in enumerate(frame.columns):
        if at == place:
            continue
        split = _RUN_METRIC.match(str(column))
        if split is None:
            others.append(column)
        elif _EXTREMES.search(str(column)):
            extremes.append(column)
        elif split[2].strip().casefold() in STEPS:
            own_axis.append(column)
        else:
            metrics.setdefault(split[1].strip(), {}).setdefault(split[2].strip(), at)
    pieces = []
    empty: list[str] = []
    for run, columns in metrics.items():
        values = frame.iloc[:, list(columns.values())]
        values.columns = pd.Index(list(columns), dtype="object")
        there = values.notna().any(axis=1).to_numpy()
        if not there.any():
            empty.append(run)
            continue
        piece = values[there]
        piece.insert(0, "run", run)
        piece.insert(1, str(axis), frame.iloc[:, place][there])
        pieces.append(piece)
    if not pieces:
        return frame, []
    tall = pd.concat(pieces)
    tall.index = pd.Index(_labels(tall, str(axis)), dtype="object")
    tall.attrs.update(frame.attrs)
    tall.attrs["wandb"] = True
    return tall, _findings(source, tall, str(axis), extremes, own_axis, others, empty)


def _labels(tall: pd.DataFrame, axis: str) -> list[str]:
    """``run, step 100``; a number behind it where the same step stands twice."""
    word = "step" if axis.strip().casefold() in STEPS else axis
    labels = [f"{run}, {word} {_plain(at)}" for run, at in zip(tall["run"], tall[axis], strict=True)]
    if len(set(labels)) == len(labels):
        return labels
    again = tall.assign(label=labels).groupby("label").cumcount().to_numpy()
    return [
        label if not count else f"{label} ({count + 1})" for label, count in zip(labels, again, strict=True)
    ]


def _plain(value: object) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _findings(
    source: Source,
    tall: pd.DataFrame,
    axis: str,
    extremes: list[Hashable],
    own_axis: list[Hashable],
    others: list[Hashable],
    empty: list[str],
) -> list[Finding]:
    runs = tall["run"].nunique()
    metrics = [str(name) for name in tall.columns[2:]]
    found = [
        source.finding(
            "note",
            f"Read as a chart exported from Weights & Biases: {runs:,} {'run' if runs == 1 else 'runs'} "
            f"({', '.join(map(str, tall['run'].unique()[:3]))}{', ...' if runs > 3 else ''}), one column "
            f"each, become {len(tall):,} rows with {', '.join(metrics[:4])}.",
        )
    ]
    if extremes:
        found.append(
            source.finding(
                "note",
                f"{len(extremes):,} columns __MIN and __MAX are left out: they are extremes of the "
                "smoothing, not losses of a model.",
            )
        )
    if own_axis:
        found.append(source.finding("note", f"{len(own_axis):,} columns repeat the step and are left out."))
    if others:
        shown = ", ".join(str(name) for name in others[:4])
        found.append(
            source.finding(
                "warning",
                f"{shown} {'belongs' if len(others) == 1 else 'belong'} to no run and "
                f"{'is' if len(others) == 1 else 'are'} left out.",
                "Name it as run - metric, or read the file with pandas.",
            )
        )
    if empty:
        found.append(
            source.finding(
                "warning",
                f"{', '.join(empty[:4])}{', ...' if len(empty) > 4 else ''}: no value in any row, left out.",
            )
        )
    if axis.strip().casefold() not in STEPS:
        found.append(
            source.finding("note", f"The first column is {axis}, not the step; it is kept under its name.")
        )
    if len(metrics) > 1 and tall[metrics].isna().any().any():
        found.append(
            source.finding("note", "Runs do not have every metric at every step; such cells are empty.")
        )
    return found
