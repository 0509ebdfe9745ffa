"""Which tables of figures come with the package, and what is known about each.

All of it is read from ``tables/manifest.json``, which ``tools/compile_tables.py`` writes together
with the tables: a count printed to a reader is the count of what is really in the file.
This module does without pandas, so that listing the tables is immediate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from scalewidgets.errors import UnknownNameError

from .columns import LAYOUTS, Column


@dataclass(frozen=True)
class Dataset:
    """What is known about one bundled table.

    Attributes
    ----------
    name, title : str
        How to ask for it, and what to print.
    kind : str
        The tidy layout, a key of :data:`scalewidgets.data.columns.LAYOUTS`: ``"runs"`` where a law of
        parameters and tokens can be fitted.
    rows, families, models : int
        Counted in the table itself. A family is a group of rows meant to be read together: runs on
        one law, systems on one frontier. Of systems, the models are those called.
    columns : tuple of str
        Every column that holds anything.
    own : tuple of Column
        Columns that the layout of the kind does not have.
    licence, citation, url : str
        Terms of the source, the papers, and where the source is publicly found.
    description : str
        A few sentences: what it is and how many models are truly in it.
    notes, left_out : tuple of str
        Quirks of the source that were corrected, one sentence each, and what was not taken over.
    sources : tuple of str
        ``repository@commit : path`` of every file the table was compiled from.
    file, sha256, bytes
        The compressed table and how to know that it is intact.
    default_exclusions : mapping
        ``{"index": [labels], "reason": sentence}``; empty where every row belongs in a fit.
    codes : mapping
        Codes in the column ``note`` and how many rows have them.
    """

    name: str
    title: str
    kind: str
    rows: int
    families: int
    models: int
    columns: tuple[str, ...]
    own: tuple[Column, ...]
    licence: str
    citation: str
    url: str
    description: str
    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    sources: tuple[str, ...]
    file: str
    sha256: str
    bytes: int
    default_exclusions: Mapping[str, Any] = field(default_factory=dict)
    codes: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        from .pages import page

        return page(self)

    _repr_markdown_ = __str__

    @property
    def layout(self) -> tuple[Column, ...]:
        """Columns of the table: those of its kind, then its own."""
        return (*LAYOUTS[self.kind], *self.own)


SUMMARY = ("name", "title", "kind", "rows", "families", "models", "bytes", "licence", "citation")
"""Columns of the list of datasets."""


TABLES_FOLDER = Path(__file__).with_name("tables")
"""Where the compiled tables and their manifest are."""


@lru_cache(maxsize=1)
def registry() -> Mapping[str, Dataset]:
    """Every bundled table by name, in the order of the manifest."""
    manifest = json.loads((TABLES_FOLDER / "manifest.json").read_text(encoding="utf-8"))
    found = {}
    for entry in manifest["tables"]:
        lists = {key: tuple(entry[key]) for key in ("columns", "notes", "left_out", "sources")}
        own = tuple(Column(**column) for column in entry["own"])
        found[entry["name"]] = Dataset(**{**entry, **lists, "own": own})
    return MappingProxyType(found)


def dataset(name: str) -> Dataset:
    """Look a bundled table up.

    Raises
    ------
    UnknownNameError
        There is no such table; the sentence names those that come close.
    """
    known = registry()
    if not isinstance(name, str) or name not in known:
        from .remotes import remotes

        remedy = f"It is not bundled: use sw.fetch({name!r})." if name in remotes() else None
        raise UnknownNameError.of("a bundled dataset", name, known, remedy=remedy)
    return known[name]
