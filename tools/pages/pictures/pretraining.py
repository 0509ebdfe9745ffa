"""Pictures of pre-training: runs over sizes and tokens, IsoFLOP sets, frontiers, over-training, repeats."""

from __future__ import annotations

import numpy as np

import scalewidgets as sw
from scalewidgets.units import format_quantity

from .base import P, Panel, decades, losses, shades, span, tenths, ticks


def final_losses() -> str:
    """Chinchilla's runs, and the law at five sizes."""
    runs = sw.load("chinchilla")
    fit = sw.fit(runs, resamples=0, starts=0)
    used = runs.loc[list(fit.used)]
    sizes = [57e6, 170e6, 550e6, 1.7e9, 6.8e9]
    panel = Panel(
        (2e8, 1.2e12), (1.95, 3.6), "Training tokens", "Loss (nats per token)",
        ticks([1e9, 1e10, 1e11, 1e12], "tokens"), losses(2, 3.5),
    )  # fmt: skip
    for size, colour in zip(sizes, shades(len(sizes)), strict=True):
        near = used[np.abs(np.log(used["params"] / size)) < 0.35]
        end = float(near["tokens"].max())
        inside = span(near["tokens"])
        after = np.geomspace(end, 7e11, 20)
        panel.curve(inside, fit.law.value({"N": size, "D": inside}, fit.coefficients), colour)
        panel.curve(after, fit.law.value({"N": size, "D": after}, fit.coefficients), colour, 1.3, dashed=True)
        panel.dots(near["tokens"], near["loss"], colour)
        last = float(fit.law.value({"N": size, "D": 7e11}, fit.coefficients))
        panel.text(7e11, last, format_quantity(size, "params"), dx=5)
    return panel.svg(
        "Many sizes, many lengths: one surface fits all runs",
        ["Runs: arXiv:2203.15556, digitised by arXiv:2404.10102", "chinchilla law, Huber on log loss"],
    )


def isoflop() -> str:
    """Sizes at equal compute, with the law through all of them at once."""
    table = sw.load("porian")
    runs = table[table["family"] == "cosine matched to the budget"]
    fit = sw.fit(runs, resamples=0, starts=0)
    budgets = sorted(runs["flops"].unique())[5::2]
    panel = Panel(
        (1e7, 5e9), (2.85, 4.4), "Parameters", "Loss (nats per token)",
        ticks([1e7, 1e8, 1e9], "params"), losses(3, 4.35),
    )  # fmt: skip
    best_n, best_l = [], []
    for budget, colour in zip(budgets, shades(len(budgets)), strict=True):
        near = runs[runs["flops"] == budget]

        def at(sizes, budget=budget):
            return fit.law.value({"N": sizes, "D": budget / (6 * sizes)}, fit.coefficients)

        sizes = np.geomspace(near["params"].min() / 1.3, near["params"].max() * 1.3, 40)
        panel.curve(sizes, at(sizes), colour)
        panel.dots(near["params"], near["loss"], colour)
        panel.text(sizes[-1], float(at(sizes)[-1]), format_quantity(budget, "flops"), dx=5)
        wide = np.geomspace(1e6, 1e10, 4001)
        best_n.append(float(wide[np.argmin(at(wide))]))
        best_l.append(float(at(wide).min()))
    panel.curve(best_n, best_l, P.answer, 1.5)
    panel.dots(best_n, best_l, P.answer, 9, "diamond")
    panel.text(best_n[-1], best_l[-1], "best sizes", P.answer_text, bold=True, align="right", dx=-10, dy=15)
    return panel.svg(
        "IsoFLOP sets: fit the surface, not one parabola a budget",
        ["Runs: arXiv:2406.19146, RefinedWeb, cosine matched to the budget", "chinchilla law, C = 6ND"],
    )


def frontier() -> str:
    """The best loss at each budget, and what its extrapolation rests on."""
    table = sw.load("porian")
    runs = table[table["family"] == "cosine matched to the budget"]
    best = runs.loc[runs.groupby("flops")["loss"].idxmin()].sort_values("flops")
    known, blind = best.iloc[:-3], best.iloc[-3:]
    fit = sw.fit(known, "power_const", resamples=0, starts=0)
    bare = np.polyfit(np.log(known["flops"]), np.log(known["loss"]), 1)
    end = float(known["flops"].max())
    panel = Panel(
        (8e15, 2e20), (2.6, 4.9), "Training compute (FLOP)", "Loss (nats per token)",
        decades(16, 20), losses(2.75, 4.75),
    )  # fmt: skip
    panel.beyond(end)
    before, after = span(known["flops"]), np.geomspace(end, 1e20, 20)
    plain, floored = np.exp(np.polyval(bare, np.log(after))), fit.law.value({"C": after}, fit.coefficients)
    panel.curve(after, plain, P.excluded, 1.5, dashed=True)
    panel.curve(before, fit.law.value({"C": before}, fit.coefficients), P.answer)
    panel.curve(after, floored, P.answer, dashed=True)
    panel.dots(known["flops"], known["loss"])
    panel.dots(blind["flops"], blind["loss"], hollow=True)
    panel.text(after[-6], float(floored[-6]), "with a floor", P.answer_text, bold=True, dy=-14)
    panel.text(after[9], float(plain[9]), "without", P.quiet, align="right", dx=-6, dy=8)
    panel.text(float(blind["flops"].iloc[0]), float(blind["loss"].iloc[0]), "not fitted", dx=-4, dy=-22)
    return panel.svg(
        "One loss a budget: the floor decides the prediction",
        [
            "Runs: arXiv:2406.19146, RefinedWeb, best of each budget",
            "power_const law and a power without a floor",
        ],
    )


def overtraining() -> str:
    """Loss against compute at several tokens per parameter."""
    table = sw.load("overtraining")
    runs = table[table["train_data"] == "C4"].assign(M=lambda t: (t["tokens"] / t["params"]).round())
    runs = runs[runs["eval_data"] == "C4"] if (runs["eval_data"] == "C4").any() else runs
    law = sw.law("gadre_overtrain")
    known = next(p for p in law.verified if "C4" in p.label)
    panel = Panel(
        (3e17, 3e22), (2.2, 4.1), "Training compute (FLOP)", "Loss (nats per token)",
        decades(18, 22), losses(2.25, 4.0),
    )  # fmt: skip
    ratios = [20, 80, 320]
    for ratio, colour in zip(ratios, shades(len(ratios)), strict=True):
        near = runs[(runs["M"] == ratio) & (runs["params"] > 5e7)]
        compute = np.geomspace(near["flops"].min(), 1e22, 40)
        values = law.value({"C": compute, "M": float(ratio)}, known.values)
        inside = compute <= near["flops"].max()
        panel.curve(compute[inside], values[inside], colour)
        panel.curve(compute[~inside], values[~inside], colour, 1.3, dashed=True)
        panel.dots(near["flops"], near["loss"], colour)
        panel.text(compute[0], float(values[0]), f"{ratio} tokens per parameter", dx=8, dy=-8)
    return panel.svg(
        "A small model trained for long: parallel lines, a little higher",
        ["Runs: arXiv:2403.08540, trained and judged on C4", "gadre_overtrain law, refitted values"],
    )


def repetition() -> str:
    """Loss against passes over the same tokens, at a fixed number of tokens."""
    table = sw.load("repetition")
    runs = table[table["note"].str.contains("in_the_published_fit")]
    held = {"R_N_star": sw.law("data_constrained").verified[0].values["R_N_star"]}
    fit = sw.fit(runs, "data_constrained", resamples=0, starts=0, fixed=held)
    panel = Panel(
        (0.9, 32), (2.26, 2.74), "Passes over the unique tokens", "Loss (nats per token)",
        ticks([1, 2, 4, 8, 16], "ratio"), tenths(2.3, 2.4, 2.5, 2.6, 2.7),
    )  # fmt: skip
    chosen = [(2.81e9, 5.5e10), (4.2465e9, 8.4e10), (8.67e9, 1.78e11)]
    for (size, tokens), colour in zip(chosen, shades(3), strict=True):
        near = runs[(runs["params"] == size) & (runs["tokens"] == tokens)]
        passes = np.geomspace(1, 15, 40)

        def at(passes, size=size, tokens=tokens):
            return fit.law.value({"N": size, "D": tokens, "U": tokens / passes}, fit.coefficients)

        panel.curve(passes, at(passes), colour)
        panel.dots(near["tokens"] / near["unique_tokens"], near["loss"], colour)
        said = f"{format_quantity(size, 'params')} on {format_quantity(tokens, 'tokens')}"
        panel.text(15, float(at(15.0)), said, dx=5)
    return panel.svg(
        "The same tokens again: four passes cost little, fourteen a lot",
        ["Runs: arXiv:2305.16264", "data_constrained law fitted to 182 runs, R_N_star held"],
    )
