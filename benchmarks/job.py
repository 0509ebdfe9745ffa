"""The job that everyone is given: data, objective, starts, and how time is taken.

The 240 points of arXiv:2404.10102, the sum of Huber penalties (delta 1e-3) on log residuals of
``log(exp(a - alpha log N) + exp(b - beta log D) + exp(e))``, five coefficients ``(a, b, e, alpha, beta)``.
Nothing here uses the engine: it is what a careful person writes for SciPy.
"""

from __future__ import annotations

import itertools
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

import scalewidgets as sw

Array = np.ndarray

DELTA = 1e-3
BEST = 0.0010182740178006
"""Objective at the optimum, on which four independent methods agree."""
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

GRID = {
    "alpha": (0.0, 0.5, 1.0, 1.5, 2.0),
    "beta": (0.0, 0.5, 1.0, 1.5, 2.0),
    "e": (-1.0, -0.5, 0.0, 0.5, 1.0),
    "a": (0.0, 5.0, 10.0, 15.0, 20.0, 25.0),
    "b": (0.0, 5.0, 10.0, 15.0, 20.0, 25.0),
}
"""Starts of arXiv:2203.15556, appendix D.2: 4,500 in all."""


@dataclass(frozen=True)
class Points:
    """Logarithms of params, tokens and loss, shape (n,) each, and a weight for each run."""

    size: Array
    data: Array
    loss: Array
    weight: Array

    def weighted(self, weight: Array) -> Points:
        """Return the same runs with other weights."""
        return Points(self.size, self.data, self.loss, weight)


@dataclass(frozen=True)
class Line:
    """One measurement: CPU seconds of the whole job, gap of the best objective, and a remark."""

    label: str
    seconds: float
    gap: float | None = None
    remark: str = ""


def chinchilla_points() -> Points:
    """Return the 240 runs that the replication keeps."""
    runs = sw.load("chinchilla")
    kept = runs.drop(index=runs.attrs["default_exclusions"]["index"])
    return points_of(kept["params"], kept["tokens"], kept["loss"])


def points_of(params: Any, tokens: Any, loss: Any) -> Points:
    """Return runs as logarithms, all of weight one."""
    size, data, value = (np.log(np.asarray(v, dtype=float)) for v in (params, tokens, loss))
    return Points(size, data, value, np.ones(len(value)))


def starts() -> Array:
    """Return the grid of starts as rows of (a, b, e, alpha, beta), shape (4500, 5)."""
    rows = itertools.product(*(GRID[name] for name in ("alpha", "beta", "e", "a", "b")))
    return np.array([(a, b, e, alpha, beta) for alpha, beta, e, a, b in rows])


def fitted(u: Array, points: Points) -> tuple[Array, Array]:
    """Log of the fitted loss (n,) by log-sum-exp, and its derivatives (n, 5)."""
    a, b, e, alpha, beta = u
    terms = np.stack([a - alpha * points.size, b - beta * points.data, np.full_like(points.size, e)])
    top = terms.max(axis=0)
    shares = np.exp(terms - top)
    total = shares.sum(axis=0)
    shares /= total
    slopes = np.stack(
        [shares[0], shares[1], shares[2], -shares[0] * points.size, -shares[1] * points.data], axis=1
    )
    return top + np.log(total), slopes


def value(u: Array, points: Points) -> float:
    """Return the sum of Huber penalties alone, as a solver without derivatives calls it."""
    a, b, e, alpha, beta = u
    terms = np.stack([a - alpha * points.size, b - beta * points.data, np.full_like(points.size, e)])
    top = terms.max(axis=0)
    residuals = points.loss - top - np.log(np.exp(terms - top).sum(axis=0))
    slope = np.clip(residuals, -DELTA, DELTA)
    return float(points.weight @ (slope * (residuals - 0.5 * slope)))


def value_and_gradient(u: Array, points: Points) -> tuple[float, Array]:
    """Return the sum of Huber penalties and its gradient (5,)."""
    said, slopes = fitted(u, points)
    residuals = points.loss - said
    slope = np.clip(residuals, -DELTA, DELTA)
    pull = points.weight * slope
    return float(pull @ (residuals - 0.5 * slope)), -(pull @ slopes)


LEAST = 0.25
"""CPU seconds that a repeated job is run for. Fifteen runs of a fifth of a millisecond were over before the
caches held what they need: their median was half as large again as that of the next fifteen."""


def cpu(job: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Median CPU seconds of a job, and its last result.

    If it is repeated, one run warms up, and short jobs are repeated more often: for :data:`LEAST`.
    """
    result = job() if repeat > 1 else None
    taken: list[float] = []
    while len(taken) < repeat or (repeat > 1 and sum(taken) < LEAST):
        begun = time.process_time()
        result = job()
        taken.append(time.process_time() - begun)
    return float(np.median(taken)), result


def machine() -> str:
    """Processor, cores and versions, in one line."""
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        model = names[0] if names else model
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}, "
        f"NumPy {np.__version__}, SciPy {scipy.__version__}; BLAS on one thread"
    )
