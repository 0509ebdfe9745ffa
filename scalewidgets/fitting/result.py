"""The result of a fit, as a value: coefficients, how far to trust them, and what they predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted
from scalewidgets.laws import Law

from . import profile as profiles
from . import report
from .certificate import Certificate, Status, plain
from .problem import COLUMNS, FLOPS_PER_PARAM_TOKEN

Array: TypeAlias = NDArray[np.float64]
Number: TypeAlias = Any

SCHEMA = "scalewidgets.fit/1"

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

    def __str__(self) -> str:
        return report.prediction_text(self)

    def _repr_html_(self) -> str:
        return report.prediction_html(self)


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A law fitted to runs.

    Attributes
    ----------
    law : Law
    coefficients : dict of str to float
        Natural scale, full precision; NaN if the fit was refused.
    objective : float
        Objective at the coefficients, summed over runs.
    status : Status
    reason : str
        What the status means here, as a sentence, with the remedy.
    certificate : Certificate
    resamples : ndarray, shape (R, p)
        Coefficients of each resample, natural scale, in the order of ``law.coefficients``.
    noise : ndarray, shape (R,)
        A log residual for each resample: together they give the interval of a single run.
    residuals : Series
        Log loss minus log fitted loss of the used runs, by their index labels.
    used : ndarray of bool, shape (len(runs),)
    runs : DataFrame
        The table as it was given.
    level : float
        Default level of intervals.
    """

    law: Law
    coefficients: Mapping[str, float]
    objective: float
    status: Status
    reason: str
    certificate: Certificate
    resamples: Array
    noise: Array
    residuals: pd.Series
    used: NDArray[np.bool_]
    runs: pd.DataFrame
    level: float = 0.95
    reach: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Range of each input among the used runs, and of C where it is known."""
    setting: profiles.Setting | None = None
    """What it takes to look at the surroundings of the optimum: :meth:`profile`, :meth:`covariance`."""

    # -- numbers -------------------------------------------------------------------------------

    @property
    def ok(self) -> bool:
        """Whether the fit converged with every coefficient determined and off its bounds."""
        return self.status is Status.CONVERGED

    @property
    def median_miss(self) -> float:
        """Median absolute log residual: about the usual relative miss."""
        return float(np.median(np.abs(self.residuals))) if len(self.residuals) else float("nan")

    @property
    def inside_delta(self) -> int | None:
        """Runs whose residual is within delta; ``None`` for an objective without delta."""
        delta = self.certificate.delta
        return (
            None if delta is None or not len(self.residuals) else int(np.sum(np.abs(self.residuals) <= delta))
        )

    @property
    def largest_run_residual(self) -> float | None:
        """Log residual of the run with the largest compute; negative if it lies below the fit."""
        if not len(self.residuals):
            return None
        compute = _compute(self.runs[self.used], self.certificate.columns)
        if compute is None:
            return None
        return float(self.residuals.to_numpy()[int(np.argmax(compute))])

    def interval(
        self, name: str, level: float | None = None, method: str = "resamples"
    ) -> tuple[float, float]:
        """Interval of a coefficient.

        Parameters
        ----------
        name : str
        level : float, optional
            By default that of the fit.
        method : {"resamples", "profile"}
            Percentiles over the resamples (NaN without them), or the values that the likelihood ratio
            does not reject (see :meth:`profile`); an end that the runs leave open is that of the range.

        Raises
        ------
        FitError
            If the law has no such coefficient, or the level is not between 0 and 1.
        """
        column = self._column(name)
        if method == "profile":
            low_edge, high_edge = _edges(self.level if level is None else level)
            return profiles.interval(self._setting(), name, high_edge - low_edge)
        if method != "resamples":
            raise FitError(f"method={quoted(method)} is neither resamples nor profile.")
        if not len(column):
            return float("nan"), float("nan")
        low, high = np.quantile(column, _edges(self.level if level is None else level))
        return float(low), float(high)

    def profile(self, name: str, points: int = 41, level: float | None = None) -> pd.DataFrame:
        """Objective along one coefficient, the others giving way.

        Parameters
        ----------
        name : str
        points : int
        level : float, optional
            The profile spans a little more than the interval of this level.

        Returns
        -------
        DataFrame
            The coefficient, ``objective``, ``deviance`` (twice the log of the likelihood ratio, the scale of
            the residuals fitted along) and the other coefficients; ``attrs["threshold"]`` is the deviance
            at the ends of the interval.
        """
        self._column(name)
        low_edge, high_edge = _edges(self.level if level is None else level)
        return profiles.profile(self._setting(), name, points, high_edge - low_edge)

    def covariance(self, *, log: bool = False) -> pd.DataFrame:
        """Sandwich covariance of the coefficients: approximate, see ``attrs["label"]``.

        Parameters
        ----------
        log : bool
            Of the logarithms of all coefficients but exponents.
        """
        return profiles.covariance(self._setting(), log=log)

    def _setting(self) -> profiles.Setting:
        if self.setting is None:
            raise FitError(f"There is no fit to look around in. {self.reason}")
        return self.setting

    def standard_errors(self) -> dict[str, float]:
        """Standard deviation of each coefficient over the resamples; NaN without resamples."""
        if len(self.resamples) < 2:
            return dict.fromkeys(self.law.coefficient_names, float("nan"))
        spread = self.resamples.std(axis=0, ddof=1)
        return dict(zip(self.law.coefficient_names, map(float, spread), strict=True))

    def _column(self, name: str) -> Array:
        names = self.law.coefficient_names
        if name not in names:
            matches = close_matches(str(name), names)
            raise FitError(
                f"{quoted(name)} is not a coefficient of {self.law.name}.",
                remedy=f"Did you mean {either(matches)}?" if matches else f"It has {either(names)}.",
            )
        return self.resamples[:, names.index(name)]

    # -- predictions ---------------------------------------------------------------------------

    def predict(
        self,
        params: ArrayLike | None = None,
        tokens: ArrayLike | None = None,
        flops: ArrayLike | None = None,
        *,
        level: float | None = None,
        **inputs: ArrayLike,
    ) -> Prediction:
        """Predict the loss of runs.

        Parameters
        ----------
        params, tokens, flops : array_like, optional
            N, D and C; they broadcast. Of the three a law needs, one follows from the
            other two by C = 6ND.
        level : float, optional
            Share of the resamples inside the intervals; by default the level of the fit.
        **inputs : array_like
            Other inputs of the law, or any of them by its symbol (``N=7e9``).

        Returns
        -------
        Prediction

        Raises
        ------
        FitError
            If the fit was refused, or an input is missing, unknown or not positive.
        """
        if self.status is Status.REFUSED:
            raise FitError(f"There is no fit to predict from. {self.reason}")
        edges = _edges(self.level if level is None else level)
        known = self._inputs({"params": params, "tokens": tokens, "flops": flops, **inputs})
        needed = {name: known[name] for name in self.law.input_names}
        value = self.law.value(needed, self.coefficients)
        low, high, run_low, run_high = self._bands(needed, value.shape, edges)
        beyond = self._beyond(known, value.shape)
        return Prediction(
            value=_scalar(value),
            low=_scalar(low),
            high=_scalar(high),
            run_low=_scalar(run_low),
            run_high=_scalar(run_high),
            level=float(self.level if level is None else level),
            extrapolation=_scalar(beyond),
        )

    def _inputs(self, given: Mapping[str, ArrayLike | None]) -> dict[str, Array]:
        symbols = {"params": "N", "tokens": "D", "flops": "C"}
        reading = {name: symbol for symbol, name in COLUMNS.items() if symbol in self.law.input_names}
        known: dict[str, Array] = {}
        for name, value in given.items():
            if value is None:
                continue
            symbol = symbols.get(name) or reading.get(name, name)
            if symbol not in ("N", "D", "C", *self.law.input_names):
                matches = close_matches(name, [*symbols, *self.law.input_names])
                raise FitError(
                    f"{quoted(name)} is not an input of {self.law.name}.",
                    remedy=f"Did you mean {either(matches)}?"
                    if matches
                    else f"Its inputs are {either(self.law.input_names)}.",
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
        missing = [name for name in self.law.input_names if name not in known]
        if missing:
            words = {"N": "params=", "D": "tokens=", "C": "flops="}
            wanted = [words.get(name, f"{name}=") for name in missing]
            raise FitError(
                f"{self.law.title} needs {' and '.join(wanted)} to predict.",
                remedy="Of params=, tokens= and flops= two are enough, by C = 6ND."
                if set(missing) <= set(words)
                else None,
            )
        return known

    def _bands(
        self, inputs: Mapping[str, Array], shape: tuple[int, ...], edges: tuple[float, float]
    ) -> tuple[Array, Array, Array, Array]:
        """Percentiles over resamples, in blocks: a map of a million cells need not fit in memory."""
        count = len(self.resamples)
        if not count:
            empty = np.full(shape, np.nan)
            return empty, empty, empty, empty
        flat = {name: np.broadcast_to(values, shape).reshape(-1) for name, values in inputs.items()}
        size = int(np.prod(shape, dtype=int))
        draws = dict(zip(self.law.coefficient_names, self.resamples.T, strict=True))
        scatter = np.exp(self.noise)
        out = np.empty((4, size))
        step = max(1, _BLOCK // count)
        for first in range(0, size, step):
            cut = slice(first, first + step)
            block = self.law.value({name: values[cut, None] for name, values in flat.items()}, draws)
            out[:2, cut] = np.quantile(block, edges, axis=1)
            out[2:, cut] = np.quantile(block * scatter, edges, axis=1)
        low, high, run_low, run_high = out.reshape(4, *shape)
        return low, high, run_low, run_high

    def _beyond(self, known: Mapping[str, Array], shape: tuple[int, ...]) -> Array:
        if "C" in known and "C" in self.reach:
            with np.errstate(divide="ignore"):
                beyond = np.log10(known["C"] / self.reach["C"][1])
            return np.broadcast_to(np.maximum(beyond, 0.0), shape)
        distance = np.zeros(shape)
        for name in self.law.input_names:
            low, high = self.reach[name]
            if low > 0:
                outside = np.maximum(np.log10(known[name] / high), np.log10(low / known[name]))
                distance = np.maximum(distance, outside)
        return distance

    # -- forms ---------------------------------------------------------------------------------

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """One row a coefficient: value, standard error, interval, unit and meaning."""
        errors = self.standard_errors()
        rows = []
        for symbol in self.law.coefficients:
            low, high = self.interval(symbol.name, level)
            rows.append(
                {
                    "coefficient": symbol.name,
                    "value": self.coefficients[symbol.name],
                    "standard_error": errors[symbol.name],
                    "low": low,
                    "high": high,
                    "fixed": symbol.name in self.certificate.fixed,
                    "unit": symbol.unit,
                    "meaning": symbol.meaning,
                }
            )
        frame: pd.DataFrame = pd.DataFrame(rows).set_index("coefficient")
        return frame

    def to_dict(self, *, resamples: bool = False) -> dict[str, Any]:
        """Return JSON-able parts at full precision.

        Parameters
        ----------
        resamples : bool
            Include the coefficients of every resample and their noise (some 100 kB for 1,000).
        """
        out: dict[str, Any] = {
            "schema": SCHEMA,
            "law": self.law.to_dict(),
            "status": self.status.value,
            "reason": self.reason,
            "coefficients": plain(dict(self.coefficients)),
            "standard_errors": plain(self.standard_errors()),
            "intervals": {n: plain(list(self.interval(n))) for n in self.law.coefficient_names},
            "level": self.level,
            "objective": plain(self.objective),
            "median_miss": plain(self.median_miss),
            "inside_delta": self.inside_delta,
            "largest_run_residual": plain(self.largest_run_residual),
            "certificate": self.certificate.to_dict(),
        }
        if resamples:
            out["resamples"] = plain(self.resamples.tolist())
            out["noise"] = plain(self.noise.tolist())
        return out

    def report(self) -> str:
        """Return everything a reader should know, as plain text."""
        return report.fit_text(self)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value:.4g}" for name, value in self.coefficients.items())
        return f"<Fit {self.law.name}: {self.status.value}; {shown}>"

    def _repr_html_(self) -> str:
        return report.fit_html(self)


def _compute(table: pd.DataFrame, columns: Mapping[str, str]) -> Array | None:
    """Compute of each row, where it can be told."""
    n, d, c = (
        table[columns[symbol]].to_numpy(dtype=float) if columns.get(symbol) in table.columns else None
        for symbol in ("N", "D", "C")
    )
    if c is not None and not np.isnan(c).any():
        return np.asarray(c)
    if n is not None and d is not None and not np.isnan(n * d).any():
        return np.asarray(FLOPS_PER_PARAM_TOKEN * n * d)
    return None


def _edges(level: float) -> tuple[float, float]:
    try:
        level = float(level)
    except (TypeError, ValueError):
        level = float("nan")
    if not 0 < level < 1:
        raise FitError("The level of an interval lies between 0 and 1.", remedy="0.95 is 95 %.")
    return (1 - level) / 2, (1 + level) / 2


def _scalar(values: Array) -> Any:
    return float(values) if np.ndim(values) == 0 else np.array(values)
