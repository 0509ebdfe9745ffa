"""TestTimePareto: which model, how many samples, behind which verifier, live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from traitlets import Any as AnyTrait
from traitlets import Float

from ..errors import FitError, ScaleWidgetsError
from ..figures.scene import Scene
from ..figures.testtime import (
    Held,
    SystemsView,
    View,
    first_held,
    make_view,
    read_selected,
    read_systems_view,
    sampling_scene,
    systems_scene,
)
from ..figures.testtime.view import advice, budgets
from ..pane.pane import refuse_unknown
from ..testtime import Tally, tally
from .exports import export_scene
from .screen import Screen
from .test_time_held import budgeted, changed, held_in, verified
from .test_time_tables import Offered, benchmarks_of, kind_of, of_benchmark, opened, sent


class TestTimePareto(Screen):
    """Price answers: which model, how many samples, and what another verifier, price or budget would change.

    Budget, verifier and prices move in the browser; no kernel is asked, so the sliders of a saved notebook
    work. Other samples or systems are the kernel's.

    Parameters
    ----------
    samples_or_systems : DataFrame, str or Path, optional
        Samples (``problem_id`` with counts or verdicts, from :func:`scalewidgets.read_samples`), systems
        (``accuracy`` and costs, from :func:`scalewidgets.read_systems`), the name of a bundled table of
        either kind, or a file. By default Pythia on MATH.
    systems : DataFrame, str or None, optional
        Systems beside samples; by default the agents on HumanEval beside bundled samples, and none
        beside your own.
    dollars : float, optional
        Budget for 1,000 problems. By default some ten samples of the dearest model.
    tokens_per_problem, seconds_per_problem : float, optional
        The same in tokens or in seconds of a device; at most one of the three.
    worth : float, optional
        Dollars that a solved problem is worth: where one more sample earns less than it costs, sampling
        saturates.
    verifier : (float, float) or "perfect"
        Shares of right and of wrong answers that are accepted.
    tokens : float, optional
        Tokens of a sample; by default those of the log, or 320.
    machine : str
        A device of :func:`scalewidgets.allocation.devices`, which the FLOP of a sample are priced on.
    price_per_hour, utilisation : float, optional
        Of the device.
    prices : mapping of str to float, optional
        Dollars for a million tokens of each model, in place of a device.
    mode : {"compact", "full"}
        How much is folded away.

    Attributes
    ----------
    advice : Menu or None
        Models ranked at the budget (:func:`scalewidgets.testtime.menu`); follows when a slider is released.
    frontier : Frontier or None
        Of the systems, against the cost that is chosen (:func:`scalewidgets.frontier`).
    counts : Tally or None
    right, wrong : float
        The verifier. Settable.
    dollars : float
        Budget for 1,000 problems. Settable.

    Raises
    ------
    TableError
        If the table cannot be used, or nothing says what a sample costs.
    QuantityError
        For two budgets, or a number that is not above zero.

    Notes
    -----
    All samples of a budget are drawn and the first that is accepted is the answer; where none is accepted
    there is none. Intervals are over problems.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> sw.TestTimePareto(sw.load("pythia_math"), dollars=0.30)  # doctest: +SKIP
    """

    __test__ = False  # no class of tests, whatever its name begins with

    advice = AnyTrait(None, allow_none=True, help="Models ranked at the budget.")
    frontier = AnyTrait(None, allow_none=True, help="Frontier of the systems.")
    counts = AnyTrait(None, allow_none=True, help="Counts of the samples.")
    dollars = Float(0.3, help="Budget in dollars for 1,000 problems.")
    right = Float(0.9, help="Share of right answers that the verifier accepts.")
    wrong = Float(0.01, help="Share of wrong answers that the verifier accepts.")

    def __init__(
        self,
        samples_or_systems: pd.DataFrame | str | Path | None = None,
        systems: pd.DataFrame | str | Path | None = None,
        *,
        dollars: float | None = None,
        tokens_per_problem: float | None = None,
        seconds_per_problem: float | None = None,
        worth: float | None = None,
        verifier: tuple[float, float] | str = (0.9, 0.01),
        tokens: float | None = None,
        machine: str = "H100 SXM",
        price_per_hour: float | None = None,
        utilisation: float | None = None,
        prices: Mapping[str, float] | None = None,
        mode: str = "full",
        **unknown: Any,
    ) -> None:
        refuse_unknown(type(self), unknown)
        self._mode, self._machine, self._prices = self._checked_mode(mode), machine, prices
        self._logs: dict[int, pd.DataFrame] = {}
        self._selected: tuple[Tally, dict[str, Any], dict[str, str]] | None = None
        self._table, beside, self._offered = opened(samples_or_systems, systems)
        counts = None if self._table is None else self._counted(self._table)
        shown = None if beside is None else read_systems_view(beside)
        held = first_held(counts, machine=machine, prices=prices, systems=shown)
        given = {"worth": worth, "sample_tokens": tokens, "hour": price_per_hour, "utilisation": utilisation}
        held = changed(held, {name: value for name, value in given.items() if value is not None})
        held = budgeted(held, dollars, tokens_per_problem, seconds_per_problem)
        self._held = self._first = verified(held, verifier)
        self._view = self._seen(counts, shown, self._held)
        self._start = (counts, shown, self._offered, self._table)
        super().__init__(self._scene_of(self._view), **unknown)
        self._adopt()
        self._listen(
            {
                "change": self._ask_change,
                "open-table": self._ask_open_table,
                "reset": self._ask_reset,
                "export": self._ask_export,
            },
            ["dollars", "right", "wrong"],
        )

    def _counted(self, table: pd.DataFrame, benchmark: str | None = None) -> Tally:
        """Counts of a table on one benchmark; a log of single samples is kept for what else it allows."""
        table = of_benchmark(table, benchmark)
        counts = tally(table)
        if "correct" in table and "n_correct" not in table:
            self._logs[id(counts)] = table
        return counts

    # ---- what the browser asks and tells ----

    def _ask_change(self, args: Mapping[str, Any]) -> None:
        try:
            benchmark = None if args.get("benchmark") is None else str(args["benchmark"])
            tables: dict[str, pd.DataFrame] = {}
            offered = self._offered
            for key, value in args.items():
                if key in ("samples", "systems"):
                    tables[key] = offered.table(key, str(value))
                    offered = offered.choosing(key, str(value))
                elif key != "benchmark":
                    raise FitError(f"{key!r} is not a setting of this screen.")
            if benchmark is not None and self._table is not None:
                tables.setdefault("samples", self._table)
            self._turn(tables, offered, benchmark)
        except ScaleWidgetsError:
            # Refused: the menus go back to what is on screen.
            held = {"samples": self._offered.samples, "systems": self._offered.systems}
            if self._view.counts is not None:
                held["benchmark"] = self._view.counts.benchmark
            self.set_values(held)
            raise

    def _ask_open_table(self, args: Mapping[str, Any]) -> None:
        """A file of the reader's own, in place of the samples or of the systems."""
        table = sent(args)
        key = kind_of(table)
        self._turn({key: table}, self._offered.with_own(key, table))

    def _turn(
        self, tables: Mapping[str, pd.DataFrame], offered: Offered, benchmark: str | None = None
    ) -> None:
        """Show other samples or systems; what is refused leaves the screen as it is."""
        counts, shown, table = self._view.counts, self._view.systems, self._table
        if "samples" in tables:
            table = tables["samples"]
            counts = self._counted(table, benchmark)
        if "systems" in tables:
            shown = read_systems_view(tables["systems"])
        held = held_in(self.state, self._held, self._view.units)
        if counts is None and shown is not None:
            held = budgets(held, shown.first())
        if "samples" in tables:
            start = first_held(counts, machine=self._machine, prices=self._prices)
            held = replace(
                held, dollars=start.dollars, tokens=start.tokens, seconds=start.seconds,
                worth=start.worth, sample_tokens=start.sample_tokens,
            )  # fmt: skip
        view = self._seen(counts, shown, held)
        before = self._view, self._held, self._offered, self._table
        self._view, self._held, self._offered, self._table = view, view.held, offered, table
        try:
            self._draw()
        except ScaleWidgetsError:
            self._view, self._held, self._offered, self._table = before
            raise
        self._adopt()

    def _ask_reset(self, args: Mapping[str, Any]) -> None:
        counts, shown, offered, self._table = self._start
        self._offered = replace(offered, own={**self._offered.own, **offered.own})
        self._held = self._first
        self._view = self._seen(counts, shown, self._held)
        self._draw()
        self._adopt()

    def _ask_export(self, args: Mapping[str, Any]) -> dict[str, str]:
        state = self._view_state(args)
        view = replace(self._view, held=held_in(state, self._held, self._view.units))
        return export_scene(self._scene_of(view), str(args["format"]), self.theme)

    def _on_state(self, values: Mapping[str, Any]) -> None:
        """A person let go of a control: traits follow what all controls hold."""
        self._held = held_in(self.state, self._held, self._view.units)
        self._view = replace(self._view, held=self._held)
        self._adopt()

    # ---- traits ----

    def _adopt(self) -> None:
        """Put what is on screen into the traits, without answering one's own changes."""
        view, held = self._view, self._held
        axis = None if view.systems is None else view.systems.axes.get(held.unit)
        with self._adopting():
            self.counts = view.counts
            self.dollars, self.right, self.wrong = held.dollars, held.right, held.wrong
            self.frontier = None if axis is None else axis.front
            self.advice = None if view.counts is None else advice(view)

    def _trait_changed(self, change: Mapping[str, Any]) -> None:
        name, value = change["name"], change["new"]
        before = self._held
        try:
            self._held = changed(before, {name: value})
            if name == "dollars":
                self._held = replace(self._held, unit="dollars")
            self._view = replace(self._view, held=self._held)
            self._draw()
        except ScaleWidgetsError:
            self._held = before
            self._adopt()
            raise
        self._adopt()

    # ---- pictures of what the controls hold ----

    def _seen(self, counts: Tally | None, systems: SystemsView | None, held: Held) -> View:
        if counts is None:
            return make_view(None, held, systems=systems, machine=self._machine)
        if self._selected is None or self._selected[0] is not counts:
            self._selected = counts, *read_selected(self._logs.get(id(counts)), counts)
        _, selected, lacking = self._selected
        return make_view(
            counts,
            held,
            systems=systems,
            machine=self._machine,
            prices=self._prices,
            selected=selected,
            lacking=lacking,
        )

    def _scene_of(self, view: View) -> Scene:
        offered = self._offered
        if view.counts is None:
            chosen = offered.systems
            code = "systems  # your table" if chosen == "own" else f"sw.load({chosen!r})"
            return systems_scene(view, self._mode, offered.menu("systems"), chosen, code)
        return sampling_scene(
            view,
            self._mode,
            samples=offered.menu("samples"),
            systems=offered.menu("systems") if view.systems is not None else None,
            chosen=(offered.samples, offered.systems),
            benchmarks=() if self._table is None else benchmarks_of(self._table),
        )

    def _draw(self) -> None:
        self.show(self._scene_of(self._view))
