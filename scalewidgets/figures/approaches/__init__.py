"""Approaches 1, 2 and 3 on the same runs, what the parabola adds, and the path from Kaplan to Chinchilla."""

from .screen import approaches_scene as approaches_scene
from .side import Choices as Choices
from .view import DEFAULT_MACHINE as DEFAULT_MACHINE
from .view import LAST as LAST
from .view import Held as Held
from .view import View as View
from .view import make_view as make_view
