"""Ways that save time give what the plain ones give."""

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.fitting import design, jacobian
from scalewidgets.fitting.job import Job
from scalewidgets.fitting.logaffine import LogAffine
from scalewidgets.fitting.newton import minimise
from scalewidgets.fitting.objective import Objective
from scalewidgets.fitting.problem import LONG, read_problem, row_order
from scalewidgets.fitting.steps import drained
from scalewidgets.fitting.together import together

from .conftest import made_runs

HUBER = Objective("huber_log", 1e-3)


def solved(runs, **columns):
    job = Job(read_problem(runs, sw.law("chinchilla"), "default", None, **columns), HUBER, {}, 0)
    drained(job.solve())
    return job


@pytest.mark.parametrize("values", ["spread", "few", "close", "extreme"])
def test_a_long_table_is_sorted_like_a_short_one(values):
    rng, n = np.random.default_rng(1), 2 * LONG
    first = {
        "spread": 10 ** rng.uniform(-3, 20, n),
        "few": 1e9 * rng.integers(1, 50, n),
        "close": 1 + 1e-15 * rng.integers(0, 100, n),
        "extreme": np.r_[0.0, -0.0, 5e-324, 1e308, rng.uniform(0, 1, n - 4)],
    }[values]
    keys = (rng.normal(size=n), rng.integers(0, 5, n).astype(float), first)
    np.testing.assert_array_equal(row_order(keys), np.lexsort(keys))


@pytest.mark.parametrize("tilted", [False, True])
@pytest.mark.parametrize("objective", [HUBER, Objective("squared_log"), Objective("squared_raw")])
def test_resamples_begin_with_the_derivatives_of_their_own_runs(chinchilla, tilted, objective):
    spread = np.linspace(3e-3, 6e-3, len(chinchilla)) if tilted else None
    job = solved(chinchilla, sd=spread)
    rng = np.random.default_rng(2)
    weights = rng.integers(0, 4, (5, job.problem.n)).astype(float)
    rows = np.repeat(job.solution.variables[None] + 0.01, 5, axis=0)
    common = together(job.model, objective, rows, weights)
    assert common is not None
    value, gradient, hessian, robust = common.derivatives(weights)
    plain = job.model.derivatives(rows, weights, objective)
    soft = job.model.robust_hessian(rows, weights, objective)
    for found, wanted in zip((value, gradient, hessian), plain, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12 * np.abs(wanted).max())
    np.testing.assert_allclose(robust, np.einsum("bii->bi", soft), rtol=1e-9)


def test_rows_evaluated_in_blocks_are_those_evaluated_alone(chinchilla):
    job = solved(chinchilla)
    rng = np.random.default_rng(3)
    rows = job.solution.variables + 0.02 * rng.normal(size=(300, 5))
    weights = rng.integers(0, 3, (300, job.problem.n)).astype(float)
    together_ = job.model.derivatives(rows, weights, HUBER)
    for k in (0, 135, 136, 137, 299):
        alone = job.model.derivatives(rows[k : k + 1], weights[k : k + 1], HUBER)
        for found, wanted in zip(together_, alone, strict=True):
            np.testing.assert_allclose(found[k], wanted[0], rtol=1e-10, atol=1e-12)


def test_one_row_and_a_batch_of_it_end_in_one_place(chinchilla):
    job = solved(chinchilla)
    rng = np.random.default_rng(4)
    weights = rng.multinomial(job.problem.n, np.full(job.problem.n, 1 / job.problem.n), 12).astype(float)
    rows = np.repeat(job.solution.variables[None], 12, axis=0)
    many = minimise(job.model, HUBER, rows, weights, job.free)
    for k in range(12):
        one = minimise(job.model, HUBER, rows[:1], weights[k : k + 1], job.free)
        assert one.value[0] == pytest.approx(many.value[k], rel=1e-12, abs=0)
        np.testing.assert_allclose(one.variables[0], many.variables[k], rtol=1e-9)


def test_a_long_table_is_judged_by_the_jacobian_of_all_its_runs(monkeypatch):
    runs = made_runs(5000)
    job = solved(runs)
    assert isinstance(job.model, LogAffine)
    whole = design.identifiability(job.model, HUBER, job.solution.variables, job.free)
    monkeypatch.setattr(jacobian, "LONG", 1000)
    pieces = design.identifiability(job.model, HUBER, job.solution.variables, job.free)
    assert pieces.condition == pytest.approx(whole.condition, rel=1e-9)
    assert pieces.errors == pytest.approx(dict(whole.errors), rel=1e-9)
    assert pieces.sloppy == whole.sloppy


def test_a_resample_that_another_optimum_suits_better_is_refitted_from_there(chinchilla):
    job = solved(chinchilla)
    drained(job.resample(40))
    true = job.draws.copy()
    job.resampling.draws[7] += 0.3
    job.resampling.values[7] *= 2.0
    drained(job.verify(4))
    np.testing.assert_allclose(job.draws, true, rtol=1e-9)
    assert job.rivals == 40


def test_certificate_says_how_many_optima_every_resample_was_compared_with(chinchilla):
    fit = sw.fit(chinchilla, resamples=30, starts=4)
    assert fit.certificate.resample_rivals == 30
    assert "the optima of 30 of them were tried on all others" in fit.report()
    assert sw.fit(chinchilla, resamples=30, starts=0).certificate.resample_rivals == 0
