"""Bounds and ties: kept exactly, said aloud, and refused with a sentence where they make no sense."""

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting import Status

from .conftest import made_runs


def quick(runs, **options):
    return sw.fit(runs, **{"resamples": 0, "starts": 0, **options})


def test_a_bound_that_does_not_bind_changes_nothing(chinchilla):
    fit = sw.fit(chinchilla, bounds={"alpha": (0.1, 1), "E": (1, 3)}, resamples=0, starts=8)
    assert fit.status is Status.CONVERGED
    assert fit.objective == pytest.approx(0.0010182740178006, rel=1e-10)
    assert fit.certificate.bounds == {"alpha": (0.1, 1.0), "E": (1.0, 3.0)}
    assert abs(fit.certificate.gap) < 1e-10


@pytest.mark.parametrize(
    ("bounds", "name", "value"),
    [
        ({"alpha": (0.4, 1)}, "alpha", 0.4),
        ({"beta": (None, 0.3)}, "beta", 0.3),
        ({"E": (1.9, None)}, "E", 1.9),
        ({"B": (10.0, 1000.0)}, "B", 1000.0),
    ],
)
def test_a_bound_that_binds_is_a_status_of_its_own(chinchilla, bounds, name, value):
    fit = sw.fit(chinchilla, bounds=bounds, resamples=40, starts=8)
    assert fit.status is Status.ON_BOUND
    assert f"{name} stands at its" in fit.reason
    assert f"{value:g}" in fit.reason
    assert fit.coefficients[name] == pytest.approx(value, rel=1e-12)
    held = quick(chinchilla, fixed={name: value})
    assert fit.objective == pytest.approx(held.objective, rel=1e-9)
    assert abs(fit.certificate.gap) < 1e-9
    low, high = fit.certificate.bounds[name]
    column = fit.resamples[:, fit.law.coefficient_names.index(name)]
    assert np.all((column >= low * (1 - 1e-12)) & (column <= high * (1 + 1e-12)))
    assert "Bounds: " in fit.report()


def test_bounds_hold_on_the_general_path(chinchilla):
    fit = quick(chinchilla, law="kaplan_ND", bounds={"alpha_N": (0.1, 0.5)})
    assert fit.status is Status.ON_BOUND
    assert fit.coefficients["alpha_N"] == pytest.approx(0.1, rel=1e-12)


def test_tied_exponents_are_equal_in_every_resample(chinchilla):
    fit = sw.fit(chinchilla, tie=[("alpha", "beta")], resamples=50, starts=8)
    assert fit.status is Status.CONVERGED
    assert fit.coefficients["alpha"] == fit.coefficients["beta"]
    assert tuple(fit.coefficients) == fit.law.coefficient_names == ("E", "A", "B", "alpha", "beta")
    assert np.all(fit.resamples[:, 3] == fit.resamples[:, 4])
    direct = quick(chinchilla, law=sw.Law("E + A/N**alpha + B/D**alpha", inputs=["N", "D"]))
    assert fit.objective == pytest.approx(direct.objective, rel=1e-10)
    assert fit.objective > 0.0010182740178006
    assert abs(fit.certificate.gap) < 1e-10
    assert "Held equal: beta = alpha" in fit.report()
    assert fit.predict(params=7e9, tokens=1.4e12).low < fit.predict(params=7e9, tokens=1.4e12).value


def test_a_tie_goes_with_a_fixed_or_bounded_first_coefficient(chinchilla):
    fit = quick(chinchilla, tie=[("alpha", "beta")], fixed={"alpha": 0.36})
    assert fit.coefficients["alpha"] == fit.coefficients["beta"] == 0.36
    fit = quick(chinchilla, tie=[("alpha", "beta")], bounds={"alpha": (0.4, 1)})
    assert fit.coefficients["beta"] == pytest.approx(0.4)


def test_a_tie_makes_a_design_of_few_runs_possible():
    runs = made_runs(5)
    assert quick(runs).status is Status.REFUSED
    assert quick(runs, tie=[("alpha", "beta")]).status is not Status.REFUSED


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bounds": {"alhpa": (0, 1)}}, "Did you mean alpha"),
        ({"bounds": {"alpha": 0.3}}, "is not a pair"),
        ({"bounds": {"alpha": (1, 0.1)}}, "leaves no room"),
        ({"bounds": {"alpha": ("a", 1)}}, "leaves no room"),
        ({"bounds": {"A": (-5, -1)}}, "outside its range"),
        ({"bounds": {"alpha": (0.1, 1)}, "fixed": {"alpha": 0.3}}, "both in fixed= and in bounds="),
        ({"tie": "alpha"}, "not a list of groups"),
        ({"tie": [("alpha",)]}, "needs two"),
        ({"tie": [("alpha", "gamma")]}, "not a coefficient"),
        ({"tie": [("alpha", "beta"), ("beta", "E")]}, "in two ties"),
        ({"tie": [("alpha", "beta")], "fixed": {"beta": 0.3}}, "tied to alpha and stands in fixed="),
    ],
)
def test_bounds_and_ties_are_checked(chinchilla, options, words):
    with pytest.raises(FitError, match=words):
        sw.fit(chinchilla, **options)
