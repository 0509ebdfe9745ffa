"""A study in words: plain text for a terminal, a table for a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scalewidgets.units import format_quantity

from .protocol import CHOICES
from .work import OPEN

if TYPE_CHECKING:
    from .result import Study


def percent(value: float) -> str:
    """Write an error the way the guide does: two digits, 0.9 %, 13 %."""
    return format_quantity(value, "percent", 2) if np.isfinite(value) else "–"


def sentence(study: Study) -> str:
    """Say what came out."""
    table = study.families_frame([study.protocol.fractions[-1]])
    errors = table.iloc[:, 3].to_numpy(dtype=float) if len(table) else np.empty(0)
    errors = errors[np.isfinite(errors)]
    if not len(errors):
        return f"{len(study):,} laws were asked for, and none could be fitted."
    laws = sum("coefficients" in record for _, _, record in study.cells)
    if len(errors) == 1:
        return (
            f"{laws:,} laws of {study.studied[0].title}; from all other models its "
            f"{study.protocol.target} is missed by {percent(errors[0])}."
        )
    return (
        f"{laws:,} laws of {len(errors)} families; from all other models the {study.protocol.target} is "
        f"missed by {percent(float(np.median(errors)))} in the median family, "
        f"{percent(float(errors.mean()))} on average, and by "
        f"less than 5 % in {int(np.sum(errors < 0.05))} of {len(errors)}."
    )


def remarks(study: Study) -> list[str]:
    """Say what a reader must know beside the table, most important first."""
    out = []
    loose = [record for _, _, record in study.cells if record["status"] == OPEN]
    if loose:
        spread = max(record["equal_high"] - record["equal_low"] for record in loose)
        out.append(
            f"{len(loose):,} of the laws leave a coefficient open (two sizes cannot tell the exponent of "
            f"size): fits that are equally good differ by up to {percent(spread)} in their error"
            + (
                ", and the figures are those that the guide's start leads to."
                if study.protocol.start
                else "."
            )
        )
    for card in study.families:
        if card.skipped:
            out.append(f"{card.title} is left out: {card.skipped}.")
    odd = [card for card in study.studied if card.unit != "nats per token"]
    if odd:
        out.append("Not in nats per token: " + ", ".join(f"{card.name} ({card.unit})" for card in odd) + ".")
    out += study.left_out
    empty = sum(record["status"] == "no checkpoints" for _, _, record in study.cells)
    if empty:
        out.append(f"{empty:,} cells hold no checkpoint that a law may see.")
    return out


def provenance(study: Study) -> list[str]:
    """Say what was fitted to what."""
    p = study.protocol
    origin = f"the guide's protocol (arXiv:2410.11840), {'as it is' if study.matches_preset else 'changed'}"
    shares = (
        f"{p.fractions[0]:.0%}" if len(p.fractions) == 1 else f"{p.fractions[0]:.0%} to {p.fractions[-1]:.0%}"
    )
    families = f"{len(study.families)} {'family' if len(study.families) == 1 else 'families'}"
    return [
        f"Law: {study.law.formula}; {p.objective}" + (f", {origin}." if study.preset else "."),
        f"Seen: {CHOICES[p.choices]}, {shares} of the run, after {format_quantity(p.drop, 'tokens')} tokens. "
        f"Scored: the last {p.scored:.0%} of the run of the {p.target} model.",
        f"Intervals: {p.resamples} resamples of tenths of each run, {p.level:.0%}."
        if p.resamples
        else "Intervals: none.",
        f"Data: {families}, sha256 {study.data_hash[:16]}.",
    ]


def overview(study: Study) -> pd.DataFrame:
    """One row a family with errors in per cent, as a reader sees it."""
    table = study.families_frame()
    shown: pd.DataFrame = pd.DataFrame({"family": table["title"], "models": table["models"]})
    for column in [name for name in table.columns if name.startswith("are@")]:
        share = float(column[4:])
        shown[f"error, {share:.0%} of the run"] = [percent(value) for value in table[column]]
    return shown


def text(study: Study) -> str:
    """Return everything a reader should know, as plain text."""
    parts = [study.sentence, *remarks(study)]
    return (
        "\n".join(parts)
        + "\n\n"
        + overview(study).to_string(index=False)
        + "\n\n"
        + "\n".join(provenance(study))
        + "\n"
    )


def html(study: Study) -> str:
    """Return the same for a notebook, escaped."""
    table = overview(study)
    head = "".join(f"<th>{escape(str(name))}</th>" for name in table.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>"
        for row in table.to_numpy()
    )
    notes = "".join(f"<div>{escape(line)}</div>" for line in [*remarks(study), *provenance(study)])
    return (
        f"<div><strong>{escape(study.sentence)}</strong></div>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
    )
