"""Digits of a number, rounded exactly: what :mod:`scalewidgets.units` writes with.

All rounding is of the exact binary value, halves away from zero.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

MINUS = "−"


class Rounded(NamedTuple):
    """A number rounded to some significant digits: ``digits`` x 10 ** (exponent - len(digits) + 1)."""

    negative: bool
    digits: str
    exponent: int


def rounded(value: float, digits: int) -> Rounded:
    """Round the exact binary value to significant digits, halves away from zero; zero is ``0``."""
    if value == 0:
        return Rounded(False, "0" * digits, 0)
    exact = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(Decimal(abs(value)))
    _, figures, exponent = exact.as_tuple()
    text = "".join(map(str, figures))
    return Rounded(value < 0, text.ljust(digits, "0"), int(exponent) + len(text) - 1)


def positional(number: Rounded, *, keep_zeros: bool = True) -> str:
    """Write rounded digits without an exponent, thousands separated, without a sign."""
    digits, exponent = number.digits, number.exponent
    if exponent < 0:
        whole, fraction = "0", "0" * (-exponent - 1) + digits
    else:
        whole, fraction = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    if not keep_zeros:
        fraction = fraction.rstrip("0")
    return grouped(whole) + (f".{fraction}" if fraction else "")


def grouped(whole: str) -> str:
    """Separate the thousands of a whole number."""
    return re.sub(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", ",", whole)


def fixed(value: float, decimals: int) -> str:
    """Write a number of at least 0 with so many decimals, thousands separated."""
    exact = Context(prec=80, rounding=ROUND_HALF_UP).quantize(Decimal(value), Decimal(1).scaleb(-decimals))
    whole, _, fraction = f"{exact:f}".partition(".")
    return grouped(whole) + (f".{fraction}" if fraction else "")


def whole_kept(value: float, digits: int) -> str:
    """Write significant digits, but never cut the whole part: 632.4 to two digits is 632."""
    exponent = rounded(value, digits).exponent if value else 0
    return fixed(value, max(0, digits - 1 - exponent))


def scientific(value: float, digits: int, shift: int = 0) -> str:
    """Write ``value`` x 10 ** ``shift`` with an exponent, without zeros at the end of the mantissa."""
    number = rounded(value, digits)
    mantissa = number.digits[0] + "." + number.digits[1:]
    return mantissa.rstrip("0").rstrip(".") + f"e{number.exponent + shift}"


def exponent_text(size: float, digits: int) -> str:
    """Write an exponent of at least 0 without its leading zero: ``.347``."""
    if rounded(size, digits).exponent >= 0:
        return positional(rounded(size, digits))
    text = fixed(size, digits)
    if float(text) < 0.1:  # too few figures left: .0048
        text = positional(rounded(size, max(1, digits - 1)))
    return text.removeprefix("0")


def shortest(size: float) -> str:
    """Write the shortest text that reads back as the same number of at least 0."""
    exact = Decimal(repr(size)).normalize()
    digits = "".join(map(str, exact.as_tuple().digits))
    number = Rounded(False, digits, exact.adjusted())
    return positional(number) if -5 <= number.exponent < 6 else scientific(size, len(digits))


def with_sign(negative: bool, body: str) -> str:
    """Put a minus before a number that is written as other than zero."""
    return MINUS + body if negative and not is_zero(body) else body


def is_zero(text: str) -> bool:
    """Whether a written number shows nothing but zeros."""
    return not re.search(r"[1-9∞–]", text)
