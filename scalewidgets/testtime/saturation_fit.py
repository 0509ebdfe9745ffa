"""The saturating curve fitted to accuracies, with the interval of its ceiling: often it has none.

Unless samples or rounds reach about ``2/p``, only the product of ceiling and success rate is known; a fit
always finds a ceiling, so its profile is part of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special

from scalewidgets.errors import QuantityError
from scalewidgets.fitting import Status

from .checks import Array, level_of, shares, whole
from .mixtures import coverage_beta, coverage_power
from .results import Value, table
from .saturation import saturation_curve, saturation_point

_P = (1e-6, 1 - 1e-6)


@dataclass(frozen=True, eq=False, repr=False)
class SaturationFit(Value):
    """``F_max (1 - (1-p)**N)`` fitted to accuracies.

    Attributes
    ----------
    ceiling, p : float
    ceiling_low, ceiling_high : float
        Profile-likelihood interval of the ceiling, within what was observed and 1.
    identified : bool
        Whether that interval ends below 1 on its own.
    product : float
        ``F_max p``, the slope at the start, which is always known.
    ridge : ndarray, shape (G, 3)
        Ceilings, the best p for each, and the deviance: the valley that the data leave open.
    aic : dict of str to float
        Of this curve, of the exponentiated power law and of Beta-distributed rates, on the same points.
    largest_n : float
    problems : int
    level : float
    status : Status
    reason : str
    """

    ceiling: float
    p: float
    ceiling_low: float
    ceiling_high: float
    identified: bool
    product: float
    ridge: Array
    aic: dict[str, float]
    largest_n: float
    problems: int
    level: float
    status: Status
    reason: str

    def accuracy(self, n: ArrayLike) -> Array:
        """Accuracy after n samples or rounds."""
        return saturation_curve(self.ceiling, self.p, n)

    def point(self, eps: ArrayLike, *, convention: str = "next gain") -> Array:
        """Saturation point (:func:`saturation_point`)."""
        return saturation_point(self.ceiling, self.p, eps, convention=convention)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        out = [
            f"Ceiling {self.ceiling:.3f}, {100 * self.level:g} % interval [{self.ceiling_low:.3f}, "
            f"{self.ceiling_high:.3f}]; success rate {self.p:.4g} a sample or round. {self.reason}"
        ]
        if not self.identified:
            out.append(
                f"The ceiling is not identified: n ends at {self.largest_n:,.0f}, and only the product "
                f"{self.product:.4g} of ceiling and rate is known."
            )
        out.append(
            "Accuracies at different n usually share problems and samples: the interval is then too narrow "
            "rather than too wide."
        )
        best = min(self.aic, key=lambda name: self.aic[name])
        if best != "saturation":
            out.append(
                f"By AIC, {best} fits better ({self.aic[best]:.1f} against {self.aic['saturation']:.1f}): "
                "one success rate for all problems saturates too soon."
            )
        return tuple(out)

    def to_frame(self) -> pd.DataFrame:
        """One row for each coefficient."""
        return table(
            {
                "coefficient": ["F_max", "p"],
                "value": [self.ceiling, self.p],
                "low": [self.ceiling_low, np.nan],
                "high": [self.ceiling_high, np.nan],
            },
            "coefficient",
        )


def fit_saturation(n: ArrayLike, accuracy: ArrayLike, problems: int, *, level: float = 0.95) -> SaturationFit:
    """Fit the saturating curve to accuracies after n samples or rounds.

    Parameters
    ----------
    n, accuracy : array_like, shape (K,)
        At least three points.
    problems : int
        Problems behind each accuracy: they set the binomial variance.
    level : float
        Of the interval of the ceiling.

    Returns
    -------
    SaturationFit

    Raises
    ------
    QuantityError
        For fewer than three points, accuracies outside 0 to 1, or none above 0.

    Notes
    -----
    Least squares weighted by the binomial variance ``A(1-A)/M`` of the fitted curve's own points; the
    deviance is twice the difference in log-likelihood. Points of one curve are correlated, which the interval
    does not know: it is too narrow rather than too wide. arXiv:2505.20522.
    """
    at, value = whole("n", n, least=1).ravel(), shares("The accuracy", accuracy).ravel()
    count = float(whole("The number of problems", problems, least=1))
    level = level_of(level)
    if at.size != value.size or np.unique(at).size < 3:
        raise QuantityError(
            "A ceiling and a rate need three values of n.", remedy="Give three points or more."
        )
    if not value.max() > 0:
        raise QuantityError("No accuracy is above 0.", remedy="There is nothing to fit.")
    # One success more and one failure more, so that no point is certain.
    calm = (value * count + 1) / (count + 2)
    weight = count / (calm * (1 - calm))

    def deviance(ceiling: float, log_p: float) -> float:
        miss = value - saturation_curve(ceiling, float(np.exp(log_p)), at)
        return float(weight @ (miss * miss))

    def given(ceiling: float) -> tuple[float, float]:
        grid = np.linspace(np.log(_P[0]), np.log(_P[1]), 60)
        costs = [deviance(ceiling, x) for x in grid]
        best = int(np.argmin(costs))
        ends = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
        found = optimize.minimize_scalar(lambda x: deviance(ceiling, x), bounds=ends, method="bounded",
                                         options={"xatol": 1e-10})  # fmt: skip
        return float(found.fun), float(found.x)

    # Noise can lift the largest point above the ceiling: the search starts a little below it.
    lowest = max(1e-3, 0.9 * float(value.max()))
    tops = np.linspace(lowest, 1.0, 81)
    rows = [given(float(top)) for top in tops]
    best = int(np.argmin([row[0] for row in rows]))
    ends = tops[max(best - 1, 0)], tops[min(best + 1, tops.size - 1)]
    found = optimize.minimize_scalar(lambda top: given(top)[0], bounds=ends, method="bounded",
                                     options={"xatol": 1e-9})  # fmt: skip
    ceiling, (least, log_p) = float(found.x), given(float(found.x))
    for top, (cost, x) in zip(tops, rows, strict=True):
        if cost < least:
            ceiling, least, log_p = float(top), cost, x
    bar = float(special.chdtri(1, 1 - level))
    low = _edge(lambda top: given(top)[0] - least - bar, ceiling, lowest)
    high = _edge(lambda top: given(top)[0] - least - bar, ceiling, 1.0)
    p = float(np.exp(log_p))
    ridge = np.array([[top, np.exp(x), cost - least] for top, (cost, x) in zip(tops, rows, strict=True)])
    identified = high < 1.0 or ceiling > 1 - 1e-6
    on_bound = ceiling > 1 - 1e-6 or not _P[0] * 1.01 < p < _P[1] * 0.99
    return SaturationFit(
        ceiling, p, low, high, identified, ceiling * p, ridge, _rivals(at, value, weight, least),
        float(at.max()), int(count), level, Status.ON_BOUND if on_bound else
        Status.CONVERGED if identified else Status.NOT_IDENTIFIED,
        "The ceiling is at 1." if ceiling > 1 - 1e-6 else "Least squares with binomial weights.",
    )  # fmt: skip


def _edge(above, inside: float, outside: float) -> float:  # type: ignore[no-untyped-def]
    """Where a function that is negative inside crosses zero on the way out; the outside if it does not."""
    if above(outside) <= 0 or inside == outside:
        return outside
    return float(optimize.brentq(above, inside, outside, xtol=1e-7))


def _rivals(n: Array, value: Array, weight: Array, least: float) -> dict[str, float]:
    """AIC of this curve and of two others, each with two coefficients, by the same weighted squares."""

    def aic(curve, start: list[float]) -> float:  # type: ignore[no-untyped-def]
        def cost(z: Array) -> float:
            miss = value - curve(np.exp(np.clip(z, -12, 12)))
            return float(weight @ (miss * miss))

        return float(optimize.minimize(cost, start, method="Nelder-Mead", options={"maxiter": 2000}).fun) + 4

    return {
        "saturation": least + 4,
        "power law": aic(lambda z: coverage_power(z[0], z[1], n), [0.5, -1.0]),
        "Beta difficulty": aic(lambda z: coverage_beta(z[0], z[1], n), [-0.7, 1.0]),
    }
