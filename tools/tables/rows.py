"""Small steps that every source needs on the way to tidy rows."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from scalewidgets.data.assembling import binomial_error as binomial_error
from scalewidgets.data.assembling import six_nd as six_nd


def one_epoch(frame: pd.DataFrame) -> pd.DataFrame:
    """Say that every token was new."""
    return frame.assign(unique_tokens=frame["tokens"].astype(float), epochs=1.0)


def natural_log(values: pd.Series) -> pd.Series:
    """Turn perplexities into nats.

    By the C library: NumPy's vectorised logarithm differs in the last bit between processors, and
    the tables must not.
    """
    return values.map(math.log)


def mark_final(frame: pd.DataFrame) -> pd.DataFrame:
    """Mark the last checkpoint of each curve of each run."""
    last = pd.Series(False, frame.index)
    kept = [name for name in ("run", "eval_data", "loss_kind") if name in frame.columns]
    order = "tokens" if frame["tokens"].notna().all() else "step"
    # The last of several rows at the same token count, so that a curve ends once.
    ends = frame.reset_index().sort_values(order, kind="stable").groupby(kept, dropna=False)["index"].last()
    last.loc[ends.to_numpy()] = True
    return frame.assign(is_final=last)


def thin(frame: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Keep about ``rows`` measured rows of one long curve, evenly spaced in the log of the tokens.

    Kept are, unchanged, the first row and for each of the log-spaced token counts the last row
    measured at or before it. Nothing is averaged, so the noise of the curve stays what it was.
    """
    ordered = frame.sort_values("tokens", kind="stable").reset_index(drop=True)
    tokens = ordered["tokens"].to_numpy(float)
    targets = np.geomspace(tokens[0], tokens[-1], rows)
    targets[-1] = tokens[-1]
    kept = np.unique(np.maximum(np.searchsorted(tokens, targets, side="right") - 1, 0))
    return ordered.iloc[kept].reset_index(drop=True)
