"""Coverage of a set of problems against the number of samples, with both of its intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from scalewidgets.errors import QuantityError, quoted

from .checks import Array, counts, level_of, samples, shares
from .coverage import (
    beta_variance,
    unbiased_variance,
)
from .gammas import log_miss
from .results import Value, table
from .until import sampling_of

_BLOCK = 2**15

UNBIASED, POSTERIOR = "unbiased", "posterior"


@dataclass(frozen=True, eq=False, repr=False)
class CoverageCurve(Value):
    """Coverage at each k, the mean of pass@k over problems.

    Values at different k share their samples: they are strongly correlated, and no independent points of a
    fit.

    Attributes
    ----------
    k : ndarray, shape (K,)
    value : ndarray, shape (K,)
        NaN for an empty set of problems; ``reason`` says so.
    fixed_se, fixed_low, fixed_high : ndarray
        Standard error and interval if these problems are all that is asked about: only samples are drawn
        anew.
    sample_se, sample_low, sample_high : ndarray
        The same if the problems are themselves a sample of such problems; holds the noise of samples too.
    fixed_method : tuple of str
        At each k, ``"unbiased"`` (needs 2k samples of every problem) or ``"posterior"`` (Jeffreys).
    sample_method : str
        ``"normal"`` or ``"bootstrap"``.
    problems, solved : int
        Problems, and those with a success.
    sampling : str
        See :func:`sampling_of`.
    level : float
    reason : str
        Why there are no values; empty where there are.
    """

    k: Array
    value: Array
    fixed_se: Array
    fixed_low: Array
    fixed_high: Array
    sample_se: Array
    sample_low: Array
    sample_high: Array
    fixed_method: tuple[str, ...]
    sample_method: str
    problems: int
    solved: int
    sampling: str
    level: float
    reason: str = ""

    def to_frame(self) -> pd.DataFrame:
        """One row for each k."""
        names = ("value", "fixed_low", "fixed_high", "sample_low", "sample_high", "fixed_se", "sample_se")
        columns = {"k": self.k.astype(int), **{name: getattr(self, name) for name in names}}
        return table({**columns, "fixed_method": list(self.fixed_method)}, "k")

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        if self.reason:
            return (self.reason,)
        last = len(self.k) - 1
        out = [
            f"Coverage of {self.problems:,} problems at k = {self.k[last]:,.0f}: {self.value[last]:.4f}, "
            f"{100 * self.level:g} % interval [{self.fixed_low[last]:.4f}, {self.fixed_high[last]:.4f}] for "
            f"these problems, [{self.sample_low[last]:.4f}, {self.sample_high[last]:.4f}] for problems like "
            "these.",
            f"{self.problems - self.solved:,} of {self.problems:,} problems have no success: they are "
            "counted as they are, which says nothing of more samples.",
        ]
        if POSTERIOR in self.fixed_method:
            first = self.k[self.fixed_method.index(POSTERIOR)]
            out.append(
                f"From k = {first:,.0f} on, fewer than 2k samples: the interval for these problems is that "
                "of a Jeffreys posterior of each success rate."
            )
        if self.sampling == "until success":
            out.append(
                "Problems with rarer success have more samples, as if sampling had gone on until a success: "
                "c/n and pass@k are then biased upwards. Use pass_at_k_until where the stopping rule is "
                "known, or fit_beta_binomial, whose likelihood does not depend on it."
            )
        elif self.sampling == "unequal":
            out.append("Problems differ in their numbers of samples; the largest k is the least of them.")
        return tuple(out)


def coverage_curve(
    n: ArrayLike,
    c: ArrayLike,
    k: ArrayLike | None = None,
    *,
    level: float = 0.95,
    method: str = "normal",
    resamples: int = 1000,
    seed: int = 0,
    weights: ArrayLike | None = None,
) -> CoverageCurve:
    """Coverage of problems against samples, with intervals.

    Parameters
    ----------
    n, c : array_like
        Samples and successes of each problem.
    k : array_like, optional
        By default some 40 values, evenly spaced in log k, up to the least n.
    level : float
        Of the intervals.
    method : {"normal", "bootstrap"}
        Interval for problems as a sample: normal theory, or percentiles over problems drawn anew.
    resamples, seed : int
        Of the bootstrap.
    weights : array_like, optional
        Number of times each problem counts, for problems that are already tallied.

    Returns
    -------
    CoverageCurve

    Raises
    ------
    QuantityError
        For counts that cannot be, k above the least n, or an unknown method.

    Notes
    -----
    Fixed problems: ``sqrt(sum V_i) / M``, V_i by :func:`pass_at_k_variance_estimate`, or by
    :func:`posterior_variance` at k where a problem has fewer than 2k samples. Problems as a sample: the
    standard deviation of pass@k over problems by the root of M. Where all problems agree and nothing varies,
    the interval is Wilson's.
    """
    if method not in ("normal", "bootstrap"):
        raise QuantityError(f"method={quoted(method)} is neither normal nor bootstrap.")
    level = level_of(level)
    drawn, solved = (part.ravel() for part in counts(n, c))
    if not drawn.size:
        return _empty(method, level)
    tally = np.ones(drawn.size) if weights is None else _tally(weights, drawn.size)
    asked = _default_k(drawn) if k is None else np.atleast_1d(samples(k, drawn)).ravel()
    # Few pairs of (n, c) are distinct: everything is a weighted sum over those.
    pairs, place = np.unique(drawn * (solved.max() + 1) + solved, return_inverse=True)
    weight = np.bincount(place.ravel(), tally).astype(np.float64)
    first = np.empty(pairs.size, dtype=np.intp)
    first[place.ravel()] = np.arange(drawn.size)
    rows, hits = drawn[first], solved[first]
    total = float(weight.sum())
    enough = rows.min() >= 2 * asked
    some = np.flatnonzero(hits)  # without success nothing is counted, and nothing varies
    share = weight[some]
    each, noise = _each(rows[some], hits[some], share, asked, enough)
    if not enough.all():
        noise[~enough] = _unsure(rows, hits, weight, asked[~enough])
    value = each @ share / total
    spread = np.array([share @ (row - mean) ** 2 for row, mean in zip(each, value, strict=True)])
    spread += (total - share.sum()) * value**2
    fixed_se = np.sqrt(noise) / total
    sample_se = np.sqrt(spread / max(total - 1, 1.0) / total)
    z = float(special.ndtri((1 + level) / 2))
    fixed = _ends(value, fixed_se, z, total)
    sample = _ends(value, sample_se, z, total)
    if method == "bootstrap":
        rng = np.random.default_rng(seed)
        again = rng.multinomial(int(total), weight / total, size=resamples)[:, some] @ each.T / int(total)
        sample = tuple(np.quantile(again, [(1 - level) / 2, (1 + level) / 2], axis=0))
        sample_se = again.std(axis=0, ddof=1)
    return CoverageCurve(
        asked, np.asarray(value), fixed_se, *fixed, sample_se, *sample,
        tuple(UNBIASED if ok else POSTERIOR for ok in enough), method, int(total),
        int(weight[hits > 0].sum()), sampling_of(drawn, solved), level,
    )  # fmt: skip


def _each(n: Array, c: Array, weight: Array, k: Array, enough: NDArray[np.bool_]) -> tuple[Array, Array]:
    """pass@k of every pair, shape (K, pairs), and the weighted sum of its unbiased variances, shape (K,)."""
    each, noise = np.empty((k.size, n.size)), np.zeros(k.size)
    # Many a 2k is itself among the k: each is worked out once. Along rows of pairs, picking k costs little.
    every = np.unique(np.concatenate([k, 2 * k[enough]]))
    once, twice = np.searchsorted(every, k), np.searchsorted(every, 2 * k[enough])
    block = max(1, _BLOCK // every.size)
    for start in range(0, n.size, block):  # in blocks that stay in the processor's cache
        some = slice(start, start + block)
        miss = log_miss(n[some], c[some], every[:, None])
        if enough.any():
            noise[enough] += unbiased_variance(miss[once[enough]], miss[twice]) @ weight[some]
        single = miss[once]
        np.negative(np.expm1(single, out=single), out=each[:, some])
    return each, noise


def _unsure(n: Array, c: Array, weight: Array, k: Array) -> Array:
    """Weighted sum of the variances under Jeffreys' posteriors, shape (K,)."""
    noise = np.zeros(k.size)
    block = max(1, _BLOCK // k.size)
    for start in range(0, n.size, block):
        some = slice(start, start + block)
        noise += beta_variance(n[some], c[some], k[:, None]) @ weight[some]
    return noise


def _ends(value: Array, error: Array, z: float, total: float) -> tuple[Array, Array]:
    """Normal interval within 0 and 1; Wilson's where nothing varies, which is no proof of certainty."""
    still: NDArray[np.bool_] = error == 0
    low, high = _wilson(value, total, z)
    return (
        np.where(still, low, np.clip(value - z * error, 0, 1)),
        np.where(still, high, np.clip(value + z * error, 0, 1)),
    )


def _wilson(value: Array, total: Array | float, z: float) -> tuple[Array, Array]:
    centre = (value + z * z / (2 * total)) / (1 + z * z / total)
    half = z * np.sqrt(value * (1 - value) / total + (z / (2 * total)) ** 2) / (1 + z * z / total)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def wilson(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Wilson's interval of a share of trials.

    Raises
    ------
    QuantityError
        For counts that cannot be (successes may be fractions of a mean), or a level outside 0 to 1.
    """
    total = np.asarray(trials, dtype=np.float64)
    value = shares("The share of successes", np.asarray(successes, dtype=np.float64) / total)
    return _wilson(value, total, float(special.ndtri((1 + level_of(level)) / 2)))


def _default_k(n: Array) -> Array:
    return np.unique(np.rint(np.geomspace(1, n.min(), 40)))


def _tally(weights: ArrayLike, size: int) -> Array:
    tally = np.asarray(weights, dtype=np.float64).ravel()
    if tally.size != size or not (tally >= 0).all() or not tally.sum() > 0:
        raise QuantityError(
            "The weights are not one number of 0 or more for each problem.",
            remedy="Give how often each counts.",
        )
    return tally


def _empty(method: str, level: float) -> CoverageCurve:
    none = np.empty(0)
    return CoverageCurve(
        none, none, none, none, none, none, none, none, (), method, 0, 0, "fixed", level,
        reason="There are no problems, so there is no coverage.",
    )  # fmt: skip
