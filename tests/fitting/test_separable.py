"""Amplitudes that follow the exponents: the same optimum as a descent over all coefficients, in few steps."""

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.fitting.model import make_model
from scalewidgets.fitting.newton import minimise, rounding_floor
from scalewidgets.fitting.objective import make_objective
from scalewidgets.fitting.separable import minimise_separable, separates

LAW = sw.law("chinchilla")
SQUARES = make_objective("squared_raw", 1e-3)
TRUTH = {"E": 1.7, "A": 400.0, "B": 410.0, "alpha": 0.34, "beta": 0.28}


def table(scatter=0.01, **other):
    inputs = {"N": np.repeat([1e8, 4e8, 1e9, 4e9], 12), "D": np.tile(np.geomspace(2e9, 2e11, 12), 4)}
    loss = LAW.value(inputs, {**TRUTH, **other})
    return inputs, loss * np.exp(scatter * np.random.default_rng(3).standard_normal(len(loss)))


def ends(inputs, loss, weights, exponents=(0.5, 0.5), free=None):
    model = make_model(LAW, inputs, loss)
    starts = np.tile([0.0, 0.0, 0.0, *exponents], (len(weights), 1))
    free = np.ones(5, dtype=bool) if free is None else np.array(free)
    floor = 64 * rounding_floor(model, SQUARES, weights)
    made = minimise_separable(
        model, starts, lambda rows: weights[rows], floor, free, tolerance=1e-12, limit=60
    )
    return model, made


def test_every_resample_ends_where_a_descent_over_all_coefficients_does():
    inputs, loss = table()
    weights = np.random.default_rng(0).multinomial(48, np.full(48, 1 / 48), 150).astype(float)
    model, made = ends(inputs, loss, weights)
    assert made.converged.all()
    assert np.median(made.iterations) <= 10
    whole = minimise(model, SQUARES, made.variables, weights)
    assert made.value == pytest.approx(whole.value, rel=1e-11)
    fitted = model.value(made.variables)
    assert made.value == pytest.approx(0.5 * np.sum(weights * (loss - fitted) ** 2, axis=1), rel=1e-12)
    # What runs beside a row is no matter of more than rounding.
    alone = ends(inputs, loss, weights[7:8])[1]
    assert alone.variables[0] == pytest.approx(made.variables[7], rel=1e-9)


def test_a_term_that_must_vanish_is_at_its_bound_in_a_few_steps():
    inputs, loss = table(E=1e-9, A=15.0, alpha=0.08)
    model, made = ends(inputs, loss, np.ones((1, 48)), exponents=(0.3, 0.3))
    assert made.converged[0]
    assert made.iterations[0] <= 25
    assert made.variables[0, 0] == model.low[0]
    others = [minimise(model, SQUARES, np.array([[x, 0.5, 0.5, 0.1, 0.3]]), np.ones((1, 48)), limit=400)
              for x in (-3.0, 0.0, model.low[0])]  # fmt: skip
    assert made.value[0] <= min(other.value[0] for other in others) * (1 + 1e-11)


def test_runs_that_cannot_tell_two_terms_apart_share_them():
    inputs, loss = table()
    weights = (inputs["N"] == 1e8)[None] * np.ones(1)
    model, made = ends(inputs, loss, weights, free=[True, True, True, False, True])
    # One size: E and A/N**alpha are one constant, and beta alone is searched.
    assert made.converged[0]
    assert made.variables[0, 3] == 0.5
    whole = minimise(model, SQUARES, made.variables, weights, np.array([True, True, True, False, True]))
    assert made.value[0] <= whole.value[0] * (1 + 1e-11)


def test_only_squares_of_the_loss_itself_are_separated():
    inputs, loss = table()
    model = make_model(LAW, inputs, loss)
    assert separates(model, SQUARES)
    assert not separates(model, make_objective("squared_log", 1e-3))
    assert not separates(model, make_objective("huber_log", 1e-3))
