"""Leaderboard scores of models by family and size (arXiv:2412.06540)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .benchmark_scores import times
from .raw import find, read_exact
from .table import Table

COMMIT = "felipemaiapolo/statistical-scaling-law@ec189676fb1ff21115536651f46bf9d279578cb8"
NEW = {
    "ifeval": "IFEval",
    "bbh": "BBH",
    "math": "MATH level 5",
    "mmlu-pro": "MMLU-Pro",
    "gpqa": "GPQA",
    "musr": "MuSR",
}
OLD = {
    "arc": "ARC-Challenge",
    "hellaswag": "HellaSwag",
    "mmlu": "MMLU",
    "truthfulqa": "TruthfulQA",
    "winogrande": "WinoGrande",
    "gsm8k": "GSM8K",
}
GUESSED = ("BBH", "MMLU-Pro", "GPQA", "MuSR")  # multiple choice: chance is above zero
ABOVE_CHANCE = " above chance"


def compile_table(raw: Path) -> pd.DataFrame:
    """Read the six benchmarks of the new leaderboard and, where known, the six of the old one."""
    models = read_exact(find(raw, "sloth/df_full_v2.csv"))
    older = read_exact(find(raw, "sloth/df_full.csv")).set_index("model")[list(OLD)]
    models = models.join(older, on="model")
    models["order"] = range(len(models))
    again = models.groupby("model").cumcount()
    models["run"] = models["model"].where(again == 0, models["model"] + " (" + (again + 1).astype(str) + ")")
    # Rows printed to two digits are shares solved; the others are from a leaderboard that takes chance away.
    models["raw"] = (models[list(NEW)].mul(100).round(6) % 1 == 0).all(axis=1)
    about = ["order", "run", "model", "family", "size", "tokens", "flops", "raw"]
    rows = models.melt(about, [*NEW, *OLD], "benchmark", "score").dropna(subset=["score"])
    rows = rows.sort_values("order", kind="stable").reset_index(drop=True)
    benchmark = rows["benchmark"].map(NEW | OLD)
    shifted = benchmark.isin(GUESSED) & ~rows["raw"]
    return pd.DataFrame(
        {
            "source": "sloth",
            "family": rows["family"],
            "run": rows["run"],
            "model": rows["model"],
            "params": times(rows["size"], 9),
            "tokens": times(rows["tokens"], 12),
            "flops": times(rows["flops"], 21),
            "flops_rule": "reported",
            "is_final": True,
            "note": pd.Series("", rows.index).where(~shifted, "chance_removed"),
            "benchmark": benchmark.where(~shifted, benchmark + ABOVE_CHANCE),
            "score": rows["score"],
        }
    )


TABLE = Table(
    name="sloth",
    title="Leaderboard scores by family and size",
    kind="scores",
    licence="MIT",
    citation="Maia Polo et al. 2024, Sloth: scaling laws for LLM skills to predict multi-benchmark "
    "performance across families, arXiv:2412.06540",
    url="https://github.com/felipemaiapolo/statistical-scaling-law",
    sources=(f"{COMMIT} : data/df_full_v2.csv", f"{COMMIT} : data/df_full.csv"),
    description="{rows} scores: {models} models under {families} family names on the six benchmarks of the "
    "newer Open LLM Leaderboard and, for 98 of them, the six of the older. Most are fine-tunings of a few "
    "base models (Llama, Qwen, Gemma, Yi), with the size and tokens of the base, and many families have one "
    "member.",
    notes=(
        "111 of the 216 rows hold scores from which chance is taken away, the others shares solved, under "
        "the same column names. For BBH, MMLU-Pro, GPQA and MuSR they are kept apart here: GPQA and GPQA "
        "above chance (note chance_removed).",
        "Compute, tokens and parameters are in single units, not billions, trillions and 1e21; compute is "
        "that of the source, 6ND with its rounded sizes (bloom-1b1 counts as 1.0B).",
        "Tokens are those of the source. They differ from benchmark_scores for Gemma 2 (2B: 8 against 2 "
        "trillion, 9B: 13 against 8) and Pythia (0.25 against 0.3), and with them the compute.",
        "l3-pneuma-8b is there twice with different scores; the second is the run l3-pneuma-8b (2).",
        "A fine-tuning carries the tokens of its base model: tokens and compute are those of pre-training.",
    ),
    left_out=(
        "3,017 and 6,812 further leaderboard rows, without size or tokens.",
        "Scores by subtask, and the wider table of 188 models, most of it in benchmark_scores.",
    ),
    compile=compile_table,
)
