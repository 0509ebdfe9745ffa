"""Scores on tasks called emergent, of pre-trained models with their training compute (arXiv:2405.10938)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .benchmark_scores import ABOUT, scores
from .raw import find, read_exact
from .table import Table

# The four tasks of the paper's figure 4, by what its table C.1 calls them.
TASKS = {
    "word_unscrambling_2_exact_match": "Word unscramble",
    "parsinlu_qa_2_acc": "Persian QA",
    "arithmetic_3ds_2_acc": "3-digit subtraction",
    "arithmetic_2dm_2_acc": "2-digit multiplication",
}


def compile_table(raw: Path) -> pd.DataFrame:
    """Read one row a model and task; missing scores are left out."""
    found = read_exact(find(raw, "obsscaling/base_llm_emergent_capability_eval.csv")).rename(columns=TASKS)
    about = read_exact(find(raw, "obsscaling/base_llm_benchmark_eval.csv"))[list(ABOUT)]
    # A model without an entry among the benchmarks has no family and no compute.
    return scores(found.merge(about, how="inner", on="Model"), tuple(TASKS.values()))


TABLE = Table(
    name="emergent_scores",
    title="Emergent tasks of base models",
    kind="scores",
    licence="Apache-2.0",
    citation="Ruan et al. 2024, Observational Scaling Laws and the Predictability of Language Model "
    "Performance, arXiv:2405.10938",
    url="https://github.com/ryoungj/ObsScaling",
    sources=(
        "ryoungj/ObsScaling@4d6e1e43fd2635d04654aa77d1df9d5266ea0382 : "
        "eval_results/base_llm_emergent_capability_eval.csv",
        "ryoungj/ObsScaling@4d6e1e43fd2635d04654aa77d1df9d5266ea0382 : "
        "eval_results/base_llm_benchmark_eval.csv (family, size and compute)",
    ),
    description="{rows} scores: {models} pre-trained models of {families} families on four tasks of "
    "BIG-bench that were called emergent, with training compute where it is known.",
    notes=(
        "Tasks are named as in table C.1 of the paper; scores are shares of problems solved, 0 to 1, with "
        "two examples in the prompt.",
        "Models of the same name stand in the table benchmark_scores.",
    ),
    left_out=("Four further tasks of the file.",),
    compile=compile_table,
)
