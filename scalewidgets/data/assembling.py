"""Small steps from the files of a public repository to tidy columns, without losing a digit.

Shared by the loaders of what is not bundled and by the compiler of what is.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import pandas as pd


def read_exact(
    path: Path | IO[Any], columns: list[str] | None = None, names: list[str] | None = None
) -> pd.DataFrame:
    """Read a CSV file; columns that hold nothing but numbers become the nearest doubles.

    Texts lose blanks at their ends. ``columns`` picks columns of a file with a header, ``names`` names
    those of a file without.
    """
    header = None if names else 0
    frame: pd.DataFrame = pd.read_csv(
        path, dtype="str", usecols=columns, names=names, header=header, skipinitialspace=True
    )
    for name in frame.columns:
        try:
            frame[name] = frame[name].to_numpy(dtype=object, na_value="nan").astype(float)
        except ValueError:
            frame[name] = frame[name].str.strip()
    return frame


def six_nd(frame: pd.DataFrame) -> pd.DataFrame:
    """Add training compute by the 6ND rule, in floats because integers overflow."""
    flops = 6.0 * frame["params"].astype(float) * frame["tokens"].astype(float)
    counted: pd.DataFrame = frame.assign(flops=flops, flops_rule="6ND")
    return counted


def binomial_error(share: pd.Series, tasks: pd.Series | float) -> pd.Series:
    """Standard error of a share of so many tasks; at 0 and 1 that of half a task more or less."""
    inside = share.clip(0.5 / tasks, 1.0 - 0.5 / tasks)
    error: pd.Series = (inside * (1.0 - inside) / tasks) ** 0.5
    return error
