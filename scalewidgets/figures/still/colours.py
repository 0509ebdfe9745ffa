"""Bokeh colours as the hexadecimal colour and opacity that SVG takes."""

from __future__ import annotations

import re
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

from bokeh.colors import named

_FUNCTION = re.compile(r"rgba?\(([^)]*)\)")


def parse(colour: Any) -> tuple[str, float] | None:
    """Return ``("#rrggbb", alpha)``, or None for no colour and for what is not a colour.

    Parameters
    ----------
    colour
        A name, ``#rgb[a]``, ``#rrggbb[aa]``, ``rgb[a](...)``, a tuple of three bytes and an optional
        alpha in [0, 1], or an integer ``0xRRGGBBAA``: what Bokeh accepts in a property or a column.
    """
    if colour is None:
        return None
    if isinstance(colour, (str, bytes)):
        return _parse_text(str(colour))
    if isinstance(colour, Integral) and not isinstance(colour, bool):
        value = int(colour) & 0xFFFFFFFF
        return f"#{value >> 8:06x}", (value & 0xFF) / 255
    try:
        parts = list(colour)
    except TypeError:
        return None
    if len(parts) in (3, 4) and all(isinstance(part, Real) for part in parts):
        return _from_parts([float(part) for part in parts])
    return None


@lru_cache(maxsize=1024)
def _parse_text(text: str) -> tuple[str, float] | None:
    text = text.strip().lower()
    if re.fullmatch(r"#[0-9a-f]+", text):
        digits = text[1:]
        if len(digits) in (3, 4):
            digits = "".join(digit * 2 for digit in digits)
        if len(digits) == 6:
            return "#" + digits, 1.0
        if len(digits) == 8:
            return "#" + digits[:6], int(digits[6:], 16) / 255
        return None
    if match := _FUNCTION.fullmatch(text):
        try:
            return _from_parts([float(part) for part in re.split(r"[,\s/]+", match[1].strip())])
        except ValueError:
            return None
    if text == "transparent":
        return "#000000", 0.0
    found = getattr(named, text, None) if text.isalpha() else None
    return (str(found.to_hex())[:7].lower(), 1.0) if found is not None and hasattr(found, "to_hex") else None


def _from_parts(parts: list[float]) -> tuple[str, float] | None:
    if len(parts) not in (3, 4):
        return None
    red, green, blue = (min(255, max(0, round(part))) for part in parts[:3])
    return f"#{red:02x}{green:02x}{blue:02x}", (parts[3] if len(parts) == 4 else 1.0)


def paint(kind: str, colour: Any, alpha: float) -> tuple[tuple[str, str | float | None], ...] | None:
    """``fill`` or ``stroke`` attributes, or None where nothing would be visible."""
    parsed = parse(colour)
    if parsed is None:
        return None
    opacity = parsed[1] * alpha
    if not opacity > 0:
        return None
    return (
        (kind, _short(parsed[0])),
        (f"{kind}-opacity", None if opacity >= 1 else f"{opacity:.3g}".lstrip("0")),
    )


def _short(colour: str) -> str:
    pairs = colour[1:3], colour[3:5], colour[5:7]
    return "#" + "".join(p[0] for p in pairs) if all(p[0] == p[1] for p in pairs) else colour


def rgba(colour: Any) -> tuple[int, int, int, int]:
    """Four bytes, transparent for what is not a colour."""
    parsed = parse(colour)
    if parsed is None:
        return 0, 0, 0, 0
    text, alpha = parsed
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16), round(alpha * 255)
