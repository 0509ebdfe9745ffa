"""The user's own table of runs: recognised, checked, completed, or refused with a sentence."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from os import PathLike

import numpy as np
import numpy.typing as npt
import pandas as pd

from scalewidgets.errors import TableError, quoted

from . import recognise, repairs
from .columns import RUNS, tidy
from .files import read_table, remember_source, source_of
from .findings import Finding, Source, as_error, as_table, doubts, number
from .values import numbers

PERPLEXITY_FROM = 12.0
"""A loss above this many nats per token is worse than a uniform guess over 160,000 tokens."""

BEYOND_ANY_RUN = 1e60
"""Numbers this large, or as small as its inverse, are slips; their products would overflow."""

_INPUTS = ("params", "tokens", "flops")


def read_runs(
    path_or_frame: str | PathLike[str] | pd.DataFrame, columns: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """Read a table of training runs.

    Parameters
    ----------
    path_or_frame : path-like or DataFrame
        A CSV or TSV file, or a frame. One row a run (or checkpoint), with a loss and two of
        parameters, tokens and training FLOP.
    columns : mapping, optional
        Which column is which, where the names do not say it: tidy name or symbol to column name,
        or to ``(column name, unit)`` as in ``{"params": ("size", "B")}``.

    Returns
    -------
    DataFrame
        Tidy ``runs`` columns and behind them the columns that were not recognised; the index is
        that of the frame, or counts the rows of the file below the header. ``.attrs`` holds
        ``source_name``, ``columns`` (what was recognised, tidy name to column name) and
        ``findings``.

    Raises
    ------
    TableError
        The table cannot be used: the sentence says file, row, column and remedy, and ``repairs``
        what a button could do about it (:func:`apply_repair`).

    Notes
    -----
    What is missing of parameters, tokens and compute follows from C = 6ND (Kaplan et al. 2020,
    arXiv:2001.08361), in floats; ``flops_rule`` then says ``6ND``.
    """
    frame = path_or_frame if isinstance(path_or_frame, pd.DataFrame) else read_table(path_or_frame)
    source = source_of(frame)
    found: list[Finding] = []
    if not frame.index.is_unique:
        frame = frame.reset_index(drop=True)
        found.append(source.finding("note", "Index labels repeat, so rows are counted from 0."))
    matches, remarks = recognise.recognise(source, list(frame.columns), columns)
    recognise.missing(source, list(frame.columns), matches)
    found += [source.finding("note", remark) for remark in remarks]
    if frame.empty:
        raise source.refusal("there is a header but no row below it.", "Give one row per run.")

    runs = _checked(source, frame, matches)
    names = {name: str(match.column) for name, match in matches.items()}
    if "perplexity" in matches:
        runs["loss"], names["loss"] = np.log(runs.pop("perplexity")), names.pop("perplexity")
        runs["loss_kind"] = "ppl_converted"
        found.append(
            source.finding("note", "The loss is the logarithm of the perplexity.", column=names["loss"])
        )
    else:
        _refuse_perplexities(source, runs["loss"], names["loss"])
    _complete(source, runs, names, found)
    _refuse_too_little(source, runs, names)
    _take_over(source, frame, matches, runs, found)
    found += [
        source.finding("note", f"{match.column} is multiplied by {match.factor:g}.", column=str(match.column))
        for match in matches.values()
        if match.factor != 1
    ]
    result: pd.DataFrame = tidy(runs)
    used = {match.column for match in matches.values()} | set(result.columns)
    result = pd.concat([result, frame.loc[:, [column not in used for column in frame.columns]]], axis=1)
    result.attrs.update({key: value for key, value in frame.attrs.items() if key != "decimal_comma"})
    remember_source(result, source)
    result.attrs["columns"] = names
    result.attrs["findings"] = [*found, *doubts(source, result, names)]
    return result


def check(runs: str | PathLike[str] | pd.DataFrame) -> pd.DataFrame:
    """List what there is to know about a table of runs.

    Parameters
    ----------
    runs : path-like or DataFrame
        A file, a frame, or what :func:`read_runs` returned.

    Returns
    -------
    DataFrame
        One row a finding, worst first: level (error, warning, note), file, row, column, message,
        remedy. A table that would be refused has one error.
    """
    try:
        known = runs.attrs.get("findings") if isinstance(runs, pd.DataFrame) else None
        return as_table(read_runs(runs).attrs["findings"] if known is None else known)
    except TableError as refusal:
        return as_table([as_error(refusal)])


def _checked(source: Source, frame: pd.DataFrame, matches: Mapping[str, recognise.Match]) -> pd.DataFrame:
    """Read the columns that a fit stands on; the first cell that cannot be used is a refusal."""
    decimal_comma = bool(frame.attrs.get("decimal_comma"))
    columns: dict[Hashable, npt.NDArray[np.float64]] = {}
    for name in (*_INPUTS, "loss", "perplexity"):
        if name not in matches:
            continue
        match = matches[name]
        cells = frame[match.column]
        values, is_text = numbers(cells, suffixes=name in _INPUTS, decimal_comma=decimal_comma)
        values = values * match.factor
        _refuse_cell(source, cells, values, is_text, str(match.column))
        columns[name] = values
    runs: pd.DataFrame = pd.DataFrame(columns, index=frame.index)
    return runs


def _refuse_cell(
    source: Source,
    cells: pd.Series,
    values: npt.NDArray[np.float64],
    is_text: npt.NDArray[np.bool_],
    column: str,
) -> None:
    bad = ~((values > 1 / BEYOND_ANY_RUN) & (values < BEYOND_ANY_RUN))  # also true for NaN
    if not bad.any():
        return
    first = int(np.argmax(bad))
    cell, value = cells.iloc[first], values[first]
    labels = list(cells.index[bad])
    if is_text[first]:
        what = f"{quoted(cell)} is not a number."
    elif np.isnan(value):
        what = "NaN is not a number." if isinstance(cell, str) else "the cell is empty."
    elif np.isinf(value):
        what = "the value is infinite."
    elif value <= 0:
        what = f"{number(value)} must be greater than zero."
    else:
        what = f"{value:.3g} is beyond anything a run can have."
    if len(labels) > 1:
        what = f"{what[:-1]} (the first of {len(labels):,} rows that cannot be used)."
    row = source.row(labels[0])
    offered = [] if len(labels) == len(values) else [repairs.exclude(labels, row)]
    remedy = "Correct it" + (f", or {offered[0]['label'].lower()}." if offered else ".")
    raise source.refusal(what, remedy, label=labels[0], column=column, repairs=offered)


def _refuse_perplexities(source: Source, loss: pd.Series, column: str) -> None:
    """Refuse losses that no model has: a few among plausible ones, or the whole column."""
    high = loss > PERPLEXITY_FROM
    if not high.any():
        return
    if high.mean() > 0.5:
        low, top = number(loss.min()), number(loss.max())
        button = f"Use ln of the column, {number(np.log(loss.min()))} to {number(np.log(loss.max()))}"
        raise source.refusal(
            f"the losses lie between {low} and {top} and look like perplexities.",
            f"{button}, or give the loss in nats per token.",
            column=column,
            repairs=[repairs.take_logarithm(button, column, list(loss.index), None)],
        )
    labels = list(loss.index[high])
    others = loss[~high]
    value, row = float(loss[labels[0]]), source.row(labels[0])
    between = (
        f"the other {len(others):,} losses lie between {number(others.min())} and {number(others.max())}."
    )
    if len(labels) == 1:
        nats = float(np.log(value))
        what, button = f"{number(value)} looks like a perplexity; {between}", f"Use ln, {number(nats)}"
        use = repairs.take_logarithm(button, column, labels, row, nats)
    else:
        rest = source.row_word(labels[1]) if len(labels) == 2 else f"{len(labels) - 1:,} more rows"
        verb = "does" if len(labels) == 2 else "do"
        what = f"{number(value)} looks like a perplexity (so {verb} {rest}); {between}"
        button = f"Use ln in {len(labels):,} rows"
        use = repairs.take_logarithm(button, column, labels, row)
    leave = repairs.exclude(labels, row)
    raise source.refusal(
        what, f"{button}, or {leave['label'].lower()}.", label=labels[0], column=column, repairs=[use, leave]
    )


def _complete(source: Source, runs: pd.DataFrame, names: Mapping[str, str], found: list[Finding]) -> None:
    """Add the one of params, tokens and flops that is missing, by C = 6ND in floats."""
    if "flops" not in runs:
        runs["flops"] = 6.0 * runs["params"] * runs["tokens"]
        runs["flops_rule"] = "6ND"
    else:
        lacking = "tokens" if "tokens" not in runs else "params" if "params" not in runs else None
        if "flops_rule" not in names:
            runs["flops_rule"] = "reported"
        if lacking is None:
            return
        other = "params" if lacking == "tokens" else "tokens"
        runs[lacking] = runs["flops"] / (6.0 * runs[other])
        letter = {"params": "N = C / 6D", "tokens": "D = C / 6N"}[lacking]
        found.append(source.finding("note", f"{lacking} is not in the table and follows from {letter}."))
        return
    found.append(source.finding("note", "flops is not in the table and follows from C = 6ND."))


def _refuse_too_little(source: Source, runs: pd.DataFrame, names: Mapping[str, str]) -> None:
    if len(runs) == 1:
        raise source.refusal(
            "there is one run, and a law needs several.",
            "Give one row per run, with at least two sizes.",
            label=runs.index[0],
        )
    sizes = runs["params"]
    if sizes.max() <= sizes.min() * (1 + 1e-9):
        raise source.refusal(
            f"all {len(runs):,} runs have one model size, {number(sizes.iloc[0], 'params')}.",
            "A law in size and data needs at least two sizes: add runs of another size.",
            column=names.get("params"),
        )


def _take_over(
    source: Source,
    frame: pd.DataFrame,
    matches: Mapping[str, recognise.Match],
    runs: pd.DataFrame,
    found: list[Finding],
) -> None:
    """Add recognised columns that a fit does not stand on; what is not a number there is left out."""
    kinds = {column.name: column.kind for column in RUNS}
    for name, match in matches.items():
        if name in runs or name not in kinds:
            continue
        cells = frame[match.column]
        if kinds[name] == "number":
            values, is_text = numbers(cells, suffixes=name in recognise.COUNTS)
            runs[name] = values * match.factor
            if is_text.any():
                label = frame.index[int(np.argmax(is_text))]
                found.append(
                    source.finding(
                        "warning",
                        f"{int(is_text.sum()):,} cells are not numbers ({source.row_word(label)} is the "
                        "first) and are left empty.",
                        column=str(match.column),
                    )
                )
        elif kinds[name] == "flag":
            runs[name] = cells.map(lambda cell: str(cell).strip().lower() in ("true", "1", "yes"))
        else:
            runs[name] = cells.where(cells.isna(), cells.astype(str))
