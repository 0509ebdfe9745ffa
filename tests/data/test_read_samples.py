"""Evaluation logs of every make: counts and attempts, harnesses recognised, and adaptive sampling said."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalewidgets as sw
from scalewidgets.data import apply_repair, count_samples, read_samples, read_table
from scalewidgets.data.columns import ATTEMPTS, SAMPLES
from scalewidgets.errors import TableError


def said(table, level=None):
    return " ".join(str(f) for f in table.attrs["findings"] if level in (None, f.level))


def refused(table, **options):
    with pytest.raises(TableError) as caught:
        read_samples(table, **options)
    assert caught.value.remedy
    return caught.value


def lines(folder, *records, name="log.jsonl"):
    path = folder / name
    path.write_text("\n".join(json.dumps(record) for record in records))
    return path


@pytest.fixture
def log():
    """Four samples of each of forty problems by two models."""
    random = np.random.default_rng(0)
    rows = [
        {"model": model, "task_id": f"T/{i}", "sample_idx": s, "passed": bool(random.random() < rate),
         "output_tokens": 100 + s, "cost": 0.01, "answer": str(s % 2)}
        for model, rate in (("a", 0.3), ("b", 0.6)) for i in range(40) for s in range(4)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_one_row_a_sample_becomes_counts_of_problems(log):
    samples = read_samples(log)
    assert tuple(samples.columns) == tuple(column.name for column in SAMPLES)
    assert len(samples) == 80
    assert (samples["n_samples"] == 4).all()
    wanted = log.groupby(["model", "task_id"])["passed"].sum()
    got = samples.set_index(["model", "problem_id"])["n_correct"]
    assert (got == wanted.reindex(got.index)).all()
    assert (samples["completion_tokens"] == 101.5).all()
    assert set(samples["sampling"]) == {"fixed"}
    assert samples.attrs["kind"] == "samples"
    assert sw.check(samples).attrs["columns"]["problem_id"] == "task_id"


def test_attempts_keep_answers_and_count_to_the_same(log):
    attempts = read_samples(log, per="sample")
    assert tuple(attempts.columns) == tuple(column.name for column in ATTEMPTS)
    assert set(attempts["answer"]) == {"0", "1"}
    assert len(attempts) == len(log)
    counted, read = count_samples(attempts), read_samples(log)
    for name in ("problem_id", "n_samples", "n_correct", "completion_tokens", "cost_usd"):
        assert list(counted[name]) == list(read[name])


@settings(deadline=None, max_examples=12)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.booleans()), min_size=2, max_size=60))
def test_counting_keeps_every_sample(rows):
    frame = pd.DataFrame(rows, columns=["model", "problem", "correct"])
    samples = read_samples(frame)
    assert samples["n_samples"].sum() == len(frame)
    assert samples["n_correct"].sum() == frame["correct"].sum()
    assert (samples["n_correct"] <= samples["n_samples"]).all()
    assert not samples.duplicated(["model", "problem_id"]).any()


def test_counts_are_read_as_they_are(tmp_path):
    counts = sw.load("pythia_math")
    counts[["model", "problem_id", "n_samples", "n_correct"]].to_csv(tmp_path / "c.csv", index=False)
    samples = read_samples(tmp_path / "c.csv")
    for name in ("n_samples", "n_correct"):
        assert (samples[name] == counts[name]).all()
    assert set(samples["sampling"]) == {"fixed"}
    assert "94 of 128 problems of Pythia-70M are never solved" in said(samples)


def test_a_share_of_the_samples_is_turned_into_counts():
    frame = pd.DataFrame({"problem": list("abc"), "n": [10, 10, 4], "accuracy": [0.3, 1.0, "25%"]})
    samples = read_samples(frame)
    assert list(samples["n_correct"]) == [3, 10, 1]
    assert "not the share of a whole number" in str(refused(frame.assign(accuracy=[0.33, 1.0, 0.0])))


# --- harnesses ------------------------------------------------------------------------------


def test_lm_evaluation_harness_counts_one_filter(tmp_path):
    records = [
        {"doc_id": i, "doc": {"question": "q"}, "target": "4", "resps": [["4"]], "filtered_resps": ["4"],
         "filter": kind, "metrics": ["exact_match"], "exact_match": float(i % 2 or kind != "strict-match")}
        for i in range(6) for kind in ("strict-match", "flexible-extract")
    ]  # fmt: skip
    samples = read_samples(lines(tmp_path, *records, name="samples_gsm8k.jsonl"))
    assert len(samples) == 6
    assert (samples["n_samples"] == 1).all()
    assert samples["n_correct"].sum() == 3
    assert "stands 2 times, once for each filter (strict-match, flexible-extract)" in said(samples, "warning")


def test_human_eval_results_are_read(tmp_path):
    records = [
        {
            "task_id": f"HumanEval/{i}",
            "completion": "x",
            "result": "passed" if i else "failed: boom",
            "passed": bool(i),
        }
        for i in (0, 1, 1)
    ]
    samples = read_samples(lines(tmp_path, *records))
    assert list(samples["n_samples"]) == [1, 2]
    assert list(samples["n_correct"]) == [0, 2]
    only_words = [{key: record[key] for key in ("task_id", "result")} for record in records]
    assert list(read_samples(lines(tmp_path, *only_words))["n_correct"]) == [0, 2]


def test_evalplus_results_need_all_tests(tmp_path):
    tries = [{"base_status": "pass", "plus_status": "fail"}, {"base_status": "pass", "plus_status": "pass"}]
    path = tmp_path / "eval_results.json"
    path.write_text(json.dumps({"date": "d", "eval": {"HumanEval/0": tries, "HumanEval/1": tries[:1]}}))
    assert list(read_samples(path)["n_correct"]) == [1, 0]


def written(tmp_path, document):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(document))
    return path


def test_bigcodebench_results_say_status(tmp_path):
    tries = [{"solution": "x", "status": word, "details": {}} for word in ("pass", "fail", "timeout")]
    samples = read_samples(written(tmp_path, {"date": "d", "eval": {"A/0": tries, "A/1": tries[1:]}}))
    assert list(samples["n_correct"]) == [1, 0]
    assert list(samples["n_samples"]) == [3, 2]


@pytest.mark.parametrize("tries", [(2, 2), (3, 1)])
def test_results_of_code_eval_are_pairs_of_number_and_verdict(tmp_path, tries):
    document = {
        str(task): [
            [i, {"task_id": task, "passed": i == 0, "result": "passed" if i == 0 else "failed: no",
                 "completion_id": i}]
            for i in range(count)
        ]
        for task, count in enumerate(tries)
    }  # fmt: skip
    samples = read_samples(written(tmp_path, document))
    assert list(samples["problem_id"]) == ["0", "1"]
    assert list(samples["n_samples"]) == list(tries)
    assert list(samples["n_correct"]) == [1, 1]


def test_graded_lists_count_and_their_share_is_not_a_verdict(tmp_path):
    rows = [
        {"question_id": name, "code_list": ["x"] * 3, "graded_list": [True, bool(i), False],
         "pass@1": (1 + i) / 3}
        for i, name in enumerate("ab")
    ]  # fmt: skip
    samples = read_samples(written(tmp_path, rows))
    assert list(samples["n_samples"]) == [3, 3]
    assert list(samples["n_correct"]) == [1, 2]


def helm_stat(name, mean, **more):
    return {"name": {"name": name, "split": "test", **more}, "count": 1, "sum": mean, "mean": mean}


def test_instances_of_helm_are_judged_by_their_plainest_metric(tmp_path):
    rows = [
        {"instance_id": f"id{i}", "train_trial_index": trial, "perturbation": None,
         "stats": [helm_stat("num_output_tokens", 12.0), helm_stat("quasi_exact_match", 1.0),
                   helm_stat("exact_match", 0.0, perturbation={"name": "typos"}),
                   helm_stat("exact_match", float(i == trial))]}
        for i in range(3) for trial in range(2)
    ]  # fmt: skip
    rows.append({**rows[0], "perturbation": {"name": "typos"}})
    samples = read_samples(written(tmp_path, rows))
    assert list(samples["n_samples"]) == [2, 2, 2]
    assert list(samples["n_correct"]) == [1, 1, 0]
    assert set(samples["completion_tokens"]) == {12}
    assert "exact_match says whether an instance is right, not quasi_exact_match" in said(samples)
    assert "1 perturbed instances are left out" in said(samples)
    shown = [{"instance_id": "a", "train_trial_index": 0, "predicted_text": " B", "stats": {"f1_score": 0.4}}]
    assert "no metric that says of every instance" in str(refused(written(tmp_path, shown)))
    shown[0]["stats"]["prefix_exact_match"] = 1.0
    attempts = read_samples(written(tmp_path, shown), per="sample")
    assert list(attempts["answer"]) == ["B"]
    assert list(attempts["correct"]) == [1]


def test_repeats_of_lm_evaluation_harness_are_counted_from_their_share(tmp_path):
    rows = [
        {"doc_id": i, "doc": {"q": "x"}, "target": "4", "resps": [["a", "b", "c", "d"]],
         "filtered_resps": [["a", "b", "c", "d"]], "filter": "none", "metrics": ["pass@1"], "pass@1": share}
        for i, share in enumerate((0.25, 0.0, 1.0))
    ]  # fmt: skip
    samples = read_samples(lines(tmp_path, *rows))
    assert list(samples["n_samples"]) == [4, 4, 4]
    assert list(samples["n_correct"]) == [1, 0, 4]
    assert "pass@1 is the share of the responses of a row" in said(samples)


def test_events_of_openai_evals_that_judge_are_kept(tmp_path):
    events = [{"run_id": "r", "event_id": i, "sample_id": f"s.{i // 2}", "type": kind, "data": data}
              for i, (kind, data) in enumerate([
                  ("sampling", {"prompt": "p"}), ("match", {"correct": True, "picked": "A"}),
                  ("sampling", {"prompt": "p"}), ("match", {"correct": False, "picked": "B"}),
              ])]  # fmt: skip
    spec = {"spec": {"completion_fns": ["some-model"], "base_eval": "quiz"}}
    path = lines(tmp_path, spec, *events, {"final_report": {"accuracy": 0.5}})
    attempts = read_samples(path, per="sample")
    assert list(attempts["correct"]) == [1, 0]
    assert list(attempts["answer"]) == ["A", "B"]
    assert set(attempts["model"]) == {"some-model"}
    assert list(attempts.index) == [2, 4]  # lines 3 and 5
    assert "2 events of type match are kept, the other 4 lines are left out" in said(attempts)


def inspect_log():
    sample = {"scores": {"match": {"value": "C", "answer": "4"}}, "total_time": 2.5,
              "model_usage": {"m": {"input_tokens": 10, "output_tokens": 20}}}  # fmt: skip
    samples = [
        {**sample, "id": i, "epoch": e, "scores": {"match": {"value": "CIP"[i % 3], "answer": "4"}}}
        for i in range(3) for e in (1, 2)
    ]  # fmt: skip
    return {"version": 2, "status": "success", "eval": {"task": "quiz", "model": "lab/m"}, "samples": samples}


def test_logs_of_inspect_are_read_whole_or_as_archives(tmp_path):
    log = inspect_log()
    (tmp_path / "log.json").write_text(json.dumps(log))
    with zipfile.ZipFile(tmp_path / "log.eval", "w") as archive:
        archive.writestr("header.json", json.dumps({key: log[key] for key in ("version", "status", "eval")}))
        for sample in log["samples"]:
            archive.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
    for name in ("log.json", "log.eval"):
        samples = read_samples(tmp_path / name)
        assert list(samples["n_samples"]) == [2, 2, 2]
        assert list(samples["n_correct"]) == [2, 0, 0]
        assert set(samples["model"]) == {"lab/m"}
        assert set(samples["completion_tokens"]) == {20}
        assert "2 samples are partly right and count as wrong" in said(samples)


def test_lists_of_verdicts_are_counted(tmp_path):
    path = lines(
        tmp_path, {"task_id": "a", "passed": [True, False, True]}, {"task_id": "b", "passed": [0, 0, 0]}
    )
    samples = read_samples(path)
    assert list(samples["n_samples"]) == [3, 3]
    assert list(samples["n_correct"]) == [2, 0]


def test_columns_can_be_named_and_units_are_in_their_names(log):
    odd = log.rename(columns={"passed": "ja", "task_id": "nr", "cost": "cost_cents"}).assign(latency_ms=1500)
    samples = read_samples(odd, columns={"correct": "ja", "problem_id": "nr", "benchmark": "sample_idx"})
    assert (samples["cost_usd"] == 0.0001).all()
    assert (samples["seconds"] == 1.5).all()
    assert list(read_samples(log.rename(columns={"passed": "ja"}))["n_correct"]) == list(
        read_samples(log)["n_correct"]
    )


# --- what cannot be counted -----------------------------------------------------------------


def test_more_successes_than_samples_are_refused_with_their_row(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("problem,n,c\na,10,3\nb,10,12\nc,10,0\n")
    error = refused(path)
    assert "c.csv, row 3, column c: 12 successes of 10 samples cannot be." in str(error)
    assert len(read_samples(apply_repair(read_table(path), error.repairs[0]))) == 2


@pytest.mark.parametrize(
    ("column", "cell", "what"),
    [("n", "2.5", "'2.5' must be a whole number"), ("n", "0", "must be a whole number, 1 or more"),
     ("c", "-1", "0 or more"), ("c", "", "0 or more"), ("n", "=1+1", "whole number"),
     ("problem", "", "which problem")],
)  # fmt: skip
def test_counts_that_cannot_be(tmp_path, column, cell, what):
    cells = {"problem": "b", "n": "10", "c": "2", column: cell}
    path = tmp_path / "c.csv"
    path.write_text("problem,n,c\na,10,x\n".replace("x", "3") + ",".join(cells.values()) + "\nd,10,1\n")
    error = refused(path)
    assert what.replace("'", "") in str(error).replace("'", "")
    assert (error.row, error.column) == (3, column)
    assert len(read_samples(apply_repair(read_table(path), error.repairs[-1]))) == 2


def test_a_missing_verdict_is_left_out_or_wrong_but_never_guessed(log):
    log = log.astype({"passed": object})
    log.loc[[3, 9], "passed"] = ["maybe", None]
    error = refused(log)
    assert "'maybe' says neither right nor wrong (the first of 2 such rows)" in str(error)
    wrong, leave = error.repairs
    assert read_samples(apply_repair(log, wrong))["n_samples"].sum() == 320
    assert read_samples(apply_repair(log, leave))["n_samples"].sum() == 318


def test_a_table_without_verdicts_or_problems_says_what_it_needs():
    assert "whether a sample is right" in str(refused(pd.DataFrame({"task_id": ["a"], "text": ["?"]})))
    assert "which problem" in str(refused(pd.DataFrame({"correct": [1, 0]})))
    assert "no row below it" in str(refused(pd.DataFrame({"task_id": [], "correct": []})))
    assert "not told apart" in str(refused(pd.DataFrame({"id": [1], "n": [2], "c": [1]}), per="sample"))


# --- how the samples were drawn -------------------------------------------------------------


def test_sampling_until_success_is_found_in_counts():
    random = np.random.default_rng(1)
    rate = 10 ** random.uniform(-3, -0.5, 60)
    drawn = random.negative_binomial(5, rate) + 5
    samples = read_samples(pd.DataFrame({"model": "m", "problem": range(60), "n": drawn, "c": 5}))
    assert set(samples["sampling"]) == {"adaptive"}
    assert "every solved one exactly 5 successes" in said(samples, "warning")
    batches = 128 * np.ceil(drawn / 128)
    frame = pd.DataFrame(
        {"problem": range(60), "n": batches, "c": random.binomial(batches.astype(int), rate)}
    )
    assert "more where fewer are right (rank correlation -" in said(read_samples(frame), "warning")


def test_sampling_that_ends_with_its_first_success_is_found_in_attempts():
    tries = [(p, False) for p in range(9) for _ in range(p % 4)]
    frame = pd.DataFrame(sorted([*tries, *((p, True) for p in range(9))]), columns=["problem", "correct"])
    samples = read_samples(frame)
    assert set(samples["sampling"]) == {"adaptive"}


def test_unequal_numbers_by_chance_are_only_a_note():
    random = np.random.default_rng(2)
    n = random.integers(5, 30, 80)
    samples = read_samples(pd.DataFrame({"problem": range(80), "n": n, "c": random.binomial(n, 0.4)}))
    assert samples["sampling"].isna().all()
    assert "pass@k over all of them goes up to k = 5" in said(samples, "note")
    assert "adaptive" not in said(samples)


def test_doubts_about_samples_are_said_by_name(log):
    for frame, words in (
        (log.assign(passed=True), "Every sample of a is right"),
        (log[log["task_id"] < "T/2"], "problems of a are few"),
        (log.assign(cost=0), "rows cost nothing"),
        (log[(log["model"] == "a") | (log["task_id"] != "T/7")], "b lacks 1 of 40"),
        (pd.concat([log, log[:3]], ignore_index=True), "3 rows repeat a model, problem and sample"),
    ):
        assert words in said(read_samples(frame), "warning"), words


def test_check_knows_samples_by_their_columns(log):
    assert sw.check(log).attrs["kind"] == "samples"
    log = log.astype({"passed": object})
    log.loc[5, "passed"] = "?"
    assert (sw.check(log)["level"] == "error").sum() == 1


def test_a_parquet_log_is_read(log):
    buffer = io.BytesIO()
    log.to_parquet(buffer)
    assert len(read_samples(pd.read_parquet(buffer))) == 80


def test_what_is_true_of_many_models_is_said_once():
    counts = pd.DataFrame(
        [{"model": f"m{i}", "problem": p, "n": 10, "c": p % 2} for i in range(9) for p in range(40)]
    )
    samples = read_samples(counts)
    assert len(samples.attrs["findings"]) == 1
    assert "The same of 8 more models" in said(samples)


def test_counts_of_one_problem_in_two_rows_are_added_and_it_is_said():
    samples = read_samples(
        pd.DataFrame({"problem": ["a", "b", "a"], "n": [5, 5, 7], "c": [1, 2, 3], "cost": [1, 1, 2]})
    )
    assert list(samples["n_samples"]) == [12, 5]
    assert list(samples["n_correct"]) == [4, 2]
    assert samples["cost_usd"][0] == pytest.approx((5 * 1 + 7 * 2) / 12)
    assert "1 row repeats a model and problem (row 2 is the first)" in said(samples, "warning")


def test_reading_what_was_read_changes_nothing(log):
    once = read_samples(log)
    pd.testing.assert_frame_equal(read_samples(once), once)
    attempts = read_samples(log, per="sample")
    again = read_samples(attempts, per="sample")
    pd.testing.assert_frame_equal(again[attempts.columns], attempts)
