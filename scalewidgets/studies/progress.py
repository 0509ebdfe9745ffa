"""Progress of a study as a person sees it: a line in a terminal, a bar in a notebook."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib import import_module
from typing import Any

from .plan import Cell

PATIENCE = 0.4
"""Seconds before anything is shown: what is done at once needs no bar."""
PACE = 0.1


@dataclass(frozen=True)
class StudyProgress:
    """Where a study stands.

    Attributes
    ----------
    done, total : int
        Laws, or intervals.
    phase : str
        ``"laws"`` or ``"intervals"``.
    family : str
        Title of the family that was worked on last.
    found : tuple of (str, Cell, dict)
        Family, cell and what came out, of what was done last.
    """

    done: int
    total: int
    phase: str
    family: str = ""
    found: tuple[tuple[str, Cell, dict[str, Any]], ...] = ()

    @property
    def label(self) -> str:
        """The state in words: ``120 of 340 laws``."""
        return f"{self.done:,} of {self.total:,} {self.phase}"


def shown(progress: object) -> Callable[[StudyProgress], object] | None:
    """Whom to tell: the caller's own function, a line or bar (``None``), or nobody (``False``)."""
    if progress is False:
        return None
    if callable(progress):
        return progress
    if _in_notebook():
        return _Bar()
    if progress is True or sys.stderr.isatty():
        return _Line()
    return None


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    made = shell.get_ipython() if shell is not None else None
    return made is not None and getattr(made, "kernel", None) is not None


class _Paced:
    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.last = self.begun

    def due(self, state: StudyProgress) -> bool:
        """Whether to show anything now."""
        now = time.monotonic()
        if now - self.begun < PATIENCE or (now - self.last < PACE and state.done < state.total):
            return False
        self.last = now
        return True

    def remaining(self, state: StudyProgress) -> str:
        """Time to go, in words."""
        if not 0 < state.done < state.total:
            return ""
        seconds = (time.monotonic() - self.begun) * (state.total - state.done) / state.done
        return f", about {seconds / 60:.0f} min left" if seconds >= 90 else f", about {seconds:.0f} s left"


class _Line(_Paced):
    """One line of the error stream, written over itself."""

    def __init__(self) -> None:
        super().__init__()
        self.width = 0

    def __call__(self, state: StudyProgress) -> None:
        if not self.due(state):
            return
        text = f"{state.label}{self.remaining(state)}"
        end = "\n" if state.done >= state.total else ""
        sys.stderr.write(f"\r{text:<{self.width}}{end}")
        sys.stderr.flush()
        self.width = len(text)


class _Bar(_Paced):
    """A bar in the output of a cell, gone when the study is done."""

    def __init__(self) -> None:
        super().__init__()
        self.handle: Any = None

    def __call__(self, state: StudyProgress) -> None:
        if not self.due(state) and not (self.handle is not None and state.done >= state.total):
            return
        # Only where IPython runs already.
        shell: Any = import_module("IPython.display")
        text = escape(f"{state.label}{self.remaining(state)}")
        over = state.done >= state.total
        page = shell.HTML(
            ""
            if over
            else f'<progress value="{state.done}" max="{state.total}" aria-label="{text}"></progress> {text}'
        )
        if self.handle is None:
            self.handle = shell.display(page, display_id=True)
        else:
            self.handle.update(page)
