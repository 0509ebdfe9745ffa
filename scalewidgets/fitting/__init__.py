"""Fitting a law to runs: objective, solver, uncertainty, identifiability, certificate.

The method is that of :func:`fit`; a result is a :class:`Fit`, also when no fit could be made.
"""

from .api import fit, fit_steps, objective_value
from .certificate import Certificate, Status
from .compare import LAWS, CompareProgress, compare, compare_steps
from .comparison import REFUTED, Comparison
from .crossover import FitComparison, compare_fits
from .exponents import ExponentMap, exponent_map_steps, exponents_of
from .families import fit_families, fit_families_steps
from .family_fits import FamilyFits
from .holdout import HoldOut, holdout, rolling_holdout
from .influence import Influence, influence
from .job import Progress
from .loss_curves import Curve, ScheduleFit, curves_of
from .mixture import Mixture
from .objective import OBJECTIVES, Objective
from .restriction import Restriction
from .result import Fit, Prediction
from .robustness import Robustness, robustness
from .sequences import fit_curves, leave_one_out

__all__ = [
    "LAWS",
    "OBJECTIVES",
    "REFUTED",
    "Certificate",
    "CompareProgress",
    "Comparison",
    "Curve",
    "ExponentMap",
    "FamilyFits",
    "Fit",
    "FitComparison",
    "HoldOut",
    "Influence",
    "Mixture",
    "Objective",
    "Prediction",
    "Progress",
    "Restriction",
    "Robustness",
    "ScheduleFit",
    "Status",
    "compare",
    "compare_fits",
    "compare_steps",
    "curves_of",
    "exponent_map_steps",
    "exponents_of",
    "fit",
    "fit_curves",
    "fit_families",
    "fit_families_steps",
    "fit_steps",
    "holdout",
    "influence",
    "leave_one_out",
    "objective_value",
    "robustness",
    "rolling_holdout",
]
