"""``scalewidgets replicate``: published figures, derived anew."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .values import print_json

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``replicate``."""
    again = commands.add_parser("replicate", help="derive published figures from the bundled tables")
    again.set_defaults(run=_replicate)
    again.add_argument(
        "names", nargs="*", metavar="NAME", help="a study, or study/figure; by default all (some 10 s)"
    )
    again.add_argument("--json", action="store_true", help="print the scoreboard as JSON")


def _replicate(asked: argparse.Namespace) -> int:
    from ..replications import Study, replicate

    def said(done: int, total: int, study: Study) -> None:
        print(f"scalewidgets: {done + 1} of {total}, {study.title}", file=sys.stderr, flush=True)

    board = replicate(asked.names or None, progress=said)
    if asked.json:
        print_json(board.to_dict())
    else:
        print(board.report(), end="")
    return 0 if board.ok else 1
