"""Strategies on HumanEval with what they cost, five runs each (arXiv:2407.01502)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .raw import find, read_exact
from .rows import binomial_error
from .table import Table

FOLDER = "agents-cost-accuracy"
COMMIT = "benediktstroebl/agent-evals@5ce7c0c5f988d5c8b5453bf26d3d8831232ca037"
CITATION = "Kapoor et al. 2024, AI Agents That Matter, arXiv:2407.01502"

STRATEGIES = {
    "simple": "single",
    "simple_repeat": "retry",
    "simple_incr_temp": "warming",
    "simple_boosting": "escalation",
    "ldb": "LDB",
    "lats": "LATS",
    "reflexion": "Reflexion",
}
# Names of the source that also say the strategy or leave the version out.
MODELS = {
    "gpt-4-turbo-0409-1step": "gpt-4-turbo-2024-04-09",
    "gpt-4-turbo-0409-5step": "gpt-4-turbo-2024-04-09",
    "gpt-4-turbo-0409-5repeats-no-temp-incr": "gpt-4-turbo-2024-04-09",
    "gpt-4-turbo-0409-8repeats-no-temp-incr": "gpt-4-turbo-2024-04-09",
    "gpt-4-turbo-0409-5repeats-0.5temp": "gpt-4-turbo-2024-04-09",
    "gpt-4-turbo-0125-8repeats-no-temp-incr": "gpt-4-turbo-0125",
    "l3_8b-gpt35-l3_70b-gpt4-0409": "llama-3-8b, gpt-3.5, llama-3-70b, gpt-4-turbo-2024-04-09",
    "l3_8b-gpt35-l3_70b-gpt4": "llama-3-8b, gpt-3.5, llama-3-70b, gpt-4",
}
VARIANTS = {
    "gpt-4-turbo-0409-1step": "1 step",
    "gpt-4-turbo-0409-5repeats-0.5temp": "temperature 0.5",
    "gpt-4-turbo-0409-8repeats-no-temp-incr": "8 repeats",
    "gpt-4-turbo-0125-8repeats-no-temp-incr": "8 repeats",
}


def compile_table(raw: Path) -> pd.DataFrame:
    """Read one row a run of a strategy."""
    runs = read_exact(find(raw, f"{FOLDER}/plot_data_0409.csv"))
    strategy, model = runs["strategy"].map(STRATEGIES), base_model(runs["model"])
    frame = pd.DataFrame(
        {
            "source": FOLDER,
            "system": strategy + ": " + model,
            "strategy": strategy,
            "base_model": model,
            "benchmark": "HumanEval",
            "n_tasks": runs["total_tasks"],
            "accuracy": runs["accuracy"],
            "accuracy_se": binomial_error(runs["accuracy"], runs["total_tasks"]),
            "cost_usd": runs["total_cost"],
            "prompt_tokens": runs["total_prompt_tokens"],
            "completion_tokens": runs["total_completion_tokens"],
            # The other clock of the source does not count the drafts that a debugger starts from.
            "seconds": runs["total_inference_time"],
            "repeat": runs["run"].str.removeprefix("run"),
            "date": "2024-04",
            "note": strategy.map({"LATS": "resumed_runs"}).fillna(""),
        }
    )
    return frame.sort_values(["system", "repeat"], kind="stable")


def base_model(names: pd.Series) -> pd.Series:
    """Return the models that a configuration calls, in the order of their calls."""
    return names.map(MODELS).fillna(names).str.replace("+", ", ", regex=False)


TABLE = Table(
    name="agents",
    title="Agents on HumanEval: accuracy and cost",
    kind="systems",
    licence="MIT",
    citation=CITATION,
    url="https://github.com/benediktstroebl/agent-evals",
    sources=(f"{COMMIT} : plot_data_0409.csv",),
    description="{rows} runs of {systems} configurations on the 164 problems of HumanEval, five each: "
    "accuracy, dollars, tokens and seconds of the whole run. single asks once, retry asks again while the "
    "visible tests fail, warming does so at rising temperature, escalation with larger models; LDB, LATS "
    "and Reflexion are agents. They call {models} different sets of models.",
    notes=(
        "cost_usd is for all 164 problems, at the prices of April 2024.",
        "seconds are those spent in model calls: the other clock of the source leaves out the drafts that "
        "LDB starts from.",
        "Names of the source that mix model and strategy are taken apart: gpt-4-turbo-0409-5step is warming "
        "with gpt-4-turbo-2024-04-09.",
        "The source says that interrupted LATS runs were resumed (note resumed_runs).",
        "Five runs of one configuration differ by 1 to 2 points, and accuracy_se is that of 164 problems: "
        "many gaps on the frontier are noise.",
    ),
    left_out=(
        "Spread of cost, tokens and time over the problems; tokens by model of the escalation.",
        "Programs, prompts and answers.",
    ),
    compile=compile_table,
)
