"""Small scenes to try the pane with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from bokeh.document import Document
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from scalewidgets.figures.scene import Behaviour, Scene

FRAME: dict[str, Any] = {
    "label": "Three runs",
    "mode": "compact",
    "sentence": [
        {
            "runs": [
                {"text": "A model of "},
                {"value": "target.params", "kind": "params", "role": "answer"},
            ],
            "when": {},
        }
    ],
    "figures": [
        {
            "root": "main",
            "place": "main",
            "height": 320,
            "title": [{"runs": [{"text": "Three runs"}], "when": {}}],
            "note": [{"runs": [{"text": "Dots: loss of each run."}], "when": {}}],
        }
    ],
    "sections": [
        {
            "id": "target",
            "heading": "Target",
            "folded": [],
            "open": True,
            "items": [
                {
                    "kind": "slider",
                    "key": "target.params",
                    "label": "Parameters",
                    "scale": "log",
                    "low": 1e7,
                    "high": 1e12,
                    "format": "params",
                    "where": "browser",
                    "start": 7e9,
                }
            ],
        }
    ],
    "exports": ["png", "svg", "csv"],
}


def scatter_scene(
    losses: list[float] | None = None,
    *,
    name: str = "main",
    title: str = "Loss against parameters",
    state: dict[str, Any] | None = None,
    behaviours: tuple[Behaviour, ...] = (),
    colours: tuple[str, str] = ("#0f6ab4", "#64b1ff"),
    line: bool = False,
) -> Scene:
    """Three runs as dots on log axes; one document of one named root."""
    values = [3.0, 2.6, 2.3] if losses is None else losses
    params = [1e8 * 10**i for i in range(len(values))]
    labels = [f"run {i}" for i in range(len(values))]
    columns = {"params": np.array(params), "loss": np.array(values), "label": labels}
    source = ColumnDataSource(columns, name="runs")
    plot = figure(
        name=name,
        x_axis_type="log",
        x_range=Range1d(5e7, 2e10, name="x"),
        y_range=Range1d(2, 3.5, name="y"),
        sizing_mode="stretch_both",
        tools="pan,wheel_zoom,reset,tap,box_select,lasso_select",
        toolbar_location=None,
    )
    plot.title.text = title
    dots = plot.scatter("params", "loss", source=source, size=12, color=colours[0], name="dots")
    if line:
        plot.line("params", "loss", source=source, name="curve")
    document = Document()
    document.add_root(plot)
    glyph = dots.glyph
    return Scene(
        kind="scatter",
        document=document,
        frame=FRAME | {"figures": [{**FRAME["figures"][0], "root": name}]},
        state={"target.params": 7e9, "shown": True} if state is None else state,
        behaviours=behaviours,
        arrays={"draws.E": np.array([1.7, 1.8, 1.9])},
        summary=f"{len(values)} runs; the best has a loss of {min(values)}.",
        table=pd.DataFrame({"params": params, "loss": values}),
        themes={
            "light": [(glyph.id, "fill_color", colours[0])],
            "dark": [(glyph.id, "fill_color", colours[1])],
        },
    )
