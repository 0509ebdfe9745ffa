"""The engine on the job. Run as a program, it prints its measurements as JSON.

``SCALEWIDGETS_ENGINE`` chooses the engine of that process, ``numpy`` or ``compiled``: both are measured
by the same lines.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

BEGUN = time.process_time()
import scalewidgets as sw  # noqa: E402
from scalewidgets.fitting import bootstrap  # noqa: E402
from scalewidgets.fitting.compiled.choice import VARIABLE  # noqa: E402
from scalewidgets.fitting.job import Job  # noqa: E402
from scalewidgets.fitting.newton import minimise  # noqa: E402
from scalewidgets.fitting.objective import Objective  # noqa: E402
from scalewidgets.fitting.problem import Problem, read_problem  # noqa: E402

IMPORTED = time.process_time() - BEGUN
ENGINE = os.environ.get(VARIABLE, "numpy")

from .job import BEST, DELTA, cpu  # noqa: E402


def chinchilla_problem() -> Problem:
    """Return the 240 runs the way the engine reads them."""
    return read_problem(sw.load("chinchilla"), sw.law("chinchilla"), "default", None)


def solved(problem: Problem, seed: int = 0, engine: str | None = None) -> Job:
    """Search and descent, from arrays."""
    job = Job(problem, Objective("huber_log", DELTA), {}, seed, engine=engine or ENGINE)
    for _ in job.solve():
        pass
    return job


def resampled(job: Job, total: int) -> Job:
    """Refit resamples of a solved job."""
    for _ in job.resample(total):
        pass
    return job


def drawn_weights(job: Job, total: int) -> np.ndarray:
    """Weights of the resamples of a job, shape (total, n)."""
    return np.vstack(list(bootstrap.counts(job.problem.n, total, total, job.seed)))


WARM = 20
"""Refits before any is measured: the first dozen after something else take up to twice as long, and among a
few hundred these alone would be the slowest of a hundred."""


def each(calls: list[Callable[[], Any]], repeat: int, warm: int = 1) -> np.ndarray:
    """CPU seconds of every call, after one that warms up, or some."""
    for k in range(warm):
        calls[k % len(calls)]()
    taken = []
    for _ in range(repeat):
        for call in calls:
            begun = time.process_time()
            call()
            taken.append(time.process_time() - begun)
    return np.array(taken)


def warm_refits(job: Job, repeat: int) -> np.ndarray:
    """CPU seconds of a refit after one run was taken out, from the optimum of all, for every run."""
    model, start = job.model, job.solution.variables[None]
    objective = job.objective
    calls = []
    for k in range(job.problem.n):
        weights = np.ones((1, job.problem.n))
        weights[0, k] = 0.0
        calls.append(lambda weights=weights: minimise(model, objective, start, weights, job.free))
    return each(calls, repeat, WARM)


def drags(repeat: int, resamples: int = 200, engine: str = ENGINE) -> np.ndarray:
    """CPU seconds from the table without one run to a Fit with 200 resamples."""
    runs = sw.load("chinchilla")
    out = list(runs.attrs["default_exclusions"]["index"])
    kept = [label for label in runs.index if label not in out]
    calls = [
        lambda label=label: sw.fit(runs, exclude=[*out, label], resamples=resamples, starts=0, engine=engine)
        for label in kept[:: max(1, len(kept) // repeat)][:repeat]
    ]
    return each(calls, 1)


def measure(*, quick: bool) -> dict[str, float]:
    """Everything about the 240 points, in CPU seconds."""
    runs = sw.load("chinchilla")
    begun = time.process_time()
    sw.fit(runs, resamples=0, starts=0)
    cold = time.process_time() - begun
    problem = chinchilla_problem()
    repeat = 15 if quick else 51
    whole, fit = cpu(lambda: sw.fit(runs, resamples=0, starts=0), repeat)
    arrays, job = cpu(lambda: solved(problem), repeat)
    warm = warm_refits(job, 2 if quick else 10)
    drag = drags(20 if quick else 100)
    many = 1000 if quick else 4000
    refits, job = cpu(lambda: resampled(solved(problem), many), 3)
    default, _ = cpu(lambda: sw.fit(runs), 3)
    return {
        "import": IMPORTED,
        "cold": cold,
        "fit": whole,
        "arrays": arrays,
        "warm_p50": float(np.quantile(warm, 0.5)),
        "warm_p95": float(np.quantile(warm, 0.95)),
        "warm_p99": float(np.quantile(warm, 0.99)),
        "drag_p50": float(np.quantile(drag, 0.5)),
        "drag_p95": float(np.quantile(drag, 0.95)),
        "resamples": (refits - arrays) * 4000 / many,
        "unconverged": float(np.sum(~job.draws_converged)) * 4000 / many,
        "default": default,
        "gap": fit.objective / BEST - 1,
    }


def main() -> None:
    """Print the measurements of one engine as JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true")
    print(json.dumps(measure(quick=options.parse_args().quick)))


if __name__ == "__main__":
    main()
