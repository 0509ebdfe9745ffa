"""The allocator from Python: budgets, traits, requests and refusals, without a browser."""

from __future__ import annotations

import json

import pytest

import scalewidgets as sw
from scalewidgets.allocation import Machine, Plan
from scalewidgets.errors import FitError, QuantityError, ScaleWidgetsError

from .messages import ask, released


@pytest.fixture(scope="module")
def fit():
    return sw.fit(sw.load("chinchilla"), resamples=40)


@pytest.fixture
def widget(fit):
    made = sw.ComputeAllocator(fit, dollars=1e6, params=30e9)
    yield made
    made.close()


def test_the_plan_is_that_of_allocate(fit, widget):
    assert isinstance(widget.plan, Plan)
    known = sw.allocate(fit, dollars=1e6, machine=widget.machine)
    assert widget.plan.params.to_list() == known.params.to_list()
    assert widget.flops == pytest.approx(5.698944e23)
    assert widget.tokens == pytest.approx(widget.flops / 6 / 30e9)


def test_a_budget_is_given_in_any_of_three_units(fit):
    machine = Machine("B200", gpus=8)
    budgets = ({"gpu_hours": 5e4}, "hours"), ({"dollars": 2e5}, "dollars"), ({"flops": 3e23}, "flops")
    for given, unit in (*budgets, ({}, "flops")):
        made = sw.ComputeAllocator(fit, machine=machine, **given)
        assert made.state["budget.unit"] == unit
        assert made.plan.flops.value == pytest.approx(made.flops)
        made.close()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"flops": 1e21, "dollars": 10.0}, QuantityError),
        ({"flops": -1.0}, QuantityError),
        ({"flops": 0.0}, QuantityError),
        ({"params": float("nan")}, QuantityError),
        ({"flops": float("inf")}, QuantityError),
        ({"dollars": float("inf")}, QuantityError),
        ({"dollars": 0.0}, QuantityError),
        ({"memory": 0.0}, QuantityError),
        ({"days": float("nan")}, QuantityError),
        ({"unique_tokens": -1.0}, QuantityError),
        ({"flops_rule": "7ND"}, QuantityError),
        ({"active": 2.0}, QuantityError),
        ({"machine": "H900"}, ScaleWidgetsError),
        ({"machine": Machine(price=0.0)}, QuantityError),
        ({"mode": "tiny"}, FitError),
        ({"dolars": 3.0}, TypeError),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(fit, options, problem):
    with pytest.raises(problem) as caught:
        sw.ComputeAllocator(fit, **options)
    assert str(caught.value)[-1] in ".?"


def test_only_a_fit_that_carries_advice_opens_the_screen(fit):
    with pytest.raises(FitError, match="takes a fit"):
        sw.ComputeAllocator(sw.load("chinchilla"))
    other = sw.fit(sw.load("chinchilla"), "coupled", resamples=0, starts=0, fixed={"gamma": 0.9})
    with pytest.raises(FitError, match=r"sw\.allocate"):
        sw.ComputeAllocator(other)
    with pytest.raises(FitError, match="no advice"):
        sw.ComputeAllocator(sw.fit(sw.load("chinchilla").head(3), resamples=0, starts=0))


def test_a_fit_without_advice_leaves_the_last_good_picture(fit, widget):
    runs = sw.load("chinchilla")
    said = widget.scene.summary
    line = runs[(runs["tokens"] / runs["params"]).between(15, 25)]
    weak = sw.fit(line, resamples=100, starts=0)
    sizes = sw.fit(runs, law="power_N", resamples=0, starts=0)
    for bad, words in ((weak, "no advice"), (sizes, "nothing to split")):
        with pytest.raises(FitError, match=words):
            widget.fit = bad
        assert widget.fit is fit
        assert widget.scene.summary == said
        assert widget.plan.fit is fit
    for budget in (0.0, float("inf"), float("nan")):
        with pytest.raises(QuantityError):
            widget.flops = budget
        assert widget.scene.summary == said


def test_limits_are_those_of_allocate_and_follow_the_browser(fit):
    made = sw.ComputeAllocator(
        fit, dollars=1e6, days=10, memory=24, machine=Machine(gpus=256), unique_tokens=1e12
    )
    assert made.plan.days.value == pytest.approx(10)
    assert any("24 GB" in limit for limit in made.plan.binding)
    assert "Memory holds no more than" in made.scene.summary
    released(made, limit__memory="off", rule__kind="moe", rule__active=0.5, plan__tokens=3e12)
    assert not any("GB" in limit for limit in made.plan.binding)
    assert "active" in made.plan.conventions[0]
    released(made, rule__kind="9ND", rule__active=-7.0)
    assert "50 %" in made.plan.conventions[0], "what does not read stays as it was"
    made.close()


def test_released_sliders_set_the_traits_and_the_plan(widget):
    heard = []
    widget.observe(heard.append, "plan")
    released(widget, budget__flops=1e22, plan__params=4e9, plan__tokens=1e22 / 6 / 4e9, hardware__gpus=64.0)
    assert len(heard) == 1
    assert widget.flops == 1e22
    assert (widget.params, widget.tokens) == (4e9, 1e22 / 6 / 4e9)
    assert widget.plan.flops.value == pytest.approx(1e22)
    assert widget.machine.gpus == 64
    assert widget.machine.watts is None
    released(widget, hardware__device="A100 SXM 80 GB", hardware__price=1.5)
    assert widget.machine == Machine("A100 SXM 80 GB", gpus=64, serving_utilisation=0.15)
    released(widget, budget__flops="many", hardware__utilisation=-3.0, hardware__device="H900")
    assert widget.flops == 1e22, "what does not read stays as it was"
    assert widget.machine.device == "A100 SXM 80 GB"


def test_traits_move_the_screen_and_a_wrong_one_leaves_it(fit, widget):
    widget.flops = 2e22
    assert widget.state["plan.tokens"] == pytest.approx(2e22 / 6 / 30e9), "the plan stays on its budget"
    assert "For $35 K" in widget.scene.summary
    widget.tokens = 1e12
    assert widget.params == pytest.approx(2e22 / 6e12)
    with pytest.raises(QuantityError):
        widget.flops = -1.0
    assert widget.flops == 2e22
    with pytest.raises(FitError):
        widget.fit = None
    assert widget.fit is fit
    tied = sw.fit(sw.load("chinchilla"), "chinchilla_tied", resamples=20, starts=0)
    widget.fit = tied
    assert widget.plan.fit is tied
    assert tied.law.title in json.dumps(widget.scene.frame["sections"])


def test_pictures_are_of_what_the_sliders_were_left_at(widget):
    released(widget, budget__flops=1e22, budget__unit="flops", plan__tokens=1e22 / 6 / 30e9)
    bundle = widget._repr_mimebundle_()
    assert "For 1e22 FLOP" in bundle["text/plain"]
    assert "For 1e22 FLOP" in bundle["image/svg+xml"]
    assert "For 1e22 FLOP" in widget.to_html()
    assert ask(widget, "reset")["ok"]
    assert widget.flops == pytest.approx(5.698944e23)
    assert "For $1.0 M" in widget.scene.summary


@pytest.mark.parametrize(("kind", "sign"), [("svg", "<svg"), ("csv", "model,"), ("html", "<!doctype html>")])
def test_exports_are_of_the_view_that_asked(widget, kind, sign):
    state = json.dumps({"budget.flops": 5e22, "budget.unit": "flops"})
    reply = ask(widget, "export", format=kind, state=state)
    assert reply["ok"]
    assert sign in reply["result"]["text"][:200].lower()
    assert ("5e+22" if kind == "csv" else "For 5e22 FLOP") in reply["result"]["text"]


def test_copied_code_yields_the_numbers_on_screen(fit, widget):
    state = widget.state

    def printed(run):
        if "text" in run:
            return run["text"]
        value = state[run["value"]]
        return value if isinstance(value, str) else repr(value)

    lines = ["".join(printed(run) for run in line["runs"]) for line in widget.scene.frame["code"]]
    space: dict = {"fit": fit}
    exec("\n".join([*lines[:-1], f"found = {lines[-1]}"]), space)
    assert space["plan"].params.value == widget.plan.params.value
    assert float(space["found"].waste) == pytest.approx(state["plan.waste"], rel=1e-9)


def test_which_runs_come_next_is_one_click_away_at_the_budget_on_screen(widget):
    reply = ask(widget, "next-runs")
    assert reply["result"]["open"] == widget.next_runs.model_id
    assert widget.next_runs.flops == pytest.approx(widget.flops)
    assert widget.next_runs.fit is widget.fit
    assert widget.next_runs.state["budget.unit"] == "dollars"
    widget.next_runs.close()
