"""Shares of one whole: inputs that are checked to sum to one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FormulaError

Array: TypeAlias = NDArray[np.float64]

SHARE_TOLERANCE = 5e-3
"""How far from one shares may sum: tables print them rounded."""


def refuse_wrong_shares(shares: Mapping[str, Array]) -> None:
    """Refuse shares that are negative or do not sum to one.

    Parameters
    ----------
    shares : mapping of str to ndarray
        One entry a domain; they broadcast. Rows with NaN are let through: they give NaN.

    Raises
    ------
    FormulaError
        With the first row that is wrong.
    """
    try:
        total = np.asarray(reduce(np.add, shares.values())).ravel()
        least = np.asarray(reduce(np.minimum, shares.values())).ravel()
    except ValueError:
        return  # shapes that do not broadcast have a sentence of their own
    wrong = (least < 0) | (np.abs(total - 1) > SHARE_TOLERANCE)
    if not wrong.any():
        return
    at = int(np.flatnonzero(wrong)[0])
    where = f" of row {at + 1}" if total.size > 1 else ""
    problem = f"go down to {least[at]:g}" if least[at] < 0 else f"sum to {total[at]:g}, not to 1"
    raise FormulaError(
        f"The shares {', '.join(shares)}{where} {problem}.",
        remedy="Give fractions of one whole; divide percentages by 100.",
    )
