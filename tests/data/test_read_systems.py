"""Tables of systems: accuracy and cost as people keep them, and what makes a frontier lie."""

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.data import apply_repair, read_systems, read_table
from scalewidgets.data.columns import SYSTEMS
from scalewidgets.errors import TableError


def said(table, level=None):
    return " ".join(str(f) for f in table.attrs["findings"] if level in (None, f.level))


@pytest.fixture
def board(tmp_path):
    """A leaderboard as one finds them: percent, dollars, one task's seconds, and a free tier."""
    path = tmp_path / "board.csv"
    path.write_text(
        "model,reasoning_effort,pass_rate_1,pass_rate_2,total_cost,seconds_per_case,test_cases\n"
        "a,low,40.1,81.3,$10.37,20,225\na,high,45,88.0,$29.08,60,225\nb,,10,36.0,0,5,225\n"
        'c,,12,48.4,"$1,034.00",,225\n'
    )
    return path


def test_a_leaderboard_is_read(board):
    systems = read_systems(board)
    assert tuple(systems.columns[: len(SYSTEMS)]) == tuple(column.name for column in SYSTEMS)
    assert np.allclose(systems["accuracy"], [0.813, 0.88, 0.36, 0.484])
    assert list(systems["cost_usd"].fillna(-1)) == [10.37, 29.08, -1, 1034.0]
    assert list(systems["seconds"].fillna(-1)) == [4500, 13500, 1125, -1]
    assert list(systems["system"])[:2] == ["a: low", "a: high"]
    assert np.allclose(systems["accuracy_se"], np.sqrt(systems["accuracy"] * (1 - systems["accuracy"]) / 225))
    assert systems["note"][2] == "cost_unknown"
    for part in (
        "pass_rate_2 is read as accuracy, pass_rate_1 is not",
        "pass_rate_2 is in percent",
        "1 system costs nothing (row 4 is the first)",
        "accuracy_se is that of a share of n_tasks",
        "seconds_per_case is multiplied by the number of tasks",
    ):
        assert part in said(systems)


@pytest.mark.parametrize("name", ["agents", "aider"])
def test_a_bundled_table_comes_back_as_it_was(name, tmp_path):
    table = sw.load(name)
    table.to_csv(tmp_path / "a.csv", index=False)
    again = read_systems(tmp_path / "a.csv")
    for column in ("accuracy", "cost_usd", "n_tasks", "seconds"):
        assert np.allclose(again[column], table[column], equal_nan=True, rtol=1e-15)
    assert np.allclose(again["accuracy_se"], table["accuracy_se"], rtol=1e-6)
    assert list(again["repeat"].astype(float)) == list(table["repeat"].astype(float))


def test_repeats_are_counted_and_tasks_can_be_given():
    frame = pd.DataFrame({"system": ["x", "x", "y"], "accuracy": [0.5, 0.6, 0.7], "cost_per_task": [1, 1, 2]})
    with pytest.raises(TableError, match="number of tasks is not known"):
        read_systems(frame)
    systems = read_systems(frame, columns={"n_tasks": 164})
    assert list(systems["repeat"]) == ["1", "2", "1"]
    assert list(systems["cost_usd"]) == [164, 164, 328]


@pytest.mark.parametrize(
    ("column", "cell", "what"),
    [("accuracy", "130", "'130' is not an accuracy"), ("accuracy", "-1", "not an accuracy"),
     ("accuracy", "", "the cell is empty"), ("accuracy", "n/a", "'n/a' is not an accuracy"),
     ("cost", "-3", "not an amount of zero or more"), ("cost", "=HYPERLINK(1)", "not an amount")],
)  # fmt: skip
def test_what_is_no_accuracy_and_no_price_is_refused_with_its_row(tmp_path, column, cell, what):
    cells = {"system": "x", "accuracy": "0.5", "cost": "1", column: cell}
    path = tmp_path / "s.csv"
    path.write_text("system,accuracy,cost\na,0.4,1\n" + ",".join(cells.values()) + "\nb,0.6,2\n")
    with pytest.raises(TableError) as caught:
        read_systems(path)
    assert what.replace("'", "") in str(caught.value).replace("'", "")
    assert (caught.value.row, caught.value.column) == (3, column)
    assert len(read_systems(apply_repair(read_table(path), caught.value.repairs[0]))) == 2


def test_doubts_about_systems_are_said_by_name():
    good = pd.DataFrame(
        {"system": list("abc"), "accuracy": [40.0, 50, 60], "cost": [1.0, 2, 3], "n_tasks": 30}
    )
    for frame, words in (
        (good, "30 tasks tell accuracies apart only by 36 points"),
        (good.assign(accuracy=[0.4, 50, 60]), "lie between 0 and 1 among percentages"),
        (good.assign(benchmark=["x", "y", "y"]), "There are 2 benchmarks (x, y)"),
        (good.assign(cost=[1e-6, 2, 3]), "prices of one task and of all may be mixed"),
        (good.drop(columns="n_tasks"), "number of tasks is not known"),
        (good[:1], "nothing to be compared with"),
    ):
        assert words in said(read_systems(frame), "warning"), words


def test_a_table_without_accuracy_or_names_says_what_it_needs():
    with pytest.raises(TableError, match="accuracy"):
        read_systems(pd.DataFrame({"system": ["a"], "x": [1]}))
    with pytest.raises(TableError, match="what was tried"):
        read_systems(pd.DataFrame({"accuracy": [0.5]}))


def test_check_knows_systems_by_their_columns(board):
    assert sw.check(board).attrs["kind"] == "systems"
    assert "1 warning" in sw.check(board).summary


def test_reading_what_was_read_changes_nothing(board):
    once = read_systems(board)
    pd.testing.assert_frame_equal(read_systems(once)[once.columns], once)
