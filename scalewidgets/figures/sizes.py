"""The map of sizes: parameters by training tokens, the loss below them and the frontier on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource

from ..units import format_quantity
from .palette import Palette
from .plots import area, bare_plot, curves, extended


def amounts(
    low: float,
    high: float,
    kind: str,
    steps: tuple[int, ...] = (1,),
    every: int = 1,
    inside: bool = False,
) -> dict[float, str]:
    """Ticks at round numbers of parameters or tokens.

    Parameters
    ----------
    low, high : float
        What the ticks cover.
    kind : str
        Of quantity, as :func:`~scalewidgets.units.format_quantity` knows it.
    steps : tuple of int
        Ticks within a decade.
    every : int
        Name only those decades whose power of ten it divides.
    inside : bool
        Leave out the ticks of the outermost decades that lie outside.
    """
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    ticks = [float(f"{m}e{p}") for p in range(first, last + 1) if p % every == 0 for m in steps]
    return {t: format_quantity(t, kind, 1) for t in ticks if not inside or low <= t <= high}


def size_map(
    name: str,
    palette: Palette,
    params: tuple[float, float],
    tokens: tuple[float, float],
    x_ticks: Mapping[float, str],
    y_ticks: Mapping[float, str],
    borders: tuple[int, int, int, int],
) -> Any:
    """An empty map: contours take the place of grid lines.

    Parameters
    ----------
    params, tokens : (float, float)
        Ranges of both axes.
    x_ticks, y_ticks, borders
        As in :func:`~scalewidgets.figures.plots.bare_plot`.
    """
    plot = bare_plot(
        name,
        palette,
        x=params,
        y=tokens,
        y_type="log",
        x_title="Parameters",
        y_title="Training tokens",
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        borders=borders,
    )
    plot.xgrid[0].grid_line_color = plot.ygrid[0].grid_line_color = None
    return plot


def loss_ground(plot: Any, sources: Mapping[str, ColumnDataSource], palette: Palette) -> None:
    """The fitted loss as shades that lie on each other (``ground-0``, …) and lines (``contours``)."""
    for name, data in sources.items():
        if name.startswith("ground-"):
            area(plot, data, palette.control, 0.035)
    curves(plot, sources["contours"], palette.control, 1).glyph.line_alpha = 0.6


def frontier(plot: Any, sources: Mapping[str, ColumnDataSource], palette: Palette, alpha: float) -> None:
    """The best size of every budget in its band, dashed beyond the data."""
    area(plot, sources["frontier-band"], palette.answer, alpha)
    extended(plot, sources["frontier-inside"], sources["frontier-beyond"], palette.answer, 2.25)
