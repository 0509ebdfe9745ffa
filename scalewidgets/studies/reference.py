"""The guide's own procedure, by SciPy: one start, least squares on the loss, differences for the Jacobian.

It is what figures of arXiv:2410.11840 are held against, and what decides between fits that are equally good
when a study is told to follow the guide.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

Array: TypeAlias = NDArray[np.float64]


def curve_fit_from(
    law: Law, inputs: Mapping[str, Array], loss: Array, start: Mapping[str, float]
) -> Array | None:
    """Coefficients (p,) that ``scipy.optimize.curve_fit`` ends at, in the order of the law.

    Amplitudes by their logarithm and without bounds, exponents at least 0, tried again with another trust
    region if it fails; ``None`` if that fails too.

    Parameters
    ----------
    law : Law
    inputs : mapping of str to ndarray, shape (n,)
    loss : ndarray, shape (n,)
    start : mapping of str to float
        A value for every coefficient.
    """
    from scipy.optimize import OptimizeWarning, curve_fit

    order = _guide_order(law)
    logged = [name in law.linear for name in order]
    first = [float(np.log(start[n])) if lg else float(start[n]) for n, lg in zip(order, logged, strict=True)]
    low = [-np.inf if lg else max(0.0, law.symbol(n).low) for n, lg in zip(order, logged, strict=True)]
    columns = np.stack([inputs[name] for name in law.input_names])
    value = _plain_value(law, order)

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", OptimizeWarning)
        for options in ({}, {"method": "dogbox", "x_scale": "jac"}):
            asked: dict[str, Any] = dict(options)
            try:
                ends, _ = curve_fit(value, columns, loss, p0=first, bounds=(low, np.inf), **asked)
            except (RuntimeError, ValueError, np.linalg.LinAlgError):
                continue
            made = {
                n: float(np.exp(x)) if lg else float(x) for n, lg, x in zip(order, logged, ends, strict=True)
            }
            return np.array([made[name] for name in law.coefficient_names])
    return None


def _guide_order(law: Law) -> list[str]:
    """Coefficients in the order of the guide, (A, B, E, alpha, beta): where it stops depends on it."""
    guide = ("A", "B", "E", "alpha", "beta")
    names = list(law.coefficient_names)
    return list(guide) if sorted(names) == sorted(guide) else [*law.linear, *law.nonlinear]


def _plain_value(law: Law, order: list[str]) -> Any:
    """Return the law as ``curve_fit`` calls it, with logarithms of amplitudes."""
    if law.name == "chinchilla":

        def chinchilla(x: Array, a: float, b: float, e: float, alpha: float, beta: float) -> Array:
            return np.asarray(np.exp(e) + np.exp(a) / x[0] ** alpha + np.exp(b) / x[1] ** beta)

        return chinchilla

    def value(x: Array, *given: float) -> Array:
        named = {n: np.exp(v) if n in law.linear else v for n, v in zip(order, given, strict=True)}
        return np.asarray(law.value(dict(zip(law.input_names, x, strict=True)), named))

    return value
