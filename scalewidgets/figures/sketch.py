"""New figures for a picture that is on screen, without building the picture again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .scene import Behaviour, Json, Scene


@dataclass(frozen=True)
class Sketch:
    """What a refit changes first: words, figures and columns of the document that is there.

    Building the plots of a screen anew takes several times as long as the fit that is drawn in them. Ranges,
    ticks and captions of plots stay as they are until the whole scene follows.

    Attributes
    ----------
    columns : mapping of str to mapping of str to ndarray
        Data sources of the document by name, each with all of its columns.
    frame, state, behaviours, arrays, summary
        As in a :class:`~scalewidgets.figures.scene.Scene`.
    """

    columns: Mapping[str, Mapping[str, Any]]
    frame: Mapping[str, Json]
    state: Mapping[str, Json]
    behaviours: Sequence[Behaviour]
    arrays: Mapping[str, np.ndarray[Any, Any]]
    summary: str

    def over(self, scene: Scene) -> Scene:
        """Put the sketch over a scene; its document is that of the scene, and is changed."""
        sources = {model.name: model for model in scene.document.models if model.name in self.columns}
        for name, columns in self.columns.items():
            if name in sources and not _same(sources[name].data, columns):
                sources[name].data = dict(columns)
        return replace(
            scene,
            frame=self.frame,
            state=self.state,
            behaviours=self.behaviours,
            arrays=self.arrays,
            summary=self.summary,
        )


def _same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether columns are equal: what does not change need not travel and be drawn again."""
    if old.keys() != new.keys():
        return False
    return all(_equal(np.asarray(old[name]), np.asarray(new[name])) for name in new)


def _equal(old: np.ndarray[Any, Any], new: np.ndarray[Any, Any]) -> bool:
    numbers = old.dtype.kind == new.dtype.kind == "f"
    return np.array_equal(old, new, equal_nan=numbers)
