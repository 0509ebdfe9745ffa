"""From the files of a public repository to one tidy table: one function for each of them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping

import pandas as pd

from scalewidgets.errors import FetchError

from .assembling import binomial_error, read_exact

Files = Mapping[str, bytes]
"""Content of each file by its path in the repository."""

_CORPORA = {
    "c4": "C4",
    "fineweb_100b": "FineWeb 100B",
    "fineweb_1T": "FineWeb 1T",
    "fineweb_edu_100b": "FineWeb-Edu 100B",
    "proof_pile_2": "Proof-Pile-2",
    "slimpajama": "SlimPajama",
    "smollm": "SmolLM",
    "starcoder": "StarCoder",
}
_TRAINED_ON = {
    "fineweb-100b": "FineWeb 100B",
    "fineweb-edu-100b": "FineWeb-Edu 100B",
    "proof-pile-2": "Proof-Pile-2",
    "slimpajama-chunk1": "SlimPajama",
    "smollm-corpus": "SmolLM",
    "starcoder": "StarCoder",
}
_SEQUENCE = 2048  # tokens of a sequence in the sweeps of the step law
_SHARES = {
    2: ("github", "pile_cc"),
    3: ("github", "books3", "pile_cc"),
    5: ("academic", "prose", "dialogue", "symbolic", "internet"),
}
_CHECKPOINT = re.compile(r"/([^/]+?)-([\d.]+(?:-[\d.]+)+)/(\d+)/?$")
_VALIDATED_ON = re.compile(r"\.valid\.([^./]+)\.bin$")


def loss_to_loss(files: Files) -> pd.DataFrame:
    """One row a run and validation corpus."""
    wide = _csv(files["data/sweep.csv"])
    corpus = wide["data"].map(_TRAINED_ON)
    about = _table(
        {
            "source": "loss-to-loss",
            "family": corpus,
            "run": wide["name"],
            "model": wide["name"],
            "arch": "dec",
            "params": wide["params"],
            "tokens": wide["tokens"],
            "flops": wide["iso_flop"],
            "flops_rule": "reported",
            "is_final": True,
            "width": wide["d_model"],
            "depth": wide["n_layers"],
            "train_data": corpus,
            "loss_kind": "val",
            "note": "",
            "checkpoint": range(len(wide)),
        }
    )
    parts = [
        about.assign(eval_data=title, loss=wide[f"eval/{name}_val/CrossEntropyLoss"])
        for name, title in _CORPORA.items()
    ]
    table: pd.DataFrame = pd.concat(parts).sort_values("checkpoint", kind="stable", ignore_index=True)
    return table


def misfitting(files: Files) -> pd.DataFrame:
    """One row a run: its last checkpoint."""
    runs = _csv(files["data/scaling_results_last_ckpt_only.csv"])
    order = runs.groupby("model").cumcount().astype(int).map("{:03d}".format)
    return _table(
        {
            "source": "misfitting",
            "family": "misfitting",
            "run": runs["model"] + " " + order,
            "model": runs["model"],
            "arch": "dec",
            "params": runs["N"],
            "params_non_embed": runs["N_no_emb"],
            "tokens": runs["D"],
            "flops": runs["C"],
            "flops_rule": "reported",
            "step": runs["current_steps"],
            "step_max": runs["total_steps"],
            "is_final": True,
            "lr_peak": runs["peak_lr"],
            "eval_data": "C4",
            "loss": runs["C4 Eval Loss"],
            "loss_kind": "val",
            "note": "",
        }
    )


def step_law(files: Files) -> pd.DataFrame:
    """One row a run, dense ones first."""
    dense, experts = _csv(files["data/dense_lr_bs_loss.csv"]), _csv(files["data/moe_lr_bs_loss.csv"])
    size = (dense["N"] / 1e6).round().astype(int).astype(str) + "M"
    dense = _sweep(dense).assign(
        family="dense",
        arch="dec",
        model="dense " + size,
        params_non_embed=dense["N"],
        note="N_without_embeddings",
    )
    active = (experts["Na"] / 1e6).round().astype(int).astype(str) + "M"
    experts = _sweep(experts).assign(
        family="mixture of experts",
        arch="moe",
        model="experts " + active + " active",
        params=experts["N"],
        params_active=experts["Na"],
        note="",
    )
    runs: pd.DataFrame = pd.concat([dense, experts], ignore_index=True)
    return runs


def _sweep(runs: pd.DataFrame) -> pd.DataFrame:
    return _table(
        {
            "source": "steplaw",
            "run": runs["exp_name"],
            "tokens": runs["D"],
            "step": runs["ti"],
            "step_max": runs["ti"],
            "is_final": True,
            "lr_peak": runs["lr"],
            "batch_tokens": runs["bs"] * _SEQUENCE,
            "width": runs["h"],
            "depth": runs["numl"],
            "loss": runs["loss"],
            "loss_kind": "train",
            "smooth_loss": runs["smooth loss"],
        }
    )


def isoflops(files: Files) -> pd.DataFrame:
    """One row a point; one family an experiment."""
    points = pd.concat([_csv(content) for content in files.values()], ignore_index=True)
    family = points["source"] + ", " + points["dataset"]
    number = points.groupby("experiment").cumcount().map("{:03d}".format)
    figure = points["provenance"].eq("chinchilla") & points["dataset"].eq("massivetext")
    return _table(
        {
            "source": "isoflops",
            "family": family,
            "run": family + " " + number,
            "model": points["model"] + ", " + family,
            "arch": "dec",
            "params": points["params"],
            "tokens": points["tokens"],
            "flops": points["budget"],
            "flops_rule": pd.Series("reported", points.index).where(~figure, "figure"),
            "is_final": True,
            "train_data": points["dataset"],
            "loss": points["loss"],
            "loss_kind": pd.Series("val", points.index).where(~figure, "figure"),
            "note": "",
        }
    )


def mixing_laws(files: Files) -> pd.DataFrame:
    """One row a checkpoint, with its shares and the loss on each domain of its mixture."""
    parts = [_mixture(path, content) for path, content in files.items()]
    table: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return table


def _mixture(path: str, content: bytes) -> pd.DataFrame:
    _, mix, file = path.split("/")
    domains, size = _SHARES[int(mix[0])], file.removesuffix(".txt")
    # A mixture of two has no share of the third of its study; the five are a study of their own.
    absent = dict.fromkeys((f"r_{domain}" for domain in _SHARES[5 if len(domains) == 5 else 3]), 0.0)
    found: dict[tuple[str, int], dict[str, float]] = {}
    for line in content.decode().splitlines():
        checkpoint, corpus, loss = line.split("\t")
        read, validated = _CHECKPOINT.search(checkpoint), _VALIDATED_ON.search(corpus)
        if read is None or validated is None:  # the checkpoint called last
            continue
        losses = found.setdefault((read[2], int(read[3])), {})
        losses.setdefault(f"loss_{validated[1].lower().replace('-', '_')}", float(loss))
    family = f"{size}, {len(domains)} domains"
    rows = [
        {
            "source": "mixinglaws",
            "family": family,
            "run": f"{family}, {mixture}",
            "model": f"{family}, {mixture}",
            "arch": "dec",
            "params": float(f"{size[:-1]}e{9 if size.endswith('B') else 6}"),
            "step": step,
            "train_data": "Pile, mixed",
            "eval_data": "Pile-CC",
            "loss": losses.get("loss_pile_cc"),
            "loss_kind": "val",
            "note": "tokens_unknown;params_nominal",
            **absent,
            **{
                f"r_{domain}": float(share) for domain, share in zip(domains, mixture.split("-"), strict=True)
            },
            **losses,
        }
        for (mixture, step), losses in found.items()
    ]
    frame = pd.DataFrame(rows).sort_values(["run", "step"], kind="stable", ignore_index=True)
    last = frame["step"] == frame.groupby("run")["step"].transform("max")
    table: pd.DataFrame = frame.assign(is_final=last)
    return table


def o1_aime(files: Files) -> pd.DataFrame:
    """One row a number of tokens asked for."""
    asked = pd.DataFrame(json.loads(files["helpers/results_log_just_ask_nicely.json"]))
    voted = pd.DataFrame(json.loads(files["helpers/results_log_majority_vote.json"]))
    rows = pd.concat([asked.assign(strategy="single"), voted.assign(strategy="vote")], ignore_index=True)
    rows = rows.drop_duplicates("token_limit", ignore_index=True)
    limit = rows["token_limit"].map("{:,} tokens".format)
    return _table(
        {
            "source": "o1-aime-tokens",
            "system": "o1-mini, " + rows["strategy"] + ", asked for " + limit,
            "strategy": rows["strategy"],
            "base_model": "o1-mini",
            "effort": limit,
            "benchmark": "AIME 2024",
            "n_tasks": 30.0,
            "accuracy": rows["accuracy"],
            "accuracy_se": binomial_error(rows["accuracy"], 30.0),
            "completion_tokens": rows["avg_tokens_used"] * 30.0,
            "repeat": "1",
            "note": "",
        }
    )


def open_clip(files: Files) -> pd.DataFrame:
    """One row a network."""
    runs = _parquet(files["scaling_laws/data/segmentation_results.parquet"])
    family = runs["namespace"].map({"clip": "CLIP", "mammut": "MaMMUT"})
    return _table(
        {
            "source": "openclip-segmentation",
            "family": family,
            "run": runs["name"],
            "model": family + " " + runs["model_simple"],
            "arch": "other",
            "params": (runs["model_mparams"] * 1e6).round(),
            "flops": runs["gflops"] * 1e9,
            "flops_rule": "reported",
            "step": runs["steps"],
            "is_final": True,
            "lr_peak": runs["lr"],
            "lr_schedule": runs["lr_scheduler"],
            "train_data": "DataComp-1.4B",
            "eval_data": "DataComp-1.4B",
            "loss": runs["train_contrastive_loss"],
            "loss_kind": "other_unit",
            "note": "tokens_unknown",
            "benchmark": "ADE20K",
            "score": runs["miou"],
            "samples": runs["samples_seen"].astype(float),
            "batch_samples": runs["global_batch_size"].astype(float),
        }
    )


def _parquet(content: bytes) -> pd.DataFrame:
    try:
        runs: pd.DataFrame = pd.read_parquet(io.BytesIO(content))
    except ImportError:
        raise FetchError(
            "The file is in the Parquet format, and reading it needs pyarrow, which is not installed.",
            remedy="Install it with: pip install pyarrow.",
        ) from None
    return runs


def _table(columns: Mapping[str, object]) -> pd.DataFrame:
    table: pd.DataFrame = pd.DataFrame(columns)
    return table


def _csv(content: bytes) -> pd.DataFrame:
    return read_exact(io.BytesIO(content))


READERS: Mapping[str, Callable[[Files], pd.DataFrame]] = {
    "isoflops": isoflops,
    "loss_to_loss": loss_to_loss,
    "misfitting": misfitting,
    "mixing_laws": mixing_laws,
    "mixing_laws_five": mixing_laws,
    "o1_aime": o1_aime,
    "open_clip": open_clip,
    "step_law": step_law,
}
"""What reads the files of each :class:`~scalewidgets.data.remotes.Remote`."""
