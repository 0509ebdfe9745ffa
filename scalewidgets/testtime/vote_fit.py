"""Votes predicted beyond the calls that were made: one easy or hard curve for each question.

Released code of Chen et al. 2024, arXiv:2403.02419: an easy question (the right answer is among the most
frequent) follows ``1 - exp(-c1 K - c2 sqrt K - c3)``, a hard one ``exp(-c1 K - c2 sqrt K - c3)``; an easy one
that ties with m answers is divided by m. The prediction is the mean over questions, and need not rise with K.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize

from scalewidgets.errors import QuantityError
from scalewidgets.laws import law

from .checks import Array, shares, whole
from .results import Value, table

_LEAST = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class VoteFit(Value):
    """Curves of the vote on each question.

    Attributes
    ----------
    coefficients : ndarray, shape (Q, 3)
        c1, c2, c3 of each question.
    easy : ndarray of bool, shape (Q,)
    ties : ndarray, shape (Q,)
        Answers that share the top with the right one, itself included; 1 for a hard question.
    largest_votes : float
    """

    coefficients: Array
    easy: Array
    ties: Array
    largest_votes: float

    def questions(self, votes: ArrayLike) -> Array:
        """Accuracy on each question, shape votes.shape + (Q,)."""
        count = whole("The number of votes", votes, least=1)[..., None]
        values = dict(zip(("c_1", "c_2", "c_3"), self.coefficients.T, strict=True))
        up = law("vote_easy").value({"K": count}, values) / self.ties
        down = law("vote_hard").value({"K": count}, values)
        return np.asarray(np.clip(np.where(self.easy, up, down), 0.0, 1.0))

    def accuracy(self, votes: ArrayLike) -> Array:
        """Accuracy over all questions."""
        return np.asarray(self.questions(votes).mean(axis=-1))

    def best_votes(self, most: int = 1000) -> int:
        """Number of votes, up to ``most``, with the largest predicted accuracy."""
        tried = np.unique(np.rint(np.geomspace(1, most, 400)))
        return int(tried[int(np.argmax(self.accuracy(tried)))])

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        best = self.best_votes()
        more = "more votes help throughout" if best == 1000 else f"accuracy is largest at {best:,} votes"
        return (
            f"{int(self.easy.sum()):,} of {len(self.easy):,} questions are easy: votes help; on the others "
            f"they hurt. Predicted up to 1,000 votes, {more}.",
            f"Fitted to up to {self.largest_votes:,.0f} votes; beyond it is extrapolated.",
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each question."""
        c = self.coefficients
        return table({"easy": self.easy, "ties": self.ties, "c_1": c[:, 0], "c_2": c[:, 1], "c_3": c[:, 2]})


def fit_votes(
    votes: ArrayLike, accuracy: ArrayLike, easy: ArrayLike, *, ties: ArrayLike | None = None
) -> VoteFit:
    """Fit the vote on each question.

    Parameters
    ----------
    votes : array_like, shape (K,)
        Numbers of votes, at least three.
    accuracy : array_like, shape (Q, K)
        Accuracy of the vote on each question, such as :func:`~scalewidgets.testtime.majority_at_k`.
    easy : array_like of bool, shape (Q,)
        Whether the right answer is among the most frequent.
    ties : array_like, shape (Q,), optional
        Number of most frequent answers on an easy question.

    Returns
    -------
    VoteFit

    Raises
    ------
    QuantityError
        For shapes that do not fit together, or fewer than three numbers of votes.

    Notes
    -----
    Squared error, bounds ``c1, c2 >= 1e-6``, c3 free, start (1, 1, 1).
    """
    count = whole("The number of votes", votes, least=1).ravel()
    value = np.atleast_2d(shares("The accuracy", accuracy))
    kind = np.asarray(easy, dtype=bool).ravel()
    shared = np.ones(kind.size) if ties is None else whole("The ties", ties, least=1).ravel()
    shared = np.where(kind, shared, 1.0)
    if value.shape != (kind.size, count.size) or shared.size != kind.size or count.size < 3:
        raise QuantityError(
            f"The accuracies have the shape {value.shape} for {kind.size} questions and {count.size} "
            "numbers of votes.",
            remedy="Give one row for each question, and three numbers of votes or more.",
        )
    root = np.sqrt(count)
    basis = np.stack([count, root, np.ones_like(count)])
    out = np.empty((kind.size, 3))
    for place in range(kind.size):
        share = shared[place]

        def miss(z: Array, place: int = place, share: float = share) -> Array:
            left = np.exp(np.clip(-(z @ basis), -700, 50))
            return np.asarray((1 - left) / share - value[place] if kind[place] else left - value[place])

        found = optimize.least_squares(miss, [1.0, 1.0, 1.0], bounds=([_LEAST, _LEAST, -np.inf], np.inf))
        out[place] = found.x
    return VoteFit(out, kind, shared, float(count.max()))


def question_difficulty(tally: ArrayLike, correct: int | None) -> tuple[float, bool, int]:
    """Difficulty of a question from its recorded answers: ``max P(wrong) - P(right)``, negative if easy.

    Parameters
    ----------
    tally : array_like, shape (A,)
        How often each answer was recorded.
    correct : int or None
        Position of the right one; None if it was never given.

    Returns
    -------
    difficulty : float
    easy : bool
    ties : int
        Answers at the top.

    Raises
    ------
    QuantityError
        For a tally that is not whole numbers, or is empty.
    """
    number = whole("The tally of an answer", tally).ravel()
    if not number.sum() > 0:
        raise QuantityError("No answer was recorded.", remedy="Leave the question out.")
    share = number / number.sum()
    right = 0.0 if correct is None else float(share[correct])
    wrong = np.delete(share, correct) if correct is not None else share
    top = float(wrong.max()) if wrong.size else 0.0
    easy = right >= top and right > 0
    return top - right, easy, int(np.sum(share == share.max())) if easy else 1
