"""What a law is: one formula, its symbols, its published coefficients.

Add a law by one :func:`register` call in a theme module of this package (``language.py`` and its
neighbours, or a new file beside them); it then appears in the catalogue, the tests and the browser.
"""

from .core import Law
from .registry import catalogue, law, names, register
from .symbols import MARKS, Published, Symbol

__all__ = ["MARKS", "Law", "Published", "Symbol", "catalogue", "law", "names", "register"]
