"""A number that means nothing must not look like one that does."""

import json

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError, UnknownNameError
from scalewidgets.fitting import Status

from .conftest import TRUTH, made_runs


def quick(runs, **options):
    return sw.fit(runs, **{"resamples": 0, "starts": 0, **options})


def test_runs_near_one_ratio_of_tokens_to_parameters_are_not_identified(chinchilla):
    ratio = chinchilla["tokens"] / chinchilla["params"]
    fit = quick(chinchilla[(ratio >= 15) & (ratio <= 25)])
    assert fit.certificate.n_runs == 35
    assert fit.status is Status.NOT_IDENTIFIED
    assert fit.reason == (
        "The 35 runs lie between 15.1 and 24.8 tokens per parameter, so size and data cannot be told apart. "
        "Add runs off this line, on both sides."
    )
    assert np.isfinite(list(fit.coefficients.values())).all()


def test_runs_on_one_line_are_refused_before_any_fit(chinchilla):
    line = chinchilla.assign(tokens=20 * chinchilla["params"], flops=120 * chinchilla["params"] ** 2)
    fit = quick(line)
    assert fit.status is Status.REFUSED
    assert "20 tokens per parameter" in fit.reason
    assert "Add runs off this line" in fit.reason
    assert np.isnan(list(fit.coefficients.values())).all()
    assert np.isnan(fit.objective)
    with pytest.raises(FitError, match="no fit to predict from"):
        fit.predict(params=1e9, tokens=1e10)
    json.dumps(fit.to_dict(), allow_nan=False)
    assert "refused" in fit.report()
    assert "refused" in fit._repr_html_()


def test_tokens_as_a_power_of_size_are_refused():
    runs = made_runs(40).assign(tokens=lambda t: 3 * t["params"] ** 0.8)
    fit = quick(runs)
    assert fit.status is Status.REFUSED
    assert "N to the 0.80" in fit.reason


@pytest.mark.parametrize("spread", [0.15, 0.5, 1.0])
def test_a_spread_design_is_identified(spread):
    assert quick(made_runs(240, 4e-3, spread)).status is Status.CONVERGED


def test_fewer_runs_than_coefficients_are_refused():
    fit = quick(made_runs(5))
    assert fit.status is Status.REFUSED
    assert "5 different runs cannot determine 5 coefficients" in fit.reason
    assert "At least 6" in fit.reason


def test_copies_of_a_run_are_not_more_runs():
    runs = pd.concat([made_runs(5)] * 4, ignore_index=True)
    assert quick(runs).status is Status.REFUSED


def test_one_model_size_is_refused_by_name():
    fit = quick(made_runs(30).assign(params=7.5e7))
    assert fit.status is Status.REFUSED
    assert "one model size" in fit.reason


def test_identical_losses_are_refused():
    fit = quick(made_runs(30).assign(loss=2.5))
    assert fit.status is Status.REFUSED
    assert "same loss" in fit.reason


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("loss", np.nan, "is missing"),
        ("loss", 0.0, "is 0"),
        ("params", -1.0, "is -1"),
        ("tokens", np.inf, "is inf"),
    ],
)
def test_a_number_that_cannot_be_is_named_with_its_row(column, value, words):
    runs = made_runs(30)
    runs.loc[[7, 11], column] = value
    fit = quick(runs)
    assert fit.status is Status.REFUSED
    assert f"In row 7 the {column} {words}, and one more row is like it" in fit.reason
    assert "exclude=[7, 11]" in fit.reason
    assert quick(runs, exclude=[7, 11]).status is Status.CONVERGED


def test_nothing_left_is_refused():
    assert quick(made_runs(8), exclude=list(range(8))).status is Status.REFUSED


def test_a_term_that_vanishes_is_reported():
    # The best floor would be below zero.
    runs = made_runs(80, 1e-3, truth={"E": 1e-12, "A": 60.0, "B": 300.0, "alpha": 0.2, "beta": 0.25})
    fit = quick(runs.assign(loss=runs["loss"] - 0.15))
    assert fit.status is Status.ON_BOUND
    assert "E has gone to zero" in fit.reason
    assert fit.coefficients["E"] < 1e-6


def test_an_unnecessary_term_is_on_its_bound(chinchilla):
    law = sw.Law("E + A/N**alpha + B/D**beta + G/(N**alpha*D**beta)", inputs=["N", "D"])
    fit = quick(chinchilla, law=law)
    assert fit.status is Status.ON_BOUND
    assert "G has gone to zero" in fit.reason


def test_a_law_whose_coefficients_only_occur_together_is_not_identified():
    law = sw.Law("E + A * B / N**alpha", inputs=["N"])
    runs = made_runs(60)
    runs["loss"] = 1.8 + 300 / runs["params"] ** 0.3
    assert quick(runs, law=law).status is not Status.CONVERGED


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"objective": "huber"}, "Did you mean huber_log"),
        ({"objective": 3}, "is not an objective"),
        ({"delta": -1e-3}, "positive number"),
        ({"delta": "small"}, "positive number"),
        ({"delta": None}, "positive number"),
        ({"resamples": -1}, "resamples"),
        ({"resamples": 2.5}, "resamples"),
        ({"starts": True}, "starts"),
        ({"level": 95}, "between 0 and 1"),
        ({"fixed": {"alhpa": 0.3}}, "Did you mean alpha"),
        ({"fixed": {"alpha": -0.3}}, "positive number"),
        ({"fixed": {"alpha": "x"}}, "positive number"),
        ({"exclude": ["nobody"]}, "not in the index"),
        ({"exclude": "defualt"}, "is not understood"),
        ({"columns": {"D": "token"}}, "Did you mean tokens"),
        ({"columns": {"Q": "tokens"}}, "not a symbol"),
    ],
)
def test_bad_arguments_are_refused_with_a_remedy(chinchilla, options, words):
    with pytest.raises(FitError, match=words):
        sw.fit(chinchilla, **options)


def test_a_missing_column_is_named():
    with pytest.raises(FitError, match="'params', which the table does not have"):
        sw.fit(made_runs(20).drop(columns="params"))
    with pytest.raises(FitError, match="not numbers"):
        sw.fit(made_runs(20).assign(loss="low"))
    with pytest.raises(FitError, match="Runs are a table"):
        sw.fit([1, 2, 3])


def test_an_unknown_law_is_named(chinchilla):
    with pytest.raises(UnknownNameError, match="chinchilla"):
        sw.fit(chinchilla, law="chinchila")


def test_default_exclusions_do_not_hit_other_rows(chinchilla):
    # attrs survive a filter and a reset of the index; labels do not.
    part = chinchilla.iloc[100:].reset_index(drop=True)
    assert part.attrs.get("default_exclusions")
    fit = quick(part)
    assert fit.certificate.n_excluded == 0
    assert any("none was left out" in note for note in fit.certificate.notes)
    kept = quick(chinchilla.iloc[3:])
    assert [label for label, _ in kept.certificate.exclusions] == [3, 4]


def test_checkpoints_of_few_runs_are_named_for_what_they_are():
    runs = made_runs(60, 2e-3).assign(run=[f"run-{i % 3}" for i in range(60)])
    runs["params"] = np.tile([1e8, 1e9, 1e10], 20)
    runs["loss"] = sw.law("chinchilla").value({"N": runs["params"], "D": runs["tokens"]}, TRUTH)
    notes = quick(runs).certificate.notes
    assert any("only 3 model sizes" in note for note in notes)
    assert any("60 rows are checkpoints of 3 runs" in note for note in notes)
