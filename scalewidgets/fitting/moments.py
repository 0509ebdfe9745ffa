"""Sums over runs that gradients and Hessians of log-affine laws are made of.

The fitted quantity's derivative by a variable is the share of the variable's term times a feature of the run,
so that all sums are products of a matrix, rows of variables by runs, with features or products of two.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]


def median(values: Array) -> float:
    """Median of numbers (n,), NaN if one is: ``np.median`` takes six times as long for a few hundred."""
    n = len(values)
    if not n:
        return math.nan
    placed = np.partition(values, (n // 2 - 1, n // 2, n - 1))
    upper = float(placed[n // 2])
    # Numbers that are none come last.
    if math.isnan(float(placed[-1])):
        return math.nan
    return upper if n % 2 else 0.5 * (float(placed[n // 2 - 1]) + upper)


class Moments:
    """Features of the runs, their products, and where sums of these belong.

    Parameters
    ----------
    index : list of ndarray of int
        Variables of each term.
    columns : list of ndarray, shape (n, m)
        Derivatives of each term's exponent by them.
    """

    def __init__(self, index: list[NDArray[np.intp]], columns: list[Array], p: int) -> None:
        self.index, self.columns, self.p = index, columns, p
        n, terms = len(columns[0]), range(len(index))
        pairs = [(k, m) for k in terms for m in terms[k:]]
        self.products = {
            (k, m): (columns[k][:, :, None] * columns[m][:, None, :]).reshape(n, -1) for k, m in pairs
        }
        # Sums find their places by a product with zeros and ones: a dozen indexed additions took a fifth of
        # an evaluation.
        within = [
            (row == 0, a, b) for variables in index for row, a in enumerate(variables) for b in variables
        ]
        between = [(k != m, a, b) for k, m in pairs for a in index[k] for b in index[m]]
        self._within, self._between = np.zeros((len(within), p + p * p)), np.zeros((len(between), p * p))
        for row, (level, a, b) in enumerate(within):
            self._within[row, p + a * p + b] = 1.0
            self._within[row, b] = 1.0 if level else 0.0
        for row, (mirrored, a, b) in enumerate(between):
            self._between[row, a * p + b] = 1.0
            # Terms may have a variable in common: then this is the same place.
            self._between[row, b * p + a] += 1.0 if mirrored else 0.0

    def within(self, shares: list[Array], first: Array, spare: Array) -> tuple[Array, Array]:
        """Sums of ``first`` (B, n) times first derivatives (B, p), and times those of terms alone (B, p, p).

        ``spare`` (B, n) is written over.
        """
        sums = [np.multiply(first, s, out=spare) @ self.products[k, k] for k, s in enumerate(shares)]
        placed, p = np.hstack(sums) @ self._within, self.p
        return placed[:, :p], placed[:, p:].reshape(-1, p, p)

    def between(self, shares: list[Array], second: Array, spare: Array, other: Array) -> Array:
        """Sums of ``second`` (B, n) times products of first derivatives (B, p, p).

        ``spare`` and ``other`` (B, n) are written over.
        """
        sums = []
        for k, share in enumerate(shares):
            left = np.multiply(second, share, out=spare)
            sums += [
                np.multiply(left, shares[m], out=other) @ self.products[k, m] for m in range(k, len(shares))
            ]
        return np.asarray((np.hstack(sums) @ self._between).reshape(-1, self.p, self.p))

    def pull(self, shares: list[Array], first: Array) -> Array:
        """Sums of ``first`` (B, n) times first derivatives alone, shape (B, p)."""
        out = np.zeros((len(first), self.p))
        for share, index, columns in zip(shares, self.index, self.columns, strict=True):
            out[:, index] += (first * share) @ columns
        return out

    def bends(self, terms: list[Array]) -> Array:
        """Second derivatives of a sum of terms, each (1, n) or (1, 1), by run: shape (n, p, p)."""
        out = np.zeros((len(self.columns[0]), self.p, self.p))
        for k, (term, index) in enumerate(zip(terms, self.index, strict=True)):
            size = len(index)
            out[:, index[:, None], index] += (term.T * self.products[k, k]).reshape(-1, size, size)
        return out
