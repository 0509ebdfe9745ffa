"""Limits of a plan: sizes and tokens asked for, what memory holds, and where the best model stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError
from scalewidgets.fitting import Fit
from scalewidgets.units import format_quantity

from .machine import Machine
from .memory import Memory, ServingMemory, TrainingMemory
from .surface import LEAST, Best, Surface

Limit: TypeAlias = float | tuple[float | None, float | None] | None


def limits(name: str, given: Limit) -> tuple[float, float]:
    """Read a limit of sizes or tokens: a number, or a pair with open ends."""
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


def fitting(
    sizes: tuple[float, float], stores: Sequence[Memory], machine: Machine
) -> tuple[tuple[float, float], str]:
    """Sizes that the memory leaves, and which memory it is that ends them."""
    low, high, fullest = *sizes, ""
    for store in stores:
        if not isinstance(store, TrainingMemory | ServingMemory):
            raise QuantityError(
                f"memory= takes TrainingMemory or ServingMemory, not {type(store).__name__}.",
                remedy="Give memory=TrainingMemory(gigabytes=80).",
            )
        most = store.most_params(machine.gpus)
        if most < low or most == 0:
            raise QuantityError(
                f"No model of the sizes asked for fits: {store}.",
                remedy="Give more devices or memory, or smaller models.",
            )
        if most < high:
            high, fullest = most, str(store)
    return (low, high), fullest


def binding(surface: Surface, best: Best, sizes: Sequence[float] | None, fullest: str) -> tuple[str, ...]:
    """Name the limits that the best model stands at."""
    size, tokens = float(best.params[0]), float(best.tokens[0])
    out = []
    for name, at, (low, high) in (("params", size, surface.sizes), ("tokens", tokens, surface.data)):
        if low == high:
            out.append(f"{name}= keeps it at {format_quantity(low, name)}")
        elif low > LEAST and at <= low * (1 + 1e-6):
            out.append(f"{name}= allows no less than {format_quantity(low, name)}")
        elif at >= high * (1 - 1e-6):
            who = fullest if fullest and name == "params" else f"{name}="
            out.append(f"{who} allows no more than {format_quantity(high, name)}")
    if surface.batch is not None and np.isfinite(surface.steps):
        taken = surface.batch.schedule(tokens, surface.steps, 0.0).steps
        if taken >= surface.steps * (1 - 1e-6):
            out.append(f"the deadline leaves {surface.steps:,.0f} steps")
    if sizes is not None:
        out.append(f"best of {len(sizes)} sizes that can be built")
    return tuple(out)


def conventions(fit: Fit, surface: Surface, machine: Machine) -> tuple[str, ...]:
    """What the numbers of a plan rest on, a line each."""
    out = [f"C by {surface.rule.name}", str(fit.certificate.convention), str(machine)]
    if surface.served:
        price = "" if surface.weight == 1 else f", a FLOP of it at {surface.weight:.3g} of training"
        out.append(
            f"{format_quantity(surface.served, 'tokens')} tokens served at a third of a training token{price}"
        )
    if surface.batch is not None:
        out.append("the law's tokens are those of small batches (arXiv:1812.06162)")
    if surface.unique is not None:
        out.append(f"{format_quantity(surface.unique, 'tokens')} unique tokens")
    return tuple(out)
