"""What a budget and a plan come to, in numbers and words: the twin of ``allocator-numbers.ts``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...allocation.hardware import device
from ...allocation.machine import PRICES, PRICES_OF, Machine
from ...allocation.rules import FORWARD
from ...units import digits_apart, format_interval, format_quantity, split_quantity
from ..spending import per_unit, spent
from .split import RULES, Models, Split
from .view import Array, View

SAME = 1e-9
BEST, PLAN, EQUAL = "best", "plan", "equal"


@dataclass(frozen=True)
class Answer:
    """The optimum, the plan, and the cheapest run as good; waste is a share of the plan's cost.

    The budget is what the deadline leaves of it. The optimum fits into the memory, and so does the cheapest
    run as good, where the plan does: ``most`` is its largest size.
    """

    best: Models
    plan: Models
    equal: Models
    budget: float
    plan_flops: float
    equal_flops: Array
    waste: Array
    most: float


def answer(view: View) -> Answer:
    """Every row's optimum at the budget, and what the plan is worth to it."""
    held, surface = view.held, view.surface
    best = within(view)
    size, data = np.full((surface.rows, 1), held.params), np.full((surface.rows, 1), held.tokens)
    loss = surface.loss(size, data)[:, 0]
    flops = float(surface.flops(np.array(held.params), np.array(held.tokens)))
    most = held.most_params if held.params <= held.most_params else np.inf
    # No run is dearer than itself, also where repeated tokens teach nothing more.
    equal_flops = np.minimum(surface.cheapest_within(loss[:, None], most)[:, 0], flops)
    equal = _no_larger(surface, surface.best(equal_flops), equal_flops, most)
    return Answer(
        best=best,
        plan=Models(size[:, 0], data[:, 0], loss),
        equal=equal,
        budget=held.spent,
        plan_flops=flops,
        equal_flops=equal_flops,
        waste=np.maximum(1 - equal_flops / flops, 0.0),
        most=most,
    )


def within(view: View) -> Models:
    """The best models of every row that the deadline and the memory leave."""
    spent = np.array([view.held.spent])
    return _no_larger(view.surface, view.surface.best(spent), spent, view.held.most_params)


def _no_larger(surface: Split, best: Models, flops: Array, most: float) -> Models:
    """The same compute in models of at most so many parameters."""
    if not (best.params > most).any():
        return best
    size = np.minimum(best.params, most)
    data = surface.tokens(flops, size)
    return Models(size, data, surface.loss(size[:, None], data[:, None])[:, 0])


def ends(values: Array, level: float) -> tuple[float, float]:
    """Percentiles of the rows after the first; order statistics where some are infinite."""
    rest = values[1:]
    if not len(rest):
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    if np.isinf(rest).any():
        ordered = np.sort(rest)
        last = len(rest) - 1
        return float(ordered[int(np.floor(tail * last))]), float(ordered[int(np.ceil((1 - tail) * last))])
    low, high = np.quantile(rest, [tail, 1 - tail])
    return float(low), float(high)


NEAR = 100.0
"""How many times a number the end of its interval may be to be written in its unit."""


def ranged(values: Array, kind: str, level: float, digits: int | None = None) -> tuple[str, str]:
    """A number, and its interval: in the unit of the number and without it, unless it reaches far beyond."""
    value = float(values[0])
    low, high = ends(values, level)
    # At a limit all resamples agree.
    if np.isnan(low) or high - low <= SAME * abs(value):
        return format_quantity(value, kind, digits), ""
    digits = digits_apart(low, high, kind, digits)
    said = format_quantity(value, kind, digits)
    unit = split_quantity(value, kind, digits)[1]
    between = format_interval(low, high, kind, digits, unit_of=value if high < NEAR * value else None)
    return said, f" {between.removesuffix(f' {unit}') if unit else between}"


def between(waste: Array, dollars: float, level: float) -> str:
    """Interval of the money that an optimal run would save."""
    low, high = ends(waste, level)
    return "" if np.isnan(low) else f" {format_interval(low * dollars, high * dollars, 'dollars')}"


def hours(flops: float, machine: Machine) -> float:
    """Device hours of a training compute."""
    return flops / (machine.rate * 3600)


def serving_price(view: View, params: float) -> float:
    """Dollars to serve one token: a third of a training token, at the utilisation of serving."""
    machine = view.held.machine
    peak = device(machine.device).peak(machine.precision).value
    rate = peak * (machine.serving_utilisation or machine.utilisation)
    per_token = FORWARD * float(view.surface.rule.per_token(np.array(params)))
    return per_token / (rate * 3600) * machine.dollars_per_hour


def state_of(view: View) -> dict[str, Any]:
    """Everything that sentence, table, figures and trust line say, by key."""
    held, level = view.held, view.level
    machine, found = held.machine, answer(view)
    per = per_unit(machine.rate, machine.dollars_per_hour)
    size, size_range = ranged(found.best.params, "params", level)
    data, data_range = ranged(found.best.tokens, "tokens", level)
    loss, loss_range = ranged(found.best.loss, "loss", level)
    ratio, ratio_range = ranged(found.best.tokens / found.best.params, "ratio", level, 2)
    days = hours(found.budget, machine) / machine.gpus / 24
    edge = view.edge
    decades = float(np.log10(found.budget / edge))
    gap = found.plan.loss - found.best.loss
    state: dict[str, Any] = {
        **spent(held.budget, held.unit, per),
        "answer.params": size,
        "answer.params_range": size_range,
        "answer.tokens": data,
        "answer.tokens_range": data_range,
        "answer.loss": loss,
        "answer.loss_range": loss_range,
        "answer.ratio": f"{ratio}{ratio_range}",
        "answer.clock": clock(days),
        "answer.machine": f"{machine.gpus:,} {machine.device}",
        "answer.dollars": format_quantity(held.budget / per["dollars"], "dollars", 3),
        "answer.reach": reach_words(found.budget / edge, found.budget / view.least),
        "answer.below": bool(found.budget < view.least * 0.98),
        "answer.beyond": bool(found.budget > edge * 1.02),
        "answer.decades": f"{max(decades, 0.0):.1f}",
        "answer.round_price": machine.round_price,
        "answer.limits": limit_words(view, found, per["dollars"]),
        "answer.searched": view.surface.searched,
        "answer.resamples": f"{view.resamples:,}",
        "answer.rule": RULES[held.rule],
        "limit.fits": fits_words(view, found),
        "code.limits": code_words(view),
        "answer.size": float(found.best.params[0]),
        "answer.data": float(found.best.tokens[0]),
        "answer.best_loss": float(found.best.loss[0]),
        "plan.loss": float(found.plan.loss[0]),
        "plan.worse": float(gap[0]),
        "plan.waste": float(found.waste[0]),
        "plan.saved": format_quantity(
            float(found.waste[0]) * found.plan_flops / per["dollars"], "dollars", 3
        ),
        "plan.saved_range": between(found.waste, found.plan_flops / per["dollars"], level),
    }
    return state | costs(view, found, per) | {"plan.pays": payback(view, found, per)}


def clock(days: float) -> str:
    """Time on the clock in words."""
    if days < 1:
        return f"{format_quantity(24 * days, 'plain', 2)} hours"
    return f"{format_quantity(days, 'plain', 2)} days"


def reach_words(times: float, above: float) -> str:
    """How far the budget lies beyond the largest run, or below the smallest."""
    if above < 0.98:
        return f"The budget is {format_quantity(1 / above, 'ratio', 2)} times below the smallest run."
    if times <= 1.02:
        return "The budget lies inside the runs."
    return f"The budget takes {format_quantity(times, 'ratio', 2)} times the compute of the largest run."


def limit_words(view: View, found: Answer, per_dollar: float) -> str:
    """Which limits the optimum stands at."""
    held, out = view.held, []
    if held.spent < held.budget:
        left = format_quantity(held.spent / per_dollar, "dollars", 3)
        out.append(f"The deadline leaves {left} of it.")
    most = held.most_params
    if float(found.best.params[0]) >= most * (1 - 1e-9):
        free = float(view.surface.part(np.array([0])).cheapest(found.best.loss[:1])[0]) / per_dollar
        holds = f"Memory holds no more than {format_quantity(most, 'params')}"
        out.append(f"{holds}; without that limit {format_quantity(free, 'dollars', 3)} would do.")
    if held.unique.on:
        passes = max(float(found.best.tokens[0]) / held.unique.at, 1.0)
        out.append(f"It reads its tokens {format_quantity(passes, 'ratio', 2)} times." if passes > 1.005 else
                   "No token is read twice.")  # fmt: skip
    return " ".join(out)


def fits_words(view: View, found: Answer) -> str:
    """Whether the plan is within the limits."""
    held, out = view.held, []
    if held.params > held.most_params:
        out.append("too large for the memory")
    if found.plan_flops > held.most_flops * (1 + 1e-9):
        out.append("misses the deadline")
    return ", ".join(out)


def code_words(view: View) -> str:
    """Arguments of :func:`scalewidgets.allocate` that stand for the rule and the limits."""
    held, out = view.held, ""
    if held.rule == "attention":
        out += f", flops_rule=with_attention({literal(held.context)})"
    elif held.rule == "moe":
        out += f", flops_rule=mixture_of_experts({literal(held.active)})"
    if held.unique.on:
        out += f", unique_tokens={literal(held.unique.at)}"
    if held.memory.on:
        out += f", memory=TrainingMemory({literal(held.memory.at)}, context={literal(held.context)})"
    if held.deadline.on:
        out += f", days={literal(held.deadline.at)}"
    return out


def literal(value: float) -> str:
    """A number at full precision, as Python reads it."""
    return format_quantity(value, "code")


def costs(view: View, found: Answer, per: dict[str, float]) -> dict[str, Any]:
    """Cells of the table: the optimum, the plan, and the cheapest run as good as the plan."""
    held, level = view.held, view.level
    machine = held.machine
    out: dict[str, Any] = {
        "costs.days": f"Days, {machine.gpus:,} {'GPU' if machine.gpus == 1 else 'GPUs'}",
        "costs.served": f"Serving {format_quantity(held.served, 'tokens')}",
    }
    for name, rows, flops in (
        (BEST, found.best, found.budget),
        (PLAN, found.plan, found.plan_flops),
        (EQUAL, found.equal, float(found.equal_flops[0])),
    ):
        training = flops / per["dollars"]
        serving = serving_price(view, float(rows.params[0])) * held.served
        time = hours(flops, machine)
        for part, values in (("params", rows.params), ("tokens", rows.tokens), ("loss", rows.loss)):
            digits = {"params": 2, "tokens": 3, "loss": 4}[part]
            out[f"costs.{part}.{name}"] = format_quantity(float(values[0]), part, digits)
            if name == BEST:
                out[f"costs.{part}.range"] = ranged(values, part, level)[1]
        out |= {
            f"costs.training.{name}": format_quantity(training, "dollars", 3),
            f"costs.days.{name}": format_quantity(time / machine.gpus / 24, "plain"),
            f"costs.energy.{name}": energy(flops, machine),
            f"costs.serving.{name}": format_quantity(serving, "dollars", 3),
            f"costs.life.{name}": format_quantity(training + serving, "dollars", 3),
        }
    return out


def energy(flops: float, machine: Machine) -> str:
    """Energy as a person says it; without the watts of the device there is none."""
    used = machine.cost(flops).kwh
    if used is None:
        return "–"
    kwh = float(used)
    if kwh >= 1e6:
        return f"{format_quantity(kwh / 1e6, 'plain')} GWh"
    return (
        f"{format_quantity(kwh / 1e3, 'plain')} MWh" if kwh >= 1e3 else f"{format_quantity(kwh, 'plain')} kWh"
    )


def payback(view: View, found: Answer, per: dict[str, float]) -> str:
    """After how many tokens served the plan has earned back what it wastes in training."""
    size = float(found.plan.params[0])
    price = serving_price(view, size)
    per_token = view.surface.rule.per_token
    dearer = price * (per_token(found.equal.params) / per_token(np.array(size)) - 1)
    wasted = found.waste * found.plan_flops / per["dollars"]
    with np.errstate(all="ignore"):
        served = np.where(dearer > 0, wasted / np.where(dearer > 0, dearer, 1.0), np.inf)
    if not np.isfinite(served[0]):
        return "Your plan is dearer to serve than the cheapest run as good"
    low, high = ends(served, view.level)
    said, span = ranged(served, "tokens", view.level)
    if np.isinf(high):
        span = f" [{format_quantity(low, 'tokens')}, never]"
    return f"Your plan pays back after {said}{span} tokens served"


def round_price(name: str) -> float:
    """Round figure for an hour of a device."""
    return PRICES[name]


ROUND_PRICES_OF = PRICES_OF
