"""The screen of a study: from a study and a cell of it to a scene."""

from __future__ import annotations

from typing import Any

from ..frame import line, value
from ..palette import LIGHT
from ..scene import Behaviour, Scene, document_of, ready_scene
from ..trust import doubted
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
    return ready_scene(
        KIND,
        LABEL,
        choices.mode,
        document,
        state,
        words={
            "sentence": sentence(),
            "second": [line(value("answer.second"))],
            "conventions": conventions(view),
            "sections": sections(view, choices),
            "figures": figure_places(view),
            "trust": [*trust(view), *doubted(choices.doubts, "Collection")],
            "code": code(view, choices),
        },
        still=lambda frame, state: still(view, frame, state),
        behaviour=Behaviour("study", options),
        table=table[table["family"] == view.card.name].reset_index(drop=True),
    )
