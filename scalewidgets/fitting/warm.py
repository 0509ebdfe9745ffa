"""The same fit with some runs left out, started from where the whole fit ended.

Leave-one-out sets and folds move the optimum a little, so a few damped Newton steps on the exact
Hessian are enough. Where that may not hold (an objective without curvature, weights, bounds or whatever
else makes the whole fit not the plain optimum) every set is fitted in full instead.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FitError

from .api import fit_steps
from .columns import output_key
from .compiled.refit import Sets, sets_of
from .job import Progress
from .result import Fit
from .single import POLISH
from .steps import drained

Array: TypeAlias = NDArray[np.float64]

SMOOTH = ("huber_log", "squared_log", "squared_raw")
"""Objectives that Newton steps from the optimum follow."""

_EVALUATIONS = 60
_BLOCK = 2**17
"""Numbers in one array of a block of sets."""


def run_arrays(fit: Fit) -> dict[str, Array]:
    """Inputs of the law, loss ``L`` and compute ``C`` of every row of the table (NaN where unknown).

    N, D and C that the table lacks follow from the others by C = 6ND.
    """
    columns, table = fit.certificate.columns, fit.runs
    found: dict[str, Array] = {
        symbol: table[column].to_numpy(dtype=float, na_value=np.nan)
        for symbol, column in columns.items()
        if column in table.columns
    }
    nothing = np.full(len(table), np.nan)
    n, d, c = (found.get(symbol, nothing) for symbol in ("N", "D", "C"))
    with np.errstate(all="ignore"):
        found["D"] = np.where(np.isnan(d), c / (6 * n), d)
        found["C"] = np.where(np.isnan(c), 6 * n * found["D"], c)
    return found


def fit_options(fit: Fit) -> dict[str, Any]:
    """Arguments that make the same fit again, without resamples and checks."""
    seen = fit.certificate
    columns = {symbol: column for symbol, column in seen.columns.items() if column in fit.runs.columns}
    groups: dict[str, list[str]] = {}
    for tied, leader in seen.ties.items():
        groups.setdefault(leader, [leader]).append(tied)
    priors = {name: (said["kind"], said["centre"], said["spread"]) for name, said in seen.priors.items()}
    limits = {"bounds": dict(seen.bounds), "tie": list(groups.values()), "prior": priors}
    return {
        **{name: value for name, value in limits.items() if value},
        **_shape(fit),
        "law": fit.law, "objective": seen.objective, "delta": seen.delta, "resamples": 0, "starts": 0,
        "fixed": dict(seen.fixed), "columns": columns, "seed": seen.seed, "level": fit.level,
    }  # fmt: skip


def _shape(fit: Fit) -> dict[str, Any]:
    """Parameters of the penalty that belong to one objective only."""
    seen = fit.certificate
    if seen.objective == "student_t":
        return {"nu": "free" if seen.nu_free else seen.nu}
    goal = fit.setting.goal if fit.setting is not None else None
    if goal is None or seen.objective not in ("quantile", "asymmetric"):
        return {}
    return {"tau": goal.up} if seen.objective == "quantile" else {"factor": goal.down}


def without(fit: Fit, left_out: NDArray[np.bool_], **options: Any) -> Fit:
    """Fit in full without some of the runs: ``left_out`` marks rows of the table.

    Options override those of the fit.
    """
    return drained(without_steps(fit, left_out, **options))


def without_steps(fit: Fit, left_out: NDArray[np.bool_], **options: Any) -> Generator[Progress, None, Fit]:
    """Do the same step by step, for a caller with other things to do in between."""
    gone = left_out | ~fit.used
    arguments = {**fit_options(fit), **options}
    if fit.runs.index.is_unique:
        return fit_steps(fit.runs, exclude=list(fit.runs.index[gone]), **arguments)
    return fit_steps(fit.runs[~gone], exclude=None, **arguments)


def refits(fit: Fit, kept: NDArray[np.bool_], **options: Any) -> Iterator[tuple[slice, Array]]:
    """Coefficients without some of the runs, in blocks.

    Parameters
    ----------
    fit : Fit
        Of all runs.
    kept : ndarray of bool, shape (B, n)
        One row a set, one column a used run, in the order of the table.
    **options
        Of :func:`scalewidgets.fit`, where a set is fitted in full.

    Raises
    ------
    FitError
        If the fit was made with arguments that its certificate does not hold and ``options`` lacks.

    Yields
    ------
    (slice, ndarray of shape (b, p))
        Rows of ``kept``, and the coefficients of each in the order of the law; NaN where refused.
    """
    sets, n = kept.shape
    seen = fit.certificate
    plain = not (options or seen.ties or seen.bounds or seen.weights or seen.priors)
    warm: _Warm | Sets | None = _Warm(fit) if plain and seen.objective in SMOOTH else None
    if isinstance(warm, _Warm) and not warm.stays():
        warm = None
    if warm is not None:
        warm = sets_of(fit, sets) or warm
    if warm is None:
        _same_again(fit, options)
    rows = max(1, _BLOCK // max(n, 1)) if warm is not None else 1
    for first in range(0, sets, rows):
        cut = slice(first, min(first + rows, sets))
        if warm is not None:
            ends, converged = warm.descend(kept[cut].astype(np.float64))
            for i in np.flatnonzero(~converged):
                ends[i] = _full(fit, kept[cut][i], options)
            yield cut, ends
        else:
            yield cut, _full(fit, kept[first], options)[None]


def _same_again(fit: Fit, options: Mapping[str, Any]) -> None:
    """Refuse to go on with arguments that do not give the fit of all runs."""
    again = without(fit, np.zeros(len(fit.runs), dtype=bool), **options)
    if not np.isclose(again.objective, fit.objective, rtol=1e-5, atol=1e-12):
        raise FitError(
            "The fit was made with arguments that cannot be read from it, such as weights.",
            remedy="Give them again, the way they were given to the fit.",
        )


def _full(fit: Fit, kept: NDArray[np.bool_], options: Mapping[str, Any]) -> Array:
    left_out = np.zeros(len(fit.runs), dtype=bool)
    left_out[np.flatnonzero(fit.used)[~kept]] = True
    found = without(fit, left_out, **options).coefficients
    return np.array([found[name] for name in fit.law.coefficient_names])


class _Warm:
    """Newton steps from the optimum of a fit, many sets of runs at a time."""

    def __init__(self, fit: Fit) -> None:
        self.law, self.fit = fit.law, fit
        arrays = run_arrays(fit)
        self.inputs = [arrays[name][fit.used] for name in fit.law.input_names]
        self.loss = arrays[output_key(fit.law)][fit.used]
        self.goal, self.delta = fit.certificate.objective, fit.certificate.delta or np.inf
        self.start = np.array([fit.coefficients[name] for name in fit.law.coefficient_names])
        positive = np.array([symbol.positive for symbol in fit.law.coefficients])
        # A coefficient that went to zero has no logarithm; it stays there.
        held = np.array([name in fit.certificate.fixed for name in fit.law.coefficient_names])
        self.logged = positive & (self.start > 0)
        self.free = ~held & (self.logged | ~positive)

    def stays(self) -> bool:
        """Whether the whole fit is the plain optimum of its objective."""
        ones = np.ones((1, len(self.loss)))
        value = self._value(self._variables(self.start[None]), ones)[0]
        if not np.isclose(value, self.fit.objective, rtol=1e-7, atol=1e-300):
            return False
        ends, converged = self.descend(ones)
        return bool(
            converged[0] and self._value(self._variables(ends), ones)[0] >= value * (1 - 1e-7) - 1e-300
        )

    def descend(self, weights: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Coefficients (B, p) and whether each row met the stopping rule, for weights (B, n)."""
        here = np.repeat(self._variables(self.start[None]), len(weights), axis=0)
        value = self._value(here, weights)
        damping = np.full(len(weights), 1e-4)
        done = np.zeros(len(weights), dtype=bool)
        for _ in range(_EVALUATIONS):
            rows = np.flatnonzero(~done)
            if not len(rows):
                break
            step, promise = self._step(here[rows], weights[rows], damping[rows])
            done[rows] = promise <= 1e-13 * value[rows] + 1e-300
            trial = here[rows] + step
            reached = self._value(trial, weights[rows])
            better = reached < value[rows]
            here[rows[better]], value[rows[better]] = trial[better], reached[better]
            damping[rows] = np.clip(np.where(better, damping[rows] / 10, damping[rows] * 10), 1e-12, 1e12)
        # Once more without damping: it settles what a flat valley leaves open.
        step, promise = self._step(here, weights, np.zeros(len(weights)))
        here = np.where((done & (promise <= POLISH * value + 1e-300))[:, None], here + step, here)
        ends = np.where(self.logged, np.exp(np.where(self.logged, here, 0.0)), here)
        return np.where(self.free, ends, self.start), done

    def _variables(self, coefficients: Array) -> Array:
        return np.where(self.logged, np.log(np.where(self.logged, coefficients, 1.0)), coefficients)

    def _columns(self, variables: Array) -> tuple[Array, list[Array]]:
        natural = np.where(self.logged, np.exp(np.where(self.logged, variables, 0.0)), variables)
        return natural, list(natural.T[:, :, None])

    def _value(self, variables: Array, weights: Array) -> Array:
        _, columns = self._columns(variables)
        with np.errstate(all="ignore"):
            fitted, _ = self.law.compiled.value_and_gradient(*self.inputs, *columns)
            residuals = self._residuals(np.broadcast_to(fitted, weights.shape))
            slope = np.clip(residuals, -self.delta, self.delta)
            total = np.sum(weights * slope * (residuals - 0.5 * slope), axis=1)
        return np.where(np.isfinite(total), total, np.inf)

    def _residuals(self, fitted: Array) -> Array:
        return self.loss - fitted if self.goal == "squared_raw" else np.log(self.loss) - np.log(fitted)

    def _step(self, variables: Array, weights: Array, damping: Array) -> tuple[Array, Array]:
        """Damped Newton step and the decrease that the undamped one promises."""
        gradient, hessian, gauss = self._derivatives(variables, weights)
        free = np.flatnonzero(self.free)
        gradient = gradient[:, free]
        hessian, gauss = hessian[:, free[:, None], free], gauss[:, free]
        scale = 1 / np.sqrt(np.maximum(gauss, 1e-300))
        values, vectors = np.linalg.eigh(hessian * scale[:, :, None] * scale[:, None, :])
        # A direction that curves down is walked as if it curved up.
        size = np.maximum(np.abs(values), 1e-13 * np.abs(values).max(axis=1, keepdims=True)) + 1e-300
        along = np.einsum("bij,bi->bj", vectors, gradient * scale)
        promise = 0.5 * np.sum(along * along / size, axis=1)
        move = -np.einsum(
            "bij,bj->bi", vectors, along / (size + damping[:, None] * size.max(axis=1)[:, None])
        )
        move = np.clip(move * scale, -2.0, 2.0)
        step = np.zeros_like(variables)
        step[:, free] = move
        return step, promise

    def _derivatives(self, variables: Array, weights: Array) -> tuple[Array, Array, Array]:
        batch, p = variables.shape
        natural, columns = self._columns(variables)
        full = weights.shape
        with np.errstate(all="ignore"):
            fitted, slopes, entries = self.law.compiled.value_gradient_hessian(*self.inputs, *columns)
            fitted = np.broadcast_to(fitted, full)
            residuals = self._residuals(fitted)
            first = np.clip(residuals, -self.delta, self.delta) * weights
            second = (np.abs(residuals) <= self.delta) * weights
            robust = weights * np.minimum(1.0, self.delta / np.maximum(np.abs(residuals), 1e-300))
            if self.goal != "squared_raw":
                second = (second + first) / (fitted * fitted)
                robust = robust / (fitted * fitted)
                first = first / fitted
        scale = np.where(self.logged, natural, 1.0)
        parts = [
            np.broadcast_to(np.asarray(s, dtype=float), full) * scale[:, j, None]
            for j, s in enumerate(slopes)
        ]
        gradient = -np.stack([np.einsum("bn,bn->b", first, part) for part in parts], axis=1)
        hessian = np.empty((batch, p, p))
        for (i, j), entry in zip(self.law.compiled.pairs, entries, strict=True):
            curved = np.broadcast_to(np.asarray(entry, dtype=float), full)
            both = np.einsum("bn,bn,bn->b", second, parts[i], parts[j])
            both -= np.einsum("bn,bn->b", first, curved) * scale[:, i] * scale[:, j]
            hessian[:, i, j] = hessian[:, j, i] = both
        diagonal = np.arange(p)
        hessian[:, diagonal, diagonal] += np.where(self.logged, gradient, 0.0)
        gauss = np.stack([np.einsum("bn,bn,bn->b", robust, part, part) for part in parts], axis=1)
        return gradient, hessian, gauss
