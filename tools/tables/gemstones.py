"""Checkpoints of models of many shapes, at constant learning rate and cooled down (arXiv:2502.06857)."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from .raw import find
from .rows import mark_final, six_nd
from .table import Table

# Files of the source, what the family is called, and the schedule up to the checkpoint.
SELECTIONS = {
    "hot": ("hot, to 100B", "constant"),
    "hot_100b+": ("hot, all", "constant"),
    "cool_end": ("cooled down", "wsd"),
}


def selection(raw: Path, file: str) -> pd.DataFrame:
    """One selection of checkpoints."""
    path = find(raw, f"gemstones/wandb_df_for_fitting_{file}.jsonl")
    points = pd.DataFrame([json.loads(line) for line in path.read_text().splitlines() if line.strip()])
    family, schedule = SELECTIONS[file]
    shape = points["width"].astype(str) + "x" + points["depth"].astype(str)
    frame = pd.DataFrame(
        {
            "source": "gemstones",
            "family": family,
            "run": "Gemstone-" + shape + ", " + family,
            "model": "Gemstone-" + shape,
            "arch": "dec",
            "params": points["params_active_precise"].astype(float),
            "tokens": points["tokens"].astype(float),
            "step": points["step"].astype(float),
            "lr_schedule": schedule,
            "width": points["width"].astype(float),
            "depth": points["depth"].astype(float),
            "loss": points["final_loss"].astype(float),
            "note": "flops=6ND",
        }
    )
    return mark_final(six_nd(frame))


def compile_table(raw: Path) -> pd.DataFrame:
    """Put the selections one below the other."""
    return pd.concat([selection(raw, file) for file in SELECTIONS], ignore_index=True)


TABLE = Table(
    name="gemstones",
    title="Gemstones",
    licence="MIT",
    citation="McLeish et al. 2025, Gemstones: A Model Suite for Multi-Faceted Scaling Laws, arXiv:2502.06857",
    url="https://github.com/mcleish7/gemstone-scaling-laws",
    sources=tuple(
        "mcleish7/gemstone-scaling-laws@5f420478f6057b0cbb4d13405fb10ca64675bccb : "
        f"wandb_dfs/wandb_df_for_fitting_{file}.jsonl"
        for file in SELECTIONS
    ),
    description="{rows} checkpoints of {models} models of different width and depth: at constant learning "
    "rate, up to "
    "100 billion tokens and beyond, and at the end of cool-downs. The selections are those of the authors' "
    "fits.",
    notes=(
        "N counts all parameters, embeddings included.",
        "The selection up to 100 billion tokens is contained in the longer one: a law is fitted to one "
        "family.",
    ),
    left_out=(
        "Denser checkpoints, the starts of the cool-downs, the learning-rate ablation and benchmark scores.",
    ),
    compile=compile_table,
)
