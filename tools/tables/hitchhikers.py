"""The Hitchhiker's Guide collection of training curves, as far as it is publicly laid out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from . import chinchilla, curves, datablations, endpoints
from .table import Table

READERS = (
    datablations.trajectories,
    datablations.contour,
    datablations.code_mixes,
    *curves.READERS,
    endpoints.overtrained,
    endpoints.gzip_complexity,
    endpoints.bimix,
)


def compile_table(raw: Path) -> pd.DataFrame:
    """Put all sources one below the other, each sorted by size, run and tokens."""
    parts = [chinchilla.compile_table(raw)]
    for reader in READERS:
        part = reader(raw)
        order = [name for name in ("params", "run", "eval_data", "tokens", "step", "loss") if name in part]
        parts.append(part.sort_values(order, kind="stable"))
    return pd.concat([part.assign(source="colpret") for part in parts], ignore_index=True)


COMMIT = "IBM/ColPret@16f23bbe054277ddc4afd07a972dd7cfbe3f48c3"

TABLE = Table(
    name="hitchhikers",
    title="Hitchhiker's Guide collection",
    licence="MIT",
    citation="Choshen, Zhang, Andreas 2024, A Hitchhiker's Guide to Scaling Law Estimation, "
    "arXiv:2410.11840. Curves from arXiv:2203.15556, 2305.16264, 2212.09803, 2402.00838, 2312.06550, "
    "2005.14165, 2403.08540, 2405.16684, 2405.14908 and the RedPajama-INCITE and Pile-T5 releases",
    url="https://github.com/IBM/ColPret",
    sources=tuple(
        f"{COMMIT} : {path}"
        for path in (
            "raw_data/chinchila_extracted.csv",
            "aggregated_eval/datablations_losses.csv",
            "aggregated_eval/datablations_contour_losses.csv",
            "aggregated_eval/datablations_code_losses.csv",
            "aggregated_eval/opt_trajectories.csv",
            "aggregated_eval/t5_pile.csv",
            "aggregated_eval/olmo.csv",
            "aggregated_eval/K2.csv",
            "aggregated_eval/llm360Mamba3B.csv",
            "raw_data/lm360_Amber (the export that holds perplexity on Pile-CC)",
            "raw_data/gpt3 (curves, and the metadata of the sizes)",
            "raw_data/redPajama/2.4B.csv",
            "raw_data/redPajama/6.7B.csv",
            "raw_data/overtrain/overtrain_downstreams.csv",
            "raw_data/gzip/results_new.jsonl",
            "raw_data/bimix-law (the values; called ppl there)",
        )
    ),
    description="Losses of language models gathered by the Hitchhiker's Guide to Scaling Law Estimation: "
    "{models} distinct models in {rows} rows and {families} families (runs meant to lie on one law). "
    "229 of the models are single points of the data-repetition study, 150 are tiny models on synthetic "
    "data, 104 are known by their final loss only; rows without a family belong to no law. The number is "
    "counted in this table and is not the paper's: some of its curves are not in the files compiled here, "
    "and some files compiled here are not in its count.",
    notes=(
        "Sizes given as text (2.8B) are numbers; GPT-3, OLMo and Mamba sizes are the nominal ones.",
        "Compute is 6ND throughout, in floating point; the flops column of the repetition runs falls along "
        "a run and is not used. Chinchilla keeps the compute of its figure and derives tokens as C/6N.",
        "OPT: perplexity became ln(perplexity), nats; tokens are steps times batch because the source holds "
        "decimal logarithms.",
        "Repetition runs: unique tokens are tokens divided by epochs; the constant 1.5e9 tokens per epoch of "
        "the single-point file is wrong.",
        "The runs GPT2-2.8B-oscar-3 and GPT2-2.8B-oscar-4 hold the same curve in the source; both are kept "
        "and marked same_curve_twice.",
        "Code mixes: the epochs column of the source is a percentage and its seed column tells the C4 loss "
        "from the code loss.",
        "Pile-T5: the loss is ln of a span-corruption perplexity close to 1, marked other_unit: compare it "
        "only within its family. Rows at step 0 are dropped.",
        "OLMo: only mC4 (English), which every checkpoint has; a mean over the corpora present would change "
        "its meaning along the curve.",
        "Mamba 3B is here once; the collection's reader appends it twice. It is noisy, and starts above "
        "20 nats.",
        "K2 and Mamba 3B are thinned from 9,986 and 44,174 rows: kept are the first row and the last one "
        "measured at or before each of 600 log-spaced token counts. Nothing is averaged.",
        "BiMix: the values are nats already although the source calls them ppl; the tokens of a step are "
        "not given, so tokens and compute are unknown.",
        "Amber: ln of the perplexity on Pile-CC; checkpoint k has read k+1 of 360 equal chunks. Their total "
        "of 1.259e12 tokens is not in the files and UNVERIFIED.",
        "GPT-3: validation losses (family gpt3) and training losses (family gpt3-train) are kept apart.",
    ),
    left_out=(
        "Pythia, the Amber training loss, the training curves of the over-trained models and the MAD "
        "architectures: not in the files compiled here.",
        "Encoder-decoder translation, LaMDA and vision curves: examples instead of tokens, error rates or "
        "rescaled losses.",
        "ModuleFormer and other zero-shot tables: benchmark scores and word-level perplexities under several "
        "tokenizers.",
        "ConvNet points: no model size.",
        "Downstream scores, learning rates and gradient norms along the curves.",
        "Other K2 rows and columns: spikes, mini-stages, extremes.",
    ),
    compile=compile_table,
)
