"""Approaches: the best size of a budget in three ways on the same runs, and how Kaplan becomes Chinchilla."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from traitlets import Any as AnyTrait
from traitlets import Float, Int

from ..allocation import Machine
from ..data import datasets, read_runs
from ..errors import FitError, ScaleWidgetsError
from ..figures.approaches import DEFAULT_MACHINE, LAST, Choices, Held, View, approaches_scene, make_view
from ..figures.scene import Scene
from ..figures.spending import UNITS
from ..fitting import Fit
from ..fitting.steps import drained
from ..laws import Law
from ..pane.pane import refuse_unknown
from .approach_method import (
    Method,
    arguments_of,
    code_of,
    lines_of,
    settings_of,
    step_of,
)
from .budgets import budget_of, number_of, positive, priced, rented_as, with_date
from .exports import export_scene
from .screen import TableScreen
from .settings import Settings, families_of
from .tables import Steps, named_table


class Approaches(TableScreen):
    """Find the best size of a budget in the three ways of arXiv:2203.15556, side by side on the same runs.

    Approach 1 takes the run of the lowest loss at every compute, approach 2 a parabola per budget, approach 3
    one law for all runs. Beside them stand how far they agree, what the parabola adds by itself, and how the
    exponent of Kaplan et al. becomes that of Hoffmann et al. in four steps (arXiv:2406.19146).

    The budget and the step of that path are followed in the browser, also in a saved notebook without a
    kernel. Another table, bins, budgets and their tolerance are the kernel's, newest request first.

    Parameters
    ----------
    runs : DataFrame, str, Path or Fit
        A table of finished runs, the name of a bundled one, a file, or a fit, which then is approach 3.
    flops, dollars, gpu_hours : float, optional
        The budget, at most one of them; by default a round compute about a decade beyond the largest run.
    machine : Machine or str, optional
        Turns money into compute and back; by default H100 at 40 %.
    bins : int or sequence of float
        Bins of compute of approach 1, or their ends.
    budgets : int or sequence of float, optional
        Budgets of approach 2, or how many; by default those at which sizes were varied.
    tolerance : float
        Share by which the compute of a run may differ from its budget.
    step : int
        Chosen step of the path, from 0 for Kaplan's recipe to 4.
    law, objective, delta, exclude, resamples, seed
        As in :func:`scalewidgets.fit`, for approach 3.
    mode : {"compact", "full"}
        How much is folded away.

    Attributes
    ----------
    result : ThreeApproaches
        What they say of the budget on screen; an approach that the runs do not carry says why.
    fit : Fit
        Approach 3. Settable.
    flops : float
        The budget. Settable.
    step : int
        Settable.
    bins, budgets, tolerance
        Settable; setting one looks at the runs anew.
    machine : Machine
        What the controls hold.

    Raises
    ------
    TableError
        If the table cannot be used.
    FitError
        If the runs do not carry approach 3, or its law has no closed form.
    QuantityError
        If there are two budgets, or a number is not above zero.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> sw.Approaches(sw.load("chinchilla"), dollars=1e6)  # doctest: +SKIP
    """

    result = AnyTrait(None, allow_none=True, help="What the three approaches say of the budget.")
    fit = AnyTrait(None, allow_none=True, help="The fit of approach 3.")
    flops = Float(1e23, help="Budget in training FLOP.")
    step = Int(LAST, help="Chosen step from Kaplan to Chinchilla.")
    bins = AnyTrait(11, help="Bins of approach 1.")
    budgets = AnyTrait(None, allow_none=True, help="Budgets of approach 2.")
    tolerance = Float(0.12, help="Share by which a run may differ from its budget.")

    def __init__(
        self,
        runs: pd.DataFrame | str | Path | Fit,
        *,
        flops: float | None = None,
        dollars: float | None = None,
        gpu_hours: float | None = None,
        machine: Machine | str | None = None,
        bins: int | Sequence[float] = 11,
        budgets: int | Sequence[float] | None = None,
        tolerance: float = 0.12,
        step: int = LAST,
        law: str | Law = "chinchilla",
        objective: str = "huber_log",
        delta: float = 1e-3,
        exclude: str | Sequence[Any] | None = "default",
        resamples: int = 1000,
        seed: int = 0,
        mode: str = "full",
        **unknown: Any,
    ) -> None:
        refuse_unknown(type(self), unknown)
        rented = priced(DEFAULT_MACHINE if machine is None else Machine.of(machine))
        settings = Settings(
            law=law,
            objective=objective,
            delta=delta,
            exclude=exclude,
            resamples=resamples,
            seed=seed,
            mode=mode,
        )
        if isinstance(runs, Fit):
            fitted, self._settings = runs, settings_of(runs, settings)
        else:
            self._settings = settings.with_table(*named_table(runs))
            fitted = drained(self._settings.steps())
        self._method = self._first_method = Method(bins, budgets, float(tolerance))
        self._lines = lines_of(fitted, self._method, self._settings)
        budget, unit = budget_of(fitted, rented, flops, dollars, gpu_hours)
        self._held = self._first = Held(budget, with_date(rented), unit, step_of(step))
        self._begin = self._settings, fitted
        self._mode = self._checked_mode(mode)
        super().__init__(self._screen(), **unknown)
        self._adopt()
        self._listen(
            {
                "change": self._ask_change,
                "open-table": self._ask_open_table,
                "repair": self._ask_repair,
                "reset": self._ask_reset,
                "export": self._ask_export,
            },
            ["fit", "flops", "step", "bins", "budgets", "tolerance"],
        )

    @property
    def machine(self) -> Machine:
        """Device, utilisation and price as the controls hold them."""
        return self._held.machine

    # ---- what a person asks in the browser: generators that yield progress ----

    def _ask_change(self, args: Mapping[str, Any]) -> Steps:
        settings, method = self._settings, self._method
        for key, value in args.items():
            if key == "dataset" and value != settings.source:
                settings = settings.with_table(*named_table(str(value)))
            elif key == "family":
                settings = settings.replace(family=str(value))
            elif key in ("bins", "budgets"):
                method = replace(method, **{key: max(1, round(number_of(key, value)))})
            elif key == "tolerance":
                method = replace(method, tolerance=number_of(key, value))
            elif key != "dataset":
                raise FitError(f"{key!r} is not a setting of this screen.")
        return self._turn(settings, method)

    def _turn(self, settings: Settings, method: Method, fitted: Fit | None = None) -> Steps:
        """Fit where the runs are others, look at them anew, and show what is found."""
        try:
            if fitted is None:
                fitted = self._lines.fit
                if settings is not self._settings:
                    fitted = yield from settings.steps()
                    # Budgets that were given for other runs mean nothing for these.
                    method = replace(
                        method,
                        bins=method.bins if isinstance(method.bins, int) else 11,
                        budgets=None,
                    )
            lines = lines_of(fitted, method, settings)
            before = self._settings, self._method, self._lines, self._held
            held = self._held
            if fitted is not self._lines.fit:
                held = replace(held, budget=budget_of(fitted, held.machine, None, None, None)[0])
            self._settings, self._method, self._lines, self._held = settings, method, lines, held
            try:
                scene = self._screen()
            except ScaleWidgetsError:
                self._settings, self._method, self._lines, self._held = before
                raise
        except (ScaleWidgetsError, GeneratorExit):
            # Refused or cancelled: the controls go back to what is still on screen.
            self.set_values(self._chosen())
            raise
        self.show(scene)
        self._adopt()
        return None

    def _chosen(self) -> dict[str, Any]:
        offered = self._choices()
        return {
            "dataset": offered.dataset,
            "family": offered.family,
            "bins": None if offered.bins is None else float(offered.bins),
            "budgets": None if offered.budgets is None else float(offered.budgets),
            "tolerance": self._method.tolerance,
        }

    def _take_table(self, table: pd.DataFrame, name: str) -> Steps:
        code = f"sw.read_runs({name!r})"
        return self._turn(self._settings.with_table(read_runs(table), "own", name, code), self._method)

    def _ask_reset(self, args: Mapping[str, Any]) -> Steps:
        settings, fitted = self._begin
        work = self._turn(settings, self._first_method, fitted)
        self._held = self._first
        yield from work
        self._held = self._first
        self._draw()
        self._adopt()
        return None

    def _ask_export(self, args: Mapping[str, Any]) -> dict[str, str]:
        state = self._view_state(args)
        scene = approaches_scene(make_view(self._lines, self._read(state)), self._choices())
        return export_scene(scene, str(args["format"]), self.theme)

    # ---- what the browser tells ----

    def _on_state(self, values: Mapping[str, Any]) -> None:
        """A person let go of a control: traits follow what all controls hold."""
        self._held = self._read(self.state)
        self._adopt()

    def _read(self, state: Mapping[str, Any]) -> Held:
        """What the controls of one view hold; what does not read stays as it was."""
        now = self._held
        step = state.get("path.step")
        known = isinstance(step, int | float) and not isinstance(step, bool) and 0 <= step <= LAST
        return Held(
            budget=positive(state, "budget.flops", now.budget),
            machine=rented_as(now.machine, state),
            unit=str(state["budget.unit"]) if state.get("budget.unit") in UNITS else now.unit,
            step=round(step) if known else now.step,  # type: ignore[arg-type]
        )

    # ---- traits ----

    def _adopt(self) -> None:
        """Put what is on screen into the traits, without answering one's own changes."""
        held, lines = self._held, self._lines
        with self._adopting():
            self.fit = lines.fit
            self.flops, self.step = held.budget, held.step
            self.bins, self.tolerance = self._method.bins, self._method.tolerance
            self.budgets = self._method.budgets
            self.result = lines.at(held.budget, held.machine, lines.fit.level)

    def _trait_changed(self, change: Mapping[str, Any]) -> None:
        name, value = change["name"], change["new"]
        try:
            if name == "fit":
                if not isinstance(value, Fit):
                    raise FitError(f"A fit is compared, not {type(value).__name__}.")
                drained(self._turn(settings_of(value, self._settings), self._method, value))
            elif name in ("flops", "step"):
                before = self._held
                if name == "flops":
                    self._held = replace(before, budget=number_of(name, value))
                else:
                    self._held = replace(before, step=step_of(value))
                self._draw()
                self._adopt()
            else:
                drained(self._turn(self._settings, replace(self._method, **{name: value})))
        except ScaleWidgetsError:
            self._adopt()
            raise

    # ---- pictures ----

    def _view(self) -> View:
        return make_view(self._lines, self._held)

    def _screen(self) -> Scene:
        return approaches_scene(self._view(), self._choices())

    def _draw(self) -> None:
        self.show(self._screen())

    def _choices(self) -> Choices:
        settings, method = self._settings, self._method
        known = datasets().query("kind == 'runs'")
        tables = {str(row["name"]): str(row["title"]) for _, row in known.iterrows()}
        if settings.source in ("", "own"):
            tables = {"own": settings.title or "The runs of the fit", **tables}
        given = method.budgets is not None and not isinstance(method.budgets, int)
        return Choices(
            datasets=tables,
            dataset=settings.source or "own",
            families=families_of(settings.table),
            family=settings.family,
            bins=method.bins if isinstance(method.bins, int) else None,
            budgets=None if given else (method.budgets or len(self._lines.budgets)),  # type: ignore[arg-type]
            code=code_of(settings),
            arguments=arguments_of(settings, method),
            mode=self._mode,
        )
