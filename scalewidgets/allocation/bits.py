"""Number of bits of training: what a smaller number format costs in loss and saves in compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import FitError, QuantityError
from scalewidgets.fitting.optimum import chinchilla_form
from scalewidgets.laws import Law
from scalewidgets.laws import law as find_law

Array: TypeAlias = NDArray[np.float64]

FULL = 16.0
"""Bits of the compute that ``6 N D`` counts."""
PARTS = ("w", "a", "kv")
OWN = "precision"
"""The law that has the bits as inputs."""


@dataclass(frozen=True)
class Precision:
    """Number formats to choose from in training: weights, activations and attention in the same bits.

    Attributes
    ----------
    bits : float or sequence of float
        One is taken, of several the best.
    cost : mapping of float to float or None
        FLOP of 16 bits that a FLOP of so many bits costs as much as, such as ``{8: 0.5, 16: 1}``. ``None``:
        in proportion to the bits, as the paper counts.
    trained : float
        Bits that the runs of the fit were trained in.

    Raises
    ------
    QuantityError
        For bits below 3, where the law says nothing, or a number of bits without a cost.

    Notes
    -----
    arXiv:2411.04330, Eq. 3 to 4 with the offsets of App. K: ``N_eff = N prod_x (1 - exp(-P/gamma_x + n_x))``,
    compute ``C = (6/16) N D P``.
    """

    bits: float | Sequence[float] = (4.0, 6.0, 8.0, 12.0, 16.0)
    cost: Mapping[float, float] | None = None
    trained: float = FULL

    def __post_init__(self) -> None:
        """Refuse what the law does not cover."""
        for name, value in (("Bits", self.choices), ("The bits of the runs", np.array([self.trained]))):
            if not len(value) or (above_zero(name, value) < 3).any():
                raise QuantityError(
                    f"{name} below 3 are not covered by the law.", remedy="Give 3 bits or more, up to 16."
                )
        for choice in self.choices:
            self.weight(float(choice))

    @property
    def choices(self) -> Array:
        """Numbers of bits to choose from."""
        return np.atleast_1d(np.asarray(self.bits, dtype=np.float64))

    def weight(self, bits: float) -> float:
        """Cost of a FLOP over one of 16 bits."""
        if self.cost is None:
            return bits / FULL
        if bits not in self.cost:
            raise QuantityError(
                f"There is no cost of {bits:g} bits.",
                remedy=f"Add {bits:g} to cost=, or leave it out of bits=.",
            )
        return float(above_zero(f"The cost of {bits:g} bits", self.cost[bits]))


def effective_share(bits: ArrayLike, constants: Mapping[str, ArrayLike]) -> Array:
    """Share of the parameters that counts, ``prod_x (1 - exp(-P/gamma_x + n_x))``; 0 where it is below.

    Parameters
    ----------
    bits : array_like
        Of weights, activations and keys and values alike.
    constants : mapping of str to array_like
        ``gamma_w``, ``n_w``, ``gamma_a``, ``n_a``, ``gamma_kv``, ``n_kv``.
    """
    p = np.asarray(bits, dtype=np.float64)
    out = np.ones(1)
    for part in PARTS:
        gamma, offset = np.asarray(constants[f"gamma_{part}"]), np.asarray(constants[f"n_{part}"])
        out = out * np.maximum(1 - np.exp(-p / gamma + offset), 0.0)
    return np.asarray(out if np.ndim(bits) or out.size > 1 else out[0])


def best_bits(constants: Mapping[str, ArrayLike], low: float = 3.0, high: float = 16.0) -> float:
    """Bits of the most effective parameters for a compute in proportion to the bits; of no budget.

    Notes
    -----
    Maximises ``f(P) / P`` (arXiv:2411.04330, section 5.2), to a thousandth of a bit.
    """
    grid = np.linspace(low, high, round((high - low) * 2000) + 1)
    share = effective_share(grid, {name: float(np.ravel(v)[0]) for name, v in constants.items()})
    return float(grid[np.argmax(share / grid)])


def published_constants() -> tuple[dict[str, float], str]:
    """Constants of the bits, and where they are from."""
    first = next(p for p in find_law(OWN).published if p.mark != "U")
    names = [f"{kind}_{part}" for part in PARTS for kind in ("gamma", "n")]
    return {name: float(first.values[name]) for name in names}, first.cite


def with_bits(
    law: Law, coefficients: Mapping[str, Array], bits: float, trained: float
) -> tuple[Law, dict[str, Array], str]:
    """Return the law of N and D at a number of bits, ``A -> A f**-alpha``.

    Raises
    ------
    FitError
        If the law is neither that of precision nor a floor and a power each of N and D.
    """
    if law.name == OWN:
        share = effective_share(bits, coefficients)
        values = {name: coefficients[name] for name in ("E", "A", "alpha", "B", "beta")}
        with np.errstate(all="ignore"):
            values["A"] = np.asarray(values["A"] * share ** -values["alpha"])
        return find_law("chinchilla"), values, ""
    form = chinchilla_form(law)
    if form is None:
        raise FitError(
            f"The {law.title} law does not say what fewer bits cost.",
            remedy='Fit law="precision", or leave precision= out.',
        )
    constants, cite = published_constants()
    share = effective_share(bits, constants) / effective_share(trained, constants)
    values = dict(coefficients)
    with np.errstate(all="ignore"):
        values[form[1]] = np.asarray(values[form[1]] * share ** -values[form[2]])
    return law, values, f"fewer bits count as in {cite} (its constants, not fitted)"
