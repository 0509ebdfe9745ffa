"""Numbers on the test-time screen: a budget in three units, a verifier, prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..errors import QuantityError
from ..figures.testtime import WAYS, Held
from ..figures.testtime.view import UNITS, VERIFIERS
from .budgets import number_of, positive


def changed(held: Held, changes: Mapping[str, Any]) -> Held:
    """What is held with some numbers changed.

    Raises
    ------
    QuantityError
        For a number that is not above zero, or a share above 1.
    """
    numbers: dict[str, Any] = {name: number_of(name, value) for name, value in changes.items()}
    for name, value in numbers.items():
        if name in ("right", "wrong", "utilisation") and value > 1:
            raise QuantityError(f"{name}={value!r} is above 1.", remedy="Give a share, such as 0.9 for 90 %.")
    return replace(held, **numbers)


def budgeted(held: Held, dollars: float | None, tokens: float | None, seconds: float | None) -> Held:
    """What is held with the budget that was given, if one was.

    Raises
    ------
    QuantityError
        For two budgets, or one that is not above zero.
    """
    given = {"dollars": dollars, "tokens": tokens, "seconds": seconds}
    chosen = {unit: value for unit, value in given.items() if value is not None}
    if len(chosen) > 1:
        raise QuantityError(f"{' and '.join(chosen)} are two budgets.", remedy="Give one of them.")
    if not chosen:
        return held
    (unit,) = chosen
    assert unit in UNITS
    return replace(changed(held, chosen), unit=unit)


def verified(held: Held, verifier: Any) -> Held:
    """What is held with another verifier: two rates, or a perfect one.

    Raises
    ------
    QuantityError
        For anything else.
    """
    if isinstance(verifier, str):
        if verifier != "perfect":
            raise QuantityError(f'verifier={verifier!r} is neither two rates nor "perfect".')
        return replace(held, verifier="perfect")
    try:
        right, wrong = verifier
    except (TypeError, ValueError):
        raise QuantityError(
            f"verifier={verifier!r} is not a pair.",
            remedy="Give the shares of right and of wrong answers that it accepts: (0.9, 0.01).",
        ) from None
    if right == 1 and wrong == 0:
        return replace(held, verifier="perfect")
    return changed(held, {"right": right, "wrong": wrong})


def held_in(state: Mapping[str, Any], now: Held, units: Sequence[str]) -> Held:
    """What the controls of one view hold; what does not read, or no system knows, stays as it was."""
    unit, kind = state.get("budget.unit"), state.get("verifier.kind")
    return replace(
        now,
        unit=str(unit) if unit in units else now.unit,
        dollars=positive(state, "budget.dollars", now.dollars),
        tokens=positive(state, "budget.tokens", now.tokens),
        seconds=positive(state, "budget.seconds", now.seconds),
        worth=positive(state, "budget.worth", now.worth),
        verifier=str(kind) if kind in VERIFIERS else now.verifier,
        right=min(1.0, positive(state, "verifier.right", now.right)),
        wrong=min(1.0, positive(state, "verifier.wrong", now.wrong)),
        sample_tokens=positive(state, "price.tokens", now.sample_tokens),
        hour=positive(state, "price.hour", now.hour),
        utilisation=min(1.0, positive(state, "price.utilisation", now.utilisation)),
        factor=positive(state, "price.factor", now.factor),
        shown=frozenset(way for way in WAYS if state.get(f"show.{way}") is True),
    )
