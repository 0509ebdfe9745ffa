"""A law of straight lines, its gradient and its Hessian at one row of variables, in few calls.

On a few hundred runs a call into NumPy costs as much as its arithmetic; on many thousand the arrays of a pass
have to stay in a cache. Both are served by the same dozen calls on blocks of runs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .logaffine import LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

BLOCK = 4096
"""Runs in one pass: the dozen arrays of this length stay in the second cache."""
LONG = 2000
"""Runs from which on a batch is slower than its rows one by one."""


class Row:
    """Objective, gradient and Hessian at one row of variables, in blocks of runs.

    A term's exponent is a sum of entries: a variable times a line, which is one for the term's amplitude.
    """

    def __init__(self, model: LogAffine, objective: Objective, weight: Array) -> None:
        self.objective, self.log = objective, objective.log
        target = model.log_loss if self.log else model.loss
        lines, offsets = model.lines()
        tilt = model.tilt
        if len(weight) >= LONG and np.count_nonzero(weight) < 0.9 * len(weight):
            # A resample lacks 37 % of the runs.
            there = np.flatnonzero(weight)
            target, weight = target[there], weight[there]
            lines = [(j, k, line[there]) for j, k, line in lines]
            offsets = [(k, offset[there]) for k, offset in offsets]
            tilt = None if tilt is None else tilt[there]
        self.target, self.tilt, self.offsets = target, tilt, offsets
        self.weight = None if np.logical_and.reduce(weight == 1.0) else weight
        self.n, terms = len(target), len(model.level)
        self.lines = [line for _, _, line in lines]
        self.first, self.term, self.spread, self.same, self.owner = _entries(
            terms, model.p, tuple((j, k) for j, k, _ in lines)
        )
        self.blocks = [slice(k, min(k + BLOCK, self.n)) for k in range(0, self.n, BLOCK)]
        self.table = np.empty((len(self.term), min(BLOCK, self.n)))
        self.table[:terms] = 1.0
        self.loaded: slice | None = None

    def derivatives(self, u: Array) -> tuple[float, Array, Array]:
        """Objective, gradient (p,) and exact Hessian (p, p)."""
        value, gradient, hessian = 0.0, np.zeros(len(self.same)), np.zeros(self.same.shape)
        for rows in self.blocks:
            table, terms, residuals = self._split(u, rows)
            penalty, first, second = self.objective.derivatives(residuals)
            if self.weight is None:
                value += float(np.add.reduce(penalty))
            else:
                weight = self.weight[rows]
                value += float(penalty @ weight)
                first, second = first * weight, second * weight
            if self.tilt is not None:
                tilt = self.tilt[rows]
                first, second = first * tilt, second * (tilt * tilt)
            if self.log:
                second = second + first
            slopes = terms.take(self.term, axis=0)
            slopes *= table
            gradient -= slopes @ first
            hessian += (slopes * second) @ slopes.T
            slopes *= first
            hessian -= self.same * (slopes @ table.T)
        if self.owner is not None:
            gradient, hessian = gradient @ self.owner, self.owner.T @ hessian @ self.owner
        return (value if value < np.inf else np.inf), gradient, hessian

    def robust(self, u: Array) -> Array:
        """Reweighted Gauss-Newton matrix (p, p), positive semi-definite."""
        hessian = np.zeros(self.same.shape)
        for rows in self.blocks:
            table, terms, residuals = self._split(u, rows)
            weight = self.objective.robust_weight(residuals)
            if self.weight is not None:
                weight = weight * self.weight[rows]
            if self.tilt is not None:
                weight = weight * self.tilt[rows] ** 2
            slopes = terms.take(self.term, axis=0)
            slopes *= table
            hessian += (slopes * weight) @ slopes.T
        return hessian if self.owner is None else self.owner.T @ hessian @ self.owner

    def _split(self, u: Array, rows: slice) -> tuple[Array, Array, Array]:
        """Lines of the entries, derivatives of the fitted quantity by each term's exponent, and residuals."""
        size = rows.stop - rows.start
        table = self.table if size == self.table.shape[1] else self.table[:, :size]
        if rows != self.loaded:
            for place, line in enumerate(self.lines, self.first):
                table[place] = line[rows]
            self.loaded = rows
        terms = (self.spread * (u if self.owner is None else self.owner @ u)) @ table
        for k, offset in self.offsets:
            terms[k] += offset[rows]
        np.exp(terms, out=terms)
        total = np.add.reduce(terms)
        if self.log:
            terms /= total
            np.log(total, out=total)
        residuals = self.target[rows] - total
        return table, terms, residuals if self.tilt is None else residuals * self.tilt[rows]


@lru_cache(maxsize=64)
def _entries(
    terms: int, p: int, lines: tuple[tuple[int, int], ...]
) -> tuple[int, NDArray[np.intp], Array, Array, Array | None]:
    """Where the entries of a model's terms belong; the same for every table of a law.

    Returns
    -------
    first : int
        Entry of the first line; before it is one for the amplitude of each term.
    term : ndarray of int, shape (entries,)
    spread : ndarray, shape (terms, entries)
        One where an entry belongs to a term.
    same : ndarray, shape (entries, entries)
        One where two belong to the same.
    owner : ndarray, shape (entries, p), or None
        One where an entry belongs to a variable; ``None`` where each is that of the variable of its place.
    """
    entries = [(k, k) for k in range(terms)] + list(lines)
    term = np.array([k for _, k in entries], dtype=np.intp)
    spread = (np.arange(terms)[:, None] == term).astype(np.float64)
    same = (term[:, None] == term).astype(np.float64)
    variables = [j for j, _ in entries]
    owner = None
    if variables != list(range(p)):
        owner = (np.array(variables)[:, None] == np.arange(p)).astype(np.float64)
    return terms, term, spread, same, owner
