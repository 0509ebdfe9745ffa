"""Two fits compared: which recipe is better at which compute, how surely, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FitError, quoted
from scalewidgets.units import format_quantity

from .certificate import Status, plain
from .curves import BEFORE, NEVER, bisect, compute_for, curves, grid_of, interval, last_crossings, median
from .result import Fit

Array: TypeAlias = NDArray[np.float64]

SCHEMA = "scalewidgets.crossover/1"

_SURE = 0.975


@dataclass(frozen=True, eq=False, repr=False)
class FitComparison:
    """Loss of the best model of two fits, as compute grows.

    Attributes
    ----------
    a, b : Fit
    names : (str, str)
    flops : (float, float)
        Range of compute that crossings are looked for in.
    tokens_per_param : float or None
        Both curves at this D/N; ``None``: each at its own best size.
    crossings : tuple of float
        All compute at which the two fits cross, rising.
    crossover : float
        The last of them: beyond it the verdict stays (as far as the range goes). Infinite
        for never.
    crossover_low, crossover_high : float
        Percentile interval over resamples. Infinite: never within the range; 0: before it.
        NaN without resamples.
    never : float
        Share of resamples without a crossing in the range; NaN without resamples.
    paired : bool
        Resamples are paired where both fits are of the same runs, and independent otherwise.
    draws : ndarray, shape (R,)
        Crossover of each resample.
    level : float
    """

    a: Fit
    b: Fit
    names: tuple[str, str]
    flops: tuple[float, float]
    tokens_per_param: float | None
    crossings: tuple[float, ...]
    crossover: float
    crossover_low: float
    crossover_high: float
    never: float
    paired: bool
    draws: Array
    level: float
    order: NDArray[np.intp]
    """Resample of ``b`` that stands beside each of ``a``."""

    # -- at a compute --------------------------------------------------------------------------

    def at(self, flops: float) -> dict[str, float]:
        """Everything about one compute.

        Returns
        -------
        dict of str to float
            ``flops``; ``loss_a``, ``loss_b``, their ``difference`` (a minus b) and ``multiplier``, each with
            ``_low`` and ``_high``; ``probability`` that a is better. The multiplier is the compute that
            b needs to reach the loss of a, over the compute of a: above 1 where a is
            better, infinite where b never reaches it. Values are those of the two fits, the probability is
            over resamples; where these have the other one ahead, ``agree`` is False, and
            ``multiplier_median``, over resamples, is on the side of the probability.
        """
        compute = np.array([_positive("flops", flops)])
        first, second = self._losses(compute)
        out = {"flops": float(compute[0])}
        for name, value, draws in (
            ("loss_a", first[0], first[1]),
            ("loss_b", second[0], second[1]),
            ("difference", first[0] - second[0], first[1] - second[1]),
            ("multiplier", *self._multiplier(compute)),
        ):
            low, high = interval(draws[:, 0], self.level)
            out |= {name: float(value[0]), f"{name}_low": low, f"{name}_high": high}
            if name == "multiplier":
                out["multiplier_median"] = median(draws[:, 0])
        share = out["probability"] = float(self.probability(compute)[0])
        out["agree"] = not (share - 0.5) * out["difference"] > 0
        return out

    def probability(self, flops: ArrayLike) -> Array:
        """Share of resamples in which the best model of a has the lower loss; NaN without resamples."""
        compute = np.asarray(flops, dtype=np.float64)
        first, second = self._losses(np.atleast_1d(compute).ravel())
        won = first[1] < second[1]
        even = first[1] == second[1]
        share = (won + 0.5 * even).mean(axis=0) if len(won) else np.full(compute.size, np.nan)
        return np.asarray(share.reshape(compute.shape))

    def multiplier(self, flops: float) -> tuple[float, float, float]:
        """Compute that b needs to match a, over that of a: value, low, high; may be infinite."""
        seen = self.at(flops)
        return seen["multiplier"], seen["multiplier_low"], seen["multiplier_high"]

    def difference(self, flops: float) -> tuple[float, float, float]:
        """Loss of a minus loss of b, each at its best: value, low, high."""
        seen = self.at(flops)
        return seen["difference"], seen["difference_low"], seen["difference_high"]

    @property
    def sure_until(self) -> float:
        """Largest compute up to which the winner at the low end wins in 97.5 % of resamples.

        NaN where it is not that sure at the low end, infinite where it is all through the range.
        """
        compute = grid_of(*self.flops)
        share = self.probability(compute)
        if len(share) and share[0] < 0.5:
            share = 1 - share
        sure = share >= _SURE
        if not len(self.draws) or not sure[0]:
            return float("nan")
        if sure.all():
            return float("inf")
        return float(compute[int(np.argmin(sure)) - 1])

    # -- forms ---------------------------------------------------------------------------------

    def to_frame(self, points: int = 40) -> pd.DataFrame:
        """Both curves, their difference, the probability and the multiplier over the range of compute."""
        compute = np.geomspace(*self.flops, points)
        frame: pd.DataFrame = pd.DataFrame([self.at(float(one)) for one in compute])
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts; ``"never"`` and ``"before"`` stand for what has no number."""
        return {
            "schema": SCHEMA,
            "names": list(self.names),
            "flops": list(self.flops),
            "tokens_per_param": plain(self.tokens_per_param),
            "crossings": list(self.crossings),
            "crossover": _named(self.crossover),
            "crossover_low": _named(self.crossover_low),
            "crossover_high": _named(self.crossover_high),
            "never": plain(self.never),
            "paired": self.paired,
            "level": self.level,
            "resamples": len(self.draws),
            "a": self.a.to_dict(),
            "b": self.b.to_dict(),
        }

    @property
    def sentence(self) -> str:
        """Where the curves cross, in words."""
        one, other = self.names
        first, second = self._losses(np.array([self.flops[0]]))
        if first[0][0] > second[0][0]:
            one, other = other, one
        start = f"{one} is better at {format_quantity(self.flops[0], 'flops')}"
        if not np.isfinite(self.crossover):
            words = f"{start} and stays so up to {_words(self.flops[1])}; the curves never cross"
        elif len(self.crossings) > 1:
            turns = " and ".join(_words(cross) for cross in self.crossings)
            words = f"{start}; the curves cross at {turns}"
        else:
            words = f"{start}, {other} beyond {_words(self.crossover)}"
        if not len(self.draws):
            return words + "."
        low, high = (_words(end) for end in (self.crossover_low, self.crossover_high))
        return (
            f"{words} (crossing, {100 * self.level:g} %: {low} to {high}). In {100 * self.never:.0f} % of "
            f"{len(self.draws):,} resamples they do not cross."
        )

    def report(self, flops: float | None = None) -> str:
        """Return the verdict as plain text, with the details at a compute if one is given."""
        sizes = (
            "each at its own best size"
            if self.tokens_per_param is None
            else f"both at {self.tokens_per_param:g} tokens per parameter"
        )
        how = "paired, of the same runs" if self.paired else "independent"
        lines = [self.sentence, f"Curves: {sizes}, by C = 6ND. Resamples: {how}."]
        if flops is not None:
            seen = self.at(flops)
            lines.append(
                f"At {format_quantity(seen['flops'], 'flops')}: {self.names[0]} better with probability "
                f"{seen['probability']:.0%}, difference {seen['difference']:+.3f} "
                f"[{seen['difference_low']:+.3f}, {seen['difference_high']:+.3f}] nats per token, worth "
                f"{_times(seen['multiplier'])} [{_times(seen['multiplier_low'])}, "
                f"{_times(seen['multiplier_high'])}] the compute"
                + (
                    f" ({100 * self.level:g} % over {len(self.draws):,} resamples)."
                    if len(self.draws)
                    else "."
                )
            )
            if not seen["agree"]:
                ahead, wins = self.names if seen["difference"] < 0 else self.names[::-1]
                lines.append(
                    f"Fits and resamples disagree there: the fits of all runs have {ahead} ahead, most "
                    f"resamples {wins} (multiplier {_times(seen['multiplier_median'])} in the median one). "
                    "The runs do not tell which is better."
                )
        for name, fit in zip(self.names, (self.a, self.b), strict=True):
            if not fit.ok:
                lines.append(f"{name}: {fit.status}. {fit.reason}")
        return "\n".join(lines) + "\n"

    def __repr__(self) -> str:
        return f"<FitComparison {self.names[0]} and {self.names[1]}: crossover {_words(self.crossover)}>"

    def _repr_html_(self) -> str:
        return "".join(f"<div>{escape(line)}</div>" for line in self.report().splitlines())

    # -- curves --------------------------------------------------------------------------------

    def _losses(self, compute: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """Loss (M,) and its resamples (R, M) of each fit."""
        rows = len(self.draws)
        one = curves(self.a, self.tokens_per_param, np.arange(rows))
        other = curves(self.b, self.tokens_per_param, self.order)
        return (one[0](compute), one[1](compute)), (other[0](compute), other[1](compute))

    def _multiplier(self, compute: Array) -> tuple[Array, Array]:
        (loss, draws), _ = self._losses(compute)
        central, resampled = curves(self.b, self.tokens_per_param, self.order)
        value = compute_for(lambda x: central(x[0])[None], loss[None], compute)[0] / compute
        return value, compute_for(resampled, draws, compute) / compute


def compare_fits(
    a: Fit,
    b: Fit,
    *,
    flops: tuple[float, float] | None = None,
    tokens_per_param: float | None = None,
    names: tuple[str, str] = ("A", "B"),
    level: float = 0.95,
    seed: int = 0,
) -> FitComparison:
    """Compare two recipes by the loss of the best model that each can train.

    Parameters
    ----------
    a, b : Fit
        With resamples, for intervals and probabilities.
    flops : (float, float), optional
        Range of compute to look for crossings in; by default from the smallest compute that both tables
        reach to 1e27 FLOP (or a thousand times the largest run, if that is more).
    tokens_per_param : float, optional
        Compare at this D/N instead of each recipe's own best size.
    names : (str, str)
        What a reader calls the two.
    level : float
    seed : int
        Of the pairing of independent resamples.

    Returns
    -------
    FitComparison

    Raises
    ------
    FitError
        If a fit was refused, its law has no best size on C = 6ND, or the arguments make no sense.

    Notes
    -----
    Resample i of one fit stands beside one of the other. Of two tables they are independent, and are
    shuffled once, because the same seed draws the same rows of equally long tables; of the same runs
    they are kept in step, so that what the runs have in common cancels.
    """
    for name, given in zip(names, (a, b), strict=True):
        if not isinstance(given, Fit):
            raise FitError(f"{name} is not a fit but {type(given).__name__}.")
        if given.status is Status.REFUSED:
            raise FitError(f"{name} could not be fitted. {given.reason}")
    if not 0 < level < 1:
        raise FitError("The level of an interval lies between 0 and 1.", remedy="0.95 is 95 %.")
    ratio = None if tokens_per_param is None else _positive("tokens_per_param", tokens_per_param)
    low, high = _range(a, b, flops)
    rows = min(len(a.resamples), len(b.resamples))
    paired = a.certificate.data_hash == b.certificate.data_hash and a.certificate.seed == b.certificate.seed
    order = np.arange(rows)
    if not paired:
        order = np.random.default_rng([seed, 8]).permutation(len(b.resamples))[:rows]
    one = curves(a, ratio, np.arange(rows))
    other = curves(b, ratio, order)
    grid = grid_of(low, high)
    gap = one[0](grid) - other[0](grid)
    if not np.isfinite(gap).all():
        raise FitError(
            "One of the laws has no best size on C = 6ND in this range.",
            remedy="Give tokens_per_param=, or a narrower flops=(low, high).",
        )
    turns = np.flatnonzero(np.sign(gap[:-1]) * np.sign(gap[1:]) < 0)
    crossings = tuple(
        float(bisect(lambda x: one[0](x) - other[0](x), grid[[i]], grid[[i + 1]])[0]) for i in turns
    )
    draws = np.empty(0)
    if rows:
        draws = last_crossings(
            lambda x: one[1](x) - other[1](x), grid, rows, ahead=float(np.sign(gap[0])), turned=len(turns) % 2
        )
    ends = interval(draws, level)
    outside = (draws == NEVER) | (draws == BEFORE)
    return FitComparison(
        a, b, (str(names[0]), str(names[1])), (low, high), ratio, crossings,
        crossings[-1] if crossings else NEVER, *ends,
        float(np.mean(outside)) if rows else float("nan"), paired, draws, level, order,
    )  # fmt: skip


def _range(a: Fit, b: Fit, flops: tuple[float, float] | None) -> tuple[float, float]:
    if flops is not None:
        if not (isinstance(flops, tuple | list) and len(flops) == 2):
            raise FitError(f"flops={quoted(flops)} is not a pair.", remedy="Write flops=(1e18, 1e27).")
        low, high = (_positive("flops", end) for end in flops)
    else:
        reaches = [fit.reach["C"] for fit in (a, b) if "C" in fit.reach]
        low = max((reach[0] for reach in reaches), default=1e18)
        high = max(1e27, *(1e3 * reach[1] for reach in reaches))
    if not low < high:
        raise FitError(f"The range {low:.3g} to {format_quantity(high, 'flops')} is empty.")
    return low, high


def _positive(name: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 < number < np.inf:
        raise FitError(f"{name}={quoted(value)} is not a positive number.")
    return number


def _named(value: float) -> float | str | None:
    if np.isnan(value):
        return None
    return {NEVER: "never", BEFORE: "before"}.get(value, value)


def _words(value: float) -> str:
    named = _named(value)
    if isinstance(named, str):
        return named
    return "unknown" if named is None else f"{format_quantity(named, 'flops')}"


def _times(value: float) -> str:
    return "cannot match" if np.isinf(value) else "x " + format_quantity(value, "ratio")
