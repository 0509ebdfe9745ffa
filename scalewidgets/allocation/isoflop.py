"""What a parabola through an IsoFLOP sweep gets wrong, from the exponents and the grid alone."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError

Array: TypeAlias = NDArray[np.float64]


def approach2_bias(
    alpha: ArrayLike, beta: ArrayLike, *, half_width: float, points: int = 15, off_centre: float = 1.0
) -> Array:
    """Relative error of the best tokens that a parabola in log tokens finds on runs without noise.

    Parameters
    ----------
    alpha, beta : array_like
        Exponents of ``E + A/N**alpha + B/D**beta``.
    half_width : float
        The sweep goes from the middle divided by this to the middle times this, above 1.
    points : int
        Evenly spaced in log tokens, three or more.
    off_centre : float
        Middle of the sweep over the best tokens.

    Returns
    -------
    ndarray
        ``D_found / D_best - 1``; the error of the parameters is ``1 / (1 + it) - 1``.

    Raises
    ------
    QuantityError
        For exponents that are not above zero, fewer than three points, a half width of 1 or less, or a
        sweep that lies so far off the best that its parabola opens downwards.

    Notes
    -----
    The effect is that of arXiv:2603.22339. With ``u = ln(D / D_best)``, ``L - E`` is proportional to
    ``exp(alpha u)/alpha + exp(-beta u)/beta`` along a line of equal compute, so neither E, A, B nor the
    compute matter: exponents over compute are found without error, their factors are not.
    """
    width = float(above_zero("The half width", half_width))
    middle = float(np.log(above_zero("The middle of the sweep", off_centre)))
    if width <= 1.0:
        raise QuantityError(f"The half width {width:g} is not above 1.", remedy="Give a factor, such as 4.")
    if points < 3:
        raise QuantityError(f"{points} points do not give a parabola.", remedy="Give three points or more.")
    first, second = np.broadcast_arrays(
        above_zero("The exponent alpha", alpha), above_zero("The exponent beta", beta)
    )
    v = np.linspace(-np.log(width), np.log(width), points)
    v = (v - v[::-1]) / 2  # exactly symmetric, so that equal exponents give exactly no bias
    u = (v + middle)[:, None]
    loss = np.exp(first.ravel() * u) / first.ravel() + np.exp(-second.ravel() * u) / second.ravel()
    curvature, slope, _ = np.polyfit(v, loss, 2)
    if (curvature <= 0).any():
        raise QuantityError(
            "The parabola has no lowest point.", remedy="Centre the sweep on the best tokens."
        )
    return np.asarray(np.expm1(middle - slope / (2 * curvature)).reshape(first.shape))
