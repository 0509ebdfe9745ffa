"""Resampling until something passes, when passing can be wrong: the worth of each attempt and when to stop.

Stroebl et al. 2024, arXiv:2411.17501 ("Inference Scaling fLaws"). Types of problems differ in how often one
sample is right; a verifier accepts right samples with chance ``completeness`` and rejects wrong ones with
``soundness``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scalewidgets.errors import QuantityError, quoted

from .checks import Array, numbers, shares, whole
from .results import Value, table
from .verifiers import verified_at_k

FORMS = ("exact", "as printed")


@dataclass(frozen=True, eq=False, repr=False)
class Resampling(Value):
    """Types of problems under repeated sampling behind a verifier.

    Attributes
    ----------
    prior : ndarray, shape (J,)
        Share of each type.
    accept_right, accept_wrong, reject : ndarray, shape (J,)
        Chances of one sample.
    gain : ndarray, shape (J,)
        Worth of one attempt, ``V_TP`` times the first and ``V_FP`` times the second.
    """

    prior: Array
    accept_right: Array
    accept_wrong: Array
    reject: Array
    gain: Array

    @property
    def precision(self) -> Array:
        """Share of accepted samples that are right, of each type; 0 where none is accepted."""
        total = self.accept_right + self.accept_wrong
        return np.asarray(self.accept_right / np.where(total > 0, total, 1.0))

    @property
    def single_accuracy(self) -> float:
        """Chance that one attempt is accepted and right."""
        return float(self.prior @ self.accept_right)

    @property
    def ceiling(self) -> float:
        """Accuracy without end to the attempts: ``sum pi c r / (1 - reject)``."""
        return float(self.prior @ self.precision)

    def reward(self, k: ArrayLike, *, form: str = "exact") -> Array:
        """Reward on average of up to k attempts.

        Parameters
        ----------
        k : array_like
            0 or more.
        form : {"exact", "as printed"}
            ``"exact"``: ``sum pi g (1 - reject**k) / (1 - reject)``. ``"as printed"``: the expression of
            the paper's appendix C, which weights by the posterior after k - 1 rejections and applies the
            survival again; it has the same best k in the published cases, but passes the true ceiling.

        Raises
        ------
        QuantityError
            For attempts that are not whole, or an unknown form.
        """
        if form not in FORMS:
            raise QuantityError(f"form={quoted(form)} is neither exact nor as printed.")
        asked = whole("The number of attempts k", k)
        if form == "as printed":
            return self._printed(asked)
        tries = _geometric_sum(self.reject, asked)
        return np.asarray((self.prior * self.gain * tries).sum(axis=-1))

    def _printed(self, k: Array) -> Array:
        most = int(k.max()) if k.size else 0
        power = self.reject ** np.arange(most)[:, None]
        weight = self.prior * power
        total = weight.sum(axis=1, keepdims=True)
        posterior = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
        each = (posterior * power).sum(axis=1) * (posterior * self.gain).sum(axis=1)
        return np.asarray(np.concatenate([[0.0], np.cumsum(each)])[k.astype(int)])

    @property
    def limit(self) -> float:
        """Reward without end to the attempts."""
        stop = 1 - self.reject
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(stop > 0, self.gain / stop, np.where(self.gain == 0, 0.0, np.inf * self.gain))
        return float(self.prior @ each)

    @property
    def best_attempts(self) -> float:
        """Attempts with the largest exact reward; 0 if the first does harm, infinity if all help.

        Attempt K is worth ``sum pi g reject**(K-1)``.
        """
        worth = self.prior * self.gain
        if np.all(worth >= 0):
            return float("inf") if (worth > 0).any() else 0.0
        most = self._last_change()
        attempts = np.arange(most + 1)
        total = self.reward(attempts)
        best = int(np.argmax(total))
        return float("inf") if self.limit > total[best] + 1e-15 else float(best)

    def _last_change(self) -> int:
        """Attempts after which the slowest type alone decides, so the sign no longer changes."""
        worth = self.prior * self.gain
        some = worth != 0
        reject, worth = self.reject[some], worth[some]
        slow = reject == reject.max()
        lead, rest = abs(worth[slow].sum()), np.abs(worth[~slow]).sum()
        if not rest or reject[~slow].max() == 0 or lead == 0:
            return 2
        apart = np.log(reject.max()) - np.log(reject[~slow].max())
        return int(min(np.ceil(max(np.log(rest / lead) / apart, 0.0)) + 2, 10**6))

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        best = self.best_attempts
        words = "every attempt helps" if np.isinf(best) else f"the best number of attempts is {best:.0f}"
        return (
            f"With these values, {words}; accuracy never passes {self.ceiling:.4f}, however many attempts.",
            "Exact expected reward of independent attempts that stop at the first acceptance.",
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each type."""
        return table(
            {
                "prior": self.prior,
                "accept_right": self.accept_right,
                "accept_wrong": self.accept_wrong,
                "reject": self.reject,
                "precision": self.precision,
                "gain": self.gain,
            }
        )


def resampling(
    rate: ArrayLike,
    prior: ArrayLike,
    *,
    completeness: ArrayLike = 1.0,
    soundness: ArrayLike = 1.0,
    v_tp: float = 1.0,
    v_fp: float = 0.0,
) -> Resampling:
    """Types of problems under repeated sampling behind an imperfect verifier.

    Parameters
    ----------
    rate : array_like, shape (J,)
        Chance that one sample is right, of each type.
    prior : array_like, shape (J,)
        Share of each type; they sum to 1.
    completeness, soundness : array_like
        Chance that a right sample is accepted, and that a wrong one is rejected; one for all types or each.
    v_tp, v_fp : float
        Value of an accepted right and of an accepted wrong answer; the second is 0 or below.

    Returns
    -------
    Resampling

    Raises
    ------
    QuantityError
        For shares outside 0 to 1 or a prior that does not sum to 1.

    Notes
    -----
    arXiv:2411.17501, appendix C, with the exact reward as default.
    """
    r, share = np.atleast_1d(shares("The rate of a type", rate)), shares("The prior", prior)
    share = np.atleast_1d(share)
    if share.shape != r.shape or abs(share.sum() - 1) > 1e-9:
        raise QuantityError(
            "The prior is not one share for each type that sum to 1.", remedy="Divide by their sum."
        )
    c, s = shares("The completeness", completeness), shares("The soundness", soundness)
    good, bad = c * r, (1 - s) * (1 - r)
    gain = float(numbers("v_tp", v_tp)) * good + float(numbers("v_fp", v_fp)) * bad
    return Resampling(share, np.asarray(good), np.asarray(bad), np.asarray(1 - good - bad), np.asarray(gain))


def best_attempts_two(prior: ArrayLike, gain: ArrayLike, reject: ArrayLike) -> float:
    """Closed form of the best number of attempts with two types, before rounding down.

    ``1 + ln(pi1 g1 / (-pi2 g2)) / ln(reject2 / reject1)``, for an easy first type that gains and a hard
    second one that loses and rejects more often.

    Raises
    ------
    QuantityError
        Where that order does not hold.
    """
    (p1, p2), (g1, g2), (b1, b2) = (
        numbers("Of the two types", part).ravel() for part in (prior, gain, reject)
    )
    if not (g1 > 0 > g2 and b2 > b1):
        raise QuantityError(
            "The closed form needs a type that gains and one that loses and rejects more often.",
            remedy="Use best_attempts of testtime.resampling.",
        )
    return float(1 + np.log(p1 * g1 / (-p2 * g2)) / np.log(b2 / b1))


def reward_at_k(
    n: ArrayLike,
    accepted_right: ArrayLike,
    accepted_wrong: ArrayLike,
    k: ArrayLike,
    *,
    v_tp: float = 1.0,
    v_fp: float = 0.0,
) -> Array:
    """Reward of up to k attempts from recorded counts, unbiased, of each problem.

    Parameters
    ----------
    n, accepted_right, accepted_wrong, k : array_like
        As in :func:`~scalewidgets.testtime.verified_at_k`.
    v_tp, v_fp : float
        As in :func:`resampling`.

    Returns
    -------
    ndarray, shape n.shape + k.shape
        ``(V_TP a + V_FP w)/(a+w) (1 - C(n-a-w, k)/C(n, k))``; a set of problems has the mean.

    Raises
    ------
    QuantityError
        For counts that cannot be, or k above n.
    """
    # A wrong sample that is accepted counts as a right one does, with the roles of the two exchanged.
    right = verified_at_k(n, accepted_right, accepted_wrong, k)
    wrong = verified_at_k(n, accepted_wrong, accepted_right, k)
    return np.asarray(v_tp * right + v_fp * wrong)


def reachable_by_resampling(weak_precision: float, strong_accuracy: float) -> bool:
    """Whether a weak model behind its verifier can reach a strong model at any budget.

    It cannot where the strong one is right more often than the weak one's accepted samples are
    (arXiv:2411.17501, section 3).

    Raises
    ------
    QuantityError
        For shares outside 0 to 1.
    """
    weak = float(shares("The precision of the weak model", weak_precision))
    return weak >= float(shares("The accuracy of the strong model", strong_accuracy))


def _geometric_sum(ratio: Array, count: Array) -> Array:
    """``1 + ratio + ... + ratio**(count-1)``, with the types on a last axis."""
    many = count[..., None]
    close = 1 - ratio < 1e-12
    body = (1 - ratio**many) / np.where(close, 1.0, 1 - ratio)
    return np.asarray(np.where(close, many, body))
