"""Uncertainty of the best size, to first order in the coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN

from .closed_forms import Values, chinchilla_opt, known

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class DeltaMethod:
    """Uncertainty of the best size to first order.

    Attributes
    ----------
    params : ndarray
        N*.
    gradient : ndarray
        Of ln N* by (ln A, ln B, ln E, alpha, beta), along the last axis.
    exponent : ndarray
        a of ``N* ~ C**a``.
    exponent_gradient : ndarray
        Of a by the same five.
    """

    params: Array
    gradient: Array
    exponent: Array
    exponent_gradient: Array

    def standard_errors(self, covariance: ArrayLike) -> tuple[Array, Array]:
        """Standard errors of ln N* and of a.

        Parameters
        ----------
        covariance : array_like, shape (5, 5)
            Of (ln A, ln B, ln E, alpha, beta), whole: amplitudes and exponents move together, and the
            diagonal alone gives a meaningless answer.

        Raises
        ------
        QuantityError
            If it is not a finite five by five matrix with variances that are not negative.
        """
        sigma = np.asarray(covariance, dtype=np.float64)
        if sigma.shape != (5, 5) or not np.isfinite(sigma).all() or (np.diag(sigma) < 0).any():
            raise QuantityError(
                "This is not a covariance of five coefficients.",
                remedy="Give a 5 by 5 matrix, in the order ln A, ln B, ln E, alpha, beta.",
            )
        size, power = (
            np.sqrt(np.maximum(np.einsum("...i,ij,...j->...", g, sigma, g), 0.0))
            for g in (self.gradient, self.exponent_gradient)
        )
        return np.asarray(size), np.asarray(power)


def delta_method(flops: ArrayLike, coefficients: Values) -> DeltaMethod:
    """How the best size and its exponent answer to the coefficients.

    Raises
    ------
    QuantityError
        For an argument that is not above zero, or a coefficient that is missing.

    Notes
    -----
    Derived from arXiv:2203.15556, Eq. 4: with ``s = alpha + beta``, ``x = ln(C/6)`` and
    ``ln G = (ln(alpha/beta) + ln A - ln B)/s``, ``ln N* = ln G + (beta/s) x``.
    """
    values = known(coefficients)
    best = chinchilla_opt(flops, values)
    alpha, beta = values["alpha"], values["beta"]
    s, log_g = alpha + beta, np.log(best.scale)
    x = np.log(above_zero("The compute", flops) / FLOPS_PER_PARAM_TOKEN)
    zero = np.zeros(best.params.shape)
    by_alpha, by_beta = -beta / s**2, alpha / s**2
    size = (1 / s, -1 / s, zero, 1 / (alpha * s) - log_g / s + by_alpha * x,
            -1 / (beta * s) - log_g / s + by_beta * x)  # fmt: skip
    power = (zero, zero, zero, by_alpha, by_beta)
    gradients = (np.stack([part + zero for part in parts], axis=-1) for parts in (size, power))
    return DeltaMethod(best.params, next(gradients), best.exponent, next(gradients))
