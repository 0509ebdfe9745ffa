"""What stands beside the fit on screen, as far as it is known."""

from __future__ import annotations

from dataclasses import dataclass

from ...fitting import ExponentMap
from .others import OtherLaws


@dataclass(frozen=True)
class Extras:
    """Results that are not the fit itself.

    Attributes
    ----------
    exponents : ExponentMap or None
        The objective over the exponents; None for a law without a free exponent.
    laws : OtherLaws or None
        What other laws say of the same runs; None where there are none to compare.
    mapping : bool
        Whether the map is still to be made.
    """

    exponents: ExponentMap | None = None
    laws: OtherLaws | None = None
    mapping: bool = False


NOTHING = Extras()
