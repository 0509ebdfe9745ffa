"""What a person gives to the test-time screen: tables of two kinds, budgets, a verifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from ..data import datasets, load, read_samples, read_systems
from ..errors import (
    QuantityError,
    ScaleWidgetsError,
    TableError,
    UnknownNameError,
    close_matches,
    quoted,
)
from ..figures.testtime import Held, read_systems_view
from ..figures.testtime.view import UNITS
from ..testtime import tally
from .budgets import number_of
from .tables import sent_file


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


def changed(held: Held, changes: Mapping[str, Any]) -> Held:
    """What is held with some numbers changed.

    Raises
    ------
    QuantityError
        For a number that is not above zero, or a share above 1.
    """
    numbers: dict[str, Any] = {name: number_of(name, value) for name, value in changes.items()}
    for name, value in numbers.items():
        if name in ("right", "wrong", "utilisation") and value > 1:
            raise QuantityError(f"{name}={value!r} is above 1.", remedy="Give a share, such as 0.9 for 90 %.")
    return replace(held, **numbers)


def budgeted(held: Held, dollars: float | None, tokens: float | None, seconds: float | None) -> Held:
    """What is held with the budget that was given, if one was.

    Raises
    ------
    QuantityError
        For two budgets, or one that is not above zero.
    """
    given = {"dollars": dollars, "tokens": tokens, "seconds": seconds}
    chosen = {unit: value for unit, value in given.items() if value is not None}
    if len(chosen) > 1:
        raise QuantityError(f"{' and '.join(chosen)} are two budgets.", remedy="Give one of them.")
    if not chosen:
        return held
    (unit,) = chosen
    assert unit in UNITS
    return replace(changed(held, chosen), unit=unit)


def verified(held: Held, verifier: Any) -> Held:
    """What is held with another verifier: two rates, or a perfect one.

    Raises
    ------
    QuantityError
        For anything else.
    """
    if isinstance(verifier, str):
        if verifier != "perfect":
            raise QuantityError(f'verifier={verifier!r} is neither two rates nor "perfect".')
        return replace(held, verifier="perfect")
    try:
        right, wrong = verifier
    except (TypeError, ValueError):
        raise QuantityError(
            f"verifier={verifier!r} is not a pair.",
            remedy="Give the shares of right and of wrong answers that it accepts: (0.9, 0.01).",
        ) from None
    if right == 1 and wrong == 0:
        return replace(held, verifier="perfect")
    return changed(held, {"right": right, "wrong": wrong})
