"""The user's own table of systems: what was tried, how often it was right, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike

import numpy as np
import numpy.typing as npt
import pandas as pd

from scalewidgets.errors import quoted

from . import recognise, repairs
from .aliases import SYSTEMS_WORDS
from .cells import take_over, without_dollars
from .columns import SYSTEMS, tidy
from .files import INTERNAL, opened, remember_numbers, remember_source
from .findings import Finding, Source, number, several
from .recognise import Match
from .supplied import supplied
from .values import numbers

_AMOUNTS = ("cost_usd", "cost_per_task", "prompt_tokens", "completion_tokens", "seconds", "seconds_per_task")


def read_systems(
    path_or_frame: str | PathLike[str] | pd.DataFrame,
    columns: Mapping[str, object] | None = None,
    *,
    sheet: str | None = None,
) -> pd.DataFrame:
    """Read a table of systems: one row a configuration (and repeat) with accuracy and cost.

    Parameters
    ----------
    path_or_frame : path-like or DataFrame
        Any format of :func:`read_runs`: a leaderboard, a spreadsheet of one's own experiments.
    columns : mapping, optional
        Which column is which: tidy name to a column name, ``(column name, unit)`` or a number for all
        rows, as in ``{"n_tasks": 164}``.
    sheet : str, optional
        Which sheet of a workbook.

    Returns
    -------
    DataFrame
        Tidy ``systems`` (:data:`scalewidgets.data.columns.SYSTEMS`), the accuracy a share, cost, tokens
        and seconds those of all tasks together. ``.attrs`` holds ``kind``, ``columns`` and ``findings``.

    Raises
    ------
    TableError
        The table cannot be used; the sentence says file, row, column and remedy.

    Notes
    -----
    A missing standard error is that of a share of ``n_tasks``, sqrt(p (1 - p) / n). A cost of zero is
    free or unknown and becomes missing (code ``cost_unknown``), so that it wins no frontier.
    """
    frame, source, found = opened(path_or_frame, sheet)
    frame, columns, said = supplied(source, frame, columns)
    found += said
    matches, remarks = recognise.recognise(
        source, list(frame.columns), columns, SYSTEMS_WORDS, frame.attrs.get("units")
    )
    found += [source.finding("note", remark) for remark in remarks]
    _missing(source, frame, matches)
    if frame.empty:
        raise source.refusal("there is a header but no row below it.", "Give one row per configuration.")
    read = pd.DataFrame(index=frame.index)
    names = {name: str(match.column) for name, match in matches.items()}
    percent = _accuracy(source, frame, matches, read, found)
    for name in _AMOUNTS:
        if name in matches:
            read[name] = _amount(source, frame, matches[name])
    take_over(source, frame, matches, read, found, SYSTEMS_WORDS)
    _no_tasks(source, read, names)
    if percent and "accuracy_se" in read:
        read["accuracy_se"] = read["accuracy_se"] / 100.0
    _whole_benchmark(source, read, names, found)
    _names(source, read, found)
    _errors(source, read, found)
    _zero_cost(source, read, names, found)
    result: pd.DataFrame = tidy(read, SYSTEMS)
    used = {match.column for match in matches.values()} | set(result.columns)
    result = pd.concat([result, frame.loc[:, [column not in used for column in frame.columns]]], axis=1)
    result.attrs = {str(key): value for key, value in frame.attrs.items() if key not in INTERNAL}
    remember_source(result, source)
    result.attrs.update(kind="systems", columns=names, findings=[*found, *_doubts(source, result)])
    remember_numbers(result)
    return result


def _missing(source: Source, frame: pd.DataFrame, matches: Mapping[str, Match]) -> None:
    shown = ", ".join(str(column)[:40] for column in frame.columns[:12])
    if "accuracy" not in matches:
        raise source.refusal(
            f"no column was recognised as the accuracy. Found: {shown}.",
            'Say which is: columns={"accuracy": "..."}.',
        )
    if not {"system", "base_model", "strategy"} & matches.keys():
        raise source.refusal(
            f"no column says what was tried. Found: {shown}.", 'Say which does: columns={"system": "..."}.'
        )


def _accuracy(
    source: Source,
    frame: pd.DataFrame,
    matches: Mapping[str, Match],
    read: pd.DataFrame,
    found: list[Finding],
) -> bool:
    """Read the accuracy as a share; return whether it came in percent."""
    match = matches["accuracy"]
    column, cells = str(match.column), frame[match.column]
    decimal_comma = bool(frame.attrs.get("decimal_comma"))
    values = numbers(cells, suffixes=False, decimal_comma=decimal_comma, percent=True)
    share = values.floats * match.factor
    signed = values.has_unit
    bad = ~((share >= 0) & (share <= 100))
    if bad.any():
        label = cells.index[int(np.argmax(bad))]
        offered = [] if bad.all() else [repairs.exclude(list(cells.index[bad]), source.row(label))]
        cell = cells.loc[label]
        what = "the cell is empty" if pd.isna(cell) else f"{_shown(cell)} is not an accuracy"
        many = f" (the first of {int(bad.sum()):,} such rows)" if bad.sum() > 1 else ""
        raise source.refusal(
            f"{what}{many}.",
            "Give a share or a percentage" + (f", or {offered[0]['label'].lower()}." if offered else "."),
            label=label,
            column=column,
            repairs=offered,
        )
    percent = bool((share[~signed] > 1).any())
    if percent:
        below = ~signed & (share > 0) & (share < 1)
        share = np.where(signed, share, share / 100.0)
        found.append(source.finding("note", f"{column} is in percent and divided by 100.", column=column))
        if below.any():
            label = cells.index[int(np.argmax(below))]
            found.append(
                source.finding(
                    "warning",
                    f"{int(below.sum()):,} values of {column} lie between 0 and 1 among percentages "
                    f"({source.row_word(label)}: {cells.loc[label]}) and are read as less than 1 %.",
                    "If they are shares, multiply them by 100.",
                    column=column,
                    label=label,
                )
            )
    elif signed.any():
        found.append(
            source.finding("note", f"{column} is written in percent and divided by 100.", column=column)
        )
    read["accuracy"] = share
    return percent or bool(signed.any())


def _shown(cell: object) -> str:
    return quoted(cell) if isinstance(cell, str) else f"{cell:g}"


def _amount(source: Source, frame: pd.DataFrame, match: Match) -> npt.NDArray[np.float64]:
    """Read money, tokens or time; a dollar sign is allowed, a negative amount is not."""
    cells = frame[match.column]
    cells = without_dollars(cells)
    values = numbers(cells, suffixes=True, decimal_comma=bool(frame.attrs.get("decimal_comma")))
    amount = values.floats * match.factor
    bad = values.is_text | (amount < 0) | np.isinf(amount)
    if bad.any():
        label = cells.index[int(np.argmax(bad))]
        offered = [] if bad.all() else [repairs.exclude(list(cells.index[bad]), source.row(label))]
        cell = frame[match.column].loc[label]
        raise source.refusal(
            f"{_shown(cell)} is not an amount of zero or more.",
            "Correct it, leave it empty" + (f", or {offered[0]['label'].lower()}." if offered else "."),
            label=label,
            column=str(match.column),
            repairs=offered,
        )
    return amount


def _no_tasks(source: Source, read: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Refuse an accuracy over no task at all."""
    bad = (
        ~(read["n_tasks"] >= 1) & read["n_tasks"].notna()
        if "n_tasks" in read
        else pd.Series(False, read.index)
    )
    if not bad.any():
        return
    label = read.index[int(np.argmax(bad.to_numpy()))]
    offered = [] if bad.all() else [repairs.exclude(list(read.index[bad]), source.row(label))]
    raise source.refusal(
        f"{number(float(read['n_tasks'][label]))} tasks have no accuracy.",
        "Correct it, leave it empty" + (f", or {offered[0]['label'].lower()}." if offered else "."),
        label=label,
        column=names["n_tasks"],
        repairs=offered,
    )


def _whole_benchmark(source: Source, read: pd.DataFrame, names: dict[str, str], found: list[Finding]) -> None:
    """Bring what is given for one task to all tasks."""
    for one, whole in (("cost_per_task", "cost_usd"), ("seconds_per_task", "seconds")):
        if one not in read:
            continue
        values = read.pop(one)
        if whole in read and read[whole].notna().any():
            continue
        if "n_tasks" not in read:
            raise source.refusal(
                f"{names[one]} is for one task, and the number of tasks is not known.",
                'Say it: columns={"n_tasks": 164}.',
                column=names[one],
            )
        read[whole] = values * read["n_tasks"]
        names[whole] = names.pop(one)
        found.append(
            source.finding(
                "note", f"{names[whole]} is multiplied by the number of tasks.", column=names[whole]
            )
        )


def _names(source: Source, read: pd.DataFrame, found: list[Finding]) -> None:
    if "system" not in read:
        parts = [read[name] for name in ("strategy", "base_model", "effort") if name in read]
        words = [[str(word) for word in row if not pd.isna(word)] for row in zip(*parts, strict=True)]
        read["system"] = [": ".join(row[:2]) + (f", {row[2]}" if len(row) > 2 else "") for row in words]
        found.append(source.finding("note", "A system is named by its strategy, model and effort."))
    keys = [name for name in ("system", "benchmark", "effort", "strategy") if name in read]
    if "repeat" not in read:
        groups = read.groupby(keys, sort=False, dropna=False)
        read["repeat"] = (groups.cumcount() + 1).astype(str).astype("object")
        again = int((read["repeat"] != "1").sum())
        if again:
            found.append(
                source.finding(
                    "note",
                    several(again, "row", "repeats a system", "repeat a system")
                    + " and count as repeats of it.",
                )
            )


def _errors(source: Source, read: pd.DataFrame, found: list[Finding]) -> None:
    if "accuracy_se" in read and read["accuracy_se"].notna().all():
        return
    if "n_tasks" not in read:
        found.append(
            source.finding(
                "warning",
                "The number of tasks is not known, and with it the error of the accuracies.",
                'Say it: columns={"n_tasks": 164}.',
            )
        )
        return
    share = read["accuracy"]
    own: pd.Series = (share * (1 - share) / read["n_tasks"]) ** 0.5
    given = read.get("accuracy_se", own)
    read["accuracy_se"] = given.where(given.notna(), own)
    found.append(source.finding("note", "accuracy_se is that of a share of n_tasks, sqrt(p (1 - p) / n)."))


def _zero_cost(source: Source, read: pd.DataFrame, names: Mapping[str, str], found: list[Finding]) -> None:
    if "cost_usd" not in read:
        return
    zero = read["cost_usd"] == 0
    if not zero.any():
        return
    label = read.index[int(np.argmax(zero.to_numpy()))]
    read.loc[zero, "cost_usd"] = np.nan
    if "note" not in read:
        read["note"] = pd.Series(None, read.index, dtype="object")
    noted = read.loc[zero, "note"]
    read["note"] = read["note"].astype("object")
    read.loc[zero, "note"] = ["cost_unknown" if pd.isna(old) else f"{old} cost_unknown" for old in noted]
    found.append(
        source.finding(
            "warning",
            f"{several(int(zero.sum()), 'system', 'costs', 'cost')} nothing "
            f"({source.row_word(label)} is the first): free or unknown, so the cost is left empty.",
            "Give the list price if it is known.",
            column=names.get("cost_usd", "cost_usd"),
            label=label,
        )
    )


def _doubts(source: Source, systems: pd.DataFrame) -> list[Finding]:
    found = []
    n, cost = systems["n_tasks"], systems["cost_usd"]
    if n.notna().any() and n.min() < 100:
        found.append(
            source.finding(
                "warning",
                f"{number(float(n.min()))} tasks tell accuracies apart only by "
                f"{100 * 1.96 / np.sqrt(float(n.min())):.0f} points or so.",
                "Repeat the runs, or use more tasks.",
                column="n_tasks",
            )
        )
    benchmarks = list(systems["benchmark"].dropna().unique())
    if len(benchmarks) > 1:
        names = ", ".join(map(str, benchmarks[:3]))
        found.append(
            source.finding(
                "warning",
                f"There are {len(benchmarks)} benchmarks ({names}).",
                "Compare systems on one of them at a time.",
                column="benchmark",
            )
        )
    if cost.notna().sum() > 2 and cost.max() / cost[cost > 0].min() > 1e6:
        found.append(
            source.finding(
                "warning",
                f"Costs run from {number(float(cost.min()), 'dollars')} to "
                f"{number(float(cost.max()), 'dollars')}: "
                "prices of one task and of all may be mixed.",
                "Bring all rows to the whole benchmark.",
                column="cost_usd",
            )
        )
    if len(systems) == 1:
        found.append(source.finding("warning", "One system has nothing to be compared with."))
    return found
