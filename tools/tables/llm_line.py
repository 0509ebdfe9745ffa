"""Losses of public checkpoints on several data sets at once (arXiv:2502.12120)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scalewidgets.data.columns import Column

from .raw import find, read_exact
from .rows import six_nd
from .table import Table

# Name in the file -> name here; the first five are validation sets, the others tests.
CORPORA = {
    "C4 Validation": "C4",
    "The Pile UC Validation": "Pile, uncopyrighted",
    "RefineWeb Validation": "RefinedWeb",
    "Slimpajama Validation": "SlimPajama",
    "FineWeb-Edu Validation": "FineWeb-Edu",
}
TESTS = (
    *("ARC-Challenge", "ARC-Easy", "HellaSwag", "Winogrande", "PIQA", "Social IQa", "CommonSenseQA"),
    *("COPA", "OpenBookQA"),
)
ARCH = {"Mamba": "ssm", "Mamba2": "ssm"}


def compile_table(raw: Path) -> pd.DataFrame:
    """Read one row a checkpoint and data set."""
    wide = read_exact(find(raw, "llm-line/latest_pm_hf.csv"))
    wide = wide[wide["Name"].notna()].reset_index(drop=True)  # the second line is another header
    wide["checkpoint"] = wide.index.astype(float)
    measured = wide[[f"{name} Loss" for name in (*CORPORA, *TESTS)]]
    twice = measured.duplicated(keep=False) & measured.notna().all(axis=1)
    last = wide.groupby("Name")["Tokens"].transform("max")
    parts = []
    for name in (*CORPORA, *TESTS):
        unknown = wide["Tokens"].isna()
        notes = [
            ";".join(
                filter(
                    None,
                    [
                        "size_unknown;tokens_unknown" if no else "flops=6ND",
                        "same_losses_twice" if two else "",
                    ],
                )
            )
            for no, two in zip(unknown, twice, strict=True)
        ]
        part = pd.DataFrame(
            {
                "source": "llm-line",
                "family": wide["Pretraining Data"],
                "run": wide["Name"],
                "model": wide["Name"].str.partition("/")[2],
                "arch": wide["Architecture"].map(ARCH).fillna("dec"),
                "params": wide["Size"],
                "tokens": wide["Tokens"],
                "step": wide["Steps"],
                "is_final": wide["Tokens"] == last,
                "train_data": wide["Pretraining Data"],
                "eval_data": CORPORA.get(name, name),
                "loss": wide[f"{name} Loss"],
                "loss_kind": "val" if name in CORPORA else "other_unit",
                "note": notes,
                "checkpoint": wide["checkpoint"],
                "tokenizer": wide["Tokenizer"],
                "bits_per_byte": wide[f"{name} BPB"],
                "accuracy": wide.get(f"{name} Accuracy"),
            }
        )
        parts.append(part[part["loss"].notna()])
    frame = six_nd(pd.concat(parts, ignore_index=True))
    frame["flops_rule"] = frame["flops_rule"].where(frame["flops"].notna(), None)
    return frame.sort_values("checkpoint", kind="stable")


TABLE = Table(
    name="llm_line",
    title="Losses of public checkpoints on many data sets",
    kind="losses",
    own=(
        Column("checkpoint", "number", "", "which checkpoint: rows that share it are one network"),
        Column("tokenizer", "text", "", "tokenizer, where known; losses per token compare within one"),
        Column("bits_per_byte", "number", "bits per byte", "the same loss, whatever the tokenizer"),
        Column("accuracy", "number", "", "share of the problems solved, for tests, 0 to 1"),
    ),
    licence="MIT",
    citation="Mayilvahanan et al. 2025, LLMs on the Line: Data Determines Loss-to-Loss Scaling Laws, "
    "arXiv:2502.12120",
    url="https://github.com/brendel-group/llm-line",
    sources=("brendel-group/llm-line@e57749dab976fbe2dc58596ad1c0f61518ac0644 : latest_pm_hf.csv",),
    description="{rows} losses of 129 checkpoints on five validation sets and nine tests, for laws from "
    "loss to loss. They are checkpoints of {models} models: 107 of them belong to five runs (FineWeb "
    "ablations on C4, FineWeb-Edu and the Pile; OLMo 1B and 7B). A family is a training corpus.",
    notes=(
        "The file has a second line of headers, which is no model: 129 checkpoints, not 130 models.",
        "Losses per token depend on the tokenizer; bits_per_byte does not. Losses of tests are of the "
        "answer and marked other_unit.",
        "Parameters are as in the source, with one embedding matrix counted (Pythia-160M: 123.7M). Size, "
        "tokens and step of the OLMo checkpoints are not in it.",
        "Two FineWeb-Edu checkpoints, at 273 and 357 billion tokens, hold the same losses to the last digit "
        "(note same_losses_twice): one of them is not what its tokens say.",
        "Compute is 6ND with these sizes.",
    ),
    left_out=(
        "Models trained by the authors: not in the files compiled here.",
        "MMLU, which has no loss; an older file with 68 of the checkpoints.",
    ),
    compile=compile_table,
)
