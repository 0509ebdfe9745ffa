"""The compiler: what each public source is turned into, and that the bytes never change."""

import gzip
import io
import json
import math

import numpy as np
import pandas as pd
import pytest
from compile_tables import compile_tables, declared, main
from tables import chinchilla, curves, datablations, endpoints, hitchhikers
from tables.raw import read_exact, size
from tables.rows import thin
from tables.table import to_bytes


def test_same_raw_files_give_the_same_bytes(raw, tmp_path):
    first = compile_tables(raw, tmp_path / "a")
    second = compile_tables(raw, tmp_path / "b")
    assert first == second
    for entry in first:
        content = (tmp_path / "a" / entry["file"]).read_bytes()
        assert content == (tmp_path / "b" / entry["file"]).read_bytes()
        assert content[4:8] == b"\0\0\0\0"  # no time in the header
        assert content[9:10] == b"\xff"  # no system either


def test_one_table_can_be_compiled_without_losing_the_others(raw, tmp_path, capsys):
    before = compile_tables(raw, tmp_path)
    main([str(raw), "--out", str(tmp_path), "--only", "chinchilla"])
    assert json.loads((tmp_path / "manifest.json").read_text())["tables"] == before
    assert "hitchhikers" in capsys.readouterr().out


def test_every_number_is_written_to_the_last_digit():
    values = np.random.default_rng(0).lognormal(0, 30, 2000)
    frame = pd.DataFrame({"loss": values, "params": np.round(values)})
    lines = gzip.decompress(to_bytes(frame)).decode().splitlines()
    assert lines[0] == "params,loss"
    assert [float(line.split(",")[1]) for line in lines[1:]] == list(values)
    assert [float(line.split(",")[0]) for line in lines[1:]] == list(np.round(values))


def test_a_column_that_is_not_tidy_is_not_shipped():
    with pytest.raises(ValueError, match="not columns of a runs table"):
        to_bytes(pd.DataFrame({"colour": ["red"]}))


def test_sizes_written_as_text_become_exact_numbers():
    assert [size(text) for text in ("2.8B", "125m", "175.0B", "1T", "7")] == [2.8e9, 125e6, 175e9, 1e12, 7]


def test_descriptions_count_what_is_in_the_table(raw, tmp_path):
    for entry, table in zip(compile_tables(raw, tmp_path), declared(), strict=True):
        frame = table.compile(raw)
        assert entry["models"] == frame["base_model" if table.kind == "systems" else "model"].nunique()
        assert f"{entry['rows']:,}" in entry["description"]
        assert "{" not in entry["description"]


def test_chinchilla_tokens_follow_from_compute(raw):
    table = chinchilla.compile_table(raw)
    assert list(table["tokens"]) == list(table["flops"] / (6 * table["params"]))
    assert table["params"][0] == 100000000.5
    assert table["loss"][0] == 5.005581996196243
    assert chinchilla.five_highest(table)["index"] == [0, 1, 2, 4, 5]


def test_a_second_copy_that_differs_stops_the_compiler(raw):
    points = read_exact(raw / chinchilla.RAW)
    chinchilla.check_copies_agree(points, points.copy())
    with pytest.raises(ValueError, match="different points"):
        chinchilla.check_copies_agree(points, points.assign(loss=points["loss"] + 1e-15 * 8))


def test_repeated_data_runs_have_true_unique_tokens_and_compute(raw):
    runs = datablations.trajectories(raw)
    assert list(runs["family"].unique()) == ["GPT2-c4-44", "GPT2-oscar-3", "GPT2-oscar-4"]
    assert list(runs["unique_tokens"]) == [2000, 2000, 1000, 1000, 750, 750]
    assert list(runs["flops"]) == list(6 * 2.8e9 * runs["tokens"])  # not the column that falls
    assert list(runs["is_final"]) == [False, True] * 3
    assert list(runs["note"].str.contains("same_curve_twice")) == [False] * 2 + [True] * 4


def test_single_point_runs_do_not_keep_the_wrong_tokens_per_epoch(raw):
    run = datablations.contour(raw).iloc[0]
    assert run["unique_tokens"] == 4e9
    assert run["model"] == "GPT2-2b816b4b"


def test_code_mixes_keep_two_losses_apart(raw):
    runs = datablations.code_mixes(raw)
    assert list(runs["eval_data"]) == ["C4", "code"]
    assert set(runs["model"]) == {"GPT2-4.2B-c4-code-10"}
    assert list(runs["epochs"]) == [1, 1]


def test_opt_perplexity_and_decimal_logarithms_are_undone(raw):
    runs = curves.opt(raw)
    assert list(runs["loss"]) == [math.log(67.522654), math.log(25.976425)]
    assert list(runs["tokens"]) == [1e9, 8e9]
    assert list(runs["params"]) == [125e6, 175e9]


def test_pile_t5_is_nats_and_without_step_zero(raw):
    runs = curves.pile_t5(raw)
    assert list(runs["loss"]) == [math.log(1.05), math.log(1.04)]
    assert set(runs["loss_kind"]) == {"other_unit"}
    assert list(runs["tokens"]) == [1e10, 1e10]


def test_olmo_curves_are_on_one_corpus(raw):
    runs = curves.olmo(raw)
    assert list(runs["loss"]) == [3.1, 2.9, 2.8]
    assert list(runs["model"]) == ["OLMo-1B", "OLMo-7B", "OLMo-7B-Twin-2T"]
    assert runs["family"].isna().tolist() == [False, False, True]


def test_long_curves_are_thinned_but_never_averaged(raw):
    for reader, rows in ((curves.k2, 2000), (curves.mamba, 3000)):
        runs = reader(raw)
        assert 100 < len(runs) <= curves.LONG_CURVE
        assert runs["tokens"].is_monotonic_increasing
        assert runs["tokens"].is_unique
        measured = {8.0 / (row + 1) + 1.5 for row in range(rows)}
        assert set(runs["loss"]) <= measured
    assert (curves.k2(raw)["tokens"] > 0).all()


def test_thinning_keeps_both_ends():
    curve = pd.DataFrame({"tokens": np.arange(1.0, 5001.0), "loss": 1.0})
    thinned = thin(curve, 50)
    assert (thinned["tokens"].iloc[0], thinned["tokens"].iloc[-1]) == (1, 5000)
    assert len(thinned) <= 50


def test_mamba_is_there_once(raw):
    table = hitchhikers.compile_table(raw)
    mamba = table[table["model"] == "Mamba-3B"]
    assert mamba["tokens"].is_unique
    assert mamba["is_final"].sum() == 1


def test_amber_perplexity_of_one_corpus(raw):
    runs = curves.amber(raw)
    assert list(runs["loss"]) == [math.log(160.0), math.log(14.3)]
    assert runs["tokens"].iloc[-1] == 1.259e12


def test_gpt3_validation_and_training_are_different_families(raw):
    runs = curves.gpt3(raw)
    assert list(runs["family"]) == ["gpt3-train", "gpt3", "gpt3"]
    assert list(runs["loss"]) == [3.4, 3.3, 1.78]
    assert list(runs["params"]) == [125e6, 125e6, 175e9]
    assert list(runs["lr_peak"]) == [6e-4, 6e-4, 0.6e-4]
    assert runs["tokens"].iloc[2] == 299652555000
    assert list(runs["is_final"]) == [True, True, True]


def test_red_pajama_has_no_header_and_is_put_in_order(raw):
    runs = curves.red_pajama(raw)
    assert list(runs["tokens"]) == [60.25e9, 80.5e9] * 2
    assert list(runs["params"].unique()) == [2.4e9, 6.7e9]


def test_compute_of_large_runs_does_not_overflow(raw):
    run = endpoints.overtrained(raw).iloc[0]
    assert run["flops"] == 6.0 * 6889410560 * 137788211200  # more than 64 bits hold
    assert run["family"] == "overtrain-RedPajama"


def test_gzip_runs_end_with_their_last_validation_loss(raw):
    run = endpoints.gzip_complexity(raw).iloc[0]
    assert (run["loss"], run["tokens"], run["family"]) == (9.9, 99695, "gzipscale-0.12")


def test_bimix_values_are_nats_already(raw):
    runs = endpoints.bimix(raw)
    assert list(runs["loss"]) == [2.9, 2.7]
    assert runs["tokens"].isna().all()
    assert list(runs["is_final"]) == [False, True]


def test_a_missing_raw_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"opt_trajectories\.csv"):
        curves.opt(tmp_path)


def test_the_collection_holds_every_source(raw):
    table = hitchhikers.compile_table(raw)
    assert {"GPT2-c4-44", "OPT", "t5-pile", "olmo", "gpt3", "redPajama", "overtrain-C4"} <= set(
        table["family"]
    )
    text = gzip.decompress(to_bytes(table)).decode()
    assert len(pd.read_csv(io.StringIO(text))) == len(table)
