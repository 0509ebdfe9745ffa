"""Small scenes to try the pane with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from bokeh.document import Document
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from scalewidgets.figures.scene import Behaviour, Scene


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
    source = ColumnDataSource(
        {
            "params": np.array(params),
            "loss": np.array(values),
            "label": [f"run {i}" for i in range(len(values))],
        },
        name="runs",
    )
    plot = figure(
        name=name,
        x_axis_type="log",
        x_range=Range1d(5e7, 2e10, name="x"),
        y_range=Range1d(2, 3.5, name="y"),
        height=300,
        sizing_mode="stretch_width",
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
        frame={
            "label": "Three runs",
            "figures": [],
            "sentence": [{"runs": [{"text": "Three runs."}], "when": {}}],
        },
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
