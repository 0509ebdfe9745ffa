"""Which runs to train next, and what they would do to the interval of an answer."""

from .screen import advisor_scene as advisor_scene
from .screen import controls as controls
from .view import Held as Held
from .view import View as View
from .view import make_view as make_view
from .view import moved as moved
