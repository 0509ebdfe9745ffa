"""The screen of a fit that gives no advice: what cannot be known, and the figures that show why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import LogColorMapper

from ...fitting import Fit, Status
from ...units import format_quantity
from ..frame import line, still_picture, text
from ..palette import LIGHT, Palette
from ..plots import (
    area,
    bare_plot,
    decades,
    dots,
    even_ticks,
    link_hover_and_selection,
    source,
    words,
)
from ..scene import Scene, document_of, theme_entries
from .controls import Controls
from .screen import KIND
from .side import side_sections
from .words import STILL_WIDTH


def refused_scene(fit: Fit, controls: Controls) -> Scene:
    """Show why these runs do not determine the law.

    Left: the runs by size and tokens, with the line that they lie on. Right: the resampled coefficients,
    where there are any, which fill a valley instead of a spot.

    Parameters
    ----------
    fit : Fit
        A fit that is refused or not identified.
    controls : Controls
        What the side column offers.
    """
    roots = _plots(fit, LIGHT)
    document = document_of(roots, KIND)
    themes = theme_entries(document)
    said = (
        "These runs cannot tell size from data, so no advice is given."
        if fit.status is Status.NOT_IDENTIFIED
        else "These runs cannot be fitted, so no advice is given."
    )
    frame: dict[str, Any] = {
        "label": "Scaling-law fitter",
        "mode": controls.mode,
        "phase": "refused",
        "sentence": [line(text(said))],
        "second": [line(text(fit.reason))],
        "conventions": [],
        "sections": side_sections(fit, controls),
        "figures": _places(fit, roots),
        "trust": [line(text("Not identified"), level="error", short="Not identified")],
        "notice": None,
        "code": [],
    }
    places = [(figure["root"], 464 * i, 0, 448, 380) for i, figure in enumerate(frame["figures"])]
    frame["still"] = {**still_picture(frame, {}, places, STILL_WIDTH), "footer": []}
    state: dict[str, Any] = {"dataset": controls.data, "family": controls.family, "law": fit.law.name}
    state |= {"objective": fit.certificate.objective, "delta": fit.certificate.delta, **controls.shape}
    if controls.blind_above is not None:
        state["blind"] = controls.blind_above
    used = int(np.sum(fit.used))
    state |= {"runs.used": f"{used:,}", "runs.all": f"{len(fit.runs):,}"}
    state |= {"runs.excluded": f"{len(fit.runs) - used:,}"}
    table = fit.runs.loc[:, [c for c in ("params", "tokens", "flops", "loss") if c in fit.runs]]
    return Scene(
        kind=KIND,
        document=document,
        frame=frame,
        state=state,
        summary=f"{said} {fit.reason}",
        table=pd.DataFrame(table).reset_index(drop=True),
        themes=themes,
    )


def _places(fit: Fit, roots: list[Any]) -> list[dict[str, Any]]:
    places = [
        {
            "root": "design",
            "place": "main" if len(roots) == 1 else "half",
            "height": 340,
            "title": [line(text("Where the runs lie"))],
            "note": [line(text("Each dot is a run. Runs on one line cannot tell size from data."))],
        }
    ]
    if len(roots) > 1:
        first, second = (s.label for s in _exponents(fit))
        places.append(
            {
                "root": "valley",
                "place": "half",
                "height": 340,
                "title": [line(text(f"Which {first} and {second} fit?"))],
                "note": [
                    line(text(f"Dots: {len(fit.resamples):,} resamples. They fill a valley, not a spot."))
                ],
            }
        )
    return places


def _exponents(fit: Fit) -> list[Any]:
    linear = set(fit.law.linear)
    return [s for s in fit.law.coefficients if s.name not in linear][:2]


def _plots(fit: Fit, palette: Palette) -> list[Any]:
    plots = [_design(fit, palette)]
    if len(fit.resamples) and len(_exponents(fit)) == 2:
        plots.append(_valley(fit, palette))
    return plots


def _design(fit: Fit, palette: Palette) -> Any:
    used = fit.runs[np.asarray(fit.used, dtype=bool)]
    params = used["params"].to_numpy(dtype=float)
    tokens = used["tokens"].to_numpy(dtype=float)
    x = (params.min() / 2.5, params.max() * 2.5)
    y = (tokens.min() / 4, tokens.max() * 4)
    ratio = tokens / params
    plot = bare_plot(
        "design",
        palette,
        x=x,
        y=y,
        y_type="log",
        x_title="Parameters",
        y_title="Tokens",
        x_ticks={v: format_quantity(v, "params", 1) for v in decades(*x)},
        y_ticks={v: format_quantity(v, "tokens", 1) for v in decades(*y)},
        borders=(4, 12, 0, 46),
    )
    ends = np.array(x)
    band = source("band", {"x": ends, "low": ends * ratio.min(), "high": ends * ratio.max()})
    area(plot, band, palette.warning, 0.18)
    mapper = LogColorMapper(palette=list(palette.size), low=float(params.min()), high=float(params.max()))
    runs = source("runs", {"params": params, "tokens": tokens}, browser=False)
    fill = {"field": "params", "transform": mapper}
    points = dots(plot, runs, "params", "tokens", fill=fill, line=palette.surface, width=0.7, name="points")
    low, high = (f"{v:.3g}" for v in (ratio.min(), ratio.max()))
    said = f"{low} tokens per parameter" if low == high else f"{low} to {high} tokens per parameter"
    label = source(
        "design-label", {"x": [x[0] * 1.15], "y": [y[1] / 1.6], "text": [f"{said}, all {len(used)} runs"]}
    )
    words(plot, label, palette.text)
    link_hover_and_selection(plot, [points])
    return plot


def _valley(fit: Fit, palette: Palette) -> Any:
    names = [s.name for s in fit.law.coefficients]
    first, second = _exponents(fit)
    a, b = (fit.resamples[:, names.index(s.name)] for s in (first, second))
    x, y = (_reach(v) for v in (a, b))
    plot = bare_plot(
        "valley",
        palette,
        x=x,
        y=y,
        x_type="linear",
        x_title=f"{first.label}, {first.meaning}",
        y_title=f"{second.label}, {second.meaning}",
        x_ticks={t: format_quantity(t, "exponent", 2) for t in even_ticks(*x, 4) if t != 0},
        y_ticks={t: format_quantity(t, "exponent", 2) for t in even_ticks(*y, 4) if t != 0},
        borders=(4, 12, 0, 34),
    )
    cloud = source("cloud", {"x": a, "y": b})
    dots(plot, cloud, "x", "y", size=3.5, fill=palette.strong, alpha=0.35)
    low, high = np.quantile(a, [0.025, 0.975])
    low2, high2 = np.quantile(b, [0.025, 0.975])
    said = [
        f"{first.label} [{format_quantity(low, 'exponent', 2)}, {format_quantity(high, 'exponent', 2)}]",
        f"{second.label} [{format_quantity(low2, 'exponent', 2)}, {format_quantity(high2, 'exponent', 2)}]",
    ]
    label = source("valley-label", {"x": [x[1]], "y": [y[1]], "text": [", ".join(said)]})
    words(plot, label, palette.quiet, align="right", baseline="top", dx=-4, dy=4, ground=palette.surface)
    return plot


def _reach(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    low, high = (float(v) for v in np.quantile(values, [0.005, 0.995]))
    pad = 0.1 * max(high - low, 1e-3)
    return low - pad if low < 0 else max(0.0, low - pad), high + pad
