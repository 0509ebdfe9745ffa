"""A plan: how to split a budget between parameters and tokens, and how sure one can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FitError, QuantityError
from scalewidgets.fitting import Fit
from scalewidgets.fitting.certificate import plain

from . import plan_report
from .machine import Machine
from .steps import Schedule
from .surface import Surface
from .wrong import Wrong, regret_of, wrong_at

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A number of a plan with the interval that the resamples give it.

    Attributes
    ----------
    value, low, high : float
        NaN ends without resamples; an infinite end where some resamples never get there.
    """

    value: float
    low: float
    high: float

    def __float__(self) -> float:
        """Return the value."""
        return self.value

    def to_list(self) -> list[float]:
        """Return value, low and high."""
        return [self.value, self.low, self.high]


def estimate(values: Array, level: float) -> Estimate:
    """Make the first of the values an estimate, the others its resamples."""
    rest = values[1:]
    rest = rest[~np.isnan(rest)]
    if not len(rest):
        return Estimate(float(values[0]), float("nan"), float("nan"))
    # Between infinite neighbours there is nothing to interpolate.
    edges = np.quantile(
        rest,
        [(1 - level) / 2, (1 + level) / 2],
        method="closest_observation" if np.isinf(rest).any() else "linear",
    )
    return Estimate(float(values[0]), float(edges[0]), float(edges[1]))


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """How to split a budget, with intervals; made by :func:`allocate`.

    Attributes
    ----------
    fit : Fit
    params, tokens, loss, ratio : Estimate
        N*, D*, L* and tokens per parameter of the best model; over the resamples each takes its own best.
    flops : Estimate
        Training compute; with an interval where the question was a loss.
    total : Estimate
        Training and serving together, as training compute of the same price.
    epochs : float or None
        Passes over the unique tokens, where these are limited.
    bits : Estimate or None
        Bits of training, where formats could be chosen; the compute then is in FLOP of 16 bits.
    schedule : Schedule or None
        Batch, steps, tokens and days of the run, where a batch was given.
    binding : tuple of str
        Limits that the best model stands at.
    extrapolation : float
        Decades of training compute beyond the largest run of the fit.
    machine : Machine
    conventions, notes : tuple of str
    level : float
    draws : DataFrame
        ``params``, ``tokens``, ``loss``, ``flops``, ``total``: the plan of each resample.
    surface : Surface
    """

    fit: Fit
    params: Estimate
    tokens: Estimate
    loss: Estimate
    ratio: Estimate
    flops: Estimate
    total: Estimate
    epochs: float | None
    bits: Estimate | None
    schedule: Schedule | None
    binding: tuple[str, ...]
    extrapolation: float
    machine: Machine
    conventions: tuple[str, ...]
    notes: tuple[str, ...]
    level: float
    draws: pd.DataFrame
    surface: Surface

    # -- money and time ----------------------------------------------------------------------------

    @property
    def gpu_hours(self) -> Estimate:
        """Device hours of training."""
        return self._priced(lambda flops: np.asarray(self.machine.cost(flops).gpu_hours))

    @property
    def dollars(self) -> Estimate:
        """Money for training and serving together."""
        return self._priced(lambda flops: np.asarray(self.machine.cost(flops).dollars), self.total)

    @property
    def days(self) -> Estimate:
        """Days of training on the clock, on all devices."""
        if self.schedule is not None:
            return estimate(np.append(self.schedule.days, self.draws["days"]), self.level)
        return self._priced(
            lambda flops: np.asarray(self.machine.cost(flops).gpu_hours) / self.machine.gpus / 24
        )

    def _priced(self, price: Any, of: Estimate | None = None) -> Estimate:
        numbers = (self.flops if of is None else of).to_list()
        return Estimate(*(float(price(x)) if np.isfinite(x) else x for x in numbers))

    # -- the price of being wrong ------------------------------------------------------------------

    def wrong(self, params: ArrayLike | None = None, tokens: ArrayLike | None = None) -> Wrong:
        """What other models cost against the cheapest model of their loss.

        Parameters
        ----------
        params, tokens : array_like, optional
            They broadcast. With one of them, the other is what the plan's budget leaves.

        Returns
        -------
        Wrong

        Raises
        ------
        QuantityError
            If neither is given, one is not above zero, or serving alone exceeds the budget.
        """
        return wrong_at(self.surface, self.machine, self.total.value, params, tokens, self.level)

    def curve(self, span: float = 10.0, points: int = 41) -> pd.DataFrame:
        """Price of a size around the best one, at the same budget.

        Parameters
        ----------
        span : float
            The sizes go from the best over this to the best times this.
        points : int

        Returns
        -------
        DataFrame
            ``params``, ``tokens``, ``loss`` and ``waste`` (share of the budget that the cheapest model of the
            same loss would save) with ``waste_low`` and ``waste_high``, and ``dollars`` of it.
        """
        factors = np.geomspace(1 / span, span, points)
        sizes = self.params.value * factors
        sizes = sizes[self.surface.tokens(np.asarray(self.total.value), sizes) >= self.surface.data[0]]
        found = self.wrong(params=sizes)
        columns = {
            "params": found.params, "tokens": found.tokens, "loss": found.loss, "waste": found.waste,
            "waste_low": found.waste_low, "waste_high": found.waste_high, "dollars": found.dollars,
        }  # fmt: skip
        table: pd.DataFrame = pd.DataFrame(columns)
        return table

    def regret(self) -> dict[str, float]:
        """Share of the budget lost because the coefficients are not known: if each resample were true.

        Returns
        -------
        dict
            ``mean``, ``median`` and ``high`` (the upper end at the plan's level) of the waste of this plan's
            model; empty without resamples.
        """
        return regret_of(self.surface, self.params.value, self.tokens.value, self.level)

    # -- forms -------------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """One row a quantity: value, low and high."""
        rows = {
            name: getattr(self, name).to_list()
            for name in (
                "params",
                "tokens",
                "ratio",
                "loss",
                "flops",
                "total",
                "gpu_hours",
                "days",
                "dollars",
            )
        }
        frame: pd.DataFrame = pd.DataFrame(
            list(rows.values()), index=list(rows), columns=["value", "low", "high"]
        )
        frame.index.name = "quantity"
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        frame = self.to_frame()
        return {
            "law": self.fit.law.name,
            **{
                str(name): plain(row.tolist())
                for name, row in zip(frame.index, frame.to_numpy(), strict=True)
            },
            "epochs": plain(self.epochs),
            "bits": None if self.bits is None else plain(self.bits.to_list()),
            "schedule": None if self.schedule is None else plain(asdict(self.schedule)),
            "binding": list(self.binding),
            "extrapolation": plain(self.extrapolation),
            "level": self.level,
            "machine": str(self.machine),
            "conventions": list(self.conventions),
            "notes": list(self.notes),
            "regret": plain(self.regret()),
        }

    def report(self) -> str:
        """Everything a reader should know, as plain text."""
        return plan_report.text(self)

    def __repr__(self) -> str:
        """Sentence of the plan."""
        return f"<Plan: {plan_report.sentence(self)}>"

    def _repr_html_(self) -> str:
        return plan_report.html(self)


def coefficients_of(fit: Fit) -> Mapping[str, Array]:
    """Coefficients of a fit and its resamples, shape (1 + resamples, 1) each."""
    names = fit.law.coefficient_names
    table = np.vstack([[fit.coefficients[name] for name in names], fit.resamples])
    return {name: np.ascontiguousarray(table[:, k : k + 1]) for k, name in enumerate(names)}


def usable(fit: Fit, held: Sequence[str] = ()) -> None:
    """Refuse advice from a fit that does not carry it.

    Parameters
    ----------
    fit : Fit
    held : sequence of str
        Inputs of the law beside sizes and tokens that have a value.

    Raises
    ------
    FitError
        If the fit was refused, did not converge or is not identified, or its law has no sizes and tokens.
    """
    if fit.status.value in ("refused", "not identified", "not converged"):
        raise FitError(
            f"This fit carries no advice: {fit.reason}",
            remedy="Mend the fit first: more runs at other tokens per parameter, or a law with fewer "
            "coefficients.",
        )
    known = set(fit.law.input_names)
    split = {"N", "D"} <= known or {"N", "C"} <= known or {"D", "C"} <= known
    open_ = sorted(known - {"N", "D", "C", "U", *held})
    if split and open_:
        raise FitError(
            f"The {fit.law.title} law has {', '.join(open_)} beside parameters and tokens.",
            remedy=f"Give their values: given={{{', '.join(f'{name!r}: ...' for name in open_)}}}.",
        )
    if not split:
        raise FitError(
            f"The {fit.law.title} law is not one of parameters and tokens, so there is nothing to split.",
            remedy='Fit a law of N and D, such as law="chinchilla".',
        )


def nearest(sizes: Sequence[float], surface: Surface, budget: Array) -> Array:
    """Best of some sizes for each row, where only these can be built; NaN where none fits the budget."""
    shapes = np.sort(np.asarray(sizes, dtype=np.float64))[None, :]
    if not np.all(np.isfinite(shapes) & (shapes > 0)):
        raise QuantityError("A size is not above zero.", remedy="Give numbers of parameters.")
    tokens = surface.tokens(budget[:, None], shapes)
    fine = (tokens >= surface.data[0]) & (tokens <= surface.data[1])
    fine &= (shapes >= surface.sizes[0]) & (shapes <= surface.sizes[1])
    with np.errstate(all="ignore"):
        loss = np.where(fine, surface.loss(np.broadcast_to(shapes, tokens.shape), tokens), np.inf)
    best = np.argmin(loss, axis=1)
    found = shapes[0, best]
    return np.where(np.isfinite(loss[np.arange(len(best)), best]), found, np.nan)
