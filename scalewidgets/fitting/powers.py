"""Laws whose terms are products of powers of the inputs: known once for a law, not looked for again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

Array: TypeAlias = NDArray[np.float64]
Features: TypeAlias = list[tuple[Array, Array]]

_PIECES = re.compile(r"\b(abs|min|max)\b")
_TRIED = 48
_known: WeakKeyDictionary[object, Array | None] = WeakKeyDictionary()


def power_features(
    law: Law, columns: Sequence[Array], looked_for: Callable[[Sequence[Array]], Features | None]
) -> Features | None:
    """Straight lines of a law's terms in the logarithms of the inputs, from what is known of the law.

    Parameters
    ----------
    law : Law
    columns : sequence of ndarray, shape (n,)
        Its inputs, in order.
    looked_for : callable
        Finds the lines by evaluating the law at inputs; asked once for a law, at inputs of our own.

    Returns
    -------
    list of (intercept (n,), slopes (n, q)) or None
        ``None`` if the terms are no such products, or an input is not positive.

    Notes
    -----
    Two formulas without ``abs``, ``min`` and ``max`` that agree on an open set of inputs agree wherever both
    are defined, so a few dozen random inputs tell for all tables.
    """
    compiled = law.compiled
    if compiled not in _known:
        _known[compiled] = None if _PIECES.search(law.formula) else _multiples(len(columns), looked_for)
    multiples = _known[compiled]
    if multiples is None:
        return None
    logs = [np.log(column) for column in columns]
    if not all(np.isfinite(column).all() for column in logs):
        return None
    terms, lines, _ = multiples.shape
    n, out = len(logs[0]), []
    for k in range(terms):
        found = np.zeros((lines, n))
        for line, (constant, *factors) in zip(found, multiples[k].tolist(), strict=True):
            for factor, column in zip(factors, logs, strict=True):
                if factor:
                    line += factor * column
            if constant:
                line += constant
        out.append((found[0], found[1:].T))
    return out


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
