"""The best shares of a mixture under given laws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FormulaError, quoted

from .core import Law
from .derive import derive

__all__ = ["Mixture", "optimal_mixture"]

Array: TypeAlias = NDArray[np.float64]
Target: TypeAlias = tuple[Law, Mapping[str, float]]
_Term: TypeAlias = Callable[[Array], tuple[float, Array]]

_SMALLEST = 1e-12
"""Share at which slopes are taken where a share is zero: powers below one are infinitely steep there."""
_STARTS = 8


@dataclass(frozen=True)
class Mixture:
    """The best shares under given laws.

    Attributes
    ----------
    shares : dict of str to float
        By input; they sum to one.
    value : float
        Weighted sum of the laws.
    values : tuple of float
        Each law.
    gap : float
        How far below ``value`` the minimum can lie where the weighted sum is convex: it is for
        exponential mixing laws always, for additive ones when every gamma is at most 1. Elsewhere, the
        best of several starts was taken.
    """

    shares: dict[str, float]
    value: float
    values: tuple[float, ...]
    gap: float


def optimal_mixture(
    targets: Sequence[Target],
    *,
    weights: Sequence[float] | None = None,
    inputs: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> Mixture:
    """Shares that minimise a weighted sum of mixing laws.

    Parameters
    ----------
    targets : sequence of (Law, mapping of str to float)
        Laws over one set of shares, each with its coefficients: one for each domain that is to be good at.
    weights : sequence of float, optional
        Of the targets, not negative; by default they count the same and sum to one.
    inputs : mapping of str to float, optional
        The other inputs of the laws, such as N and D.
    bounds : mapping of str to (low, high), optional
        Least and largest share of an input.

    Returns
    -------
    Mixture

    Raises
    ------
    FormulaError
        If the laws are not over one set of shares, values are missing, or no mixture is inside the bounds.

    Examples
    --------
    >>> law = mixing_law(["web", "code"])
    >>> best = optimal_mixture([(law, {"c": 1.5, "k": 0.8, "t_web": -1.2, "t_code": 0.3}),
    ...                         (law, {"c": 2.0, "k": 0.6, "t_web": 0.1, "t_code": -0.9})])
    >>> round(best.shares["r_web"], 3)
    0.757
    """
    from scipy.optimize import minimize

    shares, factors = _same_shares(targets), _factors(weights, len(targets))
    low, high = _limits(shares, bounds or {})
    terms = [_term(law, coefficients, inputs or {}, shares) for law, coefficients in targets]

    def value_and_slope(mixture: Array) -> tuple[float, Array]:
        at = np.maximum(mixture, _SMALLEST)
        found = [term(at) for term in terms]
        slope = sum((w * g for w, (_, g) in zip(factors, found, strict=True)), np.zeros(len(shares)))
        return float(sum(w * v for w, (v, _) in zip(factors, found, strict=True))), np.asarray(slope)

    whole: Any = {"type": "eq", "fun": lambda r: np.sum(r) - 1, "jac": np.ones_like}
    rng = np.random.default_rng(0)
    centre = _inside(np.full(len(shares), 1 / len(shares)), low, high)
    best, least = centre, np.nan_to_num(value_and_slope(centre)[0], nan=np.inf)
    with np.errstate(all="ignore"):
        for start in (centre, *(_inside(p, low, high) for p in rng.dirichlet(np.ones(len(shares)), _STARTS))):
            found = minimize(
                value_and_slope,
                start,
                jac=True,
                method="SLSQP",
                bounds=list(zip(low, high, strict=True)),
                constraints=whole,
                options={"ftol": 1e-15, "maxiter": 500},
            )
            mixture = _inside(np.asarray(found.x), low, high)
            value = value_and_slope(mixture)[0]
            if np.isfinite(value) and value < least:
                best, least = mixture, value
    value, slope = value_and_slope(best)
    if not np.isfinite(value):
        raise FormulaError(
            "The laws give no number at any mixture that was tried.",
            remedy="Check the coefficients and the other inputs.",
        )
    return Mixture(
        dict(zip(shares, map(float, best), strict=True)),
        value,
        tuple(float(term(np.maximum(best, _SMALLEST))[0]) for term in terms),
        max(0.0, float(slope @ (best - _lowest_corner(slope, low, high)))),
    )


def _same_shares(targets: Sequence[Target]) -> tuple[str, ...]:
    if not targets:
        raise FormulaError("There is no law to find a mixture for.")
    shares = targets[0][0].simplex
    for law, _ in targets:
        if not law.simplex:
            raise FormulaError(
                f"{quoted(law.name)} is not a law of shares.",
                remedy='Make one by laws.mixing_law(["web", "code"]), or by Law(..., simplex=[...]).',
            )
        if set(law.simplex) != set(shares):
            raise FormulaError(
                f"The laws are of different shares: {', '.join(shares)} and {', '.join(law.simplex)}."
            )
    return shares


def _factors(weights: Sequence[float] | None, count: int) -> Array:
    if weights is None:
        return np.full(count, 1 / count)
    factors = np.asarray(weights, dtype=np.float64)
    if factors.shape != (count,) or not np.all(factors >= 0) or not 0 < factors.sum() < np.inf:
        raise FormulaError(
            f"The weights are not {count} numbers, none negative and not all zero.",
            remedy="Give one for each law.",
        )
    return factors


def _limits(shares: Sequence[str], bounds: Mapping[str, tuple[float, float]]) -> tuple[Array, Array]:
    for name in bounds:
        if name not in shares:
            raise FormulaError(
                f"{quoted(name)} in bounds= is not a share.", remedy=f"Known: {', '.join(shares)}."
            )
    pairs = np.array([bounds.get(name, (0.0, 1.0)) for name in shares], dtype=np.float64)
    low, high = np.clip(pairs, 0.0, 1.0).T
    if np.any(low > high) or not low.sum() <= 1 + 1e-12 or not high.sum() >= 1 - 1e-12:
        raise FormulaError(
            "No mixture is inside the bounds.", remedy="Lower the least shares or raise the largest."
        )
    return low, high


def _term(
    law: Law, coefficients: Mapping[str, float], inputs: Mapping[str, float], shares: Sequence[str]
) -> _Term:
    """Value and slope by the shares, from the law's one formula."""
    others = {name: inputs[name] for name in law.input_names if name in inputs and name not in shares}
    # Everything is checked by the law itself, at some mixture.
    law.value({**others, **{name: 1 / len(shares) for name in shares}}, coefficients)
    fixed = {**others, **coefficients}
    symbols = {symbol.name: symbol for symbol in (*law.inputs, *law.coefficients)}
    positive = frozenset(name for name, symbol in symbols.items() if symbol.positive)
    run = derive(law.formula, tuple(fixed), tuple(shares), positive).value_and_gradient
    held = [np.float64(value) for value in fixed.values()]

    def term(mixture: Array) -> tuple[float, Array]:
        with np.errstate(all="ignore"):
            value, slope = run(*held, *mixture)
        return float(value), np.array([float(entry) for entry in slope])

    return term


def _inside(mixture: Array, low: Array, high: Array) -> Array:
    """Nearest mixture inside the bounds that sums to one: a common shift, then clipping."""
    first, last = -2.0, 2.0
    for _ in range(100):
        shift = (first + last) / 2
        first, last = (shift, last) if np.clip(mixture + shift, low, high).sum() < 1 else (first, shift)
    return np.asarray(np.clip(mixture + (first + last) / 2, low, high))


def _lowest_corner(slope: Array, low: Array, high: Array) -> Array:
    """Mixture inside the bounds at which a linear function is least: cheap shares are filled up first."""
    corner, left = low.copy(), 1 - low.sum()
    for j in np.argsort(slope, kind="stable"):
        corner[j] += min(left, high[j] - low[j])
        left = 1 - corner.sum()
    return np.asarray(corner)
