"""What the field runs for the job, each the way its users run it.

Every procedure is stated here in our own code over SciPy; only the PyPI package ``chinchilla`` is somebody
else's, and runs in an interpreter of its own (see ``peer_package.py``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import Bounds, least_squares, minimize

from scalewidgets.fitting.model import make_model
from scalewidgets.fitting.objective import Objective
from scalewidgets.fitting.problem import Problem
from scalewidgets.fitting.screen import screen

from .job import (
    BEST,
    DELTA,
    GRID,
    ONE_THREAD,
    Array,
    Line,
    Points,
    cpu,
    fitted,
    starts,
    value,
    value_and_gradient,
)

TIGHT = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 5000, "maxfun": 20000}
"""Tolerances that mean something once the objective is multiplied by a million."""
MILLION = 1e6
REFITS = 4000
"""Resamples of arXiv:2404.10102."""


def sampled(some: int | None) -> tuple[Array, float]:
    """Rows of the grid, and the factor from them to all 4,500."""
    rows = starts()
    if some is None or some >= len(rows):
        return rows, 1.0
    chosen = np.random.default_rng(0).permutation(len(rows))[:some]
    return rows[chosen], len(rows) / some


def lbfgs(
    start: Array, points: Points, *, tight: bool = False, bounds: Bounds | None = None
) -> tuple[Array, float]:
    """Run SciPy's L-BFGS-B with analytic derivatives; where it ends and the objective there."""
    scale = MILLION if tight else 1.0

    def scaled(u: Array) -> tuple[float, Array]:
        total, slope = value_and_gradient(u, points)
        return scale * total, scale * slope

    with np.errstate(all="ignore"):
        found = minimize(
            scaled, start, jac=True, method="L-BFGS-B", bounds=bounds, options=TIGHT if tight else {}
        )
    return found.x, float(found.fun) / scale


def least_squares_from(start: Array, points: Points, bounds: Bounds | None = None) -> tuple[Array, float]:
    """Run SciPy's trust region with its Huber loss; where it ends and the objective there."""
    # Weights inside a robust loss need a scale for each run; SciPy has one. Whole ones are copies.
    counts = points.weight.astype(int)
    taken = points if np.all(counts == 1) else repeated(points, counts)
    found = least_squares(
        lambda u: taken.loss - fitted(u, taken)[0],
        start,
        jac=lambda u: -fitted(u, taken)[1],
        bounds=bounds if bounds is not None else (-np.inf, np.inf),
        loss="huber", f_scale=DELTA, x_scale="jac", ftol=1e-12, xtol=1e-12, gtol=1e-12,
    )  # fmt: skip
    return found.x, float(found.cost)


def repeated(points: Points, counts: Array) -> Points:
    """Copy each run as often as it was drawn."""
    return Points(
        *(np.repeat(v, counts) for v in (points.size, points.data, points.loss, np.ones(len(counts))))
    )


def grid(points: Points, some: int | None, *, tight: bool = False) -> Line:
    """L-BFGS-B from every start of the grid, with analytic derivatives."""
    rows, factor = sampled(some)
    seconds, ends = cpu(lambda: np.array([lbfgs(row, points, tight=tight)[1] for row in rows]), 1)
    share = float(np.mean(ends <= BEST * (1 + 1e-6)))
    what = "objective x 1e6, tight tolerances" if tight else "default tolerances"
    return Line(
        f"SciPy L-BFGS-B, analytic gradient, {what}, 4,500 starts",
        seconds * factor,
        float(np.nanmin(ends)) / BEST - 1,
        f"{100 * share:.0f} % of the starts reach the optimum to 1e-6",
    )


def differences(points: Points, some: int | None) -> Line:
    """Run the replication's grid: L-BFGS-B from every start, its gradient by finite differences."""
    rows, factor = sampled(some)

    def run() -> float:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return min(minimize(value, row, args=(points,), method="L-BFGS-B").fun for row in rows)

    seconds, best = cpu(run, 1)
    return Line(
        "procedure of arXiv:2404.10102 restated, finite differences, 4,500 starts",
        seconds * factor,
        best / BEST - 1,
    )


def difference_resamples(points: Points, optimum: Array, some: int | None, method: str = "BFGS") -> Line:
    """Refit resampled runs from the optimum of all, by quasi-Newton over finite differences."""
    count = some or REFITS
    rng = np.random.default_rng(42)
    n = len(points.loss)

    def run() -> None:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(count):
                drawn = np.bincount(rng.integers(0, n, n), minlength=n).astype(float)
                minimize(value, optimum, args=(points.weighted(drawn),), method=method)

    seconds, _ = cpu(run, 1)
    return Line(
        f"procedure of arXiv:2404.10102 restated, {method}, finite differences, 4,000 resamples",
        seconds * REFITS / count,
    )


def one_start(problem: Problem, points: Points, repeat: int) -> Line:
    """One start by variable projection (our screen, its time included), SciPy least squares for the rest."""

    def run() -> float:
        model = make_model(problem.law, problem.inputs, problem.loss)
        seen = screen(model, problem.inputs, Objective("huber_log", DELTA), {})
        cell = seen.minima()[0]
        e, a, b = np.log(seen.linear[cell])
        start = np.array([a, b, e, *seen.points[cell]])
        return least_squares_from(start, points)[1]

    seconds, best = cpu(run, repeat)
    return Line("one screened start, SciPy least_squares(loss='huber')", seconds, best / BEST - 1)


def package(points: Points, python: str | None, *, quick: bool) -> Line | None:
    """PyPI ``chinchilla`` on the grid of 4,500 starts; ``None`` where no interpreter has it.

    Parameters
    ----------
    points : Points
    python : str or None
        Interpreter that has the package; by default this one, if it does.
    quick : bool
        Take three values of each coefficient (243 starts, ends of the grid included) and scale up.
    """
    kept = {name: [v[0], v[len(v) // 2], v[-1]] for name, v in GRID.items()} if quick else GRID
    order = ("e", "a", "b", "alpha", "beta")
    count = int(np.prod([len(v) for v in kept.values()]))
    runs = {
        "N": np.exp(points.size).tolist(),
        "D": np.exp(points.data).tolist(),
        "loss": np.exp(points.loss).tolist(),
    }
    task: dict[str, Any] = {"grid": {name: list(kept[name]) for name in order}, "delta": DELTA, "runs": runs}
    script = Path(__file__).with_name("peer_package.py")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python or sys.executable, str(script), folder],
            input=json.dumps(task), capture_output=True, text=True, check=False,
            env={**os.environ, **ONE_THREAD},
        )  # fmt: skip
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        print(f"package chinchilla left out: {last[0]}", file=sys.stderr)
        return None
    said = json.loads(done.stdout.splitlines()[-1])
    coefficients = np.array(said["coefficients"])
    gap = value(np.array([*np.log(coefficients[:3]), *coefficients[3:]]), points) / BEST - 1
    return Line(
        f"PyPI chinchilla {said['version']}, BFGS, finite differences, 4,500 starts",
        said["seconds"] * 4500 / count,
        gap,
        f"{count:,} starts run" if quick else "",
    )
