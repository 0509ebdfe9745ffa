"""What the law fitter draws: ranges, sizes and columns, from a fit and a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...fitting import Fit, HoldOut
from ..curves import FLOPS_PER_PARAM_TOKEN, QUANTITIES, Cloud, law_inputs
from ..plots import (
    spread,
)
from ..runs import run_flops as run_flops
from ..runs import thinned

SIZES = 5


@dataclass(frozen=True)
class Target:
    """The model that a person asks about.

    Attributes
    ----------
    params : float
        Parameters N, counted as the fit counts them.
    tokens : float
        Training tokens D.
    """

    params: float
    tokens: float

    @property
    def flops(self) -> float:
        """Training compute, 6 N D."""
        return FLOPS_PER_PARAM_TOKEN * self.params * self.tokens


@dataclass(frozen=True)
class View:
    """What is drawn: figures of the data, computed once and shared by plots, state and behaviours."""

    fit: Fit
    target: Target
    cloud: Cloud
    runs: pd.DataFrame
    excluded: pd.DataFrame
    n_runs: int
    sizes: tuple[float, ...]
    x: tuple[float, float]
    y: tuple[float, float]
    inside: float
    held: Mapping[str, float]
    blind: frozenset[int] = frozenset()

    @property
    def held_out(self) -> pd.DataFrame:
        """Runs that the blind fit has not seen."""
        chosen: pd.DataFrame = self.runs[self.runs["run"].isin(self.blind)]
        return chosen

    @property
    def by_hand(self) -> bool:
        """Whether a coefficient was moved away from the fit."""
        return any(abs(self.held[k] - v) > 1e-9 * abs(v) for k, v in self.fit.coefficients.items())

    @property
    def size_range(self) -> tuple[float, float]:
        """Smallest and largest model that is drawn in colour."""
        low, high = float(self.runs["params"].min()), float(self.runs["params"].max())
        return (low, high) if low < high else (low / 2, high * 2)


def make_view(
    fit: Fit,
    target: Target,
    cloud: Cloud,
    held: Mapping[str, float] | None = None,
    *,
    thin: bool = True,
    blind: HoldOut | None = None,
) -> View:
    """Ranges, sizes and columns for the figures of a fit.

    Parameters
    ----------
    fit : Fit
        A fit with coefficients.
    target : Target
        Where the diamond stands.
    cloud : Cloud
        Resamples for the bands.
    held : mapping, optional
        Coefficients that are drawn, where a person moved them; by default those of the fit.
    thin : bool
        Whether a large table is drawn by a share of its runs.
    blind : HoldOut, optional
        Which runs were held out, to draw them hollow.
    """
    held = dict(held or fit.coefficients)
    # Pandas copies what is noted about a table with every column that is read.
    table = pd.DataFrame(fit.runs)
    used = np.asarray(fit.used, dtype=bool)
    flops = run_flops(table)
    params = table["params"].to_numpy(dtype=float)
    tokens = flops / (FLOPS_PER_PARAM_TOKEN * params)
    columns = {
        "run": np.arange(1, len(table) + 1),
        "params": params,
        "tokens": table["tokens"].to_numpy(dtype=float) if "tokens" in table else tokens,
        "flops": flops,
        "loss": table["loss"].to_numpy(dtype=float),
    }
    inputs = {s.name: columns[QUANTITIES[s.name]] for s in fit.law.inputs}
    fitted = np.asarray(fit.law.value(inputs, held), dtype=float) * np.ones(len(table))
    columns |= {"fitted": fitted, "residual": 100 * (columns["loss"] / fitted - 1)}
    runs, excluded = (
        pd.DataFrame({name: column[rows] for name, column in columns.items()}, index=np.flatnonzero(rows))
        for rows in (used, ~used)
    )
    compute, losses = flops[used], columns["loss"][used]
    inside = float(compute.max())
    first = 10.0 ** np.floor(np.log10(float(compute.min()) * 1.02))
    last = 10.0 ** np.ceil(np.log10(10 * max(inside, target.flops)))
    end = float(np.min(fit.law.value(law_inputs(fit.law, target.params, last), fit.coefficients)))
    low = min(float(losses.min()), end) * 0.955
    high = float(np.quantile(losses, 0.999)) * 1.12
    return View(
        fit=fit,
        target=target,
        cloud=cloud,
        runs=thinned(runs) if thin else runs,
        excluded=thinned(excluded) if thin else excluded,
        n_runs=len(runs),
        sizes=_sizes(runs),
        x=(first, last),
        y=(low, high),
        inside=inside,
        held=held,
        blind=frozenset() if blind is None else _numbers(table, blind),
    )


def _numbers(table: pd.DataFrame, blind: HoldOut) -> frozenset[int]:
    """The held-out runs as they are counted on screen, from 1."""
    return frozenset(int(i) + 1 for i in np.flatnonzero(table.index.isin(blind.table.index)))


def _sizes(runs: pd.DataFrame) -> tuple[float, ...]:
    """Sizes whose curves are drawn: spread over those that were trained, at a readable figure."""
    chosen = spread(runs["params"].to_numpy(dtype=float), SIZES + 1)[:SIZES]
    rounded = [float(f"{v:.1e}") for v in chosen]
    return tuple(dict.fromkeys(rounded))
