"""Numbers that others have published or recomputed: a change here is a change of somebody's answer."""

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.fitting import Status, objective_value

from .conftest import advice

OPTIMUM = 0.0010182740178006


def quick(runs, **options):
    return sw.fit(runs, **{"resamples": 0, "starts": 0, **options})


def test_the_chinchilla_points_give_the_known_optimum(reference):
    assert reference.status is Status.CONVERGED
    assert reference.objective == pytest.approx(OPTIMUM, rel=1e-10)
    known = {"A": 477.826, "B": 2143.417, "E": 1.817218, "alpha": 0.347311, "beta": 0.367172}
    for name, value in known.items():
        assert reference.coefficients[name] == pytest.approx(value, rel=2e-6)
    assert reference.certificate.n_runs == 240
    assert reference.inside_delta == 39


def test_an_independent_solver_agrees_from_every_start(reference):
    seen = reference.certificate
    assert abs(seen.gap) <= 1e-10
    assert (seen.starts, seen.agreeing, seen.basins) == (64, 64, 1)
    assert seen.resamples_checked == 8
    assert abs(seen.resample_gap) <= 1e-10
    assert seen.resamples_converged == seen.resamples == 1000


def test_resamples_give_the_known_standard_errors(reference):
    known = {"A": 115.8, "B": 1426.8, "E": 0.026, "alpha": 0.0147, "beta": 0.0208}
    for name, error in reference.standard_errors().items():
        assert error == pytest.approx(known[name], rel=0.10)


def test_no_interval_collapses_on_its_start(reference):
    # The mis-stopped bootstrap of arXiv:2203.15556 has an 80 % interval of .001 for a; it is .049.
    exponents = reference.resamples[:, 3:]
    a = exponents[:, 1] / exponents.sum(axis=1)
    low, high = np.quantile(a, [0.1, 0.9])
    assert high - low == pytest.approx(0.049, abs=0.006)
    moved = np.any(reference.resamples != list(reference.coefficients.values()), axis=1)
    assert moved.all()


def test_absolute_log_reaches_the_published_least_absolute_deviations(chinchilla):
    fit = quick(chinchilla, objective="absolute_log")
    known = {"A": 482.0060, "B": 2085.4360, "E": 1.8168641, "alpha": 0.34781307, "beta": 0.36585416}
    for name, value in known.items():
        assert fit.coefficients[name] == pytest.approx(value, rel=2e-7)
    assert int(np.sum(np.abs(fit.residuals) < 1e-8)) == 5
    assert fit.objective == pytest.approx(np.abs(fit.residuals).sum(), rel=1e-12)


def test_the_prediction_of_the_first_screen(reference):
    seen = reference.predict(params=7e9, tokens=1.4e12)
    assert seen.value == pytest.approx(2.0735, abs=1e-4)
    assert (seen.low, seen.high) == (pytest.approx(2.054, abs=3e-3), pytest.approx(2.095, abs=3e-3))
    assert (seen.run_low, seen.run_high) == (pytest.approx(2.047, abs=5e-3), pytest.approx(2.117, abs=5e-3))
    assert seen.extrapolation == pytest.approx(0.65, abs=0.01)
    assert reference.predict(params=1e9, tokens=2e10).extrapolation == 0.0
    assert reference.largest_run_residual == pytest.approx(-0.0247, abs=2e-4)


@pytest.mark.parametrize(
    ("values", "objective"),
    [
        ({"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}, 0.00412101),
        ({"E": 1.693374, "A": 406.401, "B": 410.7228, "alpha": 0.33917084, "beta": 0.2849083}, 0.00123116),
        ({"E": 1.81686, "A": 482.006, "B": 2085.434, "alpha": 0.347813, "beta": 0.365854}, 0.001018645),
    ],
)
def test_published_coefficients_score_what_is_known(chinchilla, values, objective):
    assert objective_value("chinchilla", values, chinchilla) == pytest.approx(objective, rel=1e-4)


@pytest.mark.parametrize(
    ("left_out", "ratio"), [(0, 6.8), (1, 10.1), (2, 11.3), (3, 14.7), (4, 17.1), (5, 17.9)]
)
def test_each_outlier_that_is_left_out_moves_the_advice_as_known(chinchilla, left_out, ratio):
    highest = chinchilla["loss"].nlargest(left_out).index
    fit = quick(chinchilla, exclude=list(highest))
    assert advice(fit.coefficients)[1] == pytest.approx(ratio, abs=0.06)
    assert fit.certificate.n_excluded == left_out


@pytest.mark.parametrize(
    ("delta", "ratio", "inside"),
    [(1e-4, 18, 0.04), (1e-3, 17.9, 0.16), (1e-2, 16.9, 0.90), (3e-2, 14.4, 1.0)],
)
def test_delta_moves_the_advice_as_known(chinchilla, delta, ratio, inside):
    fit = quick(chinchilla, delta=delta)
    assert advice(fit.coefficients)[1] == pytest.approx(ratio, abs=0.35 if delta < 1e-3 else 0.06)
    assert fit.inside_delta / 240 == pytest.approx(inside, abs=0.012)


@pytest.mark.parametrize(
    ("objective", "exponent"),
    [("huber_log", 0.514), ("absolute_log", 0.513), ("squared_log", 0.530), ("squared_raw", 0.545)],
)
def test_each_objective_gives_the_known_exponent(chinchilla, objective, exponent):
    fit = quick(chinchilla, objective=objective)
    assert advice(fit.coefficients)[0] == pytest.approx(exponent, abs=6e-4)


def test_with_all_points_the_exponent_is_the_known_one(chinchilla):
    fit = quick(chinchilla, exclude=None)
    assert advice(fit.coefficients)[0] == pytest.approx(0.565, abs=6e-4)
    for name, value in {"E": 1.8913, "A": 495.7, "B": 12846, "alpha": 0.3493, "beta": 0.4531}.items():
        assert fit.coefficients[name] == pytest.approx(value, rel=2e-4)


@pytest.mark.parametrize("delta", [1e-6, 1e-8])
def test_a_tiny_delta_does_not_stall_far_from_the_optimum(chinchilla, delta):
    # Newton from afar at delta <= 1e-6 ends at A = 313.6.
    fit = quick(chinchilla, delta=delta)
    assert fit.coefficients["A"] == pytest.approx(482.0, abs=0.2)
