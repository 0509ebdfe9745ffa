"""The best split of compute and what straying from it costs, in closed form where there is one.

``coefficients`` are those of ``E + A/N**alpha + B/D**beta`` by name (E, A, B, alpha, beta), single values or
arrays that broadcast against the other arguments: columns of resamples give columns of answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError
from scalewidgets.fitting.optimum import Optimum, optimum
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN
from scalewidgets.laws import law

Array: TypeAlias = NDArray[np.float64]
Values: TypeAlias = Mapping[str, ArrayLike]

_NAMES = ("E", "A", "B", "alpha", "beta")


def known(coefficients: Values, names: tuple[str, ...] = _NAMES) -> dict[str, Array]:
    """Return the coefficients as arrays of these names, all of them there and above zero (E: or zero)."""
    missing = [name for name in names if name not in coefficients]
    if missing:
        raise QuantityError(
            f"The coefficients have no {', '.join(missing)}.", remedy=f"Give {', '.join(names)} by name."
        )
    return {
        name: above_zero(f"The coefficient {name}", coefficients[name], or_zero=name == "E") for name in names
    }


@dataclass(frozen=True)
class ChinchillaOptimum(Optimum):
    """The best split of a compute: an :class:`~scalewidgets.fitting.optimum.Optimum` and its constants.

    Attributes
    ----------
    scale : ndarray
        G of ``N* = G (C/6)**a``.
    tokens_exponent : ndarray
        b of ``D* = (C/6)**b / G``.
    loss_exponent : ndarray
        gamma of ``L* - E ~ C**-gamma``, ``alpha beta / (alpha + beta)``.
    """

    scale: Array
    tokens_exponent: Array
    loss_exponent: Array


def chinchilla_opt(flops: ArrayLike, coefficients: Values) -> ChinchillaOptimum:
    """Best params and tokens for a compute under C = 6ND, with the constants of the frontier.

    Parameters
    ----------
    flops : array_like
    coefficients : mapping of str to array_like

    Returns
    -------
    ChinchillaOptimum

    Raises
    ------
    QuantityError
        For a compute or coefficient that is not above zero, or a coefficient that is missing.

    Notes
    -----
    arXiv:2203.15556, Eq. 4.
    """
    values = known(coefficients)
    form = law("chinchilla")
    best = optimum(form, values, above_zero("The compute", flops))
    # At C = 6 the closed form is its own factor.
    scale = optimum(form, values, FLOPS_PER_PARAM_TOKEN).params
    rate = np.asarray(values["alpha"] * best.exponent)
    return ChinchillaOptimum(
        best.params, best.tokens, best.loss, best.exponent, scale, np.asarray(1 - best.exponent), rate
    )


def frontier_flops(loss: ArrayLike, coefficients: Values) -> Array:
    """Least compute that reaches a loss, the inverse of the loss of :func:`chinchilla_opt`.

    Raises
    ------
    QuantityError
        For a loss that is not above E, or coefficients as in :func:`chinchilla_opt`.
    """
    values = known(coefficients)
    above = reducible(loss, values)
    unit = chinchilla_opt(FLOPS_PER_PARAM_TOKEN, values)
    # The floor is left out rather than subtracted again.
    amplitude = optimum(law("chinchilla"), {**values, "E": 0.0}, FLOPS_PER_PARAM_TOKEN).loss
    return np.asarray(FLOPS_PER_PARAM_TOKEN * (amplitude / above) ** (1 / unit.loss_exponent))


def reducible(loss: ArrayLike, values: Mapping[str, Array]) -> Array:
    """Return the loss above E; a loss at or below it is refused."""
    above = np.asarray(above_zero("The loss", loss) - values["E"])
    if (above <= 0).any():
        raise QuantityError(
            f"The loss {np.min(loss):g} is not above E, {values['E'].max():g}, which no model passes.",
            remedy="Give a loss above E.",
        )
    return above


@dataclass(frozen=True)
class LogGradient:
    """Change of the loss per change of the logarithm of params and of tokens, both negative."""

    params: Array
    tokens: Array


def chinchilla_grad(params: ArrayLike, tokens: ArrayLike, coefficients: Values) -> LogGradient:
    """Gain of more parameters and of more tokens: ``-alpha A N**-alpha`` and ``-beta B D**-beta``.

    Raises
    ------
    QuantityError
        For an argument that is not above zero, or a coefficient that is missing.

    Notes
    -----
    Derived from arXiv:2203.15556, Eq. 2; the two are equal where compute is split best.
    """
    values = known(coefficients)
    inputs = {
        "N": above_zero("The number of parameters", params),
        "D": above_zero("The number of tokens", tokens),
    }
    slopes = law("chinchilla").gradient(inputs, values)
    return LogGradient(
        np.asarray(-values["alpha"] * values["A"] * slopes["A"]),
        np.asarray(-values["beta"] * values["B"] * slopes["B"]),
    )


@dataclass(frozen=True)
class IsoLoss:
    """Tokens and compute of a model of another size at the same loss, both over those of the best."""

    tokens: Array
    compute: Array


def smallest_isoloss(alpha: ArrayLike, beta: ArrayLike) -> Array:
    """Share of the best size below which no number of tokens reaches its loss, ``a**(1/alpha)``.

    Raises
    ------
    QuantityError
        For an exponent that is not above zero.
    """
    first, second = above_zero("The exponent alpha", alpha), above_zero("The exponent beta", beta)
    return np.asarray((second / (first + second)) ** (1 / first))


def chinchilla_isoloss(factor: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> IsoLoss:
    """Price of a model smaller or larger than the best one, at the loss of the best one.

    Parameters
    ----------
    factor : array_like
        k, parameters over those of the best model for that loss.
    alpha, beta : array_like
        Exponents; neither A, B nor the compute matter.

    Returns
    -------
    IsoLoss
        ``q = ((1 - a k**-alpha) / b)**(-1/beta)`` times the tokens, ``k q`` times the compute.

    Raises
    ------
    QuantityError
        For an argument that is not above zero, or a model too small to reach the loss
        (:func:`smallest_isoloss`).

    Notes
    -----
    Derived from the shares a and b of the reducible loss at the optimum of arXiv:2203.15556, Eq. 4.
    """
    k = above_zero("The size over the best size", factor)
    least = smallest_isoloss(alpha, beta)
    if (k <= least).any():
        raise QuantityError(
            f"A model of {k.min():.3g} times the best size never reaches its loss.",
            remedy=f"Give a factor above {np.max(least):.3g}.",
        )
    first, second = (np.asarray(given, dtype=np.float64) for given in (alpha, beta))
    share = second / (first + second)
    q = np.asarray(((1 - share * k**-first) / (1 - share)) ** (-1 / second))
    return IsoLoss(q, np.asarray(k * q))


@dataclass(frozen=True)
class Overtraining:
    """A model of a chosen number of tokens per parameter, beside the best one.

    Attributes
    ----------
    params, tokens, loss : ndarray
    optimal_flops : ndarray
        Compute with which the best split reaches the same loss.
    factor : ndarray
        Compute spent over that, 1 or more.
    """

    params: Array
    tokens: Array
    loss: Array
    optimal_flops: Array
    factor: Array


def overtraining_cost(flops: ArrayLike, ratio: ArrayLike, coefficients: Values) -> Overtraining:
    """What it costs to train on ``ratio`` tokens per parameter instead of the best number.

    Raises
    ------
    QuantityError
        For an argument that is not above zero, or a coefficient that is missing.

    Notes
    -----
    Derived from arXiv:2203.15556, Eq. 4, with ``N = sqrt(C / (6 M))``.
    """
    compute, m = above_zero("The compute", flops), above_zero("The number of tokens per parameter", ratio)
    values = known(coefficients)
    size = np.asarray(np.sqrt(compute / (FLOPS_PER_PARAM_TOKEN * m)))
    tokens = np.asarray(m * size)
    loss = law("chinchilla").value({"N": size, "D": tokens}, values)
    best = frontier_flops(loss, values)
    return Overtraining(size, tokens, loss, best, np.asarray(compute / best))


def ces(alpha: ArrayLike, beta: ArrayLike, share: ArrayLike = 0.5) -> Array:
    """Elasticity of substitution between parameters and tokens at equal loss.

    Parameters
    ----------
    alpha, beta : array_like
    share : array_like
        Gain of more parameters over the gains of both (:func:`chinchilla_grad`), 0 to 1; one half where
        compute is split best.

    Returns
    -------
    ndarray
        ``1 / (1 + beta s + alpha (1 - s))``, at the best split ``2 / (2 + alpha + beta)``.

    Raises
    ------
    QuantityError
        For exponents that are not above zero, or a share outside 0 to 1.

    Notes
    -----
    Derived from arXiv:2203.15556, Eq. 2.
    """
    s = above_zero("The share", share, or_zero=True)
    if (s > 1).any():
        raise QuantityError(f"The share {s.max():g} is above 1.", remedy="Give a share from 0 to 1.")
    first, second = above_zero("The exponent alpha", alpha), above_zero("The exponent beta", beta)
    return np.asarray(1 / (1 + second * s + first * (1 - s)))
