"""A log of samples gives the curve of every selector at once, and says what a better one could win."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from scalewidgets import testtime as tt
from scalewidgets.errors import QuantityError, TableError, UnknownNameError


@pytest.fixture(scope="module")
def log():
    rng = np.random.default_rng(0)
    rows = []
    for problem, p in enumerate(rng.beta(0.8, 1.2, 40)):
        right = rng.random(8) < p
        wrong = rng.integers(1, 4, 8)
        for sample in range(8):
            answer = 0 if right[sample] else int(wrong[sample])
            rows.append(
                {
                    "problem_id": f"q{problem}",
                    "sample": sample,
                    "correct": int(right[sample]),
                    "answer": None if sample == 7 and not right[sample] else str(answer),
                    "score": rng.normal(1.0 if right[sample] else 0.0) ** 2,
                    "cost_usd": 0.01,
                }
            )
    return pd.DataFrame(rows)


def test_every_selector_is_the_mean_over_all_subsets(log):
    few = log[log["problem_id"].isin(["q0", "q1", "q2", "q3"])]
    k = 3
    seen = tt.selector_curves(few, k)
    assert seen.selectors == tt.SELECTORS
    want = dict.fromkeys(tt.SELECTORS, 0.0)
    for _, rows in few.groupby("problem_id"):
        right, score = rows["correct"].to_numpy(), rows["score"].to_numpy()
        answer = rows["answer"].to_list()
        picks = list(combinations(range(8), k))
        for pick in picks:
            part = list(pick)
            share = 1 / len(picks) / 4
            want["coverage"] += share * right[part].max()
            want["worst of k"] += share * right[part].min()
            want["average"] += share * right[part].mean()
            want["best of k"] += share * right[part][np.argmax(score[part])]
            for name, weights in (("vote", np.ones(8)), ("weighted vote", score)):
                total = {}
                for i in part:
                    if pd.notna(answer[i]):
                        total[answer[i]] = total.get(answer[i], 0) + weights[i]
                top = max(total.values(), default=0)
                best = [a for a, said in total.items() if np.isclose(said, top)]
                want[name] += share * (("0" in best) / max(len(best), 1))
    for name, value in zip(seen.selectors, seen.value[:, 0], strict=True):
        assert value == pytest.approx(want[name], abs=1e-12), name


def test_no_selector_passes_coverage_or_falls_below_the_worst(log):
    seen = tt.selector_curves(log, [1, 2, 4, 8])
    value = dict(zip(seen.selectors, seen.value, strict=True))
    for row in value.values():
        assert (row <= value["coverage"] + 1e-12).all()
        assert (row >= value["worst of k"] - 1e-12).all()
    assert (seen.low <= seen.value).all()
    assert (seen.value <= seen.high).all()
    assert seen.cost.tolist() == pytest.approx([0.01, 0.02, 0.04, 0.08])
    assert "what a better selector could win" in seen.report()
    assert len(seen.to_frame()) == 24
    assert (seen.drawn == 0).all()


def test_two_spellings_of_a_right_answer_vote_together():
    rows = pd.DataFrame(
        {"problem_id": ["a"] * 5, "correct": [1, 1, 0, 0, 0], "answer": ["1/2", "0.5", "3", "3", "4"]}
    )
    assert tt.selector_curves(rows, 5, selectors=["vote"]).value[0, 0] == 0.5


def test_blank_answers_are_drawn_and_do_not_vote():
    seen = tt.majority_at_k([2, 1], 2, blank=2)
    won = []
    for pick in combinations("aab  ", 2):
        voted = [x for x in pick if x != " "]
        tally = {x: voted.count(x) for x in voted}
        top = max(tally.values(), default=0)
        won.append(tally.get("a", 0) == top and top > 0 and 1 / list(tally.values()).count(top))
    assert seen == pytest.approx(np.mean(won), abs=1e-14)
    assert tt.majority_at_k([2, 1], 5, blank=2) == 1


def test_logs_that_do_not_allow_a_selector_say_which_column_is_missing(log):
    plain = log.drop(columns=["score", "answer"])
    assert tt.selector_curves(plain, 2).selectors == ("coverage", "average", "worst of k")
    with pytest.raises(TableError, match="'answer'"):
        tt.selector_curves(plain, 2, selectors=["vote"])
    with pytest.raises(UnknownNameError, match="vote"):
        tt.selector_curves(log, 2, selectors=["votes"])
    with pytest.raises(QuantityError, match="k = 9"):
        tt.selector_curves(log, 9)
    with pytest.raises(TableError, match="0 and 1"):
        tt.selector_curves(log.assign(correct=2), 2)
    with pytest.raises(TableError, match="several models"):
        tt.selector_curves(log.assign(model=np.arange(len(log)) % 2), 2)
    with pytest.raises(TableError, match="no rows"):
        tt.selector_curves(log.iloc[:0], 2)
    with pytest.raises(TableError, match="Score all"):
        tt.selector_curves(log.assign(score=np.where(np.arange(len(log)) < 3, np.nan, 1.0)), 2)


def test_equal_tokens_are_not_equal_rounds():
    # Rounds that grow fit fewer times into the same tokens.
    samples = tt.accuracy_at_tokens(0.8, 0.1, 1000, 8000)
    rounds = tt.accuracy_at_tokens(0.8, 0.1, np.arange(1, 20) * 1000, 8000)
    assert samples == pytest.approx(0.8 * (1 - 0.9**8))
    assert rounds == pytest.approx(0.8 * (1 - 0.9**3))
