"""Which column of a stranger's table is which, by its name.

Names are compared in lower case with everything but letters and digits as one underscore, after
a unit at the end (``_b``, ``(billions)``, ``[1e21]``) was taken off and turned into a factor.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from scalewidgets.errors import close_matches, either, quoted

from .findings import Source
from .values import parse

# For each tidy column its aliases, the better ones first. A held-out loss is better than a
# training loss, and a number of parameters in total better than anything that may leave some out.
ALIASES: dict[str, tuple[str, ...]] = {
    "params": (
        *("params", "param", "n_params", "num_params", "nparams", "n_param", "parameters", "n_parameters"),
        *("num_parameters", "parameter_count", "param_count", "params_total", "total_params"),
        *("total_parameters", "model_params", "model_parameters", "model_size", "n_total", "size", "n"),
    ),
    "params_non_embed": (
        *("params_non_embed", "non_embedding_params", "params_non_embedding", "non_embed_params"),
        *("n_non_embed", "params_no_embed", "params_no_emb", "n_no_emb", "non_embedding_parameters"),
    ),
    "params_active": ("params_active", "active_params", "active_parameters", "activated_params", "n_active"),
    "tokens": (
        *("tokens", "token", "n_tokens", "num_tokens", "ntokens", "token_num", "tokens_seen", "tokens_total"),
        *(
            "total_tokens",
            "train_tokens",
            "training_tokens",
            "n_train_tokens",
            "token_count",
            "tokens_trained",
        ),
        *("data_size", "dataset_size", "dataset_tokens", "d"),
    ),
    "unique_tokens": ("unique_tokens", "n_unique_tokens", "distinct_tokens"),
    "epochs": ("epochs", "epoch", "n_epochs", "num_epochs"),
    "flops": (
        *("flops", "flop", "total_flops", "total_flop", "train_flops", "train_flop", "training_flops"),
        *("training_flop", "training_compute", "train_compute", "compute", "compute_flops", "c"),
    ),
    "loss": (
        *("loss", "val_loss", "validation_loss", "valid_loss", "eval_loss", "heldout_loss", "test_loss"),
        *("val_ce", "eval_ce", "val_cross_entropy", "final_loss", "final_val_loss", "cross_entropy"),
        *("cross_entropy_loss", "crossentropyloss", "ce_loss", "ce", "nll", "nll_loss", "lm_loss"),
        *("train_loss", "training_loss", "train_ce", "l"),
    ),
    "perplexity": (
        *("val_ppl", "validation_ppl", "eval_ppl", "val_perplexity", "validation_perplexity"),
        *("eval_perplexity", "ppl", "perplexity", "test_ppl", "train_ppl", "train_perplexity"),
    ),
    "source": ("source",),
    "family": ("family", "scaled_set", "suite", "group"),
    "run": ("run", "run_id", "run_name", "experiment", "exp_name"),
    "model": ("model", "model_name", "name"),
    "arch": ("arch", "architecture"),
    "step": ("step", "steps", "global_step", "iteration", "iter"),
    "step_max": ("step_max", "max_steps", "total_steps", "train_steps"),
    "lr_peak": ("lr_peak", "peak_lr", "max_lr", "lr", "learning_rate"),
    "lr_schedule": ("lr_schedule", "schedule", "scheduler"),
    "batch_tokens": ("batch_tokens", "tokens_per_batch", "tokens_per_step"),
    "width": ("width", "d_model", "hidden_size", "n_embd"),
    "depth": ("depth", "n_layers", "num_layers", "n_layer", "layers"),
    "seed": ("seed", "random_seed"),
    "train_data": ("train_data", "dataset", "data", "corpus"),
    "eval_data": ("eval_data", "eval_dataset", "val_data"),
    "flops_rule": ("flops_rule",),
    "loss_kind": ("loss_kind",),
    "is_final": ("is_final",),
    "note": ("note", "notes"),
}

COUNTS = ("params", "params_non_embed", "params_active", "tokens", "unique_tokens", "flops", "batch_tokens")
"""Columns whose numbers may be written with a unit: 2.8B, or billions by name."""

SYMBOLS = {"N": "params", "D": "tokens", "C": "flops", "L": "loss"}
"""The letters of the literature, accepted wherever a tidy name is."""

UNITS = {
    **dict.fromkeys(("k", "thousand", "thousands"), 1e3),
    **dict.fromkeys(("m", "mn", "million", "millions"), 1e6),
    **dict.fromkeys(("b", "bn", "billion", "billions", "g"), 1e9),
    **dict.fromkeys(("t", "tn", "trillion", "trillions"), 1e12),
    **dict.fromkeys(("pf_days", "pfdays", "petaflop_days", "petaflops_days"), 8.64e19),
}

_ALIAS_OF = {alias: (name, rank) for name, aliases in ALIASES.items() for rank, alias in enumerate(aliases)}


@dataclass(frozen=True)
class Match:
    """One recognised column: its name in the file, and what to multiply its numbers with."""

    column: Hashable
    factor: float = 1.0


def normal(name: object) -> str:
    """Write a column name the way aliases are written."""
    return re.sub(r"[^0-9a-z]+", "_", str(name)[:200].casefold()).strip("_")


@lru_cache(maxsize=4096)
def read_name(name: str) -> tuple[str, int, float] | None:
    """Recognise one column name.

    Returns
    -------
    (tidy name, rank, factor) or None
        A lower rank is a better alias; ``factor`` is what the unit in the name stands for.
    """
    words = normal(name)
    if words in _ALIAS_OF:
        return (*_ALIAS_OF[words], 1.0)
    power = re.fullmatch(r"(.+?)_(?:x_?|in_)?1e_?(\d{1,2})", words)
    unit = re.fullmatch(rf"(.+?)_(?:in_|x_)?({'|'.join(sorted(UNITS, key=len, reverse=True))})", words)
    for found, factor in (
        (power, float(f"1e{power[2]}") if power else 1.0),
        (unit, UNITS[unit[2]] if unit else 1.0),
    ):
        if found and found[1] in _ALIAS_OF:
            tidy_name, rank = _ALIAS_OF[found[1]]
            if tidy_name in COUNTS:
                return tidy_name, rank, factor
    return None


def recognise(
    source: Source, columns: Sequence[Hashable], given: Mapping[str, object] | None
) -> tuple[dict[str, Match], list[str]]:
    """Find out which column is which.

    Parameters
    ----------
    source : Source
        For the sentences.
    columns : sequence
        Names in the table.
    given : mapping, optional
        What the reader said: tidy name or symbol to column name, or to ``(column name, unit)``.

    Returns
    -------
    matches, remarks
        Tidy name to match, and a sentence for each choice between several columns.

    Raises
    ------
    TableError
        ``given`` names something that is not there, or a recognised name stands twice.
    """
    matches = {} if given is None else _given(source, columns, given)
    taken = {match.column for match in matches.values()}
    candidates: dict[str, list[tuple[int, int, Match]]] = {}
    for position, column in enumerate(columns):
        read = None if column in taken else read_name(str(column))
        if read is not None and read[0] not in matches:
            candidates.setdefault(read[0], []).append((read[1], position, Match(column, read[2])))
    remarks = []
    for tidy_name, found in candidates.items():
        found.sort(key=lambda candidate: candidate[:2])
        matches[tidy_name] = found[0][2]
        others = list(dict.fromkeys(str(match.column) for _, _, match in found[1:]))
        if others:
            remarks.append(f"{found[0][2].column} is read as {tidy_name}, {either(others)} is not.")
    # A perplexity is only of use where there is no loss.
    perplexity = matches.pop("perplexity", None)
    if perplexity is not None and "loss" not in matches:
        matches["perplexity"] = perplexity
    for match in matches.values():
        if list(columns).count(match.column) > 1:
            raise source.refusal(
                f"two columns have the name {match.column}.",
                "Rename one of them, so that it is clear which is meant.",
                column=str(match.column),
            )
    return matches, remarks


def missing(source: Source, columns: Sequence[Hashable], matches: Mapping[str, Match]) -> None:
    """Refuse a table without a loss, or with fewer than two of params, tokens and flops."""
    inputs = [name for name in ("params", "tokens", "flops") if name in matches]
    has_loss = "loss" in matches or "perplexity" in matches
    if has_loss and len(inputs) >= 2:
        return
    shown = ", ".join(str(column)[:40] for column in columns[:12]) + (", ..." if len(columns) > 12 else "")
    if not matches and columns and all(_looks_like_number(column) for column in columns):
        raise source.refusal(
            f"the first row holds numbers ({shown}), not column names.",
            "Put a header row above them: params, tokens, loss.",
        )
    lacks = []
    if not has_loss:
        lacks.append("the loss")
    if not inputs:
        lacks.append("params, tokens or flops")
    elif len(inputs) == 1:
        # One of the three is there; the second is needed, the third follows from C = 6ND.
        lacks.append(either([name for name in ("params", "tokens", "flops") if name not in inputs]))
    wanted = (["loss"] if not has_loss else []) + (["params", "tokens"][: 2 - len(inputs)])
    example = ", ".join(f'"{name}": "..."' for name in wanted if name not in matches)
    raise source.refusal(
        f"no column was recognised as {', nor as '.join(lacks)}. Found: {shown}.",
        "Needed are loss and two of params, tokens and flops. Rename the columns, or say which is which: "
        f"columns={{{example}}}.",
    )


def _looks_like_number(text: Hashable) -> bool:
    try:
        float(str(text))
    except ValueError:
        return False
    return True


def _given(source: Source, columns: Sequence[Hashable], given: Mapping[str, object]) -> dict[str, Match]:
    matches = {}
    for key, value in given.items():
        tidy_name = SYMBOLS.get(key, key)
        if tidy_name not in ALIASES:
            near = close_matches(str(key), ALIASES)
            raise source.refusal(
                f"columns= names {quoted(key)}, which is not a column of a table of runs.",
                f"Did you mean {either(near)}?" if near else "Use params, tokens, flops or loss.",
            )
        column, factor = value, 1.0
        if isinstance(value, tuple) and len(value) == 2:
            column, factor = value[0], _factor(source, value[1])
        if column not in columns:
            near = close_matches(str(column), [str(name) for name in columns])
            shown = ", ".join(str(name)[:40] for name in columns[:12])
            raise source.refusal(
                f"there is no column {quoted(column)}, which columns= gives for {tidy_name}.",
                f"Did you mean {either(near)}?" if near else f"The columns are: {shown}.",
                column=str(column),
            )
        matches[tidy_name] = Match(column, factor)
    return matches


def unit_factor(unit: object) -> float | None:
    """Return what a unit stands for (``"B"`` is 1e9, ``1e21`` itself); ``None`` if it is none."""
    if normal(unit) in UNITS:
        return UNITS[normal(unit)]
    value = parse(str(unit), suffixes=True)
    return value if value is not None and 0 < value < float("inf") else None


def _factor(source: Source, unit: object) -> float:
    factor = unit_factor(unit)
    if factor is None:
        raise source.refusal(
            f"{quoted(unit)} is not a unit.", "Use k, M, B or T, or a number to multiply with."
        )
    return factor
