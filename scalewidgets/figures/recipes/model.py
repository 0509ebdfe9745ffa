"""The loss of the best model by compute, of a fit and all its resamples: the twin of ``best-loss.ts``.

A floor and one power each of N and D give, at the best size under C = 6ND, a floor and one power of C
(arXiv:2203.15556, Eq. 4, put back into the law), so three numbers a resample are the whole curve. Any other
law is tabulated over the logarithm of compute and interpolated. The browser reads the same numbers by the
same rules, so that a budget can be dragged with no kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...fitting import Fit
from ...fitting.curves import NEVER, interval
from ...fitting.optimum import best_loss, chinchilla_form
from ...fitting.problem import FLOPS_PER_PARAM_TOKEN

Array: TypeAlias = NDArray[np.float64]

POINTS_PER_DECADE = 4
DECADES_BELOW, DECADES_ABOVE = 3, 9
"""How far a tabulated curve reaches beyond the picture: a match that takes more compute counts as none."""


@dataclass(frozen=True)
class PowerCurve:
    """``E + K C**-g`` for the fit (row 0) and each resample; ``rows`` has shape (1 + R, 3)."""

    rows: Array

    kind = "power"

    def take(self, rows: NDArray[np.intp]) -> PowerCurve:
        """The fit and these resamples, in this order."""
        return PowerCurve(self.rows[np.concatenate(([0], 1 + rows))])

    def at(self, flops: Array) -> Array:
        """Loss (1 + R, M) at compute (M,)."""
        floor, factor, power = (self.rows[:, j, None] for j in range(3))
        return np.asarray(floor + factor * flops[None, :] ** -power)

    def reach(self, loss: Array) -> Array:
        """Compute (1 + R, M) at which each row comes down to a loss (1 + R, M); infinite for never."""
        floor, factor, power = (self.rows[:, j, None] for j in range(3))
        above = loss - floor
        with np.errstate(all="ignore"):
            return np.asarray(np.where(above > 0, (factor / above) ** (1 / power), NEVER))

    def options(self) -> dict[str, Any]:
        """What the browser must know to read the rows."""
        return {"kind": self.kind, "rows": len(self.rows)}


@dataclass(frozen=True)
class TableCurve:
    """Losses on an even grid of log compute; ``rows`` has shape (1 + R, M)."""

    rows: Array
    first: float
    """Log10 of the first compute of the grid."""

    kind = "table"

    def take(self, rows: NDArray[np.intp]) -> TableCurve:
        """The fit and these resamples, in this order."""
        return TableCurve(self.rows[np.concatenate(([0], 1 + rows))], self.first)

    def at(self, flops: Array) -> Array:
        """Loss (1 + R, M) at compute (M,), by a cubic through four neighbours."""
        place = np.clip((np.log10(flops) - self.first) * POINTS_PER_DECADE, 0, self.rows.shape[1] - 1)
        left = np.clip(np.floor(place).astype(int), 1, self.rows.shape[1] - 3)
        t = place - left
        weights = (
            -t * (t - 1) * (t - 2) / 6,
            (t + 1) * (t - 1) * (t - 2) / 2,
            -(t + 1) * t * (t - 2) / 2,
            (t + 1) * t * (t - 1) / 6,
        )
        return np.asarray(sum(w * self.rows[:, left + j - 1] for j, w in enumerate(weights)))

    def reach(self, loss: Array) -> Array:
        """Compute (1 + R, M) at which each row comes down to a loss (1 + R, M); infinite for never."""
        last = self.rows.shape[1] - 1
        out = np.full(loss.shape, NEVER)
        for i, row in enumerate(self.rows):
            goal = loss[i]
            reached = row[last] <= goal
            # The first grid point at or below the goal; between it and its neighbour the curve is a line.
            below = np.argmax(row[None, :] <= goal[:, None], axis=1)
            left = np.maximum(below - 1, 0)
            fall = row[left] - row[below]
            share = np.where(fall > 0, (row[left] - goal) / np.where(fall > 0, fall, 1), 1)
            share = _bend(row, left, goal, share)
            at = self.first + (left + share) / POINTS_PER_DECADE
            out[i] = np.where(reached, 10.0**at, NEVER)
        return out

    def options(self) -> dict[str, Any]:
        """What the browser must know to read the rows."""
        return {
            "kind": self.kind,
            "rows": len(self.rows),
            "first": self.first,
            "perDecade": POINTS_PER_DECADE,
        }


def _bend(row: Array, left: NDArray[np.intp], goal: Array, share: Array) -> Array:
    """Newton steps from the straight line to the cubic that :meth:`TableCurve.at` draws."""
    middle = np.clip(left, 1, len(row) - 3)
    y = [row[middle + j - 1] for j in range(4)]
    x = share + left - middle
    for _ in range(3):
        t = x
        value = (
            -t * (t - 1) * (t - 2) / 6 * y[0]
            + (t + 1) * (t - 1) * (t - 2) / 2 * y[1]
            - (t + 1) * t * (t - 2) / 2 * y[2]
            + (t + 1) * t * (t - 1) / 6 * y[3]
        )
        slope = (
            -(3 * t * t - 6 * t + 2) / 6 * y[0]
            + (3 * t * t - 4 * t - 1) / 2 * y[1]
            - (3 * t * t - 2 * t - 2) / 2 * y[2]
            + (3 * t * t - 1) / 6 * y[3]
        )
        step = np.where(slope < 0, (value - goal) / np.where(slope < 0, slope, 1), 0)
        x = np.clip(x - step, left - middle, left - middle + 1)
    return np.asarray(x + middle - left)


Curve: TypeAlias = PowerCurve | TableCurve


def best_curve(fit: Fit, low: float, high: float) -> Curve:
    """The curve of a fit; `low` to `high` is the compute of the picture, which a table must cover."""
    names = fit.law.coefficient_names
    rows = np.vstack([[fit.coefficients[name] for name in names], fit.resamples])
    values = {name: rows[:, j] for j, name in enumerate(names)}
    form = chinchilla_form(fit.law)
    if form is not None:
        floor, *rest = form
        big_a, alpha, big_b, beta = (values[name] for name in rest)
        with np.errstate(all="ignore"):
            g = (alpha * big_a / (beta * big_b)) ** (1 / (alpha + beta))
            power = alpha * beta / (alpha + beta)
            factor = (big_a * g**-alpha + big_b * g**beta) * FLOPS_PER_PARAM_TOKEN**power
        return PowerCurve(
            np.column_stack([np.zeros(len(rows)) if floor is None else values[floor], factor, power])
        )
    first = np.floor(np.log10(low)) - DECADES_BELOW
    last = np.ceil(np.log10(high)) + DECADES_ABOVE
    grid = first + np.arange(int((last - first) * POINTS_PER_DECADE) + 1) / POINTS_PER_DECADE
    columns = {name: value[:, None] for name, value in values.items()}
    # Single precision is a ten-millionth of a loss, and half the file.
    losses = np.asarray(best_loss(fit.law, columns, 10.0**grid)).astype(np.float32)
    return TableCurve(np.broadcast_to(losses, (len(rows), len(grid))).astype(float), float(first))


@dataclass(frozen=True)
class Pair:
    """Two curves whose rows stand beside each other: row 0 the fits, the others resamples."""

    a: Curve
    b: Curve
    level: float = 0.95

    @classmethod
    def of(cls, a: Curve, b: Curve, order: NDArray[np.intp], level: float = 0.95) -> Pair:
        """Pair resample i of `a` with resample ``order[i]`` of `b`."""
        rows = min(len(a.rows) - 1, len(order))
        return cls(a.take(np.arange(rows)), b.take(order[:rows]), level)

    @property
    def resamples(self) -> int:
        """How many resamples stand beside each other."""
        return len(self.a.rows) - 1

    def probability(self, flops: Array) -> Array:
        """Share (M,) of resamples in which a has the lower loss; NaN without resamples."""
        first, second = self.a.at(flops)[1:], self.b.at(flops)[1:]
        if not len(first):
            return np.full(len(flops), np.nan)
        return np.asarray(((first < second) + 0.5 * (first == second)).mean(axis=0))

    def difference(self, flops: Array) -> tuple[Array, Array, Array]:
        """Loss of a minus loss of b: value, low, high."""
        return self.spread(self.a.at(flops) - self.b.at(flops))

    def worth(self, flops: Array, *, of_a: bool = True) -> tuple[Array, Array, Array]:
        """Compute that the other needs to match, over that of the one: value, low, high."""
        return self.spread(self.worths(flops, of_a=of_a))

    def worths(self, flops: Array, *, of_a: bool = True) -> Array:
        """The same of every row (rows, M); the median of the resamples is 1 or more where the one wins."""
        one, other = (self.a, self.b) if of_a else (self.b, self.a)
        return other.reach(one.at(flops)) / flops

    def spread(self, values: Array) -> tuple[Array, Array, Array]:
        """Row 0, and the percentiles of the other rows; by order statistics, for some are infinite."""
        ends = [interval(values[1:, j], self.level) for j in range(values.shape[1])]
        return values[0], np.array([e[0] for e in ends]), np.array([e[1] for e in ends])
