"""What the Jupyter server does for figures: one route, and answers that leave at once.

The route is the BokehJS of the installed ``bokeh``, for figures without a kernel. What a kernel answers is
passed on without waiting for the page to acknowledge what came before; see :func:`prompt`.

Kept light: the server imports this at its start, so neither Bokeh models nor NumPy are imported here; the
script is found beside the installed package without importing it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tornado.web as web
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join

#: The address carries the version, so what it answers never changes.
_FOR_EVER = "private, max-age=31536000, immutable"
#: The setting of the server that names what joins a kernel to the websocket of a page.
_CONNECTION = "kernel_websocket_connection_class"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "scalewidgets.pane.server"}]


def _load_jupyter_server_extension(app: Any) -> None:
    base = app.web_app.settings["base_url"]
    app.web_app.add_handlers(
        ".*$",
        [
            (url_path_join(base, r"/scalewidgets/bokehjs"), VersionHandler),
            (url_path_join(base, r"/scalewidgets/bokehjs/([0-9A-Za-z.+]+)\.js"), ScriptHandler),
        ],
    )
    connection = app.web_app.settings.get(_CONNECTION)
    if isinstance(connection, type):
        app.web_app.settings[_CONNECTION] = prompt(connection)


def prompt(connection: type) -> type:
    """Return a kernel's connection whose messages leave at once.

    A socket holds a short message back while the one before it is not acknowledged, and a browser
    acknowledges after up to 40 ms, in case it has something to send along (RFC 1122, 4.2.3.2 and 4.2.3.4). A
    kernel says that it is busy, then that it is idle, then it answers, so every answer within that time
    waited for the rest of it.

    Parameters
    ----------
    connection : type
        What the server is set to take, its ``kernel_websocket_connection_class``.
    """
    connect = getattr(connection, "connect", None)
    if not callable(connect):
        return connection

    def connect_promptly(self: Any) -> Any:
        # Where a page left at once there is no socket any more, and a server may know of no such thing.
        with suppress(AttributeError, AssertionError, OSError):
            self.websocket_handler.set_nodelay(True)
        return connect(self)

    return type(connection.__name__, (connection,), {"connect": connect_promptly})


def installed_version() -> str | None:
    """Version of the installed ``bokeh``, None when there is none."""
    try:
        return version("bokeh")
    except PackageNotFoundError:
        return None


def script_path() -> Path | None:
    """Return the core bundle of the installed BokehJS."""
    spec = find_spec("bokeh")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "server" / "static" / "js" / "bokeh.min.js"
    return path if path.is_file() else None


@lru_cache(maxsize=1)
def _script() -> bytes | None:
    path = script_path()
    return None if path is None else path.read_bytes()


class VersionHandler(APIHandler):  # type: ignore[misc]
    """Says which BokehJS the server has."""

    @web.authenticated  # type: ignore[untyped-decorator]
    def get(self) -> None:
        """Answer ``{"version": "3.9.2"}``; null without an installed bokeh."""
        self.finish(json.dumps({"version": installed_version()}))


class ScriptHandler(APIHandler):  # type: ignore[misc]
    """Gives the script, for the installed version only."""

    @web.authenticated  # type: ignore[untyped-decorator]
    def get(self, wanted: str) -> None:
        """Answer the core bundle, or 404 with a sentence."""
        have = installed_version()
        source = _script() if wanted == have else None
        if source is None:
            has = f"Bokeh {have}" if have else "no Bokeh"
            self.set_status(404)
            self.finish(json.dumps({"message": f"This server has {has}, not Bokeh {wanted}."}))
            return
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", _FOR_EVER)
        self.finish(source)
