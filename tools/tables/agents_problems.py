"""On how many of its runs each strategy solves each HumanEval problem (arXiv:2407.01502)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scalewidgets.data.columns import Column

from .agents import CITATION, COMMIT, FOLDER, STRATEGIES, VARIANTS, base_model
from .raw import find, read_exact
from .table import Table


def compile_table(raw: Path) -> pd.DataFrame:
    """Count runs and solutions of each configuration and problem."""
    outcomes = read_exact(find(raw, f"{FOLDER}/humaneval_per_task.exported.csv"))
    strategy, model = outcomes["strategy"].map(STRATEGIES), base_model(outcomes["model"])
    variant = outcomes["model"].map(VARIANTS)
    outcomes["strategy"] = strategy.where(variant.isna(), strategy + ", " + variant)
    outcomes["model"] = outcomes["strategy"] + ": " + model
    outcomes["number"] = outcomes["task_id"].str.removeprefix("HumanEval/").astype(int)
    counted = outcomes.groupby(["strategy", "model", "number"], as_index=False)["is_solved"].agg(
        ["count", "sum"]
    )
    return pd.DataFrame(
        {
            "source": FOLDER,
            "model": counted["model"],
            "benchmark": "HumanEval",
            "problem_id": counted["number"].astype(str),
            "n_samples": counted["count"],
            "n_correct": counted["sum"],
            "sampling": "fixed",
            "strategy": counted["strategy"],
        }
    )


TABLE = Table(
    name="agents_problems",
    title="Agents on HumanEval, problem by problem",
    kind="samples",
    own=(Column("strategy", "text", "", "what is done at test time"),),
    licence="MIT",
    citation=CITATION,
    url="https://github.com/benediktstroebl/agent-evals",
    sources=(f"{COMMIT} : LLMDebugger/output_data/**/*.jsonl (task and outcome)",),
    description="{rows} counts: on how many of its runs each of {models} configurations solved each of "
    "{problems} HumanEval problems. A sample is a run, so that pass@k is that of k whole runs.",
    notes=(
        "Runs of one configuration are counted together; most have five, gpt-4-1106-preview eight and two "
        "configurations one.",
        "Repeats under other names (8 repeats, temperature 0.5) are configurations of their own.",
    ),
    left_out=(
        "LATS, LDB and Reflexion: their outcomes are not in the files compiled here.",
        "Programs, prompts and answers.",
    ),
    compile=compile_table,
)
