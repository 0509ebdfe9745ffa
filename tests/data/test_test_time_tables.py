"""Tables for test-time scaling: counts, costs and the reference figures that must come out of them."""

import numpy as np
import pytest
from tables import agents, agents_problems, aider, aider_other, pythia_math

from scalewidgets.data import load


def coverage(n, c, k):
    """Share of problems solved by one of k samples, drawn from n with c right (mean over problems)."""
    factors = [np.clip((n - c - i) / (n - i), 0, None) for i in range(k)]
    return float(np.mean(1 - np.prod(factors, axis=0)))


def frontier(cost, value):
    """Labels that no other row beats at no more cost, cheapest first."""
    order = cost.sort_values(kind="stable").index
    best, kept = -np.inf, []
    for label in order:
        if value[label] > best:
            best = value[label]
            kept.append(label)
    return kept


@pytest.mark.parametrize(
    ("size", "at_1", "at_100", "at_10000", "never"),
    [
        ("70M", 0.0006, 0.0361, 0.2656, 94),
        ("160M", 0.0027, 0.1619, 0.5703, 55),
        ("410M", 0.0062, 0.2272, 0.6562, 44),
        ("1B", 0.0083, 0.2745, 0.7422, 33),
        ("2.8B", 0.0203, 0.4220, 0.8125, 24),
        ("6.9B", 0.0186, 0.4316, 0.8359, 21),
        ("12B", 0.0232, 0.4834, 0.8750, 16),
    ],
)
def test_pass_at_k_of_pythia_is_the_published_one(size, at_1, at_100, at_10000, never):
    counts = load("pythia_math").query("model == 'Pythia-' + @size")
    n, c = counts["n_samples"].to_numpy(), counts["n_correct"].to_numpy()
    assert (len(counts), set(n), (c == 0).sum()) == (128, {10_000}, never)
    assert (c / n).mean() == pytest.approx(at_1, abs=6e-5)
    assert coverage(n, c, 100) == pytest.approx(at_100, abs=6e-5)
    assert (c > 0).mean() == pytest.approx(at_10000, abs=6e-5)


def test_pythia_counts_know_their_models(raw):
    counts = pythia_math.compile_table(raw)
    assert list(counts["model"]) == ["Pythia-70M", "Pythia-12B", "Pythia-12B"]
    assert list(counts["problem_id"]) == ["82", "82", "142"]
    assert list(counts["params_non_embed"]) == [18915328, 11327027200, 11327027200]
    assert set(counts["train_tokens"]) == {300e9}


def test_means_of_the_agents_are_those_of_the_paper_and_six_are_on_the_frontier():
    runs = load("agents")
    assert (runs.groupby("system").size() == 5).all()
    means = runs.groupby("system")[["accuracy", "cost_usd"]].mean()
    turbo = "gpt-4-turbo-2024-04-09"
    expected = {
        "single: gpt-3.5-turbo-0125": (0.7390, 0.055),
        f"escalation: llama-3-8b, gpt-3.5, llama-3-70b, {turbo}": (0.8500, 0.273),
        f"single: {turbo}": (0.8963, 1.93),
        f"LDB: gpt-3.5-turbo-0125, {turbo}": (0.9098, 2.19),
        f"warming: {turbo}": (0.9317, 2.45),
        f"LDB: {turbo}, {turbo}": (0.9329, 6.36),
    }
    beaten = {
        f"retry: {turbo}": (0.9195, 2.51),
        f"Reflexion: {turbo}": (0.8780, 3.90),
        "LATS: gpt-3.5-turbo-0125": (0.8037, 9.49),
        f"LATS: {turbo}": (0.8805, 134.5),
    }
    for system, (accuracy, dollars) in (expected | beaten).items():
        assert means.loc[system, "accuracy"] == pytest.approx(accuracy, abs=5.1e-5)
        assert means.loc[system, "cost_usd"] == pytest.approx(dollars, rel=0.003)
    found = frontier(means["cost_usd"], means["accuracy"])
    assert found == list(expected)
    # Only four of the six are on the convex hull, where a mixture of two beats what lies between.
    hull = []
    for point in means.loc[found, ["cost_usd", "accuracy"]].to_numpy():
        while len(hull) > 1 and np.linalg.det([hull[-1] - hull[-2], point - hull[-2]]) >= 0:
            hull.pop()
        hull.append(point)
    assert [means.index[(means["cost_usd"] == cost)][0] for cost, _ in hull] == [
        list(expected)[position] for position in (0, 1, 4, 5)
    ]


def test_agents_cost_is_of_the_whole_run_and_models_are_apart_from_strategies(raw):
    runs = agents.compile_table(raw).set_index("strategy")
    assert runs.loc["single", "cost_usd"] == 1.92452
    assert runs.loc["single", "accuracy_se"] == pytest.approx(0.02317, rel=1e-3)
    assert runs.loc["warming", "base_model"] == "gpt-4-turbo-2024-04-09"
    assert runs.loc["LDB", "base_model"] == "gpt-3.5-turbo-0125, gpt-4-turbo-2024-04-09"
    assert runs.loc["LDB", "seconds"] == 2449.4
    assert runs.loc["LATS", "note"] == "resumed_runs"
    assert runs.loc["single", "repeat"] == "2"


@pytest.mark.parametrize(
    ("model", "runs", "values"),
    [
        ("gpt-4-turbo-2024-04-09", 5, {1: 0.8963, 3: 0.9226, 5: 0.9268}),
        ("gpt-3.5-turbo-0125", 5, {1: 0.7390, 3: 0.7884, 5: 0.8049}),
        ("gpt-4-1106-preview", 8, {1: 0.8674, 3: 0.9019, 5: 0.9103}),
    ],
)
def test_pass_at_k_of_whole_runs_is_that_of_the_outcomes(model, runs, values):
    counts = load("agents_problems").query("model == 'single: ' + @model")
    assert (len(counts), set(counts["n_samples"])) == (164, {runs})
    for k, value in values.items():
        assert coverage(counts["n_samples"], counts["n_correct"], k) == pytest.approx(value, abs=5.1e-5)


def test_outcomes_of_several_runs_are_counted_together(raw):
    counts = agents_problems.compile_table(raw)
    assert list(counts["model"].str.partition(":")[0]) == ["retry, 8 repeats", "single", "single"]
    assert list(counts["n_samples"]) == [1, 2, 1]
    assert list(counts["n_correct"]) == [1, 1, 1]
    assert list(counts["problem_id"]) == ["0", "0", "10"]


def test_the_aider_frontier_is_the_published_one():
    board = load("aider")
    assert len(board) == 69
    assert board["cost_usd"].isna().sum() == 18
    found = board.loc[frontier(board["cost_usd"].dropna(), board["accuracy"])]
    assert [f"{100 * row.accuracy:.1f}/{row.cost_usd:.2f}" for row in found.itertuples()] == [
        *("3.6/0.32", "48.4/0.34", "49.3/0.73", "70.2/0.88"),
        *("74.2/1.30", "81.3/10.37", "86.7/17.69", "88.0/29.08"),
    ]
    ladder = board[board["base_model"] == "gpt-5"].set_index("effort")
    assert ladder.loc[["low", "medium", "high"], "accuracy"].tolist() == [0.813, 0.867, 0.88]
    assert ladder.loc["high", "accuracy_se"] == pytest.approx(0.0217, abs=5e-5)


def test_aider_rows_are_taken_once_and_their_quirks_undone(raw):
    table = aider.boards(raw)
    assert (table["system"] == "shared").sum() == 1
    rows = table.set_index(["family", "system"])
    assert not rows.index.duplicated().any()
    thinking = rows.loc[("polyglot", "m (32k thinking)")]
    assert (thinking["base_model"], thinking["effort"], thinking["n_tasks"]) == ("m", "32k tokens", 225)
    assert np.isnan(thinking["prompt_tokens"])
    assert (thinking["accuracy"], thinking["accuracy_first"], thinking["seconds"]) == (0.036, 0.084, 2240)
    assert ("polyglot", "same, whole") in rows.index
    assert rows.loc[("polyglot", "lead + follower"), "strategy"] == "architect"
    shared = rows.loc[("polyglot", "shared")]
    assert np.isnan(shared["cost_usd"])
    assert "cost_unknown" in shared["note"]
    edit = table[table["family"] == "edit"]
    assert list(edit["note"]) == [
        "",
        "part_of_the_exercises",
    ]  # the run of 225 exercises is not of this board
    assert rows.loc[("refactor", "refactor_leaderboard (high)"), "accuracy"] == 0.084
    assert list(aider.compile_table(raw)["system"]) == list(
        table.loc[table["family"] == "polyglot", "system"]
    )
    assert "polyglot" not in set(aider_other.compile_table(raw)["family"])


def test_one_configuration_has_one_name():
    keys = {"agents": ["system", "repeat"], "aider": ["system"], "aider_other": ["family", "system"]}
    for name, key in keys.items():
        assert not load(name).duplicated(key).any()


def test_an_effort_that_contradicts_the_name_stops_the_compiler():
    entry = {"model": "gpt (high)", "reasoning_effort": "low", "pass_rate_1": 1.0}
    with pytest.raises(ValueError, match="another effort"):
        aider.configuration(entry)
