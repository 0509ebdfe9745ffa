"""What stands beside the fit of a law fitter: the map of its exponents, and what other laws say.

The map is made with the fit, unless the table is a large one. Other laws take seconds, so the fit is shown
first: the browser then asks for what is left, one thing at a time, and the figures fill in row by row.
"""

from __future__ import annotations

from collections.abc import Generator

from ..errors import FitError
from ..figures.lawfitter import Extras, OtherLaw, OtherLaws
from ..fitting import LAWS, Comparison, ExponentMap, Fit, HoldOut, Status, compare_steps, exponents_of
from ..fitting.exponents import exponent_map_steps
from ..laws import law as find_law
from .settings import Settings

RESAMPLES = 200
"""Behind the interval of another law: its end moves by a tenth of its width with the seed."""

AT_ONCE = 5_000
"""Runs up to which the map is made with the fit."""


class Beside:
    """Results beside the fit, kept until the fit or the hold-out is another one."""

    def __init__(self) -> None:
        self._fit: Fit | None = None
        self._blind: HoldOut | None = None
        self._map: ExponentMap | None = None
        self.mapping = False
        """Whether the map of the exponents is still to be made."""
        self._rows: dict[str, OtherLaw] = {}

    def of(self, fitted: Fit, blind: HoldOut | None) -> Extras:
        """What is known beside this fit."""
        if fitted is not self._fit:
            self._fit, self.mapping = fitted, _has_map(fitted) and len(fitted.runs) > AT_ONCE
            self._map = fitted.exponent_map() if _has_map(fitted) and not self.mapping else None
            self._rows = {}
        if blind is not self._blind:
            self._blind, self._rows = blind, {}
        return Extras(exponents=self._map, laws=self._laws(), mapping=self.mapping)

    @property
    def pending(self) -> bool:
        """Whether something is still to be done."""
        return self.mapping or bool(self._waiting)

    @property
    def _waiting(self) -> list[str]:
        """Laws that are still to be fitted."""
        return [] if self._fit is None else [name for name in self._names() if name not in self._rows]

    def steps(self, settings: Settings) -> Generator[tuple[float, float, str], None, bool]:
        """Do one thing that is left, yielding (done, total, label); True if there is something new to show.

        The map of the exponents comes first, then the other laws, one after the other.
        """
        fitted = self._fit
        if fitted is None or not self.pending:
            return False
        if self.mapping:
            return (yield from self._map_steps(fitted))
        return (yield from self._law_steps(fitted, self._waiting[0], settings))

    def _law_steps(
        self, fitted: Fit, name: str, settings: Settings
    ) -> Generator[tuple[float, float, str], None, bool]:
        blind, rows = self._blind, self._rows
        work = compare_steps(
            fitted.runs,
            [name],
            settings.objective,
            settings.delta,
            holdout=0 if blind is None else {"flops_above": blind.above},
            folds=0,
            leave_one_out=False,
            resamples=RESAMPLES,
            seed=settings.seed,
            exclude=list(fitted.runs.index[~fitted.used]) if fitted.runs.index.is_unique else "default",
        )
        row = OtherLaw(name, find_law(name).title)
        while True:
            try:
                state = next(work)
            except StopIteration as stop:
                row = _row(stop.value, name)
                break
            except FitError:
                break
            yield len(rows) + state.done, len(self._names()), state.label
            if fitted is not self._fit or blind is not self._blind:
                # The picture has gone on to another fit, which asks for itself.
                work.close()
                return False
        rows[name] = row
        return True

    def _map_steps(self, fitted: Fit) -> Generator[tuple[float, float, str], None, bool]:
        assert fitted.setting is not None
        work = exponent_map_steps(fitted.setting, fitted.resamples)
        while True:
            try:
                done, total = next(work)
            except StopIteration as stop:
                self._map, self.mapping = stop.value, False
                return True
            yield done, total, f"first the map, {done:,} of {total:,} cells"
            if fitted is not self._fit:
                work.close()
                return False

    def _names(self) -> list[str]:
        present = "" if self._fit is None else self._fit.law.name
        return [name for name in LAWS if name != present]

    def _laws(self) -> OtherLaws | None:
        fitted, blind = self._fit, self._blind
        if fitted is None:
            return None
        rows = [self._rows.get(name, OtherLaw(name, find_law(name).title)) for name in self._names()]
        waiting = len(self._waiting)
        if not waiting and all(row.fit is None for row in rows):
            return None  # there are none to compare with
        current = OtherLaw(fitted.law.name, fitted.law.title, fitted, None if blind is None else blind.error)
        return OtherLaws(current, tuple(rows), waiting)


def _row(compared: Comparison, name: str) -> OtherLaw:
    row = compared.table.loc[name]
    fit = compared.fits.get(name)
    if fit is None or fit.status in (Status.REFUSED, Status.NOT_IDENTIFIED):
        return OtherLaw(name, str(row["title"]))
    held = compared.holdouts.get(name)
    return OtherLaw(name, str(row["title"]), fit, None if held is None else held.error, float(row["aicc"]))


def _has_map(fitted: Fit) -> bool:
    """Whether the law has a free exponent, and the fit an optimum to look around at."""
    if fitted.setting is None or fitted.status in (Status.REFUSED, Status.NOT_IDENTIFIED):
        return False
    return bool(exponents_of(fitted.setting.problem.law, fitted.certificate.fixed))
