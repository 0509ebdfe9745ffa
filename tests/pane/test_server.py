"""What the Jupyter server does for figures: answers of a kernel leave at once."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

from scalewidgets.pane import server


class Connection:
    """Stands for a kernel's: the server makes one for each websocket, and connects it."""

    def __init__(self, websocket_handler: Any) -> None:
        self.websocket_handler = websocket_handler

    def connect(self) -> str:
        return "connected"


def waits(kind: type) -> bool:
    """Whether short messages of a real websocket wait, once a connection of this kind is made."""
    found: list[int] = []

    class Handler(WebSocketHandler):
        def open(self, *args: str, **kwargs: str) -> None:
            assert kind(self).connect() == "connected"
            assert self.ws_connection is not None
            found.append(self.ws_connection.stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async def visit() -> None:
        sockets, port = bind_unused_port()
        listening = HTTPServer(Application([("/", Handler)]))
        listening.add_socket(sockets)
        page = await websocket_connect(f"ws://127.0.0.1:{port}/")
        page.close()
        assert await page.read_message() is None
        listening.stop()
        await listening.close_all_connections()

    asyncio.run(visit())
    return found == [0]


def test_an_answer_of_the_kernel_does_not_wait_for_the_page_to_acknowledge_the_last() -> None:
    assert waits(Connection)  # or else this package has nothing to mend any more
    assert not waits(server.prompt(Connection))


def test_a_page_that_left_before_it_was_connected_is_no_error() -> None:
    def gone(_on: bool) -> None:
        raise AssertionError("no connection")

    for handler in (SimpleNamespace(set_nodelay=gone), SimpleNamespace()):
        assert server.prompt(Connection)(handler).connect() == "connected"


@pytest.mark.parametrize("settings", [{"kernel_websocket_connection_class": Connection}, {}])
def test_the_server_takes_the_extension_whatever_joins_its_kernels(settings: dict[str, Any]) -> None:
    handlers: list[Any] = []
    app = SimpleNamespace(
        web_app=SimpleNamespace(
            settings={"base_url": "/lab/", **settings}, add_handlers=lambda host, more: handlers.extend(more)
        )
    )
    server._load_jupyter_server_extension(app)
    assert next(place for place, _ in handlers) == "/lab/scalewidgets/bokehjs"
    kind = app.web_app.settings.get("kernel_websocket_connection_class")
    assert kind is None if not settings else issubclass(kind, Connection) and kind is not Connection
