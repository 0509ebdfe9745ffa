"""An advice checked by simulation: the law fitted again, not linearised."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from scalewidgets.errors import FitError
from scalewidgets.fitting import Fit
from scalewidgets.fitting import fit as fit_runs
from scalewidgets.fitting.steps import drained

from .information import law_inputs
from .next_runs import Advice
from .runs import fitted_runs
from .surface import Surface

Array: TypeAlias = NDArray[np.float64]


def simulated(advice: Advice, refits: int = 200, seed: int = 0) -> pd.DataFrame:
    """Check an advice by simulation: runs drawn from the fitted law, the law fitted again, not linearised.

    Parameters
    ----------
    advice : Advice
    refits : int
    seed : int

    Returns
    -------
    DataFrame
        Index ``now`` and ``after``: ``sd`` of the logarithm of the answer, ``low`` and ``high`` of its
        interval, and ``predicted`` by the linearised law.
    """
    frame: pd.DataFrame = drained(simulated_steps(advice, refits, seed))
    return frame


def simulated_steps(
    advice: Advice, refits: int = 200, seed: int = 0
) -> Generator[tuple[float, float, str], None, pd.DataFrame]:
    """:func:`simulated` in steps that yield (done, total, label)."""
    fit = advice.fit
    law, names = fit.law, fit.law.coefficient_names
    first_params, first_tokens, _ = fitted_runs(fit)
    params = [first_params, advice.batch["params"].to_numpy(dtype=float)]
    tokens = [first_tokens, advice.batch["tokens"].to_numpy(dtype=float)]
    edges = [(1 - advice.level) / 2, (1 + advice.level) / 2]
    rows = {}
    for name, parts in (("now", 1), ("after", 2)):
        n, d = np.concatenate(params[:parts]), np.concatenate(tokens[:parts])
        draws = yield from _refitted(fit, n, d, advice.scatter, refits, seed, (parts - 1) * refits)
        surface = Surface(law, {c: draws[:, k : k + 1] for k, c in enumerate(names)})
        found = getattr(surface.best(np.array([advice.flops])), advice.answer)
        logs = np.log(found[np.isfinite(found)])
        low, high = np.exp(np.quantile(logs, edges))
        ends = advice.now if name == "now" else advice.after
        predicted = np.log(ends[1] / ends[0]) / (2 * ndtri(edges[1]))
        rows[name] = {"sd": float(logs.std(ddof=1)), "low": low, "high": high, "predicted": float(predicted)}
    frame: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index")
    return frame


def _refitted(
    fit: Fit, params: Array, tokens: Array, scatter: float, refits: int, seed: int, done: int
) -> Generator[tuple[float, float, str], None, Array]:
    """Coefficients of the law refitted to losses drawn around it, shape (refits, p)."""
    truth = fit.law.value(law_inputs(fit.law, params, tokens), fit.coefficients)
    rng = np.random.default_rng([seed, 22])
    held = fit.certificate.fixed or None
    out = []
    for k in range(refits):
        yield float(done + k), 2.0 * refits, "simulated refits"
        loss = truth * np.exp(rng.normal(0.0, scatter, len(truth)))
        table = pd.DataFrame({"params": params, "tokens": tokens, "loss": loss})
        again = fit_runs(table, law=fit.law, objective="squared_log", resamples=0, starts=0, fixed=held)
        if again.coefficients and np.all(np.isfinite(list(again.coefficients.values()))):
            out.append([again.coefficients[name] for name in fit.law.coefficient_names])
    if len(out) < 10:
        raise FitError("The simulated runs could not be fitted.", remedy="Fit a law with fewer coefficients.")
    return np.array(out)
