"""A law on a notebook page: the formula, what each symbol means, and the published values."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from scalewidgets.units import format_quantity

from .symbols import MARKS, Published, Symbol
from .typeset import label_html

if TYPE_CHECKING:
    from .core import Law

_LEFT = " style='text-align:left'"
_UNVERIFIED = "<b>unverified</b>"


def titled(law: Law) -> str:
    """Return the title of the law, which says so where the form was not checked."""
    return law.title + (" (unverified)" if law.mark == "U" else "")


def card(law: Law) -> str:
    """Return the law as HTML. All text is escaped; it may be a stranger's."""
    mark = _UNVERIFIED if law.mark == "U" else escape(MARKS[law.mark])
    about = f"<div>{escape(' '.join(part for part in (law.summary, law.cite) if part))}</div>"
    source = f"<div><small>Form: {mark} ({law.mark}).</small></div>" if law.cite else ""
    symbols = "".join(_symbol(symbol) for symbol in (*law.inputs, *law.coefficients))
    return (
        f"<div><b>{escape(law.title)}</b></div><div>{law.html}</div>{about}{source}"
        f"<table><thead><tr><th></th><th{_LEFT}>meaning</th><th{_LEFT}>unit</th></tr></thead>"
        f"<tbody>{symbols}</tbody></table>{_published(law)}"
    )


def _symbol(symbol: Symbol) -> str:
    role = " (input)" if symbol.role == "input" else ""
    return (
        f"<tr><td>{label_html(symbol.label)}</td><td{_LEFT}>{escape(symbol.meaning)}{role}</td>"
        f"<td{_LEFT}>{escape(symbol.unit)}</td></tr>"
    )


def _published(law: Law) -> str:
    """Table of the published sets: one row a set, one column a coefficient."""
    if not law.published:
        return ""
    heads = "".join(f"<th>{label_html(symbol.label)}</th>" for symbol in law.coefficients)
    rows = "".join(_set(known, law.coefficient_names) for known in law.published)
    marks = dict.fromkeys(known.mark for known in law.published)
    legend = "; ".join(f"{mark}: {MARKS[mark]}" for mark in marks)
    return (
        f"<table><thead><tr><th{_LEFT}>published values</th>{heads}<th>mark</th>"
        f"<th{_LEFT}>source</th></tr></thead><tbody>{rows}</tbody></table>"
        f"<div><small>{escape(legend)}.</small></div>"
    )


def _set(known: Published, names: tuple[str, ...]) -> str:
    errors = known.standard_errors or {}

    def cell(name: str) -> str:
        if name not in known.values:
            return "<td></td>"
        error = f" ± {format_quantity(errors[name], 'exact')}" if name in errors else ""
        return f"<td>{format_quantity(known.values[name], 'exact')}{error}</td>"

    mark = known.mark if known.verified else f"{known.mark}, {_UNVERIFIED}"
    source = " ".join(part for part in (known.cite + ".", known.note) if part)
    return (
        f"<tr><td{_LEFT}>{escape(known.label)}</td>{''.join(map(cell, names))}<td>{mark}</td>"
        f"<td style='text-align:left;max-width:32em;white-space:normal'>{escape(source)}</td></tr>"
    )
