"""Coverage where success rates are spread over problems: why exponentials add up to a power law.

With a density of success rates that goes as ``p**(b-1)`` near zero, ``-ln C(k)`` goes as ``k**-b``: the left
tail alone sets the exponent (Schaeffer et al. 2025, arXiv:2502.17578, Theorems 3.1 and 3.2).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from scalewidgets.errors import QuantityError

from .checks import Array, positive, shares, whole
from .gammas import log_beta_ratio, log_binomial_pmf, tanh_sinh

_SUMMED = 10**5  # attempts up to which a mean is summed term by term


def coverage_beta(
    a: ArrayLike, b: ArrayLike, k: ArrayLike, *, scale: float = 1.0, unsolvable: ArrayLike = 0.0
) -> Array:
    """Coverage of problems whose success rates follow a Beta distribution.

    Parameters
    ----------
    a, b : array_like
        Shapes, above zero; ``a`` is the exponent of the tail.
    k : array_like
        Samples, 0 or more; broadcasts with the shapes.
    scale : float
        Largest success rate u: rates are u times a Beta variable.
    unsolvable : array_like
        Share of problems with success rate 0, whose coverage never comes: the plateau is at one minus it.

    Returns
    -------
    ndarray

    Raises
    ------
    QuantityError
        For shapes that are not above zero, shares outside 0 to 1, or samples that are not whole.

    Notes
    -----
    ``(1 - w0) (1 - B(a, b+k)/B(a, b))``; closed form in logarithms. Scaled, ``1 - 2F1(-k, a; a+b; u)``,
    summed here as the mean over a binomial thinning of the k samples, whose terms are all positive.
    """
    one, two = positive("The shape a", a), positive("The shape b", b)
    asked = whole("The number of samples k", k)
    lost = shares("The share of unsolvable problems", unsolvable)
    top = float(shares("The scale", scale))
    one, two, asked, lost = np.broadcast_arrays(one, two, asked, lost)
    if top == 1.0:
        found = -np.expm1(log_beta_ratio(two.ravel(), one.ravel(), asked.ravel()))
        return np.asarray((1 - lost) * found.reshape(asked.shape))
    out = np.zeros(asked.shape)
    for place in np.ndindex(out.shape):
        if asked[place] and top:
            left, weight = _thinned(float(asked[place]), top)
            out[place] = weight @ -np.expm1(log_beta_ratio(two[place], one[place], left))
    return np.asarray((1 - lost) * out)


def _thinned(k: float, u: float) -> tuple[Array, Array]:
    """How many of k samples pass a first hurdle of chance u: values that matter, and their weights."""
    centre, wide = k * u, 12 * np.sqrt(k * u * (1 - u)) + 60
    left = np.arange(max(0.0, np.floor(centre - wide)), min(k, np.ceil(centre + wide)) + 1)
    return left, np.exp(log_binomial_pmf(left, k, u))


def coverage_kumaraswamy(a: ArrayLike, b: ArrayLike, k: ArrayLike, *, scale: float = 1.0) -> Array:
    """Coverage of problems whose success rates follow ``scale`` times a Kumaraswamy distribution.

    Parameters are those of :func:`coverage_beta`; the share of rates below x is ``1 - (1 - x**a)**b``.

    Raises
    ------
    QuantityError
        As :func:`coverage_beta`.

    Notes
    -----
    arXiv:2502.17578; double-exponential quadrature over the distribution function.
    """
    one, two = positive("The shape a", a), positive("The shape b", b)
    asked = whole("The number of samples k", k)
    top = float(shares("The scale", scale))
    one, two, asked = np.broadcast_arrays(one, two, asked)
    below, above, weight = tanh_sinh()
    out = np.empty(asked.shape)
    for place in np.ndindex(out.shape):
        # ln(1 - v) from whichever end of (0, 1) is near.
        log_above = np.where(below < 0.5, np.log1p(-np.minimum(below, 0.5)), np.log(above))
        rate = (-np.expm1(log_above / two[place])) ** (1 / one[place])
        rate = np.minimum(top * rate, 1.0)
        with np.errstate(divide="ignore"):
            failed = -np.expm1(asked[place] * np.log1p(-rate)) if asked[place] else np.zeros_like(rate)
        out[place] = weight @ failed
    return np.asarray(np.clip(out, 0.0, 1.0))


def coverage_uniform(u: ArrayLike, k: ArrayLike) -> Array:
    """Coverage of success rates spread evenly from 0 to u: ``1 - (1 - (1-u)**(k+1)) / ((k+1) u)``.

    Raises
    ------
    QuantityError
        For u outside 0 to 1, or samples that are not whole.
    """
    top = shares("The largest success rate u", u)
    asked = whole("The number of samples k", k)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 1 + np.expm1((asked + 1) * np.log1p(-top)) / ((asked + 1) * top)
    # To second order below the square root of a double's precision, where the bracket cancels.
    return np.asarray(np.where(top * (asked + 1) < 1e-7, asked * top / 2, found))


def coverage_ceiling_beta(a: ArrayLike, b: ArrayLike, ceiling: ArrayLike, k: ArrayLike) -> Array:
    """Coverage of *failure* rates that follow Beta(a, b), under a ceiling: ``A (1 - B(a+k, b)/B(a, b))``.

    Raises
    ------
    QuantityError
        As :func:`coverage_beta`.

    Notes
    -----
    Levi 2024, arXiv:2410.16377, Eq. 7: the exponent of the tail is b.
    """
    top = shares("The ceiling A", ceiling)
    return np.asarray(top * coverage_beta(b, a, k))


def beta_tail(a: ArrayLike, b: ArrayLike, k: ArrayLike) -> Array:
    """Failures at large k: ``1 - C(k) ~ Gamma(a+b)/Gamma(b) k**-a``, of Beta success rates.

    Raises
    ------
    QuantityError
        As :func:`coverage_beta`, or for k of 0.
    """
    one, two = positive("The shape a", a), positive("The shape b", b)
    asked = whole("The number of samples k", k, least=1)
    return np.asarray(np.exp(special.gammaln(one + two) - special.gammaln(two) - one * np.log(asked)))


def local_exponent_beta(a: ArrayLike, b: ArrayLike, k: ArrayLike) -> Array:
    """Slope ``-d ln(-ln C) / d ln k`` of Beta success rates: the beta of a power law around k.

    It exceeds the exponent of the tail, ``a``, at any number of samples that anyone draws.

    Raises
    ------
    QuantityError
        As :func:`beta_tail`.
    """
    one, two = positive("The shape a", a), positive("The shape b", b)
    asked = whole("The number of samples k", k, least=1)
    one, two, asked = np.broadcast_arrays(one, two, asked)
    log_left = log_beta_ratio(two.ravel(), one.ravel(), asked.ravel()).reshape(asked.shape)
    covered = -np.expm1(log_left)
    steep = np.exp(log_left) * (special.digamma(one + two + asked) - special.digamma(two + asked))
    return np.asarray(asked * steep / (covered * -np.log(covered)))


def local_exponent(k: ArrayLike, coverage: ArrayLike) -> tuple[Array, Array]:
    """Slope ``-d ln(-ln C) / d ln k`` between neighbouring points of a curve.

    Parameters
    ----------
    k, coverage : array_like, shape (K,)
        In increasing k; points with coverage 0 or 1, where the slope does not exist, are left out.

    Returns
    -------
    k, slope : ndarray
        Geometric middle of each pair, and the slope there.

    Raises
    ------
    QuantityError
        For k that does not rise.
    """
    at, value = positive("k", k).ravel(), shares("The coverage", coverage).ravel()
    if at.size != value.size or (np.diff(at) <= 0).any():
        raise QuantityError("k does not rise from point to point.", remedy="Sort the points by k.")
    inside = (value > 0) & (value < 1)
    x, y = np.log(at[inside]), np.log(-np.log(value[inside]))
    return np.exp((x[1:] + x[:-1]) / 2), -np.diff(y) / np.diff(x)


def expected_attempts_beta(a: ArrayLike, b: ArrayLike, k: ArrayLike) -> Array:
    """Attempts per problem on average when stopping at the first success, k at most, of Beta success rates.

    Raises
    ------
    QuantityError
        As :func:`coverage_beta`.

    Notes
    -----
    The sum of ``B(a, b+j)/B(a, b)`` over j below k; beyond 1e5 attempts its closed form
    ``(B(a-1, b) - B(a-1, b+k)) / B(a, b)``, by continuation also for a below 1.
    """
    one, two = positive("The shape a", a), positive("The shape b", b)
    asked = whole("The number of samples k", k)
    one, two, asked = np.broadcast_arrays(one, two, asked)
    out = np.empty(asked.shape)
    for place in np.ndindex(out.shape):
        first, second, cap = float(one[place]), float(two[place]), float(asked[place])
        near = min(cap, _SUMMED)
        out[place] = np.exp(log_beta_ratio(second, first, np.arange(near))).sum() if near else 0.0
        if cap > near:
            out[place] += _rest_of_attempts(first, second, near, cap)
    return out


def _rest_of_attempts(a: float, b: float, start: float, stop: float) -> float:
    """Sum of ``B(a, b+j)/B(a, b)`` for start <= j < stop: differences of ``(b+j-1+a) r(j) / (a-1)``."""
    if abs(a - 1) < 1e-9:
        return float(b * (special.digamma(b + stop) - special.digamma(b + start)))
    ends = [np.exp(log_beta_ratio(b, a, j))[0] * (a + b + j - 1) for j in (start, stop)]
    return float((ends[0] - ends[1]) / (a - 1))


def beta_correlation(a: ArrayLike, b: ArrayLike) -> Array:
    """Correlation of two samples of one problem over Beta success rates, ``1 / (a + b + 1)``.

    Raises
    ------
    QuantityError
        For shapes that are not above zero.
    """
    return np.asarray(1 / (positive("The shape a", a) + positive("The shape b", b) + 1))


def design_effect(correlation: ArrayLike, n: ArrayLike) -> Array:
    """Factor on the variance of a mean of n samples of one problem, ``1 + (n-1) rho``.

    Raises
    ------
    QuantityError
        For a correlation outside 0 to 1, or samples that are not whole.
    """
    count = whole("The number of samples n", n, least=1)
    return np.asarray(1 + (count - 1) * shares("The correlation", correlation))


def power_law_facts(amplitude: float, beta: float) -> dict[str, float]:
    """What ``C(k) = exp(-A k**-beta)`` says of its own shape, a Gompertz curve in log k.

    Returns
    -------
    dict
        ``inflection``, k at which the curve is steepest in log k (coverage 1/e), and the slope there
        for an e-fold of samples.

    Raises
    ------
    QuantityError
        For constants that are not above zero.

    Notes
    -----
    arXiv:2407.21787, Eq. 2 and 3. "Log-linear in k" holds only around the inflection; a straight line
    overshoots 1.
    """
    size, rate = float(positive("A", amplitude)), float(positive("beta", beta))
    return {"inflection": size ** (1 / rate), "coverage": float(np.exp(-1)), "slope": rate / float(np.e)}


def coverage_power(amplitude: ArrayLike, beta: ArrayLike, k: ArrayLike) -> Array:
    """Coverage of the exponentiated power law, ``exp(-A k**-beta)`` (arXiv:2407.21787, Eq. 3).

    Raises
    ------
    QuantityError
        For arguments that are not above zero.
    """
    size, rate = positive("A", amplitude), positive("beta", beta)
    return np.asarray(np.exp(-size * positive("k", k) ** -rate))


def samples_for_coverage(amplitude: ArrayLike, beta: ArrayLike, target: ArrayLike) -> Array:
    """Samples that reach a coverage by the exponentiated power law, ``(A / -ln C)**(1/beta)``.

    Raises
    ------
    QuantityError
        For constants that are not above zero, or a target that is not strictly between 0 and 1.
    """
    size, rate = positive("A", amplitude), positive("beta", beta)
    goal = shares("The target coverage", target, open_ends=True)
    return np.asarray((size / -np.log(goal)) ** (1 / rate))


def samples_worth_paying(amplitude: float, beta: float, price: float, value: float) -> float:
    """Samples at which one more costs what it brings: ``V beta C (-ln C) / k`` equals its price.

    Parameters
    ----------
    amplitude, beta : float
        Of the exponentiated power law.
    price, value : float
        Of one sample for every problem, and of a solved problem, in one unit.

    Returns
    -------
    float
        The larger of the two k where they balance; 0 if no sample is worth its price.

    Raises
    ------
    QuantityError
        For arguments that are not above zero.
    """
    size, rate = float(positive("A", amplitude)), float(positive("beta", beta))
    bar = np.log(float(positive("The price", price)) / float(positive("The value", value)))

    def log_gain(x: float) -> float:
        left = size * np.exp(-rate * x)
        return float(np.log(rate) + np.log(left) - left - x)

    # The log of the gain has one maximum in x = ln k: where A beta k**-beta = 1 + beta.
    peak = np.log(size * rate / (1 + rate)) / rate
    low = max(peak, 0.0)
    if log_gain(low) < bar:
        return 0.0
    high = low + 1.0
    while log_gain(high) > bar:
        high += high - low + 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if log_gain(middle) > bar else (low, middle)
    return float(np.exp(low))
