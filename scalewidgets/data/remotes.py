"""Public data that is not bundled, because its repository states no licence: where it is, what is in it.

All of it is in ``remotes.json`` beside this file. Addresses name a commit and every file its checksum,
so that what is read is what was described there. This module does without pandas, like the registry of
what is bundled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from scalewidgets.errors import UnknownNameError

from .columns import LAYOUTS, Column

HOST = "https://raw.githubusercontent.com"


class File(NamedTuple):
    """One file of a public repository."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Remote:
    """What is known about data that :func:`scalewidgets.fetch` downloads.

    Attributes
    ----------
    name, title, kind, rows, families, models, columns, licence, citation, description, notes, left_out, own
        As of a bundled table (:class:`scalewidgets.data.Dataset`). The counts are those of the files
        with these checksums.
    repository, commit : str
        Where on GitHub, and which version.
    files : tuple of File
        Paths in the repository, sizes and checksums.
    """

    name: str
    title: str
    kind: str
    rows: int
    families: int
    models: int
    citation: str
    repository: str
    commit: str
    files: tuple[File, ...]
    description: str
    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    columns: tuple[str, ...]
    own: tuple[Column, ...]
    licence: str

    @property
    def url(self) -> str:
        """Where the repository is."""
        return f"https://github.com/{self.repository}"

    @property
    def sources(self) -> tuple[str, ...]:
        """``repository@commit : path`` of every file."""
        return tuple(f"{self.repository}@{self.commit} : {file.path}" for file in self.files)

    @property
    def bytes(self) -> int:
        """What is downloaded."""
        return sum(file.bytes for file in self.files)

    @property
    def layout(self) -> tuple[Column, ...]:
        """Columns of the table: those of its kind, then its own."""
        return (*LAYOUTS[self.kind], *self.own)

    def __str__(self) -> str:
        from .pages import page

        return page(self)

    _repr_markdown_ = __str__

    def address(self, file: File) -> str:
        """Where one file is downloaded from."""
        return f"{HOST}/{self.repository}/{self.commit}/{file.path}"


@lru_cache(maxsize=1)
def remotes() -> Mapping[str, Remote]:
    """Everything that can be fetched, by name, in the order of the file."""
    catalogue = json.loads(Path(__file__).with_name("remotes.json").read_text(encoding="utf-8"))
    found = {}
    for entry in catalogue["remotes"]:
        lists = {key: tuple(entry[key]) for key in ("columns", "notes", "left_out")}
        files = tuple(File(**file) for file in entry["files"])
        own = tuple(Column(**column) for column in entry["own"])
        found[entry["name"]] = Remote(**{**entry, **lists, "files": files, "own": own})
    return MappingProxyType(found)


def remote(name: str) -> Remote:
    """Look up what can be fetched.

    Raises
    ------
    UnknownNameError
        There is no such data; the sentence names those that come close.
    """
    known = remotes()
    if not isinstance(name, str) or name not in known:
        from .registry import registry

        remedy = f"It is bundled: use sw.load({name!r})." if name in registry() else None
        raise UnknownNameError.of("data that can be fetched", name, known, remedy=remedy)
    return known[name]
