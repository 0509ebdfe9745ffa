"""The side column of the law fitter: data, law, objective, target, coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...fitting import Fit
from ...laws import Law
from ...laws.card import titled
from ...units import format_quantity
from ..frame import line, text, value
from ..menu import law_options
from ..trust import doubt_notes, doubts_of
from .controls import OBJECTIVES, SHAPES, Controls
from .view import View, run_flops

PARAMS_RANGE = (1e7, 1e13)


TOKENS_RANGE = (1e8, 1e15)


DELTA_RANGE = (1e-5, 1e-1)


def side_sections(fit: Fit, controls: Controls) -> list[dict[str, Any]]:
    """Data, law and objective: the sections that change what is fitted."""
    return [_data_section(fit, controls), _law_section(fit.law, controls), _objective_section(fit, controls)]


def sections(view: View, controls: Controls, compared: int = 0) -> list[dict[str, Any]]:
    """All sections, in the order in which a person decides; `compared` laws have a figure of their own."""
    fit = view.fit
    sections = side_sections(fit, controls)
    if compared > 1:
        sections[1]["aside"] = {"label": f"Compare {compared}", "show": "laws"}
    sections.append(
        {
            "id": "target",
            "heading": "Target",
            "open": True,
            "folded": [],
            "items": [
                _slider("target.params", "Parameters", PARAMS_RANGE, "params", "browser", view.target.params),
                _slider("target.tokens", "Tokens", TOKENS_RANGE, "tokens", "browser", view.target.tokens),
            ],
        }
    )
    fixed = len(controls.fixed)
    sections.append(
        {
            "id": "coefficients",
            "heading": "Coefficients",
            "aside": {"label": "Fit", "ask": "fit"},
            "folded": [line(text(f"{len(fit.coefficients) - fixed} free, {fixed} fixed"))],
            "items": [_coefficient(view, name) for name in fit.coefficients],
        }
    )
    return sections


def _data_section(fit: Fit, controls: Controls) -> dict[str, Any]:
    items: list[dict[str, Any]] = [
        {
            "kind": "select",
            "key": "dataset",
            "label": "Data",
            "options": [{"value": k, "label": v} for k, v in controls.datasets.items()],
        }
    ]
    if len(controls.families) > 1:
        items.append(
            {
                "kind": "select",
                "key": "family",
                "label": "Family",
                "options": [{"value": f, "label": f} for f in controls.families],
            }
        )
        items.append(
            {
                "kind": "note",
                "lines": [line(text("Which family is better, and from where on?"))],
                "action": {"label": "Compare families", "ask": "compare-families"},
            }
        )
    excluded = int(np.sum(~np.asarray(fit.used, dtype=bool)))
    counted = [value("runs.used", "plain", "strong"), text(" of "), value("runs.all"), text(" runs")]
    note: dict[str, Any] = {"kind": "note", "lines": [line(*counted)]}
    if excluded:
        note["lines"] = [
            line(*counted, text(", "), value("runs.excluded", "plain", "strong"), text(" excluded"))
        ]
        note["action"] = {"label": "Bring back", "ask": "bring-back"}
    elif controls.can_restore:
        note["action"] = {"label": "Exclude again", "ask": "exclude-again"}
    items.append(note)
    items.extend(doubt_notes(doubts_of(fit.runs)))
    items.extend(_blind(fit, controls))
    return {
        "id": "data",
        "heading": "Data",
        "aside": {"label": "Replace", "ask": "open-table", "file": ".csv,.tsv,.txt"},
        "folded": [line(*counted[:3])],
        "items": items,
    }


def _blind(fit: Fit, controls: Controls) -> list[dict[str, Any]]:
    """The cut above which runs are predicted by a fit that has not seen them."""
    if controls.blind_above is None:
        return []
    flops = run_flops(fit.runs)[np.asarray(fit.used, dtype=bool)]
    low, high = float(flops.min()), float(flops.max())
    said: list[dict[str, Any]]
    if controls.blind is None and controls.checking:
        said = [text("Scored when the fit is done")]
    elif controls.blind is None:
        said = [text("No run is held out: too few lie above, or below, this compute")]
    else:
        count, error = len(controls.blind.table), format_quantity(controls.blind.error, "percent")
        said = [
            text(f"{count:,}", "strong"),
            text(f" {'run' if count == 1 else 'runs'} predicted blind: error "),
            text(error, "strong"),
        ]
    reach = (low, max(high, low * 10))
    slider = _slider("blind", "Score blind above", reach, "flops", "kernel", controls.blind_above)
    return [{**slider, "note": [line(*said)]}]


def _law_section(law: Law, controls: Controls) -> dict[str, Any]:
    return {
        "id": "law",
        "heading": "Law",
        "fold": True,
        "folded": [line(text(titled(law)))],
        "items": [
            {
                "kind": "select",
                "key": "law",
                "label": "Law",
                "options": law_options(controls.laws),
            },
            {
                "kind": "formula",
                "formula": law.formula,
                "output": "L",
                "labels": {s.name: s.label for s in (*law.inputs, *law.coefficients)},
            },
        ],
    }


def _objective_section(fit: Fit, controls: Controls) -> dict[str, Any]:
    certificate = fit.certificate
    items: list[dict[str, Any]] = [
        {
            "kind": "select",
            "key": "objective",
            "label": "Objective",
            "options": [{"value": k, "label": v} for k, v in OBJECTIVES.items()],
        }
    ]
    folded = (
        OBJECTIVES.get(certificate.objective, certificate.objective).split(" on ")[0].removesuffix(", sum")
    )
    if certificate.delta is not None:
        inside = [value("delta.inside", "plain", "strong"), text(" of "), value("runs.used")]
        items.append(
            {
                **_slider("delta", "δ", DELTA_RANGE, "plain", "kernel", 1e-3),
                "note": [line(*inside, text(" runs lie inside δ"))],
            }
        )
        folded += f", δ {format_quantity(certificate.delta, 'plain')}"
    shape = SHAPES.get(certificate.objective)
    if shape is not None:
        reach, start = (shape.low, shape.high), controls.shape.get(shape.key, shape.start)
        items.append(
            {
                **_slider(shape.key, shape.label, reach, shape.format, "kernel", start),
                "scale": shape.scale,
                "note": [line(text(shape.note))],
            }
        )
        folded += f", {shape.label} {format_quantity(start, shape.format)}"
    return {
        "id": "objective",
        "heading": "Objective",
        "fold": True,
        "folded": [line(text(folded))],
        "items": items,
    }


def _slider(
    key: str, label: str, reach: tuple[float, float], kind: str, where: str, start: float
) -> dict[str, Any]:
    low, high = min(reach[0], start), max(reach[1], start)
    return {
        "kind": "slider",
        "key": key,
        "label": label,
        "scale": "log",
        "low": low,
        "high": high,
        "format": kind,
        "where": where,
        "start": start,
    }


def _coefficient(view: View, name: str) -> dict[str, Any]:
    fit = view.fit
    symbol = next(s for s in fit.law.coefficients if s.name == name)
    number = float(fit.coefficients[name])
    between: list[float] | None = None
    draws = view.cloud.draws.get(name)
    low, high = number / 2, number * 2
    if draws is not None and len(draws) > 1 and np.ptp(draws) > 0:
        edges = [(1 - view.cloud.level) / 2, (1 + view.cloud.level) / 2]
        between = [float(v) for v in np.quantile(draws, edges)]
        # The interval takes the middle part of the track, so that there is room to move beyond it.
        wide = max(np.log(between[1] / number), np.log(number / between[0]), 0.02)
        low, high = number * float(np.exp(-2.4 * wide)), number * float(np.exp(2.4 * wide))
    small = abs(number) < 1
    return {
        "kind": "coefficient",
        "key": f"coef.{name}",
        "name": name,
        "label": symbol.label,
        "meaning": symbol.meaning,
        "scale": "log",
        "low": low,
        "high": high,
        "interval": between,
        "format": "exponent" if small and number > 1e-3 else "plain",
        "fit": number,
    }
