"""Reading raw files without losing a digit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

SUFFIXES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def find(raw: Path, name: str) -> Path:
    """Return the path of a raw file, plain or gzipped."""
    for path in (raw / name, raw / f"{name}.gz"):
        if path.exists():
            return path
    raise FileNotFoundError(f"{name} is not in {raw}: see the list of sources in tools/compile_tables.py")


def read_exact(
    path: Path, columns: Sequence[str] | None = None, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read a CSV file; columns that hold nothing but numbers become the nearest doubles.

    Texts lose blanks at their ends. ``columns`` picks columns of a file with a header, ``names`` names
    those of a file without.
    """
    header = None if names else 0
    frame = pd.read_csv(path, dtype="str", usecols=columns, names=names, header=header, skipinitialspace=True)
    for name in frame.columns:
        try:
            frame[name] = frame[name].to_numpy(dtype=object, na_value="nan").astype(float)
        except ValueError:
            frame[name] = frame[name].str.strip()
    return frame


def size(text: str) -> float:
    """Turn ``"2.8B"`` or ``"125m"`` into a number of parameters or tokens."""
    text = str(text).strip().upper()
    if text[-1] in SUFFIXES:
        # Through text, so that 2.8B is 2800000000 and not 2799999999.9999995.
        return float(f"{text[:-1]}e{len(str(int(SUFFIXES[text[-1]]))) - 1}")
    return float(text)
