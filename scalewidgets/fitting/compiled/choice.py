"""Which engine computes a fit."""

from __future__ import annotations

import os
from contextlib import suppress

from scalewidgets.errors import FitError, close_matches, either, quoted

from ..logaffine import LogAffine
from ..objective import Objective
from . import machine

ENGINES = ("auto", "numpy", "compiled")
VARIABLE = "SCALEWIDGETS_ENGINE"
"""Environment variable that says what ``"auto"`` means, for programs that cannot be changed."""
WORTH_LOADING = 40_000
"""Rows times refits from which on ``"auto"`` takes compiled code that is there."""
WORTH_COMPILING = 1e8
"""The same where it has to be compiled first, which takes some twenty seconds, once."""


def read_engine(name: object) -> str:
    """Check the name of an engine.

    Raises
    ------
    FitError
        If there is no such engine, or the compiled one is asked for and Numba is not installed.
    """
    where = "engine="
    if name == "auto" and os.environ.get(VARIABLE):
        name, where = os.environ[VARIABLE], f"{VARIABLE}="
    if not isinstance(name, str) or name not in ENGINES:
        matches = close_matches(str(name), ENGINES)
        raise FitError(
            f"{where}{quoted(name)} is not an engine.",
            remedy=f"Did you mean {either(matches)}?" if matches else f"Choose one of {either(ENGINES)}.",
        )
    if name == "compiled" and not machine.installed():
        raise FitError(
            "The compiled engine needs Numba, which is not installed.",
            remedy='Run pip install "scalewidgets[fast]", or choose engine="numpy".',
        )
    return name


def declined(model: object, objective: Objective, priors: bool = False) -> str | None:
    """Say why the compiled engine does not serve a fit, as a phrase; ``None`` if it does."""
    if priors:
        return "a fit with priors"
    if objective.nu is not None:
        return "the objective student_t, whose scale is fitted along"
    if type(model) is not LogAffine:
        return "a law that is not a sum of positive power laws"
    return None


def choose(
    asked: str, model: object, objective: Objective, priors: bool, refits: int
) -> tuple[str, str | None]:
    """Engine for a fit, and what its certificate notes.

    Parameters
    ----------
    asked : str
        What :func:`read_engine` gave.
    refits : int
        Resamples that are planned.
    """
    if asked == "numpy":
        return "numpy", None
    reason = declined(model, objective, priors)
    if asked == "compiled" and reason is not None:
        return "numpy", f"The compiled engine does not serve {reason}; NumPy computed the fit."
    if asked == "compiled":
        try:
            machine.kernel()
        except Exception as error:
            raise FitError(
                f"Numba is installed, but the compiled engine cannot be made: {error}.",
                remedy='Choose engine="numpy", or install versions of NumPy and Numba that go together.',
            ) from error
        return "compiled", None
    if reason is not None or not isinstance(model, LogAffine) or not machine.installed():
        return "numpy", None
    work = model.n * refits
    if work >= WORTH_COMPILING:
        # Unasked for, what goes wrong here is no reason not to fit.
        with suppress(Exception):
            machine.kernel()
    return ("compiled" if work >= WORTH_LOADING and machine.ready() else "numpy"), None
