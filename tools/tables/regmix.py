"""Losses of models trained on random mixtures of seventeen domains (arXiv:2407.01492)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scalewidgets.data.columns import Column

from .raw import find, read_exact
from .table import Table

COMMIT = "sail-sg/regmix@b004d3a3f39846dcec6b3740da22bcd1ba95a5d0"
# Family -> (file of shares, file of losses, nominal parameters).
SETS = {
    "1M, training": ("train_mixture_1m", "train_pile_loss_1m", 1e6),
    "1M, test": ("test_mixture_1m", "test_pile_loss_1m", 1e6),
    "60M, test": ("test_mixture_60m", "test_pile_loss_60m", 60e6),
    "1B, test": ("test_mixture_1B", "test_pile_loss_1B", 1e9),
}
TARGET = "pile_cc"
DOMAINS = (
    *("arxiv", "freelaw", "nih_exporter", "pubmed_central", "wikipedia_en", "dm_mathematics", "github"),
    *("philpapers", "stackexchange", "enron_emails", "gutenberg_pg_19", "pile_cc", "ubuntu_irc", "europarl"),
    *("hackernews", "pubmed_abstracts", "uspto_backgrounds"),
)
UNMEASURED = ("nih_exporter", "philpapers", "enron_emails", "europarl")


def runs_of(raw: Path, family: str) -> pd.DataFrame:
    """One set of runs: shares and losses are joined by the number of the mixture, not by their order."""
    shares_file, losses_file, params = SETS[family]
    shares = read_exact(find(raw, f"regmix/{shares_file}.csv")).set_index("index")
    losses = read_exact(find(raw, f"regmix/{losses_file}.csv")).set_index("index")
    if set(shares.index) != set(losses.index):
        raise ValueError(f"RegMix: {shares_file} and {losses_file} are not of the same mixtures")
    losses = losses.loc[shares.index]
    name = shares.index.map(f"RegMix {family} {{:03.0f}}".format)
    columns = {
        "source": "regmix",
        "family": family,
        "run": name,
        "model": name,
        "arch": "dec",
        "params": params,
        "is_final": True,
        "train_data": "Pile, mixed",
        "eval_data": "Pile-CC",
        "loss": losses[f"metric/the_pile_{TARGET}_val_loss"],
        "loss_kind": "val",
        "note": "tokens_unknown;params_nominal",
        **{f"r_{domain}": shares[f"train_the_pile_{domain}"] for domain in DOMAINS},
        **{
            f"loss_{domain}": losses[f"metric/the_pile_{domain}_val_loss"]
            for domain in DOMAINS
            if domain not in UNMEASURED
        },
    }
    return pd.DataFrame(columns, index=shares.index)


def compile_table(raw: Path) -> pd.DataFrame:
    """Put the sets one below the other."""
    return pd.concat([runs_of(raw, family) for family in SETS], ignore_index=True)


TABLE = Table(
    name="regmix",
    title="Data mixtures of the Pile",
    kind="mixtures",
    own=(
        *(
            Column(f"r_{domain}", "number", "", f"share of {domain} in the training data")
            for domain in DOMAINS
        ),
        *(
            Column(f"loss_{domain}", "number", "nats per token", f"loss on {domain}")
            for domain in DOMAINS
            if domain not in UNMEASURED
        ),
    ),
    licence="MIT",
    citation="Liu et al. 2024, RegMix: Data Mixture as Regression for Language Model Pre-training, "
    "arXiv:2407.01492",
    url="https://github.com/sail-sg/regmix",
    sources=tuple(
        f"{COMMIT} : data/{file}.csv" for shares, losses, _ in SETS.values() for file in (shares, losses)
    ),
    description="{rows} models on random mixtures of 17 domains of the Pile, with the loss on 13 of them: "
    "512 of 1M parameters to learn from, and as tests 256 of 1M, the same 256 mixtures at 60M, and 64 at "
    "1B. loss is that on Pile-CC, the target of the paper; r_ columns are shares, as laws.mixing_law takes "
    "them.",
    notes=(
        "Shares are rounded to a thousandth in the source and sum to 0.996 to 1.003; they are left so.",
        "Shares and losses are joined by the number of the mixture.",
        "Tokens are not in the files, and parameters are nominal: compare within a family.",
        "The 256 test mixtures are the same at 1M and 60M; no test mixture is a training mixture.",
    ),
    left_out=("Scores on benchmarks, and the regression models of the authors.",),
    compile=compile_table,
)
