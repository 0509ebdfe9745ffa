"""Benchmark scores along the training of the Pythia models (arXiv:2304.01373)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .pythia_math import sizes
from .raw import find, read_exact
from .rows import natural_log, six_nd
from .table import Table

COMMIT = "EleutherAI/pythia@a19eecb807ec2c79a39ebf18108816e6ffffc1d5"
TOKENS_OF_A_STEP = 2_097_152  # 1,024 sequences of 2,048 tokens
BENCHMARKS = {
    "lambada_openai": "LAMBADA",
    "arc_easy": "ARC-Easy",
    "arc_challenge": "ARC-Challenge",
    "piqa": "PIQA",
    "sciq": "SciQ",
    "winogrande": "WinoGrande",
    "wsc": "WSC",
    "logiqa": "LogiQA",
}
KEY = ["model", "step", "task", "metric"]


def compile_table(raw: Path) -> pd.DataFrame:
    """Read the zero-shot accuracies of the final suite; LAMBADA has a loss beside them."""
    values = read_exact(find(raw, "pythia-evals/pythia_evals.exported.csv"))
    suite = values[(values["suite"] == "pythia-v1") & (values["setting"] == "zero-shot")]
    suite = suite[suite["task"].isin(BENCHMARKS) & (suite["step"] > 0)]
    # Some evaluations were run again: the first result stands.
    suite = suite.drop_duplicates(KEY)
    scores = suite[suite["metric"] == "acc"].rename(columns={"value": "score"})
    perplexity = suite[suite["metric"] == "ppl"].set_index(["model", "step", "task"])["value"]
    scores = scores.join(natural_log(perplexity).rename("loss"), on=["model", "step", "task"])
    known = scores["loss"].notna()
    # The 1B run of this suite carries its number format in its name.
    name = scores["model"].str.removesuffix("-bf16").str.removeprefix("pythia-")
    deduped = name.str.endswith("-deduped")
    size = name.str.removesuffix("-deduped").str.upper()
    model = ("Pythia-" + size).where(~deduped, "Pythia-" + size + "-deduped")
    params, without = sizes(raw)
    frame = pd.DataFrame(
        {
            "source": "pythia-evals",
            "family": pd.Series("Pythia", scores.index).where(~deduped, "Pythia-deduped"),
            "run": model,
            "model": model,
            "arch": "dec",
            "params": size.map(params),
            "params_non_embed": size.map(without),
            "tokens": scores["step"] * TOKENS_OF_A_STEP,
            "step": scores["step"],
            "step_max": 143_000.0,
            "batch_tokens": float(TOKENS_OF_A_STEP),
            "train_data": pd.Series("Pile", scores.index).where(~deduped, "Pile, deduplicated"),
            "eval_data": pd.Series("LAMBADA", scores.index).where(known, None),
            "loss": scores["loss"],
            "loss_kind": pd.Series("other_unit", scores.index).where(known, None),
            "note": "params_nominal;flops=6ND",
            "benchmark": scores["task"].map(BENCHMARKS),
            "score": scores["score"],
        }
    )
    frame = six_nd(frame).sort_values(["family", "params", "step", "benchmark"], kind="stable")
    return frame.assign(is_final=frame["step"] == frame["step_max"])


TABLE = Table(
    name="pythia_evals",
    title="Pythia: benchmark scores along training",
    kind="scores",
    licence="Apache-2.0",
    citation="Biderman et al. 2023, Pythia, arXiv:2304.01373",
    url="https://github.com/EleutherAI/pythia",
    sources=(f"{COMMIT} : evals/pythia-v1/*/zero-shot (1,359 files hold this and the rest)",),
    description="{rows} zero-shot scores: {models} Pythia models, eight sizes on the Pile and on the Pile "
    "without duplicates, at 26 checkpoints on eight benchmarks, with the compute spent until then. LAMBADA "
    "has a loss beside its score, in nats for a last word.",
    notes=(
        "Tokens are steps times 2,097,152, for all sizes of this suite.",
        "LAMBADA: the perplexity of the last word became its logarithm, nats a word; loss_kind is "
        "other_unit, for it is not a loss per token.",
        "Evaluations that the source holds twice are here once, the first of the two.",
        "Parameters are the nominal sizes (12B is 12,000,000,000), those without embeddings exact; compute "
        "is 6ND with the nominal ones.",
        "The 1B model is the one called pythia-1b-bf16 in the source.",
        "Score is the share of problems solved, without normalisation for length.",
    ),
    left_out=(
        "Step 0, before any training.",
        "The first suite (v0), whose models have other batch sizes, the runs with other batch sizes, and the "
        "interventions.",
        "Five-shot scores, MMLU, BLiMP and CrowS-Pairs; scores normalised for length; standard errors.",
    ),
    compile=compile_table,
)
