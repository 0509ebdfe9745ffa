"""Which strategy for which problem: by difficulty, scored on others than it was chosen by; in a budget."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import QuantityError

from .checks import Array, numbers, positive, shares
from .results import Value, listed, table


@dataclass(frozen=True, eq=False, repr=False)
class DifficultyPlan(Value):
    """A strategy for each bin of difficulty.

    Attributes
    ----------
    strategies : tuple of str
    edges : ndarray, shape (bins - 1,)
        Of the success rate that measures difficulty, rising.
    chosen : tuple of str
        Strategy of each bin, hardest first, from all problems.
    by_bin : ndarray, shape (bins, S)
        Accuracy of each strategy in each bin.
    accuracy : float
        Of choosing by bin, each half of the problems scored by the choice of the other.
    optimistic : float
        The same scored on the problems that chose: too high.
    best_single, single : str, float
        The best strategy for all problems, and its accuracy, scored across halves alike.
    splits, seed : int
    """

    strategies: tuple[str, ...]
    edges: Array
    chosen: tuple[str, ...]
    by_bin: Array
    accuracy: float
    optimistic: float
    best_single: str
    single: float
    splits: int
    seed: int

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        return (
            f"From hard to easy: {listed(self.chosen, 10)}.",
            f"Accuracy {self.accuracy:.4f} on problems that did not choose, against {self.single:.4f} with "
            f"{self.best_single} throughout; scored on the problems that chose it would say "
            f"{self.optimistic:.4f}.",
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each bin, hardest first."""
        columns = {name: self.by_bin[:, place] for place, name in enumerate(self.strategies)}
        return table({**columns, "chosen": list(self.chosen)})


def best_by_difficulty(
    difficulty: ArrayLike,
    outcomes: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    bins: int = 5,
    splits: int = 20,
    seed: int = 0,
) -> DifficultyPlan:
    """Choose a strategy of equal budget for each bin of difficulty, without flattering the choice.

    Parameters
    ----------
    difficulty : array_like, shape (M,)
        Success rate of the base model on each problem, from samples that the outcomes do not use.
    outcomes : array_like, shape (M, S)
        Accuracy of each strategy on each problem.
    names : sequence of str, optional
    bins : int
        Bins of equal numbers of problems.
    splits, seed : int
        Random halves: each chooses for the other.

    Returns
    -------
    DifficultyPlan

    Raises
    ------
    QuantityError
        For shapes that do not fit, or fewer than two problems for each bin in a half.

    Notes
    -----
    Snell et al. 2024, arXiv:2408.03314: five quantiles of the base model's pass@1, the best strategy in each.
    """
    rate, seen = shares("The difficulty", difficulty).ravel(), np.atleast_2d(numbers("The outcome", outcomes))
    if seen.shape[0] != rate.size or bins < 1 or rate.size < 4 * bins:
        raise QuantityError(
            f"{rate.size} problems and outcomes of shape {seen.shape} do not fill {bins} bins in two halves.",
            remedy="Give one row of outcomes for each problem, or fewer bins.",
        )
    labels = tuple(names) if names is not None else tuple(f"strategy {j}" for j in range(seen.shape[1]))
    edges = np.quantile(rate, np.arange(1, bins) / bins)
    which = np.searchsorted(edges, rate, side="left")
    rng = np.random.default_rng(seed)
    conditioned, single = [], []
    for _ in range(splits):
        half = rng.permutation(rate.size) < rate.size // 2
        for train in (half, ~half):
            table_of = _by_bin(seen[train], which[train], bins)
            best = np.argmax(table_of, axis=1)
            conditioned.append(seen[~train, best[which[~train]]].mean())
            single.append(seen[~train, int(np.argmax(seen[train].mean(axis=0)))].mean())
    whole_table = _by_bin(seen, which, bins)
    best = np.argmax(whole_table, axis=1)
    overall = int(np.argmax(seen.mean(axis=0)))
    return DifficultyPlan(
        labels, edges, tuple(labels[j] for j in best), whole_table, float(np.mean(conditioned)),
        float(seen[np.arange(rate.size), best[which]].mean()), labels[overall], float(np.mean(single)),
        splits, seed,
    )  # fmt: skip


def _by_bin(outcomes: Array, which: NDArray[np.intp], bins: int) -> Array:
    """Mean outcome in each bin; an empty bin takes the mean of all."""
    count = np.bincount(which, minlength=bins)
    out = np.tile(outcomes.mean(axis=0), (bins, 1))
    for j in np.flatnonzero(count):
        out[j] = outcomes[which == j].mean(axis=0)
    return out


@dataclass(frozen=True, eq=False, repr=False)
class Assignment(Value):
    """One strategy for each problem within a budget.

    Attributes
    ----------
    chosen : ndarray of int, shape (M,)
        Position of the strategy; -1 for none.
    value, spent, budget : float
    bound : float
        No assignment reaches more.
    names : tuple of str
    """

    chosen: NDArray[np.intp]
    value: float
    spent: float
    budget: float
    bound: float
    names: tuple[str, ...]

    @property
    def gap(self) -> float:
        """How much better another assignment could be at most."""
        return max(self.bound - self.value, 0.0)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        parts = [
            f"{name} for {int((self.chosen == place).sum()):,}"
            for place, name in enumerate(self.names)
            if (self.chosen == place).any()
        ]
        return (
            f"Expected value {self.value:.4g} for {self.spent:.4g} of {self.budget:.4g}; at most "
            f"{self.gap:.3g} is missed. {listed(parts, 10) or 'Nothing is affordable'}.",
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each problem."""
        return table({"strategy": [self.names[j] if j >= 0 else None for j in self.chosen]})


def assign_strategies(
    value: ArrayLike, cost: ArrayLike, budget: float, *, names: Sequence[str] | None = None
) -> Assignment:
    """Choose one strategy, or none, for each problem, to solve the most within a budget.

    Parameters
    ----------
    value : array_like, shape (M, S)
        Expected value of each strategy on each problem.
    cost : array_like, shape (S,) or (M, S)
        Above zero.
    budget : float
    names : sequence of str, optional

    Returns
    -------
    Assignment
        Greedy along the convex front of each problem; ``gap`` is at most one step.

    Raises
    ------
    QuantityError
        For costs that are not above zero.

    Notes
    -----
    Multiple-choice knapsack: steps are taken by value for cost; the bound is that of the continuous problem.
    """
    worth = np.atleast_2d(numbers("The value", value))
    price = np.broadcast_to(positive("The cost", cost), worth.shape)
    labels = tuple(names) if names is not None else tuple(f"strategy {j}" for j in range(worth.shape[1]))
    steps = [_steps(w, c) for w, c in zip(worth, price, strict=True)]
    chosen = np.full(len(worth), -1, dtype=np.intp)
    queue = [(-s[0][0], i, 0) for i, s in enumerate(steps) if s]
    heapq.heapify(queue)
    left, total, bound = float(budget), 0.0, None
    while queue:
        ratio, i, at = heapq.heappop(queue)
        _, step_cost, step_value, strategy = steps[i][at]
        if step_cost > left * (1 + 1e-12):
            if bound is None:
                bound = total - ratio * left
            continue  # later steps of this problem need this one
        chosen[i], left, total = strategy, left - step_cost, total + step_value
        if at + 1 < len(steps[i]):
            heapq.heappush(queue, (-steps[i][at + 1][0], i, at + 1))
    return Assignment(
        chosen,
        total,
        float(budget) - left,
        float(budget),
        total if bound is None else max(bound, total),
        labels,
    )


def _steps(value: Array, cost: Array) -> list[tuple[float, float, float, int]]:
    """Steps (value for cost, cost, value, strategy) along the convex front from nothing."""
    from .pareto import convex_front

    points_cost, points_value = np.append(0.0, cost), np.append(0.0, value)
    hull = convex_front(points_cost, points_value)
    out = []
    for before, after in pairwise(hull):
        more_cost = float(points_cost[after] - points_cost[before])
        more_value = float(points_value[after] - points_value[before])
        out.append((more_value / more_cost, more_cost, more_value, int(after) - 1))
    return out


def rebase_children(rewards: ArrayLike, budget: float, temperature: float) -> Array:
    """Children of each node of a tree search: ``round(B exp(R_j/T) / sum exp(R/T))``.

    Parameters
    ----------
    rewards : array_like, shape (nodes,)
        Of a process reward model.
    budget : float
        Children of this depth together, before rounding.
    temperature : float
        Small: all to the best node; large: the same to each.

    Raises
    ------
    QuantityError
        For rewards that are not finite, or a budget or temperature that is not above zero.

    Notes
    -----
    REBASE, Wu et al. 2024, arXiv:2408.00724. Rounding may miss the budget by a few.
    """
    score = numbers("The reward", rewards).ravel() / float(positive("The temperature", temperature))
    weight = np.exp(score - score.max()) if score.size else score
    return np.asarray(np.rint(float(positive("The budget", budget)) * weight / weight.sum()))
