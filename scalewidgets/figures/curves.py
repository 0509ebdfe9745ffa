"""Curves of a fitted law against compute, with their bands: the twin of the browser's ``law-curves``.

At one model size the tokens follow from the compute by the fit's FLOP rule (D = C / 6N), so a law of
(N, D) becomes a curve over C. The browser computes the same curves from the same formula when a slider
moves; this module draws the first picture and every still one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..fitting import Fit
from ..fitting.problem import FLOPS_PER_PARAM_TOKEN as FLOPS_PER_PARAM_TOKEN
from ..laws import Law

Floats = NDArray[np.float64]

QUANTITIES = {"N": "params", "D": "tokens", "C": "flops", "x": "flops"}
"""Which quantity of a run stands behind an input symbol of a law; a bare ``x`` is read against compute."""


def law_inputs(law: Law, params: Any, flops: Any) -> dict[str, Any]:
    """The inputs of `law` at this model size and compute."""
    # A law of one input gives a curve all the same, if a level one.
    n, c = np.broadcast_arrays(np.asarray(params, dtype=float), np.asarray(flops, dtype=float))
    known = {"params": n, "tokens": c / (FLOPS_PER_PARAM_TOKEN * n), "flops": c}
    return {s.name: known[QUANTITIES[s.name]] for s in law.inputs}


@dataclass(frozen=True)
class Cloud:
    """What uncertainty is drawn from: resampled coefficients, and a residual for each.

    Attributes
    ----------
    draws : mapping of str to ndarray, shape (R,)
        Resampled coefficients by name.
    noise : ndarray, shape (R,)
        One log residual per resample, drawn from the residuals of the fit: together they give the
        interval of a single run.
    level : float
        Share of the resamples inside the interval.
    """

    draws: Mapping[str, Floats]
    noise: Floats
    level: float = 0.95

    @classmethod
    def of(cls, fit: Fit, level: float = 0.95) -> Cloud:
        """The cloud of a fit: its resamples, and the residuals that its own predictions draw."""
        names = [s.name for s in fit.law.coefficients]
        draws = {name: np.ascontiguousarray(fit.resamples[:, i]) for i, name in enumerate(names)}
        return cls(draws, fit.noise, level)


def band(law: Law, cloud: Cloud, inputs: Mapping[str, Any]) -> tuple[Floats, Floats, Floats, Floats]:
    """Intervals at each point: coefficients (low, high), a single run (low, high)."""
    columns = {k: np.atleast_1d(np.asarray(v, dtype=float))[:, None] for k, v in inputs.items()}
    values = np.asarray(law.value(columns, {k: v[None, :] for k, v in cloud.draws.items()}), dtype=float)
    edges = [(1 - cloud.level) / 2, (1 + cloud.level) / 2]
    low, high = np.quantile(values, edges, axis=1)
    run_low, run_high = np.quantile(values * np.exp(cloud.noise)[None, :], edges, axis=1)
    return low, high, run_low, run_high


def grid(low: float, high: float, points: int) -> Floats:
    """Compute, evenly in the logarithm."""
    return np.geomspace(low, high, points)
