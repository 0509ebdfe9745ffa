"""Whether families may have coefficients in common, judged against separate fits."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from scalewidgets.errors import either

from .certificate import plain
from .scores import DISTINGUISHABLE


@dataclass(frozen=True)
class Restriction:
    """What it costs to have coefficients in common, against every family fitted for itself.

    Attributes
    ----------
    shared : tuple of str
    families : int
    together, apart : float
        What the solver minimised (sums of penalties), with the shared coefficients and without.
    deviance : float
        Twice the log of the likelihood ratio, by the density that the objective stands for, one scale for
        all families (one each with ``scale="family"``).
    degrees : int
        Coefficients that sharing saves.
    p_value : float
        Chance of such a deviance if the coefficients were the same (chi squared); rows taken as independent.
    aicc_difference, bic_difference : float
        Shared minus separate: negative speaks for sharing.
    """

    shared: tuple[str, ...]
    families: int
    together: float
    apart: float
    deviance: float
    degrees: int
    p_value: float
    aicc_difference: float
    bic_difference: float

    @property
    def not_distinguishable(self) -> bool:
        """Whether the AICc tells neither from the other: a difference below 2."""
        return abs(self.aicc_difference) < DISTINGUISHABLE

    @property
    def verdict(self) -> str:
        """``shared``, ``separate`` or ``not distinguishable``."""
        if self.not_distinguishable:
            return "not distinguishable"
        return "shared" if self.aicc_difference < 0 else "separate"

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        names = either(self.shared).replace(" or ", " and ")
        test = (
            f"deviance {self.deviance:.4g} for {self.degrees} coefficients, p = {self.p_value:.2g}; AICc "
            f"{self.aicc_difference:+.1f}, BIC {self.bic_difference:+.1f} against separate fits"
        )
        said = {
            "not distinguishable": f"One {names} for all {self.families} families and one each are not "
            "distinguishable",
            "shared": f"One {names} for all {self.families} families describes the runs as well as one each",
            "separate": f"The {self.families} families differ in {names}",
        }[self.verdict]
        return f"{said} ({test})."

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        out = {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}
        return {**out, "verdict": self.verdict}

    def report(self) -> str:
        """Return the verdict and what it rests on, as plain text."""
        return f"{self.sentence}\n"

    def _repr_html_(self) -> str:
        return f"<span>{escape(self.sentence)}</span>"
