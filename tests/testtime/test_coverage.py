"""What a user reads off pass@k: the right number at any scale, no bias, intervals that hold."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalewidgets import testtime as tt
from scalewidgets.errors import QuantityError


def exact(n, c, k):
    return 1 - Fraction(comb(n - c, k), comb(n, k))


@pytest.mark.parametrize(
    ("n", "c", "k", "value"),
    [
        (10, 3, 1, 0.3),
        (10, 3, 5, 0.9166666667),
        (200, 5, 100, 0.9703083948),
        (10000, 23, 1000, 0.9116198101),
        (10000, 1, 100, 0.0100),
        (5, 4, 2, 1.0),
    ],
)
def test_known_values_of_pass_at_k(n, c, k, value):
    assert tt.pass_at_k(n, c, k) == pytest.approx(value, abs=6e-11)


@pytest.mark.parametrize("c", [1, 2, 30, 4_000, 999_000])
@pytest.mark.parametrize("k", [1, 2, 50, 7_000, 990_000])
def test_a_million_samples_lose_no_digits(c, k):
    assert float(tt.pass_at_k(10**6, c, k)) == pytest.approx(float(exact(10**6, c, k)), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.data())
def test_pass_at_k_is_the_ratio_of_binomials(n, data):
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    value = float(tt.pass_at_k(n, c, k))
    assert value == pytest.approx(float(exact(n, c, k)), rel=1e-12)
    if c < n:
        assert tt.pass_at_k(n, c + 1, k) >= value
    if k < n:
        assert tt.pass_at_k(n, c, k + 1) >= value
    assert tt.pass_at_k(n, c, 1) == pytest.approx(c / n, rel=1e-13)
    assert tt.pass_at_k(n, c, n) == (1 if c else 0)


def test_pass_at_k_has_no_bias_and_the_plug_in_has():
    n, k, p = 20, 10, 0.1
    c = np.arange(n + 1)
    chance = np.array([comb(n, j) * p**j * (1 - p) ** (n - j) for j in c])
    truth = tt.success_within(p, k)
    assert chance @ tt.pass_at_k(n, c, k) == pytest.approx(truth, abs=1e-12)
    assert truth == pytest.approx(0.6513215599, abs=6e-11)
    assert chance @ tt.pass_at_k_plugin(n, c, k) == pytest.approx(0.5680797708, abs=6e-11)


def test_axes_of_k_stand_behind_those_of_problems():
    n, c, k = np.full((3, 2), 50), np.arange(6).reshape(3, 2), np.array([1, 5, 20, 50])
    table = tt.pass_at_k(n, c, k)
    assert table.shape == (3, 2, 4)
    assert table[2, 1, 2] == tt.pass_at_k(50, 5, 20)
    assert tt.pass_at_k(50, 3, 2).shape == ()
    assert tt.pass_at_k([], [], [1, 2]).shape == (0, 2)


@pytest.mark.parametrize(
    ("n", "k", "p", "variance"),
    [(20, 5, 0.1, 0.0507354085), (50, 10, 0.05, 0.0394158391), (20, 1, 0.3, 0.0105)],
)
def test_variance_of_pass_at_k_is_exact(n, k, p, variance):
    assert tt.pass_at_k_variance(n, p, k) == pytest.approx(variance, abs=6e-11)
    c = np.arange(n + 1)
    chance = np.array([comb(n, j) * p**j * (1 - p) ** (n - j) for j in c])
    estimates = tt.pass_at_k(n, c, k)
    assert tt.pass_at_k_variance(n, p, k) == pytest.approx(
        chance @ estimates**2 - (chance @ estimates) ** 2, rel=1e-9
    )
    assert chance @ tt.pass_at_k_variance_estimate(n, c, k) == pytest.approx(variance, abs=6e-11)


def test_variance_approaches_its_form_for_many_samples():
    for n, k, p, value in ((20, 5, 0.1, 0.0484275611), (50, 10, 0.05, 0.0377353603)):
        assert k**2 / n * p * (1 - p) ** (2 * k - 1) == pytest.approx(value, abs=6e-11)
    n, k, p = 10**6, 100, 1e-3
    assert tt.pass_at_k_variance(n, p, k) == pytest.approx(k**2 / n * p * (1 - p) ** (2 * k - 1), rel=1e-2)


def test_variance_estimate_is_missing_where_there_are_too_few_samples():
    seen = tt.pass_at_k_variance_estimate(20, [0, 3, 20], [10, 11])
    assert np.isfinite(seen[:, 0]).all()
    assert np.isnan(seen[:, 1]).all()
    assert (seen[:, 0] >= 0).all()


def test_posterior_variance_is_that_of_draws_from_the_posterior():
    rng = np.random.default_rng(0)
    p = rng.beta(3.5, 17.5, 200_000)
    drawn = (1 - (1 - p) ** 15).var()
    assert tt.posterior_variance(20, 3, 15) == pytest.approx(drawn, rel=0.02)


def test_known_values_of_g_pass():
    values = tt.g_pass_at_k(20, 12, 8, [0.01, 0.25, 0.5, 0.75, 1])
    expected = [0.9999920616, 0.9992299754, 0.8867587521, 0.2596094308, 0.0039295070]
    assert values == pytest.approx(expected, abs=6e-11)
    assert values[-1] == pytest.approx(tt.pass_all_k(20, 12, 8), rel=1e-12)
    assert values[0] == pytest.approx(tt.pass_at_k(20, 12, 8), rel=1e-12)


def test_g_pass_counts_subsets():
    for c in range(11):
        want = sum(Fraction(comb(c, j) * comb(10 - c, 6 - j), comb(10, 6)) for j in range(3, 7))
        assert tt.g_pass_at_k(10, c, 6, 0.5) == pytest.approx(float(want), abs=1e-14)
    assert tt.g_pass_at_k(10**6, 5 * 10**5, 1000, 0.5) == pytest.approx(0.5126, abs=1e-3)
    assert tt.g_pass_at_k(5, 2, 5, [0.4, 0.6]).tolist() == [1.0, 0.0]


def test_sampling_until_a_success():
    assert tt.pass_until(1000, 2) == 0.002
    assert tt.pass_until(1000, 2, unbiased=True) == pytest.approx(0.0010010010, abs=6e-11)
    assert tt.relative_error_until(0.002, 2) == pytest.approx(0.7064, abs=5e-5)


def test_pass_at_k_of_sampling_until_a_success_is_unbiased_and_the_usual_one_is_not():
    p, r, k = 0.2, 3, 4
    draws = np.arange(r, 400)
    chance = np.array([comb(d - 1, r - 1) * p**r * (1 - p) ** (d - r) for d in draws])
    truth = tt.success_within(p, k)
    assert chance @ tt.pass_at_k_until(draws, r, k) == pytest.approx(truth, abs=1e-12)
    enough = draws >= k
    assert chance[enough] @ tt.pass_at_k(draws[enough], r, k) > truth + 0.02
    assert chance @ tt.pass_until(draws, r, unbiased=True) == pytest.approx(p, abs=1e-12)


def test_sampling_that_stops_at_a_success_is_noticed():
    rng = np.random.default_rng(1)
    p = rng.beta(0.5, 5, 100).clip(1e-3)
    draws = 2 + rng.negative_binomial(2, p)
    assert tt.sampling_of(draws, np.full(100, 2)) == "until success"
    capped = np.minimum(draws, 300)
    assert tt.sampling_of(capped, np.where(draws > 300, 1, 2)) == "until success"
    assert tt.sampling_of(np.full(100, 50), rng.binomial(50, p)) == "fixed"
    n = rng.integers(50, 200, 100)
    assert tt.sampling_of(n, rng.binomial(n, p)) == "unequal"
    curve = tt.coverage_curve(draws, np.full(100, 2), [1, 2])
    assert "biased upwards" in curve.report()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((10, 3, 11), "k = 11 is more than the 10 samples"),
        (([10, 5], [3, 1], 6), "of problem 1"),
        ((10, 11, 1), "11 successes in 10 samples"),
        ((10, 2.5, 1), "not a whole number"),
        ((10, -1, 1), "not a whole number"),
        ((0, 0, 1), "not a whole number of 1 or more"),
        ((10, 3, 0), "not a whole number of 1 or more"),
        ((float("nan"), 3, 1), "nan"),
        (("ten", 3, 1), "not a number"),
        (([10, 10], [1, 2, 3], 1), "shape"),
    ],
)
def test_impossible_counts_are_refused_by_name(arguments, words):
    with pytest.raises(QuantityError, match=words):
        tt.pass_at_k(*arguments)


# -- curves ---


def test_curve_is_the_mean_over_problems_whatever_their_order_or_tally():
    rng = np.random.default_rng(2)
    n, c = np.full(500, 40), rng.binomial(40, rng.beta(0.4, 3, 500))
    k = [1, 3, 20, 40]
    curve = tt.coverage_curve(n, c, k)
    assert curve.value == pytest.approx(tt.pass_at_k(n, c, k).mean(axis=0), rel=1e-12)
    variance = tt.pass_at_k_variance_estimate(n, c, k)[:, :3].sum(axis=0)
    assert curve.fixed_se[:3] == pytest.approx(np.sqrt(variance) / 500, rel=1e-10)
    spread = tt.pass_at_k(n, c, k).std(axis=0, ddof=1) / np.sqrt(500)
    assert curve.sample_se == pytest.approx(spread, rel=1e-10)
    assert curve.fixed_method == ("unbiased", "unbiased", "unbiased", "posterior")
    again = tt.coverage_curve(n[::-1], c[::-1], k)
    assert again.value == pytest.approx(curve.value, rel=1e-12)
    values, tally = np.unique(c, return_counts=True)
    tallied = tt.coverage_curve(40, values, k, weights=tally)
    assert tallied.value == pytest.approx(curve.value, rel=1e-12)
    assert tallied.problems == 500


def test_intervals_cover_as_often_as_they_say():
    rng = np.random.default_rng(3)
    a, b, n, k, problems, times = 0.5, 2.0, 30, 10, 80, 300
    few = rng.beta(a, b, problems)
    truth_fixed = tt.success_within(few, k).mean()
    truth = tt.coverage_beta(a, b, k)
    fixed = sample = 0
    for _ in range(times):
        seen = tt.coverage_curve(np.full(problems, n), rng.binomial(n, few), k)
        fixed += seen.fixed_low[0] <= truth_fixed <= seen.fixed_high[0]
        seen = tt.coverage_curve(np.full(problems, n), rng.binomial(n, rng.beta(a, b, problems)), k)
        sample += seen.sample_low[0] <= truth <= seen.sample_high[0]
    allowed = 4 * np.sqrt(0.95 * 0.05 / times) + 0.01
    assert abs(fixed / times - 0.95) < allowed
    assert abs(sample / times - 0.95) < allowed


def test_bootstrap_over_problems_agrees_with_normal_theory():
    rng = np.random.default_rng(4)
    c = rng.binomial(30, rng.beta(0.5, 2, 300))
    normal = tt.coverage_curve(30, c, [1, 10])
    drawn = tt.coverage_curve(30, c, [1, 10], method="bootstrap", resamples=4000)
    assert drawn.sample_low == pytest.approx(normal.sample_low, abs=0.004)
    assert drawn.sample_high == pytest.approx(normal.sample_high, abs=0.004)
    assert drawn.to_dict() == tt.coverage_curve(30, c, [1, 10], method="bootstrap", resamples=4000).to_dict()


def test_no_success_anywhere_is_zero_with_an_interval_and_no_infinity():
    curve = tt.coverage_curve(np.full(50, 100), np.zeros(50), [1, 10, 100])
    assert curve.value.tolist() == [0, 0, 0]
    assert (curve.fixed_high > 0).all()
    assert (curve.sample_high > 0.05).all()
    for part in curve.to_dict().values():
        assert None not in part if isinstance(part, list) else part is not None


def test_an_empty_set_says_why_it_has_no_coverage():
    curve = tt.coverage_curve([], [])
    assert curve.value.size == 0
    assert "no problems" in curve.report()


def test_default_k_ends_at_the_least_number_of_samples():
    curve = tt.coverage_curve([100, 30, 64], [1, 2, 3])
    assert curve.k[0] == 1
    assert curve.k[-1] == 30
    assert "least of them" in curve.report()
    assert list(curve.to_frame().columns)[:3] == ["value", "fixed_low", "fixed_high"]
    assert "<table" in curve._repr_html_()


# -- one problem ---


def test_one_problem_of_known_rate():
    assert tt.success_within([0, 1, 0.5, 0.3], [5, 1, 2, 0]).tolist() == [0, 1, 0.75, 0]
    assert tt.success_within(1.0, 0) == 0
    assert tt.success_within(1e-12, 10) == pytest.approx(1e-11, rel=1e-10)
    assert tt.all_succeed(0.5, 3) == 0.125
    assert tt.next_sample_gain([0.3, 1.0], [1, 0]) == pytest.approx([0.21, 1])
    assert tt.expected_attempts([0.1, 0, 1], 10) == pytest.approx([6.5132155990, 10, 1])
    assert tt.samples_needed([0, 1, 0.5, 0.3], 0.75).tolist() == [np.inf, 1, 2, 4]
    assert tt.guessing_floor(4, 5) == pytest.approx(1 - 0.75**5)


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-4, 0.999), st.floats(0.01, 0.999))
def test_samples_needed_is_the_first_that_reaches_the_target(p, target):
    k = int(tt.samples_needed(p, target))
    assert tt.success_within(p, k) >= target - 1e-9
    assert k == 1 or tt.success_within(p, k - 1) < target + 1e-9
