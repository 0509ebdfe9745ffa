"""The words of the allocator: sentence, conventions, places of figures, trust line, code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..frame import STILL_WIDTH, line, still_picture, text, value
from ..trust import decades_beyond, doubted, doubts_of, narrowed, solved
from .numbers import ROUND_PRICES_OF
from .view import MOST_DRAWS, View


def sentence() -> list[dict[str, Any]]:
    """The best split of the budget, each number with its interval."""
    return [
        line(
            text("For "),
            value("answer.budget"),
            text(", train "),
            value("answer.params", role="answer"),
            value("answer.params_range", role="quiet"),
            text(" parameters on "),
            value("answer.tokens", role="answer"),
            value("answer.tokens_range", role="quiet"),
            text(" tokens to reach a loss of "),
            value("answer.loss", role="answer"),
            value("answer.loss_range", role="quiet"),
            text("."),
        )
    ]


def second_line() -> list[dict[str, Any]]:
    """Tokens per parameter, time on the clock, and how far the budget lies beyond the data."""
    return [
        line(value("input.problem", role="warning"), when={"input.fine": False}, level="warning"),
        line(
            text("That is "),
            value("answer.ratio"),
            text(" tokens per parameter and "),
            value("answer.clock"),
            text(" on "),
            value("answer.machine"),
            text(". "),
            value("answer.reach"),
            text(" "),
            value("answer.limits"),
        ),
    ]


def conventions(view: View) -> list[str]:
    """What every number on screen rests on."""
    drawn = len(view.fit.resamples)
    shown = min(drawn, MOST_DRAWS)
    of = f" of {drawn:,}" if drawn > shown else ""
    rests = f"{100 * view.level:g} % intervals, {shown:,}{of} resamples over runs"
    return [rests if drawn else "No resamples, so no intervals", "prices as set here"]


def figure_places(view: View) -> list[dict[str, Any]]:
    """Where figures stand, what they claim and how to read them."""
    # A space that does not break: a percent sign alone in a line is lost.
    level = f"{100 * view.level:g}\N{NO-BREAK SPACE}%"
    return [
        {
            "root": "main",
            "place": "main",
            "height": 440,
            "title": [line(text("Loss for every size and token count"))],
            "note": [
                line(
                    text("Drag your plan. Solid line: all that "),
                    value("answer.budget"),
                    text(f" buys. Bar on it: where the optimum lies, {level}. Dots: {view.count:,} runs."),
                )
            ],
        },
        {
            "root": "iso",
            "place": "beside",
            "height": 440,
            "title": [line(text("Loss at a fixed budget"))],
            "note": [
                line(text("IsoFLOP curves, optimum with interval. Dots: runs within 12\N{NO-BREAK SPACE}%."))
            ],
        },
        {
            "root": "growth",
            "place": "small",
            "height": 210,
            "title": [line(text("How the optimum grows"))],
            "note": [line(text(f"Solid inside the data, dashed beyond, band {level}"))],
            "folded": [line(value("answer.ratio"), text(" tokens per parameter"))],
        },
        {
            "root": "waste",
            "place": "small",
            "height": 210,
            "title": [line(text("The price of being wrong"))],
            "note": [
                line(
                    text("Money an optimal run of equal loss would save"),
                )
            ],
            "folded": [line(text("your plan "), value("plan.saved"), value("plan.saved_range"))],
        },
        {
            "root": "costs",
            "place": "small",
            "height": 210,
            "title": [line(text("What it costs"))],
            "note": [line(value("plan.pays"))],
            "folded": [line(text("your plan "), value("costs.life.plan"), text(", serving included"))],
            "table": cost_table(view.held.machine.watts is not None),
        },
    ]


def cost_table(powered: bool) -> dict[str, Any]:
    """Rows of the table of costs; the numbers stand in the state. Energy only where its watts are known."""

    def cells(part: str, ranged: bool = False) -> list[list[dict[str, Any]]]:
        out = [[line(value(f"costs.{part}.{name}"))] for name in ("best", "plan", "equal")]
        if ranged:
            out[0] = [line(value(f"costs.{part}.best"), value(f"costs.{part}.range", role="quiet"))]
        return out

    rows: list[tuple[list[dict[str, Any]], list[list[dict[str, Any]]], bool]] = [
        ([line(text("Parameters"))], cells("params", True), False),
        ([line(text("Tokens"))], cells("tokens", True), False),
        ([line(text("Loss"))], cells("loss", True), False),
        ([line(text("Training"))], cells("training"), False),
        ([line(value("costs.days"))], cells("days"), False),
        *([([line(text("Energy, 0.8 load, PUE 1.2"))], cells("energy"), False)] if powered else []),
        ([line(value("costs.served"))], cells("serving"), False),
        ([line(text("Life, all in"))], cells("life"), True),
    ]
    return {
        "label": "What it costs",
        "columns": [
            {"label": "Optimum", "role": "answer"},
            {"label": "Your plan", "role": "plan"},
            {"label": "Equal to plan"},
        ],
        "rows": [{"label": label, "cells": cells, "strong": strong} for label, cells, strong in rows],
    }


def trust(view: View) -> list[dict[str, Any]]:
    """What the answer can be trusted for; amber is content, not decoration."""
    fit = view.fit
    items = [solved(fit, "Fit converged and identified", "Fit converged", "Fit is weak")]
    if len(fit.resamples):
        words = "Optimum in closed form, intervals by bootstrap"
        items.append(line(text(words), when={"answer.searched": False}, level="fine", short="Closed form"))
        items.append(
            line(
                text("Optimum by search, intervals from "),
                value("answer.resamples"),
                text(" resamples"),
                when={"answer.searched": True},
                level="fine",
                short="By search",
            )
        )
    else:
        items.append(line(text("No resamples, so no intervals"), level="warning", short="No intervals"))
    items.append(decades_beyond("the data"))
    items.append(
        line(text("Below the smallest run"), when={"answer.below": True}, level="warning", short="Below")
    )
    items.append(
        line(
            text(f"Price is a round figure of {ROUND_PRICES_OF}"),
            when={"answer.round_price": True},
            level="warning",
            short="Round price",
        )
    )
    repeated = text("Decay of repeated tokens is published, not fitted")
    items.append(line(repeated, when={"limit.unique": "on"}, level="warning", short="Decay not fitted"))
    dated = f" of {view.held.machine.dated}" if view.held.machine.dated else ", no date"
    items.append(
        line(
            text(f"Price is your entry{dated}"),
            when={"answer.round_price": False},
            level="warning",
            short="Own price",
        )
    )
    return [*items, *doubted(doubts_of(fit.runs), "Law"), *narrowed(fit)]


def code(view: View) -> list[dict[str, Any]]:
    """Lines of Python that yield what is on screen, at full precision, from the same `fit`."""
    precision, watts = view.held.machine.precision, view.held.machine.watts
    return [
        line(text("import scalewidgets as sw")),
        line(text("from scalewidgets.allocation import Machine, TrainingMemory")),
        line(text("from scalewidgets.allocation import mixture_of_experts, with_attention")),
        line(text("")),
        line(text("machine = Machine(")),
        line(text('    "'), value("hardware.device"), text('",')),
        line(text("    gpus=round("), value("hardware.gpus", "code"), text("),")),
        line(text("    utilisation="), value("hardware.utilisation", "code"), text(",")),
        line(text("    price="), value("hardware.price", "code"), text(",")),
        line(text(f'    precision="{precision}",')),
        *([] if watts is None else [line(text(f"    watts={watts!r},"))]),
        line(text("    serving_utilisation="), value("serve.utilisation", "code"), text(",")),
        line(text(")")),
        line(text("# fit: the fit that this screen was given")),
        line(
            text("plan = sw.allocate(fit, flops="),
            value("budget.flops", "code"),
            text(", machine=machine"),
            value("code.limits"),
            text(")"),
        ),
        line(
            text("plan.wrong(params="),
            value("plan.params", "code"),
            text(", tokens="),
            value("plan.tokens", "code"),
            text(")"),
        ),
    ]


def still(frame: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Where figures stand in the still picture, and the words around them; the table is words there."""
    half = (STILL_WIDTH - 24) // 2
    places = (
        ("main", 0, 0, 640, 460),
        ("iso", 664, 0, STILL_WIDTH - 664, 460),
        ("growth", 0, 490, half, 250),
        ("waste", half + 24, 490, half, 250),
    )
    costs = (
        f"{state['plan.pays']}. Serving included the optimum costs {state['costs.life.best']}, your plan "
        f"{state['costs.life.plan']}, the cheapest run as good {state['costs.life.equal']}."
    )
    return still_picture(frame, state, places, spoken=[costs])
