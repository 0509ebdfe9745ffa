"""Tables of the test-time screen: samples and systems, which are on screen and what the menus offer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from ..data import datasets, load, read_samples, read_systems
from ..errors import (
    ScaleWidgetsError,
    TableError,
    UnknownNameError,
    close_matches,
    quoted,
)
from ..figures.testtime import read_systems_view
from ..testtime import tally
from .tables import sent_file

SAMPLES, SYSTEMS = "pythia_math", "agents"
"""What the screen opens with where nothing is given."""


@dataclass(frozen=True)
class Offered:
    """Which tables are on screen, and what their menus offer.

    Attributes
    ----------
    samples, systems : str
        Names of those on screen; ``"own"`` for one that is not bundled.
    own : mapping of str to DataFrame
        The reader's last table of each kind, ``"samples"`` and ``"systems"``.
    """

    samples: str = "own"
    systems: str = "own"
    own: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def with_table(self, kind: str, table: pd.DataFrame) -> Offered:
        """With a table on screen: under its own name where it is a bundled one as it stands."""
        name = table.attrs.get("name")
        if name is not None and table.equals(load(str(name))):
            return self.choosing(kind, str(name))
        return self.with_own(kind, table)

    def with_own(self, kind: str, table: pd.DataFrame) -> Offered:
        """With a table of the reader's on screen."""
        return replace(self.choosing(kind, "own"), own={**self.own, kind: table})

    def choosing(self, kind: str, name: str) -> Offered:
        """With what stands in a menu under a name on screen."""
        return replace(self, samples=name) if kind == "samples" else replace(self, systems=name)

    def table(self, kind: str, name: str) -> pd.DataFrame:
        """What stands in a menu under a name."""
        return self.own[kind] if name == "own" else load(name)

    def menu(self, kind: str) -> dict[str, str]:
        """Names and what they are called: the reader's table first."""
        known = datasets().query("kind == @kind")
        # A menu is narrow: what stands behind a comma or colon is in the description of the table.
        listed = {str(row["name"]): re.split("[,:]", str(row["title"]))[0] for _, row in known.iterrows()}
        own = self.own.get(kind)
        given = {} if own is None else {"own": str(own.attrs.get("source_name") or f"Your {kind}")}
        return {**given, **{name: words for name, words in listed.items() if usable(name)}}


def opened(
    first: pd.DataFrame | str | Path | None, second: pd.DataFrame | str | Path | None
) -> tuple[pd.DataFrame | None, pd.DataFrame | None, Offered]:
    """Samples and systems of whatever the screen was given, either of which may be none.

    Raises
    ------
    TableError
        If they are no tables of these kinds, in this order.
    """
    table = load(SAMPLES) if first is None else table_of(first)
    if kind_of(table) == "systems":
        if second is not None:
            raise TableError(
                "The first table is of systems, and there is a second one.",
                remedy="Give samples first: sw.TestTimePareto(samples, systems).",
            )
        return None, table, Offered().with_table("systems", table)
    offered = Offered().with_table("samples", table)
    beside = None if second is None else table_of(second)
    if second is None and offered.samples != "own":
        beside = load(SYSTEMS)
    if beside is None:
        return table, None, offered
    if kind_of(beside) != "systems":
        raise TableError(
            "The second table is none of systems.", remedy="Give accuracy and a cost of each system."
        )
    return table, beside, offered.with_table("systems", beside)


def kind_of(table: pd.DataFrame) -> str:
    """Whether rows are samples of problems or whole systems, by their columns.

    Raises
    ------
    TableError
        If they are neither.
    """
    columns = set(map(str, table.columns))
    if "problem_id" in columns and ({"n_samples", "n_correct"} <= columns or "correct" in columns):
        return "samples"
    if columns & {"accuracy", "acc"}:
        return "systems"
    raise TableError(
        "The table is neither one of samples (problem_id with n_samples and n_correct, or correct) nor one "
        "of systems (accuracy with a cost).",
        remedy="Read it with sw.read_samples or sw.read_systems, which recognise many formats.",
    )


def table_of(given: pd.DataFrame | str | Path) -> pd.DataFrame:
    """A table by name, from a file, or as it is."""
    if isinstance(given, pd.DataFrame):
        return given
    known = list(datasets().query("kind in ('samples', 'systems')")["name"])
    if isinstance(given, str) and given in known:
        return load(given)
    if isinstance(given, str) and not Path(given).suffix and not Path(given).exists():
        close = close_matches(given, known)
        hint = f"Did you mean {quoted(close[0])}?" if close else f"Tables are {', '.join(known)}."
        raise TableError(f"{quoted(given)} is neither a bundled table nor a file.", remedy=hint)
    try:
        return samples_of(given)
    except TableError as samples:
        try:
            return read_systems(given)
        except TableError:
            raise samples from None


def samples_of(given: str | Path) -> pd.DataFrame:
    """Samples of a file: single ones where it has them, which votes and scores need."""
    try:
        return read_samples(given, per="sample")
    except TableError:
        return read_samples(given)


def sent(args: Mapping[str, Any]) -> pd.DataFrame:
    """The table of a file that a browser sent: its ``name`` and ``text``, and as what it was opened.

    Raises
    ------
    TableError
        If it is no table of that kind.
    """
    with sent_file(args) as path:
        name, table = path.name, table_of(path)
    kind, wanted = kind_of(table), args.get("as")
    if wanted in ("samples", "systems") and kind != wanted:
        raise TableError(
            f"{quoted(name)} holds {kind}, not {wanted}.", remedy=f"Open it at {kind.capitalize()} instead."
        )
    return table


def benchmarks_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Benchmarks of a table of samples, in the order in which they come."""
    if "benchmark" not in table:
        return ()
    return tuple(dict.fromkeys(str(name) for name in table["benchmark"].dropna()))


def of_benchmark(table: pd.DataFrame, name: str | None) -> pd.DataFrame:
    """Samples of one benchmark of a table of several: by default the first.

    Raises
    ------
    UnknownNameError
        If the table has no such benchmark.
    """
    known = benchmarks_of(table)
    if name is not None and name not in known:
        raise UnknownNameError.of("a benchmark of these samples", name, list(known))
    if len(known) < 2:
        return table
    out: pd.DataFrame = table[table["benchmark"].astype(str) == (name or known[0])]
    return out


@lru_cache(maxsize=64)
def usable(name: str) -> bool:
    """Whether a bundled table can be opened as it is."""
    try:
        table = load(name)
        return (
            bool(tally(table).models) if kind_of(table) == "samples" else bool(read_systems_view(table).axes)
        )
    except ScaleWidgetsError:
        return False
