"""The screen of a study: what is drawn and said is what the study holds."""

import json

import numpy as np
import pytest
from studies.conftest import made_up

import scalewidgets as sw
from scalewidgets.figures.frame import render_text
from scalewidgets.figures.study import make_view, study_scene
from scalewidgets.figures.study.columns import columns, moved
from scalewidgets.figures.study.plots import opacity
from scalewidgets.figures.study.view import Luck, between, error, percent


@pytest.fixture(scope="module")
def study():
    return sw.study(made_up(), fractions=[0.4, 1.0], choices="every", resamples=20, progress=False)


@pytest.fixture(scope="module")
def view(study):
    return make_view(study, "made up")


def test_the_sentence_is_the_framed_cell(view):
    scene = study_scene(view)
    said = render_text(scene.frame["sentence"], scene.state)
    chosen = view.chosen
    assert f"misses by {percent(chosen.are)} {between(chosen.low, chosen.high)}" in said
    frame = scene.document.select_one({"name": "chosen"}).data
    cells = scene.document.select_one({"name": "cells"}).data
    here = (np.array(cells["x"]) == frame["x"][0]) & (np.array(cells["y"]) == frame["y"][0])
    assert np.array(cells["text"])[here] == [error(chosen.are)]
    assert scene.summary.startswith(said)


def test_choosing_any_cell_puts_its_own_numbers_on_screen(study, view):
    for answer in view.answers:
        there = moved(view)[f"{answer.models}|{answer.fraction:g}"]
        fresh = make_view(study, "made up", models=answer.models, fraction=answer.fraction, luck=view.luck)
        assert there["state"]["answer.are"] == percent(answer.are)
        assert json.dumps(there["columns"], default=list) == json.dumps(
            columns(fresh, fresh.chosen), default=list
        )


def test_every_choice_is_drawn_not_only_the_first(study, view):
    luck = Luck.of(study, "made up", 1.0)
    assert [len(luck.errors[count]) for count in (2, 3, 4)] == [6, 4, 1]
    scene = study_scene(view)
    drawn = scene.document.select_one({"name": "luck-all"}).data["y"]
    assert len(drawn) == 11
    assert "ways to pick" in scene.state["answer.second"] or view.models == 4


def test_a_cell_with_two_sizes_says_that_it_is_open(study):
    two = make_view(study, "made up", models=2, fraction=1.0)
    scene = study_scene(two)
    assert "leave a coefficient open" in scene.state["answer.second"]
    trusted = [render_text([item], scene.state) for item in scene.frame["trust"]]
    assert any(words.startswith("Equally good fits miss by") for words in trusted)


def test_better_cells_are_bluer_and_words_on_them_stay_readable():
    shades = [opacity(value) for value in (0.004, 0.01, 0.05, 0.2, 0.5)]
    assert shades == sorted(shades, reverse=True)
    assert max(shades) <= 0.6
    assert opacity(float("nan")) == 0


def test_the_prediction_is_the_law_of_the_cell(study, view):
    chosen = view.chosen
    band = view.card.band
    said = study.predict("made up", chosen.models, chosen.fraction, N=band["N"], D=band["D"])
    assert chosen.said == pytest.approx(said)
    assert chosen.band is not None
    assert np.all(chosen.band[0] <= chosen.band[1])


def test_both_themes_have_a_still_picture_with_every_figure(view):
    scene = study_scene(view)
    light, dark = scene.to_svg("light"), scene.to_svg("dark")
    for picture in (light, dark):
        assert "How lucky is the choice?" in picture
        assert "Which families can be predicted?" in picture
    assert light != dark
    assert scene.to_json() == study_scene(view).to_json()


def test_a_table_of_ones_own_has_its_name_its_digits_and_what_was_left_out_on_screen():
    bad = made_up().drop(columns="family")
    bad.loc[3, "loss"] = np.nan
    made = sw.study(bad, fractions=[1.0], progress=False)
    shown = study_scene(make_view(made, "runs"))
    assert shown.state["answer.subject"].startswith("The largest model, predicted from")
    # Of several lines of a note one is shown: what was left out is a note of its own.
    items = [item for part in shown.frame["sections"] for item in part["items"]]
    notes = [render_text(item["lines"], shown.state) for item in items if item["kind"] == "note"]
    assert made.left_out[0] in notes
    assert error(0.0012) == "0.12"
    assert (error(0.009), error(0.23)) == ("0.9", "23")


def test_a_study_without_intervals_or_choices_says_so():
    bare = sw.study(made_up(), fractions=[1.0], progress=False)
    view = make_view(bare, "made up", models=3)
    scene = study_scene(view)
    assert view.luck is None
    assert scene.state["answer.range"] == ""
    assert "resamples=" in json.dumps(scene.frame["sections"])
