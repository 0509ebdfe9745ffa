"""What a reader, a notebook and a file get from a fit."""

import json

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting import Status

from .conftest import made_runs


def test_predictions_broadcast_and_any_two_of_three_inputs_do(reference):
    sizes, tokens = np.array([1e9, 7e9, 70e9])[:, None], np.array([2e10, 1.4e12])
    grid = reference.predict(params=sizes, tokens=tokens)
    assert grid.value.shape == grid.low.shape == grid.extrapolation.shape == (3, 2)
    one = reference.predict(params=7e9, tokens=1.4e12)
    assert grid.value[1, 1] == pytest.approx(one.value, rel=1e-12)
    assert grid.run_high[1, 1] == pytest.approx(one.run_high, rel=1e-12)
    for other in (
        reference.predict(params=7e9, flops=6 * 7e9 * 1.4e12),
        reference.predict(tokens=1.4e12, flops=6 * 7e9 * 1.4e12),
        reference.predict(N=7e9, D=1.4e12),
    ):
        assert other.value == pytest.approx(one.value, rel=1e-12)
    assert np.all(grid.run_low <= grid.low)
    assert np.all(grid.low < grid.value)


def test_a_wider_level_gives_a_wider_interval(reference):
    narrow = reference.predict(params=7e9, tokens=1.4e12, level=0.5)
    wide = reference.predict(params=7e9, tokens=1.4e12, level=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert narrow.level == 0.5
    low, high = reference.interval("alpha", level=0.8)
    outer = reference.interval("alpha")
    assert outer[0] < low < high < outer[1]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"params": 7e9}, "needs tokens="),
        ({"params": -1, "tokens": 1e12}, "not a positive number"),
        ({"params": "7B", "tokens": 1e12}, "not a positive number"),
        ({"params": 7e9, "tokns": 1e12}, "Did you mean tokens"),
        ({"params": [1, 2], "tokens": [1, 2, 3]}, "broadcast"),
        ({"params": 7e9, "tokens": 1e12, "level": 2}, "between 0 and 1"),
    ],
)
def test_a_prediction_that_cannot_be_made_says_why(reference, inputs, words):
    with pytest.raises(FitError, match=words):
        reference.predict(**inputs)


def test_without_resamples_there_is_a_value_but_no_interval(chinchilla):
    fit = sw.fit(chinchilla, resamples=0, starts=0)
    seen = fit.predict(params=7e9, tokens=1.4e12)
    assert np.isfinite(seen.value)
    assert np.isnan([seen.low, seen.high, seen.run_low, seen.run_high]).all()
    assert fit.certificate.gap is None
    assert fit.resamples.shape == (0, 5)
    json.dumps(fit.to_dict(), allow_nan=False)
    assert "477" in fit.report()


def test_a_law_of_compute_predicts_from_compute(chinchilla):
    fit = sw.fit(chinchilla, law="power_const", resamples=20, starts=0)
    assert fit.predict(flops=1e23).extrapolation == pytest.approx(0.89, abs=0.02)
    assert fit.predict(params=7e9, tokens=1.4e12).value == fit.predict(flops=6 * 7e9 * 1.4e12).value


def test_extrapolation_without_compute_is_measured_on_the_inputs():
    runs = pd.DataFrame({"x": np.geomspace(1, 100, 30)})
    runs["loss"] = 1 + 2 / runs["x"] ** 0.5
    fit = sw.fit(runs, law=sw.Law("E + A / x**alpha", inputs=["x"]), resamples=0, starts=0)
    assert fit.predict(x=1000).extrapolation == pytest.approx(1.0)
    assert fit.predict(x=0.1).extrapolation == pytest.approx(1.0)
    assert fit.predict(x=50).extrapolation == 0
    assert fit.largest_run_residual is None


def test_the_file_form_is_json_at_full_precision(reference):
    text = json.dumps(reference.to_dict(resamples=True), allow_nan=False)
    back = json.loads(text)
    assert back["schema"] == "scalewidgets.fit/1"
    assert back["coefficients"] == dict(reference.coefficients)
    assert np.array_equal(back["resamples"], reference.resamples)
    assert back["certificate"]["exclusions"][0] == {
        "label": 0,
        "reason": "the five highest losses, as in arXiv:2404.10102",
    }
    assert "resamples" not in reference.to_dict()
    assert back["certificate"]["convention"] == "N counts all parameters, D = C / 6N"
    assert len(back["certificate"]["data_hash"]) == 64


def test_the_certificate_reads_like_a_dictionary(reference):
    seen = reference.certificate
    assert seen["objective"] == "huber_log"
    assert dict(seen)["delta"] == 1e-3
    assert set(seen.keys()) == set(seen)
    with pytest.raises(KeyError):
        seen["nothing"]


def test_residuals_and_used_follow_the_table(chinchilla, reference):
    assert reference.used.sum() == 240
    assert list(reference.residuals.index) == list(chinchilla.index[reference.used])
    run = chinchilla.loc[100]
    fitted = reference.predict(params=run["params"], tokens=run["tokens"]).value
    assert reference.residuals[100] == pytest.approx(np.log(run["loss"] / fitted), abs=1e-12)
    assert reference.median_miss == pytest.approx(0.00324, abs=1e-5)
    assert len(reference.noise) == len(reference.resamples)
    assert set(reference.noise) <= set(reference.residuals)


def test_a_result_cannot_be_changed_by_accident(reference):
    with pytest.raises(AttributeError):
        reference.objective = 0.0
    with pytest.raises(ValueError, match="read-only"):
        reference.resamples[0, 0] = 1.0


def test_the_report_says_what_a_reader_must_know(reference):
    text = reference.report()
    for words in (
        "Status: converged",
        "sum of Huber penalties of the log residuals, delta = 0.001, 39 of 240 runs inside delta",
        "N counts all parameters, D = C / 6N",
        "the five highest losses, as in arXiv:2404.10102",
        "64 of 64 end at the best",
        "The largest run lies 2.44 % below the fit",
    ):
        assert words in text


def test_the_notebook_form_escapes_a_strangers_text():
    evil = "<script>alert(1)</script>"
    runs = made_runs(30, 1e-3).rename(columns={"params": evil})
    runs.index = [f"{evil}{i}" for i in range(30)]
    law = sw.Law("E + A/N**alpha + B/D**beta", inputs=["N", "D"], name=evil, title=evil)
    fit = sw.fit(runs, law=law, columns={"N": evil}, exclude=[f"{evil}3"], resamples=10, starts=0)
    assert "<script" not in fit._repr_html_()
    assert "&lt;script" in fit._repr_html_()
    assert fit.certificate.counted == f"N is the column {evil}"


def test_other_counts_of_parameters_are_named(chinchilla):
    runs = chinchilla.assign(params_non_embed=chinchilla["params"] * 0.9)
    fit = sw.fit(runs, columns={"N": "params_non_embed"}, resamples=0, starts=0)
    assert fit.certificate.counted == "N leaves out embeddings"
    assert fit.certificate.columns["N"] == "params_non_embed"


def test_the_table_of_coefficients(reference):
    table = reference.to_frame()
    assert list(table.index) == ["E", "A", "B", "alpha", "beta"]
    assert table.loc["alpha", "low"] < table.loc["alpha", "value"] < table.loc["alpha", "high"]
    assert reference.ok
    assert reference.status is Status.CONVERGED
    assert str(reference.status) == "converged"
    with pytest.raises(FitError, match="Did you mean alpha"):
        reference.interval("alhpa")


def test_one_prediction_reads_as_a_sentence(reference):
    seen = reference.predict(params=7e9, tokens=1.4e12)
    assert str(seen) == "2.07 [2.05, 2.10], a single run [2.04, 2.12] (95 %), 0.7 decades beyond the runs"
    assert json.loads(json.dumps(seen.to_dict()))["value"] == seen.value
