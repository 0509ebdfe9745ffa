"""LawFitter: fit a scaling law to runs, and see what the next model will reach."""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from traitlets import Any as AnyTrait
from traitlets import Float, Unicode

from ..data import apply_repair, datasets, read_runs, read_table
from ..errors import FitError, PaneError, ScaleWidgetsError, TableError
from ..figures.curves import Cloud
from ..figures.lawfitter import (
    SHAPE_KEYS,
    Controls,
    Target,
    empty_scene,
    law_fitter_scene,
    law_fitter_sketch,
    make_view,
    refused_scene,
    runs_table,
)
from ..figures.scene import Scene
from ..fitting import Fit, HoldOut, Status
from ..laws import Law
from ..pane import Pane
from ..pane.pane import refuse_unknown
from .beside import Beside
from .exports import export_scene
from .recipes import RecipeFitter
from .settings import QUICK_RUNS, Settings, default_target, families_of, law_menu
from .tables import Steps, drain, named_table


class LawFitter(Pane):
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
        Bootstrap resamples behind every interval.
    seed : int
        Seed of the resamples.
    mode : {"compact", "full"}
        How much is folded away.

    Attributes
    ----------
    fit : Fit or None
        The current fit; observe it as ``fitter.observe(handler, "fit")``.
    params, tokens : float
        The target, settable; follows the sliders when they are released.
    law, objective : str
    delta : float
        Settable; setting one refits.

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

    fit = AnyTrait(None, allow_none=True, help="The current fit, or None.")
    params = Float(7e9, help="Parameters of the target.")
    tokens = Float(1.4e12, help="Tokens of the target.")
    law = Unicode("chinchilla", help="Name of the law.")
    objective = Unicode("huber_log", help="Name of the objective.")
    delta = Float(1e-3, help="Huber delta, in log loss.")

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
        self._settings = Settings(
            law=law,
            objective=objective,
            delta=delta,
            exclude=exclude,
            resamples=resamples,
            seed=seed,
            mode=mode,
        )
        self._beside = Beside()
        self._refitting = 0
        self._pending: pd.DataFrame | None = None
        self._blind: HoldOut | None = None
        self._drawn: Fit | None = None
        self._pending_name = ""
        self._repairs: list[Mapping[str, Any]] = []
        self._asked_target = (params, tokens)
        fitted: Fit | None = None
        if runs is None:
            scene = empty_scene(self._controls(None))
        else:
            self._settings = self._settings.with_table(*named_table(runs))
            fitted = drain(self._settings.steps())
            self._blind = self._settings.held_out()
            self._target = self._first_target(fitted)
            scene = self._screen(fitted)
        super().__init__(scene, **unknown)
        self._quiet = False
        self._adopt(fitted)
        for action, handler in {
            "fit": self._ask_fit,
            "reset": self._ask_reset,
            "change": self._ask_change,
            "bring-back": self._ask_bring_back,
            "exclude-again": self._ask_exclude_again,
            "exclude": self._ask_exclude,
            "keep": self._ask_keep,
            "restore": self._ask_restore,
            "open-table": self._ask_open_table,
            "open-data": self._ask_open_data,
            "repair": self._ask_repair,
            "export": self._ask_export,
            "other-laws": self._ask_other_laws,
        }.items():
            self.on_ask(action, handler)
        self.on_state(self._on_state)
        self.observe(self._trait_changed, ["law", "objective", "delta", "params", "tokens"])

    # ---- what a person asks in the browser: generators that yield progress ----

    def _ask_fit(self, args: Mapping[str, Any]) -> Steps:
        state = self.state
        fixed = {
            key.removeprefix("fixed."): float(state["coef." + key.removeprefix("fixed.")])
            for key, held in state.items()
            if key.startswith("fixed.") and held is True
        }
        return self._refit(self._settings.replace(fixed=fixed))

    def _ask_reset(self, args: Mapping[str, Any]) -> Steps:
        if self._settings.runs is None:
            return self._nothing()
        first = self._settings.first()
        self._target = default_target(first.runs, *self._asked_target)
        return self._refit(first)

    def _ask_change(self, args: Mapping[str, Any]) -> Steps:
        settings = self._settings
        for key, value in args.items():
            if key == "dataset":
                settings = settings.with_table(*named_table(str(value)))
            elif key == "law":
                settings = settings.replace(law=str(value), fixed={})
            elif key in ("objective", "family"):
                settings = settings.replace(**{key: str(value)})
            elif key in ("delta", "blind"):
                settings = settings.replace(**{key: float(value)})
            elif key in SHAPE_KEYS:
                settings = settings.replace(shapes={**settings.shapes, key: float(value)})
            else:
                raise FitError(f"{key!r} is not a setting of this screen.")
        if set(args) == {"blind"} and self.fit is not None:
            # The fit on screen has seen all runs: only its score changes.
            self._settings, self._blind = settings, settings.held_out()
            self.show(self._screen(self.fit))
            return self._nothing()
        return self._refit(settings)

    def _ask_bring_back(self, args: Mapping[str, Any]) -> Steps:
        return self._refit(self._settings.replace(exclude=None))

    def _ask_exclude_again(self, args: Mapping[str, Any]) -> Steps:
        return self._refit(self._settings.replace(exclude="default"))

    def _ask_exclude(self, args: Mapping[str, Any]) -> Steps:
        out, chosen = self._out_and_chosen(args)
        return self._refit(self._settings.replace(exclude=_labels(out | chosen)))

    def _ask_keep(self, args: Mapping[str, Any]) -> Steps:
        _, chosen = self._out_and_chosen(args)
        return self._refit(self._settings.replace(exclude=_labels(~chosen)))

    def _ask_restore(self, args: Mapping[str, Any]) -> Steps:
        out, chosen = self._out_and_chosen(args)
        return self._refit(self._settings.replace(exclude=_labels(out & ~chosen)))

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

    def _ask_open_table(self, args: Mapping[str, Any]) -> Steps:
        name = Path(str(args["name"])).name or "table.csv"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(str(args["text"]), encoding="utf-8")
            with self._noticed():
                self._pending = read_table(path)
        self._pending_name = name
        return self._open_pending()

    def _ask_repair(self, args: Mapping[str, Any]) -> Steps:
        chosen = int(args.get("repair", -1))
        if self._pending is None or not 0 <= chosen < len(self._repairs):
            raise TableError("There is no table waiting to be repaired.", remedy="Choose it again.")
        self._pending = apply_repair(self._pending, self._repairs[chosen])
        return self._open_pending()

    def _ask_export(self, args: Mapping[str, Any]) -> dict[str, str]:
        if self.fit is None:
            raise PaneError("There is nothing to export yet.", remedy="Choose a table of runs first.")
        state = json.loads(str(args.get("state", "{}")))
        scene = self._screen(self.fit, state)
        if args["format"] == "csv" and "answer.loss" in scene.state:
            # The figure may be drawn from a share of the runs; the file has them all.
            view = make_view(self.fit, self._target, Cloud.of(self.fit), _held(self.fit, state), thin=False)
            scene = replace(scene, table=runs_table(view))
        return export_scene(scene, str(args["format"]), self.theme)

    def _ask_other_laws(self, args: Mapping[str, Any]) -> Steps:
        """Fit the laws beside the present one; what a person did meanwhile stays."""
        work = self._beside.steps(self._settings)
        while True:
            if self._refitting:  # what a person waits for goes first
                yield 0.0, 1.0, "waiting"
                continue
            try:
                state = next(work)
            except StopIteration as end:
                if end.value and self.fit is not None:
                    scene = self._screen(self.fit, self.state)
                    locks = {key: held for key, held in self.state.items() if key.startswith("fixed.")}
                    frame = {**scene.frame, "keeps": ["target.", "coef.", "fixed."]}
                    self.show(replace(scene, frame=frame, state={**scene.state, **locks}))
                return None
            yield state

    def compare_laws(self) -> None:
        """Fit the other laws now, and show them; on screen that happens by itself, after the fit."""
        drain(self._ask_other_laws({}))

    def _open_pending(self) -> Steps:
        if self._pending is None:
            return self._nothing()
        with self._noticed():
            table = read_runs(self._pending)
        code = f"sw.read_runs({self._pending_name!r})"
        return self._refit(self._settings.with_table(table, "own", self._pending_name, code))

    @contextmanager
    def _noticed(self) -> Iterator[None]:
        """If the table cannot be used, the last good picture stays, says so and offers the repairs."""
        try:
            yield
        except TableError as error:
            self._repairs = list(getattr(error, "repairs", None) or ())
            self.show(self._with_notice(error))
            raise

    def _nothing(self) -> Steps:
        return
        yield  # pragma: no cover - makes this a generator

    # ---- fitting and showing ----

    def _refit(self, settings: Settings) -> Steps:
        self._refitting += 1
        try:
            yield 0.0, 1.0, ""
            self._show_quick(settings)
            fitted = yield from settings.steps()
        except (ScaleWidgetsError, GeneratorExit):
            # Refused or cancelled: controls and traits go back to what is still on screen.
            self.set_values(self._settings.chosen)
            if self._drawn is not self.fit:
                self._adopt(self._drawn)
            raise
        finally:
            self._refitting -= 1
        if settings.table is not self._settings.table or settings.family != self._settings.family:
            self._target = default_target(settings.runs, *self._asked_target)
        self._settings, self._blind = settings, settings.held_out()
        self.show(self._screen(fitted))
        self._adopt(fitted)
        return None

    def _show_quick(self, settings: Settings) -> None:
        """Draw a fit with few resamples at once, where the screen stays the same screen; the rest follows."""
        last, fit = self._settings, self._drawn
        same = settings.table is last.table and settings.family == last.family and settings.law == last.law
        if fit is None or not self._views or not same:
            return
        if len(fit.runs) > QUICK_RUNS or not _drawable(fit):
            return
        quick = settings.quick()
        if not _drawable(quick):
            return
        # The next click starts from what is on screen; observers hear of the fit that was checked.
        self._drawn, self._settings, self._blind = quick, settings, settings.held_out()
        controls = replace(self._controls(quick), checking=True)
        self.sketch(law_fitter_sketch(quick, self._target, Cloud.of(quick), controls, self._beside.shown))

    def _adopt(self, fitted: Fit | None) -> None:
        """Put what is on screen into the traits, without answering one's own changes."""
        self._quiet = True
        try:
            with self.hold_trait_notifications():
                self.law = self._settings.law_name
                self.objective = self._settings.objective
                self.delta = self._settings.delta
                if fitted is not None:
                    self.params, self.tokens = self._target.params, self._target.tokens
                self.fit = self._drawn = fitted
        finally:
            self._quiet = False

    def _trait_changed(self, change: Mapping[str, Any]) -> None:
        if self._quiet or self._settings.runs is None:
            return
        name, value = change["name"], change["new"]
        if name in ("params", "tokens"):
            self._target = Target(self.params, self.tokens)
            self.set_values({f"target.{name}": value})
            return
        try:
            drain(self._ask_change({name: value}))
        except ScaleWidgetsError:
            self._adopt(self.fit)
            raise

    def _on_state(self, values: Mapping[str, Any]) -> None:
        """A person let go of a slider."""
        params = values.get("target.params", self.params)
        tokens = values.get("target.tokens", self.tokens)
        if isinstance(params, int | float) and isinstance(tokens, int | float) and params > 0 and tokens > 0:
            self._quiet = True
            try:
                self._target = Target(float(params), float(tokens))
                self.params, self.tokens = self._target.params, self._target.tokens
            finally:
                self._quiet = False

    def _first_target(self, fitted: Fit) -> Target:
        return default_target(fitted.runs, *self._asked_target)

    def _screen(self, fitted: Fit, state: Mapping[str, Any] | None = None) -> Scene:
        """The screen of a fit; `state` is what the sliders of one view hold, for export."""
        controls = self._controls(fitted)
        if not _drawable(fitted):
            return refused_scene(fitted, controls)
        more = self._beside.of(fitted, self._blind)
        if not state:
            return law_fitter_scene(fitted, self._target, Cloud.of(fitted), controls, more=more)
        target = Target(float(state["target.params"]), float(state["target.tokens"]))
        return law_fitter_scene(fitted, target, Cloud.of(fitted), controls, _held(fitted, state), more)

    def _controls(self, fitted: Fit | None) -> Controls:
        settings = self._settings
        # Curves under schedules and scores are for other laws than those of a table of runs.
        known = datasets().query("kind == 'runs'")
        tables = {str(row["name"]): str(row["title"]) for _, row in known.iterrows()}
        if settings.source == "own":
            tables = {"own": settings.title, **tables}
        return Controls(
            data=settings.source,
            datasets=tables,
            data_code=settings.code,
            family=settings.family,
            families=families_of(settings.table),
            laws=law_menu(settings.runs) | {settings.law_name: settings.law_title},
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
        """What is on screen, with the reason why the new table is not."""
        scene = self._shown()
        repairs = [
            {"label": str(r["label"]), "ask": "repair", "args": {"repair": i}}
            for i, r in enumerate(self._repairs)
        ]
        place, colon, problem = str(error).partition(": ")
        said = [{"text": place + colon, "role": "strong"}, {"text": problem}] if colon else [{"text": place}]
        notice = {"level": "error", "runs": said, "repairs": repairs}
        frame = {**scene.frame, "notice": notice}
        if self.fit is not None:
            frame["second"] = [{"runs": [{"text": "Last good fit. The new rows are waiting."}], "when": {}}]
        return replace(scene, frame=frame)


# Of the two ways to make one, help and refusals of misspelt arguments speak of the fitter itself.
LawFitter.__signature__ = inspect.Signature(
    list(inspect.signature(LawFitter.__init__).parameters.values())[1:]
)


def _drawable(fit: Fit) -> bool:
    return fit.status not in (Status.REFUSED, Status.NOT_IDENTIFIED)


def _labels(marked: pd.Series) -> list[Any]:
    """Index labels that are marked, as plain Python values that print as code."""
    labels: list[Any] = marked.index[marked.to_numpy()].tolist()
    return labels


def _held(fitted: Fit, state: Mapping[str, Any]) -> dict[str, float]:
    """The coefficients as the sliders of one view hold them."""
    return {name: float(state.get(f"coef.{name}", number)) for name, number in fitted.coefficients.items()}
