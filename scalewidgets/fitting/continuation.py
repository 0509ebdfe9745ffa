"""The way to an objective that is too sharp to be minimised directly.

With delta far below the residuals hardly any run has curvature, and a Newton step from afar stalls at a
wrong point. A Huber penalty with a large delta is easy; its optimum is then followed down as delta shrinks.
The path is piecewise smooth: as long as the same runs lie inside delta, the optimum for a smaller delta is
a Newton step away (Madsen and Nielsen 1993, SIAM J. Optim. 3, 223), so delta can fall by decades.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .model import General, LogAffine
from .newton import newton_step
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

LEAP, STEP = 8.0, 2.0
"""Factors by which delta falls: with a prediction of where the optimum goes, and without."""
_PREDICTIONS = 2


def continuation(objective: Objective, scale: float, factor: float = STEP) -> tuple[Objective, ...]:
    """Easier objectives to pass through on the way, the last one being what is really minimised.

    Parameters
    ----------
    objective : Objective
    scale : float
        Typical size of a residual at the start.
    factor : float
        By how much delta falls from one to the next.
    """
    if objective.sharp:
        # From here on the Huber and the absolute optimum agree to about ten digits.
        last = max(1e-7 * scale, 1e-14)
    elif objective.delta is not None and objective.delta < 0.1 * scale:
        last = objective.delta
    else:
        return (objective,)
    steps = []
    delta = scale
    while delta > np.sqrt(factor) * 1.06 * last:
        steps.append(delta)
        delta /= factor
    return tuple(Objective("huber_log", step, objective.up, objective.down) for step in (*steps, last))


@dataclass(frozen=True)
class _Frozen(Objective):
    """Huber with the runs inside delta taken as known: smooth, and right until one crosses the line."""

    inside: Array = field(default_factory=lambda: np.empty(0))
    slope: Array = field(default_factory=lambda: np.empty(0))
    side: Array = field(default_factory=lambda: np.empty(0))

    def part(self, rows: slice) -> Objective:
        """Return the objective of some runs."""
        inside, slope, side = self.inside[:, rows], self.slope[:, rows], self.side[:, rows]
        return replace(self, inside=inside, slope=slope, side=side)

    def weighted(
        self, residuals: Array, weights: Array, room: Iterator[Array] | None = None
    ) -> tuple[Array, Array, Array, None]:
        """Slopes and curvatures of the frozen penalty; its value is of no use and zero."""
        curvature = self.inside * self.side
        slope = self.slope + residuals * curvature
        return np.zeros(len(residuals)), slope * weights, curvature * weights, None


def predicted(
    model: LogAffine | General,
    now: Objective,
    then: Objective,
    variables: Array,
    weights: Array,
    free: NDArray[np.bool_],
    window: int | None,
) -> Generator[None, None, Array]:
    """Where the optima go when delta falls, the runs inside it staying the same.

    Parameters
    ----------
    now, then : Objective
        Huber with the present delta, and with the next one.
    variables : ndarray, shape (B, p)
        Optima for the present delta.

    Returns
    -------
    ndarray, shape (B, p)
        Rows where the prediction makes no sense stay as they are.
    """
    out: Array = variables.copy()
    batch = len(variables)
    width = batch if window is None else max(1, window)
    for first in range(0, batch, width):
        rows = np.arange(first, min(first + width, batch))
        part = model.take(rows)
        w = weights if len(weights) == 1 else weights[rows]
        with np.errstate(all="ignore"):
            residuals = part.residuals(variables[rows], now)
            inside = np.abs(residuals) <= (now.delta or 0.0)
            side = np.where(residuals < 0, now.down, now.up)
            outer = np.where(inside, 0.0, (then.delta or 0.0) * np.sign(residuals) * side)
        frozen = _Frozen(
            "huber_log", then.delta, now.up, now.down,
            inside=inside.astype(np.float64), slope=outer, side=side,
        )  # fmt: skip
        at = out[rows]
        for _ in range(_PREDICTIONS):
            with np.errstate(all="ignore"):
                _, slope, bend = part.derivatives(at, w, frozen)
                step, sound = newton_step(slope, bend, ~free, part.algebra)
                # Coefficients move little between two deltas; whatever leaps has lost its runs.
                sound &= np.isfinite(step).all(axis=1) & (np.abs(step).max(axis=1) < 0.5)
                at = np.where(sound[:, None], np.clip(at + step, part.low, part.high), at)
        out[rows] = np.where(free, at, out[rows])
        yield
    return out
