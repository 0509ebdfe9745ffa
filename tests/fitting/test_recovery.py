"""A noiseless law is given back to eight digits: every law of the catalogue that runs can determine."""

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets import laws
from scalewidgets.fitting import Fit, Status
from scalewidgets.laws import Law

RUNS = 60
DIGITS = 1e-8
EPSILON = np.finfo(float).eps
GOLDEN = 0.6180339887498949

TRUTHS = {
    # Drops of the learning rate would take the loss below zero in the middle of the starting ranges.
    "lr_annealing": {"L0": 2.0, "A": 0.5, "C": 0.5, "alpha": 0.5},
    "lr_annealing_size": {"L0": 2.0, "A": 0.5, "C": 0.5, "alpha": 0.5, "B": 50.0, "beta": 0.3},
    # Relative to word frequencies the loss is below zero; its logarithm is of one that is not.
    "vocabulary": {"E": 0.5, "A1": 2e3, "A2": 500.0, "B": 5e3, "a1": 0.3, "a2": 0.4, "b": 0.31},
    # As published; the middle of the ranges would drown the loss in what quantising adds.
    "precision_unified": {
        "E": 2.7648, "A": 4299.0, "B": 18060.0, "alpha": 0.4965, "beta": 0.48, "gamma_w": 2.6745,
        "n_w": 0.3037, "C_T": 0.0598, "gamma_D": 0.5068, "gamma_N": 0.3439, "gamma_post": 0.5907,
    },
    "cpt_dynamics": {
        "L0": 3.0, "A": 0.5, "C1": 0.5, "C2": 0.4, "B": 0.5, "alpha": 0.5, "E": 2.0, "beta": 0.5,
    },
}  # fmt: skip

UNIDENTIFIED = {
    "kaplan_penalty": "only the product D_c / N_c**(alpha_N / alpha_D) enters",
    "rosenfeld": "a, b, c_inf and eta have one scale in common",
    "data_mixing_exp": "the shares sum to one, so k takes up what both slopes have in common",
    "bimix": "A multiplies both B and C",
    "nmt_effective": "only (beta_1 / beta_p)**(1 / alpha) enters",
    "sparsity_gain": "only the ratio of a_S and c_S enters",
    "verifier": "only p t and (1 - p) f enter",
    "ladder": "E and L_0 enter by their difference, and A, B and k by their products",
    "minicpm": "only the ratio of alpha and beta enters",
    "value_rl_compute": "k multiplies b_0, and D_min shares its scale with them",
    "value_rl_isoperformance": "k, b_0 and beta are one factor, and alpha and b_1 one exponent",
}

STARTS = {
    "coupled": 16, "moe_sparsity": 16, "loss_to_loss": 16,
    "farseer": 64, "data_mixing_additive": 64, "data_mixing_joint": 64, "ladder": 64,
}  # fmt: skip
"""Laws whose first descent stops short of the optimum, and the starts of the check that find it.

64 are the default of ``sw.fit``; all other laws are given back without any. The draw matters: farseer is
found among 16 and 64 starts, not among 32; data_mixing_additive is not found among 16 or 32.
"""

CALLED_UNKNOWN = {"m4_samples"}
"""Given back to all digits, and yet its condition, beyond the limit, has it called not identified."""


def truth_of(law: Law) -> dict[str, float]:
    """The first published set that is whole and inside the ranges, else about the middle of the starts.

    The middle itself would give equal coefficients to equal parts and slopes of nothing, which no run
    can tell apart; each coefficient is a little to one side of it.
    """
    if law.name in TRUTHS:
        return TRUTHS[law.name]
    for known in law.verified:
        if set(known.values) == set(law.coefficient_names) and min(map(abs, dict(known.values).values())) > 0:
            return dict(known.values)
    shares = 0.4 + 0.2 * ((1 + np.arange(len(law.coefficients))) * GOLDEN % 1)
    return {
        symbol.name: float(between(symbol, share))
        for symbol, share in zip(law.coefficients, shares, strict=True)
    }


def between(symbol, share):
    """Part of the way through a starting range: in logarithms, where it has them."""
    low, high = symbol.start
    return low * (high / low) ** share if low > 0 else low + (high - low) * share


def design_of(law: Law) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    inputs = {symbol.name: between(symbol, rng.random(RUNS)) for symbol in law.inputs}
    whole = sum(inputs[name] for name in law.simplex)
    return {name: values / whole if name in law.simplex else values for name, values in inputs.items()}


def amplification(law: Law, inputs: dict[str, np.ndarray], truth: dict[str, float]) -> float:
    """Largest relative error of a coefficient, in units of that of the log losses."""
    loss, slopes = law.value(inputs, truth), law.gradient(inputs, truth)
    jacobian = np.stack([slopes[name] / loss * truth[name] for name in law.coefficient_names], axis=1)
    _, sizes, directions = np.linalg.svd(jacobian, full_matrices=False)
    with np.errstate(divide="ignore"):
        return float(np.sqrt(np.sum((directions / sizes[:, None]) ** 2, axis=0)).max())


def fitted(law: Law, inputs: dict[str, np.ndarray], loss: np.ndarray, starts: int) -> Fit:
    runs = pd.DataFrame({**{f"input {name}": values for name, values in inputs.items()}, "y": loss})
    columns = {**{name: f"input {name}" for name in law.input_names}, law.output: "y"}
    return sw.fit(runs, law, "squared_log", resamples=0, starts=starts, columns=columns)


@pytest.mark.parametrize("name", [name for name in laws.names() if name not in UNIDENTIFIED])
def test_a_noiseless_law_is_given_back(name):
    law = sw.law(name)
    inputs, truth = design_of(law), truth_of(law)
    loss = law.value(inputs, truth)
    assert np.all(loss > 0), "give the law a truth of its own in TRUTHS"
    fit = fitted(law, inputs, loss, STARTS.get(name, 0))
    np.testing.assert_allclose(law.value(inputs, dict(fit.coefficients)), loss, rtol=DIGITS)
    rounding = amplification(law, inputs, truth) * EPSILON
    assert rounding < DIGITS, "name it in UNIDENTIFIED, with the reason"
    for coefficient, value in truth.items():
        assert fit.coefficients[coefficient] == pytest.approx(value, rel=max(DIGITS, 20 * rounding))
    assert fit.status is (Status.NOT_IDENTIFIED if name in CALLED_UNKNOWN else Status.CONVERGED)


@pytest.mark.parametrize("name", UNIDENTIFIED)
def test_a_law_that_no_runs_determine_is_never_called_converged(name):
    law = sw.law(name)
    inputs, truth = design_of(law), truth_of(law)
    assert amplification(law, inputs, truth) > 1e12, "runs determine it: take it off UNIDENTIFIED"
    loss = law.value(inputs, truth)
    fit = fitted(law, inputs, loss, STARTS.get(name, 0))
    assert fit.status in (Status.NOT_IDENTIFIED, Status.ON_BOUND)
    np.testing.assert_allclose(law.value(inputs, dict(fit.coefficients)), loss, rtol=DIGITS)


def test_the_lists_name_laws_of_the_catalogue():
    known = set(sw.catalogue().index)
    assert {*TRUTHS, *UNIDENTIFIED, *STARTS, *CALLED_UNKNOWN} <= known
