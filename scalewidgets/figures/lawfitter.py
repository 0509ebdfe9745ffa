"""The figures of the law fitter: loss against compute, the magnified curve, residuals.

Pure functions: a fit, a target and a palette go in, named Bokeh plots come out. Names are the contract
with the browser's behaviours, which move the sources called here ``target-curve``, ``band`` and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import BoxAnnotation, ColumnDataSource, LogColorMapper, Span

from ..fitting import Fit
from ..units import format_interval, format_quantity
from .curves import FLOPS_PER_PARAM_TOKEN, Cloud, Floats, band, grid, law_inputs
from .palette import Palette
from .plots import (
    bare_plot,
    beyond,
    decades,
    even_ticks,
    link_hover_and_selection,
    nice_losses,
    source,
    spread,
    words,
)

CURVE_POINTS = 160
BAND_POINTS = 64
SIZES = 5
MOST_DRAWN = 800
"""More dots than this are a smear on screen and a burden in the file: the fit has all, the figure a share."""


@dataclass(frozen=True)
class Target:
    """The model that a person asks about.

    Attributes
    ----------
    params : float
        Parameters N, counted as the fit counts them.
    tokens : float
        Training tokens D.
    """

    params: float
    tokens: float

    @property
    def flops(self) -> float:
        """Training compute, 6 N D."""
        return FLOPS_PER_PARAM_TOKEN * self.params * self.tokens


@dataclass(frozen=True)
class View:
    """What is drawn: figures of the data, computed once and shared by plots, state and behaviours."""

    fit: Fit
    target: Target
    cloud: Cloud
    runs: pd.DataFrame
    excluded: pd.DataFrame
    n_runs: int
    sizes: tuple[float, ...]
    x: tuple[float, float]
    y: tuple[float, float]
    inside: float
    held: Mapping[str, float]

    @property
    def by_hand(self) -> bool:
        """Whether a coefficient was moved away from the fit."""
        return any(abs(self.held[k] - v) > 1e-9 * abs(v) for k, v in self.fit.coefficients.items())

    @property
    def size_range(self) -> tuple[float, float]:
        """Smallest and largest model that is drawn in colour."""
        low, high = float(self.runs["params"].min()), float(self.runs["params"].max())
        return (low, high) if low < high else (low / 2, high * 2)


def make_view(
    fit: Fit, target: Target, cloud: Cloud, held: Mapping[str, float] | None = None
) -> View:
    """Ranges, sizes and columns for the figures of a fit.

    Parameters
    ----------
    fit : Fit
        A fit with coefficients.
    target : Target
        Where the diamond stands.
    cloud : Cloud
        Resamples for the bands.
    held : mapping, optional
        Coefficients that are drawn, where a person moved them; by default those of the fit.
    """
    held = dict(held or fit.coefficients)
    table = fit.runs
    used = np.asarray(fit.used, dtype=bool)
    flops = _flops(table)
    frame = pd.DataFrame(
        {
            "run": np.arange(1, len(table) + 1),
            "params": table["params"].to_numpy(dtype=float),
            "tokens": flops / (FLOPS_PER_PARAM_TOKEN * table["params"].to_numpy(dtype=float)),
            "flops": flops,
            "loss": table["loss"].to_numpy(dtype=float),
        }
    )
    if "tokens" in table:
        frame["tokens"] = table["tokens"].to_numpy(dtype=float)
    fitted = np.asarray(fit.law.value(_run_inputs(fit, frame), held), dtype=float) * np.ones(len(frame))
    frame["fitted"] = fitted
    frame["residual"] = 100 * (frame["loss"] / fitted - 1)
    runs, excluded = frame[used], _thinned(frame[~used])
    inside = float(runs["flops"].max())
    first = 10.0 ** np.floor(np.log10(float(runs["flops"].min()) * 1.02))
    last = 10.0 ** np.ceil(np.log10(10 * max(inside, target.flops)))
    end = float(
        np.min(fit.law.value(law_inputs(fit.law, target.params, last), fit.coefficients))
    )
    low = min(float(runs["loss"].min()), end) * 0.955
    high = float(runs["loss"].quantile(0.999)) * 1.12
    return View(
        fit=fit,
        target=target,
        cloud=cloud,
        runs=_thinned(runs),
        excluded=excluded,
        n_runs=len(runs),
        sizes=_sizes(runs),
        x=(first, last),
        y=(low, high),
        inside=inside,
        held=held,
    )


def _thinned(runs: pd.DataFrame) -> pd.DataFrame:
    """At most `MOST_DRAWN` runs, spread evenly over size and compute; both ends stay."""
    if len(runs) <= MOST_DRAWN:
        return runs
    ordered = runs.sort_values(["params", "flops"], kind="stable")
    chosen = np.unique(np.linspace(0, len(ordered) - 1, MOST_DRAWN).round().astype(int))
    largest = int(np.argmax(ordered["flops"].to_numpy()))
    return ordered.iloc[np.union1d(chosen, [largest])].sort_values("run")


def _flops(table: pd.DataFrame) -> Floats:
    if "flops" in table and table["flops"].notna().all():
        return table["flops"].to_numpy(dtype=float)
    return FLOPS_PER_PARAM_TOKEN * table["params"].to_numpy(dtype=float) * table["tokens"].to_numpy(dtype=float)


def _run_inputs(fit: Fit, frame: pd.DataFrame) -> dict[str, Any]:
    known = {"N": "params", "D": "tokens", "C": "flops", "x": "flops"}
    return {s.name: frame[known[s.name]].to_numpy() for s in fit.law.inputs}


def _sizes(runs: pd.DataFrame) -> tuple[float, ...]:
    """Sizes whose curves are drawn: spread over those that were trained, at a readable figure."""
    chosen = spread(runs["params"], SIZES + 1)[:SIZES]
    rounded = [float(f"{v:.1e}" if v >= 1e9 else f"{v:.1e}") for v in chosen]
    return tuple(dict.fromkeys(rounded))


# ---- columns: the first picture; the browser recomputes them when a slider moves ----


def size_curves(view: View) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Curves of the law at the sizes that were trained: inside the runs, beyond them, and their labels."""
    inside: dict[str, Any] = {"xs": [], "ys": [], "params": []}
    outside: dict[str, Any] = {"xs": [], "ys": [], "params": []}
    labels: dict[str, Any] = {"x": [], "y": [], "text": []}
    params, flops = view.runs["params"].to_numpy(), view.runs["flops"].to_numpy()
    for size in view.sizes:
        near = np.abs(np.log(params / size)) < 0.35
        first, last = float(flops[near].min()), float(flops[near].max())
        start = max(view.x[0], first / 2)
        stop = min(last * 14, view.x[1])
        for into, a, b in ((inside, start, last), (outside, last, stop)):
            x = grid(a, b, 40)
            into["xs"].append(x.tolist())
            into["ys"].append(_curve(view, size, x).tolist())
            into["params"].append(size)
        labels["x"].append(stop)
        labels["y"].append(float(_curve(view, size, np.array([stop]))[0]))
        labels["text"].append(format_quantity(size, "params"))
    return inside, outside, labels


def _curve(view: View, size: float, flops: Floats) -> Floats:
    values = view.fit.law.value(law_inputs(view.fit.law, size, flops), view.held)
    return np.asarray(values, dtype=float) * np.ones(len(flops))


def target_columns(view: View) -> dict[str, dict[str, Any]]:
    """Sources that follow the target: its curve, bands, diamond, labels and the distance to the data."""
    size, flops = view.target.params, view.target.flops
    start = _start(view)
    last = view.x[1]
    middle = min(max(view.inside, start), last)
    whole = grid(start, last, BAND_POINTS)
    low, high, run_low, run_high = band(view.fit.law, view.cloud, law_inputs(view.fit.law, size, whole))
    at = float(_curve(view, size, np.array([flops]))[0])
    edges = [float(v[0]) for v in band(view.fit.law, view.cloud, law_inputs(view.fit.law, size, flops))]
    said = "by hand" if view.by_hand else format_interval(edges[0], edges[1], "loss")
    inside, outside = grid(start, middle, CURVE_POINTS // 2), grid(middle, last, CURVE_POINTS // 2)
    distance = np.log10(flops / view.inside)
    arrow_y = view.y[0] * (view.y[1] / view.y[0]) ** 0.025
    head = [view.inside, flops] if distance > 0.02 else []
    return {
        "target-curve": {"x": inside, "y": _curve(view, size, inside)},
        "target-beyond": {"x": outside, "y": _curve(view, size, outside)},
        "band": {"x": whole, "low": low, "high": high},
        "run-band": {"x": whole, "low": run_low, "high": run_high},
        "target": {
            "x": [flops],
            "y": [at],
            "low": [edges[0]],
            "high": [edges[1]],
            "run_low": [edges[2]],
            "run_high": [edges[3]],
            "floor": [view.y[0]],
        },
        "target-label": {
            "x": [flops],
            "y": [at * (view.y[1] / view.y[0]) ** 0.09],
            "text": ["Your target"],
            "detail": [f"{format_quantity(at, 'loss')} {said}"],
        },
        "size-name": {
            "x": [start],
            "y": [float(_curve(view, size, np.array([start]))[0])],
            "text": [format_quantity(size, "params")],
        },
        "reach": {"x": head[:1], "x1": head[1:], "y": [arrow_y] * len(head[:1])},
        "reach-ends": {"x": head, "y": [arrow_y] * len(head), "angle": [np.pi / 2, -np.pi / 2][: len(head)]},
        "reach-label": {
            "x": [float(np.sqrt(view.inside * flops))] if head else [],
            "y": [arrow_y] if head else [],
            "text": [f"{distance:.1f} decades"] if head else [],
        },
    }


def _start(view: View) -> float:
    """Where the target's curve begins: where it enters the picture from above."""
    x = grid(view.x[0], view.x[1], 240)
    y = _curve(view, view.target.params, x)
    seen = x[y <= view.y[0] * (view.y[1] / view.y[0]) ** 0.62]
    return float(seen[0]) if len(seen) else float(view.x[0])


def inset_ranges(view: View) -> tuple[tuple[float, float], tuple[float, float]]:
    """What the inset magnifies: the end of the data and the target, with the band filling the height."""
    left = min(view.inside, view.target.flops) / 3.5
    right = min(max(view.inside, view.target.flops) * 10, view.x[1])
    x = grid(left, right, 24)
    _, _, low, high = band(view.fit.law, view.cloud, law_inputs(view.fit.law, view.target.params, x))
    bottom, top = float(low[-1]), float(high[0])
    pad = 0.08 * (top - bottom)
    return (left, right), (bottom - pad, top + pad)


# ---- plots ----


def law_fitter_plots(view: View, palette: Palette) -> list[Any]:
    """Main figure, inset and residuals; they share their sources, so hover and selection are one."""
    mapper = LogColorMapper(
        palette=list(palette.size), low=view.size_range[0], high=view.size_range[1], name="size-colours"
    )
    sources = {
        "runs": source("runs", {c: view.runs[c].to_numpy() for c in view.runs.columns}, browser=False),
        "excluded": source(
            "excluded", {c: view.excluded[c].to_numpy() for c in ("run", "flops", "loss")}, browser=False
        ),
        "hover": source("hover", {"flops": [], "loss": [], "params": [], "residual": []}),
        **{name: source(name, data) for name, data in target_columns(view).items()},
    }
    for name, data in zip(("size-curves", "size-beyond", "size-labels"), size_curves(view), strict=True):
        sources[name] = source(name, data)
    main = _main(view, palette, mapper, sources)
    inset = _inset(view, palette, mapper, sources)
    residuals = _residuals(view, palette, mapper, sources)
    return [main, inset, residuals]


def _main(view: View, palette: Palette, mapper: LogColorMapper, sources: dict[str, ColumnDataSource]) -> Any:
    plot = bare_plot(
        "main",
        palette,
        x=view.x,
        y=view.y,
        y_type="log",
        x_title="Training compute (FLOP)",
        y_title="Loss (nats per token)",
        x_ticks=decades(view.x[0] / 1e3, view.x[1] * 1e3),
        y_ticks=nice_losses(*view.y),
        borders=(4, 22, 0, 42),
    )
    beyond(plot, palette, view.inside, "main-beyond")
    plot.add_layout(
        Span(name="main-edge", location=view.inside, dimension="height", line_color=palette.axis, line_width=1)
    )
    colour = {"field": "params", "transform": mapper}
    plot.varea("x", "low", "high", source=sources["band"], fill_color=palette.answer, fill_alpha=0.2)
    plot.multi_line("xs", "ys", source=sources["size-curves"], line_color=colour, line_width=1.5)
    plot.multi_line(
        "xs", "ys", source=sources["size-beyond"], line_color=colour, line_width=1.2, line_dash=[5, 3]
    )
    points = plot.scatter(
        "flops",
        "loss",
        source=sources["runs"],
        name="points",
        size=7,
        fill_color=colour,
        line_color=palette.surface,
        line_width=0.7,
        nonselection_fill_alpha=0.25,
        nonselection_line_alpha=0.25,
    )
    plot.scatter(
        "flops", "loss", source=sources["excluded"], marker="x", size=7, line_color=palette.excluded, line_width=1.5
    )
    _target_curve(plot, palette, sources)
    plot.segment(
        x0="x", y0="floor", x1="x", y1="y", source=sources["target"], line_color=palette.answer, line_dash=[2, 4]
    )
    _diamond(plot, palette, sources)
    plot.segment(
        x0="x", x1="x1", y0="y", y1="y", source=sources["reach"], line_color=palette.quiet, line_width=1
    )
    plot.scatter(
        "x", "y", source=sources["reach-ends"], marker="triangle", size=6, angle="angle",
        fill_color=palette.quiet, line_color=None,
    )
    words(plot, sources["reach-label"], palette.text, align="center", baseline="bottom", dy=-3)
    words(plot, sources["size-labels"], palette.quiet, dx=6)
    words(plot, sources["size-name"], palette.answer_text, size=12, bold=True, align="center", baseline="bottom", dy=-4)
    words(plot, sources["target-label"], palette.answer_text, size=12, bold=True, dx=14, dy=-8)
    words(plot, sources["target-label"], palette.quiet, dx=14, dy=8, field="detail")
    _ring(plot, palette, sources, "flops", "loss")
    link_hover_and_selection(plot, [points])
    return plot


def _target_curve(plot: Any, palette: Palette, sources: dict[str, ColumnDataSource]) -> None:
    plot.line("x", "y", source=sources["target-curve"], line_color=palette.answer, line_width=2.25)
    plot.line(
        "x", "y", source=sources["target-beyond"], line_color=palette.answer, line_width=2.25,
        line_dash=[2, 5], line_cap="round",
    )


def _diamond(plot: Any, palette: Palette, sources: dict[str, ColumnDataSource]) -> None:
    plot.scatter(
        "x", "y", source=sources["target"], marker="diamond", size=15,
        fill_color=palette.answer, line_color=palette.surface, line_width=1,
    )


def _ring(plot: Any, palette: Palette, sources: dict[str, ColumnDataSource], x: str, y: str) -> None:
    plot.scatter(
        x, y, source=sources["hover"], size=15, fill_color=None, line_color=palette.strong, line_width=1.8,
        level="overlay",
    )


def _inset(view: View, palette: Palette, mapper: LogColorMapper, sources: dict[str, ColumnDataSource]) -> Any:
    x, y = inset_ranges(view)
    span = y[1] - y[0]
    digits = 2 if span > 0.04 else 3
    plot = bare_plot(
        "inset",
        palette,
        x=x,
        y=y,
        x_ticks=decades(view.x[0] / 1e3, view.x[1] * 1e3),
        y_ticks={t: f"{t:.{digits}f}" for t in even_ticks(y[0] - 3 * span, y[1] + 3 * span, 28)},
        borders=(2, 8, 0, 34),
    )
    beyond(plot, palette, view.inside, "inset-beyond")
    plot.varea("x", "low", "high", source=sources["run-band"], fill_color=palette.answer, fill_alpha=0.1)
    plot.varea("x", "low", "high", source=sources["band"], fill_color=palette.answer, fill_alpha=0.24)
    _target_curve(plot, palette, sources)
    plot.scatter(
        "flops", "loss", source=sources["runs"], size=7, fill_color={"field": "params", "transform": mapper},
        line_color=palette.surface, line_width=0.7,
    )
    plot.segment(
        x0="x", x1="x", y0="run_low", y1="run_high", source=sources["target"],
        line_color=palette.answer, line_width=1.5,
    )
    plot.segment(
        x0="x", x1="x", y0="low", y1="high", source=sources["target"], line_color=palette.answer, line_width=4
    )
    _diamond(plot, palette, sources)
    return plot


def _residuals(view: View, palette: Palette, mapper: LogColorMapper, sources: dict[str, ColumnDataSource]) -> Any:
    values = view.runs["residual"].to_numpy()
    reach = float(np.max(np.abs(values))) if len(values) else 1.0
    high = max(float(values.max()), 0.1 * reach) * 1.1
    low = min(float(values.min()), -0.1 * reach) * 1.1
    first, last = view.size_range
    x = (first / 1.35, last * 1.35)
    ticks = even_ticks(low, high, 4)
    delta = view.fit.certificate.delta
    plot = bare_plot(
        "residuals",
        palette,
        x=x,
        y=(low, high),
        x_title="Parameters",
        x_ticks={v: format_quantity(v, "params").replace(".0 ", " ") for v in decades(*x)},
        y_ticks={t: "0 %" if t == 0 else format_quantity(t / 100, "percent", signed=True) for t in ticks},
        borders=(4, 8, 0, 42),
    )
    if delta is not None:
        plot.add_layout(
            BoxAnnotation(
                name="huber-zone", bottom=-100 * delta, top=100 * delta, fill_color=palette.control,
                fill_alpha=0.18, line_color=None, level="underlay",
            )
        )
    plot.add_layout(Span(location=0, dimension="width", line_color=palette.control, line_width=1.2, line_alpha=0.7))
    points = plot.scatter(
        "params",
        "residual",
        source=sources["runs"],
        name="residual-points",
        size=6.4,
        fill_color={"field": "params", "transform": mapper},
        line_color=palette.surface,
        line_width=0.7,
        nonselection_fill_alpha=0.25,
        nonselection_line_alpha=0.25,
    )
    _ring(plot, palette, sources, "params", "residual")
    link_hover_and_selection(plot, [points])
    return plot
