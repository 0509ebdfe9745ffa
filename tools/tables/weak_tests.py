"""How often code that passes weak tests is right, for seventeen models (arXiv:2411.17501)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scalewidgets.data.columns import Column

from .raw import find, read_exact
from .table import Table


def compile_table(raw: Path) -> pd.DataFrame:
    """Read one row a model."""
    rates = read_exact(find(raw, "inference-flaws/humaneval_plus_rates.exported.csv"))
    return pd.DataFrame(
        {
            "source": "inference-flaws",
            "system": rates["model"],
            "strategy": "single",
            "base_model": rates["model"],
            "benchmark": "HumanEval+",
            "n_tasks": 150.0,
            "accuracy": rates["pass_plus_rate"],
            "repeat": "1",
            "precision": rates["pass_plus_given_base_pass"],
            "n_samples": 200.0,
        }
    )


TABLE = Table(
    name="weak_tests",
    title="Weak tests: solutions that pass and are wrong",
    kind="systems",
    own=(
        Column(
            "precision", "number", "", "share of the samples passing the weak tests that are right, 0 to 1"
        ),
        Column("n_samples", "number", "samples", "samples of each task"),
    ),
    licence="MIT",
    citation="Stroebl, Kapoor, Narayanan 2024, Inference Scaling fLaws: The Limits of LLM Resampling with "
    "Imperfect Verifiers, arXiv:2411.17501",
    url="https://github.com/benediktstroebl/inference-scaling-limits",
    sources=(
        "benediktstroebl/inference-scaling-limits@11a8f6ed1aee5b996f659c3fedb549c07aeb34ad : "
        "evalplus/visualizations.ipynb (the figures it prints)",
    ),
    description="{rows} models, 200 samples for each of 150 tasks at temperature 0.8: accuracy is the share "
    "of samples that pass the strict tests (HumanEval+), precision the share of those passing the weak "
    "tests (HumanEval) that pass the strict ones too. accuracy / precision is the share that the weak tests "
    "let through.",
    notes=(
        "The shares are of samples, not of tasks: a standard error over tasks is not in the source and "
        "missing.",
        "A system here is a model asked once; precision is what the weak tests are worth as a verifier.",
    ),
    left_out=("Single samples and tasks; MBPP and the other figures of the notebook.",),
    compile=compile_table,
)
