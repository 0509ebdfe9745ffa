"""Budgets over problems and strategies: no better split exists, and what is missed is said."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalewidgets import testtime as tt
from scalewidgets.errors import QuantityError


@pytest.mark.parametrize(
    ("budget", "split", "solved", "uniform"),
    [
        (20, [4, 8, 8, 0], 2.1063074087, 1.9162990126),
        (60, [6, 14, 33, 7], 2.8243032767, 2.6414355255),
        (400, [10, 26, 86, 278], 3.9226843796, 3.6280471293),
    ],
)
def test_known_splits(budget, split, solved, uniform):
    seen = tt.allocate([0.5, 0.2, 0.05, 0.01], budget)
    assert seen.samples.tolist() == split
    assert seen.value == pytest.approx(solved, abs=6e-11)
    assert seen.uniform == pytest.approx(uniform, abs=6e-11)
    assert seen.gap <= 1e-12
    assert "it is optimal" in seen.report()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=3), st.integers(0, 7))
def test_no_other_split_of_unit_costs_solves_more(p, budget):
    seen = tt.allocate(p, budget)
    best = max(
        sum(float(tt.success_within(q, n)) for q, n in zip(p, split, strict=True))
        for split in product(range(budget + 1), repeat=len(p))
        if sum(split) <= budget
    )
    assert seen.value == pytest.approx(best, abs=1e-9)
    assert seen.samples.sum() <= budget
    assert seen.gap <= 1e-9


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 0.9), st.floats(0.5, 3), st.floats(0.5, 3)), min_size=1, max_size=3),
    st.floats(0.5, 8),
)
def test_with_unequal_costs_the_bound_holds_for_every_split(rows, budget):
    p, value, cost = (np.array(part) for part in zip(*rows, strict=True))
    seen = tt.allocate(p, budget, value=value, cost=cost)
    best = max(
        float(value @ tt.success_within(p, np.array(split)))
        for split in product(range(17), repeat=len(p))
        if cost @ np.array(split) <= budget
    )
    assert seen.value <= best + 1e-9
    assert best <= seen.bound + 1e-9
    assert cost @ seen.samples <= budget * (1 + 1e-9)
    assert seen.spent == pytest.approx(cost @ seen.samples)


def test_fractions_of_samples_satisfy_the_first_order_condition():
    p, value, cost = np.array([0.5, 0.2, 0.05]), np.array([1, 2, 1.0]), np.array([1, 2, 0.5])
    n = tt.allocate_continuous(p, 40, value=value, cost=cost)
    assert cost @ n == pytest.approx(40)
    price = value * -np.log1p(-p) * (1 - p) ** n / cost
    assert np.ptp(price[n > 0]) < 1e-9 * price.max()
    assert tt.allocate_continuous([0.5, 0.0], 3).tolist() == [3, 0]


def test_certain_and_hopeless_problems_and_large_budgets():
    seen = tt.allocate([0.0, 1.0, 0.3], 10)
    assert seen.samples[:2].tolist() == [0, 1]
    assert tt.allocate([0.0, 0.0], 10).value == 0
    assert tt.allocate([], 10).value == 0
    many = tt.allocate(np.random.default_rng(0).beta(0.3, 5, 2000), 1e6)
    assert many.samples.sum() == 10**6
    assert many.value > many.uniform
    with pytest.raises(QuantityError, match="budget"):
        tt.allocate([0.5], -1)


def test_the_middle_moves_to_harder_problems_as_the_budget_grows():
    p = np.array([0.5, 0.2, 0.05, 0.01])
    top = [int(np.argmax(tt.allocate(p, budget).samples)) for budget in (3, 20, 60, 400)]
    assert top == sorted(top)
    assert top[-1] == 3


def test_uncertain_rates_get_the_mean_gain_under_their_posterior():
    seen = tt.allocate_posterior([0.5, 3.0], [2.0, 3.0], 12)
    best = max(
        float(tt.coverage_beta([0.5, 3.0], [2.0, 3.0], np.array([n, 12 - n])).sum()) for n in range(13)
    )
    assert seen.value == pytest.approx(best, rel=1e-12)
    sharp = tt.allocate_posterior(np.array([0.5, 0.2]) * 1e9, np.array([0.5, 0.8]) * 1e9, 20)
    assert sharp.samples.tolist() == tt.allocate([0.5, 0.2], 20).samples.tolist()


def test_samples_for_an_estimate_follow_its_variance():
    p = np.linspace(0.001, 0.2, 400)
    n = tt.samples_for_estimate(p, 10, 4000)
    assert n.sum() == pytest.approx(4000)
    assert p[np.argmax(n)] == pytest.approx(1 / 20, abs=1e-3)
    assert tt.next_problem([5, 3, 3, 9], [1, 0, 1, 0]) == 1
    assert tt.next_problem([5, 3, 3, 3], [1, 0, 0, 2], seed=0) in (1, 2)
    solved, attempts = tt.solved_by_cap([0.5, 0.1], [1, 4])
    assert solved == pytest.approx([0.6, 0.9375 + 0.3439])
    assert attempts == pytest.approx([2, 1.875 + 3.439])


def test_a_strategy_for_each_difficulty_is_scored_on_other_problems():
    rng = np.random.default_rng(1)
    rate = rng.beta(1, 1, 400)
    sequential = (rng.random(400) < np.where(rate > 0.5, 0.9, 0.2)).astype(float)
    parallel = (rng.random(400) < np.where(rate > 0.5, 0.7, 0.5)).astype(float)
    seen = tt.best_by_difficulty(rate, np.stack([sequential, parallel], axis=1), names=["rounds", "samples"])
    assert seen.chosen[0] == "samples"
    assert seen.chosen[-1] == "rounds"
    assert seen.accuracy > seen.single + 0.05
    # With nothing to choose between, choosing looks good only on the problems that chose.
    noise = (rng.random((60, 12)) < 0.5).astype(float)
    fooled = tt.best_by_difficulty(rng.random(60), noise)
    assert fooled.optimistic > 0.6
    assert fooled.accuracy == pytest.approx(0.5, abs=0.06)
    with pytest.raises(QuantityError, match="bins"):
        tt.best_by_difficulty([0.1, 0.2], noise[:2])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 1), min_size=2, max_size=2), min_size=1, max_size=4),
    st.lists(st.floats(0.2, 2), min_size=2, max_size=2),
    st.floats(0, 5),
)
def test_assigning_strategies_misses_no_more_than_it_says(value, cost, budget):
    value, cost = np.array(value), np.array(cost)
    seen = tt.assign_strategies(value, cost, budget)
    best = 0.0
    for choice in product((-1, 0, 1), repeat=len(value)):
        if sum(cost[j] for j in choice if j >= 0) <= budget:
            best = max(best, sum(value[i, j] for i, j in enumerate(choice) if j >= 0))
    assert seen.value <= best + 1e-9 <= seen.bound + 2e-9
    assert seen.spent <= budget * (1 + 1e-9)
    assert seen.value == pytest.approx(sum(value[i, j] for i, j in enumerate(seen.chosen) if j >= 0))


def test_a_tree_search_gives_its_children_to_the_better_nodes():
    seen = tt.rebase_children([0.9, 0.5, 0.1], 16, 0.2)
    weight = np.exp(np.array([0.9, 0.5, 0.1]) / 0.2)
    assert seen.tolist() == np.rint(16 * weight / weight.sum()).tolist()
    assert tt.rebase_children([0.9, 0.5, 0.1], 9, 1e6).tolist() == [3, 3, 3]
    assert tt.rebase_children([900.0, 0.5], 8, 1e-3).tolist() == [8, 0]
