"""Fits to coverage, votes and rewards: they recover what made the data, and say when the data do not tell."""

import numpy as np
import pytest
from scipy import integrate, special, stats

import scalewidgets as sw
from scalewidgets import testtime as tt
from scalewidgets.errors import QuantityError, UnknownNameError
from scalewidgets.fitting import Status
from scalewidgets.testtime import beta_fit

# Pythia on MATH, 128 problems with 10,000 samples each: coverage at 1, 10, 100, 1,000 and 10,000, least
# squares on the logs over 100 log-spaced whole k, and the beta-binomial by likelihood.
PYTHIA = {
    "70M": ((0.0006, 0.0060, 0.0361, 0.1241, 0.2656), 7.995, 0.1938, 0.0650, 100.08, 1.5133, 94),
    "160M": ((0.0027, 0.0251, 0.1619, 0.4102, 0.5703), 6.782, 0.2845, 0.1755, 65.575, 3.3661, 55),
    "410M": ((0.0062, 0.0517, 0.2272, 0.4818, 0.6562), 5.615, 0.2893, 0.1804, 28.748, 4.0043, 44),
    "1B": ((0.0083, 0.0665, 0.2745, 0.5462, 0.7422), 5.491, 0.3156, 0.2156, 25.489, 4.4552, 33),
    "2.8B": ((0.0203, 0.1348, 0.4220, 0.6778, 0.8125), 4.212, 0.3397, 0.2460, 11.704, 5.4581, 24),
    "6.9B": ((0.0186, 0.1314, 0.4316, 0.6877, 0.8359), 4.361, 0.3518, 0.2698, 14.163, 5.4861, 21),
    "12B": ((0.0232, 0.1568, 0.4834, 0.7233, 0.8750), 4.192, 0.3720, 0.2955, 12.365, 5.7995, 16),
}


@pytest.fixture(scope="module")
def counts():
    table = sw.load("pythia_math")
    return {
        model.removeprefix("Pythia-"): (rows["n_samples"].to_numpy(), rows["n_correct"].to_numpy())
        for model, rows in table.groupby("model")
    }


@pytest.mark.parametrize("size", PYTHIA)
def test_public_counts_give_the_reference_table(counts, size):
    n, c = counts[size]
    coverage, amplitude, beta, a, b, nll, empty = PYTHIA[size]
    curve = tt.coverage_curve(n, c, [1, 10, 100, 1000, 10000])
    assert curve.value == pytest.approx(coverage, abs=5.1e-5)
    assert curve.problems - curve.solved == empty
    grid = np.unique(np.geomspace(1, 10000, 100).astype(int))
    fit = tt.fit_coverage(grid, tt.coverage_curve(n, c, grid).value)
    assert fit.amplitude == pytest.approx(amplitude, abs=6e-4)
    assert fit.beta == pytest.approx(beta, abs=6e-5)
    mixed = tt.fit_beta_binomial(n, c)
    assert mixed.status is Status.CONVERGED
    assert mixed.a == pytest.approx(a, abs=6e-5)
    assert mixed.b == pytest.approx(b, rel=5e-5)
    assert mixed.mean_nll == pytest.approx(nll, abs=6e-5)
    assert mixed.unsolved == empty
    # The slope over this range exceeds the exponent of the tail: the asymptote is not reached.
    assert fit.beta > mixed.a
    assert mixed.local_exponent(10_000) > mixed.a


def test_public_coding_runs_give_the_published_pass_at_k():
    table = sw.load("agents_problems").groupby("model")
    known = {
        "single: gpt-4-turbo-2024-04-09": (0.8963, 0.9226, 0.9268),
        "single: gpt-3.5-turbo-0125": (0.7390, 0.7884, 0.8049),
        "single: gpt-4-1106-preview": (0.8674, 0.9019, 0.9103),
    }
    for model, values in known.items():
        rows = table.get_group(model)
        curve = tt.coverage_curve(rows["n_samples"], rows["n_correct"], [1, 3, 5])
        assert curve.value == pytest.approx(values, abs=5.1e-5)


def test_coverage_of_a_hundred_samples_reaches_ten_thousand_by_no_way_best(counts):
    rng = np.random.default_rng(0)
    for size, known in {"160M": (0.555, 0.613), "12B": (0.870, 0.855)}.items():
        n, c = (part.astype(int) for part in counts[size])
        few = [rng.hypergeometric(c, n - c, 100) for _ in range(20)]
        seen = [tt.extrapolate(100, one, 10_000, resamples=0).value[[0, 2], 0] for one in few]
        mean, spread = np.mean(seen, axis=0), np.std(seen, axis=0)
        # Recomputed from 20 subsamples: 0.555 and 0.613 (160M), 0.870 and 0.855 (12B).
        assert np.abs(mean - known).max() < 0.045
        assert spread[1] > spread[0]


def test_intervals_of_extrapolations_hold_the_truth(counts):
    n, c = counts["12B"]
    few = np.random.default_rng(1).hypergeometric(c.astype(int), (n - c).astype(int), 100)
    seen = tt.extrapolate(100, few, [10, 100, 10_000])
    truth = tt.coverage_curve(n, c, [10, 100, 10_000]).value
    assert ((seen.low < truth) & (truth < seen.high)).all()
    assert (seen.high - seen.low < 0.3).all()
    assert np.isfinite(seen.counted[:2]).all()
    assert np.isnan(seen.counted[2])
    assert seen.to_frame()["extrapolated"].tolist() == [False, False, True] * 3
    assert "2.0 decades beyond" in seen.report()
    assert seen.to_dict() == tt.extrapolate(100, few, [10, 100, 10_000]).to_dict()


def test_beta_binomial_recovers_what_made_the_counts_whatever_stopped_the_sampling():
    rng = np.random.default_rng(2)
    p = rng.beta(0.4, 6, 4000)
    n = rng.integers(20, 300, 4000)
    fixed = tt.fit_beta_binomial(n, rng.binomial(n, p))
    draws = np.minimum(2 + rng.negative_binomial(2, p.clip(1e-6)), 500)
    solved = np.where(draws < 500, 2, rng.binomial(1, 0.5, 4000))
    # Given up at 500 with fewer than two: those with p large enough never get there.
    stopped = draws < 500
    tail = rng.binomial(500, p)
    solved = np.where(stopped, 2, np.minimum(tail, 1))
    adaptive = tt.fit_beta_binomial(draws, solved)
    for fit in (fixed, adaptive):
        assert fit.a == pytest.approx(0.4, rel=0.12)
        assert fit.b == pytest.approx(6, rel=0.2)
    assert fixed.covariance[0, 0] ** 0.5 < 0.06
    drawn = tt.sampling_of(draws[stopped], np.full(stopped.sum(), 2))
    assert drawn == "until success"


def test_beta_binomial_is_at_the_maximum_of_an_independent_likelihood(counts):
    n, c = counts["1B"]
    fit = tt.fit_beta_binomial(n, c)

    def nll(a, b):
        return -stats.betabinom.logpmf(c, n, a, b).mean()

    best = nll(fit.a, fit.b)
    assert best == pytest.approx(fit.mean_nll, abs=1e-8)
    for da, db in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        assert nll(fit.a * (1 + da), fit.b * (1 + db)) > best


def test_scaled_form_is_its_own_likelihood(counts):
    n, c = counts["70M"]
    fit = tt.fit_beta_binomial(n, c, scale="observed")
    assert fit.scale == pytest.approx(129 / 128 * c.max() / 10_000)
    rate = np.exp(np.linspace(-60, -1e-9, 20_001))  # over many decades: the density has a pole at 0
    density = stats.beta.pdf(rate, fit.a, fit.b) * rate * 60 / 20_000
    direct = [np.log(stats.binom.pmf(j, 10_000, fit.scale * rate) @ density) for j in (1, 50, c.max())]
    tally = tt.fit_beta_binomial([10_000] * 3, [1, 50, c.max()], scale=fit.scale)
    assert np.isfinite(tally.mean_nll)
    said = beta_fit._log_likelihood(
        np.log([fit.a, fit.b]), np.full(3, 1e4), np.array([1.0, 50.0, c.max()]),
        beta_fit._thinning(np.full(3, 1e4), np.array([1.0, 50.0, c.max()]), fit.scale), 0.0,
    )  # fmt: skip
    assert said == pytest.approx(direct, rel=1e-4)
    rng = np.random.default_rng(3)
    p = 0.3 * rng.beta(0.8, 1.5, 3000)
    made = tt.fit_beta_binomial(50, rng.binomial(50, p), scale=0.3)
    assert made.a == pytest.approx(0.8, rel=0.1)
    assert made.b == pytest.approx(1.5, rel=0.2)
    assert made.coverage(20) == pytest.approx((1 - (1 - p) ** 20).mean(), abs=0.02)
    with pytest.raises(QuantityError, match="closed form"):
        made.local_exponent(3)


def test_a_plateau_is_found_where_there_is_one_and_only_there(counts):
    rng = np.random.default_rng(4)
    p = rng.beta(2.0, 6.0, 3000) * (rng.random(3000) > 0.3)
    fit = tt.fit_beta_binomial(100, rng.binomial(100, p), unsolvable=True)
    assert fit.unsolvable == pytest.approx(0.3, abs=0.03)
    assert fit.coverage(10**6) == pytest.approx(0.7, abs=0.03)
    none = tt.fit_beta_binomial(*counts["12B"], unsolvable=True)
    assert none.unsolvable == 0
    assert none.status is Status.CONVERGED


def test_a_fit_of_the_tail_has_the_mass_of_the_problems_that_nobody_solved(counts):
    n, c = (np.asarray(part) for part in counts["2.8B"])
    found = tt.fit_tail_mass(n, c)
    assert found.status is Status.CONVERGED
    assert special.betainc(found.a, found.b, 1 / n[0]) == pytest.approx((c == 0).mean(), abs=1e-9)
    free = tt.fit_beta_binomial(n, c)
    assert free.mean_nll <= found.mean_nll < free.mean_nll + 0.05
    assert found.mean_nll == pytest.approx(-stats.betabinom.logpmf(c, n, found.a, found.b).mean(), rel=1e-9)


def test_a_kumaraswamy_fit_is_the_maximum_of_its_own_likelihood(counts):
    def likelihood(a, b, n, c):
        def part(p):
            return stats.binom.pmf(c, n, p) * a * b * p ** (a - 1) * (1 - p**a) ** (b - 1)

        return integrate.quad(part, 0, 1, points=[c / n], limit=200)[0]

    n, c = np.array([20, 20, 20, 40, 40]), np.array([0, 1, 5, 12, 39])
    found = tt.fit_kumaraswamy(n, c)
    assert found.status is Status.CONVERGED

    def mean_nll(a, b):
        return -np.mean([np.log(likelihood(a, b, *pair)) for pair in zip(n, c, strict=True)])

    assert found.mean_nll == pytest.approx(mean_nll(found.a, found.b), rel=1e-6)
    for a, b in ((1.1, 1), (0.9, 1), (1, 1.1), (1, 0.9)):
        assert mean_nll(found.a * a, found.b * b) > found.mean_nll
    rng = np.random.default_rng(2)
    p = (1 - (1 - rng.random(20_000)) ** (1 / 9)) ** (1 / 0.4)
    again = tt.fit_kumaraswamy(np.full(20_000, 60), rng.binomial(60, p))
    assert (again.a, again.b) == (pytest.approx(0.4, rel=0.03), pytest.approx(9, rel=0.06))
    # On public counts it is hardly told apart from a Beta, and extrapolates alike.
    public = tt.fit_kumaraswamy(*counts["2.8B"])
    beta = tt.fit_beta_binomial(*counts["2.8B"])
    assert abs(public.mean_nll - beta.mean_nll) < 0.05
    assert float(public.coverage(100)) == pytest.approx(0.42, abs=0.03)
    assert "No problem has a success" in tt.fit_kumaraswamy([5, 5], [0, 0]).report()


def test_a_tail_that_cannot_be_matched_says_why():
    assert "Every problem is solved" in tt.fit_tail_mass([10, 10], [1, 2]).report()
    assert "No problem is solved" in tt.fit_tail_mass([10, 10], [0, 0]).report()
    with pytest.raises(QuantityError, match="no one bucket"):
        tt.fit_tail_mass([10, 20], [1, 0])


def test_counts_that_tell_nothing_are_values_with_a_reason():
    empty = tt.fit_beta_binomial(np.full(30, 100), np.zeros(30))
    assert empty.status is Status.REFUSED
    assert np.isnan(empty.coverage([1, 2])).all()
    assert "No problem has a success" in empty.report()
    alike = tt.fit_beta_binomial(np.full(30, 100), np.full(30, 50))
    assert alike.status is Status.ON_BOUND
    assert "do not differ" in alike.reason
    assert tt.fit_beta_binomial([5, 6], [1, 2]).status is Status.ON_BOUND
    assert "no fit" in tt.extrapolate([1, 1, 1], [0, 1, 0], 10).report()
    seen = tt.extrapolate(np.full(30, 100), np.zeros(30), [10, 1000])
    assert np.isnan(seen.value).all()
    assert all(value is None for row in seen.to_dict()["value"] for value in row)
    assert "no fit" in seen.report()
    assert "no problems" in tt.fit_beta_binomial([], []).report()


def test_power_law_fits_recover_their_own_curve():
    k = np.unique(np.rint(np.geomspace(1, 1e4, 40)))
    for method in ("log-log", "nonlinear"):
        fit = tt.fit_coverage(k, tt.coverage_power(4.192, 0.372, k), method=method)
        assert (fit.amplitude, fit.beta) == pytest.approx((4.192, 0.372), rel=1e-6)
        assert fit.samples_for(0.9) == pytest.approx(19970.3, rel=1e-4)
        assert "0.368" in fit.report()
    fit = tt.fit_coverage([1, 10, 100], [0.0, 0.3, 1.0])
    assert fit.status is Status.REFUSED
    assert fit.dropped == 2
    flat = tt.fit_coverage([1, 10, 100], [0.5, 0.4, 0.3])
    assert flat.status is Status.REFUSED
    with pytest.raises(QuantityError, match="neither log-log"):
        tt.fit_coverage(k, k / 2e4, method="other")
    with pytest.raises(UnknownNameError, match="beta-binomial"):
        tt.extrapolate(10, [1, 2], 100, ways=["beta-binomal"])


def test_adaptive_counts_are_said_to_bias_the_curve():
    rng = np.random.default_rng(5)
    p = rng.beta(0.8, 4, 200).clip(1e-3)
    seen = tt.extrapolate(2 + rng.negative_binomial(2, p), np.full(200, 2), 1000)
    assert "the likelihood does not" in seen.report()


# -- saturation ---


def test_saturation_recovers_ceiling_and_rate_when_the_curve_has_turned():
    n = np.array([1, 2, 4, 8, 16, 32, 64])
    rng = np.random.default_rng(6)
    truth = tt.saturation_curve(0.8, 0.15, n)
    fit = tt.fit_saturation(n, rng.binomial(400, truth) / 400, 400, level=0.99)
    assert fit.ceiling_low < 0.8 < fit.ceiling_high
    assert fit.p == pytest.approx(0.15, rel=0.2)
    assert fit.identified
    assert fit.status is Status.CONVERGED
    assert fit.point(0.01) == tt.saturation_point(fit.ceiling, fit.p, 0.01)


def test_a_ceiling_that_the_samples_do_not_reach_is_not_identified():
    n = np.array([1, 2, 3, 4, 6])
    fit = tt.fit_saturation(n, tt.saturation_curve(0.7, 0.02, n), 200)
    assert not fit.identified
    assert fit.ceiling_high == 1
    assert fit.status in (Status.NOT_IDENTIFIED, Status.ON_BOUND)
    assert fit.product == pytest.approx(0.014, rel=0.15)
    assert "not identified" in fit.report()
    # Along the ridge the product stays, the ceiling does not.
    open_ridge = fit.ridge[fit.ridge[:, 2] < 1]
    product = open_ridge[:, 0] * open_ridge[:, 1]
    assert np.ptp(open_ridge[:, 0]) > 0.3
    assert np.ptp(product) < 0.3 * product.mean()


def test_one_rate_is_misspecified_for_problems_of_mixed_difficulty():
    n = np.array([1, 2, 4, 8, 16, 32, 64, 128, 256])
    fit = tt.fit_saturation(n, tt.coverage_beta(0.3, 2.0, n), 1000)
    assert min(fit.aic, key=fit.aic.get) == "Beta difficulty"
    assert "saturates too soon" in fit.report()
    with pytest.raises(QuantityError, match="three values"):
        tt.fit_saturation([1, 2], [0.1, 0.2], 100)


# -- votes ---


def test_votes_predicted_from_few_turn_where_they_turn():
    tallies = [[8, 2], [6, 4], [9, 1], [4, 6], [3, 7]]
    votes = np.array([1, 3, 5, 7, 9, 15, 21])
    rates = np.array([t[0] / 10 for t in tallies])
    curve = np.array([tt.majority_binary(r, votes) for r in rates])
    marks = [tt.question_difficulty(t, 0) for t in tallies]
    assert [round(m[0], 6) for m in marks] == [-0.6, -0.2, -0.8, 0.2, 0.4]
    fit = tt.fit_votes(votes, curve, [m[1] for m in marks])
    assert np.abs(fit.questions(votes).T - curve).max() < 0.03
    far = np.array([41, 101])
    truth = np.array([tt.majority_binary(r, far) for r in rates]).mean(axis=0)
    assert fit.accuracy(far) == pytest.approx(truth, abs=0.03)
    assert "3 of 5 questions are easy" in fit.report()


def test_an_easy_question_that_ties_is_shared():
    assert tt.question_difficulty([4, 4, 2], 0) == (0.0, True, 2)
    assert tt.question_difficulty([1, 4], None) == (0.8, False, 1)
    votes = np.array([1, 5, 20])
    fit = tt.fit_votes(votes, [[0.4, 0.48, 0.5]], [True], ties=[2])
    assert fit.accuracy(10**4) == pytest.approx(0.5, abs=0.02)
    with pytest.raises(QuantityError, match="three numbers"):
        tt.fit_votes([1, 3], [[0.5, 0.6]], [True])


# -- training with test time in mind ---


def test_known_factors_of_the_coverage_loss():
    assert tt.dco_factor(0.1, 16) == pytest.approx(0.4043532929, abs=6e-11)
    assert tt.dco_factor(0.01, 256) == pytest.approx(0.2136439944, abs=6e-11)
    assert tt.dco_factor(0.1, 256) == pytest.approx(5.4964e-11, rel=1e-4)
    assert tt.dco_factor([0, 0.3, 1], 1).tolist() == pytest.approx([1, 1, 1])
    p = np.array([0.2, 0.2 + 1e-7])
    slope = np.diff(tt.dco_loss(p, 5)) / np.diff(np.log(p))
    assert -slope == pytest.approx(tt.dco_factor([0.2], 5), rel=1e-5)


def test_a_model_that_is_sure_loses_to_one_that_spreads_at_seven_samples():
    k = np.arange(1, 20)
    spread = tt.success_within(0.1, k)
    assert k[np.argmax(spread > 0.5)] == 7
    assert spread[6] == pytest.approx(0.5217, abs=5e-5)


def test_the_gap_of_a_verifier_grows_with_the_root_of_the_horizon():
    assert tt.verifier_gap_growth([1, 4, 100]).tolist() == [1, 2, 10]
    assert float(tt.verifier_gap_growth(8, 2)) == 2


def test_known_values_of_the_reward_sigmoid():
    recipe = {"start": 0.1, "ceiling": 0.61, "midpoint": 2000, "slope": 1.5}
    seen = tt.rl_reward([500, 2000, 8000, 50000], **recipe)
    assert seen == pytest.approx([0.1566666667, 0.355, 0.5533333333, 0.6059523809], abs=6e-11)
    assert tt.rl_compute_for(0.5, **recipe) == pytest.approx(4729.4234, abs=5e-5)
    with pytest.raises(QuantityError, match="strictly between"):
        tt.rl_compute_for(0.61, **recipe)
    x = np.geomspace(100, 50_000, 40)
    fit = tt.fit_rl_reward(x, tt.rl_reward(x, **recipe), drop_before=300)
    assert (fit.start, fit.ceiling) == pytest.approx((0.1, 0.61), abs=1e-3)
    assert fit.midpoint == pytest.approx(2000, rel=1e-2)
    assert fit.dropped == np.sum(x < 300)
    early = tt.fit_rl_reward(x[:16], tt.rl_reward(x[:16], **recipe), drop_before=100)
    assert not early.ceiling_seen
    assert "not identified" in early.report()


def test_parallel_streams_stand_for_parameters():
    gain = 0.393457
    stack = {"E": 0.691207, "A": 0.011307e9, "alpha": 0.189358, "k": gain}
    assert sw.law("parscale").value({"N": 2.8e9, "P": 4}, stack) == pytest.approx(1.015482, abs=6e-6)
    seen = tt.streams_equivalent(2.8e9, 4, gain) / tt.streams_equivalent(1, [1, 2, 8], gain) / 1e9
    assert seen == pytest.approx([4.3273, 3.4000, 2.3800], abs=6e-5)
    assert tt.streams_equivalent(1, 8, gain) == pytest.approx(1.8182, abs=5e-5)
    assert tt.streams_equivalent(1, 8, 0.334442) == pytest.approx(1.6955, abs=5e-5)


STREAMS = {
    "The Pile": (None, {"E": 1.288588, "A": 0.197517e9, "alpha": 0.196281, "k": 0.334442}, 0.99868),
    # Losses of arXiv:2505.10475 on Stack-V2 Python, 1, 2, 4 and 8 streams of six sizes.
    "Stack": (
        [
            [1.1722, 1.1496, 1.1131, 1.0817, 1.0451, 1.0213],
            [1.1507, 1.1262, 1.0940, 1.0623, 1.0244, 1.0025],
            [1.1354, 1.1124, 1.0808, 1.0490, 1.0126, 0.9906],
            [1.1231, 1.0997, 1.0688, 1.0383, 1.0016, 0.9794],
        ],
        {"E": 0.691207, "A": 0.011307e9, "alpha": 0.189358, "k": 0.393457},
        0.99783,
    ),
}


@pytest.mark.parametrize("corpus", STREAMS)
def test_published_losses_of_parallel_streams_give_their_law(corpus):
    losses, known, explained = STREAMS[corpus]
    runs = sw.load("parallel_streams").drop(columns="params")
    runs = runs.rename(columns={"streams": "P", "params_non_embed": "params"}).sort_values(["P", "params"])
    if losses is not None:
        runs["loss"] = np.ravel(losses)
    fit = sw.fit(runs, law="parscale", resamples=0, starts=4)
    assert fit.coefficients == pytest.approx(known, rel=1e-3)
    said = fit.law.value({"N": runs["params"], "P": runs["P"]}, fit.coefficients)
    left = ((runs["loss"] - said) ** 2).sum() / ((runs["loss"] - runs["loss"].mean()) ** 2).sum()
    assert 1 - left == pytest.approx(explained, abs=1.1e-5)


def test_task_law_of_pass_rates_is_a_line_of_log_log():
    n = np.geomspace(1e7, 1e10, 4)
    rate = sw.law("passuntil").value({"N": n}, {"c": 3e3, "alpha": 0.34})
    y = np.log(-np.log(rate))
    assert np.diff(y, 2) == pytest.approx(np.zeros(2), abs=1e-9)
    assert special.expit(0) == 0.5


def test_resamples_of_problems_that_do_not_differ_are_fitted_without_a_crash():
    # The likelihood is flat towards one success rate: no step may ask for the inverse of nothing.
    rng = np.random.default_rng(0)
    n = np.full(40, 16.0)
    c = rng.binomial(16, 0.3, 40).astype(float)
    pairs, of = np.unique(np.stack([n, c]), axis=1, return_inverse=True)
    weights = np.zeros((200, pairs.shape[1]))
    for row in weights:
        np.add.at(row, of.ravel()[rng.integers(0, 40, 40)], 1)
    shapes, _ = beta_fit.newton(*pairs, weights)
    mean = 1 / (1 + np.exp(shapes[:, 1] - shapes[:, 0]))
    assert mean == pytest.approx(weights @ pairs[1] / 16 / 40, abs=0.02)
