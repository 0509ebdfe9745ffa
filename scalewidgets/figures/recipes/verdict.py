"""What a budget decides, in numbers and words: the twin of the browser's ``recipe-verdict.ts``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...fitting.curves import median
from ...units import format_interval, format_quantity
from ..spending import compute, per_unit, spent
from .view import TOSS_UP, View

NEVER = "never"


def verdict(view: View, budget: float) -> dict[str, Any]:
    """Everything that the sentence, the figures and the trust line say about one budget."""
    at = np.array([budget])
    chance = float(view.twins.probability(at)[0])
    gap, gap_low, gap_high = (float(v[0]) for v in view.twins.difference(at))
    a_wins = chance > 0.5 if np.isfinite(chance) and chance != 0.5 else gap <= 0
    share = chance if a_wins else 1 - chance
    winner, loser = (view.a, view.b) if a_wins else (view.b, view.a)
    worths = view.twins.worths(at, of_a=a_wins)
    worth, worth_low, worth_high = (float(v[0]) for v in view.twins.spread(worths))
    state: dict[str, Any] = {
        "answer.a_wins": bool(a_wins),
        "answer.chance": chance,
        "answer.share": share,
        "answer.probability": percent(share),
        "answer.winner": winner.name,
        "answer.loser": loser.name,
        "answer.worth": times(worth),
        "answer.worth_range": between(worth_low, worth_high),
        "answer.worth_middle": times(median(worths[1:, 0])),
        "answer.worth_value": worth,
        "answer.worth_low": worth_low,
        "answer.worth_high": worth_high,
        "answer.gap": gap,
        "answer.gap_low": gap_low,
        "answer.gap_high": gap_high,
        "answer.gap_words": f"{signed(gap)} [{signed(gap_low)}, {signed(gap_high)}]",
        "answer.variant": variant(share, worth, against=gap > 0 if a_wins else gap < 0),
        "answer.beyond": bool(budget > view.edge * 1.02),
        "answer.decades_words": f"{np.log10(budget / view.edge):.1f}",
        "answer.ahead": ahead(view, budget, a_wins),
        "answer.reversed": False,
    }
    for i in range(len(view.recipes)):
        value, low, high = (float(v[0]) for v in view.band(i, at))
        state |= {f"loss.{i}": value, f"loss.{i}.low": low, f"loss.{i}.high": high}
    for k, twins in enumerate(view.other_twins):
        other = float(twins.probability(at)[0])
        state[f"judged.{k}"] = other
        if np.isfinite(other) and (other >= 0.5) != a_wins and max(other, 1 - other) > TOSS_UP[1]:
            state["answer.reversed"] = True
    return {**state, **spent(budget, view.unit, flops_per_unit(view))}


def variant(share: float, worth: float, *, against: bool) -> str:
    """Which of the sentences holds; `against` says that the fits of all runs have the other one ahead."""
    if np.isnan(share):
        return "bare"
    if against and share > 0.5:
        return "split"
    if share < TOSS_UP[1]:
        return "toss" if np.isfinite(worth) else "even"
    return "wins" if np.isfinite(worth) else "cannot"


def percent(share: float) -> str:
    """A share of resamples; near certainty is never printed as certainty."""
    if np.isnan(share):
        return "–"
    if share >= 0.995:
        return "> 99 %"
    if share < 0.005:
        return "< 1 %"
    return f"{format_quantity(share, 'percent', 2)}"


def bare(value: float) -> str:
    """A multiple of compute without its sign; infinite is a value and has a name."""
    return NEVER if np.isinf(value) else format_quantity(value, "ratio", 2)


def between(low: float, high: float) -> str:
    """The interval of a multiple; of a match that no resample knows there is nothing to add."""
    return "" if np.isinf(low) else f" [{bare(low)}, {bare(high)}]"


def times(value: float) -> str:
    """A multiple of compute."""
    return NEVER if np.isinf(value) else f"× {format_quantity(value, 'ratio', 2)}"


def signed(value: float) -> str:
    """A difference of losses."""
    text = format_quantity(abs(value), "plain", 2)
    return f"−{text}" if value < 0 else f"+{text}"


def ahead(view: View, budget: float, a_wins: bool) -> str:
    """What ten times the budget would change."""
    more = 10 * budget
    chance = float(view.twins.probability(np.array([more]))[0])
    if not np.isfinite(chance):
        return ""
    name, said = (view.a.name if a_wins else view.b.name), compute(more)
    share = chance if a_wins else 1 - chance
    if TOSS_UP[0] <= share <= TOSS_UP[1]:
        return f" At {said} it is a toss-up, {percent(share)}."
    if share > TOSS_UP[1]:
        return f" At {said} {name} is better with {percent(share)}."
    other = view.b.name if a_wins else view.a.name
    return f" At {said} {other} is better with {percent(1 - share)}."


def flops_per_unit(view: View) -> dict[str, float]:
    """Operations behind one unit of each way to state a budget."""
    return per_unit(view.machine.rate, view.machine.dollars_per_hour)


def losses(value: float, low: float, high: float) -> str:
    """A loss and its interval."""
    return f"{format_quantity(value, 'loss')} {format_interval(low, high, 'loss')}"
