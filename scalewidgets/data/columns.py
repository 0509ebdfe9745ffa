"""The columns of the tidy tables: one place for their names, order, type and meaning."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
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
    Column(
        "flops_rule", "text", "", "where flops is from: 6ND, 6ND_non_embed, 6ND_active, reported or figure"
    ),
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

SAMPLES: tuple[Column, ...] = (
    Column("source", "text", "", "the collection the row was taken from"),
    Column("model", "text", "", "printable name of the model"),
    Column("params", "number", "parameters", "total parameters of the model, N"),
    Column("train_tokens", "number", "tokens", "tokens the model was trained on, D"),
    Column("benchmark", "text", "", "the collection of problems"),
    Column("problem_id", "text", "", "which problem of the benchmark"),
    Column("n_samples", "number", "samples", "samples drawn for the problem, n"),
    Column("n_correct", "number", "samples", "samples that solve it, c"),
    Column("flops_per_sample", "number", "FLOP", "compute of one sample"),
    Column("sampling", "text", "", "fixed: n was chosen beforehand; adaptive: n depends on the outcomes"),
    Column("prompt_tokens", "number", "tokens", "mean of the samples"),
    Column("completion_tokens", "number", "tokens", "mean of the samples"),
    Column("cost_usd", "number", "USD", "price of one sample, mean of the samples"),
    Column("seconds", "number", "s", "time of one sample, mean of the samples"),
    Column("note", "text", "", "codes of the quirks corrected in this row"),
)
"""Every column of a ``samples`` table, in order: one row for each model and problem."""

ATTEMPTS: tuple[Column, ...] = (
    *SAMPLES[:6],
    Column("sample", "text", "", "which sample of the problem"),
    Column("correct", "number", "", "1 if the sample solves the problem, else 0"),
    Column("answer", "text", "", "the answer that was extracted, for votes"),
    Column("score", "number", "", "what a verifier or a reward model said, for best-of-k"),
    Column("flops_per_sample", "number", "FLOP", "compute of the sample"),
    Column("prompt_tokens", "number", "tokens", "length of the prompt"),
    Column("completion_tokens", "number", "tokens", "length of the sample"),
    Column("cost_usd", "number", "USD", "price of the sample"),
    Column("seconds", "number", "s", "time of the sample"),
    Column("note", "text", "", "codes of the quirks corrected in this row"),
)
"""Every column of a table of ``attempts``, in order: one row for each sample."""

SYSTEMS: tuple[Column, ...] = (
    Column("source", "text", "", "the collection the row was taken from"),
    Column("system", "text", "", "what was tried, unique together with repeat"),
    Column("strategy", "text", "", "how the model is used: one sample, retry, vote, agent"),
    Column("base_model", "text", "", "the model inside"),
    Column("effort", "text", "", "reasoning effort or thinking budget that was asked for"),
    Column("benchmark", "text", "", "the collection of tasks"),
    Column("n_tasks", "number", "tasks", "how many tasks"),
    Column("accuracy", "number", "", "share of the tasks solved, 0 to 1"),
    Column("accuracy_se", "number", "", "standard error of the accuracy"),
    Column("cost_usd", "number", "USD", "price of all tasks together"),
    Column("prompt_tokens", "number", "tokens", "of all tasks together"),
    Column("completion_tokens", "number", "tokens", "of all tasks together"),
    Column("seconds", "number", "s", "of all tasks together"),
    Column("repeat", "text", "", "which repeat of the same configuration"),
    Column("date", "text", "", "when it was run"),
    Column("note", "text", "", "codes of the quirks corrected in this row"),
)
"""Every column of a ``systems`` table, in order: one row for each configuration and repeat."""

RESAMPLES: tuple[Column, ...] = (
    Column("source", "text", "", "the collection the row was taken from"),
    Column("family", "text", "", "what the law predicts"),
    Column("model", "text", "", "the law"),
    Column("coefficient", "text", "", "which coefficient of it"),
    Column("resample", "number", "", "which resample of the runs"),
    Column("value", "number", "", "what was fitted to the resample"),
)
"""Every column of a table of ``resamples``: coefficients that others have fitted, no runs themselves."""

LAYOUTS: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "runs": RUNS,
        # Losses along runs under learning-rate schedules; lr_schedule is read by scalewidgets.schedules.
        "curves": RUNS,
        "streams": (*RUNS, Column("streams", "number", "streams", "parallel streams of one model, P")),
        # Losses of one network on several data sets, for laws from loss to loss.
        "losses": RUNS,
        # Losses under shares of several domains: r_ and loss_ columns, one a domain.
        "mixtures": RUNS,
        "fine-tuning": (*RUNS, Column("samples", "number", "samples", "fine-tuning samples seen")),
        "scores": (
            *RUNS,
            Column("benchmark", "text", "", "what the score is of"),
            Column("score", "number", "", "share of the problems solved, 0 to 1"),
        ),
        "samples": SAMPLES,
        "attempts": ATTEMPTS,
        "systems": SYSTEMS,
        "resamples": RESAMPLES,
    }
)
"""Columns of each kind of table; only a table of ``runs`` has what a law of N and D is fitted to.
A table may have columns of its own behind them, which its entry in the manifest describes."""


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
    # Here, because the list of tables and their pages need the columns and not the frames.
    import pandas as pd

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
