"""How far the engine is from an optimum that others find: every bundled family, every resample.

The other side is SciPy alone, on its own statement of the objective (``job.py``): L-BFGS-B with analytic
derivatives, the objective a million times larger, tolerances at their limits, several starts; its best ends
go on to ``least_squares(loss="huber")``. A gap is our objective over the best of these, minus one; both are
evaluated by the same lines.
"""

from __future__ import annotations

import argparse
import json
import warnings
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds

import scalewidgets as sw
from scalewidgets.fitting import Status
from scalewidgets.fitting.job import CHECKED_RESAMPLES
from scalewidgets.fitting.logaffine import LARGEST_EXPONENT, SMALLEST_EXPONENT
from scalewidgets.fitting.problem import read_problem

from .job import Array, Points, points_of, starts, value
from .ours import drawn_weights, resampled, solved
from .peers import lbfgs, least_squares_from

ELSEWHERE = np.array([*np.log([406.4, 410.7, 1.69]), 0.34, 0.28])
"""Coefficients of arXiv:2203.15556 as (a, b, e, alpha, beta): a start far from most optima."""
RANGE = Bounds([-np.inf] * 3 + [SMALLEST_EXPONENT] * 2, [np.inf] * 3 + [LARGEST_EXPONENT] * 2)
"""The range of the engine's exponents."""


@dataclass(frozen=True)
class Gap:
    """One family: the fit's own status and how it compares."""

    family: str
    rows: int
    status: str
    gap: float
    resamples: int
    resample_gap: float


def best_elsewhere(points: Points, places: Array) -> float:
    """Best objective that SciPy reaches from some starts, exponents within the range of the engine.

    A family with three model sizes would have an exponent of any size; the engine says that it stands at the
    end of its range, and what lies beyond is no gap.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ends = [lbfgs(place, points, tight=True, bounds=RANGE) for place in places]
        ends = sorted((end for end in ends if np.all(np.isfinite(end[0]))), key=lambda end: end[1])
        found = [end[1] for end in ends]
        for place, _ in ends[:2]:
            # The trust region wants to start inside.
            inside = np.clip(place, RANGE.lb + 1e-9, RANGE.ub - 1e-9)
            found.append(least_squares_from(inside, points, RANGE)[1])
    return min(found)


def places(count: int, seed: int = 0) -> Array:
    """Starts that know nothing of the fit: published coefficients, and some of the grid."""
    rows = starts()
    chosen = rows[np.random.default_rng(seed).permutation(len(rows))[: count - 1]]
    return np.vstack([ELSEWHERE, chosen])


def variables(coefficients: dict[str, float]) -> Array:
    """Return coefficients of the engine as (a, b, e, alpha, beta)."""
    with np.errstate(divide="ignore"):
        logs = np.log([coefficients[name] for name in ("A", "B", "E")])
    return np.array([*np.maximum(logs, -300.0), coefficients["alpha"], coefficients["beta"]])


def families() -> dict[str, pd.DataFrame]:
    """Return every family of every bundled table of runs; those of ``hitchhikers`` by their name alone."""
    out = {"chinchilla": sw.load("chinchilla")}
    for table in sw.datasets().query("kind == 'runs'")["name"]:
        for name, runs in sw.load(table).groupby("family", sort=True):
            if name != "chinchilla":
                own = str(name) if table == "hitchhikers" else f"{table}: {name}"
                out[own] = runs.reset_index(drop=True)
    return out


def family(name: str, runs: pd.DataFrame, count: int, resamples: int) -> Gap:
    """Compare the fit of one family, and some of its resamples."""
    fit = sw.fit(runs, resamples=0)
    if fit.status is Status.REFUSED:
        return Gap(name, len(runs), f"refused: {fit.reason}", np.nan, 0, np.nan)
    problem = read_problem(runs, fit.law, "default", None)
    points = points_of(problem.inputs["N"], problem.inputs["D"], problem.loss)
    ours = value(variables(dict(fit.coefficients)), points)
    gap = ours / best_elsewhere(points, places(count)) - 1
    worst = every_resample(problem, resamples).max(initial=-np.inf) if resamples else np.nan
    return Gap(name, problem.n, str(fit.status), gap, resamples, float(worst))


def every_resample(problem: object, count: int) -> Array:
    """Gap of each of some resamples to SciPy, tight, from coefficients that are not ours."""
    job = resampled(solved(problem), count)  # type: ignore[arg-type]
    for _ in job.verify(min(count, CHECKED_RESAMPLES)):
        pass
    points = points_of(job.problem.inputs["N"], job.problem.inputs["D"], job.problem.loss)
    names = job.problem.law.coefficient_names
    gaps = np.empty(count)
    for k, (weight, row) in enumerate(
        zip(drawn_weights(job, count), job.model.coefficients(job.draws), strict=True)
    ):
        drawn = points.weighted(weight)
        ours = value(variables(dict(zip(names, row, strict=True))), drawn)
        gaps[k] = ours / best_elsewhere(drawn, places(3, seed=k)) - 1
    return gaps


def main() -> None:
    """Print the gaps as JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--starts", type=int, default=24, help="starts of SciPy for each family (24)")
    options.add_argument("--resamples", type=int, default=1000, help="resamples of chinchilla (1000)")
    options.add_argument("--each", type=int, default=10, help="resamples of every other family (10)")
    asked = options.parse_args()
    seen = [
        asdict(family(name, runs, asked.starts, asked.resamples if name == "chinchilla" else asked.each))
        for name, runs in families().items()
    ]
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
