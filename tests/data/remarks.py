"""What the checks of the remarks on description pages have in common."""

from functools import lru_cache

import numpy as np

from scalewidgets.data import load

table = lru_cache(maxsize=None)(load)


def part(name, **values):
    """Rows of a table where columns have these values."""
    frame = table(name)
    for column, value in values.items():
        frame = frame[frame[column] == value]
    assert len(frame)
    return frame


def noted(name, code):
    return table(name)["note"].str.contains(code, na=False, regex=False)


def spans(values, low, high, places=1e-3):
    """Whether the smallest and the largest of the values are these."""
    return np.allclose([values.min(), values.max()], [low, high], rtol=places)


def true(condition):
    assert condition
