"""Resampled coefficients of the step law (arXiv:2503.04715)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .raw import find, read_exact
from .table import Table

# What the file calls a coefficient, which of the two laws it belongs to, and what it is in it.
COEFFICIENTS = {
    "lr_intercept": ("learning rate", "log_factor"),
    "lr_coefN": ("learning rate", "exponent_N"),
    "lr_coefD": ("learning rate", "exponent_D"),
    "bs_intercept": ("batch size", "log_factor"),
    "bs_coefD": ("batch size", "exponent_D"),
}
DIGITS = 6
"""Decimals kept: the means over resamples do not change in the eighth."""


def compile_table(raw: Path) -> pd.DataFrame:
    """Read one row a resample and coefficient."""
    wide = read_exact(find(raw, "steplaw/1004_fitted_lr_bs_scaling_model_parameters.csv"))
    wide["resample"] = [float(row) for row in range(len(wide))]
    rows = wide.melt("resample", list(COEFFICIENTS), "name", "value")
    return pd.DataFrame(
        {
            "source": "steplaw",
            "family": [COEFFICIENTS[name][0] for name in rows["name"]],
            "model": "step law",
            "coefficient": [COEFFICIENTS[name][1] for name in rows["name"]],
            "resample": rows["resample"],
            "value": rows["value"].round(DIGITS),
        }
    )


TABLE = Table(
    name="step_law_resamples",
    title="Resampled step law",
    kind="resamples",
    licence="none stated",
    citation="Li et al. 2025, Predictable Scale: Part I, arXiv:2503.04715",
    url="https://github.com/step-law/steplaw",
    sources=(
        "step-law/steplaw@32a8f4cc50247695fb56cc6c9117abdf67c97763 : "
        "data/1004_fitted_lr_bs_scaling_model_parameters.csv",
    ),
    description="{rows} values: the five coefficients of the best learning rate and batch size in each of "
    "the authors' 1,000 bootstrap fits.",
    notes=(
        "The repository states no licence; the table holds figures alone, and cites them.",
        "Values are rounded to six decimals. log_factor is the natural logarithm of the factor of the law; "
        "batch sizes are in tokens, N leaves embeddings out.",
        "These are fitted coefficients, not runs.",
    ),
    left_out=("The sweeps of learning rate and batch size that the fits were made to.",),
    compile=compile_table,
)
