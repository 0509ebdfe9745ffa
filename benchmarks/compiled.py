"""The compiled engine beside NumPy and SciPy in one process: ``python -m benchmarks.compiled``.

Prints JSON, in CPU seconds but where a name says ``wall``. The machine code is compiled before anything is
measured; how long a fresh process waits for it is measured in processes of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

import scalewidgets as sw
from scalewidgets.fitting.compiled import machine
from scalewidgets.fitting.compiled.search import search
from scalewidgets.fitting.model import LogAffine, make_model
from scalewidgets.fitting.objective import Objective
from scalewidgets.fitting.problem import Problem
from scalewidgets.fitting.solve import Solution

from . import peers
from .job import BEST, DELTA, chinchilla_points
from .ours import chinchilla_problem, drags, each, resampled, solved, warm_refits

_FRESH = """
import json, sys, time
import scalewidgets as sw
from scalewidgets.fitting import api
from scalewidgets.fitting.compiled import machine
runs = sw.load("chinchilla")
sw.fit(runs, resamples=0, starts=0, engine="numpy")
cpu, wall = time.process_time(), time.perf_counter()
kernel = machine.kernel()
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
print(json.dumps({"cpu": cpu, "wall": wall, "origin": kernel.origin, "numba": "numba" in sys.modules}))
"""


def fresh_process(**variables: str) -> dict[str, Any]:
    """What a process that never fitted anything waits for before its first compiled fit."""
    done = subprocess.run(
        [sys.executable, "-c", _FRESH],
        capture_output=True, text=True, check=True, env={**os.environ, **variables},
    )  # fmt: skip
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def from_arrays(problem: Problem) -> Solution:
    """Arrays in, coefficients out: what the SciPy line (iv) does."""
    model = make_model(problem.law, problem.inputs, problem.loss)
    assert isinstance(model, LogAffine)
    model.engine = "compiled"
    found = search(model, Objective("huber_log", DELTA), {})
    assert found is not None
    return found


def by_turns(jobs: dict[str, Callable[[], Any]], rounds: int, repeat: int = 5) -> dict[str, float]:
    """Least CPU seconds of each job, all of them in every round: what else the machine does only adds."""
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(rounds):
        for name, job in jobs.items():
            best[name] = min(best[name], *each([job], repeat))
    return {name: float(value) for name, value in best.items()}


def differences(runs: Any) -> dict[str, float]:
    """Largest relative difference from NumPy's engine, over the fit and its resamples."""
    one, other = (sw.fit(runs, starts=0, resamples=1000, engine=name) for name in ("numpy", "compiled"))
    coefficients = [other.coefficients[name] / value - 1 for name, value in one.coefficients.items()]
    return {
        "objective": abs(other.objective / one.objective - 1),
        "coefficients": float(np.max(np.abs(coefficients))),
        "resamples": float(np.max(np.abs(other.resamples / one.resamples - 1))),
    }


def measure(*, quick: bool) -> dict[str, Any]:
    """Everything, with the SciPy line and NumPy's engine in between."""
    machine.kernel()
    problem, points = chinchilla_problem(), chinchilla_points()
    repeat = 31 if quick else 101
    solution, job, plain = from_arrays(problem), solved(problem, engine="compiled"), solved(problem)
    seen = by_turns(
        {
            "iv": lambda: peers.one_start(problem, points, 1),
            "arrays": lambda: from_arrays(problem),
            "job": lambda: solved(problem, engine="compiled"),
            "numpy_job": lambda: solved(problem, engine="numpy"),
        },
        rounds=10 if quick else 30,
    )
    seen |= by_turns(
        {"resamples": lambda: resampled(job, 4000), "numpy_resamples": lambda: resampled(plain, 4000)},
        rounds=2 if quick else 6, repeat=2,
    )  # fmt: skip
    engine = each([lambda: resampled(solved(problem, engine="compiled"), 200)], repeat)
    warm = warm_refits(job, 5 if quick else 20)
    drag = drags(20 if quick else 100, engine="compiled")
    fresh = [fresh_process() for _ in range(3 if quick else 7)]
    off = {f"off_{name}": value for name, value in differences(sw.load("chinchilla")).items()}
    with tempfile.TemporaryDirectory() as folder:
        first = None if quick else fresh_process(NUMBA_CACHE_DIR=folder)
    return {
        **seen, "refit_200_p50": float(np.quantile(engine, 0.5)),
        "refit_200_p95": float(np.quantile(engine, 0.95)),
        "warm_p50": float(np.quantile(warm, 0.5)), "warm_p99": float(np.quantile(warm, 0.99)),
        "drag_p50": float(np.quantile(drag, 0.5)), "drag_p95": float(np.quantile(drag, 0.95)),
        "cold": float(np.median([one["cpu"] for one in fresh])),
        "cold_wall": float(np.median([one["wall"] for one in fresh])),
        "cold_imports_numba": any(one["numba"] for one in fresh),
        "compile": None if first is None else first["cpu"],
        "gap": solution.value / BEST - 1, **off,
    }  # fmt: skip


def main() -> None:
    """Print the measurements as JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true")
    print(json.dumps(measure(quick=options.parse_args().quick)))


if __name__ == "__main__":
    main()
