"""Recipes compared from Python: what opens the screen, traits, requests and refusals, without a browser."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError, ScaleWidgetsError, TableError, UnknownNameError
from scalewidgets.fitting import Fit
from scalewidgets.fitting.steps import drained
from scalewidgets.widgets import RecipeFitter
from scalewidgets.widgets.recipe_settings import loss_columns, text_name

from .messages import ask, released

TRUTH = {"E": 1.8172, "A": 482.0, "B": 2085.4, "alpha": 0.3478, "beta": 0.3658}
FAMILIES = ["overtrain-C4", "overtrain-RedPajama"]


def made_runs(seed=0, n=40, **truth):
    rng = np.random.default_rng(seed)
    params = 10 ** rng.uniform(7.5, 10, n)
    tokens = 20 * params * 10 ** rng.uniform(-1, 1, n)
    loss = sw.law("chinchilla").value({"N": params, "D": tokens}, {**TRUTH, **truth})
    table = pd.DataFrame({"params": params, "tokens": tokens, "loss": loss * np.exp(rng.normal(0, 0.004, n))})
    return table.assign(loss_code=1.1 * table["loss"] - (0.35 if truth else 0.0), train_loss_5=table["loss"])


@pytest.fixture(scope="module")
def tables():
    return {"A": made_runs(), "B": made_runs(1, E=1.9, A=300.0, B=1300.0), "C": made_runs(2, E=1.85)}


@pytest.fixture
def widget(tables):
    made = sw.LawFitter({name: tables[name] for name in "AB"}, resamples=60)
    yield made
    made.close()


def test_several_tables_open_the_comparison_and_one_table_the_fitter(tables, widget):
    assert isinstance(widget, RecipeFitter)
    listed = sw.LawFitter([tables["A"], tables["B"]], resamples=20)
    assert list(listed.fits) == ["A", "B"], "tables without a name are called by letters"
    one = sw.LawFitter(tables["A"], resamples=20)
    assert isinstance(one, sw.LawFitter)
    assert not isinstance(one, RecipeFitter)
    for each in (listed, one):
        each.close()


def test_families_of_a_bundled_table_are_compared():
    widget = sw.LawFitter("hitchhikers", families=FAMILIES, resamples=20, budget=1e20)
    assert list(widget.fits) == FAMILIES
    assert widget.scene.summary.startswith("At 1e20 FLOP, ")
    options = widget.scene.frame["sections"][0]["items"][0]["options"]
    assert {"value": "t5-pile", "label": "t5-pile"} in options, "the table's other families can be chosen"
    assert "checkpoints" not in json.dumps(widget.scene.frame["trust"])
    assert ask(widget, "change", **{"recipe.1": "GPT2-oscar-3"})["ok"]
    said = json.dumps(widget.scene.frame["trust"])
    assert "GPT2-oscar-3: 467 rows are checkpoints of 3 runs" in said, "rows of one run are not independent"
    widget.close()


def test_the_fitter_opens_the_comparison_of_its_families_below_itself():
    runs = sw.load("overtraining")
    fitter = sw.LawFitter(runs, resamples=20, law="chinchilla_tied")
    here = fitter.state["family"]
    items = next(part for part in fitter.scene.frame["sections"] if part["id"] == "data")["items"]
    assert {"label": "Compare families", "ask": "compare-families"} in [item.get("action") for item in items]
    left = list(runs.index[runs["family"] == here])[:2]
    drained(fitter._ask_exclude({"runs": "[1, 2]"}))
    reply = ask(fitter, "compare-families")
    below = fitter.recipes
    assert isinstance(below, RecipeFitter)
    assert reply["result"]["open"] == below.model_id
    assert next(iter(below.fits)) == here
    assert len(below.fits) == 2
    assert below.law == "chinchilla_tied"
    assert not set(left) & set(below.fits[here].runs.index), "what was left out stays left out"
    assert dict(below.fits[here].coefficients) == pytest.approx(dict(fitter.fit.coefficients), rel=1e-6)
    single = sw.LawFitter(made_runs(), resamples=20)
    assert "one family" in json.dumps(ask(single, "compare-families"))
    for each in (below, fitter, single):
        each.close()


def test_the_comparison_is_that_of_compare_fits(tables, widget):
    fits = [sw.fit(sw.read_runs(tables[name]), resamples=60) for name in "AB"]
    seen = sw.compare_fits(*fits, names=("A", "B"))
    assert widget.comparison.crossover == pytest.approx(seen.crossover, rel=1e-9)
    assert widget.scene.state["answer.chance"] == seen.at(widget.budget)["probability"]
    assert all(isinstance(fit, Fit) for fit in widget.fits.values())


def test_help_and_refusals_speak_of_the_fitter_itself():
    assert "delta" in inspect.signature(sw.LawFitter).parameters
    with pytest.raises(TypeError, match="resamples"):
        sw.LawFitter(sw.load("chinchilla"), resample=3)
    with pytest.raises(TypeError, match="judged_by"):
        sw.LawFitter({"A": made_runs(), "B": made_runs(1)}, judge_by="loss")


@pytest.mark.parametrize(
    ("runs", "options", "problem"),
    [
        ({"A": made_runs()}, {}, FitError),
        ([made_runs()] * 5, {}, FitError),
        ("hitchhikers", {"families": ["gpt3"]}, FitError),
        ("hitchhikers", {"families": "gpt3"}, FitError),
        ("hitchhikers", {"families": ["gpt3", "gpt3"]}, FitError),
        ("hitchhikers", {"families": ["gpt3", "gpt4"]}, UnknownNameError),
        ({"A": made_runs(), "B": made_runs(1)}, {"families": ["a", "b"]}, FitError),
        (made_runs(), {"families": ["a", "b"]}, TableError),
        ({"A": made_runs(), "B": made_runs(1)}, {"judged_by": "loss_latin"}, UnknownNameError),
        ({"A": made_runs(), "B": made_runs(1)}, {"budget": -1.0}, FitError),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(runs, options, problem):
    with pytest.raises(problem) as caught:
        sw.LawFitter(runs, **options)
    assert isinstance(caught.value, ScaleWidgetsError)
    assert str(caught.value)[-1] in ".?"


def test_columns_of_held_out_losses_are_found_and_training_losses_are_not(tables):
    found = loss_columns([sw.read_runs(tables[name]) for name in "AB"], None)
    assert found == {"loss": "Loss", "loss_code": "Loss on code"}
    assert text_name("eval/c4_val/CrossEntropyLoss") == "Loss on c4"
    asked = loss_columns([sw.read_runs(tables["A"])], "loss_code")
    assert next(iter(asked)) == "loss_code"


def test_another_text_is_fitted_and_the_old_one_becomes_the_other(widget):
    before = widget.fits["A"]
    assert ask(widget, "change", judged="loss_code")["ok"]
    assert widget.judged_by == "loss_code"
    assert widget.fits["A"] is not before
    assert widget.scene.state["judged.label"] == "Loss on code"
    assert "loss_code" in json.dumps(widget.scene.frame["code"])
    assert ask(widget, "change", judged="loss")["ok"]
    assert widget.fits["A"] is before, "what was fitted once is not fitted again"


def test_a_third_recipe_comes_and_goes_and_any_pair_is_compared(tables):
    widget = sw.LawFitter(tables, resamples=10, judged_by=["loss"])
    assert list(widget.fits) == ["A", "B", "C"]
    assert ask(widget, "change", pair="0-2")["ok"]
    assert widget.comparison.names == ("A", "C")
    assert not ask(widget, "change", pair="0-7")["ok"]
    assert ask(widget, "change", **{"recipe.1": ""})["ok"]
    assert list(widget.fits) == ["A", "C"]
    assert not ask(widget, "change", **{"recipe.1": ""})["ok"], "two are the least"
    assert ask(widget, "add-recipe")["ok"]
    assert list(widget.fits) == ["A", "C", "B"]
    assert not ask(widget, "add-recipe")["ok"]
    widget.close()


def test_choosing_a_recipe_that_stands_elsewhere_changes_places(widget):
    assert ask(widget, "change", **{"recipe.0": "B"})["ok"]
    assert widget.comparison.names == ("B", "A")
    assert not ask(widget, "change", **{"recipe.0": "Z"})["ok"]
    assert not ask(widget, "change", **{"recipe.9": "A"})["ok"]
    assert widget.state["recipe.0"] == "B"


def test_a_dropped_file_is_a_recipe_more(widget, tables):
    text = tables["C"].to_csv(index=False)
    assert ask(widget, "open-table", name="mine.csv", text=text)["ok"]
    assert list(widget.fits) == ["A", "B", "mine"]
    broken = text.replace(text.splitlines()[3].split(",")[2], "many", 1)
    reply = ask(widget, "open-table", name="bad.csv", text=broken)
    assert not reply["ok"]
    assert widget.scene.frame["notice"]["repairs"], "what a button could do is offered"
    assert list(widget.fits) == ["A", "B", "mine"], "the last good picture stays"


def test_another_law_refits_all_and_a_wrong_one_leaves_what_is_there(widget):
    widget.law = "chinchilla_tied"
    assert {fit.law.name for fit in widget.fits.values()} == {"chinchilla_tied"}
    with pytest.raises(ScaleWidgetsError):
        widget.law = "chinchila"
    assert widget.law == "chinchilla_tied"
    reply = ask(widget, "change", law="power_N")
    assert not reply["ok"], "a law without a best size cannot be compared at one"
    assert widget.state["law"] == "chinchilla_tied"


def test_a_released_budget_sets_the_trait_and_is_kept_through_a_refit(widget):
    heard = []
    widget.observe(heard.append, "budget")
    released(widget, budget__flops=3e20, budget__unit="dollars", hardware__price=4.0)
    assert [change["new"] for change in heard] == [3e20]
    assert ask(widget, "change", judged="loss_code")["ok"]
    assert widget.state["budget.flops"] == 3e20
    assert widget.scene.summary.startswith("At $")
    expected = 3e20 / (989.4e12 * 0.4 * 3600) * 4
    assert widget.state["budget.flops"] / widget.state["per.dollars"] == pytest.approx(expected)
    assert "your entry of" in json.dumps(widget.scene.frame["sections"])
    assert ask(widget, "reset")["ok"]
    assert widget.state["budget.unit"] == "flops"
    assert widget.judged_by == "loss"


def test_pictures_are_of_the_budget_that_the_slider_was_left_at(widget):
    released(widget, budget__flops=2e19)
    bundle = widget._repr_mimebundle_()
    assert "At 2e19 FLOP" in bundle["text/plain"]
    assert "At 2e19 FLOP" in bundle["image/svg+xml"]
    widget.budget = 7e22
    assert "At 7e22 FLOP" in widget.to_html()
    with pytest.raises(FitError):
        widget.budget = -3.0
    assert widget.budget == 7e22


@pytest.mark.parametrize(("kind", "sign"), [("svg", "<svg"), ("csv", "flops,"), ("html", "<!doctype html>")])
def test_exports_are_of_the_view_that_asked(widget, kind, sign):
    reply = ask(widget, "export", format=kind, state=json.dumps({"budget.flops": 5e20}))
    assert reply["ok"]
    text = reply["result"]["text"]
    assert sign in text[:200].lower()
    if kind == "csv":
        assert any(line.startswith("5e+20,") for line in text.splitlines())
    else:
        assert "At 5e20 FLOP" in text


def test_copied_code_yields_the_numbers_on_screen():
    widget = sw.LawFitter("hitchhikers", families=FAMILIES, resamples=20, budget=1e20)
    lines = ["".join(run.get("text", "1e20") for run in line["runs"]) for line in widget.scene.frame["code"]]
    space: dict = {}
    exec("\n".join([*lines[:-1], f"found = {lines[-1]}"]), space)
    assert space["found"]["probability"] == widget.scene.state["answer.chance"]
    assert space["found"]["difference"] == pytest.approx(widget.scene.state["answer.gap"], rel=1e-9)
    widget.close()


def test_a_table_whose_column_of_compute_was_dropped_is_compared_by_6_n_d(tables):
    read = {name: sw.read_runs(tables[name]) for name in "AB"}
    bare = sw.LawFitter({"A": read["A"].drop(columns="flops"), "B": read["B"]}, resamples=0)
    whole = sw.LawFitter(read, resamples=0)
    assert bare.scene.summary == whole.scene.summary
    assert bare.scene.state["answer.gap"] == whole.scene.state["answer.gap"]
    for each in (bare, whole):
        each.close()


def test_recipes_with_a_refused_fit_say_which_and_the_menus_still_work(tables):
    widget = sw.LawFitter({"A": tables["A"], "tiny": tables["B"].head(3), "B": tables["B"]}, resamples=20)
    assert widget.scene.frame["phase"] == "refused"
    assert widget.comparison is None
    assert not ask(widget, "export", format="csv", state="{}")["ok"]
    assert ask(widget, "change", **{"recipe.1": ""})["ok"]
    assert widget.scene.frame["phase"] == "ready"
    widget.close()
