"""Many fits of one law at once: the same rows, weighted differently in each.

Subsets of runs, shares of them and resamples are rows of weights over one table, so a thousand fits cost a
few matrix products. Screening and descent are those of a single fit; the projection on the grid of exponents
is done for all of them in one product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

from .alike import EQUAL, middle
from .model import General, LogAffine, make_model
from .newton import Minimum, minimise_steps, rounding_floor
from .objective import Objective
from .projection import Grid, basins_of, grid_of, project, sums_of
from .separable import minimise_separable, separates
from .solve import descend, descend_steps, model_chunk
from .starts import declared_starts, natural_to_variables
from .steps import drained

Array: TypeAlias = NDArray[np.float64]

STARTS = 3
HOPELESS = 2.0
"""Height of a basin over the lowest at which a sum of squares is not descended into."""
ENOUGH = 1e-12
"""Relative decrease at which a descent of squares is over."""
LIMIT, PATIENT = 40, 300
"""Evaluations after which a descent of squares is on its way to nowhere, mostly a term that vanishes; and
of those that are slow nevertheless."""
FLAT = 1e-9
"""Smallest eigenvalue of the scaled Gauss-Newton matrix at which a direction counts as undetermined."""


@dataclass(frozen=True)
class Many:
    """Ends of many fits.

    Attributes
    ----------
    coefficients : ndarray, shape (B, p)
        In the order of the law.
    value : ndarray, shape (B,)
        Objective over the weighted rows.
    converged, flat : ndarray of bool, shape (B,)
        ``flat``: some direction of the coefficients leaves the objective as it is.
    """

    coefficients: Array
    value: Array
    converged: NDArray[np.bool_]
    flat: NDArray[np.bool_]


def fit_many(
    law: Law,
    inputs: Mapping[str, Array],
    loss: Array,
    weights: Array,
    objective: Objective,
    *,
    seed: int = 0,
    toward: Mapping[str, float] | None = None,
) -> Many:
    """Fit a law to the same rows under many weights.

    Parameters
    ----------
    law : Law
    inputs : mapping of str to ndarray, shape (n,)
    loss : ndarray, shape (n,)
    weights : ndarray, shape (B, n)
        Zero where a row is no part of a fit.
    objective : Objective
        The solver's (``working``) objective.
    seed : int
        Of the starts of a law that cannot be screened.
    toward : mapping of str to float, optional
        Where an exponent is held that the runs leave open; by default the middle of its starting range.
    """
    model = make_model(law, inputs, loss)
    batch = len(weights)
    best = Minimum(
        np.zeros((batch, model.p)), np.full(batch, np.inf), np.zeros(batch, dtype=bool),
        np.zeros(batch, dtype=np.int64),
    )  # fmt: skip
    starts, owner, loose, lowest = _starts(model, inputs, weights, objective, seed, toward)
    for j in range(-1, loose.shape[1]):
        # An exponent that the runs say nothing of is held: along it Newton would crawl for ever.
        rows = np.flatnonzero(loose[owner, j] if j >= 0 else ~loose[owner].any(axis=1))
        free = np.ones(model.p, dtype=bool)
        free[len(law.linear) + j] = j < 0
        _improve(best, model, objective, starts[rows], owner[rows], weights, free)
    everything = np.ones(model.p, dtype=bool)
    # Held at a place where an amplitude would have to be negative, or ends at zero: it must move after all.
    astray = ~(best.value <= lowest * (1 + EQUAL))
    if isinstance(model, LogAffine):
        terms = len(model.level)
        astray |= np.any(best.variables[:, :terms] <= model.low[:terms], axis=1)
    again = np.flatnonzero(loose.any(axis=1) & astray)
    rows = np.flatnonzero(np.isin(owner, again))
    _improve(best, model, objective, starts[rows], owner[rows], weights, everything)
    lost = np.flatnonzero(~best.converged)
    if len(lost) and isinstance(model, LogAffine):
        if not separates(model, objective):
            # Mostly a term on its way to zero, which its logarithm never reaches: put it there.
            places = _without_smallest(model, best.variables[lost])
            _improve(best, model, objective, places, lost, weights, everything)
            lost = np.flatnonzero(~best.converged)
        _improve(best, model, objective, best.variables[lost], lost, weights, everything, limit=PATIENT)
    flat = flat_directions(model, best.variables, weights, objective) | loose.any(axis=1)
    return Many(model.coefficients(best.variables), best.value, best.converged, flat)


def refit_many(
    law: Law,
    inputs: Mapping[str, Array],
    loss: Array,
    weights: Array,
    objective: Objective,
    start: Array,
    *,
    tolerance: float = 1e-9,
) -> Many:
    """Refit resamples from the optimum ``start`` (p,) of all rows; otherwise as :func:`fit_many`."""
    model = make_model(law, inputs, loss)
    free = np.ones(model.p, dtype=bool)
    places = np.repeat(_inside(model, model.variables(start[None])), len(weights), axis=0)
    owner = np.arange(len(weights))
    # Along a direction that the runs leave open a resample stays near where it begins: amplitudes that follow
    # the exponents would not hold it.
    whole = weights.sum(axis=0, keepdims=True)
    if (
        len(weights) > 1
        and separates(model, objective)
        and not flat_directions(model, places[:1], whole, objective)[0]
    ):
        ends = _descended(model, objective, places, weights, owner, free, 60, tolerance)
    else:
        steps = minimise_steps(
            model, objective, places, weights, free, tolerance=tolerance, limit=60,
            window=max(64, model_chunk(model, objective)),
        )  # fmt: skip
        ends = drained(steps)
    nothing = np.zeros(len(weights), dtype=bool)
    return Many(model.coefficients(ends.variables), ends.value, ends.converged, nothing)


def flat_directions(
    model: LogAffine | General, variables: Array, weights: Array, objective: Objective
) -> NDArray[np.bool_]:
    """Whether the runs leave some direction of the coefficients open, for each row."""
    with np.errstate(all="ignore"):
        matrix = model.robust_hessian(variables, weights, objective)
    size = np.einsum("bii->bi", matrix)
    # A term that is zero throughout moves nothing: it is left out, not called undetermined.
    idle = size <= 1e-200
    root = np.sqrt(np.where(idle, 1.0, size))
    scaled = matrix / (root[:, :, None] * root[:, None, :])
    scaled = np.where(idle[:, :, None] | idle[:, None, :], 0.0, scaled)
    scaled[:, np.arange(model.p), np.arange(model.p)] = 1.0
    scaled = np.where(np.isfinite(scaled), scaled, 0.0)
    return np.asarray(np.linalg.eigvalsh(scaled)[:, 0] < FLAT)


def _improve(
    best: Minimum,
    model: LogAffine | General,
    objective: Objective,
    starts: Array,
    owner: NDArray[np.intp],
    weights: Array,
    free: NDArray[np.bool_],
    limit: int = LIMIT,
) -> None:
    """Descend from starts and keep, for each fit, the best end of all so far."""
    if not len(starts):
        return
    ends = _descended(model, objective, starts, weights, owner, free, limit)
    order = np.lexsort((ends.value, owner))
    fits, firsts = np.unique(owner[order], return_index=True)
    chosen = order[firsts]
    # An end that is no lower but sure of itself counts too.
    before = best.value[fits]
    won = (ends.value[chosen] < before) | ((ends.value[chosen] == before) & ends.converged[chosen])
    fits, chosen = fits[won], chosen[won]
    best.variables[fits], best.value[fits] = ends.variables[chosen], ends.value[chosen]
    best.converged[fits], best.iterations[fits] = ends.converged[chosen], ends.iterations[chosen]


def _descended(
    model: LogAffine | General,
    objective: Objective,
    starts: Array,
    weights: Array,
    owner: NDArray[np.intp],
    free: NDArray[np.bool_],
    limit: int,
    tolerance: float = ENOUGH,
) -> Minimum:
    """Ends of descents from all starts, each with the weights of the fit that it belongs to."""
    if separates(model, objective):
        # Amplitudes by their normal equations are a digit or two less exact than the sum itself.
        floor = 64 * rounding_floor(model, objective, weights)[owner]
        return minimise_separable(
            model, starts, lambda rows: weights[owner[rows]], floor, free, tolerance=tolerance, limit=limit
        )
    window = max(64, model_chunk(model, objective))
    if objective.square:
        steps = minimise_steps(
            model, objective, starts, weights[owner], free, tolerance=tolerance, limit=limit, window=window
        )
    else:
        steps = descend_steps(model, objective, starts, weights[owner], free, window=window)
    return drained(steps)


def _starts(
    model: LogAffine | General,
    inputs: Mapping[str, Array],
    weights: Array,
    objective: Objective,
    seed: int,
    toward: Mapping[str, float] | None,
) -> tuple[Array, NDArray[np.intp], NDArray[np.bool_], Array]:
    """Starts of all fits (S, p), which fit each belongs to, exponents that its runs leave open, lowest cell.

    Open exponents are (B, q); the lowest cell of the profile is (B,).
    """
    law, batch = model.law, len(weights)
    loose = np.zeros((batch, len(law.nonlinear)), dtype=bool)
    if not law.linear:
        common = _multistart(model, weights, objective, seed)
        owner = np.repeat(np.arange(batch), len(common))
        return np.tile(common, (batch, 1)), owner, loose[:, :0], np.full(batch, np.inf)
    grid = grid_of(law)
    sums = sums_of(law, inputs, model.loss, objective, grid, weights)
    amplitudes, profile = project(sums)
    if grid.gridded and isinstance(model, LogAffine) and objective.square:
        loose = _open_exponents(grid, profile, sums.square)
    positive = np.isfinite(profile)
    for part in amplitudes:
        positive &= part > 0
    lowest = np.argmin(profile, axis=0)
    basins = basins_of(grid, np.where(positive, profile, np.inf))
    aim = np.array([middle(law.symbol(name), toward) for name in law.nonlinear])
    cells, owners, points = [], [], []
    for b in range(batch):
        if loose[b].any():
            # All along an open exponent the profile is the same: one start, at the place where it is held.
            mine = [_on_the_ridge(grid, positive[:, b], lowest[b], loose[b], aim)]
            places = grid.points[mine]
        else:
            mine = np.flatnonzero(basins[:, b]).tolist()
            heights = profile[:, b]
            mine = sorted(mine, key=heights.__getitem__)[:STARTS]
            mine = [
                cell for cell in mine if not objective.square or heights[cell] <= HOPELESS * heights[mine[0]]
            ]
            if not mine or profile[lowest[b], b] < 0.98 * profile[mine[0], b]:
                mine.append(int(lowest[b]))
            places = grid.points[mine]
        cells += mine
        owners += [b] * len(mine)
        points.append(places)
    owner = np.array(owners, dtype=np.intp)
    linear = np.stack([part[cells, owner] for part in amplitudes], axis=1)
    starts = _inside(model, natural_to_variables(model, linear, np.vstack(points)))
    if isinstance(model, LogAffine):
        # An amplitude that would have to be negative is zero at the optimum: begin there.
        terms = linear.shape[1]
        starts[:, :terms] = np.where(linear > 0, starts[:, :terms], model.low[:terms])
    within = np.where(positive, profile, np.inf).min(axis=0)
    return starts, owner, loose, np.where(np.isfinite(within), within, profile.min(axis=0))


def _open_exponents(grid: Grid, profile: Array, square: Array) -> NDArray[np.bool_]:
    """Exponents along which the profile through the lowest cell stays the same, shape (B, q)."""
    batch = profile.shape[1]
    shape = tuple(len(axis) for axis in grid.axes)
    cube = profile.reshape(*shape, batch)
    lowest = np.unravel_index(np.argmin(profile, axis=0), shape)
    out = np.zeros((batch, len(shape)), dtype=bool)
    floor = 1e-13 * square[0]
    for j in range(len(shape)):
        index: list[Any] = list(lowest)
        # From the third tenth on: where an exponent is small, columns are too much alike to be told apart.
        index[j] = np.arange(3 * shape[j] // 10, shape[j])[:, None]
        through = (*index, np.arange(batch))
        line = cube[through]
        out[:, j] = line.max(axis=0) - line.min(axis=0) <= EQUAL * line.min(axis=0) + floor
    # With all of them open there is nothing to hold on to.
    out[out.all(axis=1)] = False
    return out


def _on_the_ridge(
    grid: Grid, positive: NDArray[np.bool_], lowest: np.intp, loose: NDArray[np.bool_], aim: Array
) -> int:
    """Of the cells that an open exponent runs through, the one nearest to where it is to be held.

    Amplitudes must be positive there, if they are anywhere.
    """
    along = np.all(grid.points[:, ~loose] == grid.points[lowest, ~loose], axis=1)
    usable = along & positive
    cells = np.flatnonzero(usable if usable.any() else along)
    off = np.abs(grid.points[cells][:, loose] / aim[loose] - 1.0).sum(axis=1)
    return int(cells[np.argmin(off)])


def _multistart(model: LogAffine | General, weights: Array, objective: Objective, seed: int) -> Array:
    """Starts for a law that cannot be screened: the best few ends of a descent on all rows."""
    all_rows = (weights.sum(axis=0) > 0).astype(np.float64)[None]
    tried = declared_starts(model, {}, 48, seed)
    ends = descend(model, objective, tried, all_rows, np.ones(model.p, dtype=bool))
    values = np.where(np.isfinite(ends.value), ends.value, np.inf)
    best = np.argsort(values, kind="stable")[:4]
    return np.vstack([ends.variables[best], tried[:4]])


def _without_smallest(model: LogAffine, variables: Array) -> Array:
    """The rows with their smallest term as good as zero."""
    rows: Array = variables.copy()
    smallest = np.argmin(variables[:, : len(model.level)], axis=1)
    rows[np.arange(len(rows)), smallest] = model.low[smallest]
    return rows


def _inside(model: LogAffine | General, starts: Array) -> Array:
    return np.clip(starts, model.low, model.high)
