"""The compute-loss points of the Chinchilla paper, as read off its figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from .raw import read_exact
from .table import Table

RAW = "colpret/raw_data/chinchila_extracted.csv"
SECOND_COPY = "epoch-chinchilla/svg_extracted_data.csv"


def compile_table(raw: Path) -> pd.DataFrame:
    """Read the points and derive the tokens, which the figure does not show, as C / 6N."""
    points = read_exact(raw / RAW)
    second = raw / SECOND_COPY
    if second.exists():
        check_copies_agree(points, read_exact(second))
    params, flops = points["Model Size"], points["Training FLOP"]
    # The order of the figure is kept: the row label is how a point is spoken of.
    numbers = [f"chinchilla-{row:03d}" for row in range(len(points))]
    return pd.DataFrame(
        {
            "source": "colpret",
            "family": "chinchilla",
            "run": numbers,
            "model": [f"Chinchilla {size / 1e6:,.0f}M" for size in params],
            "arch": "dec",
            "params": params,
            "tokens": flops / (6.0 * params),
            "flops": flops,
            "flops_rule": "figure",
            "is_final": True,
            "train_data": "MassiveText",
            "loss": points["loss"],
            "loss_kind": "figure",
            "note": "D=C/6N",
        }
    )


def check_copies_agree(points: pd.DataFrame, second: pd.DataFrame) -> None:
    """Stop when the two public copies of the points differ: one would not be what was cited."""
    columns = ["Model Size", "Training FLOP", "loss"]
    if not points[columns].equals(second[columns]):
        raise ValueError(f"{RAW} and {SECOND_COPY} hold different points")


def five_highest(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the points that the replication of the paper leaves out of its fit."""
    labels = sorted(int(label) for label in frame["loss"].nlargest(5).index)
    return {"index": labels, "reason": "the five highest losses, as in arXiv:2404.10102"}


TABLE = Table(
    name="chinchilla",
    title="Chinchilla",
    licence="MIT",
    citation="Hoffmann et al. 2022, arXiv:2203.15556 (the figure); Besiroglu et al. 2024, arXiv:2404.10102 "
    "(the points read off it); Choshen et al. 2024, arXiv:2410.11840 (the collection)",
    url="https://github.com/IBM/ColPret",
    sources=("IBM/ColPret@16f23bbe054277ddc4afd07a972dd7cfbe3f48c3 : raw_data/chinchila_extracted.csv",),
    description="{rows} training runs of the Chinchilla paper: model size, training compute and final loss "
    "read off the vector graphics of its figure 4. Each point is one run; sizes and losses are as exact as "
    "the drawing, the losses as its colour scale. The same {rows} points stand, digit for digit, in the "
    "MIT-licensed ColPret collection, which this table is compiled from, and in the repository of "
    "arXiv:2404.10102 (epoch-research/analyzing-chinchilla@92258837425e1b5f2851d624287f0120583a3d0e).",
    notes=(
        "Tokens are not in the figure: D = C / 6N, in floating point because 6ND of integers overflows.",
        "The five highest losses are kept in the table and proposed for exclusion, as in arXiv:2404.10102.",
    ),
    left_out=("Positions and colours of the points in the drawing.",),
    compile=compile_table,
    exclude=five_highest,
)
