"""What must not matter does not; what must matter does so by the right amount."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scalewidgets as sw
from scalewidgets.fitting import Status
from scalewidgets.fitting.model import General, make_model
from scalewidgets.fitting.newton import minimise
from scalewidgets.fitting.objective import Objective

from .conftest import TRUTH, made_runs

few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def quick(runs, **options):
    return sw.fit(runs, **{"resamples": 0, "starts": 0, **options})


@few
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_nothing(chinchilla, seed):
    shuffled = chinchilla.sample(frac=1.0, random_state=seed)
    first = sw.fit(chinchilla, resamples=40, starts=0)
    second = sw.fit(shuffled, resamples=40, starts=0)
    assert dict(first.coefficients) == dict(second.coefficients)
    np.testing.assert_array_equal(first.resamples, second.resamples)
    assert first.certificate.data_hash == second.certificate.data_hash
    pd.testing.assert_series_equal(first.residuals, second.residuals.sort_index())


@few
@given(seed=st.integers(0, 2**32 - 1))
def test_copied_rows_and_integer_weights_are_the_same(seed):
    runs = made_runs(50, 4e-3)
    counts = np.random.default_rng(seed).integers(0, 4, 50)
    objective = Objective("huber_log", 1e-3)
    copied = quick(runs.loc[np.repeat(runs.index, counts)].reset_index(drop=True))
    inputs = {"N": runs["params"].to_numpy(), "D": runs["tokens"].to_numpy()}
    model = make_model(sw.law("chinchilla"), inputs, runs["loss"].to_numpy())
    start = model.variables(np.array([list(copied.coefficients.values())]))
    weighted = minimise(model, objective, start, counts[None].astype(float))
    assert weighted.value[0] == pytest.approx(copied.objective, rel=1e-12)
    again = model.coefficients(weighted.variables)[0]
    np.testing.assert_allclose(again, list(copied.coefficients.values()), rtol=1e-6)


@few
@given(factor=st.floats(1e-6, 1e6))
def test_tokens_in_other_units_move_only_their_amplitude(factor):
    runs = made_runs(80, 4e-3)
    first, second = quick(runs), quick(runs.assign(tokens=runs["tokens"] * factor))
    assert second.objective == pytest.approx(first.objective, rel=1e-10)
    beta = first.coefficients["beta"]
    expected = {**first.coefficients, "B": first.coefficients["B"] * factor**beta}
    for name, value in expected.items():
        assert second.coefficients[name] == pytest.approx(value, rel=1e-5)


@few
@given(factor=st.floats(0.01, 100.0))
def test_loss_in_other_units_scales_every_amplitude(factor):
    runs = made_runs(80, 4e-3)
    first, second = quick(runs), quick(runs.assign(loss=runs["loss"] * factor))
    assert second.objective == pytest.approx(first.objective, rel=1e-9)
    for name in ("E", "A", "B"):
        assert second.coefficients[name] == pytest.approx(first.coefficients[name] * factor, rel=1e-5)
    for name in ("alpha", "beta"):
        assert second.coefficients[name] == pytest.approx(first.coefficients[name], rel=1e-6)


@pytest.mark.parametrize("objective", ["huber_log", "squared_log", "squared_raw", "absolute_log"])
def test_a_noiseless_chinchilla_law_is_recovered(objective):
    fit = quick(made_runs(100), objective=objective)
    for name, value in TRUTH.items():
        assert fit.coefficients[name] == pytest.approx(value, rel=1e-8)


@few
@given(floor=st.floats(0.5, 3.0), amplitude=st.floats(50.0, 5000.0), exponent=st.floats(0.08, 0.3))
def test_a_noiseless_power_law_with_floor_is_recovered(floor, amplitude, exponent):
    flops = np.geomspace(1e17, 1e22, 40)
    runs = pd.DataFrame({"flops": flops, "loss": floor + amplitude / flops**exponent})
    fit = quick(runs, law="power_const")
    assert fit.coefficients["E"] == pytest.approx(floor, rel=1e-7)
    assert fit.coefficients["alpha"] == pytest.approx(exponent, rel=1e-7)


def test_a_noiseless_power_law_is_recovered_to_eight_digits():
    flops = np.geomspace(1e18, 1e23, 30)
    runs = pd.DataFrame({"flops": flops, "loss": 1.69 + 700.0 / flops**0.154})
    fit = quick(runs, law="power_const")
    for name, value in {"E": 1.69, "A": 700.0, "alpha": 0.154}.items():
        assert fit.coefficients[name] == pytest.approx(value, rel=1e-8)


def test_a_noiseless_kaplan_law_is_recovered():
    law = sw.law("kaplan_ND")
    truth = {"N_c": 6.4e13, "D_c": 1.8e13, "alpha_N": 0.076, "alpha_D": 0.103}
    runs = made_runs(80)
    runs["loss"] = law.value({"N": runs["params"], "D": runs["tokens"]}, truth)
    fit = quick(runs, law=law)
    for name, value in truth.items():
        assert fit.coefficients[name] == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("unit", [1e3, 1e6, 1e9, 1e18])
def test_a_shift_is_found_whatever_the_unit_of_what_it_is_added_to(unit):
    # Next to inputs of 1e18 a shift of a few units leaves no trace: it must be looked for where they are.
    law = sw.law("shifted_power")
    x = np.geomspace(1.0, 1e5, 40) * unit
    truth = {"a": 2.0 * unit**0.3, "b": 30 * unit, "c": -0.3, "d": 0.5}
    runs = pd.DataFrame({"x": x, "error": law.value({"x": x}, truth)})
    fit = quick(runs, law=law, objective="squared_log", columns={"x": "x", "error": "error"})
    assert fit.status is Status.CONVERGED
    assert dict(fit.coefficients) == pytest.approx(truth, rel=1e-6)


def test_integers_do_not_overflow():
    runs = made_runs(60)
    whole = runs.assign(params=runs["params"].astype("int64"), tokens=runs["tokens"].astype("int64"))
    assert quick(whole).coefficients["alpha"] == pytest.approx(TRUTH["alpha"], rel=1e-6)


def test_tokens_follow_from_compute(chinchilla):
    fit = quick(chinchilla.drop(columns="tokens"))
    assert fit.objective == pytest.approx(0.0010182740178006, rel=1e-10)
    assert fit.certificate.rule == "D = C / 6N"


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(chinchilla):
    first, second, third = (sw.fit(chinchilla, resamples=30, starts=4, seed=s) for s in (5, 5, 6))
    np.testing.assert_array_equal(first.resamples, second.resamples)
    assert first.to_dict(resamples=True) == second.to_dict(resamples=True)
    assert not np.array_equal(first.resamples, third.resamples)
    assert dict(first.coefficients) == dict(third.coefficients)


def test_more_resamples_begin_with_the_same_ones(chinchilla):
    few_, many = (sw.fit(chinchilla, resamples=r, starts=0) for r in (40, 300))
    np.testing.assert_allclose(few_.resamples, many.resamples[:40], rtol=1e-6)


def test_both_models_of_one_law_agree(chinchilla):
    runs = chinchilla.drop(index=chinchilla.attrs["default_exclusions"]["index"])
    inputs = {"N": runs["params"].to_numpy(), "D": runs["tokens"].to_numpy()}
    law, loss = sw.law("chinchilla"), runs["loss"].to_numpy()
    objective, ones = Objective("huber_log", 1e-3), np.ones((1, len(loss)))
    values = []
    for model in (make_model(law, inputs, loss), General(law, inputs, loss)):
        start = model.variables(np.array([[1.7, 400.0, 1500.0, 0.34, 0.35]]))
        end = minimise(model, objective, start, ones, limit=300)
        assert end.converged.all()
        values.append(end.value[0])
    assert values[0] == pytest.approx(values[1], rel=1e-12)
