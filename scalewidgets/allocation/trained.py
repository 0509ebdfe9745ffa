"""An advice checked by the runs themselves: the law fitted again once their losses are known."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from scalewidgets.errors import FitError, TableError
from scalewidgets.fitting import Fit
from scalewidgets.fitting import fit as fit_runs

from .information import Information
from .next_runs import Advice
from .runs import fitted_runs

Array: TypeAlias = NDArray[np.float64]


def trained(advice: Advice) -> pd.DataFrame:
    """Fit the law again with the losses that the advised runs gave, and say what became of the answer.

    Parameters
    ----------
    advice : Advice
        Made with candidates that have a column ``loss``, which says what a run gave and is empty for those
        that are still to be made.

    Returns
    -------
    DataFrame
        Index ``batch``, and ``all`` where every candidate has a loss: ``value``, ``low`` and ``high`` of the
        answer, linearised at the new fit, and ``runs`` behind it.

    Raises
    ------
    TableError
        If a run of the batch has no loss.
    FitError
        If the law cannot be fitted to the runs.
    """
    batch, every = advice.batch, advice.candidates
    if "loss" not in batch or not _known(batch).all():
        missing = len(batch) if "loss" not in batch else int((~_known(batch)).sum())
        raise TableError(
            f"{missing} of the {len(batch)} runs {'has' if missing == 1 else 'have'} no loss yet.",
            remedy="Train them, then give candidates= with their losses in a column loss.",
        )
    rows = {"batch": _row(advice, batch)}
    if len(every) > len(batch) and _known(every).all():
        rows["all"] = _row(advice, every)
    frame: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index")
    return frame


def _known(table: pd.DataFrame) -> NDArray[np.bool_]:
    losses = table["loss"].to_numpy(dtype=float)
    return np.asarray(np.isfinite(losses) & (losses > 0))


def _row(advice: Advice, more: pd.DataFrame) -> dict[str, float]:
    again = _again(advice.fit, more)
    known = Information.of(again)
    centre, slope = known.slope_of(advice.answer, advice.flops)
    width = float(ndtri((1 + advice.level) / 2) * np.sqrt(slope @ known.inverse @ slope))
    return {
        "value": float(np.exp(centre)),
        "low": float(np.exp(centre - width)),
        "high": float(np.exp(centre + width)),
        "runs": float(known_runs(again)),
    }


def known_runs(fit: Fit) -> int:
    """Runs that a fit used."""
    return int(np.sum(fit.used))


def _again(fit: Fit, more: pd.DataFrame) -> Fit:
    """The fit, made anew with more runs, by the same law and objective."""
    params, tokens, _ = fitted_runs(fit)
    certificate = fit.certificate
    losses = fit.runs[fit.used][certificate.columns.get("L", fit.law.output)].to_numpy(dtype=float)
    table = pd.DataFrame(
        {
            "params": np.concatenate([params, more["params"]]),
            "tokens": np.concatenate([tokens, more["tokens"]]),
            fit.law.output: np.concatenate([losses, more["loss"]]),
        }
    )
    held = certificate.fixed or None
    again = fit_runs(
        table,
        law=fit.law,
        objective=certificate.objective,
        delta=certificate.delta,
        fixed=held,
        resamples=0,
        starts=0,
    )
    if not again.coefficients:
        raise FitError(f"The law does not fit these losses: {again.reason}", remedy="Check them.")
    return again
