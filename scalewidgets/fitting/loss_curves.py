"""Loss curves under learning-rate schedules, and what a law fitted to them gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FitError, quoted
from scalewidgets.laws.sequence import SequenceLaw
from scalewidgets.schedules import Schedule, parse

from .certificate import Status, plain
from .scores import r2

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """Losses along one run.

    Attributes
    ----------
    name : str
    schedule : Schedule
    steps : ndarray of int, shape (n,)
        Optimiser steps, warm-up included in the count.
    loss : ndarray, shape (n,)
        Nats per token.
    """

    name: str
    schedule: Schedule
    steps: NDArray[np.int64]
    loss: Array

    def __init__(self, name: str, schedule: Schedule, steps: ArrayLike, loss: ArrayLike) -> None:
        at = np.atleast_1d(schedule.steps(steps))
        values = np.atleast_1d(np.asarray(loss, dtype=np.float64))
        if at.shape != values.shape or at.ndim != 1:
            raise FitError(f"{quoted(name)} has {at.size:,} steps and {values.size:,} losses.")
        if not (np.isfinite(values) & (values > 0)).all():
            raise FitError(f"{quoted(name)} has a loss that is not a number above zero.")
        for key, value in {"name": name, "schedule": schedule, "steps": at, "loss": values}.items():
            object.__setattr__(self, key, value)


def curves_of(table: pd.DataFrame) -> dict[str, Curve]:
    """Curves of a table such as ``sw.load("multi_power_curves")``, by the name of the run.

    Parameters
    ----------
    table : DataFrame
        With ``run``, ``step``, ``loss`` and ``lr_schedule`` (a line of :attr:`Schedule.text`).

    Raises
    ------
    FitError
        If a column is missing.
    ScheduleError
        If a schedule cannot be read.
    """
    wanted = ("run", "step", "loss", "lr_schedule")
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise FitError(f"A table of curves has the columns {', '.join(wanted)}; {missing[0]} is missing.")
    return {
        str(run): Curve(str(run), parse(str(rows["lr_schedule"].iloc[0])), rows["step"], rows["loss"])
        for run, rows in table.groupby("run", sort=False)
    }


@dataclass(frozen=True, eq=False)
class ScheduleFit:
    """A law over schedules, fitted to curves.

    Attributes
    ----------
    law : SequenceLaw
    coefficients : dict of str to float
    objective : float
        Sum over points of Huber penalties of the log residuals, without the prior.
    status, reason
        What became of the fit, and a sentence.
    certificate : dict
        ``delta``, ``prior``, ``curves``, ``points``, ``data_hash``; ``starts`` refined and how many were
        ``agreeing`` on the optimum; ``gap``, the objective over the best that BFGS finds from there, minus
        one; ``shortened``, the largest change of a fitted loss when every drop is summed by itself; ``seed``.

    Notes
    -----
    There are no intervals: the points along a curve are not independent runs, and a handful of curves is too
    few to resample. Judge a fit by :meth:`scores` on curves that it has not seen.
    """

    law: SequenceLaw
    coefficients: dict[str, float]
    objective: float
    status: Status
    reason: str
    certificate: dict[str, Any]
    curves: tuple[Curve, ...]

    def predict(self, schedule: Schedule, steps: ArrayLike | None = None) -> Array:
        """Loss at steps of a schedule, by default at its last; sums drop by drop."""
        at = schedule.total if steps is None else steps
        return self.law.value(schedule, at, self.coefficients, exact=True)

    def scores(self, curves: Iterable[Curve] | Mapping[str, Curve] | None = None) -> pd.DataFrame:
        """How well curves are predicted, one row each; by default those of the fit.

        Returns
        -------
        DataFrame
            Indexed by curve: ``points``, ``r2``, ``mae`` and ``rmse`` in nats, ``are`` (mean absolute
            relative error) and ``worst`` of it.
        """
        found = self.curves if curves is None else listed(curves)
        rows = {}
        for curve in found:
            said = self.law.value(curve.schedule, curve.steps, self.coefficients)
            error = np.abs(said - curve.loss)
            rows[curve.name] = {
                "points": len(error),
                "r2": r2(curve.loss, said),
                "mae": float(error.mean()),
                "rmse": float(np.sqrt((error**2).mean())),
                "are": float((error / curve.loss).mean()),
                "worst": float((error / curve.loss).max()),
            }
        frame: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("curve")
        return frame

    def to_frame(self) -> pd.DataFrame:
        """Coefficients with their meaning, one row each."""
        rows = {
            symbol.name: {"value": self.coefficients[symbol.name], "meaning": symbol.meaning}
            for symbol in self.law.coefficients
        }
        frame: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("coefficient")
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts."""
        return {
            "law": self.law.name,
            "coefficients": {name: plain(value) for name, value in self.coefficients.items()},
            "objective": plain(self.objective),
            "status": str(self.status),
            "reason": self.reason,
            "certificate": plain(self.certificate),
        }

    def report(self) -> str:
        """A few lines for a person."""
        lines = [f"{self.law.law.title}: {self.status}. {self.reason}"]
        lines += [f"  {name:<8}{value:.6g}" for name, value in self.coefficients.items()]
        lines += [
            f"  R2 {row.r2:.4f}, mean relative error {100 * row.are:.2f} % on {curve} ({row.points:,} points)"
            for curve, row in self.scores().iterrows()
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value:.4g}" for name, value in self.coefficients.items())
        return f"<ScheduleFit {self.law.name}: {inside}; {self.status}>"


def listed(curves: Iterable[Curve] | Mapping[str, Curve]) -> tuple[Curve, ...]:
    """Curves as a tuple, whether they come with names or without."""
    return tuple(curves.values() if isinstance(curves, Mapping) else curves)
