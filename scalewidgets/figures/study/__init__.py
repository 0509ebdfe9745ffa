"""The screen of a study: how well laws predict, from how many models and how much of each run."""

from .plots import map_columns as map_columns
from .screen import study_scene as study_scene
from .view import StudyView as StudyView
from .view import make_view as make_view
