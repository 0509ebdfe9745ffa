"""What a budget and a plan come to, in numbers and words: the twin of ``allocator-numbers.ts``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...allocation.hardware import device
from ...allocation.machine import PRICES, PRICES_OF, Machine
from ...fitting.problem import FLOPS_PER_PARAM_TOKEN
from ...units import format_interval, format_quantity, split_quantity
from ..spending import per_unit, spent
from .view import Array, View

SIX, FORWARD = FLOPS_PER_PARAM_TOKEN, 2.0
BEST, PLAN, EQUAL = "best", "plan", "equal"


@dataclass(frozen=True)
class Rows:
    """A model of each row: the fit's own first, then one a resample."""

    params: Array
    tokens: Array
    loss: Array


@dataclass(frozen=True)
class Answer:
    """The optimum, the plan, and the cheapest run as good; waste is a share of the plan's cost."""

    best: Rows
    plan: Rows
    equal: Rows
    budget: float
    plan_flops: float
    equal_flops: Array
    waste: Array


def answer(view: View) -> Answer:
    """Every row's optimum at the budget, and what the plan is worth to it."""
    held, surface = view.held, view.surface
    best = surface.best(np.array([held.budget]))
    size, data = np.full((surface.rows, 1), held.params), np.full((surface.rows, 1), held.tokens)
    loss = surface.loss(size, data)[:, 0]
    flops = SIX * held.params * held.tokens
    equal_flops = surface.cheapest(loss)
    equal = surface.best(equal_flops)
    return Answer(
        best=Rows(best.params, best.tokens, best.loss),
        plan=Rows(size[:, 0], data[:, 0], loss),
        equal=Rows(equal.params, equal.tokens, equal.loss),
        budget=held.budget,
        plan_flops=flops,
        equal_flops=equal_flops,
        waste=np.maximum(1 - equal_flops / flops, 0.0),
    )


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


def ranged(values: Array, kind: str, level: float, digits: int | None = None) -> tuple[str, str]:
    """A number, and its interval without the unit where it has the same."""
    value = float(values[0])
    low, high = ends(values, level)
    said = format_quantity(value, kind, digits)
    if np.isnan(low):
        return said, ""
    unit = split_quantity(value, kind, digits)[1]
    between = format_interval(low, high, kind, digits)
    return said, f" {between.removesuffix(f' {unit}') if unit else between}"


def between(waste: Array, dollars: float, level: float) -> str:
    """Interval of the money that an optimal run would save."""
    low, high = ends(waste, level)
    return "" if np.isnan(low) else f" {format_interval(low * dollars, high * dollars, 'dollars')}"


def hours(flops: float, machine: Machine) -> float:
    """Device hours of a training compute."""
    return flops / (machine.rate * 3600)


def serving_price(params: float, machine: Machine) -> float:
    """Dollars to serve one token: two operations a parameter, at the utilisation of serving."""
    peak = device(machine.device).peak(machine.precision).value
    rate = peak * (machine.serving_utilisation or machine.utilisation)
    return FORWARD * params / (rate * 3600) * machine.dollars_per_hour


def state_of(view: View) -> dict[str, Any]:
    """Everything that sentence, table, figures and trust line say, by key."""
    held, level = view.held, view.level
    machine, found = held.machine, answer(view)
    per = per_unit(machine.rate, machine.dollars_per_hour)
    size, size_range = ranged(found.best.params, "params", level)
    data, data_range = ranged(found.best.tokens, "tokens", level)
    loss, loss_range = ranged(found.best.loss, "loss", level)
    ratio, ratio_range = ranged(found.best.tokens / found.best.params, "ratio", level, 2)
    days = hours(held.budget, machine) / machine.gpus / 24
    decades = float(np.log10(held.budget / view.edge))
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
        "answer.reach": reach_words(held.budget / view.edge),
        "answer.beyond": bool(held.budget > view.edge * 1.02),
        "answer.decades": f"{max(decades, 0.0):.1f}",
        "answer.round_price": machine.round_price,
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


def reach_words(times: float) -> str:
    """How far the budget lies beyond the largest run."""
    if times <= 1.02:
        return "The budget lies inside the runs."
    return f"The budget takes {format_quantity(times, 'ratio', 2)} times the compute of the largest run."


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
        serving = serving_price(float(rows.params[0]), machine) * held.served
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
    price = serving_price(1.0, view.held.machine)
    dearer = price * (found.equal.params - found.plan.params)
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
