"""What approaches 1, 2 and 3 of arXiv:2203.15556 say of one budget, as values that print themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalewidgets.fitting import Fit
from scalewidgets.fitting.certificate import plain
from scalewidgets.units import dollars_stay, format_interval, format_quantity

from .plan import Estimate


@dataclass(frozen=True)
class Approach:
    """What one approach says.

    Attributes
    ----------
    name : str
    exponent : Estimate
        a of ``N* ~ C^a``.
    params, tokens : Estimate
        Best model of the budget.
    waste : Estimate
        Share of the budget lost with that model if approach 3 is right.
    points : DataFrame or None
        ``flops``, ``params``, ``low``, ``high``, ``runs``: the best sizes it found; None for approach 3.
    missing : str
        What the runs lack for this approach; its numbers are NaN then. Empty as a rule.
    """

    name: str
    exponent: Estimate
    params: Estimate
    tokens: Estimate
    waste: Estimate
    points: pd.DataFrame | None
    missing: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class ThreeApproaches:
    """Three ways to the best size on the same runs; made by :func:`scalewidgets.three_approaches`.

    Attributes
    ----------
    approaches : tuple of Approach
        Envelope, IsoFLOP, parametric.
    fit : Fit
        Of approach 3.
    flops, dollars : float
        The budget, and its price.
    bias : DataFrame
        Approach 2 on the law's own losses at the same runs, without noise: ``flops``, ``params`` found,
        ``optimum`` of the law, and ``bias`` (found over optimum, minus one).
    bias_params, bias_exponent : float
        What that makes of the best size at the budget (found over optimum, minus one), and of the exponent.
    level : float
    conventions : tuple of str
    """

    approaches: tuple[Approach, ...]
    fit: Fit
    flops: float
    dollars: float
    bias: pd.DataFrame
    bias_params: float
    bias_exponent: float
    level: float
    conventions: tuple[str, ...]

    @property
    def agree(self) -> bool:
        """Whether each approach's best size lies in the interval of approach 3, and the other way round.

        Approaches that the runs do not carry have no say.
        """
        third = self.approaches[2].params
        return all(
            third.low <= one.params.value <= third.high and one.params.low <= third.value <= one.params.high
            for one in self.found[:-1]
        )

    @property
    def found(self) -> tuple[Approach, ...]:
        """Approaches that the runs carry; the last is approach 3."""
        return tuple(one for one in self.approaches if not one.missing)

    def sentence(self) -> str:
        """What they say, in one sentence."""
        third = self.approaches[2]
        said = f"{format_quantity(third.params.value, 'params')} {_ends(third.params, 'params')}"
        if len(self.found) == 1:
            verdict = "Approaches 1 and 2 find no best size"
        elif self.agree:
            names = " and ".join(one.name[0] for one in self.found)
            verdict = "All three approaches agree" if len(self.found) == 3 else f"Approaches {names} agree"
        else:
            far = max(self.found[:-1], key=lambda one: abs(np.log(one.params.value / third.params.value)))
            off = format_quantity(abs(far.params.value / third.params.value - 1), "percent", 2)
            verdict = f"Approach {far.name[0]} differs by {off}"
        return f"{verdict}: for {format_quantity(self.flops, 'flops')}, approach 3 says {said} parameters"

    def to_frame(self) -> pd.DataFrame:
        """One row an approach: value, low and high of exponent, params, tokens and waste."""
        rows = {}
        for one in self.approaches:
            row: dict[str, float] = {}
            for name in ("exponent", "params", "tokens", "waste"):
                value, low, high = getattr(one, name).to_list()
                row |= {name: value, f"{name}_low": low, f"{name}_high": high}
            rows[one.name] = row
        frame: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index")
        frame.index.name = "approach"
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        return {
            "flops": self.flops, "dollars": self.dollars, "level": self.level, "agree": self.agree,
            "approaches": plain(self.to_frame().to_dict("index")),
            "bias": plain(self.bias.to_dict("records")),
            "bias_params": plain(self.bias_params), "bias_exponent": plain(self.bias_exponent),
            "conventions": list(self.conventions),
        }  # fmt: skip

    def report(self) -> str:
        """Everything a reader should know, as plain text."""
        lines = [self.sentence() + ".", ""]
        for one in self.approaches:
            if one.missing:
                lines.append(f"  {one.name:<14}{one.missing}")
                continue
            size, data = _said(one.params, "params"), _said(one.tokens, "tokens")
            lines.append(
                f"  {one.name:<14}exponent {_said(one.exponent, 'exponent')}, N* {size}, D* {data}, "
                f"wastes {_said(one.waste, 'percent', 2)}"
            )
        lines += [
            "",
            *self._bias_words(),
            f"Waste is a share of {format_quantity(self.dollars, 'dollars')}, as if approach 3 were right.",
            "Conventions: " + "; ".join(self.conventions) + ".",
        ]
        return "\n".join(lines)

    def _bias_words(self) -> list[str]:
        if not np.isfinite(self.bias_params):
            return []
        return [
            f"The parabola alone, on the law's own losses without noise, moves N* by "
            f"{format_quantity(self.bias_params, 'signed-percent', 3)} at this budget and the exponent to "
            f"{format_quantity(self.bias_exponent, 'exponent')}."
        ]

    def __repr__(self) -> str:
        """Sentence."""
        return f"<ThreeApproaches: {self.sentence()}>"

    def _repr_html_(self) -> str:
        from html import escape

        return dollars_stay(f"<b>{escape(self.sentence())}.</b>{self.to_frame().to_html()}")


def _ends(number: Estimate, kind: str, digits: int | None = None) -> str:
    return (
        format_interval(number.low, number.high, kind, digits)
        if np.isfinite(number.low + number.high)
        else ""
    )


def _said(number: Estimate, kind: str, digits: int | None = None) -> str:
    return f"{format_quantity(number.value, kind, digits)} {_ends(number, kind, digits)}".strip()
