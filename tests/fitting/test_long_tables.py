"""Long tables take short cuts; none of them may change the answer."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.fitting import features, solve, thinning
from scalewidgets.fitting.objective import BLOCK, exact_sum

TRUTH = {"E": 1.8172, "A": 482.0, "B": 2085.4, "alpha": 0.3478, "beta": 0.3658}
ROWS = 75_000
LAWS = ["chinchilla", "gadre_overtrain", "moe_granularity", "compressed", "step_law_lr", "superposition_weak"]


@pytest.fixture(scope="module")
def checkpoints() -> pd.DataFrame:
    """Runs one after the other, each with as many checkpoints: sorted, and periodic."""
    rng = np.random.default_rng(4)
    params = np.repeat(10 ** rng.uniform(7.5, 10.2, ROWS // 300), 300)
    tokens = np.tile(np.geomspace(1e9, 1e12, 300), ROWS // 300)
    loss = sw.law("chinchilla").value({"N": params, "D": tokens}, TRUTH)
    noise = np.exp(3e-3 * rng.standard_t(4, len(params)))
    return pd.DataFrame({"params": params, "tokens": tokens, "loss": loss * noise})


def test_a_long_table_fitted_by_way_of_its_samples_ends_at_the_optimum_of_all_its_rows(
    checkpoints, monkeypatch
):
    by_way = sw.fit(checkpoints, resamples=0, starts=0)
    monkeypatch.setattr(thinning, "SMALLEST", 10**9)
    plain = sw.fit(checkpoints, resamples=0, starts=0)
    assert by_way.status is sw.Status.CONVERGED
    assert by_way.objective == pytest.approx(plain.objective, rel=1e-13)
    for name, number in plain.coefficients.items():
        assert by_way.coefficients[name] == pytest.approx(number, rel=1e-7)


def test_weights_count_in_the_samples_too(checkpoints, monkeypatch):
    spoilt = np.arange(ROWS) % 10 == 3
    table = checkpoints.assign(
        weight=np.where(spoilt, 1e-9, 1.0), loss=np.where(spoilt, 9.0, checkpoints["loss"])
    )
    starts = []
    monkeypatch.setattr(solve, "nearer", lambda *given: starts.append(thinning.nearer(*given)) or starts[-1])
    there = sw.fit(table, weight="weight", resamples=0, starts=0)
    without = sw.fit(checkpoints[~spoilt], resamples=0, starts=0)
    assert there.coefficients["alpha"] == pytest.approx(without.coefficients["alpha"], rel=1e-4)
    assert starts[0][0, -2] == pytest.approx(without.coefficients["alpha"], abs=0.02)


@pytest.mark.parametrize("name", LAWS)
def test_features_of_a_long_table_are_those_that_evaluating_gives(name):
    law, rng = sw.law(name), np.random.default_rng(2)
    inputs = {symbol.name: 10 ** rng.uniform(2, 6, 25_000) for symbol in law.inputs}
    short_cut = features.log_affine_features(law, inputs)
    with np.errstate(all="ignore"):  # exponents of the size of the inputs are tried, too
        evaluated = features.evaluated(law, list(inputs.values()))
    assert short_cut is not None
    assert evaluated is not None
    for (a, b), (c, d) in zip(short_cut, evaluated, strict=True):
        np.testing.assert_allclose(a, c, rtol=0, atol=1e-12)
        np.testing.assert_allclose(b, d, rtol=0, atol=1e-12)


def test_a_sum_of_very_many_penalties_keeps_its_digits():
    values = np.random.default_rng(1).lognormal(-8, 3, 5 * BLOCK + 17)
    assert exact_sum(values) == pytest.approx(math.fsum(values), rel=2e-16)


def test_an_input_with_three_values_is_found_at_the_end_of_a_long_table():
    rng = np.random.default_rng(8)
    sizes = np.sort(rng.choice([1e8, 3e8, 1e9], 20_000))
    tokens = sizes * 10 ** rng.uniform(0, 3, len(sizes))
    loss = sw.law("chinchilla").value({"N": sizes, "D": tokens}, TRUTH) * np.exp(
        rng.normal(0, 3e-3, len(sizes))
    )
    fit = sw.fit(pd.DataFrame({"params": sizes, "tokens": tokens, "loss": loss}), resamples=0, starts=0)
    assert any("only 3 model sizes" in note for note in fit.certificate.notes)
