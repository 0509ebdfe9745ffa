"""A budget in three units, and what an hour of a device does: the section that screens of budgets share.

The twin of the browser's ``spending.ts``. The budget is held in FLOP; hours and dollars are ways to print it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..units import format_quantity
from .frame import line, text, value

SECONDS_PER_HOUR = 3600
UTILISATION_RANGE = (0.05, 0.8)
PRICE_RANGE = (0.2, 20.0)
UNITS = {"flops": "FLOP", "hours": "GPU-hours", "dollars": "Dollars"}


def per_unit(rate: float, price: float) -> dict[str, float]:
    """Operations behind one unit of each way to state a budget.

    Parameters
    ----------
    rate : float
        Useful operations of one device per second.
    price : float
        Dollars for an hour of one device.
    """
    hour = rate * SECONDS_PER_HOUR
    return {"flops": 1.0, "hours": hour, "dollars": hour / price}


def spent(budget: float, unit: str, per: Mapping[str, float]) -> dict[str, Any]:
    """The budget in all three units, and as the sentence says it."""
    said = {
        "flops": compute(budget),
        "hours": f"{format_quantity(budget / per['hours'], 'hours').removesuffix('hours').strip()} GPU-hours",
        "dollars": format_quantity(budget / per["dollars"], "dollars"),
    }
    others = ", ".join(words for key, words in said.items() if key != unit)
    return {
        "answer.budget": said[unit],
        "budget.others": others,
        "per.hours": per["hours"],
        "per.dollars": per["dollars"],
    }


def compute(flops: float, digits: int = 2) -> str:
    """Compute as a person says it."""
    return format_quantity(flops, "flops", digits)


def unit_segments() -> dict[str, Any]:
    """Which unit the budget is stated in."""
    return {
        "kind": "segments",
        "key": "budget.unit",
        "label": "Unit of the budget",
        "options": [{"value": unit, "label": label} for unit, label in UNITS.items()],
    }


def budget_sliders(reach: tuple[float, float], start: float) -> list[dict[str, Any]]:
    """One slider a unit, all of them of the same budget; the one of the chosen unit is shown."""
    labels = {"flops": "Compute", "hours": "GPU-hours", "dollars": "Dollars"}
    return [
        slider(
            "budget.flops",
            labels[unit],
            reach,
            unit,
            start,
            when={"budget.unit": unit},
            **({} if unit == "flops" else {"per": f"per.{unit}"}),
        )
        for unit in UNITS
    ]


def budget_section(
    reach: tuple[float, float],
    start: float,
    *,
    device: str,
    utilisation: float,
    price: float,
    price_is: str,
    note: str = "",
) -> dict[str, Any]:
    """The section of a budget in three units, with what turns one into another where it matters.

    Parameters
    ----------
    reach : (float, float)
        Ends of the slider, in FLOP.
    start : float
    device : str
        What is rented, for the note.
    utilisation, price : float
        Shown as sliders where hours or dollars depend on them.
    price_is : str
        Where the price comes from.
    note : str
        Said below a budget in FLOP, in place of the other units.
    """
    rented = [
        text(f". {device}, "),
        value("hardware.utilisation", "percent"),
        text(" utilised"),
    ]
    own = slider("hardware.utilisation", "Utilisation", UTILISATION_RANGE, "percent", utilisation)
    hour = slider("hardware.price", "$ per GPU-hour", PRICE_RANGE, "dollars", price)
    others = value("budget.others", role="strong")
    in_flops = line(text(note)) if note else line(others, *rented)
    return {
        "id": "budget",
        "heading": "Budget",
        "open": True,
        "folded": [line(value("answer.budget"))],
        "items": [
            unit_segments(),
            *budget_sliders(reach, start),
            {**own, "when": {"budget.unit": "hours"}},
            {**hour, "when": {"budget.unit": "dollars"}},
            {
                "kind": "note",
                "lines": [
                    {**in_flops, "when": {"budget.unit": "flops"}},
                    line(others, *rented, when={"budget.unit": "hours"}),
                    line(others, *rented, text(f"; the price is {price_is}")),
                ],
            },
        ],
    }


def slider(
    key: str, label: str, reach: tuple[float, float], kind: str, start: float, **more: Any
) -> dict[str, Any]:
    """A slider over decades that answers in the browser."""
    return {
        "kind": "slider",
        "key": key,
        "label": label,
        "scale": "log",
        "low": min(reach[0], start),
        "high": max(reach[1], start),
        "format": kind,
        "where": "browser",
        "start": start,
        **more,
    }
