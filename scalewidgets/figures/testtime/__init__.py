"""Sampling at test time: which model, how many samples, behind which verifier, at which price."""

from .screen import sampling_scene as sampling_scene
from .selected import WAYS as WAYS
from .selected import read_selected as read_selected
from .systems import SystemsView as SystemsView
from .systems import read_systems_view as read_systems_view
from .view import Held as Held
from .view import View as View
from .view import first_held as first_held
from .view import make_view as make_view
from .whole import systems_scene as systems_scene
