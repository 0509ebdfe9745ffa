"""The fit's gradient and Hessian are those of the formula, whatever law is added."""

import mpmath
import numpy as np
import pytest
from draws import at_random
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scalewidgets import laws
from scalewidgets.laws import Law
from scalewidgets.laws.formula import parse
from scalewidgets.laws.tree import Binary, Call, Name, Node, Number, Unary

REGISTERED = [laws.law(name) for name in laws.names()]
OWN = [
    Law("a*exp(-b*x) + c", inputs=["x"]),
    Law("log(a*x) + log2(b + x) - log10(c*x)", inputs=["x"]),
    Law("tanh(a/x)**2 + sqrt(b*x)", inputs=["x"]),
    Law("min(a*x, b/x) + max(a, b*x, c) + abs(c - x)", inputs=["x"]),
    Law("6.4e13*a/(1e13*b + x) + 0.3*c**2.7 + 1e-5/a", inputs=["x"]),
    Law("E + (A/N**alpha + B/D**beta)**gamma", inputs=["N", "D"]),
]
_FUNCTIONS = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "log2": lambda x: mpmath.log(x, 2),
    "log10": mpmath.log10,
    "sqrt": mpmath.sqrt,
    "tanh": mpmath.tanh,
    "abs": abs,
    "min": min,
    "max": max,
}


def exactly(node: Node, values: dict) -> mpmath.mpf:
    """The formula in arithmetic of 60 digits: an evaluator that shares nothing with NumPy or SymPy."""
    match node:
        case Number(value=value):
            return mpmath.mpf(value)
        case Name(name=name):
            return values[name]
        case Unary(op=op, operand=operand):
            return exactly(operand, values) if op == "+" else -exactly(operand, values)
        case Call(function=function, arguments=arguments):
            return _FUNCTIONS[function](*(exactly(argument, values) for argument in arguments))
        case Binary(op=op, left=left, right=right):
            a, b = exactly(left, values), exactly(right, values)
            return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}.get(
                op, lambda: a**b
            )()


def difference(f, at: tuple, i: int, j: int | None = None) -> float:
    """Central first or second difference. With 60 digits and steps of 1e-20 it is exact to 20 digits."""
    step = mpmath.mpf(10) ** -20

    def moved(*moves):
        point = list(at)
        for k, sign in moves:
            point[k] += sign * step * at[k]
        return f(*point)

    if j is None:
        return float((moved((i, 1)) - moved((i, -1))) / (2 * step * at[i]))
    if i == j:
        return float((moved((i, 1)) - 2 * f(*at) + moved((i, -1))) / (step * at[i]) ** 2)
    corners = [s * t * moved((i, s), (j, t)) for s in (1, -1) for t in (1, -1)]
    return float(sum(corners) / (4 * step**2 * at[i] * at[j]))


def draw(law: Law, rng: np.random.Generator) -> tuple[dict, dict]:
    """A random run and random coefficients, inside the starting ranges of a registered law."""
    drawn = {name: float(v[0]) for name, v in at_random(law, rng, 1, law in REGISTERED).items()}
    return {s.name: drawn[s.name] for s in law.inputs}, {s.name: drawn[s.name] for s in law.coefficients}


@pytest.mark.parametrize("law", [*REGISTERED, *OWN], ids=lambda law: law.name)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_value_gradient_and_hessian_are_exact_to_rounding(law, seed):
    inputs, coefficients = draw(law, np.random.default_rng(seed))
    names = law.coefficient_names
    with mpmath.workdps(60):
        point = {name: mpmath.mpf(value) for name, value in {**inputs, **coefficients}.items()}

        def f(*at):
            return exactly(law.syntax, {**point, **dict(zip(names, at, strict=True))})

        at = tuple(point[name] for name in names)
        value = f(*at)
        assert float(law.value(inputs, coefficients)) == pytest.approx(float(value), rel=1e-12)
        gradient = law.gradient(inputs, coefficients)
        hessian = law.hessian(inputs, coefficients)
        # A draw from the corners of two ranges may leave float64; the mpmath twin would not notice.
        assume(all(np.isfinite(entry) for entry in hessian.values()))
        for i, name in enumerate(names):
            least = abs(float(value / at[i])) * 1e-14
            assert float(gradient[name]) == pytest.approx(difference(f, at, i), rel=1e-10, abs=least)
            for j, other in enumerate(names[: i + 1]):
                # Terms of the natural size of an entry cancel in the Hessian of a nested power.
                least = abs(float(value / at[i] / at[j])) * 1e-10
                assert float(hessian[name, other]) == pytest.approx(
                    difference(f, at, i, j), rel=1e-9, abs=least
                )


@pytest.mark.parametrize("law", [*REGISTERED, *OWN], ids=lambda law: law.name)
def test_the_compiled_function_for_hot_loops_is_the_same_law(law):
    rng = np.random.default_rng(5)
    draws = [draw(law, rng) for _ in range(300)]
    draws = [d for d in draws if all(np.isfinite(entry) for entry in law.hessian(*d).values())]
    assert len(draws) > 200
    inputs = {name: np.array([i[name] for i, _ in draws]) for name in law.input_names}
    coefficients = {name: np.array([c[name] for _, c in draws]) for name in law.coefficient_names}
    value, gradient = law.compiled.value_and_gradient(*inputs.values(), *coefficients.values())
    np.testing.assert_allclose(value, law.value(inputs, coefficients), rtol=1e-12)
    again, same, upper = law.compiled.value_gradient_hessian(*inputs.values(), *coefficients.values())
    np.testing.assert_allclose(again, value, rtol=1e-13)
    assert len(same) == len(gradient) == len(law.coefficients)
    assert len(upper) == len(law.compiled.pairs)
    hessian = law.hessian(inputs, coefficients)
    for first in law.coefficient_names:
        for second in law.coefficient_names:
            assert hessian[first, second].shape == value.shape
            np.testing.assert_array_equal(hessian[first, second], hessian[second, first])


@pytest.mark.parametrize("law", [*REGISTERED, *OWN], ids=lambda law: law.name)
def test_the_linear_part_of_a_law_rebuilds_the_law(law):
    inputs, coefficients = draw(law, np.random.default_rng(9))
    nonlinear = {name: coefficients[name] for name in law.nonlinear}
    basis = law.basis(inputs, nonlinear)
    assert basis.shape == (len(law.linear),)
    linear = np.array([coefficients[name] for name in law.linear])
    assert basis @ linear + law.rest(inputs, nonlinear) == pytest.approx(
        float(law.value(inputs, coefficients)), rel=1e-12
    )


@pytest.mark.parametrize(
    ("formula", "linear"),
    [
        ("E + A / x**alpha + B / x**beta", ("E", "A", "B")),
        ("a*b*x + c", ("a", "c")),  # a and b are each linear, not both
        ("(a + b*x) * c + d", ("a", "b", "d")),  # three beat c and d
        ("(a + b*x) / 7 - 2*c*x", ("a", "b", "c")),
        ("exp(a)*x", ()),
        ("abs(a - x) + b", ("b",)),  # a kink is not linear
        ("max(a, x) + min(b, 2*x) + c*x", ("c",)),
        ("(E*x**k + A) / x**k", ("E", "A")),
        ("a**2 / a * x", ("a",)),
        ("(a/x)**b", ()),
    ],
)
def test_what_enters_linearly_is_derived_from_the_formula(formula, linear):
    assert Law(formula, inputs=["x"]).linear == linear


def test_the_laws_of_the_catalogue_are_solved_by_projection_where_they_can_be():
    assert laws.law("chinchilla").linear == ("E", "A", "B")
    assert laws.law("chinchilla").terms == ((("E", "1"), ("A", "N**(-alpha)"), ("B", "D**(-beta)")), "0")
    assert laws.law("kaplan_ND").linear == ()
    assert laws.law("power_const").linear == ("E", "A")


def test_terms_are_formulas_themselves_with_their_numbers_as_written():
    law = Law("a*x**-0.123 + b/6.4e13 + 1e21*x", inputs=["x"])
    terms, rest = law.terms
    for (_, text), column in zip(terms, law.basis({"x": 2.0}, {}), strict=True):
        again = Law(text, inputs=["x"]).value({"x": 2.0}, {}) if "x" in text else float(parse_value(text))
        assert float(again) == pytest.approx(float(column), rel=1e-15)
    assert float(Law(rest, inputs=["x"]).value({"x": 2.0}, {})) == 2e21


def parse_value(text: str) -> mpmath.mpf:
    return exactly(parse(text), {})


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(1e-6, 1e6), unit=st.floats(0.1, 10))
def test_a_change_of_units_changes_amplitudes_and_nothing_else(scale, unit):
    law = laws.law("chinchilla")
    c = dict(law.published[2].values)
    tokens, params = np.geomspace(1e9, 1e13, 7), np.geomspace(1e7, 1e12, 7)
    loss = law.value({"N": params, "D": tokens}, c)
    rescaled = {**c, "B": c["B"] * scale ** c["beta"]}
    np.testing.assert_allclose(law.value({"N": params, "D": tokens * scale}, rescaled), loss, rtol=1e-12)
    louder = {**c, **{name: c[name] * unit for name in ("E", "A", "B")}}
    np.testing.assert_allclose(law.value({"N": params, "D": tokens}, louder), loss * unit, rtol=1e-12)
