"""What hangs on a single run: the fit without each of them, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError, quoted
from scalewidgets.units import format_quantity

from .certificate import Status, plain
from .columns import output_key
from .holdout import frame_html, frame_records
from .optimum import optimum
from .result import Fit
from .warm import refits, run_arrays

Array: TypeAlias = NDArray[np.float64]

SCHEMA = "scalewidgets.influence/1"

MOST_RUNS = 5000
"""Each run is left out in turn: the work grows as the square of their number."""


@dataclass(frozen=True, eq=False, repr=False)
class Influence:
    """How the answer moves when one run is left out.

    Attributes
    ----------
    fit : Fit
        Of all runs.
    flops : float
        Compute that ``ratio`` and ``exponent`` are for.
    target : dict of str to float or None
        Run whose predicted loss is followed, by the symbols of the law.
    ratio, exponent, prediction : float
        Best tokens per parameter, exponent a of N* ~ C^a, and predicted loss of the target, with all
        runs; NaN where they have no meaning.
    table : DataFrame
        One row for each row of ``fit.runs``, in its order and with its index: ``used``, ``loss``,
        ``residual`` (log), ``left_out_error`` (log loss minus the log prediction of a fit that has not
        seen the run), ``d_`` and the name of each coefficient, ``prediction``, ``d_prediction``,
        ``ratio``, ``d_ratio`` and ``d_exponent``: values without the run, and without minus with it.
        NaN for runs that the fit does not use.
    """

    fit: Fit
    flops: float
    target: Mapping[str, float] | None
    ratio: float
    exponent: float
    prediction: float
    table: pd.DataFrame

    def top(self, count: int = 10, by: str | None = None) -> pd.DataFrame:
        """Return the runs that move an answer most, largest change first.

        Parameters
        ----------
        count : int
        by : str, optional
            A column that starts with ``d_``; by default the best tokens per parameter, or the first
            coefficient for a law without a best size.
        """
        changes = [str(column) for column in self.table.columns if str(column).startswith("d_")]
        column = by or self._main
        if column not in changes:
            raise FitError(f"by={quoted(by)} is not a change.", remedy=f"Choose one of {', '.join(changes)}.")
        size = np.abs(self.table[column].to_numpy(dtype=float))
        order = np.argsort(-np.where(np.isnan(size), -1.0, size), kind="stable")
        kept = [i for i in order[:count] if np.isfinite(size[i])]
        frame: pd.DataFrame = self.table.iloc[kept].copy()
        return frame

    @property
    def _main(self) -> str:
        if np.isfinite(self.ratio):
            return "d_ratio"
        return f"d_{self.fit.law.coefficient_names[0]}"

    @property
    def sentence(self) -> str:
        """The run that matters most, in words."""
        most = self.top(1)
        if not len(most):
            return "No run could be left out."
        label = most.index[0]
        if not np.isfinite(self.ratio):
            change = float(most[self._main].iloc[0])
            return f"Run {label} moves {self._main[2:]} most: by {change:+.3g} when it is left out."
        before, after = (
            format_quantity(value, "ratio") for value in (self.ratio, float(most["ratio"].iloc[0]))
        )
        return (
            f"Run {label} matters most: without it the best model at {format_quantity(self.flops, 'flops')} "
            f"has {after} tokens per parameter instead of {before}."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        frame: pd.DataFrame = self.table.copy()
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        return {
            "schema": SCHEMA,
            "flops": plain(self.flops),
            "target": plain(dict(self.target)) if self.target else None,
            "ratio": plain(self.ratio),
            "exponent": plain(self.exponent),
            "prediction": plain(self.prediction),
            "data_hash": self.fit.certificate.data_hash,
            "runs": frame_records(self.table),
        }

    def report(self) -> str:
        """Return the sentence and the ten runs that matter most, as plain text."""
        shown = self._shown().to_string(float_format="{:.4g}".format)
        return f"{self.sentence}\n\n{shown}\n\n{self._words()}\n"

    def _shown(self) -> pd.DataFrame:
        frame: pd.DataFrame = self.top(10).drop(columns=["used"]).dropna(axis="columns", how="all")
        return frame

    def _words(self) -> str:
        return (
            "Each run is left out in turn and all are fitted anew. residual: natural log of loss over fit; "
            "left_out_error: the same by the fit that has not seen the run; ratio: tokens per parameter of "
            f"the best model at {format_quantity(self.flops, 'flops')}; d_: without the run, minus with it."
        )

    def __repr__(self) -> str:
        return f"<Influence of {int(self.fit.used.sum())} runs on {self.fit.law.name}>"

    def _repr_html_(self) -> str:
        return (
            f"<div>{escape(self.sentence)}</div>{frame_html(self._shown())}<div>{escape(self._words())}</div>"
        )


def influence(
    fit: Fit,
    *,
    flops: float = 5.76e23,
    target: Mapping[str, float] | None = None,
    **options: Any,
) -> Influence:
    """Leave each run out in turn and see what moves.

    Parameters
    ----------
    fit : Fit
    flops : float
        Compute at which the best tokens per parameter are followed, by C = 6ND.
    target : mapping of str to float, optional
        A run whose predicted loss is followed, as for :meth:`Fit.predict`:
        ``{"params": 7e9, "tokens": 1.4e12}``.
    **options
        Arguments of :func:`scalewidgets.fit` that the fit was made with and its certificate does not
        hold (weights, for one). With any, each fit is made in full instead of from the optimum of all.

    Returns
    -------
    Influence

    Raises
    ------
    FitError
        If there is no fit, or more than 5,000 runs, or arguments of the fit are missing.

    Notes
    -----
    Runs are refitted, not linearised: with a Huber threshold below the scatter the first-order influence of
    most runs says little.
    """
    if fit.status is Status.REFUSED:
        raise FitError(f"There is no fit to take runs from. {fit.reason}")
    if not (isinstance(flops, int | float) and 0 < flops < np.inf):
        raise FitError(f"flops={quoted(flops)} is not a positive number.")
    n = int(fit.used.sum())
    if n > MOST_RUNS:
        raise FitError(
            f"To leave out each of {n:,} runs would take too long.",
            remedy=f"Choose up to {MOST_RUNS:,} runs, or compare folds with sw.compare.",
        )
    law = fit.law
    names = law.coefficient_names
    arrays = run_arrays(fit)
    loss = arrays[output_key(fit.law)][fit.used]
    ends = np.empty((n, len(names)))
    for rows, found in refits(fit, ~np.eye(n, dtype=bool), **options):
        ends[rows] = found
    without = dict(zip(names, ends.T, strict=True))
    own = {name: arrays[name][fit.used] for name in law.input_names}
    best, left = optimum(law, fit.coefficients, flops), optimum(law, without, np.full(n, flops))
    at = _target(fit, target)
    before, after = float("nan"), np.full(n, np.nan)
    if at is not None:
        before, after = float(law.value(at, fit.coefficients)), law.value(at, without)
    columns: dict[str, Array] = {
        "loss": loss,
        "residual": fit.residuals.to_numpy(dtype=float),
        "left_out_error": np.log(loss) - np.log(law.value(own, without)),
        **{f"d_{name}": values - fit.coefficients[name] for name, values in without.items()},
        "prediction": after,
        "d_prediction": after - before,
        "ratio": left.ratio,
        "d_ratio": left.ratio - best.ratio,
        "d_exponent": left.exponent - best.exponent,
    }
    full = {"used": fit.used.copy(), **{name: _spread(fit, values) for name, values in columns.items()}}
    table: pd.DataFrame = pd.DataFrame(full, index=fit.runs.index)
    return Influence(fit, float(flops), at, float(best.ratio), float(best.exponent), before, table)


def _spread(fit: Fit, values: Array) -> Array:
    """Values of the used runs, at their rows of the whole table."""
    out = np.full(len(fit.runs), np.nan)
    out[fit.used] = values
    return out


def _target(fit: Fit, target: Mapping[str, float] | None) -> dict[str, float] | None:
    if target is None:
        return None
    given: dict[str, Any] = dict(target)
    # The fit knows how to complete N, D and C, and what to say when it cannot.
    if np.ndim(fit.predict(**given).value):
        raise FitError("The target is one run.", remedy="Give single numbers.")
    symbols = {"params": "N", "tokens": "D", "flops": "C", "unique_tokens": "U", "step": "S"}
    known = {
        name if name in fit.law.input_names else symbols.get(name, name): float(value)
        for name, value in given.items()
    }
    if "N" in known and "D" in known:
        known.setdefault("C", 6 * known["N"] * known["D"])
    elif "C" in known and "N" in known:
        known["D"] = known["C"] / (6 * known["N"])
    elif "C" in known and "D" in known:
        known["N"] = known["C"] / (6 * known["D"])
    return {name: known[name] for name in fit.law.input_names}
