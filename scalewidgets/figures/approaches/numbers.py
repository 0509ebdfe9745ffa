"""What each approach says of a budget, in numbers and words: the twin of ``approaches-numbers.ts``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...allocation.kaplan_path import HIGHEST, KAPLAN_TO_CHINCHILLA, PathStep
from ...fitting.problem import FLOPS_PER_PARAM_TOKEN as SIX
from ...units import format_interval, format_quantity
from ..allocator.numbers import ends, ranged
from ..allocator.view import Array
from ..spending import per_unit, spent
from .view import View

KEYS = ("one", "two", "three")
BIASED = 0.05
"""Bias of the parabola at the budget from which on it is warned of."""
FEW = 0.05
"""Share of resamples without a line from which on it is said."""
LEAST = 1e-4
"""Share of the budget below which waste is not told apart from none."""
NOTHING = "–"


@dataclass(frozen=True)
class Column:
    """One approach at the budget: its own value first, then one a resample.

    Attributes
    ----------
    exponent, params, tokens, waste : ndarray, shape (rows,)
        Waste is a share of the budget, as if approach 3 were right.
    lost : float
        Share of the resamples that have no line.
    """

    exponent: Array
    params: Array
    tokens: Array
    waste: Array
    lost: float


@dataclass(frozen=True)
class Answer:
    """What the three say; None for an approach that the runs do not carry."""

    columns: tuple[Column | None, Column | None, Column]
    bias: float
    agree: bool
    far: int

    @property
    def third(self) -> Column:
        """Approach 3."""
        return self.columns[2]


def answer(view: View) -> Answer:
    """Best sizes at the budget, and what they waste if approach 3 is right."""
    budget = view.held.budget
    _, big_a, alpha, big_b, beta = view.law.T
    scale = (alpha * big_a / (beta * big_b)) ** (1 / (alpha + beta))
    power = beta / (alpha + beta)
    third = _column(view, power, scale * (budget / SIX) ** power)
    both = [
        None if rows is None else _column(view, rows[:, 0], np.exp(rows[:, 1] + rows[:, 0] * np.log(budget)))
        for rows in view.powers
    ]
    bias = float("nan")
    if view.clean is not None:
        slope, intercept = view.clean
        bias = float(np.exp(intercept + slope * np.log(budget)) / third.params[0] - 1)
    low, high = ends(third.params, view.level)
    # Without resamples there is no interval to agree within: the difference is said instead.
    far, agree = 0, True
    for k, one in enumerate(both):
        if one is None:
            continue
        its = ends(one.params, view.level)
        inside = low <= one.params[0] <= high and its[0] <= third.params[0] <= its[1]
        agree = agree and inside
        before = both[far]
        if before is None or abs(np.log(one.params[0] / third.params[0])) > abs(
            np.log(before.params[0] / third.params[0])
        ):
            far = k
    return Answer((both[0], both[1], third), bias, agree, far)


def _column(view: View, exponent: Array, params: Array) -> Column:
    """Rows without a line are left out and counted; waste is measured by the fit itself."""
    budget = view.held.budget
    fine = np.isfinite(params)
    lost = 1 - float(fine[1:].mean()) if len(fine) > 1 else 0.0
    exponent, params = exponent[fine], params[fine]
    tokens = budget / (SIX * params)
    _, big_a, alpha, big_b, beta = view.law[0]
    scale = (alpha * big_a / (beta * big_b)) ** (1 / (alpha + beta))
    unit = big_a / scale**alpha + big_b * scale**beta
    above = big_a / params**alpha + big_b / tokens**beta
    cheapest = SIX * (above / unit) ** (-(alpha + beta) / (alpha * beta))
    return Column(exponent, params, tokens, np.maximum(1 - cheapest / budget, 0.0), lost)


def state_of(view: View) -> dict[str, Any]:
    """Everything that sentence, rows, figures and trust line say, by key."""
    held, level = view.held, view.level
    machine, found = held.machine, answer(view)
    per = per_unit(machine.rate, machine.dollars_per_hour)
    third = found.third
    size, size_range = ranged(third.params, "params", level)
    data, data_range = ranged(third.tokens, "tokens", level)
    decades = float(np.log10(held.budget / view.edge))
    step = view.step
    state: dict[str, Any] = {
        **spent(held.budget, held.unit, per),
        "answer.params": size,
        "answer.params_range": size_range,
        "answer.tokens": data,
        "answer.tokens_range": data_range,
        "answer.size": float(third.params[0]),
        "answer.data": float(third.tokens[0]),
        "answer.exponent": float(third.exponent[0]),
        "answer.beyond": bool(held.budget > view.edge * 1.02),
        "answer.decades": f"{max(decades, 0.0):.1f}",
        "answer.who": who(found),
        "answer.others": others(found),
        "agree": found.agree,
        "agree.title": title(found),
        "bias.at": found.bias if np.isfinite(found.bias) else None,
        "bias.said": format_quantity(found.bias, "signed-percent", 2),
        "bias.large": bool(abs(found.bias) >= BIASED),
        "bias.note": "Filled: without noise. Hollow: the runs themselves"
        if np.isfinite(found.bias)
        else "Nothing to show: approach 2 finds no best size here",
        "bias.params": format_quantity((1 + found.bias) * float(third.params[0]), "params"),
        "path.decades": f"{max(float(np.log10(held.budget / HIGHEST)), 0.0):.1f}",
        "path.beyond": bool(held.budget > HIGHEST * 1.02),
        "path.label": step.name[0].upper() + step.name[1:],
        "path.said": path_words(view),
    }
    for key, column in zip(KEYS, found.columns, strict=True):
        state |= rows_of(view, key, column, held.budget / per["dollars"])
    return state


def rows_of(view: View, key: str, column: Column | None, dollars: float) -> dict[str, str]:
    """Cells of one column: value and interval of each row, and the chosen step as a multiple of its size."""
    names = ("exponent", "params", "tokens", "waste", "path")
    if column is None:
        return {f"{key}.{name}{end}": NOTHING if not end else "" for name in names for end in ("", "_range")}
    level = view.level
    times = float(view.step.params(view.held.budget)) / column.params
    cells = {
        "exponent": ranged(column.exponent, "exponent", level, 2),
        "params": ranged(column.params, "params", level),
        "tokens": ranged(column.tokens, "tokens", level, 3),
        "waste": money(column.waste, dollars, level),
        "path": ranged(times, "plain", level, 2),
    }
    if key == KEYS[2]:
        cells["waste"] = "reference", ""
    out: dict[str, str] = {}
    for name, (value, between) in cells.items():
        out[f"{key}.{name}"] = f"× {value}" if name == "path" else value
        out[f"{key}.{name}_range"] = between.strip()
    return out


def money(waste: Array, dollars: float, level: float) -> tuple[str, str]:
    """Money wasted and its interval; what is less than a ten thousandth of the budget counts as nothing."""
    least = LEAST * dollars
    value = float(waste[0]) * dollars
    low, high = ends(waste * dollars, level)
    said = (
        format_quantity(_whole(value), "dollars")
        if value >= least
        else f"< {format_quantity(least, 'dollars')}"
    )
    if np.isnan(low):
        return said, ""
    if low < least:
        return said, f"[$0, {format_quantity(max(high, least), 'dollars')}]"
    return said, format_interval(_whole(low), _whole(high), "dollars")


def _whole(dollars: float) -> float:
    """Dollars without cents, from ten on."""
    return float(np.floor(dollars + 0.5)) if dollars >= 10 else dollars


def who(found: Answer) -> str:
    """Who the sentence speaks for."""
    names = [k + 1 for k, column in enumerate(found.columns) if column is not None]
    if not found.agree or len(names) == 1:
        return "approach 3 trains"
    return (
        "all three approaches train about" if len(names) == 3 else f"approaches {names[0]} and 3 train about"
    )


def others(found: Answer) -> str:
    """What approaches 1 and 2, and the parabola alone, say."""
    parts: list[str] = []
    for k, column in enumerate(found.columns[:2]):
        if column is not None:
            size = format_quantity(float(column.params[0]), "params")
            parts.append(f"{'A' if not parts else 'a'}pproach {k + 1} says {size}")
    said = ", ".join(parts)
    if np.isfinite(found.bias):
        alone = format_quantity((1 + found.bias) * float(found.third.params[0]), "params")
        said += f"{'; w' if said else 'W'}ithout noise its parabola would say {alone}"
    return f"{said}." if said else "Approaches 1 and 2 find no best size in these runs."


def title(found: Answer) -> str:
    """Whether they agree: the claim above the figure of ratios."""
    far = found.columns[found.far]
    if far is None:
        return "Approach 3 stands alone"
    if found.agree:
        return "They agree" if all(found.columns) else f"Approaches {found.far + 1} and 3 agree"
    ratio = float(far.params[0] / found.third.params[0])
    if ratio > 2 or ratio < 0.5:
        times = f"{'×' if ratio > 1 else '÷'} {format_quantity(max(ratio, 1 / ratio), 'ratio', 2)}"
        return f"Approach {found.far + 1} differs by {times}"
    return f"Approach {found.far + 1} differs by {format_quantity(abs(ratio - 1), 'percent', 2)}"


def path_words(view: View) -> str:
    """What the first and the chosen step of the path say."""
    said = _step_words(KAPLAN_TO_CHINCHILLA[0], view, view.held.step == 0)
    words = f"Kaplan's recipe, fitted to other runs, says {said}"
    if view.held.step:
        words += f"; with the {view.step.name} {_step_words(view.step, view, True)}"
    return f"{words}."


def _step_words(step: PathStep, view: View, interval: bool) -> str:
    budget = view.held.budget
    said = format_quantity(float(step.params(budget)), "params")
    return f"{said} {step_range(step, budget)}" if interval else said


def step_range(step: PathStep, budget: float) -> str:
    """Interval of the size that a step would train, without the unit where the size has the same."""
    low, high = (float(end) for end in step.interval(budget))
    unit = format_quantity(float(step.params(budget)), "params").partition(" ")[2]
    said = format_interval(low, high, "params")
    return said.removesuffix(f" {unit}") if unit else said
