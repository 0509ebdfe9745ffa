"""What a law is: one formula, its symbols, its published coefficients.

Add a law by one :func:`register` call in a theme module of this package (``language.py`` and its
neighbours, or a new file beside them); it then appears in the catalogue, the tests and the browser.
Laws over as many breaks or domains as wanted come from a function; so do those that no formula gives.
"""

from . import language as _language  # noqa: F401 - its laws come first in the catalogue
from .best_mixture import Mixture, optimal_mixture
from .broken_curves import bnsl, m4
from .core import Law
from .data import repeated_parts
from .filtering import best_pools, data_filtering_qqt, effective_samples
from .mixtures import additive_mixing_law, implicit_mixing_law, joint_mixing_law, mixing_law
from .registry import catalogue, law, names, register
from .shapes import shape_law
from .symbols import MARKS, Published, Symbol
from .theory import bahri_exponents, bordelon_exponents, quantization_exponents
from .translation import nmt_split
from .vision import sovit_optimum, sovit_shape

__all__ = [
    "MARKS",
    "Law",
    "Mixture",
    "Published",
    "Symbol",
    "additive_mixing_law",
    "bahri_exponents",
    "best_pools",
    "bnsl",
    "bordelon_exponents",
    "catalogue",
    "data_filtering_qqt",
    "effective_samples",
    "implicit_mixing_law",
    "joint_mixing_law",
    "law",
    "m4",
    "mixing_law",
    "names",
    "nmt_split",
    "optimal_mixture",
    "quantization_exponents",
    "register",
    "repeated_parts",
    "shape_law",
    "sovit_optimum",
    "sovit_shape",
]
