"""Laws give the losses that papers print and independent computations confirm.

Each row: law, inputs, coefficients, expected value, relative tolerance, source.
"""

import numpy as np
import pytest

from scalewidgets import laws

CHINCHILLA_70B = {"N": 70e9, "D": 1.4e12}
KAPLAN = {"N_c": 6.4e13, "D_c": 1.8e13, "alpha_N": 0.076, "alpha_D": 0.103}
EPOCH = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}

ORACLES = [
    (
        "chinchilla",
        CHINCHILLA_70B,
        {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28},
        1.93664547056,
        1e-6,
        "arXiv:2203.15556, Eq. 10",
    ),
    (
        "chinchilla",
        CHINCHILLA_70B,
        {"E": 1.693373681, "A": 406.401017519, "B": 410.722826945, "alpha": 0.33917084, "beta": 0.2849083},
        1.92084602657,
        1e-6,
        "TeX source of arXiv:2203.15556, as quoted in arXiv:2404.10102",
    ),
    ("chinchilla", CHINCHILLA_70B, EPOCH, 1.97388186316, 1e-6, "arXiv:2404.10102"),
    (
        "chinchilla",
        {"N": 1e9, "D": 1e11},
        {"E": 0.47, "A": 16.3, "alpha": 0.126, "B": 26.7, "beta": 0.127},
        2.73757174116,
        1e-6,
        "arXiv:2402.07871, Table 1, dense row",
    ),
    # The loss at the compute-optimal point of 5.76e23 and 1e21 FLOP, C = 6 N D.
    (
        "chinchilla",
        {"N": 72248702500.4, "D": 1328743585390.0},
        EPOCH,
        1.9744411084,
        1e-6,
        "arXiv:2404.10102 with the closed form of arXiv:2203.15556, Eq. 4",
    ),
    (
        "chinchilla",
        {"N": 2778459463.07, "D": 59985279210.3},
        EPOCH,
        2.30552857126,
        1e-6,
        "arXiv:2404.10102 with the closed form of arXiv:2203.15556, Eq. 4",
    ),
    ("kaplan_ND", {"N": 1e9, "D": 1e10}, KAPLAN, 2.41965181917, 1e-6, "arXiv:2001.08361, Eq. 1.5, Table 2"),
    (
        "kaplan_ND",
        {"N": 1e9, "D": 1e40},
        KAPLAN,
        2.31883409833,
        1e-9,
        "arXiv:2001.08361, Eq. 1.5 for D to infinity is (N_c/N)**alpha_N",
    ),
    (
        "power_const",
        {"C": 1e19},
        {"E": 2.01, "A": 128.93, "alpha": 0.106},
        3.25840064008,
        1e-6,
        "arXiv:2406.19146, frontier of the base fit",
    ),
]


@pytest.mark.parametrize(
    ("name", "inputs", "coefficients", "expected", "tolerance", "source"),
    ORACLES,
    ids=lambda part: str(part)[:28],
)
def test_a_law_gives_the_published_loss(name, inputs, coefficients, expected, tolerance, source):
    value = laws.law(name).value(inputs, coefficients)
    assert float(value) == pytest.approx(expected, rel=tolerance), source


def test_ten_times_the_parameters_cut_the_loss_as_henighan_et_al_report():
    law = laws.law("power_N")
    alpha = law.published[0].values["alpha"]
    losses = law.value({"N": [1e8, 1e9]}, {"E": 0.0, "A": 10.0, "alpha": alpha})
    # arXiv:2010.14701, language, exponent 0.070 without a floor.
    assert losses[1] / losses[0] == pytest.approx(0.851138038202, rel=1e-9)


def test_the_gain_of_a_larger_model_or_more_data_follows_from_the_gradient():
    law = laws.law("chinchilla")
    gradient = law.gradient(CHINCHILLA_70B, EPOCH)
    # dL/dlnN = -alpha A N**-alpha and dL/dlnD likewise, derived from arXiv:2203.15556, Eq. 2.
    assert -EPOCH["alpha"] * EPOCH["A"] * gradient["A"] == pytest.approx(-0.0283439600862, rel=1e-6)
    assert -EPOCH["beta"] * EPOCH["B"] * gradient["B"] == pytest.approx(-0.0275033555045, rel=1e-6)


def test_published_coefficients_are_those_of_the_sources():
    law = laws.law("chinchilla")
    printed, tex, epoch = law.published[:3]
    assert printed.values == {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}
    logs = [np.log(tex.values[name]) for name in ("A", "B", "E")]
    assert logs == pytest.approx([6.0073404, 6.0179186, 0.5267228], abs=1e-6)
    assert epoch.values == EPOCH
    assert epoch.standard_errors == {"A": 124.58, "B": 1293.23, "E": 0.03, "alpha": 0.02, "beta": 0.02}
    assert "two optimisations" in epoch.note
    assert laws.law("kaplan_ND").published[0].values == KAPLAN


def test_the_published_surfaces_imply_the_published_allocation_exponents():
    # a = beta / (alpha + beta), arXiv:2203.15556, Eq. 4; values of arXiv:2404.10102.
    shares = [
        p.values["beta"] / (p.values["alpha"] + p.values["beta"])
        for p in laws.law("chinchilla").published[:3]
    ]
    assert shares == pytest.approx([0.451612903226, 0.456525914326, 0.512612107623], rel=1e-9)
