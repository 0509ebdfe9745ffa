"""Names of a package that are imported on first use: nobody waits for what they do not ask for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any


def lazily(
    package: str, homes: Mapping[str, str], modules: Collection[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package whose names are resolved on first use.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    homes : mapping of str to str
        Each name, and the module below the package that has it.
    modules : collection of str
        Modules below the package that are names of their own.
    """

    def resolve(name: str) -> Any:
        if name in modules:
            return import_module(f".{name}", package)
        if name in homes:
            found = getattr(import_module(f".{homes[name]}", package), name)
            setattr(sys.modules[package], name, found)
            return found
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes, *modules})

    return resolve, listed
