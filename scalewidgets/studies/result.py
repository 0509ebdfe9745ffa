"""A study as a value: a tidy table of how well laws predict, and how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import ScaleWidgetsError, StudyError, UnknownNameError, quoted
from scalewidgets.laws import Law
from scalewidgets.laws import law as find_law

from . import report, store
from .against import against_reference
from .cards import Card
from .families import Family
from .plan import Cell
from .protocol import GUIDE_LAW, PRESETS, Protocol
from .work import EMPTY, FITTED, OPEN, Record

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """Many laws, and how well each predicts a model it has not seen.

    Attributes
    ----------
    law : Law
    protocol : Protocol
        What was fitted to what, and how it was judged.
    preset : str or None
        Name of the protocol that it was made from.
    families : tuple of Card
    cells : tuple of (str, Cell, dict)
        Family, cell and what came out, in the order of the plan.
    data_hash : str
        SHA-256 of the numbers used.
    source : tuple of Family or None
        The runs; not kept in a file.
    left_out : tuple of str
        What else the table held: rows without a number, families of too few sizes.
    """

    law: Law
    protocol: Protocol
    preset: str | None
    families: tuple[Card, ...]
    cells: tuple[tuple[str, Cell, Record], ...]
    data_hash: str
    source: tuple[Family, ...] | None = field(default=None, repr=False)
    left_out: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        header: Mapping[str, Any],
        cells: Iterable[tuple[str, Cell, Record]],
        source: tuple[Family, ...] | None = None,
    ) -> Study:
        """Build a study from the header of its file and its cells."""
        return cls(
            _law(header["law"]), Protocol(**header["protocol"]), header["preset"],
            tuple(Card.from_dict(said) for said in header["families"]),
            tuple(cells), header["data_hash"], source, tuple(header.get("left_out", ())),
        )  # fmt: skip

    # -- parts -------------------------------------------------------------------------------------

    def family(self, name: str) -> Card:
        """Look a family up by its name or title.

        Raises
        ------
        UnknownNameError
            If it is not in the study.
        """
        for card in self.families:
            if name in (card.name, card.title):
                return card
        raise UnknownNameError.of("a family of this study", name, [card.name for card in self.families])

    @property
    def studied(self) -> tuple[Card, ...]:
        """Families that laws were fitted to."""
        return tuple(card for card in self.families if not card.skipped)

    def of_family(self, name: str, *, first: bool = True) -> list[tuple[Cell, Record]]:
        """Cells of a family: those that the protocol takes first, or all choices."""
        wanted = self.family(name).name
        return [
            (cell, record)
            for family, cell, record in self.cells
            if family == wanted and (cell.first or not first)
        ]

    def cell(self, family: str, models: int, fraction: float) -> tuple[Cell, Record] | None:
        """Return the first choice of so many models at a share of the run; ``None`` if there is none."""
        for cell, record in self.of_family(family):
            if len(cell.chosen) == models and abs(cell.fraction - fraction) < 1e-9:
                return cell, record
        return None

    def _share(self, fraction: float) -> float:
        """Return the share of the run that is meant; a study has no others than those it was made for."""
        known = self.protocol.fractions
        for share in known:
            if abs(share - fraction) < 1e-9:
                return share
        raise StudyError(
            f"The study has no laws at {quoted(fraction)} of the run.",
            remedy=f"Its shares are {', '.join(f'{share:g}' for share in known)}.",
        )

    @cached_property
    def _frame(self) -> pd.DataFrame:
        cards = {card.name: card for card in self.families}
        rows = []
        for name, cell, record in self.cells:
            card = cards[name]
            largest = max(card.sizes[k] for k in cell.chosen)
            points = record.get("coefficients")
            rows.append(
                {
                    "family": name,
                    "models": len(cell.chosen),
                    "fraction": cell.fraction,
                    "chosen": card.share_text(cell.chosen),
                    "first": cell.first,
                    "status": record["status"],
                    **{
                        key: record.get(key, np.nan)
                        for key in ("are", "low", "high", "equal_low", "equal_high")
                    },
                    **{key: record.get(key, np.nan) for key in ("bias", "mse", "huber")},
                    "seen": record["seen"],
                    "scored": record.get("scored", 0),
                    "largest": largest,
                    "scale_up": card.sizes[card.target] / largest,
                    "objective": record.get("objective", np.nan),
                    **{
                        coefficient: np.nan if points is None else points[k]
                        for k, coefficient in enumerate(self.law.coefficient_names)
                    },
                }
            )
        frame: pd.DataFrame = pd.DataFrame(rows)
        return frame

    def to_frame(self) -> pd.DataFrame:
        """One row a law.

        Returns
        -------
        DataFrame
            ``family``; ``models`` used and the ``fraction`` of the run seen; ``chosen`` sizes; ``first``,
            whether it is the choice the protocol takes; ``status``; ``are``, the mean absolute relative error
            as a fraction, with the ends ``low`` and ``high`` of its interval, and ``equal_low`` and
            ``equal_high`` of fits that are equally good; ``bias``, ``mse``, ``huber``; checkpoints ``seen``
            and ``scored``; the ``largest`` size used and the ``scale_up`` from it to the predicted one;
            ``objective``; the coefficients. NaN where there is none.
        """
        frame: pd.DataFrame = self._frame.copy()
        return frame

    def families_frame(self, fractions: Sequence[float] | None = None) -> pd.DataFrame:
        """One row a family: the error with all other models, at each share of the run asked for.

        Parameters
        ----------
        fractions : sequence of float, optional
            By default the smallest share from 0.4 on, and the largest, that the study has.

        Returns
        -------
        DataFrame
            Index ``family``; ``title``, ``models``, ``unit``, and for each share ``are@0.4``, ``low@0.4``,
            ``high@0.4`` and ``status@0.4``; sorted by the error at the largest share.
        """
        known = self.protocol.fractions
        part = next((share for share in known if share >= 0.4), known[-1])
        wanted = (
            list(dict.fromkeys((part, known[-1])))
            if fractions is None
            else [self._share(share) for share in fractions]
        )
        rows = {}
        for card in self.studied:
            row: dict[str, Any] = {"title": card.title, "models": len(card.sizes), "unit": card.unit}
            for share in wanted:
                at = [c for c in self.of_family(card.name) if abs(c[0].fraction - share) < 1e-9]
                record = max(at, key=lambda c: len(c[0].chosen))[1] if at else {}
                for key in ("are", "low", "high"):
                    row[f"{key}@{share:g}"] = record.get(key, np.nan)
                row[f"status@{share:g}"] = record.get("status", EMPTY)
            rows[card.name] = row
        frame: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index")
        frame.index.name = "family"
        return frame.sort_values(f"are@{wanted[-1]:g}", kind="stable") if len(frame) else frame

    def map(self, family: str, value: str = "are") -> pd.DataFrame:
        """Table of a value over models used (rows) and share of the run (columns), first choices."""
        if value not in self._frame.columns:
            raise UnknownNameError.of("a column of the table of a study", value, list(self._frame.columns))
        part = self._frame[(self._frame["family"] == self.family(family).name) & self._frame["first"]]
        table: pd.DataFrame = part.pivot_table(index="models", columns="fraction", values=value, dropna=False)
        return table

    def luck(self, family: str, fraction: float | None = None) -> pd.DataFrame:
        """One row for every choice of siblings at a share of the run; by default at the largest."""
        share = self.protocol.fractions[-1] if fraction is None else self._share(fraction)
        frame = self._frame
        mine = (frame["family"] == self.family(family).name) & (abs(frame["fraction"] - share) < 1e-9)
        part: pd.DataFrame = frame[mine].reset_index(drop=True)
        return part

    def predict(self, family: str, models: int, fraction: float, **inputs: Any) -> Array:
        """Loss that a cell predicts for inputs by the symbols of the law: ``N=1.75e11, D=3e11``."""
        found = self.cell(family, models, fraction)
        if found is None or "coefficients" not in found[1]:
            raise StudyError(
                f"The study has no law of {family} from {models} models and {fraction:g} of the run.",
                remedy="Models and shares that it has are those of study.map(family).",
            )
        for symbol, value in inputs.items():
            if np.asarray(value).dtype.kind not in "fiu":
                raise StudyError(f"{symbol}={quoted(value)} is not a number.", remedy=f"Write {symbol}=7e9.")
        named = dict(zip(self.law.coefficient_names, found[1]["coefficients"], strict=True))
        return np.asarray(
            self.law.value({name: np.asarray(v, dtype=float) for name, v in inputs.items()}, named)
        )

    def against_reference(self) -> pd.DataFrame:
        """Hold every first choice against the guide's own procedure.

        Returns
        -------
        DataFrame
            One row a cell: ``are`` and ``objective`` of the study and of the reference, ``change`` (study
            minus reference, as a fraction), ``gain`` (share of the objective that the better optimum
            saves), and ``verdict``: ``"same"``, ``"better optimum"``, ``"equally good"`` (the runs leave
            several fits open) or ``"reference failed"``.

        Raises
        ------
        StudyError
            If the study was read from a file and its runs are not at hand.
        """
        if self.source is None:
            raise StudyError(
                "The runs of this study are not at hand.",
                remedy="Make it again with sw.study(..., file=...), which reads what is done from the file.",
            )
        return against_reference(self.source, self.law, self.protocol, self.cells)

    # -- forms -------------------------------------------------------------------------------------

    @property
    def sentence(self) -> str:
        """What came out, in one sentence."""
        return report.sentence(self)

    def header(self) -> dict[str, Any]:
        """What the study is: the first line of its file."""
        return {
            "schema": store.SCHEMA,
            "law": self.law.to_dict(),
            "protocol": self.protocol.to_dict(),
            "preset": self.preset,
            "data_hash": self.data_hash,
            "families": [card.to_dict() for card in self.families],
            "left_out": list(self.left_out),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        cells = [
            {
                "family": name,
                "fraction": cell.fraction,
                "chosen": list(cell.chosen),
                "first": cell.first,
                **record,
            }
            for name, cell, record in self.cells
        ]
        return {**self.header(), "cells": cells}

    def save(self, path: str | PathLike[str]) -> None:
        """Write the study to a file that :meth:`load` reads; what was there before stays until it is whole.

        Raises
        ------
        StudyError
            If the file cannot be written.
        """
        parts = []
        for card in self.studied:
            mine = self.of_family(card.name, first=False)
            parts.append((card.name, [cell for cell, _ in mine], [record for _, record in mine]))
        store.write(path, self.header(), parts)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Study:
        """Read a study from a file that :meth:`save` or ``sw.study(..., file=...)`` wrote, all of it or part.

        Raises
        ------
        StudyError
            If it is not such a file.
        """
        header, found, _ = store.read(path)
        order = {card["name"]: k for k, card in enumerate(header["families"])}
        places = sorted(found, key=lambda place: (order[place[0]], place[1], len(place[2])))
        return cls.of(header, [(place[0], *found[place]) for place in places])

    @property
    def matches_preset(self) -> bool:
        """Whether the protocol is that of its preset, intervals aside."""
        if self.preset is None or self.law.formula != find_law(GUIDE_LAW).formula:
            return False
        free = {"resamples", "level", "seed", "choices", "fractions", "model_counts"}
        return set(self.protocol.changed(PRESETS[self.preset])) <= free

    def report(self) -> str:
        """Return everything a reader should know, as plain text."""
        return report.text(self)

    def explore(self, **options: Any) -> Any:
        """Open the study as a live screen, :class:`scalewidgets.StudyExplorer`."""
        # By name: the room of studies knows nothing of screens.
        return import_module("scalewidgets.widgets").StudyExplorer(self, **options)

    def __len__(self) -> int:
        return len(self.cells)

    def __repr__(self) -> str:
        return f"<Study {self.law.name}: {len(self.cells):,} laws of {len(self.studied)} families>"

    def _repr_html_(self) -> str:
        return report.html(self)


def _law(said: Mapping[str, Any]) -> Law:
    try:
        found = find_law(said["name"])
    except ScaleWidgetsError:
        found = None
    if found is not None and found.formula == said["formula"]:
        return found
    return Law(said["formula"], inputs=[symbol["name"] for symbol in said["inputs"]])


__all__ = ["EMPTY", "FITTED", "OPEN", "Study"]
