"""An independent second opinion: quasi-Newton from many starts, finished by SciPy.

Shares nothing with the engine but the law and its gradient: another algorithm (BFGS, which never sees a
Hessian), other starts, other stopping rules; the ends are handed to SciPy, which may move them further. A fit
is as good as its gap to the best of these. All starts go down together, as rows of one array. Objectives
with a kink, where quasi-Newton crawls, go start by start through SciPy's least squares.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .model import General, LogAffine
from .newton import rounding_floor
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

SAME = 1e-8
"""Relative difference of two objectives up to which two starts have ended at the same optimum."""
FINISHED = 3
"""Distinct ends, from the best on, that SciPy takes up."""
_STEPS, _STRIDE = 400, 1.5


@dataclass(frozen=True)
class Ending:
    """Where one start ended."""

    variables: Array
    value: float
    success: bool


@dataclass(frozen=True)
class Agreement:
    """What all starts say together.

    Attributes
    ----------
    best : Ending
    starts, agreeing, basins : int
        Starts; those that ended at the best objective; distinct objectives reached with success.
    """

    best: Ending
    starts: int
    agreeing: int
    basins: int

    @property
    def several(self) -> str:
        """That there are several optima, in a sentence; empty where there is one."""
        if self.basins < 2:
            return ""
        agreeing = f"{self.agreeing} of {self.starts} independent starts end there"
        return f"The best of {self.basins} optima; {agreeing}."


def agreement(endings: list[Ending], reference: float, floor: float) -> Agreement:
    """Count starts that agree.

    Parameters
    ----------
    endings : list of Ending
    reference : float
        Objective of the fit that is checked; counts as an optimum too.
    floor : float
        Objective that rounding alone gives: differences below it mean nothing.
    """
    best = min(endings, key=lambda ending: ending.value)
    lowest = min(best.value, reference)
    agreeing = sum(ending.value <= lowest * (1 + SAME) + floor for ending in endings)
    others = sorted(
        ending.value for ending in endings if ending.success and ending.value > lowest * (1 + SAME) + floor
    )
    basins, last = 1, lowest
    for value in others:
        # Looser among the losers: slow starts of one basin stop at slightly different heights.
        if value > last * (1 + 1e-4) + floor:
            basins += 1
        last = value
    return Agreement(best, len(endings), agreeing, basins)


def quasi_newton_steps(
    model: LogAffine | General, objective: Objective, starts: Array, weights: Array, free: NDArray[np.bool_]
) -> Generator[None, None, list[Ending]]:
    """Minimise from all rows of ``starts`` at once by BFGS; yields after each step.

    Parameters
    ----------
    model : LogAffine or General
    objective : Objective
        Without a kink.
    starts : ndarray, shape (B, p)
    weights : ndarray, shape (1, n) or (B, n)
    free : ndarray of bool, shape (p,)
    """
    # Warnings are muted around the arithmetic only: a generator must not mute its caller's in between.
    with np.errstate(all="ignore"):
        u = np.where(free, np.clip(starts, model.low, model.high), starts)
        batch = len(u)
        weights = np.broadcast_to(weights, (batch, weights.shape[1]))
        value, slope = model.gradient(u, weights, objective)
        metric = _first_metric(model.algebra.full(model.robust_hessian(u, weights, objective)))
        floor = np.broadcast_to(rounding_floor(model, objective, weights), (batch,))
        length, fails = np.ones(batch), np.zeros(batch, dtype=np.int64)
        done = ~np.isfinite(value)
        success = np.zeros(batch, dtype=bool)

    @np.errstate(all="ignore")
    def step_on(live: NDArray[np.intp]) -> None:
        at, g, part = u[live], slope[live], model.take(live)
        stuck = ~free | ((at <= model.low) & (g > 0)) | ((at >= model.high) & (g < 0))
        pull = np.where(stuck, 0.0, g)
        way = np.where(stuck, 0.0, -np.einsum("bij,bj->bi", metric[live], pull))
        way *= np.minimum(1.0, _STRIDE / np.abs(way).max(axis=1, initial=1e-300))[:, None]
        trial = np.where(free, np.clip(at + length[live, None] * way, model.low, model.high), at)
        promise = -np.einsum("bi,bi->b", pull, way)
        settled = (promise <= 1e-14 * value[live] + floor[live]) & (fails[live] < 3)
        new, new_slope = part.gradient(trial, weights[live], objective)
        gained = value[live] - new
        good = gained > 1e-4 * np.einsum("bi,bi->b", -g, trial - at) - 1e-300
        good &= np.isfinite(new_slope).all(axis=1) & (gained > 0)
        won, lost = live[good], live[~good]
        _update(metric, won, (trial - at)[good], (new_slope - g)[good])
        u[won], value[won], slope[won] = trial[good], new[good], new_slope[good]
        length[won] = np.minimum(1.0, 3.0 * length[won])
        length[lost] *= 0.25
        fails[won] = 0
        fails[lost] += 1
        tired = live[fails[live] >= 3]
        # A metric that points nowhere is forgotten, once for each plateau.
        again = tired[fails[tired] == 3]
        if len(again):
            soft = model.take(again).robust_hessian(u[again], weights[again], objective)
            metric[again] = _first_metric(model.algebra.full(soft))
            length[again] = 1.0
        over = fails[live] >= 16
        done[live[settled | over]] = True
        success[live[settled | over]] = True

    for _ in range(_STEPS):
        live = np.flatnonzero(~done)
        if not len(live):
            break
        step_on(live)
        yield
    return [
        Ending(row, float(v) if np.isfinite(v) else np.inf, bool(s))
        for row, v, s in zip(u, value, success, strict=True)
    ]


def _first_metric(hessian: Array) -> Array:
    """Inverse of a positive semi-definite matrix for each row, with a touch on its diagonal."""
    diagonal = np.einsum("bii->bi", hessian)
    diagonal = np.where(np.isfinite(diagonal), diagonal, 1.0)
    root = np.sqrt(np.maximum(diagonal, 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-300))
    scaled = np.nan_to_num(hessian / (root[:, :, None] * root[:, None, :]), nan=0.0, posinf=0.0, neginf=0.0)
    p = hessian.shape[1]
    scaled[:, np.arange(p), np.arange(p)] = 1.0 + 1e-6
    return np.asarray(np.linalg.inv(scaled) / (root[:, :, None] * root[:, None, :]))


def _update(metric: Array, rows: NDArray[np.intp], step: Array, change: Array) -> None:
    """Broyden, Fletcher, Goldfarb and Shanno's update of the inverse, where the curvature allows it."""
    along = np.einsum("bi,bi->b", step, change)
    size = np.sqrt(np.einsum("bi,bi->b", step, step) * np.einsum("bi,bi->b", change, change))
    fine = along > 1e-10 * size
    if not fine.any():
        return
    s, y, a, part = step[fine], change[fine], along[fine, None, None], metric[rows[fine]]
    turned = np.einsum("bij,bj->bi", part, y)
    inner = np.einsum("bi,bi->b", y, turned)[:, None, None]
    cross = turned[:, :, None] * s[:, None, :]
    metric[rows[fine]] = (
        part + (1 + inner / a) * s[:, :, None] * s[:, None, :] / a - (cross + cross.transpose(0, 2, 1)) / a
    )


def finish(
    model: LogAffine | General, objective: Objective, ending: Ending, weights: Array, free: NDArray[np.bool_]
) -> Ending:
    """Hand an end to SciPy's L-BFGS-B, the objective scaled to one and the variables to their curvature."""
    # Here, not above: a prediction from a stored fit need not wait for SciPy.
    from scipy.optimize import minimize

    if not np.isfinite(ending.value) or ending.value <= 0 or not free.any():
        return ending
    whole, size = ending.variables[None].copy(), ending.value
    hessian = model.algebra.full(model.robust_hessian(whole, weights, objective))[0]
    root = np.sqrt(np.maximum(np.diag(hessian)[free] / size, 1e-12))
    low, high = (model.low[free] * root, model.high[free] * root)

    def scaled(variables: Array) -> tuple[float, Array]:
        whole[0, free] = variables / root
        value, slope = model.gradient(whole, weights, objective)
        bad = not (np.isfinite(value[0]) and np.all(np.isfinite(slope)))
        return (1e30, np.zeros(len(root))) if bad else (float(value[0]) / size, slope[0, free] / root / size)

    solver: Any = minimize
    with np.errstate(all="ignore"):
        found = solver(
            scaled, ending.variables[free] * root, jac=True, method="L-BFGS-B",
            bounds=list(zip(low.tolist(), high.tolist(), strict=True)),
            options={"ftol": 0.0, "gtol": 1e-12, "maxiter": 300, "maxfun": 400},
        )  # fmt: skip
    if not found.fun < 1.0:
        return ending
    whole[0, free] = found.x / root
    return Ending(whole[0].copy(), float(found.fun) * size, True)


def finish_best(
    model: LogAffine | General,
    objective: Objective,
    endings: list[Ending],
    weights: Array,
    free: NDArray[np.bool_],
) -> Generator[None, None, list[Ending]]:
    """Let SciPy take up the best end of each height; yields after each."""
    order = sorted(range(len(endings)), key=lambda k: endings[k].value)
    out, heights = list(endings), list[float]()
    for k in order:
        height = endings[k].value
        if any(height <= seen * (1 + 1e-6) for seen in heights):
            continue
        if len(heights) == FINISHED:
            break
        heights.append(height)
        out[k] = finish(model, objective, endings[k], weights, free)
        yield
    return out
