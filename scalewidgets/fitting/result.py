"""The result of a fit, as a value: coefficients, how far to trust them, and what they predict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted
from scalewidgets.laws import Law

from . import exponents as maps
from . import profile as profiles
from . import report
from .certificate import Certificate, Status, plain
from .prediction import Prediction, level_edges, predict
from .problem import FLOPS_PER_PARAM_TOKEN

if TYPE_CHECKING:
    from .crossover import FitComparison
    from .holdout import HoldOut
    from .influence import Influence

Array: TypeAlias = NDArray[np.float64]

SCHEMA = "scalewidgets.fit/1"

__all__ = ["Fit", "Prediction"]


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
        return float(np.median(np.abs(self.residuals.to_numpy()))) if len(self.residuals) else float("nan")

    @property
    def inside_delta(self) -> int | None:
        """Runs whose residual is within delta; ``None`` for an objective without delta."""
        delta = self.certificate.delta
        return (
            None
            if delta is None or not len(self.residuals)
            else int(np.sum(np.abs(self.residuals.to_numpy()) <= delta))
        )

    @property
    def largest_run_residual(self) -> float | None:
        """Log residual of the run with the largest compute; negative if it lies below the fit."""
        if not len(self.residuals):
            return None
        compute = _compute(self.runs, self.used, self.certificate.columns)
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
            low_edge, high_edge = level_edges(self.level if level is None else level)
            return profiles.interval(self._setting(), name, high_edge - low_edge)
        if method != "resamples":
            raise FitError(f"method={quoted(method)} is neither resamples nor profile.")
        if not len(column):
            return float("nan"), float("nan")
        low, high = np.quantile(column, level_edges(self.level if level is None else level))
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
        low_edge, high_edge = level_edges(self.level if level is None else level)
        return profiles.profile(self._setting(), name, points, high_edge - low_edge)

    def exponent_map(self, names: Iterable[str] | None = None, points: int | None = None) -> maps.ExponentMap:
        """Objective over two exponents (or one), the other coefficients giving way.

        Parameters
        ----------
        names : iterable of str, optional
            The exponents of the axes; by default the first two of the law that are free, or the only one.
        points : int, optional
            Cells along each axis, by default 21 (81 for one exponent). The axes reach 1.8 times as far as
            the interval of the resamples, and hold the fit's own exponents.

        Raises
        ------
        FitError
            If the fit was refused, or the law has no such exponent that is free.

        Examples
        --------
        >>> import scalewidgets as sw
        >>> seen = sw.fit(sw.load("chinchilla"), resamples=0, starts=0).exponent_map(points=5)
        >>> seen.names, seen.rise.shape, float(seen.rise.min())
        (('alpha', 'beta'), (5, 5), 0.0)
        """
        return maps.exponent_map(self._setting(), self.resamples, names, points)

    def covariance(self, *, log: bool = False) -> pd.DataFrame:
        """Sandwich covariance of the coefficients: approximate, see ``attrs["label"]``.

        Parameters
        ----------
        log : bool
            Of the logarithms of all coefficients but exponents.
        """
        return profiles.covariance(self._setting(), log=log)

    def directions(self) -> pd.DataFrame:
        """Directions in the space of the coefficients, the one that the runs determine worst first.

        Returns
        -------
        DataFrame
            One row a direction: its ``standard_error`` (of relative changes), and what each coefficient
            does along one standard error of it: the change of its logarithm for those in
            ``attrs["logarithmic"]``, else of itself. ``attrs["label"]`` says whether that is the covariance
            of the resamples, or of first order where there are few.

        Raises
        ------
        FitError
            If the fit was refused, or some direction is not determined at all.
        """
        from .directions import directions

        return directions(self._setting(), self.resamples)

    def holdout(
        self, above: float | None = None, *, fraction: float | None = None, **options: Any
    ) -> HoldOut:
        """Fit the small runs in the same way, and score what that says of the large ones.

        Parameters
        ----------
        above : float, optional
            Compute, in FLOP, above which runs are held out.
        fraction : float, optional
            Share of the runs to hold out instead, by default a tenth.
        **options
            Arguments of :func:`scalewidgets.fit` that are to differ.
        """
        from .holdout import blind, find_cut

        return blind(self, find_cut(self, above, fraction), **options)

    def influence(
        self, flops: float = 5.76e23, target: Mapping[str, float] | None = None, **options: Any
    ) -> Influence:
        """Leave each run out in turn and see what moves; see :func:`scalewidgets.influence`."""
        from .influence import influence

        return influence(self, flops=flops, target=target, **options)

    def against(self, other: Fit, **options: Any) -> FitComparison:
        """Compare with another fit at every compute; see :func:`scalewidgets.compare_fits`."""
        from .crossover import compare_fits

        return compare_fits(self, other, **options)

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
        given = {"params": params, "tokens": tokens, "flops": flops, **inputs}
        return predict(self, given, self.level if level is None else level)

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


def _compute(table: pd.DataFrame, used: NDArray[np.bool_], columns: Mapping[str, str]) -> Array | None:
    """Compute of each row that is used, where it can be told."""
    n, d, c = (
        table[columns[symbol]].to_numpy(dtype=float)[used] if columns.get(symbol) in table.columns else None
        for symbol in ("N", "D", "C")
    )
    if c is not None and not np.isnan(c).any():
        return np.asarray(c)
    if n is not None and d is not None and not np.isnan(n * d).any():
        return np.asarray(FLOPS_PER_PARAM_TOKEN * n * d)
    return None
