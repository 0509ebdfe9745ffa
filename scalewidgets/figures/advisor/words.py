"""The words of the advisor: sentence, conventions, places of figures, trust line, code."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

from ...allocation.machine import PRICES_OF
from ...units import format_interval, format_quantity
from ..frame import STILL_WIDTH, line, still_picture, text, value
from ..palette import DARK, LIGHT
from ..trust import doubted, doubts_of
from .numbers import counted
from .plots import COLOURS
from .view import View


def sentence() -> list[dict[str, Any]]:
    """What to train, for how much, and what it does to the interval."""
    rest = (
        value("answer.dollars", role="answer"),
        text(": "),
        value("answer.symbol"),
        text(" at "),
        value("answer.budget"),
        text(" narrows from "),
        value("answer.now", role="quiet"),
        text(" to "),
        value("answer.after", role="answer"),
        value("answer.unit"),
        text("."),
    )
    return [
        line(text("With "), value("answer.count"), text(" of yours for "), *rest, when={"answer.own": True}),
        line(text("Train "), value("answer.count"), text(" for "), *rest),
    ]


def second_line(view: View) -> list[dict[str, Any]]:
    """How much narrower, what other runs would have left, and what the runs gave."""
    level = f"{100 * view.advice.level:g}\N{NO-BREAK SPACE}%"
    start = (
        text(f"Predicted {level} interval, "),
        value("answer.narrower", "percent", digits=2),
        text(" narrower on a log scale."),
    )
    best = (text(" The best for the money leave "), value("answer.best"), text("."))
    check = (text(said_of(view)),) if view.check is not None else ()
    return [
        line(*start, *best, value("answer.others"), when={"answer.own": True}),
        line(*start, value("answer.others"), when={"answer.same": False}),
        line(*start, value("answer.others"), *check),
    ]


def said_of(view: View) -> str:
    """What the advised runs gave once they were trained."""
    if view.check is None:
        return ""
    row, kind = view.check.loc["batch"], view.held.answer
    count = len(view.advice.batch)
    these = "this one" if count == 1 else f"these {counted(count)}"
    ends = format_interval(float(row["low"]), float(row["high"]), kind)
    return f" Once trained, {these} gave {format_quantity(float(row['value']), kind, 3)} {ends}."


def conventions(view: View) -> list[str]:
    """What every number on screen rests on."""
    objective = view.advice.fit.certificate.objective
    how = {"squared_log": "least squares on log loss"}.get(objective, f"fitted by {objective}")
    return [f"c-optimality, law linearised at the fit of {view.count:,}", f"{how}, C = 6ND"]


def legend() -> dict[str, Any]:
    """Colours of the candidates."""
    marks = ((0.001, "0.1 %"), (0.01, "1 %"), (0.1, "10 %"))
    low, high = COLOURS
    return {
        "label": "per $100",
        "colours": {"light": list(LIGHT.size), "dark": list(DARK.size)},
        "ticks": [{"at": log(v / low) / log(high / low), "label": words} for v, words in marks],
    }


def figure_places(view: View) -> list[dict[str, Any]]:
    """Where figures stand, what they claim and how to read them."""
    level = f"{100 * view.advice.level:g}\N{NO-BREAK SPACE}%"
    count = len(view.advice.batch)
    these = "this run pins" if count == 1 else f"the {counted(count)} pin"
    return [
        {
            "root": "main",
            "place": "main",
            "height": 440,
            "title": [line(text("Where the next run teaches most"))],
            "note": [
                line(text("Dots: candidates, by what $100 takes off. Squares: done. Shade: one run alone."))
            ],
            "legend": legend(),
        },
        {
            "root": "designs",
            "place": "beside",
            "wide": True,
            "height": 440,
            "title": [line(text("What each design would do"))],
            "note": [
                line(
                    text("Interval of "),
                    value("answer.symbol"),
                    text(" at "),
                    value("answer.budget"),
                    text(f". Ticks: {level} of the random designs."),
                )
            ],
        },
        {
            "root": "money",
            "place": "small",
            "height": 190,
            "title": [line(text("What the money buys"))],
            "note": [
                line(text("As searched for another question or price"), when={"answer.same": False}),
                line(text(money_note(view))),
            ],
            "folded": [
                line(
                    value("answer.narrower", "percent", digits=2),
                    text(" narrower for "),
                    value("answer.dollars"),
                )
            ],
        },
        {
            "root": "pins",
            "place": "small",
            "height": 190,
            "title": [line(text(f"What {these} down"))],
            "note": [line(text(f"Linearised {level}, before and after"))],
            "folded": [line(text("coefficients before and after"))],
        },
        {
            "root": "batch",
            "place": "small",
            "height": 190,
            "title": [line(text("The batch"))],
            "note": [line(text("Last column: the interval if that run is left out"))],
            "folded": [line(value("answer.dollars"))],
            "table": batch_table(len(view.batch)),
        },
    ]


def money_note(view: View) -> str:
    """The cheapest spend that takes off a good part of what can be had."""
    money = view.money
    best = 1 - money["best"].to_numpy()
    half = 0.6 * float(best[-1])
    for dollars, off in zip(money["dollars"], best, strict=True):
        if off >= half:
            spent = format_quantity(float(dollars), "dollars", 2)
            return f"Width of the interval; {spent} already takes off {round(100 * off)}\N{NO-BREAK SPACE}%"
    return "Width of the interval, over that of now"


def batch_table(count: int) -> dict[str, Any]:
    """Rows of the batch; the numbers stand in the state."""

    def cells(*keys: str) -> list[list[dict[str, Any]]]:
        return [[line(value(key))] if key else [line(text(""))] for key in keys]

    rows = [
        {
            "label": [line(text(f"{k + 1}"))],
            "cells": [
                *cells(*(f"batch.{k}.{part}" for part in ("params", "tokens", "ratio", "price"))),
                [line(value(f"batch.{k}.without", role="quiet"))],
            ],
            "strong": False,
        }
        for k in range(count)
    ]
    rows.append(
        {
            "label": [line(text("+"))],
            "cells": [[line(text("set-up"))], *cells("batch.setups", "", "batch.setup_price", "")],
            "strong": False,
        }
    )
    rows.append(
        {
            "label": [line(text("All"))],
            "cells": [
                *cells("", "", "", "answer.dollars"),
                [line(value("answer.after", role="answer"))],
            ],
            "strong": True,
        }
    )
    return {
        "label": "The batch",
        "columns": [{"label": name} for name in ("Size", "Tokens", "D/N", "Price", "Without")],
        "rows": rows,
    }


def trust(view: View) -> list[dict[str, Any]]:
    """What the answer can be trusted for; amber is content, not decoration."""
    advice, search = view.advice, view.advice.search
    how = "All" if search.exhaustive else "By exchange,"
    items = [
        line(
            text("The batch was searched for another question or price: run the cell to search again"),
            when={"answer.searched": False},
            level="warning",
            short="Search is old",
        ),
        line(
            text(f"{how} {search.compared:,} affordable batches compared"),
            when={"answer.searched": True},
            level="fine",
            short=f"{search.compared:,} batches",
        ),
    ]
    items.append(
        line(
            value("answer.simulated"),
            when={"answer.is_simulated": True, "answer.same": True, "answer.own": False},
            level="fine",
            short="Simulated",
        )
    )
    items.append(
        line(
            text("Dearer than the limit"), when={"answer.over": True}, level="warning", short="Over the limit"
        )
    )
    items.append(
        line(value("answer.leaning"), when={"answer.leans": True}, level="warning", short="Leans on the law")
    )
    close = [note for note in advice.notes if note.startswith("The runs lie close")]
    items += [line(text(note.rstrip(".")), level="warning", short="Nearly on one line") for note in close]
    items += doubted(doubts_of(advice.fit.runs), "Runs done")
    items += _checked(view)
    items.append(
        line(
            text("The interval takes the law as true: it does not cover the law being wrong"),
            level="warning",
            short="Law taken as true",
        )
    )
    if view.machine.price is None:
        items.append(
            line(
                text(f"Price of an hour is a round figure of {PRICES_OF}"),
                level="warning",
                short="Round price",
            )
        )
    return items


def _checked(view: View) -> list[dict[str, Any]]:
    """Whether what the runs gave lies where it was predicted."""
    if view.check is None:
        return []
    items = []
    low, high = view.advice.after
    for key in view.check.index:
        row = view.check.loc[key]
        inside = low <= row["value"] <= high
        name = f"All {int(row['runs']):,} runs say" if key == "all" else "Once trained, the runs gave"
        words = f"{name} {format_quantity(float(row['value']), view.held.answer)}"
        words += ", as predicted" if inside else ", outside the prediction"
        if key == "all" or not inside:
            items.append(
                line(
                    text(words),
                    when={"answer.own": False, "answer.same": True},
                    level="fine" if inside else "warning",
                )
            )
    return items


def code(view: View) -> list[dict[str, Any]]:
    """Lines of Python that yield what is on screen, at full precision, from the same `fit`."""
    machine = view.machine
    rented = [f"device={machine.device!r}", f"utilisation={machine.utilisation!r}"]
    rented += [] if machine.price is None else [f"price={machine.price!r}"]
    rented += [] if machine.precision == "bf16" else [f"precision={machine.precision!r}"]
    offered = "candidates" if view.held.table else "None"
    lines = [
        line(text("import scalewidgets as sw")),
        line(text("from scalewidgets.allocation import Machine")),
        line(text("")),
        line(text("# fit: the fit that this screen was given")),
        line(text("# candidates: the table of runs that could be made"), when={"next.candidates": "table"}),
        line(text("advice = sw.next_runs(")),
        line(text("    fit,")),
        line(text("    flops="), value("budget.flops", "code"), text(",")),
        line(text('    answer="'), value("question.answer"), text('",')),
        line(text("    most=round("), value("next.most", "code"), text("),")),
        line(text("    spend="), value("next.spend", "code"), text(",")),
        line(text("    setup="), value("next.setup", "code"), text(",")),
        line(text(f"    candidates={offered},")),
        line(text(f"    machine=Machine({', '.join(rented)}),")),
    ]
    if view.held.inside:
        low, high = view.ratios
        lines.append(line(text(f"    ratios=({low!r}, {high!r}),")))
    lines.append(line(text("    scatter="), value("noise.scatter", "code"), text(",")))
    return [*lines, line(text(")")), line(text("print(advice.report())"))]


def still(frame: Mapping[str, Any], state: Mapping[str, Any], view: View) -> dict[str, Any]:
    """Where figures stand in the still picture, and the words around them; the table is words there."""
    half = (STILL_WIDTH - 24) // 2
    places = (
        ("main", 0, 0, 620, 460),
        ("designs", 644, 0, STILL_WIDTH - 644, 460),
        ("money", 0, 490, half, 240),
        ("pins", half + 24, 490, half, 240),
    )
    rows = "; ".join(
        f"run {k + 1}: {state[f'batch.{k}.params']} on {state[f'batch.{k}.tokens']}, "
        f"{state[f'batch.{k}.price']}, without it {state[f'batch.{k}.without']}"
        for k in range(len(view.batch))
    )
    return still_picture(frame, state, places, spoken=[f"{rows[:1].upper()}{rows[1:]}."])
