"""Widgets: traits and controls over the figures; each is a :class:`~scalewidgets.pane.Pane`.

A name is resolved on first use: a screen does not wait for what only the others need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily

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

__getattr__, __dir__ = lazily(__name__, _MODULES)
