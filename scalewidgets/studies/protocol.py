"""What a study does to each family: which laws are fitted to what, and how they are judged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from scalewidgets.errors import StudyError, UnknownNameError, close_matches, either, quoted
from scalewidgets.laws import Law

CHOICES = {
    "smallest": "the smallest siblings",
    "nearest": "the siblings closest in size to the one predicted",
    "every": "every way to choose as many siblings",
}
"""Which siblings a prediction is made from."""

TARGETS = ("largest", "smallest")

TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class Protocol:
    """Settings of a study.

    Attributes
    ----------
    objective : str
    delta : float
    fractions : tuple of float
        Shares of the run: a law sees checkpoints with fewer tokens than this share of the largest token
        count among the models it is fitted to.
    model_counts : tuple of int or None
        How many siblings; ``None`` for 2 to all (in steps for families of more than 20, as the guide does).
    choices : str
        A name of :data:`CHOICES`.
    target : str
        The model that is predicted: ``"largest"`` or ``"smallest"``.
    drop : float
        Tokens at the start of every run that no law sees.
    scored : float
        Share at the end of the predicted run that the error is taken over.
    start : mapping of str to float or None
        Coefficients to start from where several fits are equally good: such a cell takes the end of
        SciPy's ``curve_fit`` from there. ``None`` leaves them to the engine.
    worst : float or None
        Families whose predicted model never gets below this loss are skipped.
    resamples : int
        Refits over resampled tenths of each run that the interval of a cell rests on; 0 for none.
    level : float
    seed : int
    """

    objective: str = "squared_raw"
    delta: float = 1e-3
    fractions: tuple[float, ...] = TENTHS
    model_counts: tuple[int, ...] | None = None
    choices: str = "smallest"
    target: str = "largest"
    drop: float = 0.0
    scored: float = 0.3
    start: Mapping[str, float] | None = None
    worst: float | None = None
    resamples: int = 0
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "fractions", _fractions(self.fractions))
        put(self, "model_counts", _counts(self.model_counts))
        for name, known in (("choices", tuple(CHOICES)), ("target", TARGETS)):
            value = getattr(self, name)
            if value not in known:
                raise StudyError(
                    f"{name}={quoted(value)} is not understood.", remedy=f"Choose {either(known)}."
                )
        if not (_number(self.drop) and self.drop >= 0):
            raise StudyError(
                f"drop={quoted(self.drop)} is not a number of tokens.", remedy="1e10 drops the first 10 B."
            )
        for name in ("scored", "level"):
            value = getattr(self, name)
            if not (_number(value) and 0 < value < 1):
                raise StudyError(f"{name}={quoted(value)} is not a share between 0 and 1.")
        for name in ("resamples", "seed"):
            value = getattr(self, name)
            if not (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
                raise StudyError(f"{name}={quoted(value)} is not a whole number of at least 0.")

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able settings."""
        out = asdict(self)
        out["start"] = None if self.start is None else dict(self.start)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in out.items()}

    def changed(self, other: Protocol) -> list[str]:
        """Names of the settings that differ."""
        mine, theirs = self.to_dict(), other.to_dict()
        return [name for name in mine if mine[name] != theirs[name]]


def _fractions(given: Iterable[float]) -> tuple[float, ...]:
    try:
        shares = tuple(sorted({float(share) for share in given}))
    except (TypeError, ValueError):
        shares = ()
    if not shares or shares[0] <= 0 or shares[-1] > 1:
        raise StudyError(
            f"fractions={quoted(given)} are not shares of a run.", remedy="Give numbers such as [0.4, 1.0]."
        )
    return shares


def _counts(given: Iterable[int] | None) -> tuple[int, ...] | None:
    if given is None:
        return None
    try:
        counts = tuple(sorted({int(count) for count in given}))
    except (TypeError, ValueError):
        counts = ()
    if not counts or counts[0] < 1:
        raise StudyError(
            f"model_counts={quoted(given)} are not numbers of models.",
            remedy="Give numbers such as [2, 3, 6].",
        )
    return counts


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


GUIDE_START = {
    "E": math.exp(0.6254804), "A": math.exp(6.255414), "B": math.exp(7.3049974),
    "alpha": 0.3526596, "beta": 0.3526596,
}  # fmt: skip
"""Coefficients of the data-constrained fit on C4 (arXiv:2305.16264) that the guide starts every fit from."""

GUIDE = Protocol(drop=1e10, worst=10.0, start=GUIDE_START)
"""The protocol of arXiv:2410.11840: least squares on the loss, shares of a tenth to all of the run, tokens
after the first 10 B, the error over the last 30 % of the largest model's run."""

PRESETS = {"hitchhikers": GUIDE}

GUIDE_LAW = "chinchilla"
"""The law that figures of the guide are of, and its start."""


def check_start(law: Law, protocol: Protocol) -> None:
    """Refuse a start that does not give every coefficient of the law a number.

    Raises
    ------
    StudyError
        A coefficient is missing, or its value is none that it can have.
    """
    start = protocol.start
    if start is None:
        return
    for name in law.coefficient_names:
        value = start.get(name)
        if value is None:
            raise StudyError(
                f"start= gives no value for {name}, a coefficient of the law {law.name}.",
                remedy=f"Give all of {', '.join(law.coefficient_names)}, or leave start= out.",
            )
        if not (_number(value) and math.isfinite(value) and (value > 0 or name not in law.linear)):
            raise StudyError(f"start= gives {name}={quoted(value)}, which is no value that it can have.")


def make_protocol(preset: str | None, given: Mapping[str, Any]) -> Protocol:
    """Settings of a preset with those that the caller gave.

    Raises
    ------
    StudyError
        If a setting is unknown or makes no sense.
    UnknownNameError
        If there is no such preset.
    """
    if preset is not None and preset not in PRESETS:
        raise UnknownNameError.of("a preset of studies", preset, PRESETS)
    base = PRESETS[preset] if preset else Protocol()
    known = [field.name for field in fields(Protocol)]
    for name in given:
        if name not in known:
            near = close_matches(name, known)
            raise StudyError(
                f"{quoted(name)} is not a setting of a study.",
                remedy=f"Did you mean {either(near)}?" if near else f"Settings are {', '.join(known)}.",
            )
    return Protocol(**{**{name: getattr(base, name) for name in known}, **given})
