"""A table too long to wait for: the picture first, the rest of the fit after it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pane.front_end import FrontEnd

import scalewidgets as sw
from scalewidgets.figures.runs import MOST_DRAWN, thinned
from scalewidgets.widgets import beside, settings


@pytest.fixture
def large(monkeypatch):
    """Make the 240 points count as a large table."""
    monkeypatch.setattr(settings, "AT_ONCE", 1_000)
    monkeypatch.setattr(settings, "FIRST", 240 * 30)
    monkeypatch.setattr(beside, "AT_ONCE", 100)
    widget = sw.LawFitter(sw.load("chinchilla"), resamples=120)
    yield widget
    widget.close()


def _names(widget) -> list[str]:
    return [behaviour.name for behaviour in widget.scene.behaviours]


def test_a_large_table_is_drawn_with_few_resamples_and_the_screen_asks_for_the_rest(large):
    heard = []
    large.observe(heard.append, "fit")
    assert len(large.fit.resamples) == 29, "30 of 245 rows would be too many"
    assert "29 resamples so far" in large.scene.summary
    words = json.dumps(large.scene.frame)
    assert "Checking from other starts" in words
    assert "Scored when the fit is done" in words
    assert "finish-fit" in _names(large)
    large.finish()
    assert len(heard) == 1
    assert len(large.fit.resamples) == 120
    assert large.fit.certificate.starts > 0
    words = json.dumps(large.scene.frame)
    assert "120 resamples. " in words
    assert "so far" not in words
    assert "predicted blind" in words
    assert "finish-fit" not in _names(large)


def test_a_rest_that_was_cancelled_goes_on_where_it_stood(large):
    first = large._ask_finish({})
    stood = max(next(first)[0] for _ in range(12))
    first.close()
    second = large._ask_finish({})
    assert next(second)[0] >= stood
    for _ in second:
        pass
    assert len(large.fit.resamples) == 120


def test_a_fit_that_a_person_asks_for_makes_the_rest_needless(large):
    work = large._ask_finish({})
    next(work)
    FrontEnd(large).view()
    refit = large._changed({"delta": 1e-2})
    next(refit)
    for _ in refit:
        pass
    assert list(work) == []
    assert large.delta == 1e-2
    assert len(large.fit.resamples) == 120
    assert "finish-fit" not in _names(large)


def test_what_is_left_of_a_fit_gives_way_to_a_person_and_other_laws_wait_for_it(large):
    assert {"finish", "other-laws"} <= large._asks._background
    assert list(large._ask_other_laws({})) == [], "the fit is still to be done"
    assert large.state["others.pending"] is True


def test_the_map_of_a_large_table_follows_the_fit(large):
    large.finish()
    drawn = large.scene.document.get_model_by_name("exponent-cloud").data
    assert len(drawn["x"]) == 120
    assert large.scene.document.get_model_by_name("exponent-lines") is None
    assert "The map follows" in json.dumps(large.scene.frame)
    labels = [state[2] for state in large._ask_other_laws({})]
    assert labels[0].startswith("first the map, 0 of 441 cells")
    assert large.scene.document.get_model_by_name("exponent-lines") is not None
    assert "The map follows" not in json.dumps(large.scene.frame)
    assert large.state["others.pending"] is True, "other laws come after it"


def test_a_figure_of_a_large_table_keeps_its_extremes_and_says_that_it_is_a_share():
    rng = np.random.default_rng(0)
    n = 20_000
    frame = pd.DataFrame(
        {
            "run": np.arange(1, n + 1),
            "params": 10 ** rng.uniform(7, 10, n),
            "flops": 10 ** rng.uniform(18, 22, n),
            "loss": rng.uniform(2, 4, n),
            "residual": rng.standard_normal(n),
        }
    )
    share = thinned(frame)
    assert MOST_DRAWN <= len(share) <= MOST_DRAWN + 8
    for name in ("params", "flops", "loss", "residual"):
        assert share[name].min() == frame[name].min()
        assert share[name].max() == frame[name].max()
    assert share["run"].is_monotonic_increasing
