"""Work that is done step by step, for a caller that wants it all at once."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


def drained(steps: Generator[object, None, T]) -> T:
    """Run a generator to its end; what it returns there."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            ending: T = stop.value
            return ending
