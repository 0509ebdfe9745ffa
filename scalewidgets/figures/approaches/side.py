"""The side column of the three approaches: runs, budget, bins, parabolas, law, story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...allocation.kaplan_path import HIGHEST, LOWEST
from ...laws.card import titled
from ...units import format_quantity
from ..frame import line, text
from ..lawfitter.controls import OBJECTIVES
from ..spending import budget_section, compute, slider
from ..trust import doubt_notes, doubts_of
from .view import View

BINS_RANGE, BUDGETS_RANGE, TOLERANCE_RANGE = (3, 30), (3, 20), (0.01, 0.5)


@dataclass(frozen=True)
class Choices:
    """What the controls offer that the kernel answers.

    Attributes
    ----------
    datasets : mapping of str to str
        Tables that can be chosen and what a person calls them.
    dataset : str
    families : sequence of str
        Families of the table; few or none where it has one.
    family : str or None
    bins : int or None
        Bins of approach 1; None where their ends were given.
    budgets : int or None
        Budgets of approach 2; None where they were given one by one.
    code : sequence of str
        Lines of Python that yield `runs`.
    arguments : str
        What else :func:`scalewidgets.three_approaches` is given, for "copy code".
    mode : {"compact", "full"}
    """

    datasets: Mapping[str, str] = field(default_factory=dict)
    dataset: str = "own"
    families: Sequence[str] = ()
    family: str | None = None
    bins: int | None = 11
    budgets: int | None = None
    code: Sequence[str] = ()
    arguments: str = ""
    mode: str = "full"


def sections(view: View, choices: Choices) -> list[dict[str, Any]]:
    """All sections, in the order in which a person decides."""
    return [
        _runs(view, choices),
        _budget(view),
        _bins(choices),
        _parabolas(view, choices),
        _law(view),
        _story(),
    ]


def _runs(view: View, choices: Choices) -> dict[str, Any]:
    items: list[dict[str, Any]] = []
    if choices.datasets:
        options = [{"value": k, "label": v} for k, v in choices.datasets.items()]
        items.append({"kind": "select", "key": "dataset", "label": "Runs", "options": options})
    if len(choices.families) > 1:
        families = [{"value": f, "label": f} for f in choices.families]
        items.append({"kind": "select", "key": "family", "label": "Family", "options": families})
    every = len(view.lines.fit.runs)
    of = f" of {every:,}" if every > view.count else ""
    counted = line(text(f"{view.count:,}", "strong"), text(f"{of} runs, the same for all three approaches"))
    items.append({"kind": "note", "lines": [counted]})
    items += doubt_notes(doubts_of(view.lines.fit.runs))
    section: dict[str, Any] = {
        "id": "runs",
        "heading": "Runs",
        "folded": [line(text(f"{view.count:,} runs"))],
        "items": items,
    }
    if choices.datasets:
        section["aside"] = {"label": "Replace", "ask": "open-table", "file": ".csv,.tsv,.txt"}
    return section


def _budget(view: View) -> dict[str, Any]:
    machine = view.held.machine
    return budget_section(
        view.reach,
        view.held.budget,
        device=machine.device,
        utilisation=machine.utilisation,
        price=machine.dollars_per_hour,
        price_is=f"your entry of {machine.dated}" if machine.dated else "yours to type over, no quote",
    )


def _counted(key: str, label: str, reach: tuple[float, float], start: float) -> dict[str, Any]:
    """A slider of whole numbers that the kernel answers."""
    return {**slider(key, label, reach, "exact", start), "where": "kernel", "whole": True}


def _bins(choices: Choices) -> dict[str, Any]:
    said = "the run of lowest loss in every bin of three or more"
    if choices.bins is None:
        said = f"{said}; the ends of the bins were given"
    items: list[dict[str, Any]] = [{"kind": "note", "lines": [line(text(said))]}]
    if choices.bins is not None:
        items.insert(0, _counted("bins", "Compute bins", BINS_RANGE, float(choices.bins)))
    return {
        "id": "bins",
        "heading": "1 · Envelope",
        "fold": True,
        "folded": [line(text(f"{'own' if choices.bins is None else choices.bins} bins"))],
        "items": items,
    }


def _parabolas(view: View, choices: Choices) -> dict[str, Any]:
    tolerance = view.lines.tolerance
    count = len(view.lines.budgets)
    items = [
        {**slider("tolerance", "Runs within", TOLERANCE_RANGE, "percent", tolerance), "where": "kernel"},
        {"kind": "note", "lines": [line(text(_budget_words(view, choices)))]},
    ]
    if choices.budgets is not None:
        items.insert(0, _counted("budgets", "Budgets", BUDGETS_RANGE, float(choices.budgets)))
    return {
        "id": "parabolas",
        "heading": "2 · Parabolas",
        "fold": True,
        "folded": [line(text(f"{count} budgets"))],
        "items": items,
    }


def _budget_words(view: View, choices: Choices) -> str:
    said = "loss against log N, one parabola per budget"
    if choices.budgets is None:
        return f"{said}; the budgets were given"
    found = len(view.lines.budgets)
    return said if found >= choices.budgets else f"{said}; {found} budgets hold five runs of four sizes"


def _law(view: View) -> dict[str, Any]:
    fit = view.lines.fit
    certificate = fit.certificate
    delta = f", δ {format_quantity(certificate.delta, 'plain')}" if certificate.delta is not None else ""
    goal = OBJECTIVES.get(certificate.objective, certificate.objective)
    return {
        "id": "law",
        "heading": "3 · Law",
        "fold": True,
        "folded": [line(text(titled(fit.law)))],
        "items": [{"kind": "note", "lines": [line(text(f"{titled(fit.law)}, {goal}{delta}"))]}],
    }


def _story() -> dict[str, Any]:
    reach = f"{compute(LOWEST, 3).removesuffix(' FLOP')} to {compute(HIGHEST, 3)}"
    return {
        "id": "story",
        "heading": "Story",
        "fold": True,
        "folded": [line(text("Porian et al."))],
        "items": [
            {
                "kind": "note",
                "lines": [
                    line(
                        text(
                            f"Porian et al. (arXiv:2406.19146), RefinedWeb, {reach}. Each step keeps the "
                            "ones before it, and counts N by its own rule: the head from the second on."
                        )
                    )
                ],
            }
        ],
    }
