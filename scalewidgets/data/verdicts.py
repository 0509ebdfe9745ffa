"""Whether a sample is right, in the words of whoever logged it."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

RIGHT = frozenset(
    [
        *("true", "t", "yes", "y", "1", "1.0", "c", "correct", "right", "pass", "passed", "ok", "success"),
        *("successful", "solved", "resolved", "accepted"),
    ]
)
WRONG = frozenset(
    [
        *("false", "f", "no", "n", "0", "0.0", "i", "incorrect", "wrong", "fail", "failed", "failure"),
        *("error", "timeout", "timed out", "unsolved", "unresolved", "rejected", "syntax error"),
    ]
)
PARTIAL = frozenset(("p", "partial"))
"""Counted as wrong, and said: a sample that half solves a problem does not solve it."""


class Verdicts(NamedTuple):
    """A column of verdicts that was read.

    Attributes
    ----------
    judged : ndarray of float
        1 right, 0 wrong, NaN where nothing is said or it cannot be read.
    unread : ndarray of bool
        Cells that hold something that is no verdict.
    partial : int
        How many were partly right.
    """

    judged: npt.NDArray[np.float64]
    unread: npt.NDArray[np.bool_]
    partial: int


def verdicts(cells: pd.Series) -> Verdicts:
    """Read a column of verdicts: truth values, 0 and 1, C and I, passed and failed."""
    codes, spellings = pd.factorize(cells.to_numpy(dtype=object))
    read = np.full(len(spellings) + 1, np.nan)
    unread = np.zeros(len(spellings) + 1, bool)
    partly = np.zeros(len(spellings) + 1, bool)
    for at, cell in enumerate(spellings):
        value, half = _verdict(cell)
        read[at] = np.nan if value is None else value
        unread[at], partly[at] = value is None, half
    return Verdicts(read[codes], unread[codes], int(partly[codes].sum()))


def _verdict(cell: object) -> tuple[float | None, bool]:
    if isinstance(cell, bool | np.bool_):
        return float(cell), False
    if isinstance(cell, int | float | np.number):
        value = float(cell)
        return (value if value in (0.0, 1.0) else 0.0 if value == 0.5 else None), value == 0.5
    text = str(cell).strip().casefold()
    if not text:
        return float("nan"), False
    if text in RIGHT or text in WRONG:
        return float(text in RIGHT), False
    if text in PARTIAL:
        return 0.0, True
    # A harness that runs code writes why it failed behind the word.
    first = text.split(":", 1)[0].split()[0].strip("[](),.;")
    return (0.0 if first in ("failed", "error", "timeout", "exception") else None), False


def tallies(cells: pd.Series) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
    """Samples and successes of cells that each list the verdicts of one problem; ``None`` if they do not."""
    sampled, solved = np.zeros(len(cells)), np.zeros(len(cells))
    for at, cell in enumerate(cells):
        if not (isinstance(cell, str) and cell.lstrip().startswith("[")):
            return None
        try:
            entries = json.loads(cell)
        except ValueError:
            return None
        read = [_verdict(entry)[0] for entry in entries if not isinstance(entry, list | dict)]
        if len(read) != len(entries) or any(value is None or np.isnan(value) for value in read):
            return None
        sampled[at], solved[at] = len(read), sum(value or 0.0 for value in read)
    return (sampled, solved) if len(cells) else None
