"""What does not stop a fit but should be known before one believes it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .findings import Finding, Source, number, several
from .guesses import LOOKED_AT, PLAUSIBLE

GAP = 1e5
"""Neighbouring sizes this far apart are in two units rather than of two kinds of model."""

_UNFINISHED = ("crashed", "failed", "running", "killed", "preempted", "preempting", "pending")


def doubts(source: Source, runs: pd.DataFrame, names: Mapping[str, str]) -> list[Finding]:
    """Find what does not stop a fit but should be known before one believes it.

    Parameters
    ----------
    source : Source
        Where the table came from.
    runs : DataFrame
        Tidy and checked: numbers are finite and positive.
    names : mapping
        Tidy name to the reader's own column name.
    """
    return [
        *_of_the_loss(source, runs, names),
        *_of_units(source, runs, names),
        *_of_compute(source, runs, names),
        *_of_the_design(source, runs, names),
        *_of_repeats(source, runs, names),
    ]


def _of_the_loss(source: Source, runs: pd.DataFrame, names: Mapping[str, str]) -> list[Finding]:
    loss, column = runs["loss"], names.get("loss", "loss")
    found = []
    if loss.min() > 5:
        found.append(
            source.finding(
                "warning",
                f"Every loss lies above {number(loss.min())}, which is high for nats per token.",
                "If these are perplexities, take their logarithm; if bits, multiply by ln 2.",
                column=column,
            )
        )
    if loss.max() < 1:
        found.append(
            source.finding(
                "warning",
                f"Every loss lies below 1 ({number(loss.min())} to {number(loss.max())}), which is low for "
                "nats per token: this may be an error rate, an accuracy, or a loss per byte.",
                "Give the cross-entropy in nats per token, or say its unit in every result.",
                column=column,
            )
        )
    if len(runs) >= 5 and _rank_correlation(runs["flops"], loss) > 0.3:
        found.append(
            source.finding(
                "warning",
                f"{column} grows with compute, as an accuracy does and a loss does not.",
                f'Check the column, or name another: columns={{"loss": "..."}} (now {column}).',
                column=column,
            )
        )
    return found


def _rank_correlation(one: pd.Series, other: pd.Series) -> float:
    every = max(1, len(one) // LOOKED_AT)  # a part tells as much
    one, other = one.iloc[::every], other.iloc[::every]
    ranks = np.corrcoef(one.rank().to_numpy(), other.rank().to_numpy()) if one.std() and other.std() else None
    return 0.0 if ranks is None else float(ranks[0, 1])


def _of_units(source: Source, runs: pd.DataFrame, names: Mapping[str, str]) -> list[Finding]:
    found = []
    for tidy_name in ("params", "tokens"):
        values = runs[tidy_name]
        if tidy_name not in names:
            continue
        column = names[tidy_name]
        if values.max() < 1e5:
            found.append(
                source.finding(
                    "warning",
                    f"{column} runs from {number(values.min())} to {number(values.max())} and is "
                    f"taken as plain {tidy_name}.",
                    f'If these are billions, say so: columns={{"{tidy_name}": ("{column}", "B")}}.',
                    column=column,
                )
            )
        high = PLAUSIBLE[tidy_name][1]
        if values.max() > high:
            label = runs.index[int(np.argmax(values.to_numpy() > high))]
            found.append(
                source.finding(
                    "warning",
                    f"{column} goes up to {number(float(values.max()), tidy_name)}, beyond any run so far "
                    f"({number(high, tidy_name)}; {source.row_word(label)} is the first above).",
                    f'Check its unit: columns={{"{tidy_name}": ("{column}", 1)}} takes it as it stands.',
                    column=column,
                    label=label,
                )
            )
        ordered = np.sort(values.to_numpy())
        steps = ordered[1:] / ordered[:-1]
        if len(steps) and steps.max() > GAP:
            at = int(np.argmax(steps))
            low = at + 1 <= len(ordered) / 2
            odd = values <= ordered[at] if low else values >= ordered[at + 1]
            label = runs.index[int(np.argmax(odd.to_numpy()))]
            found.append(
                source.finding(
                    "warning",
                    f"{column} jumps from {number(ordered[at], tidy_name)} to "
                    f"{number(ordered[at + 1], tidy_name)} with nothing between ({int(odd.sum()):,} "
                    f"{'rows' if odd.sum() > 1 else 'row'} on the {'lower' if low else 'upper'} side, "
                    f"{source.row_word(label)} is the first): two units may be mixed.",
                    "Bring all rows to one unit, or exclude those.",
                    column=column,
                    label=label,
                )
            )
    return found


def _of_compute(source: Source, runs: pd.DataFrame, names: Mapping[str, str]) -> list[Finding]:
    found = []
    params, tokens, flops = runs["params"], runs["tokens"], runs["flops"]
    if {"params", "tokens", "flops"} <= names.keys():
        ratio = float((flops / (6.0 * params * tokens)).median())
        if not 0.5 <= ratio <= 2:
            found.append(
                source.finding(
                    "warning",
                    f"{names['flops']} is {number(ratio)} times 6ND at the median run.",
                    "Check the units of params, tokens and flops.",
                    column=names["flops"],
                )
            )
    if {"run", "tokens", "flops"} <= names.keys() and runs["run"].duplicated().any():
        ordered = runs.assign(_n=params).sort_values(["run", "_n", "tokens"], kind="stable")
        same = (ordered["run"] == ordered["run"].shift()) & (ordered["_n"] == ordered["_n"].shift())
        falls = same & (ordered["flops"] < ordered["flops"].shift() * (1 - 1e-9))
        if falls.any():
            label = falls.index[int(np.argmax(falls.to_numpy()))]
            found.append(
                source.finding(
                    "warning",
                    f"{names['flops']} falls along a run while its tokens grow ({source.row_word(label)} is "
                    "the first), so it is not the compute so far.",
                    "Leave the column out: C = 6ND is then used.",
                    column=names["flops"],
                    label=label,
                )
            )
    if {"epochs", "unique_tokens", "tokens"} <= names.keys():
        ratio = float((runs["epochs"] * runs["unique_tokens"] / tokens).median())
        if np.isfinite(ratio) and not 0.8 <= ratio <= 1.25:
            found.append(
                source.finding(
                    "warning",
                    f"{names['epochs']} times {names['unique_tokens']} is {number(ratio)} times "
                    f"{names['tokens']} at the median run.",
                    f"Check {names['unique_tokens']}: it should be tokens / epochs.",
                    column=names["unique_tokens"],
                )
            )
    return found


def _of_the_design(source: Source, runs: pd.DataFrame, names: Mapping[str, str]) -> list[Finding]:
    found = []
    per_param = runs["tokens"] / runs["params"]
    if len(runs) >= 3 and per_param.max() < 3 * per_param.min():
        found.append(
            source.finding(
                "warning",
                f"All runs have about {number(per_param.median())} tokens per parameter (at most a factor "
                "of 3 apart), so size and data are hard to tell apart.",
                "Add runs off this line, on both sides of it.",
            )
        )
    if len(runs) < 10:
        found.append(
            source.finding(
                "warning",
                f"{len(runs)} runs are few for a law with five coefficients.",
                "Expect wide intervals, or fix some coefficients.",
            )
        )
    if "family" in names and len(runs["family"].unique()) > 1:
        sizes = runs.groupby("family")["params"].agg("nunique")
        alone = list(sizes.index[sizes < 2])
        if alone:
            shown = ", ".join(str(name) for name in alone[:3]) + (", ..." if len(alone) > 3 else "")
            found.append(
                source.finding(
                    "warning",
                    f"{len(alone)} of {len(sizes)} families have one model size ({shown}): no law in size "
                    "and data can be fitted to such a family alone.",
                    "Fit them together with others, or add sizes.",
                    column=names["family"],
                )
            )
    return found


def _of_repeats(source: Source, runs: pd.DataFrame, names: Mapping[str, str]) -> list[Finding]:
    found = []
    twice = runs.duplicated(["params", "tokens", "loss"])
    if twice.any():
        label = runs.index[int(np.argmax(twice.to_numpy()))]
        found.append(
            source.finding(
                "note",
                several(int(twice.sum()), "row", "repeats", "repeat")
                + " the parameters, tokens and loss of an earlier row.",
                "Exclude them if they are the same runs: each counts as evidence of its own.",
                label=label,
            )
        )
    apart = runs[~twice]
    if "run" in names and apart["run"].duplicated().any():
        sizes = runs.groupby("run")["params"].agg("nunique")
        many = sizes[sizes > 1]
        if len(many):
            found.append(
                source.finding(
                    "warning",
                    f"{len(many):,} names of runs stand for several sizes ({many.index[0]} for "
                    f"{many.iloc[0]:,}).",
                    "Give every run a name of its own.",
                    column=names["run"],
                )
            )
        else:
            found.append(
                source.finding(
                    "note",
                    f"{len(runs):,} rows are checkpoints of {len(sizes):,} runs; is_final marks the last of "
                    "each.",
                    "Checkpoints of one run are not independent: fit the last ones, or resample whole runs.",
                    column=names["run"],
                )
            )
    if "state" in names:
        ended = runs[names["state"]].astype(str).str.strip().str.casefold()
        bad = ended.isin(_UNFINISHED)
        if bad.any():
            label = runs.index[int(np.argmax(bad.to_numpy()))]
            found.append(
                source.finding(
                    "warning",
                    f"{several(int(bad.sum()), 'run')} did not finish "
                    f"({source.row_word(label)}: {ended[label]}).",
                    "Exclude them unless their loss and tokens belong together.",
                    column=names["state"],
                    label=label,
                )
            )
    return found
