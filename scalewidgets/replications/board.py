"""The scoreboard: every published figure, what the bundled tables give, and whether it comes near enough."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import pandas as pd

from scalewidgets.errors import UnknownNameError

from . import (
    capabilities,
    chinchilla,
    finetuning,
    isoflop,
    overtraining,
    repetition,
    schedules,
    shapes,
    step_law,
    streams,
)
from .declare import Figure, Study

SCHEMA = "scalewidgets.scoreboard/1"

STUDIES: tuple[Study, ...] = tuple(
    room.STUDY
    for room in (
        chinchilla, overtraining, isoflop, finetuning, streams, step_law, repetition, schedules, shapes,
        capabilities,
    )
)  # fmt: skip
"""Every study with published figures, in the order in which they are printed."""

Outcome = Literal["within", "outside", "not reproduced"]
MARKS: dict[Outcome, str] = {"within": "✓", "outside": "✗", "not reproduced": "–"}
LEGEND = (
    "✓ within tolerance, ✗ outside, – not reproduced. A tolerance is ± to both sides, + where ours may be "
    "lower by any amount, − where it may be higher."
)
HEADS = (
    ("", "left"), ("Figure", "left"), ("Published", "right"), ("Ours", "right"), ("Difference", "right"),
    ("Tolerance", "right"), ("Where", "left"),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One figure and what came of it.

    Attributes
    ----------
    study : Study
    figure : Figure
    ours : float
        What the bundled tables give.
    """

    study: Study
    figure: Figure
    ours: float

    @property
    def name(self) -> str:
        """``study/figure``, as :func:`replicate` takes it."""
        return f"{self.study.name}/{self.figure.key}"

    @property
    def difference(self) -> float:
        """Ours less the published number."""
        return self.ours - self.figure.published

    @property
    def outcome(self) -> Outcome:
        """``within`` or ``outside`` the tolerance; ``not reproduced`` where that is known, with a reason."""
        if self.figure.missed:
            return "not reproduced"
        return "within" if self.figure.meets(self.ours) else "outside"

    @property
    def ours_printed(self) -> str:
        """Ours, to two digits more than were published."""
        return _number(self.ours, self.figure.decimals + 2)

    @property
    def difference_printed(self) -> str:
        """The difference, to two digits."""
        return f"{self.difference:+.1e}".replace("-", "−") if math.isfinite(self.difference) else "none"

    @property
    def tolerance_printed(self) -> str:
        """How far off ours may be, and to which side."""
        sign = {"both": "±", "at most": "+", "at least": "−"}[self.figure.side]
        return sign + f"{self.figure.allowed:.2g}".replace("-", "−")

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        return {
            "name": self.name,
            "what": self.figure.what,
            "published": self.figure.published,
            "printed": self.figure.printed,
            "ours": self.ours if math.isfinite(self.ours) else None,
            "difference": self.difference if math.isfinite(self.difference) else None,
            "tolerance": self.figure.allowed,
            "side": self.figure.side,
            "why": self.figure.why,
            "outcome": self.outcome,
            "reason": self.figure.missed,
            "citation": f"{self.study.citation}; {self.figure.where}",
            "tables": list(self.study.tables),
            "rows": self.study.rows,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Scoreboard:
    """Published figures beside our own.

    Attributes
    ----------
    rows : tuple of Row
        In the order of :data:`STUDIES`.
    """

    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether no figure is out of tolerance that this version is known to reproduce."""
        return not self.outside

    @property
    def outside(self) -> tuple[Row, ...]:
        """Figures out of tolerance, without those that are known not to be reproduced."""
        return tuple(row for row in self.rows if row.outcome == "outside")

    @property
    def missed(self) -> tuple[Row, ...]:
        """Figures that the bundled tables do not give, with a reason."""
        return tuple(row for row in self.rows if row.outcome == "not reproduced")

    @property
    def sentence(self) -> str:
        """How many figures were reproduced, in one sentence."""
        within = sum(row.outcome == "within" for row in self.rows)
        return (
            f"{within} of {len(self.rows)} published figures come out within their tolerance, "
            f"{len(self.outside)} outside; {len(self.missed)} are not reproduced, for reasons given."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a figure, by name.

        Returns
        -------
        DataFrame
            Columns ``what``, ``published``, ``printed`` (with its digits), ``ours``, ``difference``,
            ``tolerance``, ``side``, ``why``, ``outcome``, ``reason``, ``citation``, ``tables`` and ``rows``.
        """
        frame: pd.DataFrame = pd.DataFrame([row.to_dict() for row in self.rows]).set_index("name")
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        return {
            "schema": SCHEMA,
            "ok": self.ok,
            "sentence": self.sentence,
            "figures": [row.to_dict() for row in self.rows],
        }

    def report(self) -> str:
        """Return the scoreboard as plain text: a table a study, then what is not reproduced and why."""
        lines = []
        for study, rows in _grouped(self.rows):
            lines += [f"{study.title}  ({study.citation})"]
            lines += textwrap.wrap(study.rows, 104, initial_indent="  ", subsequent_indent="  ")
            wide = [max(len(text) for text in column) for column in zip(*map(_cells, rows), strict=True)]
            for row in rows:
                what, published, ours, off, allowed = _cells(row)
                lines.append(
                    f"  {MARKS[row.outcome]} {what:<{wide[0]}}  {published:>{wide[1]}}  {ours:>{wide[2]}}  "
                    f"{off:>{wide[3]}}  {allowed:>{wide[4]}}"
                )
            lines.append("")
        lines += textwrap.wrap(f"Columns: published, ours, difference, tolerance. {LEGEND}", 104)
        for rows, reason in self._reasons():
            said = f"{MARKS[rows[0].outcome]} {', '.join(row.name for row in rows)}: {reason}"
            lines += textwrap.wrap(said, 104, subsequent_indent="    ")
        return "\n".join([*lines, "", self.sentence]) + "\n"

    def _reasons(self) -> list[tuple[list[Row], str]]:
        """Rows that are not within their tolerance, by the reason that they share."""
        found: dict[tuple[str, str], list[Row]] = {}
        for row in (*self.outside, *self.missed):
            reason = row.figure.missed or f"Out of tolerance: {row.figure.why}."
            found.setdefault((row.study.name, reason), []).append(row)
        return [(rows, reason) for (_, reason), rows in found.items()]

    def __repr__(self) -> str:
        return f"<Scoreboard: {self.sentence}>"

    def _repr_html_(self) -> str:
        body = []
        for study, rows in _grouped(self.rows):
            body.append(
                f'<tr><th colspan="7" style="text-align:left;padding-top:1em" title="{escape(study.rows)}">'
                f'{escape(study.title)} <span style="font-weight:normal;opacity:.7">'
                f"{escape(study.citation)}</span></th></tr>"
            )
            body += [_html(row) for row in rows]
        notes = "".join(
            f"<li><b>{escape(rows[0].study.title)}: "
            f"{escape('; '.join(row.figure.what for row in rows))}.</b> {escape(reason)}</li>"
            for rows, reason in self._reasons()
        )
        head = "".join(f'<th style="text-align:{side}">{word}</th>' for word, side in HEADS)
        return (
            f"<div><b>{escape(self.sentence)}</b></div><div>{escape(LEGEND)}</div>"
            f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(body)}</tbody></table>{f'<ul>{notes}</ul>' if notes else ''}"
        )


_WORDS: dict[Outcome, tuple[str, str]] = {
    "within": ("within tolerance", "var(--jp-success-color1, #2e7d32)"),
    "outside": ("out of tolerance", "var(--jp-error-color1, #b3261e)"),
    "not reproduced": ("not reproduced, see below", "var(--jp-warn-color1, #a15c00)"),
}


def _html(row: Row) -> str:
    word, colour = _WORDS[row.outcome]
    number = 'style="text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap"'
    what, published, ours, off, allowed = (escape(text) for text in _cells(row))
    return (
        f'<tr><td style="color:{colour};font-weight:bold" title="{word}">{MARKS[row.outcome]}</td>'
        f'<td style="text-align:left">{what}</td><td {number}>{published}</td><td {number}>{ours}</td>'
        f'<td {number}>{off}</td><td {number} title="{escape(row.figure.why)}">{allowed}</td>'
        f'<td style="text-align:left;opacity:.7">{escape(row.figure.where)}</td></tr>'
    )


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    return (
        row.figure.what, row.figure.printed.replace("-", "−"), row.ours_printed, row.difference_printed,
        row.tolerance_printed,
    )  # fmt: skip


def _number(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace("-", "−") if math.isfinite(value) else "none"


def _grouped(rows: Iterable[Row]) -> list[tuple[Study, list[Row]]]:
    found: dict[str, tuple[Study, list[Row]]] = {}
    for row in rows:
        found.setdefault(row.study.name, (row.study, []))[1].append(row)
    return list(found.values())


def replicate(
    names: str | Iterable[str] | None = None, *, progress: Callable[[int, int, Study], object] | None = None
) -> Scoreboard:
    """Derive published figures anew from the bundled tables.

    Parameters
    ----------
    names : str or iterable of str, optional
        Studies (``"chinchilla"``) or single figures (``"chinchilla/lad-A"``); by default all.
    progress : callable, optional
        Called before each study with how many are done, how many there are, and the :class:`Study`.

    Returns
    -------
    Scoreboard
        One row a figure. A figure out of tolerance is a row that says so, not an error.

    Raises
    ------
    UnknownNameError
        If there is no such study or figure; the sentence names those that come close.

    Notes
    -----
    A tolerance is half a unit of the last digit printed, or has a reason of its own
    (:attr:`Figure.why`). Everything random has a fixed seed: the same version gives the same numbers.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> board = sw.replicate("step-law")
    >>> board.ok
    True
    """
    wanted = _wanted(names)
    chosen = [study for study in STUDIES if study.name in wanted]
    rows = []
    for done, study in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen), study)
        ours = study.compute()
        rows += [Row(study, figure, float(ours.get(figure.key, math.nan))) for figure in wanted[study.name]]
    return Scoreboard(tuple(rows))


def _wanted(names: str | Iterable[str] | None) -> dict[str, list[Figure]]:
    """Figures asked for, by the name of their study."""
    if names is None:
        return {study.name: list(study.figures) for study in STUDIES}
    by_name: dict[str, tuple[Study, tuple[Figure, ...]]] = {}
    for study in STUDIES:
        by_name[study.name] = (study, study.figures)
        by_name.update({f"{study.name}/{figure.key}": (study, (figure,)) for figure in study.figures})
    asked: dict[str, set[str]] = {}
    for name in [names] if isinstance(names, str) else names:
        if name not in by_name:
            raise UnknownNameError.of("a study or a published figure", name, by_name)
        study, figures = by_name[name]
        asked.setdefault(study.name, set()).update(figure.key for figure in figures)
    return {
        study.name: [figure for figure in study.figures if figure.key in asked[study.name]]
        for study in STUDIES
        if study.name in asked
    }
