"""What every function of this room asks of its arguments: counts, shares, whole numbers."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError

Array: TypeAlias = NDArray[np.float64]


def numbers(name: str, value: ArrayLike) -> Array:
    """Return finite numbers as an array.

    Raises
    ------
    QuantityError
        For what is not a number, or not finite.
    """
    try:
        found = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise QuantityError(f"{name} is not a number.", remedy="Give finite numbers.") from None
    if not np.isfinite(found).all():
        raise QuantityError(f"{name} is {_first(found, ~np.isfinite(found))}.", remedy="Give finite numbers.")
    return found


def shares(name: str, value: ArrayLike, *, open_ends: bool = False) -> Array:
    """Return numbers from 0 to 1, such as probabilities; with ``open_ends``, strictly between.

    Raises
    ------
    QuantityError
        For a number outside of them.
    """
    found = numbers(name, value)
    bad = (found <= 0) | (found >= 1) if open_ends else (found < 0) | (found > 1)
    if bad.any():
        words = "strictly between 0 and 1" if open_ends else "between 0 and 1"
        raise QuantityError(
            f"{name} is {_first(found, bad)}, not {words}.", remedy="Give a share, such as 0.4 for 40 %."
        )
    return found


def whole(name: str, value: ArrayLike, *, least: int = 0) -> Array:
    """Return whole numbers, none below ``least``, as floats.

    Raises
    ------
    QuantityError
        For a number that is not whole, or below ``least``.
    """
    found = numbers(name, value)
    bad = (found < least) | (found != np.rint(found))
    if bad.any():
        raise QuantityError(
            f"{name} is {_first(found, bad)}, not a whole number of {least} or more.",
            remedy="Give whole numbers.",
        )
    return found


def counts(n: ArrayLike, c: ArrayLike) -> tuple[Array, Array]:
    """Return samples and successes of each problem, broadcast together.

    Raises
    ------
    QuantityError
        For no samples, or successes that are not between 0 and the samples.
    """
    drawn = whole("The number of samples n", n, least=1)
    solved = whole("The number of successes c", c)
    try:
        drawn, solved = (np.asarray(part) for part in np.broadcast_arrays(drawn, solved))
    except ValueError:
        raise QuantityError(
            f"n has the shape {drawn.shape} and c the shape {solved.shape}.",
            remedy="Give one number of samples and one of successes for each problem.",
        ) from None
    over = solved > drawn
    if over.any():
        place = "" if over.ndim == 0 else f" at position {int(np.flatnonzero(over)[0])}"
        raise QuantityError(
            f"There are {solved[over][0]:g} successes in {drawn[over][0]:g} samples{place}.",
            remedy="Give n first, then c, with c at most n.",
        )
    return drawn, solved


def samples(k: ArrayLike, n: Array, *, name: str = "k") -> Array:
    """Return whole numbers from 1 to the least of ``n``; beyond it nothing can be counted.

    Raises
    ------
    QuantityError
        For a number above it: estimators never extrapolate.
    """
    asked = whole(f"The number of samples {name}", k, least=1)
    least = n.min() if n.size else np.inf
    if asked.size and asked.max() > least:
        where = "" if n.ndim == 0 else f" of problem {int(np.argmin(n))}"
        raise QuantityError(
            f"{name} = {asked.max():,.0f} is more than the {least:,.0f} samples{where}: it is not counted.",
            remedy=f"Ask for {name} up to {least:,.0f}, or extrapolate on purpose with testtime.extrapolate.",
        )
    return asked


def outer(values: Array, k: Array) -> Array:
    """Return ``values`` with one axis of length 1 for each axis of ``k`` behind its own."""
    return values.reshape(values.shape + (1,) * k.ndim)


def positive(name: str, value: ArrayLike) -> Array:
    """Return finite numbers above zero (:func:`scalewidgets.conversions.above_zero`)."""
    return above_zero(name, value)


def level_of(level: float) -> float:
    """Return the level of an interval, a share strictly between 0 and 1."""
    return float(shares("The level of the interval", level, open_ends=True))


def _first(found: Array, bad: NDArray[np.bool_]) -> str:
    place = "" if found.ndim == 0 else f" at position {int(np.flatnonzero(bad)[0])}"
    return f"{found[bad][0]:g}{place}"
