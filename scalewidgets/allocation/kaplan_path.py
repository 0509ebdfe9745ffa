"""From the exponent of Kaplan et al. to that of Hoffmann et al., one change at a time (arXiv:2406.19146)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN

Array: TypeAlias = NDArray[np.float64]

LOWEST, HIGHEST = 1.25e16, 2.56e19
"""Training compute of the smallest and the largest budget behind every step."""
LEVEL = 0.95
"""Of the published intervals."""


@dataclass(frozen=True)
class PathStep:
    """How the best size grows with compute in one set-up: ``N* = coefficient * C**exponent``.

    Attributes
    ----------
    name : str
    short : str
        In two words or three; what was changed from the step before.
    change : str
        The same in a sentence.
    counts : str
        What its N counts, which also sets its C = 6ND.
    exponent, low, high : float
        With its 95 % interval.
    coefficient : float
        Parameters at 1 FLOP.
    """

    name: str
    short: str
    change: str
    counts: str
    exponent: float
    low: float
    high: float
    coefficient: float

    def params(self, flops: ArrayLike) -> Array:
        """Best number of parameters, as this step counts them.

        Raises
        ------
        QuantityError
            For a compute that is not above zero.
        """
        return np.asarray(self.coefficient * above_zero("The compute", flops) ** self.exponent)

    def tokens(self, flops: ArrayLike) -> Array:
        """Tokens that the compute leaves, ``C / 6N``."""
        return np.asarray(above_zero("The compute", flops) / (FLOPS_PER_PARAM_TOKEN * self.params(flops)))

    def interval(self, flops: ArrayLike) -> tuple[Array, Array]:
        """Range of the best size as the exponent swings about the middle of the data; the size there is kept.

        The error of the size itself, in the middle of the data, was not published and is left out.
        """
        compute = above_zero("The compute", flops)
        lever = compute / np.sqrt(LOWEST * HIGHEST)
        ends = np.stack([self.params(compute) * lever ** (a - self.exponent) for a in (self.low, self.high)])
        return np.asarray(ends.min(axis=0)), np.asarray(ends.max(axis=0))


_HEAD = "all parameters but the embedding, the head included"

KAPLAN_TO_CHINCHILLA = (
    PathStep(
        "Kaplan's recipe",
        "Kaplan's recipe",
        "The set-up of arXiv:2001.08361: long warm-up, one decay for all, head not counted.",
        "parameters without embedding and head",
        0.8337679322841748,
        0.8235140030605618,
        0.8459584005693882,
        4.509820786815405e-08,
    ),
    PathStep(
        "head counted",
        "count the head",
        "The output layer counts as parameters and as compute.",
        _HEAD,
        0.7008992037256913,
        0.691487745298766,
        0.7169261644918081,
        1.61058462465226e-05,
    ),
    PathStep(
        "short warm-up",
        "short warm-up",
        "Warm-up lasts as many tokens as the model has parameters.",
        _HEAD,
        0.6035277580839369,
        0.5914284570414033,
        0.6172816803463219,
        0.00134215784099468,
    ),
    PathStep(
        "decay matched",
        "decay to match",
        "The learning rate decays over the length of each run.",
        _HEAD,
        0.5714248897446623,
        0.5598008876852589,
        0.5885206791294889,
        0.004781425268667283,
    ),
    PathStep(
        "optimiser tuned",
        "tune the optimiser",
        "Learning rate, batch and beta2 are tuned for each size; the rate stays constant.",
        _HEAD,
        0.49702879549161855,
        0.4906815956168365,
        0.5045239562081141,
        0.11819903781389161,
    ),
)
"""Five set-ups on RefinedWeb, each keeping the changes before it: Porian et al., arXiv:2406.19146, Figure 1.

Exponents and coefficients are those of a straight line through the logarithms of the authors' optima, their
intervals come from the authors' bootstrap, both as released with the paper
(github.com/formll/resolving-scaling-law-discrepancies). The figure itself weights the optima: .835, .706,
.602, .571, .497.
"""
