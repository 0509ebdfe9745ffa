"""Losses of thirty models fine-tuned on growing numbers of samples (arXiv:2402.02314)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .raw import find, read_exact
from .rows import mark_final
from .table import Table

TASKS = {"flan": "FLAN", "wmt19": "WMT19"}


def task(raw: Path, file: str) -> pd.DataFrame:
    """One task: a row a model and number of samples."""
    wide = read_exact(find(raw, f"rectified-finetuning/{file}.csv"))
    samples = [name for name in wide.columns if name.isdigit()]
    rows = wide.melt(["config name", "size", "family"], samples, "samples", "loss")
    rows["samples"] = rows["samples"].astype(float)
    rows = rows.sort_values(["config name", "samples"], kind="stable").reset_index(drop=True)
    frame = pd.DataFrame(
        {
            "source": "rectified-finetuning",
            "family": TASKS[file],
            "run": TASKS[file] + " " + rows["config name"],
            "model": rows["config name"],
            "params": rows["size"],
            # The tokens of pre-training differ and are not in the files.
            "tokens": float("nan"),
            "step": rows["samples"],
            "train_data": TASKS[file],
            "eval_data": TASKS[file],
            "loss": rows["loss"],
            "loss_kind": "val",
            "note": "tokens_unknown",
            "samples": rows["samples"],
        }
    )
    return mark_final(frame).drop(columns="step")


def compile_table(raw: Path) -> pd.DataFrame:
    """Put the tasks one below the other."""
    return pd.concat([task(raw, file) for file in TASKS], ignore_index=True)


TABLE = Table(
    name="fine_tuning",
    title="Fine-tuning of thirty models",
    kind="fine-tuning",
    licence="Apache-2.0",
    citation="Lin et al. 2024, Selecting Large Language Model to Fine-tune via Rectified Scaling Law, "
    "arXiv:2402.02314",
    url="https://github.com/linhaowei1/Fine-tuning-Scaling-Law",
    sources=tuple(
        f"linhaowei1/Fine-tuning-Scaling-Law@5214568013af65e3cefd03860ecd7bc9358b308c : benchmark/{file}.csv"
        for file in TASKS
    ),
    description="{rows} losses: {models} pre-trained models, each fine-tuned on 0 to 1,638,400 samples of "
    "two tasks.",
    notes=(
        "samples counts fine-tuning samples, not tokens; a family is a task, a run is a model on it.",
        "The loss at 0 samples is that of the model as it came; the paper leaves it out of fits.",
    ),
    left_out=("A third task, which is not in the files compiled here.",),
    compile=compile_table,
)
