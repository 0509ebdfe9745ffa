"""Pictures of what surrounds a training run: its curve, schedule, mixture, precision, experts, streams."""

from __future__ import annotations

import numpy as np

import scalewidgets as sw
from scalewidgets import laws
from scalewidgets.units import format_quantity

from .base import P, Panel, decades, losses, shades, span, tenths, ticks


def learning_curve() -> str:
    """One run, the law fitted to its first third."""
    table = sw.load("multi_power_curves")
    run = table[(table["run"] == "100M constant_72000") & (table["step"] > 4000)]
    known, blind = run[run["step"] <= 24_000], run[run["step"] > 24_000]
    fit = sw.fit(known, "m2", resamples=0, starts=0, columns={"x": "step"})
    panel = Panel(
        (3800, 110_000), (2.85, 3.6), "Optimiser steps", "Loss (nats per token)",
        {5e3: "5,000", 1e4: "10,000", 2.4e4: "24,000", 7.2e4: "72,000"}, losses(2.9, 3.5),
    )  # fmt: skip
    panel.beyond(24_000)
    before, after = span(known["step"]), np.geomspace(24_000, 72_000, 20)
    panel.dots(known["step"].iloc[::8], known["loss"].iloc[::8])
    panel.dots(blind["step"].iloc[::24], blind["loss"].iloc[::24], hollow=True)
    panel.curve(before, fit.law.value({"x": before}, fit.coefficients), P.answer)
    panel.curve(after, fit.law.value({"x": after}, fit.coefficients), P.answer, dashed=True)
    panel.text(31_000, 3.08, "not fitted", dx=4)
    return panel.svg(
        "One training curve: its beginning foretells its end",
        ["Run of 100 M parameters, constant learning rate: arXiv:2503.12811", "m2 law in steps"],
    )


def schedules() -> str:
    """Three schedules of one model, and the law of their learning rates."""
    curves = sw.curves_of(sw.load("multi_power_curves"))
    sequence = sw.sequence_law("multi_power_law")
    known = next(p for p in sequence.published if p.label.startswith("100M"))
    panel = Panel(
        (2500, 29_500), (2.85, 3.75), "Optimiser steps", "Loss (nats per token)",
        {5e3: "5,000", 1e4: "10,000", 1.5e4: "15,000", 2e4: "20,000", 2.4e4: "24,000"}, losses(2.9, 3.7),
        x_type="linear",
    )  # fmt: skip
    shown = {
        "100M constant_24000": ("constant", P.recipe_a, "circle", -3),
        "100M cosine_24000": ("cosine", P.recipe_b, "triangle", -4),
        "100M wsd_20000_24000": ("stable, then decay", P.recipe_c, "square", 9),
    }
    for name, (label, colour, marker, dy) in shown.items():
        curve = curves[name]
        late = curve.steps > 2500
        steps, values = curve.steps[late], curve.loss[late]
        some = np.unique(np.linspace(0, len(steps) - 1, 40).astype(int))
        said = sequence.value(curve.schedule, steps[some], known.values)
        panel.curve(steps[some], said, colour)
        panel.dots(steps[some][::3], values[some][::3], colour, 6, marker)
        panel.text(float(steps[-1]), float(values[-1]), label, colour, dx=6, dy=dy, bold=True)
    return panel.svg(
        "The schedule bends the curve: fit the learning rate, not the steps",
        ["Runs of 100 M parameters: arXiv:2503.12811", "multi_power_law, published values"],
    )


def mixture() -> str:
    """Losses that a mixing law of 17 domains foretells, against those that were measured."""
    table = sw.load("regmix")
    known, blind = (table[table["family"] == f"1M, {part}"] for part in ("training", "test"))
    shares = [name for name in table.columns if name.startswith("r_")]
    law = laws.mixing_law([name.removeprefix("r_") for name in shares], k=False)
    fit = sw.fit(known, law, resamples=0, starts=0, columns={"L": "loss_pile_cc"})
    some = blind.iloc[::2]
    said = law.value({name: some[name] for name in shares}, fit.coefficients)
    highest = max(float(np.max(said)), float(some["loss_pile_cc"].max()))
    ends = (5.0, highest + 0.1)
    panel = Panel(
        ends, ends, "Foretold loss (nats per token)", "Measured loss (nats per token)",
        tenths(5.0, 5.5, 6.0, 6.5, 7.0), tenths(5.0, 5.5, 6.0, 6.5, 7.0), x_type="linear",
    )  # fmt: skip
    panel.curve(ends, ends, P.answer, 1.5)
    panel.dots(said, some["loss_pile_cc"], P.text, 5, hollow=True)
    panel.text(5.1, 5.1, "equal", P.answer_text, bold=True, dx=8, dy=8)
    return panel.svg(
        "Mixtures: a law of 17 shares foretells those it has not seen",
        ["1 M parameters, loss on Pile-CC: arXiv:2407.01492", "mixing law fitted to 512 other mixtures"],
    )


def precision() -> str:
    """Loss against the bits of a low-precision training run."""
    law = sw.law("precision")
    known = law.verified[0]
    bits = np.linspace(3, 16, 53)
    panel = Panel(
        (2.6, 19), (3.1, 4.6), "Bits of weights, activations and cache", "Loss (nats per token)",
        {float(b): str(b) for b in (3, 4, 6, 8, 12, 16)}, losses(3.2, 4.5), x_type="linear",
    )  # fmt: skip
    sizes = [30e6, 60e6, 110e6, 220e6]
    for size, colour in zip(sizes, shades(len(sizes)), strict=True):
        at = {"N": size, "D": 26e9, "P_w": bits, "P_a": bits, "P_kv": bits}
        values = law.value(at, known.values)
        panel.curve(bits, values, colour)
        panel.text(16, float(values[-1]), format_quantity(size, "params"), dx=5)
    return panel.svg(
        "Fewer bits act like fewer parameters; 8 come close to 16",
        ["precision law, values of arXiv:2411.04330", "26 B tokens"],
    )


def experts() -> str:
    """Loss against the number of experts at several sizes."""
    law = sw.law("clark_moe")
    known = law.verified[0]
    count = np.geomspace(1, 512, 40)
    sizes = [55e6, 130e6, 370e6, 1.3e9]
    panel = Panel(
        (0.9, 1100), (1.85, 3.05), "Experts", "Loss (nats per token)",
        ticks([1, 8, 64, 512], "ratio"), losses(1.9, 3.0),
    )  # fmt: skip
    for size, colour in zip(sizes, shades(len(sizes)), strict=True):
        values = law.value({"N": size, "E": count}, known.values)
        panel.curve(count, values, colour)
        panel.text(512, float(values[-1]), format_quantity(size, "params"), dx=5)
    return panel.svg(
        "Experts: each doubling helps less, and helps a large model less",
        ["clark_moe law, S-BASE routing, values of arXiv:2202.01169", "130 B tokens"],
    )


def streams() -> str:
    """Loss of parallel streams, and the law that prices them as parameters."""
    runs = sw.load("parallel_streams")
    fit = sw.fit(runs, "parscale", resamples=0, starts=0, columns={"N": "params_non_embed", "P": "streams"})
    panel = Panel(
        (4.5e8, 6.5e9), (1.74, 2.15), "Parameters without embeddings", "Loss (nats per token)",
        {5e8: "500 M", 1e9: "1.0 B", 2e9: "2.0 B", 4e9: "4.0 B"}, tenths(1.8, 1.9, 2.0, 2.1),
    )  # fmt: skip
    counts = sorted(runs["streams"].unique())
    for count, colour in zip(counts, shades(len(counts)), strict=True):
        near = runs[runs["streams"] == count]
        sizes = span(near["params_non_embed"])
        values = fit.law.value({"N": sizes, "P": float(count)}, fit.coefficients)
        panel.curve(sizes, values, colour)
        panel.dots(near["params_non_embed"], near["loss"], colour)
        label = "1 stream" if count == 1 else f"{count:.0f} streams"
        panel.text(sizes[-1], float(values[-1]), label, dx=7, dy={1: -4, 2: -2, 4: -1}.get(int(count), 6))
    return panel.svg(
        "Parallel streams: worth some parameters, at every size alike",
        ["Runs: arXiv:2505.10475, The Pile", "parscale law"],
    )


def learning_rate() -> str:
    """The best learning rate by size, with the spread over resamples, and another paper's."""
    resamples = sw.load("step_law_resamples")
    rates = resamples[resamples["family"] == "learning rate"]
    wide = rates.pivot_table(index="resample", columns="coefficient", values="value")
    sizes, tokens = np.geomspace(6e7, 7e10, 40), 1e11
    cloud = np.exp(
        wide["log_factor"].to_numpy()[:, None]
        + wide["exponent_N"].to_numpy()[:, None] * np.log(sizes)
        + wide["exponent_D"].to_numpy()[:, None] * np.log(tokens)
    )
    low, high = np.quantile(cloud, [0.025, 0.975], axis=0)
    law, other = sw.law("step_law_lr"), sw.law("porian_lr")
    values = law.value({"N": sizes, "D": tokens}, law.verified[0].values)
    rival = other.value({"N": sizes}, other.verified[0].values)
    panel = Panel(
        (5e7, 4e11), (4e-5, 2e-2), "Parameters without embeddings", "Best peak learning rate",
        ticks([1e8, 1e9, 1e10, 1e11], "params"), decades(-4, -2), y_type="log",
    )  # fmt: skip
    panel.band(sizes, low, high, P.answer)
    panel.curve(sizes, values, P.answer)
    panel.curve(sizes, rival, P.excluded, 1.5, dashed=True)
    panel.text(sizes[-1], float(values[-1]), "Step Law", P.answer_text, dx=5, bold=True)
    panel.text(sizes[-1], float(rival[-1]), "Porian et al.", dx=5)
    return panel.svg(
        "Laws of the best learning rate: they meet once, then part",
        ["Band: 95 % of 1,000 resamples of arXiv:2503.04715, at 100 B tokens", "dashed: arXiv:2406.19146"],
    )


__all__ = [
    "experts",
    "learning_curve",
    "learning_rate",
    "mixture",
    "precision",
    "schedules",
    "streams",
]
