"""Which exponents fit: the objective over two exponents, the other coefficients giving way.

For each cell of a grid of exponents the amplitudes are fitted anew, by the damped Newton of every fit and to
the objective itself, many cells at a time. What comes out is the profile that the screen draws as a map, and
the best amplitudes of every cell: a click on the map is an evaluation, not a fit.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted
from scalewidgets.laws import Law

from .certificate import plain
from .design import variable_names
from .job import fitted_model
from .logaffine import exponent_range
from .model import General, LogAffine
from .newton import Minimum, minimise_steps, rounding_floor
from .objective import Objective
from .profile import Setting
from .solve import descend_steps, model_chunk, typical_residual, value_at
from .steps import drained, turns

Array: TypeAlias = NDArray[np.float64]

POINTS = {1: 81, 2: 21}
"""Cells along an axis, by the number of axes."""
REACH = 1.8
"""The map reaches this many times as far as the interval of the resamples."""
FEWEST_DRAWS = 20
"""Resamples from which on their spread says how far the map should reach."""
WITHOUT_DRAWS = 0.10
"""Rise of the objective at the edge of the map where there are no resamples, by its curvature."""
ENOUGH = 1e-9
"""Relative decrease at which a cell is done: a millionth of a per cent cannot be seen on a map."""


@dataclass(frozen=True, eq=False, repr=False)
class ExponentMap:
    """The objective over one or two exponents, the other coefficients at their best in each cell.

    Attributes
    ----------
    names : tuple of str
        The exponents, one for each axis.
    axes : tuple of ndarray
        Their values; the fit's own is among them.
    objective : ndarray, shape (points,) or (points, points)
        Smallest objective with these exponents; the first axis is that of ``names[0]``.
    rise : ndarray
        The same over that of the fit, less one: 0.01 is one per cent worse.
    coefficients : dict of str to ndarray
        All coefficients at the best of each cell, by name, each of the shape of ``objective``.
    best : dict of str to float
        Coefficients of the fit.
    lowest : float
        Objective of the fit.
    """

    names: tuple[str, ...]
    axes: tuple[Array, ...]
    objective: Array
    rise: Array
    coefficients: Mapping[str, Array]
    best: Mapping[str, float]
    lowest: float

    def to_frame(self) -> pd.DataFrame:
        """One row a cell: all coefficients, ``objective`` and ``rise``."""
        columns = {name: values.ravel() for name, values in self.coefficients.items()}
        frame: pd.DataFrame = pd.DataFrame(
            {**columns, "objective": self.objective.ravel(), "rise": self.rise.ravel()}
        )
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        return {
            "names": list(self.names),
            "axes": [plain(axis.tolist()) for axis in self.axes],
            "objective": plain(self.objective.tolist()),
            "coefficients": {name: plain(values.tolist()) for name, values in self.coefficients.items()},
            "best": plain(dict(self.best)),
            "lowest": plain(self.lowest),
        }

    @property
    def sentence(self) -> str:
        """Where the fit lies, and how far the axes reach."""
        ends = ", ".join(
            f"{name} {self.best[name]:.4g} of {axis[0]:.4g} to {axis[-1]:.4g}"
            for name, axis in zip(self.names, self.axes, strict=True)
        )
        near = float(np.mean(self.rise <= 0.01))
        return f"The fit lies at {ends}; {near:.0%} of the cells are at most 1 % worse.".replace("%", " %", 1)

    def report(self) -> str:
        """Return the sentence and the rise of the objective in each cell, in per cent, as plain text."""
        rise = 100 * np.atleast_2d(self.rise.T).T
        wide = self.axes[1] if len(self.axes) > 1 else np.array([np.nan])
        columns = [f"{value:.4g}" for value in wide] if len(self.axes) > 1 else ["rise"]
        table = pd.DataFrame(rise, index=[f"{value:.4g}" for value in self.axes[0]], columns=columns)
        what = f"Rise of the objective in per cent, {' down, '.join(self.names)}"
        what += " across:" if len(self.names) > 1 else " down:"
        return f"{self.sentence}\n\n{what}\n{table.to_string(float_format='{:.3g}'.format)}\n"

    def _repr_html_(self) -> str:
        return f"<div>{escape(self.sentence)}</div>"

    def __repr__(self) -> str:
        cells = " x ".join(str(len(axis)) for axis in self.axes)
        return f"<ExponentMap of {' and '.join(self.names)}: {cells} cells>"


def exponents_of(law: Law, fixed: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the exponents that a map of this law would show: the first two that are not held."""
    free = [s.name for s in law.coefficients if s.kind == "exponent" and s.name not in set(fixed)]
    return tuple(name for name in free if name in law.nonlinear)[:2]


def exponent_map(
    setting: Setting, resamples: Array, names: Iterable[str] | None, points: int | None
) -> ExponentMap:
    """Drain :func:`exponent_map_steps`."""
    return drained(exponent_map_steps(setting, resamples, names, points))


def exponent_map_steps(
    setting: Setting,
    resamples: Array,
    names: Iterable[str] | None = None,
    points: int | None = None,
) -> Generator[tuple[int, int], None, ExponentMap]:
    """Map the objective step by step: yields (cells done, cells) between chunks of work.

    Parameters are those of :meth:`Fit.exponent_map`; ``resamples`` has a column for each coefficient of the
    law.
    """
    law = setting.problem.law
    chosen = _chosen(setting, names)
    count = POINTS[len(chosen)] if points is None else _points(points)
    held = {**setting.fixed, **{name: setting.coefficients[name] for name in chosen}}
    model = fitted_model(setting.problem, setting.fixed, setting.bounds, setting.priors)
    objective = setting.goal.working
    weights = model.weight[None]
    variables = variable_names(model)
    at = np.array([variables.index(name) for name in chosen], dtype=np.intp)
    free = model.is_free(held)
    row = np.array([[setting.coefficients[name] for name in law.coefficient_names]])
    best = model.variables(row)
    lowest = max(value_at(model, objective, best[0]), 0.0)
    hessian = model.robust_hessian(best, weights, objective)[0]
    curved = _schur(hessian, at, free)
    axes = tuple(_axis(setting, name, resamples, curved[i], lowest, count) for i, name in enumerate(chosen))
    mesh = np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")], axis=-1)
    places = np.where([_logged(model, j) for j in at], np.log(mesh), mesh)
    # Where the others go to first order: most of the way to their best.
    inner = hessian[np.ix_(free, free)]
    tilt = -np.linalg.lstsq(inner, hessian[np.flatnonzero(free)[:, None], at], rcond=1e-12)[0]
    rows = np.repeat(best, len(mesh), axis=0)
    rows[:, free] += (places - best[:, at]) @ tilt.T
    rows[:, at] = places
    scale = typical_residual(model, best)
    values, ends = np.empty(len(rows)), rows.copy()
    block = model_chunk(model, objective)
    for first in range(0, len(rows), block):
        yield first, len(rows)
        cut = slice(first, first + block)
        steps = _descent(model, objective, rows[cut], weights, free, scale)
        found = yield from turns(steps, (first, len(rows)))
        ends[cut], values[cut] = found.variables, found.value
    floor = float(rounding_floor(model, objective, weights)[0])
    shape = tuple(len(axis) for axis in axes)
    with np.errstate(over="ignore"):
        natural = dict(zip(law.coefficient_names, model.coefficients(ends).T, strict=True))
    natural |= dict(zip(chosen, mesh.T, strict=True))
    everything = setting.law.coefficient_names
    return ExponentMap(
        names=chosen,
        axes=axes,
        objective=values.reshape(shape),
        rise=np.maximum(values - lowest, 0.0).reshape(shape) / max(lowest, floor),
        coefficients={name: natural[setting.ties.get(name, name)].reshape(shape) for name in everything},
        best={name: float(setting.coefficients[setting.ties.get(name, name)]) for name in everything},
        lowest=lowest,
    )


def _descent(
    model: LogAffine | General,
    objective: Objective,
    rows: Array,
    weights: Array,
    free: NDArray[np.bool_],
    scale: float,
) -> Generator[float, None, Minimum]:
    if not free.any() or objective.sharp or (objective.delta or np.inf) < 0.1 * scale:
        # Too sharp to be minimised at once: by way of easier objectives.
        return (yield from descend_steps(model, objective, rows, weights, free, scale))
    return (yield from minimise_steps(model, objective, rows, weights, free, tolerance=ENOUGH))


def _chosen(setting: Setting, names: Iterable[str] | None) -> tuple[str, ...]:
    law = setting.problem.law
    known = exponents_of(law, setting.fixed)
    if names is None:
        if not known:
            raise FitError(f"{law.title} has no exponent that is free, so there is no map of them.")
        return known
    chosen = tuple([names] if isinstance(names, str) else names)
    if len(chosen) not in POINTS or len(set(chosen)) != len(chosen):
        raise FitError("A map has one exponent or two.", remedy=f"Name {either(known)}.")
    for name in chosen:
        if name not in law.nonlinear:
            matches = close_matches(str(name), law.nonlinear)
            raise FitError(
                f"{quoted(name)} is not a coefficient that a map of {law.name} can show.",
                remedy=f"Did you mean {either(matches)}?" if matches else f"It has {either(law.nonlinear)}.",
            )
        if name in setting.fixed:
            raise FitError(f"{name} was held at {setting.fixed[name]:g}, so there is no map over it.")
    return chosen


def _points(points: int) -> int:
    if isinstance(points, int | np.integer) and not isinstance(points, bool) and 3 <= points <= 400:
        return int(points)
    raise FitError(f"points={quoted(points)} is not a number of cells.", remedy="3 to 400 along each axis.")


def _logged(model: LogAffine | General, j: int) -> bool:
    return isinstance(model, General) and bool(model.logged[j])


def _schur(hessian: Array, at: NDArray[np.intp], free: NDArray[np.bool_]) -> Array:
    """Curvature along each exponent while the other one and the amplitudes give way."""
    both = free.copy()
    both[at] = True
    whole = hessian[np.ix_(both, both)]
    root = np.sqrt(np.abs(np.diag(whole)) + np.finfo(float).tiny)
    inverse = np.linalg.pinv(whole / np.outer(root, root), rcond=1e-12) / np.outer(root, root)
    order = np.flatnonzero(both).tolist()
    spread = np.array([inverse[order.index(j), order.index(j)] for j in at])
    return np.asarray(1.0 / np.maximum(spread, np.finfo(float).tiny))


def _axis(
    setting: Setting, name: str, resamples: Array, curvature: float, lowest: float, count: int
) -> Array:
    """Values of an exponent from well below to well above that of the fit, the fit's own among them."""
    number = float(setting.coefficients[name])
    column = setting.law.coefficient_names.index(name) if name in setting.law.coefficient_names else -1
    draws = resamples[:, column] if len(resamples) >= FEWEST_DRAWS and column >= 0 else np.empty(0)
    if len(draws) and np.ptp(draws) > 0:
        low, high = np.quantile(draws, [0.025, 0.975])
        below, above = REACH * max(number - low, 0.0), REACH * max(high - number, 0.0)
        # A lopsided interval must not push the fit into a corner.
        below, above = max(below, 0.6 * above), max(above, 0.6 * below)
    else:
        below = above = float(np.sqrt(2 * WITHOUT_DRAWS * lowest / curvature)) if curvature > 0 else 0.0
    least = 0.02 * abs(number) + 1e-4
    below, above = min(max(below, least), 0.95 * number), min(max(above, least), 3.0 * number)
    symbol = setting.problem.law.symbol(name)
    low, high = setting.bounds.get(name, exponent_range(symbol))
    low, high = max(number - below, low), min(number + above, high)
    axis = np.linspace(low, high, count)
    # The nearest grid value gives way to the fit's own, so that the bottom of the valley is on the map.
    axis[int(np.argmin(np.abs(axis - number)))] = number
    return axis
