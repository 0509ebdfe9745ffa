"""How often seven Pythia models solve each of 128 MATH problems (arXiv:2407.21787, 2502.17578)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scalewidgets.data.columns import Column

from .raw import find, read_exact
from .table import Table

FOLDER = "monkeys-pass-at-k"
COMMIT = (
    "RylanSchaeffer/KoyejoLab-Large-How-Do-Language-Monkey-Power-Get-Their-Power"
    "@cd078aef2a13e4310fab204860b99c4c39c25d40"
)


def fully_trained(raw: Path) -> pd.DataFrame:
    """Sizes and tokens of the Pythia models at their last checkpoint, by the size in their name."""
    models = read_exact(find(raw, f"{FOLDER}/models_pythia.csv"))
    final = models[models["Tokens"] == models["Tokens"].max()]
    return final.set_index(final["HuggingFace Path"].str.replace("EleutherAI/pythia-", "").str.upper())


def sizes(raw: Path) -> tuple[pd.Series, pd.Series]:
    """Nominal parameters, and exact ones without embeddings, of each Pythia size."""
    final = fully_trained(raw)
    return final["Parameters"], final["Parameters Excluding Embeddings"]


def compile_table(raw: Path) -> pd.DataFrame:
    """Read the counts and put the size of each model beside them."""
    counts = read_exact(find(raw, f"{FOLDER}/monkeys_pythia_math_counts.csv"))
    final = fully_trained(raw)  # these are the ones that were sampled
    params, without = sizes(raw)
    size = counts["model"].str.removeprefix("Pythia ")
    if not (counts["n_correct"] <= counts["n_samples"]).all() or not size.isin(final.index).all():
        raise ValueError("Pythia on MATH: more successes than samples, or a model of unknown size")
    frame = pd.DataFrame(
        {
            "source": FOLDER,
            "model": "Pythia-" + size,
            "params": size.map(params),
            "params_non_embed": size.map(without),
            "train_tokens": size.map(final["Tokens"]),
            "benchmark": counts["benchmark"],
            "problem_id": counts["problem_idx"].map("{:.0f}".format),
            "n_samples": counts["n_samples"],
            "n_correct": counts["n_correct"],
            "sampling": "fixed",
            "note": "params_nominal",
        }
    )
    order = frame.assign(problem=counts["problem_idx"])
    return frame.loc[order.sort_values(["params", "problem"], kind="stable").index]


TABLE = Table(
    name="pythia_math",
    title="Pythia on MATH, ten thousand samples a problem",
    kind="samples",
    own=(Column("params_non_embed", "number", "parameters", "parameters without embeddings"),),
    licence="none stated by the source; figures with citation",
    citation="Brown et al. 2024, Large Language Monkeys, arXiv:2407.21787 (the samples); Schaeffer et al. "
    "2025, How Do Large Language Monkeys Get Their Power (Laws)?, arXiv:2502.17578 (the repository of the "
    "counts)",
    url="https://github.com/RylanSchaeffer/KoyejoLab-Large-How-Do-Language-Monkey-Power-Get-Their-Power",
    sources=(
        f"{COMMIT} : data/processed_data/large_language_monkeys_original_pass_at_k.parquet "
        "(samples and successes of each problem)",
        f"{COMMIT} : data/raw_data/gpt4_gsm8k/models_pythia.csv",
    ),
    description="{rows} counts: how many of 10,000 samples of {models} Pythia models were right on each of "
    "{problems} MATH problems. Only these counts are here, as figures; no problem, no answer and no code. "
    "The code that drew the samples is Apache-2.0 (ScalingIntelligence/large_language_monkeys); the "
    "repository that holds the counts states no licence.",
    notes=(
        "The source repeats every count for each k of its pass@k curves; here it stands once.",
        "Parameters are the nominal sizes of the source (12B is 12,000,000,000); those without embeddings "
        "are exact.",
        "Between 16 (12B) and 94 (70M) problems were never solved: a count of 0 is not a pass@1 of 0.",
    ),
    left_out=(
        "Pythia checkpoints on GSM8K and MATH: their samples were drawn until enough were right, so that "
        "counts over samples are biased, and no licence is stated.",
        "Counts of jailbreak attempts.",
        "Compute of a sample: not known for these runs.",
    ),
    compile=compile_table,
)
