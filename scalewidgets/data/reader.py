"""The user's own table of runs: recognised, checked, completed, or refused with a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike

import numpy as np
import numpy.typing as npt
import pandas as pd

from . import recognise
from .cells import read_cells, refuse_perplexities, take_over
from .columns import tidy
from .commas import with_loss_read
from .completing import complete, mark_last
from .doubts import doubts
from .files import INTERNAL, opened, remember_numbers, remember_source
from .findings import Finding, Source, number
from .guesses import LETTERS, columns_by_values, in_words, sizes_in_names, units
from .lacking import missing, refuse_numbers
from .recognise import Match
from .supplied import supplied
from .values import last_number, numbers
from .wandb import unpivoted

INPUTS = ("params", "tokens", "flops")
"""Two of these are needed."""

BESIDE = ("state", "tokens_per_param")
"""What is recognised and has no column of its own in a tidy table: it stays under the reader's name."""


def read_runs(
    path_or_frame: str | PathLike[str] | pd.DataFrame,
    columns: Mapping[str, object] | None = None,
    *,
    sheet: str | None = None,
) -> pd.DataFrame:
    """Read a table of training runs.

    Parameters
    ----------
    path_or_frame : path-like or DataFrame
        CSV, TSV, JSON lines, JSON, Parquet, an Excel workbook (each also packed with gzip, bzip2, xz or
        zip), a chart exported from Weights & Biases, or a frame. One row a run (or checkpoint), with a
        loss and two of parameters, tokens and training FLOP.
    columns : mapping, optional
        Which column is which, where the guess is wrong or the names do not say it: tidy name or
        symbol to

        * a column name, ``{"loss": "val/ce"}``;
        * ``(column name, unit)``, ``{"params": ("size", "B"), "tokens": ("d", "log10")}``;
        * one number for every row, ``{"batch_tokens": 524288}``;
        * numbers by run, ``{"params": {"small": 1.6e8, "large": 1.4e9}}``.
    sheet : str, optional
        Which sheet of a workbook.

    Returns
    -------
    DataFrame
        Tidy ``runs`` columns and behind them the columns that were not recognised; the index is
        that of the frame, or counts the rows of the file below the header. ``.attrs`` holds
        ``source_name``, ``columns`` (what was recognised, tidy name to column name) and
        ``findings``, which :func:`scalewidgets.check` shows.

    Raises
    ------
    TableError
        The table cannot be used: the sentence says file, row, column and remedy, and ``repairs``
        what a button could do about it (:func:`apply_repair`).

    Notes
    -----
    What is missing of parameters, tokens and compute follows from C = 6ND (Kaplan et al. 2020,
    arXiv:2001.08361), in floats; ``flops_rule`` says which N it was: ``6ND`` all parameters,
    ``6ND_active`` those used for a token, ``6ND_non_embed`` those without embeddings where no others
    are known. Missing tokens follow from steps and tokens per step, or from epochs and unique tokens.
    """
    frame, source, found = opened(path_or_frame, sheet)
    frame, said = unpivoted(source, frame)
    found += said
    frame, columns, said = supplied(source, frame, columns)
    found += said
    matches, remarks = recognise.recognise(
        source, list(frame.columns), columns, units=frame.attrs.get("units")
    )
    found += [source.finding("note", remark) for remark in remarks]
    if not matches:
        refuse_numbers(source, list(frame.columns))
    frame = _with_guesses(source, frame, matches, found)
    missing(source, list(frame.columns), matches)
    if frame.empty:
        raise source.refusal("there is a header but no row below it.", "Give one row per run.")
    frame = _with_a_loss(source, frame, matches, found)

    frame = _lasts(source, frame, matches, found)
    losses = [matches[name].column for name in recognise.LOSSES if name in matches and name != "perplexity"]
    frame, said = with_loss_read(source, frame, losses)
    found += said
    runs, filled = read_cells(source, frame, matches, found)
    names = {name: str(match.column) for name, match in matches.items()}
    _loss_in_nats(source, runs, names, found)
    _infer_units(source, frame, runs, matches, names, found)
    take_over(source, frame, matches, runs, found)
    _read_ratio(frame, matches, runs)
    found += complete(source, runs, names, filled)
    _refuse_too_little(source, runs, names)
    found += [
        source.finding(
            "note", f"{match.column} is multiplied by {in_words(match.factor)}.", column=str(match.column)
        )
        for name, match in matches.items()
        if match.factor != 1 and name in runs
    ]
    mark_last(runs, names)
    result: pd.DataFrame = tidy(runs)
    used = {match.column for name, match in matches.items() if name in result.columns or name not in BESIDE}
    used |= set(result.columns)
    result = pd.concat([result, frame.loc[:, [column not in used for column in frame.columns]]], axis=1)
    result.attrs.update({key: value for key, value in frame.attrs.items() if key not in INTERNAL})
    remember_source(result, source)
    result.attrs["columns"] = names
    if (result["loss_kind"] == "other_unit").any():
        per_byte = "bits_per_byte" in matches and "loss" not in matches
        result.attrs.setdefault("loss_unit", "nats per byte" if per_byte else "as loss_kind says")
    result.attrs.setdefault("kind", "runs")
    result.attrs["findings"] = [*found, *doubts(source, result, names)]
    remember_numbers(result)
    return result


def _read_ratio(frame: pd.DataFrame, matches: Mapping[str, Match], runs: pd.DataFrame) -> None:
    """Read tokens per parameter where tokens can only follow from it."""
    if "tokens_per_param" in matches and "tokens" not in runs and "flops" not in runs:
        cells = frame[matches["tokens_per_param"].column]
        read = numbers(cells, suffixes=False, decimal_comma=bool(frame.attrs.get("decimal_comma")))
        runs["tokens_per_param"] = read.floats


def _with_guesses(
    source: Source, frame: pd.DataFrame, matches: dict[str, Match], found: list[Finding]
) -> pd.DataFrame:
    """Recognise by their values what the names did not give."""
    inputs = [name for name in INPUTS if name in matches]
    losses = [name for name in recognise.LOSSES if name in matches]
    if len(inputs) < 2 and "params" not in matches and "params_non_embed" in matches:
        matches["params"] = matches["params_non_embed"]
        inputs.append("params")
        found.append(
            source.finding(
                "warning",
                f"There is no column of all parameters; {matches['params'].column} (without embeddings) is N "
                "in everything that follows.",
                "Say so beside every result, or give the total.",
                column=str(matches["params"].column),
            )
        )
    taken = {match.column for match in matches.values()}
    unread = [column for column in frame.columns if column not in taken]
    wanted = [name for name in INPUTS if name not in matches] if len(inputs) < 2 else []
    wanted += [] if losses else ["loss"]
    counted = list(frame.columns)
    unread = [column for column in unread if counted.count(column) == 1]
    for name, column in (columns_by_values(frame, unread, wanted) if wanted and len(frame) else {}).items():
        matches[name] = Match(column)
        found.append(
            source.finding(
                "warning",
                f"{column} is read as {name} by its values: its name does not say so.",
                f'If it is something else, name the right one: columns={{"{name}": "..."}}.',
                column=str(column),
            )
        )
    inputs = [name for name in INPUTS if name in matches]
    if "params" not in matches and len(inputs) < 2:
        frame = _params_from_names(source, frame, matches, found)
    return frame


def _params_from_names(
    source: Source, frame: pd.DataFrame, matches: dict[str, Match], found: list[Finding]
) -> pd.DataFrame:
    for name in ("run", "model"):
        if name not in matches or not len(frame):
            continue
        column = matches[name].column
        sizes = sizes_in_names(frame[column])
        if sizes is None:
            continue
        frame = frame.assign(**{"params (from the names)": sizes[0]})
        matches["params"] = Match("params (from the names)")
        found.append(
            source.finding(
                "warning",
                f"params is read from the names in {column}: {sizes[1]} is "
                f"{number(float(sizes[0][0]), 'params')}.",
                'If the names mean something else, give the sizes: columns={"params": {"name": 1.6e8, ...}}.',
                column=str(column),
            )
        )
        break
    return frame


def _lasts(
    source: Source, frame: pd.DataFrame, matches: Mapping[str, Match], found: list[Finding]
) -> pd.DataFrame:
    """Take the last number where a cell lists a whole curve, as logs in JSON do."""
    for match in matches.values():
        cells = frame[match.column]
        first = cells.iloc[0]
        if not (isinstance(first, str) and first.startswith("[")):
            continue
        frame = frame.assign(**{str(match.column): cells.map(last_number)})
        found.append(
            source.finding(
                "note",
                f"{match.column} lists several numbers in a cell; the last of each is read.",
                column=str(match.column),
            )
        )
    return frame


def _with_a_loss(
    source: Source, frame: pd.DataFrame, matches: Mapping[str, Match], found: list[Finding]
) -> pd.DataFrame:
    """Leave out the steps of a chart export at which another metric was logged."""
    column = next((matches[name].column for name in ("loss", "perplexity") if name in matches), None)
    if not frame.attrs.get("wandb") or column is None:
        return frame
    there = frame[column].notna()
    if there.all() or not there.any():
        return frame
    found.append(
        source.finding(
            "note", f"{int((~there).sum()):,} steps have no {column} and are left out.", column=str(column)
        )
    )
    kept: pd.DataFrame = frame[there]
    return kept


def _loss_in_nats(source: Source, runs: pd.DataFrame, names: dict[str, str], found: list[Finding]) -> None:
    """Turn the loss into nats per token, whatever it came in."""
    for name, kind, words in (
        ("perplexity", "ppl_converted", "The loss is the logarithm of the perplexity."),
        ("bits", "", "The loss is in bits per token and is multiplied by ln 2."),
        ("bits_per_byte", "other_unit", ""),
    ):
        if name not in runs:
            continue
        values = runs.pop(name)
        runs["loss"], names["loss"] = (
            np.log(values) if name == "perplexity" else values * np.log(2.0),
            names.pop(name),
        )
        if (runs["loss"] <= 0).any():
            label = runs.index[int(np.argmax((runs["loss"] <= 0).to_numpy()))]
            raise source.refusal(
                f"{number(float(values[label]))} cannot be a perplexity, which lies above 1.",
                "Check the column, or exclude the row.",
                label=label,
                column=names["loss"],
            )
        if kind:
            runs["loss_kind"] = kind
        if words:
            found.append(source.finding("note", words, column=names["loss"]))
        else:
            found.append(
                source.finding(
                    "warning",
                    f"{names['loss']} is in bits per byte and is read as nats per byte (times ln 2), "
                    "not per token.",
                    "For nats per token give the factor, ln 2 times the bytes in a token: "
                    f'columns={{"loss": ("{names["loss"]}", 0.693 * 4.3)}}.',
                    column=names["loss"],
                )
            )
        return
    refuse_perplexities(source, runs["loss"], names["loss"])


def _infer_units(
    source: Source,
    frame: pd.DataFrame,
    runs: pd.DataFrame,
    matches: Mapping[str, Match],
    names: Mapping[str, str],
    found: list[Finding],
) -> None:
    """Bring counts to plain numbers where only one unit fits what such runs reach; say so."""
    there = [name for name in INPUTS if name in runs]
    plain = [name for name in there if _unit_is_open(frame, matches[name])]
    values: dict[str, npt.NDArray[np.float64]] = {name: runs[name].to_numpy() for name in there}
    for name, unit in units(values, runs["loss"].to_numpy(), plain).items():
        said = "log10" if unit.log10 else LETTERS.get(unit.factor, f"{unit.factor:g}")
        before = f"{number(float(values[name].min()))} to {number(float(values[name].max()))}"
        runs[name] = 10.0 ** values[name] if unit.log10 else values[name] * unit.factor
        after = f"{number(float(runs[name].min()), name)} to {number(float(runs[name].max()), name)}"
        found.append(
            source.finding(
                "warning",
                f"{names[name]} ({before}) is read in {unit.name}, {after}: no other unit fits the losses.",
                f'To be sure, say so: columns={{"{name}": ("{names[name]}", "{said}")}}.',
                column=names[name],
            )
        )


def _unit_is_open(frame: pd.DataFrame, match: Match) -> bool:
    cells = frame[match.column]
    written = not pd.api.types.is_numeric_dtype(cells.dtype) and any(
        isinstance(cell, str) and cell.rstrip()[-1:].isalpha() for cell in cells.head(1000)
    )
    return match.factor == 1 and not match.log10 and not match.stated and not written


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
