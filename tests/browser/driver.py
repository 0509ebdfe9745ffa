"""What a person does in JupyterLab, as plain functions on a page: run, save, restart, open a second view."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Finds the notebook's panel by its path: the current widget may be a second view of an output.
SENTENCE = ".sw-sentence"
"""The answer in words."""
BUDGET = "[data-section=budget] .sw-slider:not([hidden]) input[type=range]"
"""The slider of the budget in the unit that is chosen."""
# A slider is moved as a hand does it: input events while it moves, one change event at the end.
DRAG = """([selector, to]) => {
  const input = document.querySelector(selector);
  const from = input.valueAsNumber;
  for (let i = 1; i <= 10; i++) {
    input.value = String(Math.round(from + (to - from) * i / 10));
    input.dispatchEvent(new Event('input', {bubbles: true}));
  }
}"""
RELEASE = "selector => document.querySelector(selector).dispatchEvent(new Event('change', {bubbles: true}))"
ROWS_FULL = "() => !document.querySelector('[data-root=laws]')?.textContent.includes('Fitting')"
CHANGED = "([selector, words]) => document.querySelector(selector).innerText !== words"

PATIENCE = 30.0
"""Seconds until a page that is to show something has failed; a loaded machine needs many of them."""
BACKGROUND = frozenset({"luck", "other-laws", "simulate"})
"""What a screen asks of the kernel by itself: figures that fill in."""
WORK = 180.0
"""Seconds for what the kernel has to work at."""
# Nothing arrives, nothing is worked at, and boxes and words have been the same for some animation frames.
STILL = """() => {
  const every = css => [...document.querySelectorAll(css)];
  const box = el => Object.values(el.getBoundingClientRect().toJSON()).map(Math.round).join();
  const slots = every('[data-slot]').filter(el => el.offsetParent !== null);
  const layout = [...slots, ...every('.sw-frame, .sw-handle, .sw-map-handle, .sw-cell-handle')].map(box);
  const words = every('.sw-sentence, .sw-second').map(el => el.innerText);
  const now = JSON.stringify([layout, words]);
  const drawn = slots.length > 0 && slots.every(el => el.querySelector('.bk-Figure'));
  const busy = !drawn || document.querySelector('.sw-arriving, .sw-frame[data-working=true]') !== null;
  const last = window.swStill;
  if (busy || last?.now !== now) {
    window.swStill = {now, since: performance.now(), frames: 0};
    return false;
  }
  last.frames += 1;
  return last.frames >= 10 && performance.now() - last.since >= 300;
}"""
# One number for each canvas of the figures: the same number, the same picture.
PICTURES = """() => {
  const canvases = (node, out = []) => {
    node.querySelectorAll('*').forEach(el => {
      if (el.tagName === 'CANVAS' && el.width && el.height) out.push(el);
      if (el.shadowRoot) canvases(el.shadowRoot, out);
    });
    return out;
  };
  return [...document.querySelectorAll('[data-slot]')].flatMap(slot => canvases(slot)).map(canvas => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let sum = 7;
    for (const pixel of new Uint32Array(data.buffer)) sum = (Math.imul(sum, 31) + pixel) | 0;
    return sum;
  });
}"""

HELPERS = """
window.swPanel = path => {
  for (const widget of window.jupyterapp?.shell?.widgets('main') ?? []) {
    if (widget.context?.path === path && widget.sessionContext) {
      return widget;
    }
  }
  return null;
};
"""


@dataclass(frozen=True)
class Sent:
    """One frame that the browser sent over a websocket to the server."""

    channel: str
    msg_type: str  # of the Jupyter message, e.g. "comm_msg", "execute_request"
    kind: str  # what a comm message carries: a custom message's "type", else its method ("update", ...)
    size: int
    content: dict[str, Any]


def decode_frame(payload: bytes | str) -> Sent:
    """Read a frame of the kernel websocket: the binary protocol v1, or the older JSON text."""
    if isinstance(payload, str):
        try:
            message = json.loads(payload)
        except ValueError:
            return Sent("", "text", "", len(payload), {})
        if not isinstance(message, dict):
            return Sent("", "text", "", len(payload), {})
        header, content = message.get("header") or {}, message.get("content") or {}
        channel = str(message.get("channel", ""))
    else:
        try:
            (count,) = struct.unpack_from("<Q", payload)
            offsets = struct.unpack_from(f"<{count}Q", payload, 8)
            parts = [payload[start:end] for start, end in pairwise(offsets)]
            channel = parts[0].decode()
            header, content = json.loads(parts[1]), json.loads(parts[4])
        except (struct.error, ValueError, IndexError):
            return Sent("", "binary", "", len(payload), {})
    data = content.get("data") if isinstance(content.get("data"), dict) else {}
    inner = data.get("content") if isinstance(data.get("content"), dict) else {}
    kind = inner.get("type") or data.get("method") or ""
    return Sent(channel, str(header.get("msg_type", "")), str(kind), len(payload), content)


def _of_itself(frame: Sent) -> bool:
    if frame.kind != "ask":
        return False
    return frame.content["data"]["content"]["action"] in BACKGROUND


class Seen:
    """What a page did: ``console`` errors, requests ``outside`` the loopback, frames ``sent``.

    ``answers`` are the ids of the requests that the kernel has answered.
    """

    def __init__(self, page: Any) -> None:
        self.forget()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.console.append(f"page error: {error}"))
        page.on("request", lambda request: self._on_address(request.url))
        page.on("websocket", self._on_websocket)

    def forget(self) -> None:
        """Begin anew, for another test on the same page."""
        self.console: list[str] = []
        self.warnings: list[str] = []
        self.outside: list[str] = []
        self.sent: list[Sent] = []
        self.answers: set[str] = set()

    def comms(self, kind: str | None = None) -> list[Sent]:
        """Return the widget messages sent to the kernel, all or those of one kind."""
        found = [frame for frame in self.sent if frame.msg_type.startswith("comm_")]
        return found if kind is None else [frame for frame in found if frame.kind == kind]

    def kinds(self, since: int) -> list[str]:
        """Return the kinds of the widget messages sent to the kernel, but for the first `since` of them.

        What a screen asks by itself is none of a reader's.
        """
        return [frame.kind for frame in self.comms()[since:] if not _of_itself(frame)]

    def unanswered(self, actions: tuple[str, ...]) -> list[str]:
        """Return what the kernel has not answered: of these actions, or of all that a reader asked."""
        asked = [frame.content["data"]["content"] for frame in self.comms("ask")]
        wanted = [
            one for one in asked if one["action"] in actions or not (actions or one["action"] in BACKGROUND)
        ]
        return [str(one["action"]) for one in wanted if one["id"] not in self.answers]

    def _on_console(self, message: Any) -> None:
        if message.type == "error":
            address = (message.location or {}).get("url", "")
            self.console.append(f"{message.text} ({address})" if address else message.text)
        elif message.type == "warning":
            self.warnings.append(message.text)

    def _on_address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob", "about"} and parts.hostname not in {"127.0.0.1", "localhost"}:
            self.outside.append(url)

    def _on_websocket(self, socket: Any) -> None:
        self._on_address(socket.url)
        socket.on("framesent", lambda payload: self.sent.append(decode_frame(payload)))
        socket.on("framereceived", self._on_heard)

    def _on_heard(self, payload: bytes | str) -> None:
        # Documents are large: only what may be an answer is read.
        if ('"reply"' if isinstance(payload, str) else b'"reply"') in payload:  # type: ignore[operator]
            frame = decode_frame(payload)
            if frame.kind == "reply":
                self.answers.add(str(frame.content["data"]["content"]["id"]))


def until(page: Any, holds: Callable[[], object], lost: str, timeout: float = PATIENCE) -> None:
    """Wait until `holds()`; if it never does, fail with `lost`, which says what a user would lose."""
    end = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < end, lost
        page.wait_for_timeout(50)


def frames(page: Any) -> None:
    """Let the browser paint twice: what an event asks of the next animation frame is done by then."""
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
    )


def quiet(page: Any) -> None:
    """Give what must not happen the time to happen."""
    frames(page)
    page.wait_for_timeout(400)


def settled(page: Any) -> None:
    """Wait until every figure is drawn and nothing moves any more: a pointer lands where it aims."""
    seen: list[Any] = [None]

    def same() -> bool:
        page.wait_for_function(STILL)
        seen.append(page.evaluate(PICTURES))
        return bool(seen[-1] == seen[-2])

    until(page, same, "the figures never come to rest")


def answered(page: Any, *actions: str) -> None:
    """Wait until the kernel has answered what a reader asked (or these actions) and the page has heard.

    A gesture before that would be undone by the answer.
    """

    def heard() -> bool:
        frames(page)
        until(page, lambda: not page.seen.unanswered(actions), "the kernel does not answer", WORK)
        if "other-laws" in actions:  # asked for one after the other, each once the last is drawn
            until(page, lambda: page.evaluate(ROWS_FULL), "other laws are not fitted", WORK)
        # Messages are taken in one after the other: once this one is, so are the answers before it.
        page.evaluate(
            """async path => {
              await window.swPanel(path).sessionContext.session.kernel.requestKernelInfo();
            }""",
            page.notebook,
        )
        frames(page)
        return not page.seen.unanswered(actions)  # an answer may have made the screen ask for more

    until(page, heard, "the kernel is asked again and again", WORK)


def shows(page: Any, words: str, selector: str = SENTENCE) -> None:
    """Wait until these words stand in an element, by default the answer; a hard space counts as a space."""

    def there() -> bool:
        shown = page.evaluate("css => document.querySelector(css)?.innerText ?? ''", selector)
        return words in shown.replace("\N{NO-BREAK SPACE}", " ")

    until(page, there, f"{selector} does not say {words!r}")


def told(page: Any, since: int, *kinds: str) -> None:
    """Wait until exactly these kinds of message went to the kernel after the first `since` of them."""
    until(page, lambda: set(page.seen.kinds(since)) >= set(kinds), f"the kernel is not told: {kinds}")
    quiet(page)
    assert set(page.seen.kinds(since)) == set(kinds)


def untold(page: Any, since: int) -> None:
    """Check that nothing went to the kernel after the first `since` messages."""
    quiet(page)
    assert page.seen.kinds(since) == [], "dragging must not ask the kernel"


def notebook(*cells: str | dict[str, Any]) -> dict[str, Any]:
    """Return nbformat for code cells given as source, or for cells given whole."""
    whole = [
        cell
        if isinstance(cell, dict)
        else {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": cell}
        for cell in cells
    ]
    return {
        "cells": [{"id": f"cell-{i}"} | cell for i, cell in enumerate(whole)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def set_theme(page: Any, dark: bool) -> None:
    """Choose JupyterLab's dark or light theme and wait until it is on."""
    wait_splash(page)
    wanted = "JupyterLab Dark" if dark else "JupyterLab Light"
    page.wait_for_function("() => document.body.dataset.jpThemeName")
    if page.evaluate("() => document.body.dataset.jpThemeName") != wanted:
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", wanted)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=wanted)
    wait_splash(page)


def wait_splash(page: Any) -> None:
    """Wait until JupyterLab has taken its splash away: a second one shown meanwhile makes it raise."""
    page.evaluate("() => window.jupyterapp.restored")
    page.wait_for_function("() => !document.getElementById('jupyterlab-splash')")


def open_notebook(page: Any, path: str) -> None:
    """Open a notebook in a page that has JupyterLab, as a double click does; nothing else stays open."""
    page.evaluate(
        """async path => {
          const {shell, commands} = window.jupyterapp;
          const panel = await commands.execute('docmanager:open', {path});
          await panel.revealed;
          [...shell.widgets('main')].filter(one => one !== panel).forEach(one => one.dispose());
          shell.activateById(panel.id);
        }""",
        path,
    )


def put_away(page: Any) -> bool:
    """Close all that is open without saving and end its kernels; tell whether nothing of it is left."""
    page.mouse.move(0, 0)
    return bool(
        page.evaluate(
            """async () => {
              const {shell, serviceManager} = window.jupyterapp ?? {};
              if (!shell) return false;
              for (const one of [...shell.widgets('main')]) {
                if (one.context?.model) one.context.model.dirty = false;
                one.dispose();
              }
              ['swStill', 'swRan', 'swMarked'].forEach(name => delete window[name]);
              // The server ends a kernel when it has heard of it; nobody waits for that.
              await Promise.race([
                serviceManager.sessions.shutdownAll(), new Promise(resolve => setTimeout(resolve, 200)),
              ]);
              const left = '.sw-pane, .sw-saved, .sw-frame, .jp-Dialog, .lm-Menu';
              return !document.querySelector(left) && !window.Bokeh?.documents?.length;
            }"""
        )
    )


def wait_ready(page: Any, timeout: float = 60) -> None:
    """Wait until the page's notebook is loaded and its kernel answers."""
    page.wait_for_function(
        """path => {
          const panel = window.swPanel(path);
          const kernel = panel?.context.isReady && panel.sessionContext.isReady
            && panel.sessionContext.session?.kernel;
          return kernel && kernel.status === 'idle' && kernel.connectionStatus === 'connected';
        }""",
        arg=page.notebook,
        timeout=timeout * 1000,
    )


def run_all(page: Any, timeout: float = 300, errors: bool = False) -> None:
    """Run every cell, wait until the kernel is idle; a cell that raises fails the test unless ``errors``."""
    page.evaluate(
        """async path => {
          const {shell, commands} = window.jupyterapp;
          window.swRan = false;
          shell.activateById(window.swPanel(path).id);
          commands.execute('notebook:run-all-cells').finally(() => { window.swRan = true; });
        }""",
        page.notebook,
    )
    page.wait_for_function("() => window.swRan", timeout=timeout * 1000)
    wait_ready(page, timeout)
    if not errors:
        raised = cell_errors(page)
        assert not raised, "\n".join(raised)


def cell_errors(page: Any) -> list[str]:
    """Return the tracebacks shown in the notebook."""
    found = page.evaluate(
        """path => [...window.swPanel(path).content.model.cells]
          .filter(cell => cell.type === 'code')
          .flatMap(cell => cell.outputs.toJSON())
          .filter(output => output.output_type === 'error')
          .map(output => `${output.ename}: ${output.evalue}`)""",
        page.notebook,
    )
    return [str(text) for text in found]


def save(page: Any) -> Path:
    """Save the notebook and return the file on disk."""
    page.evaluate("path => window.swPanel(path).context.save()", page.notebook)
    return Path(page.lab.root) / page.notebook


def restart_kernel(page: Any, timeout: float = 60) -> None:
    """Restart the kernel without the dialog and wait until it answers."""
    page.evaluate("path => window.swPanel(path).sessionContext.session.kernel.restart()", page.notebook)
    wait_ready(page, timeout)


def reload(page: Any, timeout: float = 60) -> None:
    """Reload the page, as a person pressing F5 would, and wait for the notebook."""
    page.reload()
    page.wait_for_function("() => window.jupyterapp?.shell?.isAttached", timeout=timeout * 1000)
    wait_ready(page, timeout)


def new_view(page: Any, cell: int | None = None) -> None:
    """Create a new view of a cell's output (by default of the last cell that has one) and wait for it."""
    before = page.evaluate("() => [...window.jupyterapp.shell.widgets('main')].length")
    page.evaluate(
        """async ([path, cell]) => {
          const {shell, commands} = window.jupyterapp;
          const panel = window.swPanel(path);
          const cells = [...panel.content.model.cells];
          const last = cells.findLastIndex(c => c.type === 'code' && c.outputs.length > 0);
          shell.activateById(panel.id);
          panel.content.activeCellIndex = cell ?? last;
          await commands.execute('notebook:create-output-view');
        }""",
        [page.notebook, cell],
    )
    page.wait_for_function(
        "before => [...window.jupyterapp.shell.widgets('main')].length > before", arg=before
    )


def opened(lab: Any, open_page: Any, name: str, code: str, after: str, ready: str, **kwargs: Any) -> Any:
    """A page with a notebook of two cells, run, once the screen of the first is drawn.

    `ready` is what is true of a drawn screen, as an expression of JavaScript.
    """
    page = open_page(lab.put(notebook(code, after), name), **kwargs)
    run_all(page)
    page.wait_for_selector(SENTENCE)
    page.wait_for_function(f"() => {ready}")
    settled(page)
    return page


def shot(page: Any, root: str = "main") -> bytes:
    """Picture of a figure."""
    picture: bytes = page.locator(f"[data-slot={root}]").first.screenshot()
    return picture


def moved(page: Any, pictures: Mapping[str, bytes]) -> None:
    """Wait until each of these figures looks other than in its picture."""
    for root, picture in pictures.items():
        until(page, partial(_differs, page, root, picture), f"{root} did not move")


def _differs(page: Any, root: str, picture: bytes) -> bool:
    return shot(page, root) != picture
