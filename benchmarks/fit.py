"""The engine beside what the field runs for the same job, in one process, in CPU seconds.

The job: the 240 points of arXiv:2404.10102, sum of Huber penalties (delta 1e-3) on log residuals, five
coefficients. Everyone gets analytic derivatives and the same data; BLAS is held to one thread.

Run ``python benchmarks/fit.py``. The grid of 4,500 starts (arXiv:2203.15556, appendix D.2) is sampled and
scaled up; ``--grid 4500`` runs all of it.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
from scipy.optimize import least_squares, minimize

import scalewidgets as sw
from scalewidgets.fitting.job import Job
from scalewidgets.fitting.model import make_model
from scalewidgets.fitting.objective import Objective
from scalewidgets.fitting.problem import Problem, read_problem
from scalewidgets.fitting.screen import screen

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
BEST = 0.0010182740178006
DELTA = 1e-3


def main() -> None:
    """Measure and print one table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--grid", type=int, default=150, help="how many of the 4,500 starts to run (150)")
    options.add_argument("--repeat", type=int, default=15, help="repetitions of the short jobs (15)")
    asked = options.parse_args()

    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        # BLAS reads this when NumPy is imported: start again with it set.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})

    runs = sw.load("chinchilla")
    law = sw.law("chinchilla")
    problem = read_problem(runs, law, "default", None)
    size, data, loss = (np.log(v) for v in (problem.inputs["N"], problem.inputs["D"], problem.loss))

    def engine() -> float:
        return sw.fit(runs, resamples=0, starts=0).objective

    def solver() -> float:
        job = Job(problem, Objective("huber_log", DELTA), {}, 0)
        for _ in job.solve():
            pass
        return job.solution.value

    def one_start() -> float:
        # The cheap way to do it well: our screen for the start, SciPy for the rest.
        return float(_least_squares(_screened(problem), size, data, loss).cost)

    rows: list[tuple[str, float, float]] = []
    seconds, value = _cpu(engine, asked.repeat)
    rows.append(("sw.fit, from the table to the Fit", seconds, value))
    seconds, value = _cpu(solver, asked.repeat)
    rows.append(("its search and descent alone, on arrays", seconds, value))
    seconds, value = _cpu(one_start, asked.repeat)
    rows.append(("one screened start, SciPy least_squares huber", seconds, value))

    grid = list(
        itertools.product(
            (0, 0.5, 1, 1.5, 2), (0, 0.5, 1, 1.5, 2), (-1, -0.5, 0, 0.5, 1), *[(0, 5, 10, 15, 20, 25)] * 2
        )
    )
    rng = np.random.default_rng(0)
    chosen = [grid[i] for i in rng.permutation(len(grid))[: asked.grid]]
    for scale, label in (
        (1.0, "SciPy L-BFGS-B, analytic, default tolerances"),
        (1e6, "SciPy L-BFGS-B, analytic, objective x 1e6"),
    ):
        seconds, value = _cpu(lambda scale=scale: _grid(chosen, size, data, loss, scale), 1)
        rows.append((f"{label}, 4,500 starts", seconds * len(grid) / len(chosen), value))

    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}"
    print(f"\n{problem.n} runs, {platform.machine()}, {versions}; {len(chosen)} of {len(grid)} starts run\n")
    print(f"| {'method':<62} | {'CPU s':>9} | {'to sw.fit':>9} | {'gap':>8} |")
    print(f"|{'-' * 64}|{'-' * 10}:|{'-' * 10}:|{'-' * 9}:|")
    for label, seconds, value in rows:
        times = (
            f"{seconds / rows[0][1]:,.0f} x" if seconds > 20 * rows[0][1] else f"{seconds / rows[0][1]:.1f} x"
        )
        print(f"| {label:<62} | {seconds:9.4f} | {times:>9} | {value / BEST - 1:8.0e} |")

    print("\n| engine                                                         |     CPU s |")
    print(f"|{'-' * 64}|{'-' * 10}:|")
    for label, options_ in (
        ("fit and 200 resamples", {"resamples": 200, "starts": 0}),
        ("fit and 1,000 resamples", {"resamples": 1000, "starts": 0}),
        ("fit, 64 independent starts, 1,000 resamples, 8 verified", {}),
    ):
        seconds, _ = _cpu(
            lambda options_=options_: sw.fit(runs, **options_).objective, max(3, asked.repeat // 5)
        )
        print(f"| {label:<62} | {seconds:9.4f} |")


def _cpu(job: Callable[[], float], repeat: int) -> tuple[float, float]:
    """Median CPU seconds of a job after one warm-up, and its result."""
    value = job() if repeat > 1 else float("nan")
    taken = []
    for _ in range(repeat):
        start = time.process_time()
        value = job()
        taken.append(time.process_time() - start)
    return float(np.median(taken)), value


def _screened(problem: Problem) -> np.ndarray:
    """Best cell of the screen, as (a, b, e, alpha, beta)."""
    model = make_model(problem.law, problem.inputs, problem.loss)
    seen = screen(model, problem.inputs, Objective("huber_log", DELTA), {})
    cell = seen.minima()[0]
    e, a, b = np.log(seen.linear[cell])
    return np.array([a, b, e, *seen.points[cell]])


def _parts(u: np.ndarray, size: np.ndarray, data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log of the fitted loss by log-sum-exp, and its derivatives, shape (n, 5)."""
    a, b, e, alpha, beta = u
    terms = np.stack([a - alpha * size, b - beta * data, np.full_like(size, e)])
    top = terms.max(axis=0)
    weights = np.exp(terms - top)
    total = weights.sum(axis=0)
    weights /= total
    slopes = np.stack([weights[0], weights[1], weights[2], -weights[0] * size, -weights[1] * data], axis=1)
    return top + np.log(total), slopes


def _least_squares(start: np.ndarray, size: np.ndarray, data: np.ndarray, loss: np.ndarray) -> Any:
    return least_squares(
        lambda u: loss - _parts(u, size, data)[0],
        start,
        jac=lambda u: -_parts(u, size, data)[1],
        loss="huber",
        f_scale=DELTA,
        x_scale="jac",
        ftol=1e-12,
        xtol=1e-12,
        gtol=1e-12,
    )


def _grid(
    starts: list[tuple[float, ...]], size: np.ndarray, data: np.ndarray, loss: np.ndarray, scale: float
) -> float:
    """Best objective over starts of (alpha, beta, e, a, b)."""

    def objective(u: np.ndarray) -> tuple[float, np.ndarray]:
        fitted, slopes = _parts(u, size, data)
        residuals = loss - fitted
        slope = np.clip(residuals, -DELTA, DELTA)
        return scale * float(slope @ (residuals - 0.5 * slope)), -scale * (slope @ slopes)

    tight = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 5000, "maxfun": 20000} if scale > 1 else {}
    best = np.inf
    for alpha, beta, e, a, b in starts:
        found = minimize(objective, [a, b, e, alpha, beta], jac=True, method="L-BFGS-B", options=tight)
        best = min(best, found.fun / scale)
    return best


if __name__ == "__main__":
    main()
