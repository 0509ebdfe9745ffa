"""Least squares on the loss with the amplitudes solved for at every step.

Where residuals are straight in the amplitudes, those follow from the exponents, and what is left to search is
a function of one or two variables (variable projection: Golub and Pereyra 1973, SIAM J. Numer. Anal. 10,
413). Newton with its exact Hessian is there in a handful of steps, also along the bent valleys, and to terms
that vanish, where a descent over all coefficients crawls for hundreds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import product
from typing import TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from .algebra import DENSE
from .logaffine import LogAffine
from .model import Model
from .newton import Minimum
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

MOST_TERMS = 4
"""Amplitudes up to which every way to leave some at their bound is tried."""
RIDGE = 1e-13
"""Added to a Gram matrix with ones on its diagonal; one round of refinement takes its bias away."""
ALIKE = 1e11
"""Inverse of the share of a column that the others leave, from which on runs cannot tell them apart."""
WINDOW = 96
"""Rows at once: what they need stays in the second cache."""


def separates(model: Model, objective: Objective) -> TypeGuard[LogAffine]:
    """Whether amplitudes can be solved for: squares of the loss itself, and a law of a few straight terms."""
    return (
        type(model) is LogAffine
        and objective.square
        and not objective.log
        and model.tilt is None
        and model.loss.ndim == 1
        and 0 < model.p - len(model.level) <= 4
        and len(model.level) <= MOST_TERMS
    )


@dataclass
class _State:
    """What is known at a place: by row the amplitudes, and the reduced objective with its derivatives."""

    amplitudes: Array
    value: Array
    gradient: Array
    hessian: Array
    gauss: Array
    """Gauss-Newton's matrix, positive semi-definite."""
    gram: Array
    """Second derivatives by the amplitudes (B, K, K), by both (B, K, q), and by the exponents alone."""
    cross: Array
    curve: Array
    held: Mask
    """Amplitudes (B, K) at their bound."""
    follow: Array
    """How amplitudes (B, K, q) follow the exponents."""

    @classmethod
    def empty(cls, batch: int, terms: int, q: int) -> _State:
        return cls(
            np.zeros((batch, terms)), np.full(batch, np.inf), np.zeros((batch, q)), np.zeros((batch, q, q)),
            np.zeros((batch, q, q)), np.zeros((batch, terms, terms)), np.zeros((batch, terms, q)),
            np.zeros((batch, q, q)), np.zeros((batch, terms), dtype=bool), np.zeros((batch, terms, q)),
        )  # fmt: skip

    def put(self, rows: NDArray[np.intp], other: _State, which: Mask | slice = slice(None)) -> None:
        for name in _PARTS:
            getattr(self, name)[rows] = getattr(other, name)[which]

    def at(self, rows: NDArray[np.intp]) -> _State:
        return _State(*(getattr(self, name)[rows] for name in _PARTS))


_PARTS = tuple(part.name for part in fields(_State))


def minimise_separable(
    model: LogAffine,
    starts: Array,
    weights: Callable[[NDArray[np.intp]], Array],
    floor: Array,
    free: Mask,
    *,
    tolerance: float,
    limit: int,
) -> Minimum:
    """Minimise from the exponents of each row of ``starts`` (B, p); amplitudes begin where they are best.

    Parameters
    ----------
    model : LogAffine
        Of the kind that :func:`separates` tells.
    starts : ndarray, shape (B, p)
    weights : callable
        Weights (b, n) of some rows.
    floor : ndarray, shape (B,)
        Objective that rounding alone gives.
    free : ndarray of bool, shape (p,)
        Exponents that may move. Amplitudes always do.
    tolerance : float
        A row is done when the model promises less than this share of its objective.
    limit : int
        Most evaluations per row.
    """
    terms, batch = len(model.level), len(starts)
    q = model.p - terms
    low, high, held = model.low[terms:], model.high[terms:], ~free[terms:]
    at = np.where(held, starts[:, terms:], np.clip(starts[:, terms:], low, high))
    evaluate = _Evaluator(model)
    state = _State.empty(batch, terms, q)
    damping = np.full(batch, 1e-3)
    converged = np.zeros(batch, dtype=bool)
    iterations, rejected = np.zeros(batch, dtype=np.int64), np.zeros(batch, dtype=np.int64)
    live, waiting, held_weights = np.empty(0, dtype=np.intp), 0, np.empty((0, model.n))
    with np.errstate(all="ignore"):
        while len(live) or waiting < batch:
            # Rows that are done make room for others, so that a few slow ones do not cost a pass each.
            if waiting < batch and len(live) <= WINDOW // 2:
                fresh = np.arange(waiting, min(batch, waiting + WINDOW - len(live)))
                waiting = int(fresh[-1]) + 1
                new = weights(fresh)
                state.put(fresh, evaluate(at[fresh], new))
                iterations[fresh] = 1
                sound = np.isfinite(state.value[fresh])
                live = np.concatenate([live, fresh[sound]])
                held_weights = np.concatenate([held_weights, new[sound]])
                continue
            slope, gauss = state.gradient[live], state.gauss[live]
            here, value = at[live], state.value[live]
            stuck = held | ((here <= low) & (slope > 0)) | ((here >= high) & (slope < 0))
            diagonal = np.einsum("bii->bi", gauss)
            pace = np.maximum(diagonal, 1e-12 * diagonal.max(axis=1, keepdims=True) + np.finfo(float).tiny)
            step, definite = DENSE.step(slope, state.hessian[live], pace, damping[live], stuck)
            bad = np.flatnonzero(~definite)
            if len(bad):
                pull = np.maximum(damping[live[bad]], 1e-9)
                step[bad], definite[bad] = DENSE.step(slope[bad], gauss[bad], pace[bad], pull, stuck[bad])
            promise = -0.5 * np.einsum("bi,bi->b", np.where(stuck, 0.0, slope), step)
            across = np.flatnonzero(
                np.any(
                    ~state.held[live]
                    & (
                        state.amplitudes[live] + np.einsum("bkq,bq->bk", state.follow[live], step)
                        < evaluate.least
                    ),
                    axis=1,
                )
            )
            if len(across):
                rows = live[across]
                step[across] = _onto_bound(
                    state.at(rows), evaluate.least, step[across], pace[across], damping[rows], stuck[across]
                )
            trial = np.where(stuck, here, np.clip(here + step, low, high))
            settled = definite & (promise <= tolerance * value + floor[live]) & (damping[live] <= 1e-2)
            found = evaluate(trial, held_weights)
            iterations[live] += 1
            better = found.value < value
            # Out of digits: the step promises something that the sum of n rounded numbers cannot show.
            exhausted = definite & ~better & (promise <= 1e-12 * value + floor[live])
            done = settled | exhausted
            # A last step is taken for its digits of the exponents, if the sum shows no difference.
            taken = better | (done & (found.value <= value * (1 + 1e-13)))
            won, lost = live[taken], live[~taken]
            at[won] = trial[taken]
            state.put(won, found, taken)
            # Where the quadratic promised far too much, a longer step would only be taken back.
            kept = (value - found.value < 0.5 * promise)[taken]
            damping[won] *= np.where(kept, 1.0, 0.1)
            damping[won[damping[won] < 1e-9]] = 0.0
            rejected[won] = 0
            damping[lost] = np.maximum(damping[lost] * 8.0, 1e-4)
            rejected[lost] += 1
            converged[live[done]] = True
            going = ~done & (rejected[live] < 25) & (iterations[live] <= limit)
            if not going.all():
                live, held_weights = live[going], held_weights[going]
    amplitudes = np.clip(np.log(state.amplitudes), model.low[:terms], model.high[:terms])
    return Minimum(np.hstack([amplitudes, at]), state.value, converged, iterations)


class _Evaluator:
    """Reduced objective of rows of exponents, with gradient and Hessian."""

    def __init__(self, model: LogAffine) -> None:
        self.loss = model.loss
        lines, offsets = model.lines()
        self.terms, self.n = len(model.level), model.n
        self.q = model.p - self.terms
        self.offsets = offsets
        self.lines = [(j - self.terms, k, line) for j, k, line in lines]
        self.variable = np.array([j for j, _, _ in self.lines])
        self.term = np.array([k for _, k, _ in self.lines])
        self.spread = np.zeros((len(lines), self.q))
        self.spread[np.arange(len(lines)), self.variable] = 1.0
        self.least = np.exp(model.low[: self.terms])
        self.pairs = [(i, m) for i, m in product(range(len(lines)), repeat=2) if self.term[i] == self.term[m]]
        self.subsets = np.array(list(product((False, True), repeat=self.terms))[1:])

    def __call__(self, at: Array, weights: Array) -> _State:
        batch, terms = len(at), self.terms
        inner = terms + len(self.lines)
        # Columns of the terms, their derivatives by the exponents, and the losses.
        columns = np.empty((batch, inner + 1, self.n))
        for k in range(terms):
            parts = [at[:, j, None] * line for j, at_term, line in self.lines if at_term == k]
            parts += [offset for at_term, offset in self.offsets if at_term == k]
            columns[:, k] = np.exp(sum(parts[1:], parts[0])) if parts else 1.0
        for i, (_, k, line) in enumerate(self.lines):
            np.multiply(columns[:, k], line, out=columns[:, terms + i])
        columns[:, -1] = self.loss
        products = (columns * weights[:, None]) @ columns.transpose(0, 2, 1)
        gram, right = products[:, :terms, :terms], products[:, :terms, -1]
        amplitudes, held, inverse = self._amplitudes(gram, right)
        residuals = self.loss - np.matmul(amplitudes[:, None], columns[:, :terms])[:, 0]
        pulled = weights * residuals
        value = 0.5 * np.einsum("bn,bn->b", pulled, residuals)
        pulls = np.matmul(columns[:, :inner], pulled[:, :, None])[:, terms:, 0]
        size = amplitudes[:, self.term]
        gradient = -(size * pulls) @ self.spread
        spread = self.spread
        slopes = products[:, terms:inner, terms:inner] * (size[:, :, None] * size[:, None, :])
        curve = spread.T @ slopes @ spread
        cross = (products[:, :terms, terms:inner] * size[:, None]) @ spread
        gauss = curve - cross.transpose(0, 2, 1) @ inverse @ cross
        for i, m in self.pairs:
            bend = (columns[:, terms + i] * pulled) @ self.lines[m][2] * size[:, i]
            curve[:, self.variable[i], self.variable[m]] -= bend
        for i, (j, k, _) in enumerate(self.lines):
            cross[:, k, j] -= pulls[:, i]
        follow = -inverse @ cross
        hessian = curve + cross.transpose(0, 2, 1) @ follow
        value = np.where(np.isfinite(value), value, np.inf)
        return _State(amplitudes, value, gradient, hessian, gauss, gram, cross, curve, held, follow)

    def _amplitudes(self, gram: Array, right: Array) -> tuple[Array, Mask, Array]:
        """Best amplitudes (B, K), which of them stand at their bound, and the inverse of what is free."""
        above = right - gram @ self.least
        held = np.zeros(right.shape, dtype=bool)
        found, inverse = _solved(gram, above, held)
        rows = np.flatnonzero(~np.all(found >= 0, axis=1))
        if len(rows):
            # Every way to leave some at their bound, all at once; the lowest that is allowed is the optimum.
            ways = self.subsets
            parts = np.repeat(gram[rows], len(ways), axis=0), np.repeat(above[rows], len(ways), axis=0)
            tried, turned = _solved(*parts, np.tile(ways, (len(rows), 1)))
            level = np.einsum(
                "bi,bi->b", 0.5 * np.matmul(parts[0], tried[:, :, None])[:, :, 0] - parts[1], tried
            )
            level = np.where(np.all(tried >= 0, axis=1), level, np.inf).reshape(len(rows), -1)
            chosen = np.argmin(level, axis=1)
            at = np.arange(len(rows)) * len(ways) + chosen
            found[rows], inverse[rows], held[rows] = tried[at], turned[at], ways[chosen]
        return found + self.least, held, inverse


def _onto_bound(state: _State, least: Array, step: Array, pace: Array, damping: Array, stuck: Mask) -> Array:
    """Steps (b, q) that take along an amplitude which would fall below its bound, as far as its bound.

    There the reduced objective has a kink; a step that knows of only one side of it goes to and fro.
    """
    ahead = state.amplitudes + np.einsum("bkq,bq->bk", state.follow, step) - least
    which = np.argmin(np.where(state.held, np.inf, ahead), axis=1)
    rows = np.arange(len(step))
    held = state.held.copy()
    held[rows, which] = True
    fall = (least - state.amplitudes)[rows, which]
    _, inverse = _solved(state.gram, np.zeros_like(ahead), held)
    cross = state.cross
    back = cross.transpose(0, 2, 1) @ inverse
    pull = cross[rows, which] - np.matmul(back, state.gram[rows, :, which][:, :, None])[:, :, 0]
    slope = state.gradient + fall[:, None] * pull
    made, definite = DENSE.step(slope, state.curve - back @ cross, pace, damping, stuck)
    return np.where(definite[:, None], made, step)


def _solved(gram: Array, right: Array, held: Mask) -> tuple[Array, Array]:
    """Solve for the amplitudes that are free; the others are zero."""
    root = np.sqrt(np.maximum(np.einsum("bii->bi", gram), np.finfo(float).tiny))
    both = root[:, :, None] * root[:, None, :]
    idle = held[:, :, None] | held[:, None, :]
    matrix = np.where(idle, 0.0, gram / both)
    matrix[:, np.arange(gram.shape[1]), np.arange(gram.shape[1])] += RIDGE + held
    inverse = np.linalg.inv(matrix)
    alike = np.flatnonzero(np.einsum("bii->bi", inverse).max(axis=1) > ALIKE)
    if len(alike):
        inverse[alike] = np.linalg.pinv(matrix[alike], rcond=1 / ALIKE, hermitian=True)
    inverse = np.where(idle, 0.0, inverse / both)
    found = np.matmul(inverse, right[:, :, None])
    found += np.matmul(inverse, right[:, :, None] - np.matmul(gram, found))
    return np.where(held, 0.0, found[:, :, 0]), inverse
