"""Fitting a law to runs: objective, solver, uncertainty, identifiability, certificate.

The method is that of :func:`fit`; a result is a :class:`Fit`, also when no fit could be made.
"""

from .api import fit, fit_steps, objective_value
from .certificate import Certificate, Status
from .compare import LAWS, CompareProgress, compare, compare_steps
from .comparison import REFUTED, Comparison
from .crossover import FitComparison, compare_fits
from .exponents import ExponentMap, exponent_map_steps, exponents_of
from .holdout import HoldOut, holdout, rolling_holdout
from .influence import Influence, influence
from .job import Progress
from .mixture import Mixture
from .objective import OBJECTIVES, Objective
from .result import Fit, Prediction
from .robustness import Robustness, robustness

__all__ = [
    "LAWS",
    "OBJECTIVES",
    "REFUTED",
    "Certificate",
    "CompareProgress",
    "Comparison",
    "ExponentMap",
    "Fit",
    "FitComparison",
    "HoldOut",
    "Influence",
    "Mixture",
    "Objective",
    "Prediction",
    "Progress",
    "Robustness",
    "Status",
    "compare",
    "compare_fits",
    "compare_steps",
    "exponent_map_steps",
    "exponents_of",
    "fit",
    "fit_steps",
    "holdout",
    "influence",
    "objective_value",
    "robustness",
    "rolling_holdout",
]
