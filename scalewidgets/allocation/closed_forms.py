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
_HALVINGS = 80


def _known(coefficients: Values, names: tuple[str, ...] = _NAMES) -> dict[str, Array]:
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
    values = _known(coefficients)
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
    values = _known(coefficients)
    above = _reducible(loss, values)
    unit = chinchilla_opt(FLOPS_PER_PARAM_TOKEN, values)
    # The floor is left out rather than subtracted again.
    amplitude = optimum(law("chinchilla"), {**values, "E": 0.0}, FLOPS_PER_PARAM_TOKEN).loss
    return np.asarray(FLOPS_PER_PARAM_TOKEN * (amplitude / above) ** (1 / unit.loss_exponent))


def _reducible(loss: ArrayLike, values: Mapping[str, Array]) -> Array:
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
    values = _known(coefficients)
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
    """Share of the best size below which no number of tokens reaches its loss, ``a**(1/alpha)``."""
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
    values = _known(coefficients)
    size = np.asarray(np.sqrt(compute / (FLOPS_PER_PARAM_TOKEN * m)))
    tokens = np.asarray(m * size)
    loss = law("chinchilla").value({"N": size, "D": tokens}, values)
    best = frontier_flops(loss, values)
    return Overtraining(size, tokens, loss, best, np.asarray(compute / best))


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
    values = _known(coefficients)
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


@dataclass(frozen=True)
class InferenceAware:
    """The model that costs least to train and serve; ``flops`` is of both together."""

    params: Array
    tokens: Array
    flops: Array


def inference_aware(target_loss: ArrayLike, served: ArrayLike, coefficients: Values) -> InferenceAware:
    """Params and tokens with the least ``6 N D + 2 N D_inf`` among all models of one loss.

    Parameters
    ----------
    target_loss : array_like
        Loss that the model has to have.
    served : array_like
        Tokens of inference over the life of the model, 0 or more. If a FLOP of serving costs r times one
        of training, give r times the tokens.
    coefficients : mapping of str to array_like

    Returns
    -------
    InferenceAware

    Raises
    ------
    QuantityError
        For a loss that is not above E, negative tokens, or coefficients as in :func:`chinchilla_opt`.

    Notes
    -----
    arXiv:2401.00448, Eq. 3. The best has ``alpha A N**-alpha / (beta B D**-beta) = 1 + D_inf / (3 D)``;
    in the log odds y of the share of N in the reducible loss that reads
    ``y = ln(beta/alpha) + ln(1 + D_inf / (3 D(y)))`` with D growing in y, so one root lies in a bracket
    known beforehand and halving finds it.
    """
    values = _known(coefficients)
    above = _reducible(target_loss, values)
    ask = above_zero("The number of tokens served", served, or_zero=True)
    alpha, beta = values["alpha"], values["beta"]

    def tokens(y: Array) -> Array:
        return np.asarray((values["B"] * (1 + np.exp(y)) / above) ** (1 / beta))

    def odds(y: Array) -> Array:
        return np.asarray(np.log(beta / alpha) + np.log1p(ask / (3 * tokens(y))))

    low = np.asarray(np.log(beta / alpha) + 0.0 * (above + ask))
    high = odds(low)
    for _ in range(_HALVINGS):
        middle = np.asarray((low + high) / 2)
        below = middle < odds(middle)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    y = np.asarray((low + high) / 2)
    data = tokens(y)
    size = np.asarray((values["A"] * (1 + np.exp(-y)) / above) ** (1 / alpha))
    return InferenceAware(size, data, np.asarray(FLOPS_PER_PARAM_TOKEN * size * data + 2 * size * ask))


def implied_inference(params: ArrayLike, tokens: ArrayLike, coefficients: Values) -> Array:
    """Tokens of inference for which a model would be the cheapest of its loss: the inverse question.

    Returns
    -------
    ndarray
        ``3 D (ratio of gains - 1)``; negative if the model is larger than best, which no serving explains.

    Raises
    ------
    QuantityError
        As :func:`chinchilla_grad`.

    Notes
    -----
    From the condition of arXiv:2401.00448, Eq. 3.
    """
    gains = chinchilla_grad(params, tokens, coefficients)
    return np.asarray(3.0 * np.asarray(tokens, dtype=np.float64) * (gains.params / gains.tokens - 1))


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
    values = _known(coefficients, ("N_c", "D_c", "alpha_N", "alpha_D"))
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
