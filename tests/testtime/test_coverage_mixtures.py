"""Coverage of problems of mixed difficulty: what the model curves say, and that they say it exactly."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalewidgets import testtime as tt
from scalewidgets.errors import QuantityError

DIGITS = 6e-11


@pytest.mark.parametrize(
    ("a", "b", "k", "value"),
    [
        (1, 1, 10, 0.9090909091),
        (1, 3, 10, 0.7692307692),
        (0.5, 0.5, 10, 0.8238029480),
        (2, 1, 4, 0.9333333333),
        (0.3, 5, 1, 0.0566037736),
        (0.3, 5, 10, 0.2909312719),
        (0.3, 5, 100, 0.6068661872),
        (0.3, 5, 1000, 0.8005389147),
        (0.3, 5, 10000, 0.8999073819),
    ],
)
def test_known_values_of_beta_coverage(a, b, k, value):
    assert tt.coverage_beta(a, b, k) == pytest.approx(value, abs=DIGITS)


def test_special_cases_of_beta_coverage():
    k = np.arange(1, 60)
    assert tt.coverage_beta(1, 1, k) == pytest.approx(k / (k + 1), rel=1e-13)
    assert tt.coverage_beta(1, 7, k) == pytest.approx(k / (7 + k), rel=1e-13)
    assert tt.coverage_beta(2, 1, k) == pytest.approx(1 - 2 / ((k + 1) * (k + 2)), rel=1e-13)
    half = [1 - float(mpmath.binomial(2 * j, j) / mpmath.mpf(4) ** j) for j in k]
    assert tt.coverage_beta(0.5, 0.5, k) == pytest.approx(half, rel=1e-12)
    assert tt.coverage_beta(0.3, 5, 0) == 0


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 50), st.floats(0.01, 500), st.integers(1, 10**6), st.floats(0, 0.9))
def test_beta_coverage_is_the_ratio_of_beta_functions(a, b, k, lost):
    with mpmath.workdps(40):
        truth = float((1 - mpmath.mpf(lost)) * (1 - mpmath.beta(a, b + k) / mpmath.beta(a, b)))
    assert tt.coverage_beta(a, b, k, unsolvable=lost) == pytest.approx(truth, rel=1e-11)


@pytest.mark.parametrize(
    ("k", "left", "tail"),
    [(100, 0.39313381, 0.39853147), (1000, 0.19946109, 0.19973888), (10000, 0.10009262, 0.10010658)],
)
def test_failures_approach_their_power_law(k, left, tail):
    assert 1 - tt.coverage_beta(0.3, 5, k) == pytest.approx(left, abs=6e-9)
    assert tt.beta_tail(0.3, 5, k) == pytest.approx(tail, abs=6e-9)


def test_scaled_beta_is_the_hypergeometric_function():
    assert tt.coverage_beta(0.3, 5, 50, scale=0.2) == pytest.approx(0.2855713776, abs=DIGITS)
    for a, b, k, u in ((0.3, 5, 2000, 0.7), (2.0, 0.5, 30, 0.05), (1.0, 1.0, 10_000, 0.999)):
        truth = 1 - float(mpmath.hyp2f1(-k, a, a + b, u))
        assert tt.coverage_beta(a, b, k, scale=u) == pytest.approx(truth, rel=1e-9)
    assert tt.coverage_beta(0.3, 5, [0, 50], scale=1 - 1e-12) == pytest.approx(
        tt.coverage_beta(0.3, 5, [0, 50]), abs=1e-10
    )
    assert tt.coverage_beta(0.3, 5, 50, scale=0.0) == 0


def test_uniform_ceiling_and_kumaraswamy_coverage():
    assert tt.coverage_uniform(0.2, 10) == pytest.approx(0.5844997027, abs=DIGITS)
    assert tt.coverage_uniform([0, 1e-9, 1], [5, 4, 9]) == pytest.approx([0, 2e-9, 0.9], rel=1e-6)
    levi = tt.coverage_ceiling_beta(5, 0.35, 1.0, [1, 10, 100])
    assert levi == pytest.approx([0.0654205608, 0.3295786412, 0.6629219906], abs=1e-10)
    # Kumaraswamy with one shape at 1 is a Beta distribution.
    k = np.array([1, 10, 1000, 10**6])
    assert tt.coverage_kumaraswamy(0.3, 1, k) == pytest.approx(tt.coverage_beta(0.3, 1, k), rel=1e-9)
    assert tt.coverage_kumaraswamy(1, 7, k) == pytest.approx(tt.coverage_beta(1, 7, k), rel=1e-9)
    rng = np.random.default_rng(0)
    p = 0.4 * (1 - (1 - rng.random(400_000)) ** (1 / 3)) ** (1 / 0.5)
    drawn = 1 - (1 - p) ** 20
    assert tt.coverage_kumaraswamy(0.5, 3, 20, scale=0.4) == pytest.approx(drawn.mean(), abs=4e-3)


def test_plateau_is_where_the_unsolvable_leave_it():
    assert tt.coverage_beta(0.5, 2, 10**9, unsolvable=0.25) == pytest.approx(0.75, abs=1e-4)


@pytest.mark.parametrize(
    ("a", "b", "k", "value"),
    [
        (2, 3, 10, 3.0769230769),
        (0.5, 2, 10, 5.9185860579),
        (0.3, 5, 20, 14.9151683815),
        (1, 3, 10, 4.8096320346),
    ],
)
def test_known_expected_attempts(a, b, k, value):
    assert tt.expected_attempts_beta(a, b, k) == pytest.approx(value, abs=DIGITS)


@pytest.mark.parametrize("a", [0.3, 1.0, 1 + 1e-6, 2.5])
def test_expected_attempts_go_on_smoothly_beyond_what_is_summed(a):
    k, b = 3 * 10**5, 4.0
    j = np.arange(k)
    whole = (1 - tt.coverage_beta(a, b, j)).sum()
    assert tt.expected_attempts_beta(a, b, k) == pytest.approx(whole, rel=1e-9)


def test_shape_of_the_power_law():
    facts = tt.power_law_facts(4.192, 0.372)
    assert facts["inflection"] == pytest.approx(47.1168, abs=5e-4)
    assert facts["slope"] == pytest.approx(0.136851, abs=6e-7)
    needed = tt.samples_for_coverage(4.192, 0.372, [0.5, 0.9, 0.99])
    assert needed == pytest.approx([126.201, 19970.3, 1.10575e7], rel=5e-6)
    assert tt.coverage_power(4.192, 0.372, needed) == pytest.approx([0.5, 0.9, 0.99], rel=1e-12)
    x = np.log(facts["inflection"]) + np.array([-1e-4, 0, 1e-4])
    around = tt.coverage_power(4.192, 0.372, np.exp(x))
    assert (around[2] - around[0]) / 2e-4 == pytest.approx(facts["slope"], rel=1e-6)


def test_no_other_number_of_samples_pays_better():
    a, beta, price, value = 4.192, 0.372, 1e-4, 1.0
    best = tt.samples_worth_paying(a, beta, price, value)
    k = np.geomspace(1, 1e6, 20001)
    profit = value * tt.coverage_power(a, beta, k) - price * k
    assert best == pytest.approx(k[np.argmax(profit)], rel=2e-3)
    assert tt.samples_worth_paying(a, beta, 1.0, 1.0) == 0


def test_local_exponent_is_the_slope_and_steeper_than_the_tail():
    k = np.array([10.0, 1000.0, 10.0**6])
    slope = tt.local_exponent_beta(0.3, 5, k)
    for at, said in zip(k, slope, strict=True):
        near = np.array([np.floor(at * 0.999), np.ceil(at * 1.001)])
        _, seen = tt.local_exponent(near, tt.coverage_beta(0.3, 5, near))
        assert seen[0] == pytest.approx(said, rel=2e-2)
    assert (np.diff(slope) < 0).all()
    assert slope[-1] == pytest.approx(0.3, abs=0.01)
    assert slope[-1] > 0.3
    _, straight = tt.local_exponent(k, tt.coverage_power(4.0, 0.37, k))
    assert straight == pytest.approx([0.37, 0.37])


def test_samples_of_one_problem_are_alike():
    assert tt.beta_correlation(0.3, 5) == pytest.approx(0.158730, abs=6e-7)
    assert tt.design_effect(0.158730, 101) == pytest.approx(16.873)


def test_arguments_that_cannot_be_are_refused():
    for call in (
        lambda: tt.coverage_beta(0, 1, 3),
        lambda: tt.coverage_beta(1, 1, 2.5),
        lambda: tt.coverage_beta(1, 1, 3, scale=1.5),
        lambda: tt.local_exponent([2, 1], [0.1, 0.2]),
        lambda: tt.samples_for_coverage(1, 1, 1.0),
        lambda: tt.coverage_power(-1, 1, 3),
    ):
        with pytest.raises(QuantityError):
            call()
