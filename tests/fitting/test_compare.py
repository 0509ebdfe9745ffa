import json

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError, UnknownNameError
from scalewidgets.fitting import scores
from scalewidgets.fitting.compare import compare
from scalewidgets.fitting.warm import refits, run_arrays, without

from .conftest import made_runs


@pytest.fixture(scope="module")
def seen(chinchilla):
    return compare(chinchilla, holdout={"flops_above": 1e21})


def test_blind_errors_are_the_known_ones(seen):
    known = {"chinchilla": 1.05, "chinchilla_tied": 0.84, "coupled": 0.94, "kaplan_ND": 2.13}
    for name, error in known.items():
        assert 100 * seen.table.loc[name, "holdout"] == pytest.approx(error, abs=0.006)
    assert seen.refuted == ("kaplan_ND",)


def test_other_laws_answer_at_the_target_as_known(seen):
    said = seen.predict(params=7e9, tokens=1.4e12).laws["loss"]
    known = {"chinchilla": 2.0735, "chinchilla_tied": 2.070, "coupled": 2.058, "kaplan_ND": 1.980}
    for name, loss in known.items():
        assert said[name] == pytest.approx(loss, abs=6e-4)


def test_one_exponent_or_two_is_not_distinguishable_on_these_runs(chinchilla):
    two = compare(chinchilla, ["chinchilla", "chinchilla_tied"])
    assert two.not_distinguishable == ("chinchilla", "chinchilla_tied")
    assert two.table["weight"].sum() == pytest.approx(1.0)
    assert "not distinguishable" in two.sentence


def test_kaplan_without_a_floor_has_no_weight(seen):
    assert seen.table.loc["kaplan_ND", "weight"] < 1e-12
    assert seen.table.loc["kaplan_ND", "aicc_difference"] > 100
    assert not seen.table.loc["kaplan_ND", "not_distinguishable"]


def test_leaving_each_run_out_agrees_with_full_fits(chinchilla):
    runs = chinchilla.iloc[5:65]
    fit = sw.fit(runs, exclude=None, resamples=0, starts=0)
    table = compare(runs, ["chinchilla"], exclude=None, holdout=0).table
    errors = []
    for label in runs.index:
        one = sw.fit(runs, exclude=[label], resamples=0, starts=0)
        said = one.predict(params=runs.loc[label, "params"], tokens=runs.loc[label, "tokens"]).value
        errors.append(abs(said / runs.loc[label, "loss"] - 1))
    assert table.loc["chinchilla", "leave_one_out"] == pytest.approx(np.mean(errors), rel=1e-5)
    assert table.loc["chinchilla", "leave_one_out"] > table.loc["chinchilla", "are"]
    assert table.loc["chinchilla", "objective"] == fit.objective


@pytest.mark.parametrize("law", ["chinchilla", "coupled", "kaplan_ND"])
@pytest.mark.parametrize("objective", ["huber_log", "squared_log", "squared_raw"])
def test_a_warm_refit_ends_where_a_full_fit_ends(chinchilla, law, objective):
    runs = chinchilla.iloc[5:100]
    fit = sw.fit(runs, law, objective, exclude=None, resamples=0, starts=0)
    kept = np.ones((1, 95), dtype=bool)
    kept[0, 40] = False
    ((_, found),) = refits(fit, kept)
    full = without(fit, ~kept[0])
    reached = sw.fitting.objective_value(
        law, dict(zip(fit.law.coefficient_names, found[0], strict=True)), runs[kept[0]], objective,
        exclude=None,
    )  # fmt: skip
    assert reached == pytest.approx(full.objective, rel=1e-9)


def test_objectives_without_curvature_are_fitted_in_full():
    fit = sw.fit(made_runs(30, noise=0.01), objective="absolute_log", resamples=0, starts=0)
    kept = ~np.eye(30, dtype=bool)[:2]
    blocks = list(refits(fit, kept))
    assert len(blocks) == 2
    full = without(fit, ~kept[1])
    np.testing.assert_allclose(blocks[1][1][0], list(full.coefficients.values()), rtol=1e-9)


def test_information_criteria_by_hand():
    residuals = np.array([0.1, -0.2, 0.3, -0.1, 0.05, 0.02])
    said = scores.information(residuals, 2, "gaussian")
    twice = 6 * np.log(2 * np.pi * np.mean(residuals**2)) + 6
    assert said["aic"] == pytest.approx(twice + 6)
    assert said["aicc"] == pytest.approx(twice + 6 + 24 / 2)
    assert said["bic"] == pytest.approx(twice + 3 * np.log(6))
    laplace = 2 * 6 * (np.log(2 * np.mean(np.abs(residuals))) + 1)
    assert scores.information(residuals, 2, "laplace")["aic"] == pytest.approx(laplace + 6)
    assert np.isinf(scores.information(residuals, 5)["aicc"])


def test_the_huber_likelihood_lies_between_its_two_ends():
    residuals = np.random.default_rng(0).laplace(0, 0.01, 500)
    for delta, name in ((1e-7, "laplace"), (10.0, "gaussian")):
        ends = scores.log_likelihood(residuals, name)
        assert scores.log_likelihood(residuals, "huber", delta) == pytest.approx(ends, rel=1e-6)


def test_akaike_weights_are_shares():
    np.testing.assert_allclose(scores.akaike_weights([10.0, 12.0, np.nan]), [1 / (1 + np.exp(-1)),
                               1 / (1 + np.e), 0.0])  # fmt: skip


def test_the_true_law_is_found_among_richer_and_poorer_ones():
    seen = compare(made_runs(200, noise=0.003), ["chinchilla", "kaplan_ND", "power_N"], "squared_log")
    assert seen.best == "chinchilla"
    assert seen.table.loc["chinchilla", "weight"] > 0.999
    assert "Gaussian" in seen.likelihood


def test_a_law_the_table_has_no_column_for_is_a_row_that_says_why():
    lacking = sw.Law("E + A / epochs**alpha", ["epochs"], name="epochs_only")
    seen = compare(made_runs(), ["chinchilla", lacking])
    assert seen.table.loc["epochs_only", "status"] == "refused"
    assert "epochs" in seen.table.loc["epochs_only", "reason"]
    assert seen.best == "chinchilla"
    assert "epochs" in seen.report()
    with pytest.raises(FitError, match="epochs"):
        compare(made_runs(), [lacking])


def test_without_compute_nothing_is_held_out_and_a_note_says_so():
    seen = compare(
        made_runs()[["params", "loss"]].assign(loss=lambda t: 2 + t["params"] ** -0.1), ["power_N"]
    )
    assert np.isnan(seen.table.loc["power_N", "holdout"])
    assert "Nothing was held out" in seen.report()


def test_senseless_arguments_are_refused(chinchilla):
    for holdout in ("yes", {"above": 1e21}, -1, True, {}):
        with pytest.raises(FitError, match="holdout"):
            compare(chinchilla, ["chinchilla"], holdout=holdout)
    with pytest.raises(FitError, match="list"):
        compare(chinchilla, "chinchilla")
    with pytest.raises(FitError, match="twice"):
        compare(chinchilla, ["chinchilla", "chinchilla"])
    with pytest.raises(FitError, match="no law"):
        compare(chinchilla, [])
    with pytest.raises(FitError, match="folds"):
        compare(chinchilla, folds=1)
    with pytest.raises(FitError, match="likelihood"):
        compare(chinchilla, likelihood="cauchy")
    with pytest.raises(UnknownNameError):
        compare(chinchilla, ["chinchila"])


def test_forms_of_a_comparison(seen):
    assert json.loads(json.dumps(seen.to_dict()))["laws"][0]["law"] == "chinchilla"
    report = seen.report()
    assert "Huber" in report
    assert "delta = 0.001" in report
    assert "2.13 %" in report
    assert seen._repr_html_().count("<tr>") == 5
    assert list(seen.to_frame().index) == ["chinchilla", "chinchilla_tied", "coupled", "kaplan_ND"]
    assert sw.compare is compare


def test_a_strangers_law_cannot_write_into_the_page():
    law = sw.Law("E + A / N**alpha", ["N"], name="<script>", title="<b>x</b>")
    assert "<script>" not in compare(made_runs(), [law], holdout=0)._repr_html_()


def test_arrays_of_a_fit_fill_in_what_follows():
    runs = made_runs(20).assign(flops=lambda t: 6 * t["params"] * t["tokens"]).drop(columns="tokens")
    arrays = run_arrays(sw.fit(runs, resamples=0, starts=0))
    np.testing.assert_allclose(6 * arrays["N"] * arrays["D"], arrays["C"])


def test_a_free_nu_is_counted_and_named(chinchilla):
    laws = ["chinchilla", "chinchilla_tied"]
    runs = chinchilla.iloc[5:125]
    options = {"exclude": None, "holdout": 0, "folds": 0, "leave_one_out": False, "delta": None}
    given = compare(runs, laws, "student_t", nu=4.0, **options)
    free = compare(runs, laws, "student_t", nu="free", **options)
    for seen, more in ((given, 0), (free, 1)):
        for name in laws:
            fit, row = seen.fits[name], seen.table.loc[name]
            k, n = len(fit.coefficients) + 1 + more, fit.certificate.n_runs
            by_hand = 2 * fit.objective + 2 * k + 2 * k * (k + 1) / (n - k - 1)
            assert row["aicc"] == pytest.approx(by_hand, rel=1e-9)
            assert row["bic"] == pytest.approx(2 * fit.objective + k * np.log(n), rel=1e-9)
    assert given.notes == ()
    assert "nu = 4" in given.likelihood
    assert any("count the free degrees of freedom as one more coefficient" in note for note in free.notes)
    with pytest.raises(FitError, match="not known here"):
        compare(runs, laws, likelihood="student", **{**options, "delta": 1e-3})


def test_priors_are_named_beside_criteria_that_leave_them_out(chinchilla):
    seen = compare(
        chinchilla,
        ["chinchilla"],
        holdout=0,
        folds=0,
        leave_one_out=False,
        prior={"alpha": ("normal", 0.34, 0.01)},
    )
    assert any("prior of alpha" in note and "count each coefficient in full" in note for note in seen.notes)
