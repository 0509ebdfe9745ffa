"""Reading the user's own table: what is recognised, completed, kept and said about it."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from scalewidgets.data import check, load, read_runs, read_table
from scalewidgets.data.aliases import ALIASES
from scalewidgets.data.columns import RUNS_NAMES
from scalewidgets.data.recognise import read_name
from scalewidgets.data.values import parse


@pytest.fixture
def good():
    """Twelve plausible runs."""
    params = np.repeat([1e8, 4e8, 1.6e9], 4)
    tokens = np.tile([2e9, 8e9, 3.2e10, 1.28e11], 3)
    loss = 1.8 + 480 / params**0.35 + 2000 / tokens**0.37
    return pd.DataFrame({"params": params, "tokens": tokens, "loss": loss})


def messages(runs, level=None):
    return " ".join(str(f) for f in runs.attrs["findings"] if level in (None, f.level))


def test_a_csv_comes_back_to_the_last_bit(good, tmp_path):
    path = tmp_path / "runs.csv"
    good.to_csv(path, index=False)
    runs = read_runs(path)
    for name in good:
        assert (runs[name] == good[name]).all()
    assert tuple(runs.columns) == RUNS_NAMES
    assert (runs["flops"] == 6 * good["params"] * good["tokens"]).all()
    assert set(runs["flops_rule"]) == {"6ND"}
    assert runs.attrs["source_name"] == "runs.csv"
    assert runs.attrs["columns"] == {"params": "params", "tokens": "tokens", "loss": "loss"}
    assert "C = 6ND" in messages(runs, "note")
    assert not messages(runs, "warning")


@pytest.mark.parametrize(
    ("separator", "name"), [(",", "a.csv"), (";", "a.csv"), ("\t", "a.tsv"), ("\t", "a.txt"), ("|", "a.csv")]
)
def test_separators_are_told_apart(good, tmp_path, separator, name):
    good.to_csv(tmp_path / name, sep=separator, index=False)
    assert (read_runs(tmp_path / name)["loss"] == good["loss"]).all()


def test_a_gzipped_table_is_read(good, tmp_path):
    path = tmp_path / "runs.csv.gz"
    path.write_bytes(gzip.compress(good.to_csv(index=False).encode()))
    assert len(read_runs(path)) == 12


def test_a_table_saved_by_a_spreadsheet_is_read(good, tmp_path):
    path = tmp_path / "runs.csv"
    text = good.to_csv(index=False)
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert len(read_runs(path)) == 12
    path.write_bytes(text.encode("utf-16"))
    assert len(read_runs(path)) == 12
    path.write_text("N;D;loss\n1e9;2e10;3,25\n2e9;4e10;3,0\n")
    assert list(read_runs(path)["loss"]) == [3.25, 3.0]


def test_units_in_cells_and_in_names_are_read(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text('model_size,tokens_b,loss\n2.8B,55,2.58\n125m,"1,000",3.5\n8.7 B,178,2.34\n')
    runs = read_runs(path)
    assert list(runs["params"]) == [2.8e9, 125e6, 8.7e9]
    assert list(runs["tokens"]) == [55e9, 1e12, 178e9]
    assert "tokens_b is multiplied by 1e+09 (billions)" in messages(runs)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2.8B", 2.8e9),
        ("1.4 T", 1.4e12),
        ("70bn", 70e9),
        ("1,400,000", 1.4e6),
        ("1e21", 1e21),
        (".5m", 5e5),
        ("7.", 7.0),
        ("abc", None),
        ("", None),
        ("12 apples", None),
        ("2.8.1B", None),
        ("=A1*2", None),
        ("1,40", None),
    ],
)
def test_numbers_as_people_write_them(text, value):
    assert parse(text, suffixes=True) == value


def test_a_loss_takes_no_unit():
    assert parse("2.8B", suffixes=False) is None


@pytest.mark.parametrize(
    ("name", "tidy", "factor"),
    [
        ("N", "params", 1),
        ("n_params", "params", 1),
        ("params_b", "params", 1e9),
        ("Parameters (millions)", "params", 1e6),
        ("Model Size", "params", 1),
        ("D", "tokens", 1),
        ("tokens_seen", "tokens", 1),
        ("Tokens [T]", "tokens", 1e12),
        ("n-tokens", "tokens", 1),
        ("Training FLOP", "flops", 1),
        ("compute (1e21)", "flops", 1e21),
        ("compute_pf_days", "flops", 8.64e19),
        ("val/loss", "loss", 1),
        ("eval_loss", "loss", 1),
        ("val_ppl", "perplexity", 1),
        ("non_embedding_params", "params_non_embed", 1),
        ("d_model", "width", 1),
    ],
)
def test_names_are_recognised(name, tidy, factor):
    found = read_name(name)
    assert found is not None
    assert (found[0], found[2]) == (tidy, factor)


def test_no_alias_means_two_things():
    aliases = [alias for names in ALIASES.values() for alias in names]
    assert len(aliases) == len(set(aliases))


@pytest.mark.parametrize("name", ["notes on loss", "accuracy", "x", "", "loss_b", "date"])
def test_other_names_are_left_alone(name):
    assert read_name(name) is None


def test_the_held_out_loss_wins_and_it_is_said(good):
    frame = good.rename(columns={"loss": "train_loss"}).assign(val_loss=good["loss"] + 0.1)
    runs = read_runs(frame)
    assert (runs["loss"] == frame["val_loss"]).all()
    assert "val_loss is read as loss, train_loss is not" in messages(runs)
    assert (runs["train_loss"] == frame["train_loss"]).all()  # nothing of the reader's is lost


def test_the_reader_can_say_which_column_is_which(good):
    frame = good.rename(columns={"params": "millions", "tokens": "seen", "loss": "y"})
    frame["millions"] /= 1e6
    runs = read_runs(frame, columns={"params": ("millions", "M"), "D": "seen", "L": "y"})
    assert np.allclose(runs["params"], good["params"])
    assert runs.attrs["columns"] == {"params": "millions", "tokens": "seen", "loss": "y"}


def test_tokens_follow_from_compute_and_params_do_too(good):
    flops = 6 * good["params"] * good["tokens"]
    runs = read_runs(good.drop(columns="tokens").assign(C=flops))
    assert np.allclose(runs["tokens"], good["tokens"], rtol=1e-14)
    assert set(runs["flops_rule"]) == {"reported"}
    assert "D = C / 6N" in messages(runs)
    runs = read_runs(good.drop(columns="params").assign(C=flops))
    assert np.allclose(runs["params"], good["params"], rtol=1e-14)


def test_integer_columns_do_not_overflow():
    frame = pd.DataFrame({"N": [10**11, 2 * 10**11], "D": [10**13, 2 * 10**13], "loss": [2.0, 1.9]})
    assert list(read_runs(frame)["flops"]) == [6e24, 2.4e25]


def test_perplexity_becomes_nats(good):
    frame = good.drop(columns="loss").assign(ppl=np.exp(good["loss"]))
    runs = read_runs(frame)
    assert np.allclose(runs["loss"], good["loss"])
    assert set(runs["loss_kind"]) == {"ppl_converted"}
    assert runs.attrs["columns"]["loss"] == "ppl"


def test_empty_lines_do_not_shift_the_rows(good, tmp_path):
    lines = good.to_csv(index=False).splitlines()
    path = tmp_path / "runs.csv"
    path.write_text("\n".join([*lines[:3], "", ",,", *lines[3:], "", ""]) + "\n")
    runs = read_runs(path)
    assert len(runs) == 12
    assert list(runs.index[:3]) == [0, 1, 4]  # lines 2, 3 and 6 of the file


def test_labels_and_attributes_of_a_frame_are_kept(good):
    good.index = [f"run-{label}" for label in range(12)]
    good.attrs["mine"] = 1
    runs = read_runs(good)
    assert list(runs.index) == list(good.index)
    assert runs.attrs["mine"] == 1
    assert list(good.columns) == ["params", "tokens", "loss"]  # the reader's frame is as it was


def test_columns_of_a_bundled_table_are_recognised():
    chinchilla = load("chinchilla")
    runs = read_runs(chinchilla)
    pd.testing.assert_frame_equal(runs, chinchilla)
    assert runs.attrs["default_exclusions"] == chinchilla.attrs["default_exclusions"]


def test_reading_what_was_read_changes_nothing(good, tmp_path):
    good.to_csv(tmp_path / "runs.csv", index=False)
    once = read_runs(tmp_path / "runs.csv")
    pd.testing.assert_frame_equal(read_runs(once), once)


def test_a_wide_export_is_read_without_complaint(good):
    extra = pd.DataFrame(np.zeros((12, 150)), columns=[f"system/gpu.{i}" for i in range(150)])
    runs = read_runs(pd.concat([good, extra], axis=1))
    assert runs.shape == (12, len(RUNS_NAMES) + 150)


def test_what_is_not_a_number_in_a_side_column_is_a_warning(good):
    runs = read_runs(good.assign(lr=["1e-3"] * 11 + ["cosine"], name=["a"] * 12))
    assert runs["lr_peak"].isna().sum() == 1
    assert "1 cell is no number" in messages(runs, "warning")
    assert set(runs["model"]) == {"a"}


def test_plain_numbers_that_look_like_billions_are_a_warning():
    frame = pd.DataFrame({"params": [1, 7, 70], "tokens": [20.0, 20, 1400], "loss": [3.0, 2.5, 2.0]})
    inferred = read_runs(frame)
    assert list(inferred["params"]) == [1e9, 7e9, 70e9]
    assert "params (1 to 70) is read in billions, 1.0 B to 70 B" in messages(inferred, "warning")
    assert 'columns={"params": ("params", "B")}' in messages(inferred, "warning")
    fixed = read_runs(frame, columns={"params": ("params", "B"), "tokens": ("tokens", "B")})
    assert list(fixed["params"]) == [1e9, 7e9, 70e9]
    assert "is read in" not in messages(fixed)


def test_a_unit_that_nothing_tells_apart_is_not_guessed():
    runs = read_runs(pd.DataFrame({"params": [1, 7, 70], "tokens": [2e3, 2e3, 1e4], "loss": [7.0, 7.5, 7.2]}))
    assert list(runs["params"]) == [1, 7, 70]
    assert 'columns={"params": ("params", "B")}' in messages(runs, "warning")


def test_a_compute_column_in_other_units_is_a_warning(good):
    flops = 6 * good["params"] * good["tokens"]
    assert "times 6ND" in messages(read_runs(good.assign(flops=flops * 7)), "warning")
    runs = read_runs(good.assign(flops=flops / 1e21))
    assert "flops (0.0012 to 1.23) is read in units of 1e21" in messages(runs, "warning")
    assert np.allclose(runs["flops"], flops)


def test_runs_on_one_line_are_a_warning(good):
    runs = read_runs(good.assign(tokens=good["params"] * 20))
    assert "hard to tell apart" in messages(runs, "warning")


def test_repeated_rows_few_runs_and_high_losses_are_said(good):
    runs = read_runs(pd.concat([good[:4], good[4:5], good[:1]]).assign(loss=lambda frame: frame["loss"] + 4))
    said = messages(runs)
    for part in ("6 runs are few", "1 row repeats", "high for nats", "Index labels repeat"):
        assert part in said


def test_check_lists_findings_worst_first(good, tmp_path):
    table = check(good[:5])
    assert list(table.columns) == ["level", "file", "row", "column", "message", "remedy"]
    assert list(table["level"]) == ["warning", "note"]
    bad = tmp_path / "bad.csv"
    good.assign(loss=[3.0] * 5 + [-1.0] + [3.0] * 6).to_csv(bad, index=False)
    refused = check(bad)
    assert (refused["level"][0], refused["row"][0], refused["column"][0]) == ("error", 7, "loss")
    assert len(check(read_runs(good))) == 1


def test_findings_can_be_stored_with_the_table(good):
    json.dumps(read_runs(good[:5]).attrs)


def test_the_raw_cells_can_be_had(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("N,loss\n2.8B,3\nx,4\n")
    cells = read_table(path)
    assert list(cells["N"]) == ["2.8B", "x"]
    assert list(cells.index) == [0, 1]


def test_a_large_table_is_read_in_seconds(tmp_path):
    rows = 200_000
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "run": random.integers(0, 500, rows),
            "params": np.exp(random.uniform(17, 24, rows)),
            "tokens": np.exp(random.uniform(20, 27, rows)),
            "loss": random.uniform(2, 4, rows),
        }
    )
    frame.to_csv(tmp_path / "big.csv", index=False)
    assert len(read_runs(tmp_path / "big.csv")) == rows
