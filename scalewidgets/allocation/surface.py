"""Loss and cost over sizes and tokens, for a fit and every one of its resamples at once.

Row 0 is the fit itself, the others are its resamples: an optimum with its interval is one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FitError
from scalewidgets.fitting.lines import lowest
from scalewidgets.fitting.optimum import chinchilla_form, optimum
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN
from scalewidgets.laws import Law
from scalewidgets.laws import law as find_law

from .rules import FORWARD, SIX_ND, FlopRule
from .steps import Batch

Array: TypeAlias = NDArray[np.float64]

LEAST = 10.0
"""Fewest parameters and tokens that are looked at: no law means anything below."""
_HALVINGS = 60
_LOWEST_BUDGET, _HIGHEST_BUDGET = 1e6, 1e36
_BLOCK = 4096
_TABLE, _MARGIN = 65, 1e-3
"""Budgets of the table that is read backwards, and by how much it is longer than needed."""


@dataclass(frozen=True)
class Best:
    """Best models on the lines of some budgets; arrays of shape (rows,).

    Attributes
    ----------
    params, tokens, loss : ndarray
        NaN where there is none.
    side : ndarray of int8
        0: better than its neighbours; -1 or 1: at the smallest or largest size allowed; 2: none.
    """

    params: Array
    tokens: Array
    loss: Array
    side: NDArray[np.int8]


@dataclass(frozen=True)
class Surface:
    """A law with coefficients of a fit and its resamples, and what models of it cost.

    Attributes
    ----------
    law : Law
        Of N and D, of N and C or D and C; of U too where ``unique`` is given, and of what ``given`` holds.
    coefficients : mapping of str to ndarray, shape (rows, 1)
    rule : FlopRule
    unique : float or None
        Distinct tokens there are.
    served : float
        Tokens served over the life of the model.
    weight : float
        FLOP of training that one FLOP of serving costs as much as.
    sizes : tuple of float
        Smallest and largest number of parameters allowed.
    data : tuple of float
        Smallest and largest number of tokens allowed.
    batch : Batch or None
        What the size of a step costs in tokens.
    steps : float
        Most steps of a run.
    given : mapping of str to float or None
        Values of the law's further inputs.
    """

    law: Law
    coefficients: Mapping[str, Array]
    rule: FlopRule = SIX_ND
    unique: float | None = None
    served: float = 0.0
    weight: float = 1.0
    sizes: tuple[float, float] = (LEAST, np.inf)
    data: tuple[float, float] = (LEAST, np.inf)
    batch: Batch | None = None
    steps: float = np.inf
    given: Mapping[str, float] | None = None

    @property
    def rows(self) -> int:
        """Number of coefficient sets."""
        return len(next(iter(self.coefficients.values())))

    def free(self) -> Surface:
        """Return the surface without limits of size and data: what a plan is measured against."""
        return replace(self, sizes=(LEAST, np.inf), data=(LEAST, np.inf))

    def thinned(self, most: int) -> Surface:
        """Return the surface with at most so many resamples, evenly chosen, where each asks for a search."""
        if self._closed_form() or self.rows <= most + 1:
            return self
        rows = np.unique(np.linspace(0, self.rows - 1, most + 1).round().astype(int))
        return self._part(rows)

    def loss(self, size: Array, tokens: Array) -> Array:
        """Loss of models, shape (rows, k), for sizes and tokens that broadcast to it."""
        known = {"N": size, "D": tokens, "C": FLOPS_PER_PARAM_TOKEN * size * tokens}
        if self.unique is not None:
            known["U"] = np.full_like(tokens, self.unique)
        known |= {name: np.full_like(tokens, value) for name, value in (self.given or {}).items()}
        return self.law.value({name: known[name] for name in self.law.input_names}, self.coefficients)

    def serving(self, size: Array) -> Array:
        """Compute of serving, as training compute of the same price."""
        return np.asarray(self.weight * FORWARD * self.rule.per_token(size) * self.served)

    def flops(self, size: Array, tokens: Array) -> Array:
        """Compute of training, with the tokens that large steps take beyond those of the law."""
        processed = tokens if self.batch is None else self.batch.processed(tokens, self.steps)
        return self.rule.flops(size, processed)

    def total(self, size: Array, tokens: Array) -> Array:
        """Compute of training and serving together, as training compute."""
        return np.asarray(self.flops(size, tokens) + self.serving(size))

    def tokens(self, budget: Array, size: Array) -> Array:
        """Tokens that are left to train on once serving is paid for; below zero where it is too dear."""
        processed = self.rule.tokens(budget - self.serving(size), size)
        return processed if self.batch is None else self.batch.reached(processed, self.steps)

    # -- the best on a budget --------------------------------------------------------------------

    def best(self, budget: Array) -> Best:
        """Find the best model for each budget.

        Parameters
        ----------
        budget : ndarray, shape (rows,) or (1,)
            Of training and serving together, in training FLOP.
        """
        budget = np.broadcast_to(np.asarray(budget, dtype=np.float64), (self.rows,))
        fine = np.isfinite(budget)
        if self._closed_form():
            values = {k: v[:, 0] for k, v in self.coefficients.items()}
            found = optimum(self.law, values, np.where(fine, budget, np.nan))
            return Best(found.params, found.tokens, found.loss, np.where(fine, 0, 2).astype(np.int8))
        parts = [
            self._part(slice(first, first + _BLOCK))._best(budget[first : first + _BLOCK])
            for first in range(0, self.rows, _BLOCK)
        ]
        return Best(
            np.concatenate([part.params for part in parts]),
            np.concatenate([part.tokens for part in parts]),
            np.concatenate([part.loss for part in parts]),
            np.concatenate([part.side for part in parts]),
        )

    def _best(self, budget: Array) -> Best:
        fine = np.isfinite(budget)
        budget = np.where(fine, budget, 1.0)
        low, high = self._ends(budget)
        there = (low <= high) & fine
        width = np.where(there, np.log(high / np.where(there, low, high)), 0.0)
        start = np.log(np.where(there, low, 1.0))

        def at(x: Array) -> Array:
            size = np.exp(x)
            return self.loss(size, self.tokens(budget[:, None], size))

        place, loss, side = lowest(at, start, start + width)
        size = np.exp(place)
        side = np.where(there, side, 2).astype(np.int8)
        nothing = side == 2
        tokens = self.tokens(budget, size)
        size, tokens, loss = (np.where(nothing, np.nan, part) for part in (size, tokens, loss))
        return Best(size, tokens, loss, side)

    def _closed_form(self) -> bool:
        bare = self.unique is None and self.served == 0 and self.rule is SIX_ND and self.batch is None
        limits = self.sizes == (LEAST, np.inf) and self.data == (LEAST, np.inf)
        return bare and limits and chinchilla_form(self.law) is not None

    def _ends(self, budget: Array) -> tuple[Array, Array]:
        """Smallest and largest size of each budget: tokens fall as the size grows."""
        least, most = np.full(len(budget), self.sizes[0]), np.full(len(budget), min(self.sizes[1], 1e30))
        low = (
            least
            if np.isinf(self.data[1])
            else np.maximum(least, self._size_with(budget, self.data[1], least, most))
        )
        return low, np.minimum(most, self._size_with(budget, self.data[0], least, most))

    def _size_with(self, budget: Array, tokens: float, least: Array, most: Array) -> Array:
        """Size at which a budget leaves this many tokens, or the end of the range."""
        low, high = np.log(least), np.log(most)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            more = self.tokens(budget, np.exp(middle)) >= tokens
            low, high = np.where(more, middle, low), np.where(more, high, middle)
        # The side that keeps the promise: at least so many tokens.
        found = np.exp(low)
        return np.where(self.tokens(budget, least) >= tokens, found, least * (1 - 1e-9))

    def _part(self, rows: slice | NDArray[np.intp]) -> Surface:
        return replace(self, coefficients={name: values[rows] for name, values in self.coefficients.items()})

    # -- the cheapest for a loss -----------------------------------------------------------------

    def cheapest(self, loss: Array) -> Array:
        """Find the least budget whose best model has a loss.

        Parameters
        ----------
        loss : ndarray, shape (rows,), (1,) or (rows, k)

        Returns
        -------
        ndarray, shape (rows,) or (rows, k)
            Training and serving together, in training FLOP; ``inf`` where no budget up to 1e36 reaches it.
        """
        target = np.asarray(loss, dtype=np.float64)
        target = np.broadcast_to(target, (self.rows,)) if target.ndim == 1 else target
        if self._closed_form():
            return self._inverse(target)
        if target.ndim == 2:
            return self._from_table(target)
        low = np.full(self.rows, np.log(_LOWEST_BUDGET))
        high = np.full(self.rows, np.log(_HIGHEST_BUDGET))
        reached = self._least_loss(high) <= target
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            enough = self._least_loss(middle) <= target
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return np.where(reached, np.exp(high), np.inf)

    def _inverse(self, target: Array) -> Array:
        """Invert the loss of the best model where it is a power of the compute (arXiv:2203.15556, Eq. 4)."""
        form = chinchilla_form(self.law)
        assert form is not None
        values = {name: v if target.ndim == 2 else v[:, 0] for name, v in self.coefficients.items()}
        alpha, beta = values[form[2]], values[form[4]]
        floor = 0.0 if form[0] is None else values[form[0]]
        unit = optimum(self.law, values, FLOPS_PER_PARAM_TOKEN).loss - floor
        with np.errstate(all="ignore"):
            power = -(alpha + beta) / (alpha * beta)
            found = FLOPS_PER_PARAM_TOKEN * ((target - floor) / unit) ** power
        return np.where(target > floor, found, np.inf)

    def _from_table(self, target: Array) -> Array:
        """Many losses of each row at once: the frontier on a fine grid of budgets, and between its points."""
        from scipy.interpolate import PchipInterpolator

        ends = self.cheapest(np.max(target, axis=1)), self.cheapest(np.min(target, axis=1))
        there = np.isfinite(ends[1])
        low, high = np.log(ends[0]) - _MARGIN, np.log(np.where(there, ends[1], ends[0] * 1e3)) + _MARGIN
        place = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, _TABLE)
        losses = np.stack([self._least_loss(place[:, k]) for k in range(_TABLE)], axis=1)
        out = np.full(target.shape, np.inf)
        for row in range(self.rows):
            fine = np.isfinite(losses[row]) & np.isfinite(place[row])
            if np.count_nonzero(fine) > 3:
                falling = np.flatnonzero(fine)[::-1]
                curve = PchipInterpolator(losses[row, falling], place[row, falling], extrapolate=False)
                found = np.exp(curve(target[row]))
                out[row] = np.where(np.isfinite(found), found, np.inf)
        return out

    def _least_loss(self, log_budget: Array) -> Array:
        found = self.best(np.exp(log_budget)).loss
        return np.where(np.isfinite(found), found, np.inf)


def with_repetition(law: Law, coefficients: Mapping[str, Array]) -> tuple[Law, dict[str, Array], str]:
    """Return the law in which repeated tokens count for less, for coefficients of a law of N and D.

    Returns
    -------
    law, coefficients
    note : str
        Where the decay constants come from; empty if the fit has its own.

    Raises
    ------
    FitError
        If the law is not a floor and a power each of N and D, nor has unique tokens as an input.

    Notes
    -----
    arXiv:2305.16264, Eq. 5-6: the published decay constants stand in where the fit has none.
    """
    if "U" in law.input_names:
        return law, dict(coefficients), ""
    form = chinchilla_form(law)
    if form is None:
        raise FitError(
            f"The {law.title} law does not say what repeated tokens are worth.",
            remedy='Fit law="data_constrained", or leave unique_tokens= out.',
        )
    repeated = find_law("data_constrained")
    published = next(p for p in repeated.published if p.mark != "U")
    floor, big_a, alpha, big_b, beta = form
    like = next(iter(coefficients.values()))
    values = {
        "E": np.zeros_like(like) if floor is None else coefficients[floor],
        "A": coefficients[big_a],
        "alpha": coefficients[alpha],
        "B": coefficients[big_b],
        "beta": coefficients[beta],
    }
    for name in ("R_D_star", "R_N_star"):
        values[name] = np.full_like(like, published.values[name])
    return repeated, values, f"repeated tokens count as in {published.cite} (its decay constants, not fitted)"
