"""From a fit and a budget, or a loss, to a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError
from scalewidgets.fitting import Fit
from scalewidgets.fitting.prediction import level_edges
from scalewidgets.units import format_quantity

from .machine import Machine
from .plan import Plan, coefficients_of, estimate, nearest, usable
from .rules import FlopRule, find_rule
from .runs import fitted_runs
from .surface import LEAST, Best, Surface, with_repetition

Array: TypeAlias = NDArray[np.float64]
Limit: TypeAlias = float | tuple[float | None, float | None] | None

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
    usable(fit)
    rented = Machine.of(machine)
    share = fit.level if level is None else level
    level_edges(share)
    law, values, notes, epochs = fit.law, coefficients_of(fit), [], None
    if unique_tokens is not None:
        above_zero("The number of unique tokens", unique_tokens)
        law, values, note = with_repetition(law, values)
        notes += [note] if note else []
    elif "U" in law.input_names:
        raise QuantityError(
            f"The {law.title} law needs the number of unique tokens.", remedy="Give unique_tokens=."
        )
    surface = Surface(
        law, values, find_rule(flops_rule), unique_tokens,
        float(above_zero("The number of tokens served", serve_tokens, or_zero=True)),
        rented.serving_weight if serve_tokens else 1.0,
        _limits("params", params), _limits("tokens", tokens),
    )  # fmt: skip
    budget = _budget(surface, rented, flops, gpu_hours, dollars, days, loss)
    best = surface.best(budget) if sizes is None else _of_sizes(surface, budget, sizes)
    if not np.isfinite(best.loss[0]):
        raise _nothing(surface, float(budget[0]), loss)
    if unique_tokens is not None:
        epochs = max(float(best.tokens[0]) / unique_tokens, 1.0)
    draws = _draws(surface, best, budget)
    trained = float(draws["flops"][0])
    largest = float(np.max(fitted_runs(fit)[2]))
    return Plan(
        fit=fit,
        **{name: estimate(draws[name].to_numpy(), share) for name in
           ("params", "tokens", "loss", "ratio", "flops", "total")},
        epochs=epochs,
        binding=_binding(surface, best, sizes),
        extrapolation=max(float(np.log10(trained / largest)), 0.0),
        machine=rented,
        conventions=_conventions(fit, surface, rented),
        notes=tuple(notes),
        level=share,
        draws=draws.iloc[1:].reset_index(drop=True),
        surface=surface,
    )  # fmt: skip


def _limits(name: str, given: Limit) -> tuple[float, float]:
    if given is None:
        return LEAST, np.inf
    pair = given if isinstance(given, tuple | list) else (given, given)
    if len(pair) != 2:
        raise QuantityError(
            f"{name}= takes a number or a pair (low, high).", remedy=f"Give {name}=(1e9, None)."
        )
    low, high = (None if end is None else float(above_zero(f"{name}=", end)) for end in pair)
    found = (LEAST if low is None else low, np.inf if high is None else high)
    if found[0] > found[1]:
        raise QuantityError(
            f"{name}= goes from {found[0]:g} to {found[1]:g}.", remedy="Give the smaller end first."
        )
    return found


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


def _draws(surface: Surface, best: Best, budget: Array) -> pd.DataFrame:
    # A loss that is never reached takes more than any budget.
    never = np.isposinf(budget)
    columns = {
        "params": best.params,
        "tokens": best.tokens,
        "loss": best.loss,
        "ratio": best.tokens / best.params,
        "flops": np.where(never, np.inf, surface.rule.flops(best.params, best.tokens)),
        "total": np.where(never, np.inf, surface.total(best.params, best.tokens)),
    }
    table: pd.DataFrame = pd.DataFrame(columns)
    return table


def _binding(surface: Surface, best: Best, sizes: Sequence[float] | None) -> tuple[str, ...]:
    size, tokens = float(best.params[0]), float(best.tokens[0])
    out = []
    for name, at, (low, high) in (("params", size, surface.sizes), ("tokens", tokens, surface.data)):
        if low == high:
            out.append(f"{name}= keeps it at {format_quantity(low, name)}")
        elif low > LEAST and at <= low * (1 + 1e-6):
            out.append(f"{name}= allows no less than {format_quantity(low, name)}")
        elif at >= high * (1 - 1e-6):
            out.append(f"{name}= allows no more than {format_quantity(high, name)}")
    if sizes is not None:
        out.append(f"best of {len(sizes)} sizes that can be built")
    return tuple(out)


def _conventions(fit: Fit, surface: Surface, machine: Machine) -> tuple[str, ...]:
    out = [f"C by {surface.rule.name}", str(fit.certificate.convention), str(machine)]
    if surface.served:
        price = "" if surface.weight == 1 else f", a FLOP of it at {surface.weight:.3g} of training"
        out.append(
            f"{format_quantity(surface.served, 'tokens')} tokens served at a third of a training token{price}"
        )
    if surface.unique is not None:
        out.append(f"{format_quantity(surface.unique, 'tokens')} unique tokens")
    return tuple(out)


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
