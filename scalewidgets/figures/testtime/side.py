"""The side column: samples, budget, verifier, price of a sample, systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..frame import line, text, value
from ..spending import PRICE_RANGE, UTILISATION_RANGE, slider
from .selected import switches
from .view import RIGHT_RANGE, UNITS, VERIFIERS, WRONG_RANGE, View

TOKENS_RANGE = (10.0, 100_000.0)
FACTOR_RANGE = (0.05, 20.0)
OWN = "own"
FILES = ".csv,.tsv,.txt,.jsonl,.ndjson,.json"


def _open(label: str, kind: str) -> dict[str, Any]:
    """The link that opens a file of the reader's own in place of what is on screen."""
    return {"label": label, "ask": "open-table", "args": {"as": kind}, "file": FILES}


def sections(
    view: View, samples: Mapping[str, str], systems: Mapping[str, str], benchmarks: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """All sections, in the order in which a person decides; menus say what may be opened."""
    out = []
    if view.counts is not None:
        out += [_samples(view, samples, benchmarks), _budget(view), _verifier(), _price(view)]
    else:
        out += [_budget(view)]
    if systems or view.counts is not None:
        out.append(_systems(view, systems))
    if view.counts is not None:
        out.append(switches(view.lacking))
    return out


def _samples(view: View, known: Mapping[str, str], benchmarks: Sequence[str]) -> dict[str, Any]:
    counts = view.tally
    few, many = int(counts.n.min()), int(counts.n.max())
    span = f"{few:,}" if few == many else f"{few:,} to {many:,}"
    noun = "model" if len(counts.models) == 1 else "models"
    facts = line(
        text(f"{len(counts.models)}", "strong"),
        text(f" {noun} × "),
        text(f"{len(counts.problems):,}", "strong"),
        text(" problems × "),
        text(span, "strong"),
    )
    items: list[dict[str, Any]] = []
    if known:
        items.append(_select("samples", "Samples", known))
    if len(benchmarks) > 1:
        items.append(_select("benchmark", "Benchmark", {name: name for name in benchmarks}))
    items.append({"kind": "note", "lines": [facts]})
    for note in counts.notes:
        items.append({"kind": "note", "lines": [line(text(note))]})
    return {
        "id": "samples",
        "heading": "Samples",
        "folded": [line(text(counts.title))],
        "items": items,
        "aside": _open("Replace", "samples"),
    }


def _select(key: str, label: str, options: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kind": "select",
        "key": key,
        "label": label,
        "options": [{"value": name, "label": words} for name, words in options.items()],
    }


def _budget(view: View) -> dict[str, Any]:
    held, units = view.held, view.units
    items: list[dict[str, Any]] = []
    if len(units) > 1:
        items.append(
            {
                "kind": "segments",
                "key": "budget.unit",
                "label": "Unit of the budget",
                "options": [{"value": unit, "label": UNITS[unit]} for unit in units],
            }
        )
    labels = {
        "dollars": ("Per 1,000 problems", "dollars", held.dollars),
        "tokens": ("Tokens per problem", "tokens", held.tokens),
        "seconds": ("GPU-seconds per problem", "plain", held.seconds),
    }
    if view.counts is None and view.systems is not None:
        labels = {
            unit: (view.systems.axes[unit].title.removesuffix(", prompts included"), kind, start)
            for unit, (_, kind, start) in labels.items()
            if unit in view.systems.axes
        }
    for unit in units:
        label, kind, start = labels[unit]
        items.append(
            slider(
                f"budget.{unit}", label, (start / 300, start * 1000), kind, start, when={"budget.unit": unit}
            )
        )
    if view.counts is not None:
        worth = (held.worth / 300, held.worth * 1000)
        items.append(slider("budget.worth", "A solved problem is worth", worth, "dollars", held.worth))
    return {
        "id": "budget",
        "heading": "Budget",
        "open": True,
        "folded": [line(value("answer.budget"))],
        "items": items,
    }


def _verifier() -> dict[str, Any]:
    noisy = {"verifier.kind": "noisy"}
    right = slider("verifier.right", "Right answers accepted", RIGHT_RANGE, "percent", 0.9, when=noisy)
    return {
        "id": "verifier",
        "heading": "Verifier",
        "folded": [
            line(
                value("verifier.right", "percent"),
                text(", "),
                value("verifier.wrong", "percent", digits=2),
                when=noisy,
            ),
            line(text("perfect")),
        ],
        "items": [
            {**_select("verifier.kind", "Verifier", VERIFIERS), "where": "browser"},
            {**right, "scale": "linear"},
            slider("verifier.wrong", "Wrong answers accepted", WRONG_RANGE, "percent", 0.01, when=noisy),
        ],
    }


def _price(view: View) -> dict[str, Any]:
    held = view.held
    note = {"kind": "note", "lines": [line(value("price.note"))]}
    if view.basis == "recorded":
        said = line(text("Dollars as the log says, times this."))
        items = [
            slider("price.factor", "Times the recorded price", FACTOR_RANGE, "ratio", held.factor),
            {"kind": "note", "lines": [said]},
        ]
    else:
        items = [slider("price.tokens", "Tokens per sample", TOKENS_RANGE, "exact", held.sample_tokens)]
        if view.basis == "device":
            maker = view.device.split()[0]
            items += [
                slider("price.hour", f"{maker}, price per hour", PRICE_RANGE, "dollars", held.hour),
                slider("price.utilisation", "Utilisation", UTILISATION_RANGE, "percent", held.utilisation),
            ]
    return {
        "id": "price",
        "heading": "Price of a sample",
        "folded": [_price_folded(view)],
        "items": [*items, note],
    }


def _price_folded(view: View) -> dict[str, Any]:
    if view.basis == "recorded":
        return line(value("price.factor", "ratio"), text(" × the log"))
    return line(value("price.tokens", "exact"), text(" tokens"))


def _systems(view: View, known: Mapping[str, str]) -> dict[str, Any]:
    shown = view.systems
    items: list[dict[str, Any]] = [_select("systems", "Systems", known)] if known else []
    if shown is None:
        words = "None beside these samples: what accuracy costs is drawn of the samples."
        items.append({"kind": "note", "lines": [line(text(words))]})
    else:
        dated = f", prices of {shown.dated}" if shown.dated else ""
        items.append(
            {"kind": "note", "lines": [line(text(f"{shown.rows:,}", "strong"), text(f" runs{dated}"))]}
        )
        if shown.left_out:
            reason = next(iter(shown.left_out.values()))
            words = f"{len(shown.left_out):,} left out: {reason}"
            items.append({"kind": "note", "lines": [line(text(words))]})
    folded = text("none" if shown is None else shown.title)
    return {
        "id": "systems",
        "heading": "Systems",
        "folded": [line(folded)],
        "items": items,
        "aside": _open("Open" if shown is None else "Replace", "systems"),
    }
