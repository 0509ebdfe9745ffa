"""The words of the three approaches: sentence, conventions, places of figures, rows, trust line, code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...units import format_quantity
from ..frame import STILL_WIDTH, line, still_picture, text, value
from ..trust import decades_beyond, doubted, doubts_of, narrowed, solved
from .numbers import FEW, KEYS, answer
from .side import Choices
from .view import View

NBSP = "\N{NO-BREAK SPACE}"


def sentence() -> list[dict[str, Any]]:
    """What approach 3 trains for the budget, and whether the others agree."""
    return [
        line(
            text("For "),
            value("answer.budget"),
            text(" "),
            value("answer.who"),
            text(" "),
            value("answer.params", role="answer"),
            value("answer.params_range", role="quiet"),
            text(" parameters on "),
            value("answer.tokens", role="answer"),
            value("answer.tokens_range", role="quiet"),
            text(" tokens."),
        )
    ]


def second_line() -> list[dict[str, Any]]:
    """What the others say, the parabola without noise, and the path."""
    return [line(value("answer.others"), text(" "), value("path.said"))]


def conventions(view: View) -> list[str]:
    """What every number on screen rests on."""
    rests = f"{100 * view.level:g} % intervals, {view.resamples:,} resamples over runs"
    counted = str(view.lines.fit.certificate.convention).split(", ")[0]
    return [rests if view.resamples else "No resamples, so no intervals", f"C = 6 N D, {counted}"]


def figure_places(view: View, compact: bool) -> list[dict[str, Any]]:
    """Where figures stand, what they claim and how to read them."""
    level = f"{100 * view.level:g}{NBSP}%"
    tall = 170 if compact else 246
    missing = [None if error is None else str(error) for error in view.lines.refused]
    notes = [
        missing[0] or "Ringed: the winners. Their sizes give the exponent",
        missing[1] or f"Ring: its lowest point, {level}. Dashed: the law",
        "Contours of the fitted loss; frontier with its band",
    ]
    titles = ("1 · Lowest loss at every compute", "2 · A parabola per budget", "3 · One law for all runs")
    roots = ("envelope", "sweeps", "law")
    columns = [
        {
            "root": root,
            "place": "column",
            "height": tall,
            "title": [line(text(title))],
            "note": [line(text(note, "warning" if k < 2 and missing[k] else "plain"))],
            "rows": rows(key),
        }
        for k, (root, title, note, key) in enumerate(zip(roots, titles, notes, KEYS, strict=True))
    ]
    low = 280 if compact else 330
    return [
        *columns,
        {
            "root": "ratio",
            "place": "small",
            "height": low,
            "title": [line(value("agree.title"))],
            "note": [line(text(f"Optimal size as a multiple of approach 3, bands {level}"))],
            "folded": [line(value("answer.others"))],
        },
        {
            "root": "bias",
            "place": "small",
            "height": low,
            "title": [line(text("What the parabola adds by itself"))],
            "note": [line(value("bias.note"))],
            "folded": [line(value("bias.said"), text(" at "), value("answer.budget"))],
        },
        {
            "root": "path",
            "place": "small",
            "height": low,
            "title": [line(text("From Kaplan to Chinchilla in four steps"))],
            "note": [
                line(
                    text("N* for "),
                    value("answer.budget"),
                    text(", N by each step's own count. Click one"),
                )
            ],
            "folded": [line(value("path.label"), text(" "), value("three.path"))],
        },
    ]


def rows(key: str) -> dict[str, Any]:
    """Four rows of one approach, and the chosen step of the path against it."""
    role = "answer" if key == KEYS[2] else "strong"
    named: list[tuple[list[dict[str, Any]], str, str]] = [
        ([line(text("Exponent of N*"))], "exponent", role),
        ([line(text("N* for "), value("answer.budget"))], "params", role),
        ([line(text("D* for "), value("answer.budget"))], "tokens", role),
        ([line(text("Wasted if 3 is right"))], "waste", "plain" if role == "answer" else role),
        ([line(value("path.label"))], "path", "plan"),
    ]
    return {
        "label": f"Approach {KEYS.index(key) + 1}",
        "columns": [{"label": ""}, {"label": ""}],
        "bare": True,
        "rows": [
            {
                "label": label,
                "cells": [
                    [line(value(f"{key}.{part}", role=ink))],
                    [line(value(f"{key}.{part}_range", role="quiet"))],
                ],
                "strong": False,
            }
            for label, part, ink in named
        ],
    }


def trust(view: View) -> list[dict[str, Any]]:
    """What the answer can be trusted for; amber is content, not decoration."""
    fit = view.lines.fit
    missing = [k + 1 for k, error in enumerate(view.lines.refused) if error is not None]
    items = []
    if missing:
        names = " and ".join(str(k) for k in missing)
        noun = "Approach" if len(missing) == 1 else "Approaches"
        items.append(line(text(f"{noun} {names}: too few runs"), level="warning"))
    else:
        words = f"Same {view.count:,} runs for all three"
        items.append(line(text(words), level="fine", short=f"Same {view.count:,} runs"))
    items.append(solved(fit, "Law identified", "Law converged", "Law is weak"))
    if view.clean is not None:
        for large in (True, False):
            items.append(
                line(
                    text("Parabola biased by "),
                    value("bias.said"),
                    when={"bias.large": large},
                    level="warning" if large else "fine",
                )
            )
    for k, column in enumerate(answer(view).columns[:2]):
        if column is not None and column.lost > FEW:
            share = format_quantity(column.lost, "percent", 2)
            words = f"Approach {k + 1} finds no line in {share} of the resamples"
            items.append(line(text(words), level="warning", short=f"{k + 1}: {share} lost"))
    items += doubted(doubts_of(fit.runs), "Runs")
    items.append(decades_beyond("the runs"))
    items.append(
        line(
            text("Story: "),
            value("path.decades"),
            text(" decades beyond"),
            when={"path.beyond": True},
            level="warning",
        )
    )
    return [*items, *narrowed(fit)]


def code(view: View, choices: Choices) -> list[dict[str, Any]]:
    """Lines of Python that yield the numbers on screen, at full precision."""
    machine = view.held.machine
    return [
        line(text("import scalewidgets as sw")),
        line(text("from scalewidgets.allocation import Machine")),
        line(text("")),
        *(line(text(words)) for words in choices.code),
        line(text(f'machine = Machine("{machine.device}", precision="{machine.precision}",')),
        line(
            text("    utilisation="),
            value("hardware.utilisation", "exact"),
            text(", price="),
            value("hardware.price", "exact"),
            text(")"),
        ),
        line(text("made = sw.three_approaches(")),
        line(text("    runs, flops="), value("budget.flops", "exact"), text(", machine=machine,")),
        line(text(f"    {choices.arguments}")),
        line(text(")")),
        line(text("made.to_frame()")),
    ]


def still(view: View, frame: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Where figures stand in the still picture, and the words around them; rows are words there."""
    third, gap = (STILL_WIDTH - 2 * 28) // 3, 28
    places = [
        (figure["root"], (k % 3) * (third + gap), (k // 3) * 350, third, 320)
        for k, figure in enumerate(frame["figures"])
    ]
    said = []
    for k, key in enumerate(KEYS):
        cells = {name: f"{state[f'{key}.{name}']} {state[f'{key}.{name}_range']}".strip()
                 for name in ("exponent", "params", "tokens", "waste")}  # fmt: skip
        waste = "" if k == 2 else f", wastes {cells['waste']} if approach 3 is right"
        if view.lines.refused[k] is None if k < 2 else True:
            said.append(
                f"Approach {k + 1}: exponent {cells['exponent']}, N* {cells['params']}, D* {cells['tokens']}"
                f"{waste}."
            )
    return still_picture(frame, state, places, spoken=said)
