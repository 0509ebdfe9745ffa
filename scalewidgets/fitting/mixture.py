"""One prediction by several laws: what the choice of the law adds to its uncertainty.

Each law is a component of a mixture, its resamples the component's draws. The variance of a single run then
falls into three parts: coefficients (within the laws), residual (the scatter of runs about a law) and law
(between the laws). Which weights the laws have is a convention, and is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted
from scalewidgets.units import format_interval, format_quantity

from .certificate import Status, plain
from .holdout import frame_records
from .prediction import level_edges, run_inputs
from .result import Fit

Array: TypeAlias = NDArray[np.float64]

CONVENTIONS = {
    "akaike": "Akaike weights of the laws (AICc on the runs)",
    "blind": "weights by the inverse square of the blind error",
    "equal": "all laws weighing the same",
}
TELLING = 0.01
"""Weight from which on a law is named in words."""
PARTS = {
    "coefficients": "the coefficients",
    "residual": "the scatter of single runs",
    "law": "the choice of the law",
}


@dataclass(frozen=True, eq=False, repr=False)
class Mixture:
    """What several laws say together of one run that was not made.

    Attributes
    ----------
    value : float
        Weighted mean of the fitted losses.
    low, high : float
        Interval over laws and coefficients. NaN without resamples.
    run_low, run_high : float
        Interval of a single run: laws, coefficients and residual.
    level : float
        Share of the mixture inside the intervals.
    parts : dict of str to float
        Shares of ``coefficients``, ``residual`` and ``law`` in the variance of a single run; they sum to 1.
        NaN without resamples, of which only ``deviations["law"]`` is known.
    deviations : dict of str to float
        Standard deviations of the same, in nats.
    weights : dict of str to float
        Of the laws; they sum to 1.
    convention : str
        What the weights are, in words.
    laws : DataFrame
        One row a law, also those without weight: ``loss``, ``low``, ``high``, ``run_low``, ``run_high``,
        ``weight``, ``holdout`` (blind error) and ``refuted``.
    left_out : tuple of str
        Titles of laws that have no fit to predict from.
    """

    value: float
    low: float
    high: float
    run_low: float
    run_high: float
    level: float
    parts: Mapping[str, float]
    deviations: Mapping[str, float]
    weights: Mapping[str, float]
    convention: str
    laws: pd.DataFrame
    left_out: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The prediction in words: interval, what it is made of, and what the laws weigh."""
        counted = [name for name, weight in self.weights.items() if weight >= TELLING]
        count = len(counted)
        text = format_quantity(self.value, "loss")
        over = f"over {count} laws" if count > 1 else "by one law"
        if np.isfinite(self.low):
            share = f"{100 * self.level:g} %"
            text += f" {format_interval(self.low, self.high, 'loss')} {over}, a single run "
            text += f"{format_interval(self.run_low, self.run_high, 'loss')} ({share})."
            shares = [f"{self.parts[name]:.0%} {words}".replace("%", " %") for name, words in PARTS.items()]
            text += f" Of the variance of a single run {', '.join(shares[:-1])} and {shares[-1]}."
        else:
            text += f" {over}. Without resamples only the spread between the laws is known:"
            text += f" a standard deviation of {self.deviations['law']:.2g}."
        named = [f"{name} {self.weights[name]:.0%}".replace("%", " %") for name in counted]
        if count < len(self.laws):
            named.append(f"the rest below {TELLING:.0%}".replace("%", " %"))
        text += f" Convention: {self.convention} ({', '.join(named)})."
        if self.left_out:
            text += f" Left out, as there is no fit: {', '.join(self.left_out)}."
        return text

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        numbers = {
            n: plain(getattr(self, n)) for n in ("value", "low", "high", "run_low", "run_high", "level")
        }
        return {
            **numbers,
            "parts": plain(dict(self.parts)),
            "deviations": plain(dict(self.deviations)),
            "weights": plain(dict(self.weights)),
            "convention": self.convention,
            "left_out": list(self.left_out),
            "laws": frame_records(self.laws),
        }

    def report(self) -> str:
        """Return the sentence, and a row for each law, as plain text."""
        table = self.laws.to_string(float_format="{:.4g}".format)
        return f"{self.sentence}\n\n{table}\n"

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        return f"<Mixture: {self.sentence}>"

    def _repr_html_(self) -> str:
        return f"<span>{escape(self.sentence)}</span>"


def mix(
    fits: Mapping[str, Fit],
    akaike: Mapping[str, Any],
    blind: Mapping[str, Any],
    refuted: tuple[str, ...],
    run: Mapping[str, Any],
    weights: str | Mapping[str, float],
    level: float,
) -> Mixture:
    """Predict one run by the mixture of some fits; see :meth:`Comparison.predict`."""
    edges = level_edges(level)
    sound = {name: fit for name, fit in fits.items() if fit.status is not Status.REFUSED}
    if not sound:
        raise FitError("None of the laws could be fitted, so there is nothing to predict from.")
    shares, convention = _weights(tuple(sound), akaike, blind, weights)
    rows: dict[str, dict[str, Any]] = {}
    for name, fit in sound.items():
        said = fit.predict(level=level, **run)
        if np.ndim(said.value):
            raise FitError("Laws are compared on one run.", remedy="Give single numbers.")
        rows[name] = {
            "loss": said.value, "low": said.low, "high": said.high, "run_low": said.run_low,
            "run_high": said.run_high, "weight": shares.get(name, 0.0), "holdout": _number(blind.get(name)),
            "refuted": name in refuted,
        }  # fmt: skip
    laws: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index")
    laws.index.name = "law"
    counted = {name: shares[name] for name in sound if shares.get(name, 0.0) > 0}
    each = {name: (rows[name]["loss"], *_draws(sound[name], run)) for name in counted}
    value = sum(counted[name] * loss for name, (loss, _, _) in each.items())
    between = sum(counted[name] * (loss - value) ** 2 for name, (loss, _, _) in each.items())
    drawn = all(len(draws) for _, draws, _ in each.values())
    ends = [float("nan")] * 4
    within = scatter = float("nan")
    if drawn:
        within = sum(counted[n] * float(np.var(d)) for n, (_, d, _) in each.items())
        single = sum(counted[n] * float(np.var(s)) for n, (_, _, s) in each.items())
        scatter = max(single - within, 0.0)
        mass = np.concatenate([np.full(len(d), counted[n] / len(d)) for n, (_, d, _) in each.items()])
        for k, place in ((1, slice(0, 2)), (2, slice(2, 4))):
            ends[place] = _quantiles(np.concatenate([columns[k] for columns in each.values()]), mass, edges)
    variances = {"coefficients": within, "residual": scatter, "law": float(between)}
    total = sum(variances.values())
    parts = {
        name: (v / total if total > 0 else 0.0 if total == 0 else float("nan"))
        for name, v in variances.items()
    }
    return Mixture(
        value=float(value),
        low=ends[0],
        high=ends[1],
        run_low=ends[2],
        run_high=ends[3],
        level=float(level),
        parts=parts,
        deviations={name: float(np.sqrt(v)) for name, v in variances.items()},
        weights=counted,
        convention=convention,
        laws=laws,
        left_out=tuple(fit.law.title for name, fit in fits.items() if name not in sound),
    )


def _draws(fit: Fit, run: Mapping[str, Any]) -> tuple[Array, Array]:
    """Losses of the resamples, without and with a residual on top."""
    if not len(fit.resamples):
        return np.empty(0), np.empty(0)
    known = run_inputs(fit, run)
    draws = dict(zip(fit.law.coefficient_names, fit.resamples.T, strict=True))
    values = np.asarray(
        fit.law.value({name: known[name] for name in fit.law.input_names}, draws), dtype=float
    )
    values = values * np.ones(len(fit.resamples))
    return values, values * np.exp(fit.noise)


def _quantiles(values: Array, mass: Array, levels: tuple[float, ...]) -> list[float]:
    """Weighted quantiles with linear interpolation; for equal weights those of NumPy."""
    order = np.argsort(values, kind="stable")
    values, mass = values[order], mass[order]
    if len(values) == 1:
        return [float(values[0])] * len(levels)
    middle = np.cumsum(mass) - mass / 2
    place = (middle - middle[0]) / (middle[-1] - middle[0])
    return [float(v) for v in np.interp(levels, place, values)]


def _weights(
    names: tuple[str, ...],
    akaike: Mapping[str, Any],
    blind: Mapping[str, Any],
    asked: str | Mapping[str, float],
) -> tuple[dict[str, float], str]:
    """Weights of the laws, summing to 1, and what they are in words."""
    if isinstance(asked, Mapping):
        for name in asked:
            if name not in names:
                matches = close_matches(str(name), names)
                raise FitError(
                    f"weights= names {quoted(name)}, which has no fit here.",
                    remedy=f"Did you mean {either(matches)}?" if matches else f"There are {either(names)}.",
                )
        raw = {name: _number(asked.get(name, 0.0)) for name in names}
        convention = "weights as given"
    elif asked == "akaike":
        known = {name: _number(akaike.get(name)) for name in names}
        if not np.isfinite(list(known.values())).any():
            raise FitError(
                "There are too few runs for the AICc of these laws, so it cannot weigh them.",
                remedy='Write weights="equal" or "blind".',
            )
        # An AICc that is infinite has no weight beside one that is not.
        raw = {name: weight if np.isfinite(weight) else 0.0 for name, weight in known.items()}
        convention = CONVENTIONS[asked]
    elif asked == "blind":
        errors = {name: _number(blind.get(name)) for name in names}
        if not all(np.isfinite(list(errors.values()))):
            raise FitError(
                "There is no blind error for every law, so it cannot weigh them.",
                remedy='Hold runs out: compare(..., holdout={"fraction": 0.1}).',
            )
        least = max(min(errors.values()), 1e-12)
        raw = {name: (least / max(error, 1e-12)) ** 2 for name, error in errors.items()}
        convention = CONVENTIONS[asked]
    elif asked == "equal":
        raw, convention = dict.fromkeys(names, 1.0), CONVENTIONS[asked]
    else:
        raise FitError(
            f"weights={quoted(asked)} is not understood.", remedy=f"Write {either(tuple(CONVENTIONS))}."
        )
    if not all(np.isfinite(w) and w >= 0 for w in raw.values()) or not sum(raw.values()) > 0:
        raise FitError("The weights of the laws are not numbers of at least 0 with a sum above 0.")
    total = sum(raw.values())
    return {name: weight / total for name, weight in raw.items()}, convention


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
