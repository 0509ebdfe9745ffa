"""Ratios of binomials and of Beta functions without cancellation, also where samples run into millions.

Differences of log-gammas lose ten digits at a million samples. Stirling's series, with its large parts
cancelled on paper, keeps all of them. Every function here is a closed form of logarithms: a browser can
evaluate it as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array: TypeAlias = NDArray[np.float64]

_HALF_LOG_TWO_PI = 0.5 * np.log(2 * np.pi)
_BLOCK = 2**14
_SERIES_FROM = 16.0  # where four terms of Stirling's series have all digits of a double
_THREE_FROM = 64.0  # where three do


def stirling_rest(x: Array) -> Array:
    """Return ``ln Gamma(x) - (x - 1/2) ln x + x - ln(2 pi)/2`` for x above zero."""
    least = x.min() if x.size else np.inf
    inverse = np.asarray(1.0 / x)
    square = inverse * inverse
    out = np.asarray(square * (1 / 1260 if least >= _THREE_FROM else -1 / 1680))
    if least < _THREE_FROM:
        out += 1 / 1260
        out *= square
    out -= 1 / 360
    out *= square
    out += 1 / 12
    out *= inverse
    if least < _SERIES_FROM:
        small = x < _SERIES_FROM
        few = x[small]
        out[small] = special.gammaln(few) - ((few - 0.5) * np.log(few) - few + _HALF_LOG_TWO_PI)
    return out


def _cross(rest: Array, one: Array, two: Array, top: Array, a: Array, b: Array) -> Array:
    """``ln Gamma(one) + ln Gamma(two) - ln Gamma(rest) - ln Gamma(top)``, rest + a = two, two + b = top."""
    share = np.asarray(a / one * b)  # in this order what has the axes of one stays as small as it is
    share = np.divide(share, two, out=share) if share.shape == np.shape(rest) else share / two
    bend = _log_rest(share, lambda: np.broadcast_to(rest / two * (top / one), share.shape))
    bend *= rest - 0.5
    falls = np.asarray(a * _log_left(two, b, top))
    falls = np.asarray(falls + b * _log_left(one, a, top))
    falls -= bend
    falls += stirling_rest(one) - stirling_rest(top) + stirling_rest(two)
    falls -= stirling_rest(rest)
    np.minimum(falls, 0.0, out=falls)
    if not (a.all() and b.all()):
        falls *= (a > 0) & (b > 0)
    return falls


def _log_left(left: Array, taken: Array, top: Array) -> Array:
    """``ln(left / top)`` with ``left = top - taken``, whichever of the two is small."""
    share = np.asarray(taken / top)
    return _log_rest(share, lambda: np.broadcast_to(left / top, share.shape))


def _log_rest(share: Array, rest: Callable[[], Array]) -> Array:
    """``ln(1 - share)``, from the rest itself where the share is most of it; ``share`` is used up."""
    if not share.size or share.max() <= 0.5:
        np.negative(share, out=share)
        return np.asarray(np.log1p(share, out=share))
    most = share > 0.5
    out = np.asarray(np.log1p(-np.minimum(share, 0.5)))
    out[most] = np.log(rest()[most])
    return out


def log_miss(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Array:
    """``ln[C(n-c, k) / C(n, k)]``: all of k samples, drawn from n without replacement, miss the c successes.

    Parameters
    ----------
    n, c, k : array_like
        Whole numbers with ``c, k <= n``; they broadcast.

    Returns
    -------
    ndarray
        Minus infinity where k is more than the n - c failures.
    """
    n, c, k = (np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (n, c, k))
    shape = np.broadcast_shapes(n.shape, c.shape, k.shape)
    if len(shape) < 2 or shape[0] * shape[-1] <= _BLOCK:
        return _log_miss(n, c, k)
    # Rows in blocks that stay in the processor's cache: twice as fast on large tables.
    out = np.empty(shape)
    rows = max(1, _BLOCK * shape[0] // int(np.prod(shape)))
    for start in range(0, shape[0], rows):
        some = slice(start, start + rows)
        parts = (v[some] if v.ndim == len(shape) and v.shape[0] == shape[0] else v for v in (n, c, k))
        out[some] = _log_miss(*parts)
    return out


def _log_miss(n: Array, c: Array, k: Array) -> Array:
    left = np.asarray(n - c - k)  # has all axes
    over = left < 0 if left.size and left.min() < 0 else None
    if over is not None:
        np.maximum(left, 0.0, out=left)
    left += 1
    out = _cross(left, n - c + 1, n - k + 1, n + 1, c, k)
    if over is not None:
        out[over] = -np.inf
    return out


def log_beta_ratio(b: ArrayLike, a: ArrayLike, k: ArrayLike) -> Array:
    """``ln[B(a, b + k) / B(a, b)]``: log of the mean of ``(1-p)**k`` for p ~ Beta(a, b).

    Parameters
    ----------
    b, a : array_like
        Above zero.
    k : array_like
        Zero or above, whole or not.
    """
    b, a, k = (np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (b, a, k))
    return _cross(b, b + k, b + a, b + a + k, a, k)


def log_binomial_pmf(x: ArrayLike, n: ArrayLike, p: ArrayLike) -> Array:
    """Log of the binomial probability of x successes in n, p strictly between 0 and 1.

    Notes
    -----
    Saddle-point form of Loader (2000), "Fast and accurate computation of binomial probabilities": accurate in
    relative terms for any n.
    """
    x, n, p = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (x, n, p)))
    inside = (x > 0) & (x < n)
    mid, total = np.where(inside, x, 1.0), np.where(inside, n, 2.0)
    other = total - mid
    # Gamma(x + 1) = x Gamma(x): the rest of Stirling's series is that of x itself.
    rest = stirling_rest(total) - stirling_rest(mid) - stirling_rest(other)
    body = rest - _deviance(mid, total * p) - _deviance(other, total * (1 - p))
    body += 0.5 * np.log(total / (2 * np.pi * mid * other))
    edge = np.where(x == 0, n * np.log1p(-p), n * np.log(p))
    outside = (x < 0) | (x > n)
    return np.asarray(np.where(outside, -np.inf, np.where(inside, body, edge)))


def _deviance(x: Array, mean: Array) -> Array:
    """``x ln(x / mean) + mean - x``, also where x is close to the mean."""
    apart = (x - mean) / (x + mean)
    close = np.abs(apart) < 0.1
    square = np.where(close, apart * apart, 0.0)
    series = np.zeros_like(x)
    for j in range(9, 0, -1):
        series = square * (1.0 / (2 * j + 1) + series)
    near = (x - mean) * apart + 2 * x * apart * series
    return np.asarray(np.where(close, near, x * np.log(x / mean) + mean - x))


def log_hypergeometric_pmf(x: ArrayLike, n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Array:
    """Log probability that k of n samples, without replacement, hold x of the c successes (``0 < k < n``)."""
    x, n, c, k = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (x, n, c, k)))
    p = k / n
    parts = log_binomial_pmf(x, c, p) + log_binomial_pmf(k - x, n - c, p)
    return np.asarray(parts - log_binomial_pmf(k, n, p))


def tanh_sinh() -> tuple[Array, Array, Array]:
    """Nodes on (0, 1), their distances from 1, and weights of the double-exponential rule.

    Takes integrands with algebraic ends of any power, as those of difficulty spread over problems have.
    """
    step = 1 / 32
    t = np.arange(-5.6, 5.6 + step / 2, step)
    lift = np.pi / 2 * np.sinh(t)
    low, high = 1 / (1 + np.exp(-2 * lift)), 1 / (1 + np.exp(2 * lift))
    weight = step * np.pi * np.cosh(t) * low * high
    kept = (weight > 0) & (low > 0) & (high > 0)
    return low[kept], high[kept], weight[kept]
