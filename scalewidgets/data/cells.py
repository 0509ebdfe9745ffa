"""Cells of a table of runs: read, or refused one by one with a place, a remedy and a repair."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from scalewidgets.errors import quoted

from . import repairs
from .aliases import COUNTS, RUNS_WORDS, Vocabulary
from .completing import fill_gaps
from .findings import Finding, Source, number, several
from .recognise import LOSSES, Match
from .values import Numbers, numbers

PERPLEXITY_FROM = 12.0
"""A loss above this many nats per token is worse than a uniform guess over 160,000 tokens."""

BEYOND_ANY_RUN = 1e60
"""Numbers this large, or as small as its inverse, are slips; their products would overflow."""

_INPUTS = ("params", "tokens", "flops")
Array = npt.NDArray[np.float64]


Filled = dict[str, npt.NDArray[np.bool_]]


def read_cells(
    source: Source, frame: pd.DataFrame, matches: Mapping[str, Match], found: list[Finding]
) -> tuple[pd.DataFrame, Filled]:
    """Read the columns that a fit stands on; the first cell that cannot be used is a refusal.

    Parameters
    ----------
    source : Source
        For the sentences.
    frame : DataFrame
        The cells.
    matches : mapping
        What was recognised.
    found : list of Finding
        Grows by what was filled in.

    Returns
    -------
    runs, filled
        The columns, and which cells were empty and follow from others of their row.

    Raises
    ------
    TableError
        With the repairs that would mend the table.
    """
    decimal_comma = bool(frame.attrs.get("decimal_comma"))
    columns: dict[str, Array] = {}
    texts: dict[str, npt.NDArray[np.bool_]] = {}
    for name in (*_INPUTS, *LOSSES):
        if name not in matches:
            continue
        match = matches[name]
        cells = frame[match.column]
        if name == "flops":
            _refuse_overflow(source, cells, columns, str(match.column))
        read = numbers(cells, suffixes=name in _INPUTS, decimal_comma=decimal_comma)
        if name in _INPUTS:
            _refuse_mixed(source, cells, read, str(match.column))
        with np.errstate(over="ignore"):
            values = 10.0**read.floats if match.log10 else read.floats * match.factor
        columns[name], texts[name] = values, read.is_text
    names = {name: str(matches[name].column) for name in columns}
    empty = {name: np.isnan(values) & ~texts[name] for name, values in columns.items()}
    filled, said = fill_gaps(source, frame.index, columns, empty, names)
    found += said
    for name, values in columns.items():
        _refuse_cell(source, frame[matches[name].column], values, texts[name], names[name], name in _INPUTS)
    runs: pd.DataFrame = pd.DataFrame(columns, index=frame.index)
    return runs, filled


def _refuse_cell(
    source: Source,
    cells: pd.Series,
    values: Array,
    is_text: npt.NDArray[np.bool_],
    column: str,
    is_count: bool,
) -> None:
    bad = ~((values > 1 / BEYOND_ANY_RUN) & (values < BEYOND_ANY_RUN))  # also true for NaN
    if not bad.any():
        return
    first = int(np.argmax(bad))
    cell, value = cells.iloc[first], values[first]
    labels = list(cells.index[bad])
    remedy = "Correct it"
    wrapped = is_count and pd.api.types.is_integer_dtype(cells.dtype) and -(2.0**31) <= value < -1e6
    if is_text[first]:
        what = f"{quoted(cell)} is not a number."
        if isinstance(cell, str) and cell.lstrip().startswith("="):
            remedy = "Nothing is computed here: save the table with values instead of formulas"
        elif isinstance(cell, str) and cell.rstrip().endswith("%"):
            remedy = "A percentage is no loss and no size: name another column"
    elif np.isnan(value):
        what = "NaN is not a number." if isinstance(cell, str) else "the cell is empty."
    elif np.isinf(value):
        what = "the value is infinite."
    elif wrapped:
        what = f"{number(value)} is what an integer of 32 bits keeps of a larger number."
    elif value <= 0:
        what = f"{number(value)} must be greater than zero."
    else:
        what = f"{value:.3g} is beyond anything a run can have."
    if len(labels) > 1:
        what = f"{what[:-1]} (the first of {len(labels):,} rows that cannot be used)."
    row = source.row(labels[0])
    if wrapped:  # what is left of other rows looks like a number and is none
        remedy = "Write the column anew in floats or 64 bits: rows that look right may be wrong too"
    offered = [] if wrapped or len(labels) == len(values) else [repairs.exclude(labels, row)]
    remedy += f", or {offered[0]['label'].lower()}." if offered else "."
    raise source.refusal(what, remedy, label=labels[0], column=column, repairs=offered)


def _refuse_mixed(source: Source, cells: pd.Series, read: Numbers, column: str) -> None:
    """Refuse plain small numbers among sizes with a unit: 7 beside 2.8B is not seven parameters."""
    with_unit = read.has_unit & np.isfinite(read.floats)
    if not with_unit.any():
        return
    smallest = float(read.floats[with_unit].min())
    plain = ~read.has_unit & (read.floats > 1e-6) & (read.floats < smallest / 1e4)
    if smallest < 1e6 or not plain.any():
        return
    labels = list(cells.index[plain])
    row, value = source.row(labels[0]), float(read.floats[plain][0])
    other = cells.iloc[int(np.argmax(with_unit))]
    offered = [repairs.exclude(labels, row)]
    largest = float(read.floats[with_unit].max())
    near = [
        (factor, letter)
        for factor, letter in ((1e6, "M"), (1e9, "B"), (1e12, "T"))
        if smallest / 30 <= value * factor <= largest * 30
    ]
    if len(labels) == 1 and len(near) == 1:
        button = f"Read it as {number(value)}{near[0][1]}"
        offered.insert(0, repairs.replace_cell(button, column, labels[0], row, value * near[0][0]))
    many = f" (the first of {len(labels):,} such rows)" if len(labels) > 1 else ""
    raise source.refusal(
        f"{number(value)} has no unit{many}, while others do ({quoted(other)}): units are mixed.",
        " or ".join(
            repair["label"] if not at else repair["label"].lower() for at, repair in enumerate(offered)
        )
        + ".",
        label=labels[0],
        column=column,
        repairs=offered,
    )


def _refuse_overflow(source: Source, cells: pd.Series, columns: Mapping[str, Array], column: str) -> None:
    """Refuse whole numbers that are 6ND past the end of an integer of 32 or 64 bits."""
    if not pd.api.types.is_integer_dtype(cells.dtype) or not {"params", "tokens"} <= columns.keys():
        return
    expected = 6.0 * columns["params"] * columns["tokens"]
    off = np.flatnonzero(np.abs(cells.to_numpy(dtype=float, na_value=np.nan) / expected - 1.0) > 0.01)
    for at in off[:20]:
        n, d = columns["params"][at], columns["tokens"][at]
        for bits in (32, 64):
            whole = 6 * int(n) * int(d)
            wrapped = (whole + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
            if whole >= 2 ** (bits - 1) and int(cells.iloc[at]) in (wrapped, wrapped % 2**bits):
                label = cells.index[at]
                button = "Use C = 6ND for every row"
                raise source.refusal(
                    f"{int(cells.iloc[at])} is what an integer of {bits} bits keeps of 6ND, "
                    f"{number(float(expected[at]), 'flops')}.",
                    f"{button}, or compute the column in floats.",
                    label=label,
                    column=column,
                    repairs=[repairs.drop_column(button, column)],
                )


def refuse_perplexities(source: Source, loss: pd.Series, column: str) -> None:
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


def without_dollars(cells: pd.Series) -> pd.Series:
    """Prices without the sign of the dollar; other signs stay, and are then no number."""
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells
    return cells.map(lambda cell: cell.replace("$", "").strip() if isinstance(cell, str) else cell)


def take_over(
    source: Source,
    frame: pd.DataFrame,
    matches: Mapping[str, Match],
    runs: pd.DataFrame,
    found: list[Finding],
    words: Vocabulary = RUNS_WORDS,
) -> None:
    """Add recognised columns that a fit does not stand on; what is not a number there is left out."""
    kinds = {column.name: column.kind for column in words.columns}
    decimal_comma = bool(frame.attrs.get("decimal_comma"))
    for name, match in matches.items():
        if name in runs or name not in kinds:
            continue
        cells = frame[match.column]
        if kinds[name] == "number":
            cells = without_dollars(cells) if name == "cost_usd" else cells
            read = numbers(cells, suffixes=name in (*COUNTS, *words.counts), decimal_comma=decimal_comma)
            runs[name] = 10.0**read.floats if match.log10 else read.floats * match.factor
            if read.is_text.any():
                label = frame.index[int(np.argmax(read.is_text))]
                found.append(
                    source.finding(
                        "warning",
                        several(int(read.is_text.sum()), "cell", "is no number", "are not numbers")
                        + f" ({source.row_word(label)} is the first): left empty.",
                        "Correct them if the column matters.",
                        column=str(match.column),
                        label=label,
                    )
                )
        elif kinds[name] == "flag":
            runs[name] = cells.map(lambda cell: str(cell).strip().lower() in ("true", "1", "yes"))
        else:
            runs[name] = cells.where(cells.isna(), cells.astype(str))
            if pd.api.types.is_numeric_dtype(cells.dtype):
                continue
            # Names of runs repeat in every checkpoint: each spelling is looked at once.
            codes, spellings = pd.factorize(runs[name].to_numpy(dtype=object))
            odd = [isinstance(cell, str) and cell.lstrip().startswith(("=", "@")) for cell in spellings]
            formulas = np.array([*odd, False])[codes]
            if formulas.any():
                label = frame.index[int(np.argmax(formulas))]
                found.append(
                    source.finding(
                        "warning",
                        several(int(formulas.sum()), "cell", "begins", "begin")
                        + " like spreadsheet formulas "
                        f"({source.row_word(label)} is the first); they are kept as text and nothing is run.",
                        "Take care before opening an export of this table in a spreadsheet.",
                        column=str(match.column),
                        label=label,
                    )
                )
