import json

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting import scores
from scalewidgets.fitting.holdout import holdout, rolling_holdout

from .conftest import made_runs


@pytest.mark.parametrize(
    ("law", "error"),
    [("chinchilla", 1.05), ("chinchilla_tied", 0.84), ("coupled", 0.94), ("kaplan_ND", 2.13)],
)
def test_the_blind_error_of_each_law_is_the_known_one(chinchilla, law, error):
    seen = holdout(chinchilla, law, above=1e21)
    assert seen.fit.certificate.n_runs == 217
    assert len(seen.table) == 23
    assert 100 * seen.error == pytest.approx(error, abs=0.006)


def test_runs_left_out_of_the_fit_are_not_scored(chinchilla):
    seen = holdout(chinchilla, above=3e18)
    assert not set(seen.table.index) & {0, 1, 2, 3, 4}


def test_a_noiseless_law_predicts_what_it_has_not_seen():
    seen = holdout(made_runs(), fraction=0.2)
    assert len(seen.table) == 12
    assert seen.error < 1e-9
    assert seen.scores["r2"] == pytest.approx(1.0)


def test_scores_belong_to_the_table(chinchilla):
    seen = holdout(chinchilla, above=1e21, resamples=100)
    table = seen.table
    assert seen.error == pytest.approx(np.mean(np.abs(table["predicted"] - table["loss"]) / table["loss"]))
    assert table["flops"].is_monotonic_increasing
    assert (table["low"] < table["predicted"]).all()
    assert (table["loss"] == chinchilla.loc[table.index, "loss"]).all()


def test_labels_that_repeat_hold_out_the_right_rows():
    runs = made_runs(noise=0.003)
    doubled = runs.set_axis([0] * len(runs))
    assert holdout(doubled, fraction=0.2).error == pytest.approx(holdout(runs, fraction=0.2).error, rel=1e-9)


def test_runs_of_one_compute_stay_on_one_side():
    runs = made_runs(40)
    runs["flops"] = np.repeat([1e19, 1e20, 1e21, 1e22], 10)
    runs["tokens"] = runs["flops"] / 6 / runs["params"]
    seen = holdout(runs, fraction=0.25)
    assert (seen.table["flops"] == 1e22).all()
    assert len(seen.table) == 10


def test_a_cut_that_leaves_nothing_is_refused(chinchilla):
    for cut in (1e30, 1e3):
        with pytest.raises(FitError, match="no run is left on one side"):
            holdout(chinchilla, above=cut)
    with pytest.raises(FitError, match="one of them"):
        holdout(chinchilla, above=1e21, fraction=0.1)
    with pytest.raises(FitError, match="share"):
        holdout(chinchilla, fraction=2)
    with pytest.raises(FitError, match="flops column"):
        holdout(chinchilla[["params", "loss"]], "power_N", above=1e21)


def test_a_cut_with_too_few_runs_below_is_a_value_not_an_error(chinchilla):
    lowest = np.sort(6 * chinchilla["params"] * chinchilla["tokens"])[2]
    seen = holdout(chinchilla, above=lowest)
    assert seen.fit.status.value == "refused"
    assert np.isnan(seen.error)
    assert "No fit" in seen.report()


def test_rolling_cuts_see_more_and_more(chinchilla):
    table = rolling_holdout(chinchilla, cutoffs=[1e20, 3e20, 1e21])
    assert table["seen"].is_monotonic_increasing
    assert (table["seen"] + table["scored"] == 240).all()
    assert table["are"].iloc[-1] == pytest.approx(0.0105, abs=1e-4)
    assert table["next_are"].iloc[-1] == table["are"].iloc[-1]
    assert len(rolling_holdout(chinchilla)) == 6


def test_forms_of_a_hold_out(chinchilla):
    seen = sw.holdout(chinchilla, above=1e21)
    assert "misses the 23 above by 1.05 %" in seen.report()
    assert json.loads(json.dumps(seen.to_dict()))["runs"][0]["label"] == seen.table.index[0]
    assert "<table>" in seen._repr_html_()
    assert len(seen.to_frame()) == 23


def test_scores_by_hand():
    assert scores.mape([2.0, 4.0], [2.2, 3.0]) == pytest.approx((0.1 + 0.25) / 2)
    assert scores.nmse([1.0, 3.0], [2.0, 2.0]) == pytest.approx(1.0)
    assert scores.r2([1.0, 3.0], [1.0, 3.0]) == 1.0
    assert scores.rmse_log([1.0, 1.0], [np.e, 1 / np.e]) == pytest.approx(1.0)
    assert np.isnan(scores.nmse([2.0, 2.0], [2.0, 2.0]))
    assert np.isnan(scores.mape([], []))
