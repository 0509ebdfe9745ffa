"""How the remarks on tables of training losses are known: by numbers of the tables."""

import numpy as np
import pytest
from remarks import noted, part, spans, table, true

from scalewidgets.data.registry import registry


def opt():
    runs = part("hitchhikers", family="OPT")
    assert spans(np.exp(runs["loss"]), 9.768875, 67.522654, 1e-6)  # the perplexities of the source
    assert spans(runs["tokens"], 1e9, 2.8e11)  # not 9 and 11.5, their logarithms
    assert np.allclose(runs["tokens"], runs["step"] * runs["batch_tokens"])


def compute():
    runs = table("hitchhikers")
    counted = runs[runs["flops_rule"] == "6ND"]
    assert (counted["flops"] == 6 * counted["params"] * counted["tokens"]).all()
    assert counted["flops"].max() > 2**63  # a 64-bit integer would have become negative
    assert (counted["flops"] > 0).all()
    repeated = counted[counted["family"].str.startswith("GPT2-", na=False)].sort_values(["run", "tokens"])
    assert (repeated.groupby("run")["flops"].diff().dropna() >= 0).all()
    points = part("hitchhikers", family="chinchilla")
    assert set(points["flops_rule"]) == {"figure"}
    assert np.allclose(points["tokens"], points["flops"] / 6 / points["params"])


def unique_tokens():
    runs = table("hitchhikers")
    single = runs[runs["note"].str.contains("unique=tokens/epochs", na=False)]
    assert len(single) == 229
    assert np.allclose(single["unique_tokens"] * single["epochs"], single["tokens"])
    assert single["unique_tokens"].nunique() > 10  # and not 1.5e9 in each


def same_curve():
    runs = table("hitchhikers")
    first, second = (runs[runs["model"] == f"GPT2-2.8B-oscar-{n}"]["loss"].to_numpy() for n in (3, 4))
    assert (first == second).all()
    assert noted("hitchhikers", "same_curve_twice").sum() == len(first) + len(second)


def code_mixes():
    runs = table("hitchhikers")
    mixes = runs[runs["model"].str.contains("-code-", na=False)]
    assert set(mixes["eval_data"]) == {"C4", "code"}
    assert set(mixes["epochs"]) == {1}
    by_data = mixes.groupby("eval_data")["loss"].mean()
    assert by_data["code"] < 1.5 < 2.4 < by_data["C4"]  # two losses, not two seeds


def pile_t5():
    runs = part("hitchhikers", family="t5-pile")
    assert set(runs["loss_kind"]) == {"other_unit"}
    assert (runs["step"] > 0).all()
    assert spans(runs["loss"] / np.log(2), 0.05, 0.11, 0.5)  # in bits, as the source prints them


def thinned():
    for model, read in (("K2", 9_986), ("Mamba-3B", 44_174)):
        rows = (table("hitchhikers")["model"] == model).sum()
        assert 300 < rows <= 600 < read


def bimix():
    runs = table("hitchhikers")
    values = runs[noted("hitchhikers", "tokens_unknown")]["loss"]
    assert len(values) == 240
    assert values.between(1.5, 3.9).all()  # a second logarithm would leave 0.4 to 1.4
    assert runs.loc[noted("hitchhikers", "tokens_unknown"), ["tokens", "flops"]].isna().all(axis=None)


def amber():
    runs = part("hitchhikers", model="Amber").sort_values("tokens")
    chunk = 1.259e12 / 360
    number = runs["tokens"] / chunk
    assert np.allclose(number, number.round(), atol=1e-6)
    assert spans(number, 1, 355)
    assert 14 < np.exp(runs["loss"].iloc[-1]) < 15  # a perplexity of 14 is a loss of 2.7


def gpt3():
    kinds = table("hitchhikers").groupby("family")["loss_kind"].unique()
    assert list(kinds["gpt3"]) != list(kinds["gpt3-train"])
    assert len(part("hitchhikers", family="gpt3")) == 6506


def overlap():
    short, long = (
        part("gemstones", family=family).set_index(["model", "tokens"])["loss"]
        for family in ("hot, to 100B", "hot, all")
    )
    shared = short.index.intersection(long.index)
    assert len(shared) > 150
    assert (short[shared] == long[shared]).all()


def gadre_embeddings():
    smallest = table("overtraining").nsmallest(1, "params").iloc[0]
    assert smallest["params_non_embed"] / smallest["params"] == pytest.approx(0.5, abs=0.1)


def gadre_tokens():
    ratio = table("overtraining")["tokens"] / table("overtraining")["params"] / 20
    assert np.allclose(np.log2(ratio), np.log2(ratio).round(), atol=1e-6)


def gadre_short():
    few = table("overtraining").nsmallest(1, "flops").iloc[0]
    assert (few["params"], few["tokens"]) == (pytest.approx(10.6e6, rel=0.01), pytest.approx(53e6, rel=0.01))
    assert few["loss"] > 5.5


def repetition_epochs():
    runs = table("repetition")
    assert (runs["unique_tokens"] <= runs["tokens"]).all()
    one = runs[runs["run"] == "GPT2-2b84b4b"].iloc[0]
    assert (one["params"], one["tokens"], one["unique_tokens"]) == (
        pytest.approx(2.8e9, rel=0.01),
        pytest.approx(4e9, rel=0.05),
        pytest.approx(4e9, rel=0.05),
    )


def repetition_high():
    high = table("repetition").query("loss > 5")
    small, repeated = high[high["tokens"] <= 1.5e9], high[high["tokens"] > 1.5e9]
    assert (len(small), len(repeated)) == (17, 14)
    assert spans(repeated["epochs"], 48, 660)
    assert 11 < repeated["loss"].max() < 11.1


def two_stage():
    curves = table("multi_power_curves")
    last = curves[curves["run"].str.contains("wsdcon")].groupby("family")["step"].max()
    assert last.to_dict() == {"25M": 14144, "100M": 15936}


CHECKS = {
    "chinchilla": {
        "Tokens are not in the figure": lambda: true(
            (
                table("chinchilla")["tokens"]
                == table("chinchilla")["flops"] / (6 * table("chinchilla")["params"])
            ).all()
        ),
        "The five highest losses": lambda: true(
            table("chinchilla").attrs["default_exclusions"]["index"]
            == sorted(table("chinchilla")["loss"].nlargest(5).index)
        ),
    },
    "fine_tuning": {
        "samples counts fine-tuning": lambda: true(
            table("fine_tuning")["tokens"].isna().all() and table("fine_tuning")["samples"].max() == 1638400
        ),
        "The loss at 0 samples": lambda: true(len(part("fine_tuning", samples=0)) == 60),
    },
    "gemstones": {
        "N counts all": lambda: true((table("gemstones")["params"] > 5e7 * 0.9).all()),
        "The selection up to 100": overlap,
    },
    "hitchhikers": {
        "Sizes given as text": lambda: true({2.8e9, 175e9, 125e6} <= set(table("hitchhikers")["params"])),
        "Compute is 6ND throughout": compute,
        "OPT: perplexity": opt,
        "Repetition runs: unique": unique_tokens,
        "The runs GPT2-2.8B-oscar": same_curve,
        "Code mixes": code_mixes,
        "Pile-T5": pile_t5,
        "OLMo": lambda: true(part("hitchhikers", family="olmo")["eval_data"].nunique() == 1),
        "Mamba 3B is here once": lambda: true(
            part("hitchhikers", model="Mamba-3B")["tokens"].is_unique
            and part("hitchhikers", model="Mamba-3B")["loss"].max() > 20
        ),
        "K2 and Mamba 3B are thinned": thinned,
        "BiMix": bimix,
        "Amber": amber,
        "GPT-3": gpt3,
    },
    "multi_power_curves": {
        "lr_schedule holds": lambda: true(table("multi_power_curves")["lr_schedule"].nunique() <= 18),
        "Sizes are the nominal": lambda: true(
            set(table("multi_power_curves")["params"]) == {25e6, 100e6}
            and table("multi_power_curves")["tokens"].isna().all()
        ),
        "The two-stage runs are 16,000": two_stage,
    },
    "overtraining": {
        "N counts all": gadre_embeddings,
        "The tokens are 20 times": gadre_tokens,
        "Runs on very few tokens": gadre_short,
    },
    "parallel_streams": {
        "The repository states no licence": lambda: true(
            "none stated" in registry()["parallel_streams"].licence
        ),
        "N leaves embeddings out": lambda: true(table("parallel_streams")["params"].isna().all()),
        "All runs read the same": lambda: true(table("parallel_streams")["tokens"].isna().all()),
    },
    "porian": {
        "params is the N of": lambda: true(
            np.allclose(
                6 * table("porian")["params"] * table("porian")["tokens"],
                table("porian")["flops"],
                rtol=1e-12,
            )
        ),
        "Experiments are families": lambda: true(
            table("porian").groupby("family")["note"].nunique().eq(1).all()
        ),
    },
    "repetition": {
        "Unique tokens are decoded": repetition_epochs,
        "31 losses are above 5": repetition_high,
        "Runs that repeat another": lambda: true(noted("repetition", "variant").sum() == 66),
        "in_the_published_fit": lambda: true(noted("repetition", "in_the_published_fit").sum() == 182),
    },
    "step_law_resamples": {
        "The repository states no licence": lambda: true(
            "none stated" in registry()["step_law_resamples"].licence
        ),
        "Values are rounded": lambda: true(
            np.allclose(
                table("step_law_resamples")["value"],
                table("step_law_resamples")["value"].round(6),
                atol=1e-12,
            )
        ),
        "These are fitted coefficients": lambda: true(registry()["step_law_resamples"].kind == "resamples"),
    },
}
