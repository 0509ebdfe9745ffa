"""What the screen of the three approaches draws: their lines, a budget, a machine, a step of the path."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...allocation import ApproachLines
from ...allocation.kaplan_path import KAPLAN_TO_CHINCHILLA, PathStep
from ...allocation.machine import Machine
from ...fitting.problem import FLOPS_PER_PARAM_TOKEN
from ..allocator.view import MOST_DRAWS, Array, kept, rows_of
from ..allocator.view import Held as AllocatorHeld
from ..allocator.view import View as MapView
from ..allocator.view import make_view as make_map

DEFAULT_MACHINE = Machine()
LAST = len(KAPLAN_TO_CHINCHILLA) - 1


@dataclass(frozen=True)
class Held:
    """What the controls hold that the browser follows.

    Attributes
    ----------
    budget : float
        Training compute in FLOP.
    machine : Machine
    unit : {"flops", "hours", "dollars"}
    step : int
        Chosen step of the path, from 0.
    """

    budget: float
    machine: Machine = DEFAULT_MACHINE
    unit: str = "flops"
    step: int = LAST


@dataclass(frozen=True, eq=False)
class View:
    """Everything that is drawn, computed once and shared by plots, words, state and behaviour.

    Attributes
    ----------
    lines : ApproachLines
    held : Held
    map : allocator.View
        The fitted law over sizes and tokens, around the runs.
    powers : tuple of ndarray or None, shape (rows, 2)
        Exponent and intercept of approaches 1 and 2 for the table itself and its resamples.
    law : ndarray, shape (rows, 5)
        Floor, A, alpha, B and beta of approach 3 for the same.
    clean : (float, float) or None
        Exponent and intercept of approach 2 without noise.
    runs : DataFrame
        ``params``, ``tokens``, ``loss``, ``flops`` of runs that are drawn.
    count : int
        Runs that all three approaches see.
    reach : (float, float)
        Budgets that the slider offers.
    edge : float
        Compute of the largest run.
    """

    lines: ApproachLines
    held: Held
    map: MapView
    powers: tuple[Array | None, Array | None]
    law: Array
    clean: tuple[float, float] | None
    runs: pd.DataFrame
    count: int
    reach: tuple[float, float]
    edge: float
    level: float

    @property
    def resamples(self) -> int:
        """Resamples behind every interval."""
        return len(self.law) - 1

    @property
    def step(self) -> PathStep:
        """The chosen step of the path."""
        return KAPLAN_TO_CHINCHILLA[self.held.step]

    def best(self, flops: Array) -> Array:
        """Best sizes by approach 3 itself."""
        _, big_a, alpha, big_b, beta = self.law[0]
        scale = (alpha * big_a / (beta * big_b)) ** (1 / (alpha + beta))
        return np.asarray(scale * (flops / FLOPS_PER_PARAM_TOKEN) ** (beta / (alpha + beta)))


def make_view(lines: ApproachLines, held: Held) -> View:
    """Ranges and rows of the approaches at what the controls hold.

    Raises
    ------
    FitError
        If the law of approach 3 has no closed form, which the browser needs.
    """
    wide = make_map(lines.fit, AllocatorHeld(held.budget, 1e9, 1e10, held.machine))
    sizes, data = wide.runs["params"], wide.runs["tokens"]
    around = replace(
        wide,
        params=(float(sizes.min()) / 1.6, float(sizes.max()) * 1.6),
        tokens=(float(data.min()) / 1.6, float(data.max()) * 1.6),
        # The frontier is drawn across the whole picture.
        reach=(wide.reach[0] / 1e3, wide.reach[1]),
    )
    clean = None
    if lines.clean is not None:
        slope, intercept = lines.clean.line()
        clean = float(slope[0]), float(intercept[0])
    return View(
        lines=lines,
        held=held,
        map=around,
        powers=(_powers(lines.first), _powers(lines.second)),
        law=rows_of(lines.fit),
        clean=clean,
        runs=wide.runs,
        count=wide.count,
        reach=wide.reach,
        edge=wide.edge,
        level=wide.level,
    )


def _powers(points: object) -> Array | None:
    if points is None:
        return None
    table = np.stack(points.line(), axis=1)  # type: ignore[attr-defined]
    few: Array = table if len(table) <= MOST_DRAWS + 1 else table[kept(len(table), MOST_DRAWS)]
    return few
