"""Votes, weighted votes, best-of-k: exact chances, checked against drawing and against all subsets."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scalewidgets import testtime as tt
from scalewidgets.errors import QuantityError, UnknownNameError

DIGITS = 6e-11


def test_known_votes_between_two_answers():
    votes = [1, 3, 5, 7, 15, 31, 101]
    easy = [0.6, 0.648, 0.68256, 0.710208, 0.7868968174, 0.8716182723, 0.979103309]
    hard = [0.4, 0.352, 0.31744, 0.289792, 0.2131031826, 0.1283817277, 0.020896691]
    assert tt.majority_binary(0.6, votes) == pytest.approx(easy, abs=6e-11)
    assert tt.majority_binary(0.4, votes) == pytest.approx(hard, abs=6e-11)
    assert tt.majority_binary(0.6, 8) == tt.majority_binary(0.6, 7)


def test_known_votes_among_three_answers():
    votes = [1, 2, 3, 4, 5, 10, 20, 40]
    first = [0.4, 0.4, 0.424, 0.4384, 0.44704, 0.497794816, 0.5646249609, 0.6574035747]
    assert tt.majority_vote([0.4, 0.3, 0.3], votes) == pytest.approx(first, abs=6e-11)
    second = [0.3, 0.288, 0.27648, 0.251102592, 0.2176875195, 0.1712982127]
    seen = tt.majority_vote([0.3, 0.4, 0.3], [1, 3, 5, 10, 20, 40])
    assert seen == pytest.approx(second, abs=6e-11)
    assert tt.majority_vote([0.3, 0.3, 0.4], 10) == pytest.approx(seen[3], rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1), st.integers(1, 200))
def test_two_answers_are_a_special_case_of_several(p, votes):
    assert tt.majority_vote([p, 1 - p], votes) == pytest.approx(
        float(tt.majority_binary(p, votes)), abs=1e-11
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=5), st.integers(1, 6), st.data())
def test_a_vote_is_the_sum_over_all_ballots(weights, votes, data):
    p = np.array(weights) / sum(weights)
    correct = data.draw(st.integers(0, len(p) - 1))
    total = 0.0
    for ballot in product(range(len(p)), repeat=votes):
        tally = np.bincount(ballot, minlength=len(p))
        if tally[correct] == tally.max():
            total += np.prod(p[list(ballot)]) / np.sum(tally == tally.max())
    assert tt.majority_vote(p, votes, correct=correct) == pytest.approx(total, abs=1e-12)


def test_recorded_answers_vote_over_all_subsets():
    answers = [0] * 4 + [1] * 3 + [2] * 2 + [3]
    for k in range(1, 11):
        won = []
        for subset in combinations(answers, k):
            tally = np.bincount(subset, minlength=4)
            won.append((tally[0] == tally.max()) / np.sum(tally == tally.max()))
        assert tt.majority_at_k([4, 3, 2, 1], k) == pytest.approx(np.mean(won), abs=1e-12)
        assert tt.majority_at_k([3, 0, 4, 2, 1], k, correct=2) == pytest.approx(np.mean(won), abs=1e-12)
    assert tt.majority_at_k([4, 3], 3, correct=None) == 0
    assert tt.majority_at_k([4, 0], 3, correct=1) == 0
    with pytest.raises(QuantityError, match="11 votes are more"):
        tt.majority_at_k([4, 3, 2, 1], 11)


def test_many_recorded_answers_vote_like_their_shares():
    near = tt.majority_at_k([40_000, 30_000, 30_000], [5, 40])
    assert near == pytest.approx(tt.majority_vote([0.4, 0.3, 0.3], [5, 40]), abs=1e-4)


def test_too_large_a_vote_is_refused_and_can_be_drawn():
    p = np.full(30, 1 / 30)
    with pytest.raises(QuantityError, match="majority_sampled"):
        tt.majority_vote(p, 10)
    with pytest.raises(QuantityError, match="majority_sampled"):
        tt.majority_vote([0.5, 0.5], 201)
    value, error = tt.majority_sampled(p, 10)
    assert value == pytest.approx(1 / 30, abs=4 * error)
    value, error = tt.majority_sampled([0.4, 0.3, 0.3], 20)
    assert value == pytest.approx(0.5646249609, abs=4 * error)
    value, error = tt.majority_sampled([4, 3, 2, 1], 5)
    assert value == pytest.approx(float(tt.majority_at_k([4, 3, 2, 1], 5)), abs=4 * error)


def test_votes_needed_and_what_would_suffice():
    assert tt.votes_needed([0.55, 0.6, 0.7, 0.95, 0.5], 0.9).tolist() == [163, 41, 9, 1, np.inf]
    assert tt.votes_sufficient([0.55, 0.6, 0.7], 0.1) == pytest.approx([460.5, 115.1, 28.8], abs=0.06)
    for p in (0.55, 0.7):
        k = tt.votes_needed(p, 0.9)
        assert tt.majority_binary(p, k) >= 0.9 > tt.majority_binary(p, k - 2)


def test_limits_and_bounds_of_a_vote():
    assert tt.majority_limit([0.4, 0.3, 0.3]) == 1
    assert tt.majority_limit([0.4, 0.4, 0.2]) == 0.5
    assert tt.majority_limit([0.3, 0.4, 0.3]) == 0
    assert -np.log(tt.vote_failure_bound(0.4, 0.3, 1)) == pytest.approx(0.0072056, abs=6e-8)
    assert pytest.approx(0.0050) == (0.4 - 0.3) ** 2 / 2
    for votes in (5, 40, 150):
        wrong_wins = 1 - tt.majority_vote([0.5, 0.3, 0.2], votes)
        assert wrong_wins <= tt.vote_failure_bound(0.5, 0.3, votes, wrong=2)


@pytest.mark.parametrize(
    ("mix", "best", "top", "m"),
    [
        ((0.6, 0.85, 0.40), 5, 0.7110088750, 2.6216109666),
        ((0.5, 0.90, 0.45), 5, 0.6991565625, 2.0555947683),
        ((0.4, 0.80, 0.45), 7, 0.6216897219, 3.1778485142),
    ],
)
def test_more_votes_help_and_then_hurt(mix, best, top, m):
    share, p1, p2 = mix
    odd = np.arange(1, 200, 2)
    seen = tt.vote_mixture([share, 1 - share], [p1, p2], odd)
    assert odd[np.argmax(seen)] == best
    assert seen.max() == pytest.approx(top, abs=DIGITS)
    at, votes, shape = tt.turning_point(share, p1, p2)
    assert at == pytest.approx(m, abs=DIGITS)
    assert (votes, shape) == (best, "maximum")
    if mix[0] == 0.6:
        assert seen[0] == pytest.approx(0.67)
        assert tt.vote_mixture([0.6, 0.4], [p1, p2], 9999) == pytest.approx(0.6, abs=1e-6)


def test_easy_problems_that_decay_slower_win_in_the_end():
    m, votes, shape = tt.turning_point(0.7, 0.6, 0.3)
    assert m < 0
    assert votes == np.inf
    assert shape == "rises"
    seen = tt.vote_mixture([0.7, 0.3], [0.6, 0.3], np.arange(1, 999, 2))
    assert (np.diff(seen) > 0).all()
    assert seen[-1] == pytest.approx(0.7, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 0.95), st.floats(0.55, 0.95), st.floats(0.05, 0.45))
def test_the_turning_point_is_where_the_curve_turns(share, p1, p2):
    _, votes, shape = tt.turning_point(share, p1, p2)
    odd = np.arange(1, 1200, 2)
    seen = tt.vote_mixture([share, 1 - share], [p1, p2], odd)
    if np.isfinite(votes) and votes < 1000:
        assert seen[odd == votes][0] == pytest.approx(seen.max(), abs=1e-9) or shape == "minimum"
    if shape == "rises":
        assert (np.diff(seen) > -1e-12).all()
    if shape == "falls":
        assert (np.diff(seen) < 1e-12).all()


# -- weights, filters, stopping ---


def test_a_weighted_vote_visits_every_subset_or_says_its_error():
    answers, scores = ["a", "b", "b", "c", "a", None], [0.9, 0.2, 0.3, 0.1, 0.8, 5.0]
    for k in (1, 3, 6):
        won = []
        for pick in combinations(range(6), k):
            total = {}
            for i in pick:
                if answers[i]:
                    total[answers[i]] = total.get(answers[i], 0) + scores[i]
            top = max(total.values(), default=0)
            best = [name for name in total if total[name] == top]
            won.append("a" in best and 1 / len(best))
        value, error = tt.weighted_vote_at_k(answers, "a", k, weights=scores)
        assert value == pytest.approx(np.mean(won), abs=1e-12)
        assert error == 0
    many = ["a"] * 40 + ["b"] * 35 + ["c"] * 25
    value, error = tt.weighted_vote_at_k(many, "a", 11)
    assert 0 < error < 0.02
    assert value == pytest.approx(float(tt.majority_at_k([40, 35, 25], 11)), abs=4 * error)
    assert tt.weighted_vote_at_k(["b", "c"], "a", 1) == (0.0, 0.0)
    with pytest.raises(QuantityError, match="k = 7"):
        tt.weighted_vote_at_k(answers, "a", 7)


def test_a_filter_that_keeps_nothing_leaves_the_plain_vote():
    value, _ = tt.weighted_vote_at_k(["a", "a", "b"], "a", 3, weights=[0, 0, 0])
    assert value == 1
    p = [0.4, 0.35, 0.25]
    assert tt.filter_vote(p, [0, 0, 0], 7) == pytest.approx(float(tt.majority_vote(p, 7)))
    assert tt.filter_vote(p, [1, 1, 1], 7) == pytest.approx(float(tt.majority_vote(p, 7)))
    rng = np.random.default_rng(0)
    keep, times = np.array([0.9, 0.3, 0.5]), 60_000
    drawn = rng.choice(3, size=(times, 4), p=p)
    kept = rng.random(drawn.shape) < keep[drawn]
    kept |= ~kept.any(axis=1, keepdims=True)
    tally = np.stack([((drawn == a) & kept).sum(axis=1) for a in range(3)])
    won = (tally[0] == tally.max(axis=0)) / (tally == tally.max(axis=0)).sum(axis=0)
    assert tt.filter_vote(p, keep, 4) == pytest.approx(won.mean(), abs=4 * won.std() / np.sqrt(times))


def test_weights_decide_the_limit_of_a_weighted_vote():
    assert tt.weighted_vote_limit([0.3, 0.5, 0.2], [0.9, 0.4, 0.4]) == 1
    assert tt.weighted_vote_limit([0.3, 0.5, 0.2], [1, 1, 1]) == 0


def test_voting_stops_when_the_leader_is_safe():
    assert tt.leader_stays([4, 5, 7], [0, 1, 1]) == pytest.approx([0.96875, 0.9375, 0.98046875], abs=1e-15)
    accuracy, votes = tt.adaptive_vote(0.8, 0.95, 40)
    assert votes < 9
    assert accuracy > 0.95
    rng = np.random.default_rng(1)
    seen = [tt.adaptive_vote_recorded(list(rng.random(40) < 0.8), 0.95) for _ in range(2000)]
    assert np.mean([count for _, count in seen]) == pytest.approx(votes, abs=0.4)
    assert np.mean([answer for answer, _ in seen]) == pytest.approx(accuracy, abs=0.02)
    assert tt.adaptive_vote(0.7, 1 - 1e-12, 9)[0] == pytest.approx(float(tt.majority_binary(0.7, 9)))


# -- best of k ---


def test_known_best_of_k():
    scores = [5, 4, 3, 2, 1]
    assert tt.best_of_k(scores, [1, 0, 1, 0, 0], range(1, 6)) == pytest.approx([0.4, 0.6, 0.7, 0.8, 1.0])
    assert tt.best_of_k(scores, [0, 1, 1, 0, 0], range(1, 6)) == pytest.approx([0.4, 0.5, 0.4, 0.2, 0.0])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=8), st.data())
def test_best_of_k_is_the_mean_over_subsets_with_ties_shared(rows, data):
    score, value = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    k = data.draw(st.integers(1, len(rows)))
    best, least = [], []
    for pick in combinations(range(len(rows)), k):
        pick = list(pick)
        best.append(value[pick][score[pick] == score[pick].max()].mean())
        least.append(value[pick].min())
    assert tt.best_of_k(score, value, k) == pytest.approx(np.mean(best), abs=1e-12)
    assert tt.worst_of_k(value, k) == pytest.approx(np.mean(least), abs=1e-12)
    assert tt.best_of_k(np.zeros(len(rows)), value, k) == pytest.approx(value.mean(), abs=1e-12)


def test_worst_of_zeros_and_ones_is_pass_all_k():
    right = np.array([[1, 1, 1, 0], [1, 0, 0, 0]])
    assert tt.worst_of_k(right, [1, 2, 3]) == pytest.approx(tt.pass_all_k(4, [3, 1], [1, 2, 3]))
    assert tt.longest_of_k([3.0, 1.0, 2.0], [1, 3]) == pytest.approx([2, 3])
    with pytest.raises(QuantityError, match="k = 5"):
        tt.best_of_k([1, 2, 3, 4], [1, 0, 0, 0], 5)
    with pytest.raises(QuantityError, match="shape"):
        tt.best_of_k([1, 2, 3], [1, 0], 1)


def test_known_accuracies_of_the_score_model():
    k = [4, 16, 64, 256, 1024]
    weak = [0.375189, 0.555815, 0.699988, 0.799628, 0.864649]
    strong = [0.510885, 0.842505, 0.967373, 0.991547, 0.997130]
    assert tt.best_of_k_model(0.2, 0.0, k) == pytest.approx(np.full(5, 0.2), abs=1e-9)
    assert tt.best_of_k_model(0.2, 1.0, k) == pytest.approx(weak, abs=6e-7)
    assert tt.best_of_k_model(0.2, 2.0, k) == pytest.approx(strong, abs=6e-7)


def test_a_heavy_tail_of_wrong_scores_wins_in_the_end():
    seen = tt.best_of_k_model(0.5, 2.0, [1, 10, 10**4, 10**8], tail="student")
    assert seen[1] > seen[0]
    assert seen[-1] < 1e-3
    rng = np.random.default_rng(2)
    right = rng.random((100_000, 10)) < 0.5
    score = np.where(right, rng.normal(2, 1, right.shape), rng.standard_t(3, right.shape))
    won = right[np.arange(100_000), score.argmax(axis=1)].mean()
    assert seen[1] == pytest.approx(won, abs=0.006)
    same = tt.best_of_k_model(0.3, 0.0, 50, right=stats.norm(0), wrong=stats.norm(0))
    assert same == pytest.approx(0.3, abs=1e-9)
    with pytest.raises(UnknownNameError, match="gaussian"):
        tt.best_of_k_model(0.3, 1.0, 5, tail="gausian")


def test_auc_score_quantiles_and_divergence():
    assert tt.separation_of_auc(tt.auc_of_separation(1.3)) == pytest.approx(1.3)
    assert tt.auc_of_separation(0) == 0.5
    assert tt.best_of_n_kl([1, 4, 16, 64]) == pytest.approx([0, 0.636294, 1.835089, 3.174508], abs=6e-7)
    n = int(tt.samples_for_score(0.9, 0.95))
    assert 1 - 0.9**n >= 0.95 > 1 - 0.9 ** (n - 1)


# -- temperatures ---


def test_several_temperatures_insure_and_one_is_best_on_one_problem():
    p = [0.05, 0.2]
    assert tt.union_coverage(p, [8, 8]) == pytest.approx(0.8886965213, abs=DIGITS)
    assert tt.union_coverage(p, [16, 0]) == pytest.approx(0.5598733313, abs=DIGITS)
    assert tt.union_coverage(p, [0, 16]) == pytest.approx(0.9718525023, abs=DIGITS)
    assert tt.split_over_temperatures([p], 16).tolist() == [0, 16]
    assert tt.split_over_temperatures([[0.3, 0.0], [0.0, 0.3]], 8).tolist() == [4, 4]


def test_union_of_counts_is_unbiased():
    one, two = np.arange(7), np.arange(5)
    chance = stats.binom.pmf(one, 6, 0.2)[:, None] * stats.binom.pmf(two, 4, 0.5)
    c = np.stack(np.meshgrid(one, two, indexing="ij"), axis=-1)
    seen = tt.union_pass_at_k([6, 4], c, [3, 2])
    assert (chance * seen).sum() == pytest.approx(float(tt.union_coverage([0.2, 0.5], [3, 2])), abs=1e-12)
    with pytest.raises(QuantityError, match="above n"):
        tt.union_pass_at_k([6, 4], [1, 1], [3, 5])


def test_a_vote_over_temperatures_can_leave_early():
    easy = [["a", "a", "a"], ["b", "b", "a"], ["c", "b", "b"]]
    assert tt.temperature_vote(easy) == ("b", 9)
    assert tt.temperature_vote(easy, agree=0.9) == ("a", 3)
    with pytest.raises(QuantityError, match="no answers"):
        tt.temperature_vote([[None], []])
