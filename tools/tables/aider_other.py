"""The smaller and older leaderboards of the same coding assistant."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scalewidgets.data.columns import Column

from .aider import BOARDS, CITATION, COMMIT, LEFT_OUT, LICENCE, MAIN, NOTES, OWN, URL, boards
from .table import Table


def compile_table(raw: Path) -> pd.DataFrame:
    """Read every board but the main one."""
    table = boards(raw)
    return table[table["family"] != MAIN]


TABLE = Table(
    name="aider_other",
    title="Aider: other leaderboards",
    kind="systems",
    own=(Column("family", "text", "", "the leaderboard: rows meant to be on one frontier"), *OWN),
    licence=LICENCE,
    citation=CITATION,
    url=URL,
    sources=tuple(
        f"{COMMIT} : aider/website/_data/{file}.yml" for file, (family, _) in BOARDS.items() if family != MAIN
    ),
    description="{rows} configurations of {models} models and pairs of models on {families} leaderboards: "
    "133 edits, 89 refactorings, and runs on the 225 polyglot exercises that the main board does not have. "
    "One run each; compare within one family.",
    notes=(
        *NOTES,
        "Runs that several files hold are here once, under the board that is first among polyglot, edit, "
        "refactor and the others, or not at all if the main board has them.",
        "Two runs of the edit board finished only 33 and 36 exercises (note part_of_the_exercises); "
        "refactoring has one attempt (note one_attempt).",
    ),
    left_out=("A run of the edit board that was on the polyglot exercises.", LEFT_OUT),
    compile=compile_table,
)
