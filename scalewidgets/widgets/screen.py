"""What all screens do alike: answer the browser, hold their traits, open a table that a reader brings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pandas as pd

from ..data import apply_repair
from ..errors import FitError, PaneError, TableError
from ..figures.scene import Scene
from ..fitting import Fit
from ..pane import Pane
from ..pane.asks import Handler
from .tables import Steps, dropped_table

MODES = ("compact", "full")
"""How much of a screen is folded away."""


class Screen(Pane):
    """A pane with controls: traits follow what they hold, and they follow the traits."""

    _quiet = True
    """Whether traits change because the screen did, so that nothing is to be answered."""

    @staticmethod
    def _checked_mode(mode: str) -> str:
        if mode not in MODES:
            raise FitError(f"mode={mode!r} is not known.", remedy=f"Choose one of {', '.join(MODES)}.")
        return mode

    def _listen(self, handlers: Mapping[str, Handler], traits: Sequence[str]) -> None:
        """Begin to answer: what the browser asks and tells, and what a program sets."""
        for action, handler in handlers.items():
            self.on_ask(action, handler)
        self.on_state(self._on_state)
        self.observe(self._heard, list(traits))

    def _heard(self, change: Mapping[str, Any]) -> None:
        if not self._quiet:
            self._trait_changed(change)

    @contextmanager
    def _adopting(self) -> Iterator[None]:
        """Set traits without answering one's own changes."""
        self._quiet = True
        try:
            with self.hold_trait_notifications():
                yield
        finally:
            self._quiet = False

    @classmethod
    def _fit_of(cls, fit: Any) -> Fit:
        """The fit that a screen was given.

        Raises
        ------
        FitError
            If it is something else.
        """
        if not isinstance(fit, Fit):
            raise FitError(
                f"{cls.__name__} takes a fit, not {type(fit).__name__}.",
                remedy="Give sw.fit(runs) or widget.fit.",
            )
        return fit

    def _view_state(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """What the controls of the view that asks hold."""
        try:
            return {**self.state, **json.loads(str(args.get("state", "{}")))}
        except (TypeError, ValueError) as problem:
            raise PaneError("What the controls hold does not read.") from problem

    def _catch_up(self) -> None:
        """Draw what the controls hold: while they moved, only the browser followed."""
        scene = self._scene
        if self._closed or scene is None:
            return
        if any(scene.state.get(key) != value for key, value in self.state.items()):
            self._draw()

    def _on_state(self, values: Mapping[str, Any]) -> None:
        """A person let go of a control."""
        raise NotImplementedError

    def _trait_changed(self, change: Mapping[str, Any]) -> None:
        """A program set a trait."""
        raise NotImplementedError

    def _draw(self) -> None:
        """Draw what the controls hold."""
        raise NotImplementedError


class TableScreen(Screen):
    """A screen to which a reader can bring a table; one that cannot be used waits there to be repaired."""

    _pending: pd.DataFrame | None = None
    _pending_name = ""
    _repairs: Sequence[Mapping[str, Any]] = ()

    def _take_table(self, table: pd.DataFrame, name: str) -> Steps:
        """Show a table as it was read from a file of this name; it may still be unfit for use."""
        raise NotImplementedError

    def _ask_open_table(self, args: Mapping[str, Any]) -> Steps:
        with self._noticed():
            self._pending, self._pending_name = dropped_table(args)
            return self._take_table(self._pending, self._pending_name)

    def _ask_repair(self, args: Mapping[str, Any]) -> Steps:
        chosen = int(args.get("repair", -1))
        if self._pending is None or not 0 <= chosen < len(self._repairs):
            raise TableError("There is no table waiting to be repaired.", remedy="Choose it again.")
        with self._noticed():
            self._pending = apply_repair(self._pending, self._repairs[chosen])
            return self._take_table(self._pending, self._pending_name)

    @contextmanager
    def _noticed(self) -> Iterator[None]:
        """If the table cannot be used, the last good picture stays, says so and offers the repairs."""
        try:
            yield
        except TableError as error:
            self._repairs = list(getattr(error, "repairs", None) or ())
            self.show(self._with_notice(error))
            raise

    def _with_notice(self, error: TableError) -> Scene:
        """What is on screen, with the reason why the new table is not."""
        scene = self._shown()
        repairs = [
            {"label": str(r["label"]), "ask": "repair", "args": {"repair": i}}
            for i, r in enumerate(self._repairs)
        ]
        place, colon, problem = str(error).partition(": ")
        said = [{"text": place + colon, "role": "strong"}, {"text": problem}] if colon else [{"text": place}]
        notice = {"level": "error", "runs": said, "repairs": repairs}
        return replace(scene, frame={**scene.frame, "notice": notice})
