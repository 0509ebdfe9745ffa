"""Laws beyond their printed figures: limits, breaks, implicit forms, and how a law shows what is not sure."""

import numpy as np
import pytest

from scalewidgets import laws
from scalewidgets.errors import FormulaError
from scalewidgets.laws import Law, Published, Symbol

M4 = {"beta": 20.0, "c": -0.5, "alpha": 0.7, "eps_inf": 0.05, "eps_0": 1.0}


def test_one_epoch_is_chinchilla_four_are_nearly_four_and_no_number_is_more_than_sixteen():
    law = laws.law("data_constrained")
    c = dict(law.published[0].values)
    plain = {name: c[name] for name in ("E", "A", "B", "alpha", "beta")}
    # Small enough for their data: no parameter is in excess.
    runs = {"N": np.array([1e8, 1e9, 1e9]), "D": np.array([1e10, 1e11, 1e10 * 3])}
    once = law.value({**runs, "U": runs["D"]}, c)
    np.testing.assert_allclose(once, laws.law("chinchilla").value(runs, plain), rtol=1e-12)
    # More unique tokens than are seen change nothing.
    np.testing.assert_array_equal(law.value({**runs, "U": 10 * runs["D"]}, c), once)
    worth = laws.law("effective_data")
    star = {"R_D_star": c["R_D_star"]}
    assert worth.value({"U": 1.0, "epochs": [0.5, 1.0, 4.0]}, star) == pytest.approx(
        [0.5, 1.0, 3.7257], abs=5e-5
    )
    assert float(worth.value({"U": 1.0, "epochs": 1e9}, star)) == pytest.approx(1 + c["R_D_star"], rel=1e-12)


def test_the_parts_of_repeated_data_are_those_of_the_law():
    law = laws.law("data_constrained")
    c = dict(law.published[0].values)
    floor = c.pop("E")
    runs = {"N": np.array([8.7e9, 1e8]), "D": np.array([178e9, 1e12]), "U": 25e9}
    parts = laws.repeated_parts(**runs, **c)
    loss = floor + c["A"] / parts["N_eff"] ** c["alpha"] + c["B"] / parts["D_eff"] ** c["beta"]
    np.testing.assert_allclose(law.value(runs, {"E": floor, **c}), loss, rtol=1e-12)
    worth = laws.law("effective_params").value(
        {"N": runs["N"], "U_N": parts["U_N"]}, {"R_N_star": c["R_N_star"]}
    )
    np.testing.assert_allclose(worth, parts["N_eff"], rtol=1e-12)


def test_a_broken_power_law_has_the_slope_of_each_piece_and_a_break_without_a_change_is_none():
    law = laws.bnsl(breaks=2)
    c = {"a": 0.0, "b": 5.0, "c0": 0.2, "c1": 0.5, "d1": 1e4, "f1": 0.1, "c2": -0.9, "d2": 1e9, "f2": 0.1}
    for x, slope in ((10.0, -0.2), (3e6, -0.7), (1e13, 0.2)):
        ends = np.log(law.value({"x": [x, 1.01 * x]}, c))
        assert (ends[1] - ends[0]) / np.log(1.01) == pytest.approx(slope, abs=1e-3)
    one = laws.law("bnsl")
    assert laws.bnsl() == one
    few = {name: c[name] for name in one.coefficient_names}
    x = np.geomspace(1, 1e12, 30)
    np.testing.assert_allclose(law.value({"x": x}, {**c, "c2": 0.0}), one.value({"x": x}, few), rtol=1e-12)


def test_a_broken_power_law_is_that_of_its_paper_and_survives_a_sharp_break():
    law = laws.bnsl()
    c = {"a": 0.1, "b": 5.0, "c0": 0.2, "c1": 0.5, "d1": 500.0, "f1": 0.3}
    x = np.geomspace(1e-2, 1e9, 40)
    paper = 0.1 + 5.0 * x**-0.2 * (1 + (x / 500.0) ** (1 / 0.3)) ** (-0.5 * 0.3)
    np.testing.assert_allclose(law.value({"x": x}, c), paper, rtol=1e-13)
    sharp = law.value({"x": [5.0, 5e4]}, {**c, "f1": 1e-3})
    np.testing.assert_allclose(sharp, 0.1 + 5.0 * np.array([5.0**-0.2, 5e4**-0.2 * 100**-0.5]), rtol=1e-12)


@pytest.mark.parametrize("breaks", [0, 10, 1.5, True, "2"])
def test_a_number_of_breaks_that_is_none_is_refused(breaks):
    with pytest.raises(FormulaError, match="from 1 to 9 breaks"):
        laws.bnsl(breaks)


def test_m4_solves_its_equation_from_guessing_to_the_floor():
    x = np.geomspace(1e-6, 1e15, 60)
    for alpha in (1e-6, 0.1, 0.7, 3.0, 50.0):
        c = {**M4, "alpha": alpha}
        eps = laws.m4(x, **c)
        assert np.all((eps > c["eps_inf"]) & (eps <= c["eps_0"]))
        assert np.all(np.diff(eps) <= 0)
        inside = (eps < 0.999) & (eps > 0.0501)
        again = laws.law("m4_samples").value({"eps": eps[inside]}, c)
        np.testing.assert_allclose(again, x[inside], rtol=1e-9)
    m2 = laws.law("m2").value({"x": x}, {"eps_inf": 0.05, "beta": 20.0, "c": -0.5})
    np.testing.assert_allclose(laws.m4(x, **{**M4, "alpha": 0.0}), m2, rtol=1e-12)
    assert np.isnan(laws.m4(np.nan, **M4))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"c": 0.5}, "c is below zero"),
        ({"alpha": -1.0}, "alpha is not negative"),
        ({"eps_inf": 1.0}, "eps_inf is below eps_0"),
        ({"beta": 0.0}, "beta is above zero"),
    ],
)
def test_m4_refuses_what_has_no_root(change, says):
    with pytest.raises(FormulaError, match=says):
        laws.m4(1e6, **{**M4, **change})


def test_filtered_pools_pay_less_each_pass_and_filtering_hard_pays_less_with_compute():
    pool, pools = 1e6, {"a": 1.0, "b": [-0.15, -0.14, -0.05], "tau": 2.0, "d": 0.1}
    one = {"a": 1.0, "b": -0.15, "tau": 2.0, "d": 0.1}
    seen = np.array([0.5, 1.0]) * pool
    first = laws.law("data_filtering_pass").value({"n": seen}, {"a": 1.0, "b": -0.15, "d": 0.1})
    np.testing.assert_allclose(laws.data_filtering_qqt(seen, pool, **one), first, rtol=1e-12)
    errors = laws.data_filtering_qqt(pool * 2.0 ** np.arange(6), pool, **one) - 0.1
    gains = errors[:-1] / errors[1:]
    assert np.all(np.diff(gains) < 0)
    assert np.all(gains > 1)
    assert laws.best_pools(pool, pool, **pools)[0] == 1
    count, listed = laws.best_pools(1e3 * pool, pool, **pools)
    assert count == 2
    assert listed[1] == pytest.approx(
        float(laws.data_filtering_qqt(1e3 * pool, pool, **{**pools, "b": [-0.15, -0.14]})), rel=1e-12
    )
    # Each pass counts (1/2)**((j - 1) / tau): in the end a pool is worth a limited number of samples.
    limit = pool / (1 - 0.5 ** (1 / 2.0))
    assert laws.effective_samples([pool, 1e4 * pool], pool, 2.0) == pytest.approx([pool, limit])
    with pytest.raises(FormulaError, match="utility b of a pool is below zero"):
        laws.data_filtering_qqt(pool, pool, a=1.0, b=0.1, tau=2.0, d=0.1)


def test_the_best_shape_of_a_vision_transformer_is_a_minimum_of_its_law():
    law = laws.law("sovit")
    c = {"alpha": 5.0, "a": 0.6, "beta": 0.002, "b": 0.7, "c": 0.3, "xi": 0.1, "eps": 0.05}
    best = laws.sovit_optimum(1e4, **{name: c[name] for name in ("alpha", "a", "beta", "b", "c")})
    around = law.value({"x": best * np.array([0.99, 1.0, 1.01]), "t": 1e4}, c)
    assert around.argmin() == 1
    with pytest.raises(FormulaError, match="cannot be part of a symbol"):
        laws.sovit_shape(["width", "patch size"])


def test_the_encoder_share_is_a_minimum_of_the_translation_law():
    c = {"beta": 50.0, "p_e": 0.18, "p_d": 0.31, "L_inf": 1.0}
    encoder, decoder = laws.nmt_split(1e9, p_e=0.18, p_d=0.31)
    assert float(encoder + decoder) == pytest.approx(1e9)
    at = encoder * np.array([0.98, 1.0, 1.02])
    assert laws.law("nmt_bivariate").value({"N_e": at, "N_d": 1e9 - at}, c).argmin() == 1


def test_equal_performance_is_the_compute_law_without_its_ratio():
    c = {"k": 1e7, "D_min": 1e5, "beta": 1e7, "alpha": 0.8, "b_0": 256.0, "b_1": -0.3}
    sigma = np.array([0.5, 2.0, 8.0])
    data = laws.law("value_rl_data").value({"sigma": sigma}, {n: c[n] for n in ("D_min", "beta", "alpha")})
    np.testing.assert_allclose(
        laws.law("value_rl_isoperformance").value({"D_env": data}, c),
        laws.law("value_rl_compute").value({"sigma": sigma}, c),
        rtol=1e-10,
    )


def test_the_catalogue_holds_the_laws_of_the_literature_by_theme():
    table = laws.catalogue()
    assert len(table) >= 60
    wanted = {"title", "formula", "inputs", "output", "theme", "citation", "published", "mark"}
    assert wanted <= set(table.columns)
    assert set(table["mark"]) == {"P", "S", "R", "U"}
    # A theme is one block, so that a reader finds its laws together.
    blocks = (table["theme"] != table["theme"].shift()).sum()
    assert blocks == table["theme"].nunique()
    assert table.index[0] == "chinchilla"


def test_tables_of_flops_or_tokens_are_not_mistaken_for_other_units():
    # The columns of a table stand behind N, D, C, U and S; these laws count in something else.
    for name in (
        "kaplan_C",
        "kaplan_Cmin",
        "infinite_compute",
        "minicpm",
        "zhai",
        "rectified_ft",
        "hestness",
    ):
        assert not {"N", "D", "C", "U", "S"} & set(laws.law(name).input_names), name
    for name in laws.names():
        law = laws.law(name)
        for symbol in law.inputs:
            unit = {"D": "tokens", "C": ("FLOP", "GPU-hours"), "U": "tokens"}.get(symbol.name)
            assert unit is None or symbol.unit in unit, (name, symbol.name, symbol.unit)


def test_a_law_shows_its_published_values_and_says_unverified_where_they_are():
    page = laws.law("chinchilla")._repr_html_()
    assert "482.01 ± 124.58" in page
    assert "Epoch replication" in page
    assert "unverified" not in page
    assert "UNVERIFIED" not in repr(laws.law("chinchilla"))
    doubtful = laws.law("zhai")
    assert "U, <b>unverified</b>" in doubtful._repr_html_()
    assert "1 of 1 sets of coefficients UNVERIFIED" in repr(doubtful)
    assert "UNVERIFIED" in repr(doubtful.published[0])
    assert doubtful.verified == ()
    assert "Form: <b>unverified</b>" in laws.law("bordelon")._repr_html_()
    assert "UNVERIFIED form" in repr(laws.law("bordelon"))


def test_published_values_from_a_stranger_stay_text_on_the_page():
    known = Published("<script>", {"A": 1.0}, "<img>", note="<b onclick=x>")
    page = Law("A / N", inputs=["N"], coefficients=[Symbol("A")], published=[known])._repr_html_()
    for tag in ("<script", "<img", "<b onclick"):
        assert tag not in page
