"""Samples behind a verifier that errs: accuracy, its ceiling, when to stop, when to ask a larger model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalewidgets import testtime as tt
from scalewidgets.errors import QuantityError

DIGITS = 6e-11
UNIT = st.floats(0, 1)


def test_known_accuracies_behind_a_noisy_verifier():
    n = [1, 2, 4, 8, 16, 64]
    silent = [0.18, 0.3132, 0.48470832, 0.6300557488, 0.6867100303, 0.6923076893]
    answered = [0.2, 0.328, 0.4928128, 0.6324860048, 0.6869285576, 0.6923076895]
    assert tt.verifier_accuracy(0.2, 0.9, 0.1, n) == pytest.approx(silent, abs=DIGITS)
    assert tt.verifier_accuracy(0.2, 0.9, 0.1, n, fallback=True) == pytest.approx(answered, abs=DIGITS)
    assert tt.verifier_ceiling(0.2, 0.9, 0.1) == pytest.approx(9 / 13, rel=1e-14)
    assert tt.verifier_requirement(0.2, 0.8) == pytest.approx(0.0625, rel=1e-14)


@settings(max_examples=80, deadline=None)
@given(UNIT, UNIT, UNIT, st.integers(0, 200))
def test_right_wrong_and_silence_are_everything_that_can_happen(p, t, f, n):
    s = min(p * t + (1 - p) * f, 1.0)
    total = tt.verifier_accuracy(p, t, f, n) + tt.verifier_wrong(p, t, f, n)
    assert total == pytest.approx(float(tt.success_within(s, n)), abs=1e-12)
    assert tt.verifier_accuracy(p, t, f, n) <= tt.verifier_ceiling(p, t, f) + 1e-12
    assert tt.verifier_accuracy(p, t, 0.0, n) == pytest.approx(float(tt.success_within(p * t, n)), abs=1e-12)
    assert tt.verifier_accuracy(p, t, t, n) == pytest.approx(float(p * tt.success_within(t, n)), abs=1e-12)
    if n >= 1:
        full = tt.verifier_accuracy(p, t, f, n, fallback=True)
        assert -1e-12 <= full <= 1 + 1e-12
        assert tt.verifier_accuracy(p, t, f, 1, fallback=True) == pytest.approx(p, abs=1e-12)


def test_accuracy_is_what_simulated_samples_give():
    rng = np.random.default_rng(0)
    p, t, f, n, times = 0.3, 0.8, 0.2, 5, 200_000
    right = rng.random((times, n)) < p
    passed = rng.random((times, n)) < np.where(right, t, f)
    first = passed.argmax(axis=1)
    some = passed.any(axis=1)
    picked = right[np.arange(times), first]
    wanted = (some & picked).mean()
    assert tt.verifier_accuracy(p, t, f, n) == pytest.approx(wanted, abs=4 * np.sqrt(0.25 / times))
    answered = np.where(some, picked, right[:, 0]).mean()
    assert tt.verifier_accuracy(p, t, f, n, fallback=True) == pytest.approx(answered, abs=0.005)
    drawn = np.where(some, first + 1, n).mean()
    assert tt.verifier_samples(p, t, f, n) == pytest.approx(drawn, abs=0.02)


def test_requirement_and_odds_say_the_same_as_the_ceiling():
    need = float(tt.verifier_requirement(0.2, 0.8))
    assert tt.verifier_ceiling(0.2, 0.9, 0.9 * need) == pytest.approx(0.8)
    pi = tt.verifier_ceiling(0.3, 0.7, 0.2)
    assert tt.verifier_odds(0.3, 0.7, 0.2) == pytest.approx(pi / (1 - pi))
    assert tt.verifier_requirement([0, 1], 0.5).tolist() == [0, np.inf]
    assert tt.verifier_ceiling(0.0, 0.9, 0.1) == 0
    assert tt.verifier_ceiling(0.5, 0.0, 0.0) == 0


def test_recorded_verdicts_need_no_permutations():
    seen = tt.verified_at_k(20, 3, 2, [1, 5, 10, 20])
    assert seen == pytest.approx([0.15, 0.4837848297, 0.5902476780, 0.6], abs=DIGITS)
    rng = np.random.default_rng(1)
    kind = np.array([1] * 3 + [2] * 2 + [0] * 15)
    order = rng.permuted(np.tile(kind, (60_000, 1)), axis=1)[:, :5]
    first = np.where((order > 0).any(axis=1), order[np.arange(60_000), (order > 0).argmax(axis=1)], 0)
    assert (first == 1).mean() == pytest.approx(seen[1], abs=0.009)
    assert tt.verified_at_k([20, 20], [0, 3], [0, 2], 5)[0] == 0
    with pytest.raises(QuantityError, match="More samples"):
        tt.verified_at_k(20, 15, 6, 3)
    with pytest.raises(QuantityError, match="k = 21"):
        tt.verified_at_k(20, 3, 2, 21)


def test_rates_of_a_verifier_come_from_all_samples():
    t, f = tt.verifier_rates([10, 10], [4, 0], [3, 0], [1, 2])
    assert (t, f) == (0.75, 3 / 16)
    with pytest.raises(QuantityError, match="no right sample"):
        tt.verifier_rates([10], [0], [0], [1])


def test_known_cascade():
    cost, accuracy = tt.cascade(0.1, 1, 0, 10, small_cost=1, large_cost=20, large_accuracy=0.6)
    assert cost == pytest.approx(13.4867844010, abs=DIGITS)
    assert accuracy == pytest.approx(0.8605286240, abs=DIGITS)


def test_a_cent_a_problem_depends_on_the_false_positives():
    assert tt.success_within(0.1, 20) == pytest.approx(0.8784233454, abs=DIGITS)
    seen = tt.verifier_accuracy(0.1, 0.9, [0, 0.02, 0.05, 0.1, 0.2], 20)
    known = [0.8483550870, 0.7485879904, 0.6300034226, 0.4905540193, 0.3327176804]
    assert seen == pytest.approx(known, abs=DIGITS)
    limit = tt.break_even_false_positives(0.1, 0.9, 20, 0.45)
    assert limit == pytest.approx(0.1195, abs=5e-5)
    assert np.isnan(tt.break_even_false_positives(0.1, 0.9, 1, 0.45))
    assert tt.break_even_false_positives(0.6, 1.0, 5, 0.45) == 1


# -- resampling until something passes ---

TYPES = {"rate": [0.87, 0.13], "prior": [0.58, 0.42], "soundness": 0.75}
TABLE = [
    (-0.7, 3, 3.084436, (0.48206, 0.52387, 0.52457), 0.51760, (0.48206, 0.55258, 0.55413)),
    (-1, 2, 2.358028, (0.44900, 0.47238, 0.46135), 0.43247, (0.44900, 0.48843, 0.46370)),
    (-2, 1, 1.680343, (0.33880, 0.30074, 0.25064), 0.14871, (0.33880, 0.27461, 0.16227)),
    (-4, 1, 1.169795, (0.11840, -0.04255, -0.17079), -0.41882, (0.11840, -0.15305, -0.44060)),
    (-8, 0, 0.659247, (-0.32240, -0.72912, -1.01366), -1.55388, None),
]


@pytest.mark.parametrize(("v_fp", "best", "real", "exact", "limit", "printed"), TABLE)
def test_published_rewards_exact_and_as_printed(v_fp, best, real, exact, limit, printed):
    seen = tt.resampling(**TYPES, v_fp=v_fp)
    assert seen.best_attempts == best
    closed = tt.best_attempts_two(seen.prior, seen.gain, seen.reject)
    assert closed == pytest.approx(real, abs=6e-7)
    assert max(np.floor(closed), 0) == best
    assert seen.reward([1, 2, 3]) == pytest.approx(exact, abs=6e-6)
    assert seen.limit == pytest.approx(limit, abs=6e-6)
    k = np.arange(40)
    assert np.argmax(seen.reward(k)) == best
    as_printed = seen.reward([1, 2, 3], form="as printed")
    if printed is None:
        assert (as_printed < 0).all()
    else:
        assert as_printed == pytest.approx(printed, abs=6e-6)
        assert np.argmax(seen.reward(k, form="as printed")) == best


def test_the_printed_form_passes_the_true_ceiling():
    seen = tt.resampling(**TYPES)
    assert seen.reject == pytest.approx([0.0975, 0.6525])
    assert seen.accept_right == pytest.approx([0.87, 0.13])
    assert seen.accept_wrong == pytest.approx([0.0325, 0.2175])
    assert seen.precision == pytest.approx([0.963989, 0.374101], abs=6e-7)
    assert seen.single_accuracy == pytest.approx(0.5592)
    assert seen.ceiling == pytest.approx(0.716236, abs=6e-7)
    assert seen.reward(400) == pytest.approx(seen.ceiling, rel=1e-9)
    assert seen.reward(400, form="as printed") == pytest.approx(0.870, abs=6e-4)
    assert seen.best_attempts == np.inf


def test_exact_reward_is_what_simulated_attempts_earn():
    rng = np.random.default_rng(2)
    times, k = 200_000, 3
    kind = rng.random(times) < 0.42
    r = np.where(kind, 0.13, 0.87)[:, None]
    right = rng.random((times, k)) < r
    passed = right | (rng.random((times, k)) < 0.25)
    some = passed.any(axis=1)
    first = right[np.arange(times), passed.argmax(axis=1)]
    earned = np.where(some, np.where(first, 1.0, -0.7), 0.0).mean()
    assert tt.resampling(**TYPES, v_fp=-0.7).reward(k) == pytest.approx(earned, abs=0.007)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 1), UNIT), min_size=1, max_size=5), UNIT, UNIT, st.floats(-8, 0))
def test_best_attempts_is_the_largest_of_all(types, c, s, v_fp):
    prior = np.array([weight for weight, _ in types])
    rate = np.array([r for _, r in types])
    seen = tt.resampling(rate, prior / prior.sum(), completeness=c, soundness=s, v_fp=v_fp)
    total = seen.reward(np.arange(3000))
    best = seen.best_attempts
    if np.isinf(best):
        assert seen.limit >= total.max() - 1e-9
    elif best < 3000:
        assert total[int(best)] == pytest.approx(total.max(), abs=1e-9)


def test_attempts_that_hurt_at_first_can_pay_in_the_end():
    # Hopeless problems are answered wrongly at once; what is left afterwards gains.
    seen = tt.resampling([0.5546875, 0.0], [8 / 9, 1 / 9], completeness=0.1171875, soundness=0.0, v_fp=-0.125)
    assert seen.reward(1) < 0 < seen.limit
    assert seen.best_attempts == np.inf


def test_reward_of_recorded_counts():
    k = [1, 5, 20]
    assert tt.reward_at_k(20, 3, 2, k) == pytest.approx(tt.verified_at_k(20, 3, 2, k))
    both = tt.reward_at_k(20, 3, 2, k, v_fp=-1)
    assert both == pytest.approx(tt.verified_at_k(20, 3, 2, k) - tt.verified_at_k(20, 2, 3, k))


def test_what_resampling_cannot_reach():
    assert not tt.reachable_by_resampling(0.7, 0.8)
    assert tt.reachable_by_resampling(0.8, 0.8)
    seen = tt.resampling(**TYPES, v_fp=-1)
    assert "best number of attempts is 2" in seen.report()
    assert seen.to_dict()["prior"] == [0.58, 0.42]
    with pytest.raises(QuantityError, match="sum to 1"):
        tt.resampling([0.5, 0.5], [0.5, 0.6])
    with pytest.raises(QuantityError, match="neither exact"):
        seen.reward(2, form="other")
    with pytest.raises(QuantityError, match="closed form"):
        tt.best_attempts_two([0.5, 0.5], [1, 1], [0.1, 0.5])


# -- saturation ---


@pytest.mark.parametrize(
    ("top", "p", "eps", "point", "gain", "before", "value"),
    [
        (0.8, 0.3, 0.01, 9, 0.0096848657, 0.0138355224, 0.7677171144),
        (0.8, 0.3, 0.001, 16, 0.0007975903, 0.0011394148, 0.7973413656),
        (1.0, 0.05, 0.001, 77, 0.0009631360, 0.0010138274, 0.9807372802),
        (0.6, 0.5, 0.01, 5, 0.009375, 0.01875, 0.58125),
        (0.9, 0.02, 0.02, 0, 0.018, None, 0),
    ],
)
def test_known_saturation_points(top, p, eps, point, gain, before, value):
    assert tt.saturation_point(top, p, eps) == point
    at = tt.saturation_curve(top, p, [max(point - 1, 0), point, point + 1])
    assert at[2] - at[1] == pytest.approx(gain, abs=DIGITS)
    assert at[1] == pytest.approx(value, abs=DIGITS)
    if before is not None:
        assert at[1] - at[0] == pytest.approx(before, abs=DIGITS)
    assert tt.saturation_point(top, p, eps, convention="last gain") == point + 1


@settings(max_examples=80, deadline=None)
@given(st.floats(0.05, 1), st.floats(0.001, 0.95), st.floats(1e-5, 0.2), st.floats(0, 0.04))
def test_the_next_sample_gains_no_more_than_eps_and_the_last_one_did(top, p, eps, start):
    n = int(tt.saturation_point(top, p, eps, baseline=start))
    gain = np.diff(tt.saturation_curve(top, p, [max(n - 1, 0), n, n + 1], baseline=start))
    assert gain[1] <= eps * (1 + 1e-8)
    assert n == 0 or gain[0] > eps * (1 - 1e-8)
    exact = float(tt.saturation_point(top, p, eps, baseline=start, convention="derivative"))
    assert exact >= n - 1 - 1e-9


def test_samples_for_most_of_the_ceiling():
    seen = tt.samples_for_share([0.01, 0.05, 0.1, 0.3, 0.5])
    assert seen == pytest.approx([298.073, 58.404, 28.433, 8.399, 4.322], abs=6e-4)
    with pytest.raises(QuantityError, match="none of"):
        tt.saturation_point(0.8, 0.3, 0.01, convention="other")


def test_rethinking_can_spoil_answers():
    seen = tt.overthinking(0.4, 0.2, 0.05, [0, 1, 2, 5, 10, 20])
    assert seen == pytest.approx([0.4, 0.5, 0.575, 0.705078, 0.777475, 0.798732], abs=6e-7)
    assert tt.overthinking(0.9, 0.2, 0.05, 50) == pytest.approx(0.8, abs=1e-5)
    assert tt.overthinking(0.4, 0.0, 0.0, 9) == 0.4
    state = np.array([0.6, 0.4]) @ np.linalg.matrix_power(np.array([[0.8, 0.2], [0.05, 0.95]]), 7)
    assert tt.overthinking(0.4, 0.2, 0.05, 7) == pytest.approx(state[1])


def test_chains_end_where_the_next_round_is_worse_than_the_mean():
    hazards = [0.1, 0.2, 0.14, 0.098, 0.0686, 0.04802]
    seen = tt.hybrid(hazards, 12)
    known = [0.717570, 0.860686, 0.852998, 0.825774, 0.754753]
    assert seen[[0, 1, 2, 3, 5]] == pytest.approx(known, abs=6e-7)
    assert -np.log1p(-seen) / 12 == pytest.approx(
        [0.105361, 0.164252, 0.159776, 0.145617, 0.130707, 0.117124], abs=6e-7
    )
    assert tt.best_chain(hazards) == 2
    assert tt.hybrid(hazards, [12, 24]).shape == (2, 6)


def test_token_budgets_and_the_checks_of_forced_lengths():
    assert tt.token_budget(2000, [1999, 2000, 9000]).tolist() == [0, 1, 4]
    assert tt.token_budget([1000, 1500, 2500], 2600) == 2
    seen = tt.forced_length_checks([1000, 2000, 4000], [[0, 1200], [0, 1500], [0, 5000]], [0.3, 0.4, 0.5])
    assert seen["control"] == pytest.approx(2 / 3)
    assert seen["performance"] == 0.5
    assert seen["scaling"] == pytest.approx(np.mean([1e-4, 0.2 / 3000, 0.5e-4]))
