"""Studies: one law fitted to many selections of runs, and how well each predicts what it has not seen.

:func:`study` makes a :class:`Study`; the protocol of arXiv:2410.11840 is a preset.
"""

from .api import run_steps, study, study_steps
from .cards import Card
from .families import ALONE
from .guide import guide_runs
from .plan import Cell
from .progress import StudyProgress
from .protocol import GUIDE, PRESETS, Protocol
from .result import Study

__all__ = [
    "ALONE",
    "GUIDE",
    "PRESETS",
    "Card",
    "Cell",
    "Protocol",
    "Study",
    "StudyProgress",
    "guide_runs",
    "run_steps",
    "study",
    "study_steps",
]
