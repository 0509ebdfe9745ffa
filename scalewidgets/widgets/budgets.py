"""Numbers that screens are given: a budget in FLOP, GPU-hours or dollars, and a machine with its price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from numbers import Real
from typing import Any, TypeGuard

from ..allocation import Machine
from ..errors import QuantityError
from ..figures.allocator import default_budget
from ..fitting import Fit


def number_of(name: str, value: Any) -> float:
    """A number above zero, as a program or a control gave it.

    Raises
    ------
    QuantityError
        For anything else.
    """
    if _is_positive(value):
        return float(value)
    raise QuantityError(f"{name}={value!r} is not a number above zero.", remedy="Give a positive number.")


def priced(machine: Machine) -> Machine:
    """The machine itself, where an hour of it has a price.

    Raises
    ------
    QuantityError
        If an hour costs nothing.
    """
    if machine.dollars_per_hour == 0:
        raise QuantityError("An hour costs nothing, so no cost can be drawn.", remedy="Give a price.")
    return machine


def with_date(machine: Machine) -> Machine:
    """The machine with the day on which its price was entered: today, where it does not say."""
    if machine.round_price or machine.dated:
        return machine
    return replace(machine, dated=date.today().isoformat())


def budget_of(
    fit: Fit, machine: Machine, flops: float | None, dollars: float | None, gpu_hours: float | None
) -> tuple[float, str]:
    """Budget in FLOP, and the unit that it was given in; by default a round one a decade beyond the runs.

    Raises
    ------
    QuantityError
        For two budgets, or one that is not above zero.
    """
    for name, value in (("flops", flops), ("dollars", dollars), ("gpu_hours", gpu_hours)):
        if value is not None:
            number_of(name, value)
    given = [name for name, v in (("flops", flops), ("dollars", dollars), ("gpu_hours", gpu_hours)) if v]
    if len(given) > 1:
        raise QuantityError(
            f"{' and '.join(f'{name}=' for name in given)} are two budgets.", remedy="Give one of them."
        )
    if dollars is not None:
        return machine.flops_of_dollars(dollars), "dollars"
    if gpu_hours is not None:
        return machine.flops_of_hours(gpu_hours), "hours"
    return (default_budget(fit) if flops is None else float(flops)), "flops"


def rented_as(machine: Machine, state: Mapping[str, Any]) -> Machine:
    """The machine at the utilisation and price that the controls of one view hold."""
    used = min(1.0, positive(state, "hardware.utilisation", machine.utilisation))
    price = positive(state, "hardware.price", machine.dollars_per_hour)
    return replace(machine, utilisation=used).at_price(price, date.today().isoformat())


def positive(state: Mapping[str, Any], key: str, otherwise: float) -> float:
    """The number above zero that the state holds, or another where it holds none."""
    value = state.get(key)
    return float(value) if _is_positive(value) else otherwise


def _is_positive(value: object) -> TypeGuard[float]:
    return isinstance(value, Real) and not isinstance(value, bool) and 0 < float(value) < float("inf")
