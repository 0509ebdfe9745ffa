"""Losses of models with parallel streams (arXiv:2505.10475)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .raw import find, read_exact
from .table import Table


def compile_table(raw: Path) -> pd.DataFrame:
    """Read one row a size and number of streams."""
    points = read_exact(find(raw, "parscale/parscale_pile.exported.csv"))
    count = points["parallel_streams"].astype(int).astype(str)
    sizes = (points["params_non_embedding"] / 1e6).round().astype(int).astype(str)
    name = sizes + "M, P = " + count
    return pd.DataFrame(
        {
            "source": "parscale",
            "family": "The Pile",
            "run": name,
            "model": name,
            "arch": "dec",
            # Embeddings are not counted in the source, and their size is not given.
            "params_non_embed": points["params_non_embedding"],
            "tokens": float("nan"),
            "is_final": True,
            "train_data": "The Pile",
            "eval_data": "The Pile",
            "loss": points["loss"],
            "note": "N_without_embeddings;tokens_unknown",
            "streams": points["parallel_streams"],
        }
    )


TABLE = Table(
    name="parallel_streams",
    title="Parallel streams",
    kind="streams",
    licence="none stated",
    citation="Chen et al. 2025, Parallel Scaling Law for Language Models, arXiv:2505.10475",
    url="https://github.com/QwenLM/ParScale",
    sources=(
        "QwenLM/ParScale@cd6acb48ba6d3b1f9715785ff0d212751210177d : parametric_fit.py (values typed in the "
        "script)",
    ),
    description="{rows} losses on the Pile: six model sizes, each with 1, 2, 4 and 8 parallel streams.",
    notes=(
        "The repository states no licence; the table holds figures alone, and cites them.",
        "N leaves embeddings out and rises a little with the number of streams.",
        "All runs read the same number of tokens, which the file does not give.",
    ),
    left_out=("Losses on a corpus of code, which are not in the file compiled here.",),
    compile=compile_table,
)
