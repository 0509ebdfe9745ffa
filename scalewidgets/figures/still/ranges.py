"""The ends of a range: given, counted (``FactorRange``) or found in the data (``DataRange1d``)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

Extent = tuple[float, float]


def ends(model: Any, extents: Sequence[tuple[Any, Extent]], *, log: bool) -> Extent:
    """Return (start, end) of a range model.

    Parameters
    ----------
    model
        The range.
    extents
        (renderer, (low, high)) of everything that an automatic range looks at, NaN where it has nothing.
    log
        Whether the range lies on a log scale.
    """
    kind = type(model).__name__
    if kind == "FactorRange":
        return _factor_ends(model)
    if kind != "DataRange1d":
        return _float(model.start), _float(model.end)
    start, end = _data_ends(model, extents, log=log)
    given_start, given_end = _float(model.start), _float(model.end)
    if not math.isnan(given_start) and not (log and given_start <= 0):
        start = given_start
    if not math.isnan(given_end) and not (log and given_end <= 0):
        end = given_end
    return start, end


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)


def _factor_ends(model: Any) -> Extent:
    count = len(model.factors)
    total = count + max(0, count - 1) * model.factor_padding
    pad = (
        total * model.range_padding / 2
        if model.range_padding_units == "percent"
        else float(model.range_padding)
    )
    return -pad, total + pad


def _data_ends(model: Any, extents: Sequence[tuple[Any, Extent]], *, log: bool) -> Extent:
    chosen = [
        extent
        for renderer, extent in extents
        if (model.renderers in ("auto", []) or renderer in (model.renderers or []))
        and (renderer.visible or not model.only_visible)
    ]
    lows = [low for low, _ in chosen if math.isfinite(low)]
    highs = [high for _, high in chosen if math.isfinite(high)]
    low = min(lows) if lows else math.nan
    high = max(highs) if highs else math.nan
    # A given end takes part in the padding of the other, as it does in the browser.
    if not math.isnan(_float(model.start)):
        low = float(model.start)
    if not math.isnan(_float(model.end)):
        high = float(model.end)
    start, end = (_log_span if log else _linear_span)(model, low, high)
    if model.flipped:
        start, end = end, start
    if model.follow_interval is not None and abs(start - end) > model.follow_interval:
        step = model.follow_interval * (-1 if model.flipped else 1)
        if model.follow == "start":
            end = start + step
        elif model.follow == "end":
            start = end - step
    return start, end


def _clamped(model: Any, span: float) -> float:
    least = model.min_interval or 0.0
    most = math.inf if model.max_interval is None else model.max_interval
    return float(min(max(span, least), most))


def _linear_span(model: Any, low: float, high: float) -> Extent:
    if math.isnan(low) or math.isnan(high):
        return math.nan, math.nan
    if low == high:
        span = model.default_span
    elif model.range_padding_units == "percent":
        span = (high - low) * (1 + model.range_padding)
    else:
        span = high - low + 2 * model.range_padding
    span, centre = _clamped(model, span), (high + low) / 2
    return centre - span / 2, centre + span / 2


def _log_span(model: Any, low: float, high: float) -> Extent:
    if not low > 0:
        low = high / 100 if high > 0 else 0.1
    if not high > 0:
        high = low * 100
    if low == high:
        span, centre = model.default_span + 0.001, math.log10(low)
    else:
        if model.range_padding_units == "percent":
            log_low, log_high = math.log10(low), math.log10(high)
            span = (log_high - log_low) * (1 + model.range_padding)
        else:
            log_low = math.log10(max(low - model.range_padding, low * 1e-3))
            log_high = math.log10(high + model.range_padding)
            span = log_high - log_low
        centre = (log_low + log_high) / 2
    span = _clamped(model, span)
    return float(10 ** (centre - span / 2)), float(10 ** (centre + span / 2))
