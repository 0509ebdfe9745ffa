"""A browser in Python: views that hold Bokeh documents of their own and speak the pane's protocol."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bokeh.core.serialization import Buffer, Serialized, Serializer
from bokeh.document import Document
from bokeh.document.events import DocumentPatchedEvent

from scalewidgets.pane import Pane

Message = dict[str, Any]


class FrontEnd:
    """Everything that one browser shows of one pane; ``sent`` is what the kernel sent, in order."""

    def __init__(self, pane: Pane) -> None:
        self.pane = pane
        self.views: list[View] = []
        self.sent: list[tuple[Message, list[bytes]]] = []
        pane.send = self._receive  # type: ignore[method-assign]

    def _receive(self, content: Message, buffers: list[bytes] | None = None) -> None:
        # What cannot be JSON cannot travel.
        message = json.loads(json.dumps(content, allow_nan=False))
        self.sent.append((message, list(buffers or [])))
        for view in list(self.views):
            view.receive(message, list(buffers or []))

    def tell(self, message: Message, buffers: list[bytes] | None = None) -> None:
        """Send one message to the kernel."""
        plain = json.loads(json.dumps(message, allow_nan=False))
        self.pane._handle_custom_msg(plain, [memoryview(data) for data in buffers or []])

    def view(self) -> View:
        """Open a view."""
        view = View(self)
        self.views.append(view)
        view.open()
        return view

    def of(self, kind: str) -> list[Message]:
        """Return the messages of one type that the kernel sent."""
        return [message for message, _ in self.sent if message["type"] == kind]


class View:
    """One view: asks for the document, applies patches, sends what its person changes."""

    counter = itertools.count()

    def __init__(self, front: FrontEnd) -> None:
        self.front = front
        self.id = f"view-{next(self.counter)}"
        self.document: Document | None = None
        self.revision: int | None = None
        self.state: Message = {}
        self.scene: Message = {}
        self.replies: list[Message] = []
        self.progress: list[Message] = []
        self.message: str | None = None
        self.applied: list[Message] = []
        self._held: list[tuple[Message, list[bytes]]] = []
        self._events: list[DocumentPatchedEvent] = []
        self._quiet = False

    def open(self, protocol: int = 1) -> None:
        self.front.tell({"type": "need-doc", "view": self.id, "protocol": protocol, "version": "0.1.0"})

    def close(self) -> None:
        self.front.views.remove(self)
        self.front.tell({"type": "close", "view": self.id})

    def receive(self, message: Message, buffers: list[bytes]) -> None:
        if message.get("view", self.id) != self.id:
            return
        kind = message["type"]
        if kind == "doc":
            self._draw(message, buffers)
        elif kind in ("patch", "sketch", "scene"):
            self._held.append((message, buffers))
            self._catch_up()
        elif kind == "state" and message["origin"] != self.id:
            self.state.update(message["state"])
        elif kind == "reply":
            self.replies.append(message)
        elif kind == "progress":
            self.progress.append(message)
        elif kind == "incompatible":
            self.message = message["message"]

    def _draw(self, message: Message, buffers: list[bytes]) -> None:
        content = message["scene"]["document"]
        packed = [Buffer(id, data) for id, data in zip(message["buffer_ids"], buffers, strict=True)]
        self.document = Document.from_json(Serialized(content=content, buffers=packed))
        self.scene = message["scene"]
        self.state = dict(message["scene"]["state"])
        self.revision = message["revision"]
        self.document.on_change(self._on_change)
        self._catch_up()

    def _catch_up(self) -> None:
        if self.document is None or self.revision is None:
            return
        for message, buffers in self._held:
            if message["revision"] <= self.revision:
                continue
            if message["type"] == "scene":
                self.scene = {**message["scene"]}
                self.state = dict(message["scene"]["state"])
            elif message["origin"] != self.id:
                packed = [Buffer(id, data) for id, data in zip(message["buffer_ids"], buffers, strict=True)]
                if message["type"] == "sketch":
                    packed = self._sketched(message["parts"], packed)
                self._quiet = True
                # A copy: applying a patch takes it to pieces, and other views read the same message.
                content = json.loads(json.dumps(message["content"]))
                self.document.apply_json_patch(Serialized(content=content, buffers=packed))
                self._quiet = False
                self.applied.append(message)
        self._held.clear()

    def _sketched(self, parts: Message, packed: list[Buffer]) -> list[Buffer]:
        """Take what differs beside the document; return the buffers that are the document's."""
        fresh = {spec["name"]: spec for spec in parts["behaviours"]}
        own = {buffer.id: buffer for buffer in packed}
        arrays = {name: own.pop(array["id"]).to_bytes() for name, array in parts["arrays"].items()}
        self.scene = {
            **self.scene,
            "frame": {**self.scene["frame"], **parts["frame"]},
            "behaviours": [fresh.get(spec["name"], spec) for spec in self.scene["behaviours"]],
            "arrays": {**self.scene["arrays"], **arrays},
            "summary": parts["summary"],
        }
        self.state.update(parts["state"])
        return list(own.values())

    def _on_change(self, event: Any) -> None:
        if not self._quiet and isinstance(event, DocumentPatchedEvent):
            self._events.append(event)

    @contextmanager
    def person(self) -> Iterator[Document]:
        """Change the document as a person would; one patch travels at the end."""
        assert self.document is not None
        yield self.document
        serializer = Serializer(references=self.document.models.synced_references)
        content = {"events": serializer.encode(self._events)}
        self._events.clear()
        ids = [buffer.id for buffer in serializer.buffers]

        def references(value: Any) -> Any:
            if isinstance(value, Buffer):
                return {"id": value.id}
            if isinstance(value, dict):
                return {key: references(item) for key, item in value.items()}
            return [references(item) for item in value] if isinstance(value, list | tuple) else value

        message = {"type": "patch", "view": self.id, "content": references(content), "buffer_ids": ids}
        self.front.tell(message, [buffer.to_bytes() for buffer in serializer.buffers])

    def set_state(self, **state: Any) -> None:
        self.state.update(state)
        self.front.tell({"type": "state", "view": self.id, "state": state})

    def ask(self, action: str, id: str = "", **args: Any) -> str:
        id = id or f"{self.id}:{len(self.replies)}"
        self.front.tell({"type": "ask", "view": self.id, "id": id, "action": action, "args": args})
        return id

    def named(self, name: str) -> Any:
        """Return this view's model of a name."""
        assert self.document is not None
        return self.document.get_model_by_name(name)


Change = Callable[[Document], None]
