"""What to do with a budget for each problem, in words: how sure it is, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalewidgets.errors import QuantityError
from scalewidgets.units import format_quantity

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
    probability : ndarray
        Share of the draws in which each is the best; NaN where all rates are taken as exact.
    false_positives : float
        False-positive rate of the verifier up to which the verdict between the best verified option and the
        best other stands; NaN where there are not both, or it never does.
    verified, other : str or None
        The two.
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
    probability: Array
    false_positives: float
    verified: str | None
    other: str | None
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
        first = self._way(self.names.index(self.verified))
        second = self._way(self.names.index(self.other))
        if np.isnan(self.false_positives):
            return f"{second}; {self.verified} would lose even to a verifier that passes nothing wrong"
        if self.false_positives >= 1:
            return f"{first}, whatever wrong answers the verifier passes"
        bar = format_quantity(self.false_positives, "percent", 2)
        best = "now so" if self.names[0] == self.verified else "which it is not"
        return f"{first}, if its verifier's false-positive rate is below {bar} ({best}); else {second}"

    def _sureness(self) -> str:
        chance = self.probability[0]
        if not np.isfinite(chance):
            return "All rates are taken as exact, so nothing here says how sure this is."
        return (
            f"{self.names[0]} is the best in {100 * chance:.0f} % of the draws of what is uncertain; its "
            f"accuracy has the {100 * self.level:g} % interval [{self.low[0]:.3f}, {self.high[0]:.3f}]."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each option, best first."""
        names = ("samples", "accuracy", "low", "high", "dollars", "probability")
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
    order = np.lexsort((spent, -np.round(means, 12)))
    draws = max(len(seen) for _, seen in best)
    drawn = np.stack([np.resize(seen, draws) for _, seen in best])
    sides = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1)
    chance = np.full(len(options), np.nan)
    if draws > 1:
        winner = np.argmax(drawn, axis=0)
        chance = np.bincount(winner, minlength=len(options)) / draws
    verified, other, bar = _verifier_bar(options, paid, means)
    change, after = _next_change(options, paid, names[int(order[0])])
    return Advice(
        paid, tuple(names[i] for i in order), np.array([best[i][0] for i in order]), means[order],
        sides[0][order], sides[1][order], spent[order], chance[order], bar, verified, other, change, after,
        level,
        _assumptions(options),
    )  # fmt: skip


def _verifier_bar(
    options: Sequence[Option], budget: float, means: Array
) -> tuple[str | None, str | None, float]:
    """False-positive rate at which the best verified option falls behind the best of the others."""
    with_one = [i for i, one in enumerate(options) if one.selector == "verifier" and one.affordable(budget)]
    without = [i for i, one in enumerate(options) if one.selector != "verifier" and one.affordable(budget)]
    if not with_one or not without:
        return None, None, float("nan")
    # The one that would do best if its verifier passed nothing wrong.
    ideal = {i: float(options[i].with_false_positives(0.0).best(budget)[1].mean()) for i in with_one}
    first, second = max(ideal, key=lambda i: ideal[i]), max(without, key=lambda i: means[i])
    goal = float(means[second])
    count = options[first].best(budget)[0]

    def accuracy(f: float) -> float:
        return float(options[first].with_false_positives(f).accuracy(count).mean())

    names = options[first].name, options[second].name
    if ideal[first] < goal:
        return *names, float("nan")
    if accuracy(1.0) >= goal:
        return *names, 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if accuracy(middle) >= goal else (low, middle)
    return *names, low


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
