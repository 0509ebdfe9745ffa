"""What the screen of a study draws: the cells of one family, and every choice of its models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...errors import StudyError
from ...studies import Card, Cell, Study
from ...units import format_quantity

Array: TypeAlias = NDArray[np.float64]

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
OBJECTIVES = {
    "squared_raw": "least squares", "squared_log": "least squares of the logarithm", "huber_log": "Huber",
}  # fmt: skip
POOR = 0.08
"""Error from which on a family is said to be missed."""


@dataclass(frozen=True)
class Luck:
    """Errors of every choice of siblings at one share of the run, by how many are chosen.

    Attributes
    ----------
    fraction : float
    errors : dict of int to ndarray
        Ascending.
    """

    fraction: float
    errors: dict[int, Array]

    @classmethod
    def of(cls, study: Study, family: str, fraction: float) -> Luck | None:
        """Choices that a study holds at a share; ``None`` where it holds no more than one of each."""
        found: dict[int, list[float]] = {}
        for cell, record in study.of_family(family, first=False):
            if abs(cell.fraction - fraction) < 1e-9 and "are" in record:
                found.setdefault(len(cell.chosen), []).append(record["are"])
        if not any(len(errors) > 1 for errors in found.values()):
            return None
        return cls(fraction, {count: np.sort(errors) for count, errors in sorted(found.items())})


@dataclass(frozen=True)
class Answer:
    """One cell: what was fitted and how far off it is.

    Attributes
    ----------
    cell : Cell
    models, fraction
        Where it stands on the map.
    are, low, high : float
        Error and the ends of its interval, as fractions; NaN where there is none.
    open : bool
        Whether its runs leave a coefficient open.
    equal : (float, float)
        Errors of fits that are equally good.
    said : ndarray
        Predicted loss along the held-out run, at the tokens of the card's band; empty without a fit.
    band : (ndarray, ndarray) or None
    """

    cell: Cell
    models: int
    fraction: float
    are: float
    low: float
    high: float
    open: bool
    equal: tuple[float, float]
    said: Array
    band: tuple[Array, Array] | None

    @property
    def known(self) -> bool:
        """Whether there is an error to show."""
        return bool(np.isfinite(self.are))


@dataclass(frozen=True)
class StudyView:
    """Everything that is drawn, computed once and shared by plots, words, state and behaviour."""

    study: Study
    card: Card
    answers: tuple[Answer, ...]
    counts: tuple[int, ...]
    fractions: tuple[float, ...]
    models: int
    fraction: float
    luck: Luck | None
    collection: str
    every: bool = False
    """Whether a cell is the median of all choices of as many siblings, and its interval their range."""

    @property
    def chosen(self) -> Answer:
        """The cell that the sentence is about."""
        return self.at(self.models, self.fraction)

    def at(self, models: int, fraction: float) -> Answer:
        """Return the cell at a place of the map."""
        for answer in self.answers:
            if answer.models == models and abs(answer.fraction - fraction) < 1e-9:
                return answer
        raise StudyError(f"There is no cell of {models} models and {fraction:g} of the run.")

    def rivals(self, of: Answer) -> list[Answer]:
        """Beside a cell: the worst other count at the same share, and all siblings."""
        same = [a for a in self.answers if a.fraction == of.fraction and a.known and a.models != of.models]
        if not same:
            return []
        worst = max(same, key=lambda a: a.are)
        whole = max(same, key=lambda a: a.models)
        return [worst] if worst is whole else [worst, whole]

    @property
    def siblings(self) -> int:
        """How many models there are beside the predicted one."""
        return len(self.card.sizes) - 1


def make_view(
    study: Study,
    family: str,
    *,
    models: int | None = None,
    fraction: float | None = None,
    luck: Luck | None = None,
    collection: str = "",
    every: Study | None = None,
) -> StudyView:
    """Read what is drawn of a family from a study.

    Parameters
    ----------
    study : Study
    family : str
    models, fraction : optional
        The cell to begin with, nearest if it is not there; by default the best of more than two models
        and the largest share.
    luck : Luck, optional
        Every choice at some share; by default those that the study holds.
    every : Study, optional
        Of all choices of siblings of this family: each cell is then the median choice, between the best and
        the worst.

    Raises
    ------
    UnknownNameError, StudyError
        If the study has no such family, or no law of it.
    """
    card = study.family(family)
    if every is None:
        answers = tuple(_answer(study, card, cell, record) for cell, record in study.of_family(card.name))
    else:
        answers = tuple(_medians(every, card))
    if not any(answer.known for answer in answers):
        raise StudyError(f"The study has no law of {card.title}.", remedy="Choose another family.")
    counts = tuple(sorted({answer.models for answer in answers}))
    fractions = tuple(sorted({answer.fraction for answer in answers}))
    share = fractions[-1] if fraction is None else min(fractions, key=lambda f: abs(f - fraction))
    known = [a for a in answers if a.fraction == share and a.known] or [a for a in answers if a.known]
    if models is None:
        closed = [a for a in known if not a.open] or known
        best = min(closed, key=lambda a: a.are)
        models, share = best.models, best.fraction
    else:
        asked = models
        models = min(counts, key=lambda k: abs(k - asked))
    return StudyView(
        study, card, answers, counts, fractions, models, share,
        luck or Luck.of(every or study, card.name, share), collection or _collection(study),
        every is not None,
    )  # fmt: skip


def _medians(every: Study, card: Card) -> Iterator[Answer]:
    """The middle one of all choices of each cell, the better of two."""
    found: dict[tuple[float, int], list[Answer]] = {}
    for cell, record in every.of_family(card.name, first=False):
        found.setdefault((cell.fraction, len(cell.chosen)), []).append(_answer(every, card, cell, record))
    for answers in found.values():
        known = sorted((answer for answer in answers if answer.known), key=lambda answer: answer.are)
        if known:
            middle = known[(len(known) - 1) // 2]
            yield replace(middle, low=known[0].are, high=known[-1].are, open=False, band=None)
        else:
            yield answers[0]


def _answer(study: Study, card: Card, cell: Cell, record: dict[str, object]) -> Answer:
    def number(key: str) -> float:
        value = record.get(key)
        return float(value) if isinstance(value, float | int) else float("nan")

    said, band = np.empty(0), None
    points = record.get("coefficients")
    if isinstance(points, list):
        inputs = {name: card.band[name] for name in study.law.input_names}
        with np.errstate(all="ignore"):
            named = dict(zip(study.law.coefficient_names, points, strict=True))
            said = np.asarray(study.law.value(inputs, named), dtype=float)
    if isinstance(record.get("band_low"), list):
        band = (np.array(record["band_low"]), np.array(record["band_high"]))
    return Answer(
        cell, len(cell.chosen), cell.fraction, number("are"), number("low"), number("high"),
        record.get("status") == "open", (number("equal_low"), number("equal_high")), said, band,
    )  # fmt: skip


def _collection(study: Study) -> str:
    return "Hitchhiker's Guide" if study.preset == "hitchhikers" else "Your runs"


def objective_words(view: StudyView) -> str:
    """What the laws minimise."""
    objective = view.study.protocol.objective
    return OBJECTIVES.get(objective, objective)


def error(value: float) -> str:
    """Write an error the way the guide prints it: 0.9, 23; one of less than a fifth of a per cent, 0.12."""
    if not np.isfinite(value):
        return "–"
    if 100 * value < 0.195:
        return f"{100 * value:.2f}"
    return f"{100 * value:.1f}" if 100 * value < 9.95 else f"{100 * value:.0f}"


def percent(value: float) -> str:
    """Write an error with its unit."""
    return f"{error(value)} %" if np.isfinite(value) else "–"


def between(low: float, high: float) -> str:
    """Write an interval of errors."""
    return f"[{error(low)}, {error(high)}]" if np.isfinite(low + high) else ""


def number(count: int) -> str:
    """Write a count in words, as far as words are short."""
    return NUMBERS[count] if count < len(NUMBERS) else f"{count}"


def share(fraction: float) -> str:
    """Write a share of a run."""
    return format_quantity(fraction, "percent", 2 if fraction < 1 else 3)
