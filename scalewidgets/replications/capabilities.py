"""Benchmarks in few dimensions, and an emergent task as a sigmoid of them (arXiv:2405.10938)."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares

from scalewidgets.data import load
from scalewidgets.laws import law

from .declare import Figure, Study

Array: TypeAlias = NDArray[np.float64]

BENCHMARKS = ("MMLU", "ARC-C", "HellaSwag", "Winograd", "TruthfulQA", "GSM8K", "XWinograd", "HumanEval")
FAMILIES = (
    "Llama-2", "Llama", "Llama-3", "Qwen1.5", "Qwen", "Mistral", "Mixtral", "Yi", "Gemma", "Falcon", "Phi",
    "Pythia", "BLOOM", "GPT-Neo/J", "OPT", "MPT", "XGLM", "CodeLlama", "StarCoder", "StarCoder2",
    "DeepSeek-Coder",
)  # fmt: skip
ADDED_LATER = (
    "mistralai/Mistral-Nemo-Base-2407", "mistralai/Mixtral-8x22B-v0.1", "Qwen/Qwen1.5-110B",
)  # fmt: skip
"""Models of these families that are in the released file and not in table B.1 of the paper."""
CUT = 8.4e22
"""Compute of Llama-2 7B: models up to it are fitted."""


class Components(NamedTuple):
    """Principal components of a matrix of models and benchmarks, without scaling."""

    mean: Array
    weights: Array
    shares: Array


def filled(scores: Array, rounds: int = 1000) -> Array:
    """Missing scores from the first principal component, over and over until they stay (appendix B.3)."""
    missing = np.isnan(scores)
    found = np.where(missing, np.nanmean(scores, axis=0), scores)
    for _ in range(rounds):
        mean = found.mean(axis=0)
        left, size, right = np.linalg.svd(found - mean, full_matrices=False)
        rebuilt = np.clip(mean + size[0] * np.outer(left[:, 0], right[0]), 0.0, 1.0)
        following = np.where(missing, rebuilt, scores)
        if np.abs(following - found).max() < 1e-10:
            return following
        found = following
    return found


def components(scores: Array, count: int = 3) -> Components:
    """Principal components; each points to where most of the scores rise."""
    mean = scores.mean(axis=0)
    _, size, right = np.linalg.svd(scores - mean, full_matrices=False)
    weights = right[:count] * np.where(right[:count].sum(axis=1) < 0, -1.0, 1.0)[:, None]
    return Components(mean, weights, size**2 / (size**2).sum())


def matrix() -> pd.DataFrame:
    """Scores of the paper's 77 models, one column a benchmark, with their compute."""
    table = load("benchmark_scores")
    kept = table["family"].isin(FAMILIES) & ~table["model"].isin(ADDED_LATER)
    wide = table[kept].pivot_table(index="model", columns="benchmark", values="score")[list(BENCHMARKS)]
    models: pd.DataFrame = wide.join(table.groupby("model")["flops"].first())
    return models


def compute() -> dict[str, float]:
    """Shares of variance, and the sigmoid of unscrambling words."""
    models = matrix()
    shares = components(filled(models[list(BENCHMARKS)].to_numpy())).shares
    tasks = load("emergent_scores")
    task = tasks[tasks["benchmark"] == "Word unscramble"].set_index("model")["score"].rename("task")
    fitted = models[models["flops"] <= CUT].join(task, how="inner")
    known = filled(fitted[list(BENCHMARKS)].to_numpy())
    mean, weights, _ = components(known)
    capabilities = (known - mean) @ weights.T
    slopes, offset = sigmoid(capabilities, fitted["task"].to_numpy())
    on_benchmarks = dict(zip(BENCHMARKS, slopes @ weights, strict=True))
    return {
        "first": 100 * float(shares[0]),
        "three": 100 * float(shares[:3].sum()),
        "PC1": float(slopes[0]),
        "PC2": float(slopes[1]),
        "offset": float(offset - mean @ (slopes @ weights)),
        "HellaSwag": float(on_benchmarks["HellaSwag"]),
        "ARC-C": float(on_benchmarks["ARC-C"]),
        "MMLU": float(on_benchmarks["MMLU"]),
    }


def sigmoid(capabilities: Array, score: Array) -> tuple[Array, float]:
    """Least squares of a score on a sigmoid of capabilities: slopes and offset.

    The law is that of errors, ``h sigmoid(beta . S + alpha)``; with h = 1 the score is the sigmoid of the
    negative of what is inside.
    """
    form = law("observational")
    inputs = dict(zip(("S_1", "S_2", "S_3"), capabilities.T, strict=True))

    def off(values: Array) -> Array:
        named = dict(zip(("beta_1", "beta_2", "beta_3", "alpha"), -values, strict=True))
        return 1.0 - form.value(inputs, {**named, "h": 1.0}) - score

    done = least_squares(off, np.zeros(4), xtol=1e-12, ftol=1e-12, gtol=1e-12)
    return np.asarray(done.x[:3]), float(done.x[3])


_TABLE = "table C.1, Word Unscramble"
_IMPUTED = "two of the 352 scores are imputed, and the rule that ends the imputation is not printed"
_SHARE = "printed as about this share"

STUDY = Study(
    name="capabilities",
    title="Observational scaling",
    citation="Ruan et al. 2024, arXiv:2405.10938, and github.com/ryoungj/ObsScaling",
    tables=("benchmark_scores", "emergent_scores"),
    rows="77 models of 21 families on eight benchmarks: those of the paper's table B.1. Missing scores from "
    "the first principal component; no scaling. The sigmoid is fitted to the 44 models with a score on the "
    "task and at most 8.4e22 FLOP, its three components to the same models; h = 1, least squares of the "
    "score.",
    compute=compute,
    figures=(
        Figure("first", "variance of the first component, %", "80", "section 3.2", 0.5, _SHARE),
        Figure("three", "variance of the first three, %", "97", "section 3.2", 0.5, _SHARE),
        Figure("PC1", "sigmoid: weight of the first component", "6.75", _TABLE, 0.02, _IMPUTED),
        Figure("PC2", "weight of the second", "-3.21", _TABLE, 0.02, _IMPUTED),
        Figure("HellaSwag", "weight of HellaSwag", "5.73", _TABLE, 0.02, _IMPUTED),
        Figure("ARC-C", "weight of ARC-C", "3.02", _TABLE, 0.02, _IMPUTED),
        Figure("MMLU", "weight of MMLU", "1.03", _TABLE, 0.02, _IMPUTED),
        Figure("offset", "offset over the benchmarks", "-12.28", _TABLE, 0.02, _IMPUTED),
    ),
)
