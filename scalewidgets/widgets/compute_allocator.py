"""ComputeAllocator: how to split a budget between parameters and tokens, live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from traitlets import Any as AnyTrait
from traitlets import Float

from ..allocation import Machine, Plan, allocate, device
from ..allocation.machine import PRICES
from ..errors import QuantityError, ScaleWidgetsError
from ..figures.allocator import (
    DEADLINE,
    DEFAULT_MACHINE,
    MEMORY,
    RULES,
    SERVED,
    UNIQUE,
    Held,
    Limit,
    allocator_scene,
    first_plan,
    make_view,
    refuse,
)
from ..figures.spending import SECONDS_PER_HOUR, UNITS
from ..fitting import Fit
from ..pane.pane import refuse_unknown
from .approaches import Approaches
from .budgets import budget_of, number_of, positive, priced, with_date
from .exports import export_scene
from .next_runs import NextRuns
from .screen import Screen


class ComputeAllocator(Screen):
    """Split a budget between parameters and tokens, and see what another split costs.

    Budget, hardware, demand and the reader's plan move in the browser; no kernel is asked, so the sliders
    of a saved notebook work.

    Parameters
    ----------
    fit : Fit
        Of a law that is a floor and one power each of N and D, such as ``law="chinchilla"``.
    flops, dollars, gpu_hours : float, optional
        The budget of training, at most one of them; by default a round compute about a decade beyond the
        largest run. It is shown in the unit that it is given in.
    machine : Machine or str, optional
        Devices, utilisation and price; by default 1,024 H100 at 40 %, serving at 15 %.
    params, tokens : float, optional
        The reader's plan. With one of them the other is what the budget leaves; by default half the best
        size.
    serve_tokens : float
        Tokens that the model will serve over its life. They are paid on top of the training budget, which
        is therefore split as if there were none.
    unique_tokens, memory, days : float, optional
        Limits: distinct tokens; gigabytes of one device that training may take, as
        :class:`~scalewidgets.allocation.TrainingMemory` counts; a deadline for all devices.
    flops_rule : {"6ND", "attention", "moe"}
        What a token costs: as :func:`~scalewidgets.allocation.with_attention` over ``context`` tokens, or as
        :func:`~scalewidgets.allocation.mixture_of_experts` with a share ``active``.
    context, active : float
    mode : {"compact", "full"}
        How much is folded away.

    Attributes
    ----------
    fit : Fit
        Settable.
    plan : Plan
        :func:`scalewidgets.allocate` at the budget and machine on screen; follows when a slider is released.
    flops : float
        The budget. Settable.
    params, tokens : float
        The reader's plan. Settable.
    machine : Machine
        What the controls hold.
    approaches : Approaches or None
        The screen that "Approaches 1, 2, 3" opened.
    next_runs : NextRuns or None
        The screen that "Which runs next" opened.

    Raises
    ------
    FitError
        If the fit carries no advice, or its law has no closed form.
    QuantityError
        If there are two budgets, or a number is not above zero.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> sw.ComputeAllocator(sw.fit(sw.load("chinchilla")), dollars=1e6)  # doctest: +SKIP
    """

    fit = AnyTrait(None, help="The fit that plans rest on.")
    plan = AnyTrait(None, allow_none=True, help="The best split of the budget.")
    flops = Float(1e23, help="Budget in training FLOP.")
    params = Float(1e10, help="Parameters of the reader's plan.")
    tokens = Float(1e12, help="Tokens of the reader's plan.")

    def __init__(
        self,
        fit: Fit,
        *,
        flops: float | None = None,
        dollars: float | None = None,
        gpu_hours: float | None = None,
        machine: Machine | str | None = None,
        params: float | None = None,
        tokens: float | None = None,
        serve_tokens: float = SERVED,
        unique_tokens: float | None = None,
        memory: float | None = None,
        days: float | None = None,
        flops_rule: str = "6ND",
        context: float = 4096.0,
        active: float = 0.25,
        mode: str = "full",
        **unknown: Any,
    ) -> None:
        refuse_unknown(type(self), unknown)
        refuse(self._fit_of(fit))
        rented = DEFAULT_MACHINE if machine is None else machine
        if isinstance(rented, str):
            rented = replace(DEFAULT_MACHINE, device=rented)
        given = {"flops": flops, "dollars": dollars, "gpu_hours": gpu_hours}
        given |= {"params": params, "tokens": tokens, "serve_tokens": serve_tokens, "context": context}
        given |= {"unique_tokens": unique_tokens, "memory": memory, "days": days, "active": active}
        for name, value in given.items():
            if value is not None:
                number_of(name, value)
        rented = priced(rented)
        if flops_rule not in RULES or active > 1:
            raise QuantityError(
                f"flops_rule={flops_rule!r} with active={active:g} is not known.",
                remedy=f"Choose one of {', '.join(RULES)}, and active= up to 1.",
            )
        budget, unit = budget_of(fit, rented, flops, dollars, gpu_hours)
        allocate(fit, flops=budget)  # refuses what buys no model
        rented = with_date(rented)
        keep = params is None or tokens is None
        held = Held(
            budget, 1.0, 1.0, rented, float(serve_tokens), unit, keep, flops_rule, float(context),
            float(active), limited(UNIQUE, unique_tokens), limited(MEMORY, memory), limited(DEADLINE, days),
        )  # fmt: skip
        size, data = _plan(fit, held, params, tokens)
        self._held = self._first = replace(held, params=size, tokens=data)
        self._mode = self._checked_mode(mode)
        self.next_runs: NextRuns | None = None
        self.approaches: Approaches | None = None
        super().__init__(allocator_scene(make_view(fit, self._held), mode), **unknown)
        self._drawn = fit
        self._adopt()
        self._listen(
            {
                "reset": self._ask_reset,
                "export": self._ask_export,
                "next-runs": self._ask_next_runs,
                "approaches": self._ask_approaches,
            },
            ["fit", "flops", "params", "tokens"],
        )

    @property
    def machine(self) -> Machine:
        """Devices, utilisation and price as the controls hold them."""
        return self._held.machine

    # ---- what the browser asks and tells ----

    def _ask_reset(self, args: Mapping[str, Any]) -> None:
        self._held = self._first
        self._draw()
        self._adopt()

    def _ask_export(self, args: Mapping[str, Any]) -> dict[str, str]:
        state = self._view_state(args)
        scene = allocator_scene(make_view(self._drawn, self._read(state)), self._mode)
        return export_scene(scene, str(args["format"]), self.theme)

    def _ask_next_runs(self, args: Mapping[str, Any]) -> dict[str, str]:
        """Another screen below this one: which runs would narrow the answer at this budget."""
        held = self._read(self.state)
        rented = held.machine
        dollars = held.budget / rented.rate / SECONDS_PER_HOUR * rented.dollars_per_hour
        if held.unit == "dollars":
            self.next_runs = NextRuns(self._drawn, machine=rented, dollars=dollars)
        else:
            self.next_runs = NextRuns(self._drawn, machine=rented, flops=held.budget)
        return {"open": str(self.next_runs.model_id)}

    def _ask_approaches(self, args: Mapping[str, Any]) -> dict[str, str]:
        """Show the three approaches below, on the same fit and budget."""
        held = self._read(self.state)
        per = {"dollars": held.machine.flops_of_dollars(1.0), "gpu_hours": held.machine.flops_of_hours(1.0)}
        unit = {"dollars": "dollars", "hours": "gpu_hours"}.get(held.unit, "flops")
        given: dict[str, Any] = {unit: held.budget / per.get(unit, 1.0)}
        if self.approaches is not None:
            self.approaches.close()
        self.approaches = Approaches(self._drawn, machine=held.machine, mode=self._mode, **given)
        return {"open": str(self.approaches.model_id)}

    def _on_state(self, values: Mapping[str, Any]) -> None:
        """A person let go of a control: traits follow what all controls hold."""
        self._held = self._read(self.state)
        self._adopt()

    def _read(self, state: Mapping[str, Any]) -> Held:
        """What the controls of one view hold; what does not read stays as it was."""
        now, machine = self._held, self._held.machine
        name = state.get("hardware.device")
        known = isinstance(name, str) and name in PRICES and machine.precision in device(name).peaks
        chosen = str(name) if known else machine.device
        price = positive(state, "hardware.price", machine.dollars_per_hour)
        dated = machine.dated if price == machine.dollars_per_hour else date.today().isoformat()
        own = price != PRICES[chosen]
        rented = Machine(
            chosen,
            gpus=max(1, round(positive(state, "hardware.gpus", float(machine.gpus)))),
            utilisation=min(1.0, positive(state, "hardware.utilisation", machine.utilisation)),
            price=price if own else None,
            precision=machine.precision,
            serving_utilisation=min(
                1.0,
                positive(state, "serve.utilisation", machine.serving_utilisation or machine.utilisation),
            ),
            # Watts are those of the device that they were given for.
            watts=self._first.machine.watts if chosen == self._first.machine.device else None,
            dated=dated if own else "",
        )
        return Held(
            budget=positive(state, "budget.flops", now.budget),
            params=positive(state, "plan.params", now.params),
            tokens=positive(state, "plan.tokens", now.tokens),
            machine=rented,
            served=positive(state, "serve.tokens", now.served),
            unit=str(state["budget.unit"]) if state.get("budget.unit") in UNITS else now.unit,
            keep=state.get("plan.keep") != "free",
            rule=str(state["rule.kind"]) if state.get("rule.kind") in RULES else now.rule,
            context=positive(state, "rule.context", now.context),
            active=min(1.0, positive(state, "rule.active", now.active)),
            **{
                name: Limit(
                    state.get(f"limit.{name}", "on" if limit.on else "off") == "on",
                    positive(state, f"limit.{name}.at", limit.at),
                )
                for name, limit in (
                    ("unique", now.unique),
                    ("memory", now.memory),
                    ("deadline", now.deadline),
                )
            },
        )

    # ---- traits ----

    def _adopt(self) -> None:
        """Put what is on screen into the traits, without answering one's own changes."""
        held = self._held
        with self._adopting():
            self.fit = self._drawn
            self.flops, self.params, self.tokens = held.budget, held.params, held.tokens
            self.plan = planned(self._drawn, held)

    def _trait_changed(self, change: Mapping[str, Any]) -> None:
        name, value = change["name"], change["new"]
        held = self._held
        try:
            if name == "fit":
                refuse(self._fit_of(value))
                make_view(value, held)
                self._drawn = value
            else:
                self._held = _with(held, name, number_of(name, value))
            self._draw()
        except ScaleWidgetsError:
            self._held = held
            self._adopt()
            raise
        self._adopt()

    # ---- pictures of what the controls hold ----

    def _draw(self) -> None:
        self.show(allocator_scene(make_view(self._drawn, self._held), self._mode))


def planned(fit: Fit, held: Held) -> Plan | None:
    """The plan of what the controls hold; none where the limits leave no model."""
    try:
        return allocate(
            fit,
            flops=held.budget,
            machine=held.machine,
            flops_rule=held.flop_rule,
            unique_tokens=held.unique.at if held.unique.on else None,
            memory=held.store,
            days=held.deadline.at if held.deadline.on else None,
        )
    except QuantityError:
        return None


def limited(usual: Limit, given: float | None) -> Limit:
    """A limit that is on where it has a value."""
    return usual if given is None else Limit(True, float(given))


def _plan(fit: Fit, held: Held, params: float | None, tokens: float | None) -> tuple[float, float]:
    rule = held.counted
    if params is not None and tokens is not None:
        return float(params), float(tokens)
    if params is not None:
        return float(params), held.budget / float(rule.per_token(np.array(params)))
    if tokens is not None:
        return rule.size(held.budget / tokens), float(tokens)
    return first_plan(fit, held)


def _with(held: Held, name: str, value: float) -> Held:
    """What is held with one number changed; a plan that is kept on the budget stays there."""
    rule = held.counted
    if name == "flops":
        kept = value / float(rule.per_token(np.array(held.params))) if held.keep else held.tokens
        return replace(held, budget=value, tokens=kept)
    if name == "params":
        kept = held.budget / float(rule.per_token(np.array(value)))
        return replace(held, params=value, tokens=kept if held.keep else held.tokens)
    return replace(held, tokens=value, params=rule.size(held.budget / value) if held.keep else held.params)
