"""NextRuns: which runs to train next for an answer that is to be known better, live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from traitlets import Any as AnyTrait
from traitlets import Float, Int, Unicode

from ..allocation import Machine, next_runs, trained
from ..allocation.information import Information
from ..allocation.next_runs import ANSWERS
from ..allocation.runs import fitted_runs
from ..allocation.simulation import simulated_steps
from ..errors import FitError, ScaleWidgetsError, TableError
from ..figures.advisor import Held, View, advisor_scene, controls, make_view, moved
from ..figures.advisor.numbers import simulated_words
from ..figures.spending import UNITS
from ..fitting import Fit
from ..fitting.steps import drained
from ..pane.pane import refuse_unknown
from .budgets import budget_of, positive, priced
from .exports import export_scene
from .run_batches import given_runs, is_zero, runs_of, title_of
from .screen import Screen
from .tables import Steps, dropped_table

REFITS = 200
"""Simulated refits behind the check of a prediction."""


class NextRuns(Screen):
    """Find the runs that narrow the interval of an answer the most for the money.

    The map, the prices and the batch move in the browser: a diamond that is dragged takes all figures with
    it. The kernel searches over batches, simulates the advice and fits the law again.

    Parameters
    ----------
    fit : Fit
        Of what has been run, by a law of parameters and tokens.
    flops, dollars, gpu_hours : float, optional
        The budget at which the answer is asked, at most one of them; by default a round compute about
        a decade beyond the largest run.
    answer : {"params", "tokens", "loss"}
        N*, D* or L* of that budget.
    most : int
        Runs in the batch, at most.
    spend, setup : float
        Dollars for the batch at most, and for setting up each run.
    candidates : DataFrame, optional
        ``params`` and ``tokens`` of the runs that could be made; by default a grid around those that were. A
        column ``loss`` holds what a run gave, and is empty for those that are still to be made: once all runs
        of the batch have one, the screen checks its prediction.
    machine : Machine or str, optional
    scatter : float, optional
        Standard deviation of log losses; by default that of the runs about the fit.
    inside : bool
        Keep candidates to the tokens per parameter of the runs.
    mode : {"compact", "full"}
        How much is folded away.

    Attributes
    ----------
    fit : Fit
        Settable.
    advice : Advice
        The last search, see :func:`scalewidgets.next_runs`.
    batch : DataFrame
        ``params`` and ``tokens`` of the runs on screen: those advised, or what the reader moved them to.
        Settable; ``None`` goes back to those advised.
    answer, flops, most, spend, setup, scatter
        Settable.
    simulated : DataFrame or None
        :func:`scalewidgets.allocation.simulated` of the advice, once the screen has asked for it.
    check : DataFrame or None
        :func:`scalewidgets.allocation.trained` of the advice, where the losses are known.

    Raises
    ------
    FitError
        If the fit carries no advice, or leaves a direction of the coefficients open.
    QuantityError
        If there are two budgets, a number is not above zero, or nothing can be afforded.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> sw.NextRuns(sw.fit(sw.load("chinchilla")), dollars=1e6)  # doctest: +SKIP
    """

    fit = AnyTrait(None, help="The fit of what has been run.")
    advice = AnyTrait(None, allow_none=True, help="The last search.")
    batch = AnyTrait(None, allow_none=True, help="Runs on screen.")
    answer = Unicode("params", help="What is to be known better.")
    flops = Float(1e23, help="Budget at which the answer is asked, in training FLOP.")
    most = Int(3, help="Runs in the batch, at most.")
    spend = Float(3000.0, help="Dollars for the batch, at most.")
    setup = Float(25.0, help="Dollars for setting up a run.")
    scatter = Float(0.01, help="Standard deviation of log losses.")

    def __init__(
        self,
        fit: Fit,
        *,
        flops: float | None = None,
        dollars: float | None = None,
        gpu_hours: float | None = None,
        answer: str = "params",
        most: int = 3,
        spend: float = 3000.0,
        setup: float = 25.0,
        candidates: pd.DataFrame | Mapping[str, Any] | None = None,
        machine: Machine | str | None = None,
        scatter: float | None = None,
        inside: bool = False,
        mode: str = "full",
        **unknown: Any,
    ) -> None:
        refuse_unknown(type(self), unknown)
        self._fit_of(fit)
        self._machine, self._mode = Machine.of(machine), self._checked_mode(mode)
        priced(self._machine)
        budget, unit = budget_of(fit, self._machine, flops, dollars, gpu_hours)
        self._table = None if candidates is None else pd.DataFrame(candidates)
        self._title = title_of(self._table)
        self.simulated: pd.DataFrame | None = None
        own = scatter is not None
        held = Held(
            answer=answer,
            flops=budget,
            unit=unit,
            most=int(most),
            spend=float(spend),
            setup=float(setup),
            scatter=float(scatter) if scatter is not None else Information.of(fit).scatter,
            own_scatter=own,
            inside=inside,
            table=self._table is not None,
        )
        self._view = self._searched(fit, held)
        self._first = (self._view, self._table)
        super().__init__(advisor_scene(self._view, mode), **unknown)
        self._adopt()
        self._listen(
            {
                "change": self._ask_change,
                "search": self._ask_search,
                "simulate": self._ask_simulate,
                "open-candidates": self._ask_open,
                "reset": self._ask_reset,
                "export": self._ask_export,
            },
            list(_TRAITS),
        )

    @property
    def check(self) -> pd.DataFrame | None:
        """What the advised runs gave, where their losses are known."""
        return self._view.check

    @property
    def machine(self) -> Machine:
        """Device, utilisation and price."""
        return self._machine

    # ---- what the browser asks and tells ----

    def _ask_change(self, args: Mapping[str, Any]) -> Steps:
        yield from self._again({**self.state, **args})

    def _ask_search(self, args: Mapping[str, Any]) -> Steps:
        yield from self._again({**self.state, **args})

    def _again(self, state: Mapping[str, Any]) -> Steps:
        """Search for what the controls hold."""
        try:
            yield 0.0, 1.0, "Searching over batches"
            held = replace(self._read(state), batch=())
            view = self._searched(self._view.advice.fit, held)
        except (ScaleWidgetsError, GeneratorExit):
            # Refused or cancelled: the controls go back to what is on screen.
            self.set_values(controls(self._view))
            raise
        self.simulated = None
        self._put(view)
        return None

    def _ask_simulate(self, args: Mapping[str, Any]) -> Steps:
        advice = self._view.advice
        work = simulated_steps(advice, REFITS)
        while advice is self._view.advice:  # a newer search is simulated in its own time
            try:
                yield next(work)
            except StopIteration as stop:
                self.simulated = stop.value
                self._view = replace(self._view, simulated=self.simulated)
                # Words only: a scene anew would take a diamond out of the reader's hand.
                self.set_values(simulated_words(self._view))
                break
        return None

    def _ask_open(self, args: Mapping[str, Any]) -> Steps:
        yield 0.0, 1.0, f"Reading {Path(str(args['name'])).name}"
        table, name = dropped_table(args)
        table.attrs["source_name"] = name
        before = self._table, self._title
        self._table, self._title = table, name
        try:
            yield from self._again({**self.state, "next.candidates": "table"})
        except (ScaleWidgetsError, GeneratorExit):
            self._table, self._title = before
            raise

    def _ask_reset(self, args: Mapping[str, Any]) -> None:
        view, self._table = self._first
        self._title = title_of(self._table)
        self.simulated = view.simulated
        self._put(view)

    def _ask_export(self, args: Mapping[str, Any]) -> dict[str, str]:
        state = self._view_state(args)
        scene = advisor_scene(moved(self._view, self._read(state)), self._mode)
        return export_scene(scene, str(args["format"]), self.theme)

    def _on_state(self, values: Mapping[str, Any]) -> None:
        """A person let go of a diamond or a control; what needs a search asks for it itself."""
        if any(key.startswith("run.") for key in values):
            self._view = moved(self._view, replace(self._view.held, batch=runs_of(self.state, self._view)))
            self._adopt()

    def _read(self, state: Mapping[str, Any]) -> Held:
        """What the controls of one view hold; what does not read stays as it was."""
        now = self._view.held
        answer = state.get("question.answer")
        scatter = positive(state, "noise.scatter", now.scatter)
        return Held(
            answer=str(answer) if answer in ANSWERS else now.answer,
            flops=positive(state, "budget.flops", now.flops),
            unit=str(state["budget.unit"]) if state.get("budget.unit") in UNITS else now.unit,
            most=max(1, round(positive(state, "next.most", float(now.most)))),
            spend=positive(state, "next.spend", now.spend),
            setup=0.0 if is_zero(state.get("next.setup")) else positive(state, "next.setup", now.setup),
            scatter=scatter,
            own_scatter=now.own_scatter or scatter != now.scatter,
            inside=state.get("next.ratio") == "inside",
            table=self._table is not None and state.get("next.candidates") == "table",
            batch=runs_of(state, self._view),
        )

    # ---- searching ----

    def _searched(self, fit: Fit, held: Held) -> View:
        """Search, check where the losses are known, and what is to be drawn."""
        ratios = None
        if held.inside:
            params, tokens, _ = fitted_runs(fit)
            ratios = (float((tokens / params).min()), float((tokens / params).max()))
        advice = next_runs(
            fit,
            flops=held.flops,
            answer=held.answer,
            most=held.most,
            spend=held.spend,
            setup=held.setup,
            candidates=self._table if held.table else None,
            machine=self._machine,
            scatter=held.scatter if held.own_scatter else None,
            ratios=ratios,
        )
        check = None
        if "loss" in advice.batch and np.isfinite(advice.batch["loss"]).all():
            try:
                check = trained(advice)
            except (FitError, TableError):  # what cannot be fitted again says nothing
                check = None
        title = self._title if self._table is not None else ""
        return make_view(advice, replace(held, batch=()), self._machine, title, check)

    # ---- traits ----

    def _adopt(self) -> None:
        """Put what is on screen into the traits, without answering one's own changes."""
        view = self._view
        held = view.held
        with self._adopting():
            self.fit, self.advice = view.advice.fit, view.advice
            self.answer, self.flops, self.most = held.answer, held.flops, held.most
            self.spend, self.setup, self.scatter = held.spend, held.setup, held.scatter
            self.batch = pd.DataFrame(list(view.batch), columns=["params", "tokens"])

    def _trait_changed(self, change: Mapping[str, Any]) -> None:
        name, value = change["name"], change["new"]
        now = self._view
        try:
            if name == "batch":
                self._put(moved(now, replace(now.held, batch=given_runs(value))))
                return
            if name == "fit":
                given = self._fit_of(value)
                scatter = now.held.scatter if now.held.own_scatter else Information.of(given).scatter
                view = self._searched(given, replace(now.held, scatter=scatter, batch=()))
            else:
                more = {"own_scatter": True} if name == "scatter" else {}
                held = replace(now.held, **{name: value}, **more)  # type: ignore[arg-type]
                view = self._searched(now.advice.fit, replace(held, batch=()))
        except ScaleWidgetsError:
            self._adopt()
            raise
        self.simulated = None
        self._put(view)

    # ---- pictures of what the controls hold ----

    def _put(self, view: View) -> None:
        self._view = view
        self.show(advisor_scene(view, self._mode))
        self._adopt()

    def _catch_up(self) -> None:
        """Draw what the controls hold: while they moved, only the browser followed."""
        scene = self._scene
        if self._closed or scene is None:
            return
        if any(scene.state.get(key) != value for key, value in self.state.items()):
            held = self._read(self.state)
            if replace(held, batch=()) != replace(self._view.held, batch=()):
                drained(self._again(self.state))
            else:
                self._put(moved(self._view, held))


_TRAITS = ("fit", "batch", "answer", "flops", "most", "spend", "setup", "scatter")
