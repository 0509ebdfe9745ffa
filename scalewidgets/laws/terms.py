"""Symbols that laws of several themes share, so that a floor is described in one place."""

from __future__ import annotations

import math

from .symbols import Symbol


def floor(name: str = "E", meaning: str = "irreducible loss") -> Symbol:
    """Return the loss that nothing removes."""
    return Symbol(name, meaning, "nats per token", start=(0.3, 3.0), kind="loss")


def amplitude(name: str, of: str, start: tuple[float, float] = (1.0, 1e11)) -> Symbol:
    """Return the factor before a power."""
    return Symbol(name, f"amplitude of the {of} term", "nats per token", start=start)


def exponent(name: str, of: str, start: tuple[float, float] = (0.05, 2.0)) -> Symbol:
    """Return a positive exponent."""
    return Symbol(name, f"exponent of {of}", start=start, kind="exponent")


def signed(
    name: str, meaning: str, start: tuple[float, float], *, unit: str = "", high: float = math.inf
) -> Symbol:
    """Return a symbol that may be negative."""
    return Symbol(name, meaning, unit, low=-math.inf, high=high, start=start)


def share(name: str, meaning: str, start: tuple[float, float]) -> Symbol:
    """Return a symbol between 0 and 1."""
    return Symbol(name, meaning, low=0.0, high=1.0, start=start)


def surface() -> list[Symbol]:
    """Return the five coefficients of a floor, a parameter term and a token term."""
    return [
        floor(),
        amplitude("A", "parameter"),
        amplitude("B", "token"),
        exponent("alpha", "parameters"),
        exponent("beta", "tokens"),
    ]
