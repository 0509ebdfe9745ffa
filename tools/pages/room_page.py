"""The page of a room whose public names are plain functions: what there is, by module."""

from __future__ import annotations

import inspect
import re
import sys
from types import ModuleType

from .markdown import blocks, cell, table

__all__ = ["room_page"]


def room_page(room: ModuleType, title: str, *lead: str) -> str:
    """Every public name of a room with its first line, under the first line of its module.

    Parameters
    ----------
    room : module
        With ``__all__``.
    title, *lead
        Heading and paragraphs above.
    """
    members: dict[str, list[str]] = {}
    for name in room.__all__:
        item = getattr(room, name)
        if inspect.isfunction(item) or inspect.isclass(item):
            members.setdefault(item.__module__, []).append(name)
    parts = [f"# {title}", *lead]
    for module in sorted(members, key=lambda name: _first_line(sys.modules[name])):
        rows = [
            [f"`{cell(_call(room, name))}`", cell(_first_line(getattr(room, name)))]
            for name in members[module]
        ]
        parts += [
            f"## {_first_line(sys.modules[module]).rstrip('.')}",
            table(["name", "what it gives"], rows),
        ]
    return blocks(*parts)


def _call(room: ModuleType, name: str) -> str:
    item = getattr(room, name)
    if inspect.isclass(item):
        return name
    asked = inspect.signature(item).parameters.values()
    shown = [p.name for p in asked if p.default is inspect.Parameter.empty]
    more = len(shown) < len(asked)
    return f"{name}({', '.join(shown)}{', ...' if more and shown else '...' if more else ''})"


def _first_line(item: object) -> str:
    first = (inspect.getdoc(item) or "").split("\n\n")[0]
    return re.sub(r":\w+:`(?:~?[\w.]+\.)?(\w+)`", r"`\1`", " ".join(first.split()).replace("``", "`"))
