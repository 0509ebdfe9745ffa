"""Which laws are straight lines in the logarithm, and which lines they are at some runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

from .powers import Powers, Term, known_powers

Array: TypeAlias = NDArray[np.float64]

TRIED = 3
"""Random points at which a law must be the straight lines that it was taken for."""
CHECKED = 5000
"""Runs at which the structure of a law is looked at."""


def log_affine_features(law: Law, inputs: Mapping[str, Array]) -> list[tuple[Array, Array]] | None:
    """Find the straight lines that the logarithms of a law's terms are, if they are.

    Returns
    -------
    list of (intercept (n,), slopes (n, q)) or None
        For each linear coefficient, the logarithm of its basis function at exponent zero and its slope
        in each nonlinear coefficient. ``None`` if the law has another structure.

    Notes
    -----
    Found by evaluating, not by symbolic algebra: slopes are differences between unit vectors and
    zero, and the law qualifies only if random points are predicted to rounding. For products of powers this
    is done once for a law (:mod:`.powers`), for other terms at the runs of every table.
    """
    known = known_lines(law, inputs)
    return known.lines() if isinstance(known, Powers) else known


def known_lines(law: Law, inputs: Mapping[str, Array]) -> Powers | list[tuple[Array, Array]] | None:
    """Give the same, as powers where the terms are known to be products of them."""
    if not _has_positive_terms(law):
        return None
    columns = [np.atleast_1d(inputs[name]) for name in law.input_names]
    with np.errstate(all="ignore"):
        powers = known_powers(law, columns, lambda given: evaluated(law, given))
        return evaluated(law, columns) if powers is None else powers


@lru_cache(maxsize=256)
def _has_positive_terms(law: Law) -> bool:
    linear = law.compiled.linear
    return bool(linear) and all(law.symbol(name).positive for name in linear)


def evaluated(law: Law, columns: Sequence[Array]) -> list[tuple[Array, Array]] | None:
    """Find the lines by evaluating the law at these inputs; ``None`` if they are none."""
    compiled, nonlinear, n = law.compiled, law.compiled.nonlinear, len(columns[0])
    rng = np.random.default_rng(7)
    corners = [np.zeros(len(nonlinear)), *np.eye(len(nonlinear))]
    points = [*corners, *rng.uniform(0.05, 1.5, (TRIED, len(nonlinear)))]
    # A shift of a few units is a straight line, and next to nothing, where inputs count 1e18: what is no
    # exponent is also asked about at the size of the inputs.
    plain = [j for j, name in enumerate(nonlinear) if law.symbol(name).kind != "exponent"]
    for size in [float(np.median(np.abs(column))) for column in columns] if plain else ():
        for j in plain:
            large = rng.uniform(0.05, 1.5, len(nonlinear))
            large[j] *= size
            points.append(large)
    tried = len(points) - len(corners)
    # The random points ask about the law, not about the runs: a few thousand of these are enough.
    some = slice(None, None, 1 + n // CHECKED)
    logs = []
    for k, point in enumerate(points):
        at = columns if k < len(corners) else [column[some] for column in columns]
        basis, rest = compiled.basis(*at, *(np.float64(x) for x in point))
        if not np.all(rest == 0):
            return None
        shape = (len(at[0]),)
        logs.append([np.log(np.broadcast_to(np.asarray(column, dtype=float), shape)) for column in basis])
    features = []
    for k in range(len(compiled.linear)):
        intercept = logs[0][k]
        slopes = (
            np.stack([logs[1 + j][k] - intercept for j in range(len(nonlinear))], axis=-1)
            if nonlinear
            else np.zeros((n, 0))
        )
        for place, (point, seen) in enumerate(zip(points[-tried:], logs[-tried:], strict=True)):
            said = intercept[some] + slopes[some] @ point
            # A large coefficient may leave float64 or the law's domain at some runs; they say nothing.
            told = np.isfinite(seen[k]) if place >= TRIED else slice(None)
            if not np.all(np.abs(said - seen[k])[told] <= 1e-11 * (1 + np.abs(seen[k]))[told]):
                return None
        features.append((intercept, slopes))
    return features


def term_of(intercept: Array, slopes: Array, *, centred: bool, at: tuple[Array, float] | None = None) -> Term:
    """Give what :meth:`Powers.term` gives, of lines that were found by evaluating."""
    n = len(intercept)
    centre = np.add.reduce(slopes) / n if centred else np.zeros(slopes.shape[1])
    level = float(np.add.reduce(intercept)) / n if centred else 0.0
    if at is not None:
        centre, level = at
    used = slopes.any(axis=0).nonzero()[0].tolist()
    offset = intercept - level
    columns = slopes[:, used] - centre[used] if used else None
    return centre.tolist(), level, used, columns, offset if offset.any() else None
