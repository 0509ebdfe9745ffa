"""Models whose objective is more than a sum over runs: with priors, or of several families at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .objective import Objective

Array: TypeAlias = NDArray[np.float64]


class Extended(ABC):
    """What the engine asks of such a model beside the rest.

    Whoever takes the objective for the weighted sum of penalties of the residuals, for speed, asks first
    whether a model is one of these.
    """

    @abstractmethod
    def exact(self, variables: Array, objective: Objective) -> float:
        """Objective at one row of variables (p,), summed exactly."""

    @abstractmethod
    def values(self, variables: Array, weights: Array, objective: Objective) -> Array:
        """Objective of each row (B,)."""

    def placed(self, starts: Array) -> Array:
        """Starts (B, p) moved to where they are worth something."""
        return starts

    def known_distances(self, variables: Array) -> Array:
        """What is known beside the runs: distances (k,) from it, in units of its standard deviation."""
        return np.zeros(0)

    def known_slopes(self, variables: Array) -> Array:
        """Derivatives (k, p) of :meth:`known_distances`."""
        return np.zeros((0, len(variables)))

    def known_weight(self, objective: Objective, value: float) -> float:
        """Factor on half the squared distances, where the sum of penalties is ``value``."""
        return 0.0

    def redrawn(
        self, blocks: Iterator[tuple[int, Any, Array]], resamples: int, seed: int
    ) -> Iterator[tuple[int, Any, Array]]:
        """Blocks of resamples, with what is known beside the runs drawn anew as well."""
        return blocks
