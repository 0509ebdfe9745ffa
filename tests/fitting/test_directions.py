"""Coefficients that the runs hardly tell apart are named, and every result has its forms."""

import json

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError

from .conftest import made_runs


@pytest.fixture(scope="module")
def seen(chinchilla):
    return sw.fit(chinchilla, resamples=200, starts=0)


def test_the_report_names_what_is_hardly_told_apart_with_the_known_correlations(chinchilla, seen):
    first = sw.fit(chinchilla, resamples=0, starts=0).report()
    assert "A from α (correlation 0.9991)" in first
    assert "B from β (correlation 0.9992)" in first
    assert "one standard error, first order" in first
    drawn = seen.report()
    assert "Hardly told apart: B from β" in drawn
    line = next(line for line in drawn.splitlines() if line.startswith("Worst determined direction"))
    assert line.startswith("Worst determined direction: B × ")
    assert "β +" in line
    assert "over resamples" in line
    assert "Hardly told apart" in seen._repr_html_()


def test_along_the_worst_direction_the_objective_hardly_rises(chinchilla):
    fit = sw.fit(chinchilla, objective="squared_log", resamples=0, starts=0)
    table = fit.directions()
    assert list(table["standard_error"]) == sorted(table["standard_error"], reverse=True)
    assert table.attrs["logarithmic"] == ["E", "A", "B"]

    def rise(step):
        moved = {
            name: value * np.exp(step[name]) if name in table.attrs["logarithmic"] else value + step[name]
            for name, value in fit.coefficients.items()
        }
        return sw.fitting.objective_value("chinchilla", moved, chinchilla, "squared_log") / fit.objective - 1

    # One standard error of least squares: the sum of squares rises by its share of a degree of freedom.
    for row in (0, 1):
        small = 1e-2 * table.iloc[row]
        assert 1e4 * rise(small) == pytest.approx(1 / 235, rel=0.2)
    # As long a step along A alone costs a hundred times as much.
    alone = dict.fromkeys(fit.coefficients, 0.0) | {"A": table.iloc[1]["A"]}
    assert rise(alone) > 100 / 235


def test_well_told_coefficients_are_not_called_sloppy(chinchilla):
    held = {"alpha": 0.35, "beta": 0.37}
    fit = sw.fit(chinchilla, fixed=held, resamples=0, starts=0)
    assert "Hardly told apart" not in fit.report()
    assert "Worst determined" not in fit.report()
    assert np.isfinite(fit.directions().to_numpy()).all()


def test_fixed_and_tied_coefficients_have_no_direction_of_their_own(chinchilla):
    fit = sw.fit(chinchilla, fixed={"E": 1.8}, tie=[("alpha", "beta")], resamples=60, starts=0)
    assert list(fit.directions().columns) == ["standard_error", "A", "B", "alpha"]
    every = dict(fit.coefficients)
    held = sw.fit(chinchilla, fixed=every, resamples=0, starts=0)
    with pytest.raises(FitError, match="All coefficients of this fit are fixed"):
        held.directions()
    assert "Worst" not in held.report()


def test_a_design_on_one_line_has_no_direction_and_still_a_report():
    runs = made_runs(60, 4e-3, 0.0)
    fit = sw.fit(runs, resamples=0, starts=0)
    assert "20 tokens per parameter" in fit.report()
    with pytest.raises(FitError, match="no fit to look around in"):
        fit.directions()


def test_what_follows_from_a_fit_is_reached_from_it(chinchilla, seen):
    blind = seen.holdout(1e21)
    assert blind.error == pytest.approx(sw.holdout(chinchilla, above=1e21).error, rel=1e-9)
    pulled = seen.influence()
    assert pulled.to_dict() == sw.influence(seen).to_dict()
    other = sw.fit(chinchilla, resamples=200, starts=0, seed=1, exclude=None)
    assert seen.against(other).to_dict() == sw.compare_fits(seen, other).to_dict()
    assert {"are", "r2", "nmse", "next_are"} <= set(sw.rolling_holdout(chinchilla))


def test_every_result_has_a_dictionary_a_report_and_a_notebook_form(chinchilla, seen):
    compared = sw.compare(chinchilla, ["chinchilla", "chinchilla_tied"], resamples=30, starts=0)
    families = sw.fit_families(sw.load("overtraining"), resamples=0, starts=0)
    results = [
        seen, seen.certificate, seen.predict(params=7e9, tokens=1.4e12), seen.exponent_map(points=5),
        seen.predict(params=[7e9, 1e9], tokens=1.4e12), seen.holdout(), seen.influence(), compared,
        compared.predict(params=7e9, tokens=1.4e12), families, families.restriction,
        seen.against(families["C4"]), sw.robustness(chinchilla, deltas=(1e-3,), exclusions=(0, 5)),
    ]  # fmt: skip
    for result in results:
        json.dumps(result.to_dict(), allow_nan=False)
        assert result.report().endswith("\n")
        assert len(result.report()) > 20
        assert result._repr_html_().startswith("<")
    said = seen.predict(params=7e9, tokens=1.4e12).report()
    assert "percentiles over resamples" in said
    assert "residuals on top" in said
    assert "weight" in results[8].report()
    assert len(results[8].to_dict()["laws"]) == 2
    assert "Rise of the objective in per cent" in results[3].report()


def test_a_certificate_escapes_a_strangers_column():
    runs = made_runs(30, 4e-3).rename(columns={"params": "<b>size</b>"})
    fit = sw.fit(runs, columns={"N": "<b>size</b>"}, resamples=0, starts=0)
    assert "<b>size" in fit.certificate.report()
    assert "<b>size" not in fit.certificate._repr_html_()
