"""A law is a value: it takes what users give it, says what it is, and refuses by name."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from scalewidgets import laws
from scalewidgets.errors import FormulaError, UnknownNameError
from scalewidgets.laws import Law, Published, Symbol, registry

EPOCH = dict(laws.law("chinchilla").published[2].values)


def test_a_users_formula_gets_what_a_built_in_law_has():
    law = Law("E + A / N**alpha", inputs=["N"])
    assert law.input_names == ("N",)
    assert law.coefficient_names == ("E", "A", "alpha")
    assert law.inputs[0].meaning == "parameters"
    assert law.linear == ("E", "A")
    assert law.latex == r"L = E + \frac{A}{N^{\alpha}}"
    assert law.symbol("alpha").kind == "exponent"
    given = {"E": 1.8, "A": 400.0, "alpha": 0.5}
    assert float(law.value({"N": 1e4}, given)) == pytest.approx(5.8)
    assert law.gradient({"N": [1e4, 1e6]}, given)["E"].tolist() == [1.0, 1.0]
    assert set(law.hessian({"N": 1e4}, given)) == {(a, b) for a in given for b in given}


def test_integers_do_not_overflow_and_whole_columns_keep_their_precision():
    law = Law("a * N**3 / D", inputs=["N", "D"])
    runs = pd.DataFrame({"N": [70_000_000_000, 7], "D": np.array([3, 2], dtype=np.int32)})
    value = law.value({"N": runs["N"], "D": runs["D"]}, {"a": 1})
    assert value.dtype == np.float64
    np.testing.assert_allclose(value, [70e9**3 / 3, 343 / 2], rtol=1e-15)
    assert float(law.value({"N": 10**30, "D": 1}, {"a": 1})) == pytest.approx(1e90)


def test_resamples_broadcast_against_runs():
    law = laws.law("chinchilla")
    draws = {name: np.full((5, 1), value) for name, value in EPOCH.items()}
    runs = {"N": np.geomspace(1e7, 1e10, 3), "D": 1e11}
    assert law.value(runs, draws).shape == (5, 3)
    assert all(entry.shape == (5, 3) for entry in law.gradient(runs, draws).values())
    assert law.basis(runs, {"alpha": draws["alpha"], "beta": 0.3}).shape == (5, 3, 3)


def test_results_are_the_callers_own_arrays():
    law = Law("a + 0*N", inputs=["N"])
    a = np.array([1.0, 2.0])
    law.value({"N": 1.0}, {"a": a})[:] = 7
    law.gradient({"N": [1.0, 2.0]}, {"a": a})["a"][:] = 7
    assert a.tolist() == [1.0, 2.0]


def test_outside_the_domain_there_is_nan_not_a_warning_or_a_crash():
    law = Law("log(a - N) + 1/b", inputs=["N"])
    assert np.isnan(law.value({"N": 2.0}, {"a": 1.0, "b": 1.0}))
    assert np.isinf(law.value({"N": 0.5}, {"a": 1.0, "b": 0.0}))
    assert np.isnan(law.value({"N": np.nan}, {"a": 1.0, "b": 1.0}))


@pytest.mark.parametrize(
    ("inputs", "coefficients", "says"),
    [
        (
            {"N": 1e9},
            EPOCH,
            "The input D of 'chinchilla' is missing (training tokens). Give every one of N, D.",
        ),
        ({"N": 1e9, "D": 1, "C": 2}, EPOCH, "'C' is not an input. Known names: N, D."),
        ({"N": 1, "D": 1}, {**EPOCH, "alfa": 1}, "'alfa' is not a coefficient. Did you mean alpha?"),
        ({"N": 1, "D": "many"}, EPOCH, "The values of D are not numbers."),
        ({"N": 1, "D": [1 + 1j]}, EPOCH, "The values of D are not numbers."),
        ({"N": [1, 2], "D": [1, 2, 3]}, EPOCH, "The shapes of the values do not broadcast: N (2,), D (3,)."),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_symbol(inputs, coefficients, says):
    for evaluate in (laws.law("chinchilla").value, laws.law("chinchilla").gradient):
        with pytest.raises(FormulaError) as refused:
            evaluate(inputs, coefficients)
        assert str(refused.value) == says


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"inputs": ["N"], "formula": "E + A/M"}, "The input 'N' does not occur in the formula."),
        ({"inputs": [], "formula": "E + A/N"}, "A law needs at least one input."),
        ({"inputs": "N", "formula": "E + A/N"}, "Inputs are a list of names. Write inputs=['N']."),
        ({"inputs": ["N", "N"], "formula": "E + A/N"}, "The symbol 'N' is named twice."),
        ({"inputs": [3], "formula": "E + A/N"}, "An input is a name or a Symbol, not int."),
        (
            {"inputs": ["N"], "formula": "E + A/N", "coefficients": [Symbol("B")]},
            "The coefficient 'B' does not occur in the formula.",
        ),
        (
            {"inputs": ["N"], "formula": "E + A/N", "published": [Published("P", {"B": 1.0}, "none")]},
            "'B' is not a coefficient of 'E + A/N'.",
        ),
        (
            {"inputs": ["N"], "formula": "N*(" + "+".join(f"c{i}" for i in range(41)) + ")"},
            "at most 40 coefficients",
        ),
        ({"inputs": ["N"], "formula": "E + A/N", "mark": "X"}, "not one of P, S, R and U."),
    ],
)
def test_a_declaration_that_does_not_fit_together_is_refused(arguments, says):
    with pytest.raises(FormulaError) as refused:
        Law(**arguments)
    assert says in str(refused.value)


def test_a_law_is_a_frozen_value():
    law = laws.law("chinchilla")
    with pytest.raises(AttributeError):
        law.formula = "E"
    assert pickle.loads(pickle.dumps(law)) == law
    assert law == laws.law("chinchilla")
    assert law != laws.law("kaplan_ND")
    assert len({law, laws.law("chinchilla"), laws.law("power_N")}) == 2


def test_what_travels_to_the_page_is_a_formula_and_numbers():
    for name in laws.names():
        sent = laws.law(name).to_dict()
        assert json.loads(json.dumps(sent, allow_nan=False)) == sent
        assert {"name", "title", "formula", "inputs", "coefficients", "latex"} <= set(sent)
        assert json.loads(json.dumps(laws.law(name).tree)) == laws.law(name).tree


def test_greek_letters_and_subscripts_are_shown_as_such():
    law = laws.law("kaplan_ND")
    assert [symbol.label for symbol in law.coefficients] == ["N_c", "D_c", "α_N", "α_D"]
    assert law.symbol("alpha_N").latex == r"\alpha_{N}"
    assert Symbol("lam").label == "λ"
    assert (Symbol("R_D_star").label, Symbol("R_D_star").latex) == ("R_D,*", "R_{D,*}")
    assert (Symbol("a1").label, Symbol("rate").latex) == ("a_1", r"\mathrm{rate}")


def test_latex_keeps_the_authors_order_and_parenthesises_what_it_must():
    def latex(formula):
        return Law(formula, inputs=["x"]).latex.removeprefix("L = ")

    assert laws.law("chinchilla").latex == r"L = E + \frac{A}{N^{\alpha}} + \frac{B}{D^{\beta}}"
    assert latex("a - (b - x)") == r"a - \left(b - x\right)"
    assert latex("(a + x)**2") == r"\left(a + x\right)^{2}"
    assert latex("-x**2 * -a") == r"-x^{2} \, \left(-a\right)"
    assert latex("6.4e13*x + 1e21") == r"6.4 \times 10^{13} \, x + 10^{21}"
    assert latex("sqrt(x) + exp(-a*x)") == r"\sqrt{x} + \exp\left(-a \, x\right)"


def test_a_title_from_a_stranger_stays_text_on_the_page():
    law = Law(
        "E + A / N",
        inputs={"N": "<script>alert(1)</script>"},
        title="<img src=x onerror=alert(1)>",
        summary="<b>",
        cite="&<i>",
        output="<u>",
        coefficients=[Symbol("E", label="<svg/onload=alert(1)>")],
    )
    page = law._repr_html_()
    for tag in ("<script", "<img", "<svg", "<u>"):
        assert tag not in page
    assert "&lt;script&gt;" in page
    assert "<" not in law._repr_latex_()


def test_an_unknown_law_names_the_close_one():
    with pytest.raises(UnknownNameError, match="Did you mean chinchilla"):
        laws.law("chinchila")
    with pytest.raises(UnknownNameError, match="Did you mean clark_moe, moe_granularity or moe_sparsity"):
        laws.law("MoE")
    with pytest.raises(KeyError, match=r"sw\.Law"):
        laws.law("E + A / N**alpha")
    assert laws.law(laws.law("kaplan_ND")) is laws.law("kaplan_ND")


def test_the_catalogue_lists_every_law_with_its_source():
    table = laws.catalogue()
    assert list(table.index) == list(laws.names())
    assert {"chinchilla", "kaplan_ND", "power_const"} <= set(table.index)
    assert (table["citation"] != "").all()
    assert table.loc["chinchilla", "inputs"] == "N, D"
    assert table.loc["chinchilla", "published"] == len(laws.law("chinchilla").verified) >= 3


def test_unverified_coefficients_are_not_counted_as_a_papers_claim(monkeypatch):
    table = laws.catalogue()
    for name in laws.names():
        verified = [p.verified for p in laws.law(name).published]
        assert table.loc[name, "published"] == sum(verified)
        assert table.loc[name, "unverified"] == len(verified) - sum(verified)
        assert verified == sorted(verified, reverse=True), f"{name}: an unverified set is listed first"
    unverified = Published("from memory", {"E": 1.0, "A": 1.0}, "a talk", mark="U")
    law = Law("E + A / N", inputs=["N"], name="hearsay", published=[unverified], cite="a talk")
    monkeypatch.setattr(registry, "_laws", {**registry._laws, "hearsay": law})
    assert laws.catalogue().loc["hearsay", "published"] == 0
    assert not unverified.verified


def test_one_declaration_is_all_that_a_new_law_needs(monkeypatch):
    monkeypatch.setattr(registry, "_laws", dict(registry._laws))
    law = laws.register(Law("E + A / N**alpha + k", inputs=["N"], name="mine"))
    assert laws.law("mine") is law
    assert "mine" in laws.catalogue().index
    with pytest.raises(FormulaError, match="Another law is named 'mine'"):
        laws.register(Law("E + A / N", inputs=["N"], name="mine"))


def test_every_registered_symbol_says_what_it_means():
    for name in laws.names():
        law = laws.law(name)
        assert law.summary
        assert law.theme
        for symbol in (*law.inputs, *law.coefficients):
            assert symbol.meaning, (name, symbol.name)
            assert symbol.start is not None, (name, symbol.name)


def test_a_plain_prediction_waits_for_neither_sympy_nor_pandas():
    code = (
        "import sys\n"
        "from scalewidgets import laws\n"
        "law = laws.law('chinchilla')\n"
        "law.value({'N': 7e9, 'D': 1.4e12}, law.published[2].values)\n"
        "law.latex, law.html, law.to_dict(), repr(law)\n"
        "print(sorted({'sympy', 'pandas', 'scipy', 'bokeh'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
