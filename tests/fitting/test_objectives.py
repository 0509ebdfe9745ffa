"""Every objective reaches its own optimum, says what it is, and differs from the others as it should."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import t as student

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting import Status, objective_value
from scalewidgets.fitting.model import General, make_model
from scalewidgets.fitting.objective import make_objective

from .conftest import TRUTH, made_runs


def quick(runs, **options):
    return sw.fit(runs, **{"resamples": 0, "starts": 0, **options})


NEW = {
    "asymmetric": {"factor": 10.0, "delta": 1e-3},
    "gaussian_log": {},
    "student_t": {"nu": 4.0},
    "quantile": {"tau": 0.25},
}


@pytest.mark.parametrize("name", NEW)
def test_an_independent_solver_agrees_on_every_objective(chinchilla, name):
    fit = sw.fit(chinchilla, objective=name, resamples=20, starts=4, **NEW[name])
    assert fit.status is Status.CONVERGED
    seen = fit.certificate
    assert abs(seen.gap) <= 1e-9
    assert seen.agreeing == seen.starts
    assert abs(seen.resample_gap) <= 1e-8
    assert fit.objective == pytest.approx(
        objective_value("chinchilla", fit.coefficients, chinchilla, name, **NEW[name]), rel=1e-10
    )


def test_a_quantile_leaves_its_share_of_the_runs_below(chinchilla):
    for tau in (0.1, 0.5, 0.8):
        fit = quick(chinchilla, objective="quantile", tau=tau)
        below = int(np.sum(fit.residuals < -1e-7))
        on = int(np.sum(np.abs(fit.residuals) <= 1e-7))
        assert on == 5
        assert below <= tau * 240 <= below + on


def test_the_median_is_the_least_absolute_fit(chinchilla):
    median = quick(chinchilla, objective="quantile", tau=0.5)
    absolute = quick(chinchilla, objective="absolute_log")
    assert median.objective == pytest.approx(0.5 * absolute.objective, rel=1e-9)
    for name, value in absolute.coefficients.items():
        assert median.coefficients[name] == pytest.approx(value, rel=1e-6)


def test_over_predictions_count_more_and_the_curve_goes_down(chinchilla):
    even = quick(chinchilla, objective="asymmetric", factor=1)
    plain = quick(chinchilla)
    assert even.objective == pytest.approx(plain.objective, rel=1e-12)
    above = [np.mean(quick(chinchilla, objective="asymmetric", factor=f).residuals > 0) for f in (1, 3, 10)]
    assert above[0] < above[1] < above[2]
    residual = np.array([0.02, -0.02])
    up, down = make_objective("asymmetric", 1e-3, factor=10).penalty(residual)
    assert down == pytest.approx(10 * up)


def test_a_gaussian_likelihood_is_least_squares_with_its_likelihood_stated(chinchilla):
    fit, square = (quick(chinchilla, objective=name) for name in ("gaussian_log", "squared_log"))
    assert dict(fit.coefficients) == dict(square.coefficients)
    sigma = np.sqrt(np.mean(fit.residuals**2))
    direct = np.sum(0.5 * (fit.residuals / sigma) ** 2 + np.log(sigma) + 0.5 * math.log(2 * math.pi))
    assert fit.objective == pytest.approx(direct, rel=1e-12)


def test_student_t_is_the_likelihood_at_its_best_scale(chinchilla):
    fit = quick(chinchilla, objective="student_t", nu=3)
    residuals = fit.residuals.to_numpy()

    def nll(log_scale):
        return -student.logpdf(residuals, 3, scale=np.exp(log_scale[0])).sum()

    tight = {"xatol": 1e-9, "fatol": 1e-9}
    best = minimize(nll, [np.log(residuals.std())], method="Nelder-Mead", options=tight)
    assert fit.objective == pytest.approx(best.fun, rel=1e-9)
    wide = quick(chinchilla, objective="student_t", nu=1e8)
    square = quick(chinchilla, objective="squared_log")
    for name, value in square.coefficients.items():
        assert wide.coefficients[name] == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("kind", ["fast", "general"])
def test_derivatives_of_student_t_carry_the_free_scale(kind):
    runs = made_runs(40, 0.02)
    inputs = {"N": runs["params"].to_numpy(), "D": runs["tokens"].to_numpy()}
    law, loss = sw.law("chinchilla"), runs["loss"].to_numpy()
    rng = np.random.default_rng(0)
    tilt = rng.uniform(0.5, 2, 40)
    model = (
        make_model(law, inputs, loss, tilt=tilt) if kind == "fast" else General(law, inputs, loss, None, tilt)
    )
    objective = make_objective("student_t", None).working
    u = model.variables(np.array([[1.8, 480.0, 2100.0, 0.35, 0.37]]))
    weights = rng.integers(0, 3, (1, 40)).astype(float)
    value, gradient, hessian = model.derivatives(u, weights, objective)
    again, same = model.gradient(u, weights, objective)
    assert again[0] == pytest.approx(value[0], rel=1e-12)
    np.testing.assert_allclose(same, gradient, rtol=1e-9, atol=1e-12)
    for i in range(5):
        step = np.zeros((1, 5))
        step[0, i] = 1e-5
        above, below = (model.derivatives(u + s * step, weights, objective) for s in (1, -1))
        scale = np.abs(hessian).max()
        assert gradient[0, i] == pytest.approx((above[0][0] - below[0][0]) / 2e-5, abs=1e-6 * scale)
        np.testing.assert_allclose(hessian[0, i], (above[1][0] - below[1][0]) / 2e-5, atol=1e-5 * scale)


@pytest.mark.parametrize("name", ["asymmetric", "gaussian_log", "student_t", "quantile"])
def test_a_noiseless_law_is_recovered_by_the_new_objectives_too(name):
    fit = quick(made_runs(100), objective=name)
    for coefficient, value in TRUTH.items():
        assert fit.coefficients[coefficient] == pytest.approx(value, rel=1e-7)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("quantile", {"tau": 0.1}, "quantile (pinball) penalties of the log residuals, tau = 0.1"),
        ("asymmetric", {"factor": 5}, "over-predictions counting more (factor 5), delta = 0.001"),
        ("gaussian_log", {}, "negative log-likelihood of Gaussian log residuals, scale free"),
        ("student_t", {}, "Student-t log residuals, scale free, nu = 4"),
    ],
)
def test_the_certificate_states_the_objective(name, options, words):
    fit = quick(made_runs(30, 1e-3), objective=name, **options)
    assert words in fit.certificate.description
    assert words in fit.report()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"objective": "quantile", "tau": 1.0}, "not a share"),
        ({"objective": "quantile", "tau": -1}, "positive number"),
        ({"objective": "asymmetric", "factor": 0}, "positive number"),
        ({"objective": "student_t", "nu": "x"}, "positive number"),
        ({"tau": 0.5}, "tau= belongs to the objective quantile, not to huber_log"),
        ({"objective": "squared_log", "nu": 4}, "nu= belongs to the objective student_t"),
    ],
)
def test_parameters_of_an_objective_are_checked(options, words):
    with pytest.raises(FitError, match=words):
        sw.fit(made_runs(20), **options)


def test_the_general_path_takes_every_objective(chinchilla):
    for name in ("asymmetric", "gaussian_log", "student_t"):
        fit = sw.fit(chinchilla, "kaplan_ND", name, resamples=0, starts=8)
        assert fit.status is Status.CONVERGED
        assert fit.certificate.gap <= 1e-8
