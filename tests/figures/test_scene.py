"""A scene is a value: the same picture is the same bytes, and both themes are complete."""

from __future__ import annotations

import json

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import Div

from scalewidgets.figures.frame import interval, line, render_text, text, value
from scalewidgets.figures.palette import DARK, LIGHT
from scalewidgets.figures.plots import (
    bare_plot,
    curve,
    decades,
    dots,
    even_ticks,
    nice_losses,
    source,
    spread,
)
from scalewidgets.figures.scene import Behaviour, Scene, document_of, theme_entries


def _scene() -> Scene:
    plot = bare_plot(
        "main", LIGHT, x=(1, 1e3), y=(0, 1), x_ticks=decades(1, 1e3), y_ticks={0.0: "0", 1.0: "1"}
    )
    data = source("runs", {"x": np.array([1.0, 10.0, 100.0]), "y": np.array([0.1, 0.5, 0.9])})
    dots(plot, data, "x", "y", fill=LIGHT.answer, line=LIGHT.surface)
    curve(plot, data, LIGHT.quiet, 2)
    document = document_of([plot], "test")
    return Scene(
        kind="test",
        document=document,
        frame={
            "sentence": [line(text("Hello"))],
            "still": {"layout": [{"root": "main", "x": 0, "y": 0, "w": 600, "h": 300}]},
        },
        state={"a": 1.0},
        behaviours=(Behaviour("law-curves", {"x": [1, 2]}),),
        arrays={"draws": np.arange(3.0)},
        themes=theme_entries(document),
    )


def test_the_same_picture_is_the_same_bytes_so_git_stays_quiet():
    first, second = _scene(), _scene()
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())
    assert first.to_svg() == second.to_svg()


def test_every_colour_of_the_light_theme_has_a_counterpart_in_the_dark_one():
    colours = [c for c in LIGHT.translation(DARK) if isinstance(c, str)]
    assert len(set(colours)) == len(colours), "two roles of one colour could not be told apart"
    entries = _scene().themes
    assert [e[:2] for e in entries["light"]] == [e[:2] for e in entries["dark"]]
    assert {e[2] for e in entries["dark"] if isinstance(e[2], str)} >= {DARK.answer, DARK.surface, DARK.grid}


def test_the_still_picture_shrinks_on_a_narrow_page_instead_of_being_cut():
    root = _scene().to_svg().split(">", 1)[0]
    assert "viewBox=" in root
    assert "max-width:100%" in root


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", ["strong", "text", "quiet", "answer_text", "control"])
def test_text_can_be_read_in_both_themes(palette, role):
    ground, ink = sorted((_luminance(palette.surface), _luminance(getattr(palette, role))))
    assert (ink + 0.05) / (ground + 0.05) >= 4.5


def test_a_scene_carries_figures_and_text_only():
    scene = Scene(kind="x", document=Document(), frame={"f": object()}, state={})
    with pytest.raises(TypeError, match="figures and text only"):
        scene.to_json()


def test_a_missing_number_is_null_in_json_never_nan():
    scene = Scene(kind="x", document=Document(), frame={}, state={"a": float("nan"), "b": np.float64(2)})
    assert scene.parts()["state"] == {"a": None, "b": 2.0}


def test_ids_do_not_tell_what_else_the_process_drew():
    first = _scene().to_json()["document"]["roots"][0]["id"]
    Div()  # moves Bokeh's counter
    assert _scene().to_json()["document"]["roots"][0]["id"] == first
    assert first.startswith("m")


def test_the_dark_picture_is_drawn_in_dark_colours_and_leaves_the_live_figure_alone():
    scene = _scene()
    dark = scene.to_svg("dark")
    assert DARK.answer in dark
    assert LIGHT.answer not in dark
    assert LIGHT.answer in scene.to_svg("light")


@pytest.mark.parametrize(
    ("lines", "state", "wanted"),
    [
        ([line(text("a "), value("n", "params"))], {"n": 7e9}, "a 7.0 B"),
        ([line(interval("l", "h", "loss"))], {"l": 2.0535, "h": 2.0954}, "[2.05, 2.10]"),
        ([line(value("n"))], {}, "–"),
        ([line(value("n"))], {"n": "as it is"}, "as it is"),
        ([line(text("x"), when={"a": True}), line(text("y"))], {"a": True}, "x"),
        ([line(text("x"), when={"a": True}), line(text("y"))], {"a": False}, "y"),
    ],
)
def test_words_hold_the_numbers_of_the_state(lines, state, wanted):
    assert render_text(lines, state) == wanted


def test_ticks_are_where_a_person_expects_them():
    assert even_ticks(-2.4, 5.6, 4) == [-2.0, 0.0, 2.0, 4.0]
    assert list(nice_losses(1.9, 3.9).values()) == ["2.00", "2.25", "2.50", "3.00", "3.50"]
    assert len(nice_losses(0.0123, 0.0161)) >= 3, "a narrow range still has ticks"
    assert decades(2e18, 5e20) == {1e18: "1e18", 1e19: "1e19", 1e20: "1e20", 1e21: "1e21"}


def test_sizes_are_spread_over_what_was_trained():
    sizes = np.geomspace(1e7, 1e10, 40)
    chosen = spread(sizes, 4)
    assert len(chosen) == 4
    assert set(chosen) <= set(sizes)
    assert spread([3.0, 1.0], 5) == [1.0, 3.0]
