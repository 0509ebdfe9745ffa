"""How much of the advice is the runs, and how much is the analyst? One row for each way to fit."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from scalewidgets.errors import FitError, quoted
from scalewidgets.laws import Law
from scalewidgets.laws import law as find_law
from scalewidgets.units import format_quantity

from .api import Runs
from .api import fit as fit_law
from .certificate import Status, plain
from .holdout import frame_html, frame_records
from .optimum import optimum

SCHEMA = "scalewidgets.robustness/1"

Exclusion: TypeAlias = "int | str | Iterable[Hashable] | None"

CHOICES = ("law", "convention", "objective", "delta", "excluded")
"""Columns that say how a row was fitted."""
ANSWERS = ("exponent", "params", "tokens", "tokens_per_param", "loss")
"""Columns that say what came out."""


@dataclass(frozen=True, eq=False, repr=False)
class Robustness:
    """The same runs fitted in many ways.

    Attributes
    ----------
    flops : float
        Compute that the answers are for.
    table : DataFrame
        One row a fit: ``law``, ``convention``, ``objective``, ``delta``, ``excluded`` (how many of the
        highest losses, or in words), ``n_runs``, ``status``, ``reason``, ``exponent`` (a in N* ~ C^a),
        ``params`` (N*), ``tokens`` (D*), ``tokens_per_param``, ``loss`` (L*) and ``value`` (of the
        objective; to be compared within one objective and delta only).
        Answers of a fit that was refused are NaN; those of other doubtful fits stand beside
        their status.
    """

    flops: float
    table: pd.DataFrame

    def spread(self) -> pd.DataFrame:
        """How far each choice alone moves the answers.

        Returns
        -------
        DataFrame
            One row a choice with more than one value, one column an answer: the median, over all settings
            of the other choices, of largest over smallest answer (largest minus smallest for the
            exponent and the loss). Rows that did not converge are left out.
        """
        sound = self.table[self.table["status"] == Status.CONVERGED.value]
        # Delta belongs to one objective: it is varied within it, and not crossed with the others.
        sound = sound.assign(delta=sound["delta"].fillna(-1.0))
        rows: dict[str, dict[str, float]] = {}
        for choice in CHOICES:
            if sound[choice].nunique() < 2:
                continue
            others = [other for other in CHOICES if other != choice and (choice, other) != _OBJECTIVE]
            seen: dict[str, list[float]] = {answer: [] for answer in ANSWERS}
            for _, group in sound.groupby(others, sort=False):
                if group[choice].nunique() < 2:
                    continue
                for answer in ANSWERS:
                    values = group[answer].to_numpy(dtype=float)
                    low, high = values.min(), values.max()
                    seen[answer].append(high - low if answer in ("exponent", "loss") else high / low)
            if any(seen.values()):
                rows[choice] = {answer: float(np.median(found)) for answer, found in seen.items()}
        frame: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index", columns=list(ANSWERS))
        frame.index.name = "choice"
        return frame

    @property
    def sentence(self) -> str:
        """The range of the advice over all fits that converged."""
        sound = self.table[self.table["status"] == Status.CONVERGED.value]
        ratio = sound["tokens_per_param"].dropna()
        if not len(ratio):
            return (
                f"None of the {len(self.table)} fits gives advice at {format_quantity(self.flops, 'flops')}."
            )
        low, high = (format_quantity(float(value), "ratio") for value in (ratio.min(), ratio.max()))
        odd = len(self.table) - len(sound)
        doubtful = f"; {odd} did not converge or determine the law" if odd else ""
        exponent = sound["exponent"]
        least, most = (
            format_quantity(float(value), "exponent") for value in (exponent.min(), exponent.max())
        )
        compute = format_quantity(self.flops, "flops")
        return (
            f"Over {len(sound)} fits the best model at {compute} has {low} to {high} tokens per "
            f"parameter, exponent {least} to {most}{doubtful}."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        frame: pd.DataFrame = self.table.copy()
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        return {
            "schema": SCHEMA,
            "flops": plain(self.flops),
            "fits": frame_records(self.table),
            "spread": frame_records(self.spread()),
        }

    def report(self) -> str:
        """Return the sentence, what each choice moves, and the table, as plain text."""
        shown = self.table.drop(columns=["reason"]).to_string(index=False, float_format="{:.4g}".format)
        moved = self.spread().to_string(float_format="{:.3g}".format)
        what = "Moved by each choice alone (differences for exponent and loss, ratios else):"
        return f"{self.sentence}\n\n{what}\n{moved}\n\n{shown}\n"

    def __repr__(self) -> str:
        return f"<Robustness: {len(self.table)} fits at {format_quantity(self.flops, 'flops')}>"

    def _repr_html_(self) -> str:
        return (
            f"<div>{escape(self.sentence)}</div>{frame_html(self.spread())}"
            f"<details><summary>All {len(self.table)} fits</summary>"
            f"{frame_html(self.table, most=200)}</details>"
        )


_OBJECTIVE = ("objective", "delta")


def robustness(
    runs: Runs,
    objectives: Iterable[str] = ("huber_log", "absolute_log", "squared_log", "squared_raw"),
    deltas: Iterable[float] = (1e-4, 1e-3, 1e-2, 3e-2),
    exclusions: Iterable[Exclusion] = (0, 1, 2, 3, 4, 5),
    laws: Iterable[str | Law] = ("chinchilla",),
    conventions: Mapping[str, Mapping[str, str]] | None = None,
    *,
    flops: float = 5.76e23,
    **options: Any,
) -> Robustness:
    """Fit the runs in every way that somebody might defend, and tabulate the advice.

    Parameters
    ----------
    runs : DataFrame or mapping
        As in :func:`scalewidgets.fit`.
    objectives : iterable of str
    deltas : iterable of float
        For ``huber_log``; other objectives are fitted once.
    exclusions : iterable
        How many of the highest losses to leave out; or what ``exclude=`` of :func:`scalewidgets.fit` takes:
        ``"default"``, ``None``, a list of index labels.
    laws : iterable of str or Law
    conventions : mapping of str to mapping of str to str, optional
        What N (or C) is, by name, as ``columns=`` of :func:`scalewidgets.fit`:
        ``{"all": {}, "without embeddings": {"N": "params_non_embed"}}``.
    flops : float
        Compute that N*, D* and L* are for, by C = 6ND. 5.76e23 is that of the Chinchilla model.
    **options
        Further arguments of :func:`scalewidgets.fit`.

    Returns
    -------
    Robustness
        A fit that cannot be made is a row with its status and reason.

    Notes
    -----
    On the runs of arXiv:2203.15556 the best tokens per parameter at 5.76e23 FLOP move from 6.8 to 17.9 when
    the five highest losses are left out, and from 17.9 to 14.4 with delta from 1e-3 to 3e-2.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> seen = sw.robustness(sw.load("chinchilla"), ["huber_log"], [1e-3], exclusions=[0, 5])
    >>> [round(ratio, 1) for ratio in seen.table["tokens_per_param"]]
    [6.8, 17.9]
    """
    if isinstance(objectives, str) or isinstance(laws, str):
        raise FitError("Objectives and laws are lists here.", remedy='Write laws=["chinchilla"].')
    try:
        compute = float(flops)
    except (TypeError, ValueError):
        compute = float("nan")
    if not 0 < compute < np.inf:
        raise FitError(f"flops={quoted(flops)} is not a positive number.")
    base = dict(options.pop("columns", None) or {})
    goals = [(o, d) for o in objectives for d in (tuple(deltas) if o == "huber_log" else (None,))]
    ways = list(
        product(
            [find_law(law) for law in laws],
            [(name, {**base, **columns}) for name, columns in (conventions or {"": {}}).items()],
            [
                (_exclusion_word(runs, item), _exclude(runs, item, base.get("L", "loss")))
                for item in exclusions
            ],
            goals,
        )
    )
    if not ways:
        raise FitError("There is nothing to fit: one of the lists is empty.")
    table: pd.DataFrame = pd.DataFrame(
        [
            {
                "law": law.name, "convention": convention, "objective": goal, "delta": delta,
                "excluded": word, **_row(runs, law, goal, delta, exclude, columns, compute, options),
            }
            for law, (convention, columns), (word, exclude), (goal, delta) in ways
        ]
    )  # fmt: skip
    table["delta"] = table["delta"].astype(float)
    return Robustness(compute, table)


def _row(
    runs: Runs,
    law: Law,
    goal: str,
    delta: float | None,
    exclude: Any,
    columns: Mapping[str, str],
    flops: float,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    arguments = {"resamples": 0, "starts": 0, **options}
    found = fit_law(runs, law, goal, delta, exclude=exclude, columns=dict(columns), **arguments)
    best = optimum(law, found.coefficients, flops)
    return {
        "n_runs": found.certificate.n_runs,
        "status": found.status.value,
        "reason": found.reason,
        "exponent": float(best.exponent),
        "params": float(best.params),
        "tokens": float(best.tokens),
        "tokens_per_param": float(best.ratio),
        "loss": float(best.loss),
        "value": found.objective,
    }


def _exclude(runs: Runs, item: Exclusion, column: str) -> Any:
    if isinstance(item, bool) or not isinstance(item, int | np.integer):
        return item
    if item < 0:
        raise FitError(f"exclusions= has {item}; it counts the highest losses to leave out.")
    table: pd.DataFrame = runs if isinstance(runs, pd.DataFrame) else pd.DataFrame(dict(runs))
    if column not in table.columns:
        raise FitError(f"The table has no column {quoted(column)}.", column=column)
    loss = table[column].to_numpy(dtype=float)
    return list(table.index[np.argsort(-loss, kind="stable")[: int(item)]])


def _exclusion_word(runs: Runs, item: Exclusion) -> Any:
    if isinstance(item, bool):
        raise FitError(f"exclusions= has {item}; give a count, labels, None or 'default'.")
    if isinstance(item, int | np.integer):
        return int(item)
    if item is None:
        return 0
    return item if isinstance(item, str) else ", ".join(map(str, item))
