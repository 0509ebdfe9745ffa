"""The words of the law fitter: sentence, conventions, places of figures, trust line, code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...fitting import Fit, Status
from ...laws.card import titled
from ...units import format_quantity
from ..frame import interval, line, still_picture, text, value
from ..palette import DARK, LIGHT
from ..trust import decades_beyond, doubted, doubts_of, narrowed
from .columns import INSET, OFF_CURVE, covers_runs
from .controls import OBJECTIVES, Controls
from .exponents import exponent_place, waiting_place
from .extras import NOTHING, Extras
from .others import law_place
from .view import View

STILL_WIDTH = 912
"""With its margins 960 px: an exported page shows it whole in a window of 1,100."""
STILL_GUTTER = 24
"""Between the small figures of the still picture."""


def sentence() -> list[dict[str, Any]]:
    """The answer in words; set by hand, it says so and still says what the fit says."""
    asked = (
        text("A "),
        value("target.params", "params"),
        text(" model on "),
        value("target.tokens", "tokens"),
        text(" tokens reaches a loss of "),
    )
    answer = (
        value("answer.fit_loss", "loss", "answer", within=("answer.low", "answer.high")),
        text(" "),
        interval("answer.low", "answer.high", "loss"),
        text("."),
    )
    by_hand = (
        text("By hand, a "),
        *asked[1:],
        value("answer.loss", "loss", "answer"),
        text("; the fit says ", "quiet"),
        value("answer.fit_loss", "loss", "quiet", within=("answer.low", "answer.high")),
        text(" ", "quiet"),
        interval("answer.low", "answer.high", "loss"),
        text("."),
    )
    return [line(*by_hand, when={"answer.variant": "hand"}), line(*asked, *answer)]


def second_line(view: View, checking: bool = False) -> list[dict[str, Any]]:
    """What the interval means, what a single run may do, how far the target lies."""
    resamples = f"{len(view.cloud.noise):,} resamples{' so far' if checking else ''}"
    rests = text(f"95 % interval of the coefficients, {resamples}. A single run may land in ")
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


def conventions(fit: Fit) -> list[str]:
    """What every number on screen rests on."""
    certificate = fit.certificate
    objective = OBJECTIVES.get(certificate.objective, certificate.objective).removesuffix(", sum")
    delta = f", δ = {format_quantity(certificate.delta, 'plain')}" if certificate.delta is not None else ""
    return [f"{titled(fit.law)} law, {objective}{delta}", str(certificate.convention)]


def figure_places(view: View, more: Extras = NOTHING) -> list[dict[str, Any]]:
    """Where figures stand, what they claim and how to read them."""
    first, last = view.size_range
    powers = [10.0**p for p in range(int(np.ceil(np.log10(first))), int(np.floor(np.log10(last))) + 1)]
    ticks = [
        {
            "at": float(np.log(p / first) / np.log(last / first)),
            "label": format_quantity(p, "params").replace(".0 ", " "),
        }
        for p in powers
    ]
    delta = view.fit.certificate.delta
    zone = "" if delta is None else f". Band: Huber zone, ±{format_quantity(delta, 'percent')}"
    drawn = len(view.runs)
    dots = "Each dot is a run"
    if drawn < view.n_runs:
        dots = f"{drawn:,} of the {view.n_runs:,} runs as dots, the extremes among them"
    hollow = ""
    if view.blind:
        hollow = f" Hollow: {len(view.blind):,} runs predicted blind."
    pool = [*range(0, len(LIGHT.size), 7), len(LIGHT.size) - 1]
    return [
        {
            "root": "main",
            "place": "main",
            "height": 420,
            "title": [line(text("Loss against compute"))],
            "note": [line(text(f"{dots}, each curve the law at one size.{hollow} Drag the diamond."))],
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
            "box": list(INSET),
            "hidden": covers_runs(view),
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
                    value("miss.median", "percent", digits=2),
                    text(zone),
                )
            ],
            "folded": [line(text("median miss "), value("miss.median", "percent", digits=2))],
        },
        *([] if more.exponents is None else [exponent_place(more.exponents, len(view.cloud.noise))]),
        *([waiting_place(view)] if more.mapping else []),
        *([] if more.laws is None else [law_place(more.laws)]),
    ]


def trust(view: View, controls: Controls) -> list[dict[str, Any]]:
    """What the answer can be trusted for; amber is content, not decoration."""
    fit = view.fit
    certificate = fit.certificate
    converged = fit.status not in (Status.NOT_CONVERGED, Status.REFUSED)
    items: list[dict[str, Any]] = []
    if converged:
        words = "Converged"
        if certificate.gap is not None and abs(certificate.gap) < 1e-6:
            power = int(np.ceil(np.log10(max(abs(certificate.gap), 1e-12))))
            words += f", gap below 1e{power}"
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
    elif controls.checking:
        items.append(line(text("Checking from other starts"), level="waiting", short="Checking"))
    else:
        items.append(line(text("Not checked from other starts"), level="warning", short="Not checked"))
    if fit.status is Status.ON_BOUND:
        items.append(line(text(fit.reason), level="warning", short="On a bound"))
    else:
        items.append(line(text("Identified, no coefficient on a bound"), level="fine", short="Identified"))
    largest = fit.largest_run_residual or 0.0
    if abs(largest) > OFF_CURVE * fit.median_miss:
        side = "below" if largest < 0 else "above"
        said = format_quantity(abs(float(np.expm1(largest))), "percent", 2)
        items.append(
            line(
                text(f"The largest run lies {said} {side} the fit"),
                level="warning",
                short=f"Largest run {said} {side}",
            )
        )
    return [
        *items,
        *doubted(doubts_of(fit.runs), "Data"),
        *narrowed(fit),
        decades_beyond("the data", "answer.decades_words"),
    ]


def code(fit: Fit, controls: Controls) -> list[dict[str, Any]]:
    """Lines of Python that rebuild what is on screen, at full precision."""
    certificate = fit.certificate
    arguments = [f'law="{fit.law.name}"', f'objective="{certificate.objective}"']
    if certificate.delta is not None:
        arguments.append(f"delta={certificate.delta!r}")
    arguments += [f"{key}={number!r}" for key, number in controls.shape.items()]
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
            value("target.params", "code"),
            text(", tokens="),
            value("target.tokens", "code"),
            text(")"),
        ),
    ]


def still(frame: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Where figures stand in the still picture, and the words around them."""
    small = [f["root"] for f in frame["figures"] if f["place"] == "small"]
    width = (STILL_WIDTH - STILL_GUTTER * (len(small) - 1)) / max(len(small), 1)
    places = [("main", 0, 0, STILL_WIDTH, 450)]
    magnified = not any(f.get("hidden") for f in frame["figures"])
    if magnified:
        places.append(("inset", STILL_WIDTH - 382, 42, 360, 190))
    places += [
        (name, round(k * (width + STILL_GUTTER)), 470, round(width), 230) for k, name in enumerate(small)
    ]
    drawn = still_picture(frame, state, places, STILL_WIDTH)
    if magnified:
        drawn["layout"][1] |= {"note": "", "card": True}
    return drawn
