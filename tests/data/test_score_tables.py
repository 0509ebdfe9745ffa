"""Scores, mixtures and losses on many data sets: what their sources give, with the quirks corrected."""

import math

import numpy as np
import pytest
from tables import llm_line, pythia_evals, regmix, sloth, weak_tests

from scalewidgets.data import load
from scalewidgets.laws import mixing_law
from scalewidgets.laws.shares import SHARE_TOLERANCE


def test_pythia_scores_are_of_one_suite_and_carry_their_compute(raw):
    made = pythia_evals.compile_table(raw)
    assert list(made["model"]) == ["Pythia-70M", "Pythia-12B-deduped"]
    assert list(made["score"]) == [0.25, 0.5]
    assert made["loss"].iloc[1] == math.log(10.0)  # nats, and the first of two results
    assert list(made["tokens"]) == [143000 * 2097152, 1000 * 2097152]
    assert list(made["is_final"]) == [True, False]
    table = load("pythia_evals")
    assert (table.groupby("model").size() == 26 * 8).all()
    last = table[table["is_final"] & (table["model"] == "Pythia-12B")].set_index("benchmark")
    assert last.loc["LAMBADA", "score"] == pytest.approx(0.704638, abs=1e-6)
    assert math.exp(last.loc["LAMBADA", "loss"]) == pytest.approx(3.923642, abs=1e-6)
    assert last.loc["ARC-Easy", "score"] == pytest.approx(0.702441, abs=1e-6)
    assert set(table.loc[table["loss"].notna(), "loss_kind"]) == {"other_unit"}


def test_scores_above_chance_are_kept_apart_from_shares_solved(raw):
    made = sloth.compile_table(raw).set_index(["run", "benchmark"])["score"]
    assert made["old-7b", "GPQA"] == 0.26
    assert made["tuned-8b", "GPQA above chance"] == 0.076063
    assert made["tuned-8b (2)", "GPQA above chance"] == 0.090604
    assert made["old-7b", "IFEval"] == 0.14
    assert made["tuned-8b", "IFEval"] == 0.237406
    assert made["old-7b", "ARC-Challenge"] == 0.28
    table = load("sloth")
    new = table[table["benchmark"].isin(["GPQA", "GPQA above chance"])]
    assert (len(new), table["model"].nunique(), table["run"].nunique()) == (216, 215, 216)
    assert new.groupby("benchmark").size().to_dict() == {"GPQA": 105, "GPQA above chance": 111}
    # A quarter of GPQA is guessed: no raw score is far below, and few shifted ones are above.
    assert new.loc[new["benchmark"] == "GPQA", "score"].min() == 0.23
    assert new.loc[new["benchmark"] == "GPQA above chance", "score"].median() < 0.06
    assert np.allclose(table["flops"], 6 * table["params"] * table["tokens"])


def test_mixtures_are_joined_by_number_and_fit_the_mixing_law(raw):
    made = regmix.runs_of(raw, "1M, training")
    assert list(made["r_arxiv"]) == [0.1, 0.2]
    assert list(made["loss"]) == [1.5, 2.5]
    table = load("regmix")
    assert table.groupby("family").size().to_dict() == {
        "1B, test": 64,
        "1M, test": 256,
        "1M, training": 512,
        "60M, test": 256,
    }
    shares = table[[f"r_{domain}" for domain in regmix.DOMAINS]]
    assert (abs(shares.sum(axis=1) - 1) <= SHARE_TOLERANCE).all()
    assert (table["loss"] == table["loss_pile_cc"]).all()
    small, large = (shares[table["family"] == family].to_numpy() for family in ("1M, test", "60M, test"))
    assert (small == large).all()
    seen = set(map(tuple, shares[table["family"] == "1M, training"].to_numpy()))
    assert not seen & set(map(tuple, small))
    law = mixing_law(regmix.DOMAINS)
    assert {symbol.name for symbol in law.inputs} <= set(table.columns)


def test_mixtures_that_do_not_match_stop_the_compiler(raw, tmp_path):
    for name in ("train_mixture_1m", "train_pile_loss_1m"):
        (tmp_path / "regmix").mkdir(exist_ok=True)
        text = (raw / f"regmix/{name}.csv").read_text()
        (tmp_path / f"regmix/{name}.csv").write_text(text.replace("\n2,", "\n3,") if "loss" in name else text)
    with pytest.raises(ValueError, match="not of the same mixtures"):
        regmix.runs_of(tmp_path, "1M, training")


def test_the_worth_of_weak_tests_is_the_published_line(raw):
    table = load("weak_tests")
    slope, intercept = np.polyfit(table["accuracy"], table["precision"], 1)
    assert (intercept, slope) == (pytest.approx(0.7247, abs=5e-5), pytest.approx(0.2183, abs=5e-5))
    assert np.corrcoef(table["accuracy"], table["precision"])[0, 1] ** 2 == pytest.approx(0.892, abs=5e-4)
    made = weak_tests.compile_table(raw)
    assert made["accuracy"][0] / made["precision"][0] == pytest.approx(0.4)
    assert made["n_tasks"][0] == 150


def test_public_checkpoints_are_not_passed_off_as_models(raw):
    made = llm_line.compile_table(raw)
    assert made["checkpoint"].nunique() == 3  # the second line of headers is none
    assert set(made.loc[made["tokens"] == 1e9, "note"]) == {"flops=6ND;same_losses_twice"}
    unknown = made[made["run"] == "org/m"].iloc[0]
    assert (unknown["arch"], unknown["note"]) == ("ssm", "size_unknown;tokens_unknown")
    assert np.isnan(unknown["flops"])
    table = load("llm_line")
    assert (table["checkpoint"].nunique(), table["model"].nunique()) == (129, 27)
    per_model = table.groupby("model")["checkpoint"].nunique()
    assert per_model[per_model > 1].sum() == 107
    assert (per_model > 1).sum() == 5
    twice = table[table["note"].str.contains("same_losses_twice")]
    assert sorted(twice["tokens"].unique()) == [273e9, 357e9]
    assert twice.groupby("eval_data")["loss"].nunique().max() == 1
    # One tokenizer, one number of bytes a token: the loss in bits per byte is the same loss.
    c4 = table[(table["eval_data"] == "C4") & (table["tokenizer"] == "gpt-neox")]
    assert np.ptp(c4["loss"] / c4["bits_per_byte"]) < 1e-9
