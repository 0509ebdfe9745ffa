"""The side column of a study: what can be chosen, in the order in which a person decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..frame import line, text, value
from ..trust import doubt_notes
from .view import StudyView, objective_words, share


@dataclass(frozen=True)
class Choices:
    """What the controls offer.

    Attributes
    ----------
    again : bool
        Whether the runs are at hand, so that the protocol can be changed.
    collection : str
        Value of the collection on screen.
    collections : mapping of str to str
        Those that can be chosen, and their titles; with none there is no choice.
    doubts : sequence of str
        About the table that the study is of.
    rivals : sequence of (str, str, str)
        Laws beside the one on screen: title, median error of the map, error from all siblings and the whole
        run.
    code : sequence of str
        Lines of Python that make the study.
    mode : {"compact", "full"}
    """

    again: bool = True
    collection: str = ""
    collections: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    """About the table that the study is of."""
    rivals: tuple[tuple[str, str, str], ...] = ()
    code: tuple[str, ...] = field(default_factory=tuple)
    mode: str = "compact"
    most: int = 9
    """Siblings up to which every choice of them can be asked for."""


def sections(view: StudyView, choices: Choices) -> list[dict[str, Any]]:
    """The side column, in the order in which a person decides."""
    study, card, protocol = view.study, view.card, view.study.protocol
    models = sum(len(c.sizes) for c in study.studied)
    odd = [c for c in study.studied if c.unit != "nats per token"]
    families = "1 family" if len(study.studied) == 1 else f"{len(study.studied)} families"
    note = f"{families}, {models} models, {len(study):,} laws"
    if odd:
        note += ". Not in nats: " + ", ".join(c.title for c in odd)
    shown: Mapping[str, str] = choices.collections or {choices.collection: view.collection}
    collection: dict[str, Any] = {
        "id": "collection",
        "heading": "Collection",
        "folded": [line(text(view.collection))],
        "items": [
            {
                "kind": "select",
                "key": "collection",
                "label": "Collection",
                "options": [{"value": name, "label": title} for name, title in shown.items()],
            },
            *({"kind": "note", "lines": [line(text(words))]} for words in (note, *study.left_out)),
            *doubt_notes(choices.doubts),
        ],
    }
    if choices.collections:
        collection["aside"] = {"label": "Replace", "ask": "open-table", "file": ".csv,.tsv,.txt,.jsonl"}
    out: list[dict[str, Any]] = [
        collection,
        {
            "id": "family",
            "heading": "Family",
            "folded": [line(text(card.title))],
            "items": [
                {
                    "kind": "select",
                    "key": "family",
                    "label": "Family",
                    "options": [{"value": c.name, "label": c.title} for c in study.studied],
                    "note": f"{len(card.sizes)} models",
                },
                {
                    "kind": "note",
                    "lines": [
                        line(text(f"{card.checkpoints:,} checkpoints, {card.labels[0]} to {card.labels[-1]}"))
                    ],
                },
            ],
        },
    ]
    tried: dict[str, Any] = {
        "id": "from",
        "heading": "From",
        "open": True,
        "folded": [line(value("study.models", "ratio"), text(" models, "), value("study.share", "percent"))],
        "items": _cell_sliders(view),
    }
    if choices.again:
        out.append(
            {
                "id": "predict",
                "heading": "Predict",
                "folded": [line(text(f"The {protocol.target}, {card.labels[card.target]}"))],
                "items": [
                    {
                        "kind": "select",
                        "key": "target",
                        "label": "Predict",
                        "options": [
                            {"value": "largest", "label": f"The largest, {card.labels[-1]}"},
                            {"value": "smallest", "label": f"The smallest, {card.labels[0]}"},
                        ],
                    },
                    _kernel_slider("scored", "Scored on the last", (0.05, 0.6), "percent", protocol.scored),
                ],
            }
        )
        few = view.siblings <= choices.most
        tried["items"] += [
            _kernel_slider("drop", "Drop the first", (0.0, 6e10), "tokens", protocol.drop),
            {
                "kind": "segments",
                "key": "choices",
                "label": "Which siblings",
                "where": "kernel",
                "options": [
                    {"value": "smallest", "label": "Smallest"},
                    {"value": "nearest", "label": "Nearest"},
                    *([{"value": "every", "label": "Every choice"}] if few else []),
                ],
            },
        ]
    out.append(tried)
    start = "; ties go to the guide's start" if protocol.start else ""
    law: dict[str, Any] = {
        "id": "law",
        "heading": "Law",
        "fold": not choices.rivals,
        "folded": [line(text(study.law.title))],
        "items": [
            {
                "kind": "formula",
                "formula": study.law.formula,
                "output": "L",
                "labels": {s.name: s.label for s in (*study.law.inputs, *study.law.coefficients)},
            },
            {"kind": "note", "lines": [line(text(f"{objective_words(view).capitalize()}{start}"))]},
            *_rival_items(view, choices),
            {"kind": "note", "lines": [line(text(_interval_words(view)))]},
        ],
    }
    if choices.again and not choices.rivals:
        law["aside"] = {"label": "Compare 3", "ask": "compare"}
    out.append(law)
    return out


def _rival_items(view: StudyView, choices: Choices) -> list[dict[str, Any]]:
    """The same map by other laws, as two numbers each."""
    if not choices.rivals:
        return []
    whole = share(view.fractions[-1])
    return [
        {
            "kind": "table",
            "label": "Errors of other laws on the same cells",
            "columns": [{"label": "Median"}, {"label": "All"}],
            "rows": [
                {"label": title, "cells": [middle, last], "quiet": k > 0}
                for k, (title, middle, last) in enumerate(choices.rivals)
            ],
        },
        {
            "kind": "note",
            "lines": [line(text(f"Median of the map, and all {view.siblings} siblings at {whole}"))],
        },
    ]


def _cell_sliders(view: StudyView) -> list[dict[str, Any]]:
    out = []
    for name, label, values, kind, at in (
        ("study.models", "Models", view.counts, "ratio", view.models),
        ("study.share", "Share of the run", view.fractions, "percent", view.fraction),
    ):
        if len(values) > 1:
            out.append(
                {
                    "kind": "slider",
                    "key": name,
                    "label": label,
                    "scale": "linear",
                    "low": values[0],
                    "high": values[-1],
                    "format": kind,
                    "where": "browser",
                    "start": at,
                }
            )
    return out


def _kernel_slider(key: str, label: str, reach: tuple[float, float], kind: str, at: float) -> dict[str, Any]:
    return {
        "kind": "slider", "key": key, "label": label, "scale": "linear", "low": reach[0],
        "high": max(reach[1], at), "format": kind, "where": "kernel", "start": at,
    }  # fmt: skip


def _interval_words(view: StudyView) -> str:
    protocol = view.study.protocol
    if not protocol.resamples:
        return "No intervals: make the study with resamples="
    drawn = f"{protocol.resamples} resamples over tenths of each run"
    return f"{drawn}. Noise only: the choice of models comes on top"
