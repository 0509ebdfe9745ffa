"""IsoFLOP points of the study that reconciles Kaplan and Chinchilla (arXiv:2406.19146)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .raw import find, read_exact
from .rows import mark_final
from .table import Table

# Experiments in the order of the paper's story; the key is what the files call them.
EXPERIMENTS = {
    ("summary_df", 0.0): "Kaplan set-up",
    ("summary_df", 1.0): "head counted",
    ("summary_df", 2.0): "warm-up shortened",
    ("summary_df", 3.0): "cosine matched to the budget",
    ("summary_df", 4.0): "optimiser tuned",
    ("summary_df_att", 0.0): "attention counted",
    ("summary_df_att", 1.0): "attention counted, warm-up shortened",
    ("summary_df_att", 2.0): "attention counted, cosine matched to the budget",
    ("summary_df_att", 3.0): "attention counted, optimiser tuned",
    ("summary_df_kaplan_tuned_hparams", 0.0): "Kaplan counting, optimiser tuned",
}
COUNTED = {
    "kaplan": "N_without_head_and_attention",
    "standard": "N_with_head",
    "attention": "N_with_head_and_attention",
}
DECAY = {"kaplan": "cosine", "chinchilla": "cosine", "const": "constant"}


def compile_table(raw: Path) -> pd.DataFrame:
    """Read the points; one family an experiment."""
    points = read_exact(find(raw, "porian/isoflop_points.csv"))
    keys = list(zip(points["table"], points["row"], strict=True))
    family = pd.Series([EXPERIMENTS[key] for key in keys])
    number = family.groupby(family).cumcount()
    name = "Porian, " + family + ", " + number.map("{:03d}".format)
    frame = pd.DataFrame(
        {
            "source": "porian",
            "family": family,
            "run": name,
            "model": family + ", " + (points["params"] / 1e6).map("{:.4g}M".format),
            "arch": "dec",
            "params": points["params"],
            "tokens": points["tokens"],
            "flops": points["flops"],
            "flops_rule": "reported",
            "lr_schedule": points["decay"].map(DECAY),
            "train_data": "RefinedWeb",
            "eval_data": "RefinedWeb",
            "loss": points["loss"],
            "loss_kind": points["loss_split"],
            "note": points["param_count"].map(COUNTED),
        }
    )
    return mark_final(frame)


TABLE = Table(
    name="porian",
    title="Kaplan against Chinchilla",
    licence="MIT",
    citation="Porian et al. 2024, Resolving Discrepancies in Compute-Optimal Scaling of Language Models, "
    "arXiv:2406.19146",
    url="https://github.com/formll/resolving-scaling-law-discrepancies",
    sources=(
        "formll/resolving-scaling-law-discrepancies@0dc60d91b8a525858a3067fc9e4a46ff5374cc6f : "
        "data/summary_df*.pickle.xz",
    ),
    description="{rows} points of IsoFLOP curves on RefinedWeb in {families} experiments, from the set-up "
    "of Kaplan et al. to that of Hoffmann et al.: twelve budgets from 1.25e16 to 2.56e19 FLOP, doubling. "
    "Each point is the loss of a model size at the tokens that its budget pays for. A model here is a size "
    "in an experiment, {models} in all; experiments that differ only in how parameters are counted share "
    "their networks, so that fewer were trained.",
    notes=(
        "params is the N of the experiment's own counting rule, as noted in each row, so that budget = 6 N "
        "D.",
        "Experiments are families, and are not to be fitted together.",
    ),
    left_out=(
        "OpenWebText2: not in the files compiled here.",
        "The optima and exponents of the authors, which are results and not runs.",
    ),
    compile=compile_table,
)
