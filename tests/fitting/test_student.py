"""Free degrees of freedom: the most likely ones, with interval, and Gaussian residuals are no trouble."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import t as student

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting import Status, objective_value
from scalewidgets.fitting.model import General, make_model
from scalewidgets.fitting.objective import make_objective
from scalewidgets.fitting.student import LEAST_NU, MOST_NU, best_nu

from .conftest import made_runs


def heavy(n, nu, seed=0, size=4e-3):
    runs = made_runs(n, 0.0)
    noise = student.rvs(nu, size=n, random_state=seed) * size
    return runs.assign(loss=runs["loss"] * np.exp(noise))


@pytest.mark.parametrize("nu", [1.5, 2.0, 4.0, 12.0])
def test_the_degrees_of_freedom_are_the_most_likely_ones(nu):
    rng = np.random.default_rng(3)
    values = rng.standard_t(nu, 400) * 0.01
    weights = rng.integers(0, 4, 400).astype(float)
    found, scale = best_nu(values[None] ** 2, weights[None])

    def height(x):
        return -np.sum(weights * student.logpdf(values, np.exp(x[0]), scale=np.exp(x[1])))

    tight = {"xatol": 1e-9, "fatol": 1e-9}
    best = minimize(height, [np.log(4), np.log(0.01)], method="Nelder-Mead", options=tight)
    assert found[0] == pytest.approx(np.exp(best.x[0]), rel=1e-5)
    assert np.exp(0.5 * scale[0]) == pytest.approx(np.exp(best.x[1]), rel=1e-5)


def test_a_free_fit_beats_every_given_one(chinchilla):
    fit = sw.fit(chinchilla, objective="student_t", nu="free", resamples=60, starts=12)
    seen = fit.certificate
    assert fit.status is Status.CONVERGED
    assert abs(seen.gap) <= 1e-9
    assert seen.agreeing == seen.starts
    assert abs(seen.resample_gap) <= 1e-8
    low, high = seen.nu_interval
    assert LEAST_NU <= low < seen.nu < high <= MOST_NU
    at = sw.fit(chinchilla, objective="student_t", nu=seen.nu, resamples=0, starts=0)
    assert at.objective == pytest.approx(fit.objective, rel=1e-10)
    for name, value in at.coefficients.items():
        assert fit.coefficients[name] == pytest.approx(value, rel=1e-5)
    for nu in (2, 4, 30):
        other = sw.fit(chinchilla, objective="student_t", nu=nu, resamples=0, starts=0)
        assert other.objective > fit.objective
        assert other.certificate.nu == nu
        assert not other.certificate.nu_free
    again = objective_value("chinchilla", fit.coefficients, chinchilla, "student_t", nu="free")
    assert fit.objective == pytest.approx(again, rel=1e-12)


def test_the_degrees_of_freedom_of_simulated_runs_lie_in_their_interval():
    fit = sw.fit(heavy(400, 3.0), objective="student_t", nu="free", resamples=100, starts=0)
    low, high = fit.certificate.nu_interval
    assert low < 3.0 < high
    text = fit.report()
    assert "nu free between 1 and 100" in text
    assert f"nu = {fit.certificate.nu:.3g}, 95 % interval [{low:.3g}, {high:.3g}]." in text
    assert "Degrees of freedom" in fit._repr_html_()
    assert fit.to_dict()["certificate"]["nu_interval"] == [low, high]


def test_light_tails_end_as_gaussian_and_say_so():
    runs = made_runs(120, 0.0)
    even = np.random.default_rng(0).uniform(-1, 1, 120) * 4e-3
    runs["loss"] *= np.exp(even)
    fit = sw.fit(runs, objective="student_t", nu="free", resamples=20, starts=4)
    assert fit.status is Status.CONVERGED
    assert fit.certificate.nu == MOST_NU
    assert "upper end of its range: the tails of the residuals are Gaussian" in fit.report()
    square = sw.fit(runs, objective="squared_log", resamples=0, starts=0)
    for name, value in square.coefficients.items():
        assert fit.coefficients[name] == pytest.approx(value, rel=0.02)


def test_tails_heavier_than_those_of_cauchy_say_so():
    fit = sw.fit(heavy(300, 0.6, size=1e-3), objective="student_t", nu="free", resamples=0, starts=0)
    assert fit.certificate.nu == LEAST_NU
    assert "lower end of its range" in fit.report()


@pytest.mark.parametrize("kind", ["fast", "general"])
def test_derivatives_carry_free_degrees_of_freedom(kind):
    runs = heavy(60, 1.5, size=0.02)
    inputs = {"N": runs["params"].to_numpy(), "D": runs["tokens"].to_numpy()}
    law, loss = sw.law("chinchilla"), runs["loss"].to_numpy()
    rng = np.random.default_rng(0)
    tilt = rng.uniform(0.8, 1.2, 60)
    model = (
        make_model(law, inputs, loss, tilt=tilt) if kind == "fast" else General(law, inputs, loss, None, tilt)
    )
    objective = make_objective("student_t", None, nu="free").working
    u = model.variables(np.array([[1.8, 480.0, 2100.0, 0.35, 0.37]]))
    weights = rng.integers(0, 3, (1, 60)).astype(float)
    nu = best_nu(model.residuals(u, objective) ** 2, weights)[0][0]
    assert LEAST_NU < nu < MOST_NU
    value, gradient, hessian = model.derivatives(u, weights, objective)
    again, same = model.gradient(u, weights, objective)
    assert again[0] == pytest.approx(value[0], rel=1e-12)
    np.testing.assert_allclose(same, gradient, rtol=1e-9, atol=1e-12)
    scale = np.abs(hessian).max()
    for i in range(5):
        step = np.zeros((1, 5))
        step[0, i] = 1e-5
        above, below = (model.derivatives(u + s * step, weights, objective) for s in (1, -1))
        assert gradient[0, i] == pytest.approx((above[0][0] - below[0][0]) / 2e-5, abs=1e-6 * scale)
        np.testing.assert_allclose(hessian[0, i], (above[1][0] - below[1][0]) / 2e-5, atol=1e-5 * scale)


def test_other_options_go_with_free_degrees_of_freedom(chinchilla):
    prior = {"alpha": ("normal", 0.34, 0.01)}
    for options in (
        {"prior": prior},
        {"bootstrap": "parametric"},
        {"cluster": "params"},
        {"weight": "tokens"},
    ):
        fit = sw.fit(chinchilla, objective="student_t", nu="free", resamples=8, starts=3, **options)
        assert abs(fit.certificate.gap) < 1e-8
    low, high = fit.interval("alpha", method="profile")
    assert low < fit.coefficients["alpha"] < high


def test_a_word_that_is_not_free_is_answered(chinchilla):
    for word, answer in (("fre", "Did you mean"), ("many", "neither a number nor")):
        with pytest.raises(FitError, match=answer):
            sw.fit(chinchilla, objective="student_t", nu=word)
    with pytest.raises(FitError, match="belongs to the objective student_t"):
        sw.fit(chinchilla, nu="free")
