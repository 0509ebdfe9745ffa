"""Units of losses, data, sizes, compute and coefficients, each conversion a function named after it.

Papers report a loss in nats or bits, per token or per byte, count parameters with or without the embedding,
and fit in billions. A comparison is only as good as the conversion before it, so each one here is explicit
and takes what it depends on (the tokenizer's tokens per byte, the exponent of a coefficient) as an argument.
Every function is vectorised: arguments broadcast, the answer is an array of their common shape.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import QuantityError

__all__ = [
    "FLOPS_PER_PFDAY",
    "above_zero",
    "active_params",
    "bits_per_byte_to_nats",
    "bits_to_nats",
    "characters_to_tokens",
    "flops_to_pfdays",
    "from_billions",
    "nats_to_bits",
    "nats_to_bits_per_byte",
    "nats_to_perplexity",
    "nonembedding_params",
    "per_billion",
    "perplexity_to_nats",
    "pfdays_to_flops",
    "tokens_to_characters",
    "total_params",
    "total_params_of_active",
]

Array: TypeAlias = NDArray[np.float64]

FLOPS_PER_PFDAY = 1e15 * 24 * 3600
"""One petaflop per second for a day, 8.64e19 FLOP (arXiv:2001.08361)."""


def above_zero(name: str, value: ArrayLike, *, or_zero: bool = False) -> Array:
    """Return the value as an array of floats if every entry is finite and above zero.

    Parameters
    ----------
    name : str
        What the value is, the subject of the refusal: "The loss".
    value : array_like
    or_zero : bool
        Whether zero is allowed.

    Returns
    -------
    ndarray

    Raises
    ------
    QuantityError
        If it is not numbers, or one of them is not finite or not above zero.
    """
    bound = "zero or above" if or_zero else "above zero"
    remedy = f"Give finite numbers, {bound}."
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise QuantityError(f"{name} is not a number.", remedy=remedy) from None
    with np.errstate(invalid="ignore"):
        bad = ~(np.isfinite(numbers) & ((numbers >= 0) if or_zero else (numbers > 0)))
    if bad.any():
        place = "" if numbers.ndim == 0 else f" at position {np.flatnonzero(bad)[0]}"
        raise QuantityError(f"{name} is {numbers[bad][0]:g}{place}, not {bound}.", remedy=remedy)
    return numbers


# -- losses ------------------------------------------------------------------------------------------


def nats_to_bits(loss: ArrayLike) -> Array:
    """Loss in bits from a loss in nats: ``loss / ln 2``.

    Raises
    ------
    QuantityError
        For a loss that is not above zero.
    """
    return np.asarray(above_zero("The loss", loss) / np.log(2.0))


def bits_to_nats(bits: ArrayLike) -> Array:
    """Loss in nats from a loss in bits: ``bits ln 2``.

    Raises
    ------
    QuantityError
        For a loss that is not above zero.
    """
    return np.asarray(above_zero("The loss", bits) * np.log(2.0))


def nats_to_perplexity(loss: ArrayLike) -> Array:
    """Perplexity ``exp(loss)`` of a loss in nats.

    Raises
    ------
    QuantityError
        For a loss that is not above zero, or whose perplexity is too large for a number (709 nats).
    """
    nats = above_zero("The loss", loss)
    if (nats > 709.0).any():
        raise QuantityError(
            f"The loss {nats.max():g} has no perplexity that a number can hold.",
            remedy="Give the loss in nats per token, not summed over a text.",
        )
    return np.asarray(np.exp(nats))


def perplexity_to_nats(perplexity: ArrayLike) -> Array:
    """Loss in nats of a perplexity: its natural logarithm.

    Raises
    ------
    QuantityError
        For a perplexity of 1 or below, which no model that can be wrong has.
    """
    given = above_zero("The perplexity", perplexity)
    if (given <= 1.0).any():
        raise QuantityError(
            f"The perplexity {given.min():g} is not above 1.",
            remedy="If the numbers are losses, they need no conversion; else give exp(loss).",
        )
    return np.asarray(np.log(given))


def nats_to_bits_per_byte(loss: ArrayLike, *, tokens_per_byte: ArrayLike) -> Array:
    """Bits per byte of text: ``tokens_per_byte * loss / ln 2``.

    Parameters
    ----------
    loss : array_like
        Nats per token.
    tokens_per_byte : array_like
        Of the tokenizer on the text the loss is measured on; 0.29335 for GPT-2's on the Pile
        (arXiv:2101.00027).

    Returns
    -------
    ndarray

    Raises
    ------
    QuantityError
        For an argument that is not above zero.
    """
    return np.asarray(nats_to_bits(loss) * above_zero("The number of tokens per byte", tokens_per_byte))


def bits_per_byte_to_nats(bits: ArrayLike, *, tokens_per_byte: ArrayLike) -> Array:
    """Nats per token from bits per byte, the inverse of :func:`nats_to_bits_per_byte`.

    Raises
    ------
    QuantityError
        For an argument that is not above zero.
    """
    return np.asarray(bits_to_nats(bits) / above_zero("The number of tokens per byte", tokens_per_byte))


# -- data and sizes ------------------------------------------------------------------------------------


def tokens_to_characters(tokens: ArrayLike, *, characters_per_token: ArrayLike) -> Array:
    """Characters in a number of tokens; the ratio is the tokenizer's on that text.

    Raises
    ------
    QuantityError
        For an argument that is not above zero.
    """
    ratio = above_zero("The number of characters per token", characters_per_token)
    return np.asarray(above_zero("The number of tokens", tokens) * ratio)


def characters_to_tokens(characters: ArrayLike, *, characters_per_token: ArrayLike) -> Array:
    """Tokens in a number of characters, the inverse of :func:`tokens_to_characters`.

    Raises
    ------
    QuantityError
        For an argument that is not above zero.
    """
    ratio = above_zero("The number of characters per token", characters_per_token)
    return np.asarray(above_zero("The number of characters", characters) / ratio)


def total_params(
    nonembedding: ArrayLike,
    *,
    vocab: ArrayLike,
    width: ArrayLike,
    tied: bool = True,
    positions: ArrayLike = 0,
) -> Array:
    """All parameters of a model from those without embeddings.

    Parameters
    ----------
    nonembedding : array_like
        Parameters without embedding, output head and positions.
    vocab, width : array_like
        Entries of the vocabulary and the width of the residual stream.
    tied : bool
        Whether the output head is the embedding matrix; else it counts a second time.
    positions : array_like
        Learned position vectors; 0 for rotary or fixed ones.

    Returns
    -------
    ndarray

    Raises
    ------
    QuantityError
        For a number that is not above zero (positions: below zero).
    """
    inner = above_zero("The number of parameters without embeddings", nonembedding)
    return np.asarray(inner + _embedding(vocab, width, tied, positions))


def nonembedding_params(
    params: ArrayLike, *, vocab: ArrayLike, width: ArrayLike, tied: bool = True, positions: ArrayLike = 0
) -> Array:
    """Parameters without embeddings from all of them, the inverse of :func:`total_params`.

    Raises
    ------
    QuantityError
        For a number that is not above zero (positions: below zero), or if the embeddings alone have as many
        parameters as the model is said to have.
    """
    whole = above_zero("The number of parameters", params)
    embedding = _embedding(vocab, width, tied, positions)
    inner = np.asarray(whole - embedding)
    if (inner <= 0).any():
        raise QuantityError(
            f"The embeddings have {embedding.max():g} parameters, the whole model {whole.min():g}.",
            remedy="Check vocabulary, width and head; the count may already leave them out.",
        )
    return inner


def _embedding(vocab: ArrayLike, width: ArrayLike, tied: bool, positions: ArrayLike) -> Array:
    rows = above_zero("The vocabulary", vocab) * (1 if tied else 2)
    rows = rows + above_zero("The number of positions", positions, or_zero=True)
    return np.asarray(rows * above_zero("The width", width))


def active_params(params: ArrayLike, *, expert: ArrayLike, experts: ArrayLike, active: ArrayLike) -> Array:
    """Parameters that one token passes through in a mixture of experts, from all of them.

    Parameters
    ----------
    params : array_like
        All parameters.
    expert : array_like
        Parameters of one expert, over all layers that have one.
    experts, active : array_like
        Experts there are, and experts that a token is sent to.

    Returns
    -------
    ndarray
        ``params - (experts - active) expert``: compute is counted with these, memory with all.

    Raises
    ------
    QuantityError
        For a number that is not above zero, more active experts than there are, or experts that have as many
        parameters together as the whole model.
    """
    whole = above_zero("The number of parameters", params)
    one, idle = _idle(expert, experts, active)
    if (whole <= one * above_zero("The number of experts", experts)).any():
        raise QuantityError(
            f"The experts alone have the {whole.min():g} parameters of the whole model.",
            remedy="Give the parameters of one expert, over all layers; the count may be of active ones.",
        )
    return np.asarray(whole - idle)


def total_params_of_active(
    params: ArrayLike, *, expert: ArrayLike, experts: ArrayLike, active: ArrayLike
) -> Array:
    """All parameters of a mixture of experts from the active ones, the inverse of :func:`active_params`.

    Raises
    ------
    QuantityError
        For a number that is not above zero, or more active experts than there are.
    """
    return np.asarray(
        above_zero("The number of active parameters", params) + _idle(expert, experts, active)[1]
    )


def _idle(expert: ArrayLike, experts: ArrayLike, active: ArrayLike) -> tuple[Array, Array]:
    """Parameters of one expert, and of those that a token does not meet."""
    one = above_zero("The number of parameters of an expert", expert)
    there = above_zero("The number of experts", experts)
    used = above_zero("The number of active experts", active)
    if (used > there).any():
        raise QuantityError(
            f"{used.max():g} experts are active of {there.min():g}.", remedy="Give experts=8, active=2."
        )
    return one, np.asarray((there - used) * one)


# -- compute and coefficients ----------------------------------------------------------------------------


def pfdays_to_flops(pfdays: ArrayLike) -> Array:
    """FLOP in petaflop/s-days, 8.64e19 each (arXiv:2001.08361).

    Raises
    ------
    QuantityError
        For an amount that is not above zero.
    """
    return np.asarray(above_zero("The compute", pfdays) * FLOPS_PER_PFDAY)


def flops_to_pfdays(flops: ArrayLike) -> Array:
    """Petaflop/s-days in an amount of FLOP, the inverse of :func:`pfdays_to_flops`.

    Raises
    ------
    QuantityError
        For an amount that is not above zero.
    """
    return np.asarray(above_zero("The compute", flops) / FLOPS_PER_PFDAY)


def per_billion(coefficient: ArrayLike, exponent: ArrayLike) -> Array:
    """Coefficient of a power of billions, from that of a power of units.

    Parameters
    ----------
    coefficient : array_like
        A of ``A / N**alpha``, N in parameters (or tokens).
    exponent : array_like
        alpha.

    Returns
    -------
    ndarray
        ``A * 1e9**-alpha``: the same term with N in billions.

    Raises
    ------
    QuantityError
        For a coefficient or an exponent that is not above zero.
    """
    amount = above_zero("The coefficient", coefficient)
    return np.asarray(amount * 1e9 ** -above_zero("The exponent", exponent))


def from_billions(coefficient: ArrayLike, exponent: ArrayLike) -> Array:
    """Coefficient of a power of units, from that of a power of billions; inverts :func:`per_billion`.

    Raises
    ------
    QuantityError
        For a coefficient or an exponent that is not above zero.
    """
    amount = above_zero("The coefficient", coefficient)
    return np.asarray(amount * 1e9 ** above_zero("The exponent", exponent))
