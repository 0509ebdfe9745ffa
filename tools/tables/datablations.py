"""Runs with repeated data (arXiv:2305.16264), as the Hitchhiker's Guide collection holds them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .raw import find, read_exact, size
from .rows import mark_final, one_epoch, six_nd

FOLDER = "colpret/aggregated_eval"


def trajectories(raw: Path) -> pd.DataFrame:
    """Training curves of 48 runs: three sizes, two corpora, one to 44 epochs."""
    path = find(raw, f"{FOLDER}/datablations_losses.csv")
    points = read_exact(path, ["data", "epochs", "token_num", "loss", "num_params"])
    epochs = points["epochs"].astype(int).astype(str)
    name = "GPT2-" + points["num_params"] + "-" + points["data"] + "-" + epochs
    planned = points.groupby(name)["token_num"].transform("max")
    frame = pd.DataFrame(
        {
            "family": "GPT2-" + points["data"] + "-" + epochs,
            "run": name,
            "model": name,
            "arch": "dec",
            "params": points["num_params"].map(size),
            "tokens": points["token_num"],
            # The length of the run is rounded in the source's own column; what was read last is not.
            "unique_tokens": planned / points["epochs"],
            "epochs": points["epochs"],
            "train_data": points["data"].map({"c4": "C4", "oscar": "OSCAR"}),
            "eval_data": points["data"].map({"c4": "C4", "oscar": "OSCAR"}),
            "loss": points["loss"],
            "loss_kind": "val",
            "note": "size_from_text;flops=6ND;unique=last_tokens/epochs",
        }
    )
    twice = frame["run"].isin(repeated_curves(frame))
    frame["note"] = frame["note"].where(~twice, frame["note"] + ";same_curve_twice")
    return mark_final(six_nd(frame))


def repeated_curves(frame: pd.DataFrame) -> set[str]:
    """Names of runs whose curve stands in the source under more than one name."""
    curves: dict[tuple[tuple[float, ...], tuple[float, ...]], list[str]] = {}
    for name, rows in frame.groupby("run"):
        curves.setdefault((tuple(rows["tokens"]), tuple(rows["loss"])), []).append(str(name))
    return {name for names in curves.values() if len(names) > 1 for name in names}


def contour(raw: Path) -> pd.DataFrame:
    """Read final losses of 229 single runs."""
    points = read_exact(find(raw, f"{FOLDER}/datablations_contour_losses.csv"))
    name = "GPT2-" + points["model_args"].str.extract(r"'name': '(.*)'", expand=False)
    frame = pd.DataFrame(
        {
            "run": name,
            "model": name,
            "arch": "dec",
            "params": points["num_params"],
            "tokens": points["token_num"],
            # tokens_per_epoch is 1.5e9 in every row of the source, which no run used.
            "unique_tokens": points["token_num"] / points["epochs"],
            "epochs": points["epochs"],
            "train_data": "C4",
            "eval_data": "C4",
            "loss": points["openLM_loss"],
            "loss_kind": "val",
            "note": "flops=6ND;unique=tokens/epochs",
        }
    )
    return mark_final(six_nd(frame))


def code_mixes(raw: Path) -> pd.DataFrame:
    """Curves of nine 4.2B runs on mixes of text and code, each with two losses."""
    points = read_exact(find(raw, f"{FOLDER}/datablations_code_losses.csv"))
    percent = points["epochs"].astype(int).astype(str)  # the column is misnamed: a share, not epochs
    name = "GPT2-" + points["num_params"] + "-c4-code-" + percent
    frame = pd.DataFrame(
        {
            "run": name,
            "model": name,
            "arch": "dec",
            "params": points["num_params"].map(size),
            "tokens": points["token_num"],
            "train_data": "mix of C4 and code, column " + percent + " %",
            "eval_data": points["Seed"].map({1.0: "C4", 2.0: "code"}),  # not a seed: says which loss
            "loss": points["loss"],
            "loss_kind": "val",
            "note": "size_from_text;flops=6ND;epochs_is_share;seed_is_loss",
        }
    )
    return mark_final(one_epoch(six_nd(frame)))
