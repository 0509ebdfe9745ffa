"""The live figure: one Bokeh document in the kernel, kept in step with any number of browser views."""

from __future__ import annotations

import dataclasses
import inspect
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from os import PathLike
from typing import TYPE_CHECKING, Any

import bokeh
import ipywidgets
import traitlets
from bokeh.settings import settings

from scalewidgets import _version
from scalewidgets.errors import PaneError, close_matches
from scalewidgets.figures.scene import MIME_TYPE as MIME_TYPE
from scalewidgets.figures.scene import PROTOCOL as PROTOCOL

from . import graft, page, wire
from .asks import Asks, Handler
from .feed import Events, Feed, by_origin

if TYPE_CHECKING:
    from bokeh.model import Model

    from scalewidgets.figures.scene import Scene
    from scalewidgets.figures.sketch import Sketch

Json = Any
StateCallback = Callable[[dict[str, Json]], None]
_MODULE_VERSION = f"^{_version.__version__}"
#: More views than this are views of pages long gone that could not say goodbye.
MOST_VIEWS = 64


class Pane(ipywidgets.DOMWidget):  # type: ignore[misc]
    """A scene, live in the notebook.

    Parameters
    ----------
    scene : Scene, optional
        What to show; it may also come later through :meth:`show`.
    **traits
        Traits of :class:`ipywidgets.DOMWidget`, such as ``layout``.

    Raises
    ------
    TypeError
        For a keyword that is no trait, with the name that comes close.

    Notes
    -----
    Nothing heavy is sent at construction. A view asks for the current document when it is created; from
    then on every change travels as one message and reaches every view exactly once.

    JupyterLab may deliver messages in a thread of their own, so that a view is answered while a cell runs.
    What is sent is therefore put in order under one lock.
    """

    _model_name = traitlets.Unicode("PaneModel").tag(sync=True)
    _model_module = traitlets.Unicode("scalewidgets").tag(sync=True)
    _model_module_version = traitlets.Unicode(_MODULE_VERSION).tag(sync=True)
    _view_name = traitlets.Unicode("PaneView").tag(sync=True)
    _view_module = traitlets.Unicode("scalewidgets").tag(sync=True)
    _view_module_version = traitlets.Unicode(_MODULE_VERSION).tag(sync=True)

    def __init__(self, scene: Scene | None = None, **traits: Any) -> None:
        refuse_unknown(type(self), traits)
        self._scene: Scene | None = None
        self._state: dict[str, Json] = {}
        self._baseline: graft.Baseline = {}
        self._revision = 0
        self._views: dict[str, str] = {}
        self._lock = threading.RLock()
        self._feed = Feed(self._send_patches)
        self._state_callbacks: list[StateCallback] = []
        self._closed = False
        super().__init__(**traits)
        self._asks = Asks(self._send_message, self._log_trace)
        self.on_msg(self._on_message)
        if scene is not None:
            self.show(scene)

    # -- what a widget built on the pane uses ------------------------------------------------------

    @property
    def scene(self) -> Scene | None:
        """What is shown, with the live document and the present state."""
        return None if self._scene is None else dataclasses.replace(self._scene, state=self.state)

    @property
    def state(self) -> dict[str, Json]:
        """What the controls hold, by flat key; a copy."""
        return dict(self._state)

    def show(self, scene: Scene) -> None:
        """Show a scene in place of the present one.

        Where its document has the structure of the present one, only what differs is changed, in one small
        message; what a person did in the views (zoom, selection) stays. Otherwise every view draws the new
        document.
        """
        if self._closed:
            raise PaneError("This figure is closed.", remedy="Make a new one.")
        with self._lock:
            self._show(scene)

    def _show(self, scene: Scene) -> None:
        self._state = dict(scene.state)
        present = self._scene
        if present is not None and present.document is scene.document:
            self._scene = scene
            self._send_scene()
            return
        pairs = None if present is None else graft.pair(present.document, scene.document)
        if present is None or pairs is None:
            self._replace(scene)
            return
        with self.hold():
            self._baseline = graft.graft(pairs, self._baseline)
        ids = {new.id: old.id for old, new in pairs}
        themes = {
            theme: [(ids.get(id, id), name, value) for id, name, value in entries]
            for theme, entries in scene.themes.items()
        }
        self._scene = dataclasses.replace(scene, document=present.document, themes=themes)
        self._send_scene()

    def sketch(self, sketch: Sketch) -> None:
        """Change some words, figures and columns of what is shown, in one message; the whole is to follow."""
        with self._lock:
            scene = self._shown()
            state = {key: v for key, v in sketch.state.items() if self._state.get(key, _MISSING) != v}
            self._state.update(state)
            with self._feed.taken() as events:
                self._scene = sketch.over(scene)
            self._revision += 1
            if not self._views:
                return
            content, ids, buffers = wire.pack_patch(scene.document, events)
            names, array_ids, arrays = wire.pack_arrays(sketch.arrays)
            parts = {**sketch.parts(), "state": _scalars(state), "arrays": names}
            message = {"type": "sketch", "origin": None, "revision": self._revision, "content": content}
            whole = {**message, "parts": parts, "buffer_ids": [*ids, *array_ids]}
            self._send_message(whole, [*buffers, *arrays])

    def hold(self) -> AbstractContextManager[None]:
        """Gather all changes of the document made inside a ``with`` into one message."""
        return self._feed.hold()

    def on_state(self, callback: StateCallback) -> None:
        """Call ``callback(changes)`` when a person let go of a control, with the keys that differ."""
        self._state_callbacks.append(callback)

    def set_values(self, changes: Mapping[str, Json]) -> None:
        """Set keys of the state in every view. Callbacks of :meth:`on_state` are not called."""
        fresh = _scalars(changes)
        self._state.update(fresh)
        if fresh and self._views:
            self._send_message({"type": "state", "origin": None, "state": fresh})

    def on_ask(self, action: str, handler: Handler, *, background: bool = False) -> None:
        """Answer what the browser asks under this name.

        Parameters
        ----------
        action : str
            Name of the request, for example ``"fit"``.
        handler : callable
            Called with the arguments as a dict. It returns the answer (figures and text), or is a
            coroutine function, or a generator that yields ``(done, total, label)`` and returns the answer.
            The newest request of an action cancels the older one: a generator is closed at its next yield.
        background : bool
            Nobody waits for the answer: between its steps a generator leaves the kernel to whatever else
            comes in, and goes on once that is done.
        """
        self._asks.on(action, handler, background=background)

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """Return (and write to `path`) a page that stands alone: no kernel, no network, sliders work."""
        self._catch_up()
        return page.write(self._shown(), path)

    # -- display -----------------------------------------------------------------------------------

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Json] | None:
        self._catch_up()
        bundle: dict[str, Json] | None = super()._repr_mimebundle_(**kwargs)
        if bundle is None or self._scene is None:
            return bundle
        scene = self._shown()
        bundle["text/plain"] = scene.summary or scene.kind
        bundle["image/svg+xml"] = scene.to_svg()
        bundle[MIME_TYPE] = wire.pack_scene(scene.to_json())
        return bundle

    def _catch_up(self) -> None:
        """Draw what the controls hold before it is written down; a screen does, whose browser draws alone."""

    def __repr__(self) -> str:
        scene = self._scene
        return f"{type(self).__name__}({'no scene' if scene is None else scene.summary or scene.kind})"

    def close(self) -> None:
        """End every view and let the document go."""
        if getattr(self, "_closed", True):
            super().close()
            return
        self._closed = True
        self._asks.close()
        self.on_msg(self._on_message, remove=True)
        self._feed.follow(None)
        self._scene = None
        self._views.clear()
        self._state_callbacks.clear()
        super().close()

    # -- the document ------------------------------------------------------------------------------

    def _shown(self) -> Scene:
        scene = self.scene
        if scene is None:
            raise PaneError("This figure shows nothing yet.", remedy="Give it a scene: pane.show(scene).")
        return scene

    def _replace(self, scene: Scene) -> None:
        self._scene = scene
        self._baseline = graft.baseline(scene.document)
        self._revision += 1
        self._feed.follow(scene.document)
        for view in self._views:
            self._send_document(view)

    def _send_patches(self, events: Events, known: frozenset[Model] | None) -> None:
        """Send one message for each run of events with the same origin: as a rule, one."""
        with self._lock:
            if self._scene is None or not self._views:
                self._revision += 1
                return
            for origin, run in by_origin(events):
                self._revision += 1
                content, ids, buffers = wire.pack_patch(self._scene.document, run, known)
                message = {"type": "patch", "origin": origin, "revision": self._revision, "content": content}
                self._send_message({**message, "buffer_ids": ids}, buffers)

    def _send_document(self, view: str) -> None:
        with self._lock:
            scene = self._shown()
            document, ids, buffers = wire.pack_document(scene.document)
            whole = {**scene.parts(), "document": document}
            message = {"type": "doc", "view": view, "revision": self._revision, "scene": whole}
            self._send_message({**message, "buffer_ids": ids}, buffers)

    def _send_scene(self) -> None:
        self._revision += 1
        if self._views:
            parts = self._shown().parts()
            self._send_message({"type": "scene", "origin": None, "revision": self._revision, "scene": parts})

    # -- messages ----------------------------------------------------------------------------------

    def _send_message(self, message: dict[str, Json], buffers: list[bytes] | None = None) -> None:
        if not self._closed:
            self.send(message, buffers or None)

    def _on_message(self, _widget: Any, message: Any, buffers: list[memoryview] | None) -> None:
        """Obey one message; a broken one is logged and must not stop the next."""
        if not isinstance(message, dict) or not isinstance(message.get("view"), str):
            return
        receive = {
            "need-doc": self._need_document,
            "need-bokehjs": self._need_bokehjs,
            "patch": self._patched,
            "state": self._state_set,
            "ask": self._asked,
            "cancel": self._cancelled,
            "theme": self._themed,
            "close": self._view_closed,
        }.get(str(message.get("type")))
        if receive is None:
            return
        try:
            receive(message["view"], message, buffers or [])
        except Exception:
            self._log_trace(f"message {message.get('type')!r} failed")

    def _need_document(self, view: str, message: dict[str, Json], _buffers: list[memoryview]) -> None:
        if message.get("protocol") != PROTOCOL:
            theirs = message.get("version", "another version")
            words = (
                f"The notebook page has scalewidgets {theirs}, the kernel has {_version.__version__}, and "
                "they do not understand each other. Restart the kernel, then reload the page."
            )
            self._send_message({"type": "incompatible", "view": view, "message": words})
            return
        with self._lock:
            while len(self._views) >= MOST_VIEWS:
                del self._views[next(iter(self._views))]
            self._views[view] = "light"
            if self._scene is not None:
                self._send_document(view)

    def _need_bokehjs(self, view: str, _message: dict[str, Json], _buffers: list[memoryview]) -> None:
        source = settings.bokehjs_path() / "js" / "bokeh.min.js"
        message = {"type": "bokehjs", "view": view, "version": bokeh.__version__}
        self._send_message(message, [source.read_bytes()])

    def _patched(self, view: str, message: dict[str, Json], buffers: list[memoryview]) -> None:
        scene = self._scene
        if scene is None:
            return
        try:
            with self._feed.gather(frozenset(scene.document.models)):
                wire.apply_patch(scene.document, message["content"], message["buffer_ids"], buffers, view)
        except Exception:
            # The view speaks of a document that is no longer ours: give it the present one.
            self._log_trace("a change from the browser could not be applied")
            self._send_document(view)

    def _state_set(self, view: str, message: dict[str, Json], _buffers: list[memoryview]) -> None:
        state = _scalars(message.get("state") or {})
        changes = {key: value for key, value in state.items() if self._state.get(key, _MISSING) != value}
        if not changes:
            return
        self._state.update(changes)
        # Told to the originator too: where the kernel wrote the same key meanwhile, this order decides.
        self._send_message({"type": "state", "origin": view, "state": changes})
        for callback in list(self._state_callbacks):
            callback(dict(changes))

    def _asked(self, view: str, message: dict[str, Json], _buffers: list[memoryview]) -> None:
        args = message.get("args")
        self._asks.ask(view, str(message.get("id")), str(message.get("action")), dict(args or {}))

    def _cancelled(self, _view: str, message: dict[str, Json], _buffers: list[memoryview]) -> None:
        self._asks.cancel(str(message.get("id")))

    def _themed(self, view: str, message: dict[str, Json], _buffers: list[memoryview]) -> None:
        if view in self._views and message.get("theme") in ("light", "dark"):
            self._views[view] = message["theme"]

    def _view_closed(self, view: str, _message: dict[str, Json], _buffers: list[memoryview]) -> None:
        self._views.pop(view, None)

    @property
    def theme(self) -> str:
        """Theme of the newest view, ``"light"`` or ``"dark"``."""
        return next(reversed(self._views.values()), "light")

    def _log_trace(self, what: str) -> None:
        self.log.error("scalewidgets: %s\n%s", what, traceback.format_exc())


_MISSING = object()


def _scalars(values: Mapping[str, Json]) -> dict[str, Json]:
    """Flat keys to numbers, text, truth values or None; anything else has no place in the state."""
    plain = {str(key): wire.plain(value) for key, value in values.items()}
    return {key: value for key, value in plain.items() if not isinstance(value, list | dict)}


def refuse_unknown(kind: type[Any], given: Mapping[str, Any]) -> None:
    """Refuse a misspelt keyword by name: left alone, traitlets takes any keyword and warns at most."""
    arguments = [p.name for p in inspect.signature(kind).parameters.values() if p.kind is p.KEYWORD_ONLY]
    known = [name for name in (*arguments, *kind.class_trait_names()) if not name.startswith("_")]
    for name in given:
        if name not in known and name != "model_id" and not name.startswith("_"):
            matches = close_matches(name, known)
            hint = f" Did you mean {matches[0]!r}?" if matches else ""
            raise TypeError(f"{kind.__name__}() has no argument {name!r}.{hint}")
