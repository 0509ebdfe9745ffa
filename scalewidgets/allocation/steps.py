"""Batch size and steps: what speed costs in tokens, and what a deadline leaves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError
from scalewidgets.laws import law as find_law

Array: TypeAlias = NDArray[np.float64]

_HALVINGS, _NEWTON = 50, 7
SECONDS_PER_DAY = 86400.0


@dataclass(frozen=True)
class BatchLine:
    """A batch that grows as a power of the training tokens, ``B = batch (D / tokens)**exponent``.

    Attributes
    ----------
    exponent : float
    batch, tokens : float
        A point of the line, both in tokens.
    cite : str
    """

    exponent: float
    batch: float
    tokens: float
    cite: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        above_zero("The batch of a line", self.batch)
        above_zero("The tokens of a line", self.tokens)
        if not 0 <= self.exponent < 1:
            raise QuantityError(
                f"A batch grows as the power {self.exponent:g} of the tokens.",
                remedy="Give an exponent from 0 to below 1.",
            )

    @classmethod
    def published(cls, name: str, *, batch: float | None = None, tokens: float | None = None) -> BatchLine:
        """Line of a law of the registry: its checked exponent, and its checked amplitude or your own point.

        Parameters
        ----------
        name : str
            Of a law ``c * D**m``: ``"step_law_batch"``, ``"power_lines_critical"``, ``"power_lines_batch"``.
        batch, tokens : float, optional
            A measurement of your own that the line goes through; needed where only the exponent is checked.

        Raises
        ------
        QuantityError
            If the law is none of tokens, or its amplitude is unverified and no point is given.
        """
        found = find_law(name)
        checked = [p for p in found.published if p.mark != "U" and "m" in p.values]
        if found.input_names != ("D",) or not checked:
            raise QuantityError(
                f"The {found.title} law is not a checked power of the training tokens.",
                remedy="Name step_law_batch, power_lines_batch or power_lines_critical.",
            )
        first = checked[0]
        exponent = float(first.values["m"])
        if batch is not None and tokens is not None:
            return cls(exponent, batch, tokens, f"exponent of {first.cite}")
        if "c" not in first.values:
            raise QuantityError(
                f"Of the {found.title} law only the exponent {exponent:g} is checked, not its amplitude.",
                remedy="Give batch= and tokens= of one run of your own.",
            )
        return cls(exponent, float(first.values["c"]), 1.0, first.cite)

    def at(self, tokens: Array) -> Array:
        """Batch at training tokens."""
        return np.asarray(self.batch * (tokens / self.tokens) ** self.exponent)


@dataclass(frozen=True)
class Schedule:
    """Batch, steps and tokens of a run.

    Attributes
    ----------
    batch, critical : float
        Tokens of a step, and the critical batch.
    steps : float
    processed : float
        Tokens that are trained on: more than those the law counts, the larger the batch.
    overhead : float
        ``processed / tokens``: what the batch costs.
    days : float
        On the clock; NaN where no machine is known.
    """

    batch: float
    critical: float
    steps: float
    processed: float
    overhead: float
    days: float


@dataclass(frozen=True)
class Batch:
    """How large the steps are, and what that costs.

    Attributes
    ----------
    critical : float or BatchLine
        The critical batch in tokens: where half of the tokens of a step are wasted. Your measurement, or a
        published line; :meth:`BatchLine.published` says which amplitudes are checked.
    size : float or BatchLine or None
        Tokens of a step. ``None``: as many as the deadline asks for, which then needs ``seconds_per_step``.
    seconds_per_step : float or None
        A step takes at least so long, however many devices there are: with a deadline that limits the steps.

    Notes
    -----
    arXiv:1812.06162: ``(S / S_min - 1)(E / E_min - 1) = 1`` with ``B_crit = E_min / S_min``, so a run that
    reaches the law's loss in D tokens at small batches takes ``D (1 + B / B_crit)`` tokens in
    ``D / B_crit (1 + B_crit / B)`` steps; of at most S steps it takes ``D S / (S - D / B_crit)`` tokens. The
    tokens of the law are read as those of small batches.
    """

    critical: float | BatchLine
    size: float | BatchLine | None = None
    seconds_per_step: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        for name in ("critical", "size", "seconds_per_step"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, BatchLine):
                above_zero(f"{name}=", value)
        if self.size is None and self.seconds_per_step is None:
            raise QuantityError(
                "Without a size and without seconds of a step the best batch is one token.",
                remedy="Give Batch(critical, size=...), or seconds_per_step= and days=.",
            )

    def steps_of(self, days: float | None) -> float:
        """Most steps that a deadline leaves; infinite without one."""
        if self.seconds_per_step is None:
            return np.inf
        if days is None:
            if self.size is None:
                raise QuantityError(
                    "The batch follows from a deadline, and there is none.",
                    remedy="Give days=, or Batch(critical, size=...).",
                )
            return np.inf
        return float(days) * SECONDS_PER_DAY / float(self.seconds_per_step)

    def critical_at(self, tokens: ArrayLike) -> Array:
        """Critical batch at training tokens."""
        return _at(self.critical, tokens)

    def batch_at(self, tokens: ArrayLike, most_steps: float) -> Array:
        """Tokens of a step; infinite where so few steps cannot reach it at any batch."""
        data = np.asarray(tokens, dtype=np.float64)
        if self.size is not None:
            return _at(self.size, data)
        left = most_steps - data / self.critical_at(data)
        with np.errstate(all="ignore"):
            return np.asarray(np.where(left > 0, data / left, np.inf))

    def processed(self, tokens: ArrayLike, most_steps: float) -> Array:
        """Tokens to train on for what the law calls ``tokens``; infinite where the steps do not suffice."""
        data = np.asarray(tokens, dtype=np.float64)
        batch, critical = self.batch_at(data, most_steps), self.critical_at(data)
        enough = data / batch + data / critical <= most_steps * (1 + 1e-9)
        return np.asarray(np.where(enough, data * (1 + batch / critical), np.inf))

    def reached(self, processed: ArrayLike, most_steps: float) -> Array:
        """Tokens of the law that so many processed ones are worth: the inverse of :meth:`processed`."""
        given = np.asarray(processed, dtype=np.float64)
        if not isinstance(self.critical, BatchLine) and not isinstance(self.size, BatchLine):
            edge, most = float(self.critical), most_steps
            if self.size is None:
                return np.asarray(np.where(given > 0, given * most / (most + given / edge), given))
            batch = float(self.size)
            return np.asarray(np.minimum(given / (1 + batch / edge), most / (1 / batch + 1 / edge)))
        if self.size is not None:
            return np.asarray(np.minimum(self._newton(given, self.size), _most_tokens(self, most_steps)))
        low, high = np.full(given.shape, -60.0), np.zeros(given.shape)
        with np.errstate(all="ignore"):
            for _ in range(_HALVINGS):
                middle = (low + high) / 2
                fine = self.processed(given * np.exp(middle), most_steps) <= given
                low, high = np.where(fine, middle, low), np.where(fine, high, middle)
        return np.asarray(np.where(given > 0, given * np.exp(low), given))

    def _newton(self, processed: Array, size: float | BatchLine) -> Array:
        """Tokens of the law by Newton's steps on logarithms: the slope lies between one half and three."""
        power = _power(size) - _power(self.critical)
        out = processed
        with np.errstate(all="ignore"):
            for _ in range(_NEWTON):
                ratio = _at(size, out) / self.critical_at(out)
                slope = 1 + power * ratio / (1 + ratio)
                out = out * (processed / (out * (1 + ratio))) ** (1 / slope)
        return np.asarray(np.where(processed > 0, out, processed))

    def schedule(self, tokens: float, most_steps: float, seconds: float) -> Schedule:
        """Schedule of a run whose tokens would take ``seconds`` on the clock if they were all it needs."""
        data = float(tokens)
        batch, critical = float(self.batch_at(data, most_steps)), float(self.critical_at(data))
        overhead = 1 + batch / critical
        steps = data * overhead / batch
        clock = max(seconds * overhead, steps * (self.seconds_per_step or 0.0))
        return Schedule(batch, critical, steps, data * overhead, overhead, clock / SECONDS_PER_DAY)


def critical_steps(tokens: float, critical: float, batch: ArrayLike) -> tuple[Array, Array]:
    """Steps and tokens of a run of ``tokens`` tokens at small batches, at each batch.

    Notes
    -----
    arXiv:1812.06162: ``S = D / B_crit (1 + B_crit / B)``, ``E = D (1 + B / B_crit)``.
    """
    data = float(above_zero("The number of tokens", tokens))
    edge = float(above_zero("The critical batch", critical))
    sizes = above_zero("The batch", batch)
    return np.asarray(data / edge * (1 + edge / sizes)), np.asarray(data * (1 + sizes / edge))


def best_batch_size(per_token: float, per_step: float, critical: float) -> float:
    """Batch at which tokens and steps together cost least, ``sqrt(per_step B_crit / per_token)``.

    Parameters
    ----------
    per_token, per_step : float
        What a token and a step cost, in one unit.
    critical : float

    Notes
    -----
    Minimises ``c_E E + c_S S`` on the trade-off of arXiv:1812.06162.
    """
    cost = above_zero("The cost of a step", per_step) / above_zero("The cost of a token", per_token)
    return float(np.sqrt(cost * above_zero("The critical batch", critical)))


def _power(of: float | BatchLine | None) -> float:
    return of.exponent if isinstance(of, BatchLine) else 0.0


@lru_cache(maxsize=64)
def _most_tokens(batch: Batch, steps: float) -> float:
    """Tokens of the law that so many steps can take in."""
    if not np.isfinite(steps):
        return np.inf
    low, high = 0.0, 100.0
    for _ in range(2 * _HALVINGS):
        middle = (low + high) / 2
        data = np.exp(middle)
        size = np.inf if batch.size is None else float(_at(batch.size, data))
        fine = data / size + data / float(_at(batch.critical, data)) <= steps
        low, high = (middle, high) if fine else (low, middle)
    return float(np.exp(low))


def _at(of: float | BatchLine, tokens: ArrayLike) -> Array:
    data = np.asarray(tokens, dtype=np.float64)
    return of.at(data) if isinstance(of, BatchLine) else np.full(data.shape, float(of))
