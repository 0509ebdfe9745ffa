"""What is known of a law once is what looking at a table would find."""

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.fitting import features, powers


@pytest.mark.parametrize(
    "name", ["chinchilla", "gadre_overtrain", "compressed", "sovit", "nmt_bivariate", "superposition_skewed"]
)
def test_lines_known_of_a_law_are_those_of_the_table(name, monkeypatch):
    law, rng = sw.law(name), np.random.default_rng(1)
    inputs = {symbol.name: 10 ** rng.uniform(2, 9, 70) for symbol in law.inputs}
    known = features.log_affine_features(law, inputs)
    monkeypatch.setattr(features, "known_powers", lambda *given: None)
    for (level, slopes), (seen_level, seen_slopes) in zip(
        known, features.log_affine_features(law, inputs), strict=True
    ):
        np.testing.assert_allclose(level, seen_level, rtol=0, atol=1e-13)
        np.testing.assert_allclose(slopes, seen_slopes, rtol=0, atol=1e-13)
        np.testing.assert_array_equal(slopes == 0, seen_slopes == 0)


def test_a_law_in_pieces_is_looked_at_in_every_table():
    law = sw.Law("E + A / max(N, 1e9)**alpha", ["N"])
    small, large = ({"N": np.geomspace(*ends, 40)} for ends in ((1e6, 1e8), (1e10, 1e12)))
    below, above = features.log_affine_features(law, small), features.log_affine_features(law, large)
    assert np.ptp(below[1][1]) == pytest.approx(0, abs=1e-12)
    assert np.ptp(above[1][1]) == pytest.approx(np.log(100))


def test_inputs_without_a_logarithm_are_left_to_the_general_way():
    law = sw.law("power_N")
    inputs = [np.array([0.0, 1e6, 1e7])]
    with np.errstate(all="ignore"):
        assert powers.known_powers(law, inputs, lambda given: features.evaluated(law, given)) is None
