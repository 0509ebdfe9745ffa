"""StudyExplorer: how many models and how much of each run a prediction needs, and how lucky it was."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

from traitlets import Any as AnyTrait
from traitlets import Float, Int, Unicode

from ..errors import FitError, ScaleWidgetsError, StudyError, UnknownNameError
from ..figures.scene import Scene
from ..figures.study import StudyView, make_view, study_scene
from ..figures.study.view import Luck
from ..figures.study.words import Choices
from ..fitting.steps import drained
from ..laws import names as law_names
from ..pane import Pane
from ..pane.pane import refuse_unknown
from ..studies import Protocol, Study, run_steps, study
from .exports import export_scene
from .tables import Steps

MOST_MODELS = 9
"""Siblings up to which every choice of them is fitted for the figure of luck."""


class StudyExplorer(Pane):
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
        self._lucks: dict[tuple[str, str, float], Luck | None] = {}
        name = self._study.family(family).name if family is not None else _widest(self._study)
        self._start = (name, models, share)
        view = self._view = drained(self._seen(self._study, name, models, share))
        super().__init__(study_scene(view, self._choices()), **unknown)
        self._quiet = False
        self._adopt(view)
        for action, handler in {
            "change": self._ask_change,
            "luck": self._ask_luck,
            "reset": self._ask_reset,
            "export": self._ask_export,
        }.items():
            self.on_ask(action, handler)
        self.on_state(self._on_state)
        self.observe(self._trait_changed, ["family", "models", "share"])

    # ---- what a person asks in the browser ----

    def _ask_change(self, args: Mapping[str, Any]) -> Steps:
        settings: dict[str, Any] = {}
        name = self._view.card.name
        for key, value in args.items():
            if key == "family":
                name = self._study.family(str(value)).name
            elif key in ("target", "choices"):
                settings[key] = str(value)
            elif key in ("scored", "drop"):
                settings[key] = _number(key, value)
            else:
                raise FitError(f"{key!r} is not a setting of this screen.")
        return self._turn(name, settings)

    def _turn(self, name: str, settings: Mapping[str, Any]) -> Steps:
        made = self._study
        if settings:
            try:
                made = yield from self._again(replace(made.protocol, **settings))
            except (ScaleWidgetsError, GeneratorExit):
                # Refused or cancelled: the controls go back to what is on screen.
                self.set_values(self._held())
                raise
        models, share = self._cell()
        view = yield from self._seen(made, name, models, share)
        self._study = made
        self._put(view)
        return None

    def _again(self, protocol: Protocol) -> Generator[tuple[float, float, str], None, Study]:
        """Make the study anew by another protocol."""
        source = self._study.source
        if source is None:
            raise StudyError(
                "The runs of this study are not at hand.",
                remedy="Make it again with sw.study(..., file=...), which reads what is done from the file.",
            )
        steps = run_steps(source, self._study.law, protocol, preset=self._study.preset)
        while True:
            try:
                state = next(steps)
            except StopIteration as stop:
                made: Study = stop.value
                return made
            yield state.done, state.total, state.label

    def _seen(
        self, made: Study, name: str, models: int | None, share: float | None
    ) -> Generator[tuple[float, float, str], None, StudyView]:
        """View of a family, with every choice of its models at the share of the chosen cell."""
        bare = make_view(made, name, models=models, fraction=share)
        luck = bare.luck or (yield from self._luck(made, name, bare.fraction))
        return make_view(made, name, models=bare.models, fraction=bare.fraction, luck=luck)

    def _luck(
        self, made: Study, name: str, share: float
    ) -> Generator[tuple[float, float, str], None, Luck | None]:
        """Fit every choice of siblings at a share, where they are few enough."""
        card = made.family(name)
        if made.source is None or not 3 < len(card.sizes) <= MOST_MODELS + 1:
            return None
        protocol = replace(made.protocol, choices="every", fractions=(share,), resamples=0)
        key = (name, repr(protocol), share)
        if key not in self._lucks:
            wanted = tuple(family for family in made.source if family.name == name)
            steps = run_steps(wanted, made.law, protocol, preset=made.preset)
            while True:
                try:
                    state = next(steps)
                except StopIteration as stop:
                    self._lucks[key] = Luck.of(stop.value, name, share)
                    break
                yield state.done, state.total, state.label
        return self._lucks[key]

    def _ask_luck(self, args: Mapping[str, Any]) -> Steps:
        share = _number("share", args.get("share"))
        name, made = self._view.card.name, self._study
        at = min(self._view.fractions, key=lambda fraction: abs(fraction - share))
        luck = yield from self._luck(made, name, at)
        if luck is not None and made is self._study and name == self._view.card.name:
            models, share = self._cell()
            self._put(make_view(made, name, models=models, fraction=share, luck=luck))
        return None

    def _ask_reset(self, args: Mapping[str, Any]) -> Steps:
        self._study = self._first
        view = yield from self._seen(self._first, *self._start)
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
            "choices": "nearest" if protocol.choices == "nearest" else "smallest",
            "scored": protocol.scored,
            "drop": protocol.drop,
        }

    def _adopt(self, view: StudyView) -> None:
        """Put what is on screen into the traits, without answering one's own changes."""
        self._quiet = True
        try:
            with self.hold_trait_notifications():
                self.study = self._study
                self.family = view.card.name
                self.models, self.share = view.models, view.fraction
        finally:
            self._quiet = False

    def _trait_changed(self, change: Mapping[str, Any]) -> None:
        if self._quiet:
            return
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
            self._put(drained(self._seen(self._study, self._view.card.name, models, share)))
        except ScaleWidgetsError:
            self._quiet = True
            try:
                setattr(self, name, change["old"])
            finally:
                self._quiet = False
            raise

    def _on_state(self, values: Mapping[str, Any]) -> None:
        """A person chose another cell."""
        if "study.models" in values or "study.share" in values:
            self._quiet = True
            try:
                models, share = self._cell()
                self.models = min(self._view.counts, key=lambda count: abs(count - models))
                self.share = min(self._view.fractions, key=lambda fraction: abs(fraction - share))
            finally:
                self._quiet = False

    def _choices(self) -> Choices:
        made = self._study
        given = []
        if made.preset is not None:
            given.append(f"preset={made.preset!r}")
            changed = made.protocol.changed(_preset(made))
        else:
            changed = made.protocol.changed(Protocol())
        said = made.protocol.to_dict()
        given += [f"{name}={said[name]!r}" for name in changed if name != "start"]
        if made.law.name != "chinchilla":
            law = made.law.name if made.law.name in law_names() else made.law.formula
            given.append(f"law={law!r}")
        runs = "" if made.preset is not None else "runs, "
        return Choices(
            again=made.source is not None,
            code=(f"study = sw.study({runs}{', '.join(given)})",),
            mode=self._mode,
        )

    # ---- pictures of the present cell ----

    def _catch_up(self) -> None:
        """Draw the cell that the controls hold: while it was chosen, only the browser followed."""
        models, share = self._cell()
        view = self._view
        if not self._closed and (models, share) != (view.models, view.fraction):
            self._put(make_view(self._study, view.card.name, models=models, fraction=share, luck=view.luck))


def default_study() -> Study:
    """The guide, with intervals: what the screen opens with."""
    return study(preset="hitchhikers", resamples=100)


def _preset(made: Study) -> Protocol:
    from ..studies import PRESETS

    return PRESETS[str(made.preset)]


def _widest(made: Study) -> str:
    """The family with most to choose from."""
    few = [card for card in made.studied if len(card.sizes) <= MOST_MODELS + 1] or list(made.studied)
    return max(few, key=lambda card: (len(card.sizes), card.checkpoints)).name


def _number(name: str, value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise FitError(f"{name}={value!r} is not a number.")


__all__ = ["Scene", "StudyExplorer", "default_study"]
