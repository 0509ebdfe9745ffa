"""The screen of test-time sampling: from counts, systems and what the controls hold to a scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...allocation.hardware import device
from ...testtime.tally import FITTED
from ..palette import LIGHT
from ..scene import Behaviour, Scene, document_of, ready_scene
from .difficulty import difficulty, difficulty_top, problem_ticks
from .numbers import state_of
from .plots import sampling_plots
from .selected import WAYS, selected_options
from .side import sections
from .standing import AXIS_PIXELS, main_range, main_top
from .system_columns import axis_options
from .view import PRECISION, RIGHT_RANGE, WRONG_RANGE, Array, Held, View, advice, costs
from .words import code, conventions, figure_places, second_line, sentence, still, trust

KIND = "test-time"
LABEL = "Test-time sampling"


def sampling_scene(
    view: View,
    mode: str = "full",
    *,
    samples: Mapping[str, str] | None = None,
    systems: Mapping[str, str] | None = None,
    chosen: tuple[str, str] = ("own", "own"),
    benchmarks: Sequence[str] = (),
) -> Scene:
    """The whole screen.

    Parameters
    ----------
    view : View
        From :func:`make_view`.
    mode : {"compact", "full"}
        How much is folded away.
    samples, systems : mapping of str to str, optional
        Tables that the menus offer, by name, and what they are called.
    chosen : (str, str)
        Names of those on screen.
    benchmarks : sequence of str
        Those of the table of samples; a menu offers them where there are several.
    """
    document = document_of(sampling_plots(view, LIGHT), KIND)
    state = {**state_of(view), **held_state(view.held), "samples": chosen[0], "systems": chosen[1]}
    state["benchmark"] = view.tally.benchmark
    return ready_scene(
        KIND,
        LABEL,
        mode,
        document,
        state,
        words={
            "sentence": sentence(),
            "second": second_line(),
            "conventions": conventions(view),
            "sections": sections(view, samples or {}, systems or {}, benchmarks),
            "figures": figure_places(view),
            "trust": trust(view),
            "code": code(view, len(benchmarks) > 1),
        },
        still=lambda frame, state: still(frame, state, view),
        behaviour=Behaviour("test-time", behaviour_options(view)),
        table=menu_frame(view),
        arrays=arrays(view),
    )


def held_state(held: Held) -> dict[str, Any]:
    """What the controls hold, by flat key."""
    return {
        "budget.unit": held.unit,
        "budget.dollars": held.dollars,
        "budget.tokens": held.tokens,
        "budget.seconds": held.seconds,
        "budget.worth": held.worth,
        "verifier.kind": held.verifier,
        "verifier.right": held.right,
        "verifier.wrong": held.wrong,
        "price.tokens": held.sample_tokens,
        "price.hour": held.hour,
        "price.utilisation": held.utilisation,
        "price.factor": held.factor,
        **{f"show.{way}": way in held.shown for way in WAYS},
    }


def behaviour_options(view: View) -> dict[str, Any]:
    """What the browser needs beside the counts to follow every slider."""
    counts = view.tally
    units = () if view.systems is None else view.systems.axes
    listed = view.basis == "list"
    fixed = view.basis == "recorded"
    return {
        "models": [
            {
                "label": view.labels[m],
                "size": float(view.sizes[m]),
                "params": float(counts.params[m]),
                "price": float(view.prices[m]) if listed else None,
                "dollars": float(counts.dollars[m]) if fixed else None,
                "tokens": float(counts.tokens[m]) if fixed else None,
                "seconds": float(counts.seconds[m]) if fixed or listed else None,
            }
            for m in range(len(counts.models))
        ],
        "problems": len(counts.problems),
        "resamples": len(counts.weights),
        "fitted": counts.shapes.shape[1] - 1,
        "basis": view.basis,
        "peak": device(view.device).peak(PRECISION).value,
        "sized": view.sized,
        "level": view.level,
        "range": list(main_range(view)),
        "top": main_top(view),
        "pixels": AXIS_PIXELS,
        "right": list(RIGHT_RANGE),
        "wrong": list(WRONG_RANGE),
        "hard": [_hard(view, m) for m in range(len(counts.models))],
        "problemTicks": [
            {
                "top": difficulty_top(counts, m),
                "ticks": {str(k): v for k, v in problem_ticks(counts, m).items()},
            }
            for m in range(len(counts.models))
        ],
        "selected": selected_options(view),
        "systems": {unit: axis_options(axis) for unit, axis in dict(units).items()},
    }


def _hard(view: View, model: int) -> dict[str, Any]:
    """Columns of the figure of difficulty for one model."""
    columns: dict[str, Any] = difficulty(view.tally, model, view.level)["columns"]
    bars = columns["hard-bars"]
    return columns | {"hard-bars": {**bars, "size": np.full(len(bars["x"]), float(view.sizes[model]))}}


def arrays(view: View) -> dict[str, Array]:
    """Counts and shapes: all that the browser evaluates."""
    counts = view.tally
    return {"n": counts.n, "c": counts.c, "shapes": counts.shapes}


def menu_frame(view: View) -> pd.DataFrame:
    """The menu at full precision, best first."""
    each = costs(view)
    frame = advice(view).to_frame()
    order = [view.tally.models.index(str(name)) for name in frame.index]
    frame.insert(0, "dollars_per_sample", each["dollars"][order])
    out: pd.DataFrame = frame.reset_index()
    return out


__all__ = ["FITTED", "KIND", "sampling_scene"]
