"""Where a fit stands, and how long work keeps its turn."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TypeVar

T = TypeVar("T")

PACE = 0.004
"""Seconds of work after which a caller gets its turn: a click that comes in waits no longer."""


@dataclass(frozen=True)
class Progress:
    """Where a fit stands.

    Attributes
    ----------
    done, total : int
        Units of the phase: starts, resamples, checks.
    phase : str
        ``"fit"``, ``"check"``, ``"resample"`` or ``"verify"``.
    label : str
        The same as a reader sees it.
    """

    done: int
    total: int
    phase: str

    @property
    def label(self) -> str:
        """The state in words: ``250 of 1,000 resamples``."""
        what = {
            "fit": "starts",
            "check": "starts checked",
            "resample": "resamples",
            "verify": "resamples checked",
        }
        return f"{self.done:,} of {self.total:,} {what[self.phase]}"


def quiet(
    steps: Generator[float | None, None, T], state: Progress, rows: int = 0
) -> Generator[Progress, None, T]:
    """Run work that yields often, and give the caller its turn now and then.

    Parameters
    ----------
    steps : generator
        Yields the share that is done, or nothing.
    state : Progress
        Where the phase stands; moves on by shares of ``rows``.
    """
    begun = time.perf_counter()
    while True:
        try:
            share = next(steps)
        except StopIteration as stop:
            ending: T = stop.value
            return ending
        if time.perf_counter() - begun > PACE:
            yield replace(state, done=state.done + int(rows * share)) if rows and share else state
            begun = time.perf_counter()
