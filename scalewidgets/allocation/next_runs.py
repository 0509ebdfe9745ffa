"""Which runs to train next: those that narrow the interval of an answer the most for the money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError, UnknownNameError
from scalewidgets.fitting import Fit
from scalewidgets.fitting.certificate import plain
from scalewidgets.units import dollars_stay, format_interval, format_quantity

from .batches import Found, best_batch, best_gains
from .designs import Batches, candidate_table, coefficient_table, compared_designs, conventions, remarks
from .information import Candidates, Information
from .machine import Machine
from .plan import usable

Array: TypeAlias = NDArray[np.float64]

ANSWERS = {"params": "N*", "tokens": "D*", "loss": "L*"}


@dataclass(frozen=True, eq=False, repr=False)
class Advice:
    """Runs to train next, and what they would do; made by :func:`next_runs`.

    Attributes
    ----------
    answer : {"params", "tokens", "loss"}
    flops : float
        Budget at which the answer is asked.
    value : float
        The answer of the fit.
    now, after : (float, float)
        Its interval, and the one predicted once the batch is trained.
    batch : DataFrame
        ``params``, ``tokens``, ``tokens_per_param``, ``flops``, ``dollars`` (set-up included), and
        ``without_low``, ``without_high``: the interval if that run is left out.
    candidates : DataFrame
        The same of all candidates, with ``narrower`` (share of the interval's width, on a log scale, that one
        run alone takes off) and ``narrower_per_100_dollars``.
    designs : DataFrame
        Index ``now``, ``batch``, ``random``, ``on the frontier``, ``one large on the frontier``: ``low``,
        ``high``, ``dollars``; for random ones the median, with ``best_low`` to ``worst_high`` of 95 %.
    coefficients : DataFrame
        Standard deviation of each free coefficient ``now`` and ``after`` (of the logarithm where ``logged``).
    dollars : float
    level : float
    search : Found
    scatter : float
        Standard deviation of log losses about the law.
    notes, conventions : tuple of str
    relation : Candidates
    known : Information
        Of the runs that have been made.
    slope : ndarray, shape (q,)
        Derivatives of the logarithm of the answer by the free coefficients.
    drawn : dict of str to ndarray of int, shape (designs, runs)
        Places in ``candidates`` of the batches behind the rows of ``designs``.
    """

    fit: Fit
    answer: str
    flops: float
    value: float
    now: tuple[float, float]
    after: tuple[float, float]
    batch: pd.DataFrame
    candidates: pd.DataFrame
    designs: pd.DataFrame
    coefficients: pd.DataFrame
    dollars: float
    level: float
    search: Found
    scatter: float
    notes: tuple[str, ...]
    conventions: tuple[str, ...]
    relation: Candidates
    known: Information
    slope: Array
    drawn: dict[str, Batches]

    @property
    def narrower(self) -> float:
        """Share of the interval's width, on a log scale, that the batch takes off."""
        return float(1 - np.log(self.after[1] / self.after[0]) / np.log(self.now[1] / self.now[0]))

    def spending(self, points: int = 12) -> pd.DataFrame:
        """What money buys: the best batch at every spend.

        Returns
        -------
        DataFrame
            ``dollars`` (the limit) and ``width``: log width of the interval over that of now.
        """
        price = self.relation.price
        limits = np.geomspace(price.min() * 1.001, max(self.search_limit, price.min() * 1.01), points)
        gains = best_gains(self.relation, len(self.batch) or 1, limits)
        left = np.sqrt(np.maximum(1 - gains / self.relation.variance, 0.0))
        table: pd.DataFrame = pd.DataFrame({"dollars": limits, "width": left})
        return table

    @property
    def search_limit(self) -> float:
        """Spending limit of the search."""
        return float(self.designs.attrs["spend"])

    def sentence(self) -> str:
        """The advice in one sentence."""
        kind = self.answer
        count = len(self.batch)
        what = "this run" if count == 1 else f"these {count} runs"
        return (
            f"Train {what} for {format_quantity(self.dollars, 'dollars')}: {ANSWERS[kind]} at "
            f"{format_quantity(self.flops, 'flops')} narrows from {format_interval(*self.now, kind)} to "
            f"{format_interval(*self.after, kind)}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        return {
            "answer": self.answer, "flops": self.flops, "value": self.value, "now": list(self.now),
            "after": list(self.after), "dollars": self.dollars, "level": self.level, "scatter": self.scatter,
            "batch": plain(self.batch.to_dict("records")), "designs": plain(self.designs.to_dict("index")),
            "compared": self.search.compared, "exhaustive": self.search.exhaustive,
            "notes": list(self.notes), "conventions": list(self.conventions),
        }  # fmt: skip

    def report(self) -> str:
        """Everything a reader should know, as plain text."""
        lines = [self.sentence() + ".", ""]
        for row in self.batch.to_dict("records"):
            ends = format_interval(row["without_low"], row["without_high"], self.answer)
            size, data = format_quantity(row["params"], "params"), format_quantity(row["tokens"], "tokens")
            ratio = format_quantity(row["tokens_per_param"], "ratio")
            price = format_quantity(row["dollars"], "dollars")
            lines.append(
                f"  {size:>8} on {data:<8} {ratio:>7} tokens per parameter, {price}; without it {ends}"
            )
        lines.append("")
        for name, row in self.designs.to_dict("index").items():
            lines.append(f"  {name!s:<26}{format_interval(row['low'], row['high'], self.answer)}")
        how = "All" if self.search.exhaustive else "By exchange,"
        lines += ["", f"{how} {self.search.compared:,} batches compared.", *self.notes]
        return "\n".join([*lines, "Conventions: " + "; ".join(self.conventions) + "."])

    def __repr__(self) -> str:
        """Sentence of the advice."""
        return f"<Advice: {self.sentence()}>"

    def _repr_html_(self) -> str:
        from html import escape

        tables = self.batch.to_html() + self.designs.to_html()
        return dollars_stay(f"<b>{escape(self.sentence())}.</b>{tables}")


def next_runs(
    fit: Fit,
    *,
    flops: float | None = None,
    dollars: float | None = None,
    answer: str = "params",
    most: int = 3,
    spend: float = 3000.0,
    setup: float = 25.0,
    candidates: pd.DataFrame | Mapping[str, Any] | None = None,
    machine: Machine | str | None = None,
    scatter: float | None = None,
    ratios: tuple[float, float] | None = None,
    level: float | None = None,
    seed: int = 0,
) -> Advice:
    """Choose the runs that narrow the interval of an answer the most within a spending limit.

    Parameters
    ----------
    fit : Fit
        Of what has been run, by a law of parameters and tokens.
    flops, dollars : float
        The budget at which the answer is asked: one of them.
    answer : {"params", "tokens", "loss"}
        N*, D* or L* of that budget.
    most : int
        Runs in the batch.
    spend, setup : float
        Dollars for the batch at most, and for setting up each run.
    candidates : DataFrame, optional
        ``params`` and ``tokens`` of the runs that could be made; by default a grid around those that were.
    machine : Machine or str, optional
    scatter : float, optional
        Standard deviation of log losses; by default that of the runs about the fit.
    ratios : (float, float), optional
        Fewest and most tokens per parameter of a candidate: those of the runs keep an advice from leaning on
        the law where nothing was measured.
    level : float, optional
    seed : int
        Of the random designs.

    Returns
    -------
    Advice

    Raises
    ------
    FitError
        If the fit carries no advice (see :func:`allocate`), or leaves a direction of the coefficients open.
    QuantityError
        If the question is not clear or nothing can be afforded.

    Notes
    -----
    c-optimality (Atkinson, Donev and Tobias 2007, Optimum Experimental Designs, chapter 10): with J the
    derivatives of the log losses by the coefficients and g those of the logarithm of the answer, the batch b
    maximises ``g'(J'J)^-1 g - g'(J'J + J_b'J_b)^-1 g``. An interval of a linearised law does not cover the
    law being wrong.
    """
    usable(fit)
    if answer not in ANSWERS:
        raise UnknownNameError.of("an answer", answer, list(ANSWERS))
    rented = Machine.of(machine)
    budget = rented.budget(flops, dollars)
    if most < 1:
        raise QuantityError(f"A batch of {most} runs is none.", remedy="Give most=1 or more.")
    limit = float(above_zero("The spending limit", spend))
    known = Information.of(fit)
    if scatter is not None:
        known = known.with_scatter(float(above_zero("The scatter", scatter)))
    share = fit.level if level is None else level
    centre, slope = known.slope_of(answer, budget)
    table = candidate_table(fit, candidates, rented, setup, limit)
    if ratios is not None:
        low, high = (float(above_zero("The tokens per parameter", r)) for r in ratios)
        table = table[table["tokens_per_param"].between(low, high)].reset_index(drop=True)
        if table.empty:
            raise QuantityError(
                f"No candidate has {low:.3g} to {high:.3g} tokens per parameter.", remedy="Allow others."
            )
    if not (table["dollars"] > 0).all():
        raise QuantityError(
            "A run costs nothing, so the price of what it tells cannot be weighed.",
            remedy="Give the machine a price of an hour, or setup= for each run.",
        )
    params, tokens = table["params"].to_numpy(dtype=float), table["tokens"].to_numpy(dtype=float)
    relation = Candidates.of(known, slope, params, tokens, table["dollars"].to_numpy(dtype=float))
    found = best_batch(relation, most, limit)
    if not len(found.batch):
        raise QuantityError(
            f"No candidate costs {format_quantity(limit, 'dollars')} or less, set-up included.",
            remedy="Raise spend=, or offer smaller runs.",
        )

    def ends(gain: float) -> tuple[float, float]:
        width = float(ndtri((1 + share) / 2) * np.sqrt(max(relation.variance - gain, 0.0)))
        return float(np.exp(centre - width)), float(np.exp(centre + width))

    alone = relation.pull**2 / np.diag(relation.shared)
    table["narrower"] = 1 - np.sqrt(np.maximum(1 - alone / relation.variance, 0.0))
    table["narrower_per_100_dollars"] = 1 - (1 - table["narrower"]) ** (100 / table["dollars"])
    batch = table.iloc[found.batch].copy()
    without = [ends(relation.gain(np.delete(found.batch, k))) for k in range(len(found.batch))]
    batch["without_low"], batch["without_high"] = zip(*without, strict=True)
    designs, drawn = compared_designs(known, relation, table, found, ends, most, limit, seed)
    return Advice(
        fit=fit, answer=answer, flops=budget, value=float(np.exp(centre)),
        now=ends(0.0), after=ends(found.gain),
        batch=batch.sort_values("dollars").reset_index(drop=True), candidates=table, designs=designs,
        coefficients=coefficient_table(known, params[found.batch], tokens[found.batch]),
        dollars=float(relation.price[found.batch].sum()), level=share, search=found, scatter=known.scatter,
        notes=remarks(fit, batch), conventions=conventions(fit, known, rented, setup), relation=relation,
        known=known, slope=slope, drawn=drawn,
    )  # fmt: skip
