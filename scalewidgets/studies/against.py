"""A study against the reference procedure, cell by cell: where the figures differ, by how much, and why."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from scalewidgets.laws import Law

from .families import Family
from .plan import Cell
from .protocol import GUIDE_START, Protocol
from .reference import curve_fit_from
from .work import OPEN, Record, Scorer, chosen_rows

ALIKE = 1e-6
"""Relative difference of objectives that counts as the same optimum."""


def against_reference(
    families: tuple[Family, ...], law: Law, protocol: Protocol, cells: Iterable[tuple[str, Cell, Record]]
) -> pd.DataFrame:
    """See :meth:`scalewidgets.studies.Study.against_reference`."""
    known = {family.name: family for family in families}
    start = dict(protocol.start or {n: GUIDE_START.get(n, 1.0) for n in law.coefficient_names})
    scorers: dict[str, Scorer] = {}
    rows = []
    for name, cell, record in cells:
        if not cell.first or "coefficients" not in record:
            continue
        family = known[name]
        cut = cell.fraction * max(float(family.models[k].tokens[-1]) for k in cell.chosen)
        parts = [chosen_rows(family.models[k], protocol.drop, cut) for k in cell.chosen]
        inputs = {symbol: np.concatenate([part[0][symbol] for part in parts]) for symbol in law.input_names}
        loss = np.concatenate([part[1] for part in parts])
        there = curve_fit_from(law, inputs, loss, start)
        row = {
            "family": name, "models": len(cell.chosen), "fraction": cell.fraction,
            "are": record["are"], "objective": record["objective"],
        }  # fmt: skip
        if there is None:
            rows.append({**row, "verdict": "reference failed"})
            continue
        scorer = scorers.setdefault(name, Scorer(family, protocol, law))
        named = dict(zip(law.coefficient_names, there, strict=True))
        value = 0.5 * float(np.sum((loss - law.value(inputs, named)) ** 2))
        error = float(scorer.errors(there[None])[0])
        floor = 1e-14 * float(np.sum(loss**2))
        gain = (value - record["objective"]) / max(value, floor)
        verdict = "same" if abs(gain) <= ALIKE or value <= floor else "better optimum"
        if gain < -ALIKE and verdict != "same":
            # The engine keeps exponents within 8, the reference lets them run.
            verdict = "beyond a bound"
        if verdict == "same" and record["status"] == OPEN:
            verdict = "equally good"
        rows.append(
            {
                **row,
                "reference_are": error,
                "reference_objective": value,
                "change": record["are"] - error,
                "gain": gain,
                "verdict": verdict,
            }
        )
    columns = [
        "family", "models", "fraction", "are", "reference_are", "change", "objective",
        "reference_objective", "gain", "verdict",
    ]  # fmt: skip
    frame: pd.DataFrame = pd.DataFrame(rows, columns=columns)
    return frame
