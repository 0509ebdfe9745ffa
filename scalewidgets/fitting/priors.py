"""What a caller knows of a coefficient before the runs: a normal prior, or a log-normal one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from scalewidgets.errors import FitError, close_matches, either, quoted
from scalewidgets.laws import Law

from .limits import known_coefficient

KINDS: dict[str, str] = {
    "normal": "mean and standard deviation of the coefficient",
    "lognormal": "median of the coefficient, and the factor that is one standard deviation of its logarithm",
}
"""Kinds of prior, and what their two numbers are."""

GivenPriors: TypeAlias = Mapping[str, Any]
"""As the caller gives them: ``{"alpha": ("normal", 0.34, 0.05), "E": ("lognormal", 1.8, 1.1)}``."""


@dataclass(frozen=True)
class Prior:
    """Prior of one coefficient.

    Attributes
    ----------
    kind : {"normal", "lognormal"}
    centre : float
        Mean of a normal prior, median of a log-normal one.
    spread : float
        Standard deviation of a normal prior. Of a log-normal one the factor (above 1): about two thirds of
        its weight lie between ``centre / spread`` and ``centre * spread``.
    """

    kind: str
    centre: float
    spread: float

    @property
    def log(self) -> bool:
        """Whether it is a prior of the logarithm."""
        return self.kind == "lognormal"

    @property
    def location(self) -> float:
        """Mean, on the scale where the prior is normal."""
        return math.log(self.centre) if self.log else self.centre

    @property
    def sd(self) -> float:
        """Standard deviation, on the scale where the prior is normal."""
        return math.log(self.spread) if self.log else self.spread

    def distance(self, value: float, other: float | None = None) -> float:
        """Standard deviations from the centre (or from another value) to a value."""
        there = math.log(max(value, 1e-300)) if self.log else value
        if other is None:
            return (there - self.location) / self.sd
        return (there - (math.log(max(other, 1e-300)) if self.log else other)) / self.sd

    def __str__(self) -> str:
        if self.log:
            return f"log-normal, median {self.centre:g}, factor {self.spread:g}"
        return f"normal, mean {self.centre:g}, standard deviation {self.spread:g}"


def read_priors(law: Law, given: GivenPriors | None, fixed: Mapping[str, float]) -> dict[str, Prior]:
    """Check ``prior=``: kind and two numbers for each coefficient.

    Raises
    ------
    FitError
        If a coefficient is unknown or fixed, a kind is unknown, or the numbers make no prior of it.
    """
    out: dict[str, Prior] = {}
    if given is not None and not isinstance(given, Mapping):
        raise FitError(f"prior={quoted(given)} is not a mapping.", remedy=_remedy("alpha", ()))
    for name, said in (given or {}).items():
        symbol = law.symbol(known_coefficient(law, name, "prior"))
        if name in fixed:
            raise FitError(f"{name} is both in fixed= and in prior=.", remedy="Leave it in one of them.")
        prior = _read(name, said)
        if prior.log and not symbol.positive:
            raise FitError(
                f"{name} may be negative, so it has no log-normal prior.", remedy='Choose the kind "normal".'
            )
        if not prior.log and symbol.positive and prior.centre <= 0:
            raise FitError(f"The mean of the prior of {name} is {prior.centre:g}; {name} is positive.")
        out[name] = prior
    return out


def _read(name: str, said: Any) -> Prior:
    if isinstance(said, Prior):
        said = (said.kind, said.centre, said.spread)
    parts = list(said) if isinstance(said, tuple | list) else []
    what = f"prior={{{name!r}: {quoted(said)}}}"
    if len(parts) == 2:
        raise FitError(
            f"{what} does not say what its two numbers are.",
            remedy=_remedy(name, parts),
        )
    if len(parts) != 3:
        raise FitError(f"{what} is not a kind and two numbers.", remedy=_remedy(name, ()))
    kind, *numbers = parts
    if kind not in KINDS:
        matches = close_matches(str(kind), KINDS)
        raise FitError(
            f"{quoted(kind)} in prior= is not a kind of prior.",
            remedy=f"Did you mean {either(matches)}?" if matches else f"Choose {either(KINDS)}.",
        )
    try:
        centre, spread = (float(number) for number in numbers)
    except (TypeError, ValueError):
        centre = spread = math.nan
    if not (math.isfinite(centre) and math.isfinite(spread)):
        raise FitError(f"{what} is not a kind and two numbers.", remedy=_remedy(name, ()))
    if kind == "normal" and spread <= 0:
        raise FitError(
            f"The standard deviation of the prior of {name} is {spread:g}; it is a positive number.",
            remedy="To hold a coefficient, give it in fixed=.",
        )
    if kind == "lognormal" and (centre <= 0 or spread <= 1):
        raise FitError(
            f"{what} is not a median above 0 and a factor above 1.",
            remedy="The factor is how many times more or less one standard deviation is: 1.1 for some 10 %.",
        )
    return Prior(str(kind), centre, spread)


def _remedy(name: str, numbers: Any) -> str:
    first, second = (*numbers, 0.34, 0.05)[:2]
    return (
        f'Give {{"{name}": ("normal", {first}, {second})}} for a mean and a standard deviation, or '
        f'{{"{name}": ("lognormal", {first}, 1.1)}} for a median and a factor.'
    )
