"""Where to start: variable projection on a grid of the nonlinear coefficients.

For given exponents the amplitudes that fit best in weighted least squares are a small linear solve
(Golub and Pereyra 1973, SIAM J. Numer. Anal. 10, 413). Doing it on a grid sees the whole landscape for
less than one optimiser run, and nobody has to write starting values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law, Symbol

from .model import General, LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

GRID = {1: 200, 2: 28}
"""Points along each axis, by the number of nonlinear coefficients."""
SCATTER = 1024
"""Points where a grid would have too many axes."""
EXPONENTS = (0.02, 1.6)
"""Range of the grid for exponents; published ones lie between .03 and 1."""
_BLOCK = 2**21
ENOUGH = 8192
"""Runs that are looked at: a start need not know more, and the rows of a table come sorted."""


@dataclass(frozen=True)
class Screen:
    """Profile of the weighted squared residuals over the nonlinear coefficients.

    Attributes
    ----------
    axes : tuple of ndarray
        Grid values of each free nonlinear coefficient; empty when points are scattered.
    points : ndarray, shape (cells, q)
        All nonlinear coefficients, in the law's order.
    linear : ndarray, shape (cells, K)
        Best linear coefficients, natural scale.
    profile : ndarray, shape (cells,)
        Half the weighted sum of squares at them.
    positive : ndarray of bool, shape (cells,)
        Whether the linear coefficients are all above zero.
    """

    axes: tuple[Array, ...]
    points: Array
    linear: Array
    profile: Array
    positive: NDArray[np.bool_]

    def minima(self, most: int = 6) -> NDArray[np.intp]:
        """Cells to start from: local minima among the positive cells, best first."""
        value = np.where(self.positive, self.profile, np.inf)
        if self.axes:
            shape = tuple(len(axis) for axis in self.axes)
            grid = value.reshape(shape)
            lowest = np.ones(shape, dtype=bool)
            for axis in range(len(shape)):
                # Views along this axis, by which neighbours are compared.
                along, marked = np.moveaxis(grid, axis, 0), np.moveaxis(lowest, axis, 0)
                marked[:-1] &= along[:-1] <= along[1:]
                marked[1:] &= along[1:] <= along[:-1]
            value = np.where(lowest.ravel(), value, np.inf)
        order = np.argsort(value, kind="stable")[:most]
        return order[np.isfinite(value[order])]


def screen(
    model: LogAffine | General,
    inputs: Mapping[str, Array],
    objective: Objective,
    fixed: Mapping[str, float],
    weights: Array | None = None,
) -> Screen:
    """Profile the linear coefficients out over a grid of the others.

    Parameters
    ----------
    model : LogAffine or General
        Of a law with linear coefficients.
    inputs : mapping of str to ndarray, shape (n,)
    objective : Objective
        Decides the weights: log residuals are close to relative residuals.
    fixed : mapping of str to float
        Coefficients that keep a value.
    weights : ndarray, shape (n,), optional
        Count of each run.
    """
    law = model.law
    axes, points = _grid(law, tuple(sorted(fixed.items())))
    gridded = bool(axes) or not law.nonlinear
    loss, stride = model.loss, 1 + (len(model.loss) - 1) // ENOUGH
    if stride > 1:
        loss = loss[::stride]
        inputs = {name: values[::stride] for name, values in inputs.items()}
        weights = np.full(len(loss), float(stride)) if weights is None else stride * weights[::stride]
    gram, right, square = _sums(law, inputs, loss, objective, axes if gridded else None, points, weights)
    linear, profile = _solve(gram, right, square, np.array([fixed.get(name, np.nan) for name in law.linear]))
    positive = np.all(linear > 0, axis=1) & np.isfinite(profile)
    return Screen(axes if gridded else (), points, linear, profile, positive)


@lru_cache(maxsize=64)
def _grid(law: Law, fixed: tuple[tuple[str, float], ...]) -> tuple[tuple[Array, ...], Array]:
    """Give the same grid for the same question: a tenth of a screen of a few hundred runs."""
    axes, points = grid_points(law, dict(fixed))
    for array in (*axes, points):
        array.setflags(write=False)
    return axes, points


def grid_points(law: Law, fixed: Mapping[str, float]) -> tuple[tuple[Array, ...], Array]:
    """Axes of the grid (none where points are scattered), and its points (cells, q)."""
    axes = tuple(
        np.array([fixed[name]]) if name in fixed else _axis(law.symbol(name), len(law.nonlinear))
        for name in law.nonlinear
    )
    if len(axes) <= 2:
        mesh = np.meshgrid(*axes, indexing="ij") if axes else []
        return axes, np.stack([m.ravel() for m in mesh], axis=-1) if axes else np.zeros((1, 0))
    rng = np.random.default_rng(11)
    columns = [axis[rng.permutation(SCATTER) % len(axis)] for axis in axes]
    return (), np.stack(columns, axis=-1)


def _axis(symbol: Symbol, count: int) -> Array:
    points = GRID.get(count, SCATTER)
    if symbol.kind == "exponent":
        return np.geomspace(*EXPONENTS, points)
    first, last = symbol.start or (1e-3, 1e3)
    return np.geomspace(first, last, points) if first > 0 else np.linspace(first, last, points)


def _sums(
    law: Law,
    inputs: Mapping[str, Array],
    loss: Array,
    objective: Objective,
    axes: tuple[Array, ...] | None,
    points: Array,
    weights: Array | None,
) -> tuple[Array, Array, Array]:
    """Gram matrices (cells, K, K), right-hand sides (cells, K) and the square of the target.

    On a grid a column of the basis keeps length one along the axes it does not depend on, so the
    28 x 28 cells need 28 + 28 exponentials per run, not 784.
    """
    n, terms = len(loss), len(law.linear)
    values, shape = cell_values(axes, points)
    gram = np.zeros((*shape, terms, terms))
    right = np.zeros((*shape, terms))
    square = 0.0
    block = max(1, _BLOCK // max(1, int(np.prod(shape))))
    count = np.ones(n) if weights is None else weights
    for first in range(0, n, block):
        rows = slice(first, first + block)
        size = 1.0 / loss[rows] if objective.log else np.ones_like(loss[rows])
        size = size * np.sqrt(count[rows])
        with np.errstate(all="ignore"):
            columns, rest = law.compiled.basis(*(inputs[name][rows] for name in law.input_names), *values)
        target = (loss[rows] - rest) * size
        scaled = [np.asarray(column) * size for column in columns]
        square = square + np.sum(target * target, axis=-1)
        for k in range(terms):
            right[..., k] += scaled[k] @ target if target.ndim == 1 else _inner(scaled[k], target)
            for m in range(k, terms):
                product = _inner(scaled[k], scaled[m])
                gram[..., k, m] += product
                if m != k:
                    gram[..., m, k] += product
    cells = len(points)
    full = np.broadcast_to(square, shape).reshape(cells)
    return gram.reshape(cells, terms, terms), right.reshape(cells, terms), full


def _inner(one: Array, other: Array) -> Array:
    """Sums over runs of the product of two columns, over the cells that both have together.

    Columns along different axes are a product of matrices.
    """
    wide = max(one.ndim, other.ndim)
    one, other = (v.reshape((1,) * (wide - v.ndim) + v.shape) for v in (one, other))
    mine: tuple[int, ...] = one.shape[:-1]
    theirs: tuple[int, ...] = other.shape[:-1]
    if any(a > 1 and b > 1 for a, b in zip(mine, theirs, strict=True)):
        return np.asarray(np.einsum("...n,...n->...", one, other))
    n = one.shape[-1:]
    product = one.reshape(-1, *n) @ other.reshape(-1, *n).T
    # Axis by axis, one of the two has length one.
    order = [axis + side for axis in range(wide - 1) for side in (0, wide - 1)]
    shape = np.broadcast_shapes(mine, theirs)
    return np.asarray(product.reshape((*mine, *theirs)).transpose(order).reshape(shape))


def cell_values(axes: tuple[Array, ...] | None, points: Array) -> tuple[list[Array], tuple[int, ...]]:
    """Nonlinear coefficients of the cells, to broadcast against runs on the last axis; shape of the cells."""
    if axes is None:
        return [points[:, j, None] for j in range(points.shape[1])], (len(points),)
    values = [
        axis.reshape([-1 if i == j else 1 for i in range(len(axes))] + [1]) for j, axis in enumerate(axes)
    ]
    return values, tuple(len(axis) for axis in axes)


def _solve(gram: Array, right: Array, square: Array, given: Array) -> tuple[Array, Array]:
    """Best linear coefficients of each cell, and half the sum of squares left."""
    cells, terms = right.shape
    free = np.flatnonzero(np.isnan(given))
    held = np.flatnonzero(~np.isnan(given))
    linear = np.broadcast_to(given, (cells, terms)).copy()
    if len(free):
        target = right[:, free]
        if len(held):
            target = target - gram[:, free[:, None], held] @ given[held]
        # Cells last: what is done to one number of a small matrix is done to all cells in one call.
        matrix = gram[:, free[:, None], free].transpose(1, 2, 0).copy()
        diagonal = np.arange(len(free))
        root = np.sqrt(np.maximum(matrix[diagonal, diagonal], np.finfo(float).tiny))
        matrix /= root[:, None] * root
        # A breath of ridge: flat exponents make columns equal, and a singular cell is no catastrophe.
        matrix[diagonal, diagonal] += 1e-13
        linear[:, free] = (_eliminated(matrix, target.T / root) / root).T
    left = square - 2 * np.einsum("ck,ck->c", right, linear)
    left = left + np.einsum("ck,ck->c", linear, np.einsum("ckl,cl->ck", gram, linear))
    return linear, np.where(np.isfinite(left), 0.5 * left, np.inf)


@np.errstate(all="ignore")
def _eliminated(matrix: Array, right: Array) -> Array:
    """Solve symmetric systems (K, K, cells) for right-hand sides (K, cells); both are used up.

    Cells of numbers that are not finite, or of no positive pivot, end in numbers that are not finite.
    """
    terms = len(right)
    for j in range(terms):
        for k in range(j + 1, terms):
            factor = matrix[j, k] / matrix[j, j]
            matrix[k, k:] -= factor * matrix[j, k:]
            right[k] -= factor * right[j]
    for j in range(terms - 1, -1, -1):
        for k in range(j + 1, terms):
            right[j] -= matrix[j, k] * right[k]
        right[j] = np.where(matrix[j, j] > 0, right[j] / matrix[j, j], np.nan)
    return right
