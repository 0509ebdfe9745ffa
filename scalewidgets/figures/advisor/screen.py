"""The screen of the next-run advisor: from a search and what the controls hold to a scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..palette import LIGHT
from ..scene import Behaviour, Scene, document_of, ready_scene
from .columns import ORDER, pinned_names
from .numbers import seen, state_of
from .plots import advisor_plots, axis_title
from .shades import COLUMNS, ROWS
from .side import sections
from .view import ANSWERS, Array, View
from .words import code, conventions, figure_places, second_line, sentence, still, trust

KIND = "next-runs"
LABEL = "Next-run advisor"


def advisor_scene(view: View, mode: str = "full") -> Scene:
    """The whole screen.

    Parameters
    ----------
    view : View
        From :func:`make_view`.
    mode : {"compact", "full"}
        How much is folded away.
    """
    document = document_of(advisor_plots(view, LIGHT), KIND)
    state = {**state_of(view), **controls(view)}
    return ready_scene(
        KIND,
        LABEL,
        mode,
        document,
        state,
        words={
            "sentence": sentence(),
            "second": second_line(view),
            "conventions": conventions(view),
            "sections": sections(view),
            "figures": figure_places(view),
            "trust": trust(view),
            "code": code(view),
        },
        still=lambda frame, state: still(frame, state, view),
        behaviour=Behaviour("advisor", behaviour_options(view)),
        table=batch_table(view),
        arrays=arrays(view),
    )


def controls(view: View) -> dict[str, Any]:
    """What the controls hold."""
    now = view.held
    state: dict[str, Any] = {
        "question.answer": now.answer,
        "budget.flops": now.flops,
        "budget.unit": now.unit,
        "next.most": float(now.most),
        "next.spend": now.spend,
        "next.setup": now.setup,
        "next.ratio": "inside" if now.inside else "any",
        "next.candidates": "table" if now.table else "grid",
        "noise.scatter": now.scatter,
        "run.count": float(len(view.batch)),
    }
    for k, (n, d) in enumerate(view.batch):
        state |= {f"run.{k}.params": n, f"run.{k}.tokens": d}
    return state


def behaviour_options(view: View) -> dict[str, Any]:
    """What the browser needs beside the arrays to follow question, prices and batch."""
    advice, known = view.advice, view.advice.known
    law = known.law
    budgets, _ = view.answers
    drawn = {name: advice.drawn[name].shape for name in ORDER if name in advice.drawn}
    made = {name: shape for name, shape in drawn.items() if shape[0]}
    names = pinned_names(view)
    return {
        "formula": law.formula,
        "inputs": list(law.input_names),
        "names": list(known.names),
        "logged": [bool(v) for v in known.logged],
        "centre": dict(known.centre),
        "scatter": advice.scatter,
        "z": view.z,
        "budgets": [float(budgets[0]), float(budgets[-1]), len(budgets)],
        "perHours": view.per["hours"],
        "perDollars": view.per["dollars"],
        "edge": view.edge,
        "ratios": list(view.ratios),
        "params": list(view.params),
        "tokens": list(view.tokens),
        "grid": [COLUMNS, ROWS],
        "pinned": [
            {
                "place": k,
                "kind": "exponent" if law.symbol(known.names[k]).kind == "exponent" else "plain",
            }
            for k in names
        ],
        "drawn": {name: list(shape) for name, shape in made.items()},
        "advised": [list(run) for run in view.advised],
        "snap": view.held.table,
        "searched": {
            "answer": view.held.answer,
            "flops": view.held.flops,
            "setup": view.held.setup,
            "spend": view.held.spend,
        },
        "check": _check(view),
        "simulated": view.simulated is not None,
        "titles": {name: axis_title(name) for name in ANSWERS},
    }


def _check(view: View) -> dict[str, Any] | None:
    if view.check is None:
        return None
    return {
        str(name): {part: float(row[part]) for part in ("value", "low", "high")}
        for name, row in view.check.iterrows()
    }


def arrays(view: View) -> dict[str, Array]:
    """Covariance, answers, candidates and the designs that the batch is compared with."""
    advice = view.advice
    _, answers = view.answers
    offered = advice.candidates
    out: dict[str, Array] = {
        "inverse": advice.known.inverse,
        "candidates": offered[["params", "tokens"]].to_numpy(dtype=float),
        "offered": view.offered.astype(np.float32),
        "done": view.runs[["params", "tokens"]].to_numpy(dtype=float),
        **{f"answer.{name}": rows for name, rows in answers.items()},
    }
    for name, made in advice.drawn.items():
        if len(made):
            out[f"drawn.{name}"] = made.astype(np.float32)
    return out


def batch_table(view: View) -> pd.DataFrame:
    """The batch at full precision, and the designs that it is compared with."""
    found, setup = seen(view), view.held.setup
    rows: list[dict[str, Any]] = []
    for k, (n, d) in enumerate(view.batch):
        without = found.without[k]
        rows.append(
            {
                "what": f"run {k + 1}",
                "params": n,
                "tokens": d,
                "dollars": view.price(n, d) + setup,
                "low": without.low,
                "high": without.high,
            }
        )
    for name, row in found.rows.items():
        rows.append({"what": name, "low": row.low, "high": row.high})
    table: pd.DataFrame = pd.DataFrame(rows)
    return table
