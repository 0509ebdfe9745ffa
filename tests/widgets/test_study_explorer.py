"""The study explorer from Python: traits, requests and refusals, without a browser."""

import numpy as np
import pandas as pd
import pytest
from studies.conftest import made_up

import scalewidgets as sw
from scalewidgets.errors import StudyError, UnknownNameError


def _both():
    return pd.concat([made_up(), made_up(sizes=(1e8, 3e8, 1e9, 4e9), name="other")])


@pytest.fixture(scope="module")
def study():
    return sw.study(_both(), fractions=[0.4, 1.0], resamples=10, progress=False)


@pytest.fixture
def explorer(study):
    made = sw.StudyExplorer(study)
    yield made
    made.close()


def ask(widget, action, **args):
    """Ask as a browser does; return the reply."""
    sent = []
    widget._asks._send = sent.append
    widget._on_message(widget, {"type": "ask", "view": "v", "id": "1", "action": action, "args": args}, [])
    return next(message for message in sent if message["type"] == "reply")


def test_it_opens_on_the_family_with_most_to_choose_from(explorer):
    assert explorer.family == "made up"
    assert explorer.state["study.models"] == explorer.models
    assert len(explorer.scene.document.select_one({"name": "luck-all"}).data["y"]) > 4


def test_a_row_opens_a_family_and_everything_follows(explorer):
    assert "error" not in ask(explorer, "change", family="other")
    assert explorer.family == "other"
    assert "other's largest model" in explorer.scene.summary
    explorer.family = "made up"
    assert "made up's largest model" in explorer.scene.summary


def test_another_protocol_is_fitted_anew_and_reset_brings_the_first_back(explorer, study):
    ask(explorer, "change", scored=0.1)
    assert explorer.study.protocol.scored == 0.1
    assert "last 10 %" in explorer.scene.frame["conventions"][0]
    ask(explorer, "change", target="smallest")
    assert "smallest model" in explorer.scene.summary
    ask(explorer, "reset")
    assert explorer.study is study


def test_a_refused_change_leaves_the_screen_as_it_was(explorer, study):
    reply = ask(explorer, "change", drop=1e12)
    assert "error" in reply
    assert explorer.study is study
    assert explorer.state["drop"] == study.protocol.drop


def test_the_cell_that_a_person_chose_is_the_trait_and_the_picture(explorer):
    message = {"type": "state", "view": "v", "state": {"study.models": 3, "study.share": 0.4}}
    explorer._on_message(explorer, message, [])
    assert (explorer.models, explorer.share) == (3, 0.4)
    assert "3 smallest siblings and 40 % of each run" in explorer.to_html()
    explorer.models = 2
    assert "2 smallest siblings" in explorer.scene.summary
    with pytest.raises(UnknownNameError, match="no cell of 9 models"):
        explorer.models = 9
    assert explorer.models == 2


def test_choices_at_another_share_are_fitted_when_asked_for(explorer):
    explorer._on_message(explorer, {"type": "state", "view": "v", "state": {"study.share": 0.4}}, [])
    ask(explorer, "luck", share=0.4)
    assert explorer._view.luck.fraction == 0.4
    assert "ways to pick" in explorer.state["answer.second"] or explorer.models == 4


def test_copied_code_makes_the_same_study(explorer):
    lines = "\n".join(
        run["text"] for line in explorer.scene.frame["code"] for run in line["runs"] if "text" in run
    )
    assert "sw.study(runs, fractions=[0.4, 1.0], resamples=10)" in lines


def test_export_gives_the_table_at_full_precision(explorer):
    reply = ask(explorer, "export", format="csv", state="{}")
    assert repr(float(explorer.study.to_frame()["are"].iloc[0]))[:12] in str(reply)


def test_what_is_no_study_is_refused():
    with pytest.raises(StudyError, match="explored"):
        sw.StudyExplorer("hitchhikers")
    with pytest.raises(TypeError, match="family"):
        sw.StudyExplorer(None, famly="gpt3")


def test_a_study_from_a_file_can_be_explored_but_not_fitted_anew(study, tmp_path):
    study.save(tmp_path / "a.study")
    made = sw.Study.load(tmp_path / "a.study").explore()
    assert '"target"' not in str(made.scene.frame["sections"]).replace("'", '"')
    assert "error" in ask(made, "change", scored=0.1)
    made.close()


def test_the_map_fills_in_as_cells_arrive_and_a_cancelled_one_comes_back(explorer, study):
    cells = explorer.scene.document.select_one({"name": "cells"})
    before = dict(cells.data)
    work = explorer._ask_change({"target": "smallest"})
    seen = []
    for _ in range(4):
        next(work)
        seen.append(sum(text != "" for text in cells.data["text"]))
    assert seen[0] == len(before["text"]), "what was known stays until there is something new"
    assert seen[1:] == sorted(seen[1:])
    assert 0 < seen[1] < len(before["text"]), "cells of one share at a time"
    work.close()
    assert list(cells.data["text"]) == list(before["text"])
    assert explorer.study is study
    assert explorer.state["target"] == "largest"


def test_every_choice_shows_the_middle_one_of_each_cell_between_best_and_worst(explorer):
    assert "error" not in ask(explorer, "change", choices="every")
    every = sw.study(
        _both(), fractions=[0.4, 1.0], families=["made up"], choices="every", progress=False
    ).to_frame()
    errors = every[(every["models"] == 3) & (every["fraction"] == 1.0)]["are"]
    explorer.models, explorer.share = 3, 1.0
    answer = explorer._view.chosen
    assert (answer.low, answer.high) == (errors.min(), errors.max())
    assert answer.are == pytest.approx(np.sort(errors)[(len(errors) - 1) // 2])
    assert "from any 3 of its" in explorer.scene.summary
    assert explorer.state["choices"] == "every"
    ask(explorer, "change", choices="smallest")
    assert "3 smallest siblings" in explorer.scene.summary


def test_a_cell_says_its_interval_to_the_pointer(explorer):
    low, high = explorer._view.chosen.low, explorer._view.chosen.high
    said = explorer.state["answer.hover"]
    assert f"[{100 * low:.1f}, {100 * high:.1f}]" in said
    assert f"{explorer.models} models" in said


def test_three_laws_are_compared_on_the_same_cells(explorer):
    assert "error" not in ask(explorer, "compare")
    law = next(section for section in explorer.scene.frame["sections"] if section["id"] == "law")
    rows = next(item for item in law["items"] if item["kind"] == "table")["rows"]
    assert rows[0]["label"] == explorer.study.law.title
    assert len(rows) == 3
    view = explorer._view
    errors = np.median([answer.are for answer in view.answers])
    assert rows[0]["cells"][0] == f"{100 * errors:.1f} %"
    ask(explorer, "change", family="other")
    assert "'kind': 'table'" not in str(explorer.scene.frame["sections"])


def test_a_table_of_ones_own_replaces_the_collection_and_it_can_be_chosen_again(explorer):
    text = made_up(name="sent").to_csv(index=False)
    assert "error" not in ask(explorer, "open-table", name="runs.csv", text=text)
    assert explorer.family == "sent"
    section = explorer.scene.frame["sections"][0]
    assert [option["label"] for option in section["items"][0]["options"]] == [
        "Hitchhiker's Guide",
        "runs.csv",
    ]
    assert "doubt" not in str(explorer.scene.frame)
    mine = made_up().drop(columns="family").rename(columns={"loss": "y"}).to_csv(index=False)
    assert "error" not in ask(explorer, "open-table", name="runs.csv", text=mine)
    assert explorer.family == "runs"  # a table of one's own that tells no families apart
    assert "y is read as loss by its values" in str(explorer.scene.frame["sections"][0])
    assert "1 doubt about the table, under Collection" in str(explorer.scene.frame["trust"])
    assert "error" not in ask(explorer, "open-table", name="runs.csv", text=text)
    reply = ask(explorer, "open-table", name="runs.csv", text="params,loss\n1,2\n")
    assert "error" in reply
    assert explorer.family == "sent"
