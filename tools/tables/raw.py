"""Reading raw files without losing a digit."""

from __future__ import annotations

from pathlib import Path

from scalewidgets.data.assembling import read_exact as read_exact

SUFFIXES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def find(raw: Path, name: str) -> Path:
    """Return the path of a raw file, plain or gzipped."""
    for path in (raw / name, raw / f"{name}.gz"):
        if path.exists():
            return path
    raise FileNotFoundError(f"{name} is not in {raw}: see the list of sources in tools/compile_tables.py")


def size(text: str) -> float:
    """Turn ``"2.8B"`` or ``"125m"`` into a number of parameters or tokens."""
    text = str(text).strip().upper()
    if text[-1] in SUFFIXES:
        # Through text, so that 2.8B is 2800000000 and not 2799999999.9999995.
        return float(f"{text[:-1]}e{len(str(int(SUFFIXES[text[-1]]))) - 1}")
    return float(text)
