"""Every resample is looked at over the whole range of exponents, not only where the fit of all runs lies."""

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.fitting.basins import screens, valleys_of
from scalewidgets.fitting.job import Job
from scalewidgets.fitting.objective import Objective
from scalewidgets.fitting.problem import read_problem
from scalewidgets.fitting.solve import descend
from scalewidgets.fitting.steps import drained


def resampled(runs, count=40, **options):
    problem = read_problem(runs, sw.law("chinchilla"), "default", None, **options)
    job = Job(
        problem, Objective("huber_log", 1e-3), {}, 0, kind="clusters" if "cluster" in options else "rows"
    )
    drained(job.solve())
    drained(job.resample(count))
    return job


def weights_of(job):
    return np.vstack([weights for _, _, weights in job.resampling.blocks()])


def test_the_deepest_valley_leads_to_the_optimum_of_a_resample(chinchilla):
    # From a start that knows nothing of the fit of all runs, and with measurement errors.
    for options in ({}, {"sd": np.geomspace(1e-3, 4e-3, 245)}):
        job = resampled(chinchilla, **options)
        weights = weights_of(job)
        count, starts = valleys_of(job.model, job.problem, job.objective, {}, weights)
        assert (count >= 1).all()
        ends = descend(job.model, job.objective, starts[0], weights, job.free)
        np.testing.assert_allclose(ends.value, job.resampling.values, rtol=1e-8)


def test_a_resample_that_was_left_in_a_worse_place_is_brought_back_from_its_valley():
    runs = sw.load("hitchhikers").groupby("family").get_group("overtrain-C4").reset_index(drop=True)
    job = resampled(runs)
    sampling = job.resampling
    drained(job.verify(4))
    assert sampling.several > 0
    best = sampling.values.copy()
    count, places = sampling._valleys()
    several = count > 1
    # What the valleys give alone is as good.
    weights = weights_of(job)[several]
    ends = [
        descend(job.model, job.objective, start[several], weights, job.free).value
        for start in places
        if np.isfinite(start[several]).all()
    ]
    assert np.mean(np.min(ends, axis=0) <= best[several] * (1 + 1e-6)) > 0.7


def test_the_certificate_says_how_many_resamples_were_looked_at(chinchilla):
    seen = sw.fit(chinchilla, resamples=40, starts=4)
    assert seen.certificate.resamples_screened == 40
    assert seen.certificate.resample_valleys <= 2
    assert "40 looked at over the whole range of exponents" in seen.report()
    groups = np.arange(245) // 5
    assert sw.fit(chinchilla, resamples=20, starts=4, cluster=groups).certificate.resamples_screened == 20
    made = sw.fit(chinchilla, resamples=20, starts=4, bootstrap="residuals")
    assert made.certificate.resamples_screened == 20
    # Without a check nothing is looked at.
    bare = sw.fit(chinchilla, resamples=20, starts=0)
    assert bare.certificate.resamples_screened == bare.certificate.resamples_searched == 0
    assert "looked at over" not in bare.report()


@pytest.mark.parametrize("fixed", [{"alpha": 0.34}, {"E": 1.8}])
def test_held_coefficients_are_held_in_the_valleys_too(chinchilla, fixed):
    problem = read_problem(chinchilla, sw.law("chinchilla"), "default", None)
    job = Job(problem, Objective("huber_log", 1e-3), fixed, 0)
    assert screens(job.model, problem, fixed) == ("E" not in fixed)
    fit = sw.fit(chinchilla, fixed=fixed, resamples=20, starts=4)
    assert fit.certificate.resamples_screened == (0 if "E" in fixed else 20)
    name = next(iter(fixed))
    np.testing.assert_array_equal(fit.resamples[:, fit.law.coefficient_names.index(name)], fixed[name])
