"""Which column of a stranger's table is which, by its name.

Names are compared in lower case with everything but letters and digits as one underscore, after
a unit at the end (``_b``, ``(billions)``, ``[1e21]``) was taken off and turned into a factor.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from scalewidgets.errors import close_matches, either, quoted

from .aliases import RUNS_WORDS, UNITS, VOCABULARIES, Vocabulary
from .findings import Source
from .values import parse


@dataclass(frozen=True)
class Match:
    """One recognised column: its name in the file, and what its numbers stand for."""

    column: Hashable
    factor: float = 1.0
    """What to multiply its numbers with."""
    log10: bool = False
    """Whether its numbers are decimal logarithms."""
    stated: bool = False
    """Whether the reader said so, with ``columns=``."""


class Reading(NamedTuple):
    """What a column name says: a lower rank is a better alias."""

    name: str
    rank: int
    factor: float
    log10: bool = False


_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
_SMALL_UNITS = {
    "ms": ("seconds", 1e-3),
    "s": ("seconds", 1.0),
    "minutes": ("seconds", 60.0),
    "hours": ("seconds", 3600.0),
    "cents": ("cost_usd", 0.01),
}
_POWER_AT_END = re.compile(r"(.+?)_(?:x_?|in_)?1e_?(\d{1,2})")
_UNIT_AT_END = re.compile(rf"(.+?)_(?:in_|x_)?({_UNIT})")
_WORDS_OF_UNITS = {
    *UNITS,
    *("nats", "nat", "bits", "bit", "flop", "flops", "tokens", "params", "parameters", "usd", "dollars", "s"),
    *("sec", "seconds", "steps", "nats_token", "nats_per_token", "bits_per_token", "count", "unit", "units"),
}

# A logger puts the column it is asked for behind a group of its own: config.n_params, val/loss.
_GROUPS = {
    *(
        "config",
        "summary",
        "hparams",
        "hyperparameters",
        "args",
        "train",
        "training",
        "val",
        "valid",
        "validation",
    ),
    *("eval", "evaluation", "test", "metrics", "metric", "model", "results", "result", "data", "stats"),
    *("model_stats", "model_config", "usage", "scores", "score", "final", "trainer", "throughput"),
}
_BEHIND_A_GROUP = 100

_LOSS_UNITS = {
    **dict.fromkeys(("nats_per_token", "nats_token", "nats"), "loss"),
    **dict.fromkeys(("bits_per_token", "bits_token", "bits"), "bits"),
    **dict.fromkeys(("bits_per_byte", "bits_byte", "bpb"), "bits_per_byte"),
}
"""What a loss is once its name says the unit."""

_NON_EMBEDDING = re.compile(
    r"(?:no|non|excl|excluding|without|wo|w_o|minus)_?emb(?:ed|edding|eddings)?(?=_|$)"
)
_OF_PARAMS = re.compile(r"(?:^|_)(?:n|num|params?|parameters?|size)(?=_|$)")

LOSSES = ("loss", "perplexity", "bits", "bits_per_byte")
"""The loss in its units, the best first."""


def normal(name: object) -> str:
    """Write a column name the way aliases are written."""
    return re.sub(r"[^0-9a-z]+", "_", str(name)[:200].casefold()).strip("_")


def is_unit(text: str) -> bool:
    """Whether a text below a header is a unit: B, (billions), nats, 1e21, %."""
    words = normal(text)
    if words in _WORDS_OF_UNITS or text.strip(" ()[]") in ("%", "$"):
        return True
    return bool(re.fullmatch(r"(?:x_?)?(?:1e|10_)\d{1,2}", words))


@lru_cache(maxsize=4096)
def read_name(name: str, words: Vocabulary = RUNS_WORDS) -> Reading | None:
    """Recognise one column name.

    Parameters
    ----------
    name : str
    words : Vocabulary
        Of which kind of table.

    Returns
    -------
    Reading or None
        Tidy name, rank (lower is a better alias), what the unit in the name stands for, and whether
        the name says that the numbers are decimal logarithms.
    """
    alias_of = _aliases(words)
    text = normal(name)
    found = _read(text, alias_of, words)
    if found is not None:
        return found
    logarithm = re.fullmatch(r"log_?10_(?:of_)?(.+)|(.+?)_(?:in_)?log_?10", text)
    if logarithm:
        plain = _read(logarithm[1] or logarithm[2], alias_of, words)
        if plain is not None and plain.name in words.counts:
            return plain._replace(log10=True)
    parts = [part for part in re.split(r"[/.]| - |, ", str(name)[:200]) if part.strip()]
    if len(parts) > 1 and normal(parts[0]) in _GROUPS and len(normal(parts[-1])) > 3:
        last = _read(normal(parts[-1]), alias_of, words)
        if last is not None:
            return last._replace(rank=last.rank + _BEHIND_A_GROUP)
    return None


@lru_cache(maxsize=8)
def _aliases(words: Vocabulary) -> dict[str, tuple[str, int]]:
    return {alias: (name, rank) for name, known in words.aliases.items() for rank, alias in enumerate(known)}


def _read(text: str, alias_of: Mapping[str, tuple[str, int]], words: Vocabulary) -> Reading | None:
    if text in alias_of:
        return Reading(*alias_of[text], 1.0)
    if words.kind == "runs":
        # However they say it: the total and that without embeddings are never one number.
        if _NON_EMBEDDING.search(text) and _OF_PARAMS.search(_NON_EMBEDDING.sub("", text)):
            unit = _UNIT_AT_END.fullmatch(text)
            return Reading("params_non_embed", _BEHIND_A_GROUP, UNITS[unit[2]] if unit else 1.0)
        for ending, tidy_name in _LOSS_UNITS.items():
            base = text.removesuffix(f"_{ending}").removesuffix("_in")
            if base != text and alias_of.get(base, ("", 0))[0] == "loss":
                return Reading(tidy_name, alias_of[base][1], 1.0)
    power, unit = _POWER_AT_END.fullmatch(text), _UNIT_AT_END.fullmatch(text)
    for found, factor in (
        (power, float(f"1e{power[2]}") if power else 1.0),
        (unit, UNITS[unit[2]] if unit else 1.0),
    ):
        if found and found[1] in alias_of:
            tidy_name, rank = alias_of[found[1]]
            if tidy_name in words.counts:
                return Reading(tidy_name, rank, factor)
    for ending, (tidy_name, factor) in _SMALL_UNITS.items():
        base = text.removesuffix(f"_{ending}")
        if base != text and alias_of.get(base, ("", 0))[0] == tidy_name:
            return Reading(tidy_name, alias_of[base][1], factor)
    return None


def recognise(
    source: Source,
    columns: Sequence[Hashable],
    given: Mapping[str, object] | None,
    words: Vocabulary = RUNS_WORDS,
    units: Mapping[str, str] | None = None,
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
    words : Vocabulary
        Of which kind of table.
    units : mapping, optional
        Column name to the unit that stands in a row below the header.

    Returns
    -------
    matches, remarks
        Tidy name to match, and a sentence for each choice between several columns.

    Raises
    ------
    TableError
        ``given`` names something that is not there, or a recognised name stands twice.
    """
    matches = {} if given is None else _given(source, columns, given, words)
    units = units or {}
    taken = {match.column for match in matches.values()}
    candidates: dict[str, list[tuple[int, int, Match]]] = {}
    for position, column in enumerate(columns):
        read = None if column in taken else read_name(str(column), words)
        if read is not None and read.name not in matches:
            match = Match(column, read.factor * _unit_below(units.get(str(column))), read.log10)
            candidates.setdefault(read.name, []).append((read.rank, position, match))
    remarks = []
    _in_one_unit(candidates, matches, words)
    for tidy_name, found in candidates.items():
        found.sort(key=lambda candidate: candidate[:2])
        matches[tidy_name] = found[0][2]
        others = list(dict.fromkeys(str(match.column) for _, _, match in found[1:]))
        if len(others) > 4:
            others = [*others[:3], f"{len(others) - 3} more"]
        if others:
            remarks.append(f"{found[0][2].column} is read as {tidy_name}, {either(others)} is not.")
    for match in matches.values():
        if list(columns).count(match.column) > 1:
            raise source.refusal(
                f"two columns have the name {match.column}.",
                "Rename one of them, so that it is clear which is meant.",
                column=str(match.column),
            )
    return matches, remarks


def _in_one_unit(candidates: dict[str, Any], matches: Mapping[str, Match], words: Vocabulary) -> None:
    """Drop the same loss in other units: they are only of use where there is no loss in nats."""
    if words.kind != "runs":
        return
    there = [name for name in LOSSES if name in candidates or name in matches]
    for name in there[1:]:
        candidates.pop(name, None)


def _unit_below(unit: str | None) -> float:
    """Factor of a unit that stands below the header; a word that is no multiple counts once."""
    if unit is None:
        return 1.0
    if normal(unit) in ("bits", "bit", "bits_per_token"):
        return float(np.log(2.0))
    if (power := re.fullmatch(r"(?:x_?)?10_(\d{1,2})", normal(unit))) is not None:
        return float(f"1e{power[1]}")
    return unit_factor(unit.strip(" ()[]")) or 1.0


def looks_like_number(text: Hashable) -> bool:
    """Whether a name or a cell is a number."""
    try:
        float(str(text))
    except ValueError:
        return False
    return True


def _given(
    source: Source, columns: Sequence[Hashable], given: Mapping[str, object], words: Vocabulary
) -> dict[str, Match]:
    matches = {}
    for key, value in given.items():
        tidy_name = words.symbols.get(key, key)
        if tidy_name not in words.aliases:
            near = close_matches(str(key), words.aliases)
            raise source.refusal(
                f"columns= names {quoted(key)}, which is not a column of a table of {words.kind}.",
                f"Did you mean {either(near)}?" if near else f"Use {either(list(words.aliases)[1:6])}.",
            )
        column, factor, log10 = value, 1.0, False
        if isinstance(value, tuple) and len(value) == 2:
            column, log10 = value[0], normal(value[1]) == "log10"
            factor = 1.0 if log10 else _factor(source, value[1])
        if column not in columns:
            near = close_matches(str(column), [str(name) for name in columns])
            shown = ", ".join(str(name)[:40] for name in columns[:12])
            raise source.refusal(
                f"there is no column {quoted(column)}, which columns= gives for {tidy_name}.",
                f"Did you mean {either(near)}?" if near else f"The columns are: {shown}.",
                column=str(column),
            )
        matches[tidy_name] = Match(column, factor, log10, stated=True)
    return matches


def unit_factor(unit: object) -> float | None:
    """Return what a unit stands for (``"B"`` is 1e9, ``1e21`` itself); ``None`` if it is none."""
    if normal(unit) in UNITS:
        return UNITS[normal(unit)]
    if normal(unit) in ("bits", "nats"):
        return float(np.log(2.0)) if normal(unit) == "bits" else 1.0
    value = parse(str(unit), suffixes=True)
    return value if value is not None and 0 < value < float("inf") else None


def _factor(source: Source, unit: object) -> float:
    factor = unit_factor(unit)
    if factor is None:
        raise source.refusal(
            f"{quoted(unit)} is not a unit.", "Use k, M, B or T, bits, log10, or a number to multiply with."
        )
    return factor


def is_header(cells: Sequence[str]) -> bool:
    """Whether a row holds names that a table of any kind is read by, and no numbers."""
    if any(looks_like_number(cell) for cell in cells):
        return False
    return any(
        len({read.name for cell in cells if cell and (read := read_name(cell, words)) is not None}) >= 2
        for words in VOCABULARIES.values()
    )


def names_nothing(cells: Sequence[str]) -> bool:
    """Whether no cell of a row is a name that any table is read by: a title, a remark, a date."""
    return not any(cell and read_name(cell, words) for cell in cells for words in VOCABULARIES.values())


def kinds_recognised(columns: Sequence[Hashable]) -> str:
    """Which kind of table the names of its columns say: runs, samples or systems."""
    found = {
        kind: {reading.name for column in columns if (reading := read_name(str(column), words)) is not None}
        for kind, words in VOCABULARIES.items()
    }
    if found["runs"] & {*LOSSES} and found["runs"] & {
        "params", "tokens", "flops", "params_non_embed",
    }:  # fmt: skip
        return "runs"
    problem = "problem_id" in found["samples"]
    if problem and ("correct" in found["samples"] or {"n_samples", "n_correct"} <= found["samples"]):
        return "samples"
    return "systems" if "accuracy" in found["systems"] and not found["runs"] & {*LOSSES} else "runs"
