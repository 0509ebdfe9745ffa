"""The best split of a budget between parameters and tokens, and what another split costs."""

from .screen import allocator_scene as allocator_scene
from .view import DEFAULT_MACHINE as DEFAULT_MACHINE
from .view import SERVED as SERVED
from .view import Held as Held
from .view import View as View
from .view import default_budget as default_budget
from .view import first_plan as first_plan
from .view import make_view as make_view
from .view import refuse as refuse
