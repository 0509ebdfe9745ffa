"""A fit in words: plain text for a terminal, a table for a notebook."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from scalewidgets.units import digits_for, format_interval, format_quantity

from .certificate import Status
from .priors import Prior
from .student import LEAST_NU, MOST_NU

if TYPE_CHECKING:
    from .result import Fit, Prediction

DISAGREE = 3.0
"""Standard deviations between a fit and the centre of a prior from which on the reader is told."""

FEW = 2.5
"""Resamples beyond each end of an interval below which it hangs on single ones."""

ENGINES = {"numpy": "NumPy", "compiled": "compiled (its objectives agree with NumPy's to 1e-12)"}
"""Engines as a reader sees them."""

_COLOURS = {"converged": "#2e7d32", "on bound": "#a15c00", "not identified": "#b3261e"}


def rows(fit: Fit) -> list[tuple[str, str, str, str]]:
    """Label, value, standard error and interval of each coefficient, digits by the interval."""
    errors = fit.standard_errors()
    out = []
    for symbol in fit.law.coefficients:
        value, (low, high) = fit.coefficients[symbol.name], fit.interval(symbol.name)
        kind = symbol.kind if symbol.kind in ("exponent", "loss") else "plain"
        if not np.isfinite(value):
            out.append((symbol.label, "none", "", ""))
            continue
        if symbol.name in fit.certificate.fixed:
            out.append((symbol.label, f"{value:.6g}", "fixed", ""))
            continue
        if not np.isfinite(low + high):
            out.append((symbol.label, f"{value:.6g}", "", ""))
            continue
        digits = max(3, digits_for(value, low, high, 4)) if low < high else 3
        out.append(
            (
                symbol.label,
                format_quantity(value, kind, digits),
                format_quantity(errors[symbol.name], kind if kind == "exponent" else "plain", 3),
                format_interval(low, high, kind),
            )
        )
    return out


def trust(fit: Fit) -> list[str]:
    """Sentences that say how far the fit can be trusted, most important first."""
    seen = fit.certificate
    out = []
    if seen.gap is not None:
        off = abs(seen.gap)
        words = "no better one" if seen.gap <= 1e-10 else f"a gap of {off:.1e} to another"
        out.append(
            f"An independent solver found {words} from {seen.starts} starts; "
            f"{seen.agreeing} of {seen.starts} end at the best, "
            f"{_count(seen.basins, 'optimum', 'optima')} seen."
        )
    if seen.resamples:
        what = {"rows": "the runs", "clusters": "whole clusters", "residuals": "the residuals"}
        drawn = what.get(seen.resampled, "the density of residuals that the objective stands for")
        text = f"{_count(seen.resamples, 'resample', 'resamples')} of {drawn}, seed {seen.seed}"
        text += "; intervals are their percentiles"
        if seen.resamples_converged < seen.resamples:
            text += f", {seen.resamples - seen.resamples_converged} without convergence"
        if seen.resample_rivals:
            text += f"; the optima of {seen.resample_rivals:,} of them were tried on all others"
        if seen.resamples_screened:
            found = f"{seen.resample_valleys:,} with a second valley, refitted from there"
            found = found if seen.resample_valleys else "none with a second valley"
            text += f"; {seen.resamples_screened:,} looked at over the whole range of exponents, {found}"
        if seen.resamples_searched:
            text += f"; {seen.resamples_searched:,} searched for a better optimum from many starts"
            text += f", {seen.resamples_unsettled:,} of them not settled" if seen.resamples_unsettled else ""
        if seen.resamples_checked and seen.resample_gap is not None:
            worst = max(seen.resample_gap, 0.0)
            agrees = "none was" if worst <= 1e-8 else f"the worst was {worst:.1e}"
            text += f"; {seen.resamples_checked} refitted independently, {agrees} off"
        out.append(text + "." + few(seen.resamples, fit.level))
    if np.isfinite(seen.condition):
        out.append(f"Condition of the Jacobian {seen.condition:.3g} (centred, columns scaled).")
    for name, said in seen.priors.items():
        if abs(said["distance"]) > DISAGREE:
            off = abs(said["distance"])
            out.append(
                f"The runs and the prior of {name} disagree: even the compromise is "
                f"{off:.1f} standard deviations from the centre."
            )
    largest = fit.largest_run_residual
    if largest is not None and abs(largest) > 3 * fit.median_miss:
        side = "below" if largest < 0 else "above"
        size = format_quantity(abs(float(np.expm1(largest))), "percent")
        out.append(f"The largest run lies {size} {side} the fit.")
    return [*out, *seen.notes]


def apart(fit: Fit) -> list[str]:
    """Sentences that name coefficients which the runs hardly tell apart, and the worst direction."""
    # Here, not above: a fit need not wait for what its report says.
    from .directions import sentences

    return sentences(fit)


def provenance(fit: Fit) -> list[str]:
    """Sentences that say what was fitted to what."""
    seen = fit.certificate
    inside = (
        f", {fit.inside_delta:,} of {seen.n_runs:,} runs inside delta" if fit.inside_delta is not None else ""
    )
    out = [f"Objective: {seen.description}{inside}."]
    if seen.nu is not None and seen.nu_free:
        out.append(_degrees(fit))
    if seen.convention:
        out.append(f"Convention: {seen.convention}{_unit(fit)}.")
    if seen.weights:
        out.append(f"Weights: {seen.weights}.")
    if seen.effective_n is not None:
        groups = f" in {_count(seen.clusters, 'cluster', 'clusters')}" if seen.clusters is not None else ""
        rows_ = _count(seen.n_runs, "row", "rows")
        out.append(f"{rows_}{groups} say as much as {seen.effective_n:,.0f} independent ones.")
    if seen.ties:
        equal = ", ".join(f"{name} = {other}" for name, other in seen.ties.items())
        out.append(f"Held equal: {equal}.")
    if seen.bounds:
        ends = ", ".join(f"{name} in [{low:g}, {high:g}]" for name, (low, high) in seen.bounds.items())
        out.append(f"Bounds: {ends}.")
    if seen.priors:
        out += _priors(fit)
    if seen.exclusions:
        reasons = "; ".join(dict.fromkeys(reason for _, reason in seen.exclusions))
        labels = ", ".join(str(label) for label, _ in seen.exclusions[:10])
        more = ", ..." if len(seen.exclusions) > 10 else ""
        out.append(f"Left out: {_count(seen.n_excluded, 'run', 'runs')} ({labels}{more}): {reasons}.")
    out.append(f"Data: {_count(seen.n_runs, 'run', 'runs')}, sha256 {seen.data_hash[:16]}.")
    return [*out, f"Engine: {ENGINES[seen.engine]}."]


def _unit(fit: Fit) -> str:
    return ", loss taken for nats per token, natural logarithms" if fit.law.output == "loss" else ""


def few(resamples: int, level: float) -> str:
    """What to say of an interval whose ends are single resamples; nothing of most."""
    beyond = 0.5 * (1 - level) * resamples
    if beyond >= FEW:
        return ""
    needed = int(np.ceil(2 * FEW / (1 - level)))
    return f" Too few for {100 * level:g} %: its ends hang on one or two of them; take {needed:,} or more."


def _degrees(fit: Fit) -> str:
    seen = fit.certificate
    text = f"Degrees of freedom: nu = {seen.nu:.3g}"
    if seen.nu_interval is not None:
        low, high = seen.nu_interval
        text += f", {100 * fit.level:g} % interval [{low:.3g}, {high:.3g}]"
    if seen.nu == MOST_NU:
        return text + ", the upper end of its range: the tails of the residuals are Gaussian, or lighter."
    if seen.nu == LEAST_NU:
        return text + ", the lower end of its range: the tails are Cauchy's, or heavier."
    return text + "."


def _priors(fit: Fit) -> list[str]:
    seen = fit.certificate
    out = []
    for name, said in seen.priors.items():
        prior = Prior(said["kind"], said["centre"], said["spread"])
        out.append(
            f"Prior of {name}: {prior}. The fit is {said['distance']:+.2f} of its standard deviations from "
            f"the centre; without priors {name} is {said['without']:.4g}, {said['moved']:+.2f} away."
        )
    counted = (
        "They are added to the negative log-likelihood as half the squared distance"
        if seen.prior_scale is None
        else f"They are added as half the squared distance times {seen.prior_scale:.4g}, the scale at which "
        "penalties of this size are most likely, taken from the fit without priors"
    )
    drawn = "; each resample draws their centres anew" if seen.resamples else ""
    return [*out, f"{counted}: {seen.prior_term:.4g} in all{drawn}."]


def fit_text(fit: Fit) -> str:
    """Report as plain text."""
    lines = [
        f"{fit.law.title}: {fit.law.output_label} = {fit.law.formula}",
        f"Status: {fit.status}. {fit.reason}",
    ]
    table = rows(fit) if fit.status is not Status.REFUSED else []
    head = ("", "value", "std. error", f"{100 * fit.level:g} % interval")
    widths = [max(len(row[i]) for row in (head, *table)) for i in range(4)]
    if table:
        cells = zip(head, widths, strict=True)
        lines += ["", "  ".join(f"{cell:>{width}}" for cell, width in cells).rstrip()]
    for row in table:
        cells = zip(row, widths, strict=True)
        lines.append("  ".join(f"{cell:>{width}}" for cell, width in cells).rstrip())
    if np.isfinite(fit.objective):
        lines += [
            "",
            f"Objective {fit.objective:.13g}, median miss {format_quantity(fit.median_miss, 'percent')}.",
        ]
    else:
        lines.append("")
    return "\n".join([*lines, *provenance(fit), *trust(fit), *apart(fit)]) + "\n"


def fit_html(fit: Fit) -> str:
    """Report as escaped HTML; nothing in it is trusted, labels and columns may be a stranger's."""
    colour = _COLOURS.get(fit.status.value, "#b3261e")
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows(fit)
    )
    words = "<br>".join(escape(line) for line in (*provenance(fit), *trust(fit), *apart(fit)))
    table = (
        "<table><thead><tr><th></th><th>value</th><th>standard error</th>"
        f"<th>{100 * fit.level:g} % interval</th></tr></thead><tbody>{body}</tbody></table>"
        if fit.status is not Status.REFUSED
        else ""
    )
    return (
        f"<div><b>{escape(fit.law.title)}</b>: {fit.law.html}</div>"
        f"<div><b style='color:{colour}'>{escape(fit.status.value)}</b>. {escape(fit.reason)}</div>"
        f"{table}<details><summary>How it came about</summary>{words}</details>"
    )


def prediction_text(prediction: Prediction) -> str:
    """One sentence for one prediction, a short table for several."""
    if np.ndim(prediction.value):
        return f"<Prediction of {np.size(prediction.value)} losses>"
    text = format_quantity(prediction.value, "loss")
    if np.isfinite(prediction.low):
        text += f" {format_interval(prediction.low, prediction.high, 'loss')}"
        text += f", a single run {format_interval(prediction.run_low, prediction.run_high, 'loss')}"
        text += f" ({100 * prediction.level:g} %)"
    if prediction.extrapolation > 0:
        text += f", {prediction.extrapolation:.1f} decades beyond the runs"
    return text


def prediction_report(prediction: Prediction) -> str:
    """A line for each loss, and what its intervals are."""
    names = ("value", "low", "high", "run_low", "run_high", "extrapolation")
    columns = np.broadcast_arrays(*(getattr(prediction, name) for name in names))
    lines = []
    for numbers in zip(*(column.ravel().tolist() for column in columns), strict=True):
        one = dict(zip(names, numbers, strict=True))
        lines.append(prediction_text(replace(prediction, **one)))
    known = np.isfinite(np.ravel(prediction.low)).any()
    words = (
        "The first interval is that of the coefficients (percentiles over resamples), the second that of a "
        "single run, residuals on top; what another law would say is in neither: see sw.compare(...).predict."
        if known
        else "Without resamples there is no interval."
    )
    return "\n".join([*lines, words]) + "\n"


def prediction_html(prediction: Prediction) -> str:
    """Escaped HTML of :func:`prediction_text`."""
    return f"<span>{escape(prediction_text(prediction))}</span>"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
