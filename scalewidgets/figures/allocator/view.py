"""What the allocator draws: a fit with a closed form, a budget, a machine, a plan, and all ranges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...allocation import Machine, Surface
from ...allocation.plan import coefficients_of, usable
from ...errors import FitError
from ...fitting import Fit
from ...fitting.optimum import chinchilla_form
from ...fitting.problem import FLOPS_PER_PARAM_TOKEN
from ..runs import thinned

Array = NDArray[np.float64]

MOST_DRAWS = 1000
"""Resamples that travel with the document."""
MOST_IN_BANDS = 400
"""Of them, those that bands are drawn from: a band is drawn anew in every frame."""
BEYOND_DECADES = 3
"""How far the picture reaches beyond the largest run."""
NEAR = 0.12
"""How far from a budget, in the logarithm, a run still counts as one of it."""
FIRST_SHARE = 0.5
"""Size of the plan that the screen opens with, over the best size."""
SERVED = 2e12
DEFAULT_MACHINE = Machine(gpus=1024, serving_utilisation=0.15)


@dataclass(frozen=True)
class Held:
    """What the controls hold.

    Attributes
    ----------
    budget : float
        Training compute in FLOP.
    params, tokens : float
        The reader's plan.
    machine : Machine
    served : float
        Tokens to serve over the life of a model.
    unit : {"flops", "hours", "dollars"}
    keep : bool
        Whether the plan stays on the budget.
    """

    budget: float
    params: float
    tokens: float
    machine: Machine
    served: float = SERVED
    unit: str = "flops"
    keep: bool = True


@dataclass(frozen=True)
class View:
    """Everything that is drawn, computed once and shared by plots, words, state and behaviour."""

    fit: Fit
    held: Held
    surface: Surface
    rough: Surface
    runs: pd.DataFrame
    count: int
    reach: tuple[float, float]
    params: tuple[float, float]
    tokens: tuple[float, float]
    edge: float
    budgets: tuple[float, ...]
    level: float

    @property
    def resamples(self) -> int:
        """Resamples behind every interval."""
        return self.surface.rows - 1


def make_view(fit: Fit, held: Held) -> View:
    """Ranges and rows of a fit at what the controls hold.

    Raises
    ------
    FitError
        If the fit carries no advice (:func:`~scalewidgets.allocation.plan.usable`), or its law has no
        closed form.
    """
    refuse(fit)
    used = _used(fit)
    flops = FLOPS_PER_PARAM_TOKEN * used["params"] * used["tokens"]
    edge = float(flops.max())
    low = float(min(flops.min(), held.budget / 2))
    high = float(max(10.0 ** (np.ceil(np.log10(edge)) + BEYOND_DECADES), held.budget * 10))
    surface = _surface(fit)
    ends = surface.best(np.array([high])), surface.best(np.array([low]))
    sizes = [float(end.params[0]) for end in ends]
    data = [float(end.tokens[0]) for end in ends]
    return View(
        fit=fit,
        held=held,
        surface=surface,
        rough=_part(surface, MOST_IN_BANDS),
        runs=thinned(used.assign(flops=flops, run=np.arange(len(used)))),
        count=len(used),
        reach=(low, high),
        params=_around(used["params"].to_numpy(dtype=float), sizes),
        tokens=_around(used["tokens"].to_numpy(dtype=float), data),
        edge=edge,
        budgets=_budgets(flops.to_numpy(dtype=float)),
        level=fit.level,
    )


def _around(runs: Array, best: list[float]) -> tuple[float, float]:
    """Room for the runs and for the best models of the smallest and the largest budget."""
    return min(float(runs.min()), *best) / 1.5, max(float(runs.max()), *best) * 2.5


def refuse(fit: Fit) -> None:
    """Refuse a fit that this screen cannot draw.

    Raises
    ------
    FitError
        See :func:`make_view`.
    """
    usable(fit)
    if chinchilla_form(fit.law) is None:
        raise FitError(
            f"The {fit.law.title} law has no closed form of its best size, which this screen follows "
            "while a slider moves.",
            remedy="Plan with sw.allocate(fit, ...), which searches, or fit a floor and one power each of "
            'N and D, such as law="chinchilla".',
        )


def first_plan(fit: Fit, budget: float) -> tuple[float, float]:
    """The plan that the screen opens with: a smaller model than the best one, on more tokens."""
    best = float(_surface(fit).best(np.array([budget])).params[0])
    size = float(f"{FIRST_SHARE * best:.1e}")
    return size, budget / (FLOPS_PER_PARAM_TOKEN * size)


def default_budget(fit: Fit) -> float:
    """A round budget about a decade beyond every run."""
    used = _used(fit)
    edge = float((FLOPS_PER_PARAM_TOKEN * used["params"] * used["tokens"]).max())
    return float(10.0 ** round(np.log10(edge) + 1))


def _used(fit: Fit) -> pd.DataFrame:
    columns = fit.certificate.columns
    runs = fit.runs[np.asarray(fit.used, dtype=bool)]
    out = {
        "params": runs[columns["N"]],
        "tokens": runs[columns["D"]],
        "loss": runs[columns.get("L", fit.law.output)],
    }
    table: pd.DataFrame = pd.DataFrame({name: np.asarray(v, dtype=float) for name, v in out.items()})
    return table


def _surface(fit: Fit) -> Surface:
    return _part(Surface(fit.law, coefficients_of(fit)), MOST_DRAWS)


def _part(surface: Surface, most: int) -> Surface:
    """At most so many resamples, evenly chosen; the fit itself stays the first row."""
    if surface.rows <= most + 1:
        return surface
    rows = kept(surface.rows, most)
    return Surface(surface.law, {name: v[rows] for name, v in surface.coefficients.items()})


def kept(rows: int, most: int) -> NDArray[np.intp]:
    """Rows that are kept of so many: the twin of the browser's."""
    chosen: NDArray[np.intp] = np.floor(np.arange(most + 1) * ((rows - 1) / most) + 0.5).astype(np.intp)
    return chosen


def _budgets(flops: Array, count: int = 5) -> tuple[float, ...]:
    """Round budgets at which most runs were made, at least a factor two and a half apart."""
    decades = range(int(np.floor(np.log10(flops.min()))), int(np.ceil(np.log10(flops.max()))) + 1)
    rounds = [float(f"{m}e{p}") for p in decades for m in (1, 2, 3, 6)]
    found = {b: int((np.abs(np.log(flops / b)) <= NEAR).sum()) for b in rounds}
    chosen: list[float] = []
    for budget in sorted(found, key=lambda b: -found[b]):
        apart = all(abs(np.log(budget / other)) > np.log(2.5) for other in chosen)
        if found[budget] > 2 and apart and len(chosen) < count:
            chosen.append(budget)
    if len(chosen) < 2:
        ends = np.log10(flops.min() * 1.2), np.log10(flops.max() / 1.2)
        chosen = [float(f"{b:.0e}") for b in np.logspace(*ends, count)]
    return tuple(sorted(set(chosen)))
