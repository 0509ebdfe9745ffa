"""What other laws say: one row a law, its answer at the target and its error on the blind runs.

The browser moves the rows with the target (``other-laws``); names of sources are the contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import BasicTicker, NumeralTickFormatter

from ...fitting import REFUTED, Fit
from ...units import format_quantity
from ..curves import FLOPS_PER_PARAM_TOKEN, QUANTITIES, Cloud, Floats, band, law_inputs
from ..frame import line, text, value
from ..palette import Palette
from ..plots import bare_plot, curve, diamonds, dots, source, strokes, words
from ..scene import Behaviour
from .columns import BAND_POINTS
from .view import View

ROOT = "laws"
LEFT, RIGHT = 112, 62
NOTES = {
    "chinchilla": "E + A/Nᵅ + B/Dᵝ",
    "chinchilla_tied": "α = β",
    "coupled": "(A/Nᵅ + B/Dᵝ)ᵞ",
    "kaplan_ND": "no floor",
}
"""What sets a law apart, in the width of a row."""
SHORT = {"chinchilla_tied": "Tied exponents"}
COUNTS = ("No law", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
AGREE = 0.05
"""Spread up to which laws are said to agree."""


@dataclass(frozen=True)
class OtherLaw:
    """A law that was fitted to the same runs.

    Attributes
    ----------
    name, title : str
    fit : Fit or None
        None while it is not fitted, or where it cannot be.
    error : float or None
        Blind error, a share.
    aicc : float
        Of the runs; infinite where it is not known.
    """

    name: str
    title: str
    fit: Fit | None = None
    error: float | None = None
    aicc: float = float("inf")


@dataclass(frozen=True)
class OtherLaws:
    """The current law and those beside it.

    Attributes
    ----------
    current : OtherLaw
    others : tuple of OtherLaw
    waiting : int
        How many of the others are still to be fitted.
    """

    current: OtherLaw
    others: tuple[OtherLaw, ...] = ()
    waiting: int = 0

    @property
    def pending(self) -> bool:
        """Whether others are still to be fitted."""
        return self.waiting > 0

    @property
    def rows(self) -> tuple[OtherLaw, ...]:
        """All laws, the current one first."""
        return (self.current, *self.others)

    def refuted(self, law: OtherLaw) -> bool:
        """Whether the blind runs speak against a law."""
        errors = [row.error for row in self.rows if row.error is not None]
        return law.error is not None and law.error > REFUTED * min(errors)

    @property
    def rival(self) -> OtherLaw | None:
        """Of the others, once all are known, the one that describes the runs best and is not refuted."""
        if self.pending:
            return None
        sound = [law for law in self.others if law.fit is not None and not self.refuted(law)]
        return min(sound, key=lambda law: law.aicc, default=None)


def short_title(law: OtherLaw) -> str:
    """The name of a law in a row."""
    return SHORT.get(law.name, law.title)


def said(view: View, seen: OtherLaws) -> list[tuple[float, float, float] | None]:
    """Loss and interval of each law at the target; the current one as it stands on screen."""
    return [None if law.fit is None else _answer(view, law, i == 0) for i, law in enumerate(seen.rows)]


def _answer(view: View, law: OtherLaw, current: bool) -> tuple[float, float, float]:
    assert law.fit is not None
    inputs = law_inputs(law.fit.law, view.target.params, view.target.flops)
    coefficients = view.held if current else law.fit.coefficients
    loss = float(np.asarray(law.fit.law.value(inputs, coefficients)))
    cloud = view.cloud if current else Cloud.of(law.fit, view.cloud.level)
    low, high, _, _ = (float(v[0]) for v in band(law.fit.law, cloud, inputs))
    return loss, low, high


def caption(seen: OtherLaws, losses: Sequence[float | None]) -> str:
    """The finding in one line; the twin of the browser's."""
    if seen.pending:
        return f"Fitting {seen.waiting} other law{'' if seen.waiting == 1 else 's'}…"
    sound = [
        loss
        for law, loss in zip(seen.rows, losses, strict=True)
        if loss is not None and not seen.refuted(law)
    ]
    out = [short_title(law) for law in seen.rows if law.fit is not None and seen.refuted(law)]
    said = ""
    if len(sound) > 1:
        spread = (max(sound) - min(sound)) / (sum(sound) / len(sound))
        verb = "agree within" if spread <= AGREE else "differ by"
        said = f"{_count(len(sound))} {verb} {format_quantity(spread, 'percent', 1)}"
    elif len(seen.others):
        said = "No other law stands beside it"
    if out:
        said += f". {' and '.join(out)} {'misses' if len(out) == 1 else 'miss'} the blind runs"
    return said


def _count(number: int) -> str:
    return COUNTS[number] if number < len(COUNTS) else f"{number}"


# ---- drawing ----


def law_columns(view: View, seen: OtherLaws) -> tuple[dict[str, dict[str, Any]], tuple[float, float]]:
    """Columns of all sources of the figure, and the range of losses."""
    answers = said(view, seen)
    known = [answer for answer in answers if answer is not None]
    low, high = min(a[1] for a in known), max(a[2] for a in known)
    low, high = min(low, min(a[0] for a in known)), max(high, max(a[0] for a in known))
    pad = 0.08 * max(high - low, 1e-3)
    x = (low - pad, high + pad)
    columns: dict[str, dict[str, Any]] = {
        name: {"x": [], "low": [], "high": [], "y": []}
        for name in ("laws-answer", "laws-plain", "laws-refuted")
    }
    for name in ("laws-title-answer", "laws-titles", "laws-errors", "laws-errors-refuted"):
        columns[name] = {"x": [], "y": [], "text": []}
    columns["laws-titles"]["detail"], columns["laws-title-answer"]["detail"] = [], []
    for i, (law, answer) in enumerate(zip(seen.rows, answers, strict=True)):
        y = float(len(seen.rows) - 1 - i)
        refuted = seen.refuted(law)
        into = columns["laws-title-answer" if i == 0 else "laws-titles"]
        failed = law.fit is None and not seen.pending
        note = "could not be fitted" if failed else NOTES.get(law.name, "")
        for key, entry in (("x", x[0]), ("y", y), ("text", short_title(law)), ("detail", note)):
            into[key].append(entry)
        if answer is not None:
            into = columns["laws-answer" if i == 0 else "laws-refuted" if refuted else "laws-plain"]
            for key, entry in zip(("x", "low", "high", "y"), (*answer, y), strict=True):
                into[key].append(entry)
        if law.error is not None:
            into = columns["laws-errors-refuted" if refuted else "laws-errors"]
            for key, entry in (("x", x[1]), ("y", y), ("text", f"{100 * law.error:.1f} %")):
                into[key].append(entry)
    top = len(seen.rows) - 0.35
    columns["laws-head"] = {"x": [x[1]], "y": [top], "text": ["blind error"]}
    params, tokens = view.target.params, view.target.tokens
    at = f"Loss at {format_quantity(params, 'params')} on {format_quantity(tokens, 'tokens')} tokens"
    columns["laws-axis"] = {"x": [x[1]], "y": [BOTTOM], "text": [at]}
    return columns, x


BOTTOM = -0.65


def law_plot(view: View, seen: OtherLaws, palette: Palette) -> Any:
    """One row a law: name, interval and answer, blind error."""
    columns, x = law_columns(view, seen)
    sources = {name: source(name, data) for name, data in columns.items()}
    plot = bare_plot(
        ROOT,
        palette,
        x=x,
        y=(BOTTOM, len(seen.rows) - 0.4),
        x_type="linear",
        x_ticks={},
        y_ticks={},
        borders=(18, RIGHT, 38, LEFT),
    )
    ticker = BasicTicker(desired_num_ticks=4, num_minor_ticks=0)
    plot.xaxis[0].ticker = plot.xgrid[0].ticker = ticker
    plot.xaxis[0].formatter = NumeralTickFormatter(format="0.00")
    plot.yaxis[0].visible = False
    plot.ygrid[0].grid_line_color = None
    ends = ("low", "y", "high", "y")
    strokes(plot, sources["laws-answer"], ends, palette.answer, 5, alpha=0.45)
    strokes(plot, sources["laws-plain"], ends, palette.quiet, 3, alpha=0.55)
    strokes(plot, sources["laws-refuted"], ends, palette.quiet, 3, alpha=0.55)
    dots(plot, sources["laws-plain"], "x", "y", size=8, fill=palette.quiet, line=palette.surface, width=0.7)
    dots(
        plot, sources["laws-refuted"], "x", "y", size=8, fill=palette.surface, line=palette.warning, width=1.6
    )
    diamonds(plot, sources["laws-answer"], palette)
    for name, colour, bold in (
        ("laws-title-answer", palette.answer_text, True),
        ("laws-titles", palette.text, False),
    ):
        words(plot, sources[name], colour, size=12, bold=bold, dx=-LEFT, dy=-7)
        words(plot, sources[name], palette.quiet, dx=-LEFT, dy=8, field="detail")
    right: dict[str, Any] = {"dx": RIGHT - 14, "align": "right"}
    words(plot, sources["laws-errors"], palette.strong, bold=True, **right)
    words(plot, sources["laws-errors-refuted"], palette.warning, bold=True, **right)
    words(plot, sources["laws-head"], palette.quiet, baseline="bottom", **right)
    words(plot, sources["laws-axis"], palette.quiet, align="right", baseline="top", dy=23)
    return plot


def law_place(seen: OtherLaws) -> dict[str, Any]:
    """Title and finding."""
    return {
        "root": ROOT,
        "place": "small",
        "height": 210,
        "title": [line(text("What other laws say"))],
        "note": [
            line(value("others.words"), text(" "), value("asked.other-laws"), when={"others.pending": True}),
            line(value("others.words")),
        ],
        "folded": [line(value("others.words"))],
    }


def law_state(view: View, seen: OtherLaws) -> dict[str, Any]:
    """What the finding says, and whether it is still to come."""
    losses = [None if law.fit is None else _best(view, law.fit) for law in seen.rows]
    return {
        "others.words": caption(seen, losses),
        "others.pending": seen.pending,
        "asked.other-laws": "",
    }


def _best(view: View, fit: Fit) -> float:
    inputs = law_inputs(fit.law, view.target.params, view.target.flops)
    return float(np.asarray(fit.law.value(inputs, fit.coefficients)))


# ---- the rival in the inset ----


def rival_columns(view: View, seen: OtherLaws | None) -> dict[str, dict[str, Any]]:
    """The curve of the rival law over the magnified part, and its name at the end of it."""
    rival = None if seen is None else seen.rival
    if rival is None or rival.fit is None:
        return {"rival-curve": {"x": [], "y": []}, "rival-label": {"x": [], "y": [], "text": []}}
    left = min(view.inside, view.target.flops) / 3.5
    right = min(max(view.inside, view.target.flops) * 10, view.x[1])
    x = np.geomspace(left, right, BAND_POINTS)
    inputs = law_inputs(rival.fit.law, view.target.params, x)
    y = np.asarray(rival.fit.law.value(inputs, rival.fit.coefficients), dtype=float) * np.ones(len(x))
    label = {"x": [float(x[-1])], "y": [float(y[-1])], "text": [short_title(rival)]}
    return {"rival-curve": {"x": x, "y": y}, "rival-label": label}


def draw_rival(plot: Any, sources: Mapping[str, Any], palette: Palette) -> None:
    """Draw the rival dashed and grey, under the answer."""
    curve(plot, sources["rival-curve"], palette.quiet, 1.5, (6, 3))
    words(plot, sources["rival-label"], palette.quiet, dx=5)


# ---- the browser ----


def law_behaviour(view: View, seen: OtherLaws) -> Behaviour:
    """Rows and rival follow the target."""
    rival = seen.rival
    return Behaviour(
        "other-laws",
        {
            "figure": ROOT,
            "flopsPerParamToken": FLOPS_PER_PARAM_TOKEN,
            "level": view.cloud.level,
            "inside": view.inside,
            "bottom": BOTTOM,
            "agree": AGREE,
            "pending": seen.pending,
            "rival": -1 if rival is None else seen.rows.index(rival),
            "laws": [_law_options(seen, law, i) for i, law in enumerate(seen.rows)],
        },
    )


def _law_options(seen: OtherLaws, law: OtherLaw, place: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        "name": law.name,
        "title": law.title,
        "short": short_title(law),
        "refuted": seen.refuted(law),
        "fitted": law.fit is not None,
        "array": f"law.{place}",
    }
    if law.fit is not None:
        names = [s.name for s in law.fit.law.coefficients]
        options |= {
            "formula": law.fit.law.formula,
            "inputs": {s.name: QUANTITIES[s.name] for s in law.fit.law.inputs},
            "coefficients": names,
            "fit": {n: float(law.fit.coefficients[n]) for n in names},
        }
    return options


def law_arrays(seen: OtherLaws) -> dict[str, Floats]:
    """Resamples of the other laws, by row and coefficient."""
    return {
        f"law.{i}.{name}": np.ascontiguousarray(law.fit.resamples[:, j])
        for i, law in enumerate(seen.rows)
        if i > 0 and law.fit is not None
        for j, name in enumerate(s.name for s in law.fit.law.coefficients)
    }
