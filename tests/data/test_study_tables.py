"""The tables of single studies: what their sources give, with the quirks that the compiler corrects."""

import numpy as np
import pandas as pd
import pytest
from tables import (
    benchmark_scores,
    emergent_scores,
    fine_tuning,
    gadre,
    gemstones,
    multi_power,
    parallel_streams,
    porian,
    repetition,
    step_law,
)

from scalewidgets import schedules
from scalewidgets.data import load


def test_logged_rates_that_are_not_of_the_schedule_stop_the_compiler(raw, tmp_path):
    folder = tmp_path / "multipowerlaw/csv_25"
    folder.mkdir(parents=True)
    text = (raw / "multipowerlaw/csv_25/cosine_24000.csv").read_text()
    (folder / "cosine_24000.csv").write_text(text.replace("0.000299", "0.000298"))
    with pytest.raises(ValueError, match="not those of cosine"):
        multi_power.curve(tmp_path, "25", "cosine_24000")


def test_each_curve_carries_a_schedule_that_reads_back():
    curves = load("multi_power_curves")
    assert curves.groupby("family")["run"].nunique().to_dict() == {"25M": 9, "100M": 9}
    assert curves["tokens"].isna().all()
    for _, rows in curves.groupby("run"):
        plan = schedules.parse(rows["lr_schedule"].iloc[0])
        assert set(rows["lr_schedule"]) == {plan.text}
        assert (plan.peak, plan.warmup) == (3e-4, 2160)
        assert rows["step"].between(2160, plan.total).all()
        assert rows["step"].is_monotonic_increasing


def test_every_experiment_of_the_isoflop_study_counts_by_its_own_rule(raw):
    points = load("porian")
    assert np.allclose(6 * points["params"] * points["tokens"], points["flops"], rtol=1e-12)
    assert points.groupby("family").size()["Kaplan set-up"] == 107
    kaplan = points[points["family"] == "Kaplan set-up"]
    assert set(kaplan["note"]) == {"N_without_head_and_attention"}
    assert list(porian.compile_table(raw)["family"]) == ["Kaplan set-up", "optimiser tuned"]


def test_overtrained_models_are_the_104_of_the_paper(raw):
    runs = load("overtraining")
    assert runs.groupby("family").size().to_dict() == {"C4": 34, "RedPajama": 35, "RefinedWeb": 35}
    assert (runs["params_non_embed"] < runs["params"]).all()
    ratio = runs["tokens"] / runs["params"] / 20
    assert np.allclose(np.log2(ratio), np.round(np.log2(ratio)), atol=1e-6)
    assert list(gadre.compile_table(raw)["family"]) == ["C4", "RedPajama"]


def test_repeated_runs_have_at_least_one_epoch_and_mark_their_variants(raw):
    runs = load("repetition")
    assert (len(runs), runs["run"].is_unique) == (296, True)
    assert (runs["epochs"] >= 1).all()
    assert np.allclose(runs["unique_tokens"] * runs["epochs"], runs["tokens"])
    variant = repetition.compile_table(raw)["note"].str.contains("variant")
    assert list(variant) == [False, True]


def test_gemstones_keep_the_selections_of_the_authors_apart(raw):
    runs = load("gemstones")
    assert runs.groupby("family").size().to_dict() == {
        "cooled down": 199,
        "hot, all": 770,
        "hot, to 100B": 220,
    }
    assert runs["model"].nunique() == 22
    assert runs[runs["family"] == "hot, to 100B"]["tokens"].max() < 101e9
    small = gemstones.selection(raw, "cool_end")
    assert list(small["is_final"]) == [False, True]
    assert (small["width"][0], small["depth"][0], small["loss"][1]) == (256, 80, 3.25)


def test_fine_tuning_samples_are_not_passed_off_as_tokens(raw):
    runs = load("fine_tuning")
    assert runs["tokens"].isna().all()
    assert sorted(runs["samples"].unique())[:3] == [0, 200, 400]
    assert (runs.groupby(["family", "model"]).size() == 15).all()
    assert (runs.groupby("run")["is_final"].sum() == 1).all()
    one = fine_tuning.task(raw, "flan")
    assert list(one["loss"]) == [4.9, 4.2, 1.7]


def test_scores_come_with_compute_in_flop_or_with_none(raw):
    table = load("benchmark_scores")
    assert table["model"].nunique() == 148
    assert table.loc[table["model"] == "huggyllama/llama-7b", "flops"].iloc[0] == 40.2e21
    assert table["flops"].isna().groupby(table["model"]).first().sum() == 25
    made = benchmark_scores.compile_table(raw)
    assert list(made["params"].unique()) == [6.7e9, 3e9, 110e9]
    assert made.loc[made["family"] == "BTLM", ["tokens", "flops"]].iloc[0].tolist() == [627e9, 11.286e21]
    assert "XWinograd" not in set(made.loc[made["model"] == "org/a-6.7b", "benchmark"])
    assert isinstance(made, pd.DataFrame)


def test_the_182_runs_of_the_published_fit_are_marked():
    runs = load("repetition")
    fitted = runs[runs["note"].str.contains("in_the_published_fit")]
    assert len(fitted) == 182
    assert not fitted["note"].str.contains("variant").any()
    assert set(repetition.NOT_FITTED) <= set(runs["run"].str.removeprefix("GPT2-"))


def test_emergent_tasks_are_of_models_whose_benchmarks_are_known(raw):
    tasks = load("emergent_scores")
    known = load("benchmark_scores")
    assert set(tasks["model"]) <= set(known["model"])
    assert tasks.groupby("benchmark").size()["Word unscramble"] == tasks["model"].nunique()
    made = emergent_scores.compile_table(raw)
    assert list(made["model"].unique()) == ["org/b-110b", "org/a-6.7b"]
    assert len(made) == 7


def test_streams_say_that_their_sizes_leave_embeddings_out(raw):
    runs = load("parallel_streams")
    assert runs.groupby("streams").size().to_dict() == {1: 6, 2: 6, 4: 6, 8: 6}
    assert runs["params"].isna().all()
    assert runs["tokens"].isna().all()
    assert list(parallel_streams.compile_table(raw)["run"]) == ["536M, P = 1", "545M, P = 8"]


def test_resampled_coefficients_keep_six_decimals(raw):
    table = load("step_law_resamples")
    assert table.groupby(["family", "coefficient"]).size().eq(1000).all()
    made = step_law.compile_table(raw).set_index(["family", "coefficient"])["value"]
    assert made["learning rate", "exponent_N"] == -0.738443
