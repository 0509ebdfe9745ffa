"""Derivatives, steps and chunks: what every number above rests on."""

import time

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.fitting import Progress, fit_steps
from scalewidgets.fitting.continuation import continuation
from scalewidgets.fitting.logaffine import LogAffine
from scalewidgets.fitting.model import General, make_model
from scalewidgets.fitting.newton import minimise
from scalewidgets.fitting.objective import Objective
from scalewidgets.fitting.problem import read_problem
from scalewidgets.fitting.screen import screen

from .conftest import made_runs

LAWS = {
    "chinchilla": sw.law("chinchilla"),
    "kaplan": sw.law("kaplan_ND"),
    "tied": sw.Law("E + A/N**alpha + B/D**alpha", inputs=["N", "D"]),
    "crossed": sw.Law("E + A/N**alpha + G/(N**alpha*D**beta)", inputs=["N", "D"]),
    "coupled": sw.Law("E + (A/N**alpha + B/D**beta)**gamma", inputs=["N", "D"]),
}
START = {
    "chinchilla": [1.8, 480.0, 2100.0, 0.35, 0.37],
    "kaplan": [6e13, 2e13, 0.08, 0.1],
    "tied": [1.8, 480.0, 0.35, 2100.0],
    "crossed": [1.8, 480.0, 0.35, 1e5, 0.1],
    "coupled": [1.8, 1e3, 0.4, 5e3, 0.42, 0.8],
}


def model_of(name):
    law = LAWS[name]
    runs = made_runs(40, 0.02)
    inputs = {"N": runs["params"].to_numpy(), "D": runs["tokens"].to_numpy()}
    coefficients = np.array([START[name]])
    model = make_model(law, inputs, runs["loss"].to_numpy())
    return law, inputs, model, coefficients


@pytest.mark.parametrize("name", LAWS)
def test_the_fast_model_is_found_where_the_law_allows_it(name):
    _, _, model, _ = model_of(name)
    assert isinstance(model, General if name in ("kaplan", "coupled") else LogAffine)


@pytest.mark.parametrize("name", LAWS)
def test_variables_and_coefficients_are_inverse_and_give_the_law(name):
    law, inputs, model, coefficients = model_of(name)
    variables = model.variables(coefficients)
    np.testing.assert_allclose(model.coefficients(variables), coefficients, rtol=1e-12)
    values = law.value(inputs, dict(zip(law.coefficient_names, coefficients[0], strict=True)))
    np.testing.assert_allclose(model.value(variables)[0], values, rtol=1e-11)
    np.testing.assert_allclose(model.jacobian(variables[0])[0], values, rtol=1e-11)


@pytest.mark.parametrize("objective", [Objective("huber_log", 0.01), Objective("squared_raw")])
@pytest.mark.parametrize("name", LAWS)
def test_gradient_and_hessian_are_those_of_the_objective(name, objective):
    _, _, model, coefficients = model_of(name)
    u = model.variables(coefficients)
    weights = np.random.default_rng(1).integers(0, 3, (1, 40)).astype(float)
    _, gradient, hessian = model.derivatives(u, weights, objective)
    h = 1e-5
    for i in range(model.p):
        up, down = u.copy(), u.copy()
        up[0, i] += h
        down[0, i] -= h
        above, below = model.derivatives(up, weights, objective), model.derivatives(down, weights, objective)
        scale = np.abs(hessian[0]).max()
        assert gradient[0, i] == pytest.approx((above[0][0] - below[0][0]) / (2 * h), abs=1e-6 * scale)
        slope = (above[1][0] - below[1][0]) / (2 * h)
        # A run that crosses delta within h bends the difference a little.
        np.testing.assert_allclose(hessian[0, i], slope, atol=2e-3 * scale)
    fitted, jacobian = model.jacobian(u[0])
    whole = Objective("squared_raw")
    _, direct, _ = model.derivatives(u, np.ones((1, 40)), whole)
    np.testing.assert_allclose(direct[0], -(model.loss - fitted) @ jacobian, rtol=1e-9)


def test_the_screen_sees_the_profile(chinchilla):
    problem = read_problem(chinchilla, sw.law("chinchilla"), "default", None)
    model = make_model(problem.law, problem.inputs, problem.loss)
    seen = screen(model, problem.inputs, Objective("huber_log", 1e-3), {})
    assert seen.points.shape == (784, 2)
    cell = seen.minima()[0]
    basis = problem.law.basis(problem.inputs, dict(zip(("alpha", "beta"), seen.points[cell], strict=True)))
    target = np.ones(problem.n)
    direct, *_ = np.linalg.lstsq(basis / problem.loss[:, None], target)
    np.testing.assert_allclose(seen.linear[cell], direct, rtol=1e-6)
    left = target - basis / problem.loss[:, None] @ direct
    assert seen.profile[cell] == pytest.approx(0.5 * left @ left, rel=1e-8)
    assert np.all(seen.points[cell] > 0.2)
    assert np.all(seen.points[cell] < 0.6)


def test_every_resample_of_every_start_ends_at_one_optimum(chinchilla):
    problem = read_problem(chinchilla, sw.law("chinchilla"), "default", None)
    model = make_model(problem.law, problem.inputs, problem.loss)
    objective = Objective("huber_log", 1e-3)
    optimum = model.variables(np.array([[1.817218, 477.826, 2143.417, 0.347311, 0.367172]]))
    rng = np.random.default_rng(3)
    weights = np.stack([np.bincount(rng.integers(0, 240, 240), minlength=240) for _ in range(60)]).astype(
        float
    )
    values = []
    for alpha, beta in ((1.0, 1.0), (0.7, 1.3), (1.4, 0.8), (0.6, 0.6)):
        start = optimum * [1, 1, 1, alpha, beta]
        end = minimise(model, objective, np.repeat(start, 60, axis=0), weights)
        assert end.converged.all()
        values.append(end.value)
    np.testing.assert_allclose(values, np.broadcast_to(values[0], (4, 60)), rtol=1e-11)


def test_a_fixed_coefficient_stays_and_the_others_give_way(chinchilla):
    for fixed in ({"alpha": 0.34}, {"A": 406.4}, {"E": 1.69, "beta": 0.28}):
        fit = sw.fit(chinchilla, fixed=fixed, resamples=20, starts=4)
        for name, value in fixed.items():
            assert fit.coefficients[name] == value
            column = fit.law.coefficient_names.index(name)
            assert np.all(fit.resamples[:, column] == value)
        assert fit.objective > 0.0010182740178006
        assert abs(fit.certificate.gap) < 1e-10
        assert dict(fit.certificate.fixed) == fixed


def test_all_coefficients_fixed_only_evaluates(chinchilla):
    fixed = {"E": 1.693374, "A": 406.401, "B": 410.7228, "alpha": 0.33917084, "beta": 0.2849083}
    fit = sw.fit(chinchilla, fixed=fixed, resamples=20, starts=0)
    assert fit.objective == pytest.approx(0.00123116, rel=1e-4)
    assert dict(fit.coefficients) == fixed


def test_kaplan_is_fitted_by_the_general_path(chinchilla):
    fit = sw.fit(chinchilla, law="kaplan_ND", resamples=10, starts=12)
    assert fit.objective == pytest.approx(0.0026631014948917, rel=1e-9)
    assert fit.certificate.gap <= 1e-9
    assert fit.certificate.agreeing >= 6


def test_progress_counts_up_and_a_fit_can_be_dropped(chinchilla):
    seen: list[Progress] = []
    sw.fit(chinchilla, resamples=300, starts=3, progress=seen.append)
    assert list(dict.fromkeys(state.phase for state in seen)) == ["fit", "check", "resample", "verify"]
    assert all(0 <= s.done <= s.total for s in seen)
    done = [s.done for s in seen if s.phase == "resample"]
    assert done == sorted(done)
    assert seen[-1].label.endswith("resamples checked")
    steps = fit_steps(chinchilla)
    next(steps)
    next(steps)
    steps.close()


def test_a_sharp_objective_is_approached_in_steps():
    assert continuation(Objective("huber_log", 1e-3), 3e-3) == (Objective("huber_log", 1e-3),)
    deltas = [stage.delta for stage in continuation(Objective("huber_log", 1e-6), 3e-3)]
    assert deltas[0] == 3e-3
    assert deltas[-1] == 1e-6
    assert deltas == sorted(deltas, reverse=True)
    assert continuation(Objective("squared_log"), 1.0) == (Objective("squared_log"),)


def test_a_caller_gets_its_turn_often_and_with_its_warnings_as_they_were(chinchilla):
    before = np.geterr()
    sw.fit(chinchilla, resamples=2, starts=2)
    slow, begun = [], time.process_time()
    for _ in fit_steps(chinchilla, resamples=400):
        slow.append(time.process_time() - begun)
        assert np.geterr() == before
        begun = time.process_time()
    assert np.quantile(slow, 0.95) < 0.03
