"""The frontier: right at any size and order, honest about noise, deaf to unknown prices and mixed units."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalewidgets as sw
from scalewidgets import testtime as tt
from scalewidgets.errors import QuantityError, TableError

COST, VALUE = [1, 2, 2.5, 4, 8, 10], [0.2, 0.5, 0.45, 0.6, 0.6, 0.7]
POINTS = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 12)), min_size=1, max_size=40)


def quadratic(c, v):
    out = []
    for i in range(len(c)):
        beats = (c <= c[i]) & (v >= v[i]) & ((c < c[i]) | (v > v[i]))
        same = np.flatnonzero((c == c[i]) & (v == v[i]))[0] < i
        if not beats.any() and not same:
            out.append(i)
    return sorted(out, key=lambda i: c[i])


def test_known_front_and_hypervolume():
    assert tt.pareto_front(COST, VALUE).tolist() == [0, 1, 3, 5]
    assert tt.hypervolume_2d(COST, VALUE, 12, 0) == pytest.approx(6.2, rel=1e-14)


@settings(max_examples=150, deadline=None)
@given(POINTS, st.randoms(use_true_random=False))
def test_front_is_that_of_comparing_all_pairs_in_any_order(rows, random):
    c, v = np.array([row[0] for row in rows], float), np.array([row[1] for row in rows], float)
    front = tt.pareto_front(c, v)
    assert front.tolist() == quadratic(c, v)
    assert tt.pareto_front(np.exp(c), v**3).tolist() == front.tolist()
    order = np.array(random.sample(range(len(c)), len(c)))
    again = tt.pareto_front(c[order], v[order])
    assert sorted(zip(c[order][again], v[order][again], strict=True)) == sorted(
        zip(c[front], v[front], strict=True)
    )
    over = tt.dominator(c, v)
    for i, j in enumerate(over):
        if j >= 0:
            assert c[j] <= c[i]
            assert v[j] >= v[i]
            assert (c[j], v[j]) != (c[i], v[i])
            assert j in front
        else:
            assert (c[i], v[i]) in set(zip(c[front], v[front], strict=True))
    kept = tt.pareto_many(np.stack([c, v], axis=1), largest=[False, True])
    assert np.array_equal(kept, over < 0)


@settings(max_examples=60, deadline=None)
@given(POINTS, st.tuples(st.integers(1, 12), st.integers(1, 12)))
def test_hypervolume_grows_only_with_points_that_are_not_beaten(rows, extra):
    c, v = np.array([row[0] for row in rows], float), np.array([row[1] for row in rows], float)
    before = tt.hypervolume_2d(c, v, 13, 0)
    after = tt.hypervolume_2d(np.append(c, extra[0]), np.append(v, extra[1]), 13, 0)
    beaten = ((c <= extra[0]) & (v >= extra[1])).any()
    assert after == pytest.approx(before) if beaten else after > before


KINDS = ["cloud", "all on it", "ties", "one cost", "falling", "nearly one cost", "below zero"]


@pytest.mark.parametrize("kind", KINDS)
def test_large_tables_are_pruned_to_the_same_front(kind):
    rng = np.random.default_rng(0)
    n = 60_000
    c, v = rng.random(n), rng.random(n)
    if kind == "all on it":
        v = c.copy()
    elif kind == "ties":
        c, v = np.floor(40 * c), np.floor(40 * v)
    elif kind == "one cost":
        c = np.ones(n)
    elif kind == "falling":
        v = -c
    elif kind == "nearly one cost":  # thousands agree in all but their last bits
        c = 1 + np.floor(1e4 * c) * 2**-20 + rng.integers(0, 9, n) * 2**-52
        v = c.copy()
    elif kind == "below zero":
        c = rng.standard_normal(n) * 10.0 ** rng.integers(-300, 300, n)
        v = np.arctan(c)
    front = tt.pareto_front(c, v)
    order = np.lexsort((np.arange(n), -v, c))
    best, want = -np.inf, []
    for i in order:
        if v[i] > best:
            want.append(i)
            best = v[i]
    assert front.tolist() == want


def test_ties_are_remembered():
    c, v = [1, 1, 2, 2, 1], [0.5, 0.5, 0.7, 0.7, 0.4]
    front = tt.pareto_front(c, v)
    assert front.tolist() == [0, 2]
    assert tt.ties_of(c, v, front) == {0: (1,), 2: (3,)}


def test_mixing_two_configurations_reaches_the_line_between():
    assert tt.convex_front([*COST, 3], [*VALUE, 0.51]).tolist() == [0, 1, 3, 5]
    low, high, share, value = tt.mixture_at(COST, VALUE, 7)
    assert (low, high) == (3, 5)
    assert share == pytest.approx(0.5)
    assert value == pytest.approx(0.65)
    assert tt.mixture_at(COST, VALUE, 0.5)[:2] == (-1, -1)
    assert tt.mixture_at(COST, VALUE, 99) == (5, 5, 0.0, 0.7)


@settings(max_examples=80, deadline=None)
@given(POINTS)
def test_no_mixture_of_two_points_passes_the_convex_front(rows):
    c, v = np.array([row[0] for row in rows], float), np.array([row[1] for row in rows], float)
    for budget in (c.min(), c.mean(), c.max()):
        value = tt.mixture_at(c, v, budget)[3]
        best = max(v[c <= budget])
        for i in np.flatnonzero(c <= budget):
            for j in np.flatnonzero(c > budget):
                best = max(best, v[i] + (v[j] - v[i]) * (budget - c[i]) / (c[j] - c[i]))
        assert value == pytest.approx(best, abs=1e-9)


def test_menu_knee_and_queries():
    assert tt.best_within(COST, VALUE, 9.9) == 3
    assert tt.best_within(COST, VALUE, 0.9) == -1
    assert tt.cheapest_for(COST, VALUE, 0.55) == 3
    assert tt.cheapest_for(COST, VALUE, 0.9) == -1
    assert tt.knee(COST, VALUE) == 1
    c, v = np.geomspace(1, 100, 60), np.linspace(0.2, 0.8, 60)
    menu = tt.eps_front(c, v, eps_cost=0.3, eps_value=0.02)
    assert len(menu) < 20
    for i in range(60):
        stands = [tt.eps_dominates(c[[i]], v[[i]], c[j], v[j], eps_cost=0.3, eps_value=0.02)[0] for j in menu]
        assert any(stands)


def test_three_objectives_and_equal_accuracy():
    table = [[1, 5, 0.5], [2, 1, 0.5], [2, 5, 0.6], [2, 5, 0.5]]
    assert tt.pareto_many(table, largest=[False, False, True]).tolist() == [True, True, True, False]
    cost, cheapest = tt.iso_accuracy([[1, 2, 4], [3, 6, 9]], [[0.2, 0.4, 0.6], [0.7, 0.8, 0.9]], 0.5)
    assert cost == pytest.approx([2 * np.sqrt(2), 3])
    assert cheapest == 0
    assert tt.iso_accuracy([[1, 2]], [[0.1, 0.2]], 0.5)[1] == -1


# -- tables ---


def test_what_each_point_of_many_objectives_is_kept_for():
    rows = [[1.0, 9.0, 0.2], [5.0, 1.0, 0.2], [4.0, 4.0, 0.3], [9.0, 9.0, 0.5], [6.0, 6.0, 0.2]]
    wanted = [False, False, True]
    assert [found.tolist() for found in tt.objective_winners(rows, largest=wanted)] == [[0], [1], [3]]
    front = tt.pareto_many(rows, largest=wanted)
    assert front.tolist() == [True, True, True, True, False]
    assert [found.size for found in tt.objective_winners(np.empty((0, 2)))] == [0, 0]


@pytest.fixture(scope="module")
def agents():
    return sw.load("agents")


def test_public_agents_give_the_published_front(agents):
    seen = sw.frontier(agents)
    names = [seen.names[i] for i in seen.front]
    assert [name.partition(":")[0] for name in names] == [
        "single", "escalation", "single", "LDB", "warming", "LDB",
    ]  # fmt: skip
    hull = [seen.names[i] for i in seen.convex]
    assert [name.partition(":")[0] for name in hull] == ["single", "escalation", "warming", "LDB"]
    at = seen.names.index("warming: gpt-4-turbo-2024-04-09")
    assert seen.value[at] == pytest.approx(0.9317, abs=6e-5)
    assert seen.cost[at] == pytest.approx(2.45, abs=6e-3)
    assert seen.low[at] < seen.value[at] < seen.high[at]
    assert seen.cost_unit == "dollars"


def test_gaps_of_a_point_or_two_are_not_sure(agents):
    seen = sw.frontier(agents, draws=500)
    frame = seen.to_frame()
    assert frame.loc["single: gpt-3.5-turbo-0125", "probability"] == 1
    assert frame.loc["LATS: gpt-4-turbo-2024-04-09", "probability"] < 0.2
    assert 0.1 < frame.loc["retry: gpt-4-turbo-2024-04-09", "probability"] < 0.9
    assert seen.to_dict() == sw.frontier(agents, draws=500).to_dict()
    assert "not clear" in seen.report()


def test_shared_problems_make_gaps_surer(agents):
    problems = sw.load("agents_problems")
    both = agents[agents["system"].isin(problems["model"])]
    loose, paired = sw.frontier(both, draws=500), sw.frontier(both, draws=500, problems=problems)
    assert "the same for all" in paired.noise
    name = "LDB: gpt-4-turbo-2024-04-09"
    assert name not in paired.names
    unsure = [np.minimum(seen.probability, 1 - seen.probability).sum() for seen in (loose, paired)]
    assert unsure[1] < unsure[0]
    with pytest.raises(TableError, match="nothing on"):
        sw.frontier(agents, problems=problems)


def test_configurations_without_a_price_win_nothing():
    table = sw.load("aider")
    seen = sw.frontier(table)
    wanted = [0.036, 0.484, 0.493, 0.702, 0.742, 0.813, 0.867, 0.880]
    assert seen.value[seen.front] == pytest.approx(wanted, abs=1e-9)
    assert seen.cost[seen.front] == pytest.approx(
        [0.32, 0.34, 0.73, 0.88, 1.30, 10.37, 17.69, 29.08], abs=6e-3
    )
    unknown = set(table.loc[table["cost_usd"].isna(), "system"])
    assert unknown <= set(seen.left_out) | set(seen.names)
    assert len(seen.left_out) >= 15
    free = pd.DataFrame(
        {"system": ["a", "b", "c"], "dollars": [0.0, 1.0, np.nan], "accuracy": [0.9, 0.5, 0.8]}
    )
    seen = sw.frontier(free)
    assert [seen.names[i] for i in seen.front] == ["b"]
    assert set(seen.left_out) == {"a", "c"}
    assert "Left out, its cost is 0 or not known: a, c." in seen.report()


def test_the_best_for_a_budget_and_the_cheapest_for_a_target(agents):
    seen = sw.frontier(agents)
    assert seen.best(1.0).startswith("escalation")
    assert seen.best(0.01) is None
    assert seen.cheapest(0.9).startswith("LDB: gpt-3.5")
    low, high, share, value = seen.mixing(1.0)
    assert low.startswith("escalation")
    assert high.startswith("warming")
    assert 0.85 < value < 0.93
    assert 0 < share < 1
    assert seen.knee().startswith("escalation")
    assert len(seen.menu(eps_cost=0.3, eps_value=0.02)) < len(seen.front)
    assert seen.hypervolume(1000) > 0
    assert "<table" in seen._repr_html_()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"accuracy": [50, 60.0]}, "not a share"),
        ({"accuracy": [0.5, 60.0]}, "mixes shares and percentages"),
        ({"dollars": ["$1", "3 tokens"]}, "texts"),
        ({"benchmark": ["x", "y"]}, "several benchmarks"),
        ({"n_tasks": [100, 200]}, "mixed units"),
        ({"currency": ["USD", "EUR"]}, "mixed units"),
    ],
)
def test_mixed_units_are_refused(change, words):
    table = pd.DataFrame({"system": ["a", "b"], "dollars": [1.0, 2.0], "accuracy": [0.5, 0.6], **change})
    with pytest.raises(TableError, match=words):
        sw.frontier(table)


def test_missing_columns_are_named_with_what_comes_close():
    table = pd.DataFrame({"system": ["a"], "dolars": [1.0], "accuracy": [0.5]})
    with pytest.raises(TableError, match="dolars"):
        sw.frontier(table)
    with pytest.raises(QuantityError, match="level"):
        sw.frontier(table.rename(columns={"dolars": "dollars"}), level=1.5)


def test_a_table_without_noise_or_rows_says_so():
    table = pd.DataFrame({"system": ["a", "b"], "dollars": [1.0, 2.0], "accuracy": [0.5, 0.6]})
    seen = sw.frontier(table)
    assert np.isnan(seen.probability).all()
    assert "Nothing says how noisy" in seen.report()
    assert seen.to_dict()["probability"] == [None, None]
    assert "no frontier" in sw.frontier(table.iloc[:0]).report()
    tokens = pd.DataFrame({"prompt_tokens": [5, 6], "completion_tokens": [1, 2], "accuracy": [0.1, 0.2]})
    assert sw.frontier(tokens, cost="tokens").cost.tolist() == [6, 8]
    efforts = pd.DataFrame(
        {"model": ["a", "a"], "effort": ["low", "high"], "dollars": [1, 2], "accuracy": [0.1, 0.2]}
    )
    assert sw.frontier(efforts, by=["model", "effort"]).names == ("a, low", "a, high")
