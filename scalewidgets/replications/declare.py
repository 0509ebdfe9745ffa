"""What a published figure is: a number as it was printed, where, and how near one has to come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Side = Literal["both", "at most", "at least"]

ROUNDING = "half a unit of the last digit printed"
"""Why a figure has the tolerance it has where nothing else is said."""


@dataclass(frozen=True)
class Figure:
    """One published number.

    Attributes
    ----------
    key : str
        Its name within the study.
    what : str
        What the number is, with its unit.
    printed : str
        The number with the digits it was published with.
    where : str
        Table, figure or file of the study's citation.
    tolerance : float, optional
        How far ours may be off; by default half a unit of the last digit printed.
    why : str
        The reason for the tolerance.
    side : {"both", "at most", "at least"}
        Whether ours has to come near, or may be lower (an error at an optimum) or higher as it likes.
    missed : str
        Why the bundled figures do not give the number, where it is known that they do not.
    """

    key: str
    what: str
    printed: str
    where: str
    tolerance: float | None = None
    why: str = ROUNDING
    side: Side = "both"
    missed: str = ""

    @property
    def published(self) -> float:
        """The number."""
        return float(self.printed)

    @property
    def decimals(self) -> int:
        """Digits printed behind the point."""
        return len(self.printed.partition(".")[2])

    @property
    def allowed(self) -> float:
        """How far ours may be off."""
        return 0.5 * 10.0**-self.decimals if self.tolerance is None else self.tolerance

    def meets(self, ours: float) -> bool:
        """Whether a number of ours is within the tolerance; NaN is not."""
        # A rounded number may lie on the edge itself; the slack is for the last bit of the subtraction.
        slack = self.allowed * (1 + 1e-9)
        off = ours - self.published
        low = off >= -slack or self.side == "at most"
        return bool(low and (off <= slack or self.side == "at least"))


@dataclass(frozen=True)
class Study:
    """Published numbers that one computation gives.

    Attributes
    ----------
    name, title : str
    citation : str
        Paper and, where the number is not in it, the public repository.
    tables : tuple of str
        Bundled tables that the numbers are derived from.
    rows : str
        Which rows of them, and how they are used.
    compute : callable
        Gives our numbers by the keys of the figures; a key that is missing has none.
    figures : tuple of Figure
    """

    name: str
    title: str
    citation: str
    tables: tuple[str, ...]
    rows: str
    compute: Callable[[], Mapping[str, float]]
    figures: tuple[Figure, ...]
