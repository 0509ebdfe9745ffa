"""A law over schedules, fitted to three curves, predicts six that it has not seen as well as published."""

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError, ScheduleError, UnknownNameError
from scalewidgets.fitting import Curve, Status, curves_of, fit_curves, leave_one_out

TRAINED_ON = ("cosine_24000", "constant_24000", "wsdcon_9")
# arXiv:2503.12811, table of the 25M and 100M models: mean R2 over the six test curves.
PUBLISHED = {"25M": 0.9988, "100M": 0.9983}


@pytest.fixture(scope="module")
def curves():
    return curves_of(sw.load("multi_power_curves"))


def split(curves, size):
    trained = [curves[f"{size} {name}"] for name in TRAINED_ON]
    return trained, [c for c in curves.values() if c.name.startswith(f"{size} ") and c not in trained]


@pytest.mark.parametrize("size", PUBLISHED)
def test_six_unseen_schedules_are_predicted_as_well_as_published(curves, size):
    trained, unseen = split(curves, size)
    fitted = fit_curves(trained)
    assert fitted.status is Status.CONVERGED
    assert fitted.certificate["agreeing"] >= 2
    assert fitted.certificate["gap"] < 1e-6
    assert fitted.certificate["shortened"] < 2e-5
    assert len(unseen) == 6
    assert fitted.scores(unseen)["r2"].mean() >= PUBLISHED[size] - 0.001
    assert fitted.scores(unseen)["are"].max() < 0.006


@pytest.mark.parametrize(("size", "mean_r2"), [("25M", 0.9988), ("100M", 0.9983)])
def test_released_coefficients_score_what_their_paper_prints(curves, size, mean_r2):
    law = sw.sequence_law("multi_power_law")
    values = next(known.values for known in law.published if known.label == f"{size} model")
    found = []
    for curve in split(curves, size)[1]:
        error = law.value(curve.schedule, curve.steps, values) - curve.loss
        found.append(1 - (error**2).sum() / ((curve.loss - curve.loss.mean()) ** 2).sum())
    assert np.mean(found) == pytest.approx(mean_r2, abs=5e-5)


def test_without_the_prior_the_objective_is_lower_and_the_prediction_worse(curves):
    trained, unseen = split(curves, "100M")
    leaning, free = fit_curves(trained), fit_curves(trained, prior=None)
    assert free.objective < leaning.objective / 2
    assert free.scores(unseen)["r2"].mean() < leaning.scores(unseen)["r2"].mean() - 5e-4


def test_the_spread_of_the_prior_is_chosen_by_curves_that_the_fit_has_seen(curves):
    trained, _ = split(curves, "25M")
    wide = {"C": (1.0, 0.2), "beta": (0.5, 0.2), "gamma": (0.5, 0.2)}
    ours, wider = (leave_one_out(trained, prior=prior, starts=2) for prior in ("law", wide))
    assert list(ours.index) == [curve.name for curve in trained]
    assert ours["are"].mean() == pytest.approx(1.22e-3, rel=0.02)
    assert wider["are"].mean() > 1.5 * ours["are"].mean()
    with pytest.raises(FitError, match="One curve cannot be predicted"):
        leave_one_out(trained[:1])


def test_the_coefficients_that_made_curves_without_noise_are_found_again():
    law = sw.sequence_law("multi_power_law")
    true = law.published[0].values
    made = [
        Curve(plan.shape, plan, steps, law.value(plan, steps, true))
        for plan in (
            sw.schedules.cosine(3e-4, 4000, 400),
            sw.schedules.two_stage(3e-4, 4000, 6e-5, 1500, 400),
            sw.schedules.wsd(3e-4, 4000, 3000, 400),
            sw.schedules.constant(3e-4, 4000, 400),
        )
        for steps in [np.arange(400, 4001, 60)]
    ]
    fitted = fit_curves(made, prior=None)
    assert fitted.coefficients == pytest.approx(true, rel=1e-4)
    assert fitted.objective < 1e-12


def test_the_annealing_law_takes_the_same_road(curves):
    trained, unseen = split(curves, "25M")
    fitted = fit_curves(trained, "lr_annealing")
    assert fitted.status is Status.CONVERGED
    assert fitted.scores(unseen)["r2"].mean() > 0.9


def test_the_same_seed_gives_the_same_fit_and_prints_it(curves):
    trained = split(curves, "25M")[0][1:]
    first, second = fit_curves(trained, starts=2, seed=3), fit_curves(trained, starts=2, seed=3)
    assert first.to_dict() == second.to_dict()
    assert "Multi-power law: converged" in first.report()
    assert list(first.to_frame().index) == ["L0", "A", "B", "alpha", "C", "beta", "gamma"]
    last = trained[0].schedule.total
    assert float(first.predict(trained[0].schedule)) == pytest.approx(
        float(first.predict(trained[0].schedule, last)), rel=1e-15
    )


def test_what_cannot_be_fitted_is_refused_in_words(curves):
    plan = sw.schedules.constant(1e-3, 100)
    with pytest.raises(FitError, match="no curve"):
        fit_curves([])
    with pytest.raises(FitError, match="5 points cannot determine 7"):
        fit_curves([Curve("short", plan, range(5), [3.0] * 5)])
    with pytest.raises(FitError, match="2 steps and 3 losses"):
        Curve("odd", plan, [1, 2], [3.0, 3.0, 3.0])
    with pytest.raises(FitError, match="not a number above zero"):
        Curve("odd", plan, [1], [float("nan")])
    with pytest.raises(ScheduleError, match="outside"):
        Curve("odd", plan, [101], [3.0])
    with pytest.raises(UnknownNameError, match="gamma"):
        fit_curves(split(curves, "25M")[0], prior={"gama": (1.0, 1.0)})
    with pytest.raises(FitError, match="lr_schedule is missing"):
        curves_of(sw.load("multi_power_curves").drop(columns="lr_schedule"))
