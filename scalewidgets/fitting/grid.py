"""Grids of starting points, as papers state theirs: to repeat their way of fitting, not for :func:`fit`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FitError

Array: TypeAlias = NDArray[np.float64]

HOFFMANN: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "alpha": (0.0, 0.5, 1.0, 1.5, 2.0),
        "beta": (0.0, 0.5, 1.0, 1.5, 2.0),
        "e": (-1.0, -0.5, 0.0, 0.5, 1.0),
        "a": (0.0, 5.0, 10.0, 15.0, 20.0, 25.0),
        "b": (0.0, 5.0, 10.0, 15.0, 20.0, 25.0),
    }
)
"""Starts of arXiv:2203.15556, App. D.2: exponents, and natural logarithms of E, A and B."""

MOST = 10_000_000


def multistart(axes: Mapping[str, Sequence[float]] = HOFFMANN) -> dict[str, Array]:
    """Every combination of the given values.

    Parameters
    ----------
    axes : mapping of str to sequence of float
        Values of each coefficient; by default the 4,500 starts of Hoffmann et al.

    Returns
    -------
    dict of str to ndarray, shape (product of the lengths,)
        The last coefficient varies fastest.

    Raises
    ------
    FitError
        If a coefficient has no values, or there are more than ten million combinations.

    Examples
    --------
    >>> len(multistart()["alpha"])
    4500
    """
    for name, values in axes.items():
        if len(values) == 0:
            raise FitError(f"The starts of {name} are empty.", remedy="Give at least one value.")
    count = math.prod(len(values) for values in axes.values())
    if count > MOST:
        raise FitError(f"That grid has {count:,} starts.", remedy="Give fewer values.")
    mesh = np.meshgrid(*(np.asarray(values, dtype=np.float64) for values in axes.values()), indexing="ij")
    return {name: grid.ravel() for name, grid in zip(axes, mesh, strict=True)}
