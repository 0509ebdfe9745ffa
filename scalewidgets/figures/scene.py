"""A scene: one Bokeh document, the frame around it and what the browser needs to move it.

A scene is a value. The pane shows it live, a notebook file keeps it as JSON, a stand-alone page carries
it, and the still picture is drawn from it: one figure, many hosts.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import bokeh
import numpy as np
import pandas as pd
from bokeh.document import Document
from bokeh.model import Model

from .frame import STILL_WIDTH, render_runs, render_text
from .palette import DARK, LIGHT, Palette
from .still import document_svg

PROTOCOL = 1
MIME_TYPE = "application/vnd.scalewidgets.figure+json"

Json = Any


@dataclass(frozen=True)
class Behaviour:
    """A browser-side behaviour, by name, with its options (JSON-able figures and text, never code)."""

    name: str
    options: Mapping[str, Json] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """Name and options as JSON."""
        return {"name": self.name, "options": plain(self.options)}


@dataclass(frozen=True)
class Scene:
    """Everything that a screen shows.

    Attributes
    ----------
    kind : str
        Which screen this is, for example ``"law-fitter"``.
    document : bokeh.document.Document
        Figures as named roots.
    frame : mapping
        Sentence, controls, places of the figures, trust line and actions (see :mod:`.frame`).
    state : mapping
        Flat keys to numbers, text or truth values: what the controls hold and the sentence prints.
    behaviours : sequence of Behaviour
        What the browser does when a control moves.
    arrays : mapping of str to ndarray
        Figures that the behaviours need, as float64; those given as float32 travel as such.
    summary : str
        The screen in one or two sentences, for people who do not see it.
    table : DataFrame
        The figures behind the picture.
    themes : mapping
        ``{"light": [(model id, property, value), ...], "dark": [...]}``.
    """

    kind: str
    document: Document
    frame: Mapping[str, Json]
    state: Mapping[str, Json]
    behaviours: Sequence[Behaviour] = ()
    arrays: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    summary: str = ""
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    themes: Mapping[str, Sequence[tuple[str, str, Json]]] = field(
        default_factory=lambda: {"light": (), "dark": ()}
    )

    def parts(self) -> dict[str, Json]:
        """Everything but the document, as JSON with the live document's own model ids."""
        return {
            "protocol": PROTOCOL,
            "kind": self.kind,
            "bokeh": bokeh.__version__,
            "frame": plain(self.frame),
            "state": plain(self.state),
            "behaviours": [b.to_json() for b in self.behaviours],
            "arrays": {name: _pack(array) for name, array in self.arrays.items()},
            "summary": self.summary,
            "table": _table(self.table),
            "themes": {theme: [list(entry) for entry in entries] for theme, entries in self.themes.items()},
        }

    def to_json(self) -> dict[str, Json]:
        """The whole scene as JSON, the same bytes for the same picture.

        Bokeh numbers its models by a counter of the process; here they are renumbered in order of
        appearance, so that a notebook run twice does not differ.
        """
        document = self.document.to_json(deferred=False)
        document["title"] = self.kind
        order = {old: f"m{i}" for i, old in enumerate(_ids(document))}
        whole = {**self.parts(), "document": document}
        renumbered: dict[str, Json] = _renumber(whole, order)
        return renumbered

    def to_svg(self, theme: str = "light") -> str:
        """The still picture, drawn from the Bokeh document itself."""
        still = self.frame.get("still", {})
        return document_svg(
            self.document if theme == LIGHT.name else self._in_theme(theme),
            layout=still.get("layout", []),
            title=_title_runs(self.frame, self.state),
            subtitle=still.get("subtitle") or None,
            footer=tuple(still.get("footer", ())),
            width=still.get("width", STILL_WIDTH),
            theme=theme,
        )

    def _in_theme(self, theme: str) -> Document:
        """A copy of the document in another theme: the live one must not change for a picture."""
        copy = Document.from_json(self.document.to_json(deferred=False))
        for identity, name, value in self.themes[theme]:
            model = copy.get_model_by_id(identity)
            if model is not None:
                setattr(model, name, list(value) if isinstance(value, tuple) else value)
        return copy


def _title_runs(frame: Mapping[str, Json], state: Mapping[str, Json]) -> list[tuple[str, str]]:
    return render_runs(frame.get("sentence", []), state)


def document_of(roots: Sequence[Model], title: str) -> Document:
    """A Bokeh document of these plots; its models are gathered once, not once a plot."""
    document = Document(title=title)
    with document.models.freeze():
        for root in roots:
            document.add_root(root)
    return document


def ready_scene(
    kind: str,
    label: str,
    mode: str,
    document: Document,
    state: dict[str, Json],
    words: Mapping[str, Json],
    still: Callable[[Mapping[str, Json], Mapping[str, Json]], dict[str, Json]],
    behaviour: Behaviour,
    table: pd.DataFrame,
    arrays: Mapping[str, Any] | None = None,
    after: str = "",
) -> Scene:
    """Put a screen together that has its answer.

    Parameters
    ----------
    kind, label, mode : str
        Which screen, what it is called, and how much is folded away.
    document : bokeh.document.Document
    state : mapping
    words : mapping
        ``sentence``, ``second``, ``conventions``, ``sections``, ``figures``, ``trust`` and ``code`` of the
        frame.
    still : callable
        From frame and state: where figures stand in a still picture, and the words around them.
    behaviour : Behaviour
    table : DataFrame
        What "Export" writes as CSV.
    arrays : mapping of str to ndarray, optional
    after : str
        Said after the sentence and the second line where there is no picture.
    """
    frame: dict[str, Json] = {"label": label, "mode": mode, "phase": "ready", "notice": None, **words}
    frame["still"] = still(frame, state)
    said = (render_text(frame["sentence"], state), render_text(frame["second"], state), after)
    return Scene(
        kind=kind,
        document=document,
        frame=frame,
        state=state,
        behaviours=(behaviour,),
        arrays=arrays or {},
        summary=" ".join(part for part in said if part),
        table=table,
        themes=theme_entries(document),
    )


def theme_entries(
    document: Document, drawn: Palette = LIGHT, other: Palette = DARK
) -> dict[str, list[tuple[str, str, Json]]]:
    """Colours of figures in both themes, as lists that the browser applies.

    A figure is built with one palette. Every colour of it that stands in the palette is given its
    counterpart of the other, so no figure declares its colours twice and none can be forgotten.

    Parameters
    ----------
    document : Document
        Plots that were drawn with `drawn`.
    drawn, other : Palette
        The palette of the plots and its counterpart.

    Returns
    -------
    dict
        ``{theme: [(model id, property, colour or colours), ...]}``.
    """
    counterpart = drawn.translation(other)
    entries: dict[str, list[tuple[str, str, Json]]] = {drawn.name: [], other.name: []}
    # Bokeh numbers models as they are made, so this order depends on the figure functions alone.
    for model in sorted(document.models, key=lambda m: (len(m.id), m.id)):
        for name in _colour_properties(model.__class__):
            value = getattr(model, name)
            value = getattr(value, "value", value)  # a colour that could also be a column
            colour = tuple(value) if isinstance(value, list) else value
            if isinstance(colour, str | tuple) and colour in counterpart:
                entries[drawn.name].append((model.id, name, plain(colour)))
                entries[other.name].append((model.id, name, plain(counterpart[colour])))
    return entries


@cache
def _colour_properties(kind: type[Model]) -> tuple[str, ...]:
    return tuple(sorted(n for n in kind.properties() if n == "palette" or n.endswith("color")))


def _pack(array: np.ndarray[Any, Any]) -> dict[str, Json]:
    single = array.dtype == np.float32
    data = np.ascontiguousarray(array, dtype="<f4" if single else "<f8")
    return {
        "dtype": "float32" if single else "float64",
        "shape": list(data.shape),
        "base64": base64.b64encode(data.tobytes()).decode("ascii"),
    }


def plain(value: Any) -> Json:
    """Numbers, text and containers only; NumPy scalars become Python ones, NaN becomes null."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value.tolist()]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a scene carries figures and text only, not {type(value).__name__}")


def _table(table: pd.DataFrame) -> dict[str, Json]:
    return {
        "columns": [str(c) for c in table.columns],
        "rows": [[plain(v) for v in row] for row in table.itertuples(index=False, name=None)],
    }


def _ids(document: Json) -> list[str]:
    """Ids of the models of a document's JSON in order of appearance."""
    found: dict[str, None] = {}

    def visit(value: Json) -> None:
        if isinstance(value, dict):
            identity = value.get("id")
            if isinstance(identity, str) and ("name" in value or len(value) == 1):
                found.setdefault(identity)
            for item in value.values():
                visit(item)
        elif isinstance(value, list):
            for item in value:
                visit(item)

    visit(document)
    return list(found)


def _renumber(value: Json, order: Mapping[str, str]) -> Json:
    if isinstance(value, dict):
        return {k: _renumber(v, order) for k, v in value.items()}
    if isinstance(value, list):
        return [_renumber(v, order) for v in value]
    if isinstance(value, str):
        return order.get(value, value)
    return value
