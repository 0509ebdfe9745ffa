"""Amplitudes projected out on a grid of exponents, for many weightings of the same rows at once.

What :mod:`.screen` does for one fit, in the layout that suits thousands: every product of two columns is one
matrix product with all the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

from .objective import Objective
from .screen import cell_values, grid_points

Array: TypeAlias = NDArray[np.float64]

_BLOCK = 2**20


@dataclass(frozen=True)
class Grid:
    """Where a law is screened: every combination of the axes, or, without axes, scattered points."""

    axes: tuple[Array, ...]
    points: Array
    gridded: bool

    def values(self, j: int, most: int = 28) -> Array:
        """Values of one coefficient that are tried, from the smallest to the largest."""
        found = np.unique(self.points[:, j])
        return np.asarray(found[:: 1 + (len(found) - 1) // most])


@lru_cache(maxsize=32)
def grid_of(law: Law) -> Grid:
    """Values of the nonlinear coefficients at which the others are projected out."""
    axes, points = grid_points(law, {})
    return Grid(axes, points, bool(axes) or not law.nonlinear)


@dataclass(frozen=True)
class Sums:
    """Weighted products of the columns of a law, each (cells, B): a list for each pair k <= m of terms."""

    gram: list[list[Array]]
    right: list[Array]
    square: Array


def sums_of(
    law: Law, inputs: Mapping[str, Array], loss: Array, objective: Objective, grid: Grid, weights: Array
) -> Sums:
    """Products of the basis with itself and with the target, for all cells and fits."""
    terms, (batch, n) = len(law.linear), weights.shape
    values, shape = cell_values(grid.axes if grid.gridded else None, grid.points)
    full = (*shape, batch)
    gram = [[np.zeros(full) for _ in range(k, terms)] for k in range(terms)]
    right, square = [np.zeros(full) for _ in range(terms)], np.zeros(full)
    block = max(1, _BLOCK // max(1, int(np.prod(shape))))
    for first in range(0, n, block):
        rows = slice(first, first + block)
        size = 1.0 / loss[rows] if objective.log else np.ones_like(loss[rows])
        with np.errstate(all="ignore"):
            columns, rest = law.compiled.basis(*(inputs[name][rows] for name in law.input_names), *values)
        counts = np.ascontiguousarray(weights[:, rows].T)
        target = (loss[rows] - rest) * size
        scaled = [np.asarray(column) * size for column in columns]
        square += (target * target) @ counts
        for k in range(terms):
            right[k] += (scaled[k] * target) @ counts
            for m in range(k, terms):
                gram[k][m - k] += (scaled[k] * scaled[m]) @ counts
    flat = (len(grid.points), batch)
    return Sums(
        [[part.reshape(flat) for part in row] for row in gram],
        [part.reshape(flat) for part in right],
        square.reshape(flat),
    )


def sums_of_made(
    law: Law, inputs: Mapping[str, Array], losses: Array, objective: Objective, grid: Grid, weights: Array
) -> Sums:
    """Products as of :func:`sums_of`, where every fit has losses of its own: (B, n), of a law without a rest.

    Weights are (B, n) or (1, n). What a loss does to its row is a weight too.
    """
    terms = len(law.linear)
    values, shape = cell_values(grid.axes if grid.gridded else None, grid.points)
    with np.errstate(all="ignore"):
        inner = weights / losses**2 if objective.log else np.broadcast_to(weights, losses.shape)
        aimed, squares = inner * losses, np.sum(inner * losses * losses, axis=1)
        columns, _ = law.compiled.basis(*(inputs[name] for name in law.input_names), *values)
    full, flat = (*shape, len(losses)), (len(grid.points), len(losses))
    counts, aims = np.ascontiguousarray(inner.T), np.ascontiguousarray(aimed.T)
    # A column that is the same for all runs comes as a number.
    basis = [np.asarray(column) + np.zeros(losses.shape[1]) for column in columns]

    def summed(column: Array, by: Array) -> Array:
        return np.broadcast_to(column @ by, full).reshape(flat)

    return Sums(
        [[summed(basis[k] * basis[m], counts) for m in range(k, terms)] for k in range(terms)],
        [summed(column, aims) for column in basis],
        np.broadcast_to(squares, flat),
    )


def sums_at(
    law: Law, inputs: Mapping[str, Array], loss: Array, objective: Objective, points: Array, weights: Array
) -> Sums:
    """Products as of :func:`sums_of`, each (cells, B), where every fit has points (cells, B, q) of its own.

    Inputs and losses are (B, n) like the weights: only the rows that a fit has need to be there.
    """
    cells, batch, _ = points.shape
    terms, n = len(law.linear), weights.shape[1]
    gram = [[np.zeros((cells, batch)) for _ in range(k, terms)] for k in range(terms)]
    right, square = [np.zeros((cells, batch)) for _ in range(terms)], np.zeros((cells, batch))
    block = max(1, _BLOCK // (cells * n))
    for first in range(0, batch, block):
        fits = slice(first, first + block)
        values = [points[:, fits, j, None] for j in range(points.shape[2])]
        size = 1.0 / loss[fits] if objective.log else np.ones_like(loss[fits])
        with np.errstate(all="ignore"):
            columns, rest = law.compiled.basis(*(inputs[name][fits] for name in law.input_names), *values)
        target = (loss[fits] - rest) * size
        scaled = [np.asarray(column) * size for column in columns]
        counted = [column * weights[fits] for column in scaled]
        square[:, fits] = np.sum(target * target * weights[fits], axis=-1)
        for k in range(terms):
            right[k][:, fits] = np.einsum("...n,...n->...", counted[k], target)
            for m in range(k, terms):
                gram[k][m - k][:, fits] = np.einsum("...n,...n->...", counted[k], scaled[m])
    return Sums(gram, right, square)


def project(sums: Sums) -> tuple[list[Array], Array]:
    """Best amplitudes, each (cells, B), and half the squares left (cells, B): by L D L' over columns."""
    terms = len(sums.right)
    root = [np.sqrt(np.maximum(sums.gram[k][0], np.finfo(float).tiny)) for k in range(terms)]
    lower: list[list[Array]] = [[np.empty(0)] * terms for _ in range(terms)]
    pivot: list[Array] = []
    solution: list[Array] = []
    with np.errstate(all="ignore"):
        for j in range(terms):
            # A breath of ridge, as in a single fit: flat exponents make columns equal.
            own = sums.gram[j][0] / (root[j] * root[j]) + 1e-13
            value = sums.right[j] / root[j]
            for k in range(j):
                own = own - lower[j][k] ** 2 * pivot[k]
                value = value - lower[j][k] * solution[k]
            pivot.append(own)
            solution.append(value)
            for i in range(j + 1, terms):
                entry = sums.gram[j][i - j] / (root[i] * root[j])
                for k in range(j):
                    entry = entry - lower[i][k] * lower[j][k] * pivot[k]
                lower[i][j] = entry / own
        amplitudes = [part / own for part, own in zip(solution, pivot, strict=True)]
        for j in range(terms - 2, -1, -1):
            for i in range(j + 1, terms):
                amplitudes[j] = amplitudes[j] - lower[i][j] * amplitudes[i]
        amplitudes = [part / size for part, size in zip(amplitudes, root, strict=True)]
        left = sums.square.copy()
        for k in range(terms):
            pull = 2 * sums.right[k] - sums.gram[k][0] * amplitudes[k]
            for m in range(k + 1, terms):
                pull -= 2 * sums.gram[k][m - k] * amplitudes[m]
            left -= pull * amplitudes[k]
        left *= 0.5
    return amplitudes, np.where(np.isfinite(left), np.maximum(left, 0.0), np.inf)


def basins_of(grid: Grid, profile: Array) -> NDArray[np.bool_]:
    """Cells (cells, B) that are no higher than their neighbours along the axes."""
    out = np.isfinite(profile)
    if not grid.gridded:
        return out
    shape = tuple(len(axis) for axis in grid.axes)
    cube, found = profile.reshape(*shape, -1), out.reshape(*shape, -1)
    for j in range(len(shape)):
        front, back = [slice(None)] * cube.ndim, [slice(None)] * cube.ndim
        front[j], back[j] = slice(None, -1), slice(1, None)
        here, there = tuple(front), tuple(back)
        found[here] &= cube[here] <= cube[there]
        found[there] &= cube[there] <= cube[here]
    return out
