"""The words of a study: sentence, conventions, side column, trust line, code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...units import format_quantity
from ..frame import line, still_picture, text, value
from .plots import share_columns
from .view import POOR, StudyView, number, share

STILL_WIDTH = 1104
OBJECTIVES = {
    "squared_raw": "least squares", "squared_log": "least squares of the logarithm", "huber_log": "Huber",
}  # fmt: skip


@dataclass(frozen=True)
class Choices:
    """What the controls offer.

    Attributes
    ----------
    again : bool
        Whether the runs are at hand, so that the protocol can be changed.
    luck : float or None
        Share whose choices are being fitted.
    code : sequence of str
        Lines of Python that make the study.
    mode : {"compact", "full"}
    """

    again: bool = True
    code: tuple[str, ...] = field(default_factory=tuple)
    mode: str = "compact"


def sentence() -> list[dict[str, Any]]:
    """The error of the chosen cell, and of a poor one for contrast."""
    return [
        line(value("answer.subject"), text("cannot be said: no checkpoints."), when={"answer.known": False}),
        line(
            value("answer.subject"),
            text("misses by "),
            value("answer.are", role="answer"),
            value("answer.range", role="quiet"),
            value("answer.rival"),
            value("answer.rival_range", role="quiet"),
            text("."),
        ),
    ]


def conventions(view: StudyView) -> list[str]:
    """What every number rests on."""
    protocol = view.study.protocol
    after = f", tokens after the first {format_quantity(protocol.drop, 'tokens')}" if protocol.drop else ""
    unit = "" if view.card.unit == "nats per token" else f", loss in {view.card.unit}"
    return [
        f"Mean absolute relative error, last {share(protocol.scored)} of the run",
        f"{view.study.law.title}, {OBJECTIVES.get(protocol.objective, protocol.objective)}{after}{unit}",
    ]


def sections(view: StudyView, choices: Choices) -> list[dict[str, Any]]:
    """The side column, in the order in which a person decides."""
    study, card, protocol = view.study, view.card, view.study.protocol
    models = sum(len(c.sizes) for c in study.studied)
    odd = [c for c in study.studied if c.unit != "nats per token"]
    note = f"{len(study.studied)} families, {models} models, {len(study):,} laws"
    if odd:
        note += ". Not in nats: " + ", ".join(c.title for c in odd)
    out: list[dict[str, Any]] = [
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
                {"kind": "note", "lines": [line(text(f"{view.collection}: {note}"))]},
            ],
        },
        {
            "id": "from",
            "heading": "From",
            "open": True,
            "folded": [
                line(value("study.models", "ratio"), text(" models, "), value("study.share", "percent"))
            ],
            "items": _cell_sliders(view),
        },
    ]
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
                    {
                        "kind": "select",
                        "key": "choices",
                        "label": "Siblings",
                        "options": [
                            {"value": "smallest", "label": "Smallest first"},
                            {"value": "nearest", "label": "Nearest in size first"},
                        ],
                    },
                    _kernel_slider("scored", "Scored on the last", (0.05, 0.6), "percent", protocol.scored),
                    _kernel_slider("drop", "Drop the first", (0.0, 6e10), "tokens", protocol.drop),
                ],
            }
        )
    start = "; ties go to the guide's start" if protocol.start else ""
    out.append(
        {
            "id": "law",
            "heading": "Law",
            "fold": True,
            "folded": [line(text(study.law.title))],
            "items": [
                {"kind": "note", "lines": [line(text(f"{study.law.formula}, {protocol.objective}{start}"))]},
                {"kind": "note", "lines": [line(text(_interval_words(view)))]},
            ],
        }
    )
    return out


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


def figure_places(view: StudyView) -> list[dict[str, Any]]:
    """Where figures stand, what they claim and how to read them."""
    card = view.card
    part, whole = share_columns(view)
    scored = share(view.study.protocol.scored)
    at = share(view.luck.fraction) if view.luck is not None else ""
    of_run = "" if view.luck is None or view.luck.fraction >= 1 else f", {at} of the run"
    hollow = f"; hollow: {share(part)} of it" if part != whole else ""
    sure = " with interval" if view.study.protocol.resamples else ""
    return [
        {
            "root": "main",
            "place": "main",
            "height": 430,
            "title": [line(text("How many models, and how much of each run?"))],
            "note": [
                line(
                    text(
                        f"Error in per cent on the last {scored} of the {card.labels[card.target]} run. "
                        "Bluer is better; the framed cell is the sentence. Click to choose."
                    )
                )
            ],
        },
        {
            "root": "families",
            "place": "beside",
            "height": 430,
            "title": [line(text("Which families can be predicted?"))],
            "note": [line(text(f"From all other models. Filled: {_run(whole)}{sure}{hollow}"))],
        },
        {
            "root": "against",
            "place": "small",
            "height": 230,
            "title": [line(text("Predicted against actual"))],
            "note": [line(text(f"Dots: the held-out run. Lines: predicted{_band_words(view)}"))],
            "folded": [line(value("answer.are"), text(" off"))],
        },
        {
            "root": "luck",
            "place": "small",
            "height": 230,
            "title": [line(text("How lucky is the choice?"))],
            "note": [
                line(
                    text(f"Dot: one choice of siblings{of_run}. Bar: median. Ring, diamond: the map's choice")
                )
                if view.luck is not None
                else line(text("Every choice is being fitted"))
            ],
            "folded": [
                line(value("answer.luck_words"), when={"answer.lucky": True}),
                line(text("every choice")),
            ],
        },
    ]


def _run(fraction: float) -> str:
    return "the whole run" if fraction >= 1 else f"{share(fraction)} of the run"


def _band_words(view: StudyView) -> str:
    protocol = view.study.protocol
    return f", band {100 * protocol.level:g} %" if protocol.resamples else ""


def trust(view: StudyView) -> list[dict[str, Any]]:
    """What weakens the sentence; amber is content."""
    study = view.study
    items = []
    if study.preset is not None:
        if study.matches_preset:
            items.append(
                line(text("Matches the published protocol"), level="fine", short="Published protocol")
            )
        else:
            items.append(
                line(text("Not the published protocol any more"), level="warning", short="Own protocol")
            )
    part, whole = share_columns(view)
    table = study.families_frame([part, whole] if part != whole else [whole])
    errors = table[f"are@{whole:g}"].to_numpy(dtype=float)
    errors = errors[np.isfinite(errors)]
    if len(errors) > 1:
        good = int(np.sum(errors < 0.05))
        level = "fine" if good >= 0.75 * len(errors) else "warning"
        items.append(
            line(
                text(f"{good} of {len(errors)} families under 5 %"),
                level=level,
                short=f"{good} of {len(errors)}",
            )
        )
    items.append(line(value("answer.luck_words"), when={"answer.lucky": True}, level="warning"))
    items.append(
        line(
            text("Equally good fits miss by "),
            value("answer.equal"),
            when={"answer.open": True},
            level="warning",
        )
    )
    if part != whole:
        poor = int(np.sum(table[f"are@{part:g}"].to_numpy(dtype=float) >= POOR))
        if poor:
            many = number(poor).capitalize()
            noun = "family misses" if poor == 1 else "families miss"
            items.append(
                line(
                    text(f"{many} {noun} by {100 * POOR:g} % or more at {share(part)}"),
                    level="warning",
                    short=f"{poor} poor at {share(part)}",
                )
            )
    return items


def code(view: StudyView, choices: Choices) -> list[dict[str, Any]]:
    """Lines of Python that make what is on screen."""
    return [
        line(text("import scalewidgets as sw")),
        line(text("")),
        *(line(text(words)) for words in choices.code),
        line(
            text(f"study.cell({view.card.name!r}, "),
            value("study.models", "code"),
            text(", "),
            value("study.share", "code"),
            text(")"),
        ),
    ]


def still(view: StudyView, frame: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Where figures stand in the still picture, and the words around them."""
    places = (
        ("main", 0, 0, 640, 430), ("families", 664, 0, 440, 700), ("against", 0, 450, 316, 250),
        ("luck", 340, 450, 300, 250),
    )  # fmt: skip
    return still_picture(frame, state, STILL_WIDTH, places)
