"""Where ticks lie: Bokeh's tickers, by BokehJS's arithmetic."""

from __future__ import annotations

import math
from typing import Any

from .values import Report

Ticks = tuple[list[float], list[float]]


def get_ticks(ticker: Any, low: float, high: float, report: Report) -> Ticks:
    """Return major and minor ticks of a ticker between ``low`` and ``high``."""
    kind = type(ticker).__name__
    if kind == "FixedTicker":
        return [float(t) for t in ticker.ticks], [float(t) for t in ticker.minor_ticks]
    if not (math.isfinite(low) and math.isfinite(high)):
        return [], []
    if kind == "LogTicker":
        return _log(ticker, low, high)
    if kind == "SingleIntervalTicker":
        return _spaced(low, high, float(ticker.interval), ticker.num_minor_ticks)
    if kind not in ("BasicTicker", "AdaptiveTicker"):
        report(kind)
        return _spaced(low, high, _interval([1, 2, 5], 10.0, 0.0, math.inf, low, high, 6), 5)
    return _spaced(low, high, _interval_of(ticker, low, high), ticker.num_minor_ticks)


def _interval_of(ticker: Any, low: float, high: float) -> float:
    most = math.inf if ticker.max_interval is None else float(ticker.max_interval)
    return _interval(
        list(ticker.mantissas),
        float(ticker.base),
        float(ticker.min_interval),
        most,
        low,
        high,
        ticker.desired_num_ticks,
    )


def _interval(
    mantissas: list[float], base: float, least: float, most: float, low: float, high: float, wanted: int
) -> float:
    unit = least if least != 0 else 1.0
    ideal = (high - low) / wanted
    if not ideal > 0:
        return 1.0
    magnitude = base ** math.floor(math.log(ideal / unit) / math.log(base)) * unit
    candidates = [mantissas[-1] / base, *mantissas, mantissas[0] * base]
    best = min(candidates, key=lambda m: abs(wanted - (high - low) / (m * magnitude)))
    return min(most, max(least, best * magnitude))


def _spaced(low: float, high: float, interval: float, minor_count: int, *, zero: bool = True) -> Ticks:
    factors = range(math.floor(low / interval), math.ceil(high / interval) + 1)
    major = [t for t in (f * interval for f in factors if zero or f != 0) if low <= t <= high]
    minor: list[float] = []
    if minor_count > 0 and major:
        offsets = [i * (interval / minor_count) for i in range(minor_count)]
        minor = [major[0] - x for x in offsets[1:]] + [tick + x for tick in major for x in offsets]
    return major, [t for t in minor if low <= t <= high]


def _log(ticker: Any, low: float, high: float) -> Ticks:
    if low <= 0 or high <= 0 or low == high:
        return [], []
    base, count = float(ticker.base), int(ticker.num_minor_ticks)
    log_low, log_high = math.log(low) / math.log(base), math.log(high) / math.log(base)
    if log_high - log_low < 2:  # too few decades to label: ticks as on a linear axis
        return _spaced(low, high, _interval_of(ticker, low, high), count, zero=False)
    tolerance = 1e-6
    first = math.ceil(log_low * (1 - math.copysign(tolerance, log_low) * (log_low != 0)))
    last = math.floor(log_high * (1 + math.copysign(tolerance, log_high) * (log_high != 0)))
    step = math.ceil((last - first) / 9)
    decades = [t for t in (base**i for i in range(first - 1, last + 1)) if low <= t <= high]
    major = decades[:: step or 1] if step else []
    minor: list[float] = []
    if count > 0 and major:
        offsets = [i * (base**step / count) for i in range(1, count + 1)]
        minor = [major[0] * (x / max(offsets)) for x in offsets]
        minor += [tick * x for tick in major for x in offsets]
    return major, [t for t in minor if low <= t <= high]
