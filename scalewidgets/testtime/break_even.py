"""False-positive rates of a verifier at which advice turns, with the numbers of samples that it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .checks import Array
from .options import Option

__all__ = ["Turns", "turns"]

_LEAST, _POINTS, _HALVINGS = 1e-6, 33, 24


@dataclass(frozen=True)
class Turns:
    """Where the choice between ways to answer turns, all by their places.

    Attributes
    ----------
    verified : int or None
        The best way behind a verifier, or the one that would be best if fewer wrong answers passed.
    other : int or None
        What is best from ``upper`` on.
    upper : float
        False-positive rate up to which ``verified`` is best; 1 if always, NaN if never or if there are no two
        ways.
    lower : float
        Below it ``below`` is best, another way behind the same verifier; NaN if none is.
    below : int or None
    """

    verified: int | None = None
    other: int | None = None
    upper: float = float("nan")
    lower: float = float("nan")
    below: int | None = None


def turns(options: Sequence[Option], samples: Sequence[int], means: Array) -> Turns:
    """Find where the best way changes with the false-positive rate of the verifier.

    Parameters
    ----------
    options : sequence of Option
        A perfect verifier is left out: it is no rival of a real one.
    samples : sequence of int
        Of each; 0 where a budget does not pay for one.
    means : ndarray
        Accuracy of each at these samples.
    """
    able = [i for i, one in enumerate(options) if samples[i] and one.selector != "oracle"]
    behind = [i for i in able if options[i].selector == "verifier"]
    if not behind or len(able) < 2:
        return Turns()
    lead = max(able, key=lambda i: means[i])

    def value(i: int, f: float) -> float:
        return float(options[i].with_false_positives(f).accuracy(samples[i]).mean())

    if options[lead].selector != "verifier":
        return _would_win(behind, lead, float(means[lead]), value)
    # Ways behind the same verifier change with it, the others stay as they are.
    same = [i for i in behind if np.array_equal(options[i].f, options[lead].f)]
    rivals = [i for i in able if i != lead]
    present = float(options[lead].f.mean())

    def best_rival(f: float) -> tuple[float, int]:
        return max((value(i, f) if i in same else float(means[i]), -i) for i in rivals)

    def ahead(f: float) -> bool:
        return value(lead, f) >= best_rival(f)[0]

    up = _edge(ahead, np.geomspace(max(present, _LEAST), 1.0, _POINTS))
    at = -best_rival(1.0 if np.isnan(up) else up)[1]
    down = float("nan")
    if len(same) > 1 and present > _LEAST:
        down = _edge(ahead, np.geomspace(present, _LEAST, _POINTS))
    below = None if np.isnan(down) else -best_rival(down)[1]
    return Turns(lead, at, 1.0 if np.isnan(up) else up, down, below)


def _would_win(behind: list[int], lead: int, goal: float, value: Callable[[int, float], float]) -> Turns:
    """The way behind a verifier that stands the most false positives, where none is best as it is."""
    found = [(-1.0, value(i, 0.0), i) for i in behind]
    for at, (_, ideal, i) in enumerate(found):
        if ideal >= goal:
            low, high = 0.0, 1.0
            for _ in range(60):
                middle = (low + high) / 2
                low, high = (middle, high) if value(i, middle) >= goal else (low, middle)
            found[at] = (low, ideal, i)
    bar, _, chosen = max(found)
    return Turns(chosen, lead, bar if bar >= 0 else float("nan"))


def _edge(ahead: Callable[[float], bool], grid: Array) -> float:
    """First value along a grid at which the lead is lost, to a few digits; NaN if it never is."""
    before = float(grid[0])
    for point in grid[1:]:
        if not ahead(float(point)):
            low, high = np.log(before), np.log(float(point))
            for _ in range(_HALVINGS):
                middle = (low + high) / 2
                low, high = (middle, high) if ahead(float(np.exp(middle))) else (low, middle)
            return float(np.exp(high))
        before = float(point)
    return float("nan")
