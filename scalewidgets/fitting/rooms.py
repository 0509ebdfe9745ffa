"""Room to work in that each thread keeps.

The arrays of an evaluation live for some hundred microseconds. Made anew each time, they come from the system
and go back to it, page by page: 200 resamples of 240 runs then take 13 ms instead of 8.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

KEPT = 2**19
"""Numbers that a thread keeps, 4 MB."""

_kept = threading.local()


def rooms(count: int, rows: int, n: int) -> Iterator[Array]:
    """Arrays of shape (rows, n), one after the other; what is in them lasts until the next call."""
    size = count * rows * n
    space: Array | None = getattr(_kept, "space", None)
    if space is None or len(space) < size:
        space = np.empty(size)
        _kept.space = space if size <= KEPT else None
    return iter(space[:size].reshape(count, rows, n))
