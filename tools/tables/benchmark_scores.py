"""Benchmark scores of pre-trained models with their training compute (arXiv:2405.10938)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .raw import find, read_exact
from .table import Table

BENCHMARKS = ("MMLU", "ARC-C", "HellaSwag", "Winograd", "TruthfulQA", "GSM8K", "XWinograd", "HumanEval")

# Tokens that stand in the column of trillions and are billions: 627 are those of SlimPajama.
IN_BILLIONS = ("cerebras/btlm-3b-8k-base",)

ABOUT = ("Model", "Model Family", "Model Size (B)", "Pretraining Data Size (T)", "FLOPs (1E21)")
"""Columns of the file that say which model a row is of."""


def compile_table(raw: Path) -> pd.DataFrame:
    """Read one row a model and benchmark; missing scores are left out."""
    return scores(read_exact(find(raw, "obsscaling/base_llm_benchmark_eval.csv")), BENCHMARKS)


def scores(wide: pd.DataFrame, benchmarks: tuple[str, ...]) -> pd.DataFrame:
    """Turn one row a model into one row a model and benchmark, in the order of the models."""
    numbered = wide.assign(order=range(len(wide)))
    wrong = numbered["Model"].isin(IN_BILLIONS)
    for column in ("Pretraining Data Size (T)", "FLOPs (1E21)"):
        numbered[column] = numbered[column].where(~wrong, numbered[column] / 1000.0)
    rows = numbered.melt([*ABOUT, "order"], list(benchmarks), "benchmark", "score").dropna(subset=["score"])
    rows = rows.sort_values("order", kind="stable").reset_index(drop=True)
    known = rows["FLOPs (1E21)"].notna()
    note = pd.Series("", rows.index).where(known, "tokens_unknown")
    return pd.DataFrame(
        {
            "source": "obsscaling",
            "family": rows["Model Family"],
            "run": rows["Model"],
            "model": rows["Model"],
            "params": times(rows["Model Size (B)"], 9),
            "tokens": times(rows["Pretraining Data Size (T)"], 12),
            "flops": times(rows["FLOPs (1E21)"], 21),
            "flops_rule": pd.Series("reported", rows.index).where(known, None),
            "is_final": True,
            "note": note.where(~rows["Model"].isin(IN_BILLIONS), "tokens_were_billions"),
            "benchmark": rows["benchmark"],
            "score": rows["score"],
        }
    )


def times(values: pd.Series, power: int) -> pd.Series:
    """Multiply by a power of ten without an error in the last bit."""
    # Through text, so that 6.7 billion is 6700000000 and not a bit beside it.
    return values.map(lambda value: float("nan") if value != value else float(f"{value!r}e{power}"))


TABLE = Table(
    name="benchmark_scores",
    title="Benchmark scores of base models",
    kind="scores",
    licence="Apache-2.0",
    citation="Ruan et al. 2024, Observational Scaling Laws and the Predictability of Language Model "
    "Performance, arXiv:2405.10938",
    url="https://github.com/ryoungj/ObsScaling",
    sources=(
        "ryoungj/ObsScaling@4d6e1e43fd2635d04654aa77d1df9d5266ea0382 : "
        "eval_results/base_llm_benchmark_eval.csv",
    ),
    description="{rows} scores: {models} pre-trained models of {families} families on eight benchmarks, with "
    "training compute where it is known.",
    notes=(
        "Compute, tokens and parameters are in single units, not billions, trillions and 1e21; compute is "
        "that of the source, 6ND.",
        "BTLM-3B has 627 trillion tokens in the source, which are the 627 billion of its corpus: tokens and "
        "compute are a thousandth of what stands there (note tokens_were_billions).",
        "Sizes of mixture-of-experts models are as in the source, total for some and active for others.",
        "Scores are shares of problems solved, 0 to 1; missing ones are left out.",
    ),
    left_out=(
        "Chat models, agents and post-training evaluations; emergent tasks are in a table of their own.",
    ),
    compile=compile_table,
)
