"""Known mistakes and their numbers, each against a solver or algebra that is not the engine's."""

import multiprocessing

import numpy as np
import pytest
from scipy.optimize import minimize

import scalewidgets as sw
from scalewidgets.fitting import Status, objective_value
from scalewidgets.fitting.grid import multistart

from .conftest import TRUTH, advice, made_runs

OPTIMUM = 0.0010182740178006
REPORTED = {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}
UNROUNDED = {"E": 1.693374, "A": 406.401, "B": 410.7228, "alpha": 0.33917084, "beta": 0.2849083}
TIGHT = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 5000, "maxfun": 20000}
SAMPLE = 150


def quick(runs, **options):
    return sw.fit(runs, **{"resamples": 0, "starts": 0, **options})


def logs_of(runs):
    used = runs.drop(index=runs.attrs["default_exclusions"]["index"])
    return tuple(np.log(used[name].to_numpy()) for name in ("params", "tokens", "loss"))


def lbfgs(logs, start, *, scale=1.0, raw=False, delta=1e-3, **options):
    """SciPy's L-BFGS-B on the Huber penalties of log or raw residuals: best value unscaled, and where."""
    size, data, loss = logs

    def objective(u):
        a, b, e, alpha, beta = u
        terms = np.stack([a - alpha * size, b - beta * data, np.full_like(size, e)])
        top = terms.max(axis=0)
        shares = np.exp(terms - top)
        total = shares.sum(axis=0)
        fitted = top + np.log(total)
        shares /= total
        if raw:
            residual = np.exp(loss) - np.exp(fitted)
            shares *= np.exp(fitted)
        else:
            residual = loss - fitted
        slope = np.clip(residual, -delta, delta)
        gradient = np.stack([*shares, -shares[0] * size, -shares[1] * data]) @ slope
        return scale * float(slope @ (residual - 0.5 * slope)), -scale * gradient

    found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
    return found.fun / scale, found.x


def start_of(c):
    return [np.log(c["A"]), np.log(c["B"]), np.log(c["E"]), c["alpha"], c["beta"]]


def sensitivity(size, data, c):
    """Slopes of the log of the law in log A, log B, log E, alpha, beta; shape (n, 5)."""
    small, few = c["A"] * np.exp(-c["alpha"] * size), c["B"] * np.exp(-c["beta"] * data)
    slopes = np.stack([small, few, np.full_like(size, c["E"]), -small * size, -few * data], axis=1)
    return slopes / (c["E"] + small + few)[:, None]


def covariance(slopes, noise):
    """Of least squares, by singular values of scaled columns: the plain normal matrix is beyond doubles."""
    length = np.linalg.norm(slopes, axis=0)
    _, singular, directions = np.linalg.svd(slopes / length, full_matrices=False)
    root = (directions.T / singular) / length[:, None] * noise
    return root @ root.T


@pytest.fixture(scope="module")
def logs(chinchilla):
    return logs_of(chinchilla)


@pytest.fixture(scope="module")
def sampled_starts():
    """Some of the 4,500 starts, shape (SAMPLE, 5)."""
    grid = multistart()
    starts = np.stack([grid[name] for name in ("a", "b", "e", "alpha", "beta")], axis=1)
    assert len(starts) == 4500
    return starts[np.random.default_rng(0).choice(len(starts), SAMPLE, replace=False)]


@pytest.mark.parametrize("scale", [1.0, 1 / 240], ids=["sum", "mean"])
def test_default_tolerances_stop_near_the_published_start(chinchilla, logs, scale):
    # 14.2 % with the SciPy this was written for; where an early stop falls depends on its version.
    value, where = lbfgs(logs, start_of(REPORTED), scale=scale)
    assert 0.05 < value / OPTIMUM - 1 < 0.5
    assert abs(where[3] - REPORTED["alpha"]) < 0.05
    assert abs(quick(chinchilla).objective / OPTIMUM - 1) < 1e-12


def test_a_million_times_the_objective_lets_the_same_solver_arrive(logs):
    value, _ = lbfgs(logs, start_of(REPORTED), scale=1e6)
    assert abs(value / OPTIMUM - 1) < 1e-9


@pytest.mark.parametrize(
    ("options", "low", "high"),
    [({}, 0.02, 0.2), (TIGHT, 0.22, 0.6)],
    ids=["defaults", "tight"],
)
def test_few_of_the_starts_of_hoffmann_reach_the_optimum(
    chinchilla, logs, sampled_starts, options, low, high
):
    # Of all 4,500 about 9 % with the defaults, about 37 % with tight tolerances.
    values = np.array([lbfgs(logs, start, **options)[0] for start in sampled_starts])
    assert low < np.mean(values < OPTIMUM * (1 + 1e-4)) < high
    # None of them is better than the fit that starts from no such list.
    assert values.min() > quick(chinchilla).objective * (1 - 1e-12)


def test_of_the_mean_no_start_of_hoffmann_comes_within_a_per_cent(logs, sampled_starts):
    values = np.array([lbfgs(logs, start, scale=1 / 240)[0] for start in sampled_starts])
    assert values.min() > 1.01 * OPTIMUM


def test_huber_of_raw_residuals_gives_the_known_exponent(chinchilla, logs):
    # Not an objective of the house; the known number checks the spread that a choice of objective makes.
    ours = quick(chinchilla).coefficients
    ends = [lbfgs(logs, start_of(c), scale=1e6, raw=True, delta=0.01, **TIGHT) for c in (ours, REPORTED)]
    assert ends[0][0] == pytest.approx(ends[1][0], rel=1e-9)
    for _, where in ends:
        assert where[4] / (where[3] + where[4]) == pytest.approx(0.523, abs=6e-4)


def test_the_choice_of_objective_moves_the_exponent_as_much_as_known(chinchilla):
    seen = {
        name: advice(quick(chinchilla, objective=name).coefficients)[0]
        for name in ("huber_log", "absolute_log", "squared_log", "squared_raw")
    }
    seen["every run"] = advice(quick(chinchilla, exclude=None).coefficients)[0]
    known = {
        "huber_log": 0.514,
        "absolute_log": 0.513,
        "squared_log": 0.530,
        "squared_raw": 0.545,
        "every run": 0.565,
    }
    assert seen == pytest.approx(known, abs=6e-4)


def test_rounding_costs_more_than_the_fit_gains(chinchilla):
    fit = quick(chinchilla)

    def score(values):
        return objective_value("chinchilla", values, chinchilla)

    rounded, unrounded = score(REPORTED), score(UNROUNDED)
    assert rounded == pytest.approx(0.00412, abs=5e-6)
    assert unrounded == pytest.approx(0.00123, abs=5e-6)
    assert fit.objective == pytest.approx(0.00102, abs=5e-6)
    # Two decimals of the replication's own coefficients, and of this fit's.
    printed = {"E": 1.82, "A": 482.01, "B": 2085.43, "alpha": 0.35, "beta": 0.37}
    assert score(printed) == pytest.approx(0.0047, abs=5e-5)
    own = {name: round(value, 2) for name, value in fit.coefficients.items()}
    assert score(own) > 3 * unrounded > 3 * fit.objective


def test_size_and_exponent_are_nearly_one_direction(chinchilla, logs):
    size, data, _ = logs
    c = quick(chinchilla).coefficients
    slopes = sensitivity(size, data, c)
    spread = covariance(slopes, 1.0)
    errors = np.sqrt(np.diag(spread))
    corr = spread / np.outer(errors, errors)
    assert (corr[0, 3], corr[1, 4]) == pytest.approx((0.9991, 0.9992), abs=1e-4)
    plain = slopes / np.array([c["A"], c["B"], c["E"], 1, 1])
    centred = slopes.copy()
    centred[:, 3] += slopes[:, 0] * size.mean()
    centred[:, 4] += slopes[:, 1] * data.mean()
    kappas = [np.linalg.cond(matrix) ** 2 for matrix in (plain, slopes, centred)]
    assert kappas == pytest.approx([1.8e13, 4.0e6, 3.8e3], rel=0.02)


def test_one_ratio_of_tokens_to_parameters_leaves_the_exponent_open():
    def error(spread):
        runs = made_runs(240, 4e-3, spread)
        size, data = (np.log(runs[name].to_numpy()) for name in ("params", "tokens"))
        return np.sqrt(covariance(sensitivity(size, data, TRUTH), 4e-3)[3, 3])

    # Known as 157, .019, .0076 and .0059; all of them hang on how the sizes are spread.
    assert 30 < error(0.0) < 300
    for spread, known in ((0.15, 0.019), (0.5, 0.0076), (1.0, 0.0059)):
        assert error(spread) == pytest.approx(known, rel=0.45)
    fit = quick(made_runs(240, 4e-3, 0.0))
    assert fit.status in (Status.REFUSED, Status.NOT_IDENTIFIED)
    assert "20 tokens per parameter" in fit.reason


def _fit_elsewhere(seed):
    fit = quick(made_runs(40, 4e-3, seed=seed))
    return fit.objective, dict(fit.coefficients)


def test_a_fit_in_a_spawned_process_is_the_fit_here():
    # A spawned process inherits no globals: what leans on them works under fork only.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply_async(_fit_elsewhere, (3,)).get(timeout=120)
    assert there == _fit_elsewhere(3)
