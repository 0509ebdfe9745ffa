"""How the remarks on tables of scores, samples, systems and mixtures are known: by their numbers."""

import numpy as np
from remarks import noted, part, spans, table, true


def aider_shares(name):
    rows = table(name)
    assert rows["accuracy"].between(0, 1).all()
    assert np.allclose(rows["accuracy"] * 1000, (rows["accuracy"] * 1000).round(), atol=1e-9)
    assert (rows["accuracy_first"] <= rows["accuracy"]).all()


def aider_totals(name):
    rows = table(name)
    assert (rows["seconds"] / rows["n_tasks"]).between(2, 2000).all()
    assert (rows["cost_usd"] / rows["n_tasks"]).dropna().between(1e-5, 4).all()


def aider_tokens(name):
    for column in ("prompt_tokens", "completion_tokens"):
        assert not (table(name)[column] == 0).any()


def aider_effort(name):
    said = set(table(name)["effort"].dropna())
    assert said <= {"none", "low", "medium", "high", "default", "24k tokens", "32k tokens"}


def aider_cost(name):
    rows = table(name)
    assert not (rows["cost_usd"] == 0).any()
    assert (rows["cost_usd"].isna() == noted(name, "cost_unknown")).all()


AIDER = {
    "A cost of 0": aider_cost,
    "cost_usd, tokens and seconds are for all": aider_totals,
    "Percentages are shares": aider_shares,
    "Effort is taken out": aider_effort,
    "Token counts of 0": aider_tokens,
}


def agents_names():
    assert set(part("agents", strategy="warming")["base_model"]) == {"gpt-4-turbo-2024-04-09"}
    assert not table("agents")["base_model"].str.contains("step|repeat").any()


def agents_spread():
    spread = table("agents").groupby("system")["accuracy"].std()
    assert 0.004 < spread.min() < spread.median() < 0.02
    assert table("agents")["accuracy_se"].between(0.015, 0.04).all()


def runs_counted():
    runs = table("agents_problems").groupby("model")["n_samples"].first()
    assert runs.value_counts().to_dict() == {5: 10, 8: 1, 1: 2}
    assert runs["single: gpt-4-1106-preview"] == 8


def single_units(name, params, tokens, flops):
    rows = table(name)
    assert spans(rows["params"], *params, 0.01)
    assert spans(rows["tokens"].dropna(), *tokens, 0.01)
    assert spans(rows["flops"].dropna(), *flops, 0.01)
    known = rows.dropna(subset=["flops", "tokens"])
    assert np.allclose(known["flops"], 6 * known["params"] * known["tokens"], rtol=0.01)


def line_twice():
    twice = table("llm_line")[noted("llm_line", "same_losses_twice")]
    assert sorted(twice["tokens"].unique()) == [273e9, 357e9]
    assert (twice.groupby("eval_data")["loss"].nunique() == 1).all()


def line_tokenizers():
    c4 = part("llm_line", eval_data="C4")
    ratio = (c4["loss"] / c4["bits_per_byte"]).groupby(c4["tokenizer"]).agg(["min", "max"])
    assert np.allclose(ratio["min"], ratio["max"])
    assert np.ptp(ratio["min"]) > 0.005  # the same loss a token is another loss a byte
    tests = table("llm_line")["accuracy"].notna()
    assert (table("llm_line").loc[tests, "loss_kind"] == "other_unit").all()


def line_sizes():
    assert part("llm_line", model="pythia-160m")["params"].iloc[0] == 123689472
    olmo = table("llm_line")[table("llm_line")["model"].str.startswith("OLMo")]
    assert olmo[["params", "tokens", "step", "flops"]].isna().all(axis=None)


def sloth_tokens():
    here, there = (table(name).groupby("model")["tokens"].first() for name in ("sloth", "benchmark_scores"))
    pairs = {"gemma-2-2b": (8, 2), "gemma-2-9b": (13, 8)}
    for model, (said, other) in pairs.items():
        assert (here[model], there[f"google/{model}"]) == (said * 1e12, other * 1e12)
    assert (here["pythia-12b"], there["EleutherAI/pythia-12b-deduped"]) == (0.25e12, 0.3e12)


def sloth_apart():
    rows = table("sloth")
    shifted = rows["benchmark"].str.endswith("above chance")
    assert (shifted == noted("sloth", "chance_removed")).all()
    assert set(rows.loc[shifted, "benchmark"].str.removesuffix(" above chance")) == {
        *("BBH", "MMLU-Pro", "GPQA", "MuSR")
    }
    assert shifted.sum() == 4 * 111


def sloth_twice():
    rows = part("sloth", model="l3-pneuma-8b")
    assert rows["run"].nunique() == 2
    assert (rows.groupby("benchmark")["score"].nunique() == 2).any()


def sloth_tuned():
    rows = table("sloth").drop_duplicates("run")
    llama3 = rows[rows["run"].str.contains("llama-3") & (rows["params"] == 8e9)]
    assert set(llama3["tokens"]) == {15e12}


def mixtures_sum():
    shares = table("regmix").filter(regex="^r_").sum(axis=1)
    assert spans(shares, 0.996, 1.003, 1e-9)


def mixtures_apart():
    sets = {
        family: list(map(tuple, rows.filter(regex="^r_").to_numpy()))
        for family, rows in table("regmix").groupby("family")
    }
    assert sets["1M, test"] == sets["60M, test"]
    assert not set(sets["1M, training"]) & (set(sets["1M, test"]) | set(sets["1B, test"]))


def never_solved():
    none = table("pythia_math").groupby("model")["n_correct"].apply(lambda counts: (counts == 0).sum())
    assert (none["Pythia-12B"], none["Pythia-70M"]) == (16, 94)


CHECKS = {
    "agents": {
        "cost_usd is for all 164": lambda: true(
            part("agents", system="single: gpt-3.5-turbo-0125")["cost_usd"].mean().round(3) == 0.055
        ),
        "seconds are those spent": lambda: true(
            part("agents", system="LDB: gpt-3.5-turbo-0125, gpt-4-turbo-2024-04-09")["seconds"].mean() > 2400
        ),
        "Names of the source that mix": agents_names,
        "The source says that interrupted": lambda: true(
            set(table("agents").loc[noted("agents", "resumed_runs"), "strategy"]) == {"LATS"}
        ),
        "Five runs of one configuration": agents_spread,
    },
    "agents_problems": {
        "Runs of one configuration are counted": runs_counted,
        "Repeats under other names": lambda: true(
            {"retry, 8 repeats", "retry, temperature 0.5"} <= set(table("agents_problems")["strategy"])
        ),
    },
    "aider": {start: (lambda check=check: check("aider")) for start, check in AIDER.items()},
    "aider_other": {
        **{start: (lambda check=check: check("aider_other")) for start, check in AIDER.items()},
        "Runs that several files hold": lambda: true(
            not table("aider_other").duplicated(["family", "system"]).any()
            and not {"r1 on polyglot"} & set(table("aider_other")["family"])
        ),
        "Two runs of the edit board": lambda: true(
            sorted(table("aider_other").loc[noted("aider_other", "part_of_the_exercises"), "n_tasks"])
            == [33, 36]
            and set(part("aider_other", family="refactor")["note"].str.contains("one_attempt")) == {True}
        ),
    },
    "benchmark_scores": {
        "Compute, tokens and parameters are in single": lambda: single_units(
            "benchmark_scores", (7e7, 4.05e11), (2.22e9, 1.5e13), (1.47852e18, 3.645e25)
        ),
        "BTLM-3B has 627 trillion": lambda: true(
            part("benchmark_scores", family="BTLM")[["tokens", "flops"]].iloc[0].tolist()
            == [627e9, 11.286e21]
        ),
        "Sizes of mixture-of-experts": lambda: true(
            part("benchmark_scores", model="mistralai/Mixtral-8x7B-v0.1")["params"].iloc[0] > 1e10
        ),
        "Scores are shares": lambda: true(
            table("benchmark_scores")["score"].between(0, 1).all()
            and len(table("benchmark_scores")) < 148 * 8
        ),
    },
    "emergent_scores": {
        "Tasks are named as in": lambda: true(table("emergent_scores")["score"].between(0, 1).all()),
        "Models of the same name": lambda: true(
            len(set(table("emergent_scores")["model"]) & set(table("benchmark_scores")["model"])) > 60
        ),
    },
    "llm_line": {
        "The file has a second line": lambda: true(table("llm_line")["checkpoint"].nunique() == 129),
        "Losses per token depend": line_tokenizers,
        "Parameters are as in the source": line_sizes,
        "Two FineWeb-Edu checkpoints": line_twice,
        "Compute is 6ND with": lambda: true(
            (table("llm_line")["flops"] == 6 * table("llm_line")["params"] * table("llm_line")["tokens"])
            .eq(table("llm_line")["tokens"].notna())
            .all()
        ),
    },
    "pythia_evals": {
        "Tokens are steps times": lambda: true(
            (table("pythia_evals")["tokens"] == 2097152 * table("pythia_evals")["step"]).all()
        ),
        "LAMBADA": lambda: true(
            np.exp(table("pythia_evals").query("model == 'Pythia-12B' and step == 143000")["loss"].dropna())
            .round(4)
            .tolist()
            == [3.9236]
        ),
        "Evaluations that the source holds twice": lambda: true(
            not table("pythia_evals").duplicated(["run", "step", "benchmark"]).any()
        ),
        "Parameters are the nominal": lambda: true(
            part("pythia_evals", model="Pythia-12B")[["params", "params_non_embed"]].iloc[0].tolist()
            == [12e9, 11327027200]
        ),
        "The 1B model": lambda: true("Pythia-1B" in set(table("pythia_evals")["model"])),
        "Score is the share": lambda: true(table("pythia_evals")["score"].between(0, 1).all()),
    },
    "pythia_math": {
        "The source repeats": lambda: true(
            not table("pythia_math").duplicated(["model", "problem_id"]).any()
        ),
        "Parameters are the nominal": lambda: true(
            part("pythia_math", model="Pythia-12B")[["params", "params_non_embed"]].iloc[0].tolist()
            == [12e9, 11327027200]
        ),
        "Between 16 (12B)": never_solved,
    },
    "regmix": {
        "Shares are rounded": mixtures_sum,
        "Shares and losses are joined": lambda: true(
            # A domain that is all of the data has a lower loss than where there is none of it.
            part("regmix", family="1M, training")[["r_github", "loss_github"]].corr().iloc[0, 1] < -0.5
        ),
        "Tokens are not in": lambda: true(
            table("regmix")["tokens"].isna().all() and set(table("regmix")["params"]) == {1e6, 60e6, 1e9}
        ),
        "The 256 test mixtures": mixtures_apart,
    },
    "sloth": {
        "111 of the 216 rows": sloth_apart,
        "Compute, tokens and parameters": lambda: single_units(
            "sloth", (1.35e8, 7.2e10), (1.5e11, 1.5e13), (2.4e20, 6.3e24)
        ),
        "Tokens are those of the source": sloth_tokens,
        "l3-pneuma-8b is there twice": sloth_twice,
        "A fine-tuning carries": sloth_tuned,
    },
    "weak_tests": {
        "The shares are of samples": lambda: true(table("weak_tests")["accuracy_se"].isna().all()),
        "A system here is a model": lambda: true(
            (table("weak_tests")["precision"] > table("weak_tests")["accuracy"]).all()
        ),
    },
}
