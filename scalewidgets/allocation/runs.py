"""Sizes, tokens and compute of the runs behind a fit."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.fitting import Fit
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN

Array: TypeAlias = NDArray[np.float64]


def fitted_runs(fit: Fit) -> tuple[Array, Array, Array]:
    """Params, tokens and compute of the runs that a fit used, shape (n,) each.

    Of the three, what the table lacks follows from the other two by C = 6ND; where it has all, the compute is
    that of params and tokens.
    """
    table, columns = fit.runs[fit.used], fit.certificate.columns
    known = {s: table[columns[s]].to_numpy(dtype=float) for s in "NDC" if columns.get(s) in table.columns}
    known = {symbol: values for symbol, values in known.items() if np.isfinite(values).all()}
    if {"N", "D"} <= known.keys():
        return known["N"], known["D"], FLOPS_PER_PARAM_TOKEN * known["N"] * known["D"]
    flops = known["C"]
    params = known["N"] if "N" in known else flops / (FLOPS_PER_PARAM_TOKEN * known["D"])
    return params, flops / (FLOPS_PER_PARAM_TOKEN * params), flops
