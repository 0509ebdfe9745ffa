"""The screen of one fit: what is on it, how it is fitted anew, and its traits."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from traitlets import Any as AnyTrait
from traitlets import Float, Unicode

from ..errors import ScaleWidgetsError, TableError
from ..figures.curves import Cloud
from ..figures.lawfitter import (
    Controls,
    Target,
    empty_scene,
    law_fitter_scene_steps,
    law_fitter_sketch,
    refused_scene,
)
from ..figures.scene import Scene
from ..fitting import Fit, HoldOut, Status
from ..fitting.steps import drained
from ..pane.asks import Rest
from .beside import Beside
from .screen import TableScreen
from .settings import QUICK_RUNS, Settings, default_target
from .tables import Steps, named_table, tables_of_runs

DRAWING = 0.2
"""Seconds left to the browser between a picture and the check of it: both may have to share two cores."""


class FitScreen(TableScreen):
    """A fit on screen, and what changes it; what a person may ask for is added by a subclass.

    Parameters
    ----------
    settings : Settings
        Of the first fit, without its table.
    runs : DataFrame, str, Path or None
        The table; without one the screen is empty.
    target : (float or None, float or None)
        Parameters and tokens that were asked for.
    """

    fit = AnyTrait(None, allow_none=True, help="The current fit, or None.")
    params = Float(7e9, help="Parameters of the target.")
    tokens = Float(1.4e12, help="Tokens of the target.")
    law = Unicode("chinchilla", help="Name of the law.")
    objective = Unicode("huber_log", help="Name of the objective.")
    delta = Float(1e-3, help="Huber delta, in log loss.")

    def __init__(
        self,
        settings: Settings,
        runs: pd.DataFrame | str | Path | None,
        target: tuple[float | None, float | None],
        **traits: Any,
    ) -> None:
        self._settings, self._asked_target = settings, target
        self._beside = Beside()
        self._stopped = False
        self._blind: HoldOut | None = None
        self._drawn: Fit | None = None
        self._rest: Steps | None = None
        fitted: Fit | None = None
        if runs is None:
            scene = empty_scene(self._controls(None))
        else:
            self._settings = settings.with_table(*named_table(runs))
            if self._settings.large:
                fitted = drained(self._settings.first_steps())
                self._rest = self._finished(self._settings)
            else:
                fitted = drained(self._settings.steps())
                self._blind = self._settings.held_out()
            self._target = self._first_target(fitted)
            scene = self._screen(fitted)
        super().__init__(scene, **traits)
        self._adopt(fitted)
        self._listen({}, ["law", "objective", "delta", "params", "tokens"])

    def _changed(self, values: Mapping[str, Any]) -> Steps:
        """Fit with other settings, by their names."""
        raise NotImplementedError

    def _refit(self, settings: Settings) -> Steps:
        self._stopped = False
        try:
            # Between this request and its fit others may come in: the newest wins.
            yield Rest(DRAWING if self._show_quick(settings) else 0.0)
            if settings.large and self._views:
                first = yield from settings.first_steps()
                self._rest = None
                self._take(settings, first, None, checking=True)
            fitted = yield from settings.steps()
        except (ScaleWidgetsError, GeneratorExit):
            # Refused or cancelled: controls and traits go back to what is still on screen.
            self.set_values(self._settings.chosen)
            if self._drawn is not None and self._drawn is not self.fit:
                if self._stopped:
                    self.show(self._screen(self._drawn))
                self._adopt(self._drawn)
            raise
        self._rest = None
        self._take(settings, fitted, settings.held_out())
        self._adopt(fitted)
        return None

    def _cancelled(self, view: str, message: dict[str, Any], buffers: list[memoryview]) -> None:
        """A person cancels, so what was drawn before its check stays; a newer request draws its own."""
        self._stopped = True
        super()._cancelled(view, message, buffers)

    def _take(
        self, settings: Settings, fitted: Fit, blind: HoldOut | None, *, checking: bool = False
    ) -> None:
        """Put a fit on screen."""
        if settings.table is not self._settings.table or settings.family != self._settings.family:
            self._target = default_target(settings.runs, *self._asked_target)
        self._settings, self._blind, self._drawn = settings, blind, fitted
        self.show(self._screen(fitted, checking=checking))

    def _finished(self, settings: Settings) -> Steps:
        """What is left of a fit that was drawn before it was done."""
        fitted = yield from settings.steps()
        self._rest = None
        self._take(settings, fitted, settings.held_out())
        self._adopt(fitted)

    def _ask_finish(self, args: Mapping[str, Any]) -> Steps:
        """Go on with the fit of a large table; a second view, or a second try, goes on where it stands."""
        work = self._rest
        while work is not None and work is self._rest:
            try:
                yield next(work)
            except StopIteration:
                break
            except ScaleWidgetsError:
                self._rest = None
                raise

    def finish(self) -> None:
        """Do now what is left of the fit of a large table; on screen that happens by itself."""
        drained(self._ask_finish({}))

    def _show_quick(self, settings: Settings) -> bool:
        """Draw a fit with few resamples at once, where the screen stays the same screen; the rest follows."""
        last, fit = self._settings, self._drawn
        same = settings.table is last.table and settings.family == last.family and settings.law == last.law
        same = same and settings.fixed == last.fixed
        if fit is None or not self._views or not same:
            return False
        if len(fit.runs) > QUICK_RUNS or not _drawable(fit):
            return False
        quick = settings.quick()
        if not _drawable(quick):
            return False
        # The next click starts from what is on screen; observers hear of the fit that was checked.
        self._drawn, self._settings = quick, settings
        controls = replace(self._controls(quick), checking=True)
        self.sketch(law_fitter_sketch(quick, self._target, Cloud.of(quick), controls))
        return True

    def _adopt(self, fitted: Fit | None) -> None:
        """Put what is on screen into the traits, without answering one's own changes."""
        with self._adopting():
            self.law = self._settings.law_name
            self.objective = self._settings.objective
            self.delta = self._settings.delta
            if fitted is not None:
                self.params, self.tokens = self._target.params, self._target.tokens
            self.fit = self._drawn = fitted

    def _trait_changed(self, change: Mapping[str, Any]) -> None:
        if self._settings.runs is None:
            return
        name, value = change["name"], change["new"]
        if name in ("params", "tokens"):
            self._target = Target(self.params, self.tokens)
            self.set_values({f"target.{name}": value})
            return
        try:
            drained(self._changed({name: value}))
        except ScaleWidgetsError:
            self._adopt(self.fit)
            raise

    def _on_state(self, values: Mapping[str, Any]) -> None:
        """A person let go of a slider."""
        params = values.get("target.params", self.params)
        tokens = values.get("target.tokens", self.tokens)
        if isinstance(params, int | float) and isinstance(tokens, int | float) and params > 0 and tokens > 0:
            with self._adopting():
                self._target = Target(float(params), float(tokens))
                self.params, self.tokens = self._target.params, self._target.tokens

    def _catch_up(self) -> None:
        """Leave the picture that of the fit: coefficients that are only tried on sliders are no result."""

    def _first_target(self, fitted: Fit) -> Target:
        return default_target(fitted.runs, *self._asked_target)

    def _screen(
        self, fitted: Fit, state: Mapping[str, Any] | None = None, *, checking: bool = False
    ) -> Scene:
        """The screen of a fit; `state` is what the sliders of one view hold, for export."""
        return drained(self._screen_steps(fitted, state, checking=checking))

    def _screen_steps(
        self, fitted: Fit, state: Mapping[str, Any] | None = None, *, checking: bool = False
    ) -> Generator[None, None, Scene]:
        """Build the screen, the caller's turn in between."""
        unfinished = self._rest is not None
        controls = replace(self._controls(fitted), checking=checking or unfinished, unfinished=unfinished)
        if not _drawable(fitted):
            return refused_scene(fitted, controls)
        more = self._beside.of(fitted, self._blind)
        cloud = Cloud.of(fitted)
        if not state:
            return (yield from law_fitter_scene_steps(fitted, self._target, cloud, controls, more=more))
        target = Target(float(state["target.params"]), float(state["target.tokens"]))
        by_hand = held(fitted, state)
        return (yield from law_fitter_scene_steps(fitted, target, cloud, controls, by_hand, more))

    def _controls(self, fitted: Fit | None) -> Controls:
        settings = self._settings
        tables = tables_of_runs()
        if settings.source == "own":
            tables = {"own": settings.title, **tables}
        return Controls(
            data=settings.source,
            datasets=tables,
            data_code=settings.code,
            family=settings.family,
            families=settings.families,
            laws=settings.menu | {settings.law_name: settings.law_title},
            fixed=settings.fixed,
            blind=self._blind,
            blind_above=settings.blind,
            can_restore=settings.can_restore,
            exclude_code=settings.exclude_code,
            resamples=settings.resamples,
            seed=settings.seed,
            mode=settings.mode,
            shape=settings.shape,
        )

    def _with_notice(self, error: TableError) -> Scene:
        scene = super()._with_notice(error)
        if self.fit is None:
            return scene
        waiting = [{"runs": [{"text": "Last good fit. The new rows are waiting."}], "when": {}}]
        return replace(scene, frame={**scene.frame, "second": waiting})


def _drawable(fit: Fit) -> bool:
    return fit.status not in (Status.REFUSED, Status.NOT_IDENTIFIED)


def held(fitted: Fit, state: Mapping[str, Any]) -> dict[str, float]:
    """The coefficients as the sliders of one view hold them."""
    return {name: float(state.get(f"coef.{name}", number)) for name, number in fitted.coefficients.items()}
