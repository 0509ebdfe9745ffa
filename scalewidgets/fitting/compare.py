"""``sw.compare``: several laws on the same runs, judged by what they say of runs they have not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FitError, either, quoted
from scalewidgets.laws import Law
from scalewidgets.laws import law as find_law
from scalewidgets.units import format_quantity

from .api import Runs
from .api import fit as fit_law
from .certificate import Status, plain
from .holdout import HoldOut, blind, find_cut, frame_html, frame_records
from .result import Fit
from .scores import DISTINGUISHABLE, LIKELIHOODS, akaike_weights, information, mape, scores
from .warm import refits, run_arrays

Array: TypeAlias = NDArray[np.float64]

SCHEMA = "scalewidgets.comparison/1"

LAWS = ("chinchilla", "chinchilla_tied", "coupled", "kaplan_ND")
"""Laws of N and D that are compared unless the caller names others."""
MOST_LEFT_OUT = 2000
"""Runs up to which each is left out in turn; folds say the same for larger tables."""
REFUTED = 1.5
"""Blind error over the smallest one, from which on the held-out runs speak against a law."""


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Several laws fitted to the same runs.

    Attributes
    ----------
    table : DataFrame
        One row a law, by name: ``title``, ``formula``, ``status``, ``reason``, ``objective``,
        ``coefficients`` (fitted ones), ``aicc``, ``aicc_difference`` (from the smallest), ``bic``,
        ``weight`` (Akaike), ``not_distinguishable`` (difference below 2: the runs do not tell it from
        the best), ``leave_one_out`` and ``k_fold`` (mean absolute relative error on runs left out),
        ``holdout`` (the same on the runs of largest compute, the blind error) and the scores on the
        runs themselves ``are``, ``r2``, ``nmse``, ``rmse_log``. Shares, not per cent.
    fits : dict of str to Fit
        Of all runs, by law; only those that could be made at all.
    holdouts : dict of str to HoldOut
    likelihood : str
        The likelihood behind AICc and BIC, in words.
    above : float
        Compute above which runs were held out; NaN without hold-out.
    notes : tuple of str
        What a reader should know besides.
    """

    table: pd.DataFrame
    fits: Mapping[str, Fit]
    holdouts: Mapping[str, HoldOut]
    likelihood: str
    above: float
    folds: int
    notes: tuple[str, ...] = field(default=())

    @property
    def best(self) -> str | None:
        """Law of the smallest AICc; ``None`` if no law could be fitted."""
        known = self.table["aicc"].dropna()
        return str(known.idxmin()) if len(known) else None

    @property
    def not_distinguishable(self) -> tuple[str, ...]:
        """Laws that the runs do not tell from the best, the best included."""
        return tuple(map(str, self.table.index[self.table["not_distinguishable"]]))

    @property
    def refuted(self) -> tuple[str, ...]:
        """Laws whose blind error is more than 1.5 times the smallest."""
        errors = self.table["holdout"]
        return tuple(map(str, self.table.index[errors > REFUTED * errors.min()]))

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        if self.best is None:
            return "None of the laws could be fitted."
        title = self.table["title"]
        others = [str(title[name]) for name in self.not_distinguishable if name != self.best]
        words = f"{title[self.best]} describes the runs best"
        words += f", not distinguishable from {either(others).replace(' or ', ' and ')}." if others else "."
        errors = self.table["holdout"].dropna()
        if len(errors):
            first = str(errors.idxmin())
            blind_runs = len(self.holdouts[first].table)
            words += (
                f" {title[first]} predicts best: {format_quantity(float(errors.min()), 'percent')} on the "
                f"{blind_runs} runs above {format_quantity(self.above, 'flops')}"
            )
            out = [
                f"{title[name]} {format_quantity(float(errors[name]), 'percent')}" for name in self.refuted
            ]
            words += f"; against {either(out).replace(' or ', ' and ')}." if out else "."
        return words

    def predict(
        self,
        params: ArrayLike | None = None,
        tokens: ArrayLike | None = None,
        flops: ArrayLike | None = None,
        **inputs: Any,
    ) -> pd.DataFrame:
        """Predict one run by every law: what the choice of law is worth.

        Parameters
        ----------
        params, tokens, flops, **inputs
            Of one run, as for :meth:`Fit.predict`.

        Returns
        -------
        DataFrame
            One row a law: ``loss``, ``low``, ``high`` (coefficients), ``run_low``, ``run_high``
            (a single run; NaN without resamples), ``holdout`` and ``refuted``.
        """
        rows = {}
        errors = dict(zip(self.table.index, self.table["holdout"].to_numpy(dtype=float), strict=True))
        for name, fit in self.fits.items():
            if fit.status is Status.REFUSED:
                continue
            seen = fit.predict(params=params, tokens=tokens, flops=flops, **inputs)
            if np.ndim(seen.value):
                raise FitError("Laws are compared on one run.", remedy="Give single numbers.")
            rows[name] = {
                "loss": seen.value, "low": seen.low, "high": seen.high, "run_low": seen.run_low,
                "run_high": seen.run_high, "holdout": float(errors[name]),
                "refuted": name in self.refuted,
            }  # fmt: skip
        frame: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index")
        frame.index.name = "law"
        return frame

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        frame: pd.DataFrame = self.table.copy()
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        return {
            "schema": SCHEMA,
            "likelihood": self.likelihood,
            "above": plain(self.above),
            "folds": self.folds,
            "best": self.best,
            "not_distinguishable": list(self.not_distinguishable),
            "refuted": list(self.refuted),
            "notes": list(self.notes),
            "laws": frame_records(self.table),
            "fits": {name: fit.to_dict() for name, fit in self.fits.items()},
        }

    def _shown(self) -> pd.DataFrame:
        shown: pd.DataFrame = self.table[
            ["formula", "status", "objective", "coefficients", "aicc_difference", "bic", "weight"]
        ].copy()
        shown["bic"] -= shown["bic"].min()
        shown["weight"] = [f"{value:.3f}" for value in shown["weight"]]
        for name in ("leave_one_out", "k_fold", "holdout"):
            shown[name] = [
                format_quantity(float(value), "percent") if np.isfinite(value) else ""
                for value in self.table[name]
            ]
        shown["verdict"] = [
            "not distinguishable from the best" if same and name != self.best else ""
            for name, same in zip(self.table.index, self.table["not_distinguishable"], strict=True)
        ]
        shown.columns = pd.Index(
            [
                {"aicc_difference": "AICc -", "bic": "BIC -", "holdout": "blind"}.get(c, c)
                for c in shown.columns
            ]
        )
        return shown

    def _words(self) -> list[str]:
        out = [
            f"AICc and BIC: {self.likelihood}; differences from the smallest. An error is the mean "
            f"absolute relative error: with each run left out in turn, in {self.folds} folds, and blind."
        ]
        doubtful = self.table[self.table["status"] != Status.CONVERGED.value]
        out += [f"{row['title']}: {row['status']}. {row['reason']}" for _, row in doubtful.iterrows()]
        return [*out, *self.notes]

    def report(self) -> str:
        """Return the verdict, the table and what stands behind it, as plain text."""
        table = self._shown().to_string(float_format="{:.5g}".format)
        return "\n".join([self.sentence, "", table, "", *self._words()]) + "\n"

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(map(str, self.table.index))}; best {self.best}>"

    def _repr_html_(self) -> str:
        words = "<br>".join(escape(line) for line in self._words())
        return f"<div><b>{escape(self.sentence)}</b></div>{frame_html(self._shown())}<div>{words}</div>"


def compare(
    runs: Runs,
    laws: Iterable[str | Law] | None = None,
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    *,
    holdout: Mapping[str, float] | float | None = None,
    folds: int = 10,
    likelihood: str | None = None,
    resamples: int = 0,
    starts: int = 0,
    seed: int = 0,
    **options: Any,
) -> Comparison:
    """Fit several laws to the same runs and judge them.

    Parameters
    ----------
    runs, objective, delta, resamples, starts, seed
        As in :func:`scalewidgets.fit`.
    laws : iterable of str or Law, optional
        By default four laws of parameters and tokens: :data:`LAWS`.
    holdout : mapping or float, optional
        ``{"flops_above": 1e21}``, or ``{"fraction": 0.1}`` (the default): the runs of largest compute are
        predicted by a fit that has not seen them. ``0`` for none.
    folds : int
        Of the k-fold score, drawn by ``seed``; 0 for none.
    likelihood : {"huber", "laplace", "gaussian"}, optional
        Behind AICc and BIC, always of the log residuals and with free scale. By default the one that
        the objective is the most likely answer of: Huber of the same delta for ``huber_log``, Gaussian
        for squares and ``gaussian_log``, Laplace for the rest.
    **options
        Further arguments of :func:`scalewidgets.fit`.

    Returns
    -------
    Comparison
        A law that cannot be fitted to the runs is a row that says why.

    Raises
    ------
    FitError
        If the arguments make no sense, or no law has its inputs in the table.

    Notes
    -----
    The hold-out is the test that matters for a forecast: information criteria ask which law describes the
    runs at hand. Runs are taken as independent.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> seen = sw.compare(sw.load("chinchilla"), ["chinchilla", "chinchilla_tied"],
    ...                   holdout={"flops_above": 1e21})
    >>> [f"{error:.2%}" for error in seen.table["holdout"]]
    ['1.05%', '0.84%']
    """
    chosen = _laws(laws)
    if not isinstance(folds, int) or folds < 0 or folds == 1:
        raise FitError(f"folds={quoted(folds)} is not a number of folds.", remedy="10 is usual; 0 for none.")
    words = likelihood or _likelihood(objective)
    if words not in LIKELIHOODS or (words == "huber" and objective != "huber_log"):
        raise FitError(f"likelihood={quoted(likelihood)} is not known here.", remedy="laplace or gaussian.")
    cut = _cut_options(holdout)
    fits: dict[str, Fit] = {}
    refusals: dict[str, FitError] = {}
    for law in chosen:
        try:
            fits[law.name] = fit_law(
                runs, law, objective, delta, resamples, starts=starts, seed=seed, **options
            )
        except FitError as error:
            refusals[law.name] = error
    if not fits:
        raise next(iter(refusals.values()))
    notes, blinds, above = [], {}, float("nan")
    sound = {name: fit for name, fit in fits.items() if fit.status is not Status.REFUSED}
    if cut is not None and sound:
        try:
            above = find_cut(next(iter(sound.values())), *cut)
        except FitError as error:
            notes.append(f"Nothing was held out. {error}")
        else:
            asked = {**options, "resamples": 0, "starts": 0}
            blinds = {name: blind(fit, above, **asked) for name, fit in sound.items()}
    many = [name for name, fit in sound.items() if fit.certificate.n_runs > MOST_LEFT_OUT]
    if many:
        notes.append(f"With more than {MOST_LEFT_OUT:,} runs, runs are left out in folds only.")
    rows = {
        law.name: _row(law, fits.get(law.name), refusals.get(law.name), words, delta, folds, seed, options)
        for law in chosen
    }
    table: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "law"
    difference = table["aicc"] - table["aicc"].min()
    table["aicc_difference"] = difference
    table["weight"] = akaike_weights(table["aicc"].to_numpy(dtype=float))
    table["not_distinguishable"] = difference < DISTINGUISHABLE
    table["holdout"] = [blinds[name].error if name in blinds else float("nan") for name in table.index]
    order = ["title", "formula", "status", "reason", "objective", "coefficients", "aicc", "aicc_difference",
             "bic", "weight", "not_distinguishable", "leave_one_out", "k_fold", "holdout", "are", "r2",
             "nmse", "rmse_log"]  # fmt: skip
    described = LIKELIHOODS[words] + (f", delta = {delta:g}" if words == "huber" else "")
    return Comparison(table[order], fits, blinds, described, above, folds, tuple(notes))


def _row(
    law: Law,
    fit: Fit | None,
    refusal: FitError | None,
    likelihood: str,
    delta: float | None,
    folds: int,
    seed: int,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    nothing = float("nan")
    row: dict[str, Any] = {
        "title": law.title, "formula": law.formula, "status": Status.REFUSED.value, "reason": str(refusal),
        "objective": nothing, "coefficients": len(law.coefficients), "aicc": nothing, "bic": nothing,
        "leave_one_out": nothing, "k_fold": nothing, "are": nothing, "r2": nothing, "nmse": nothing,
        "rmse_log": nothing,
    }  # fmt: skip
    if fit is None:
        return row
    row |= {"status": fit.status.value, "reason": fit.reason}
    if fit.status is Status.REFUSED:
        return row
    arrays = run_arrays(fit)
    loss = arrays["L"][fit.used]
    inputs = {name: arrays[name][fit.used] for name in law.input_names}
    made = scores(loss, law.value(inputs, fit.coefficients))
    count = len(law.coefficients) - len(fit.certificate.fixed) - len(fit.certificate.ties)
    weighed = information(fit.residuals.to_numpy(), count, likelihood, delta)
    n = len(loss)
    alone = ~np.eye(n, dtype=bool) if n <= MOST_LEFT_OUT else np.empty((0, n), dtype=bool)
    extra = {name: value for name, value in options.items() if name not in ("exclude", "columns", "fixed")}
    return row | {
        "objective": fit.objective, "coefficients": count, "aicc": weighed["aicc"], "bic": weighed["bic"],
        "leave_one_out": _left_out(fit, alone, inputs, loss, extra),
        "k_fold": _left_out(fit, _fold_sets(n, folds, seed), inputs, loss, extra),
        **{name: made[name] for name in ("are", "r2", "nmse", "rmse_log")},
    }  # fmt: skip


def _left_out(
    fit: Fit,
    kept: NDArray[np.bool_],
    inputs: Mapping[str, Array],
    loss: Array,
    options: Mapping[str, Any],
) -> float:
    """Mean absolute relative error on the runs that each set leaves out."""
    if not len(kept):
        return float("nan")
    said = np.full(len(loss), np.nan)
    for rows, coefficients in refits(fit, kept, **options):
        for gone, values in zip(~kept[rows], coefficients, strict=True):
            given = dict(zip(fit.law.coefficient_names, values, strict=True))
            said[gone] = fit.law.value({name: column[gone] for name, column in inputs.items()}, given)
    return mape(loss, said)


def _fold_sets(n: int, folds: int, seed: int) -> NDArray[np.bool_]:
    """Kept runs of each fold; folds of nearly equal size, drawn at random."""
    count = min(folds, n)
    if count < 2:
        return np.empty((0, n), dtype=bool)
    fold = np.random.default_rng([seed, 7]).permutation(n) % count
    return np.asarray(fold[None, :] != np.arange(count)[:, None])


def _laws(laws: Iterable[str | Law] | None) -> list[Law]:
    if isinstance(laws, str | Law):
        raise FitError("Laws are a list.", remedy='Write laws=["chinchilla", "kaplan_ND"].')
    chosen = [find_law(law) for law in (LAWS if laws is None else laws)]
    if not chosen:
        raise FitError("There is no law to compare.", remedy='Write laws=["chinchilla", "kaplan_ND"].')
    names = [law.name for law in chosen]
    for name in names:
        if names.count(name) > 1:
            raise FitError(f"The law {quoted(name)} is named twice.")
    return chosen


def _likelihood(objective: str) -> str:
    if objective == "huber_log":
        return "huber"
    return "gaussian" if objective.startswith(("squared", "gaussian")) else "laplace"


def _cut_options(holdout: Mapping[str, float] | float | None) -> tuple[float | None, float | None] | None:
    """Read ``holdout=`` as (above, fraction); ``None`` for no hold-out."""
    if holdout is None:
        return None, 0.1
    if isinstance(holdout, Mapping):
        if len(holdout) == 1 and set(holdout) <= {"flops_above", "fraction"}:
            return holdout.get("flops_above"), holdout.get("fraction")
    elif isinstance(holdout, int | float) and not isinstance(holdout, bool) and holdout >= 0:
        if holdout == 0:
            return None
        return (None, float(holdout)) if holdout < 1 else (float(holdout), None)
    raise FitError(
        f"holdout={quoted(holdout)} is not understood.",
        remedy='Write {"flops_above": 1e21} or {"fraction": 0.1}.',
    )
