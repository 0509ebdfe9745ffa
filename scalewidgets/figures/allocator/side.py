"""The side column of the allocator: budget, hardware, demand, the reader's plan, law."""

from __future__ import annotations

from typing import Any

from ...allocation import devices
from ...allocation.hardware import device
from ...units import format_interval, format_quantity
from ..frame import line, text, value
from ..lawfitter.controls import OBJECTIVES
from ..spending import PRICE_RANGE, UTILISATION_RANGE, budget_sliders, slider, unit_segments
from .numbers import ROUND_PRICES_OF
from .view import View

GPUS_RANGE = (1.0, 65536.0)
SERVED_RANGE = (1e9, 1e15)


def sections(view: View) -> list[dict[str, Any]]:
    """All sections, in the order in which a person decides."""
    return [_budget(view), _hardware(view), _demand(view), _plan(view), _law(view)]


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
        ],
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
                "lines": [line(text("2 N FLOP per token, paid on top of the training budget"))],
            },
        ],
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
        "folded": [line(text(fit.law.title))],
        "items": [
            {
                "kind": "note",
                "lines": [line(text(f"{fit.law.title}, {view.count:,} runs, {goal}{delta}"))],
            },
            {"kind": "note", "lines": [line(text(", ".join(said)))]},
        ],
    }
