"""What reading a table left open stands on every screen that rests on the table, where a person sees it."""

import pytest

import scalewidgets as sw


@pytest.fixture(scope="module")
def bare():
    """Runs whose sizes can be read in two ways: the reader says which it took."""
    runs = sw.load("chinchilla")
    runs = runs.drop(index=runs.attrs["default_exclusions"]["index"]).iloc[::2]
    table = runs[["params", "tokens", "loss"]].assign(
        params=runs["params"] / 1e9, tokens=runs["tokens"] / 1e9
    )
    table.attrs = {}
    return table


@pytest.fixture(scope="module")
def fit(bare):
    return sw.fit(sw.read_runs(bare), resamples=30, starts=0)


def _told(widget, section, heading):
    frame = widget.scene.frame
    widget.close()
    notes = str(next(part for part in frame["sections"] if part["id"] == section))
    assert "is read in billions" in notes
    assert "to do: sw.check(runs)" in notes
    assert f"about the table, under {heading}" in str(frame["trust"])


def test_doubts_about_the_table_stand_beside_the_next_runs(fit):
    _told(sw.NextRuns(fit, dollars=1e5), "done", "Runs done")


def test_doubts_about_the_table_stand_beside_the_three_approaches(fit):
    _told(sw.Approaches(fit, dollars=1e5), "runs", "Runs")


def test_doubts_about_the_table_stand_beside_the_plan(fit):
    _told(sw.ComputeAllocator(fit, dollars=1e5), "law", "Law")


def test_doubts_about_one_recipe_name_it(bare):
    widget = sw.LawFitter({"plain": sw.load("chinchilla"), "typed": bare}, resamples=30)
    assert "typed: " in str(widget.scene.frame["sections"][0])
    assert "plain: " not in str(widget.scene.frame["sections"][0])
    _told(widget, "recipes", "Recipes")


def test_a_public_table_is_not_doubted():
    widget = sw.Approaches("chinchilla", dollars=1e5)
    assert "about the table" not in str(widget.scene.frame)
    widget.close()
