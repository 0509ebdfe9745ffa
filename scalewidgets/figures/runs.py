"""Runs as figures draw them: their compute, and a share of them where a table is large."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .curves import FLOPS_PER_PARAM_TOKEN, Floats

MOST_DRAWN = 500
"""More dots than this are a smear on screen and a burden in the file: the fit has all, the figure a share."""


def run_flops(table: pd.DataFrame) -> Floats:
    """Training compute of each run, 6 N D where the table does not say it."""
    if "flops" in table and table["flops"].notna().all():
        known: Floats = table["flops"].to_numpy(dtype=float)
        return known
    params, tokens = (table[name].to_numpy(dtype=float) for name in ("params", "tokens"))
    return np.asarray(FLOPS_PER_PARAM_TOKEN * params * tokens, dtype=float)


def thinned(runs: pd.DataFrame) -> pd.DataFrame:
    """At most some `MOST_DRAWN` runs, spread evenly over size and compute, and every extreme.

    Extremes are the smallest and largest of size, compute, loss and, where there is one, residual: what a
    person looks for first must not be what is left out.
    """
    if len(runs) <= MOST_DRAWN:
        return runs
    order = np.lexsort((runs["flops"].to_numpy(), runs["params"].to_numpy()))
    chosen = order[np.unique(np.linspace(0, len(order) - 1, MOST_DRAWN).round().astype(int))]
    columns = [runs[name].to_numpy() for name in ("params", "flops", "loss", "residual") if name in runs]
    extremes = [int(pick(column)) for column in columns for pick in (np.nanargmin, np.nanargmax)]
    share: pd.DataFrame = runs.iloc[np.union1d(chosen, extremes)].sort_values("run")
    return share
