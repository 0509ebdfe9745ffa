"""A budget as screens are given it: in FLOP, GPU-hours or dollars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from ..allocation import Machine
from ..errors import QuantityError
from ..figures.allocator import default_budget
from ..fitting import Fit


def above_zero(name: str, value: float | None) -> None:
    """Refuse a number that is not finite and above zero.

    Raises
    ------
    QuantityError
    """
    if value is not None and not 0 < float(value) < float("inf"):
        raise QuantityError(f"{name}={value!r} is not a number above zero.", remedy="Give a positive number.")


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
        above_zero(name, value)
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
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
    return float(value) if known else otherwise  # type: ignore[arg-type]
