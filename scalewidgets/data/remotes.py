"""Public data that is not bundled, because its repository states no licence: where it is, what is in it.

Addresses name a commit and every file its checksum, so that what is read is what was described here.
This module does without pandas, like the registry of what is bundled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from scalewidgets.errors import UnknownNameError

from .columns import LAYOUTS, Column

HOST = "https://raw.githubusercontent.com"


class File(NamedTuple):
    """One file of a public repository."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Remote:
    """What is known about data that :func:`scalewidgets.fetch` downloads.

    Attributes
    ----------
    name, title, kind, rows, families, models, licence, citation, description, notes, left_out, own
        As of a bundled table (:class:`scalewidgets.data.Dataset`). The counts are those of the files
        with these checksums.
    repository, commit : str
        Where on GitHub, and which version.
    files : tuple of File
        Paths in the repository, sizes and checksums.
    """

    name: str
    title: str
    kind: str
    rows: int
    families: int
    models: int
    citation: str
    repository: str
    commit: str
    files: tuple[File, ...]
    description: str
    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    own: tuple[Column, ...] = ()
    licence: str = "none stated by the source; downloaded, not bundled"

    @property
    def url(self) -> str:
        """Where the repository is."""
        return f"https://github.com/{self.repository}"

    @property
    def sources(self) -> tuple[str, ...]:
        """``repository@commit : path`` of every file."""
        return tuple(f"{self.repository}@{self.commit} : {file.path}" for file in self.files)

    @property
    def bytes(self) -> int:
        """What is downloaded."""
        return sum(file.bytes for file in self.files)

    @property
    def layout(self) -> tuple[Column, ...]:
        """Columns of the table: those of its kind, then its own."""
        return (*LAYOUTS[self.kind], *self.own)

    def address(self, file: File) -> str:
        """Where one file is downloaded from."""
        return f"{HOST}/{self.repository}/{self.commit}/{file.path}"


LOSS_TO_LOSS = Remote(
    name="loss_to_loss",
    title="Six corpora, eight validation losses",
    kind="losses",
    rows=4232,
    families=6,
    models=529,
    citation="Brandfonbrener et al. 2024, Loss-to-Loss Prediction: Scaling Laws for All Datasets, "
    "arXiv:2411.12925",
    repository="KempnerInstitute/loss-to-loss-notebooks",
    commit="457ce81a019019bc3981937c20a70c52f5fad436",
    files=(
        File("data/sweep.csv", 791700, "1a9fd71e3bd6ecf35bdd32b660a9b42dbb3b8635630b1a358633fa18d61fb13c"),
    ),
    description="4,232 losses: 529 runs on six corpora, 24 model sizes at eight compute budgets, each "
    "evaluated on eight corpora. A family is the corpus trained on; fit one family and one eval_data at a "
    "time, or one loss against another over rows that share a checkpoint.",
    notes=(
        "The flops column of the source is not that of the run; compute is the budget of the run, which is "
        "6ND.",
        "Perplexities of the source repeat the losses and are not taken over.",
    ),
    left_out=("Losses and accuracies on downstream tasks; training losses.",),
    own=(Column("checkpoint", "number", "", "which network: rows that share it are one"),),
)

MISFITTING = Remote(
    name="misfitting",
    title="Learning rate, size and tokens",
    kind="runs",
    rows=261,
    families=1,
    models=11,
    citation="Li et al. 2025, (Mis)Fitting: A Survey of Scaling Laws, arXiv:2502.18969",
    repository="hadasah/scaling_laws",
    commit="1f3708c0a12df0effb0ee906b1da5f9f0ff4f4f1",
    files=(
        File(
            "data/scaling_results_last_ckpt_only.csv",
            58697,
            "cd96b9eb8e5b2adc80e6739a642dd8554590edc96234d36859ab6ed0f5c30562",
        ),
    ),
    description="261 runs of eleven model sizes with five peak learning rates: the last loss on C4. With "
    "all rates, with the best rate of each size and tokens, or with embeddings left out, one law is fitted "
    "to different ends.",
    notes=(
        "Compute of the largest runs is more than 64-bit integers hold (9.5e18); it is read as floating "
        "point.",
        "The epochs of the source count stretches between evaluations and are not taken over.",
        "21 runs repeat the size, tokens and learning rate of another.",
    ),
    left_out=("4,852 checkpoints before the last; points that other papers published.",),
)

STEP_LAW = Remote(
    name="step_law",
    title="Learning rate and batch size sweeps",
    kind="runs",
    rows=2619,
    families=2,
    models=9,
    citation="Li et al. 2025, Predictable Scale: Part I, arXiv:2503.04715",
    repository="step-law/steplaw",
    commit="32a8f4cc50247695fb56cc6c9117abdf67c97763",
    files=(
        File(
            "data/dense_lr_bs_loss.csv",
            344476,
            "9e46181076c04d450294d75dfe6f72adc416e231e154a07b337e378f9410002c",
        ),
        File(
            "data/moe_lr_bs_loss.csv",
            232920,
            "653d585244a7b227423007e8b796bc16d76f6d24eb87b1919b8f048a91897b92",
        ),
    ),
    description="2,619 runs: dense models of five sizes in 17 cells of size and tokens, and four mixtures "
    "of experts, each cell with 40 to 120 pairs of learning rate and batch size.",
    notes=(
        "Dense sizes leave embeddings out (params_non_embed); those of mixtures of experts are total and "
        "active.",
        "Batches are in tokens: sequences times 2,048.",
        "Some runs diverged and end at 11 nats; the best run of a cell, not its mean, is what the law is "
        "about.",
    ),
    left_out=(
        "Time, memory and shapes of the attention; the authors' coefficients (table step_law_resamples).",
    ),
    own=(Column("smooth_loss", "number", "nats per token", "training loss, smoothed"),),
)

ISOFLOPS = Remote(
    name="isoflops",
    title="IsoFLOP points of six experiments",
    kind="runs",
    rows=681,
    families=6,
    models=6,
    citation="Hoffmann et al. 2022, arXiv:2203.15556 (two digitisations of its figure, one of "
    "arXiv:2404.10102); Li et al. 2025, arXiv:2502.18969; Marin project, runs of March 2026",
    repository="Open-Athena/scaling-law-analysis",
    commit="3e0656ee3dce1a2c89aa67691920f5eb9d30f0fc",
    files=(
        File(
            "data/isoflops/extract/epochai_chinchilla/isoflops.csv",
            18925,
            "80688eb2f47e41a3f3e37d094a00d29b3fb3a9fd2f4107125e60e9521fed81e7",
        ),
        File(
            "data/isoflops/extract/ml_scalefit/isoflops.csv",
            18059,
            "e9eecba2c7f93050254e577b970495e3ef36db84a39f06fe220b576578e84199",
        ),
        File(
            "data/isoflops/extract/misfitting/isoflops.csv",
            26942,
            "f35291c4c7a8770b0dc174757a8ba377080023c4be7a46fdf8e13d812917a8f9",
        ),
        File(
            "data/isoflops/extract/marin_202603/isoflops.csv",
            31162,
            "f2c307ac8152f0df9b2be720bfc5958fdc54688de152e3294cec12da34cfa7f2",
        ),
    ),
    description="681 points on curves of equal compute, six experiments in one schema: Chinchilla read off "
    "its figure twice, misfitting, and three corpora of Marin. A family is an experiment.",
    notes=(
        "flops is the budget of the curve. It is 6ND exactly in two of the sources and within 26 % in the "
        "others: the points lie beside their curve.",
        "misfitting is a selection of the runs of the table of that name, so that fits to the two differ.",
        "The six models are kinds of model; each point is a run of its own.",
    ),
    left_out=("Flags for outliers, which are results of an analysis.",),
)

_MIXES = {
    "2Mix/70M": (25345, "f145e8c9d2a017de8eeb16c3c4e2fb096dc15a815f3aeed66d617283627db76e"),
    "2Mix/160M": (25459, "15ca2f0b918fb6e34d1e52daa6ef6e1fc0c9fd10ad300fe17fd99f64699214fe"),
    "3Mix/70M": (257566, "c3f5a3f9bfdae2b8873cfad442b82c2f574b50c0b0dcab17f537d8c85838e10c"),
    "3Mix/160M": (553178, "49185ea7b1c50214afb1f57752bee08e7462b562f3ba9b73a2e32d6bbc08fc6a"),
    "3Mix/410M": (26324, "f0ecb091e6ba05f8d3054cbf88ded3c04b79bb5eb865d25e7875cccbbf9f21de"),
}

MIXING_LAWS = Remote(
    name="mixing_laws",
    title="Mixtures of two and three domains",
    kind="mixtures",
    rows=1198,
    families=5,
    models=51,
    citation="Ye et al. 2024, Data Mixing Laws: Optimizing Data Mixtures by Predicting Language Modeling "
    "Performance, arXiv:2403.16952",
    repository="yegcjs/mixinglaws",
    commit="8ad3e1244b53294ded55a96ae325f4112ce3bc63",
    files=tuple(File(f"data/{name}.txt", size, sha256) for name, (size, sha256) in _MIXES.items()),
    description="1,198 checkpoints of 51 models on mixtures of Github, Books3 and Pile-CC, with the loss on "
    "each domain of the mixture. r_ columns are shares, as laws.mixing_law takes them; a family is a size "
    "and a number of domains.",
    notes=(
        "Shares are read from the names of the runs, in the order of the folder: Github, Books3, Pile-CC. "
        "Of two domains the first is Github, whose loss falls as its share rises.",
        "Lines that repeat a run, step and domain are read once.",
        "Checkpoints called last have no step and are left out.",
        "Tokens of a step are not in the files.",
    ),
    left_out=("Five and seven domains: the order of the shares in their names is not in the files.",),
    own=(
        *(
            Column(f"r_{domain}", "number", "", f"share of {domain} in the training data")
            for domain in ("github", "books3", "pile_cc")
        ),
        *(
            Column(f"loss_{domain}", "number", "nats per token", f"loss on {domain}")
            for domain in ("github", "books3", "pile_cc")
        ),
    ),
)

O1_AIME = Remote(
    name="o1_aime",
    title="Accuracy against tokens on AIME",
    kind="systems",
    rows=11,
    families=1,
    models=1,
    citation="Zhang and Chen 2024, o1 inference scaling laws, "
    "https://github.com/hughbzhang/o1_inference_scaling_laws",
    repository="hughbzhang/o1_inference_scaling_laws",
    commit="4cf12c6799b4a6e22a9c36ae219af9026a13a897",
    files=(
        File(
            "helpers/results_log_just_ask_nicely.json",
            769,
            "669b10a1bac4c9630c6723fb8e4765352747708af93a2b5c93d40f2814657b53",
        ),
        File(
            "helpers/results_log_majority_vote.json",
            1077,
            "9dfc27e1c570ed6842b9507470b5cb742e0dbfc324e4d12c4b7a6e8f86bbb6c3",
        ),
    ),
    description="11 points: the accuracy of o1-mini on the 30 problems of AIME 2024 against the tokens it "
    "used, asked for 16 to 2,048 tokens, then by votes over several answers. A standard error is about nine "
    "points.",
    notes=(
        "The second file repeats the first eight points; they are read once.",
        "Tokens are those of all 30 problems, so that they divide by n_tasks like those of the other "
        "systems.",
        "A token limit was asked for in words and is not kept: 16 became 363.",
    ),
    left_out=("Single problems and answers.",),
)

_ALL = (LOSS_TO_LOSS, MISFITTING, STEP_LAW, ISOFLOPS, MIXING_LAWS, O1_AIME)


def remotes() -> Mapping[str, Remote]:
    """Everything that can be fetched, by name."""
    return MappingProxyType({entry.name: entry for entry in _ALL})


def remote(name: str) -> Remote:
    """Look up what can be fetched.

    Raises
    ------
    UnknownNameError
        There is no such data; the sentence names those that come close.
    """
    known = remotes()
    if not isinstance(name, str) or name not in known:
        from .registry import registry

        remedy = f"It is bundled: use sw.load({name!r})." if name in registry() else None
        raise UnknownNameError.of("data that can be fetched", name, known, remedy=remedy)
    return known[name]
