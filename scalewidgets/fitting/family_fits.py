"""The result of a fit of several families, as a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scalewidgets.errors import FitError, close_matches, either, quoted
from scalewidgets.laws import Law
from scalewidgets.units import format_quantity

from .certificate import Certificate, Status, plain
from .holdout import frame_html, frame_records
from .joint_setting import JointSetting
from .prediction import Prediction
from .report import few
from .restriction import Restriction
from .result import Fit

SCHEMA = "scalewidgets.families/1"


@dataclass(frozen=True, eq=False, repr=False)
class FamilyFits(Mapping[str, Fit]):
    """One law fitted to several families, some coefficients the same in all: family -> :class:`Fit`.

    Attributes
    ----------
    law : Law
    by : str
        Column that names the families.
    shared : tuple of str
        Coefficients that are the same in all families.
    coefficients : dict of str to float
        Of the shared ones, natural scale.
    fits : dict of str to Fit
        Each family: its coefficients (shared and own), intervals, residuals, predictions. Resample k of one
        family belongs with resample k of every other.
    objective : float
        Summed over all runs of all families; for a likelihood the negative logarithm of that of all runs, of
        which the ``objective`` of each fit is its family's share.
    status : Status
    reason : str
        The worst that is to be said of any family.
    certificate : Certificate
        Of the joint fit.
    restriction : Restriction or None
        Test against separate fits; ``None`` where nothing is shared or a family cannot be fitted alone.
    separate : dict of str to dict
        Coefficients of each family fitted for itself, where it can be.
    level : float
        Default level of intervals.
    """

    law: Law
    by: str
    shared: tuple[str, ...]
    coefficients: Mapping[str, float]
    fits: Mapping[str, Fit]
    objective: float
    status: Status
    reason: str
    certificate: Certificate
    restriction: Restriction | None
    separate: Mapping[str, Mapping[str, float]]
    level: float
    setting: JointSetting

    def __getitem__(self, family: str) -> Fit:
        if family in self.fits:
            return self.fits[family]
        matches = close_matches(str(family), list(self.fits))
        raise FitError(
            f"{quoted(family)} is not one of the families.",
            remedy=f"Did you mean {either(matches)}?"
            if matches
            else f"There are {either(list(self.fits)[:8])}.",
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.fits)

    def __len__(self) -> int:
        return len(self.fits)

    def __contains__(self, family: object) -> bool:
        return family in self.fits

    @property
    def ok(self) -> bool:
        """Whether every coefficient of every family is determined and off its bounds."""
        return self.status is Status.CONVERGED

    def interval(
        self, name: str, family: str | None = None, level: float | None = None
    ) -> tuple[float, float]:
        """Interval of a coefficient over the resamples; NaN without them.

        Parameters
        ----------
        name : str
        family : str, optional
            Not needed for a shared coefficient.
        level : float, optional
            By default that of the fit.

        Raises
        ------
        FitError
            If the law has no such coefficient, or it is not shared and no family is named.
        """
        if family is None:
            first = next(iter(self.fits.values()))
            if name in self.law.coefficient_names and name not in self.shared:
                raise FitError(
                    f"Every family has {name} of its own.",
                    remedy=f'Name one: interval({name!r}, family="{next(iter(self.fits))}").',
                )
            return first.interval(name, level)
        return self[family].interval(name, level)

    def predict(
        self,
        params: ArrayLike | None = None,
        tokens: ArrayLike | None = None,
        flops: ArrayLike | None = None,
        *,
        level: float | None = None,
        **inputs: ArrayLike,
    ) -> dict[str, Prediction]:
        """Predict the loss of the same runs in every family; arguments as of :meth:`Fit.predict`."""
        return {
            name: fit.predict(params, tokens, flops, level=level, **inputs) for name, fit in self.fits.items()
        }

    def covariance(self) -> pd.DataFrame:
        """Sandwich covariance of all coefficients, scores summed within clusters: approximate.

        Returns
        -------
        DataFrame
            Rows and columns by coefficient and family, the family of a shared one being ``"all"``; fixed ones
            are left out. ``attrs["label"]`` says how far to trust it.

        Raises
        ------
        FitError
            For an objective with a kink.
        """
        return self.setting.covariance()

    # -- forms ---------------------------------------------------------------------------------

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """One row a coefficient and family (``"all"`` for a shared one): value, error, interval, alone."""
        rows = []
        for name in self.law.coefficient_names:
            everywhere = name in self.shared
            for family, fit in self.fits.items():
                low, high = fit.interval(name, level)
                alone = self.separate.get(family, {}).get(name, float("nan"))
                rows.append(
                    {
                        "coefficient": name,
                        "family": "all" if everywhere else family,
                        "value": fit.coefficients[name],
                        "standard_error": fit.standard_errors()[name],
                        "low": low,
                        "high": high,
                        "shared": everywhere,
                        "fixed": name in fit.certificate.fixed,
                        "alone": float("nan") if everywhere else alone,
                    }
                )
                if everywhere:
                    break
        frame: pd.DataFrame = pd.DataFrame(rows).set_index(["coefficient", "family"])
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        return {
            "schema": SCHEMA,
            "law": self.law.to_dict(),
            "by": self.by,
            "shared": {
                name: {"value": plain(value), "interval": plain(list(self.interval(name)))}
                for name, value in self.coefficients.items()
            },
            "objective": plain(self.objective),
            "status": self.status.value,
            "reason": self.reason,
            "level": self.level,
            "restriction": None if self.restriction is None else self.restriction.to_dict(),
            "coefficients": frame_records(self.to_frame().reset_index().set_index("coefficient")),
            "certificate": self.certificate.to_dict(),
            "families": {name: fit.to_dict() for name, fit in self.fits.items()},
        }

    def _table(self) -> pd.DataFrame:
        """One row a family: its runs, own coefficients and miss."""
        own = [name for name in self.law.coefficient_names if name not in self.shared]
        rows = {
            family: {
                "runs": fit.certificate.n_runs,
                **{name: _shown(fit.coefficients[name], *fit.interval(name)) for name in own},
                "median miss": format_quantity(fit.median_miss, "percent"),
                "status": fit.status.value,
            }
            for family, fit in self.fits.items()
        }
        frame: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index")
        return frame

    def _words(self) -> list[str]:
        seen = self.certificate
        out = [
            f"{name} = {_shown(value, *self.interval(name))} in all {len(self)} families."
            for name, value in self.coefficients.items()
        ]
        if self.restriction is not None:
            out.append(self.restriction.sentence)
        elif self.shared:
            out.append("Some families have too few runs to be fitted alone: sharing cannot be tested.")
        out.append(f"Objective {self.objective:.13g}: {seen.description}, {seen.n_runs:,} runs.")
        if seen.gap is not None:
            words = "no better one" if seen.gap <= 1e-10 else f"a gap of {abs(seen.gap):.1e} to another"
            out.append(
                f"An independent solver found {words} from {seen.starts} starts; "
                f"{seen.agreeing} end at the best."
            )
        if seen.resamples:
            out.append(
                f"Intervals: {100 * self.level:g} %, percentiles over {seen.resamples:,} resamples of each "
                f"{self.by}, as large as it is, seed {seen.seed}; "
                f"{seen.resamples - seen.resamples_converged} without convergence."
                + few(seen.resamples, self.level)
            )
        return [*out, *seen.notes]

    def report(self) -> str:
        """Return everything a reader should know, as plain text."""
        head = f"{self.law.title}: {self.law.output_label} = {self.law.formula}, {len(self)} families"
        lines = [head, f"Status: {self.status}. {self.reason}", "", self._table().to_string(), ""]
        return "\n".join([*lines, *self._words()]) + "\n"

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value:.4g}" for name, value in self.coefficients.items())
        what = f"{self.law.name}, {len(self)} families"
        return f"<FamilyFits {what}: {self.status.value}; {shown or 'none shared'}>"

    def _repr_html_(self) -> str:
        words = "<br>".join(escape(line) for line in self._words())
        return (
            f"<div><b>{escape(self.law.title)}</b>: {self.law.html}</div>"
            f"<div><b>{escape(self.status.value)}</b>. {escape(self.reason)}</div>"
            f"{frame_html(self._table())}<div>{words}</div>"
        )


def _shown(value: float, low: float, high: float) -> str:
    if not np.isfinite(low):
        return f"{value:.4g}"
    return f"{value:.4g} [{low:.4g}, {high:.4g}]"
