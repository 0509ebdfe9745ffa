"""The frontier of a table of configurations, and how sure it is that each of them belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import QuantityError

from . import pareto
from .checks import Array, level_of
from .noise import draw_configurations
from .results import Value, listed, table
from .systems import read_systems


@dataclass(frozen=True, eq=False, repr=False)
class Frontier(Value):
    """Configurations, what they cost and reach, and which of them are not beaten.

    Attributes
    ----------
    names : tuple of str
        Configurations with a known cost, in the order of the table.
    cost, value : ndarray, shape (n,)
        Means over repeats.
    low, high : ndarray
        Interval of the value; NaN where nothing is known of its noise.
    front, convex : ndarray of int
        Positions of the non-dominated set, and of its upper hull, by rising cost.
    probability : ndarray, shape (n,)
        Share of the draws in which the configuration is on the frontier; NaN without noise.
    dominated_by : tuple of str or None
        A configuration of the front that beats each.
    ties : dict of str to tuple of str
        Configurations that agree exactly with one of the front.
    cost_unit, value_unit : str
    left_out : dict of str to str
        Configurations that are not compared, each with the reason.
    noise : str
        Where the probabilities come from.
    level : float
    draws, seed : int
    notes : tuple of str
    """

    names: tuple[str, ...]
    cost: Array
    value: Array
    low: Array
    high: Array
    front: NDArray[np.intp]
    convex: NDArray[np.intp]
    probability: Array
    dominated_by: tuple[str | None, ...]
    ties: dict[str, tuple[str, ...]]
    cost_unit: str
    value_unit: str
    left_out: dict[str, str]
    noise: str
    level: float
    draws: int
    seed: int
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """One row for each configuration, by rising cost."""
        on = np.isin(np.arange(len(self.names)), self.front)
        hull = np.isin(np.arange(len(self.names)), self.convex)
        frame = table(
            {
                "configuration": list(self.names),
                "cost": self.cost,
                "value": self.value,
                "low": self.low,
                "high": self.high,
                "on_front": on,
                "on_convex_front": hull,
                "probability": self.probability,
                "dominated_by": list(self.dominated_by),
            },
            "configuration",
        )
        ordered: pd.DataFrame = frame.sort_values("cost", kind="stable")
        return ordered

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        if not self.names:
            return ("No configuration has a known cost and value, so there is no frontier.", *self._absent())
        on = [self.names[place] for place in self.front]
        out = [f"{len(on)} of {len(self.names)} configurations are not beaten: {listed(on, 8)}."]
        seen = self.probability[np.isfinite(self.probability)]
        if seen.size:
            unsure = int(np.sum((seen > 0.1) & (seen < 0.9)))
            out.append(f"{self.noise} Of {unsure} it is not clear (10 to 90 %) whether they belong to it.")
        else:
            out.append(self.noise)
        for name, others in self.ties.items():
            out.append(f"{name} agrees exactly with {listed(others)}.")
        return (*out, *self._absent(), *self.notes)

    def _absent(self) -> tuple[str, ...]:
        reasons: dict[str, list[str]] = {}
        for name, reason in self.left_out.items():
            reasons.setdefault(reason, []).append(name)
        return tuple(f"Left out, {reason}: {listed(names)}." for reason, names in reasons.items())

    # -- questions -------------------------------------------------------------------------------

    def best(self, budget: float) -> str | None:
        """Configuration of the largest value at or below a cost, None if nothing is that cheap."""
        return self._name(pareto.best_within(self.cost, self.value, budget))

    def cheapest(self, value: float) -> str | None:
        """Cheapest configuration that reaches a value, None if none does."""
        return self._name(pareto.cheapest_for(self.cost, self.value, value))

    def mixing(self, budget: float) -> tuple[str | None, str | None, float, float]:
        """Two configurations, the share of problems for the second, and their value together at a budget."""
        low, high, share, value = pareto.mixture_at(self.cost, self.value, budget)
        return self._name(low), self._name(high), share, value

    def knee(self) -> str | None:
        """Configuration of the front farthest above the line between its ends, in log cost."""
        return self._name(pareto.knee(self.cost, self.value))

    def menu(self, *, eps_cost: float = 0.1, eps_value: float = 0.01) -> tuple[str, ...]:
        """Short list that stands for the whole front within tolerances (:func:`eps_front`)."""
        return tuple(
            self.names[place]
            for place in pareto.eps_front(self.cost, self.value, eps_cost=eps_cost, eps_value=eps_value)
        )

    def hypervolume(self, cost: float, value: float = 0.0, *, log: bool = True) -> float:
        """Area above a reference point; ``log`` measures cost in decades (of a reference above zero).

        Raises
        ------
        QuantityError
            For a reference cost that is not above zero on a log axis.
        """
        if not log:
            return pareto.hypervolume_2d(self.cost, self.value, cost, value)
        if not cost > 0:
            raise QuantityError(
                f"The reference cost {cost:g} has no logarithm.", remedy="Give one above zero."
            )
        return pareto.hypervolume_2d(np.log10(self.cost), self.value, float(np.log10(cost)), value)

    def _name(self, place: int) -> str | None:
        return self.names[place] if place >= 0 else None


def frontier(
    systems: pd.DataFrame,
    cost: str = "dollars",
    value: str = "accuracy",
    *,
    by: str | Sequence[str] | None = None,
    problems: pd.DataFrame | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Frontier:
    """Which configurations of a table are not beaten in cost and value, and how sure that is.

    Parameters
    ----------
    systems : DataFrame
        One row for each configuration and repeat (``systems`` layout), or each configuration alone.
    cost : str
        Column to be small. ``"dollars"`` also finds ``cost_usd``; ``"tokens"`` adds prompt and completion.
    value : str
        Column to be large; an accuracy is a share, 0 to 1.
    by : str or sequence of str, optional
        Columns that tell configurations apart; by default ``system``, else ``model``, else each row.
    problems : DataFrame, optional
        Successes on each problem (``samples`` layout), one configuration by the same name, for a paired
        bootstrap over problems.
    level : float
        Of the intervals.
    draws, seed : int
        Of the bootstrap.

    Returns
    -------
    Frontier

    Raises
    ------
    TableError
        For a missing column, a value that is no share, or costs in mixed units: several benchmarks, several
        numbers of tasks, or texts with units of their own.
    QuantityError
        For a level outside 0 to 1.

    Notes
    -----
    A cost of 0, or none, is unknown: such configurations are left out and named, so that they win nothing.
    Probabilities: repeats drawn anew, and problems, paired over configurations if ``problems`` is given,
    else each with the binomial error of its own accuracy, which makes gaps look noisier than they are.

    Examples
    --------
    >>> import pandas as pd
    >>> made = pd.DataFrame({"system": list("abc"), "dollars": [1, 2, 3], "accuracy": [0.5, 0.7, 0.6]})
    >>> seen = frontier(made)
    >>> [seen.names[i] for i in seen.front]
    ['a', 'b']
    """
    level = level_of(level)
    read = read_systems(systems, cost, value, by)
    front = pareto.pareto_front(read.cost, read.value)
    hull = pareto.convex_front(read.cost, read.value)
    over = pareto.dominator(read.cost, read.value)
    drawn = draw_configurations(read, problems, draws, seed)
    if drawn is None:
        nothing = np.full(len(read.names), np.nan)
        noise = (
            "Nothing says how noisy the values are, so no probabilities: give repeats, n_tasks or problems."
        )
        low, high, chance = nothing, nothing, nothing
    else:
        chance = _membership(drawn.cost, drawn.value)
        low, high = np.quantile(drawn.value, [(1 - level) / 2, (1 + level) / 2], axis=0)
        noise = drawn.words
    return Frontier(
        read.names, read.cost, read.value, np.asarray(low), np.asarray(high), front, hull, chance,
        tuple(read.names[place] if place >= 0 else None for place in over),
        {
            read.names[place]: tuple(read.names[other] for other in others)
            for place, others in pareto.ties_of(read.cost, read.value, front).items()
        },
        read.cost_unit, value, read.left_out, noise, level, draws if drawn is not None else 0, seed,
        read.notes,
    )  # fmt: skip


def _membership(cost: Array, value: Array) -> Array:
    """Share of the draws in which each configuration is on the front; equals of a front point count too."""
    total = np.zeros(cost.shape[1])
    for c, v in zip(cost, value, strict=True):
        total += pareto.dominator(c, v) < 0
    return total / len(cost)
