"""``scalewidgets study``: a law, fitted to many selections of checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fit import OBJECTIVES
from .tables import table_of
from .values import count, numbers, print_json, share

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``study``."""
    study = commands.add_parser("study", help="fit a law to many selections of checkpoints, predict the rest")
    study.set_defaults(run=_study)
    _study_options(study)


def _study_options(study: argparse.ArgumentParser) -> None:
    study.add_argument("table", nargs="?", metavar="FILE", help="CSV or TSV file with one row per checkpoint")
    study.add_argument("--dataset", metavar="NAME", help="a bundled table instead of a file")
    study.add_argument("--preset", metavar="NAME", help="hitchhikers: protocol and runs of arXiv:2410.11840")
    study.add_argument("--families", metavar="NAMES", help="comma-separated; by default all")
    study.add_argument("--law", default="chinchilla", metavar="NAME", help="default: chinchilla")
    study.add_argument("--objective", choices=OBJECTIVES, help="default: squared_raw")
    study.add_argument("--fractions", metavar="SHARES", help="shares of the run: 0.4,1 (0.1 to 1)")
    study.add_argument("--models", metavar="COUNTS", help="numbers of models to fit: 2,3,6 (2 to all)")
    study.add_argument("--choices", metavar="HOW", help="smallest, nearest or every (smallest)")
    study.add_argument(
        "--drop", type=float, metavar="TOKENS", help="tokens at the start that no law sees (0)"
    )
    study.add_argument("--scored", type=share, metavar="SHARE", help="last share of the run scored (0.3)")
    study.add_argument("--resamples", type=count, help="resamples behind each interval (0)")
    study.add_argument("--seed", type=count, help="seed of the resamples (0)")
    study.add_argument("--executor", choices=("processes",), help="spread the laws over the cores")
    study.add_argument("--file", metavar="FILE", help="keep what is done here, and go on from it")
    study.add_argument("--out", metavar="FILE", help="write the table of all laws as CSV")
    study.add_argument("--columns", nargs="+", default=[], metavar="NAME=COLUMN[:UNIT]", help="as for fit")
    study.add_argument("--json", action="store_true", help="print the study as JSON")


def _study(asked: argparse.Namespace) -> int:
    from ..studies import study

    runs = None
    if asked.table is not None or asked.dataset is not None or asked.preset is None:
        runs = table_of(asked)
    given = {
        "choices": asked.choices, "drop": asked.drop, "scored": asked.scored, "objective": asked.objective,
        "resamples": asked.resamples, "seed": asked.seed,
        "fractions": numbers("--fractions", asked.fractions, float),
        "model_counts": numbers("--models", asked.models, int),
    }  # fmt: skip
    made = study(
        runs,
        asked.law,
        asked.families.split(",") if asked.families else None,
        executor=asked.executor,
        preset=asked.preset,
        file=asked.file,
        **{name: value for name, value in given.items() if value is not None},
    )
    if asked.out is not None:
        made.to_frame().to_csv(asked.out, index=False)
    if asked.json:
        print_json(made.to_dict())
    else:
        print(made.report(), end="")
    return 0 if any("coefficients" in record for _, _, record in made.cells) else 1
