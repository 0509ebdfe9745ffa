"""Allocation as Kaplan et al. have it, arXiv:2001.08361."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.fitting.optimum import Optimum
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN
from scalewidgets.laws import law

from .closed_forms import Values, known

Array: TypeAlias = NDArray[np.float64]


def kaplan_ND_opt(flops: ArrayLike, coefficients: Values) -> Optimum:
    """Best params and tokens under C = 6ND of ``((N_c/N)**(alpha_N/alpha_D) + D_c/D)**alpha_D``.

    Parameters
    ----------
    flops : array_like
    coefficients : mapping of str to array_like
        N_c, D_c, alpha_N, alpha_D, as of the law ``kaplan_ND``.

    Returns
    -------
    Optimum
        With ``r = alpha_N/alpha_D``, ``N*^(1+r) = r N_c^r C / (6 D_c)``.

    Raises
    ------
    QuantityError
        For an argument that is not above zero, or a coefficient that is missing.

    Notes
    -----
    Derived from arXiv:2001.08361, Eq. 1.5. There D is data stopped early and seen more than once, so that
    6ND is not what its runs cost: an illustration, not the allocation of the paper (:func:`kaplan_alloc`).
    """
    compute = above_zero("The compute", flops)
    values = known(coefficients, ("N_c", "D_c", "alpha_N", "alpha_D"))
    r = values["alpha_N"] / values["alpha_D"]
    budget = compute / FLOPS_PER_PARAM_TOKEN
    log_size = (np.log(r) + r * np.log(values["N_c"]) + np.log(budget / values["D_c"])) / (1 + r)
    size = np.asarray(np.exp(log_size))
    tokens = np.asarray(budget / size)
    loss = law("kaplan_ND").value({"N": size, "D": tokens}, values)
    return Optimum(size, tokens, loss, np.asarray(1 / (1 + r) + np.zeros(size.shape)))


@dataclass(frozen=True)
class KaplanExponents:
    """Powers of the least compute: of the loss (falling), the size, the batch and the steps."""

    loss: Array
    params: Array
    batch: Array
    steps: Array

    @staticmethod
    def params_at(pfdays: ArrayLike, coefficient: ArrayLike = 1.3e9, exponent: ArrayLike = 0.73) -> Array:
        """Best parameters without embeddings by PF-days of least compute (arXiv:2001.08361, Fig. 14)."""
        size = above_zero("The coefficient", coefficient)
        return np.asarray(size * above_zero("The compute", pfdays) ** above_zero("The exponent", exponent))


def kaplan_alloc(alpha_N: ArrayLike, alpha_B: ArrayLike, alpha_S: ArrayLike) -> KaplanExponents:
    """How size, batch and steps share compute, from the exponents of the laws of each.

    Returns
    -------
    KaplanExponents
        The loss falls as ``C**-c``, ``c = 1 / (1/alpha_S + 1/alpha_B + 1/alpha_N)``; the others grow with
        ``c`` over their own exponent and these three add up to 1.

    Raises
    ------
    QuantityError
        For an exponent that is not above zero.

    Notes
    -----
    arXiv:2001.08361, Eqs. 1.7 and 1.8.
    """
    n, b, s = (
        above_zero(f"The exponent {name}", given)
        for name, given in (("alpha_N", alpha_N), ("alpha_B", alpha_B), ("alpha_S", alpha_S))
    )
    c = 1 / (1 / s + 1 / b + 1 / n)
    return KaplanExponents(*(np.asarray(part) for part in (c, c / n, c / b, c / s)))
