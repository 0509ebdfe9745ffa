"""RecipeFitter: which of several recipes is better at a budget, how surely, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from traitlets import Any as AnyTrait
from traitlets import Float, Unicode

from ..allocation import Machine
from ..data import read_runs
from ..errors import FitError, PaneError, ScaleWidgetsError, UnknownNameError
from ..figures.recipes import (
    Choices,
    View,
    make_view,
    recipe_scene,
    refused_recipes_scene,
)
from ..figures.scene import Scene
from ..fitting.steps import drained
from ..laws import Law
from ..pane.pane import refuse_unknown
from .budgets import positive, rented_as
from .exports import export_scene
from .recipe_settings import (
    Fitted,
    RecipeSettings,
    Runs,
    Several,
    Source,
    loss_columns,
    sources_of,
)
from .screen import TableScreen
from .settings import law_menu
from .tables import Steps

UNITS = ("flops", "hours", "dollars")
OBJECTIVE_WORDS = {
    "huber_log": "Huber",
    "squared_log": "squares of log loss",
    "squared_raw": "squares of loss",
    "absolute_log": "absolute log loss",
}


class RecipeFitter(TableScreen):
    """Compare recipes: the loss of each one's best model, at every compute.

    :class:`~scalewidgets.LawFitter` opens this screen where it is given two or more tables or families.
    The budget moves the picture in the browser; what changes recipes, law or text is fitted in the kernel,
    newest request first.

    Parameters
    ----------
    runs : mapping of str to table, sequence of tables, or one table
        Two to four recipes. A table is what :class:`~scalewidgets.LawFitter` takes.
    families : sequence of str, optional
        Names of the families of one table that are compared, two to four; the table's other families can
        be chosen on screen.
    judged_by : str, sequence of str or mapping of str to str, optional
        The column of losses that the recipes are judged by; several columns offer the others beside it; a
        mapping also says what the texts are called. By default ``loss`` and every other column of
        held-out losses that all tables have.
    law, objective, delta, resamples, seed
        As in :func:`scalewidgets.fit`, for every recipe alike.
    budget : float, optional
        In FLOP; by default a round one about a decade beyond every run.
    mode : {"compact", "full"}
        How much is folded away.

    Attributes
    ----------
    comparison : FitComparison or None
        Of the two recipes that are compared (see :func:`scalewidgets.compare_fits`).
    fits : dict of str to Fit
        Of every recipe on screen.
    budget : float
        Settable; follows the slider when it is released.
    law, judged_by : str
        Settable; setting one refits.

    Raises
    ------
    TableError
        If a table cannot be used.
    FitError
        If an argument does not fit.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> sw.LawFitter({"A": runs_a, "B": runs_b})  # doctest: +SKIP
    """

    comparison = AnyTrait(None, allow_none=True, help="The comparison of the pair, or None.")
    fits = AnyTrait({}, help="Fits by recipe.")
    budget = Float(1e21, help="Budget in FLOP.")
    law = Unicode("chinchilla", help="Name of the law.")
    judged_by = Unicode("loss", help="Column of losses that is fitted.")

    def __init__(
        self,
        runs: Several | Runs,
        *,
        families: Sequence[str] | None = None,
        judged_by: str | Sequence[str] | Mapping[str, str] | None = None,
        law: str | Law = "chinchilla",
        objective: str = "huber_log",
        delta: float = 1e-3,
        budget: float | None = None,
        resamples: int = 1000,
        seed: int = 0,
        mode: str = "compact",
        **unknown: Any,
    ) -> None:
        refuse_unknown(type(self), unknown)
        sources, chosen = sources_of(runs, families)
        yardsticks = loss_columns([s.table for s in sources], judged_by)
        self._settings = self._first = RecipeSettings(
            pool={source.name: source for source in sources},
            chosen=tuple(chosen),
            yardsticks=yardsticks,
            judged=next(iter(yardsticks)),
            law=law,
            objective=objective,
            delta=delta,
            resamples=resamples,
            seed=seed,
            mode=mode,
        )
        if budget is not None and not 0 < float(budget) < float("inf"):
            raise FitError(f"budget={budget!r} is not a positive number of FLOP.")
        self._asked_budget = None if budget is None else float(budget)
        self._cache: dict[tuple[Any, ...], Any] = {}
        self._view: View | None = None
        self._machine = Machine()
        fitted: Fitted = drained(self._settings.steps(self._cache))
        scene = self._screen(fitted, budget=self._asked_budget)
        super().__init__(scene, **unknown)
        self._adopt(fitted)
        self._listen(
            {
                "change": self._ask_change,
                "add-recipe": self._ask_add,
                "open-table": self._ask_open_table,
                "repair": self._ask_repair,
                "reset": self._ask_reset,
                "export": self._ask_export,
            },
            ["law", "judged_by", "budget"],
        )

    # ---- what a person asks in the browser: generators that yield progress ----

    def _ask_change(self, args: Mapping[str, Any]) -> Steps:
        settings = self._settings
        for key, value in args.items():
            if key.startswith("recipe."):
                place = self._place(key)
                settings = settings.choose(place, str(value)) if value else settings.without(place)
            elif key == "pair":
                settings = settings.replace(pair=self._pair(value))
            elif key == "judged" and value in settings.yardsticks:
                settings = settings.replace(judged=str(value))
            elif key == "law":
                settings = settings.replace(law=str(value))
            else:
                raise FitError(f"{key!r} is not a setting of this screen.")
        return self._refit(settings)

    def _place(self, key: str) -> int:
        text = key.removeprefix("recipe.")
        if not text.isdecimal() or int(text) >= len(self._settings.chosen):
            raise FitError(f"There is no {key!r} on this screen.")
        return int(text)

    def _pair(self, value: Any) -> tuple[int, int]:
        known = len(self._settings.chosen)
        pairs = {f"{i}-{j}": (i, j) for i in range(known) for j in range(known) if i != j}
        if value not in pairs:
            raise FitError(f"{value!r} is no pair of the {known} recipes on screen.")
        return pairs[value]

    def _ask_add(self, args: Mapping[str, Any]) -> Steps:
        rest = [name for name in self._settings.pool if name not in self._settings.chosen]
        if not rest:
            raise FitError("Every recipe is on screen already.", remedy="Bring another table of runs.")
        return self._refit(self._settings.with_more(rest[0]))

    def _take_table(self, table: pd.DataFrame, name: str) -> Steps:
        source = Source(name.rsplit(".", 1)[0], read_runs(table), f"sw.read_runs({name!r})")
        return self._refit(self._settings.with_source(source))

    def _ask_reset(self, args: Mapping[str, Any]) -> Steps:
        self._machine = Machine()
        return self._refit(self._first, budget=self._asked_budget, unit="flops")

    def _ask_export(self, args: Mapping[str, Any]) -> dict[str, str]:
        if self._view is None:
            raise PaneError("There is no comparison to export.", remedy="Choose recipes that can be fitted.")
        state = self._view_state(args)
        scene = recipe_scene(self._moved(self._view, state), self._choices())
        return export_scene(scene, str(args["format"]), self.theme)

    # ---- fitting and showing ----

    def _refit(self, settings: RecipeSettings, **moved: Any) -> Steps:
        try:
            fitted: Fitted = yield from settings.steps(self._cache)
            before, self._settings = self._settings, settings
            try:
                scene = self._screen(fitted, **{**self._held(), **moved})
            except ScaleWidgetsError:
                self._settings = before
                raise
        except (ScaleWidgetsError, GeneratorExit):
            # Refused or cancelled: the controls go back to what is still on screen.
            self.set_values(self._settings.held)
            raise
        self.show(scene)
        self._adopt(fitted)
        return None

    def _screen(self, fitted: Fitted, budget: float | None = None, unit: str = "flops") -> Scene:
        if fitted.refused:
            self._view = None
            held = self._settings.held
            return refused_recipes_scene(
                list(fitted.recipes), self._choices(), str(held["pair"]), self._settings.judged
            )
        self._view = make_view(
            fitted.recipes,
            fitted.yardsticks,
            pair=self._settings.pair,
            budget=budget,
            unit=unit,
            machine=self._machine,
        )
        return recipe_scene(self._view, self._choices())

    def _held(self) -> dict[str, Any]:
        """The budget as the controls hold it; without a picture there is none."""
        state = self.state
        if self._view is None or "budget.flops" not in state:
            return {"budget": self._asked_budget}
        return {"budget": float(state["budget.flops"]), "unit": str(state["budget.unit"])}

    def _moved(self, view: View, state: Mapping[str, Any]) -> View:
        """The same fits at what the controls of one view hold."""
        machine = rented_as(self._machine, state)
        return make_view(
            view.recipes,
            [view.yardstick, *view.others],
            pair=view.pair,
            budget=positive(state, "budget.flops", view.budget),
            unit=str(state.get("budget.unit")) if state.get("budget.unit") in UNITS else "flops",
            machine=machine,
            comparison=view.comparison,
        )

    def _adopt(self, fitted: Fitted) -> None:
        """Put what is on screen into the traits, without answering one's own changes."""
        with self._adopting():
            self.law = self._settings.law_name
            self.judged_by = self._settings.judged
            self.fits = {recipe.name: recipe.fit for recipe in fitted.recipes}
            self.comparison = None if self._view is None else self._view.comparison
            if self._view is not None:
                self.budget = self._view.budget

    def _trait_changed(self, change: Mapping[str, Any]) -> None:
        name, value = change["name"], change["new"]
        try:
            if name == "budget":
                if not 0 < value < float("inf"):
                    raise FitError(f"budget={value!r} is not a positive number of FLOP.")
                self.set_values({"budget.flops": value})
                return
            if name == "judged_by" and value not in self._settings.yardsticks:
                raise UnknownNameError.of("a column of losses", value, self._settings.yardsticks)
            drained(self._ask_change({"judged" if name == "judged_by" else name: value}))
        except ScaleWidgetsError:
            with self._adopting():
                setattr(self, name, change["old"])
            raise

    def _on_state(self, values: Mapping[str, Any]) -> None:
        """A person let go of a slider."""
        if "hardware.price" in values or "hardware.utilisation" in values:
            self._machine = rented_as(self._machine, values)
        if "budget.flops" in values:
            with self._adopting():
                self.budget = positive(values, "budget.flops", self.budget)

    def _choices(self) -> Choices:
        settings = self._settings
        return Choices(
            pool=list(settings.pool),
            yardsticks=settings.yardsticks,
            laws=law_menu() | {settings.law_name: settings.law_title},
            law=settings.law_name,
            objective=OBJECTIVE_WORDS.get(settings.objective, settings.objective),
            code=self._code(),
            mode=settings.mode,
        )

    def _code(self) -> list[str]:
        """Lines of Python that yield the tables by name."""
        settings = self._settings
        lines = ["recipes = {"]
        for name in settings.chosen:
            code, _, family = settings.pool[name].code.partition("  # family ")
            wanted = f"family == {family!r}"
            table = f"{code}.query({wanted!r})" if family else code
            if settings.judged != "loss":
                table = f"({table}).assign(loss=lambda runs: runs[{settings.judged!r}])"
            lines.append(f"    {name!r}: {table},")
        return [*lines, "}"]

    # ---- pictures of the present budget ----

    def _catch_up(self) -> None:
        """Draw the budget that the controls hold: while it moved, only the browser followed."""
        view, state = self._view, self.state
        if view is None or self._closed:
            return
        moved = self._moved(view, state)
        if (moved.budget, moved.unit, moved.machine) != (view.budget, view.unit, view.machine):
            self._view = moved
            self.show(recipe_scene(moved, self._choices()))
