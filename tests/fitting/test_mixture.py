"""The choice of the law as a part of the uncertainty, and comparisons that report and can be stopped."""

from __future__ import annotations

import json

import numpy as np
import pytest

from scalewidgets.errors import FitError
from scalewidgets.fitting import compare, compare_steps
from scalewidgets.fitting.mixture import mix

TARGET = {"params": 7e9, "tokens": 1.4e12}


@pytest.fixture(scope="module")
def seen(chinchilla):
    laws = ["chinchilla", "chinchilla_tied", "kaplan_ND"]
    return compare(
        chinchilla, laws, holdout={"flops_above": 1e21}, resamples=60, leave_one_out=False, folds=0
    )


def test_one_law_says_what_its_fit_says_and_the_choice_adds_nothing(chinchilla):
    one = compare(chinchilla, ["chinchilla"], resamples=80, folds=0, leave_one_out=False)
    said, alone = one.predict(**TARGET), one.fits["chinchilla"].predict(**TARGET)
    assert said.value == alone.value
    for name in ("low", "high", "run_low", "run_high"):
        assert getattr(said, name) == pytest.approx(getattr(alone, name), rel=1e-12)
    assert said.parts["law"] == 0.0
    assert sum(said.parts.values()) == pytest.approx(1.0)
    assert "0 % the choice of the law" in said.sentence


def test_two_laws_that_are_the_same_add_nothing(seen):
    fit = seen.fits["chinchilla"]
    twins = {"one": fit, "two": fit}
    said = mix(twins, {}, {}, (), TARGET, {"one": 0.3, "two": 0.7}, 0.95)
    assert said.parts["law"] == pytest.approx(0.0, abs=1e-12)
    assert said.value == pytest.approx(fit.predict(**TARGET).value, rel=1e-12)
    assert said.low == pytest.approx(fit.predict(**TARGET).low, rel=1e-3)


def test_laws_that_disagree_widen_the_interval(seen):
    equal = seen.predict(**TARGET, weights="equal")
    laws = equal.laws
    assert equal.value == pytest.approx(laws["loss"].mean(), rel=1e-12)
    assert equal.deviations["law"] == pytest.approx(laws["loss"].std(ddof=0), rel=1e-12)
    assert equal.parts["law"] > 0.5, "Kaplan lies 0.09 below the others"
    assert equal.low < laws.loc["chinchilla", "low"]
    assert equal.high > laws.loc["kaplan_ND", "high"]
    assert laws.loc["kaplan_ND", "refuted"]


def test_the_parts_are_those_of_the_draws_themselves(seen):
    said = seen.predict(**TARGET, weights={"chinchilla": 0.5, "kaplan_ND": 0.5})
    inputs = {"N": 7e9, "D": 1.4e12}
    draws, single, centres = [], [], []
    for name in ("chinchilla", "kaplan_ND"):
        fit = seen.fits[name]
        columns = dict(zip(fit.law.coefficient_names, fit.resamples.T, strict=True))
        values = fit.law.value(inputs, columns)
        draws.append(values)
        single.append(values * np.exp(fit.noise))
        centres.append(fit.predict(**TARGET).value)
    within = np.mean([np.var(v) for v in draws])
    residual = np.mean([np.var(v) for v in single]) - within
    law = np.var(centres)
    total = within + residual + law
    assert said.parts["coefficients"] == pytest.approx(within / total, rel=1e-9)
    assert said.parts["residual"] == pytest.approx(residual / total, rel=1e-9)
    assert said.parts["law"] == pytest.approx(law / total, rel=1e-9)
    pooled = np.concatenate(draws)
    assert said.low == pytest.approx(np.quantile(pooled, 0.025), rel=1e-12)
    assert said.high == pytest.approx(np.quantile(pooled, 0.975), rel=1e-12)


def test_weights_are_a_convention_that_is_said(seen):
    akaike, blind = seen.predict(**TARGET), seen.predict(**TARGET, weights="blind")
    assert akaike.weights["kaplan_ND"] < 1e-12 < 0.02 < blind.weights["kaplan_ND"]
    errors = seen.table["holdout"]
    ratio = (errors["chinchilla"] / errors["kaplan_ND"]) ** 2
    assert blind.weights["kaplan_ND"] / blind.weights["chinchilla"] == pytest.approx(ratio, rel=1e-12)
    assert "Akaike" in akaike.sentence
    assert "blind error" in blind.sentence
    assert sum(blind.weights.values()) == pytest.approx(1.0)
    assert json.dumps(blind.to_dict())


def test_a_law_that_is_refused_is_left_out_and_said(chinchilla):
    # Four runs cannot tell five coefficients; the power law of compute has three.
    few = chinchilla.iloc[[10, 60, 120, 200]]
    both = compare(few, ["chinchilla", "power_const"], exclude=None, holdout=0, folds=0, resamples=20)
    with pytest.raises(FitError, match="too few runs for the AICc"):
        both.predict(**TARGET)
    said = both.predict(**TARGET, weights="equal")
    assert list(said.weights) == ["power_const"]
    assert said.left_out == ("Chinchilla",)
    assert "Left out, as there is no fit: Chinchilla" in said.sentence


def test_without_resamples_only_the_spread_between_laws_is_known(chinchilla):
    bare = compare(chinchilla, ["chinchilla", "chinchilla_tied"], folds=0, leave_one_out=False)
    said = bare.predict(**TARGET, weights="equal")
    assert np.isnan([said.low, said.high, said.run_low, said.parts["law"]]).all()
    assert said.deviations["law"] > 0
    assert "Without resamples" in said.sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"weights": "akaik"}, "not understood"),
        ({"weights": {"chinchila": 1.0}}, "Did you mean chinchilla"),
        ({"weights": {"chinchilla": -1.0}}, "at least 0"),
        ({"weights": {"chinchilla": 0.0}}, "above 0"),
        ({"level": 1.5}, "between 0 and 1"),
        ({"params": [1e9, 2e9]}, "on one run"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(seen, arguments, words):
    with pytest.raises(FitError, match=words):
        seen.predict(**{**TARGET, **arguments})


def test_blind_weights_need_a_hold_out(chinchilla):
    bare = compare(chinchilla, ["chinchilla"], holdout=0, folds=0, leave_one_out=False)
    with pytest.raises(FitError, match="Hold runs out"):
        bare.predict(**TARGET, weights="blind")


def test_progress_names_the_law_and_never_goes_back(chinchilla):
    told = []
    laws = ["chinchilla", "kaplan_ND"]
    compare(chinchilla, laws, resamples=20, folds=0, leave_one_out=False, progress=told.append)
    done = [state.done for state in told]
    assert done == sorted(done)
    assert done[0] == 0 < done[-1] <= 2
    assert all(state.total == 2 for state in told)
    assert told[0].label.startswith("Chinchilla, ")
    assert told[-1].label.startswith("Kaplan, ")
    assert any("resamples" in state.label for state in told)


def test_a_comparison_can_be_stopped_between_two_chunks(chinchilla):
    steps = compare_steps(chinchilla, ["kaplan_ND"], resamples=2000)
    for _ in range(3):
        next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


def test_arguments_are_checked_at_the_first_step(chinchilla):
    with pytest.raises(FitError, match="number of folds"):
        next(compare_steps(chinchilla, folds=1))
