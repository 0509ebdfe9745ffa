"""The optima that are kept for everyone to check a fitter against: of these tables, and met."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import optima
from benchmarks.gaps import families
from benchmarks.job import points_of

KNOWN = optima.read()


@pytest.fixture(scope="module")
def columns():
    """Params, tokens and loss of each family that has a kept optimum."""
    return {name: optima.columns(runs) for name, runs in families().items() if name in KNOWN}


def test_every_kept_optimum_belongs_to_a_bundled_family(columns):
    assert len(KNOWN) >= 30
    assert columns.keys() == KNOWN.keys()


@pytest.mark.parametrize("name", KNOWN)
def test_the_engine_ends_at_the_kept_optimum(columns, name):
    params, tokens, loss = columns[name]
    assert optima.digest(params, tokens, loss) == KNOWN[name]["sha256"], "the table is another one"
    found = optima.engine(params, tokens, loss)
    assert abs(optima.gap(found, KNOWN[name], points_of(params, tokens, loss))) < 1e-13
    for key, digits in KNOWN[name]["coefficients"].items():
        assert found[key] == pytest.approx(float(digits), rel=1e-10)


def test_the_optimum_of_the_240_points_is_the_one_that_four_methods_agree_on():
    said = {key: float(digits) for key, digits in KNOWN["chinchilla"]["coefficients"].items()}
    known = {"A": 477.826, "B": 2143.417, "E": 1.817218, "alpha": 0.347311, "beta": 0.367172}
    assert said == pytest.approx(known, rel=2e-6)
    assert float(KNOWN["chinchilla"]["objective"]) == pytest.approx(0.0010182740178006, rel=1e-12)


def test_a_fitter_that_stops_early_is_told_so(columns):
    runs = columns["chinchilla"]
    early = {key: float(digits) for key, digits in KNOWN["chinchilla"]["coefficients"].items()}
    early["alpha"] *= 1 + 1e-4
    assert optima.gap(early, KNOWN["chinchilla"], points_of(*runs)) > 1e-5
    early["E"] = np.nan
    assert optima.gap(early, KNOWN["chinchilla"], points_of(*runs)) == np.inf
    with pytest.raises(ArithmeticError, match="Newton"):
        optima.newton(*(column[:30] for column in runs), np.array([50.0, 50.0, 5.0, 3.0, 3.0]), limit=2)
