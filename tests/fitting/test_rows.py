"""Weights, standard deviations, clusters: what is said of a row counts the way it was said."""

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting import Status, objective_value

from .conftest import TRUTH, made_runs


def quick(runs, **options):
    return sw.fit(runs, **{"resamples": 0, "starts": 0, **options})


@pytest.mark.parametrize("objective", ["huber_log", "squared_raw", "quantile", "gaussian_log", "student_t"])
def test_a_weight_of_two_is_the_run_twice(objective):
    runs = made_runs(60, 4e-3)
    weight = np.random.default_rng(1).integers(1, 4, 60)
    copied = quick(runs.loc[np.repeat(runs.index, weight)].reset_index(drop=True), objective=objective)
    weighted = sw.fit(runs, objective=objective, weight=weight, resamples=0, starts=2)
    assert weighted.objective == pytest.approx(copied.objective, rel=1e-9)
    for name, value in copied.coefficients.items():
        assert weighted.coefficients[name] == pytest.approx(value, rel=1e-5)
    assert abs(weighted.certificate.gap) <= 1e-8
    assert weighted.certificate.agreeing == 2 or objective == "quantile"
    said = objective_value("chinchilla", weighted.coefficients, runs, objective, weight=weight)
    assert said == pytest.approx(weighted.objective, rel=1e-12)


def test_noisier_runs_count_less():
    # To hand 1 / sd**2 to a parameter that wants sd makes noisy points count more.
    runs = made_runs(200, 0.0, seed=3)
    rng = np.random.default_rng(5)
    sd = np.where(rng.random(200) < 0.5, 0.03, 0.001)
    runs["loss"] *= np.exp(rng.normal(0, sd))
    runs["spread"] = sd
    right = quick(runs, objective="squared_log", sd="spread")
    blind = quick(runs, objective="squared_log")
    wrong = quick(runs, objective="squared_log", sd=1 / sd**2)
    error = [abs(fit.coefficients["alpha"] - TRUTH["alpha"]) for fit in (right, blind, wrong)]
    assert error[0] < 0.2 * error[1]
    assert error[0] < 0.2 * error[2]
    weighted = quick(runs, objective="squared_log", weight=1 / sd**2)
    for name, value in weighted.coefficients.items():
        assert right.coefficients[name] == pytest.approx(value, rel=1e-6)
    assert "standard deviation of each run's log loss" in right.certificate.weights
    assert "spread" in right.report()


def test_one_standard_deviation_for_all_changes_nothing(chinchilla):
    fit = quick(chinchilla, sd=np.full(len(chinchilla), 0.02))
    assert dict(fit.coefficients) == dict(quick(chinchilla).coefficients)


@pytest.mark.parametrize("law", ["chinchilla", "kaplan_ND"])
@pytest.mark.parametrize("objective", ["huber_log", "student_t"])
def test_standard_deviations_hold_up_to_the_independent_check(law, objective):
    runs = made_runs(80, 4e-3)
    sd = np.random.default_rng(2).uniform(0.5, 2.0, 80)
    fit = sw.fit(runs, law, objective, sd=sd, resamples=20, starts=16)
    assert fit.certificate.gap <= 1e-9
    # Kaplan's form has neighbouring optima on so few runs; the certificate then says so.
    assert fit.certificate.resample_gap <= (1e-8 if law == "chinchilla" else 1e-3)


def test_order_does_not_matter_with_weights_either():
    runs = made_runs(60, 4e-3).assign(w=np.random.default_rng(1).uniform(0.5, 2, 60))
    shuffled = runs.sample(frac=1, random_state=3)
    first, second = (sw.fit(r, weight="w", resamples=30, starts=0) for r in (runs, shuffled))
    np.testing.assert_array_equal(first.resamples, second.resamples)
    other = sw.fit(runs, weight=runs["w"].sample(frac=1, random_state=4), resamples=30, starts=0)
    np.testing.assert_array_equal(first.resamples, other.resamples)
    assert first.certificate.data_hash != quick(runs).certificate.data_hash


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sd": "s", "weight": "s"}, "not both"),
        ({"sd": -1.0}, "one value for 40 rows"),
        ({"sd": [0.1] * 39}, "39 values for 40 rows"),
        ({"sd": [0.1] * 39 + [0.0]}, "a standard deviation is positive"),
        ({"weight": [1.0] * 39 + [-1.0]}, "a weight is positive"),
        ({"weight": [1.0] * 38 + ["x", None]}, "a weight is positive"),
        ({"weight": "lss"}, "Did you mean loss"),
        ({"sd": "s", "objective": "squared_raw"}, "residuals of the loss itself"),
        ({"cluster": "rnu"}, "Did you mean run"),
        ({"cluster": "one"}, "one cluster"),
        ({"cluster": ["a"] * 39 + [None]}, "no value for 1"),
        ({"bootstrap": "clusters"}, "needs to know the cluster"),
        ({"bootstrap": "row"}, "Did you mean rows"),
        ({"bootstrap": "rows", "cluster": "run"}, "takes rows for independent"),
    ],
)
def test_what_is_said_of_rows_is_checked(options, words):
    runs = made_runs(40, 1e-3).assign(s=0.1, run=[f"r{i % 8}" for i in range(40)], one="r")
    with pytest.raises(FitError, match=words):
        sw.fit(runs, **options)


def checkpoints(seed: int = 0, trained: int = 25, each: int = 40) -> pd.DataFrame:
    """Runs whose checkpoints share one offset."""
    rng = np.random.default_rng(seed)
    run = np.arange(trained * each) // each
    params = np.geomspace(3e7, 1e10, trained)[run]
    tokens = 20 * params * 10 ** rng.uniform(-1, 1, trained * each)
    loss = sw.law("chinchilla").value({"N": params, "D": tokens}, TRUTH)
    scatter = rng.normal(0, 4e-3, trained)[run] + rng.normal(0, 5e-4, trained * each)
    runs = pd.DataFrame({"params": params, "tokens": tokens, "loss": loss * np.exp(scatter)})
    return runs.assign(run=[f"run-{k}" for k in run])


def test_a_thousand_checkpoints_of_25_runs_are_not_a_thousand_runs():
    runs = checkpoints()
    plain = sw.fit(runs, objective="squared_log", resamples=200, starts=0)
    whole = sw.fit(runs, objective="squared_log", resamples=200, starts=0, cluster="run")
    assert whole.standard_errors()["E"] > 2 * plain.standard_errors()["E"]
    seen = whole.certificate
    assert (seen.resampled, seen.clusters) == ("clusters", 25)
    assert 25 <= seen.effective_n < 40
    assert "1,000 rows in 25 clusters say as much as" in whole.report()
    assert "whole clusters" in whole.report()
    assert any('cluster="run"' in note for note in plain.certificate.notes)
    assert not any("too narrow" in note for note in whole.certificate.notes)
    assert dict(plain.coefficients) == dict(whole.coefficients)
    assert plain.certificate.effective_n is None


def test_clusters_of_one_are_rows():
    runs = made_runs(50, 4e-3).assign(run=[f"{i:03d}" for i in range(50)])
    whole = sw.fit(runs, resamples=300, starts=0, cluster="run")
    plain = sw.fit(runs, resamples=300, starts=0)
    assert whole.certificate.effective_n == pytest.approx(50)
    for name, error in plain.standard_errors().items():
        assert whole.standard_errors()[name] == pytest.approx(error, rel=0.35)


@pytest.mark.parametrize("objective", ["huber_log", "squared_log", "student_t", "squared_raw"])
@pytest.mark.parametrize("kind", ["residuals", "parametric"])
def test_every_bootstrap_gives_errors_of_one_size(objective, kind):
    runs = made_runs(80, 4e-3)
    options = {"objective": objective, "delta": 4e-3, "resamples": 100, "starts": 2}
    rows = sw.fit(runs, **options)
    other = sw.fit(runs, bootstrap=kind, **options)
    assert other.status is Status.CONVERGED
    assert other.certificate.resampled == kind
    assert other.certificate.resample_gap <= 1e-7
    assert other.standard_errors()["alpha"] == pytest.approx(rows.standard_errors()["alpha"], rel=0.5)
    again = sw.fit(runs, bootstrap=kind, **options)
    np.testing.assert_array_equal(again.resamples, other.resamples)


def test_the_general_path_takes_losses_of_its_own_for_each_resample(chinchilla):
    fit = sw.fit(chinchilla, law="kaplan_ND", bootstrap="residuals", resamples=20, starts=4)
    assert fit.certificate.resample_gap <= 1e-8
    assert fit.certificate.resamples_converged == 20
