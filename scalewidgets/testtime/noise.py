"""Draws of what a table of configurations might have said: repeats drawn anew, and problems."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalewidgets.errors import TableError

from .checks import Array
from .systems import Systems

__all__: list[str] = []


@dataclass(frozen=True, eq=False)
class Drawn:
    """Cost and value of every configuration in every draw, shape (draws, n); and what was drawn, in words."""

    cost: Array
    value: Array
    words: str


def draw_configurations(read: Systems, problems: pd.DataFrame | None, draws: int, seed: int) -> Drawn | None:
    """Draw costs and values; None where nothing says how noisy they are."""
    rng = np.random.default_rng(seed)
    if problems is not None:
        return _paired(read, problems, draws, rng)
    repeats = np.array([len(row) for row in read.cost_rows])
    if not len(repeats) or draws < 1 or not ((repeats > 1) | np.isfinite(read.errors)).any():
        return None
    cost, value = np.tile(read.cost, (draws, 1)), np.tile(read.value, (draws, 1))
    for place, count in enumerate(repeats):
        if count > 1:
            picks = rng.integers(0, count, (draws, count))
            cost[:, place] = read.cost_rows[place][picks].mean(axis=1)
    known = np.nan_to_num(read.errors)
    for place, count in enumerate(repeats):
        if known[place] > 0:
            # The spread between repeats is part of a binomial error already: it is not added to it.
            value[:, place] += known[place] * rng.standard_normal(draws)
        elif count > 1:
            picks = rng.integers(0, count, (draws, count))
            value[:, place] = read.value_rows[place][picks].mean(axis=1)
    if known.any():
        words = (
            f"Probabilities from {draws:,} draws: costs over repeats, values with the error of their number "
            "of problems, independent between configurations; on shared problems the gaps are surer than "
            "that."
        )
    else:
        words = f"Probabilities from {draws:,} draws of the repeats; the problems stay as they are."
    return Drawn(cost, np.clip(value, 0, 1) if known.any() else value, words)


def _paired(read: Systems, problems: pd.DataFrame, draws: int, rng: np.random.Generator) -> Drawn:
    rates = _rates(read, problems)
    count = rates.shape[1]
    picked = rng.multinomial(count, np.full(count, 1 / count), size=draws) / count
    drawn = picked @ rates.T
    # Where a table's mean and that of its problems differ a little, the draws are about the table's.
    value = np.clip(drawn - rates.mean(axis=1) + read.value, 0, 1)
    cost = np.tile(read.cost, (draws, 1))
    for place, row in enumerate(read.cost_rows):
        if len(row) > 1:
            cost[:, place] = row[rng.integers(0, len(row), (draws, len(row)))].mean(axis=1)
    words = (
        f"Probabilities from {draws:,} draws of the {count:,} problems, the same for all configurations, "
        "and of the repeats' costs."
    )
    return Drawn(cost, value, words)


def _rates(read: Systems, problems: pd.DataFrame) -> Array:
    """Share solved of each problem by each configuration, shape (n, problems)."""
    key = next((name for name in ("system", "configuration", "model") if name in problems.columns), None)
    needed = [name for name in ("problem_id", "n_samples", "n_correct") if name not in problems.columns]
    if key is None or needed:
        raise TableError(
            f"The table of problems has no {', '.join(needed) or 'column of configurations'}.",
            remedy="Give system (or model), problem_id, n_samples and n_correct.",
        )
    wide = problems.pivot_table(
        index=key, columns="problem_id", values=["n_correct", "n_samples"], aggfunc="sum"
    )
    missing = [name for name in read.names if name not in wide.index]
    if missing:
        raise TableError(
            f"The table of problems has nothing on {missing[0]!r}.",
            column=key,
            remedy="Leave out the configurations without problems first, or name them alike.",
        )
    chosen = wide.loc[list(read.names)]
    rates = chosen["n_correct"].to_numpy(float) / chosen["n_samples"].to_numpy(float)
    if not np.isfinite(rates).all():
        raise TableError(
            "Not every configuration has samples on every problem, so they cannot be paired.",
            remedy="Keep the problems that all of them have.",
        )
    return np.asarray(rates)
