"""What the controls of the law fitter offer and hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...fitting import HoldOut

OBJECTIVES: Mapping[str, str] = {
    "huber_log": "Huber on log loss, sum",
    "squared_log": "Squared log residuals, sum",
    "squared_raw": "Squared loss residuals, sum",
    "absolute_log": "Absolute log residuals, sum",
}


@dataclass(frozen=True)
class Controls:
    """What the controls of the screen offer and hold.

    Attributes
    ----------
    data : str
        Value of the data selector: the name of a bundled table, or ``"own"``.
    datasets : mapping of str to str
        Values of the data selector and their labels.
    data_code : str
        The Python expression that yields the table, for "copy code".
    family : str or None
        The chosen family, where the table has several.
    families : sequence of str
        Families that can be fitted.
    laws : mapping of str to str
        Names of laws on offer and their titles.
    fixed : mapping of str to float
        Coefficients that keep their value in the next fit.
    blind : HoldOut or None
        A fit that has not seen the largest runs, and how it predicts them.
    blind_above : float or None
        Where the cut stands, in FLOP, also when no run lies above it.
    can_restore : bool
        Whether excluded runs can be brought back.
    exclude_code : str
        The ``exclude=`` argument for "copy code", empty for the default.
    resamples : int
        How many resamples the interval rests on.
    seed : int
        The seed of the resamples.
    mode : str
        ``"compact"`` (an output in a notebook) or ``"full"``.
    """

    data: str
    datasets: Mapping[str, str]
    data_code: str
    laws: Mapping[str, str]
    family: str | None = None
    families: Sequence[str] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)
    blind: HoldOut | None = None
    blind_above: float | None = None
    can_restore: bool = False
    exclude_code: str = ""
    resamples: int = 1000
    seed: int = 0
    mode: str = "compact"
