"""A fit reads the column that the law is about, or says which one it needs."""

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting.warm import fit_options, without

from .conftest import made_runs


@pytest.fixture
def tasks() -> pd.DataFrame:
    """Error downstream against loss: arXiv:2403.08540, Eq. 5, with round coefficients."""
    loss = np.linspace(2.2, 4.0, 30)
    law = sw.law("gadre_error")
    truth = dict(zip(law.coefficient_names, (0.85, 2.0, 0.7), strict=True))
    return pd.DataFrame(
        {"loss": loss, "error": law.value({"L": loss}, truth), "flops": np.geomspace(1e18, 1e21, 30)}
    )


def test_an_input_named_L_is_the_loss_and_the_output_has_its_own_column(tasks):
    fit = sw.fit(tasks, "gadre_error", "squared_log", resamples=20, starts=4)
    assert fit.certificate.columns["L"] == "loss"
    assert fit.certificate.columns["error"] == "error"
    assert fit.objective < 1e-20
    assert fit.predict(loss=3.0).value == pytest.approx(
        np.interp(3.0, tasks["loss"], tasks["error"]), rel=1e-3
    )
    again = without(fit, np.zeros(30, dtype=bool))
    assert dict(again.coefficients) == pytest.approx(dict(fit.coefficients), rel=1e-6)
    blind = sw.holdout(tasks, "gadre_error", 1e20, objective="squared_log")
    assert blind.error < 1e-6


def test_an_output_that_no_column_bears_is_asked_for(tasks):
    renamed = tasks.rename(columns={"error": "top1"})
    with pytest.raises(
        FitError, match="gives 'error', and its input L is the loss; the table has no column"
    ) as seen:
        sw.fit(renamed, "gadre_error")
    assert "columns={'error': ...}" in str(seen.value)
    assert "top1" in str(seen.value)
    fit = sw.fit(renamed, "gadre_error", "squared_log", resamples=0, starts=0, columns={"error": "top1"})
    assert fit.objective < 1e-20
    with pytest.raises(FitError, match="The output, error, is read from the column 'top_1'"):
        sw.fit(renamed, "gadre_error", columns={"error": "top_1"})


def test_batch_sizes_are_never_read_from_the_column_of_the_loss():
    runs = made_runs(30)
    with pytest.raises(FitError, match="critical_batch gives 'batch'; the table has no column 'batch'"):
        sw.fit(runs, "critical_batch")
    law = sw.law("critical_batch")
    truth = {symbol.name: symbol.start[1] ** 0.5 * symbol.start[0] ** 0.5 for symbol in law.coefficients}
    runs["batch"] = law.value({"D": runs["tokens"].to_numpy()}, truth)
    fit = sw.fit(runs, "critical_batch", "squared_log", resamples=0, starts=0)
    assert fit.objective < 1e-18
    assert fit.certificate.columns["L"] == "batch"


def test_S_is_the_step_only_where_it_counts_steps():
    runs = made_runs(20).assign(step=1000)
    with pytest.raises(FitError, match="input S is read from the column 'S'"):
        sw.fit(runs, "sparsity")
    with pytest.raises(FitError, match="input r is read"):
        sw.fit(runs, "bimix")


@pytest.mark.parametrize(
    ("objective", "options"),
    [
        ("student_t", {"nu": 2.5}),
        ("student_t", {"nu": "free"}),
        ("quantile", {"tau": 0.2}),
        ("asymmetric", {"factor": 3.0}),
    ],
)
def test_a_fit_is_made_again_with_the_shape_of_its_penalty(objective, options):
    fit = sw.fit(made_runs(40, 0.01), objective=objective, resamples=0, starts=0, **options)
    assert options.items() <= fit_options(fit).items()
    again = without(fit, np.zeros(40, dtype=bool))
    assert again.objective == pytest.approx(fit.objective, rel=1e-8)
