"""A parametric resample draws from the density that the objective stands for, or intervals mean nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

import scalewidgets as sw
from scalewidgets.fitting import density
from scalewidgets.fitting.objective import make_objective

from .conftest import TRUTH, made_runs

MADE = [
    ("huber_log", {"delta": 1e-3}),
    ("huber_log", {"delta": 4e-3}),
    ("squared_log", {}),
    ("squared_raw", {}),
    ("absolute_log", {}),
    ("quantile", {"tau": 0.5}),
    ("quantile", {"tau": 0.1}),
    ("asymmetric", {"delta": 1e-3}),
    ("asymmetric", {"delta": 1.0, "factor": 4.0}),
    ("gaussian_log", {}),
]


@pytest.mark.parametrize(("name", "options"), MADE)
def test_residuals_are_drawn_from_the_density_of_the_penalty(name, options):
    goal = make_objective(name, options.pop("delta", None), **options).working
    rng = np.random.default_rng(0)
    given, weight = rng.laplace(0, 3e-3, 400) + 5e-4, rng.uniform(0.5, 2.0, 400)
    found = density.drawn(rng, (1, 40_000), given, weight, goal)[0]
    scale = float(density.best_scale(goal, goal.values(given[None], weight[None]), weight.sum())[0])
    places = np.linspace(-0.4, 0.4, 160_001)
    height = np.exp(-goal.penalty(places) / scale)
    shares = integrate.cumulative_trapezoid(height, places, initial=0.0)
    shares /= shares[-1]
    assert stats.kstest(found, lambda x: np.interp(x, places, shares)).pvalue > 1e-3
    # The most likely scale is the one at which a penalty is as large as it was in the residuals given.
    expected = float(weight @ goal.penalty(given) / weight.sum())
    assert np.mean(goal.penalty(found)) == pytest.approx(expected, rel=0.05)
    if name == "quantile":
        assert np.mean(found < 0) == pytest.approx(goal.up, abs=0.01)
        assert np.quantile(found, goal.up) == pytest.approx(0.0, abs=2e-4)


def test_residuals_of_student_t_have_its_tails_and_its_scale():
    rng = np.random.default_rng(1)
    given, ones = 2e-3 * rng.standard_t(4, 4000), np.ones(4000)
    for nu in (4.0, "free"):
        goal = make_objective("student_t", None, nu=nu).working
        found = density.drawn(rng, (1, 40_000), given, ones, goal)[0]
        degrees, _, scale = stats.t.fit(found, floc=0.0)
        assert degrees == pytest.approx(4.0, rel=0.15)
        assert scale == pytest.approx(2e-3, rel=0.05)


def test_asymmetric_with_a_wide_delta_is_the_two_piece_normal():
    goal = make_objective("asymmetric", 10.0, factor=9.0)
    given = np.random.default_rng(2).normal(0, 1e-2, 500)
    found = density.drawn(np.random.default_rng(3), (1, 60_000), given, np.ones(500), goal)[0]
    above, below = found[found > 0], -found[found < 0]
    # A factor of 9 makes the lower piece three times as narrow, and with that a third as frequent.
    assert np.sqrt(np.mean(above**2) / np.mean(below**2)) == pytest.approx(3.0, rel=0.03)
    assert len(above) / len(below) == pytest.approx(3.0, rel=0.05)
    assert stats.kstest(above, stats.halfnorm(scale=np.sqrt(np.mean(above**2))).cdf).pvalue > 1e-3


@pytest.mark.parametrize(
    ("objective", "options"),
    [("quantile", {"tau": 0.2}), ("asymmetric", {"delta": 2e-3, "factor": 4.0}), ("huber_log", {})],
)
def test_parametric_errors_are_those_of_repeated_tables_where_the_density_is_right(objective, options):
    goal = make_objective(objective, options.get("delta", 1e-3), options.get("tau"), options.get("factor"))
    rng, clean = np.random.default_rng(4), made_runs(150, 0.0)
    noise = density.drawn(rng, (60, 150), rng.laplace(0, 3e-3, 150), np.ones(150), goal)
    asked = {"objective": objective, "starts": 0, "fixed": {"A": TRUTH["A"], "B": TRUTH["B"]}, **options}
    fits = [sw.fit(clean.assign(loss=clean["loss"] * np.exp(row)), resamples=0, **asked) for row in noise]
    spread = np.std([fit.coefficients["E"] for fit in fits])
    made = clean.assign(loss=clean["loss"] * np.exp(noise[0]))
    errors = sw.fit(made, resamples=100, bootstrap="parametric", **asked).standard_errors()
    assert errors["E"] == pytest.approx(spread, rel=0.3)
    assert np.mean([fit.coefficients["E"] for fit in fits]) == pytest.approx(TRUTH["E"], abs=spread)


def test_noisy_runs_are_noisy_in_parametric_resamples_too():
    noise = np.where(np.arange(80) % 2, 1e-3, 8e-3)
    runs = made_runs(80, 1.0e-3, seed=5)
    clean = sw.law("chinchilla").value(
        {"N": runs["params"].to_numpy(), "D": runs["tokens"].to_numpy()}, TRUTH
    )
    runs["loss"] = clean * np.exp(np.random.default_rng(6).normal(0, noise))
    options = {"objective": "squared_log", "delta": None, "resamples": 200, "starts": 0}
    told = sw.fit(runs, sd=noise, bootstrap="parametric", **options).standard_errors()
    rows = sw.fit(runs, sd=noise, **options).standard_errors()
    untold = sw.fit(runs, bootstrap="parametric", **options).standard_errors()
    assert told["E"] == pytest.approx(rows["E"], rel=0.4)
    assert untold["E"] > 2 * told["E"]


def test_a_weighted_run_is_drawn_once():
    runs = made_runs(60, 4e-3)
    options = {"objective": "quantile", "resamples": 100, "starts": 0, "bootstrap": "parametric"}
    plain, heavy = (sw.fit(runs, weight=np.full(60, w), **options) for w in (1.0, 3.0))
    assert heavy.standard_errors()["E"] == pytest.approx(plain.standard_errors()["E"], rel=1e-6)


def test_it_is_said_when_the_residuals_are_not_what_parametric_resamples_are_drawn_from():
    runs = made_runs(200, 4e-3)
    fit = sw.fit(runs, objective="asymmetric", factor=20.0, resamples=20, starts=0, bootstrap="parametric")
    said = [note for note in fit.certificate.notes if "not distributed as asymmetric" in note]
    assert len(said) == 1
    assert said[0] in fit.report()
    fair = sw.fit(runs, objective="squared_log", resamples=20, starts=0, bootstrap="parametric")
    assert not any("distributed" in note for note in fair.certificate.notes)


def test_families_are_told_apart_where_one_is_unlike_the_density():
    rng, clean = np.random.default_rng(7), made_runs(120, 0.0)
    even = clean.assign(family="even", loss=clean["loss"] * np.exp(rng.normal(0, 4e-3, 120)))
    skew = clean.assign(family="skew", loss=clean["loss"] * np.exp(4e-3 * (rng.exponential(1.0, 120) - 0.3)))
    both = pd.concat([even, skew], ignore_index=True)
    fit = sw.fit_families(both, objective="squared_log", resamples=10, starts=0, bootstrap="parametric")
    said = [note for note in fit.certificate.notes if "not distributed" in note]
    assert len(said) == 1
    assert said[0].startswith("The residuals of skew")
