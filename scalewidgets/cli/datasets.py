"""``scalewidgets datasets``: the public data, listed or described."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from .values import print_json

if TYPE_CHECKING:
    import argparse

    from ..data.registry import Dataset
    from ..data.remotes import Remote


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``datasets``."""
    listing = commands.add_parser("datasets", help="list the public data, or describe one data set")
    listing.set_defaults(run=_datasets)
    listing.add_argument("name", nargs="?", metavar="NAME", help="show the description page of this one")
    listing.add_argument("--json", action="store_true", help="print all that is known of them as JSON")


def _datasets(asked: argparse.Namespace) -> int:
    from ..data.pages import dataset, page
    from ..data.registry import registry
    from ..data.remotes import remotes

    if asked.name is not None:
        entry = dataset(asked.name)
        if asked.json:
            print_json(_facts(entry))
        else:
            print(page(entry), end="")
        return 0
    bundled, others = list(registry().values()), list(remotes().values())
    if asked.json:
        facts = [*map(_facts, bundled), *map(_facts, others)]
        print_json(facts)
        return 0
    for entry in bundled:
        _summary(entry)
    print("\nNot bundled, downloaded and checked by scalewidgets.fetch(name):")
    for entry in others:
        _summary(entry)
    return 0


def _facts(entry: Dataset | Remote) -> dict[str, Any]:
    """All that is known of a data set, for a script."""
    from dataclasses import asdict

    from ..data.registry import Dataset

    facts = asdict(entry)
    for key in ("own", "files"):
        if key in facts:
            facts[key] = [part._asdict() for part in facts[key]]
    return {**facts, "bundled": isinstance(entry, Dataset)}


def _summary(entry: Dataset | Remote) -> None:
    print(f"{entry.name}  {entry.title}")
    print(
        f"    {entry.rows:,} rows, {_counted(entry.models, 'model', 'models')}, "
        f"{_counted(entry.families, 'family', 'families')}, licence {entry.licence}"
    )
    for text in (entry.description, entry.citation):
        print(textwrap.fill(text, 100, initial_indent="    ", subsequent_indent="    "))


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
