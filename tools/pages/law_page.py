"""The reference page of one law."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from scalewidgets.fitting.columns import LIKE_LOSS, column_names, output_key
from scalewidgets.fitting.features import log_affine_features
from scalewidgets.fitting.solve import NEWTON_STARTS
from scalewidgets.laws import MARKS, Law, Published, Symbol
from scalewidgets.units import format_quantity

from .examples import directions, example, sequence_example, typical
from .markdown import blocks, bullets, cell, cite, listed, math, slug, table

UNVERIFIED = "**UNVERIFIED**"


def law_page(law: Law, neighbours: Sequence[Law], chosen_in: Sequence[tuple[str, str]]) -> str:
    """Markdown of a law.

    Parameters
    ----------
    law : Law
    neighbours : sequence of Law
        The laws of its theme.
    chosen_in : sequence of (str, str)
        Heading and anchor of each section of the guide that speaks of the law.
    """
    return blocks(
        f"# {law.title}",
        f"`{law.name}` in [{law.theme}](index.md). {_form(law)}",
        _warning(law),
        law.summary,
        f"$$\n{math(law.latex)}\n$$",
        f"```text\n{law.output_label} = {law.formula}\n```",
        f"Source: {cite(law.cite)}." if law.cite else "",
        "## Symbols",
        _symbols(law),
        _about_symbols(law),
        "## Published coefficients",
        _published(law),
        "## In Python",
        example(law),
        sequence_example(law),
        "## Fitting",
        _fitting(law),
        "## Beyond the runs",
        _beyond(law),
        "## See also",
        _see_also(law, neighbours, chosen_in),
    )


def _form(law: Law) -> str:
    said = UNVERIFIED if law.mark == "U" else MARKS[law.mark]
    return f"Form: {said} ({law.mark})."


def _warning(law: Law) -> str:
    doubted = len(law.published) - len(law.verified)
    lines = []
    if law.mark == "U":
        lines.append(
            f"> {UNVERIFIED} form. It was not read in the paper. The law can be evaluated and fitted; it is "
            "never a default, and its formula is not shown as the paper's claim."
        )
    if doubted:
        sets = "set of coefficients is" if doubted == 1 else "sets of coefficients are"
        lines.append(
            f"> {doubted} {sets} {UNVERIFIED}: in `law.published`, marked U, and not in `law.verified`."
        )
    return "\n>\n".join(lines)


# -- symbols -----------------------------------------------------------------------------------------


def _symbols(law: Law) -> str:
    return table(
        ["symbol", "in code", "role", "meaning", "unit", "range", "usual span", "enters"],
        [_symbol(law, symbol) for symbol in (*law.inputs, *law.coefficients)],
    )


def _symbol(law: Law, symbol: Symbol) -> list[str]:
    start = "" if symbol.start is None else " to ".join(format_quantity(x, "exact") for x in symbol.start)
    enters = "" if symbol.role == "input" else ("linearly" if symbol.name in law.linear else "non-linearly")
    return [
        f"${math(symbol.latex)}$",
        f"`{symbol.name}`",
        symbol.role,
        cell(symbol.meaning or "–"),
        cell(symbol.unit or "–"),
        _range(symbol),
        start,
        enters,
    ]


def _range(symbol: Symbol) -> str:
    low, high = symbol.low, symbol.high
    if low == 0 and np.isinf(high):
        return "above 0"
    if np.isinf(low) and np.isinf(high):
        return "any"
    if np.isinf(high):
        return f"{format_quantity(low, 'exact')} or more"
    if np.isinf(low):
        return f"up to {format_quantity(high, 'exact')}"
    return f"{format_quantity(low, 'exact')} to {format_quantity(high, 'exact')}"


def _about_symbols(law: Law) -> str:
    output = "loss, in nats per token" if law.output == "loss" else law.output
    said = [f"The law gives the {output}."]
    if law.simplex:
        named = ", ".join(f"`{name}`" for name in law.simplex)
        said.append(f"{named} are shares of one whole: values that do not sum to 1 are refused.")
    said.append(
        "The usual span of an input is what a control spans, that of a coefficient where starting values "
        "are drawn from."
    )
    return " ".join(said)


# -- published sets ----------------------------------------------------------------------------------


def _published(law: Law) -> str:
    if not law.published:
        return "None. The papers print no coefficients that could be checked, or none that carry over."
    wide = len(law.coefficients) > 7
    if wide:
        heads = ["", *(cell(known.label) for known in law.published)]
        rows = [
            [f"`{name}`", *(_value(known, name) for known in law.published)] for name in law.coefficient_names
        ]
        rows += [["mark", *(_mark(known) for known in law.published)]]
        rows += [["source", *(cell(cite(known.cite)) for known in law.published)]]
    else:
        heads = ["set", *(f"`{name}`" for name in law.coefficient_names), "mark", "source"]
        rows = [
            [
                cell(known.label),
                *(_value(known, name) for name in law.coefficient_names),
                _mark(known),
                cell(cite(known.cite)),
            ]
            for known in law.published
        ]
    units = [f"`{symbol.name}` in {symbol.unit}" for symbol in law.coefficients if symbol.unit]
    marks = dict.fromkeys(known.mark for known in law.published)
    return blocks(
        table(heads, rows),
        f"Units: {', '.join(units)}; the others have none." if units else "The coefficients have no units.",
        "Marks: " + "; ".join(f"{mark}, {MARKS[mark]}" for mark in marks) + ".",
        _notes(law),
    )


def _value(known: Published, name: str) -> str:
    value = dict(known.values).get(name)
    if value is None:
        return ""
    errors = known.standard_errors or {}
    error = f" ± {format_quantity(errors[name], 'exact')}" if name in errors else ""
    return f"{format_quantity(value, 'exact')}{error}"


def _mark(known: Published) -> str:
    return known.mark if known.verified else f"{known.mark}, {UNVERIFIED}"


def _notes(law: Law) -> str:
    """Notes of the sets; one that several sets share is said once."""
    notes: dict[str, list[str]] = {}
    for known in law.published:
        if known.note:
            notes.setdefault(known.note, []).append(known.label)
    if not notes:
        return ""
    said = bullets(f"{'; '.join(labels)}: {cite(note)}" for note, labels in notes.items())
    return f"What to know before using them:\n\n{said}"


# -- fitting -----------------------------------------------------------------------------------------


def _fitting(law: Law) -> str:
    count = len(law.coefficients)
    names = _columns(law)
    runs = (
        f"- Columns: {', '.join(_column(names[s], s) for s in law.input_names)} and `{names['output']}` "
        "(what the law gives); others by `columns=`."
    )
    words = "coefficient" if count == 1 else "coefficients"
    spread = "the input spread widely"
    if len(law.inputs) > 1:
        spread = "every input spread widely and no two moving together"
    least = (
        f"- {count} {words}: at least {count + 1} different runs, better several times as many, "
        f"with {spread}."
    )
    return "\n".join([runs, least, f"- Path of the engine: {_path(law)}", f"- Derivatives: {_slopes(law)}"])


def _column(column: str, symbol: str) -> str:
    return f"`{column}`" if column == symbol else f"`{column}` ({symbol})"


def _columns(law: Law) -> dict[str, str]:
    """Column behind each input, and behind the output under ``"output"``."""
    own = law.output.replace(" ", "_")
    likely = [*law.input_names, "params", "tokens", "flops", "unique_tokens", "step", "loss"]
    as_loss = output_key(law) == "L" and law.output in LIKE_LOSS
    there = pd.DataFrame(columns=likely if as_loss else [*likely, own])
    names = column_names(law, None, there)
    return {**{name: names[name] for name in law.input_names}, "output": names[output_key(law)]}


def _path(law: Law) -> str:
    inputs = {symbol.name: typical(symbol, 6) for symbol in law.inputs}
    linear = listed(law.linear)
    amplitudes = "amplitude" if len(law.linear) == 1 else "amplitudes"
    if log_affine_features(law, inputs) is not None:
        others = (
            f"solved for in closed form on a grid of {listed(law.nonlinear)}" if law.nonlinear else "screened"
        )
        return (
            f"the fast one. Every term is a straight line in its logarithm, so the {amplitudes} {linear} "
            f"{'is' if len(law.linear) == 1 else 'are'} {others}; the best cells are refined by damped "
            "Newton with the exact Hessian, all resamples in one batch."
        )
    if law.linear and not law.nonlinear:
        return "linear. Every coefficient is solved for at once, then refined under the chosen objective."
    if law.linear:
        return (
            f"general, screened. {linear} {'enters' if len(law.linear) == 1 else 'enter'} linearly and "
            f"{'is' if len(law.linear) == 1 else 'are'} solved for at trial values of "
            f"{listed(law.nonlinear)}; the best are refined by damped Newton with the exact Hessian."
        )
    return (
        f"general. No coefficient enters linearly: {NEWTON_STARTS} starts are drawn from the usual spans and "
        "refined by damped Newton with the exact Hessian, by SciPy's trust region where few of them meet."
    )


def _slopes(law: Law) -> str:
    kinks = re.findall(r"\b(min|max|abs)\(", law.formula)
    said = "`law.gradient` and `law.hessian` are exact, by every coefficient, from the formula itself"
    if kinks:
        return f"{said}. At the kink of {listed(sorted(set(kinks)))} the slope is the mean of both sides."
    return f"{said}; it has no kink."


def _beyond(law: Law) -> str:
    lines = directions(law)
    constant = [name for name, basis in law.terms[0] if basis == "1"]
    if constant:
        verb = "is" if len(constant) == 1 else "are"
        lines.append(f"{listed(constant)} {verb} what no input changes.")
    lines.append(
        "Outside of the ranges above a value has no meaning and may be `nan` or `inf`. A fit says how far a "
        "target lies beyond its runs, and how sure it is there: [fitting](../../fitting.md)."
    )
    return bullets(lines)


def _see_also(law: Law, neighbours: Sequence[Law], chosen_in: Sequence[tuple[str, str]]) -> str:
    others = [other for other in neighbours if other.name != law.name]
    lines = [
        f"[How to choose a law: {heading}](../../how-to-choose-a-law.md#{anchor})"
        for heading, anchor in chosen_in
    ]
    if others:
        lines.append(
            f"Others of {law.theme}: "
            + ", ".join(f"[{other.title}]({other.name}.md)" for other in others)
            + "."
        )
    lines.append("[All laws](../index.md)")
    return bullets(lines)


def theme_page(theme: str, laws: Sequence[Law]) -> str:
    """List of the laws of one theme."""
    return blocks(
        f"# {theme[:1].upper()}{theme[1:]}",
        law_table(laws),
        f"A mark of U means {UNVERIFIED}. [All laws](../index.md)",
    )


def law_table(laws: Sequence[Law], folder: str = "") -> str:
    """Rows of laws: name, formula, inputs, how well the form was checked, published sets."""
    return table(
        ["law", "name", "formula", "inputs", "form", "published sets"],
        [
            [
                f"[{cell(law.title)}]({folder}{law.name}.md)",
                f"`{law.name}`",
                f"`{law.output_label} = {law.formula}`",
                ", ".join(f"`{name}`" for name in law.input_names),
                f"U, {UNVERIFIED}" if law.mark == "U" else law.mark,
                _counted(law),
            ]
            for law in laws
        ],
    )


def _counted(law: Law) -> str:
    doubted = len(law.published) - len(law.verified)
    said = str(len(law.verified)) if law.verified or not doubted else ""
    more = f"{doubted} {UNVERIFIED}" if doubted else ""
    return ", ".join(part for part in (said, more) if part)


def reference_index(themes: Mapping[str, Sequence[Law]], functions: Sequence[tuple[str, str]]) -> str:
    """The catalogue: every law by theme, then what comes from a function."""
    count = sum(len(laws) for laws in themes.values())
    parts = [
        "# Reference: laws",
        f"{count} laws in {len(themes)} themes. `sw.catalogue()` is this list as a table; `sw.law(name)` is "
        "one of them. Which one to take is said in [How to choose a law](../how-to-choose-a-law.md).",
        "How well a form or a set of coefficients was checked:",
        bullets(f"**{mark}**: {said}." for mark, said in MARKS.items()),
        "Themes: " + ", ".join(f"[{theme}](#{slug(theme)})" for theme in themes) + ".",
    ]
    for theme, laws in themes.items():
        folder = slug(theme)
        parts += [
            f"## {theme[:1].upper()}{theme[1:]}",
            f"[This theme by itself]({folder}/index.md)",
            law_table(laws, f"{folder}/"),
        ]
    parts += [
        "## Laws and numbers from a function",
        "For as many breaks, domains or dimensions as wanted, and for what no formula gives:",
        table(["in `scalewidgets.laws`", "what it gives"], [[f"`{cell(n)}`", cell(d)] for n, d in functions]),
    ]
    return blocks(*parts)
