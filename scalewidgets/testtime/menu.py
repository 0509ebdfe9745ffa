"""Which model, how many samples: a menu for a budget, behind a verifier, with what would change it.

The twin of the browser's ``testtime-numbers.ts``: closed forms on counts, no random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import QuantityError
from scalewidgets.units import format_quantity

from .checks import Array, positive, shares
from .results import Value, table
from .solved import Verifier, each_solved, fitted_solved, mean_solved, saturation
from .tally import Tally
from .verifiers import verifier_ceiling

__all__ = ["Menu", "menu"]

MOST_SAMPLES = 10_000_000
"""A budget that buys more than this of a model is not spent on it."""
SEARCHED = (1e-6, 1.0)
"""False-positive rates among which a change of the advice is sought."""
SEARCH_POINTS = 73


@dataclass(frozen=True, eq=False, repr=False)
class Menu(Value):
    """Models at a budget, in the order of the tally.

    Attributes
    ----------
    models : tuple of str
    samples : ndarray of int
        Samples of a problem that the budget pays; 0 where it does not pay one.
    solved, low, high : ndarray
        Share solved if all of them are drawn, with its interval over problems.
    ceiling : ndarray
        Share that no number of samples passes; NaN behind a perfect verifier.
    probability : ndarray
        Share of the resamples in which each is best.
    fitted : ndarray of bool
        Whether k is beyond what is counted, so that the share solved is the fitted beta-binomial's.
    order : ndarray of int
        Places, best first.
    saturation, saturation_low, saturation_high : float
        Of the best: samples after which one more is worth less than it costs; NaN where that lies beyond
        what is counted.
    change : tuple (float, int) or None
        False-positive rate of the verifier, or factor of the budget behind a perfect one, that is nearest at
        which another model is best, and its place.
    rows : ndarray, shape (m, R)
        Share solved in each resample.
    level : float
    """

    models: tuple[str, ...]
    samples: NDArray[np.int64]
    solved: Array
    low: Array
    high: Array
    ceiling: Array
    probability: Array
    fitted: NDArray[np.bool_]
    order: NDArray[np.intp]
    saturation: float
    saturation_low: float
    saturation_high: float
    change: tuple[float, int] | None
    rows: Array
    level: float
    perfect: bool

    @property
    def best(self) -> int:
        """Place of the advised model; -1 where the budget pays none."""
        place = int(self.order[0])
        return place if self.samples[place] > 0 else -1

    @property
    def model(self) -> str | None:
        """Name of the advised model."""
        return self.models[self.best] if self.best >= 0 else None

    @property
    def sentences(self) -> tuple[str, ...]:
        """The advice, how sure it is, and what would change it."""
        at = self.best
        if at < 0:
            return ("The budget does not pay a single sample of any model.",)
        times = "once" if self.samples[at] == 1 else f"{self.samples[at]:,} times"
        out = [
            f"Sample {self.models[at]} {times}: {self.solved[at]:.3f} solved, "
            f"{100 * self.level:g} % interval [{self.low[at]:.3f}, {self.high[at]:.3f}].",
            f"It is best in {100 * self.probability[at]:.3g} % of the resamples of the problems.",
        ]
        if self.fitted[at]:
            out.append("That is more samples than were drawn: the share solved is that of a fit.")
        if self.change is not None:
            bar, other = self.change
            words = (
                f"at {format_quantity(bar, 'ratio', 2)} times the budget"
                if self.perfect
                else f"at a false-positive rate of {format_quantity(bar, 'percent', 2)}"
            )
            out.append(f"The advice changes {words}, to {self.models[other]}.")
        return tuple(out)

    def to_frame(self) -> pd.DataFrame:
        """One row for each model, best first."""
        names = ("samples", "solved", "low", "high", "ceiling", "probability", "fitted")
        frame = table({"model": list(self.models), **{k: getattr(self, k) for k in names}}, "model")
        ranked: pd.DataFrame = frame.iloc[self.order]
        return ranked


def menu(
    counts: Tally,
    cost: ArrayLike,
    budget: float,
    *,
    verifier: Verifier = None,
    least_gain: Sequence[float] | ArrayLike | None = None,
    level: float = 0.95,
) -> Menu:
    """Rank models by what a budget for each problem buys of them.

    Parameters
    ----------
    counts : Tally
    cost : array_like, shape (m,)
        Of one sample, in the unit of the budget.
    budget : float
        For one problem.
    verifier : (float, float), optional
        Share of right and share of wrong answers that it accepts; by default it is perfect. All samples are
        drawn, the first that is accepted is the answer, and where none is there is no answer.
    least_gain : array_like, shape (m,), optional
        Gain of one sample, as a share of problems, below which it is not worth its price.
    level : float
        Of the intervals, over problems.

    Returns
    -------
    Menu

    Raises
    ------
    QuantityError
        For costs or a budget that are not above zero, or rates outside 0 to 1.

    Notes
    -----
    Perfect verifier: unbiased pass@k of the counts (arXiv:2107.03374, Eq. 1). Otherwise
    ``pi (1 - (1-s)**k)`` with ``s = p t + (1-p) f`` and ``pi = p t / s`` at ``p = c/n``. Beyond the samples
    that were drawn both are means over the fitted Beta distribution, never of the counts.
    """
    each, paid = positive("The cost of a sample", cost).ravel(), float(positive("The budget", budget))
    if each.size != len(counts.models):
        raise QuantityError(
            f"There are {each.size} costs and {len(counts.models)} models.", remedy="Give one for each model."
        )
    rates = None if verifier is None else _rates(verifier)
    # A budget of three samples at a third each buys three, in spite of rounding.
    bought = np.minimum(np.floor(paid / each * (1 + 1e-12)), MOST_SAMPLES).astype(np.int64)
    fitted = bought > counts.least
    solved = np.array([mean_solved(counts, m, int(k), rates) for m, k in enumerate(bought)])
    rows = _resampled(counts, bought, fitted, rates)
    side = (1 - level) / 2
    low, high = np.full(len(each), np.nan), np.full(len(each), np.nan)
    for place, row in enumerate(rows):
        seen = row[np.isfinite(row)]
        if seen.size:
            low[place], high[place] = np.quantile(seen, [side, 1 - side])
    winner = np.argmax(np.nan_to_num(rows, nan=-1.0), axis=0)
    chance = np.bincount(winner, minlength=len(each)) / rows.shape[1]
    payable: NDArray[np.bool_] = bought > 0
    spent = bought * each
    order = np.lexsort((spent, -np.round(solved, 12), ~payable))
    best = int(order[0])
    ceiling = np.full(len(each), np.nan)
    if rates is not None:
        ceiling = verifier_ceiling(counts.rates, *rates).mean(axis=1)
    points = (np.nan,) * 3
    if least_gain is not None and payable[best]:
        points = saturation(counts, best, float(np.ravel(least_gain)[best]), rates, level)
    changed = None
    if payable[best]:
        changed = (
            _budget_change(counts, each, paid, best)
            if rates is None
            else _verifier_change(counts, bought, rates, best)
        )
    return Menu(
        counts.models, bought, solved, low, high, ceiling, np.where(payable, chance, 0.0), fitted, order,
        *points, changed, rows, level, rates is None,
    )  # fmt: skip


def _rates(verifier: tuple[float, float]) -> tuple[float, float]:
    right, wrong = verifier
    return (
        float(shares("The share of right answers accepted", right)),
        float(shares("The share of wrong answers accepted", wrong)),
    )


def _resampled(counts: Tally, bought: NDArray[np.int64], fitted: NDArray[np.bool_], rates: Verifier) -> Array:
    """Share solved in each resample of the problems, shape (m, R): fewer where a fit has to be resampled."""
    shapes = counts.shapes
    weights = counts.weights[: shapes.shape[1] - 1] if fitted.any() else counts.weights
    out = np.empty((len(bought), len(weights)))
    for place, k in enumerate(bought):
        if fitted[place]:
            out[place] = [fitted_solved(a, b, int(k), rates) for a, b in shapes[place, 1:]]
        else:
            out[place] = weights @ each_solved(counts, place, int(k), rates) / len(counts.problems)
    return out


# -- what would change the advice -------------------------------------------------------------------


def winner_at(counts: Tally, bought: NDArray[np.int64], t: float, f: float) -> tuple[int, float]:
    """Place of the model that is best behind a verifier with these samples, and the share solved."""
    values = [mean_solved(counts, m, int(k), (t, f)) if k > 0 else -1.0 for m, k in enumerate(bought)]
    place = int(np.argmax(values))
    return place, float(values[place])


def nearest_change(
    winner: Callable[[float], int], present: float, grid: Array, best: int
) -> tuple[float, int] | None:
    """Nearest value, in the logarithm, at which another model wins; its edge by bisection."""
    found: list[tuple[float, int]] = []
    for side in (-1, 1):
        inside = grid[grid < present][::-1] if side < 0 else grid[grid > present]
        before = present
        for value in inside:
            if winner(float(value)) != best:
                low, high = np.log(before), np.log(float(value))
                for _ in range(30):
                    middle = (low + high) / 2
                    low, high = (middle, high) if winner(float(np.exp(middle))) == best else (low, middle)
                edge = float(np.exp(high))
                found.append((edge, winner(edge)))
                break
            before = float(value)
    if not found:
        return None
    return min(found, key=lambda one: abs(np.log(one[0] / present)))


def _verifier_change(
    counts: Tally, bought: NDArray[np.int64], rates: tuple[float, float], best: int
) -> tuple[float, int] | None:
    t, f = rates
    grid = np.geomspace(*SEARCHED, SEARCH_POINTS)
    return nearest_change(lambda x: winner_at(counts, bought, t, x)[0], max(f, SEARCHED[0]), grid, best)


def _budget_change(counts: Tally, cost: Array, paid: float, best: int) -> tuple[float, int] | None:
    def winner(factor: float) -> int:
        bought = np.minimum(np.floor(paid * factor / cost * (1 + 1e-12)), MOST_SAMPLES)
        values = [mean_solved(counts, m, int(k), None) if k > 0 else -1.0 for m, k in enumerate(bought)]
        return int(np.argmax(values))

    return nearest_change(winner, 1.0, np.geomspace(0.01, 100.0, 49), best)
