"""Pictures of what comes after training: fine-tuning, benchmark scores, samples per problem."""

from __future__ import annotations

import numpy as np
import pandas as pd

import scalewidgets as sw
from scalewidgets.testtime import pass_at_k

from .base import P, Panel, decades, losses, shades, span


def fine_tuning() -> str:
    """Loss against fine-tuning samples: flat at first, then a power."""
    table = sw.load("fine_tuning")
    runs = table[
        (table["model"] == "facebook/opt-1.3b") & (table["train_data"] == "FLAN") & (table["samples"] > 0)
    ].sort_values("samples")
    known, blind = runs.iloc[:-4], runs.iloc[-4:]
    columns = {"D_f": "samples"}
    fit = sw.fit(known, "rectified_ft", resamples=0, starts=0, columns=columns)
    bare = np.polyfit(np.log(known["samples"].iloc[:6]), np.log(known["loss"].iloc[:6]), 1)
    end = float(known["samples"].max())
    panel = Panel(
        (150, 1.1e7), (float(runs["loss"].min()) - 0.15, float(runs["loss"].max()) + 0.15),
        "Fine-tuning samples", "Loss (nats per token)",
        {1e3: "1 K", 1e4: "10 K", 1e5: "100 K", 1e6: "1 M"},
        losses(float(runs["loss"].min()), float(runs["loss"].max())),
    )  # fmt: skip
    panel.beyond(end)
    before, after = span(known["samples"]), np.geomspace(end, float(runs["samples"].max()), 20)
    panel.curve(before, fit.law.value({"D_f": before}, fit.coefficients), P.answer)
    panel.curve(after, fit.law.value({"D_f": after}, fit.coefficients), P.answer, dashed=True)
    panel.curve(
        span(runs["samples"]), np.exp(np.polyval(bare, np.log(span(runs["samples"])))), P.excluded, 1.3,
        dashed=True,
    )  # fmt: skip
    panel.dots(known["samples"], known["loss"])
    panel.dots(blind["samples"], blind["loss"], hollow=True)
    last = float(after[-1])
    reached = float(fit.law.value({"D_f": last}, fit.coefficients))
    panel.text(last, float(np.exp(np.polyval(bare, np.log(last)))), "line through six", dx=5)
    panel.text(last, reached, "rectified", P.answer_text, dx=5, bold=True)
    return panel.svg(
        "Fine-tuning: a line through few samples misleads",
        ["OPT-1.3B on FLAN: arXiv:2402.02314", "hollow: not fitted"],
    )


def downstream() -> str:
    """Benchmark scores against compute, with a sigmoid through the smaller models."""
    table = sw.load("benchmark_scores")
    runs = table[(table["benchmark"] == "HellaSwag") & table["flops"].notna()]
    known, blind = runs[runs["flops"] < 1e23], runs[runs["flops"] >= 1e23]
    fit = sw.fit(
        known, "sigmoid_C", "squared_raw", resamples=0, starts=0, fixed={"low": 0.25},
        columns={"score": "score"},
    )  # fmt: skip
    panel = Panel(
        (1e18, 8e25), (0.2, 0.95), "Training compute (FLOP)", "HellaSwag (share right)",
        decades(18, 25), {v: f"{v:.2f}" for v in (0.25, 0.4, 0.6, 0.8)},
    )  # fmt: skip
    panel.beyond(1e23)
    panel.dots(known["flops"], known["score"], P.excluded, 5)
    panel.dots(blind["flops"], blind["score"], P.excluded, 5, hollow=True)
    before, after = np.geomspace(1e18, 1e23, 40), np.geomspace(1e23, 4e25, 20)
    panel.curve(before, fit.law.value({"C": before}, fit.coefficients), P.answer)
    panel.curve(after, fit.law.value({"C": after}, fit.coefficients), P.answer, dashed=True)
    panel.text(1.3e18, 0.25, "guessing", dy=10)
    return panel.svg(
        "A score is bounded, and one curve does not fit all families",
        ["Base models of many families: arXiv:2405.10938", "sigmoid_C below 1e23 FLOP, hollow: not fitted"],
    )


def coverage() -> str:
    """Coverage of MATH problems against samples, fitted up to a hundred."""
    table = sw.load("pythia_math")
    counts = np.unique(np.round(np.geomspace(1, 10_000, 25)))
    known = counts <= 100
    panel = Panel(
        (0.9, 70_000), (0.0, 1.02), "Samples per problem, k", "Coverage (share of problems solved)",
        {1: "1", 10: "10", 100: "100", 1000: "1,000", 10_000: "10,000"},
        {v: f"{v:.0%}".replace("%", " %") for v in (0, 0.25, 0.5, 0.75, 1)},
    )  # fmt: skip
    panel.beyond(100)
    models = ["Pythia-70M", "Pythia-410M", "Pythia-12B"]
    for model, colour in zip(models, shades(len(models)), strict=True):
        problems = table[table["model"] == model]
        drawn, right = (problems[name].to_numpy() for name in ("n_samples", "n_correct"))
        solved = np.array([float(np.mean(pass_at_k(drawn, right, int(k)))) for k in counts])
        fit = sw.fit(
            pd.DataFrame({"k": counts[known], "coverage": solved[known]}), "coverage", resamples=0, starts=0
        )
        after = counts[counts >= 100]
        after = np.concatenate([[100.0], after])
        inside = np.geomspace(1, 100, 20)
        panel.curve(inside, fit.law.value({"k": inside}, fit.coefficients), colour)
        panel.curve(after, fit.law.value({"k": after}, fit.coefficients), colour, dashed=True)
        panel.dots(counts[known], solved[known], colour)
        panel.dots(counts[~known], solved[~known], colour, hollow=True)
        end = float(fit.law.value({"k": 10_000.0}, fit.coefficients))
        panel.text(10_000, end, model.removeprefix("Pythia-").replace("M", " M").replace("B", " B"), dx=6)
    return panel.svg(
        "Coverage keeps rising past where the law was fitted",
        ["Pythia on 128 MATH problems: arXiv:2502.17578", "coverage law up to k = 100, hollow: not fitted"],
    )
