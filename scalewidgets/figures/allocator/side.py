"""The side column of the allocator: budget, hardware, demand, the reader's plan, law."""

from __future__ import annotations

from typing import Any

from ...allocation import devices
from ...allocation.hardware import device
from ...allocation.machine import PRICES
from ...units import format_interval, format_quantity
from ..frame import line, text, value
from ..lawfitter.controls import OBJECTIVES
from ..spending import PRICE_RANGE, UTILISATION_RANGE, budget_sliders, slider, unit_segments
from ..trust import doubt_notes, doubts_of
from .numbers import ROUND_PRICES_OF
from .split import RULES, decay_constants
from .view import View

GPUS_RANGE = (1.0, 65536.0)
SERVED_RANGE = (1e9, 1e15)
CONTEXT_RANGE, UNIQUE_RANGE, MEMORY_RANGE, DAYS_RANGE = (
    (512.0, 1048576.0),
    (1e9, 1e14),
    (8.0, 512.0),
    (0.5, 365.0),
)


def sections(view: View) -> list[dict[str, Any]]:
    """All sections, in the order in which a person decides."""
    return [_budget(view), _hardware(view), _demand(view), _limits(view), _plan(view), _law(view)]


def offered(view: View) -> list[str]:
    """Devices that have a peak in the machine's number format."""
    precision = view.held.machine.precision
    return [name for name in devices() if precision in device(name).peaks]


def _budget(view: View) -> dict[str, Any]:
    return {
        "id": "budget",
        "heading": "Budget",
        "open": True,
        "folded": [line(value("answer.budget"))],
        "items": [
            unit_segments(),
            *budget_sliders(view.reach, view.held.budget),
            {"kind": "note", "lines": [line(value("budget.others", role="strong"))]},
        ],
    }


def _hardware(view: View) -> dict[str, Any]:
    machine = view.held.machine
    options = [
        {"value": n, "label": f"{n}, {device(n).peak(machine.precision).value / 1e12:g} TFLOP/s"}
        for n in offered(view)
    ]
    dated = machine.dated
    own = f"The price is your entry{f' of {dated}' if dated else ''}."
    return {
        "id": "hardware",
        "heading": "Hardware",
        "aside": {"label": "Price list", "toggle": "hardware.list"},
        "folded": [line(value("answer.machine"))],
        "items": [
            {
                "kind": "select",
                "key": "hardware.device",
                "label": f"Device, dense {machine.precision.upper()} peak",
                "options": options,
                "where": "browser",
            },
            slider("hardware.gpus", "GPUs", GPUS_RANGE, "exact", float(machine.gpus)),
            slider(
                "hardware.utilisation",
                "Model FLOP utilisation",
                UTILISATION_RANGE,
                "percent",
                machine.utilisation,
            ),
            slider("hardware.price", "$ per GPU-hour", PRICE_RANGE, "dollars", machine.dollars_per_hour),
            {
                "kind": "note",
                "lines": [
                    line(
                        text(f"The price is a round figure of {ROUND_PRICES_OF}, no quote: type over it."),
                        when={"answer.round_price": True},
                    ),
                    line(text(own)),
                ],
            },
            _price_list(view),
        ],
    }


def _price_list(view: View) -> dict[str, Any]:
    """Round figures to start from, with the month in which they were entered."""
    return {
        "kind": "table",
        "label": f"Round figures of {ROUND_PRICES_OF}, nobody's offer",
        "columns": [{"label": "TFLOP/s"}, {"label": "$ an hour"}],
        "rows": [
            {
                "label": name,
                "cells": [
                    f"{device(name).peak(view.held.machine.precision).value / 1e12:g}",
                    f"{PRICES[name]:.2f}",
                ],
            }
            for name in offered(view)
        ],
        "when": {"hardware.list": "on"},
    }


def _demand(view: View) -> dict[str, Any]:
    held = view.held
    share = held.machine.serving_utilisation or held.machine.utilisation
    return {
        "id": "demand",
        "heading": "Demand",
        "folded": [line(value("serve.tokens", "tokens"), text(" tokens"))],
        "items": [
            slider("serve.tokens", "Tokens to serve", SERVED_RANGE, "tokens", held.served),
            slider("serve.utilisation", "Serving utilisation", (0.01, 0.8), "percent", share),
            {
                "kind": "note",
                "lines": [line(text("A third of a training token each, on top of the training budget"))],
            },
        ],
    }


def _limits(view: View) -> dict[str, Any]:
    """What a token costs, and what there is no more of."""
    held = view.held
    kinds = {
        "kind": "select",
        "key": "rule.kind",
        "label": "FLOP rule",
        "options": [{"value": kind, "label": label} for kind, label in RULES.items()],
        "where": "browser",
    }
    items: list[dict[str, Any]] = [
        kinds,
        slider("rule.context", "Tokens of a sequence", CONTEXT_RANGE, "tokens", held.context,
               when={"rule.kind": "attention"}),
        slider("rule.active", "Active parameters", (0.01, 1.0), "percent", held.active,
               when={"rule.kind": "moe"}),
    ]  # fmt: skip
    amounts = {
        "unique": ("Unique tokens", "Unique tokens", UNIQUE_RANGE, "tokens", held.unique),
        "memory": ("Memory", "GB per GPU", MEMORY_RANGE, "ratio", held.memory),
        "deadline": ("Deadline", "Days", DAYS_RANGE, "ratio", held.deadline),
    }
    for name, (what, label, reach, kind, limit) in amounts.items():
        switch = [
            {"value": "off", "label": f"{what}: no limit"},
            {"value": "on", "label": f"{what}: limited"},
        ]
        items += [
            {"kind": "select", "key": f"limit.{name}", "label": what, "options": switch, "where": "browser"},
            slider(f"limit.{name}.at", label, reach, kind, limit.at, when={f"limit.{name}": "on"}),
        ]
    decays = f"Repeated tokens count as in {decay_constants()[2]}, whose decay is not fitted here"
    items.append({"kind": "note", "lines": [line(text(decays), when={"limit.unique": "on"})]})
    words = (
        "16 bytes a parameter (Adam, mixed precision) sharded over all GPUs, and the activations of one "
        "sequence a GPU; the GB are your entry"
    )
    items.append({"kind": "note", "lines": [line(text(words), when={"limit.memory": "on"})]})
    return {
        "id": "limits",
        "heading": "Limits",
        "fold": True,
        "folded": [line(value("answer.rule"))],
        "items": items,
    }


def _plan(view: View) -> dict[str, Any]:
    held = view.held
    left, right = view.params
    return {
        "id": "plan",
        "heading": "Your plan",
        "open": True,
        "aside": {"label": "Snap to optimum", "set": {"plan.snap": True}},
        "folded": [line(value("plan.params", "params"), text(" on "), value("plan.tokens", "tokens"))],
        "items": [
            slider("plan.params", "Parameters", (left, right), "params", held.params),
            slider("plan.tokens", "Tokens", view.tokens, "tokens", held.tokens),
            {
                "kind": "segments",
                "key": "plan.keep",
                "label": "Whether the plan stays on the budget",
                "options": [
                    {"value": "budget", "label": "Keep on budget"},
                    {"value": "free", "label": "Free"},
                ],
            },
        ],
    }


def _law(view: View) -> dict[str, Any]:
    fit = view.fit
    certificate = fit.certificate
    delta = f", δ {format_quantity(certificate.delta, 'plain')}" if certificate.delta is not None else ""
    said = []
    for symbol in fit.law.coefficients:
        if symbol.name not in fit.law.linear or symbol.name == "E":
            number = fit.coefficients[symbol.name]
            kind = "exponent" if abs(number) < 1 else "plain"
            words = f"{symbol.label} {format_quantity(number, kind)}"
            if view.resamples:
                ends = fit.interval(symbol.name, view.level)
                words += f" {format_interval(*ends, kind, 2 if kind == 'exponent' else 3)}"
            said.append(words)
    goal = OBJECTIVES.get(certificate.objective, certificate.objective).split(" on ")[0].removesuffix(", sum")
    return {
        "id": "law",
        "heading": "Law",
        "aside": {"label": "Open fit", "toggle": "law.open"},
        "folded": [line(text(fit.law.title))],
        "items": [
            {
                "kind": "note",
                "lines": [line(text(f"{fit.law.title}, {view.count:,} runs, {goal}{delta}"))],
            },
            {"kind": "note", "lines": [line(text(", ".join(said)))]},
            *doubt_notes(doubts_of(fit.runs)),
            *_fit(view),
            {
                "kind": "note",
                "lines": [line(text("Too wide an interval?"))],
                "action": {"label": "Which runs next", "ask": "next-runs"},
            },
            {
                "kind": "note",
                "lines": [line(text("Other ways to the best size"))],
                "action": {"label": "Approaches 1, 2, 3", "ask": "approaches"},
            },
        ],
    }


def _fit(view: View) -> list[dict[str, Any]]:
    """The fit behind the plan: every coefficient with its interval, and whether it can be trusted."""
    fit = view.fit
    rows = []
    for symbol in fit.law.coefficients:
        ends = fit.interval(symbol.name, view.level) if len(fit.resamples) else None
        between = "" if ends is None else format_interval(*ends, "plain", 3)
        rows.append(
            {
                "label": symbol.label,
                "cells": [format_quantity(fit.coefficients[symbol.name], "plain"), between],
            }
        )
    when, reason = {"law.open": "on"}, fit.reason or "The fit converged and is identified."
    return [
        {
            "kind": "table",
            "label": "Coefficients",
            "columns": [{"label": "value"}, {"label": f"{100 * view.level:g} % interval"}],
            "rows": rows,
            "when": when,
        },
        {
            "kind": "note",
            "lines": [line(text(reason), when=when)],
        },
    ]
