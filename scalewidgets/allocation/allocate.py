"""From a fit and a budget, or a loss, to a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError
from scalewidgets.fitting import Fit
from scalewidgets.fitting.prediction import level_edges
from scalewidgets.laws import Law
from scalewidgets.units import format_quantity

from .bits import FULL, Precision, with_bits
from .limits import Limit, binding, conventions, fitting, limits
from .machine import Machine
from .memory import Memory
from .plan import Plan, coefficients_of, estimate, nearest, usable
from .rules import FlopRule, at_cost, find_rule
from .runs import fitted_runs
from .steps import SECONDS_PER_DAY, Batch, Schedule
from .surface import LEAST, Best, Surface, with_repetition

Array: TypeAlias = NDArray[np.float64]

QUESTIONS = ("flops", "gpu_hours", "dollars", "days", "loss")


def allocate(
    fit: Fit,
    *,
    flops: float | None = None,
    gpu_hours: float | None = None,
    dollars: float | None = None,
    days: float | None = None,
    loss: float | None = None,
    params: Limit = None,
    tokens: Limit = None,
    sizes: Sequence[float] | None = None,
    unique_tokens: float | None = None,
    serve_tokens: float = 0.0,
    machine: Machine | str | None = None,
    flops_rule: str | FlopRule = "6ND",
    memory: Memory | Sequence[Memory] | None = None,
    batch: Batch | None = None,
    precision: Precision | None = None,
    given: Mapping[str, float] | None = None,
    level: float | None = None,
) -> Plan:
    """Split a budget between parameters and tokens.

    Parameters
    ----------
    fit : Fit
        Of a law of parameters and tokens. Its resamples give the intervals.
    flops, gpu_hours, dollars : float, optional
        The budget, of training and serving together: exactly one, unless `loss` asks for the cheapest.
    days : float, optional
        A deadline for the machine's devices: alone it is the budget, beside another it can only lower it.
        With a ``batch`` whose steps take time it limits their number too.
    loss : float, optional
        Target in nats per token: the cheapest model that reaches it.
    params, tokens : float or (low, high), optional
        A number keeps it there; a pair limits it, ``None`` leaves an end open.
    sizes : sequence of float, optional
        Numbers of parameters that can be built; the best of them is taken.
    unique_tokens : float, optional
        Distinct tokens there are: more than these are repetitions, which count for less and less.
    serve_tokens : float
        Tokens that the model will serve over its life, paid from the same budget.
    machine : Machine or str, optional
        Devices, utilisation and price; a name takes the defaults of :class:`Machine`.
    flops_rule : str or FlopRule
        What a token costs in training; serving one costs a third of it.
    memory : TrainingMemory, ServingMemory or several, optional
        What the devices hold: a limit of the size.
    batch : Batch, optional
        Size of a step against the critical one: large steps take more tokens, small ones more time.
    precision : Precision, optional
        Number formats to choose from: fewer bits are cheaper and count for fewer parameters.
    given : mapping of str to float, optional
        Values of the law's inputs beside params, tokens and unique tokens, such as ``{"G": 16}``.
    level : float, optional
        Of the intervals; by default that of the fit.

    Returns
    -------
    Plan

    Raises
    ------
    FitError
        If the fit was refused, did not converge or is not identified, or its law has no sizes and tokens.
    QuantityError
        If the question is not clear, a number is not above zero, or nothing meets the limits.

    Notes
    -----
    ``min L(N, D)`` on ``rule(N) D + w 2 N D_served <= C``, which for ``C = 6 N D`` and the law of
    arXiv:2203.15556 is its Eq. 4 in closed form, and at equal price of serving the problem of
    arXiv:2401.00448, Eq. 3, read as a budget. Every resample finds its own best; the ends are percentiles.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> plan = sw.allocate(sw.fit(sw.load("chinchilla"), resamples=0), flops=5.76e23)
    >>> round(plan.ratio.value, 1)
    17.9
    """
    held = dict(given or {})
    usable(fit, [*held, *(("P_w", "P_a", "P_kv") if precision is not None else ())])
    rented = Machine.of(machine)
    share = fit.level if level is None else level
    level_edges(share)
    if unique_tokens is not None:
        above_zero("The number of unique tokens", unique_tokens)
    elif "U" in fit.law.input_names:
        raise QuantityError(
            f"The {fit.law.title} law needs the number of unique tokens.", remedy="Give unique_tokens=."
        )
    served = float(above_zero("The number of tokens served", serve_tokens, or_zero=True))
    stores = () if memory is None else (memory,) if isinstance(memory, Memory) else tuple(memory)
    sizes_allowed, fullest = fitting(limits("params", params), stores, rented)
    formats: list[float | None] = [None] if precision is None else [float(b) for b in precision.choices]
    answers = []
    for bits in formats:
        law, values, notes = _law(fit, precision, bits, unique_tokens)
        rule = find_rule(flops_rule)
        if precision is not None and bits is not None:
            rule = at_cost(rule, precision.weight(bits), f"in {bits:g} bits, as FLOP of {FULL:g}")
        surface = Surface(
            law, values, rule, unique_tokens, served, rented.serving_weight if served else 1.0,
            sizes_allowed, limits("tokens", tokens), batch,
            np.inf if batch is None else batch.steps_of(days), held or None,
        )  # fmt: skip
        budget = _budget(surface, rented, flops, gpu_hours, dollars, days, loss)
        best = surface.best(budget) if sizes is None else _of_sizes(surface, budget, sizes)
        answers.append(_Answer(bits, surface, budget, best, notes))
    chosen = _cheapest(answers) if loss is not None else _lowest(answers)
    first = answers[int(chosen[0])]
    surface, best = first.surface, first.best
    if not np.isfinite(best.loss[0]):
        raise _nothing(surface, float(first.budget[0]), loss)
    size, data = float(best.params[0]), float(best.tokens[0])
    if min(size, data) < LEAST:
        raise QuantityError(
            f"{format_quantity(float(first.budget[0]), 'flops')} is best spent on {size:.2g} parameters and "
            f"{data:.2g} tokens, which is no model.",
            remedy="Give a larger budget; check its unit.",
        )
    draws: pd.DataFrame = _picked([_draws(a) for a in answers], chosen)
    schedule = None
    if batch is not None:
        models = zip(draws["params"], draws["tokens"], strict=True)
        made = [_schedule(surface, rented, size, data) for size, data in models]
        schedule, draws = made[0], draws.assign(days=np.array([one.days for one in made]))
    passed = float(best.tokens[0]) if schedule is None else schedule.processed
    epochs = None if unique_tokens is None else max(passed / unique_tokens, 1.0)
    trained = float(draws["flops"][0])
    largest = float(np.max(fitted_runs(fit)[2]))
    return Plan(
        fit=fit,
        **{name: estimate(draws[name].to_numpy(), share) for name in
           ("params", "tokens", "loss", "ratio", "flops", "total")},
        epochs=epochs,
        bits=None if precision is None else estimate(draws["bits"].to_numpy(), share),
        schedule=schedule,
        binding=binding(surface, best, sizes, fullest),
        extrapolation=max(float(np.log10(trained / largest)), 0.0),
        machine=rented,
        conventions=(*conventions(fit, surface, rented), *map(str, stores)),
        notes=tuple(first.notes),
        level=share,
        draws=draws.iloc[1:].reset_index(drop=True),
        surface=surface,
    )  # fmt: skip


@dataclass(frozen=True)
class _Answer:
    """The best models of one number format."""

    bits: float | None
    surface: Surface
    budget: Array
    best: Best
    notes: list[str]


def _law(
    fit: Fit, precision: Precision | None, bits: float | None, unique: float | None
) -> tuple[Law, Mapping[str, Array], list[str]]:
    """The law at a number of bits, with repeated tokens counting for less where there are unique ones."""
    law, values, notes = fit.law, coefficients_of(fit), []
    if precision is not None and bits is not None:
        law, values, note = with_bits(law, values, bits, precision.trained)
        notes += [note] if note else []
    if unique is not None:
        law, values, note = with_repetition(law, values)
        notes += [note] if note else []
    return law, values, notes


def _lowest(answers: list[_Answer]) -> NDArray[np.intp]:
    losses = np.stack([np.where(np.isfinite(a.best.loss), a.best.loss, np.inf) for a in answers])
    return np.asarray(np.argmin(losses, axis=0))


def _cheapest(answers: list[_Answer]) -> NDArray[np.intp]:
    budgets = np.stack([np.where(np.isfinite(a.budget), a.budget, np.inf) for a in answers])
    return np.asarray(np.argmin(budgets, axis=0))


def _picked(tables: list[pd.DataFrame], chosen: NDArray[np.intp]) -> pd.DataFrame:
    """Of each row the table that was chosen."""
    if len(tables) == 1:
        return tables[0]
    stacked = np.stack([table.to_numpy() for table in tables])
    picked: pd.DataFrame = pd.DataFrame(
        stacked[chosen, np.arange(len(chosen))], columns=list(tables[0].columns)
    )
    return picked


def _schedule(surface: Surface, machine: Machine, params: float, tokens: float) -> Schedule:
    assert surface.batch is not None
    if not (np.isfinite(params) and np.isfinite(tokens)):
        return Schedule(*6 * (float("nan"),))
    seconds = machine.days(surface.rule.flops(params, tokens)) * SECONDS_PER_DAY
    return surface.batch.schedule(tokens, surface.steps, seconds)


def _budget(
    surface: Surface,
    machine: Machine,
    flops: float | None,
    gpu_hours: float | None,
    dollars: float | None,
    days: float | None,
    loss: float | None,
) -> Array:
    """Budget of each row in training FLOP."""
    given = {"flops": flops, "gpu_hours": gpu_hours, "dollars": dollars, "loss": loss}
    asked = [name for name, value in given.items() if value is not None]
    if len(asked) > 1 or (not asked and days is None):
        said = " and ".join(f"{name}=" for name in asked) if asked else "no budget"
        raise QuantityError(
            f"There is {said}, and a plan answers one question.",
            remedy=f"Give one of {', '.join(name + '=' for name in QUESTIONS)}.",
        )
    limit = np.inf if days is None else machine.flops_of_days(days)
    if loss is not None:
        cheapest = surface.cheapest(above_zero("The target loss", loss).reshape(1))
        return np.where(cheapest <= limit, cheapest, np.nan)
    if flops is not None:
        limit = min(limit, float(above_zero("The budget", flops)))
    elif gpu_hours is not None:
        limit = min(limit, machine.flops_of_hours(gpu_hours))
    elif dollars is not None:
        limit = min(limit, machine.flops_of_dollars(dollars))
    return np.full(surface.rows, limit)


def _of_sizes(surface: Surface, budget: Array, sizes: Sequence[float]) -> Best:
    size = nearest(sizes, surface, budget)
    tokens = surface.tokens(budget, size)
    loss = surface.loss(size[:, None], tokens[:, None])[:, 0]
    return Best(size, tokens, loss, np.where(np.isfinite(loss), 0, 2).astype(np.int8))


def _draws(answer: _Answer) -> pd.DataFrame:
    surface, best, budget = answer.surface, answer.best, answer.budget
    # A loss that is never reached takes more than any budget.
    never = np.isposinf(budget)
    columns = {
        "params": best.params,
        "tokens": best.tokens,
        "loss": best.loss,
        "ratio": best.tokens / best.params,
        "flops": np.where(never, np.inf, surface.flops(best.params, best.tokens)),
        "total": np.where(never, np.inf, surface.total(best.params, best.tokens)),
    }
    if answer.bits is not None:
        columns["bits"] = np.full(len(best.params), answer.bits)
    table: pd.DataFrame = pd.DataFrame(columns)
    return table


def _nothing(surface: Surface, budget: float, loss: float | None) -> QuantityError:
    if loss is not None and not np.isfinite(budget):
        return QuantityError(
            f"No model within the limits reaches a loss of {loss:g}.",
            remedy="Give a loss further above the law's floor, or widen the limits.",
        )
    served = f" and {format_quantity(surface.served, 'tokens')} tokens to serve" if surface.served else ""
    return QuantityError(
        f"Nothing meets the limits with {format_quantity(budget, 'flops')}{served}.",
        remedy="Give a larger budget, or widen params=, tokens= or sizes=.",
    )
