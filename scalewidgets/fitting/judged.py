"""One law of a comparison: its row of the table, and how it predicts runs that were left out."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FitError
from scalewidgets.laws import Law

from .certificate import Status
from .columns import output_key
from .result import Fit
from .scores import information, mape, scores
from .warm import refits, run_arrays

Array: TypeAlias = NDArray[np.float64]

MOST_LEFT_OUT = 2000
"""Runs up to which each is left out in turn; folds say the same for larger tables."""


@dataclass(frozen=True)
class Left:
    """How runs are left out, to see how each is predicted without it."""

    folds: int
    alone: bool
    seed: int
    options: Mapping[str, Any]


def row_of(law: Law, fit: Fit | None, refusal: FitError | None) -> dict[str, Any]:
    """A row of a law that says nothing, and why."""
    nothing = float("nan")
    return {
        "title": law.title, "formula": law.formula,
        "status": Status.REFUSED.value if fit is None else fit.status.value,
        "reason": str(refusal) if fit is None else fit.reason,
        "objective": nothing, "coefficients": len(law.coefficients), "aicc": nothing, "bic": nothing,
        "leave_one_out": nothing, "k_fold": nothing, "are": nothing, "r2": nothing, "nmse": nothing,
        "rmse_log": nothing,
    }  # fmt: skip


def judged(
    law: Law, fit: Fit, likelihood: str, delta: float | None, left: Left
) -> Generator[None, None, dict[str, Any]]:
    """A row of a law that was fitted: information criteria, and errors on runs left out."""
    arrays = run_arrays(fit)
    loss = arrays[output_key(fit.law)][fit.used]
    inputs = {name: arrays[name][fit.used] for name in law.input_names}
    made = scores(loss, law.value(inputs, fit.coefficients))
    count = len(law.coefficients) - len(fit.certificate.fixed) - len(fit.certificate.ties)
    seen = fit.certificate
    nu = "free" if seen.nu_free else seen.nu
    weighed = information(fit.residuals.to_numpy(), count, likelihood, delta, nu)
    n = len(loss)
    alone = ~np.eye(n, dtype=bool) if left.alone and n <= MOST_LEFT_OUT else np.empty((0, n), dtype=bool)
    extra = {k: v for k, v in left.options.items() if k not in ("exclude", "columns", "fixed")}
    one = yield from _left_out(fit, alone, inputs, loss, extra)
    fold = yield from _left_out(fit, _fold_sets(n, left.folds, left.seed), inputs, loss, extra)
    return row_of(law, fit, None) | {
        "objective": fit.objective, "coefficients": count, "aicc": weighed["aicc"], "bic": weighed["bic"],
        "leave_one_out": one, "k_fold": fold,
        **{name: made[name] for name in ("are", "r2", "nmse", "rmse_log")},
    }  # fmt: skip


def _left_out(
    fit: Fit,
    kept: NDArray[np.bool_],
    inputs: Mapping[str, Array],
    loss: Array,
    options: Mapping[str, Any],
) -> Generator[None, None, float]:
    """Mean absolute relative error on the runs that each set leaves out."""
    if not len(kept):
        return float("nan")
    said = np.full(len(loss), np.nan)
    for rows, coefficients in refits(fit, kept, **options):
        yield
        for gone, values in zip(~kept[rows], coefficients, strict=True):
            given = dict(zip(fit.law.coefficient_names, values, strict=True))
            said[gone] = fit.law.value({name: column[gone] for name, column in inputs.items()}, given)
    return mape(loss, said)


def _fold_sets(n: int, folds: int, seed: int) -> NDArray[np.bool_]:
    """Kept runs of each fold; folds of nearly equal size, drawn at random."""
    count = min(folds, n)
    if count < 2:
        return np.empty((0, n), dtype=bool)
    fold = np.random.default_rng([seed, 7]).permutation(n) % count
    return np.asarray(fold[None, :] != np.arange(count)[:, None])
