"""Reading a large table: time and peak memory of each format, each in a process of its own.

``python -m benchmarks.reading`` prints JSON for all formats; ``python -m benchmarks.reading FORMAT PATH``
for one file that is there already. ``plain`` is what pandas needs for the same file without asking what
is in it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from .job import ONE_THREAD

ROWS = 1_000_000
PEERS: dict[str, Callable[[Path], Any]] = {
    "csv": pd.read_csv,
    "csv.gz": pd.read_csv,
    "text.csv": pd.read_csv,
    "jsonl": lambda path: pd.read_json(path, lines=True),
    "parquet": pd.read_parquet,
    "samples.csv": pd.read_csv,
}


def write(form: str, path: Path, rows: int) -> None:
    """Write checkpoints of known runs, or a million samples; ``text`` writes sizes as 412.3M."""
    import numpy as np

    from .scale import table

    if form == "samples.csv":
        rng = np.random.default_rng(0)
        problem = np.arange(rows) % 1000
        right = rng.random(rows) < rng.random(1000)[problem]
        words = {
            "model": "m",
            "task_id": problem,
            "passed": right,
            "completion_tokens": rng.integers(9, 999, rows),
        }
        pd.DataFrame(words).to_csv(path, index=False)
        return
    runs = table(rows, 1000)
    if form == "text.csv":
        runs["params"] = [f"{value / 1e6:.1f}M" for value in runs["params"]]
    if form == "parquet":
        runs.to_parquet(path)
    elif form == "jsonl":
        runs.to_json(path, orient="records", lines=True)
    else:
        runs.to_csv(path, index=False)


def read(form: str, path: Path) -> dict[str, float]:
    """Read one file once, as a person would."""
    import scalewidgets as sw

    reader = sw.read_samples if form == "samples.csv" else sw.read_runs
    begun = time.process_time()
    rows = len(reader(path))
    seconds = time.process_time() - begun
    # Linux counts kilobytes, macOS bytes.
    top = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    begun = time.process_time()
    PEERS[form](path)
    plain = time.process_time() - begun
    return {"rows": rows, "seconds": seconds, "peak": top, "plain": plain, "bytes": path.stat().st_size}


def every(rows: int) -> dict[str, dict[str, float]]:
    """Every format in a process of its own, so that each peak is its own."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for form in PEERS:
            path = Path(folder) / f"table.{form}"
            write(form, path, rows)
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.reading", form, str(path)],
                capture_output=True, text=True, check=True, env={**os.environ, **ONE_THREAD},
            )  # fmt: skip
            found[form] = json.loads(done.stdout.splitlines()[-1])
            path.unlink()
    return found


def main() -> None:
    """Print JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("form", nargs="?", choices=list(PEERS))
    options.add_argument("path", nargs="?", type=Path)
    options.add_argument("--rows", type=int, default=ROWS)
    asked = options.parse_args()
    print(json.dumps(read(asked.form, asked.path) if asked.path else every(asked.rows)))


if __name__ == "__main__":
    main()
