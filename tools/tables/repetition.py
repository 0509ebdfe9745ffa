"""Runs on repeated data that the data-constrained law was fitted to (arXiv:2305.16264)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .raw import find, read_exact
from .rows import mark_final, six_nd
from .table import Table

# Runs of the source that are in none of the authors' fits of the decay constants: the cell of their notebook
# that loads the data with outliers removed lists the 182 that are. Variants are out of it altogether.
_NOT_FITTED = """
2b84b4b 2b88b4b 2b812b4b 2b816b4b 2b824b4b 2b855b1b25 4b212b12b 4b224b12b 4b284b1b9 4b284b6b 2b8100m100m
14m7b5100m 14m300b100m 1b12b7100m 1b13b9100m 1b15b9100m 1b17b5100m 619m3b9100m 619m5b9100m 619m7b5100m
2b84b8100m 1b58b8100m 1b112b100m 619m22b100m 221m91b400m 221m174b400m 221m600b400m 421m300b1b5 8b712b12b
8b712b1b5 8b712b400m 8b712b100m 3b926b1b5 2b836b1b5 2b836b400m 2b836b100m 2b246b400m 2b246b100m 1b566b1b5
1b566b100m 1b191b400m 1b191b1b5 1b1250b1b5 1b5174b1b5 2b291b1b5 2b2174b1b5 8b720b1b5 2b877b1b5
"""
NOT_FITTED = tuple(_NOT_FITTED.split())


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
    fitted = ~variant & ~points["run"].isin(NOT_FITTED)
    frame["note"] = frame["note"].where(~fitted, frame["note"] + ";in_the_published_fit")
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
        "31 losses are above 5: 17 of small budgets, at most 1.5 billion tokens, and 14 of 48 to 660 epochs "
        "that over-fit, up to 11 nats. The law of the paper falls with every epoch and cannot represent "
        "those. They are kept.",
        "Runs that repeat another with a different seed or optimiser are kept and noted.",
        "in_the_published_fit marks the 182 runs that the authors fitted the decay constants to, as listed "
        "by the cell of their notebook that loads the data with outliers removed.",
    ),
    left_out=("Runs whose loss is 0 in the source: they had not finished.",),
    compile=compile_table,
)
