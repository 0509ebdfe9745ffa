"""How wide and tall a text is, without a browser.

Advances are those of Inter in thousandths of an em (regular and bold), measured once. A system face
differs by a few per cent, which moves a label's ground by a pixel and nothing else: text is anchored at its
start, middle or end, never by its computed width.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

# Printable ASCII, from the blank to the tilde.
_REGULAR = (
    281, 278, 403, 631, 638, 812, 639, 222, 362, 362, 500, 659, 280, 460, 276, 357, 625, 464, 605,
    636, 642, 608, 624, 571, 616, 624, 276, 280, 659, 659, 659, 507, 936, 676, 651, 727, 719, 598,
    587, 743, 740, 264, 543, 652, 562, 889, 753, 761, 635, 761, 639, 638, 642, 741, 676, 949, 642,
    665, 625, 362, 357, 362, 469, 452, 497, 564, 621, 558, 621, 582, 361, 609, 591, 237, 237, 544,
    237, 869, 585, 597, 609, 609, 372, 523, 364, 581, 557, 812, 540, 557, 541, 362, 327, 362, 659,
)  # fmt: skip
_BOLD = (
    232, 325, 392, 650, 655, 859, 674, 209, 409, 409, 565, 680, 303, 469, 298, 390, 688, 489, 630,
    659, 678, 645, 660, 595, 661, 660, 298, 303, 680, 680, 680, 562, 1031, 748, 661, 752, 727, 613,
    585, 761, 746, 281, 570, 690, 567, 915, 735, 782, 648, 783, 656, 655, 668, 729, 748, 1036, 714,
    724, 667, 409, 390, 409, 488, 477, 497, 580, 635, 587, 635, 598, 386, 633, 624, 272, 272, 582,
    272, 912, 622, 614, 632, 632, 409, 562, 388, 622, 586, 850, 574, 586, 572, 409, 374, 409, 680,
)  # fmt: skip
_OTHERS = {
    "–": 500, "—": 1000, "−": 659, "×": 659, "±": 659, "·": 276, "≤": 659, "≥": 659, "≈": 659, "≠": 659,
    "α": 641, "β": 592, "γ": 534, "δ": 540, "ε": 544, "η": 585, "θ": 540, "λ": 585, "μ": 622, "σ": 631,
    "Δ": 676, "…": 821, "’": 185, "“": 381, "”": 381, "→": 955, "←": 955, "°": 455, "²": 420, "³": 430,
    "⁻": 439, "½": 926, "\u00a0": 281, "\u2009": 200, "\u202f": 200,
}  # fmt: skip
# Pairs that stand closer than their advances say; only those that tick labels are full of.
_KERNING = {
    "0.": -26, "1.": -43, "3.": -23, "4.": -34, "5.": -27, "6.": -34, "7.": -125, "8.": -23, "9.": -26,
    ".0": -26, ".1": -87, ".3": -27, ".5": -14, ".6": -26, ".7": -14, ".8": -23, "07": -20, "24": -16,
    "70": -16, "73": -17, "74": -58, "76": -16, "77": 20, "78": -14, "97": -20, "7e": -51, "-2": -34,
    "-7": -23, "−2": -34, "−7": -23, "+2": -34, "+7": -23, "Yo": -93, "Te": -80, "To": -80, "0,": -26,
    ",0": -26, ",1": -87,
}  # fmt: skip
_ASCENT, _DESCENT, _CAP, _X_HEIGHT = 0.969, 0.241, 0.727, 0.546

#: Families that the picture's own stack already stands for; Bokeh's default is one of them.
_SANS = {
    "helvetica",
    "arial",
    "inter",
    "system-ui",
    "sans-serif",
    "-apple-system",
    "blinkmacsystemfont",
    "segoe ui",
}
STACK = "Inter, system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"


@dataclass(frozen=True)
class Font:
    """Size in px, weight 400 to 900, italic or not, and a family where it is not the picture's own."""

    size: float
    weight: int = 400
    italic: bool = False
    family: str | None = None

    def scaled(self, factor: float) -> Font:
        """Return the same face at another size."""
        return Font(self.size * factor, self.weight, self.italic, self.family)

    @property
    def ascent(self) -> float:
        """Height above the baseline of the tallest letter, in whole pixels as browsers report it."""
        return float(math.floor(self.size * _ASCENT + 0.5))

    @property
    def descent(self) -> float:
        """Depth below the baseline of the lowest letter."""
        return float(math.floor(self.size * _DESCENT + 0.5))

    @property
    def cap_height(self) -> float:
        """Height of a capital."""
        return float(math.ceil(self.size * _CAP - 1e-9))

    @property
    def x_height(self) -> float:
        """Height of a small letter."""
        return float(math.ceil(self.size * _X_HEIGHT - 0.05))

    def width(self, text: str) -> float:
        """Width of one line of text in px."""
        close = (
            sum(_KERNING.get(text[i : i + 2], 0) for i in range(len(text) - 1)) if self.family is None else 0
        )
        return self.size * (sum(self._advance(c) for c in text) + close) / 1000

    def _advance(self, character: str) -> float:
        if self.family is not None and "mono" in self.family.lower():
            return 600.0
        code = ord(character)
        if 32 <= code < 127:
            share = min(1.0, max(0.0, (self.weight - 400) / 300))
            return _REGULAR[code - 32] * (1 - share) + _BOLD[code - 32] * share
        if character in _OTHERS:
            return float(_OTHERS[character])
        return 1000.0 if code >= 0x2E80 else 600.0

    def attributes(self) -> tuple[tuple[str, str | float | None], ...]:
        """SVG attributes; the regular upright face of the picture's stack needs only its size."""
        return (
            ("font-size", self.size),
            ("font-weight", str(self.weight) if self.weight != 400 else None),
            ("font-style", "italic" if self.italic else None),
            ("font-family", self.family),
        )


@lru_cache(maxsize=256)
def font(size: str, style: str, family: str) -> Font:
    """Build a font from Bokeh's ``*_font_size``, ``*_font_style`` and ``*_font``."""
    return Font(_pixels(size), 700 if "bold" in style else 400, "italic" in style, _family(family))


def _pixels(size: str) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z%]+)\s*", size)
    if match is None:
        return 13.0
    # 13 px is the font size of a Bokeh plot's own element, to which em, rem and % are relative.
    scale = {
        "px": 1.0,
        "pt": 4 / 3,
        "em": 13.0,
        "rem": 13.0,
        "%": 0.13,
        "in": 96.0,
        "cm": 96 / 2.54,
        "mm": 9.6 / 2.54,
    }
    return float(match[1]) * scale.get(match[2], 1.0)


def _family(family: str) -> str | None:
    first = family.split(",")[0].strip().strip("'\"").lower()
    if first in _SANS or not re.fullmatch(r"[\w\s,'\"-]+", family):  # var(...) means nothing to a picture
        return None
    return family.replace('"', "'")
