"""What a reader of a result is told: kind and level of an interval, units, why a table is refused."""

import re

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting.crossover import compare_fits

from .conftest import made_runs


@pytest.fixture(scope="module")
def fit(chinchilla):
    return sw.fit(chinchilla, resamples=20, starts=0)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_two_columns_of_one_name_are_refused_by_name():
    runs = made_runs(30, 1e-3)
    with pytest.raises(FitError, match=r"2 columns called 'loss'.*drop all but one"):
        sw.fit(pd.concat([runs, runs["loss"]], axis=1))


def test_an_index_with_levels_is_as_good_as_any(chinchilla):
    levels = pd.MultiIndex.from_arrays([np.arange(245) // 10, np.arange(245) % 10])
    moved = chinchilla.set_axis(levels)
    plain = sw.fit(chinchilla, exclude=None, resamples=0, starts=0)
    assert sw.fit(moved, resamples=0, starts=0).coefficients == plain.coefficients
    left = sw.fit(moved, exclude=[(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)], resamples=0, starts=0)
    assert left.coefficients == sw.fit(chinchilla, resamples=0, starts=0).coefficients
    with pytest.raises(FitError, match="is not in the index"):
        sw.fit(moved, exclude=[0])


def test_single_numbers_are_refused_with_what_to_give_instead():
    with pytest.raises(FitError, match=r"each column given is a single value.*Give a list for each column"):
        sw.fit({"params": 1e9, "tokens": 2e10, "loss": 2.5})


def test_a_table_that_is_empty_says_so_and_one_that_was_emptied_says_how(chinchilla):
    assert "the table is empty" in sw.fit(chinchilla.iloc[:0]).reason
    one = sw.fit(chinchilla.iloc[:1])
    assert "The run was left out. exclude=None brings all back." in one.reason
    # Of what was not fitted there is no table of coefficients.
    assert "std. error" not in one.report()
    assert "standard error" not in one._repr_html_()


def test_intervals_say_what_they_are_and_few_resamples_that_they_are_few(fit, chinchilla):
    said = fit.report()
    assert "95 % interval" in said
    assert "20 resamples of the runs, seed 0; intervals are their percentiles" in said
    assert "Too few for 95 %: its ends hang on one or two of them; take 100 or more." in said
    assert "loss taken for nats per token, natural logarithms" in said
    assert "1 resample of" in sw.fit(chinchilla, resamples=1, starts=0).report()
    many = sw.fit(chinchilla, resamples=100, starts=0)
    assert "Too few" not in many.report()
    assert "Too few for 99 %" in sw.fit(chinchilla, resamples=100, starts=0, level=0.99).report()


def test_results_of_several_fits_name_level_and_resamples(fit):
    both = pd.concat([made_runs(30, 1e-3, seed=k).assign(family=f"f{k}") for k in range(2)])
    shared = sw.fit_families(both.reset_index(drop=True), resamples=10, starts=0)
    for text in (shared.report(), shared._repr_html_()):
        assert "Intervals: 95 %, percentiles over 10 resamples of each family" in text
        assert "Too few for 95 %" in text
    seen = compare_fits(fit, fit)
    assert "over 20 resamples)." in seen.report(1e21)
    assert "1e27 FLOP; the curves never cross" in seen.sentence
    plan = sw.allocate(fit, flops=1e22)
    assert "Intervals at 95 %, percentiles over 20 resamples." in words(plan._repr_html_())
    bare = sw.allocate(sw.fit(fit.runs, resamples=0, starts=0), flops=1e22)
    assert "No intervals: the fit has no resamples." in bare.report()


def test_a_certificate_reads_without_braces_and_quotes(fit):
    for text in (fit.certificate.report(), words(fit.certificate._repr_html_())):
        assert "{" not in text
        assert "&#x27;" not in text
        assert "0 (the five highest losses, as in arXiv:2404.10102); 1 (" in text
        assert "N = params, D = tokens" in text


def test_influence_says_what_its_columns_are(fit):
    seen = fit.influence()
    for text in (seen.report(), seen._repr_html_()):
        assert "without the run, minus with it" in text
        assert "left_out_error" in text
        assert "prediction" not in text  # no target was given: nothing is there to be followed
