"""What stands beside the fit: the map with it, other laws after it, and neither in the way of a person."""

from __future__ import annotations

import pytest

import scalewidgets as sw
from scalewidgets.figures.still import unsupported
from scalewidgets.widgets import law_fitter


@pytest.fixture(scope="module")
def fitter():
    widget = sw.LawFitter(sw.load("chinchilla"), resamples=60)
    yield widget
    widget.close()


def _data(widget, name: str):
    return widget.scene.document.get_model_by_name(name).data


@pytest.fixture(autouse=True)
def _row_by_row(monkeypatch):
    """However fast the machine is, every row has a screen of its own."""
    monkeypatch.setattr(law_fitter, "SHOWN_TOGETHER", 0.0)


def _steps(widget):
    return widget._ask_other_laws({})


def test_the_fit_is_shown_before_other_laws_are_fitted():
    widget = sw.LawFitter(sw.load("chinchilla"), resamples=20)
    assert widget.state["others.pending"] is True
    assert widget.state["others.words"] == "Fitting 3 other laws…"
    assert len(_data(widget, "laws-answer")["x"]) == 1
    assert len(_data(widget, "laws-plain")["x"]) == 0
    assert list(_data(widget, "laws-titles")["text"]) == ["Tied exponents", "Coupled", "Kaplan"]
    widget.close()


def test_the_figure_fills_in_and_a_refuted_law_is_marked(fitter):
    fitter.compare_laws()
    assert fitter.state["others.pending"] is False
    assert fitter.state["others.words"] == "Three agree within 0.8 %. Kaplan misses the blind runs"
    assert len(_data(fitter, "laws-plain")["x"]) == 2
    assert _data(fitter, "laws-refuted")["x"][0] == pytest.approx(1.980, abs=1e-3)
    assert list(_data(fitter, "laws-errors-refuted")["text"]) == ["2.1 %"]
    assert list(_data(fitter, "laws-errors")["text"]) == ["1.1 %", "0.8 %", "0.9 %"]
    assert list(_data(fitter, "rival-label")["text"]) == ["Coupled"]
    assert unsupported(fitter.scene.document) == []
    assert "Kaplan misses the blind runs" in fitter.scene.to_svg()


def test_what_a_person_moved_meanwhile_stays():
    widget = sw.LawFitter(sw.load("chinchilla"), resamples=20)
    moved = {"coef.alpha": 0.36, "target.tokens": 3e12, "fixed.alpha": True}
    widget._on_message(widget, {"type": "state", "view": "v", "state": moved}, [])
    widget.compare_laws()
    assert widget.state["coef.alpha"] == 0.36
    assert widget.state["target.tokens"] == 3e12
    assert widget.state["answer.variant"] == "hand"
    assert widget.state["fixed.alpha"] is True
    assert {"coef.", "target.", "fixed."} <= set(widget.scene.frame["keeps"])
    widget.close()


def test_a_row_is_drawn_figure_by_figure_and_what_a_person_does_in_between_counts():
    widget = sw.LawFitter(sw.load("chinchilla"), resamples=20)
    steps, moved, turns = _steps(widget), False, 0
    for _ in steps:
        if widget._beside._rows:  # the law is fitted, its row is being drawn
            turns += 1
            assert len(_data(widget, "laws-plain")["x"]) == 0
            if not moved:
                moved = True
                message = {"type": "state", "view": "v", "state": {"target.tokens": 3e12}}
                widget._on_message(widget, message, [])
    assert turns >= 8, "drawn with the target as it stood, and again with the new one"
    assert len(_data(widget, "laws-plain")["x"]) == 1
    assert widget.state["target.tokens"] == 3e12
    assert widget.state["answer.flops"] == pytest.approx(6 * 7e9 * 3e12)
    widget.close()


def test_a_row_of_a_fit_that_is_no_longer_on_screen_is_not_drawn():
    widget = sw.LawFitter(sw.load("chinchilla"), resamples=20)
    steps = _steps(widget)
    while not widget._beside._rows:
        next(steps)
    widget.delta = 1e-2
    shown = widget.scene.document
    for _ in steps:
        pass
    assert widget.scene.document is shown
    assert widget.state["delta"] == 1e-2
    assert widget.state["others.words"] == "Fitting 3 other laws…"
    widget.close()


def test_a_new_fit_ends_the_work_on_the_old_one_and_asks_anew():
    widget = sw.LawFitter(sw.load("chinchilla"), resamples=20)
    steps = _steps(widget)
    next(steps)
    widget.delta = 1e-2
    for _ in steps:
        pass
    assert widget.state["others.pending"] is True
    widget.close()


def test_rows_come_one_after_the_other_and_a_second_request_goes_on_where_the_first_stood():
    widget = sw.LawFitter(sw.load("chinchilla"), resamples=20)
    told = list(_steps(widget))
    assert all(total == 3 and "one exponent" in label for _, total, label in told)
    assert len(_data(widget, "laws-plain")["x"]) == 1
    assert widget.state["others.pending"] is True
    assert widget.state["others.words"] == "Fitting 2 other laws…"
    assert list(_data(widget, "rival-label")["text"]) == [], "the rival is known when all laws are"
    done, _, label = next(_steps(widget))
    assert done >= 1
    assert label.startswith("Coupled")
    widget.close()


def test_laws_that_are_soon_fitted_are_shown_together(monkeypatch):
    monkeypatch.setattr(law_fitter, "SHOWN_TOGETHER", float("inf"))
    widget = sw.LawFitter(sw.load("chinchilla"), resamples=20)
    shown = []
    monkeypatch.setattr(widget, "show", shown.append)
    told = list(_steps(widget))
    assert {label.partition(":")[0].split(",")[0] for _, _, label in told if label} >= {"Coupled", "Kaplan"}
    assert len(shown) == 1
    assert shown[0].state["others.pending"] is False
    widget.close()


def test_another_law_has_the_first_row_and_chinchilla_stands_beside_it(fitter):
    widget = sw.LawFitter(sw.load("chinchilla"), law="chinchilla_tied", resamples=20)
    assert list(_data(widget, "laws-title-answer")["text"]) == ["Tied exponents"]
    assert list(_data(widget, "laws-titles")["text"]) == ["Chinchilla", "Coupled", "Kaplan"]
    assert widget.scene.document.get_model_by_name("exponent-profile") is not None
    widget.close()


def test_the_map_has_the_fit_in_its_middle_and_travels_with_its_amplitudes(fitter):
    here = _data(fitter, "exponent-fit")
    assert here["x"][0] == fitter.fit.coefficients["alpha"]
    arrays = fitter.scene.arrays
    cells = len(arrays["map.axis.0"]) * len(arrays["map.axis.1"])
    assert all(len(arrays[f"map.{name}"]) == cells for name in ("E", "A", "B"))
    assert list(_data(fitter, "exponent-marks")["text"]) == ["+10 %", "+1 %"]
    assert fitter.scene.frame["sections"][1]["aside"] == {"label": "Compare 4", "show": "laws"}
