"""Laws that are read off without SymPy: they must be the laws that SymPy derives."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.laws.derive import Derivation

PLAIN = ["chinchilla", "kaplan_best_params", "step_law_lr", "gemstones_wd", "nmt_multilingual", "transfer"]


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_read_off_is_what_algebra_derives(name: str) -> None:
    law = sw.law(name)
    read = law.compiled
    assert read._plain is not None
    derived = Derivation(law.formula, read.inputs, read.coefficients, read._positive)
    derived._plain = None
    assert (read.linear, read.nonlinear) == (derived.linear, derived.nonlinear)
    rng = np.random.default_rng(3)
    inputs = [rng.uniform(1.0, 9.0, 5) for _ in read.inputs]
    rest = [np.float64(x) for x in rng.uniform(0.1, 2.0, len(read.nonlinear))]
    (ours, left), (theirs, other) = read.basis(*inputs, *rest), derived.basis(*inputs, *rest)
    assert left == other == 0
    for one, two in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-14)


@pytest.mark.parametrize(
    "formula",
    [
        "E + A / N**alpha + A / D**beta",  # an amplitude of two terms
        "E + A * B / N**alpha",  # two that only their product is known of
        "E + A * N**alpha * N**beta",  # exponents that add up
        "E + A * N**alpha / N**alpha",  # exponents that cancel
        "E + A / N**(alpha + beta)",
        "E + A / (N + B)**alpha",
        "E + A * 2**alpha / N",
        "E + 1 / N**alpha",
        "E + A / N**E",
        "E - (A / N + B)",
        "E + max(A / N, B)",
    ],
)
def test_a_law_of_another_kind_is_left_to_algebra(formula: str) -> None:
    inputs = [name for name in ("N", "D") if name in formula]
    assert sw.Law(formula, inputs=inputs).compiled._plain is None


def test_a_term_that_is_taken_away_keeps_its_sign() -> None:
    law = sw.Law("E - 2 * A / (N / 1e9)**alpha", inputs=["N"])
    assert law.linear == ("E", "A")
    (one, term), rest = law.compiled.basis(np.array([4e9]), np.float64(0.5))
    assert (float(one), float(term[0]), rest) == (1.0, -1.0, 0.0)


def test_the_first_fit_of_a_session_does_not_wait_for_sympy() -> None:
    program = (
        "import sys, scalewidgets as sw; fit = sw.fit(sw.load('chinchilla'), resamples=10, starts=4); "
        "assert fit.ok; assert 'sympy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_the_law_fitter_does_not_wait_for_the_other_screens() -> None:
    program = (
        "import sys, scalewidgets as sw; sw.LawFitter; "
        "late = {'scipy.interpolate', 'scipy.stats', 'scipy.optimize', 'sympy', 'scalewidgets.testtime', "
        "'scalewidgets.studies', 'scalewidgets.widgets.approaches', 'scalewidgets.widgets.study_explorer'}; "
        "found = late & set(sys.modules); assert not found, found"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
