"""The columns of a tidy table of runs: one place for their names, order, type and meaning."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import pandas as pd

Kind = Literal["text", "number", "flag"]


class Column(NamedTuple):
    """One column of a tidy table."""

    name: str
    kind: Kind
    unit: str
    meaning: str


RUNS: tuple[Column, ...] = (
    Column("source", "text", "", "the collection the row was taken from"),
    Column("family", "text", "", "runs meant to lie on one law; missing: part of none"),
    Column("run", "text", "", "unique for each training run"),
    Column("model", "text", "", "printable name of the model"),
    Column("arch", "text", "", "dec, enc-dec, moe, ssm or other"),
    Column("params", "number", "parameters", "total parameters, N"),
    Column("params_non_embed", "number", "parameters", "parameters without embeddings"),
    Column("params_active", "number", "parameters", "parameters used for one token"),
    Column("tokens", "number", "tokens", "tokens seen so far, D"),
    Column("unique_tokens", "number", "tokens", "distinct tokens available"),
    Column("epochs", "number", "", "passes over the unique tokens planned for the run"),
    Column("flops", "number", "FLOP", "training compute so far, C"),
    Column("flops_rule", "text", "", "where flops comes from: 6ND, 6ND_non_embed, reported or figure"),
    Column("step", "number", "steps", "optimiser step of the checkpoint"),
    Column("step_max", "number", "steps", "last step of the run"),
    Column("is_final", "flag", "", "last checkpoint of the run in this table"),
    Column("lr_peak", "number", "", "highest learning rate"),
    Column("lr_schedule", "text", "", "learning-rate schedule"),
    Column("batch_tokens", "number", "tokens", "tokens in one optimiser step"),
    Column("width", "number", "", "model width"),
    Column("depth", "number", "", "number of layers"),
    Column("seed", "number", "", "random seed"),
    Column("train_data", "text", "", "corpus trained on"),
    Column("eval_data", "text", "", "corpus the loss is measured on"),
    Column("loss", "number", "nats per token", "mean cross-entropy, L"),
    Column("loss_kind", "text", "", "train, val, ppl_converted, figure or other_unit"),
    Column("note", "text", "", "codes of the quirks corrected in this row"),
)
"""Every column of a ``runs`` table, in order."""

RUNS_NAMES: tuple[str, ...] = tuple(column.name for column in RUNS)

LAYOUTS: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "runs": RUNS,
        # Losses along runs under learning-rate schedules; lr_schedule is read by scalewidgets.schedules.
        "curves": RUNS,
        "fine-tuning": (*RUNS, Column("samples", "number", "samples", "fine-tuning samples seen")),
        "scores": (
            *RUNS,
            Column("benchmark", "text", "", "what the score is of"),
            Column("score", "number", "", "share of the problems solved, 0 to 1"),
        ),
    }
)
"""Columns of each kind of table; only a table of ``runs`` has what a law of N and D is fitted to."""


def tidy(frame: pd.DataFrame, columns: tuple[Column, ...] = RUNS) -> pd.DataFrame:
    """Give a table all columns of its layout, in order and with their types.

    Parameters
    ----------
    frame : DataFrame
        Some of the columns, already under their tidy names. Other columns are kept behind them.
    columns : tuple of Column
        The layout, by default that of a table of runs.

    Returns
    -------
    DataFrame
        A new frame with the same index. Unknown numbers are NaN, unknown texts are missing, and
        ``is_final`` is true where nothing else is known: a row alone is the last of its run.
    """
    found: dict[Hashable, pd.Series] = {}
    for column in columns:
        known = frame[column.name] if column.name in frame.columns else None
        if column.kind == "number":
            # float64 throughout: 6ND of integer columns overflows 64 bits.
            values = pd.Series(float("nan"), frame.index) if known is None else known
            found[column.name] = values.astype("float64")
        elif column.kind == "flag":
            found[column.name] = (pd.Series(True, frame.index) if known is None else known).astype(bool)
        else:
            found[column.name] = pd.Series(None, frame.index, dtype="object") if known is None else known
    for name in frame.columns:
        if name not in found:
            found[name] = frame[name]
    result: pd.DataFrame = pd.DataFrame(found, index=frame.index)
    result.attrs.update(frame.attrs)
    return result
