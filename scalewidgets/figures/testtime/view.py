"""What the screen of test-time sampling draws: counts of several models, prices, a verifier, and systems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...allocation.hardware import device
from ...allocation.machine import PRICES
from ...errors import TableError, UnknownNameError
from ...testtime.menu import Menu, menu
from ...testtime.solved import Verifier
from ...testtime.tally import Tally
from ...units import format_quantity
from .systems import SystemsView

Array: TypeAlias = NDArray[np.float64]

UNITS = {"dollars": "Dollars", "tokens": "Tokens", "seconds": "Seconds"}
VERIFIERS = {"noisy": "Noisy, accept or reject", "perfect": "Perfect"}
TOKENS = 320.0
"""Tokens of a sample, where no log says how many."""
UTILISATION = 0.2
PRECISION = "bf16"
RIGHT_RANGE = (0.3, 1.0)
WRONG_RANGE = (1e-4, 0.5)
PER_PROBLEMS = 1000
"""Dollars are said for so many problems: those for one are too small to read."""
LEVEL = 0.95


@dataclass(frozen=True)
class Held:
    """What the controls hold.

    Attributes
    ----------
    unit : {"dollars", "tokens", "seconds"}
        Which budget counts.
    dollars : float
        For a thousand problems.
    tokens, seconds : float
        For one problem; seconds are those of one device.
    worth : float
        Dollars that a solved problem is worth.
    verifier : {"noisy", "perfect"}
    right, wrong : float
        Shares of right and of wrong answers that the verifier accepts.
    sample_tokens : float
        Tokens of one sample.
    hour : float
        Dollars for an hour of the device.
    utilisation : float
    factor : float
        Price over that which was recorded.
    shown : frozenset of str
        Curves that are switched on.
    """

    unit: str = "dollars"
    dollars: float = 0.3
    tokens: float = 15_000.0
    seconds: float = 0.4
    worth: float = 0.01
    verifier: str = "noisy"
    right: float = 0.9
    wrong: float = 0.01
    sample_tokens: float = TOKENS
    hour: float = 2.5
    utilisation: float = UTILISATION
    factor: float = 1.0
    shown: frozenset[str] = frozenset()

    @property
    def rates(self) -> Verifier:
        """The verifier as :func:`~scalewidgets.testtime.menu.menu` takes it."""
        return None if self.verifier == "perfect" else (self.right, self.wrong)


@dataclass(frozen=True)
class Selected:
    """Curves of one way to pick an answer: k, and the share solved by each model (rows)."""

    k: Array
    value: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class View:
    """Everything that is drawn, computed once and shared by plots, words, state and behaviour.

    Attributes
    ----------
    counts : Tally or None
        Without it only systems are drawn.
    held : Held
    device : str
    basis : {"device", "list", "recorded", "none"}
        Where prices come from: FLOP of a device, a price list, or the log itself.
    prices : ndarray
        Dollars for a million tokens, from a list.
    labels : tuple of str
        Short names of the models; ``family`` is what they have in common.
    systems : SystemsView or None
    selected : dict of str to Selected
        Ways to pick an answer that the log allows; ``lacking`` says what the others would need.
    """

    counts: Tally | None
    held: Held
    device: str
    basis: str
    prices: Array
    labels: tuple[str, ...]
    family: str
    systems: SystemsView | None
    selected: Mapping[str, Selected]
    lacking: Mapping[str, str]
    level: float = LEVEL

    @property
    def tally(self) -> Tally:
        """The counts; only for screens that have them."""
        assert self.counts is not None
        return self.counts

    @property
    def units(self) -> tuple[str, ...]:
        """Units in which every model has a cost, or the systems have one."""
        if self.counts is None:
            return () if self.systems is None else tuple(u for u in UNITS if u in self.systems.axes)
        found = costs(self)
        return tuple(unit for unit in UNITS if np.isfinite(found[unit]).all())

    @property
    def sizes(self) -> Array:
        """What colours tell models apart by: parameters, or the place by pass@1."""
        params = self.tally.params
        known = bool(np.isfinite(params).all()) and len(np.unique(params)) == len(params)
        return params if known else np.arange(1.0, len(params) + 1)

    @property
    def sized(self) -> bool:
        """Whether models are called by their parameters."""
        return bool(self.family)

    @property
    def edge(self) -> float:
        """Largest number of samples that every model has of every problem."""
        return float(self.tally.least.min())


def make_view(
    counts: Tally | None,
    held: Held,
    *,
    systems: SystemsView | None = None,
    machine: str = "H100 SXM",
    prices: Mapping[str, float] | None = None,
    selected: Mapping[str, Selected] | None = None,
    lacking: Mapping[str, str] | None = None,
) -> View:
    """What is drawn of counts and systems at what the controls hold.

    Raises
    ------
    TableError
        Where nothing says what a sample costs.
    """
    device(machine)
    basis, listed = ("none", np.empty(0)) if counts is None else _basis(counts, prices)
    labels, family = ((), "") if counts is None else _labels(counts)
    view = View(counts, held, machine, basis, listed, labels, family, systems, selected or {}, lacking or {})
    if view.units and held.unit not in view.units:
        view = replace(view, held=replace(held, unit=view.units[0]))
    return view


def _basis(counts: Tally, prices: Mapping[str, float] | None) -> tuple[str, Array]:
    if prices is not None:
        for name in prices:
            if name not in counts.models:
                raise UnknownNameError.of("a model of these samples", name, list(counts.models))
        missing = [name for name in counts.models if name not in prices]
        if missing:
            raise TableError(
                f"There is no price of {missing[0]}.",
                remedy="Give prices={model: dollars for a million tokens}.",
            )
        listed = np.array([float(prices[name]) for name in counts.models])
        if not (listed > 0).all() or not np.isfinite(listed).all():
            raise TableError("A price is not above zero.", remedy="Give dollars for a million tokens.")
        return "list", listed
    if np.isfinite(counts.dollars).all():
        return "recorded", np.empty(0)
    if np.isfinite(counts.params).all():
        return "device", np.empty(0)
    raise TableError(
        "Nothing says what a sample of these models costs.",
        remedy="Add a column params (parameters) or cost_usd (dollars of a sample), or give "
        "prices={model: dollars for a million tokens}.",
    )


def _labels(counts: Tally) -> tuple[tuple[str, ...], str]:
    """Sizes as names where the models are one family that differs in nothing else."""
    stems = {re.split(r"[-_ /]?\d", name, maxsplit=1)[0] for name in counts.models}
    sizes = tuple(format_quantity(p, "params", 2) for p in counts.params)
    if len(stems) == 1 and np.isfinite(counts.params).all() and len(set(sizes)) == len(sizes) > 1:
        stem = stems.pop()
        if stem:
            return tuple(s.replace(".0 ", " ") for s in sizes), stem
    return counts.models, ""


# -- what a sample costs ------------------------------------------------------------------------------


def costs(view: View) -> dict[str, Array]:
    """Dollars, tokens and device-seconds of one sample of each model; NaN where nobody says."""
    counts, held = view.tally, view.held
    m = len(counts.models)
    if view.basis == "recorded":
        return {"dollars": counts.dollars * held.factor, "tokens": counts.tokens, "seconds": counts.seconds}
    tokens = np.full(m, held.sample_tokens)
    if view.basis == "list":
        return {"dollars": tokens * view.prices / 1e6, "tokens": tokens, "seconds": counts.seconds}
    # Two operations a parameter and token: the forward pass (arXiv:2001.08361, section 2.1).
    rate = device(view.device).peak(PRECISION).value * held.utilisation
    seconds = 2 * counts.params * tokens / rate
    return {"dollars": seconds * held.hour / 3600, "tokens": tokens, "seconds": seconds}


def budget_of(held: Held) -> float:
    """What one problem may cost, in the unit that is chosen."""
    if held.unit == "dollars":
        return held.dollars / PER_PROBLEMS
    return held.tokens if held.unit == "tokens" else held.seconds


def advice(view: View) -> Menu:
    """The menu at what the controls hold."""
    each = costs(view)
    held = view.held
    cost, least = each[held.unit], each["dollars"] / held.worth
    return _menu(view.tally, tuple(cost), budget_of(held), held.rates, tuple(least), view.level)


@lru_cache(maxsize=16)
def _menu(
    counts: Tally,
    cost: tuple[float, ...],
    budget: float,
    rates: Verifier,
    least: tuple[float, ...],
    level: float,
) -> Menu:
    # A scene asks for the same advice in its figures, its words and its table.
    return menu(counts, cost, budget, verifier=rates, least_gain=least, level=level)


def first_held(
    counts: Tally | None,
    *,
    machine: str = "H100 SXM",
    prices: Mapping[str, float] | None = None,
    systems: SystemsView | None = None,
) -> Held:
    """A budget to begin with: some ten samples of the dearest model, and a worth that asks for samples."""
    held = Held(hour=PRICES.get(machine, 2.5))
    if counts is None:
        return held if systems is None else budgets(held, systems.first())
    if np.isfinite(counts.tokens).all():
        held = replace(held, sample_tokens=float(f"{counts.tokens.mean():.2g}"))
    each = costs(make_view(counts, held, machine=machine, prices=prices))
    few = max(1.0, min(10.0, float(counts.least.min()) / 2))
    dollars = _round(few * float(each["dollars"].max()) * PER_PROBLEMS)
    out = replace(held, dollars=dollars, worth=max(0.01, _round(0.03 * dollars)))
    known = [unit for unit in ("tokens", "seconds") if np.isfinite(each[unit]).all()]
    return budgets(out, {unit: _round(few * float(each[unit].max())) for unit in known})


def budgets(held: Held, amounts: Mapping[str, float]) -> Held:
    """The same with other budgets, by their units."""
    changes: dict[str, Any] = dict(amounts)
    return replace(held, **changes)


def _round(value: float) -> float:
    return float(f"{value:.0e}")
