"""StudyExplorer: how many models and how much of each run a prediction needs, and how lucky it was."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from traitlets import Any as AnyTrait
from traitlets import Float, Int, Unicode

from ..errors import FitError, ScaleWidgetsError, StudyError, UnknownNameError
from ..figures.scene import Scene
from ..figures.sketch import Sketch
from ..figures.study import StudyView, make_view, map_columns, study_scene
from ..figures.study.side import Choices
from ..figures.trust import doubts_of
from ..fitting.steps import drained
from ..pane.pane import refuse_unknown
from ..studies import Protocol, Study, StudyProgress, run_steps, study, study_steps
from .exports import export_scene
from .screen import Screen
from .study_work import MOST_MODELS, Views, by_other_laws, code_of, few, source_of, told
from .tables import Steps, sent_table

DEFAULT: dict[str, Any] = {"preset": "hitchhikers", "resamples": 100}
OWN = "own"
YOURS = "Your runs"
TITLES = {"hitchhikers": "Hitchhiker's Guide"}
"""Collections that can be chosen, beside one's own table."""


class StudyExplorer(Screen):
    """Explore a study: choose a family, how many models and how much of each run.

    The map, the sentence and the figures follow a click in the browser. Another family, target, share that is
    scored or start that is dropped is the kernel's, newest request first.

    Parameters
    ----------
    study : Study, optional
        By default the Hitchhiker's Guide (arXiv:2410.11840), which takes some ten seconds to make.
    family : str, optional
        To begin with; by default the one with most to choose from, GPT-3 in the guide.
    models, share : optional
        The cell to begin with.
    mode : {"compact", "full"}
        How much is folded away.

    Attributes
    ----------
    study : Study
    family : str
        Settable.
    models, share
        The chosen cell; settable, and set when a person chooses another.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> sw.StudyExplorer(sw.study(preset="hitchhikers", resamples=100))  # doctest: +SKIP
    """

    study = AnyTrait(None, allow_none=True, help="The study on screen.")
    family = Unicode("", help="Name of the family on screen.")
    models = Int(2, help="Siblings of the chosen cell.")
    share = Float(1.0, help="Share of the run of the chosen cell.")

    def __init__(
        self,
        study: Study | None = None,
        *,
        family: str | None = None,
        models: int | None = None,
        share: float | None = None,
        mode: str = "compact",
        **unknown: Any,
    ) -> None:
        refuse_unknown(type(self), unknown)
        if study is not None and not isinstance(study, Study):
            raise StudyError(
                f"A study is explored, not {type(study).__name__}.",
                remedy='Make one with sw.study(runs) or sw.study(preset="hitchhikers").',
            )
        self._study = self._first = study or default_study()
        self._mode = mode
        self._views_of = Views()
        self._every = False
        self._rivals: tuple[tuple[str, str, str], ...] = ()
        self._own: tuple[str, Study] = (YOURS, self._study)
        self._doubts: tuple[str, ...] = ()
        self._collection = self._study.preset or OWN
        name = self._study.family(family).name if family is not None else _widest(self._study)
        self._start = (name, models, share)
        view = self._view = drained(self._views_of.seen(self._study, name, models, share))
        super().__init__(study_scene(view, self._choices()), **unknown)
        self._adopt(view)
        self._listen(
            {
                "change": self._ask_change,
                "luck": self._ask_luck,
                "compare": self._ask_compare,
                "open-table": self._ask_open_table,
                "reset": self._ask_reset,
                "export": self._ask_export,
            },
            ["family", "models", "share"],
        )

    # ---- what a person asks in the browser ----

    def _ask_change(self, args: Mapping[str, Any]) -> Steps:
        settings: dict[str, Any] = {}
        name, every = self._view.card.name, self._every
        for key, value in args.items():
            if key == "collection":
                return self._to_collection(str(value))
            if key == "family":
                name = self._study.family(str(value)).name
                every = every and few(self._study, name)
            elif key == "choices" and value == "every":
                every = True
            elif key in ("target", "choices"):
                settings[key] = str(value)
                every = every and key != "choices"
            elif key in ("scored", "drop"):
                settings[key] = _number(key, value)
            else:
                raise FitError(f"{key!r} is not a setting of this screen.")
        return self._turn(name, settings, every)

    def _turn(self, name: str, settings: Mapping[str, Any], every: bool) -> Steps:
        made = self._study
        try:
            if any(getattr(made.protocol, key) != value for key, value in settings.items()):
                made = yield from self._again(replace(made.protocol, **settings), name)
            models, share = self._cell()
            view = yield from self._views_of.seen(made, name, models, share, every)
        except (ScaleWidgetsError, GeneratorExit):
            # Refused or cancelled: controls and map go back to what they were.
            if not self._closed:
                self.set_values(self._held())
                self.sketch(Sketch(columns={"cells": map_columns(self._view)}))
            raise
        if made is not self._study or name != self._view.card.name:
            self._rivals = ()
        self._study, self._every = made, every
        self._put(view)
        return None

    def _to_collection(self, name: str) -> Steps:
        if name == self._collection:
            return None
        try:
            made = self._own[1] if name == OWN else (yield from told(study_steps(**DEFAULT)))
            yield from self._open(made, name)
        except (ScaleWidgetsError, GeneratorExit):
            if not self._closed:
                self.set_values(self._held())
            raise
        return None

    def _open(self, made: Study, collection: str) -> Steps:
        """Put another study on screen."""
        view = yield from self._views_of.seen(made, _widest(made), None, None, False)
        self._study, self._every, self._rivals, self._collection = made, False, (), collection
        self._put(view)
        return None

    def _ask_open_table(self, args: Mapping[str, Any]) -> Steps:
        """A table of one's own in place of the collection, by the settings on screen."""
        now = self._study.protocol
        settings: dict[str, Any] = {"resamples": now.resamples, "scored": now.scored}
        table = sent_table(args)
        made: Study = yield from told(study_steps(table, self._study.law, **settings))
        self._doubts = tuple(doubts_of(table))
        self._own = (Path(str(args["name"])).name, made)
        yield from self._open(made, OWN)
        return None

    def _ask_compare(self, args: Mapping[str, Any]) -> Steps:
        """The same map of this family by three laws."""
        made, name = self._study, self._view.card.name
        rows = yield from by_other_laws(made, name)
        if made is self._study and name == self._view.card.name:
            self._rivals = rows
            self._catch_up()
            self._put(self._view)
        return None

    def _again(self, protocol: Protocol, name: str) -> Generator[tuple[float, float, str], None, Study]:
        """Make the study anew by another protocol; the map on screen fills in as its cells arrive."""
        steps = run_steps(
            source_of(self._study), self._study.law, protocol, preset=self._study.preset, first=name,
            left_out=self._study.left_out,
        )  # fmt: skip
        view, arrived = self._view, dict[tuple[int, float], float]()

        def fill(state: StudyProgress) -> None:
            fresh = {
                (len(cell.chosen), cell.fraction): float(record.get("are", np.nan))
                for family, cell, record in state.found
                if family == name == view.card.name and cell.first and state.phase == "laws"
            }
            if fresh:
                arrived.update(fresh)
                self.sketch(Sketch(columns={"cells": map_columns(view, arrived)}))

        return (yield from told(steps, fill))

    def _ask_luck(self, args: Mapping[str, Any]) -> Steps:
        share = _number("share", args.get("share"))
        name, made = self._view.card.name, self._study
        at = min(self._view.fractions, key=lambda fraction: abs(fraction - share))
        if self._every:
            self._put((yield from self._views_of.seen(made, name, *self._cell(), True)))
            return None
        luck = yield from self._views_of.luck(made, name, at)
        if luck is not None and made is self._study and name == self._view.card.name:
            models, share = self._cell()
            self._put(make_view(made, name, models=models, fraction=share, luck=luck))
        return None

    def _ask_reset(self, args: Mapping[str, Any]) -> Steps:
        self._study, self._every, self._rivals = self._first, False, ()
        self._collection = self._first.preset or OWN
        view = yield from self._views_of.seen(self._first, *self._start)
        self._put(view)
        return None

    def _ask_export(self, args: Mapping[str, Any]) -> dict[str, str]:
        self._catch_up()
        return export_scene(study_scene(self._view, self._choices()), str(args["format"]), self.theme)

    # ---- showing ----

    def _put(self, view: StudyView) -> None:
        self._view = view
        self.show(study_scene(view, self._choices()))
        self._adopt(view)

    def _cell(self) -> tuple[int, float]:
        """The cell that the controls hold."""
        state = self.state
        models, share = state.get("study.models"), state.get("study.share")
        if isinstance(models, int | float) and isinstance(share, int | float):
            return round(models), float(share)
        return self._view.models, self._view.fraction

    def _held(self) -> dict[str, Any]:
        protocol = self._study.protocol
        return {
            "family": self._view.card.name,
            "target": protocol.target,
            "choices": "every" if self._every else _first(protocol),
            "collection": self._collection,
            "scored": protocol.scored,
            "drop": protocol.drop,
        }

    def _adopt(self, view: StudyView) -> None:
        """Put what is on screen into the traits, without answering one's own changes."""
        with self._adopting():
            self.study = self._study
            self.family = view.card.name
            self.models, self.share = view.models, view.fraction

    def _trait_changed(self, change: Mapping[str, Any]) -> None:
        name, value = change["name"], change["new"]
        try:
            if name == "family":
                drained(self._ask_change({"family": value}))
                return
            models, share = (value, self.share) if name == "models" else (self.models, value)
            if models not in self._view.counts or not any(
                abs(share - known) < 1e-9 for known in self._view.fractions
            ):
                raise UnknownNameError(
                    f"The study has no cell of {models} models and {share:g} of the run.",
                    remedy=f"Models are {self._view.counts}, shares {self._view.fractions}.",
                )
            self._put(
                drained(self._views_of.seen(self._study, self._view.card.name, models, share, self._every))
            )
        except ScaleWidgetsError:
            with self._adopting():
                setattr(self, name, change["old"])
            raise

    def _on_state(self, values: Mapping[str, Any]) -> None:
        """A person chose another cell."""
        if "study.models" in values or "study.share" in values:
            with self._adopting():
                models, share = self._cell()
                self.models = min(self._view.counts, key=lambda count: abs(count - models))
                self.share = min(self._view.fractions, key=lambda fraction: abs(fraction - share))

    def _choices(self) -> Choices:
        made = self._study
        own = {OWN: self._own[0]} if self._own[1].preset is None else {}
        return Choices(
            again=made.source is not None,
            collection=self._collection,
            doubts=self._doubts if self._collection == OWN else (),
            collections={**TITLES, **own} if made.source is not None else {},
            rivals=self._rivals,
            most=MOST_MODELS,
            code=(code_of(made, self._view.card.name if self._every else None),),
            mode=self._mode,
        )

    # ---- pictures of the present cell ----

    def _catch_up(self) -> None:
        """Draw the cell that the controls hold: while it was chosen, only the browser followed."""
        models, share = self._cell()
        view = self._view
        if not self._closed and (models, share) != (view.models, view.fraction):
            self._put(
                drained(self._views_of.seen(self._study, view.card.name, models, share, True))
                if self._every
                else make_view(self._study, view.card.name, models=models, fraction=share, luck=view.luck)
            )


def default_study() -> Study:
    """The guide, with intervals: what the screen opens with."""
    return study(**DEFAULT)


def _first(protocol: Protocol) -> str:
    """Which siblings the map takes."""
    return "nearest" if protocol.choices == "nearest" else "smallest"


def _widest(made: Study) -> str:
    """The family with most to choose from."""
    few = [card for card in made.studied if len(card.sizes) <= MOST_MODELS + 1] or list(made.studied)
    return max(few, key=lambda card: (len(card.sizes), card.checkpoints)).name


def _number(name: str, value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise FitError(f"{name}={value!r} is not a number.")


__all__ = ["Scene", "StudyExplorer", "default_study"]
