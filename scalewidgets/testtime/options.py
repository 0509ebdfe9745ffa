"""One way to answer: a model, its success rates, a price, and how an answer is picked among its samples."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError, UnknownNameError

from .beta_fit import fit_beta_binomial
from .checks import Array, counts, positive, shares
from .single import expected_attempts, success_within
from .verifiers import verifier_accuracy, verifier_samples
from .votes import majority_binary

__all__ = ["Option", "option"]

SELECTORS = ("once", "verifier", "vote", "oracle")
_DRAWS, _FEWEST = 400, 40
_NUMBERS = 4_000_000  # in the rates of one option: with many problems fewer draws do


@dataclass(frozen=True, eq=False)
class Option:
    """A model and a selector; build it with :func:`option`.

    Attributes
    ----------
    name : str
    price : float
        Dollars of one sample, its check included.
    selector : str
        ``"once"``: one sample, taken as it is. ``"verifier"``: samples until one is accepted. ``"vote"``: the
        right against one wrong answer. ``"oracle"``: a perfect verifier.
    rates : ndarray, shape (draws, M)
        Success rate of each problem; several draws where they are uncertain.
    t, f : ndarray, shape (draws, 1)
        Rates of the verifier.
    most : int
        Most samples to consider.
    known : bool
        Whether the rates are taken as exact.
    fallback : bool
        Whether a random sample is answered where the verifier accepts none, instead of nothing.
    drawn : int or None
        Fewest samples that were drawn of a problem, beyond which its rates are extrapolated; None where they
        are taken as exact.
    """

    name: str
    price: float
    selector: str
    rates: Array
    t: Array
    f: Array
    most: int
    known: bool
    fallback: bool = True
    drawn: int | None = None

    def accuracy(self, n: int) -> Array:
        """Accuracy over problems with n samples, one for each draw of the rates."""
        if self.selector == "once":
            return np.asarray(self.rates.mean(axis=1))
        if self.selector == "oracle":
            return np.asarray(success_within(self.rates, n).mean(axis=1))
        if self.selector == "vote":
            return np.asarray(majority_binary(self.rates, n).mean(axis=1))
        seen = verifier_accuracy(self.rates, self.t, self.f, n, fallback=self.fallback)
        return np.asarray(seen.mean(axis=1))

    def spent(self, n: int) -> float:
        """Dollars of a problem on average: where an answer is recognised, sampling stops at the first one."""
        if self.selector == "oracle":
            return self.price * float(expected_attempts(self.rates, n).mean())
        if self.selector == "verifier":
            return self.price * float(verifier_samples(self.rates, self.t, self.f, n).mean())
        return self.price * n

    def affordable(self, budget: float) -> int:
        """Samples that a budget for one problem pays, at most ``most``."""
        count = int(np.floor(budget / self.price * (1 + 1e-9)))
        return min(count, 1 if self.selector == "once" else self.most)

    def best(self, budget: float) -> tuple[int, Array]:
        """Number of samples within a budget with the largest mean accuracy, the fewest of equals; and it."""
        top = self.affordable(budget)
        if top < 1:
            return 0, np.zeros(len(self.rates))
        tried = _tried(top)
        seen = [self.accuracy(int(n)) for n in tried]
        means = np.array([float(one.mean()) for one in seen])
        at = int(np.flatnonzero(means >= means.max() - 1e-9)[0])
        return int(tried[at]), seen[at]

    def means(self, budget: float) -> tuple[Array, Array]:
        """Numbers of samples up to what a budget pays, and the mean accuracy with each."""
        tried = _tried(max(self.affordable(budget), 0))
        return tried.astype(float), np.array([float(self.accuracy(int(n)).mean()) for n in tried])

    def with_false_positives(self, f: float) -> Option:
        """The same with another false-positive rate of the verifier."""
        return replace(self, f=np.full((1, 1), f))


def _tried(top: int) -> NDArray[np.int64]:
    """All numbers of samples up to 60, about evenly spaced in log beyond 40 of more."""
    if top <= 60:
        return np.arange(1, top + 1)
    far = np.rint(np.geomspace(40, top, 30)).astype(np.int64)
    return np.unique(np.concatenate([np.arange(1, 41), far]))


def option(
    name: str,
    price: float,
    *,
    p: ArrayLike | None = None,
    n: ArrayLike | None = None,
    c: ArrayLike | None = None,
    selector: str = "once",
    t: float = 1.0,
    f: float = 0.0,
    check_price: float = 0.0,
    judged: tuple[int, int, int, int] | None = None,
    fallback: bool = True,
    most: int = 1000,
    seed: int = 0,
) -> Option:
    """Describe one way to answer.

    Parameters
    ----------
    name : str
        As the advice shall call it.
    price : float
        Dollars of one sample; 0 and unknown prices are refused.
    p : array_like, optional
        Success rate of each problem, or one for all, taken as exact.
    n, c : array_like, optional
        Samples and successes of each problem instead: rates are drawn from their posterior under a fitted
        Beta distribution, problems drawn anew.
    selector : {"once", "verifier", "vote", "oracle"}
    t, f : float
        Rates of the verifier, taken as exact.
    check_price : float
        Dollars of one check by the verifier.
    judged : (int, int, int, int), optional
        Right samples, those accepted, wrong samples, those accepted: the rates of the verifier with their
        uncertainty instead.
    fallback : bool
        Whether a random sample is answered where the verifier accepts none, instead of nothing.
    most : int
        Most samples to consider.
    seed : int

    Returns
    -------
    Option

    Raises
    ------
    QuantityError
        For a price that is not above zero, rates outside 0 to 1, or neither p nor counts.
    UnknownNameError
        For another selector.
    """
    if selector not in SELECTORS:
        raise UnknownNameError.of("a selector", selector, SELECTORS)
    paid = float(positive(f"The price of {name}", price))
    paid += float(above_zero("The price of a check", check_price, or_zero=True))
    rng = np.random.default_rng(seed)
    if p is not None:
        rates = np.atleast_2d(shares("The success rate p", p).ravel())
    elif n is not None and c is not None:
        rates = _posterior(n, c, rng)
    else:
        raise QuantityError(f"Nothing says how often {name} is right.", remedy="Give p, or n and c.")
    right, wrong = np.full((1, 1), float(shares("t", t))), np.full((1, 1), float(shares("f", f)))
    if judged is not None:
        good, good_ok, bad, bad_ok = judged
        counts([good, bad], [good_ok, bad_ok])
        draws = len(rates) if len(rates) > 1 else _DRAWS
        rng = np.random.default_rng([seed, 1])  # the same draws for all models behind one verifier
        right = rng.beta(good_ok + 0.5, good - good_ok + 0.5, (draws, 1))
        wrong = rng.beta(bad_ok + 0.5, bad - bad_ok + 0.5, (draws, 1))
        if len(rates) < draws:
            rates = np.repeat(rates, draws, axis=0)
    known = p is not None and judged is None
    least = None if p is not None or n is None else int(np.min(n))
    return Option(name, paid, selector, rates, right, wrong, int(most), known, fallback, least)


def _posterior(n: ArrayLike, c: ArrayLike, rng: np.random.Generator) -> Array:
    drawn, solved = (part.ravel() for part in counts(n, c))
    fit = fit_beta_binomial(drawn, solved)
    # Without a fit (no success at all, no spread) Jeffreys' prior is left.
    a, b = (fit.a, fit.b) if np.isfinite(fit.a) and fit.b < 1e6 else (0.5, 0.5)
    draws = int(np.clip(_NUMBERS // max(drawn.size, 1), _FEWEST, _DRAWS))
    again = rng.integers(0, drawn.size, (draws, drawn.size))
    return np.asarray(rng.beta(a + solved[again], b + (drawn - solved)[again]))
