"""A study as a value, in words and on the way."""

import sys

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.studies import Study, progress
from scalewidgets.studies.progress import StudyProgress

from .conftest import made_up


@pytest.fixture(scope="module")
def study(runs):
    return sw.study(runs, fractions=[0.4, 1.0], resamples=20, progress=False)


def test_a_study_comes_back_from_its_file(study, tmp_path):
    study.save(tmp_path / "a.study")
    back = Study.load(tmp_path / "a.study")
    assert back.to_dict() == study.to_dict()
    assert back.report() == study.report()
    with pytest.raises(sw.errors.StudyError, match="not at hand"):
        back.against_reference()


def test_the_table_is_tidy(study):
    table = study.to_frame()
    assert len(table) == len(study) == 2 * 3
    assert {"family", "models", "fraction", "chosen", "are", "low", "high", "status", "scale_up"} <= set(
        table
    )
    assert (table["low"] < table["high"]).all()
    law = table.iloc[-1]
    again = sw.law("chinchilla").value(
        {"N": 3e9, "D": 1e11}, {n: law[n] for n in study.law.coefficient_names}
    )
    assert again == pytest.approx(study.predict("made up", 4, 1.0, N=3e9, D=1e11))
    assert list(study.map("made up").columns) == [0.4, 1.0]


def test_the_report_says_what_was_done(study):
    text = study.report()
    assert text.startswith(study.sentence)
    assert "squared_raw" in text
    assert "the smallest siblings" in text
    assert study.data_hash[:16] in text


def test_names_from_a_table_cannot_become_markup():
    odd = sw.study(made_up(name="<img src=x onerror=alert(1)>"), fractions=[1.0], progress=False)
    assert "<img" not in odd._repr_html_()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"fractions": [0.5, 2]}, "shares of a run"),
        ({"model_counts": "many"}, "numbers of models"),
        ({"choices": "luckiest"}, "smallest, nearest or every"),
        ({"target": "median"}, "largest or smallest"),
        ({"scored": 30}, "share between 0 and 1"),
        ({"drop": -1}, "number of tokens"),
        ({"resamples": 1.5}, "whole number"),
        ({"families": ["made"]}, "made up"),
        ({"preset": "hitchhiker"}, "hitchhikers"),
        ({"law": "chinchila"}, "chinchilla"),
        ({"model_counts": [99]}, "The largest has 4 beside"),
        ({"start": {"E": 1.0, "A": 400.0, "B": 400.0, "alpha": 0.3}}, "no value for beta"),
        ({"start": {"E": 1.0, "A": -4.0, "B": 4.0, "alpha": 0.3, "beta": 0.3}}, "A=-4.0, which is no value"),
    ],
)
def test_wrong_settings_are_refused_with_the_remedy(runs, given, words):
    with pytest.raises(sw.errors.ScaleWidgetsError, match=words):
        sw.study(runs, progress=False, **given)


def test_a_table_that_cannot_be_followed_over_tokens_is_refused(runs):
    with pytest.raises(sw.errors.StudyError, match="tokens"):
        sw.study(runs.drop(columns="tokens"), progress=False)
    with pytest.raises(sw.errors.StudyError, match="needs runs"):
        sw.study()
    with pytest.raises(sw.errors.StudyError, match="needs U"):
        sw.study(runs, sw.Law("E + A / (N**alpha * U**gamma)", inputs=["N", "U"]), progress=False)


def test_progress_is_told_until_all_is_done(runs):
    seen = []
    sw.study(runs, fractions=[1.0], resamples=5, progress=seen.append)
    assert seen[0].done == 0
    assert (seen[-1].phase, seen[-1].done) == ("intervals", seen[-1].total)
    assert seen[-1].label == "3 of 3 intervals"


def test_a_terminal_shows_one_line(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    tell = progress._Line()
    tell(StudyProgress(0, 340, "laws"))
    tell.last = 0.0
    tell(StudyProgress(170, 340, "laws"))
    tell(StudyProgress(340, 340, "laws"))
    shown = capsys.readouterr().err
    assert "\r170 of 340 laws, about 0 s left" in shown
    assert shown.endswith("340 of 340 laws\n") or shown.rstrip(" \n").endswith("340 of 340 laws")


def test_a_notebook_shows_a_bar_that_goes_away(monkeypatch):
    pages = []

    class Handle:
        def update(self, page):
            pages.append(page)

    display = pytest.importorskip("IPython.display")
    monkeypatch.setattr(display, "display", lambda page, display_id: pages.append(page) or Handle())
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    bar = progress._Bar()
    bar.last = 0.0
    bar(StudyProgress(1, 4, "laws"))
    bar(StudyProgress(4, 4, "laws"))
    assert 'value="1" max="4"' in pages[0].data
    assert pages[-1].data == ""


def test_nothing_is_shown_where_nobody_looks(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    assert progress.shown(None) is None
    assert progress.shown(False) is None
    assert progress.shown(print) is print


def test_a_family_that_never_gets_good_is_skipped_with_the_reason():
    from scalewidgets.studies import GUIDE

    bad = made_up(name="bad")
    bad["loss"] *= 20
    import pandas as pd

    made = sw.study(
        pd.concat([bad, made_up()]), preset="hitchhikers", fractions=[1.0], drop=0.0, progress=False
    )
    assert [card.name for card in made.studied] == ["made up"]
    assert "stops at 10" in made.report()
    assert GUIDE.worst == 10.0
    assert np.isfinite(made.families_frame()["are@1"]).all()


def test_a_table_of_ones_own_without_families_can_be_studied(tmp_path, runs):
    runs.drop(columns="family").to_csv(tmp_path / "mine.csv", index=False)
    read = sw.read_runs(tmp_path / "mine.csv")
    assert "family" in read.columns  # a tidy table always has the column
    made = sw.study(read, fractions=[1.0], progress=False)
    assert [card.name for card in made.families] == ["runs"]
    assert made.left_out == ()
    assert np.isfinite(made.to_frame()["are"]).all()


def test_what_no_law_sees_is_said_with_its_place_and_kept_in_the_file(runs, tmp_path):
    bad = runs.copy()
    bad.loc[7, "loss"] = np.nan
    bad.loc[[11, 12], "tokens"] = [-1, np.inf]
    two = made_up(sizes=(1e8, 2e8), name="two sizes")
    nobody = made_up(name=None)
    table = pd.concat([bad, two, nobody], ignore_index=True)
    made = sw.study(table, fractions=[1.0], progress=False)
    assert made.left_out == (
        f"3 of {len(runs) + len(two)} rows have no number above zero in tokens or loss and are left out "
        "(row 7 is the first).",
        "1 family has fewer than three sizes and is left out: two sizes (2).",
        f"{len(nobody)} rows belong to no family and are left out.",
    )
    assert all(words in made.report() for words in made.left_out)
    made.save(tmp_path / "a.study")
    assert Study.load(tmp_path / "a.study").left_out == made.left_out
    assert sw.study(runs, fractions=[1.0], progress=False).left_out == ()


def test_nothing_is_made_of_what_a_study_does_not_have(study):
    for ask, words in (
        (lambda: study.luck("made up", 0.7), "no laws at 0.7 of the run. Its shares are 0.4, 1"),
        (lambda: study.families_frame([0.3]), "no laws at 0.3"),
        (lambda: study.predict("made up", 9, 1.0, N=1e9, D=1e10), "no law of made up from 9 models"),
        (lambda: study.predict("made up", 4, 1.0, N="7B", D=1e10), "N='7B' is not a number"),
        (lambda: study.map("made up", "arre"), "Did you mean are"),
    ):
        with pytest.raises(sw.errors.ScaleWidgetsError, match=words):
            ask()


def test_a_study_that_cannot_be_saved_leaves_what_was_there(study, tmp_path, monkeypatch):
    path = tmp_path / "a.study"
    study.save(path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scalewidgets.studies.store.Store.add", full)
    with pytest.raises(sw.errors.StudyError, match="no space left"):
        study.save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.study"]
    with pytest.raises(sw.errors.StudyError, match="cannot be written"):
        study.save(tmp_path)
    with pytest.raises(sw.errors.StudyError, match="no folder"):
        study.save(tmp_path / "none" / "a.study")
