"""Widgets: traits and controls over the figures; each is a :class:`~scalewidgets.pane.Pane`.

A name is resolved on first use: a screen does not wait for what only the others need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .approaches import Approaches as Approaches
    from .compute_allocator import ComputeAllocator as ComputeAllocator
    from .law_fitter import LawFitter as LawFitter
    from .next_runs import NextRuns as NextRuns
    from .recipes import RecipeFitter as RecipeFitter
    from .study_explorer import StudyExplorer as StudyExplorer
    from .test_time_pareto import TestTimePareto as TestTimePareto

_MODULES = {
    "Approaches": "approaches",
    "ComputeAllocator": "compute_allocator",
    "LawFitter": "law_fitter",
    "NextRuns": "next_runs",
    "RecipeFitter": "recipes",
    "StudyExplorer": "study_explorer",
    "TestTimePareto": "test_time_pareto",
}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        found = getattr(import_module(f".{_MODULES[name]}", __name__), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
