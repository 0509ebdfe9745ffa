"""The best split of a budget between parameters and tokens, and what another split costs."""

from .screen import allocator_scene as allocator_scene
from .split import RULES as RULES
from .view import DEADLINE as DEADLINE
from .view import DEFAULT_MACHINE as DEFAULT_MACHINE
from .view import MEMORY as MEMORY
from .view import SERVED as SERVED
from .view import UNIQUE as UNIQUE
from .view import Held as Held
from .view import Limit as Limit
from .view import View as View
from .view import default_budget as default_budget
from .view import first_plan as first_plan
from .view import make_view as make_view
from .view import refuse as refuse
