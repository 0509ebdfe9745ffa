"""Bokeh's text boxes: where a text goes for a point, an anchor and an angle, and how it is written."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from .colours import paint
from .metrics import Font, font
from .svg import Node, num

Anchor: TypeAlias = float | str

#: Texts made only of these are centred on the height of capitals, not of the whole line.
_NUMERIC = frozenset("0123456789,.+-\u2212e")
_FRACTION = {
    "left": 0.0,
    "start": 0.0,
    "top": 0.0,
    "center": 0.5,
    "middle": 0.5,
    "right": 1.0,
    "end": 1.0,
    "bottom": 1.0,
}
_TEX = re.compile(r"\$\$(.*?)\$\$|\\\[(.*?)\\\]|\\\((.*?)\\\)", re.DOTALL)


@dataclass(frozen=True)
class TextStyle:
    """What the ``text_*`` properties of a model say."""

    font: Font
    fill: tuple[tuple[str, str | float | None], ...] | None
    outline: tuple[tuple[str, str | float | None], ...] | None
    align: str = "left"
    baseline: str = "bottom"
    line_height: float = 1.2


def text_style(get: Callable[[str], Any], prefix: str = "text_") -> TextStyle:
    """Collect a style through ``get(property name)``."""
    alpha = float(get(prefix + "alpha"))
    outline = paint("stroke", get(prefix + "outline_color"), alpha)
    if outline is not None:
        outline = (*outline, ("stroke-width", float(get(prefix + "outline_width"))))
    return TextStyle(
        font(str(get(prefix + "font_size")), str(get(prefix + "font_style")), str(get(prefix + "font"))),
        paint("fill", get(prefix + "color"), alpha),
        outline,
        str(get(prefix + "align")),
        str(get(prefix + "baseline")),
        float(get(prefix + "line_height")),
    )


@dataclass(frozen=True)
class TextBox:
    """A text in a style; ``exponent`` is set for the labels of a log axis."""

    text: str
    style: TextStyle
    exponent: str = ""

    @property
    def lines(self) -> list[str]:
        """The text line by line."""
        return self.text.split("\n")

    @property
    def _numeric(self) -> bool:
        return "\n" not in self.text and _NUMERIC.issuperset(self.text)

    @property
    def _line(self) -> tuple[float, float]:
        face = self.style.font
        return (face.cap_height, 0.0) if self._numeric else (face.ascent, face.descent)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in px before turning."""
        if not self.text and not self.exponent:
            return 0.0, 0.0
        face = self.style.font
        width = max(face.width(line) for line in self.lines)
        above, below = self._line
        count = len(self.lines)
        height = (above + below) * count + (self.style.line_height - 1) * (face.ascent + face.descent) * (
            count - 1
        )
        if self.exponent:
            small = face.scaled(0.7)
            return width + small.width(self.exponent), max(height, self._raise * height + small.cap_height)
        return width, height

    @property
    def _raise(self) -> float:
        return self.style.font.x_height / self.style.font.cap_height

    def turned_size(self, angle: float) -> tuple[float, float]:
        """Width and height of the upright box around the text turned by ``angle`` (radians)."""
        width, height = self.size
        c, s = abs(math.cos(angle)), abs(math.sin(angle))
        return width * c + height * s, width * s + height * c

    def corner(self, x: float, y: float, x_anchor: Anchor, y_anchor: Anchor) -> tuple[float, float]:
        """Top left of the unturned box whose anchor lies at (x, y)."""
        width, height = self.size
        if y_anchor == "baseline":
            rise = self._line[0] if len(self.lines) == 1 and not self.exponent else 0.5 * height
        else:
            rise = fraction(y_anchor) * height
        return x - fraction(x_anchor) * width, y - rise

    def draw(
        self,
        x: float,
        y: float,
        x_anchor: Anchor,
        y_anchor: Anchor,
        *,
        angle: float = 0.0,
        pivot: tuple[float, float] | None = None,
        align: str = "auto",
    ) -> Node | None:
        """Write the text with its anchor at (x, y), turned about ``pivot`` (that point itself by default)."""
        if not self.text or self.style.fill is None:
            return None
        left, top = self.corner(x, y, x_anchor, y_anchor)
        width, height = self.size
        align = self.style.align if align == "auto" else align
        # A single line hangs on its own anchor, so that a reader's wider or narrower face does not move it.
        share = fraction(x_anchor) if len(self.lines) == 1 else _FRACTION.get(align, 0.0)
        if self.exponent or share not in (0.0, 0.5, 1.0):
            share = 0.0
        start = left + share * width
        above, below = self._line
        baseline = top + (height if self.exponent else above)
        place = pivot or (x, y)
        turn = f"rotate({num(math.degrees(angle))} {num(place[0])} {num(place[1])})" if angle else None
        anchor = {0.0: None, 0.5: "middle", 1.0: "end"}[share]
        element = Node(
            "text",
            (
                ("x", start),
                ("y", baseline),
                *self.style.font.attributes(),
                ("text-anchor", anchor),
                *self.style.fill,
                *(self.style.outline or ()),
                ("transform", turn),
            ),
        )
        face = self.style.font
        step = above + below + (self.style.line_height - 1) * (face.ascent + face.descent)
        if self.exponent:
            small = face.scaled(0.7)
            rise = height - self._raise * face.cap_height
            return element.add(
                self.text, Node("tspan", (("dy", -rise), ("font-size", small.size)), self.exponent)
            )
        if len(self.lines) == 1:
            return element.add(self.text)
        for i, line in enumerate(self.lines):
            element.add(Node("tspan", (("x", start), ("dy", step if i else None)), line))
        return element


def fraction(anchor: Anchor) -> float:
    """Return where along the box an anchor lies, 0 for left and top, 1 for right and bottom."""
    return _FRACTION.get(anchor, 0.0) if isinstance(anchor, str) else float(anchor)


def box_anchor(anchor: Any, align: str, baseline: str) -> tuple[float, float]:
    """Bokeh's ``anchor`` property; ``"auto"`` follows the text's alignment and baseline."""
    if anchor == "auto" or anchor is None:
        return fraction(align), {"top": 0.0, "bottom": 1.0}.get(baseline, 0.5)
    if isinstance(anchor, str):
        name = {
            "top": "top_center",
            "bottom": "bottom_center",
            "left": "center_left",
            "right": "center_right",
        }
        vertical, _, horizontal = name.get(anchor, anchor).partition("_")
        return fraction(horizontal or "center"), fraction(vertical)
    x, y = anchor
    return fraction(x), fraction(y)


def plain(text: Any) -> tuple[str, bool]:
    """Return the words of a Bokeh text (a string or a text model) and whether TeX was flattened for them."""
    if text is None:
        return "", False
    if not isinstance(text, str):
        words = str(getattr(text, "text", ""))
        return words, type(text).__name__ != "PlainText"
    if _TEX.search(text):
        return _TEX.sub(lambda m: next(g for g in m.groups() if g is not None), text), True
    return text, False
