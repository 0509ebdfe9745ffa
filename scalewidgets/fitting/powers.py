"""Laws whose terms are products of powers of the inputs: known once for a law, not looked for again."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
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
_known: WeakKeyDictionary[object, list[list[list[float]]] | None] = WeakKeyDictionary()


class Powers:
    """Terms that are products of powers of the inputs, at the inputs of a table.

    Parameters
    ----------
    multiples : list of list of list of float, (terms, 1 + q, 1 + inputs)
        Constant and factor of each input's logarithm: in the logarithm of a term at exponents of zero,
        then in its slope by each nonlinear coefficient.
    logs : list of ndarray, shape (n,)
    """

    def __init__(self, multiples: list[list[list[float]]], logs: list[Array]) -> None:
        self.multiples, self.logs = multiples, logs
        self.means = [float(np.add.reduce(log)) / len(log) for log in logs]
        self.centred = [log - mean for log, mean in zip(logs, self.means, strict=True)]

    def lines(self) -> Features:
        """Intercept (n,) and slopes (n, q) of every term."""
        n = len(self.logs[0])
        out = []
        for rows in self.multiples:
            full = [_sum(row[0], row[1:], self.logs) for row in rows]
            table = np.array([np.zeros(n) if line is None else line for line in full])
            out.append((table[0], table[1:].T))
        return out

    def term(self, k: int, *, centred: bool) -> Term:
        """Term k about the mean of the runs, or about the origin."""
        (constant, *factors), *rows = self.multiples[k]
        used = [j for j, row in enumerate(rows) if any(row)]
        if not centred:
            columns = [_sum(rows[j][0], rows[j][1:], self.logs) for j in used]
            stacked = _stack(columns, len(self.logs[0]))
            return [0.0] * len(rows), 0.0, used, stacked, _sum(constant, factors, self.logs)
        centre = [self._mean(row[0], row[1:]) for row in rows]
        # What a constant adds is the same for all runs, and gone.
        columns = [_sum(0.0, rows[j][1:], self.centred) for j in used]
        offset = _sum(0.0, factors, self.centred)
        return centre, self._mean(constant, factors), used, _stack(columns, len(self.logs[0])), offset

    def _mean(self, constant: float, factors: list[float]) -> float:
        return constant + sum(factor * mean for factor, mean in zip(factors, self.means, strict=True))


def _sum(constant: float, factors: list[float], columns: list[Array]) -> Array | None:
    """Linear combination; ``None`` where it is zero."""
    out: Array | None = None
    for factor, column in zip(factors, columns, strict=True):
        if factor:
            out = factor * column if out is None else out + factor * column
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
        _known[compiled] = None if found is None else found.tolist()
    multiples = _known[compiled]
    if multiples is None:
        return None
    logs = [np.log(column) for column in columns]
    # Not finite if any of them is not.
    return Powers(multiples, logs) if math.isfinite(sum(map(np.add.reduce, logs))) else None


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
