"""The map of the exponents: what a click on it promises must be what a fit would give."""

from __future__ import annotations

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting import exponent_map_steps


@pytest.fixture(scope="module")
def fit(runs):
    return sw.fit(runs, resamples=200, starts=0)


@pytest.fixture(scope="module")
def runs():
    return sw.load("chinchilla")


@pytest.mark.parametrize("cell", [(0, 0), (3, 17), (10, 10), (20, 4)])
def test_a_cell_is_the_fit_with_these_exponents_held(fit, runs, cell):
    seen = fit.exponent_map()
    held = {name: float(seen.coefficients[name][cell]) for name in ("alpha", "beta")}
    again = sw.fit(runs, fixed=held, resamples=0, starts=0)
    assert seen.objective[cell] == pytest.approx(again.objective, rel=1e-8)
    for name in ("E", "A", "B"):
        assert seen.coefficients[name][cell] == pytest.approx(again.coefficients[name], rel=1e-4)


def test_the_fit_is_on_the_map_and_at_the_bottom_of_it(fit):
    seen = fit.exponent_map()
    i, j = np.unravel_index(int(np.argmin(seen.rise)), seen.rise.shape)
    assert seen.rise[i, j] == pytest.approx(0.0, abs=1e-12)
    assert (seen.axes[0][i], seen.axes[1][j]) == (fit.coefficients["alpha"], fit.coefficients["beta"])
    assert all(np.all(np.diff(axis) > 0) for axis in seen.axes)
    assert seen.rise.min() >= 0


def test_the_map_reaches_beyond_the_interval_on_both_sides(fit):
    seen = fit.exponent_map()
    for name, axis in zip(seen.names, seen.axes, strict=True):
        low, high = fit.interval(name)
        assert axis[0] < low < high < axis[-1]


def test_values_are_those_of_the_objective_itself(fit, runs):
    seen = fit.exponent_map(points=5)
    for cell in np.ndindex(seen.rise.shape):
        held = {name: float(values[cell]) for name, values in seen.coefficients.items()}
        assert seen.objective[cell] == pytest.approx(
            sw.fitting.objective_value("chinchilla", held, runs), rel=1e-9
        )


@pytest.mark.parametrize(
    ("law", "names", "shape"),
    [
        ("chinchilla_tied", ("alpha",), (9,)),
        ("coupled", ("alpha", "beta"), (9, 9)),
        ("kaplan_ND", ("alpha_N", "alpha_D"), (9, 9)),
        ("power_const", ("alpha",), (9,)),
    ],
)
def test_every_law_has_a_map_of_its_first_exponents_without_holes(runs, law, names, shape):
    seen = sw.fit(runs, law, resamples=30, starts=0).exponent_map(points=9)
    assert seen.names == names
    assert seen.rise.shape == shape
    assert set(seen.coefficients) == {s.name for s in sw.law(law).coefficients}
    for values in (seen.objective, seen.rise, *seen.coefficients.values()):
        assert np.isfinite(values).all()
    assert seen.rise.min() < 1e-6 < seen.rise.max()


@pytest.mark.parametrize("objective", ["squared_log", "squared_raw", "absolute_log"])
def test_the_map_is_of_the_objective_that_was_fitted(runs, objective):
    fit = sw.fit(runs, objective=objective, resamples=0, starts=0)
    seen = fit.exponent_map(points=5)
    assert seen.lowest == pytest.approx(fit.objective, rel=1e-6)
    assert seen.rise.min() == pytest.approx(0.0, abs=1e-6)
    held = {name: float(values[0, 4]) for name, values in seen.coefficients.items()}
    said = sw.fitting.objective_value("chinchilla", held, runs, objective)
    assert seen.objective[0, 4] == pytest.approx(said, rel=1e-7)


def test_a_fixed_exponent_leaves_a_profile_of_the_other(runs):
    seen = sw.fit(runs, fixed={"beta": 0.37}, resamples=0, starts=0).exponent_map()
    assert seen.names == ("alpha",)
    assert np.all(seen.coefficients["beta"] == 0.37)
    both = sw.fit(runs, fixed={"alpha": 0.35, "beta": 0.37}, resamples=0, starts=0)
    with pytest.raises(FitError, match="no exponent that is free"):
        both.exponent_map()


def test_tied_exponents_move_together(runs):
    seen = sw.fit(runs, tie=[("alpha", "beta")], resamples=0, starts=0).exponent_map(points=5)
    assert seen.names == ("alpha",)
    assert np.array_equal(seen.coefficients["alpha"], seen.coefficients["beta"])


def test_runs_without_noise_still_have_a_map(runs):
    exact = runs.assign(loss=1.8 + 480 / runs["params"] ** 0.35 + 2100 / runs["tokens"] ** 0.37)
    seen = sw.fit(exact, exclude=None, resamples=0, starts=0).exponent_map(points=5)
    assert np.isfinite(seen.rise).all()
    assert seen.rise.max() > 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"names": ("alpha", "gamma")}, "gamma"),
        ({"names": ("alhpa",)}, "Did you mean alpha"),
        ({"names": ()}, "one exponent or two"),
        ({"names": ("alpha", "alpha")}, "one exponent or two"),
        ({"points": 1}, "number of cells"),
        ({"points": 2.5}, "number of cells"),
    ],
)
def test_a_map_that_cannot_be_made_is_refused_in_words(fit, arguments, words):
    with pytest.raises(FitError, match=words):
        fit.exponent_map(**arguments)


def test_a_refused_fit_has_no_map(runs):
    refused = sw.fit(runs.head(3), exclude=None, resamples=0, starts=0)
    with pytest.raises(FitError, match="no fit to look around in"):
        refused.exponent_map()


def test_a_caller_gets_its_turn_while_the_map_is_made(fit):
    steps = exponent_map_steps(fit.setting, fit.resamples)
    done = [next(steps)[0] for _ in range(3)]
    assert done[0] == 0
    steps.close()
