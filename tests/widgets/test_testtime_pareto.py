"""Test-time sampling from Python: tables, budgets, traits, requests and refusals, without a browser."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.errors import QuantityError, ScaleWidgetsError, TableError
from scalewidgets.testtime import Frontier, Menu


@pytest.fixture(scope="module")
def samples():
    return sw.load("pythia_math")


@pytest.fixture
def widget(samples):
    made = sw.TestTimePareto(samples)
    yield made
    made.close()


def ask(widget, action: str, **args):
    """Ask as a browser does; return the reply."""
    sent = []
    widget._asks._send = sent.append
    widget._on_message(widget, {"type": "ask", "view": "v", "id": "1", "action": action, "args": args}, [])
    return next(message for message in sent if message["type"] == "reply")


def released(widget, **state):
    """What the browser says when a slider is let go."""
    values = {key.replace("__", "."): value for key, value in state.items()}
    widget._on_message(widget, {"type": "state", "view": "v", "state": values}, [])


def few(rates, n=20, model="small", **more):
    """A table of samples with these rates."""
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "model": model,
            "params": 1e9,
            "problem_id": [f"p{i}" for i in range(len(rates))],
            "n_samples": n,
            "n_correct": rng.binomial(n, rates),
            **more,
        }
    )


def test_the_advice_is_the_menu_of_the_counts(widget, samples):
    assert isinstance(widget.advice, Menu)
    counts = sw.testtime.tally(samples)
    seconds = 2 * counts.params * 320 / (sw.allocation.device("H100 SXM").peak("bf16").value * 0.2)
    known = sw.testtime.menu(counts, seconds * 2.5 / 3600, 0.3 / 1000, verifier=(0.9, 0.01))
    assert widget.advice.model == known.model == "Pythia-2.8B"
    assert widget.advice.solved == pytest.approx(known.solved, rel=1e-12)
    assert isinstance(widget.frontier, Frontier)
    assert len(widget.frontier.front) == 6
    assert len(widget.frontier.convex) == 4


def test_the_code_on_screen_yields_the_menu_on_screen(widget, samples):
    released(widget, verifier__right=0.8, budget__dollars=1.25, price__tokens=250.0)
    frame, state = widget.scene.frame, widget.state
    from scalewidgets.figures.frame import holds, render_text

    code = "\n".join(render_text([item], state) for item in frame["code"] if holds(item, state))
    names = {"samples": samples}
    exec(compile(code, "screen", "exec"), names)
    assert names["menu"].solved == pytest.approx(widget.advice.solved, rel=1e-12)
    assert names["menu"].samples.tolist() == widget.advice.samples.tolist()


def test_released_sliders_set_the_traits_and_the_advice(widget):
    heard = []
    widget.observe(heard.append, "advice")
    released(widget, verifier__wrong=0.0005, verifier__right=0.95)
    assert (widget.right, widget.wrong) == (0.95, 0.0005)
    assert len(heard) == 1
    assert widget.advice.model == "Pythia-160M"
    assert widget.advice.solved[widget.advice.best] == pytest.approx(
        sw.testtime.verifier_accuracy(
            widget.counts.rates[1], 0.95, 0.0005, int(widget.advice.samples[1])
        ).mean()
    )


def test_traits_set_in_python_move_the_screen_and_nonsense_leaves_it(widget):
    widget.dollars = 3.0
    assert widget.state["budget.dollars"] == 3.0
    assert "With $3 per 1,000 problems" in widget.scene.summary
    before = widget.scene.summary
    for name, value in (("wrong", 1.5), ("dollars", -1.0), ("right", float("nan"))):
        with pytest.raises(QuantityError):
            setattr(widget, name, value)
        assert widget.scene.summary == before


def test_a_budget_is_given_in_any_of_three_units(samples):
    for given, unit in (
        ({"dollars": 0.5}, "dollars"),
        ({"tokens_per_problem": 9000.0}, "tokens"),
        ({"seconds_per_problem": 2.0}, "seconds"),
    ):
        made = sw.TestTimePareto(samples, **given)
        assert made.state["budget.unit"] == unit
        made.close()
    assert made.advice.samples[4] == int(2.0 / (2 * 2.8e9 * 320 / (989.4e12 * 0.2)))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"dollars": 1.0, "tokens_per_problem": 5.0}, QuantityError),
        ({"dollars": 0.0}, QuantityError),
        ({"verifier": (0.9, 1.2)}, QuantityError),
        ({"verifier": 0.9}, QuantityError),
        ({"verifier": "good"}, QuantityError),
        ({"machine": "H900"}, ScaleWidgetsError),
        ({"prices": {"Pythia-1B": 0.1}}, TableError),
        ({"mode": "tiny"}, ScaleWidgetsError),
        ({"dolars": 3.0}, TypeError),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(samples, options, problem):
    with pytest.raises(problem) as caught:
        sw.TestTimePareto(samples, **options)
    assert str(caught.value)[-1] in ".?"


def test_systems_alone_show_their_frontier_and_say_what_the_rest_needs():
    made = sw.TestTimePareto("agents", dollars=5.0)
    assert made.advice is None
    assert made.counts is None
    assert made.scene.summary.startswith("With $5 per 1,000 problems, take escalation")
    assert "sw.read_samples" in json.dumps(made.scene.frame["trust"])
    released(made, budget__unit="tokens")
    assert made.frontier.cost_unit == "tokens"
    made.close()


def test_a_cost_of_zero_never_enters_the_frontier_and_mixed_units_are_refused():
    systems = pd.DataFrame({"system": list("abc"), "dollars": [0.0, 2.0, 4.0], "accuracy": [0.99, 0.5, 0.6]})
    made = sw.TestTimePareto(systems)
    assert made.frontier.names == ("b", "c")
    assert "1 left out" in json.dumps(made.scene.frame["trust"])
    made.close()
    with pytest.raises(TableError, match="mixed units"):
        sw.TestTimePareto(systems.assign(currency=["USD", "EUR", "USD"]))
    with pytest.raises(TableError, match="percentages"):
        sw.TestTimePareto(systems.assign(accuracy=[0.2, 50.0, 60.0]))


def test_unequal_samples_and_stopping_at_success_are_said():
    rates = np.linspace(0.02, 0.7, 40)
    rng = np.random.default_rng(0)
    n = rng.geometric(rates)
    stopped = few(rates).assign(n_samples=n, n_correct=1)
    made = sw.TestTimePareto(stopped)
    words = json.dumps(made.scene.frame["trust"])
    assert "k is counted up to 1" in words
    assert "stopped at successes" in words
    made.close()


def test_problems_and_models_without_success_give_numbers():
    rates = np.full(30, 0.2)
    table = pd.concat([few(rates), few(rates * 0, model="hopeless").assign(params=7e9)])
    made = sw.TestTimePareto(table)
    assert made.advice.model == "small"
    assert made.advice.solved[1] == 0
    svg = made.scene.to_svg()
    assert "NaN" not in svg
    assert "inf" not in svg
    made.close()
    alone = sw.TestTimePareto(few(rates * 0))
    assert "0 %" in alone.scene.summary
    alone.close()


def test_more_samples_than_were_drawn_are_fitted_and_said():
    made = sw.TestTimePareto(few(np.linspace(0.01, 0.4, 60)), verifier="perfect")
    assert not made.advice.fitted.any()
    made.dollars = made.dollars * 50
    assert made.advice.fitted.all()
    assert made.advice.samples[0] > 20
    assert made.scene.summary.count("More samples than were drawn") == 1
    assert made.advice.low[0] < made.advice.solved[0] < made.advice.high[0]
    made.close()


def test_prices_come_from_the_log_or_a_list_or_are_asked_for():
    rates = np.linspace(0.1, 0.6, 30)
    bare = pd.concat([few(rates, model="a"), few(rates / 2, model="b")]).drop(columns="params")
    with pytest.raises(TableError, match="params"):
        sw.TestTimePareto(bare)
    listed = sw.TestTimePareto(bare, prices={"a": 10.0, "b": 1.0}, tokens=500)
    assert listed.state["budget.unit"] == "dollars"
    assert listed.advice.samples[list(listed.advice.models).index("b")] >= 10
    listed.close()
    logged = sw.TestTimePareto(bare.assign(cost_usd=0.002))
    assert "price.factor" in json.dumps(logged.scene.frame["sections"])
    logged.close()


def test_a_log_of_attempts_and_a_table_that_is_neither_kind(tmp_path):
    log = pd.DataFrame(
        {"problem_id": np.repeat(list("abcd"), 5), "correct": [1, 0, 0, 0, 1] * 4, "params": 1e9}
    )
    path = tmp_path / "log.csv"
    log.to_csv(path, index=False)
    made = sw.TestTimePareto(path)
    assert made.counts.c.sum() == 8
    made.close()
    with pytest.raises(TableError, match="read_systems"):
        sw.TestTimePareto(sw.load("chinchilla"))
    with pytest.raises(TableError, match="pythia_math"):
        sw.TestTimePareto("pythia_maths")


def test_other_samples_and_systems_are_asked_of_the_kernel_and_refusals_leave_the_screen(widget):
    assert "error" not in ask(widget, "change", systems="aider")
    assert len(widget.frontier.names) == 51
    before = widget.scene.summary
    assert ask(widget, "change", samples="chinchilla")["error"]
    assert widget.scene.summary == before
    ask(widget, "reset")
    assert len(widget.frontier.names) == 13


def test_a_file_of_ones_own_replaces_samples_or_systems_and_a_refused_one_leaves_the_picture(widget):
    asides = [s["aside"]["args"]["as"] for s in widget.scene.frame["sections"] if "aside" in s]
    assert asides == ["samples", "systems"]
    mine = few(np.linspace(0.02, 0.7, 40))
    reply = ask(widget, "open-table", **{"as": "samples"}, name="mine.csv", text=mine.to_csv(index=False))
    assert "error" not in reply
    assert widget.counts.models == ("small",)
    assert widget.state["samples"] == "own"
    assert "mine.csv" in json.dumps(widget.scene.frame["sections"][0])
    agents = pd.DataFrame({"system": list("abc"), "cost_usd": [1.0, 2.0, 4.0], "accuracy": [0.4, 0.5, 0.6]})
    rows = agents.to_json(orient="records", lines=True)
    assert "error" not in ask(widget, "open-table", **{"as": "systems"}, name="agents.jsonl", text=rows)
    assert widget.frontier.names == ("a", "b", "c")
    before = widget.scene.summary
    for name, text, kind in (
        ("agents.csv", agents.to_csv(index=False), "samples"),
        ("bad.csv", "params,loss\n1e9,2\n", "samples"),
        ("bad.jsonl", "{not json", "systems"),
        ("empty.csv", "", "samples"),
        ("many.csv", mine.assign(n_correct=99).to_csv(index=False), "samples"),
    ):
        refused = ask(widget, "open-table", **{"as": kind}, name=name, text=text)
        assert refused["error"].rstrip()[-1] in ".?)", name
        assert widget.scene.summary == before
        assert widget.counts.models == ("small",)
    ask(widget, "reset")
    assert len(widget.counts.models) == 7
    assert len(widget.frontier.names) == 13
    assert "error" not in ask(widget, "change", samples="own")
    assert widget.counts.models == ("small",)


def test_samples_of_several_benchmarks_are_shown_one_at_a_time_and_a_menu_chooses():
    rates = np.linspace(0.02, 0.7, 30)
    both = pd.concat([few(rates, benchmark="sums"), few(rates[:20] / 2, benchmark="proofs")])
    made = sw.TestTimePareto(both)
    assert (made.counts.benchmark, len(made.counts.problems)) == ("sums", 30)
    items = made.scene.frame["sections"][0]["items"]
    menu = next(item for item in items if item.get("key") == "benchmark")
    assert [option["value"] for option in menu["options"]] == ["sums", "proofs"]
    assert "error" not in ask(made, "change", benchmark="proofs")
    assert (made.counts.benchmark, len(made.counts.problems)) == ("proofs", 20)
    assert made.state["benchmark"] == "proofs"
    assert "samples[samples['benchmark'] == 'proofs']" in json.dumps(made.scene.frame["code"])
    assert ask(made, "change", benchmark="poems")["error"]
    assert made.state["benchmark"] == made.counts.benchmark == "proofs"
    made.close()


def test_export_holds_what_the_sliders_of_the_view_hold(widget):
    state = json.dumps({**widget.state, "budget.dollars": 3.0})
    reply = ask(widget, "export", format="csv", state=state)
    lines = reply["result"]["text"].splitlines()
    assert lines[0].startswith("model,dollars_per_sample,samples,solved")
    assert float(lines[1].split(",")[2]) > 47
    assert widget.state["budget.dollars"] == 0.3
    page = widget.to_html()
    assert "Coverage is not accuracy" in page
