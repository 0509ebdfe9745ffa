"""Runs of which the Hitchhiker's Guide collection holds final losses, or no token counts."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pandas as pd

from .raw import find, read_exact
from .rows import mark_final, six_nd

OVERTRAIN_DATA = {"c4_original": "C4", "rpj": "RedPajama", "rw_original": "RefinedWeb"}


def overtrained(raw: Path) -> pd.DataFrame:
    """Read final C4 validation losses of 104 models trained past the optimum (arXiv:2403.08540)."""
    path = find(raw, "colpret/raw_data/overtrain/overtrain_downstreams.csv")
    points = read_exact(path, ["dataset_name", "name", "N", "D", "loss_c4_val"])
    data = points["dataset_name"].map(OVERTRAIN_DATA)
    frame = pd.DataFrame(
        {
            "family": "overtrain-" + data,
            "run": points["name"],
            "model": points["name"],
            "arch": "dec",
            "params": points["N"],
            "tokens": points["D"],
            "train_data": data,
            "eval_data": "C4",
            "loss": points["loss_c4_val"],
            "loss_kind": "val",
            "note": "flops=6ND",
        }
    )
    return mark_final(six_nd(frame))


def gzip_complexity(raw: Path) -> pd.DataFrame:
    """Read final validation losses of 150 runs on synthetic data of known complexity (arXiv:2405.16684)."""
    path = find(raw, "colpret/raw_data/gzip/results_new.jsonl")
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    runs = [json.loads(line) for line in content.splitlines() if line.strip()]
    rows = []
    for run in runs:
        corpus = run["dataset_name"].strip("/")  # gzipscale-<ratio>-<size>
        shape = run["model_stats"]
        name = f"{corpus}-{run['token_ct'] * run['num_epochs']}-{run['model_size']}"
        rows.append(
            {
                "family": corpus.rsplit("-", 1)[0],
                "run": name,
                "model": name,
                "arch": "dec",
                "params": float(run["model_size"]),
                "tokens": float(run["token_ct"]) * run["num_epochs"],
                "unique_tokens": float(run["token_ct"]),
                "epochs": float(run["num_epochs"]),
                "width": float(shape["hidden_size"]),
                "depth": float(shape["num_hidden_layers"]),
                "train_data": corpus,
                "eval_data": corpus,
                "loss": run["valid_loss"][-1],
                "loss_kind": "val",
                "note": "last_of_loss_list;flops=6ND",
            }
        )
    return mark_final(six_nd(pd.DataFrame(rows)))


def bimix(raw: Path) -> pd.DataFrame:
    """Twelve 280M models on mixes of two corpora (arXiv:2405.14908).

    The source calls the values perplexities, but they are cross-entropies in nats already (1.5 to
    3.8): no logarithm is taken. It does not give the tokens of a step, so tokens stay unknown.
    """
    points = read_exact(find(raw, "colpret/raw_data/bimix-law/ppls.exported.csv"))
    name = "BiMix-" + points["dataset"] + "-" + points["mix"]
    frame = pd.DataFrame(
        {
            "run": name,
            "model": name,
            "arch": "dec",
            "params": 280e6,
            "tokens": float("nan"),
            "step": points["global_step"],
            "train_data": points["dataset"] + ", mix " + points["mix"],
            "eval_data": points["dataset"] + ", mean over domains",
            "loss": points["avg"],
            "loss_kind": "val",
            "note": "already_nats;tokens_unknown",
        }
    )
    return mark_final(frame)
