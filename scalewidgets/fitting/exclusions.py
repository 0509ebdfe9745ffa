"""Which rows a fit leaves out, and why."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.data import load
from scalewidgets.errors import FitError, ScaleWidgetsError, quoted

MOST_COUNTED = 64


def read_exclusions(
    table: pd.DataFrame, exclude: str | Iterable[Hashable] | None, attrs: Mapping[Hashable, Any]
) -> tuple[tuple[tuple[Hashable, str], ...], tuple[str, ...]]:
    """Labels to leave out with the reason for each, and notes."""
    if exclude is None:
        return (), ()
    if isinstance(exclude, str):
        if exclude != "default":
            raise FitError(
                f"exclude={exclude!r} is not understood.",
                remedy='Give "default", None, or a list of index labels.',
            )
        return _default_exclusions(table, attrs)
    labels = list(exclude)
    unknown = [label for label in labels if not _there(table.index, label)]
    if unknown:
        raise FitError(
            f"The label {quoted(unknown[0])} in exclude= is not in the index of the table.",
            remedy=f"Its labels are {quoted(table.index[0])} to {quoted(table.index[-1])}."
            if len(table)
            else None,
        )
    return tuple((label, "left out by request") for label in dict.fromkeys(labels)), ()


def rows_of(index: pd.Index[Any], labels: Sequence[Hashable]) -> NDArray[np.bool_]:
    """Which rows bear one of some labels, all of which are in the index.

    A handful of labels of a plain index are counted out: a fit of a few hundred runs asks twice, and pandas
    takes as long each time as an evaluation of a descent.
    """
    if isinstance(index, pd.MultiIndex):
        wanted = set(labels)
        return np.fromiter((label in wanted for label in index), dtype=bool, count=len(index))
    if not isinstance(index, pd.RangeIndex) or len(labels) > MOST_COUNTED:
        return np.asarray(index.isin(labels))
    out = np.zeros(len(index), dtype=bool)
    for label in labels:
        out[index.get_loc(label)] = True
    return out


def _there(index: pd.Index[Any], label: Hashable) -> bool:
    """Whether a row bears the label; of an index with levels a label is a tuple with all of them."""
    if isinstance(index, pd.MultiIndex) and not (isinstance(label, tuple) and len(label) == index.nlevels):
        return False
    return label in index


def _default_exclusions(
    table: pd.DataFrame, attrs: Mapping[Hashable, Any]
) -> tuple[tuple[tuple[Hashable, str], ...], tuple[str, ...]]:
    known = attrs.get("default_exclusions") or {}
    labels = known.get("index", ()) if isinstance(known, Mapping) else known
    reason = (
        known.get("reason", "left out by default") if isinstance(known, Mapping) else "left out by default"
    )
    labels = [label for label in labels if _there(table.index, label)]
    # Labels mean nothing any more once the index was reset on a part of the table.
    original = _bundled_losses(str(attrs.get("name", "")))
    if original and labels and "loss" in table.columns:
        losses = table["loss"].to_numpy()
        if isinstance(table.index, pd.RangeIndex):
            there = [(table.index.get_loc(label), label) for label in labels]
        else:
            rows = np.flatnonzero(rows_of(table.index, labels)).tolist()
            there = [(row, table.index[row]) for row in rows]
        if any(losses[row] != original.get(label) for row, label in there):
            note = (
                "The rows that are left out of this table by default could not be told by their labels; "
                "none was left out."
            )
            return (), (note,)
    return tuple((label, reason) for label in labels), ()


@lru_cache(maxsize=8)
def _bundled_losses(name: str) -> dict[Hashable, float]:
    """Losses of the rows that a bundled table leaves out by default, by label."""
    try:
        table = load(name)
    except ScaleWidgetsError:
        return {}
    known = table.attrs.get("default_exclusions") or {}
    return {label: float(table.loc[label, "loss"]) for label in known.get("index", ())}
