"""Columns of the sources that a cell moves, and the words that go with it: what a click puts on screen.

All of them travel with the document, cell by cell, so that choosing one needs no kernel and no arithmetic.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ...studies import ALONE
from ..plots import even_ticks
from .view import Answer, StudyView, between, error, number, percent, share

Columns = dict[str, dict[str, Any]]
STEP = 17.0
"""Pixels between two labels."""
AGAINST_HEIGHT = 150.0


def key(answer: Answer) -> str:
    """Name of a cell in the document."""
    return f"{answer.models}|{answer.fraction:g}"


def moved(view: StudyView) -> dict[str, dict[str, Any]]:
    """For each cell the state and the columns that choosing it puts on screen."""
    return {
        key(answer): {"state": state(view, answer), "columns": columns(view, answer)}
        for answer in view.answers
    }


def state(view: StudyView, of: Answer) -> dict[str, Any]:
    """Words about a cell, by the keys of the frame."""
    who = "largest" if view.study.protocol.target == "largest" else "smallest"
    how = {"nearest": "nearest"}.get(view.study.protocol.choices, "smallest")
    seen = "" if of.fraction >= 1 else f" and {share(of.fraction)} of each run"
    which = f"all {of.models}" if of.models == view.siblings else f"its {of.models} {how}"
    if view.every and of.models < view.siblings:
        which = f"any {of.models} of its {view.siblings}"
    title = view.card.title
    whose = f"{title}'" if title.endswith("s") else f"{title}'s"
    if view.card.name == ALONE:  # a table that tells no families apart
        whose = "The"
    subject = f"{whose} {who} model, predicted from {which} siblings{seen}, "
    out: dict[str, Any] = {
        "study.models": of.models,
        "study.share": of.fraction,
        "answer.known": of.known,
        "answer.open": of.open,
        "answer.subject": subject,
        "answer.are": percent(of.are),
        "answer.range": f" {between(of.low, of.high)}" if between(of.low, of.high) else "",
        "answer.rival": "",
        "answer.rival_range": "",
        "answer.equal": f"{error(of.equal[0])} to {percent(of.equal[1])}",
        "answer.second": second(view, of),
        "answer.hover": _hover(of),
        "answer.lucky": False,
        "answer.luck_words": "",
    }
    rivals = view.rivals(of)
    if rivals:
        poor = rivals[0]
        out["answer.rival"] = f"; from {poor.models}, by {percent(poor.are)}"
        ends = between(poor.low, poor.high)
        out["answer.rival_range"] = f" {ends}" if ends else ""
    here = _choices(view, of)
    if (
        not view.every
        and here is not None
        and len(here) > 2
        and of.are <= here[0] * (1 + 1e-6)
        and not of.open
    ):
        out["answer.lucky"] = True
        out["answer.luck_words"] = (
            f"Best of {number(len(here))} choices, median {percent(float(np.median(here)))}"
        )
    return out


def _hover(of: Answer) -> str:
    """What a cell says of itself: the map has no room for intervals."""
    where = f"{of.models} models, {share(of.fraction)} of the run"
    if not of.known:
        return f"{where}: no checkpoints"
    ends = between(of.low, of.high)
    said = f"{where}: {percent(of.are)}" + (f" {ends}" if ends else "")
    return f"{said}, open: {error(of.equal[0])} to {percent(of.equal[1])}" if of.open else said


def second(view: StudyView, of: Answer) -> str:
    """How lucky the choice of models is, and what would change the answer."""
    if not of.known:
        return "No checkpoint of these models lies within this share of the run."
    parts = []
    if view.every:
        parts.append("The median of all choices of siblings, between the best and the worst of them.")
    elif between(of.low, of.high):
        parts.append(f"{100 * view.study.protocol.level:g} % over blocks of checkpoints.")
    if of.open:
        low, high = of.equal
        parts.append(
            f"These runs leave a coefficient open: fits that are equally good miss by {error(low)} to "
            f"{percent(high)}, and which one is reported is the optimiser's choice."
        )
    here = _choices(view, of)
    if view.every:
        return " ".join(parts)
    if here is not None and len(here) > 1:
        rank = int(np.searchsorted(here, of.are * (1 - 1e-9)))
        place = "the luckiest" if rank == 0 else "the unluckiest" if rank == len(here) - 1 else "one"
        parts.append(
            f"{percent(of.are)} is {place} of the {number(len(here))} ways to pick {number(of.models)}: they "
            "span "
            f"{error(here[0])} to {percent(here[-1])}, median {percent(float(np.median(here)))}."
        )
    whole = view.at(view.counts[-1], of.fraction)
    if whole.known and whole.models != of.models:
        parts.append(f"All {whole.models} siblings give {percent(whole.are)}.")
    return " ".join(parts)


def _choices(view: StudyView, of: Answer) -> np.ndarray[Any, Any] | None:
    if view.luck is None or abs(view.luck.fraction - of.fraction) > 1e-9 or not of.known:
        return None
    return view.luck.errors.get(of.models)


def columns(view: StudyView, of: Answer) -> Columns:
    """Sources that follow the chosen cell."""
    place = {"x": [float(view.fractions.index(of.fraction))], "y": [float(view.counts.index(of.models))]}
    return {"chosen": place, **against(view, of), **luck_marks(view, of)}


def against(view: StudyView, of: Answer) -> Columns:
    """The prediction of a cell beside the run that was held out, and two rivals."""
    tokens = view.card.band["tokens"]
    out: Columns = {
        "said": {"x": tokens if len(of.said) else [], "y": of.said},
        "said-band": {"x": [], "low": [], "high": []},
        "rival-0": {"x": [], "y": []},
        "rival-1": {"x": [], "y": []},
    }
    if of.band is not None:
        out["said-band"] = {"x": tokens, "low": of.band[0], "high": of.band[1]}
    labels: list[tuple[float, str, str]] = [(float(view.card.loss[-1]), "actual", "actual-label")]
    if len(of.said):
        labels.append((float(of.said[-1]), f"{of.models} siblings {percent(of.are)}", "said-label"))
    for k, rival in enumerate(view.rivals(of)[:2]):
        out[f"rival-{k}"] = {"x": tokens, "y": rival.said}
        words = f"{rival.models} siblings {percent(rival.are)}"
        labels.append((float(rival.said[-1]), words, "rival-labels"))
    low, high = loss_range(view)
    for name in ("actual-label", "said-label", "rival-labels"):
        out[name] = {"x": [], "y": [], "text": [], "dy": []}
    heights = [AGAINST_HEIGHT * (1 - (min(max(y, low), high) - low) / (high - low)) for y, _, _ in labels]
    shifts = _apart(heights)
    for (y, words, name), shift in zip(labels, shifts, strict=True):
        into = out[name]
        into["x"].append(float(tokens[-1]))
        into["y"].append(min(max(y, low), high))
        into["text"].append(words)
        into["dy"].append(shift)
    return out


def loss_range(view: StudyView) -> tuple[float, float]:
    """Losses that are shown beside the held-out run: its own, and predictions near enough to tell."""
    loss = view.card.loss
    low, high = float(loss.min()), float(loss.max())
    reach = 0.28 * float(np.median(loss))
    for answer in view.answers:
        if answer.known and answer.fraction == view.fractions[-1]:
            low, high = min(low, float(answer.said.min())), max(high, float(answer.said.max()))
    low, high = max(low, float(loss.min()) - reach), min(high, float(loss.max()) + reach)
    pad = 0.08 * (high - low)
    return low - pad, high + pad


def loss_ticks(view: StudyView) -> dict[float, str]:
    """Ticks of the loss axis."""
    low, high = loss_range(view)
    ticks = even_ticks(low, high, 4)
    digits = max(0, int(np.ceil(-np.log10(ticks[1] - ticks[0]) - 1e-9))) if len(ticks) > 1 else 2
    return {tick: f"{tick:.{max(digits, 1)}f}" for tick in ticks}


def luck_marks(view: StudyView, of: Answer) -> Columns:
    """The chosen count on the figure of every choice: a diamond, its number and the median."""
    out: Columns = {
        "luck-answer": {"x": [], "y": []},
        "luck-answer-label": {"x": [], "y": [], "text": [], "dy": []},
        "luck-median-label": {"x": [], "y": [], "text": [], "dy": []},
    }
    here = _choices(view, of)
    if here is None:
        return out
    at = float(view.counts.index(of.models))
    median = float(np.median(here))
    out["luck-answer"] = {"x": [at], "y": [100 * of.are]}
    end = len(view.counts) - 0.5
    low, high = luck_range(view)
    heights = [
        150 * (1 - np.log(np.clip(100 * v, low, high) / low) / np.log(high / low)) for v in (of.are, median)
    ]
    shifts = _apart([float(h) for h in heights])
    for name, value, words, shift in (
        ("luck-answer-label", of.are, percent(of.are), shifts[0]),
        ("luck-median-label", median, f"median {percent(median)}", shifts[1]),
    ):
        out[name] = {"x": [end], "y": [100 * value], "text": [words], "dy": [shift]}
    return out


def luck_range(view: StudyView) -> tuple[float, float]:
    """Errors in per cent that the figure of every choice shows."""
    if view.luck is None:
        return 0.5, 50.0
    every = np.concatenate(list(view.luck.errors.values()))
    return max(100 * float(every.min()) * 0.8, 0.005), 100 * float(every.max()) * 1.25


def _apart(heights: list[float]) -> list[float]:
    """Pixels down by which labels at these heights move, so that each has room."""
    order = sorted(range(len(heights)), key=lambda k: heights[k])
    placed = list(heights)
    for before, here in pairwise(order):
        placed[here] = max(heights[here], placed[before] + STEP)
    shift = float(np.mean([placed[k] - heights[k] for k in order])) if len(order) > 1 else 0.0
    return [placed[k] - heights[k] - shift for k in range(len(heights))]
