import json

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting.influence import influence

from .conftest import advice, made_runs

TARGET = {"params": 7e9, "tokens": 1.4e12}


@pytest.fixture(scope="module")
def whole(chinchilla):
    return sw.fit(chinchilla, exclude=None, resamples=0, starts=0)


@pytest.fixture(scope="module")
def seen(whole):
    return influence(whole, target=TARGET)


def test_the_highest_loss_is_what_the_advice_hangs_on_most(seen, chinchilla):
    assert seen.ratio == pytest.approx(6.8, abs=0.06)
    highest = chinchilla["loss"].idxmax()
    assert list(seen.top(1).index) == [highest]
    assert seen.table.loc[highest, "ratio"] == pytest.approx(10.1, abs=0.06)


def test_the_table_is_aligned_with_the_runs(chinchilla):
    fit = sw.fit(chinchilla, resamples=0, starts=0)
    table = influence(fit).table
    assert table.index.equals(chinchilla.index)
    assert not table["used"].iloc[:5].any()
    assert table.iloc[:5].drop(columns="used").isna().all().all()
    assert (table["loss"].iloc[5:] == chinchilla["loss"].iloc[5:]).all()
    assert np.isfinite(table["d_alpha"].iloc[5:]).all()
    np.testing.assert_allclose(table["residual"].iloc[5:], fit.residuals)


@pytest.mark.parametrize("label", [0, 3, 12, 117, 244])
def test_each_row_is_what_a_full_fit_without_the_run_says(seen, whole, chinchilla, label):
    full = sw.fit(chinchilla, exclude=[label], resamples=0, starts=0)
    row = seen.table.loc[label]
    for name, value in full.coefficients.items():
        assert row[f"d_{name}"] == pytest.approx(value - whole.coefficients[name], rel=1e-4, abs=1e-6 * value)
    assert row["ratio"] == pytest.approx(advice(full.coefficients)[1], rel=1e-5)
    assert row["prediction"] == pytest.approx(full.predict(**TARGET).value, rel=1e-8)
    assert row["d_prediction"] == pytest.approx(row["prediction"] - seen.prediction)
    own = full.predict(params=chinchilla.loc[label, "params"], tokens=chinchilla.loc[label, "tokens"]).value
    assert row["left_out_error"] == pytest.approx(np.log(chinchilla.loc[label, "loss"] / own), rel=1e-5)


def test_no_run_matters_where_all_lie_on_the_law():
    table = influence(sw.fit(made_runs(40), resamples=0, starts=0)).table
    assert table["d_alpha"].abs().max() < 1e-6
    assert table["left_out_error"].abs().max() < 1e-8


@pytest.mark.parametrize("target", [{"flops": 5.88e22, "params": 7e9}, {"flops": 5.88e22, "tokens": 1.4e12}])
def test_a_target_may_be_given_by_its_compute(whole, seen, target):
    assert influence(whole, target=target).prediction == pytest.approx(seen.prediction)


def test_a_law_without_a_best_size_is_followed_by_its_coefficients():
    seen = influence(sw.fit(made_runs(30, 0.01), "power_N", resamples=0, starts=0), target={"params": 1e9})
    assert np.isnan(seen.ratio)
    assert "matters" not in seen.sentence
    assert np.isfinite(seen.table["d_prediction"]).all()


def test_a_held_coefficient_does_not_move():
    fit = sw.fit(made_runs(30, 0.01), fixed={"E": 1.8}, resamples=0, starts=0)
    assert (influence(fit).table["d_E"] == 0).all()


def test_a_tie_is_kept_when_a_run_is_left_out():
    # Two tied exponents are not the plain optimum: steps from it would leave the tie.
    runs = made_runs(25, 0.01)
    fit = sw.fit(runs, tie=[("alpha", "beta")], resamples=0, starts=0)
    row = influence(fit).table.iloc[4]
    full = sw.fit(runs, tie=[("alpha", "beta")], exclude=[4], resamples=0, starts=0)
    assert row["d_alpha"] == pytest.approx(full.coefficients["alpha"] - fit.coefficients["alpha"], abs=1e-9)
    assert row["d_alpha"] == pytest.approx(row["d_beta"])


def test_weights_are_asked_for_again_rather_than_dropped():
    runs = made_runs(25, 0.01)
    weight = np.linspace(0.1, 3.0, 25)
    fit = sw.fit(runs, weight=weight, resamples=0, starts=0)
    with pytest.raises(FitError, match="Give them again"):
        influence(fit)
    row = influence(fit, weight=weight).table.iloc[4]
    full = sw.fit(runs, weight=weight, exclude=[4], resamples=0, starts=0)
    assert row["d_alpha"] == pytest.approx(full.coefficients["alpha"] - fit.coefficients["alpha"], abs=1e-9)


def test_what_cannot_be_followed_is_refused(whole, seen):
    with pytest.raises(FitError, match="no fit"):
        influence(sw.fit(made_runs(3), resamples=0, starts=0))
    with pytest.raises(FitError, match="positive"):
        influence(whole, flops=-1)
    with pytest.raises(FitError, match="needs"):
        influence(whole, target={"params": 7e9})
    with pytest.raises(FitError, match="not a change"):
        seen.top(by="loss")


def test_forms_of_influence(seen, whole):
    assert "instead of 6.8" in seen.report()
    assert len(json.loads(json.dumps(seen.to_dict()))["runs"]) == 245
    assert seen._repr_html_().count("<tr>") == 11
    assert len(seen.to_frame()) == 245
    assert seen.top(2, by="d_prediction")["d_prediction"].abs().is_monotonic_decreasing
