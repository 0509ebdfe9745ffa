"""What an answer can be trusted for, in words that several screens use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..fitting import Fit, Status
from .frame import line, text, value

MOST_DOUBTS = 3
"""Doubts about a table that a section has room for."""


def solved(fit: Fit, fine: str, short: str, weak: str) -> dict[str, Any]:
    """Whether a fit holds: what is said where it does, at length and short, and short where it does not."""
    if fit.ok:
        return line(text(fine), level="fine", short=short)
    level = "error" if fit.status is Status.NOT_CONVERGED else "warning"
    return line(text(fit.reason), level=level, short=weak)


def decades_beyond(what: str, key: str = "answer.decades") -> dict[str, Any]:
    """How many decades, by the state under a key, the answer lies beyond `what`, where it does."""
    return line(value(key), text(f" decades beyond {what}"), when={"answer.beyond": True}, level="warning")


def narrowed(fit: Fit, name: str = "") -> list[dict[str, Any]]:
    """That intervals are too narrow, where the rows of the fit are checkpoints; `name` says whose."""
    words = _checkpoints(fit)
    if not words:
        return []
    whose = f"{name}: " if name else ""
    return [line(text(f"{whose}{words}"), level="warning", short="Checkpoints, not runs")]


def doubts_of(table: pd.DataFrame) -> list[str]:
    """Warnings of the reader of a table, in its own words; none of a table that comes with the package."""
    return [str(found[1]) for found in table.attrs.get("findings", ()) if found[0] == "warning"]


def doubts_of_several(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Doubts about several tables: whose each is, unless all share it."""
    whose: dict[str, list[str]] = {}
    for name, table in tables.items():
        for words in dict.fromkeys(doubts_of(table)):
            whose.setdefault(words, []).append(name)
    return [
        words if len(names) == len(tables) else f"{', '.join(names)}: {words}"
        for words, names in whose.items()
    ]


def doubted(doubts: Sequence[str], where: str) -> list[dict[str, Any]]:
    """That there are doubts about a table, and in which section they stand."""
    if not doubts:
        return []
    words = "1 doubt" if len(doubts) == 1 else f"{len(doubts)} doubts"
    return [line(text(f"{words} about the table, under {where}"), level="warning", short=words)]


def doubt_notes(doubts: Sequence[str]) -> list[dict[str, Any]]:
    """Doubts about a table as notes of a section: the first in full, and where to find the remedies."""
    shown = list(doubts[:MOST_DOUBTS])
    if doubts:
        more = len(doubts) - len(shown)
        shown.append(f"{f'{more} more, and what' if more else 'What'} to do: sw.check(runs)")
    return [{"kind": "note", "lines": [line(text(words))]} for words in shown]


def _checkpoints(fit: Fit) -> str:
    """Say where the rows are checkpoints of few runs: resampling rows then makes intervals too narrow."""
    table = fit.runs
    if "run" not in table or fit.certificate.clusters:
        return ""
    used = table["run"][np.asarray(fit.used, dtype=bool)]
    runs = int(used.nunique())
    if runs == 0 or len(used) < 2 * runs:
        return ""
    noun = "run" if runs == 1 else "runs"
    return f"{len(used):,} rows are checkpoints of {runs:,} {noun}: the intervals are too narrow"
