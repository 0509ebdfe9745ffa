"""What sentence, table and notes say: the twin of the browser's ``testtime-numbers.ts``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...testtime.menu import Menu
from ...units import format_quantity
from .following import between, budget_words, samples_words, share
from .view import View, advice, costs


def state_of(view: View) -> dict[str, Any]:
    """Everything that the words print, by flat key."""
    found = advice(view)
    best = found.best
    amount, of = budget_words(view)
    words = {
        "answer.budget": f"{amount} {of}",
        "answer.paid": best >= 0,
        "answer.noisy": view.held.rates is not None,
        "answer.change": change_words(view, found),
        "price.note": price_note(view, max(best, 0)),
    }
    return {**words, **_advised(view, found, best), **_menu(view, found), **_trust(view, found, best)}


def called(view: View, model: int) -> str:
    """A model inside a sentence."""
    return f"the {view.labels[model]} model" if view.sized else view.labels[model]


def chance_words(chance: float) -> str:
    """A share of the resamples: all of them is more than nearly all."""
    return format_quantity(chance, "percent", 3 if 0.985 < chance < 1 else 2)


def times_words(count: float) -> str:
    """How often."""
    return "once" if count == 1 else f"{count:,.0f} times"


def _advised(view: View, found: Menu, best: int) -> dict[str, Any]:
    if best < 0:
        names = ("model", "name", "times", "solved", "range", "sure", "ceiling", "saturation", "fold")
        return {f"answer.{name}": "" for name in names} | {"answer.coverage": "", "hard.note": ""}
    total = found.rows.shape[1]
    chance = float(found.probability[best])
    if chance >= 1:
        sure = f"Best in all {total:,} resamples."
    else:
        sure = f"Best in {chance_words(chance)} of {total:,} resamples."
    ceiling = share(float(found.ceiling[best]))
    ends = between(float(found.low[best]), float(found.high[best]))
    at = found.saturation
    if np.isnan(at):
        saturates = f"not within {view.tally.least[best]:,.0f} samples"
    elif at < 1:
        saturates = "no sample earns what it costs"
    else:
        saturates = samples_words(at)
    return {
        "answer.model": called(view, best),
        "answer.name": view.labels[best],
        "answer.times": times_words(float(found.samples[best])),
        "answer.solved": share(float(found.solved[best])),
        "answer.range": f" {ends}" if ends else "",
        "answer.sure": sure,
        "answer.ceiling": ceiling,
        "answer.saturation": saturates,
        "answer.fold": f"{view.labels[best]}, {times_words(float(found.samples[best]))}",
        "answer.coverage": behind_words(view, best),
        "hard.note": f"{view.labels[best]}. Bars: counted. Dots: beta-binomial, {100 * view.level:g} %",
    }


def behind_words(view: View, best: int) -> str:
    """How to read the main figure."""
    counts = view.tally
    many = f"{len(counts.models)} models" if len(counts.models) > 1 else "One model"
    if view.held.rates is None:
        return f"{many}, perfect verifier; orange: {view.labels[best]}. Dashed: fitted."
    return f"{many}, perfect verifier; orange: {view.labels[best]} behind yours. Dashed: fitted."


def change_words(view: View, found: Menu) -> str:
    """What would change the advice."""
    if found.best < 0:
        return ""
    noisy = view.held.rates is not None
    if len(view.tally.models) == 1:
        return ""
    if found.change is None:
        if noisy:
            return "No share of wrong answers accepted would change the model."
        return "No budget within a hundredfold would change the model."
    bar, other = found.change
    name = view.labels[other]
    if noisy:
        said = format_quantity(bar, "percent", 2)
        bought = samples_words(float(found.samples[other]))
        side = "fewer" if bar < view.held.wrong else "more"
        return (
            f"If your verifier accepted {side} than {said} of wrong answers, {name} with {bought} would win."
        )
    amount = budget_at(view, bar)
    return f"{'From' if bar > 1 else 'Below'} {amount}{' on' if bar > 1 else ''}, {name} would win."


def budget_at(view: View, factor: float) -> str:
    """A multiple of the budget, in words."""
    held = view.held
    if held.unit == "dollars":
        return f"{format_quantity(held.dollars * factor, 'dollars', 2)} per 1,000 problems"
    if held.unit == "tokens":
        return f"{format_quantity(held.tokens * factor, 'tokens', 2)} tokens per problem"
    return f"{format_quantity(held.seconds * factor, 'plain', 2)} GPU-seconds per problem"


def price_note(view: View, model: int) -> str:
    """What a sample of the advised model costs."""
    each = float(costs(view)["dollars"][model])
    return f"{view.labels[model]}: {format_quantity(each * 1e6, 'dollars', 3)} per million samples"


def _menu(view: View, found: Menu) -> dict[str, Any]:
    """Rows of the table, best first."""
    out: dict[str, Any] = {}
    for row, place in enumerate(found.order):
        bought = int(found.samples[place])
        key = f"menu.{row}"
        ends = between(float(found.low[place]), float(found.high[place])) if bought else ""
        out |= {
            f"{key}.place": float(place),
            f"{key}.model": view.labels[place],
            f"{key}.samples": f"{bought:,}" if bought else "–",
            f"{key}.solved": (share(float(found.solved[place])) + ("*" if found.fitted[place] else ""))
            if bought
            else "–",
            f"{key}.range": f" {ends}" if ends else "",
            f"{key}.ceiling": share(float(found.ceiling[place])),
            f"{key}.best": chance_words(float(found.probability[place])) if bought else "–",
        }
    return out


def _trust(view: View, found: Menu, best: int) -> dict[str, Any]:
    counts = view.tally
    at = max(best, 0)
    unsolved = int((counts.c[at] == 0).sum())
    noun = "problem" if unsolved == 1 else "problems"
    return {
        "trust.fitted": bool((found.fitted & (found.samples > 0)).any()),
        "trust.answer_fitted": bool(best >= 0 and found.fitted[best]),
        "trust.unsolved": f"{unsolved:,} {noun} never solved by {view.labels[at]}",
        "trust.some_unsolved": unsolved > 0,
    }
