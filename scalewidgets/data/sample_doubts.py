"""What should be known about counts of samples before one reads pass@k off them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from .findings import Finding, Source, number, several
from .stopping import stopping_of

FEW_PROBLEMS = 30
"""Below this, intervals over problems are wider than most differences between models."""

TOLD_APART = 2
"""Of more models than this, the same finding is made once."""

Kinds = list[tuple[str, Finding]]
"""Findings and the kind of each."""


def sample_doubts(source: Source, table: pd.DataFrame, attempts: pd.DataFrame | None) -> list[Finding]:
    """Find what makes pass@k, votes or prices misleading, and say how the samples were drawn.

    Parameters
    ----------
    source : Source
        Where the table came from.
    table : DataFrame
        The result; for counts, its column ``sampling`` is filled in where the counts tell.
    attempts : DataFrame, optional
        One row a sample in the order of the log, with ``problem_id`` and ``n_correct``.
    """
    if "n_samples" not in table:
        return [*_of_money(source, table), *_of_repeats(source, table)]
    said = table["sampling"].notna()
    by_kind: dict[str, list[Finding]] = {}
    for name, part in _groups(table):
        known = bool(said[part.index].any())
        of_sampling = _of_sampling(source, table, name, part, attempts, known)
        for kind, one in (*of_sampling, *_of_counts(source, name, part)):
            by_kind.setdefault(kind, []).append(one)
    found = [one for several in by_kind.values() for one in _together(several)]
    found += _of_money(source, table)
    found += _of_problems(source, table)
    return found + ([] if attempts is None else _of_repeats(source, attempts))


def _groups(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    keys = [name for name in ("model", "benchmark") if table[name].notna().any()]
    if not keys:
        return [("", table)]
    parts = table.groupby(keys, sort=False, dropna=False)
    return [(", ".join(str(word) for word in key), part) for key, part in parts]


def _together(several: list[Finding]) -> list[Finding]:
    """Say the same of many models once: the first in full, the others by number."""
    if len(several) <= TOLD_APART:
        return several
    first = several[0]
    return [first._replace(message=f"{first.message} The same of {len(several) - 1:,} more models.")]


def _of_sampling(
    source: Source,
    table: pd.DataFrame,
    name: str,
    part: pd.DataFrame,
    attempts: pd.DataFrame | None,
    known: bool,
) -> Kinds:
    """Tell fixed from adaptive numbers of samples: where n depends on the outcomes, c/n is biased."""
    n, c = part["n_samples"].to_numpy(), part["n_correct"].to_numpy()
    of = f" of {name}" if name else ""
    if known:
        return _as_stated(source, part, of)
    if len(part) < 2:
        return []
    if n.min() == n.max():
        table.loc[part.index, "sampling"] = "fixed"
        return []
    spread = f"from {number(n.min())} to {number(n.max())}"
    why = _adaptive(n, c) or _stopped(part, attempts)
    if not why:
        said = source.finding(
            "note",
            f"The problems{of} have {spread} samples: pass@k over all of them goes up to k = "
            f"{number(n.min())}.",
            column="n_samples",
        )
        return [("unequal", said)]
    table.loc[part.index, "sampling"] = "adaptive"
    said = source.finding(
        "warning",
        f"The problems{of} have {spread} samples, {why}: sampling went on until enough successes, and "
        "c/n is then too high.",
        f"{_way_out(c)} Take no k above the n of a problem, or draw the same number for every problem.",
        column="n_samples",
    )
    return [("adaptive", said)]


def _way_out(c: npt.NDArray[np.float64]) -> str:
    """How to estimate without the bias; (c - 1)/(n - 1) needs two successes to be more than zero."""
    several = c[c > 0]
    plain = "(c - 1)/(n - 1), " if several.size and np.median(several) >= 2 else ""
    return f"Use {plain}testtime.pass_at_k_until or testtime.fit_beta_binomial instead."


def _as_stated(source: Source, part: pd.DataFrame, of: str) -> Kinds:
    if not (part["sampling"] == "adaptive").any():
        return []
    said = source.finding(
        "warning",
        f"The table says that the samples{of} are adaptive: c/n is then too high.",
        _way_out(part["n_correct"].to_numpy()),
        column="sampling",
    )
    return [("stated", said)]


def _adaptive(n: npt.NDArray[np.float64], c: npt.NDArray[np.float64]) -> str:
    """Why counts look adaptive, in words."""
    found = stopping_of(n, c)
    if not found:
        return ""
    if found.successes:
        word = "success" if found.successes == 1 else "successes"
        return f"and every solved one exactly {number(found.successes)} {word}"
    return f"more where fewer are right (rank correlation {found.link:.2f})"


def _stopped(part: pd.DataFrame, attempts: pd.DataFrame | None) -> str:
    """Whether, in the order of the log, every solved problem ends with its first success."""
    if attempts is None:
        return ""
    keys = [key for key in ("model", "benchmark", "problem_id") if key in attempts and key in part]
    mine = attempts.merge(part[keys].drop_duplicates(), on=keys, how="inner")
    solved = mine.groupby(keys, sort=False, dropna=False)["n_correct"].agg(["sum", "last"])
    solved = solved[solved["sum"] > 0]
    if len(solved) >= 4 and (solved["sum"] == 1).all() and (solved["last"] == 1).all():
        return "and every solved one ends with its only success"
    return ""


def _of_counts(source: Source, name: str, part: pd.DataFrame) -> Kinds:
    found: Kinds = []
    of = f" of {name}" if name else ""
    n, c = part["n_samples"], part["n_correct"]
    never = int((c == 0).sum())
    if never and n.max() > 1:
        found.append(
            (
                "never",
                source.finding(
                    "note",
                    f"{never:,} of {len(part):,} problems{of} are never solved: with "
                    f"{number(float(n.median()))} samples that is no success rate of zero.",
                ),
            )
        )
    if len(part) >= 5 and (c == n).all():
        found.append(
            (
                "all",
                source.finding(
                    "warning", f"Every sample{of} is right.", "Check that the column is a verdict."
                ),
            )
        )
    if len(part) < FEW_PROBLEMS:
        found.append(
            (
                "few",
                source.finding(
                    "warning",
                    f"{several(len(part), 'problem')}{of} {'is' if len(part) == 1 else 'are'} few: intervals "
                    "over problems will be wide.",
                    "Use more problems of the benchmark before comparing models.",
                ),
            )
        )
    return found


def _of_money(source: Source, table: pd.DataFrame) -> list[Finding]:
    cost = table["cost_usd"]
    found = []
    if (cost == 0).any():
        label = cost.index[int(np.argmax((cost == 0).to_numpy()))]
        found.append(
            source.finding(
                "warning",
                f"{several(int((cost == 0).sum()), 'row', 'costs', 'cost')} nothing "
                f"({source.row_word(label)} is the first): free, or not recorded.",
                "Leave unknown prices empty, or they win every frontier.",
                column="cost_usd",
                label=label,
            )
        )
    if cost.notna().any() and cost.isna().any():
        found.append(
            source.finding(
                "note", f"{several(int(cost.isna().sum()), 'row', 'has', 'have')} no cost.", column="cost_usd"
            )
        )
    return found


def _of_problems(source: Source, table: pd.DataFrame) -> list[Finding]:
    """Models that were asked different problems cannot be compared problem by problem."""
    if len(table["model"].dropna().unique()) < 2:
        return []
    found = []
    for _, part in table.groupby(table["benchmark"].fillna(""), sort=False):
        asked = part.groupby("model")["problem_id"].agg(set)
        everything = set().union(*asked)
        short = [(model, len(everything) - len(ids)) for model, ids in asked.items() if ids != everything]
        if short:
            found.append(
                source.finding(
                    "warning",
                    f"Models were not asked the same problems: {short[0][0]} lacks {short[0][1]:,} of "
                    f"{len(everything):,}"
                    + (f", and {len(short) - 1:,} more lack some." if len(short) > 1 else "."),
                    "Compare them on the problems that all have.",
                    column="problem_id",
                )
            )
    return found


def _of_repeats(source: Source, attempts: pd.DataFrame) -> list[Finding]:
    """The same sample twice counts as two pieces of evidence."""
    keys = [key for key in ("model", "benchmark", "problem_id", "sample") if key in attempts]
    if "sample" not in keys or attempts["sample"].isna().all():
        return []
    again = attempts.duplicated(keys)
    if not again.any():
        return []
    label = attempts.index[int(np.argmax(again.to_numpy()))]
    return [
        source.finding(
            "warning",
            f"{several(int(again.sum()), 'row', 'repeats', 'repeat')} a model, problem and sample "
            f"({source.row_word(label)} is the first).",
            "Exclude them: each counts as a sample of its own.",
            column="sample",
            label=label,
        )
    ]
