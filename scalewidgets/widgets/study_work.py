"""Studies that a screen asks for: their progress, and the same map by other laws."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

import numpy as np

from ..errors import StudyError
from ..figures.study import StudyView, make_view
from ..figures.study.view import Luck, percent
from ..fitting.steps import retold
from ..laws import law as find_law
from ..laws import names as law_names
from ..studies import PRESETS, Protocol, Study, StudyProgress, run_steps
from ..studies.families import Family

RIVALS = {"chinchilla": "Chinchilla", "chinchilla_tied": "One exponent", "quantization_model": "Quanta"}
"""Laws that are compared with that on screen, and short names: sums of powers, so that it takes a second."""
COMPARED = 3
MOST_MODELS = 9
"""Siblings up to which every choice of them is fitted."""

Told = tuple[float, float, str]
Row = tuple[str, str, str]


def told(
    steps: Generator[StudyProgress, None, Study], hear: Callable[[StudyProgress], None] | None = None
) -> Generator[Told, None, Study]:
    """Give the steps of a study as those of a screen: done, total, words; `hear` is told of each before."""

    def say(state: StudyProgress) -> Told:
        if hear is not None:
            hear(state)
        return state.done, state.total, state.label

    return (yield from retold(steps, say))


def by_other_laws(made: Study, name: str) -> Generator[Told, None, tuple[Row, ...]]:
    """Fit the cells of one family by other laws.

    Returns
    -------
    tuple of (str, str, str)
        Title of each law, that of the study first; median error of the map; error from all siblings and the
        whole run.
    """
    families, found = _one(made, name), [made]
    choices = "nearest" if made.protocol.choices == "nearest" else "smallest"
    # Ties go to the engine: the guide's start is one of its own law.
    protocol = replace(made.protocol, start=None, resamples=0, choices=choices)
    for other in RIVALS:
        law = find_law(other)
        if len(found) < COMPARED and law.formula != made.law.formula:
            found.append((yield from told(run_steps(families, law, protocol))))
    return tuple(_row(study, name) for study in found)


def _row(made: Study, name: str) -> Row:
    view = make_view(made, name)
    errors = [answer.are for answer in view.answers if answer.known]
    last = view.at(view.counts[-1], view.fractions[-1])
    return RIVALS.get(made.law.name, made.law.title), percent(float(np.median(errors))), percent(last.are)


def code_of(made: Study, every: str | None) -> str:
    """Line of Python that makes a study; ``every``: of all choices of the siblings of this family."""
    given = []
    if made.preset is not None:
        given.append(f"preset={made.preset!r}")
        changed = made.protocol.changed(PRESETS[made.preset])
    else:
        changed = made.protocol.changed(Protocol())
    said = made.protocol.to_dict()
    given += [f"{name}={said[name]!r}" for name in changed if name != "start"]
    if made.law.name != "chinchilla":
        law = made.law.name if made.law.name in law_names() else made.law.formula
        given.append(f"law={law!r}")
    if every is not None:
        given = [part for part in given if not part.startswith("choices=")]
        given.append(f"choices='every', families=[{every!r}]")
    runs = "" if made.preset is not None else "runs, "
    return f"study = sw.study({runs}{', '.join(given)})"


class Views:
    """Views of studies, with every choice of siblings fitted once for each protocol."""

    def __init__(self) -> None:
        self._lucks: dict[tuple[str, str, float], Luck | None] = {}
        self._everything: dict[tuple[str, str], Study] = {}

    def seen(
        self, made: Study, name: str, models: int | None, share: float | None, every: bool = False
    ) -> Generator[Told, None, StudyView]:
        """View of a family, with every choice of its models at the chosen share, or everywhere."""
        if every:
            whole = yield from self._all_choices(made, name)
            return make_view(made, name, models=models, fraction=share, every=whole)
        bare = make_view(made, name, models=models, fraction=share)
        luck = bare.luck or (yield from self.luck(made, name, bare.fraction))
        return make_view(made, name, models=bare.models, fraction=bare.fraction, luck=luck)

    def luck(self, made: Study, name: str, share: float) -> Generator[Told, None, Luck | None]:
        """Fit every choice of siblings at a share, where they are few enough."""
        if len(made.family(name).sizes) <= 3 or not few(made, name):
            return None
        protocol = replace(made.protocol, choices="every", fractions=(share,), resamples=0)
        key = (name, repr(protocol), share)
        if key not in self._lucks:
            every = yield from told(run_steps(_one(made, name), made.law, protocol, preset=made.preset))
            self._lucks[key] = Luck.of(every, name, share)
        return self._lucks[key]

    def _all_choices(self, made: Study, name: str) -> Generator[Told, None, Study]:
        if not few(made, name):
            raise StudyError(
                f"{made.family(name).title} has too many siblings to try every choice of them.",
                remedy=f"Up to {MOST_MODELS} can be tried on this screen.",
            )
        protocol = replace(made.protocol, choices="every", start=None, resamples=0)
        key = (name, repr(protocol))
        if key not in self._everything:
            steps = run_steps(_one(made, name), made.law, protocol, preset=made.preset)
            self._everything[key] = yield from told(steps)
        return self._everything[key]


def few(made: Study, name: str) -> bool:
    """Whether every choice of the siblings can be fitted: runs at hand, and not too many of them."""
    return made.source is not None and len(made.family(name).sizes) <= MOST_MODELS + 1


def _one(made: Study, name: str) -> tuple[Family, ...]:
    return tuple(family for family in source_of(made) if family.name == name)


def source_of(made: Study) -> tuple[Family, ...]:
    """Runs of a study.

    Raises
    ------
    StudyError
        If it was read from a file, which has none.
    """
    if made.source is None:
        raise StudyError(
            "The runs of this study are not at hand.",
            remedy="Make it again with sw.study(..., file=...), which reads what is done from the file.",
        )
    return made.source
