"""What a fit says of runs that were not made: value, interval, and how far beyond the runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted

from . import report
from .certificate import Status, plain
from .columns import COLUMNS
from .problem import FLOPS_PER_PARAM_TOKEN

if TYPE_CHECKING:
    from .result import Fit

Array: TypeAlias = NDArray[np.float64]
Number: TypeAlias = Any

_BLOCK = 2**22


@dataclass(frozen=True)
class Prediction:
    """What a fit says of runs that were not made; numbers, or arrays of one shape.

    Attributes
    ----------
    value : float or ndarray
        Fitted loss.
    low, high : float or ndarray
        Interval of the coefficients: percentiles over resamples. NaN without resamples.
    run_low, run_high : float or ndarray
        Interval of a single run: the same with resampled residuals on top.
    level : float
        Share of the resamples inside.
    extrapolation : float or ndarray
        Decades beyond the largest compute of the runs (or beyond the range of an input, for a law
        without compute); 0 inside.
    """

    value: Number
    low: Number
    high: Number
    run_low: Number
    run_high: Number
    level: float
    extrapolation: Number

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        return {
            name: plain(np.asarray(getattr(self, name)).tolist())
            for name in ("value", "low", "high", "run_low", "run_high", "level", "extrapolation")
        }

    def report(self) -> str:
        """Return each loss with its intervals, and what these are, as plain text."""
        return report.prediction_report(self)

    def __str__(self) -> str:
        return report.prediction_text(self)

    def _repr_html_(self) -> str:
        return report.prediction_html(self)


def predict(fit: Fit, given: Mapping[str, ArrayLike | None], level: float) -> Prediction:
    """Predict the loss of runs; see :meth:`Fit.predict`."""
    if fit.status is Status.REFUSED:
        raise FitError(f"There is no fit to predict from. {fit.reason}")
    edges = level_edges(level)
    known = run_inputs(fit, given)
    needed = {name: known[name] for name in fit.law.input_names}
    value = fit.law.value(needed, fit.coefficients)
    low, high, run_low, run_high = _bands(fit, needed, value.shape, edges)
    beyond = _beyond(fit, known, value.shape)
    return Prediction(
        value=_scalar(value),
        low=_scalar(low),
        high=_scalar(high),
        run_low=_scalar(run_low),
        run_high=_scalar(run_high),
        level=float(level),
        extrapolation=_scalar(beyond),
    )


def run_inputs(fit: Fit, given: Mapping[str, ArrayLike | None]) -> dict[str, Array]:
    """Read the inputs of runs by their symbols; of N, D and C one follows from two others."""
    symbols = {"params": "N", "tokens": "D", "flops": "C"}
    reading = {name: symbol for symbol, name in COLUMNS.items() if symbol in fit.law.input_names}
    known: dict[str, Array] = {}
    for name, value in given.items():
        if value is None:
            continue
        symbol = symbols.get(name) or reading.get(name, name)
        if symbol not in ("N", "D", "C", *fit.law.input_names):
            matches = close_matches(name, [*symbols, *fit.law.input_names])
            raise FitError(
                f"{quoted(name)} is not an input of {fit.law.name}.",
                remedy=f"Did you mean {either(matches)}?"
                if matches
                else f"Its inputs are {either(fit.law.input_names)}.",
            )
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            array = np.array(np.nan)
        if not np.all(np.isfinite(array)) or np.any(array <= 0):
            raise FitError(f"{name}={quoted(value)} is not a positive number.")
        known[symbol] = array
    try:
        if "N" in known and "D" in known and "C" not in known:
            known["C"] = FLOPS_PER_PARAM_TOKEN * known["N"] * known["D"]
        elif "C" in known and "N" in known and "D" not in known:
            known["D"] = known["C"] / (FLOPS_PER_PARAM_TOKEN * known["N"])
        elif "C" in known and "D" in known and "N" not in known:
            known["N"] = known["C"] / (FLOPS_PER_PARAM_TOKEN * known["D"])
    except ValueError:
        raise FitError("The shapes of params, tokens and flops do not broadcast.") from None
    missing = [name for name in fit.law.input_names if name not in known]
    if missing:
        words = {"N": "params=", "D": "tokens=", "C": "flops="}
        wanted = [words.get(name, f"{name}=") for name in missing]
        raise FitError(
            f"{fit.law.title} needs {' and '.join(wanted)} to predict.",
            remedy="Of params=, tokens= and flops= two are enough, by C = 6ND."
            if set(missing) <= set(words)
            else None,
        )
    return known


def _bands(
    fit: Fit, inputs: Mapping[str, Array], shape: tuple[int, ...], edges: tuple[float, float]
) -> tuple[Array, Array, Array, Array]:
    """Percentiles over resamples, in blocks: a map of a million cells need not fit in memory."""
    count = len(fit.resamples)
    if not count:
        empty = np.full(shape, np.nan)
        return empty, empty, empty, empty
    flat = {name: np.broadcast_to(values, shape).reshape(-1) for name, values in inputs.items()}
    size = int(np.prod(shape, dtype=int))
    draws = dict(zip(fit.law.coefficient_names, fit.resamples.T, strict=True))
    scatter = np.exp(fit.noise)
    out = np.empty((4, size))
    step = max(1, _BLOCK // count)
    for first in range(0, size, step):
        cut = slice(first, first + step)
        block = fit.law.value({name: values[cut, None] for name, values in flat.items()}, draws)
        out[:2, cut] = np.quantile(block, edges, axis=1)
        out[2:, cut] = np.quantile(block * scatter, edges, axis=1)
    low, high, run_low, run_high = out.reshape(4, *shape)
    return low, high, run_low, run_high


def _beyond(fit: Fit, known: Mapping[str, Array], shape: tuple[int, ...]) -> Array:
    if "C" in known and "C" in fit.reach:
        with np.errstate(divide="ignore"):
            beyond = np.log10(known["C"] / fit.reach["C"][1])
        return np.broadcast_to(np.maximum(beyond, 0.0), shape)
    distance = np.zeros(shape)
    for name in fit.law.input_names:
        low, high = fit.reach[name]
        if low > 0:
            outside = np.maximum(np.log10(known[name] / high), np.log10(low / known[name]))
            distance = np.maximum(distance, outside)
    return distance


def level_edges(level: float) -> tuple[float, float]:
    """Lower and upper quantile of an interval."""
    try:
        level = float(level)
    except (TypeError, ValueError):
        level = float("nan")
    if not 0 < level < 1:
        raise FitError("The level of an interval lies between 0 and 1.", remedy="0.95 is 95 %.")
    return (1 - level) / 2, (1 + level) / 2


def _scalar(values: Array) -> Any:
    return float(values) if np.ndim(values) == 0 else np.array(values)
