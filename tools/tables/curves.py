"""Training curves of published models, as the Hitchhiker's Guide collection holds them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from .raw import find, read_exact, size
from .rows import mark_final, natural_log, six_nd, thin

FOLDER = "colpret/aggregated_eval"
LONG_CURVE = 600  # rows kept of a curve with many thousands

# Parameters of Pile-T5 as published with the models.
PILE_T5 = {"base": 247_586_304, "large": 783_173_632, "xl": 2_849_804_288, "xxl": 11_135_426_560}
# Tokens in one optimiser step of each OPT size (arXiv:2205.01068).
OPT_BATCH = {"125m": 0.5e6, "1.3b": 1e6, "6.7b": 2e6, "13b": 4e6, "30b": 4e6, "175b": 2e6}
# The one corpus that every OLMo run was evaluated on at every checkpoint.
OLMO_LOSS = {
    "OLMo-1B": "v2-small-mc4_en-validation/CrossEntropyLoss",
    "OLMo-7B": "mc4_en-validation/CrossEntropyLoss",
    "OLMo-7B-Twin-2T": "mc4_en-validation/CrossEntropyLoss",
}


def opt(raw: Path) -> pd.DataFrame:
    """Six OPT sizes; the source gives perplexity, and tokens and compute as decimal logarithms."""
    points = read_exact(find(raw, f"{FOLDER}/opt_trajectories.csv"))
    name = "OPT-" + points["model_size"].str.replace("m", "M").str.replace("b", "B")
    batch = points["model_size"].map(OPT_BATCH)
    tokens = points["steps"] * batch
    if not np.allclose(np.log10(tokens), points["num_token"], rtol=0, atol=1e-6):
        raise ValueError("OPT: steps times batch is not the number of tokens the source gives")
    frame = pd.DataFrame(
        {
            "family": "OPT",
            "run": name,
            "model": name,
            "arch": "dec",
            "params": points["model_size"].map(size),
            "tokens": tokens,
            "step": points["steps"],
            "batch_tokens": batch,
            "train_data": "OPT corpus",
            "loss": natural_log(points["ppl"]),
            "loss_kind": "ppl_converted",
            "note": "loss=ln(ppl);tokens=steps*batch;flops=6ND",
        }
    )
    return mark_final(six_nd(frame))


def pile_t5(raw: Path) -> pd.DataFrame:
    """Four Pile-T5 sizes; span-corruption loss near zero, so only comparable among themselves."""
    points = read_exact(find(raw, f"{FOLDER}/t5_pile.csv"), ["model_name", "steps", "val_perplexity"])
    points = points[points["steps"] > 0]
    name = "pile-t5-" + points["model_name"]
    frame = pd.DataFrame(
        {
            "family": "t5-pile",
            "run": name,
            "model": name,
            "arch": "enc-dec",
            "params": points["model_name"].map(PILE_T5),
            "tokens": points["steps"] * 1e6,
            "step": points["steps"],
            "train_data": "Pile",
            "eval_data": "Pile",
            "loss": natural_log(points["val_perplexity"]),
            "loss_kind": "other_unit",
            "note": "loss=ln(ppl)_span_corruption;tokens=steps*1e6;flops=6ND",
        }
    )
    return mark_final(six_nd(frame))


def olmo(raw: Path) -> pd.DataFrame:
    """Three OLMo runs; one evaluation corpus along the whole curve, so that the loss means one thing."""
    path = find(raw, f"{FOLDER}/olmo.csv")
    columns = ["model_name", "num_params", "Step", *dict.fromkeys(OLMO_LOSS.values())]
    points = read_exact(path, columns)
    loss = pd.Series(np.nan, points.index)
    for model, column in OLMO_LOSS.items():
        loss = loss.mask(points["model_name"] == model, points[column])
    frame = pd.DataFrame(
        {
            # The twin was trained elsewhere and on other terms: it is on no law with the others.
            "family": points["model_name"].map({"OLMo-1B": "olmo", "OLMo-7B": "olmo"}),
            "run": points["model_name"],
            "model": points["model_name"],
            "arch": "dec",
            "params": points["num_params"].map(size),
            "tokens": points["Step"] * 4e6,
            "step": points["Step"],
            "train_data": "Dolma",
            "eval_data": "mC4 English",
            "loss": loss,
            "loss_kind": "val",
            "note": "nominal_size;tokens=steps*4e6;flops=6ND",
        }
    )
    return mark_final(six_nd(frame[frame["loss"].notna()].reset_index(drop=True)))


def k2(raw: Path) -> pd.DataFrame:
    """LLM360 K2 65B, thinned; the columns of spikes, extremes and later stages are not training loss."""
    points = read_exact(find(raw, f"{FOLDER}/K2.csv"), ["k2 training - lm loss", "tokens_seen"])
    points = points[points["tokens_seen"] > 0]
    return _one_model(
        "K2", 65e9, points["tokens_seen"], points["k2 training - lm loss"], "tokens_spread_evenly;thinned"
    )


def mamba(raw: Path) -> pd.DataFrame:
    """LLM360 Mamba 3B, thinned, and once: the reference reader appends this file twice."""
    points = read_exact(find(raw, f"{FOLDER}/llm360Mamba3B.csv"), ["step", "loss"])
    points = points.drop_duplicates("step")
    tokens = (points["step"] * (500e9 / 176_703)).round()
    frame = _one_model(
        "Mamba-3B", 3e9, tokens, points["loss"], "nominal_size;tokens=step*5e11/176703;thinned"
    )
    return frame.assign(arch="ssm")


def amber(raw: Path) -> pd.DataFrame:
    """LLM360 Amber 6.7B (arXiv:2312.06550): perplexity on Pile-CC after each chunk of data."""
    column = "perplexity_eval - Pile-CC"
    for path in sorted((raw / "colpret/raw_data/lm360_Amber").glob("*.csv")):
        if column in pd.read_csv(path, nrows=0).columns:
            points = read_exact(path, ["Step", column])
            break
    else:
        raise FileNotFoundError(f"no file with the column {column!r} in lm360_Amber")
    frame = pd.DataFrame(
        {
            "run": "Amber",
            "model": "Amber",
            "arch": "dec",
            "params": 6.7e9,
            # 1.259e12 tokens in 360 chunks; checkpoint 0 has read the first chunk.
            "tokens": ((points["Step"] + 1) * (1.259e12 / 360)).round(),
            "train_data": "Amber mix",
            "eval_data": "Pile-CC",
            "loss": natural_log(points[column]),
            "loss_kind": "ppl_converted",
            "note": "loss=ln(ppl);tokens=(checkpoint+1)*1.259e12/360;flops=6ND",
        }
    )
    return mark_final(six_nd(frame))


def gpt3(raw: Path) -> pd.DataFrame:
    """Eight GPT-3 sizes (arXiv:2005.14165), read off figures: validation and training curves apart."""
    folder = "colpret/raw_data/gpt3"
    points = read_exact(find(raw, f"{folder}/extracted.csv"))
    about = pd.read_csv(find(raw, f"{folder}/gpt3_metadata.exported.csv"), dtype="str")
    about.index = pd.Index(points["model"].drop_duplicates())  # both list the sizes from small to 175b
    validation = points["val_loss"].notna()
    name = "GPT-3 " + points["model"].replace({"small": "Small", "medium": "Medium", "large": "Large"}).map(
        lambda text: text.upper() if text[0].isdigit() or text == "xl" else text
    )
    frame = pd.DataFrame(
        {
            "family": np.where(validation, "gpt3", "gpt3-train"),
            "run": name,
            "model": name,
            "arch": "dec",
            "params": points["model"].map(about["num_params"].map(size)),
            "tokens": (points["step"] * 1e9).round(),
            "batch_tokens": points["model"].map(about["batch_size"].map(size)),
            "lr_peak": points["model"].map(about["lr"].map(_printed_power)),
            "width": points["model"].map(about["width"].astype(float)),
            "depth": points["model"].map(about["num_layers"].astype(float)),
            "train_data": "GPT-3 mix",
            "loss": points["val_loss"].where(validation, points["train_loss"]),
            "loss_kind": np.where(validation, "val", "train"),
            "note": "read_off_figure;nominal_size;flops=6ND",
        }
    )
    return mark_final(six_nd(frame))


def red_pajama(raw: Path) -> pd.DataFrame:
    """Two RedPajama-INCITE sizes, read off a figure."""
    parts = []
    for label in ("2.4B", "6.7B"):
        points = read_exact(
            find(raw, f"colpret/raw_data/redPajama/{label}.csv"), names=["tokens", "loss"]
        ).sort_values(["tokens", "loss"], kind="stable")
        parts.append(
            pd.DataFrame(
                {
                    "family": "redPajama",
                    "run": f"RedPajama-{label}",
                    "model": f"RedPajama-{label}",
                    "arch": "dec",
                    "params": size(label),
                    "tokens": (points["tokens"] * 1e9).round(),
                    "train_data": "RedPajama",
                    "loss": points["loss"],
                    "loss_kind": "train",
                    "note": "read_off_figure;flops=6ND",
                }
            )
        )
    return mark_final(six_nd(pd.concat(parts, ignore_index=True)))


READERS: tuple[Callable[[Path], pd.DataFrame], ...] = (opt, pile_t5, olmo, k2, mamba, amber, gpt3, red_pajama)


def _one_model(model: str, params: float, tokens: pd.Series, loss: pd.Series, note: str) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "run": model,
            "model": model,
            "arch": "dec",
            "params": params,
            "tokens": tokens,
            "loss": loss,
            "loss_kind": "train",
            "note": f"{note};flops=6ND",
        }
    )
    return mark_final(six_nd(thin(frame, LONG_CURVE)))


def _printed_power(text: str) -> float:
    """Turn a number as it is printed, ``6.0×10−4``, into 6e-4."""
    mantissa, power = text.split("×10")
    return float(f"{mantissa}e{power.replace('−', '-')}")
