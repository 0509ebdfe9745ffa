"""What follows from the columns that are there: tokens, parameters, compute, and which row is last."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from .findings import Finding, Source, several
from .repairs import exclude

GAPS = {"params": "N = C / 6D", "tokens": "D = C / 6N", "flops": "C = 6ND"}
"""What an empty cell follows from where the other two are there."""


def fill_gaps(
    source: Source,
    index: pd.Index,
    columns: dict[str, npt.NDArray[np.float64]],
    empty: Mapping[str, npt.NDArray[np.bool_]],
    names: Mapping[str, str],
) -> tuple[dict[str, npt.NDArray[np.bool_]], list[Finding]]:
    """Fill empty cells of params, tokens and flops from the other two of the row.

    Parameters
    ----------
    source : Source
        For the findings.
    index : Index
        Labels of the rows.
    columns : dict of str to ndarray
        What was read of the three; changed in place.
    empty : mapping of str to ndarray of bool
        Which of their cells hold nothing.
    names : mapping
        Tidy name to the reader's own column name.

    Returns
    -------
    filled : dict of str to ndarray of bool
        By column, which cells were filled.
    findings : list
    """
    filled: dict[str, npt.NDArray[np.bool_]] = {}
    found: list[Finding] = []
    if not GAPS.keys() <= columns.keys():
        return filled, found
    good = {name: np.isfinite(columns[name]) & (columns[name] > 0) for name in GAPS}
    for name, rule in GAPS.items():
        gap = empty[name] & np.all([good[other] for other in GAPS if other != name], axis=0)
        if not gap.any():
            continue
        n, d, c = (columns[known] for known in ("params", "tokens", "flops"))
        with np.errstate(all="ignore"):
            value = {"params": c / (6.0 * d), "tokens": c / (6.0 * n), "flops": 6.0 * n * d}[name]
        columns[name] = np.where(gap, value, columns[name])
        filled[name] = gap
        label = index[int(np.argmax(gap))]
        found.append(
            source.finding(
                "warning",
                f"{several(int(gap.sum()), 'empty cell', 'follows', 'follow')} from {rule} "
                f"({source.row_word(label)} is the first).",
                "Fill them in if they are known.",
                column=names[name],
                label=label,
            )
        )
    return filled, found


def complete(
    source: Source,
    runs: pd.DataFrame,
    names: Mapping[str, str],
    filled: Mapping[str, npt.NDArray[np.bool_]] | None = None,
) -> list[Finding]:
    """Add what is missing of tokens, params and flops, each by a rule that has a name.

    Parameters
    ----------
    source : Source
        For the findings.
    runs : DataFrame
        Changed in place; afterwards has ``params``, ``tokens``, ``flops`` and ``flops_rule``.
    names : mapping
        Tidy name to the reader's own column name.
    filled : mapping of str to ndarray of bool, optional
        Cells that :func:`fill_gaps` filled.
    """
    found = [] if "tokens" in runs or "flops" in runs else _tokens(source, runs)
    if "flops" in runs:
        if "flops_rule" not in names:
            followed = (filled or {}).get("flops", np.zeros(len(runs), bool))
            runs["flops_rule"] = np.where(followed, "6ND", "reported").astype(object)
        lacking = "tokens" if "tokens" not in runs else "params" if "params" not in runs else None
        if lacking is None:
            return found
        other = "params" if lacking == "tokens" else "tokens"
        runs[lacking] = runs["flops"] / (6.0 * runs[other])
        letter = {"params": "N = C / 6D", "tokens": "D = C / 6N"}[lacking]
        return [*found, source.finding("note", f"{lacking} is not in the table and follows from {letter}.")]
    active = runs["params_active"] if "params_active" in names else None
    if active is not None and active.notna().all() and (active != runs["params"]).any():
        runs["flops"] = 6.0 * active * runs["tokens"]
        runs["flops_rule"] = "6ND_active"
        words = "C = 6ND with the parameters used for one token (6ND_active)"
    else:
        runs["flops"] = 6.0 * runs["params"] * runs["tokens"]
        same = names.get("params") is not None and names.get("params") == names.get("params_non_embed")
        runs["flops_rule"] = "6ND_non_embed" if same else "6ND"
        words = "C = 6ND" + (" with the parameters without embeddings (6ND_non_embed)" if same else "")
    return [*found, source.finding("note", f"flops is not in the table and follows from {words}.")]


def _tokens(source: Source, runs: pd.DataFrame) -> list[Finding]:
    for one, other, words in (
        ("params", "tokens_per_param", "parameters times tokens per parameter"),
        ("step", "batch_tokens", "steps times tokens per step"),
        ("epochs", "unique_tokens", "epochs times unique tokens"),
    ):
        if one not in runs or other not in runs:
            continue
        tokens = runs[one] * runs[other]
        bad = ~(tokens > 0)
        if bad.any():
            label = runs.index[int(np.argmax(bad.to_numpy()))]
            offered = [] if bad.all() else [exclude(list(runs.index[bad]), source.row(label))]
            after = {"step": "steps", "epochs": "epochs"}.get(one, "parameters")
            raise source.refusal(
                f"tokens follow from {words}, and there are none after {runs[one][label]:g} {after}.",
                "Correct it" + (f", or {offered[0]['label'].lower()}." if offered else "."),
                label=label,
                repairs=offered,
            )
        runs["tokens"] = tokens
        return [source.finding("note", f"tokens is not in the table and follows from {words}.")]
    return []


def mark_last(runs: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Mark the last row of each run, where the table has several and does not say itself."""
    if "is_final" in names or "run" not in names or not runs["run"].duplicated().any():
        return
    order = "step" if "step" in names and runs["step"].notna().all() else "tokens"
    # A name that stands for several sizes stands for several runs.
    last = (
        runs.assign(_at=runs[order])
        .groupby(["run", "params"], sort=False, dropna=False)["_at"]
        .transform("max")
    )
    runs["is_final"] = (runs[order] >= last).to_numpy()
