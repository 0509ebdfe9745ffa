"""What the comparison of recipes draws: curves, ranges and verdicts, from fits and a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...allocation import Machine
from ...errors import FitError
from ...fitting import Fit, HoldOut, compare_fits
from ...fitting.crossover import FitComparison
from ...laws.card import titled
from ..runs import run_flops, thinned
from .model import Array, Curve, Pair, best_curve

MARKS = ("circle", "triangle", "square", "inverted_triangle")
"""Shape of a recipe's runs, by its place; the colour goes with it."""
MOST_RECIPES = len(MARKS)

BEYOND_DECADES = 4
"""How far the picture reaches beyond every run."""
TOSS_UP = (0.4, 0.6)


@dataclass(frozen=True)
class Recipe:
    """One recipe: what it is called, its fit, and how the fit predicts runs it has not seen."""

    name: str
    fit: Fit
    blind: HoldOut | None = None


@dataclass(frozen=True)
class Yardstick:
    """A text that the recipes are judged by, and a fit to it of each recipe.

    Attributes
    ----------
    column : str
        The column of losses.
    label : str
        What a person calls the text.
    fits : sequence of Fit
        One a recipe, in their order.
    """

    column: str
    label: str
    fits: Sequence[Fit]


@dataclass(frozen=True)
class View:
    """Everything that is drawn, computed once and shared by plots, words, state and behaviours."""

    recipes: tuple[Recipe, ...]
    pair: tuple[int, int]
    budget: float
    yardstick: Yardstick
    others: tuple[Yardstick, ...]
    comparison: FitComparison
    curves: tuple[Curve, ...]
    twins: Pair
    other_twins: tuple[Pair, ...]
    runs: tuple[pd.DataFrame, ...]
    counts: tuple[int, ...]
    x: tuple[float, float]
    y: tuple[float, float]
    edge: float
    unit: str = "flops"
    machine: Machine = field(default_factory=Machine)
    level: float = 0.95

    @property
    def a(self) -> Recipe:
        """The first of the two that are compared."""
        return self.recipes[self.pair[0]]

    @property
    def b(self) -> Recipe:
        """The second of the two that are compared."""
        return self.recipes[self.pair[1]]

    @property
    def resamples(self) -> int:
        """Resamples behind every interval of the pair."""
        return self.twins.resamples

    @property
    def law_title(self) -> str:
        """Title of the law; a form that was not checked says so."""
        return titled(self.a.fit.law)

    def band(self, i: int, flops: Array) -> tuple[Array, Array, Array]:
        """Loss of recipe `i` at its best size: value, low, high."""
        return self.twins.spread(self.curves[i].at(flops))


def make_view(
    recipes: Sequence[Recipe],
    yardsticks: Sequence[Yardstick],
    *,
    pair: tuple[int, int] = (0, 1),
    budget: float | None = None,
    unit: str = "flops",
    machine: Machine | None = None,
    level: float = 0.95,
    comparison: FitComparison | None = None,
) -> View:
    """Curves and ranges of recipes that were fitted.

    Parameters
    ----------
    recipes : sequence of Recipe
        Two to four, fitted to the first yardstick.
    yardsticks : sequence of Yardstick
        The chosen one, then the others.
    pair : (int, int)
        Which two are compared.
    budget : float, optional
        In FLOP; by default :func:`default_budget`.
    comparison : FitComparison, optional
        That of the pair, if it is known.

    Raises
    ------
    FitError
        If a fit was refused or its law has no best size on C = 6ND.
    """
    used = [_drawn(recipe.fit) for recipe in recipes]
    smallest = min(float(runs["flops"].min()) for runs in used)
    edge = max(float(runs["flops"].max()) for runs in used)
    asked = default_budget(recipes) if budget is None else budget
    x = picture(smallest, edge, asked)
    curves = tuple(best_curve(recipe.fit, *x) for recipe in recipes)
    a, b = pair
    known = comparison or compare(recipes[a], recipes[b], level)
    twins = Pair.of(curves[a], curves[b], known.order, level)
    # The band is seen whole; a single resample may end far below it.
    last = [curve.at(np.array([x[1]]))[:, 0] for curve in curves]
    ends = [min(float(rows[0]), float(np.nanquantile(rows, (1 - level) / 2))) for rows in last]
    low = min(*(float(runs["loss"].min()) for runs in used), *ends)
    high = max(float(runs["loss"].quantile(0.99)) for runs in used)
    starts = max(float(curve.at(np.array([smallest]))[0, 0]) for curve in curves)
    high = max(min(high, 1.35 * starts), starts)
    if not np.isfinite([low, high]).all():
        raise FitError("The curves have no value in this range of compute.", remedy="Choose another law.")
    return View(
        recipes=tuple(recipes),
        pair=pair,
        budget=asked,
        yardstick=yardsticks[0],
        others=tuple(yardsticks[1:]),
        comparison=known,
        curves=curves,
        twins=twins,
        other_twins=tuple(_other(yardstick, pair, x, level) for yardstick in yardsticks[1:]),
        runs=tuple(thinned(runs) for runs in used),
        counts=tuple(len(runs) for runs in used),
        x=x,
        # Room below for the crossing and its interval.
        y=(low / (high / low) ** 0.14, high * (high / low) ** 0.03),
        edge=edge,
        unit=unit,
        machine=machine or Machine(),
        level=level,
    )


def compare(a: Recipe, b: Recipe, level: float = 0.95) -> FitComparison:
    """Compare two recipes over all compute that may matter."""
    return compare_fits(a.fit, b.fit, names=(a.name, b.name), level=level)


def pairing(a: Fit, b: Fit) -> NDArray[np.intp]:
    """Resample of `b` that stands beside each of `a`, as :func:`~scalewidgets.compare_fits` pairs them."""
    rows = min(len(a.resamples), len(b.resamples))
    if a.certificate.data_hash == b.certificate.data_hash and a.certificate.seed == b.certificate.seed:
        return np.arange(rows)
    return np.random.default_rng([0, 8]).permutation(len(b.resamples))[:rows]


def _other(yardstick: Yardstick, pair: tuple[int, int], x: tuple[float, float], level: float) -> Pair:
    a, b = (yardstick.fits[i] for i in pair)
    return Pair.of(best_curve(a, *x), best_curve(b, *x), pairing(a, b), level)


def picture(smallest: float, edge: float, budget: float) -> tuple[float, float]:
    """Compute that the figures show: from below the runs to a whole decade beyond them and the budget."""
    low = min(smallest / 1.5, budget / 2)
    high = 10.0 ** np.ceil(np.log10(max(edge * 10.0**BEYOND_DECADES, budget * 3)) - 1e-9)
    return float(low), float(high)


def default_budget(recipes: Sequence[Recipe]) -> float:
    """A round budget about a decade beyond every run: near enough to say something, far enough to ask."""
    edge = max(float(np.max(run_flops(recipe.fit.runs)[np.asarray(recipe.fit.used)])) for recipe in recipes)
    return float(10.0 ** np.round(np.log10(20 * edge)))


def _drawn(fit: Fit) -> pd.DataFrame:
    table = fit.runs
    used = np.asarray(fit.used, dtype=bool)
    frame = pd.DataFrame(
        {
            "run": np.arange(1, len(table) + 1),
            "params": table["params"].to_numpy(dtype=float),
            "flops": run_flops(table),
            "loss": table["loss"].to_numpy(dtype=float),
        }
    )
    chosen: pd.DataFrame = frame[used]
    return chosen
