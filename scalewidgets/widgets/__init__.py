"""Widgets: traits and controls over the figures; each is a :class:`~scalewidgets.pane.Pane`."""

from .law_fitter import LawFitter as LawFitter
from .recipes import RecipeFitter as RecipeFitter
from .study_explorer import StudyExplorer as StudyExplorer
