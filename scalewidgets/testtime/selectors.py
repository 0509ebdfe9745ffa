"""From a log of samples to curves: coverage, and what each way of picking an answer makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from scalewidgets.errors import TableError, UnknownNameError, quoted

from .best_of import best_of_k, worst_of_k
from .checks import Array, level_of, samples
from .coverage import pass_at_k
from .results import Value
from .selection import weighted_vote_at_k
from .votes import MOST_ANSWERS, MOST_VOTES, majority_at_k

__all__ = ["SELECTORS", "SelectorCurves", "selector_curves"]

SELECTORS = ("coverage", "average", "vote", "weighted vote", "best of k", "worst of k")
_NEEDS = {"vote": ("answer",), "weighted vote": ("answer", "score"), "best of k": ("score",)}


@dataclass(frozen=True, eq=False, repr=False)
class SelectorCurves(Value):
    """Accuracy of several selectors against samples, on the same log.

    Attributes
    ----------
    k : ndarray, shape (K,)
    selectors : tuple of str, length S
    value, low, high : ndarray, shape (S, K)
        Means over problems, and intervals for problems as a sample.
    drawn : ndarray, shape (S, K)
        Standard error from drawing subsets where not all could be visited; 0 elsewhere.
    cost : ndarray, shape (K,)
        Dollars of k samples of a problem on average; NaN without prices.
    problems : int
    level : float
    """

    k: Array
    selectors: tuple[str, ...]
    value: Array
    low: Array
    high: Array
    drawn: Array
    cost: Array
    problems: int
    level: float

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        last = {name: float(row[-1]) for name, row in zip(self.selectors, self.value, strict=True)}
        said = ", ".join(f"{name} {value:.3f}" for name, value in last.items())
        out = [f"At k = {self.k[-1]:,.0f} on {self.problems:,} problems: {said}."]
        real = {n: v for n, v in last.items() if n not in ("coverage", "average", "worst of k")}
        if "coverage" in last and real:
            best = max(real, key=lambda name: real[name])
            out.append(
                f"A right answer is among the samples more often than {best} finds it, by "
                f"{last['coverage'] - real[best]:.3f}: that is what a better selector could win."
            )
        if (self.drawn > 0).any():
            out.append(f"Some votes are drawn subsets, with standard errors up to {self.drawn.max():.1g}.")
        return tuple(out)

    def to_frame(self) -> pd.DataFrame:
        """One row for each selector and k."""
        made: pd.DataFrame = pd.DataFrame(
            [
                {
                    "selector": name,
                    "k": int(k),
                    "value": self.value[i, j],
                    "low": self.low[i, j],
                    "high": self.high[i, j],
                    "dollars": self.cost[j],
                }
                for i, name in enumerate(self.selectors)
                for j, k in enumerate(self.k)
            ]
        )
        return made


def selector_curves(
    attempts: pd.DataFrame,
    k: ArrayLike,
    *,
    selectors: Sequence[str] | None = None,
    level: float = 0.95,
    draws: int = 200,
    seed: int = 0,
) -> SelectorCurves:
    """Curves of all selectors that a log of samples allows.

    Parameters
    ----------
    attempts : DataFrame
        One row for each sample (``attempts`` layout): ``problem_id``, ``correct``, and for votes ``answer``,
        for best-of-k and weighted votes ``score``; ``cost_usd`` for dollars. One model.
    k : array_like
        Samples, at most those of the problem with fewest.
    selectors : sequence of str, optional
        Of :data:`SELECTORS`; by default those that the columns allow.
    level : float
    draws, seed : int
        Subsets for each problem where a vote cannot be exact.

    Returns
    -------
    SelectorCurves

    Raises
    ------
    TableError
        For a missing column, several models, or values of ``correct`` other than 0 and 1.
    UnknownNameError
        For another selector.
    QuantityError
        For k above the samples of a problem.

    Notes
    -----
    Every estimator draws k samples without replacement. A missing answer does not vote, and costs what it
    costs.
    """
    _check(attempts)
    present = [s for s in SELECTORS if all(_filled(attempts, column) for column in _NEEDS.get(s, ()))]
    chosen = tuple(present if selectors is None else selectors)
    for name in chosen:
        if name not in SELECTORS:
            raise UnknownNameError.of("a selector", name, SELECTORS)
        if name not in present:
            column = next(column for column in _NEEDS[name] if not _filled(attempts, column))
            raise TableError(f"{name} needs the column {quoted(column)}.", column=column)
    groups = [rows for _, rows in attempts.groupby("problem_id", sort=False)]
    sizes = np.array([len(rows) for rows in groups], dtype=np.float64)
    asked = np.atleast_1d(samples(k, sizes)).ravel()
    each = np.empty((len(chosen), len(groups), asked.size))
    error = np.zeros_like(each)
    for i, rows in enumerate(groups):
        for s, name in enumerate(chosen):
            each[s, i], error[s, i] = _one(name, rows, asked, draws, seed + i)
    z = float(special.ndtri((1 + level_of(level)) / 2))
    value = each.mean(axis=1)
    spread = (
        each.std(axis=1, ddof=1) / np.sqrt(len(groups)) if len(groups) > 1 else np.full_like(value, np.nan)
    )
    price = attempts["cost_usd"].mean() if _filled(attempts, "cost_usd") else np.nan
    return SelectorCurves(
        asked, chosen, value, np.clip(value - z * spread, 0, 1), np.clip(value + z * spread, 0, 1),
        np.sqrt((error**2).sum(axis=1)) / len(groups), asked * float(price), len(groups), level,
    )  # fmt: skip


def _one(name: str, rows: pd.DataFrame, k: Array, draws: int, seed: int) -> tuple[Array, Array | float]:
    """A selector on one problem, at every k, and its error of drawing."""
    right = rows["correct"].to_numpy(dtype=np.float64)
    if name == "coverage":
        return pass_at_k(right.size, right.sum(), k), 0.0
    if name == "average":
        return np.full(k.size, right.mean()), 0.0
    if name == "worst of k":
        return worst_of_k(right, k), 0.0
    if name == "best of k":
        return best_of_k(rows["score"].to_numpy(dtype=np.float64), right, k), 0.0
    answers = [None if pd.isna(answer) else answer for answer in rows["answer"]]
    names = list(dict.fromkeys(answer for answer in answers if answer is not None))
    true = {answer for answer, ok in zip(answers, right, strict=True) if ok and answer is not None}
    if len(true) > 1:
        # Two spellings of one right answer would vote against each other.
        first = min(true, key=str)
        answers = [first if answer in true else answer for answer in answers]
        names = [answer for answer in names if answer not in true or answer == first]
        true = {first}
    if not true:
        return np.zeros(k.size), 0.0
    correct = next(iter(true))
    if name == "vote" and len(names) <= MOST_ANSWERS and k.max() <= MOST_VOTES:
        tally = [answers.count(answer) for answer in names]
        return majority_at_k(tally, k, correct=names.index(correct), blank=answers.count(None)), 0.0
    weights = rows["score"].to_numpy(dtype=np.float64) if name == "weighted vote" else None
    found = [
        weighted_vote_at_k(answers, correct, int(count), weights=weights, draws=draws, seed=seed)
        for count in k
    ]
    return np.array([value for value, _ in found]), np.array([said for _, said in found])


def _filled(attempts: pd.DataFrame, column: str) -> bool:
    return column in attempts.columns and bool(attempts[column].notna().any())


def _check(attempts: pd.DataFrame) -> None:
    for column in ("problem_id", "correct"):
        if column not in attempts.columns:
            raise TableError(f"The log has no column {quoted(column)}.", column=column)
    if not len(attempts):
        raise TableError("The log has no rows.", remedy="Give one row for each sample.")
    if not attempts["correct"].isin([0, 1]).all():
        raise TableError(
            'The column "correct" holds something other than 0 and 1.',
            column="correct",
            remedy="Give 1 where the sample solves the problem, else 0; leave unknown rows out.",
        )
    if "model" in attempts.columns and len(attempts["model"].unique()) > 1:
        raise TableError(
            "The log holds several models.", column="model", remedy="Keep the rows of one, one call for each."
        )
    if "score" in attempts.columns and attempts["score"].notna().any() and attempts["score"].isna().any():
        raise TableError(
            "Some samples have a score and some have none.", column="score", remedy="Score all of them."
        )
