"""A plan in words: plain text for a terminal, a table for a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from scalewidgets.units import dollars_stay, format_interval, format_quantity, split_quantity

from .runs import fitted_runs

if TYPE_CHECKING:
    from .plan import Estimate, Plan

_ROWS = (
    ("params", "Parameters", "params"),
    ("tokens", "Tokens", "tokens"),
    ("ratio", "Tokens per parameter", "ratio"),
    ("loss", "Loss", "loss"),
    ("flops", "Training compute", "flops"),
    ("gpu_hours", "GPU hours", "hours"),
    ("days", "Days on all devices", "plain"),
    ("dollars", "Money, serving included", "dollars"),
)


def sentence(plan: Plan) -> str:
    """Say the plan in one sentence."""
    size, data, loss = plan.params, plan.tokens, plan.loss
    return (
        f"{_said(size, 'params')} parameters on {_said(data, 'tokens')} tokens "
        f"reach a loss of {_said(loss, 'loss')} for {format_quantity(plan.dollars.value, 'dollars')}"
    )


def remarks(plan: Plan) -> list[str]:
    """What weakens the plan, or explains it; most important first."""
    out = []
    if plan.extrapolation > 0:
        out.append(f"The run lies {plan.extrapolation:.1f} decades of compute beyond the largest of the fit.")
    smallest = float(np.min(fitted_runs(plan.fit)[2]))
    if plan.flops.value < 0.98 * smallest:
        below = np.log10(smallest / plan.flops.value)
        out.append(f"The run lies {below:.1f} decades of compute below the smallest of the fit.")
    out += [f"A limit holds: {limit}." for limit in plan.binding]
    if plan.epochs is not None and plan.epochs > 1:
        out.append(f"It reads its unique tokens {plan.epochs:.3g} times.")
    if plan.bits is not None:
        out.append(f"It trains in {_said(plan.bits, 'ratio')} bits.")
    run = plan.schedule
    if run is not None:
        out.append(
            f"{run.steps:,.0f} steps of {format_quantity(run.batch, 'tokens')} tokens: "
            f"{format_quantity(run.processed, 'tokens', 3)} tokens are processed, "
            f"{format_quantity(run.overhead - 1, 'percent', 2)} more than with small steps."
        )
    regret = plan.regret()
    if regret:
        usual, bad = (format_quantity(regret[name], "percent", 2) for name in ("median", "high"))
        out.append(
            f"If a resample is the truth, this model wastes {usual} of the budget in the median "
            f"and up to {bad}."
        )
    lost = float(np.mean(~np.isfinite(plan.draws["loss"]))) if len(plan.draws) else 0.0
    if lost > 0:
        out.append(f"In {format_quantity(lost, 'percent', 2)} of the resamples there is no such model.")
    return out + [note[0].upper() + note[1:] + "." for note in plan.notes]


def text(plan: Plan) -> str:
    """Everything as plain text."""
    lines = [sentence(plan) + ".", ""]
    for name, label, kind in _ROWS:
        lines.append(f"  {label:<26}{_said(getattr(plan, name), kind)}")
    lines += ["", *remarks(plan), "", "Conventions: " + "; ".join(plan.conventions) + "."]
    lines.append(_intervals(plan))
    return "\n".join(lines)


def _intervals(plan: Plan) -> str:
    if not len(plan.draws):
        return "No intervals: the fit has no resamples."
    level = format_quantity(plan.level, "percent", 2)
    return f"Intervals at {level}, percentiles over {len(plan.draws):,} resamples."


def html(plan: Plan) -> str:
    """A table with the sentence above it."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(label)}</th><td>{escape(_said(number, kind))}</td></tr>"
        for number, label, kind in ((getattr(plan, name), label, kind) for name, label, kind in _ROWS)
    )
    notes = "".join(f"<div>{escape(line)}</div>" for line in remarks(plan))
    return dollars_stay(
        f"<div><b>{escape(sentence(plan))}.</b></div><table>{rows}</table>{notes}"
        f"<div style='opacity:.7'>{escape('; '.join(plan.conventions))}. {escape(_intervals(plan))}</div>"
    )


def _ends(number: Estimate, kind: str) -> str:
    if not (np.isfinite(number.low) and np.isfinite(number.high)):
        return "no upper end" if np.isfinite(number.low) and number.high == np.inf else ""
    if number.high - number.low <= 1e-9 * abs(number.value):
        return ""
    return format_interval(number.low, number.high, kind)


def _said(number: Estimate, kind: str) -> str:
    ends, unit = _ends(number, kind), split_quantity(number.value, kind)[1]
    # The unit stands once where both have the same.
    ends = ends.removesuffix(f" {unit}") if unit else ends
    return format_quantity(number.value, kind) + (f" {ends}" if ends else "")
