"""The screen of the three approaches: from their lines and what the controls hold to a scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...allocation.kaplan_path import HIGHEST, KAPLAN_TO_CHINCHILLA, LOWEST
from ...allocation.machine import Machine
from ..allocator.numbers import ends
from ..allocator.view import Array
from ..palette import LIGHT
from ..scene import Behaviour, Scene, document_of, ready_scene
from ..spending import per_unit
from .columns import path_range
from .following import BESIDE, EDGE, LABEL_AT, MARGIN, RATIO_PIXELS, RATIO_ROOM, RATIOS, SHARES
from .numbers import BIASED, answer, state_of
from .plots import approach_plots
from .side import Choices, sections
from .view import View
from .words import code, conventions, figure_places, second_line, sentence, still, trust

KIND = "approaches"
LABEL = "Approaches 1, 2 and 3"


def approaches_scene(view: View, choices: Choices | None = None) -> Scene:
    """The whole screen.

    Parameters
    ----------
    view : View
        From :func:`make_view`.
    choices : Choices, optional
        What the controls offer that the kernel answers.
    """
    offered = choices or Choices()
    document = document_of(approach_plots(view, LIGHT), KIND)
    state = {**state_of(view), **held(view, offered)}
    return ready_scene(
        KIND,
        LABEL,
        offered.mode,
        document,
        state,
        words={
            "sentence": sentence(),
            "second": second_line(),
            "conventions": conventions(view),
            "sections": sections(view, offered),
            "figures": figure_places(view, offered.mode == "compact"),
            "trust": trust(view),
            "code": code(view, offered),
        },
        still=lambda frame, state: still(view, frame, state),
        behaviour=Behaviour("approaches", behaviour_options(view)),
        table=numbers_table(view),
        arrays=arrays(view),
    )


def held(view: View, choices: Choices) -> dict[str, Any]:
    """What the controls hold."""
    now = view.held
    return {
        "budget.flops": now.budget,
        "budget.unit": now.unit,
        "hardware.utilisation": now.machine.utilisation,
        "hardware.price": now.machine.dollars_per_hour,
        "path.step": float(now.step),
        "dataset": choices.dataset,
        "family": choices.family,
        "bins": None if choices.bins is None else float(choices.bins),
        "budgets": None if choices.budgets is None else float(choices.budgets),
        "tolerance": view.lines.tolerance,
    }


def behaviour_options(view: View) -> dict[str, Any]:
    """What the browser needs beside the rows to follow budget and step."""
    machine = view.held.machine
    points = [p for p in (view.lines.second, view.lines.clean) if p is not None]
    off = [np.exp(p.log_params[0]) / view.best(p.flops) for p in points]
    noisy = off[0] if view.lines.second is not None else np.ones(1)
    shares = np.concatenate(off) - 1 if off else np.zeros(1)
    bottom, top = path_range(view)
    return {
        "level": view.level,
        "edge": view.edge,
        "low": float(view.lines.flops.min()),
        "peak": machine.peak,
        "biased": BIASED,
        "clean": None if view.clean is None else list(view.clean),
        "seen": [float(v) for v in noisy if np.isfinite(v)],
        "shares": [float(v) for v in shares if np.isfinite(v)],
        "ladders": {
            "ratio": [[reach, *ticks] for reach, ticks in RATIOS.items()],
            "share": [[reach, *ticks] for reach, ticks in SHARES.items()],
        },
        "margin": MARGIN,
        "room_right": EDGE,
        "label_at": LABEL_AT,
        "pixels": RATIO_PIXELS,
        "beside": BESIDE,
        "room": RATIO_ROOM,
        "params": list(view.map.params),
        "tokens": list(view.map.tokens),
        "path": [bottom, top],
        "reach": [LOWEST, HIGHEST],
        "steps": [
            {
                "name": step.name, "short": step.short, "change": step.change, "exponent": step.exponent,
                "low": step.low, "high": step.high, "coefficient": step.coefficient,
            }
            for step in KAPLAN_TO_CHINCHILLA
        ],
    }  # fmt: skip


def arrays(view: View) -> dict[str, Array]:
    """Lines of approaches 1 and 2 and coefficients of approach 3, with their resamples."""
    known = {"law": view.law}
    for name, rows in zip(("one", "two"), view.powers, strict=True):
        if rows is not None:
            known[name] = rows
    return known


def numbers_table(view: View) -> pd.DataFrame:
    """Numbers at full precision: a row for each approach and each step of the path."""
    found, budget = answer(view), view.held.budget
    machine: Machine = view.held.machine
    dollars = budget / per_unit(machine.rate, machine.dollars_per_hour)["dollars"]
    rows: list[dict[str, Any]] = []
    for k, column in enumerate(found.columns):
        row: dict[str, Any] = {"fit": f"approach {k + 1}", "flops": budget, "dollars": dollars}
        for name in ("exponent", "params", "tokens"):
            values = np.full(1, np.nan) if column is None else getattr(column, name)
            row[name] = float(values[0])
            row[f"{name}_low"], row[f"{name}_high"] = ends(values, view.level)
        wasted = np.full(1, np.nan) if column is None else column.waste * dollars
        row["wasted_dollars"] = float(wasted[0])
        row["wasted_low"], row["wasted_high"] = (
            ends(wasted, view.level) if k < 2 else (float("nan"), float("nan"))
        )
        rows.append(row)
    for step in KAPLAN_TO_CHINCHILLA:
        low, high = (float(v) for v in step.interval(budget))
        size = float(step.params(budget))
        rows.append(
            {
                "fit": step.name, "flops": budget, "dollars": dollars, "exponent": step.exponent,
                "exponent_low": step.low, "exponent_high": step.high, "params": size, "params_low": low,
                "params_high": high, "tokens": budget / (6 * size),
            }
        )  # fmt: skip
    table: pd.DataFrame = pd.DataFrame(rows)
    return table
