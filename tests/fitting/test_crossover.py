import json
from dataclasses import replace

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting.crossover import compare_fits
from scalewidgets.fitting.optimum import best_loss

from .conftest import TRUTH, made_runs

# The same exponents, so that both optimal curves are E + K C^-g and cross where K C^-g = difference of E.
LEARNS_FAST = {**TRUTH, "E": 1.90, "A": 300.0, "B": 1300.0}
ENDS_LOW = {**TRUTH, "E": 1.80}


def recipe(truth, noise=0.002, resamples=400, seed=0):
    return sw.fit(made_runs(80, noise, truth=truth, seed=seed), resamples=resamples, starts=0)


def true_crossing():
    law = sw.law("chinchilla")
    grid = np.geomspace(1e17, 1e27, 200_001)
    gap = best_loss(law, LEARNS_FAST, grid) - best_loss(law, ENDS_LOW, grid)
    return grid[int(np.argmax(gap > 0))]


@pytest.fixture(scope="module")
def seen():
    return compare_fits(recipe(LEARNS_FAST), recipe(ENDS_LOW, seed=1), names=("fast", "low"))


def test_noiseless_recipes_cross_where_theory_says():
    seen = compare_fits(recipe(LEARNS_FAST, 0, 0), recipe(ENDS_LOW, 0, 0, seed=1))
    assert seen.crossover == pytest.approx(true_crossing(), rel=1e-3)
    assert len(seen.crossings) == 1
    assert np.isnan(seen.crossover_low)
    assert np.isnan(seen.never)
    assert np.isnan(seen.probability(1e20))
    assert "resamples they" not in seen.sentence


def test_the_interval_holds_the_true_crossing(seen):
    assert seen.crossover_low < true_crossing() < seen.crossover_high
    assert seen.crossover_low < seen.crossover < seen.crossover_high


def test_probability_falls_from_sure_to_unlikely_through_the_crossing(seen):
    share = seen.probability([1e19, seen.crossover, 1e26])
    assert share[0] == 1.0
    assert 0.3 < share[1] < 0.7
    assert share[2] < 0.1
    assert seen.crossover_low / 2 < seen.sure_until < seen.crossover


def test_the_multiplier_is_the_compute_the_other_needs(seen):
    there = seen.at(1e20)
    assert there["multiplier"] > 1
    assert there["multiplier_low"] < there["multiplier"] < there["multiplier_high"]
    matched = best_loss(seen.b.law, seen.b.coefficients, 1e20 * there["multiplier"])
    assert float(matched) == pytest.approx(there["loss_a"], rel=1e-10)
    assert there["difference"] == pytest.approx(there["loss_a"] - there["loss_b"])
    assert seen.multiplier(1e20)[0] == there["multiplier"]


def test_a_recipe_that_can_never_match_is_infinitely_far(seen):
    backwards = compare_fits(seen.b, seen.a, names=("low", "fast"))
    there = backwards.at(1e26)
    assert there["loss_a"] < seen.a.coefficients["E"]
    assert there["multiplier"] == float("inf")
    assert "cannot match" in backwards.report(1e26)
    assert json.loads(json.dumps(backwards.to_dict()))["names"] == ["low", "fast"]


def test_never_is_a_value():
    better = recipe({**TRUTH, "E": 1.7})
    seen = compare_fits(better, recipe({**TRUTH, "E": 1.9}, seed=1))
    assert seen.crossings == ()
    assert seen.crossover == float("inf")
    assert seen.never > 0.9
    assert seen.to_dict()["crossover"] == "never"
    assert "never cross" in seen.report()
    assert seen.sure_until == float("inf")


def test_the_same_fit_is_a_toss_up():
    one = recipe(TRUTH)
    seen = compare_fits(one, one)
    assert seen.paired
    assert float(seen.probability(1e21)) == 0.5
    assert seen.difference(1e21) == (0.0, 0.0, 0.0)
    assert seen.multiplier(1e21)[0] == pytest.approx(1.0)


def test_equal_tables_of_one_seed_are_not_taken_for_paired():
    # Equal length and seed draw the same row numbers: kept in step, the interval would be wrong.
    seen = compare_fits(recipe(TRUTH), recipe(TRUTH, seed=1))
    assert not seen.paired
    assert (seen.order != np.arange(400)).any()
    kept = seen.a.resamples[:, 0], seen.b.resamples[seen.order, 0]
    assert abs(np.corrcoef(*kept)[0, 1]) < 0.15


def leaning(share, gap):
    """Two recipes whose resamples and fits say the given: by resamples that were moved, not drawn."""
    one, other = recipe(TRUTH, resamples=100), recipe({**TRUTH, "E": TRUTH["E"] + gap}, resamples=100, seed=1)
    names = one.law.coefficient_names
    moved = np.tile([one.coefficients[name] for name in names], (100, 1))
    moved[: round(100 * share), names.index("E")] = other.coefficients["E"] - 0.02 - abs(gap)
    moved[round(100 * share) :, names.index("E")] = other.coefficients["E"] + 0.02 + abs(gap)
    still = np.tile([other.coefficients[name] for name in names], (100, 1))
    return replace(one, resamples=moved), replace(other, resamples=still)


@pytest.mark.parametrize("share", [0.63, 0.37, 0.51])
def test_a_probability_that_the_multiplier_contradicts_is_said_to(share):
    # The fits have B ahead by 0.03 where most resamples have A, or the other way about.
    seen = compare_fits(*leaning(share, -0.03 if share > 0.5 else 0.03), names=("one", "other"))
    there = seen.at(1e22)
    assert there["probability"] == pytest.approx(share)
    assert (there["multiplier"] > 1) != (share > 0.5)
    assert (there["multiplier_median"] > 1) == (share > 0.5)
    assert there["agree"] is False
    ahead, wins = ("other", "one") if share > 0.5 else ("one", "other")
    assert f"the fits of all runs have {ahead} ahead, most resamples {wins}" in seen.report(1e22)
    agreed = compare_fits(*leaning(share, 0.03 if share > 0.5 else -0.03))
    assert agreed.at(1e22)["agree"] is True
    assert "disagree" not in agreed.report(1e22)


def test_at_a_ratio_both_train_the_same_model(seen):
    fixed = compare_fits(seen.a, seen.b, tokens_per_param=20.0)
    size = np.sqrt(1e21 / 120)
    said = seen.a.predict(params=size, tokens=20 * size).value
    assert fixed.at(1e21)["loss_a"] == pytest.approx(said)
    assert "20 tokens per parameter" in fixed.report()


def test_laws_without_closed_form_are_compared_too():
    tied, coupled = made_runs(80, 0.002), made_runs(80, 0.002, seed=1, truth={**TRUTH, "E": 1.9})
    one = sw.fit(tied, "chinchilla_tied", resamples=20, starts=0)
    other = sw.fit(coupled, "coupled", resamples=20, starts=0, fixed={"gamma": 1.0})
    seen = compare_fits(one, other)
    assert seen.at(1e21)["probability"] == 1.0
    assert np.isfinite(seen.at(1e21)["difference"])


def test_what_cannot_be_compared_is_refused(seen):
    refused = sw.fit(made_runs(3), resamples=0, starts=0)
    for bad in (refused, "a fit"):
        with pytest.raises(FitError):
            compare_fits(seen.a, bad)
    with pytest.raises(FitError, match="no best size"):
        compare_fits(seen.a, sw.fit(made_runs(), "power_N", resamples=0, starts=0))
    for options in ({"flops": (1e20, 1e19)}, {"flops": 3}, {"tokens_per_param": -1}, {"level": 2}):
        with pytest.raises(FitError):
            compare_fits(seen.a, seen.b, **options)


def test_forms_of_two_fits(seen):
    assert "fast is better at" in seen.sentence
    assert "low beyond" in seen.sentence
    assert "probability" in seen.report(1e21)
    frame = seen.to_frame(5)
    assert len(frame) == 5
    assert {"probability", "multiplier_high", "difference_low"} <= set(frame.columns)
    strange = replace(seen, names=("<script>", "b"))
    assert "<script>" not in strange._repr_html_()
    assert sw.compare_fits is compare_fits
