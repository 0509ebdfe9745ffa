"""What a law fitter is set to: a value from which a fit follows."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd

from ..errors import FitError
from ..figures.lawfitter import SHAPES, Target, run_flops
from ..fitting import Fit, HoldOut, Progress, fit_steps, holdout
from ..fitting.compiled import machine
from ..fitting.compiled.choice import WORTH_COMPILING
from ..fitting.steps import drained, retold
from ..laws import Law, law, names
from ..laws.card import titled

PHASES = {"fit": (0.0, 0.02), "check": (0.02, 0.2), "resample": (0.22, 0.58), "verify": (0.8, 0.2)}
"""Where each phase of a fit begins and how much of the progress line it takes, by what it costs."""

QUICK, QUICK_RUNS = 200, 2000
"""Resamples behind the picture that is shown at once, and up to how many runs there is one."""

AT_ONCE = 10_000_000
"""Rows times resamples that a person waits for; a larger fit is drawn before it is done."""

FIRST, FEWEST = 4_000_000, 20
"""Rows times resamples behind the first picture of a large table, and the resamples it has at least."""

SMALLEST_FAMILY = 8
"""Families with fewer runs are not offered: five coefficients need more than that to say anything."""

MENU = ("language pre-training", "learning curves", "data", "theory")
"""Themes on offer for a table of runs; laws of other settings may have the same inputs in other meanings."""

MOST = 7
"""Coefficients of a law on offer: a fit of nine keeps a person waiting. Code can ask for it."""


@dataclass(frozen=True)
class Settings:
    """Table, law and objective of a law fitter.

    Attributes
    ----------
    table : DataFrame or None
        The whole table.
    source : str
        Name of the bundled table, or ``"own"``.
    title, code : str
        What a person calls the table, and the Python expression that yields it.
    family : str or None
        The family that is fitted, where the table has several.
    """

    law: str | Law = "chinchilla"
    objective: str = "huber_log"
    delta: float = 1e-3
    exclude: str | Sequence[Any] | None = "default"
    resamples: int = 1000
    seed: int = 0
    mode: str = "compact"
    fixed: Mapping[str, float] = field(default_factory=dict)
    table: pd.DataFrame | None = None
    source: str = ""
    title: str = ""
    code: str = ""
    family: str | None = None
    blind: float | None = None
    begin: Settings | None = None
    shapes: Mapping[str, float] = field(default_factory=dict)
    """Parameters of objectives that were moved, by key."""
    families: tuple[str, ...] = ()
    """Families of the table that can be fitted; empty where there is only one."""
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What follows from table and family alone, once it was asked for."""

    def __post_init__(self) -> None:
        if self.resamples == 0:
            raise FitError(
                "LawFitter draws an interval around every answer, and resamples=0 gives none.",
                remedy="Take 200 or more; sw.fit(runs, resamples=0) fits without intervals.",
            )

    def replace(self, **changes: Any) -> Settings:
        """The same settings with some changed."""
        if changes.get("family", self.family) != self.family:
            changes = {"kept": {}, **changes}
        return dataclasses.replace(self, **changes)

    def with_table(self, table: pd.DataFrame, source: str, title: str, code: str) -> Settings:
        """The same settings on another table, all its recommended exclusions in force."""
        families = families_of(table)
        fresh = self.replace(
            table=table,
            families=tuple(families),
            kept={},
            source=source,
            title=title,
            code=code,
            family=families[0] if families else None,
            fixed={},
            exclude="default" if self.table is not None else self.exclude,
        )
        fresh = fresh.replace(blind=default_cut(fresh.runs))
        return fresh.replace(begin=fresh)

    def first(self) -> Settings:
        """The settings with which this table was opened."""
        return self.begin.replace(begin=self.begin) if self.begin is not None else self

    @property
    def runs(self) -> pd.DataFrame | None:
        """The runs of the chosen family."""
        if self.table is None or self.family is None:
            return self.table
        if "runs" not in self.kept:
            part = self.table[self.table["family"] == self.family]
            part.attrs = dict(self.table.attrs)
            self.kept["runs"] = part
        chosen: pd.DataFrame = self.kept["runs"]
        return chosen

    @property
    def menu(self) -> dict[str, str]:
        """Name and title of each law on offer for these runs."""
        if "menu" not in self.kept:
            self.kept["menu"] = law_menu(self.runs)
        menu: dict[str, str] = self.kept["menu"]
        return menu

    @property
    def chosen(self) -> dict[str, Any]:
        """What the controls that ask the kernel hold."""
        return {
            "dataset": self.source,
            "family": self.family,
            "law": self.law_name,
            "objective": self.objective,
            "delta": self.delta,
            "blind": self.blind,
            **self.shape,
        }

    @property
    def shape(self) -> dict[str, Any]:
        """The parameter of the objective that only it has, by key; empty where it has none."""
        one = SHAPES.get(self.objective)
        return {} if one is None else {one.key: float(self.shapes.get(one.key, one.start))}

    @property
    def can_restore(self) -> bool:
        """Whether the table recommends exclusions that can be taken back."""
        if self.runs is None:
            return False
        recommended = self.runs.attrs.get("default_exclusions") or {}
        return bool(self.runs.index.isin(list(recommended.get("index", ()))).any())

    @property
    def exclude_code(self) -> str:
        """The ``exclude=`` argument of "copy code"."""
        if self.exclude is None:
            return "exclude=None"
        return "" if isinstance(self.exclude, str) else f"exclude={list(self.exclude)!r}"

    @property
    def own_law(self) -> bool:
        """Whether the law is the user's own, not one of the registry."""
        return isinstance(self.law, Law) and self.law.name not in names()

    @property
    def law_name(self) -> str:
        """Name of the law."""
        return self.law if isinstance(self.law, str) else self.law.name

    @property
    def law_title(self) -> str:
        """Title of the law; a form that was not checked says so."""
        return titled(law(self.law))

    def held_out(self) -> HoldOut | None:
        """Score the runs above the cut by a fit that has not seen them; None where that cannot be done."""
        if self.runs is None or self.blind is None:
            return None
        try:
            return holdout(
                self.runs,
                self.law,
                self.blind,
                objective=self.objective,
                delta=self.delta,
                exclude=self.exclude,
                fixed=self.fixed or None,
                seed=self.seed,
                **self.shape,
            )
        except FitError:
            return None

    def quick(self) -> Fit:
        """Fit without the independent check and with few resamples: what a person can wait for."""
        return drained(self.replace(resamples=min(self.resamples, QUICK))._fit_steps(starts=0))

    @property
    def large(self) -> bool:
        """Whether there are too many runs to have all resamples before the first picture."""
        return self.runs is not None and len(self.runs) * self.resamples > AT_ONCE

    def first_steps(self) -> Generator[tuple[float, float, str], None, Fit]:
        """Fit a large table for its first picture: without the check, and with few resamples."""
        rows = 1 if self.runs is None else max(len(self.runs), 1)
        few = int(np.clip(FIRST // rows, FEWEST, QUICK))
        return self.replace(resamples=min(self.resamples, few))._told(starts=0)

    def steps(self) -> Generator[tuple[float, float, str], None, Fit]:
        """Fit, yielding (done, total, label) of the whole; what is returned at the end is the fit."""
        return self._told()

    def _told(self, **options: Any) -> Generator[tuple[float, float, str], None, Fit]:
        yield from self._compiled()
        work = self._fit_steps(**options)

        def told(at: Progress) -> tuple[float, float, str]:
            start, share = PHASES[at.phase]
            return start + share * at.done / max(at.total, 1), 1.0, at.label

        return (yield from retold(work, told))

    def _compiled(self) -> Generator[tuple[float, float, str], None, None]:
        """Make the compiled engine where it pays, in a thread: it takes half a minute."""
        rows = 0 if self.runs is None else len(self.runs)
        if rows * self.resamples < WORTH_COMPILING or not machine.installed() or machine.ready():
            return
        work = Thread(target=_compile, daemon=True)
        work.start()
        while work.is_alive():
            work.join(0.05)
            yield 0.0, 1.0, "the engine is compiled, once on this machine"

    def _fit_steps(self, **options: Any) -> Generator[Progress, None, Fit]:
        if self.runs is None:
            raise FitError("There is no table to fit.", remedy="Choose a table of runs first.")
        return fit_steps(
            self.runs,
            law=self.law,
            objective=self.objective,
            delta=self.delta,
            resamples=self.resamples,
            exclude=self.exclude,
            fixed=self.fixed or None,
            seed=self.seed,
            **self.shape,
            **options,
        )


def _compile() -> None:
    # What goes wrong here is no reason not to fit: NumPy's engine does.
    with suppress(Exception):
        machine.kernel()


def families_of(table: pd.DataFrame | None) -> list[str]:
    """Families with enough runs of several sizes, largest first; empty where there is only one."""
    if table is None or "family" not in table:
        return []
    grouped = table.groupby("family")
    sizes = grouped["params"].nunique()
    counts = grouped.size()
    usable = counts[(counts >= SMALLEST_FAMILY) & (sizes >= 3)].sort_values(ascending=False)
    names_ = [str(name) for name in usable.index]
    return names_ if len(names_) > 1 else []


def fittable_laws(table: pd.DataFrame | None = None) -> list[str]:
    """Laws of a loss whose inputs the table has, theme by theme; without one, what every table has."""
    known = {"N", "D", "C"}
    if table is not None and "unique_tokens" in table and table["unique_tokens"].notna().all():
        known.add("U")
    offered = [law(name) for name in names() if law(name).theme in MENU]
    return [
        item.name
        for item in offered
        if item.output == "loss" and set(item.input_names) <= known and len(item.coefficients) <= MOST
    ]


def law_menu(table: pd.DataFrame | None = None) -> dict[str, str]:
    """Name and title of each law on offer; a form that was not checked says so."""
    offered = [law(name) for name in fittable_laws(table)]
    return {item.name: titled(item) for item in offered}


def default_target(
    runs: pd.DataFrame | None, params: float | None = None, tokens: float | None = None
) -> Target:
    """A round target a little beyond the largest run, unless one was asked for.

    Seven billion parameters on 1.4 trillion tokens where that is within reach of the table, since that is
    what most people ask first.
    """
    target = Target(7e9, 1.4e12)
    if runs is not None:
        sizes = runs["params"].to_numpy(dtype=float)
        flops = 6 * sizes * runs["tokens"].to_numpy(dtype=float)
        largest, most = float(np.nanmax(sizes)), float(np.nanmax(flops))
        reachable = largest / 30 <= target.params <= largest * 30 and most / 10 <= target.flops <= most * 300
        if not reachable:
            target = Target(_round(largest), _round(5 * most / (6 * largest)))
    return Target(params or target.params, tokens or target.tokens)


def default_cut(runs: pd.DataFrame | None) -> float | None:
    """A round compute with about a tenth of the runs above it, or None where no such cut exists."""
    if runs is None or len(runs) < 2 * SMALLEST_FAMILY:
        return None
    flops = np.sort(run_flops(runs))
    flops = flops[np.isfinite(flops)]
    powers = range(int(np.floor(np.log10(flops[0]))), int(np.ceil(np.log10(flops[-1]))))
    cuts = np.array([float(f"{lead}e{power}") for power in powers for lead in (1, 2, 3, 5)])
    if not len(cuts):  # all runs at one compute
        return None
    shares = np.array([np.mean(flops > cut) for cut in cuts])
    best = int(np.argmin(np.abs(shares - 0.1)))
    return float(cuts[best]) if 0.02 <= shares[best] <= 0.35 else None


def _round(value: float) -> float:
    return float(f"{value:.1e}")
