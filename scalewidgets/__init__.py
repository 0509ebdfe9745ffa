"""Scaling-law fitting, compute allocation and test-time-scaling analysis, live in JupyterLab.

Names are resolved on first use: the server extension and the command line must not wait for Bokeh,
SymPy or pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._version import __version__ as __version__
from .lazy import lazily

if TYPE_CHECKING:
    from . import allocation as allocation
    from . import conversions as conversions
    from . import errors as errors
    from . import schedules as schedules
    from . import testtime as testtime
    from . import units as units
    from .allocation import Plan as Plan
    from .allocation.allocate import allocate as allocate
    from .allocation.approaches import three_approaches as three_approaches
    from .allocation.next_runs import next_runs as next_runs
    from .data import check as check
    from .data import dataset as dataset
    from .data import datasets as datasets
    from .data import fetch as fetch
    from .data import load as load
    from .data import read_runs as read_runs
    from .data import read_samples as read_samples
    from .data import read_systems as read_systems
    from .fitting import Curve as Curve
    from .fitting import FamilyFits as FamilyFits
    from .fitting import Fit as Fit
    from .fitting import Prediction as Prediction
    from .fitting import Status as Status
    from .fitting import compare_fits as compare_fits
    from .fitting import curves_of as curves_of
    from .fitting import fit as fit
    from .fitting import fit_curves as fit_curves
    from .fitting import fit_families as fit_families
    from .fitting.compare import compare as compare
    from .fitting.holdout import holdout as holdout
    from .fitting.holdout import rolling_holdout as rolling_holdout
    from .fitting.influence import influence as influence
    from .fitting.robustness import robustness as robustness
    from .laws import Law as Law
    from .laws import Published as Published
    from .laws import Symbol as Symbol
    from .laws import catalogue as catalogue
    from .laws import law as law
    from .laws.schedules import sequence_law as sequence_law
    from .pane import Pane as Pane
    from .replications import Scoreboard as Scoreboard
    from .replications import replicate as replicate
    from .studies import Study as Study
    from .studies import study as study
    from .testtime import Frontier as Frontier
    from .testtime import frontier as frontier
    from .widgets import Approaches as Approaches
    from .widgets import ComputeAllocator as ComputeAllocator
    from .widgets import LawFitter as LawFitter
    from .widgets import NextRuns as NextRuns
    from .widgets import StudyExplorer as StudyExplorer
    from .widgets import TestTimePareto as TestTimePareto

_ROOMS = {
    "Plan": "allocation",
    "allocate": "allocation.allocate",
    "next_runs": "allocation.next_runs",
    "three_approaches": "allocation.approaches",
    "check": "data",
    "dataset": "data",
    "datasets": "data",
    "fetch": "data",
    "load": "data",
    "read_runs": "data",
    "read_samples": "data",
    "read_systems": "data",
    "Curve": "fitting",
    "FamilyFits": "fitting",
    "Fit": "fitting",
    "Prediction": "fitting",
    "Status": "fitting",
    "compare": "fitting",
    "compare_fits": "fitting",
    "curves_of": "fitting",
    "fit": "fitting",
    "fit_curves": "fitting",
    "fit_families": "fitting",
    "holdout": "fitting",
    "influence": "fitting",
    "robustness": "fitting",
    "rolling_holdout": "fitting",
    "Law": "laws",
    "Published": "laws",
    "Symbol": "laws",
    "catalogue": "laws",
    "law": "laws",
    "sequence_law": "laws.schedules",
    "Pane": "pane",
    "Scoreboard": "replications",
    "replicate": "replications",
    "Frontier": "testtime",
    "frontier": "testtime",
    "Study": "studies",
    "study": "studies",
    "Approaches": "widgets",
    "ComputeAllocator": "widgets",
    "LawFitter": "widgets",
    "NextRuns": "widgets",
    "StudyExplorer": "widgets",
    "TestTimePareto": "widgets",
}
_MODULES = {"allocation", "conversions", "errors", "schedules", "testtime", "units"}

__all__ = ["__version__", *sorted(_ROOMS), *sorted(_MODULES)]


__getattr__, __dir__ = lazily(__name__, _ROOMS, _MODULES)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell JupyterLab where the prebuilt extension is."""
    return [{"src": "labextension", "dest": "scalewidgets"}]
