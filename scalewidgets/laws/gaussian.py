"""Error of a quantiser on Gaussian data: what the capacity of a number format is computed from."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FormulaError

__all__ = ["gaussian_mse", "gaussian_step"]


def gaussian_step(bits: int) -> float:
    """Step of the uniform quantiser of that many bits with the least error on a standard normal variable.

    Raises
    ------
    FormulaError
        For anything but 1 to 16 whole bits.
    """
    from scipy.optimize import minimize_scalar

    if bits not in range(1, 17):
        raise FormulaError(
            f"A quantiser of {bits} bits is not known here.", remedy="Give a whole number, 1 to 16."
        )
    # The best step falls from 1.6 by a little less than half a bit each; the error has one valley.
    ends = (2.0 ** (1 - bits), 4.0 * 2.0 ** (0.25 - 0.85 * bits))
    found = minimize_scalar(
        lambda step: _uniform_error(step, bits), bounds=ends, method="bounded", options={"xatol": 1e-12}
    )
    return float(found.x)


def gaussian_mse(bits: int, quantiser: str = "uniform") -> float:
    """Least mean squared error of a quantiser on a standard normal variable: GMSE of a number format.

    Parameters
    ----------
    bits : int
        Of a sample, so ``2**bits`` levels, symmetric about zero.
    quantiser : {"uniform", "lloyd"}
        Equal steps (the best step, :func:`gaussian_step`), or the best levels of all (Lloyd-Max).

    Returns
    -------
    float
        Between 0 and 1, in units of the variance.

    Raises
    ------
    FormulaError
        For an unknown quantiser or anything but 1 to 16 whole bits (6 for ``"lloyd"``).

    Notes
    -----
    The error that the law ``compression_capacity`` starts from (arXiv:2506.01863); the table of Max 1960.
    """
    if quantiser == "uniform":
        return _uniform_error(gaussian_step(bits), bits)
    if quantiser != "lloyd":
        raise FormulaError(f"{quantiser!r} is not a quantiser known here.", remedy="Say uniform or lloyd.")
    if bits not in range(1, 7):
        raise FormulaError(
            f"Best levels of {bits} bits are not computed.", remedy="Give a whole number, 1 to 6."
        )
    return _lloyd_error(bits)


def _normal(edges: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Integrals of 1, x and x**2 times the normal density between neighbouring edges."""
    from scipy.special import ndtr

    density = np.exp(-(edges**2) / 2) / math.sqrt(2 * math.pi)
    tail = np.where(np.isfinite(edges), edges, 0.0) * density
    mass = -np.diff(ndtr(-edges))  # upper tails: differences of small numbers stay exact
    return mass, -np.diff(density), mass - np.diff(tail)


def _error(levels: NDArray[np.float64], edges: NDArray[np.float64]) -> float:
    """Mean squared error of non-negative levels between edges 0 to infinity, both halves counted."""
    mass, first, second = _normal(edges)
    return float(2 * np.sum(second - 2 * levels * first + levels**2 * mass))


def _uniform_error(step: float, bits: int) -> float:
    cells = np.arange(2 ** (bits - 1))
    return _error((cells + 0.5) * step, np.append(cells * step, np.inf))


def _lloyd_error(bits: int) -> float:
    """Lloyd's iteration: each level becomes the mean of its cell, each edge lies between two levels."""
    levels = (np.arange(2 ** (bits - 1)) + 0.5) * gaussian_step(bits)
    while True:
        edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [np.inf]])
        mass, first, _ = _normal(edges)
        means = first / mass
        # Every step shrinks the distance (the normal density is log-concave), so this ends.
        if np.max(np.abs(means - levels)) < 1e-12:
            return _error(means, edges)
        levels = means
