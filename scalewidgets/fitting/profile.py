"""What the objective itself says of a coefficient: its profile, intervals from it, and the sandwich.

A profile holds one coefficient at a value and lets the others give way. The rise of the objective is turned
into a likelihood ratio by the density the objective stands for (:mod:`.density`), with the scale s fitted
along: Gaussian for squares, Laplace for absolute values, Huber's in between. With priors it is the ratio of
posterior densities, at the scale that the priors were weighed with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError
from scalewidgets.laws import Law

from .density import deviance
from .design import variable_names
from .extended import Extended
from .job import fitted_model
from .model import General, LogAffine
from .newton import Minimum
from .objective import Objective
from .penalty import Priors
from .problem import Problem
from .solve import descend_steps, typical_residual
from .steps import drained

Array: TypeAlias = NDArray[np.float64]

APPROXIMATE = "approximate: first-order sandwich, off by up to 1.7 where Huber's delta is below the scatter"
_ROUNDS, _POINTS = 4, 12


@dataclass(frozen=True)
class Setting:
    """What a fit was made of, to look at its surroundings later."""

    problem: Problem
    goal: Objective
    fixed: Mapping[str, float]
    bounds: Mapping[str, tuple[float, float]]
    ties: Mapping[str, str]
    law: Law
    coefficients: Mapping[str, float]
    """Of the law that was fitted, ties resolved."""
    priors: Priors | None = None


class _Path:
    """The objective along one coefficient."""

    def __init__(self, setting: Setting, name: str) -> None:
        self.setting = setting
        self.name = setting.ties.get(name, name)
        if self.name in setting.fixed:
            raise FitError(f"{name} was held at {setting.fixed[self.name]:g}, so it has no profile.")
        held = {**setting.fixed, self.name: setting.coefficients[self.name]}
        # As if fixed: an amplitude is then a number at the origin, and so is its variable.
        bounds = {k: v for k, v in setting.bounds.items() if k != self.name}
        self.model = fitted_model(setting.problem, held, bounds, setting.priors)
        self.objective = setting.goal.working
        names = variable_names(self.model)
        self.at = names.index(self.name)
        self.free = self.model.is_free(held)
        row = np.array([[setting.coefficients[n] for n in setting.problem.law.coefficient_names]])
        self.best = self.model.variables(row)
        symbol = setting.problem.law.symbol(self.name)
        self.logged = isinstance(self.model, General) and bool(self.model.logged[self.at])
        self.logged |= isinstance(self.model, LogAffine) and self.name in setting.problem.law.linear
        low, high = setting.bounds.get(self.name, (symbol.low, symbol.high))
        self.low, self.high = float(low), float(high)
        if self.logged:
            with np.errstate(divide="ignore"):
                self.low, self.high = float(np.log(low)), float(np.log(high))
        self.scale = typical_residual(self.model, self.best)
        self.weight = float(self.model.weight.sum())
        self.lowest = float(self._minimum(self.best).value[0])

    def _minimum(self, rows: Array) -> Minimum:
        steps = descend_steps(
            self.model, self.objective, rows, self.model.weight[None], self.free, self.scale
        )
        return drained(steps)

    def walk(self, places: Array) -> tuple[Array, Array, Array]:
        """Objective, deviance and natural coefficients where the coefficient's variable is held."""
        hessian = self.model.robust_hessian(self.best, self.model.weight[None], self.objective)[0]
        inner = hessian[np.ix_(self.free, self.free)]
        tilt = -np.linalg.lstsq(inner, hessian[self.free, self.at], rcond=1e-12)[0]
        rows = np.repeat(self.best, len(places), axis=0)
        rows[:, self.free] += (places - self.best[0, self.at])[:, None] * tilt
        rows[:, self.at] = places
        found = self._minimum(rows)
        priors = self.setting.priors
        if priors is not None and priors.scale is not None:
            rise = 2 * (found.value - self.lowest) / priors.scale
        else:
            rise = deviance(self.objective, found.value, self.lowest, self.weight)
        return found.value, rise, self.model.coefficients(found.variables)

    def natural(self, places: Array) -> Array:
        return np.exp(places) if self.logged else places

    def end(self, side: int, threshold: float) -> float:
        """Place where the deviance passes the threshold, or the end of the range."""
        best = float(self.best[0, self.at])
        limit: float = self.high if side > 0 else self.low
        first = 0.01 if self.logged else 0.01 * max(abs(best), 1e-3)
        rise = max(float(self.walk(np.array([best + side * first]))[1][0]), 1e-12)
        reach = np.sqrt(threshold / rise) * first
        inside, outside = best, best + side * 2.0 * reach
        for _ in range(8):
            if not (side * (limit - outside) > 0):
                outside = limit
                if not np.isfinite(outside) or self.walk(np.array([outside]))[1][0] < threshold:
                    return limit
                break
            if self.walk(np.array([outside]))[1][0] > threshold:
                break
            inside, outside = outside, outside + side * 2.0 * abs(outside - best)
        else:
            return limit
        for _ in range(_ROUNDS):
            grid = np.linspace(inside, outside, _POINTS)
            above = self.walk(grid)[1] > threshold
            cut = int(np.argmax(above)) if above.any() else _POINTS - 1
            inside, outside = float(grid[max(cut - 1, 0)]), float(grid[cut])
        return float(0.5 * (inside + outside))


def interval(setting: Setting, name: str, level: float) -> tuple[float, float]:
    """Values of a coefficient that the likelihood ratio does not reject."""
    path = _Path(setting, name)
    threshold = _quantile(level)
    ends = path.natural(np.array([path.end(-1, threshold), path.end(1, threshold)]))
    return float(ends[0]), float(ends[1])


def profile(setting: Setting, name: str, points: int, level: float) -> pd.DataFrame:
    """Profile over a little more than the interval: value, objective, deviance, the other coefficients."""
    path = _Path(setting, name)
    threshold = _quantile(level)
    low, high = path.end(-1, threshold), path.end(1, threshold)
    centre = float(path.best[0, path.at])
    low = centre - 2.0 * (high - centre) if not np.isfinite(low) else low
    high = centre + 2.0 * (centre - low) if not np.isfinite(high) else high
    spare = 0.25 * (high - low)
    places = np.linspace(max(low - spare, path.low), min(high + spare, path.high), points)
    value, rise, natural = path.walk(places)
    names = setting.problem.law.coefficient_names
    frame: pd.DataFrame = pd.DataFrame({name: path.natural(places), "objective": value, "deviance": rise})
    for other in setting.law.coefficient_names:
        if other != name:
            frame[other] = natural[:, names.index(setting.ties.get(other, other))]
    frame.attrs["threshold"] = threshold
    return frame


def covariance(setting: Setting, *, log: bool) -> pd.DataFrame:
    """Sandwich covariance of the coefficients, scores summed within clusters."""
    objective = setting.goal.working
    if objective.sharp:
        raise FitError(
            f"The objective {objective.name} has a kink and no curvature, so it has no sandwich covariance.",
            remedy="Take the resamples: standard_errors().",
        )
    problem = setting.problem
    model = fitted_model(problem, setting.fixed, setting.bounds, setting.priors)
    names = problem.law.coefficient_names
    row = np.array([[setting.coefficients[name] for name in names]])
    best = model.variables(row)
    free = model.is_free(setting.fixed)
    fitted, slopes = model.jacobian(best[0])
    sensitivity = slopes / fitted[:, None] if objective.log else slopes
    _, first, _, _ = objective.weighted(model.residuals(best, objective), model.weight[None])
    score = first[0][:, None] * sensitivity[:, free]
    if model.tilt is not None:
        score = score * model.tilt[:, None]
    if problem.rows.cluster is not None:
        summed = np.zeros((int(problem.rows.cluster.max()) + 1, score.shape[1]))
        np.add.at(summed, problem.rows.cluster, score)
        score = summed
    if isinstance(model, Extended):
        # A prior is one more observation; one that multiplies the objective does so with all scores.
        value = float(objective.values(model.residuals(best, objective), model.weight[None])[0])
        known = model.known_weight(objective, value) * model.known_slopes(best[0])[:, free]
        score = np.vstack([score, known])
        if setting.goal.likelihood:
            score = score * model.values(best, model.weight[None], objective)[0] / value
    hessian = model.derivatives(best, model.weight[None], objective)[2][0][np.ix_(free, free)]
    root = np.sqrt(np.abs(np.diag(hessian)) + np.finfo(float).tiny)
    inverse = np.linalg.pinv(hessian / np.outer(root, root), rcond=1e-12) / np.outer(root, root)
    inner = inverse @ (score.T @ score) @ inverse
    turn = turned(model, best, free, setting)
    if log:
        amplitude = np.array([problem.law.symbol(name).kind != "exponent" for name in names])
        turn = turn / np.where(amplitude, row[0], 1.0)[:, None]
    natural = turn @ inner @ turn.T
    shown = setting.law.coefficient_names
    order = [names.index(setting.ties.get(name, name)) for name in shown]
    frame: pd.DataFrame = pd.DataFrame(natural[np.ix_(order, order)], index=list(shown), columns=list(shown))
    frame.attrs["label"] = APPROXIMATE
    return frame


def turned(model: LogAffine | General, best: Array, free: NDArray[np.bool_], setting: Setting) -> Array:
    """Derivatives of the natural coefficients by the free variables; fixed ones have none."""
    names, step = setting.problem.law.coefficient_names, 1e-6
    turn = np.zeros((len(names), int(free.sum())))
    for j, k in enumerate(np.flatnonzero(free)):
        shift = np.zeros_like(best)
        shift[0, k] = step
        turn[:, j] = (model.coefficients(best + shift) - model.coefficients(best - shift))[0] / (2 * step)
    turn[[names.index(name) for name in setting.fixed]] = 0.0
    return turn


def _quantile(level: float) -> float:
    from scipy.special import chdtri

    return float(chdtri(1, 1 - level))
