"""Peak rates of accelerators, each figure with the mark of how well it is known.

All rates are of dense matrices: data sheets often print the rate with 2:4 sparsity, twice as high.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from scalewidgets.errors import UnknownNameError


@dataclass(frozen=True)
class Rating:
    """One figure of a device.

    Attributes
    ----------
    value : float
        In base units: FLOP/s, bytes, bytes/s, watts.
    mark : str
        ``"S"``: agrees across several public tables; ``"U"``: not verified, so never a default.
    """

    value: float
    mark: str

    @property
    def verified(self) -> bool:
        """Whether the figure was checked."""
        return self.mark != "U"


@dataclass(frozen=True)
class Device:
    """An accelerator.

    Attributes
    ----------
    name : str
    peaks : mapping of str to Rating
        FLOP/s by number format: ``"bf16"``, and where the device has them ``"fp8"`` and ``"fp4"``.
    memory, bandwidth, power : Rating
        Bytes, bytes per second, watts.
    """

    name: str
    peaks: Mapping[str, Rating]
    memory: Rating
    bandwidth: Rating
    power: Rating

    def peak(self, precision: str = "bf16") -> Rating:
        """Peak rate in a number format.

        Raises
        ------
        UnknownNameError
            If the device has no rate for it.
        """
        if precision not in self.peaks:
            raise UnknownNameError.of(f"a number format of {self.name}", precision, self.peaks)
        return self.peaks[precision]


def _device(
    name: str, bf16: float, memory: float, bandwidth: float, power: float, **others: float
) -> tuple[str, Device]:
    peaks = {"bf16": Rating(bf16 * 1e12, "S")}
    peaks |= {precision: Rating(rate * 1e12, "U") for precision, rate in others.items()}
    about = (Rating(memory * 1e9, "U"), Rating(bandwidth * 1e12, "U"), Rating(power, "U"))
    return name, Device(name, MappingProxyType(peaks), *about)


_DEVICES = dict(
    [
        _device("A100 SXM 80 GB", 312.0, 80.0, 2.0, 400.0),
        _device("H100 SXM", 989.4, 80.0, 3.35, 700.0, fp8=1978.9),
        _device("H100 PCIe", 756.0, 80.0, 2.0, 350.0, fp8=1513.0),
        _device("H200 SXM", 989.4, 141.0, 4.8, 700.0, fp8=1978.9),
        _device("B200", 2250.0, 180.0, 8.0, 1000.0, fp8=4500.0, fp4=9000.0),
    ]
)


def devices() -> tuple[str, ...]:
    """Names of the accelerators known."""
    return tuple(_DEVICES)


def device(name: str) -> Device:
    """Look an accelerator up by name.

    Raises
    ------
    UnknownNameError
        If it is not known; the names that come close are given.
    """
    if name not in _DEVICES:
        raise UnknownNameError.of("a device", name, _DEVICES)
    return _DEVICES[name]
