"""Training with test time in mind: the loss of pass@N, reinforcement learning, parallel streams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize

from scalewidgets.errors import QuantityError
from scalewidgets.fitting import Status
from scalewidgets.laws import law

from .checks import Array, numbers, positive, shares, whole
from .results import Value, table
from .single import success_within


def dco_loss(p: ArrayLike, n: ArrayLike) -> Array:
    """Loss of pass@N of one problem, ``-ln(1 - (1-p)**N)``; infinity at p of 0.

    Raises
    ------
    QuantityError
        For p outside 0 to 1, or n that is not whole.

    Notes
    -----
    Direct coverage optimisation, arXiv:2502.07154.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(success_within(p, whole("n", n, least=1))))


def dco_factor(p: ArrayLike, n: ArrayLike) -> Array:
    """Gradient of :func:`dco_loss` over that of cross-entropy, ``N (1-p)**(N-1) p / (1-(1-p)**N)``.

    1 at N = 1; near 0 once p is above 1/N: problems that are solved anyway teach nothing more.

    Raises
    ------
    QuantityError
        As :func:`dco_loss`.
    """
    rate, count = shares("The confidence p", p), whole("n", n, least=1)
    covered = success_within(rate, count)
    safe = np.where(covered > 0, covered, 1.0)
    return np.asarray(np.where(rate > 0, count * (1 - rate) ** (count - 1) * rate / safe, 1.0))


def verifier_gap_growth(horizon: ArrayLike, reference: ArrayLike = 1.0) -> Array:
    """Growth of what a verifier in training is worth over the test-time horizon: ``sqrt(H/H0)``.

    Scaling only: constants are not part of the statement.

    Raises
    ------
    QuantityError
        For horizons that are not above zero.

    Notes
    -----
    Setlur et al. 2025, arXiv:2502.12118: the gap to training on traces alone is of order ``sqrt(H)`` where
    the right traces of the base model differ and its rewards are not concentrated, with data and compute
    that grow together.
    """
    ratio = positive("The horizon", horizon) / positive("The reference horizon", reference)
    return np.asarray(np.sqrt(ratio))


def rl_reward(compute: ArrayLike, start: float, ceiling: float, midpoint: float, slope: float) -> Array:
    """Reward after an amount of reinforcement learning, ``R0 + (A-R0) / (1 + (C_mid/C)**B)``.

    Raises
    ------
    QuantityError
        For compute that is not above zero.

    Notes
    -----
    ScaleRL, arXiv:2510.13786, Eq. 1; the law ``scalerl`` of the catalogue.
    """
    values = {"R0": start, "A": ceiling, "C_mid": midpoint, "B": slope}
    return np.asarray(law("scalerl").value({"C": positive("The compute", compute)}, values))


def rl_compute_for(reward: ArrayLike, start: float, ceiling: float, midpoint: float, slope: float) -> Array:
    """Compute that reaches a reward, ``C_mid ((R-R0)/(A-R))**(1/B)``.

    Raises
    ------
    QuantityError
        For a reward that is not strictly between start and ceiling.
    """
    goal = numbers("The reward", reward)
    if (goal <= start).any() or (goal >= ceiling).any():
        raise QuantityError(
            "The reward is not strictly between its start and its ceiling.", remedy="Ask for one in between."
        )
    return np.asarray(midpoint * ((goal - start) / (ceiling - goal)) ** (1 / float(positive("B", slope))))


@dataclass(frozen=True, eq=False, repr=False)
class RewardFit(Value):
    """Sigmoid of reward over log compute.

    Attributes
    ----------
    start, ceiling, midpoint, slope : float
    ceiling_seen : bool
        Whether a run went beyond the midpoint: without that the ceiling is a guess.
    rmse : float
    dropped : int
        Points before ``drop_before``.
    status : Status
    """

    start: float
    ceiling: float
    midpoint: float
    slope: float
    ceiling_seen: bool
    rmse: float
    dropped: int
    status: Status

    def reward(self, compute: ArrayLike) -> Array:
        """Reward at an amount of compute."""
        return rl_reward(compute, self.start, self.ceiling, self.midpoint, self.slope)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        out = [
            f"Ceiling {self.ceiling:.3f}, half of the gain at {self.midpoint:,.4g}, slope {self.slope:.3g}; "
            f"root mean square miss {self.rmse:.2g}. {self.dropped} early points left out."
        ]
        if not self.ceiling_seen:
            out.append("No point lies beyond the midpoint: the ceiling is not identified.")
        return tuple(out)

    def to_frame(self) -> pd.DataFrame:
        """One row for each coefficient."""
        return table(
            {
                "coefficient": ["R0", "A", "C_mid", "B"],
                "value": [self.start, self.ceiling, self.midpoint, self.slope],
            },
            "coefficient",
        )


def fit_rl_reward(compute: ArrayLike, reward: ArrayLike, *, drop_before: float) -> RewardFit:
    """Fit the sigmoid of reinforcement learning to rewards along a run.

    Parameters
    ----------
    compute, reward : array_like, shape (n,)
        Rewards are shares, 0 to 1.
    drop_before : float
        Compute below which points are left out, before the curve settles; arXiv:2510.13786 leaves out the
        first 1,500 GPU-hours or so of its runs.

    Returns
    -------
    RewardFit

    Raises
    ------
    QuantityError
        For fewer than five points left.
    """
    at, value = positive("The compute", compute).ravel(), shares("The reward", reward).ravel()
    kept = at >= drop_before
    if at.size != value.size or kept.sum() < 5:
        raise QuantityError("Four coefficients need five points or more after the first are dropped.")
    x, y = np.log(at[kept]), value[kept]

    def miss(z: Array) -> Array:
        with np.errstate(over="ignore"):
            return np.asarray(z[0] + (z[1] - z[0]) / (1 + np.exp(np.exp(z[3]) * (z[2] - x))) - y)

    best = None
    for middle in np.quantile(x, [0.2, 0.5, 0.8]):
        start = [max(y.min() - 0.02, 0.0), min(y.max() + 0.02, 1.0), middle, 0.0]
        found = optimize.least_squares(
            miss, start, bounds=([0, 0, -50, -4], [1, 1, 80, 4]), x_scale=[0.1, 0.1, 1, 1]
        )
        best = found if best is None or found.cost < best.cost else best
    assert best is not None
    first, top, middle, log_slope = best.x
    seen = bool(x.max() > middle)
    on_bound = bool(best.active_mask.any())
    status = Status.ON_BOUND if on_bound else Status.CONVERGED if seen else Status.NOT_IDENTIFIED
    error = float(np.sqrt(2 * best.cost / y.size))
    return RewardFit(
        float(first), float(top), float(np.exp(middle)), float(np.exp(log_slope)), seen, error,
        int((~kept).sum()), status,
    )  # fmt: skip


def streams_equivalent(params: ArrayLike, streams: ArrayLike, gain: float) -> Array:
    """Parameters that one stream would need for the loss of P parallel ones, ``N (1 + k ln P)``.

    Raises
    ------
    QuantityError
        For sizes or streams that are not above zero.

    Notes
    -----
    ParScale, arXiv:2505.10475; the laws ``parscale``, ``parscale_params`` and ``parscale_diversity``.
    """
    size, count = positive("The parameters", params), positive("The streams", streams)
    return np.asarray(law("parscale_params").value({"N": size, "P": count}, {"k": gain}))
