"""Laws and functions give the figures that papers print and independent computations confirm.

``oracles.json`` has one row a figure; ``oracle_homes.py`` says where each law of the table lives. Rows whose
formula or coefficients could not be checked against a source (``verified`` is false) are walked as
regression values and say so in their id.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from oracle_homes import HOMES

from scalewidgets import laws

ORACLES = json.loads((Path(__file__).parent / "oracles.json").read_text(encoding="utf-8"))

CHINCHILLA_70B = {"N": 70e9, "D": 1.4e12}
KAPLAN = {"N_c": 6.4e13, "D_c": 1.8e13, "alpha_N": 0.076, "alpha_D": 0.103}
EPOCH = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}


def test_the_table_is_whole_and_every_law_of_it_has_a_home():
    assert len({row["id"] for row in ORACLES}) == len(ORACLES) == 174
    named = {row["law"] for row in ORACLES}
    assert len(named) == 86
    assert named == HOMES.keys()
    assert sum(row["verified"] for row in ORACLES) == 152


@pytest.mark.parametrize(
    "row", ORACLES, ids=lambda row: row["id"] if row["verified"] else f"{row['id']} (unverified)"
)
def test_a_law_gives_the_figure_of_its_source(row):
    answer = HOMES[row["law"]](row["inputs"], row["coefficients"])
    compare(answer, row["expected"], row["tolerance"], f"{row['source']}. {row.get('note', '')}")


def compare(answer, expected, tolerance, source):
    """Every expected figure is there and within the tolerance, whatever the nesting."""
    if isinstance(expected, dict):
        for name, figure in expected.items():
            compare(answer[name], figure, tolerance, f"{name}: {source}")
    else:
        said = np.asarray(answer, dtype=np.float64)
        assert said.shape == np.shape(expected), source
        assert np.isfinite(said).all(), source
        near = pytest.approx(
            np.asarray(expected, dtype=float), rel=tolerance.get("rel", 0), abs=tolerance.get("abs", 0)
        )
        assert said == near, source


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
