"""The screen that compares recipes: from fits and a budget to a scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...fitting import Status
from ...laws.card import titled
from ..frame import line, text
from ..palette import LIGHT
from ..plots import bare_plot, decades, dots, nice_losses, source
from ..runs import run_flops, thinned
from ..scene import Behaviour, Scene, document_of, ready_scene, theme_entries
from .columns import FAR, POINTS, judged_range, standing
from .model import Curve
from .plots import COMPUTE, gap_range, recipe_plots, worth_range
from .side import Choices, judged_section, law_section, recipes_section, sections
from .view import MARKS, TOSS_UP, Recipe, View, pairing
from .words import code, conventions, figure_places, second_line, sentence, still, trust

KIND = "recipes"
LABEL = "Recipes compared"


def recipe_scene(view: View, choices: Choices) -> Scene:
    """The whole screen of a comparison.

    Parameters
    ----------
    view : View
        From :func:`make_view`.
    choices : Choices
        What the side column offers.
    """
    roots, followed = recipe_plots(view, LIGHT)
    document = document_of(roots, KIND)
    state = {**followed, **held(view, choices)}
    return ready_scene(
        KIND,
        LABEL,
        choices.mode,
        document,
        state,
        words={
            "sentence": sentence(),
            "second": second_line(view),
            "conventions": conventions(view, choices.objective),
            "sections": sections(view, choices),
            "figures": figure_places(view),
            "trust": trust(view),
            "code": code(view, choices),
        },
        still=lambda frame, state: still(view, frame, state),
        behaviour=Behaviour("recipes", behaviour_options(view)),
        table=comparison_table(view),
        arrays=arrays(view),
    )


def held(view: View, choices: Choices) -> dict[str, Any]:
    """What the controls hold."""
    return {
        **{f"recipe.{i}": recipe.name for i, recipe in enumerate(view.recipes)},
        "pair": f"{view.pair[0]}-{view.pair[1]}",
        "judged": view.yardstick.column,
        "judged.label": view.yardstick.label,
        "law": choices.law,
        "budget.flops": view.budget,
        "budget.unit": view.unit,
        "hardware.utilisation": view.machine.utilisation,
        "hardware.price": view.machine.dollars_per_hour,
    }


def behaviour_options(view: View) -> dict[str, Any]:
    """What the browser needs beside the arrays to follow the budget."""
    return {
        "names": [recipe.name for recipe in view.recipes],
        "pair": list(view.pair),
        "paired": view.comparison.paired,
        "curves": [curve.options() for curve in view.curves],
        "others": [[twins.a.options(), twins.b.options()] for twins in view.other_twins],
        "x": list(view.x),
        "y": list(view.y),
        "edge": view.edge,
        "level": view.level,
        "points": POINTS,
        "far": FAR,
        "tossUp": list(TOSS_UP),
        "worth": list(worth_range(view)),
        "gap": list(gap_range(view, standing(view))),
        "judgedEdge": judged_range(view)[1] if view.others else 0.0,
        "peak": view.machine.peak,
    }


def arrays(view: View) -> dict[str, np.ndarray[Any, Any]]:
    """Rows of every curve, and the resample of the second that stands beside each of the first."""

    def rows(curve: Curve) -> np.ndarray[Any, Any]:
        return curve.rows.astype(np.float32) if curve.kind == "table" else curve.rows

    out = {f"curve.{i}": rows(curve) for i, curve in enumerate(view.curves)}
    out["order"] = view.comparison.order.astype(float)
    for k, twins in enumerate(view.other_twins):
        # Already side by side: only the pair is drawn.
        out |= {f"other.{k}.a": rows(twins.a), f"other.{k}.b": rows(twins.b)}
    return out


def comparison_table(view: View) -> pd.DataFrame:
    """Losses of all recipes, and the verdict on the pair, over compute; the budget itself among the rows."""
    flops = np.unique(np.append(np.geomspace(*view.x, 41), view.budget))
    columns: dict[str, Any] = {"flops": flops}
    for i, recipe in enumerate(view.recipes):
        for name, values in zip(("", "_low", "_high"), view.band(i, flops), strict=True):
            columns[f"loss_{recipe.name}{name}"] = values
    for what, found in (
        ("difference", view.twins.difference(flops)),
        ("multiplier", view.twins.worth(flops)),
    ):
        for name, values in zip(("", "_low", "_high"), found, strict=True):
            columns[f"{what}{name}"] = values
    columns[f"probability_{view.a.name}_better"] = view.twins.probability(flops)
    table: pd.DataFrame = pd.DataFrame(columns)
    return table


def refused_recipes_scene(recipes: list[Recipe], choices: Choices, pair: str, judged: str) -> Scene:
    """The screen where a recipe cannot be fitted: its runs, and the reason why nothing is compared."""
    bad = next((r for r in recipes if r.fit.status is Status.REFUSED), recipes[0])
    said = f"{bad.name} could not be fitted, so nothing is compared."
    drawn = [
        thinned(
            pd.DataFrame(
                {
                    "run": np.arange(len(r.fit.runs)),
                    "params": r.fit.runs["params"].to_numpy(dtype=float),
                    "flops": run_flops(r.fit.runs),
                    "loss": r.fit.runs["loss"].to_numpy(dtype=float),
                }
            )
        )
        for r in recipes
    ]
    whole = pd.concat(drawn)
    x = (float(whole["flops"].min()) / 2, float(whole["flops"].max()) * 2)
    y = (float(whole["loss"].min()) * 0.95, float(whole["loss"].max()) * 1.05)
    plot = bare_plot(
        "main",
        LIGHT,
        x=x,
        y=y,
        y_type="log",
        x_title=COMPUTE,
        y_title="Loss (nats per token)",
        x_ticks=decades(*x),
        y_ticks=nice_losses(*y),
        borders=(4, 22, 0, 42),
    )
    for i, runs in enumerate(drawn):
        data = source(f"runs-{i}", {c: runs[c].to_numpy() for c in ("flops", "loss")}, browser=False)
        dots(plot, data, "flops", "loss", marker=MARKS[i], size=5, fill=LIGHT.recipes[i], alpha=0.8)
    document = document_of([plot], KIND)
    names = [r.name for r in recipes]
    first, second = (int(v) for v in pair.split("-"))
    frame: dict[str, Any] = {
        "label": LABEL,
        "mode": choices.mode,
        "phase": "refused",
        "sentence": [line(text(said))],
        "second": [line(text(bad.fit.reason))],
        "conventions": [],
        "sections": [
            recipes_section(names, [int(r.fit.used.sum()) for r in recipes], choices, "", (first, second)),
            *judged_section(choices),
            law_section(choices, titled(bad.fit.law)),
        ],
        "figures": [
            {
                "root": "main",
                "place": "main",
                "height": 360,
                "title": [line(text("The runs"))],
                "note": [line(text("Each mark is a run."))],
            }
        ],
        "trust": [line(text(f"{bad.name} not fitted"), level="error", short="Not fitted")],
        "notice": None,
        "code": [],
    }
    frame["still"] = {
        "width": 912,
        "layout": [{"root": "main", "title": "The runs", "note": "", "x": 0, "y": 0, "w": 912, "h": 380}],
        "subtitle": bad.fit.reason,
        "footer": [],
    }
    state: dict[str, Any] = {f"recipe.{i}": name for i, name in enumerate(names)}
    state |= {"pair": pair, "judged": judged, "judged.label": choices.yardsticks[judged], "law": choices.law}
    return Scene(
        kind=KIND,
        document=document,
        frame=frame,
        state=state,
        summary=f"{said} {bad.fit.reason}",
        table=whole.reset_index(drop=True),
        themes=theme_entries(document),
    )


__all__ = ["View", "pairing", "recipe_scene", "refused_recipes_scene"]
