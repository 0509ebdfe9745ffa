"""The next-run advisor from Python: traits, requests and refusals, without a browser."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.allocation import Advice, Machine
from scalewidgets.errors import FitError, QuantityError, ScaleWidgetsError, UnknownNameError

from .messages import ask, released


@pytest.fixture(scope="module")
def runs():
    table = sw.load("chinchilla")
    return table.drop(index=table.attrs["default_exclusions"]["index"])


@pytest.fixture(scope="module")
def small(runs):
    cheap = runs[runs["flops"] < 1e20]
    return cheap.iloc[np.random.default_rng(1).choice(len(cheap), 30, replace=False)]


@pytest.fixture(scope="module")
def fit(small):
    return sw.fit(small, objective="squared_log", resamples=0, starts=0)


@pytest.fixture
def widget(fit, runs, small):
    made = sw.NextRuns(fit, dollars=1e6, candidates=runs.drop(index=small.index))
    yield made
    made.close()


def test_the_advice_is_that_of_next_runs(fit, runs, small, widget):
    known = sw.next_runs(fit, dollars=1e6, candidates=runs.drop(index=small.index))
    assert isinstance(widget.advice, Advice)
    assert widget.advice.sentence() == known.sentence()
    assert widget.batch.to_numpy() == pytest.approx(known.batch[["params", "tokens"]].to_numpy())
    assert widget.scatter == pytest.approx(known.scatter)
    assert widget.check.loc["all", "runs"] == 240


def test_a_diamond_that_is_let_go_is_the_batch(widget):
    before = widget.advice
    released(widget, run__0__params=1e9, run__0__tokens=2e10)
    assert widget.batch.iloc[0].tolist() == [1e9, 2e10]
    assert widget.advice is before, "only the kernel's search makes another advice"
    widget._catch_up()
    assert "runs of yours" in widget.scene.summary
    widget.batch = None
    assert widget.batch.to_numpy() == pytest.approx(before.batch[["params", "tokens"]].to_numpy())


def test_another_question_or_price_is_searched_anew(widget):
    heard = []
    widget.observe(lambda change: heard.append(change["new"]), "advice")
    assert ask(widget, "search", **{"question.answer": "loss", "next.setup": 0.0})["ok"]
    assert (widget.answer, widget.setup) == ("loss", 0.0)
    assert widget.advice.answer == "loss"
    assert ask(widget, "change", **{"next.most": 2.0, "next.spend": 500.0})["ok"]
    assert (widget.most, widget.spend) == (2, 500.0)
    assert len(widget.batch) == 2
    assert len(heard) == 2
    widget.flops = 1e22
    assert widget.advice.flops == 1e22
    assert ask(widget, "change", **{"next.candidates": "grid"})["ok"]
    assert widget.check is None
    assert ask(widget, "reset")["ok"]
    assert widget.advice.dollars == pytest.approx(2113, abs=1)


def test_runs_inside_the_data_can_be_insisted_on(widget, small):
    assert ask(widget, "change", **{"next.ratio": "inside"})["ok"]
    ratio = widget.batch["tokens"] / widget.batch["params"]
    known = small["tokens"] / small["params"]
    assert ratio.between(known.min() * 0.999, known.max() * 1.001).all()
    assert widget.state["answer.leans"] is False


def test_the_simulation_is_said_and_a_drag_meanwhile_is_kept(widget, monkeypatch):
    monkeypatch.setattr("scalewidgets.widgets.next_runs.REFITS", 12)
    released(widget, run__0__params=1e9, run__0__tokens=2e10)
    assert ask(widget, "simulate")["ok"]
    assert widget.simulated.loc["after", "sd"] < widget.simulated.loc["now", "sd"]
    assert widget.state["answer.simulated"].startswith("Simulated refits: [")
    assert widget.batch.iloc[0].tolist() == [1e9, 2e10]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"next.spend": 1.0}, "or less"),
        ({"next.candidates": "grid", "next.spend": 2.0}, "or less"),
    ],
)
def test_what_cannot_be_afforded_is_said_and_the_last_picture_stays(widget, asked, words):
    before, batch = widget.state, widget.batch
    reply = ask(widget, "change", **asked)
    assert not reply["ok"]
    assert words in reply["error"]
    assert widget.state == before
    assert widget.batch is batch


def test_numbers_that_are_none_leave_the_last_ones(widget):
    keys = ("budget.flops", "next.spend", "next.setup", "noise.scatter", "run.1.params")
    before = {key: widget.state[key] for key in keys}
    for value in (-1, float("nan"), float("inf"), None, "many", True):
        now = widget._read({**widget.state, **dict.fromkeys(keys, value)})
        read = (now.flops, now.spend, now.setup, now.scatter, now.batch[1][0])
        assert read == tuple(before.values()), value
    assert ask(widget, "search", **{"budget.flops": 0, "next.spend": 0})["ok"]
    assert {key: widget.state[key] for key in keys} == before


def test_candidates_come_from_a_file_and_a_broken_one_changes_nothing(widget):
    text = pd.DataFrame({"params": [1e8, 1e9, 4e9], "tokens": [1e9, 1e9, 6e10]}).to_csv(index=False)
    broken = ask(widget, "open-candidates", name="runs.csv", text="params\n1e9\n")
    assert not broken["ok"]
    assert "no column tokens" in broken["error"]
    assert len(widget.advice.candidates) == 210
    assert ask(widget, "open-candidates", name="runs.csv", text=text)["ok"]
    assert len(widget.advice.candidates) == 3
    assert widget.state["next.candidates"] == "table"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"flops": 1e22, "dollars": 1e6}, QuantityError, "two budgets"),
        ({"flops": 0}, QuantityError, "above zero"),
        ({"flops": float("inf")}, QuantityError, "above zero"),
        ({"dollars": float("nan")}, QuantityError, "above zero"),
        ({"spend": 0}, QuantityError, "above zero"),
        ({"setup": -1}, QuantityError, "set-up"),
        ({"machine": Machine(price=0.0)}, QuantityError, "costs nothing"),
        ({"answer": "size"}, UnknownNameError, "params"),
        ({"most": 0}, QuantityError, "none"),
        ({"mode": "wide"}, FitError, "full"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(fit, options, error, words):
    with pytest.raises(error, match=words):
        sw.NextRuns(fit, **options)


def test_no_advice_from_a_fit_that_is_not_identified(runs, widget):
    line = runs[(runs["tokens"] / runs["params"]).between(15, 25)]
    weak = sw.fit(line, resamples=0, starts=0)
    with pytest.raises(FitError, match=r"other tokens per parameter"):
        sw.NextRuns(weak)
    before = widget.advice
    with pytest.raises(FitError):
        widget.fit = weak
    assert widget.fit is before.fit
    assert widget.advice is before


def test_a_trait_that_is_refused_goes_back(widget):
    for name, value in (("flops", 0.0), ("spend", 1.0), ("most", 0), ("answer", "size"), ("scatter", -1.0)):
        before = getattr(widget, name)
        with pytest.raises(ScaleWidgetsError):
            setattr(widget, name, value)
        assert getattr(widget, name) == before
    with pytest.raises(QuantityError, match="params and tokens"):
        widget.batch = pd.DataFrame({"params": [1e9]})
    assert len(widget.batch) == 3


def test_the_copied_code_gives_the_batch_on_screen(fit, runs, small, widget):
    from scalewidgets.figures.frame import holds, render_text

    assert ask(widget, "change", **{"next.ratio": "inside"})["ok"]
    lines = [
        render_text([item], widget.state) for item in widget.scene.frame["code"] if holds(item, widget.state)
    ]
    space = {"fit": fit, "candidates": runs.drop(index=small.index), "print": lambda *_: None}
    exec("\n".join(lines), space)
    assert space["advice"].batch["params"].tolist() == pytest.approx(widget.batch["params"].tolist())


def test_every_export_carries_the_batch_that_was_moved(widget):
    state = json.dumps({**widget.state, "run.0.params": 1e9, "run.0.tokens": 2e10})
    for kind, words in (
        ("csv", "1000000000.0,20000000000.0"),
        ("svg", "runs of yours"),
    ):
        reply = ask(widget, "export", format=kind, state=state)
        assert words in reply["result"]["text"], kind
