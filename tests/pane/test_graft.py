"""After a refit only what differs travels, and what a person did in the views stays."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from scalewidgets.figures.sketch import Sketch
from scalewidgets.pane import Pane

from .front_end import FrontEnd
from .scenes import scatter_scene


@pytest.fixture
def pane() -> Pane:
    return Pane(scatter_scene())


@pytest.fixture
def front(pane: Pane) -> FrontEnd:
    return FrontEnd(pane)


def test_a_refit_sends_one_small_patch_and_the_new_words(pane: Pane, front: FrontEnd) -> None:
    view = front.view()
    front.sent.clear()
    pane.show(scatter_scene([3.1, 2.5, 2.2], title="After the refit"))
    assert [message["type"] for message, _ in front.sent] == ["patch", "scene"]
    patch, buffers = front.sent[0]
    changed = {(event["kind"], event["attr"]) for event in patch["content"]["events"]}
    assert changed == {("ColumnDataChanged", "data"), ("ModelChanged", "text")}
    assert len(buffers) == 2
    np.testing.assert_array_equal(view.named("runs").data["loss"], [3.1, 2.5, 2.2])
    assert view.named("main").title.text == "After the refit"
    assert view.scene["summary"] == "3 runs; the best has a loss of 2.2."
    assert "document" not in view.scene


def test_the_same_scene_again_sends_no_patch(pane: Pane, front: FrontEnd) -> None:
    front.view()
    front.sent.clear()
    pane.show(scatter_scene())
    assert front.of("patch") == []


def test_zoom_and_selection_survive_a_refit(pane: Pane, front: FrontEnd) -> None:
    view = front.view()
    with view.person():
        view.named("x").start = 1e8
        view.named("runs").selected.indices = [1]
    pane.show(scatter_scene([3.1, 2.5, 2.2]))
    assert view.named("x").start == 1e8
    assert view.named("runs").selected.indices == [1]


def test_a_range_that_the_figure_itself_changed_wins_over_the_zoom(pane: Pane, front: FrontEnd) -> None:
    view = front.view()
    with view.person():
        view.named("y").end = 9.0
    wider = scatter_scene([3.1, 2.5, 1.2])
    wider.document.get_model_by_name("y").update(start=1.0, end=4.0)
    pane.show(wider)
    assert (view.named("y").start, view.named("y").end) == (1.0, 4.0)


def test_a_sketch_changes_columns_and_words_and_the_scene_that_follows_finds_them_there(
    pane: Pane, front: FrontEnd
) -> None:
    view = front.view()
    later = scatter_scene([3.1, 2.5, 2.2])
    runs = later.document.get_model_by_name("runs").data
    frame = {"sentence": [{"runs": [{"text": "Fresh."}], "when": {}}]}
    sketch = Sketch(
        columns={"runs": runs, "not there": {"x": [1.0]}},
        frame=frame,
        state={"target.params": 1e9},
        arrays={"noise": np.array([0.5, 0.25])},
        summary="Fresh.",
    )
    drawn, before = pane.scene.document, pane.scene
    front.sent.clear()
    pane.sketch(sketch)
    ((message, buffers),) = front.sent
    assert message["type"] == "sketch"
    assert "target.params" in message["parts"]["state"]
    assert pane.scene.document is drawn
    assert pane.state == {**before.state, "target.params": 1e9}
    assert {**pane.scene.frame} == {**before.frame, **frame}
    np.testing.assert_array_equal(view.named("runs").data["loss"], [3.1, 2.5, 2.2])
    at = message["buffer_ids"].index(message["parts"]["arrays"]["noise"]["id"])
    np.testing.assert_array_equal(np.frombuffer(buffers[at]), [0.5, 0.25])
    front.sent.clear()
    pane.show(later)
    assert front.of("patch") == [], "nothing is left to be said about the columns"


def test_a_sketch_says_nothing_of_what_stays_the_same(pane: Pane, front: FrontEnd) -> None:
    front.view()
    runs = pane.scene.document.get_model_by_name("runs").data
    front.sent.clear()
    pane.sketch(Sketch(columns={"runs": dict(runs)}, state=pane.state))
    ((message, buffers),) = front.sent
    assert message["content"]["events"] == []
    assert message["parts"]["state"] == {}
    assert buffers == []


def test_another_structure_is_drawn_afresh_in_every_view(pane: Pane, front: FrontEnd) -> None:
    one, two = front.view(), front.view()
    before = pane.scene.document
    pane.show(scatter_scene(line=True))
    assert one.named("curve") is not None
    assert two.named("curve") is not None
    assert before.callbacks.change_callbacks() == ()
    front.sent.clear()
    before.get_model_by_name("main").title.text = "nobody hears"
    assert front.sent == []
    pane.scene.document.get_model_by_name("main").title.text = "heard"
    assert one.named("main").title.text == "heard"


def test_theme_lists_name_the_models_that_the_views_have(pane: Pane, front: FrontEnd) -> None:
    view = front.view()
    ids = {model.id for model in view.document.models}
    pane.show(scatter_scene(colours=("#c2410c", "#ff9a52")))
    dark = view.scene["themes"]["dark"]
    assert [entry[2] for entry in dark] == ["#ff9a52"]
    assert {entry[0] for entry in dark} <= ids
    assert view.named("dots").glyph.fill_color.value == "#c2410c"


def test_state_follows_the_new_scene(pane: Pane, front: FrontEnd) -> None:
    view = front.view()
    view.set_state(**{"target.params": 1e9})
    assert pane.scene.state["target.params"] == 1e9
    pane.show(scatter_scene(state={"target.params": 3e9}))
    assert view.state == pane.state == {"target.params": 3e9}


def test_new_words_around_the_same_document_send_no_patch(pane: Pane, front: FrontEnd) -> None:
    view = front.view()
    front.sent.clear()
    pane.show(dataclasses.replace(pane.scene, summary="Nothing moved."))
    assert [message["type"] for message, _ in front.sent] == ["scene"]
    assert view.scene["summary"] == "Nothing moved."


def test_nan_in_a_column_is_no_difference(pane: Pane, front: FrontEnd) -> None:
    pane.show(scatter_scene([3.0, float("nan"), 2.3]))
    front.view()
    front.sent.clear()
    pane.show(scatter_scene([3.0, float("nan"), 2.3]))
    assert front.of("patch") == []


def test_a_view_opened_after_a_refit_is_current(pane: Pane, front: FrontEnd) -> None:
    pane.show(scatter_scene([1.0, 2.0, 3.0]))
    view: Any = front.view()
    np.testing.assert_array_equal(view.named("runs").data["loss"], [1.0, 2.0, 3.0])
