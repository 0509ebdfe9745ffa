"""Charts exported from Weights & Biases: one column a run, brought to runs, and what was left out said."""

import numpy as np
import pandas as pd
import pytest

from scalewidgets.data import apply_repair, check, read_runs, read_table
from scalewidgets.errors import TableError

RUNS = {"gpt-125m": 1.25e8, "gpt-350m": 3.5e8, "gpt-1.3b": 1.3e9}


def loss(params, tokens):
    return 1.8 + 480 / params**0.35 + 2000 / tokens**0.37


@pytest.fixture
def chart(tmp_path):
    steps = np.arange(1000, 11000, 1000)
    frame = pd.DataFrame({"Step": steps})
    for run, params in RUNS.items():
        values = loss(params, steps * 5e5)
        if run == "gpt-1.3b":
            values[7:] = np.nan  # stopped early
        frame[f"{run} - train/loss"] = values
        frame[f"{run} - train/loss__MIN"] = values
        frame[f"{run} - train/loss__MAX"] = values
        frame[f"{run} - _step"] = steps
    frame["empty - train/loss"] = np.nan
    frame["comment"] = "x"
    path = tmp_path / "wandb_export_2025-01-01T12_00_00.000+01_00.csv"
    frame.to_csv(path, index=False, quoting=1)
    return path


def test_a_chart_becomes_runs_with_sizes_from_their_names(chart):
    runs = read_runs(chart, columns={"batch_tokens": 500_000})
    assert len(runs) == 27
    assert dict(zip(runs["run"], runs["params"], strict=True)) == RUNS
    assert np.allclose(runs["loss"], loss(runs["params"], runs["tokens"]))
    assert (runs["tokens"] == runs["step"] * 5e5).all()
    last = runs[runs["is_final"]]
    assert dict(zip(last["run"], last["step"], strict=True)) == {
        "gpt-125m": 10000, "gpt-350m": 10000, "gpt-1.3b": 7000,
    }  # fmt: skip
    said = str(check(runs))
    for part in (
        "3 runs (gpt-125m, gpt-350m, gpt-1.3b), one column each, become 27 rows with train/loss",
        "6 columns __MIN and __MAX are left out",
        "3 columns repeat the step",
        "comment belongs to no run",
        "empty: no value in any row",
        "params is read from the names in run: gpt-125m is 125 M",
        "tokens is not in the table and follows from steps times tokens per step",
        "27 rows are checkpoints of 3 runs",
    ):
        assert part in said


def test_sizes_can_be_given_by_run(chart):
    runs = read_runs(chart, columns={"batch_tokens": 5e5, "params": {run: n * 2 for run, n in RUNS.items()}})
    assert set(runs["params"]) == {2 * n for n in RUNS.values()}
    with pytest.raises(TableError, match=r"not for 'gpt-1.3b'"):
        read_runs(chart, columns={"batch_tokens": 5e5, "params": {"gpt-125m": 1e8, "gpt-350m": 3e8}})


def test_without_tokens_it_is_said_what_is_missing(chart):
    with pytest.raises(TableError, match=r"tokens per step") as caught:
        read_runs(chart)
    assert 'columns={"batch_tokens": 524288}' in caught.value.remedy


def test_the_curves_themselves_can_be_had(chart):
    curves = read_table(chart)
    assert list(curves.columns) == ["run", "Step", "train/loss"]
    assert curves.index[0] == "gpt-125m, step 1000"


def test_a_bad_step_is_found_and_left_out(chart):
    frame = pd.read_csv(chart)
    frame["gpt-125m - train/loss"] = frame["gpt-125m - train/loss"].astype(object)
    frame.loc[3, "gpt-125m - train/loss"] = "broken"
    with pytest.raises(TableError) as caught:
        read_runs(frame, columns={"batch_tokens": 5e5})
    assert "row 'gpt-125m, step 4000', column train/loss: 'broken' is not a number" in str(caught.value)
    (exclude,) = caught.value.repairs
    assert len(read_runs(apply_repair(frame, exclude), columns={"batch_tokens": 5e5})) == 26


def test_several_metrics_keep_the_steps_that_have_the_loss():
    frame = pd.DataFrame({"Step": [100.0, 200, 300]})
    for run in RUNS:
        frame[f"{run} - eval/loss"] = [3.0, np.nan, 2.9]
        frame[f"{run} - train/lr"] = [1e-3, 2e-3, 1e-3]
    runs = read_runs(frame, columns={"batch_tokens": 1e6})
    assert len(runs) == 6
    assert "3 steps have no eval/loss and are left out" in str(check(runs))


def test_a_table_of_runs_knows_which_did_not_finish():
    frame = pd.DataFrame(
        {
            "Name": ["a", "b", "c"],
            "State": ["finished", "crashed", "finished"],
            "config.n_params": [1e8, 2e8, 4e8],
            "summary.tokens_seen": [1e10, 2e9, 1e10],
            "summary.val/loss": [3.1, 3.4, 2.9],
        }
    )
    runs = read_runs(frame)
    assert runs.attrs["columns"]["params"] == "config.n_params"
    assert "1 run did not finish (row 1: crashed)" in str(check(runs))
    assert "State" in runs


def test_an_ordinary_table_is_left_alone():
    frame = pd.DataFrame(
        {"step": [1, 2], "loss - train": [3.0, 2.0], "params": [1e8, 1e9], "tokens": [1e9, 2e9]}
    )
    assert read_runs(frame.rename(columns={"loss - train": "loss"}))["loss"].tolist() == [3.0, 2.0]
