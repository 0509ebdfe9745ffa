"""Whether inputs change at all from run to run, and apart from one another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .problem import Problem

Array: TypeAlias = NDArray[np.float64]

COLLINEAR = 1e-3
"""Share of the spread of one log input that the others leave unexplained: below it, refused."""
SOME = 4096
"""Runs of a long table that nearly always tell."""


@dataclass(frozen=True)
class Refusal:
    """Why there is no fit, and what would help."""

    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.reason} {self.remedy}"


_ONE = {"N": "one model size", "D": "one number of tokens", "C": "one compute"}


def one_value(problem: Problem) -> Refusal | None:
    """Refuse an input that is the same for all runs."""
    for name, values in problem.inputs.items():
        low, high = float(values.min()), float(values.max())
        if high - low <= 1e-9 * max(-low, high):
            what = _ONE.get(name, f"one value of {name}")
            return Refusal(
                f"All {problem.n} runs have {what} ({values[0]:.3g}), so what {name} does cannot be seen.",
                f"Add runs of other {name}, or choose a law without {name}.",
            )
    return None


def collinear(problem: Problem) -> Refusal | None:
    """Refuse inputs that move together: one is a power of the other."""
    if set(problem.law.input_names) < {"N", "D"} or not {"N", "D"} <= set(problem.inputs):
        return None
    stride = 1 + problem.n // SOME
    if stride > 1:
        # Of all runs a line leaves at least what it leaves of some, and all scatter
        # by half their range at most.
        left, *_ = _line(problem.inputs["N"][::stride], problem.inputs["D"][::stride])
        reach = 0.5 * math.log(problem.inputs["D"].max() / problem.inputs["D"].min())
        if left > COLLINEAR * reach * math.sqrt(problem.n):
            return None
    left, scatter, slope = _line(problem.inputs["N"], problem.inputs["D"])
    if left > COLLINEAR * scatter:
        return None
    ratio = float(problem.inputs["D"][0] / problem.inputs["N"][0])
    where = (
        f"have {ratio:.3g} tokens per parameter"
        if abs(slope - 1) < 1e-3
        else (f"have tokens that follow the parameters (D grows as N to the {slope:.2f})")
    )
    return Refusal(
        f"All {problem.n} runs {where}, so size and data cannot be told apart.",
        "Add runs off this line, on both sides.",
    )


def _line(size: Array, data: Array) -> tuple[float, float, float]:
    """Roots of the sums of squares of the log of the data about a line and about its mean, and the slope."""
    size, data = np.log(size), np.log(data)
    size, data = size - size.mean(), data - data.mean()
    spread = float(size @ size)
    slope = float(size @ data) / spread if spread > 0 else 0.0
    left = data - slope * size
    return math.sqrt(left @ left), math.sqrt(data @ data), slope
