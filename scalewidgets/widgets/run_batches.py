"""Batches of runs as a program gives them and as the diamonds of a screen stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..errors import QuantityError
from ..figures.advisor import View
from .budgets import positive


def title_of(table: pd.DataFrame | None) -> str:
    """What the menu calls a table of candidates."""
    if table is None:
        return ""
    return str(table.attrs.get("source_name") or table.attrs.get("title") or "Your table")


def is_zero(value: Any) -> bool:
    """Whether a value of the state is the number zero."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def runs_of(state: Mapping[str, Any], view: View) -> tuple[tuple[float, float], ...]:
    """Parameters and tokens of the batch as the diamonds stand; those advised where they do not read."""
    out = []
    for k in range(len(view.batch)):
        pair = positive(state, f"run.{k}.params", 0.0), positive(state, f"run.{k}.tokens", 0.0)
        if 0.0 in pair:
            return view.batch
        out.append(pair)
    return tuple(out)


def given_runs(batch: Any) -> tuple[tuple[float, float], ...]:
    """A batch that a program gives."""
    if batch is None:
        return ()
    table = pd.DataFrame(batch)
    if table.empty or not {"params", "tokens"} <= set(table):
        raise QuantityError("A batch has no params and tokens.", remedy="Give a table with these columns.")
    values = table[["params", "tokens"]].to_numpy(dtype=float)
    if not (np.isfinite(values) & (values > 0)).all():
        raise QuantityError(
            "A run of the batch has a size or tokens not above zero.", remedy="Give positive numbers."
        )
    return tuple((float(n), float(d)) for n, d in values)
