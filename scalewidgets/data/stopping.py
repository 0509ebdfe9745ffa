"""How samples were drawn, told from their counts: a fixed number of each, or on until enough successes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Stopping(NamedTuple):
    """Why counts look as if sampling had gone on until a success; nothing but zeros if they do not.

    Attributes
    ----------
    successes : float
        At which every solved problem stopped.
    link : float
        Rank correlation of samples drawn and success rate.
    """

    successes: float = 0.0
    link: float = 0.0

    def __bool__(self) -> bool:
        return self.successes > 0 or self.link < 0


def stopping_of(n: Array, c: Array) -> Stopping:
    """Tell adaptive numbers of samples: ``c/n`` of them is biased upwards.

    They are said to be where every solved problem stopped at the same few successes, or where n rises as
    successes get rarer far more than chance allows: a rank correlation of n and c/n below -0.5 and four of
    its standard errors.

    Parameters
    ----------
    n, c : ndarray, shape (problems,)
        Samples drawn, at least 1, and successes.
    """
    if n.size < 2 or n.min() == n.max():
        return Stopping()
    some = c > 0
    if some.sum() >= 4 and np.unique(n[some]).size > some.sum() / 2 and np.ptp(c[some]) == 0:
        return Stopping(successes=float(c[some][0]))
    drawn, rate = _ranks(n), _ranks(c / n)
    if np.ptp(rate) == 0:
        return Stopping()
    link = float(np.corrcoef(drawn, rate)[0, 1])
    return Stopping(link=link) if link < -max(0.5, 4 / np.sqrt(n.size)) else Stopping()


def _ranks(values: Array) -> Array:
    _, place, size = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(size) - (size - 1) / 2.0)[place])
