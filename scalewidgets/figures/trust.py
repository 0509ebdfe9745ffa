"""What weakens an answer, in words that every screen uses."""

from __future__ import annotations

import numpy as np

from ..fitting import Fit


def checkpoints(fit: Fit) -> str:
    """Say where the rows are checkpoints of few runs: resampling rows then makes intervals too narrow."""
    table = fit.runs
    if "run" not in table or fit.certificate.clusters:
        return ""
    used = table.loc[np.asarray(fit.used, dtype=bool), "run"]
    runs = int(used.nunique())
    if runs == 0 or len(used) < 2 * runs:
        return ""
    noun = "run" if runs == 1 else "runs"
    return f"{len(used):,} rows are checkpoints of {runs:,} {noun}: the intervals are too narrow"
