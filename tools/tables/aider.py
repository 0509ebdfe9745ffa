"""Leaderboards of a coding assistant: solved exercises, dollars, tokens and effort of each model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from scalewidgets.data.columns import Column

from .raw import find
from .rows import binomial_error
from .table import Table

FOLDER = "aider-leaderboards"
COMMIT = "Aider-AI/aider@5dc9490bb35f9729ef2c95d00a19ccd30c26339c"

# File -> (family, exercises); a run that a file repeats from one above it is not taken again.
BOARDS = {
    "polyglot_leaderboard": ("polyglot", "polyglot"),
    "edit_leaderboard": ("edit", "code editing"),
    "refactor_leaderboard": ("refactor", "refactoring"),
    "architect": ("architect", "code editing"),
    "o1_results": ("o1", "code editing"),
    "qwq": ("qwq", "code editing"),
    "o1_polyglot_leaderboard": ("o1 on polyglot", "polyglot"),
    "qwen3_leaderboard": ("qwen3 on polyglot", "polyglot"),
}
MAIN = "polyglot"
ALL_EXERCISES = {"polyglot": 225, "code editing": 133, "refactoring": 89}
_EFFORT = re.compile(r" \((high|medium|low|default|no think\w*|default think\w*|\d+k think\w*(?: tokens)?)\)")


def compile_table(raw: Path) -> pd.DataFrame:
    """Read the main board, which is all on the same exercises."""
    table = boards(raw)
    return table[table["family"] == MAIN].drop(columns="family")


def boards(raw: Path) -> pd.DataFrame:
    """Read every board, the main ones first."""
    seen: set[str] = set()
    rows = []
    for file, (family, benchmark) in BOARDS.items():
        entries = yaml.safe_load(find(raw, f"{FOLDER}/{file}.yml").read_text(encoding="utf-8"))
        for entry in entries:
            # One run of the edit board is on the exercises of the other benchmark, where its model has a row.
            on_others = entry["test_cases"] > ALL_EXERCISES[benchmark]
            if entry["dirname"] not in seen and not on_others:
                row = configuration(entry)
                if row["n_tasks"] < 0.9 * ALL_EXERCISES[benchmark]:
                    row["note"] = ";".join(filter(None, [row["note"], "part_of_the_exercises"]))
                rows.append({"family": family, "benchmark": benchmark, **row})
            seen.add(entry["dirname"])
    frame = pd.DataFrame(rows)
    twice = frame.duplicated(["family", "system"], keep=False)
    frame["system"] = frame["system"].where(~twice, frame["system"] + ", " + frame["edit_format"])
    frame["accuracy_se"] = binomial_error(frame["accuracy"], frame["n_tasks"])
    if frame.duplicated(["family", "system"]).any():
        raise ValueError("aider: two rows of one board have the same name")
    return frame.assign(source=FOLDER, repeat="1")


def configuration(entry: dict[str, Any]) -> dict[str, Any]:
    """One row of a board."""
    name, editor = str(entry["model"]), entry.get("editor_model")
    said = _EFFORT.search(name)
    effort = _short(said[1]) if said else entry.get("reasoning_effort")
    if said and entry.get("reasoning_effort") not in (None, effort):
        raise ValueError(f"aider: {name} was run at another effort than its name says")
    model = _EFFORT.sub("", name)
    if editor and "+" not in name:
        name, model = f"{name} + {editor}", f"{model} + {editor}"
    tasks = float(entry.get("total_tests") or entry["test_cases"])
    last, first = entry.get("pass_rate_2"), entry["pass_rate_1"]
    cost, read, written = (entry.get(key) for key in ("total_cost", "prompt_tokens", "completion_tokens"))
    notes = [
        *([] if cost else ["cost_unknown"]),
        *([] if last is not None else ["one_attempt"]),
    ]
    return {
        "system": name,
        "strategy": "architect" if entry["edit_format"] == "architect" else "single",
        "base_model": model,
        "effort": effort,
        "n_tasks": tasks,
        "accuracy": _share(first if last is None else last),
        "cost_usd": float(cost) if cost else float("nan"),
        "prompt_tokens": float(read) if read else float("nan"),
        "completion_tokens": float(written) if written else float("nan"),
        "seconds": float(entry["seconds_per_case"]) * entry["test_cases"],
        "date": str(entry["date"]),
        "note": ";".join(notes),
        "accuracy_first": _share(first),
        "edit_format": entry.get("editor_edit_format") or entry["edit_format"],
        "thinking_tokens": float(entry.get("thinking_tokens", "nan")),
    }


def _share(percent: float) -> float:
    # Through text, so that 3.6 % is 0.036 and not a bit beside it.
    return float(f"{percent!r}e-2")


def _short(said: str) -> str:
    if said.startswith("no think"):
        return "none"
    if said.startswith("default"):
        return "default"
    return re.sub(r"k think.*", "k tokens", said)


OWN = (
    Column("accuracy_first", "number", "", "share solved at the first attempt, 0 to 1"),
    Column("edit_format", "text", "", "how the model was asked to write its changes"),
    Column("thinking_tokens", "number", "tokens", "thinking tokens allowed, where set"),
)
LICENCE = "Apache-2.0"
CITATION = "Gauthier and contributors, Aider LLM leaderboards, https://aider.chat/docs/leaderboards"
URL = "https://github.com/Aider-AI/aider"
NOTES = (
    "A cost of 0 or none means free or unknown and is missing here (note cost_unknown), so that it wins no "
    "frontier.",
    "cost_usd, tokens and seconds are for all exercises; seconds are those of an exercise times the "
    "exercises run. Prices are those of the day of the run.",
    "Percentages are shares, as rounded by the source to a tenth of a percent; its counts do not always "
    "agree with them to the last digit.",
    "Effort is taken out of the model's name or from the field for it: none, low, medium, high, default, or "
    "the thinking tokens allowed.",
    "Token counts of 0 are missing, as are the tokens of runs that did not record them.",
)
LEFT_OUT = "Counts of malformed answers, time-outs and syntax errors; command lines and versions."

TABLE = Table(
    name="aider",
    title="Aider polyglot leaderboard: solved exercises and cost",
    kind="systems",
    own=OWN,
    licence=LICENCE,
    citation=CITATION,
    url=URL,
    sources=(f"{COMMIT} : aider/website/_data/polyglot_leaderboard.yml",),
    description="{rows} configurations of {models} models and pairs of models on 225 programming exercises "
    "in six languages, one run each. accuracy counts what is solved at the second attempt, after the model "
    "has seen the failing tests, and accuracy_first at the first.",
    notes=NOTES,
    left_out=("Other leaderboards, on older exercises: the table aider_other.", LEFT_OUT),
    compile=compile_table,
)
