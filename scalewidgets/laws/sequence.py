"""Laws over sequences: a feature step turns a learning-rate schedule into columns, the rest is one formula.

A :class:`SequenceLaw` is a :class:`~scalewidgets.laws.Law` over columns, and a recipe for them. A column is
either a plain feature of the schedule (the area under the learning rate up to a step), or a *sum over the
drops* of the learning rate before that step, whose summand is again one formula, with coefficients of its
own. Value and gradient follow from the two formulas by the chain rule, so that a law with coefficients
inside its sum is declared like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FormulaError, UnknownNameError, quoted
from scalewidgets.schedules import Schedule

from .core import Law
from .symbols import Published, Symbol

Array: TypeAlias = NDArray[np.float64]
Columns: TypeAlias = Mapping[str, Array]

FINENESS = 64
"""Drops a distance d before a step are taken together in blocks of d / FINENESS (see :func:`drops`)."""
LONGEST_BLOCK = 64
_CHUNK = 2_000_000


@dataclass(frozen=True)
class Drops:
    """Falls and rises of the learning rate before each of some steps, one entry a block of drops.

    Attributes
    ----------
    owner : ndarray of int, shape (K,)
        Which of the steps the entry belongs to.
    drop : ndarray, shape (K,)
        Learning rate before minus after; below zero where it rises.
    lr : ndarray, shape (K,)
        Learning rate after the drop.
    area : ndarray, shape (K,)
        Sum of the learning rate from the drop to the step, both included.
    """

    owner: NDArray[np.intp]
    drop: Array
    lr: Array
    area: Array


@dataclass(frozen=True)
class Features:
    """Schedules and steps as a law over sequences sees them.

    Attributes
    ----------
    columns : mapping of str to ndarray, shape (n,)
        Plain columns of the formula.
    drops : Drops or None
        What summed columns are summed over; ``None`` where the law has none.
    """

    columns: Columns
    drops: Drops | None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    @staticmethod
    def joined(parts: list[Features]) -> Features:
        """Rows of several schedules, one below the other."""
        columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
        sums = [part.drops for part in parts if part.drops is not None]
        if not sums:
            return Features(columns, None)
        first = np.cumsum([0, *(part.n for part in parts)])
        owner = np.concatenate([s.owner + start for s, start in zip(sums, first, strict=False)])
        rest = (np.concatenate([getattr(s, name) for s in sums]) for name in ("drop", "lr", "area"))
        return Features(columns, Drops(owner, *rest))


@dataclass(frozen=True, eq=False)
class SequenceLaw:
    """A law whose loss at a step depends on the learning rates before it.

    Parameters
    ----------
    law : Law
        The formula over columns.
    feature : callable (Schedule, steps) -> columns
        Plain columns, each of the shape of ``steps``.
    sums : mapping of str to Law
        Summed columns: the summand as a law of ``drop``, ``lr`` and ``area`` (see :class:`Drops`).
    published : sequence of Published
        Sets of *all* coefficients, those inside sums included.
    prior : mapping of str to (centre, spread)
        Where coefficients that few curves hardly determine are expected, and the standard deviation of their
        logarithm; a fit may lean on it.
    """

    law: Law
    feature: Callable[[Schedule, NDArray[np.int64]], Columns]
    sums: Mapping[str, Law] = field(default_factory=lambda: MappingProxyType({}))
    published: tuple[Published, ...] = ()
    prior: Mapping[str, tuple[float, float]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def name(self) -> str:
        """Name of the law in the registry."""
        return self.law.name

    @cached_property
    def coefficients(self) -> tuple[Symbol, ...]:
        """Coefficients of the formula, then those inside its sums."""
        inner = [symbol for summand in self.sums.values() for symbol in summand.coefficients]
        return (*self.law.coefficients, *inner)

    @property
    def coefficient_names(self) -> tuple[str, ...]:
        """Names of all coefficients, in order."""
        return tuple(symbol.name for symbol in self.coefficients)

    def features(self, schedule: Schedule, steps: ArrayLike, *, exact: bool = False) -> Features:
        """Columns of a schedule at some steps; the part of the work that no coefficient changes.

        Parameters
        ----------
        schedule : Schedule
        steps : array_like of int, shape (n,)
        exact : bool
            Every drop by itself instead of in blocks; see :func:`drops`.
        """
        at = np.atleast_1d(schedule.steps(steps))
        columns = dict(self.feature(schedule, at))
        return Features(columns, drops(schedule, at, exact=exact) if self.sums else None)

    def value(
        self,
        schedule: Schedule,
        steps: ArrayLike,
        coefficients: Mapping[str, float],
        *,
        exact: bool = False,
    ) -> Array:
        """Loss at some steps of a schedule.

        Parameters
        ----------
        schedule : Schedule
        steps : array_like of int
            Optimiser steps, warm-up included in the count.
        coefficients : mapping of str to float
            All of ``coefficient_names``.
        exact : bool
            Sum drop by drop. Else far drops are taken in blocks (see :func:`drops`), which changes the
            loss by a few 1e-6 nats per token, 2e-5 at most on the published curves, and is many times faster.

        Returns
        -------
        ndarray of float64
            The shape of ``steps``.

        Raises
        ------
        FormulaError
            If a coefficient is missing or unknown.
        ScheduleError
            If a step lies outside the schedule.
        """
        at = np.asarray(schedule.steps(steps))
        self._check(coefficients)
        flat = at.reshape(-1)
        out = np.empty(flat.shape)
        for rows in _portions(flat, exact and bool(self.sums)):
            out[rows] = self.evaluate(self.features(schedule, flat[rows], exact=exact), coefficients)
        return out.reshape(at.shape)

    def evaluate(self, features: Features, coefficients: Mapping[str, float]) -> Array:
        """Value from columns that are ready, shape (n,)."""
        columns = dict(features.columns)
        for column, summand in self.sums.items():
            inputs = _summand_inputs(summand, features)
            terms = summand.value(inputs, {name: coefficients[name] for name in summand.coefficient_names})
            columns[column] = _summed(features, terms)
        return self.law.value(columns, {name: coefficients[name] for name in self.law.coefficient_names})

    def value_and_gradient(
        self, features: Features, coefficients: Mapping[str, float]
    ) -> tuple[Array, Array]:
        """Value, shape (n,), and derivative by each coefficient, shape (n, P), from ready columns."""
        columns = dict(features.columns)
        n = features.n
        inner: list[tuple[str, Array]] = []
        for column, summand in self.sums.items():
            inputs = _summand_inputs(summand, features)
            arguments = [inputs[name] for name in summand.input_names]
            constants = [np.float64(coefficients[name]) for name in summand.coefficient_names]
            with np.errstate(all="ignore"):
                terms, gradient = summand.compiled.value_and_gradient(*arguments, *constants)
            columns[column] = _summed(features, np.asarray(terms))
            inner += [(column, _summed(features, np.asarray(entry))) for entry in gradient]
        by_column = self._by_column
        arguments = [columns[name] for name in by_column.input_names]
        constants = [
            columns[name] if name in self.sums else np.float64(coefficients[name])
            for name in by_column.coefficient_names
        ]
        with np.errstate(all="ignore"):
            value, gradient = by_column.compiled.value_and_gradient(*arguments, *constants)
        outer = {
            name: np.broadcast_to(entry, (n,))
            for name, entry in zip(by_column.coefficient_names, gradient, strict=True)
        }
        plain = [outer[name] for name in self.law.coefficient_names]
        chained = [outer[column] * entry for column, entry in inner]
        return np.broadcast_to(value, (n,)), np.stack([*plain, *chained], axis=1)

    @cached_property
    def _by_column(self) -> Law:
        """The formula with summed columns as coefficients, so that it is derived by them too."""
        if not self.sums:
            return self.law
        kept = [symbol for symbol in self.law.inputs if symbol.name not in self.sums]
        summed = [symbol for symbol in self.law.inputs if symbol.name in self.sums]
        return Law(self.law.formula, kept, coefficients=[*self.law.coefficients, *summed])

    def _check(self, coefficients: Mapping[str, float]) -> None:
        for name in coefficients:
            if name not in self.coefficient_names:
                raise UnknownNameError.of(f"a coefficient of {self.name}", name, self.coefficient_names)
        for name in self.coefficient_names:
            if name not in coefficients:
                raise FormulaError(
                    f"The coefficient {name} of {quoted(self.name)} is missing.",
                    remedy=f"Give every one of {', '.join(self.coefficient_names)}.",
                )


def drops(schedule: Schedule, steps: ArrayLike, *, exact: bool = False) -> Drops:
    """Drops of the learning rate before each of some steps.

    A schedule of T steps has up to T drops before each step, and a curve asks at hundreds of steps. A drop
    long past acts almost like its neighbours, so drops at a distance d before the step are taken together,
    falls and rises apart, in blocks of ``d / FINENESS`` steps (at most ``LONGEST_BLOCK``), each at the mean
    of its area and learning rate weighted by the drops: what is neglected is of second order in 1 / FINENESS.

    Parameters
    ----------
    schedule : Schedule
    steps : array_like of int, shape (n,)
    exact : bool
        One entry for every drop.

    Returns
    -------
    Drops
    """
    at = np.atleast_1d(schedule.steps(steps)).astype(np.intp)
    last = int(at.max(initial=0))
    lr = schedule.lr(np.arange(last + 1))
    total = np.cumsum(lr)
    gap = np.concatenate([[0.0], lr[:-1] - lr[1:]])  # gap[k] is the drop on the way into step k
    edges = np.arange(last + 1) if exact else _edges(last)
    # Block j of step t holds the drops k with t - edges[j + 1] < k <= t - edges[j], as far as k >= 1.
    upper = np.maximum(at[:, None] - edges[None, :-1], 0)
    lower = np.maximum(at[:, None] - edges[None, 1:], 0)
    owner = np.broadcast_to(np.arange(len(at))[:, None], upper.shape)
    parts = []
    for part in (np.maximum(gap, 0.0), np.minimum(gap, 0.0)):
        before = np.concatenate([[0.0], total[:-1]])  # area up to the step before the drop
        weight, by_area, by_lr = (np.cumsum(part * factor) for factor in (1.0, before, lr))
        drop = weight[upper] - weight[lower]
        there = np.abs(drop) > 1e-14 * schedule.peak
        high, low = upper[there], lower[there]
        kept = drop[there]
        single = high - low == 1  # exactly as it is, not by differences of running sums
        start = np.where(single, before[high], (by_area[high] - by_area[low]) / kept)
        after = np.where(single, lr[high], (by_lr[high] - by_lr[low]) / kept)
        kept = np.where(single, part[high], kept)
        rows = owner[there]
        parts.append((rows, kept, np.maximum(after, 0.0), total[at[rows]] - start))
    joined = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Drops(*joined)


def _edges(last: int) -> NDArray[np.intp]:
    """Distances at which blocks begin and end, from 0 to beyond ``last``."""
    edges = [0]
    while edges[-1] <= last:
        edges.append(edges[-1] + max(1, min(LONGEST_BLOCK, edges[-1] // FINENESS)))
    return np.asarray(edges, dtype=np.intp)


def _summand_inputs(summand: Law, features: Features) -> dict[str, Array]:
    if features.drops is None:
        raise FormulaError("These columns were made for a law without sums.")
    return {name: getattr(features.drops, name) for name in summand.input_names}


def _summed(features: Features, terms: Array) -> Array:
    assert features.drops is not None
    owner = features.drops.owner
    total: Array = np.bincount(
        owner, weights=np.broadcast_to(terms, owner.shape), minlength=features.n
    ).astype(np.float64)
    return total


def _portions(steps: NDArray[np.int64], exact: bool) -> Iterator[slice]:
    """Rows to take at a time, so that all drops of a long schedule need not be held at once."""
    if not exact:
        yield slice(0, len(steps))
        return
    size = max(1, _CHUNK // max(1, int(steps.max(initial=1))))
    for first in range(0, len(steps), size):
        yield slice(first, first + size)
