"""Several laws fitted to the same runs, as a value: the table, the verdict, what they predict together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scalewidgets.errors import either
from scalewidgets.units import format_quantity

from .certificate import Status, plain
from .holdout import HoldOut, frame_html, frame_records
from .mixture import Mixture, mix
from .result import Fit

SCHEMA = "scalewidgets.comparison/1"

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
        """Law of the smallest AICc; ``None`` if no law has one: not fitted, or to too few runs."""
        known = self.table["aicc"]
        known = known[np.isfinite(known)]
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
        words = [self._described()]
        errors = self.table["holdout"].dropna()
        if len(errors):
            title, first = self.table["title"], str(errors.idxmin())
            blind_runs = len(self.holdouts[first].table)
            known = format_quantity(float(errors.min()), "percent")
            on = f"the {blind_runs} runs" if blind_runs > 1 else "the one run"
            said = (
                f"{title[first]} predicts best: {known}" if len(self.table) > 1 else f"It misses by {known}"
            )
            said += f" on {on} above {format_quantity(self.above, 'flops')}"
            out = [
                f"{title[name]} {format_quantity(float(errors[name]), 'percent')}" for name in self.refuted
            ]
            words.append(f"{said}; against {either(out).replace(' or ', ' and ')}." if out else f"{said}.")
        return " ".join(words)

    def _described(self) -> str:
        """Which law describes the runs at hand best."""
        title, best = self.table["title"], self.best
        if not any(fit.status is not Status.REFUSED for fit in self.fits.values()):
            return (
                "None of the laws could be fitted."
                if len(title) > 1
                else f"{title.iloc[0]} could not be fitted."
            )
        if len(title) == 1:
            return f"{title.iloc[0]} stands alone: there is no law beside it to compare it with."
        if best is None:
            return "There are too few runs to say which law describes them best."
        others = [str(title[name]) for name in self.not_distinguishable if name != best]
        words = f"{title[best]} describes the runs best"
        return words + (
            f", not distinguishable from {either(others).replace(' or ', ' and ')}." if others else "."
        )

    def predict(
        self,
        params: ArrayLike | None = None,
        tokens: ArrayLike | None = None,
        flops: ArrayLike | None = None,
        *,
        weights: str | Mapping[str, float] = "akaike",
        level: float = 0.95,
        **inputs: Any,
    ) -> Mixture:
        """Predict one run by all laws together: how sure, the choice of the law included.

        Parameters
        ----------
        params, tokens, flops, **inputs
            Of one run, as for :meth:`Fit.predict`.
        weights : {"akaike", "blind", "equal"} or mapping of str to float
            What each law counts for: Akaike weights of the AICc (which law describes the runs), the
            inverse square of the blind error (which law predicted runs it had not seen), the same for
            all, or weights of one's own by the names of the laws.
        level : float
            Share of the mixture inside the intervals.

        Returns
        -------
        Mixture
            One interval over laws and resamples, the share that each source has in its variance, and
            ``laws``: what each law says for itself.

        Raises
        ------
        FitError
            If no law could be fitted, the weights make no sense, or inputs are missing.
        """
        run = {"params": params, "tokens": tokens, "flops": flops, **inputs}
        return mix(
            self.fits,
            {name: self.table["weight"].get(name) for name in self.fits},
            {name: self.table["holdout"].get(name) for name in self.fits},
            self.refuted,
            run,
            weights,
            level,
        )

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
            [{"aicc_difference": "ΔAICc", "bic": "ΔBIC", "holdout": "blind"}.get(c, c) for c in shown.columns]
        )
        return shown

    def _words(self) -> list[str]:
        out = [
            f"ΔAICc and ΔBIC: differences from the smallest; {self.likelihood}. An error is the mean "
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
        laws = ", ".join(map(str, self.table.index))
        known = len(self.table) > 1 and self.best is not None
        return f"<Comparison of {laws}; best {self.best}>" if known else f"<Comparison of {laws}>"

    def _repr_html_(self) -> str:
        words = "<br>".join(escape(line) for line in self._words())
        return f"<div><b>{escape(self.sentence)}</b></div>{frame_html(self._shown())}<div>{words}</div>"
