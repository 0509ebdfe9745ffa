"""The screen of a study: from a study and a cell of it to a scene."""

from __future__ import annotations

from typing import Any

from ..frame import line, render_text, value
from ..palette import LIGHT
from ..scene import Behaviour, Scene, document_of, theme_entries
from .columns import key, moved
from .plots import study_plots
from .side import Choices, sections
from .view import StudyView
from .words import code, conventions, figure_places, sentence, still, trust

KIND = "study"
LABEL = "Study"


def study_scene(view: StudyView, choices: Choices | None = None) -> Scene:
    """The whole screen.

    Parameters
    ----------
    view : StudyView
        From :func:`make_view`.
    choices : Choices, optional
        What the side column offers.
    """
    choices = choices or Choices()
    document = document_of(study_plots(view, LIGHT), KIND)
    cells = moved(view)
    protocol = view.study.protocol
    state: dict[str, Any] = {
        **cells[key(view.chosen)]["state"],
        "family": view.card.name,
        "target": protocol.target,
        "collection": choices.collection,
        "choices": "every" if view.every else "nearest" if protocol.choices == "nearest" else "smallest",
        "scored": protocol.scored,
        "drop": protocol.drop,
    }
    frame: dict[str, Any] = {
        "label": LABEL,
        "mode": choices.mode,
        "phase": "ready",
        "sentence": sentence(),
        "second": [line(value("answer.second"))],
        "conventions": conventions(view),
        "sections": sections(view, choices),
        "figures": figure_places(view),
        "trust": trust(view),
        "notice": None,
        "code": code(view, choices),
    }
    frame["still"] = still(view, frame, state)
    table = view.study.to_frame()
    options = {
        "figure": "main",
        "families": "families",
        "names": list(view.study.families_frame().index),
        "models": list(view.counts),
        "shares": list(view.fractions),
        "luck": None if view.luck is None else view.luck.fraction,
        "cells": cells,
    }
    return Scene(
        kind=KIND,
        document=document,
        frame=frame,
        state=state,
        behaviours=(Behaviour("study", options),),
        summary=f"{render_text(frame['sentence'], state)} {state['answer.second']}",
        table=table[table["family"] == view.card.name].reset_index(drop=True),
        themes=theme_entries(document),
    )
