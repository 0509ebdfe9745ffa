"""The screen of the law fitter: from a fit and what the controls hold to a scene."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from bokeh.document import Document

from ...fitting import Fit
from ...fitting.steps import drained
from ..curves import FLOPS_PER_PARAM_TOKEN, QUANTITIES, Cloud, band, law_inputs
from ..frame import line, render_text, text
from ..palette import LIGHT
from ..scene import Behaviour, Scene, document_of, theme_entries
from ..sketch import Sketch
from .columns import BAND_POINTS, CURVE_POINTS
from .controls import Controls
from .exponents import exponent_arrays, exponent_behaviour
from .extras import NOTHING, Extras
from .others import law_arrays, law_behaviour, law_state
from .plots import plot_steps, run_columns
from .side import sections
from .view import Target, View, make_view
from .words import code, conventions, figure_places, second_line, sentence, still, trust

KIND = "law-fitter"

BARELY = 0.02
"""Decades beyond the largest run up to which a target counts as inside; as in the browser."""


def law_fitter_scene(
    fit: Fit,
    target: Target,
    cloud: Cloud,
    controls: Controls,
    held: Mapping[str, float] | None = None,
    more: Extras = NOTHING,
) -> Scene:
    """The whole screen for a fit.

    Parameters
    ----------
    fit : Fit
        A fit with coefficients (any status but refused).
    target : Target
        The model that is asked about.
    cloud : Cloud
        Resamples for intervals.
    controls : Controls
        What the side column offers.
    held : mapping, optional
        Coefficients that a person moved by hand.
    more : Extras
        What stands beside the fit: the map of the exponents, the other laws.
    """
    return drained(law_fitter_scene_steps(fit, target, cloud, controls, held, more))


def law_fitter_scene_steps(
    fit: Fit,
    target: Target,
    cloud: Cloud,
    controls: Controls,
    held: Mapping[str, float] | None = None,
    more: Extras = NOTHING,
) -> Generator[None, None, Scene]:
    """Build the whole screen, the caller's turn after each figure; parameters as for the scene."""
    view = make_view(fit, target, cloud, held, blind=controls.blind)
    roots = yield from plot_steps(view, LIGHT, more)
    document = document_of(roots, KIND)
    yield
    parts = _parts(view, controls, more)
    return Scene(
        kind=KIND,
        document=document,
        table=runs_table(view),
        themes=theme_entries(document),
        **parts,
    )


def law_fitter_sketch(fit: Fit, target: Target, cloud: Cloud, controls: Controls) -> Sketch:
    """What changes at once on the screen of an earlier fit of the same law; parameters as for the scene.

    Curves, bands and the answer are drawn by the browser from the coefficients and their resamples, as when
    a person moves a slider. What stands in the side column, beside the figures and in their titles follows
    with the whole scene.
    """
    view = make_view(fit, target, cloud, blind=controls.blind)
    state = _state(view, controls)
    frame = {"second": second_line(view, controls.checking), "trust": trust(view, controls)}
    return Sketch(
        columns=run_columns(view),
        frame=frame,
        state=state,
        behaviours=_law_behaviours(view),
        arrays=_cloud_arrays(view),
        summary=_summary(sentence(), frame["second"], state),
    )


def _parts(view: View, controls: Controls, more: Extras) -> dict[str, Any]:
    """Everything of the screen but plots and table."""
    state = _state(view, controls)
    if more.laws is not None:
        state |= law_state(view, more.laws)
    frame = _frame(view, controls, state, more)
    return {
        "frame": frame,
        "state": state,
        "behaviours": _behaviours(view, more, controls.unfinished),
        "arrays": {
            **_cloud_arrays(view),
            **({} if more.exponents is None else exponent_arrays(more.exponents)),
            **({} if more.laws is None else law_arrays(more.laws)),
        },
        "summary": _summary(frame["sentence"], frame["second"], state),
    }


def _cloud_arrays(view: View) -> dict[str, Any]:
    """Resampled coefficients and residuals, from which the browser draws bands."""
    return {
        **{f"draws.{name}": draws for name, draws in view.cloud.draws.items()},
        "noise": view.cloud.noise,
    }


def _summary(first: Any, second: Any, state: Mapping[str, Any]) -> str:
    return " ".join(part for part in (render_text(first, state), render_text(second, state)) if part)


def empty_scene(controls: Controls) -> Scene:
    """The screen before there is a table: what will appear, and the one thing to do now."""
    frame = {
        "label": "Scaling-law fitter",
        "mode": controls.mode,
        "phase": "empty",
        "sentence": [line(text("What will your next model reach?"))],
        "second": [
            line(
                text(
                    "Give one row per run: parameters, tokens or FLOP, and loss. "
                    "The answer appears here, with its interval."
                )
            )
        ],
        "empty": {
            "button": {"label": "Choose a table of runs", "ask": "open-table", "file": ".csv,.tsv,.txt"},
            "link": {
                "label": "try the 240 Chinchilla runs",
                "ask": "open-data",
                "args": {"name": "chinchilla"},
            },
        },
        "still": {"layout": []},
    }
    words = render_text(frame["sentence"], {}) + " " + render_text(frame["second"], {})  # type: ignore[arg-type]
    return Scene(kind=KIND, document=Document(title=KIND), frame=frame, state={}, summary=words)


def _state(view: View, controls: Controls) -> dict[str, Any]:
    fit, target = view.fit, view.target
    inputs = law_inputs(fit.law, target.params, target.flops)
    best = float(np.asarray(fit.law.value(inputs, fit.coefficients)))
    loss = float(np.asarray(fit.law.value(inputs, view.held)))
    low, high, run_low, run_high = (float(v[0]) for v in band(fit.law, view.cloud, inputs))
    times = target.flops / view.inside
    state: dict[str, Any] = {
        "dataset": controls.data,
        "blind": controls.blind_above,
        "family": controls.family,
        "law": fit.law.name,
        "objective": fit.certificate.objective,
        "delta": fit.certificate.delta,
        **controls.shape,
        "delta.inside": f"{fit.inside_delta:,}" if fit.inside_delta is not None else None,
        "runs.used": f"{view.n_runs:,}",
        "runs.all": f"{len(fit.runs):,}",
        "runs.excluded": f"{len(fit.runs) - view.n_runs:,}",
        "target.params": target.params,
        "target.tokens": target.tokens,
        "answer.variant": "hand" if view.by_hand else "fit",
        "answer.loss": loss,
        "answer.low": low,
        "answer.high": high,
        "answer.run_low": run_low,
        "answer.run_high": run_high,
        "answer.fit_loss": best,
        "answer.flops": target.flops,
        "answer.times": times,
        "answer.decades": float(np.log10(times)),
        "answer.decades_words": f"{np.log10(times):.1f}",
        "answer.beyond": bool(np.log10(times) > BARELY),
        "answer.objective_ratio": 1.0,
        "miss.median": fit.median_miss,
    }
    for name, number in fit.coefficients.items():
        state[f"coef.{name}"] = float(view.held.get(name, number))
        state[f"fixed.{name}"] = name in controls.fixed
    return state


def _frame(view: View, controls: Controls, state: Mapping[str, Any], more: Extras) -> dict[str, Any]:
    fit = view.fit
    frame: dict[str, Any] = {
        "label": "Scaling-law fitter",
        "mode": controls.mode,
        "phase": "ready",
        "sentence": sentence(),
        "second": second_line(view, controls.checking),
        "conventions": conventions(fit),
        "sections": sections(view, controls, 0 if more.laws is None else len(more.laws.rows)),
        "figures": figure_places(view, more),
        "trust": trust(view, controls),
        "notice": None,
        "code": code(fit, controls),
    }
    frame["still"] = still(frame, state)
    return frame


def _behaviours(view: View, more: Extras, unfinished: bool) -> tuple[Behaviour, ...]:
    places = [
        {"figure": "main", "x": "flops", "y": "loss"},
        {"figure": "residuals", "x": "params", "y": "residual"},
    ]
    return (
        *_law_behaviours(view),
        Behaviour("run-hover", {"source": "runs", "ring": "hover", "figures": ["main", "residuals"]}),
        Behaviour("pick-runs", {"source": "runs", "excluded": "excluded", "places": places}),
        Behaviour("drag-target", {"figure": "main", "flopsPerParamToken": FLOPS_PER_PARAM_TOKEN}),
        *(() if more.exponents is None else (exponent_behaviour(more.exponents),)),
        *(() if more.laws is None else (law_behaviour(view, more.laws),)),
        *((Behaviour("finish-fit"),) if unfinished else ()),
    )


def _law_behaviours(view: View) -> tuple[Behaviour, Behaviour]:
    """What draws the law: its options are all that a refit changes."""
    law = view.fit.law
    names = [s.name for s in law.coefficients]
    common = {
        "formula": law.formula,
        "inputs": {s.name: QUANTITIES[s.name] for s in law.inputs},
        "coefficients": names,
        "flopsPerParamToken": FLOPS_PER_PARAM_TOKEN,
    }
    return (
        Behaviour(
            "law-curves",
            {
                **common,
                "fit": {n: float(view.fit.coefficients[n]) for n in names},
                "sizes": list(view.sizes),
                "x": list(view.x),
                "y": list(view.y),
                "inside": view.inside,
                "level": view.cloud.level,
                "curvePoints": CURVE_POINTS // 2,
                "bandPoints": BAND_POINTS,
            },
        ),
        Behaviour(
            "law-residuals",
            {
                **common,
                "fit": {n: float(view.fit.coefficients[n]) for n in names},
                "objective": _objective(view.fit),
            },
        ),
    )


def _objective(fit: Fit) -> dict[str, Any]:
    """What the browser needs to evaluate the objective at coefficients that are moved by hand."""
    certificate = fit.certificate
    goal = {"name": certificate.objective, "delta": certificate.delta}
    if fit.setting is None:
        return goal
    return {**goal, "up": fit.setting.goal.up, "down": fit.setting.goal.down, "nu": fit.setting.goal.nu}


def runs_table(view: View) -> pd.DataFrame:
    """Runs, fitted losses and residuals, those that were left out among them."""
    parts = [
        part.assign(excluded=out) for part, out in ((view.runs, False), (view.excluded, True)) if len(part)
    ]
    table: pd.DataFrame = pd.concat(parts).sort_values("run").reset_index(drop=True)
    renamed: pd.DataFrame = table.rename(columns={"residual": "residual_percent"})
    return renamed
