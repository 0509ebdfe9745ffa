"""New figures for a picture that is on screen, without building the picture again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .scene import Behaviour, Json, Scene, plain


@dataclass(frozen=True)
class Sketch:
    """What a refit changes first: the parts of a scene that differ, and nothing else.

    Building the plots of a screen anew takes several times as long as the fit that is drawn in them, and so
    does telling a browser of words, controls and tables that stay. Ranges, ticks and captions of plots are
    left as they are until the whole scene follows; what a behaviour draws from the state, it draws itself.

    Attributes
    ----------
    columns : mapping of str to mapping of str to ndarray
        Data sources of the document by name, each with all of its columns.
    frame, state
        As in a :class:`~scalewidgets.figures.scene.Scene`, but only the keys that differ.
    behaviours, arrays
        Those that differ, by their names.
    summary : str
    """

    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    frame: Mapping[str, Json] = field(default_factory=dict)
    state: Mapping[str, Json] = field(default_factory=dict)
    behaviours: Sequence[Behaviour] = ()
    arrays: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    summary: str = ""

    def parts(self) -> dict[str, Json]:
        """What differs beside the document, as JSON; state and arrays travel their own way."""
        return {
            "frame": plain(self.frame),
            "behaviours": [behaviour.to_json() for behaviour in self.behaviours],
            "summary": self.summary,
        }

    def over(self, scene: Scene) -> Scene:
        """Put the sketch over a scene; its document is that of the scene, and is changed."""
        for name, columns in self.columns.items():
            source: Any = scene.document.get_model_by_name(name)
            if source is not None and not _same(source.data, columns):
                source.data = dict(columns)
        fresh = {behaviour.name: behaviour for behaviour in self.behaviours}
        return replace(
            scene,
            frame={**scene.frame, **self.frame},
            state={**scene.state, **self.state},
            behaviours=tuple(fresh.get(behaviour.name, behaviour) for behaviour in scene.behaviours),
            arrays={**scene.arrays, **self.arrays},
            summary=self.summary or scene.summary,
        )


def _same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether columns are equal: what does not change need not travel and be drawn again."""
    if old.keys() != new.keys():
        return False
    return all(_equal(np.asarray(old[name]), np.asarray(new[name])) for name in new)


def _equal(old: np.ndarray[Any, Any], new: np.ndarray[Any, Any]) -> bool:
    numbers = old.dtype.kind == new.dtype.kind == "f"
    return np.array_equal(old, new, equal_nan=numbers)
