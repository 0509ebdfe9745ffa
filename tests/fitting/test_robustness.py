import json

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting.optimum import best_loss, optimum
from scalewidgets.fitting.robustness import robustness

from .conftest import made_runs

EPOCH = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}


@pytest.fixture(scope="module")
def seen(chinchilla):
    return robustness(chinchilla)


def pick(seen, **choices):
    table = seen.table
    for name, value in choices.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


@pytest.mark.parametrize(
    ("excluded", "ratio"), [(0, 6.8), (1, 10.1), (2, 11.3), (3, 14.7), (4, 17.1), (5, 17.9)]
)
def test_each_outlier_left_out_moves_the_advice_as_known(seen, excluded, ratio):
    row = pick(seen, objective="huber_log", delta=1e-3, excluded=excluded)
    assert row["tokens_per_param"] == pytest.approx(ratio, abs=0.06)
    assert row["n_runs"] == 245 - excluded


@pytest.mark.parametrize(("delta", "ratio"), [(1e-2, 16.9), (3e-2, 14.4)])
def test_delta_moves_the_advice_as_known(seen, delta, ratio):
    row = pick(seen, objective="huber_log", delta=delta, excluded=5)
    assert row["tokens_per_param"] == pytest.approx(ratio, abs=0.06)


@pytest.mark.parametrize(
    ("objective", "exponent"),
    [("huber_log", 0.514), ("absolute_log", 0.513), ("squared_log", 0.530), ("squared_raw", 0.545)],
)
def test_each_objective_gives_the_known_exponent(seen, objective, exponent):
    choices = {"delta": 1e-3} if objective == "huber_log" else {}
    row = pick(seen, objective=objective, excluded=5, **choices)
    assert row["exponent"] == pytest.approx(exponent, abs=6e-4)
    assert row["tokens"] * row["params"] * 6 == pytest.approx(5.76e23)


def test_with_all_points_the_exponent_is_the_known_one(seen):
    row = pick(seen, objective="huber_log", delta=1e-3, excluded=0)
    assert row["exponent"] == pytest.approx(0.565, abs=6e-4)


def test_the_matrix_has_every_combination_once(seen):
    assert len(seen.table) == (4 + 3) * 6
    assert not seen.table.duplicated(["objective", "delta", "excluded"]).any()
    assert (seen.table["status"] == "converged").all()


def test_what_each_choice_moves(seen):
    moved = seen.spread()
    assert set(moved.index) == {"objective", "delta", "excluded"}
    assert moved.loc["excluded", "tokens_per_param"] > moved.loc["delta", "tokens_per_param"] > 1


def test_laws_and_conventions_are_rows(chinchilla):
    runs = chinchilla.assign(smaller=0.9 * chinchilla["params"])
    seen = robustness(
        runs, ["huber_log"], [1e-3], ["default"],
        laws=["chinchilla", "chinchilla_tied", "coupled"],
        conventions={"all": {}, "fewer": {"N": "smaller"}},
    )  # fmt: skip
    assert len(seen.table) == 6
    rows = seen.table[seen.table["law"] == "chinchilla"].set_index("convention")
    assert rows.loc["fewer", "exponent"] == pytest.approx(rows.loc["all", "exponent"], rel=1e-6)
    # The same model counted as 0.9 N, at the same tokens: optimum on 6 (0.9 N) D.
    assert rows.loc["fewer", "params"] != pytest.approx(rows.loc["all", "params"], rel=1e-3)
    tied = seen.table[seen.table["law"] == "chinchilla_tied"].iloc[0]
    assert tied["exponent"] == pytest.approx(0.5)


def test_a_fit_that_cannot_be_made_is_a_row_with_a_reason():
    runs = made_runs(8, noise=0.01)
    seen = robustness(runs, ["huber_log"], [1e-3], exclusions=[0, 4])
    row = seen.table.iloc[1]
    assert row["status"] == "refused"
    assert "4 different runs" in row["reason"]
    assert np.isnan(row["tokens_per_param"])


def test_forms_of_the_matrix(seen):
    assert "tokens per parameter" in seen.report()
    assert len(json.loads(json.dumps(seen.to_dict()))["fits"]) == 42
    assert "<table>" in seen._repr_html_()
    assert len(sw.robustness(made_runs(), ["squared_log"], exclusions=[None]).to_frame()) == 1
    renamed = made_runs(6).rename(columns={"loss": "nats"})
    nothing = robustness(renamed, ["huber_log"], [1e-3], [3], columns={"L": "nats"}, conventions={"N": {}})
    assert "None of the 1 fits" in nothing.report()


def test_senseless_choices_are_refused(chinchilla):
    with pytest.raises(FitError, match="lists"):
        robustness(chinchilla, laws="chinchilla")
    with pytest.raises(FitError, match="highest losses"):
        robustness(chinchilla, exclusions=[-1])
    with pytest.raises(FitError, match="positive"):
        robustness(chinchilla, flops=0)
    with pytest.raises(FitError, match="empty"):
        robustness(chinchilla, exclusions=[])


def test_the_closed_form_is_the_published_optimum():
    best = optimum(sw.law("chinchilla"), EPOCH, 5.76e23)
    assert float(best.params) == pytest.approx(7.22487e10, rel=1e-6)
    assert float(best.tokens) == pytest.approx(1.328744e12, rel=1e-6)
    assert float(best.loss) == pytest.approx(1.974441, rel=1e-6)
    assert float(best.exponent) == pytest.approx(0.51261, abs=1e-5)


def test_the_search_finds_what_the_closed_form_knows():
    coupled, flops = sw.law("coupled"), np.array([1e19, 5.76e23, 1e27])
    closed = optimum(sw.law("chinchilla"), EPOCH, flops)
    found = optimum(coupled, {**EPOCH, "gamma": 1.0}, flops)
    np.testing.assert_allclose(found.params, closed.params, rtol=1e-6)
    np.testing.assert_allclose(found.loss, closed.loss, rtol=1e-13)
    np.testing.assert_allclose(found.exponent, closed.exponent, atol=1e-6)


def test_kaplans_own_law_implies_an_exponent_of_575():
    kaplan = sw.law("kaplan_ND")
    assert float(optimum(kaplan, kaplan.published[0].values, 1e22).exponent) == pytest.approx(
        0.5754, abs=1e-4
    )


def test_laws_without_a_best_size_say_so():
    best = optimum(sw.law("power_N"), {"E": 1.0, "A": 10.0, "alpha": 0.3}, 1e21)
    assert np.isnan(best.params)
    best = optimum(sw.law("power_const"), {"E": 1.0, "A": 10.0, "alpha": 0.1}, 1e21)
    assert np.isnan(best.params)
    assert float(best.loss) == pytest.approx(1 + 10 * 1e-2 * 10**-0.1)


def test_the_loss_at_a_ratio_is_never_below_the_best():
    law, flops = sw.law("chinchilla"), np.logspace(18, 26, 9)
    best = best_loss(law, EPOCH, flops)
    for ratio in (2.0, 20.0, 200.0):
        assert (best_loss(law, EPOCH, flops, ratio) >= best).all()
