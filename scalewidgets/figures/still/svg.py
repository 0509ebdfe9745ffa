"""A small SVG writer whose output depends on nothing but its input.

Attributes keep the order in which they were given, numbers are rounded to two decimals, text is escaped.
Nothing here makes an id: two pictures inlined in one HTML page share one name space, and an id in the
one would then be found from the other.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

Child: TypeAlias = "Node | str"

#: Attributes that a child inherits from its group, so that a group may carry them once.
_INHERITED = (
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-opacity",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-dasharray",
    "stroke-dashoffset",
    "font-size",
    "font-weight",
    "font-style",
    "font-family",
    "text-anchor",
)


def num(value: float) -> str:
    """Two decimals, no trailing zeros, never ``-0``."""
    if not math.isfinite(value):
        raise ValueError(f"An SVG coordinate must be finite, not {value}.")
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    if text in ("-0", "-"):
        return "0"
    if text.startswith("0."):
        return text[1:]
    if text.startswith("-0."):
        return "-" + text[2:]
    return text


def escape(text: str) -> str:
    """Text that XML reads back as the same characters and never as markup.

    Characters that XML 1.0 forbids (most control characters, lone surrogates) become U+FFFD.
    """
    clean = "".join(c if _allowed(ord(c)) else "\ufffd" for c in text)
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _allowed(code: int) -> bool:
    if code < 0x20:
        return code in (0x09, 0x0A, 0x0D)
    return not (0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF) or 0x7F <= code <= 0x9F)


class Node:
    """One element: a name, ordered attributes, children."""

    __slots__ = ("attributes", "children", "name")

    def __init__(
        self, name: str, attributes: Iterable[tuple[str, str | float | None]] = (), *children: Child
    ) -> None:
        self.name = name
        self.attributes: dict[str, str] = {}
        for key, value in attributes:
            if value is not None:
                self.attributes[key] = value if isinstance(value, str) else num(value)
        self.children: list[Child] = list(children)

    def add(self, *children: Child | None) -> Node:
        """Append children (``None`` is skipped) and return the node itself."""
        self.children.extend(child for child in children if child is not None)
        return self

    def __str__(self) -> str:
        parts: list[str] = []
        self._write(parts)
        return "".join(parts)

    def _write(self, parts: list[str]) -> None:
        parts.append(f"<{self.name}")
        parts.extend(f' {key}="{escape(value)}"' for key, value in self.attributes.items())
        if not self.children:
            parts.append("/>")
            return
        parts.append(">")
        for child in self.children:
            if isinstance(child, Node):
                child._write(parts)
            else:
                parts.append(escape(child))
        parts.append(f"</{self.name}>")


def node(name: str, *children: Child, **attributes: str | float | None) -> Node:
    """Shorthand for :class:`Node`; underscores in attribute names become hyphens."""
    return Node(
        name, ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items()), *children
    )


def group(children: Sequence[Node]) -> Node | None:
    """Join nodes under one ``<g>`` that carries whatever inheritable attribute they all have.

    Where values differ the commonest (the first among equals) moves up and the others stay.
    """
    if not children:
        return None
    if len(children) == 1:
        return children[0]
    parent = Node("g")
    for key in _INHERITED:
        if all(key in child.attributes for child in children):
            commonest = Counter(child.attributes[key] for child in children).most_common(1)[0][0]
            parent.attributes[key] = commonest
            for child in children:
                if child.attributes[key] == commonest:
                    del child.attributes[key]
    parent.children.extend(children)
    return parent if parent.attributes else Node("g", (), *children)


def path_data(points: Sequence[tuple[float, float]], *, close: bool = False) -> str:
    """``M x y L x y ...`` in absolute coordinates, as short as two decimals allow."""
    parts: list[str] = []
    for i, (x, y) in enumerate(points):
        parts.append(("M" if i == 0 else "L" if i == 1 else " ") + pair(x, y))
    return "".join(parts) + ("Z" if close and points else "")


def pair(x: float, y: float) -> str:
    """Two coordinates, with no blank where a minus sign separates them already."""
    first, second = num(x), num(y)
    return first + second if second.startswith("-") else f"{first} {second}"
