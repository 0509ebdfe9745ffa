"""What a browser says to a widget, and what the widget answers."""

from __future__ import annotations

from typing import Any


def ask(widget: Any, action: str, **args: Any) -> dict[str, Any]:
    """Ask as a browser does; the reply."""
    sent: list[dict[str, Any]] = []
    widget._asks._send = sent.append
    widget._on_message(widget, {"type": "ask", "view": "v", "id": "1", "action": action, "args": args}, [])
    return next(message for message in sent if message["type"] == "reply")


def released(widget: Any, **state: Any) -> None:
    """Say that a control was let go; ``__`` in a name is the dot of its key."""
    values = {key.replace("__", "."): value for key, value in state.items()}
    widget._on_message(widget, {"type": "state", "view": "v", "state": values}, [])
