"""Widgets: traits and controls over the figures; each is a :class:`~scalewidgets.pane.Pane`."""

from .approaches import Approaches as Approaches
from .compute_allocator import ComputeAllocator as ComputeAllocator
from .law_fitter import LawFitter as LawFitter
from .next_runs import NextRuns as NextRuns
from .recipes import RecipeFitter as RecipeFitter
from .study_explorer import StudyExplorer as StudyExplorer
from .test_time_pareto import TestTimePareto as TestTimePareto
