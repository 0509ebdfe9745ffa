"""Quantities as a person reads them: 7.0 B, 1.4 T tokens, 5.8e23 FLOP, $1.2 M, .347.

The browser has a twin, ``labextension/src/frame/format.ts``: both are held to the cases of
``tests/data/format_cases.json``. All rounding is of the exact binary value, halves away from zero.

Kinds
-----
``params``, ``tokens``
    Scaled by K, M, B, T to two digits or more: ``7.0 B``, ``75 M``, ``632 M``.
``flops``
    Scientific to two digits, ``5.8e23 FLOP``, ``1e21 FLOP``.
``loss``
    Three significant digits, ``2.07``.
``percent``
    Of a *fraction*: 0.0105 is ``1.05 %``. ``signed-percent`` shows the plus sign too, ``+1.05 %``.
``dollars``
    ``$2.50``, ``$119``, ``$1.2 M``.
``hours``
    ``36 hours``, ``1.2 M hours``.
``exponent``
    Three decimals without a leading zero, ``.347``.
``plain``
    Three significant digits, thousands separated, ``2,140``; small ones without zeros at the end.
``ratio``
    The same without zeros at the end, ``20``.
``exact``
    The shortest text that reads back as the same number, for settings: ``0.001``, ``1e21``.
``code``
    The same without separators of thousands, for lines of Python.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from .errors import QuantityError, UnknownNameError, quoted
from .rounding import (
    MINUS,
    exponent_text,
    fixed,
    is_zero,
    positional,
    rounded,
    scientific,
    shortest,
    whole_kept,
    with_sign,
)


class _Kind(NamedTuple):
    """What a kind of quantity is called, and how it is written and read."""

    digits: int  # significant digits when a caller does not say
    sample: float  # shown when a text is refused
    meaning: str = "a number"
    unit: str = ""  # pattern of the words that may follow the number
    positive: bool = False


KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "params": _Kind(2, 7e9, "a number of parameters", "parameters?|params", True),
        "tokens": _Kind(2, 1.4e12, "a number of tokens", "tokens?", True),
        "flops": _Kind(2, 5.8e23, "an amount of compute", "flops?", True),
        "loss": _Kind(3, 2.07, "a loss", "nats( per token|/token)?", True),
        "percent": _Kind(3, 0.0105, "a percentage", "%|percent"),
        "signed-percent": _Kind(3, 0.0105, "a percentage", "%|percent"),
        "dollars": _Kind(2, 1.2e6, "an amount of money", "dollars?|usd"),
        "hours": _Kind(2, 36.0, "a number of hours", "h|(gpu-)?hours?"),
        "exponent": _Kind(3, 0.347),
        "plain": _Kind(3, 2140.0),
        "ratio": _Kind(3, 20.0),
        "exact": _Kind(17, 0.001),
        "code": _Kind(17, 0.001),
    }
)

MORE_DIGITS = 4
"""Digits that the ends of an interval may take beyond those of their kind."""

_SCALED = ("params", "tokens", "dollars", "hours")
_SUFFIXES = ("", "K", "M", "B", "T")
_SCALES = {
    "": 1.0,
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "million"), 1e6),
    **dict.fromkeys(("b", "bn", "g", "billion"), 1e9),
    **dict.fromkeys(("t", "trillion"), 1e12),
}
_NUMBER = r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_SCALE = "k|thousand|million|m|billion|bn|b|g|trillion|t|"


def format_quantity(value: float, kind: str, digits: int | None = None, *, signed: bool = False) -> str:
    """Write a number with its unit.

    Parameters
    ----------
    value : float
        In parameters, tokens, FLOP, nats per token, dollars or hours; a *fraction* for ``percent``.
    kind : str
        See the module.
    digits : int, optional
        Significant digits; by default those of the kind. A scaled whole part is never cut: 632 M.
    signed : bool
        Whether a positive number gets its plus sign, as in ``+1.6 %``.

    Returns
    -------
    str
        Number and unit with a plain space between; ``–`` for a value that is not a number.

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    """
    number, unit = split_quantity(value, kind, digits, signed=signed)
    return f"{number} {unit}" if unit else number


def split_quantity(
    value: float,
    kind: str,
    digits: int | None = None,
    *,
    signed: bool = False,
    unit_of: float | None = None,
) -> tuple[str, str]:
    """Write a number and its unit apart, for layouts that set the unit in another colour.

    Parameters and errors are those of :func:`format_quantity`; with `unit_of` the number is written in the
    unit of that one, so that several can be compared.

    Returns
    -------
    number, unit : str
        Such as ``("7.0", "B")``, ``("5.8e23", "FLOP")``, ``("$1.2", "M")``, ``("2.07", "")``.
    """
    digits = _digits(kind, digits)
    if kind == "signed-percent":
        kind, signed = "percent", True
    value = float(value)
    scale = _scale(value if unit_of is None else float(unit_of), kind, digits)
    text = _number(value, kind, digits, scale)
    if signed and value > 0 and not is_zero(text):
        text = "+" + text
    return text, _unit(kind, scale, text)


def format_interval(
    low: float, high: float, kind: str, digits: int | None = None, *, unit_of: float | None = None
) -> str:
    """Write an interval in one unit: ``[2.05, 2.10]``, ``[52, 109] B``, ``[−1.2, 2.0] %``.

    Ends that are close get the digits that tell them apart: ``[2.0731, 2.0738]``, see :func:`digits_apart`.

    Parameters
    ----------
    low, high : float
        Its ends; both are written in the unit of the larger.
    kind, digits
        As in :func:`format_quantity`.
    unit_of : float, optional
        A number in whose unit both ends are written: intervals that are compared have one unit.

    Returns
    -------
    str
    """
    digits = digits_apart(low, high, kind, digits)
    number, unit = _interval(float(low), float(high), kind.removeprefix("signed-"), digits, unit_of)
    return f"{number} {unit}" if unit else number


def digits_apart(low: float, high: float, kind: str, digits: int | None = None) -> int:
    """Significant digits that tell the ends of an interval apart: more than asked for where they are close.

    Parameters
    ----------
    low, high, kind, digits
        As in :func:`format_interval`.

    Returns
    -------
    int
        At most four more than asked for; those asked for where even these do not tell the ends apart.
    """
    digits = _digits(kind, digits)
    low, high, kind = float(low), float(high), kind.removeprefix("signed-")
    if low == high or not (math.isfinite(low) and math.isfinite(high)):
        return digits
    for more in range(MORE_DIGITS + 1):
        first, last = _interval(low, high, kind, digits + more)[0][1:-1].split(", ")
        if first != last:
            return digits + more
    return digits


def _interval(
    low: float, high: float, kind: str, digits: int, unit_of: float | None = None
) -> tuple[str, str]:
    ends = [end for end in (low, high) if math.isfinite(end)]
    largest = max(ends, key=abs, default=math.nan)
    scale = _scale(largest if unit_of is None else float(unit_of), kind, digits)
    sizes = sorted(abs(end) for end in ends)
    alike = len(ends) == 2 and sizes[0] > sizes[1] / 10
    texts = [_number(end, kind, digits, scale, keep_zeros=alike) for end in (low, high)]
    if alike and (kind == "percent" or scale):
        # Two ends of one size look right with as many decimals; the larger sets them.
        decimals = min(len(text.partition(".")[2]) for text in texts)
        factor = 100.0 if kind == "percent" else 1 / 1000.0**scale
        bodies = [fixed(abs(end) * factor, decimals) for end in (low, high)]
        sign = "$" if kind == "dollars" else ""
        texts = [with_sign(end < 0, sign + body) for end, body in zip((low, high), bodies, strict=True)]
    return f"[{texts[0]}, {texts[1]}]", _unit(kind, scale, texts[1])


def digits_for(value: float, low: float, high: float, most: int = 3) -> int:
    """Significant digits that an interval asks for: two digits of its half-width, at most ``most``.

    Parameters
    ----------
    value, low, high : float
        The value and the ends of its interval.
    most : int
        Digits of a value known better than that.

    Returns
    -------
    int
        Between 1 and ``most``.
    """
    half = abs(float(high) - float(low)) / 2
    value = float(value)
    if half == 0:
        return most
    if not (math.isfinite(half) and math.isfinite(value)) or value == 0:
        return 1
    digits = rounded(value, 1).exponent - rounded(half, 1).exponent + 2
    return max(1, min(most, digits))


def parse_quantity(text: str, kind: str) -> float:
    """Read what a person types: ``7B``, ``1.4 T``, ``1e21 FLOP``, ``$1.2 M``, ``2,140``, ``1.05 %``.

    Parameters
    ----------
    text : str
        A number, optionally with thousands separators, a scale (K, M, B, T or the words), and the
        unit of the kind. A percentage may leave the sign out.
    kind : str
        See the module.

    Returns
    -------
    float
        In the base unit; a fraction for ``percent``.

    Raises
    ------
    QuantityError
        If the text does not read as such a quantity, or cannot be negative and is.
    """
    _digits(kind, None)
    about = KINDS[kind]
    remedy = f"Write it like {format_quantity(about.sample, kind)}."
    value = math.nan
    if isinstance(text, str) and len(text) <= 60:
        plain = text.strip().replace(MINUS, "-").lower()
        if kind == "dollars":
            plain = plain.replace("$", "", 1)
        match = re.fullmatch(f"({_NUMBER}) *({_SCALE})(?: *(?:{about.unit}))?", plain)
        if match:
            value = float(match[1].replace(",", "")) * _SCALES[match[2]]
    if not math.isfinite(value):
        raise QuantityError(f"{quoted(text)} does not read as {about.meaning}.", remedy=remedy)
    if about.positive and value <= 0:
        raise QuantityError(f"{quoted(text)} is not above zero.", remedy=remedy)
    return value / 100 if "percent" in kind else value


# -- rounding and writing ----------------------------------------------------------------------------


def _digits(kind: str, digits: int | None) -> int:
    if kind not in KINDS:
        raise UnknownNameError.of("a kind of quantity", kind, KINDS)
    return KINDS[kind].digits if digits is None else max(1, min(17, int(digits)))


def _number(value: float, kind: str, digits: int, scale: int, *, keep_zeros: bool = False) -> str:
    """Write the number of a quantity, scaled by 1000 ** scale, with its sign and a dollar sign."""
    if math.isnan(value):
        return "–"
    size = abs(value)
    if math.isinf(value):
        body = "∞"
    elif kind in _SCALED:
        body = _scaled(size / 1000.0**scale, kind, digits, scale)
    elif value == 0:
        body = "0"
    elif size < 1e-6 and kind not in ("exact", "code"):
        body = scientific(size, digits, 2 if kind == "percent" else 0)
    elif kind == "flops":
        body = (
            scientific(size, digits) if size >= 1e4 else positional(rounded(size, digits), keep_zeros=False)
        )
    elif kind == "percent":
        body = whole_kept(size * 100, digits) if size < 1e6 else scientific(size, digits, 2)
        if not keep_zeros and "." in body:
            body = body.rstrip("0").rstrip(".")
    elif kind == "exponent" and size < 1e6:
        body = exponent_text(size, digits)
    elif kind == "exact":
        body = shortest(size)
    elif kind == "code":
        body = shortest(size).replace(",", "")
    elif size >= 1e6 or (size < 1e-4 and kind != "loss"):
        body = scientific(size, digits)
    else:
        zeros = kind == "loss" or (kind == "plain" and (keep_zeros or size >= 0.1))
        body = positional(rounded(size, digits), keep_zeros=zeros)
    if kind == "dollars":
        body = "$" + body
    return with_sign(value < 0, body)


def _scaled(size: float, kind: str, digits: int, scale: int) -> str:
    if size >= 1e6 or (0 < size < 1e-6):
        return scientific(size, digits)
    if scale == 0:
        if kind == "dollars" and 0 < size < 0.1:
            return positional(rounded(size, digits), keep_zeros=False)
        if kind == "dollars" and size < 100 and not fixed(size, 2).endswith(".00"):
            return fixed(size, 2)
        if kind == "hours" and size < 10 and size != int(size):
            return positional(rounded(size, digits))
        return fixed(size, 0)
    return whole_kept(size, digits)


def _scale(value: float, kind: str, digits: int) -> int:
    """Power of a thousand that the value is shown in, after rounding: 999.6 M is 1.0 B."""
    if kind not in _SCALED or not math.isfinite(value):
        return 0
    size = abs(value)
    if kind in ("dollars", "hours") and size < 9_999.5:
        return 0
    scale = 0
    while scale < len(_SUFFIXES) - 1 and _rounds_to_thousand(size / 1000.0**scale, digits):
        scale += 1
    return scale


def _rounds_to_thousand(size: float, digits: int) -> bool:
    return size >= 1000 or float(whole_kept(size, digits).replace(",", "")) >= 1000


def _unit(kind: str, scale: int, text: str) -> str:
    suffix = _SUFFIXES[scale]
    if kind == "hours":
        return f"{suffix} hours".strip() if suffix or text != "1" else "hour"
    return {"flops": "FLOP", "percent": "%"}.get(kind, suffix)


def dollars_stay(html: str) -> str:
    """HTML in which dollars are dollars: notebooks typeset as a formula what stands between two of them."""
    return html.replace("$", "<span>$</span>")
