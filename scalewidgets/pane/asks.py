"""What a browser asks of the kernel: one request at a time for each action, the newest wins.

A handler may return at once, be a coroutine function, or be a generator that yields progress and returns
the answer. On a running event loop the work is a task: between two chunks the kernel reads further
messages, so that "cancel" and newer requests arrive while it works. Without a loop it simply runs.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from scalewidgets.errors import PaneError, ScaleWidgetsError, UnknownNameError

from .wire import plain

Json = Any
#: ``handler(args)``; see :meth:`Asks.on`.
Handler = Callable[[dict[str, Json]], Any]
Send = Callable[[dict[str, Json]], None]
Complain = Callable[[str], None]

#: Progress more often than this is not seen by anybody.
PROGRESS_SECONDS = 0.05

#: Seconds that what nobody waits for pauses, and how long it works between two pauses. A kernel hears of a
#: request in a thread of its own, which a computation keeps waiting: a turn of the loop would not let it in.
BREATH, BREATHLESS = 0.002, 0.003

#: Seconds after which what nobody waits for asks again whether somebody still waits for something else.
WAITING = 0.05


@dataclass(frozen=True)
class Rest:
    """What a handler yields to leave the machine to the browser for a moment; a caller without one goes on.

    Attributes
    ----------
    seconds : float
    """

    seconds: float


class Asks:
    """The requests of all views of one figure.

    Parameters
    ----------
    send : callable
        Sends one message to the browser.
    complain : callable
        Writes a stack trace to the log; it must never reach the screen.
    """

    def __init__(self, send: Send, complain: Complain) -> None:
        self._send = send
        self._complain = complain
        self._handlers: dict[str, Handler] = {}
        self._running: dict[str, _Request] = {}
        self._background: set[str] = set()

    def on(self, action: str, handler: Handler, *, background: bool = False) -> None:
        """Answer requests of this name with `handler`; see :meth:`scalewidgets.pane.Pane.on_ask`."""
        if inspect.isasyncgenfunction(handler):
            raise TypeError("an async generator cannot return an answer: use a plain generator")
        self._handlers[action] = handler
        (self._background.add if background else self._background.discard)(action)

    def ask(self, view: str, id: str, action: str, args: dict[str, Json]) -> None:
        """Start a request; an older one of the same action is cancelled."""
        request = _Request(view, id, action)
        older = self._running.pop(action, None)
        if older is not None:
            older.cancel()
        handler = self._handlers.get(action)
        if handler is None:
            error = UnknownNameError.of("something this figure can do", action, self._handlers)
            self._fail(request, error)
            return
        self._running[action] = request
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            _run_now(self._answer(request, handler, args), inspect.iscoroutinefunction(handler))
        else:
            # The loop keeps only a weak reference to a task; the request holds it.
            request.task = loop.create_task(self._answer(request, handler, args))
            request.task.add_done_callback(lambda _: self._end(request))

    def cancel(self, id: str) -> None:
        """Stop the request of this id, if it still runs."""
        for request in list(self._running.values()):
            if request.id == id:
                request.cancel()

    def close(self) -> None:
        """Stop everything."""
        for request in list(self._running.values()):
            request.cancel()
        self._running.clear()
        self._handlers.clear()

    async def _answer(self, request: _Request, handler: Handler, args: dict[str, Json]) -> None:
        try:
            if request.cancelled:  # overtaken before its first step
                raise asyncio.CancelledError
            answer: Any = handler(args)
            if isinstance(answer, Generator):
                answer = await self._drain(request, answer)
            elif inspect.isawaitable(answer):
                answer = await answer
            if request.cancelled:
                raise asyncio.CancelledError
            self._reply(request, {"ok": True, "result": plain(answer)})
        except asyncio.CancelledError:
            # Swallowed on purpose: it was asked for, and nobody awaits this task.
            self._reply(request, {"ok": False, "cancelled": True, "error": "Cancelled."})
        except Exception as error:
            self._fail(request, error)
        finally:
            if self._running.get(request.action) is request:
                del self._running[request.action]

    async def _drain(self, request: _Request, work: Generator[Any, None, Any]) -> Any:
        told = 0.0
        try:
            while True:
                try:
                    progress = next(work)
                except StopIteration as end:
                    return end.value
                if isinstance(progress, Rest):
                    if request.task is not None:
                        await asyncio.sleep(progress.seconds)
                    if request.cancelled:
                        raise asyncio.CancelledError
                    continue
                now = time.monotonic()
                if now - told >= PROGRESS_SECONDS:
                    told = now
                    self._send(_progress(request, progress))
                # Let the kernel read what came in meanwhile: a cancel, a newer request.
                await self._turn(request)
                if request.cancelled:
                    raise asyncio.CancelledError
        finally:
            work.close()

    async def _turn(self, request: _Request) -> None:
        """Leave the loop to others; what nobody waits for goes on when nobody waits for anything else."""
        if request.task is None or request.action not in self._background:
            await asyncio.sleep(0)
            return
        rest = time.monotonic() - request.rested >= BREATHLESS
        await asyncio.sleep(BREATH if rest else 0)
        if rest:
            request.rested = time.monotonic()
        while not request.cancelled and any(name not in self._background for name in self._running):
            await asyncio.sleep(WAITING)

    def _fail(self, request: _Request, error: Exception) -> None:
        if isinstance(error, ScaleWidgetsError):
            sentence = str(error)
        else:
            self._complain(f"answering {request.action!r} failed")
            words = str(error).strip().splitlines()
            reason = f" ({type(error).__name__}: {words[0][:200]})" if words else f" ({type(error).__name__})"
            sentence = f"This did not work{reason}. The kernel's log has the details."
        self._reply(request, {"ok": False, "error": sentence})

    def _end(self, request: _Request) -> None:
        # A task that is cancelled before its first step never runs a line of its own.
        if not request.replied:
            self._reply(request, {"ok": False, "cancelled": True, "error": "Cancelled."})

    def _reply(self, request: _Request, outcome: dict[str, Json]) -> None:
        request.replied = True
        self._send({"type": "reply", "view": request.view, "id": request.id, **outcome})


class _Request:
    def __init__(self, view: str, id: str, action: str) -> None:
        self.view = view
        self.id = id
        self.action = action
        self.cancelled = False
        self.replied = False
        self.rested = 0.0
        self.task: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        self.cancelled = True
        if self.task is not None:
            # The one who cancels may run in another thread than the work.
            with suppress(RuntimeError):  # the loop may be closed
                self.task.get_loop().call_soon_threadsafe(self.task.cancel)


def _run_now(work: Coroutine[Any, Any, None], needs_loop: bool) -> None:
    """Run to the end in place; a handler that is a coroutine gets a loop of its own."""
    if needs_loop:
        asyncio.run(work)
        return
    # Only sleep(0) is awaited here, which is one bare yield: no loop is needed, none is left behind.
    with suppress(StopIteration):
        while True:
            work.send(None)


def _progress(request: _Request, progress: Any) -> dict[str, Json]:
    """Read what a handler yielded: ``(done, total, label)``, or an object with such attributes."""
    if isinstance(progress, tuple) and len(progress) == 3:
        done, total, label = progress
    else:
        try:
            done, total = progress.done, progress.total
        except AttributeError:
            raise PaneError(
                f"A handler yielded {type(progress).__name__} where progress was expected.",
                remedy="Yield (done, total, label).",
            ) from None
        label = getattr(progress, "label", None) or getattr(progress, "phase", "")
    return {
        "type": "progress",
        "view": request.view,
        "id": request.id,
        "done": plain(done),
        "total": plain(total),
        "label": str(label),
    }
