"""Models trained past the optimum, with eight losses each (arXiv:2403.08540)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .raw import find, read_exact
from .rows import mark_final, six_nd
from .table import Table

CORPORA = {"c4_original": "C4", "rpj": "RedPajama", "rw_original": "RefinedWeb"}


def compile_table(raw: Path) -> pd.DataFrame:
    """Read the loss on the C4 evaluation set, the one the paper extrapolates."""
    points = read_exact(find(raw, "gadre-overtraining/models_tidy.exported.csv"))
    data = points["dataset"].map(CORPORA)
    frame = pd.DataFrame(
        {
            "source": "gadre-overtraining",
            "family": data,
            "run": points["name"],
            "model": points["name"],
            "arch": "dec",
            "params": points["params"],
            "params_non_embed": points["params_no_embed"],
            "tokens": points["tokens"],
            "lr_peak": points["lr"],
            "train_data": data,
            "eval_data": "C4",
            "loss": points["loss_c4_val"],
            "loss_kind": "val",
            "note": "flops=6ND",
        }
    )
    return mark_final(six_nd(frame).sort_values(["family", "params", "tokens"], kind="stable"))


TABLE = Table(
    name="overtraining",
    title="Over-trained models",
    licence="MIT",
    citation="Gadre et al. 2024, Language models scale reliably with over-training and on downstream tasks, "
    "arXiv:2403.08540",
    url="https://github.com/mlfoundations/scaling",
    sources=(
        "mlfoundations/scaling@a003c4913793ac2ae7ef87b28ecb562955d026d5 : exp_data/models/*.json and "
        "exp_data/evals",
    ),
    description="{rows} models on three corpora, from 10.6M to 6.9B parameters, trained on 5 to 640 tokens "
    "per "
    "parameter, with their final loss on the C4 evaluation set.",
    notes=(
        "N counts all parameters; embeddings are half of it at 10.6M.",
        "The tokens are 20 times a multiplier times the parameters, exactly.",
        "Runs on very few tokens (10.6M parameters, 53M tokens) have losses near 7 and pull free fits.",
    ),
    left_out=("Losses on seven other evaluation sets and accuracies on 46 tasks.",),
    compile=compile_table,
)
