"""What a comparison of recipes is set to: a value from which the fits follow."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Generator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import pandas as pd

from ..data.columns import RUNS_NAMES
from ..data.recognise import normal
from ..errors import FitError, TableError, UnknownNameError
from ..figures.recipes import MOST_RECIPES, Recipe, Yardstick
from ..figures.runs import run_flops
from ..fitting import Fit, HoldOut, Progress, Status, fit_steps, holdout
from ..laws import Law, law, names
from ..laws.card import titled
from .settings import PHASES, default_cut, families_of
from .tables import named_table

Runs: TypeAlias = pd.DataFrame | str | Path
Several: TypeAlias = Mapping[str, Runs] | Sequence[Runs]
Cache: TypeAlias = MutableMapping[tuple[Any, ...], Any]

OTHER_RESAMPLES = 400
"""Resamples behind the verdict of each other text: enough for a share of 1 %."""
CHOSEN_SHARE = 0.7
"""How much of the progress line the fits to the chosen text take, where there are other texts."""

_LOSS_WORDS = {"loss", "ce", "nll", "crossentropyloss", "crossentropy"}
_NOT_HELD_OUT = {"train", "training", "std", "kind"}
_FILLER = {"eval", "val", "valid", "validation", "test", "heldout", "cross", "entropy"}


@dataclass(frozen=True)
class Source:
    """A table under the name of its recipe, and the Python expression that yields it."""

    name: str
    table: pd.DataFrame
    code: str


@dataclass(frozen=True)
class RecipeSettings:
    """Which recipes are compared, and how they are fitted.

    Attributes
    ----------
    pool : mapping of str to Source
        All recipes that can be chosen.
    chosen : tuple of str
        Those on screen, two to four.
    pair : (int, int)
        Places of the two that are compared.
    yardsticks : mapping of str to str
        Columns of losses that every chosen table has, and what a person calls the texts.
    judged : str
        The column of losses that is fitted.
    """

    pool: Mapping[str, Source]
    chosen: tuple[str, ...]
    yardsticks: Mapping[str, str]
    judged: str
    pair: tuple[int, int] = (0, 1)
    law: str | Law = "chinchilla"
    objective: str = "huber_log"
    delta: float = 1e-3
    resamples: int = 1000
    seed: int = 0
    mode: str = "compact"
    code: tuple[str, ...] = field(default=())

    def replace(self, **changes: Any) -> RecipeSettings:
        """The same settings with some changed."""
        return dataclasses.replace(self, **changes)

    @property
    def law_name(self) -> str:
        """Name of the law."""
        return self.law if isinstance(self.law, str) else self.law.name

    @property
    def law_title(self) -> str:
        """Title of the law; a form that was not checked says so."""
        return titled(law(self.law))

    @property
    def own_law(self) -> bool:
        """Whether the law is the user's own, not one of the registry."""
        return isinstance(self.law, Law) and self.law.name not in names()

    @property
    def held(self) -> dict[str, Any]:
        """What the controls that ask the kernel hold."""
        return {
            **{f"recipe.{i}": name for i, name in enumerate(self.chosen)},
            "pair": f"{self.pair[0]}-{self.pair[1]}",
            "judged": self.judged,
            "law": self.law_name,
        }

    # ---- changes ----

    def choose(self, place: int, name: str) -> RecipeSettings:
        """Put a recipe in a place; a recipe that stands elsewhere changes places with it."""
        if name not in self.pool:
            raise UnknownNameError.of("a recipe", name, self.pool)
        chosen = list(self.chosen)
        if name in chosen:
            chosen[chosen.index(name)] = chosen[place]
        chosen[place] = name
        return self.replace(chosen=tuple(chosen))

    def without(self, place: int) -> RecipeSettings:
        """Leave the recipe in a place out."""
        if len(self.chosen) < 3:
            raise FitError("Two recipes are the least that can be compared.", remedy="Choose another one.")
        return self.replace(chosen=tuple(n for i, n in enumerate(self.chosen) if i != place), pair=(0, 1))

    def with_more(self, name: str) -> RecipeSettings:
        """One recipe more."""
        if len(self.chosen) >= MOST_RECIPES:
            raise FitError(
                f"{MOST_RECIPES} recipes are compared already.", remedy="Leave one out first: choose it away."
            )
        return self.replace(chosen=(*self.chosen, name))

    def with_source(self, source: Source) -> RecipeSettings:
        """A table more to choose from, on screen at once."""
        missing = [label for column, label in self.yardsticks.items() if column not in source.table]
        if missing and self.judged not in source.table:
            raise TableError(
                f"{source.name} has no column {self.judged!r}, by which the others are judged.",
                remedy="Add the column, or choose another text under Judged by first.",
            )
        name = unique(source.name, self.pool)
        pool = {**self.pool, name: dataclasses.replace(source, name=name)}
        kept = {c: label for c, label in self.yardsticks.items() if c in source.table}
        return self.replace(pool=pool, yardsticks=kept).with_more(name)

    # ---- fits ----

    def steps(self, cache: Cache) -> Generator[tuple[float, float, str], None, Fitted]:
        """Fit what is not in the cache, yielding (done, total, label)."""
        others = [column for column in self.yardsticks if column != self.judged]
        share = CHOSEN_SHARE if others else 1.0
        chosen = [(name, self.judged, self.resamples) for name in self.chosen]
        rest = [(n, c, min(self.resamples, OTHER_RESAMPLES)) for c in others for n in self.chosen]
        for work, start, part in ((chosen, 0.0, share), (rest, share, 1 - share)):
            for i, (name, column, resamples) in enumerate(work):
                key = self._key(name, column, resamples)
                if key not in cache:
                    first = start + part * i / len(work)
                    cache[key] = yield from self._fit_steps(name, column, resamples, first, part / len(work))
        fits = [cache[self._key(*one)] for one in chosen]
        blind = self._blind(cache)
        recipes = [Recipe(*one) for one in zip(self.chosen, fits, blind, strict=True)]
        yardsticks = [Yardstick(self.judged, self.yardsticks[self.judged], fits)]
        for column in others:
            seen = [cache[self._key(n, c, r)] for n, c, r in rest if c == column]
            if all(fit.status is not Status.REFUSED for fit in seen):
                yardsticks.append(Yardstick(column, self.yardsticks[column], seen))
        return Fitted(recipes, yardsticks)

    def _key(self, *what: Any) -> tuple[Any, ...]:
        return (*what, self.law, self.objective, self.delta, self.seed)

    def _fit_steps(
        self, name: str, column: str, resamples: int, start: float, part: float
    ) -> Generator[tuple[float, float, str], None, Fit]:
        work = fit_steps(
            judged_table(self.pool[name].table, column),
            law=self.law,
            objective=self.objective,
            delta=self.delta,
            resamples=resamples,
            seed=self.seed,
        )
        while True:
            try:
                progress: Progress = next(work)
            except StopIteration as end:
                fitted: Fit = end.value
                return fitted
            first, share = PHASES[progress.phase]
            done = first + share * progress.done / max(progress.total, 1)
            yield start + part * done, 1.0, f"{name}, {progress.label}"

    def _blind(self, cache: Cache) -> list[HoldOut | None]:
        """How each recipe's law predicts its largest runs, above one compute for all."""
        tables = [judged_table(self.pool[name].table, self.judged) for name in self.chosen]
        cut = default_cut(pd.concat([t[["params", "tokens"]].assign(flops=run_flops(t)) for t in tables]))
        found: list[HoldOut | None] = []
        for name, table in zip(self.chosen, tables, strict=True):
            key = self._key("blind", name, self.judged, cut)
            if key not in cache:
                cache[key] = None if cut is None else self._held_out(table, cut)
            found.append(cache[key])
        return found

    def _held_out(self, table: pd.DataFrame, cut: float) -> HoldOut | None:
        try:
            scored = holdout(table, self.law, cut, objective=self.objective, delta=self.delta, seed=self.seed)
        except FitError:
            return None
        return scored if np.isfinite(scored.error) else None


@dataclass(frozen=True)
class Fitted:
    """Fits of all recipes to the chosen text, and to the others."""

    recipes: Sequence[Recipe]
    yardsticks: Sequence[Yardstick]

    @property
    def refused(self) -> bool:
        """Whether a recipe has no fit to compare."""
        return any(recipe.fit.status is Status.REFUSED for recipe in self.recipes)


def judged_table(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """The table with the losses of one text in its loss column."""
    if column == "loss":
        return table
    chosen: pd.DataFrame = table.assign(loss=table[column].astype(float))
    chosen.attrs = dict(table.attrs)
    return chosen


def sources_of(runs: Several | Runs, families: Sequence[str] | None) -> tuple[list[Source], list[str]]:
    """Every table that can be chosen, and the names of those that were asked for."""
    if families is not None:
        return _families(runs, families)
    if isinstance(runs, Mapping):
        named = [(str(name), table) for name, table in runs.items()]
    else:
        named = [("", table) for table in cast(Sequence[Runs], runs)]
    if not 2 <= len(named) <= MOST_RECIPES:
        raise FitError(
            f"{len(named)} table{'' if len(named) == 1 else 's'} of runs cannot be compared here.",
            remedy=f"Give two to {MOST_RECIPES}, for example {{'A': runs_a, 'B': runs_b}}.",
        )
    found: dict[str, Source] = {}
    for i, (name, given) in enumerate(named):
        table, _, title, code = named_table(given)
        called = name or _short(title, "ABCD"[i])
        called = unique(called, found)
        found[called] = Source(called, table, code.split("  #")[0])
    return list(found.values()), list(found)


def _families(runs: Any, families: Sequence[str]) -> tuple[list[Source], list[str]]:
    if isinstance(runs, Mapping | list | tuple):
        raise FitError(
            "families= names parts of one table, and several tables were given.",
            remedy="Give one table with families=, or several tables without.",
        )
    if isinstance(families, str) or not 2 <= len(families) <= MOST_RECIPES:
        raise FitError(
            "families= takes the names of the recipes.",
            remedy=f"Give two to {MOST_RECIPES} of them, as in families=['a', 'b'].",
        )
    table, _, _, code = named_table(runs)
    if "family" not in table or table["family"].isna().all():
        raise TableError("The table has no column family.", remedy="Give the tables of the recipes apart.")
    known = [str(name) for name in table["family"].dropna().unique()]
    asked = [str(name) for name in families]
    for name in asked:
        if name not in known:
            raise UnknownNameError.of("a family of this table", name, known)
    if len(set(asked)) < len(asked):
        raise FitError("A family is named twice.", remedy="Name each recipe once.")
    code = code.split("  #")[0]
    pool = list(dict.fromkeys([*asked, *families_of(table)]))
    return [Source(name, family_table(table, name), f"{code}  # family {name}") for name in pool], asked


def family_table(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The runs of one family."""
    chosen: pd.DataFrame = table[table["family"] == name]
    chosen.attrs = dict(table.attrs)
    return chosen


def loss_columns(
    tables: Sequence[pd.DataFrame], asked: str | Sequence[str] | Mapping[str, str] | None
) -> dict[str, str]:
    """Columns of losses that every table has, the one to begin with first, and what they are called."""
    if isinstance(asked, Mapping):
        found = {str(column): str(label) for column, label in asked.items()}
    elif asked is not None and not isinstance(asked, str):
        found = {str(column): text_name(str(column)) for column in asked}
    else:
        first = tables[0]
        columns = ["loss", *(str(c) for c in first.columns if _is_loss(first, c))]
        shared = [c for c in columns if all(c in table for table in tables)]
        # A recognised column is the loss already: it is not a text of its own.
        shared = [c for c in shared if c == "loss" or not first[c].equals(first["loss"])]
        found = {column: text_name(column) for column in shared}
        if asked is not None:
            found = {asked: found.get(asked, text_name(asked)), **found}
    for table in tables:
        for column in found:
            if column not in table:
                raise UnknownNameError.of("a column of every table", column, [str(c) for c in table.columns])
    return found


def _is_loss(table: pd.DataFrame, column: Any) -> bool:
    words = set(normal(column).split("_"))
    if column in RUNS_NAMES or not words & _LOSS_WORDS or words & _NOT_HELD_OUT:
        return False
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
    return bool(len(values) and np.isfinite(values).all() and (values > 0).all() and (values < 20).all())


def text_name(column: str) -> str:
    """What a person calls the text whose losses stand in a column."""
    words = [w for w in re.split(r"[^0-9A-Za-z]+", column) if w]
    rest = [w for w in words if w.casefold() not in _LOSS_WORDS | _FILLER]
    return f"Loss on {' '.join(rest)}" if rest else "Loss"


def unique(name: str, taken: Mapping[str, Any]) -> str:
    """The name, with a number where it is taken."""
    if name not in taken:
        return name
    return next(f"{name} {k}" for k in range(2, len(taken) + 3) if f"{name} {k}" not in taken)


def _short(title: str, letter: str) -> str:
    """A name for a table that came without one: that of its file, or a letter."""
    if title in ("Your table", "None") or "rows of it" in title:
        return letter
    return title.rsplit(".", 1)[0] if re.search(r"\.(csv|tsv|txt)$", title) else title
