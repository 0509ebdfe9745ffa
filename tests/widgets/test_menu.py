"""The list of laws is short, and holds what the table can be fitted by."""

import itertools

import scalewidgets as sw
from scalewidgets.figures.menu import law_options
from scalewidgets.widgets import settings
from scalewidgets.widgets.settings import fittable_laws, law_menu


def test_the_menu_is_short_starts_with_chinchilla_and_asks_for_columns_that_are_there():
    listed = law_menu()
    assert next(iter(listed)) == "chinchilla"
    assert 8 <= len(listed) <= 16
    assert all(sw.law(name).output == "loss" for name in listed)
    assert "nmt_multilingual" not in listed
    assert "data_constrained" not in law_menu(sw.load("chinchilla"))
    assert "data_constrained" in law_menu(sw.load("repetition"))


def test_an_unverified_form_says_so_in_the_menu(monkeypatch):
    hearsay = sw.Law("E + A / N", inputs=["N"], name="hearsay", mark="U", theme=settings.MENU[0])
    monkeypatch.setattr(settings, "names", lambda: ("chinchilla", "hearsay"))
    monkeypatch.setattr(settings, "law", lambda name: hearsay if name == "hearsay" else sw.law(name))
    assert fittable_laws() == ["chinchilla", "hearsay"]
    assert law_menu()["hearsay"] == "hearsay (unverified)"


def test_laws_stand_under_the_heading_of_their_theme_and_a_law_of_ones_own_under_its_own():
    own = sw.Law("E + A / N**alpha", inputs=["N"], name="mine")
    entries = law_options(law_menu() | {own.name: own.title, "farseer": "Farseer"})
    headings = [key for key, _ in itertools.groupby(entry["group"] for entry in entries)]
    assert headings == ["Language pre-training", "Learning curves", "Theory", "Your own"]
    assert {entry["value"]: entry["group"] for entry in entries}["farseer"] == "Language pre-training"
    assert sorted(entry["value"] for entry in entries) == sorted([*law_menu(), "mine", "farseer"])
