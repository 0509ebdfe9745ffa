"""What to do with a budget for each problem, in words: how sure it is, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalewidgets.errors import QuantityError
from scalewidgets.units import format_quantity

from .break_even import turns
from .checks import Array, level_of, positive
from .options import Option
from .results import Value, table

__all__ = ["Advice", "advise"]


@dataclass(frozen=True, eq=False, repr=False)
class Advice(Value):
    """Options ranked at a budget.

    Attributes
    ----------
    budget : float
        Dollars for one problem.
    names : tuple of str
        Best first; options that the budget does not pay for come last, with 0 samples.
    samples : ndarray of int
        Number of samples of each that does best within the budget.
    accuracy, low, high : ndarray
    dollars : ndarray
        Spent on a problem if all samples are drawn.
    spent : ndarray
        Spent on average where a verifier or an oracle stops at the first sample that it accepts.
    probability : ndarray
        Share of the draws in which each is the best; NaN where all rates are taken as exact.
    false_positives : float
        False-positive rate of the verifier up to which the best option behind it stands; NaN where there is
        none, nothing else, or it never does. Options behind the same verifier change together, each with its
        samples.
    verified, other : str or None
        That option, and what is best from there on.
    lower_false_positives : float
        Below it another option behind the same verifier is best, ``lower_best``; NaN if none is.
    lower_best : str or None
    budget_change : float
        Next budget, within a hundredfold, at which another option is best; NaN if there is none.
    next_best : str or None
        The option at that budget.
    level : float
    """

    budget: float
    names: tuple[str, ...]
    samples: np.ndarray
    accuracy: Array
    low: Array
    high: Array
    dollars: Array
    spent: Array
    probability: Array
    false_positives: float
    verified: str | None
    other: str | None
    lower_false_positives: float
    lower_best: str | None
    budget_change: float
    next_best: str | None
    level: float
    assumed: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """The advice, how sure it is, and what would change it."""
        paid = _dollars(self.budget)
        if not self.samples[0]:
            return (f"With {paid} per problem, no option can be paid.",)
        out = [f"With {paid} per problem: {self._verdict()}."]
        out.append(self._sureness())
        if self.spent[0] < 0.995 * self.dollars[0]:
            out.append(
                f"Stopping at the first sample that is accepted, {_dollars(self.spent[0])} of "
                f"{_dollars(self.dollars[0])} are spent on average."
            )
        if np.isfinite(self.lower_false_positives):
            bar = format_quantity(self.lower_false_positives, "percent", 2)
            out.append(f"Below a false-positive rate of {bar}, {self.lower_best} is best.")
        if np.isfinite(self.budget_change) and self.next_best is not None:
            out.append(f"From {_dollars(self.budget_change)} per problem on, {self.next_best} is best.")
        else:
            out.append("No budget up to a hundred times this one changes the choice.")
        return (*out, *self.assumed)

    def _way(self, place: int) -> str:
        count = int(self.samples[place])
        words = "once" if count == 1 else f"{count:,} samples"
        return f"{self.names[place]}, {words} (accuracy {self.accuracy[place]:.3f})"

    def _verdict(self) -> str:
        if self.verified is None or self.other is None:
            return self._way(0)
        if self.names[0] not in (self.verified, self.other):  # with a perfect verifier, where one is offered
            return f"{self._way(0)}; without that, {self._duel()}"
        return self._duel()

    def _duel(self) -> str:
        assert self.verified is not None
        assert self.other is not None
        first, place = self._way(self.names.index(self.verified)), self.names.index(self.other)
        if np.isnan(self.false_positives):
            return f"{self._way(place)}; {self.verified} would lose even if nothing wrong were accepted"
        if self.false_positives >= 1:
            return f"{first}, whatever wrong answers the verifier passes"
        bar = format_quantity(self.false_positives, "percent", 2)
        best = "now so" if self.names.index(self.verified) < place else "which it is not"
        return (
            f"{first}, if its verifier's false-positive rate is below {bar} ({best}); else {self._way(place)}"
        )

    def _sureness(self) -> str:
        chance = self.probability[0]
        if not np.isfinite(chance):
            return "All rates are taken as exact, so nothing here says how sure this is."
        often = "all" if chance == 1 else "more than 99 %" if chance > 0.99 else f"{100 * chance:.0f} %"
        return (
            f"{self.names[0]} is the best in {often} of the draws of what is uncertain; its "
            f"accuracy has the {100 * self.level:g} % interval [{self.low[0]:.3f}, {self.high[0]:.3f}]."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each option, best first."""
        names = ("samples", "accuracy", "low", "high", "dollars", "spent", "probability")
        return table({"option": list(self.names), **{name: getattr(self, name) for name in names}}, "option")


def advise(options: Sequence[Option], budget: float, *, level: float = 0.95) -> Advice:
    """Choose among ways to answer, for a budget in dollars for each problem.

    Parameters
    ----------
    options : sequence of Option
        From :func:`option`.
    budget : float
        Dollars for one problem; fewer samples than it pays are taken where more would hurt.
    level : float
        Of the intervals.

    Returns
    -------
    Advice

    Raises
    ------
    QuantityError
        For a budget that is not above zero, or no options.

    Examples
    --------
    >>> from scalewidgets.testtime import option
    >>> small = option("small model", 0.0005, p=0.1, selector="verifier", t=0.9, f=0.05)
    >>> large = option("large model", 0.01, p=0.45)
    >>> print(advise([small, large], 0.01).sentences[0])  # doctest: +ELLIPSIS
    With $0.01 per problem: small model, 20 samples (accuracy 0.6...
    """
    paid, level = float(positive("The budget", budget)), level_of(level)
    if not options:
        raise QuantityError("There are no options to choose from.", remedy="Give one or more.")
    names = [one.name for one in options]
    if len(set(names)) < len(names):
        raise QuantityError("Two options have one name.", remedy="Name them apart.")
    best = [one.best(paid) for one in options]
    means = np.array([float(seen.mean()) for _, seen in best])
    # Of equals, the cheaper.
    spent = np.array([count * one.price for one, (count, _) in zip(options, best, strict=True)])
    stopped = np.array([one.spent(count) for one, (count, _) in zip(options, best, strict=True)])
    order = np.lexsort((spent, -np.round(means, 12)))
    draws = max(len(seen) for _, seen in best)
    drawn = np.stack([np.resize(seen, draws) for _, seen in best])
    sides = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1)
    chance = np.full(len(options), np.nan)
    if draws > 1:
        winner = np.argmax(drawn, axis=0)
        chance = np.bincount(winner, minlength=len(options)) / draws
    found = turns(options, [count for count, _ in best], means)

    def name_of(place: int | None) -> str | None:
        return None if place is None else names[place]

    change, after = _next_change(options, paid, names[int(order[0])])
    return Advice(
        paid, tuple(names[i] for i in order), np.array([best[i][0] for i in order]), means[order],
        sides[0][order], sides[1][order], spent[order], stopped[order], chance[order], found.upper,
        name_of(found.verified), name_of(found.other), found.lower, name_of(found.below), change, after,
        level, (*_beyond(options, best), *_assumptions(options)),
    )  # fmt: skip


def _next_change(options: Sequence[Option], budget: float, now: str) -> tuple[float, str | None]:
    """Next larger budget, on a grid of a hundredfold, at which another option is best."""
    curves = [one.means(100 * budget) for one in options]
    here = next(i for i, one in enumerate(options) if one.name == now)
    for paid in budget * np.geomspace(1, 100, 161)[1:]:
        seen = []
        for one, (tried, means) in zip(options, curves, strict=True):
            within = means[tried <= one.affordable(float(paid))]
            seen.append(float(within.max()) if within.size else 0.0)
        at = int(np.argmax(seen))
        if at != here and seen[at] > seen[here] + 1e-9:
            return float(paid), options[at].name
    return float("nan"), None


def _beyond(options: Sequence[Option], best: Sequence[tuple[int, Array]]) -> tuple[str, ...]:
    """Say where an answer rests on more samples than were drawn."""
    far = [
        (one, count) for one, (count, _) in zip(options, best, strict=True) if one.drawn and count > one.drawn
    ]
    if not far:
        return ()
    first, count = far[0]
    others = f" (and {len(far) - 1} more)" if len(far) > 1 else ""
    return (
        f"{first.name}{others}: {count:,} samples are more than the {first.drawn:,} that were drawn of a "
        "problem, so that its accuracy is extrapolated by a Beta distribution of success rates.",
    )


def _assumptions(options: Sequence[Option]) -> tuple[str, ...]:
    used = {one.selector for one in options}
    out = []
    if "vote" in used:
        out.append("Votes are between the right and one wrong answer; more wrong answers make a vote better.")
    if "verifier" in used:
        out.append(
            "The verifier's rates are those of this generator on these problems; they rarely hold for "
            "another."
        )
    if "oracle" in used:
        out.append("An oracle recognises every right answer: coverage, not accuracy, unless there is one.")
    return tuple(out)


def _dollars(value: float) -> str:
    # format_quantity rounds cents; prices of answers are often below one.
    return f"${value:.3g}" if value < 1 else format_quantity(value, "dollars")
