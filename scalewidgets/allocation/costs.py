"""Hours, money and energy of an amount of compute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Cost:
    """What an amount of compute takes.

    Attributes
    ----------
    gpu_hours : ndarray
        Hours of one device; divide by the number of devices for time on the clock.
    dollars : ndarray or None
        None without a price.
    kwh : ndarray or None
        None without a power.
    """

    gpu_hours: Array
    dollars: Array | None
    kwh: Array | None


def cost(
    flops: ArrayLike,
    *,
    peak_flops: ArrayLike,
    utilisation: ArrayLike,
    price_per_hour: ArrayLike | None = None,
    watts: ArrayLike | None = None,
    load: ArrayLike = 1.0,
    pue: ArrayLike = 1.0,
) -> Cost:
    """Device hours, dollars and energy of an amount of compute.

    Parameters
    ----------
    flops : array_like
        Useful compute, such as 6ND; recomputed activations do not count.
    peak_flops : array_like
        Peak of the device in FLOP/s, dense, such as ``device("H100 SXM").peak().value``.
    utilisation : array_like
        Useful compute over what the device could do in that time (MFU), above 0 to 1. Training of dense
        models is often at 0.3 to 0.5.
    price_per_hour : array_like, optional
        Dollars for an hour of one device.
    watts : array_like, optional
        Rated power of one device.
    load : array_like
        Share of the rated power that it draws, above 0 to 1.
    pue : array_like
        Energy of the building over energy of the devices, 1 or more.

    Returns
    -------
    Cost

    Raises
    ------
    QuantityError
        For an argument that is not above zero, a utilisation or load above 1, or a PUE below 1.

    Notes
    -----
    ``hours = C / (peak MFU) / 3600``, ``dollars = hours price``,
    ``kWh = hours watts load PUE / 1000``. Utilisation as defined in arXiv:2204.02311, Appendix B.
    """
    rate = above_zero("The peak rate", peak_flops) * _share("The utilisation", utilisation)
    hours = np.asarray(above_zero("The compute", flops) / rate / 3600.0)
    dollars = kwh = None
    if price_per_hour is not None:
        dollars = np.asarray(hours * above_zero("The price of an hour", price_per_hour, or_zero=True))
    overhead, drawn = above_zero("The PUE", pue), _share("The load", load)
    if (overhead < 1).any():
        raise QuantityError(
            f"The PUE is {overhead.min():g}, below 1.",
            remedy="Give energy of the building over devices, 1.2.",
        )
    if watts is not None:
        kwh = np.asarray(hours * above_zero("The power", watts) * drawn * overhead / 1000.0)
    return Cost(hours, dollars, kwh)


def _share(name: str, value: ArrayLike) -> Array:
    share = above_zero(name, value)
    if (share > 1).any():
        raise QuantityError(
            f"{name} is {share.max():g}, above 1.", remedy="Give a share, such as 0.4 for 40 %."
        )
    return share
