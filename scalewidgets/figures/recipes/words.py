"""The words of the comparison: sentence, conventions, places of figures, trust line, code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...fitting import Fit, Status
from ...units import format_quantity
from ..frame import line, still_picture, text, value
from ..spending import compute
from ..trust import decades_beyond, doubted, doubts_of_several, narrowed
from .side import Choices
from .verdict import percent
from .view import View

STILL_WIDTH = 1056
NUMBERS = {2: "Both", 3: "All three", 4: "All four"}


def sentence() -> list[dict[str, Any]]:
    """The verdict at the budget; a toss-up and a match that never comes are said as such.

    The winner is who wins in most resamples, and the multiplier that of the fits to all runs: where these
    have the other one ahead the sentence says so, and gives the median of the resamples as well.
    """
    start = (text("At "), value("answer.budget"), text(", "))
    beats = (value("answer.winner"), text(" beats "), value("answer.loser"))
    sure = (text(" with probability "), value("answer.probability", role="answer"))
    toss_up = (
        *start,
        value("answer.winner"),
        text(" and "),
        value("answer.loser"),
        text(" are a toss-up: "),
        value("answer.probability", role="answer"),
    )
    worth = (
        text("worth "),
        value("answer.worth", role="answer"),
        value("answer.worth_range", role="quiet"),
        text(" the compute."),
    )
    return [
        line(*start, *beats, text(": "), *worth[:2], text(" the compute."), when={"answer.variant": "bare"}),
        line(
            *toss_up,
            text(" for the first, "),
            *worth,
            when={"answer.variant": "toss"},
        ),
        line(
            *toss_up,
            text(" for the first, which the second can never match"),
            value("answer.worth_range", role="quiet"),
            text("."),
            when={"answer.variant": "even"},
        ),
        line(
            *start,
            text("resamples and fit disagree: "),
            value("answer.winner"),
            text(" wins in "),
            value("answer.probability", role="answer"),
            text(" of the resamples, worth "),
            value("answer.worth_middle", role="answer"),
            text(" the compute in the median one, but by the fit of all runs it is worth "),
            value("answer.worth"),
            value("answer.worth_range", role="quiet"),
            text("."),
            when={"answer.variant": "split"},
        ),
        line(
            *start,
            *beats,
            *sure,
            text(": "),
            value("answer.loser"),
            text(" can "),
            text("never", "answer"),
            text(" match it"),
            value("answer.worth_range", role="quiet"),
            text("."),
            when={"answer.variant": "cannot"},
        ),
        line(*start, *beats, *sure, text(": "), *worth),
    ]


def second_line(view: View) -> list[dict[str, Any]]:
    """Where the curves cross, how far the verdict is sure, and what ten times the budget would change."""
    return [line(text(f"{crossing_words(view)}{sure_words(view)}"), value("answer.ahead"))]


def crossing_words(view: View) -> str:
    """Where the two curves cross, with the interval and the share of resamples that never do."""
    known = view.comparison
    drawn = len(known.draws)
    if not np.isfinite(known.crossover):
        if not drawn:
            return "The curves do not cross."
        others = 1 - known.never
        crossed = "in no resample do they" if others == 0 else f"in {percent(others)} of resamples they do"
        return f"The curves do not cross up to {compute(known.flops[1], 1)}; {crossed}."
    where = " and ".join(compute(turn, 1) for turn in known.crossings)
    words = f"The curves cross at {where}"
    if not drawn:
        return f"{words}."
    ends = ", ".join(
        "never" if np.isinf(v) else "before" if v == 0 else compute(v, 1).removesuffix(" FLOP")
        for v in (known.crossover_low, known.crossover_high)
    )
    missed = f": in {percent(known.never)} of resamples they do not" if known.never > 0 else ""
    return f"{words} [{ends}]{missed}."


def sure_words(view: View) -> str:
    """Up to where the verdict holds in nearly every resample."""
    sure = view.comparison.sure_until
    if np.isnan(sure):
        return ""
    first = float(view.twins.probability(np.array([view.comparison.flops[0]]))[0]) >= 0.5
    name = view.a.name if first else view.b.name
    if np.isinf(sure):
        return f" {name} wins in 97.5 % or more throughout."
    return f" Up to {compute(sure, 1).removesuffix(' FLOP')} {name} wins in 97.5 % or more."


def conventions(view: View, objective: str) -> list[str]:
    """What every number on screen rests on."""
    certificate = view.a.fit.certificate
    delta = f" δ = {format_quantity(certificate.delta, 'plain')}" if certificate.delta is not None else ""
    rests = f"{100 * view.level:g} % intervals, {view.resamples:,} resamples over runs"
    return [f"{view.law_title} law per recipe, {objective}{delta}", f"{rests}, C = 6ND"]


def figure_places(view: View) -> list[dict[str, Any]]:
    """Where figures stand, what they claim and how to read them."""
    count = NUMBERS[len(view.recipes)]
    a, b = view.a.name, view.b.name
    places: list[dict[str, Any]] = [
        {
            "root": "main",
            "place": "main",
            "height": 460,
            "title": [line(text(f"{count} recipes, each at its best size"))],
            "note": [
                line(
                    text(
                        f"Lines: loss of the optimal model, bands {100 * view.level:g} %. "
                        "Marks: the runs. Dashed: beyond every run."
                    )
                )
            ],
        },
        {
            "root": "chance",
            "place": "beside",
            "height": 460,
            "title": [line(text(f"How likely is {a} the better one?"))],
            "note": [
                line(
                    text(
                        f"Share of {view.resamples:,} resamples in which its optimal model has the lower loss"
                    )
                )
            ],
        },
        {
            "root": "gap",
            "place": "small",
            "height": 220,
            "title": [line(text("The difference, magnified"))],
            "note": [line(text(f"{a} minus {b}, band {100 * view.level:g} %"))],
            "folded": [line(value("answer.gap_words"))],
        },
        {
            "root": "worth",
            "place": "small",
            "height": 220,
            "title": [line(text("What the better recipe is worth"))],
            "note": [
                line(
                    text("Compute "), value("answer.loser"), text(" needs to match "), value("answer.winner")
                )
            ],
            "folded": [line(value("answer.worth"), value("answer.worth_range"))],
        },
    ]
    if view.others:
        places.append(
            {
                "root": "judged",
                "place": "small",
                "height": 220,
                "title": [line(text("Judged by another text"))],
                "note": [
                    line(
                        text("Loss difference at "),
                        value("answer.budget"),
                        text(f", {a} minus {b}, {100 * view.level:g} %. The yardstick decides"),
                    )
                ],
                "folded": [
                    line(text("some reverse the verdict"), when={"answer.reversed": True}),
                    line(text("none reverses the verdict")),
                ],
            }
        )
    return places


def trust(view: View) -> list[dict[str, Any]]:
    """What the verdict can be trusted for; amber is content, not decoration."""
    fits = [(recipe.name, recipe.fit) for recipe in view.recipes]
    count = NUMBERS[len(fits)]
    items = [_solved(name, fit) for name, fit in fits if not fit.ok]
    if not items:
        items.append(
            line(text(f"{count} fits converged and identified"), level="fine", short="Fits converged")
        )
    blind = [recipe.blind.error for recipe in view.recipes if recipe.blind is not None]
    if blind:
        said = [format_quantity(error, "percent", 1) for error in (min(blind), max(blind))]
        words = f"{said[0]} each" if said[0] == said[1] else f"{said[0]} to {said[1]}"
        worst = max(blind)
        level = "warning" if worst > 0.04 or worst > abs(_relative_gap(view)) else "fine"
        more = ", more than the recipes differ" if worst > abs(_relative_gap(view)) else ""
        items.append(line(text(f"Blind error {words}{more}"), level=level, short=f"Blind error {words}"))
    items.append(
        line(
            text("Resamples and fit disagree on the better one: the runs do not tell"),
            when={"answer.variant": "split"},
            level="warning",
            short="Resamples and fit disagree",
        )
    )
    items.append(decades_beyond("every run", "answer.decades_words"))
    if view.others:
        items.append(
            line(
                text("Other texts reverse the verdict"),
                when={"answer.reversed": True},
                level="warning",
                short="Other texts reverse it",
            )
        )
    if view.comparison.paired:
        items.append(line(text("Runs resampled in step"), level="fine", short="Resampled in step"))
    else:
        items.append(
            line(text("Runs resampled independently"), level="warning", short="Resampled independently")
        )
    items += doubted(doubts_of_several({name: fit.runs for name, fit in fits}), "Recipes")
    return [*items, *(item for name, fit in fits for item in narrowed(fit, name))]


def _relative_gap(view: View) -> float:
    at = np.array([view.edge])
    return float(view.twins.difference(at)[0][0] / view.twins.b.at(at)[0, 0])


def _solved(name: str, fit: Fit) -> dict[str, Any]:
    level = "error" if fit.status in (Status.REFUSED, Status.NOT_CONVERGED) else "warning"
    short = {Status.NOT_IDENTIFIED: "not identified", Status.ON_BOUND: "on a bound"}
    return line(
        text(f"{name}: {fit.reason}"), level=level, short=f"{name} {short.get(fit.status, 'not converged')}"
    )


def code(view: View, choices: Choices) -> list[dict[str, Any]]:
    """Lines of Python that rebuild what is on screen, at full precision."""
    certificate = view.a.fit.certificate
    arguments = [f'law="{choices.law}"', f'objective="{certificate.objective}"']
    if certificate.delta is not None:
        arguments.append(f"delta={certificate.delta!r}")
    arguments.append(f"resamples={len(view.a.fit.resamples)}")
    if certificate.seed:
        arguments.append(f"seed={certificate.seed}")
    said = ", ".join(arguments)
    names = f"({view.a.name!r}, {view.b.name!r})"
    return [
        line(text("import scalewidgets as sw")),
        line(text("")),
        *(line(text(words)) for words in choices.code),
        line(text(f"a = sw.fit(recipes[{view.a.name!r}], {said})")),
        line(text(f"b = sw.fit(recipes[{view.b.name!r}], {said})")),
        line(text(f"seen = sw.compare_fits(a, b, names={names})")),
        line(text("seen.at("), value("budget.flops", "code"), text(")")),
    ]


def still(view: View, frame: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Where figures stand in the still picture, and the words around them."""
    there = {figure["root"] for figure in frame["figures"]}
    small = [root for root in ("gap", "worth", "judged") if root in there]
    width = (STILL_WIDTH - 24 * (len(small) - 1)) // len(small)
    places = [("main", 0, 0, 624, 440), ("chance", 648, 0, STILL_WIDTH - 648, 440)]
    places += [(root, (width + 24) * i, 470, width, 260) for i, root in enumerate(small)]
    return still_picture(frame, state, places, STILL_WIDTH)
