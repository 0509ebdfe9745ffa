"""Two views of one figure stay in step, and nothing is sent twice."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest
from bokeh.models import Label, Span

from scalewidgets.errors import PaneError
from scalewidgets.pane import Pane

from .front_end import FrontEnd, View
from .scenes import scatter_scene


@pytest.fixture
def pane() -> Pane:
    return Pane(scatter_scene())


@pytest.fixture
def front(pane: Pane) -> FrontEnd:
    return FrontEnd(pane)


def runs(pane: Pane) -> Any:
    assert pane.scene is not None
    return pane.scene.document.get_model_by_name("runs")


def test_nothing_is_sent_before_a_view_asks(pane: Pane, front: FrontEnd) -> None:
    runs(pane).data = {"params": [1.0], "loss": [2.0], "label": ["a"]}
    assert front.sent == []


def test_a_change_between_construction_and_display_is_not_lost(pane: Pane, front: FrontEnd) -> None:
    pane.scene.document.get_model_by_name("main").title.text = "Changed before display"
    view = front.view()
    assert view.named("main").title.text == "Changed before display"
    assert view.revision == front.of("doc")[0]["revision"]
    assert [message["type"] for message, _ in front.sent] == ["doc"]


def test_columns_travel_as_binary_frames_and_arrive_exactly(front: FrontEnd) -> None:
    view = front.view()
    ((message, buffers),) = front.sent
    assert len(buffers) == len(message["buffer_ids"]) == 2
    np.testing.assert_array_equal(view.named("runs").data["loss"], [3.0, 2.6, 2.3])


def test_a_patch_that_the_document_already_holds_is_not_applied_twice(pane: Pane, front: FrontEnd) -> None:
    first = front.view()
    source = runs(pane)
    late = View(front)
    front.views.append(late)  # it hears the patches of others before it has a document
    source.stream({"params": [1e11], "loss": [2.1], "label": ["new"]})
    late.open()
    assert len(first.named("runs").data["loss"]) == 4
    assert len(late.named("runs").data["loss"]) == 4
    source.stream({"params": [1e12], "loss": [2.0], "label": ["newer"]})
    assert len(late.named("runs").data["loss"]) == len(first.named("runs").data["loss"]) == 5


def test_one_change_is_one_message_however_many_columns(pane: Pane, front: FrontEnd) -> None:
    front.view()
    front.sent.clear()
    runs(pane).data = {"params": np.ones(50), "loss": np.ones(50), "label": ["x"] * 50}
    assert [message["type"] for message, _ in front.sent] == ["patch"]
    assert len(front.sent[0][1]) == 2


def test_a_whole_redraw_is_one_message(pane: Pane, front: FrontEnd) -> None:
    view = front.view()
    front.sent.clear()
    plot = pane.scene.document.get_model_by_name("main")
    with pane.hold():
        plot.title.text = "a"
        plot.title.text = "b"
        plot.x_range.start = 1.0
        runs(pane).data = {"params": [1.0], "loss": [2.0], "label": ["a"]}
    assert len(front.sent) == 1
    assert len(front.sent[0][0]["content"]["events"]) == 3
    assert view.named("main").title.text == "b"
    assert view.named("x").start == 1.0


def test_a_selection_reaches_the_other_view_and_each_callback_runs_once(pane: Pane, front: FrontEnd) -> None:
    one, two = front.view(), front.view()
    calls: list[list[int]] = []
    runs(pane).selected.on_change("indices", lambda attr, old, new: calls.append(list(new)))
    front.sent.clear()
    with one.person():
        one.named("runs").selected.indices = [1, 2]
    assert calls == [[1, 2]]
    assert two.named("runs").selected.indices == [1, 2]
    assert [m["origin"] for m in front.of("patch")] == [one.id]
    assert one.applied == []
    with two.person():
        two.named("runs").selected.indices = [0]
    assert calls == [[1, 2], [0]]
    assert one.named("runs").selected.indices == [0]


def test_what_a_callback_changes_reaches_the_view_that_caused_it(pane: Pane, front: FrontEnd) -> None:
    one, two = front.view(), front.view()
    title = pane.scene.document.get_model_by_name("main").title
    runs(pane).selected.on_change(
        "indices", lambda attr, old, new: setattr(title, "text", f"{len(new)} chosen")
    )
    with one.person():
        one.named("runs").selected.indices = [1, 2]
    assert one.named("main").title.text == two.named("main").title.text == "2 chosen"
    assert [m["origin"] for m in front.of("patch")] in ([one.id, None], [None, one.id])


def test_columns_edited_in_the_browser_arrive_whole(pane: Pane, front: FrontEnd) -> None:
    one, two = front.view(), front.view()
    with one.person():
        one.named("runs").data = {
            "params": np.array([5.0, 6.0]),
            "loss": np.array([1.5, 1.25]),
            "label": ["a", "b"],
        }
    np.testing.assert_array_equal(runs(pane).data["loss"], [1.5, 1.25])
    np.testing.assert_array_equal(two.named("runs").data["loss"], [1.5, 1.25])


def test_a_model_added_later_reaches_old_and_new_views(pane: Pane, front: FrontEnd) -> None:
    early = front.view()
    plot = pane.scene.document.get_model_by_name("main")
    plot.add_layout(Span(name="mark", location=1e9, dimension="height"))
    late = front.view()
    plot.select_one({"name": "mark"}).location = 2e9
    assert early.named("mark").location == late.named("mark").location == 2e9
    with late.person() as document:
        late.named("main").add_layout(Label(name="note", x=1, y=1, text="mine"))
        assert document.get_model_by_name("note") is not None
    assert early.named("note").text == "mine"


def test_a_patch_for_a_document_that_is_gone_brings_the_present_one(pane: Pane, front: FrontEnd) -> None:
    view = front.view()
    front.sent.clear()
    event = {"kind": "ModelChanged", "model": {"id": "p0-unknown"}, "attr": "text", "new": "x"}
    front.tell({"type": "patch", "view": view.id, "content": {"events": [event]}, "buffer_ids": []})
    assert [message["type"] for message, _ in front.sent] == ["doc"]


@pytest.mark.parametrize(
    "message",
    [
        None,
        "text",
        {},
        {"type": "patch"},
        {"type": "patch", "view": "x"},
        {"type": "patch", "view": "x", "content": 3, "buffer_ids": []},
        {"type": "state", "view": "x", "state": [1]},
        {"type": "ask", "view": "x"},
        {"type": "nonsense", "view": "x"},
        {"type": "need-doc", "view": 3},
    ],
)
def test_a_broken_message_does_not_stop_the_next(pane: Pane, front: FrontEnd, message: Any) -> None:
    pane._on_message(pane, message, [])
    assert front.view().named("main") is not None


def test_a_cell_s_change_does_not_wait_in_the_batch_of_another_thread(pane: Pane, front: FrontEnd) -> None:
    view = front.view()
    gathering, go_on = threading.Event(), threading.Event()

    def message() -> None:
        with pane._feed.gather():
            gathering.set()
            assert go_on.wait(10)

    thread = threading.Thread(target=message)
    thread.start()
    assert gathering.wait(10)
    pane.scene.document.get_model_by_name("main").title.text = "from the cell"
    assert view.named("main").title.text == "from the cell"
    go_on.set()
    thread.join()


def test_an_older_page_is_told_in_words(front: FrontEnd) -> None:
    view = View(front)
    front.views.append(view)
    view.open(protocol=0)
    assert view.document is None
    assert view.message is not None
    assert "0.1.0" in view.message
    assert "Restart the kernel" in view.message


def test_bokehjs_is_sent_only_when_asked_for_as_one_binary_frame(front: FrontEnd) -> None:
    view = front.view()
    assert front.of("bokehjs") == []
    front.tell({"type": "need-bokehjs", "view": view.id, "have": None})
    ((message, buffers),) = [item for item in front.sent if item[0]["type"] == "bokehjs"]
    assert message["view"] == view.id
    assert len(buffers) == 1
    assert len(buffers[0]) > 1_000_000
    assert b"Bokeh" in buffers[0]


def test_state_set_in_one_view_reaches_the_others_and_the_kernel_once(pane: Pane, front: FrontEnd) -> None:
    one, two = front.view(), front.view()
    heard: list[dict[str, Any]] = []
    pane.on_state(heard.append)
    front.sent.clear()
    one.set_state(**{"target.params": 1e9})
    assert heard == [{"target.params": 1e9}]
    assert pane.state["target.params"] == two.state["target.params"] == 1e9
    assert [m["origin"] for m in front.of("state")] == [one.id]
    one.set_state(**{"target.params": 1e9})
    assert len(heard) == 1
    pane.set_values({"target.params": np.float64(2e9), "nan": float("nan")})
    assert one.state["target.params"] == two.state["target.params"] == 2e9
    assert one.state["nan"] is None
    assert len(heard) == 1
    assert front.view().state["target.params"] == 2e9


def test_a_closed_view_is_forgotten(pane: Pane, front: FrontEnd) -> None:
    view = front.view()
    view.close()
    front.sent.clear()
    runs(pane).selected.indices = [1]
    assert front.sent == []


def test_close_ends_everything(pane: Pane, front: FrontEnd) -> None:
    front.view()
    document = pane.scene.document
    pane.close()
    assert document.callbacks.change_callbacks() == ()
    front.sent.clear()
    document.get_model_by_name("main").title.text = "after"
    front.tell({"type": "need-doc", "view": "late", "protocol": 1, "version": "0.1.0"})
    assert front.sent == []
    assert pane.scene is None
    pane.close()
    with pytest.raises(PaneError, match="closed"):
        pane.show(scatter_scene())


def test_a_pane_that_nobody_holds_lets_its_document_go() -> None:
    pane = Pane(scatter_scene())
    document = weakref.ref(pane.scene.document)
    pane.close()
    del pane
    gc.collect()
    assert document() is None


def test_a_pane_without_a_scene_draws_it_when_it_comes() -> None:
    pane = Pane()
    front = FrontEnd(pane)
    view = front.view()
    assert view.document is None
    pane.show(scatter_scene())
    assert view.named("main") is not None
    assert len(front.of("doc")) == 1


def test_a_misspelt_keyword_is_named() -> None:
    with pytest.raises(TypeError, match=r"no argument 'lay0ut'\. Did you mean 'layout'\?"):
        Pane(scatter_scene(), lay0ut=None)
