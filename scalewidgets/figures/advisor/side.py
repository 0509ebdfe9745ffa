"""The side column of the advisor: runs done, question, next runs, candidates, noise."""

from __future__ import annotations

from typing import Any

from ...allocation.next_runs import ANSWERS as SYMBOLS
from ...units import format_quantity
from ..frame import line, text, value
from ..spending import budget_sliders, slider, unit_segments
from ..trust import doubt_notes, doubts_of
from .view import ANSWERS, View

MOST_RANGE = (1.0, 8.0)
SPEND_RANGE = (30.0, 1e6)
SCATTER_RANGE = (0.0005, 0.05)


def sections(view: View) -> list[dict[str, Any]]:
    """All sections, in the order in which a person decides."""
    return [_done(view), _question(view), _next(view), _candidates(view), _noise(view)]


def _done(view: View) -> dict[str, Any]:
    most = float(view.runs["flops"].max())
    words = (
        f"{view.count:,} runs of at most {format_quantity(most, 'flops')}, together "
        f"{format_quantity(view.paid, 'dollars')}; {view.advice.fit.law.title} law"
    )
    return {
        "id": "done",
        "heading": "Runs done",
        "folded": [line(text(f"{view.count:,} runs"))],
        "items": [
            {"kind": "note", "lines": [line(text(words))]},
            *doubt_notes(doubts_of(view.advice.fit.runs)),
        ],
    }


def _question(view: View) -> dict[str, Any]:
    labels = {"params": SYMBOLS["params"], "tokens": SYMBOLS["tokens"], "loss": "Loss"}
    return {
        "id": "question",
        "heading": "Question",
        "open": True,
        "folded": [line(value("answer.symbol"), text(" at "), value("answer.budget"))],
        "items": [
            {
                "kind": "segments",
                "key": "question.answer",
                "label": "Which answer is to be known better",
                "options": [{"value": name, "label": labels[name]} for name in ANSWERS],
            },
            unit_segments(),
            *budget_sliders(view.reach, view.held.flops),
            {
                "kind": "note",
                "lines": [line(value("budget.others", role="strong"), text(", "), value("answer.reach"))],
            },
        ],
    }


def _next(view: View) -> dict[str, Any]:
    held = view.held
    low, high = (format_quantity(r, "ratio", 2) for r in view.ratios)
    return {
        "id": "next",
        "heading": "Next runs",
        "open": True,
        "folded": [line(value("answer.count"), text(" for "), value("answer.dollars"))],
        "items": [
            {
                "kind": "slider",
                "key": "next.most",
                "label": "At most how many",
                "scale": "linear",
                "low": MOST_RANGE[0],
                "high": max(MOST_RANGE[1], float(held.most)),
                "format": "exact",
                "where": "kernel",
                "start": float(held.most),
            },
            {**slider("next.spend", "Spend at most", SPEND_RANGE, "dollars", held.spend), "where": "kernel"},
            {
                "kind": "slider",
                "key": "next.setup",
                "label": "Set-up per run",
                "scale": "linear",
                "low": 0.0,
                "high": max(200.0, 2 * held.setup),
                "format": "dollars",
                "where": "browser",
                "start": held.setup,
            },
            {
                "kind": "select",
                "key": "next.ratio",
                "label": "Tokens per parameter",
                "options": [
                    {"value": "any", "label": "Any tokens per parameter"},
                    {"value": "inside", "label": f"Only {low} to {high}, as in the data"},
                ],
            },
        ],
    }


def _candidates(view: View) -> dict[str, Any]:
    offered = view.advice.candidates.iloc[view.offered]
    prices = offered["dollars"] - view.held.setup
    cheap, dear = (format_quantity(float(p), "dollars") for p in (prices.min(), prices.max()))
    options = [{"value": "grid", "label": "A grid"}]
    if view.title:
        options.insert(0, {"value": "table", "label": view.title})
    return {
        "id": "candidates",
        "heading": "Candidates",
        "aside": {"label": "Open CSV", "ask": "open-candidates", "file": ".csv"},
        "folded": [line(text(f"{len(offered):,} runs"))],
        "items": [
            {
                "kind": "select",
                "key": "next.candidates",
                "label": "Runs that could be made",
                "options": options,
                "note": f"{len(offered):,} runs",
            },
            {"kind": "note", "lines": [line(text(f"within the limit, {cheap} to {dear} without set-up"))]},
        ],
    }


def _noise(view: View) -> dict[str, Any]:
    own = "your figure" if view.held.own_scatter else f"about the fit of the {view.count:,}"
    return {
        "id": "noise",
        "heading": "Noise",
        "folded": [line(value("noise.scatter", "percent", digits=2))],
        "items": [
            slider("noise.scatter", "Scatter of log losses", SCATTER_RANGE, "percent", view.held.scatter),
            {"kind": "note", "lines": [line(text(f"{own}, taken equal for all runs"))]},
        ],
    }
