"""Accelerators rented by the hour: what turns FLOP into hours, dollars and days."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError

from .costs import Cost, cost
from .hardware import device, devices

PRICES = {
    "A100 SXM 80 GB": 1.5,
    "H100 SXM": 2.5,
    "H100 PCIe": 2.0,
    "H200 SXM": 3.0,
    "B200": 4.5,
}
"""Dollars for an hour of one device: round figures to start from, nobody's offer. Enter your own."""
PRICES_OF = "2026-11"
"""When the round figures were entered."""


def price_list(precision: str = "bf16") -> pd.DataFrame:
    """Devices with their peak and the round figure for an hour.

    Parameters
    ----------
    precision : str
        Number format of the peak; devices without it are left out.

    Returns
    -------
    DataFrame
        ``device``, ``tflops`` (dense), ``dollars_per_hour``, ``of`` (when the figure was entered) and
        ``verified`` (whether the peak was checked).
    """
    rows = [
        {
            "device": name,
            "tflops": device(name).peak(precision).value / 1e12,
            "dollars_per_hour": PRICES[name],
            "of": PRICES_OF,
            "verified": device(name).peak(precision).verified,
        }
        for name in devices()
        if precision in device(name).peaks
    ]
    table: pd.DataFrame = pd.DataFrame(rows)
    return table


@dataclass(frozen=True)
class Machine:
    """Devices, how well they are used, and what an hour costs.

    Attributes
    ----------
    device : str
        A name of :func:`scalewidgets.allocation.devices`.
    gpus : int
        How many at a time: time on the clock follows, money does not depend on it.
    utilisation : float
        Useful compute over peak in training (MFU).
    price : float or None
        Dollars for an hour of one device; by default a round figure of :data:`PRICES`.
    precision : str
        Number format of the peak.
    watts : float or None
        Rated power of one device, for energy. There is no default: rated powers on record here are unverified
        (``device(name).power``).
    serving_utilisation : float or None
        The same as ``utilisation`` when serving; lower as a rule. By default that of training.
    dated : str
        When the price was entered, as ``YYYY-MM-DD``; empty where nobody said.

    Raises
    ------
    UnknownNameError
        If the device or its number format is not known.
    QuantityError
        For a utilisation outside 0 to 1, no devices, or a price that is negative.
    """

    device: str = "H100 SXM"
    gpus: int = 1
    utilisation: float = 0.4
    price: float | None = None
    precision: str = "bf16"
    serving_utilisation: float | None = None
    watts: float | None = None
    dated: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        device(self.device).peak(self.precision)
        above_zero("The number of devices", self.gpus)
        for name, share in (
            ("The utilisation", self.utilisation),
            ("The utilisation in serving", self.serving_utilisation),
        ):
            if share is not None and float(above_zero(name, share)) > 1:
                raise QuantityError(
                    f"{name} is {share:g}, above 1.", remedy="Give a share, such as 0.4 for 40 %."
                )
        if self.price is not None:
            above_zero("The price of an hour", self.price, or_zero=True)

    @classmethod
    def of(cls, given: Machine | str | None) -> Machine:
        """Return the machine that is given, named, or usual."""
        return given if isinstance(given, cls) else cls() if given is None else cls(str(given))

    @property
    def dollars_per_hour(self) -> float:
        """Price of an hour of one device."""
        return PRICES[self.device] if self.price is None else float(self.price)

    @property
    def round_price(self) -> bool:
        """Whether the price is a round figure to start from."""
        return self.dollars_per_hour == PRICES[self.device]

    def at_price(self, price: float, dated: str) -> Machine:
        """Return the machine at another price of an hour, entered on a day; a round figure has no day."""
        if price == self.dollars_per_hour:
            return self
        own = price != PRICES[self.device]
        return replace(self, price=price if own else None, dated=dated if own else "")

    @property
    def peak(self) -> float:
        """FLOP per second that one device could do."""
        return device(self.device).peak(self.precision).value

    @property
    def rate(self) -> float:
        """Useful FLOP per second of one device in training."""
        return self.peak * self.utilisation

    @property
    def serving_weight(self) -> float:
        """FLOP of training that one FLOP of serving costs as much as."""
        return 1.0 if self.serving_utilisation is None else self.utilisation / self.serving_utilisation

    def cost(self, flops: ArrayLike) -> Cost:
        """Hours and dollars of a training compute; with watts energy, at 0.8 of them and a PUE of 1.2."""
        found = device(self.device)
        return cost(
            flops,
            peak_flops=found.peak(self.precision).value,
            utilisation=self.utilisation,
            price_per_hour=self.dollars_per_hour,
            watts=self.watts,
            load=0.8,
            pue=1.2,
        )

    def flops_of_hours(self, gpu_hours: float) -> float:
        """Training compute of a number of device hours."""
        return float(above_zero("The number of GPU hours", gpu_hours)) * 3600.0 * self.rate

    def flops_of_dollars(self, dollars: float) -> float:
        """Training compute for an amount of money.

        Raises
        ------
        QuantityError
            If an hour costs nothing: any amount would buy any compute.
        """
        money = float(above_zero("The amount of money", dollars))
        if self.dollars_per_hour == 0:
            raise QuantityError(
                "An hour costs nothing, so money sets no limit.", remedy="Give flops= or gpu_hours=."
            )
        return self.flops_of_hours(money / self.dollars_per_hour)

    def budget(self, flops: float | None, dollars: float | None) -> float:
        """Training compute of a budget that is given as compute or as money.

        Raises
        ------
        QuantityError
            If both are given or neither is, or the one that is given is not above zero.
        """
        if dollars is not None and flops is None:
            return self.flops_of_dollars(dollars)
        if dollars is not None or flops is None:
            raise QuantityError("The budget is not clear.", remedy="Give one of flops= and dollars=.")
        return float(above_zero("The budget", flops))

    def flops_of_days(self, days: float) -> float:
        """Training compute of all devices in a number of days."""
        return self.flops_of_hours(24.0 * float(above_zero("The number of days", days)) * self.gpus)

    def days(self, flops: ArrayLike) -> float:
        """Days on the clock for a training compute."""
        return float(np.asarray(self.cost(flops).gpu_hours) / self.gpus / 24.0)

    def __str__(self) -> str:
        """Convention in a line."""
        many = f"{self.gpus:,} x " if self.gpus > 1 else ""
        used = f"at {100 * self.utilisation:.3g} % utilisation"
        if self.serving_utilisation is not None:
            used += f", serving at {100 * self.serving_utilisation:.3g} %"
        priced = f"${self.dollars_per_hour:.2f} an hour"
        if self.price is None:
            priced += f" (round figure of {PRICES_OF})"
        elif self.dated:
            priced += f" (entered {self.dated})"
        return f"{many}{self.device} {self.precision} {used}, {priced}"
