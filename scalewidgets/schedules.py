"""Learning-rate schedules as values: constant, cosine, linear, WSD, WSD-LD, two-stage and others.

>>> plan = cosine(peak=3e-4, total=24_000, warmup=2_160)
>>> [float(rate) for rate in plan.lr([0, 2_160, 24_000])]
[0.0, 0.0003, 3e-05]

A schedule gives the learning rate of every optimiser step from 0 to ``total``; the laws over sequences
(:mod:`scalewidgets.laws.sequences`) turn it into the columns of their formulas. Warm-up takes
the first ``warmup`` steps, in a straight line from zero to the peak. Shapes are those of arXiv:2503.12811,
and give the logged learning rates of its public curves to the last digit.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import ScheduleError, UnknownNameError, quoted

Array: TypeAlias = NDArray[np.float64]

MAX_STEPS = 20_000_000
"""Longest schedule: its learning rates are held one by one."""

END_SHARE = 0.1
"""Last learning rate over the peak, unless said otherwise (arXiv:2203.15556, section 2)."""


@dataclass(frozen=True)
class Schedule:
    """A learning-rate schedule; made by :func:`constant`, :func:`cosine` and their neighbours.

    Attributes
    ----------
    shape : str
        Name of the shape, a key of :data:`SHAPES`.
    peak : float
        Highest learning rate.
    total : int
        Last optimiser step.
    warmup : int
        First steps, over which the rate rises linearly from zero to the peak; 0 for none.
    end : float
        Learning rate that the shape comes down to.
    turn : int
        Step at which a two-piece shape leaves the peak; ``warmup`` for the others.
    points : tuple of (float, float)
        Step and rate of the corners of a custom schedule, straight lines between; else empty.
    """

    shape: str
    peak: float
    total: int
    warmup: int = 0
    end: float = 0.0
    turn: int = 0
    points: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise UnknownNameError.of("a schedule shape", self.shape, SHAPES)
        _refuse(not (math.isfinite(self.peak) and self.peak > 0), "The peak learning rate is above zero.")
        for name in ("total", "warmup", "turn"):
            value = getattr(self, name)
            _refuse(
                not (isinstance(value, int | np.integer) and value >= 0),
                f"{name} is a whole number of steps, not {quoted(value)}.",
            )
            object.__setattr__(self, name, int(value))
        _refuse(self.total < 1, "A schedule has at least one step.")
        _refuse(self.total > MAX_STEPS, f"A schedule has at most {MAX_STEPS:,} steps.")
        _refuse(
            self.warmup > self.total,
            f"Warm-up takes {self.warmup:,} steps of {self.total:,}.",
            "Give fewer steps of warm-up, or more in total.",
        )
        _refuse(
            not 0 <= self.end <= self.peak,
            f"The last learning rate {self.end:g} is not between zero and the peak {self.peak:g}.",
        )
        _refuse(
            not self.warmup <= self.turn <= self.total,
            f"Step {self.turn:,} is not between the end of warm-up and the last step.",
        )

    @property
    def name(self) -> str:
        """Shape and length, such as ``cosine, 24,000 steps``."""
        return f"{self.shape}, {self.total:,} steps"

    def lr(self, steps: ArrayLike | None = None) -> Array:
        """Learning rate of optimiser steps.

        Parameters
        ----------
        steps : array_like, optional
            Whole numbers from 0 to ``total``; by default all of them, in order.

        Returns
        -------
        ndarray of float64
            The shape of ``steps``, or (total + 1,).

        Raises
        ------
        ScheduleError
            If a step is not a whole number or lies outside: a schedule is never extrapolated.
        """
        asked = np.arange(self.total + 1) if steps is None else self.steps(steps)
        at = asked.astype(np.float64)
        after = SHAPES[self.shape](self, at)
        if not self.warmup:
            return after
        return np.where(at < self.warmup, self.peak * at / max(self.warmup - 1, 1), after)

    def steps(self, steps: ArrayLike) -> NDArray[np.int64]:
        """Check that steps are whole numbers inside the schedule, and return them as such."""
        try:
            given = np.asarray(steps, dtype=np.float64)
        except (TypeError, ValueError):
            raise ScheduleError("Steps are whole numbers.") from None
        wrong = ~(np.isfinite(given) & (given == np.round(given)))
        if wrong.any():
            raise ScheduleError(f"Steps are whole numbers, and {given[wrong].flat[0]:g} is not one.")
        outside = (given < 0) | (given > self.total)
        if outside.any():
            raise ScheduleError(
                f"Step {given[outside].flat[0]:,.0f} lies outside a schedule that ends at {self.total:,}.",
                remedy="Make the schedule longer: it is not extrapolated.",
            )
        return given.astype(np.int64)

    @property
    def text(self) -> str:
        """One line that :func:`parse` reads back: ``cosine peak=0.0003 total=24000 warmup=2160 ...``."""
        parts = self.to_dict()
        words = [f"{name}={parts[name]!r}" for name in ("peak", "total", "warmup", "end", "turn")]
        if self.points:
            words.append("points=" + ",".join(f"{step!r}:{rate!r}" for step, rate in self.points))
        return " ".join([self.shape, *words])

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts."""
        return {
            "shape": self.shape, "peak": float(self.peak), "total": self.total, "warmup": self.warmup,
            "end": float(self.end), "turn": self.turn, "points": [list(point) for point in self.points],
        }  # fmt: skip


def constant(peak: float, total: int, warmup: int = 0) -> Schedule:
    """Hold the peak to the end."""
    return Schedule("constant", peak, total, warmup, peak, warmup)


def cosine(peak: float, total: int, warmup: int = 0, end: float | None = None) -> Schedule:
    """Fall from the peak to ``end`` (a tenth of it, by default) along half a cosine."""
    return Schedule("cosine", peak, total, warmup, _end(peak, end), warmup)


def linear(peak: float, total: int, warmup: int = 0, end: float | None = None) -> Schedule:
    """Fall from the peak to ``end`` (a tenth of it, by default) along a straight line."""
    return Schedule("linear", peak, total, warmup, _end(peak, end), warmup)


def wsd(peak: float, total: int, decay_from: int, warmup: int = 0, end: float | None = None) -> Schedule:
    """Warm up, hold, and from step ``decay_from`` fall exponentially to ``end`` (arXiv:2404.06395)."""
    last = _end(peak, end)
    _refuse(last <= 0, "An exponential decay ends above zero.", "Use wsd_ld, which may end at zero.")
    return Schedule("wsd", peak, total, warmup, last, decay_from)


def wsd_ld(peak: float, total: int, decay_from: int, warmup: int = 0, end: float | None = None) -> Schedule:
    """Warm up, hold, and from step ``decay_from`` fall along a straight line to ``end``."""
    return Schedule("wsd_ld", peak, total, warmup, _end(peak, end), decay_from)


def two_stage(peak: float, total: int, second: float, switch: int, warmup: int = 0) -> Schedule:
    """Hold the peak, and the rate ``second`` from step ``switch`` on."""
    return Schedule("two_stage", peak, total, warmup, second, switch)


def inverse_sqrt(peak: float, total: int, warmup: int) -> Schedule:
    """Fall as one over the square root of the step, from the peak at step ``warmup`` (arXiv:1706.03762)."""
    _refuse(warmup < 1, "An inverse square root starts from the end of warm-up.", "Give warmup=1 or more.")
    return Schedule("inverse_sqrt", peak, total, warmup, peak * math.sqrt(warmup / max(total, 1)), warmup)


def custom(points: Mapping[float, float] | Iterable[tuple[float, float]]) -> Schedule:
    """Join corners by straight lines.

    Parameters
    ----------
    points : mapping of step to rate, or pairs
        In order of steps; the first is step 0, the last is the length of the schedule. Two corners one
        step apart make a jump.

    Examples
    --------
    >>> plan = custom({0: 0.0, 100: 3e-4, 900: 3e-4, 1000: 0.0})
    >>> [round(float(rate), 7) for rate in plan.lr([50, 950])]
    [0.00015, 0.00015]
    """
    pairs = points.items() if isinstance(points, Mapping) else points
    corners = tuple((float(step), float(rate)) for step, rate in pairs)
    steps = [step for step, _ in corners]
    _refuse(len(corners) < 2, "A custom schedule has at least two corners.")
    _refuse(steps[0] != 0, "The first corner of a custom schedule is step 0.")
    _refuse(
        any(not after > before for before, after in itertools.pairwise(steps)),
        "The corners of a custom schedule are not in order of steps.",
    )
    _refuse(steps[-1] != int(steps[-1]), "The last corner of a custom schedule is a whole step.")
    rates = [rate for _, rate in corners]
    _refuse(
        any(not (math.isfinite(rate) and rate >= 0) for rate in rates),
        "A learning rate is a number of at least zero.",
    )
    return Schedule("custom", max(rates), int(steps[-1]), 0, rates[-1], 0, corners)


def parse(text: str) -> Schedule:
    """Read the line that :attr:`Schedule.text` writes, as tables of curves hold it.

    Raises
    ------
    ScheduleError
        If it is not such a line.
    """
    shape, *words = text.split()
    given: dict[str, Any] = {}
    try:
        for word in words:
            name, _, value = word.partition("=")
            if name == "points":
                corners = (corner.split(":") for corner in value.split(","))
                given[name] = tuple((float(step), float(rate)) for step, rate in corners)
            else:
                given[name] = int(value) if name in ("total", "warmup", "turn") else float(value)
        return Schedule(shape, **given)
    except (TypeError, ValueError) as problem:
        if isinstance(problem, ScheduleError | UnknownNameError):
            raise
        raise ScheduleError(
            f"{quoted(text)} does not read as a schedule.",
            remedy="Write it like 'cosine peak=0.0003 total=24000 warmup=2160 end=3e-05 turn=2160'.",
        ) from None


def _end(peak: float, end: float | None) -> float:
    return END_SHARE * peak if end is None else end


def _refuse(wrong: bool, sentence: str, remedy: str | None = None) -> None:
    if wrong:
        raise ScheduleError(sentence, remedy=remedy)


# -- rate after warm-up, by step ---------------------------------------------------------------------


def _share(plan: Schedule, at: Array) -> Array:
    """Way from the turn to the last step, 0 to 1."""
    return np.clip((at - plan.turn) / max(plan.total - plan.turn, 1), 0.0, 1.0)


def _constant(plan: Schedule, at: Array) -> Array:
    return np.full(at.shape, float(plan.peak))


def _cosine(plan: Schedule, at: Array) -> Array:
    return plan.end + (plan.peak - plan.end) / 2 * (1 + np.cos(np.pi * _share(plan, at)))


def _linear(plan: Schedule, at: Array) -> Array:
    return plan.peak - (plan.peak - plan.end) * _share(plan, at)


def _exponential(plan: Schedule, at: Array) -> Array:
    decayed: Array = plan.peak * (plan.end / plan.peak) ** _share(plan, at)
    return decayed


def _two_stage(plan: Schedule, at: Array) -> Array:
    return np.where(at < plan.turn, float(plan.peak), float(plan.end))


def _inverse_sqrt(plan: Schedule, at: Array) -> Array:
    return plan.peak * np.sqrt(plan.warmup / np.maximum(at, plan.warmup))


def _custom(plan: Schedule, at: Array) -> Array:
    corners = np.asarray(plan.points, dtype=np.float64)
    return np.interp(at, corners[:, 0], corners[:, 1])


SHAPES: Mapping[str, Callable[[Schedule, Array], Array]] = MappingProxyType(
    {
        "constant": _constant,
        "cosine": _cosine,
        "linear": _linear,
        "wsd": _exponential,
        "wsd_ld": _linear,
        "two_stage": _two_stage,
        "inverse_sqrt": _inverse_sqrt,
        "custom": _custom,
    }
)
"""Rate after warm-up of every shape, as a function of the schedule and the steps."""
