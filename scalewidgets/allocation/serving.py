"""The split of compute when the model is also served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN

from .closed_forms import Values, chinchilla_grad, known, reducible

Array: TypeAlias = NDArray[np.float64]

_HALVINGS = 80  # of a bracket of a few units: to the last digit


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
    values = known(coefficients)
    above = reducible(target_loss, values)
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
