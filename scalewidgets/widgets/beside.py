"""What stands beside the fit of a law fitter: the map of its exponents."""

from __future__ import annotations

from ..figures.lawfitter import Extras
from ..fitting import ExponentMap, Fit, Status, exponents_of


class Beside:
    """Results beside the fit, kept until the fit is another one."""

    def __init__(self) -> None:
        self._fit: Fit | None = None
        self._map: ExponentMap | None = None

    def of(self, fitted: Fit) -> Extras:
        """What is known beside this fit."""
        if fitted is not self._fit:
            self._fit, self._map = fitted, _map(fitted)
        return Extras(exponents=self._map)


def _map(fitted: Fit) -> ExponentMap | None:
    """The map of the exponents; None for a law that has no free one."""
    if fitted.setting is None or fitted.status in (Status.REFUSED, Status.NOT_IDENTIFIED):
        return None
    if not exponents_of(fitted.setting.problem.law, fitted.certificate.fixed):
        return None
    return fitted.exponent_map()
