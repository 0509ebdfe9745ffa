"""Approaches 1, 2 and 3 of arXiv:2203.15556 on the same runs, and what they say of one budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import QuantityError, ScaleWidgetsError
from scalewidgets.fitting import Fit
from scalewidgets.fitting import fit as fit_runs
from scalewidgets.fitting.bootstrap import counts as drawn_counts
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN
from scalewidgets.units import format_quantity

from .envelopes import Points, budgets_of, edges_of, parabolas, winners
from .machine import Machine
from .plan import Estimate, coefficients_of, estimate, usable
from .runs import fitted_runs
from .surface import Surface
from .three_ways import Approach as Approach
from .three_ways import ThreeApproaches as ThreeApproaches
from .wrong import wrong_at

Array: TypeAlias = NDArray[np.float64]

NAMES = ("1 envelope", "2 IsoFLOP", "3 parametric")
SLOPE = 0.05
"""Fall of log loss per log compute, by which approach 1 moves losses to the middle of a bin."""


@dataclass(frozen=True, eq=False, repr=False)
class ApproachLines:
    """What each approach finds on the same runs, before a budget is named; made by :func:`approach_lines`.

    Attributes
    ----------
    fit : Fit
        Of approach 3.
    surface : Surface
        The fit and its resamples.
    params, flops, loss : ndarray, shape (n,)
        The runs that all three see.
    edges : ndarray
        Ends of the bins of approach 1.
    budgets : ndarray
        Of approach 2.
    tolerance : float
    first, second : Points or None
        Of approaches 1 and 2; None where the runs do not carry it.
    clean : Points or None
        Approach 2 on the law's own losses at the same runs.
    refused : tuple of ScaleWidgetsError or None
        Why approach 1 or 2 finds nothing.
    """

    fit: Fit
    surface: Surface
    params: Array
    flops: Array
    loss: Array
    edges: Array
    budgets: Array
    tolerance: float
    first: Points | None
    second: Points | None
    clean: Points | None
    refused: tuple[ScaleWidgetsError | None, ScaleWidgetsError | None]

    @property
    def centre(self) -> Surface:
        """The fit without its resamples."""
        rows = {name: values[:1] for name, values in self.surface.coefficients.items()}
        return Surface(self.fit.law, rows)

    def at(self, budget: float, machine: Machine, level: float) -> ThreeApproaches:
        """What they say of one budget; an approach that the runs do not carry says why."""
        centre, surface = self.centre, self.surface

        def waste(sizes: Array) -> Array:
            found = np.full(len(sizes), np.nan)
            fine = np.isfinite(sizes)
            if fine.any():
                found[fine] = wrong_at(centre, machine, budget, sizes[fine], None, level).waste
            return found

        best = surface.best(np.array([budget]))
        ends = [surface.best(np.array([budget * factor])).params for factor in (0.99, 1.01)]
        exponent = np.log(ends[1] / ends[0]) / np.log(1.01 / 0.99)
        made = (
            _of_points(NAMES[0], self.first, self.refused[0], budget, waste, level),
            _of_points(NAMES[1], self.second, self.refused[1], budget, waste, level),
            _approach(NAMES[2], exponent, best.params, budget, waste, level, None),
        )
        bias, bias_params, bias_exponent = _bias(centre, self.clean, budget)
        price = float(np.asarray(machine.cost(budget).dollars))
        counts = [0 if points is None else len(points.flops) for points in (self.first, self.second)]
        return ThreeApproaches(
            made, self.fit, budget, price, bias, bias_params, bias_exponent, level,
            _conventions(self.fit, counts[0], counts[1], self.tolerance, machine),
        )  # fmt: skip


def approach_lines(
    third: Fit,
    *,
    bins: int | Sequence[float] = 11,
    budgets: int | Sequence[float] | None = None,
    tolerance: float = 0.12,
    resamples: int = 1000,
    seed: int = 0,
) -> ApproachLines:
    """Run approaches 1 and 2 on the runs of a fit, which is approach 3.

    Parameters and errors are those of :func:`three_approaches`, except that an approach which the runs do
    not carry is no error here: it says what is missing.
    """
    usable(third)
    if not 0 < tolerance < np.inf:
        raise QuantityError(
            f"tolerance={tolerance!r} is not a share above zero.", remedy="Give one, such as 0.12 for 12 %."
        )
    bins = int(bins) if isinstance(bins, int | np.integer) else bins
    if isinstance(bins, int) and bins < 1:
        raise QuantityError(f"bins={bins!r} is less than one bin.", remedy="Give ten or so.")
    size, _, compute = fitted_runs(third)
    column = third.certificate.columns.get("L", third.law.output)
    loss = third.runs.loc[third.used, column].to_numpy(dtype=float)
    # Row 0 counts every run once: the table itself.
    rows = [np.ones((1, len(size))), *drawn_counts(len(size), resamples, max(resamples, 1), seed)]
    counts = np.vstack(rows) if resamples else rows[0]
    if budgets is None or isinstance(budgets, int | np.integer):
        chosen = budgets_of(compute, size, tolerance, budgets)
    else:
        chosen = np.asarray(budgets, dtype=float)
    surface = Surface(third.law, coefficients_of(third))
    centre = Surface(third.law, {name: values[:1] for name, values in surface.coefficients.items()})
    clean_loss = centre.loss(size[None], (compute / (FLOPS_PER_PARAM_TOKEN * size))[None])[0]
    once = np.ones((1, len(size)))
    first, why_first = _tried(1, lambda: winners(size, compute, loss, counts, bins, SLOPE))
    second, why_second = _tried(2, lambda: parabolas(size, compute, loss, counts, chosen, tolerance))
    clean, _ = _tried(2, lambda: parabolas(size, compute, clean_loss, once, chosen, tolerance))
    return ApproachLines(
        third, surface, size, compute, loss, edges_of(compute, bins), chosen, tolerance,
        first, second, clean, (why_first, why_second),
    )  # fmt: skip


def _tried(number: int, work: Callable[[], Points]) -> tuple[Points | None, ScaleWidgetsError | None]:
    """Points of an approach, or why there are none."""
    try:
        points = work()
    except QuantityError as error:
        return None, error
    if np.isfinite(points.line()[0][0]):
        return points, None
    return None, QuantityError(
        f"Approach {number} finds a best size at too few computes for a line.",
        remedy="Give runs of more sizes at each compute.",
    )


def three_approaches(
    runs: pd.DataFrame | Fit,
    *,
    flops: float | None = None,
    dollars: float | None = None,
    bins: int | Sequence[float] = 11,
    budgets: int | Sequence[float] | None = None,
    tolerance: float = 0.12,
    machine: Machine | str | None = None,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    **options: Any,
) -> ThreeApproaches:
    """Find the best size of a budget in the three ways of arXiv:2203.15556, on the same runs.

    Parameters
    ----------
    runs : DataFrame or Fit
        Finished runs with params, tokens (or flops) and loss; or a fit of them, which then is approach 3.
    flops, dollars : float
        The budget: one of them.
    bins : int or sequence of float
        Bins of compute of approach 1, or their ends.
    budgets : int or sequence of float, optional
        Budgets of approach 2, or how many; by default those at which sizes were varied.
    tolerance : float
        Share by which the compute of a run may differ from its budget.
    machine : Machine or str, optional
        Turns money into compute and back.
    resamples, seed, level
        Of the intervals; all approaches are resampled over runs.
    **options
        For :func:`scalewidgets.fit` of approach 3.

    Returns
    -------
    ThreeApproaches

    Raises
    ------
    FitError
        If the runs do not carry approach 3.
    QuantityError
        If the budget is not clear, or too few bins or budgets hold runs.

    See Also
    --------
    scalewidgets.Approaches : The same on screen; an approach that the runs do not carry says why there.
    """
    rented = Machine.of(machine)
    budget = rented.budget(flops, dollars)
    third = runs
    if not isinstance(third, Fit):
        settings = {"resamples": resamples, "seed": seed, "level": level, "starts": 0, **options}
        third = fit_runs(third, **settings)
    found = approach_lines(
        third, bins=bins, budgets=budgets, tolerance=tolerance, resamples=resamples, seed=seed
    )
    for error in found.refused:
        if error is not None:
            raise error
    return found.at(budget, rented, level)


def _of_points(
    name: str,
    points: Points | None,
    refused: ScaleWidgetsError | None,
    budget: float,
    waste: Any,
    level: float,
) -> Approach:
    if points is None:
        nothing = Estimate(float("nan"), float("nan"), float("nan"))
        return Approach(name, nothing, nothing, nothing, nothing, None, missing=str(refused))
    slope, intercept = points.line()
    params = np.exp(intercept + slope * np.log(budget))
    each = [estimate(np.exp(points.log_params[:, k]), level) for k in range(len(points.flops))]
    columns = {
        "flops": points.flops, "params": [one.value for one in each], "low": [one.low for one in each],
        "high": [one.high for one in each], "runs": points.runs,
    }  # fmt: skip
    return _approach(name, slope, params, budget, waste, level, pd.DataFrame(columns))


def _approach(
    name: str,
    exponent: Array,
    params: Array,
    budget: float,
    waste: Any,
    level: float,
    points: pd.DataFrame | None,
) -> Approach:
    return Approach(
        name,
        exponent=estimate(exponent, level),
        params=estimate(params, level),
        tokens=estimate(budget / (FLOPS_PER_PARAM_TOKEN * params), level),
        waste=estimate(waste(params), level),
        points=points,
    )


def _bias(centre: Surface, clean: Points | None, budget: float) -> tuple[pd.DataFrame, float, float]:
    """Approach 2 on the law's own losses at the same runs, against the law."""
    if clean is None:
        empty: pd.DataFrame = pd.DataFrame(columns=["flops", "params", "optimum", "bias"], dtype=float)
        return empty, float("nan"), float("nan")
    found = np.exp(clean.log_params[0])
    truth = np.array([centre.best(np.array([c])).params[0] for c in clean.flops])
    slope, intercept = clean.line()
    at = np.exp(intercept[0] + slope[0] * np.log(budget))
    off = float(at / centre.best(np.array([budget])).params[0] - 1)
    table: pd.DataFrame = pd.DataFrame(
        {"flops": clean.flops, "params": found, "optimum": truth, "bias": found / truth - 1}
    )
    return table, off, float(slope[0])


def _conventions(fit: Fit, bins: int, budgets: int, tolerance: float, machine: Machine) -> tuple[str, ...]:
    return (
        f"{bins} bins of compute, losses moved to their middle by {SLOPE:g} in logarithms",
        f"{budgets} budgets, runs within {format_quantity(tolerance, 'percent', 2)}, parabola in log N",
        f"{fit.law.title} law, {fit.certificate.objective}", str(fit.certificate.convention), str(machine),
    )  # fmt: skip
