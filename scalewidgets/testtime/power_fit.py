"""The exponentiated power law fitted to a curve of coverage, by either of the usual ways.

Points of one curve share samples, their noise differs along k, and the law holds for large k only
(arXiv:2510.05197): these fits describe a curve; :func:`extrapolate` puts them beside the likelihood of the
counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scalewidgets.errors import QuantityError, quoted
from scalewidgets.fitting import Status

from .checks import Array, positive, shares
from .mixtures import coverage_power, power_law_facts, samples_for_coverage
from .results import Value, table

METHODS = ("log-log", "nonlinear")


@dataclass(frozen=True, eq=False, repr=False)
class PowerFit(Value):
    """``C(k) = exp(-A k**-beta)`` fitted to points of a curve.

    Attributes
    ----------
    amplitude, beta : float
    method : str
        ``"log-log"`` or ``"nonlinear"``.
    used, dropped : int
        Points used, and points with coverage 0 or 1 that the logarithms cannot take.
    largest_k : float
        Beyond it the curve is extrapolated.
    r_squared : float
        Of the coverage at the points used.
    status : Status
    reason : str
    """

    amplitude: float
    beta: float
    method: str
    used: int
    dropped: int
    largest_k: float
    r_squared: float
    status: Status
    reason: str

    def coverage(self, k: ArrayLike) -> Array:
        """Coverage at k; NaN if the fit was refused."""
        if self.status is Status.REFUSED:
            return np.full(np.shape(k), np.nan)
        return coverage_power(self.amplitude, self.beta, k)

    def samples_for(self, target: ArrayLike) -> Array:
        """Samples that reach a coverage; NaN if the fit was refused."""
        if self.status is Status.REFUSED:
            return np.full(np.shape(target), np.nan)
        return samples_for_coverage(self.amplitude, self.beta, target)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        if self.status is Status.REFUSED:
            return (self.reason,)
        steep = power_law_facts(self.amplitude, self.beta)["inflection"]
        out = [
            f"C(k) = exp(-{self.amplitude:.4g} / k^{self.beta:.4g}) by {self.method} least squares on "
            f"{self.used} points, R2 {self.r_squared:.4f}; beyond k = {self.largest_k:,.0f} it is "
            "extrapolated.",
            f"The curve is steepest in log k at k = {steep:,.3g}, where coverage is 0.368; a straight line "
            "in log k holds only around there.",
        ]
        if self.dropped:
            out.append(f"{self.dropped} points with coverage 0 or 1 were left out.")
        return tuple(out)

    def to_frame(self) -> pd.DataFrame:
        """One row for each coefficient."""
        return table({"coefficient": ["A", "beta"], "value": [self.amplitude, self.beta]}, "coefficient")


def fit_coverage(k: ArrayLike, coverage: ArrayLike, *, method: str = "log-log") -> PowerFit:
    """Fit the exponentiated power law to points of a coverage curve.

    Parameters
    ----------
    k, coverage : array_like, shape (K,)
    method : {"log-log", "nonlinear"}
        Least squares on ``ln(-ln C)`` against ``ln k`` (arXiv:2502.17578, released code), or on C itself
        (arXiv:2407.21787, App. C.1).

    Returns
    -------
    PowerFit
        Refused, as a value, with fewer than two usable points.

    Raises
    ------
    QuantityError
        For k that is not above zero, coverage outside 0 to 1, or an unknown method.
    """
    if method not in METHODS:
        raise QuantityError(f"method={quoted(method)} is neither log-log nor nonlinear.")
    at, value = positive("k", k).ravel(), shares("The coverage", coverage).ravel()
    if at.size != value.size:
        raise QuantityError("There is not one coverage for each k.", remedy="Give rows of one length.")
    inside = (value > 0) & (value < 1)
    dropped = int((~inside).sum())
    if np.unique(at[inside]).size < 2:
        nan = float("nan")
        return PowerFit(
            nan, nan, method, 0, dropped, float(at.max()) if at.size else nan, nan, Status.REFUSED,
            "Fewer than two points have a coverage between 0 and 1, so there is no slope.",
        )  # fmt: skip
    logs = loglog(at[inside], value[None, inside])
    used = inside if method == "log-log" else np.ones_like(inside)
    found, done = (logs, True) if method == "log-log" else nonlinear(at, value[None, :], logs)
    amplitude, beta = float(np.exp(found[0, 0])), float(found[0, 1])
    if beta <= 0:
        reason = "the curve does not rise with k, so its exponent is not above zero."
        return PowerFit(amplitude, beta, method, int(used.sum()), dropped, float(at.max()), float("nan"),
                        Status.REFUSED, f"No power law: {reason}")  # fmt: skip
    miss = value[used] - coverage_power(amplitude, beta, at[used])
    around = value[used] - value[used].mean()
    fitted = float(1 - miss @ miss / (around @ around)) if around @ around > 0 else float("nan")
    status = Status.CONVERGED if done else Status.NOT_CONVERGED
    return PowerFit(
        amplitude, beta, method, int(used.sum()), dropped, float(at.max()), fitted, status,
        "least squares settled." if done else "least squares did not settle.",
    )  # fmt: skip


def loglog(k: Array, coverage: Array) -> Array:
    """Straight lines of ``ln(-ln C)`` in ``ln k``: rows of (ln A, beta), points at 0 or 1 left out."""
    x = np.log(k)
    inside = (coverage > 0) & (coverage < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(inside, np.log(-np.log(np.where(inside, coverage, 0.5))), 0.0)
    weight = inside.astype(float)
    count = np.maximum(weight.sum(axis=1), 1e-300)
    mean_x, mean_y = (weight @ x) / count, (weight * y).sum(axis=1) / count
    apart = weight * (x - mean_x[:, None])
    spread = (apart * (x - mean_x[:, None])).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (apart * (y - mean_y[:, None])).sum(axis=1) / spread
    return np.stack([mean_y - slope * mean_x, -slope], axis=1)


def nonlinear(k: Array, coverage: Array, start: Array, steps: int = 100) -> tuple[Array, bool]:
    """Least squares on the coverage, rows of (ln A, beta), by damped Gauss-Newton for all rows at once."""
    x = np.log(k)
    u = np.where(np.isfinite(start), start, [1.0, 0.3]).copy()
    damping = np.full(len(u), 1e-3)

    def model(v: Array) -> tuple[Array, Array]:
        left = np.exp(np.clip(v[:, :1] - v[:, 1:] * x, -700, 50))
        return left, np.exp(-left)

    left, said = model(u)
    cost = ((coverage - said) ** 2).sum(axis=1)
    moved = np.full(len(u), np.inf)
    for _ in range(steps):
        slope = -left * said
        jacobian = np.stack([slope, -slope * x], axis=2)
        normal = np.einsum("rki,rkj->rij", jacobian, jacobian)
        right = np.einsum("rki,rk->ri", jacobian, coverage - said)
        scale = np.einsum("rii->ri", normal)[:, :, None] * np.eye(2)
        step = np.linalg.solve(normal + damping[:, None, None] * scale + 1e-14 * np.eye(2), right[..., None])
        trial = u + np.clip(step[..., 0], -3, 3)
        new_left, new_said = model(trial)
        new_cost = ((coverage - new_said) ** 2).sum(axis=1)
        better = new_cost <= cost
        moved = np.where(better, np.abs(trial - u).max(axis=1), moved)
        u[better], left[better], said[better] = trial[better], new_left[better], new_said[better]
        cost = np.where(better, new_cost, cost)
        damping = np.where(better, damping * 0.2, np.minimum(damping * 8, 1e9))
        if ((moved < 1e-10) | (damping >= 1e9)).all():
            break
    return u, bool((moved < 1e-6).all())
