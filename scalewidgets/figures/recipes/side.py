"""The side column of the comparison: recipes, yardstick, budget, fits, law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...units import format_interval, format_quantity
from ..frame import line, text, value
from ..menu import law_options
from ..spending import budget_section, compute
from ..trust import doubt_notes, doubts_of_several
from .view import MARKS, MOST_RECIPES, Recipe, View

ORDINALS = {2: "third", 3: "fourth"}
NUMBER_WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
BUDGET_DECADES = 1
"""How far below every run the budget may go."""


@dataclass(frozen=True)
class Choices:
    """What the controls of the comparison offer.

    Attributes
    ----------
    pool : sequence of str
        Names of all recipes that can be chosen.
    yardsticks : mapping of str to str
        Columns of losses and what a person calls them.
    laws : mapping of str to str
        Names of laws and their titles.
    law : str
    objective : str
        What the fits minimise, in a word.
    code : sequence of str
        Lines of Python that yield the tables, for "copy code".
    mode : {"compact", "full"}
    """

    pool: Sequence[str]
    yardsticks: Mapping[str, str]
    laws: Mapping[str, str]
    law: str
    objective: str = "Huber"
    code: Sequence[str] = ()
    mode: str = "compact"
    widen: Mapping[str, Any] = field(default_factory=dict)


def sections(view: View, choices: Choices) -> list[dict[str, Any]]:
    """All sections, in the order in which a person decides."""
    names = [recipe.name for recipe in view.recipes]
    return [
        recipes_section(
            names,
            list(view.counts),
            choices,
            reach_words(view),
            view.pair,
            doubts_of_several({recipe.name: recipe.fit.runs for recipe in view.recipes}),
        ),
        *judged_section(choices, view),
        _budget(view),
        _fits(view),
        law_section(choices, view.law_title),
    ]


def recipes_section(
    names: Sequence[str],
    counts: Sequence[int],
    choices: Choices,
    note: str,
    pair: tuple[int, int] = (0, 1),
    doubts: Sequence[str] = (),
) -> dict[str, Any]:
    """One menu a recipe, each with its mark and its number of runs, and doubts about their tables."""
    items: list[dict[str, Any]] = []
    for i, count in enumerate(counts):
        options = [{"value": name, "label": name} for name in choices.pool]
        if len(counts) > 2:
            options.append({"value": "", "label": "Leave it out"})
        items.append(
            {
                "kind": "select",
                "key": f"recipe.{i}",
                "label": f"Recipe {i + 1}",
                "options": options,
                "mark": {"shape": MARKS[i], "colour": "abcd"[i]},
                "note": f"{count:,} runs",
            }
        )
    if len(counts) > 2:
        pairs = [(i, j) for i in range(len(counts)) for j in range(i + 1, len(counts))]
        items.append(
            {
                "kind": "select",
                "key": "pair",
                "label": "Compared",
                "options": [
                    {"value": f"{i}-{j}", "label": f"{names[i]} against {names[j]}"} for i, j in pairs
                ],
            }
        )
    items.append({"kind": "note", "lines": [line(text(note))]})
    items += doubt_notes(doubts)
    section: dict[str, Any] = {
        "id": "recipes",
        "heading": "Recipes",
        "folded": [line(text(f"{names[pair[0]]}, {names[pair[1]]}"))],
        "items": items,
    }
    if len(counts) < MOST_RECIPES:
        ask: dict[str, Any] = {"label": f"Add a {ORDINALS[len(counts)]}", "ask": "add-recipe"}
        if set(choices.pool) <= set(names):
            # Nothing else is known: the reader brings a file.
            ask |= {"ask": "open-table", "file": ".csv,.tsv,.txt"}
        section["aside"] = ask
    return section


def reach_words(view: View) -> str:
    """What the runs span: once where all recipes span the same, else recipe by recipe."""
    spans = [(float(r["params"].min()), float(r["params"].max())) for r in view.runs]
    budgets = [(float(r["flops"].min()), float(r["flops"].max())) for r in view.runs]

    sizes = [" to ".join(format_quantity(v, "params") for v in span) for span in spans]
    spent = [f"{compute(low).removesuffix(' FLOP')} to {compute(high)}" for low, high in budgets]
    parts = []
    for said, noun in ((sizes, " parameters"), (spent, "")):
        if len(set(said)) == 1:
            parts.append(f"{said[0]}{noun}")
        else:
            named = zip(view.recipes, said, strict=True)
            parts.append(", ".join(f"{recipe.name} {words}" for recipe, words in named))
    return "; ".join(parts)


def judged_section(choices: Choices, view: View | None = None) -> list[dict[str, Any]]:
    """The text that losses are measured on, where the tables have several."""
    if len(choices.yardsticks) < 2:
        return []
    others = len(choices.yardsticks) - 1
    number = NUMBER_WORDS[others] if others < len(NUMBER_WORDS) else f"{others}"
    noun = "other text" if others == 1 else "other texts"
    return [
        {
            "id": "judged",
            "heading": "Judged by",
            "folded": [line(value("judged.label"))],
            "items": [
                {
                    "kind": "select",
                    "key": "judged",
                    "label": "Judged by",
                    "options": [{"value": k, "label": v} for k, v in choices.yardsticks.items()],
                },
                {"kind": "note", "lines": [line(text(f"{number} {noun}: lower right"))]},
            ],
        }
    ]


def budget_range(view: View) -> tuple[float, float]:
    """Compute that the slider spans: the picture's."""
    return view.x


def _budget(view: View) -> dict[str, Any]:
    machine = view.machine
    device = f"{machine.device}, {machine.peak / 1e12:g} TFLOP/s {machine.precision.upper()} dense"
    dated = f"your entry of {machine.dated}" if machine.dated else "an example to type over, not a quote"
    return budget_section(
        budget_range(view),
        view.budget,
        device=device,
        utilisation=machine.utilisation,
        price=machine.dollars_per_hour,
        price_is=dated,
        note="each recipe at its own best size",
    )


def _fits(view: View) -> dict[str, Any]:
    """Coefficients side by side, each with its interval, and how well each law meets its runs."""
    recipes = view.recipes
    rows: list[dict[str, Any]] = []
    law = view.a.fit.law
    linear = set(law.linear)
    digits = 3 if len(recipes) < 3 else 2
    shown = [s for s in law.coefficients if s.name == "E" or s.name not in linear]
    for symbol in shown:
        kind = "exponent" if abs(view.a.fit.coefficients[symbol.name]) < 1 else "plain"
        rows.append(
            {
                "label": symbol.label,
                "cells": [format_quantity(r.fit.coefficients[symbol.name], kind) for r in recipes],
            }
        )
        if view.resamples:
            ends = [r.fit.interval(symbol.name, view.level) for r in recipes]
            rows.append(
                {
                    "label": "",
                    "quiet": True,
                    "cells": [format_interval(*end, kind, digits if kind == "plain" else 2) for end in ends],
                }
            )
    rows.append(
        {"label": "Mean miss", "cells": [format_quantity(mean_miss(r), "percent", 1) for r in recipes]}
    )
    if any(r.blind for r in recipes):
        rows.append(
            {
                "label": "Blind error",
                "cells": [format_quantity(r.blind.error, "percent", 1) if r.blind else "–" for r in recipes],
            }
        )
    items: list[dict[str, Any]] = [
        {
            "kind": "table",
            "label": "Fits",
            "columns": [{"label": recipe.name, "colour": "abcd"[i]} for i, recipe in enumerate(recipes)],
            "rows": rows,
        }
    ]
    blind = blind_words(recipes)
    if blind:
        items.append({"kind": "note", "lines": [line(text(blind))]})
    spread = " and ".join(format_quantity(r.fit.coefficients.get("E", np.nan), "loss") for r in recipes[:2])
    folded = f"E {spread}" if "E" in view.a.fit.coefficients else view.law_title
    return {"id": "fits", "heading": "Fits", "folded": [line(text(folded))], "items": items}


def mean_miss(recipe: Recipe) -> float:
    """Mean absolute relative miss of the runs that were fitted."""
    return float(np.mean(np.abs(np.expm1(recipe.fit.residuals.to_numpy(dtype=float)))))


def blind_words(recipes: Sequence[Recipe]) -> str:
    """Which runs the blind error is of."""
    scored = [recipe.blind for recipe in recipes if recipe.blind is not None]
    if not scored:
        return ""
    counts = [f"{len(one.table):,}" for one in scored]
    cuts = {compute(one.above) for one in scored}
    many = counts[0] if len(counts) == 1 else f"{', '.join(counts[:-1])} and {counts[-1]}"
    return f"Blind: the {many} runs above {' and '.join(sorted(cuts))}"


def law_section(choices: Choices, title: str) -> dict[str, Any]:
    """Which law every recipe is fitted by."""
    return {
        "id": "law",
        "heading": "Law",
        "fold": True,
        "folded": [line(text(title))],
        "items": [
            {
                "kind": "select",
                "key": "law",
                "label": "Law",
                "options": law_options(choices.laws),
            }
        ],
    }
