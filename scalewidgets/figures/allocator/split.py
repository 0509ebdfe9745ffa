"""The best split of a budget for a fit and its resamples, by any rule of counting and with repeated tokens.

The twin of the browser's ``allocator-law.ts``. Where a token costs in proportion to the size and none is
repeated, the best split has a closed form (arXiv:2203.15556, Eq. 4); elsewhere the point of equal gains is
found by halving, and the cheapest compute of a loss is read from a table of best splits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...fitting.problem import FLOPS_PER_PARAM_TOKEN
from ...laws import law

Array = NDArray[np.float64]

SIX = FLOPS_PER_PARAM_TOKEN
ASPECT = 128.0
"""Width over number of layers, for the compute of attention."""
RULES = {"6ND": "6 N D", "attention": "6 N D and attention", "moe": "6 N D, active parameters"}
HALVINGS = 44
TABLE = 65
MARGIN = 1e3
"""How far the table of best splits reaches beyond the picture, as a factor of compute."""
MOST_TOKENS = 1e30
ROOM = 1.5
"""How far around a guess, in logarithms, a best size is looked for."""


@dataclass(frozen=True)
class Rule:
    """FLOP of a training token, ``linear N + curved N**(2/3)``.

    Attributes
    ----------
    linear, curved : float
    """

    linear: float = SIX
    curved: float = 0.0

    @classmethod
    def of(cls, kind: str, context: float, active: float) -> Rule:
        """Rule that the controls choose: the same as those of :mod:`scalewidgets.allocation.rules`."""
        if kind == "attention":
            return cls(SIX, 12.0 * ASPECT * context * (12.0 * ASPECT**2) ** (-2.0 / 3.0))
        return cls(SIX * active) if kind == "moe" else cls()

    def per_token(self, size: Array) -> Array:
        """FLOP of a token."""
        curved = self.curved * np.cbrt(size) ** 2 if self.curved else 0.0
        return np.asarray(self.linear * size + curved)

    def elasticity(self, size: Array) -> Array:
        """How the logarithm of it grows with that of the size."""
        if not self.curved:
            return np.ones(np.shape(size))
        curved = self.curved * np.cbrt(size) ** 2
        return np.asarray((self.linear * size + curved * 2 / 3) / (self.linear * size + curved))

    def size(self, per_token: float) -> float:
        """Size whose tokens cost so much."""
        if not self.curved:
            return per_token / self.linear
        low, high = 0.0, np.log(per_token / self.linear)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            over = self.per_token(np.exp(middle)) > per_token
            low, high = (low, middle) if over else (middle, high)
        return float(np.exp((low + high) / 2))


@dataclass(frozen=True)
class Models:
    """A model of each row, and their loss."""

    params: Array
    tokens: Array
    loss: Array


def decay_constants() -> tuple[float, float, str]:
    """Decay of repeated tokens and of excess parameters as published, and where (arXiv:2305.16264)."""
    found = next(p for p in law("data_constrained").published if p.mark != "U")
    return float(found.values["R_D_star"]), float(found.values["R_N_star"]), found.cite


@dataclass(frozen=True)
class Split:
    """A floor and a power each of N and D, for the fit (row 0) and its resamples.

    Attributes
    ----------
    table : ndarray, shape (rows, 5)
        Floor, A, alpha, B and beta.
    rule : Rule
    unique : float
        Distinct tokens; infinite where none is repeated.
    reach : tuple of float
        Compute of the picture, which the table of best splits covers.
    """

    table: Array
    rule: Rule = field(default_factory=Rule)
    unique: float = np.inf
    reach: tuple[float, float] = (1e17, 1e27)

    @property
    def rows(self) -> int:
        """Number of coefficient sets."""
        return len(self.table)

    @property
    def searched(self) -> bool:
        """Whether the best split is found by halving, not in closed form."""
        return bool(self.rule.curved) or np.isfinite(self.unique)

    def part(self, rows: NDArray[np.intp]) -> Split:
        """Only some rows."""
        return Split(np.ascontiguousarray(self.table[rows]), self.rule, self.unique, self.reach)

    @cached_property
    def _c(self) -> tuple[Array, ...]:
        return tuple(self.table[:, k : k + 1] for k in range(5))

    @cached_property
    def _scale(self) -> Array:
        _, big_a, alpha, big_b, beta = self._c
        return np.asarray((alpha * big_a / (beta * big_b)) ** (1 / (alpha + beta)))

    # -- loss ------------------------------------------------------------------------------------

    def _effective(self, size: Array, data: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Parameters and tokens that count, and how their logarithms grow with those of N, D and U_N."""
        one = np.ones(np.broadcast_shapes(size.shape, data.shape, self._scale.shape))
        if not np.isfinite(self.unique):
            return size * one, data * one, one, one, 0 * one
        r_data, r_size, _ = decay_constants()
        _, _, alpha, _, beta = self._c
        seen = np.minimum(self.unique, data)
        again = np.exp(-(data / seen - 1) / r_data)
        counted = seen * (1 + r_data * (1 - again))
        enough = np.minimum(size, self._scale * (self._scale * seen) ** (beta / alpha))
        excess = np.exp(-(size / enough - 1) / r_size)
        counts = enough * (1 + r_size * (1 - excess))
        by_size = size * excess / counts
        # While no token is repeated, the parameters that are enough grow with the tokens.
        by_enough = np.where(data < self.unique, (1 - by_size) * beta / alpha, 0.0)
        return counts * one, counted * one, by_size * one, data * again / counted * one, by_enough * one

    def loss(self, size: Array, data: Array) -> Array:
        """Loss of models, shape (rows, k)."""
        floor, big_a, alpha, big_b, beta = self._c
        n, d, *_ = self._effective(np.asarray(size), np.asarray(data))
        return np.asarray(big_a / n**alpha + big_b / d**beta + floor)

    def _gains(self, size: Array, data: Array) -> tuple[Array, Array]:
        """Gains of the logarithms of N and D in loss."""
        _, big_a, alpha, big_b, beta = self._c
        n, d, by_size, by_data, by_enough = self._effective(size, data)
        of_size = alpha * big_a * n**-alpha
        return of_size * by_size, beta * big_b * d**-beta * by_data + of_size * by_enough

    # -- the best split --------------------------------------------------------------------------

    def tokens(self, flops: Array, size: Array) -> Array:
        """Tokens that a compute buys."""
        return np.asarray(flops / self.rule.per_token(size))

    def flops(self, size: Array, data: Array) -> Array:
        """Compute of a run."""
        return np.asarray(self.rule.per_token(size) * data)

    def best(self, flops: Array) -> Models:
        """Best models, for a compute each of shape (rows,), (1,) or (rows, k)."""
        given = np.asarray(flops, dtype=np.float64)
        compute = np.broadcast_to(given, (self.rows,))[:, None] if given.ndim == 1 else given
        size = self._best_size(compute)
        data = self.tokens(compute, size)
        loss = self.loss(size, data)
        if given.ndim == 1:
            return Models(size[:, 0], data[:, 0], loss[:, 0])
        return Models(size, data, loss)

    def _best_size(self, compute: Array) -> Array:
        _, _, alpha, _, beta = self._c
        guess = self._scale * (compute / self.rule.linear) ** (beta / (alpha + beta))
        if not self.searched:
            return np.asarray(guess)
        low, high = self._around(guess, guess, self.tokens(compute, guess), alpha + beta)
        with np.errstate(all="ignore"):
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                size = np.exp(middle)
                more, less = self._gains(size, self.tokens(compute, size))
                rising = more > less * self.rule.elasticity(size)
                low, high = np.where(rising, middle, low), np.where(rising, high, middle)
        return np.asarray(np.exp((low + high) / 2))

    def frontier_tokens(self, size: Array) -> Array:
        """Tokens with which a size is the best of its compute, shape (rows, k)."""
        _, big_a, alpha, big_b, beta = self._c
        guess = (beta * big_b / (alpha * big_a)) ** (1 / beta) * size[None, :] ** (alpha / beta)
        if not self.searched:
            return np.asarray(guess)
        low, high = self._around(guess, size[None, :], guess, beta)
        with np.errstate(all="ignore"):
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                more, less = self._gains(size[None, :], np.exp(middle))
                fewer = more < less * self.rule.elasticity(size[None, :])
                low, high = np.where(fewer, middle, low), np.where(fewer, high, middle)
        return np.asarray(np.exp((low + high) / 2))

    def _around(self, guess: Array, size: Array, data: Array, slope: Array) -> tuple[Array, Array]:
        """Logarithms between which the best lies: attention and repetition move it from the closed form."""
        repeated = np.maximum(np.log(data) - np.log(self.unique), 0.0)
        # Where attention is all that a token costs, the best size grows with the power 2/3 of its cost.
        dearer = 1.5 * np.log(self.rule.per_token(size) / (self.rule.linear * size))
        reach = ROOM + 1 / slope + repeated
        return np.log(guess) - reach - dearer, np.log(guess) + reach

    def level_tokens(self, level: float, size: Array, most: float) -> Array:
        """Tokens with which each size has a loss, by the fit itself; infinite where more than ``most``."""
        first = self.part(np.array([0]))
        floor, big_a, alpha, big_b, beta = (float(v[0, 0]) for v in first._c)
        with np.errstate(all="ignore"):
            over = level - floor - big_a * size**-alpha
            plain = np.where(over > 0, (big_b / over) ** (1 / beta), np.inf)
            if not self.searched or not np.isfinite(self.unique):
                return np.asarray(plain)
            low, high = np.zeros(size.shape), np.full(size.shape, np.log(most))
            never = first.loss(size[None, :], np.full((1, len(size)), most))[0] > level
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                over_it = first.loss(size[None, :], np.exp(middle)[None, :])[0] > level
                low, high = np.where(over_it, middle, low), np.where(over_it, high, middle)
        return np.asarray(np.where(never, np.inf, np.exp((low + high) / 2)))

    # -- the cheapest of a loss ------------------------------------------------------------------

    def cheapest(self, loss: Array) -> Array:
        """Least compute of losses, shape (rows,) or (rows, k); infinite where none reaches it."""
        target = np.asarray(loss, dtype=np.float64)
        shape = target.shape
        target = target.reshape(self.rows, -1)
        floor, _, alpha, _, beta = self._c
        with np.errstate(all="ignore"):
            if not self.searched:
                _, big_a, _, big_b, _ = self._c
                unit = big_a / self._scale**alpha + big_b * self._scale**beta
                power = -(alpha + beta) / (alpha * beta)
                found = self.rule.linear * ((target - floor) / unit) ** power
            else:
                found = np.stack([self._read(r, target[r]) for r in range(self.rows)])
        return np.asarray(np.where(target > floor, found, np.inf)).reshape(shape)

    def cheapest_within(self, loss: Array, most: float) -> Array:
        """Least compute of losses with models of at most so many parameters, shape (rows, k)."""
        free = self.cheapest(loss)
        if not np.isfinite(most):
            return free
        size = np.array([most])
        turn = self.loss(size[None, :], self.frontier_tokens(size))
        # A loss below that of the largest model on the frontier takes more tokens of this model.
        held = self.rule.per_token(np.array(most)) * self.tokens_with(loss, most)
        return np.where(np.asarray(loss) < turn, held, free)

    def tokens_with(self, loss: Array, size: float) -> Array:
        """Tokens with which a size has losses, shape (rows, k); infinite where none do."""
        floor, big_a, alpha, big_b, beta = self._c
        with np.errstate(all="ignore"):
            if not np.isfinite(self.unique):
                over = loss - floor - big_a * size**-alpha
                return np.asarray(np.where(over > 0, (big_b / over) ** (1 / beta), np.inf))
            low, high = np.zeros(loss.shape), np.full(loss.shape, np.log(MOST_TOKENS))
            never = self.loss(np.array(size), np.full(loss.shape, MOST_TOKENS)) > loss
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                over_it = self.loss(np.array(size), np.exp(middle)) > loss
                low, high = np.where(over_it, middle, low), np.where(over_it, high, middle)
        return np.asarray(np.where(never, np.inf, np.exp((low + high) / 2)))

    def _read(self, row: int, loss: Array) -> Array:
        """Compute of losses of a row, by Hermite's cubics between best splits; the ends go on straight."""
        x, y, slope = self._best_table
        floor = self.table[row, 0]
        at = -np.log(loss - floor)
        ys, slopes = y[row], slope[row]
        k = np.clip(np.searchsorted(ys, at, side="right") - 1, 0, TABLE - 2)
        width = ys[k + 1] - ys[k]
        t = (at - ys[k]) / width
        m0, m1 = slopes[k] * width, slopes[k + 1] * width
        inside = (
            (2 * t**3 - 3 * t**2 + 1) * x[k]
            + (t**3 - 2 * t**2 + t) * m0
            + (3 * t**2 - 2 * t**3) * x[k + 1]
            + (t**3 - t**2) * m1
        )
        below, above = x[k] + m0 * t, x[k + 1] + m1 * (t - 1)
        found = np.where(t < 0, below, np.where(t > 1, above, inside))
        # Where repeated tokens teach nothing more, no compute reaches a lower loss.
        return np.exp(np.where(np.isnan(found), np.inf, found))

    @cached_property
    def _best_table(self) -> tuple[Array, Array, Array]:
        """Log compute, minus log of the loss over the floor, and how the first grows with the second."""
        x = np.linspace(np.log(self.reach[0] / MARGIN), np.log(self.reach[1] * MARGIN), TABLE)
        found = self.best(np.broadcast_to(np.exp(x), (self.rows, TABLE)))
        over = found.loss - self._c[0]
        # Along the best splits a change of compute is worth what it is in tokens alone.
        gain = self._gains(found.params, found.tokens)[1]
        return x, -np.log(over), np.asarray(over / gain)
