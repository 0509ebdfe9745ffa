"""The words of a study: sentence, conventions, captions, trust line, code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...units import format_quantity
from ..frame import line, still_picture, text, value
from .plots import share_columns
from .side import Choices
from .view import POOR, StudyView, number, objective_words, share


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
        f"{view.study.law.title}, {objective_words(view)}{after}{unit}",
    ]


def figure_places(view: StudyView) -> list[dict[str, Any]]:
    """Where figures stand, what they claim and how to read them."""
    card = view.card
    part, whole = share_columns(view)
    scored = share(view.study.protocol.scored)
    what = "Median error of all choices" if view.every else "Error"
    at = share(view.luck.fraction) if view.luck is not None else ""
    of_run = "" if view.luck is None or view.luck.fraction >= 1 else f", {at} of the run"
    hollow = f"; hollow: {share(part)} of it" if part != whole else ""
    sure = ", with interval" if view.study.protocol.resamples else ""
    return [
        {
            "root": "main",
            "place": "main",
            "height": 430,
            "title": [line(text("How many models, and how much of each run?"))],
            "note": [
                line(
                    text(
                        f"{what} in per cent on the last {scored} of the {card.labels[card.target]} run. "
                        "Bluer is better; framed: the sentence. Click one."
                    )
                )
            ],
        },
        {
            "root": "families",
            "place": "beside",
            "wide": True,
            "height": 430,
            "title": [line(text("Which families can be predicted?"))],
            "note": [line(text(f"From all others. Filled: {_run(whole)}{sure}{hollow}"))],
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
    return "whole run" if fraction >= 1 else f"{share(fraction)} of the run"


def _band_words(view: StudyView) -> str:
    protocol = view.study.protocol
    return f", band {100 * protocol.level:g} %" if protocol.resamples and not view.every else ""


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
    return still_picture(frame, state, places)
