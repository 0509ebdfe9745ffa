"""What happens to a live document, gathered into as few messages as possible."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from bokeh.document.events import DocumentPatchedEvent

if TYPE_CHECKING:
    from bokeh.document import Document
    from bokeh.document.events import DocumentChangedEvent
    from bokeh.model import Model

Events = list[DocumentPatchedEvent]
#: ``tell(events, known)``; for `known` see :func:`.wire.pack_patch`.
Tell = Callable[[Events, "frozenset[Model] | None"], None]


class Feed:
    """Listens to one document at a time and tells of its changes.

    JupyterLab may deliver the messages of widgets in a thread of their own while a cell runs in the main
    one. What one thread gathers is its own affair, so that a cell's change never waits in another's batch.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._document: Document | None = None
        self._thread = threading.local()

    def follow(self, document: Document | None) -> None:
        """Listen to this document in place of the present one; None for none."""
        if self._document is not None:
            with suppress(KeyError):
                self._document.remove_on_change(self._on_change)
        self._document = document
        if document is not None:
            document.on_change(self._on_change)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Gather all changes made inside, several of one property as one."""
        document = self._document
        if document is None or document.callbacks.hold_value is not None:
            yield
            return
        with self.gather():
            document.hold("combine")
            try:
                yield
            finally:
                document.unhold()

    @contextmanager
    def gather(self, known: frozenset[Model] | None = None) -> Iterator[None]:
        """Tell of all changes made inside at once, in their order."""
        if self._events is not None:
            yield
            return
        events: Events = []
        self._thread.events = events
        try:
            yield
        finally:
            self._thread.events = None
            if events:
                self._tell(events, known)

    @contextmanager
    def taken(self) -> Iterator[Events]:
        """Gather all changes made inside for the caller, who tells of them: the list is full at the end."""
        taken: Events = []
        document = self._document
        if document is None:
            yield taken
            return
        outer, self._thread.events = self._events, taken
        document.hold("combine")
        try:
            yield taken
        finally:
            document.unhold()
            self._thread.events = outer

    @property
    def _events(self) -> Events | None:
        return getattr(self._thread, "events", None)

    def _on_change(self, event: DocumentChangedEvent) -> None:
        if not isinstance(event, DocumentPatchedEvent):
            return
        if self._events is not None:
            self._events.append(event)
        else:
            self._tell([event], None)


def by_origin(events: Events) -> list[tuple[str | None, Events]]:
    """Split events into runs with the same origin: the view whose change it was, None for the kernel."""
    runs: list[tuple[str | None, Events]] = []
    for event in events:
        setter: Any = event.setter
        origin = setter if isinstance(setter, str) else None
        if runs and runs[-1][0] == origin:
            runs[-1][1].append(event)
        else:
            runs.append((origin, [event]))
    return runs
