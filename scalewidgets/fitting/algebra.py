"""Newton steps for many small matrices at once: dense ones, and arrows of many families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

TINY = 1e-14
"""Pivot, of a matrix with ones on its diagonal, from which on it counts as positive."""


class Algebra(Protocol):
    """How a model writes down the Hessians of its rows, and what the solver does with them."""

    def shape(self, p: int) -> tuple[int, ...]:
        """Shape of the Hessian of one row of p variables."""

    def diagonal(self, hessian: Array) -> Array:
        """Diagonal of each, shape (B, p)."""

    def full(self, hessian: Array) -> Array:
        """Each as a matrix, shape (B, p, p)."""

    def step(
        self, gradient: Array, hessian: Array, scale: Array, damping: Array, stuck: Mask
    ) -> tuple[Array, Mask]:
        """Solve ``(H + damping * diag(scale)) step = -gradient``; variables that are stuck stay.

        Returns the steps (B, p), zero where they are not finite, and which matrices were positive definite.
        """


class Dense:
    """One matrix a row."""

    def shape(self, p: int) -> tuple[int, ...]:
        """Shape of the Hessian of one row of p variables."""
        return p, p

    def diagonal(self, hessian: Array) -> Array:
        """Diagonal of each, shape (B, p)."""
        return np.asarray(np.einsum("bii->bi", hessian))

    def full(self, hessian: Array) -> Array:
        """Each as a matrix, shape (B, p, p)."""
        return hessian

    def step(
        self, gradient: Array, hessian: Array, scale: Array, damping: Array, stuck: Mask
    ) -> tuple[Array, Mask]:
        """Solve for each row by L D L', written out over columns.

        For matrices of a handful of rows this beats a LAPACK call per row, and starts no threads.
        """
        batch, p = gradient.shape
        root = np.sqrt(scale)
        matrix = hessian / (root[:, :, None] * root[:, None, :])
        right = -gradient / root
        if stuck.any():
            matrix = np.where(stuck[:, :, None] | stuck[:, None, :], 0.0, matrix)
            right = np.where(stuck, 0.0, right)
            matrix[:, np.arange(p), np.arange(p)] += stuck
        matrix[:, np.arange(p), np.arange(p)] += damping[:, None]
        if batch <= 2:
            return _by_lapack(matrix, right, root)
        solution, definite = solve_ldl(matrix, right[:, :, None])
        step = solution[:, :, 0] / root
        return np.where(np.isfinite(step), step, 0.0), definite


DENSE = Dense()


@dataclass(frozen=True)
class Arrow:
    """Families that have their first ``shared`` variables in common, and ``own`` ones each.

    The Hessian is kept as one matrix a family, of its shared and its own variables: shape
    (B, families, shared + own, shared + own). Those of the own variables are eliminated family by family, and
    what is left is a system of the shared ones alone (Schur's complement): the price is that of the families
    one by one.

    With ``tails``, that many vectors v over all variables are kept beside it, as further columns (those of
    the shared variables with the first family), and ``v v'`` is taken off the matrix (Woodbury's formula).
    """

    shared: int
    own: int
    families: int
    tails: int = 0

    def shape(self, p: int) -> tuple[int, ...]:
        """Shape of the Hessian of one row of variables."""
        return self.families, self.shared + self.own, self.shared + self.own + self.tails

    def packed(self, blocks: Array, vectors: Sequence[Array] = ()) -> Array:
        """Blocks (B, families, k, k) and vectors, each (B, p), as one array; no vectors are zeros."""
        if not self.tails:
            return blocks
        batch, count, k, _ = blocks.shape
        out = np.zeros((batch, count, k, k + self.tails))
        out[..., :k] = blocks
        for j, vector in enumerate(vectors):
            out[:, 0, : self.shared, k + j] = vector[:, : self.shared]
            out[:, :, self.shared :, k + j] = vector[:, self.shared :].reshape(batch, count, self.own)
        return out

    def _vectors(self, hessian: Array) -> Array:
        """The vectors (B, p, tails)."""
        k = self.shared + self.own
        own = hessian[:, :, self.shared :, k:].reshape(len(hessian), -1, self.tails)
        return np.concatenate([hessian[:, 0, : self.shared, k:], own], axis=1)

    def diagonal(self, hessian: Array) -> Array:
        """Diagonal of each, shape (B, p)."""
        each = np.einsum("bfii->bfi", hessian[..., : self.shared + self.own])
        own = each[:, :, self.shared :].reshape(len(hessian), -1)
        out = np.hstack([each[:, :, : self.shared].sum(axis=1), own])
        return out if not self.tails else out - np.sum(self._vectors(hessian) ** 2, axis=2)

    def full(self, hessian: Array) -> Array:
        """Each as a matrix, shape (B, p, p)."""
        m, q = self.shared, self.own
        p = m + self.families * q
        out = np.zeros((len(hessian), p, p))
        for f in range(self.families):
            at = np.r_[0:m, m + f * q : m + (f + 1) * q]
            out[:, at[:, None], at] += hessian[:, f, :, : m + q]
        if self.tails:
            vectors = self._vectors(hessian)
            out -= np.einsum("bik,bjk->bij", vectors, vectors)
        return out

    def step(
        self, gradient: Array, hessian: Array, scale: Array, damping: Array, stuck: Mask
    ) -> tuple[Array, Mask]:
        """Solve for each row, family by family."""
        root = np.sqrt(scale)
        right = np.where(stuck, 0.0, -gradient / root)[:, :, None]
        if not self.tails:
            solved, definite = self._solve(hessian, right, root, damping, stuck)
            step = solved[:, :, 0] / root
            return np.where(np.isfinite(step), step, 0.0), definite
        k = self.shared + self.own
        off = np.where(stuck[:, :, None], 0.0, self._vectors(hessian) / root[:, :, None])
        both = np.concatenate([right, off], axis=2)
        solved, definite = self._solve(hessian[..., :k], both, root, damping, stuck)
        first, rest = solved[:, :, :1], solved[:, :, 1:]
        core = np.eye(self.tails) - np.einsum("bpi,bpj->bij", off, rest)
        pull = np.einsum("bpi,bpr->bir", off, first)
        inner, fine = solve_ldl(core, pull)
        step = (first + np.einsum("bpi,bir->bpr", rest, inner))[:, :, 0] / root
        return np.where(np.isfinite(step), step, 0.0), definite & fine

    def _solve(
        self, hessian: Array, right: Array, root: Array, damping: Array, stuck: Mask
    ) -> tuple[Array, Mask]:
        """Solve the arrow alone, scaled by ``root``, for right-hand sides (B, p, r)."""
        batch, m, q, count = len(hessian), self.shared, self.own, self.families
        sides = right.shape[2]
        first, rest = root[:, None, :m], root[:, m:].reshape(batch, count, q)
        size = np.concatenate([np.broadcast_to(first, (batch, count, m)), rest], axis=2)
        matrix = hessian / (size[:, :, :, None] * size[:, :, None, :])
        if stuck.any():
            held = np.concatenate(
                [
                    np.broadcast_to(stuck[:, None, :m], (batch, count, m)),
                    stuck[:, m:].reshape(batch, count, q),
                ],
                axis=2,
            )
            matrix = np.where(held[:, :, :, None] | held[:, :, None, :], 0.0, matrix)
        shared = matrix[:, :, :m, :m].sum(axis=1)
        shared[:, np.arange(m), np.arange(m)] += damping[:, None] + stuck[:, :m]
        inner = matrix[:, :, m:, m:].reshape(batch * count, q, q)
        inner[:, np.arange(q), np.arange(q)] += np.repeat(damping, count)[:, None]
        inner[:, np.arange(q), np.arange(q)] += stuck[:, m:].reshape(batch * count, q)
        coupling = matrix[:, :, m:, :m]
        both = np.concatenate([coupling, right[:, m:].reshape(batch, count, q, sides)], axis=3)
        solved, sound = solve_ldl(inner, both.reshape(batch * count, q, m + sides))
        solved = solved.reshape(batch, count, q, m + sides)
        taken = np.einsum("bfqm,bfqr->bmr", coupling, solved)
        own = solved[..., m:]
        definite = np.asarray(sound.reshape(batch, count).all(axis=1))
        out = np.empty_like(right)
        if m:
            ahead, fine = solve_ldl(shared - taken[:, :, :m], right[:, :m] - taken[:, :, m:])
            definite = definite & fine
            out[:, :m] = ahead
            own = own - np.einsum("bfqm,bmr->bfqr", solved[..., :m], ahead)
        out[:, m:] = own.reshape(batch, count * q, sides)
        return out, definite


@np.errstate(all="ignore")
def solve_ldl(matrix: Array, right: Array) -> tuple[Array, Mask]:
    """Solve symmetric systems with several right-hand sides; both arrays are used up.

    Parameters
    ----------
    matrix : ndarray, shape (K, p, p)
    right : ndarray, shape (K, p, r)

    Returns
    -------
    ndarray, shape (K, p, r)
    ndarray of bool, shape (K,)
        Which matrices were positive definite.
    """
    count, p = matrix.shape[:2]
    definite = np.ones(count, dtype=bool)
    pivots = np.empty((count, p))
    lower = matrix
    for j in range(p):
        pivot = lower[:, j, j]
        good = pivot > TINY
        definite &= good
        pivot = np.where(good, pivot, 1.0)
        pivots[:, j] = pivot
        column = lower[:, j + 1 :, j] / pivot[:, None]
        lower[:, j + 1 :, j + 1 :] -= column[:, :, None] * lower[:, j, None, j + 1 :]
        right[:, j + 1 :] -= column[:, :, None] * right[:, j, None]
        lower[:, j + 1 :, j] = column
    right /= pivots[:, :, None]
    for j in range(p - 2, -1, -1):
        right[:, j] -= np.einsum("ki,kir->kr", lower[:, j + 1 :, j], right[:, j + 1 :])
    return right, definite


def _by_lapack(matrix: Array, right: Array, root: Array) -> tuple[Array, Mask]:
    """Do the same for a row or two, where a LAPACK call costs less than the loop over columns."""
    step = np.zeros_like(right)
    definite = np.ones(len(right), dtype=bool)
    for k in range(len(right)):
        try:
            factor = np.linalg.cholesky(matrix[k])
        except np.linalg.LinAlgError:
            definite[k] = False
            continue
        step[k] = np.linalg.solve(factor.T, np.linalg.solve(factor, right[k])) / root[k]
    return np.where(np.isfinite(step), step, 0.0), definite
