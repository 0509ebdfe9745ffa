"""The screen of the law fitter: from a fit and what the controls hold to a :class:`~.scene.Scene`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from bokeh.document import Document

from ..fitting import Fit, Status
from ..laws import Law
from ..units import format_quantity
from .curves import FLOPS_PER_PARAM_TOKEN, Cloud, band, law_inputs
from .frame import interval, line, render_text, text, value
from .lawfitter import (
    BAND_POINTS,
    CURVE_POINTS,
    Target,
    View,
    law_fitter_plots,
    make_view,
)
from .palette import DARK, LIGHT
from .scene import Behaviour, Scene, theme_entries

KIND = "law-fitter"

OBJECTIVES: Mapping[str, str] = {
    "huber_log": "Huber on log loss, sum",
    "squared_log": "Squared log residuals, sum",
    "squared_raw": "Squared loss residuals, sum",
    "absolute_log": "Absolute log residuals, sum",
}

PARAMS_RANGE = (1e7, 1e13)
TOKENS_RANGE = (1e8, 1e15)
DELTA_RANGE = (1e-5, 1e-1)


@dataclass(frozen=True)
class Controls:
    """What the controls of the screen offer and hold.

    Attributes
    ----------
    data : str
        Value of the data selector: the name of a bundled table, or ``"own"``.
    datasets : mapping of str to str
        Values of the data selector and their labels.
    data_code : str
        The Python expression that yields the table, for "copy code".
    family : str or None
        The chosen family, where the table has several.
    families : sequence of str
        Families that can be fitted.
    laws : mapping of str to str
        Names of laws on offer and their titles.
    fixed : mapping of str to float
        Coefficients that keep their value in the next fit.
    exclusions : str
        Why runs are excluded, in words; empty when none are.
    can_restore : bool
        Whether excluded runs can be brought back.
    exclude_code : str
        The ``exclude=`` argument for "copy code", empty for the default.
    resamples : int
        How many resamples the interval rests on.
    seed : int
        The seed of the resamples.
    mode : str
        ``"compact"`` (an output in a notebook) or ``"full"``.
    """

    data: str
    datasets: Mapping[str, str]
    data_code: str
    laws: Mapping[str, str]
    family: str | None = None
    families: Sequence[str] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)
    exclusions: str = ""
    can_restore: bool = False
    exclude_code: str = ""
    resamples: int = 1000
    seed: int = 0
    mode: str = "compact"


def law_fitter_scene(
    fit: Fit,
    target: Target,
    cloud: Cloud,
    controls: Controls,
    held: Mapping[str, float] | None = None,
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
    """
    view = make_view(fit, target, cloud, held)
    roots = law_fitter_plots(view, LIGHT)
    themes = theme_entries(roots)
    document = Document(title=KIND)
    for root in roots:
        document.add_root(root)
    state = _state(view, controls)
    frame = _frame(view, controls, state)
    summary = " ".join(
        part
        for part in (render_text(frame["sentence"], state), render_text(frame["second"], state))
        if part
    )
    return Scene(
        kind=KIND,
        document=document,
        frame=frame,
        state=state,
        behaviours=_behaviours(view),
        arrays={
            **{f"draws.{name}": draws for name, draws in cloud.draws.items()},
            "noise": cloud.noise,
        },
        summary=summary,
        table=_table(view),
        themes=themes,
    )


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
            "link": {"label": "try the 240 Chinchilla runs", "ask": "open-data", "args": {"name": "chinchilla"}},
        },
        "still": {"layout": []},
    }
    words = render_text(frame["sentence"], {}) + " " + render_text(frame["second"], {})  # type: ignore[arg-type]
    return Scene(kind=KIND, document=Document(title=KIND), frame=frame, state={}, summary=words)


# ---- state: what the controls hold and the sentence prints ----


def _state(view: View, controls: Controls) -> dict[str, Any]:
    fit, target = view.fit, view.target
    inputs = law_inputs(fit.law, target.params, target.flops)
    best = float(np.asarray(fit.law.value(inputs, fit.coefficients)))
    loss = float(np.asarray(fit.law.value(inputs, view.held)))
    low, high, run_low, run_high = (float(v[0]) for v in band(fit.law, view.cloud, inputs))
    times = target.flops / view.inside
    state: dict[str, Any] = {
        "dataset": controls.data,
        "family": controls.family,
        "law": fit.law.name,
        "objective": fit.certificate.objective,
        "delta": fit.certificate.delta,
        "delta.inside": f"{fit.inside_delta:,}" if fit.inside_delta is not None else None,
        "runs.used": f"{view.n_runs:,}",
        "runs.all": f"{len(fit.runs):,}",
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
        "answer.beyond": bool(times > 1),
        "answer.objective_ratio": 1.0,
        "miss.median": fit.median_miss,
    }
    for name, number in fit.coefficients.items():
        state[f"coef.{name}"] = float(view.held.get(name, number))
        state[f"fixed.{name}"] = name in controls.fixed
    return state


# ---- frame: words and places ----


def _frame(view: View, controls: Controls, state: Mapping[str, Any]) -> dict[str, Any]:
    fit = view.fit
    frame: dict[str, Any] = {
        "label": "Scaling-law fitter",
        "mode": controls.mode,
        "phase": "ready",
        "sentence": _sentence(),
        "second": _second(controls),
        "conventions": _conventions(fit),
        "sections": _sections(view, controls),
        "figures": _figures(view),
        "trust": _trust(view),
        "notice": None,
        "code": _code(fit, controls),
    }
    frame["still"] = _still(frame, state)
    return frame


def _sentence() -> list[dict[str, Any]]:
    asked = (
        text("A "),
        value("target.params", "params"),
        text(" model on "),
        value("target.tokens", "tokens"),
        text(" tokens reaches a loss of "),
    )
    answer = (
        value("answer.fit_loss", "loss", "answer"),
        text(" "),
        interval("answer.low", "answer.high", "loss"),
        text("."),
    )
    by_hand = (
        text("By hand, a "),
        *asked[1:],
        value("answer.loss", "loss", "answer"),
        text("; the fit says ", "quiet"),
        value("answer.fit_loss", "loss", "quiet"),
        text(" ", "quiet"),
        interval("answer.low", "answer.high", "loss"),
        text("."),
    )
    return [line(*by_hand, when={"answer.variant": "hand"}), line(*asked, *answer)]


def _second(controls: Controls) -> list[dict[str, Any]]:
    rests = text(f"95 % interval of the coefficients, {controls.resamples:,} resamples. A single run may land in ")
    single = interval("answer.run_low", "answer.run_high", "loss")
    return [
        line(
            text("These coefficients were set by hand: their objective is "),
            value("answer.objective_ratio", "plain", "strong", 3),
            text(" times that of the fit. Fit brings back the best ones."),
            when={"answer.variant": "hand"},
        ),
        line(
            rests,
            single,
            text(". The target takes "),
            value("answer.times", "plain", digits=2),
            text(" times the compute of the largest run."),
            when={"answer.beyond": True},
        ),
        line(rests, single, text(". The target lies within the compute of the runs.")),
    ]


def _conventions(fit: Fit) -> list[str]:
    certificate = fit.certificate
    objective = OBJECTIVES.get(certificate.objective, certificate.objective).removesuffix(", sum")
    delta = f", δ = {format_quantity(certificate.delta, 'plain')}" if certificate.delta is not None else ""
    return [f"{fit.law.title} law, {objective}{delta}", str(certificate.convention)]


def side_sections(fit: Fit, controls: Controls) -> list[dict[str, Any]]:
    """Data, law and objective: the sections that change what is fitted."""
    return [_data_section(fit, controls), _law_section(fit.law, controls), _objective_section(fit)]


def _sections(view: View, controls: Controls) -> list[dict[str, Any]]:
    fit = view.fit
    sections = side_sections(fit, controls)
    sections.append(
        {
            "id": "target",
            "heading": "Target",
            "open": True,
            "folded": [],
            "items": [
                _slider("target.params", "Parameters", PARAMS_RANGE, "params", "browser", view.target.params),
                _slider("target.tokens", "Tokens", TOKENS_RANGE, "tokens", "browser", view.target.tokens),
            ],
        }
    )
    fixed = len(controls.fixed)
    sections.append(
        {
            "id": "coefficients",
            "heading": "Coefficients",
            "aside": {"label": "Fit", "ask": "fit"},
            "folded": [line(text(f"{len(fit.coefficients) - fixed} free, {fixed} fixed"))],
            "items": [_coefficient(view, name) for name in fit.coefficients],
        }
    )
    return sections


def _data_section(fit: Fit, controls: Controls) -> dict[str, Any]:
    items: list[dict[str, Any]] = [
        {
            "kind": "select",
            "key": "dataset",
            "label": "Data",
            "options": [{"value": k, "label": v} for k, v in controls.datasets.items()],
        }
    ]
    if len(controls.families) > 1:
        items.append(
            {
                "kind": "select",
                "key": "family",
                "label": "Family",
                "options": [{"value": f, "label": f} for f in controls.families],
            }
        )
    excluded = int(np.sum(~np.asarray(fit.used, dtype=bool)))
    counted = [value("runs.used", "plain", "strong"), text(" of "), value("runs.all"), text(" runs")]
    note: dict[str, Any] = {"kind": "note", "lines": [line(*counted)]}
    if excluded:
        note["lines"] = [line(*counted, text(", "), text(f"{excluded:,}", "strong"), text(" excluded"))]
        if controls.can_restore:
            note["action"] = {"label": "Bring back", "ask": "bring-back"}
    elif controls.can_restore:
        note["action"] = {"label": "Exclude again", "ask": "exclude-again"}
    items.append(note)
    return {
        "id": "data",
        "heading": "Data",
        "aside": {"label": "Replace", "ask": "open-table", "file": ".csv,.tsv,.txt"},
        "folded": [line(*counted[:3])],
        "items": items,
    }


def _law_section(law: Law, controls: Controls) -> dict[str, Any]:
    return {
        "id": "law",
        "heading": "Law",
        "fold": True,
        "folded": [line(text(law.title))],
        "items": [
            {
                "kind": "select",
                "key": "law",
                "label": "Law",
                "options": [{"value": k, "label": v} for k, v in controls.laws.items()],
            },
            {
                "kind": "formula",
                "formula": law.formula,
                "output": "L",
                "labels": {s.name: s.label for s in (*law.inputs, *law.coefficients)},
            },
        ],
    }


def _objective_section(fit: Fit) -> dict[str, Any]:
    certificate = fit.certificate
    items: list[dict[str, Any]] = [
        {
            "kind": "select",
            "key": "objective",
            "label": "Objective",
            "options": [{"value": k, "label": v} for k, v in OBJECTIVES.items()],
        }
    ]
    folded = OBJECTIVES.get(certificate.objective, certificate.objective).split(" on ")[0].removesuffix(", sum")
    if certificate.delta is not None:
        inside = [value("delta.inside", "plain", "strong"), text(" of "), value("runs.used")]
        items.append(
            {
                **_slider("delta", "δ", DELTA_RANGE, "plain", "kernel", 1e-3),
                "note": [line(*inside, text(" runs lie inside δ"))],
            }
        )
        folded += f", δ {format_quantity(certificate.delta, 'plain')}"
    return {"id": "objective", "heading": "Objective", "fold": True, "folded": [line(text(folded))], "items": items}


def _slider(
    key: str, label: str, reach: tuple[float, float], kind: str, where: str, start: float
) -> dict[str, Any]:
    low, high = min(reach[0], start), max(reach[1], start)
    return {
        "kind": "slider",
        "key": key,
        "label": label,
        "scale": "log",
        "low": low,
        "high": high,
        "format": kind,
        "where": where,
        "start": start,
    }


def _coefficient(view: View, name: str) -> dict[str, Any]:
    fit = view.fit
    symbol = next(s for s in fit.law.coefficients if s.name == name)
    number = float(fit.coefficients[name])
    between: list[float] | None = None
    draws = view.cloud.draws.get(name)
    low, high = number / 2, number * 2
    if draws is not None and len(draws) > 1 and np.ptp(draws) > 0:
        edges = [(1 - view.cloud.level) / 2, (1 + view.cloud.level) / 2]
        between = [float(v) for v in np.quantile(draws, edges)]
        # The interval takes the middle part of the track, so that there is room to move beyond it.
        wide = max(np.log(between[1] / number), np.log(number / between[0]), 0.02)
        low, high = number * float(np.exp(-2.4 * wide)), number * float(np.exp(2.4 * wide))
    small = abs(number) < 1
    return {
        "kind": "coefficient",
        "key": f"coef.{name}",
        "name": name,
        "label": symbol.label,
        "meaning": symbol.meaning,
        "scale": "log",
        "low": low,
        "high": high,
        "interval": between,
        "format": "exponent" if small and number > 1e-3 else "plain",
        "fit": number,
    }


def _figures(view: View) -> list[dict[str, Any]]:
    first, last = view.size_range
    powers = [10.0**p for p in range(int(np.ceil(np.log10(first))), int(np.floor(np.log10(last))) + 1)]
    ticks = [
        {
            "at": float(np.log(p / first) / np.log(last / first)),
            "label": format_quantity(p, "params").replace(".0 ", " "),
        }
        for p in powers
    ]
    drawn = len(view.runs)
    dots = "Each dot is a run" if drawn == view.n_runs else f"{drawn:,} of the {view.n_runs:,} runs as dots"
    pool = [*range(0, len(LIGHT.size), 7), len(LIGHT.size) - 1]
    return [
        {
            "root": "main",
            "place": "main",
            "height": 420,
            "title": [line(text("Loss against compute"))],
            "note": [
                line(text(f"{dots}, each curve the law at one size. Drag the diamond to move the target."))
            ],
            "legend": {
                "label": "Parameters",
                "colours": {"light": [LIGHT.size[i] for i in pool], "dark": [DARK.size[i] for i in pool]},
                "ticks": ticks,
            },
        },
        {
            "root": "inset",
            "place": "inset",
            "height": 180,
            "box": [0.57, 0.0, 1.0, 0.44],
            "title": [
                line(
                    text("The "),
                    value("target.params", "params"),
                    text(" curve, magnified"),
                )
            ],
            "note": [line(text("dark band: coefficients, light: a single run"))],
        },
        {
            "root": "residuals",
            "place": "small",
            "height": 210,
            "title": [line(text("Residuals"))],
            "note": [
                line(
                    text("Loss above or below the fit; median miss "),
                    value("miss.median", "percent"),
                    *(
                        ()
                        if view.fit.certificate.delta is None
                        else (text(f". Band: Huber zone, ±{format_quantity(view.fit.certificate.delta, 'percent')}"),)
                    ),
                )
            ],
            "folded": [line(text("median miss "), value("miss.median", "percent"))],
        },
    ]


def _trust(view: View) -> list[dict[str, Any]]:
    fit = view.fit
    certificate = fit.certificate
    converged = fit.status not in (Status.NOT_CONVERGED, Status.REFUSED)
    gap = certificate.gap
    items: list[dict[str, Any]] = []
    if converged:
        precise = gap is not None and abs(gap) < 1e-6
        size = f"{10.0 ** np.ceil(np.log10(max(abs(gap), 1e-12))):.0e}".replace("e-0", "e-") if precise else ""
        words = f"Converged, gap below {size}" if precise else "Converged"
        items.append(line(text(words), level="fine", short="Converged"))
    else:
        items.append(line(text(fit.reason), level="error", short="Not converged"))
    if certificate.starts:
        one = certificate.basins == 1
        name = "One optimum" if one else f"{certificate.basins} optima"
        items.append(
            line(
                text(f"{name}, {certificate.agreeing} of {certificate.starts} starts"),
                level="fine" if one or certificate.agreeing > certificate.starts / 4 else "warning",
                short=name,
            )
        )
    if fit.status is Status.ON_BOUND:
        items.append(line(text(fit.reason), level="warning", short="On a bound"))
    else:
        items.append(line(text("Identified, no coefficient on a bound"), level="fine", short="Identified"))
    largest = fit.largest_run_residual
    if largest is not None and abs(largest) > 3 * fit.median_miss:
        side = "below" if largest < 0 else "above"
        said = format_quantity(abs(float(np.expm1(largest))), "percent")
        items.append(
            line(text(f"The largest run lies {said} {side} the fit"), level="warning", short=f"Largest run {said} {side}")
        )
    items.append(
        line(
            value("answer.decades_words"),
            text(" decades beyond the data"),
            when={"answer.beyond": True},
            level="warning",
        )
    )
    return items


def _code(fit: Fit, controls: Controls) -> list[dict[str, Any]]:
    certificate = fit.certificate
    arguments = [f'law="{fit.law.name}"', f'objective="{certificate.objective}"']
    if certificate.delta is not None:
        arguments.append(f"delta={certificate.delta!r}")
    arguments.append(f"resamples={controls.resamples}")
    if controls.exclude_code:
        arguments.append(controls.exclude_code)
    if controls.fixed:
        arguments.append(f"fixed={dict(controls.fixed)!r}")
    if controls.seed:
        arguments.append(f"seed={controls.seed}")
    return [
        line(text("import scalewidgets as sw")),
        line(text("")),
        line(text(f"runs = {controls.data_code}")),
        line(text(f"fit = sw.fit(runs, {', '.join(arguments)})")),
        line(
            text("fit.predict(params="),
            value("target.params", "exact"),
            text(", tokens="),
            value("target.tokens", "exact"),
            text(")"),
        ),
    ]


def _still(frame: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    by_root = {f["root"]: f for f in frame["figures"]}

    def box(root: str, x: int, y: int, w: int, h: int, note: bool = True) -> dict[str, Any]:
        spec = by_root[root]
        return {
            "root": root,
            "title": render_text(spec["title"], state),
            "note": render_text(spec["note"], state) if note else "",
            "x": x,
            "y": y,
            "w": w,
            "h": h,
        }

    trust = [
        render_text([item], state)
        for item in frame["trust"]
        if all(state.get(k) == v for k, v in item.get("when", {}).items())
    ]
    return {
        "width": 1104,
        "layout": [
            box("main", 24, 0, 1056, 460),
            {**box("inset", 650, 8, 420, 190, note=False), "card": True},
            box("residuals", 24, 480, 1056, 230),
        ],
        "subtitle": render_text(frame["second"], state),
        "footer": [*frame["conventions"], ". ".join(trust) + "."],
    }


# ---- what the browser needs ----


def _behaviours(view: View) -> tuple[Behaviour, ...]:
    law = view.fit.law
    names = [s.name for s in law.coefficients]
    common = {
        "formula": law.formula,
        "inputs": {s.name: {"N": "params", "D": "tokens"}.get(s.name, "flops") for s in law.inputs},
        "coefficients": names,
        "flopsPerParamToken": FLOPS_PER_PARAM_TOKEN,
    }
    certificate = view.fit.certificate
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
                "objective": certificate.objective,
                "delta": certificate.delta,
            },
        ),
        Behaviour("run-hover", {"source": "runs", "ring": "hover", "figures": ["main", "residuals"]}),
        Behaviour(
            "drag-target",
            {"figure": "main", "inside": view.inside, "flopsPerParamToken": FLOPS_PER_PARAM_TOKEN},
        ),
    )


def _table(view: View) -> pd.DataFrame:
    table = view.runs.rename(
        columns={"residual": "residual_percent"}
    )
    table = table.assign(excluded=False)
    if len(view.excluded):
        table = pd.concat(
            [table, view.excluded.rename(columns={"residual": "residual_percent"}).assign(excluded=True)]
        ).sort_values("run")
    return table.reset_index(drop=True)
