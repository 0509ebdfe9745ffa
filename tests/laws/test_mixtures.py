"""Mixtures: shares are checked, and the best mixture is the one that a grid over all mixtures finds."""

import itertools

import numpy as np
import pytest

from scalewidgets import laws
from scalewidgets.errors import FormulaError
from scalewidgets.laws import (
    additive_mixing_law,
    implicit_mixing_law,
    joint_mixing_law,
    mixing_law,
    optimal_mixture,
)

DOMAINS = ["web", "code", "books"]


def grid(law, points, **bounds):
    """All mixtures of three domains with shares in steps of 1 / points."""
    shares = np.array(
        [(i, j, points - i - j) for i, j in itertools.product(range(points + 1), repeat=2) if i + j <= points]
    )
    shares = shares / points
    for name, (low, high) in bounds.items():
        column = shares[:, law.simplex.index(name)]
        shares = shares[(column >= low - 1e-12) & (column <= high + 1e-12)]
    return dict(zip(law.simplex, shares.T, strict=True))


def exponential(seed):
    rng = np.random.default_rng(seed)
    law = mixing_law(DOMAINS)
    targets = []
    for own in DOMAINS:
        t = {f"t_{name}": rng.normal(-2.5 if name == own else 0.0, 0.8) for name in DOMAINS}
        targets.append((law, {"c": rng.uniform(1, 2), "k": rng.uniform(0.5, 2), **t}))
    return targets


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("bounds", [{}, {"r_web": (0.5, 1.0), "r_code": (0.1, 0.2)}], ids=["free", "bounded"])
def test_the_best_mixture_beats_every_mixture_of_a_grid_and_lies_beside_its_best(seed, bounds):
    targets = exponential(seed)
    weights = [0.5, 0.3, 0.2]
    best = optimal_mixture(targets, weights=weights, bounds=bounds)
    shares = grid(targets[0][0], 200, **bounds)
    values = sum(w * law.value(shares, c) for w, (law, c) in zip(weights, targets, strict=True))
    assert best.value <= values.min() + 1e-12
    assert best.value == pytest.approx(values.min(), abs=2e-4)
    for name, share in best.shares.items():
        assert share == pytest.approx(shares[name][values.argmin()], abs=0.02)
    assert sum(best.shares.values()) == pytest.approx(1, abs=1e-12)
    assert 0 <= best.gap < 1e-6
    assert best.value == pytest.approx(np.dot(weights, best.values), rel=1e-12)


def test_the_best_mixture_of_the_additive_law_is_the_same_at_every_scale_and_that_of_the_grid():
    law = additive_mixing_law(DOMAINS)
    surface = {"E": 1.2, "A": 300.0, "alpha": 0.3, "B": 500.0, "beta": 0.3}
    uses = {
        "C_web": 2.0,
        "C_code": 1.0,
        "C_books": 0.4,
        "gamma_web": 0.5,
        "gamma_code": 0.8,
        "gamma_books": 0.3,
    }
    small = optimal_mixture([(law, surface | uses)], inputs={"N": 1e8, "D": 1e9})
    large = optimal_mixture([(law, surface | uses)], inputs={"N": 1e11, "D": 1e13})
    assert small.shares == pytest.approx(large.shares, abs=1e-4)
    shares = grid(law, 200)
    values = law.value({"N": 1e8, "D": 1e9, **shares}, surface | uses)
    assert small.value <= values.min() + 1e-12
    for name, share in small.shares.items():
        assert share == pytest.approx(shares[name][values.argmin()], abs=0.01)


def test_a_domain_that_only_harms_gets_nothing():
    law = mixing_law(["good", "bad"])
    best = optimal_mixture([(law, {"c": 1.0, "k": 1.0, "t_good": -1.0, "t_bad": 1.0})])
    assert best.shares == pytest.approx({"r_good": 1.0, "r_bad": 0.0}, abs=1e-9)
    kept = optimal_mixture(
        [(law, {"c": 1.0, "k": 1.0, "t_good": -1.0, "t_bad": 1.0})], bounds={"r_bad": (0.2, 1.0)}
    )
    assert kept.shares["r_bad"] == pytest.approx(0.2, abs=1e-9)


def test_the_amplitude_of_a_mixing_law_is_a_common_part_of_its_slopes():
    full, lean = mixing_law(DOMAINS), mixing_law(DOMAINS, k=False)
    slopes = {"t_web": -1.0, "t_code": 0.5, "t_books": 0.2}
    shares = {"r_web": [0.2, 0.7], "r_code": [0.5, 0.1], "r_books": [0.3, 0.2]}
    shifted = {name: t + np.log(1.7) for name, t in slopes.items()}
    np.testing.assert_allclose(
        full.value(shares, {"c": 1.1, "k": 1.7, **slopes}),
        lean.value(shares, {"c": 1.1, **shifted}),
        rtol=1e-12,
    )
    assert "k" not in lean.coefficient_names


def test_a_blend_is_the_weighted_sum_of_its_parts_and_its_best_mixture_is_that_of_the_grid():
    weights = [0.5, 0.3, 0.2]
    targets = exponential(1)
    shares = grid(targets[0][0], 100)
    whole = sum(s * law.value(shares, c) for s, (law, c) in zip(weights, targets, strict=True))
    law = implicit_mixing_law(DOMAINS, parts=3)
    values = {"c": sum(s * c["c"] for s, (_, c) in zip(weights, targets, strict=True))}
    for i, (s, (_, c)) in enumerate(zip(weights, targets, strict=True), start=1):
        values |= {f"t_{i}_{name}": c[f"t_{name}"] + np.log(s * c["k"]) for name in DOMAINS}
    np.testing.assert_allclose(law.value(shares, values), whole, rtol=1e-12)
    best = optimal_mixture([(law, values)])
    assert best.value <= whole.min() + 1e-12
    for name, share in best.shares.items():
        assert share == pytest.approx(shares[name][whole.argmin()], abs=0.02)


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        (
            {"r_1": [0.3, 0.4], "r_2": [0.7, 0.7]},
            "The shares r_1, r_2 of row 2 sum to 1.1, not to 1. "
            "Give fractions of one whole; divide percentages by 100.",
        ),
        ({"r_1": 30, "r_2": 70}, "The shares r_1, r_2 sum to 100, not to 1."),
        ({"r_1": -0.2, "r_2": 1.2}, "The shares r_1, r_2 go down to -0.2."),
    ],
)
def test_shares_that_are_not_of_one_whole_are_refused_with_their_row(shares, says):
    law = laws.law("data_mixing_exp")
    coefficients = {"c": 1.0, "k": 1.0, "t_1": 0.1, "t_2": 0.2}
    for ask in (law.value, law.gradient):
        with pytest.raises(FormulaError) as refused:
            ask(shares, coefficients)
        assert says in str(refused.value)


def test_shares_may_be_rounded_and_missing_ones_stay_missing():
    law = laws.law("data_mixing_exp")
    value = law.value(
        {"r_1": [0.333, np.nan], "r_2": [0.666, 0.5]}, {"c": 1.0, "k": 1.0, "t_1": 0.1, "t_2": 0.2}
    )
    assert np.isfinite(value[0])
    assert np.isnan(value[1])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: mixing_law("web"), "A mixture has two domains or more."),
        (lambda: mixing_law(["web"]), "A mixture has two domains or more."),
        (lambda: mixing_law(["web", "web"]), "A domain is named twice."),
        (lambda: mixing_law(["web", "c++"]), "The domain 'c++' cannot be part of a symbol."),
        (lambda: implicit_mixing_law(DOMAINS, 1), "A blend has two parts or more."),
        (lambda: joint_mixing_law([str(i) for i in range(9)]), "at most 40 coefficients"),
        (lambda: laws.Law("A/N", inputs=["N"], simplex=["M"]), "'M' is not an input of 'A/N'."),
        (lambda: optimal_mixture([]), "There is no law to find a mixture for."),
        (
            lambda: optimal_mixture([(laws.law("chinchilla"), {})]),
            "'chinchilla' is not a law of shares.",
        ),
        (
            lambda: optimal_mixture([(mixing_law(["a", "b"]), {}), (mixing_law(["a", "c"]), {})]),
            "The laws are of different shares: r_a, r_b and r_a, r_c.",
        ),
        (lambda: optimal_mixture(exponential(0), weights=[1, 2]), "The weights are not 3 numbers"),
        (lambda: optimal_mixture(exponential(0), bounds={"r_web": (0, 0.2), "r_code": (0, 0.2),
                                                         "r_books": (0, 0.2)}),
         "No mixture is inside the bounds."),
        (lambda: optimal_mixture(exponential(0), bounds={"web": (0, 1)}), "'web' in bounds= is not a share."),
        (
            lambda: optimal_mixture([(additive_mixing_law(["a", "b"]), {})], inputs={"N": 1e9}),
            "The input D of",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_mixture_is_refused(make, says):
    with pytest.raises(FormulaError) as refused:
        make()
    assert says in str(refused.value)


def test_eight_domains_fit_in_the_joint_law_as_in_its_paper():
    law = joint_mixing_law([str(i) for i in range(8)])
    assert len(law.coefficients) == 37
    assert law.mark == "U"
    assert "UNVERIFIED form" in repr(law)
