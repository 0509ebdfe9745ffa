"""LawFitter: fit a scaling law to runs, and see what the next model will reach."""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..data import read_runs
from ..errors import FitError, PaneError
from ..figures.curves import Cloud
from ..figures.lawfitter import (
    SHAPE_KEYS,
    make_view,
    runs_table,
)
from ..fitting.steps import drained, retold, turns
from ..laws import Law
from ..pane.pane import refuse_unknown
from .exports import export_scene
from .fit_screen import FitScreen, held
from .recipes import RecipeFitter
from .settings import Settings, default_target
from .tables import Steps, named_table, refuse_outcomes

SHOWN_TOGETHER = 1.5
"""Seconds in which the fits of other laws are shown together."""


class LawFitter(FitScreen):
    """Fit a scaling law to a table of runs and drag the target, the coefficients, the objective.

    The target and the coefficients move the picture in the browser; what changes data or law is fitted
    anew in the kernel, newest request first.

    Parameters
    ----------
    runs : DataFrame, str or Path, optional
        A tidy table of runs, the name of a bundled table, or a file that
        :func:`scalewidgets.read_runs` reads. Without one the screen asks for it. Several tables, by name or
        in a list, are recipes: what opens is the comparison, a
        :class:`~scalewidgets.widgets.recipes.RecipeFitter` with further arguments of its own.
    families : sequence of str, optional
        Two to four families of the table, to be compared as recipes.
    law : str or Law
        Which law.
    objective : str
        What the fit minimises, summed over runs: any that :func:`scalewidgets.fit` takes.
    delta : float
        Where the Huber objective turns from squares to absolute values, in log loss.
    params, tokens : float, optional
        The target; by default a round one a little beyond the largest run.
    exclude : "default", None or sequence
        Which runs are left out: those that the table recommends, none, or these index labels.
    resamples : int
        Bootstrap resamples behind every interval, at least one.
    seed : int
        Seed of the resamples.
    mode : {"compact", "full"}
        How much is folded away.

    Attributes
    ----------
    fit : Fit or None
        The current fit; observe it as ``fitter.observe(handler, "fit")``. A table of more than some 10,000
        runs is drawn before its fit is done: it has few resamples then and was not checked. The screen, or
        :meth:`finish`, does the rest.
    params, tokens : float
        The target, settable; follows the sliders when they are released.
    law, objective : str
    delta : float
        Settable; setting one refits.
    recipes : RecipeFitter or None
        The comparison of families, once it was opened from the screen.

    Raises
    ------
    TableError
        If the table cannot be used; the sentence names file, row, column and remedy.
    FitError
        If an argument does not fit.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> fitter = sw.LawFitter(sw.load("chinchilla"))  # doctest: +SKIP
    """

    def __new__(cls, runs: Any = None, *, families: Sequence[str] | None = None, **options: Any) -> Any:
        """Several tables or families are another question, and another widget."""
        if cls is LawFitter and (families is not None or isinstance(runs, Mapping | list | tuple)):
            return RecipeFitter(runs, families=families, **options)
        return super().__new__(cls)

    def __init__(
        self,
        runs: pd.DataFrame | str | Path | None = None,
        *,
        families: None = None,
        law: str | Law = "chinchilla",
        objective: str = "huber_log",
        delta: float = 1e-3,
        params: float | None = None,
        tokens: float | None = None,
        exclude: str | Sequence[Any] | None = "default",
        resamples: int = 1000,
        seed: int = 0,
        mode: str = "compact",
        **unknown: Any,
    ) -> None:
        refuse_unknown(type(self), unknown)
        settings = Settings(
            law=law,
            objective=objective,
            delta=delta,
            exclude=exclude,
            resamples=resamples,
            seed=seed,
            mode=mode,
        )
        self.recipes: RecipeFitter | None = None
        super().__init__(settings, runs, (params, tokens), **unknown)
        for action, handler in {
            "fit": self._ask_fit,
            "reset": self._ask_reset,
            "change": self._changed,
            "bring-back": self._ask_bring_back,
            "exclude-again": self._ask_exclude_again,
            "exclude": self._ask_exclude,
            "keep": self._ask_keep,
            "restore": self._ask_restore,
            "open-table": self._ask_open_table,
            "open-data": self._ask_open_data,
            "repair": self._ask_repair,
            "export": self._ask_export,
            "compare-families": self._ask_compare_families,
        }.items():
            self.on_ask(action, handler)
        # What a person asks goes first, and may make these needless.
        self.on_ask("finish", self._ask_finish, background=True)
        self.on_ask("other-laws", self._ask_other_laws, background=True)

    # ---- what a person asks in the browser: generators that yield progress ----

    def _ask_fit(self, args: Mapping[str, Any]) -> Steps:
        return self._refit(self._locked)

    @property
    def _locked(self) -> Settings:
        """The settings with the locks as they stand on screen: whatever is fitted next, they hold."""
        state = self.state
        names = [
            key.removeprefix("fixed.") for key, on in state.items() if key.startswith("fixed.") and on is True
        ]
        return self._settings.replace(fixed={name: float(state[f"coef.{name}"]) for name in names})

    def _ask_reset(self, args: Mapping[str, Any]) -> Steps:
        if self._settings.runs is None:
            return self._nothing()
        first = self._settings.first()
        self._target = default_target(first.runs, *self._asked_target)
        return self._refit(first)

    def _changed(self, args: Mapping[str, Any]) -> Steps:
        settings = self._locked
        for key, value in args.items():
            if key == "dataset":
                settings = settings.with_table(*named_table(str(value)))
            elif key == "family":
                settings = settings.replace(family=str(value), fixed={})
            elif key == "law":
                settings = settings.replace(law=str(value), fixed={})
            elif key == "objective":
                settings = settings.replace(objective=str(value))
            elif key in ("delta", "blind"):
                settings = settings.replace(**{key: float(value)})
            elif key in SHAPE_KEYS:
                settings = settings.replace(shapes={**settings.shapes, key: float(value)})
            else:
                raise FitError(f"{key!r} is not a setting of this screen.")
        if set(args) == {"blind"} and self.fit is not None:
            # The fit on screen has seen all runs: only its score changes.
            self._settings = self._settings.replace(blind=settings.blind)
            self._blind = self._settings.held_out()
            self.show(self._screen(self.fit))
            return self._nothing()
        return self._refit(settings)

    def _ask_bring_back(self, args: Mapping[str, Any]) -> Steps:
        return self._refit(self._locked.replace(exclude=None))

    def _ask_exclude_again(self, args: Mapping[str, Any]) -> Steps:
        return self._refit(self._locked.replace(exclude="default"))

    def _ask_exclude(self, args: Mapping[str, Any]) -> Steps:
        out, chosen = self._out_and_chosen(args)
        return self._refit(self._locked.replace(exclude=_labels(out | chosen)))

    def _ask_keep(self, args: Mapping[str, Any]) -> Steps:
        _, chosen = self._out_and_chosen(args)
        return self._refit(self._locked.replace(exclude=_labels(~chosen)))

    def _ask_restore(self, args: Mapping[str, Any]) -> Steps:
        out, chosen = self._out_and_chosen(args)
        return self._refit(self._locked.replace(exclude=_labels(out & ~chosen)))

    def _out_and_chosen(self, args: Mapping[str, Any]) -> tuple[pd.Series, pd.Series]:
        """Which runs are left out now, and which are meant; runs are counted from 1 as on screen."""
        if self._drawn is None:
            raise FitError("There are no runs to choose from.", remedy="Choose a table of runs first.")
        index = self._drawn.runs.index
        try:
            places = np.asarray(json.loads(str(args["runs"])), dtype=int) - 1
        except (KeyError, ValueError, TypeError, OverflowError) as problem:
            raise FitError("Runs are chosen by their numbers, such as [1, 224].") from problem
        if places.ndim != 1 or places.size == 0 or places.min() < 0 or places.max() >= len(index):
            raise FitError(f"Runs are numbered from 1 to {len(index):,}.")
        chosen = pd.Series(False, index=index)
        chosen.iloc[places] = True
        return pd.Series(~np.asarray(self._drawn.used, dtype=bool), index=index), chosen

    def _ask_open_data(self, args: Mapping[str, Any]) -> Steps:
        return self._refit(self._settings.with_table(*named_table(str(args["name"]))))

    def _take_table(self, table: pd.DataFrame, name: str) -> Steps:
        refuse_outcomes(table)
        code = f"sw.read_runs({name!r})"
        return self._refit(self._settings.with_table(read_runs(table), "own", name, code))

    def _ask_export(self, args: Mapping[str, Any]) -> dict[str, str]:
        if self.fit is None:
            raise PaneError("There is nothing to export yet.", remedy="Choose a table of runs first.")
        state = json.loads(str(args.get("state", "{}")))
        scene = self._screen(self.fit, state)
        if args["format"] == "csv" and "answer.loss" in scene.state:
            # The figure may be drawn from a share of the runs; the file has them all.
            view = make_view(self.fit, self._target, Cloud.of(self.fit), held(self.fit, state), thin=False)
            scene = replace(scene, table=runs_table(view))
        return export_scene(scene, str(args["format"]), self.theme)

    def _ask_other_laws(self, args: Mapping[str, Any]) -> Steps:
        """Fit the next laws beside the present one, and show them; what a person did meanwhile stays.

        A screen takes a fifth of a second to build, which whoever clicks meanwhile waits for: laws that are
        soon fitted are shown together. A map of the exponents that is still to be made is shown first.
        """
        if self._rest is not None:
            return None  # the fit is still to be done; its screen asks for itself
        last = (0.0, 1.0, "")

        def told(at: tuple[float, float, str]) -> tuple[float, float, str]:
            nonlocal last
            last = at
            return at

        begun, fresh = time.perf_counter(), False
        while self._beside.pending and not (fresh and time.perf_counter() - begun > SHOWN_TOGETHER):
            mapping = self._beside.mapping
            fresh = yield from retold(self._beside.steps(self._settings), told)
            if not fresh:
                return None  # another fit came, which asks for itself
            if mapping:
                break
        if not fresh or self.fit is None:
            return None
        fitted, settings = self.fit, self._settings
        while True:
            state = self.state
            # Figure by figure: what a person asks meanwhile does not wait for all of them.
            scene = yield from turns(self._screen_steps(fitted, state), last)
            if fitted is not self.fit or settings is not self._settings:
                return None  # another picture came, which asks for itself
            if state == self.state:
                break
        locks = {key: held for key, held in state.items() if key.startswith("fixed.")}
        frame = {**scene.frame, "keeps": ["target.", "coef.", "fixed."]}
        self.show(replace(scene, frame=frame, state={**scene.state, **locks}))
        return None

    def _ask_compare_families(self, args: Mapping[str, Any]) -> dict[str, str]:
        """Another screen below this one: the family on screen beside the largest other one."""
        settings = self._settings
        others = [name for name in settings.families if name != settings.family]
        if settings.table is None or settings.family is None or not others:
            raise FitError(
                "There is one family of runs here, and nothing to compare it with.",
                remedy='Give several tables: sw.LawFitter({"A": runs_a, "B": runs_b}).',
            )
        table = settings.table
        if settings.exclude != "default":
            # What is left out here is left out there; nothing else is.
            kept = {key: said for key, said in table.attrs.items() if key != "default_exclusions"}
            left = [] if settings.exclude is None else list(settings.exclude)
            table = table.drop(index=table.index.intersection(left))
            table.attrs = kept
        if self.recipes is not None:
            self.recipes.close()
        self.recipes = RecipeFitter(
            table,
            families=[settings.family, others[0]],
            law=settings.law,
            objective=settings.objective,
            delta=settings.delta,
            resamples=settings.resamples,
            seed=settings.seed,
            mode=settings.mode,
        )
        return {"open": str(self.recipes.model_id)}

    def compare_laws(self) -> None:
        """Fit the other laws now, and show them; on screen that happens by itself, after the fit."""
        self.finish()
        while self._beside.pending:
            drained(self._ask_other_laws({}))

    def _nothing(self) -> Steps:
        return
        yield  # pragma: no cover - makes this a generator


# Of the two ways to make one, help and refusals of misspelt arguments speak of the fitter itself.
LawFitter.__signature__ = inspect.Signature(
    list(inspect.signature(LawFitter.__init__).parameters.values())[1:]
)


def _labels(marked: pd.Series) -> list[Any]:
    """Index labels that are marked, as plain Python values that print as code."""
    labels: list[Any] = marked.index[marked.to_numpy()].tolist()
    return labels
