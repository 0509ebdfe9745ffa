"""The three approaches from Python: tables, budgets, traits, requests and refusals, without a browser."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.allocation import Machine, ThreeApproaches
from scalewidgets.errors import FitError, QuantityError, ScaleWidgetsError, TableError, UnknownNameError

from .messages import ask, released


@pytest.fixture(scope="module")
def fit():
    return sw.fit(sw.load("chinchilla"), resamples=40, starts=0)


@pytest.fixture
def widget(fit):
    made = sw.Approaches(fit, dollars=1e6)
    yield made
    made.close()


def test_the_result_is_that_of_three_approaches(fit, widget):
    assert isinstance(widget.result, ThreeApproaches)
    known = sw.three_approaches(fit, dollars=1e6, machine=widget.machine, resamples=40)
    pd.testing.assert_frame_equal(widget.result.to_frame(), known.to_frame())
    assert widget.flops == pytest.approx(5.698944e23)
    assert widget.state["budget.unit"] == "dollars"


def test_a_table_and_its_name_give_the_same_screen():
    runs = sw.load("chinchilla")
    screens = [sw.Approaches(given, flops=1e23, resamples=20) for given in (runs, "chinchilla")]
    first, second = (made.result.to_frame() for made in screens)
    pd.testing.assert_frame_equal(first, second)
    assert screens[0].state["dataset"] == "chinchilla"
    for made in screens:
        made.close()


def test_own_runs_without_many_sizes_keep_what_they_carry():
    rng = np.random.default_rng(3)
    params, flops = 10 ** rng.uniform(7.5, 9.5, 40), 10 ** rng.uniform(18, 20.5, 40)
    tokens = flops / (6 * params)
    loss = (1.8 + 480 / params**0.35 + 2000 / tokens**0.37) * np.exp(0.002 * rng.normal(size=40))
    made = sw.Approaches(pd.DataFrame({"params": params, "tokens": tokens, "loss": loss}), resamples=20)
    assert made.result.approaches[1].missing
    assert not made.result.approaches[0].missing
    note = made.scene.frame["figures"][1]["note"][0]["runs"][0]
    assert note["role"] == "warning"
    assert "1 budget holds 5 runs of four sizes" in note["text"]
    made.close()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"flops": 1e21, "dollars": 10.0}, QuantityError),
        ({"flops": -1.0}, QuantityError),
        ({"flops": 0.0}, QuantityError),
        ({"flops": float("inf")}, QuantityError),
        ({"flops": float("nan")}, QuantityError),
        ({"tolerance": 0.0}, QuantityError),
        ({"tolerance": float("nan")}, QuantityError),
        ({"bins": 0}, QuantityError),
        ({"machine": "H900"}, ScaleWidgetsError),
        ({"machine": Machine(price=0.0)}, QuantityError),
        ({"mode": "tiny"}, FitError),
        ({"step": 7}, UnknownNameError),
        ({"dolars": 3.0}, TypeError),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(fit, options, problem):
    with pytest.raises(problem) as caught:
        sw.Approaches(fit, **options)
    assert str(caught.value)[-1] in ".?"


def test_runs_that_carry_no_law_are_refused():
    rng = np.random.default_rng(0)
    params = 10 ** rng.uniform(8, 10, 40)
    line = pd.DataFrame({"params": params, "tokens": 20 * params, "loss": 2 + 30 * params**-0.2})
    with pytest.raises(FitError, match="no advice"):
        sw.Approaches(line, resamples=20)
    with pytest.raises(TableError):
        sw.Approaches(line.assign(loss=np.nan), resamples=20)


@pytest.mark.parametrize("budgets", [[1e19], [1e19, 1e20]])
def test_runs_without_a_spread_of_compute_are_refused_or_leave_approach_3_alone(budgets):
    params = np.tile(10 ** np.linspace(7.5, 9.5, 20), len(budgets))
    tokens = np.repeat(budgets, 20) / (6 * params)
    loss = 1.8 + 480 / params**0.35 + 2000 / tokens**0.37
    loss = loss * np.exp(0.001 * np.random.default_rng(1).normal(size=len(params)))
    runs = pd.DataFrame({"params": params, "tokens": tokens, "loss": loss})
    if len(budgets) == 1:
        with pytest.raises(FitError, match="cannot be told apart"):
            sw.Approaches(runs, resamples=10)
        return
    made = sw.Approaches(runs, resamples=10)
    assert "Approaches 1 and 2 find no best size in these runs." in made.scene.summary
    assert [one.missing != "" for one in made.result.approaches] == [True, True, False]
    made.close()


def test_traits_move_the_screen_and_a_refused_one_goes_back(widget):
    widget.flops = 1e22
    assert widget.result.flops == 1e22
    assert widget.state["budget.flops"] == 1e22
    for wrong in (0.0, float("inf"), float("nan")):
        with pytest.raises(QuantityError):
            widget.flops = wrong
        assert widget.flops == 1e22
    widget.step = 0
    assert widget.state["path.label"] == "Kaplan's recipe"
    with pytest.raises(UnknownNameError):
        widget.step = 5
    assert widget.step == 0
    before = widget.result.approaches[1].params.value
    widget.tolerance = 0.3
    assert widget.result.approaches[1].params.value != before
    with pytest.raises(QuantityError):
        widget.bins = 0
    assert widget.bins == 11
    widget.budgets = [1e19, 1e20, 1e21]
    assert len(widget.result.approaches[1].points) == 3
    assert widget.state["budgets"] is None


def test_what_a_person_lets_go_of_reaches_the_traits(widget):
    released(widget, budget__flops=3e22, path__step=1.0, hardware__price=1.25)
    assert (widget.flops, widget.step) == (3e22, 1)
    assert widget.result.flops == 3e22
    assert widget.machine.dollars_per_hour == 1.25
    assert widget.machine.dated
    released(widget, budget__flops=-4.0, path__step="x")
    assert (widget.flops, widget.step) == (3e22, 1), "what does not read stays as it was"


def test_the_kernel_looks_at_the_runs_anew(widget):
    assert ask(widget, "change", bins=6.4)["ok"]
    assert widget.bins == 6
    assert ask(widget, "change", budgets=5.0, tolerance=0.2)["ok"]
    assert len(widget.result.approaches[1].points) == 5
    assert widget.state["budgets"] == 5.0
    shown = widget.scene.summary
    reply = ask(widget, "change", tolerance=-1.0)
    assert not reply["ok"]
    assert "above zero" in reply["error"]
    assert widget.scene.summary == shown, "the last good picture stays"
    assert ask(widget, "reset")["ok"]
    assert (widget.bins, widget.budgets, widget.tolerance) == (11, None, 0.12)


def test_another_table_is_fitted_and_one_that_carries_nothing_is_refused(widget):
    reply = ask(widget, "change", dataset="porian")
    assert reply["ok"], reply
    assert widget.state["family"] == "warm-up shortened"
    assert widget.result.approaches[2].params.value > 0
    shown = widget.scene.summary
    reply = ask(widget, "change", family="Kaplan set-up")
    assert not reply["ok"]
    assert "carries no advice" in reply["error"]
    assert widget.scene.summary == shown
    assert widget.state["family"] == "warm-up shortened"
    assert ask(widget, "reset")["ok"]
    assert widget.flops == pytest.approx(5.698944e23)
    assert widget.state["dataset"] == "own"


def test_a_file_of_runs_is_opened_and_a_broken_one_is_named(widget):
    runs = sw.load("chinchilla")[["params", "tokens", "loss"]]
    reply = ask(widget, "open-table", name="mine.csv", text=runs.iloc[:200].to_csv(index=False))
    assert reply["ok"], reply
    assert "mine.csv" in json.dumps(widget.scene.frame["sections"][0])
    reply = ask(widget, "open-table", name="bad.csv", text="params,tokens,loss\n1e9,x,2\n")
    assert not reply["ok"]
    assert widget.scene.frame["notice"] is not None


def test_copied_code_gives_the_numbers_on_screen(fit, widget):
    from scalewidgets.figures.frame import render_text

    widget.budgets = 7
    scene = widget.scene
    lines = [render_text([line], scene.state) for line in scene.frame["code"]]
    assert lines[3] == "runs = fit  # the fit that this screen was given"
    space = {"fit": fit}
    source = "\n".join([*lines[:-1], "table = made.to_frame()"])
    exec(source, space)  # the code is our own
    pd.testing.assert_frame_equal(space["table"], widget.result.to_frame(), rtol=1e-9)


def test_export_gives_all_fits_at_full_precision(widget):
    for kind, start in (("svg", "<svg"), ("csv", "fit,"), ("html", "<!doctype html>")):
        reply = ask(widget, "export", format=kind, state=json.dumps({"budget.flops": 1e22}))
        assert reply["ok"], reply
        assert reply["result"]["text"].lower().startswith(start)
    table = ask(widget, "export", format="csv", state="{}")["result"]["text"]
    assert table.count("\n") == 9
    assert "0.8337679322841748" in table


def test_the_page_stands_alone_with_what_the_controls_hold(widget):
    released(widget, budget__flops=1e21)
    assert "For $1,755 all three approaches train about" in widget.to_html()
    bundle = widget._repr_mimebundle_()
    assert bundle["text/plain"].startswith("For $1,755 all three")


def test_the_allocator_opens_the_approaches_below_on_its_own_fit(fit):
    allocator = sw.ComputeAllocator(fit, dollars=2e5)
    reply = ask(allocator, "approaches")
    below = allocator.approaches
    assert isinstance(below, sw.Approaches)
    assert below.fit is fit
    assert below.flops == pytest.approx(allocator.flops)
    assert below.state["budget.unit"] == "dollars"
    assert reply["result"] == {"open": below.model_id}
    assert ask(allocator, "approaches")["ok"]
    assert below._closed, "a screen that another one replaces is closed"
    allocator.approaches.close()
    allocator.close()
