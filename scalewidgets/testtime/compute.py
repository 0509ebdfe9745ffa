"""FLOP, memory and seconds of generating: what parallel samples and sequential rounds take on a device.

Convention: 2 FLOP per active parameter and token, and attention over the cached context, ``4 layers width
context``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .best_of import longest_of_k
from .checks import Array, numbers, positive, shares, whole


@dataclass(frozen=True)
class GenerationFlops:
    """FLOP of answering one problem.

    Attributes
    ----------
    prefill : ndarray
        Reading the prompt, once.
    decode : ndarray
        Writing one answer.
    total : ndarray
        Prefill and all answers.
    """

    prefill: Array
    decode: Array
    total: Array


def generation_flops(
    n_active: ArrayLike,
    prompt: ArrayLike,
    output: ArrayLike,
    n: ArrayLike = 1,
    *,
    layers: ArrayLike = 0,
    width: ArrayLike = 0,
) -> GenerationFlops:
    """FLOP of n answers to one prompt that is read once.

    Parameters
    ----------
    n_active : array_like
        Active parameters; of a mixture of experts, those of one token.
    prompt, output : array_like
        Tokens of the prompt and of one answer.
    n : array_like
        Answers.
    layers, width : array_like
        Layers and width of attention (heads times head dimension; grouped queries do not lower it); 0 leaves
        attention out.

    Raises
    ------
    QuantityError
        For amounts that are not above zero, or answers that are not whole.

    Notes
    -----
    ``2 N S + 4 L d S(S+1)/2`` and ``2 N T + 4 L d (S T + T(T+1)/2)``.
    """
    size = positive("The number of active parameters", n_active)
    first = _or_zero("The prompt", prompt)
    later = _or_zero("The answer", output)
    attention = 4 * _or_zero("The layers", layers) * _or_zero("The width", width)
    prefill = 2 * size * first + attention * first * (first + 1) / 2
    decode = 2 * size * later + attention * (first * later + later * (later + 1) / 2)
    total = prefill + whole("The number of answers", n) * decode
    return GenerationFlops(np.asarray(prefill), np.asarray(decode), np.asarray(total))


def kv_bytes_per_token(
    layers: ArrayLike, kv_heads: ArrayLike, head_width: ArrayLike, value_bytes: ArrayLike = 2
) -> Array:
    """Memory of the keys and values of one token, ``2 layers kv_heads head_width bytes``.

    Raises
    ------
    QuantityError
        For amounts that are not above zero.
    """
    each = positive("The layers", layers) * positive("The key and value heads", kv_heads)
    return np.asarray(
        2 * each * positive("The width of a head", head_width) * positive("The bytes", value_bytes)
    )


def kv_bytes_parallel(per_token: ArrayLike, prompt: ArrayLike, output: ArrayLike, n: ArrayLike) -> Array:
    """Memory of the cache of n samples that share their prompt, ``(S + n T)`` tokens.

    Raises
    ------
    QuantityError
        For amounts that are not above zero.
    """
    tokens = _or_zero("The prompt", prompt) + whole("The samples", n) * _or_zero("The answer", output)
    return np.asarray(positive("The bytes of a token", per_token) * tokens)


def kv_bytes_sequential(
    per_token: ArrayLike, prompt: ArrayLike, output: ArrayLike, rounds: ArrayLike, feedback: ArrayLike = 0
) -> Array:
    """Memory of the cache after rounds that all stay in the context, ``S + R (T + F)`` tokens.

    Raises
    ------
    QuantityError
        For amounts that are not above zero.
    """
    said = _or_zero("The answer", output) + _or_zero("The feedback", feedback)
    tokens = _or_zero("The prompt", prompt) + whole("The rounds", rounds) * said
    return np.asarray(positive("The bytes of a token", per_token) * tokens)


def decode_seconds(
    batch: ArrayLike,
    *,
    n_active: ArrayLike,
    weight_bytes: ArrayLike,
    peak_flops: ArrayLike,
    utilisation: ArrayLike,
    bandwidth: ArrayLike,
    context: ArrayLike = 0,
    kv_per_token: ArrayLike = 0,
) -> Array:
    """Seconds of one decoding step of a batch: the slower of arithmetic and of reading weights and caches.

    Parameters
    ----------
    batch : array_like
        Sequences decoded at once.
    n_active, weight_bytes : array_like
        Active parameters; bytes of all weights that are read.
    peak_flops, bandwidth : array_like
        FLOP/s and bytes/s of the device, such as ``sw.allocation.device("H100 SXM")``.
    utilisation : array_like
        Share of the peak that arithmetic reaches, above 0 to 1.
    context, kv_per_token : array_like
        Tokens of context of each sequence, and bytes of each.

    Raises
    ------
    QuantityError
        For amounts that are not above zero, or a utilisation above 1.

    Notes
    -----
    ``max(2 N b / (peak MFU), (weights + b context kv) / bandwidth)``.
    """
    count = whole("The batch", batch, least=1)
    rate = positive("The peak rate", peak_flops) * positive(
        "The utilisation", shares("The utilisation", utilisation)
    )
    arithmetic = 2 * positive("The number of active parameters", n_active) * count / rate
    cache = count * _or_zero("The context", context) * _or_zero("The bytes of a token", kv_per_token)
    reading = (positive("The bytes of the weights", weight_bytes) + cache) / positive(
        "The bandwidth", bandwidth
    )
    return np.asarray(np.maximum(arithmetic, reading))


def crossover_batch(
    *,
    n_active: ArrayLike,
    weight_bytes: ArrayLike,
    peak_flops: ArrayLike,
    utilisation: ArrayLike,
    bandwidth: ArrayLike,
) -> Array:
    """Batch up to which more parallel samples take no more time: ``peak MFU weights / (2 N bandwidth)``.

    Raises
    ------
    QuantityError
        For amounts that are not above zero, or a utilisation above 1.
    """
    rate = positive("The peak rate", peak_flops) * positive(
        "The utilisation", shares("The utilisation", utilisation)
    )
    each = 2 * positive("The number of active parameters", n_active) * positive("The bandwidth", bandwidth)
    return np.asarray(rate * positive("The bytes of the weights", weight_bytes) / each)


def parallel_seconds(prefill: ArrayLike, longest: ArrayLike, step: ArrayLike) -> Array:
    """Seconds until all parallel samples are there: the prompt, then the longest answer step by step.

    ``longest`` comes from :func:`longest_exponential` or from recorded lengths
    (:func:`~scalewidgets.testtime.longest_of_k`), ``step`` from :func:`decode_seconds` of the whole batch.

    Raises
    ------
    QuantityError
        For amounts that are negative.
    """
    return np.asarray(
        _or_zero("The prefill", prefill)
        + _or_zero("The longest answer", longest) * _or_zero("The step", step)
    )


def sequential_seconds(prefill: ArrayLike, output: ArrayLike, step: ArrayLike, rounds: ArrayLike) -> Array:
    """Seconds of rounds one after the other: each reads what is new and writes its answer.

    Raises
    ------
    QuantityError
        For amounts that are negative, or rounds that are not whole.
    """
    return np.asarray(whole("The rounds", rounds) * parallel_seconds(prefill, output, step))


def longest_exponential(mean: ArrayLike, n: ArrayLike) -> Array:
    """Expected longest of n answers of exponential length: the mean times ``1 + 1/2 + ... + 1/n``.

    Raises
    ------
    QuantityError
        For a mean that is not above zero, or n that is not whole.
    """
    from scipy.special import digamma

    count = whole("The samples", n, least=1)
    return np.asarray(positive("The mean length", mean) * (digamma(count + 1) + np.euler_gamma))


def longest_recorded(lengths: ArrayLike, n: ArrayLike) -> Array:
    """Expected longest of n of the recorded lengths, exact over all subsets.

    Raises
    ------
    QuantityError
        For n above the number of lengths.
    """
    return longest_of_k(lengths, n)


# -- drafts of a smaller model -----------------------------------------------------------------------


def speculative_tokens(acceptance: ArrayLike, drafted: ArrayLike) -> Array:
    """Tokens of one pass of the large model when each drafted token is accepted alike.

    ``(1 - a**(g+1)) / (1 - a)``, g + 1 where all are accepted.

    Raises
    ------
    QuantityError
        For an acceptance outside 0 to 1, or drafts that are not whole.

    Notes
    -----
    Leviathan et al. 2022, arXiv:2211.17192.
    """
    rate, count = shares("The acceptance", acceptance), whole("The drafted tokens", drafted)
    safe = np.where(rate < 1, rate, 0.0)
    return np.asarray(np.where(rate < 1, (1 - safe ** (count + 1)) / (1 - safe), count + 1))


def speculative_speedup(acceptance: ArrayLike, drafted: ArrayLike, draft_cost: ArrayLike) -> Array:
    """Speed-up by drafts: tokens of a pass over its time, ``g c + 1`` passes of the large model.

    Parameters
    ----------
    acceptance, drafted : array_like
    draft_cost : array_like
        Time of one drafting step over that of a pass of the large model.

    Raises
    ------
    QuantityError
        As :func:`speculative_tokens`, or for a negative cost.
    """
    count = whole("The drafted tokens", drafted)
    return np.asarray(
        speculative_tokens(acceptance, count) / (count * _or_zero("The cost of a draft", draft_cost) + 1)
    )


def best_draft(acceptance: float, draft_cost: float, most: int = 64) -> int:
    """Number of drafted tokens with the largest speed-up, 0 if drafts do not pay.

    Raises
    ------
    QuantityError
        As :func:`speculative_speedup`.
    """
    return int(np.argmax(speculative_speedup(acceptance, np.arange(most + 1), draft_cost)))


def acceptance_line(intercept: ArrayLike, slope: ArrayLike, x: ArrayLike) -> Array:
    """Acceptance that is linear in a logarithm, ``u + v ln x``, with the user's own u and v, kept in 0 to 1.

    Raises
    ------
    QuantityError
        For x that is not above zero.

    Notes
    -----
    Form of arXiv:2505.07858; no coefficients are known here.
    """
    line = numbers("u", intercept) + numbers("v", slope) * np.log(positive("x", x))
    return np.asarray(np.clip(line, 0.0, 1.0))


def _or_zero(name: str, value: ArrayLike) -> Array:
    from scalewidgets.conversions import above_zero

    return above_zero(name, value, or_zero=True)
