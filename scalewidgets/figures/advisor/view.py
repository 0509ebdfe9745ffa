"""What the next-run advisor draws: an advice, what the controls hold, and everything that both come to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from ...allocation import Advice, Machine, Surface
from ...allocation.batches import best_gains, random_batches, well_spent
from ...allocation.designs import on_frontier
from ...allocation.information import Information
from ...allocation.runs import fitted_runs
from ...fitting.problem import FLOPS_PER_PARAM_TOKEN
from ..runs import thinned
from ..spending import per_unit

Array = NDArray[np.float64]
Runs = tuple[tuple[float, float], ...]

SIX = FLOPS_PER_PARAM_TOKEN
ANSWERS = ("params", "tokens", "loss")
BUDGETS = 41
"""Budgets at which the answers travel with the document; the browser reads between them."""
SPENDS = 25
"""Spending limits of the figure of money."""
SEEN = 200
"""Random batches looked at for each of them."""
FEW = 40
"""Fewer designs than these within a limit say nothing about the others."""
BEYOND_DECADES = 5
"""How far the budget's slider reaches beyond the largest run."""


@dataclass(frozen=True)
class Held:
    """What the controls hold.

    Attributes
    ----------
    answer : {"params", "tokens", "loss"}
    flops : float
        Budget at which the answer is asked.
    unit : {"flops", "hours", "dollars"}
    most : int
    spend, setup : float
        Dollars for the batch at most, and for setting up each run.
    scatter : float
        Standard deviation of log losses.
    own_scatter : bool
        Whether that is the reader's figure, and not that of the runs about the fit.
    inside : bool
        Whether candidates are kept to the tokens per parameter of the runs.
    table : bool
        Whether candidates come from a table, and not from a grid.
    batch : tuple of (params, tokens)
        Runs on screen: those advised, or what the reader moved them to. Empty: those advised.
    """

    answer: str = "params"
    flops: float = 1e23
    unit: str = "flops"
    most: int = 3
    spend: float = 3000.0
    setup: float = 25.0
    scatter: float = 0.01
    own_scatter: bool = False
    inside: bool = False
    table: bool = False
    batch: Runs = ()


@dataclass(frozen=True)
class View:
    """Everything that is drawn, computed once and shared by plots, words, state and behaviour.

    Attributes
    ----------
    advice : Advice
        The last search.
    held : Held
    machine : Machine
    title : str
        What the table of candidates is called; empty for a grid.
    check, simulated : DataFrame or None
        Of :func:`scalewidgets.allocation.trained` and :func:`scalewidgets.allocation.simulated`.
    money : DataFrame
        ``dollars``, and the width that is left of the interval by the ``best`` batch, by random ones
        (``low``, ``middle``, ``high`` of 95 %) and by those on the ``frontier``.
    """

    advice: Advice
    held: Held
    machine: Machine
    title: str
    check: pd.DataFrame | None
    simulated: pd.DataFrame | None
    money: pd.DataFrame
    runs: pd.DataFrame
    count: int
    paid: float
    edge: float
    ratios: tuple[float, float]
    params: tuple[float, float]
    tokens: tuple[float, float]

    @property
    def known(self) -> Information:
        """Information of the runs that have been made, at the scatter of the controls."""
        return self.advice.known.with_scatter(self.held.scatter)

    @property
    def own(self) -> bool:
        """Whether the reader moved the batch away from the advised one."""
        return bool(self.held.batch) and not np.allclose(self.held.batch, self.advised, rtol=1e-9)

    @property
    def advised(self) -> Runs:
        """Parameters and tokens of the advised runs."""
        return _pairs(self.advice.batch)

    @property
    def batch(self) -> Runs:
        """Parameters and tokens of the runs on screen."""
        return self.held.batch or self.advised

    @cached_property
    def offered(self) -> NDArray[np.intp]:
        """Places of the candidates that the limit affords."""
        return np.flatnonzero(self.advice.relation.price <= self.advice.search_limit)

    @cached_property
    def marks(self) -> Array:
        """Dots and squares of the map, as shares of it, (marks, 2)."""
        offered = self.advice.candidates.iloc[self.offered]
        x = np.concatenate([offered["params"], self.runs["params"]])
        y = np.concatenate([offered["tokens"], self.runs["tokens"]])
        (left, right), (bottom, top) = self.params, self.tokens
        return np.column_stack(
            [np.log(x / left) / np.log(right / left), np.log(y / bottom) / np.log(top / bottom)]
        )

    @property
    def z(self) -> float:
        """Standard deviations from the middle of an interval to its end."""
        return float(ndtri((1 + self.advice.level) / 2))

    @property
    def per(self) -> dict[str, float]:
        """Operations behind one unit of each way to state a budget."""
        return per_unit(self.machine.rate, self.machine.dollars_per_hour)

    def price(self, params: float, tokens: float) -> float:
        """Dollars for training a run, without its set-up."""
        return SIX * params * tokens / self.per["dollars"]

    @cached_property
    def reach(self) -> tuple[float, float]:
        """Smallest and largest budget of the slider."""
        top = 10.0 ** (np.ceil(np.log10(self.edge)) + BEYOND_DECADES)
        return min(self.edge, self.held.flops / 2), float(max(top, 10 * self.held.flops))

    @cached_property
    def answers(self) -> tuple[Array, dict[str, Array]]:
        """Budgets, and at each the logarithm of every answer with its derivatives, shape (k, 1 + q)."""
        budgets = np.geomspace(*self.reach, BUDGETS)
        table = self.advice.known.slopes_of(budgets)
        fine = np.all([np.isfinite(rows).all(axis=1) for rows in table.values()], axis=0)
        # The browser reads between evenly spaced budgets: keep the whole stretch around the present one.
        here = int(np.argmin(np.abs(np.log(budgets / self.held.flops))))
        bad = np.flatnonzero(~fine)
        first = int(max([b + 1 for b in bad if b < here], default=0))
        last = int(min([b for b in bad if b > here], default=BUDGETS))
        return budgets[first:last], {name: rows[first:last] for name, rows in table.items()}


def make_view(
    advice: Advice,
    held: Held,
    machine: Machine,
    title: str = "",
    check: pd.DataFrame | None = None,
    simulated: pd.DataFrame | None = None,
) -> View:
    """Everything that follows from an advice and what the controls hold."""
    params, tokens, flops = fitted_runs(advice.fit)
    table = pd.DataFrame({"params": params, "tokens": tokens, "flops": flops, "run": np.arange(len(params))})
    per = per_unit(machine.rate, machine.dollars_per_hour)["dollars"]
    offered = advice.candidates[advice.relation.price <= advice.search_limit]
    ratio = tokens / params
    batch = held.batch or _pairs(advice.batch)
    return View(
        advice=advice,
        held=held,
        machine=machine,
        title=title,
        check=check,
        simulated=simulated,
        money=_money(advice),
        runs=thinned(table),
        count=len(params),
        paid=float(flops.sum() / per),
        edge=float(flops.max()),
        ratios=(float(ratio.min()), float(ratio.max())),
        params=_around(params, offered["params"], [n for n, _ in batch]),
        tokens=_around(tokens, offered["tokens"], [d for _, d in batch]),
    )


def moved(view: View, held: Held) -> View:
    """The same search with the batch somewhere else."""
    return replace(view, held=held)


def _pairs(batch: pd.DataFrame) -> Runs:
    return tuple((float(n), float(d)) for n, d in zip(batch["params"], batch["tokens"], strict=True))


def _around(*parts: object) -> tuple[float, float]:
    values = np.concatenate([np.asarray(part, dtype=float) for part in parts])
    room = float(values.max() / values.min()) ** 0.06
    room = max(room, 1.3)
    return float(values.min()) / room, float(values.max()) * room


def _money(advice: Advice) -> pd.DataFrame:
    """What is left of the interval's width at every spend, by the best batch and by others."""
    relation, most = advice.relation, max(len(advice.batch), 1)
    low = float(relation.price.min()) * 1.001
    limits = np.geomspace(low, max(advice.search_limit, low * 1.5), SPENDS)

    def left(gains: Array) -> Array:
        return np.sqrt(np.maximum(1 - gains / relation.variance, 0.0))

    rows: dict[str, Array] = {"dollars": limits, "best": left(best_gains(relation, most, limits))}
    drawn = random_batches(relation, most, 0)
    bands = np.full((SPENDS, 3), np.nan)
    near = random_batches(relation, most, 0, on_frontier(advice.known, advice.candidates))
    frontier = np.full(SPENDS, np.nan)
    for k, limit in enumerate(limits):
        some = well_spent(relation, drawn, float(limit), SEEN)
        if len(some) >= FEW:
            bands[k] = np.quantile(left(relation.gains(some)), [0.025, 0.5, 0.975])
        some = well_spent(relation, near, float(limit), SEEN)
        if len(some) >= FEW:
            frontier[k] = np.median(left(relation.gains(some)))
    rows |= {"low": bands[:, 0], "middle": bands[:, 1], "high": bands[:, 2], "frontier": frontier}
    table: pd.DataFrame = pd.DataFrame(rows)
    return table


def frontier_line(view: View, points: int = 60) -> tuple[Array, Array]:
    """Best sizes and tokens over compute, inside the map."""
    (left, right), (bottom, top) = view.params, view.tokens
    budgets = np.geomspace(SIX * left * bottom, SIX * right * top, points)
    known = view.advice.known
    best = Surface(known.law, {n: np.full((points, 1), v) for n, v in known.centre.items()}).best(budgets)
    x, y = best.params, best.tokens
    inside = np.isfinite(x + y) & (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    return x[inside], y[inside]
