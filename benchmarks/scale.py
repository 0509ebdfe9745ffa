"""Large tables: time and peak memory, each job in a process of its own.

``python -m benchmarks.scale JOB`` prints JSON; ``peak`` is the largest resident size of
the process in bytes, the interpreter and every import included.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

import numpy as np
import pandas as pd

import scalewidgets as sw
from scalewidgets.fitting.problem import read_problem

from .job import points_of
from .ours import solved
from .peers import lbfgs, least_squares_from

TRUTH = {"E": 1.8172, "A": 482.0, "B": 2085.4, "alpha": 0.3478, "beta": 0.3658}
PUBLISHED = np.log([406.4, 410.7, 1.69])
"""Logarithms of A, B, E of arXiv:2203.15556; the exponents are .34 and .28."""


def table(rows: int, trained: int | None = None, seed: int = 0) -> pd.DataFrame:
    """Runs of a known law with heavy-tailed noise of 0.4 %; or checkpoints of some runs."""
    rng = np.random.default_rng(seed)
    run = np.arange(rows) if trained is None else np.arange(rows) * trained // rows
    params = 10 ** rng.uniform(7.5, 10.2, int(run[-1]) + 1)[run]
    tokens = 20 * params * 10 ** rng.uniform(-1, 1, rows)
    loss = sw.law("chinchilla").value({"N": params, "D": tokens}, TRUTH)
    noise = 3e-3 * rng.standard_t(4, rows)
    columns = {"params": params, "tokens": tokens, "loss": loss * np.exp(noise)}
    if trained is not None:
        columns["loss"] = columns["loss"] * np.exp(rng.normal(0, 4e-3, trained)[run])
        columns["run"] = run
    return pd.DataFrame(columns)


def peak() -> int:
    """Largest resident size of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def million() -> dict[str, float]:
    """A global fit of a million runs beside one tight L-BFGS start, and one of least_squares."""
    runs = table(10**6)
    before = peak()
    begun = time.process_time()
    fit = sw.fit(runs, resamples=0, starts=0)
    seconds = time.process_time() - begun
    top = peak()
    problem = read_problem(runs, sw.law("chinchilla"), None, None)
    begun = time.process_time()
    solved(problem)
    arrays = time.process_time() - begun
    points = points_of(runs["params"], runs["tokens"], runs["loss"])
    start = np.array([*PUBLISHED, 0.34, 0.28])
    begun = time.process_time()
    _, one = lbfgs(start, points, tight=True)
    tight = time.process_time() - begun
    begun = time.process_time()
    _, trusted = least_squares_from(start, points)
    squares = time.process_time() - begun
    return {
        "seconds": seconds, "arrays": arrays, "table": before, "peak": top,
        "lbfgs": tight, "least_squares": squares, "gap": fit.objective / min(one, trusted) - 1,
    }  # fmt: skip


def many(rows: int, resamples: int) -> dict[str, float]:
    """Resamples of a large table."""
    runs = table(rows)
    before = peak()
    begun = time.process_time()
    fit = sw.fit(runs, resamples=resamples, starts=0)
    seconds = time.process_time() - begun
    return {
        "seconds": seconds, "table": before, "peak": peak(), "resamples": resamples,
        "converged": fit.certificate.resamples_converged,
    }  # fmt: skip


def checkpoints(rows: int, resamples: int) -> dict[str, float]:
    """Checkpoints of a thousand runs, whole runs resampled."""
    runs = table(rows, trained=1000)
    before = peak()
    begun = time.process_time()
    fit = sw.fit(runs, resamples=resamples, starts=0, cluster="run")
    seconds = time.process_time() - begun
    return {
        "seconds": seconds, "table": before, "peak": peak(), "resamples": resamples,
        "converged": fit.certificate.resamples_converged,
    }  # fmt: skip


def main() -> None:
    """Print one job's measurements as JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("job", choices=["million", "many", "checkpoints"])
    options.add_argument("--rows", type=int, default=10**5)
    options.add_argument("--resamples", type=int, default=4000)
    asked = options.parse_args()
    if asked.job == "million":
        print(json.dumps(million()))
    else:
        print(json.dumps((many if asked.job == "many" else checkpoints)(asked.rows, asked.resamples)))


if __name__ == "__main__":
    main()
