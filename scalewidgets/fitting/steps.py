"""Work that is done step by step: for a caller that wants it all at once, or hears of it in other words."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")
W = TypeVar("W")


def drained(steps: Generator[S, None, T], hear: Callable[[S], object] | None = None) -> T:
    """Run a generator to its end; what it returns there. `hear` is told of every step."""
    while True:
        try:
            state = next(steps)
        except StopIteration as stop:
            ending: T = stop.value
            return ending
        if hear is not None:
            hear(state)


def retold(steps: Generator[S, None, T], say: Callable[[S], W]) -> Generator[W, None, T]:
    """Run a generator, its steps in other words; what it returns at the end."""
    while True:
        try:
            state = next(steps)
        except StopIteration as stop:
            ending: T = stop.value
            return ending
        yield say(state)


def turns(steps: Generator[object, None, T], state: W) -> Generator[W, None, T]:
    """Run a generator, the caller's turn at every step: all that it hears is where the whole stands."""
    return (yield from retold(steps, lambda _: state))
