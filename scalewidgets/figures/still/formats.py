"""What a tick is labelled: Bokeh's formatters, numbers written as JavaScript writes them."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from .values import Report

#: A label is its text and, on a log axis, an exponent to raise behind it.
Label = tuple[str, str]


def format_ticks(formatter: Any, ticks: list[Any], base: float, report: Report) -> list[Label]:
    """Label the ticks; ``base`` is that of a log axis' ticker."""
    kind = type(formatter).__name__
    if not ticks:
        return []
    if kind == "LogTickFormatter":
        return _log(formatter, ticks, base if formatter.ticker is None else float(formatter.ticker.base))
    if kind == "PrintfTickFormatter":
        return [(printf(formatter.format, tick), "") for tick in ticks]
    if kind == "NumeralTickFormatter":
        return [(numeral(formatter.format, tick, report), "") for tick in ticks]
    if kind == "CategoricalTickFormatter" or any(isinstance(tick, str) for tick in ticks):
        return [(str(tick), "") for tick in ticks]
    if kind == "BasicTickFormatter":
        return [(text, "") for text in _basic(formatter, ticks)]
    report(kind)
    return [(text, "") for text in _basic(None, ticks)]


def js_number(value: float) -> str:
    """``String(value)`` of JavaScript."""
    if value != value or math.isinf(value):
        return "NaN" if value != value else ("Infinity" if value > 0 else "-Infinity")
    if value == 0:
        return "0"
    sign, digits, power = Decimal(repr(float(value))).normalize().as_tuple()
    text, point = "".join(map(str, digits)), len(digits) + int(power)
    if 0 < point <= 21:
        body = text + "0" * (point - len(text)) if point >= len(text) else f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        body = "0." + "0" * -point + text
    else:
        body = text[0] + ("." + text[1:] if len(text) > 1 else "") + f"e{point - 1:+d}"
    return ("-" if sign else "") + body


def to_fixed(value: float, precision: int) -> str:
    """``value.toFixed(precision)`` of JavaScript: exact decimals, ties away from zero."""
    if abs(value) >= 1e21 or not math.isfinite(value):
        return js_number(value)
    text = str(Decimal(value).quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP))
    return text[1:] if text.startswith("-") and not text.strip("-0.") and value == 0 else text


def to_exponential(value: float, precision: int) -> str:
    """``value.toExponential(precision)`` of JavaScript."""
    mantissa, _, power = f"{value:.{precision}e}".partition("e")
    return f"{mantissa}e{int(power):+d}"


def _trimmed(value: float, precision: int) -> str:
    text = re.sub(r"(\.[0-9]*?)0+$", r"\1", to_fixed(value, precision))
    return text[:-1] if text.endswith(".") else text


def _basic(formatter: Any, ticks: list[float]) -> list[str]:
    scientific = _needs_exponent(formatter, ticks)
    write = to_exponential if scientific else _trimmed
    precision = "auto" if formatter is None else formatter.precision
    if precision == "auto":
        precision = 3
        for candidate in range(3, 16):
            labels = [write(tick, candidate) for tick in ticks]
            if all(a != b for a, b in pairwise(labels)):
                precision = candidate
                break
    return [write(tick, int(precision)).replace("-", "\u2212") for tick in ticks]


def _needs_exponent(formatter: Any, ticks: list[float]) -> bool:
    if formatter is not None and not formatter.use_scientific:
        return False
    high = 10.0 ** (5 if formatter is None else formatter.power_limit_high)
    low = 10.0 ** (-3 if formatter is None else formatter.power_limit_low)
    zeroish = 0 if len(ticks) < 2 else abs(ticks[1] - ticks[0]) / 10000
    return any(abs(t) > zeroish and (abs(t) >= high or abs(t) <= low) for t in ticks)


def _log(formatter: Any, ticks: list[float], base: float) -> list[Label]:
    exponents: list[int] = []
    for tick in ticks:
        exponent = math.floor(math.log(tick) / math.log(base) + 0.5) if tick > 0 else 0
        if exponents and exponents[-1] == exponent:  # several ticks a decade: plain numbers
            return [(text, "") for text in _basic(None, ticks)]
        exponents.append(exponent)
    labels = []
    for exponent in exponents:
        if abs(exponent) < formatter.min_exponent:
            labels.append((js_number(base**exponent).replace("-", "\u2212"), ""))
        else:
            labels.append((js_number(base), str(exponent).replace("-", "\u2212")))
    return labels


def printf(template: str, value: Any) -> str:
    """``sprintf`` for one number: flags, width, precision and the conversions d i f e g s x o b %."""

    def convert(match: re.Match[str]) -> str:
        flags, width, precision, kind = match[1], match[2], match[3], match[4]
        if kind == "%":
            return "%"
        number = float(value)
        places = int(precision[1:]) if precision and len(precision) > 1 else (0 if precision else None)
        if kind in "di":
            body = str(math.trunc(number))
        elif kind == "f":
            body = js_number(number) if places is None else to_fixed(number, places)
        elif kind == "e":
            body = (
                to_exponential(number, 6 if places is None else places)
                if places is not None
                else _shortest(number)
            )
        elif kind == "g":
            body = js_number(number) if places is None else js_number(float(f"{number:.{max(1, places)}g}"))
        elif kind in "xob":
            body = format(math.trunc(number), kind)
        else:
            body = js_number(number)
        if "+" in flags and not body.startswith("-"):
            body = "+" + body
        return (
            body.ljust(int(width or 0))
            if "-" in flags
            else body.rjust(int(width or 0), "0" if "0" in flags else " ")
        )

    return re.sub(r"%([-+0 ]*)(\d*)(\.\d*)?([difegsxob%])", convert, template)


def _shortest(value: float) -> str:
    digits = len(Decimal(repr(value)).normalize().as_tuple().digits)
    return to_exponential(value, digits - 1)


def numeral(template: str, value: float, report: Report) -> str:
    """Write a number in a subset of Numbro's formats.

    Understood are ``0`` and ``0,0``, decimals fixed or ``[optional]``, ``$``, ``%``, ``a`` and ``+``.
    """
    match = re.fullmatch(r"(\+?)(\$?)(\+?)(0,0|0)(?:\.(0*)(?:\[(0+)\])?|\[\.\](0+))?( ?)([a%]?)", template)
    if match is None:
        report("NumeralTickFormatter")
        return js_number(value)
    plus, dollar, whole = match[1] or match[3], match[2], match[4]
    fixed, optional, unless_whole = match[5] or "", match[6] or "", match[7] or ""
    unit = match[9]
    if unit == "%":
        value *= 100
    elif unit == "a":
        power = max((p for p in (0, 3, 6, 9, 12) if abs(value) >= 10.0**p), default=0)
        value, unit = value / 10.0**power, {0: "", 3: "k", 6: "m", 9: "b", 12: "t"}[power]
    places = len(fixed) + len(optional) + len(unless_whole)
    text = to_fixed(abs(value), places)
    integer, _, decimals = text.partition(".")
    while len(decimals) > len(fixed) and optional and decimals.endswith("0"):
        decimals = decimals[:-1]
    if unless_whole and not decimals.strip("0"):
        decimals = ""
    if whole == "0,0":
        integer = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", integer)
    body = dollar + integer + ("." + decimals if decimals else "") + (match[8] if unit else "") + unit
    return ("-" if value < 0 and text.strip("0.") else plus) + body
