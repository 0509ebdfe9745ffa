"""Profiles, intervals from them, and the sandwich: each against a computation of its own."""

import pickle

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting.objective import make_objective
from scalewidgets.fitting.profile import deviance

from .conftest import made_runs


def quick(runs, **options):
    return sw.fit(runs, **{"resamples": 0, "starts": 0, **options})


@pytest.mark.parametrize("name", ["alpha", "A", "E"])
def test_a_profile_is_the_fit_with_the_coefficient_held(chinchilla, name):
    fit = quick(chinchilla)
    seen = fit.profile(name, points=7)
    assert list(seen.columns[:3]) == [name, "objective", "deviance"]
    for row in (0, 2, 6):
        held = quick(chinchilla, fixed={name: float(seen[name][row])})
        assert seen["objective"][row] == pytest.approx(held.objective, rel=1e-9)
        assert seen["beta"][row] == pytest.approx(held.coefficients["beta"], rel=1e-4)
    low, high = fit.interval(name, method="profile")
    assert seen[name].iloc[0] < low < fit.coefficients[name] < high < seen[name].iloc[-1]
    edge = np.interp([low, high], seen[name], seen["deviance"])
    np.testing.assert_allclose(edge, seen.attrs["threshold"], rtol=0.35)


def test_profile_intervals_of_the_chinchilla_points(chinchilla):
    fit = quick(chinchilla)
    known = {"E": (1.7846, 1.8469), "alpha": (0.3250, 0.3670), "beta": (0.3478, 0.3865)}
    for name, ends in known.items():
        assert fit.interval(name, method="profile") == pytest.approx(ends, abs=2e-4)
    wide, narrow = (fit.interval("alpha", level, method="profile") for level in (0.99, 0.5))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_with_gaussian_noise_profile_resamples_and_sandwich_agree():
    fit = quick(made_runs(300, 4e-3), objective="squared_log", resamples=400)
    low, high = fit.interval("alpha", method="profile")
    assert (high - low) / 3.92 == pytest.approx(fit.standard_errors()["alpha"], rel=0.15)
    covariance = fit.covariance()
    assert np.sqrt(covariance.loc["alpha", "alpha"]) == pytest.approx(
        fit.standard_errors()["alpha"], rel=0.15
    )
    assert covariance.attrs["label"].startswith("approximate")
    np.testing.assert_allclose(covariance, covariance.T, rtol=1e-9)


def test_the_sandwich_of_a_sharp_huber_is_off_as_known(chinchilla, reference):
    covariance = reference.covariance(log=True)
    errors = np.sqrt(np.diag(covariance))
    known = {"A": 0.418, "B": 0.305, "E": 0.016, "alpha": 0.0254, "beta": 0.0153}
    for name, error in zip(covariance.index, errors, strict=True):
        assert error == pytest.approx(known[name], rel=0.08)
    ratio = errors[3] / reference.standard_errors()["alpha"]
    assert ratio == pytest.approx(1.7, abs=0.15)
    assert errors[4] / reference.standard_errors()["beta"] == pytest.approx(0.76, abs=0.06)
    correlation = covariance.to_numpy() / np.outer(errors, errors)
    assert correlation[1, 3] > 0.999
    assert correlation[2, 4] > 0.999


def test_a_cluster_widens_the_sandwich_too():
    runs = made_runs(60, 4e-3)
    copies = runs.loc[np.repeat(runs.index, 10)].reset_index(drop=True)
    copies["run"] = np.repeat([f"r{k:02d}" for k in range(60)], 10)
    one = quick(runs, objective="squared_log").covariance()
    whole = quick(copies, objective="squared_log", cluster="run").covariance()
    np.testing.assert_allclose(whole, one, rtol=1e-4)
    blind = quick(copies, objective="squared_log").covariance()
    np.testing.assert_allclose(10 * blind, one, rtol=1e-4)


def test_the_deviance_of_huber_lies_between_laplace_and_gauss():
    rng = np.random.default_rng(0)
    residuals = rng.normal(0, 1, 500)
    weight = 500.0
    for delta, like in ((1e-6, "absolute_log"), (1e3, "squared_log")):
        huber = make_objective("huber_log", delta)
        value, other = huber.total(residuals), make_objective(like, None)
        rise = deviance(huber, np.array([1.01 * value]), value, weight)[0]
        same = deviance(other, np.array([1.01]), 1.0, weight)[0]
        assert rise == pytest.approx(same, rel=1e-3)
    laplace = deviance(make_objective("absolute_log", None), np.array([1.01]), 1.0, weight)[0]
    assert laplace == pytest.approx(2 * weight * np.log(1.01), rel=1e-6)


def test_ties_bounds_and_fixed_coefficients_are_kept_along_a_profile(chinchilla):
    tied = quick(chinchilla, tie=[("alpha", "beta")])
    seen = tied.profile("beta", points=5)
    np.testing.assert_array_equal(seen["alpha"], seen["beta"])
    held = quick(chinchilla, fixed={"E": 1.8})
    assert np.all(held.profile("alpha", points=5)["E"] == 1.8)
    assert held.covariance().loc["E", "E"] == 0
    with pytest.raises(FitError, match="held at"):
        held.profile("E")
    bounded = quick(chinchilla, bounds={"alpha": (0.34, 0.36)})
    assert bounded.interval("alpha", method="profile") == pytest.approx((0.34, 0.36), abs=1e-9)


def test_a_profile_that_cannot_be_made_says_why(chinchilla):
    fit = quick(chinchilla)
    with pytest.raises(FitError, match="Did you mean alpha"):
        fit.profile("alhpa")
    with pytest.raises(FitError, match="neither resamples nor profile"):
        fit.interval("alpha", method="bayes")
    with pytest.raises(FitError, match="kink"):
        quick(made_runs(30, 1e-3), objective="absolute_log").covariance()
    refused = quick(made_runs(4))
    with pytest.raises(FitError, match="no fit"):
        refused.profile("alpha")


def test_a_fit_survives_being_stored(chinchilla):
    fit = pickle.loads(pickle.dumps(quick(chinchilla)))
    assert fit.interval("beta", method="profile")[0] == pytest.approx(0.3478, abs=2e-4)


def test_a_general_law_has_a_profile(chinchilla):
    fit = quick(chinchilla, law="kaplan_ND")
    low, high = fit.interval("alpha_N", method="profile")
    assert low < fit.coefficients["alpha_N"] < high
    assert np.sqrt(fit.covariance().loc["alpha_N", "alpha_N"]) < 0.05
