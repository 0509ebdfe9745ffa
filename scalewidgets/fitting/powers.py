"""Laws whose terms are products of powers of the inputs: known once for a law, not looked for again."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

Array: TypeAlias = NDArray[np.float64]
Features: TypeAlias = list[tuple[Array, Array]]
Term: TypeAlias = tuple[list[float], float, list[int], Array | None, Array | None]
"""Centre of the slopes, level, nonlinear coefficients in the term, their slopes (n, m), what is left (n,)."""

_PIECES = re.compile(r"\b(abs|min|max)\b")
_TRIED = 48
Line: TypeAlias = tuple[float, list[tuple[int, float]]]
"""A constant, and factors of inputs' logarithms that are not zero."""


@dataclass(frozen=True)
class Recipe:
    """What the logarithm of a term is made of.

    Attributes
    ----------
    base : Line
        At exponents of zero.
    used : list of int
        Nonlinear coefficients in the term.
    lines : list of Line
        Its slope by each of these.
    others : int
        Nonlinear coefficients of the law.
    """

    base: Line
    used: list[int]
    lines: list[Line]
    others: int


_known: WeakKeyDictionary[object, list[Recipe] | None] = WeakKeyDictionary()


class Powers:
    """Terms that are products of powers of the inputs, at the inputs of a table.

    Parameters
    ----------
    recipes : list of Recipe
    logs : list of ndarray, shape (n,)
    sums : list of float
        Sum of each.
    """

    def __init__(self, recipes: list[Recipe], logs: list[Array], sums: list[float]) -> None:
        self.recipes, self.logs = recipes, logs
        self.means = [total / len(log) for log, total in zip(logs, sums, strict=True)]
        self.centred = [log - mean for log, mean in zip(logs, self.means, strict=True)]

    def lines(self) -> Features:
        """Intercept (n,) and slopes (n, q) of every term."""
        n = len(self.logs[0])
        out = []
        for recipe in self.recipes:
            table = np.zeros((1 + recipe.others, n))
            for row, (constant, factors) in zip(
                (-1, *recipe.used), (recipe.base, *recipe.lines), strict=True
            ):
                line = _sum(constant, factors, self.logs)
                table[1 + row] = 0.0 if line is None else line
            out.append((table[0], table[1:].T))
        return out

    def term(self, k: int, *, centred: bool) -> Term:
        """Term k about the mean of the runs, or about the origin."""
        recipe = self.recipes[k]
        constant, factors = recipe.base
        centre = [0.0] * recipe.others
        if not centred:
            columns = [_sum(*line, self.logs) for line in recipe.lines]
            stacked = _stack(columns, len(self.logs[0]))
            return centre, 0.0, recipe.used, stacked, _sum(constant, factors, self.logs)
        for j, line in zip(recipe.used, recipe.lines, strict=True):
            centre[j] = self._mean(*line)
        # What a constant adds is the same for all runs, and gone.
        columns = [_sum(0.0, others, self.centred) for _, others in recipe.lines]
        offset = _sum(0.0, factors, self.centred)
        return centre, self._mean(constant, factors), recipe.used, _stack(columns, len(self.logs[0])), offset

    def _mean(self, constant: float, factors: list[tuple[int, float]]) -> float:
        for i, factor in factors:
            constant += factor * self.means[i]
        return constant


def _sum(constant: float, factors: list[tuple[int, float]], columns: list[Array]) -> Array | None:
    """Linear combination; ``None`` where it is zero."""
    out: Array | None = None
    for i, factor in factors:
        out = factor * columns[i] if out is None else out + factor * columns[i]
    if constant:
        out = np.full(len(columns[0]), constant) if out is None else out + constant
    return out


def _stack(columns: list[Array | None], n: int) -> Array | None:
    """Columns side by side; ``None`` is zero: a slope that is a constant, taken out by centring."""
    if not columns:
        return None
    there = [np.zeros(n) if column is None else column for column in columns]
    return there[0][:, None] if len(there) == 1 else np.column_stack(there)


def known_powers(
    law: Law, columns: Sequence[Array], looked_for: Callable[[Sequence[Array]], Features | None]
) -> Powers | None:
    """Terms of a law that are known to be products of powers, at these inputs.

    Parameters
    ----------
    law : Law
    columns : sequence of ndarray, shape (n,)
        Its inputs, in order.
    looked_for : callable
        Finds the lines by evaluating the law at inputs; asked once for a law, at inputs of our own.

    Returns
    -------
    Powers or None
        ``None`` if the terms are no such products, or an input is not positive.

    Notes
    -----
    Two formulas without ``abs``, ``min`` and ``max`` that agree on an open set of inputs agree wherever both
    are defined, so a few dozen random inputs tell for all tables.
    """
    compiled = law.compiled
    if compiled not in _known:
        found = None if _PIECES.search(law.formula) else _multiples(len(columns), looked_for)
        _known[compiled] = None if found is None else [_recipe(rows) for rows in found.tolist()]
    recipes = _known[compiled]
    if recipes is None:
        return None
    logs = [np.log(column) for column in columns]
    sums = [float(np.add.reduce(log)) for log in logs]
    # Not finite if any of them is not.
    return Powers(recipes, logs, sums) if math.isfinite(sum(sums)) else None


def _recipe(rows: list[list[float]]) -> Recipe:
    """Leave out what is zero of a term's base line and slopes, (1 + q, 1 + inputs)."""
    base, *slopes = [(row[0], [(i, factor) for i, factor in enumerate(row[1:]) if factor]) for row in rows]
    used = [j for j, row in enumerate(rows[1:]) if any(row)]
    return Recipe(base, used, [slopes[j] for j in used], len(slopes))


def _multiples(inputs: int, looked_for: Callable[[Sequence[Array]], Features | None]) -> Array | None:
    """Constant and factor of each input's logarithm in every line, shape (terms, 1 + q, 1 + inputs).

    A factor that is an integer to nine digits is one: solving for it must not blur what a formula says.
    """
    logs = np.random.default_rng(12).uniform(-2.0, 5.0, (_TRIED, inputs))
    seen = looked_for(list(np.exp(logs).T))
    if seen is None:
        return None
    design = np.column_stack([np.ones(_TRIED), logs])
    found = []
    for intercept, slopes in seen:
        values = np.column_stack([intercept, slopes])
        solved = np.linalg.lstsq(design, values, rcond=None)[0]
        solved = np.where(np.abs(solved - np.round(solved)) <= 1e-9, np.round(solved), solved)
        if not np.all(np.abs(design @ solved - values) <= 1e-12 * (1 + np.abs(values))):
            return None
        found.append(solved.T)
    return np.array(found)
