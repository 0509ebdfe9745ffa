"""LawFitter from Python: traits, requests and refusals, without a browser."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from bokeh.models import ColumnDataSource
from pane.front_end import FrontEnd

import scalewidgets as sw
from scalewidgets.errors import FitError, TableError
from scalewidgets.figures.still import unsupported
from scalewidgets.fitting import Status
from scalewidgets.fitting.steps import drained
from scalewidgets.widgets.settings import QUICK, default_target, families_of, fittable_laws

from .messages import ask


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return sw.load("chinchilla")


@pytest.fixture
def fitter(runs):
    widget = sw.LawFitter(runs, resamples=100)
    yield widget
    widget.close()


def test_the_sentence_says_the_answer_with_its_interval(fitter):
    assert fitter.scene.summary.startswith("A 7.0 B model on 1.4 T tokens reaches a loss of 2.07 [2.05, 2.")
    assert "about the table" not in str(fitter.scene.frame["trust"])  # a public table is not doubted
    assert "A 7.0 B model" in repr(fitter)


def test_what_the_sentence_says_is_what_the_fit_predicts(runs):
    widget = sw.LawFitter(runs, resamples=300, params=1.3e10, tokens=2e12)
    predicted = widget.fit.predict(params=1.3e10, tokens=2e12)
    state = widget.scene.state
    assert state["answer.loss"] == pytest.approx(predicted.value, rel=1e-12)
    assert state["answer.low"] == pytest.approx(predicted.low, rel=1e-12)
    assert state["answer.high"] == pytest.approx(predicted.high, rel=1e-12)
    assert state["answer.run_low"] == pytest.approx(predicted.run_low, rel=1e-12)
    assert state["answer.run_high"] == pytest.approx(predicted.run_high, rel=1e-12)
    assert state["answer.decades"] == pytest.approx(predicted.extrapolation, rel=1e-9)
    widget.close()


def test_observers_hear_a_new_fit_once(fitter):
    heard = []
    fitter.observe(heard.append, "fit")
    assert ask(fitter, "change", objective="squared_log")["ok"]
    assert len(heard) == 1
    assert heard[0]["new"].certificate.objective == "squared_log"
    assert fitter.objective == "squared_log"


def test_a_click_is_drawn_before_the_fit_is_checked_and_observers_hear_the_checked_one(runs):
    widget = sw.LawFitter(runs)
    front = FrontEnd(widget)
    view = front.view()
    heard = []
    widget.observe(heard.append, "fit")
    before = widget.fit
    front.sent.clear()
    work = widget._ask_exclude({"runs": "[40]"})
    next(work)
    ((message, buffers),) = front.sent
    assert message["type"] == "sketch"
    assert len(json.dumps(message)) + sum(map(len, buffers)) < 50_000, "a click waits for what travels"
    words = json.dumps(view.scene["frame"])
    assert f"{QUICK} resamples" in words, "the interval says on how many resamples it rests"
    assert "Checking from other starts" in words
    assert view.state["answer.fit_loss"] != before.predict(params=7e9, tokens=1.4e12).value
    assert heard == []
    assert widget.fit is before
    drained(work)
    assert len(heard) == 1
    assert heard[0]["new"].certificate.starts > 0
    words = json.dumps(view.scene["frame"])
    assert "1,000 resamples" in words
    assert "Checking" not in words
    widget.close()


def test_the_next_click_starts_from_what_is_on_screen_though_the_check_is_not_done(runs):
    widget = sw.LawFitter(runs)
    FrontEnd(widget).view()
    first = widget._ask_exclude({"runs": "[40]"})
    next(first)
    second = widget._ask_exclude({"runs": "[50]"})
    first.close()
    drained(second)
    out = set(widget.fit.runs.index[~np.asarray(widget.fit.used)])
    assert {widget.fit.runs.index[39], widget.fit.runs.index[49]} <= out
    widget.close()


def test_a_fit_that_is_cancelled_after_it_was_drawn_is_the_fit(runs):
    widget = sw.LawFitter(runs)
    FrontEnd(widget).view()
    work = widget._ask_exclude({"runs": "[40]"})
    next(work)
    next(work)
    widget._cancelled("view", {"id": "1"}, [])
    work.close()
    assert not widget.fit.used[39]
    assert widget.fit.certificate.starts == 0
    trust = json.dumps(widget.scene.frame["trust"])
    assert "Not checked from other starts" in trust
    assert "Checking" not in trust
    widget.close()


def test_setting_a_trait_refits_and_a_wrong_one_leaves_the_last_fit(fitter):
    fitter.delta = 1e-2
    assert fitter.fit.certificate.delta == 1e-2
    with pytest.raises(FitError):
        fitter.objective = "huber_lgo"
    assert fitter.objective == "huber_log"
    assert fitter.fit.certificate.delta == 1e-2


def test_the_target_moves_without_a_refit(fitter):
    before = fitter.fit
    fitter.params = 2e10
    assert fitter.fit is before
    assert fitter.state["target.params"] == 2e10


def test_a_slider_released_in_the_browser_sets_the_trait_without_an_echo(fitter):
    heard = []
    fitter.observe(heard.append, ["params", "tokens"])
    fitter._on_message(fitter, {"type": "state", "view": "v", "state": {"target.tokens": 3e12}}, [])
    assert fitter.tokens == 3e12
    assert [change["name"] for change in heard] == ["tokens"]


def test_a_locked_coefficient_is_fixed_where_it_was_left(fitter):
    fitter._on_message(
        fitter, {"type": "state", "view": "v", "state": {"coef.alpha": 0.4, "fixed.alpha": True}}, []
    )
    assert ask(fitter, "fit")["ok"]
    assert fitter.fit.coefficients["alpha"] == 0.4
    assert fitter.fit.certificate.fixed == {"alpha": 0.4}
    assert fitter.scene.state["fixed.alpha"] is True
    assert ask(fitter, "reset")["ok"]
    assert fitter.fit.coefficients["alpha"] == pytest.approx(0.347311, abs=1e-6)


def test_runs_that_were_left_out_come_back_and_go_again(fitter):
    assert ask(fitter, "bring-back")["ok"]
    assert fitter.fit.certificate.n_runs == 245
    assert ask(fitter, "exclude-again")["ok"]
    assert fitter.fit.certificate.n_runs == 240


def test_a_run_is_left_out_by_its_number_and_comes_back(fitter):
    number = int(fitter.fit.runs.index.get_loc(223)) + 1
    assert ask(fitter, "exclude", runs=f"[{number}]")["ok"]
    assert fitter.fit.certificate.n_runs == 239
    assert not fitter.fit.used[number - 1]
    code = json.dumps(fitter.scene.frame["code"])
    assert "exclude=[0, 1, 2, 3, 4, 223]" in code
    assert ask(fitter, "restore", runs=f"[{number}]")["ok"]
    assert fitter.fit.certificate.n_runs == 240


def test_the_largest_runs_are_scored_by_a_fit_that_has_not_seen_them(fitter):
    assert fitter.state["blind"] == 1e21
    words = json.dumps(fitter.scene.frame["sections"][0])
    assert "1.05 %" in words, "23 runs above 1e21 FLOP are missed by 1.05 % on average"
    hollow = fitter.scene.document.get_model_by_name("blind").data
    assert len(hollow["loss"]) == 23
    assert min(hollow["flops"]) > 1e21


def test_moving_the_cut_scores_again_and_leaves_the_fit_alone(fitter):
    before = fitter.fit
    assert ask(fitter, "change", blind=3e20)["ok"]
    assert fitter.fit is before
    hollow = fitter.scene.document.get_model_by_name("blind").data
    flops = 6 * before.runs["params"] * before.runs["tokens"]
    assert len(hollow["loss"]) == int(np.sum(flops[before.used] > 3e20))
    assert ask(fitter, "change", blind=1e30)["ok"]
    assert "No run is held out" in json.dumps(fitter.scene.frame["sections"][0])


def test_only_the_chosen_runs_can_be_kept(fitter):
    runs = list(range(6, 106))
    assert ask(fitter, "keep", runs=json.dumps(runs))["ok"]
    assert list(np.flatnonzero(fitter.fit.used) + 1) == runs


@pytest.mark.parametrize("chosen", ["", "[0]", "[246]", "[]", '["a"]', "{}", "[[1]]", "[1e99]"])
def test_runs_that_do_not_exist_are_refused_by_number(fitter, chosen):
    before = fitter.fit
    reply = ask(fitter, "exclude", runs=chosen)
    assert not reply["ok"]
    assert "uns are" in reply["error"]
    assert fitter.fit is before


def test_another_law_and_another_table_keep_the_screen_alive(fitter):
    assert ask(fitter, "change", law="power_const")["ok"]
    assert set(fitter.fit.coefficients) == {s.name for s in sw.law("power_const").coefficients}
    assert ask(fitter, "change", dataset="hitchhikers")["ok"]
    assert fitter.scene.frame["sections"][0]["items"][1]["key"] == "family"


@pytest.mark.parametrize("law", fittable_laws())
def test_every_law_on_offer_gives_a_screen_and_a_picture(runs, law):
    widget = sw.LawFitter(runs, law=law, resamples=20)
    scene = widget.scene
    assert scene.frame["phase"] in ("ready", "refused")
    for source in scene.document.select({"type": ColumnDataSource}):
        assert len({len(column) for column in source.data.values()}) <= 1, source.name
    assert scene.to_svg().startswith("<svg")
    assert json.dumps(scene.to_json())
    widget.close()


def test_a_form_that_was_not_checked_says_so_on_the_screen(runs):
    hearsay = sw.Law("E + A / N**alpha + B / D**beta", ["N", "D"], name="hearsay", title="Hearsay", mark="U")
    widget = sw.LawFitter(runs, law=hearsay, resamples=20)
    law = next(section for section in widget.scene.frame["sections"] if section["id"] == "law")
    assert "Hearsay (unverified)" in json.dumps(law["folded"])
    assert "Hearsay (unverified)" in json.dumps(law["items"][0]["options"])
    assert widget.scene.frame["conventions"][0].startswith("Hearsay (unverified) law")
    widget.close()


def test_a_refused_change_puts_the_controls_back(fitter):
    sent = []
    fitter._views["v"] = "light"
    fitter._send_message = lambda message, buffers=None: sent.append(message)
    reply = ask(fitter, "change", law="no_such_law")
    assert not reply["ok"]
    assert "no_such_law" in reply["error"]
    assert {"type": "state", "origin": None}.items() <= sent[-1].items()
    assert sent[-1]["state"]["law"] == "chinchilla"


def test_a_table_from_the_browser_is_fitted(fitter, runs):
    text = runs.loc[:, ["params", "tokens", "loss"]].to_csv(index=False)
    assert ask(fitter, "open-table", name="my runs.csv", text=text)["ok"]
    assert fitter.fit.certificate.n_runs == 245
    assert "my runs.csv" in fitter.scene.frame["sections"][0]["items"][0]["options"][0]["label"]


def test_what_is_doubtful_about_a_table_of_ones_own_stands_on_the_screen(runs):
    bare = runs[["params", "tokens", "loss"]].assign(params=runs["params"] / 1e9, tokens=runs["tokens"] / 1e9)
    bare.attrs = {}
    fitter = sw.LawFitter(bare, resamples=50)
    data = str(next(part for part in fitter.scene.frame["sections"] if part["id"] == "data"))
    assert "is read in billions" in data
    assert "sw.check(runs)" in data
    assert "about the table, under Data" in str(fitter.scene.frame["trust"])
    fitter.close()


def test_a_name_with_a_path_in_it_stays_inside_its_folder(fitter, runs, tmp_path):
    text = runs.loc[:, ["params", "tokens", "loss"]].to_csv(index=False)
    target = tmp_path / "escaped.csv"
    assert ask(fitter, "open-table", name=f"../../..{target}", text=text)["ok"]
    assert not target.exists()


def test_a_bad_table_says_why_offers_repairs_and_keeps_the_picture(fitter, runs):
    table = runs.loc[:, ["params", "tokens", "loss"]].copy()
    table.loc[40, "loss"] = 24.9
    reply = ask(fitter, "open-table", name="runs.csv", text=table.to_csv(index=False))
    assert not reply["ok"]
    notice = fitter.scene.frame["notice"]
    said = "".join(run["text"] for run in notice["runs"])
    assert said.startswith("runs.csv, row 42, column loss: 24.9 looks like a perplexity")
    assert fitter.fit.certificate.n_runs == 240, "the last good fit stays"
    assert "Last good fit" in json.dumps(fitter.scene.frame["second"])
    assert ask(fitter, "repair", **notice["repairs"][0]["args"])["ok"]
    assert fitter.scene.frame["notice"] is None
    assert fitter.fit.certificate.n_runs == 245


def test_a_repair_that_was_not_offered_is_refused(fitter):
    assert not ask(fitter, "repair", repair=7)["ok"]


@pytest.mark.parametrize("kind", ["svg", "csv", "html"])
def test_exports_show_what_the_sliders_hold(fitter, kind):
    state = {**fitter.state, "target.params": 1.3e10}
    file = ask(fitter, "export", format=kind, state=json.dumps(state))["result"]
    assert file["name"] == f"law-fitter.{kind}"
    if kind == "svg":
        assert "13 B" in file["text"]
    if kind == "csv":
        assert len(file["text"].splitlines()) == 246
        assert "0.0" in file["text"]


def test_the_still_picture_leaves_nothing_out(fitter):
    assert unsupported(fitter.scene.document) == []


def test_runs_on_one_line_are_refused_with_the_reason_and_a_picture(runs):
    ratio = runs["tokens"] / runs["params"]
    widget = sw.LawFitter(runs[ratio.between(15, 25)], resamples=200)
    assert widget.fit.status is Status.NOT_IDENTIFIED
    scene = widget.scene
    assert scene.frame["phase"] == "refused"
    assert "no advice is given" in scene.summary
    assert "tokens per parameter" in scene.summary
    assert [f["root"] for f in scene.frame["figures"]] == ["design", "valley"]
    assert scene.to_svg().startswith("<svg")
    assert "answer.loss" not in scene.state, "no number may be read off a refused fit"
    widget.close()


def test_too_few_runs_are_refused_for_that_reason():
    table = pd.DataFrame({"params": [1e8, 1e9, 1e10], "tokens": [1e9, 1e11, 1e10], "loss": [3, 2.5, 2.4]})
    widget = sw.LawFitter(table, resamples=20)
    assert widget.fit.status is Status.REFUSED
    assert widget.scene.summary.startswith("These runs cannot be fitted, so no advice is given.")
    assert ask(widget, "export", format="csv", state=json.dumps(widget.state))["ok"]
    widget.close()


def test_exactly_collinear_runs_give_a_screen_not_a_crash():
    params = np.geomspace(1e8, 1e10, 30)
    table = pd.DataFrame({"params": params, "tokens": 20 * params, "loss": 1.8 + 400 / params**0.34})
    widget = sw.LawFitter(table, resamples=50)
    assert not widget.fit.ok
    assert widget.scene.frame["phase"] == "refused"
    widget.close()


def test_an_empty_screen_waits_for_a_table(runs):
    widget = sw.LawFitter(resamples=50)
    assert widget.fit is None
    assert widget.scene.frame["phase"] == "empty"
    assert not ask(widget, "export", format="svg", state="{}")["ok"]
    assert ask(widget, "open-data", name="chinchilla")["ok"]
    assert widget.fit.status is Status.CONVERGED
    widget.close()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: sw.LawFitter("no/such/file.csv"), TableError, "file.csv"),
        (lambda: sw.LawFitter(pd.DataFrame({"a": [1]})), TableError, "a"),
        (lambda: sw.LawFitter("chinchilla", objective="hubber_log"), FitError, "huber_log"),
        (lambda: sw.LawFitter("chinchilla", delta=-1), FitError, "Delta is -1"),
        (lambda: sw.LawFitter("chinchilla", resample=10), TypeError, "resamples"),
    ],
)
def test_mistakes_in_python_are_sentences(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_a_part_of_a_bundled_table_is_not_called_the_whole(runs):
    widget = sw.LawFitter(runs.iloc[::2], resamples=50)
    code = "\n".join(
        run["text"] for line in widget.scene.frame["code"] for run in line["runs"] if "text" in run
    )
    assert "sw.load" not in code
    widget.close()


def test_copied_code_gives_the_same_number(fitter):
    lines = [
        "".join(str(run.get("text", fitter.state.get(run.get("value")))) for run in line["runs"])
        for line in fitter.scene.frame["code"]
    ]
    assert len(lines) <= 6
    *setup, last = lines
    names: dict[str, object] = {}
    exec("\n".join(setup), names)
    assert eval(last, names).value == pytest.approx(fitter.scene.state["answer.loss"], rel=1e-12)


def test_large_tables_are_thinned_on_screen_and_whole_in_the_fit():
    rng = np.random.default_rng(0)
    params = 10 ** rng.uniform(8, 10, 3000)
    tokens = 10 ** rng.uniform(9, 11.5, 3000)
    loss = (1.8 + 480 / params**0.35 + 2100 / tokens**0.37) * np.exp(rng.normal(0, 0.003, 3000))
    widget = sw.LawFitter(pd.DataFrame({"params": params, "tokens": tokens, "loss": loss}), resamples=20)
    assert widget.fit.certificate.n_runs == 3000
    drawn = widget.scene.document.get_model_by_name("runs").data["loss"]
    assert len(drawn) <= 508, "500 and the extremes"
    bundle = widget._repr_mimebundle_()
    assert len(json.dumps(bundle)) < 280_000, "a saved notebook with one figure stays under 300 kB"
    csv = ask(widget, "export", format="csv", state=json.dumps(widget.state))["result"]["text"]
    assert len(csv.splitlines()) == 3001
    widget.close()


def test_a_first_target_is_one_that_people_ask_for(runs):
    assert default_target(runs).params == 7e9
    tiny = pd.DataFrame({"params": [1e6, 2e6], "tokens": [1e8, 2e8]})
    assert default_target(tiny).params == 2e6
    assert families_of(runs) == []


@pytest.mark.parametrize(
    ("objective", "key", "number"),
    [("quantile", "tau", 0.2), ("asymmetric", "factor", 3.0), ("student_t", "nu", 6.0)],
)
def test_the_parameter_of_an_objective_is_a_slider_that_refits_and_is_in_the_code(objective, key, number):
    fitter = sw.LawFitter(sw.load("chinchilla"), objective=objective, resamples=20)
    before = fitter.fit.objective
    drained(fitter._changed({key: number}))
    assert fitter.state[key] == number
    assert fitter.fit.objective != before
    direct = sw.fit(sw.load("chinchilla"), objective=objective, resamples=0, starts=0, **{key: number})
    assert fitter.fit.objective == pytest.approx(direct.objective, rel=1e-9)
    assert f"{key}={number!r}" in str(fitter.scene.frame["code"])


def test_a_lock_holds_in_whatever_is_fitted_next(runs):
    widget = sw.LawFitter(runs, resamples=20)
    view = FrontEnd(widget).view()
    alpha = 0.36
    view.set_state(**{"coef.alpha": alpha, "fixed.alpha": True})
    drained(widget._ask_exclude({"runs": "[40]"}))
    assert widget.fit.coefficients["alpha"] == alpha
    assert widget.state["fixed.alpha"] is True
    assert "fixed={'alpha': 0.36}" in json.dumps(widget.scene.frame["code"])
    drained(widget._changed({"objective": "squared_log"}))
    assert widget.fit.coefficients["alpha"] == alpha
    view.set_state(**{"fixed.alpha": False})
    drained(widget._ask_restore({"runs": "[40]"}))
    assert widget.fit.coefficients["alpha"] != alpha
    widget.close()


@pytest.mark.parametrize("name", ["loss", "correct", "Solved"])
def test_a_table_of_outcomes_is_refused_with_the_way_to_fit_it(name):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "params": np.repeat([1e8, 1e9, 1e10], 20),
            "tokens": np.repeat([2e9, 2e10, 2e11], 20),
            name: rng.integers(0, 2, 60),
        }
    )
    with pytest.raises(TableError, match=r"outcomes, not losses\. Average them .* law=\"sigmoid_C\""):
        sw.LawFitter(table)
    widget = sw.LawFitter()
    reply = ask(widget, "open-table", name="mine.csv", text=table.to_csv(index=False))
    assert "outcomes, not losses" in reply["error"]
    assert "outcomes, not losses" in json.dumps(widget.scene.frame["notice"])
    widget.close()


def test_the_way_that_a_refusal_of_outcomes_names_can_be_gone():
    flops = np.geomspace(1e19, 1e23, 12)
    shares = pd.DataFrame({"flops": flops, "score": 0.1 + 0.8 / (1 + (1e21 / flops) ** 0.6)})
    assert sw.fit(shares, law="sigmoid_C", resamples=0, starts=0).coefficients["high"] == pytest.approx(0.9)


def test_a_screen_without_resamples_is_refused_with_the_way_to_fit_without_intervals():
    with pytest.raises(FitError, match=r"resamples=0 gives none.*sw\.fit\(runs, resamples=0\)"):
        sw.LawFitter(sw.load("chinchilla"), resamples=0)
