"""The words of the screen: sentence, conventions, places of figures, the menu, trust line, code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...allocation.machine import PRICES_OF
from ..frame import line, still_picture, text, value
from ..palette import DARK, LIGHT, Palette
from .systems import runs_words
from .view import PRECISION, View

STILL_WIDTH = 1200


def sentence() -> list[dict[str, Any]]:
    """Which model, how many samples, what share solved."""
    return [
        line(
            text("With "),
            value("answer.budget"),
            text(", sample "),
            value("answer.model"),
            text(" "),
            value("answer.times", role="answer"),
            text(": "),
            value("answer.solved", role="answer"),
            value("answer.range", role="quiet"),
            text(" solved."),
            when={"answer.paid": True},
        ),
        line(value("answer.budget"), text(" does not pay a single sample of any model.")),
    ]


def second_line() -> list[dict[str, Any]]:
    """How sure, and what would change the advice."""
    return [
        line(
            text("More samples than were drawn: the share is that of a fit. "),
            value("answer.sure"),
            text(" "),
            value("answer.change"),
            when={"trust.answer_fitted": True},
        ),
        line(value("answer.sure"), text(" "), value("answer.change"), when={"answer.paid": True}),
        line(text("Raise the budget, or lower the price of a sample.")),
    ]


def conventions(view: View) -> list[str]:
    """What every number on screen rests on."""
    rows = len(view.tally.weights)
    return [
        f"{100 * view.level:g} % over problems, {rows:,} resamples",
        "pass@k unbiased, all samples drawn",
    ]


def figure_places(view: View) -> list[dict[str, Any]]:
    """Where figures stand, what they claim and how to read them."""
    counts = view.tally
    on = f"{view.family} on {counts.benchmark}" if view.family and counts.benchmark else counts.benchmark
    places: list[dict[str, Any]] = [
        {
            "root": "main",
            "place": "main",
            "height": 470,
            "title": [line(text("Coverage is not accuracy"))],
            "note": [line(text(f"{on}. " if on else ""), value("answer.coverage"))],
        }
    ]
    if view.systems is not None:
        shown = view.systems
        where = f" on {shown.benchmark}" if shown.benchmark else ""
        words = f"{shown.count} systems{where}{runs_words(shown.repeats)}. {shown.noise}"
        lacking = f"These systems have no {{}}. Known: {', '.join(shown.axes)}."
        places.append(
            {
                "root": "systems",
                "place": "beside",
                "wide": True,
                "height": 470,
                "title": [line(text("What accuracy costs"))],
                "note": [
                    *(
                        line(text(lacking.format(unit)), when={"budget.unit": unit})
                        for unit in view.units
                        if unit not in shown.axes
                    ),
                    line(text(words)),
                ],
            }
        )
    else:
        places.append(
            {
                "root": "systems",
                "place": "beside",
                "wide": True,
                "height": 470,
                "title": [line(text("What accuracy costs"))],
                "note": [
                    line(
                        text("Frontier behind yours, 95 %; dotted: a mix of two"),
                        when={"answer.noisy": True},
                    ),
                    line(text("Frontier, perfect verifier, 95 %; dotted: a mix of two")),
                ],
            }
        )
    return [
        *places,
        {
            "root": "hard",
            "place": "small",
            "height": 214,
            "title": [line(text("How hard are the problems?"))],
            "note": [line(value("hard.note"))],
            "folded": [line(value("trust.unsolved"))],
        },
        {
            "root": "verifiers",
            "place": "small",
            "height": 214,
            "title": [line(text("Who wins behind which verifier?"))],
            "note": [line(text("Areas: who wins. Lines: share solved."))],
            "folded": [line(value("answer.name"), text(" wins behind yours"))],
        },
        {
            "root": "menu",
            "place": "small",
            "height": 214,
            "title": [line(text("Ranked for "), value("answer.budget"))],
            "note": [
                line(
                    text("All samples drawn. * more than were counted: fitted"), when={"trust.fitted": True}
                ),
                line(text("With your verifier, all samples drawn"), when={"answer.noisy": True}),
                line(text("With a perfect verifier, all samples drawn")),
            ],
            "folded": [line(value("answer.fold"), text(", "), value("answer.solved"))],
            "table": menu_table(view),
        },
    ]


def menu_table(view: View) -> dict[str, Any]:
    """The menu, best first; a dot tells the model by its colour."""
    rows = []
    for row in range(len(view.tally.models)):
        key = f"menu.{row}"
        rows.append(
            {
                "label": [line(value(f"{key}.model"))],
                "swatch": f"{key}.place",
                "cells": [
                    [line(value(f"{key}.samples"))],
                    [line(value(f"{key}.solved"), value(f"{key}.range", role="quiet"))],
                    [line(value(f"{key}.ceiling"))],
                    [line(value(f"{key}.best"))],
                ],
                "strong": row == 0,
            }
        )
    return {
        "label": "Models, best first",
        "corner": view.family or "Model",
        "columns": [{"label": name} for name in ("Samples", "Solved", "Ceiling", "Best in")],
        "swatches": {"light": swatches(view, LIGHT), "dark": swatches(view, DARK)},
        "rows": rows,
    }


def swatches(view: View, palette: Palette) -> list[str]:
    """Colours of the models, as the colour map of the figures gives them."""
    sizes = view.sizes
    low, high = float(sizes.min()), float(sizes.max())
    if low == high:
        low /= 2
    at = np.log(sizes / low) / np.log(high / low) * len(palette.size)
    return [palette.size[min(int(i), len(palette.size) - 1)] for i in at]


def trust(view: View) -> list[dict[str, Any]]:
    """What the answer can be trusted for; amber is content, not decoration."""
    counts = view.tally
    few, many = int(counts.n.min()), int(counts.n.max())
    items = []
    if few == many:
        words = f"{few:,} samples for every problem"
        items.append(line(text(words), level="fine", short=f"{few:,} samples"))
    else:
        words = f"{few:,} to {many:,} samples a problem: k is counted up to {few:,}"
        items.append(line(text(words), level="warning", short="Unequal samples"))
    items += [
        line(
            text("Some rows ask for more samples than were drawn: fitted"),
            when={"trust.fitted": True},
            level="warning",
            short="Fitted beyond n",
        ),
        line(
            text("k stays within n; beyond is dashed"),
            when={"trust.fitted": False},
            level="fine",
            short="k within n",
        ),
    ]
    adaptive = [
        name for name, kind in zip(counts.models, counts.sampling, strict=True) if kind == "until success"
    ]
    if adaptive:
        words = f"Sampling seems to have stopped at successes: {adaptive[0]}'s rates are too high"
        items.append(line(text(words), level="warning", short="Adaptive stopping"))
    else:
        items.append(line(text("No adaptive stopping detected"), level="fine", short="Not adaptive"))
    items += [
        line(
            text("Verifier rates are your entry"),
            when={"answer.noisy": True},
            level="warning",
            short="Own verifier",
        ),
        line(
            text("A perfect verifier is assumed"),
            when={"answer.noisy": False},
            level="warning",
            short="Perfect",
        ),
        line(value("trust.unsolved"), when={"trust.some_unsolved": True}, level="warning"),
    ]
    if view.basis == "device":
        items.append(
            line(
                text(f"Price per hour: round figure of {PRICES_OF}, or yours"), level="warning", short="Price"
            )
        )
    return items


def code(view: View, several: bool = False) -> list[dict[str, Any]]:
    """Lines of Python that yield what is on screen, at full precision, from the same `samples`.

    ``several`` says that the table holds other benchmarks too.
    """
    one = f"samples = samples[samples['benchmark'] == {view.tally.benchmark!r}]" if several else ""
    lines = [
        line(text("import scalewidgets as sw")),
        line(text("")),
        line(text("# samples: the table that this screen was given")),
        *([line(text(one))] if one else []),
        line(text("counts = sw.testtime.tally(samples)")),
        *_price_code(view),
        line(text("menu = sw.testtime.menu(")),
        line(text("    counts,")),
    ]
    for unit, cost, scale in (
        ("dollars", "dollars", " / 1000"),
        ("tokens", "counts.tokens" if view.basis == "recorded" else "[tokens] * len(counts.models)", ""),
        ("seconds", "seconds" if view.basis == "device" else "counts.seconds", ""),
    ):
        if unit in view.units:
            chosen = {"budget.unit": unit}
            lines += [
                line(text(f"    {cost},"), when=chosen),
                line(text("    "), value(f"budget.{unit}", "exact"), text(f"{scale},"), when=chosen),
            ]
    right, wrong = value("verifier.right", "exact"), value("verifier.wrong", "exact")
    noisy = {"verifier.kind": "noisy"}
    return [
        *lines,
        line(text("    verifier=("), right, text(", "), wrong, text("),"), when=noisy),
        line(text("    least_gain=dollars / "), value("budget.worth", "exact"), text(",")),
        line(text(")")),
        line(text("menu.to_frame()")),
    ]


def _price_code(view: View) -> list[dict[str, Any]]:
    """Lines that say what a sample costs."""
    if view.basis == "recorded":
        return [line(text("dollars = counts.dollars * "), value("price.factor", "exact"))]
    tokens = line(text("tokens = "), value("price.tokens", "exact"))
    if view.basis == "list":
        listed = ", ".join(repr(float(p)) for p in view.prices)
        return [
            line(text("import numpy as np")),
            tokens,
            line(text(f"dollars = tokens * np.array([{listed}]) / 1e6")),
        ]
    peak = f"sw.allocation.device({view.device!r}).peak({PRECISION!r}).value"
    return [
        tokens,
        line(text(f"rate = {peak} * "), value("price.utilisation", "exact")),
        line(text("seconds = 2 * counts.params * tokens / rate")),
        line(text("dollars = seconds * "), value("price.hour", "exact"), text(" / 3600")),
    ]


def still(frame: Mapping[str, Any], state: Mapping[str, Any], view: View) -> dict[str, Any]:
    """Where figures stand in the still picture, and the words around them; the menu is words there."""
    half = (STILL_WIDTH - 24) // 2
    places = (
        ("main", 0, 0, 640, 460),
        ("systems", 664, 0, STILL_WIDTH - 664, 460),
        ("hard", 0, 490, half, 250),
        ("verifiers", half + 24, 490, half, 250),
    )
    rows = [
        f"{state[f'menu.{i}.model']} × {state[f'menu.{i}.samples']}: {state[f'menu.{i}.solved']}"
        for i in range(min(5, len(view.tally.models)))
    ]
    return still_picture(frame, state, places, STILL_WIDTH, spoken=[f"Ranked: {'; '.join(rows)}."])
