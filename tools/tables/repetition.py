"""Runs on repeated data that the data-constrained law was fitted to (arXiv:2305.16264)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .raw import find, read_exact
from .rows import mark_final, six_nd
from .table import Table


def compile_table(raw: Path) -> pd.DataFrame:
    """Read the values typed in the authors' notebook."""
    points = read_exact(find(raw, "datablations/runs_from_notebook.exported.csv"))
    variant = points["run"].str.contains("seed|opt")
    frame = pd.DataFrame(
        {
            "source": "datablations",
            "family": "C4, repeated",
            "run": "GPT2-" + points["run"],
            "model": "GPT2-" + points["run"],
            "arch": "dec",
            "params": points["params"],
            "tokens": points["tokens"],
            "unique_tokens": points["unique_tokens"],
            "epochs": points["tokens"] / points["unique_tokens"],
            "train_data": "C4",
            "eval_data": "C4",
            "loss": points["loss"],
            "loss_kind": "val",
            "note": "flops=6ND",
        }
    )
    frame["note"] = frame["note"].where(~variant, "flops=6ND;seed_or_optimiser_variant")
    return mark_final(six_nd(frame))


TABLE = Table(
    name="repetition",
    title="Repeated data",
    licence="Apache-2.0",
    citation="Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv:2305.16264",
    url="https://github.com/huggingface/datablations",
    sources=(
        "huggingface/datablations@13701315b163f1c54642b94ad237b2699187c3ee : utils/parametric_fit.ipynb "
        "(values "
        "typed in the notebook)",
    ),
    description="{rows} runs on C4 with one to thousands of passes over the unique tokens: final validation "
    "loss, "
    "parameters, tokens and unique tokens.",
    notes=(
        "Unique tokens are decoded from the name of the run.",
        "Losses above about 5 belong to runs of thousands of epochs that over-fit; the law of the paper "
        "falls with "
        "every epoch and cannot represent them. They are kept.",
        "Runs that repeat another with a different seed or optimiser are kept and noted.",
    ),
    left_out=("Which 182 runs the authors fitted: their notebook does not say.",),
    compile=compile_table,
)
