"""Reading a table of configurations for a frontier: names, repeats, units, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scalewidgets.errors import TableError, close_matches, either, quoted

from .checks import Array

__all__: list[str] = []

_ALIASES = {
    "dollars": ("dollars", "cost_usd", "usd", "cost_dollars"),
    "accuracy": ("accuracy", "acc"),
}
_SHARES = ("accuracy", "acc", "coverage", "pass_rate")


@dataclass(frozen=True, eq=False)
class Systems:
    """Configurations with a cost and a value.

    ``cost_rows`` and ``value_rows`` hold the repeats of each; ``errors`` the standard error of one run, NaN
    if unknown.
    """

    names: tuple[str, ...]
    cost: Array
    value: Array
    cost_rows: tuple[Array, ...]
    value_rows: tuple[Array, ...]
    errors: Array
    cost_unit: str
    left_out: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_systems(frame: pd.DataFrame, cost: str, value: str, by: str | Sequence[str] | None) -> Systems:
    """Read a table; see :func:`scalewidgets.testtime.frontier` for what is refused."""
    price, cost_unit, notes = _cost(frame, cost)
    reached_column = _column(frame, value)
    reached = _numbers(frame, reached_column)
    if value in _SHARES:
        _check_shares(reached, reached_column)
    _check_one_unit(frame)
    labels = _labels(frame, by)
    spread = _error_of_a_run(frame, reached)
    kept = np.isfinite(price) & (price > 0) & np.isfinite(reached)
    group, every = pd.factorize(np.array(labels, dtype=object))
    below = np.bincount(group, price < 0, len(every)) > 0
    kept &= ~below[group]
    known = np.bincount(group, kept, len(every)) > 0
    priced = np.bincount(group, np.isfinite(price) & (price > 0), len(every)) > 0
    left_out = {
        str(every[i]): "its cost is negative" if below[i]
        else f"its {value} is not known" if priced[i]
        else "its cost is 0 or not known"
        for i in np.flatnonzero(~known)
    }  # fmt: skip
    # Rows side by side, group after group, in the order in which the groups first stand in the table.
    rows = np.flatnonzero(kept)[np.argsort(group[kept], kind="stable")]
    size = np.bincount(group[rows], minlength=len(every))[known]
    starts = np.cumsum(np.append(0, size))[:-1]
    cost_rows, value_rows = (tuple(np.split(part[rows], starts[1:])) for part in (price, reached))
    if not size.size:
        cost_rows = value_rows = ()
    cost_mean, value_mean, error = (
        (np.add.reduceat(part[rows], starts) if size.size else np.empty(0)) / size
        for part in (price, reached, spread**2)
    )
    if "date" in frame.columns and cost_unit == "dollars":
        dates = sorted({str(day) for day in frame["date"].dropna()})
        if len(dates) > 1:
            notes.append(f"Prices are of different days, {dates[0]} to {dates[-1]}.")
    return Systems(
        tuple(str(name) for name in every[known]), cost_mean, value_mean, cost_rows, value_rows,
        np.sqrt(error), cost_unit, left_out, tuple(notes),
    )  # fmt: skip


def _cost(frame: pd.DataFrame, cost: str) -> tuple[Array, str, list[str]]:
    parts = ("prompt_tokens", "completion_tokens")
    if cost == "tokens" and cost not in frame.columns and all(name in frame.columns for name in parts):
        return _numbers(frame, parts[0]) + _numbers(frame, parts[1]), cost, ["Tokens of prompts and answers."]
    return _numbers(frame, _column(frame, cost)), cost, []


def _column(frame: pd.DataFrame, name: str) -> str:
    for candidate in (name, *_ALIASES.get(name, ())):
        if candidate in frame.columns:
            return candidate
    known = [str(column) for column in frame.columns]
    close = close_matches(name, known)
    raise TableError(
        f"The table has no column {quoted(name)}.",
        column=name,
        remedy=f"Did you mean {either(close)}?" if close else f"It has {', '.join(known[:12])}.",
    )


def _numbers(frame: pd.DataFrame, column: str) -> Array:
    try:
        found = pd.to_numeric(frame[column]).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise TableError(
            f"The column {quoted(column)} holds texts, so its unit may change from row to row.",
            column=column,
            remedy="Give numbers in one unit.",
        ) from None
    return np.asarray(found)


def _check_shares(value: Array, column: str) -> None:
    seen = value[np.isfinite(value)]
    if (seen < 0).any() or (seen > 1).any():
        mixed = (seen > 1).any() and ((seen > 0) & (seen < 1)).any()
        words = "mixes shares and percentages" if mixed else "is not a share between 0 and 1"
        raise TableError(
            f"The column {quoted(column)} {words}: it reaches {seen.max():g}.",
            column=column,
            remedy="Divide percentages by 100.",
        )


def _check_one_unit(frame: pd.DataFrame) -> None:
    for column, words in (
        ("benchmark", "accuracies of several benchmarks are not comparable"),
        ("n_tasks", "costs of all tasks together are in mixed units"),
        ("cost_unit", "costs are in mixed units"),
        ("currency", "costs are in mixed units"),
    ):
        if column in frame.columns and len(frame[column].dropna().unique()) > 1:
            seen = [str(item) for item in frame[column].dropna().unique()[:4]]
            raise TableError(
                f"The column {quoted(column)} has several values ({', '.join(seen)}): {words}.",
                column=column,
                remedy="Keep the rows of one, or divide by what differs.",
            )


def _labels(frame: pd.DataFrame, by: str | Sequence[str] | None) -> list[str]:
    if by is None:
        for name in ("system", "configuration", "model"):
            if name in frame.columns:
                return [str(item) for item in frame[name]]
        return [str(item) for item in frame.index]
    columns = [by] if isinstance(by, str) else list(by)
    for name in columns:
        _column(frame, name)
    return [", ".join(str(item) for item in row) for row in frame[columns].itertuples(index=False)]


def _error_of_a_run(frame: pd.DataFrame, value: Array) -> Array:
    """Standard error of each row's value over problems: said by the table, or binomial."""
    said = np.full(len(frame), np.nan)
    if "accuracy_se" in frame.columns:
        said = _numbers(frame, "accuracy_se")
    if "n_tasks" in frame.columns:
        tasks = _numbers(frame, "n_tasks")
        with np.errstate(invalid="ignore", divide="ignore"):
            binomial = np.sqrt(value * (1 - value) / tasks)
        said = np.where(np.isfinite(said), said, binomial)
    return np.asarray(said)
