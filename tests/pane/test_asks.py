"""What a person asks of the kernel is answered, can be cancelled, and the newest request wins."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from scalewidgets.errors import FitError
from scalewidgets.pane import Pane
from scalewidgets.pane.asks import Rest

from .front_end import FrontEnd
from .scenes import scatter_scene

Work = Generator[Any, None, Any]


@pytest.fixture
def pane() -> Pane:
    return Pane(scatter_scene())


@pytest.fixture
def front(pane: Pane) -> FrontEnd:
    return FrontEnd(pane)


def test_an_answer_carries_figures_and_text(pane: Pane, front: FrontEnd) -> None:
    pane.on_ask("add", lambda args: {"sum": np.float64(args["a"] + args["b"]), "all": np.arange(2)})
    view = front.view()
    id = view.ask("add", a=1, b=2)
    assert view.replies == [
        {"type": "reply", "view": view.id, "id": id, "ok": True, "result": {"sum": 3.0, "all": [0, 1]}}
    ]


def test_only_the_view_that_asked_hears_the_answer(pane: Pane, front: FrontEnd) -> None:
    pane.on_ask("f", lambda args: 1)
    one, two = front.view(), front.view()
    one.ask("f")
    assert len(one.replies) == 1
    assert two.replies == []


def test_a_refusal_is_its_sentence(pane: Pane, front: FrontEnd) -> None:
    def refuse(args: dict[str, Any]) -> None:
        raise FitError("Three runs cannot carry five coefficients.", remedy="Add runs.")

    pane.on_ask("fit", refuse)
    view = front.view()
    view.ask("fit")
    assert view.replies[0]["ok"] is False
    assert view.replies[0]["error"] == "Three runs cannot carry five coefficients. Add runs."


def test_no_stack_trace_reaches_the_screen(
    pane: Pane, front: FrontEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(pane, "_log_trace", logged.append)
    pane._asks._complain = logged.append
    pane.on_ask("fit", lambda args: 1 / 0)
    pane.on_ask("odd", lambda args: object())
    view = front.view()
    view.ask("fit")
    view.ask("odd")
    assert "ZeroDivisionError" in view.replies[0]["error"]
    assert "Traceback" not in view.replies[0]["error"]
    assert view.replies[1]["ok"] is False
    assert len(logged) == 2


def test_an_unknown_request_names_the_close_one(pane: Pane, front: FrontEnd) -> None:
    pane.on_ask("reset", lambda args: None)
    view = front.view()
    view.ask("resett")
    assert "'resett' is not the name of something this figure can do" in view.replies[0]["error"]
    assert "reset" in view.replies[0]["error"]


def test_without_a_loop_a_generator_runs_to_its_end(pane: Pane, front: FrontEnd) -> None:
    def fit(args: dict[str, Any]) -> Work:
        for i in range(3):
            yield i, 3, "Fitting"
        return "done"

    pane.on_ask("fit", fit)
    view = front.view()
    view.ask("fit")
    assert view.replies[0]["result"] == "done"
    assert view.progress[0]["label"] == "Fitting"
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_without_a_loop_a_coroutine_runs_too(pane: Pane, front: FrontEnd) -> None:
    async def fit(args: dict[str, Any]) -> str:
        await asyncio.sleep(0)
        return "done"

    pane.on_ask("fit", fit)
    view = front.view()
    view.ask("fit")
    assert view.replies[0]["result"] == "done"


def test_an_async_generator_is_refused_at_once(pane: Pane) -> None:
    async def fit(args: dict[str, Any]) -> Any:
        yield 1

    with pytest.raises(TypeError, match="plain generator"):
        pane.on_ask("fit", fit)


@dataclass
class Progress:
    done: int
    total: int
    phase: str


def counting(seen: list[str]) -> Any:
    def fit(args: dict[str, Any]) -> Work:
        name = str(args.get("name"))
        try:
            for i in range(50):
                yield Progress(i, 50, "Resampling")
        except GeneratorExit:
            seen.append(f"{name} stopped")
            raise
        seen.append(f"{name} finished")
        return name

    return fit


async def settle() -> None:
    for _ in range(200):
        await asyncio.sleep(0)


def test_the_newest_request_wins(pane: Pane, front: FrontEnd) -> None:
    seen: list[str] = []
    pane.on_ask("fit", counting(seen))
    view = front.view()

    async def scene() -> None:
        view.ask("fit", id="a", name="first")
        for _ in range(5):
            await asyncio.sleep(0)
        assert view.progress[0]["id"] == "a"
        assert view.progress[0]["label"] == "Resampling"
        view.ask("fit", id="b", name="second")
        await settle()

    asyncio.run(scene())
    assert seen == ["first stopped", "second finished"]
    answers = {reply["id"]: reply for reply in view.replies}
    assert answers["a"]["cancelled"] is True
    assert answers["b"]["result"] == "second"


def test_a_request_overtaken_before_its_first_step_is_still_answered(pane: Pane, front: FrontEnd) -> None:
    seen: list[str] = []
    pane.on_ask("fit", counting(seen))
    view = front.view()

    async def scene() -> None:
        view.ask("fit", id="a", name="first")
        view.ask("fit", id="b", name="second")
        await settle()

    asyncio.run(scene())
    assert seen == ["second finished"]
    assert {reply["id"] for reply in view.replies} == {"a", "b"}


def test_cancel_stops_the_work_and_is_answered(pane: Pane, front: FrontEnd) -> None:
    seen: list[str] = []
    pane.on_ask("fit", counting(seen))
    view = front.view()

    async def scene() -> None:
        view.ask("fit", id="a", name="it")
        for _ in range(5):
            await asyncio.sleep(0)
        front.tell({"type": "cancel", "view": view.id, "id": "a"})
        await settle()

    asyncio.run(scene())
    assert seen == ["it stopped"]
    (reply,) = view.replies
    assert reply["cancelled"] is True


def test_a_cancelled_coroutine_is_answered(pane: Pane, front: FrontEnd) -> None:
    async def wait(args: dict[str, Any]) -> None:
        await asyncio.sleep(60)

    pane.on_ask("wait", wait)
    view = front.view()

    async def scene() -> None:
        view.ask("wait", id="a")
        await asyncio.sleep(0)
        front.tell({"type": "cancel", "view": view.id, "id": "a"})
        await settle()

    asyncio.run(scene())
    assert view.replies[0]["cancelled"] is True


def test_other_actions_go_on_beside_it(pane: Pane, front: FrontEnd) -> None:
    seen: list[str] = []
    pane.on_ask("fit", counting(seen))
    pane.on_ask("export", lambda args: "text")
    view = front.view()

    async def scene() -> None:
        view.ask("fit", id="a", name="it")
        await asyncio.sleep(0)
        view.ask("export", id="b")
        await settle()

    asyncio.run(scene())
    assert [reply["id"] for reply in view.replies] == ["b", "a"]
    assert seen == ["it finished"]


def test_closing_the_figure_stops_its_work(pane: Pane, front: FrontEnd) -> None:
    seen: list[str] = []
    pane.on_ask("fit", counting(seen))
    view = front.view()

    async def scene() -> None:
        view.ask("fit", id="a", name="it")
        for _ in range(3):
            await asyncio.sleep(0)
        pane.close()
        await settle()

    asyncio.run(scene())
    assert seen == ["it stopped"]


def test_a_rest_is_no_progress_and_a_caller_without_a_loop_goes_on(pane: Pane, front: FrontEnd) -> None:
    def handler(args: dict) -> object:
        yield Rest(0.01)
        yield 1, 2, "Half"
        return "done"

    pane.on_ask("fit", handler)
    view = front.view()
    view.ask("fit", id="a")
    assert [message["label"] for message in view.progress] == ["Half"]

    async def scene() -> None:
        view.ask("fit", id="b")
        await asyncio.sleep(0.05)
        await settle()

    asyncio.run(scene())
    assert [(reply["id"], reply["result"]) for reply in view.replies] == [("a", "done"), ("b", "done")]


def test_a_request_can_be_cancelled_while_it_rests(pane: Pane, front: FrontEnd) -> None:
    def handler(args: dict) -> object:
        yield Rest(60.0)
        raise AssertionError("it went on")

    pane.on_ask("fit", handler)
    view = front.view()

    async def scene() -> None:
        view.ask("fit", id="a")
        await asyncio.sleep(0)
        front.tell({"type": "cancel", "view": view.id, "id": "a"})
        await settle()

    asyncio.run(scene())
    assert view.replies[0]["cancelled"] is True


def test_what_nobody_waits_for_goes_on_when_nobody_waits_for_anything_else(
    pane: Pane, front: FrontEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scalewidgets.pane.asks.WAITING", 0.0)
    seen: list[str] = []

    def behind(args: dict) -> object:
        for step in range(3):
            seen.append(f"behind {step}")
            yield step, 3, "Behind"

    def before(args: dict) -> object:
        for step in range(3):
            seen.append(f"before {step}")
            yield Rest(0.01)

    pane.on_ask("later", behind, background=True)
    pane.on_ask("fit", before)
    view = front.view()

    async def scene() -> None:
        view.ask("later", id="a")
        await asyncio.sleep(0)
        view.ask("fit", id="b")
        while len(view.replies) < 2:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(scene(), 20))
    assert seen == ["behind 0", "before 0", "before 1", "before 2", "behind 1", "behind 2"]
    assert [reply["id"] for reply in view.replies] == ["b", "a"]
