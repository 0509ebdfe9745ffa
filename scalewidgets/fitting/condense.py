"""Thousands of checkpoints of one run as a few weighted points that a least-squares fit cannot tell apart.

Along a run only the tokens change, and a law is a smooth function of their logarithm. A sum of squares over
such a run depends on the run only through moments, and the Gauss rule of its checkpoints (Golub and Welsch
1969, Math. Comp. 23, 221) has the same moments: ``m`` nodes with weights, each with the loss that a
polynomial of degree ``m - 1`` through all checkpoints takes there. What is left of the losses around that
polynomial is the same for every law and is kept as a number, so that objectives stay those of all
checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import lgamma, log
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

Array: TypeAlias = NDArray[np.float64]

STEEPEST = 2.5
"""Exponent up to which the condensed objective is that of the rows; a steeper fit is made from rows."""
TOLERANCE = 1e-10
"""Size of the first term that the nodes miss, relative to the term of the law."""
MOST = 28


@dataclass(frozen=True)
class Condensed:
    """Weighted points that stand for the checkpoints of one run.

    Attributes
    ----------
    inputs : mapping of str to ndarray, shape (m,)
        Inputs of the law at the nodes.
    loss, weight : ndarray, shape (m,)
    left : float
        Sum of squared residuals that every law leaves, in the units of the objective.
    rows : int
        Checkpoints behind them; equal to m where nothing was gained and they were left as they are.
    """

    inputs: Mapping[str, Array]
    loss: Array
    weight: Array
    left: float
    rows: int


def condense(inputs: Mapping[str, Array], loss: Array, along: str = "D", *, log_loss: bool) -> Condensed:
    """Condense the checkpoints of one run for an objective of squares.

    Parameters
    ----------
    inputs : mapping of str to ndarray, shape (n,)
        Inputs of the law; each constant, or proportional to the one that changes.
    loss : ndarray, shape (n,)
    along : str
        The input that changes.
    log_loss : bool
        Whether residuals are of log losses.

    Returns
    -------
    Condensed
        The rows themselves where they are few, or where something else changes along the run.
    """
    n = len(loss)
    asis = Condensed(inputs, loss, np.ones(n), 0.0, n)
    if n < 8 or along not in inputs:
        return asis
    place = np.log(inputs[along])
    middle, half = 0.5 * (place.max() + place.min()), 0.5 * (place.max() - place.min())
    count = nodes_for(half)
    # Fewer different places than twice the nodes: the rule would be no shorter, or not exist.
    if half <= 0 or n <= 2 * count or len(np.unique(place)) <= 2 * count:
        return asis
    levels, slopes = {}, {}
    for name, values in inputs.items():
        with np.errstate(all="ignore"):
            logs = np.log(values)
        slope = 0.0 if name != along and logs.max() - logs.min() <= 1e-9 else 1.0
        level = logs - slope * place
        if not np.isfinite(level).all() or level.max() - level.min() > 1e-9:
            return asis
        levels[name], slopes[name] = float(values[0]) if slope == 0.0 else float(np.exp(level[0])), slope
    target = np.log(loss) if log_loss else loss
    nodes, weight, made, left = gauss(np.asarray((place - middle) / half), target, count)
    if not (np.isfinite(made).all() and np.all(weight > 0) and (log_loss or np.all(made > 0))):
        return asis
    at = np.exp(middle + half * nodes)
    points = {name: level * at if slopes[name] else np.full(count, level) for name, level in levels.items()}
    return Condensed(points, np.exp(made) if log_loss else made, weight, left, n)


def exponents_along(law: Law, along: str = "D") -> tuple[str, ...]:
    """Nonlinear coefficients of a law whose terms change with the input that changes along a run."""
    if along not in law.input_names:
        return ()
    found = []
    for name in law.nonlinear:
        steps = []
        for exponent in (0.3, 0.6):
            values = [np.float64(exponent if other == name else 0.3) for other in law.nonlinear]
            ends = []
            for place in (1e10, 2e10):
                inputs = [np.float64(place if symbol == along else 1e9) for symbol in law.input_names]
                with np.errstate(all="ignore"):
                    columns, _ = law.compiled.basis(*inputs, *values)
                ends.append([float(np.log(column)) for column in columns])
            steps.append(np.array(ends[0]) - np.array(ends[1]))
        if not np.allclose(steps[0], steps[1], rtol=0, atol=1e-12):
            found.append(name)
    return tuple(found)


def nodes_for(half: float, steepest: float = STEEPEST, tolerance: float = TOLERANCE) -> int:
    """Nodes that a run needs whose logarithm of tokens reaches ``half`` to either side of its middle.

    From the remainder of the Chebyshev series of ``exp(-steepest * half * t)`` on [-1, 1].
    """
    size = max(steepest * half, 1e-12)
    for count in range(3, MOST):
        if count * log(size) - lgamma(count + 1) - (count - 1) * log(2.0) < log(tolerance):
            return count
    return MOST


def gauss(places: Array, values: Array, count: int) -> tuple[Array, Array, Array, float]:
    """Gauss rule of points on [-1, 1], and values projected on it.

    Returns
    -------
    nodes, weights, made : ndarray, shape (count,)
        ``sum_i g(t_i) = sum_j w_j g(t_j)`` for polynomials of degree up to ``2 count - 1``, and
        ``sum_i v_i g(t_i) = sum_j w_j made_j g(t_j)`` up to ``count - 1``.
    left : float
        Sum of squares of the values about their projection.
    """
    n = len(places)
    basis = np.empty((count, n))
    diagonal, beside = np.empty(count), np.empty(count - 1)
    basis[0] = 1.0 / np.sqrt(n)
    for k in range(count):
        following = places * basis[k]
        diagonal[k] = following @ basis[k]
        if k == count - 1:
            break
        # Orthogonal to all before, twice: three-term recurrences forget.
        for _ in range(2):
            following -= (basis[: k + 1] @ following) @ basis[: k + 1]
        beside[k] = np.sqrt(following @ following)
        basis[k + 1] = following / beside[k]
    jacobi = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
    nodes, vectors = np.linalg.eigh(jacobi)
    moments = basis @ values
    made = (moments @ vectors) / (vectors[0] * np.sqrt(n))
    rest = values - moments @ basis
    return nodes, n * vectors[0] ** 2, made, float(rest @ rest)
