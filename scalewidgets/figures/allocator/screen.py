"""The screen of the allocator: from a fit and what the controls hold to a scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...allocation.hardware import device
from ...allocation.machine import PRICES
from ..palette import LIGHT
from ..scene import Behaviour, Scene, document_of, ready_scene
from .columns import (
    AROUND,
    BAND_POINTS,
    CONTOURS,
    GROWTH_PIXELS,
    LABEL_ROOM,
    LINE_POINTS,
    POINTS,
)
from .following import BAR_POINTS, WASTE_TOP
from .lines import MAP_PIXELS, SHORT
from .numbers import Answer, answer, ends, hours, serving_price, state_of
from .plots import allocator_plots
from .side import offered, sections
from .split import ASPECT, HALVINGS, MARGIN, ROOM, RULES, TABLE, decay_constants
from .view import MOST_IN_BANDS, MOST_SEARCHED, NEAR, Array, View, rows_of
from .words import code, conventions, figure_places, second_line, sentence, still, trust

KIND = "allocator"
LABEL = "Compute allocator"


def allocator_scene(view: View, mode: str = "full") -> Scene:
    """The whole screen.

    Parameters
    ----------
    view : View
        From :func:`make_view`.
    mode : {"compact", "full"}
        How much is folded away.
    """
    document = document_of(allocator_plots(view, LIGHT), KIND)
    state = {**state_of(view), **held(view)}
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
            "sections": sections(view),
            "figures": figure_places(view),
            "trust": trust(view),
            "code": code(view),
        },
        still=still,
        behaviour=Behaviour("allocator", behaviour_options(view)),
        table=costs_table(view),
        arrays=arrays(view),
        after=f"{state['plan.pays']}.",
    )


def held(view: View) -> dict[str, Any]:
    """What the controls hold."""
    now = view.held
    return {
        "budget.flops": now.budget,
        "budget.unit": now.unit,
        "hardware.device": now.machine.device,
        "hardware.gpus": float(now.machine.gpus),
        "hardware.utilisation": now.machine.utilisation,
        "hardware.price": now.machine.dollars_per_hour,
        "serve.tokens": now.served,
        "serve.utilisation": now.machine.serving_utilisation or now.machine.utilisation,
        "plan.params": now.params,
        "plan.tokens": now.tokens,
        "plan.keep": "budget" if now.keep else "free",
        "plan.snap": False,
        "input.fine": True,
        "input.problem": "",
        "hardware.list": "off",
        "law.open": "off",
        "rule.kind": now.rule,
        "rule.context": now.context,
        "rule.active": now.active,
        **{
            f"limit.{name}{key}": value
            for name, limit in (("unique", now.unique), ("memory", now.memory), ("deadline", now.deadline))
            for key, value in (("", "on" if limit.on else "off"), (".at", limit.at))
        },
    }


def behaviour_options(view: View) -> dict[str, Any]:
    """What the browser needs beside the coefficients to follow budget, machine and plan."""
    machine = view.held.machine
    precision = machine.precision
    known = {name: device(name) for name in offered(view)}
    return {
        "rows": len(rows_of(view.fit)),
        "inBands": MOST_IN_BANDS,
        "inSearch": MOST_SEARCHED,
        "level": view.level,
        "reach": list(view.reach),
        "budgets": list(view.budgets),
        "near": NEAR,
        "params": list(view.params),
        "tokens": list(view.tokens),
        "growth": list(view.growth),
        "around": AROUND,
        "points": BAND_POINTS,
        "linePoints": LINE_POINTS,
        "barPoints": BAR_POINTS,
        "mapPoints": POINTS,
        "contours": CONTOURS,
        "short": SHORT,
        "map": list(MAP_PIXELS),
        "growthPixels": GROWTH_PIXELS,
        "labelRoom": LABEL_ROOM,
        "rules": RULES,
        "search": {
            "aspect": ASPECT,
            "halvings": HALVINGS,
            "margin": MARGIN,
            "room": ROOM,
            "table": TABLE,
            "dataDecay": decay_constants()[0],
            "sizeDecay": decay_constants()[1],
        },
        "wasteTop": WASTE_TOP,
        "watts": {} if machine.watts is None else {machine.device: machine.watts},
        "devices": {
            name: {"peak": d.peak(precision).value, "price": PRICES[name]} for name, d in known.items()
        },
    }


def arrays(view: View) -> dict[str, Array]:
    """Coefficients of the fit and its resamples, and the runs: all that the browser evaluates."""
    return {"rows": rows_of(view.fit), "runs": np.ascontiguousarray(view.used)}


def costs_table(view: View) -> pd.DataFrame:
    """The table of costs at full precision, a row for each of the three models."""
    found, machine = answer(view), view.held.machine
    rows = []
    for name, rows_, flops in _models(found):
        time = hours(flops, machine)
        size, data, loss = (float(v[0]) for v in (rows_.params, rows_.tokens, rows_.loss))
        row: dict[str, Any] = {"model": name, "params": size, "tokens": data, "loss": loss}
        for part in ("params", "tokens", "loss"):
            row[f"{part}_low"], row[f"{part}_high"] = ends(getattr(rows_, part), view.level)
        serving = serving_price(view, size) * view.held.served
        training = time * machine.dollars_per_hour
        cost = machine.cost(flops)
        row |= {
            "flops": flops,
            "training_dollars": training,
            "days": time / machine.gpus / 24,
            **({} if cost.kwh is None else {"kwh": float(cost.kwh)}),
            "serving_dollars": serving,
            "life_dollars": training + serving,
        }
        rows.append(row)
    table: pd.DataFrame = pd.DataFrame(rows)
    return table


def _models(found: Answer) -> list[tuple[str, Any, float]]:
    equal: Array = found.equal_flops
    return [
        ("optimum", found.best, found.budget),
        ("plan", found.plan, found.plan_flops),
        ("equal to plan", found.equal, float(equal[0])),
    ]
