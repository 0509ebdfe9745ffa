"""Which runs to train next: the linear algebra, the search, and whether the advice beats other designs."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.allocation import Machine, batches
from scalewidgets.allocation.information import Candidates, Information
from scalewidgets.errors import FitError, QuantityError, UnknownNameError


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    table = sw.load("chinchilla")
    return table.drop(index=table.attrs["default_exclusions"]["index"])


@pytest.fixture(scope="module")
def small(runs) -> pd.DataFrame:
    """Thirty of the runs below 1e20 FLOP."""
    return runs[runs["flops"] < 1e20].sample(30, random_state=3)


@pytest.fixture(scope="module")
def fit(small):
    return sw.fit(small, objective="squared_log", resamples=0, starts=0)


@pytest.fixture(scope="module")
def advice(fit, runs, small):
    rest = runs.drop(index=small.index)[["params", "tokens"]]
    return sw.next_runs(fit, dollars=1e6, candidates=rest, spend=3000)


def test_what_a_batch_takes_off_is_what_inverting_the_information_of_all_runs_gives(fit, small):
    known = Information.of(fit)
    _, slope = known.slope_of("params", 5.7e23)
    params, tokens = np.array([1.8e9, 6.3e8, 1.26e10]), np.array([8.2e8, 1.44e11, 8.06e9])
    candidates = Candidates.of(known, slope, params, tokens, np.ones(3))
    old = known.sensitivity(small["params"].to_numpy(), small["tokens"].to_numpy())
    both = np.vstack([old, known.sensitivity(params, tokens)])
    s2 = known.scatter**2
    now = slope @ np.linalg.inv(old.T @ old / s2) @ slope
    after = slope @ np.linalg.inv(both.T @ both / s2) @ slope
    assert candidates.variance == pytest.approx(now, rel=1e-6)
    assert candidates.variance - candidates.gain(np.arange(3)) == pytest.approx(after, rel=1e-6)


def test_the_slope_of_the_best_size_is_that_of_the_closed_form(fit):
    known = Information.of(fit)
    value, slope = known.slope_of("params", 5.7e23)
    exact = sw.allocation.delta_method(5.7e23, fit.coefficients)
    order = [("A", "B", "E", "alpha", "beta").index(name) for name in known.names]
    assert value == pytest.approx(float(np.log(exact.params)), rel=1e-12)
    assert slope == pytest.approx(exact.gradient[order], rel=1e-6, abs=1e-6)


def test_the_best_batch_is_the_best_of_all_affordable_ones(fit):
    rng = np.random.default_rng(5)
    known = Information.of(fit)
    _, slope = known.slope_of("loss", 1e22)
    params = 10 ** rng.uniform(8, 10, 14)
    tokens = params * 10 ** rng.uniform(0, 2.5, 14)
    price = 10 ** rng.uniform(1, 3, 14)
    candidates = Candidates.of(known, slope, params, tokens, price)
    found = batches.best_batch(candidates, 3, 900.0)
    every = [
        np.array(chosen)
        for size in (1, 2, 3)
        for chosen in combinations(range(14), size)
        if price[list(chosen)].sum() <= 900.0
    ]
    gains = [candidates.gain(batch) for batch in every]
    assert found.exhaustive
    assert found.compared == len(every)
    assert found.gain == pytest.approx(max(gains), rel=1e-12)
    assert sorted(found.batch) == sorted(every[int(np.argmax(gains))])
    swapped = batches.exchanged(candidates, 3, 900.0)
    assert swapped.gain >= 0.97 * found.gain
    assert price[swapped.batch].sum() <= 900.0


def test_the_advice_beats_random_runs_and_runs_on_the_frontier(advice):
    def width(name):
        row = advice.designs.loc[name]
        return np.log(row["high"] / row["low"])

    assert width("batch") < 0.65 * width("now")
    assert width("batch") < 0.75 * width("random")
    assert width("on the frontier") > 0.85 * width("now"), "on the frontier a run teaches least about N*"
    lucky = advice.designs.loc["random"]
    assert np.log(lucky["best_high"] / lucky["best_low"]) >= width("batch")
    assert advice.dollars <= 3000
    assert advice.narrower == pytest.approx(1 - width("batch") / width("now"), rel=1e-9)


def test_runs_that_are_simulated_and_fitted_again_confirm_the_predicted_interval(advice):
    seen = sw.allocation.simulated(advice, refits=120)
    assert seen.loc["now", "sd"] == pytest.approx(seen.loc["now", "predicted"], rel=0.25)
    assert seen.loc["after", "sd"] == pytest.approx(seen.loc["after", "predicted"], rel=0.25)
    assert seen.loc["after", "sd"] < 0.75 * seen.loc["now", "sd"]


def test_leaving_a_run_of_the_batch_out_widens_the_interval_again(advice):
    after = np.log(advice.after[1] / advice.after[0])
    without = np.log(advice.batch["without_high"] / advice.batch["without_low"])
    assert (without > after).all()
    assert advice.batch["dollars"].sum() == pytest.approx(advice.dollars)
    assert (advice.coefficients["after"] < advice.coefficients["now"]).all()


def test_more_money_never_buys_a_wider_interval(advice):
    seen = advice.spending(8)
    assert (np.diff(seen["width"]) <= 1e-9).all()
    assert seen["width"].iloc[-1] == pytest.approx(1 - advice.narrower, abs=0.03)


def test_without_candidates_a_grid_around_the_runs_is_searched(fit):
    advice = sw.next_runs(fit, flops=1e22, answer="loss", most=5, spend=500)
    assert len(advice.batch) <= 5
    assert advice.batch["dollars"].sum() <= 500
    assert advice.after[1] - advice.after[0] < advice.now[1] - advice.now[0]
    assert advice.value == pytest.approx(sw.allocate(fit, flops=1e22).loss.value, rel=1e-9)
    assert any("law being wrong" in note for note in advice.notes)
    said = advice.report()
    for words in ("Train these", "tokens per parameter", "set-up", "round figure", "batches compared"):
        assert words in said, words
    json.dumps(advice.to_dict(), allow_nan=False)
    assert "<script" not in advice._repr_html_()


def test_runs_beyond_those_made_are_said_to_lean_on_the_law(fit):
    far = pd.DataFrame({"params": [1e9, 3e9], "tokens": [1e8, 1e8]})
    advice = sw.next_runs(fit, flops=1e22, candidates=far, spend=1e6, most=2)
    assert any("lean" in note for note in advice.notes)


def test_less_scatter_narrows_now_and_after_alike(fit, runs, small):
    rest = runs.drop(index=small.index)[["params", "tokens"]].iloc[:40]
    wide = sw.next_runs(fit, flops=1e22, candidates=rest, most=2, scatter=0.01)
    narrow = sw.next_runs(fit, flops=1e22, candidates=rest, most=2, scatter=0.005)
    for name in ("now", "after"):
        ends = [np.log(getattr(each, name)[1] / getattr(each, name)[0]) for each in (wide, narrow)]
        assert ends[0] == pytest.approx(2 * ends[1], rel=1e-9)


@pytest.mark.parametrize(
    ("question", "error", "words"),
    [
        ({}, QuantityError, "not clear"),
        ({"flops": 1e22, "dollars": 1e6}, QuantityError, "not clear"),
        ({"flops": 1e22, "answer": "parms"}, UnknownNameError, "params"),
        ({"flops": 1e22, "most": 0}, QuantityError, "none"),
        ({"flops": 1e22, "spend": -1}, QuantityError, "above zero"),
        ({"flops": 1e22, "spend": 1.0}, QuantityError, "or less"),
        ({"flops": 1e22, "candidates": {"params": [1e9]}}, QuantityError, "no column tokens"),
        ({"flops": 1e22, "candidates": {"params": [1e9], "tokens": [0]}}, QuantityError, "above zero"),
        ({"flops": 1e22, "machine": Machine(price=0.0), "setup": 0.0}, QuantityError, "costs nothing"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(fit, question, error, words):
    with pytest.raises(error, match=words):
        sw.next_runs(fit, **question)


def test_a_law_of_more_than_sizes_and_tokens_is_refused_in_words():
    fit = sw.fit(sw.load("repetition"), "data_constrained", resamples=0, starts=0)
    with pytest.raises(FitError, match="also asks for U"):
        sw.next_runs(fit, flops=1e22)


def test_no_advice_from_runs_that_leave_a_direction_open(runs):
    line = runs[(runs["tokens"] / runs["params"]).between(15, 25)]
    weak = sw.fit(line, resamples=0, starts=0)
    with pytest.raises(FitError, match=r"no advice|direction"):
        sw.next_runs(weak, flops=1e22)
