"""Ties and bounds of coefficients, as the caller gives them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from scalewidgets.errors import FitError, close_matches, either, quoted
from scalewidgets.laws import Law

Bounds: TypeAlias = Mapping[str, tuple[float | None, float | None]]


def known_coefficient(law: Law, name: object, word: str) -> str:
    """Check a name that is given in the argument ``word``."""
    if isinstance(name, str) and name in law.coefficient_names:
        return name
    matches = close_matches(str(name), law.coefficient_names)
    raise FitError(
        f"{quoted(name)} in {word}= is not a coefficient of {law.name}.",
        remedy=f"Did you mean {either(matches)}?" if matches else f"It has {either(law.coefficient_names)}.",
    )


def read_fixed(law: Law, fixed: Mapping[str, float] | None) -> dict[str, float]:
    """Check ``fixed=``: a value for each coefficient that is to be held."""
    held: dict[str, float] = {}
    for name, value in (fixed or {}).items():
        known_coefficient(law, name, "fixed")
        number = _number(value)
        if not np.isfinite(number) or (law.symbol(name).positive and number <= 0):
            kind = "positive number" if law.symbol(name).positive else "finite number"
            raise FitError(f"fixed={{{name!r}: {quoted(value)}}} is not a {kind}.")
        held[name] = number
    return held


def read_bounds(
    law: Law, bounds: Bounds | None, fixed: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """Check ``bounds=``; an end that is ``None`` is that of the symbol."""
    out: dict[str, tuple[float, float]] = {}
    for name, pair in (bounds or {}).items():
        symbol = law.symbol(known_coefficient(law, name, "bounds"))
        if name in fixed:
            raise FitError(f"{name} is both in fixed= and in bounds=.", remedy="Leave it in one of them.")
        ends: list[Any] = list(pair) if isinstance(pair, tuple | list) else []
        if len(ends) != 2:
            raise FitError(
                f"bounds={{{name!r}: {quoted(pair)}}} is not a pair.",
                remedy="Give (low, high), such as (0.1, 1).",
            )
        low = symbol.low if ends[0] is None else _number(ends[0])
        high = symbol.high if ends[1] is None else _number(ends[1])
        if not low < high:
            raise FitError(
                f"bounds={{{name!r}: {quoted(pair)}}} leaves no room for {name}.",
                remedy="Give (low, high) with low below high; None leaves an end open.",
            )
        if high <= symbol.low or low >= symbol.high:
            raise FitError(f"The bounds of {name} lie outside its range, {symbol.low:g} to {symbol.high:g}.")
        out[name] = (max(low, symbol.low), min(high, symbol.high))
    return out


def read_ties(
    law: Law, tie: Iterable[Iterable[str]] | None, limited: Mapping[str, Iterable[str]]
) -> dict[str, str]:
    """Check ``tie=``; gives the coefficient that stands for each tied one.

    Parameters
    ----------
    law : Law
    tie : iterable of iterables of str
    limited : mapping of str to iterable of str
        Coefficients named in other arguments; only the first of a tie may be.
    """
    leader: dict[str, str] = {}
    seen: set[str] = set()
    for group in tie or ():
        if isinstance(group, str):
            raise FitError(
                f"tie={quoted(tie)} is not a list of groups.", remedy='Give tie=[("alpha", "beta")].'
            )
        names = [known_coefficient(law, name, "tie") for name in group]
        if len(set(names)) < 2:
            raise FitError("A tie needs two coefficients.", remedy='Give tie=[("alpha", "beta")].')
        for name in names:
            if name in seen:
                raise FitError(f"{name} is in two ties.", remedy="Put all that are equal into one.")
            seen.add(name)
        for name in names[1:]:
            leader[name] = names[0]
            for word, given in limited.items():
                if name in given:
                    raise FitError(
                        f"{name} is tied to {names[0]} and stands in {word}=.",
                        remedy=f"Give {names[0]} there.",
                    )
    return leader


def tied_law(law: Law, leader: Mapping[str, str]) -> Law:
    """Return the law with every tied coefficient replaced by the one that stands for it."""
    return _tied_law(law, tuple(sorted(leader.items()))) if leader else law


@lru_cache(maxsize=32)
def _tied_law(law: Law, leader: tuple[tuple[str, str], ...]) -> Law:
    table = dict(leader)
    formula = re.sub(r"[A-Za-z_]\w*", lambda found: table.get(found[0], found[0]), law.formula)
    symbols = [symbol for symbol in law.coefficients if symbol.name not in table]
    return Law(
        formula, list(law.inputs), name=law.name, title=law.title, output=law.output, coefficients=symbols,
        theme=law.theme, cite=law.cite, mark=law.mark, summary=law.summary, simplex=law.simplex,
    )  # fmt: skip


def _number(value: object) -> float:
    with contextlib.suppress(TypeError, ValueError):
        return float(value)  # type: ignore[arg-type]
    return float("nan")
