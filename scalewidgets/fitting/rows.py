"""What a caller says of each row: its weight, its standard deviation, the run it is a checkpoint of."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted

Array: TypeAlias = NDArray[np.float64]
PerRow: TypeAlias = Any
"""Name of a column, or one value a row of the table."""


@dataclass(frozen=True)
class Rows:
    """Per-row facts of the used rows.

    Attributes
    ----------
    weight : ndarray, shape (n,)
        Factor on the penalty of each row.
    tilt : ndarray, shape (n,), or None
        Factor on the residual of each row: the typical (geometric mean) standard deviation over its own.
    cluster : ndarray of int, shape (n,), or None
        Number of the cluster each row belongs to.
    words : str
        How rows are weighted, as a phrase; empty where all count the same.
    cluster_name : str
        Column of the clusters; empty without.
    """

    weight: Array
    tilt: Array | None = None
    cluster: NDArray[np.intp] | None = None
    words: str = ""
    cluster_name: str = ""


def read_rows(
    table: pd.DataFrame, used: NDArray[np.bool_], sd: PerRow, weight: PerRow, cluster: PerRow
) -> Rows:
    """Read what is given, for the used rows, in the order of the table.

    Raises
    ------
    FitError
        If both sd and weight are given, a column does not exist, lengths differ, or a value is not a
        positive number.
    """
    n = int(used.sum())
    if sd is not None and weight is not None:
        raise FitError(
            "Give sd= or weight=, not both: sd is the standard deviation of a run's log loss, "
            "weight multiplies its penalty."
        )
    tilt, words, factor = None, "", np.ones(n)
    if sd is not None:
        spread = _numbers("sd", row_values("sd", sd, table)[used])
        if n:
            tilt = np.exp(np.log(spread).mean()) / spread
            words = f"residuals in units of {_named('sd', sd)}, the standard deviation of each run's log loss"
            tilt = None if np.ptp(spread) <= 1e-12 * spread.max() else tilt
    if weight is not None:
        factor = _numbers("weight", row_values("weight", weight, table)[used])
        words = f"penalties multiplied by {_named('weight', weight)}"
    if cluster is None:
        return Rows(factor, tilt, None, words)
    labels = row_values("cluster", cluster, table)[used]
    missing = pd.isna(labels)
    if missing.any():
        raise FitError(
            f"cluster= has no value for {int(missing.sum())} of the {n} runs that are fitted.",
            remedy="Give every row its cluster; a row of its own is a cluster of its own.",
        )
    codes = pd.factorize(np.array([str(label) for label in labels], dtype=object), sort=True)[0]
    if n and codes.max() == 0:
        raise FitError(
            f"All {n} rows belong to one cluster, so nothing says how runs differ.",
            remedy="Leave cluster= out, or add runs.",
        )
    return Rows(factor, tilt, codes.astype(np.intp), words, _named("cluster", cluster))


def effective_n(rows: Rows, residuals: Array) -> float:
    """Number of independent runs of equal weight that say as much.

    Kish's ratio for the weights; for clusters divided by ``1 + (m - 1) rho``, with the residuals'
    intra-class correlation rho from the analysis of variance and m the average size (Kish 1965).
    """
    n = float(rows.weight.sum() ** 2 / (rows.weight @ rows.weight))
    if rows.cluster is None:
        return n
    sizes = np.bincount(rows.cluster).astype(float)
    groups, total = len(sizes), float(len(residuals))
    if groups == len(residuals):
        return n
    centre = residuals - residuals.mean()
    means = np.bincount(rows.cluster, centre) / sizes
    between = float(sizes @ means**2) / max(groups - 1, 1)
    within = float(np.sum((centre - means[rows.cluster]) ** 2)) / max(total - groups, 1)
    size = (total - float(sizes @ sizes) / total) / max(groups - 1, 1)
    bottom = between + (size - 1) * within
    rho = min(max((between - within) / bottom, 0.0), 1.0) if bottom > 0 else 1.0
    return float(np.clip(n / (1 + (float(sizes @ sizes) / total - 1) * rho), min(groups, n), n))


def _named(word: str, given: PerRow) -> str:
    return given if isinstance(given, str) else f"the given {word}"


def row_values(word: str, given: PerRow, table: pd.DataFrame) -> NDArray[Any]:
    """Value of each row of the table, from a column or from values; ``word`` is the argument."""
    if isinstance(given, str):
        if given not in table.columns:
            names = [str(name) for name in table.columns]
            matches = close_matches(given, names)
            raise FitError(
                f"{word}={quoted(given)} is not a column of the table.",
                column=given,
                remedy=f"Did you mean {either(matches)}?"
                if matches
                else f"Its columns are {', '.join(names[:12])}.",
            )
        return np.asarray(table[given].to_numpy(dtype=object))
    if isinstance(given, pd.Series) and not given.index.equals(table.index) and given.index.is_unique:
        labels: list[Hashable] = list(table.index)
        given = given.reindex(labels)
    values = np.asarray(given, dtype=object)
    if values.ndim != 1 or len(values) != len(table):
        shape = "one value" if values.ndim == 0 else f"{values.size} values"
        raise FitError(
            f"{word}= has {shape} for {len(table)} rows.",
            remedy="Give one value for each row of the table, or the name of a column.",
        )
    return values


def _numbers(word: str, values: NDArray[Any]) -> Array:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.full(len(values), np.nan)
    wrong = ~(np.isfinite(numbers) & (numbers > 0))
    if wrong.any():
        first = values[int(np.flatnonzero(wrong)[0])]
        more = "" if wrong.sum() == 1 else f" ({int(wrong.sum())} values are like it)"
        meaning = (
            "a standard deviation is positive"
            if word == "sd"
            else "a weight is positive, and a run without weight is left out by exclude="
        )
        raise FitError(
            f"{word}= has {quoted(first)}{more}; {meaning}.", remedy="Mend the values, or leave rows out."
        )
    return numbers
