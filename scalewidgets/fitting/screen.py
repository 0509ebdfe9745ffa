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
        lowest = np.isfinite(value)
        if self.axes:
            grid = value.reshape([len(axis) for axis in self.axes])
            lowest = lowest.reshape(grid.shape)
            for axis in range(grid.ndim):
                before = (*[slice(None)] * axis, slice(None, -1))
                after = (*[slice(None)] * axis, slice(1, None))
                lowest[before] &= grid[before] <= grid[after]
                lowest[after] &= grid[after] <= grid[before]
        cells = np.flatnonzero(lowest)
        return cells[np.argsort(value[cells], kind="stable")[:most]]


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
    values, shape = cell_values(axes if gridded else None, points)
    sums = _sums(law, inputs, loss, objective, values, len(points), weights)
    linear, profile = _solve(*sums, [fixed.get(name) for name in law.linear], shape)
    positive = np.logical_and.reduce(linear > 0) & np.isfinite(profile)
    return Screen(axes if gridded else (), points, linear.T, profile, positive)


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
    values: list[Array],
    cells: int,
    weights: Array | None,
) -> tuple[list[list[Array]], list[Array], Array]:
    """Upper triangle of the Gram matrices, right-hand sides and the square of the target.

    Each to broadcast over the cells: on a grid a column of the basis keeps length one along the axes it does
    not depend on, so the 28 x 28 cells need 28 + 28 exponentials per run, not 784.
    """
    n, terms = len(loss), len(law.linear)
    gram: list[list[Array]] = [[np.zeros(())] * terms for _ in range(terms)]
    right: list[Array] = [np.zeros(())] * terms
    square = np.zeros(())
    block = max(1, _BLOCK // max(1, cells))
    root = None if weights is None else np.sqrt(weights)
    columns = [inputs[name] for name in law.input_names]
    for first in range(0, n, block):
        rows = slice(first, first + block)
        size = 1.0 / loss[rows] if objective.log else np.ones_like(loss[rows])
        size = size if root is None else size * root[rows]
        with np.errstate(all="ignore"):
            basis, rest = law.compiled.basis(*(column[rows] for column in columns), *values)
        target = (loss[rows] - rest) * size
        scaled = [np.asarray(column) * size for column in basis]
        square = square + _inner(target, target)
        for k in range(terms):
            right[k] = right[k] + _inner(scaled[k], target)
            for m in range(k, terms):
                gram[k][m] = gram[k][m] + _inner(scaled[k], scaled[m])
    return gram, right, square


def _inner(one: Array, other: Array) -> Array:
    """Sums over runs of the product of two columns, over the cells that both have together.

    Columns along different axes are a product of matrices.
    """
    if other.ndim == 1:
        return np.asarray(one @ other)
    if one.ndim == 1:
        return np.asarray(other @ one)
    mine: tuple[int, ...] = one.shape[:-1]
    theirs: tuple[int, ...] = other.shape[:-1]
    if any(a > 1 and b > 1 for a, b in zip(mine, theirs, strict=True)):
        return np.asarray(np.einsum("...n,...n->...", one, other))
    n, wide = one.shape[-1:], one.ndim
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


@np.errstate(all="ignore")
def _solve(
    gram: list[list[Array]],
    right: list[Array],
    square: Array,
    given: list[float | None],
    shape: tuple[int, ...],
) -> tuple[Array, Array]:
    """Best linear coefficients of each cell (K, cells), and half the sum of squares left (cells,).

    Cells whose numbers are not finite, or whose pivots are not positive, end in numbers that are not finite.
    """
    terms = range(len(given))
    free = [k for k in terms if given[k] is None]
    found = [np.asarray(np.nan if value is None else value) for value in given]
    root = {k: np.sqrt(np.maximum(gram[k][k], np.finfo(float).tiny)) for k in free}
    target, matrix = {}, {}
    for k in free:
        aim = right[k]
        for m in terms:
            if m not in root:
                aim = aim - gram[min(k, m)][max(k, m)] * found[m]
        target[k] = aim / root[k]
        for m in free:
            # A breath of ridge: flat exponents make columns equal, and a singular cell is no catastrophe.
            if m >= k:
                matrix[k, m] = gram[k][m] / (root[k] * root[m]) + (1e-13 if m == k else 0.0)
    # What is done to one number of a small matrix is done to all the cells that it changes over in one call.
    for i, j in enumerate(free):
        for k in free[i + 1 :]:
            factor = matrix[j, k] / matrix[j, j]
            for m in free[free.index(k) :]:
                matrix[k, m] = matrix[k, m] - factor * matrix[j, m]
            target[k] = target[k] - factor * target[j]
    for i, j in reversed(list(enumerate(free))):
        aim = target[j]
        for k in free[i + 1 :]:
            aim = aim - matrix[j, k] * target[k]
        target[j] = np.where(matrix[j, j] > 0, aim / matrix[j, j], np.nan)
        found[j] = target[j] / root[j]
    left = square
    for k in terms:
        pull = gram[k][k] * found[k] - 2.0 * right[k]
        for m in range(k + 1, len(given)):
            pull = pull + 2.0 * gram[k][m] * found[m]
        left = left + found[k] * pull
    linear, profile = np.empty((len(given), *shape)), np.empty(shape)
    for k in terms:
        linear[k] = found[k]
    profile[...] = np.where(np.isfinite(left), 0.5 * left, np.inf)
    return linear.reshape(len(given), -1), profile.reshape(-1)
