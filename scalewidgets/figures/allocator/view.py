"""What the allocator draws: a fit with a closed form, a budget, a machine, a plan, and all ranges."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...allocation import FlopRule, Machine, TrainingMemory, mixture_of_experts, with_attention
from ...allocation.plan import coefficients_of, usable
from ...errors import FitError
from ...fitting import Fit
from ...fitting.optimum import chinchilla_form
from ...fitting.problem import FLOPS_PER_PARAM_TOKEN
from ..runs import thinned
from .split import ASPECT, Rule, Split

Array = NDArray[np.float64]

MOST_DRAWS = 1000
"""Resamples that travel with the document."""
MOST_IN_BANDS = 400
"""Of them, those that bands are drawn from: a band is drawn anew in every frame."""
MOST_SEARCHED = 200
"""Those that a best split is searched for, where it has no closed form."""
BEYOND_DECADES = 3
"""How far the picture reaches beyond the largest run."""
NEAR = 0.12
"""How far from a budget, in the logarithm, a run still counts as one of it."""
FIRST_SHARE = 0.5
"""Size of the plan that the screen opens with, over the best size."""
SERVED = 2e12
LEAST = 1e3
"""Parameters of the smallest model that a memory is said to hold."""
DEFAULT_MACHINE = Machine(gpus=1024, serving_utilisation=0.15)


@dataclass(frozen=True)
class Limit:
    """A limit that can be switched on, and where its slider stands."""

    on: bool
    at: float


UNIQUE, MEMORY, DEADLINE = Limit(False, 1e12), Limit(False, 80.0), Limit(False, 30.0)


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
    rule : {"6ND", "attention", "moe"}
        What a token costs.
    context, active : float
        Tokens of a sequence, and active over all parameters, where the rule asks for them.
    unique, memory, deadline : Limit
        Distinct tokens; gigabytes of one device; days.
    """

    budget: float
    params: float
    tokens: float
    machine: Machine
    served: float = SERVED
    unit: str = "flops"
    keep: bool = True
    rule: str = "6ND"
    context: float = 4096.0
    active: float = 0.25
    unique: Limit = UNIQUE
    memory: Limit = MEMORY
    deadline: Limit = DEADLINE

    @property
    def counted(self) -> Rule:
        """The rule in the numbers that the browser needs."""
        return Rule.of(self.rule, self.context, self.active)

    @property
    def flop_rule(self) -> str | FlopRule:
        """The same rule for :func:`scalewidgets.allocate`."""
        if self.rule == "attention":
            return with_attention(self.context, ASPECT)
        return mixture_of_experts(self.active) if self.rule == "moe" else "6ND"

    @property
    def store(self) -> TrainingMemory | None:
        """What the memory of the devices has to hold, where it is a limit."""
        return TrainingMemory(self.memory.at, context=self.context) if self.memory.on else None

    @property
    def most_params(self) -> float:
        """Largest model that the memory holds."""
        return np.inf if self.store is None else max(self.store.most_params(self.machine.gpus), LEAST)

    @property
    def most_flops(self) -> float:
        """Compute of all devices until the deadline."""
        return self.machine.flops_of_days(self.deadline.at) if self.deadline.on else np.inf

    @property
    def spent(self) -> float:
        """Compute that the budget and the deadline leave."""
        return min(self.budget, self.most_flops)


@dataclass(frozen=True)
class View:
    """Everything that is drawn, computed once and shared by plots, words, state and behaviour."""

    fit: Fit
    held: Held
    surface: Split
    rough: Split
    runs: pd.DataFrame
    count: int
    reach: tuple[float, float]
    params: tuple[float, float]
    tokens: tuple[float, float]
    growth: tuple[float, float]
    used: Array
    budgets: tuple[float, ...]
    level: float

    @property
    def resamples(self) -> int:
        """Resamples behind every interval."""
        return self.surface.rows - 1

    @property
    def edge(self) -> float:
        """Compute of the largest run, counted by the rule."""
        return float(np.max(self.surface.flops(self.used[0], self.used[1])))

    @property
    def least(self) -> float:
        """Compute of the smallest run, counted by the rule."""
        return float(np.min(self.surface.flops(self.used[0], self.used[1])))

    def moved(self, held: Held) -> View:
        """Return the same picture at what the controls hold now."""
        surface = _split(self.fit, held, self.reach)
        return replace(self, held=held, surface=surface, rough=_part(surface, MOST_IN_BANDS))


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
    surface = _split(fit, held, (low, high))
    # Room for the best models of one epoch too, so that a limit can be switched off.
    free = _split(fit, replace(held, unique=UNIQUE), (low, high))
    ends = [free.best(np.array([c])) for c in (high, low)]
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
        growth=(min(*sizes, *data) / 2, max(*sizes, *data) * 2),
        used=used[["params", "tokens", "loss"]].to_numpy(dtype=float).T,
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


def first_plan(fit: Fit, held: Held) -> tuple[float, float]:
    """The plan that the screen opens with: a smaller model than the best one, on more tokens."""
    budget = held.spent
    found = _split(fit, held, (budget, budget))
    size = float(f"{FIRST_SHARE * float(found.best(np.array([budget])).params[0]):.1e}")
    return size, float(found.tokens(np.array(budget), np.array(size)))


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


def rows_of(fit: Fit) -> Array:
    """Floor, A, alpha, B and beta of the fit and its resamples, at most so many as travel."""
    form, values = chinchilla_form(fit.law), coefficients_of(fit)
    assert form is not None
    like = next(iter(values.values()))
    table = np.concatenate([np.zeros_like(like) if n is None else values[n] for n in form], axis=1)
    return table if len(table) <= MOST_DRAWS + 1 else table[kept(len(table), MOST_DRAWS)]


def _split(fit: Fit, held: Held, reach: tuple[float, float]) -> Split:
    """Where the best split is searched for, fewer resamples stand for all."""
    unique = held.unique.at if held.unique.on else np.inf
    found = Split(rows_of(fit), held.counted, unique, reach)
    return _part(found, MOST_SEARCHED) if found.searched else found


def _part(split: Split, most: int) -> Split:
    """At most so many resamples, evenly chosen; the fit itself stays the first row."""
    return split if split.rows <= most + 1 else split.part(kept(split.rows, most))


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
