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
    "quantile": "Quantile of log residuals, sum",
    "asymmetric": "Huber, over-prediction counts more, sum",
    "gaussian_log": "Gaussian likelihood on log loss",
    "student_t": "Student's t likelihood on log loss",
}


@dataclass(frozen=True)
class Shape:
    """A parameter of an objective, as a slider.

    Attributes
    ----------
    key : str
        The argument of :func:`scalewidgets.fit`.
    label : str
    low, high, start : float
        Reach of the slider, and what the fit takes if nobody says otherwise.
    format : str
        Kind of quantity, as in :mod:`scalewidgets.units`.
    note : str
        What it means, in a few words.
    scale : {"log", "linear"}
    """

    key: str
    label: str
    low: float
    high: float
    start: float
    format: str
    note: str
    scale: str = "log"


SHAPES: Mapping[str, Shape] = {
    "quantile": Shape("tau", "τ", 0.01, 0.99, 0.5, "exponent", "share of the runs below the curve", "linear"),
    "asymmetric": Shape(
        "factor", "Factor", 1.0, 100.0, 10.0, "plain", "how much more over-predictions count"
    ),
    "student_t": Shape("nu", "ν", 1.0, 100.0, 4.0, "plain", "degrees of freedom; many are Gaussian"),
}
"""Parameters that only one objective has; delta, which two have, is a control of its own."""

SHAPE_KEYS = frozenset(shape.key for shape in SHAPES.values())


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
        How many resamples the next fit takes, for "copy code".
    seed : int
        The seed of the resamples.
    mode : str
        ``"compact"`` (an output in a notebook) or ``"full"``.
    shape : mapping of str to float
        Parameter of the objective by its key (see :data:`SHAPES`), where it has one.
    checking : bool
        Whether the independent check of the fit on screen is still under way.
    unfinished : bool
        Whether the browser is to ask for the rest of the fit.
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
    shape: Mapping[str, float] = field(default_factory=dict)
    checking: bool = False
    unfinished: bool = False
