"""The words of a frame: runs of text with values in them, printed alike in Python and in the browser.

A *run* is a small mapping: ``{"text": "A "}``, ``{"value": "target.params", "kind": "params"}`` or
``{"interval": ["answer.low", "answer.high"], "kind": "loss"}``, each with an optional ``"role"``
(``answer``, ``quiet``, ``strong``). A *line* is ``{"runs": [...], "when": {"key": value}}``; of several
lines the first whose condition holds is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..units import digits_apart, format_interval, format_quantity

Run = Mapping[str, Any]
Line = Mapping[str, Any]
STILL_WIDTH = 1104
"""Pixels across a still picture, where a screen does not need another width."""


def text(words: str, role: str = "plain") -> dict[str, Any]:
    """Words as they are."""
    return {"text": words, "role": role}


def value(
    key: str,
    kind: str = "plain",
    role: str = "plain",
    digits: int | None = None,
    within: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """The number under `key`, as a person reads a quantity of this kind; text under it stands as it is.

    A number `within` an interval between two keys gets as many digits as its ends.
    """
    run: dict[str, Any] = {"value": key, "kind": kind, "role": role}
    if within is not None:
        run["within"] = list(within)
    return run if digits is None else {**run, "digits": digits}


def interval(low: str, high: str, kind: str, role: str = "quiet") -> dict[str, Any]:
    """The interval between two keys."""
    return {"interval": [low, high], "kind": kind, "role": role}


def line(*runs: Run, when: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A line of runs that is shown when every key of `when` has its value."""
    return {"runs": list(runs), "when": dict(when or {}), **more}


def holds(item: Line, state: Mapping[str, Any]) -> bool:
    """Whether the condition of a line holds."""
    return all(state.get(key) == wanted for key, wanted in item.get("when", {}).items())


def render_runs(lines: Sequence[Line], state: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The first line that holds, as (text, role) pairs."""
    for item in lines:
        if holds(item, state):
            return [(_print(run, state), str(run.get("role", "plain"))) for run in item["runs"]]
    return []


def render_text(lines: Sequence[Line], state: Mapping[str, Any]) -> str:
    """The first line that holds, as plain text."""
    return "".join(words for words, _ in render_runs(lines, state))


def still_picture(
    frame: Mapping[str, Any],
    state: Mapping[str, Any],
    places: Sequence[tuple[str, int, int, int, int]],
    width: int = STILL_WIDTH,
    spoken: Sequence[str] = (),
) -> dict[str, Any]:
    """Where figures stand in a still picture, and the words around them.

    Parameters
    ----------
    frame, state : mapping
        Of the screen: titles and notes of its figures, its second line, conventions and trust line.
    places : sequence of (root, x, y, width, height)
    width : int
        Of the picture, in pixels.
    spoken : sequence of str
        Sentences below the picture in place of tables; the conventions then share a line.
    """
    by_root = {figure["root"]: figure for figure in frame["figures"]}
    said = [render_text([item], state) for item in frame["trust"] if holds(item, state)]
    rests = [*spoken, ", ".join(frame["conventions"])] if spoken else frame["conventions"]
    return {
        "width": width,
        "layout": [
            {
                "root": root, "title": render_text(by_root[root]["title"], state),
                "note": render_text(by_root[root]["note"], state), "x": x, "y": y, "w": w, "h": h,
            }
            for root, x, y, w, h in places
        ],
        "subtitle": render_text(frame["second"], state),
        "footer": [*rests, ". ".join(said) + "."],
    }  # fmt: skip


def _print(run: Run, state: Mapping[str, Any]) -> str:
    if "text" in run:
        return str(run["text"])
    if "interval" in run:
        low, high = (state.get(key) for key in run["interval"])
        return "" if low is None or high is None else format_interval(low, high, run["kind"])
    number = state.get(run["value"])
    if number is None:
        return "–"
    if isinstance(number, str):
        return number
    digits = run.get("digits")
    low, high = (state.get(key) for key in run.get("within", (None, None)))
    if low is not None and high is not None:
        digits = digits_apart(low, high, run["kind"], digits)
    return format_quantity(number, run["kind"], digits)
