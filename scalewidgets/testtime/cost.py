"""Tokens and dollars of parallel samples and of sequential rounds. Prices are in dollars for one token."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalewidgets.errors import QuantityError

from .checks import Array, numbers, whole
from .single import expected_attempts


def _amount(name: str, value: ArrayLike) -> Array:
    found = numbers(name, value)
    if (found < 0).any():
        raise QuantityError(f"{name} is below zero.", remedy="Give 0 or more.")
    return found


def parallel_dollars(
    prompt: ArrayLike,
    output: ArrayLike,
    n: ArrayLike,
    *,
    input_price: ArrayLike,
    output_price: ArrayLike,
    cached_price: ArrayLike | None = None,
    shared_prompt: bool = False,
) -> Array:
    """Dollars of n samples of one problem, side by side.

    Parameters
    ----------
    prompt, output : array_like
        Tokens of the prompt, and of one answer on average.
    n : array_like
        Samples, 0 or more.
    input_price, output_price : array_like
        Dollars for one token.
    cached_price : array_like, optional
        Dollars for one token of a prompt sent again, where the provider keeps it.
    shared_prompt : bool
        Whether one request asks for all n answers, so that the prompt is paid once.

    Returns
    -------
    ndarray
        ``c_in S + c_out n T`` with a shared prompt, else ``n (c_in S + c_out T)``, repeats at the cached
        price.

    Raises
    ------
    QuantityError
        For negative amounts, or samples that are not whole.
    """
    size, answer = _amount("The prompt", prompt), _amount("The answer", output)
    count = whole("The number of samples n", n)
    c_in, c_out = _amount("The input price", input_price), _amount("The output price", output_price)
    again = c_in if cached_price is None else _amount("The cached price", cached_price)
    repeats = np.zeros_like(count) if shared_prompt else np.maximum(count - 1, 0)
    return np.asarray(size * (c_in * (count > 0) + again * repeats) + c_out * count * answer)


def sequential_dollars(
    prompt: ArrayLike,
    output: ArrayLike,
    rounds: ArrayLike,
    *,
    input_price: ArrayLike,
    output_price: ArrayLike,
    feedback: ArrayLike = 0.0,
    cached_price: ArrayLike | None = None,
) -> Array:
    """Dollars of rounds that each see all that was said before.

    Parameters
    ----------
    prompt, output, feedback : array_like
        Tokens of the prompt, of one round's answer, and of what is said between rounds.
    rounds : array_like
        0 or more.
    input_price, output_price, cached_price : array_like
        As in :func:`parallel_dollars`. With a cached price, what was sent before costs that.

    Returns
    -------
    ndarray
        Quadratic in the rounds unless cached tokens are free:
        ``c_in (R S + (T+F) R(R-1)/2) + c_out R T``.

    Raises
    ------
    QuantityError
        For negative amounts, or rounds that are not whole.
    """
    size, answer, between = (
        _amount(name, v)
        for name, v in (("The prompt", prompt), ("The answer", output), ("The feedback", feedback))
    )
    count = whole("The number of rounds", rounds)
    c_in, c_out = _amount("The input price", input_price), _amount("The output price", output_price)
    hit = c_in if cached_price is None else _amount("The cached price", cached_price)
    later = np.maximum(count - 1, 0)
    new = np.where(count > 0, size + later * between, 0.0)
    old = later * size + answer * count * later / 2 + between * later * np.maximum(count - 2, 0) / 2
    return np.asarray(c_in * new + hit * old + c_out * count * answer)


def tokens_parallel(
    prompt: ArrayLike, output: ArrayLike, n: ArrayLike, *, shared_prompt: bool = False
) -> Array:
    """Tokens of n samples side by side, prompts and answers.

    Raises
    ------
    QuantityError
        As :func:`parallel_dollars`.
    """
    return parallel_dollars(prompt, output, n, input_price=1.0, output_price=1.0, shared_prompt=shared_prompt)


def tokens_sequential(
    prompt: ArrayLike, output: ArrayLike, rounds: ArrayLike, *, feedback: ArrayLike = 0.0
) -> Array:
    """Tokens of sequential rounds that each see all that was said before.

    Raises
    ------
    QuantityError
        As :func:`sequential_dollars`.
    """
    return sequential_dollars(prompt, output, rounds, input_price=1.0, output_price=1.0, feedback=feedback)


def dollars_until_success(
    p: ArrayLike, k: ArrayLike, *, per_sample: ArrayLike, once: ArrayLike = 0.0
) -> Array:
    """Dollars of a problem on average when sampling stops at the first success, k at most.

    Parameters
    ----------
    p : array_like
        Success rate of each problem, or the acceptance rate of the verifier that stops.
    k : array_like
        Cap.
    per_sample, once : array_like
        Dollars of one sample with its check, and what is paid whatever happens.

    Raises
    ------
    QuantityError
        For rates outside 0 to 1, a cap that is not whole, or negative prices.

    Notes
    -----
    ``(1 - (1-p)**k) / p`` samples; the mean over Beta rates is
    :func:`~scalewidgets.testtime.expected_attempts_beta`.
    """
    return np.asarray(
        _amount("The fixed price", once)
        + _amount("The price of a sample", per_sample) * expected_attempts(p, k)
    )
