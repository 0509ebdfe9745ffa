"""A budget of samples over problems: nothing to the hopeless, little to the easy, most to the middle."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scalewidgets.errors import QuantityError

from .checks import Array, positive, shares, whole
from .gammas import log_beta_ratio
from .results import Value, table
from .single import success_within


@dataclass(frozen=True, eq=False, repr=False)
class Allocation(Value):
    """Samples for each problem.

    Attributes
    ----------
    samples : ndarray, shape (M,)
        Whole numbers.
    value : float
        Expected value solved.
    uniform : float
        The same if every problem got an equal number of samples.
    bound : float
        No allocation of this budget reaches more.
    spent, budget : float
    shadow_price : float
        Value for one more unit of budget.
    """

    samples: Array
    value: float
    uniform: float
    bound: float
    spent: float
    budget: float
    shadow_price: float

    @property
    def gap(self) -> float:
        """How much better another allocation could be at most; 0 where costs are equal."""
        return max(self.bound - self.value, 0.0)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        none = int((self.samples == 0).sum())
        sure = (
            "it is optimal"
            if self.gap <= 1e-9 * max(self.bound, 1e-300)
            else f"at most {self.gap:.3g} is missed"
        )
        return (
            f"Expected value {self.value:.4g} for a budget of {self.budget:,.6g}, against "
            f"{self.uniform:.4g} with equal samples; {sure}.",
            f"{none:,} of {self.samples.size:,} problems get nothing; one more unit of budget brings "
            f"{self.shadow_price:.3g}.",
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each problem."""
        return table({"samples": self.samples.astype(int)})


def allocate(p: ArrayLike, budget: float, *, value: ArrayLike = 1.0, cost: ArrayLike = 1.0) -> Allocation:
    """Split a budget over problems of known success rates, when a right answer is recognised.

    Parameters
    ----------
    p : array_like, shape (M,)
        Success rate of one sample.
    budget : float
        In the unit of ``cost``.
    value, cost : array_like
        Of solving each problem, and of one sample for it.

    Returns
    -------
    Allocation
        Greedy: optimal for equal costs; otherwise ``gap`` bounds what is missed.

    Raises
    ------
    QuantityError
        For rates outside 0 to 1, or costs and values that are not above zero.

    Notes
    -----
    The gain ``v p (1-p)**n / c`` of sample n + 1 falls with n: all samples above one price are taken at once,
    the rest of the budget step by step. The bound is that of the continuous problem at that price.
    """
    rate = shares("The success rate p", p).ravel()
    worth = np.broadcast_to(positive("The value of a problem", value), rate.shape)
    price = np.broadcast_to(positive("The cost of a sample", cost), rate.shape)

    def gain(n: Array) -> Array:
        with np.errstate(invalid="ignore"):
            return np.asarray(worth * rate * np.where(n == 0, 1.0, (1 - rate) ** n))

    def total(n: Array) -> Array:
        return np.asarray(worth * -np.expm1(_times_log(rate, n)))

    return _greedy(gain, total, price, budget)


def allocate_posterior(
    a: ArrayLike, b: ArrayLike, budget: float, *, value: ArrayLike = 1.0, cost: ArrayLike = 1.0
) -> Allocation:
    """Split a budget over problems whose success rates are known only as Beta distributions.

    Parameters
    ----------
    a, b : array_like, shape (M,)
        Shapes of each problem, such as ``a0 + c`` and ``b0 + n - c`` after ``c`` successes in ``n`` samples
        under a fitted Beta(a0, b0).
    budget, value, cost
        As in :func:`allocate`. Samples of one problem are all decided beforehand.

    Raises
    ------
    QuantityError
        For shapes, costs or values that are not above zero.
    """
    one, two = np.broadcast_arrays(positive("The shape a", a), positive("The shape b", b))
    one, two = one.ravel(), two.ravel()
    worth = np.broadcast_to(positive("The value of a problem", value), one.shape)
    price = np.broadcast_to(positive("The cost of a sample", cost), one.shape)

    def gain(n: Array) -> Array:
        return np.asarray(worth * one / (one + two) * np.exp(log_beta_ratio(two, one + 1, n)))

    def total(n: Array) -> Array:
        return np.asarray(worth * -np.expm1(log_beta_ratio(two, one, n)))

    return _greedy(gain, total, price, budget)


def _times_log(rate: Array, n: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(n == 0, 0.0, n * np.log1p(-rate)))


def _greedy(
    gain: Callable[[Array], Array], total: Callable[[Array], Array], cost: Array, budget: float
) -> Allocation:
    most = float(budget)
    if not (np.isfinite(most) and most >= 0):
        raise QuantityError(f"The budget is {most:g}.", remedy="Give a number of 0 or more.")
    if not cost.size:
        return Allocation(np.empty(0), 0.0, 0.0, 0.0, 0.0, most, 0.0)
    cap = np.floor(most / cost * (1 + 1e-12))

    def above(price: float) -> Array:
        """Samples of each problem whose gain over cost is at least a price."""
        low, high = np.zeros_like(cap), cap + 1  # gain(low - 1) is above, gain(high - 1) is below
        while (high - low > 1).any():
            middle = np.floor((low + high) / 2)
            good = gain(middle - 1) / cost >= price
            low, high = np.where(good, middle, low), np.where(good, high, middle)
        return low

    first = gain(np.zeros_like(cap)) / cost
    top = float(first.max())
    if top <= 0 or not cap.any():
        return Allocation(np.zeros_like(cap), 0.0, _uniform(total, cost, most), 0.0, 0.0, most, 0.0)
    low, high = np.log(top) - 700.0, np.log(top) + 1.0
    for _ in range(70):
        middle = (low + high) / 2
        low, high = (low, middle) if cost @ above(np.exp(middle)) <= most else (middle, high)
    n = above(np.exp(high))
    left = most - float(cost @ n)
    ratio = gain(n) / cost
    bound = float(total(n).sum()) + float(ratio.max()) * max(left, 0.0)
    queue = [(-float(r), int(i)) for i, r in enumerate(ratio) if r > 0]
    heapq.heapify(queue)
    while queue:
        _, i = heapq.heappop(queue)
        if cost[i] > left * (1 + 1e-12):
            continue
        n[i] += 1
        left -= float(cost[i])
        after = float(gain(n)[i] / cost[i])
        if after > 0:
            heapq.heappush(queue, (-after, i))
    value = float(total(n).sum())
    shadow = float((gain(n) / cost).max())
    return Allocation(n, value, _uniform(total, cost, most), max(bound, value), most - left, most, shadow)


def _uniform(total: Callable[[Array], Array], cost: Array, budget: float) -> float:
    return float(total(np.full(cost.size, budget / cost.sum())).sum())


def allocate_continuous(
    p: ArrayLike, budget: float, *, value: ArrayLike = 1.0, cost: ArrayLike = 1.0
) -> Array:
    """Allocation with fractions of samples: ``n = [ln(lambda c / (v (-ln(1-p)))) / ln(1-p)]_+``.

    Raises
    ------
    QuantityError
        For rates that are not strictly between 0 and 1 (or 0), or costs and values that are not above zero.
    """
    rate = shares("The success rate p", p).ravel()
    worth = np.broadcast_to(positive("The value of a problem", value), rate.shape)
    price = np.broadcast_to(positive("The cost of a sample", cost), rate.shape)
    if (rate == 1).any():
        raise QuantityError(
            "A success rate of 1 has no fractions.", remedy="Solve such problems with one sample."
        )
    some = rate > 0
    hazard = -np.log1p(-rate[some])

    def spread(log_price: float) -> Array:
        return np.asarray(np.maximum((np.log(worth[some] * hazard / price[some]) - log_price) / hazard, 0.0))

    out = np.zeros_like(rate)
    if not some.any() or budget <= 0:
        return out
    high = float(np.log(worth[some] * hazard / price[some]).max())
    low = high - 1.0
    while price[some] @ spread(low) < budget:
        low -= high - low
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if price[some] @ spread(middle) <= budget else (middle, high)
    out[some] = spread(high)
    return out


# -- samples that are to tell, rather than to solve --------------------------------------------------


def samples_for_estimate(p: ArrayLike, k: int, budget: float) -> Array:
    """Split samples over problems so that the mean pass@k is known best: ``n ~ sqrt(p (1-p)**(2k-1))``.

    Raises
    ------
    QuantityError
        For rates outside 0 to 1, or none strictly between.

    Notes
    -----
    arXiv:2510.05197, Theorem 1: Neyman's rule with the variance at large n. It peaks at ``p = 1/(2k)``.
    """
    rate = shares("The success rate p", p).ravel()
    count = float(whole("k", k, least=1))
    with np.errstate(divide="ignore"):
        logs = 0.5 * (np.log(rate) + (2 * count - 1) * np.log1p(-rate))
    if not np.isfinite(logs).any():
        raise QuantityError("No success rate is strictly between 0 and 1.", remedy="Give p of each problem.")
    weight = np.exp(logs - logs.max())
    return np.asarray(float(budget) * weight / weight.sum())


def next_problem(attempts: ArrayLike, successes: ArrayLike, *, seed: int | None = None) -> int:
    """Problem for the next sample: fewest successes, then fewest attempts, then at random.

    Raises
    ------
    QuantityError
        For counts that are not whole, or no problems.

    Notes
    -----
    arXiv:2510.05197, Algorithm 1. Fit the counts that it leaves with :func:`fit_beta_binomial`: they are
    adaptive.
    """
    tried, solved = whole("The attempts", attempts).ravel(), whole("The successes", successes).ravel()
    if not tried.size or tried.size != solved.size:
        raise QuantityError("There is not one number of attempts and successes for each problem.")
    least = solved == solved.min()
    least &= tried == tried[least].min()
    return int(np.random.default_rng(seed).choice(np.flatnonzero(least)))


def solved_by_cap(p: ArrayLike, cap: ArrayLike) -> tuple[Array, Array]:
    """Problems solved and attempts spent when each is tried until success, ``cap`` times at most.

    Returns
    -------
    solved, attempts : ndarray, shape of ``cap``
        Means; the curve of unique problems solved against attempts (coverage at cost, arXiv:2601.21522).

    Raises
    ------
    QuantityError
        For rates outside 0 to 1, or caps that are not whole.
    """
    from .single import expected_attempts

    rate, most = shares("The success rate p", p).ravel(), whole("The cap", cap)
    solved = success_within(rate, most[..., None]).sum(axis=-1)
    return np.asarray(solved), np.asarray(expected_attempts(rate, most[..., None]).sum(axis=-1))
