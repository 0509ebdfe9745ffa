"""One figure with a sentence above it, in the colours and type of the screens, as a small SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.document import Document
from numpy.typing import ArrayLike

from scalewidgets.figures import plots
from scalewidgets.figures.palette import LIGHT
from scalewidgets.figures.still import document_svg
from scalewidgets.units import format_quantity

WIDTH, HEIGHT = 640, 330
P = LIGHT


class Panel:
    """A plot to put things on.

    Parameters
    ----------
    x, y : (float, float)
        Ranges.
    x_title, y_title : str
        With the unit.
    x_ticks, y_ticks : mapping of float to str
    x_type, y_type : {"log", "linear"}
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        x_title: str,
        y_title: str,
        x_ticks: Mapping[float, str],
        y_ticks: Mapping[float, str],
        x_type: str = "log",
        y_type: str = "linear",
        right: int = 16,
    ) -> None:
        self.count = 0
        self.plot = plots.bare_plot(
            "picture", P, x=x, y=y, x_title=x_title, y_title=y_title, x_ticks=x_ticks, y_ticks=y_ticks,
            x_type=x_type, y_type=y_type, borders=(4, right, 0, 0),
        )  # fmt: skip

    def _source(self, **columns: Any) -> Any:
        self.count += 1
        return plots.source(f"s{self.count}", columns)

    def dots(
        self,
        x: ArrayLike,
        y: ArrayLike,
        colour: str = P.text,
        size: float = 6,
        marker: str = "circle",
        hollow: bool = False,
    ) -> None:
        """Runs: filled, or hollow where a fit has not seen them."""
        data = self._source(x=_few(x), y=_few(y))
        fill, line = (P.surface, colour) if hollow else (colour, P.surface)
        width = 1.4 if hollow else 0.7
        plots.dots(self.plot, data, "x", "y", fill=fill, line=line, width=width, size=size, marker=marker)

    def curve(
        self, x: ArrayLike, y: ArrayLike, colour: str = P.text, width: float = 2, dashed: bool = False
    ) -> None:
        """A law; dashed where it is extrapolated."""
        data = self._source(x=_few(x), y=_few(y))
        plots.curve(self.plot, data, colour, width, dash=(5, 4) if dashed else ())

    def band(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, colour: str, alpha: float = 0.18) -> None:
        """An interval, in the colour of its line."""
        data = self._source(x=_few(x), low=_few(low), high=_few(high))
        plots.area(self.plot, data, colour, alpha)

    def text(
        self, x: float, y: float, said: str, colour: str = P.quiet, *, bold: bool = False,
        align: str = "left", dx: float = 0, dy: float = 0,
    ) -> None:  # fmt: skip
        """Words at a place."""
        data = self._source(x=[float(x)], y=[float(y)], text=[said])
        plots.words(self.plot, data, colour, bold=bold, align=align, dx=dx, dy=dy)

    def beyond(self, left: float) -> None:
        """The ground of extrapolation."""
        plots.beyond(self.plot, P, left, f"beyond{self.count}")

    def svg(self, title: str, footer: Sequence[str]) -> str:
        """The picture: a sentence, the figure, and where its numbers come from."""
        document = Document(title="picture")
        document.add_root(self.plot)
        return document_svg(
            document, layout=[[{"root": "picture", "h": HEIGHT}]], title=title, footer=footer, width=WIDTH
        )


def _few(values: ArrayLike) -> Any:
    """Five significant digits: enough for a picture, and a small file."""
    array = np.asarray(values, dtype=float)
    return np.array([float(f"{value:.5g}") for value in array])


def shades(count: int) -> list[str]:
    """Colours of an ordered quantity, light to dark."""
    last = len(P.size) - 1
    places = [0.5] if count == 1 else [i / (count - 1) for i in range(count)]
    return [P.size[round((0.1 + 0.9 * place) * last)] for place in places]


def ticks(values: Sequence[float], kind: str = "plain") -> dict[float, str]:
    """Where ticks stand and what they say."""
    return {float(value): format_quantity(value, kind) for value in values}


def decades(first: int, last: int) -> dict[float, str]:
    """Ticks at powers of ten, for an axis whose title has the unit."""
    return {float(f"1e{power}"): f"1e{power}" for power in range(first, last + 1)}


def losses(low: float, high: float) -> dict[float, str]:
    """Ticks of a loss axis."""
    return plots.nice_losses(low, high)


def tenths(*values: float) -> dict[float, str]:
    """Ticks with one decimal."""
    return {value: f"{value:.1f}" for value in values}


def span(values: ArrayLike, count: int = 40, reach: float = 1.0) -> Any:
    """Values over the range of a quantity, even in the logarithm, `reach` times beyond its end."""
    array = np.asarray(values, dtype=float)
    return np.geomspace(float(array.min()), float(array.max()) * reach, count)


Drawing = Callable[[], str]
