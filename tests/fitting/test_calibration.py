"""An interval of 95 % covers the truth in 95 of 100 tables, or it is not one."""

import numpy as np
import pytest

import scalewidgets as sw

from .conftest import TRUTH, made_runs

TABLES, RUNS, NOISE = 500, 100, 4e-3


@pytest.mark.parametrize(
    ("objective", "kind"), [("huber_log", "rows"), ("squared_log", "rows"), ("huber_log", "residuals")]
)
def test_intervals_cover_as_often_as_they_say(objective, kind):
    target = {"N": 7e9, "D": 1.4e12}
    loss = float(sw.law("chinchilla").value(target, TRUTH))
    covered = np.zeros(2)
    for table in range(TABLES):
        runs = made_runs(RUNS, NOISE, seed=1000 + table)
        fit = sw.fit(runs, objective=objective, resamples=200, starts=0, seed=table, bootstrap=kind)
        low, high = fit.interval("alpha")
        seen = fit.predict(**target)
        covered += (low <= TRUTH["alpha"] <= high, seen.low <= loss <= seen.high)
    assert np.all((covered / TABLES >= 0.92) & (covered / TABLES <= 0.98)), covered / TABLES
